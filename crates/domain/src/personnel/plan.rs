//! What a list of staff would change, person by person, and what follows from it: seats nobody holds, decisions that
//! stop, accounts that end. Pure: from what is and what is wanted to what would be done.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Place, Wanted, key, same_name};
use crate::access::{read_key, role_key, seat_keys};
use crate::role::Role;

/// Somebody of the source as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    pub id: String,
    pub number: String,
    pub name: String,
    pub kana: Option<String>,
    pub mail: Option<String>,
    pub left: bool,
    /// Places that hold on the day, with the id of the assignment.
    pub places: Vec<(Place, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    /// 採用, 転入, 復職 from another source.
    Joins,
    /// 退職, 転出.
    Leaves,
    /// Another 本務.
    Moves,
    /// Only 兼務, 代理, 休職 or 派遣 change.
    Concurrent,
    Renamed,
}

impl Move {
    pub const ALL: [Move; 5] = [Move::Joins, Move::Leaves, Move::Moves, Move::Concurrent, Move::Renamed];

    pub fn word(self) -> &'static str {
        match self {
            Move::Joins => "入る人",
            Move::Leaves => "出る人",
            Move::Moves => "異動する人",
            Move::Concurrent => "兼務などが変わる人",
            Move::Renamed => "氏名などが変わる人",
        }
    }
}

/// How to treat somebody whom others changed after the list was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// As the list says.
    List,
    /// As they are now.
    Keep,
}

/// One person's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Row of the file; `None` for whoever the list leaves out.
    pub at: Option<usize>,
    /// `None` for somebody new.
    pub person_id: Option<String>,
    pub number: String,
    pub name: String,
    pub kana: Option<String>,
    pub mail: Option<String>,
    pub name_before: String,
    pub moves: Vec<Move>,
    pub before: Vec<Place>,
    pub after: Vec<Place>,
    /// Ids of assignments that end, places that begin.
    pub end: Vec<String>,
    pub begin: Vec<Place>,
    /// Somebody changed this person after the list was read.
    pub drifted: bool,
    pub choice: Option<Choice>,
}

impl Change {
    pub fn leaves(&self) -> bool {
        self.moves.contains(&Move::Leaves)
    }

    /// Whether nobody has yet said what counts.
    pub fn open_conflict(&self) -> bool {
        self.drifted && self.choice.is_none()
    }

    /// Whether it is to be written.
    pub fn counts(&self) -> bool {
        !self.drifted || self.choice == Some(Choice::List)
    }

    fn id(&self) -> String {
        self.person_id.clone().unwrap_or_else(|| format!("new:{}", self.number))
    }
}

/// A list against what is.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    /// Everybody of the source.
    pub present: &'a [Present],
    /// Whoever the list leaves out leaves.
    pub whole: bool,
    /// What everybody was when the list was read, as [`stamp`] writes it, by [`key`]. Empty: it is read now.
    pub bases: &'a BTreeMap<String, String>,
    pub choices: &'a BTreeMap<String, Choice>,
}

/// What a person is, as a short text: another text, another state.
pub fn stamp(person: &Present) -> String {
    let mut places: Vec<&Place> = person.places.iter().map(|(place, _)| place).collect();
    places.sort();
    let kana = person.kana.as_deref().unwrap_or("");
    let mail = person.mail.as_deref().unwrap_or("");
    let all = format!("{}|{kana}|{mail}|{}|{places:?}", person.name, person.left);
    hex::encode(&Sha256::digest(all)[..8])
}

pub fn stamps(present: &[Present]) -> BTreeMap<String, String> {
    present.iter().map(|person| (key(&person.number), stamp(person))).collect()
}

