//! From a site and its devices to a report.

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::certificate::{self, Claim};
use crate::engine::Engine;
use crate::engine::interp::{self, Way};
use crate::model::{Device, LineClass};
use crate::site::topology::{self, Topology};
use crate::site::{Allow, Endpoint, Service, Site};
use crate::space::{Cube, Field, Packet, Ranges, Set, SpaceLimit};
use crate::vendor::captured::TableKind;
use crate::vendor::{self, Vendor};

use super::chain;
use super::explain::{self, PacketView, RectangleView};
use super::fix;
use super::question::{self, Question, doubt_ja};
use super::replay::replay;
use super::state;
use super::{Doubtful, Finding, Verdict};

/// One configuration as it was handed in.
#[derive(Clone, Debug)]
pub struct DeviceText {
    /// Device name.
    pub name: String,
    /// File name.
    pub file: String,
    /// Language; guessed when absent.
    pub vendor: Option<Vendor>,
    /// Raw text.
    pub text: String,
    /// SHA-256 of the bytes as they were handed in, hex.
    pub sha256: String,
}

impl DeviceText {
    /// A configuration as bytes. Characters that are not UTF-8 stand in comments and names only; they are replaced
    /// for reading, not for the hash.
    #[must_use]
    pub fn new(name: &str, file: &str, vendor: Option<Vendor>, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        Self { name: name.to_owned(), file: file.to_owned(), vendor, text, sha256: sha256(bytes) }
    }
}

/// A table captured from a device.
#[derive(Clone, Debug)]
pub struct CapturedText {
    /// Device name.
    pub device: String,
    /// File name.
    pub file: String,
    /// What it holds.
    pub kind: TableKind,
    /// Text as the device printed it.
    pub text: String,
}

/// Everything handed in at one time.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Configurations.
    pub devices: Vec<DeviceText>,
    /// Captured tables.
    pub state: Vec<CapturedText>,
    /// `YYYY-MM-DD` the answer is for.
    pub as_of: Option<String>,
}

/// Account of one configuration.
#[derive(Clone, Debug, Serialize)]
pub struct LineCounts {
    /// Device.
    pub device: String,
    /// Language.
    pub vendor: Vendor,
    /// File.
    pub file: String,
    /// SHA-256 of the raw text, hex.
    pub sha256: String,
    /// Lines turned into the normal form.
    pub lowered: usize,
    /// Lines that cannot change forwarding.
    pub ignored: usize,
    /// Lines not understood.
    pub unknown: Vec<u32>,
}

/// Answer to everything that was asked about a site.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Site name.
    pub site: String,
    /// Devices and what became of their lines.
    pub devices: Vec<LineCounts>,
    /// Answers.
    pub findings: Vec<Finding>,
    /// Things about the wiring people must know.
    pub notes: Vec<String>,
    /// Neighbours in captured tables that neither a device nor a zone explains.
    pub unexplained: Vec<Doubtful>,
    /// Rules of the model that device configurations do not decide, with what does.
    pub elsewhere: Vec<crate::templates::Elsewhere>,
}

impl Report {
    /// 1 when anything is refuted, else 3 when anything is unknown, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let any = |v| self.findings.iter().any(|f| f.verdict == v);
        if any(Verdict::Refuted) {
            1
        } else if any(Verdict::Unknown) || self.findings.is_empty() {
            3
        } else {
            0
        }
    }
}

/// Hex SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The devices and wires of a snapshot under some assumptions.
pub(crate) struct World {
    pub(crate) devices: Vec<Device>,
    pub(crate) topology: Topology,
}

impl World {
    /// Reads and links; the devices keep no tables of their own, the network has them.
    pub(crate) fn read(site: &Site, snapshot: &Snapshot, active: &[usize]) -> Self {
        let mut devices = Self::devices(site, snapshot, active);
        let tables = devices.iter_mut().map(|d| std::mem::take(&mut d.nodes)).collect();
        let topology = topology::link_tables(site, &devices, tables, active);
        Self { devices, topology }
    }

