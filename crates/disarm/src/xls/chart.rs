//! Charts: series, kinds, axes, titles and labels, with the values that are stored beside them.
//!
//! Source: MS-XLS 2.1.7.20.1 (chart sheet sub-stream); the records are named where they are read.

mod read;

use std::collections::BTreeMap;

use super::{
    formula::{self, Code},
    links::Links,
};
use crate::{Refusal, ctx::Ctx};

/// One chart.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) series: Vec<Series>,
    pub(super) groups: Vec<Group>,
    /// Category, value and depth axis, of the first pair and of the second.
    pub(super) axes: [[Axis; 3]; 2],
    pub(super) title: Title,
    /// A title that nobody wrote: the name of the only series.
    pub(super) automatic_title: bool,
    pub(super) font: Option<u16>,
    pub(super) legend: Option<Legend>,
    /// The values as a table below: lines across, lines down, outline, keys.
    pub(super) table: Option<u16>,
    pub(super) area: Paint,
    pub(super) border: Stroke,
    pub(super) plot: Paint,
    pub(super) plot_border: Stroke,
    /// Width and height in points.
    pub(super) size: [f64; 2],
    /// Where the plot with its labels stands when someone moved it, counted as the place of the legend.
    pub(super) plot_place: Option<[i32; 4]>,
    /// What stands for a cell without a value: 0 nothing, 1 zero, 2 a line over it.
    pub(super) blanks: u8,
    walk: read::Walk,
}

/// How the values of a group are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Bar {
        across: bool,
        overlap: i16,
        gap: u16,
    },
    Line,
    Pie {
        hole: u16,
        angle: u16,
    },
    Area,
    Scatter,
    Bubble {
        /// Percent of the usual size.
        scale: u16,
        /// The number is the width and not the area.
        width: bool,
        negative: bool,
    },
    Radar {
        filled: bool,
    },
    /// The kind that is not drawn: surfaces.
    Unknown,
}

/// Series that are drawn alike.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) style: Style,
    pub(super) stacked: bool,
    pub(super) percent: bool,
    /// On the second pair of axes.
    pub(super) second: bool,
    pub(super) colours_vary: bool,
    /// Lines without markers, or the other way round, as the group's own format says.
    pub(super) markers: bool,
    pub(super) lines: bool,
    pub(super) smooth: bool,
    pub(super) explosion: u16,
    pub(super) labels: Option<Labels>,
    pub(super) depth: Option<Depth>,
    /// From points to the axis, between the highest and the lowest, between the ends of stacked bars.
    pub(super) drop_lines: Option<Stroke>,
    pub(super) high_low_lines: Option<Stroke>,
    pub(super) series_lines: Option<Stroke>,
    /// Gap, line and fill of bars between the first and the last series: upwards, downwards.
    pub(super) bars: Vec<(u16, Stroke, Paint)>,
}

/// How a chart is turned in space (CHART3D).
#[derive(Debug, Clone, Copy)]
pub(super) struct Depth {
    /// Degrees.
    pub(super) turn: u16,
    pub(super) elevation: i16,
    pub(super) distance: u16,
    /// Percent of the width, when it is not chosen by the chart.
    pub(super) height: Option<u16>,
    pub(super) depth: u16,
    pub(super) gap: u16,
    pub(super) perspective: bool,
    /// Series side by side, not one behind the other.
    pub(super) side_by_side: bool,
}

/// A fill or a line: RGB, or none at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Paint {
    #[default]
    Automatic,
    None,
    Colour(u32),
    /// From the first, above, to the second.
    Shade(u32, u32),
}

/// A line: what it is painted with, how thick (-1 hair, 0 thin, 1 medium, 2 thick) and how broken it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stroke {
    pub(super) paint: Paint,
    pub(super) width: i16,
    pub(super) dash: u16,
}

impl Stroke {
    pub(super) const NONE: Self = Self { paint: Paint::None, width: 0, dash: 0 };
}

/// What stands at each value of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marker {
    /// 0 nothing, 1 square, 2 diamond, …; `None`: the chart chooses.
    pub(super) kind: Option<u16>,
    pub(super) line: Paint,
    pub(super) fill: Paint,
    /// In twentieths of a point.
    pub(super) size: u32,
}

#[derive(Debug, Default)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) name_code: Option<Code>,
    pub(super) values_code: Option<Code>,
    pub(super) categories_code: Option<Code>,
    pub(super) sizes_code: Option<Code>,
    pub(super) group: u16,
    pub(super) fill: Paint,
    pub(super) line: Stroke,
    pub(super) marker: Option<Marker>,
    pub(super) smooth: bool,
    pub(super) explosion: u16,
    /// Foot and top of bars in space: box, cylinder, pyramid, cone.
    pub(super) bar_shape: (u8, u8),
    /// Single points (slices).
    pub(super) points: BTreeMap<u16, Point>,
    pub(super) labels: Option<Labels>,
    pub(super) point_labels: BTreeMap<u16, Labels>,
    pub(super) values: BTreeMap<u16, f64>,
    pub(super) categories: BTreeMap<u16, Cached>,
    pub(super) sizes: BTreeMap<u16, f64>,
    /// Number formats of the cells that values and categories come from.
    pub(super) formats: [Option<u16>; 2],
    /// Not drawn itself: it belongs to the series of this number, as one of the two below.
    pub(super) parent: Option<u16>,
    pub(super) trend: Option<Trend>,
    pub(super) error: Option<ErrorBar>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Point {
    pub(super) fill: Option<Paint>,
    pub(super) explosion: u16,
}

