//! The statements of every noun and every list of a register, made from declarations. Every identifier is a
//! `&'static str` of a declaration and every value is a bound parameter, so nothing a person types becomes SQL.
//!
//! sqlx takes only statements that live as long as the program, so each is made once and kept. Their number is
//! bounded: five per noun, and per register one list for every [`Shape`], of which there are
//! `sorts × 2 × (filters + 1) × 3`, and a count for every lead and way of searching. A list has one filter that an index answers (`lead`); the others stand in every
//! statement as `$n IS NULL OR column = $n`, because a database uses one index per table anyway and all
//! combinations of filters would be a statement each.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use sekisho_domain::noun::{Column, Kind, Noun};
use sekisho_domain::register::Register;
use sekisho_domain::{NOUNS, REGISTERS};

/// Columns in declaration order, after `id` and `version`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statements {
    /// `$1` id, `$2` version, `$3…` columns.
    pub(crate) insert: &'static str,
    /// `$1` id, `$2` the version expected, `$3…` columns; sets version to `$2 + 1`.
    pub(crate) update: &'static str,
    /// `$1` id.
    pub(crate) select: &'static str,
    /// Rows after id `$1`, `$2` at a time, by id: for verification and moving a database.
    pub(crate) scan: &'static str,
    /// `$1…$64` ids, in any order; repeat one to fill up.
    pub(crate) several: &'static str,
}

/// Ids in one [`Statements::several`].
pub(crate) const SEVERAL: usize = 64;

pub(crate) fn statements(noun: &Noun) -> Statements {
    static KEPT: LazyLock<Mutex<HashMap<&'static str, Statements>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    *kept.entry(noun.name).or_insert_with(|| generate(noun))
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
    let several: Vec<String> = (1..=SEVERAL).map(|n| format!("${n}")).collect();
    Statements {
        insert: keep(format!("INSERT INTO {table} ({columns}) VALUES ({marks})")),
        update: keep(format!("UPDATE {table} SET {sets} WHERE id = $1 AND version = $2")),
        select: keep(format!("SELECT {columns} FROM {table} WHERE id = $1")),
        scan: keep(format!("SELECT {columns} FROM {table} WHERE id > $1 ORDER BY id LIMIT $2")),
        several: keep(format!("SELECT {columns} FROM {table} WHERE id IN ({})", several.join(", "))),
    }
}

fn keep(sql: String) -> &'static str {
    Box::leak(sql.into_boxed_str())
}

/// What a list's statement depends on besides its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) noun: &'static str,
    /// Position in `register.sorts`.
    pub(crate) sort: usize,
    /// Largest first.
    pub(crate) down: bool,
    /// Position in `register.filters` of the filter that an index answers.
    pub(crate) lead: Option<usize>,
    pub(crate) search: Search,
}

/// How a search is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Search {
    Without,
    /// Few rows match: find them first, then sort.
    Few,
    /// Many match: walk in the order of the list and look each up.
    Many,
}

/// A list. Arguments in this order:
/// `$1` day or NULL, `$2` `*` or `,unit,unit,`, `$3` LIKE pattern or NULL, `$4` added column or NULL, `$5` its value,
/// then one per filter (text or NULL), for [`Search::Few`] the four words of the signature, the cursor (value, id) and
/// the limit.
pub(crate) fn list(register: &Register, shape: Shape) -> &'static str {
    static KEPT: LazyLock<Mutex<HashMap<Shape, &'static str>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry(shape).or_insert_with(|| {
        let mut columns = String::from("t.id, t.version");
        for column in register.noun.columns {
            let _ = write!(columns, ", t.\"{}\"", column.name);
        }
        let wanted = Wanted::of(register, shape.lead, shape.search);
        let (from, clauses) = (&wanted.from, wanted.clauses().join("\n    AND "));
        let (value, id, limit) = (wanted.next, wanted.next + 1, wanted.next + 2);
        let sort = register.sorts.get(shape.sort).copied().unwrap_or("id");
        let (beyond, order) = if shape.down { ("<", " DESC") } else { (">", "") };
        keep(format!(
            "SELECT {columns} FROM {from} WHERE {clauses}
    AND (t.\"{sort}\", t.id) {beyond} (${value}, ${id}) ORDER BY t.\"{sort}\"{order}, t.id{order} LIMIT ${limit}"
        ))
    })
}

