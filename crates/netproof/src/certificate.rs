//! Certificates: an inductive invariant per claim, in a format another program can check by interval arithmetic.
//!
//! For every table the certificate lists a set of packets R. The sources lie in R, every rule maps R into R, and R
//! meets no forbidden packet; so no sequence of hops can carry a source packet to a forbidden place. Nobody has to
//! trust the search that found R. What remains trusted is the step from raw configuration to normal form.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::engine::{Engine, Reach};
use crate::model::{Assign, Jump, LineClass, Network, Rule};
use crate::net;
use crate::site::Site;
use crate::space::{Cube, Field, Ranges, SpaceLimit};
use crate::verdict::{Group, Question, Report, Snapshot, Target, Verdict};

/// Format version.
pub const VERSION: u32 = 1;

/// Cubes one invariant may take; a larger one is not written and the answer stays unknown.
const LIMIT_INVARIANT_CUBES: usize = 200_000;

/// A proved intent: what its certificate will be made of.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Intent id.
    pub intent: String,
    /// Assumptions it rests on.
    pub assumptions: Vec<String>,
    /// Whether it is about the network in which declared relays send on what they receive (F28).
    pub relays: bool,
    /// One part per group of sources.
    pub parts: Vec<Part>,
}

impl Claim {
    /// A claim without parts.
    #[must_use]
    pub fn new(intent: &str) -> Self {
        Self { intent: intent.to_owned(), assumptions: Vec::new(), relays: false, parts: Vec::new() }
    }
}

/// Packets that start somewhere and must not come to rest somewhere else. The invariant that shows it is written out
/// only when a certificate is: it is the largest thing a verification makes.
#[derive(Clone, Debug)]
pub struct Part {
    group: Group,
    targets: Vec<Target>,
}

impl Part {
    /// A part whose propagation found no violation; an error when its invariant would be too large to write.
    pub fn of(
        engine: &Engine<'_>,
        question: &Question,
        group: &Group,
        reach: &Reach,
    ) -> Result<Self, SpaceLimit> {
        let total = reach.at.values().fold(0u64, |n, set| n.saturating_add(engine.space.cube_count(*set)));
        if total > LIMIT_INVARIANT_CUBES as u64 {
            return Err(SpaceLimit { limit_nodes: LIMIT_INVARIANT_CUBES });
        }
        Ok(Self { group: group.clone(), targets: question.targets.clone() })
    }

    /// The part with its invariant R, per node.
    fn written(&self, engine: &mut Engine<'_>) -> Result<Value, SpaceLimit> {
        let reach = engine.reach(&self.group.sources)?;
        let mut invariant = serde_json::Map::new();
        for (&node, &set) in &reach.at {
            let (cubes, _) = engine.space.to_cubes(set, LIMIT_INVARIANT_CUBES);
            invariant.insert(node.to_string(), cubes.iter().map(cube_value).collect());
        }
        let values = |cubes: &[Cube]| cubes.iter().map(cube_value).collect::<Vec<_>>();
        Ok(json!({
            "sources": self.group.sources.iter().map(|s| (s.node, values(&s.cubes))).collect::<Vec<_>>(),
            "forbidden": self.targets.iter().map(|t| (t.node, values(&t.cubes))).collect::<Vec<_>>(),
            "exempt": values(&self.group.exempt),
            "invariant": invariant,
        }))
    }
}

/// A cube as `{field: "lo-hi,…"}`; absent fields are unconstrained.
#[must_use]
pub fn cube_value(cube: &Cube) -> Value {
    let mut map = serde_json::Map::new();
    for field in Field::ALL {
        if let Some(ranges) = cube.get(field) {
            map.insert(field.name().to_owned(), Value::String(ranges_text(field, ranges)));
        }
    }
    Value::Object(map)
}

fn ranges_text(field: Field, ranges: &Ranges) -> String {
    let one = |v: u128| if field.is_address() { net::extract(v).to_string() } else { v.to_string() };
    let part = |&(lo, hi): &(u128, u128)| if lo == hi { one(lo) } else { format!("{}-{}", one(lo), one(hi)) };
    ranges.intervals().iter().map(part).collect::<Vec<_>>().join(",")
}

fn jump_value(jump: &Jump) -> Value {
    let set: Vec<Value> = jump
        .set
        .iter()
        .map(|a| match a {
            Assign::Set(f, r) => json!({"field": f.name(), "to": ranges_text(*f, r)}),
            Assign::Shift(f, d) => json!({"field": f.name(), "shift": d.to_string()}),
        })
        .collect();
    json!({"to": jump.to, "set": set})
}

