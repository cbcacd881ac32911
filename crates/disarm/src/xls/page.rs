//! How a sheet is shown and printed: window, panes, zoom, margins, paper, headers, page breaks, protection.
//!
//! Source: MS-XLS 2.4.346 (Window2), 2.4.189 (Pane), 2.4.250 (SCL), 2.4.257 (Setup), 2.4.351 (WsBool), 2.4.142
//! (HorizontalPageBreaks), 2.4.136 (Header), 2.4.207 (Protect), 2.4.112 (FeatHdr), 2.4.264 (SheetExt).

use std::fmt::Write as _;

use super::{
    formula::cell_name,
    record::{Fields, Record},
    style::Styles,
    xml,
};

/// Paper of a sheet that leaves it to the printer; OOXML would read silence as US letter.
const A4: u16 = 9;

/// Flags of SETUP.
const PORTRAIT: u16 = 0x02;
const NO_PRINTER: u16 = 0x04;
const NO_ORIENTATION: u16 = 0x40;

/// Left, right, top and bottom margin of a sheet that does not name them: 1.9 and 2.5 centimetres, as where paper is
/// measured in them. The quarters of an inch used elsewhere are half a millimetre more, which moves every line.
const MARGINS: [f64; 4] = [1.9 / 2.54, 1.9 / 2.54, 2.5 / 2.54, 2.5 / 2.54];

/// Settings of one sheet.
#[derive(Debug, Default)]
pub(super) struct Page {
    window: Option<Window>,
    zoom: Option<(u16, u16)>,
    pane: Option<Pane>,
    selection: Option<(u8, u16, u16)>,
    tab_colour: Option<u16>,
    ws_bool: u16,
    margins: [Option<f64>; 4],
    setup: Option<Setup>,
    header: String,
    footer: String,
    print: Print,
    row_breaks: Vec<[u16; 3]>,
    column_breaks: Vec<[u16; 3]>,
    protection: Protection,
}

#[derive(Debug, Default)]
struct Window {
    flags: u16,
    top: u16,
    left: u16,
    grid_colour: u16,
    break_zoom: u16,
    normal_zoom: u16,
}

#[derive(Debug)]
struct Pane {
    x: u16,
    y: u16,
    top: u16,
    left: u16,
    active: u8,
}

#[derive(Debug)]
struct Setup {
    paper: u16,
    scale: u16,
    first_page: u16,
    fit: (u16, u16),
    flags: u16,
    resolution: u16,
    header_margin: f64,
    footer_margin: f64,
    copies: u16,
}

#[derive(Debug, Default)]
struct Print {
    headings: bool,
    grid: bool,
    horizontal: bool,
    vertical: bool,
}

#[derive(Debug, Default)]
struct Protection {
    sheet: bool,
    objects: bool,
    scenarios: bool,
    password: u16,
    /// What stays allowed, one bit each; absent before Excel 2002.
    allowed: Option<u32>,
}

