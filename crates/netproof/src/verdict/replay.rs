//! Counter-examples are believed only after plain interpretation agrees, whichever way every doubtful line is read.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::interp::{self, Fate, Way};
use crate::engine::{Engine, Reach};
use crate::model::{Doubt, Network, NodeId};
use crate::space::{Cube, Field, Packet, Ranges, Set, SpaceLimit};

use super::question::{Group, Question};
use super::verify::Refutation;

/// Own addresses given at run time that stand in the way (node and rule), each with the destinations that may be it.
type OwnAddresses = BTreeMap<(NodeId, usize), BTreeSet<u128>>;

/// Takes packets of `bad` back to their source and follows every reading forward again.
///
/// One packet is enough where every way of it violates. Where some end at the device itself, because its address is
/// given at run time and may be the destination, no single packet is: but each such address is one destination, so
/// of more packets than addresses, with a destination each, one passes whatever the addresses are.
pub(super) fn replay(
    engine: &mut Engine<'_>,
    question: &Question,
    group: &Group,
    (reach, step): (&Reach, usize),
    bad: Set,
    seen: &mut Vec<Way>,
) -> Result<Option<Refutation>, SpaceLimit> {
    let mut own = OwnAddresses::new();
    let mut first: Option<(Packet, Way)> = None;
    let mut left = bad;
    for packets in 1.. {
        let Some(at_target) = engine.choose(left, &question.wishes)? else { break };
        let Some((entry, packet)) = engine.trace_back(reach, step, at_target, &question.wishes)? else {
            break;
        };
        let start = reach.steps[entry].node;
        let Ok(ways) = interp::explore(engine.network(), start, packet.cube()) else { break };
        let (wrong, other): (Vec<&Way>, Vec<&Way>) = ways.iter().partition(|w| violates(question, group, w));
        let told = wrong.first().filter(|_| stay_here(engine.network(), &other, &mut own));
        let told = told.map(|way| (packet, (*way).clone()));
        seen.extend(ways);
        let Some(told) = told else { break };
        let (packet, way) = first.get_or_insert(told);
        if own.len() < packets {
            let (packet, way, beside) = (*packet, way.clone(), packets > 1);
            return Ok(Some(Refutation { packet, way, bad, chained: false, beside }));
        }
        let tried = Cube::any().with(Field::Dst, Ranges::one(at_target.get(Field::Dst)));
        let tried = engine.space.cube(&tried)?;
        left = engine.space.minus(left, tried)?;
    }
    Ok(None)
}

/// Notes the own addresses that these ways of one packet end at; `false` when one ends for any other reason, or when
/// an earlier packet had the same destination there. Ways by a network that overlaps a written one do not count.
fn stay_here(network: &Network, ways: &[&Way], own: &mut OwnAddresses) -> bool {
    let mut met = BTreeSet::new();
    let doubted = |way: &Way, doubt: Doubt| {
        let of = |node: NodeId, rule: usize| network.nodes[node].rules[rule].doubt == Some(doubt);
        way.hops.iter().any(|hop| hop.rule.is_some_and(|rule| of(hop.node, rule)))
    };
    // A violation is no less one because a lease may bring a network that does not work.
    for way in ways.iter().filter(|way| !doubted(way, Doubt::Overlap)) {
        let given = way.hops.iter().find_map(|hop| {
            let rule =
                hop.rule.filter(|r| network.nodes[hop.node].rules[*r].doubt == Some(Doubt::OwnAddress))?;
            Some(((hop.node, rule), hop.before.values(Field::Dst)))
        });
        match given.as_ref().map(|(place, dst)| (place, dst.intervals())) {
            Some((place, &[(lo, hi)])) if lo == hi => met.insert((*place, lo)),
            _ => return false,
        };
    }
    met.into_iter().all(|(place, dst)| own.entry(place).or_default().insert(dst))
}

/// Whether a way certainly ends where the question forbids it.
pub(super) fn violates(question: &Question, group: &Group, way: &Way) -> bool {
    match way.fate {
        Fate::Rests(node) | Fate::Stays(node) => question.targets.iter().any(|t| {
            t.certain && t.node == node && inside(&way.last, &t.cubes) && outside(&way.last, &group.exempt)
        }),
        _ => false,
    }
}

fn inside(cube: &Cube, cubes: &[Cube]) -> bool {
    let mut rest = vec![cube.clone()];
    for c in cubes {
        rest = rest.iter().flat_map(|r| r.subtract(c)).collect();
    }
    rest.is_empty()
}

fn outside(cube: &Cube, cubes: &[Cube]) -> bool {
    cubes.iter().all(|c| cube.intersect(c).is_empty())
}
