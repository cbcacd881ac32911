//! Writes a chart as DrawingML.

use std::fmt::Write as _;

use super::{
    chart::{Axis, Cached, Chart, Group, Marker, Paint, Series, Stroke, Style},
    links::Links,
    style::Styles,
    xml,
};
use crate::{Refusal, ctx::Ctx};

/// Numbers of the axes: categories and values of the first pair, then of the second.
const AXES: [[u32; 2]; 2] = [[11, 12], [21, 22]];
/// Where the colours of fills and lines begin in the palette, one per series.
const FILLS: usize = 24;
const LINES: usize = 32;

/// `c:chartSpace`; `None` when no group of the chart can be drawn.
pub(super) fn write(
    chart: &Chart,
    styles: &Styles,
    links: &Links,
    ctx: &mut Ctx<'_>,
) -> Result<Option<String>, Refusal> {
    let mut groups = String::new();
    let (mut first, mut second, mut round, mut numeric, mut across) = (false, false, false, false, false);
    let (mut percent, mut drawn) = (false, Vec::new());
    for (number, group) in (0_u16..).zip(&chart.groups) {
        if group.style == Style::Unknown {
            continue;
        }
        let members: Vec<(usize, &Series)> =
            chart.series.iter().enumerate().filter(|(_, s)| s.group == number).collect();
        if members.is_empty() {
            continue;
        }
        let mut body = String::new();
        for (at, series) in &members {
            write_series(&mut body, *at, series, group, styles, links, ctx)?;
        }
        write_group(&mut groups, group, &body);
        first |= !group.second;
        second |= group.second;
        round |= matches!(group.style, Style::Pie { .. });
        numeric |= group.style == Style::Scatter;
        across |= matches!(group.style, Style::Bar { across: true, .. });
        percent |= group.percent && !group.second;
        drawn.extend(members.iter().map(|(_, series)| *series));
    }
    if groups.is_empty() {
        return Ok(None);
    }
    let mut axes = String::new();
    if !round {
        for (pair, _) in [first, second].into_iter().enumerate().filter(|(_, used)| *used) {
            write_axes(&mut axes, chart, styles, pair, Shape { numeric, across, percent });
        }
    }
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><c:roundedCorners val=\"0\"/><c:chart>",
    );
    let text = match drawn.as_slice() {
        [series] if chart.automatic_title => &series.name,
        _ => &chart.title,
    };
    if !text.is_empty() {
        title(&mut out, text, &font_attributes(styles, chart.title_font));
    }
    let lone = u8::from(text.is_empty());
    let plot_layout = chart.plot_place.map_or_else(
        || "<c:layout/>".to_owned(),
        |place| layout(chart, "<c:layoutTarget val=\"outer\"/>", &place),
    );
    let _ = write!(out, "<c:autoTitleDeleted val=\"{lone}\"/><c:plotArea>{plot_layout}{groups}{axes}");
    let (plot, border) = (fill(chart.plot, 0xC0_C0C0), stroke(chart.plot_border, 0x80_8080));
    let _ = write!(out, "<c:spPr>{plot}{border}</c:spPr></c:plotArea>");
    if let Some(legend) = &chart.legend {
        let side = ["b", "tr", "t", "r", "l"].get(usize::from(legend.side)).copied();
        let _ = write!(out, "<c:legend><c:legendPos val=\"{}\"/>", side.unwrap_or("r"));
        if side.is_none() {
            out.push_str(&layout(chart, "", &legend.place));
        }
        let (area, line) = (fill(legend.fill, 0xFF_FFFF), stroke(legend.line, 0));
        let font = font(styles, legend.font, None);
        let _ = write!(out, "<c:overlay val=\"0\"/><c:spPr>{area}{line}</c:spPr>{font}</c:legend>");
    }
    let font = font(styles, chart.font, None);
    let font = if font.is_empty() { text_properties("<a:bodyPr/>", "<a:defRPr sz=\"1000\"/>") } else { font };
    let _ = write!(
        out,
        "<c:plotVisOnly val=\"1\"/><c:dispBlanksAs val=\"gap\"/></c:chart><c:spPr>{}{}</c:spPr>{font}</c:chartSpace>",
        fill(chart.area, 0xFF_FFFF),
        stroke(chart.border, 0)
    );
    Ok(Some(out))
}

