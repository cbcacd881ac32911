//! 専決規程: which seats decide what. A row is dated, carries conditions, and names its route in the words of the
//! office (`情報セキュリティ管理者 → 合議:統括情報セキュリティ責任者 → CISO`). The first row that fits, in the order
//! of the numbers, is the one that counts: what the table says is what a reader of the table expects.

use crate::date::Date;
use crate::decision::KINDS;
use crate::noun::{Column, Kind, Noun, Row, Value};
use crate::register::names::{Found, Names};
use crate::register::{Breach, Register, Sight};
use crate::role::Role;
use crate::role_name::ROLE_NAME;

pub const VENUES: &[(&str, &str)] = &[("inner", "関所で決裁"), ("external", "外部決裁(文書管理システム)")];

/// What a row speaks of: every kind of decision, or one of `decision::KINDS`.
pub const MATTERS: &[(&str, &str)] = &{
    let mut matters = [("*", "全ての申請"); KINDS.len() + 1];
    let (_, kinds) = matters.split_at_mut(1);
    kinds.copy_from_slice(KINDS);
    matters
};

pub static AUTHORITY: Noun = Noun {
    name: "authority",
    label: "専決規程",
    columns: &[
        Column::new("code", "番号", Kind::Text),
        Column::new("kind", "事項の種類", Kind::Choice(MATTERS)),
        Column::new("title", "事項", Kind::Text),
        // Comma-separated classes (3A,3B); the row fits when the matter's class is one of them.
        Column::new("classes", "区分", Kind::Text).optional(),
        Column::new("persons_min", "人数(以上)", Kind::Int).optional(),
        Column::new("persons_max", "人数(以下)", Kind::Int).optional(),
        Column::new("zone", "領域", Kind::Text).optional(),
        Column::new("amount_min", "金額(円以上)", Kind::Int).optional(),
        Column::new("amount_max", "金額(円以下)", Kind::Int).optional(),
        Column::new("division", "専決区分", Kind::Text),
        Column::new("route", "決裁経路", Kind::Route),
        // Business days a seat has before the matter goes up.
        Column::new("answer_days", "返事の目安(開庁日)", Kind::Int),
        // Calendar days after which an application ends by itself.
        Column::new("expires_days", "失効(日)", Kind::Int),
        Column::new("venue", "決裁の場所", Kind::Choice(VENUES)),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};

pub static REGISTER: Register = Register {
    noun: &AUTHORITY,
    lead: "誰が何を決裁するか。番号の小さい行から順に見て、条件に合う最初の行で決裁経路が決まります。\
           経路は「情報セキュリティ管理者 → 合議:統括情報セキュリティ責任者 → CISO」のように書きます。",
    key: &["code"],
    title: "title",
    section: None,
    sight: Sight::City,
    valid: Some(("valid_from", "valid_to")),
    list: &["code", "title", "kind", "classes", "persons_max", "amount_max", "division", "route"],
    sorts: &["code", "kind", "valid_from"],
    filters: &["kind"],
    searched: &["code", "title", "division", "route"],
    rules: &[route_can_be_read],
    number: "",
};

fn route_can_be_read(row: &Row) -> Option<Breach> {
    // The words name the mistake; the sentence must be `'static`, so it says how to write a route.
    parse_route(row.text("route")).err().map(|_| {
        Breach::refused(
            "route",
            "決裁経路を読めません。「情報セキュリティ管理者 → 合議:統括情報セキュリティ責任者 → CISO」のように、役割（又は 職:課長、機関:委員会の名前）を → でつなぎ、最後を決裁する人にしてください。",
        )
    })
}

/// What the conditions of a row look at. Unknown is not zero: a row with a condition on something unknown does not
/// fit, so that leaving a figure out never finds a lower seat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub class: Option<String>,
    pub persons: Option<i64>,
    pub zone: Option<String>,
    pub amount_yen: Option<i64>,
}

impl Facts {
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "class": self.class, "persons": self.persons, "zone": self.zone, "amount_yen": self.amount_yen,
        })
    }
}

/// A row of the table, read.
#[derive(Clone, Debug)]
pub struct Rule {
    pub id: Option<String>,
    pub code: String,
    pub kind: String,
    pub classes: Vec<String>,
    pub persons: (Option<i64>, Option<i64>),
    pub zone: Option<String>,
    pub amount: (Option<i64>, Option<i64>),
    pub division: String,
    pub steps: Vec<Step>,
    pub answer_days: i64,
    pub expires_days: i64,
    pub external: bool,
}

/// One seat of a route, as the table names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// 合議: is asked before, on the way; otherwise 決裁.
    pub concur: bool,
    pub holder: Holder,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    Role(Role),
    /// A position by its name (課長).
    Position(String),
    /// A body by its name (情報セキュリティ委員会).
    Body(String),
}

