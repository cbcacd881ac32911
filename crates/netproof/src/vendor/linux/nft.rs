//! `nft list ruleset`: tables, sets, maps and chains.

use std::collections::HashMap;

use super::chains::{Chain, Family, Hook, Packets, Table};
use super::nft_match::{self, Names};

/// A word with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: u32,
    pub(super) quoted: bool,
}

/// What was read, and lines that were not understood outside rules.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) tables: Vec<Table>,
    pub(super) unknown: Vec<u32>,
    pub(super) understood: Vec<u32>,
    /// Lines of rules that were not understood.
    pub(super) unread_rules: Vec<u32>,
    /// Lines that may stop packets and do nothing else: address resolution that is refused.
    pub(super) only_drops: Vec<u32>,
}

fn tokens(lines: &[(u32, &str)]) -> Vec<Token> {
    let mut out = Vec::new();
    for &(line, text) in lines {
        let mut word = String::new();
        let mut chars = text.chars();
        let flush = |word: &mut String, out: &mut Vec<Token>| {
            if !word.is_empty() {
                out.push(Token { text: std::mem::take(word), line, quoted: false });
            }
        };
        while let Some(c) = chars.next() {
            match c {
                '#' => break,
                '"' => {
                    flush(&mut word, &mut out);
                    let quoted: String = chars.by_ref().take_while(|c| *c != '"').collect();
                    out.push(Token { text: quoted, line, quoted: true });
                }
                '{' | '}' | ',' | ';' | '=' | '(' | ')' | '|' | '&' | '!' | '<' | '>' => {
                    let pair = matches!((word.as_str(), c), ("!" | "<" | ">" | "=", '='));
                    if pair {
                        word.push(c);
                        flush(&mut word, &mut out);
                    } else {
                        flush(&mut word, &mut out);
                        word.push(c);
                        if !matches!(c, '!' | '<' | '>' | '=') {
                            flush(&mut word, &mut out);
                        }
                    }
                }
                c if c.is_whitespace() => flush(&mut word, &mut out),
                c => {
                    if matches!(word.as_str(), "!" | "<" | ">" | "=") {
                        flush(&mut word, &mut out);
                    }
                    word.push(c);
                }
            }
        }
        flush(&mut word, &mut out);
        out.push(Token { text: "\n".into(), line, quoted: false });
    }
    out
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }
    fn next(&mut self) -> Option<Token> {
        let t = self.tokens.get(self.at).cloned();
        self.at += 1;
        t
    }
    fn blank(&mut self) {
        while self.peek().is_some_and(|t| !t.quoted && matches!(t.text.as_str(), "\n" | ";")) {
            self.at += 1;
        }
    }
    /// Tokens up to the end of the statement; braces may span lines.
    fn statement(&mut self) -> Vec<Token> {
        let mut out = Vec::new();
        let mut depth = 0;
        while let Some(t) = self.peek().cloned() {
            if !t.quoted {
                match t.text.as_str() {
                    "{" => depth += 1,
                    "}" if depth == 0 => break,
                    "}" => depth -= 1,
                    "\n" | ";" if depth == 0 => {
                        self.at += 1;
                        break;
                    }
                    "\n" => {
                        self.at += 1;
                        continue;
                    }
                    _ => {}
                }
            }
            out.push(t);
            self.at += 1;
        }
        out
    }
    /// Skips a braced block whose `{` was already taken; returns the line of its end.
    fn skip(&mut self) -> u32 {
        let mut depth = 1;
        let mut line = 0;
        while let Some(t) = self.next() {
            line = t.line;
            match t.text.as_str() {
                "{" if !t.quoted => depth += 1,
                "}" if !t.quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        line
    }
}

/// Parses the numbered lines of a rule set. `interface` resolves a name to its number.
pub(super) fn parse(lines: &[(u32, &str)], of: Packets, interface: &dyn Fn(&str) -> Vec<usize>) -> Parsed {
    let mut r = Reader { tokens: tokens(lines), at: 0 };
    let mut out = Parsed::default();
    loop {
        r.blank();
        let Some(t) = r.next() else { break };
        if t.text == "flush" {
            r.statement();
            out.understood.push(t.line);
            continue;
        }
        if t.text != "table" {
            out.unknown.push(t.line);
            r.statement();
            continue;
        }
        let first = r.next().map(|t| t.text).unwrap_or_default();
        let (family, named) = match first.as_str() {
            "ip" => (Some(Family::V4), true),
            "ip6" => (Some(Family::V6), true),
            "inet" => (Some(Family::Both), true),
            "arp" | "bridge" | "netdev" => (None, true),
            _ => (Some(Family::V4), false),
        };
        if named {
            r.next();
        }
        if r.next().is_none_or(|t| t.text != "{") {
            out.unknown.push(t.line);
            continue;
        }
        match family {
            Some(family) => table(&mut r, family, of, &mut out, interface),
            None => {
                // Bridge and netdev hooks see frames before everything else here.
                let end = r.skip();
                if first == "arp" { &mut out.only_drops } else { &mut out.unknown }.extend(t.line..=end);
            }
        }
        out.understood.push(t.line);
    }
    out
}

fn table(
    r: &mut Reader,
    family: Family,
    of: Packets,
    out: &mut Parsed,
    interface: &dyn Fn(&str) -> Vec<usize>,
) {
    let mut names = Names { sets: HashMap::new(), maps: HashMap::new(), interface, family, of };
    let mut chains: Vec<(String, u32, Vec<Vec<Token>>)> = Vec::new();
    loop {
        r.blank();
        let Some(t) = r.next() else { break };
        out.understood.push(t.line);
        match t.text.as_str() {
            "}" => break,
            "set" | "map" => {
                let name = r.next().map(|t| t.text).unwrap_or_default();
                r.next();
                definition(r, &t, &name, &mut names, out);
            }
            "chain" => {
                let name = r.next().map(|t| t.text).unwrap_or_default();
                r.next();
                let mut statements = Vec::new();
                loop {
                    r.blank();
                    if r.peek().is_none_or(|t| t.text == "}" && !t.quoted) {
                        if let Some(end) = r.next() {
                            out.understood.push(end.line);
                        }
                        break;
                    }
                    statements.push(r.statement());
                }
                chains.push((name, t.line, statements));
            }
            "comment" => {
                let s = r.statement();
                out.understood.extend(s.iter().map(|t| t.line));
            }
            "counter" => named(&r.statement(), &["packets", "comment"], out),
            // Connections that were let in go past the forward hook; a first packet never does.
            "flowtable" => named(&r.statement(), &["hook", "devices", "counter", "flags", "comment"], out),
            _ => {
                // synproxy, ct helper, quota …
                let s = r.statement();
                out.unknown.push(t.line);
                out.unknown.extend(s.iter().map(|t| t.line));
            }
        }
    }
    let chains = chains.into_iter().map(|(n, l, s)| chain(n, l, &s, &names, out)).collect();
    out.tables.push(Table { family, chains });
}

/// An object that rules name: what it says begins with one of these words, anything else is not understood.
fn named(statement: &[Token], known: &[&str], out: &mut Parsed) {
    let (mut depth, mut begins, mut line) = (0, false, statement.first().map_or(0, |t| t.line));
    let mut lines = std::collections::BTreeMap::new();
    for token in statement {
        begins |= token.line != line;
        line = token.line;
        let word = token.text.as_str();
        let odd = depth == 1 && begins && !known.contains(&word) && word != "}";
        *lines.entry(line).or_insert(false) |= odd;
        depth += i32::from(word == "{") - i32::from(word == "}");
        begins = matches!(word, "{" | ";");
    }
    for (line, odd) in lines {
        if odd { &mut out.unknown } else { &mut out.understood }.push(line);
    }
}

fn definition(r: &mut Reader, head: &Token, name: &str, names: &mut Names<'_>, out: &mut Parsed) {
    let mut elements: Option<Vec<Token>> = Some(Vec::new());
    let mut kind = String::new();
    loop {
        r.blank();
        let Some(t) = r.peek().cloned() else { break };
        out.understood.push(t.line);
        if t.text == "}" && !t.quoted {
            r.next();
            break;
        }
        let s = r.statement();
        out.understood.extend(s.iter().map(|t| t.line));
        match s.first().map(|t| t.text.as_str()) {
            Some("type" | "typeof") => {
                kind = s[1..].iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ")
            }
            Some("elements") => elements = s.get(2..).map(<[Token]>::to_vec),
            Some("size" | "policy" | "auto-merge" | "gc-interval" | "comment" | "counter") => {}
            // Elements that time out or are added by rules are not all printed.
            Some("flags") if s.iter().any(|t| matches!(t.text.as_str(), "timeout" | "dynamic")) => {
                elements = None
            }
            Some("flags") => {}
            _ => {
                out.unread_rules.push(t.line);
                elements = None;
            }
        }
    }
    let elements = elements.map(|e| nft_match::braced(&e));
    if head.text == "set" {
        names.sets.insert(name.to_owned(), (kind, elements));
    } else {
        names.maps.insert(name.to_owned(), (kind, elements));
    }
}

fn chain(name: String, line: u32, statements: &[Vec<Token>], names: &Names<'_>, out: &mut Parsed) -> Chain {
    let mut chain = Chain { name, hook: None, nat: false, drop_policy: false, entries: Vec::new(), line };
    for s in statements.iter().filter(|s| !s.is_empty()) {
        let words: Vec<&str> = s.iter().map(|t| t.text.as_str()).collect();
        let line = s[0].line;
        match words[..] {
            ["type", kind, "hook", hook, ref rest @ ..] => {
                chain.nat = kind == "nat";
                match base(hook, rest) {
                    Some(found) => {
                        chain.hook = Some(found);
                        out.understood.push(line);
                    }
                    None => out.unknown.push(line),
                }
            }
            ["policy", policy] => {
                chain.drop_policy = policy == "drop";
                out.understood.push(line);
            }
            ["comment", ..] => out.understood.push(line),
            _ => {
                let entries = nft_match::rule(s, names);
                if entries.iter().any(|e| e.verdict == super::chains::Verdict::Unknown) {
                    out.unread_rules.push(line);
                } else {
                    out.understood.push(line);
                }
                out.understood.extend(s.iter().map(|t| t.line).filter(|l| *l != line));
                chain.entries.extend(entries);
            }
        }
    }
    chain
}

fn base(hook: &str, rest: &[&str]) -> Option<(Hook, i32)> {
    let hook = match hook {
        "prerouting" => Hook::Prerouting,
        "input" => Hook::Input,
        "forward" => Hook::Forward,
        "postrouting" => Hook::Postrouting,
        "output" => Hook::Other,
        _ => return None,
    };
    let at = rest.iter().position(|w| *w == "priority")?;
    let named = |w: &str| {
        Some(match w {
            "raw" => -300,
            "mangle" => -150,
            "dstnat" => -100,
            "filter" => 0,
            "security" => 50,
            "srcnat" => 100,
            other => other.parse().ok()?,
        })
    };
    let first = rest.get(at + 1)?;
    let base: i32 = named(first)?;
    let offset = match (rest.get(at + 2), rest.get(at + 3)) {
        (Some(&"+"), Some(n)) => n.parse::<i32>().ok()?,
        (Some(&"-"), Some(n)) => -n.parse::<i32>().ok()?,
        _ => 0,
    };
    Some((hook, base.saturating_add(offset)))
}
