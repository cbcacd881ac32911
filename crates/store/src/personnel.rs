//! 人事異動: loaded by one person, confirmed by another, carried out at its instant in one transaction.
//!
//! The list itself lies in an operational table and is bound to the record by its SHA-256, so that what happens at
//! the instant is what the second person saw. Everything is compared again at the instant: whoever was changed by
//! hand in between, and whom nobody decided about, is left as they are and counted in the summary.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_domain::access::read_key;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::person::PERSON;
use sekisho_domain::personnel::plan::{
    Against, Around, Change, Choice, Consequences, Move, Present, RoleRule, Waiting, changes, consequences,
    stamps, undo,
};
use sekisho_domain::personnel::{PERSONNEL_CHANGE, Place, Wanted};
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::staff_source::STAFF_SOURCE;
use sekisho_domain::succession::heir;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::decision::identities_in;
use crate::error::{Result, StoreError};
use crate::office::Offices;
use crate::read::Read;
use crate::succession::{heirs, moved_key};
use crate::{Actor, Db, Store, Tx};

sql! {
    const PEOPLE = "SELECT id, number, name, kana, mail, left_on FROM person WHERE source = $1 ORDER BY number, id";
    const PLACES = "SELECT a.id, a.person_id, a.unit_id, a.position_id, a.kind FROM assignment a
        WHERE a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1) ORDER BY a.id";
    const SEATED = "SELECT a.person_id, a.unit_id, a.position_id, a.kind FROM assignment a JOIN person p ON p.id = a.person_id
        WHERE a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1) AND (p.left_on IS NULL OR p.left_on > $1)";
    const ROLES = "SELECT role, position_id, unit_id FROM role_seat
        WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)";
    const OWNED = "SELECT q.unit_id, COUNT(*) AS number FROM (
            SELECT unit_id FROM asset WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)
            UNION ALL SELECT unit_id FROM system WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)
        ) q GROUP BY q.unit_id ORDER BY q.unit_id";
    const WAITING = "SELECT d.id, d.applicant_id, s.seat_key, s.state FROM decision_step s
        JOIN decision d ON d.id = s.decision_id
        WHERE d.state = 'pending' AND s.state IN ('open', 'waiting') AND s.seat_key IS NOT NULL";
    const ACCOUNTS = "SELECT person_id, id FROM account WHERE state = 'active'";
    const KEEP_FILE = "INSERT INTO personnel_file (id, file_name, body) VALUES ($1, $2, $3)";
    const CHANGE_FILE = "UPDATE personnel_file SET body = $2 WHERE id = $1";
    const DROP_FILE = "DELETE FROM personnel_file WHERE id = $1";
    const FILE = "SELECT file_name, body FROM personnel_file WHERE id = $1";
    const LIST = "SELECT id FROM personnel_change ORDER BY id DESC LIMIT $1";
    const DUE = "SELECT id FROM personnel_change WHERE state = 'confirmed' AND effective_ms <= $1 ORDER BY effective_ms, id";
    const NEXT = "SELECT MIN(effective_ms) AS next FROM personnel_change WHERE state = 'confirmed'";
    const SOURCE_ROWS = "SELECT id FROM staff_source
        WHERE name = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)";
    const SOURCES = "SELECT name, MIN(number) AS number FROM staff_source
        WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) GROUP BY name ORDER BY number, name";
    const SOURCES_IN_USE = "SELECT source, COUNT(*) AS number FROM person GROUP BY source ORDER BY source";
    const NUMBERS = "SELECT id, number FROM person WHERE number = $1 AND (left_on IS NULL OR left_on > $2) ORDER BY id";
}

const ALTERED: &str = "名簿の内容が、確認したときと違うため、何も反映していません。読み込み直してください。";
const REFUSED: &str =
    "台帳の決まりに合わない行があり、何も反映していません。名簿を確かめて、読み込み直してください。";

/// 人事異動 shown in a list.
const LISTED: i64 = 200;

