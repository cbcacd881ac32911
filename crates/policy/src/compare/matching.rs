//! Which clause continues which: equal texts first, then the most similar pairs, then splits and mergers.

use super::{Change, Proposal};
use crate::limits;
use crate::model::{Clause, Document};
use crate::text::squeeze;
use std::collections::HashMap;

/// Below this, two clauses have nothing to do with each other.
const SCORE_MIN: f64 = 0.45;
/// A number and heading that stayed make up for a text that was rewritten.
const SCORE_MIN_SAME_HEADING: f64 = 0.25;
/// Share of a part that must come from the whole for a split or merger.
const PART_SHARE_MIN: f64 = 0.7;
/// A part shorter than this proves nothing.
const PART_BIGRAMS_MIN: u32 = 8;

/// Text of a clause as counted pairs of characters.
struct Profile<'a> {
    clause: &'a Clause,
    text: String,
    heading: String,
    bigrams: HashMap<(char, char), u32>,
    total: u32,
}

impl<'a> Profile<'a> {
    fn new(clause: &'a Clause) -> Self {
        let text = squeeze(&clause.text);
        let mut bigrams: HashMap<(char, char), u32> = HashMap::new();
        for pair in text.chars().zip(text.chars().skip(1)) {
            *bigrams.entry(pair).or_default() += 1;
        }
        let total = bigrams.values().sum();
        Self {
            clause,
            heading: clause.heading.as_deref().map(squeeze).unwrap_or_default(),
            text,
            bigrams,
            total,
        }
    }

    fn shared(&self, other: &Self) -> u32 {
        let (small, large) =
            if self.bigrams.len() <= other.bigrams.len() { (self, other) } else { (other, self) };
        small.bigrams.iter().map(|(pair, n)| large.bigrams.get(pair).map_or(0, |m| *n.min(m))).sum()
    }

    /// Dice's coefficient, 0 to 1.
    fn likeness(&self, other: &Self) -> f64 {
        if self.text == other.text {
            return 1.0;
        }
        2.0 * f64::from(self.shared(other)) / f64::from((self.total + other.total).max(1))
    }

    /// How much of this text is found in the other.
    fn within(&self, other: &Self) -> f64 {
        f64::from(self.shared(other)) / f64::from(self.total.max(1))
    }
}

struct Pair {
    old: usize,
    new: usize,
    likeness: f64,
    score: f64,
}

/// Proposes what became of each clause, in the order of the new revision; removed clauses follow the clause they
/// stood behind.
pub fn propose(old: &Document, new: &Document) -> Vec<Proposal> {
    let olds: Vec<Profile<'_>> = old.clauses.iter().map(Profile::new).collect();
    let news: Vec<Profile<'_>> = new.clauses.iter().map(Profile::new).collect();
    let mut matched = Matched { to_old: vec![None; news.len()], to_new: vec![None; olds.len()] };
    equal_texts(&olds, &news, &mut matched);
    similar_texts(&olds, &news, &mut matched);
    let mut proposals = Vec::new();
    for (at, profile) in news.iter().enumerate() {
        proposals.push(match matched.to_old[at] {
            Some((old, likeness)) => pair(&olds[old], profile, likeness),
            None => single(Change::Added, Vec::new(), vec![profile.clause.id.clone()]),
        });
    }
    mergers(&olds, &news, &mut matched, &mut proposals);
    splits(&olds, &news, &matched, &mut proposals);
    insert_removed(&olds, &matched, &mut proposals);
    proposals
}

struct Matched {
    to_old: Vec<Option<(usize, f64)>>,
    to_new: Vec<Option<usize>>,
}

impl Matched {
    fn tie(&mut self, old: usize, new: usize, likeness: f64) {
        self.to_old[new] = Some((old, likeness));
        self.to_new[old] = Some(new);
    }

    fn is_free(&self, old: usize, new: usize) -> bool {
        self.to_new[old].is_none() && self.to_old[new].is_none()
    }
}

