//! Speed figures on a generated net: 50 FortiGates with 2,000 policies each on one transfer wire, eight zones.
//!
//! `cargo run --release -p sekisho-netproof --example bench`. Seeds are fixed; figures are CPU seconds of its one thread.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;

use sekisho_netproof::engine::Engine;
use sekisho_netproof::model::{Jump, Network, Node, NodeKind, Rule};
use sekisho_netproof::site::{Endpoint, Site};
use sekisho_netproof::space::{Cube, Field, Ranges, Set};
use sekisho_netproof::vendor::{ReadOptions, Vendor, read};
use sekisho_netproof::verdict::{DeviceText, Snapshot, Verdict, read_world, verify, zone_sources};

/// CPU seconds this thread has used.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).expect("nanoseconds") / 1e9
}

/// Greatest resident size so far, in MB.
fn peak() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("kB") / 1024
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n
    }
}

fn fortigate(d: &mut Dice, number: u64, devices: u64, rules: u64) -> String {
    let zone = |n: u64| n % 8 + 1;
    let mut out = format!(
        "#config-version=FGT60F-7.4.4-FW-build1-1:opmode=0:vdom=0:user=admin\nconfig system interface\n    edit \"lan\"\n        set ip 10.{}.{number}.1 255.255.255.0\n    next\n    edit \"wan\"\n        set ip 10.99.0.{} 255.255.255.0\n    next\nend\nconfig firewall address\n",
        zone(number),
        number + 1
    );
    for object in 0..400u64 {
        let host = d.roll(devices);
        let z = zone(host);
        let (size, low) =
            if d.roll(10) < 7 { ("255.255.255.255", d.roll(254) + 1) } else { ("255.255.255.0", 0) };
        let _ =
            write!(out, "    edit \"o{object}\"\n        set subnet 10.{z}.{host}.{low} {size}\n    next\n");
    }
    out.push_str("end\nconfig firewall service custom\n");
    for service in 0..76u64 {
        let base = 20 + service * 37;
        let _ = write!(
            out,
            "    edit \"s{service}\"\n        set tcp-portrange {base}-{}\n    next\n",
            base + d.roll(20)
        );
    }
    out.push_str("end\nconfig firewall policy\n");
    for rule in 0..rules {
        let (from, to) = if d.roll(2) == 0 { ("lan", "wan") } else { ("wan", "lan") };
        let accept = if d.roll(10) < 8 { "        set action accept\n" } else { "" };
        let _ = write!(
            out,
            "    edit {}\n        set srcintf \"{from}\"\n        set dstintf \"{to}\"\n{accept}        set srcaddr \"o{}\"\n        set dstaddr \"o{}\"\n        set schedule \"always\"\n        set service \"s{}\"\n    next\n",
            rule + 1,
            d.roll(400),
            d.roll(400),
            d.roll(76)
        );
    }
    out.push_str("end\nconfig router static\n");
    for other in (0..devices).filter(|o| *o != number) {
        let _ = write!(
            out,
            "    edit {}\n        set dst 10.{}.{other}.0 255.255.255.0\n        set gateway 10.99.0.{}\n        set device \"wan\"\n    next\n",
            other + 1,
            zone(other),
            other + 1
        );
    }
    out.push_str("end\n");
    out
}

fn main() {
    let mut d = Dice(0x5eed_0bec);
    let snapshot = Snapshot {
        devices: (0..50)
            .map(|n| {
                let text = fortigate(&mut d, n, 50, 2_000);
                DeviceText::new(
                    &format!("fw{n}"),
                    &format!("fw{n}.conf"),
                    Some(Vendor::Fortios),
                    text.as_bytes(),
                )
            })
            .collect(),
        state: Vec::new(),
        as_of: None,
    };
    let mut zones = String::from("[[zone]]\nid=\"t\"\nkind=\"TRANSIT\"\nprefixes=[\"10.99.0.0/24\"]\n");
    let mut intents = String::new();
    for a in 1..=8 {
        let _ = write!(zones, "[[zone]]\nid=\"z{a}\"\nprefixes=[\"10.{a}.0.0/16\"]\n");
        for b in (1..=8).filter(|b| *b != a) {
            let _ = write!(intents, "[[deny]]\nid=\"d{a}{b}\"\nfrom=\"z{a}\"\nto=\"z{b}\"\n");
        }
    }
    let site = Site::parse(&zones, &intents, "", "").expect("site");
    let start = cpu();
    let report = verify(&site, &snapshot);
    let refuted = report.findings.iter().filter(|f| f.verdict == Verdict::Refuted).count();
    println!(
        "verify, all 56 zone pairs, reading included: {:.2} s ({refuted} refuted with packet, hops and fix), peak {} MB",
        cpu() - start,
        peak()
    );
    drop(report);
    zones_alone(&site, &snapshot);
    one_table(&mut d);
    random_table(&mut d);
}