/// What the groups of a chart have in common, as far as the axes go.
#[derive(Clone, Copy)]
struct Shape {
    numeric: bool,
    across: bool,
    percent: bool,
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

/// Attributes and children of `a:defRPr` or `a:rPr`, split where the tag ends.
fn font_attributes(styles: &Styles, font: Option<u16>) -> Option<(String, String)> {
    let font = styles.shape_font(font?)?;
    let mut attributes = format!(" sz=\"{}\"", font.size.clamp(100, 400_000));
    for (on, text) in [(font.bold, " b=\"1\""), (!font.bold, " b=\"0\""), (font.italic, " i=\"1\"")] {
        if on {
            attributes.push_str(text);
        }
    }
    let colour = font.rgb.map_or_else(String::new, |rgb| fill(Paint::Colour(rgb), 0));
    let name = xml::escaped(font.name);
    Some((attributes, format!("{colour}<a:latin typeface=\"{name}\"/><a:ea typeface=\"{name}\"/>")))
}

/// `c:txPr`, empty when nothing is known; `turn` in degrees as cells count them.
fn font(styles: &Styles, font: Option<u16>, turn: Option<u16>) -> String {
    let body = match turn {
        Some(255) => "<a:bodyPr vert=\"wordArtVert\"/>".to_owned(),
        Some(up @ 0..=90) => format!("<a:bodyPr rot=\"{}\" vert=\"horz\"/>", i32::from(up) * -60_000),
        Some(down) => format!("<a:bodyPr rot=\"{}\" vert=\"horz\"/>", (i32::from(down) - 90) * 60_000),
        None => "<a:bodyPr/>".to_owned(),
    };
    match (font_attributes(styles, font), turn) {
        (None, None) => String::new(),
        (None, Some(_)) => text_properties(&body, "<a:defRPr/>"),
        (Some((attributes, children)), _) => {
            text_properties(&body, &format!("<a:defRPr{attributes}>{children}</a:defRPr>"))
        }
    }
}

fn text_properties(body: &str, run: &str) -> String {
    format!("<c:txPr>{body}<a:p><a:pPr>{run}</a:pPr><a:endParaRPr lang=\"ja-JP\"/></a:p></c:txPr>")
}

fn write_group(out: &mut String, group: &Group, series: &str) {
    let pair = AXES[usize::from(group.second)];
    let axes = format!("<c:axId val=\"{}\"/><c:axId val=\"{}\"/>", pair[0], pair[1]);
    let vary = format!("<c:varyColors val=\"{}\"/>", u8::from(group.colours_vary));
    let grouping = match (group.percent, group.stacked) {
        (true, _) => "percentStacked",
        (_, true) => "stacked",
        _ => "standard",
    };
    let _ = match group.style {
        Style::Bar { across, overlap, gap } => {
            let direction = if across { "bar" } else { "col" };
            let grouping = if grouping == "standard" { "clustered" } else { grouping };
            let (gap, overlap) = (gap.min(500), overlap.clamp(-100, 100));
            write!(
                out,
                "<c:barChart><c:barDir val=\"{direction}\"/><c:grouping val=\"{grouping}\"/>{vary}{series}<c:gapWidth val=\"{gap}\"/><c:overlap val=\"{overlap}\"/>{axes}</c:barChart>"
            )
        }
        Style::Line => write!(
            out,
            "<c:lineChart><c:grouping val=\"{grouping}\"/>{vary}{series}<c:marker val=\"1\"/>{axes}</c:lineChart>"
        ),
        Style::Area => {
            write!(out, "<c:areaChart><c:grouping val=\"{grouping}\"/>{vary}{series}{axes}</c:areaChart>")
        }
        Style::Pie { hole: 0, angle } => write!(
            out,
            "<c:pieChart><c:varyColors val=\"1\"/>{series}<c:firstSliceAng val=\"{}\"/></c:pieChart>",
            angle % 361
        ),
        Style::Pie { hole, angle } => write!(
            out,
            "<c:doughnutChart><c:varyColors val=\"1\"/>{series}<c:firstSliceAng val=\"{}\"/><c:holeSize val=\"{}\"/></c:doughnutChart>",
            angle % 361,
            hole.clamp(10, 90)
        ),
        Style::Scatter => write!(
            out,
            "<c:scatterChart><c:scatterStyle val=\"lineMarker\"/>{vary}{series}{axes}</c:scatterChart>"
        ),
        Style::Radar { filled } => {
            let style = if filled { "filled" } else { "marker" };
            write!(out, "<c:radarChart><c:radarStyle val=\"{style}\"/>{vary}{series}{axes}</c:radarChart>")
        }
        Style::Unknown => Ok(()),
    };
}

#[allow(clippy::too_many_arguments, reason = "one place calls it")]
fn write_series(
    out: &mut String,
    at: usize,
    series: &Series,
    group: &Group,
    styles: &Styles,
    links: &Links,
    ctx: &mut Ctx<'_>,
) -> Result<(), Refusal> {
    let _ = write!(out, "<c:ser><c:idx val=\"{at}\"/><c:order val=\"{at}\"/>");
    let name = xml::escaped(&series.name);
    let source = Series::source(series.name_code.as_ref(), links, ctx)?;
    if !source.is_empty() {
        let _ = write!(
            out,
            "<c:tx><c:strRef><c:f>{}</c:f><c:strCache><c:ptCount val=\"1\"/><c:pt idx=\"0\"><c:v>{name}</c:v></c:pt></c:strCache></c:strRef></c:tx>",
            xml::escaped(&source)
        );
    } else if !name.is_empty() {
        let _ = write!(out, "<c:tx><c:v>{name}</c:v></c:tx>");
    }
    let colour = |base: usize| styles.rgb(u16::try_from(base + at % 8).unwrap_or(8)).unwrap_or(0);
    let lined = matches!(group.style, Style::Line | Style::Scatter | Style::Radar { filled: false });
    let line = match series.line.paint {
        Paint::Automatic if lined && !group.lines => stroke(Stroke { paint: Paint::None, ..series.line }, 0),
        _ => stroke(series.line, if lined { colour(LINES) } else { 0 }),
    };
    let area = if lined { String::new() } else { fill(series.fill, colour(FILLS)) };
    if !matches!(group.style, Style::Pie { .. }) {
        let _ = write!(out, "<c:spPr>{area}{line}</c:spPr>");
    }
    if lined {
        match series.marker {
            Some(marker) => write_marker(out, &marker, at, colour(LINES)),
            None if !group.markers => out.push_str("<c:marker><c:symbol val=\"none\"/></c:marker>"),
            None => {}
        }
    }
    if matches!(group.style, Style::Bar { .. }) {
        out.push_str("<c:invertIfNegative val=\"0\"/>");
    }
    if group.colours_vary {
        for point in 0..series.values.len().min(200) {
            let number = u16::try_from(point).unwrap_or(0);
            let own = series.points.get(&number).copied().unwrap_or(Paint::Automatic);
            let automatic = styles.rgb(u16::try_from(FILLS + point % 8).unwrap_or(8)).unwrap_or(0);
            let _ = write!(
                out,
                "<c:dPt><c:idx val=\"{point}\"/><c:spPr>{}{}</c:spPr></c:dPt>",
                fill(own, automatic),
                stroke(series.line, 0)
            );
        }
    }
    let (names, numbers) =
        if group.style == Style::Scatter { ("c:xVal", "c:yVal") } else { ("c:cat", "c:val") };
    let categories = Series::source(series.categories_code.as_ref(), links, ctx)?;
    write_categories(out, names, &categories, series);
    let values = Series::source(series.values_code.as_ref(), links, ctx)?;
    let _ = write!(out, "<{numbers}>");
    write_numbers(out, &values, series.values.iter().map(|(at, v)| (*at, *v)));
    let _ = write!(out, "</{numbers}>");
    if matches!(group.style, Style::Line | Style::Scatter) {
        out.push_str("<c:smooth val=\"0\"/>");
    }
    out.push_str("</c:ser>");
    Ok(())
}

fn write_categories(out: &mut String, tag: &str, source: &str, series: &Series) {
    if source.is_empty() && series.categories.is_empty() {
        return;
    }
    let _ = write!(out, "<{tag}>");
    if series.categories.values().any(|c| matches!(c, Cached::Text(_))) {
        let mut points = String::new();
        for (at, value) in &series.categories {
            let value = match value {
                Cached::Number(value) => xml::number(*value),
                Cached::Text(text) => xml::escaped(text),
            };
            let _ = write!(points, "<c:pt idx=\"{at}\"><c:v>{value}</c:v></c:pt>");
        }
        let count = series.categories.keys().last().map_or(0, |last| u32::from(*last) + 1);
        if source.is_empty() {
            let _ = write!(out, "<c:strLit><c:ptCount val=\"{count}\"/>{points}</c:strLit>");
        } else {
            let _ = write!(
                out,
                "<c:strRef><c:f>{}</c:f><c:strCache><c:ptCount val=\"{count}\"/>{points}</c:strCache></c:strRef>",
                xml::escaped(source)
            );
        }
    } else {
        let numbers = series.categories.iter().filter_map(|(at, value)| match value {
            Cached::Number(value) => Some((*at, *value)),
            Cached::Text(_) => None,
        });
        write_numbers(out, source, numbers);
    }
    let _ = write!(out, "</{tag}>");
}

fn write_numbers(out: &mut String, source: &str, values: impl Iterator<Item = (u16, f64)>) {
    let (mut points, mut count) = (String::new(), 0);
    for (at, value) in values.filter(|(_, value)| value.is_finite()) {
        count = u32::from(at) + 1;
        let _ = write!(points, "<c:pt idx=\"{at}\"><c:v>{}</c:v></c:pt>", xml::number(value));
    }
    let body = format!("<c:formatCode>General</c:formatCode><c:ptCount val=\"{count}\"/>{points}");
    if source.is_empty() {
        let _ = write!(out, "<c:numLit>{body}</c:numLit>");
    } else {
        let _ = write!(
            out,
            "<c:numRef><c:f>{}</c:f><c:numCache>{body}</c:numCache></c:numRef>",
            xml::escaped(source)
        );
    }
}

fn write_axes(out: &mut String, chart: &Chart, styles: &Styles, pair: usize, shape: Shape) {
    let [category, value] = AXES[pair];
    let plain = Axis { present: true, ..Axis::default() };
    let (x, y) = if pair == 0 { (&chart.axes[0], &chart.axes[1]) } else { (&plain, &plain) };
    let (x_side, y_side) = match (shape.across, pair) {
        (false, 0) => ("b", "l"),
        (false, _) => ("b", "r"),
        (true, _) => ("l", "b"),
    };
    let tag = if shape.numeric { "c:valAx" } else { "c:catAx" };
    let hidden = pair == 1 || !x.present;
    let between = x.between.filter(|_| !shape.numeric);
    write_axis(
        out,
        styles,
        x,
        &Place { tag, id: category, cross: value, side: x_side, hidden, percent: false, between: None },
    );
    let percent = shape.percent && pair == 0;
    write_axis(
        out,
        styles,
        y,
        &Place {
            tag: "c:valAx",
            id: value,
            cross: category,
            side: y_side,
            hidden: !y.present,
            percent,
            between,
        },
    );
}

/// Which axis is written, and what it needs from the other one.
struct Place<'a> {
    tag: &'a str,
    id: u32,
    cross: u32,
    side: &'a str,
    hidden: bool,
    percent: bool,
    between: Option<bool>,
}