fn rule_value(rule: &Rule) -> Value {
    json!({
        "when": rule.when.iter().map(cube_value).collect::<Vec<_>>(),
        "then": rule.then.iter().map(jump_value).collect::<Vec<_>>(),
        "sure": rule.doubt.is_none(),
        "line": rule.line,
        "label": rule.label,
    })
}

/// The normal form as JSON.
#[must_use]
pub fn network_value(network: &Network) -> Value {
    let nodes: Vec<Value> = network
        .nodes
        .iter()
        .map(|n| {
            json!({
                "name": n.name,
                "kind": n.kind,
                "device": n.device,
                "rules": n.rules.iter().map(rule_value).collect::<Vec<_>>(),
                "otherwise": n.otherwise.iter().map(jump_value).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "nodes": nodes })
}

/// Raw texts of the declaration files, for their hashes.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    /// `zones.toml`.
    pub zones: String,
    /// `intents.toml`.
    pub intents: String,
    /// `links.toml`.
    pub links: String,
    /// `assumptions.toml`.
    pub assumptions: String,
}

/// The certificates of a report: one document per set of assumptions, and another where relays send on.
#[must_use]
pub fn documents(
    site: &Site,
    snapshot: &Snapshot,
    declarations: &Declarations,
    report: &Report,
) -> Vec<Value> {
    let mut by_network: BTreeMap<(bool, Vec<String>), Vec<&Claim>> = BTreeMap::new();
    for finding in &report.findings {
        let proved = matches!(finding.verdict, Verdict::Proved | Verdict::ProvedUnder);
        if let (true, Some(claim)) = (proved, finding.certificate.as_deref()) {
            by_network.entry((claim.relays, claim.assumptions.clone())).or_default().push(claim);
        }
    }
    by_network
        .into_iter()
        .map(|((relays, assumptions), claims)| {
            document(site, snapshot, declarations, relays, &assumptions, &claims)
        })
        .collect()
}

fn document(
    site: &Site,
    snapshot: &Snapshot,
    declarations: &Declarations,
    relays: bool,
    assumptions: &[String],
    claims: &[&Claim],
) -> Value {
    let active: Vec<usize> =
        (0..site.assumptions.len()).filter(|&n| assumptions.contains(&site.assumptions[n].id)).collect();
    let (devices, mut topology) = crate::verdict::read_world(site, snapshot, &active);
    if relays {
        topology = crate::site::topology::link_with_relays(site, &devices, &active);
    }
    let normal = network_value(&topology.network);
    let mut engine = Engine::new(&topology.network);
    let mut written = Vec::new();
    for claim in claims {
        // What was propagated once is propagated again; should it fail now, the claim is left out, never weakened.
        let parts: Result<Vec<Value>, SpaceLimit> =
            claim.parts.iter().map(|p| p.written(&mut engine)).collect();
        if let Ok(parts) = parts {
            written.push(json!({"intent": claim.intent, "assumptions": claim.assumptions, "parts": parts}));
        }
    }
    let hash = |text: &str| crate::verdict::sha256(text.as_bytes());
    let configurations: Vec<Value> = snapshot
        .devices
        .iter()
        .zip(&devices)
        .map(|(raw, device)| {
            let lines: Vec<String> = device.lines.iter().map(line_text).collect();
            json!({"device": raw.name, "file": raw.file, "sha256": raw.sha256, "lines": lines})
        })
        .collect();
    json!({
        "version": VERSION,
        "site": site.name,
        "as_of": snapshot.as_of,
        "configurations": configurations,
        "declarations": {
            "zones.toml": hash(&declarations.zones),
            "intents.toml": hash(&declarations.intents),
            "links.toml": hash(&declarations.links),
            "assumptions.toml": hash(&declarations.assumptions),
        },
        "assumptions": assumptions,
        "relays_send_on": relays,
        "normal_form_sha256": hash(&normal.to_string()),
        "normal_form": normal,
        "claims": written,
    })
}

fn line_text(class: &LineClass) -> String {
    match class {
        LineClass::Lowered { item } => format!("lowered {item}"),
        LineClass::Ignored { rule } => format!("ignored {rule}"),
        LineClass::Unknown { scope } => format!("unknown {scope}"),
    }
}
