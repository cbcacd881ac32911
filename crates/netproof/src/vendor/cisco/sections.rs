//! Indented configurations: a line and the lines under it.

use std::collections::HashSet;

use crate::vendor::build::{Builder, Scope};

/// One line with its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) line: u32,
    pub(crate) words: Vec<String>,
    pub(crate) children: Vec<Section>,
}

impl Section {
    /// The words as one text.
    pub(crate) fn text(&self) -> String {
        self.words.join(" ")
    }

    /// Words as slices.
    pub(crate) fn slices(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }
}

/// What lines there are besides sections.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) sections: Vec<Section>,
    /// Comments, separators, banner texts.
    pub(crate) comments: Vec<u32>,
}

/// Deepest nesting that is followed.
const LIMIT_DEPTH: usize = 16;

/// Parses indentation. `!` and `#` lines are comments; banner texts are skipped up to their delimiter.
pub(crate) fn parse(lines: &[String]) -> Parsed {
    let mut out = Parsed::default();
    let mut stack: Vec<(usize, Section)> = Vec::new();
    let mut banner: Option<char> = None;
    for (number, raw) in (1u32..).zip(lines) {
        if let Some(delimiter) = banner {
            out.comments.push(number);
            if raw.contains(delimiter) {
                banner = None;
            }
            continue;
        }
        let text = raw.trim_end();
        let trimmed = text.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('!') || trimmed.starts_with('#') {
            out.comments.push(number);
            continue;
        }
        let indent = text.len() - trimmed.len();
        while stack.last().is_some_and(|s| s.0 >= indent) || stack.len() > LIMIT_DEPTH {
            pop(&mut stack, &mut out.sections);
        }
        let words: Vec<String> = trimmed.split_whitespace().map(str::to_owned).collect();
        if words[0] == "banner" && words.len() > 2 {
            let rest = trimmed.splitn(3, char::is_whitespace).nth(2).unwrap_or_default();
            let caret = rest.starts_with("^C");
            let delimiter = if caret { '^' } else { rest.chars().next().unwrap_or('^') };
            let body: String = rest.chars().skip(if caret { 2 } else { 1 }).collect();
            if !body.contains(delimiter) {
                banner = Some(delimiter);
            }
        }
        stack.push((indent, Section { line: number, words, children: Vec::new() }));
    }
    while !stack.is_empty() {
        pop(&mut stack, &mut out.sections);
    }
    out
}

fn pop(stack: &mut Vec<(usize, Section)>, top: &mut Vec<Section>) {
    if let Some((_, section)) = stack.pop() {
        match stack.last_mut() {
            Some(parent) => parent.1.children.push(section),
            None => top.push(section),
        }
    }
}

/// Objects and groups (`object network NAME`) in such an order that what one of them names comes before it, as far as
/// there is such an order: a group may be printed before the groups it holds.
pub(crate) fn inner_first<'s>(sections: impl Iterator<Item = &'s Section>) -> Vec<&'s Section> {
    let name = |s: &'s Section| s.words.get(2).map(String::as_str);
    let mut open: Vec<&Section> = sections.collect();
    let mut out = Vec::new();
    while !open.is_empty() {
        let waiting: HashSet<&str> = open.iter().filter_map(|s| name(s)).collect();
        let ready = |s: &&'s Section| {
            let says = s.children.iter().filter(|c| c.words[0] != "description");
            says.flat_map(|c| &c.words).all(|w| Some(w.as_str()) == name(s) || !waiting.contains(w.as_str()))
        };
        let (now, later): (Vec<_>, Vec<_>) = open.into_iter().partition(ready);
        // Groups that hold each other: no order helps.
        let stuck = now.is_empty();
        out.extend(now);
        open = later;
        if stuck {
            out.append(&mut open);
        }
    }
    out
}

/// The line and everything under it became `item`.
pub(crate) fn whole(b: &mut Builder, section: &Section, item: &str) {
    b.lowered(section.line, item);
    for child in &section.children {
        whole(b, child, item);
    }
}

/// The line and everything under it cannot change forwarding.
pub(crate) fn ignore_all(b: &mut Builder, section: &Section, rule: &str) {
    b.ignored(section.line, rule);
    for child in &section.children {
        ignore_all(b, child, rule);
    }
}

/// The line and everything under it was not understood.
pub(crate) fn unknown_all(b: &mut Builder, section: &Section, scope: &Scope) {
    b.unknown(section.line, scope.clone());
    for child in &section.children {
        unknown_all(b, child, scope);
    }
}
