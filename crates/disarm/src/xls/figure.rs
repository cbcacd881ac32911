//! Writes the drawing of a sheet: pictures, shapes, groups, texts.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    drawing::{CHART, Object, ShapeText},
    escher::Shape,
    geometry::{self, Grid, Rectangle},
    style::Styles,
    xml,
};
use crate::{Action, Severity, Threat, ctx::Ctx};

/// The drawing of one sheet in the making.
pub(super) struct Canvas<'a, 'c> {
    pub(super) sheet: &'a str,
    pub(super) styles: &'a Styles,
    pub(super) objects: &'a [Object],
    pub(super) grid: &'a Grid,
    /// Which pictures of the workbook could be read.
    pub(super) pictures: &'a [bool],
    /// Pictures in the order of their relationship ids.
    pub(super) used: Vec<usize>,
    /// Written charts by the number of their object.
    pub(super) plots: &'a BTreeMap<usize, String>,
    /// Charts in the order of their relationship ids.
    pub(super) used_charts: Vec<String>,
    pub(super) ctx: &'a mut Ctx<'c>,
    id: u32,
}

const KINDS_OF_NOTES: u16 = 0x19;
const CHECK_BOX: u16 = 0x0B;
const OPTION: u16 = 0x0C;
const DROP_DOWN: u16 = 0x14;

impl<'a, 'c> Canvas<'a, 'c> {
    pub(super) fn new(
        sheet: &'a str,
        styles: &'a Styles,
        objects: &'a [Object],
        grid: &'a Grid,
        pictures: &'a [bool],
        plots: &'a BTreeMap<usize, String>,
        ctx: &'a mut Ctx<'c>,
    ) -> Self {
        let (used, used_charts) = (Vec::new(), Vec::new());
        Self { sheet, styles, objects, grid, pictures, used, plots, used_charts, ctx, id: 1 }
    }

    /// The drawing of a chart on a sheet of its own.
    pub(super) fn write_chart_sheet(&mut self, [x, y, w, h]: Rectangle) -> String {
        let Some(content) = self.chart(Some(0), "グラフ") else { return String::new() };
        wrapped(&format!(
            "<xdr:absoluteAnchor><xdr:pos x=\"{x}\" y=\"{y}\"/><xdr:ext cx=\"{w}\" cy=\"{h}\"/>{content}<xdr:clientData/></xdr:absoluteAnchor>"
        ))
    }

    fn chart(&mut self, object: Option<usize>, name: &str) -> Option<String> {
        let Some(plot) = object.and_then(|at| self.plots.get(&at)) else {
            self.ctx.report(Threat::L00, Severity::Simplified, Action::Dropped, "グラフ", self.sheet);
            return None;
        };
        self.used_charts.push(plot.clone());
        self.id += 1;
        let (id, relation) = (self.id, self.used_charts.len());
        Some(format!(
            "<xdr:graphicFrame macro=\"\"><xdr:nvGraphicFramePr><xdr:cNvPr id=\"{id}\" name=\"{name} {relation}\"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"0\" cy=\"0\"/></xdr:xfrm><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" r:id=\"rIdC{relation}\"/></a:graphicData></a:graphic></xdr:graphicFrame>"
        ))
    }

    /// `xdr:wsDr`; empty when nothing is drawn.
    pub(super) fn write(&mut self, shapes: &[Shape]) -> String {
        let mut body = String::new();
        for shape in shapes {
            let Some(anchor) = shape.anchor else { continue };
            let rectangle = self.grid.rectangle(&anchor);
            let Some(content) = self.shape(shape, rectangle) else { continue };
            let moves = match anchor.flags & 3 {
                0 => "",
                3 => " editAs=\"absolute\"",
                _ => " editAs=\"oneCell\"",
            };
            let _ = write!(body, "<xdr:twoCellAnchor{moves}>");
            for (tag, end) in [("from", anchor.from), ("to", anchor.to)] {
                let (column, x, row, y) = self.grid.end(end);
                let _ = write!(
                    body,
                    "<xdr:{tag}><xdr:col>{column}</xdr:col><xdr:colOff>{x}</xdr:colOff><xdr:row>{row}</xdr:row><xdr:rowOff>{y}</xdr:rowOff></xdr:{tag}>"
                );
            }
            let _ = write!(body, "{content}<xdr:clientData/></xdr:twoCellAnchor>");
        }
        if body.is_empty() { body } else { wrapped(&body) }
    }

