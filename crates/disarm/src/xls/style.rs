//! Fonts, number formats, fills, borders and cell styles.
//!
//! Source: MS-XLS 2.4.122 (Font), 2.4.126 (Format), 2.4.353 (XF), 2.4.355 (XFExt), 2.4.188 (Palette), 2.4.269 (Style).

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use super::{
    record::{Fields, Record},
    xml,
};

/// Style of a cell that says nothing: the sixteenth entry of every workbook.
pub(super) const DEFAULT_XF: u16 = 15;

#[derive(Debug, Clone, Default)]
pub(super) struct Font {
    height: u16,
    flags: u16,
    colour: u16,
    weight: u16,
    script: u16,
    underline: u8,
    family: u8,
    charset: u8,
    name: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Xf {
    font: u16,
    format: u16,
    flags: u16,
    align: u8,
    rotation: u8,
    indent: u8,
    border1: u32,
    border2: u32,
    fill: u16,
    /// Exact colours that later versions keep beside the palette ones, by property.
    exact: BTreeMap<u16, u32>,
}

#[derive(Debug, Clone)]
struct Named {
    xf: u16,
    built_in: Option<u8>,
    name: String,
}

/// Everything about looks that sheets share.
#[derive(Debug)]
pub(super) struct Styles {
    pub(super) fonts: Vec<Font>,
    formats: BTreeMap<u16, String>,
    xfs: Vec<Xf>,
    names: Vec<Named>,
    palette: Vec<u32>,
    /// Written differential formats.
    dxfs: Vec<String>,
}

/// Index into the written list of fonts: number 4 does not exist in BIFF.
pub(super) fn font_index(font: u16) -> u16 {
    if font > 4 { font - 1 } else { font }
}

impl Default for Styles {
    fn default() -> Self {
        Self {
            fonts: Vec::new(),
            formats: BTreeMap::new(),
            xfs: Vec::new(),
            names: Vec::new(),
            palette: PALETTE.to_vec(),
            dxfs: Vec::new(),
        }
    }
}

impl Styles {
    /// Takes one record of the globals. `None`: it is damaged.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Option<bool> {
        let mut fields = record.fields();
        match record.id {
            0x0031 => self.fonts.push(Font::read(&mut fields)?),
            0x041E => {
                let id = fields.u16()?;
                let code = fields.text()?;
                self.formats.insert(id, code);
            }
            0x00E0 => self.xfs.push(Xf::read(&mut fields)?),
            0x087D => self.exact_colours(&mut fields)?,
            0x0293 => {
                let head = fields.u16()?;
                let (built_in, name) = if head & 0x8000 != 0 {
                    (Some(fields.u8()?), String::new())
                } else {
                    (None, fields.text()?)
                };
                self.names.push(Named { xf: head & 0x0FFF, built_in, name });
            }
            0x0092 => {
                let count = usize::from(fields.u16()?).min(56);
                for slot in self.palette.iter_mut().skip(8).take(count) {
                    let [r, g, b, _] = fields.u32()?.to_le_bytes();
                    *slot = u32::from_be_bytes([0, r, g, b]);
                }
            }
            _ => return Some(false),
        }
        Some(true)
    }

    fn exact_colours(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        fields.skip(14)?;
        let xf = usize::from(fields.u16()?);
        fields.u16()?;
        for _ in 0..fields.u16()? {
            let (kind, len) = (fields.u16()?, usize::from(fields.u16()?));
            let data = fields.bytes(len.checked_sub(4)?)?;
            let mut value = Fields::over(&data);
            // Only plain colours without tint: what a theme says is in the palette as its nearest colour.
            if len == 20 && value.u16()? == 2 && value.i16()? == 0 {
                let [r, g, b, _] = value.u32()?.to_le_bytes();
                if let Some(xf) = self.xfs.get_mut(xf) {
                    xf.exact.insert(kind, u32::from_be_bytes([0, r, g, b]));
                }
            }
        }
        Some(())
    }

    pub(super) fn len(&self) -> usize {
        self.xfs.len()
    }

    /// RGB of a palette entry; `None` for the automatic colours.
    pub(super) fn rgb(&self, index: u16) -> Option<u32> {
        self.palette.get(usize::from(index)).copied()
    }

