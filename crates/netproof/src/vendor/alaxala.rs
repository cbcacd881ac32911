//! Alaxala AX. Semantics: devices-jp §2 (source keys A1–A9); what was not read there is doubtful.

use std::collections::HashMap;

use crate::model::{
    Adjacency, Device, Doubt, Interface, InterfaceAddress, InterfaceKind, Jump, NextHop, NodeId, Rule,
};
use crate::net;
use crate::space::{Cube, Field};

use super::build::{Builder, Route, Scope};
use super::cisco::acl::{self, Dialect, Entry, Fragments, Groups, List};
use super::cisco::sections::{self, Section, ignore_all, unknown_all};
use super::cisco::services::guarded;
use super::doors::Door;
use super::switched::{Crossing, Port, attach_parts, attach_ports, entering, entrances, exits, share};
use super::{ReadOptions, Vendor};

const V4: Dialect = Dialect { six: false, inverse: true, fragments: Fragments::NeverMatch, cisco: false };
const V6: Dialect = Dialect { six: true, ..V4 };

/// Reviewed line prefixes that cannot make a packet pass.
const IGNORED: &[(&str, &str)] = &[
    ("aaa", "admin"),
    ("banner", "look"),
    ("clock", "admin"),
    ("dot1x", "access-port"),
    ("end", "look"),
    ("exit", "look"),
    ("ftp-server", "admin"),
    ("hostname", "look"),
    ("http-server", "admin"),
    ("ip host", "admin"),
    ("ip name-server", "admin"),
    ("ip domain", "admin"),
    ("ip ssh", "admin"),
    ("ip dhcp", "addressing"),
    ("line", "admin"),
    ("lldp", "link"),
    ("logging", "log"),
    ("mac-address-table", "link"),
    ("ntp", "admin"),
    ("power", "platform"),
    ("qos", "shaping"),
    ("qos-flow-list", "shaping"),
    ("ip qos-flow-list", "shaping"),
    ("radius-server", "admin"),
    ("rmon", "monitor"),
    ("sflow", "copy-only"),
    ("snmp-server", "admin"),
    ("spanning-tree", "access-port"),
    ("stack", "ha"),
    ("switch", "ha"),
    ("system", "platform"),
    ("tacacs-server", "admin"),
    ("username", "admin"),
    ("version", "header"),
    ("vlan", "access-port"),
    ("monitor session", "copy-only"),
    ("access-log", "log"),
    ("loop-detection", "drops-only"),
    ("igmp snooping", "multicast"),
    ("mld snooping", "multicast"),
    ("l2-mld snooping", "multicast"),
    ("ip route static maximum-paths", "routing-detail"),
    ("axrp", "access-port"),
    ("transport", "admin"),
];

/// Reviewed prefixes under an interface.
const INTERFACE: &[(&str, &str)] = &[
    ("description", "look"),
    ("mtu", "link"),
    ("speed", "link"),
    ("duplex", "link"),
    ("media-type", "link"),
    ("mdix", "link"),
    ("lacp", "link"),
    ("spanning-tree", "access-port"),
    ("storm-control", "shaping"),
    ("lldp", "link"),
    ("qos-flow-group", "shaping"),
    ("ip qos-flow-group", "shaping"),
    ("snmp", "admin"),
    ("bandwidth", "routing-detail"),
    ("loop-detection", "drops-only"),
    ("dot1x", "access-port"),
    ("no", "switched-off"),
    ("ip mtu", "link"),
    ("flowcontrol", "link"),
    ("shutdown", "looked-at"),
    ("name", "look"),
    ("state", "access-port"),
    ("ip dhcp", "addressing"),
    ("ipv6 enable", "looked-at"),
    ("vrrp", "ha"),
];

struct Binding {
    interface: usize,
    list: String,
    outward: bool,
    six: bool,
    line: u32,
}

#[derive(Default)]
struct Config {
    lists: HashMap<(bool, String), List>,
    bindings: Vec<Binding>,
    /// Lists of another kind on an interface: (interface, outward, line).
    others: Vec<(usize, bool, u32)>,
    statics: Vec<(String, Route, u128)>,
    dynamic: Option<u32>,
    /// Ports that are parts of a channel, with its name.
    channels: Vec<(usize, String)>,
    mode: Option<String>,
    /// `line vty`: lists of who may log in, IPv4 and IPv6.
    vtys: Vec<(u32, [Option<String>; 2])>,
}

/// What the hardware decides.
struct Model<'a> {
    name: &'a str,
    /// Declared: lists end in an implicit discard.
    implicit_discard: bool,
}

