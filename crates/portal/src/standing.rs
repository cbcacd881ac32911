//! How the policy stands today, worked out once for all readers: most of what the board and the clause pages show is
//! the same for everybody until the next record is written.
//!
//! Every change of a record appends entries, so the number of entries says whether anything changed since, whichever
//! process wrote it. Nothing here depends on who asks; reach and visibility are applied by the pages.

use crate::App;
use crate::error::PortalError;
use crate::pages::ledger::{self, Level};
use crate::picture::{self, Picture, Year};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_domain::role_name::RoleNames;
use sekisho_store::ledger::Head;
use sekisho_store::page::{Counts, Incumbent, RevisionLine};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The policy in force and everything that is said about it.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) revision: Option<RevisionLine>,
    pub(crate) picture: Picture,
    pub(crate) incumbents: Vec<Incumbent>,
    pub(crate) roles: RoleNames,
    pub(crate) year: Year,
    pub(crate) counts: Counts,
    /// Requirement → by when somebody has to act, where a task says so.
    pub(crate) dues: HashMap<String, Date>,
    pub(crate) level: Level,
}

/// The standing of today, and of how many entries and of which day it is.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<(i64, Date, Arc<Standing>)>>);

impl App {
    /// How the policy stands now. One reader works it out after a change while the others wait for it.
    pub(crate) async fn standing(&self, now: Ms, on: Date) -> Result<(Arc<Standing>, Head), PortalError> {
        // Read before the records are: a change in between makes the next reader work it out again.
        let head = self.store.db.ledger_head().await?;
        let entries = head.size + head.pending;
        let mut kept = self.standing.0.lock().await;
        if let Some((of, day, standing)) = kept.as_ref()
            && (*of, *day) == (entries, on)
        {
            return Ok((Arc::clone(standing), head));
        }
        let standing = Arc::new(self.standing_at(now, on, true).await?);
        *kept = Some((entries, on, Arc::clone(&standing)));
        Ok((standing, head))
    }

    /// What was recorded about an instant; `today`: adoption decides what is in force.
    pub(crate) async fn standing_at(&self, at: Ms, on: Date, today: bool) -> Result<Standing, PortalError> {
        let db = &self.store.db;
        let revision = db.in_force("policy", on).await?;
        let clauses = match &revision {
            Some(revision) => db.clauses(&revision.id).await?,
            None => Vec::new(),
        };
        let dues = db.requirement_dues(at).await?;
        let judged = db.judged(at).await?;
        let judged = if today { judged } else { picture::placed_in(&clauses, judged) };
        let instants = picture::month_ends(on, at);
        let intervals = db.intervals_since(instants[0]).await?;
        let mut asked = picture::asked(judged, today);
        picture::stretch(&mut asked, &intervals);
        Ok(Standing {
            picture: Picture::new(clauses, asked),
            year: Year::new(&intervals, &instants),
            incumbents: db.incumbents(on).await?,
            roles: db.role_names().await?,
            counts: db.counts(on).await?,
            dues: dues.into_iter().filter_map(|(id, day)| Some((id, day.parse().ok()?))).collect(),
            level: ledger::level(self).await?,
            revision,
        })
    }
}
