//! What every reader needs: stages, adjacencies, routes and the account of every line.

use std::collections::BTreeSet;

use crate::model::{
    Adjacency, Assign, Device, Doubt, Finding, Interface, InterfaceKind, Jump, LineClass, NextHop, Node,
    NodeId, NodeKind, Rule, Severity,
};
use crate::space::{Cube, Field, Ranges};

use super::captured::CapturedRoute;
use super::doors::Door;
use super::{ReadOptions, Vendor, secrets};

/// What an unknown line may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Anything the device does.
    Device,
    /// Anything entering or leaving by this interface.
    Interface(String),
    /// May drop more than is modelled, and nothing else: proofs of separation do not depend on it.
    Drops,
    /// One rule, which the reader has already made doubtful; the text names it.
    Rule(String),
}

/// A route before it becomes table entries.
#[derive(Clone, Debug)]
pub struct Route {
    /// First and last destination address.
    pub prefix: (u128, u128),
    /// Ways out; none means the packets are dropped.
    pub hops: Vec<Adjacency>,
    /// Smaller wins; others are kept as what happens when a link fails.
    pub distance: u32,
    /// Line, 1-based.
    pub line: u32,
    /// Why the route may not be there.
    pub doubt: Option<Doubt>,
}

/// Collects one device while its configuration is read.
#[derive(Debug)]
pub struct Builder {
    /// The device so far.
    pub device: Device,
    classes: Vec<Option<LineClass>>,
    chaos: Vec<(Scope, u32)>,
    harmless: Vec<String>,
    captured: Option<Vec<CapturedRoute>>,
    multicast: Option<u32>,
    relays: Vec<Relay>,
}

/// Broadcasts of a network that the device sends on to a server of another one (DHCP relay, helper address).
#[derive(Clone, Copy, Debug)]
struct Relay {
    interface: usize,
    server: u128,
    line: u32,
}

impl Builder {
    /// Starts a device. Prompts and pager marks that a terminal log has around a configuration are accounted for.
    #[must_use]
    pub fn new(vendor: Vendor, name: &str, file: &str, text: &str, options: &ReadOptions) -> Self {
        let mut lines: Vec<String> = secrets::redact(vendor, text);
        let mut classes = vec![None; lines.len()];
        for (line, class) in lines.iter_mut().zip(&mut classes) {
            if is_terminal(line) {
                *class = Some(LineClass::Ignored { rule: "terminal".into() });
                line.clear();
            }
        }
        let mut device = Device {
            name: name.to_owned(),
            file: file.to_owned(),
            vendor,
            interfaces: Vec::new(),
            adjacencies: Vec::new(),
            nodes: Vec::new(),
            entry: Device::LOCAL,
            reply_entry: None,
            lines: Vec::new(),
            text: lines,
            findings: Vec::new(),
            services_read: false,
            service_stages: Vec::new(),
        };
        device.nodes.push(Node::new(format!("{name}/egress"), NodeKind::Egress));
        device.nodes.push(Node::new(format!("{name}/local"), NodeKind::Local));
        Self {
            device,
            classes,
            chaos: Vec::new(),
            harmless: options.harmless.clone(),
            captured: options.routes.clone(),
            multicast: None,
            relays: Vec::new(),
        }
    }

    /// The device forwards multicast packets by a protocol or proxy: where to is not modelled.
    pub const fn forwards_multicast(&mut self, line: u32) {
        self.multicast = Some(line);
    }

    /// The line has the device send on to `server` what hosts of this interface broadcast.
    pub fn relay(&mut self, interface: usize, server: u128, line: u32) {
        if self.assumed_harmless(line) {
            self.ignored(line, "assumed-harmless");
        } else {
            self.relays.push(Relay { interface, server, line });
        }
    }

    /// Whether any line relays, so that [`Self::relayed`] needs a table of routes.
    #[must_use]
    pub const fn relays(&self) -> bool {
        !self.relays.is_empty()
    }

