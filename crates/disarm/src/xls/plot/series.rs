//! Writes the groups of a chart and their series, with labels, trend lines and error bars.

use std::fmt::Write as _;

use super::{
    super::{
        chart::{Cached, Chart, ErrorBar, Group, Labels, Marker, Paint, Series, Stroke, Style, Trend},
        links::Links,
        style::Styles,
        xml,
    },
    axes,
    paint::{fill, font, rich, stroke},
};
use crate::{Refusal, ctx::Ctx};

/// Where the colours of fills and lines begin in the palette, one per series.
const FILLS: usize = 24;
const LINES: usize = 32;

/// Whether a group stands in space: rings, points and nets do not.
pub(super) fn is_deep(group: &Group) -> bool {
    group.depth.is_some()
        && matches!(group.style, Style::Bar { .. } | Style::Line | Style::Area | Style::Pie { hole: 0, .. })
}

/// Whether its series stand one behind the other.
pub(super) fn is_layered(group: &Group) -> bool {
    is_deep(group)
        && !group.stacked
        && !matches!(group.style, Style::Pie { .. })
        && group.depth.is_some_and(|depth| !depth.side_by_side)
}

/// `count` is the number of its series.
pub(super) fn write_group(out: &mut String, group: &Group, series: &str, count: usize) {
    let vary = format!("<c:varyColors val=\"{}\"/>", u8::from(group.colours_vary));
    let space = if is_deep(group) { "3D" } else { "" };
    let layered = is_layered(group);
    let axes = axes::numbers(group, layered || !space.is_empty() && group.style == Style::Line);
    let gap_depth = group
        .depth
        .filter(|_| !space.is_empty())
        .map_or_else(String::new, |depth| format!("<c:gapDepth val=\"{}\"/>", depth.gap.min(500)));
    let grouping = match (group.percent, group.stacked) {
        (true, _) => "percentStacked",
        (_, true) => "stacked",
        _ => "standard",
    };
    let _ = match group.style {
        Style::Bar { across, overlap, gap } => {
            let direction = if across { "bar" } else { "col" };
            let grouping = if grouping == "standard" && !layered { "clustered" } else { grouping };
            let (gap, overlap) = (gap.min(500), overlap.clamp(-100, 100));
            let rest = if space.is_empty() {
                format!("<c:overlap val=\"{overlap}\"/>{}", lines("serLines", group.series_lines))
            } else {
                gap_depth
            };
            write!(
                out,
                "<c:bar{space}Chart><c:barDir val=\"{direction}\"/><c:grouping val=\"{grouping}\"/>{vary}{series}<c:gapWidth val=\"{gap}\"/>{rest}{axes}</c:bar{space}Chart>"
            )
        }
        // Prices: three or four values a day, with a line from the highest to the lowest.
        Style::Line if space.is_empty() && group.high_low_lines.is_some() && matches!(count, 3 | 4) => {
            let (drop, high_low) =
                (lines("dropLines", group.drop_lines), lines("hiLowLines", group.high_low_lines));
            write!(out, "<c:stockChart>{series}{drop}{high_low}{}{axes}</c:stockChart>", up_down_bars(group))
        }
        Style::Line => {
            let drop = lines("dropLines", group.drop_lines);
            let rest = if space.is_empty() {
                let high_low = lines("hiLowLines", group.high_low_lines);
                format!("{drop}{high_low}{}<c:marker val=\"1\"/>", up_down_bars(group))
            } else {
                drop + &gap_depth
            };
            write!(
                out,
                "<c:line{space}Chart><c:grouping val=\"{grouping}\"/>{vary}{series}{rest}{axes}</c:line{space}Chart>"
            )
        }
        Style::Area => {
            let drop = lines("dropLines", group.drop_lines);
            write!(
                out,
                "<c:area{space}Chart><c:grouping val=\"{grouping}\"/>{vary}{series}{drop}{gap_depth}{axes}</c:area{space}Chart>"
            )
        }
        Style::Pie { hole: 0, .. } if !space.is_empty() => {
            write!(out, "<c:pie3DChart><c:varyColors val=\"1\"/>{series}</c:pie3DChart>")
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
        Style::Bubble { scale, width, negative } => write!(
            out,
            "<c:bubbleChart>{vary}{series}<c:bubbleScale val=\"{}\"/><c:showNegBubbles val=\"{}\"/><c:sizeRepresents val=\"{}\"/>{axes}</c:bubbleChart>",
            scale.min(300),
            u8::from(negative),
            if width { "w" } else { "area" }
        ),
        Style::Radar { filled } => {
            let style = if filled { "filled" } else { "marker" };
            write!(out, "<c:radarChart><c:radarStyle val=\"{style}\"/>{vary}{series}{axes}</c:radarChart>")
        }
        Style::Unknown => Ok(()),
    };
}

fn lines(tag: &str, line: Option<Stroke>) -> String {
    line.map_or_else(String::new, |line| format!("<c:{tag}><c:spPr>{}</c:spPr></c:{tag}>", stroke(line, 0)))
}

/// Bars between the first and the last line, as on charts of prices.
fn up_down_bars(group: &Group) -> String {
    let [up, down] = group.bars.as_slice() else { return String::new() };
    let bar = |tag: &str, (_, line, area): &(u16, Stroke, Paint), automatic: u32| {
        format!("<c:{tag}><c:spPr>{}{}</c:spPr></c:{tag}>", fill(*area, automatic), stroke(*line, 0))
    };
    let (gap, up, down) = (up.0.min(500), bar("upBars", up, 0xFF_FFFF), bar("downBars", down, 0));
    format!("<c:upDownBars><c:gapWidth val=\"{gap}\"/>{up}{down}</c:upDownBars>")
}

/// `c:ser`; its children stand in the order of the schema for all kinds of charts.
#[allow(clippy::too_many_arguments, reason = "one place calls it")]
pub(super) fn write(
    out: &mut String,
    chart: &Chart,
    at: usize,
    series: &Series,
    group: &Group,
    styles: &Styles,
    links: &Links,
    ctx: &mut Ctx<'_>,
) -> Result<(), Refusal> {
    let _ = write!(out, "<c:ser><c:idx val=\"{at}\"/><c:order val=\"{at}\"/>");
    write_name(out, series, links, ctx)?;
    write_look(out, at, series, group, styles);
    write_points(out, series, group, styles);
    write_labels(out, series, group, styles);
    let is_flat = !is_deep(group);
    if is_flat && !matches!(group.style, Style::Pie { .. } | Style::Radar { .. }) {
        for beside in chart.beside(at) {
            if let Some(trend) = &beside.trend {
                write_trend(out, trend, beside);
            }
        }
        let directions: &[(&str, [u8; 2])] = match group.style {
            Style::Scatter | Style::Bubble { .. } => {
                &[("<c:errDir val=\"x\"/>", [1, 2]), ("<c:errDir val=\"y\"/>", [3, 4])]
            }
            _ => &[("", [3, 4])],
        };
        for (direction, sides) in directions {
            let bars: Vec<(&Series, ErrorBar)> = chart
                .beside(at)
                .filter_map(|beside| Some((beside, beside.error?)))
                .filter(|(_, bar)| sides.contains(&bar.side))
                .collect();
            write_errors(out, direction, &bars, links, ctx)?;
        }
    }
    let by_number = matches!(group.style, Style::Scatter | Style::Bubble { .. });
    let (names, numbers) = if by_number { ("c:xVal", "c:yVal") } else { ("c:cat", "c:val") };
    let categories = Series::source(series.categories_code.as_ref(), links, ctx)?;
    write_categories(out, names, &categories, series, styles);
    let values = Series::source(series.values_code.as_ref(), links, ctx)?;
    let _ = write!(out, "<{numbers}>");
    let code = series.formats[0].and_then(|format| styles.format_code(format));
    write_numbers(out, &values, code, series.values.iter().map(|(at, v)| (*at, *v)));
    let _ = write!(out, "</{numbers}>");
    match group.style {
        Style::Line if is_flat => out.push_str(smooth(series, group)),
        Style::Scatter => out.push_str(smooth(series, group)),
        Style::Bubble { .. } => {
            let sizes = Series::source(series.sizes_code.as_ref(), links, ctx)?;
            out.push_str("<c:bubbleSize>");
            write_numbers(out, &sizes, None, series.sizes.iter().map(|(at, v)| (*at, *v)));
            out.push_str("</c:bubbleSize><c:bubble3D val=\"0\"/>");
        }
        Style::Bar { .. } if !is_flat => {
            let shape = match series.bar_shape {
                (1, 0) => "cylinder",
                (0, 1) => "pyramid",
                (0, 2) => "pyramidToMax",
                (_, 1) => "cone",
                (_, 2) => "coneToMax",
                _ => "box",
            };
            let _ = write!(out, "<c:shape val=\"{shape}\"/>");
        }
        _ => {}
    }
    out.push_str("</c:ser>");
    Ok(())
}

fn smooth(series: &Series, group: &Group) -> &'static str {
    if series.smooth || group.smooth { "<c:smooth val=\"1\"/>" } else { "<c:smooth val=\"0\"/>" }
}

