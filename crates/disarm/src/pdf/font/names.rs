//! Glyph names: the standard strings of CFF with their codes in StandardEncoding (Adobe Technical Note 5176,
//! appendices A and B; `standard.txt`, one name per identifier).

use std::collections::HashMap;
use std::sync::LazyLock;

static STANDARD: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("standard.txt").lines().map(|l| l.split('\t').next().unwrap_or("")).collect()
});

static IDENTIFIERS: LazyLock<HashMap<&'static str, u16>> =
    LazyLock::new(|| STANDARD.iter().zip(0_u16..).map(|(name, i)| (*name, i)).collect());

static CODES: LazyLock<[&'static str; 256]> = LazyLock::new(|| {
    let mut codes = [".notdef"; 256];
    for line in include_str!("standard.txt").lines() {
        if let Some((name, code)) = line.split_once('\t')
            && let Ok(code) = code.parse::<u8>()
        {
            codes[usize::from(code)] = name;
        }
    }
    codes
});

/// Name of a code in StandardEncoding.
pub(super) fn standard(code: u8) -> &'static str {
    CODES[usize::from(code)]
}

/// A glyph name reduced to what glyph names are made of.
pub(super) fn sanitised(name: &[u8]) -> String {
    name.iter()
        .filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'*' | b'+'))
        .take(63)
        .map(|b| char::from(*b))
        .collect()
}

/// The string of an identifier.
pub(super) fn string(sid: usize, custom: &[&[u8]]) -> String {
    match STANDARD.get(sid) {
        Some(name) => (*name).to_owned(),
        None => custom.get(sid - STANDARD.len()).map(|s| sanitised(s)).unwrap_or_default(),
    }
}

/// Collects strings that are not standard and gives identifiers.
#[derive(Default)]
pub(super) struct Strings {
    pub(super) custom: Vec<Vec<u8>>,
    known: HashMap<String, u16>,
}

impl Strings {
    pub(super) fn sid(&mut self, text: &str) -> u16 {
        if let Some(sid) = IDENTIFIERS.get(text).or_else(|| self.known.get(text)) {
            return *sid;
        }
        let sid = u16::try_from(STANDARD.len() + self.custom.len()).unwrap_or(u16::MAX);
        self.custom.push(text.as_bytes().to_vec());
        self.known.insert(text.to_owned(), sid);
        sid
    }
}