    /// What the device relays, in front of `first`: it makes the packet anew, so that no list it passes through looks at
    /// it. `routes` is a table of routes that leads straight out.
    pub fn relayed(&mut self, interfaces: &[usize], first: NodeId, routes: NodeId) -> NodeId {
        let here: Vec<Relay> =
            self.relays.iter().copied().filter(|r| interfaces.contains(&r.interface)).collect();
        if here.is_empty() {
            return first;
        }
        let mut rules = Vec::new();
        for relay in here {
            let own = &self.device.interfaces[relay.interface].addresses;
            let asked: Ranges = own.iter().flat_map(|a| [(a.address, a.address), (a.last, a.last)]).collect();
            let asked = if asked.is_empty() { crate::net::all_v4() } else { asked };
            let from: Ranges = own.iter().map(|a| (a.address, a.address)).collect();
            let when = Cube::any()
                .with(Field::In, super::switched::entering(self, relay.interface))
                .with(Field::Proto, Ranges::one(crate::net::UDP))
                .with(Field::Dst, asked);
            let on = Jump::to(routes).put(Field::Dst, relay.server);
            let mut jumps = vec![on.clone()];
            if !from.is_empty() {
                jumps.push(on.set(Field::Src, from));
            }
            rules.push(Rule::new(vec![when], jumps, relay.line, "relay").doubtful(Doubt::Relay));
        }
        let stage = self.stage("relay");
        self.fill(stage, rules, vec![Jump::to(first)]);
        stage
    }

    /// What a routing protocol contributes: the captured table, or, without one, a route to anywhere for anything.
    pub fn learnt(&mut self, vrf: Option<&str>, line: u32, to: NodeId) -> (Vec<Rule>, Vec<Route>) {
        // The table of one VRF or VDOM says nothing about another: without a name it is the one of the device itself.
        let tables = self.device.interfaces.iter().map(|i| i.vrf.as_str()).collect::<BTreeSet<_>>().len();
        let captured = self.captured.clone().filter(|_| tables <= 1 || vrf == Some("")).unwrap_or_default();
        let mut routes = Vec::new();
        let mut rules = Vec::new();
        // Nor does a table of one family about the other.
        for family in [crate::net::all_v4(), crate::net::all_v6()] {
            let spoken = captured.iter().any(|r| family.contains(r.prefix.1));
            let used = self.device.interfaces.iter().any(|i| {
                i.addresses.iter().any(|a| family.contains(a.address))
                    || i.dynamic6 && family.contains(u128::MAX)
            });
            if !spoken && (used || captured.is_empty()) {
                let jumps = self.anywhere(vrf, to);
                let when = vec![Cube::any().with(Field::Dst, family)];
                let rule = Rule::new(when, jumps, line, "routing protocol");
                rules.push(rule.doubtful(Doubt::Routing));
            }
        }
        for route in &captured {
            let named = route.interface.as_deref().and_then(|i| self.device.interface(i));
            let hops = match (named, route.via) {
                (Some(interface), via) => {
                    vec![Adjacency { interface, next: via.map_or(NextHop::Direct, NextHop::Via) }]
                }
                (None, Some(via)) => self.resolve(vrf.unwrap_or_default(), via, &[]),
                (None, None) => Vec::new(),
            };
            // Null routes have no way out and drop; anything else that is not found may lead anywhere.
            let null = route.interface.as_deref().is_some_and(|i| i.eq_ignore_ascii_case("null0"));
            let doubt = (hops.is_empty() && !null).then_some(Doubt::Routing);
            let hops = if doubt.is_some() { self.anywhere_hops(vrf) } else { hops };
            routes.push(Route { prefix: route.prefix, hops, distance: 1, line, doubt });
        }
        (rules, routes)
    }

