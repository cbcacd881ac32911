//! Names inside archives (X06, Z01, Z05): decoded the way the archive was made, then made harmless on any system.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use crate::{
    Action, Kind, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
    detect,
    zip::Entry,
};

/// Longest component in bytes, as most file systems have it.
const COMPONENT: usize = 255;

/// How names without a UTF-8 mark are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decoder {
    Utf8,
    Cp932,
}

impl Decoder {
    /// One decision for the whole archive: UTF-8 when every unmarked name is valid UTF-8 (macOS), else CP932.
    pub(crate) fn for_archive(entries: &[Entry], ctx: &mut Ctx<'_>) -> Result<Self, Refusal> {
        let unmarked =
            || entries.iter().filter(|e| !e.utf8 && e.unicode_name.is_none() && !e.raw_name.is_ascii());
        if unmarked().all(|e| std::str::from_utf8(&e.raw_name).is_ok()) {
            return Ok(Self::Utf8);
        }
        if unmarked().all(|e| cp932(&e.raw_name).is_some()) {
            ctx.report(Threat::Z05, Severity::Note, Action::Rewritten, "Shift_JIS のファイル名", "");
            return Ok(Self::Cp932);
        }
        Err(Refusal::ambiguous("", "ファイル名の文字コードが分かりません"))
    }

    pub(crate) fn decode(self, entry: &Entry) -> Result<String, Refusal> {
        let bad = || {
            Refusal::ambiguous(
                String::from_utf8_lossy(&entry.raw_name),
                "ファイル名の文字コードが壊れています",
            )
        };
        if let Some(name) = &entry.unicode_name {
            return Ok(name.clone());
        }
        match self {
            _ if entry.utf8 => String::from_utf8(entry.raw_name.clone()).map_err(|_| bad()),
            Self::Utf8 => String::from_utf8(entry.raw_name.clone()).map_err(|_| bad()),
            Self::Cp932 => cp932(&entry.raw_name).ok_or_else(bad),
        }
    }
}

fn cp932(raw: &[u8]) -> Option<String> {
    encoding_rs::SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(raw)
        .map(|name| name.into_owned())
}

/// Files that operating systems leave behind without anybody wanting them.
pub(crate) fn is_litter(name: &str) -> bool {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.starts_with("__MACOSX/")
        || last.starts_with("._")
        || ["desktop.ini", "thumbs.db", ".ds_store"].contains(&last.to_lowercase().as_str())
}

/// A harmless version of `name`, with the extension of what the member has become.
pub(crate) fn safe(name: &str, rebuilt: Option<&Rebuilt>, kind: Kind, ctx: &mut Ctx<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let (mut climbs, mut odd) = (false, false);
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => climbs = true,
            part => {
                let clean = component(part);
                odd |= clean != part.nfc().collect::<String>();
                parts.push(clean);
            }
        }
    }
    climbs |= name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':');
    if climbs {
        ctx.report(Threat::Z01, Severity::Active, Action::Rewritten, "書庫の外へ書き出す名前", name);
    } else if odd {
        ctx.report(Threat::X06, Severity::Hidden, Action::Rewritten, "危険な文字を含むファイル名", name);
    }
    let mut out = if parts.is_empty() { "名称なし".to_owned() } else { parts.join("/") };
    if let Some(rebuilt) =
        rebuilt.filter(|r| r.kind != kind || !detect::is_usual(kind, name) || r.extension.is_some())
    {
        let wanted = if kind == Kind::Empty { "txt" } else { rebuilt.extension() };
        if detect::extension(&out) != wanted {
            let stem_end = out.rfind('.').filter(|dot| *dot > out.rfind('/').map_or(0, |slash| slash + 1));
            out.truncate(stem_end.unwrap_or(out.len()));
            out.push('.');
            out.push_str(wanted);
        }
    }
    out
}

/// One path component without anything that Windows or a terminal would take for something else.
fn component(part: &str) -> String {
    let mut out: String = part
        .nfc()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            '<' => '＜',
            '>' => '＞',
            ':' => '：',
            '"' => '”',
            '|' => '｜',
            '?' => '？',
            '*' => '＊',
            c => c,
        })
        .collect();
    out.truncate(out.trim_end_matches(['.', ' ', '\u{3000}']).len());
    let stem = out.split('.').next().unwrap_or("").trim().to_ascii_uppercase();
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CLOCK$")
        || (stem.len() == 4
            && (stem.starts_with("COM") || stem.starts_with("LPT"))
            && stem.ends_with(|c: char| c.is_ascii_digit()));
    if device || out.is_empty() {
        out.insert(0, '_');
    }
    shorten(out)
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

fn shorten(name: String) -> String {
    if name.len() <= COMPONENT {
        return name;
    }
    let (stem, extension) = name.rsplit_once('.').filter(|(_, e)| e.len() <= 16).unwrap_or((&name, ""));
    // Room for a number and for the ending of a tombstone.
    let mut end = COMPONENT - extension.len() - 48;
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    if extension.is_empty() { stem[..end].to_owned() } else { format!("{}.{extension}", &stem[..end]) }
}

/// Output names already used, compared the way Windows does.
#[derive(Debug, Default)]
pub(crate) struct Taken(HashSet<String>);

impl Taken {
    /// `wanted`, or a numbered version of it.
    pub(crate) fn claim(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2_u32;
        while !self.0.insert(name.to_lowercase()) {
            // What begins with a dot may be all extension; the number must not become part of it.
            let dot = wanted
                .rfind('.')
                .filter(|dot| *dot >= wanted.rfind('/').map_or(0, |s| s + 1))
                .unwrap_or(wanted.len());
            name = format!("{} ({number}){}", &wanted[..dot], &wanted[dot..]);
            number += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        for (bad, good) in [
            ("請求書\u{202E}fdp.txt", "請求書fdp.txt"),
            ("CON.txt", "_CON.txt"),
            ("a:b?.txt", "a：b？.txt"),
            ("見積.txt. . ", "見積.txt"),
            ("か\u{3099}.txt", "が.txt"),
        ] {
            assert_eq!(component(bad), good);
        }
        assert!(component(&"長".repeat(300)).len() <= COMPONENT);
    }

    #[test]
    fn equal_names_are_numbered_without_regard_to_case() {
        let mut taken = Taken::default();
        assert_eq!(taken.claim("a/表.XLSX"), "a/表.XLSX");
        assert_eq!(taken.claim("a/表.xlsx"), "a/表 (2).xlsx");
        assert_eq!([taken.claim("v1.0/.txt"), taken.claim("v1.0/.txt")], ["v1.0/.txt", "v1.0/ (2).txt"]);
    }
}
