//! The clauses: each open line either begins one, continues one, or is named in a warning.

use super::join::{self, Before, Layout};
use super::marker::{Doubt, Marker, bullet, marker};
use super::toc::{self, Contents};
use super::tree::{Situation, Tree};
use super::{Fate, Reader, excerpt};
use crate::decode::LineKind;
use crate::model::{Code, Document};
use crate::text::{folded, squeeze, tidy, width};
use crate::{PolicyError, limits};

/// A caption （目的） is at most this long.
const CAPTION_CHARS_MAX: usize = 40;

pub(super) fn read(
    reader: &mut Reader<'_>,
    contents: &Contents,
    document: &mut Document,
) -> Result<(), PolicyError> {
    let open: Vec<usize> = (0..reader.fates.len()).filter(|i| reader.is_open(*i)).collect();
    let texts: Vec<&str> = (0..reader.fates.len())
        .map(|i| if reader.fates[i] == Some(Fate::Blank) || reader.is_open(i) { reader.text(i) } else { "" })
        .collect();
    let layout = join::layout(&texts, reader.source.paragraphs);
    let mut body = Body {
        reader,
        contents,
        layout,
        tree: Tree::default(),
        last: None,
        caption: None,
        bullets: Run::default(),
        joins: Run::default(),
    };
    for index in open {
        body.line(index);
        if body.tree.drafts.len() > limits::CLAUSES_MAX {
            return Err(PolicyError::TooManyClauses);
        }
    }
    body.end();
    let drafts = body.tree.drafts;
    let ids: Vec<String> = drafts.iter().map(|d| d.id.clone()).collect();
    let headings: Vec<String> = drafts.iter().map(|d| toc::key(&format!("{}{}", d.label, d.first))).collect();
    compare_contents(reader, contents, &headings);
    document.clauses = drafts
        .into_iter()
        .map(|d| {
            let parent = d.parent.map(|p| ids[p].clone());
            d.finish(parent)
        })
        .collect();
    Ok(())
}

/// True when a clause may begin at this line: used to find the end of the front matter.
pub(super) fn begins_clause(reader: &Reader<'_>, index: usize) -> bool {
    let text = reader.text(index);
    let text = bullet(text).map_or(text, |at| &text[at..]);
    let numbered = marker(text).is_some_and(|m| {
        m.doubt == Doubt::None && m.readings[0].1 <= 1 || matches!(m.label.chars().next(), Some('第'))
    });
    numbered
        || is_caption(text)
            && reader
                .next_open(index + 1)
                .is_some_and(|n| marker(reader.text(n)).is_some_and(|m| m.readings[0].1 == 1))
}

/// Consecutive lines with the same repair share one warning.
#[derive(Debug, Default)]
struct Run {
    first: u32,
    last: u32,
    count: usize,
    /// Index of the line after which the run goes on.
    at: usize,
}

/// The line that text was last taken from.
struct Last {
    index: usize,
    before: Before,
}

struct Body<'r, 's> {
    reader: &'r mut Reader<'s>,
    contents: &'r Contents,
    layout: Layout,
    tree: Tree,
    last: Option<Last>,
    /// A caption that waits for its article: line and text.
    caption: Option<(usize, String)>,
    bullets: Run,
    joins: Run,
}

