//! Which of the encodings of a Japanese office the bytes are in.
//!
//! A byte order mark decides; then ISO-2022-JP by its escapes; then UTF-8, which other encodings do not resemble;
//! then UTF-16 without a mark; last CP932 against EUC-JP, which must differ clearly.

use crate::PolicyError;
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_16BE, UTF_16LE};

pub(super) fn to_text(bytes: &[u8]) -> Result<String, PolicyError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strict(encoding, &bytes[mark..]).ok_or_else(|| doubtful(bytes));
    }
    if is_iso_2022_jp(bytes)
        && let Some(text) = strict(ISO_2022_JP, bytes)
    {
        return Ok(text);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\0')
    {
        return Ok(text.to_owned());
    }
    if let Some(text) = utf16_without_mark(bytes) {
        return Ok(text);
    }
    if let Some(offset) =
        bytes.iter().position(|b| *b < 0x20 && !matches!(b, b'\t' | b'\n' | 0xB | 0xC | b'\r' | 0x1B))
    {
        return Err(PolicyError::Binary { offset });
    }
    legacy(bytes).ok_or_else(|| doubtful(bytes))
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

fn doubtful(bytes: &[u8]) -> PolicyError {
    let valid = std::str::from_utf8(bytes).err().map_or(0, |e| e.valid_up_to());
    let line = bytes[..valid].iter().filter(|b| **b == b'\n').count() + 1;
    PolicyError::Encoding { line: u32::try_from(line).unwrap_or(u32::MAX) }
}

/// Seven-bit, and switches to JIS X 0208 (`ESC $ @`, `ESC $ B`).
fn is_iso_2022_jp(bytes: &[u8]) -> bool {
    bytes.is_ascii() && bytes.windows(3).any(|w| matches!(w, b"\x1b$@" | b"\x1b$B"))
}

/// Either byte order, when nearly everything becomes Japanese or ASCII. Line ends alone leave NUL bytes behind.
fn utf16_without_mark(bytes: &[u8]) -> Option<String> {
    if bytes.len() < 4 || !bytes.len().is_multiple_of(2) || !bytes.contains(&0) {
        return None;
    }
    [UTF_16LE, UTF_16BE].into_iter().filter_map(|e| strict(e, bytes)).find(|text| {
        let all = text.chars().count();
        let usual = text
            .chars()
            .filter(|c| is_japanese(*c) || c.is_ascii_graphic() || c.is_ascii_whitespace())
            .count();
        usual * 100 >= all * 97 && text.chars().any(is_japanese)
    })
}

/// CP932 or EUC-JP. Text of one read as the other turns into rare kanji and half-width katakana; kana decide.
fn legacy(bytes: &[u8]) -> Option<String> {
    match (strict(SHIFT_JIS, bytes), strict(EUC_JP, bytes)) {
        (Some(text), None) | (None, Some(text)) => is_plausible(&text).then_some(text),
        (Some(sjis), Some(euc)) => {
            let (a, b) = (kana_share(&sjis), kana_share(&euc));
            if a >= b + 20 {
                Some(sjis)
            } else if b >= a + 20 {
                Some(euc)
            } else {
                None
            }
        }
        (None, None) => None,
    }
}

fn is_plausible(text: &str) -> bool {
    text.is_ascii() || kana_share(text) >= 10
}

/// Hiragana and katakana per hundred characters that are not ASCII, less the half-width katakana.
fn kana_share(text: &str) -> i64 {
    let (mut all, mut kana) = (0i64, 0i64);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        all += 1;
        match c {
            'ぁ'..='ヿ' | '、' | '。' => kana += 1,
            '\u{FF61}'..='\u{FF9F}' => kana -= 1,
            _ => {}
        }
    }
    kana * 100 / all.max(1)
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30FF}' | '\u{3200}'..='\u{33FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF01}'..='\u{FFEF}' | '\u{2010}'..='\u{2027}' | '\u{2160}'..='\u{217F}' | '\u{2460}'..='\u{24FF}' | '\u{25A0}'..='\u{25FF}' | '\u{F900}'..='\u{FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1 目的\r\nこの方針は、職員等が守るべき事項を定める。① ネットワーク　ア　端末\r\n";

    #[test]
    fn every_encoding_of_the_office() {
        let utf16 = |f: fn(u16) -> [u8; 2]| TEXT.encode_utf16().flat_map(f).collect::<Vec<u8>>();
        let (le, be) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
        for bytes in [
            TEXT.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat(),
            SHIFT_JIS.encode(TEXT).0.into_owned(),
            EUC_JP.encode(&TEXT.replace('①', "(1)")).0.into_owned(),
            ISO_2022_JP.encode(&TEXT.replace('①', "(1)")).0.into_owned(),
            le.clone(),
            be.clone(),
            [&b"\xFF\xFE"[..], &le].concat(),
            [&b"\xFE\xFF"[..], &be].concat(),
        ] {
            let text = to_text(&bytes).unwrap();
            assert_eq!(text.replace("(1)", "①"), TEXT);
        }
    }

    #[test]
    fn broken_bytes_are_refused_with_their_line() {
        let mut bytes = b"1 a\n".to_vec();
        bytes.extend_from_slice("2 方針\n3 ".as_bytes());
        bytes.extend_from_slice(&[0xE3, 0x81, b'\n', 0xFF, 0xFE, 0xFD]);
        assert_eq!(to_text(&bytes), Err(PolicyError::Encoding { line: 3 }));
        let mut torn = SHIFT_JIS.encode(TEXT).0.into_owned();
        torn.push(0x81);
        assert!(to_text(&torn).is_err());
    }
}