    /// What comes with an address that is given at run time (DHCP, PPP): a network that nobody wrote down, anywhere in
    /// the destinations of `when`, reached by that interface, and one address in it that is the device's own. An own
    /// address inside a network that is written down for another interface is not thought of.
    pub fn given_at_run_time(&mut self, interface: usize, when: &Cube, line: u32, to: NodeId) -> Vec<Rule> {
        let out = self.adjacency(Adjacency { interface, next: NextHop::Anyone });
        let vrf = &self.device.interfaces[interface].vrf;
        let beside = self.device.interfaces.iter().filter(|i| i.vrf == *vrf);
        let written: Ranges = beside.flat_map(|i| i.addresses.iter().map(|a| (a.first, a.last))).collect();
        let apart = when.clone().with(Field::Dst, written.complement(u128::MAX));
        let over = when.clone().with(Field::Dst, written);
        // An interface has one such address of IPv4, and may have several of IPv6.
        let one = when.values(Field::Dst).is_subset(&crate::net::all_v4());
        let own = if one { Doubt::OwnAddress } else { Doubt::Routing };
        let there = Jump::to(to).put(Field::Out, out as u128);
        [
            (apart.clone(), Jump::to(Device::LOCAL), "run-time address", own),
            (apart, there.clone(), "run-time network", Doubt::Routing),
            (over, there, "run-time network", Doubt::Overlap),
        ]
        .into_iter()
        .filter(|(when, ..)| !when.is_empty())
        .map(|(when, then, label, doubt)| Rule::new(vec![when], vec![then], line, label).doubtful(doubt))
        .collect()
    }

    /// A new empty stage.
    pub fn stage(&mut self, name: &str) -> NodeId {
        let name = format!("{}/{name}", self.device.name);
        self.device.nodes.push(Node::new(name, NodeKind::Stage));
        self.device.nodes.len() - 1
    }

    /// Sets a stage's table.
    pub fn fill(&mut self, node: NodeId, rules: Vec<Rule>, otherwise: Vec<Jump>) {
        self.device.nodes[node].rules = rules;
        self.device.nodes[node].otherwise = otherwise;
    }

    /// The number of a way out, made on first use.
    pub fn adjacency(&mut self, adjacency: Adjacency) -> usize {
        match self.device.adjacencies.iter().position(|a| *a == adjacency) {
            Some(at) => at,
            None => {
                self.device.adjacencies.push(adjacency);
                self.device.adjacencies.len() - 1
            }
        }
    }

    /// `Out` values of every way out through these interfaces.
    #[must_use]
    pub fn out_of(&self, interfaces: &[usize]) -> Ranges {
        self.device
            .adjacencies
            .iter()
            .enumerate()
            .filter(|(_, a)| interfaces.contains(&a.interface))
            .map(|(n, _)| (n as u128, n as u128))
            .collect()
    }

    fn class(&mut self, line: u32, class: LineClass) {
        if let Some(slot) = (line as usize).checked_sub(1).and_then(|i| self.classes.get_mut(i)) {
            // An unknown verdict on a line is never softened by a later, less careful look at it.
            if !matches!(slot, Some(LineClass::Unknown { .. })) {
                *slot = Some(class);
            }
        }
    }

    /// The line became `item`.
    pub fn lowered(&mut self, line: u32, item: impl Into<String>) {
        self.class(line, LineClass::Lowered { item: item.into() });
    }

    /// The line cannot change forwarding, by reviewed rule `rule`.
    pub fn ignored(&mut self, line: u32, rule: &str) {
        self.class(line, LineClass::Ignored { rule: rule.to_owned() });
    }

    /// Lines `from..=to` cannot change forwarding.
    pub fn ignored_span(&mut self, from: u32, to: u32, rule: &str) {
        for line in from..=to {
            self.ignored(line, rule);
        }
    }

    /// Whether the line was declared harmless by an assumption.
    #[must_use]
    pub fn assumed_harmless(&self, line: u32) -> bool {
        let Some(text) = (line as usize).checked_sub(1).and_then(|i| self.device.text.get(i)) else {
            return false;
        };
        self.harmless.iter().any(|h| h == text.trim())
    }

    /// The line was not understood and may change anything in `scope`. Returns whether it counts as a doubt (it
    /// does not when an assumption declares it harmless).
    pub fn unknown(&mut self, line: u32, scope: Scope) -> bool {
        if self.assumed_harmless(line) {
            self.ignored(line, "assumed-harmless");
            return false;
        }
        let words = match &scope {
            Scope::Device => "device".to_owned(),
            Scope::Interface(name) => format!("interface {name}"),
            Scope::Drops => "may drop more".to_owned(),
            Scope::Rule(name) => name.clone(),
        };
        self.class(line, LineClass::Unknown { scope: words });
        if !matches!(scope, Scope::Rule(_)) {
            self.chaos.push((scope, line));
        }
        true
    }

