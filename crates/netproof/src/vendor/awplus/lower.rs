//! From sections to tables: port lists → NAT in → routes → firewall → NAT out.

use std::collections::{BTreeMap, HashMap};

use crate::model::{
    Adjacency, Device, Doubt, Interface, InterfaceAddress, InterfaceKind, Jump, NextHop, NodeId, Rule,
    Severity,
};
use crate::net;
use crate::space::{Cube, Field};
use crate::vendor::build::{Builder, Route, Scope};
use crate::vendor::cisco::acl::{self, Dialect, Entry, Fragments, Groups, List};
use crate::vendor::cisco::sections::{self, Section, ignore_all, unknown_all};
use crate::vendor::switched::{Port, attach_ports, entering, entrances, share};
use crate::vendor::{ReadOptions, Vendor, cisco_prefix};

use super::entity::{Member, application, zone};
use super::reviewed::{IGNORED, INTERFACE};
use super::wall::{firewall, firewall_stage, nat, nat_stages};

const HARDWARE: Dialect = Dialect { six: false, inverse: true, fragments: Fragments::Unclear, cisco: false };

#[derive(Default)]
pub(super) struct Config {
    lists: BTreeMap<String, List>,
    bindings: Vec<(usize, String, u32)>,
    /// A global list or one of a VLAN: which acts when it disagrees with the list of a port was not found.
    elsewhere: Option<u32>,
    statics: Vec<(String, Route, Via)>,
    dynamic: Option<u32>,
    /// Interfaces that get their address at run time, and the line that says so.
    pub(super) run_time: Vec<(usize, u32)>,
    pub(super) entities: HashMap<String, Vec<Member>>,
    /// Entities a line of which was not understood.
    pub(super) odd: Vec<String>,
    pub(super) applications: HashMap<String, Option<Vec<Cube>>>,
    pub(super) firewall: Vec<(u32, Vec<String>, u32)>,
    pub(super) has_firewall: Option<u32>,
    pub(super) protect: bool,
    pub(super) nat: Vec<(u32, Vec<String>, u32)>,
    pub(super) nat_enabled: bool,
}

enum Via {
    Address(u128),
    Interface(String),
}

/// Reads an AlliedWare Plus configuration.
#[must_use]
pub(crate) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::Awplus, name, file, text, options);
    let parsed = sections::parse(&b.device.text.clone());
    for line in &parsed.comments {
        b.ignored(*line, "comment");
    }
    let mut c = Config::default();
    let virtual_routers = |s: &&Section| s.text().starts_with("router") && s.text().contains("vrrp");
    for section in parsed.sections.iter().filter(|s| !virtual_routers(s)) {
        top(&mut b, &mut c, section);
    }
    for section in parsed.sections.iter().filter(virtual_routers) {
        top(&mut b, &mut c, section);
    }
    for list in c.lists.values_mut() {
        list.sort();
    }
    lower(b, &c)
}

