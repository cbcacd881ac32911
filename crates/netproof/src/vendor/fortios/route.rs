//! Static routes, policy routes and what is known about routing protocols.

use crate::model::{Adjacency, Doubt, Jump, NextHop, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::build::{Builder, Route, Scope};
use super::lex::Block;
use super::lower::Vdom;

const STATIC_KEYS: &[&str] = &[
    "dst",
    "gateway",
    "device",
    "distance",
    "priority",
    "status",
    "blackhole",
    "comment",
    "weight",
    "dynamic-gateway",
    "link-monitor-exempt",
    "bfd",
    "src",
    "seq-num",
    "virtual-wan-link",
    "sdwan",
    "sdwan-zone",
    "dstaddr",
    "devindex",
    "tag",
    "preferred-source",
];

/// Reads `router static` and `router static6` of one VDOM.
pub(super) fn statics(b: &mut Builder, vdom: &Vdom<'_>) -> Vec<Route> {
    let mut routes = Vec::new();
    for config in vdom.sections(&["router static", "router static6"]) {
        let six = config.name.ends_with('6');
        for entry in &config.entries {
            if let Some(route) = one_static(b, vdom, entry, six) {
                routes.push(route);
            }
        }
    }
    let mut routes = resolve_all(b, vdom, routes);
    routes.extend(leased(b, vdom));
    routes
}

/// Default routes that come with a lease or a PPP session: `defaultgw` is on unless it is switched off, at distance 5
/// (FortiOS CLI Reference, `config system interface`).
fn leased(b: &Builder, vdom: &Vdom<'_>) -> Vec<Route> {
    let entries = vdom.sections(&["system interface"]).into_iter().flat_map(|s| &s.entries);
    let leased = entries.filter(|e| matches!(e.word("mode"), Some("dhcp" | "pppoe")));
    leased
        .filter(|e| e.word("defaultgw") != Some("disable"))
        .filter_map(|entry| {
            let interface = vdom.interface(b, &entry.name).filter(|n| b.device.interfaces[*n].enabled)?;
            Some(Route {
                prefix: everything(false),
                hops: anyone(vec![interface]),
                distance: entry.word("distance").and_then(|d| d.parse().ok()).unwrap_or(5),
                line: entry.line_of("mode"),
                doubt: None,
            })
        })
        .collect()
}

fn one_static(b: &mut Builder, vdom: &Vdom<'_>, entry: &Block, six: bool) -> Option<(Route, Option<u128>)> {
    let mut doubt = None;
    for setting in &entry.settings {
        if STATIC_KEYS.contains(&setting.key.as_str()) {
            b.lowered(setting.line, "route");
        } else if b.unknown(setting.line, Scope::Rule(format!("route {}", entry.name))) {
            doubt = Some(Doubt::UnknownLine);
        }
    }
    if entry.word("status") == Some("disable") {
        return None;
    }
    let prefix = match (entry.get("dst"), entry.word("dstaddr")) {
        (None, Some(name)) => {
            let addresses = vdom.objects.addresses(&[name.to_owned()], six);
            doubt = doubt.or(addresses.doubt);
            match *addresses.ranges.intervals() {
                [one] => one,
                _ => {
                    doubt = doubt.or(Some(Doubt::Dynamic));
                    everything(six)
                }
            }
        }
        (None, None) => everything(six),
        (Some([one]), _) => net::parse_prefix_pair(one)?,
        (Some([ip, mask, ..]), _) => net::network(net::parse_v4(ip)?, net::mask_length(mask)?)?,
        (Some(_), _) => return None,
    };
    // Only packets from there, or anything about them: not sourced.
    if entry.get("src").is_some_and(|v| v.first().is_none_or(|w| !w.starts_with("0.0.0.0") && w != "::/0")) {
        doubt = doubt.or(Some(Doubt::Unsourced));
    }
    let distance = entry.word("distance").and_then(|d| d.parse().ok()).unwrap_or(10);
    let mut route = Route { prefix, hops: Vec::new(), distance, line: entry.line, doubt };
    if entry.enabled("blackhole") {
        return Some((route, None));
    }
    let gateway = entry.word("gateway").and_then(net::parse_ip).filter(|g| *g != net::V4_FIRST && *g != 0);
    let device = entry.word("device").map(str::to_owned);
    if entry.enabled("sdwan") || entry.enabled("virtual-wan-link") || entry.get("sdwan-zone").is_some() {
        route.hops = anyone(vdom.sdwan.iter().map(|s| s.1).collect());
        return Some((route, None));
    }
    match (device.as_deref().and_then(|d| vdom.interface(b, d)), gateway) {
        (Some(interface), gateway) => {
            if !b.device.interfaces[interface].enabled {
                return None;
            }
            let dynamic = entry.enabled("dynamic-gateway");
            let next = match gateway {
                Some(via) => NextHop::Via(via),
                None if dynamic => NextHop::Anyone,
                None => NextHop::Direct,
            };
            route.hops = vec![Adjacency { interface, next }];
            Some((route, None))
        }
        (None, Some(via)) if device.is_none() => Some((route, Some(via))),
        // A device that does not exist: the route cannot act, but do not rely on that.
        _ => {
            route.doubt = Some(Doubt::Undefined);
            route.hops = anyone(vdom.interfaces(b));
            Some((route, None))
        }
    }
}

fn everything(six: bool) -> (u128, u128) {
    if six { (0, u128::MAX) } else { (net::V4_FIRST, net::V4_LAST) }
}

fn anyone(interfaces: Vec<usize>) -> Vec<Adjacency> {
    interfaces.into_iter().map(|interface| Adjacency { interface, next: NextHop::Anyone }).collect()
}

fn resolve_all(b: &Builder, vdom: &Vdom<'_>, raw: Vec<(Route, Option<u128>)>) -> Vec<Route> {
    let known: Vec<Route> = raw.iter().filter(|r| r.1.is_none()).map(|r| r.0.clone()).collect();
    let mut out = Vec::new();
    for (mut route, via) in raw {
        if let Some(via) = via {
            route.hops = b.resolve(&vdom.name, via, &known);
            if route.hops.is_empty() {
                continue;
            }
        }
        out.push(route);
    }
    out
}

/// Interfaces that get their address at run time bring routes nobody wrote down.
pub(super) fn dynamic_interfaces(b: &mut Builder, vdom: &Vdom<'_>, to: NodeId) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (interface, line, destinations) in &vdom.dynamic {
        let when = Cube::any().with(Field::Dst, destinations.clone());
        rules.extend(b.given_at_run_time(*interface, &when, *line, to));
    }
    rules
}

