//! From rows to a picture of the policy: which clause stands how, and why. Pure; the board, the clause pages, the
//! lists and the CISO's summary all read it, so that they cannot disagree.
//!
//! A clause is judged when requirements name it. A chapter that nobody connected to a requirement is judged too,
//! and is 未確認: silence is not proof. Definitions are not judged.

use crate::part::{Bar, Seat, Spark};
use sekisho_catalogue::OwnClause;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_domain::role_name::RoleNames;
use sekisho_domain::verdict::{Acts, State};
use sekisho_store::page::{ClauseLine, Incumbent, Interval, Judged};
use sekisho_store::verdict::who_acts;
use std::collections::HashMap;

/// A requirement with its worst answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) row: Judged,
    /// `None`: not in force, so not judged.
    pub(crate) state: Option<State>,
    /// In force, and no clause of the edition that is shown speaks of it: it stands in no chapter.
    pub(crate) homeless: bool,
}

impl Asked {
    pub(crate) fn reason(&self) -> String {
        match (&self.row.reason, self.state) {
            (Some(reason), Some(_)) => reason.clone(),
            (_, Some(_)) => "まだ確かめられていません。証拠を登録すると判定します。".to_owned(),
            (_, None) => String::new(),
        }
    }
}

/// One row per requirement: of several checks the worst counts. `today`: adoption decides what is in force; for a
/// past instant, what was judged then was in force then.
pub(crate) fn asked(rows: Vec<Judged>, today: bool) -> Vec<Asked> {
    let mut out: Vec<Asked> = Vec::new();
    for row in rows {
        let in_force = match today {
            true => matches!(row.adoption.as_str(), "adopted" | "modified"),
            false => row.state.is_some(),
        };
        let state = in_force.then(|| row.state.as_deref().map_or(State::Unproven, State::from_code));
        match out.last_mut() {
            Some(last) if last.row.requirement_id == row.requirement_id => {
                if state < last.state {
                    *last = Asked { row, state, homeless: false };
                }
            }
            _ => out.push(Asked { row, state, homeless: false }),
        }
    }
    out
}

/// Since when each requirement has stood as it does, as far as the intervals go back: a verdict is written anew whenever
/// its words change, and what is wrong is wrong no shorter for it.
pub(crate) fn stretch(asked: &mut [Asked], intervals: &[Interval]) {
    let mut of: HashMap<&str, Vec<&Interval>> = HashMap::new();
    for interval in intervals {
        of.entry(&interval.requirement_id).or_default().push(interval);
    }
    for Asked { row, state, .. } in asked {
        let (Some(state), Some(from)) = (*state, row.from_ms.as_mut()) else { continue };
        let same = of.get(row.requirement_id.as_str()).map_or(&[][..], Vec::as_slice);
        let mut same: Vec<&Interval> = same.iter().copied().filter(|i| i.state == state.code()).collect();
        // Latest beginning first, so that one pass reaches as far back as they touch one another.
        same.sort_unstable_by_key(|i| std::cmp::Reverse(i.from_ms));
        for interval in same {
            if interval.from_ms < *from && interval.to_ms.is_none_or(|to| to >= *from) {
                *from = interval.from_ms;
            }
        }
    }
}

/// Rows that stand by now in a clause which an earlier edition did not have yet, where they stood in that edition: a
/// past day is shown with its own chapters, and nothing falls out of them.
pub(crate) fn placed_in(clauses: &[ClauseLine], mut rows: Vec<Judged>) -> Vec<Judged> {
    let own: Vec<OwnClause<'_>> = clauses
        .iter()
        .map(|c| OwnClause {
            id: &c.clause_id,
            label: &c.label,
            heading: c.heading.as_deref().unwrap_or_default(),
        })
        .collect();
    let stands = |id: &str| own.iter().any(|clause| clause.id == id);
    let mut known: HashMap<String, Option<&str>> = HashMap::new();
    for row in rows.iter_mut().filter(|row| row.catalogue_id.is_some()) {
        if row.clause_id.as_deref().is_none_or(|id| !stands(id)) {
            let place = *known
                .entry(row.clause_label.clone())
                .or_insert_with_key(|label| sekisho_catalogue::catalogue().place(label, &own));
            row.clause_id = place.map(str::to_owned).or(row.clause_id.take());
        }
    }
    rows
}