    fn simplified(&mut self, what: &str) {
        self.ctx.report(Threat::L00, Severity::Simplified, Action::Flattened, what, self.sheet);
    }

    fn shape(&mut self, shape: &Shape, at: Rectangle) -> Option<String> {
        let objects = self.objects;
        let object = shape.object.and_then(|i| objects.get(i));
        let kind = object.map_or(0, |o| o.kind);
        // Notes are written on their own; hidden arrows of filters and lists belong to the cells.
        if kind == KINDS_OF_NOTES || kind == DROP_DOWN && shape.geometry == 201 || shape.flags & 8 != 0 {
            return None;
        }
        if kind == CHART {
            return self.chart(shape.object, "グラフ");
        }
        if shape.is_group {
            return self.group(shape, at);
        }
        self.id += 1;
        let head = self.head(shape, object);
        let picture = shape.property(0x104).filter(|_| shape.geometry == 75 || kind == 8);
        if let Some(number) = picture.and_then(|n| usize::try_from(n).ok()?.checked_sub(1)) {
            return self.picture(shape, at, number, &head);
        }
        let Some(outline) = geometry::outline(shape) else {
            let what = if (136..=175).contains(&shape.geometry) || shape.geometry == 24 {
                "ワードアート"
            } else {
                "扱えない形の図形"
            };
            return self.word_art(shape, at, &head, what);
        };
        if geometry::is_adjusted(shape) {
            self.simplified("形を調整した図形（標準の形に置き換え）");
        }
        let mut out = String::from("<xdr:sp macro=\"\" textlink=\"\"><xdr:nvSpPr>");
        let is_box = if shape.geometry == 202 { " txBox=\"1\"" } else { "" };
        let _ =
            write!(out, "{head}<xdr:cNvSpPr{is_box}/></xdr:nvSpPr><xdr:spPr>{}{outline}", frame(shape, at));
        out.push_str(&self.paint(shape, kind));
        out.push_str("</xdr:spPr>");
        out.push_str(&self.body(shape, object));
        out.push_str("</xdr:sp>");
        Some(out)
    }

    /// `xdr:cNvPr`: number, name, description, visibility.
    fn head(&self, shape: &Shape, object: Option<&Object>) -> String {
        let name = match shape.text(0x380) {
            name if name.is_empty() => format!("図形 {}", object.map_or(self.id, |o| u32::from(o.id))),
            name => name,
        };
        let description = shape.text(0x381);
        let mut out = format!("<xdr:cNvPr id=\"{}\" name=\"{}\"", self.id, xml::escaped(&name));
        if !description.is_empty() {
            let _ = write!(out, " descr=\"{}\"", xml::escaped(&description));
        }
        if shape.switch(0x3BF, 1, false) {
            out.push_str(" hidden=\"1\"");
        }
        out.push_str("/>");
        out
    }

    fn group(&mut self, group: &Shape, at: Rectangle) -> Option<String> {
        self.id += 1;
        let head = self.head(group, None);
        let space = group.space?;
        let mut body = String::new();
        for member in &group.members {
            let inside = geometry::place(at, space, member.inside?);
            if let Some(text) = self.shape(member, inside) {
                body.push_str(&text);
            }
        }
        if body.is_empty() {
            return None;
        }
        let [x, y, w, h] = at;
        Some(format!(
            "<xdr:grpSp><xdr:nvGrpSpPr>{head}<xdr:cNvGrpSpPr/></xdr:nvGrpSpPr><xdr:grpSpPr><a:xfrm><a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"{w}\" cy=\"{h}\"/><a:chOff x=\"{x}\" y=\"{y}\"/><a:chExt cx=\"{w}\" cy=\"{h}\"/></a:xfrm></xdr:grpSpPr>{body}</xdr:grpSp>"
        ))
    }

