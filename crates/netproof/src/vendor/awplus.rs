//! Allied Telesis AlliedWare Plus: hardware lists of switches, entity firewall and NAT of AR routers (devices-jp §3).

use std::collections::{BTreeMap, HashMap};

use crate::model::{
    Adjacency, Assign, Device, Doubt, Interface, InterfaceAddress, InterfaceKind, Jump, NextHop, NodeId,
    Rule, Severity,
};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::build::{Builder, Route, Scope};
use super::cisco::acl::{self, Dialect, Entry, Fragments, Groups, List};
use super::cisco::ios::{attach_ports, entering, ignore_all, share, unknown_all};
use super::cisco::sections::{self, Section};
use super::switched::Port;
use super::{ReadOptions, Vendor};

const HARDWARE: Dialect =
    Dialect { six: false, inverse: true, fragments: Fragments::Unclear, established: false };

const IGNORED: &[(&str, &str)] = &[
    ("aaa", "admin"),
    ("atmf", "admin"),
    ("banner", "look"),
    ("boot", "admin"),
    ("clock", "admin"),
    ("crypto", "certificate"),
    ("dot1x", "access-port"),
    ("enable", "admin"),
    ("end", "look"),
    ("exit", "look"),
    ("hostname", "look"),
    ("http", "admin"),
    ("ip dns", "admin"),
    ("ip domain-lookup", "admin"),
    ("ip domain-name", "admin"),
    ("ip name-server", "admin"),
    ("ip dhcp", "addressing"),
    ("service", "admin"),
    ("ip igmp", "multicast"),
    ("ip ssh", "admin"),
    ("lacp", "link"),
    ("line", "admin"),
    ("lldp", "link"),
    ("log", "log"),
    ("loop-protection", "drops-only"),
    ("mac", "link"),
    ("mls", "shaping"),
    ("no", "switched-off"),
    ("ntp", "admin"),
    ("platform", "platform"),
    ("radius-server", "admin"),
    ("rmon", "monitor"),
    ("snmp-server", "admin"),
    ("spanning-tree", "access-port"),
    ("ssh", "admin"),
    ("stack", "ha"),
    ("switch", "ha"),
    ("tacacs-server", "admin"),
    ("telnet", "admin"),
    ("username", "admin"),
    ("version", "header"),
    ("vlan database", "access-port"),
    ("vlan", "access-port"),
    ("security-password", "admin"),
    ("ecofriendly", "platform"),
    ("autoboot", "admin"),
    ("autosave", "admin"),
    ("ip source", "drops-only"),
    ("sflow", "copy-only"),
    ("mirror", "copy-only"),
    ("ipv6 forwarding", "looked-at"),
    ("ip forwarding", "looked-at"),
    ("system territory", "admin"),
    ("feature", "admin"),
    ("ddns-update-method", "admin"),
    ("lldp run", "link"),
    ("fan", "platform"),
];

const INTERFACE: &[(&str, &str)] = &[
    ("switchport", "looked-at"),
    ("description", "look"),
    ("spanning-tree", "access-port"),
    ("speed", "link"),
    ("duplex", "link"),
    ("polarity", "link"),
    ("flowcontrol", "link"),
    ("storm-control", "shaping"),
    ("loop-protection", "drops-only"),
    ("mtu", "link"),
    ("ip igmp", "multicast"),
    ("lldp", "link"),
    ("channel-group", "link"),
    ("static-channel-group", "link"),
    ("dot1x", "access-port"),
    ("ip dhcp", "addressing"),
    ("ip helper-address", "addressing"),
    ("ip dhcp-relay", "addressing"),
    ("no", "switched-off"),
    ("encapsulation", "link"),
    ("mls", "shaping"),
    ("wrr-queue", "shaping"),
    ("snmp", "admin"),
    ("ip tcp", "link"),
    ("ppp", "link"),
    ("power-inline", "link"),
    ("auth", "access-port"),
    ("thrash-limiting", "drops-only"),
    ("ip proxy-arp", "link"),
];

/// An address set, perhaps tied to an interface.
#[derive(Clone, Debug)]
struct Member {
    addresses: Ranges,
    interface: Option<String>,
}

