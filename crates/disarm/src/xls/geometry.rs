//! Where things are on a sheet, and the outlines of shapes.
//!
//! Source: MS-ODRAW 2.4.24 (MSOSPT) and 2.3.6 (geometry properties); ECMA-376 part 1, 20.1.10.56 (ST_ShapeType).

use std::fmt::Write as _;

use super::{
    cells::Cells,
    escher::{Anchor, Shape},
    record::Fields,
    style::Ruler,
};

/// English metric units per pixel at 96 dpi and per point.
const PER_PIXEL: f64 = 9525.0;
const PER_POINT: f64 = 12_700.0;

/// Left, top, width, height in EMU.
pub(super) type Rectangle = [i64; 4];

/// Positions of columns and rows.
#[derive(Debug)]
pub(super) struct Grid {
    columns: Vec<i64>,
    /// Rows that differ from the default: number, position, height.
    rows: Vec<(u16, i64, i64)>,
    default_row: i64,
}

impl Grid {
    pub(super) fn new(cells: &Cells, ruler: Ruler) -> Self {
        let mut columns = vec![0];
        for column in 0..=255 {
            let width = cells.column_width(column, ruler);
            let pixels = (width * ruler.digit + 0.5).floor();
            columns.push(columns.last().copied().unwrap_or(0) + emu(pixels * PER_PIXEL));
        }
        let default_row = emu(cells.row_height(u16::MAX) * PER_POINT);
        let mut rows: Vec<(u16, i64, i64)> = Vec::new();
        for row in cells.known_rows() {
            let height = emu(cells.row_height(row) * PER_POINT);
            let at = rows.last().map_or(i64::from(row) * default_row, |(before, at, height)| {
                at + height + i64::from(row - before - 1) * default_row
            });
            rows.push((row, at, height));
        }
        Self { columns, rows, default_row }
    }

    fn column(&self, column: u16) -> i64 {
        self.columns[usize::from(column.min(256))]
    }

    /// Top and height of a row.
    fn row(&self, row: u16) -> (i64, i64) {
        match self.rows.partition_point(|r| r.0 <= row).checked_sub(1) {
            None => (i64::from(row) * self.default_row, self.default_row),
            Some(at) => {
                let (before, top, height) = self.rows[at];
                if before == row {
                    (top, height)
                } else {
                    (top + height + i64::from(row - before - 1) * self.default_row, self.default_row)
                }
            }
        }
    }

    /// Column, offset, row, offset of one end of an anchor, offsets in EMU. The far edge of a cell is the near edge of
    /// the next: two shapes that meet there still meet in a program that makes columns a little wider or narrower.
    pub(super) fn end(&self, end: [u16; 4]) -> (u16, i64, u16, i64) {
        let (column, x) =
            if end[1] >= 1024 && end[0] < 255 { (end[0] + 1, 0) } else { (end[0].min(255), end[1]) };
        let (row, y) = if end[3] >= 256 && end[2] < u16::MAX { (end[2] + 1, 0) } else { (end[2], end[3]) };
        let width = self.column(column + 1) - self.column(column);
        (column, width * i64::from(x.min(1024)) / 1024, row, self.row(row).1 * i64::from(y.min(256)) / 256)
    }

    pub(super) fn rectangle(&self, anchor: &Anchor) -> Rectangle {
        let point = |end: [u16; 4]| {
            let (column, x, row, y) = self.end(end);
            (self.column(column) + x, self.row(row).0 + y)
        };
        let ((x1, y1), (x2, y2)) = (point(anchor.from), point(anchor.to));
        [x1, y1, (x2 - x1).max(0), (y2 - y1).max(0)]
    }
}

fn emu(value: f64) -> i64 {
    value.round() as i64
}

/// Where a member of a group is, when the group is at `outer` and counts in `space`.
pub(super) fn place(outer: Rectangle, space: [i32; 4], inside: [i32; 4]) -> Rectangle {
    let [l, t, r, b] = space.map(i64::from);
    let [x1, y1, x2, y2] = inside.map(i64::from);
    let scale = |value: i64, from: i64, length: i64| value.saturating_mul(length) / from.max(1);
    [
        outer[0] + scale(x1 - l, r - l, outer[2]),
        outer[1] + scale(y1 - t, b - t, outer[3]),
        scale((x2 - x1).max(0), r - l, outer[2]),
        scale((y2 - y1).max(0), b - t, outer[3]),
    ]
}

