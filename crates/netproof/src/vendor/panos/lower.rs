//! From the tree to tables: route (for the zone) → translation decided → own addresses → security → translation done.

use std::collections::HashMap;

use crate::model::{
    Adjacency, Device, Doubt, Interface, InterfaceAddress, InterfaceKind, Jump, NextHop, NodeId, Rule,
};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Route, Scope};
use crate::vendor::{ReadOptions, Vendor};

use super::account::account;
use super::objects::{self, Objects};
use super::services;
use super::tree::{self, Tree};

/// Attributes of rules that never change which packets match or pass.
pub(super) const RULE_LOOKS: &[&str] = &[
    "from",
    "to",
    "source",
    "destination",
    "service",
    "application",
    "action",
    "disabled",
    "negate-source",
    "negate-destination",
    "description",
    "tag",
    "log-start",
    "log-end",
    "log-setting",
    "profile-setting",
    "rule-type",
    "option",
    "qos",
    "uuid",
    "group-tag",
    "icmp-unreachable",
    "nat-type",
    "to-interface",
    "source-translation",
    "destination-translation",
    "active-active-device-binding",
    "saas-user-list",
    "saas-tenant-list",
    "disable-server-response-inspection",
];

pub(super) struct Pan<'a> {
    pub(super) b: Builder,
    pub(super) objects: Objects,
    zones: HashMap<String, Vec<usize>>,
    pub(super) vsys: &'a Tree,
}

/// Reads a PAN-OS configuration.
#[must_use]
pub(crate) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::PanOs, name, file, text, options);
    let raw = b.device.text.clone();
    let whole = tree::parse(&raw);
    let root = whole.get("config").unwrap_or(&whole).clone();
    let device =
        root.get("devices").and_then(|d| d.children.first()).cloned().unwrap_or_else(|| root.clone());
    let systems: Vec<Tree> = device.get("vsys").map(|v| v.children.clone()).unwrap_or_default();
    let vsys = match systems.as_slice() {
        [one] => one.clone(),
        [] => device.clone(),
        many => {
            // Several virtual systems pass packets between each other in ways that are not modelled.
            for system in many {
                b.unknown(system.line, Scope::Device);
            }
            many[0].clone()
        }
    };
    account(&mut b, &whole, &root, &device, &vsys, raw.len() as u32);
    let empty = Tree::default();
    let network = device.get("network").unwrap_or(&empty);
    interfaces(&mut b, network);
    let objects = objects::read(&vsys, root.get("shared").unwrap_or(&empty), options);
    let zones = zones(&mut b, &vsys);
    let mut pan = Pan { b, objects, zones, vsys: &vsys };
    let mut entry = pan.stages(network);
    // Without a word about the management port, nothing is said about who may manage the device.
    if let Some(port) = services::management_port(&mut pan.b, &device, &mut entry)
        && let Some(doors) = services::doors(&mut pan.b, network, &port)
    {
        pan.b.doors(&doors);
    }
    pan.b.finish(entry)
}

fn interfaces(b: &mut Builder, network: &Tree) {
    let Some(all) = network.get("interface") else { return };
    for family in &all.children {
        for entry in &family.children {
            if matches!(family.name.as_str(), "loopback" | "vlan" | "tunnel") {
                if entry.name == "units" {
                    for unit in &entry.children {
                        add(b, unit, unit, &family.name);
                    }
                }
                continue;
            }
            if let Some(layer3) = entry.get("layer3") {
                add(b, entry, layer3, &family.name);
                for unit in layer3.get("units").map(|u| u.children.as_slice()).unwrap_or_default() {
                    add(b, unit, unit, &family.name);
                }
            }
        }
    }
}

