//! Writes the axes of a chart.

use std::fmt::Write as _;

use super::{
    super::{
        chart::{Axis, Cached, Chart, Crossed, Group, Style},
        style::Styles,
        xml,
    },
    group::{is_deep, is_layered},
    paint::{font, stroke, title},
};

/// Numbers of the axes: categories, values and depth of the first pair, then of the second.
const AXES: [[u32; 3]; 2] = [[11, 12, 13], [21, 22, 23]];

/// What the groups of a chart have in common, as far as the axes go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    /// Which pairs of axes are used.
    pairs: [bool; 2],
    round: bool,
    numeric: bool,
    across: bool,
    percent: bool,
    /// A third axis, of depth.
    layered: bool,
}

impl Shape {
    pub(super) fn add(&mut self, group: &Group) {
        self.pairs[usize::from(group.second)] = true;
        self.round |= matches!(group.style, Style::Pie { .. });
        self.numeric |= matches!(group.style, Style::Scatter | Style::Bubble { .. });
        self.across |= matches!(group.style, Style::Bar { across: true, .. });
        self.percent |= group.percent && !group.second;
        self.layered |= is_layered(group) || is_deep(group) && matches!(group.style, Style::Line);
    }
}

/// `c:axId` of a group.
pub(super) fn numbers(group: &Group, layered: bool) -> String {
    let count = if layered { 3 } else { 2 };
    AXES[usize::from(group.second)][..count].iter().map(|id| format!("<c:axId val=\"{id}\"/>")).collect()
}

/// All axes of a chart. `format` is the number format of the categories.
pub(super) fn write(out: &mut String, chart: &Chart, styles: &Styles, shape: Shape, format: Option<u16>) {
    if shape.round {
        return;
    }
    for (pair, _) in shape.pairs.iter().enumerate().filter(|(_, used)| **used) {
        write_pair(out, chart, styles, pair, shape, format);
    }
}

fn write_pair(
    out: &mut String,
    chart: &Chart,
    styles: &Styles,
    pair: usize,
    shape: Shape,
    format: Option<u16>,
) {
    let [category, value, depth] = AXES[pair];
    let [x, y, z] = &chart.axes[pair];
    let (x_side, y_side) = match (shape.across, pair) {
        (false, 0) => ("b", "l"),
        (false, _) => ("b", "r"),
        (true, _) => ("l", "b"),
    };
    let numbers =
        chart.series.iter().flat_map(|s| s.categories.values()).all(|c| matches!(c, Cached::Number(_)));
    let tag = match x.dates {
        _ if shape.numeric => "c:valAx",
        Some(_) if numbers => "c:dateAx",
        _ => "c:catAx",
    };
    let source = format.and_then(|format| styles.format_code(format));
    let place = Place {
        tag,
        id: category,
        cross: value,
        side: x_side,
        source,
        percent: false,
        between: None,
        crosses: y.crossed,
    };
    write_axis(out, styles, x, &place);
    let crosses = if pair == 1 && x.crossed == Crossed::Automatic { Crossed::Maximum } else { x.crossed };
    let between = x.between.filter(|_| !shape.numeric);
    let percent = shape.percent && pair == 0;
    let place = Place {
        tag: "c:valAx",
        id: value,
        cross: category,
        side: y_side,
        source: None,
        percent,
        between,
        crosses,
    };
    write_axis(out, styles, y, &place);
    if shape.layered {
        let place = Place {
            tag: "c:serAx",
            id: depth,
            cross: category,
            side: "b",
            source: None,
            percent: false,
            between: None,
            crosses: Crossed::Automatic,
        };
        write_axis(out, styles, z, &place);
    }
}

/// Which axis is written, and what it needs from the other one.
struct Place<'a> {
    tag: &'a str,
    id: u32,
    cross: u32,
    side: &'a str,
    /// Format of the cells that it shows.
    source: Option<&'a str>,
    percent: bool,
    between: Option<bool>,
    crosses: Crossed,
}

fn write_axis(out: &mut String, styles: &Styles, axis: &Axis, place: &Place<'_>) {
    let Place { tag, id, cross, side, .. } = *place;
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
    let hidden = u8::from(!axis.present);
    let _ = write!(out, "</c:scaling><c:delete val=\"{hidden}\"/><c:axPos val=\"{side}\"/>");
    for (grid, tag) in [(axis.grid, "majorGridlines"), (axis.minor_grid, "minorGridlines")] {
        if let Some(grid) = grid {
            let _ = write!(out, "<c:{tag}><c:spPr>{}</c:spPr></c:{tag}>", stroke(grid, 0));
        }
    }
    if !axis.title.text.is_empty() {
        title(out, &axis.title, styles);
    }
    write_format(out, styles, axis, place);
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
    let _ = match place.crosses {
        Crossed::Automatic => write!(out, "<c:crosses val=\"autoZero\"/>"),
        Crossed::Maximum => write!(out, "<c:crosses val=\"max\"/>"),
        Crossed::At(at) => write!(out, "<c:crossesAt val=\"{}\"/>", xml::number(at)),
    };
    match tag {
        "c:valAx" => {
            if let Some(between) = place.between {
                let _ =
                    write!(out, "<c:crossBetween val=\"{}\"/>", if between { "between" } else { "midCat" });
            }
            for (unit, tag) in [(axis.major, "majorUnit"), (axis.minor, "minorUnit")] {
                if let Some(unit) = unit.filter(|unit| *unit > 0.0) {
                    let _ = write!(out, "<c:{tag} val=\"{}\"/>", xml::number(unit));
                }
            }
        }
        "c:dateAx" => {
            let unit =
                ["days", "months", "years"].get(usize::from(axis.dates.unwrap_or(0))).unwrap_or(&"days");
            let _ =
                write!(out, "<c:auto val=\"1\"/><c:lblOffset val=\"100\"/><c:baseTimeUnit val=\"{unit}\"/>");
        }
        _ => {
            for (every, tag) in [(axis.every.0, "tickLblSkip"), (axis.every.1, "tickMarkSkip")] {
                if every > 1 {
                    let _ = write!(out, "<c:{tag} val=\"{every}\"/>");
                }
            }
        }
    }
    let _ = write!(out, "</{tag}>");
}

/// `c:numFmt`.
fn write_format(out: &mut String, styles: &Styles, axis: &Axis, place: &Place<'_>) {
    let own = axis.format.filter(|format| *format != 0).and_then(|format| styles.format_code(format));
    let (code, linked) = match (own, place.percent, place.source) {
        (Some(code), ..) => (code, 0),
        (None, true, _) => ("0%", 0),
        (None, false, Some(code)) => (code, 1),
        (None, false, None) => ("General", u8::from(axis.format.is_none())),
    };
    let _ = write!(out, "<c:numFmt formatCode=\"{}\" sourceLinked=\"{linked}\"/>", xml::escaped(code));
}