/// `c:tx`.
fn write_name(out: &mut String, series: &Series, links: &Links, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
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
    Ok(())
}

/// `c:spPr` and what stands beside it: markers, explosion, negative values.
fn write_look(out: &mut String, at: usize, series: &Series, group: &Group, styles: &Styles) {
    let colour = |base: usize| styles.rgb(u16::try_from(base + at % 8).unwrap_or(8)).unwrap_or(0);
    let deep = is_deep(group);
    let lined = matches!(group.style, Style::Line | Style::Scatter | Style::Radar { filled: false }) && !deep;
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
    match group.style {
        Style::Bar { .. } | Style::Bubble { .. } => out.push_str("<c:invertIfNegative val=\"0\"/>"),
        Style::Pie { .. } if series.explosion.max(group.explosion) > 0 => {
            let explosion = series.explosion.max(group.explosion).min(400);
            let _ = write!(out, "<c:explosion val=\"{explosion}\"/>");
        }
        _ => {}
    }
}

/// `c:dPt`: points in colours of their own.
fn write_points(out: &mut String, series: &Series, group: &Group, styles: &Styles) {
    let lined = matches!(group.style, Style::Line | Style::Scatter | Style::Radar { filled: false });
    let many = if group.colours_vary { series.values.len().min(200) } else { 0 };
    let own = series.points.iter().filter(|(at, point)| {
        usize::from(**at) >= many && (point.fill.is_some() || point.explosion > 0) && !lined
    });
    let varied = (0..many).filter_map(|at| u16::try_from(at).ok());
    for number in varied.chain(own.map(|(at, _)| *at)) {
        let point = series.points.get(&number).copied().unwrap_or_default();
        let automatic = styles.rgb(u16::try_from(FILLS + usize::from(number) % 8).unwrap_or(8)).unwrap_or(0);
        let explosion = match group.style {
            Style::Pie { .. } if point.explosion > 0 => {
                format!("<c:explosion val=\"{}\"/>", point.explosion.min(400))
            }
            _ => String::new(),
        };
        let _ = write!(
            out,
            "<c:dPt><c:idx val=\"{number}\"/>{explosion}<c:spPr>{}{}</c:spPr></c:dPt>",
            fill(point.fill.unwrap_or(Paint::Automatic), automatic),
            stroke(series.line, 0)
        );
    }
}