/// Packets whose source no route leads back to by the interface they came in by are dropped as spoofed, unless that is
/// switched off (Fortinet community ta-p/190100; `src-check`, `asymroute`). It drops more and never lets pass, so it is
/// a doubt: what rests on it is not proved, and a packet it may drop refutes nothing.
pub(super) fn spoofed(b: &Builder, vdom: &Vdom<'_>, statics: &[Route]) -> Vec<Rule> {
    let settings = vdom.sections(&["system settings"]);
    let on = |key: &str| settings.iter().any(|s| s.enabled(key));
    let mut active = b.connected(&vdom.name);
    active.extend(statics.iter().filter(|r| r.doubt.is_none()).cloned());
    active.sort_by_key(|r| (r.prefix.1 - r.prefix.0, r.prefix.0, r.distance));
    let mut rules = Vec::new();
    let entries = vdom.sections(&["system interface"]).into_iter().flat_map(|s| &s.entries);
    for entry in entries {
        let Some(number) = vdom.interface(b, &entry.name).filter(|n| b.device.interfaces[*n].enabled) else {
            continue;
        };
        // Tunnels bring routes to whoever dials in, and leases bring networks that nobody wrote down.
        let at_run_time = vdom.dynamic.iter().any(|d| d.0 == number) || entry.word("type") == Some("tunnel");
        if at_run_time || entry.word("src-check") == Some("disable") {
            continue;
        }
        let (mut back, mut elsewhere) = (Ranges::empty(), Ranges::empty());
        let mut last = None;
        for route in &active {
            // Of equal prefixes the least distance is in force.
            if last.is_some_and(|(prefix, distance)| prefix == route.prefix && distance < route.distance) {
                continue;
            }
            last = Some((route.prefix, route.distance));
            let range = Ranges::span(route.prefix.0, route.prefix.1);
            let range = if range.is_full(u128::MAX) { net::all_v6() } else { range };
            if route.hops.iter().any(|hop| hop.interface == number) {
                back = back.union(&range.subtract(&elsewhere));
            } else if on("strict-src-check") {
                elsewhere = elsewhere.union(&range);
            }
        }
        for (family, off) in [(net::all_v4(), "asymroute"), (net::all_v6(), "asymroute6")] {
            if on(off) {
                continue;
            }
            let when = Cube::any()
                .with(Field::In, Ranges::one(number as u128))
                .with(Field::Src, family.subtract(&back));
            let rule = Rule::new(vec![when], Vec::new(), entry.line, "reverse path");
            rules.push(rule.doubtful(Doubt::Spoofed));
        }
    }
    rules
}

