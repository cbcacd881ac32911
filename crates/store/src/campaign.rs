//! 一斉: one thing asked of many sections at once, and who has answered.

use sekisho_domain::access::role_key;
use sekisho_domain::campaign::{CAMPAIGN, CAMPAIGNS_WARN};
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::id::new_id;
use sekisho_domain::noun::Row;
use sekisho_domain::role::Role;
use sekisho_domain::task::{DueRule, TASK};

use crate::error::{Result, StoreError};
use crate::task::LEGAL;
use crate::tx::Actor;
use crate::{Db, Store};

sql! {
    const CAMPAIGNS_OPEN = "SELECT COUNT(DISTINCT campaign_id) AS number FROM task
        WHERE seat_key = $1 AND state = 'open' AND campaign_id IS NOT NULL";
    const CAMPAIGNS = "SELECT c.id, c.title, c.detail, c.basis, c.due_on, c.opened_ms,
            COALESCE(c.kind, 'request') AS kind, c.closed_ms,
            (SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id)
                + (SELECT COUNT(*) FROM campaign_part p WHERE p.campaign_id = c.id) AS asked,
            (SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id AND t.state = 'done')
                + (SELECT COUNT(*) FROM campaign_part p WHERE p.campaign_id = c.id AND p.state = 'confirmed') AS done
        FROM campaign c WHERE c.id < $1 ORDER BY c.id DESC LIMIT $2";
    const OF_CAMPAIGN = "SELECT t.id, t.unit_id, s.name AS section, t.state, t.closed_ms FROM task t
        LEFT JOIN section s ON s.unit_id = t.unit_id AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
        WHERE t.campaign_id = $1 ORDER BY CASE t.state WHEN 'open' THEN 0 ELSE 1 END, s.sort_key, t.id";
    const PARTS = "SELECT p.id, p.version, p.campaign_id, p.unit_id, s.name AS section, s.parent_unit_id AS above,
            u.name AS above_name, p.state, p.population, p.found, p.changed, p.missing, p.extra, p.seal,
            p.prepared_by, a.name AS preparer, p.prepared_ms, p.confirmed_by, b.name AS confirmer, p.confirmed_ms,
            p.batch_id, p.returned
        FROM campaign_part p
        LEFT JOIN section s ON s.unit_id = p.unit_id AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
        LEFT JOIN section u ON u.unit_id = s.parent_unit_id AND u.valid_from <= $2
            AND (u.valid_to IS NULL OR u.valid_to > $2)
        LEFT JOIN person a ON a.id = p.prepared_by
        LEFT JOIN person b ON b.id = p.confirmed_by
        WHERE p.campaign_id = $1 ORDER BY s.sort_key, p.id";
    const PART = "SELECT p.id, p.version, p.campaign_id, p.unit_id, s.name AS section, s.parent_unit_id AS above,
            u.name AS above_name, p.state, p.population, p.found, p.changed, p.missing, p.extra, p.seal,
            p.prepared_by, a.name AS preparer, p.prepared_ms, p.confirmed_by, b.name AS confirmer, p.confirmed_ms,
            p.batch_id, p.returned
        FROM campaign_part p
        LEFT JOIN section s ON s.unit_id = p.unit_id AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
        LEFT JOIN section u ON u.unit_id = s.parent_unit_id AND u.valid_from <= $2
            AND (u.valid_to IS NULL OR u.valid_to > $2)
        LEFT JOIN person a ON a.id = p.prepared_by
        LEFT JOIN person b ON b.id = p.confirmed_by
        WHERE p.id = $1";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CampaignLine {
    pub id: String,
    pub title: String,
    pub detail: String,
    pub basis: String,
    pub due_on: String,
    pub opened_ms: i64,
    pub kind: String,
    pub closed_ms: Option<i64>,
    pub asked: i64,
    pub done: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AskedLine {
    pub id: String,
    pub unit_id: Option<String>,
    pub section: Option<String>,
    pub state: String,
    pub closed_ms: Option<i64>,
}

/// One section's part of a campaign, with names for its page.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PartLine {
    pub id: String,
    pub version: i64,
    pub campaign_id: String,
    pub unit_id: String,
    pub section: Option<String>,
    /// The 部 it belongs to: what parts are added up by.
    pub above: Option<String>,
    pub above_name: Option<String>,
    pub state: String,
    pub population: Option<i64>,
    pub found: Option<i64>,
    pub changed: Option<i64>,
    pub missing: Option<i64>,
    pub extra: Option<i64>,
    pub seal: Option<String>,
    pub prepared_by: Option<String>,
    pub preparer: Option<String>,
    pub prepared_ms: Option<i64>,
    pub confirmed_by: Option<String>,
    pub confirmer: Option<String>,
    pub confirmed_ms: Option<i64>,
    pub batch_id: Option<String>,
    pub returned: Option<String>,
}

