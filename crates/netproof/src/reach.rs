//! What can pass between zones: the permitted sets behind `reach`, `diff` and `what-if`.

use serde::Serialize;

use crate::engine::Engine;
use crate::site::{Endpoint, Site};
use crate::space::{Cube, Ranges, Set, SpaceLimit};
use crate::verdict::{RectangleView, Snapshot, read_world, zone_sources};

/// Most cubes of one pair of zones that are kept.
const LIMIT_CUBES: usize = 100_000;

/// Packets of one pair of zones, seen where they arrive.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// Zone packets begin in, by name.
    pub from: String,
    /// Zone they arrive in, by name.
    pub to: String,
    /// The packets, as disjoint cubes.
    pub cubes: Vec<Cube>,
}

/// What may arrive, as people read it.
#[derive(Clone, Debug, Serialize)]
pub struct PairReach {
    /// Zone packets begin in.
    pub from: String,
    /// Zone they arrive in.
    pub to: String,
    /// At most 20 rectangles; none means nothing arrives.
    pub rectangles: Vec<RectangleView>,
    /// Whether there are more.
    pub more: bool,
}

/// Everything that may arrive, per ordered pair of zones.
pub fn arrivals(site: &Site, snapshot: &Snapshot) -> Result<Vec<Arrivals>, SpaceLimit> {
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
            out.push(Arrivals {
                from: site.zones[from].name.clone(),
                to: site.zones[to].name.clone(),
                cubes,
            });
        }
    }
    Ok(out)
}

/// The same as rectangles.
pub fn reach(site: &Site, snapshot: &Snapshot) -> Result<Vec<PairReach>, SpaceLimit> {
    let pairs = arrivals(site, snapshot)?;
    let view = |a: Arrivals| PairReach {
        rectangles: a.cubes.iter().take(20).map(RectangleView::of).collect(),
        more: a.cubes.len() > 20,
        from: a.from,
        to: a.to,
    };
    Ok(pairs.into_iter().map(view).collect())
}
