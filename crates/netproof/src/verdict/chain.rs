//! Violations that go through declared relays (F28): each part of the chain is certain by itself.
//!
//! What a relay makes of a communication is not in any configuration, so no single packet can be followed through it.
//! The chain is a violation all the same when every part of it passes whichever way unknown lines are read: to the
//! first relay, from relay to relay, from the last one to the forbidden place.

use std::collections::BTreeSet;

use crate::engine::interp::{self, Fate, Way};
use crate::engine::{Engine, Reach};
use crate::model::{Network, NodeId};
use crate::space::{Set, SpaceLimit};

use super::question::{Group, Question};
use super::replay::violates;
use super::verify::Refutation;

/// The chain behind one violation, when all its parts are certain.
pub(super) fn refutation(
    engine: &mut Engine<'_>,
    question: &Question,
    group: &Group,
    reach: &Reach,
    (step, bad): (usize, Set),
    relays: &BTreeSet<NodeId>,
) -> Result<Option<Refutation>, SpaceLimit> {
    let Some(at_target) = engine.choose(bad, &question.wishes)? else { return Ok(None) };
    let Some(path) = engine.path(reach, step, at_target, &question.wishes)? else { return Ok(None) };
    let plain = without_relays(engine.network(), relays);
    let mut whole: Option<Way> = None;
    let mut from = 0;
    for (at, &(number, _)) in path.iter().enumerate() {
        let node = reach.steps[number].node;
        let last = at + 1 == path.len();
        if !last && !relays.contains(&node) {
            continue;
        }
        let start = reach.steps[path[from].0].node;
        let Ok(ways) = interp::explore(&plain, start, path[from].1.cube()) else { return Ok(None) };
        let arrives = |w: &Way| matches!(w.fate, Fate::Rests(n) | Fate::Stays(n) if n == node);
        let good = ways.iter().all(|w| if last { violates(question, group, w) } else { arrives(w) });
        let Some(way) = ways.into_iter().next().filter(|_| good) else { return Ok(None) };
        whole = Some(match whole {
            None => way,
            Some(mut before) => {
                before.hops.extend(way.hops);
                Way { hops: before.hops, ..way }
            }
        });
        from = at + 1;
    }
    Ok(whole.map(|way| Refutation { packet: path[0].1, way, bad, chained: true, beside: false }))
}

fn without_relays(network: &Network, relays: &BTreeSet<NodeId>) -> Network {
    let mut plain = network.clone();
    for &node in relays {
        plain.nodes[node].rules.retain(|r| r.label != "relay");
    }
    plain
}