    /// `<tag rgb=…/>`, or nothing for an automatic colour.
    fn colour(&self, out: &mut String, tag: &str, index: u16, exact: Option<u32>) {
        match exact.or_else(|| self.rgb(index)) {
            Some(rgb) => {
                let _ = write!(out, "<{tag} rgb=\"FF{rgb:06X}\"/>");
            }
            // Text and window of the screen, either of them before or behind.
            None if matches!((tag, index), ("bgColor" | "fgColor", 64 | 65)) => {
                let _ = write!(out, "<{tag} indexed=\"{index}\"/>");
            }
            None if tag == "bgColor" => out.push_str("<bgColor indexed=\"65\"/>"),
            None if tag == "fgColor" => out.push_str("<fgColor indexed=\"64\"/>"),
            None if index == 0x7FFF => {}
            None => {
                let _ = write!(out, "<{tag} auto=\"1\"/>");
            }
        }
    }

    /// Children of a `font` (or of a run's `rPr`, where the name has another tag).
    fn font(&self, font: &Font, name_tag: &str, exact: Option<u32>) -> String {
        let mut out = String::new();
        let mut flag = |on: bool, tag: &str| {
            if on {
                let _ = write!(out, "<{tag}/>");
            }
        };
        flag(font.weight >= 600, "b");
        flag(font.flags & 2 != 0, "i");
        flag(font.flags & 8 != 0, "strike");
        flag(font.flags & 0x10 != 0, "outline");
        flag(font.flags & 0x20 != 0, "shadow");
        match font.underline {
            1 => out.push_str("<u/>"),
            2 => out.push_str("<u val=\"double\"/>"),
            0x21 => out.push_str("<u val=\"singleAccounting\"/>"),
            0x22 => out.push_str("<u val=\"doubleAccounting\"/>"),
            _ => {}
        }
        match font.script {
            1 => out.push_str("<vertAlign val=\"superscript\"/>"),
            2 => out.push_str("<vertAlign val=\"subscript\"/>"),
            _ => {}
        }
        let _ = write!(out, "<sz val=\"{}\"/>", f64::from(font.height) / 20.0);
        self.colour(&mut out, "color", font.colour, exact);
        let _ = write!(out, "<{name_tag} val=\"{}\"/>", xml::escaped(&font.name));
        if font.family <= 5 && font.family > 0 {
            let _ = write!(out, "<family val=\"{}\"/>", font.family);
        }
        if font.charset != 0 {
            let _ = write!(out, "<charset val=\"{}\"/>", font.charset);
        }
        out
    }

    /// `rPr` of a run inside a string.
    pub(super) fn run_font(&self, font: u16) -> String {
        self.fonts
            .get(usize::from(font_index(font)))
            .map_or_else(String::new, |f| self.font(f, "rFont", None))
    }

    /// The font of a shape's text: size in hundredths of a point, and the parts DrawingML words differently.
    pub(super) fn shape_font(&self, font: u16) -> Option<ShapeFont<'_>> {
        let font = self.fonts.get(usize::from(font_index(font)))?;
        Some(ShapeFont {
            size: u32::from(font.height) * 5,
            bold: font.weight >= 600,
            italic: font.flags & 2 != 0,
            underline: font.underline != 0,
            strike: font.flags & 8 != 0,
            script: font.script,
            rgb: self.rgb(font.colour),
            name: &font.name,
        })
    }

    /// The standard font as the measure of columns.
    pub(super) fn ruler(&self) -> Ruler {
        let (height, name) = self.fonts.first().map_or((220, ""), |f| (f.height, f.name.as_str()));
        // Half an em and a little more; Calibri is the narrow one among the usual fonts.
        let share = if name == "Calibri" { 0.507 } else { 0.53 };
        let digit = (f64::from(height) / 20.0 * 96.0 / 72.0 * share).round().max(4.0);
        Ruler { digit, height: f64::from(height) }
    }

    /// The number format of a cell format.
    pub(super) fn format(&self, xf: u16) -> Option<u16> {
        self.xfs.get(usize::from(xf)).map(|xf| xf.format)
    }

    /// The code of a number format, where the workbook or every workbook says it.
    pub(super) fn format_code(&self, format: u16) -> Option<&str> {
        const EVERY: [(u16, &str); 22] = [
            (0, "General"),
            (1, "0"),
            (2, "0.00"),
            (3, "#,##0"),
            (4, "#,##0.00"),
            (9, "0%"),
            (10, "0.00%"),
            (11, "0.00E+00"),
            (12, "# ?/?"),
            (13, "# ??/??"),
            (14, "m/d/yyyy"),
            (15, "d-mmm-yy"),
            (16, "d-mmm"),
            (17, "mmm-yy"),
            (18, "h:mm AM/PM"),
            (19, "h:mm:ss AM/PM"),
            (20, "h:mm"),
            (21, "h:mm:ss"),
            (22, "m/d/yyyy h:mm"),
            (45, "mm:ss"),
            (46, "[h]:mm:ss"),
            (49, "@"),
        ];
        let every = || EVERY.iter().find(|(id, _)| *id == format).map(|(_, code)| *code);
        self.formats.get(&format).map(String::as_str).or_else(every)
    }

    /// Adds a differential format and gives its index.
    pub(super) fn add_dxf(&mut self, dxf: String) -> usize {
        match self.dxfs.iter().position(|d| *d == dxf) {
            Some(at) => at,
            None => {
                self.dxfs.push(dxf);
                self.dxfs.len() - 1
            }
        }
    }

    /// Colour element for differential formats and tabs.
    pub(super) fn colour_element(&self, tag: &str, index: u16) -> String {
        let mut out = String::new();
        self.colour(&mut out, tag, index, None);
        out
    }
}

