//! What a file would change: line by line, cell by cell, before anything is written.
//!
//! A line that carries a row id and version is compared three ways: what the row was when the file was made, what it
//! is now, and what the file says. A cell the file did not touch is left as it is now; a cell that both changed
//! differently is a conflict, which a person resolves. A line without an id is recognised by the register's key and
//! compared with what the row is now.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use super::cell;
use super::mapping::{Mapping, Target};
use super::names::Names;
use super::{Layout, Register};
use crate::noun::{Column, Row, Value};
use crate::search::search_key;

/// One line of a file.
#[derive(Clone, Debug, Default)]
pub struct Line<'a> {
    /// Which file, when several are merged.
    pub file: usize,
    /// Row in the file, counted from 1 as spreadsheets do.
    pub at: usize,
    pub id: Option<&'a str>,
    pub version: Option<i64>,
    pub cells: Vec<(&'static Column, &'a str)>,
}

/// The lines below the header that hold anything.
pub fn lines<'a>(
    mapping: &'a Mapping,
    rows: &'a [Vec<String>],
    file: usize,
) -> impl Iterator<Item = Line<'a>> {
    let body = rows.iter().enumerate().skip(mapping.header + 1);
    let line = move |(at, row): (usize, &'a Vec<String>)| {
        let mut line = Line { file, at: at + 1, ..Line::default() };
        for (position, (target, _)) in mapping.columns.iter().enumerate() {
            let text = row.get(position).map_or("", String::as_str);
            match target {
                Some(Target::Id) => line.id = Some(text.trim()).filter(|id| !id.is_empty()),
                Some(Target::Version) => line.version = text.trim().parse().ok(),
                Some(Target::Column(column)) => line.cells.push((column, text)),
                None => {}
            }
        }
        line
    };
    let filled = |line: &Line<'_>| line.cells.iter().any(|(_, text)| !text.trim().is_empty());
    body.map(line).filter(filled)
}

/// The rows that lines may mean, known before any row is read: a file of three hundred lines does not ask for the
/// whole register.
#[derive(Clone, Debug, Default)]
pub struct Meant {
    /// Ids, each with the versions that lines were made from.
    pub rows: HashMap<String, BTreeSet<i64>>,
    /// Folded keys of lines without an id.
    pub keys: HashSet<String>,
}

impl Meant {
    pub fn add(&mut self, register: &Register, names: &Names, line: &Line<'_>) {
        if let Some(id) = line.id {
            self.rows.entry(id.to_owned()).or_default().extend(line.version);
            return;
        }
        let cells = line.cells.iter().filter(|(column, _)| register.key.contains(&column.name));
        let read =
            |(column, text): &(&'static Column, &str)| Some((*column, cell::read(column, text, names).ok()?));
        let values: Vec<(&'static Column, Value)> = cells.filter_map(read).collect();
        self.keys.extend(key_said(register, &values));
    }
}

/// What the file is compared with.
#[derive(Debug)]
pub struct Now<'a> {
    pub layout: &'a Layout,
    pub names: &'a Names,
    /// Every row that a line may mean, by id.
    pub rows: &'a HashMap<String, Row>,
    /// The same rows by key.
    pub keys: &'a Keys<'a>,
    /// Older versions, for lines made from them.
    pub bases: &'a HashMap<(String, i64), Row>,
    /// Values for new rows where the file has no such column.
    pub defaults: &'a [(&'static Column, Value)],
    /// Conflicts resolved in favour of the file: (row id, column name).
    pub resolved: &'a HashSet<(String, String)>,
    /// Column name and section of the one file, for rows that were pasted from another section's.
    pub section: Option<(&'static str, String)>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub file: usize,
    pub at: usize,
    pub fate: Fate,
}