/// Reads an Alaxala configuration. The model decides what happens when no entry matches.
#[must_use]
pub(super) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::AlaxalaAx, name, file, text, options);
    let parsed = sections::parse(&b.device.text.clone());
    for line in &parsed.comments {
        b.ignored(*line, "comment");
    }
    let mut c = Config::default();
    for section in &parsed.sections {
        top(&mut b, &mut c, section);
    }
    for list in c.lists.values_mut() {
        list.sort();
    }
    lower(b, &c, options)
}

fn top(b: &mut Builder, c: &mut Config, section: &Section) {
    let words = section.slices();
    let done = match words[..] {
        ["interface", ..] => {
            interface(b, c, section);
            true
        }
        ["ip" | "ipv6", "access-list", ref rest @ ..] => {
            let name = rest.last().copied().unwrap_or_default();
            access_list(b, c, section, name, rest.first() == Some(&"standard"), words[0] == "ipv6");
            true
        }
        // MAC lists see non-IP frames too; their no-match scope is not sourced.
        ["mac" | "advance", "access-list", ..] => {
            unknown_all(b, section, &Scope::Drops);
            return;
        }
        ["flow", "detection", "mode", mode] => {
            c.mode = Some(mode.to_owned());
            true
        }
        ["flow", "detection", "out", "mode", _] => true,
        // A next hop in another VRF has words of its own (AX3660S CFGUIDE3 8.12.3).
        ["ip", "route", "vrf", vrf, net_text, mask, via, ref rest @ ..] if !rest.contains(&"vrf") => {
            static_route(c, section.line, vrf, (net_text, mask, via))
        }
        ["ip", "route", net_text, mask, via, ref rest @ ..]
            if !["static", "vrf"].contains(&net_text) && !rest.contains(&"vrf") =>
        {
            static_route(c, section.line, "", (net_text, mask, via))
        }
        // Tables of their own; what brings routes of another one in stands inside (AX6000S CFGUIDE3 34.1.2, AX3660S CFGUIDE3
        // 8.12.3).
        ["vrf", "definition", _] => {
            for child in &section.children {
                unknown_all(b, child, &Scope::Device);
            }
            true
        }
        // What VRFs exclude: spanning tree, rings, doubled switches.
        ["vrf", "mode", _] => true,
        ["ip" | "ipv6", "multicast", ..] | ["ip" | "ipv6", "pim", ..] => {
            b.forwards_multicast(section.line);
            true
        }
        ["line", "vty", ..] => {
            vty(b, c, section);
            true
        }
        ["router", ..] => {
            c.dynamic = Some(section.line);
            for child in &section.children {
                b.lowered(child.line, "routing protocol");
            }
            true
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

fn static_route(c: &mut Config, line: u32, vrf: &str, (ip, mask, via): (&str, &str, &str)) -> bool {
    let prefix = net::parse_v4(ip).zip(net::mask_length(mask)).and_then(|(ip, l)| net::network(ip, l));
    let (Some(prefix), Some(via)) = (prefix, net::parse_v4(via)) else { return false };
    // The IOS-like reading of `ip route` is recalled, not sourced (§2.3).
    let route = Route { prefix, hops: Vec::new(), distance: 2, line, doubt: Some(Doubt::Unsourced) };
    c.statics.push((vrf.to_owned(), route, via));
    true
}

fn interface(b: &mut Builder, c: &mut Config, section: &Section) {
    let name = section.words[1..].join(" ");
    let number = b.device.interfaces.len();
    b.device.interfaces.push(Interface::new(name.clone(), section.line));
    let mut port = Port::default();
    for child in &section.children {
        let words = child.slices();
        let done = match words[..] {
            ["ip", "address", ip, mask] => {
                let found = net::parse_v4(ip)
                    .and_then(|a| net::mask_length(mask).and_then(|l| net::network(a, l)).map(|n| (a, n)));
                if let Some((address, (first, last))) = found {
                    b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
                }
                found.is_some()
            }
            // A loopback interface has an address and no network.
            ["ip", "address", ip] if name.to_ascii_lowercase().starts_with("loopback") => {
                let found = net::parse_v4(ip);
                if let Some(address) = found {
                    let it = &mut b.device.interfaces[number];
                    it.kind = InterfaceKind::Loopback;
                    it.addresses.push(InterfaceAddress { address, first: address, last: address });
                }
                found.is_some()
            }
            ["ipv6", "address", text] => {
                let found = text.split_once('/').and_then(|(ip, l)| {
                    let address = net::parse_ip(ip)?;
                    Some((address, net::network(address, l.parse().ok()?)?))
                });
                if let Some((address, (first, last))) = found {
                    b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
                }
                found.is_some()
            }
            ["channel-group", channel, ..] if channel.parse::<u16>().is_ok() => {
                c.channels.push((number, format!("port-channel{channel}")));
                true
            }
            ["channel-group", ..] => true,
            ["shutdown"] => {
                b.device.interfaces[number].enabled = false;
                true
            }
            ["switchport", ref rest @ ..] => {
                if !port.line(rest, &mut b.device.interfaces[number]) {
                    // It may join VLANs, which is no matter of this port alone.
                    unknown_all(b, child, &Scope::Device);
                    continue;
                }
                true
            }
            ["vrf", "forwarding", vrf] => {
                vrf.clone_into(&mut b.device.interfaces[number].vrf);
                true
            }
            // The port joins the chassis of one stack: nobody is attached.
            ["stack", "port"] => {
                b.device.interfaces[number].enabled = false;
                true
            }
            ["ip", "helper-address", server] => {
                let server = net::parse_v4(server);
                if let Some(server) = server {
                    b.relay(number, server, child.line);
                }
                server.is_some()
            }
            ["vrrp", _, "ip", ip, ..] => {
                share(&mut b.device.interfaces[number], ip);
                true
            }
            ["ipv6", "address", "autoconfig" | "dhcp", ..] => {
                b.device.interfaces[number].dynamic6 = true;
                true
            }
            ["ip", "access-group", list, direction @ ("in" | "out")]
            | ["ipv6", "traffic-filter", list, direction @ ("in" | "out")] => {
                c.bindings.push(Binding {
                    interface: number,
                    list: list.to_owned(),
                    outward: direction == "out",
                    six: words[0] == "ipv6",
                    line: child.line,
                });
                true
            }
            ["mac" | "advance", "access-group", ..] => {
                c.others.push((number, words.last() == Some(&"out"), child.line));
                unknown_all(b, child, &Scope::Drops);
                continue;
            }
            _ => false,
        };
        if done {
            b.lowered(child.line, format!("interface {name}"));
            continue;
        }
        match super::cisco_prefix(INTERFACE, &child.text()) {
            Some(rule) => ignore_all(b, child, rule),
            None => unknown_all(b, child, &Scope::Interface(name.clone())),
        }
    }
    port.finish(&mut b.device.interfaces[number]);
}

fn access_list(b: &mut Builder, c: &mut Config, section: &Section, name: &str, standard: bool, six: bool) {
    let list = c.lists.entry((six, name.to_owned())).or_default();
    for child in &section.children {
        let words = child.slices();
        let (sequence, words) = match words[0].parse::<u32>() {
            Ok(n) => (n, &words[1..]),
            Err(_) => (list.next_sequence(10), &words[..]),
        };
        if words.first() == Some(&"remark") {
            b.ignored(child.line, "look");
            continue;
        }
        let dialect = if six { V6 } else { V4 };
        let entry = if standard {
            acl::standard(words, child.line, sequence)
        } else {
            acl::extended(words, child.line, sequence, dialect, &Groups::default())
        };
        match entry {
            Some(entry) => {
                b.lowered(child.line, "access-list");
                list.entries.push(entry);
            }
            // With `action` the entry says where packets go, whatever the routes say.
            None if words.contains(&"action") => {
                b.unknown(child.line, Scope::Device);
            }
            None => {
                if b.unknown(child.line, Scope::Rule(format!("access-list {name}"))) {
                    list.entries.extend(Entry::unread(child.line, sequence));
                }
            }
        }
    }
}

/// Whether lists of this family certainly work in the device's detection mode (A2, A6).
fn works_in_mode(model: &str, mode: Option<&str>, six: bool) -> bool {
    if model.starts_with("AX8600") {
        return true;
    }
    match (mode, six) {
        (None, false) => !model.starts_with("AX2400"),
        (None, true) => false,
        (Some(m), false) if m.starts_with("layer3") => true,
        (Some(m), true) if m.starts_with("layer3") => {
            matches!(
                m,
                "layer3-6"
                    | "layer3-mirror-3"
                    | "layer3-mirror-4"
                    | "layer3-mirror-5"
                    | "layer3-suppress-2"
                    | "layer3-suppress-mirror-2"
            )
        }
        (Some(m), false) => {
            matches!(m, "layer2-2" | "layer2-3" | "layer2-4" | "layer2-5" | "layer2-6" | "layer2-dhcp-1")
        }
        (Some(m), true) => matches!(m, "layer2-3" | "layer2-4"),
    }
}

fn lower(mut b: Builder, c: &Config, options: &ReadOptions) -> Device {
    attach_ports(&mut b);
    let parts = attach_parts(&mut b, &c.channels);
    let entry = b.stage("in-lists");
    let routing = b.stage("route");
    let out_lists = b.stage("out-lists");
    let rules = route_table(&mut b, c, out_lists);
    b.fill(routing, rules, Vec::new());
    let mut first = entry;
    if b.relays() {
        let straight = b.stage("relay-route");
        let rules = route_table(&mut b, c, Device::EGRESS);
        b.fill(straight, rules, Vec::new());
        let all: Vec<usize> = (0..b.device.interfaces.len()).collect();
        first = b.relayed(&all, entry, straight);
    }
    let name = options.model.as_deref().unwrap_or_default();
    let of = Model { name, implicit_discard: options.implicit_discard };
    for (stage, next, outward) in [(entry, routing, false), (out_lists, Device::EGRESS, true)] {
        bind(&mut b, c, stage, next, outward, &of);
    }
    if name.starts_with("AX8300") && !c.vtys.is_empty() {
        let doors = doors(c);
        b.doors(&doors);
    }
    // That the lists of the channel hold for its ports is recalled.
    let first = b.by_parts(first, &parts, Some(Doubt::Unsourced));
    b.finish(first)
}

/// Who may log in, and what says nothing about it.
fn vty(b: &mut Builder, c: &mut Config, section: &Section) {
    let mut lists = [None, None];
    for child in &section.children {
        match child.slices()[..] {
            ["ip", "access-group", list, "in"] => lists[0] = Some(list.to_owned()),
            ["ipv6", "access-class", list, "in"] => lists[1] = Some(list.to_owned()),
            _ => {
                b.ignored(child.line, "admin");
                continue;
            }
        }
        b.lowered(child.line, "line vty");
    }
    c.vtys.push((section.line, lists));
}

/// Terminals that log in from afar: those of the list, or all when there is none (AX8300S CFGUIDE 8.1.8). Which of the
/// services runs was not read.
fn doors(c: &Config) -> Vec<Door> {
    let families = [(false, net::all_v4()), (true, net::all_v6())];
    let service = |port: u16| {
        let mut door = Door::tcp("line vty", c.vtys.first().map_or(0, |v| v.0), port);
        for (line, lists) in &c.vtys {
            for (six, family) in families.clone() {
                let named = lists[usize::from(six)].as_deref();
                let list = |name: &str| c.lists.get(&(six, name.to_owned())).cloned();
                guarded(&mut door, *line, family, Some(Doubt::Unsourced), named, list);
            }
        }
        door
    };
    [23, 22].map(service).to_vec()
}

/// Bridged VLANs, own addresses and routes; what is forwarded goes to `next`.
fn route_table(b: &mut Builder, c: &Config, next: NodeId) -> Vec<Rule> {
    let mut rules = Vec::new();
    // A VLAN without address is only bridged: which port the frame leaves by is not decided here.
    for n in 0..b.device.interfaces.len() {
        let bare = b.device.interfaces[n].addresses.is_empty() && b.device.interfaces[n].port_of.is_none();
        if bare {
            let out = b.adjacency(Adjacency { interface: n, next: NextHop::Direct });
            let here = Cube::any().with(Field::In, entering(b, n));
            let jump = Jump::to(next).put(Field::Out, out as u128);
            rules.push(Rule::new(vec![here], vec![jump], b.device.interfaces[n].line, "bridged"));
        }
    }
    for vrf in b.vrfs() {
        let here = Cube::any().with(Field::In, b.members(&vrf));
        rules.push(b.local_rule(&vrf, &here));
        rules.extend(b.doubtful_broadcasts(&vrf, &here));
        let mut list = b.connected(&vrf);
        if let Some(line) = c.dynamic {
            let (more, learnt) = b.learnt(Some(&vrf), line, next);
            rules.extend(more.into_iter().map(|rule| rule.within(&here)));
            list.extend(learnt);
        }
        let own = c.statics.iter().filter(|s| s.0 == vrf).map(|s| (s.1.clone(), s.2));
        let own: Vec<(Route, u128)> = own.collect();
        let mut list = b.resolve_all(&vrf, list, own.clone(), Some(Doubt::Unsourced));
        list.extend(b.across(&vrf, &own));
        rules.extend(b.route_rules(list, &here, next));
    }
    rules
}

/// Dispatch by interface. A port list and the list of its VLAN are searched independently and one acts (A6): when
/// they disagree, either may.
fn bind(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId, outward: bool, of: &Model<'_>) {
    let mut dispatch = Vec::new();
    for six in [false, true] {
        let bound: Vec<&Binding> =
            c.bindings.iter().filter(|x| x.outward == outward && x.six == six).collect();
        let places: Vec<usize> = bound.iter().map(|x| x.interface).collect();
        for crossing in if outward { exits(b, &places) } else { entrances(b, &places) } {
            let here = if outward {
                Cube::any().with(Field::Out, b.out_of(&[crossing.owner]))
            } else {
                Cube::any().with(Field::In, crossing.values.clone())
            };
            let here = here.with(Field::Dst, if six { net::all_v6() } else { net::all_v4() });
            dispatch.push(guard(b, c, &bound, &crossing, here, next, of));
        }
    }
    b.fill(stage, dispatch, vec![Jump::to(next)]);
}

/// The lists of one way in or out.
fn guard(
    b: &mut Builder,
    c: &Config,
    bound: &[&Binding],
    crossing: &Crossing,
    here: Cube,
    next: NodeId,
    of: &Model<'_>,
) -> Rule {
    let drop = b.stage("dropped");
    let mut then: Vec<Jump> = Vec::new();
    let mut line = crossing.own.map_or(0, |n| bound[n].line);
    for port in &crossing.ports {
        let to = match (port, crossing.own) {
            (None, None) => next,
            (None, Some(list)) => table(b, c, bound[list], (next, drop), of),
            (Some(list), None) => table(b, c, bound[*list], (next, drop), of),
            (Some(list), Some(own)) => {
                let either = b.stage("either");
                let doubtful = Rule::new(vec![Cube::any()], Vec::new(), bound[*list].line, "lists disagree");
                b.fill(either, vec![doubtful.doubtful(Doubt::Unsourced)], vec![Jump::to(next)]);
                let yes = table(b, c, bound[own], (next, either), of);
                let no = table(b, c, bound[own], (either, drop), of);
                table(b, c, bound[*list], (yes, no), of)
            }
        };
        line = port.map_or(line, |list| bound[list].line);
        if !then.contains(&Jump::to(to)) {
            then.push(Jump::to(to));
        }
    }
    Rule::new(vec![here], then, line, "access-group")
}

/// One list: permitted packets go to `targets.0`, denied ones to `targets.1`.
fn table(
    b: &mut Builder,
    c: &Config,
    binding: &Binding,
    targets: (NodeId, NodeId),
    of: &Model<'_>,
) -> NodeId {
    let name = b.device.interfaces[binding.interface].name.clone();
    let direction = if binding.outward { "out" } else { "in" };
    let node = b.stage(&format!("{direction} {name} {}", binding.list));
    let (pass, deny) = (vec![Jump::to(targets.0)], vec![Jump::to(targets.1)]);
    let mut rules = Vec::new();
    // Lists of several kinds on one interface: the table that says which acts was not seen (A2).
    for (_, _, line) in c.others.iter().filter(|o| o.0 == binding.interface && o.1 == binding.outward) {
        let rest = Rule::new(vec![Cube::any()], pass.clone(), *line, "list of another kind");
        rules.push(rest.doubtful(Doubt::Unsourced));
    }
    let list = c.lists.get(&(binding.six, binding.list.clone()));
    if !works_in_mode(of.name, c.mode.as_deref(), binding.six) {
        // The device may have refused the line, or treat it as anything: nothing behind it can be relied on.
        let jumps = b.anywhere(None, Device::EGRESS);
        rules.push(
            Rule::new(vec![Cube::any()], jumps, binding.line, "detection mode").doubtful(Doubt::Unsourced),
        );
        rules.push(
            Rule::new(vec![Cube::any()], pass.clone(), binding.line, "detection mode")
                .doubtful(Doubt::Unsourced),
        );
    }
    match list {
        None => rules.push(
            Rule::new(vec![Cube::any()], pass, binding.line, "undefined list").doubtful(Doubt::Undefined),
        ),
        Some(list) => {
            for entry in &list.entries {
                for mut rule in entry.rules(&format!("{} seq {}", binding.list, entry.sequence), &pass) {
                    if rule.then.is_empty() {
                        rule.then.clone_from(&deny);
                    }
                    rules.push(rule);
                }
            }
            // The implicit discard was read for AX8600R only (A5).
            if !of.name.starts_with("AX8600") && !of.implicit_discard {
                let rest = Rule::new(vec![Cube::any()], pass, binding.line, "implicit discard");
                rules.push(rest.doubtful(Doubt::Unsourced));
            }
        }
    }
    b.fill(node, rules, deny);
    node
}