fn write_axis(out: &mut String, styles: &Styles, axis: &Axis, place: &Place<'_>) {
    let Place { tag, id, cross, side, hidden, percent, between } = *place;
    let _ = write!(out, "<{tag}><c:axId val=\"{id}\"/><c:scaling>");
    if axis.logarithmic {
        out.push_str("<c:logBase val=\"10\"/>");
    }
    let direction = if axis.reversed { "maxMin" } else { "minMax" };
    let _ = write!(out, "<c:orientation val=\"{direction}\"/>");
    for (limit, tag) in [(axis.maximum, "max"), (axis.minimum, "min")] {
        if let Some(limit) = limit {
            let _ = write!(out, "<c:{tag} val=\"{}\"/>", xml::number(limit));
        }
    }
    let _ = write!(out, "</c:scaling><c:delete val=\"{}\"/><c:axPos val=\"{side}\"/>", u8::from(hidden));
    if let Some(grid) = axis.grid {
        let _ = write!(out, "<c:majorGridlines><c:spPr>{}</c:spPr></c:majorGridlines>", stroke(grid, 0));
    }
    if !axis.title.is_empty() {
        title(out, &axis.title, &font_attributes(styles, axis.title_font));
    }
    let code = axis.format.and_then(|format| styles.format_code(format)).or(percent.then_some("0%"));
    match code {
        Some(code) => {
            let _ = write!(out, "<c:numFmt formatCode=\"{}\" sourceLinked=\"0\"/>", xml::escaped(code));
        }
        None => out.push_str("<c:numFmt formatCode=\"General\" sourceLinked=\"1\"/>"),
    }
    let mark = |kind: u8| ["none", "in", "out", "cross"].get(usize::from(kind)).copied().unwrap_or("out");
    let label =
        |kind: u8| ["none", "low", "high", "nextTo"].get(usize::from(kind)).copied().unwrap_or("nextTo");
    let (major, minor, labels) =
        axis.marks.map_or(("out", "none", "nextTo"), |m| (mark(m.major), mark(m.minor), label(m.labels)));
    let _ = write!(
        out,
        "<c:majorTickMark val=\"{major}\"/><c:minorTickMark val=\"{minor}\"/><c:tickLblPos val=\"{labels}\"/>"
    );
    let font = font(styles, axis.font, axis.marks.and_then(|m| m.turn));
    let _ = write!(out, "<c:spPr>{}</c:spPr>{font}<c:crossAx val=\"{cross}\"/>", stroke(axis.line, 0));
    let crosses = if id == AXES[1][1] { "max" } else { "autoZero" };
    let _ = write!(out, "<c:crosses val=\"{crosses}\"/>");
    if let Some(between) = between {
        let _ = write!(out, "<c:crossBetween val=\"{}\"/>", if between { "between" } else { "midCat" });
    }
    if let Some(major) = axis.major.filter(|m| tag == "c:valAx" && *m > 0.0) {
        let _ = write!(out, "<c:majorUnit val=\"{}\"/>", xml::number(major));
    }
    let _ = write!(out, "</{tag}>");
}