/// How many rows are wanted (`number`) among those looked at (`looked`). The arguments of [`list`] up to the cursor, then
/// how many are looked at: what an index or a search finds is bounded, not what is left of it, so that a rare
/// combination of common values does not read the whole register.
pub(crate) fn count(register: &Register, lead: Option<usize>, search: Search) -> &'static str {
    type Kept = HashMap<(&'static str, Option<usize>, Search), &'static str>;
    static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry((register.noun.name, lead, search)).or_insert_with(|| {
        // What is found by searching is narrow enough; a lead would only offer the planner a second way.
        let lead = lead.filter(|_| search == Search::Without);
        let Wanted { from, found, left, next } = Wanted::of(register, lead, search);
        let found = if found.is_empty() { String::new() } else { format!(" WHERE {}", found.join(" AND ")) };
        let columns = looked_at(register);
        let left = left.join("\n        AND ");
        keep(format!(
            "SELECT COUNT(*) AS looked, COUNT(CASE WHEN {left}
        THEN 1 END) AS number
    FROM (SELECT {columns} FROM {from}{found} LIMIT ${next}) t"
        ))
    })
}

/// The columns that decide whether a row is wanted.
fn looked_at(register: &Register) -> String {
    let valid = register.valid.map(|(from, to)| [from, to]);
    let names = valid.iter().flatten().chain(&register.section).chain(register.filters);
    let mut columns = vec!["id"];
    for name in names {
        if !columns.contains(name) {
            columns.push(name);
        }
    }
    columns.iter().map(|name| format!("t.\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// Which rows a list wants.
struct Wanted {
    from: String,
    /// What an index or the search table answers.
    found: Vec<String>,
    /// What is asked of every row found.
    left: Vec<String>,
    /// The first argument not used yet.
    next: usize,
}

impl Wanted {
    fn of(register: &Register, lead: Option<usize>, search: Search) -> Wanted {
        let table = register.noun.name;
        let (mut found, mut left) = (Vec::new(), vec![valid(register), reached(register)]);
        left.push(
            "(CAST($4 AS TEXT) IS NULL OR t.id IN (SELECT x.row_id FROM extra_index x
            WHERE x.column_name = $4 AND x.value = $5))"
                .to_owned(),
        );
        let mut next = 6;
        for (position, name) in register.filters.iter().enumerate() {
            let leads = lead == Some(position);
            if let Some(column) = register.noun.column(name) {
                let clauses = if leads { &mut found } else { &mut left };
                clauses.push(narrowed(column, next, leads));
            }
            next += 1;
        }
        let mut from = format!("{table} t");
        match search {
            Search::Without => left.push("CAST($3 AS TEXT) IS NULL".to_owned()),
            Search::Many => left.push(format!(
                "EXISTS (SELECT 1 FROM {table}_search x WHERE x.id = t.id AND x.search_key LIKE $3 ESCAPE '!')"
            )),
            Search::Few => {
                found.extend([matched(next, "$3"), "t.id = x.id".to_owned()]);
                next += 4;
                // SQLite keeps the order of a CROSS JOIN: first the narrow table, then the rows found in it.
                from = format!("{table}_search x CROSS JOIN {table} t");
            }
        }
        Wanted { from, found, left, next }
    }

    fn clauses(&self) -> Vec<&str> {
        self.found.iter().chain(&self.left).map(String::as_str).collect()
    }
}

fn valid(register: &Register) -> String {
    match register.valid {
        Some((from, to)) => format!(
            "(CAST($1 AS TEXT) IS NULL OR (t.\"{from}\" <= $1 AND (t.\"{to}\" IS NULL OR t.\"{to}\" > $1)))"
        ),
        None => "(CAST($1 AS TEXT) IS NULL OR $1 IS NOT NULL)".to_owned(),
    }
}

fn reached(register: &Register) -> String {
    match register.section {
        Some(section) => format!("(CAST($2 AS TEXT) = '*' OR $2 LIKE '%,' || t.\"{section}\" || ',%')"),
        None => "CAST($2 AS TEXT) = '*'".to_owned(),
    }
}

/// `-` asks for rows that leave the column empty.
fn narrowed(column: &Column, mark: usize, lead: bool) -> String {
    let name = column.name;
    let equal = match column.kind {
        Kind::Bool => format!("t.\"{name}\" = (CAST(${mark} AS TEXT) = 'true')"),
        _ => format!("t.\"{name}\" = ${mark}"),
    };
    match (lead, column.required) {
        (true, _) => equal,
        (false, true) => format!("(CAST(${mark} AS TEXT) IS NULL OR {equal})"),
        (false, false) => format!(
            "(CAST(${mark} AS TEXT) IS NULL OR (CAST(${mark} AS TEXT) = '-' AND t.\"{name}\" IS NULL) OR {equal})"
        ),
    }
}

/// The signature first, then the words. PostgreSQL asks the cheapest question first, by its own reckoning, and takes LIKE
/// for cheaper than two operators on integers, though it costs three times as much: inside CASE it comes last.
fn matched(first: usize, pattern: &str) -> String {
    let words = (0..4).map(|n| {
        let mark = first + n;
        format!("(x.s{n} & CAST(${mark} AS BIGINT)) = CAST(${mark} AS BIGINT)")
    });
    let words: Vec<String> = words.collect();
    let (signature, once_more) = (words.join(" AND "), &words[0]);
    format!(
        "{signature} AND CASE WHEN {once_more} THEN x.search_key LIKE {pattern} ESCAPE '!' ELSE FALSE END"
    )
}

/// What is kept beside a register for searches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Searching {
    /// `$1` id, `$2…$5` signature, `$6` key.
    pub(crate) put: &'static str,
    /// How many rows match, up to a limit: `$1…$4` signature, `$5` pattern, `$6` limit.
    pub(crate) probe: &'static str,
    /// Id, version, key and section of the rows after id `$1`, `$2` at a time, by id.
    pub(crate) known: &'static str,
    /// How many rows each section keeps on day `$1`.
    pub(crate) sections: Option<&'static str>,
    /// The row id of a number. `$1` the first key column.
    pub(crate) by_number: &'static str,
    /// The largest number that begins with `$1`: by length, then by text.
    pub(crate) last_number: &'static str,
}

