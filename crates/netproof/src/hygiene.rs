//! What is worth tidying, whatever the intents are: findings of the readers and rules that can never decide a packet.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::engine::Engine;
use crate::model::{Device, Finding, Network, NodeKind, Severity};
use crate::space::{Cube, Field, Ranges};

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