    /// Reads every configuration.
    pub(crate) fn devices(site: &Site, snapshot: &Snapshot, active: &[usize]) -> Vec<Device> {
        snapshot
            .devices
            .iter()
            .map(|d| {
                let declared = site.devices.get(&d.name).and_then(|x| x.0);
                let vendor = declared.or(d.vendor).unwrap_or_else(|| vendor::detect(&d.text));
                let mut options = site.read_options(&d.name, snapshot.as_of.as_deref(), active);
                options.routes = state::routes(snapshot, &d.name);
                vendor::read(vendor, &d.name, &d.file, &d.text, &options)
            })
            .collect()
    }
}

/// Devices and wiring of a snapshot under the assumptions numbered in `active`.
#[must_use]
pub fn read_world(site: &Site, snapshot: &Snapshot, active: &[usize]) -> (Vec<Device>, Topology) {
    let devices = World::devices(site, snapshot, active);
    let topology = topology::link(site, &devices, active);
    (devices, topology)
}

/// One question with its name.
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) title: String,
    pub(crate) basis: String,
    pub(crate) pairs: Vec<(Endpoint, Endpoint)>,
    pub(crate) service: Service,
    pub(crate) except: Vec<usize>,
    pub(crate) through_relays: bool,
}

/// Verifies every intent of a site.
#[must_use]
pub fn verify(site: &Site, snapshot: &Snapshot) -> Report {
    let bare = World::read(site, snapshot, &[]);
    let in_force: Vec<usize> = (0..site.assumptions.len())
        .filter(|&n| snapshot.as_of.as_deref().is_none_or(|d| site.assumptions[n].until.as_str() >= d))
        .collect();
    let mut findings = Vec::new();
    let mut engine = Engine::new(&bare.topology.network);
    for asked in super::question_list(site, snapshot.as_of.as_deref()) {
        let ask = |world: &World, engine: &mut Engine<'_>| answer(site, world, engine, &asked);
        if asked.through_relays {
            findings.push(transitive(site, snapshot, &in_force, &asked));
            continue;
        }
        let finding = ask(&bare, &mut engine);
        findings.push(settled(site, snapshot, &in_force, finding, &ask));
    }
    for allow in super::working(site, snapshot.as_of.as_deref()) {
        let ask = |world: &World, engine: &mut Engine<'_>| super::must_work(site, world, engine, allow);
        let finding = ask(&bare, &mut engine);
        findings.push(settled(site, snapshot, &in_force, finding, &ask));
    }
    for waypoint in &site.intents.waypoint {
        let ask = |world: &World, engine: &mut Engine<'_>| super::waypoint(site, world, engine, waypoint);
        let finding = ask(&bare, &mut engine);
        findings.push(settled(site, snapshot, &in_force, finding, &ask));
    }
    for mgmt in &site.intents.mgmt {
        let ask = |world: &World, engine: &mut Engine<'_>| super::management(site, world, engine, mgmt);
        let finding = ask(&bare, &mut engine);
        findings.push(settled(site, snapshot, &in_force, finding, &ask));
    }
    findings.extend(super::dual_homing(site, &bare));
    if site.model.is_some() {
        findings.extend(crate::templates::ledger(site, snapshot.as_of.as_deref()));
    }
    let devices =
        snapshot.devices.iter().zip(&bare.devices).map(|(raw, device)| counts(raw, device)).collect();
    let mut notes = bare.topology.notes.clone();
    notes.extend(state::unusable(snapshot));
    Report {
        site: site.name.clone(),
        devices,
        findings,
        notes,
        unexplained: state::unexplained(site, snapshot, &bare),
        elsewhere: crate::templates::elsewhere(site),
    }
}

/// F28: the same question in a network where declared relays send on what they receive.
fn transitive(site: &Site, snapshot: &Snapshot, in_force: &[usize], asked: &Asked) -> Finding {
    let attempt = |active: &[usize]| {
        let devices = World::devices(site, snapshot, active);
        let topology = topology::link_with_relays(site, &devices, active);
        let world = World { devices, topology };
        let mut engine = Engine::new(&world.topology.network);
        let mut finding = answer(site, &world, &mut engine, asked);
        if let Some(claim) = &mut finding.certificate {
            claim.relays = true;
        }
        finding
    };
    let finding = attempt(&[]);
    if finding.verdict == Verdict::Unknown {
        under(site, in_force, &attempt).unwrap_or(finding)
    } else {
        finding
    }
}

