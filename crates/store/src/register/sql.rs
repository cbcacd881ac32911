//! The statements of every record noun, made once from its declaration. Every identifier is a `&'static str` of
//! that declaration and every value is a bound parameter, so nothing a person types can become SQL.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use sekisho_domain::NOUNS;
use sekisho_domain::noun::Noun;

/// Columns in declaration order, after `id` and `version`.
#[derive(Debug)]
pub(crate) struct Statements {
    /// `$1` id, `$2` version, `$3…` columns.
    pub(crate) insert: &'static str,
    /// `$1` id, `$2` the version expected, `$3…` columns; sets version to `$2 + 1`.
    pub(crate) update: &'static str,
    /// `$1` id.
    pub(crate) select: &'static str,
    /// Rows after id `$1`, `$2` at a time, by id: for verification and moving a database.
    pub(crate) scan: &'static str,
}

pub(crate) fn statements(noun: &Noun) -> &'static Statements {
    static ALL: LazyLock<HashMap<&'static str, Statements>> =
        LazyLock::new(|| NOUNS.iter().map(|noun| (noun.name, generate(noun))).collect());
    // Every `Noun` a `Row` can name is in NOUNS; a test holds that.
    &ALL[noun.name]
}

fn generate(noun: &Noun) -> Statements {
    let table = noun.name;
    let mut columns = String::from("id, version");
    let mut marks = String::from("$1, $2");
    let mut sets = String::from("version = $2 + 1");
    for (position, column) in noun.columns.iter().enumerate() {
        let (name, mark) = (column.name, position + 3);
        let _ = write!(columns, ", \"{name}\"");
        let _ = write!(marks, ", ${mark}");
        let _ = write!(sets, ", \"{name}\" = ${mark}");
    }
    // Leaked once per noun: sqlx takes only statements that live as long as the program, which these do.
    let keep = |sql: String| -> &'static str { Box::leak(sql.into_boxed_str()) };
    Statements {
        insert: keep(format!("INSERT INTO {table} ({columns}) VALUES ({marks})")),
        update: keep(format!("UPDATE {table} SET {sets} WHERE id = $1 AND version = $2")),
        select: keep(format!("SELECT {columns} FROM {table} WHERE id = $1")),
        scan: keep(format!("SELECT {columns} FROM {table} WHERE id > $1 ORDER BY id LIMIT $2")),
    }
}

/// Every generated statement, for the test that prepares them all on both databases.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    NOUNS.iter().flat_map(|noun| {
        let s = statements(noun);
        [s.insert, s.update, s.select, s.scan]
    })
}