/// What would change, in the order of the file and then of those it leaves out.
pub fn changes(wanted: &[Wanted], against: Against<'_>) -> Vec<Change> {
    let present: HashMap<String, &Present> = against.present.iter().map(|p| (key(&p.number), p)).collect();
    let mut spoken: HashSet<String> = HashSet::with_capacity(wanted.len());
    let mut all: Vec<Change> = Vec::new();
    for want in wanted {
        let key = key(&want.number);
        all.extend(change(present.get(&key).copied(), Some(want)));
        spoken.insert(key);
    }
    if against.whole {
        let mut missing: Vec<&Present> =
            against.present.iter().filter(|p| !p.left && !spoken.contains(&key(&p.number))).collect();
        missing.sort_by(|a, b| a.number.cmp(&b.number));
        all.extend(missing.into_iter().filter_map(|person| change(Some(person), None)));
    }
    for change in &mut all {
        let key = key(&change.number);
        let base = against.bases.get(&key);
        let now = present.get(&key).map(|p| stamp(p));
        change.drifted = !against.bases.is_empty() && base != now.as_ref();
        change.choice = against.choices.get(&key).copied();
    }
    all
}

/// What makes a person what the list wants; `None` when nothing does.
fn change(present: Option<&Present>, want: Option<&Wanted>) -> Option<Change> {
    let nobody = Present { left: true, ..Present::default() };
    let was = present.unwrap_or(&nobody);
    let stays = want.is_some_and(|w| !w.left);
    if !stays && was.left {
        return None;
    }
    let before: Vec<Place> = was.places.iter().map(|(place, _)| place.clone()).collect();
    let after = want.filter(|_| stays).map(|w| w.places.clone()).unwrap_or_default();
    let end: Vec<String> =
        was.places.iter().filter(|(place, _)| !after.contains(place)).map(|(_, id)| id.clone()).collect();
    let begin: Vec<Place> = after.iter().filter(|place| !before.contains(place)).cloned().collect();
    let new = |listed: Option<&String>, old: &Option<String>| listed.cloned().or_else(|| old.clone());
    let kana = new(want.and_then(|w| w.kana.as_ref()), &was.kana);
    let mail = new(want.and_then(|w| w.mail.as_ref()), &was.mail);
    let name = want.map_or(&was.name, |w| &w.name).clone();
    let renamed = stays && (!same_name(&was.name, &name) || kana != was.kana || mail != was.mail);
    let mut moves = Vec::new();
    match (was.left, stays) {
        (true, true) => moves.push(Move::Joins),
        (false, false) => moves.push(Move::Leaves),
        _ => {
            let main = |places: &[Place]| -> BTreeSet<Place> {
                places.iter().filter(|p| p.kind == "main").cloned().collect()
            };
            if main(&before) != main(&after) {
                moves.push(Move::Moves);
            } else if !end.is_empty() || !begin.is_empty() {
                moves.push(Move::Concurrent);
            }
            if renamed {
                moves.push(Move::Renamed);
            }
        }
    }
    (!moves.is_empty()).then(|| Change {
        at: want.map(|w| w.at),
        person_id: present.map(|p| p.id.clone()),
        number: present
            .map_or_else(|| want.map(|w| w.number.clone()).unwrap_or_default(), |p| p.number.clone()),
        // How a name is spaced is not a change.
        name: if renamed || present.is_none() { name } else { was.name.clone() },
        kana,
        mail,
        name_before: was.name.clone(),
        moves,
        before,
        after,
        end,
        begin,
        drifted: false,
        choice: None,
    })
}

/// What must be undone to give everybody back what they had: a partial list.
pub fn undo(changes: &[Change]) -> Vec<Wanted> {
    let one = |change: &Change| Wanted {
        at: 0,
        number: change.number.clone(),
        name: if change.name_before.is_empty() { change.name.clone() } else { change.name_before.clone() },
        kana: None,
        mail: None,
        places: change.before.clone(),
        left: change.before.is_empty(),
    };
    changes.iter().filter(|c| c.counts()).map(one).collect()
}

// --- consequences ----------------------------------------------------------------------------------------------

/// A role that goes with a position, everywhere or in one section.
#[derive(Clone, Debug)]
pub struct RoleRule {
    pub role: String,
    pub position_id: String,
    pub unit_id: Option<String>,
}

/// A step that waits, or will.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub decision_id: String,
    pub applicant_id: String,
    pub key: String,
    /// It is this seat's turn.
    pub open: bool,
}

