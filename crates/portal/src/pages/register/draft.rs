//! A spreadsheet on its way into a register: the cells read, how they are mapped, and what they would change.
//! Kept as JSON in `register_import` until it is applied.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::export::note;
use super::thing;
use crate::App;
use crate::error::PortalError;
use crate::form::Upload;
use crate::session::Me;
use sekisho_domain::access::{Access, Action, may};
use sekisho_domain::noun::{Column, Row, Value};
use sekisho_domain::register::diff::{Diff, Fate, Keys, Meant, Now, compare, lines};
use sekisho_domain::register::mapping::{Mapping, Sure, Target, guess};
use sekisho_domain::register::names::Names;
use sekisho_domain::register::{Layout, Register, cell};
use sekisho_domain::search::search_key;
use sekisho_sheet::Grid;
use sekisho_store::register::Known;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) files: Vec<File>,
    /// Column → text for new rows whose file has no such column.
    pub(crate) defaults: BTreeMap<String, String>,
    /// Files that were not taken, and why.
    pub(crate) refused: Vec<(String, String)>,
    /// Sections whose file is expected; empty unless workbooks were handed out.
    pub(crate) expected: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) sheet: String,
    pub(crate) meta: BTreeMap<String, String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) header: usize,
    /// Per column of the file: the code of a target, or empty.
    pub(crate) columns: Vec<String>,
    /// How sure each is: `heading`, `alike`, `values`, `said`, empty.
    pub(crate) sure: Vec<String>,
    /// Whether nobody has to be asked about the columns.
    pub(crate) certain: bool,
}

/// What somebody decided about files of one shape.
#[derive(Debug, Serialize, Deserialize)]
struct KeptMapping {
    columns: Vec<String>,
    defaults: BTreeMap<String, String>,
}

/// Everything a comparison stands on.
pub(crate) struct Desk {
    pub(crate) layout: Layout,
    pub(crate) seen: Vec<&'static Column>,
    pub(crate) names: Names,
}

impl Desk {
    pub(crate) async fn set(app: &App, me: &Me, register: &'static Register) -> Result<Desk, PortalError> {
        let layout = app.store.db.layout(register).await?;
        let seen = layout.seen_by(&me.who, me.on);
        let names = app.store.db.names(&seen, me.on).await?;
        Ok(Desk { layout, seen, names })
    }
}

/// What a draft would do, with what the pages need to say about it.
pub(crate) struct Outcome {
    pub(crate) diff: Diff,
    /// Rows now, by id.
    pub(crate) rows: HashMap<String, Row>,
    /// Rows of the files' sections that the files leave out.
    pub(crate) missing: Vec<Row>,
    /// Seals what was shown: applying asks for the same.
    pub(crate) seal: String,
}

impl Draft {
    /// Reads files. Those that cannot be read are named and do not stop the others.
    pub(crate) async fn read(
        app: &App,
        me: &Me,
        desk: &Arc<Desk>,
        uploads: Vec<Upload>,
    ) -> Result<Draft, PortalError> {
        let register = desk.layout.register;
        let mut draft = Draft::default();
        for upload in uploads {
            let bytes = upload.bytes;
            let grid = blocking(move || sekisho_sheet::read(&bytes)).await?;
            match grid {
                Ok(grid) if foreign(register, &grid) => {
                    let said = "別の台帳から書き出したファイルです。".to_owned();
                    draft.refused.push((upload.name, said));
                }
                Ok(grid) => {
                    let (file, defaults) = File::of(app, me, desk, upload.name, grid).await?;
                    draft.files.push(file);
                    draft.defaults.extend(defaults);
                }
                Err(error) => draft.refused.push((upload.name, error.ja())),
            }
        }
        Ok(draft)
    }

    pub(crate) fn names(&self) -> String {
        let mut names: Vec<&str> = self.files.iter().map(|f| f.name.as_str()).collect();
        let more = names.len().saturating_sub(3);
        names.truncate(3);
        match more {
            0 => names.join("、"),
            more => format!("{} ほか{more}", names.join("、")),
        }
    }