fn zones_alone(site: &Site, snapshot: &Snapshot) {
    let start = cpu();
    let (devices, topology) = read_world(site, snapshot, &[]);
    println!("parse, lower and link 50 devices, 100,000 rules: {:.2} s", cpu() - start);
    let all = Ranges::span(0, u128::MAX);
    let sources =
        |zone: usize| zone_sources(site, &devices, &topology, &Endpoint { zone, addresses: None }, &all);
    let mut engine = Engine::new(&topology.network);
    for round in ["cold", "warm"] {
        let start = cpu();
        let mut steps = 0;
        for zone in 1..=8 {
            let reach = engine.reach(&sources(zone)).expect("reach");
            // One packet for every pair of zones that has any.
            for wire in topology.wires.iter().filter(|w| !w.zones.contains(&zone)) {
                let set = reach.at.get(&wire.hosts).copied().unwrap_or(Set::EMPTY);
                let _ = engine.choose(set, &[]).expect("choose");
            }
            steps += reach.steps.len();
        }
        println!(
            "packets of all 8 zones through all devices, {round}: {:.3} s ({steps} steps, {} nodes)",
            cpu() - start,
            engine.space.len()
        );
    }
    let node = topology.network.nodes.iter().position(|n| n.name == "fw0/root/policy").expect("policy");
    let mut rules = topology.network.nodes[node].rules.clone();
    rules.remove(1_000);
    let start = cpu();
    engine.replace_rules(node, rules);
    let _ = engine.reach(&sources(1)).expect("reach");
    println!("one rule of 2,000 changed, one zone again: {:.3} s", cpu() - start);
}

fn one_table(d: &mut Dice) {
    let text = fortigate(d, 0, 50, 10_000);
    let device = read(Vendor::Fortios, "fw", "fw", &text, &ReadOptions::default());
    let network = Network { nodes: device.nodes.clone() };
    let node = network.nodes.iter().position(|n| n.name == "fw/root/policy").expect("policy");
    let mut engine = Engine::new(&network);
    let start = cpu();
    let all = engine.space.cube(&Cube::any()).expect("all");
    let scan = engine.scan(node, all).expect("scan");
    let dead = scan.effective.iter().filter(|e| !**e).count();
    println!(
        "one table of 10,000 policies, permitted set and shadow scan: {:.2} s ({dead} shadowed)",
        cpu() - start
    );
}

/// Ranges without any object behind them: nothing is shared, so the scan gives up at its limit.
fn random_table(d: &mut Dice) {
    let mut table = Node::new("random", NodeKind::Stage);
    for line in 0..10_000 {
        let mut span = |top: u64| {
            let (a, b) = (u128::from(d.roll(top)), u128::from(d.roll(top)));
            Ranges::span(a.min(b), a.max(b))
        };
        let cube = Cube::any()
            .with(Field::Src, span(1 << 32))
            .with(Field::Dst, span(1 << 32))
            .with(Field::Sport, span(1 << 16))
            .with(Field::Dport, span(1 << 16));
        let then = if line % 5 == 0 { Vec::new() } else { vec![Jump::to(0)] };
        table.rules.push(Rule::new(vec![cube], then, line, "r"));
    }
    let network = Network { nodes: vec![table] };
    let mut engine = Engine::new(&network);
    let start = cpu();
    let all = engine.space.cube(&Cube::any()).expect("all");
    let outcome = engine.scan(0, all).map(|s| s.portions.len());
    println!("10,000 fully random ranges: {outcome:?} after {:.1} s, peak {} MB", cpu() - start, peak());
}