    /// Adds a finding.
    pub fn finding(&mut self, code: &str, severity: Severity, line: u32, text: impl Into<String>) {
        self.device.findings.push(Finding { code: code.to_owned(), severity, line, text: text.into() });
    }

    /// Connected routes of every enabled addressed interface of one VRF.
    #[must_use]
    pub fn connected(&self, vrf: &str) -> Vec<Route> {
        let mut out = Vec::new();
        for (number, interface) in self.device.interfaces.iter().enumerate() {
            if !interface.enabled || interface.vrf != vrf {
                continue;
            }
            for address in &interface.addresses {
                out.push(Route {
                    prefix: (address.first, address.last),
                    hops: vec![Adjacency { interface: number, next: NextHop::Direct }],
                    distance: 0,
                    line: interface.line,
                    doubt: None,
                });
            }
        }
        out
    }

    /// Names of the routing tables: of VRFs, and the empty one outside of all of them.
    #[must_use]
    pub fn vrfs(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.device.interfaces.iter().map(|i| &i.vrf).collect();
        names.into_iter().cloned().collect()
    }

    /// `In` values of what comes in by an interface of a VRF or by one of its ports.
    #[must_use]
    pub fn members(&self, vrf: &str) -> Ranges {
        let own = |n: usize| {
            let i = &self.device.interfaces[n];
            i.port_of.map_or(i.vrf == vrf, |owner| self.device.interfaces[owner].vrf == vrf)
        };
        (0..self.device.interfaces.len()).filter(|&n| own(n)).map(|n| (n as u128, n as u128)).collect()
    }

    /// Routes of a VRF whose next hop none of its own networks holds, but one of another table: whether they act was not
    /// read.
    #[must_use]
    pub fn across(&self, vrf: &str, open: &[(Route, u128)]) -> Vec<Route> {
        let tables = self.vrfs();
        let others = || tables.iter().filter(|other| *other != vrf);
        open.iter()
            .filter(|(_, via)| self.interface_towards(vrf, *via).is_none())
            .flat_map(|(route, via)| others().map(move |o| (route, self.resolve(o, *via, &[]))))
            .filter(|(_, hops)| !hops.is_empty())
            .map(|(route, hops)| Route { hops, doubt: Some(Doubt::Unsourced), ..route.clone() })
            .collect()
    }

    /// The interface whose connected network holds `address`.
    #[must_use]
    pub fn interface_towards(&self, vrf: &str, address: u128) -> Option<usize> {
        self.device
            .interfaces
            .iter()
            .enumerate()
            .filter(|(_, i)| i.enabled && i.vrf == vrf)
            .flat_map(|(n, i)| i.addresses.iter().map(move |a| (n, a)))
            .filter(|(_, a)| a.first <= address && address <= a.last)
            .min_by_key(|(_, a)| a.last - a.first)
            .map(|(n, _)| n)
    }

    /// Adjacency for a next-hop address: over the connected network that holds it, or, following one static route
    /// after another, over the network that holds its own next hop.
    #[must_use]
    pub fn resolve(&self, vrf: &str, next: u128, routes: &[Route]) -> Vec<Adjacency> {
        if let Some(interface) = self.interface_towards(vrf, next) {
            return vec![Adjacency { interface, next: NextHop::Via(next) }];
        }
        let best = routes
            .iter()
            .filter(|r| r.prefix.0 <= next && next <= r.prefix.1 && !r.hops.is_empty())
            .min_by_key(|r| (r.prefix.1 - r.prefix.0, r.distance));
        best.map(|r| r.hops.clone()).unwrap_or_default()
    }

