//! Routes of IOS: static ones, and policy routing by route-map.

use crate::model::{Adjacency, Doubt, Jump, NextHop, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field};
use crate::vendor::build::{Builder, Route};
use crate::vendor::switched::entering;

use super::ios::Config;

/// One static route while its ways out are not known.
#[derive(Debug)]
pub(super) struct Static {
    /// Whose table it is in; empty outside of all VRFs.
    vrf: String,
    interface: Option<String>,
    /// The next hop is one outside of all VRFs.
    global: bool,
    route: Route,
    via: Option<u128>,
}

/// `ip route …`, `ipv6 route …`; false when the line is not understood.
pub(super) fn static_route(c: &mut Config, line: u32, words: &[&str], six: bool) -> bool {
    let (vrf, words) = match *words {
        ["vrf", vrf, ref rest @ ..] => (vrf.to_owned(), rest),
        _ => (String::new(), words),
    };
    let (prefix, mut rest) = if six {
        match *words {
            [text, ref rest @ ..] => (net::parse_prefix_pair(text), rest),
            [] => return false,
        }
    } else {
        match *words {
            [ip, mask, ref rest @ ..] => {
                (net::parse_v4(ip).zip(net::mask_length(mask)).and_then(|(ip, l)| net::network(ip, l)), rest)
            }
            _ => return false,
        }
    };
    let Some(prefix) = prefix else { return false };
    let mut route = Route { prefix, hops: Vec::new(), distance: 1, line, doubt: None };
    let mut via = None;
    let mut interface: Option<String> = None;
    let mut global = false;
    while let [word, more @ ..] = rest {
        rest = more;
        if let Some(ip) = net::parse_ip(word) {
            via = Some(ip);
        } else if let Ok(distance) = word.parse::<u32>() {
            route.distance = distance;
        } else {
            match *word {
                "permanent" => {}
                "name" | "tag" => rest = rest.get(1..).unwrap_or(&[]),
                "track" => {
                    rest = rest.get(1..).unwrap_or(&[]);
                    route.doubt = Some(Doubt::LinkState);
                }
                // The next hop is looked up in the table outside of all VRFs (`ip route vrf`).
                "global" => global = true,
                "multicast" | "dhcp" => return false,
                name if name.eq_ignore_ascii_case("null0") => {
                    c.statics.push(Static { vrf, interface: None, global, route, via: None });
                    return true;
                }
                name => {
                    // `GigabitEthernet 0/1` may come with a blank.
                    let joined = match rest.first() {
                        Some(next) if !name.ends_with(|ch: char| ch.is_ascii_digit()) => {
                            format!("{name}{next}")
                        }
                        _ => name.to_owned(),
                    };
                    if joined != name {
                        rest = rest.get(1..).unwrap_or(&[]);
                    }
                    interface = Some(joined);
                }
            }
        }
    }
    if interface.is_none() && via.is_none() {
        return false;
    }
    // Interfaces may be printed after the routes in hand-written files; resolved by name later.
    c.statics.push(Static { vrf, interface, global, route, via });
    true
}

/// Static routes of one VRF with their ways out.
pub(super) fn routes(b: &Builder, c: &Config, vrf: &str) -> Vec<Route> {
    let mut known = b.connected(vrf);
    let mut open = Vec::new();
    for one in c.statics.iter().filter(|s| s.vrf == vrf) {
        let mut route = one.route.clone();
        match (one.interface.as_deref().map(|i| b.device.interface(i)), one.via) {
            (Some(Some(interface)), via) => {
                if !b.device.interfaces[interface].enabled {
                    continue;
                }
                let next = via.map_or(NextHop::Direct, NextHop::Via);
                route.hops = vec![Adjacency { interface, next }];
            }
            // No such interface in the file: the name may be an abbreviation.
            (Some(None), _) => {
                route.hops = b.anywhere_hops(Some(vrf));
                route.doubt = Some(Doubt::Undefined);
            }
            (None, Some(via)) if one.global && !vrf.is_empty() => {
                route.hops = b.resolve("", via, &routes(b, c, ""));
                if route.hops.is_empty() {
                    continue;
                }
            }
            (None, Some(via)) => {
                open.push((route, via));
                continue;
            }
            (None, None) => {}
        }
        known.push(route);
    }
    b.resolve_all(vrf, known, open, None)
}

/// What a route-map does before the table is asked.
pub(super) fn policy_routing(b: &mut Builder, c: &Config, to: NodeId) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (interface, map, line) in &c.policies {
        let here = Cube::any().with(Field::In, entering(b, *interface));
        let Some(clauses) = c.maps.get(map) else {
            // An undefined map: what then happens is not documented here.
            let jumps = b.anywhere(None, to);
            rules.push(
                Rule::new(vec![here], jumps, *line, format!("route-map {map}")).doubtful(Doubt::Undefined),
            );
            continue;
        };
        for clause in clauses {
            let mut when = vec![here.clone()];
            let mut jumps = Vec::new();
            let mut plain = true;
            for child in &clause.children {
                match child.slices()[..] {
                    ["match", "ip", "address", ref lists @ ..] => {
                        let cubes: Vec<Cube> = lists
                            .iter()
                            .filter_map(|l| c.lists.get(*l))
                            .flat_map(|l| l.entries.iter().filter(|e| e.permit))
                            .flat_map(|e| e.sure.iter().cloned().chain(e.unsure.iter().map(|u| u.0.clone())))
                            .map(|cube| cube.intersect(&here))
                            .collect();
                        if lists.iter().all(|l| c.lists.contains_key(*l)) {
                            when = cubes;
                        }
                    }
                    ["set", "ip", "next-hop", ref hops @ ..]
                        if hops.iter().all(|h| net::parse_v4(h).is_some()) =>
                    {
                        for via in hops.iter().filter_map(|h| net::parse_v4(h)) {
                            for hop in b.resolve(&b.device.interfaces[*interface].vrf, via, &[]) {
                                let out = b.adjacency(hop);
                                jumps.push(Jump::to(to).put(Field::Out, out as u128));
                            }
                        }
                    }
                    ["description", ..] => {}
                    _ => plain = false,
                }
            }
            if !plain {
                jumps = b.anywhere(None, to);
            }
            if jumps.is_empty() {
                continue;
            }
            // Whether the next hop answers is not known: the table stays possible.
            rules.push(
                Rule::new(when, jumps, clause.line, format!("route-map {map}")).doubtful(Doubt::LinkState),
            );
        }
    }
    rules
}
