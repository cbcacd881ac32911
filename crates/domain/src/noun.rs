//! A noun is a kind of record: its name, its columns and what each column may hold. It is declared once, as a
//! `static`, and everything mechanical is derived from the declaration: the SQL that writes it, the payload the
//! ledger commits to, and (for registers) the list, the form, the export and the import.

use std::collections::BTreeMap;

use crate::date::Date;
use crate::role::Role;

/// One kind of record. The table in `store/migrations` has the same name and the same columns, besides
/// `id TEXT` and `version BIGINT`; a test compares both on both databases.
#[derive(Debug)]
pub struct Noun {
    /// Table name and the name in ledger entries, `snake_case`, singular.
    pub name: &'static str,
    /// What the office calls it.
    pub label: &'static str,
    pub columns: &'static [Column],
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// Personal data: blanked on legal deletion, left out of support bundles.
    pub personal: bool,
    /// What stands after a number: 人, 件, 日. Empty for none.
    pub unit: &'static str,
    /// One sentence for whoever fills it in. Empty for none.
    pub hint: &'static str,
    /// Other headings under which spreadsheets carry it.
    pub aliases: &'static [&'static str],
    /// Several lines of text.
    pub long: bool,
    /// Who may see and change it; `None`: whoever may see the row.
    pub seen_by: Option<&'static [Role]>,
    /// A column the city added: its values live in the row's `extra`.
    pub extra: bool,
    /// Added by a migration after rows existed: while it has no value the payload leaves it out, so that what was
    /// recorded before the column came still fits its ledger entry.
    pub later: bool,
    /// What is proposed for a row that a file brings and nobody has entered: a device that was found, not registered.
    pub found: &'static str,
}

/// What a column holds. The four storage classes of the portable SQL subset, with their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A whole number; the unit is in the column's name.
    Int,
    Bool,
    /// `YYYY-MM-DD`.
    Date,
    /// Epoch milliseconds.
    Instant,
    /// One of these codes, each with its Japanese word.
    Choice(&'static [(&'static str, &'static str)]),
    /// The id of a row of another noun.
    Ref(&'static str),
    /// The `unit_id` of a section: what stays when the section is renamed or moved.
    Unit,
    /// A chain of seats as 専決規程 writes it (`authority::parse_route`): kept in the guideline's words for roles, shown
    /// and read in the city's.
    Route,
    /// Canonical JSON text.
    Json,
}

/// Where a register keeps the values of the columns a city added: one JSON object.
pub const EXTRA: Column = Column::new("extra", "独自の項目", Kind::Json).optional();

/// Shorthands that keep a declaration one line per column.
impl Column {
    pub const fn new(name: &'static str, label: &'static str, kind: Kind) -> Column {
        Column {
            name,
            label,
            kind,
            required: true,
            personal: false,
            unit: "",
            hint: "",
            aliases: &[],
            long: false,
            seen_by: None,
            extra: false,
            later: false,
            found: "",
        }
    }

    pub const fn optional(mut self) -> Column {
        self.required = false;
        self
    }

    pub const fn personal(mut self) -> Column {
        self.personal = true;
        self
    }

    pub const fn unit(mut self, unit: &'static str) -> Column {
        self.unit = unit;
        self
    }

    pub const fn hint(mut self, hint: &'static str) -> Column {
        self.hint = hint;
        self
    }

    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Column {
        self.aliases = aliases;
        self
    }

    pub const fn long(mut self) -> Column {
        self.long = true;
        self
    }

    pub const fn seen_by(mut self, roles: &'static [Role]) -> Column {
        self.seen_by = Some(roles);
        self
    }

    pub const fn found(mut self, value: &'static str) -> Column {
        self.found = value;
        self
    }

    /// A column that came after rows had been recorded; it is always optional.
    pub const fn later(mut self) -> Column {
        self.later = true;
        self.required = false;
        self
    }
}

impl Noun {
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

/// A value on its way to or from a column. `None` is SQL NULL, and still knows its storage class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Text(None) | Value::Int(None) | Value::Bool(None))
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(Some(text)) => Some(text),
            _ => None,
        }
    }

    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(value) => *value,
            _ => None,
        }
    }

    pub fn json(&self) -> serde_json::Value {
        match self {
            Value::Text(v) => v.clone().into(),
            Value::Int(v) => (*v).into(),
            Value::Bool(v) => (*v).into(),
        }
    }
}

impl Kind {
    /// The value that [`Value::json`] wrote; NULL for anything that does not fit.
    pub fn from_json(self, json: &serde_json::Value) -> Value {
        let value = match self.null() {
            Value::Text(_) => Value::Text(json.as_str().map(str::to_owned)),
            Value::Int(_) => Value::Int(json.as_i64()),
            Value::Bool(_) => Value::Bool(json.as_bool()),
        };
        if self.admits(&value) { value } else { self.null() }
    }

    /// NULL of the storage class this kind is kept in.
    pub fn null(self) -> Value {
        match self {
            Kind::Int | Kind::Instant => Value::Int(None),
            Kind::Bool => Value::Bool(None),
            Kind::Text
            | Kind::Date
            | Kind::Choice(_)
            | Kind::Ref(_)
            | Kind::Unit
            | Kind::Route
            | Kind::Json => Value::Text(None),
        }
    }