/// The standard font, whose digits measure the columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ruler {
    /// Width of a digit in pixels at 96 dpi.
    pub(super) digit: f64,
    /// Height of the font in twentieths of a point.
    height: f64,
}

impl Ruler {
    /// Width, in characters, of a column that only knows how many digits fit. Excel adds the margins and rounds up to
    /// eight pixels; LibreOffice adds something that falls with the size of the font. Its number is taken: the digits
    /// still fit in Excel, whose column becomes up to seven pixels narrower, with the usual eight digits of the usual
    /// fonts one at most; and the pages of a workbook without widths of its own break where they did.
    pub(super) fn usual_width(self, digits: f64) -> f64 {
        (256.0 * digits + 40_960.0 / (self.height - 15.0).max(60.0) + 50.0).round() / 256.0
    }

    /// Width, in characters, of a column of which neither it nor its sheet says anything, as some libraries write them.
    /// Excel makes it 64 pixels wide, in which their dates and amounts become `###`; LibreOffice 64 points, in which
    /// they are read.
    pub(super) fn unsaid_width(self) -> f64 {
        64.0 / (self.height.max(20.0) / 20.0 * 0.555)
    }
}

/// What a run of text in a shape needs.
#[derive(Debug)]
pub(super) struct ShapeFont<'a> {
    pub(super) size: u32,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) underline: bool,
    pub(super) strike: bool,
    /// 1 raised, 2 lowered.
    pub(super) script: u16,
    pub(super) rgb: Option<u32>,
    pub(super) name: &'a str,
}

impl Font {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (height, flags, colour) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (weight, script, underline) = (fields.u16()?, fields.u16()?, fields.u8()?);
        let (family, charset) = (fields.u8()?, fields.u8()?);
        fields.u8()?;
        let name = fields.short_text()?;
        Some(Self { height, flags, colour, weight, script, underline, family, charset, name })
    }
}

impl Xf {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (font, format, flags) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (align, rotation, indent) = (fields.u8()?, fields.u8()?, fields.u8()?);
        fields.u8()?;
        let (border1, border2, fill) = (fields.u32()?, fields.u32()?, fields.u16()?);
        Some(Self {
            font,
            format,
            flags,
            align,
            rotation,
            indent,
            border1,
            border2,
            fill,
            exact: BTreeMap::new(),
        })
    }

    fn is_style(&self) -> bool {
        self.flags & 4 != 0
    }

    fn alignment(&self) -> String {
        let mut out = String::new();
        let horizontal =
            ["", "left", "center", "right", "fill", "justify", "centerContinuous", "distributed"];
        let vertical = ["top", "center", "", "justify", "distributed", "", "", ""];
        let mut attribute = |name: &str, value: &str| {
            if !value.is_empty() {
                let _ = write!(out, " {name}=\"{value}\"");
            }
        };
        attribute("horizontal", horizontal[usize::from(self.align & 7)]);
        attribute("vertical", vertical[usize::from((self.align >> 4) & 7)]);
        if self.rotation != 0 {
            attribute("textRotation", &self.rotation.to_string());
        }
        let on = |flag: bool| if flag { "1" } else { "" };
        attribute("wrapText", on(self.align & 8 != 0));
        if self.indent & 15 != 0 {
            attribute("indent", &(self.indent & 15).to_string());
        }
        attribute("justifyLastLine", on(self.align & 0x80 != 0));
        attribute("shrinkToFit", on(self.indent & 0x10 != 0));
        attribute("readingOrder", ["", "1", "2", ""][usize::from(self.indent >> 6)]);
        if out.is_empty() { out } else { format!("<alignment{out}/>") }
    }

    fn protection(&self) -> &'static str {
        match self.flags & 3 {
            0 => "<protection locked=\"0\"/>",
            2 => "<protection locked=\"0\" hidden=\"1\"/>",
            3 => "<protection hidden=\"1\"/>",
            _ => "",
        }
    }
}