#[derive(Default)]
struct Config {
    lists: BTreeMap<String, List>,
    bindings: Vec<(usize, String, u32)>,
    statics: Vec<(Route, Via)>,
    dynamic: Option<u32>,
    entities: HashMap<String, Vec<Member>>,
    /// Entities a line of which was not understood.
    odd: Vec<String>,
    applications: HashMap<String, Option<Vec<Cube>>>,
    firewall: Vec<(u32, Vec<String>, u32)>,
    has_firewall: Option<u32>,
    protect: bool,
    nat: Vec<(u32, Vec<String>, u32)>,
    nat_enabled: bool,
}

enum Via {
    Address(u128),
    Interface(String),
}

/// Reads an AlliedWare Plus configuration.
#[must_use]
pub(super) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
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
        ["ip", "route", ref rest @ ..] => static_route(c, section.line, rest),
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
            unknown_all(b, section, &Scope::Drops);
            return;
        }
        _ => false,
    };
    if done {
        b.lowered(section.line, words[..words.len().min(2)].join(" "));
        return;
    }
    match super::cisco_prefix(IGNORED, &section.text()) {
        Some(rule) => ignore_all(b, section, rule),
        None => unknown_all(b, section, &Scope::Device),
    }
}

fn interface(b: &mut Builder, c: &mut Config, section: &Section, names: &str) {
    // `port1.0.1-port1.0.4` configures a range.
    for name in expand(names) {
        let number = b.device.interface(&name).unwrap_or_else(|| {
            let mut it = Interface::new(name.clone(), section.line);
            if name.starts_with("tunnel") {
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
            if words[0] == "switchport" && port.line(&words[1..], &mut b.device.interfaces[number]) {
                b.lowered(child.line, format!("interface {name}"));
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
        ["ip", "address", "dhcp", ..] => {
            c.dynamic = c.dynamic.or(Some(child.line));
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
        ["access-group", list] => {
            c.bindings.push((number, list.to_owned(), child.line));
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
    match super::cisco_prefix(INTERFACE, &child.text()) {
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

fn static_route(c: &mut Config, line: u32, words: &[&str]) -> bool {
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
    c.statics.push((route, via));
    true
}

fn zone(b: &mut Builder, c: &mut Config, section: &Section, zone: &str) {
    let mut whole = Vec::new();
    for network in &section.children {
        b.lowered(network.line, "zone");
        let ["network", name] = network.slices()[..] else {
            b.unknown(network.line, Scope::Device);
            continue;
        };
        let path = format!("{zone}.{name}");
        let mut members = Vec::new();
        for child in &network.children {
            let words = child.slices();
            match words[..] {
                ["ip" | "ipv6", "subnet", prefix, ref rest @ ..] => {
                    let interface = match *rest {
                        ["interface", name] => Some(name.to_owned()),
                        _ => None,
                    };
                    match net::parse_prefix(prefix) {
                        Some(addresses) if rest.is_empty() || interface.is_some() => {
                            members.push(Member { addresses, interface });
                            b.lowered(child.line, "zone");
                        }
                        _ => odd(b, c, &path, child),
                    }
                }
                ["host", host] => {
                    b.lowered(child.line, "zone");
                    let mut own = Vec::new();
                    for line in &child.children {
                        match line.slices()[..] {
                            ["ip" | "ipv6", "address", ip] if net::parse_ip(ip).is_some() => {
                                let addresses =
                                    net::parse_ip(ip).map(Ranges::one).unwrap_or_else(Ranges::empty);
                                own.push(Member { addresses, interface: None });
                                b.lowered(line.line, "zone");
                            }
                            _ => odd(b, c, &format!("{path}.{host}"), line),
                        }
                    }
                    c.entities.insert(format!("{path}.{host}"), own);
                }
                _ => odd(b, c, &path, child),
            }
        }
        whole.extend(members.clone());
        c.entities.insert(path, members);
    }
    c.entities.insert(zone.to_owned(), whole);
}

/// A line of an entity that is not understood: rules that use the entity, or what contains it, become doubtful.
fn odd(b: &mut Builder, c: &mut Config, entity: &str, section: &Section) {
    unknown_all(b, section, &Scope::Rule(format!("entity {entity}")));
    let parts: Vec<&str> = entity.split('.').collect();
    for n in 1..=parts.len() {
        c.odd.push(parts[..n].join("."));
    }
}

fn application(b: &mut Builder, c: &mut Config, section: &Section, name: &str) {
    let mut protocol: Option<u128> = None;
    let mut cube = Cube::any();
    let mut good = true;
    for child in &section.children {
        b.lowered(child.line, "application");
        match child.slices()[..] {
            ["protocol", p] => protocol = crate::vectors::protocol_number(p),
            [side @ ("dport" | "sport"), range] | [side @ ("dport" | "sport"), "range", range] => {
                let field = if side == "dport" { Field::Dport } else { Field::Sport };
                match super::fortios_ports(range) {
                    Some(r) => cube.narrow(field, &r),
                    None => good = false,
                }
            }
            ["icmp-type", kind] => match kind.parse::<u8>() {
                Ok(k) => cube.narrow(Field::Sport, &Ranges::one(k.into())),
                Err(_) => good = false,
            },
            ["icmp-code", code] => match code.parse::<u8>() {
                Ok(k) => cube.narrow(Field::Dport, &Ranges::one(k.into())),
                Err(_) => good = false,
            },
            _ => {
                good = false;
                b.unknown(child.line, Scope::Rule(format!("application {name}")));
            }
        }
    }
    // An application without protocol is incomplete: rules that use it are not active (W8).
    let value = match (good, protocol) {
        (false, _) => None,
        (true, None) => Some(Vec::new()),
        (true, Some(p)) => Some(vec![cube.with(Field::Proto, Ranges::one(p))]),
    };
    c.applications.insert(name.to_owned(), value);
}

fn numbered(section: &Section, table: &mut Vec<(u32, Vec<String>, u32)>) -> bool {
    let words = &section.words;
    if words.first().map(String::as_str) != Some("rule") {
        return false;
    }
    let top = table.iter().map(|r| r.0).max().unwrap_or(0);
    match words.get(1).map(|w| w.parse::<u32>()) {
        Some(Ok(n)) => table.push((n, words[2..].to_vec(), section.line)),
        Some(Err(_)) => table.push((top + 10, words[1..].to_vec(), section.line)),
        None => return false,
    }
    true
}

fn firewall(b: &mut Builder, c: &mut Config, section: &Section) {
    c.has_firewall = Some(section.line);
    for child in &section.children {
        if child.text() == "protect" {
            c.protect = true;
            b.lowered(child.line, "firewall");
        } else if numbered(child, &mut c.firewall) {
            b.lowered(child.line, "firewall rule");
        } else {
            unknown_all(b, child, &Scope::Device);
        }
    }
    c.firewall.sort_by_key(|r| r.0);
}

fn nat(b: &mut Builder, c: &mut Config, section: &Section) {
    for child in &section.children {
        if child.text() == "enable" {
            c.nat_enabled = true;
            b.lowered(child.line, "nat");
        } else if numbered(child, &mut c.nat) {
            b.lowered(child.line, "nat rule");
        } else {
            unknown_all(b, child, &Scope::Device);
        }
    }
    c.nat.sort_by_key(|r| r.0);
}

/// Cubes of an application; `Some(empty)` is an inactive rule, `None` is not understood.
fn service(c: &Config, name: &str) -> Option<Vec<Cube>> {
    if name == "any" {
        return Some(vec![Cube::any()]);
    }
    if let Some(found) = c.applications.get(name) {
        return found.clone();
    }
    let port =
        |p: u128, n: u128| Cube::any().with(Field::Proto, Ranges::one(p)).with(Field::Dport, Ranges::one(n));
    Some(match name {
        "http" => vec![port(net::TCP, 80)],
        "https" => vec![port(net::TCP, 443)],
        "ssh" => vec![port(net::TCP, 22)],
        "telnet" => vec![port(net::TCP, 23)],
        "smtp" => vec![port(net::TCP, 25)],
        "dns" => vec![port(net::TCP, 53), port(net::UDP, 53)],
        "ftp" => vec![port(net::TCP, 21)],
        "ntp" => vec![port(net::UDP, 123)],
        "ping" => {
            vec![Cube::any().with(Field::Proto, Ranges::one(net::ICMP)).with(Field::Sport, Ranges::one(8))]
        }
        // Not defined here: such a rule is not active (W8).
        _ => Vec::new(),
    })
}

/// Cubes of an entity on one side; empty when undefined (the rule is not active).
fn side(b: &Builder, c: &Config, name: &str, source: bool) -> Vec<Cube> {
    let mut out = Vec::new();
    for member in c.entities.get(name).map_or(&[][..], Vec::as_slice) {
        let field = if source { Field::Src } else { Field::Dst };
        let mut cube = Cube::any().with(field, member.addresses.clone());
        if let Some(interface) = &member.interface {
            let Some(n) = b.device.interface(interface) else { continue };
            if source {
                cube.narrow(Field::In, &entering(b, n));
            } else {
                cube.narrow(Field::Out, &b.out_of(&[n]));
            }
        }
        out.push(cube);
    }
    out
}

fn product(lists: &[&[Cube]]) -> Vec<Cube> {
    lists.iter().fold(vec![Cube::any()], |acc, list| {
        acc.iter().flat_map(|a| list.iter().map(|c| a.intersect(c))).filter(|c| !c.is_empty()).collect()
    })
}

fn after<'a>(words: &'a [String], key: &str) -> Option<&'a str> {
    let at = words.iter().position(|w| w == key)?;
    words.get(at + 1).map(String::as_str)
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
            let bare =
                b.device.interfaces[n].addresses.is_empty() && b.device.interfaces[n].port_of.is_none();
            if bare {
                let out = b.adjacency(Adjacency { interface: n, next: NextHop::Direct });
                let here = Cube::any().with(Field::In, entering(&b, n));
                let jump = Jump::to(Device::EGRESS).put(Field::Out, out as u128);
                rules.push(Rule::new(vec![here], vec![jump], b.device.interfaces[n].line, "bridged"));
            }
        }
        rules.push(b.local_rule("", &Cube::any()));
        let mut list = routes(&b, c);
        if let Some(line) = c.dynamic {
            let (more, learnt) = b.learnt(None, line, next);
            rules.extend(more);
            list.extend(learnt);
        }
        rules.extend(b.route_rules(list, &Cube::any(), next));
        b.fill(stage, rules, Vec::new());
    }
    hardware_stage(&mut b, c, entry, nat_in);
    nat_stages(&mut b, c, nat_in, routing, nat_out);
    firewall_stage(&mut b, c, wall, nat_out);
    if c.protect {
        b.device.nodes[wall].stateful = true;
        b.device.reply_entry = Some(reply);
    }
    b.finish(entry)
}

fn routes(b: &Builder, c: &Config) -> Vec<Route> {
    let mut out = b.connected("");
    let connected = out.clone();
    for (route, via) in &c.statics {
        let mut route = route.clone();
        match via {
            Via::Address(ip) => route.hops = b.resolve("", *ip, &connected),
            Via::Interface(name) if name.eq_ignore_ascii_case("null") => {
                out.push(route);
                continue;
            }
            Via::Interface(name) => {
                if let Some(interface) = b.device.interface(name) {
                    route.hops = vec![Adjacency { interface, next: NextHop::Direct }];
                }
            }
        }
        if !route.hops.is_empty() {
            out.push(route);
        }
    }
    out
}

/// Received on a port: every bound list in binding order, first match acts, no match is forwarded (W1, W7).
fn hardware_stage(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId) {
    let mut dispatch = Vec::new();
    let mut interfaces: Vec<usize> = c.bindings.iter().map(|x| x.0).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    for number in interfaces {
        let name = b.device.interfaces[number].name.clone();
        let mut rules = Vec::new();
        let mut denies_rest = false;
        for (_, list, line) in c.bindings.iter().filter(|x| x.0 == number) {
            match c.lists.get(list) {
                Some(found) => {
                    rules.extend(found.rules(list, &[Jump::to(next)]));
                    denies_rest |= found.entries.last().is_some_and(|e| !e.permit && e.doubt.is_none());
                }
                None => {
                    rules.push(
                        Rule::new(vec![Cube::any()], Vec::new(), *line, list).doubtful(Doubt::Undefined),
                    );
                }
            }
        }
        let line = c.bindings.iter().find(|x| x.0 == number).map_or(0, |x| x.2);
        if !denies_rest {
            let text =
                format!("{name} のハードウェアフィルターの最後に deny がなく、一致しない通信は通ります");
            b.finding("awplus-no-final-deny", Severity::Warning, line, text);
        }
        let node = b.stage(&format!("in {name}"));
        b.fill(node, rules, vec![Jump::to(next)]);
        let here = Cube::any().with(Field::In, entering(b, number));
        dispatch.push(Rule::new(vec![here], vec![Jump::to(node)], line, "access-group"));
    }
    b.fill(stage, dispatch, vec![Jump::to(next)]);
}

fn firewall_stage(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId) {
    let Some(at) = c.has_firewall else {
        b.fill(stage, Vec::new(), vec![Jump::to(next)]);
        return;
    };
    if !c.protect {
        // Not switched on: no filtering is recalled, not sourced.
        let rule = Rule::new(vec![Cube::any()], Vec::new(), at, "firewall").doubtful(Doubt::Unsourced);
        b.fill(stage, vec![rule], vec![Jump::to(next)]);
        return;
    }
    let mut rules = Vec::new();
    for (number, words, line) in &c.firewall {
        let label = format!("firewall rule {number}");
        let (Some(action), Some(app), Some(from), Some(to)) =
            (words.first(), words.get(1), after(words, "from"), after(words, "to"))
        else {
            b.unknown(*line, Scope::Device);
            continue;
        };
        let known = ["from", "to", "no-state-enforcement", "log", from, to];
        if words[2..].iter().any(|w| !known.contains(&w.as_str())) {
            b.unknown(*line, Scope::Device);
            continue;
        }
        let app_cubes = service(c, app);
        let odd = app_cubes.is_none() || [from, to].iter().any(|e| c.odd.iter().any(|o| o == e));
        let when = if odd {
            vec![Cube::any()]
        } else {
            product(&[&side(b, c, from, true), &side(b, c, to, false), &app_cubes.unwrap_or_default()])
        };
        if when.is_empty() {
            let text = format!("{label} は未定義または不完全な名前を使っているため働きません");
            b.finding("awplus-inactive-rule", Severity::Warning, *line, text);
            continue;
        }
        let doubt = odd.then_some(Doubt::UnknownLine);
        match action.as_str() {
            "permit" => rules.push(Rule::new(when, vec![Jump::to(next)], *line, label).maybe(doubt)),
            "deny" | "reject" => rules.push(Rule::new(when, Vec::new(), *line, label).maybe(doubt)),
            // Logging only; that evaluation goes on is recalled.
            "log" => rules.push(Rule::new(when, Vec::new(), *line, label).doubtful(Doubt::Unsourced)),
            _ => {
                b.unknown(*line, Scope::Device);
            }
        }
    }
    b.fill(stage, rules, Vec::new());
}

/// `portfwd` and `netmap … dst` before the firewall, `masq` and `netmap … src` after it (W9); IPv4 only.
fn nat_stages(b: &mut Builder, c: &Config, inbound: NodeId, routing: NodeId, outbound: NodeId) {
    let (mut coming, mut going) = (Vec::new(), Vec::new());
    let own: Ranges = b
        .device
        .interfaces
        .iter()
        .flat_map(|i| i.addresses.iter().map(|a| (a.address, a.address)))
        .collect::<Ranges>()
        .intersect(&net::all_v4());
    let rules = if c.nat_enabled { c.nat.as_slice() } else { &[] };
    for (number, words, line) in rules {
        let label = format!("nat rule {number}");
        let text: Vec<&str> = words.iter().map(String::as_str).collect();
        let (Some(app), Some(from)) = (text.get(1).and_then(|a| service(c, a)), after(words, "from")) else {
            b.unknown(*line, Scope::Device);
            continue;
        };
        let source = side(b, c, from, true);
        match text[..] {
            ["portfwd", _, "from", _, ref rest @ ..] => {
                let Some((to, target, port)) = forward(c, rest) else {
                    b.unknown(*line, Scope::Device);
                    continue;
                };
                let meant =
                    Cube::any().with(Field::Dst, to.map_or_else(|| own.clone(), |name| addresses(c, name)));
                let when = product(&[&source, &app, &[meant]]);
                let mut jump = Jump::to(routing).put(Field::Dst, target);
                if let Some(port) = port {
                    jump = jump.put(Field::Dport, port);
                }
                coming.push(Rule::new(when, vec![jump], *line, label));
            }
            ["netmap", _, "from", _, "to", to, "with", side_word @ ("dst" | "src"), net_text] => {
                let dst = side_word == "dst";
                let given = addresses(c, if dst { to } else { from });
                let shift = net::parse_prefix(net_text).and_then(|n| one_to_one(&given, &n));
                let Some(delta) = shift else {
                    b.unknown(*line, Scope::Device);
                    continue;
                };
                if dst {
                    let meant = Cube::any().with(Field::Dst, given);
                    let mut jump = Jump::to(routing);
                    jump.set.push(Assign::Shift(Field::Dst, delta));
                    coming.push(Rule::new(product(&[&source, &app, &[meant]]), vec![jump], *line, label));
                } else {
                    let when = product(&[&source, &side(b, c, to, false), &app]);
                    let mut jump = Jump::to(Device::EGRESS);
                    jump.set.push(Assign::Shift(Field::Src, delta));
                    going.push(Rule::new(when, vec![jump], *line, label));
                }
            }
            ["masq", _, "from", _, "to", to] | ["masq", _, "from", _, "to", to, "with", "src", _] => {
                let when = product(&[
                    &source,
                    &side(b, c, to, false),
                    &app,
                    &[Cube::any().with(Field::Src, net::all_v4())],
                ]);
                let address = after(words, "src").and_then(|a| target_address(c, a)).map(Ranges::one);
                let jump = Jump::to(Device::EGRESS)
                    .set(Field::Src, address.unwrap_or_else(|| own.clone()))
                    .set(Field::Sport, Ranges::span(0, 65_535));
                going.push(Rule::new(when, vec![jump], *line, label));
            }
            _ => {
                b.unknown(*line, Scope::Device);
            }
        }
    }
    b.fill(inbound, coming, vec![Jump::to(routing)]);
    b.fill(outbound, going, vec![Jump::to(Device::EGRESS)]);
}

/// `[to ENTITY] with dst ADDRESS [dport PORT]`.
fn forward<'a>(c: &Config, words: &[&'a str]) -> Option<(Option<&'a str>, u128, Option<u128>)> {
    let (to, words) = match *words {
        ["to", name, ref rest @ ..] => (Some(name), rest),
        ref rest => (None, rest),
    };
    let (target, port) = match *words {
        ["with", "dst", target] => (target, None),
        ["with", "dst", target, "dport", port] => (target, Some(port.parse::<u16>().ok()?.into())),
        _ => return None,
    };
    Some((to, target_address(c, target)?, port))
}

/// Addresses of an entity, whatever interface they are tied to.
fn addresses(c: &Config, name: &str) -> Ranges {
    let members = c.entities.get(name).map_or(&[][..], Vec::as_slice);
    members.iter().fold(Ranges::empty(), |all, m| all.union(&m.addresses))
}

/// Distance from one block of addresses to another of the same size, or to the start of a larger one.
fn one_to_one(from: &Ranges, to: &Ranges) -> Option<u128> {
    match (from.intervals(), to.intervals()) {
        (&[(a, b)], &[(c, d)]) if b - a <= d - c => Some(c.wrapping_sub(a)),
        _ => None,
    }
}

fn target_address(c: &Config, text: &str) -> Option<u128> {
    net::parse_v4(text).or_else(|| match c.entities.get(text)?.as_slice() {
        [one] => one.addresses.single(),
        _ => None,
    })
}