    /// Compares with the register as it is now, within what the person may edit. Only what the files speak of is read,
    /// and the rows of their sections that they leave out.
    pub(crate) async fn compare(
        self: &Arc<Draft>,
        app: &App,
        me: &Me,
        desk: &Arc<Desk>,
        resolved: HashSet<(String, String)>,
    ) -> Result<Outcome, PortalError> {
        let register = desk.layout.register;
        let db = &app.store.db;
        let (draft, columns) = (Arc::clone(self), Arc::clone(desk));
        let meant = blocking(move || draft.meant(&columns)).await?;
        let spoken = |row: &Known| {
            meant.rows.contains_key(&row.id) || meant.keys.contains(&search_key(&[&row.row_key]))
        };
        let known = db.known(register, |row| spoken(row) || self.holds_all_of(&row.section)).await?;
        let wanted: Vec<&Known> = known.iter().filter(|row| spoken(row)).collect();
        let ids: Vec<String> = wanted.iter().map(|row| row.id.clone()).collect();
        let found = db.rows_of(register.noun, &ids).await?;
        let taken: HashSet<String> = found.iter().map(|row| row.text(register.key[0]).to_owned()).collect();
        let mine = |row: &Row| may(&me.who, Action::Edit, thing(register, row), me.on) == Access::Granted;
        let rows: HashMap<String, Row> =
            found.into_iter().filter(mine).map(|row| (row.id.clone(), row)).collect();
        let bases = db.rows_at(register, &outdated(&meant, &wanted)).await?;
        let (draft, desk, who) = (Arc::clone(self), Arc::clone(desk), me.clone());
        let (diff, rows) = blocking(move || {
            let mut diff = draft.diff(&desk, &rows, &bases, &resolved);
            refuse_foreign(&who, register, &taken, &mut diff);
            (diff, rows)
        })
        .await?;
        let left_out = known.into_iter().filter(|row| self.holds_all_of(&row.section));
        let left_out: Vec<String> = left_out.map(|row| row.id).filter(|id| !diff.seen.contains(id)).collect();
        let mut missing = db.rows_of(register.noun, &left_out).await?;
        missing.retain(|row| mine(row) && register.holds(row, me.on));
        missing.sort_by(|a, b| a.text(register.key[0]).cmp(b.text(register.key[0])));
        let seal = seal(&diff, &missing);
        Ok(Outcome { diff, rows, missing, seal })
    }

    fn meant(&self, desk: &Desk) -> Meant {
        let mut meant = Meant::default();
        for (at, file) in self.files.iter().enumerate() {
            for line in lines(&file.mapping(desk), &file.rows, at) {
                meant.add(desk.layout.register, &desk.names, &line);
            }
        }
        meant
    }

    /// Whether one of the files holds every row of a section.
    fn holds_all_of(&self, section: &str) -> bool {
        self.files.iter().map(File::scope).any(|s| s == "*" || (!s.is_empty() && s == section))
    }

    /// File by file, so that the lines of one are gone before the next are made.
    fn diff(
        &self,
        desk: &Desk,
        rows: &HashMap<String, Row>,
        bases: &HashMap<(String, i64), Row>,
        resolved: &HashSet<(String, String)>,
    ) -> Diff {
        let register = desk.layout.register;
        let keys = Keys::of(&desk.layout, rows);
        let defaults = self.default_values(desk);
        let one = |(at, file): (usize, &File)| {
            let section = register.section.zip(Some(file.scope()).filter(|s| !matches!(*s, "" | "*")));
            let now = Now {
                layout: &desk.layout,
                names: &desk.names,
                rows,
                keys: &keys,
                bases,
                defaults: &defaults,
                resolved,
                section: section.map(|(column, unit)| (column, unit.to_owned())),
            };
            compare(&now, lines(&file.mapping(desk), &file.rows, at))
        };
        merge_files(register, self.files.iter().enumerate().map(one))
    }

