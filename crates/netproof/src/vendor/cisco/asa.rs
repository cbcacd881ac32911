//! Cisco ASA 8.3 and later. Order: untranslate → route → interface list → global list → implicit deny or security
//! level → outbound list → translate.

use std::collections::HashMap;

use crate::model::{Adjacency, Device, Doubt, Interface, InterfaceAddress, Jump, NextHop, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Route, Scope};
use crate::vendor::{ReadOptions, Vendor};

use super::acl::{self, Dialect, Entry, Fragments, Groups, List};
use super::asa_names;
use super::asa_nat::{self, Translation};
use super::asa_objects;
use super::reviewed;
use super::sections::{self, Section, ignore_all, unknown_all};
use super::services::AsaServices;

const EXTENDED: Dialect = Dialect { six: false, inverse: false, fragments: Fragments::Unclear, cisco: true };

/// (list, outward and interface or global, line)
type Bound = (String, Option<(bool, String)>, u32);

#[derive(Default)]
struct Config {
    version: Option<(u32, u32)>,
    names: Vec<(String, usize)>,
    levels: HashMap<usize, u32>,
    /// Interfaces that take no traffic through the device.
    apart: Vec<(usize, u32)>,
    groups: Groups,
    lists: HashMap<String, List>,
    bindings: Vec<Bound>,
    statics: Vec<(String, Route, u128)>,
    nat: Vec<Translation>,
    same_inter: bool,
    same_intra: bool,
    dynamic: Option<u32>,
    /// Interfaces with a run-time address, whether a default route comes with it, and the line that says so.
    run_time: Vec<(usize, bool, u32)>,
    services: AsaServices,
    /// DHCP servers and, by interface name, the networks that are served by them.
    relays: Vec<(u128, u32)>,
    relayed: Vec<String>,
}

/// Reads an ASA configuration.
#[must_use]
pub(crate) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::CiscoAsa, name, file, text, options);
    let mut parsed = sections::parse(&b.device.text.clone());
    asa_names::spell_out(&mut parsed.sections);
    for line in &parsed.comments {
        b.ignored(*line, "comment");
    }
    let mut c = Config::default();
    let objects = parsed.sections.iter().filter(|s| s.words[0] == "object" || s.words[0] == "object-group");
    for section in sections::inner_first(objects) {
        object(&mut b, &mut c, section);
    }
    for section in &parsed.sections {
        top(&mut b, &mut c, section);
    }
    lower(b, &c)
}

fn top(b: &mut Builder, c: &mut Config, section: &Section) {
    let words = section.slices();
    if words[0].starts_with("Cryptochecksum:") {
        b.ignored(section.line, "header");
        return;
    }
    let done = match words[..] {
        ["name", ip, _, ..] => net::parse_ip(ip).is_some(),
        // What the map protects comes and goes by this interface, past its lists.
        ["crypto", "map", _, "interface", interface] => {
            b.unknown(section.line, Scope::Interface(interface.to_owned()));
            return;
        }
        ["ASA", "Version", text] => {
            let mut parts = text.split(['.', '(']).map(|p| p.parse::<u32>().ok());
            c.version = parts.next().flatten().zip(parts.next().flatten());
            true
        }
        ["object" | "object-group", ..] => true,
        ["interface", ref rest @ ..] => {
            interface(b, c, section, &rest.join(" "));
            true
        }
        ["access-list", name, ref rest @ ..] => {
            access_list(b, c, name, rest, section.line);
            return;
        }
        // A list for what is meant for the device itself.
        ["access-group", _, "in", "interface", _, "control-plane"] => {
            b.ignored(section.line, "drops-to-self");
            return;
        }
        ["access-group", list, "global"] => {
            c.bindings.push((list.to_owned(), None, section.line));
            true
        }
        ["access-group", list, direction @ ("in" | "out"), "interface", interface] => {
            c.bindings.push((
                list.to_owned(),
                Some((direction == "out", interface.to_owned())),
                section.line,
            ));
            true
        }
        ["route", interface, ip, mask, via]
        | ["route", interface, ip, mask, via, _]
        | ["route", interface, ip, mask, via, _, "track", _] => {
            let prefix =
                net::parse_v4(ip).zip(net::mask_length(mask)).and_then(|(ip, l)| net::network(ip, l));
            match (prefix, net::parse_v4(via)) {
                (Some(prefix), Some(via)) => {
                    let distance = words.get(5).and_then(|d| d.parse().ok()).unwrap_or(1);
                    // A tracked route is there only while its probe is answered.
                    let doubt = words.contains(&"track").then_some(Doubt::LinkState);
                    let route = Route { prefix, hops: Vec::new(), distance, line: section.line, doubt };
                    c.statics.push((interface.to_owned(), route, via));
                    true
                }
                _ => false,
            }
        }
        ["dhcprelay", "server", server, _] => match net::parse_v4(server) {
            Some(server) => {
                c.relays.push((server, section.line));
                true
            }
            None => false,
        },
        ["dhcprelay", "enable", interface] => {
            c.relayed.push(interface.to_owned());
            true
        }
        ["same-security-traffic", "permit", "inter-interface"] => {
            c.same_inter = true;
            true
        }
        ["same-security-traffic", "permit", "intra-interface"] => {
            c.same_intra = true;
            true
        }
        ["router", ..] => {
            c.dynamic = Some(section.line);
            for child in &section.children {
                b.lowered(child.line, "routing protocol");
            }
            true
        }
        ["multicast-routing"] => {
            b.forwards_multicast(section.line);
            true
        }
        // Clients of an SSL-VPN come in behind the interface it listens on and pass its lists.
        ["webvpn"] => {
            for child in &section.children {
                match child.slices()[..] {
                    ["enable", name] => {
                        b.unknown(child.line, Scope::Interface(name.to_owned()));
                    }
                    _ => ignore_all(b, child, "tunnel-object"),
                }
            }
            true
        }
        ["ssh" | "telnet" | "http", ..] => c.services.line(&words, section.line),
        ["nat", ref rest @ ..] => twice(c, rest, section.line),
        _ => false,
    };
    if done {
        b.lowered(section.line, words[..words.len().min(2)].join(" "));
        return;
    }
    match reviewed::prefix(reviewed::ASA, &section.text()) {
        Some(rule) => ignore_all(b, section, rule),
        None => unknown_all(b, section, &Scope::Device),
    }
}