impl Page {
    /// Takes one record of the sheet. `None`: it is damaged.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Option<bool> {
        let mut fields = record.fields();
        match record.id {
            0x023E => self.window = Some(window(&mut fields)?),
            0x00A0 => self.zoom = Some((fields.u16()?, fields.u16()?)),
            0x0041 => self.pane = Some(pane(&mut fields)?),
            0x001D => {
                let (pane, row, column) = (fields.u8()?, fields.u16()?, fields.u16()?);
                if self.selection.is_none_or(|s| s.0 != self.pane.as_ref().map_or(3, |p| p.active)) {
                    self.selection = Some((pane, row, column));
                }
            }
            0x0862 => {
                fields.skip(16)?;
                self.tab_colour = Some((fields.u32()? & 0x7F) as u16);
            }
            0x0081 => self.ws_bool = fields.u16()?,
            0x0026..=0x0029 => self.margins[usize::from(record.id - 0x0026)] = Some(fields.f64()?),
            0x00A1 => self.setup = Some(setup(&mut fields)?),
            0x0014 => self.header = optional_text(&mut fields)?,
            0x0015 => self.footer = optional_text(&mut fields)?,
            0x002A => self.print.headings = fields.u16()? != 0,
            0x002B => self.print.grid = fields.u16()? != 0,
            0x0083 => self.print.horizontal = fields.u16()? != 0,
            0x0084 => self.print.vertical = fields.u16()? != 0,
            0x001B => self.row_breaks = breaks(&mut fields)?,
            0x001A => self.column_breaks = breaks(&mut fields)?,
            0x0012 => self.protection.sheet = fields.u16()? != 0,
            0x0063 => self.protection.objects = fields.u16()? != 0,
            0x00DD => self.protection.scenarios = fields.u16()? != 0,
            0x0013 => self.protection.password = fields.u16()?,
            0x0867 => {
                fields.skip(12)?;
                if fields.u16()? == 2 {
                    fields.skip(5)?;
                    self.protection.allowed = fields.u32();
                }
            }
            _ => return Some(false),
        }
        Some(true)
    }

    /// Left, right, top or bottom margin in inches.
    fn margin(&self, at: usize) -> f64 {
        self.margins[at].and_then(inches).unwrap_or(MARGINS[at])
    }

    /// Left, top, width and height, in EMU, of the chart that a sheet of its own shows. Excel fills the page whatever
    /// stands here; LibreOffice leaves thirty by fifteen millimetres between the margins when it reads .xls.
    pub(super) fn chart_area(&self) -> [i64; 4] {
        let setup = self.setup.as_ref().filter(|setup| setup.flags & NO_PRINTER == 0);
        let (short, long) = match setup.map(|setup| setup.paper) {
            Some(1) => (215.9, 279.4),
            Some(5) => (215.9, 355.6),
            Some(8) => (297.0, 420.0),
            Some(11) => (148.0, 210.0),
            Some(12) => (257.0, 364.0),
            Some(13) => (182.0, 257.0),
            _ => (210.0, 297.0),
        };
        let upright = setup.is_some_and(|setup| setup.flags & (PORTRAIT | NO_ORIENTATION) == PORTRAIT);
        let (width, height) = if upright { (short, long) } else { (long, short) };
        let emu = |millimetres: f64| (millimetres.max(1.0) * 36_000.0).round() as i64;
        let inside = |whole: f64, side: usize| whole - (self.margin(side) + self.margin(side + 1)) * 25.4;
        [emu(10.0), emu(5.0), emu(inside(width, 0) - 30.0), emu(inside(height, 2) - 15.0)]
    }

    /// Whether a record says how something is shown or printed; chart sheets have these among their own.
    pub(super) fn is_print(&self, id: u16) -> bool {
        matches!(
            id,
            0x0014 | 0x0015 | 0x0026
                ..=0x0029 | 0x0083 | 0x0084 | 0x00A1 | 0x0862 | 0x023E | 0x00A0 | 0x0012 | 0x0013
        )
    }

    /// Whether this is a dialog of Excel 5, which runs macros.
    pub(super) fn is_dialog(&self) -> bool {
        self.ws_bool & 0x10 != 0
    }

    /// `sheetPr`.
    pub(super) fn write_properties(&self, out: &mut String, styles: &Styles) {
        let mut body = String::new();
        if let Some(colour) = self.tab_colour.filter(|c| styles.rgb(*c).is_some()) {
            body.push_str(&styles.colour_element("tabColor", colour));
        }
        let below = if self.ws_bool & 0x40 == 0 { " summaryBelow=\"0\"" } else { "" };
        let right = if self.ws_bool & 0x80 == 0 { " summaryRight=\"0\"" } else { "" };
        if self.ws_bool != 0 && !(below.is_empty() && right.is_empty()) {
            let _ = write!(body, "<outlinePr{below}{right}/>");
        }
        if self.ws_bool & 0x100 != 0 {
            body.push_str("<pageSetUpPr fitToPage=\"1\"/>");
        }
        if !body.is_empty() {
            let _ = write!(out, "<sheetPr>{body}</sheetPr>");
        }
    }

    /// `sheetViews`.
    pub(super) fn write_view(&self, out: &mut String, active: bool, styles: &Styles) {
        out.push_str("<sheetViews><sheetView");
        let plain = Window { flags: 0x36, grid_colour: 64, ..Window::default() };
        let window = self.window.as_ref().unwrap_or(&plain);
        let flags = window.flags;
        let mut flag = |on: bool, text: &str| {
            if on {
                out.push_str(text);
            }
        };
        flag(flags & 1 != 0, " showFormulas=\"1\"");
        flag(flags & 2 == 0, " showGridLines=\"0\"");
        flag(flags & 4 == 0, " showRowColHeaders=\"0\"");
        flag(flags & 0x10 == 0, " showZeros=\"0\"");
        flag(flags & 0x40 != 0, " rightToLeft=\"1\"");
        flag(active, " tabSelected=\"1\"");
        flag(flags & 0x80 == 0, " showOutlineSymbols=\"0\"");
        if flags & 0x20 == 0 && styles.rgb(window.grid_colour).is_some() {
            let _ = write!(out, " defaultGridColor=\"0\" colorId=\"{}\"", window.grid_colour);
        }
        let breaks = flags & 0x800 != 0;
        if breaks {
            out.push_str(" view=\"pageBreakPreview\"");
        }
        if (window.top, window.left) != (0, 0) && window.left <= 255 {
            let _ = write!(out, " topLeftCell=\"{}\"", cell_name(window.top, window.left));
        }
        self.write_zoom(out, window, breaks);
        out.push_str(" workbookViewId=\"0\">");
        self.write_pane(out, flags);
        if let Some((pane, row, column)) = self.selection.filter(|s| s.2 <= 255) {
            let cell = cell_name(row, column);
            let pane =
                if self.pane.is_some() { format!(" pane=\"{}\"", pane_name(pane)) } else { String::new() };
            let _ = write!(out, "<selection{pane} activeCell=\"{cell}\" sqref=\"{cell}\"/>");
        }
        out.push_str("</sheetView></sheetViews>");
    }

    fn write_zoom(&self, out: &mut String, window: &Window, breaks: bool) {
        let fits = |zoom: u32| (10..=400).contains(&zoom);
        let current = self
            .zoom
            .and_then(|(part, whole)| (u32::from(part) * 100).checked_div(u32::from(whole)))
            .filter(|z| fits(*z));
        if let Some(zoom) = current.filter(|z| *z != 100) {
            let _ = write!(out, " zoomScale=\"{zoom}\"");
        }
        if fits(u32::from(window.normal_zoom)) {
            let _ = write!(out, " zoomScaleNormal=\"{}\"", window.normal_zoom);
        } else if let (Some(zoom), false) = (current, breaks) {
            let _ = write!(out, " zoomScaleNormal=\"{zoom}\"");
        }
        if fits(u32::from(window.break_zoom)) {
            let _ = write!(out, " zoomScaleSheetLayoutView=\"{}\"", window.break_zoom);
        }
    }

    fn write_pane(&self, out: &mut String, flags: u16) {
        let Some(pane) = self.pane.as_ref().filter(|p| (p.x, p.y) != (0, 0) && p.left <= 255) else { return };
        out.push_str("<pane");
        if pane.x != 0 {
            let _ = write!(out, " xSplit=\"{}\"", pane.x);
        }
        if pane.y != 0 {
            let _ = write!(out, " ySplit=\"{}\"", pane.y);
        }
        let _ = write!(out, " topLeftCell=\"{}\"", cell_name(pane.top, pane.left));
        let state = match (flags & 8 != 0, flags & 0x100 != 0) {
            (true, true) => "frozen",
            (true, false) => "frozenSplit",
            _ => "split",
        };
        let _ = write!(out, " activePane=\"{}\" state=\"{state}\"/>", pane_name(pane.active));
    }

    /// `sheetProtection`.
    pub(super) fn write_protection(&self, out: &mut String) {
        let protection = &self.protection;
        if !protection.sheet {
            return;
        }
        out.push_str("<sheetProtection");
        if protection.password != 0 {
            let _ = write!(out, " password=\"{:04X}\"", protection.password);
        }
        out.push_str(" sheet=\"1\"");
        if protection.objects {
            out.push_str(" objects=\"1\"");
        }
        if protection.scenarios {
            out.push_str(" scenarios=\"1\"");
        }
        const ALLOWED: [(u32, &str); 11] = [
            (2, "formatCells"),
            (3, "formatColumns"),
            (4, "formatRows"),
            (5, "insertColumns"),
            (6, "insertRows"),
            (7, "insertHyperlinks"),
            (8, "deleteColumns"),
            (9, "deleteRows"),
            (11, "sort"),
            (12, "autoFilter"),
            (13, "pivotTables"),
        ];
        let allowed = protection.allowed.unwrap_or(0x4400);
        for (bit, name) in ALLOWED {
            if allowed & (1 << bit) != 0 {
                let _ = write!(out, " {name}=\"0\"");
            }
        }
        for (bit, name) in [(10, "selectLockedCells"), (14, "selectUnlockedCells")] {
            if allowed & (1 << bit) == 0 {
                let _ = write!(out, " {name}=\"1\"");
            }
        }
        out.push_str("/>");
    }

    /// `printOptions`, `pageMargins`, `pageSetup`, `headerFooter`, `rowBreaks`, `colBreaks`.
    pub(super) fn write_print(&self, out: &mut String) {
        let print = &self.print;
        let options: String = [
            (print.horizontal, " horizontalCentered=\"1\""),
            (print.vertical, " verticalCentered=\"1\""),
            (print.headings, " headings=\"1\""),
            (print.grid, " gridLines=\"1\""),
        ]
        .iter()
        .filter(|o| o.0)
        .map(|o| o.1)
        .collect();
        if !options.is_empty() {
            let _ = write!(out, "<printOptions{options}/>");
        }
        let margin = |at: usize| xml::number(self.margin(at));
        let edge =
            |margin: fn(&Setup) -> f64| self.setup.as_ref().map(margin).and_then(inches).unwrap_or(0.5);
        let _ = write!(
            out,
            "<pageMargins left=\"{}\" right=\"{}\" top=\"{}\" bottom=\"{}\" header=\"{}\" footer=\"{}\"/>",
            margin(0),
            margin(1),
            margin(2),
            margin(3),
            edge(|s| s.header_margin),
            edge(|s| s.footer_margin)
        );
        match &self.setup {
            Some(setup) => write_setup(out, setup),
            None => {
                let _ = write!(out, "<pageSetup paperSize=\"{A4}\"/>");
            }
        }
        write_header(out, &self.header, &self.footer);
        write_breaks(out, "rowBreaks", &self.row_breaks, 16383);
        write_breaks(out, "colBreaks", &self.column_breaks, 1_048_575);
    }
}

