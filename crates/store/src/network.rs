//! ネットワークの分離: configurations that were handed in, the second person's sample, and what was found in them.

use sekisho_domain::access::{Seat, Who};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::network::{NETWORK_ANSWER, NETWORK_RESULT, NETWORK_SNAPSHOT};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::specific_flow::{SPECIFIC_FLOW, frozen};
use serde_json::Value as Json;

use crate::decision::Application;
use crate::error::{Result, StoreError};
use crate::object::Sealed;
use crate::{Db, Tx};

sql! {
    const SNAPSHOTS = "SELECT s.id, s.read_ms, s.filed_ms, s.source, p.name AS filed_by, s.seat, s.devices,
            q.name AS confirmed_by, s.confirmed_ms, s.agrees
        FROM network_snapshot s LEFT JOIN person p ON p.id = s.filed_by LEFT JOIN person q ON q.id = s.confirmed_by
        ORDER BY s.read_ms DESC, s.filed_ms DESC, s.id DESC LIMIT $1";
    const NEWEST = "SELECT id FROM network_snapshot ORDER BY read_ms DESC, filed_ms DESC, id DESC LIMIT 1";
    const SAME = "SELECT id FROM network_snapshot WHERE sha256 = $1 AND read_ms = $2 LIMIT 1";
    const UNJUDGED = "SELECT s.id FROM network_snapshot s
        WHERE NOT EXISTS (SELECT 1 FROM network_result r WHERE r.snapshot_id = s.id) ORDER BY s.id LIMIT 1";
    const RESULT = "SELECT id, snapshot_id, judged_ms, as_of, inputs_sha256, devices, missing, unlisted, unexplained,
            object_id, sha256
        FROM network_result WHERE snapshot_id = $1 ORDER BY judged_ms DESC, id DESC LIMIT 1";
    const ANSWERS = "SELECT id, result_id, item, kind, title, basis, from_zones, to_zones, resident, lgwan, internet,
            verdict, assumptions
        FROM network_answer WHERE result_id = $1 ORDER BY ordinal";
    const TALLY = "SELECT r.snapshot_id, a.verdict, COUNT(*) AS number FROM network_answer a
        JOIN network_result r ON r.id = a.result_id
        WHERE r.id = (SELECT n.id FROM network_result n WHERE n.snapshot_id = r.snapshot_id
            ORDER BY n.judged_ms DESC, n.id DESC LIMIT 1)
        GROUP BY r.snapshot_id, a.verdict";
    const FLOWS = "SELECT f.id, d.id AS decision_id, d.number AS decision, d.subject, s.name AS owner
        FROM specific_flow f
        JOIN decision d ON d.kind = 'specific_flow' AND d.subject_id = f.id AND d.state = 'approved'
        LEFT JOIN section s ON s.unit_id = f.unit_id AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
        WHERE f.valid_from <= $1 AND f.valid_to > $1 ORDER BY f.number, d.closed_ms DESC, d.id DESC";
    const FLOW_DECISION = "SELECT id, number, state, subject FROM decision
        WHERE kind = 'specific_flow' AND subject_id = $1 ORDER BY requested_ms DESC, id DESC LIMIT 1";
    const FLOW_COUNT = "SELECT COUNT(*) AS number FROM specific_flow f WHERE f.valid_from <= $1 AND f.valid_to > $1";
    const BOXES = "SELECT id, number, name FROM device
        WHERE kind = 'network' AND state <> 'stored' AND valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)
        ORDER BY number, id";
    const HOSTS = "SELECT number, macs, note, extra FROM device
        WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) AND state <> 'unknown' ORDER BY number";
    const LAST_FILED = "SELECT MAX(filed_ms) AS at FROM network_snapshot";
    const LAST_JUDGED = "SELECT MAX(judged_ms) AS at FROM network_result WHERE snapshot_id = $1";
}

/// Why a sample was not taken, or a 特定通信 not applied for.
pub const CONFIRMED: &str = "the sample was taken already";
pub const OWN_UPLOAD: &str = "somebody else than the uploader takes the sample";
pub const FLOW_OVER: &str = "the flow would already have ended";

