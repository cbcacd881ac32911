//! What is worth tidying, whatever the intents are: findings of the readers and rules that can never decide a packet.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::engine::{Engine, Source};
use crate::model::{Device, Finding, Network, NodeKind, Severity};
use crate::site::topology::{Topology, ingress_values};
use crate::space::{Cube, Field, Ranges, Set};
use crate::verdict::PacketView;

/// Findings of one device.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceFindings {
    /// Device.
    pub device: String,
    /// File.
    pub file: String,
    /// Findings, most serious first.
    pub findings: Vec<Finding>,
}

/// Findings of every device.
#[must_use]
pub fn scan(devices: &[Device]) -> Vec<DeviceFindings> {
    devices
        .iter()
        .map(|device| {
            let mut findings = device.findings.clone();
            findings.extend(shadowed(device));
            findings.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.line.cmp(&b.line)));
            findings.dedup();
            DeviceFindings { device: device.name.clone(), file: device.file.clone(), findings }
        })
        .collect()
}

/// Configuration lines none of whose entries can be the first to match any packet.
fn shadowed(device: &Device) -> Vec<Finding> {
    let network = Network { nodes: device.nodes.clone() };
    let mut engine = Engine::new(&network);
    let mut live: BTreeSet<u32> = BTreeSet::new();
    let mut dead: BTreeMap<u32, String> = BTreeMap::new();
    for (number, node) in network.nodes.iter().enumerate() {
        let relevant = node.kind == NodeKind::Stage && !node.name.contains("route") && !node.rules.is_empty();
        if !relevant {
            live.extend(node.rules.iter().map(|r| r.line));
            continue;
        }
        let mut all = Cube::any();
        all.replace(Field::Frag, Ranges::span(0, 1));
        let scanned = engine.space.cube(&all).and_then(|set| engine.scan(number, set));
        let Ok(scan) = scanned else { continue };
        for (rule, effective) in node.rules.iter().zip(scan.effective) {
            if effective || rule.line == 0 {
                live.insert(rule.line);
            } else {
                dead.insert(rule.line, rule.label.clone());
            }
        }
    }
    dead.into_iter()
        .filter(|(line, _)| !live.contains(line))
        .map(|(line, label)| Finding {
            code: "shadowed".into(),
            severity: Severity::Warning,
            line,
            text: format!("{label} は前の規則に隠れており、働くことがありません"),
        })
        .collect()
}

/// Devices that stand in for each other (one virtual address on one wire) should filter alike: what one lets pass
/// between two shared wires and the other does not is a finding.
pub fn add_drift(devices: &[Device], topology: &Topology, all: &mut [DeviceFindings]) {
    for a in 0..devices.len() {
        for b in 0..a {
            let shared: Vec<(usize, usize)> = topology
                .wires
                .iter()
                .filter_map(|w| {
                    let on = |d: usize| w.members.iter().find(|m| m.0 == d).map(|m| m.1);
                    Some((on(a)?, on(b)?))
                })
                .collect();
            let virtual_address = shared.iter().any(|&(x, y)| {
                let (x, y) = (&devices[a].interfaces[x], &devices[b].interfaces[y]);
                !x.shared.intersect(&y.shared).is_empty()
                    || x.addresses.iter().any(|p| y.addresses.iter().any(|q| p.address == q.address))
            });
            if virtual_address && shared.len() > 1 {
                for (ins, outs) in pairs(&shared) {
                    if let Some(text) = differs(&devices[a], &devices[b], ins, outs) {
                        let finding =
                            Finding { code: "drift".into(), severity: Severity::Warning, line: 0, text };
                        all[a].findings.push(finding);
                    }
                }
            }
        }
    }
}

type Ends = (usize, usize);

fn pairs(shared: &[Ends]) -> Vec<(Ends, Ends)> {
    let others = |i: &Ends| shared.iter().filter(move |o| *o != i).map(move |o| (*i, *o)).collect::<Vec<_>>();
    shared.iter().flat_map(others).collect()
}

fn differs(a: &Device, b: &Device, ins: Ends, outs: Ends) -> Option<String> {
    let network = Network::default();
    let mut engine = Engine::new(&network);
    let (left, right) = (passing(a, ins.0, outs.0)?, passing(b, ins.1, outs.1)?);
    let (left, right) = (engine.space.cubes(&left).ok()?, engine.space.cubes(&right).ok()?);
    if left == right {
        return None;
    }
    let only = engine.space.minus(left, right).ok()?;
    let only = if only.is_empty() { engine.space.minus(right, left).ok()? } else { only };
    let example = engine.space.some_cube(only).and_then(|c| c.least()).map(|p| PacketView::of(&p).line())?;
    Some(format!(
        "{} と {} は互いの予備ですが、{} から {} への通し方が違います（例：{example}）",
        a.name, b.name, a.interfaces[ins.0].name, a.interfaces[outs.0].name
    ))
}

/// Packets a lone device may send out of one interface when they came in by another.
fn passing(device: &Device, from: usize, to: usize) -> Option<Vec<Cube>> {
    let network = Network { nodes: device.nodes.clone() };
    let mut engine = Engine::new(&network);
    let start = Cube::any()
        .with(Field::In, ingress_values(device, from))
        .with(Field::Out, Ranges::one(0))
        .with(Field::Tag, Ranges::one(0));
    let reach = engine.reach(&[Source { node: device.entry, cubes: vec![start] }]).ok()?;
    let mut set = reach.at.get(&Device::EGRESS).copied().unwrap_or(Set::EMPTY);
    let outs: Ranges =
        (0u128..).zip(&device.adjacencies).filter(|(_, x)| x.interface == to).map(|(n, _)| (n, n)).collect();
    let leaving = engine.space.cube(&Cube::any().with(Field::Out, outs)).ok()?;
    set = engine.space.and(set, leaving).ok()?;
    for field in [Field::Out, Field::In, Field::Tag] {
        set = engine.space.forget(set, field).ok()?;
    }
    let (cubes, complete) = engine.space.to_cubes(set, 50_000);
    complete.then_some(cubes)
}