    /// Routes whose next hop is an address, with their ways out: `known` may lead to them, and so may they to each other,
    /// in whatever order they are written. One that leads nowhere is not in force and left out; `recursive` is the doubt
    /// of one that needs another route.
    #[must_use]
    pub fn resolve_all(
        &self,
        vrf: &str,
        mut known: Vec<Route>,
        mut open: Vec<(Route, u128)>,
        recursive: Option<Doubt>,
    ) -> Vec<Route> {
        loop {
            let before = open.len();
            let mut found = Vec::new();
            open.retain(|(route, via)| {
                let near = self.interface_towards(vrf, *via).is_some();
                let hops = self.resolve(vrf, *via, &known);
                let settled = !hops.is_empty();
                if settled {
                    let doubt = if near { route.doubt } else { route.doubt.or(recursive) };
                    found.push(Route { hops, doubt, ..route.clone() });
                }
                !settled
            });
            known.extend(found);
            if open.is_empty() || open.len() == before {
                return known;
            }
        }
    }

    /// Longest-prefix-match table entries. Equal prefixes of greater distance stay possible: a link may fail.
    pub fn route_rules(&mut self, mut routes: Vec<Route>, base: &Cube, to: NodeId) -> Vec<Rule> {
        routes.sort_by_key(|r| (r.prefix.1 - r.prefix.0, r.prefix.0, r.doubt.is_none(), r.distance, r.line));
        let mut rules: Vec<Rule> = Vec::new();
        let mut at = 0;
        while at < routes.len() {
            let first = routes[at].clone();
            let mut jumps = Vec::new();
            let mut end = at;
            while routes.get(end).is_some_and(|r| r.prefix == first.prefix && r.doubt == first.doubt) {
                // Connected networks (distance 0) are never replaced by a static route to the same prefix.
                if first.distance > 0 || routes[end].distance == 0 {
                    for hop in routes[end].hops.clone() {
                        let jump = Jump::to(to).put(Field::Out, self.adjacency(hop) as u128);
                        if !jumps.contains(&jump) {
                            jumps.push(jump);
                        }
                    }
                }
                end += 1;
            }
            let range = Ranges::span(first.prefix.0, first.prefix.1);
            let range = if range.is_full(u128::MAX) { crate::net::all_v6() } else { range };
            let label = format!("route {}", crate::net::show_addresses(&range));
            let when = vec![base.clone().with(Field::Dst, range)];
            rules.push(Rule::new(when, jumps, first.line, label).maybe(first.doubt));
            at = end;
        }
        rules
    }

    /// Entry for packets to the device's own addresses in one VRF.
    #[must_use]
    pub fn local_rule(&self, vrf: &str, base: &Cube) -> Rule {
        let own: Ranges = self
            .device
            .interfaces
            .iter()
            .filter(|i| i.vrf == vrf && i.enabled)
            .flat_map(|i| i.addresses.iter().map(|a| (a.address, a.address)))
            .collect();
        Rule::new(vec![base.clone().with(Field::Dst, own)], vec![Jump::to(Device::LOCAL)], 0, "own address")
    }

    /// The broadcast address of each network of these interfaces: who is not in the network gets nothing to all of its
    /// hosts unless the device is told to pass such packets on. `None` when there is no such address.
    #[must_use]
    pub fn broadcasts(&self, vrf: &str, base: &Cube, meant: impl Fn(usize) -> bool) -> Option<Rule> {
        let ends: Ranges = (0..self.device.interfaces.len())
            .filter(|&n| {
                meant(n) && self.device.interfaces[n].vrf == vrf && self.device.interfaces[n].enabled
            })
            .flat_map(|n| self.device.interfaces[n].addresses.iter())
            .filter(|a| crate::net::all_v4().contains(a.address) && a.last - a.first > 1)
            .map(|a| (a.last, a.last))
            .collect();
        let when = base.clone().with(Field::Dst, ends.clone());
        (!ends.is_empty()).then(|| Rule::new(vec![when], Vec::new(), 0, "directed broadcast"))
    }

    /// The same where it was not read what the device does with such packets.
    #[must_use]
    pub fn doubtful_broadcasts(&self, vrf: &str, base: &Cube) -> Option<Rule> {
        self.broadcasts(vrf, base, |_| true).map(|rule| rule.doubtful(Doubt::Unsourced))
    }