/// A routing protocol that is switched on may send anything anywhere.
pub(super) fn protocols(b: &mut Builder, vdom: &Vdom<'_>, to: NodeId) -> (Vec<Rule>, Vec<Route>) {
    let (mut rules, mut routes) = (Vec::new(), Vec::new());
    for config in &vdom.configs {
        let Some(protocol) = config.name.strip_prefix("router ") else { continue };
        if !matches!(protocol, "ospf" | "ospf6" | "bgp" | "rip" | "ripng" | "isis") {
            continue;
        }
        let active =
            config.configs.iter().any(|c| !c.name.starts_with("redistribute") && !c.entries.is_empty());
        if active {
            let (more, learnt) = b.learnt(Some(&vdom.name), config.line, to);
            rules.extend(more);
            routes.extend(learnt);
        }
    }
    (rules, routes)
}

const POLICY_ROUTE_KEYS: &[&str] = &[
    "input-device",
    "src",
    "dst",
    "srcaddr",
    "dstaddr",
    "protocol",
    "start-port",
    "end-port",
    "start-source-port",
    "end-source-port",
    "gateway",
    "output-device",
    "status",
    "comments",
    "action",
    "seq-num",
    "tos",
    "tos-mask",
];

/// Policy routes come before the table; that they do, and when they step aside, is recalled rather than sourced, so
/// the table stays possible for the packets they take.
pub(super) fn policy_routes(b: &mut Builder, vdom: &Vdom<'_>, to: NodeId) -> Vec<Rule> {
    let mut rules = Vec::new();
    for config in vdom.sections(&["router policy", "router policy6"]) {
        let six = config.name.ends_with('6');
        for entry in &config.entries {
            for setting in &entry.settings {
                if POLICY_ROUTE_KEYS.contains(&setting.key.as_str()) {
                    b.lowered(setting.line, "policy route");
                } else {
                    b.unknown(setting.line, Scope::Rule(format!("policy route {}", entry.name)));
                }
            }
            if entry.word("status") == Some("disable") || entry.word("action") == Some("deny") {
                continue;
            }
            let jumps = match entry.word("output-device").and_then(|d| vdom.interface(b, d)) {
                Some(interface) => {
                    let via = entry.word("gateway").and_then(net::parse_ip).filter(|g| *g != net::V4_FIRST);
                    let next = via.map_or(NextHop::Anyone, NextHop::Via);
                    let out = b.adjacency(Adjacency { interface, next });
                    vec![Jump::to(to).put(Field::Out, out as u128)]
                }
                None => b.anywhere(Some(&vdom.name), to),
            };
            let label = format!("policy route {}", entry.name);
            let when = vec![policy_route_match(b, vdom, entry, six)];
            rules.push(Rule::new(when, jumps, entry.line, label).doubtful(Doubt::Unsourced));
        }
    }
    rules
}

