//! Cisco IOS and IOS-XE. Order: in ACL → NAT outside→inside → PBR → routing → NAT inside→outside → out ACL.

use std::collections::{BTreeMap, HashMap};

use crate::model::{
    Adjacency, Device, Doubt, Interface, InterfaceAddress, InterfaceKind, Jump, NextHop, NodeId, Rule,
    Severity,
};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Route, Scope};
use crate::vendor::{ReadOptions, Vendor};

use super::acl::{self, Dialect, Entry, Groups, List};
use super::ios_nat::{self, Translation};
use super::reviewed;
use super::sections::{self, Section};
use super::services::Services;
use crate::vendor::switched::Port;

/// ACL binding of one interface.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    interface: usize,
    list: String,
    outward: bool,
    six: bool,
    line: u32,
}

#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) lists: HashMap<String, List>,
    lists6: HashMap<String, List>,
    groups: Groups,
    bindings: Vec<Binding>,
    statics: Vec<(String, Route, Option<u128>)>,
    dynamic: Vec<(Option<String>, u32)>,
    pub(super) inside: Vec<usize>,
    pub(super) outside: Vec<usize>,
    pub(super) translations: Vec<Translation>,
    pub(super) pools: HashMap<String, Ranges>,
    policies: Vec<(usize, String, u32)>,
    maps: BTreeMap<String, Vec<Section>>,
    unrouted: Option<u32>,
    routed6: bool,
    services: Services,
}

/// Reads an IOS configuration.
#[must_use]
pub(crate) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::CiscoIos, name, file, text, options);
    let parsed = sections::parse(&b.device.text.clone());
    for line in &parsed.comments {
        b.ignored(*line, "comment");
    }
    let mut c = Config::default();
    for section in parsed.sections.iter().filter(|s| s.words[0] == "object-group") {
        object_group(&mut b, &mut c.groups, section);
    }
    for section in &parsed.sections {
        top(&mut b, &mut c, section);
    }
    for list in c.lists.values_mut().chain(c.lists6.values_mut()) {
        list.sort();
    }
    lower(b, &c)
}

fn whole(b: &mut Builder, section: &Section, item: &str) {
    b.lowered(section.line, item);
    for child in &section.children {
        whole(b, child, item);
    }
}

pub(crate) fn ignore_all(b: &mut Builder, section: &Section, rule: &str) {
    b.ignored(section.line, rule);
    for child in &section.children {
        ignore_all(b, child, rule);
    }
}

pub(crate) fn unknown_all(b: &mut Builder, section: &Section, scope: &Scope) {
    b.unknown(section.line, scope.clone());
    for child in &section.children {
        unknown_all(b, child, scope);
    }
}

fn top(b: &mut Builder, c: &mut Config, section: &Section) {
    let words = section.slices();
    let done = match words[..] {
        ["object-group", ..] => true,
        ["interface", ..] => {
            interface(b, c, section);
            true
        }
        ["ip", "access-list", kind @ ("standard" | "extended"), name] => {
            named_list(b, c, section, name, kind == "standard", false);
            true
        }
        ["ipv6", "access-list", name] => {
            named_list(b, c, section, name, false, true);
            true
        }
        ["access-list", number, ref rest @ ..] => numbered(b, c, section.line, number, rest),
        ["ip", "route", ref rest @ ..] => static_route(b, c, section.line, rest, false),
        ["ipv6", "route", ref rest @ ..] => static_route(b, c, section.line, rest, true),
        ["ip", "nat", ref rest @ ..] => ios_nat::line(c, rest, section.line),
        ["route-map", name, ..] => {
            c.maps.entry(name.to_owned()).or_default().push(section.clone());
            whole(b, section, "route-map");
            true
        }
        ["router", ..] => {
            c.dynamic.push((None, section.line));
            whole(b, section, "routing protocol");
            true
        }
        ["ip", "vrf", _] | ["vrf", "definition", _] => {
            whole(b, section, "vrf");
            // Imported routes would join VRFs.
            for child in section.children.iter().filter(|s| s.text().contains("import")) {
                b.unknown(child.line, Scope::Device);
            }
            true
        }
        ["line", "vty", ..] => {
            c.services.vty(b, section);
            true
        }
        ["ip", "http", ref rest @ ..] => c.services.http(rest, true, section.line),
        ["no", "ip", "http", ref rest @ ..] => c.services.http(rest, false, section.line),
        ["no", "ip", "routing"] => {
            c.unrouted = Some(section.line);
            true
        }
        ["ip" | "ipv6", "multicast-routing", ..] => {
            b.forwards_multicast(section.line);
            true
        }
        ["ipv6", "unicast-routing"] => {
            c.routed6 = true;
            true
        }
        ["policy-map" | "class-map", "type", kind, ..] if kind != "qos" && kind != "control-plane" => {
            unknown_all(b, section, &Scope::Device);
            return;
        }
        ["vlan", "access-map" | "filter", ..] => {
            unknown_all(b, section, &Scope::Drops);
            return;
        }
        _ => false,
    };
    if done {
        b.lowered(section.line, words[..words.len().min(2)].join(" "));
        return;
    }
    match reviewed::prefix(reviewed::IOS, &section.text()) {
        Some(rule) => ignore_all(b, section, rule),
        None => unknown_all(b, section, &Scope::Device),
    }
}