    /// Every enabled interface as a way out to anybody, for routing that is not known.
    pub fn anywhere(&mut self, vrf: Option<&str>, to: NodeId) -> Vec<Jump> {
        let hops = self.anywhere_hops(vrf);
        hops.into_iter().map(|hop| Jump::to(to).put(Field::Out, self.adjacency(hop) as u128)).collect()
    }

    /// Ways out to anybody, without a table.
    #[must_use]
    pub fn anywhere_hops(&self, vrf: Option<&str>) -> Vec<Adjacency> {
        let routed = |i: &Interface| {
            i.enabled
                && !matches!(i.kind, InterfaceKind::Loopback | InterfaceKind::Switched)
                && i.port_of.is_none()
                && vrf.is_none_or(|v| i.vrf == v)
        };
        (0..self.device.interfaces.len())
            .filter(|&n| routed(&self.device.interfaces[n]))
            .map(|interface| Adjacency { interface, next: NextHop::Anyone })
            .collect()
    }

    /// What comes in by a part of a switch, aggregate or channel comes in by the whole: a table in front of `entry` takes
    /// the pairs of part and whole, and the doubt where that was not read.
    pub fn by_parts(&mut self, entry: NodeId, parts: &[(usize, usize)], doubt: Option<Doubt>) -> NodeId {
        if parts.is_empty() {
            return entry;
        }
        let rule = |(part, whole): &(usize, usize)| {
            let when = Cube::any().with(Field::In, Ranges::one(*part as u128));
            let then = vec![Jump::to(entry).put(Field::In, *whole as u128)];
            Rule::new(vec![when], then, self.device.interfaces[*part].line, "part of a whole").maybe(doubt)
        };
        let rules = parts.iter().map(rule).collect();
        let first = self.stage("parts");
        self.fill(first, rules, vec![Jump::to(entry)]);
        first
    }

    /// The finished device, starting at `entry`. Lines nobody accounted for are unknown for the whole device.
    #[must_use]
    pub fn finish(mut self, entry: NodeId) -> Device {
        let unclaimed: Vec<u32> = (1u32..)
            .zip(&self.classes)
            .filter(|(n, c)| c.is_none() && !self.device.text[*n as usize - 1].trim().is_empty())
            .map(|(n, _)| n)
            .collect();
        for line in unclaimed {
            self.unknown(line, Scope::Device);
        }
        self.device.entry = entry;
        self.add_multicast();
        self.add_chaos();
        let blank = LineClass::Ignored { rule: "blank".into() };
        self.device.lines = self.classes.into_iter().map(|c| c.unwrap_or_else(|| blank.clone())).collect();
        self.device
    }

    /// Multicast is not routed like unicast: nowhere, unless the device forwards it, and then perhaps anywhere.
    fn add_multicast(&mut self) {
        let groups = Cube::any().with(Field::Dst, crate::net::multicast());
        let mut rules = Vec::new();
        if let Some(line) = self.multicast {
            let jumps = self.anywhere(None, Device::EGRESS);
            rules.push(Rule::new(vec![groups.clone()], jumps, line, "multicast").doubtful(Doubt::Multicast));
        }
        rules.push(Rule::new(vec![groups], Vec::new(), 0, "multicast"));
        let old = self.device.entry;
        let stage = self.stage("multicast");
        self.fill(stage, rules, vec![Jump::to(old)]);
        self.device.entry = stage;
    }

    /// Puts, in front of everything, what the unknown lines may do.
    fn add_chaos(&mut self) {
        let mut rules = Vec::new();
        let mut leaving = Vec::new();
        for (scope, line) in std::mem::take(&mut self.chaos) {
            let known = |b: &Self, name: &str| b.device.interface(name).is_some();
            match scope {
                Scope::Interface(name) if known(self, &name) => {
                    self.interface_chaos(&name, line, &mut rules, &mut leaving);
                }
                Scope::Device | Scope::Interface(_) => {
                    let mut jumps: Vec<Jump> =
                        self.anywhere(None, Device::EGRESS).into_iter().map(Jump::havoc).collect();
                    jumps.push(Jump::to(Device::LOCAL));
                    rules.push(chaos_rule(Cube::any(), jumps, line));
                    rules.push(chaos_rule(Cube::any(), Vec::new(), line));
                }
                Scope::Drops => rules.push(chaos_rule(Cube::any(), Vec::new(), line)),
                Scope::Rule(_) => {}
            }
        }
        if !leaving.is_empty() {
            self.before_egress(leaving);
        }
        if rules.is_empty() {
            return;
        }
        let old = self.device.entry;
        let stage = self.stage("unknown-lines");
        self.fill(stage, rules, vec![Jump::to(old)]);
        self.device.entry = stage;
    }

