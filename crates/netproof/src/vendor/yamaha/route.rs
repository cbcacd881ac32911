//! Static routes with filters (§8.1.7) and forward filters (§8.7).

use std::collections::BTreeMap;

use crate::model::{Adjacency, Doubt, Jump, NextHop, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::build::{Builder, Route};
use super::filter::{Action, Filter};

/// One `gateway …` part of a route or forward filter.
#[derive(Clone, Debug)]
pub(super) struct Gateway {
    pub(super) target: Target,
    pub(super) filters: Vec<u32>,
    pub(super) conditional: bool,
}

/// Where a gateway leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Address(u128),
    Interface(String),
    Null,
}

/// A parsed `ip route` line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) prefix: (u128, u128),
    pub(super) gateways: Vec<Gateway>,
    pub(super) line: u32,
}

/// `default` or a network.
pub(super) fn prefix(text: &str, six: bool) -> Option<(u128, u128)> {
    match text {
        "default" if six => Some((0, u128::MAX)),
        "default" => Some((net::V4_FIRST, net::V4_LAST)),
        other => match other.split_once('/') {
            Some((ip, mask)) if mask.contains('.') => {
                net::network(net::parse_v4(ip)?, net::mask_length(mask)?)
            }
            _ => net::parse_prefix_pair(other),
        },
    }
}

/// Words after the network.
pub(super) fn gateways(words: &[&str]) -> Option<Vec<Gateway>> {
    let mut out: Vec<Gateway> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match words[at] {
            "gateway" => {
                let (target, used) = target(words.get(at + 1..)?)?;
                out.push(Gateway { target, filters: Vec::new(), conditional: false });
                at += 1 + used;
            }
            "filter" => {
                at += 1;
                let gateway = out.last_mut()?;
                while let Some(n) = words.get(at).and_then(|w| w.parse().ok()) {
                    gateway.filters.push(n);
                    at += 1;
                }
            }
            "metric" => at += 2,
            "hide" => {
                out.last_mut()?.conditional = true;
                at += 1;
            }
            "weight" => {
                if words.get(at + 1) == Some(&"0") {
                    out.last_mut()?.conditional = true;
                }
                at += 2;
            }
            "keepalive" => {
                out.last_mut()?.conditional = true;
                at += 2;
            }
            _ => return None,
        }
    }
    (!out.is_empty()).then_some(out)
}

fn target(words: &[&str]) -> Option<(Target, usize)> {
    let name = |kind: &str| words.get(1).map(|n| (Target::Interface(format!("{kind}{n}")), 2));
    match *words.first()? {
        "pp" => name("pp"),
        "tunnel" => name("tunnel"),
        "dhcp" => words.get(1).map(|n| (Target::Interface((*n).to_owned()), 2)),
        "null" => Some((Target::Null, 1)),
        other => match net::parse_ip(other.split('%').next().unwrap_or(other)) {
            Some(ip) => Some((Target::Address(ip), 1)),
            None if other.starts_with("lan") || other.starts_with("wan") || other.starts_with("bridge") => {
                Some((Target::Interface(other.to_owned()), 1))
            }
            None => None,
        },
    }
}

/// Ways out of a gateway; `None` when it cannot act (interface down or missing).
fn hops(b: &Builder, gateway: &Gateway, known: &[Route]) -> Option<Vec<Adjacency>> {
    match &gateway.target {
        Target::Null => Some(Vec::new()),
        Target::Address(ip) => {
            let found = b.resolve("", *ip, known);
            (!found.is_empty()).then_some(found)
        }
        Target::Interface(name) => {
            let interface = b.device.interface(name)?;
            let up = b.device.interfaces[interface].enabled;
            let far = if name.starts_with("lan") { NextHop::Anyone } else { NextHop::Direct };
            up.then(|| vec![Adjacency { interface, next: far }])
        }
    }
}

/// A gateway on no connected network that another route leads to: whether the router follows that is not said, so it may
/// lead anywhere.
fn behind_another(b: &Builder, gateway: &Gateway, lines: &[Line]) -> Option<Vec<Adjacency>> {
    let Target::Address(ip) = gateway.target else { return None };
    let led = lines.iter().any(|l| l.prefix.0 <= ip && ip <= l.prefix.1);
    led.then(|| b.anywhere_hops(None))
}