/// One thing asked of many sections.
#[derive(Clone, Copy, Debug)]
pub struct NewCampaign<'a> {
    pub title: &'a str,
    pub detail: &'a str,
    pub basis: &'a str,
    pub due_rule: DueRule,
    /// Sections whose 情報セキュリティ管理者 is asked.
    pub unit_ids: &'a [String],
    /// Ask although some seats have three campaigns open already.
    pub anyway: bool,
}

/// What became of a campaign that was to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    Yes(String),
    /// These sections have [`CAMPAIGNS_WARN`] open already; nothing was begun.
    Crowded(Vec<String>),
}

impl Db {
    pub async fn campaigns(&self, before: &str, limit: i64) -> Result<Vec<CampaignLine>> {
        self.fetch_all(CAMPAIGNS, &[before.into(), limit.into()]).await
    }

    /// Who has answered a campaign, those who have not first.
    pub async fn campaign_tasks(&self, campaign_id: &str, on: Date) -> Result<Vec<AskedLine>> {
        self.fetch_all(OF_CAMPAIGN, &[campaign_id.into(), on.into()]).await
    }

    /// The sections' parts, in the order of the organisation.
    pub async fn campaign_parts(&self, campaign_id: &str, on: Date) -> Result<Vec<PartLine>> {
        self.fetch_all(PARTS, &[campaign_id.into(), on.into()]).await
    }

    pub async fn campaign_part(&self, part_id: &str, on: Date) -> Result<Option<PartLine>> {
        self.fetch_optional(PART, &[part_id.into(), on.into()]).await
    }
}

impl Store {
    /// Begins a campaign, unless a seat is crowded and the caller has not said to go on.
    pub async fn begin_campaign(&self, actor: &Actor, new: NewCampaign<'_>) -> Result<Begun> {
        let rule = new.due_rule.allowed(new.basis).map_err(|_| StoreError::IllegalMove(LEGAL))?;
        let mut crowded = Vec::new();
        for unit in new.unit_ids {
            let key = role_key(Role::Manager, Some(unit));
            let (open,): (i64,) = self.db.fetch_one(CAMPAIGNS_OPEN, &[key.into()]).await?;
            if open >= CAMPAIGNS_WARN {
                crowded.push(unit.clone());
            }
        }
        if !crowded.is_empty() && !new.anyway {
            return Ok(Begun::Crowded(crowded));
        }
        let calendar = self.db.calendar().await?;
        let mut tx = self.write(actor, "campaign.begin").await?;
        let at = tx.at();
        let due = rule.due(date_at(at), &calendar);
        let row = Row::new(&CAMPAIGN, new_id(at, &*self.entropy))
            .set("title", new.title)
            .set("detail", new.detail)
            .set("basis", new.basis)
            .set("due_rule", rule.code())
            .set("due_on", due)
            .set("opened_ms", at)
            .set("opened_by", actor.person_id.as_str());
        let id = row.id.clone();
        tx.insert(row).await?;
        for unit in new.unit_ids {
            let row = Row::new(&TASK, tx.new_id())
                .set("kind", "campaign")
                .set("source_noun", "campaign")
                .set("source_id", id.as_str())
                .set("title", new.title)
                .set("href", format!("/campaigns/{id}"))
                .set("basis", new.basis)
                .set("due_rule", rule.code())
                .set("due_on", due)
                .set("seat_key", role_key(Role::Manager, Some(unit)))
                .set("unit_id", unit.as_str())
                .set("campaign_id", id.as_str())
                .set("state", "open")
                .set("opened_ms", at);
            tx.insert(row).await?;
        }
        tx.commit().await?;
        Ok(Begun::Yes(id))
    }
}
