//! Plain interpretation: one cube of packets through first-match tables, splitting where a table splits it.
//!
//! It follows every reading of every doubtful rule and every choice of every translation, and needs nothing but
//! interval arithmetic. Counter-examples are believed only after this replay agrees.

use crate::model::{Assign, Doubt, Jump, Network, Node, NodeId};
use crate::space::Cube;

/// Ways followed before giving up.
const LIMIT_WAYS: usize = 4096;
/// Tables on one way before giving up.
const LIMIT_HOPS: usize = 400;

/// How a way ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Came to rest in this node (hosts, the device itself, or past the egress of a lone device).
    Rests(NodeId),
    /// Came to rest in a place that could also have sent it on.
    Stays(NodeId),
    /// Dropped in this node.
    Dropped(NodeId),
    /// Came back to a place it had been with nothing changed.
    Loops(NodeId),
}

/// One table passed.
#[derive(Clone, Debug)]
pub struct Hop {
    /// Table.
    pub node: NodeId,
    /// Entry taken; `None` for the table's default.
    pub rule: Option<usize>,
    /// Packets before.
    pub before: Cube,
    /// Packets after rewriting.
    pub after: Cube,
}

/// One way a part of the start cube can go.
#[derive(Clone, Debug)]
pub struct Way {
    /// Tables passed, in order.
    pub hops: Vec<Hop>,
    /// How it ended.
    pub fate: Fate,
    /// Packets at the end.
    pub last: Cube,
    /// Doubtful entries met (node, rule), whether taken or skipped.
    pub doubts: Vec<(NodeId, usize)>,
}

/// Too many ways; the caller answers UNKNOWN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {LIMIT_WAYS} ways or {LIMIT_HOPS} hops")]
pub struct TooManyWays;

/// Every way `cube` can go from `start`.
pub fn explore(network: &Network, start: NodeId, cube: Cube) -> Result<Vec<Way>, TooManyWays> {
    let mut done = Vec::new();
    let mut open = vec![Way { hops: Vec::new(), fate: Fate::Rests(start), last: cube, doubts: Vec::new() }];
    while let Some(way) = open.pop() {
        if done.len() + open.len() > LIMIT_WAYS || way.hops.len() > LIMIT_HOPS {
            return Err(TooManyWays);
        }
        let Fate::Rests(at) = way.fate else {
            done.push(way);
            continue;
        };
        let node = &network.nodes[at];
        if node.rules.is_empty() && node.otherwise.is_empty() && node.kind != crate::model::NodeKind::Stage {
            done.push(way);
            continue;
        }
        step(node, at, &way, &mut open);
    }
    Ok(done)
}

/// Continues one way through one table.
fn step(node: &Node, at: NodeId, way: &Way, open: &mut Vec<Way>) {
    if way.hops.iter().any(|h| h.node == at && h.before == way.last) {
        open.push(Way { fate: Fate::Loops(at), ..way.clone() });
        return;
    }
    // Packets still looking for an entry, each with the doubtful entries it walked past.
    let mut looking = vec![(way.last.clone(), way.doubts.clone())];
    for (number, rule) in node.rules.iter().enumerate() {
        for condition in &rule.when {
            let mut still = Vec::new();
            for (cube, doubts) in looking {
                let hit = cube.intersect(condition);
                if hit.is_empty() {
                    still.push((cube, doubts));
                    continue;
                }
                for rest in cube.subtract(condition) {
                    still.push((rest, doubts.clone()));
                }
                let mut seen = doubts;
                if rule.doubt.is_some() {
                    seen.push((at, number));
                    still.push((hit.clone(), seen.clone()));
                }
                take(at, Some(number), &rule.then, way, &hit, &seen, open);
            }
            looking = still;
        }
        if looking.is_empty() {
            return;
        }
    }
    for (cube, doubts) in looking {
        if node.kind != crate::model::NodeKind::Stage && node.otherwise.is_empty() {
            let mut hops = way.hops.clone();
            hops.push(Hop { node: at, rule: None, before: cube.clone(), after: cube.clone() });
            open.push(Way { hops, fate: Fate::Stays(at), last: cube, doubts });
            continue;
        }
        take(at, None, &node.otherwise, way, &cube, &doubts, open);
    }
}

/// Applies one outcome to packets that chose it.
fn take(
    at: NodeId,
    rule: Option<usize>,
    then: &[Jump],
    way: &Way,
    hit: &Cube,
    doubts: &[(NodeId, usize)],
    open: &mut Vec<Way>,
) {
    let extend = |after: Cube, fate: Fate| {
        let mut hops = way.hops.clone();
        hops.push(Hop { node: at, rule, before: hit.clone(), after: after.clone() });
        Way { hops, fate, last: after, doubts: doubts.to_vec() }
    };
    if then.is_empty() {
        open.push(extend(hit.clone(), Fate::Dropped(at)));
    }
    for jump in then {
        open.push(extend(rewrite(hit, jump), Fate::Rests(jump.to)));
    }
}

/// The cube after a jump's rewriting.
#[must_use]
pub fn rewrite(cube: &Cube, jump: &Jump) -> Cube {
    let mut out = cube.clone();
    for assign in &jump.set {
        match assign {
            Assign::Set(field, ranges) => out.replace(*field, ranges.clone()),
            Assign::Shift(field, delta) => {
                let moved = out.values(*field).shifted(*delta);
                out.replace(*field, moved);
            }
        }
    }
    out
}

/// The distinct doubts met on these ways, with where they stand.
#[must_use]
pub fn doubts(network: &Network, ways: &[Way]) -> Vec<(NodeId, usize, Doubt)> {
    let mut all: Vec<(NodeId, usize, Doubt)> = ways
        .iter()
        .flat_map(|w| &w.doubts)
        .filter_map(|&(n, r)| network.nodes[n].rules[r].doubt.map(|d| (n, r, d)))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