/// `a:prstGeom` or `a:custGeom`; `None` when the outline is not known.
pub(super) fn outline(shape: &Shape) -> Option<String> {
    if shape.long.contains_key(&0x145) && matches!(shape.geometry, 0 | 100) {
        return freeform(shape);
    }
    let name = preset(shape.geometry)?;
    let adjust = |at: u16, default: i64| shape.property(0x147 + at).map_or(default, |v| i64::from(v as i32));
    let values = match shape.geometry {
        2 => vec![("adj", adjust(0, 3_600) * 100_000 / 21_600)],
        61..=63 | 106 => [("adj1", adjust(0, 1_350)), ("adj2", adjust(1, 25_920))]
            .map(|(name, value)| (name, (value - 10_800) * 100_000 / 21_600))
            .to_vec(),
        _ => Vec::new(),
    };
    let mut out = format!("<a:prstGeom prst=\"{name}\">");
    if values.is_empty() {
        out.push_str("<a:avLst/>");
    } else {
        out.push_str("<a:avLst>");
        for (name, value) in values {
            let _ = write!(out, "<a:gd name=\"{name}\" fmla=\"val {value}\"/>");
        }
        out.push_str("</a:avLst>");
    }
    out.push_str("</a:prstGeom>");
    Some(out)
}

/// Whether handles were moved that [`outline`] does not follow.
pub(super) fn is_adjusted(shape: &Shape) -> bool {
    !matches!(shape.geometry, 0 | 2 | 20 | 32..=40 | 61..=63 | 75 | 100 | 106 | 202)
        && (0x147..=0x14E).any(|id| shape.properties.contains_key(&id))
}

/// A drawn line: points, and how they are joined.
fn freeform(shape: &Shape) -> Option<String> {
    let points = points(shape.long.get(&0x145)?)?;
    let edge = |id: u16, default: i32| shape.property(id).map_or(default, |v| v as i32);
    let (left, top) = (edge(0x140, 0), edge(0x141, 0));
    let (width, height) = (edge(0x142, 21_600).saturating_sub(left), edge(0x143, 21_600).saturating_sub(top));
    let mut points = points.into_iter();
    let mut next = || {
        let (x, y) = points.next()?;
        Some(format!("<a:pt x=\"{}\" y=\"{}\"/>", x.saturating_sub(left), y.saturating_sub(top)))
    };
    let mut path = String::new();
    match shape.long.get(&0x146).and_then(|bytes| words(bytes)) {
        Some(segments) => {
            for segment in segments {
                let (kind, count) = (segment >> 13, segment & 0x1FFF);
                match kind {
                    0 => {
                        for _ in 0..count {
                            let _ = write!(path, "<a:lnTo>{}</a:lnTo>", next()?);
                        }
                    }
                    1 => {
                        for _ in 0..count {
                            let _ = write!(
                                path,
                                "<a:cubicBezTo>{}{}{}</a:cubicBezTo>",
                                next()?,
                                next()?,
                                next()?
                            );
                        }
                    }
                    2 => {
                        let _ = write!(path, "<a:moveTo>{}</a:moveTo>", next()?);
                    }
                    3 => path.push_str("<a:close/>"),
                    4 => break,
                    // Escapes: whether the part is filled or drawn, and curves of other kinds.
                    _ => {}
                }
            }
        }
        None => {
            let _ = write!(path, "<a:moveTo>{}</a:moveTo>", next()?);
            while let Some(point) = next() {
                let _ = write!(path, "<a:lnTo>{point}</a:lnTo>");
            }
        }
    }
    if !path.starts_with("<a:moveTo>") || path.len() > 1 << 20 {
        return None;
    }
    Some(format!(
        "<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/><a:rect l=\"0\" t=\"0\" r=\"r\" b=\"b\"/><a:pathLst><a:path w=\"{}\" h=\"{}\">{path}</a:path></a:pathLst></a:custGeom>",
        width.max(1),
        height.max(1)
    ))
}

/// Array header: elements, allocated elements, bytes of one.
fn points(bytes: &[u8]) -> Option<Vec<(i32, i32)>> {
    let mut fields = Fields::over(bytes);
    let (count, _, size) = (fields.u16()?, fields.u16()?, fields.u16()?);
    (0..count)
        .map(|_| {
            Some(if size == 8 {
                (fields.i32()?, fields.i32()?)
            } else {
                (i32::from(fields.i16()?), i32::from(fields.i16()?))
            })
        })
        .collect()
}

