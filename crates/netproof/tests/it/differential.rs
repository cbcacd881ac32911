//! Two engines on random networks: diagrams against plain interpretation of every packet of a small universe.

use std::collections::BTreeSet;

use crate::common::{Dice, times};
use sekisho_netproof::engine::{Engine, Source, interp};
use sekisho_netproof::model::{Assign, Doubt, Jump, Network, Node, NodeKind, Rule};
use sekisho_netproof::space::{Cube, Field, Packet, Ranges};

const SIDE: u128 = 6;

fn ranges(d: &mut Dice) -> Ranges {
    let (a, b) = (u128::from(d.roll(6)), u128::from(d.roll(6)));
    Ranges::span(a.min(b), a.max(b))
}

fn cube(d: &mut Dice) -> Cube {
    let mut out = Cube::any();
    for field in [Field::Dst, Field::Src, Field::Dport] {
        if d.roll(3) > 0 {
            out.narrow(field, &ranges(d));
        }
    }
    out
}

fn jump(d: &mut Dice, nodes: u64) -> Jump {
    let out = Jump::to(d.roll(nodes) as usize);
    match d.roll(6) {
        0 => out.put(Field::Dst, u128::from(d.roll(6))),
        1 => out.set(Field::Src, ranges(d)),
        2 => out.put(Field::Tag, u128::from(d.roll(2))),
        _ => out,
    }
}

fn network(d: &mut Dice) -> Network {
    let count = 3 + d.roll(4);
    let nodes = (0..count)
        .map(|n| {
            let sink = n + 1 == count;
            let mut node = Node::new(format!("n{n}"), if sink { NodeKind::Hosts } else { NodeKind::Stage });
            if !sink {
                for line in 0..d.roll(6) {
                    let when = (0..=d.roll(2)).map(|_| cube(d)).collect();
                    let then = (0..d.roll(3)).map(|_| jump(d, count)).collect();
                    let rule = Rule::new(when, then, line as u32, "r");
                    node.rules.push(if d.roll(5) == 0 { rule.doubtful(Doubt::Dynamic) } else { rule });
                }
                if d.roll(2) == 0 {
                    node.otherwise = vec![jump(d, count)];
                }
            }
            node
        })
        .collect();
    Network { nodes }
}

fn universe() -> impl Iterator<Item = Packet> {
    (0..SIDE).flat_map(|a| {
        (0..SIDE).flat_map(move |b| {
            (0..SIDE)
                .map(move |c| Packet::default().with(Field::Dst, a).with(Field::Src, b).with(Field::Dport, c))
        })
    })
}

/// Everything a packet may become, by simple exploration of single packets.
fn closure(network: &Network, start: &Cube) -> BTreeSet<(usize, Vec<u128>)> {
    let key = |p: &Packet| Field::ALL.iter().map(|f| p.get(*f)).collect::<Vec<_>>();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(usize, Packet)> = universe().filter(|p| start.contains(p)).map(|p| (0, p)).collect();
    while let Some((at, packet)) = open.pop() {
        if !seen.insert((at, key(&packet))) {
            continue;
        }
        let node = &network.nodes[at];
        let mut go = |jumps: &[Jump]| {
            for jump in jumps {
                let image = interp::rewrite(&packet.cube(), jump);
                for src in 0..=SIDE {
                    let q = image.least().unwrap();
                    let q = if image.values(Field::Src).size() > 1 { q.with(Field::Src, src) } else { q };
                    if image.contains(&q) {
                        open.push((jump.to, q));
                    }
                }
            }
        };
        let mut decided = false;
        for rule in &node.rules {
            if rule.when.iter().any(|c| c.contains(&packet)) {
                go(&rule.then);
                if rule.doubt.is_none() {
                    decided = true;
                    break;
                }
            }
        }
        if !decided {
            go(&node.otherwise);
        }
    }
    seen
}

#[test]
fn two_thousand_random_networks_agree() {
    let mut d = Dice(21);
    for number in 0..times(2000) {
        let network = network(&mut d);
        let start = cube(&mut d);
        let whole =
            [Field::Out, Field::In, Field::Tag, Field::Proto, Field::Sport, Field::Flags, Field::Frag]
                .into_iter()
                .fold(start.clone(), |c, f| c.with(f, Ranges::one(0)));
        let bounded = [Field::Dst, Field::Src, Field::Dport]
            .into_iter()
            .fold(whole, |c, f| c.with(f, Ranges::span(0, SIDE - 1)));
        let mut engine = Engine::new(&network);
        let reach = engine.reach(&[Source { node: 0, cubes: vec![bounded] }]).unwrap();
        let expected = closure(&network, &start);
        for at in 0..network.nodes.len() {
            let set = reach.at.get(&at).copied().unwrap_or(sekisho_netproof::space::Set::EMPTY);
            for packet in universe() {
                for tag in 0..2 {
                    let packet = packet.with(Field::Tag, tag);
                    let key = Field::ALL.iter().map(|f| packet.get(*f)).collect::<Vec<_>>();
                    let wanted = expected.contains(&(at, key));
                    assert_eq!(
                        engine.space.contains(set, &packet),
                        wanted,
                        "network {number} node {at} {packet:?}"
                    );
                }
            }
        }
    }
}

/// A certain step really is certain: the packet goes there under every reading.
#[test]
fn certain_steps_survive_every_reading() {
    let mut d = Dice(22);
    let mut checked = 0;
    for _ in 0..times(600) {
        let mut network = network(&mut d);
        // Certainty is about rules; which value a translation picks stays open and is settled by replay.
        for node in &mut network.nodes {
            let jumps =
                node.rules.iter_mut().flat_map(|r| r.then.iter_mut()).chain(node.otherwise.iter_mut());
            jumps.for_each(|j| j.set.retain(|a| !matches!(a, Assign::Set(_, r) if r.size() > 1)));
        }
        let sink = network.nodes.len() - 1;
        let mut engine = Engine::new(&network);
        let start = cube(&mut d);
        let reach = engine.reach(&[Source { node: 0, cubes: vec![start] }]).unwrap();
        for (number, step) in reach.steps.iter().enumerate().filter(|(_, s)| s.certain && s.node == sink) {
            let packet = engine.choose(step.set, &[]).unwrap().unwrap();
            let (_, source) = engine.trace_back(&reach, number, packet, &[]).unwrap().unwrap();
            let Ok(ways) = interp::explore(&network, 0, source.cube()) else { continue };
            assert!(ways.iter().all(|w| w.fate == interp::Fate::Rests(sink)), "{ways:?}");
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}