    fn default_values(&self, desk: &Desk) -> Vec<(&'static Column, Value)> {
        let value = |(name, text): (&String, &String)| {
            let column = desk.layout.column(name)?;
            Some((column, super::form::read(column, text, &desk.names).ok()?))
        };
        self.defaults.iter().filter_map(value).collect()
    }
}

impl File {
    /// The file, and what new rows get where it says nothing.
    async fn of(
        app: &App,
        me: &Me,
        desk: &Arc<Desk>,
        name: String,
        grid: Grid,
    ) -> Result<(File, BTreeMap<String, String>), PortalError> {
        let register = desk.layout.register;
        let grid = Arc::new(grid);
        let (columns, cells) = (Arc::clone(desk), Arc::clone(&grid));
        let mapping = blocking(move || guess(&columns.seen, &cells.rows, &columns.names)).await?;
        let grid = Arc::unwrap_or_clone(grid);
        let shape = shape(&mapping, &grid.rows);
        let mut file = File {
            certain: mapping.certain(&grid.rows, register),
            header: mapping.header,
            columns: mapping.columns.iter().map(|(t, _)| t.map_or("", Target::code).to_owned()).collect(),
            sure: mapping.columns.iter().map(|(_, sure)| sure_code(*sure).to_owned()).collect(),
            name,
            sheet: grid.sheet,
            meta: grid.meta,
            rows: grid.rows,
        };
        // What somebody decided about a file of this shape is not asked again.
        if let Some(kept) = app.store.db.kept_mapping(register.noun.name, &shape).await?
            && let Ok(KeptMapping { columns, mut defaults }) = serde_json::from_str(&kept)
        {
            file.say(columns);
            if let Some((from, _)) = register.valid.filter(|(from, _)| defaults.contains_key(*from)) {
                // A row that is new today begins today, not on the day the mapping was made.
                defaults.insert(from.to_owned(), me.on.to_string());
            }
            return Ok((file, defaults));
        }
        Ok((file, BTreeMap::new()))
    }

    /// Remembers the columns and the draft's defaults for the next file of this shape.
    pub(crate) async fn keep_mapping(
        &self,
        app: &App,
        register: &Register,
        defaults: &BTreeMap<String, String>,
    ) -> Result<(), PortalError> {
        let kept = KeptMapping { columns: self.columns.clone(), defaults: defaults.clone() };
        let kept = serde_json::to_string(&kept).map_err(|e| PortalError::Internal(e.to_string()))?;
        Ok(app.store.keep_mapping(register.noun.name, &self.shape(), &kept).await?)
    }

    /// The section whose rows the file holds, all of them; `*`: everything; empty: a selection, or not ours.
    fn scope(&self) -> &str {
        self.meta.get(note::SCOPE).map_or("", String::as_str)
    }

    fn mapping(&self, desk: &Desk) -> Mapping {
        Mapping::said(self.header, &self.columns, &desk.seen)
    }

    /// Takes over what somebody says the columns are.
    pub(crate) fn say(&mut self, columns: Vec<String>) {
        let sure = |code: &String| if code.is_empty() { Sure::No } else { Sure::Said };
        self.sure = columns.iter().map(|code| sure_code(sure(code)).to_owned()).collect();
        self.columns = columns;
        self.certain = true;
    }

    fn shape(&self) -> String {
        shape(&Mapping { header: self.header, columns: Vec::new() }, &self.rows)
    }
}

/// The shape of a file as a key that says nothing about it.
pub(crate) fn shape(mapping: &Mapping, rows: &[Vec<String>]) -> String {
    hex::encode(Sha256::digest(mapping.shape(rows)))
}

pub(crate) fn sure_code(sure: Sure) -> &'static str {
    match sure {
        Sure::Heading => "heading",
        Sure::Alike => "alike",
        Sure::Values => "values",
        Sure::Said => "said",
        Sure::No => "",
    }
}

