//! 組織の引き継ぎ: planned by the office, carried out at 0:00 of its day in one transaction per section.
//!
//! What says what is now (rows of registers, open applications and tasks, people in their seats) moves to the section
//! that follows; what says what was (evidence, closed applications, the rows' history) stays where it was said, and
//! whoever sits in the following section sees it through [`heirs`]. 適用範囲 is decided per section and does not move.

use std::collections::BTreeMap;

use sekisho_domain::access::{position_key, read_key, role_key};
use sekisho_domain::campaign::CAMPAIGN_PART;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_domain::decision::{DECISION, DECISION_STEP};
use sekisho_domain::delegation::{DELEGATION, DEPUTY};
use sekisho_domain::disposal::DISPOSAL;
use sekisho_domain::document::DOCUMENT;
use sekisho_domain::exception::EXCEPTION;
use sekisho_domain::noun::{Noun, Row};
use sekisho_domain::position::{ASSIGNMENT, ROLE_SEAT};
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_domain::succession::SUCCESSION;
use sekisho_domain::task::TASK;
use sekisho_domain::{asset, device, medium, specific_flow, staff_source, system};

use crate::error::{Result, StoreError};
use crate::read::Read;
use crate::{Actor, Db, Store, Tx};

sql! {
    const DUE = "SELECT DISTINCT unit_id, valid_from FROM succession WHERE state = 'planned' AND valid_from <= $1
        ORDER BY valid_from, unit_id";
    const NEXT = "SELECT MIN(valid_from) AS next FROM succession WHERE state = 'planned'";
    const OF_UNIT = "SELECT id, successor_id, main FROM succession WHERE unit_id = $1 AND state = 'planned' ORDER BY id";
    const PLANNED = "SELECT unit_id, successor_id, main, valid_from FROM succession WHERE state = 'planned' ORDER BY valid_from, id";
    const HEIRS = "SELECT unit_id, successor_id FROM succession WHERE main AND state <> 'cancelled' AND valid_from <= $1";
    const PERIOD = "SELECT id FROM section WHERE unit_id = $1 AND valid_from < $2 AND (valid_to IS NULL OR valid_to = $2)";
    const STANDS = "SELECT COUNT(*) AS number FROM section WHERE unit_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)";
    const CHILDREN = "SELECT id FROM section WHERE parent_unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";

    const ASSIGNMENTS = "SELECT id FROM assignment WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const ROLE_SEATS = "SELECT id FROM role_seat WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const DELEGATIONS = "SELECT id FROM delegation WHERE unit_id = $1 AND valid_to > $2 ORDER BY id";
    const DEPUTIES = "SELECT id FROM deputy WHERE (unit_id = $1 OR deputy_unit_id = $1)
        AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const SAME_DEPUTY = "SELECT COUNT(*) AS number FROM deputy WHERE position_id = $1 AND unit_id = $2 AND ordinal = $3
        AND (valid_to IS NULL OR valid_to > $4)";

    const ASSETS = "SELECT id FROM asset WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const SYSTEMS = "SELECT id FROM system WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const DEVICES = "SELECT id FROM device WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const MEDIA = "SELECT id FROM medium WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const FLOWS = "SELECT id FROM specific_flow WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const EXCEPTIONS = "SELECT id FROM exception WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const SOURCES = "SELECT id FROM staff_source WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id";
    const DISPOSALS = "SELECT id FROM disposal WHERE unit_id = $1 AND state IN ('requested', 'granted') AND $2 <> '' ORDER BY id";
    const DECISIONS = "SELECT id FROM decision WHERE unit_id = $1 AND state = 'pending' AND $2 <> '' ORDER BY id";
    const DOCUMENTS = "SELECT id FROM document WHERE owner_unit_id = $1 AND $2 <> '' ORDER BY id";
    const STEPS = "SELECT s.id FROM decision_step s JOIN decision d ON d.id = s.decision_id
        WHERE s.unit_id = $1 AND s.state IN ('open', 'waiting') AND (d.state = 'pending' OR s.kind = 'after') ORDER BY s.id";
    const PARTS = "SELECT p.id FROM campaign_part p WHERE p.unit_id = $1 AND p.state <> 'confirmed'
        AND NOT EXISTS (SELECT 1 FROM campaign_part o WHERE o.campaign_id = p.campaign_id AND o.unit_id = $2) ORDER BY p.id";
    const TASKS = "SELECT id FROM task WHERE unit_id = $1 AND state = 'open' AND seat_key IS NOT NULL ORDER BY id";
    const SAME_TASK = "SELECT COUNT(*) AS number FROM task WHERE state = 'open' AND kind = $1 AND source_noun = $2 AND source_id = $3 AND seat_key = $4";
    const HOLDS = "SELECT
        (SELECT COUNT(DISTINCT person_id) FROM assignment WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2)) AS people,
        (SELECT COUNT(*) FROM asset WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2))
            + (SELECT COUNT(*) FROM system WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2))
            + (SELECT COUNT(*) FROM device WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2))
            + (SELECT COUNT(*) FROM medium WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2))
            + (SELECT COUNT(*) FROM specific_flow WHERE unit_id = $1 AND (valid_to IS NULL OR valid_to > $2)) AS rows,
        (SELECT COUNT(*) FROM decision WHERE unit_id = $1 AND state = 'pending') AS decisions";
}

