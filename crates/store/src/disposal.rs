//! 廃棄 and the files kept with rows.

use sekisho_domain::access::{Reach, Who, role_key};
use sekisho_domain::authority::Facts;
use sekisho_domain::date::{Date, plus_days};
use sekisho_domain::decision::DECISION;
use sekisho_domain::disposal::{ATTACHMENT, DISPOSAL, ended};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::Register;
use sekisho_domain::role::Role;
use sekisho_domain::task::DueRule;
use serde_json::{Value as Json, json};

use crate::decision::Application;
use crate::error::{Result, StoreError};
use crate::evidence::StoredFile;
use crate::object::DESTROY_KEY;
use crate::register::reached_units;
use crate::task::Wanted;
use crate::{Db, Store, Tx};

/// Rows of one list; more are reached through the register's own filters.
const ROWS_MAX: i64 = 500;
/// Information does not vanish from its register by the way: what lies in a thing that goes is moved or disposed of.
pub const STILL_HOLDS: &str = "台帳では、まだ情報資産が入っています。情報資産を移すか、情報資産も廃棄したと書いてから、もう一度記録してください。";
/// A row is shown this long before its day.
const AHEAD_DAYS: i32 = 30;

sql! {
    /// `$1` until when, `$2` `*` or `,unit,unit,`, `$3` the day, `$4` limit. Without a day of its own: what is older
    /// than it was to be kept, counted from the end of the year it began in.
    const DUE = "SELECT due.register, due.id, due.number, due.name, due.unit_id, s.name AS section, due.due_on FROM (
            SELECT 'asset' AS register, a.id, a.number, a.name, a.unit_id, a.dispose_on AS due_on FROM asset a
                WHERE a.dispose_on IS NOT NULL AND a.dispose_on <= $1 AND (a.valid_to IS NULL OR a.valid_to > $3)
            UNION ALL
            SELECT 'asset' AS register, a.id, a.number, a.name, a.unit_id, NULL AS due_on FROM asset a
                WHERE a.dispose_on IS NULL AND a.keeping IN ('1', '3', '5', '10', '30')
                AND CAST(SUBSTR(a.valid_from, 1, 4) AS BIGINT)
                    + CAST(CASE WHEN a.keeping IN ('1', '3', '5', '10', '30') THEN a.keeping ELSE '0' END AS BIGINT) + 1
                    < CAST(SUBSTR($3, 1, 4) AS BIGINT)
                AND (a.valid_to IS NULL OR a.valid_to > $3)
            UNION ALL
            SELECT 'medium' AS register, m.id, m.number, m.name, m.unit_id, COALESCE(m.unneeded_on, $3) AS due_on
                FROM medium m WHERE m.state = 'unneeded' AND (m.valid_to IS NULL OR m.valid_to > $3)
        ) due
        LEFT JOIN section s ON s.unit_id = due.unit_id AND s.valid_from <= $3 AND (s.valid_to IS NULL OR s.valid_to > $3)
        WHERE (CAST($2 AS TEXT) = '*' OR $2 LIKE '%,' || due.unit_id || ',%')
            AND NOT EXISTS (SELECT 1 FROM disposal d WHERE d.register = due.register AND d.row_id = due.id
                AND d.state IN ('requested', 'granted'))
        ORDER BY CASE WHEN due.due_on IS NULL THEN 1 ELSE 0 END, due.due_on, due.number LIMIT $4";
    const LIST = "SELECT d.id, d.register, d.row_id, d.title, d.unit_id, s.name AS section, d.method, d.state,
            d.requested_ms, d.decision_id, d.done_on, d.witness, d.keys_destroyed
        FROM disposal d
        LEFT JOIN section s ON s.unit_id = d.unit_id AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
        WHERE (CAST($1 AS TEXT) = '*' OR $1 LIKE '%,' || d.unit_id || ',%')
        ORDER BY CASE d.state WHEN 'granted' THEN 0 WHEN 'requested' THEN 1 ELSE 2 END, d.requested_ms DESC, d.id LIMIT $3";
    const OPEN = "SELECT id FROM disposal WHERE register = $1 AND row_id = $2 AND state IN ('requested', 'granted', 'done')
        ORDER BY requested_ms DESC LIMIT 1";
    const FILES = "SELECT a.id, a.name, a.object_id, a.sha256, a.added_ms, a.destroyed_ms, p.name AS person
        FROM attachment a LEFT JOIN person p ON p.id = a.added_by
        WHERE a.register = $1 AND a.row_id = $2 ORDER BY a.added_ms, a.id";
    const DUE_UNITS = "SELECT unit_id, COUNT(*) AS number, MIN(due_on) AS first FROM (
            SELECT a.unit_id, a.dispose_on AS due_on FROM asset a
                WHERE a.dispose_on IS NOT NULL AND a.dispose_on <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
                AND NOT EXISTS (SELECT 1 FROM disposal d WHERE d.register = 'asset' AND d.row_id = a.id
                    AND d.state IN ('requested', 'granted'))
        ) due GROUP BY unit_id";
    /// What a system (`$1`) or medium still holds on a day.
    const HELD = "SELECT COUNT(*) AS number FROM asset
        WHERE ((CAST($1 AS TEXT) = 'system' AND system_id = $2) OR (CAST($1 AS TEXT) = 'medium' AND medium_id = $2))
            AND (valid_to IS NULL OR valid_to > $3)";
    const TO_DO = "SELECT id, title, unit_id, requested_ms FROM disposal WHERE state = 'granted'";
}

