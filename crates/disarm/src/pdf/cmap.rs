//! CMaps: character codes to CIDs or to Unicode. Parsed as data and written from the parsed tables; the PostScript
//! around them is never run.

use super::lex::{Lexer, Token, write_digits, write_number, write_string};

/// Predefined CMaps (ISO 32000-2, table 116).
pub(super) const PREDEFINED: &[&str] = &[
    "GB-EUC-H",
    "GB-EUC-V",
    "GBpc-EUC-H",
    "GBpc-EUC-V",
    "GBK-EUC-H",
    "GBK-EUC-V",
    "GBKp-EUC-H",
    "GBKp-EUC-V",
    "GBK2K-H",
    "GBK2K-V",
    "UniGB-UCS2-H",
    "UniGB-UCS2-V",
    "UniGB-UTF16-H",
    "UniGB-UTF16-V",
    "B5pc-H",
    "B5pc-V",
    "HKscs-B5-H",
    "HKscs-B5-V",
    "ETen-B5-H",
    "ETen-B5-V",
    "ETenms-B5-H",
    "ETenms-B5-V",
    "CNS-EUC-H",
    "CNS-EUC-V",
    "UniCNS-UCS2-H",
    "UniCNS-UCS2-V",
    "UniCNS-UTF16-H",
    "UniCNS-UTF16-V",
    "83pv-RKSJ-H",
    "90ms-RKSJ-H",
    "90ms-RKSJ-V",
    "90msp-RKSJ-H",
    "90msp-RKSJ-V",
    "90pv-RKSJ-H",
    "90pv-RKSJ-V",
    "Add-RKSJ-H",
    "Add-RKSJ-V",
    "EUC-H",
    "EUC-V",
    "Ext-RKSJ-H",
    "Ext-RKSJ-V",
    "H",
    "V",
    "UniJIS-UCS2-H",
    "UniJIS-UCS2-V",
    "UniJIS-UCS2-HW-H",
    "UniJIS-UCS2-HW-V",
    "UniJIS-UTF16-H",
    "UniJIS-UTF16-V",
    "UniJIS-UTF8-H",
    "UniJIS-UTF8-V",
    "UniJIS2004-UTF16-H",
    "UniJIS2004-UTF16-V",
    "UniJISX0213-UTF32-H",
    "UniJISX0213-UTF32-V",
    "78-EUC-H",
    "78-EUC-V",
    "78-H",
    "78-V",
    "78-RKSJ-H",
    "78-RKSJ-V",
    "78ms-RKSJ-H",
    "78ms-RKSJ-V",
    "90msp-RKSJ-H",
    "Hankaku",
    "Hiragana",
    "Katakana",
    "Roman",
    "WP-Symbol",
    "NWP-H",
    "NWP-V",
    "KSC-EUC-H",
    "KSC-EUC-V",
    "KSCms-UHC-H",
    "KSCms-UHC-V",
    "KSCms-UHC-HW-H",
    "KSCms-UHC-HW-V",
    "KSCpc-EUC-H",
    "UniKS-UCS2-H",
    "UniKS-UCS2-V",
    "UniKS-UTF16-H",
    "UniKS-UTF16-V",
    "Identity-H",
    "Identity-V",
    "Adobe-Japan1-UCS2",
    "Adobe-GB1-UCS2",
    "Adobe-CNS1-UCS2",
    "Adobe-Korea1-UCS2",
];

/// Entries of one map; all of Unicode's first plane fits.
const MAX_ENTRIES: usize = 200_000;
/// Unicode text of one code, in bytes of UTF-16.
const MAX_TEXT: usize = 512;

/// What a range of codes maps to.
#[derive(Debug, Clone, PartialEq)]
enum Target {
    Text(Vec<u8>),
    Texts(Vec<Vec<u8>>),
    Cid(f64),
}

type Range = (Vec<u8>, Vec<u8>, Target);

