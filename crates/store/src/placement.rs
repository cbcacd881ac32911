//! Where the catalogue's requirements stand in the city's own policy: at the clause that numbers and headings find in
//! the edition in force, or where a person tied them.

use std::collections::BTreeMap;

use sekisho_catalogue::{OwnClause, catalogue};
use sekisho_domain::date::date_at;
use sekisho_domain::requirement::REQUIREMENT;

use crate::error::Result;
use crate::{Actor, Db, Store, Tx};

sql! {
    /// Clauses of every edition of the policy that has come into force, that of today first.
    const EDITIONS = "SELECT r.id AS revision_id, t.label, t.clause_id, COALESCE(t.heading, '') AS heading
        FROM clause_text t JOIN revision r ON r.id = t.revision_id JOIN document d ON d.id = r.document_id
        WHERE d.kind = 'policy' AND r.state = 'approved' AND r.effective_on <= $1
        ORDER BY r.effective_on DESC, r.number DESC, r.id, t.ordinal, t.id";
    /// What stands at a clause, and whether only a person may move it to another that is there as well.
    const STANDING = "SELECT id, clause_label, clause_id,
            (catalogue_id IS NULL OR COALESCE(placed_by_hand, FALSE)) AS pinned FROM requirement ORDER BY id";
    /// 統合 that have come into force, the last first.
    const MERGED = "SELECT c.from_clause_id, c.to_clause_id FROM clause_change c JOIN revision r ON r.id = c.revision_id
        WHERE c.how = 'merged' AND r.state = 'approved' AND r.effective_on <= $1
        ORDER BY r.effective_on DESC, r.number DESC, c.id";
    const BY_LABEL = "SELECT id, clause_label, clause_id, COALESCE(placed_by_hand, FALSE) AS by_hand
        FROM requirement WHERE catalogue_id IS NOT NULL ORDER BY id";
    const PLACES = "SELECT clause_label, clause_id, COUNT(*) AS rows_there,
            CAST(MAX(CASE WHEN placed_by_hand THEN 1 ELSE 0 END) AS BIGINT) AS by_hand
        FROM requirement WHERE catalogue_id IS NOT NULL
        GROUP BY clause_label, clause_id ORDER BY clause_label, clause_id";
}

/// Rows of one clause of the catalogue that stand in one clause of the policy.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Placement {
    /// The clause of the catalogue.
    pub clause_label: String,
    /// The clause of the policy; `None`: nobody could tell.
    pub clause_id: Option<String>,
    pub rows_there: i64,
    /// How many 1: a person tied some of them against what numbers and headings say.
    pub by_hand: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct EditionClause {
    revision_id: String,
    label: String,
    clause_id: String,
    heading: String,
}

impl Db {
    /// Where the catalogue's rows stand now.
    pub async fn placements(&self) -> Result<Vec<Placement>> {
        self.fetch_all(PLACES, &[]).await
    }
}

impl Store {
    /// Lets requirements follow the edition that came into force today.
    pub async fn follow_edition(&self) -> Result<()> {
        let mut tx = self.write(&Actor::system(), "requirement.follow").await?;
        tx.follow_edition().await?;
        tx.commit().await
    }
}

impl Tx<'_> {
    /// Requirements go with a clause that was merged into another, and else where numbers and headings find their clause
    /// in the edition in force, as far as they tell; the rest is for a person ([`Tx::place_requirements`]), and what a
    /// person tied stays.
    pub(crate) async fn follow_edition(&mut self) -> Result<()> {
        let clauses = self.clauses_by_edition().await?;
        let editions = editions(&clauses);
        let Some((now, before)) = editions.split_first() else { return Ok(()) };
        let rows: Vec<(String, String, Option<String>, bool)> = self.fetch_all(STANDING, &[]).await?;
        let merged: Vec<(String, String)> = self.fetch_all(MERGED, &[date_at(self.at()).into()]).await?;
        let mut known: BTreeMap<(&str, Option<&str>), Option<&str>> = BTreeMap::new();
        for (id, label, current, pinned) in &rows {
            let key = (label.as_str(), current.as_deref());
            let place = match key.1.and_then(|current| went_into(current, now, &merged)) {
                Some(place) => Some(place),
                None if *pinned => None,
                None => *known.entry(key).or_insert_with(|| moves_to(key.0, key.1, now, before)),
            };
            if let Some(place) = place {
                let row = self.get(&REQUIREMENT, id).await?;
                self.update(row.set("clause_id", place)).await?;
            }
        }
        Ok(())
    }

    /// A person says to which clause of the city's policy each clause of the catalogue belongs (`None`: to none); all
    /// its rows go there and stay there, unless it is where they would stand by themselves. Clauses of the catalogue
    /// that are not spoken of stay where they are.
    pub async fn place_requirements(&mut self, places: &BTreeMap<&str, Option<&str>>) -> Result<()> {
        let clauses = self.clauses_by_edition().await?;
        let editions = editions(&clauses);
        let now = editions.first().map_or(&[][..], Vec::as_slice);
        let by_hand: BTreeMap<&str, bool> =
            places.iter().map(|(label, place)| (*label, catalogue().place(label, now) != *place)).collect();
        let rows: Vec<(String, String, Option<String>, bool)> = self.fetch_all(BY_LABEL, &[]).await?;
        for (id, label, current, was_by_hand) in rows {
            let Some((place, by_hand)) = places.get(label.as_str()).zip(by_hand.get(label.as_str())) else {
                continue;
            };
            if (*place, *by_hand) == (current.as_deref(), was_by_hand) {
                continue;
            }
            let row = self.get(&REQUIREMENT, &id).await?;
            let row = row.set("clause_id", place.map(str::to_owned));
            self.update(row.set("placed_by_hand", by_hand.then_some(true))).await?;
        }
        Ok(())
    }

    async fn clauses_by_edition(&mut self) -> Result<Vec<EditionClause>> {
        let today = date_at(self.at());
        self.fetch_all(EDITIONS, &[today.into()]).await
    }
}