/// Same text: under the same number, else where the text is the only one of its kind on both sides.
fn equal_texts(olds: &[Profile<'_>], news: &[Profile<'_>], matched: &mut Matched) {
    let mut by_text: HashMap<&str, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (at, profile) in olds.iter().enumerate() {
        by_text.entry(&profile.text).or_default().0.push(at);
    }
    for (at, profile) in news.iter().enumerate() {
        by_text.entry(&profile.text).or_default().1.push(at);
    }
    for (before, after) in by_text.values() {
        let labels: HashMap<&str, usize> =
            before.iter().map(|o| (olds[*o].clause.label.as_str(), *o)).collect();
        for new in after {
            if let Some(old) = labels.get(news[*new].clause.label.as_str())
                && matched.is_free(*old, *new)
            {
                matched.tie(*old, *new, 1.0);
            }
        }
        if let ([old], [new]) = (before.as_slice(), after.as_slice())
            && matched.is_free(*old, *new)
        {
            matched.tie(*old, *new, 1.0);
        }
    }
}

/// The most similar pairs first; ties go to the pair that moved least.
fn similar_texts(olds: &[Profile<'_>], news: &[Profile<'_>], matched: &mut Matched) {
    let free_old: Vec<usize> = (0..olds.len()).filter(|o| matched.to_new[*o].is_none()).collect();
    let free_new: Vec<usize> = (0..news.len()).filter(|n| matched.to_old[*n].is_none()).collect();
    // Very long documents are compared near the diagonal only.
    let far = free_old.len().saturating_mul(free_new.len()) <= limits::COMPARE_PAIRS_MAX;
    let reach = limits::COMPARE_PAIRS_MAX / free_new.len().max(1);
    let mut pairs = Vec::new();
    for (i, new) in free_new.iter().enumerate() {
        for (j, old) in free_old.iter().enumerate() {
            if far || i.abs_diff(j) * 2 <= reach {
                pairs.extend(score(*old, *new, &olds[*old], &news[*new]));
            }
        }
    }
    pairs.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.old.abs_diff(a.new).cmp(&b.old.abs_diff(b.new)))
            .then_with(|| (a.new, a.old).cmp(&(b.new, b.old)))
    });
    for pair in pairs {
        if matched.is_free(pair.old, pair.new) {
            matched.tie(pair.old, pair.new, pair.likeness);
        }
    }
}

fn score(old_at: usize, new_at: usize, old: &Profile<'_>, new: &Profile<'_>) -> Option<Pair> {
    let (short, long) = (old.total.min(new.total), old.total.max(new.total));
    let same_label = old.clause.label == new.clause.label;
    let same_heading = !old.heading.is_empty() && old.heading == new.heading;
    // Dice cannot pass 2·short/(short+long): most pairs are settled without counting.
    let possible = 2.0 * f64::from(short) / f64::from((short + long).max(1));
    let bonus = 0.1 * f64::from(u8::from(same_label)) + 0.2 * f64::from(u8::from(same_heading));
    if possible + bonus < SCORE_MIN_SAME_HEADING {
        return None;
    }
    let likeness = old.likeness(new);
    let least = if same_label && same_heading { SCORE_MIN_SAME_HEADING } else { SCORE_MIN };
    (likeness >= least).then_some(Pair { old: old_at, new: new_at, likeness, score: likeness + bonus })
}

fn pair(old: &Profile<'_>, new: &Profile<'_>, likeness: f64) -> Proposal {
    let same_label = old.clause.label == new.clause.label;
    let change = match (old.text == new.text, same_label) {
        (true, true) => Change::Kept,
        (true, false) => Change::Renumbered,
        (false, _) => Change::Changed,
    };
    let sure = if change == Change::Kept { 1.0 } else { likeness * if same_label { 1.0 } else { 0.95 } };
    Proposal {
        change,
        old: vec![old.clause.id.clone()],
        new: vec![new.clause.id.clone()],
        confidence_percent: percent(sure.max(if same_label && old.heading == new.heading {
            0.6
        } else {
            0.0
        })),
    }
}

