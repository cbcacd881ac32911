//! 引継書: gathered from the registers, the tasks and the decisions of one seat; frozen when handed over.

use sekisho_domain::access::{Seat, Who};
use sekisho_domain::date::Date;
use sekisho_domain::handover::{Content, HANDOVER, Line};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::verdict::State;
use sha2::{Digest as _, Sha256};

use crate::error::{Result, StoreError};
use crate::{Actor, Db, Store};

sql! {
    const ASSETS = "SELECT id, number, name, confidentiality FROM asset
        WHERE unit_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
        ORDER BY confidentiality DESC, number LIMIT $3";
    const SYSTEMS = "SELECT id, number, name, COALESCE(vendor, '') AS vendor, COALESCE(contract_to, '') AS contract_to FROM system
        WHERE unit_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
        ORDER BY COALESCE(contract_to, '9999'), number LIMIT $3";
    const TASKS = "SELECT id, title, href, due_on FROM task
        WHERE state = 'open' AND seat_key IN ($1, $2, $3, $4, $5, $6, $7, $8) ORDER BY due_on, id LIMIT $9";
    const DECISIONS = "SELECT d.id, d.number, d.title, COALESCE(s.answer_by, '') AS answer_by
        FROM decision_step s JOIN decision d ON d.id = s.decision_id
        WHERE s.state = 'open' AND d.state = 'pending' AND s.seat_key IN ($1, $2, $3, $4, $5, $6, $7, $8)
        ORDER BY d.id LIMIT $9";
    const EXCEPTIONS = "SELECT x.requirement_id, d.number, q.title, x.valid_to FROM exception x
        JOIN decision d ON d.id = x.decision_id JOIN requirement q ON q.id = x.requirement_id
        WHERE x.state = 'granted' AND d.unit_id = $1 AND x.valid_to > $2 ORDER BY x.valid_to, x.id LIMIT $3";
    const FINDINGS = "SELECT v.requirement_id, COALESCE(q.catalogue_id, '') AS number, q.title, v.state FROM verdict v
        JOIN requirement q ON q.id = v.requirement_id
        WHERE v.scope = $1 AND v.to_ms IS NULL AND v.state IN ('broken', 'stale', 'unproven')
        ORDER BY CASE v.state WHEN 'broken' THEN 0 WHEN 'stale' THEN 1 ELSE 2 END, q.sort_key LIMIT $2";
    const GIVEN = "SELECT d.id, p.name, d.reason, d.valid_to FROM delegation d JOIN person p ON p.id = d.delegate_id
        WHERE d.position_id = $1 AND d.unit_id = $2 AND d.valid_to > $3 ORDER BY d.valid_to, d.id LIMIT $4";
    const OF_PERSON = "SELECT id FROM handover WHERE from_id = $1 OR to_id = $1 ORDER BY id DESC LIMIT $2";
    const LATEST = "SELECT id FROM handover ORDER BY id DESC LIMIT $1";
    const RECEIVE = "SELECT id FROM handover WHERE id = $1 AND received_ms IS NULL";
}

/// Rows counted of one part; nobody hands over more by name.
const COUNTED: i64 = 500;
/// Seat keys bound in one query: role and position, here and anywhere, of one seat with up to three roles.
const KEYS: usize = 8;
const LISTED: i64 = 100;

/// A seat handed over, with what stood on the page.
#[derive(Clone, Debug)]
pub struct Handover {
    pub row: Row,
    pub content: Content,
}

impl Handover {
    pub fn concerns(&self, person_id: &str) -> bool {
        [self.row.text("from_id"), self.row.text("to_id")].contains(&person_id)
    }

    pub fn received(&self) -> bool {
        self.row.get("received_ms").and_then(Value::int).is_some()
    }
}