/// What lies beside the record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct File {
    pub people: Vec<Wanted>,
    /// What everybody was when the list was read; see `domain::personnel::plan::stamp`.
    bases: BTreeMap<String, String>,
    pub choices: BTreeMap<String, Choice>,
    /// After it was carried out: the list that leads back.
    pub undo: Vec<Wanted>,
}

/// A list about to be loaded.
#[derive(Clone, Debug)]
pub struct NewPersonnel<'a> {
    pub source: &'a str,
    pub whole: bool,
    pub effective: Date,
    /// Who may see it before the day, besides whoever loads it.
    pub readers: &'a [String],
    pub file_name: &'a str,
    pub people: Vec<Wanted>,
}

/// A 人事異動 with everything a page says about it.
#[derive(Clone, Debug)]
pub struct Personnel {
    pub row: Row,
    pub file_name: String,
    pub file: File,
}

impl Personnel {
    pub fn effective(&self) -> Date {
        date_at(Ms(int(&self.row, "effective_ms")))
    }

    pub fn state(&self) -> &str {
        self.row.text("state")
    }

    pub fn readers(&self) -> Vec<String> {
        serde_json::from_str(self.row.text("readers")).unwrap_or_default()
    }

    /// Before the day only those named see it; afterwards it is an act of the city like any other.
    pub fn released(&self) -> bool {
        self.state() == "applied"
    }

    fn whole(&self) -> bool {
        self.row.get("whole") == Some(&Value::Bool(Some(true)))
    }
}

/// What a 人事異動 would do today.
#[derive(Clone, Debug)]
pub struct Outlook {
    pub changes: Vec<Change>,
    pub consequences: Consequences,
    /// The same text for the same changes: what was shown is what is confirmed.
    pub seal: String,
}

/// Why a confirmation was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("whoever loaded it does not confirm it")]
    Own,
    #[error("it has changed since it was shown")]
    Changed,
    #[error("{0} conflicts are open")]
    Conflicts(usize),
    #[error("{0} people would lose access; the number is typed first")]
    Losing(usize),
    #[error("nothing would change")]
    Nothing,
}

impl Db {
    /// Somebody in office by staff number, if only one has it.
    pub async fn person_with_number(&self, number: &str, on: Date) -> Result<Option<String>> {
        let found: Vec<(String, String)> = self.fetch_all(NUMBERS, &[number.into(), on.into()]).await?;
        Ok(match found.as_slice() {
            [(id, _)] => Some(id.clone()),
            _ => None,
        })
    }

