//! Writes the labels of values.

use std::fmt::Write as _;

use super::{
    super::{
        chart::{Group, Labels, Series, Style},
        style::Styles,
        xml,
    },
    group::is_deep,
    paint::{font, rich},
};

/// `c:dLbls`.
pub(super) fn write(out: &mut String, series: &Series, group: &Group, styles: &Styles) {
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
                out.push_str(&rich(styles, &labels.text, labels.font, ""));
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