pub(crate) fn searching(register: &Register) -> Searching {
    static KEPT: LazyLock<Mutex<HashMap<&'static str, Searching>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let table = register.noun.name;
    let number = register.key.first().copied().unwrap_or("id");
    *kept.entry(table).or_insert_with(|| Searching {
        put: keep(format!(
            "INSERT INTO {table}_search (id, s0, s1, s2, s3, search_key) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (id) DO UPDATE SET s0 = excluded.s0, s1 = excluded.s1, s2 = excluded.s2,
            s3 = excluded.s3, search_key = excluded.search_key"
        )),
        probe: keep(format!(
            "SELECT COUNT(*) AS number FROM (SELECT 1 AS one FROM {table}_search x WHERE {} LIMIT $6) capped",
            matched(1, "$5")
        )),
        known: keep(format!(
            "SELECT id, version, {} AS row_key, {} AS section FROM {table} WHERE id > $1 ORDER BY id LIMIT $2",
            key(register),
            register.section.map_or("''".to_owned(), |section| format!("COALESCE(\"{section}\", '')")),
        )),
        sections: register.section.map(|section| {
            let valid = valid(register);
            keep(format!(
                "SELECT COALESCE(t.\"{section}\", '') AS section, COUNT(*) AS number FROM {table} t WHERE {valid}
                GROUP BY COALESCE(t.\"{section}\", '')"
            ))
        }),
        by_number: keep(format!("SELECT id FROM {table} WHERE \"{number}\" = $1 ORDER BY id")),
        last_number: keep(format!(
            "SELECT \"{number}\" AS number FROM {table} WHERE \"{number}\" LIKE $1 ESCAPE '!'
            ORDER BY LENGTH(\"{number}\") DESC, \"{number}\" DESC LIMIT 1"
        )),
    })
}

/// A row's key as one text, its parts joined by `|`.
fn key(register: &Register) -> String {
    let part = |name: &&str| format!("COALESCE(CAST(\"{name}\" AS TEXT), '')");
    register.key.iter().map(part).collect::<Vec<_>>().join(" || '|' || ")
}

/// Old versions of rows: `$1` the noun, then [`SEVERAL`] ids, each with its version.
pub(crate) fn versions_at() -> &'static str {
    static KEPT: LazyLock<&'static str> = LazyLock::new(|| {
        let pair = |n: usize| format!("(noun = $1 AND id = ${} AND version = ${})", 2 * n + 2, 2 * n + 3);
        let pairs: Vec<String> = (0..SEVERAL).map(pair).collect();
        keep(format!("SELECT id, version, payload FROM row_version WHERE {}", pairs.join(" OR ")))
    });
    *KEPT
}