/// One line of the history.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SnapshotLine {
    pub id: String,
    pub read_ms: i64,
    pub filed_ms: i64,
    pub source: String,
    pub filed_by: Option<String>,
    pub seat: Option<String>,
    pub devices: i64,
    pub confirmed_by: Option<String>,
    pub confirmed_ms: Option<i64>,
    pub agrees: Option<bool>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ResultLine {
    pub id: String,
    pub snapshot_id: String,
    pub judged_ms: i64,
    pub as_of: String,
    pub inputs_sha256: String,
    pub devices: i64,
    pub missing: i64,
    pub unlisted: i64,
    pub unexplained: i64,
    pub object_id: String,
    pub sha256: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AnswerLine {
    pub id: String,
    pub result_id: String,
    pub item: String,
    pub kind: String,
    pub title: String,
    pub basis: Option<String>,
    pub from_zones: Option<String>,
    pub to_zones: Option<String>,
    pub resident: bool,
    pub lgwan: bool,
    pub internet: bool,
    pub verdict: String,
    pub assumptions: Option<String>,
}

/// A network device of the 機器 register.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BoxLine {
    pub id: String,
    pub number: String,
    pub name: String,
}

/// A 特定通信 that is decided as it stands and holds on the day asked for.
#[derive(Clone, Debug)]
pub struct FlowInForce {
    pub row: Row,
    /// 文書番号 of the decision.
    pub decision: String,
    /// Name of the section that owns it.
    pub owner: String,
}

/// The last application for a 特定通信.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowDecision {
    pub id: String,
    pub number: String,
    /// A code of `domain::decision::STATES`.
    pub state: String,
    /// Whether the row still says what was applied for.
    pub unchanged: bool,
}

/// Configurations to be filed; the texts are sealed already.
#[derive(Clone, Debug)]
pub struct NewSnapshot<'a> {
    pub read: Ms,
    /// `manual` or `folder`.
    pub source: &'a str,
    pub devices: i64,
    pub files: Json,
    pub sealed: &'a Sealed,
    pub sample: &'a [String],
    pub note: Option<&'a str>,
}

/// What a judgement found.
#[derive(Clone, Debug)]
pub struct NewResult<'a> {
    pub snapshot_id: &'a str,
    pub as_of: Date,
    pub inputs_sha256: &'a str,
    pub devices: i64,
    pub missing: i64,
    pub unlisted: i64,
    pub unexplained: i64,
    pub sealed: &'a Sealed,
    pub answers: Vec<NewAnswer>,
}

#[derive(Clone, Debug)]
pub struct NewAnswer {
    pub item: String,
    pub kind: &'static str,
    pub title: String,
    pub basis: String,
    pub from_zones: String,
    pub to_zones: String,
    pub resident: bool,
    pub lgwan: bool,
    pub internet: bool,
    pub verdict: &'static str,
    pub assumptions: String,
}

impl Db {
    /// 提出, the newest reading first.
    pub async fn network_snapshots(&self, limit: i64) -> Result<Vec<SnapshotLine>> {
        self.fetch_all(SNAPSHOTS, &[limit.into()]).await
    }

    /// The 提出 that counts: the one read off last.
    pub async fn newest_snapshot(&self) -> Result<Option<Row>> {
        let newest: Option<(String,)> = self.fetch_optional(NEWEST, &[]).await?;
        match newest {
            Some((id,)) => self.row(&NETWORK_SNAPSHOT, &id).await,
            None => Ok(None),
        }
    }

    /// Whether exactly this was handed in before.
    pub async fn same_snapshot(&self, sha256: &str, read: Ms) -> Result<Option<String>> {
        let same: Option<(String,)> = self.fetch_optional(SAME, &[sha256.into(), read.into()]).await?;
        Ok(same.map(|(id,)| id))
    }

    /// A 提出 that was never judged.
    pub async fn unjudged_snapshot(&self) -> Result<Option<Row>> {
        let found: Option<(String,)> = self.fetch_optional(UNJUDGED, &[]).await?;
        match found {
            Some((id,)) => self.row(&NETWORK_SNAPSHOT, &id).await,
            None => Ok(None),
        }
    }

    /// The last judgement of a 提出.
    pub async fn network_result(&self, snapshot_id: &str) -> Result<Option<ResultLine>> {
        self.fetch_optional(RESULT, &[snapshot_id.into()]).await
    }

