//! Reads the records of a chart.
//!
//! Source: MS-XLS 2.4.252 (Series), 2.4.29 (BRAI), 2.4.15 (Bar), 2.4.154 (Line), 2.4.195 (Pie), 2.4.5 (Area), 2.4.247
//! (Scatter), 2.4.6 (AreaFormat), 2.4.156 (LineFormat), 2.4.182 (ObjectLink), 2.4.8 (AttachedLabel), 2.4.75
//! (DataLabExtContents), 2.4.44 (Chart3d), 2.4.255 (SerAuxTrend), 2.4.254 (SerAuxErrBar), 2.4.9 (AxcExt), 2.4.72 (Dat).

use super::{
    Axis, Cached, Chart, Crossed, Depth, ErrorBar, Group, Labels, Legend, Marker, Marks, Paint, Series,
    Stroke, Style, Title, Trend,
};
use crate::xls::{
    escher,
    formula::Code,
    record::{Fields, Record},
};

/// Where in the nesting of records the reader is.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Kind of record that opened each level.
    open: Vec<u16>,
    /// Levels below the deepest that is looked at.
    deeper: u32,
    last: u16,
    second: bool,
    axis: usize,
    axis_line: u16,
    /// Text that waits for the record that says what it belongs to.
    text: Text,
    usual: bool,
    moved: bool,
    brai: u8,
    point: u16,
    cached: u16,
    chart_line: u16,
}

/// A text in the making: its words, its font, its frame, what it shows of a value and where.
#[derive(Debug, Default)]
struct Text {
    words: String,
    font: Option<u16>,
    frame: Option<(Stroke, Paint)>,
    flags: u16,
    place: u16,
    format: Option<u16>,
    /// What it shows, as newer versions say it.
    shown: Option<u8>,
    /// What it belongs to, and of which series and point.
    link: Option<(u16, u16, u16)>,
}

impl Text {
    fn deleted(&self) -> bool {
        self.flags & 0x40 != 0
    }

    fn title(self, font: Option<u16>) -> Title {
        Title { text: self.words, font, frame: self.frame }
    }

    /// What a label of a value shows.
    fn shown(&self) -> u8 {
        self.shown.unwrap_or_else(|| {
            shown(
                self.flags,
                &[
                    (0x2, Labels::KEY),
                    (0x4, Labels::VALUE),
                    (0x800, Labels::CATEGORY | Labels::PERCENT),
                    (0x1000, Labels::PERCENT),
                    (0x2000, Labels::SIZE),
                    (0x4000, Labels::CATEGORY),
                ],
            )
        })
    }
}

const SERIES: u16 = 0x1003;
const DATA_FORMAT: u16 = 0x1006;
const CHART_FORMAT: u16 = 0x1014;
const CHART_LINE: u16 = 0x101C;
const TEXT: u16 = 0x1025;
const FRAME: u16 = 0x1032;
const DROP_BAR: u16 = 0x103D;
const AXIS_PARENT: u16 = 0x1041;
const BEGIN: u16 = 0x1033;
const END: u16 = 0x1034;
const AXIS: u16 = 0x101D;
const LEGEND: u16 = 0x1015;
/// Levels that are looked at: the records of Excel nest six deep.
const DEEPEST: usize = 32;
/// The whole series, where a point is named.
const ALL: u16 = 0xFFFF;

impl Chart {
    /// Takes one record of the sub-stream; what is damaged is left out.
    pub(in crate::xls) fn take(&mut self, record: &Record<'_>) {
        let mut fields = record.fields();
        match record.id {
            BEGIN if self.walk.open.len() < DEEPEST => self.walk.open.push(self.walk.last),
            BEGIN => self.walk.deeper += 1,
            END => self.end(),
            id => self.record(id, &mut fields).unwrap_or(()),
        }
        self.walk.last = record.id;
    }

    fn inside(&self, kind: u16) -> bool {
        self.walk.open.contains(&kind)
    }