fn top(b: &mut Builder, c: &mut Config, section: &Section) {
    let words = section.slices();
    let done = match words[..] {
        ["interface", ref rest @ ..] => {
            interface(b, c, section, &rest.join(" "));
            true
        }
        ["access-list", "hardware", name] => {
            for child in &section.children {
                hardware(b, c, name, &child.slices(), child.line);
            }
            c.lists.entry(name.to_owned()).or_default();
            true
        }
        ["access-list", number, ref rest @ ..] => match number.parse::<u32>() {
            Ok(3000..=3699) => {
                hardware(b, c, number, rest, section.line);
                true
            }
            // Standard and extended lists never filter transit traffic (W2).
            Ok(1..=199 | 1300..=2699) => {
                ignore_all(b, section, "software-list");
                return;
            }
            _ if number == "standard" || number == "extended" => {
                ignore_all(b, section, "software-list");
                return;
            }
            _ => false,
        },
        ["ip", "access-list", "standard" | "extended", ..] => {
            ignore_all(b, section, "software-list");
            return;
        }
        ["ip", "route", "vrf", vrf, ref rest @ ..] => static_route(c, section.line, vrf, rest),
        ["ip", "route", ref rest @ ..] => static_route(c, section.line, "", rest),
        // Tables of their own (C613-22046, "VRF-lite"); what brings routes of another one in stands inside.
        ["ip", "vrf", _] | ["ip", "vrf", _, _] => {
            for child in &section.children {
                match child.slices()[..] {
                    ["description", ..] | ["rd", _] => b.lowered(child.line, "vrf"),
                    _ => unknown_all(b, child, &Scope::Device),
                }
            }
            true
        }
        ["router", "vrrp" | "ipv6", ref rest @ ..] => virtual_router(b, section, rest),
        ["ip" | "ipv6", "multicast-routing", ..] => {
            b.forwards_multicast(section.line);
            true
        }
        ["router", ..] => {
            c.dynamic = Some(section.line);
            for child in &section.children {
                b.lowered(child.line, "routing protocol");
            }
            true
        }
        ["zone", name] => {
            zone(b, c, section, name);
            true
        }
        ["application", name] => {
            application(b, c, section, name);
            true
        }
        ["firewall"] => {
            firewall(b, c, section);
            true
        }
        ["nat"] => {
            nat(b, c, section);
            true
        }
        ["access-group", ..] | ["vlan", "filter" | "access-map", ..] | ["class-map" | "policy-map", ..] => {
            if matches!(words[..], ["access-group", ..] | ["vlan", "filter", ..]) {
                c.elsewhere = Some(section.line);
            }
            unknown_all(b, section, &Scope::Drops);
            return;
        }
        _ => false,
    };
    if done {
        b.lowered(section.line, words[..words.len().min(2)].join(" "));
        return;
    }
    match cisco_prefix(IGNORED, &section.text()) {
        Some(rule) => ignore_all(b, section, rule),
        None => unknown_all(b, section, &Scope::Device),
    }
}

fn interface(b: &mut Builder, c: &mut Config, section: &Section, names: &str) {
    // `port1.0.1-port1.0.4` configures a range.
    for name in expand(names) {
        let number = b.device.interface(&name).unwrap_or_else(|| {
            let mut it = Interface::new(name.clone(), section.line);
            if name.starts_with("tunnel") || name.starts_with("ppp") {
                it.kind = InterfaceKind::Tunnel;
            }
            if name.starts_with("lo") {
                it.kind = InterfaceKind::Loopback;
            }
            b.device.interfaces.push(it);
            b.device.interfaces.len() - 1
        });
        let mut port = Port::default();
        for child in &section.children {
            let words = child.slices();
            if words[0] == "switchport" {
                if port.line(&words[1..], &mut b.device.interfaces[number]) {
                    b.lowered(child.line, format!("interface {name}"));
                } else {
                    // It may join VLANs, which is no matter of this port alone.
                    unknown_all(b, child, &Scope::Device);
                }
            } else {
                interface_line(b, c, number, &name, child);
            }
        }
        port.finish(&mut b.device.interfaces[number]);
    }
}

/// `router vrrp ID INTERFACE`, `router ipv6 vrrp ID INTERFACE` with `virtual-ip A …`.
fn virtual_router(b: &mut Builder, section: &Section, words: &[&str]) -> bool {
    let Some(number) = words.last().and_then(|name| b.device.interface(name)) else { return false };
    for child in &section.children {
        match child.slices()[..] {
            ["virtual-ip" | "virtual-ipv6", ip, ..] => {
                share(&mut b.device.interfaces[number], ip);
                b.lowered(child.line, "vrrp");
            }
            _ => b.lowered(child.line, "vrrp"),
        }
    }
    true
}