/// A row whose time has come.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DueLine {
    pub register: String,
    pub id: String,
    pub number: String,
    pub name: String,
    pub unit_id: String,
    pub section: Option<String>,
    /// `None`: nobody wrote a day, and it is older than it was to be kept.
    pub due_on: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DisposalLine {
    pub id: String,
    pub register: String,
    pub row_id: String,
    pub title: String,
    pub unit_id: String,
    pub section: Option<String>,
    pub method: String,
    pub state: String,
    pub requested_ms: i64,
    pub decision_id: Option<String>,
    pub done_on: Option<String>,
    pub witness: Option<String>,
    pub keys_destroyed: Option<i64>,
}

/// A file kept with a row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FileLine {
    pub id: String,
    pub name: String,
    pub object_id: String,
    pub sha256: String,
    pub added_ms: i64,
    pub destroyed_ms: Option<i64>,
    pub person: Option<String>,
}

/// What was done, with its proof.
#[derive(Clone, Copy, Debug)]
pub struct Done<'a> {
    pub on: Date,
    pub by: &'a str,
    pub witness: &'a str,
    pub proof: StoredFile<'a>,
}

/// What an application for a disposal freezes.
pub(crate) fn subject(disposal: &Row) -> Json {
    json!({
        "disposal": disposal.id,
        "register": disposal.text("register"),
        "row": disposal.text("row_id"),
        "title": disposal.text("title"),
        "method": disposal.text("method"),
        "reason": disposal.text("reason"),
    })
}

impl Db {
    /// Rows whose day of disposal has come or comes within a month, and that nobody has asked for yet.
    pub async fn due_for_disposal(&self, reach: &Reach, on: Date) -> Result<Vec<DueLine>> {
        let Some(units) = reached_units(reach) else { return Ok(Vec::new()) };
        let args = [plus_days(on, AHEAD_DAYS).into(), units.into(), on.into(), ROWS_MAX.into()];
        self.fetch_all(DUE, &args).await
    }

    /// What is to be done first, then what waits, then what was done.
    pub async fn disposals(&self, reach: &Reach, on: Date) -> Result<Vec<DisposalLine>> {
        let Some(units) = reached_units(reach) else { return Ok(Vec::new()) };
        self.fetch_all(LIST, &[units.into(), on.into(), ROWS_MAX.into()]).await
    }

    /// The disposal of a row that goes on or is done.
    pub async fn disposal_of(&self, register: &str, row_id: &str) -> Result<Option<String>> {
        let found: Option<(String,)> = self.fetch_optional(OPEN, &[register.into(), row_id.into()]).await?;
        Ok(found.map(|(id,)| id))
    }

    /// How many 情報資産 the register places in a system or on a medium.
    pub async fn held_assets(&self, register: &str, row_id: &str, on: Date) -> Result<i64> {
        let (number,): (i64,) = self.fetch_one(HELD, &[register.into(), row_id.into(), on.into()]).await?;
        Ok(number)
    }

    pub async fn attachments(&self, register: &str, row_id: &str) -> Result<Vec<FileLine>> {
        self.fetch_all(FILES, &[register.into(), row_id.into()]).await
    }
}

impl Store {
    /// Disposals that are due, and those that are decided and still to be done.
    pub(crate) async fn disposal_tasks(&self, on: Date) -> Result<Vec<Wanted>> {
        let mut wanted = Vec::new();
        let due: Vec<(String, i64, String)> = self.db.fetch_all(DUE_UNITS, &[on.into()]).await?;
        for (unit, number, first) in due {
            let title = format!("保存期間を過ぎた情報資産{number}件の廃棄を決める");
            wanted.push(wish(
                "disposal_due",
                "section",
                unit.clone(),
                title,
                &first,
                unit,
                "/disposals".into(),
            )?);
        }
        let granted: Vec<(String, String, String, i64)> = self.db.fetch_all(TO_DO, &[]).await?;
        for (id, title, unit, requested) in granted {
            let due =
                plus_days(sekisho_domain::date::date_at(sekisho_domain::clock::Ms(requested)), AHEAD_DAYS);
            let (title, href) = (format!("{title}を廃棄し、証明を残す"), format!("/disposals/{id}"));
            wanted.push(wish("disposal", "disposal", id, title, &due.to_string(), unit, href)?);
        }
        Ok(wanted)
    }
}