/// A margin that Excel would take. What some programs leave in its place reads as a number next to nothing.
fn inches(margin: f64) -> Option<f64> {
    (0.0..49.0).contains(&margin).then_some(if margin < 1e-3 { 0.0 } else { margin })
}

fn window(fields: &mut Fields<'_>) -> Option<Window> {
    let (flags, top, left, grid_colour) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    fields.u16();
    let (break_zoom, normal_zoom) = (fields.u16().unwrap_or(0), fields.u16().unwrap_or(0));
    Some(Window { flags, top, left, grid_colour, break_zoom, normal_zoom })
}

fn pane(fields: &mut Fields<'_>) -> Option<Pane> {
    let (x, y, top, left) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    Some(Pane { x, y, top, left, active: fields.u8()? })
}

fn pane_name(pane: u8) -> &'static str {
    match pane {
        0 => "bottomRight",
        1 => "topRight",
        2 => "bottomLeft",
        _ => "topLeft",
    }
}

fn setup(fields: &mut Fields<'_>) -> Option<Setup> {
    let (paper, scale, first_page) = (fields.u16()?, fields.u16()?, fields.u16()?);
    let (fit, flags, resolution) = ((fields.u16()?, fields.u16()?), fields.u16()?, fields.u16()?);
    fields.u16()?;
    let (header_margin, footer_margin, copies) = (fields.f64()?, fields.f64()?, fields.u16()?);
    Some(Setup { paper, scale, first_page, fit, flags, resolution, header_margin, footer_margin, copies })
}