#[derive(Clone, Debug)]
pub enum Fate {
    /// A new row; its id is empty until it is written.
    Add(Row),
    Change {
        after: Row,
        cells: Vec<CellChange>,
        conflicts: Vec<Conflict>,
    },
    Same {
        id: String,
    },
    /// Nothing of this line is taken.
    Error(Vec<(Option<&'static Column>, String)>),
}

#[derive(Clone, Debug)]
pub struct CellChange {
    pub column: &'static Column,
    pub before: Value,
    pub after: Value,
}

/// A cell that somebody changed after the file was made, and the file changes too.
#[derive(Clone, Debug)]
pub struct Conflict {
    pub column: &'static Column,
    /// When the file was made.
    pub base: Value,
    pub now: Value,
    pub file: Value,
    /// Whether the file's value was chosen.
    pub taken: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Diff {
    pub entries: Vec<Entry>,
    /// Rows the file speaks of, for finding those it leaves out.
    pub seen: BTreeSet<String>,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub add: usize,
    pub change: usize,
    pub cells: usize,
    pub same: usize,
    pub conflicts: usize,
    pub errors: usize,
}

impl Diff {
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for entry in &self.entries {
            match &entry.fate {
                Fate::Add(_) => tally.add += 1,
                Fate::Change { cells, conflicts, .. } => {
                    tally.change += 1;
                    tally.cells += cells.len();
                    tally.conflicts += conflicts.len();
                }
                Fate::Same { .. } => tally.same += 1,
                Fate::Error(_) => tally.errors += 1,
            }
        }
        tally
    }

    /// The same text for the same changes to the same versions, however conflicts are resolved: what was shown is
    /// what is applied.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        for entry in &self.entries {
            match &entry.fate {
                Fate::Add(row) => {
                    let _ = writeln!(out, "+{} {:?}", entry.at, row.values);
                }
                Fate::Change { after, cells, conflicts } => {
                    let _ = writeln!(out, "~{} {}", after.id, after.version);
                    for cell in cells {
                        let _ = writeln!(out, " {} {:?} {:?}", cell.column.name, cell.before, cell.after);
                    }
                    for clash in conflicts {
                        let _ = writeln!(out, " ?{} {:?} {:?}", clash.column.name, clash.now, clash.file);
                    }
                }
                Fate::Same { .. } | Fate::Error(_) => {}
            }
        }
        out
    }
}

pub fn compare<'a>(now: &Now<'_>, lines: impl IntoIterator<Item = Line<'a>>) -> Diff {
    let mut diff = Diff::default();
    let mut added: HashMap<String, usize> = HashMap::new();
    let mut spoken: HashMap<String, (usize, Vec<&str>)> = HashMap::new();
    for line in lines {
        let fate = fate(now, &line, &mut diff.seen, &mut added, &mut spoken);
        if let Some(fate) = fate {
            diff.entries.push(Entry { file: line.file, at: line.at, fate });
        }
    }
    diff
}

/// Rows by what people call them. Made once, however many files are compared.
#[derive(Debug)]
pub struct Keys<'a> {
    by_key: HashMap<String, Vec<&'a str>>,
}

