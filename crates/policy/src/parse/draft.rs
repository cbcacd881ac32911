//! A clause while its lines are still arriving.

use super::join::is_heading;
use super::marker::Style;
use crate::model::{Clause, SourceLines};

/// Headings set before the text on the same line are at most this long.
const INLINE_HEADING_CHARS_MAX: usize = 24;

#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) style: Style,
    pub(super) parent: Option<usize>,
    pub(super) line: u32,
    /// （目的） above an article.
    pub(super) caption: Option<(u32, String)>,
    /// The text beside the number.
    pub(super) first: String,
    /// The line `first` is on; the number may stand alone on the line before.
    pub(super) first_line: u32,
    /// Each with its line.
    pub(super) paragraphs: Vec<(u32, String)>,
    pub(super) has_children: bool,
}

impl Draft {
    /// The paragraph that the next line might continue.
    pub(super) fn last_mut(&mut self) -> &mut String {
        self.paragraphs.last_mut().map_or(&mut self.first, |(_, text)| text)
    }

    /// Heading and text in their final form.
    pub(super) fn finish(mut self, parent: Option<String>) -> Clause {
        let line = self.first_line;
        let mut heading = self.caption.take();
        if heading.is_none() {
            heading = self.inline_heading().map(|h| (line, h));
        }
        let followed = !self.paragraphs.is_empty() || self.has_children;
        let structural = self.style.rank().is_some_and(|r| r < 7) || matches!(self.style, Style::Heading(_));
        if heading.is_none() && is_heading(&self.first) && (followed || structural) {
            let first = std::mem::take(&mut self.first);
            let inner = first.strip_prefix(['(', '（']).and_then(|f| f.strip_suffix([')', '）']));
            let bare = inner.filter(|f| structural && !f.contains(['(', '（']));
            heading = Some((line, bare.unwrap_or(&first).to_owned()));
        }
        let first = Some((line, self.first)).filter(|(_, f)| !f.is_empty());
        let named = heading.as_ref().map(|(_, h)| h.clone());
        let (rows, text): (Vec<u32>, Vec<String>) =
            heading.into_iter().chain(first).chain(self.paragraphs).unzip();
        Clause {
            id: self.id,
            label: self.label,
            heading: named,
            text: text.join("\n"),
            parent,
            line: self.line,
            source_lines: SourceLines(rows),
        }
    }

    /// `第1条（目的） この方針は…` and `1 目的 この方針は…。`: the heading on the same line as the text.
    fn inline_heading(&mut self) -> Option<String> {
        if !matches!(self.style, Style::Article | Style::Ordinal | Style::Number | Style::Decimal(_)) {
            return None;
        }
        let first = self.first.clone();
        if self.style != Style::Number
            && let Some(inner) = first.strip_prefix(['(', '（'])
            && let Some((heading, rest)) = inner.split_once([')', '）'])
            && heading.chars().count() <= INLINE_HEADING_CHARS_MAX
            && !heading.contains("以下")
            && super::marker::marker(&first).is_none()
        {
            self.first = rest.trim().to_owned();
            return Some(heading.trim().to_owned());
        }
        let (heading, rest) = first.split_once(' ')?;
        let sentence = rest.trim_end().ends_with(['。', '）', ')', ':', '：']) && rest.chars().count() >= 10;
        let short = (2..=INLINE_HEADING_CHARS_MAX).contains(&heading.chars().count()) && is_heading(heading);
        if !(sentence && short) || heading.ends_with(['は', 'が', 'を', 'に', 'の', 'で']) {
            return None;
        }
        self.first = rest.to_owned();
        Some(heading.to_owned())
    }
}
