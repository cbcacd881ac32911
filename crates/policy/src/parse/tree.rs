//! Where a number belongs: the stack of open clauses, and the labels and ids that follow from it.

use super::draft::Draft;
use super::marker::{Doubt, Marker, Style};
use crate::limits;
use std::collections::HashMap;

/// A jump over more numbers than this is not a gap but another text.
const GAP_MAX: u32 = 20;

/// An open clause.
#[derive(Debug, Clone, Copy)]
struct Frame {
    style: Style,
    /// The number last used at this level.
    number: u32,
    clause: usize,
}

/// What is known of the line beside its number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// The text before is complete.
    pub(super) complete: bool,
    /// The table of contents has this line.
    pub(super) in_contents: bool,
    /// The text beside the number reads as a heading.
    pub(super) heading: bool,
}

/// The place found for a marker: how many open clauses stay open, and which reading of it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    keep: usize,
    style: Style,
    number: u32,
}

#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) drafts: Vec<Draft>,
    stack: Vec<Frame>,
    ids: HashMap<String, u32>,
    labels: HashMap<String, u32>,
    last_article: u32,
    pub(super) has_articles: bool,
}

impl Tree {
    /// The place of a marker, or none when it is more likely the middle of a sentence.
    pub(super) fn place(&self, marker: &Marker, now: Situation) -> Option<Place> {
        let (style, number) = *marker.readings.first()?;
        if let Some(rank) = style.rank() {
            return self.place_structural(style, number, rank, marker, now);
        }
        if let Style::Decimal(depth) = style {
            return self.place_decimal(depth, marker, now);
        }
        if style == Style::Ordinal {
            let keep = self.stack.iter().position(|f| {
                f.style == style || (f.style.rank().is_none() && !matches!(f.style, Style::Heading(_)))
            });
            let due = self.stack.iter().any(|f| f.style == style && f.number + 1 == number) || number == 1;
            return (due || marker.doubt == Doubt::None && now.complete).then_some(Place {
                keep: keep.unwrap_or(self.stack.len()),
                style,
                number,
            });
        }
        let sure = marker.doubt == Doubt::None;
        self.sibling(marker, now)
            .filter(|_| marker.doubt < Doubt::ReadsOn || now.complete)
            .or_else(|| {
                self.first_of_list(marker, now)
                    .filter(|_| sure || (marker.doubt == Doubt::NoGap && now.complete))
            })
            .or_else(|| self.out_of_order(style, number, marker, now))
    }

    fn place_structural(
        &self,
        style: Style,
        number: u32,
        rank: u8,
        marker: &Marker,
        now: Situation,
    ) -> Option<Place> {
        if style == Style::Article {
            let due =
                number == self.last_article + 1 || marker.parts.len() > 1 && number == self.last_article;
            let refused = marker.doubt == Doubt::ReadsOn && !(due && now.complete) || !now.complete && !due;
            if refused {
                return None;
            }
        } else if marker.doubt == Doubt::ReadsOn || !now.complete && !now.heading {
            return None;
        }
        let encloses = |f: &Frame| match f.style {
            Style::Heading(_) => true,
            _ => f.style.rank().is_some_and(|r| r < rank),
        };
        let keep = self.stack.iter().position(|f| !encloses(f)).unwrap_or(self.stack.len());
        Some(Place { keep, style, number })
    }

    /// `2.1` below `2`; the parts before the last must be those of the clause it comes under.
    fn place_decimal(&self, depth: u8, marker: &Marker, now: Situation) -> Option<Place> {
        let (last, before) = marker.parts.split_last()?;
        let above: Vec<usize> = (0..self.stack.len()).filter(|i| self.path_numbers(*i) == before).collect();
        let keep = match above.last() {
            Some(i) => i + 1,
            // The parent may be missing (基準 that begins with 1.1).
            None if now.complete && (now.heading || now.in_contents) && marker.doubt == Doubt::None => self
                .stack
                .iter()
                .position(|f| !matches!(f.style, Style::Heading(_)) && f.style.rank().is_none())
                .unwrap_or(self.stack.len()),
            None => return None,
        };
        if marker.doubt == Doubt::ReadsOn && !now.in_contents {
            return None;
        }
        Some(Place { keep, style: Style::Decimal(depth), number: *last })
    }

    /// The numbers that a decimal label repeats: `[2]` for clause 2 or 第2章, `[2, 4]` for 2-4.
    fn path_numbers(&self, frame: usize) -> Vec<u32> {
        let Some(Frame { style, number, clause }) = self.stack.get(frame).copied() else { return Vec::new() };
        match style {
            Style::Decimal(_) => {
                self.drafts[clause].label.split(['.', '-']).filter_map(|p| p.parse().ok()).collect()
            }
            Style::Number | Style::Chapter | Style::Ordinal | Style::Part => vec![number],
            _ => Vec::new(),
        }
    }

