//! Wires between devices, and one network out of many devices.
//!
//! Interfaces with the same connected network share a wire; `links.toml` adds and separates. What is attached to a
//! wire is a declared zone, nothing (all addresses of a transfer net taken by devices), or unknown. Unknown wires
//! and next hops outside the inventory end in one box that may forward anything between its ports.

use std::collections::BTreeMap;

use crate::model::{
    Adjacency, Device, Doubt, Interface, InterfaceKind, Jump, Network, NextHop, Node, NodeId, NodeKind, Rule,
};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::input::{AssumptionKind, Site};

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
}

impl Topology {
    /// Node where packets enter a device.
    #[must_use]
    pub fn entry(&self, devices: &[Device], device: usize) -> NodeId {
        self.base[device] + devices[device].entry
    }
}

/// `In` values with which packets enter through a layer-3 interface: its ports if it has any.
#[must_use]
pub fn ingress_values(device: &Device, interface: usize) -> Ranges {
    let ports: Ranges = (0..device.interfaces.len())
        .filter(|&p| device.interfaces[p].port_of == Some(interface) && device.interfaces[p].enabled)
        .map(|p| (p as u128, p as u128))
        .collect();
    if ports.is_empty() { Ranges::one(interface as u128) } else { ports }
}

/// Links devices into one network, under the assumptions numbered in `active`.
#[must_use]
pub fn link(site: &Site, devices: &[Device], active: &[usize]) -> Topology {
    let mut linker = Linker {
        site,
        devices,
        active,
        network: Network::default(),
        base: Vec::new(),
        wires: Vec::new(),
        unknown: BTreeMap::new(),
        hops: BTreeMap::new(),
        notes: Vec::new(),
    };
    linker.copy_devices();
    linker.find_wires();
    linker.make_places();
    linker.fill_egress();
    linker.fill_unknown();
    Topology {
        network: linker.network,
        base: linker.base,
        wires: linker.wires,
        unknown: linker.unknown,
        notes: linker.notes,
    }
}

/// The network in which every declared relay may send on, as its own, whatever it receives.
#[must_use]
pub fn link_with_relays(site: &Site, devices: &[Device]) -> Topology {
    let mut topology = link(site, devices, &[]);
    for wire in &topology.wires {
        let relays = wire.zones.iter().fold(Ranges::empty(), |a, &z| a.union(&site.zones[z].relays));
        if relays.is_empty() {
            continue;
        }
        let mut then = Vec::new();
        for &(device, interface) in &wire.members {
            let entry = topology.base[device] + devices[device].entry;
            let jump = Jump::to(entry).set(Field::In, ingress_values(&devices[device], interface)).havoc();
            then.push(jump.set(Field::Src, relays.clone()));
        }
        let when = vec![Cube::any().with(Field::Dst, relays)];
        let relay = Rule::new(when, then, 0, "relay").doubtful(Doubt::Relay);
        topology.network.nodes[wire.hosts].rules.push(relay);
    }
    topology
}

struct Linker<'a> {
    site: &'a Site,
    devices: &'a [Device],
    active: &'a [usize],
    network: Network,
    base: Vec<NodeId>,
    wires: Vec<Wire>,
    unknown: BTreeMap<NodeId, String>,
    /// Unknown next hops: (wire, address) → node.
    hops: BTreeMap<(usize, u128), NodeId>,
    notes: Vec<String>,
}

