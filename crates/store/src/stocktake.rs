//! 棚卸: a section's rows with what has been said about each, handed over by one person and confirmed by another.

use std::collections::BTreeSet;

use sekisho_domain::access::{Reach, Who, role_key};
use sekisho_domain::campaign::{CAMPAIGN, CAMPAIGN_PART};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, plus_days};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::Register;
use sekisho_domain::role::Role;
use sekisho_domain::stocktake::{STOCKTAKE_ENTRY, sample};
use sekisho_domain::task::DueRule;
use sha2::{Digest as _, Sha256};

use crate::campaign::PartLine;
use crate::error::{Result, StoreError};
use crate::evidence::NewEvidence;
use crate::register::ListQuery;
use crate::register::sql::touched;
use crate::task::Wanted;
use crate::tx::Actor;
use crate::{Db, Store, Tx, carries, office};

/// Rows of one section gone through at once; the largest section of a large city keeps a few thousand.
const ROWS_MAX: i64 = 20_000;
/// Days in which something that was not there is found or reported.
const SEARCH_DAYS: i32 = 14;

sql! {
    const ENTRIES = "SELECT e.id, e.row_id, e.row_version, e.number, e.name, e.result, e.means, e.note, e.seen_by,
            p.name AS person, e.seen_ms, e.settled
        FROM stocktake_entry e LEFT JOIN person p ON p.id = e.seen_by
        WHERE e.part_id = $1 AND e.result <> 'withdrawn' ORDER BY e.seen_ms DESC, e.id DESC";
    const ENTRY_OF_ROW = "SELECT id FROM stocktake_entry WHERE part_id = $1 AND row_id = $2";
    const EXTRA_OF_NUMBER = "SELECT id FROM stocktake_entry
        WHERE part_id = $1 AND row_id IS NULL AND number = $2 ORDER BY id LIMIT 1";
    const LAST = "SELECT p.confirmed_ms, p.batch_id FROM campaign_part p JOIN campaign c ON c.id = p.campaign_id
        WHERE c.register = $1 AND p.unit_id = $2 AND p.state = 'confirmed' AND p.id <> $3
        ORDER BY p.confirmed_ms DESC LIMIT 1";
    const OPEN_PART = "SELECT p.id FROM campaign_part p JOIN campaign c ON c.id = p.campaign_id
        WHERE c.register = $1 AND p.unit_id = $2 AND c.closed_ms IS NULL ORDER BY c.opened_ms DESC LIMIT 1";
    const OPEN_CAMPAIGN = "SELECT id FROM campaign WHERE register = $1 AND closed_ms IS NULL LIMIT 1";
    const BEFORE = "SELECT id FROM campaign WHERE register = $1 AND opened_ms < $2 AND closed_ms IS NOT NULL
        ORDER BY opened_ms DESC LIMIT 1";
    const ABSENT = "SELECT e.part_id, e.row_id, e.number, e.name, e.note, e.settled, s.name AS section
        FROM stocktake_entry e JOIN campaign_part p ON p.id = e.part_id
        LEFT JOIN section s ON s.unit_id = p.unit_id AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
        WHERE p.campaign_id = $1 AND e.result = 'missing' ORDER BY s.sort_key, e.number, e.id LIMIT $3";
    const WAITING = concat!("SELECT p.id, p.unit_id, p.state, c.title, c.due_on,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM assignment a JOIN role_seat r ON ", carries!("r", "a", "$1"), "
                    AND r.role = 'section_staff'
                    AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1)
                WHERE (a.unit_id = p.unit_id OR ", office!("a.unit_id", "$1"), " = p.unit_id) AND a.kind NOT IN ('leave', 'dispatch')
                    AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)) THEN 1 ELSE 0 END AS BIGINT)
                AS staffed
        FROM campaign_part p JOIN campaign c ON c.id = p.campaign_id
        WHERE p.state IN ('open', 'prepared') AND c.closed_ms IS NULL");
    const SEARCHED = "SELECT p.id, p.unit_id, c.title, p.confirmed_ms, COUNT(*) AS number
        FROM stocktake_entry e JOIN campaign_part p ON p.id = e.part_id JOIN campaign c ON c.id = p.campaign_id
        WHERE e.result = 'missing' AND e.settled IS NULL AND p.state = 'confirmed'
        GROUP BY p.id, p.unit_id, c.title, p.confirmed_ms";
}

