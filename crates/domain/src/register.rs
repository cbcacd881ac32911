//! 台帳: a noun that the office keeps as a list. A register is declared once, as a `static` beside its noun, and
//! the declaration is all there is: list, search, form, history, bulk edit, export, import, print, labels and API
//! are derived from it. `docs/adding-a-register.md` adds one.
//!
//! A register's table holds a column for every column of the noun; a second table `<noun>_search` holds what
//! searches look at and can be rebuilt from the first. Columns that a city adds for itself ([`EXTRA_COLUMN`]) are
//! data: their values live in the row's `extra` and an index table, and everywhere else they are columns like any
//! other.

pub mod cell;
pub mod diff;
pub mod mapping;
pub mod names;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::access::{Who, holds_any};
use crate::date::Date;
use crate::noun::{Column, Kind, Noun, Row, Value};

/// The declaration of a register.
#[derive(Debug)]
pub struct Register {
    pub noun: &'static Noun,
    /// What is in it, in one or two sentences; stands above the list.
    pub lead: &'static str,
    /// What a row is recognised by when an imported file carries no row id. The first is its number, which is
    /// never given to another row.
    pub key: &'static [&'static str],
    /// The column that names a row for people.
    pub title: &'static str,
    /// The column with the section that answers for the row; `None`: the city as a whole.
    pub section: Option<&'static str>,
    pub sight: Sight,
    /// From which day, and until before which day, a row holds.
    pub valid: Option<(&'static str, &'static str)>,
    /// Columns of the list, until the reader chooses others.
    pub list: &'static [&'static str],
    /// Columns the list can be sorted by; the first is where it begins. All are required columns, and each has an
    /// index `(column, id)`.
    pub sorts: &'static [&'static str],
    /// Columns the list can be narrowed by, the most telling first. Each has an index that begins with it.
    pub filters: &'static [&'static str],
    /// Columns whose text searches look at.
    pub searched: &'static [&'static str],
    pub rules: &'static [Rule],
    /// What a proposed number begins with: `A-` gives A-0001.
    pub number: &'static str,
}

/// Who may read a register whose rows are not theirs to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// People of the row's section, and those who see everything.
    Section,
    /// Every member of staff.
    City,
}

/// A rule about one row.
pub type Rule = fn(&Row) -> Option<Breach>;

/// What a rule has to say about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub column: &'static str,
    /// What is wrong and what to do, as a sentence.
    pub says: &'static str,
    pub weight: Weight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Cannot be: the row is not kept.
    Refused,
    /// Against the policy, but a register must be able to say what is: kept, shown as 直すこと, found by checks.
    Flagged,
}

impl Breach {
    pub fn refused(column: &'static str, says: &'static str) -> Breach {
        Breach { column, says, weight: Weight::Refused }
    }

    pub fn flagged(column: &'static str, says: &'static str) -> Breach {
        Breach { column, says, weight: Weight::Flagged }
    }
}

impl Register {
    /// What the rules say about a row: the register's own, and that a row ends after it begins.
    pub fn breaches(&self, row: &Row) -> Vec<Breach> {
        let own = self.rules.iter().filter_map(|rule| rule(row));
        own.chain(self.ends_before_it_begins(row)).collect()
    }

    fn ends_before_it_begins(&self, row: &Row) -> Option<Breach> {
        let (from, to) = self.valid?;
        let (from, until) = (row.text(from), row.text(to));
        (!until.is_empty() && until < from)
            .then(|| Breach::refused(to, "終わりの日が、始まりの日より前になっています。"))
    }

    /// A-0012 住民基本台帳: how a row is named wherever another row or a person refers to it.
    pub fn words(&self, row: &Row) -> String {
        let number = self.key.first().map_or("", |key| row.text(key));
        format!("{number} {}", row.text(self.title)).trim().to_owned()
    }

    /// Whether a row holds on a day.
    pub fn holds(&self, row: &Row, on: Date) -> bool {
        let Some((from, to)) = self.valid else { return true };
        let (from, to, on) = (row.text(from), row.text(to), on.to_string());
        from <= on.as_str() && (to.is_empty() || on.as_str() < to)
    }