fn wish(
    kind: &'static str,
    source_noun: &'static str,
    source_id: String,
    title: String,
    due: &str,
    unit: String,
    href: String,
) -> Result<Wanted> {
    let due = due.parse().map_err(|_| StoreError::Corrupt(format!("{due} is not a date")))?;
    let seat_key = role_key(Role::Manager, Some(&unit));
    Ok(Wanted {
        kind,
        source_noun,
        source_id,
        title,
        href,
        basis: "policy",
        due: DueRule::Fixed(due),
        seat_key,
        unit_id: Some(unit),
    })
}

impl Tx<'_> {
    /// Asks that a row's thing may be destroyed.
    pub async fn apply_for_disposal(
        &mut self,
        applicant: &Who,
        register: &'static Register,
        row: &Row,
        method: &str,
        reason: &str,
    ) -> Result<String> {
        let noun = register.noun.name;
        let open: Option<(String,)> =
            self.fetch_optional(OPEN, &[noun.into(), row.id.as_str().into()]).await?;
        let unit =
            register.section_of(row).ok_or(StoreError::IllegalMove("a disposal belongs to a section"))?;
        if open.is_some() {
            return Err(StoreError::IllegalMove("a thing is disposed of once"));
        }
        let disposal = Row::new(&DISPOSAL, self.new_id())
            .set("register", noun)
            .set("row_id", row.id.as_str())
            .set("title", register.words(row))
            .set("unit_id", unit)
            .set("method", method)
            .set("reason", reason)
            .set("state", "requested")
            .set("requested_ms", self.at());
        self.insert(disposal.clone()).await?;
        let class = ["confidentiality", "class_allowed"].into_iter().find_map(|c| row.get(c)?.text());
        let title = format!("{}の廃棄: {}", register.noun.label, disposal.text("title"));
        let alike = format!("{noun}:{method}");
        let application = Application {
            kind: "disposal",
            subject_noun: "disposal",
            subject_id: &disposal.id,
            subject: subject(&disposal),
            title: &title,
            reason,
            clause_label: Some("7(2)"),
            facts: Facts {
                class: class.map(str::to_owned),
                persons: row.get("persons").and_then(Value::int),
                ..Facts::default()
            },
            alike: Some(&alike),
            ..Application::default()
        };
        let decision = self.apply(applicant, application).await?;
        let disposal = self.get(&DISPOSAL, &disposal.id).await?;
        self.update(disposal.set("decision_id", decision.as_str())).await?;
        Ok(decision)
    }

    /// The thing is gone: its row ends as history, and the keys of its files are destroyed, in one commit. Returns the
    /// objects whose files may now be removed from the disk.
    pub async fn finish_disposal(
        &mut self,
        register: &'static Register,
        disposal_id: &str,
        done: Done<'_>,
    ) -> Result<Vec<String>> {
        let disposal = self.get(&DISPOSAL, disposal_id).await?;
        if disposal.text("state") != "granted" {
            return Err(StoreError::IllegalMove("only what was decided is disposed of"));
        }
        let row_id = disposal.text("row_id");
        let held: Option<(i64,)> =
            self.fetch_optional(HELD, &[register.noun.name.into(), row_id.into(), done.on.into()]).await?;
        if held.is_some_and(|(number,)| number > 0) {
            return Err(StoreError::Rule { noun: DISPOSAL.name, column: "done_on", says: STILL_HOLDS });
        }
        let decision = self.get(&DECISION, disposal.text("decision_id")).await?;
        let at = self.at();
        let files: Vec<FileLine> =
            self.fetch_all(FILES, &[register.noun.name.into(), disposal.text("row_id").into()]).await?;
        let mut objects = Vec::new();
        for file in files.into_iter().filter(|f| f.destroyed_ms.is_none()) {
            self.operational(DESTROY_KEY, &[file.object_id.as_str().into()]).await?;
            let row = self.get(&ATTACHMENT, &file.id).await?;
            self.update(row.set("destroyed_ms", at)).await?;
            objects.push(file.object_id);
        }
        let count = i64::try_from(objects.len()).unwrap_or(i64::MAX);
        let text = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        let disposal = disposal
            .set("state", "done")
            .set("done_on", done.on)
            .set("done_by", done.by)
            .set("witness", text(done.witness))
            .set("proof_name", done.proof.name)
            .set("proof_object", done.proof.object_id)
            .set("proof_sha256", done.proof.sha256)
            .set("keys_destroyed", count);
        let row = self.get(register.noun, disposal.text("row_id")).await?;
        let row = ended(register, row, &disposal, decision.text("number"));
        self.update(disposal).await?;
        self.update(row).await?;
        Ok(objects)
    }

    /// Keeps a sealed file with a row.
    pub async fn attach(
        &mut self,
        who: &Who,
        register: &'static Register,
        row_id: &str,
        file: StoredFile<'_>,
    ) -> Result<String> {
        let row = Row::new(&ATTACHMENT, self.new_id())
            .set("register", register.noun.name)
            .set("row_id", row_id)
            .set("name", file.name)
            .set("object_id", file.object_id)
            .set("sha256", file.sha256)
            .set("added_by", who.person_id.as_str())
            .set("added_ms", self.at());
        let id = row.id.clone();
        self.insert(row).await?;
        Ok(id)
    }
}
