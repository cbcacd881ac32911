//! Charts: series, kinds, axes and titles, with the values that are stored beside them.
//!
//! Source: MS-XLS 2.1.7.20.1 (chart sheet sub-stream), 2.4.252 (Series), 2.4.29 (BRAI), 2.4.15 (Bar), 2.4.154 (Line),
//! 2.4.195 (Pie), 2.4.5 (Area), 2.4.247 (Scatter), 2.4.6 (AreaFormat), 2.4.156 (LineFormat), 2.4.182 (ObjectLink).

use std::collections::BTreeMap;

use super::{
    formula::{self, Code},
    links::Links,
    record::{Fields, Record},
};
use crate::{Refusal, ctx::Ctx};

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
    Radar {
        filled: bool,
    },
    /// Kinds that are not drawn: surfaces, bubbles.
    Unknown,
}

/// Series that are drawn alike.
#[derive(Debug, Clone, Copy)]
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
}

/// A fill or a line: RGB, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Automatic,
    None,
    Colour(u32),
}

#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) name_code: Option<Code>,
    pub(super) values_code: Option<Code>,
    pub(super) categories_code: Option<Code>,
    pub(super) group: u16,
    pub(super) fill: Paint,
    pub(super) line: Paint,
    pub(super) width: i16,
    /// Colours of single points (slices).
    pub(super) points: BTreeMap<u16, Paint>,
    pub(super) values: BTreeMap<u16, f64>,
    pub(super) categories: BTreeMap<u16, Cached>,
}

#[derive(Debug, Clone)]
pub(super) enum Cached {
    Number(f64),
    Text(String),
}

#[derive(Debug, Default, Clone)]
pub(super) struct Axis {
    pub(super) present: bool,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) major: Option<f64>,
    pub(super) reversed: bool,
    pub(super) logarithmic: bool,
    pub(super) grid: bool,
    pub(super) title: String,
}

/// One chart.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) series: Vec<Series>,
    pub(super) groups: Vec<Group>,
    /// Category and value axis.
    pub(super) axes: [Axis; 2],
    pub(super) title: String,
    /// Side of the legend: 0 below, 1 corner, 2 above, 3 right, 4 left, 7 free.
    pub(super) legend: Option<u8>,
    pub(super) area: Paint,
    pub(super) plot: Paint,
    /// Something that is not drawn: three dimensions, trend lines, error bars.
    pub(super) simplified: bool,
    walk: Walk,
}

/// Where in the nesting of records the reader is.
#[derive(Debug, Default)]
struct Walk {
    /// Kind of record that opened each level.
    open: Vec<u16>,
    last: u16,
    second: bool,
    axis: usize,
    axis_line: u16,
    /// Text that waits for the record that says what it belongs to.
    text: String,
    brai: u8,
    point: u16,
    cached: u16,
    series_closed: usize,
}

const SERIES: u16 = 0x1003;
const DATA_FORMAT: u16 = 0x1006;
const CHART_FORMAT: u16 = 0x1014;
const TEXT: u16 = 0x1025;
const FRAME: u16 = 0x1032;
const BEGIN: u16 = 0x1033;
const END: u16 = 0x1034;
const AXIS: u16 = 0x101D;
const LEGEND: u16 = 0x1015;

impl Default for Chart {
    fn default() -> Self {
        Self {
            series: Vec::new(),
            groups: Vec::new(),
            axes: [Axis::default(), Axis::default()],
            title: String::new(),
            legend: None,
            area: Paint::Automatic,
            plot: Paint::None,
            simplified: false,
            walk: Walk::default(),
        }
    }
}

impl Chart {
    /// Takes one record of the sub-stream; what is damaged is left out.
    pub(super) fn take(&mut self, record: &Record<'_>) {
        let mut fields = record.fields();
        match record.id {
            BEGIN => self.walk.open.push(self.walk.last),
            END => self.end(),
            _ => {
                if self.record(record.id, &mut fields).is_none() {
                    self.simplified = true;
                }
            }
        }
        self.walk.last = record.id;
    }

    fn inside(&self, kind: u16) -> bool {
        self.walk.open.contains(&kind)
    }

