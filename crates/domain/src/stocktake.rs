//! 棚卸: going through a register with one's eyes. A row is looked at (as written, different, not there), or stands in
//! the rest of which the section says that nothing has changed. That may be said only after a sample of the rest has
//! been looked at; nobody chooses the sample, and an auditor can draw it again.

use sha2::{Digest as _, Sha256};

use crate::noun::{Column, Kind, Noun};

pub const RESULTS: &[(&str, &str)] = &[
    ("found", "ある"),
    ("changed", "あるが、違う"),
    ("missing", "見当たらない"),
    ("extra", "台帳にない"),
    ("withdrawn", "取り消した"),
];

pub const MEANS: &[(&str, &str)] = &[("look", "目で見た"), ("scan", "ラベルを読み取った")];

/// What became of something that was not there.
pub const SETTLED: &[(&str, &str)] =
    &[("found", "見つかった"), ("gone", "廃棄・返却が済んでいた"), ("reported", "紛失として届け出た")];

/// What was said about one row, or about a thing that has none.
pub static STOCKTAKE_ENTRY: Noun = Noun {
    name: "stocktake_entry",
    label: "棚卸の結果",
    columns: &[
        Column::new("part_id", "課の分", Kind::Ref("campaign_part")),
        // NULL for a thing that is not in the register.
        Column::new("row_id", "行", Kind::Text).optional(),
        // The version of the row that was held against the thing; a later one has been corrected.
        Column::new("row_version", "見たときの版", Kind::Int).optional(),
        // As it stands on the thing.
        Column::new("number", "番号", Kind::Text),
        Column::new("name", "名称", Kind::Text).optional(),
        Column::new("result", "結果", Kind::Choice(RESULTS)),
        Column::new("means", "確かめ方", Kind::Choice(MEANS)),
        Column::new("note", "気付いたこと", Kind::Text).optional(),
        Column::new("seen_by", "見た人", Kind::Ref("person")),
        Column::new("seen_ms", "見た日時", Kind::Instant),
        Column::new("settled", "その後", Kind::Choice(SETTLED)).optional(),
        Column::new("settled_ms", "その後の日時", Kind::Instant).optional(),
    ],
};

/// A twentieth of the rows, at least three and at most ten: what a 課の担当者 walks to in a quarter of an hour.
pub fn sample_size(rows: usize) -> usize {
    rows.div_ceil(20).clamp(3, 10).min(rows)
}

/// The rows to look at before the rest may be called unchanged: drawn by the SHA-256 of part and row, so that the same
/// part always has the same sample and nobody can choose it.
pub fn sample<'a>(part_id: &str, rows: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let drawn = |id: &'a str| (Sha256::digest(format!("{part_id}|{id}")), id);
    let mut all: Vec<_> = rows.map(drawn).collect();
    all.sort_unstable();
    let size = sample_size(all.len());
    all.into_iter().take(size).map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sample_is_small_and_never_nothing() {
        for (rows, size) in [(0, 0), (1, 1), (2, 2), (30, 3), (61, 4), (100, 5), (5_000, 10)] {
            assert_eq!(sample_size(rows), size, "{rows}");
        }
    }

    proptest! {
        /// The order in which rows come says nothing, another part has another sample.
        #[test]
        fn nobody_chooses_the_sample(n in 0usize..400, turn in 0usize..400) {
            let ids: Vec<String> = (0..n).map(|i| format!("row-{i}")).collect();
            let straight = sample("p", ids.iter().map(String::as_str));
            let turned = ids.iter().cycle().skip(turn % n.max(1)).take(n).map(String::as_str);
            prop_assert_eq!(&straight, &sample("p", turned));
            prop_assert_eq!(straight.len(), sample_size(n));
            prop_assert!(n < 200 || straight != sample("q", ids.iter().map(String::as_str)));
        }
    }
}
