//! Wires between devices, and one network out of many devices.
//!
//! Interfaces with the same connected network share a wire; `links.toml` adds and separates. What is attached to a
//! wire is a declared zone, nothing (all addresses of a transfer net taken by devices), or unknown. Unknown wires
//! and next hops outside the inventory end in one box that may forward anything between its ports.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Adjacency, Device, Doubt, Interface, InterfaceKind, Jump, Network, NextHop, Node, NodeId, NodeKind, Rule,
};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::input::{AssumptionKind, Site};
use super::joins::Join;

/// One layer-2 segment.
#[derive(Clone, Debug)]
pub struct Wire {
    /// Name for people.
    pub name: String,
    /// (device, interface) on it.
    pub members: Vec<(usize, usize)>,
    /// Zones it belongs to; two are a conflict.
    pub zones: Vec<usize>,
    /// Connected networks on it.
    pub networks: Ranges,
    /// Whether all its addresses are taken by devices, so that no host can sit there.
    pub closed: bool,
    /// Where packets for its hosts come to rest.
    pub hosts: NodeId,
    /// Where packets go when what is attached is not known.
    pub unknown: Option<NodeId>,
    /// Places where frames of this wire may come out on another wire.
    pub joins: Vec<NodeId>,
}

/// The linked network with what is needed to ask about it.
#[derive(Clone, Debug)]
pub struct Topology {
    /// All tables.
    pub network: Network,
    /// First node of each device.
    pub base: Vec<NodeId>,
    /// Wires.
    pub wires: Vec<Wire>,
    /// Nodes that stand for boxes nobody declared, with what they stand for.
    pub unknown: BTreeMap<NodeId, String>,
    /// Things about the wiring people must know.
    pub notes: Vec<String>,
    /// Names in the declarations that no submitted device has: nothing that depends on them can be proved.
    pub missing: Vec<String>,
    /// The box everything undeclared is joined to: tunnels without declared peer, segments, next hops. The outside
    /// may be behind it.
    pub hub: Option<NodeId>,
    /// Segments on which a declared relay may send on what it receives; empty unless linked with relays.
    pub relays: BTreeSet<NodeId>,
}

impl Topology {
    /// Node where packets enter a device.
    #[must_use]
    pub fn entry(&self, devices: &[Device], device: usize) -> NodeId {
        self.base[device] + devices[device].entry
    }
}

/// `In` values with which packets enter through a layer-3 interface: its access ports if it has any, and its own number
/// for whatever else leads into it (trunks).
#[must_use]
pub fn ingress_values(device: &Device, interface: usize) -> Ranges {
    let own = Ranges::one(interface as u128);
    let ports: Ranges = (0..device.interfaces.len())
        .filter(|&p| device.interfaces[p].port_of == Some(interface) && device.interfaces[p].enabled)
        .map(|p| (p as u128, p as u128))
        .collect();
    let otherwise = !device.trunks_of(interface).is_empty() || device.entered_otherwise(interface);
    if ports.is_empty() || otherwise { ports.union(&own) } else { ports }
}

/// Links devices into one network, under the assumptions numbered in `active`.
#[must_use]
pub fn link(site: &Site, devices: &[Device], active: &[usize]) -> Topology {
    let tables = devices.iter().map(|d| d.nodes.clone()).collect();
    link_tables(site, devices, tables, active)
}

/// The same with the tables of the devices handed over, so that a large network is held once.
#[must_use]
pub(crate) fn link_tables(
    site: &Site,
    devices: &[Device],
    tables: Vec<Vec<Node>>,
    active: &[usize],
) -> Topology {
    let mut linker = Linker {
        site,
        devices,
        active,
        network: Network::default(),
        base: Vec::new(),
        wires: Vec::new(),
        unknown: BTreeMap::new(),
        hops: BTreeMap::new(),
        overlaps: BTreeSet::new(),
        notes: Vec::new(),
        missing: Vec::new(),
    };
    linker.take_tables(tables);
    linker.check_names();
    linker.find_wires();
    linker.make_places();
    linker.fill_egress();
    let joins = linker.joins();
    let places = linker.make_joins(&joins);
    let hub = linker.fill_unknown(&joins, &places);
    Topology {
        network: linker.network,
        base: linker.base,
        wires: linker.wires,
        unknown: linker.unknown,
        notes: linker.notes,
        missing: linker.missing,
        hub,
        relays: BTreeSet::new(),
    }
}