    fn picture(&mut self, shape: &Shape, at: Rectangle, number: usize, head: &str) -> Option<String> {
        if !self.pictures.get(number).copied().unwrap_or(false) {
            self.ctx.report(Threat::O28, Severity::Simplified, Action::Dropped, "読めない画像", self.sheet);
            return None;
        }
        let relation = match self.used.iter().position(|n| *n == number) {
            Some(at) => at + 1,
            None => {
                self.used.push(number);
                self.used.len()
            }
        };
        let mut crop = String::new();
        for (id, side) in [(0x102, "l"), (0x100, "t"), (0x103, "r"), (0x101, "b")] {
            let part = shape.property(id).map_or(0, |v| i64::from(v as i32) * 100_000 / 65_536);
            if part != 0 {
                let _ = write!(crop, " {side}=\"{part}\"");
            }
        }
        let line = if shape.switch(0x1FF, 3, false) { self.line(shape) } else { String::new() };
        Some(format!(
            "<xdr:pic><xdr:nvPicPr>{head}<xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed=\"rId{relation}\"/><a:srcRect{crop}/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr>{}<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>{line}</xdr:spPr></xdr:pic>",
            frame(shape, at)
        ))
    }

    /// A shape whose outline is not drawn: its words stay in a plain box.
    fn word_art(&mut self, shape: &Shape, at: Rectangle, head: &str, what: &str) -> Option<String> {
        self.simplified(what);
        let text = shape.text(0x0C0);
        if text.is_empty() {
            return None;
        }
        let rgb = self.colour(shape.property(0x181)).unwrap_or(0);
        let size = shape.property(0x0C3).map_or(24, |v| v >> 16).clamp(1, 400) * 100;
        Some(format!(
            "<xdr:sp macro=\"\" textlink=\"\"><xdr:nvSpPr>{head}<xdr:cNvSpPr txBox=\"1\"/></xdr:nvSpPr><xdr:spPr>{}<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom><a:noFill/></xdr:spPr><xdr:txBody><a:bodyPr wrap=\"square\"><a:normAutofit/></a:bodyPr><a:p><a:r><a:rPr lang=\"ja-JP\" sz=\"{size}\"><a:solidFill><a:srgbClr val=\"{rgb:06X}\"/></a:solidFill></a:rPr><a:t>{}</a:t></a:r></a:p></xdr:txBody></xdr:sp>",
            frame(shape, at),
            xml::escaped(&text)
        ))
    }

    /// RGB of a colour property.
    fn colour(&self, value: Option<u32>) -> Option<u32> {
        let value = value?;
        let [r, g, b, kind] = value.to_le_bytes();
        if kind & 0x08 != 0 {
            return self.styles.rgb(u16::from(r));
        }
        if kind & 0x10 != 0 {
            // Colours of the screen: text and window are what people mean by them.
            return Some(match r {
                5 | 9 | 14 | 20 => 0xFF_FFFF,
                15 | 24 => 0xF0_F0F0,
                16 | 17 => 0x80_8080,
                _ => 0,
            });
        }
        Some(u32::from_be_bytes([0, r, g, b]))
    }

    /// Fill and line.
    fn paint(&mut self, shape: &Shape, kind: u16) -> String {
        let mut out = String::new();
        let form = (0x07..=0x18).contains(&kind) && kind != 8 && kind != 9;
        let open = matches!(shape.geometry, 19 | 20 | 32..=40);
        if shape.switch(0x1BF, 4, !open && !form) && !open {
            if shape.property(0x180).unwrap_or(0) != 0 {
                self.simplified("図形の塗りつぶし模様（一色に置き換え）");
            }
            let rgb = self.colour(shape.property(0x181)).unwrap_or(0xFF_FFFF);
            let alpha = match shape.property(0x182) {
                Some(part) if part < 0x1_0000 => {
                    format!("<a:alpha val=\"{}\"/>", u64::from(part) * 100_000 / 65_536)
                }
                _ => String::new(),
            };
            let _ =
                write!(out, "<a:solidFill><a:srgbClr val=\"{rgb:06X}\">{alpha}</a:srgbClr></a:solidFill>");
        } else {
            out.push_str("<a:noFill/>");
        }
        if shape.switch(0x1FF, 3, !form) {
            out.push_str(&self.line(shape));
        } else {
            out.push_str("<a:ln><a:noFill/></a:ln>");
        }
        out
    }