fn add(b: &mut Builder, entry: &Tree, body: &Tree, family: &str) {
    let mut it = Interface::new(entry.name.clone(), entry.line);
    it.kind = match family {
        "loopback" => InterfaceKind::Loopback,
        "tunnel" => InterfaceKind::Tunnel,
        _ => InterfaceKind::Wire,
    };
    it.enabled = entry.word("link-state") != Some("down");
    it.vlan = body.word("tag").and_then(|t| t.parse().ok());
    let v6 = body.at(&["ipv6", "address"]).map(|a| a.children.as_slice()).unwrap_or_default();
    let v4 = body.get("ip").map(|a| a.children.as_slice()).unwrap_or_default();
    for text in v4.iter().chain(v6).map(|c| c.name.as_str()) {
        let parsed = text.split_once('/').and_then(|(ip, l)| {
            let address = net::parse_ip(ip)?;
            Some((address, net::network(address, l.parse().ok()?)?))
        });
        match parsed {
            Some((address, (first, last))) => it.addresses.push(InterfaceAddress { address, first, last }),
            None => {
                b.unknown(entry.line, Scope::Device);
            }
        }
    }
    let learnt6 = |key: &str| body.at(&["ipv6", key]).is_some();
    if body.get("dhcp-client").is_some()
        || body.get("pppoe").is_some()
        || learnt6("dhcp-client")
        || learnt6("inherited")
    {
        b.unknown(entry.line, Scope::Device);
    }
    b.device.interfaces.push(it);
}

fn zones(b: &mut Builder, vsys: &Tree) -> HashMap<String, Vec<usize>> {
    let mut out = HashMap::new();
    for zone in vsys.get("zone").map(|z| z.children.as_slice()).unwrap_or_default() {
        let mut members = Vec::new();
        for kind in zone.get("network").map(|n| n.children.as_slice()).unwrap_or_default() {
            match kind.name.as_str() {
                "layer3" => members.extend(kind.children.iter().filter_map(|c| b.device.interface(&c.name))),
                "zone-protection-profile" | "enable-packet-buffer-protection" | "log-setting" => {}
                _ if kind.children.is_empty() => {}
                // Layer-2, virtual-wire, tap and external zones.
                _ => {
                    b.unknown(kind.line, Scope::Device);
                }
            }
        }
        out.insert(zone.name.clone(), members);
    }
    out
}

/// A match part: cubes, and why it may differ.
pub(super) struct Part {
    pub(super) cubes: Vec<Cube>,
    pub(super) doubt: Option<Doubt>,
}