impl<'s> Body<'_, 's> {
    fn line(&mut self, index: usize) {
        let raw = self.reader.text(index);
        let row = self.reader.source.lines[index].kind == LineKind::Row;
        let unbulleted = bullet(raw).map(|at| &raw[at..]).filter(|rest| marker(rest).is_some());
        let text = unbulleted.unwrap_or(raw);
        if let Some(name) = named(text) {
            return self.open_named(index, &name);
        }
        if let Some(found) = marker(text) {
            if self.open_numbered(index, text, &found) {
                match unbulleted {
                    Some(_) => self.bullets.note(self.reader.number(index), index),
                    None => self.flush_bullets(),
                }
                return;
            }
            if !self.continues(index, text) {
                let message = format!(
                    "「{}」は番号で始まっていますが、前後の番号と続かないため本文として扱いました。",
                    excerpt(text)
                );
                self.reader.warn(index, Code::NumberDoubtful, message);
            }
        } else if is_caption(text) && self.open_caption(index, text) {
            return;
        } else if let Some(level) = self.unnumbered_heading(index) {
            return self.open_heading(index, level, text);
        } else if is_web_furniture(text) {
            let message = format!("「{}」はウェブページの部品と見て、取り込みませんでした。", excerpt(text));
            return self.reader.set_aside(index, Code::LineUnrecognised, message);
        }
        self.text(index, raw, row);
    }

    /// Opens a clause when the number has a place. False leaves the line as text.
    fn open_numbered(&mut self, index: usize, text: &str, found: &Marker) -> bool {
        let content = &text[found.content..];
        let kind = self.reader.source.lines[index].kind;
        let set_as_heading = matches!(kind, LineKind::Heading(_) | LineKind::Row);
        let now = Situation {
            complete: set_as_heading || self.caption.is_some() || !self.is_unfinished(),
            in_contents: self.contents.has(text),
            heading: set_as_heading || join::is_heading(content),
        };
        let Some(place) = self.tree.place(found, now) else { return false };
        // 第5条 (1) …: the first item on the line of its parent.
        let inner = marker(content)
            .filter(|m| m.doubt < Doubt::ReadsOn && m.readings[0].1 == 1 && m.label.starts_with(['(', '①']));
        let (content, nested) = inner.map_or((content, None), |m| ("", Some((m, content))));
        let line = self.reader.number(index);
        let content = if found.through.is_some() { text } else { content };
        let first = if kind == LineKind::Row { row_text(content, " ") } else { tidy(content) };
        let clause = self.tree.open(place, &found.label, Some(found), line, first);
        self.settle(index, clause, Before::Numbered);
        if let Some((at, caption)) = self.caption.take() {
            self.reader.settle(at, Fate::Clause(clause));
            self.tree.drafts[clause].caption = Some((self.reader.number(at), caption));
        }
        if let Some((inner, rest)) = nested
            && !self.open_numbered(index, rest, &inner)
        {
            self.tree.drafts[clause].first = tidy(rest);
        }
        true
    }

    /// 附則, 別表 …
    fn open_named(&mut self, index: usize, name: &str) {
        self.drop_caption();
        let place = self.tree.place_named();
        let line = self.reader.number(index);
        let first = tidy(self.reader.text(index));
        let clause = self.tree.open(place, name, None, line, first);
        self.settle(index, clause, Before::Numbered);
    }

    fn open_heading(&mut self, index: usize, level: u8, text: &str) {
        self.drop_caption();
        let heading = tidy(text);
        let place = self.tree.place_heading(level);
        let clause = self.tree.open(place, &heading, None, self.reader.number(index), heading.clone());
        self.settle(index, clause, Before::Numbered);
        let message =
            format!("見出し「{}」には番号がありません。見出しの名前で条項にしました。", excerpt(&heading));
        self.reader.warn(index, Code::HeadingUnnumbered, message);
    }

    /// （目的） above an article waits for it; among articles, without one, it is a heading.
    fn open_caption(&mut self, index: usize, text: &str) -> bool {
        let next = self.reader.next_open(index + 1).map(|n| self.reader.text(n));
        let inner = tidy(text.trim().trim_matches(|c| matches!(c, '(' | ')' | '（' | '）')));
        if next.is_some_and(|n| {
            marker(bullet(n).map_or(n, |at| &n[at..])).is_some_and(|m| {
                m.doubt != Doubt::ReadsOn
                    && m.label.starts_with(['第', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            })
        }) {
            self.drop_caption();
            self.caption = Some((index, inner));
            return true;
        }
        let below_named = self.tree.drafts.last().is_some_and(|d| d.style == super::marker::Style::Named);
        if !self.tree.has_articles || below_named || self.is_unfinished() {
            return false;
        }
        self.open_heading(index, 7, &inner);
        true
    }

    /// A caption whose article never came is text.
    fn drop_caption(&mut self) {
        if let Some((index, _)) = self.caption.take() {
            let raw = self.reader.text(index);
            self.text(index, raw, false);
        }
    }

    /// The level of a line that the file itself sets as a heading.
    fn unnumbered_heading(&self, index: usize) -> Option<u8> {
        match self.reader.source.lines[index].kind {
            LineKind::Heading(level) => Some(level),
            LineKind::Title => Some(1),
            // The table of contents may list parts that have no number.
            _ => self.contents.has(self.reader.text(index)).then_some(1),
        }
    }

    /// A line without a number: continues the line before, or is a new paragraph of the open clause.
    fn text(&mut self, index: usize, raw: &'s str, row: bool) {
        if self.caption.is_some() {
            self.drop_caption();
        }
        let joined = !row && bullet(raw).is_none() && self.continues(index, raw);
        let paragraph = if row || raw.trim().contains('\t') { row_text(raw, "｜") } else { item_text(raw) };
        let Some((clause, draft)) = self.tree.current() else {
            return self.before_first(index, paragraph);
        };
        if joined {
            let quiet = join::ends_sentence(draft.last_mut());
            join::join(draft.last_mut(), &paragraph);
            let before = if draft.paragraphs.is_empty() { Before::Numbered } else { Before::Paragraph };
            if !quiet {
                self.note_join(index);
            }
            self.settle(index, clause, before);
        } else if draft.first.is_empty() && draft.paragraphs.is_empty() && !row {
            (draft.first, draft.first_line) = (paragraph, self.reader.number(index));
            self.settle(index, clause, Before::Numbered);
        } else {
            draft.paragraphs.push((self.reader.number(index), paragraph));
            self.settle(index, clause, Before::Paragraph);
        }
    }

    /// Prose before the first number is the 前文; a short line is left to a person.
    fn before_first(&mut self, index: usize, paragraph: String) {
        let prose = |text: &str| width(text) >= 40 || text.contains('。');
        let titles_prose = join::is_heading(&paragraph)
            && self
                .reader
                .next_open(index + 1)
                .is_some_and(|n| prose(self.reader.text(n)) && marker(self.reader.text(n)).is_none());
        if prose(&paragraph) || titles_prose {
            let clause = self.tree.open_preamble(self.reader.number(index), paragraph, titles_prose);
            self.settle(index, clause, if titles_prose { Before::Numbered } else { Before::Paragraph });
        } else {
            let message = format!(
                "「{}」は表題、日付、条項のいずれとも判別できないため、取り込みませんでした。",
                excerpt(&paragraph)
            );
            self.reader.set_aside(index, Code::LineUnrecognised, message);
        }
    }

    /// Does this line go on where the last one stopped?
    fn continues(&mut self, index: usize, text: &str) -> bool {
        let Some(Last { index: at, before }) = self.last else { return false };
        let Some((_, draft)) = self.tree.current() else { return false };
        if draft.last_mut().is_empty() {
            return false;
        }
        join::continues(self.layout, before, draft.last_mut(), self.reader.text(at), text, index > at + 1)
    }

    /// The text so far stops in the middle of a sentence, so that a number may be part of it.
    fn is_unfinished(&mut self) -> bool {
        let Some(Last { index, before }) = self.last else { return false };
        let raw = self.reader.text(index);
        let layout = self.layout;
        let Some((_, draft)) = self.tree.current() else { return false };
        let last = draft.last_mut();
        !last.is_empty()
            && !join::ends_sentence(last)
            && join::continues(layout, before, last, raw, "次", false)
    }

    fn settle(&mut self, index: usize, clause: usize, before: Before) {
        self.reader.settle(index, Fate::Clause(clause));
        self.last = Some(Last { index, before });
    }

    fn note_join(&mut self, index: usize) {
        if self.joins.count > 0 && index > self.joins.at + 1 {
            self.flush_joins();
        }
        self.joins.note(self.reader.number(index), index);
    }

    fn flush_bullets(&mut self) {
        let run = std::mem::take(&mut self.bullets);
        if run.count > 0 {
            let message = format!(
                "{}、番号の前の行頭記号（「-」「・」など）を{}か所取り除きました。",
                run.lines(),
                run.count
            );
            self.reader.warnings.push(crate::Warning::new(run.first, Code::BulletRemoved, message));
        }
    }

    fn flush_joins(&mut self) {
        let run = std::mem::take(&mut self.joins);
        if run.count > 0 {
            let message = format!("{}、文の途中で切れていた行を前の行につなぎました。", run.lines());
            self.reader.warnings.push(crate::Warning::new(run.first, Code::LineJoined, message));
        }
    }

    fn end(&mut self) {
        self.drop_caption();
        self.flush_bullets();
        self.flush_joins();
    }
}

impl Run {
    fn note(&mut self, line: u32, index: usize) {
        if self.count == 0 {
            self.first = line;
        }
        (self.last, self.at) = (line, index);
        self.count += 1;
    }

    fn lines(&self) -> String {
        if self.first == self.last {
            format!("{}行目で", self.first)
        } else {
            format!("{}行目から{}行目で", self.first, self.last)
        }
    }
}

/// （目的）: a whole short line in brackets.
fn is_caption(text: &str) -> bool {
    let text = folded(text.trim());
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    inner.is_some_and(|i| {
        i.chars().count() <= CAPTION_CHARS_MAX
            && i.chars().count() >= 2
            && !i.contains(['(', ')', '。', '「'])
    }) && marker(&text).is_none()
}

/// The label of 附則, 別表第1, 様式第2号 when the line is such a heading.
fn named(text: &str) -> Option<String> {
    let name = squeeze(text);
    if name.chars().count() > 60 || name.contains('。') {
        return None;
    }
    if let Some(rest) = name.strip_prefix("附則").or_else(|| name.strip_prefix("付則")) {
        return (rest.is_empty() || rest == "抄" || rest.starts_with('(')).then(|| format!("附則{rest}"));
    }
    for kind in ["別表", "別記", "別紙", "別添", "様式", "参考資料"] {
        if let Some(rest) = name.strip_prefix(kind) {
            let number: String = rest
                .chars()
                .take_while(|c| c.is_ascii_digit() || "第一二三四五六七八九十号様式の-".contains(*c))
                .collect();
            let tail = &rest[number.len()..];
            let plain =
                tail.is_empty() || tail.starts_with('(') || text.trim().contains([' ', '\u{3000}', '\t']);
            return (plain && !number.ends_with('の')).then(|| format!("{kind}{number}"));
        }
    }
    None
}

/// A point of a list without numbers keeps one mark, whatever the mark was.
fn item_text(raw: &str) -> String {
    bullet(raw).map_or_else(|| tidy(raw), |at| format!("・{}", tidy(&raw[at..])))
}

/// Cells of a row as one line of text.
fn row_text(text: &str, joint: &str) -> String {
    text.split('\t').map(tidy).filter(|c| !c.is_empty()).collect::<Vec<_>>().join(joint)
}

pub(super) fn is_web_furniture(text: &str) -> bool {
    let text = text.trim();
    let short = width(text) <= 70 && !text.contains('。');
    short
        && [
            "お問い合わせ",
            "ページの先頭",
            "このページの",
            "印刷用ページ",
            "Copyright",
            "サイトマップ",
            "ページ番号",
            "ここから本文",
            "ここまで本文",
            "電話番号",
            "掲載日",
            "最終更新日",
            "更新日：",
        ]
        .iter()
        .any(|k| text.starts_with(k))
}

/// Every entry of the table of contents must come again in the body.
fn compare_contents(reader: &mut Reader<'_>, contents: &Contents, headings: &[String]) {
    if headings.is_empty() {
        return;
    }
    for entry in &contents.entries {
        let numbered = marker(&entry.text).is_some();
        if numbered && !headings.iter().any(|h| *h == entry.key || h.ends_with(&entry.key)) {
            let message = format!(
                "目次の「{}」と同じ見出しが本文にありません。目次か本文を直してください。",
                excerpt(&entry.text)
            );
            reader.warn(entry.line, Code::TocMismatch, message);
        }
    }
}