fn foreign(register: &Register, grid: &Grid) -> bool {
    grid.meta.get(note::REGISTER).is_some_and(|noun| noun != register.noun.name)
}

/// What was shown, as one number: the changes, and the rows that the files leave out.
fn seal(diff: &Diff, missing: &[Row]) -> String {
    let mut seal = Sha256::new();
    seal.update(diff.canonical());
    for row in missing {
        seal.update(format!("-{} {}\n", row.id, row.version));
    }
    hex::encode(seal.finalize())
}

/// Versions that lines were made from and that are no longer the newest.
fn outdated(meant: &Meant, wanted: &[&Known]) -> Vec<(String, i64)> {
    let old = |row: &&Known| {
        let versions = meant.rows.get(&row.id).into_iter().flatten();
        let old = versions.filter(|version| **version != row.version);
        old.map(|version| (row.id.clone(), *version)).collect::<Vec<_>>()
    };
    wanted.iter().flat_map(old).collect()
}

/// All files' changes as one. The same row in two files with the same changes is a copy of a file; with different
/// ones, nobody can say which is meant.
fn merge_files(register: &Register, files: impl Iterator<Item = Diff>) -> Diff {
    let mut all = Diff::default();
    let mut spoken: HashMap<String, usize> = HashMap::new();
    for file in files {
        for mut entry in file.entries {
            let key = match &entry.fate {
                Fate::Change { after, .. } => after.id.clone(),
                Fate::Add(row) => format!("+{}", row.text(register.key[0])),
                Fate::Same { .. } | Fate::Error(_) => String::new(),
            };
            let twin = spoken.get(&key).map(|at| &all.entries[*at]).filter(|_| key != "+");
            if let Some(twin) = twin.filter(|twin| twin.file != entry.file) {
                let same = match (&twin.fate, &entry.fate) {
                    (Fate::Change { after: a, .. }, Fate::Change { after: b, .. })
                    | (Fate::Add(a), Fate::Add(b)) => a.values == b.values,
                    _ => false,
                };
                if same {
                    continue;
                }
                let said = format!(
                    "同じ行が、別のファイルの{}行目でも変えられていて、内容が違います。どちらか一つにしてください。",
                    twin.at
                );
                entry.fate = Fate::Error(vec![(None, said)]);
            } else if !key.is_empty() {
                spoken.insert(key, all.entries.len());
            }
            all.entries.push(entry);
        }
        all.seen.extend(file.seen);
    }
    all
}

/// Rows that the person may not write, or whose number somebody else's row has.
fn refuse_foreign(me: &Me, register: &'static Register, taken: &HashSet<String>, diff: &mut Diff) {
    let section = register.section.and_then(|name| register.noun.column(name));
    let number = register.noun.column(register.key[0]);
    for entry in &mut diff.entries {
        let (row, fresh) = match &entry.fate {
            Fate::Add(row) => (row, true),
            Fate::Change { after, .. } => (after, false),
            Fate::Same { .. } | Fate::Error(_) => continue,
        };
        if may(&me.who, Action::Edit, thing(register, row), me.on) != Access::Granted {
            let said = "ほかの所属の行は、書けません。".to_owned();
            entry.fate = Fate::Error(vec![(section, said)]);
        } else if fresh && register.key.len() == 1 && taken.contains(row.text(register.key[0])) {
            let said = "この番号は、ほかの行が使っています。番号は使い回しません。".to_owned();
            entry.fate = Fate::Error(vec![(number, said)]);
        }
    }
}

/// The text a default is shown as.
pub(crate) fn default_text(draft: &Draft, column: &Column) -> String {
    draft.defaults.get(column.name).map(|text| cell::clean(text)).unwrap_or_default()
}

/// Work that keeps a core busy runs beside the requests of others.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PortalError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| PortalError::Internal(e.to_string()))
}
