//! From the tree to tables: route (for the zone) → translation decided → own addresses → security → translation done.

use std::collections::HashMap;

use crate::model::{
    Adjacency, Device, Doubt, Interface, InterfaceAddress, InterfaceKind, Jump, NextHop, NodeId, Rule,
};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Route, Scope};
use crate::vendor::{ReadOptions, Vendor};

use super::tree::{self, Tree};

/// Sections that cannot make a packet pass, by path; reviewed.
const IGNORED: &[(&str, &str)] = &[
    ("mgt-config", "admin"),
    ("deviceconfig", "admin"),
    ("shared/application", "app-object"),
    ("shared/application-group", "app-object"),
    ("shared/botnet", "inspection"),
    ("shared/authentication-profile", "admin"),
    ("shared/admin-role", "admin"),
    ("shared/tag", "look"),
    ("shared/log-settings", "log"),
    ("shared/certificate", "certificate"),
    ("shared/server-profile", "admin"),
    ("shared/reports", "log"),
    ("shared/response-page", "look"),
    ("shared/content-preview", "admin"),
    ("shared/ssl-tls-service-profile", "certificate"),
    ("shared/local-user-database", "admin"),
    ("shared/alg-override", "alg-follows-permitted-session"),
    ("shared/ssl-decrypt", "inspection"),
    ("shared/profiles", "inspection"),
    ("shared/profile-group", "inspection"),
    ("shared/schedule", "looked-at"),
    ("network/profiles", "admin"),
    ("network/ike", "tunnel-object"),
    ("network/qos", "shaping"),
    ("network/tunnel", "tunnel-object"),
    ("network/lldp", "link"),
    ("network/dhcp", "addressing"),
    ("network/dns-proxy", "admin"),
    ("network/logical-router", "looked-at"),
    ("vsys/import", "looked-at"),
    ("vsys/tag", "look"),
    ("vsys/log-settings", "log"),
    ("vsys/setting", "inspection"),
    ("vsys/application", "app-object"),
    ("vsys/application-group", "app-object"),
    ("vsys/application-filter", "app-object"),
    ("vsys/profiles", "inspection"),
    ("vsys/profile-group", "inspection"),
    ("vsys/region", "looked-at"),
    ("vsys/schedule", "looked-at"),
    ("vsys/user-id-collector", "user-object"),
    ("vsys/captive-portal", "user-object"),
    ("vsys/group-mapping", "user-object"),
    ("vsys/threats", "inspection"),
    ("vsys/display-name", "look"),
    ("vsys/reports", "log"),
    ("vsys/external-list", "looked-at"),
    ("vsys/rulebase/decryption", "inspection"),
    ("vsys/rulebase/captive-portal", "user-object"),
    ("vsys/rulebase/dos", "drops-only"),
    ("vsys/rulebase/qos", "shaping"),
    ("vsys/rulebase/authentication", "user-object"),
    ("vsys/rulebase/tunnel-inspect", "inspection"),
    ("vsys/dns-proxy", "admin"),
    ("vsys/email-scheduler", "log"),
    ("vsys/report-group", "log"),
];

/// Attributes of rules that never change which packets match or pass.
const RULE_LOOKS: &[&str] = &[
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

struct Objects {
    addresses: HashMap<String, Option<Ranges>>,
    services: HashMap<String, Option<Vec<Cube>>>,
}

struct Pan<'a> {
    b: Builder,
    objects: Objects,
    zones: HashMap<String, Vec<usize>>,
    vsys: &'a Tree,
}

/// Reads a PAN-OS configuration.
#[must_use]
pub(crate) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::PanOs, name, file, text, &options.harmless);
    let raw = b.device.text.clone();
    let root = tree::parse(&raw);
    let root = root.get("config").unwrap_or(&root).clone();
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
    account(&mut b, &root, &device, &vsys, raw.len() as u32);
    let empty = Tree::default();
    let network = device.get("network").unwrap_or(&empty);
    interfaces(&mut b, network);
    let objects = objects(&vsys, root.get("shared").unwrap_or(&empty), options);
    let zones = zones(&mut b, &vsys);
    let mut pan = Pan { b, objects, zones, vsys: &vsys };
    let entry = pan.stages(network);
    pan.b.finish(entry)
}