    pub async fn network_answers(&self, result_id: &str) -> Result<Vec<AnswerLine>> {
        self.fetch_all(ANSWERS, &[result_id.into()]).await
    }

    /// (提出, verdict, how many) of the last judgement of each.
    pub async fn network_tally(&self) -> Result<Vec<(String, String, i64)>> {
        self.fetch_all(TALLY, &[]).await
    }

    /// 特定通信 that count on a day: decided, unchanged since, begun and not over.
    pub async fn flows_in_force(&self, on: Date) -> Result<Vec<FlowInForce>> {
        type Line = (String, String, Option<String>, String, Option<String>);
        let lines: Vec<Line> = self.fetch_all(FLOWS, &[on.into()]).await?;
        let mut out: Vec<FlowInForce> = Vec::new();
        for (id, _, decision, subject, owner) in lines {
            if out.iter().any(|f| f.row.id == id) {
                continue;
            }
            let Some(row) = self.row(&SPECIFIC_FLOW, &id).await? else { continue };
            if sekisho_ledger::canonical(&frozen(&row))? == subject.as_bytes() {
                let (decision, owner) = (decision.unwrap_or_default(), owner.unwrap_or_default());
                out.push(FlowInForce { row, decision, owner });
            }
        }
        Ok(out)
    }

    /// The last application for a 特定通信, if there was one.
    pub async fn flow_decision(&self, row: &Row) -> Result<Option<FlowDecision>> {
        type Line = (String, Option<String>, String, String);
        let last: Option<Line> = self.fetch_optional(FLOW_DECISION, &[row.id.as_str().into()]).await?;
        let Some((id, number, state, subject)) = last else { return Ok(None) };
        let unchanged = sekisho_ledger::canonical(&frozen(row))? == subject.as_bytes();
        Ok(Some(FlowDecision { id, number: number.unwrap_or_default(), state, unchanged }))
    }

    /// Rows of the register that hold on a day, decided or not.
    pub async fn count_flows(&self, on: Date) -> Result<i64> {
        let (count,): (i64,) = self.fetch_one(FLOW_COUNT, &[on.into()]).await?;
        Ok(count)
    }

    /// Network devices of the 機器 register that are in use on a day.
    pub async fn network_devices(&self, on: Date) -> Result<Vec<BoxLine>> {
        self.fetch_all(BOXES, &[on.into()]).await
    }

    /// Numbers (host names) of every registered device on a day, with the columns in which MAC addresses stand: their
    /// own, and 備考 and the city's own columns, where they were kept before.
    pub async fn device_numbers(&self, on: Date) -> Result<Vec<(String, String, String)>> {
        type Line = (String, Option<String>, Option<String>, Option<String>);
        let rows: Vec<Line> = self.fetch_all(HOSTS, &[on.into()]).await?;
        let words = |(number, macs, note, extra): Line| {
            let words = [note, extra].into_iter().flatten().collect::<Vec<_>>().join(" ");
            (number, macs.unwrap_or_default(), words)
        };
        Ok(rows.into_iter().map(words).collect())
    }
}