impl Linker<'_> {
    fn copy_devices(&mut self) {
        for (number, device) in self.devices.iter().enumerate() {
            let base = self.network.nodes.len();
            self.base.push(base);
            for node in &device.nodes {
                let mut node = node.clone();
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

    fn interface(&self, end: (usize, usize)) -> &Interface {
        &self.devices[end.0].interfaces[end.1]
    }

    fn end_name(&self, end: (usize, usize)) -> String {
        format!("{}:{}", self.devices[end.0].name, self.interface(end).name)
    }

    fn find_end(&self, end: &(String, String)) -> Option<(usize, usize)> {
        let device = self.devices.iter().position(|d| d.name == end.0)?;
        Some((device, self.devices[device].interface(&end.1)?))
    }

    fn find_wires(&mut self) {
        let mut ends: Vec<(usize, usize)> = Vec::new();
        for (d, device) in self.devices.iter().enumerate() {
            for (i, interface) in device.interfaces.iter().enumerate() {
                if interface.enabled
                    && interface.port_of.is_none()
                    && interface.kind != InterfaceKind::Loopback
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
        let (x, y) = (&self.interface(a).addresses, &self.interface(b).addresses);
        x.iter().any(|p| y.iter().any(|q| (p.first, p.last) == (q.first, q.last) && p.first != p.last))
    }

    fn add_wire(&mut self, members: Vec<(usize, usize)>) {
        let pairs = || members.iter().flat_map(|m| self.interface(*m).addresses.iter());
        let networks: Ranges = pairs().map(|a| (a.first, a.last)).collect();
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
            let link_local = net::parse_prefix("fe80::/10").unwrap_or_else(Ranges::empty);
            if !networks.subtract(&link_local).is_subset(&covered) {
                zones.clear();
            }
        }
        let assumed_closed = members.iter().any(|m| self.assumed_closed(*m));
        let name = members.iter().map(|m| self.end_name(*m)).collect::<Vec<_>>().join(" = ");
        let closed = assumed_closed || is_full_transfer_net(&networks, &taken);
        let wire = Wire { name, members, zones, networks, closed, hosts: 0, unknown: None };
        self.wires.push(wire);
    }

    fn assumed_closed(&self, end: (usize, usize)) -> bool {
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

    fn place(&mut self, name: String, kind: NodeKind) -> NodeId {
        self.network.nodes.push(Node::new(name, kind));
        self.network.nodes.len() - 1
    }

    fn wire_of(&self, end: (usize, usize)) -> Option<usize> {
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

    fn rest(node: NodeId) -> Jump {
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
    }

    fn leave(&mut self, device: usize, adjacency: Adjacency, here: &Cube, rules: &mut Vec<Rule>) {
        let end = (device, adjacency.interface);
        let Some(wire) = self.wire_of(end) else { return };
        let others: Vec<(usize, usize)> =
            self.wires[wire].members.iter().copied().filter(|m| *m != end).collect();
        let label = format!("wire {}", self.end_name(end));
        let go = |when: Cube, then: Vec<Jump>| Rule::new(vec![when], then, 0, label.clone());
        let tunnel = self.interface(end).kind == InterfaceKind::Tunnel && others.is_empty();
        match adjacency.next {
            _ if tunnel => rules.push(go(here.clone(), vec![self.hosts(wire)])),
            NextHop::Direct => {
                for other in others {
                    let owned = self.claims(other);
                    if !owned.is_empty() {
                        rules.push(go(here.clone().with(Field::Dst, owned), vec![self.ingress(other)]));
                    }
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
    fn fill_unknown(&mut self) {
        if self.unknown.is_empty() {
            return;
        }
        let hub = self.place("undeclared boxes".into(), NodeKind::Unknown);
        let mut wires: Vec<usize> = self.hops.keys().map(|k| k.0).collect();
        wires.extend((0..self.wires.len()).filter(|&w| self.wires[w].unknown.is_some()));
        wires.sort_unstable();
        wires.dedup();
        let mut jumps = Vec::new();
        for wire in wires {
            jumps.extend(self.wires[wire].members.iter().map(|m| self.ingress(*m)));
            if self.wires[wire].unknown.is_none() {
                jumps.push(Self::rest(self.wires[wire].hosts));
            }
        }
        let forward = Rule::new(vec![Cube::any()], jumps, 0, "undeclared box").doubtful(Doubt::Undeclared);
        self.network.nodes[hub].rules = vec![forward];
        for &node in self.unknown.keys() {
            let lead = Rule::new(vec![Cube::any()], vec![Jump::to(hub)], 0, "undeclared box");
            self.network.nodes[node].rules = vec![lead.doubtful(Doubt::Undeclared)];
        }
    }
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