/// The city around the change, on the day.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Who sits where, of every source.
    pub seated: Vec<(String, Place)>,
    pub roles: Vec<RoleRule>,
    /// The 課 of each 係 that has no 情報セキュリティ管理者 of its own.
    pub offices: HashMap<String, String>,
    /// Assets and systems by the section that answers for them.
    pub owned: Vec<(String, i64)>,
    pub waiting: Vec<Waiting>,
    /// People with an account in use, one entry per account.
    pub accounts: Vec<String>,
}

/// What follows from a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Sections that lose their last 情報セキュリティ管理者, with how many assets they answer for.
    pub ownerless: Vec<(String, i64)>,
    /// Open decisions whose seat gets other holders.
    pub handed_over: usize,
    /// Seat keys that nobody could answer for: seats of waiting decisions, and roles that become vacant.
    pub dead_ends: Vec<String>,
    /// Accounts to be stopped.
    pub accounts: usize,
    /// People who can do something now and could do nothing afterwards, of how many.
    pub losing: usize,
    pub holding: usize,
}

/// More than this share losing access is typed out before it is confirmed: a list that lost its second page.
pub const LOSING_PERCENT_MAX: usize = 20;

impl Consequences {
    pub fn ownerless_assets(&self) -> i64 {
        self.ownerless.iter().map(|(_, count)| count).sum()
    }

    pub fn must_be_typed(&self) -> bool {
        self.losing * 100 > self.holding * LOSING_PERCENT_MAX
    }
}

/// Holders of every seat key.
type Held = HashMap<String, BTreeSet<String>>;

pub fn consequences(changes: &[Change], around: &Around) -> Consequences {
    let counted: Vec<&Change> = changes.iter().filter(|c| c.counts()).collect();
    let changed: HashMap<String, &Change> = counted.iter().map(|c| (c.id(), *c)).collect();
    let untouched = around.seated.iter().filter(|(person, _)| !changed.contains_key(person)).cloned();
    let moved = counted.iter().flat_map(|c| c.after.iter().map(|place| (c.id(), place.clone())));
    let after: Vec<(String, Place)> = untouched.chain(moved).collect();
    let (was, will) = (held(&around.seated, around), held(&after, around));
    let none = BTreeSet::new();
    let of = |map: &'_ Held, key: &str| map.get(key).cloned().unwrap_or_default();
    let mut found = Consequences::default();
    let mut ends: BTreeSet<String> = BTreeSet::new();
    for waiting in &around.waiting {
        let (before, after) = (of(&was, &waiting.key), of(&will, &waiting.key));
        if read_key(&waiting.key).is_none_or(|(kind, ..)| kind == "body") {
            continue;
        }
        found.handed_over += usize::from(waiting.open && before != after);
        let others = |people: &BTreeSet<String>| people.iter().any(|p| *p != waiting.applicant_id);
        if others(&before) && !others(&after) {
            ends.insert(waiting.key.clone());
        }
    }
    for (key, holders) in &was {
        let role_of_section = matches!(read_key(key), Some(("role", _, Some(_))))
            || key.starts_with(&role_key(Role::Ciso, None))
            || key.starts_with(&role_key(Role::ChiefOfficer, None));
        if role_of_section && !holders.is_empty() && will.get(key).unwrap_or(&none).is_empty() {
            ends.insert(key.clone());
        }
    }
    for (unit, count) in &around.owned {
        let manager = role_key(Role::Manager, Some(unit));
        if !of(&was, &manager).is_empty() && of(&will, &manager).is_empty() {
            found.ownerless.push((unit.clone(), *count));
        }
    }
    let leaving: HashSet<String> = counted.iter().filter(|c| c.leaves()).map(|c| c.id()).collect();
    found.accounts = around.accounts.iter().filter(|person| leaving.contains(*person)).count();
    let active = |seated: &[(String, Place)]| -> HashSet<String> {
        seated.iter().filter(|(_, place)| gives_rights(place)).map(|(person, _)| person.clone()).collect()
    };
    let (before, after) = (active(&around.seated), active(&after));
    found.holding = before.len();
    found.losing = before.difference(&after).count();
    found.dead_ends = ends.into_iter().collect();
    found
}

fn gives_rights(place: &Place) -> bool {
    !matches!(place.kind.as_str(), "leave" | "dispatch")
}