fn write_setup(out: &mut String, setup: &Setup) {
    out.push_str("<pageSetup");
    let flags = setup.flags;
    // Paper, scale, resolution, copies and orientation say nothing when no printer was there to be asked.
    let known = flags & NO_PRINTER == 0;
    let paper = if known && (1..256).contains(&setup.paper) { setup.paper } else { A4 };
    let _ = write!(out, " paperSize=\"{paper}\"");
    if known && (10..=400).contains(&setup.scale) && setup.scale != 100 {
        let _ = write!(out, " scale=\"{}\"", setup.scale);
    }
    if flags & 0x80 != 0 {
        let _ = write!(out, " firstPageNumber=\"{}\"", setup.first_page);
    }
    for (name, pages) in [("fitToWidth", setup.fit.0), ("fitToHeight", setup.fit.1)] {
        if pages != 1 && pages < 0x8000 {
            let _ = write!(out, " {name}=\"{pages}\"");
        }
    }
    if flags & 1 != 0 {
        out.push_str(" pageOrder=\"overThenDown\"");
    }
    if known && flags & NO_ORIENTATION == 0 {
        out.push_str(if flags & PORTRAIT != 0 {
            " orientation=\"portrait\""
        } else {
            " orientation=\"landscape\""
        });
    }
    for (bit, text) in [(8, " blackAndWhite=\"1\""), (0x10, " draft=\"1\"")] {
        if flags & bit != 0 {
            out.push_str(text);
        }
    }
    if flags & 0x20 != 0 {
        out.push_str(if flags & 0x200 != 0 {
            " cellComments=\"atEnd\""
        } else {
            " cellComments=\"asDisplayed\""
        });
    }
    if flags & 0x80 != 0 {
        out.push_str(" useFirstPageNumber=\"1\"");
    }
    match (flags >> 10) & 3 {
        1 => out.push_str(" errors=\"blank\""),
        2 => out.push_str(" errors=\"dash\""),
        3 => out.push_str(" errors=\"NA\""),
        _ => {}
    }
    if known && setup.resolution > 0 && setup.resolution < 0x8000 {
        let _ = write!(out, " horizontalDpi=\"{}\"", setup.resolution);
    }
    if known && setup.copies > 1 && setup.copies < 0x8000 {
        let _ = write!(out, " copies=\"{}\"", setup.copies);
    }
    out.push_str("/>");
}