type Ask<'a> = &'a dyn Fn(&World, &mut Engine<'_>) -> Finding;

/// An unknown answer is asked again under the declared assumptions.
fn settled(site: &Site, snapshot: &Snapshot, in_force: &[usize], finding: Finding, ask: Ask<'_>) -> Finding {
    if finding.verdict != Verdict::Unknown {
        return finding;
    }
    let attempt = |active: &[usize]| {
        let world = World::read(site, snapshot, active);
        let mut engine = Engine::new(&world.topology.network);
        ask(&world, &mut engine)
    };
    under(site, in_force, &attempt).unwrap_or(finding)
}

/// The answer under assumptions, if that proves it; every assumption the proof does not need is dropped.
fn under(site: &Site, in_force: &[usize], attempt: &dyn Fn(&[usize]) -> Finding) -> Option<Finding> {
    if in_force.is_empty() {
        return None;
    }
    let mut active = in_force.to_vec();
    let mut best = attempt(&active);
    if best.verdict != Verdict::Proved {
        return None;
    }
    for candidate in in_force {
        let fewer: Vec<usize> = active.iter().copied().filter(|n| n != candidate).collect();
        let again = attempt(&fewer);
        if again.verdict == Verdict::Proved {
            active = fewer;
            best = again;
        }
    }
    best.verdict = Verdict::ProvedUnder;
    best.assumptions = active.iter().map(|&n| site.assumptions[n].id.clone()).collect();
    if let Some(claim) = &mut best.certificate {
        claim.assumptions.clone_from(&best.assumptions);
    }
    Some(best)
}

fn counts(raw: &DeviceText, device: &Device) -> LineCounts {
    let count = |f: fn(&LineClass) -> bool| device.lines.iter().filter(|l| f(l)).count();
    LineCounts {
        device: device.name.clone(),
        vendor: device.vendor,
        file: device.file.clone(),
        sha256: raw.sha256.clone(),
        lowered: count(|l| matches!(l, LineClass::Lowered { .. })),
        ignored: count(|l| matches!(l, LineClass::Ignored { .. })),
        unknown: device.unknown_lines().collect(),
    }
}

/// Builds the question of one pair of endpoints.
pub(crate) fn build(site: &Site, world: &World, asked: &Asked, from: &Endpoint, to: &Endpoint) -> Question {
    let exemptions: Vec<(Ranges, Vec<Cube>)> = asked
        .except
        .iter()
        .flat_map(|&n| exemption(site, &site.intents.allow[n], from.zone, to.zone))
        .collect();
    let groups = question::groups(site, &world.devices, &world.topology, from, &exemptions);
    let mut wishes = question::wishes(site, from, to);
    for (field, endpoint) in [(Field::Dst, to), (Field::Src, from)] {
        // Hosts on a wire, rather than anywhere in the address plan of the zone.
        let wires = world.topology.wires.iter().filter(|w| w.zones.contains(&endpoint.zone));
        let near = wires.fold(Ranges::empty(), |all, w| all.union(&w.networks));
        let ranges = ends(site, endpoint);
        wishes.extend(question::comfortable(&ranges.intersect(&near), field));
        wishes.extend(question::comfortable(&ranges, field));
    }
    Question {
        groups,
        targets: question::targets(site, &world.topology, to, &asked.service),
        wishes,
        shared: question::shared_wires(&world.topology, from.zone, to.zone),
        ends: (ends(site, from), ends(site, to)),
        names: (site.zones[from.zone].name.clone(), site.zones[to.zone].name.clone()),
    }
}

fn ends(site: &Site, endpoint: &Endpoint) -> Ranges {
    endpoint.addresses.clone().unwrap_or_else(|| question::zone_addresses(site, endpoint.zone))
}

fn exemption(site: &Site, allow: &Allow, from: usize, to: usize) -> Vec<(Ranges, Vec<Cube>)> {
    allow
        .uses
        .iter()
        .filter(|u| u.from.zone == from && u.to.zone == to)
        .map(|u| {
            let src = u.from.addresses.clone().unwrap_or_else(|| question::zone_addresses(site, u.from.zone));
            let dst = u.to.addresses.clone().unwrap_or_else(|| question::zone_addresses(site, u.to.zone));
            (src, u.service.0.iter().map(|c| c.clone().with(Field::Dst, dst.clone())).collect())
        })
        .collect()
}

/// Answers one intent: every pair of its endpoints must hold.
fn answer(site: &Site, world: &World, engine: &mut Engine<'_>, asked: &Asked) -> Finding {
    let mut finding = blank(asked);
    let mut claim = Claim::new(&asked.id);
    for (from, to) in &asked.pairs {
        let question = build(site, world, asked, from, to);
        let outcome = decide(site, world, engine, &question)
            .unwrap_or_else(|limit| Decision::Unknown { reasons: vec![limit_reason(limit)] });
        match outcome {
            Decision::Proved(parts) => claim.parts.extend(parts),
            Decision::Unknown { reasons } => {
                finding.verdict = Verdict::Unknown;
                finding.reasons.extend(reasons);
            }
            Decision::Refuted(refutation) => {
                refute(world, engine, &question, *refutation, &mut finding);
                return finding;
            }
        }
    }
    finding.reasons.sort();
    finding.reasons.dedup();
    if finding.verdict == Verdict::Proved {
        finding.certificate = Some(Box::new(claim));
    }
    finding
}

pub(crate) fn blank(asked: &Asked) -> Finding {
    Finding {
        id: asked.id.clone(),
        kind: asked.kind,
        title: asked.title.clone(),
        basis: asked.basis.clone(),
        verdict: Verdict::Proved,
        assumptions: Vec::new(),
        packet: None,
        hops: Vec::new(),
        rectangles: Vec::new(),
        more_rectangles: false,
        fix: None,
        reasons: Vec::new(),
        certificate: None,
    }
}

pub(crate) fn limit_reason(limit: SpaceLimit) -> Doubtful {
    Doubtful {
        file: String::new(),
        line: 0,
        text: String::new(),
        why: format!(
            "規則の組合せが大きすぎて計算を打ち切りました（上限 {}）。領域の宣言がない区間が多いときは、zones.toml に加えると減ります",
            limit.limit_nodes
        ),
    }
}

/// A violation that survives every reading.
pub(crate) struct Refutation {
    pub(super) packet: Packet,
    pub(super) way: Way,
    pub(super) bad: Set,
    /// Whether declared relays are part of the way.
    pub(super) chained: bool,
    /// Whether the destination may be an own address given at run time; then a packet beside it passes.
    pub(super) beside: bool,
}

pub(crate) enum Decision {
    Proved(Vec<certificate::Part>),
    Unknown { reasons: Vec<Doubtful> },
    Refuted(Box<Refutation>),
}

/// Unknown lines of one device named where no single way shows them.
const LIMIT_NAMED: usize = 5;

/// Candidate packets replayed before giving up on a refutation.
const LIMIT_CANDIDATES: usize = 48;

/// Decides one question.
pub(crate) fn decide(
    _site: &Site,
    world: &World,
    engine: &mut Engine<'_>,
    question: &Question,
) -> Result<Decision, SpaceLimit> {
    let mut reasons: Vec<Doubtful> = question
        .shared
        .iter()
        .map(|w| note(format!("同じ区間 {w} が両方の領域に属しているため、機器の設定では分けられません")))
        .collect();
    for name in &world.topology.missing {
        reasons.push(note(format!("宣言に書かれた {name} が、提出された設定にありません")));
    }
    if question.groups.is_empty() {
        reasons.push(note("送信元の領域につながる機器のインターフェースが見つかりません".into()));
    }
    if !question.targets.iter().any(|t| t.certain) {
        reasons.push(note("宛先の領域につながる機器のインターフェースが見つかりません".into()));
    }
    let mut parts = Vec::new();
    for group in &question.groups {
        let reach = engine.reach(&group.sources)?;
        let mut violations: Vec<(usize, Set, bool)> = Vec::new();
        for (number, step) in reach.steps.iter().enumerate() {
            for target in question.targets.iter().filter(|t| t.node == step.node) {
                let bad = forbidden(engine, target, group, step.set)?;
                if !bad.is_empty() {
                    violations.push((number, bad, step.certain && target.certain));
                }
            }
        }
        if violations.is_empty() {
            parts.push(certificate::Part::of(engine, question, group, &reach)?);
            continue;
        }
        violations.sort_by_key(|v| !v.2);
        let mut seen: Vec<Way> = Vec::new();
        for (step, bad, _) in violations.iter().take(LIMIT_CANDIDATES) {
            let relays = &world.topology.relays;
            if !relays.is_empty() {
                let found = chain::refutation(engine, question, group, &reach, (*step, *bad), relays)?;
                if let Some(found) = found {
                    return Ok(Decision::Refuted(Box::new(found)));
                }
                continue;
            }
            if let Some(found) = replay(engine, question, group, (&reach, *step), *bad, &mut seen)? {
                return Ok(Decision::Refuted(Box::new(found)));
            }
        }
        if !world.topology.relays.is_empty() {
            reasons.push(note("宣言した中継が送り直すと、届く可能性があります".into()));
            continue;
        }
        reasons.extend(explain_unknown(world, &seen));
    }
    if reasons.is_empty() { Ok(Decision::Proved(parts)) } else { Ok(Decision::Unknown { reasons }) }
}

fn note(why: String) -> Doubtful {
    Doubtful { file: String::new(), line: 0, text: String::new(), why }
}

/// Packets of `set` that count as a violation at `target`.
pub(super) fn forbidden(
    engine: &mut Engine<'_>,
    target: &question::Target,
    group: &question::Group,
    set: Set,
) -> Result<Set, SpaceLimit> {
    let meant = engine.space.cubes(&target.cubes)?;
    let exempt = engine.space.cubes(&group.exempt)?;
    let hit = engine.space.and(set, meant)?;
    engine.space.minus(hit, exempt)
}

/// Why the ways differ: doubtful lines, undeclared boxes, run-time choices.
pub(crate) fn explain_unknown(world: &World, ways: &[Way]) -> Vec<Doubtful> {
    let network = &world.topology.network;
    let mut out: BTreeSet<Doubtful> = BTreeSet::new();
    for (node, rule, doubt) in interp::doubts(network, ways) {
        let (device, line, _) = question::place(network, node, rule);
        let Some(device) = device.map(|d| &world.devices[d]) else { continue };
        let text = (line as usize).checked_sub(1).and_then(|l| device.text.get(l));
        out.insert(Doubtful {
            file: device.file.clone(),
            line,
            text: text.map_or(String::new(), |t| t.trim().to_owned()),
            why: doubt_ja(doubt).to_owned(),
        });
    }
    for way in ways {
        for hop in &way.hops {
            if let Some(what) = world.topology.unknown.get(&hop.node) {
                out.insert(note(format!("{what} の先が分かりません")));
            }
            // What begins outside may come in wherever nobody said what is there.
            if world.topology.hub == Some(hop.node) {
                let all = world.topology.unknown.values().take(LIMIT_NAMED);
                out.extend(all.map(|what| note(format!("{what} の先が分かりません"))));
            }
        }
    }
    if out.is_empty() {
        // More ways than can be followed one by one: every line that may be behind it.
        for device in &world.devices {
            for line in device.unknown_lines().take(LIMIT_NAMED) {
                let text = device.text.get(line as usize - 1).map_or("", |t| t.trim()).to_owned();
                let why = doubt_ja(crate::model::Doubt::UnknownLine).to_owned();
                out.insert(Doubtful { file: device.file.clone(), line, text, why });
            }
        }
    }
    if out.is_empty() {
        out.insert(note("機器が選ぶ経路や変換先によって結果が変わります".into()));
    }
    out.into_iter().collect()
}

pub(crate) fn refute(
    world: &World,
    engine: &mut Engine<'_>,
    question: &Question,
    refutation: Refutation,
    finding: &mut Finding,
) {
    finding.verdict = Verdict::Refuted;
    finding.reasons.clear();
    finding.packet = Some(PacketView { beside: refutation.beside, ..PacketView::of(&refutation.packet) });
    finding.hops = explain::hops(&world.topology.network, &world.devices, &refutation.way);
    let (cubes, complete) = engine.space.to_cubes(refutation.bad, 20);
    finding.rectangles = cubes.iter().map(RectangleView::of).collect();
    finding.more_rectangles = !complete;
    finding.fix = fix::smallest(world, engine, question, &refutation);
}