/// A clause in the tree of the policy.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) line: ClauseLine,
    /// 0 for a chapter.
    pub(crate) depth: usize,
    /// Indexes of the requirements that name this very clause, and of those below it.
    pub(crate) direct: Vec<usize>,
    pub(crate) under: Vec<usize>,
    pub(crate) definition: bool,
    pub(crate) judged: bool,
}

#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) nodes: Vec<Node>,
    pub(crate) asked: Vec<Asked>,
}

impl Picture {
    pub(crate) fn new(clauses: Vec<ClauseLine>, mut asked: Vec<Asked>) -> Picture {
        let place: HashMap<&str, usize> =
            clauses.iter().enumerate().map(|(i, c)| (c.clause_id.as_str(), i)).collect();
        let parents: Vec<Option<usize>> = clauses
            .iter()
            .map(|c| c.parent_clause_id.as_deref().and_then(|p| place.get(p)).copied())
            .collect();
        let homes: Vec<Option<usize>> =
            asked.iter().map(|a| a.row.clause_id.as_deref().and_then(|c| place.get(c)).copied()).collect();
        let mut nodes: Vec<Node> = Vec::with_capacity(clauses.len());
        for (i, line) in clauses.into_iter().enumerate() {
            // A parent stands before its children.
            let depth = parents[i].filter(|p| *p < i).map_or(0, |p| nodes[p].depth + 1);
            let definition = line.definition;
            let node = Node { line, depth, direct: vec![], under: vec![], definition, judged: false };
            nodes.push(node);
        }
        for (r, home) in homes.into_iter().enumerate() {
            let Some(home) = home else {
                asked[r].homeless = asked[r].state.is_some();
                continue;
            };
            nodes[home].direct.push(r);
            let mut at = Some(home);
            while let Some(i) = at {
                nodes[i].under.push(r);
                at = parents[i].filter(|p| *p < i);
            }
        }
        for i in (0..nodes.len()).rev() {
            let mut children = (0..nodes.len()).filter(|c| parents[*c] == Some(i)).peekable();
            if children.peek().is_some() && children.all(|c| nodes[c].definition) && nodes[i].under.is_empty()
            {
                nodes[i].definition = true;
            }
            let alone = nodes[i].depth == 0 && nodes[i].under.is_empty();
            nodes[i].judged = !nodes[i].definition && (alone || !nodes[i].direct.is_empty());
        }
        Picture { nodes, asked }
    }

    /// How a judged clause stands: its worst row; without rows 未確認.
    pub(crate) fn state(&self, node: &Node) -> State {
        State::worst(node.direct.iter().filter_map(|r| self.asked[*r].state))
    }

    /// How a clause stands with everything below it.
    pub(crate) fn state_under(&self, node: &Node) -> State {
        State::worst(node.under.iter().filter_map(|r| self.asked[*r].state))
    }

    /// Clauses in a state.
    pub(crate) fn tally(&self, state: State) -> usize {
        self.nodes.iter().filter(|n| n.judged && self.state(n) == state).count()
    }

    /// Requirements below a clause in a state.
    pub(crate) fn count(&self, node: &Node, state: State) -> usize {
        node.under.iter().filter(|r| self.asked[**r].state == Some(state)).count()
    }

    /// Requirements in force that stand in no chapter, so that no number above them shows how they are.
    pub(crate) fn homeless(&self) -> usize {
        // Before the first edition is in force nothing can have a place.
        if self.nodes.is_empty() { 0 } else { self.asked.iter().filter(|a| a.homeless).count() }
    }

    pub(crate) fn bar(&self, node: &Node) -> Bar {
        Bar::of(|state| self.count(node, state))
    }

    /// Chapters, and the parts of a chapter that have requirements of their own.
    pub(crate) fn chapters(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|n| {
            let chapter = n.depth == 0 && !n.definition;
            chapter && (!n.under.is_empty() || n.judged)
                || n.depth == 1 && !n.under.is_empty() && !n.definition
        })
    }
}

/// The heading of a clause, or the beginning of its text.
pub(crate) fn title(line: &ClauseLine) -> String {
    const TITLE_CHARS: usize = 24;
    match &line.heading {
        Some(heading) => heading.clone(),
        None => {
            let first = line.text.lines().next().unwrap_or("");
            let short: String = first.chars().take(TITLE_CHARS).collect();
            if short.len() < first.len() { format!("{short}…") } else { short }
        }
    }
}