/// What was said about a row, or about a thing that has none.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EntryLine {
    pub id: String,
    pub row_id: Option<String>,
    pub row_version: Option<i64>,
    pub number: String,
    pub name: Option<String>,
    pub result: String,
    pub means: String,
    pub note: Option<String>,
    pub seen_by: String,
    pub person: Option<String>,
    pub seen_ms: i64,
    pub settled: Option<String>,
}

/// Something that was not there, for the page of the whole city.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AbsentLine {
    pub part_id: String,
    pub row_id: Option<String>,
    pub number: String,
    pub name: Option<String>,
    pub note: Option<String>,
    pub settled: Option<String>,
    pub section: Option<String>,
}

/// How often each was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub population: usize,
    pub found: usize,
    pub changed: usize,
    pub missing: usize,
    pub extra: usize,
}

impl Tally {
    /// Rows about which nothing was said one by one.
    pub fn rest(&self) -> usize {
        self.population.saturating_sub(self.found + self.changed + self.missing)
    }
}

/// A section's rows with everything said about them so far.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Rows that hold today, by number.
    pub rows: Vec<Row>,
    /// Newest first.
    pub entries: Vec<EntryLine>,
    /// Rows changed since the section's last 棚卸; `None`: this is its first.
    pub touched: Option<BTreeSet<String>>,
    /// Rows to be looked at before the rest may be called unchanged.
    pub sample: Vec<String>,
    /// SHA-256 over all of it.
    pub seal: String,
}

impl Sheet {
    pub fn entry(&self, row_id: &str) -> Option<&EntryLine> {
        self.entries.iter().find(|e| e.row_id.as_deref() == Some(row_id))
    }

    pub fn tally(&self) -> Tally {
        let live: BTreeSet<&str> = self.rows.iter().map(|r| r.id.as_str()).collect();
        let mut tally = Tally { population: self.rows.len(), ..Tally::default() };
        for entry in &self.entries {
            // A row that has ended since is no longer part of the population.
            let counts = entry.row_id.as_deref().is_some_and(|id| live.contains(id));
            match entry.result.as_str() {
                "extra" => tally.extra += 1,
                "found" if counts => tally.found += 1,
                "changed" if counts => tally.changed += 1,
                "missing" if counts => tally.missing += 1,
                _ => {}
            }
        }
        tally
    }

    /// Rows of the sample that nobody has looked at yet.
    pub fn unseen(&self) -> Vec<&Row> {
        let unseen = |row: &&Row| self.sample.contains(&row.id) && self.entry(&row.id).is_none();
        self.rows.iter().filter(unseen).collect()
    }

    fn sealed(part_id: &str, rows: &[Row], entries: &[EntryLine]) -> String {
        let mut lines: Vec<String> = rows.iter().map(|r| format!("row|{}|{}", r.id, r.version)).collect();
        lines.extend(entries.iter().map(|e| {
            let row = e.row_id.as_deref().unwrap_or_default();
            format!(
                "entry|{}|{row}|{}|{}|{}",
                e.id,
                e.number,
                e.result,
                e.note.as_deref().unwrap_or_default()
            )
        }));
        lines.sort();
        hex::encode(Sha256::digest(format!("{part_id}\n{}", lines.join("\n"))))
    }
}

/// A campaign that goes through one register.
#[derive(Clone, Copy, Debug)]
pub struct NewStocktake<'a> {
    pub register: &'static Register,
    pub title: &'a str,
    pub detail: &'a str,
    pub due_on: Date,
    /// What its closing record will be evidence for.
    pub requirement_id: Option<&'a str>,
    pub unit_ids: &'a [String],
}

