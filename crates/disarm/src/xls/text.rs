//! Strings of the workbook: plain, with runs of fonts, with ふりがな.
//!
//! Source: MS-XLS 2.4.265 (SST), 2.5.293 (XLUnicodeRichExtendedString), 2.5.86 (ExtRst).

use std::fmt::Write as _;

use super::{record::Fields, xml};

/// A string as Excel shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) units: Vec<u16>,
    /// (first character, font).
    pub(super) runs: Vec<(u16, u16)>,
    pub(super) phonetic: Option<Phonetic>,
}

/// ふりがな of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phonetic {
    font: u16,
    kind: u16,
    align: u16,
    /// (first and last+1 character of the base text, its reading).
    runs: Vec<(u16, u16, String)>,
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { units: text.encode_utf16().collect(), ..Self::default() }
    }
}

impl Text {
    /// Reads the strings of an SST record one after the other.
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let count = usize::from(fields.u16()?);
        let flags = fields.u8()?;
        let runs = if flags & 8 != 0 { usize::from(fields.u16()?) } else { 0 };
        let extra = if flags & 4 != 0 { usize::try_from(fields.i32()?).ok()? } else { 0 };
        let units = fields.chars(count, flags & 1 != 0)?;
        let runs = (0..runs).map(|_| Some((fields.u16()?, fields.u16()?))).collect::<Option<Vec<_>>>()?;
        let extra = fields.bytes(extra.min(fields.left()))?;
        let phonetic = if extra.is_empty() { None } else { Phonetic::read(&extra, units.len()) };
        Some(Self { units, runs, phonetic })
    }

    pub(super) fn plain(&self) -> String {
        String::from_utf16_lossy(&self.units)
    }

    /// The content of an `si`, `is` or comment `text` element. `font` writes the `rPr` of a font.
    pub(super) fn write(&self, out: &mut String, font: &impl Fn(u16) -> String) {
        let mut cuts: Vec<(usize, Option<u16>)> = vec![(0, None)];
        for (at, font) in &self.runs {
            let at = usize::from(*at);
            match cuts.last_mut() {
                Some(last) if last.0 == at => last.1 = Some(*font),
                Some(last) if last.0 < at && at < self.units.len() => cuts.push((at, Some(*font))),
                _ => {}
            }
        }
        if cuts.len() == 1 && cuts[0].1.is_none() {
            push_t(out, &self.plain());
        } else {
            for (i, (from, run)) in cuts.iter().enumerate() {
                let to = cuts.get(i + 1).map_or(self.units.len(), |next| next.0);
                out.push_str("<r>");
                if let Some(run) = run {
                    let _ = write!(out, "<rPr>{}</rPr>", font(*run));
                }
                push_t(out, &String::from_utf16_lossy(&self.units[*from..to]));
                out.push_str("</r>");
            }
        }
        if let Some(phonetic) = &self.phonetic {
            phonetic.write(out);
        }
    }
}

impl Phonetic {
    fn read(extra: &[u8], len: usize) -> Option<Self> {
        let mut fields = Fields::over(extra);
        fields.skip(4)?;
        let (font, flags) = (fields.u16()?, fields.u16()?);
        let count = usize::from(fields.u16()?);
        fields.u16()?;
        let letters = usize::from(fields.u16()?);
        let reading = fields.chars(letters, true)?;
        let mut raw = Vec::new();
        for _ in 0..count {
            raw.push((fields.u16()?, fields.u16()?, fields.u16()?));
        }
        let mut runs = Vec::new();
        for (i, (first, base, base_len)) in raw.iter().enumerate() {
            let next = raw.get(i + 1).map_or(reading.len(), |n| usize::from(n.0));
            let text = reading.get(usize::from(*first)..next)?;
            let end = base.saturating_add(*base_len);
            if usize::from(end) <= len && base_len > &0 && !text.is_empty() {
                runs.push((*base, end, String::from_utf16_lossy(text)));
            }
        }
        if runs.is_empty() {
            return None;
        }
        Some(Self { font, kind: flags & 3, align: (flags >> 2) & 3, runs })
    }

    fn write(&self, out: &mut String) {
        for (from, to, reading) in &self.runs {
            let _ = write!(out, "<rPh sb=\"{from}\" eb=\"{to}\">");
            push_t(out, reading);
            out.push_str("</rPh>");
        }
        let kind =
            ["halfwidthKatakana", "fullwidthKatakana", "Hiragana", "noConversion"][usize::from(self.kind)];
        let align = ["noControl", "left", "center", "distributed"][usize::from(self.align)];
        let font = super::style::font_index(self.font);
        let _ = write!(out, "<phoneticPr fontId=\"{font}\" type=\"{kind}\" alignment=\"{align}\"/>");
    }
}

/// A `t` element. Control characters that XML cannot hold are written as `_xHHHH_`, as Excel does.
pub(super) fn push_t(out: &mut String, text: &str) {
    let outer_blank = |c: char| c.is_whitespace();
    if text.starts_with(outer_blank) || text.ends_with(outer_blank) || text.contains('\n') {
        out.push_str("<t xml:space=\"preserve\">");
    } else {
        out.push_str("<t>");
    }
    xml::push_string(out, text);
    out.push_str("</t>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn le(units: &str) -> Vec<u8> {
        units.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn furigana_and_runs_are_read_and_written() {
        let mut data = vec![2, 0, 0b1101, 1, 0];
        let mut extra = vec![1, 0, 0, 0, 5, 0, 0b1001, 0, 1, 0, 4, 0, 4, 0];
        extra.extend(le("ヤマダ　"));
        extra.extend([0, 0, 0, 0, 2, 0]);
        data.extend(i32::try_from(extra.len()).expect("small").to_le_bytes());
        data.extend(le("山田"));
        data.extend([1, 0, 6, 0]);
        data.extend(extra);
        let text = Text::read(&mut Fields::over(&data)).expect("string");
        let mut out = String::new();
        text.write(&mut out, &|font| format!("<f{font}/>"));
        assert_eq!(
            out,
            "<r><t>山</t></r><r><rPr><f6/></rPr><t>田</t></r><rPh sb=\"0\" eb=\"2\"><t xml:space=\"preserve\">ヤマダ　</t></rPh><phoneticPr fontId=\"4\" type=\"fullwidthKatakana\" alignment=\"center\"/>"
        );
    }
}
