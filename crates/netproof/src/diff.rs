//! Two snapshots: what newly passes between zones, and what no longer does.

use serde::Serialize;

use crate::engine::Engine;
use crate::site::{Endpoint, Site};
use crate::space::{Cube, Ranges, Set, SpaceLimit};
use crate::verdict::{RectangleView, Snapshot, read_world, zone_sources};

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

/// Most cubes of one pair that are compared.
const LIMIT_CUBES: usize = 100_000;

type Arrivals = Vec<((String, String), Vec<Cube>)>;

/// Everything that may arrive, per pair of zones.
fn arrivals(site: &Site, snapshot: &Snapshot) -> Result<Arrivals, SpaceLimit> {
    let (devices, topology) = read_world(site, snapshot, &[]);
    let mut engine = Engine::new(&topology.network);
    let mut out = Vec::new();
    for from in 0..site.zones.len() {
        let endpoint = Endpoint { zone: from, addresses: None };
        let sources = zone_sources(site, &devices, &topology, &endpoint, &Ranges::span(0, u128::MAX));
        let reach = engine.reach(&sources)?;
        for to in (0..site.zones.len()).filter(|&t| t != from) {
            let mut all = Set::EMPTY;
            for wire in topology.wires.iter().filter(|w| w.zones.contains(&to)) {
                let here = reach.at.get(&wire.hosts).copied().unwrap_or(Set::EMPTY);
                all = engine.space.or(all, here)?;
            }
            let (cubes, complete) = engine.space.to_cubes(all, LIMIT_CUBES);
            if !complete {
                return Err(SpaceLimit { limit_nodes: LIMIT_CUBES });
            }
            out.push(((site.zones[from].name.clone(), site.zones[to].name.clone()), cubes));
        }
    }
    Ok(out)
}

/// Compares two snapshots, each under its own declarations; zones are matched by name.
pub fn diff(before: (&Site, &Snapshot), after: (&Site, &Snapshot)) -> Result<Vec<PairChange>, SpaceLimit> {
    let (old, new) = (arrivals(before.0, before.1)?, arrivals(after.0, after.1)?);
    let network = crate::model::Network::default();
    let mut engine = Engine::new(&network);
    let empty = Vec::new();
    let mut out = Vec::new();
    for (pair, cubes) in &new {
        let earlier = old.iter().find(|o| o.0 == *pair).map_or(&empty, |o| &o.1);
        let (a, b) = (engine.space.cubes(earlier)?, engine.space.cubes(cubes)?);
        let (gained, lost) = (engine.space.minus(b, a)?, engine.space.minus(a, b)?);
        if !gained.is_empty() || !lost.is_empty() {
            let view = |set| engine.space.to_cubes(set, 20).0.iter().map(RectangleView::of).collect();
            let (allowed, blocked) = (view(gained), view(lost));
            out.push(PairChange { from: pair.0.clone(), to: pair.1.clone(), allowed, blocked });
        }
    }
    Ok(out)
}