fn words(bytes: &[u8]) -> Option<Vec<u16>> {
    let mut fields = Fields::over(bytes);
    let count = fields.u16()?;
    fields.skip(4)?;
    (0..count).map(|_| fields.u16()).collect()
}

/// Name of a predefined outline.
fn preset(geometry: u16) -> Option<&'static str> {
    Some(match geometry {
        1 | 75 | 201 | 202 => "rect",
        2 => "roundRect",
        3 => "ellipse",
        4 => "diamond",
        5 => "triangle",
        6 => "rtTriangle",
        7 => "parallelogram",
        8 => "trapezoid",
        9 => "hexagon",
        10 => "octagon",
        11 => "plus",
        12 => "star5",
        13 => "rightArrow",
        15 => "homePlate",
        16 => "cube",
        19 => "arc",
        20 => "line",
        21 => "plaque",
        22 => "can",
        23 => "donut",
        32 => "straightConnector1",
        33..=36 => ["bentConnector2", "bentConnector3", "bentConnector4", "bentConnector5"]
            [usize::from(geometry - 33)],
        37..=40 => ["curvedConnector2", "curvedConnector3", "curvedConnector4", "curvedConnector5"]
            [usize::from(geometry - 37)],
        41..=43 => ["callout1", "callout2", "callout3"][usize::from(geometry - 41)],
        44..=46 => ["accentCallout1", "accentCallout2", "accentCallout3"][usize::from(geometry - 44)],
        47..=49 => ["borderCallout1", "borderCallout2", "borderCallout3"][usize::from(geometry - 47)],
        50..=52 => ["accentBorderCallout1", "accentBorderCallout2", "accentBorderCallout3"]
            [usize::from(geometry - 50)],
        53..=135 => return FROM_53.get(usize::from(geometry - 53)).copied().filter(|n| !n.is_empty()),
        176 => "flowChartAlternateProcess",
        177 => "flowChartOffpageConnector",
        178 => "callout1",
        179 => "accentCallout1",
        180 => "borderCallout1",
        181 => "accentBorderCallout1",
        182 => "leftRightUpArrow",
        183 => "sun",
        184 => "moon",
        185 => "bracketPair",
        186 => "bracePair",
        187 => "star4",
        188 => "doubleWave",
        _ => return None,
    })
}

/// Outlines 53 to 135.
const FROM_53: [&str; 83] = [
    "ribbon",
    "ribbon2",
    "chevron",
    "pentagon",
    "noSmoking",
    "star8",
    "star16",
    "star32",
    "wedgeRectCallout",
    "wedgeRoundRectCallout",
    "wedgeEllipseCallout",
    "wave",
    "foldedCorner",
    "leftArrow",
    "downArrow",
    "upArrow",
    "leftRightArrow",
    "upDownArrow",
    "irregularSeal1",
    "irregularSeal2",
    "lightningBolt",
    "heart",
    "rect",
    "quadArrow",
    "leftArrowCallout",
    "rightArrowCallout",
    "upArrowCallout",
    "downArrowCallout",
    "leftRightArrowCallout",
    "upDownArrowCallout",
    "quadArrowCallout",
    "bevel",
    "leftBracket",
    "rightBracket",
    "leftBrace",
    "rightBrace",
    "leftUpArrow",
    "bentUpArrow",
    "bentArrow",
    "star24",
    "stripedRightArrow",
    "notchedRightArrow",
    "blockArc",
    "smileyFace",
    "verticalScroll",
    "horizontalScroll",
    "circularArrow",
    "",
    "uturnArrow",
    "curvedRightArrow",
    "curvedLeftArrow",
    "curvedUpArrow",
    "curvedDownArrow",
    "cloudCallout",
    "ellipseRibbon",
    "ellipseRibbon2",
    "flowChartProcess",
    "flowChartDecision",
    "flowChartInputOutput",
    "flowChartPredefinedProcess",
    "flowChartInternalStorage",
    "flowChartDocument",
    "flowChartMultidocument",
    "flowChartTerminator",
    "flowChartPreparation",
    "flowChartManualInput",
    "flowChartManualOperation",
    "flowChartConnector",
    "flowChartPunchedCard",
    "flowChartPunchedTape",
    "flowChartSummingJunction",
    "flowChartOr",
    "flowChartCollate",
    "flowChartSort",
    "flowChartExtract",
    "flowChartMerge",
    "flowChartOfflineStorage",
    "flowChartOnlineStorage",
    "flowChartMagneticTape",
    "flowChartMagneticDisk",
    "flowChartMagneticDrum",
    "flowChartDisplay",
    "flowChartDelay",
];