/// What somebody saw.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The row with its version; `None`: a thing that is not in the register.
    pub row: Option<(&'a str, i64)>,
    pub number: &'a str,
    pub name: &'a str,
    /// One of `stocktake::RESULTS`.
    pub result: &'a str,
    /// One of `stocktake::MEANS`.
    pub means: &'a str,
    pub note: &'a str,
}

impl Db {
    pub async fn stocktake_sheet(
        &self,
        part: &PartLine,
        register: &'static Register,
        on: Date,
    ) -> Result<Sheet> {
        let section = register.section.ok_or(StoreError::NotFound)?;
        let query = ListQuery {
            as_of: Some(on),
            filters: vec![(section, part.unit_id.clone())],
            limit: ROWS_MAX,
            ..ListQuery::default()
        };
        let rows = self.register_list(register, &query, &Reach::All).await?.rows;
        let entries: Vec<EntryLine> = self.fetch_all(ENTRIES, &[part.id.as_str().into()]).await?;
        let args = [register.noun.name.into(), part.unit_id.as_str().into(), part.id.as_str().into()];
        let last: Option<(i64, Option<String>)> = self.fetch_optional(LAST, &args).await?;
        let changed = match (last, touched(register)) {
            (Some((since, batch)), Some(sql)) => {
                let args = [part.unit_id.as_str().into(), since.into(), batch.unwrap_or_default().into()];
                let ids: Vec<(String,)> = self.fetch_all(sql, &args).await?;
                Some(ids.into_iter().map(|(id,)| id).collect())
            }
            _ => None,
        };
        Ok(Sheet {
            sample: sample(&part.id, rows.iter().map(|r| r.id.as_str()))
                .into_iter()
                .map(str::to_owned)
                .collect(),
            seal: Sheet::sealed(&part.id, &rows, &entries),
            touched: changed,
            rows,
            entries,
        })
    }

    /// The part of a 棚卸 going on now that a section's rows belong to.
    pub async fn open_stocktake(&self, register: &str, unit_id: &str) -> Result<Option<String>> {
        let part: Option<(String,)> =
            self.fetch_optional(OPEN_PART, &[register.into(), unit_id.into()]).await?;
        Ok(part.map(|(id,)| id))
    }

    /// Whether a 棚卸 of the register is going on.
    pub async fn stocktake_going_on(&self, register: &str) -> Result<Option<String>> {
        let found: Option<(String,)> = self.fetch_optional(OPEN_CAMPAIGN, &[register.into()]).await?;
        Ok(found.map(|(id,)| id))
    }

    /// The 棚卸 of the same register that was closed before this one began.
    pub async fn stocktake_before(&self, register: &str, opened_ms: i64) -> Result<Option<String>> {
        let found: Option<(String,)> =
            self.fetch_optional(BEFORE, &[register.into(), opened_ms.into()]).await?;
        Ok(found.map(|(id,)| id))
    }

    /// What was not there, in all sections.
    pub async fn stocktake_absent(&self, campaign_id: &str, on: Date, limit: i64) -> Result<Vec<AbsentLine>> {
        self.fetch_all(ABSENT, &[campaign_id.into(), on.into(), limit.into()]).await
    }
}