/// Line styles by number.
pub(super) const LINES: [&str; 14] = [
    "",
    "thin",
    "medium",
    "dashed",
    "dotted",
    "thick",
    "double",
    "hair",
    "mediumDashed",
    "dashDot",
    "mediumDashDot",
    "dashDotDot",
    "mediumDashDotDot",
    "slantDashDot",
];

/// Fill patterns by number.
pub(super) const PATTERNS: [&str; 19] = [
    "none",
    "solid",
    "mediumGray",
    "darkGray",
    "lightGray",
    "darkHorizontal",
    "darkVertical",
    "darkDown",
    "darkUp",
    "darkGrid",
    "darkTrellis",
    "lightHorizontal",
    "lightVertical",
    "lightDown",
    "lightUp",
    "lightGrid",
    "lightTrellis",
    "gray125",
    "gray0625",
];

/// The written style sheet and where each XF went.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) xml: String,
    /// `cellXfs` index by XF.
    pub(super) cells: BTreeMap<u16, usize>,
}

/// Fonts, fills and borders as they are collected, equal ones once.
#[derive(Debug, Default)]
struct Pool {
    list: Vec<String>,
    index: HashMap<String, usize>,
}

impl Pool {
    /// Starts with entries whose numbers are given; equal ones among them stay apart.
    fn new(list: Vec<String>) -> Self {
        let mut index = HashMap::new();
        for (at, entry) in list.iter().enumerate() {
            index.entry(entry.clone()).or_insert(at);
        }
        Self { list, index }
    }

    fn add(&mut self, entry: String) -> usize {
        if let Some(at) = self.index.get(&entry) {
            return *at;
        }
        self.list.push(entry.clone());
        self.index.insert(entry, self.list.len() - 1);
        self.list.len() - 1
    }
}