    /// Continues an open list: innermost first, the outermost when the table of contents has the line.
    fn sibling(&self, marker: &Marker, now: Situation) -> Option<Place> {
        let fits = |i: &usize| {
            marker
                .readings
                .iter()
                .find(|(s, n)| self.stack[*i].style == *s && self.stack[*i].number + 1 == *n)
        };
        let mut places = (0..self.stack.len()).filter(|i| fits(i).is_some());
        let index = if now.in_contents { places.next() } else { places.next_back() }?;
        fits(&index).map(|(style, number)| Place { keep: index, style: *style, number: *number })
    }

    /// Begins a list below the innermost clause: number 1, or 2 for the 項 of an article whose first has no number.
    fn first_of_list(&self, marker: &Marker, now: Situation) -> Option<Place> {
        let reading = marker.readings.iter().find(|(_, n)| *n == 1);
        if let Some((style, number)) = reading.copied() {
            let same = self.stack.iter().position(|f| f.style == style);
            let keep = match same {
                Some(i) if i + 1 == self.stack.len() || now.in_contents => i,
                _ => self.stack.len(),
            };
            return (keep < limits::DEPTH_MAX).then_some(Place { keep, style, number });
        }
        let (style, number) = *marker.readings.first()?;
        let article = self.stack.iter().rposition(|f| f.style == Style::Article)?;
        let has_items = self.stack[article..].iter().any(|f| f.style == Style::Number);
        (style == Style::Number && number == 2 && !has_items).then_some(Place {
            keep: article + 1,
            style,
            number,
        })
    }

    /// A number that is not due: a gap, a repetition, or no number at all.
    fn out_of_order(&self, style: Style, number: u32, marker: &Marker, now: Situation) -> Option<Place> {
        if marker.doubt != Doubt::None || !now.complete {
            return None;
        }
        let weak = matches!(
            style,
            Style::Number | Style::Kanji | Style::Alpha | Style::Upper | Style::Kana | Style::Iroha
        );
        if weak && !(now.heading || now.in_contents) && !(style == Style::Number && self.article_open()) {
            return None;
        }
        match self.stack.iter().rposition(|f| f.style == style) {
            Some(i) if number > self.stack[i].number => {
                (number - self.stack[i].number <= GAP_MAX).then_some(Place { keep: i, style, number })
            }
            Some(i) => Some(Place { keep: i, style, number }),
            None if number <= 3 || self.drafts.is_empty() => {
                let article = self
                    .stack
                    .iter()
                    .rposition(|f| f.style == Style::Article)
                    .filter(|_| style == Style::Number);
                let keep = article.map_or(self.stack.len(), |a| a + 1);
                (keep < limits::DEPTH_MAX).then_some(Place { keep, style, number })
            }
            None => None,
        }
    }

    fn article_open(&self) -> bool {
        self.stack.iter().any(|f| f.style == Style::Article)
    }

    /// The place of a heading without a number: below chapters, beside articles and top-level numbers.
    pub(super) fn place_heading(&self, level: u8) -> Place {
        let style = Style::Heading(level);
        let keep = self
            .stack
            .iter()
            .position(|f| match f.style {
                Style::Heading(l) => l >= level,
                _ => f.style.rank().is_none_or(|r| r >= 6 || r == 0),
            })
            .unwrap_or(self.stack.len());
        Place { keep, style, number: 0 }
    }

    pub(super) fn place_named(&self) -> Place {
        Place { keep: 0, style: Style::Named, number: 0 }
    }

    /// Opens a clause and returns its index.
    pub(super) fn open(
        &mut self,
        place: Place,
        step: &str,
        marker: Option<&Marker>,
        line: u32,
        first: String,
    ) -> usize {
        self.stack.truncate(place.keep);
        let parent = self.stack.last().map(|f| f.clause);
        let label = self.label(place, parent, step);
        let id = self.id(place, parent, step, marker);
        let clause = self.drafts.len();
        if let Some(parent) = parent {
            self.drafts[parent].has_children = true;
        }
        let style = place.style;
        self.drafts.push(Draft {
            id,
            label,
            style,
            parent,
            line,
            caption: None,
            first,
            first_line: line,
            paragraphs: Vec::new(),
            has_children: false,
        });
        let through = marker.and_then(|m| m.through).unwrap_or(place.number);
        self.stack.push(Frame { style, number: through, clause });
        if style == Style::Article {
            self.last_article = through;
            self.has_articles = true;
        } else if style == Style::Named {
            self.last_article = 0;
        }
        clause
    }