fn expand(names: &str) -> Vec<String> {
    let mut out = Vec::new();
    for part in names.split(',') {
        let range = part.split_once('-').and_then(|(lo, hi)| {
            let (stem, first) = lo.rsplit_once('.')?;
            let last: u32 = hi.rsplit_once('.')?.1.parse().ok()?;
            let first: u32 = first.parse().ok()?;
            (first <= last && last - first < 512)
                .then(|| (first..=last).map(|n| format!("{stem}.{n}")).collect())
        });
        out.extend(range.unwrap_or_else(|| vec![part.trim().to_owned()]));
    }
    out
}

fn interface_line(b: &mut Builder, c: &mut Config, number: usize, name: &str, child: &Section) {
    let done = match child.slices()[..] {
        ["ip", "address", "dhcp" | "negotiated", ..] => {
            c.run_time.push((number, child.line));
            true
        }
        ["ipv6", "address", "autoconfig" | "dhcp", ..] => {
            b.device.interfaces[number].dynamic6 = true;
            true
        }
        ["ip" | "ipv6", "address", text, ..] => text
            .split_once('/')
            .and_then(|(ip, l)| {
                let address = net::parse_ip(ip)?;
                let (first, last) = net::network(address, l.parse().ok()?)?;
                b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
                Some(())
            })
            .is_some(),
        ["shutdown"] => {
            b.device.interfaces[number].enabled = false;
            true
        }
        ["ip", "vrf", "forwarding", vrf] => {
            vrf.clone_into(&mut b.device.interfaces[number].vrf);
            true
        }
        ["access-group", list] => {
            c.bindings.push((number, list.to_owned(), child.line));
            true
        }
        ["ip", "dhcp-relay", "server-address", server] | ["ip", "helper-address", server] => {
            let server = net::parse_ip(server);
            if let Some(server) = server {
                b.relay(number, server, child.line);
            }
            server.is_some()
        }
        ["ip", "proxy-arp"] => {
            b.device.interfaces[number].proxy_arp = true;
            true
        }
        ["service-policy", ..] => {
            unknown_all(b, child, &Scope::Drops);
            return;
        }
        _ => false,
    };
    if done {
        b.lowered(child.line, format!("interface {name}"));
        return;
    }
    match cisco_prefix(INTERFACE, &child.text()) {
        Some(rule) => ignore_all(b, child, rule),
        None => unknown_all(b, child, &Scope::Interface(name.to_owned())),
    }
}

/// One hardware entry. `copy-to-…` and `send-to-cpu`: whether the packet is also forwarded is not sourced.
fn hardware(b: &mut Builder, c: &mut Config, name: &str, words: &[&str], line: u32) {
    let list = c.lists.entry(name.to_owned()).or_default();
    let (sequence, words) = match words.first().map(|w| w.parse::<u32>()) {
        Some(Ok(n)) => (n, &words[1..]),
        _ => (list.next_sequence(4), words),
    };
    let special =
        matches!(words.first(), Some(&("copy-to-cpu" | "copy-to-mirror" | "send-to-cpu" | "send-to-mirror")));
    let mut plain: Vec<&str> = words.to_vec();
    if special {
        plain[0] = "permit";
    }
    match acl::extended(&plain, line, sequence, HARDWARE, &Groups::default()) {
        Some(mut entry) => {
            b.lowered(line, "access-list");
            if special {
                entry.doubt = Some(Doubt::Unsourced);
                let deny = Entry { permit: false, ..entry.clone() };
                list.entries.push(deny);
            }
            list.entries.push(entry);
        }
        None => {
            if b.unknown(line, Scope::Rule(format!("access-list {name}"))) {
                list.entries.extend(Entry::unread(line, sequence));
            }
        }
    }
}

