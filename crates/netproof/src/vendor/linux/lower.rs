//! From chains to stages: prerouting → routing → input or forward → postrouting → out.
//!
//! At one hook every base chain runs in order of priority; `accept` ends only its own base chain, `drop` is final.

use std::collections::HashMap;

use crate::model::{
    Adjacency, Device, Doubt, Interface, InterfaceAddress, InterfaceKind, Jump, NextHop, NodeId, Rule,
};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Route, Scope};
use crate::vendor::{ReadOptions, Vendor};

use super::chains::{Chain, Entry, Hook, Packets, Table, Verdict};
use super::{iptables, nft};

/// Stages one rule set may become through nested jumps.
const LIMIT_STAGES: usize = 20_000;
/// Deepest chain of jumps (the kernel's own limit is 16).
const LIMIT_JUMPS: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Rules,
    Addresses,
    Routes(bool),
    Iptables(bool),
}

/// Reads a Linux router.
#[must_use]
pub(crate) fn read(vendor: Vendor, name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(vendor, name, file, text, options);
    let raw = b.device.text.clone();
    let blocks = blocks(&mut b, &raw, vendor);
    let pick = |want: Block| -> Vec<(u32, &str)> {
        blocks.iter().filter(|x| x.0 == want).map(|x| (x.1, raw[x.1 as usize - 1].as_str())).collect()
    };
    for (line, text) in pick(Block::Addresses) {
        address(&mut b, line, text);
    }
    let mut routes = Vec::new();
    for six in [false, true] {
        for (line, text) in pick(Block::Routes(six)) {
            route(&mut b, line, text, six, &mut routes);
        }
    }
    discover(&mut b, &raw);
    // Ways out exist before the chains that look at them.
    let routing = b.stage("route");
    let local = b.stage("to-self");
    let forward = b.stage("to-forward");
    route_stage(&mut b, &routes, routing, local, forward);
    let names: Vec<String> = b.device.interfaces.iter().map(|i| i.name.clone()).collect();
    let resolve = |pattern: &str| -> Vec<usize> {
        let stem = pattern.strip_suffix(['*', '+']);
        names
            .iter()
            .enumerate()
            .filter(|(_, n)| stem.map_or(n.as_str() == pattern, |s| n.starts_with(s)))
            .map(|(n, _)| n)
            .collect()
    };
    let rule_sets = |of: Packets| {
        let mut all = nft::parse(&pick(Block::Rules), of, &resolve);
        for six in [false, true] {
            let more = iptables::parse(&pick(Block::Iptables(six)), six, of, &resolve);
            all.tables.extend(more.tables);
            all.unknown.extend(more.unknown);
            all.understood.extend(more.understood);
            all.unread_rules.extend(more.unread_rules);
            all.only_drops.extend(more.only_drops);
        }
        all
    };
    let parsed = rule_sets(Packets::First);
    parsed.understood.iter().for_each(|l| b.lowered(*l, "netfilter"));
    for line in &parsed.unknown {
        b.unknown(*line, Scope::Device);
    }
    for line in &parsed.only_drops {
        b.unknown(*line, Scope::Drops);
    }
    for line in &parsed.unread_rules {
        // A mark may choose another table of routes, and a packet that is not tracked has no state.
        let text = raw.get(*line as usize - 1).map_or("", String::as_str);
        let scope = if steers(text) { Scope::Device } else { Scope::Rule("netfilter rule".into()) };
        b.unknown(*line, scope);
    }
    replies(&mut b, &rule_sets(Packets::Replies).tables, &routes);
    stages(b, &parsed.tables, (routing, local, forward))
}