/// Whose holder is meant, seen from the applicant's section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The applicant's section, or the nearest above it that has such a holder.
    Own,
    /// The whole city.
    City,
    /// A section by its code.
    Section(String),
}

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum RouteError {
    #[error("a route needs at least one deciding seat")]
    Empty,
    #[error("no role, position or body is called {0}")]
    Unknown(String),
    #[error("the last seat of a route decides; it cannot be a concurring one")]
    EndsWithConcur,
    #[error("a route has at most {MAX_STEPS} seats")]
    TooLong,
}

/// What stands between two seats.
const ARROWS: [char; 4] = ['→', '>', '＞', '⇒'];

/// Longer chains are a mistake of the table: nobody circulates a paper through more seats than this.
pub const MAX_STEPS: usize = 12;

impl RouteError {
    /// What is wrong, for the person who wrote the table.
    pub fn ja(&self) -> String {
        match self {
            RouteError::Empty => "決裁経路が空です。決裁する役割を一つ以上書いてください。".into(),
            RouteError::Unknown(word) => format!(
                "「{word}」を役割・職・機関として読めません。「情報セキュリティ管理者」「職:課長」「機関:情報セキュリティ委員会」のように書いてください。"
            ),
            RouteError::EndsWithConcur => "最後は決裁する人です。合議で終わらせることはできません。".into(),
            RouteError::TooLong => format!("決裁経路は{MAX_STEPS}人までです。"),
        }
    }
}

/// Reads `情報セキュリティ管理者(自課) → 合議:統括情報セキュリティ責任者 → CISO`.
pub fn parse_route(text: &str) -> Result<Vec<Step>, RouteError> {
    let words = text.split(ARROWS).map(str::trim).filter(|w| !w.is_empty());
    let steps: Vec<Step> = words.map(parse_step).collect::<Result<_, _>>()?;
    match steps.last() {
        None => Err(RouteError::Empty),
        Some(last) if last.concur => Err(RouteError::EndsWithConcur),
        Some(_) if steps.len() > MAX_STEPS => Err(RouteError::TooLong),
        Some(_) => Ok(steps),
    }
}

fn parse_step(word: &str) -> Result<Step, RouteError> {
    let word = word.replace('：', ":").replace('（', "(").replace('）', ")");
    let (concur, rest) = duty(&word);
    // 最高情報セキュリティ責任者(CISO) ends in a bracket that is part of its name.
    let (name, place) = match rest.rsplit_once('(') {
        Some((name, tail)) if role(rest).is_none() => (name.trim(), Some(tail.trim_end_matches(')').trim())),
        _ => (rest, None),
    };
    let unknown = || RouteError::Unknown(rest.to_owned());
    let holder = if let Some(position) = name.strip_prefix("職:") {
        Holder::Position(position.trim().to_owned())
    } else if let Some(body) = name.strip_prefix("機関:") {
        Holder::Body(body.trim().to_owned())
    } else {
        Holder::Role(role(name).ok_or_else(unknown)?)
    };
    if matches!(&holder, Holder::Position(n) | Holder::Body(n) if n.is_empty()) {
        return Err(unknown());
    }
    let place = match place {
        Some("自課" | "所属") => Place::Own,
        Some("全庁" | "市") => Place::City,
        Some("") => return Err(unknown()),
        Some(code) => Place::Section(code.to_owned()),
        None => usual_place(&holder),
    };
    Ok(Step { concur, holder, place })
}

/// Whether a seat is asked on the way (合議), and what stands after that word.
fn duty(word: &str) -> (bool, &str) {
    let after = |duty: &str| word.strip_prefix(duty).and_then(|rest| rest.strip_prefix([':', '：']));
    match after("合議") {
        Some(rest) => (true, rest.trim()),
        None => (false, after("決裁").unwrap_or(word).trim()),
    }
}

/// A route in the city's words for its roles.
pub fn route_shown(route: &str, names: &Names) -> String {
    with_roles(route, |word| {
        let role = role(word)?;
        let own = names.word(ROLE_NAME.name, role.code()).filter(|name| *name != role.label());
        // A name that means two roles would not be read back.
        own.filter(|name| names.find(ROLE_NAME.name, name) == Found::One(role.code()))
    })
}

/// A route as it is kept, from one in the city's words or the guideline's.
pub fn route_meant(text: &str, names: &Names) -> Result<String, RouteError> {
    let route = with_roles(text, |word| match names.find(ROLE_NAME.name, word) {
        Found::One(code) => Role::from_code(code).filter(|meant| role(word) != Some(*meant)).map(Role::label),
        Found::Several | Found::None => None,
    });
    parse_route(&route)?;
    Ok(route)
}

