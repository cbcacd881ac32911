//! Layer-2 networks that may join wires: one VLAN in two zones, trunks that carry more than is declared, tunnels in
//! bridges.

use std::collections::BTreeMap;

use crate::model::{Doubt, Interface, InterfaceKind, NodeId, NodeKind, Rule, Trunk, vlan_number};
use crate::space::{Cube, Ranges};

use super::input::AssumptionKind;
use super::topology::Linker;

/// Two wires that one layer-2 network may join: the same VLAN, or a trunk that carries more than is declared.
#[derive(Clone, Debug)]
pub(super) struct Join {
    pub(super) wires: Vec<usize>,
    /// Whether VLANs nobody declared take part.
    pub(super) open: bool,
    /// Whether what is undeclared comes in here too: the far end of a bridged tunnel.
    pub(super) inward: bool,
    why: String,
}

impl Linker<'_> {
    /// Wires that one layer-2 network may join although they belong to different zones.
    pub(super) fn joins(&self) -> Vec<Join> {
        let mut out = Vec::new();
        let mut by_vlan: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
        for (number, wire) in self.wires.iter().enumerate() {
            let mut vlans: Vec<u16> = wire.members.iter().filter_map(|m| self.vlan(*m)).collect();
            vlans.sort_unstable();
            vlans.dedup();
            for vlan in vlans {
                by_vlan.entry(vlan).or_default().push(number);
            }
        }
        for (vlan, wires) in by_vlan {
            let mut zones: Vec<&Vec<usize>> = wires.iter().map(|&w| &self.wires[w].zones).collect();
            zones.dedup();
            if zones.len() > 1 && !self.assumed_apart(&wires) {
                let names: Vec<&str> = wires.iter().map(|&w| self.wires[w].name.as_str()).collect();
                let why =
                    format!("同じ VLAN {vlan} が別の領域の区間（{}）で使われています", names.join("、"));
                out.push(Join { wires, open: false, inward: false, why });
            }
        }
        for (d, device) in self.devices.iter().enumerate() {
            for (i, port) in device.interfaces.iter().enumerate().filter(|(_, p)| p.enabled) {
                let Some(trunk) = &port.trunk else { continue };
                if !self.assumed_trunk((d, i)) {
                    out.extend(self.trunk_join(d, i, trunk));
                }
            }
            out.extend(self.bridged_tunnels(d));
        }
        out
    }

    /// A tunnel that is a port of a bridge extends its wire to a place nobody declared.
    fn bridged_tunnels(&self, device: usize) -> Vec<Join> {
        let interfaces = &self.devices[device].interfaces;
        let bridged = |(i, port): (usize, &Interface)| {
            let wire = self.wire_of((device, port.port_of?))?;
            let known = self.assumed_trunk((device, i)) || self.assumed_closed((device, i));
            let tunnel = port.enabled && port.kind == InterfaceKind::Tunnel && !known;
            let why = format!(
                "トンネル {} が区間 {} を、宣言のない相手とつないでいます",
                self.end_name((device, i)),
                self.wires[wire].name
            );
            tunnel.then(|| Join { wires: vec![wire], open: true, inward: true, why })
        };
        interfaces.iter().enumerate().filter_map(bridged).collect()
    }

    /// A trunk that carries VLANs without a declared segment: what is behind it may join them with the others.
    fn trunk_join(&self, device: usize, port: usize, trunk: &Trunk) -> Option<Join> {
        let mut wires = Vec::new();
        let mut declared = Ranges::empty();
        for (number, wire) in self.wires.iter().enumerate() {
            for vlan in wire.members.iter().filter(|m| m.0 == device).filter_map(|m| self.vlan(*m)) {
                let vlan = Ranges::one(vlan.into());
                let carried = match trunk {
                    Trunk::Unrestricted => true,
                    Trunk::Vlans(list) => vlan.is_subset(list),
                };
                if carried && (!wire.zones.is_empty() || wire.closed) {
                    declared = declared.union(&vlan);
                    wires.push(number);
                }
            }
        }
        let name = self.end_name((device, port));
        let why = match trunk {
            Trunk::Unrestricted => format!("トランク {name} は通す VLAN を限定していません"),
            Trunk::Vlans(list) => {
                let extra = list.subtract(&declared);
                if extra.is_empty() {
                    return None;
                }
                let show =
                    |&(lo, hi): &(u128, u128)| if lo == hi { lo.to_string() } else { format!("{lo}-{hi}") };
                let list: Vec<String> = extra.intervals().iter().map(show).collect();
                format!("トランク {name} が、領域の宣言がない VLAN {} を通しています", list.join(","))
            }
        };
        (!wires.is_empty()).then_some(Join { wires, open: true, inward: false, why })
    }

    /// VLAN of an interface: its tag, or the number in the name of a VLAN interface.
    fn vlan(&self, end: (usize, usize)) -> Option<u16> {
        let interface = self.interface(end);
        interface.vlan.or_else(|| vlan_number(&interface.name))
    }

    fn assumed_trunk(&self, end: (usize, usize)) -> bool {
        let device = &self.devices[end.0];
        let port = &device.interfaces[end.1].name;
        let linked = self.site.links.iter().any(|l| {
            l.iter().any(|e| {
                e.0 == device.name && crate::model::interface_key(&e.1) == crate::model::interface_key(port)
            })
        });
        linked
            || self.active.iter().any(|&n| {
                let a = &self.site.assumptions[n];
                let here = a.device.as_deref().is_none_or(|d| d == device.name);
                matches!(&a.kind, AssumptionKind::Trunk { interface } if here
                    && device.interface(interface) == Some(end.1))
            })
    }

    /// Declared as different layer-2 networks by an assumption that names an end of each.
    pub(super) fn assumed_apart(&self, wires: &[usize]) -> bool {
        self.active.iter().any(|&n| match &self.site.assumptions[n].kind {
            AssumptionKind::Apart { ends } => {
                let on = |w: &usize| {
                    ends.iter().filter_map(|e| self.find_end(e)).any(|e| self.wires[*w].members.contains(&e))
                };
                wires.iter().filter(|w| !on(w)).count() <= 1
            }
            _ => false,
        })
    }

    /// One place per join: whatever is on one of its wires may come out on the others.
    pub(super) fn make_joins(&mut self, joins: &[Join]) -> Vec<NodeId> {
        let mut places = Vec::new();
        for join in joins {
            let node = self.place("joined segments".into(), NodeKind::Unknown);
            self.notes.push(join.why.clone());
            self.unknown.insert(node, join.why.clone());
            for &wire in &join.wires {
                self.wires[wire].joins.push(node);
                let lead = Rule::new(vec![Cube::any()], vec![Self::rest(node)], 0, "joined segments");
                let hosts = self.wires[wire].unknown.unwrap_or(self.wires[wire].hosts);
                self.network.nodes[hosts].rules.push(lead.doubtful(Doubt::Undeclared));
            }
            places.push(node);
        }
        places
    }
}