fn interface(b: &mut Builder, c: &mut Config, section: &Section, name: &str) {
    let number = b.device.interfaces.len();
    b.device.interfaces.push(Interface::new(name, section.line));
    for child in &section.children {
        let words = child.slices();
        let done = match words[..] {
            ["nameif", alias] => {
                c.names.push((alias.to_owned(), number));
                alias.clone_into(&mut b.device.interfaces[number].name);
                // Without a `security-level` line `inside` is 100 and every other name 0.
                c.levels.entry(number).or_insert(if alias == "inside" { 100 } else { 0 });
                true
            }
            ["security-level", level] => match level.parse() {
                Ok(level) => {
                    c.levels.insert(number, level);
                    true
                }
                Err(_) => false,
            },
            ["ip", "address", "dhcp" | "pppoe", ref rest @ ..] => {
                c.run_time.push((number, rest.contains(&"setroute"), child.line));
                true
            }
            ["ip", "address", ip, mask, ..] => net::parse_v4(ip)
                .and_then(|address| {
                    let (first, last) = net::network(address, net::mask_length(mask)?)?;
                    b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
                    Some(())
                })
                .is_some(),
            ["ipv6", "address", text] | ["ipv6", "address", text, "standby", _] => text
                .split_once('/')
                .and_then(|(ip, length)| {
                    let address = net::parse_ip(ip)?;
                    let (first, last) = net::network(address, length.parse().ok()?)?;
                    b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
                    Some(())
                })
                .is_some(),
            ["shutdown"] => {
                b.device.interfaces[number].enabled = false;
                true
            }
            ["management-only"] => {
                c.apart.push((number, child.line));
                true
            }
            ["vlan", id] => {
                b.device.interfaces[number].vlan = id.parse().ok();
                true
            }
            _ => false,
        };
        if done {
            b.lowered(child.line, format!("interface {name}"));
            continue;
        }
        match reviewed::prefix(reviewed::IOS_INTERFACE, &child.text()) {
            Some(rule) => ignore_all(b, child, rule),
            None => {
                let name = b.device.interfaces[number].name.clone();
                unknown_all(b, child, &Scope::Interface(name));
            }
        }
    }
    // An interface without a name carries no traffic.
    if !c.names.iter().any(|n| n.1 == number) {
        b.device.interfaces[number].enabled = false;
    }
}