    /// Whether a value may stand in a column of this kind.
    pub fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Kind::Int | Kind::Instant, Value::Int(_)) | (Kind::Bool, Value::Bool(_)) => true,
            (Kind::Text | Kind::Ref(_) | Kind::Unit | Kind::Route | Kind::Json, Value::Text(_)) => true,
            (Kind::Date, Value::Text(text)) => text.as_deref().is_none_or(|t| t.parse::<Date>().is_ok()),
            (Kind::Choice(choices), Value::Text(text)) => {
                text.as_deref().is_none_or(|t| choices.iter().any(|(code, _)| *code == t))
            }
            _ => false,
        }
    }
}

macro_rules! into_value {
    ($($from:ty => $variant:ident($value:ident) $body:expr),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Value {
                Value::$variant(Some($body))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Value {
                Value::$variant(value.map(|$value| $body))
            }
        }
    )+};
}

into_value! {
    String => Text(v) v,
    &str => Text(v) v.to_owned(),
    &String => Text(v) v.clone(),
    Date => Text(v) v.to_string(),
    i64 => Int(v) v,
    crate::clock::Ms => Int(v) v.0,
    bool => Bool(v) v,
}

/// A record in motion: what a form, an import or an engine asks the store to keep.
#[derive(Clone, Debug)]
pub struct Row {
    pub noun: &'static Noun,
    pub id: String,
    /// 1 for a new row; an update names the version it was made from.
    pub version: i64,
    pub values: BTreeMap<&'static str, Value>,
}

/// A row that does not fit its declaration. Always a mistake of the program or of an API client, never of a
/// person at a form: forms are parsed before a `Row` exists.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RowError {
    #[error("{noun} has no column {column}")]
    UnknownColumn { noun: &'static str, column: String },
    #[error("{noun}.{column} does not take {value}")]
    WrongKind { noun: &'static str, column: &'static str, value: String },
    #[error("{noun}.{column} is required")]
    Missing { noun: &'static str, column: &'static str },
}

impl Row {
    pub fn new(noun: &'static Noun, id: impl Into<String>) -> Row {
        Row { noun, id: id.into(), version: 1, values: BTreeMap::new() }
    }

    /// Sets a column. An unknown name is kept out of `values` and reported by [`Row::check`] as missing or
    /// unknown, so that a chain of `set` calls reads as a table.
    pub fn set(mut self, column: &str, value: impl Into<Value>) -> Row {
        match self.noun.column(column) {
            Some(known) => {
                let value = value.into();
                let value = if value.is_null() { known.kind.null() } else { value };
                self.values.insert(known.name, value);
            }
            None => debug_assert!(false, "{} has no column {column}", self.noun.name),
        }
        self
    }

    pub fn get(&self, column: &str) -> Option<&Value> {
        self.values.get(column)
    }

    pub fn text(&self, column: &str) -> &str {
        self.get(column).and_then(Value::text).unwrap_or("")
    }

    /// Every column has an admissible value; optional columns not set become NULL.
    pub fn check(mut self) -> Result<Row, RowError> {
        let noun = self.noun;
        for column in noun.columns {
            let value = self.values.entry(column.name).or_insert_with(|| column.kind.null());
            if column.required && value.is_null() {
                return Err(RowError::Missing { noun: noun.name, column: column.name });
            }
            if !column.kind.admits(value) {
                let value = format!("{value:?}");
                return Err(RowError::WrongKind { noun: noun.name, column: column.name, value });
            }
        }
        Ok(self)
    }

    /// What the ledger commits to and `row_version` keeps: schema, id, version and every column.
    pub fn payload(&self) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        object.insert("schema".into(), format!("{}/1", self.noun.name).into());
        object.insert("id".into(), self.id.clone().into());
        object.insert("version".into(), self.version.into());
        let told =
            |name: &str, value: &Value| !value.is_null() || !self.noun.column(name).is_some_and(|c| c.later);
        let columns = self.values.iter().filter(|(name, value)| told(name, value));
        let columns = columns.map(|(name, value)| ((*name).to_owned(), value.json()));
        object.insert("values".into(), serde_json::Value::Object(columns.collect()));
        object.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TOY: Noun = Noun {
        name: "toy",
        label: "おもちゃ",
        columns: &[
            Column::new("name", "名称", Kind::Text),
            Column::new("kind", "種別", Kind::Choice(&[("a", "甲"), ("b", "乙")])),
            Column::new("bought_on", "購入日", Kind::Date).optional(),
            Column::new("colour", "色", Kind::Text).later(),
        ],
    };

    #[test]
    fn a_later_column_leaves_older_rows_as_they_were_recorded() {
        let row = Row::new(&TOY, "1").set("name", "こま").set("kind", "a").check().expect("fits");
        let values = &row.payload()["values"];
        assert!(values.get("bought_on").is_some_and(serde_json::Value::is_null));
        assert_eq!(values.get("colour"), None);
        assert_eq!(row.set("colour", "赤").payload()["values"]["colour"], "赤");
    }

    #[test]
    fn a_row_must_fit_its_declaration() {
        let row = || Row::new(&TOY, "1").set("name", "こま").set("kind", "a");
        let checked = row().check().expect("fits");
        assert_eq!(checked.get("bought_on"), Some(&Value::Text(None)));
        assert!(matches!(row().set("kind", "c").check(), Err(RowError::WrongKind { .. })));
        assert!(matches!(row().set("bought_on", "明日").check(), Err(RowError::WrongKind { .. })));
        assert!(matches!(row().set("name", None::<String>).check(), Err(RowError::Missing { .. })));
    }
}
