//! Which configuration lines packets between zones can ever meet, and which permitting lines a registered
//! communication explains.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::engine::Engine;
use crate::model::{Device, NodeKind};
use crate::net;
use crate::site::{Endpoint, Site};
use crate::space::{Cube, Field, Ranges, SpaceLimit};
use crate::verdict::{Snapshot, read_world, zone_sources};

/// One filtering line.
#[derive(Clone, Debug, Serialize)]
pub struct LineCoverage {
    /// Line, 1-based.
    pub line: u32,
    /// Name of the entry.
    pub label: String,
    /// Text, credentials replaced.
    pub text: String,
    /// Pairs of zones whose packets can be decided here, as `from → to`; empty when none can.
    pub pairs: Vec<String>,
    /// Registered communications that pass here.
    pub registered: Vec<String>,
    /// Whether the line lets packets pass.
    pub permits: bool,
}

/// Lines of one device.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceCoverage {
    /// Device.
    pub device: String,
    /// File.
    pub file: String,
    /// Filtering lines in file order.
    pub lines: Vec<LineCoverage>,
}

/// (device, line)
type Place = (usize, u32);

/// Coverage of every device.
pub fn coverage(site: &Site, snapshot: &Snapshot) -> Result<Vec<DeviceCoverage>, SpaceLimit> {
    let (devices, topology) = read_world(site, snapshot, &[]);
    let network = &topology.network;
    let mut engine = Engine::new(network);
    let mut pairs: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    let mut registered: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    for from in 0..site.zones.len() {
        let endpoint = Endpoint { zone: from, addresses: None };
        let sources = zone_sources(site, &devices, &topology, &endpoint, &Ranges::span(0, u128::MAX));
        let reach = engine.reach(&sources)?;
        for (&node, &set) in &reach.at {
            let Some(device) = network.nodes[node].device.filter(|_| is_filter(network, node)) else {
                continue;
            };
            for to in (0..site.zones.len()).filter(|&t| t != from) {
                let towards = Cube::any().with(Field::Dst, addresses(site, to));
                let towards = engine.space.cube(&towards)?;
                let here = engine.space.and(set, towards)?;
                if here.is_empty() {
                    continue;
                }
                let scan = engine.scan(node, here)?;
                let name = format!("{} → {}", site.zones[from].name, site.zones[to].name);
                for (rule, _) in network.nodes[node].rules.iter().zip(&scan.effective).filter(|(_, e)| **e) {
                    pairs.entry((device, rule.line)).or_default().insert(name.clone());
                }
            }
            for allow in &site.intents.allow {
                for one in allow.uses.iter().filter(|u| u.from.zone == from) {
                    let src = one.from.addresses.clone().unwrap_or_else(|| addresses(site, from));
                    let dst = one.to.addresses.clone().unwrap_or_else(|| addresses(site, one.to.zone));
                    let ends = Cube::any().with(Field::Src, src).with(Field::Dst, dst);
                    let cubes: Vec<Cube> = one.service.0.iter().map(|s| s.intersect(&ends)).collect();
                    let wanted = engine.space.cubes(&cubes)?;
                    let here = engine.space.and(set, wanted)?;
                    let scan = engine.scan(node, here)?;
                    for (rule, _) in
                        network.nodes[node].rules.iter().zip(&scan.effective).filter(|(_, e)| **e)
                    {
                        registered.entry((device, rule.line)).or_default().insert(allow.id.clone());
                    }
                }
            }
        }
    }
    Ok(devices.iter().enumerate().map(|(n, d)| one(n, d, &pairs, &registered)).collect())
}

fn addresses(site: &Site, zone: usize) -> Ranges {
    let prefixes = &site.zones[zone].prefixes;
    if prefixes.is_empty() { net::all_v4().union(&net::all_v6()) } else { prefixes.clone() }
}

/// Tables that drop something and are neither routes nor translations.
fn is_filter(network: &crate::model::Network, node: usize) -> bool {
    let node = &network.nodes[node];
    let drops = node.otherwise.is_empty() || node.rules.iter().any(|r| r.then.is_empty());
    let other = ["route", "nat", "vip", "multicast", "unknown-lines"].iter().any(|w| node.name.contains(w));
    node.kind == NodeKind::Stage && drops && !other
}

fn one(
    number: usize,
    device: &Device,
    pairs: &BTreeMap<Place, BTreeSet<String>>,
    registered: &BTreeMap<Place, BTreeSet<String>>,
) -> DeviceCoverage {
    let network = crate::model::Network { nodes: device.nodes.clone() };
    let mut lines: BTreeMap<u32, LineCoverage> = BTreeMap::new();
    for node in (0..network.nodes.len()).filter(|n| is_filter(&network, *n)) {
        for rule in network.nodes[node].rules.iter().filter(|r| r.line > 0) {
            let place = (number, rule.line);
            let list = |from: &BTreeMap<Place, BTreeSet<String>>| {
                from.get(&place).map(|s| s.iter().cloned().collect()).unwrap_or_default()
            };
            let entry = lines.entry(rule.line).or_insert_with(|| LineCoverage {
                line: rule.line,
                label: rule.label.clone(),
                text: device.text.get(rule.line as usize - 1).map_or(String::new(), |t| t.trim().to_owned()),
                pairs: list(pairs),
                registered: list(registered),
                permits: false,
            });
            entry.permits |= !rule.then.is_empty();
        }
    }
    DeviceCoverage {
        device: device.name.clone(),
        file: device.file.clone(),
        lines: lines.into_values().collect(),
    }
}