fn write_header(out: &mut String, header: &str, footer: &str) {
    if header.is_empty() && footer.is_empty() {
        return;
    }
    out.push_str("<headerFooter>");
    for (tag, text) in [("oddHeader", header), ("oddFooter", footer)] {
        if !text.is_empty() {
            let mut escaped = String::new();
            xml::push_string(&mut escaped, text);
            let _ = write!(out, "<{tag} xml:space=\"preserve\">{escaped}</{tag}>");
        }
    }
    out.push_str("</headerFooter>");
}

fn optional_text(fields: &mut Fields<'_>) -> Option<String> {
    if fields.left() == 0 { Some(String::new()) } else { fields.text() }
}

fn breaks(fields: &mut Fields<'_>) -> Option<Vec<[u16; 3]>> {
    (0..fields.u16()?).map(|_| Some([fields.u16()?, fields.u16()?, fields.u16()?])).collect()
}

fn write_breaks(out: &mut String, tag: &str, breaks: &[[u16; 3]], last: u32) {
    let mut breaks: Vec<_> = breaks.iter().filter(|b| b[0] > 0).collect();
    breaks.sort_unstable();
    breaks.dedup_by_key(|b| b[0]);
    breaks.truncate(1_026);
    if breaks.is_empty() {
        return;
    }
    let count = breaks.len();
    let _ = write!(out, "<{tag} count=\"{count}\" manualBreakCount=\"{count}\">");
    for [at, ..] in breaks {
        let _ = write!(out, "<brk id=\"{at}\" max=\"{last}\" man=\"1\"/>");
    }
    let _ = write!(out, "</{tag}>");
}
