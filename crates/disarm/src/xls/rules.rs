//! Conditional formats, input rules and links of a sheet.
//!
//! Source: MS-XLS 2.4.56 (CondFmt), 2.4.42 (CF), 2.5.92 (DXFN), 2.4.89 (Dv), 2.4.140 (HLink), 2.4.141 (HLinkTooltip).

use std::fmt::Write as _;

use super::{
    cells::{range, range_name},
    formula::{self, Code},
    links::Links,
    record::{Fields, Record},
    style::{PATTERNS, Styles},
    xml,
};
use crate::{Action, Refusal, Severity, Threat, ctx::Ctx};

#[derive(Debug)]
struct Condition {
    ranges: Vec<[u16; 4]>,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    kind: u8,
    operator: u8,
    dxf: String,
    formulas: [Code; 2],
}

#[derive(Debug)]
struct Validation {
    flags: u32,
    texts: [String; 4],
    formulas: [Code; 2],
    ranges: Vec<[u16; 4]>,
}

#[derive(Debug)]
struct Link {
    range: [u16; 4],
    target: String,
    place: String,
    tip: String,
}

/// What a sheet does with its cells.
#[derive(Debug, Default)]
pub(super) struct Rules {
    conditions: Vec<Condition>,
    validations: Vec<Validation>,
    links: Vec<Link>,
    filter: bool,
    filtered: bool,
}

impl Rules {
    /// Takes one record of the sheet. `None`: it is damaged.
    pub(super) fn take(&mut self, record: &Record<'_>, styles: &Styles) -> Option<bool> {
        let mut fields = record.fields();
        match record.id {
            0x01B0 => {
                fields.skip(12)?;
                self.conditions.push(Condition { ranges: ranges(&mut fields)?, rules: Vec::new() });
            }
            0x01B1 => {
                let rule = rule(&mut fields, styles)?;
                self.conditions.last_mut()?.rules.push(rule);
            }
            0x01BE => self.validations.push(validation(&mut fields)?),
            0x01B8 => self.links.push(link(&mut fields)?),
            0x0800 => {
                fields.skip(2)?;
                let range = range(&mut fields)?;
                let tip = wide(&fields.rest());
                if let Some(link) = self.links.iter_mut().rev().find(|l| l.range == range) {
                    link.tip = tip;
                }
            }
            0x009D => self.filter = true,
            0x009E => self.filtered = true,
            _ => return Some(false),
        }
        Some(true)
    }

    /// `autoFilter`.
    pub(super) fn write_filter(
        &self,
        out: &mut String,
        range: Option<String>,
        sheet: &str,
        ctx: &mut Ctx<'_>,
    ) {
        if let Some(range) = range.filter(|_| self.filter) {
            let _ = write!(out, "<autoFilter ref=\"{range}\"/>");
        }
        if self.filtered {
            let what = "オートフィルターの条件（絞り込んだ行は非表示のまま）";
            ctx.report(Threat::L00, Severity::Simplified, Action::Dropped, what, sheet);
        }
    }