impl Tx<'_> {
    /// Files configurations. `who` is `None` for what lay in the folder.
    pub async fn file_snapshot(&mut self, who: Option<&Who>, new: NewSnapshot<'_>) -> Result<String> {
        let at = self.at();
        if new.read > at {
            return Err(StoreError::IllegalMove("configurations are read before they are handed in"));
        }
        let seat = who.and_then(|w| w.seat(date_at(at)).map(Seat::code));
        let last: Option<(Option<i64>,)> = self.fetch_optional(LAST_FILED, &[]).await?;
        let row = Row::new(&NETWORK_SNAPSHOT, self.new_id())
            .set("read_ms", new.read)
            .set("filed_ms", after(last.and_then(|l| l.0), at))
            .set("source", new.source)
            .set("filed_by", who.map(|w| w.person_id.clone()))
            .set("seat", seat)
            .set("devices", new.devices)
            .set("files", json_text(&new.files)?)
            .set("object_id", new.sealed.object_id.as_str())
            .set("sha256", new.sealed.sha256.as_str())
            .set("sample", json_text(&serde_json::json!(new.sample))?)
            .set("note", new.note.map(str::to_owned));
        let id = row.id.clone();
        self.insert(row).await?;
        Ok(id)
    }

    /// 抜取確認 by somebody else than whoever handed it in, under any entry of theirs.
    pub async fn confirm_snapshot(&mut self, who: &Who, id: &str, agrees: bool, note: &str) -> Result<()> {
        let row = self.get(&NETWORK_SNAPSHOT, id).await?;
        if !row.text("confirmed_by").is_empty() {
            return Err(StoreError::IllegalMove(CONFIRMED));
        }
        let same = crate::decision::identities_in(self, row.text("filed_by")).await?;
        if same.contains(&who.person_id) || row.text("filed_by") == who.person_id {
            return Err(StoreError::IllegalMove(OWN_UPLOAD));
        }
        let at = self.at();
        let row = row
            .set("confirmed_by", who.person_id.as_str())
            .set("confirmed_ms", at)
            .set("agrees", agrees)
            .set("confirm_note", note);
        self.update(row).await
    }

    pub async fn keep_network_result(&mut self, new: NewResult<'_>) -> Result<String> {
        let last: Option<(Option<i64>,)> =
            self.fetch_optional(LAST_JUDGED, &[new.snapshot_id.into()]).await?;
        let row = Row::new(&NETWORK_RESULT, self.new_id())
            .set("snapshot_id", new.snapshot_id)
            .set("judged_ms", after(last.and_then(|l| l.0), self.at()))
            .set("as_of", new.as_of)
            .set("inputs_sha256", new.inputs_sha256)
            .set("devices", new.devices)
            .set("missing", new.missing)
            .set("unlisted", new.unlisted)
            .set("unexplained", new.unexplained)
            .set("object_id", new.sealed.object_id.as_str())
            .set("sha256", new.sealed.sha256.as_str());
        let id = row.id.clone();
        self.insert(row).await?;
        for (ordinal, answer) in (1i64..).zip(new.answers) {
            let some = |text: String| Some(text).filter(|t| !t.is_empty());
            let row = Row::new(&NETWORK_ANSWER, self.new_id())
                .set("result_id", id.as_str())
                .set("ordinal", ordinal)
                .set("item", answer.item)
                .set("kind", answer.kind)
                .set("title", answer.title)
                .set("basis", some(answer.basis))
                .set("from_zones", some(answer.from_zones))
                .set("to_zones", some(answer.to_zones))
                .set("resident", answer.resident)
                .set("lgwan", answer.lgwan)
                .set("internet", answer.internet)
                .set("verdict", answer.verdict)
                .set("assumptions", some(answer.assumptions));
            self.insert(row).await?;
        }
        Ok(id)
    }

    /// Asks for a 特定通信 to be decided as it stands now.
    pub async fn apply_for_flow(&mut self, applicant: &Who, id: &str) -> Result<String> {
        let row = self.get(&SPECIFIC_FLOW, id).await?;
        let until: Option<Date> = row.get("valid_to").and_then(Value::text).and_then(|t| t.parse().ok());
        if until.is_none_or(|day| day <= date_at(self.at())) {
            return Err(StoreError::IllegalMove(FLOW_OVER));
        }
        let title = format!("特定通信 {} {}", row.text("number"), row.text("name"));
        let (id, reason) = (row.id.clone(), row.text("reason").to_owned());
        let application = Application {
            kind: "specific_flow",
            subject_noun: "specific_flow",
            subject_id: &id,
            subject: frozen(&row),
            title: &title,
            reason: &reason,
            clause_label: Some("7(3)①"),
            ..Application::default()
        };
        self.apply(applicant, application).await
    }
}

/// A moment later than the last of its kind: the newest counts, and two of one millisecond would have no newest.
fn after(last: Option<i64>, at: Ms) -> Ms {
    last.map_or(at, |last| at.max(Ms(last.saturating_add(1))))
}

fn json_text(json: &Json) -> Result<String> {
    let bytes = sekisho_ledger::canonical(json)?;
    String::from_utf8(bytes).map_err(|e| StoreError::Corrupt(e.to_string()))
}