/// Whether a rule that was not understood does something to its packets besides letting them pass or not.
fn steers(text: &str) -> bool {
    let words: Vec<&str> = text.split([' ', '\t', ';']).filter(|w| !w.is_empty()).collect();
    let target = words.iter().position(|w| *w == "-j").and_then(|at| words.get(at + 1));
    matches!(target, Some(&("MARK" | "CONNMARK" | "CT" | "NOTRACK" | "TPROXY" | "TEE" | "NETMAP")))
        || words.contains(&"notrack")
        || ["tproxy", "dup", "fwd", "synproxy"].iter().any(|w| words.contains(w))
        || words.windows(2).any(|w| w[1] == "set" && matches!(w[0], "mark" | "iif" | "iifname" | "zone"))
}

/// Replies find their translation and their connection: translating chains do not see them again, and the others see
/// them as established.
fn replies(b: &mut Builder, tables: &[Table], routes: &[Route]) {
    let plain: Vec<Table> = tables
        .iter()
        .map(|t| Table { family: t.family, chains: t.chains.iter().filter(|c| !c.nat).cloned().collect() })
        .collect();
    let post = hook(b, &plain, Hook::Postrouting, Device::EGRESS);
    let transit = hook(b, &plain, Hook::Forward, post);
    let input = hook(b, &plain, Hook::Input, Device::LOCAL);
    let routing = b.stage("reply-route");
    let forward = b.stage("reply-forward");
    b.fill(forward, Vec::new(), vec![Jump::to(transit)]);
    route_stage(b, routes, routing, input, forward);
    b.device.reply_entry = Some(hook(b, &plain, Hook::Prerouting, routing));
}

fn blocks(b: &mut Builder, raw: &[String], vendor: Vendor) -> Vec<(Block, u32)> {
    let start = if vendor == Vendor::Iptables { Block::Iptables(false) } else { Block::Rules };
    let mut current = Some(start);
    let mut out = Vec::new();
    for (line, text) in (1u32..).zip(raw) {
        if let Some(command) = text.strip_prefix("### ") {
            current = match command.trim() {
                "nft list ruleset" => Some(Block::Rules),
                "iptables-save" => Some(Block::Iptables(false)),
                "ip6tables-save" => Some(Block::Iptables(true)),
                "ip -o address" => Some(Block::Addresses),
                "ip route" => Some(Block::Routes(false)),
                "ip -6 route" => Some(Block::Routes(true)),
                _ => None,
            };
            match current {
                Some(_) => b.lowered(line, "block"),
                None => {
                    b.unknown(line, Scope::Device);
                }
            }
            continue;
        }
        if text.contains("tables present, use") {
            // `# Warning: iptables-legacy tables present, use iptables-legacy-save to see them`
            b.unknown(line, Scope::Device);
        } else if text.trim().is_empty() || text.trim_start().starts_with('#') {
            b.ignored(line, "comment");
        }
        if let Some(block) = current {
            out.push((block, line));
        }
    }
    out
}

fn interface(b: &mut Builder, name: &str, line: u32) -> usize {
    let name = name.split('@').next().unwrap_or(name).trim_end_matches(':');
    if let Some(found) = b.device.interfaces.iter().position(|i| i.name == name) {
        return found;
    }
    let mut it = Interface::new(name, line);
    if name == "lo" {
        it.kind = InterfaceKind::Loopback;
    }
    if ["tun", "wg", "gre", "sit", "ppp", "vti"].iter().any(|p| name.starts_with(p)) {
        it.kind = InterfaceKind::Tunnel;
    }
    b.device.interfaces.push(it);
    b.device.interfaces.len() - 1
}

/// `2: eth0    inet 10.0.0.1/24 brd … scope global eth0`.
fn address(b: &mut Builder, line: u32, text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, name, kind @ ("inet" | "inet6"), prefix, ..] = words[..] else {
        if !text.trim().is_empty() {
            b.unknown(line, Scope::Device);
        }
        return;
    };
    let _ = kind;
    let number = interface(b, name, line);
    let parsed = prefix.split_once('/').or(Some((prefix, ""))).and_then(|(ip, l)| {
        let address = net::parse_ip(ip)?;
        let length = if l.is_empty() {
            if (net::V4_FIRST..=net::V4_LAST).contains(&address) { 32 } else { 128 }
        } else {
            l.parse().ok()?
        };
        Some((address, net::network(address, length)?))
    });
    match parsed {
        Some((address, (first, last))) => {
            b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
            b.lowered(line, "address");
        }
        None => {
            b.unknown(line, Scope::Device);
        }
    }
}