fn title(out: &mut String, text: &str, font: &Option<(String, String)>) {
    let (attributes, children) =
        font.as_ref().map_or((" sz=\"1200\" b=\"1\"", ""), |(attributes, children)| (attributes, children));
    let _ = write!(
        out,
        "<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r><a:rPr lang=\"ja-JP\"{attributes}>{children}</a:rPr><a:t>{}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val=\"0\"/></c:title>",
        xml::escaped(text)
    );
}

/// `c:marker`; the chart goes through the kinds in the order of its series where none is named.
fn write_marker(out: &mut String, marker: &Marker, at: usize, colour: u32) {
    const KINDS: [&str; 10] =
        ["none", "square", "diamond", "triangle", "x", "star", "dot", "dash", "circle", "plus"];
    const TURNS: [usize; 9] = [2, 1, 3, 4, 5, 8, 9, 6, 7];
    let kind = marker.kind.map_or(TURNS[at % 9], usize::from);
    let symbol = KINDS.get(kind).copied().unwrap_or("square");
    let _ = write!(out, "<c:marker><c:symbol val=\"{symbol}\"/>");
    if symbol != "none" {
        let line = stroke(Stroke { paint: marker.line, ..Stroke::default() }, colour);
        let size = (marker.size / 20).clamp(2, 72);
        let _ = write!(out, "<c:size val=\"{size}\"/><c:spPr>{}{line}</c:spPr>", fill(marker.fill, colour));
    }
    out.push_str("</c:marker>");
}