impl Styles {
    /// Writes `styles.xml` with the XFs that cells use, the default one first.
    pub(super) fn write(&self, used: &[u16]) -> Written {
        let mut list: Vec<String> =
            self.fonts.iter().map(|f| format!("<font>{}</font>", self.font(f, "name", None))).collect();
        if list.is_empty() {
            list.push("<font><sz val=\"10\"/><name val=\"Arial\"/></font>".to_owned());
        }
        let mut fonts = Pool::new(list);
        let mut fills = Pool::new(vec![
            "<fill><patternFill patternType=\"none\"/></fill>".to_owned(),
            "<fill><patternFill patternType=\"gray125\"/></fill>".to_owned(),
        ]);
        let mut borders =
            Pool::new(vec!["<border><left/><right/><top/><bottom/><diagonal/></border>".to_owned()]);
        let mut style_rows: BTreeMap<u16, usize> = BTreeMap::new();
        let mut style_xfs = String::new();
        for (i, xf) in (0_u16..).zip(&self.xfs) {
            if xf.is_style() && (i == 0 || self.names.iter().any(|n| n.xf == i)) {
                style_rows.insert(i, style_rows.len());
                style_xfs.push_str(&self.xf(xf, None, &mut fonts, &mut fills, &mut borders));
            }
        }
        if style_rows.is_empty() {
            style_xfs.push_str("<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/>");
        }
        let default = Xf { align: 0x20, flags: 1, fill: 0x20C0, ..Xf::default() };
        let (mut cells, mut cell_xfs, mut formats) = (BTreeMap::new(), String::new(), BTreeMap::new());
        for i in std::iter::once(DEFAULT_XF).chain(used.iter().copied().filter(|i| *i != DEFAULT_XF)) {
            let xf = self.xfs.get(usize::from(i)).unwrap_or(&default);
            let parent = style_rows.get(&(xf.flags >> 4)).copied().unwrap_or(0);
            cells.insert(i, cells.len());
            cell_xfs.push_str(&self.xf(xf, Some(parent), &mut fonts, &mut fills, &mut borders));
        }
        for xf in &self.xfs {
            if let Some(code) = self.formats.get(&xf.format) {
                formats.insert(xf.format, code);
            }
        }
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">",
        );
        section(
            &mut out,
            "numFmts",
            formats.len(),
            &formats.iter().fold(String::new(), |mut all, (id, code)| {
                let _ = write!(all, "<numFmt numFmtId=\"{id}\" formatCode=\"{}\"/>", xml::escaped(code));
                all
            }),
        );
        section(&mut out, "fonts", fonts.list.len(), &fonts.list.concat());
        section(&mut out, "fills", fills.list.len(), &fills.list.concat());
        section(&mut out, "borders", borders.list.len(), &borders.list.concat());
        section(&mut out, "cellStyleXfs", style_rows.len().max(1), &style_xfs);
        section(&mut out, "cellXfs", cells.len(), &cell_xfs);
        let (count, names) = self.style_names(&style_rows);
        section(&mut out, "cellStyles", count, &names);
        section(&mut out, "dxfs", self.dxfs.len(), &self.dxfs.concat());
        out.push_str("</styleSheet>");
        Written { xml: out, cells }
    }

    fn style_names(&self, rows: &BTreeMap<u16, usize>) -> (usize, String) {
        let (mut count, mut out) = (0, String::new());
        let mut seen = Vec::new();
        for named in &self.names {
            let Some(row) = rows.get(&named.xf) else { continue };
            let (name, id) = match named.built_in {
                Some(0) => ("Normal", " builtinId=\"0\"".to_owned()),
                Some(id @ 3..=9) => (
                    [
                        "Comma",
                        "Currency",
                        "Percent",
                        "Comma [0]",
                        "Currency [0]",
                        "Hyperlink",
                        "Followed Hyperlink",
                    ][usize::from(id - 3)],
                    format!(" builtinId=\"{id}\""),
                ),
                Some(_) => continue,
                None => (named.name.as_str(), String::new()),
            };
            if name.is_empty() || seen.contains(&name) {
                continue;
            }
            seen.push(name);
            count += 1;
            let _ = write!(out, "<cellStyle name=\"{}\" xfId=\"{row}\"{id}/>", xml::escaped(name));
        }
        if !seen.contains(&"Normal") {
            count += 1;
            out.insert_str(0, "<cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/>");
        }
        (count, out)
    }

    fn xf(
        &self,
        xf: &Xf,
        parent: Option<usize>,
        fonts: &mut Pool,
        fills: &mut Pool,
        borders: &mut Pool,
    ) -> String {
        let mut font = usize::from(font_index(xf.font));
        if let (Some(exact), Some(base)) = (xf.exact.get(&13), self.fonts.get(font)) {
            font = fonts.add(format!("<font>{}</font>", self.font(base, "name", Some(*exact))));
        }
        if font >= fonts.list.len() {
            font = 0;
        }
        let (fill, border) = (fills.add(self.fill(xf)), borders.add(self.border(xf)));
        let format = xf.format;
        let mut out =
            format!("<xf numFmtId=\"{format}\" fontId=\"{font}\" fillId=\"{fill}\" borderId=\"{border}\"");
        let (alignment, protection) = (xf.alignment(), xf.protection());
        if let Some(parent) = parent {
            let _ = write!(out, " xfId=\"{parent}\"");
            if xf.flags & 8 != 0 {
                out.push_str(" quotePrefix=\"1\"");
            }
            out.push_str(" applyNumberFormat=\"1\" applyFont=\"1\" applyFill=\"1\" applyBorder=\"1\"");
            out.push_str(" applyAlignment=\"1\" applyProtection=\"1\"");
        }
        if alignment.is_empty() && protection.is_empty() {
            out.push_str("/>");
        } else {
            let _ = write!(out, ">{alignment}{protection}</xf>");
        }
        out
    }

    fn fill(&self, xf: &Xf) -> String {
        let pattern = PATTERNS.get((xf.border2 >> 26) as usize).copied().unwrap_or("none");
        let mut out = format!("<fill><patternFill patternType=\"{pattern}\"");
        if pattern == "none" {
            out.push_str("/></fill>");
            return out;
        }
        out.push('>');
        self.colour(&mut out, "fgColor", xf.fill & 0x7F, xf.exact.get(&4).copied());
        self.colour(&mut out, "bgColor", (xf.fill >> 7) & 0x7F, xf.exact.get(&5).copied());
        out.push_str("</patternFill></fill>");
        out
    }

    fn border(&self, xf: &Xf) -> String {
        let mut out = String::from("<border");
        let diagonal = xf.border1 >> 30;
        if diagonal & 1 != 0 {
            out.push_str(" diagonalDown=\"1\"");
        }
        if diagonal & 2 != 0 {
            out.push_str(" diagonalUp=\"1\"");
        }
        out.push('>');
        let colour = |word: u32, shift: u32| ((word >> shift) & 0x7F) as u16;
        let sides = [
            ("left", xf.border1 & 15, colour(xf.border1, 16), 9),
            ("right", (xf.border1 >> 4) & 15, colour(xf.border1, 23), 10),
            ("top", (xf.border1 >> 8) & 15, colour(xf.border2, 0), 7),
            ("bottom", (xf.border1 >> 12) & 15, colour(xf.border2, 7), 8),
            ("diagonal", if diagonal == 0 { 0 } else { (xf.border2 >> 21) & 15 }, colour(xf.border2, 14), 11),
        ];
        for (tag, line, colour, property) in sides {
            self.side(&mut out, tag, line, colour, xf.exact.get(&property).copied());
        }
        out.push_str("</border>");
        out
    }

    /// One side of a border.
    pub(super) fn side(&self, out: &mut String, tag: &str, line: u32, colour: u16, exact: Option<u32>) {
        match LINES.get(line as usize).filter(|l| !l.is_empty()) {
            Some(line) => {
                let _ = write!(out, "<{tag} style=\"{line}\">");
                self.colour(out, "color", colour, exact);
                let _ = write!(out, "</{tag}>");
            }
            None => {
                let _ = write!(out, "<{tag}/>");
            }
        }
    }
}

