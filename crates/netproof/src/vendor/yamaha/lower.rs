//! From lines to tables: inbound NAT → in filter → forward filter → routes → out filter → VLAN interconnect →
//! outbound NAT.

use std::collections::BTreeMap;

use crate::model::{Device, Doubt, Interface, InterfaceAddress, InterfaceKind, Jump, NodeId, Rule, Severity};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::build::{Builder, Scope};
use super::super::switched::{entering, share};
use super::super::{ReadOptions, Vendor};
use super::filter::Filter;
use super::nat::{self, Descriptors};
use super::services::Services;
use super::{reviewed, route};

/// A `secure filter` binding.
#[derive(Clone, Debug, Default)]
struct Binding {
    numbers: Vec<u32>,
    dynamic: Option<Vec<u32>>,
    line: u32,
}

/// What `ip filter directed-broadcast` says (§8.1.13, initial value `on`): broadcasts from elsewhere are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Broadcasts {
    #[default]
    Dropped,
    Passed,
    /// Filters say which, or hosts are woken up by them.
    Some,
}

/// (interface key, IPv6, outward)
type Side = (String, bool, bool);

#[derive(Debug, Default)]
struct Config {
    filters: BTreeMap<u32, Filter>,
    filters6: BTreeMap<u32, Filter>,
    bindings: BTreeMap<Side, Binding>,
    sets: BTreeMap<String, Vec<(bool, Binding)>>,
    named: Vec<(String, String, u32)>,
    nat: Descriptors,
    nat_on: Vec<(String, Vec<u32>)>,
    routes: Vec<route::Line>,
    forwards: Vec<route::Forward>,
    forward_on: Vec<(String, u32)>,
    rebound: BTreeMap<String, bool>,
    interconnect: Vec<(String, String, u32)>,
    routing_off: bool,
    routing_off6: bool,
    dynamic_routing: Option<u32>,
    /// A run-time IPv4 or IPv6 address: routes nobody wrote down.
    /// Interfaces with a run-time address, of IPv6 or IPv4, with the line that says so.
    dynamic_address: Vec<(String, bool, u32)>,
    enabled: Vec<String>,
    bridges: Vec<(String, Vec<String>, u32)>,
    /// Second form of `ip filter dynamic`: number → (filters of `in`, line).
    triggers: BTreeMap<u32, (Vec<u32>, u32)>,
    /// Whether a LAN is divided into `vlanN` networks.
    divided: bool,
    services: Services,
    /// What becomes of broadcasts from other networks.
    broadcasts: Broadcasts,
    /// LAN interfaces that are switched off, the networks of their VLANs and ports with them.
    shut: Vec<String>,
    /// Connected networks come before static routes to the same network, which tie with them otherwise.
    connected_first: bool,
    /// Whether DHCP requests are sent on, and to whom.
    relaying: bool,
    relays: Vec<(u128, u32)>,
}

/// Reads a YAMAHA configuration.
#[must_use]
pub(crate) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::YamahaRtx, name, file, text, options);
    let raw = b.device.text.clone();
    let mut config = Config::default();
    let mut selected: Option<String> = None;
    for (number, line) in (1u32..).zip(&raw) {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            b.ignored(number, "comment");
            continue;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            ["pp" | "tunnel", "select", "none"] => {
                selected = None;
                b.lowered(number, "context");
            }
            ["pp" | "tunnel", "select", which] => {
                let name = format!("{}{which}", words[0]);
                interface(&mut b, &name, number);
                selected = Some(name);
                b.lowered(number, "context");
            }
            ["pp" | "tunnel", "enable", which] => {
                let name = format!("{}{which}", words[0]);
                interface(&mut b, &name, number);
                config.enabled.push(name);
                b.lowered(number, "interface");
            }
            _ => {
                if !read_line(&mut b, &mut config, &words, number, selected.as_deref(), options) {
                    match reviewed::line(text) {
                        Some(rule) => b.ignored(number, rule),
                        None => {
                            b.unknown(number, Scope::Device);
                        }
                    }
                }
            }
        }
    }
    for name in &config.enabled {
        if let Some(n) = b.device.interface(name) {
            b.device.interfaces[n].enabled = true;
        }
    }
    for interface in &mut b.device.interfaces {
        let whole = interface.name.split(['/', '.']).next().unwrap_or_default();
        interface.enabled &= !config.shut.iter().any(|name| name == whole);
    }
    lower(b, &config)
}