    fn line(&self, shape: &Shape) -> String {
        const DASHES: [&str; 11] = [
            "",
            "sysDash",
            "sysDot",
            "sysDashDot",
            "sysDashDotDot",
            "dot",
            "dash",
            "lgDash",
            "dashDot",
            "lgDashDot",
            "lgDashDotDot",
        ];
        const ENDS: [&str; 6] = ["", "triangle", "stealth", "diamond", "oval", "arrow"];
        let width = shape.property(0x1CB).unwrap_or(9_525).min(20_116_800);
        let rgb = self.colour(shape.property(0x1C0)).unwrap_or(0);
        let mut out = format!("<a:ln w=\"{width}\"");
        let compound = ["", "dbl", "thickThin", "thinThick", "tri"];
        let style = shape.property(0x1CD).and_then(|v| compound.get(v as usize)).filter(|c| !c.is_empty());
        if let Some(style) = style {
            let _ = write!(out, " cmpd=\"{style}\"");
        }
        let _ = write!(out, "><a:solidFill><a:srgbClr val=\"{rgb:06X}\"/></a:solidFill>");
        let dash = shape.property(0x1CE).and_then(|v| DASHES.get(v as usize)).filter(|d| !d.is_empty());
        if let Some(dash) = dash {
            let _ = write!(out, "<a:prstDash val=\"{dash}\"/>");
        }
        for (id, tag) in [(0x1D0, "headEnd"), (0x1D1, "tailEnd")] {
            let end = shape.property(id).and_then(|v| ENDS.get(v as usize)).filter(|e| !e.is_empty());
            if let Some(end) = end {
                let _ = write!(out, "<a:{tag} type=\"{end}\"/>");
            }
        }
        out.push_str("</a:ln>");
        out
    }

    /// `xdr:txBody`, with the state of a check box or option button as a character in front.
    fn body(&mut self, shape: &Shape, object: Option<&Object>) -> String {
        let Some(object) = object else { return String::new() };
        let on = object.checked.is_some_and(|c| c != 0);
        let mark = match object.kind {
            CHECK_BOX => {
                if on {
                    "☑ "
                } else {
                    "☐ "
                }
            }
            OPTION => {
                if on {
                    "◉ "
                } else {
                    "○ "
                }
            }
            _ => "",
        };
        if (0x07..=0x18).contains(&object.kind) && object.kind != 8 && object.kind != 9 {
            self.ctx.report(
                Threat::O14,
                Severity::Simplified,
                Action::Flattened,
                "フォーム部品（今の状態を文字にしました）",
                self.sheet,
            );
        }
        let empty = ShapeText::default();
        let text = match &object.text {
            Some(text) => text,
            None if !mark.is_empty() => &empty,
            None => return String::new(),
        };
        if text.text.units.is_empty() && mark.is_empty() {
            return String::new();
        }
        format!("<xdr:txBody>{}{}</xdr:txBody>", frame_of_text(shape, text), self.paragraphs(text, mark))
    }

    fn paragraphs(&self, text: &ShapeText, mark: &str) -> String {
        let align = match text.horizontal {
            2 => " algn=\"ctr\"",
            3 => " algn=\"r\"",
            4 => " algn=\"just\"",
            7 => " algn=\"dist\"",
            _ => "",
        };
        let open = format!("<a:p><a:pPr{align}/>");
        let mut out = open.clone();
        if !mark.is_empty() {
            let _ = write!(out, "<a:r><a:rPr lang=\"ja-JP\"/><a:t>{mark}</a:t></a:r>");
        }
        let units = &text.text.units;
        let runs = &text.text.runs;
        let mut cuts: Vec<usize> =
            runs.iter().map(|r| usize::from(r.0)).filter(|at| *at < units.len()).collect();
        cuts.extend(
            units.iter().enumerate().filter(|(_, unit)| **unit == 10).flat_map(|(at, _)| [at, at + 1]),
        );
        cuts.push(0);
        cuts.push(units.len());
        cuts.sort_unstable();
        cuts.dedup();
        for pair in cuts.windows(2) {
            if units[pair[0]] == 10 {
                out.push_str("</a:p>");
                out.push_str(&open);
                continue;
            }
            let font = runs.iter().rev().find(|r| usize::from(r.0) <= pair[0]).map(|r| r.1);
            let words = String::from_utf16_lossy(&units[pair[0]..pair[1]]);
            let _ =
                write!(out, "<a:r>{}<a:t>{}</a:t></a:r>", self.run(font.unwrap_or(0)), xml::escaped(&words));
        }
        out.push_str("</a:p>");
        out
    }