    fn end(&mut self) {
        if self.walk.deeper > 0 {
            self.walk.deeper -= 1;
            return;
        }
        if self.walk.open.pop() == Some(TEXT) {
            let text = std::mem::take(&mut self.walk.text);
            if std::mem::take(&mut self.walk.usual) {
                self.font = text.font.or(self.font);
            }
            self.place_text(text);
        }
    }

    fn record(&mut self, id: u16, fields: &mut Fields<'_>) -> Option<()> {
        match id {
            0x1002 => {
                fields.skip(8)?;
                self.size = [f64::from(fields.i32()?) / 65_536.0, f64::from(fields.i32()?) / 65_536.0];
            }
            SERIES => self.series.push(Series::default()),
            0x1051 => self.reference(fields)?,
            0x100D => {
                fields.u16()?;
                let text = fields.short_text()?;
                if self.inside(SERIES) && self.walk.brai == 0 {
                    self.series.last_mut()?.name = text;
                } else if self.inside(TEXT) {
                    self.walk.text.words = text;
                }
            }
            0x1045 if self.inside(SERIES) => self.series.last_mut()?.group = fields.u16()?,
            0x104A if self.inside(SERIES) => self.series.last_mut()?.parent = fields.u16()?.checked_sub(1),
            0x104B if self.inside(SERIES) => self.series.last_mut()?.trend = Some(trend(fields)?),
            0x105B if self.inside(SERIES) => self.series.last_mut()?.error = Some(error_bar(fields)?),
            DATA_FORMAT => self.walk.point = fields.u16()?,
            0x1007 => self.line_format(fields)?,
            0x100A => self.area_format(fields)?,
            0x1009 => self.marker(fields)?,
            0x100B | 0x100C | 0x105D | 0x105F => self.series_format(id, fields)?,
            // What it does not say in plain colours is no damage.
            0x1066 => self.gradient(fields).unwrap_or(()),
            0x1024 => self.walk.usual = true,
            TEXT => {
                fields.skip(24)?;
                let flags = fields.u16()?;
                fields.u16()?;
                self.walk.text = Text { flags, place: fields.u16().unwrap_or(0) & 15, ..Text::default() };
            }
            0x1026 => self.font(fields.u16()?),
            0x1027 if self.inside(TEXT) => {
                self.walk.text.link = Some((fields.u16()?, fields.u16()?, fields.u16()?));
            }
            0x086B if self.inside(TEXT) => {
                fields.skip(12)?;
                let flags = fields.u16()?;
                let shown = shown(
                    flags,
                    &[
                        (1, Labels::SERIES),
                        (2, Labels::CATEGORY),
                        (4, Labels::VALUE),
                        (8, Labels::PERCENT),
                        (16, Labels::SIZE),
                    ],
                );
                self.walk.text.shown = Some(shown);
            }
            0x1044 => {
                self.walk.moved = fields.u16()? & 8 != 0;
                self.blanks = fields.u8().unwrap_or(0);
            }
            0x104F if self.walk.open.last() == Some(&AXIS_PARENT) && !self.walk.second => {
                let kind = (fields.u16()?, fields.u16()?);
                let place = [fields.i32()?, fields.i32()?, fields.i32()?, fields.i32()?];
                if kind == (2, 2) && self.walk.moved {
                    self.plot_place = Some(place);
                }
            }
            AXIS_PARENT => self.walk.second = fields.u16()? != 0,
            AXIS => {
                self.walk.axis = usize::from(fields.u16()?);
                self.walk.axis_line = u16::MAX;
                self.axis()?.present = true;
            }
            0x101E | 0x101F | 0x1020 | 0x1021 | 0x1062 => self.axis_format(id, fields)?,
            0x104E => {
                let format = fields.u16()?;
                if self.inside(AXIS) {
                    self.axis()?.format = Some(format);
                } else if self.inside(TEXT) {
                    self.walk.text.format = Some(format);
                }
            }
            LEGEND => {
                let place = [fields.i32()?, fields.i32()?];
                fields.skip(8)?;
                self.legend = Some(Legend { side: fields.u8()?, place, ..Legend::default() });
            }
            0x1063 => self.table = Some(fields.u16()?),
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
                    smooth: false,
                    explosion: 0,
                    labels: None,
                    depth: None,
                    drop_lines: None,
                    high_low_lines: None,
                    series_lines: None,
                    bars: Vec::new(),
                });
            }
            0x1017..=0x101B | 0x103E | 0x1040 | 0x103F => self.kind(id, fields)?,
            0x103A => self.groups.last_mut()?.depth = Some(depth(fields)?),
            CHART_LINE => {
                self.walk.chart_line = fields.u16()?;
                *self.chart_line()? = Some(Stroke::default());
            }
            DROP_BAR => {
                let bar = (fields.u16()?, Stroke::default(), Paint::Automatic);
                self.groups.last_mut()?.bars.push(bar);
            }
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
            3 => series.sizes_code = Some(code),
            _ => {}
        }
        Some(())
    }

    /// Gives a text that came in to what it belongs to.
    fn place_text(&mut self, mut text: Text) {
        let Some((target, series, point)) = text.link else { return };
        let font = text.font.or(self.font);
        match target {
            1 => {
                self.automatic_title = text.words.is_empty() && !text.deleted();
                self.title = text.title(font);
            }
            2 | 3 | 7 => {
                let axis = [1, 0, 0, 0, 0, 2][usize::from(target - 2)];
                self.axes[usize::from(self.walk.second)][axis].title = text.title(font);
            }
            4 => {
                let Some(series) = self.series.get_mut(usize::from(series)) else { return };
                let own = series.point_labels.get(&point).or(series.labels.as_ref());
                // Where it only says how labels look, the format of the series said what they show.
                let shown = Some(text.shown()).filter(|shown| *shown != 0).or(own.map(|l| l.shown));
                let words = std::mem::take(&mut text.words);
                let labels = Labels {
                    shown: shown.unwrap_or(0),
                    place: text.place,
                    font: text.font,
                    format: text.format,
                    text: if text.flags & 0x10 == 0 { words } else { String::new() },
                    deleted: text.deleted(),
                };
                if point == ALL {
                    series.labels = Some(labels);
                } else {
                    series.point_labels.insert(point, labels);
                }
            }
            _ => {}
        }
    }

    /// The axis whose records come in.
    fn axis(&mut self) -> Option<&mut Axis> {
        self.axes[usize::from(self.walk.second)].get_mut(self.walk.axis)
    }

    fn axis_format(&mut self, id: u16, fields: &mut Fields<'_>) -> Option<()> {
        if !self.inside(AXIS) {
            return Some(());
        }
        match id {
            0x1021 => {
                self.walk.axis_line = fields.u16()?;
                let line = self.walk.axis_line;
                let axis = self.axis()?;
                match line {
                    1 => axis.grid = Some(Stroke::default()),
                    2 => axis.minor_grid = Some(Stroke::default()),
                    _ => {}
                }
            }
            0x101E => {
                let (major, minor, labels) = (fields.u8()?, fields.u8()?, fields.u8()?);
                fields.skip(21)?;
                let flags = fields.u16()?;
                fields.u16()?;
                let turn = fields.u16()?;
                let turn = (flags & 0x20 == 0).then_some(turn);
                self.axis()?.marks = Some(Marks { major, minor, labels, turn });
            }
            0x1020 => {
                let (crossed, labels, marks) = (fields.u16()?, fields.u16()?, fields.u16()?);
                let flags = fields.u16()?;
                let axis = self.axis()?;
                (axis.between, axis.reversed) = (Some(flags & 1 != 0), flags & 4 != 0);
                axis.every = (labels, marks);
                axis.crossed = match (flags & 2, crossed) {
                    (0, 0 | 1) => Crossed::Automatic,
                    (0, at) => Crossed::At(f64::from(at)),
                    _ => Crossed::Maximum,
                };
            }
            0x101F => self.range(fields)?,
            _ => {
                fields.skip(12)?;
                let unit = fields.u16()?;
                fields.u16()?;
                let flags = fields.u16()?;
                self.axis()?.dates = (flags & 0x10 != 0).then_some(unit);
            }
        }
        Some(())
    }

    fn range(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let mut number = || fields.f64();
        let (minimum, maximum, major, minor, crossed) =
            (number()?, number()?, number()?, number()?, number()?);
        let flags = fields.u16()?;
        let axis = self.axis()?;
        let own = |bit: u16, value: f64| (flags & bit == 0 && value.is_finite()).then_some(value);
        axis.logarithmic = flags & 0x20 != 0;
        axis.reversed = flags & 0x40 != 0;
        axis.crossed = match (flags & 0x80, own(0x10, crossed)) {
            (0, Some(at)) if !axis.logarithmic => Crossed::At(at),
            (0, _) => Crossed::Automatic,
            _ => Crossed::Maximum,
        };
        if !axis.logarithmic {
            (axis.minimum, axis.maximum) = (own(1, minimum), own(2, maximum));
            (axis.major, axis.minor) = (own(4, major), own(8, minor));
        }
        Some(())
    }

    /// Explosion of slices, labels, smooth lines and shapes of bars: of a series, a point or a whole group.
    fn series_format(&mut self, id: u16, fields: &mut Fields<'_>) -> Option<()> {
        let value = fields.u16()?;
        let point = self.walk.point;
        if !self.inside(DATA_FORMAT) {
            return Some(());
        }
        let labels = (id == 0x100C).then(|| {
            let shown = attached(value);
            Labels { shown, deleted: shown == 0, ..Labels::default() }
        });
        if self.inside(SERIES) {
            let series = self.series.last_mut()?;
            match (id, labels) {
                (0x100B, _) if point == ALL => series.explosion = value,
                (0x100B, _) => series.points.entry(point).or_default().explosion = value,
                (0x105D, _) if point == ALL => series.smooth = value & 1 != 0,
                (0x105F, _) if point == ALL => series.bar_shape = (value as u8, (value >> 8) as u8),
                (_, Some(labels)) if point == ALL => series.labels = Some(labels),
                (_, Some(labels)) => {
                    series.point_labels.insert(point, labels);
                }
                _ => {}
            }
        } else if self.inside(CHART_FORMAT) {
            let group = self.groups.last_mut()?;
            match id {
                0x100B => group.explosion = value,
                0x105D => group.smooth = value & 1 != 0,
                0x100C => group.labels = labels,
                _ => {}
            }
        }
        Some(())
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
            if self.walk.point == ALL {
                series.line = stroke;
            }
        } else if self.inside(FRAME) {
            if let Some(frame) = self.frame() {
                *frame.0 = stroke;
            }
        } else if self.inside(DROP_BAR) {
            self.groups.last_mut()?.bars.last_mut()?.1 = stroke;
        } else if self.inside(CHART_FORMAT) && self.inside(DATA_FORMAT) {
            self.groups.last_mut()?.lines = paint != Paint::None;
        } else if self.walk.last == CHART_LINE {
            *self.chart_line()? = Some(stroke);
        } else if self.inside(AXIS) {
            let line = self.walk.axis_line;
            let axis = self.axis()?;
            match line {
                0 => axis.line = stroke,
                1 => axis.grid = Some(stroke),
                2 => axis.minor_grid = Some(stroke),
                _ => {}
            }
        }
        Some(())
    }

    /// The lines of a group whose format comes in.
    fn chart_line(&mut self) -> Option<&mut Option<Stroke>> {
        let group = self.groups.last_mut()?;
        match self.walk.chart_line {
            0 => Some(&mut group.drop_lines),
            1 => Some(&mut group.high_low_lines),
            2 => Some(&mut group.series_lines),
            _ => None,
        }
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

    /// Line and fill of the frame whose records come in: of a text, of the legend, of the plot or of the whole chart.
    fn frame(&mut self) -> Option<(&mut Stroke, &mut Paint)> {
        let open = &self.walk.open;
        if open.contains(&TEXT) {
            let frame = self.walk.text.frame.get_or_insert((Stroke::NONE, Paint::None));
            return Some((&mut frame.0, &mut frame.1));
        }
        Some(match &mut self.legend {
            Some(legend) if open.contains(&LEGEND) => (&mut legend.line, &mut legend.fill),
            // The frame of the plot stands among the axes, the one of the chart before them.
            _ if open.contains(&AXIS_PARENT) => (&mut self.plot_border, &mut self.plot),
            _ => (&mut self.border, &mut self.area),
        })
    }

    fn fill(&mut self, paint: Paint) -> Option<()> {
        if self.inside(SERIES) {
            let series = self.series.last_mut()?;
            if self.walk.point == ALL {
                series.fill = paint;
            } else {
                series.points.entry(self.walk.point).or_default().fill = Some(paint);
            }
        } else if self.inside(FRAME) {
            if let Some(frame) = self.frame() {
                *frame.1 = paint;
            }
        } else if self.inside(DROP_BAR) {
            self.groups.last_mut()?.bars.last_mut()?.2 = paint;
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
            if self.walk.point == ALL {
                let kind = (flags & 1 == 0).then_some(kind);
                let marker = Marker { kind, line: paint(0x20, line), fill: paint(0x10, fill), size };
                self.series.last_mut()?.marker = Some(marker);
            }
        } else if self.inside(CHART_FORMAT) {
            self.groups.last_mut()?.markers = kind != 0;
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
            self.walk.text.font = Some(font);
        }
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
                let (scale, meaning, flags) = (fields.u16()?, fields.u16()?, fields.u16()?);
                group.style = if flags & 1 != 0 {
                    Style::Bubble { scale, width: meaning == 2, negative: flags & 2 != 0 }
                } else {
                    Style::Scatter
                };
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
            (3, Cached::Number(value)) => {
                series.sizes.insert(index, value);
            }
            _ => {}
        }
    }
}