/// Number of an interface, made on first mention. PP and tunnel peers start disabled (§14.4, ch. 56).
fn interface(b: &mut Builder, name: &str, line: u32) -> usize {
    if let Some(found) = b.device.interface(name) {
        return found;
    }
    let mut interface = Interface::new(name, line);
    if name.starts_with("pp") || name.starts_with("tunnel") {
        interface.enabled = false;
        if name.starts_with("tunnel") {
            interface.kind = InterfaceKind::Tunnel;
        }
    }
    if name.starts_with("loopback") || name == "null" {
        interface.kind = InterfaceKind::Loopback;
    }
    b.device.interfaces.push(interface);
    b.device.interfaces.len() - 1
}

pub(super) fn is_interface(word: &str) -> bool {
    ["lan", "wan", "vlan", "bridge", "loopback", "null"].iter().any(|p| {
        word.strip_prefix(p).is_some_and(|r| r.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '.')))
    })
}

/// Reads one line; false when it is not one of the understood ones.
fn read_line(
    b: &mut Builder,
    c: &mut Config,
    words: &[&str],
    line: u32,
    selected: Option<&str>,
    options: &ReadOptions,
) -> bool {
    let six = words[0] == "ipv6";
    let done = match *words {
        ["ip" | "ipv6", "routing", state] => {
            let off = state == "off";
            if six {
                c.routing_off6 = off
            } else {
                c.routing_off = off
            }
            true
        }
        ["ip" | "ipv6", "filter", "dynamic", "timer", ..] => true,
        ["ip" | "ipv6", "filter", "dynamic", number, ref rest @ ..] => match number.parse() {
            Ok(number) => dynamic(c, number, rest, line),
            Err(_) => false,
        },
        ["ip", "filter", "set", name, direction, ref rest @ ..] => {
            let Some(binding) = binding(rest, line) else { return false };
            c.sets.entry(name.to_owned()).or_default().push((direction == "out", binding));
            matches!(direction, "in" | "out")
        }
        ["ip" | "ipv6", "filter", number, ref rest @ ..] if number.parse::<u32>().is_ok() => {
            let Some(filter) = Filter::parse(rest, line, six, &options.objects) else { return false };
            let table = if six { &mut c.filters6 } else { &mut c.filters };
            number.parse().map(|n: u32| table.insert(n, filter)).is_ok()
        }
        ["ip" | "ipv6", "route", target, ref rest @ ..] => {
            let (Some(prefix), Some(gateways)) = (route::prefix(target, six), route::gateways(rest)) else {
                return false;
            };
            c.routes.push(route::Line { prefix, gateways, line });
            true
        }
        ["ip", "filter", "directed-broadcast", ref rest @ ..] => {
            match *rest {
                ["on"] => {}
                ["off"] => c.broadcasts = Broadcasts::Passed,
                _ => c.broadcasts = Broadcasts::Some,
            }
            true
        }
        // The preference of connected networks against 10000 of static routes, which win a tie (§8.1.33, §8.3.3).
        ["ip", "implicit-route", "preference", value] => match value.parse::<u64>() {
            Ok(value) => {
                c.connected_first = value > 10_000;
                true
            }
            Err(_) => false,
        },
        // No link comes up (§4.47); with numbers after the name only those sockets of the switch are off.
        ["lan", "shutdown", name] => {
            c.shut.push(name.to_owned());
            true
        }
        ["ip", "forward", "filter", id, order, ref rest @ ..] => {
            let (Ok(id), Ok(order), Some(mut list)) = (id.parse(), order.parse(), route::gateways(rest))
            else {
                return false;
            };
            let (Some(gateway), true) = (list.pop(), list.is_empty()) else { return false };
            c.forwards.push(route::Forward { id, order, gateway, line });
            true
        }
        ["ip", "keepalive", ..] => true,
        ["nat", "descriptor", ref rest @ ..] => nat::line(&mut c.nat, rest, line),
        ["vlan", name, "802.1q", ref rest @ ..] => {
            let n = interface(b, name, line);
            let vid = rest.iter().find_map(|w| w.strip_prefix("vid=")).and_then(|v| v.parse().ok());
            b.device.interfaces[n].vlan = vid;
            true
        }
        ["vlan", "interconnect", "group", lan, ref rest @ ..] => {
            c.interconnect.push((lan.to_owned(), rest.join(" "), line));
            true
        }
        ["rip" | "ospf" | "bgp", "use", "on"] => {
            c.dynamic_routing = Some(line);
            true
        }
        ["rip" | "ospf" | "bgp", ..] => true,
        ["lan", "type", _, ref rest @ ..] => {
            c.divided |= rest.contains(&"port-based-option=divide-network");
            true
        }
        ["bridge", "member", bridge, ref members @ ..] => {
            let members = members.iter().map(|m| (*m).to_owned()).collect();
            c.bridges.push((bridge.to_owned(), members, line));
            true
        }
        // Packets the router itself sends.
        ["ip" | "ipv6", "local", "forward", "filter", ..] => true,
        ["ethernet", "filter", ..] => true,
        // What these let pass at run time is not known; they only ever stop more.
        ["ethernet", _, "filter", ..] | ["url", _, "filter", ..] | ["dpi", "use", "on"] => {
            b.unknown(line, Scope::Drops);
            return true;
        }
        // `schedule at ID [DATE] TIME * COMMAND`: setting the clock, saving and sending a log change nothing.
        ["schedule", "at", _, ref rest @ ..]
            if rest
                .iter()
                .skip_while(|w| **w != "*")
                .nth(1)
                .is_some_and(|c| matches!(*c, "ntpdate" | "rdate" | "save" | "syslog")) =>
        {
            true
        }
        // The initial value (§1.4) of what matters whatever its value is.
        ["no", first, ..] if !matches!(first, "telnetd" | "sshd" | "httpd" | "tftp") => {
            let text = words[1..].join(" ");
            match reviewed::line(&text).filter(|rule| matches!(*rule, "admin" | "log" | "look" | "monitor")) {
                Some(rule) => {
                    b.ignored(line, rule);
                    return true;
                }
                None => return false,
            }
        }
        ["telnetd" | "sshd" | "httpd" | "tftp", ..] => c.services.line(words, line),
        ["dhcp", "service", which] => {
            c.relaying = which == "relay";
            true
        }
        ["dhcp", "relay", "server", ref servers @ ..] => {
            let all: Vec<u128> = servers.iter().filter_map(|s| net::parse_v4(s)).collect();
            c.relays.extend(all.iter().map(|server| (*server, line)));
            all.len() == servers.len()
        }
        ["upnp", "use", "off"] => true,
        ["ip" | "ipv6", "pp" | "tunnel", ref rest @ ..] => match selected {
            Some(name) => on_interface(b, c, name, rest, line, six),
            None => false,
        },
        ["ip" | "ipv6", name, ref rest @ ..] if is_interface(name) => {
            on_interface(b, c, name, rest, line, six)
        }
        _ => return false,
    };
    if done {
        b.lowered(line, words[..words.len().min(2)].join(" "));
    }
    done
}