fn single(change: Change, old: Vec<String>, new: Vec<String>) -> Proposal {
    Proposal { change, old, new, confidence_percent: 80 }
}

fn percent(share: f64) -> u8 {
    (0..=100u8).rev().find(|p| f64::from(*p) <= share * 100.0).unwrap_or(0)
}

/// An old clause without a successor whose text went into a changed clause.
fn mergers(olds: &[Profile<'_>], news: &[Profile<'_>], matched: &mut Matched, proposals: &mut [Proposal]) {
    let candidates: Vec<usize> =
        (0..news.len()).filter(|n| matched.to_old[*n].is_some_and(|(_, l)| l < 0.95)).collect();
    for (old, part) in olds.iter().enumerate() {
        if matched.to_new[old].is_some()
            || part.total < PART_BIGRAMS_MIN
            || candidates.len() > limits::COMPARE_PARTS_MAX
        {
            continue;
        }
        let grown =
            |n: &&usize| matched.to_old[**n].is_some_and(|(o, _)| part.within(&olds[o]) < PART_SHARE_MIN);
        let whole = candidates.iter().filter(|n| part.within(&news[**n]) >= PART_SHARE_MIN).find(grown);
        if let Some(new) = whole {
            proposals[*new].change = Change::Merged;
            proposals[*new].old.push(part.clause.id.clone());
            proposals[*new].confidence_percent = percent(part.within(&news[*new]) * 0.9);
            matched.to_new[old] = Some(*new);
        }
    }
}

/// A new clause without a predecessor whose text came out of a clause that lost it.
fn splits(olds: &[Profile<'_>], news: &[Profile<'_>], matched: &Matched, proposals: &mut Vec<Proposal>) {
    let candidates: Vec<usize> = (0..olds.len())
        .filter(|o| matched.to_new[*o].and_then(|n| matched.to_old[n]).is_some_and(|(_, l)| l < 0.95))
        .collect();
    let mut taken = Vec::new();
    for (new, part) in news.iter().enumerate() {
        if matched.to_old[new].is_some()
            || part.total < PART_BIGRAMS_MIN
            || candidates.len() > limits::COMPARE_PARTS_MAX
        {
            continue;
        }
        let whole = candidates.iter().find(|o| {
            let rest = matched.to_new[**o].map(|n| &news[n]);
            part.within(&olds[**o]) >= PART_SHARE_MIN && rest.is_some_and(|r| part.within(r) < PART_SHARE_MIN)
        });
        if let Some(first) = whole.and_then(|o| matched.to_new[*o])
            && matches!(proposals[first].change, Change::Changed | Change::Split)
        {
            proposals[first].change = Change::Split;
            proposals[first].new.push(part.clause.id.clone());
            proposals[first].confidence_percent = proposals[first].confidence_percent.min(75);
            taken.push(new);
        }
    }
    for new in taken.into_iter().rev() {
        proposals.remove(new);
    }
}

/// Each removed clause behind the proposal of the clause that stood before it.
fn insert_removed(olds: &[Profile<'_>], matched: &Matched, proposals: &mut Vec<Proposal>) {
    let mut behind: HashMap<Option<String>, Vec<Proposal>> = HashMap::new();
    let mut anchor: Option<String> = None;
    for (at, profile) in olds.iter().enumerate() {
        let id = profile.clause.id.clone();
        if matched.to_new[at].is_some() {
            anchor = Some(id);
        } else {
            behind.entry(anchor.clone()).or_default().push(single(Change::Removed, vec![id], Vec::new()));
        }
    }
    let mut out = behind.remove(&None).unwrap_or_default();
    for proposal in std::mem::take(proposals) {
        let ids = proposal.old.clone();
        out.push(proposal);
        for id in ids {
            out.extend(behind.remove(&Some(id)).unwrap_or_default());
        }
    }
    *proposals = out;
}