impl Pan<'_> {
    fn stages(&mut self, network: &Tree) -> NodeId {
        let entry = self.b.stage("zone-lookup");
        let decide = self.b.stage("nat-decide");
        let local = self.b.stage("own-address");
        let security = self.b.stage("security");
        let apply = self.b.stage("nat-apply");
        let reply = self.b.stage("reply-route");
        self.b.device.nodes[security].stateful = true;
        let routes = self.routes(network);
        for (stage, next) in [(entry, decide), (reply, Device::EGRESS)] {
            let mut rules = self.own_zone(next);
            let mut all = routes.clone();
            if let Some(line) = dynamic(network) {
                let (more, learnt) = self.b.learnt(None, line, next);
                rules.extend(more);
                all.extend(learnt);
            }
            rules.extend(self.b.route_rules(all, &Cube::any(), next));
            self.b.fill(stage, rules, Vec::new());
        }
        self.b.device.reply_entry = Some(reply);
        self.nat(&routes, decide, local, apply);
        let mut own = self.b.local_rule("", &Cube::any().with(Field::Tag, Ranges::one(0)));
        own.line = 0;
        // Whether security rules look at packets for the device itself was not read.
        let selfward = self.b.stage("security-self");
        let checked = Rule { then: vec![Jump::to(selfward)], ..own.clone() };
        let unchecked = own.doubtful(Doubt::Unsourced);
        self.b.fill(local, vec![unchecked, checked], vec![Jump::to(security)]);
        self.security(security, apply);
        self.security(selfward, Device::LOCAL);
        self.relays(network, entry, reply)
    }

    /// DHCP servers that requests of an interface are sent on to.
    fn relays(&mut self, network: &Tree, first: NodeId, routes: NodeId) -> NodeId {
        let mut served = Vec::new();
        let list = network.at(&["dhcp", "interface"]).map(|l| l.children.clone()).unwrap_or_default();
        for entry in &list {
            let Some(relay) = entry.at(&["relay", "ip"]).filter(|r| r.word("enabled") != Some("no")) else {
                continue;
            };
            let Some(number) = self.b.device.interface(&entry.name) else { continue };
            for server in relay.values("server").iter().filter_map(|s| net::parse_v4(s)) {
                self.b.relay(number, server, relay.get("server").map_or(relay.line, |s| s.line));
                served.push(number);
            }
        }
        self.b.relayed(&served, first, routes)
    }

    /// Packets for an own address belong to the zone of the interface that owns it.
    fn own_zone(&mut self, next: NodeId) -> Vec<Rule> {
        let mut rules = Vec::new();
        for number in 0..self.b.device.interfaces.len() {
            let own: Ranges =
                self.b.device.interfaces[number].addresses.iter().map(|a| (a.address, a.address)).collect();
            if own.is_empty() {
                continue;
            }
            let out = self.b.adjacency(Adjacency { interface: number, next: NextHop::Direct });
            let jump = Jump::to(next).put(Field::Out, out as u128);
            rules.push(Rule::new(vec![Cube::any().with(Field::Dst, own)], vec![jump], 0, "own address"));
        }
        rules
    }

    fn routes(&mut self, network: &Tree) -> Vec<Route> {
        let mut out = self.b.connected("");
        let connected = out.clone();
        let routers = routers(network);
        if routers.iter().filter(|r| !r.values("interface").is_empty()).count() > 1 {
            // Separate routing tables that may be joined by next-vr routes.
            let line = routers[0].line;
            self.b.unknown(line, Scope::Device);
        }
        for router in &routers {
            let groups = router.get("multicast").filter(|m| !m.children.is_empty());
            if let Some(groups) = groups.filter(|m| m.word("enable") != Some("no")) {
                self.b.forwards_multicast(groups.line);
            }
            for family in ["ip", "ipv6"] {
                let list = router.at(&["routing-table", family, "static-route"]);
                for entry in list.map(|l| l.children.clone()).unwrap_or_default() {
                    // Routes that are not installed, or for multicast only, send no packet anywhere.
                    let tables = entry.values("route-table");
                    if tables.iter().any(|t| matches!(t.as_str(), "no-install" | "multicast")) {
                        continue;
                    }
                    match self.static_route(&entry, &connected) {
                        Some(route) => out.push(route),
                        None => {
                            self.b.unknown(entry.line, Scope::Device);
                        }
                    }
                }
            }
        }
        out
    }

    fn static_route(&self, entry: &Tree, connected: &[Route]) -> Option<Route> {
        let prefix = net::parse_prefix_pair(entry.word("destination")?)?;
        let distance = 10 + entry.word("metric").and_then(|m| m.parse::<u32>().ok()).unwrap_or(10);
        let mut route = Route { prefix, hops: Vec::new(), distance, line: entry.line, doubt: None };
        if entry.at(&["nexthop", "discard"]).is_some() {
            return Some(route);
        }
        let via = entry.get("nexthop").and_then(|n| n.word("ip-address").or_else(|| n.word("ipv6-address")));
        let via = via.and_then(net::parse_ip);
        route.hops = match (entry.word("interface").map(|i| self.b.device.interface(i)), via) {
            (Some(interface), via) => {
                vec![Adjacency { interface: interface?, next: via.map_or(NextHop::Direct, NextHop::Via) }]
            }
            (None, Some(via)) => self.b.resolve("", via, connected),
            (None, None) => return None,
        };
        (!route.hops.is_empty()).then_some(route)
    }

    fn addresses(&self, names: &[String], negate: bool, field: Field) -> Part {
        let all = Ranges::span(0, u128::MAX);
        let mut ranges = Ranges::empty();
        let mut doubt = None;
        for name in names {
            if name == "any" {
                ranges = all.clone();
                continue;
            }
            match self.objects.addresses.get(name) {
                Some(Some(r)) => ranges = ranges.union(r),
                Some(None) => doubt = Some(Doubt::Dynamic),
                None => match net::parse_prefix(name) {
                    Some(r) => ranges = ranges.union(&r),
                    None => doubt = Some(Doubt::Undefined),
                },
            }
        }
        if doubt.is_some() {
            ranges = all;
        } else if negate {
            ranges = ranges.complement(u128::MAX);
        }
        Part { cubes: vec![Cube::any().with(field, ranges)], doubt }
    }

    fn service(&self, names: &[String]) -> Part {
        let mut cubes = Vec::new();
        let mut doubt = None;
        for name in names {
            match (name.as_str(), self.objects.services.get(name)) {
                ("any", _) => cubes.push(Cube::any()),
                (_, Some(Some(known))) => cubes.extend(known.iter().cloned()),
                // `application-default` and factory services are not in the file.
                _ => {
                    cubes.push(Cube::any());
                    doubt = Some(Doubt::Dynamic);
                }
            }
        }
        if cubes.is_empty() {
            cubes.push(Cube::any());
        }
        Part { cubes, doubt }
    }

    fn zone(&self, names: &[String], field: Field) -> Part {
        let mut members = Vec::new();
        let mut doubt = None;
        for name in names {
            match self.zones.get(name) {
                _ if name == "any" => return Part { cubes: vec![Cube::any()], doubt: None },
                Some(list) => members.extend(list.iter().copied()),
                None => doubt = Some(Doubt::Undefined),
            }
        }
        if doubt.is_some() || names.is_empty() {
            return Part { cubes: vec![Cube::any()], doubt: doubt.or(Some(Doubt::Undefined)) };
        }
        let ranges = match field {
            Field::In => members.iter().map(|&n| (n as u128, n as u128)).collect(),
            _ => self.b.out_of(&members),
        };
        Part { cubes: vec![Cube::any().with(field, ranges)], doubt: None }
    }

    /// Cubes of a rule's match, and whether anything about it is uncertain.
    pub(super) fn matching(&mut self, rule: &Tree) -> Part {
        let parts = [
            self.zone(&rule.values("from"), Field::In),
            self.zone(&rule.values("to"), Field::Out),
            self.addresses(&rule.values("source"), rule.yes("negate-source"), Field::Src),
            self.addresses(&rule.values("destination"), rule.yes("negate-destination"), Field::Dst),
            self.service(&rule.values("service")),
        ];
        let mut doubt = parts.iter().find_map(|p| p.doubt);
        let mut cubes = vec![Cube::any()];
        for part in &parts {
            cubes = cubes
                .iter()
                .flat_map(|a| part.cubes.iter().map(|c| a.intersect(c)))
                .filter(|c| !c.is_empty())
                .collect();
        }
        for child in &rule.children {
            let plain = child.children.iter().all(|c| c.name == "any");
            match child.name.as_str() {
                name if RULE_LOOKS.contains(&name) => {}
                // User, category, device and schedule conditions: the rule may match less.
                "source-user" | "category" | "hip-profiles" | "source-hip" | "destination-hip" if plain => {}
                "source-user" | "category" | "hip-profiles" | "source-hip" | "destination-hip"
                | "schedule" => {
                    doubt = Some(Doubt::Dynamic);
                }
                _ => {
                    if self.b.unknown(child.line, Scope::Rule(format!("rule {}", rule.name))) {
                        doubt = Some(Doubt::UnknownLine);
                        cubes = vec![Cube::any()];
                    }
                }
            }
        }
        Part { cubes, doubt }
    }

    fn security(&mut self, stage: NodeId, next: NodeId) {
        let no_syn: Ranges = (0..64u128).filter(|f| f & 2 == 0 || f & 16 != 0).map(|f| (f, f)).collect();
        let tcp = Cube::any().with(Field::Proto, Ranges::one(net::TCP)).with(Field::Flags, no_syn);
        let later = Cube::any().with(Field::Frag, Ranges::one(1));
        let mut rules = vec![
            Rule::new(vec![tcp], Vec::new(), 0, "no session").doubtful(Doubt::State),
            Rule::new(vec![later], Vec::new(), 0, "fragment").doubtful(Doubt::Fragment),
        ];
        let list = self.rules_of("security");
        for rule in list.iter().filter(|r| !r.yes("disabled")) {
            let part = self.matching(rule);
            let mut doubt = part.doubt;
            // Applications are recognised only after the first packets.
            if rule.values("application").iter().any(|a| a != "any") {
                doubt = doubt.or(Some(Doubt::Dynamic));
            }
            let mut when = part.cubes;
            match rule.word("rule-type").unwrap_or("universal") {
                "universal" => {}
                kind @ ("interzone" | "intrazone") => when = self.within_zones(when, kind == "intrazone"),
                _ => doubt = doubt.or(Some(Doubt::Unsourced)),
            }
            let allow = match rule.word("action") {
                Some("allow") => true,
                Some("deny" | "drop" | "reset-client" | "reset-server" | "reset-both") => false,
                _ => {
                    doubt = Some(Doubt::UnknownLine);
                    when = vec![Cube::any()];
                    true
                }
            };
            let then = if allow { vec![Jump::to(next)] } else { Vec::new() };
            rules.push(Rule::new(when, then, rule.line, format!("rule {}", rule.name)).maybe(doubt));
        }
        let mut zones: Vec<(&String, &Vec<usize>)> = self.zones.iter().collect();
        zones.sort();
        for (name, members) in zones {
            let inside = members.iter().map(|&n| (n as u128, n as u128)).collect();
            let when = Cube::any().with(Field::In, inside).with(Field::Out, self.b.out_of(members));
            let (allow, line) = self.default_rule("intrazone-default", true);
            let then = if allow { vec![Jump::to(next)] } else { Vec::new() };
            rules.push(Rule::new(vec![when], then, line, format!("intrazone-default {name}")));
        }
        let (allow, line) = self.default_rule("interzone-default", false);
        if allow {
            rules.push(Rule::new(vec![Cube::any()], vec![Jump::to(next)], line, "interzone-default"));
        }
        self.b.fill(stage, rules, Vec::new());
    }

    /// Packets that stay in one zone, or those that do not.
    fn within_zones(&self, when: Vec<Cube>, same: bool) -> Vec<Cube> {
        let mut inside = Vec::new();
        for members in self.zones.values() {
            let own = members.iter().map(|&n| (n as u128, n as u128)).collect();
            inside.push(Cube::any().with(Field::In, own).with(Field::Out, self.b.out_of(members)));
        }
        let split = |cube: Cube| -> Vec<Cube> {
            if same {
                inside.iter().map(|z| cube.intersect(z)).filter(|c| !c.is_empty()).collect()
            } else {
                inside.iter().fold(vec![cube], |rest, z| rest.iter().flat_map(|r| r.subtract(z)).collect())
            }
        };
        when.into_iter().flat_map(split).collect()
    }

    /// Rules in evaluation order: what a manager puts before, the device's own, what a manager puts after.
    pub(super) fn rules_of(&self, kind: &str) -> Vec<Tree> {
        ["pre-rulebase", "rulebase", "post-rulebase"]
            .iter()
            .filter_map(|base| self.vsys.at(&[base, kind, "rules"]))
            .flat_map(|r| r.children.clone())
            .collect()
    }

    /// Action of a default rule that was changed, with its line; otherwise the factory action.
    fn default_rule(&self, name: &str, factory: bool) -> (bool, u32) {
        let changed = ["post-rulebase", "rulebase"]
            .iter()
            .find_map(|base| self.vsys.at(&[base, "default-security-rules", "rules", name]));
        let action = changed.and_then(|r| r.word("action").map(|a| (a == "allow", r.line)));
        action.unwrap_or((factory, 0))
    }
}

/// Routers of either kind: virtual ones, and from 10.2 logical ones, whose tables stand under `vrf`.
pub(super) fn routers(network: &Tree) -> Vec<Tree> {
    let children = |of: Option<&Tree>| of.map(|t| t.children.clone()).unwrap_or_default();
    let mut out = children(network.get("virtual-router"));
    for router in children(network.get("logical-router")) {
        out.extend(children(router.get("vrf")));
    }
    out
}

/// Line of a routing protocol that is switched on.
fn dynamic(network: &Tree) -> Option<u32> {
    let on = |p: &&Tree| !p.children.is_empty() && p.word("enable") != Some("no");
    routers(network).iter().find_map(|r| {
        let below = r.get("protocol").map(|p| p.children.clone()).unwrap_or_default();
        let mut old = below.iter().filter(|p| p.name != "redist-profile");
        let mut own =
            r.children.iter().filter(|p| matches!(p.name.as_str(), "bgp" | "ospf" | "ospfv3" | "rip"));
        old.find(on).or_else(|| own.find(on)).map(|p| p.line)
    })
}