impl Store {
    /// Begins a 棚卸: one part for every section. One register is gone through once at a time.
    pub async fn begin_stocktake(&self, actor: &Actor, new: NewStocktake<'_>) -> Result<String> {
        let mut tx = self.write(actor, "campaign.begin").await?;
        let noun = new.register.noun.name;
        let open: Option<(String,)> = tx.fetch_optional(OPEN_CAMPAIGN, &[noun.into()]).await?;
        if open.is_some() || new.register.checked().is_none() {
            return Err(StoreError::IllegalMove("one stocktake of a register at a time"));
        }
        let row = Row::new(&CAMPAIGN, tx.new_id())
            .set("title", new.title)
            .set("detail", new.detail)
            .set("basis", "policy")
            .set("due_rule", DueRule::Fixed(new.due_on).code())
            .set("due_on", new.due_on)
            .set("opened_ms", tx.at())
            .set("opened_by", actor.person_id.as_str())
            .set("kind", "stocktake")
            .set("register", noun)
            .set("requirement_id", new.requirement_id.map(str::to_owned));
        let id = row.id.clone();
        tx.insert(row).await?;
        for unit in new.unit_ids {
            let part = Row::new(&CAMPAIGN_PART, tx.new_id())
                .set("campaign_id", id.as_str())
                .set("unit_id", unit.as_str())
                .set("state", "open");
            tx.insert(part).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Somebody other than the one who prepared it says that it is so: every row that was there gets today as the day
    /// it was last seen, in the same commit. A row changed meanwhile stops it.
    pub async fn confirm_stocktake(
        &self,
        actor: &Actor,
        who: &Who,
        register: &'static Register,
        part: &PartLine,
        sheet: Sheet,
    ) -> Result<()> {
        let checked = register.checked().ok_or(StoreError::NotFound)?.name;
        let mut tx = self.write(actor, "campaign_part.confirm").await?;
        let row = tx.get(&CAMPAIGN_PART, &part.id).await?;
        if row.text("state") != "prepared" || row.text("seal") != sheet.seal {
            return Err(StoreError::IllegalMove("what was prepared is confirmed, and nothing else"));
        }
        let same = crate::decision::identities_in(&mut tx, &who.person_id).await?;
        if same.contains(row.text("prepared_by")) {
            return Err(StoreError::IllegalMove("who prepared a part does not confirm it"));
        }
        let (at, on) = (tx.at(), date_at(tx.at()));
        let absent: BTreeSet<String> =
            sheet.entries.iter().filter(|e| e.result == "missing").filter_map(|e| e.row_id.clone()).collect();
        for seen in sheet.rows.into_iter().filter(|r| !absent.contains(&r.id)) {
            tx.update(seen.set(checked, on)).await?;
        }
        let batch = tx.batch_id().to_owned();
        tx.update(
            row.set("state", "confirmed")
                .set("confirmed_by", who.person_id.as_str())
                .set("confirmed_ms", at)
                .set("batch_id", batch),
        )
        .await?;
        tx.commit().await
    }

    /// What the sections' people have to do for campaigns that go on, and for what was not there.
    pub(crate) async fn stocktake_tasks(&self, on: Date) -> Result<Vec<Wanted>> {
        let mut wanted = Vec::new();
        let waiting: Vec<(String, String, String, String, String, i64)> =
            self.db.fetch_all(WAITING, &[on.into()]).await?;
        for (part, unit, state, title, due, staffed) in waiting {
            let due = due.parse().map_err(|_| StoreError::Corrupt(format!("{due} is not a date")))?;
            let prepares = if staffed == 1 { Role::SectionStaff } else { Role::Manager };
            let (kind, role, title) = match state.as_str() {
                "open" => ("stocktake", prepares, format!("{title}を準備する")),
                _ => ("stocktake_confirm", Role::Manager, format!("{title}を確かめる")),
            };
            wanted.push(wish(kind, part, title, due, role_key(role, Some(&unit)), unit));
        }
        let searched: Vec<(String, String, String, Option<i64>, i64)> =
            self.db.fetch_all(SEARCHED, &[]).await?;
        for (part, unit, title, confirmed, number) in searched {
            let due = plus_days(confirmed.map_or(on, |ms| date_at(Ms(ms))), SEARCH_DAYS);
            let title = format!("{title}で見当たらなかった{number}件を探す");
            wanted.push(wish(
                "stocktake_missing",
                part,
                title,
                due,
                role_key(Role::Manager, Some(&unit)),
                unit,
            ));
        }
        Ok(wanted)
    }
}

fn wish(
    kind: &'static str,
    part: String,
    title: String,
    due: Date,
    seat_key: String,
    unit: String,
) -> Wanted {
    Wanted {
        kind,
        source_noun: "campaign_part",
        href: format!("/stocktakes/{part}"),
        source_id: part,
        title,
        basis: "policy",
        due: DueRule::Fixed(due),
        seat_key,
        unit_id: Some(unit),
    }
}

impl Tx<'_> {
    /// Notes what somebody saw, in place of what was said about the same thing before.
    pub async fn say_seen(&mut self, who: &Who, part_id: &str, said: Said<'_>) -> Result<()> {
        let part = self.get(&CAMPAIGN_PART, part_id).await?;
        if part.text("state") != "open" {
            return Err(StoreError::IllegalMove("a part is written while it is being prepared"));
        }
        let known: Option<(String,)> = match said.row {
            Some((row, _)) => self.fetch_optional(ENTRY_OF_ROW, &[part_id.into(), row.into()]).await?,
            None => self.fetch_optional(EXTRA_OF_NUMBER, &[part_id.into(), said.number.into()]).await?,
        };
        let at = self.at();
        let entry = match &known {
            Some((id,)) => self.get(&STOCKTAKE_ENTRY, id).await?,
            None => Row::new(&STOCKTAKE_ENTRY, self.new_id()),
        };
        let text = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        let entry = entry
            .set("part_id", part_id)
            .set("row_id", said.row.map(|(id, _)| id.to_owned()))
            .set("row_version", said.row.map(|(_, version)| version))
            .set("number", said.number)
            .set("name", text(said.name))
            .set("result", said.result)
            .set("means", said.means)
            .set("note", text(said.note))
            .set("seen_by", who.person_id.as_str())
            .set("seen_ms", at);
        if known.is_some() { self.update(entry).await } else { self.insert(entry).await }
    }

    /// Hands a part over with everything that stands in it now.
    pub async fn prepare_part(&mut self, who: &Who, part: &PartLine, sheet: &Sheet) -> Result<()> {
        let row = self.get(&CAMPAIGN_PART, &part.id).await?;
        if row.text("state") == "confirmed" {
            return Err(StoreError::IllegalMove("a confirmed part is not prepared again"));
        }
        let entries: Vec<EntryLine> = self.fetch_all(ENTRIES, &[part.id.as_str().into()]).await?;
        if Sheet::sealed(&part.id, &sheet.rows, &entries) != sheet.seal {
            return Err(StoreError::Conflict { noun: "campaign_part", id: row.id, expected: row.version });
        }
        let (tally, at) = (sheet.tally(), self.at());
        let count = |n: usize| Value::from(i64::try_from(n).unwrap_or(i64::MAX));
        let row = row
            .set("state", "prepared")
            .set("population", count(tally.population))
            .set("found", count(tally.found))
            .set("changed", count(tally.changed))
            .set("missing", count(tally.missing))
            .set("extra", count(tally.extra))
            .set("seal", sheet.seal.as_str())
            .set("prepared_by", who.person_id.as_str())
            .set("prepared_ms", at);
        self.update(row).await
    }

    /// Gives a part back to those who prepare it.
    pub async fn return_part(&mut self, part_id: &str, why: &str) -> Result<()> {
        let row = self.get(&CAMPAIGN_PART, part_id).await?;
        if row.text("state") != "prepared" {
            return Err(StoreError::IllegalMove("only what was handed over is given back"));
        }
        self.update(row.set("state", "open").set("returned", why)).await
    }

    /// What became of something that was not there.
    pub async fn settle_entry(&mut self, entry_id: &str, settled: &str) -> Result<()> {
        let (row, at) = (self.get(&STOCKTAKE_ENTRY, entry_id).await?, self.at());
        if row.text("result") != "missing" {
            return Err(StoreError::IllegalMove("only what was missing is settled"));
        }
        self.update(row.set("settled", settled).set("settled_ms", at)).await
    }

    /// Ends a campaign; with its record, evidence for what it was for.
    pub async fn close_campaign(
        &mut self,
        who: &Who,
        campaign_id: &str,
        record: Option<NewEvidence<'_>>,
    ) -> Result<()> {
        let row = self.get(&CAMPAIGN, campaign_id).await?;
        if row.get("closed_ms").is_some_and(|v| !v.is_null()) {
            return Err(StoreError::IllegalMove("a campaign is closed once"));
        }
        if let Some(record) = record {
            self.file_evidence(who, record).await?;
        }
        let at = self.at();
        self.update(row.set("closed_ms", at)).await
    }
}