/// One list of clauses per edition, in the order they were read in.
fn editions(clauses: &[EditionClause]) -> Vec<Vec<OwnClause<'_>>> {
    clauses.chunk_by(|a, b| a.revision_id == b.revision_id).map(|e| e.iter().map(own).collect()).collect()
}

fn own(clause: &EditionClause) -> OwnClause<'_> {
    OwnClause { id: &clause.clause_id, label: &clause.label, heading: &clause.heading }
}

/// The clause of the edition in force into which one that is gone was merged, as a person confirmed it.
fn went_into<'a>(gone: &str, now: &[OwnClause<'a>], merged: &[(String, String)]) -> Option<&'a str> {
    let mut at = gone;
    // Each step goes on to a later edition; a clause is merged once.
    for _ in 0..=merged.len() {
        if let Some(there) = now.iter().find(|clause| clause.id == at) {
            return Some(there.id).filter(|id| *id != gone);
        }
        at = &merged.iter().find(|(from, _)| from == at)?.1;
    }
    None
}

/// Where rows of a clause of the catalogue go from where they stand; `None`: they stay. They leave a clause of the
/// edition in force only for one that is their own, and only if what they leave never was: that a heading was
/// reworded takes nothing from where it belongs.
fn moves_to<'a>(
    label: &str,
    current: Option<&str>,
    now: &[OwnClause<'a>],
    before: &[Vec<OwnClause<'_>>],
) -> Option<&'a str> {
    let Some(current) = current.filter(|id| now.iter().any(|clause| clause.id == *id)) else {
        return catalogue().place(label, now);
    };
    let found = catalogue().find(label, now).filter(|found| *found != current)?;
    let was_its_own = before.iter().any(|edition| catalogue().find(label, edition) == Some(current));
    (!was_its_own).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(clauses: &[(&'static str, &'static str, &'static str)]) -> Vec<OwnClause<'static>> {
        clauses.iter().map(|(id, label, heading)| OwnClause { id, label, heading }).collect()
    }

    #[test]
    fn rows_go_down_to_a_clause_that_was_added_and_leave_none_that_is_theirs() {
        let first = edition(&[("a", "7", "対策"), ("b", "7(2)", "情報資産の分類と管理")]);
        let second = edition(&[
            ("a", "7", "対策"),
            ("c", "7(1)", "組織体制"),
            ("n", "7(2)", "情報資産の持出し"),
            ("b", "7(3)", "大切なもの"),
        ]);
        let before = [first.clone()];
        assert_eq!(moves_to("7(1)", Some("a"), &second, &before), Some("c"), "added below where it stood");
        assert_eq!(moves_to("7(1)", Some("c"), &second, &before), None, "and there it stays");
        assert_eq!(
            moves_to("7(2)", Some("b"), &second, &before),
            None,
            "reworded and renumbered, still its own"
        );
        assert_eq!(moves_to("7(4)", Some("a"), &second, &before), None, "nothing nearer");
        assert_eq!(moves_to("7(1)", None, &first, &[]), Some("a"), "the first time");
        let third = edition(&[("a", "7", "対策")]);
        assert_eq!(moves_to("7(2)", Some("b"), &third, &[second, first]), Some("a"), "its clause is gone");
    }
}