    /// `asset.update`: how a change of this register stands in the ledger. `verb` is one of a handful.
    pub fn action(&self, verb: &'static str) -> &'static str {
        type Kept = HashMap<(&'static str, &'static str), &'static str>;
        static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let noun = self.noun.name;
        kept.entry((noun, verb)).or_insert_with(|| Box::leak(format!("{noun}.{verb}").into_boxed_str()))
    }

    /// The section that answers for a row.
    pub fn section_of<'r>(&self, row: &'r Row) -> Option<&'r str> {
        self.section.map(|column| row.text(column)).filter(|unit| !unit.is_empty())
    }

    /// The column with the day on which somebody last saw that the row is true (棚卸). A register of sections that has
    /// one can be gone through.
    pub fn checked(&self) -> Option<&'static Column> {
        self.section.and(self.noun.column("checked_on"))
    }

    /// Whether a column may stand in `extra`, which some registers have no place for.
    pub fn takes_extras(&self) -> bool {
        self.noun.column("extra").is_some()
    }
}

/// A register as it is in one city: the declared columns and those the city added.
#[derive(Clone, Debug)]
pub struct Layout {
    pub register: &'static Register,
    pub extras: Vec<&'static Column>,
}

impl Layout {
    pub fn plain(register: &'static Register) -> Layout {
        Layout { register, extras: Vec::new() }
    }

    /// Every column a person can meet, in order.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column> + '_ {
        let declared: &'static [Column] = self.register.noun.columns;
        let declared = declared.iter().filter(|c| !matches!(c.name, "extra" | "search_key"));
        declared.chain(self.extras.iter().copied())
    }

    /// Those that somebody may see.
    pub fn seen_by(&self, who: &Who, on: Date) -> Vec<&'static Column> {
        self.columns().filter(|c| c.seen_by.is_none_or(|roles| holds_any(who, roles, on))).collect()
    }

    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns().find(|c| c.name == name)
    }

    pub fn get(&self, row: &Row, column: &'static Column) -> Value {
        if !column.extra {
            return row.get(column.name).cloned().unwrap_or_else(|| column.kind.null());
        }
        extras_of(row).get(column.name).map_or_else(|| column.kind.null(), |json| column.kind.from_json(json))
    }

    pub fn set(&self, row: &mut Row, column: &'static Column, value: Value) {
        if !column.extra {
            row.values.insert(column.name, value);
            return;
        }
        let mut object = extras_of(row);
        match value.is_null() {
            true => object.remove(column.name),
            false => object.insert(column.name.to_owned(), value.json()),
        };
        let text = (!object.is_empty()).then(|| serde_json::Value::Object(object).to_string());
        row.values.insert("extra", Value::Text(text));
    }

    /// The required columns that a row leaves empty, and what the rules say. Nothing here means it can be kept.
    pub fn refusals(&self, row: &Row) -> Vec<(&'static str, String)> {
        let empty = self.columns().filter(|c| c.required && self.get(row, c).is_null());
        let empty = empty.map(|c| {
            let verb = if matches!(c.kind, Kind::Choice(_) | Kind::Bool | Kind::Unit) {
                "選んで"
            } else {
                "入れて"
            };
            (c.name, format!("「{}」を{verb}ください。", c.label))
        });
        let broken = self.register.breaches(row).into_iter().filter(|b| b.weight == Weight::Refused);
        empty.chain(broken.map(|b| (b.column, b.says.to_owned()))).collect()
    }
}

/// The object in a row's `extra`; empty when there is none.
pub fn extras_of(row: &Row) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::from_str(row.text("extra")) {
        Ok(serde_json::Value::Object(object)) => object,
        _ => serde_json::Map::new(),
    }
}

/// Kinds a column added by the city may have.
pub const EXTRA_KINDS: &[(&str, &str)] = &[
    ("text", "文字（1行）"),
    ("long", "文字（何行も）"),
    ("int", "数"),
    ("bool", "はい・いいえ"),
    ("date", "日付"),
    ("choice", "選択肢"),
];

/// A column that a city added to a register: data, typed.
pub static EXTRA_COLUMN: Noun = Noun {
    name: "extra_column",
    label: "独自の項目",
    columns: &[
        Column::new("register", "台帳", Kind::Text),
        Column::new("label", "項目名", Kind::Text),
        Column::new("kind", "種類", Kind::Choice(EXTRA_KINDS)),
        // One choice per line.
        Column::new("choices", "選択肢", Kind::Text).optional().long(),
        Column::new("unit", "単位", Kind::Text).optional(),
        Column::new("hint", "説明", Kind::Text).optional(),
        Column::new("required", "必須", Kind::Bool),
        Column::new("retired", "使わない", Kind::Bool),
    ],
};