/// The network in which every declared relay may send on, as its own, whatever it receives. A relay with legs in
/// several zones receives on one and sends on any of them.
#[must_use]
pub fn link_with_relays(site: &Site, devices: &[Device], active: &[usize]) -> Topology {
    let mut topology = link(site, devices, active);
    for legs in &site.relays {
        let all = legs.iter().fold(Ranges::empty(), |a, l| a.union(&l.1));
        let on = |zone: usize| topology.wires.iter().filter(move |w| w.zones.contains(&zone));
        let mut then = Vec::new();
        for (zone, own) in legs {
            for wire in on(*zone) {
                for &(device, interface) in &wire.members {
                    let entry = topology.base[device] + devices[device].entry;
                    let values = ingress_values(&devices[device], interface);
                    then.push(Jump::to(entry).havoc().set(Field::In, values).set(Field::Src, own.clone()));
                }
                then.push(Jump::to(wire.hosts).havoc().set(Field::Src, own.clone()));
            }
        }
        let mut hosts: Vec<usize> = legs.iter().flat_map(|l| on(l.0)).map(|w| w.hosts).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let when = vec![Cube::any().with(Field::Dst, all)];
        for node in hosts {
            let relay = Rule::new(when.clone(), then.clone(), 0, "relay").doubtful(Doubt::Relay);
            topology.network.nodes[node].rules.push(relay);
            topology.relays.insert(node);
        }
    }
    topology
}

pub(super) struct Linker<'a> {
    pub(super) site: &'a Site,
    pub(super) devices: &'a [Device],
    pub(super) active: &'a [usize],
    pub(super) network: Network,
    base: Vec<NodeId>,
    pub(super) wires: Vec<Wire>,
    pub(super) unknown: BTreeMap<NodeId, String>,
    /// Unknown next hops: (wire, address) → node.
    hops: BTreeMap<(usize, u128), NodeId>,
    /// Pairs of ends whose networks overlap.
    overlaps: BTreeSet<((usize, usize), (usize, usize))>,
    pub(super) notes: Vec<String>,
    missing: Vec<String>,
}