    fn end(&mut self) {
        match self.walk.open.pop() {
            Some(SERIES) => self.walk.series_closed = self.series.len(),
            Some(TEXT) => self.walk.text.clear(),
            _ => {}
        }
    }

    fn record(&mut self, id: u16, fields: &mut Fields<'_>) -> Option<()> {
        match id {
            SERIES => self.series.push(Series::new()),
            0x1051 => self.reference(fields)?,
            0x100D => {
                fields.u16()?;
                let text = fields.short_text()?;
                if self.inside(SERIES) && self.walk.brai == 0 {
                    self.series.last_mut()?.name = text;
                } else if self.inside(TEXT) {
                    self.walk.text = text;
                }
            }
            0x1027 => self.link_text(fields.u16()?),
            0x1045 if self.inside(SERIES) => self.series.last_mut()?.group = fields.u16()?,
            DATA_FORMAT => self.walk.point = fields.u16()?,
            0x1007 => self.line_format(fields)?,
            0x100A => self.area_format(fields)?,
            0x1009 => {
                fields.skip(8)?;
                let shape = fields.u16()?;
                if let Some(group) = self.groups.last_mut().filter(|_| self.walk.open.contains(&CHART_FORMAT))
                {
                    group.markers = shape != 0;
                }
            }
            0x1041 => self.walk.second = fields.u16()? != 0,
            AXIS => {
                self.walk.axis = usize::from(fields.u16()?).min(1);
                self.walk.axis_line = 0;
                if !self.walk.second {
                    self.axes[self.walk.axis].present = true;
                }
            }
            0x1021 => {
                self.walk.axis_line = fields.u16()?;
                if self.walk.axis_line == 1 && !self.walk.second {
                    self.axes[self.walk.axis].grid = true;
                }
            }
            0x101F => self.range(fields)?,
            LEGEND => {
                fields.skip(16)?;
                self.legend = Some(fields.u8()?);
            }
            CHART_FORMAT => {
                fields.skip(16)?;
                let flags = fields.u16()?;
                self.groups.push(Group {
                    style: Style::Unknown,
                    stacked: false,
                    percent: false,
                    second: self.walk.second,
                    colours_vary: flags & 1 != 0,
                    markers: true,
                    lines: true,
                });
            }
            0x1017..=0x101B | 0x103E | 0x1040 | 0x103F => self.kind(id, fields)?,
            // Three dimensions; trend lines and error bars.
            0x103A | 0x104B | 0x105B => self.simplified = true,
            0x1065 => self.walk.cached = fields.u16()?,
            0x0203 => {
                let (index, series) = (fields.u16()?, fields.u16()?);
                fields.u16()?;
                let value = fields.f64()?;
                self.cache(index, series, Cached::Number(value));
            }
            0x0204 => {
                let (index, series) = (fields.u16()?, fields.u16()?);
                fields.u16()?;
                let value = fields.text()?;
                self.cache(index, series, Cached::Text(value));
            }
            _ => {}
        }
        Some(())
    }

    fn reference(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (id, kind) = (fields.u8()?, fields.u8()?);
        fields.skip(4)?;
        let len = usize::from(fields.u16()?);
        self.walk.brai = id;
        let code = Code::read(fields, len)?;
        if kind != 2 || len == 0 || !self.inside(SERIES) {
            return Some(());
        }
        let series = self.series.last_mut()?;
        match id {
            0 => series.name_code = Some(code),
            1 => series.values_code = Some(code),
            2 => series.categories_code = Some(code),
            _ => {}
        }
        Some(())
    }

    fn link_text(&mut self, target: u16) {
        let text = std::mem::take(&mut self.walk.text);
        match target {
            1 => self.title = text,
            2 => self.axes[1].title = text,
            3 => self.axes[0].title = text,
            _ => {}
        }
    }

    fn line_format(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (colour, style, width, flags) = (fields.u32()?, fields.u16()?, fields.i16()?, fields.u16()?);
        let paint = match (flags & 1, style) {
            (_, 5) => Paint::None,
            (0, _) => Paint::Colour(rgb(colour)),
            _ => Paint::Automatic,
        };
        if self.inside(SERIES) {
            let series = self.series.last_mut()?;
            if self.walk.point == 0xFFFF {
                (series.line, series.width) = (paint, width);
            }
        } else if self.inside(CHART_FORMAT) && self.inside(DATA_FORMAT) {
            self.groups.last_mut()?.lines = paint != Paint::None;
        }
        Some(())
    }