/// What goes to the section that follows by having its section changed. Every register whose rows a section keeps is
/// here, 委任 (which has days of its own) and 適用範囲 (which does not move) excepted; a test compares.
pub static MOVED: [(&Noun, &str, &str); 10] = [
    (&asset::ASSET, "unit_id", ASSETS),
    (&system::SYSTEM, "unit_id", SYSTEMS),
    (&device::DEVICE, "unit_id", DEVICES),
    (&medium::MEDIUM, "unit_id", MEDIA),
    (&specific_flow::SPECIFIC_FLOW, "unit_id", FLOWS),
    (&EXCEPTION, "unit_id", EXCEPTIONS),
    (&staff_source::STAFF_SOURCE, "unit_id", SOURCES),
    (&DISPOSAL, "unit_id", DISPOSALS),
    (&DECISION, "unit_id", DECISIONS),
    (&DOCUMENT, "owner_unit_id", DOCUMENTS),
];

/// What belongs to a section at a day, as a page counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Holdings {
    pub people: i64,
    /// Of the registers.
    pub rows: i64,
    /// That wait.
    pub decisions: i64,
}

/// One planned line.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Planned {
    pub unit_id: String,
    pub successor_id: String,
    pub main: bool,
    pub valid_from: String,
}

/// Old section → the section that carries it on, as it will be on a day.
pub(crate) async fn heirs(read: &mut impl Read, on: Date) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = read.all(HEIRS, &[on.into()]).await?;
    Ok(rows.into_iter().collect())
}

impl Db {
    pub async fn successions_planned(&self) -> Result<Vec<Planned>> {
        self.fetch_all(PLANNED, &[]).await
    }

    pub async fn section_holds(&self, unit_id: &str, on: Date) -> Result<Holdings> {
        self.fetch_one(HOLDS, &[unit_id.into(), on.into()]).await
    }

    /// When the next one is due.
    pub async fn next_succession(&self) -> Result<Option<Ms>> {
        let (next,): (Option<String>,) = self.fetch_one(NEXT, &[]).await?;
        Ok(next.and_then(|day| day.parse::<Date>().ok()).map(start_of))
    }
}

impl Store {
    /// Carries out what is due, a section at a time: after a crash the next round finds it done or not done, never half.
    /// Returns how many sections were carried on.
    pub async fn carry_successions(&self) -> Result<usize> {
        let today = date_at(self.clock.now());
        let due: Vec<(String, String)> = self.db.fetch_all(DUE, &[today.into()]).await?;
        let mut done = 0;
        for (unit, day) in due {
            let day: Date = day.parse().map_err(|_| StoreError::Corrupt(format!("{day} is not a date")))?;
            let mut tx = self.write(&Actor::system(), "succession.carry").await?;
            match tx.carry(&unit, day).await {
                Ok(()) => tx.commit().await?,
                // Somebody wrote in the same moment: the next round sees it.
                Err(StoreError::Conflict { .. }) => continue,
                Err(error) => return Err(error),
            }
            done += 1;
        }
        Ok(done)
    }
}