/// `ip IF …`.
fn on_interface(b: &mut Builder, c: &mut Config, name: &str, rest: &[&str], line: u32, six: bool) -> bool {
    let n = interface(b, name, line);
    match *rest {
        ["address", "dhcp", ..] | ["secondary", "address", "dhcp", ..] => {
            c.dynamic_address.push((name.to_owned(), six, line));
            b.device.interfaces[n].dynamic6 |= six;
            true
        }
        // `pp address` learnt from the peer, `ra-prefix@lan2::1/64`, `dhcp-prefix@…`, `auto`.
        ["address", text, ..] | ["secondary", "address", text, ..] => match add_address(b, n, text) {
            Some(()) => true,
            None if six && (text == "auto" || text.contains('@')) => {
                c.dynamic_address.push((name.to_owned(), six, line));
                b.device.interfaces[n].dynamic6 = true;
                true
            }
            None => false,
        },
        ["secure", "filter", "name", set] => {
            c.named.push((name.to_owned(), set.to_owned(), line));
            true
        }
        ["secure", "filter", direction @ ("in" | "out"), ref list @ ..] => {
            let Some(binding) = binding(list, line) else { return false };
            c.bindings.insert((name.to_owned(), six, direction == "out"), binding);
            true
        }
        ["nat", "descriptor", ref list @ ..] => {
            let numbers: Option<Vec<u32>> = list.iter().map(|w| w.parse().ok()).collect();
            match numbers {
                Some(numbers) => c.nat_on.push((name.to_owned(), numbers)),
                None => {
                    b.unknown(line, Scope::Interface(name.to_owned()));
                }
            }
            true
        }
        ["forward", "filter", id] => match id.parse() {
            Ok(id) => {
                c.forward_on.push((name.to_owned(), id));
                true
            }
            Err(_) => false,
        },
        // Packets that wake hosts up are sent to the whole network before `directed-broadcast` is asked (§8.1.13).
        ["wol", "relay", state, ..] if state != "off" => {
            c.broadcasts = Broadcasts::Some;
            true
        }
        ["rebound", state @ ("on" | "off")] => {
            c.rebound.insert(name.to_owned(), state == "on");
            true
        }
        ["vrrp", id, vip, ..] if id.parse::<u8>().is_ok() => {
            share(&mut b.device.interfaces[n], vip);
            true
        }
        ["proxyarp", "on" | "vrrp", ..] => {
            b.device.interfaces[n].proxy_arp = true;
            true
        }
        ["igmp" | "pim" | "mld", ref state @ ..] if state.first() != Some(&"off") => {
            b.forwards_multicast(line);
            true
        }
        // Inspection that is switched on may drop what a filter passes.
        ["intrusion", "detection", _, ref state @ ..] if state.contains(&"on") => {
            b.unknown(line, Scope::Drops);
            let text = format!("{name} の不正アクセス検知が、フィルターを通る通信を止めることがあります");
            b.finding("rtx-ids", Severity::Info, line, text);
            true
        }
        _ => match reviewed::prefix(reviewed::INTERFACE, &rest.join(" ")) {
            Some(rule) => {
                b.ignored(line, rule);
                true
            }
            None => {
                b.unknown(line, Scope::Interface(name.to_owned()));
                true
            }
        },
    }
}