/// `c:dLbls`.
fn write_labels(out: &mut String, series: &Series, group: &Group, styles: &Styles) {
    let labels = series.labels.as_ref().or(group.labels.as_ref());
    if labels.is_none_or(|labels| labels.shown == 0 || labels.deleted) && series.point_labels.is_empty() {
        return;
    }
    out.push_str("<c:dLbls>");
    for (at, labels) in &series.point_labels {
        let _ = write!(out, "<c:dLbl><c:idx val=\"{at}\"/>");
        if labels.deleted {
            out.push_str("<c:delete val=\"1\"/>");
        } else {
            if !labels.text.is_empty() {
                out.push_str(&rich(styles, labels));
            }
            write_label(out, labels, group, styles);
        }
        out.push_str("</c:dLbl>");
    }
    match labels.filter(|labels| !labels.deleted) {
        Some(labels) => write_label(out, labels, group, styles),
        None => write_label(out, &Labels::default(), group, styles),
    }
    out.push_str("</c:dLbls>");
}

/// What labels of one point or of all have in common.
fn write_label(out: &mut String, labels: &Labels, group: &Group, styles: &Styles) {
    if let Some(code) = labels.format.and_then(|format| styles.format_code(format)) {
        let _ = write!(out, "<c:numFmt formatCode=\"{}\" sourceLinked=\"0\"/>", xml::escaped(code));
    }
    if labels.text.is_empty() {
        out.push_str(&font(styles, labels.font, None));
    }
    if let Some(place) = label_place(labels.place, group) {
        let _ = write!(out, "<c:dLblPos val=\"{place}\"/>");
    }
    for (bit, tag) in [
        (Labels::KEY, "showLegendKey"),
        (Labels::VALUE, "showVal"),
        (Labels::CATEGORY, "showCatName"),
        (Labels::SERIES, "showSerName"),
        (Labels::PERCENT, "showPercent"),
        (Labels::SIZE, "showBubbleSize"),
    ] {
        let shown = if labels.text.is_empty() { labels.shown & bit != 0 } else { bit == Labels::VALUE };
        let _ = write!(out, "<c:{tag} val=\"{}\"/>", u8::from(shown));
    }
}

/// `c:dLblPos`: Excel repairs a chart with a place that its kind does not have.
fn label_place(place: u16, group: &Group) -> Option<&'static str> {
    let deep = is_deep(group);
    Some(match (group.style, place) {
        (Style::Pie { hole: 0, .. }, 1) => "outEnd",
        (Style::Pie { hole: 0, .. }, 2) => "inEnd",
        (Style::Pie { hole: 0, .. }, 3) => "ctr",
        (Style::Pie { hole: 0, .. }, 9) => "bestFit",
        (Style::Bar { .. }, 1) if !deep && !group.stacked => "outEnd",
        (Style::Bar { .. }, 2) if !deep => "inEnd",
        (Style::Bar { .. }, 3) if !deep => "ctr",
        (Style::Bar { .. }, 4) if !deep => "inBase",
        (Style::Line | Style::Scatter | Style::Bubble { .. }, 3..=8) if !deep => match place {
            5 => "t",
            6 => "b",
            7 => "l",
            8 => "r",
            3 => "ctr",
            _ => return None,
        },
        _ => return None,
    })
}

