//! The beginning of a line, character by character, folded to half width.

use super::marker::{Doubt, Marker, Style};
use crate::text::{fold, kanji_digit, kanji_number};

/// A sentence does not begin with these, it reads on.
const PARTICLES: &str = "のにをはがとでへやもか、。,)」』】";
const CONNECTIVES: [&str; 14] = [
    "及び",
    "又は",
    "並びに",
    "若しくは",
    "または",
    "および",
    "から",
    "まで",
    "以外",
    "以下",
    "以上",
    "以降",
    "各号",
    "について",
];

/// Folded characters of a line with their byte offsets.
pub(super) struct Cursor<'a> {
    pub(super) line: &'a str,
    chars: Vec<(usize, char)>,
    at: usize,
    pub(super) after_gap: bool,
}

impl<'a> Cursor<'a> {
    /// A number ends well within the first 40 characters.
    pub(super) fn new(line: &'a str) -> Self {
        let indent = line.len() - line.trim_start().len();
        let chars = line[indent..].char_indices().take(40).map(|(i, c)| (indent + i, fold(c))).collect();
        Self { line, chars, at: 0, after_gap: false }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).map(|(_, c)| *c)
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    pub(super) fn skip_blanks(&mut self) -> bool {
        let before = self.at;
        while self.peek() == Some(' ') {
            self.at += 1;
        }
        self.at > before
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool, most: usize) -> String {
        let mut out = String::new();
        while out.chars().count() < most
            && let Some(c) = self.peek().filter(|c| wanted(*c))
        {
            out.push(c);
            self.at += 1;
        }
        out
    }

    pub(super) fn digits(&mut self) -> Option<u32> {
        self.take_while(|c| c.is_ascii_digit(), 5).parse().ok()
    }

    /// Arabic or kanji, with blanks around it.
    pub(super) fn number(&mut self) -> Option<u32> {
        self.skip_blanks();
        let run = match self.peek()? {
            '0'..='9' => self.take_while(|c| c.is_ascii_digit(), 5),
            _ => self.take_while(|c| kanji_digit(c).is_some() || matches!(c, '十' | '百' | '千'), 7),
        };
        kanji_number(&run).filter(|n| *n > 0)
    }

    /// の2 of 第5条の2.
    pub(super) fn branch(&mut self) -> Option<u32> {
        let start = self.at;
        if self.peek() == Some('の') {
            self.at += 1;
            if let Some(number) = self.number() {
                return Some(number);
            }
        }
        self.at = start;
        None
    }

    /// から第7条まで.
    pub(super) fn range(&mut self, unit: &str) -> Option<u32> {
        let start = self.at;
        let rest: String = self.chars[self.at..].iter().map(|(_, c)| *c).collect();
        if rest.starts_with("から第") || rest.starts_with("及び第") {
            self.at += 3;
            if let Some(number) = self.number()
                && self.take_while(|c| unit.contains(c), 1) == unit
            {
                self.take_while(|c| matches!(c, 'ま' | 'で'), 2);
                let tail: String =
                    self.chars[self.at..].iter().map(|(_, c)| *c).filter(|c| *c != ' ').collect();
                if tail.starts_with("削除") {
                    return Some(number);
                }
            }
        }
        self.at = start;
        None
    }

    /// Builds the marker; the content begins after the blanks that follow.
    pub(super) fn finish(&mut self, style: Style, parts: Vec<u32>, label: String) -> Marker {
        self.after_gap = self.skip_blanks();
        let content = self.chars.get(self.at).map_or(self.line.len(), |(i, _)| *i);
        let rest = &self.line[content..];
        let particle = rest.chars().next().is_some_and(|c| PARTICLES.contains(fold(c)));
        let reads_on = if self.after_gap {
            rest.starts_with(['、', '。', '）', ')', '」'])
        } else {
            particle || CONNECTIVES.iter().any(|c| rest.starts_with(c))
        };
        let number = *parts.first().unwrap_or(&1);
        let number =
            if matches!(style, Style::Decimal(_)) { *parts.last().unwrap_or(&number) } else { number };
        Marker {
            readings: vec![(style, number)],
            parts,
            through: None,
            label,
            content,
            doubt: if reads_on { Doubt::ReadsOn } else { Doubt::None },
        }
    }
}