    /// Puts a table between everything else and the way out.
    fn before_egress(&mut self, rules: Vec<Rule>) {
        let stage = self.stage("leaving");
        for (number, node) in self.device.nodes.iter_mut().enumerate().filter(|(n, _)| *n != stage) {
            let jumps =
                node.rules.iter_mut().flat_map(|r| r.then.iter_mut()).chain(node.otherwise.iter_mut());
            for jump in jumps.filter(|j| j.to == Device::EGRESS && number != Device::EGRESS) {
                jump.to = stage;
            }
        }
        self.fill(stage, rules, vec![Jump::to(Device::EGRESS)]);
    }

    /// Puts what the device's own services accept in front of the device itself. Other services than these stay
    /// possible: they are not read.
    pub(crate) fn doors(&mut self, doors: &[Door]) {
        let stage = self.stage("services");
        for node in self.device.nodes.iter_mut().filter(|n| n.kind == NodeKind::Stage) {
            let jumps =
                node.rules.iter_mut().flat_map(|r| r.then.iter_mut()).chain(node.otherwise.iter_mut());
            for jump in jumps.filter(|j| j.to == Device::LOCAL) {
                jump.to = stage;
            }
        }
        let mut rules: Vec<Rule> = Vec::new();
        for door in doors {
            for admitted in &door.admitted {
                let to = match &admitted.list {
                    None => Device::LOCAL,
                    Some((name, entries)) => {
                        let list = self.stage(&format!("services {name}"));
                        let inside = |r: &Rule| match r.then.is_empty() {
                            true => Vec::new(),
                            false => vec![Jump::to(Device::LOCAL)],
                        };
                        let entries = entries.iter().map(|r| Rule { then: inside(r), ..r.clone() });
                        self.fill(list, entries.collect(), Vec::new());
                        self.device.service_stages.push(list);
                        list
                    }
                };
                let when = vec![admitted.from.intersect(&door.port)];
                let rule = Rule::new(when, vec![Jump::to(to)], admitted.line, door.label.clone());
                rules.push(rule.maybe(admitted.doubt));
            }
            rules.push(Rule::new(vec![door.port.clone()], Vec::new(), door.line, door.label.clone()));
        }
        let others = Rule::new(vec![Cube::any()], vec![Jump::to(Device::LOCAL)], 0, "other services");
        rules.push(others.doubtful(Doubt::Unsourced));
        self.fill(stage, rules, Vec::new());
        self.device.services_read = true;
        self.device.service_stages.push(stage);
    }

    /// Whether a line holds an address or a prefix.
    fn names_addresses(&self, line: u32) -> bool {
        let text = (line as usize).checked_sub(1).and_then(|i| self.device.text.get(i));
        text.is_none_or(|t| {
            t.split([' ', '\t', '"', ';', ',', '=']).any(|w| {
                crate::net::parse_ip(w).is_some()
                    || crate::net::parse_prefix(w).is_some()
                    || w.contains("address")
            })
        })
    }

    /// Packets that some entry of some table sends out of an interface.
    fn routed_to(&self, interface: usize) -> Vec<Cube> {
        let out = self.out_of(&[interface]);
        let chooses = |jump: &Jump| {
            jump.set.iter().any(|a| matches!(a, Assign::Set(Field::Out, r) if !r.is_disjoint(&out)))
        };
        let by_destination =
            |cube: &Cube| Field::ALL.iter().all(|f| *f == Field::Dst || cube.get(*f).is_none());
        let mut towards = Ranges::empty();
        for node in &self.device.nodes {
            // What a longer route sends elsewhere for certain does not follow a default route.
            let mut taken = Ranges::empty();
            for rule in &node.rules {
                let meant: Ranges =
                    rule.when.iter().fold(Ranges::empty(), |all, c| all.union(&c.values(Field::Dst)));
                if rule.then.iter().any(chooses) {
                    towards = towards.union(&meant.subtract(&taken));
                } else if rule.doubt.is_none() && rule.when.iter().all(by_destination) {
                    taken = taken.union(&meant);
                }
            }
            if node.otherwise.iter().any(chooses) {
                return vec![Cube::any()];
            }
        }
        vec![Cube::any().with(Field::Dst, towards)]
    }

