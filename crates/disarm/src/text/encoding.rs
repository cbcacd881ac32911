//! Which encoding a text is in, strictly: a byte sequence that does not fit is not guessed at.

use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS, UTF_16BE, UTF_16LE};

/// Encodings that Japanese offices write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Cp932,
    Utf16Le,
    Utf16Be,
    Iso2022Jp,
    EucJp,
}

impl Encoding {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Cp932 => "Shift_JIS",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Iso2022Jp => "ISO-2022-JP",
            Self::EucJp => "EUC-JP",
        }
    }

    pub(super) fn leaves_as_utf8(self) -> bool {
        !matches!(self, Self::Utf8 | Self::Cp932)
    }
}

#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) encoding: Encoding,
    /// The output starts with a UTF-8 byte order mark.
    pub(super) mark: bool,
}

/// Decodes without replacing anything; `None` when no encoding fits.
pub(super) fn decode(bytes: &[u8]) -> Option<Decoded> {
    let with = |text: String, encoding, mark| Some(Decoded { text, encoding, mark });
    if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return with(std::str::from_utf8(rest).ok()?.to_owned(), Encoding::Utf8, true);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return with(strict(UTF_16LE, rest)?, Encoding::Utf16Le, true);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return with(strict(UTF_16BE, rest)?, Encoding::Utf16Be, true);
    }
    if bytes.is_ascii()
        && bytes.windows(2).any(|w| w == b"\x1b$" || w == b"\x1b(")
        && let Some(text) = strict(ISO_2022_JP, bytes)
    {
        return with(text, Encoding::Iso2022Jp, true);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return with(text.to_owned(), Encoding::Utf8, false);
    }
    let (sjis, euc) = (strict(SHIFT_JIS, bytes), strict(EUC_JP, bytes));
    match (sjis, euc) {
        (Some(sjis), Some(euc)) if likeness(&euc) > likeness(&sjis) => with(euc, Encoding::EucJp, true),
        (Some(sjis), _) => with(sjis, Encoding::Cp932, false),
        (None, Some(euc)) => with(euc, Encoding::EucJp, true),
        (None, None) => None,
    }
}

fn strict(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

/// How much a text looks like Japanese writing: half-width kana and rare ideographs are what the wrong table gives.
fn likeness(text: &str) -> i64 {
    text.chars()
        .map(|c| match c {
            '\u{3041}'..='\u{30ff}' | '\u{3001}'..='\u{3002}' => 3,
            '\u{4e00}'..='\u{9fff}' | '\u{ff01}'..='\u{ff5e}' => 1,
            '\u{ff61}'..='\u{ff9f}' => -2,
            '\u{e000}'..='\u{f8ff}' => -2,
            _ => 0,
        })
        .sum()
}

/// Encodes for output; `None` when a character does not exist in the encoding.
pub(super) fn encode(text: &str, encoding: Encoding, mark: bool) -> Option<Vec<u8>> {
    if encoding == Encoding::Cp932 {
        return encode_cp932(text);
    }
    Some(if mark { with_mark(text) } else { text.as_bytes().to_vec() })
}

/// UTF-8 that says so.
pub(super) fn with_mark(text: &str) -> Vec<u8> {
    [b"\xef\xbb\xbf", text.as_bytes()].concat()
}

/// CP932 with the user-defined area 0xF040..=0xF9FC, which the encoder of the WHATWG standard leaves out.
fn encode_cp932(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for part in text.split_inclusive(is_gaiji) {
        let tail = part.chars().next_back().filter(|c| is_gaiji(*c));
        let head = &part[..part.len() - tail.map_or(0, char::len_utf8)];
        let (bytes, _, unmappable) = SHIFT_JIS.encode(head);
        if unmappable {
            return None;
        }
        out.extend(bytes.iter());
        if let Some(c) = tail {
            let index = u32::from(c) - 0xe000;
            let (lead, trail) = (0xf0 + index / 188, index % 188);
            out.push(u8::try_from(lead).ok()?);
            out.push(u8::try_from(if trail < 63 { 0x40 + trail } else { 0x41 + trail }).ok()?);
        }
    }
    Some(out)
}

fn is_gaiji(c: char) -> bool {
    ('\u{e000}'..='\u{e757}').contains(&c)
}