    fn run(&self, font: u16) -> String {
        let Some(font) = self.styles.shape_font(font) else { return "<a:rPr lang=\"ja-JP\"/>".to_owned() };
        let mut out = format!("<a:rPr lang=\"ja-JP\" sz=\"{}\"", font.size.clamp(100, 400_000));
        for (on, text) in [
            (font.bold, " b=\"1\""),
            (font.italic, " i=\"1\""),
            (font.underline, " u=\"sng\""),
            (font.strike, " strike=\"sngStrike\""),
            (font.script == 1, " baseline=\"30000\""),
            (font.script == 2, " baseline=\"-25000\""),
        ] {
            if on {
                out.push_str(text);
            }
        }
        out.push('>');
        if let Some(rgb) = font.rgb {
            let _ = write!(out, "<a:solidFill><a:srgbClr val=\"{rgb:06X}\"/></a:solidFill>");
        }
        let name = xml::escaped(font.name);
        let _ = write!(out, "<a:latin typeface=\"{name}\"/><a:ea typeface=\"{name}\"/></a:rPr>");
        out
    }
}

/// The root of a drawing.
fn wrapped(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">{body}</xdr:wsDr>"
    )
}

/// `a:xfrm`.
fn frame(shape: &Shape, [x, y, w, h]: Rectangle) -> String {
    let mut out = String::from("<a:xfrm");
    let turn = shape.property(4).map_or(0, |v| i64::from(v as i32) * 60_000 / 65_536);
    if turn != 0 {
        let _ = write!(out, " rot=\"{turn}\"");
    }
    if shape.flags & 0x40 != 0 {
        out.push_str(" flipH=\"1\"");
    }
    if shape.flags & 0x80 != 0 {
        out.push_str(" flipV=\"1\"");
    }
    let _ = write!(out, "><a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"{w}\" cy=\"{h}\"/></a:xfrm>");
    out
}

/// `a:bodyPr`.
fn frame_of_text(shape: &Shape, text: &ShapeText) -> String {
    let mut out = String::from("<a:bodyPr");
    let direction = match (shape.property(0x88), text.rotation) {
        (Some(1 | 5), _) => "eaVert",
        (Some(2), _) | (None | Some(0), 2) => "vert270",
        (Some(3), _) | (None | Some(0), 3) => "vert",
        (_, 1) => "wordArtVert",
        _ => "",
    };
    if !direction.is_empty() {
        let _ = write!(out, " vert=\"{direction}\"");
    }
    // Excel cuts off what does not fit, as boxes in hidden rows show.
    out.push_str(" vertOverflow=\"clip\"");
    out.push_str(if shape.property(0x85) == Some(2) { " wrap=\"none\"" } else { " wrap=\"square\"" });
    let automatic = shape.switch(0xBF, 3, false);
    for (id, name, narrow) in
        [(0x81, "lIns", 27_432), (0x82, "tIns", 18_288), (0x83, "rIns", 27_432), (0x84, "bIns", 18_288)]
    {
        match shape.property(id) {
            Some(inset) => {
                let _ = write!(out, " {name}=\"{}\"", inset.min(51_206_400));
            }
            None if automatic => {
                let _ = write!(out, " {name}=\"{narrow}\"");
            }
            None => {}
        }
    }
    out.push_str(match text.vertical {
        2 => " anchor=\"ctr\"",
        3 => " anchor=\"b\"",
        4 => " anchor=\"just\"",
        7 => " anchor=\"dist\"",
        _ => " anchor=\"t\"",
    });
    out.push_str("/>");
    out
}