    /// `conditionalFormatting` and `dataValidations`.
    pub(super) fn write(
        &self,
        out: &mut String,
        sheet: &str,
        styles: &mut Styles,
        links: &Links,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Refusal> {
        let mut priority = 0;
        for condition in &self.conditions {
            let mut body = String::new();
            for rule in &condition.rules {
                priority += 1;
                match rule.written(corner(&condition.ranges), priority, styles, links, ctx)? {
                    Ok(text) => body.push_str(&text),
                    Err(flat) => {
                        let location = format!("{sheet}!{}", sqref(&condition.ranges));
                        ctx.report(Threat::O24, flat.0, Action::Dropped, "条件付き書式", location);
                    }
                }
            }
            if !body.is_empty() && !condition.ranges.is_empty() {
                let sqref = sqref(&condition.ranges);
                let _ =
                    write!(out, "<conditionalFormatting sqref=\"{sqref}\">{body}</conditionalFormatting>");
            }
        }
        let (mut body, mut count) = (String::new(), 0);
        for validation in self.validations.iter().filter(|v| !v.ranges.is_empty()) {
            match validation.written(links, ctx)? {
                Ok(text) => {
                    count += 1;
                    body.push_str(&text);
                }
                Err(flat) => {
                    let location = format!("{sheet}!{}", sqref(&validation.ranges));
                    ctx.report(Threat::O24, flat.0, Action::Dropped, "入力規則", location);
                }
            }
        }
        if count > 0 {
            let _ = write!(out, "<dataValidations count=\"{count}\">{body}</dataValidations>");
        }
        Ok(())
    }

    /// `hyperlinks`; `relation` takes an address and gives the id of its relationship.
    pub(super) fn write_links(&self, out: &mut String, relation: &mut impl FnMut(&str) -> String) {
        let mut body = String::new();
        for link in &self.links {
            let _ = write!(body, "<hyperlink ref=\"{}\"", range_name(link.range));
            if !link.target.is_empty() {
                let _ = write!(body, " r:id=\"{}\"", relation(&link.target));
            }
            if !link.place.is_empty() {
                let _ = write!(body, " location=\"{}\"", xml::escaped(&link.place));
            }
            if !link.tip.is_empty() {
                let _ = write!(body, " tooltip=\"{}\"", xml::escaped(&link.tip));
            }
            body.push_str("/>");
        }
        if !body.is_empty() {
            let _ = write!(out, "<hyperlinks>{body}</hyperlinks>");
        }
    }
}

type Judged = Result<Result<String, formula::Flat>, Refusal>;

impl Rule {
    fn written(
        &self,
        at: (u16, u16),
        priority: usize,
        styles: &mut Styles,
        links: &Links,
        ctx: &mut Ctx<'_>,
    ) -> Judged {
        const OPERATORS: [&str; 9] = [
            "",
            "between",
            "notBetween",
            "equal",
            "notEqual",
            "greaterThan",
            "lessThan",
            "greaterThanOrEqual",
            "lessThanOrEqual",
        ];
        let mut out = match self.kind {
            1 => match OPERATORS.get(usize::from(self.operator)).filter(|o| !o.is_empty()) {
                Some(operator) => format!("<cfRule type=\"cellIs\" operator=\"{operator}\""),
                None => return Ok(Err(formula::UNKNOWN)),
            },
            2 => "<cfRule type=\"expression\"".to_owned(),
            _ => return Ok(Err(formula::UNKNOWN)),
        };
        if !self.dxf.is_empty() {
            let _ = write!(out, " dxfId=\"{}\"", styles.add_dxf(self.dxf.clone()));
        }
        let _ = write!(out, " priority=\"{priority}\">");
        for code in self.formulas.iter().filter(|c| !c.is_empty()) {
            match formula::text(code, at, links, ctx)? {
                Ok(text) => {
                    let _ = write!(out, "<formula>{}</formula>", xml::escaped(&text));
                }
                Err(flat) => return Ok(Err(flat)),
            }
        }
        out.push_str("</cfRule>");
        Ok(Ok(out))
    }
}

impl Validation {
    fn written(&self, links: &Links, ctx: &mut Ctx<'_>) -> Judged {
        const KINDS: [&str; 8] = ["none", "whole", "decimal", "list", "date", "time", "textLength", "custom"];
        const OPERATORS: [&str; 8] = [
            "between",
            "notBetween",
            "equal",
            "notEqual",
            "greaterThan",
            "lessThan",
            "greaterThanOrEqual",
            "lessThanOrEqual",
        ];
        const MODES: [&str; 9] = [
            "noControl",
            "on",
            "off",
            "disabled",
            "hiragana",
            "fullKatakana",
            "halfKatakana",
            "fullAlpha",
            "halfAlpha",
        ];
        let flags = self.flags;
        let kind = (flags & 15) as usize;
        let Some(name) = KINDS.get(kind) else { return Ok(Err(formula::UNKNOWN)) };
        let mut out = format!("<dataValidation type=\"{name}\"");
        let style =
            ["stop", "warning", "information"].get(((flags >> 4) & 7) as usize).copied().unwrap_or("stop");
        if style != "stop" {
            let _ = write!(out, " errorStyle=\"{style}\"");
        }
        let mode = MODES.get(((flags >> 10) & 0xFF) as usize).copied().unwrap_or("noControl");
        if mode != "noControl" {
            let _ = write!(out, " imeMode=\"{mode}\"");
        }
        let operator = OPERATORS.get(((flags >> 20) & 15) as usize).copied().unwrap_or("between");
        if operator != "between" {
            let _ = write!(out, " operator=\"{operator}\"");
        }
        for (bit, name) in
            [(8, "allowBlank"), (9, "showDropDown"), (18, "showInputMessage"), (19, "showErrorMessage")]
        {
            if flags & (1 << bit) != 0 {
                let _ = write!(out, " {name}=\"1\"");
            }
        }
        for (name, text) in ["promptTitle", "errorTitle", "prompt", "error"].iter().zip(&self.texts) {
            if !text.is_empty() && text != "\0" {
                let mut escaped = String::new();
                xml::push_string(&mut escaped, text);
                let _ = write!(out, " {name}=\"{escaped}\"");
            }
        }
        let _ = write!(out, " sqref=\"{}\">", sqref(&self.ranges));
        for (tag, code) in ["formula1", "formula2"].iter().zip(&self.formulas).filter(|(_, c)| !c.is_empty())
        {
            let text = match formula::text(code, corner(&self.ranges), links, ctx)? {
                Ok(text) => text,
                Err(flat) => return Ok(Err(flat)),
            };
            // A list that was typed in is kept apart by NUL here and by commas there.
            let text = if flags & 0x80 != 0 && kind == 3 { text.replace('\0', ",") } else { text };
            let _ = write!(out, "<{tag}>{}</{tag}>", xml::escaped(&text));
        }
        out.push_str("</dataValidation>");
        Ok(Ok(out))
    }
}

/// Ranges with their count in front.
fn ranges(fields: &mut Fields<'_>) -> Option<Vec<[u16; 4]>> {
    let count = fields.u16()?;
    let all = (0..count).map(|_| range(fields)).collect::<Option<Vec<_>>>()?;
    Some(all.into_iter().filter(|[r1, r2, c1, c2]| r1 <= r2 && c1 <= c2 && *c2 <= 255).collect())
}

fn sqref(ranges: &[[u16; 4]]) -> String {
    ranges.iter().map(|r| range_name(*r)).collect::<Vec<_>>().join(" ")
}

/// The cell that relative references count from.
fn corner(ranges: &[[u16; 4]]) -> (u16, u16) {
    (ranges.iter().map(|r| r[0]).min().unwrap_or(0), ranges.iter().map(|r| r[2]).min().unwrap_or(0))
}

fn rule(fields: &mut Fields<'_>, styles: &Styles) -> Option<Rule> {
    let (kind, operator) = (fields.u8()?, fields.u8()?);
    let (len1, len2) = (usize::from(fields.u16()?), usize::from(fields.u16()?));
    let dxf = differential(fields, styles)?;
    let formulas = [Code::bare(fields, len1)?, Code::bare(fields, len2)?];
    Some(Rule { kind, operator, dxf, formulas })
}

/// Reads a DXFN and writes it as `dxf`. A bit that is set says that the property does not change.
fn differential(fields: &mut Fields<'_>, styles: &Styles) -> Option<String> {
    let (keep, more) = (fields.u32()?, fields.u16()?);
    let has = |bit: u32| keep & (1 << bit) != 0;
    let changes = |bit: u32| !has(bit);
    let (mut font, mut number, mut fill, mut border) = Default::default();
    if has(25) {
        number = if more & 1 != 0 {
            fields.u16()?;
            let code = fields.text()?;
            format!("<numFmt numFmtId=\"164\" formatCode=\"{}\"/>", xml::escaped(&code))
        } else {
            fields.u16()?;
            String::new()
        };
    }
    if has(26) {
        font = differential_font(fields, styles)?;
    }
    if has(27) {
        fields.skip(8)?;
    }
    if has(28) {
        let (lines, colours) = (fields.u32()?, fields.u32()?);
        let mut body = String::new();
        let sides = [
            ("left", 10, lines & 15, (lines >> 16) & 0x7F),
            ("right", 11, (lines >> 4) & 15, (lines >> 23) & 0x7F),
            ("top", 12, (lines >> 8) & 15, colours & 0x7F),
            ("bottom", 13, (lines >> 12) & 15, (colours >> 7) & 0x7F),
        ];
        for (tag, bit, line, colour) in sides {
            if changes(bit) {
                styles.side(&mut body, tag, line, colour as u16, None);
            }
        }
        border = if body.is_empty() { body } else { format!("<border>{body}</border>") };
    }
    if has(29) {
        let (pattern, colours) = (fields.u16()?, fields.u16()?);
        let mut body = String::from("<fill><patternFill");
        let name = PATTERNS.get(usize::from(pattern >> 10)).copied().unwrap_or("solid");
        let solid = changes(16) && name == "solid" || has(16);
        if changes(16) {
            let _ = write!(body, " patternType=\"{name}\"");
        }
        body.push('>');
        let (fore, back) = (colours & 0x7F, (colours >> 7) & 0x7F);
        // In a rule the colour of a solid fill is the one behind.
        if changes(17) && !solid {
            body.push_str(&styles.colour_element("fgColor", fore));
        }
        if changes(18) {
            body.push_str(&styles.colour_element("bgColor", back));
        } else if changes(17) && solid {
            body.push_str(&styles.colour_element("bgColor", fore));
        }
        body.push_str("</patternFill></fill>");
        fill = body;
    }
    if has(30) {
        fields.u16()?;
    }
    let all: String = [font, number, fill, border].concat();
    Some(if all.is_empty() { all } else { format!("<dxf>{all}</dxf>") })
}

fn differential_font(fields: &mut Fields<'_>, styles: &Styles) -> Option<String> {
    fields.skip(64)?;
    let (_height, style) = (fields.u32()?, fields.u32()?);
    let (weight, _script, underline) = (fields.u16()?, fields.u16()?, fields.u8()?);
    fields.skip(3)?;
    let colour = fields.i32()?;
    fields.skip(4)?;
    let (style_keeps, _script_keeps) = (fields.u32()?, fields.u32()?);
    let (underline_keeps, weight_keeps) = (fields.u32()?, fields.u32()?);
    fields.skip(14)?;
    let mut out = String::new();
    let mut toggle = |changes: bool, on: bool, tag: &str| {
        if changes {
            let _ = write!(out, "<{tag} val=\"{}\"/>", u8::from(on));
        }
    };
    toggle(weight_keeps & 1 == 0 && weight != 0xFFFF, weight >= 600, "b");
    toggle(style_keeps & 2 == 0 && style != u32::MAX, style & 2 != 0, "i");
    toggle(style_keeps & 0x80 == 0 && style != u32::MAX, style & 0x80 != 0, "strike");
    if underline_keeps & 1 == 0 {
        out.push_str(match underline {
            1 => "<u/>",
            2 => "<u val=\"double\"/>",
            _ => "<u val=\"none\"/>",
        });
    }
    if let Ok(colour) = u16::try_from(colour) {
        out.push_str(&styles.colour_element("color", colour));
    }
    Some(if out.is_empty() { out } else { format!("<font>{out}</font>") })
}

fn validation(fields: &mut Fields<'_>) -> Option<Validation> {
    let flags = fields.u32()?;
    let texts = [
        validation_text(fields)?,
        validation_text(fields)?,
        validation_text(fields)?,
        validation_text(fields)?,
    ];
    let mut code = || {
        let len = usize::from(fields.u16()?);
        fields.u16()?;
        Code::bare(fields, len)
    };
    let formulas = [code()?, code()?];
    Some(Validation { flags, texts, formulas, ranges: ranges(fields)? })
}

/// Unlike other strings an empty one has its flag byte here.
fn validation_text(fields: &mut Fields<'_>) -> Option<String> {
    let count = usize::from(fields.u16()?);
    fields.flagged(count)
}

const URL_MONIKER: [u8; 4] = [0xE0, 0xC9, 0xEA, 0x79];
const FILE_MONIKER: [u8; 4] = [0x03, 0x03, 0x00, 0x00];

fn link(fields: &mut Fields<'_>) -> Option<Link> {
    let range = range(fields)?;
    fields.skip(16)?;
    fields.u32()?;
    let flags = fields.u32()?;
    let text = |fields: &mut Fields<'_>| {
        let count = usize::try_from(fields.u32()?).ok()?;
        fields.bytes(count.checked_mul(2)?).map(|bytes| wide(&bytes))
    };
    if flags & 0x10 != 0 {
        text(fields)?;
    }
    if flags & 0x80 != 0 {
        text(fields)?;
    }
    let mut target = String::new();
    if flags & 1 != 0 {
        target = if flags & 0x100 != 0 { text(fields)? } else { moniker(fields)? };
    }
    let place = if flags & 8 != 0 { text(fields)? } else { String::new() };
    // The address of a web page keeps its place; one inside the workbook has nothing else.
    Some(Link { range, target, place: place.trim_start_matches('#').to_owned(), tip: String::new() })
}

/// The address of a moniker. Kinds that are not understood lead somewhere all the same.
fn moniker(fields: &mut Fields<'_>) -> Option<String> {
    let class = fields.bytes(16)?;
    if class.starts_with(&URL_MONIKER) {
        let len = usize::try_from(fields.u32()?).ok()?;
        return Some(wide(&fields.bytes(len)?));
    }
    if class.starts_with(&FILE_MONIKER) {
        fields.u16()?;
        let len = usize::try_from(fields.u32()?).ok()?;
        let short = fields.bytes(len)?;
        fields.skip(24)?;
        let size = usize::try_from(fields.u32()?).ok()?;
        if size > 6 {
            let len = usize::try_from(fields.u32()?).ok()?;
            fields.u16()?;
            return Some(format!("file:///{}", wide(&fields.bytes(len)?)));
        }
        let (name, ..) = encoding_rs::SHIFT_JIS.decode(&short);
        return Some(format!("file:///{}", name.trim_end_matches('\0')));
    }
    fields.rest();
    Some("moniker:unknown".to_owned())
}

/// UTF-16 up to the first NUL.
fn wide(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|c| u16::from_le_bytes([c[0], c[1]]))
        .take_while(|unit| *unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}