fn object_group(b: &mut Builder, groups: &mut Groups, section: &Section) {
    let words = section.slices();
    b.lowered(section.line, "object-group");
    match words[..] {
        ["object-group", "network", name] => {
            let mut all = Ranges::empty();
            let mut good = true;
            for child in &section.children {
                b.lowered(child.line, "object-group");
                let w = child.slices();
                let one = match w[..] {
                    ["host", ip] => net::parse_v4(ip).map(Ranges::one),
                    ["range", lo, hi] => {
                        net::parse_v4(lo).zip(net::parse_v4(hi)).map(|(lo, hi)| Ranges::span(lo, hi))
                    }
                    ["any"] => Some(net::all_v4()),
                    ["description", ..] => Some(Ranges::empty()),
                    ["group-object", other] => groups.addresses.get(other).cloned(),
                    [ip, mask] => net::parse_v4(ip)
                        .zip(net::mask_length(mask))
                        .and_then(|(ip, l)| net::network(ip, l))
                        .map(|(lo, hi)| Ranges::span(lo, hi)),
                    _ => None,
                };
                match one {
                    Some(r) => all = all.union(&r),
                    None => {
                        b.unknown(child.line, Scope::Rule(format!("object-group {name}")));
                        good = false;
                    }
                }
            }
            if good {
                groups.addresses.insert(name.to_owned(), all);
            }
        }
        ["object-group", "service", name] => {
            let mut all = Vec::new();
            let mut good = true;
            for child in &section.children {
                b.lowered(child.line, "object-group");
                let found = match child.slices()[..] {
                    ["description", ..] => Some(Vec::new()),
                    ["group-object", other] => groups.services.get(other).cloned(),
                    ref words => groups.service(words),
                };
                match found {
                    Some(cubes) => all.extend(cubes),
                    None => {
                        b.unknown(child.line, Scope::Rule(format!("object-group {name}")));
                        good = false;
                    }
                }
            }
            if good {
                groups.services.insert(name.to_owned(), all);
            }
        }
        // Entries that use other kinds of groups stay unread.
        _ => {
            for child in &section.children {
                b.lowered(child.line, "object-group");
            }
        }
    }
}

fn interface(b: &mut Builder, c: &mut Config, section: &Section) {
    let name = section.words[1..].join(" ");
    let number = b.device.interfaces.len();
    let mut it = Interface::new(name.clone(), section.line);
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("loopback") || lower.starts_with("null") {
        it.kind = InterfaceKind::Loopback;
    }
    if lower.starts_with("tunnel") || lower.starts_with("virtual-") {
        it.kind = InterfaceKind::Tunnel;
    }
    // Routers answer ARP for networks they route elsewhere unless told not to.
    it.proxy_arp = !section.children.iter().any(|s| s.text() == "no ip proxy-arp");
    b.device.interfaces.push(it);
    let mut port = Port::default();
    for child in &section.children {
        if child.words[0] == "switchport" && port.line(&child.slices()[1..], &mut b.device.interfaces[number])
        {
            b.lowered(child.line, format!("interface {name}"));
        } else if !interface_line(b, c, number, &name, child) {
            match reviewed::prefix(reviewed::IOS_INTERFACE, &child.text()) {
                Some(rule) => ignore_all(b, child, rule),
                None => unknown_all(b, child, &Scope::Interface(name.clone())),
            }
        }
    }
    port.finish(&mut b.device.interfaces[number]);
}