/// Another word for each role that `other` has one for; the rest of the text stays as somebody wrote it.
fn with_roles<'w>(text: &'w str, other: impl Fn(&'w str) -> Option<&'w str>) -> String {
    text.split_inclusive(ARROWS)
        .map(|seat| {
            let (_, word) = duty(seat.trim_end_matches(ARROWS).trim());
            let bare = word.rsplit_once(['(', '（']).map_or("", |(bare, _)| bare.trim());
            let found = [word, bare].into_iter().find_map(|w| other(w).map(|other| (w, other)));
            found.map_or_else(|| seat.to_owned(), |(word, other)| seat.replacen(word, other, 1))
        })
        .collect()
}

fn role(name: &str) -> Option<Role> {
    match name {
        "CISO" | "最高情報セキュリティ責任者" => Some(Role::Ciso),
        "統括責任者" => Some(Role::ChiefOfficer),
        "責任者" => Some(Role::Officer),
        "管理者" => Some(Role::Manager),
        _ => Role::ALL.into_iter().find(|r| r.label() == name || r.code() == name),
    }
}

fn usual_place(holder: &Holder) -> Place {
    match holder {
        Holder::Role(
            Role::Officer | Role::Manager | Role::SystemManager | Role::SystemOperator | Role::SectionStaff,
        )
        | Holder::Position(_) => Place::Own,
        _ => Place::City,
    }
}

impl Rule {
    /// Reads a row of the table; a route that cannot be read was refused when the row was written.
    pub fn read(row: &Row) -> Result<Rule, RouteError> {
        let int = |column: &str| row.get(column).and_then(Value::int);
        let list = row.text("classes").split([',', '、', '，']).map(|c| c.trim().to_owned());
        Ok(Rule {
            id: Some(row.id.clone()),
            code: row.text("code").to_owned(),
            kind: row.text("kind").to_owned(),
            classes: list.filter(|c| !c.is_empty()).collect(),
            persons: (int("persons_min"), int("persons_max")),
            zone: Some(row.text("zone").to_owned()).filter(|z| !z.is_empty()),
            amount: (int("amount_min"), int("amount_max")),
            division: row.text("division").to_owned(),
            steps: parse_route(row.text("route"))?,
            answer_days: int("answer_days").unwrap_or(ANSWER_DAYS),
            expires_days: int("expires_days").unwrap_or(EXPIRES_DAYS),
            external: row.text("venue") == "external",
        })
    }

    pub fn fits(&self, kind: &str, facts: &Facts) -> bool {
        let between = |(low, high): (Option<i64>, Option<i64>), value: Option<i64>| match value {
            Some(v) => low.is_none_or(|l| l <= v) && high.is_none_or(|h| v <= h),
            None => low.is_none() && high.is_none(),
        };
        (self.kind == kind || self.kind == "*")
            && (self.classes.is_empty() || facts.class.as_ref().is_some_and(|c| self.classes.contains(c)))
            && self.zone.as_ref().is_none_or(|zone| facts.zone.as_ref() == Some(zone))
            && between(self.persons, facts.persons)
            && between(self.amount, facts.amount_yen)
    }
}

/// Before a city has entered its own table: five business days, sixty days in all.
pub const ANSWER_DAYS: i64 = 5;
pub const EXPIRES_DAYS: i64 = 60;

/// The row that counts for a matter. `rules` are those valid on the day; their numbers give the order.
pub fn choose<'r>(rules: &'r [Rule], kind: &str, facts: &Facts) -> Option<&'r Rule> {
    rules.iter().filter(|rule| rule.fits(kind, facts)).min_by_key(|rule| natural(&rule.code))
}

/// `2-10` after `2-9`.
fn natural(code: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    for part in code.split(|c: char| !c.is_alphanumeric()) {
        let digits: String = part.chars().filter(char::is_ascii_digit).take(18).collect();
        parts.push((digits.parse().unwrap_or(u64::MAX), part.to_owned()));
    }
    parts
}

/// What holds where the city's own table says nothing: the guideline's usual seats.
pub fn standard(kind: &str) -> Rule {
    let (division, route) = match kind {
        "revision" | "rejection" | "emergency" => ("CISO決裁", "CISO"),
        // Whoever answers for the whole looks at an exception before the CISO decides.
        "exception" => ("CISO決裁", "統括情報セキュリティ責任者 → CISO"),
        "account" | "disposal" => ("課長専決", "情報セキュリティ管理者"),
        _ => ("統括責任者専決", "統括情報セキュリティ責任者"),
    };
    Rule {
        id: None,
        code: String::new(),
        kind: kind.to_owned(),
        classes: Vec::new(),
        persons: (None, None),
        zone: None,
        amount: (None, None),
        division: division.to_owned(),
        steps: parse_route(route).unwrap_or_default(),
        answer_days: ANSWER_DAYS,
        expires_days: EXPIRES_DAYS,
        external: false,
    }
}