/// What is written at values.
#[derive(Debug, Clone, Default)]
pub(super) struct Labels {
    /// Bits of [`Labels::VALUE`] and so on.
    pub(super) shown: u8,
    /// 1 outside, 2 inside, 3 middle, 4 at the axis, 5 above, 6 below, 7 left, 8 right, 9 as it fits.
    pub(super) place: u16,
    pub(super) font: Option<u16>,
    pub(super) format: Option<u16>,
    /// Words that someone wrote over it.
    pub(super) text: String,
    pub(super) deleted: bool,
}

impl Labels {
    pub(super) const KEY: u8 = 1;
    pub(super) const VALUE: u8 = 2;
    pub(super) const CATEGORY: u8 = 4;
    pub(super) const SERIES: u8 = 8;
    pub(super) const PERCENT: u8 = 16;
    pub(super) const SIZE: u8 = 32;
}

/// A trend line (SERAUXTREND).
#[derive(Debug, Clone, Copy)]
pub(super) struct Trend {
    /// 0 polynomial, 1 exponential, 2 logarithmic, 3 power, 4 moving average.
    pub(super) kind: u8,
    pub(super) order: u8,
    pub(super) intercept: f64,
    pub(super) equation: bool,
    pub(super) r_squared: bool,
    pub(super) forward: f64,
    pub(super) backward: f64,
}

/// One direction of error bars (SERAUXERRBAR).
#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorBar {
    /// 1 right, 2 left, 3 up, 4 down.
    pub(super) side: u8,
    /// 1 percent, 2 a number, 3 standard deviations, 4 values of cells, 5 standard error.
    pub(super) source: u8,
    pub(super) cap: bool,
    pub(super) value: f64,
}

#[derive(Debug, Clone)]
pub(super) enum Cached {
    Number(f64),
    Text(String),
}

#[derive(Debug, Default, Clone)]
pub(super) struct Title {
    pub(super) text: String,
    pub(super) font: Option<u16>,
    /// Line and fill of its frame, when it has one.
    pub(super) frame: Option<(Stroke, Paint)>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Axis {
    pub(super) present: bool,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) major: Option<f64>,
    pub(super) minor: Option<f64>,
    pub(super) reversed: bool,
    pub(super) logarithmic: bool,
    pub(super) title: Title,
    pub(super) line: Stroke,
    pub(super) grid: Option<Stroke>,
    pub(super) minor_grid: Option<Stroke>,
    /// Marks and labels: kinds of the larger and smaller marks, place of the labels, their turn.
    pub(super) marks: Option<Marks>,
    pub(super) font: Option<u16>,
    pub(super) format: Option<u16>,
    /// Whether values stand between the marks of the categories, as bars do.
    pub(super) between: Option<bool>,
    /// Every how many categories there is a label and a mark.
    pub(super) every: (u16, u16),
    /// Where the other axis crosses this one.
    pub(super) crossed: Crossed,
    /// Categories are days, with 0 days, 1 months or 2 years between them.
    pub(super) dates: Option<u16>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) enum Crossed {
    #[default]
    Automatic,
    At(f64),
    Maximum,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    pub(super) major: u8,
    pub(super) minor: u8,
    pub(super) labels: u8,
    pub(super) turn: Option<u16>,
}

#[derive(Debug, Default)]
pub(super) struct Legend {
    /// Side: 0 below, 1 corner, 2 above, 3 right, 4 left, 7 free.
    pub(super) side: u8,
    /// Left and top in parts of 4000 of what the border of the chart leaves; the size follows from the words.
    pub(super) place: [i32; 2],
    pub(super) line: Stroke,
    pub(super) fill: Paint,
    pub(super) font: Option<u16>,
}

impl Default for Chart {
    fn default() -> Self {
        Self {
            series: Vec::new(),
            groups: Vec::new(),
            axes: std::array::from_fn(|_| std::array::from_fn(|_| Axis::default())),
            title: Title::default(),
            automatic_title: false,
            font: None,
            legend: None,
            table: None,
            area: Paint::Automatic,
            border: Stroke::NONE,
            plot: Paint::None,
            plot_border: Stroke::NONE,
            size: [0.0, 0.0],
            plot_place: None,
            blanks: 0,
            walk: read::Walk::default(),
        }
    }
}

impl Chart {
    /// The cells whose number formats [`Series::formats`] wants, as sheet, row and column.
    pub(super) fn sources(&self, links: &Links) -> Vec<[Option<(usize, u16, u16)>; 2]> {
        let cell = |code: Option<&Code>| {
            let (sheet, row, column) = code?.first_cell()?;
            Some((links.own_sheet(sheet)?, row, column))
        };
        self.series.iter().map(|s| [cell(s.values_code.as_ref()), cell(s.categories_code.as_ref())]).collect()
    }

    /// The series that belong to others, as their trend lines or error bars, by the number of the other.
    pub(super) fn beside(&self) -> BTreeMap<usize, Vec<&Series>> {
        let mut beside: BTreeMap<usize, Vec<&Series>> = BTreeMap::new();
        for series in &self.series {
            if let Some(parent) = series.parent {
                beside.entry(usize::from(parent)).or_default().push(series);
            }
        }
        beside
    }
}

impl Series {
    /// The cells that a series reads, as text; empty when they cannot be named.
    pub(super) fn source(code: Option<&Code>, links: &Links, ctx: &mut Ctx<'_>) -> Result<String, Refusal> {
        match code {
            Some(code) => {
                let text = formula::text(code, (0, 0), links, ctx)?.unwrap_or_default();
                // An error or a constant is no cell.
                Ok(if text.starts_with(['#', '"', '{']) { String::new() } else { text })
            }
            None => Ok(String::new()),
        }
    }
}
