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

/// Conditions of a rule that are decided at run time, unless they say `any`.
pub(super) const RULE_CONDITIONS: &[&str] =
    &["source-user", "category", "hip-profiles", "source-hip", "destination-hip", "schedule"];

/// Attributes of rules that are read, or never change which packets match or pass.
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

/// Which devices of a manager a rule is for: without any in the list, every device (Panorama Administrator's Guide,
/// "Push a Policy Rule to a Subset of Firewalls").
pub(super) fn for_every_device(attribute: &Tree) -> bool {
    let all = |c: &Tree| match c.name.as_str() {
        "negate" => c.children.iter().all(|v| v.name == "no"),
        "devices" => c.children.is_empty(),
        _ => false,
    };
    attribute.name == "target" && attribute.children.iter().all(all)
}

pub(super) struct Pan<'a> {
    pub(super) b: Builder,
    pub(super) objects: Objects,
    zones: HashMap<String, Vec<usize>>,
    pub(super) vsys: &'a Tree,
    /// A routing protocol or an address from DHCP brings routes that are not in the file.
    pub(super) unsettled: bool,
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
    let unsettled = dynamic(network).is_some() || !learners(network).is_empty();
    let mut pan = Pan { b, objects, zones, vsys: &vsys, unsettled };
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
    it.dynamic6 = learnt6("dhcp-client") || learnt6("inherited");
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
        let tables = self.tables(network);
        for (stage, next) in [(entry, decide), (reply, Device::EGRESS)] {
            let mut rules = self.own_zone(next);
            rules.extend(self.b.doubtful_broadcasts("", &Cube::any()));
            let mut learnt = Vec::new();
            if let Some(line) = dynamic(network) {
                let (more, routes) = self.b.learnt(None, line, next);
                rules.extend(more);
                learnt = routes;
            }
            rules.extend(self.run_time_addresses(network, next));
            for (here, routes) in &tables {
                let all = [routes.clone(), learnt.clone()].concat();
                rules.extend(self.b.route_rules(all, here, next));
            }
            self.b.fill(stage, rules, Vec::new());
        }
        let routes: Vec<Route> = tables.into_iter().flat_map(|t| t.1).collect();
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

    /// Interfaces that get their address at run time bring a network, and perhaps a default route, nobody wrote down.
    fn run_time_addresses(&mut self, network: &Tree, next: NodeId) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (name, line, six) in learners(network) {
            let Some(interface) = self.b.device.interface(&name) else { continue };
            let when = Cube::any().with(Field::Dst, if six { net::all_v6() } else { net::all_v4() });
            rules.extend(self.b.given_at_run_time(interface, &when, line, next));
        }
        rules
    }

    /// Routing tables, each with the packets it is for: those that come in by an interface of its router.
    fn tables(&mut self, network: &Tree) -> Vec<(Cube, Vec<Route>)> {
        let routers = routers(network);
        let used: Vec<&Tree> = routers.iter().filter(|r| !r.values("interface").is_empty()).collect();
        let translated = ["pre-rulebase", "rulebase", "post-rulebase"].iter().any(|base| {
            self.vsys.at(&[base, "nat", "rules"]).is_some_and(|rules| !rules.children.is_empty())
        });
        if used.len() > 1 && translated {
            // Which table is looked up again after a translation was not read.
            let line = used[0].line;
            self.b.unknown(line, Scope::Device);
        }
        let all = self.routes(&routers);
        if used.len() <= 1 {
            return vec![(Cube::any(), all.into_iter().flat_map(|r| r.1).collect())];
        }
        let connected = self.b.connected("");
        let table = |router: &&Tree| {
            let members: Vec<usize> =
                router.values("interface").iter().filter_map(|i| self.b.device.interface(i)).collect();
            let here = members.iter().map(|&n| (n as u128, n as u128)).collect();
            let own = connected.iter().filter(|r| r.hops.iter().all(|h| members.contains(&h.interface)));
            let told = all.iter().filter(|r| r.0 == router.name).flat_map(|r| r.1.clone());
            (Cube::any().with(Field::In, here), own.cloned().chain(told).collect())
        };
        used.iter().map(table).collect()
    }

    /// Static routes of every router, and under no name the connected ones.
    fn routes(&mut self, routers: &[Tree]) -> Vec<(String, Vec<Route>)> {
        let connected = self.b.connected("");
        let mut all = vec![(String::new(), connected.clone())];
        for router in routers {
            let mut out = Vec::new();
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
            all.push((router.name.clone(), out));
        }
        all
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
                name if RULE_LOOKS.contains(&name) || for_every_device(child) => {}
                // User, category, device and schedule conditions: the rule may match less.
                name if RULE_CONDITIONS.contains(&name) => {
                    if !plain || name == "schedule" {
                        doubt = Some(Doubt::Dynamic);
                    }
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

/// Interfaces with an address from DHCP or PPPoE: name, line, whether it is one of IPv6.
fn learners(network: &Tree) -> Vec<(String, u32, bool)> {
    let mut out = Vec::new();
    for family in network.get("interface").map(|i| i.children.as_slice()).unwrap_or_default() {
        learning(family, &mut out);
    }
    out
}

fn learning(at: &Tree, out: &mut Vec<(String, u32, bool)>) {
    for child in &at.children {
        let body = child.get("layer3").unwrap_or(child);
        let on = |t: Option<&Tree>| t.filter(|t| t.word("enable") != Some("no")).map(|t| t.line);
        if let Some(line) = on(body.get("dhcp-client")).or_else(|| on(body.get("pppoe"))) {
            out.push((child.name.clone(), line, false));
        }
        let six = ["dhcp-client", "inherited"].iter().find_map(|key| on(body.at(&["ipv6", key])));
        if let Some(line) = six {
            out.push((child.name.clone(), line, true));
        }
        if let Some(units) = body.get("units") {
            learning(units, out);
        }
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