/// Every line is inside a read section, a reviewed one, or unknown.
fn account(b: &mut Builder, root: &Tree, device: &Tree, vsys: &Tree, total: u32) {
    for line in 1..=total {
        b.lowered(line, "structure");
    }
    let hollow = |t: &Tree| t.children.iter().all(|c| c.children.is_empty());
    let mut check = |prefix: &str, parent: &Tree, read: &[&str]| {
        for child in &parent.children {
            let path =
                if prefix.is_empty() { child.name.clone() } else { format!("{prefix}/{}", child.name) };
            if read.contains(&child.name.as_str()) {
                continue;
            }
            match IGNORED.iter().find(|(p, _)| *p == path) {
                Some((_, rule)) => b.ignored_span(child.line, child.last, rule),
                None if child.children.is_empty() || hollow(child) && prefix == "network" => {
                    b.ignored_span(child.line, child.last, "empty-section");
                }
                None => {
                    for line in child.line..=child.last {
                        b.unknown(line, Scope::Device);
                    }
                }
            }
        }
    };
    let flat = std::ptr::eq(device, root) || root.get("devices").is_none();
    if !flat {
        check("", root, &["devices", "shared", "version", "urldb", "detail-version"]);
        check("", device, &["network", "vsys"]);
    }
    let lists = ["address", "address-group", "service", "service-group"];
    if let Some(shared) = root.get("shared") {
        check("shared", shared, &lists);
    }
    if let Some(network) = device.get("network") {
        // Shared gateways are printed on every multi-vsys platform; empty ones carry nothing.
        let used = network.get("shared-gateway").is_some_and(|g| {
            g.children.iter().any(|x| x.get("zone").is_some_and(|z| !z.children.is_empty()))
        });
        let read = ["interface", "virtual-router", "shared-gateway"];
        check("network", network, if used { &read[..2] } else { &read });
    }
    let mut check = |parent: &Tree, prefix: &str, read: &[&str]| {
        for child in &parent.children {
            let path = format!("{prefix}/{}", child.name);
            if read.contains(&child.name.as_str()) {
                continue;
            }
            match IGNORED.iter().find(|(p, _)| *p == path) {
                Some((_, rule)) => b.ignored_span(child.line, child.last, rule),
                None if child.children.is_empty() => b.ignored(child.line, "empty-section"),
                None => {
                    for line in child.line..=child.last {
                        b.unknown(line, Scope::Device);
                    }
                }
            }
        }
    };
    let mut read = lists.to_vec();
    read.extend(["zone", "rulebase"]);
    if flat {
        read.extend(["network", "shared", "deviceconfig", "mgt-config"]);
    }
    check(vsys, "vsys", &read);
    if let Some(base) = vsys.get("rulebase") {
        check(base, "vsys/rulebase", &["security", "nat", "default-security-rules"]);
        if let Some(defaults) = base.get("default-security-rules") {
            for line in defaults.line..=defaults.last {
                b.unknown(line, Scope::Device);
            }
        }
    }
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
    if body.get("dhcp-client").is_some() || body.get("pppoe").is_some() {
        b.unknown(entry.line, Scope::Device);
    }
    b.device.interfaces.push(it);
}

fn objects(vsys: &Tree, shared: &Tree, options: &ReadOptions) -> Objects {
    let mut out = Objects { addresses: HashMap::new(), services: HashMap::new() };
    for scope in [shared, vsys] {
        for entry in scope.get("address").map(|a| a.children.as_slice()).unwrap_or_default() {
            let exact = entry
                .word("ip-netmask")
                .and_then(net::parse_prefix)
                .or_else(|| {
                    entry.word("ip-range").and_then(|t| {
                        let (lo, hi) = t.split_once('-')?;
                        Some(Ranges::span(net::parse_ip(lo)?, net::parse_ip(hi)?))
                    })
                })
                .or_else(|| options.objects.get(&entry.name).cloned());
            out.addresses.insert(entry.name.clone(), exact);
        }
        for entry in scope.get("service").map(|a| a.children.as_slice()).unwrap_or_default() {
            out.services.insert(entry.name.clone(), service(entry));
        }
    }
    // Groups may name groups: a few rounds settle every sensible nesting, the rest stays unknown.
    for _ in 0..8 {
        for scope in [shared, vsys] {
            for entry in scope.get("address-group").map(|a| a.children.as_slice()).unwrap_or_default() {
                let members = if entry.get("static").is_some() {
                    entry.values("static")
                } else if entry.get("dynamic").is_some() {
                    vec!["\u{0}".into()]
                } else {
                    entry.children.iter().map(|c| c.name.clone()).collect()
                };
                let all = members
                    .iter()
                    .try_fold(Ranges::empty(), |acc, m| Some(acc.union(out.addresses.get(m)?.as_ref()?)));
                out.addresses.insert(entry.name.clone(), all);
            }
            for entry in scope.get("service-group").map(|a| a.children.as_slice()).unwrap_or_default() {
                let members = if entry.get("members").is_some() {
                    entry.values("members")
                } else {
                    entry.children.iter().map(|c| c.name.clone()).collect()
                };
                let all = members.iter().try_fold(Vec::new(), |mut acc, m| {
                    acc.extend(out.services.get(m)?.as_ref()?.iter().cloned());
                    Some(acc)
                });
                out.services.insert(entry.name.clone(), all);
            }
        }
    }
    out
}