impl Linker<'_> {
    fn take_tables(&mut self, tables: Vec<Vec<Node>>) {
        for (number, nodes) in tables.into_iter().enumerate() {
            let base = self.network.nodes.len();
            self.base.push(base);
            for mut node in nodes {
                node.device = Some(number);
                let jumps =
                    node.rules.iter_mut().flat_map(|r| r.then.iter_mut()).chain(node.otherwise.iter_mut());
                for jump in jumps {
                    jump.to += base;
                }
                self.network.nodes.push(node);
            }
        }
    }

    pub(super) fn interface(&self, end: (usize, usize)) -> &Interface {
        &self.devices[end.0].interfaces[end.1]
    }

    pub(super) fn end_name(&self, end: (usize, usize)) -> String {
        format!("{}:{}", self.devices[end.0].name, self.interface(end).name)
    }

    /// A named end; a switch port stands for the interface of its VLAN.
    pub(super) fn find_end(&self, end: &(String, String)) -> Option<(usize, usize)> {
        let device = self.devices.iter().position(|d| d.name == end.0)?;
        let interface = self.devices[device].interface(&end.1)?;
        Some((device, self.devices[device].interfaces[interface].port_of.unwrap_or(interface)))
    }

    /// A misspelt name in the declarations must not silently mean less.
    fn check_names(&mut self) {
        let zones = self.site.zones.iter().flat_map(|z| &z.interfaces);
        let links = self.site.links.iter().chain(&self.site.separate).flatten();
        let mut missing: Vec<String> = zones
            .chain(links)
            .filter(|e| self.find_end(e).is_none())
            .map(|e| format!("{}:{}", e.0, e.1))
            .collect();
        let known = |name: &String| self.devices.iter().any(|d| d.name == *name);
        missing.extend(self.site.devices.keys().filter(|name| !known(name)).cloned());
        missing.sort();
        missing.dedup();
        self.missing = missing;
    }

    fn find_wires(&mut self) {
        let mut ends: Vec<(usize, usize)> = Vec::new();
        for (d, device) in self.devices.iter().enumerate() {
            for (i, interface) in device.interfaces.iter().enumerate() {
                if interface.enabled
                    && interface.port_of.is_none()
                    && !matches!(interface.kind, InterfaceKind::Loopback | InterfaceKind::Switched)
                {
                    ends.push((d, i));
                }
            }
        }
        let mut group: Vec<usize> = (0..ends.len()).collect();
        let apart: Vec<Vec<(usize, usize)>> =
            self.site.separate.iter().map(|s| s.iter().filter_map(|e| self.find_end(e)).collect()).collect();
        for a in 0..ends.len() {
            for b in 0..a {
                let separated = apart.iter().any(|s| s.contains(&ends[a]) && s.contains(&ends[b]));
                if !separated && self.same_network(ends[a], ends[b]) {
                    merge(&mut group, a, b);
                }
            }
        }
        for link in &self.site.links {
            let known: Vec<usize> = link
                .iter()
                .filter_map(|e| self.find_end(e))
                .filter_map(|e| ends.iter().position(|x| *x == e))
                .collect();
            for pair in known.windows(2) {
                merge(&mut group, pair[0], pair[1]);
            }
        }
        let mut by_group: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (n, end) in ends.iter().enumerate() {
            by_group.entry(group[n]).or_default().push(*end);
        }
        for members in by_group.into_values() {
            self.add_wire(members);
        }
    }

    fn same_network(&self, a: (usize, usize), b: (usize, usize)) -> bool {
        if a.0 == b.0 && self.interface(a).vrf == self.interface(b).vrf {
            return false;
        }
        let (x, y) = (self.networks(a), self.networks(b));
        x.iter().any(|p| y.contains(p))
    }

    /// Connected networks with room for neighbours; every interface has the link-local one.
    fn networks(&self, end: (usize, usize)) -> Vec<(u128, u128)> {
        let link_local = link_local();
        let all = self.interface(end).addresses.iter().filter(|a| !link_local.contains(a.first));
        all.map(|a| (a.first, a.last)).filter(|n| n.0 != n.1).collect()
    }

    /// Interfaces of other devices whose network overlaps the one of `end` without being the same: one wire with two
    /// masks, or two wires with one address plan. Nobody said which.
    fn overlapping(&self, end: (usize, usize)) -> Vec<(usize, usize)> {
        let own: Ranges = self.networks(end).into_iter().collect();
        let wire = self.wire_of(end);
        let mut out = Vec::new();
        for (at, other) in self.wires.iter().enumerate().filter(|(at, _)| Some(*at) != wire) {
            for &far in other.members.iter().filter(|m| m.0 != end.0) {
                let theirs: Ranges = self.networks(far).into_iter().collect();
                if !own.is_disjoint(&theirs) && !self.declared_apart(end, far, wire, at) {
                    out.push(far);
                }
            }
        }
        out
    }

    fn declared_apart(
        &self,
        end: (usize, usize),
        far: (usize, usize),
        wire: Option<usize>,
        other: usize,
    ) -> bool {
        let separated = self.site.separate.iter().any(|s| {
            let ends: Vec<(usize, usize)> = s.iter().filter_map(|e| self.find_end(e)).collect();
            ends.contains(&end) && ends.contains(&far)
        });
        separated || wire.is_some_and(|wire| self.assumed_apart(&[wire, other]))
    }

    fn add_wire(&mut self, members: Vec<(usize, usize)>) {
        let pairs = || members.iter().flat_map(|m| self.interface(*m).addresses.iter());
        let mut networks: Ranges = pairs().map(|a| (a.first, a.last)).collect();
        if members.iter().any(|m| self.interface(*m).dynamic6) {
            networks = networks.union(&net::all_v6());
        }
        let taken: Ranges = pairs().map(|a| (a.address, a.address)).collect();
        let mut zones: Vec<usize> = Vec::new();
        for (number, zone) in self.site.zones.iter().enumerate() {
            let named = zone.interfaces.iter().filter_map(|e| self.find_end(e)).any(|e| members.contains(&e));
            if named {
                zones.push(number);
            }
        }
        if zones.is_empty() && !networks.is_empty() {
            zones = (0..self.site.zones.len())
                .filter(|&n| {
                    let zone = &self.site.zones[n];
                    !zone.is_open() && !networks.intersect(&zone.prefixes).is_empty()
                })
                .collect();
            // Part of the wire outside every declared prefix is not covered by the declaration.
            let covered = zones.iter().fold(Ranges::empty(), |a, &z| a.union(&self.site.zones[z].prefixes));
            if !networks.subtract(&link_local()).is_subset(&covered) {
                zones.clear();
            }
        }
        let assumed_closed = members.iter().any(|m| self.assumed_closed(*m));
        let name = members.iter().map(|m| self.end_name(*m)).collect::<Vec<_>>().join(" = ");
        let closed = assumed_closed || is_full_transfer_net(&networks, &taken);
        let wire =
            Wire { name, members, zones, networks, closed, hosts: 0, unknown: None, joins: Vec::new() };
        self.wires.push(wire);
    }

    pub(super) fn assumed_closed(&self, end: (usize, usize)) -> bool {
        self.active.iter().any(|&n| {
            let a = &self.site.assumptions[n];
            let here = a.device.as_deref().is_none_or(|d| d == self.devices[end.0].name);
            matches!(&a.kind, AssumptionKind::Closed { interface } if here
                && self.devices[end.0].interface(interface) == Some(end.1))
        })
    }

    fn make_places(&mut self) {
        for at in 0..self.wires.len() {
            let name = self.wires[at].name.clone();
            self.wires[at].hosts = self.place(format!("hosts {name}"), NodeKind::Hosts);
            if self.wires[at].zones.is_empty() && !self.wires[at].closed {
                let node = self.place(format!("undeclared {name}"), NodeKind::Unknown);
                self.wires[at].unknown = Some(node);
                self.unknown.insert(node, format!("領域の宣言がない区間 {name}"));
            }
            if self.wires[at].zones.len() > 1 {
                let ids: Vec<&str> =
                    self.wires[at].zones.iter().map(|&z| self.site.zones[z].name.as_str()).collect();
                self.notes.push(format!("同じ区間 {name} が複数の領域（{}）に属しています", ids.join("、")));
            }
        }
    }

    pub(super) fn place(&mut self, name: String, kind: NodeKind) -> NodeId {
        self.network.nodes.push(Node::new(name, kind));
        self.network.nodes.len() - 1
    }

    pub(super) fn wire_of(&self, end: (usize, usize)) -> Option<usize> {
        self.wires.iter().position(|w| w.members.contains(&end))
    }

    /// Into the device that owns `end`, from its wire.
    fn ingress(&self, end: (usize, usize)) -> Jump {
        let entry = self.base[end.0] + self.devices[end.0].entry;
        Jump::to(entry)
            .set(Field::In, ingress_values(&self.devices[end.0], end.1))
            .put(Field::Out, 0)
            .put(Field::Tag, 0)
    }

    /// Into every device on these wires by any of its interfaces there: one jump a device, since a switch may have hundreds
    /// of wires that nobody declared, and what comes in by one of them goes on to all the others.
    fn ingress_of(&self, wires: &[usize]) -> Vec<Jump> {
        let mut by_device: BTreeMap<usize, Ranges> = BTreeMap::new();
        for &(device, interface) in wires.iter().flat_map(|&w| &self.wires[w].members) {
            let values = by_device.entry(device).or_insert_with(Ranges::empty);
            *values = values.union(&ingress_values(&self.devices[device], interface));
        }
        let entry = |device: usize| self.base[device] + self.devices[device].entry;
        let into = |(device, values): (usize, Ranges)| {
            Jump::to(entry(device)).set(Field::In, values).put(Field::Out, 0).put(Field::Tag, 0)
        };
        by_device.into_iter().map(into).collect()
    }

    pub(super) fn rest(node: NodeId) -> Jump {
        Jump::to(node).put(Field::In, 0).put(Field::Out, 0).put(Field::Tag, 0)
    }

    /// Where packets for unclaimed addresses of a wire go.
    fn hosts(&self, wire: usize) -> Jump {
        Self::rest(self.wires[wire].unknown.unwrap_or(self.wires[wire].hosts))
    }

    fn fill_egress(&mut self) {
        for d in 0..self.devices.len() {
            let mut rules = Vec::new();
            for (number, adjacency) in self.devices[d].adjacencies.clone().into_iter().enumerate() {
                let here = Cube::any().with(Field::Out, Ranges::one(number as u128));
                self.leave(d, adjacency, &here, &mut rules);
            }
            let node = self.base[d] + Device::EGRESS;
            self.network.nodes[node].rules = rules;
        }
        for (a, b) in std::mem::take(&mut self.overlaps) {
            let (a, b) = (self.end_name(a), self.end_name(b));
            self.notes.push(format!(
                "{a} と {b} のネットワークが重なっています。同じ区間ならマスクをそろえるか links.toml でつなぎ、別の区間なら separate で分けてください"
            ));
        }
    }

    fn leave(&mut self, device: usize, adjacency: Adjacency, here: &Cube, rules: &mut Vec<Rule>) {
        let end = (device, adjacency.interface);
        let Some(wire) = self.wire_of(end) else { return };
        let others: Vec<(usize, usize)> =
            self.wires[wire].members.iter().copied().filter(|m| *m != end).collect();
        let label = format!("wire {}", self.end_name(end));
        let go = |when: Cube, then: Vec<Jump>| Rule::new(vec![when], then, 0, label.clone());
        let tunnel = self.interface(end).kind == InterfaceKind::Tunnel && others.is_empty();
        for far in self.overlapping(end) {
            let mut when = here.clone();
            match adjacency.next {
                NextHop::Direct => when.narrow(Field::Dst, &self.claims(far)),
                NextHop::Via(address) if !self.claims(far).contains(address) => continue,
                NextHop::Via(_) | NextHop::Anyone => {}
            }
            self.overlaps.insert((end.min(far), end.max(far)));
            rules.push(go(when, vec![self.ingress(far)]).doubtful(Doubt::Undeclared));
        }
        match adjacency.next {
            _ if tunnel => rules.push(go(here.clone(), vec![self.hosts(wire)])),
            NextHop::Direct => {
                for &other in &others {
                    let owned = self.claims(other);
                    if !owned.is_empty() {
                        rules.push(go(here.clone().with(Field::Dst, owned), vec![self.ingress(other)]));
                    }
                }
                // A router that answers ARP for other networks takes packets meant for hosts beyond it.
                for other in others.into_iter().filter(|o| self.interface(*o).proxy_arp) {
                    let near =
                        self.interface(other).addresses.iter().map(|a| (a.first, a.last)).collect::<Ranges>();
                    let far = here.clone().with(Field::Dst, near.complement(u128::MAX));
                    let rule = go(far, vec![self.ingress(other)]);
                    rules.push(rule.doubtful(Doubt::Undeclared));
                }
                rules.push(go(here.clone(), vec![self.hosts(wire)]));
            }
            NextHop::Via(address) => {
                let owners: Vec<Jump> = others
                    .iter()
                    .filter(|o| self.claims(**o).contains(address))
                    .map(|o| self.ingress(*o))
                    .collect();
                let then = if owners.is_empty() { vec![self.next_hop(wire, address)] } else { owners };
                rules.push(go(here.clone(), then));
            }
            NextHop::Anyone => {
                let mut then: Vec<Jump> = others.iter().map(|o| self.ingress(*o)).collect();
                then.push(self.hosts(wire));
                rules.push(go(here.clone(), then));
            }
        }
    }

    /// Addresses an interface answers for.
    fn claims(&self, end: (usize, usize)) -> Ranges {
        let interface = self.interface(end);
        let own: Ranges = interface.addresses.iter().map(|a| (a.address, a.address)).collect();
        own.union(&interface.answers)
    }

    /// A next hop no device owns: part of its zone when declared so, otherwise a box that may forward anything.
    fn next_hop(&mut self, wire: usize, address: u128) -> Jump {
        let zones = &self.wires[wire].zones;
        let declared = zones.iter().any(|&z| {
            let zone = &self.site.zones[z];
            zone.is_open() || zone.routers.contains(address)
        });
        let assumed = self.active.iter().any(|&n| {
            matches!(self.site.assumptions[n].kind,
                AssumptionKind::Router { address: a, zone } if a == address && zones.contains(&zone))
        });
        if declared || assumed {
            return Self::rest(self.wires[wire].hosts);
        }
        if let Some(&node) = self.hops.get(&(wire, address)) {
            return Self::rest(node);
        }
        let text = net::extract(address).to_string();
        let node = self.place(format!("unknown router {text}"), NodeKind::Unknown);
        self.hops.insert((wire, address), node);
        self.unknown.insert(node, format!("一覧にない経路先 {text}（{}）", self.wires[wire].name));
        Self::rest(node)
    }

    /// Unknown boxes may forward between all their ports, and may be joined to each other.
    fn fill_unknown(&mut self, joins: &[Join], places: &[NodeId]) -> Option<NodeId> {
        if self.unknown.is_empty() {
            return None;
        }
        let hub = self.place("undeclared boxes".into(), NodeKind::Unknown);
        let mut wires: Vec<usize> = self.hops.keys().map(|k| k.0).collect();
        wires.extend((0..self.wires.len()).filter(|&w| self.wires[w].unknown.is_some()));
        wires.extend(joins.iter().filter(|j| j.inward).flat_map(|j| j.wires.clone()));
        wires.sort_unstable();
        wires.dedup();
        let mut jumps = self.ingress_of(&wires);
        let declared = wires.into_iter().filter(|&w| self.wires[w].unknown.is_none());
        jumps.extend(declared.map(|w| Self::rest(self.wires[w].hosts)));
        let forward = Rule::new(vec![Cube::any()], jumps, 0, "undeclared box").doubtful(Doubt::Undeclared);
        self.network.nodes[hub].rules = vec![forward];
        for &node in self.unknown.keys() {
            if let Some(at) = places.iter().position(|p| *p == node) {
                let mut jumps = self.ingress_of(&joins[at].wires);
                jumps.extend(joins[at].wires.iter().map(|&w| Self::rest(self.wires[w].hosts)));
                if joins[at].open {
                    jumps.push(Jump::to(hub));
                }
                let lead = Rule::new(vec![Cube::any()], jumps, 0, "joined segments");
                self.network.nodes[node].rules = vec![lead.doubtful(Doubt::Undeclared)];
                continue;
            }
            let lead = Rule::new(vec![Cube::any()], vec![Jump::to(hub)], 0, "undeclared box");
            self.network.nodes[node].rules.insert(0, lead.doubtful(Doubt::Undeclared));
        }
        // Joined segments whose VLANs are all declared lead nowhere else.
        let elsewhere =
            self.unknown.keys().any(|n| places.iter().position(|p| p == n).is_none_or(|at| joins[at].open));
        elsewhere.then_some(hub)
    }
}

fn link_local() -> Ranges {
    net::parse_prefix("fe80::/10").unwrap_or_else(Ranges::empty)
}

fn merge(group: &mut [usize], a: usize, b: usize) {
    let (from, to) = (group[a], group[b]);
    for g in group.iter_mut().filter(|g| **g == from) {
        *g = to;
    }
}

/// Every usable address of every network on the wire belongs to a device (networks of at most 8 addresses).
fn is_full_transfer_net(networks: &Ranges, taken: &Ranges) -> bool {
    !networks.is_empty()
        && networks.intervals().iter().all(|&(lo, hi)| {
            let size = hi - lo + 1;
            let usable = if size <= 2 { Ranges::span(lo, hi) } else { Ranges::span(lo + 1, hi - 1) };
            size <= 8 && usable.is_subset(taken)
        })
}