/// Table entries of all routes. Within one prefix, filtered gateways in written order, then the others; when none is
/// left the lookup goes on with shorter prefixes.
pub(super) fn rules(
    b: &mut Builder,
    lines: &[Line],
    filters: &BTreeMap<u32, Filter>,
    learnt: Vec<Route>,
    connected_first: bool,
    to: NodeId,
) -> Vec<Rule> {
    let connected = b.connected("");
    // Static and connected routes tie at 10000 and static wins (§8.1.33, §8.3.3).
    let mut plain: Vec<Route> = connected.iter().map(|r| Route { distance: 1, ..r.clone() }).collect();
    plain.extend(learnt.into_iter().map(|r| Route { distance: 2, ..r }));
    let mut filtered: Vec<(u128, Rule)> = Vec::new();
    for line in lines {
        if connected_first && connected.iter().any(|r| r.prefix == line.prefix) {
            continue;
        }
        let mut open = Vec::new();
        for gateway in &line.gateways {
            let mut gateway = gateway.clone();
            let near = hops(b, &gateway, &connected);
            gateway.conditional |= near.is_none();
            let Some(hops) = near.or_else(|| behind_another(b, &gateway, lines)) else { continue };
            if gateway.filters.is_empty() {
                open.push((hops, gateway.conditional));
                continue;
            }
            let jumps = jumps(b, &hops, to);
            for number in &gateway.filters {
                let width = line.prefix.1 - line.prefix.0;
                for rule in gateway_rules(line, &gateway, filters.get(number), &jumps) {
                    filtered.push((width, rule));
                }
            }
        }
        let steady = open.iter().any(|o| !o.1);
        let all: Vec<Adjacency> = open.iter().flat_map(|o| o.0.clone()).collect();
        if !open.is_empty() {
            let doubt = (!steady).then_some(Doubt::LinkState);
            plain.push(Route { prefix: line.prefix, hops: all, distance: 0, line: line.line, doubt });
        }
    }
    let ordinary = b.route_rules(plain, &Cube::any(), to);
    merge(filtered, ordinary)
}

fn jumps(b: &mut Builder, hops: &[Adjacency], to: NodeId) -> Vec<Jump> {
    hops.iter().map(|h| Jump::to(to).put(Field::Out, b.adjacency(*h) as u128)).collect()
}

fn gateway_rules(line: &Line, gateway: &Gateway, filter: Option<&Filter>, jumps: &[Jump]) -> Vec<Rule> {
    let into = Cube::any().with(Field::Dst, Ranges::span(line.prefix.0, line.prefix.1));
    let Some(filter) = filter else {
        return vec![
            Rule::new(vec![into], jumps.to_vec(), line.line, "route filter").doubtful(Doubt::Undefined),
        ];
    };
    // Whether a rejecting filter counts as a match here is not documented.
    let reject = (filter.action != Action::Pass).then_some(Doubt::Unsourced);
    let link = gateway.conditional.then_some(Doubt::LinkState);
    let narrow = |cubes: &[Cube]| cubes.iter().map(|c| c.intersect(&into)).collect::<Vec<_>>();
    let rule = |cubes: &[Cube]| Rule::new(narrow(cubes), jumps.to_vec(), line.line, "route filter");
    let mut out = vec![rule(&filter.when).maybe(filter.doubt).maybe(reject).maybe(link)];
    if !filter.fragments.is_empty() {
        out.push(rule(&filter.fragments).doubtful(Doubt::Fragment));
    }
    out
}

/// Filtered entries go in front of the ordinary entry of the same or a wider prefix.
fn merge(filtered: Vec<(u128, Rule)>, ordinary: Vec<Rule>) -> Vec<Rule> {
    let width = |r: &Rule| {
        r.when
            .first()
            .and_then(|c| c.get(Field::Dst))
            .map_or(u128::MAX, |d| d.intervals().iter().map(|(lo, hi)| hi - lo).max().unwrap_or(0))
    };
    let mut all: Vec<(u128, u8, Rule)> = filtered.into_iter().map(|(w, r)| (w, 0, r)).collect();
    all.extend(ordinary.into_iter().map(|r| (width(&r), 1, r)));
    all.sort_by_key(|(w, order, _)| (*w, *order));
    all.into_iter().map(|(_, _, r)| r).collect()
}

/// A parsed `ip forward filter` line.
#[derive(Clone, Debug)]
pub(super) struct Forward {
    pub(super) id: u32,
    pub(super) order: u32,
    pub(super) gateway: Gateway,
    pub(super) line: u32,
}

/// Entries of the forward filter `id`: small order first; a rejecting filter drops, others go to the gateway.
pub(super) fn forward_rules(
    b: &mut Builder,
    id: u32,
    all: &[Forward],
    filters: &BTreeMap<u32, Filter>,
    to: NodeId,
) -> Vec<Rule> {
    let connected = b.connected("");
    let mut mine: Vec<&Forward> = all.iter().filter(|f| f.id == id).collect();
    mine.sort_by_key(|f| f.order);
    let mut out = Vec::new();
    for forward in mine {
        let found = hops(b, &forward.gateway, &connected);
        let jumps = found.as_ref().map(|h| jumps(b, h, to)).unwrap_or_default();
        for number in &forward.gateway.filters {
            let Some(filter) = filters.get(number) else {
                let any = vec![Cube::any().with(Field::Dst, net::all_v4())];
                out.push(
                    Rule::new(any, jumps.clone(), forward.line, "forward filter").doubtful(Doubt::Undefined),
                );
                continue;
            };
            let mut rules = filter.rules("forward filter", &jumps);
            // A dead keepalive makes the entry not match; a gateway that cannot be found may do the same.
            if forward.gateway.conditional || (found.is_none() && filter.action != Action::Reject) {
                for rule in &mut rules {
                    rule.doubt = rule.doubt.or(Some(Doubt::LinkState));
                }
            }
            out.extend(rules);
        }
    }
    out
}