fn add_address(b: &mut Builder, n: usize, text: &str) -> Option<()> {
    // Without a mask: a host address (PP and loopback interfaces).
    let (ip, length) = text.split_once('/').unwrap_or((text, ""));
    let address = net::parse_ip(ip)?;
    let host = if net::all_v4().contains(address) { 32 } else { 128 };
    let length = match length {
        "" => host,
        text => text.parse().ok().or_else(|| net::mask_length(text))?,
    };
    let (first, last) = net::network(address, length)?;
    b.device.interfaces[n].addresses.push(InterfaceAddress { address, first, last });
    Some(())
}

/// `SRC DST APP …` or `SRC DST filter F … [in F …] [out F …]`. Of the second form the `in` part lets new connections
/// come back, whatever addresses and actions the named filters have (§8.1.14).
fn dynamic(c: &mut Config, number: u32, words: &[&str], line: u32) -> bool {
    if words.len() < 3 {
        return false;
    }
    let mut back = Vec::new();
    if words[2] == "filter" {
        let mut part = "filter";
        for word in &words[3..] {
            match word.parse::<u32>() {
                Ok(n) if part == "in" => back.push(n),
                Ok(_) => {}
                Err(_) if matches!(*word, "in" | "out") => part = *word,
                Err(_) if word.starts_with("syslog=") || word.starts_with("timeout=") => {}
                Err(_) => return false,
            }
        }
    }
    c.triggers.insert(number, (back, line));
    true
}

/// `N N … [dynamic M …]`.
fn binding(words: &[&str], line: u32) -> Option<Binding> {
    let mut out = Binding { line, ..Binding::default() };
    for word in words {
        if *word == "dynamic" {
            out.dynamic = Some(Vec::new());
        } else {
            let number = word.parse().ok()?;
            match &mut out.dynamic {
                Some(list) => list.push(number),
                None => out.numbers.push(number),
            }
        }
    }
    Some(out)
}

/// Frames are bridged between the members of a bridge: they are ports of one network.
fn bridges(b: &mut Builder, c: &Config) {
    for (bridge, members, line) in &c.bridges {
        let owner = interface(b, bridge, *line);
        for member in members {
            let port = interface(b, member, *line);
            b.device.interfaces[port].port_of = Some(owner);
        }
    }
}

/// Without the division of the LAN, `vlanN` networks do nothing (§38.2).
fn undivided(b: &mut Builder, c: &Config) {
    if c.divided {
        return;
    }
    for interface in b.device.interfaces.iter_mut().filter(|i| i.name.starts_with("vlan")) {
        interface.enabled = false;
    }
}