fn object(b: &mut Builder, c: &mut Config, section: &Section) {
    let words = section.slices();
    let name = match words[..] {
        ["object" | "object-group", "network", name] => name.to_owned(),
        ["object" | "object-group", "service" | "protocol" | "icmp-type", ..] => {
            asa_objects::services(b, &mut c.groups, section, &words);
            return;
        }
        _ => {
            // Entries that use other kinds of objects (user, security) stay unread.
            for child in &section.children {
                b.lowered(child.line, "object");
            }
            return;
        }
    };
    let mut all = Ranges::empty();
    let mut good = true;
    let mut seen = false;
    for child in &section.children {
        let words = child.slices();
        if words[0] == "nat" {
            continue;
        }
        let words = if words[0] == "network-object" { &words[1..] } else { &words[..] };
        let one = match *words {
            ["host", ip] => net::parse_ip(ip).map(Ranges::one),
            ["subnet", ip, mask] => masked(ip, mask),
            ["subnet", prefix] => net::parse_prefix(prefix),
            ["range", lo, hi] => net::parse_v4(lo).zip(net::parse_v4(hi)).map(|(l, h)| Ranges::span(l, h)),
            ["object", other] | ["group-object", other] => c.groups.addresses.get(other).cloned(),
            ["description", ..] => Some(Ranges::empty()),
            [ip, mask] => masked(ip, mask),
            _ => None,
        };
        match one {
            Some(r) => {
                seen = true;
                b.lowered(child.line, "object");
                all = all.union(&r);
            }
            None => {
                good = false;
                b.unknown(child.line, Scope::Rule(format!("object {name}")));
            }
        }
    }
    if good && seen {
        c.groups.addresses.insert(name.clone(), all);
    }
    for child in section.children.iter().filter(|s| s.words[0] == "nat") {
        if automatic(c, &name, &child.slices()[1..], child.line) {
            b.lowered(child.line, "nat");
        } else {
            b.unknown(child.line, Scope::Device);
        }
    }
}

fn masked(ip: &str, mask: &str) -> Option<Ranges> {
    let (lo, hi) = net::network(net::parse_v4(ip)?, net::mask_length(mask)?)?;
    Some(Ranges::span(lo, hi))
}

fn pair(text: &str) -> Option<(String, String)> {
    let (a, b) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    Some((a.to_owned(), b.to_owned()))
}

/// Object NAT: `nat (real,mapped) static|dynamic X|interface [service tcp A B]`.
fn automatic(c: &mut Config, name: &str, words: &[&str], line: u32) -> bool {
    let (Some((real_if, mapped_if)), Some(real)) =
        (words.first().and_then(|w| pair(w)), c.groups.addresses.get(name).cloned())
    else {
        return false;
    };
    let fixed = match words.get(1) {
        Some(&"static") => true,
        Some(&"dynamic") => false,
        _ => return false,
    };
    let mapped = match words.get(2) {
        Some(&"interface") => None,
        Some(text) => {
            match net::parse_v4(text).map(Ranges::one).or_else(|| c.groups.addresses.get(*text).cloned()) {
                Some(r) => Some(r),
                None => return false,
            }
        }
        None => return false,
    };
    // A single mapped address stands for the first of a block as long as the real one.
    let mapped = match (fixed, &mapped, real.intervals()) {
        (true, Some(m), &[(lo, hi)]) if m.size() == 1 => {
            m.first().map(|first| Ranges::span(first, first + (hi - lo)))
        }
        _ => mapped,
    };
    let service = match words[3.min(words.len())..] {
        [] | ["dns" | "no-proxy-arp" | "route-lookup"] => None,
        ["service", proto @ ("tcp" | "udp"), inner, outer] => {
            let proto = if proto == "tcp" { net::TCP } else { net::UDP };
            match (super::ports::port(inner), super::ports::port(outer)) {
                (Some(i), Some(o)) => Some((proto, i, o)),
                _ => return false,
            }
        }
        _ => return false,
    };
    let order = (if fixed { 2 } else { 3 }, real.size(), real.first().unwrap_or(0), name.to_owned());
    let destination = None;
    let lookup = words.contains(&"route-lookup");
    c.nat.push(Translation {
        order,
        real_if,
        mapped_if,
        real,
        mapped,
        fixed,
        service,
        destination,
        lookup,
        line,
    });
    true
}

