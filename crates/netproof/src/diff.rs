//! Two snapshots: what newly passes between zones, and what no longer does.

use serde::Serialize;

use crate::engine::Engine;
use crate::reach::arrivals;
use crate::site::Site;
use crate::space::SpaceLimit;
use crate::verdict::{DeviceText, RectangleView, Snapshot, Verdict, verify};

/// Change between one pair of zones, seen at the destination.
#[derive(Clone, Debug, Serialize)]
pub struct PairChange {
    /// Zone packets begin in.
    pub from: String,
    /// Zone they arrive in.
    pub to: String,
    /// Newly passing, at most 20 rectangles.
    pub allowed: Vec<RectangleView>,
    /// No longer passing, at most 20 rectangles.
    pub blocked: Vec<RectangleView>,
}

/// Compares two snapshots, each under its own declarations; zones are matched by name.
pub fn diff(before: (&Site, &Snapshot), after: (&Site, &Snapshot)) -> Result<Vec<PairChange>, SpaceLimit> {
    let (old, new) = (arrivals(before.0, before.1)?, arrivals(after.0, after.1)?);
    let network = crate::model::Network::default();
    let mut engine = Engine::new(&network);
    let empty = Vec::new();
    let mut out = Vec::new();
    let same = |a: &crate::reach::Arrivals, b: &crate::reach::Arrivals| a.from == b.from && a.to == b.to;
    let gone = old.iter().filter(|o| !new.iter().any(|n| same(n, o))).map(|o| (o, &o.cubes, &empty));
    let kept =
        new.iter().map(|n| (n, old.iter().find(|o| same(n, o)).map_or(&empty, |o| &o.cubes), &n.cubes));
    for (pair, earlier, later) in kept.chain(gone) {
        let (a, b) = (engine.space.cubes(earlier)?, engine.space.cubes(later)?);
        let (gained, lost) = (engine.space.minus(b, a)?, engine.space.minus(a, b)?);
        if !gained.is_empty() || !lost.is_empty() {
            let view = |set| engine.space.to_cubes(set, 20).0.iter().map(RectangleView::of).collect();
            let (allowed, blocked) = (view(gained), view(lost));
            out.push(PairChange { from: pair.from.clone(), to: pair.to.clone(), allowed, blocked });
        }
    }
    Ok(out)
}

/// An intent whose answer would change.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerChange {
    /// Intent id.
    pub id: String,
    /// What was asked.
    pub title: String,
    /// Answer now.
    pub before: Verdict,
    /// Answer with the change.
    pub after: Verdict,
}

/// What a changed configuration would do.
#[derive(Clone, Debug, Serialize)]
pub struct WhatIf {
    /// Packets between zones.
    pub packets: Vec<PairChange>,
    /// Intents.
    pub answers: Vec<AnswerChange>,
}

/// Tries another text for one device; `None` when the snapshot has no such device.
pub fn what_if(
    site: &Site,
    snapshot: &Snapshot,
    device: &str,
    text: &[u8],
) -> Option<Result<WhatIf, SpaceLimit>> {
    let mut changed = snapshot.clone();
    let place = changed.devices.iter_mut().find(|d| d.name == device)?;
    *place = DeviceText::new(device, &place.file.clone(), place.vendor, text);
    let (now, then) = (verify(site, snapshot), verify(site, &changed));
    let mut answers = Vec::new();
    for after in &then.findings {
        let before = now.findings.iter().find(|f| f.id == after.id).map(|f| f.verdict);
        if let Some(before) = before.filter(|b| *b != after.verdict) {
            let (id, title) = (after.id.clone(), after.title.clone());
            answers.push(AnswerChange { id, title, before, after: after.verdict });
        }
    }
    Some(diff((site, snapshot), (site, &changed)).map(|packets| WhatIf { packets, answers }))
}