    fn label(&mut self, place: Place, parent: Option<usize>, step: &str) -> String {
        let named = self
            .stack
            .first()
            .filter(|f| f.style == Style::Named)
            .map(|f| self.drafts[f.clause].label.clone());
        let above = parent.map(|p| &self.drafts[p]);
        let mut label = match place.style {
            Style::Named | Style::Heading(_) => step.to_owned(),
            Style::Article | Style::Ordinal | Style::Decimal(_) => {
                touching(named.as_deref().unwrap_or(""), step)
            }
            Style::Number if above.is_some_and(|d| d.style == Style::Article) => {
                format!("{}第{step}項", above.map_or("", |d| d.label.as_str()))
            }
            // 一 目的 as a top level is simply 1.
            Style::Kanji if above.is_none() => place.number.to_string(),
            _ => touching(&self.numbered_label(parent), step),
        };
        if self.labels.contains_key(&label)
            && let Some(heading) = self.stack.iter().rev().find(|f| matches!(f.style, Style::Heading(_)))
        {
            label = format!("{} {label}", self.drafts[heading.clause].label);
        }
        *self.labels.entry(label.clone()).or_default() += 1;
        label
    }

    /// The label that a child's is appended to; headings without number add nothing.
    fn numbered_label(&self, clause: Option<usize>) -> String {
        let mut at = clause;
        while let Some(index) = at {
            let draft = &self.drafts[index];
            if !matches!(draft.style, Style::Heading(_)) {
                return draft.label.clone();
            }
            at = draft.parent;
        }
        String::new()
    }

    /// A path in ASCII. Repeated paths are told apart by a count, so that ids are unique at any input.
    fn id(&mut self, place: Place, parent: Option<usize>, step: &str, marker: Option<&Marker>) -> String {
        let n = place.number;
        let branch: String = marker
            .filter(|_| place.style == Style::Article)
            .map_or_else(String::new, |m| m.parts.iter().skip(1).map(|p| format!("b{p}")).collect());
        let own = match place.style {
            Style::Named if step.starts_with("附則") => "sup".to_owned(),
            Style::Named => "annex".to_owned(),
            Style::Part => format!("pt{n}"),
            Style::Chapter => format!("ch{n}"),
            Style::Section => format!("s{n}"),
            Style::Subsection => format!("ss{n}"),
            Style::Division => format!("d{n}"),
            Style::Heading(_) => format!("h{}", self.drafts.len()),
            Style::Article => format!("a{n}{branch}"),
            Style::Ordinal => format!("o{n}"),
            Style::Decimal(_) => format!("c{}", marker.map_or_else(String::new, |m| dashed(&m.parts))),
            Style::Number if parent.is_some_and(|p| self.drafts[p].style == Style::Article) => {
                format!("p{n}")
            }
            _ => n.to_string(),
        };
        let named = self.stack.first().filter(|f| f.style == Style::Named);
        let absolute = matches!(place.style, Style::Article | Style::Ordinal | Style::Decimal(_));
        let above = match (absolute, named) {
            (true, Some(frame)) => Some(self.drafts[frame.clause].id.clone()),
            (true, None) => None,
            (false, _) => parent.map(|p| self.drafts[p].id.clone()).filter(|id| !id.starts_with('h')),
        };
        let path = match above {
            Some(above) => format!("{above}-{own}"),
            None if own.starts_with(|c: char| c.is_ascii_digit()) => format!("c{own}"),
            None => own,
        };
        let mut id = path.clone();
        loop {
            let seen = self.ids.entry(path.clone()).or_default();
            *seen += 1;
            if *seen > 1 {
                id = format!("{path}_{seen}");
            }
            if id == path || !self.ids.contains_key(&id) {
                break;
            }
        }
        if id != path {
            self.ids.insert(id.clone(), 1);
        }
        id
    }

    /// 前文: text before the first number, with its heading if it has one.
    pub(super) fn open_preamble(&mut self, line: u32, text: String, heading: bool) -> usize {
        let (first, paragraphs) =
            if heading { (text, Vec::new()) } else { (String::new(), vec![(line, text)]) };
        self.drafts.push(Draft {
            id: "preamble".to_owned(),
            label: "前文".to_owned(),
            style: Style::Heading(1),
            parent: None,
            line,
            caption: None,
            first,
            first_line: line,
            paragraphs,
            has_children: false,
        });
        self.drafts.len() - 1
    }

    /// The clause that text without a number belongs to: the one opened last.
    pub(super) fn current(&mut self) -> Option<(usize, &mut Draft)> {
        let index = self.drafts.len().checked_sub(1)?;
        self.drafts.last_mut().map(|d| (index, d))
    }
}

fn dashed(parts: &[u32]) -> String {
    parts.iter().map(u32::to_string).collect::<Vec<_>>().join("-")
}

/// Two labels in a row; digits that would run together are parted by の.
fn touching(above: &str, step: &str) -> String {
    let digits =
        above.ends_with(|c: char| c.is_ascii_digit()) && step.starts_with(|c: char| c.is_ascii_digit());
    format!("{above}{}{step}", if digits { "の" } else { "" })
}