/// The column that a row of [`EXTRA_COLUMN`] declares. Kept for the life of the program, once per version of the
/// row, because a column is a `&'static Column` everywhere; cities add a handful and change them rarely.
pub fn extra_column(row: &Row) -> &'static Column {
    type Kept = HashMap<(String, i64), &'static Column>;
    static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry((row.id.clone(), row.version)).or_insert_with(|| Box::leak(Box::new(declare(row))))
}

fn declare(row: &Row) -> Column {
    let keep = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let kind = match row.text("kind") {
        "int" => Kind::Int,
        "bool" => Kind::Bool,
        "date" => Kind::Date,
        "choice" => {
            // The word is its own code: what a city types is what it keeps.
            let words = row.text("choices").lines().map(str::trim).filter(|w| !w.is_empty()).map(keep);
            Kind::Choice(Vec::leak(words.map(|word| (word, word)).collect()))
        }
        _ => Kind::Text,
    };
    // The row's id names it in `extra`, so that it can be renamed.
    let mut column = Column::new(keep(&format!("x_{}", row.id)), keep(row.text("label")), kind);
    column.required = row.get("required") == Some(&Value::Bool(Some(true)));
    column.unit = keep(row.text("unit"));
    column.hint = keep(row.text("hint"));
    column.long = row.text("kind") == "long";
    column.extra = true;
    column
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset;

    #[test]
    fn an_added_column_is_a_column() {
        let definition = Row::new(&EXTRA_COLUMN, "e1")
            .set("label", "棚の番号")
            .set("kind", "choice")
            .set("choices", "甲\n 乙 \n")
            .set("required", false);
        let column = extra_column(&definition);
        assert!(std::ptr::eq(column, extra_column(&definition)), "kept once");
        let layout = Layout { register: &asset::REGISTER, extras: vec![column] };
        let mut row = Row::new(&asset::ASSET, "a1");
        layout.set(&mut row, column, "乙".into());
        assert_eq!(layout.get(&row, column), Value::from("乙"));
        assert_eq!(row.text("extra"), r#"{"x_e1":"乙"}"#);
        layout.set(&mut row, column, Value::Text(None));
        assert_eq!(row.get("extra"), Some(&Value::Text(None)));
        assert!(layout.columns().any(|c| c.name == "x_e1") && layout.columns().all(|c| c.name != "extra"));
    }

    #[test]
    fn a_row_ends_after_it_begins() {
        let row = Row::new(&asset::ASSET, "1").set("valid_from", "2026-04-01").set("valid_to", "2026-03-31");
        let breaches = asset::REGISTER.breaches(&row);
        assert!(breaches.iter().any(|b| b.column == "valid_to" && b.weight == Weight::Refused));
    }

    /// Every register names only columns it has, sorts by what cannot be empty and can be read from its row id.
    #[test]
    fn declarations_hold_together() {
        for register in crate::REGISTERS {
            let noun = register.noun;
            let listed = [register.list, register.sorts, register.filters, register.searched, register.key];
            for name in listed.concat().iter().chain([&register.title]).chain(register.section.iter()) {
                assert!(noun.column(name).is_some(), "{} has no {name}", noun.name);
            }
            for name in register.sorts {
                assert!(noun.column(name).is_some_and(|c| c.required), "{}.{name} may be empty", noun.name);
            }
            // A section's rows are found by its index.
            assert!(
                register.section.is_none_or(|section| register.filters.contains(&section)),
                "{}",
                noun.name
            );
            for name in register.filters {
                let kind = noun.column(name).map(|c| c.kind);
                assert!(
                    !matches!(kind, Some(Kind::Int | Kind::Json | Kind::Instant)),
                    "{}.{name}",
                    noun.name
                );
            }
            assert!(std::ptr::eq(crate::noun(noun.name).unwrap_or(noun), noun) && !register.sorts.is_empty());
            let mut headings: Vec<&str> = Layout::plain(register).columns().map(|c| c.label).collect();
            headings.sort_unstable();
            let all = headings.len();
            headings.dedup();
            assert_eq!(headings.len(), all, "{}: two columns of one heading", noun.name);
        }
    }
}