fn lower(mut b: Builder, c: &Config) -> Device {
    bridges(&mut b, c);
    undivided(&mut b, c);
    let entry = b.stage("entry");
    let in_filter = b.stage("in-filter");
    let forward = b.stage("forward-filter");
    let routing = b.stage("route");
    let out_filter = b.stage("out-filter");
    let interconnect = b.stage("interconnect");
    let nat_out = b.stage("nat-out");

    routes(&mut b, c, routing, out_filter);
    forwards(&mut b, c, forward, routing, out_filter);
    let sets = named_sets(&mut b, c);
    for (stage, next, outward) in [(in_filter, forward, false), (out_filter, interconnect, true)] {
        filters(&mut b, c, &sets, stage, next, outward);
    }
    let rules = interconnects(&mut b, c);
    b.fill(interconnect, rules, vec![Jump::to(nat_out)]);

    let mut inbound = unaddressed(&b, c);
    for (off, all) in [(c.routing_off, net::all_v4()), (c.routing_off6, net::all_v6())] {
        if off {
            let local = b.local_rule("", &Cube::any().with(Field::Dst, all.clone()));
            inbound.push(local);
            let all = vec![Cube::any().with(Field::Dst, all)];
            inbound.push(Rule::new(all, Vec::new(), 0, "routing off"));
        }
    }
    let mut outbound = Vec::new();
    for (name, numbers) in &c.nat_on {
        let Some(n) = b.device.interface(name) else { continue };
        let own: Ranges = b.device.interfaces[n]
            .addresses
            .iter()
            .map(|a| (a.address, a.address))
            .collect::<Ranges>()
            .intersect(&net::all_v4());
        for number in numbers {
            let Some(d) = c.nat.get(number) else { continue };
            inbound.extend(d.inbound(&entering(&b, n), &own, in_filter));
            outbound.extend(d.outbound(&b.out_of(&[n]), &own, Device::EGRESS));
            let answers = b.device.interfaces[n].answers.union(&nat::answers(d));
            b.device.interfaces[n].answers = answers;
        }
    }
    b.fill(entry, inbound, vec![Jump::to(in_filter)]);
    b.fill(nat_out, outbound, vec![Jump::to(Device::EGRESS)]);
    // Replies find the translation they belong to; then filters look at them like at every packet.
    b.device.nodes[nat_out].stateful = true;
    b.device.reply_entry = Some(in_filter);
    let doors = c.services.doors(&mut b);
    b.doors(&doors);
    lints(&mut b, c);
    let first = relay(&mut b, c, entry);
    b.finish(first)
}

/// An interface without an address of a family, as under PPPoE and IPoE or in an IPv4 tunnel: nobody can address a packet
/// of that family to the router there, and whether it would route one was not read. PPP and tunnels need no IPv4 address.
fn unaddressed(b: &Builder, c: &Config) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (number, it) in b.device.interfaces.iter().enumerate().filter(|(_, it)| it.port_of.is_none()) {
        for (six, family) in [(false, net::all_v4()), (true, net::all_v6())] {
            let said = it.addresses.iter().any(|a| family.contains(a.address))
                || c.dynamic_address.iter().any(|given| given.0 == it.name && given.1 == six)
                || c.bindings.keys().any(|side| side.0 == it.name && side.1 == six);
            if said || !six && !it.name.starts_with("lan") {
                continue;
            }
            let when = Cube::any().with(Field::In, entering(b, number)).with(Field::Dst, family);
            let rule = Rule::new(vec![when], Vec::new(), it.line, "no address");
            rules.push(rule.doubtful(Doubt::Unsourced));
        }
    }
    rules
}

/// DHCP requests of every LAN, sent on by the router itself.
fn relay(b: &mut Builder, c: &Config, first: NodeId) -> NodeId {
    if !c.relaying || c.relays.is_empty() {
        return first;
    }
    let lan = |name: &str| ["lan", "vlan", "bridge"].iter().any(|p| name.starts_with(p));
    let all: Vec<usize> =
        (0..b.device.interfaces.len()).filter(|&n| lan(&b.device.interfaces[n].name)).collect();
    for &number in &all {
        for &(server, line) in &c.relays {
            b.relay(number, server, line);
        }
    }
    let straight = b.stage("relay-route");
    routes(b, c, straight, Device::EGRESS);
    b.relayed(&all, first, straight)
}