/// Twice NAT without destination, or identity on both sides.
fn twice(c: &mut Config, words: &[&str], line: u32) -> bool {
    // What follows is said about the rule, not by it.
    let words = words.iter().position(|w| *w == "description").map_or(words, |at| &words[..at]);
    let Some((real_if, mapped_if)) = words.first().and_then(|w| pair(w)) else { return false };
    // A rule that is switched off does nothing, whatever it says (ASA Firewall CLI Configuration Guide, twice NAT).
    if words.last() == Some(&"inactive") {
        return true;
    }
    let mut rest = &words[1..];
    let mut section = 1;
    if rest.first() == Some(&"after-auto") {
        section = 4;
        rest = &rest[1..];
    }
    if rest.first().is_some_and(|w| w.parse::<u32>().is_ok()) {
        rest = &rest[1..];
    }
    let [mode @ ("static" | "dynamic"), real, mapped, tail @ ..] = (match rest {
        ["source", tail @ ..] => tail,
        _ => return false,
    }) else {
        return false;
    };
    let find = |name: &str| match name {
        "any" => Some(net::all_v4()),
        other => c.groups.addresses.get(other).cloned(),
    };
    let Some(real) = find(real) else { return false };
    let (destination, tail) = match *tail {
        ["destination", "static", shown, inner, ref rest @ ..] => match (find(shown), find(inner)) {
            (Some(shown), Some(inner)) => (Some((shown, inner)), rest),
            _ => return false,
        },
        ref rest => (None, rest),
    };
    // `service` translations are not modelled.
    if !tail.iter().all(|w| matches!(*w, "no-proxy-arp" | "route-lookup" | "dns")) {
        return false;
    }
    let mapped = match *mapped {
        "interface" => None,
        name => match find(name) {
            Some(m) => Some(m),
            None => return false,
        },
    };
    let order = (section, u128::from(line), 0, String::new());
    let fixed = *mode == "static";
    let service = None;
    let lookup = tail.contains(&"route-lookup");
    c.nat.push(Translation {
        order,
        real_if,
        mapped_if,
        real,
        mapped,
        fixed,
        service,
        destination,
        lookup,
        line,
    });
    true
}