    fn area_format(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (fore, _back, pattern, flags) = (fields.u32()?, fields.u32()?, fields.u16()?, fields.u16()?);
        let paint = match (flags & 1, pattern) {
            (0, 0) => Paint::None,
            (0, _) => Paint::Colour(rgb(fore)),
            _ => Paint::Automatic,
        };
        if self.inside(SERIES) {
            let series = self.series.last_mut()?;
            if self.walk.point == 0xFFFF {
                series.fill = paint;
            } else {
                series.points.insert(self.walk.point, paint);
            }
        } else if self.inside(FRAME) && !self.inside(LEGEND) && !self.inside(TEXT) {
            // The frame of the plot stands among the axes, the one of the chart before them.
            if self.inside(0x1041) {
                self.plot = paint;
            } else {
                self.area = paint;
            }
        }
        Some(())
    }

    fn range(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (minimum, maximum, major) = (fields.f64()?, fields.f64()?, fields.f64()?);
        fields.skip(16)?;
        let flags = fields.u16()?;
        if self.walk.second {
            return Some(());
        }
        let axis = &mut self.axes[self.walk.axis];
        let own = |bit: u16, value: f64| (flags & bit == 0 && value.is_finite()).then_some(value);
        axis.logarithmic = flags & 0x20 != 0;
        axis.reversed = flags & 0x40 != 0;
        if !axis.logarithmic {
            (axis.minimum, axis.maximum, axis.major) = (own(1, minimum), own(2, maximum), own(4, major));
        }
        Some(())
    }

    fn kind(&mut self, id: u16, fields: &mut Fields<'_>) -> Option<()> {
        let group = self.groups.last_mut()?;
        match id {
            0x1017 => {
                let (overlap, gap, flags) = (fields.i16()?, fields.u16()?, fields.u16()?);
                group.style = Style::Bar { across: flags & 1 != 0, overlap: overlap.saturating_neg(), gap };
                (group.stacked, group.percent) = (flags & 2 != 0, flags & 4 != 0);
            }
            0x1018 | 0x101A => {
                let flags = fields.u16()?;
                group.style = if id == 0x1018 { Style::Line } else { Style::Area };
                (group.stacked, group.percent) = (flags & 1 != 0, flags & 2 != 0);
            }
            0x1019 => group.style = Style::Pie { angle: fields.u16()?, hole: fields.u16()? },
            0x101B => {
                fields.skip(4)?;
                group.style = if fields.u16()? & 1 != 0 { Style::Unknown } else { Style::Scatter };
            }
            0x103E | 0x1040 => group.style = Style::Radar { filled: id == 0x1040 },
            _ => group.style = Style::Unknown,
        }
        Some(())
    }

    fn cache(&mut self, index: u16, series: u16, value: Cached) {
        let Some(series) = self.series.get_mut(usize::from(series)) else { return };
        match (self.walk.cached, value) {
            (1, Cached::Number(value)) => {
                series.values.insert(index, value);
            }
            (2, value) => {
                series.categories.insert(index, value);
            }
            _ => {}
        }
    }
}

impl Series {
    fn new() -> Self {
        Self {
            name: String::new(),
            name_code: None,
            values_code: None,
            categories_code: None,
            group: 0,
            fill: Paint::Automatic,
            line: Paint::Automatic,
            width: 0,
            points: BTreeMap::new(),
            values: BTreeMap::new(),
            categories: BTreeMap::new(),
        }
    }

    /// The cells that a series reads, as text; empty when they cannot be named.
    pub(super) fn source(code: Option<&Code>, links: &Links, ctx: &mut Ctx<'_>) -> Result<String, Refusal> {
        match code {
            Some(code) => Ok(formula::text(code, (0, 0), links, ctx)?.unwrap_or_default()),
            None => Ok(String::new()),
        }
    }
}

/// Red stands in the lowest byte.
fn rgb(colour: u32) -> u32 {
    let [r, g, b, _] = colour.to_le_bytes();
    u32::from_be_bytes([0, r, g, b])
}