fn routes(b: &mut Builder, c: &Config, routing: NodeId, next: NodeId) {
    let mut rules = vec![b.local_rule("", &Cube::any())];
    rules.extend(broadcasts(b, c));
    let mut learnt = Vec::new();
    if let Some(line) = c.dynamic_routing {
        let (more, routes) = b.learnt(None, line, next);
        rules.extend(more);
        learnt = routes;
    }
    for (name, six, line) in &c.dynamic_address {
        let Some(interface) = b.device.interface(name).filter(|n| b.device.interfaces[*n].enabled) else {
            continue;
        };
        let family = if *six { net::all_v6() } else { net::all_v4() };
        let when = Cube::any().with(Field::Dst, family);
        rules.extend(b.given_at_run_time(interface, &when, *line, next));
    }
    rules.extend(route::rules(b, &c.routes, &c.filters, learnt, c.connected_first, next));
    b.fill(routing, rules, Vec::new());
}

/// Broadcasts that come from other networks.
fn broadcasts(b: &Builder, c: &Config) -> Option<Rule> {
    match c.broadcasts {
        Broadcasts::Dropped => b.broadcasts("", &Cube::any(), |_| true),
        Broadcasts::Passed => None,
        Broadcasts::Some => b.doubtful_broadcasts("", &Cube::any()),
    }
}

fn forwards(b: &mut Builder, c: &Config, stage: NodeId, routing: NodeId, next: NodeId) {
    let mut dispatch = vec![b.local_rule("", &Cube::any())];
    dispatch.extend(broadcasts(b, c));
    for (name, id) in &c.forward_on {
        let Some(n) = b.device.interface(name) else { continue };
        let node = b.stage(&format!("forward-filter {name}"));
        let rules = route::forward_rules(b, *id, &c.forwards, &c.filters, next);
        b.fill(node, rules, vec![Jump::to(routing)]);
        let here = Cube::any().with(Field::In, entering(b, n)).with(Field::Dst, net::all_v4());
        dispatch.push(Rule::new(vec![here], vec![Jump::to(node)], 0, "forward filter"));
    }
    b.fill(stage, dispatch, vec![Jump::to(routing)]);
}

/// `secure filter name SET`: an undefined set acts as if there were no filter (§8.1.25).
fn named_sets(b: &mut Builder, c: &Config) -> BTreeMap<Side, Binding> {
    let mut out = c.bindings.clone();
    for (name, set, line) in &c.named {
        match c.sets.get(set) {
            Some(list) => {
                for (outward, binding) in list {
                    out.insert((name.clone(), false, *outward), binding.clone());
                }
            }
            None => {
                let text = format!(
                    "{name} が参照するフィルターセット {set} が定義されていないため、フィルターがないのと同じです"
                );
                b.finding("rtx-undefined-set", Severity::Critical, *line, text);
            }
        }
    }
    out
}

fn filters(
    b: &mut Builder,
    c: &Config,
    sets: &BTreeMap<Side, Binding>,
    stage: NodeId,
    next: NodeId,
    outward: bool,
) {
    let mut dispatch = Vec::new();
    for ((name, six, out), binding) in sets {
        if *out != outward {
            continue;
        }
        let Some(n) = b.device.interface(name) else { continue };
        let family = if *six { net::all_v6() } else { net::all_v4() };
        let here = if outward {
            Cube::any().with(Field::Out, b.out_of(&[n]))
        } else {
            Cube::any().with(Field::In, entering(b, n))
        };
        let direction = if outward { "out" } else { "in" };
        let v6 = if *six { "ipv6 " } else { "" };
        let node = b.stage(&format!("{v6}{direction} {name}"));
        let table = if *six { &c.filters6 } else { &c.filters };
        let mut rules = bound_rules(binding, table, next, *six);
        let other = sets.get(&(name.clone(), *six, !outward)).and_then(|o| o.dynamic.as_ref());
        rules.splice(0..0, triggered(c, other, table, next));
        b.fill(node, rules, Vec::new());
        dispatch.push(Rule::new(
            vec![here.with(Field::Dst, family)],
            vec![Jump::to(node)],
            binding.line,
            "secure filter",
        ));
    }
    if !outward {
        // Whether `in` filters look at packets for the router itself is not said.
        let bypass = b.local_rule("", &Cube::any()).doubtful(Doubt::Unsourced);
        dispatch.insert(0, bypass);
    }
    b.fill(stage, dispatch, vec![Jump::to(next)]);
}