/// `default via 10.0.0.254 dev eth0 metric 100`, `10.1.0.0/16 dev eth1 scope link src …`, `blackhole 10.9.0.0/16`.
fn route(b: &mut Builder, line: u32, text: &str, six: bool, routes: &mut Vec<Route>) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some(first) = words.first() else { return };
    let dropped = matches!(*first, "blackhole" | "unreachable" | "prohibit");
    let target = if dropped { words.get(1) } else { Some(first) };
    let prefix = match target {
        Some(&"default") if six => Some((0, u128::MAX)),
        Some(&"default") => Some((net::V4_FIRST, net::V4_LAST)),
        Some(text) => net::parse_prefix_pair(text),
        None => None,
    };
    let after = |key: &str| words.iter().position(|w| *w == key).and_then(|at| words.get(at + 1));
    let (Some(prefix), false) = (prefix, words.contains(&"nexthop") || words.contains(&"table")) else {
        b.unknown(line, Scope::Device);
        return;
    };
    b.lowered(line, "route");
    let metric = after("metric").and_then(|m| m.parse().ok()).unwrap_or(0u32);
    let mut hops = Vec::new();
    if let (Some(dev), false) = (after("dev"), dropped) {
        // `via inet6 fe80::1` leads somewhere as well.
        let next = match after("via").map(|v| net::parse_ip(v)) {
            None => NextHop::Direct,
            Some(Some(ip)) => NextHop::Via(ip),
            Some(None) => NextHop::Anyone,
        };
        hops.push(Adjacency { interface: interface(b, dev, line), next });
    }
    routes.push(Route { prefix, hops, distance: metric.saturating_add(1), line, doubt: None });
}

/// Interfaces that only rules mention.
fn discover(b: &mut Builder, raw: &[String]) {
    for text in raw {
        let words: Vec<&str> =
            text.split(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',')).collect();
        for (at, word) in words.iter().enumerate() {
            if matches!(*word, "iifname" | "iif" | "oifname" | "oif" | "-i" | "-o") {
                for name in words[at + 1..].iter().filter(|w| !w.is_empty() && **w != "!=").take(1) {
                    let name = name.trim_matches('"');
                    if !name.ends_with(['*', '+']) && !name.is_empty() && !name.starts_with('@') {
                        interface(b, name, 0);
                    }
                }
            }
        }
    }
}

fn route_stage(b: &mut Builder, routes: &[Route], stage: NodeId, local: NodeId, next: NodeId) {
    let mut own = b.local_rule("", &Cube::any());
    own.then = vec![Jump::to(local)];
    let mut rules = vec![own];
    // The kernel keeps them for itself (`ip route show table local`) unless `bc_forwarding` is set, which no rule set says.
    rules.extend(
        b.doubtful_broadcasts("", &Cube::any()).map(|rule| Rule { then: vec![Jump::to(local)], ..rule }),
    );
    let mut all = b.connected("");
    all.extend(routes.iter().cloned());
    if all.is_empty() {
        // No addresses or routes were captured: routing is unconstrained.
        let jumps = b.anywhere(None, next);
        rules.push(Rule::new(vec![Cube::any()], jumps, 0, "no routes captured").doubtful(Doubt::Routing));
    }
    rules.extend(b.route_rules(all, &Cube::any(), next));
    b.fill(stage, rules, Vec::new());
}