fn fill(paint: Paint, automatic: u32) -> String {
    let rgb = match paint {
        Paint::None => return "<a:noFill/>".to_owned(),
        Paint::Automatic => automatic,
        Paint::Colour(rgb) => rgb,
        Paint::Shade(top, bottom) => {
            let stop =
                |at: u32, rgb: u32| format!("<a:gs pos=\"{at}\"><a:srgbClr val=\"{rgb:06X}\"/></a:gs>");
            let stops = stop(0, top) + &stop(100_000, bottom);
            return format!(
                "<a:gradFill><a:gsLst>{stops}</a:gsLst><a:lin ang=\"5400000\" scaled=\"0\"/></a:gradFill>"
            );
        }
    };
    format!("<a:solidFill><a:srgbClr val=\"{rgb:06X}\"/></a:solidFill>")
}

/// `a:ln`.
fn stroke(stroke: Stroke, automatic: u32) -> String {
    const DASHES: [&str; 5] = ["", "dash", "sysDot", "dashDot", "lgDashDotDot"];
    let width = match stroke.width {
        ..=-1 => 3_175,
        0 => 12_700,
        1 => 25_400,
        _ => 38_100,
    };
    let dash = DASHES.get(usize::from(stroke.dash)).filter(|d| !d.is_empty() && stroke.paint != Paint::None);
    let dash = dash.map_or_else(String::new, |dash| format!("<a:prstDash val=\"{dash}\"/>"));
    format!("<a:ln w=\"{width}\">{}{dash}</a:ln>", fill(stroke.paint, automatic))
}
