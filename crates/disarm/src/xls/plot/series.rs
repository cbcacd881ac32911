//! Writes the series of a chart.

use std::fmt::Write as _;

use super::{
    super::{
        chart::{Cached, Group, Marker, Paint, Series, Stroke, Style},
        links::Links,
        style::Styles,
        xml,
    },
    beside,
    group::is_deep,
    label,
    paint::{fill, stroke},
};
use crate::{Refusal, ctx::Ctx};

/// Where the colours of fills and lines begin in the palette, one per series.
const FILLS: usize = 24;
const LINES: usize = 32;

/// `c:ser`; its children stand in the order of the schema for all kinds of charts.
#[allow(clippy::too_many_arguments, reason = "one place calls it")]
pub(super) fn write(
    out: &mut String,
    beside: &[&Series],
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
    label::write(out, series, group, styles);
    beside::write(out, beside, group, links, ctx)?;
    let is_flat = !is_deep(group);
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

pub(super) fn write_numbers(
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