fn section(out: &mut String, tag: &str, count: usize, body: &str) {
    if count > 0 {
        let _ = write!(out, "<{tag} count=\"{count}\">{body}</{tag}>");
    }
}

/// Colours before a workbook changes them: eight fixed ones, then the 56 of the palette.
const PALETTE: [u32; 64] = [
    0x000000, 0xFFFFFF, 0xFF0000, 0x00FF00, 0x0000FF, 0xFFFF00, 0xFF00FF, 0x00FFFF, 0x000000, 0xFFFFFF,
    0xFF0000, 0x00FF00, 0x0000FF, 0xFFFF00, 0xFF00FF, 0x00FFFF, 0x800000, 0x008000, 0x000080, 0x808000,
    0x800080, 0x008080, 0xC0C0C0, 0x808080, 0x9999FF, 0x993366, 0xFFFFCC, 0xCCFFFF, 0x660066, 0xFF8080,
    0x0066CC, 0xCCCCFF, 0x000080, 0xFF00FF, 0xFFFF00, 0x00FFFF, 0x800080, 0x800000, 0x008080, 0x0000FF,
    0x00CCFF, 0xCCFFFF, 0xCCFFCC, 0xFFFF99, 0x99CCFF, 0xFF99CC, 0xCC99FF, 0xFFCC99, 0x3366FF, 0x33CCCC,
    0x99CC00, 0xFFCC00, 0xFF9900, 0xFF6600, 0x666699, 0x969696, 0x003366, 0x339966, 0x003300, 0x333300,
    0x993300, 0x993366, 0x333399, 0x333333,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_knows_its_digits_shows_them() {
        // ECMA-376 part 1, 18.3.1.13: how a width becomes pixels.
        let pixels =
            |width: f64, digit: f64| ((256.0 * width + (128.0 / digit).floor()) / 256.0 * digit).floor();
        for (height, digit) in [(200.0, 7.0), (220.0, 7.0), (220.0, 8.0), (240.0, 9.0), (440.0, 14.0)] {
            for digits in [1.0, 8.0, 10.0, 40.0] {
                let width = pixels(Ruler { digit, height }.usual_width(digits), digit);
                let excel = ((digits * digit + 5.0) / 8.0_f64).ceil() * 8.0;
                assert!(
                    width >= digits * digit + 5.0 && width > excel - 8.0,
                    "{height} {digits}: {width} {excel}"
                );
            }
        }
        assert_eq!(pixels(Ruler { digit: 8.0, height: 220.0 }.usual_width(8.0), 8.0), 72.0);
    }
}