impl Tx<'_> {
    /// Plans that a section ends on a day and others follow it, the first as the one that carries it on.
    pub async fn plan_succession(&mut self, unit_id: &str, on: Date, successors: &[&str]) -> Result<()> {
        let Some(main) = successors.first() else {
            return Err(StoreError::IllegalMove("a section that ends is carried on by another"));
        };
        if on <= date_at(self.at()) {
            return Err(StoreError::IllegalMove("a section ends on a day to come"));
        }
        for successor in successors {
            let args = [(*successor).into(), on.into()];
            let (stands,): (i64,) = self.fetch_optional(STANDS, &args).await?.unwrap_or((0,));
            if stands == 0 || *successor == unit_id {
                return Err(StoreError::IllegalMove("whoever carries on a section stands on that day"));
            }
        }
        let args = [unit_id.into(), on.into()];
        let (period,): (String,) = self.fetch_optional(PERIOD, &args).await?.ok_or(StoreError::NotFound)?;
        let row = self.get(&SECTION, &period).await?;
        self.update(row.set("valid_to", on)).await?;
        for successor in successors {
            let row = Row::new(&SUCCESSION, self.new_id())
                .set("unit_id", unit_id)
                .set("successor_id", *successor)
                .set("main", successor == main)
                .set("valid_from", on)
                .set("state", "planned");
            self.insert(row).await?;
        }
        Ok(())
    }

    /// The section goes on as if nothing had been planned.
    pub async fn cancel_succession(&mut self, unit_id: &str) -> Result<()> {
        let planned: Vec<(String, String, bool)> = self.fetch_all(OF_UNIT, &[unit_id.into()]).await?;
        let mut on = None;
        for (id, ..) in planned {
            let row = self.get(&SUCCESSION, &id).await?;
            on = row.text("valid_from").parse::<Date>().ok();
            self.update(row.set("state", "cancelled")).await?;
        }
        let on = on.ok_or(StoreError::NotFound)?;
        let args = [unit_id.into(), on.into()];
        let (period,): (String,) = self.fetch_optional(PERIOD, &args).await?.ok_or(StoreError::NotFound)?;
        let row = self.get(&SECTION, &period).await?;
        self.update(row.set("valid_to", None::<Date>)).await
    }

    async fn ids(&mut self, sql: &'static str, unit: &str, on: Date) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = self.fetch_all(sql, &[unit.into(), on.into()]).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    async fn carry(&mut self, unit: &str, on: Date) -> Result<()> {
        let planned: Vec<(String, String, bool)> = self.fetch_all(OF_UNIT, &[unit.into()]).await?;
        let Some(heir) = planned.iter().find(|(.., main)| *main).map(|(_, heir, _)| heir.clone()) else {
            return Err(StoreError::Corrupt(format!("nobody carries on {unit}")));
        };
        for (id, ..) in &planned {
            let row = self.get(&SUCCESSION, id).await?;
            self.update(row.set("state", "carried")).await?;
        }
        self.carry_seats(unit, &heir, on).await?;
        for (noun, column, sql) in MOVED {
            for id in self.ids(sql, unit, on).await? {
                let row = self.get(noun, &id).await?;
                self.update(row.set(column, heir.as_str())).await?;
            }
        }
        self.carry_duties(unit, &heir).await?;
        for id in self.ids(CHILDREN, unit, on).await? {
            self.carry_period(&SECTION, &id, &[("parent_unit_id", &heir)], on).await?;
        }
        Ok(())
    }

    /// People, roles and what acts in a seat's place.
    async fn carry_seats(&mut self, unit: &str, heir: &str, on: Date) -> Result<()> {
        for (noun, sql) in [(&ASSIGNMENT, ASSIGNMENTS), (&ROLE_SEAT, ROLE_SEATS), (&DELEGATION, DELEGATIONS)]
        {
            for id in self.ids(sql, unit, on).await? {
                self.carry_period(noun, &id, &[("unit_id", heir)], on).await?;
            }
        }
        for id in self.ids(DEPUTIES, unit, on).await? {
            let row = self.get(&DEPUTY, &id).await?;
            let mut moved = Vec::new();
            for column in ["unit_id", "deputy_unit_id"] {
                if row.text(column) == unit {
                    moved.push((column, heir));
                }
            }
            let place =
                moved.iter().find(|(c, _)| *c == "unit_id").map_or(row.text("unit_id"), |(_, heir)| heir);
            let ordinal = row.get("ordinal").and_then(|v| v.int()).unwrap_or_default();
            let args = [row.text("position_id").into(), place.into(), ordinal.into(), on.into()];
            let (there,): (i64,) = self.fetch_optional(SAME_DEPUTY, &args).await?.unwrap_or((0,));
            // Where the section that follows has its own order, that one stands.
            match there > 0 && place == heir {
                true => self.end(&DEPUTY, &id, on).await?,
                false => self.carry_period(&DEPUTY, &id, &moved, on).await?,
            }
        }
        Ok(())
    }

    /// Steps that wait for a seat, parts of campaigns, tasks.
    async fn carry_duties(&mut self, unit: &str, heir: &str) -> Result<()> {
        let steps: Vec<(String,)> = self.fetch_all(STEPS, &[unit.into()]).await?;
        for (id,) in steps {
            let row = self.get(&DECISION_STEP, &id).await?;
            let key = moved_key(row.text("seat_key"), heir);
            self.update(row.set("unit_id", heir).set("seat_key", key)).await?;
        }
        let parts: Vec<(String,)> = self.fetch_all(PARTS, &[unit.into(), heir.into()]).await?;
        for (id,) in parts {
            let row = self.get(&CAMPAIGN_PART, &id).await?;
            self.update(row.set("unit_id", heir)).await?;
        }
        let tasks: Vec<(String,)> = self.fetch_all(TASKS, &[unit.into()]).await?;
        for (id,) in tasks {
            let row = self.get(&TASK, &id).await?;
            let key = moved_key(row.text("seat_key"), heir);
            let same = |column: &str| row.text(column).to_owned().into();
            let args = [same("kind"), same("source_noun"), same("source_id"), key.as_str().into()];
            let (there,): (i64,) = self.fetch_optional(SAME_TASK, &args).await?.unwrap_or((0,));
            let at = self.at();
            let row = match there > 0 {
                true => row.set("state", "cancelled").set("closed_ms", at),
                false => row.set("seat_key", key).set("unit_id", heir),
            };
            self.update(row).await?;
        }
        Ok(())
    }

    /// A row with days of its own: what was until the day stays as it was, what is from the day on is another row.
    async fn carry_period(
        &mut self,
        noun: &'static Noun,
        id: &str,
        moved: &[(&'static str, &str)],
        on: Date,
    ) -> Result<()> {
        let row = self.get(noun, id).await?;
        let begun = row.text("valid_from") < on.to_string().as_str();
        let carried = |row: Row| moved.iter().fold(row, |row, (column, heir)| row.set(column, *heir));
        if !begun {
            return self.update(carried(row)).await;
        }
        let mut next = Row::new(noun, self.new_id());
        next.values = row.values.clone();
        self.update(row.set("valid_to", on)).await?;
        self.insert(carried(next).set("valid_from", on)).await
    }
}

/// `role:manager@OLD` → `role:manager@HEIR`.
pub(crate) fn moved_key(key: &str, heir: &str) -> String {
    match read_key(key) {
        Some(("role", code, Some(_))) => {
            Role::from_code(code).map_or_else(|| key.to_owned(), |role| role_key(role, Some(heir)))
        }
        Some(("position", id, Some(_))) => position_key(id, Some(heir)),
        _ => key.to_owned(),
    }
}
