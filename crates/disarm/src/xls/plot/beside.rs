//! Writes what stands beside a series: trend lines and error bars.

use std::fmt::Write as _;

use super::{
    super::{
        chart::{ErrorBar, Group, Series, Style, Trend},
        links::Links,
        xml,
    },
    group::is_deep,
    paint::stroke,
    series::write_numbers,
};
use crate::{Refusal, ctx::Ctx};

/// What stands beside a series, where its kind of chart has such things.
pub(super) fn write(
    out: &mut String,
    all: &[&Series],
    group: &Group,
    links: &Links,
    ctx: &mut Ctx<'_>,
) -> Result<(), Refusal> {
    if is_deep(group) || matches!(group.style, Style::Pie { .. } | Style::Radar { .. }) {
        return Ok(());
    }
    for beside in all {
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
        let bars: Vec<(&Series, ErrorBar)> = all
            .iter()
            .filter_map(|beside| Some((*beside, beside.error?)))
            .filter(|(_, bar)| sides.contains(&bar.side))
            .collect();
        write_errors(out, direction, &bars, links, ctx)?;
    }
    Ok(())
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