fn static_route(c: &mut Config, line: u32, vrf: &str, words: &[&str]) -> bool {
    let (prefix, rest) = match *words {
        [text, ref rest @ ..] if text.contains('/') => (net::parse_prefix_pair(text), rest),
        [ip, mask, ref rest @ ..] => {
            (net::parse_v4(ip).zip(net::mask_length(mask)).and_then(|(ip, l)| net::network(ip, l)), rest)
        }
        _ => return false,
    };
    let (Some(prefix), Some(target)) = (prefix, rest.first()) else { return false };
    let distance = match rest.get(1).map(|w| w.parse::<u32>()) {
        None => 1,
        Some(Ok(d)) if rest.len() == 2 => d,
        _ => return false,
    };
    let route = Route { prefix, hops: Vec::new(), distance, line, doubt: None };
    let via = match net::parse_ip(target) {
        Some(ip) => Via::Address(ip),
        None => Via::Interface((*target).to_owned()),
    };
    c.statics.push((vrf.to_owned(), route, via));
    true
}

fn lower(mut b: Builder, c: &Config) -> Device {
    attach_ports(&mut b);
    let entry = b.stage("port-lists");
    let nat_in = b.stage("nat-in");
    let routing = b.stage("route");
    let wall = b.stage("firewall");
    let nat_out = b.stage("nat-out");
    let reply = b.stage("reply-route");

    for (stage, next) in [(routing, wall), (reply, Device::EGRESS)] {
        let mut rules = Vec::new();
        for n in 0..b.device.interfaces.len() {
            if bridged(&b, c, n) {
                let out = b.adjacency(Adjacency { interface: n, next: NextHop::Direct });
                let here = Cube::any().with(Field::In, entering(&b, n));
                let jump = Jump::to(Device::EGRESS).put(Field::Out, out as u128);
                rules.push(Rule::new(vec![here], vec![jump], b.device.interfaces[n].line, "bridged"));
            }
        }
        for vrf in b.vrfs() {
            let here = Cube::any().with(Field::In, b.members(&vrf));
            rules.push(b.local_rule(&vrf, &here));
            rules.extend(b.doubtful_broadcasts(&vrf, &here));
            let mut list = routes(&b, c, &vrf);
            if let Some(line) = c.dynamic {
                let (more, learnt) = b.learnt(Some(&vrf), line, next);
                rules.extend(more.into_iter().map(|rule| rule.within(&here)));
                list.extend(learnt);
            }
            for &(interface, line) in &c.run_time {
                let it = &b.device.interfaces[interface];
                if it.enabled && it.vrf == vrf {
                    let when = here.clone().with(Field::Dst, net::all_v4());
                    rules.extend(b.given_at_run_time(interface, &when, line, next));
                }
            }
            rules.extend(b.route_rules(list, &here, next));
        }
        b.fill(stage, rules, Vec::new());
    }
    let all: Vec<usize> = (0..b.device.interfaces.len()).collect();
    let first = b.relayed(&all, entry, reply);
    hardware_stage(&mut b, c, entry, nat_in);
    nat_stages(&mut b, c, nat_in, routing, nat_out);
    firewall_stage(&mut b, c, wall, nat_out);
    if c.protect {
        b.device.nodes[wall].stateful = true;
        b.device.reply_entry = Some(reply);
    }
    b.finish(first)
}

/// Whether frames stay in the VLAN or port they came in by: it has no address and gets none at run time. Whatever else has
/// no address written down (Ethernet, PPP, tunnels) routes what it receives.
fn bridged(b: &Builder, c: &Config, number: usize) -> bool {
    let it = &b.device.interfaces[number];
    let switched = ["vlan", "port", "sa", "po"].iter().any(|kind| it.name.starts_with(kind));
    switched
        && it.addresses.is_empty()
        && it.port_of.is_none()
        && !it.dynamic6
        && !c.run_time.iter().any(|given| given.0 == number)
}

fn routes(b: &Builder, c: &Config, vrf: &str) -> Vec<Route> {
    let mut known = b.connected(vrf);
    let mut open = Vec::new();
    for (_, route, via) in c.statics.iter().filter(|s| s.0 == vrf) {
        let mut route = route.clone();
        match via {
            Via::Address(ip) => {
                open.push((route, *ip));
                continue;
            }
            Via::Interface(name) if name.eq_ignore_ascii_case("null") => {}
            Via::Interface(name) => match b.device.interface(name) {
                Some(interface) => route.hops = vec![Adjacency { interface, next: NextHop::Direct }],
                None => {
                    route.hops = b.anywhere_hops(None);
                    route.doubt = Some(Doubt::Undefined);
                }
            },
        }
        known.push(route);
    }
    let mut list = b.resolve_all(vrf, known, open.clone(), Some(Doubt::Unsourced));
    list.extend(b.across(vrf, &open));
    list
}