impl<'a> Keys<'a> {
    pub fn of(layout: &Layout, rows: &'a HashMap<String, Row>) -> Keys<'a> {
        let mut by_key: HashMap<String, Vec<&'a str>> = HashMap::new();
        for row in rows.values() {
            by_key.entry(key_of(layout.register, row)).or_default().push(&row.id);
        }
        Keys { by_key }
    }
}

fn key_of(register: &Register, row: &Row) -> String {
    let part = |name: &&str| match row.get(name) {
        Some(Value::Int(Some(number))) => number.to_string(),
        value => search_key(&[value.and_then(Value::text).unwrap_or_default()]),
    };
    register.key.iter().map(part).collect::<Vec<_>>().join("|")
}

/// The key that a line's values make, if it has every key column and any of them says something.
fn key_said(register: &Register, values: &[(&'static Column, Value)]) -> Option<String> {
    let mut row = Row::new(register.noun, "");
    for name in register.key {
        let (column, value) = values.iter().find(|(c, _)| c.name == *name)?;
        row.values.insert(column.name, value.clone());
    }
    let key = key_of(register, &row);
    (!key.trim_matches('|').is_empty()).then_some(key)
}

/// `None`: the line says nothing new (a copy of one already read).
fn fate<'a>(
    now: &Now<'_>,
    line: &Line<'a>,
    seen: &mut BTreeSet<String>,
    added: &mut HashMap<String, usize>,
    spoken: &mut HashMap<String, (usize, Vec<&'a str>)>,
) -> Option<Fate> {
    let (values, mut wrong) = read_cells(now, line);
    let found = line.id.and_then(|id| now.rows.get(id));
    if line.id.is_some() && found.is_none() {
        let said = "この行は、台帳にないか、あなたの権限の外にあります。行IDの列を消さずに、元のファイルからやり直してください。";
        return Some(Fate::Error(vec![(None, said.to_owned())]));
    }
    let found = match found {
        Some(row) => Some(row),
        None => match by_key(now, &values) {
            Ok(row) => row,
            Err(said) => return Some(Fate::Error(vec![(None, said)])),
        },
    };
    if let Some(said) = found.and_then(|row| pasted(now, row)) {
        wrong.push((None, said));
    }
    let Some(row) = found else {
        return Some(new_row(now, line, &values, wrong, added));
    };
    // The same row twice: a copy is nothing new, a different one is a question.
    let texts: Vec<&str> = line.cells.iter().map(|(_, text)| *text).collect();
    match spoken.get(&row.id) {
        Some((_, before)) if *before == texts => return None,
        Some((at, _)) => {
            let said = format!("同じ行が{at}行目にもあり、内容が違います。どちらか一つにしてください。");
            return Some(Fate::Error(vec![(None, said)]));
        }
        None => drop(spoken.insert(row.id.clone(), (line.at, texts))),
    }
    seen.insert(row.id.clone());
    if !wrong.is_empty() {
        return Some(Fate::Error(wrong));
    }
    Some(merge(now, line, row, &values))
}

type Wrong = Vec<(Option<&'static Column>, String)>;

fn read_cells(now: &Now<'_>, line: &Line<'_>) -> (Vec<(&'static Column, Value)>, Wrong) {
    let (mut values, mut wrong) = (Vec::with_capacity(line.cells.len()), Vec::new());
    for (column, text) in &line.cells {
        match cell::read(column, text, now.names) {
            Ok(value) => values.push((*column, value)),
            Err(said) => wrong.push((Some(*column), said)),
        }
    }
    (values, wrong)
}

/// The row a line without an id means, if the file has every key column.
fn by_key<'a>(now: &Now<'a>, values: &[(&'static Column, Value)]) -> Result<Option<&'a Row>, String> {
    let Some(key) = key_said(now.layout.register, values) else { return Ok(None) };
    match now.keys.by_key.get(&key).map_or(&[][..], Vec::as_slice) {
        [] => Ok(None),
        [id] => Ok(now.rows.get(*id)),
        _ => {
            Err("同じ番号の行が台帳に二つ以上あります。書き出したファイルを直して取り込んでください。"
                .to_owned())
        }
    }
}

/// A row of another section in a section's file.
fn pasted(now: &Now<'_>, row: &Row) -> Option<String> {
    let (column, section) = now.section.as_ref()?;
    let holder = row.text(column);
    (holder != section).then(|| {
        let words = |unit| now.names.word("section", unit).unwrap_or(unit).to_owned();
        format!("{}の行が、{}のファイルに貼り付けられています。", words(holder), words(section))
    })
}

fn new_row(
    now: &Now<'_>,
    line: &Line<'_>,
    values: &[(&'static Column, Value)],
    mut wrong: Wrong,
    added: &mut HashMap<String, usize>,
) -> Fate {
    let layout = now.layout;
    let mut row = Row::new(layout.register.noun, "");
    for (column, value) in values {
        layout.set(&mut row, column, value.clone());
    }
    for (column, value) in now.defaults {
        if layout.get(&row, column).is_null() {
            layout.set(&mut row, column, value.clone());
        }
    }
    let read_badly: HashSet<&str> = wrong.iter().filter_map(|(c, _)| c.map(|c| c.name)).collect();
    let refused = layout.refusals(&row).into_iter().filter(|(name, _)| !read_badly.contains(name));
    wrong.extend(refused.map(|(name, said)| (layout.column(name), said)).collect::<Vec<_>>());
    let key = key_of(layout.register, &row);
    if !key.trim_matches('|').is_empty()
        && let Some(before) = added.insert(key, line.at)
    {
        wrong.push((None, format!("同じ番号の行が{before}行目にもあります。")));
    }
    if wrong.is_empty() { Fate::Add(row) } else { Fate::Error(wrong) }
}

/// Three ways: base, now, file.
fn merge(now: &Now<'_>, line: &Line<'_>, row: &Row, values: &[(&'static Column, Value)]) -> Fate {
    let layout = now.layout;
    let base = match line.version {
        Some(version) if version != row.version && line.id.is_some() => {
            now.bases.get(&(row.id.clone(), version))
        }
        _ => None,
    };
    let base = base.unwrap_or(row);
    let mut after = row.clone();
    let (mut cells, mut conflicts) = (Vec::new(), Vec::new());
    for (column, file) in values {
        let (was, is) = (layout.get(base, column), layout.get(row, column));
        if same(file, &was) || same(file, &is) {
            continue;
        }
        if was == is {
            cells.push(CellChange { column, before: is, after: file.clone() });
            layout.set(&mut after, column, file.clone());
            continue;
        }
        let taken = now.resolved.contains(&(row.id.clone(), column.name.to_owned()));
        if taken {
            layout.set(&mut after, column, file.clone());
        }
        conflicts.push(Conflict { column, base: was, now: is, file: file.clone(), taken });
    }
    if cells.is_empty() && conflicts.is_empty() {
        return Fate::Same { id: row.id.clone() };
    }
    let refused = layout.refusals(&after);
    if !refused.is_empty() {
        return Fate::Error(refused.into_iter().map(|(name, said)| (layout.column(name), said)).collect());
    }
    Fate::Change { after, cells, conflicts }
}

/// What a cell says and what is kept are the same when they read the same: blanks around a text that came in by
/// another way are nobody's change.
fn same(file: &Value, kept: &Value) -> bool {
    match (file, kept) {
        (Value::Text(file), Value::Text(Some(kept))) => {
            file.as_deref().unwrap_or_default() == cell::clean(kept)
        }
        _ => file == kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{ASSET, REGISTER};

    fn asset(id: &str, version: i64, name: &str, persons: i64) -> Row {
        let mut row = Row::new(&ASSET, id)
            .set("number", id)
            .set("name", name)
            .set("unit_id", "u1")
            .set("form", "paper")
            .set("confidentiality", "2")
            .set("integrity", "1")
            .set("availability", "1")
            .set("personal_data", "none")
            .set("persons", persons)
            .set("zone", "none")
            .set("outsourced", false)
            .set("valid_from", "2024-04-01");
        row.version = version;
        row
    }

    fn line<'a>(at: usize, id: Option<&'a str>, version: Option<i64>, cells: &[(&str, &'a str)]) -> Line<'a> {
        let cells = cells.iter().map(|(name, text)| (ASSET.column(name).unwrap(), *text));
        Line { file: 0, at, id, version, cells: cells.collect() }
    }

    fn compared(rows: &[Row], bases: &[Row], lines: &[Line<'_>], resolved: &[(&str, &str)]) -> Diff {
        let layout = Layout::plain(&REGISTER);
        let rows = rows.iter().map(|r| (r.id.clone(), r.clone())).collect();
        let now = Now {
            layout: &layout,
            names: &Names::default(),
            rows: &rows,
            keys: &Keys::of(&layout, &rows),
            bases: &bases.iter().map(|r| ((r.id.clone(), r.version), r.clone())).collect(),
            defaults: &[],
            resolved: &resolved.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            section: None,
        };
        compare(&now, lines.iter().cloned())
    }

    #[test]
    fn untouched_cells_do_not_undo_what_others_wrote() {
        // The file was made from version 1; since then somebody changed the persons.
        let diff = compared(
            &[asset("A1", 2, "台帳", 20)],
            &[asset("A1", 1, "台帳", 10)],
            &[line(2, Some("A1"), Some(1), &[("name", "新台帳"), ("persons", "10")])],
            &[],
        );
        let Fate::Change { after, cells, conflicts } = &diff.entries[0].fate else { panic!("{diff:?}") };
        assert_eq!(
            (after.text("name"), after.get("persons"), after.version),
            ("新台帳", Some(&20i64.into()), 2)
        );
        assert_eq!((cells.len(), conflicts.len()), (1, 0));
    }

    #[test]
    fn both_changed_differently_is_a_conflict_that_a_person_resolves() {
        let (now, base) = (asset("A1", 2, "台帳", 20), asset("A1", 1, "台帳", 10));
        let lines = [line(2, Some("A1"), Some(1), &[("persons", "30")])];
        for (resolved, expected) in [(&[][..], 20i64), (&[("A1", "persons")][..], 30)] {
            let diff = compared(std::slice::from_ref(&now), std::slice::from_ref(&base), &lines, resolved);
            let Fate::Change { after, conflicts, .. } = &diff.entries[0].fate else { panic!("{diff:?}") };
            assert_eq!((after.get("persons"), conflicts.len()), (Some(&expected.into()), 1));
        }
        // Both changed it to the same: no conflict.
        let agreed = [line(2, Some("A1"), Some(1), &[("persons", "20")])];
        assert!(matches!(compared(&[now], &[base], &agreed, &[]).entries[0].fate, Fate::Same { .. }));
    }

    #[test]
    fn rows_without_ids_are_recognised_by_their_number() {
        let rows = [asset("A1", 1, "台帳", 10)];
        // Width does not matter for finding the row; what the file writes is still a change of its number.
        let diff =
            compared(&rows, &[], &[line(2, None, None, &[("number", "Ａ1"), ("name", "別の名")])], &[]);
        assert_eq!(diff.tally(), Tally { change: 1, cells: 2, ..Tally::default() });
        let diff = compared(&rows, &[], &[line(2, None, None, &[("number", "A1"), ("name", "別の名")])], &[]);
        assert_eq!(diff.tally(), Tally { change: 1, cells: 1, ..Tally::default() });
    }

    /// What is read of the register beforehand is all that the comparison looks for.
    #[test]
    fn lines_mean_rows_by_id_or_by_number() {
        let mut meant = Meant::default();
        for line in [
            line(2, Some("A1"), Some(3), &[("number", "Ａ－９")]),
            line(3, Some("A1"), Some(4), &[]),
            line(4, None, None, &[("number", "ａ－12 "), ("persons", "多数")]),
            line(5, None, None, &[("name", "番号なし")]),
            line(6, None, None, &[("number", " ")]),
        ] {
            meant.add(&REGISTER, &Names::default(), &line);
        }
        assert_eq!(meant.rows.into_iter().collect::<Vec<_>>(), [("A1".to_owned(), BTreeSet::from([3, 4]))]);
        assert_eq!(meant.keys.into_iter().collect::<Vec<_>>(), ["a-12"]);
    }

    #[test]
    fn every_error_names_its_cell() {
        let bad = [("number", "A9"), ("name", ""), ("persons", "多数"), ("form", "石")];
        let diff = compared(&[], &[], &[line(5, None, None, &bad)], &[]);
        let Fate::Error(wrong) = &diff.entries[0].fate else { panic!("{diff:?}") };
        let columns: Vec<&str> = wrong.iter().filter_map(|(c, _)| c.map(|c| c.name)).collect();
        assert!(columns.contains(&"persons") && columns.contains(&"form") && columns.contains(&"name"));
        assert_eq!(
            columns.iter().filter(|c| **c == "form").count(),
            1,
            "an unreadable cell is not empty as well"
        );
    }

    #[test]
    fn copies_are_ignored_and_contradictions_are_not() {
        let rows = [asset("A1", 1, "台帳", 10)];
        let one = || line(2, Some("A1"), Some(1), &[("name", "新")]);
        assert_eq!(compared(&rows, &[], &[one(), one()], &[]).entries.len(), 1);
        let other = line(9, Some("A1"), Some(1), &[("name", "別")]);
        assert_eq!(compared(&rows, &[], &[one(), other], &[]).tally().errors, 1);
        let stranger = line(3, Some("Z"), Some(1), &[("name", "x")]);
        assert_eq!(compared(&rows, &[], &[stranger], &[]).tally().errors, 1);
    }
}