/// The text of a clause without its heading, which stands before it.
pub(crate) fn body(line: &ClauseLine) -> &str {
    match &line.heading {
        Some(heading) => line.text.strip_prefix(heading.as_str()).unwrap_or(&line.text).trim_start(),
        None => &line.text,
    }
}

/// Twelve month ends, oldest first, the last one being `now`.
pub(crate) fn month_ends(on: Date, now: Ms) -> Vec<Ms> {
    let first = on.first_of_month();
    let back = |months: i64| first.saturating_sub(jiff_months(months));
    let ends = (0..11).rev().map(|m| sekisho_domain::date::start_of(back(m)).plus(-1));
    ends.chain([now]).collect()
}

fn jiff_months(months: i64) -> jiff::Span {
    jiff::Span::new().months(months.clamp(0, 12))
}

/// How many requirements held at each instant, for any set of requirements.
#[derive(Debug)]
pub(crate) struct Year {
    instants: usize,
    /// requirement → whether every check held, per instant
    held: HashMap<String, Vec<Option<bool>>>,
}

impl Year {
    pub(crate) fn new(intervals: &[Interval], instants: &[Ms]) -> Year {
        let mut held: HashMap<String, Vec<Option<bool>>> = HashMap::new();
        for interval in intervals {
            let holds = interval.state == State::Holds.code();
            for (i, at) in instants.iter().enumerate() {
                if interval.from_ms <= at.0 && interval.to_ms.is_none_or(|to| to > at.0) {
                    let row = held
                        .entry(interval.requirement_id.clone())
                        .or_insert_with(|| vec![None; instants.len()]);
                    row[i] = Some(row[i].unwrap_or(true) && holds);
                }
            }
        }
        Year { instants: instants.len(), held }
    }

    pub(crate) fn spark(&self, picture: &Picture, node: &Node) -> Spark {
        let mut sums = vec![0; self.instants];
        for r in &node.under {
            let Some(row) = self.held.get(&picture.asked[*r].row.requirement_id) else { continue };
            for (sum, held) in sums.iter_mut().zip(row) {
                *sum += usize::from(*held == Some(true));
            }
        }
        Spark::new(sums)
    }
}

/// Who answers for a role today: the seat and its holder, or how many hold it, or nobody.
pub(crate) fn seat(role: &str, names: &RoleNames, incumbents: &[Incumbent]) -> Seat {
    let words = names.word(role).to_owned();
    let seats: Vec<&Incumbent> = incumbents.iter().filter(|i| i.role == role).collect();
    let holders: Vec<&Incumbent> = seats.iter().copied().filter(|i| i.person.is_some()).collect();
    match (seats.first(), holders.as_slice()) {
        (None, _) => Seat::default(),
        (Some(_), []) => Seat::new(words, None::<String>),
        (Some(_), [one]) => {
            let section = one.section.as_deref().unwrap_or("");
            let person = one.person.as_deref().unwrap_or("");
            let position = if one.position.contains(section) { String::new() } else { section.to_owned() };
            Seat::new(words, Some(format!("{position}{} {person}", one.position)))
        }
        (Some(_), many) => Seat::new(words, Some(format!("{} 人", many.len()))),
    }
}

/// A section that has to act, with how much of it there is.
pub(crate) fn acts_words(acts: &Acts) -> String {
    if acts.rows > 0 { format!("{} {}件", acts.section, acts.rows) } else { acts.section.clone() }
}