/// Received on a port: every bound list in binding order, first match acts, no match is forwarded (W1, W7). How the
/// lists of a port and of its VLAN follow each other was not read: a packet that either drops may be dropped.
fn hardware_stage(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId) {
    let mut bound: Vec<usize> = c.bindings.iter().map(|x| x.0).collect();
    bound.sort_unstable();
    bound.dedup();
    for &number in &bound {
        warn_of_open_end(b, c, number);
    }
    let mut dispatch = Vec::new();
    for crossing in entrances(b, &bound) {
        let own = crossing.own.map(|n| port_list(b, c, bound[n], next));
        let mut then: Vec<Jump> = Vec::new();
        for port in &crossing.ports {
            let to = match (port, own) {
                (None, None) => next,
                (None, Some(own)) => own,
                (Some(list), None) => port_list(b, c, bound[*list], next),
                (Some(list), Some(own)) => {
                    let merged = b.stage(&format!("after {}", b.device.interfaces[bound[*list]].name));
                    let also = Rule::new(vec![Cube::any()], vec![Jump::to(own)], 0, "access-group");
                    b.fill(merged, vec![also.doubtful(Doubt::Unsourced)], vec![Jump::to(next)]);
                    port_list(b, c, bound[*list], merged)
                }
            };
            if !then.contains(&Jump::to(to)) {
                then.push(Jump::to(to));
            }
        }
        let place = crossing.ports.iter().flatten().next().copied().or(crossing.own);
        let line = place.and_then(|n| c.bindings.iter().find(|x| x.0 == bound[n])).map_or(0, |x| x.2);
        let here = Cube::any().with(Field::In, crossing.values);
        dispatch.push(Rule::new(vec![here], then, line, "access-group"));
    }
    b.fill(stage, dispatch, vec![Jump::to(next)]);
}

/// The lists of one port, one after the other; what they let pass goes to `next`.
fn port_list(b: &mut Builder, c: &Config, number: usize, next: NodeId) -> NodeId {
    let mut rules = Vec::new();
    if let Some(line) = c.elsewhere {
        let rest = Rule::new(vec![Cube::any()], vec![Jump::to(next)], line, "another list");
        rules.push(rest.doubtful(Doubt::Unsourced));
    }
    for (_, list, line) in c.bindings.iter().filter(|x| x.0 == number) {
        match c.lists.get(list) {
            Some(found) => rules.extend(found.rules(list, &[Jump::to(next)])),
            None => {
                let rule = Rule::new(vec![Cube::any()], Vec::new(), *line, list);
                rules.push(rule.doubtful(Doubt::Undefined));
            }
        }
    }
    let node = b.stage(&format!("in {}", b.device.interfaces[number].name));
    b.fill(node, rules, vec![Jump::to(next)]);
    node
}

fn warn_of_open_end(b: &mut Builder, c: &Config, number: usize) {
    let mut lists = c.bindings.iter().filter(|x| x.0 == number);
    let denies_rest = |list: &String| {
        let last = c.lists.get(list).and_then(|l| l.entries.last());
        last.is_some_and(|e| !e.permit && e.doubt.is_none())
    };
    let line = lists.clone().next().map_or(0, |x| x.2);
    if !lists.any(|x| denies_rest(&x.1)) {
        let name = &b.device.interfaces[number].name;
        let text = format!("{name} のハードウェアフィルターの最後に deny がなく、一致しない通信は通ります");
        b.finding("awplus-no-final-deny", Severity::Warning, line, text);
    }
}