fn service(entry: &Tree) -> Option<Vec<Cube>> {
    let mut cubes = Vec::new();
    for (name, number) in [("tcp", net::TCP), ("udp", net::UDP), ("sctp", 132)] {
        let Some(body) = entry.at(&["protocol", name]) else { continue };
        let list = |key: &str| -> Option<Ranges> {
            let values = body.values(key);
            values
                .iter()
                .flat_map(|v| v.split(','))
                .map(|p| crate::vendor::fortios_ports(p.trim()))
                .try_fold(Ranges::empty(), |acc, r| Some(acc.union(&r?)))
        };
        let mut cube = Cube::any().with(Field::Proto, Ranges::one(number)).with(Field::Dport, list("port")?);
        if body.get("source-port").is_some() {
            cube.narrow(Field::Sport, &list("source-port")?);
        }
        cubes.push(cube);
    }
    (!cubes.is_empty()).then_some(cubes)
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
struct Part {
    cubes: Vec<Cube>,
    doubt: Option<Doubt>,
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
            if let Some(line) = dynamic(network) {
                let jumps = self.b.anywhere(None, next);
                rules.push(
                    Rule::new(vec![Cube::any()], jumps, line, "routing protocol").doubtful(Doubt::Routing),
                );
            }
            rules.extend(self.b.route_rules(routes.clone(), &Cube::any(), next));
            self.b.fill(stage, rules, Vec::new());
        }
        self.b.device.reply_entry = Some(reply);
        self.nat(&routes, decide, local, apply);
        let mut own = self.b.local_rule("", &Cube::any().with(Field::Tag, Ranges::one(0)));
        own.line = 0;
        self.b.fill(local, vec![own], vec![Jump::to(security)]);
        self.security(security, apply);
        entry
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
        let routers = network.get("virtual-router").map(|v| v.children.clone()).unwrap_or_default();
        if routers.iter().filter(|r| !r.values("interface").is_empty()).count() > 1 {
            // Separate routing tables that may be joined by next-vr routes.
            let line = routers[0].line;
            self.b.unknown(line, Scope::Device);
        }
        for router in &routers {
            for family in ["ip", "ipv6"] {
                let list = router.at(&["routing-table", family, "static-route"]);
                for entry in list.map(|l| l.children.clone()).unwrap_or_default() {
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
    fn matching(&mut self, rule: &Tree) -> Part {
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
        let list =
            self.vsys.at(&["rulebase", "security", "rules"]).map(|r| r.children.clone()).unwrap_or_default();
        for rule in list.iter().filter(|r| !r.yes("disabled")) {
            let part = self.matching(rule);
            let mut doubt = part.doubt;
            // Applications are recognised only after the first packets.
            if rule.values("application").iter().any(|a| a != "any") {
                doubt = doubt.or(Some(Doubt::Dynamic));
            }
            let mut when = part.cubes;
            let zones = rule.word("rule-type").unwrap_or("universal");
            if zones != "universal" {
                doubt = doubt.or(Some(Doubt::Unsourced));
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
            rules.push(Rule::new(vec![when], vec![Jump::to(next)], 0, format!("intrazone-default {name}")));
        }
        self.b.fill(stage, rules, Vec::new());
    }

    fn nat(&mut self, routes: &[Route], decide: NodeId, local: NodeId, apply: NodeId) {
        let list =
            self.vsys.at(&["rulebase", "nat", "rules"]).map(|r| r.children.clone()).unwrap_or_default();
        let (mut deciding, mut applying) = (Vec::new(), Vec::new());
        for (tag, rule) in (1u128..).zip(list.iter().filter(|r| !r.yes("disabled"))) {
            let part = self.matching(rule);
            let label = format!("nat {}", rule.name);
            let odd = rule.word("nat-type").is_some_and(|t| t != "ipv4")
                || rule.get("to-interface").is_some_and(|t| t.children.iter().any(|c| c.name != "any"));
            let translated = self.translation(rule);
            let Some((dst, dport, src)) = translated.filter(|_| !odd) else {
                self.b.unknown(rule.line, Scope::Device);
                continue;
            };
            let mut jump = Jump::to(local).put(Field::Tag, tag);
            let mut doubt = part.doubt;
            if let Some(dst) = &dst {
                match self.out_for(dst, routes) {
                    Some(out) => jump = jump.put(Field::Out, out),
                    None => {
                        jump = jump.set(Field::Out, Ranges::span(0, 65_535));
                        doubt = doubt.or(Some(Doubt::Unsourced));
                    }
                }
                let original: Ranges =
                    part.cubes.iter().fold(Ranges::empty(), |a, c| a.union(&c.values(Field::Dst)));
                for interface in &mut self.b.device.interfaces {
                    if original.size() < 1 << 32 {
                        interface.answers = interface.answers.union(&original);
                    }
                }
            }
            deciding.push(Rule::new(part.cubes, vec![jump], rule.line, label.clone()).maybe(doubt));
            let mut jump = Jump::to(Device::EGRESS);
            if let Some(dst) = dst {
                jump = jump.set(Field::Dst, dst);
            }
            if let Some(port) = dport {
                jump = jump.put(Field::Dport, port);
            }
            if let Some(src) = src {
                jump = jump.set(Field::Src, src).set(Field::Sport, Ranges::span(0, 65_535));
            }
            let when = vec![Cube::any().with(Field::Tag, Ranges::one(tag))];
            applying.push(Rule::new(when, vec![jump], rule.line, label));
        }
        self.b.fill(decide, deciding, vec![Jump::to(local)]);
        self.b.fill(apply, applying, vec![Jump::to(Device::EGRESS)]);
    }

    /// Translated destination, its port, translated source; `None` when not understood.
    #[allow(clippy::type_complexity)]
    fn translation(&self, rule: &Tree) -> Option<(Option<Ranges>, Option<u128>, Option<Ranges>)> {
        let one = |name: &str| -> Option<Ranges> {
            self.objects.addresses.get(name).cloned().flatten().or_else(|| net::parse_prefix(name))
        };
        let mut dst = None;
        let mut port = None;
        if let Some(t) = rule.get("destination-translation") {
            let known = t
                .children
                .iter()
                .all(|c| matches!(c.name.as_str(), "translated-address" | "translated-port"));
            dst = Some(one(t.word("translated-address").filter(|_| known)?)?);
            if let Some(text) = t.word("translated-port") {
                port = Some(u128::from(text.parse::<u16>().ok()?));
            }
        }
        let mut src = None;
        if let Some(t) = rule.get("source-translation") {
            let kind = t.children.first()?;
            if kind.yes("bi-directional") || kind.get("fallback").is_some() {
                return None;
            }
            let list = kind.values("translated-address");
            src = Some(if let Some(interface) = kind.get("interface-address") {
                let number = interface.word("interface").and_then(|i| self.b.device.interface(i))?;
                self.b.device.interfaces[number].addresses.iter().map(|a| (a.address, a.address)).collect()
            } else {
                list.iter().try_fold(Ranges::empty(), |acc, n| Some(acc.union(&one(n)?)))?
            });
        }
        Some((dst, port, src))
    }

    /// The one way out towards all of `dst`.
    fn out_for(&mut self, dst: &Ranges, routes: &[Route]) -> Option<u128> {
        let &[(lo, hi)] = dst.intervals() else { return None };
        let best = routes
            .iter()
            .filter(|r| r.prefix.0 <= lo && hi <= r.prefix.1)
            .min_by_key(|r| (r.prefix.1 - r.prefix.0, r.distance))?;
        // A more specific route inside the range would split it.
        let split =
            routes.iter().any(|r| r.prefix.0 > lo && r.prefix.1 <= hi || r.prefix.0 >= lo && r.prefix.1 < hi);
        match best.hops.as_slice() {
            [hop] if !split => Some(self.b.adjacency(*hop) as u128),
            _ => None,
        }
    }
}

/// Line of a routing protocol that is switched on.
fn dynamic(network: &Tree) -> Option<u32> {
    let routers = network.get("virtual-router")?;
    routers.children.iter().find_map(|r| {
        let protocols = r.get("protocol")?;
        protocols
            .children
            .iter()
            .find(|p| p.name != "redist-profile" && !p.children.is_empty() && p.word("enable") != Some("no"))
            .map(|p| p.line)
    })
}