/// Who moves next. A role that thirty people hold is nobody: then it is the sections whose rows they are.
pub(crate) fn mover(role: &str, samples: Option<&str>, names: &RoleNames, incumbents: &[Incumbent]) -> Seat {
    /// Sections named on one line; all of them stand on the requirement's page.
    const NAMED: usize = 3;
    let acts = samples.map(|samples| who_acts(role, samples, incumbents)).unwrap_or_default();
    let words = names.word(role).to_owned();
    match acts.as_slice() {
        [] => seat(role, names, incumbents),
        [one] => {
            let theirs =
                incumbents.iter().find(|i| i.role == role && i.section.as_deref() == Some(&one.section));
            let name = theirs.and_then(|i| i.person.as_deref()).map_or(String::new(), |p| format!(" {p}"));
            Seat::new(words, Some(format!("{}{name}", acts_words(one))))
        }
        many => {
            let named: Vec<String> = many.iter().take(NAMED).map(acts_words).collect();
            let more = if many.len() > NAMED { " ほか" } else { "" };
            Seat::new(words, Some(format!("{} 課（{}{more}）", many.len(), named.join("、"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_wrong_since_it_first_was() {
        let interval = |from_ms, to_ms, state: &str| Interval {
            requirement_id: "a".into(),
            state: state.into(),
            from_ms,
            to_ms,
        };
        let intervals = [
            interval(0, Some(10), "broken"),
            interval(10, Some(20), "holds"),
            interval(20, Some(30), "broken"),
            interval(25, Some(40), "broken"),
            interval(40, None, "broken"),
            interval(50, None, "stale"),
        ];
        let now = Judged { from_ms: Some(40), ..judged("a", "7", "adopted", Some("broken")) };
        let mut rows = asked(vec![now], true);
        stretch(&mut rows, &intervals);
        assert_eq!(rows[0].row.from_ms, Some(20), "its words changed twice; before that it held");
    }

    #[test]
    fn who_moves_is_somebody_who_can() {
        let manager = |section: &str| Incumbent {
            role: "manager".into(),
            position_id: "p".into(),
            position: "課長".into(),
            unit_id: Some(section.into()),
            section: Some(section.into()),
            person_id: Some(section.into()),
            person: Some(format!("{section}の人")),
        };
        let all: Vec<Incumbent> = ["税務課", "住民課", "水道課", "総務課"].map(manager).into();
        let sample = |names: &[&str]| {
            let one = |n: &&str| serde_json::json!({"noun": "section", "label": n, "acts": true, "rows": 12});
            let rows = [serde_json::json!({"noun": "asset", "label": "A-1"})];
            serde_json::Value::from_iter(rows.into_iter().chain(names.iter().map(one))).to_string()
        };
        let said =
            |names: &[&str]| mover("manager", Some(&sample(names)), &RoleNames::default(), &all).person;
        assert_eq!(said(&["税務課"]).as_deref(), Some("税務課 12件 税務課の人"));
        assert_eq!(said(&["税務課", "住民課"]).as_deref(), Some("2 課（税務課 12件、住民課 12件）"));
        let four = said(&["税務課", "住民課", "水道課", "総務課"]).unwrap_or_default();
        assert!(four.starts_with("4 課（") && four.ends_with("水道課 12件 ほか）"), "{four}");
        assert_eq!(said(&[]).as_deref(), Some("4 人"));
        let alone = mover("manager", Some(&sample(&["住民課"])), &RoleNames::default(), &all[..1]).person;
        assert_eq!(alone.as_deref(), Some("税務課課長 税務課の人"), "one holder answers for all");
    }

    fn clause(id: &str, parent: Option<&str>, definition: bool) -> ClauseLine {
        ClauseLine {
            clause_id: id.into(),
            ordinal: 0,
            label: id.into(),
            parent_clause_id: parent.map(Into::into),
            heading: None,
            text: id.into(),
            visibility: "public".into(),
            definition,
            line: 1,
        }
    }

    fn judged(id: &str, clause: &str, adoption: &str, state: Option<&str>) -> Judged {
        Judged {
            catalogue_id: None,
            requirement_id: id.into(),
            sort_key: id.into(),
            counted: true,
            clause_id: Some(clause.into()),
            clause_label: clause.into(),
            title: id.into(),
            text: String::new(),
            role: "ciso".into(),
            stage: "rule".into(),
            check_kind: "record".into(),
            confidence: "medium".into(),
            adoption: adoption.into(),
            check_id: state.map(|_| "x".into()),
            state: state.map(Into::into),
            reason: state.map(|s| format!("because {s}")),
            from_ms: Some(0),
            expected_count: Some(1),
            observed_count: Some(1),
            violating_count: Some(0),
            source: Some("x".into()),
            source_ms: None,
            samples: None,
        }
    }

    fn picture() -> Picture {
        let clauses = vec![
            clause("1", None, false),
            clause("2", None, false),
            clause("2(1)", Some("2"), true),
            clause("7", None, false),
            clause("7(1)", Some("7"), false),
            clause("7(2)", Some("7"), false),
        ];
        let rows = vec![
            judged("a", "7(1)", "adopted", Some("holds")),
            judged("a", "7(1)", "adopted", Some("stale")),
            judged("b", "7(1)", "adopted", None),
            judged("c", "7(2)", "undecided", Some("broken")),
            judged("d", "7(2)", "adopted", Some("holds")),
        ];
        Picture::new(clauses, asked(rows, true))
    }

    #[test]
    fn a_clause_is_its_worst_row_and_silence_is_not_proof() {
        let p = picture();
        let state = |label: &str| {
            let node = p.nodes.iter().find(|n| n.line.label == label).expect("there");
            node.judged.then(|| p.state(node))
        };
        assert_eq!(state("1"), Some(State::Unproven), "a chapter nobody connected");
        assert_eq!(state("2"), None, "only definitions");
        assert_eq!(state("2(1)"), None);
        assert_eq!(state("7"), None, "judged through its parts");
        assert_eq!(state("7(1)"), Some(State::Unproven), "b was never proven");
        assert_eq!(state("7(2)"), Some(State::Holds), "c is not adopted");
        assert_eq!(p.tally(State::Unproven), 2);
        assert_eq!(p.tally(State::Holds), 1);
        let chapters: Vec<_> = p.chapters().map(|n| n.line.label.as_str()).collect();
        assert_eq!(chapters, ["1", "7", "7(1)", "7(2)"]);
    }

    #[test]
    fn of_several_checks_the_worst_counts() {
        let p = picture();
        assert_eq!(p.asked.len(), 4);
        assert_eq!(p.asked[0].state, Some(State::Stale));
        assert_eq!(p.asked[0].reason(), "because stale");
    }

    #[test]
    fn what_is_put_right_once_is_one_line() {
        let row = |id: &str, clause: &str, from_ms| {
            let row = judged(id, clause, "adopted", Some("broken"));
            Judged { from_ms: Some(from_ms), ..row }
        };
        let other = Judged { role: "chief".into(), ..row("d", "7", 1) };
        let (day, rows) = (86_400_000, vec![row("a", "7", 9), row("b", "7", 0), row("c", "8", 1), other]);
        let rows = rows.into_iter().map(|r| Judged { from_ms: r.from_ms.map(|d| d * day), ..r });
        let p = Picture::new(
            vec![clause("7", None, false), clause("8", None, false)],
            asked(rows.collect(), true),
        );
        let dues = [("b", Date::constant(2026, 12, 1)), ("a", Date::constant(2026, 12, 24))];
        let dues = dues.into_iter().map(|(id, day)| (id.to_owned(), day)).collect();
        let on = Date::constant(2026, 12, 2);
        let lines = crate::pages::board::fixes(&p, &RoleNames::default(), &[], &dues, on);
        let due: Vec<Option<&str>> = lines.iter().map(|l| l.due.as_ref().map(|d| d.iso.as_str())).collect();
        assert_eq!(due, [Some("2026-12-01"), None, None], "the first day of those that are one line");
        assert_eq!(
            lines.iter().map(|l| l.late).collect::<Vec<_>>(),
            [true, false, false],
            "that day is over"
        );
        let told = lines.iter().map(|l| (l.requirement_id.as_str(), l.also, l.since.iso.as_str()));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [("a", 1, "1970-01-01"), ("d", 0, "1970-01-02"), ("c", 0, "1970-01-02")],
            "two of one clause and seat are one line since the first of them"
        );
    }

    #[test]
    fn the_past_is_what_was_judged_then() {
        let rows = vec![judged("c", "7", "undecided", Some("broken")), judged("b", "7", "adopted", None)];
        let then = asked(rows, false);
        assert_eq!(then.iter().map(|a| a.state).collect::<Vec<_>>(), [Some(State::Broken), None]);
    }

    #[test]
    fn a_year_counts_what_held_at_each_month_end() {
        let interval = |from_ms, to_ms, state: &str| Interval {
            requirement_id: "d".into(),
            state: state.into(),
            from_ms,
            to_ms,
        };
        let intervals = [interval(0, Some(10), "broken"), interval(10, None, "holds")];
        let year = Year::new(&intervals, &[Ms(5), Ms(10), Ms(20)]);
        let p = picture();
        let node = p.nodes.iter().find(|n| n.line.label == "7").expect("there");
        let words = year.spark(&p, node).to_string();
        assert!(words.contains("0から1へ増加"), "{words}");
    }

    #[test]
    fn month_ends_go_back_a_year() {
        let on = Date::constant(2026, 3, 31);
        let now = sekisho_domain::date::start_of(on);
        let ends = month_ends(on, now);
        assert_eq!(ends.len(), 12);
        assert_eq!(ends[11], now);
        assert_eq!(sekisho_domain::date::date_at(ends[10]), Date::constant(2026, 2, 28));
        assert_eq!(sekisho_domain::date::date_at(ends[0]), Date::constant(2025, 4, 30));
    }
}
