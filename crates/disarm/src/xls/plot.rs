//! Writes a chart as DrawingML.

use std::fmt::Write as _;

use super::{
    chart::{Axis, Cached, Chart, Group, Paint, Series, Style},
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
    }
    if groups.is_empty() {
        return Ok(None);
    }
    let mut axes = String::new();
    if !round {
        for (pair, used) in [first, second].into_iter().enumerate().filter(|(_, used)| *used) {
            write_axes(&mut axes, chart, pair, numeric, across, used);
        }
    }
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><c:roundedCorners val=\"0\"/><c:chart>",
    );
    let lone = chart.title.is_empty();
    if !lone {
        title(&mut out, &chart.title);
    }
    let _ =
        write!(out, "<c:autoTitleDeleted val=\"{}\"/><c:plotArea><c:layout/>{groups}{axes}", u8::from(lone));
    let _ = write!(out, "<c:spPr>{}</c:spPr></c:plotArea>", fill(chart.plot, 0xC0_C0C0));
    if let Some(side) = chart.legend {
        let side = ["b", "tr", "t", "r", "l"].get(usize::from(side)).copied().unwrap_or("r");
        let _ = write!(out, "<c:legend><c:legendPos val=\"{side}\"/><c:overlay val=\"0\"/></c:legend>");
    }
    let _ = write!(
        out,
        "<c:plotVisOnly val=\"1\"/><c:dispBlanksAs val=\"gap\"/></c:chart><c:spPr>{}</c:spPr><c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz=\"1000\"/></a:pPr><a:endParaRPr lang=\"ja-JP\"/></a:p></c:txPr></c:chartSpace>",
        fill(chart.area, 0xFF_FFFF)
    );
    Ok(Some(out))
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
    let width = match series.width {
        ..=0 => 9_525,
        1 => 19_050,
        _ => 28_575,
    };
    let line = match series.line {
        Paint::None => "<a:ln><a:noFill/></a:ln>".to_owned(),
        Paint::Automatic if lined && !group.lines => "<a:ln><a:noFill/></a:ln>".to_owned(),
        Paint::Automatic if lined => ln(width, colour(LINES)),
        Paint::Automatic => ln(9_525, 0),
        Paint::Colour(rgb) => ln(width, rgb),
    };
    let area = if lined { String::new() } else { fill(series.fill, colour(FILLS)) };
    if !matches!(group.style, Style::Pie { .. }) {
        let _ = write!(out, "<c:spPr>{area}{line}</c:spPr>");
    }
    if lined && !group.markers {
        out.push_str("<c:marker><c:symbol val=\"none\"/></c:marker>");
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
                ln(9_525, 0)
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

fn write_axes(out: &mut String, chart: &Chart, pair: usize, numeric: bool, across: bool, _used: bool) {
    let [category, value] = AXES[pair];
    let plain = Axis { present: true, ..Axis::default() };
    let (x, y) = if pair == 0 { (&chart.axes[0], &chart.axes[1]) } else { (&plain, &plain) };
    let (x_side, y_side) = match (across, pair) {
        (false, 0) => ("b", "l"),
        (false, _) => ("b", "r"),
        (true, _) => ("l", "b"),
    };
    let tag = if numeric { "c:valAx" } else { "c:catAx" };
    let hidden = pair == 1 || !x.present;
    write_axis(out, tag, x, category, value, x_side, hidden);
    write_axis(out, "c:valAx", y, value, category, y_side, !y.present);
}

fn write_axis(out: &mut String, tag: &str, axis: &Axis, id: u32, cross: u32, side: &str, hidden: bool) {
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
    if axis.grid {
        let _ = write!(out, "<c:majorGridlines><c:spPr>{}</c:spPr></c:majorGridlines>", ln(3_175, 0));
    }
    if !axis.title.is_empty() {
        title(out, &axis.title);
    }
    out.push_str("<c:numFmt formatCode=\"General\" sourceLinked=\"1\"/><c:majorTickMark val=\"out\"/><c:minorTickMark val=\"none\"/><c:tickLblPos val=\"nextTo\"/>");
    let _ = write!(out, "<c:spPr>{}</c:spPr><c:crossAx val=\"{cross}\"/>", ln(3_175, 0));
    let crosses = if id == AXES[1][1] { "max" } else { "autoZero" };
    let _ = write!(out, "<c:crosses val=\"{crosses}\"/>");
    if let Some(major) = axis.major.filter(|m| tag == "c:valAx" && *m > 0.0) {
        let _ = write!(out, "<c:majorUnit val=\"{}\"/>", xml::number(major));
    }
    let _ = write!(out, "</{tag}>");
}

fn title(out: &mut String, text: &str) {
    let _ = write!(
        out,
        "<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r><a:rPr lang=\"ja-JP\" sz=\"1200\" b=\"1\"/><a:t>{}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val=\"0\"/></c:title>",
        xml::escaped(text)
    );
}

fn fill(paint: Paint, automatic: u32) -> String {
    let rgb = match paint {
        Paint::None => return "<a:noFill/>".to_owned(),
        Paint::Automatic => automatic,
        Paint::Colour(rgb) => rgb,
    };
    format!("<a:solidFill><a:srgbClr val=\"{rgb:06X}\"/></a:solidFill>")
}

fn ln(width: u32, rgb: u32) -> String {
    format!("<a:ln w=\"{width}\"><a:solidFill><a:srgbClr val=\"{rgb:06X}\"/></a:solidFill></a:ln>")
}
