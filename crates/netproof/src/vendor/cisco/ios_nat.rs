//! IOS NAT: inside source static and dynamic. Everything else is unknown.

use crate::model::{Assign, Doubt, Jump, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::Builder;
use crate::vendor::switched::entering;

use super::ios::Config;

/// One `ip nat inside source …` line.
#[derive(Clone, Debug)]
pub(super) enum Translation {
    Static { local: u128, global: u128, proto: Option<u128>, ports: Option<(u128, u128)>, line: u32 },
    StaticInterface { local: u128, interface: String, proto: u128, ports: (u128, u128), line: u32 },
    Dynamic { list: String, pool: Option<String>, interface: Option<String>, line: u32 },
}

/// Reads the words after `ip nat`; false when the line is not understood.
pub(super) fn line(c: &mut Config, words: &[&str], line: u32) -> bool {
    match *words {
        ["pool", name, lo, hi, ..] => match (net::parse_v4(lo), net::parse_v4(hi)) {
            (Some(lo), Some(hi)) => {
                c.pools.insert(name.to_owned(), Ranges::span(lo, hi));
                true
            }
            _ => false,
        },
        ["translation", ..] | ["log", ..] | ["service", ..] => true,
        ["inside", "source", "static", ref rest @ ..] => fixed(c, rest, line),
        ["inside", "source", "list", list, "pool", pool, ..] => {
            let pool = Some(pool.to_owned());
            c.translations.push(Translation::Dynamic { list: list.to_owned(), pool, interface: None, line });
            true
        }
        ["inside", "source", "list", list, "interface", interface, ..] => {
            let interface = Some(interface.to_owned());
            c.translations.push(Translation::Dynamic { list: list.to_owned(), pool: None, interface, line });
            true
        }
        _ => false,
    }
}

fn fixed(c: &mut Config, words: &[&str], line: u32) -> bool {
    let words: Vec<&str> = words.iter().copied().filter(|w| *w != "extendable").collect();
    let translation = match words[..] {
        [proto @ ("tcp" | "udp"), local, lp, "interface", interface, gp] => {
            let (Some(local), Some(lp), Some(gp)) =
                (net::parse_v4(local), super::ports::port(lp), super::ports::port(gp))
            else {
                return false;
            };
            let proto = if proto == "tcp" { net::TCP } else { net::UDP };
            Translation::StaticInterface {
                local,
                interface: interface.to_owned(),
                proto,
                ports: (lp, gp),
                line,
            }
        }
        [proto @ ("tcp" | "udp"), local, lp, global, gp] => {
            let (Some(local), Some(global), Some(lp), Some(gp)) =
                (net::parse_v4(local), net::parse_v4(global), super::ports::port(lp), super::ports::port(gp))
            else {
                return false;
            };
            let proto = Some(if proto == "tcp" { net::TCP } else { net::UDP });
            Translation::Static { local, global, proto, ports: Some((lp, gp)), line }
        }
        [local, global] => {
            let (Some(local), Some(global)) = (net::parse_v4(local), net::parse_v4(global)) else {
                return false;
            };
            Translation::Static { local, global, proto: None, ports: None, line }
        }
        _ => return false,
    };
    c.translations.push(translation);
    true
}

fn owned(b: &Builder, interface: &str) -> (Ranges, bool) {
    let own: Ranges = b
        .device
        .interface(interface)
        .map(|n| b.device.interfaces[n].addresses.iter().map(|a| (a.address, a.address)).collect::<Ranges>())
        .unwrap_or_else(Ranges::empty)
        .intersect(&net::all_v4());
    if own.is_empty() { (net::all_v4(), false) } else { (own, true) }
}

/// Fills both translation stages.
pub(super) fn fill(
    b: &mut Builder,
    c: &Config,
    inbound: NodeId,
    pbr: NodeId,
    outbound: NodeId,
    out_acl: NodeId,
) {
    let all = |of: &[usize]| of.iter().fold(Ranges::empty(), |acc, n| acc.union(&entering(b, *n)));
    let (outside, inside) = (all(&c.outside), all(&c.inside));
    let from = Cube::any().with(Field::In, outside);
    let to = Cube::any().with(Field::In, inside).with(Field::Out, b.out_of(&c.outside));
    let (mut coming, mut going) = (Vec::new(), Vec::new());
    for translation in &c.translations {
        match translation {
            Translation::Static { local, global, proto, ports, line } => {
                let global = Ranges::one(*global);
                coming.push(inward(&from, &global, true, *local, *proto, *ports, *line, pbr));
                going.push(outward(&to, &global, *local, *proto, *ports, *line, out_acl));
                for &n in &c.outside {
                    let answers = b.device.interfaces[n].answers.union(&global);
                    b.device.interfaces[n].answers = answers;
                }
            }
            Translation::StaticInterface { local, interface, proto, ports, line } => {
                let (global, exact) = owned(b, interface);
                coming.push(inward(&from, &global, exact, *local, Some(*proto), Some(*ports), *line, pbr));
                going.push(outward(&to, &global, *local, Some(*proto), Some(*ports), *line, out_acl));
            }
            Translation::Dynamic { list, pool, interface, line } => {
                let source = match (pool, interface) {
                    (Some(pool), _) => c.pools.get(pool).cloned().unwrap_or_else(net::all_v4),
                    (None, Some(interface)) => owned(b, interface).0,
                    (None, None) => net::all_v4(),
                };
                let jump =
                    Jump::to(out_acl).set(Field::Src, source).set(Field::Sport, Ranges::span(0, 65_535));
                match c.lists.get(list) {
                    Some(found) => {
                        for entry in found.entries.iter().filter(|e| e.permit) {
                            for rule in entry.rules("ip nat", std::slice::from_ref(&jump)) {
                                let when = rule.when.iter().map(|w| w.intersect(&to)).collect();
                                going.push(Rule { when, line: *line, ..rule }.doubtful(Doubt::State));
                            }
                        }
                    }
                    None => going.push(
                        Rule::new(vec![to.clone()], vec![jump], *line, "ip nat").doubtful(Doubt::Undefined),
                    ),
                }
            }
        }
    }
    b.fill(inbound, coming, vec![Jump::to(pbr)]);
    b.fill(outbound, going, vec![Jump::to(out_acl)]);
}

#[allow(clippy::too_many_arguments)]
fn inward(
    from: &Cube,
    global: &Ranges,
    exact: bool,
    local: u128,
    proto: Option<u128>,
    ports: Option<(u128, u128)>,
    line: u32,
    next: NodeId,
) -> Rule {
    let mut when = from.clone().with(Field::Dst, global.clone());
    let mut jump = Jump::to(next).put(Field::Dst, local);
    if let Some(proto) = proto {
        when.narrow(Field::Proto, &Ranges::one(proto));
    }
    if let Some((inner, outer)) = ports {
        when.narrow(Field::Dport, &Ranges::one(outer));
        jump = jump.put(Field::Dport, inner);
    }
    Rule::new(vec![when], vec![jump], line, "ip nat static").maybe((!exact).then_some(Doubt::Dynamic))
}

fn outward(
    to: &Cube,
    global: &Ranges,
    local: u128,
    proto: Option<u128>,
    ports: Option<(u128, u128)>,
    line: u32,
    next: NodeId,
) -> Rule {
    let mut when = to.clone().with(Field::Src, Ranges::one(local));
    let mut jump = Jump { to: next, set: vec![Assign::Set(Field::Src, global.clone())] };
    if let Some(proto) = proto {
        when.narrow(Field::Proto, &Ranges::one(proto));
    }
    if let Some((inner, outer)) = ports {
        when.narrow(Field::Sport, &Ranges::one(inner));
        jump = jump.put(Field::Sport, outer);
    }
    Rule::new(vec![when], vec![jump], line, "ip nat static")
}