fn interface_line(b: &mut Builder, c: &mut Config, number: usize, name: &str, child: &Section) -> bool {
    let words = child.slices();
    let line = child.line;
    match words[..] {
        ["ip", "address", "dhcp" | "negotiated", ..] => c.dynamic.push((Some(name.to_owned()), line)),
        ["ip", "address", ip, mask] | ["ip", "address", ip, mask, "secondary"] => {
            let Some(address) = net::parse_v4(ip) else { return false };
            let Some((first, last)) = net::mask_length(mask).and_then(|l| net::network(address, l)) else {
                return false;
            };
            b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
        }
        ["ipv6", "address", text, ref rest @ ..] => {
            let dynamic = text == "autoconf" || text == "dhcp";
            b.device.interfaces[number].dynamic6 |= dynamic;
            if rest.contains(&"link-local") || dynamic {
                b.lowered(line, "interface address");
                return true;
            }
            let Some((ip, length)) = text.split_once('/') else { return false };
            let (Some(address), Ok(length)) = (net::parse_ip(ip), length.parse()) else { return false };
            let Some((first, last)) = net::network(address, length) else { return false };
            b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
        }
        ["shutdown"] => b.device.interfaces[number].enabled = false,
        ["ip", "access-group", list, direction @ ("in" | "out")] => c.bindings.push(Binding {
            interface: number,
            list: list.to_owned(),
            outward: direction == "out",
            six: false,
            line,
        }),
        ["ipv6", "traffic-filter", list, direction @ ("in" | "out")] => c.bindings.push(Binding {
            interface: number,
            list: list.to_owned(),
            outward: direction == "out",
            six: true,
            line,
        }),
        ["ip", "nat", "inside"] => c.inside.push(number),
        ["ip", "nat", "outside"] => c.outside.push(number),
        ["ip", "policy", "route-map", map] => c.policies.push((number, map.to_owned(), line)),
        ["vrf", "forwarding", vrf] | ["ip", "vrf", "forwarding", vrf] => {
            b.device.interfaces[number].vrf = vrf.to_owned();
        }
        ["encapsulation", "dot1Q" | "dot1q", id, ..] => b.device.interfaces[number].vlan = id.parse().ok(),
        ["standby" | "vrrp", _, "ip", ip, ..] | ["standby" | "vrrp", "ip", ip] => {
            share(&mut b.device.interfaces[number], ip);
        }
        // IOS-XE prints the group as a block.
        ["vrrp", _, "address-family", ..] => {
            for inner in &child.children {
                if let ["address", ip, ..] = inner.slices()[..] {
                    share(&mut b.device.interfaces[number], ip);
                }
            }
            whole(b, child, "vrrp");
        }
        _ => return false,
    }
    b.lowered(line, format!("interface {name}"));
    true
}

/// A virtual router address: this device answers for it, and perhaps others do.
pub(crate) fn share(interface: &mut Interface, ip: &str) {
    if let Some(ip) = net::parse_ip(ip) {
        interface.answers = interface.answers.union(&Ranges::one(ip));
        interface.shared = interface.shared.union(&Ranges::one(ip));
    }
}

fn named_list(b: &mut Builder, c: &mut Config, section: &Section, name: &str, standard: bool, six: bool) {
    b.lowered(section.line, "access-list");
    let lists = if six { &mut c.lists6 } else { &mut c.lists };
    let list = lists.entry(name.to_owned()).or_default();
    for child in &section.children {
        let words = child.slices();
        let (sequence, words) = match words[0].parse::<u32>() {
            Ok(n) => (n, &words[1..]),
            Err(_) => (list.next_sequence(10), &words[..]),
        };
        if matches!(words.first(), Some(&"remark")) {
            b.ignored(child.line, "look");
            continue;
        }
        let dialect = if six { Dialect::IOS6 } else { Dialect::IOS };
        add_entry(b, list, words, child.line, sequence, standard, dialect, &c.groups, name);
    }
}

#[allow(clippy::too_many_arguments)]
fn add_entry(
    b: &mut Builder,
    list: &mut List,
    words: &[&str],
    line: u32,
    sequence: u32,
    standard: bool,
    dialect: Dialect,
    groups: &Groups,
    name: &str,
) {
    let entry = if standard {
        acl::standard(words, line, sequence)
    } else {
        acl::extended(words, line, sequence, dialect, groups)
    };
    match entry {
        Some(entry) => {
            b.lowered(line, "access-list");
            list.entries.push(entry);
        }
        None => {
            if b.unknown(line, Scope::Rule(format!("access-list {name}"))) {
                list.entries.extend(Entry::unread(line, sequence));
            }
        }
    }
}