fn held(seated: &[(String, Place)], around: &Around) -> Held {
    let mut by_position: HashMap<&str, Vec<&RoleRule>> = HashMap::new();
    for rule in &around.roles {
        by_position.entry(&rule.position_id).or_default().push(rule);
    }
    let mut held = Held::new();
    for (person, place) in seated.iter().filter(|(_, place)| gives_rights(place)) {
        let office = around.offices.get(&place.unit_id).unwrap_or(&place.unit_id);
        let there =
            |rule: &&&RoleRule| rule.unit_id.as_ref().is_none_or(|u| [&place.unit_id, office].contains(&u));
        let rules = by_position.get(place.position_id.as_str()).into_iter().flatten();
        let roles = rules.filter(there).filter_map(|rule| Role::from_code(&rule.role));
        for key in seat_keys(&place.position_id, &place.unit_id, office, roles) {
            held.entry(key).or_default().insert(person.clone());
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(unit: &str, position: &str, kind: &str) -> Place {
        Place { unit_id: unit.into(), position_id: position.into(), kind: kind.into() }
    }

    fn present(number: &str, places: &[Place]) -> Present {
        let places = places.iter().enumerate().map(|(n, p)| (p.clone(), format!("a-{number}-{n}"))).collect();
        Present {
            id: format!("id-{number}"),
            number: number.into(),
            name: format!("氏名{number}"),
            places,
            ..Present::default()
        }
    }

    fn wanted(number: &str, places: &[Place]) -> Wanted {
        Wanted {
            number: number.into(),
            name: format!("氏名 {}", key(number)),
            places: places.to_vec(),
            ..Wanted::default()
        }
    }

    fn against<'a>(
        present: &'a [Present],
        bases: &'a BTreeMap<String, String>,
        choices: &'a BTreeMap<String, Choice>,
    ) -> Against<'a> {
        Against { present, whole: true, bases, choices }
    }

    #[test]
    fn people_join_leave_move_and_are_renamed() {
        let here = [
            present("1", &[place("u1", "chief", "main")]),
            present("2", &[place("u1", "clerk", "main")]),
            present("3", &[place("u2", "clerk", "main")]),
            present("4", &[place("u2", "clerk", "main")]),
        ];
        let mut renamed = wanted("4", &[place("u2", "clerk", "main")]);
        renamed.name = "新姓".into();
        let list = [
            wanted("001", &[place("u2", "chief", "main"), place("u1", "chief", "concurrent")]),
            wanted("3", &[place("u2", "clerk", "main"), place("u1", "clerk", "concurrent")]),
            renamed,
            wanted("5", &[place("u1", "clerk", "main")]),
        ];
        let (bases, choices) = (BTreeMap::new(), BTreeMap::new());
        let found = changes(&list, against(&here, &bases, &choices));
        let moves: Vec<(&str, Vec<Move>)> =
            found.iter().map(|c| (c.number.as_str(), c.moves.clone())).collect();
        assert_eq!(
            moves,
            [
                ("1", vec![Move::Moves]),
                ("3", vec![Move::Concurrent]),
                ("4", vec![Move::Renamed]),
                ("5", vec![Move::Joins]),
                ("2", vec![Move::Leaves]),
            ]
        );
        assert_eq!((found[0].end.len(), found[0].begin.len()), (1, 2));
    }

    #[test]
    fn whoever_was_changed_meanwhile_is_a_conflict_until_somebody_chooses() {
        let mut here = vec![present("1", &[place("u1", "clerk", "main")])];
        let bases = stamps(&here);
        let list = [wanted("1", &[place("u2", "clerk", "main")])];
        let mut choices = BTreeMap::new();
        assert!(!changes(&list, against(&here, &bases, &choices))[0].drifted);
        here[0].places[0].0.unit_id = "u3".into();
        let found = changes(&list, against(&here, &bases, &choices));
        assert!(found[0].open_conflict() && !found[0].counts());
        choices.insert("1".into(), Choice::List);
        assert!(changes(&list, against(&here, &bases, &choices))[0].counts());
        choices.insert("1".into(), Choice::Keep);
        assert!(!changes(&list, against(&here, &bases, &choices))[0].counts());
    }

    #[test]
    fn what_follows_is_counted() {
        let here =
            [present("1", &[place("u1", "chief", "main")]), present("2", &[place("u1", "clerk", "main")])];
        let around = Around {
            seated: here
                .iter()
                .flat_map(|p| p.places.iter().map(|(q, _)| (p.id.clone(), q.clone())))
                .collect(),
            roles: vec![RoleRule { role: "manager".into(), position_id: "chief".into(), unit_id: None }],
            offices: HashMap::new(),
            owned: vec![("u1".into(), 37), ("u2".into(), 5)],
            waiting: vec![Waiting {
                decision_id: "d".into(),
                applicant_id: "id-2".into(),
                key: "role:manager@u1".into(),
                open: true,
            }],
            accounts: vec!["id-1".into(), "id-2".into()],
        };
        let (bases, choices) = (BTreeMap::new(), BTreeMap::new());
        let list = [wanted("2", &[place("u1", "clerk", "main")])];
        let found = consequences(&changes(&list, against(&here, &bases, &choices)), &around);
        assert_eq!(found.ownerless, [("u1".to_owned(), 37)]);
        assert_eq!(found.dead_ends, ["role:manager@u1"]);
        assert_eq!((found.handed_over, found.accounts, found.losing, found.holding), (1, 1, 1, 2));
        assert!(found.must_be_typed());
        // A successor in the same seat leaves nothing undone.
        let list =
            [wanted("2", &[place("u1", "clerk", "main")]), wanted("9", &[place("u1", "chief", "main")])];
        let found = consequences(&changes(&list, against(&here, &bases, &choices)), &around);
        assert!(found.ownerless.is_empty() && found.dead_ends.is_empty());
        assert_eq!(found.handed_over, 1);
    }

    fn people() -> impl Strategy<Value = BTreeMap<u8, BTreeSet<(u8, u8, bool)>>> {
        let seat = (0u8..4, 0u8..3, any::<bool>());
        proptest::collection::btree_map(1u8..20, proptest::collection::btree_set(seat, 1..3), 0..20)
    }

    fn places(of: &BTreeSet<(u8, u8, bool)>) -> Vec<Place> {
        of.iter()
            .map(|(u, p, m)| {
                place(&format!("u{u}"), &format!("p{p}"), if *m { "main" } else { "concurrent" })
            })
            .collect()
    }

    proptest! {
        /// Doing what a plan says makes everybody what the list wants; planning again finds nothing, and the undo
        /// file leads back.
        #[test]
        fn a_plan_leads_to_the_list_and_undo_leads_back(was in people(), will in people()) {
            let here: Vec<Present> = was.iter().map(|(n, p)| present(&n.to_string(), &places(p))).collect();
            let list: Vec<Wanted> = will.iter().map(|(n, p)| wanted(&n.to_string(), &places(p))).collect();
            let (bases, choices) = (BTreeMap::new(), BTreeMap::new());
            let first = changes(&list, against(&here, &bases, &choices));
            let there = done(&here, &first);
            prop_assert_eq!(changes(&list, against(&there, &bases, &choices)), vec![]);
            let back = undo(&first);
            let again = Against { present: &there, whole: false, bases: &bases, choices: &choices };
            let home = done(&there, &changes(&back, again));
            let seats = |people: &[Present]| -> BTreeMap<String, BTreeSet<Place>> {
                let living = people.iter().filter(|p| !p.left);
                living.map(|p| (p.number.clone(), p.places.iter().map(|(q, _)| q.clone()).collect())).collect()
            };
            prop_assert_eq!(seats(&home), seats(&here));
        }
    }

    /// Carries a plan out in memory.
    fn done(here: &[Present], changes: &[Change]) -> Vec<Present> {
        let mut people: BTreeMap<String, Present> =
            here.iter().map(|p| (p.number.clone(), p.clone())).collect();
        for change in changes {
            let person = people.entry(change.number.clone()).or_insert_with(|| present(&change.number, &[]));
            person.left = change.leaves();
            person.name.clone_from(&change.name);
            person.places.retain(|(_, id)| !change.end.contains(id));
            let begin = change.begin.iter().enumerate();
            person.places.extend(begin.map(|(n, p)| (p.clone(), format!("b-{}-{n}", change.number))));
        }
        people.into_values().collect()
    }
}