    fn interface_chaos(&mut self, name: &str, line: u32, rules: &mut Vec<Rule>, leaving: &mut Vec<Rule>) {
        let Some(number) = self.device.interface(name) else { return };
        let owner = self.device.interfaces[number].port_of;
        let mut jumps: Vec<Jump> = self.anywhere(None, Device::EGRESS).into_iter().map(Jump::havoc).collect();
        jumps.push(Jump::to(Device::LOCAL));
        let mut inward = vec![(number as u128, number as u128)];
        if let Some(owner) = owner {
            inward.push((owner as u128, owner as u128));
        } else {
            let ports = (0..self.device.interfaces.len())
                .filter(|&p| self.device.interfaces[p].port_of == Some(number));
            inward.extend(ports.map(|p| (p as u128, p as u128)));
        }
        let entering = Cube::any().with(Field::In, Ranges::of(inward));
        rules.push(chaos_rule(entering.clone(), jumps, line));
        rules.push(chaos_rule(entering, Vec::new(), line));
        let layer3 = owner.unwrap_or(number);
        // What leaves here is what some route sends here, unless the line itself may bring an address or a route.
        let towards = if self.names_addresses(line) { vec![Cube::any()] } else { self.routed_to(layer3) };
        let out = self.adjacency(Adjacency { interface: layer3, next: NextHop::Anyone });
        let leave = Jump::to(Device::EGRESS).put(Field::Out, out as u128).havoc();
        rules.extend(towards.into_iter().map(|when| chaos_rule(when, vec![leave.clone()], line)));
        let out = Cube::any().with(Field::Out, self.out_of(&[layer3]));
        leaving.push(chaos_rule(out, Vec::new(), line));
    }
}

/// A prompt with or without a command, or a pager's mark: no language has such configuration lines.
fn is_terminal(line: &str) -> bool {
    let text = line.trim();
    if matches!(text, "--More--" | "---つづく---" | "-- More --") {
        return true;
    }
    let Some(at) = text.find(['#', '>', '$']) else { return false };
    let (host, rest) = (text[..at].trim_end(), text[at + 1..].trim());
    let named = host.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@()~:/ ".contains(c))
        && host.split(' ').count() <= 2
        && (!host.is_empty() || text.starts_with('>'));
    let command = rest.split_whitespace().next().unwrap_or_default();
    let asks = matches!(
        command,
        "show"
            | "sh"
            | "get"
            | "exit"
            | "quit"
            | "more"
            | "terminal"
            | "enable"
            | "en"
            | "administrator"
            | "logout"
            | "nft"
            | "iptables-save"
            | "ip6tables-save"
    );
    named && (asks || rest.is_empty() && (!host.contains(' ') || host.ends_with(')')))
}

fn chaos_rule(when: Cube, then: Vec<Jump>, line: u32) -> Rule {
    Rule::new(vec![when], then, line, "unknown line").doubtful(Doubt::UnknownLine)
}

/// A device in a language without reader: every line may do anything.
#[must_use]
pub fn unread(vendor: Vendor, name: &str, file: &str, text: &str) -> Device {
    let mut builder = Builder::new(vendor, name, file, text, &ReadOptions::default());
    builder.device.interfaces.push(Interface::new("*", 0));
    let entry = builder.stage("entry");
    builder.fill(entry, Vec::new(), Vec::new());
    let mut device = builder.finish(entry);
    if device.lines.iter().all(|l| !matches!(l, LineClass::Unknown { .. })) {
        device.lines.push(LineClass::Unknown { scope: "device".into() });
        device.text.push(String::new());
    }
    device
}
