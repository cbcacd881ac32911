//! Cisco IOS and IOS-XE. Order: in ACL → NAT outside→inside → PBR → routing → zone policies → NAT inside→outside → out ACL.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Device, Doubt, InterfaceKind, Jump, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Scope};
use crate::vendor::switched::{attach_parts, attach_ports, entering};
use crate::vendor::{ReadOptions, Vendor};

use super::acl::{Groups, List};
use super::ios_acl::{Binding, bind, named_list, numbered, object_group};
use super::ios_interface::interface;
use super::ios_nat::{self, Translation};
use super::ios_route::{Static, policy_routing, routes, static_route};
use super::ios_zones::{self, Zones};
use super::reviewed;
use super::sections::{self, Section, ignore_all, unknown_all, whole};
use super::services::Services;

#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) lists: HashMap<String, List>,
    pub(super) lists6: HashMap<String, List>,
    pub(super) groups: Groups,
    pub(super) bindings: Vec<Binding>,
    pub(super) statics: Vec<Static>,
    /// Lines that begin a routing protocol.
    dynamic: Vec<u32>,
    /// Interfaces with a run-time address, whether of IPv6, and the line that says so.
    pub(super) run_time: Vec<(usize, bool, u32)>,
    /// Interfaces with `no ip address`.
    pub(super) silent: Vec<usize>,
    /// Ports that are parts of a channel, with its name.
    pub(super) channels: Vec<(usize, String)>,
    /// Interfaces that pass broadcasts from elsewhere on, and whether a list says which.
    pub(super) broadcasting: Vec<(usize, bool)>,
    pub(super) inside: Vec<usize>,
    pub(super) outside: Vec<usize>,
    pub(super) translations: Vec<Translation>,
    pub(super) pools: HashMap<String, Ranges>,
    pub(super) policies: Vec<(usize, String, u32)>,
    pub(super) maps: BTreeMap<String, Vec<Section>>,
    pub(super) zones: Zones,
    unrouted: Option<u32>,
    routed6: bool,
    /// Assumed: neighbour discovery reaches nobody in another network.
    discovery_stays: bool,
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
    let mut c = Config { discovery_stays: options.discovery_stays, ..Config::default() };
    for section in sections::inner_first(parsed.sections.iter().filter(|s| s.words[0] == "object-group")) {
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
        ["ip", "route", ref rest @ ..] => static_route(c, section.line, rest, false),
        ["ipv6", "route", ref rest @ ..] => static_route(c, section.line, rest, true),
        ["ip", "nat", ref rest @ ..] => ios_nat::line(c, rest, section.line),
        ["route-map", name, ..] => {
            c.maps.entry(name.to_owned()).or_default().push(section.clone());
            whole(b, section, "route-map");
            true
        }
        ["router", ..] => {
            c.dynamic.push(section.line);
            whole(b, section, "routing protocol");
            true
        }
        ["ip", "vrf", _] | ["vrf", "definition", _] => {
            whole(b, section, "vrf");
            joined(b, section);
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
        ["policy-map" | "class-map", "type", "inspect", ..] | ["zone" | "zone-pair", "security", ..]
            if c.zones.section(b, section) =>
        {
            return;
        }
        ["ip", "access-list", "role-based", ..] => {
            unknown_all(b, section, &Scope::Drops);
            return;
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

/// Lines of a VRF that bring the routes of another one in, whatever address family they stand under.
fn joined(b: &mut Builder, section: &Section) {
    for child in &section.children {
        let apart = matches!(
            child.slices()[..],
            ["rd", ..]
                | ["description", ..]
                | ["address-family", ..]
                | ["exit-address-family"]
                | ["route-target", "export", ..]
        );
        if !apart {
            b.unknown(child.line, Scope::Device);
        }
        joined(b, child);
    }
}

fn lower(mut b: Builder, c: &Config) -> Device {
    attach_ports(&mut b);
    let parts = attach_parts(&mut b, &c.channels);
    let lists = b.stage("in-acl");
    let untranslate = b.stage("nat-outside");
    let pbr = b.stage("pbr");
    let routing = b.stage("route");
    let zones = b.stage("zones");
    let translate = b.stage("nat-inside");
    let out_acl = b.stage("out-acl");

    let rules = route_table(&mut b, c, zones);
    b.fill(routing, rules, Vec::new());
    let mut entry = lists;
    if b.relays() {
        let straight = b.stage("relay-route");
        let rules = route_table(&mut b, c, Device::EGRESS);
        b.fill(straight, rules, Vec::new());
        let all: Vec<usize> = (0..b.device.interfaces.len()).collect();
        entry = b.relayed(&all, lists, straight);
    }

    let rules = policy_routing(&mut b, c, zones);
    b.fill(pbr, rules, vec![Jump::to(routing)]);
    ios_zones::fill(&mut b, c, zones, translate);
    ios_nat::fill(&mut b, c, untranslate, pbr, translate, out_acl);
    bind(&mut b, c, lists, untranslate, false);
    bind(&mut b, c, out_acl, Device::EGRESS, true);
    let list = |name: &str, six: bool| if six { c.lists6.get(name) } else { c.lists.get(name) }.cloned();
    b.doors(&c.services.doors(list));
    // What is said of the channel holds for its ports (Catalyst 9300 Layer 2 Configuration Guide, "EtherChannel").
    let first = b.by_parts(entry, &parts, None);
    b.finish(first)
}

/// Own addresses and routes of every VRF; routed packets go to `next`.
fn route_table(b: &mut Builder, c: &Config, next: NodeId) -> Vec<Rule> {
    let vrfs = b.vrfs();
    let mut rules = Vec::new();
    if let Some(line) = c.unrouted {
        rules
            .push(Rule::new(vec![Cube::any()], Vec::new(), line, "no ip routing").doubtful(Doubt::Unsourced));
    }
    if !c.routed6 {
        let six = vec![Cube::any().with(Field::Dst, net::all_v6())];
        rules.push(Rule::new(six, Vec::new(), 0, "ipv6 unicast-routing").doubtful(Doubt::Unsourced));
    }
    rules.extend(c.silent.iter().filter_map(|&number| unprocessed(b, c, number)));
    for vrf in &vrfs {
        let here = Cube::any().with(Field::In, b.members(vrf));
        rules.push(b.local_rule(vrf, &here));
        rules.push(discovery(&here, c.discovery_stays));
        // Dropped since 12.0 unless the interface is told otherwise (IOS IP Application Services Command Reference,
        // `ip directed-broadcast`).
        rules.extend(b.broadcasts(vrf, &here, |n| !c.broadcasting.iter().any(|told| told.0 == n)));
        rules.extend(
            b.broadcasts(vrf, &here, |n| c.broadcasting.contains(&(n, true)))
                .map(|rule| rule.doubtful(Doubt::Unsourced)),
        );
        let mut list = routes(b, c, vrf);
        for &line in &c.dynamic {
            let (more, learnt) = b.learnt(Some(vrf), line, next);
            rules.extend(more.into_iter().map(|rule| rule.within(&here)));
            list.extend(learnt);
        }
        for &(interface, six, line) in &c.run_time {
            let it = &b.device.interfaces[interface];
            if it.enabled && it.vrf == *vrf {
                let family = if six { net::all_v6() } else { net::all_v4() };
                let when = here.clone().with(Field::Dst, family);
                rules.extend(b.given_at_run_time(interface, &when, line, next));
            }
        }
        rules.extend(b.route_rules(list, &here, next));
    }
    rules
}

/// `no ip address` switches the processing of IPv4 off (IOS IP Addressing Command Reference, `ip address`): the interface
/// under a PPPoE client or subinterfaces, a VLAN that is only switched. A port that belongs to one is none of its own.
fn unprocessed(b: &Builder, c: &Config, number: usize) -> Option<Rule> {
    let it = &b.device.interfaces[number];
    let addressed = it.addresses.iter().any(|a| net::all_v4().contains(a.address))
        || c.run_time.iter().any(|given| given.0 == number && !given.1);
    if addressed || it.port_of.is_some() || it.kind != InterfaceKind::Wire {
        return None;
    }
    let when = Cube::any().with(Field::In, entering(b, number)).with(Field::Dst, net::all_v4());
    Some(Rule::new(vec![when], Vec::new(), it.line, "no ip address"))
}

/// Messages of neighbour discovery for another network. Hosts drop what a router has sent on (RFC 4861 7.1: its hop limit is
/// no longer 255); whether the router sends it on was not read, however a list lets it pass.
fn discovery(here: &Cube, stays: bool) -> Rule {
    let when = here
        .clone()
        .with(Field::Dst, net::all_v6())
        .with(Field::Proto, Ranges::one(net::ICMP6))
        .with(Field::Sport, Ranges::span(133, 137))
        .with(Field::Frag, Ranges::one(0));
    let rule = Rule::new(vec![when], Vec::new(), 0, "neighbour discovery");
    if stays { rule } else { rule.doubtful(Doubt::Discovery) }
}