fn stages(mut b: Builder, tables: &[Table], places: (NodeId, NodeId, NodeId)) -> Device {
    let (routing, local, forward) = places;
    let post = hook(&mut b, tables, Hook::Postrouting, Device::EGRESS);
    let transit = hook(&mut b, tables, Hook::Forward, post);
    let input = hook(&mut b, tables, Hook::Input, Device::LOCAL);
    b.fill(local, Vec::new(), vec![Jump::to(input)]);
    b.fill(forward, Vec::new(), vec![Jump::to(transit)]);
    b.device.nodes[forward].stateful = true;
    b.device.services_read = true;
    let entry = hook(&mut b, tables, Hook::Prerouting, routing);
    if entry != routing {
        return b.finish(entry);
    }
    b.finish(routing)
}

/// Every base chain of a hook, highest priority number first because each needs to know the next.
fn hook(b: &mut Builder, tables: &[Table], hook: Hook, end: NodeId) -> NodeId {
    let mut bases: Vec<(&Table, &Chain, i32)> = tables
        .iter()
        .flat_map(|t| t.chains.iter().map(move |c| (t, c)))
        .filter_map(|(t, c)| c.hook.filter(|h| h.0 == hook).map(|h| (t, c, h.1)))
        .collect();
    bases.sort_by_key(|x| x.2);
    let mut next = end;
    for (table, chain, _) in bases.into_iter().rev() {
        let mut compiler =
            Compiler { b, table, accept: next, done: HashMap::new(), post: hook == Hook::Postrouting };
        let policy = if chain.drop_policy { Vec::new() } else { vec![Jump::to(next)] };
        let body = compiler.chain(chain, &policy, 0);
        let gate = b.stage(&format!("gate {}", chain.name));
        let inside = Rule::new(
            vec![table.family.cube()],
            vec![Jump::to(body)],
            chain.line,
            format!("chain {}", chain.name),
        );
        b.fill(gate, vec![inside], vec![Jump::to(next)]);
        next = gate;
    }
    next
}

struct Compiler<'a, 'b> {
    b: &'a mut Builder,
    table: &'b Table,
    /// Where accepted packets go on.
    accept: NodeId,
    done: HashMap<(String, Vec<NodeId>), NodeId>,
    post: bool,
}

impl Compiler<'_, '_> {
    /// A stage for a chain whose end leads to `after`.
    fn chain(&mut self, chain: &Chain, after: &[Jump], depth: usize) -> NodeId {
        let key = (chain.name.clone(), after.iter().map(|j| j.to).collect::<Vec<_>>());
        if let Some(&known) = self.done.get(&key) {
            return known;
        }
        let node = self.b.stage(&format!("chain {}", chain.name));
        if depth > LIMIT_JUMPS || self.b.device.nodes.len() > LIMIT_STAGES {
            let pass = vec![Jump::to(self.accept)];
            let rule =
                Rule::new(vec![Cube::any()], pass, chain.line, "too many jumps").doubtful(Doubt::UnknownLine);
            self.b.fill(node, vec![rule], Vec::new());
            return node;
        }
        self.done.insert(key, node);
        self.entries(chain, &chain.entries, node, after, depth);
        node
    }