/// What dynamic filters of the other direction may open here for new connections.
fn triggered(
    c: &Config,
    dynamic: Option<&Vec<u32>>,
    table: &BTreeMap<u32, Filter>,
    next: NodeId,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (back, line) in dynamic.into_iter().flatten().filter_map(|number| c.triggers.get(number)) {
        for number in back {
            let cubes = table.get(number).map_or_else(
                || vec![Cube::any()],
                |f| f.when.iter().chain(&f.fragments).map(without_addresses).collect(),
            );
            let rule = Rule::new(cubes, vec![Jump::to(next)], *line, format!("dynamic in {number}"));
            rules.push(rule.doubtful(Doubt::State));
        }
    }
    rules
}

/// Only protocol and ports of a filter count in a dynamic filter.
fn without_addresses(cube: &Cube) -> Cube {
    let mut out = cube.clone();
    out.replace(Field::Src, Ranges::span(0, u128::MAX));
    out.replace(Field::Dst, Ranges::span(0, u128::MAX));
    out
}

/// Listed order, first match; nothing matches: dropped (§8.1.25). For IPv6 that rule is not repeated in the
/// reference, and for a line with only dynamic filters nothing is said at all.
fn bound_rules(binding: &Binding, table: &BTreeMap<u32, Filter>, next: NodeId, six: bool) -> Vec<Rule> {
    let pass = vec![Jump::to(next)];
    let mut rules = Vec::new();
    for number in &binding.numbers {
        let label = format!("filter {number}");
        match table.get(number) {
            Some(filter) => rules.extend(filter.rules(&label, &pass)),
            None => {
                let any = || Rule::new(vec![Cube::any()], Vec::new(), binding.line, label.clone());
                rules.push(Rule { then: pass.clone(), ..any() }.doubtful(Doubt::Undefined));
                rules.push(any().doubtful(Doubt::Undefined));
            }
        }
    }
    if six || binding.numbers.is_empty() {
        let rest = Rule::new(vec![Cube::any()], pass, binding.line, "no filter matched");
        rules.push(rest.doubtful(Doubt::Unsourced));
    }
    rules
}

/// Traffic between sub-interfaces of one physical LAN (§38.3) and hairpins (§8.1.5).
fn interconnects(b: &mut Builder, c: &Config) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (lan, spec, line) in &c.interconnect {
        let subs: Vec<usize> = (0..b.device.interfaces.len())
            .filter(|&n| b.device.interfaces[n].name.starts_with(&format!("{lan}/")))
            .collect();
        if spec == "all" {
            continue;
        }
        for &a in &subs {
            let others: Vec<usize> = subs.iter().copied().filter(|&o| o != a).collect();
            let when =
                Cube::any().with(Field::In, Ranges::one(a as u128)).with(Field::Out, b.out_of(&others));
            let rule = Rule::new(vec![when], Vec::new(), *line, "vlan interconnect");
            rules.push(if spec == "none" { rule } else { rule.doubtful(Doubt::Unsourced) });
        }
    }
    for n in 0..b.device.interfaces.len() {
        let name = &b.device.interfaces[n].name;
        let default_on = !name.starts_with("pp");
        if !c.rebound.get(name).copied().unwrap_or(default_on) {
            let when = Cube::any().with(Field::In, Ranges::one(n as u128)).with(Field::Out, b.out_of(&[n]));
            rules.push(Rule::new(vec![when], Vec::new(), 0, "rebound off"));
        }
    }
    rules
}

fn lints(b: &mut Builder, c: &Config) {
    for n in 0..b.device.interfaces.len() {
        let (name, line) = (b.device.interfaces[n].name.clone(), b.device.interfaces[n].line);
        if b.device.interfaces[n].addresses.is_empty() {
            continue;
        }
        let bound = |six: bool| c.bindings.keys().any(|k| k.0 == name && k.1 == six);
        let named = c.named.iter().any(|x| x.0 == name);
        let six = b.device.interfaces[n].addresses.iter().any(|a| !net::all_v4().contains(a.address));
        if !bound(false) && !named {
            let text = format!("{name} にアドレスがありますが secure filter がなく、すべて通ります");
            b.finding("rtx-no-filter", Severity::Warning, line, text);
        }
        if six && !bound(true) {
            let text = format!("{name} に IPv6 アドレスがありますが IPv6 の secure filter がありません");
            b.finding("rtx-no-ipv6-filter", Severity::Critical, line, text);
        }
    }
}