/// Rows that refer to another through a column: `$1` the id, `$2` the reach, `$3` the limit; by the first sort.
pub(crate) fn referring(register: &Register, column: &'static str) -> &'static str {
    type Kept = HashMap<(&'static str, &'static str), &'static str>;
    static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let (table, sort) = (register.noun.name, register.sorts.first().copied().unwrap_or("id"));
    kept.entry((table, column)).or_insert_with(|| {
        let mut columns = String::from("t.id, t.version");
        for column in register.noun.columns {
            let _ = write!(columns, ", t.\"{}\"", column.name);
        }
        let reached = reached(register);
        keep(format!(
            "SELECT {columns} FROM {table} t WHERE t.\"{column}\" = $1 AND {reached} ORDER BY t.\"{sort}\", t.id LIMIT $3"
        ))
    })
}

/// Rows of a section (`$1`) of which a version was recorded after `$2`, that commit `$3` did not write.
pub(crate) fn touched(register: &Register) -> Option<&'static str> {
    static KEPT: LazyLock<Mutex<HashMap<&'static str, &'static str>>> = LazyLock::new(Mutex::default);
    let (table, section) = (register.noun.name, register.section?);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    Some(kept.entry(table).or_insert_with(|| {
        keep(format!(
            "SELECT DISTINCT t.id FROM {table} t JOIN row_version v ON v.noun = '{table}' AND v.id = t.id
            WHERE t.\"{section}\" = $1 AND v.recorded_ms > $2
                AND (v.entry_id < $3 || '.' OR v.entry_id > $3 || '/')"
        ))
    }))
}

/// Every (register, column) that refers to a noun.
pub(crate) fn references(noun: &str) -> impl Iterator<Item = (&'static Register, &'static Column)> {
    REGISTERS.iter().copied().flat_map(move |register| {
        let columns: &'static [Column] = register.noun.columns;
        columns.iter().filter(move |c| c.kind == Kind::Ref(noun_named(noun))).map(move |c| (register, c))
    })
}

fn noun_named(name: &str) -> &'static str {
    sekisho_domain::noun(name).map_or("", |noun| noun.name)
}

/// Every generated statement, for the test that prepares them all on both databases.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    let nouns = NOUNS.iter().flat_map(|noun| {
        let s = statements(noun);
        [s.insert, s.update, s.select, s.scan, s.several]
    });
    let lists = REGISTERS.iter().flat_map(|register| {
        let s = searching(register);
        let lists = shapes(register).map(|shape| list(register, shape));
        let counts = leads(register)
            .flat_map(|lead| [Search::Without, Search::Few].map(|search| count(register, lead, search)));
        let columns: &'static [Column] = register.noun.columns;
        let referring =
            columns.iter().filter(|c| matches!(c.kind, Kind::Ref(_))).map(|c| referring(register, c.name));
        let touched = touched(register).into_iter();
        [s.put, s.probe, s.known, s.by_number, s.last_number]
            .into_iter()
            .chain(lists)
            .chain(counts)
            .chain(referring)
            .chain(touched)
            .chain(s.sections)
    });
    nouns.chain(lists).chain([versions_at()])
}

fn shapes(register: &'static Register) -> impl Iterator<Item = Shape> {
    leads(register).flat_map(move |lead| {
        (0..register.sorts.len()).flat_map(move |sort| {
            [Search::Without, Search::Few, Search::Many].into_iter().flat_map(move |search| {
                [false, true].map(|down| Shape { noun: register.noun.name, sort, down, lead, search })
            })
        })
    })
}

fn leads(register: &Register) -> impl Iterator<Item = Option<usize>> + use<> {
    (0..register.filters.len()).map(Some).chain([None])
}
