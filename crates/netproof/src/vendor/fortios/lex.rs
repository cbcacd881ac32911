//! The block structure of a FortiOS configuration: `config` / `edit` / `set` / `next` / `end`.

/// A `set`, `unset` or `append` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// First word.
    pub verb: String,
    /// Attribute.
    pub key: String,
    /// Values, unquoted.
    pub values: Vec<String>,
    /// First line, 1-based.
    pub line: u32,
    /// Last line (quoted values may span several).
    pub last: u32,
}

/// A `config` or `edit` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Words after `config`, or the entry name after `edit`.
    pub name: String,
    /// First line.
    pub line: u32,
    /// Line of its `end` or `next`.
    pub last: u32,
    /// Attributes.
    pub settings: Vec<Setting>,
    /// Inner `config` blocks (inside an entry or a config).
    pub configs: Vec<Block>,
    /// Inner `edit` entries.
    pub entries: Vec<Block>,
    /// Lines that are none of these.
    pub strays: Vec<u32>,
}

impl Block {
    /// The last `set` of an attribute; `None` when absent or unset.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[String]> {
        let setting = self.settings.iter().rev().find(|s| s.key == key)?;
        (setting.verb != "unset").then_some(setting.values.as_slice())
    }

    /// First value of an attribute.
    #[must_use]
    pub fn word(&self, key: &str) -> Option<&str> {
        self.get(key)?.first().map(String::as_str)
    }

    /// Whether an attribute is `enable`.
    #[must_use]
    pub fn enabled(&self, key: &str) -> bool {
        self.word(key) == Some("enable")
    }

    /// Values of an attribute, `append` lines included.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for setting in self.settings.iter().filter(|s| s.key == key) {
            match setting.verb.as_str() {
                "append" => out.extend(setting.values.iter().cloned()),
                "unset" => out.clear(),
                _ => out = setting.values.clone(),
            }
        }
        out
    }

    /// Line of an attribute, or of the block.
    #[must_use]
    pub fn line_of(&self, key: &str) -> u32 {
        self.settings.iter().rev().find(|s| s.key == key).map_or(self.line, |s| s.line)
    }
}

/// One logical line: words (unquoted) and the physical lines it spans.
struct Logical {
    words: Vec<String>,
    line: u32,
    last: u32,
}

/// Deepest nesting that is followed.
const LIMIT_DEPTH: usize = 32;

/// Parses a whole file into a root block. Comments (`#…`) are left out; the caller accounts for them.
#[must_use]
pub fn parse(lines: &[String]) -> Block {
    let mut stack = vec![(Block::default(), false)];
    for logical in logical_lines(lines) {
        let verb = logical.words[0].as_str();
        match verb {
            "config" if stack.len() < LIMIT_DEPTH => {
                stack.push((open(&logical.words[1..].join(" "), logical.line), false));
            }
            "edit" if stack.len() < LIMIT_DEPTH => {
                stack.push((open(&logical.words[1..].join(" "), logical.line), true));
            }
            "next" if stack.last().is_some_and(|b| b.1) => close(&mut stack, logical.last),
            "end" if stack.len() > 1 => {
                // `end` also closes an entry that was left open, as multi-VDOM files do.
                if stack.last().is_some_and(|b| b.1) {
                    close(&mut stack, logical.last);
                }
                close(&mut stack, logical.last);
            }
            "set" | "unset" | "append" if logical.words.len() > 1 => {
                let setting = Setting {
                    verb: verb.to_owned(),
                    key: logical.words[1].clone(),
                    values: logical.words[2..].to_vec(),
                    line: logical.line,
                    last: logical.last,
                };
                if let Some(top) = stack.last_mut() {
                    top.0.settings.push(setting);
                }
            }
            _ => {
                if let Some(top) = stack.last_mut() {
                    top.0.strays.extend(logical.line..=logical.last);
                }
            }
        }
    }
    let end = lines.len() as u32;
    while stack.len() > 1 {
        close(&mut stack, end);
    }
    stack.pop().map(|b| b.0).unwrap_or_default()
}

fn open(name: &str, line: u32) -> Block {
    Block { name: name.to_owned(), line, last: line, ..Block::default() }
}

fn close(stack: &mut Vec<(Block, bool)>, last: u32) {
    if stack.len() < 2 {
        return;
    }
    if let Some((mut block, entry)) = stack.pop() {
        block.last = last;
        if let Some(parent) = stack.last_mut() {
            if entry { parent.0.entries.push(block) } else { parent.0.configs.push(block) }
        }
    }
}

fn logical_lines(lines: &[String]) -> Vec<Logical> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let first = at as u32 + 1;
        let text = lines[at].trim();
        at += 1;
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let mut words = Vec::new();
        let mut word = String::new();
        let mut started = false;
        let mut quoted = tokenize(text, &mut words, &mut word, &mut started, false);
        // A quote left open continues on the next lines; a runaway quote stops at the end of the file.
        while quoted && at < lines.len() {
            word.push('\n');
            quoted = tokenize(&lines[at], &mut words, &mut word, &mut started, true);
            at += 1;
        }
        if started {
            words.push(word);
        }
        if !words.is_empty() {
            out.push(Logical { words, line: first, last: at as u32 });
        }
    }
    out
}

/// Splits one physical line; returns whether a quote is still open at its end.
fn tokenize(
    text: &str,
    words: &mut Vec<String>,
    word: &mut String,
    started: &mut bool,
    mut quoted: bool,
) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if let Some(next) = chars.next() {
                    word.push(next);
                    *started = true;
                }
            }
            '"' => {
                quoted = !quoted;
                *started = true;
            }
            c if c.is_whitespace() && !quoted => {
                if *started {
                    words.push(std::mem::take(word));
                    *started = false;
                }
            }
            c => {
                word.push(c);
                *started = true;
            }
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_nest_and_quotes_span_lines() {
        let text =
            "config a b\n edit \"x y\"\n  set k \"one\ntwo\" three\n  config in\n  end\n next\nend\nset z";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let root = parse(&lines);
        assert_eq!(root.configs[0].name, "a b");
        let entry = &root.configs[0].entries[0];
        assert_eq!(entry.name, "x y");
        assert_eq!(entry.get("k").unwrap(), ["one\ntwo", "three"]);
        assert_eq!((entry.settings[0].line, entry.settings[0].last), (3, 4));
        assert_eq!(entry.configs[0].name, "in");
        assert_eq!(root.settings.len(), 1);
    }
}