fn access_list(b: &mut Builder, c: &mut Config, name: &str, words: &[&str], line: u32) {
    let words = match *words {
        ["line", _, ref rest @ ..] => rest,
        ref all => all,
    };
    let list = c.lists.entry(name.to_owned()).or_default();
    let sequence = list.next_sequence(10);
    let entry = match *words {
        ["remark", ..] => {
            b.ignored(line, "look");
            return;
        }
        // A rule ending in `inactive` is off (C1).
        [.., "inactive"] => {
            b.lowered(line, "access-list");
            return;
        }
        ["extended", ref rest @ ..] => both_families(rest, line, sequence, &c.groups),
        ["standard", action, ref rest @ ..] => match *rest {
            [ip, mask] if ip != "host" => masked(ip, mask).map(|src| Entry {
                line,
                sequence,
                permit: action == "permit",
                sure: vec![Cube::any().with(Field::Src, src)],
                unsure: Vec::new(),
                doubt: None,
            }),
            _ => acl::standard(&words[1..], line, sequence),
        },
        _ => None,
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

/// One list serves both families; `any` is both, `any4`/`any6` one of them.
fn both_families(words: &[&str], line: u32, sequence: u32, groups: &Groups) -> Option<Entry> {
    let four = acl::extended(words, line, sequence, EXTENDED, groups);
    // `icmp` and `icmp6` are two protocols here, unlike in the IPv6 lists of IOS.
    let protocol = words.get(1).copied().unwrap_or_default();
    let only4 =
        protocol == "icmp" || words.contains(&"any4") || words.iter().any(|w| net::parse_v4(w).is_some());
    let only6 = protocol == "icmp6" || words.contains(&"any6") || words.iter().any(|w| w.contains(':'));
    let six = acl::extended(words, line, sequence, Dialect { six: true, ..EXTENDED }, groups);
    match (four, six) {
        (Some(mut a), Some(b)) if !only4 && !only6 => {
            a.sure.extend(b.sure);
            a.unsure.extend(b.unsure);
            Some(a)
        }
        (Some(a), _) if !only6 => Some(a),
        (_, Some(b)) if !only4 => Some(b),
        _ => None,
    }
}

fn lower(mut b: Builder, c: &Config) -> Device {
    let entry = b.stage("untranslate");
    let routing = b.stage("route");
    let lists = b.stage("access-rules");
    let out_lists = b.stage("out-rules");
    let translate = b.stage("translate");
    let reply = b.stage("reply-route");
    b.device.nodes[lists].stateful = true;
    // Before 8.3 lists see mapped addresses; without a version line either may be true.
    if !c.nat.is_empty() && c.version.is_none_or(|v| v < (8, 3)) {
        let line = c.nat.first().map_or(1, |n| n.line);
        b.unknown(line, Scope::Device);
    }
    let mut told = b.connected("");
    for (name, route, via) in &c.statics {
        if let Some((_, interface)) = c.names.iter().find(|n| n.0 == *name) {
            let hop = Adjacency { interface: *interface, next: NextHop::Via(*via) };
            told.push(Route { hops: vec![hop], ..route.clone() });
        }
    }
    for &(interface, _, line) in c.run_time.iter().filter(|given| given.1) {
        let hops = vec![Adjacency { interface, next: NextHop::Anyone }];
        told.push(Route { prefix: (net::V4_FIRST, net::V4_LAST), hops, distance: 1, line, doubt: None });
    }
    // From 9.5 on such interfaces have a table of routes of their own.
    let own_table = c.version.is_some_and(|v| v >= (9, 5));
    let shared = |interface: usize| !own_table || !c.apart.iter().any(|a| a.0 == interface);
    told.retain(|route| route.hops.iter().all(|hop| shared(hop.interface)));
    for translation in c.nat.iter().filter(|t| c.dynamic.is_none() && t.diverts(&c.names, &told)) {
        b.unknown(translation.line, Scope::Device);
    }
    for (stage, next) in [(routing, lists), (reply, Device::EGRESS)] {
        let mut rules = vec![b.local_rule("", &Cube::any())];
        rules.extend(b.doubtful_broadcasts("", &Cube::any()));
        let mut routes = told.clone();
        if let Some(line) = c.dynamic {
            let (more, learnt) = b.learnt(None, line, next);
            rules.extend(more);
            routes.extend(learnt);
        }
        for &(interface, _, line) in c.run_time.iter().filter(|given| shared(given.0)) {
            if b.device.interfaces[interface].enabled {
                let when = Cube::any().with(Field::Dst, net::all_v4());
                rules.extend(b.given_at_run_time(interface, &when, line, next));
            }
        }
        rules.extend(b.route_rules(routes, &Cube::any(), next));
        b.fill(stage, rules, Vec::new());
    }
    b.device.reply_entry = Some(reply);
    let run_time: Vec<usize> = c.run_time.iter().map(|given| given.0).collect();
    let checks = asa_nat::fill(&mut b, &c.names, &run_time, &c.nat, (entry, translate), routing);
    access_rules(&mut b, c, lists, out_lists, checks);
    out_rules(&mut b, c, out_lists, translate);
    let level = |n: usize| c.levels.get(&n).copied().unwrap_or(0);
    let doors = c.services.doors(&mut b, &c.names, level);
    b.doors(&doors);
    let served: Vec<usize> = c.names.iter().filter(|n| c.relayed.contains(&n.0)).map(|n| n.1).collect();
    for &number in &served {
        for &(server, line) in &c.relays {
            b.relay(number, server, line);
        }
    }
    let first = b.relayed(&served, entry, reply);
    b.finish(first)
}

fn table(b: &mut Builder, c: &Config, name: &str, line: u32, pass: NodeId) -> Vec<Rule> {
    match c.lists.get(name) {
        Some(list) => list.rules(name, &[Jump::to(pass)]),
        None => {
            let text = format!("定義のないアクセスリスト {name} が設定されています");
            b.finding("acl-undefined", crate::model::Severity::Critical, line, text);
            let any = || Rule::new(vec![Cube::any()], Vec::new(), line, name);
            vec![Rule { then: vec![Jump::to(pass)], ..any() }.doubtful(Doubt::Undefined)]
        }
    }
}

/// Interface rules, then global rules, then implicit deny; without any list, higher to lower level only.
fn access_rules(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId, checks: Vec<Rule>) {
    let no_syn: Ranges = (0..64u128).filter(|f| f & 2 == 0 || f & 16 != 0).map(|f| (f, f)).collect();
    let tcp = Cube::any().with(Field::Proto, Ranges::one(net::TCP)).with(Field::Flags, no_syn);
    let later = Cube::any().with(Field::Frag, Ranges::one(1));
    let mut dispatch = vec![
        Rule::new(vec![tcp], Vec::new(), 0, "no session").doubtful(Doubt::State),
        Rule::new(vec![later], Vec::new(), 0, "fragment").doubtful(Doubt::Fragment),
    ];
    for &(number, line) in &c.apart {
        let sides = vec![
            Cube::any().with(Field::In, Ranges::one(number as u128)),
            Cube::any().with(Field::Out, b.out_of(&[number])),
        ];
        dispatch.push(Rule::new(sides, Vec::new(), line, "management-only"));
    }
    dispatch.extend(checks);
    same_security(b, c, &mut dispatch);
    let global = c.bindings.iter().find(|x| x.1.is_none());
    for (_, number) in &c.names {
        let here = Cube::any().with(Field::In, Ranges::one(*number as u128));
        let own = c.bindings.iter().find(|x| {
            x.1.as_ref()
                .is_some_and(|(out, name)| !out && c.names.iter().any(|n| n.0 == *name && n.1 == *number))
        });
        if own.is_none() && global.is_none() {
            dispatch.extend(levels(b, c, *number, next));
            continue;
        }
        let node = b.stage(&format!("rules {}", b.device.interfaces[*number].name));
        let mut rules = Vec::new();
        for binding in own.into_iter().chain(global) {
            rules.extend(table(b, c, &binding.0, binding.2, next));
        }
        b.fill(node, rules, Vec::new());
        let line = own.or(global).map_or(0, |x| x.2);
        dispatch.push(Rule::new(vec![here], vec![Jump::to(node)], line, "access-group"));
    }
    b.fill(stage, dispatch, Vec::new());
}

/// Equal levels and hairpins need `same-security-traffic` (C7).
fn same_security(b: &mut Builder, c: &Config, dispatch: &mut Vec<Rule>) {
    for (_, from) in &c.names {
        let peers: Vec<usize> = c
            .names
            .iter()
            .map(|n| n.1)
            .filter(|to| c.levels.get(to) == c.levels.get(from))
            .filter(|to| if to == from { !c.same_intra } else { !c.same_inter })
            .collect();
        if !peers.is_empty() {
            let when =
                Cube::any().with(Field::In, Ranges::one(*from as u128)).with(Field::Out, b.out_of(&peers));
            let rule =
                Rule::new(vec![when], Vec::new(), b.device.interfaces[*from].line, "same-security-traffic");
            dispatch.push(rule);
        }
    }
}

fn levels(b: &Builder, c: &Config, from: usize, next: NodeId) -> Vec<Rule> {
    let level = |n: usize| c.levels.get(&n).copied().unwrap_or(0);
    let pass = vec![Jump::to(next)];
    let line = b.device.interfaces[from].line;
    let mut rules = Vec::new();
    let to = |keep: &dyn Fn(usize) -> bool| -> Cube {
        let list: Vec<usize> = c.names.iter().map(|n| n.1).filter(|&n| keep(n)).collect();
        Cube::any().with(Field::In, Ranges::one(from as u128)).with(Field::Out, b.out_of(&list))
    };
    let lower = to(&|n| level(n) < level(from));
    rules.push(Rule::new(vec![lower], pass.clone(), line, "higher to lower security"));
    let equal = to(&|n| level(n) == level(from) && if n == from { c.same_intra } else { c.same_inter });
    rules.push(Rule::new(vec![equal], pass.clone(), line, "same security"));
    // Lower to higher needs a rule; whether an outbound list alone is one is not sourced.
    let out_bound = |n: usize| {
        c.bindings.iter().any(|x| {
            x.1.as_ref().is_some_and(|(out, name)| *out && c.names.iter().any(|m| m.0 == *name && m.1 == n))
        })
    };
    let higher = to(&|n| level(n) > level(from) && out_bound(n));
    rules.push(Rule::new(vec![higher], pass, line, "outbound rule").doubtful(Doubt::Unsourced));
    rules
}

fn out_rules(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId) {
    let mut dispatch = Vec::new();
    for (list, side, line) in &c.bindings {
        let Some((true, name)) = side else { continue };
        let Some((_, number)) = c.names.iter().find(|n| n.0 == *name) else { continue };
        let node = b.stage(&format!("out {name} {list}"));
        let rules = table(b, c, list, *line, next);
        b.fill(node, rules, Vec::new());
        let here = Cube::any().with(Field::Out, b.out_of(&[*number]));
        dispatch.push(Rule::new(vec![here], vec![Jump::to(node)], *line, "access-group"));
    }
    b.fill(stage, dispatch, vec![Jump::to(next)]);
}