    fn entries(&mut self, chain: &Chain, entries: &[Entry], node: NodeId, after: &[Jump], depth: usize) {
        let mut rules = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            match &entry.verdict {
                Verdict::Continue => {}
                Verdict::Jump(name) => {
                    // What follows a jump is a stage of its own: `return` comes back there.
                    let rest = self.b.stage(&format!("chain {} after {}", chain.name, entry.line));
                    self.entries(chain, &entries[at + 1..], rest, after, depth);
                    let then = self.call(name, &[Jump::to(rest)], depth);
                    rules.extend(self.rules(entry, &then));
                    self.b.fill(node, rules, vec![Jump::to(rest)]);
                    return;
                }
                Verdict::Goto(name) => {
                    let then = self.call(name, after, depth);
                    rules.extend(self.rules(entry, &then));
                }
                Verdict::Return => rules.extend(self.rules(entry, after)),
                Verdict::Unknown => {
                    let pass = Jump::to(self.accept);
                    let pass = if chain.nat { pass.havoc() } else { pass };
                    rules.extend(self.rules(entry, &[pass]));
                    rules.extend(self.rules(entry, &[]));
                }
                _ => self.terminal(entry, &mut rules),
            }
        }
        self.b.fill(node, rules, after.to_vec());
    }

    fn call(&mut self, name: &str, after: &[Jump], depth: usize) -> Vec<Jump> {
        match self.table.chains.iter().find(|c| c.name == name) {
            Some(chain) => vec![Jump::to(self.chain(chain, after, depth + 1))],
            None => vec![Jump::to(self.accept).havoc()],
        }
    }

    fn rules(&self, entry: &Entry, then: &[Jump]) -> Vec<Rule> {
        let here = |c: &Cube| self.adjacent(c);
        let mut out = Vec::new();
        let sure: Vec<Cube> = entry.sure.iter().map(here).collect();
        if !sure.is_empty() {
            out.push(Rule::new(sure, then.to_vec(), entry.line, "rule").maybe(entry.doubt));
        }
        for (cube, doubt) in &entry.unsure {
            out.push(Rule::new(vec![here(cube)], then.to_vec(), entry.line, "rule").doubtful(*doubt));
        }
        out
    }

    /// Rules name interfaces; `Out` holds adjacencies.
    fn adjacent(&self, cube: &Cube) -> Cube {
        let Some(named) = cube.get(Field::Out) else { return cube.clone() };
        let interfaces: Vec<usize> =
            (0..self.b.device.interfaces.len()).filter(|&n| named.contains(n as u128)).collect();
        let mut out = cube.clone();
        out.replace(Field::Out, self.b.out_of(&interfaces));
        out
    }

    fn terminal(&self, entry: &Entry, rules: &mut Vec<Rule>) {
        let go = Jump::to(self.accept);
        let any_port = || Ranges::span(0, 65_535);
        match &entry.verdict {
            Verdict::Accept => rules.extend(self.rules(entry, &[go])),
            Verdict::Drop => rules.extend(self.rules(entry, &[])),
            Verdict::Dnat { to, port } => {
                let mut jump = go;
                if let Some(to) = to {
                    jump = jump.set(Field::Dst, to.clone());
                }
                if let Some(port) = port {
                    jump = jump.set(Field::Dport, port.clone());
                }
                rules.extend(self.rules(entry, &[jump]));
            }
            Verdict::Snat(to) => {
                let jump = go.set(Field::Src, to.clone()).set(Field::Sport, any_port());
                rules.extend(self.rules(entry, &[jump]));
            }
            Verdict::Masquerade => self.masquerade(entry, rules),
            Verdict::Redirect(port) => {
                let own: Ranges = self
                    .b
                    .device
                    .interfaces
                    .iter()
                    .flat_map(|i| i.addresses.iter().map(|a| (a.address, a.address)))
                    .collect();
                let mut jump = go.set(Field::Dst, own);
                if let Some(port) = port {
                    jump = jump.set(Field::Dport, port.clone());
                }
                rules.extend(self.rules(entry, &[jump]));
            }
            _ => {}
        }
    }

    fn masquerade(&self, entry: &Entry, rules: &mut Vec<Rule>) {
        let _ = self.post;
        for number in 0..self.b.device.interfaces.len() {
            let out = self.b.out_of(&[number]);
            for family in [net::all_v4(), net::all_v6()] {
                let own: Ranges = self.b.device.interfaces[number]
                    .addresses
                    .iter()
                    .map(|a| (a.address, a.address))
                    .collect::<Ranges>()
                    .intersect(&family);
                let source = if own.is_empty() { family.clone() } else { own };
                let jump =
                    Jump::to(self.accept).set(Field::Src, source).set(Field::Sport, Ranges::span(0, 65_535));
                for mut rule in self.rules(entry, &[jump]) {
                    for when in &mut rule.when {
                        when.narrow(Field::Out, &out);
                        when.narrow(Field::Src, &family);
                    }
                    rules.push(rule);
                }
            }
        }
    }
}