/// A parsed map.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CMap {
    pub(super) vertical: bool,
    /// A predefined map this one extends.
    pub(super) base: Option<String>,
    spaces: Vec<(Vec<u8>, Vec<u8>)>,
    cids: Vec<Range>,
    texts: Vec<Range>,
}

impl CMap {
    pub(super) fn parse(data: &[u8]) -> Self {
        let mut map = Self::default();
        let mut lexer = Lexer::new(data);
        let mut stack: Vec<Token<'_>> = Vec::new();
        let mut entries = 0;
        while let Some(token) = lexer.next() {
            let Token::Word(word) = token else {
                stack.push(token);
                entries += 1;
                if entries > MAX_ENTRIES * 3 {
                    break;
                }
                continue;
            };
            match word {
                b"usecmap" => {
                    if let Some(Token::Name(name)) = stack.last() {
                        map.base = predefined(name);
                    }
                }
                b"def" => {
                    if let [.., Token::Name(key), Token::Number(value)] = &stack[..]
                        && key[..] == b"WMode"[..]
                    {
                        map.vertical = value.value() == 1.0;
                    }
                }
                b"endcodespacerange" => map.spaces.extend(pairs(&stack)),
                b"endcidrange" | b"endbfrange" => {
                    for t in stack.chunks_exact(3) {
                        map.enter(&t[0], &t[1], &t[2], word == b"endcidrange");
                    }
                }
                b"endcidchar" | b"endbfchar" => {
                    for t in stack.chunks_exact(2) {
                        map.enter(&t[0], &t[0], &t[1], word == b"endcidchar");
                    }
                }
                _ => {}
            }
            stack.clear();
        }
        map
    }

    fn enter(&mut self, low: &Token<'_>, high: &Token<'_>, target: &Token<'_>, cid: bool) {
        let (Token::Str(low), Token::Str(high)) = (low, high) else { return };
        if low.is_empty() || low.len() > 4 || low.len() != high.len() || low > high {
            return;
        }
        let text = |t: &Token<'_>| match t {
            Token::Str(s) if s.len() <= MAX_TEXT => Some(s.to_vec()),
            _ => None,
        };
        let target = match target {
            Token::Number(v) if cid && (0.0..65_536.0).contains(&v.value()) => Target::Cid(v.value().trunc()),
            Token::Str(s) if !cid && s.len() <= MAX_TEXT => Target::Text(s.to_vec()),
            Token::Array(items) if !cid && items.len() <= 256 => {
                Target::Texts(items.iter().filter_map(text).collect())
            }
            _ => return,
        };
        let list = if cid { &mut self.cids } else { &mut self.texts };
        if list.len() < MAX_ENTRIES {
            list.push((low.to_vec(), high.to_vec(), target));
        }
    }

    /// Bytes of the code that `rest` begins with, by the code spaces.
    pub(super) fn code_length(&self, rest: &[u8]) -> Option<usize> {
        let fits = |(low, high): &&(Vec<u8>, Vec<u8>)| {
            rest.len() >= low.len()
                && rest.iter().zip(low.iter().zip(high)).all(|(b, (low, high))| (low..=high).contains(&b))
        };
        self.spaces.iter().find(fits).map(|(low, _)| low.len())
    }

    /// What a code means in Unicode.
    pub(super) fn text(&self, code: &[u8]) -> Option<String> {
        let within = |r: &&Range| r.0.len() == code.len() && r.0[..] <= *code && *code <= r.1[..];
        let (low, _, target) = self.texts.iter().rev().find(within)?;
        let value = |code: &[u8]| code.iter().fold(0_u32, |v, b| v << 8 | u32::from(*b));
        let offset = value(code) - value(low);
        let mut units: Vec<u16> = match target {
            Target::Text(text) => {
                text.chunks(2).map(|b| b.iter().fold(0, |v, b| v << 8 | u16::from(*b))).collect()
            }
            Target::Texts(texts) => {
                let text = texts.get(usize::try_from(offset).ok()?)?;
                text.chunks(2).map(|b| b.iter().fold(0, |v, b| v << 8 | u16::from(*b))).collect()
            }
            Target::Cid(_) => return None,
        };
        if let Target::Text(_) = target {
            let last = units.last_mut()?;
            *last = last.checked_add(u16::try_from(offset).ok()?)?;
        }
        String::from_utf16(&units).ok()
    }

    pub(super) fn has_texts(&self) -> bool {
        !self.texts.is_empty()
    }

    pub(super) fn has_cids(&self) -> bool {
        !self.cids.is_empty() || self.base.is_some()
    }

    /// Writes the map. `system` is registry, ordering and supplement.
    pub(super) fn write(&self, name: &str, system: (&[u8], &[u8], i32)) -> Vec<u8> {
        let mut out = b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n".to_vec();
        if let Some(base) = &self.base {
            out.extend(format!("/{base} usecmap\n").as_bytes());
        }
        out.extend(b"/CIDSystemInfo <</Registry ");
        write_string(system.0, &mut out);
        out.extend(b"/Ordering ");
        write_string(system.1, &mut out);
        out.extend(format!("/Supplement {}>> def\n/CMapName /{name} def\n", system.2).as_bytes());
        out.extend(if self.texts.is_empty() { b"/CMapType 1 def\n" } else { b"/CMapType 2 def\n" });
        if self.vertical {
            out.extend(b"/WMode 1 def\n");
        }
        for block in self.spaces.chunks(100) {
            out.extend(format!("{} begincodespacerange\n", block.len()).as_bytes());
            for (low, high) in block {
                write_hex(low, &mut out);
                write_hex(high, &mut out);
                out.push(b'\n');
            }
            out.extend(b"endcodespacerange\n");
        }
        write_ranges(&self.cids, "cid", &mut out);
        write_ranges(&self.texts, "bf", &mut out);
        out.extend(b"endcmap\nend\nend\n");
        out
    }
}