/// SD-WAN rules choose a member before the table, where it has any route to the destination; which routes count depends
/// on `default`, `gateway` and `tie-break`, so the table stays possible.
pub(super) fn sdwan_rules(b: &mut Builder, vdom: &Vdom<'_>, to: NodeId) -> Vec<Rule> {
    let mut rules = Vec::new();
    for config in vdom.sections(&["system sdwan", "system virtual-wan-link"]) {
        for entry in config.configs.iter().filter(|c| c.name == "service").flat_map(|c| &c.entries) {
            if entry.word("status") == Some("disable") {
                continue;
            }
            let mut when = Cube::any();
            for (field, key, negated) in
                [(Field::Src, "src", "src-negate"), (Field::Dst, "dst", "dst-negate")]
            {
                let names = entry.list(key);
                if names.is_empty() || entry.enabled(negated) {
                    continue;
                }
                let four = vdom.objects.addresses(&names, false);
                let six = vdom.objects.addresses(&entry.list(&format!("{key}6")), true);
                if four.doubt.is_none() && six.doubt.is_none() {
                    when.narrow(field, &four.ranges.union(&six.ranges));
                }
            }
            let hops = anyone(preferred(b, vdom, config, entry));
            let jumps: Vec<Jump> =
                hops.into_iter().map(|hop| Jump::to(to).put(Field::Out, b.adjacency(hop) as u128)).collect();
            let rule = Rule::new(vec![when], jumps, entry.line, format!("sdwan rule {}", entry.name));
            rules.push(rule.doubtful(Doubt::Unsourced));
        }
    }
    rules
}

/// The members an SD-WAN rule chooses among: those it names, by number or zone, or all when it names none or one that is
/// not there.
fn preferred(b: &Builder, vdom: &Vdom<'_>, config: &Block, entry: &Block) -> Vec<usize> {
    let all = || vdom.sdwan.iter().map(|s| s.1).collect();
    let members: Vec<&Block> =
        config.configs.iter().filter(|c| c.name == "members").flat_map(|c| &c.entries).collect();
    let numbered = entry.list("priority-members").into_iter().map(|number| {
        let member = members.iter().find(|m| m.name == number)?;
        vdom.interface(b, member.word("interface")?).map(|n| vec![n])
    });
    let zones = entry.list("priority-zone").into_iter().map(|zone| {
        let inside: Vec<usize> = vdom.sdwan.iter().filter(|s| s.0 == zone).map(|s| s.1).collect();
        (!inside.is_empty()).then_some(inside)
    });
    let named: Option<Vec<Vec<usize>>> = numbered.chain(zones).collect();
    named.map(|n| n.concat()).filter(|n| !n.is_empty()).unwrap_or_else(all)
}

/// Everything a policy route may match: dimensions that are understood, unless something negates or is unknown.
fn policy_route_match(b: &Builder, vdom: &Vdom<'_>, entry: &Block, six: bool) -> Cube {
    let mut cube = Cube::any();
    if entry.settings.iter().any(|s| !POLICY_ROUTE_KEYS.contains(&s.key.as_str())) {
        return cube;
    }
    let devices: Vec<Option<Vec<usize>>> =
        entry.list("input-device").iter().map(|d| vdom.members(b, d)).collect();
    if !devices.is_empty() && devices.iter().all(Option::is_some) {
        let numbers: Ranges =
            devices.into_iter().flatten().flatten().map(|n| (n as u128, n as u128)).collect();
        cube.narrow(Field::In, &numbers);
    }
    for (field, plain, named) in [(Field::Src, "src", "srcaddr"), (Field::Dst, "dst", "dstaddr")] {
        let list = entry.list(plain);
        let names = entry.list(named);
        if list.is_empty() && names.is_empty() {
            continue;
        }
        let mut all = vdom.objects.addresses(&names, six);
        for text in &list {
            let masked = text.split_once('/').and_then(|(ip, mask)| {
                let length = mask.parse().ok().or_else(|| net::mask_length(mask))?;
                net::network(net::parse_ip(ip)?, length)
            });
            match masked {
                Some((lo, hi)) => all.ranges = all.ranges.union(&Ranges::span(lo, hi)),
                None => return cube,
            }
        }
        cube.narrow(field, &all.ranges);
    }
    cube
}