/// What labels show, by the bits that say so.
fn shown(flags: u16, meanings: &[(u16, u8)]) -> u8 {
    meanings.iter().filter(|(bit, _)| flags & bit != 0).fold(0, |shown, (_, what)| shown | what)
}

/// What ATTACHEDLABEL shows.
fn attached(flags: u16) -> u8 {
    shown(
        flags,
        &[
            (1, Labels::VALUE),
            (2, Labels::PERCENT),
            (4, Labels::CATEGORY | Labels::PERCENT),
            (0x10, Labels::CATEGORY),
            (0x20, Labels::SIZE),
            (0x40, Labels::SERIES),
        ],
    )
}

fn trend(fields: &mut Fields<'_>) -> Option<Trend> {
    let (kind, order, intercept) = (fields.u8()?, fields.u8()?, fields.f64()?);
    let (equation, r_squared) = (fields.u8()? != 0, fields.u8()? != 0);
    Some(Trend {
        kind,
        order,
        intercept,
        equation,
        r_squared,
        forward: fields.f64()?,
        backward: fields.f64()?,
    })
}

fn error_bar(fields: &mut Fields<'_>) -> Option<ErrorBar> {
    let (side, source, cap) = (fields.u8()?, fields.u8()?, fields.u8()? != 0);
    fields.u8()?;
    Some(ErrorBar { side, source, cap, value: fields.f64()? })
}

fn depth(fields: &mut Fields<'_>) -> Option<Depth> {
    let (turn, elevation, distance) = (fields.u16()?, fields.i16()?, fields.u16()?);
    let (height, depth, gap, flags) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    Some(Depth {
        turn,
        elevation,
        distance,
        height: (flags & 4 == 0).then_some(height),
        depth,
        gap,
        perspective: flags & 1 != 0,
        side_by_side: flags & 2 != 0,
    })
}

/// Red stands in the lowest byte.
fn rgb(colour: u32) -> u32 {
    let [r, g, b, _] = colour.to_le_bytes();
    u32::from_be_bytes([0, r, g, b])
}
