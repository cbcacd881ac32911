//! Writes a chart as DrawingML.

mod axes;
mod beside;
mod group;
mod label;
mod paint;
mod series;

use std::fmt::Write as _;

use super::{
    chart::{Chart, Group, Series, Style, Title},
    links::Links,
    style::Styles,
    xml,
};
use crate::{Action, Meter, Refusal, Severity, Threat, ctx::Ctx};
use paint::{fill, font, stroke, text_properties, title};

/// `c:chartSpace`; `None` when no group of the chart can be drawn.
pub(super) fn write(
    chart: &Chart,
    styles: &Styles,
    links: &Links,
    ctx: &mut Ctx<'_>,
) -> Result<Option<String>, Refusal> {
    ctx.spend(Meter::Steps, (chart.groups.len() * chart.series.len()) as u64)?;
    let beside = chart.beside();
    let mut groups = String::new();
    let mut shape = axes::Shape::default();
    let mut drawn: Vec<&Series> = Vec::new();
    let deep = chart.groups.iter().find(|group| group::is_deep(group));
    for (number, group) in (0_u16..).zip(&chart.groups) {
        let members: Vec<(usize, &Series)> = chart
            .series
            .iter()
            .enumerate()
            .filter(|(_, s)| s.group == number && s.parent.is_none())
            .collect();
        if members.is_empty() {
            continue;
        }
        // What stands in space and what does not cannot be drawn together.
        if group.style == Style::Unknown || deep.is_some() != group::is_deep(group) {
            let what = "グラフの系列（描けない種類）";
            for (_, series) in &members {
                ctx.report(Threat::L00, Severity::Simplified, Action::Dropped, what, &series.name);
            }
            continue;
        }
        let mut body = String::new();
        for (at, series) in &members {
            let beside = beside.get(at).map_or(&[][..], Vec::as_slice);
            series::write(&mut body, beside, *at, series, group, styles, links, ctx)?;
        }
        group::write(&mut groups, group, &body, members.len());
        shape.add(group);
        drawn.extend(members.iter().map(|(_, series)| *series));
    }
    if groups.is_empty() {
        return Ok(None);
    }
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><c:roundedCorners val=\"0\"/><c:chart>",
    );
    let mut heading = chart.title.clone();
    if let ([series], true) = (drawn.as_slice(), chart.automatic_title) {
        heading.text.clone_from(&series.name);
    }
    write_heading(&mut out, &heading, deep, styles);
    let plot_layout = chart.plot_place.map_or_else(
        || "<c:layout/>".to_owned(),
        |place| layout(chart, "<c:layoutTarget val=\"outer\"/>", &place),
    );
    let _ = write!(out, "<c:plotArea>{plot_layout}{groups}");
    let categories = drawn.first().and_then(|series| series.formats[1]);
    axes::write(&mut out, chart, styles, shape, categories);
    if let Some(flags) = chart.table {
        write_table(&mut out, flags);
    }
    let (plot, border) = (fill(chart.plot, 0xC0_C0C0), stroke(chart.plot_border, 0x80_8080));
    let _ = write!(out, "<c:spPr>{plot}{border}</c:spPr></c:plotArea>");
    write_legend(&mut out, chart, styles);
    let blanks = ["gap", "zero", "span"].get(usize::from(chart.blanks)).copied().unwrap_or("gap");
    let font = font(styles, chart.font, None);
    let font = if font.is_empty() { text_properties("<a:bodyPr/>", "<a:defRPr sz=\"1000\"/>") } else { font };
    let _ = write!(
        out,
        "<c:plotVisOnly val=\"1\"/><c:dispBlanksAs val=\"{blanks}\"/></c:chart><c:spPr>{}{}</c:spPr>{font}</c:chartSpace>",
        fill(chart.area, 0xFF_FFFF),
        stroke(chart.border, 0)
    );
    Ok(Some(out))
}

/// `c:title`, `c:autoTitleDeleted` and `c:view3D`.
fn write_heading(out: &mut String, heading: &Title, deep: Option<&Group>, styles: &Styles) {
    if !heading.text.is_empty() {
        title(out, heading, styles);
    }
    let _ = write!(out, "<c:autoTitleDeleted val=\"{}\"/>", u8::from(heading.text.is_empty()));
    let Some((group, depth)) = deep.and_then(|group| Some((group, group.depth?))) else { return };
    let _ = write!(out, "<c:view3D><c:rotX val=\"{}\"/>", depth.elevation.clamp(-90, 90));
    if let Some(height) = depth.height {
        let _ = write!(out, "<c:hPercent val=\"{}\"/>", height.clamp(5, 500));
    }
    let angle = if let Style::Pie { angle, .. } = group.style { angle } else { depth.turn };
    let is_plain = !depth.perspective && !matches!(group.style, Style::Pie { .. });
    let _ = write!(
        out,
        "<c:rotY val=\"{}\"/><c:depthPercent val=\"{}\"/><c:rAngAx val=\"{}\"/>",
        angle % 361,
        depth.depth.clamp(20, 2_000),
        u8::from(is_plain)
    );
    if !is_plain {
        let _ = write!(out, "<c:perspective val=\"{}\"/>", depth.distance.saturating_mul(2).min(240));
    }
    out.push_str("</c:view3D>");
}

fn write_table(out: &mut String, flags: u16) {
    out.push_str("<c:dTable>");
    for (bit, tag) in [(1, "showHorzBorder"), (2, "showVertBorder"), (4, "showOutline"), (8, "showKeys")] {
        let _ = write!(out, "<c:{tag} val=\"{}\"/>", u8::from(flags & bit != 0));
    }
    out.push_str("</c:dTable>");
}

fn write_legend(out: &mut String, chart: &Chart, styles: &Styles) {
    let Some(legend) = &chart.legend else { return };
    let side = ["b", "tr", "t", "r", "l"].get(usize::from(legend.side)).copied();
    let _ = write!(out, "<c:legend><c:legendPos val=\"{}\"/>", side.unwrap_or("r"));
    if side.is_none() {
        out.push_str(&layout(chart, "", &legend.place));
    }
    let (area, line) = (fill(legend.fill, 0xFF_FFFF), stroke(legend.line, 0));
    let font = font(styles, legend.font, None);
    let _ = write!(out, "<c:overlay val=\"0\"/><c:spPr>{area}{line}</c:spPr>{font}</c:legend>");
}

/// `c:layout`: left, top and perhaps width and height, parts of 4000 of what the border leaves as parts of one of the
/// whole.
fn layout(chart: &Chart, target: &str, place: &[i32]) -> String {
    // Eight pixels on every side.
    let border = chart.size.map(|size| if size > 24.0 { 6.0 / size } else { 0.0 });
    let mut out = format!("<c:layout><c:manualLayout>{target}<c:xMode val=\"edge\"/><c:yMode val=\"edge\"/>");
    for (at, (part, tag)) in place.iter().zip(["x", "y", "w", "h"]).enumerate() {
        let (border, part) = (border[at % 2], f64::from((*part).clamp(0, 4_000)) / 4_000.0);
        let part = part * (1.0 - 2.0 * border) + if at < 2 { border } else { 0.0 };
        let _ = write!(out, "<c:{tag} val=\"{}\"/>", xml::number((part * 1e5).round() / 1e5));
    }
    out.push_str("</c:manualLayout></c:layout>");
    out
}