/// `access-list N …`: 1–99 and 1300–1999 standard, 100–199 and 2000–2699 extended.
fn numbered(b: &mut Builder, c: &mut Config, line: u32, number: &str, rest: &[&str]) -> bool {
    let Ok(n) = number.parse::<u32>() else { return false };
    let standard = matches!(n, 1..=99 | 1300..=1999);
    if !standard && !matches!(n, 100..=199 | 2000..=2699) {
        return false;
    }
    if rest.first() == Some(&"remark") {
        return true;
    }
    let list = c.lists.entry(number.to_owned()).or_default();
    let sequence = list.next_sequence(10);
    add_entry(b, list, rest, line, sequence, standard, Dialect::IOS, &c.groups, number);
    true
}

fn static_route(b: &Builder, c: &mut Config, line: u32, words: &[&str], six: bool) -> bool {
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
                "global" | "multicast" | "dhcp" => return false,
                name if name.eq_ignore_ascii_case("null0") => {
                    c.statics.push((vrf, route, None));
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
    if let Some(name) = interface {
        // Interfaces may be printed after the routes in hand-written files; resolved by name later.
        let _ = b;
        route.hops = vec![];
        c.statics.push((format!("{vrf}\u{0}{name}"), route, via));
        return true;
    }
    let Some(via) = via else { return false };
    c.statics.push((vrf, route, Some(via)));
    true
}

/// Static routes of one VRF with their ways out.
fn routes(b: &Builder, c: &Config, vrf: &str) -> Vec<Route> {
    let mut out = b.connected(vrf);
    let connected = out.clone();
    for (key, route, via) in &c.statics {
        let (name, interface) = key.split_once('\u{0}').map_or((key.as_str(), None), |(v, i)| (v, Some(i)));
        if name != vrf {
            continue;
        }
        let mut route = route.clone();
        match (interface.map(|i| b.device.interface(i)), via) {
            (Some(Some(interface)), via) => {
                if !b.device.interfaces[interface].enabled {
                    continue;
                }
                let next = via.map_or(NextHop::Direct, NextHop::Via);
                route.hops = vec![Adjacency { interface, next }];
            }
            (Some(None), _) => continue,
            (None, Some(via)) => {
                route.hops = b.resolve(vrf, *via, &connected);
                if route.hops.is_empty() {
                    route.hops = b.resolve(vrf, *via, &out);
                }
                if route.hops.is_empty() {
                    continue;
                }
            }
            (None, None) => {}
        }
        out.push(route);
    }
    out
}

fn lower(mut b: Builder, c: &Config) -> Device {
    attach_ports(&mut b);
    let entry = b.stage("in-acl");
    let untranslate = b.stage("nat-outside");
    let pbr = b.stage("pbr");
    let routing = b.stage("route");
    let translate = b.stage("nat-inside");
    let out_acl = b.stage("out-acl");

    let mut vrfs: Vec<String> = b.device.interfaces.iter().map(|i| i.vrf.clone()).collect();
    vrfs.sort();
    vrfs.dedup();
    let mut rules = Vec::new();
    if let Some(line) = c.unrouted {
        rules
            .push(Rule::new(vec![Cube::any()], Vec::new(), line, "no ip routing").doubtful(Doubt::Unsourced));
    }
    if !c.routed6 {
        let six = vec![Cube::any().with(Field::Dst, net::all_v6())];
        rules.push(Rule::new(six, Vec::new(), 0, "ipv6 unicast-routing").doubtful(Doubt::Unsourced));
    }
    for vrf in &vrfs {
        let here = Cube::any().with(Field::In, members(&b, vrf));
        rules.push(b.local_rule(vrf, &here));
        let mut list = routes(&b, c, vrf);
        for (name, line) in &c.dynamic {
            let Some(name) = name else {
                let (more, learnt) = b.learnt(Some(vrf), *line, translate);
                rules.extend(more.into_iter().map(|r| Rule { when: vec![here.clone()], ..r }));
                list.extend(learnt);
                continue;
            };
            let interface = b.device.interface(name);
            let Some(interface) = interface.filter(|i| b.device.interfaces[*i].vrf == *vrf) else { continue };
            let out = b.adjacency(Adjacency { interface, next: NextHop::Anyone });
            let jumps = vec![Jump::to(translate).put(Field::Out, out as u128)];
            rules.push(Rule::new(vec![here.clone()], jumps, *line, "dynamic").doubtful(Doubt::Routing));
        }
        rules.extend(b.route_rules(list, &here, translate));
    }
    b.fill(routing, rules, Vec::new());

    let rules = policy_routing(&mut b, c, translate);
    b.fill(pbr, rules, vec![Jump::to(routing)]);
    ios_nat::fill(&mut b, c, untranslate, pbr, translate, out_acl);
    bind(&mut b, c, entry, untranslate, false);
    bind(&mut b, c, out_acl, Device::EGRESS, true);
    let list = |name: &str, six: bool| if six { c.lists6.get(name) } else { c.lists.get(name) }.cloned();
    b.doors(&c.services.doors(list));
    b.finish(entry)
}

fn members(b: &Builder, vrf: &str) -> Ranges {
    let own = |n: usize| {
        let i = &b.device.interfaces[n];
        i.port_of.map_or(i.vrf == vrf, |owner| b.device.interfaces[owner].vrf == vrf)
    };
    (0..b.device.interfaces.len()).filter(|&n| own(n)).map(|n| (n as u128, n as u128)).collect()
}

/// Access ports belong to the SVI of their VLAN.
pub(crate) fn attach_ports(b: &mut Builder) {
    for n in 0..b.device.interfaces.len() {
        let Some(vlan) = b.device.interfaces[n].vlan else { continue };
        if b.device.interfaces[n].trunk.is_some() {
            continue;
        }
        let is_sub =
            b.device.interfaces[n].name.contains('.') && !b.device.interfaces[n].addresses.is_empty();
        let svi = b.device.interface(&format!("vlan{vlan}"));
        if let (Some(svi), false) = (svi, is_sub)
            && svi != n
            && b.device.interfaces[n].addresses.is_empty()
        {
            b.device.interfaces[n].port_of = Some(svi);
        }
    }
}

fn policy_routing(b: &mut Builder, c: &Config, to: NodeId) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (interface, map, line) in &c.policies {
        let here = Cube::any().with(Field::In, Ranges::one(*interface as u128));
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

/// ACL stages: dispatch by interface, then the list, then the implicit deny (C8).
fn bind(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId, outward: bool) {
    let mut dispatch = Vec::new();
    for binding in c.bindings.iter().filter(|x| x.outward == outward) {
        let name = b.device.interfaces[binding.interface].name.clone();
        let family = if binding.six { net::all_v6() } else { net::all_v4() };
        let here = if outward {
            let owner = b.device.interfaces[binding.interface].port_of.unwrap_or(binding.interface);
            Cube::any().with(Field::Out, b.out_of(&[owner]))
        } else {
            Cube::any().with(Field::In, entering(b, binding.interface))
        };
        let here = here.with(Field::Dst, family);
        let lists = if binding.six { &c.lists6 } else { &c.lists };
        let direction = if outward { "out" } else { "in" };
        let Some(list) = lists.get(&binding.list).filter(|l| !l.entries.is_empty()) else {
            let text = format!("{name} に定義のないアクセスリスト {} が設定されています", binding.list);
            b.finding("acl-undefined", Severity::Critical, binding.line, text);
            dispatch.push(
                Rule::new(vec![here], Vec::new(), binding.line, &binding.list).doubtful(Doubt::Undefined),
            );
            continue;
        };
        let node = b.stage(&format!("{direction} {name} {}", binding.list));
        let rules = list.rules(&binding.list, &[Jump::to(next)]);
        b.fill(node, rules, Vec::new());
        dispatch.push(Rule::new(
            vec![here],
            vec![Jump::to(node)],
            binding.line,
            format!("access-group {}", binding.list),
        ));
    }
    b.fill(stage, dispatch, vec![Jump::to(next)]);
}

/// `In` values of packets entering by an interface: itself, and its ports when it is an SVI.
pub(crate) fn entering(b: &Builder, interface: usize) -> Ranges {
    let ports = (0..b.device.interfaces.len()).filter(|&p| b.device.interfaces[p].port_of == Some(interface));
    std::iter::once(interface).chain(ports).map(|n| (n as u128, n as u128)).collect()
}