    /// Names of the lists people come from: those of the register first, then those only people name.
    pub async fn staff_sources(&self, on: Date) -> Result<Vec<String>> {
        let kept: Vec<(String, String)> = self.fetch_all(SOURCES, &[on.into()]).await?;
        let used: Vec<(String, i64)> = self.fetch_all(SOURCES_IN_USE, &[]).await?;
        let mut names: Vec<String> = kept.into_iter().map(|(name, _)| name).collect();
        for (name, _) in used {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    pub async fn personnel(&self, id: &str) -> Result<Option<Personnel>> {
        let Some(row) = self.row(&PERSONNEL_CHANGE, id).await? else { return Ok(None) };
        let kept: Option<(String, String)> = self.fetch_optional(FILE, &[id.into()]).await?;
        let (file_name, body) = kept.unwrap_or_default();
        let file = if body.is_empty() { File::default() } else { unpack(&body)? };
        Ok(Some(Personnel { row, file_name, file }))
    }

    /// The latest ones, newest first, without their lists.
    pub async fn personnel_list(&self) -> Result<Vec<Personnel>> {
        let ids: Vec<(String,)> = self.fetch_all(LIST, &[LISTED.into()]).await?;
        let mut all = Vec::with_capacity(ids.len());
        for (id,) in ids {
            if let Some(row) = self.row(&PERSONNEL_CHANGE, &id).await? {
                all.push(Personnel { row, file_name: String::new(), file: File::default() });
            }
        }
        Ok(all)
    }

    /// When the next one is due.
    pub async fn next_personnel(&self) -> Result<Option<Ms>> {
        let (next,): (Option<i64>,) = self.fetch_one(NEXT, &[]).await?;
        Ok(next.map(Ms))
    }

    pub async fn personnel_outlook(&self, personnel: &Personnel) -> Result<Outlook> {
        outlook(&mut &*self, personnel).await
    }
}

async fn outlook(read: &mut impl Read, personnel: &Personnel) -> Result<Outlook> {
    let on = personnel.effective();
    let present = present(read, personnel.row.text("source"), on).await?;
    let against = Against {
        present: &present,
        whole: personnel.whole(),
        bases: &personnel.file.bases,
        choices: &personnel.file.choices,
    };
    let changes = changes(&personnel.file.people, against);
    let consequences = consequences(&changes, &around(read, on).await?);
    let seal = hex::encode(Sha256::digest(format!("{changes:?}")));
    Ok(Outlook { changes, consequences, seal })
}

type PersonRow = (String, String, String, Option<String>, Option<String>, Option<String>);
type PlaceRow = (String, String, String, String, String);

/// Everybody of a source with where they sit on a day.
async fn present(read: &mut impl Read, source: &str, on: Date) -> Result<Vec<Present>> {
    let people: Vec<PersonRow> = read.all(PEOPLE, &[source.into()]).await?;
    let rows: Vec<PlaceRow> = read.all(PLACES, &[on.into()]).await?;
    // Whoever sits in a section that ends before the day will sit in the one that follows it, whichever is written first.
    let heirs = heirs(read, on).await?;
    let mut places: BTreeMap<String, Vec<(Place, String)>> = BTreeMap::new();
    for (id, person, unit_id, position_id, kind) in rows {
        let unit_id = heir(&unit_id, &heirs).to_owned();
        places.entry(person).or_default().push((Place { unit_id, position_id, kind }, id));
    }
    let day = on.to_string();
    let one = |(id, number, name, kana, mail, left_on): PersonRow| {
        let left = left_on.is_some_and(|left| left <= day);
        let places = if left { Vec::new() } else { places.remove(&id).unwrap_or_default() };
        Present { id, number, name, kana, mail, left, places }
    };
    Ok(people.into_iter().map(one).collect())
}

async fn around(read: &mut impl Read, on: Date) -> Result<Around> {
    let seated: Vec<(String, String, String, String)> = read.all(SEATED, &[on.into()]).await?;
    let roles: Vec<(String, String, Option<String>)> = read.all(ROLES, &[on.into()]).await?;
    let waiting: Vec<(String, String, String, String)> = read.all(WAITING, &[]).await?;
    let accounts: Vec<(String, String)> = read.all(ACCOUNTS, &[]).await?;
    let heirs = heirs(read, on).await?;
    let follow = |unit: String| heir(&unit, &heirs).to_owned();
    let offices = Offices::load(read, on).await?;
    let mut owned: BTreeMap<String, i64> = BTreeMap::new();
    for (unit, number) in read.all::<(String, i64)>(OWNED, &[on.into()]).await? {
        *owned.entry(follow(offices.of(&unit).to_owned())).or_default() += number;
    }
    Ok(Around {
        seated: seated
            .into_iter()
            .map(|(person, unit, position_id, kind)| {
                (person, Place { unit_id: follow(unit), position_id, kind })
            })
            .collect(),
        roles: roles
            .into_iter()
            .map(|(role, position_id, unit)| RoleRule { role, position_id, unit_id: unit.map(follow) })
            .collect(),
        offices: offices.pairs().map(|(group, office)| (follow(group), follow(office))).collect(),
        owned: owned.into_iter().collect(),
        waiting: waiting
            .into_iter()
            .map(|(decision_id, applicant_id, key, state)| Waiting {
                decision_id,
                applicant_id,
                key: match read_key(&key).and_then(|(.., unit)| unit).map(|unit| heir(unit, &heirs)) {
                    Some(unit) => moved_key(&key, unit),
                    None => key,
                },
                open: state == "open",
            })
            .collect(),
        accounts: accounts.into_iter().map(|(person, _)| person).collect(),
    })
}

impl Store {
    /// Keeps a list with what everybody is today. Nothing else is written.
    pub async fn load_personnel(&self, actor: &Actor, new: NewPersonnel<'_>) -> Result<String> {
        let present = present(&mut &self.db, new.source, new.effective).await?;
        let file = File { people: new.people, bases: stamps(&present), ..File::default() };
        let readers: BTreeSet<&str> =
            new.readers.iter().map(String::as_str).chain([actor.person_id.as_str()]).collect();
        let mut tx = self.write(actor, "personnel_change.load").await?;
        let id = tx.new_id();
        let row = Row::new(&PERSONNEL_CHANGE, &id)
            .set("source", new.source)
            .set("whole", new.whole)
            .set("effective_ms", sekisho_domain::date::start_of(new.effective))
            .set("readers", serde_json::json!(readers).to_string())
            .set("loaded_by", actor.person_id.as_str())
            .set("state", "loaded");
        tx.insert(row).await?;
        let args = [id.as_str().into(), new.file_name.into(), pack(&file)?.into()];
        tx.operational(KEEP_FILE, &args).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Says what counts for people who were changed after the list was read. A confirmed change has to be confirmed
    /// again.
    pub async fn choose_personnel(
        &self,
        actor: &Actor,
        id: &str,
        choices: BTreeMap<String, Choice>,
    ) -> Result<()> {
        let mut personnel = self.db.personnel(id).await?.ok_or(StoreError::NotFound)?;
        open(&personnel)?;
        personnel.file.choices.extend(choices);
        let mut tx = self.write(actor, "personnel_change.choose").await?;
        tx.update(unconfirmed(personnel.row)).await?;
        tx.operational(CHANGE_FILE, &[id.into(), pack(&personnel.file)?.into()]).await?;
        tx.commit().await
    }

    /// The second person: what was shown, under its seal, with the number of people who lose access when it is large.
    pub async fn confirm_personnel(
        &self,
        actor: &Actor,
        id: &str,
        seal: &str,
        typed: Option<usize>,
    ) -> std::result::Result<(), ConfirmError> {
        let mut tx = self.write(actor, "personnel_change.confirm").await?;
        let personnel = self.db.personnel(id).await?.ok_or(StoreError::NotFound)?;
        if personnel.state() != "loaded" {
            return Err(ConfirmError::Changed);
        }
        let same = identities_in(&mut tx, personnel.row.text("loaded_by")).await?;
        if same.contains(&actor.person_id) {
            return Err(ConfirmError::Own);
        }
        let outlook = outlook(&mut tx, &personnel).await?;
        if outlook.seal != seal {
            return Err(ConfirmError::Changed);
        }
        let conflicts = outlook.changes.iter().filter(|c| c.open_conflict()).count();
        if conflicts > 0 {
            return Err(ConfirmError::Conflicts(conflicts));
        }
        if !outlook.changes.iter().any(Change::counts) {
            return Err(ConfirmError::Nothing);
        }
        let losing = outlook.consequences.losing;
        if outlook.consequences.must_be_typed() && typed != Some(losing) {
            return Err(ConfirmError::Losing(losing));
        }
        let at = tx.at();
        let row = personnel.row.clone().set("state", "confirmed").set("content_sha256", digest(&personnel)?);
        tx.update(row.set("confirmed_by", actor.person_id.as_str()).set("confirmed_ms", at)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Nothing happens, and the list is forgotten.
    pub async fn cancel_personnel(&self, actor: &Actor, id: &str) -> Result<()> {
        let personnel = self.db.personnel(id).await?.ok_or(StoreError::NotFound)?;
        open(&personnel)?;
        let mut tx = self.write(actor, "personnel_change.cancel").await?;
        tx.update(unconfirmed(personnel.row).set("state", "cancelled")).await?;
        tx.operational(DROP_FILE, &[id.into()]).await?;
        tx.commit().await
    }

    /// Loads what leads back from one that was carried out, for another person to confirm.
    pub async fn undo_personnel(&self, actor: &Actor, id: &str) -> Result<String> {
        let done = self.db.personnel(id).await?.ok_or(StoreError::NotFound)?;
        if !done.released() || done.file.undo.is_empty() {
            return Err(StoreError::IllegalMove("only what was carried out is undone"));
        }
        let new = NewPersonnel {
            source: done.row.text("source"),
            whole: false,
            effective: date_at(self.clock.now()),
            readers: &done.readers(),
            file_name: &format!("{}を元に戻す", done.file_name),
            people: done.file.undo.clone(),
        };
        self.load_personnel(actor, new).await
    }

    /// Carries out what is due, each in one transaction. Called at every round of the keeper: after a crash the next
    /// round finds it done or not done, never half. Returns how many were carried out.
    pub async fn apply_personnel(&self) -> Result<usize> {
        let due: Vec<(String,)> = self.db.fetch_all(DUE, &[self.clock.now().into()]).await?;
        let mut done = 0;
        for (id,) in due {
            match self.apply_one(&id).await {
                Ok(()) => done += 1,
                // Another process was faster, or somebody wrote in the same moment: the next round sees it.
                Err(StoreError::Conflict { .. }) => {}
                // The database cannot be reached: tried again, like everything else.
                Err(error @ (StoreError::Database(_) | StoreError::Io { .. })) => return Err(error),
                // A rule refuses it, and would tomorrow: nothing was written, and the office hears of it.
                Err(error) => {
                    tracing::error!(%error, id, "a personnel change could not be carried out");
                    self.stop_personnel(&id, REFUSED).await?;
                }
            }
        }
        Ok(done)
    }

    /// Calls one off that cannot be carried out, with why. `derive_tasks` puts it on the office's list.
    async fn stop_personnel(&self, id: &str, said: &str) -> Result<()> {
        let mut tx = self.write(&Actor::system(), "personnel_change.stop").await?;
        let row = tx.get(&PERSONNEL_CHANGE, id).await?;
        tx.update(row.set("state", "cancelled").set("summary", said)).await?;
        tx.commit().await
    }

    async fn apply_one(&self, id: &str) -> Result<()> {
        let mut tx = self.write(&Actor::system(), "personnel_change.apply").await?;
        let mut personnel = self.db.personnel(id).await?.ok_or(StoreError::NotFound)?;
        personnel.row = tx.get(&PERSONNEL_CHANGE, id).await?;
        if personnel.state() != "confirmed" {
            return Ok(());
        }
        if digest(&personnel)? != personnel.row.text("content_sha256") {
            drop(tx);
            return self.stop_personnel(id, ALTERED).await;
        }
        let on = personnel.effective();
        let outlook = outlook(&mut tx, &personnel).await?;
        let source = personnel.row.text("source").to_owned();
        let population = tx.source_rows(&source, on, &personnel).await?;
        for change in outlook.changes.iter().filter(|c| c.counts()) {
            tx.carry_out(change, &source, &population, on).await?;
        }
        let at = tx.at();
        let row = personnel.row.clone().set("state", "applied").set("applied_ms", at);
        tx.update(row.set("summary", summary(&outlook.changes))).await?;
        let kept = File { undo: undo(&outlook.changes), ..File::default() };
        tx.operational(CHANGE_FILE, &[id.into(), pack(&kept)?.into()]).await?;
        tx.commit().await
    }
}

impl Tx<'_> {
    /// Notes on the source's row that its list came; returns the population its people belong to.
    async fn source_rows(&mut self, source: &str, on: Date, personnel: &Personnel) -> Result<String> {
        let rows: Vec<(String,)> = self.fetch_all(SOURCE_ROWS, &[source.into(), on.into()]).await?;
        let mut population = "staff".to_owned();
        for (id,) in rows {
            let row = self.get(&STAFF_SOURCE, &id).await?;
            row.text("population").clone_into(&mut population);
            if personnel.whole() {
                let staying = personnel.file.people.iter().filter(|p| !p.left).count();
                let count = i64::try_from(staying).unwrap_or(i64::MAX);
                self.update(row.set("observed", count).set("as_of", on)).await?;
            }
        }
        Ok(population)
    }

    async fn carry_out(&mut self, change: &Change, source: &str, population: &str, on: Date) -> Result<()> {
        for assignment in &change.end {
            let row = self.get(&ASSIGNMENT, assignment).await?;
            self.update(row.set("valid_to", on)).await?;
        }
        let person = self.carry_person(change, source, population, on).await?;
        for place in &change.begin {
            let row = Row::new(&ASSIGNMENT, self.new_id())
                .set("person_id", person.as_str())
                .set("position_id", place.position_id.as_str())
                .set("unit_id", place.unit_id.as_str())
                .set("kind", place.kind.as_str())
                .set("valid_from", on);
            self.insert(row).await?;
        }
        Ok(())
    }

    async fn carry_person(
        &mut self,
        change: &Change,
        source: &str,
        population: &str,
        on: Date,
    ) -> Result<String> {
        let said = |row: Row| {
            row.set("name", change.name.as_str())
                .set("kana", change.kana.clone())
                .set("mail", change.mail.clone())
        };
        let Some(id) = &change.person_id else {
            let id = self.new_id();
            let row = said(Row::new(&PERSON, &id))
                .set("number", change.number.as_str())
                .set("population", population)
                .set("source", source)
                .set("joined_on", on);
            self.create_person(row).await?;
            return Ok(id);
        };
        let touched = [Move::Joins, Move::Leaves, Move::Renamed];
        if change.moves.iter().any(|m| touched.contains(m)) {
            let row = said(self.get(&PERSON, id).await?);
            self.update_person(row.set("left_on", change.leaves().then_some(on))).await?;
        }
        Ok(id.clone())
    }
}

fn open(personnel: &Personnel) -> Result<()> {
    match personnel.state() {
        "loaded" | "confirmed" => Ok(()),
        _ => Err(StoreError::IllegalMove("what was carried out or called off is not changed")),
    }
}

fn unconfirmed(row: Row) -> Row {
    row.set("state", "loaded")
        .set("confirmed_by", None::<String>)
        .set("confirmed_ms", None::<i64>)
        .set("content_sha256", None::<String>)
}

/// 入る人 12、出る人 9 …, and how many were left as they are.
pub fn summary(changes: &[Change]) -> String {
    let counted = |m: Move| changes.iter().filter(|c| c.counts() && c.moves.contains(&m)).count();
    let mut words: Vec<String> = Move::ALL
        .into_iter()
        .map(|m| (m, counted(m)))
        .filter(|(_, n)| *n > 0)
        .map(|(m, n)| format!("{} {n}", m.word()))
        .collect();
    let kept = changes.iter().filter(|c| !c.counts()).count();
    if kept > 0 {
        words.push(format!("今のままにした人 {kept}"));
    }
    words.join("、")
}

/// What the second person's confirmation is bound to.
fn digest(personnel: &Personnel) -> Result<String> {
    let said = serde_json::json!({
        "effective_ms": int(&personnel.row, "effective_ms"),
        "whole": personnel.whole(),
        "source": personnel.row.text("source"),
        "people": personnel.file.people,
        "bases": personnel.file.bases,
        "choices": personnel.file.choices,
    });
    Ok(hex::encode(Sha256::digest(sekisho_ledger::canonical(&said)?)))
}

fn pack(file: &File) -> Result<String> {
    serde_json::to_string(file).map_err(|e| StoreError::Corrupt(e.to_string()))
}

fn unpack(body: &str) -> Result<File> {
    serde_json::from_str(body).map_err(|e| StoreError::Corrupt(e.to_string()))
}

fn int(row: &Row, column: &str) -> i64 {
    row.get(column).and_then(Value::int).unwrap_or_default()
}