impl Db {
    /// What the next holder of a seat has to know, today.
    pub async fn handover_content(&self, seat: &Seat, on: Date) -> Result<Content> {
        let unit = seat.office(on);
        let mut content = Content::default();
        let args = [unit.into(), on.into(), COUNTED.into()];
        type Four = (String, String, String, String);
        let assets: Vec<Four> = self.fetch_all(ASSETS, &args).await?;
        content.add("情報資産", lines(assets, |id| format!("/registers/asset/{id}"), "機密性"));
        let systems: Vec<(String, String, String, String, String)> = self.fetch_all(SYSTEMS, &args).await?;
        let contracts: Vec<Line> =
            systems.iter().filter(|(.., vendor, _)| !vendor.is_empty()).map(contract).collect();
        let systems =
            systems.into_iter().map(|(id, number, name, ..)| (id, number, name, String::new())).collect();
        content.add("情報システム", lines(systems, |id| format!("/registers/system/{id}"), ""));
        content.add("委託・契約", contracts);
        let (mut tasks, mut waiting): (Vec<Four>, Vec<Four>) = (Vec::new(), Vec::new());
        for keys in seat.keys(on).chunks(KEYS) {
            let mut keys: Vec<Value> = keys.iter().map(Value::from).collect();
            keys.resize(KEYS, "-".into());
            keys.push(COUNTED.into());
            tasks.extend(self.fetch_all::<Four>(TASKS, &keys).await?);
            waiting.extend(self.fetch_all::<Four>(DECISIONS, &keys).await?);
        }
        let task =
            |(_, words, href, note): Four| Line { number: String::new(), words, note: day(&note), href };
        content.add("期限のあるやること", tasks.into_iter().map(task).collect());
        content.add("決裁待ち", lines(waiting, |id| format!("/decisions/{id}"), "返事の目安"));
        let exceptions: Vec<Four> = self.fetch_all(EXCEPTIONS, &args).await?;
        content.add("例外措置", lines(exceptions, |id| format!("/requirements/{id}"), "終わり"));
        let given: Vec<Four> = self
            .fetch_all(
                GIVEN,
                &[seat.position_id.as_str().into(), seat.unit_id.as_str().into(), on.into(), COUNTED.into()],
            )
            .await?;
        content.add(
            "この職からの委任（この職を離れると効力がなくなります）",
            lines(given, |_| String::new(), "終わり"),
        );
        let findings: Vec<Four> = self.fetch_all(FINDINGS, &[unit.into(), COUNTED.into()]).await?;
        let finding = |(id, number, words, state): Four| Line {
            number,
            words,
            note: State::from_code(&state).label().to_owned(),
            href: format!("/requirements/{id}"),
        };
        content.add("直っていないこと", findings.into_iter().map(finding).collect());
        Ok(content)
    }

    pub async fn handover(&self, id: &str) -> Result<Option<Handover>> {
        let Some(row) = self.row(&HANDOVER, id).await? else { return Ok(None) };
        let content =
            serde_json::from_str(row.text("content")).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        Ok(Some(Handover { row, content }))
    }

    /// Those of one person, or (`None`) of everybody; newest first.
    pub async fn handovers(&self, person_id: Option<&str>) -> Result<Vec<Handover>> {
        let ids: Vec<(String,)> = match person_id {
            Some(person) => self.fetch_all(OF_PERSON, &[person.into(), LISTED.into()]).await?,
            None => self.fetch_all(LATEST, &[LISTED.into()]).await?,
        };
        let mut all = Vec::with_capacity(ids.len());
        for (id,) in ids {
            all.extend(self.handover(&id).await?);
        }
        Ok(all)
    }
}

impl Store {
    /// Hands a seat over: what is on the page now is what was handed over.
    pub async fn hand_over(&self, who: &Who, seat: &Seat, to_id: Option<&str>, on: Date) -> Result<String> {
        let content = self.db.handover_content(seat, on).await?;
        let json = serde_json::to_value(&content).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let bytes = sekisho_ledger::canonical(&json)?;
        let actor = Actor { person_id: who.person_id.clone(), seat: seat.code() };
        let mut tx = self.write(&actor, "handover.hand").await?;
        let (id, at) = (tx.new_id(), tx.at());
        let row = Row::new(&HANDOVER, &id)
            .set("position_id", seat.position_id.as_str())
            .set("unit_id", seat.unit_id.as_str())
            .set("from_id", who.person_id.as_str())
            .set("to_id", to_id.map(str::to_owned))
            .set("content_sha256", hex::encode(Sha256::digest(&bytes)))
            .set("content", String::from_utf8(bytes).map_err(|e| StoreError::Corrupt(e.to_string()))?)
            .set("handed_ms", at);
        tx.insert(row).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Received: by whoever it was handed to (or, when nobody was named, by any holder of the seat), or on paper as
    /// the office enters it.
    pub async fn receive_handover(&self, actor: &Actor, id: &str, paper: bool) -> Result<()> {
        let mut tx = self.write(actor, "handover.receive").await?;
        let open: Option<(String,)> = tx.fetch_optional(RECEIVE, &[id.into()]).await?;
        open.ok_or(StoreError::IllegalMove("a handover is received once"))?;
        let (row, at) = (tx.get(&HANDOVER, id).await?, tx.at());
        let row = match paper {
            true => row.set("paper_by", actor.person_id.as_str()),
            false if row.text("from_id") == actor.person_id => {
                return Err(StoreError::IllegalMove("nobody hands a seat over to themselves"));
            }
            false => row.set("to_id", actor.person_id.as_str()),
        };
        tx.update(row.set("received_ms", at)).await?;
        tx.commit().await
    }
}

fn contract((id, number, name, vendor, to): &(String, String, String, String, String)) -> Line {
    Line {
        number: number.clone(),
        words: format!("{vendor}（{name}）"),
        note: if to.is_empty() { String::new() } else { format!("終わり {}", day(to)) },
        href: format!("/registers/system/{id}"),
    }
}

fn lines(
    rows: Vec<(String, String, String, String)>,
    href: impl Fn(&str) -> String,
    what: &str,
) -> Vec<Line> {
    let one = |(id, number, words, note): (String, String, String, String)| Line {
        href: href(&id),
        number,
        words,
        note: if note.is_empty() { note } else { format!("{what} {}", day(&note)) },
    };
    rows.into_iter().map(one).collect()
}

fn day(text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), sekisho_domain::date::wareki)
}