/// `c:trendline`.
fn write_trend(out: &mut String, trend: &Trend, beside: &Series) {
    let kind = match (trend.kind, trend.order) {
        (0, ..=1) => "linear",
        (0, _) => "poly",
        (1, _) => "exp",
        (2, _) => "log",
        (3, _) => "power",
        _ => "movingAvg",
    };
    out.push_str("<c:trendline>");
    if !beside.name.is_empty() {
        let _ = write!(out, "<c:name>{}</c:name>", xml::escaped(&beside.name));
    }
    let _ = write!(out, "<c:spPr>{}</c:spPr><c:trendlineType val=\"{kind}\"/>", stroke(beside.line, 0));
    match kind {
        "poly" => {
            let _ = write!(out, "<c:order val=\"{}\"/>", trend.order.min(6));
        }
        "movingAvg" => {
            let _ = write!(out, "<c:period val=\"{}\"/>", trend.order.max(2));
        }
        _ => {}
    }
    for (value, tag) in [(trend.forward, "forward"), (trend.backward, "backward")] {
        if value.is_finite() && value > 0.0 && kind != "movingAvg" {
            let _ = write!(out, "<c:{tag} val=\"{}\"/>", xml::number(value));
        }
    }
    if trend.intercept.is_finite() && matches!(kind, "linear" | "poly" | "exp") {
        let _ = write!(out, "<c:intercept val=\"{}\"/>", xml::number(trend.intercept));
    }
    let _ = write!(
        out,
        "<c:dispRSqr val=\"{}\"/><c:dispEq val=\"{}\"/></c:trendline>",
        u8::from(trend.r_squared),
        u8::from(trend.equation)
    );
}

/// `c:errBars`: one element for both directions.
fn write_errors(
    out: &mut String,
    direction: &str,
    bars: &[(&Series, ErrorBar)],
    links: &Links,
    ctx: &mut Ctx<'_>,
) -> Result<(), Refusal> {
    let Some((first, bar)) = bars.first() else { return Ok(()) };
    let side = |plus: bool| bars.iter().find(|(_, bar)| (bar.side % 2 == 1) == plus);
    let kind = match (side(true), side(false)) {
        (Some(_), Some(_)) => "both",
        (Some(_), None) => "plus",
        _ => "minus",
    };
    let source = match bar.source {
        1 => "percentage",
        3 => "stdDev",
        4 => "cust",
        5 => "stdErr",
        _ => "fixedVal",
    };
    let _ = write!(
        out,
        "<c:errBars>{direction}<c:errBarType val=\"{kind}\"/><c:errValType val=\"{source}\"/><c:noEndCap val=\"{}\"/>",
        u8::from(!bar.cap)
    );
    if bar.source == 4 {
        for (tag, plus) in [("plus", true), ("minus", false)] {
            if let Some((series, _)) = side(plus) {
                let cells = Series::source(series.values_code.as_ref(), links, ctx)?;
                let _ = write!(out, "<c:{tag}>");
                write_numbers(out, &cells, None, series.values.iter().map(|(at, v)| (*at, *v)));
                let _ = write!(out, "</c:{tag}>");
            }
        }
    } else if bar.value.is_finite() && bar.source != 5 {
        let _ = write!(out, "<c:val val=\"{}\"/>", xml::number(bar.value));
    }
    let _ = write!(out, "<c:spPr>{}</c:spPr></c:errBars>", stroke(first.line, 0));
    Ok(())
}

fn write_categories(out: &mut String, tag: &str, source: &str, series: &Series, styles: &Styles) {
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
        let code = series.formats[1].and_then(|format| styles.format_code(format));
        write_numbers(out, source, code, numbers);
    }
    let _ = write!(out, "</{tag}>");
}

fn write_numbers(
    out: &mut String,
    source: &str,
    code: Option<&str>,
    values: impl Iterator<Item = (u16, f64)>,
) {
    let (mut points, mut count) = (String::new(), 0);
    for (at, value) in values.filter(|(_, value)| value.is_finite()) {
        count = u32::from(at) + 1;
        let _ = write!(points, "<c:pt idx=\"{at}\"><c:v>{}</c:v></c:pt>", xml::number(value));
    }
    let code = xml::escaped(code.unwrap_or("General"));
    let body = format!("<c:formatCode>{code}</c:formatCode><c:ptCount val=\"{count}\"/>{points}");
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
