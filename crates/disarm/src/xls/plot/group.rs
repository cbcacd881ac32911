//! Writes the groups of a chart: their kinds, and the lines and bars that belong to all their series.

use std::fmt::Write as _;

use super::{
    super::chart::{Group, Paint, Stroke, Style},
    axes,
    paint::{fill, stroke},
};

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
pub(super) fn write(out: &mut String, group: &Group, series: &str, count: usize) {
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
