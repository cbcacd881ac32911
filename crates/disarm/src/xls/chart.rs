//! Charts: series, kinds, axes and titles, with the values that are stored beside them.
//!
//! Source: MS-XLS 2.1.7.20.1 (chart sheet sub-stream), 2.4.252 (Series), 2.4.29 (BRAI), 2.4.15 (Bar), 2.4.154 (Line),
//! 2.4.195 (Pie), 2.4.5 (Area), 2.4.247 (Scatter), 2.4.6 (AreaFormat), 2.4.156 (LineFormat), 2.4.182 (ObjectLink).

use std::collections::BTreeMap;

use super::{
    escher,
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

#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) name_code: Option<Code>,
    pub(super) values_code: Option<Code>,
    pub(super) categories_code: Option<Code>,
    pub(super) group: u16,
    pub(super) fill: Paint,
    pub(super) line: Stroke,
    pub(super) marker: Option<Marker>,
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
    pub(super) title: String,
    pub(super) title_font: Option<u16>,
    pub(super) line: Stroke,
    pub(super) grid: Option<Stroke>,
    /// Marks and labels: kinds of the larger and smaller marks, place of the labels, their turn.
    pub(super) marks: Option<Marks>,
    pub(super) font: Option<u16>,
    pub(super) format: Option<u16>,
    /// Whether values stand between the marks of the categories, as bars do.
    pub(super) between: Option<bool>,
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

/// One chart.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) series: Vec<Series>,
    pub(super) groups: Vec<Group>,
    /// Category and value axis.
    pub(super) axes: [Axis; 2],
    pub(super) title: String,
    /// A title that nobody wrote: the name of the only series.
    pub(super) automatic_title: bool,
    pub(super) title_font: Option<u16>,
    pub(super) font: Option<u16>,
    pub(super) legend: Option<Legend>,
    pub(super) area: Paint,
    pub(super) border: Stroke,
    pub(super) plot: Paint,
    pub(super) plot_border: Stroke,
    /// Width and height in points.
    pub(super) size: [f64; 2],
    /// Where the plot with its labels stands when someone moved it, counted as the place of the legend.
    pub(super) plot_place: Option<[i32; 4]>,
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
    /// Text that waits for the record that says what it belongs to, its font, and whether someone deleted it.
    text: String,
    font: Option<u16>,
    deleted: bool,
    usual: bool,
    moved: bool,
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
const AXIS_PARENT: u16 = 0x1041;
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
            automatic_title: false,
            title_font: None,
            font: None,
            legend: None,
            area: Paint::Automatic,
            border: Stroke { paint: Paint::None, ..Stroke::default() },
            plot: Paint::None,
            plot_border: Stroke { paint: Paint::None, ..Stroke::default() },
            size: [0.0, 0.0],
            plot_place: None,
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
            Some(TEXT) => {
                if std::mem::take(&mut self.walk.usual) {
                    self.font = self.walk.font.or(self.font);
                }
                self.walk.text.clear();
            }
            _ => {}
        }
    }

    fn record(&mut self, id: u16, fields: &mut Fields<'_>) -> Option<()> {
        match id {
            0x1002 => {
                fields.skip(8)?;
                self.size = [f64::from(fields.i32()?) / 65_536.0, f64::from(fields.i32()?) / 65_536.0];
            }
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
            0x1009 => self.marker(fields)?,
            // What it does not say in plain colours is no damage.
            0x1066 => self.gradient(fields).unwrap_or(()),
            0x1026 => self.font(fields.u16()?),
            0x1024 => self.walk.usual = true,
            TEXT => {
                fields.skip(24)?;
                (self.walk.font, self.walk.deleted) = (None, fields.u16()? & 0x40 != 0);
            }
            0x1044 => self.walk.moved = fields.u16()? & 8 != 0,
            0x104F if self.walk.open.last() == Some(&AXIS_PARENT) && !self.walk.second => {
                let kind = (fields.u16()?, fields.u16()?);
                let place = [fields.i32()?, fields.i32()?, fields.i32()?, fields.i32()?];
                if kind == (2, 2) && self.walk.moved {
                    self.plot_place = Some(place);
                }
            }
            AXIS_PARENT => self.walk.second = fields.u16()? != 0,
            AXIS => {
                // The third axis, of depth, is not drawn.
                self.walk.axis = usize::from(fields.u16()?);
                self.walk.axis_line = u16::MAX;
                if let Some(axis) = self.axis() {
                    axis.present = true;
                }
            }
            0x1021 => {
                self.walk.axis_line = fields.u16()?;
                if let (1, Some(axis)) = (self.walk.axis_line, self.axis()) {
                    axis.grid = Some(Stroke::default());
                }
            }
            0x101E => self.marks(fields)?,
            0x104E if self.inside(AXIS) => {
                let format = fields.u16()?;
                if let Some(axis) = self.axis() {
                    axis.format = Some(format);
                }
            }
            0x1020 => {
                fields.skip(6)?;
                let flags = fields.u16()?;
                if let Some(axis) = self.axis() {
                    (axis.between, axis.reversed) = (Some(flags & 1 != 0), flags & 4 != 0);
                }
            }
            0x101F => self.range(fields)?,
            LEGEND => {
                let place = [fields.i32()?, fields.i32()?];
                fields.skip(8)?;
                self.legend = Some(Legend { side: fields.u8()?, place, ..Legend::default() });
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
        let (text, font) = (std::mem::take(&mut self.walk.text), self.walk.font.or(self.font));
        match target {
            1 => {
                self.title_font = font;
                self.automatic_title = text.is_empty() && !self.walk.deleted;
                self.title = text;
            }
            2 | 3 => {
                let axis = &mut self.axes[usize::from(3 - target)];
                (axis.title, axis.title_font) = (text, font);
            }
            _ => {}
        }
    }

    /// The axis whose records come in; `None` for one that is not drawn.
    fn axis(&mut self) -> Option<&mut Axis> {
        self.axes.get_mut(self.walk.axis).filter(|_| !self.walk.second)
    }

    fn line_format(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (colour, dash, width, flags) = (fields.u32()?, fields.u16()?, fields.i16()?, fields.u16()?);
        let paint = match (flags & 1, dash) {
            (_, 5) => Paint::None,
            (0, _) => Paint::Colour(rgb(colour)),
            _ => Paint::Automatic,
        };
        let stroke = Stroke { paint, width, dash };
        if self.inside(SERIES) {
            let series = self.series.last_mut()?;
            if self.walk.point == 0xFFFF {
                series.line = stroke;
            }
        } else if self.inside(CHART_FORMAT) && self.inside(DATA_FORMAT) {
            self.groups.last_mut()?.lines = paint != Paint::None;
        } else if self.inside(AXIS) {
            let line = self.walk.axis_line;
            match (self.axis(), line) {
                (Some(axis), 0) => axis.line = stroke,
                (Some(axis), 1) => axis.grid = Some(stroke),
                _ => {}
            }
        } else if self.inside(FRAME) && !self.inside(TEXT) {
            *self.frame().0 = stroke;
        }
        Some(())
    }

    fn area_format(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (fore, _back, pattern, flags) = (fields.u32()?, fields.u32()?, fields.u16()?, fields.u16()?);
        self.fill(match (flags & 1, pattern) {
            (0, 0) => Paint::None,
            (0, _) => Paint::Colour(rgb(fore)),
            _ => Paint::Automatic,
        })
    }

    /// A fill that the record of plain colours cannot say stands behind it: an exact colour, or one that turns into
    /// another from above to below. Of any other kind the plain colour stays.
    fn gradient(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let left = fields.left();
        let table = escher::table(&fields.bytes(left)?)?;
        // Numbers into a palette have their nearest colour in the record before.
        let plain = |id: u16| table.property(id).filter(|colour| (colour >> 24) & 0x19 == 0).map(rgb);
        let number = |id: u16| table.property(id).unwrap_or(0);
        match (number(0x180), number(0x18C), (number(0x18B) >> 16) as i16) {
            (0, ..) => self.fill(Paint::Colour(plain(0x181)?)),
            (4 | 7, focus @ (0 | 100), angle @ (0 | 180 | -180)) => {
                let (fore, back) = (plain(0x181)?, plain(0x183)?);
                self.fill(if (angle != 0) == (focus == 0) {
                    Paint::Shade(fore, back)
                } else {
                    Paint::Shade(back, fore)
                })
            }
            _ => Some(()),
        }
    }

    /// Line and fill of the frame whose records come in: of the legend, of the plot or of the whole chart.
    fn frame(&mut self) -> (&mut Stroke, &mut Paint) {
        let open = &self.walk.open;
        match &mut self.legend {
            Some(legend) if open.contains(&LEGEND) => (&mut legend.line, &mut legend.fill),
            // The frame of the plot stands among the axes, the one of the chart before them.
            _ if open.contains(&AXIS_PARENT) => (&mut self.plot_border, &mut self.plot),
            _ => (&mut self.border, &mut self.area),
        }
    }

    fn fill(&mut self, paint: Paint) -> Option<()> {
        if self.inside(SERIES) {
            let series = self.series.last_mut()?;
            if self.walk.point == 0xFFFF {
                series.fill = paint;
            } else {
                series.points.insert(self.walk.point, paint);
            }
        } else if self.inside(FRAME) && !self.inside(TEXT) {
            *self.frame().1 = paint;
        }
        Some(())
    }

    fn marker(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (line, fill, kind, flags) = (fields.u32()?, fields.u32()?, fields.u16()?, fields.u16()?);
        fields.skip(4)?;
        let size = fields.u32().unwrap_or(100);
        let paint = |bit: u16, colour: u32| match (flags & 1, flags & bit) {
            (0, 0) => Paint::Colour(rgb(colour)),
            (0, _) => Paint::None,
            _ => Paint::Automatic,
        };
        if self.inside(SERIES) {
            if self.walk.point == 0xFFFF {
                let kind = (flags & 1 == 0).then_some(kind);
                let marker = Marker { kind, line: paint(0x20, line), fill: paint(0x10, fill), size };
                self.series.last_mut()?.marker = Some(marker);
            }
        } else if self.inside(CHART_FORMAT) {
            self.groups.last_mut()?.markers = kind != 0;
        }
        Some(())
    }

    fn marks(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (major, minor, labels) = (fields.u8()?, fields.u8()?, fields.u8()?);
        fields.skip(21)?;
        let flags = fields.u16()?;
        fields.u16()?;
        let turn = fields.u16()?;
        if let Some(axis) = self.axis() {
            axis.marks = Some(Marks { major, minor, labels, turn: (flags & 0x20 == 0).then_some(turn) });
        }
        Some(())
    }

    fn font(&mut self, font: u16) {
        if self.inside(AXIS) {
            if let Some(axis) = self.axis() {
                axis.font = Some(font);
            }
        } else if self.inside(LEGEND) {
            if let Some(legend) = &mut self.legend {
                legend.font = Some(font);
            }
        } else if self.inside(TEXT) {
            self.walk.font = Some(font);
        }
    }

    fn range(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (minimum, maximum, major) = (fields.f64()?, fields.f64()?, fields.f64()?);
        fields.skip(16)?;
        let flags = fields.u16()?;
        let Some(axis) = self.axis() else { return Some(()) };
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
            line: Stroke::default(),
            marker: None,
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