/// The name of a predefined map.
pub(super) fn predefined(name: &[u8]) -> Option<String> {
    PREDEFINED.iter().find(|n| n.as_bytes() == name).map(|n| (*n).to_owned())
}

fn pairs(stack: &[Token<'_>]) -> Vec<(Vec<u8>, Vec<u8>)> {
    stack
        .chunks_exact(2)
        .filter_map(|t| match (&t[0], &t[1]) {
            (Token::Str(low), Token::Str(high))
                if low.len() == high.len() && (1..=4).contains(&low.len()) =>
            {
                Some((low.to_vec(), high.to_vec()))
            }
            _ => None,
        })
        .take(1000)
        .collect()
}

fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'<');
    bytes.iter().for_each(|b| write_digits(*b, out));
    out.push(b'>');
}

/// Blocks of at most 100 entries; single codes and ranges stand in blocks of their own kind, order kept.
fn write_ranges(ranges: &[Range], kind: &str, out: &mut Vec<u8>) {
    let single = |r: &Range| r.0 == r.1 && !matches!(r.2, Target::Texts(_));
    for group in ranges.chunk_by(|a, b| single(a) == single(b)) {
        let what = if group.first().is_some_and(single) { "char" } else { "range" };
        for block in group.chunks(100) {
            out.extend(format!("{} begin{kind}{what}\n", block.len()).as_bytes());
            for (low, high, target) in block {
                write_hex(low, out);
                if what == "range" {
                    write_hex(high, out);
                }
                match target {
                    Target::Text(text) => write_hex(text, out),
                    Target::Cid(cid) => {
                        out.push(b' ');
                        write_number(*cid, out);
                    }
                    Target::Texts(texts) => {
                        out.push(b'[');
                        for text in texts {
                            write_hex(text, out);
                        }
                        out.push(b']');
                    }
                }
                out.push(b'\n');
            }
            out.extend(format!("end{kind}{what}\n").as_bytes());
        }
    }
}
