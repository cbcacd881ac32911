//! 引継書: what the next holder of a seat has to know, on one A4 page, frozen when it is handed over and received by a
//! click or on paper.

use serde::{Deserialize, Serialize};

use crate::noun::{Column, Kind, Noun};

pub static HANDOVER: Noun = Noun {
    name: "handover",
    label: "引継書",
    columns: &[
        Column::new("position_id", "職", Kind::Ref("position")),
        Column::new("unit_id", "所属", Kind::Unit),
        Column::new("from_id", "引き継ぐ人", Kind::Ref("person")),
        Column::new("to_id", "受け取る人", Kind::Ref("person")).optional(),
        // What the page said, as canonical JSON; the digest is over these bytes.
        Column::new("content", "内容", Kind::Json),
        Column::new("content_sha256", "内容のハッシュ", Kind::Text),
        Column::new("handed_ms", "引き継いだ日時", Kind::Instant),
        Column::new("received_ms", "受け取った日時", Kind::Instant).optional(),
        Column::new("paper_by", "紙での受領を登録した人", Kind::Ref("person")).optional(),
    ],
};

/// Lines of one part that are kept; the rest is counted.
pub const PART_LINES: usize = 8;
/// Lines of each part that fit one sheet of A4 in two columns when every part is full and every line takes two rows.
const SHEET_LINES: usize = 5;

/// One part of the page: assets, deadlines, …
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub title: String,
    /// How many there are, of which [`PART_LINES`] are listed.
    pub count: usize,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub number: String,
    pub words: String,
    /// A day, a class, a state: what to look at first.
    pub note: String,
    pub href: String,
}

/// The whole page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub parts: Vec<Part>,
}

impl Content {
    pub fn add(&mut self, title: &str, lines: Vec<Line>) {
        let count = lines.len();
        let lines = lines.into_iter().take(PART_LINES).collect();
        self.parts.push(Part { title: title.to_owned(), count, lines });
    }

    /// As much as fits the sheet: what one part does not need, the parts from the top may use. What is left out is
    /// counted by [`Part::count`].
    pub fn on_one_sheet(mut self) -> Vec<Part> {
        let mut spare: usize =
            self.parts.iter().map(|part| SHEET_LINES.saturating_sub(part.lines.len())).sum();
        for part in &mut self.parts {
            let more = part.lines.len().saturating_sub(SHEET_LINES).min(spare);
            spare -= more;
            part.lines.truncate(SHEET_LINES + more);
        }
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_seat_fits_the_sheet_and_counts_what_it_leaves_out() {
        let lines = |n: usize| vec![Line::default(); n];
        let mut content = Content::default();
        for n in [100, 0, 7, 8, 3] {
            content.add("台帳", lines(n));
        }
        let shown = content.on_one_sheet();
        let of = |part: &Part| (part.count, part.lines.len());
        assert_eq!(shown.iter().map(of).collect::<Vec<_>>(), [(100, 8), (0, 0), (7, 7), (8, 7), (3, 3)]);
        let all: usize = shown.iter().map(|part| part.lines.len()).sum();
        assert_eq!(all, 5 * SHEET_LINES);
    }
}
