//! The smallest change that removes a violation, verified before it is offered.
//!
//! Tried in this order: stop only the traffic between the two ends where it was let through; stop what the entry lets
//! through altogether; filter where nothing filters today.

use crate::engine::Engine;
use crate::engine::interp::Hop;
use crate::model::{Network, NodeKind, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::question::Question;
use super::verify::{Refutation, World, forbidden};

/// Ranges of addresses that are spelt out in a sentence.
const LIMIT_SPELT: usize = 4;

/// One sentence, or nothing when no single change helps.
pub(super) fn smallest(
    world: &World,
    engine: &mut Engine<'_>,
    question: &Question,
    refutation: &Refutation,
) -> Option<String> {
    let network = &world.topology.network;
    if refutation.chained {
        // A chain is cut where people decide; no single packet shows that it is gone.
        return None;
    }
    let let_through: Vec<&Hop> = refutation.way.hops.iter().rev().filter(|h| filters(network, h)).collect();
    for hop in let_through.iter().filter(|h| h.rule.is_some()) {
        for narrow in [true, false] {
            if let Some(text) = before_entry(world, engine, question, hop, narrow) {
                return Some(text);
            }
        }
    }
    let_through.into_iter().filter(|h| h.rule.is_none()).find_map(|h| at_the_end(world, engine, question, h))
}

/// Tables people filter in: not routes, not translations.
fn filters(network: &Network, hop: &Hop) -> bool {
    let node = &network.nodes[hop.node];
    let other = [
        "route",
        "nat",
        "vip",
        "multicast",
        "unknown-lines",
        "leaving",
        "zone-lookup",
        "translate",
        "pbr",
        "relay",
    ];
    node.kind == NodeKind::Stage && node.device.is_some() && !other.iter().any(|w| node.name.contains(w))
}

/// The traffic between the two ends, as it looks at this place; nothing when it was translated on the way here.
fn between(question: &Question, hop: &Hop) -> Option<Cube> {
    let cube =
        Cube::any().with(Field::Src, question.ends.0.clone()).with(Field::Dst, question.ends.1.clone());
    (!hop.before.intersect(&cube).is_empty()).then_some(cube)
}

fn before_entry(
    world: &World,
    engine: &mut Engine<'_>,
    question: &Question,
    hop: &Hop,
    narrow: bool,
) -> Option<String> {
    let node = &world.topology.network.nodes[hop.node];
    let (device, at) = (node.device?, hop.rule?);
    let rule = &node.rules[at];
    // Only entries of tables that also drop: an entry that only leads to a list is no place for a rule.
    let drops = node.otherwise.is_empty() || node.rules.iter().any(|r| r.then.is_empty());
    if rule.line == 0 || rule.then.is_empty() || !drops {
        return None;
    }
    let when = if narrow {
        let ends = between(question, hop)?;
        rule.when.iter().map(|c| c.intersect(&ends)).filter(|c| !c.is_empty()).collect()
    } else {
        rule.when.clone()
    };
    let mut rules = node.rules.clone();
    rules.insert(at, Rule::new(when, Vec::new(), rule.line, "fix"));
    let left = engine.what_if(hop.node, rules, |engine| left(engine, question));
    if left == Left::Violation {
        return None;
    }
    let stage = node.name.split_once('/').map_or(node.name.as_str(), |(_, s)| s);
    let entry = super::words::entry(&rule.label, stage);
    let place = format!("{} の {} 行目（{entry}）", world.devices[device].file, rule.line);
    Some(if narrow {
        // What is registered goes the same way and would be stopped with the rest.
        let registered = question.groups.iter().any(|g| !g.exempt.is_empty());
        let keep = if registered {
            "（登録済みの特定通信を通す規則は、さらに前に置きます）"
        } else {
            ""
        };
        format!("{place}の前に、{}を止める規則を置くと{keep}、{}", ends(question), left.ja())
    } else {
        format!("{place}を止めると、{}", left.ja())
    })
}

fn ends(question: &Question) -> String {
    // 「そのほかすべて」 would be a list of ranges that nobody types into a rule.
    let words = |ranges: &Ranges, name: &str| match ranges.intervals().len() {
        0..=LIMIT_SPELT => net::show_addresses(ranges),
        _ => format!("「{name}」の全アドレス"),
    };
    let (ends, names) = (&question.ends, &question.names);
    format!("送信元 {} から宛先 {} への通信", words(&ends.0, &names.0), words(&ends.1, &names.1))
}

fn at_the_end(world: &World, engine: &mut Engine<'_>, question: &Question, hop: &Hop) -> Option<String> {
    let node = &world.topology.network.nodes[hop.node];
    let device = &world.devices[node.device?];
    if node.otherwise.is_empty() {
        return None;
    }
    let mut when = between(question, hop)?;
    when.narrow(Field::In, &hop.before.values(Field::In));
    let mut rules = node.rules.clone();
    rules.push(Rule::new(vec![when], Vec::new(), 0, "fix"));
    let left = engine.what_if(hop.node, rules, |engine| left(engine, question));
    if left == Left::Violation {
        return None;
    }
    let interface = hop.before.values(Field::In).first().and_then(|n| device.interfaces.get(n as usize));
    let name = interface.map_or("", |i| i.name.as_str());
    Some(format!(
        "{} の {name} で受け取る通信のうち、{}を止める規則を加えると、{}",
        device.name,
        ends(question),
        left.ja()
    ))
}

/// What is left of a violation after a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing may arrive.
    Nothing,
    /// Nothing certainly arrives; what lines nobody understood may still do is left.
    Doubts,
    /// It is still there.
    Violation,
}

impl Left {
    /// How far the change was verified.
    const fn ja(self) -> &'static str {
        match self {
            Self::Nothing => "この違反はなくなります（再検証済み）",
            _ => "この違反はなくなります（再検証済み。読み取れない行や未宣言の箇所しだいの経路は残ります）",
        }
    }
}

fn left(engine: &mut Engine<'_>, question: &Question) -> Left {
    let mut worst = Left::Nothing;
    for group in &question.groups {
        let Ok(reach) = engine.reach(&group.sources) else { return Left::Violation };
        for target in &question.targets {
            for step in reach.steps.iter().filter(|s| s.node == target.node) {
                match forbidden(engine, target, group, step.set) {
                    Ok(set) if set.is_empty() => {}
                    Ok(_) if !(step.certain && target.certain) => worst = Left::Doubts,
                    _ => return Left::Violation,
                }
            }
        }
    }
    worst
}