/// Whether a dated row counts on a day.
pub fn valid(row: &Row, on: Date) -> bool {
    let day = on.to_string();
    row.text("valid_from") <= day.as_str()
        && (row.text("valid_to").is_empty() || day.as_str() < row.text("valid_to"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(code: &str, kind: &str, persons_max: Option<i64>) -> Rule {
        Rule { code: code.into(), persons: (None, persons_max), ..standard(kind) }
    }

    #[test]
    fn every_kind_of_decision_is_a_matter() {
        assert_eq!(MATTERS[1..], *KINDS);
    }

    #[test]
    fn a_route_is_read_as_written() {
        let steps = parse_route(
            "管理者 → 合議：情報システム管理者（0103） → 職:部長 > 最高情報セキュリティ責任者(CISO)",
        );
        let steps = steps.expect("reads");
        assert_eq!(steps.len(), 4);
        assert_eq!(steps[0].place, Place::Own);
        assert!(steps[1].concur);
        assert_eq!(steps[1].place, Place::Section("0103".into()));
        assert_eq!(steps[2].holder, Holder::Position("部長".into()));
        assert_eq!((&steps[3].holder, &steps[3].place), (&Holder::Role(Role::Ciso), &Place::City));
        let body = parse_route("機関:情報セキュリティ委員会").expect("reads");
        assert_eq!(body[0].holder, Holder::Body("情報セキュリティ委員会".into()));
    }

    #[test]
    fn a_route_speaks_in_the_words_of_the_city() {
        let mut names = Names::default();
        for (role, name) in [(Role::Manager, "局情報管理者"), (Role::Officer, "統括情報セキュリティ責任者")]
        {
            names.add(ROLE_NAME.name, role.code(), name, &[role.label()]);
        }
        for role in [Role::ChiefOfficer, Role::Ciso] {
            names.add(ROLE_NAME.name, role.code(), role.label(), &[]);
        }
        let kept = "情報セキュリティ管理者(0103) → 合議：統括情報セキュリティ責任者 → 職:課長 → CISO";
        let shown = "局情報管理者(0103) → 合議：統括情報セキュリティ責任者 → 職:課長 → CISO";
        assert_eq!(route_shown(kept, &names), shown);
        assert_eq!(route_meant(shown, &names).as_deref(), Ok(kept));
        assert_eq!(route_meant(kept, &names).as_deref(), Ok(kept), "the guideline's words stay readable");
        // Two roles of one name: the guideline's word, so that it means the same when it comes back.
        assert_eq!(route_shown("情報セキュリティ責任者", &names), "情報セキュリティ責任者");
        assert_eq!(route_meant("社長", &names), Err(RouteError::Unknown("社長".into())));
    }

    #[test]
    fn a_route_that_cannot_decide_is_refused() {
        assert_eq!(parse_route(" → "), Err(RouteError::Empty));
        assert_eq!(parse_route("CISO → 合議:管理者"), Err(RouteError::EndsWithConcur));
        assert_eq!(parse_route("社長"), Err(RouteError::Unknown("社長".into())));
        assert_eq!(parse_route("職:"), Err(RouteError::Unknown("職:".into())));
        assert_eq!(parse_route(&["CISO"; 13].join("→")), Err(RouteError::TooLong));
    }

    #[test]
    fn the_first_row_that_fits_counts_and_the_unknown_fits_no_condition() {
        let rules = [rule("2-10", "account", None), rule("2-9", "account", Some(100))];
        let few = Facts { persons: Some(12), ..Facts::default() };
        assert_eq!(choose(&rules, "account", &few).map(|r| r.code.as_str()), Some("2-9"));
        let many = Facts { persons: Some(101), ..Facts::default() };
        assert_eq!(choose(&rules, "account", &many).map(|r| r.code.as_str()), Some("2-10"));
        let unknown = Facts::default();
        assert_eq!(choose(&rules, "account", &unknown).map(|r| r.code.as_str()), Some("2-10"));
        assert!(choose(&rules, "revision", &unknown).is_none());
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = parse_route(&text);
            let _ = route_meant(&text, &Names::default());
            prop_assert_eq!(route_shown(&text, &Names::default()), text);
        }

        /// Knowing more never finds a row that knowing less would not have allowed without its condition.
        #[test]
        fn a_condition_needs_its_fact(max in 0i64..50, persons in proptest::option::of(0i64..100)) {
            let found = rule("1", "account", Some(max)).fits("account", &Facts { persons, ..Facts::default() });
            prop_assert_eq!(found, persons.is_some_and(|p| p <= max));
        }
    }
}
