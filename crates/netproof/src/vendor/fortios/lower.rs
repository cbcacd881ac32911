//! From blocks to tables: interfaces, zones, VDOMs and the order of the stages.
//!
//! Per VDOM: translation of the destination (VIP) → own addresses → policy routes → routes → policies → intra-zone
//! → implicit deny → reverse path check → translation of the source → out.

use std::collections::HashMap;

use crate::model::{Device, Doubt, Jump, NextHop, NodeId, Rule, Severity};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::build::{Builder, Scope};
use super::super::{ReadOptions, Vendor};
use super::account::{account_sections, account_unreached, structure};
use super::interface::{attach_members, read_interfaces};
use super::lex::{self, Block};
use super::nat::{self, Vip};
use super::objects::Objects;
use super::policy::{self, MatchVip};
use super::route;
use super::services;
use super::settings::settings;

/// One virtual domain while it is lowered.
#[derive(Debug)]
pub(super) struct Vdom<'a> {
    /// Name (`root` on devices without VDOMs).
    pub name: String,
    /// Its sections, global ones included.
    pub configs: Vec<&'a Block>,
    /// Its objects.
    pub objects: Objects,
    /// Zones: name → (members, `intrazone` value, line).
    pub zones: HashMap<String, (Vec<String>, Option<String>, u32)>,
    /// SD-WAN members: (zone, interface number).
    pub sdwan: Vec<(String, usize)>,
    /// VIPs in configuration order.
    pub vips: Vec<Vip>,
    /// VIP groups.
    pub vip_groups: HashMap<String, Vec<String>>,
    /// Whether central NAT is on.
    pub central_nat: bool,
    /// FortiOS version.
    pub version: Option<(u32, u32, u32)>,
    /// Default of `match-vip`.
    pub match_vip: MatchVip,
    /// Day the answer is for.
    pub as_of: Option<String>,
    /// Interfaces with a run-time address, with the line that says so and the destinations it may bring routes to.
    pub dynamic: Vec<(usize, u32, Ranges)>,
    /// Packets of this VDOM: those received on its interfaces.
    pub here: Cube,
}

impl<'a> Vdom<'a> {
    /// Sections with one of these names, in file order.
    #[must_use]
    pub(super) fn sections(&self, names: &[&str]) -> Vec<&'a Block> {
        self.configs.iter().copied().filter(|c| names.contains(&c.name.as_str())).collect()
    }

    /// Number of an interface of this VDOM.
    #[must_use]
    pub(super) fn interface(&self, b: &Builder, name: &str) -> Option<usize> {
        b.device.interfaces.iter().position(|i| i.name == name && i.vrf == self.name)
    }

    /// All interfaces of this VDOM.
    #[must_use]
    pub(super) fn interfaces(&self, b: &Builder) -> Vec<usize> {
        (0..b.device.interfaces.len()).filter(|&n| b.device.interfaces[n].vrf == self.name).collect()
    }

    /// Interface numbers behind an interface, zone or SD-WAN zone name.
    #[must_use]
    pub(super) fn members(&self, b: &Builder, name: &str) -> Option<Vec<usize>> {
        if let Some((members, _, _)) = self.zones.get(name) {
            return Some(members.iter().filter_map(|m| self.interface(b, m)).collect());
        }
        if let Some(number) = self.interface(b, name) {
            return Some(vec![number]);
        }
        let wan: Vec<usize> = self.sdwan.iter().filter(|s| s.0 == name).map(|s| s.1).collect();
        (!wan.is_empty()).then_some(wan)
    }

    /// Tags of a VIP or VIP group; `None` when the name is neither.
    #[must_use]
    pub(super) fn vip_tags(&self, name: &str) -> Option<Vec<u128>> {
        if let Some(members) = self.vip_groups.get(name) {
            return Some(members.iter().filter_map(|m| self.vip_tag(m)).collect());
        }
        self.vip_tag(name).map(|t| vec![t])
    }

    fn vip_tag(&self, name: &str) -> Option<u128> {
        self.vips.iter().find(|v| v.name == name).map(|v| v.tag)
    }
}

/// Source translation stages, made on demand.
#[derive(Debug)]
pub(super) struct SourceNat {
    pools: HashMap<String, Ranges>,
    by_interface: Option<NodeId>,
    by_pool: HashMap<Vec<String>, NodeId>,
    central: Option<NodeId>,
}

impl SourceNat {
    /// Where a packet accepted by `entry` goes: straight out, or through the translation it asks for.
    pub(super) fn entry_for(
        &mut self,
        b: &mut Builder,
        vdom: &Vdom<'_>,
        entry: &Block,
        out: NodeId,
    ) -> NodeId {
        if let Some(central) = self.central {
            return central;
        }
        if !entry.enabled("nat") {
            return out;
        }
        if entry.enabled("ippool") {
            let names = entry.list("poolname");
            if let Some(&node) = self.by_pool.get(&names) {
                return node;
            }
            let node = b.stage(&format!("{}/snat {}", vdom.name, names.join(" ")));
            let source = names
                .iter()
                .map(|n| self.pools.get(n).cloned().unwrap_or_else(net::all_v4))
                .fold(Ranges::empty(), |a, r| a.union(&r));
            let source = if source.is_empty() { net::all_v4() } else { source };
            b.fill(node, Vec::new(), vec![translate(source)]);
            self.by_pool.insert(names, node);
            return node;
        }
        if let Some(node) = self.by_interface {
            return node;
        }
        let node = b.stage(&format!("{}/snat interface", vdom.name));
        self.by_interface = Some(node);
        let rules = interface_nat(b, vdom);
        b.fill(node, rules, vec![Jump::to(Device::EGRESS)]);
        node
    }
}

fn translate(source: Ranges) -> Jump {
    Jump::to(Device::EGRESS).set(Field::Src, source).set(Field::Sport, Ranges::span(0, 65_535))
}

/// Source becomes an address of the way out; a VIP's external address is possible too for its mapped hosts.
fn interface_nat(b: &Builder, vdom: &Vdom<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for number in vdom.interfaces(b) {
        let interface = &b.device.interfaces[number];
        for (four, all) in [(true, net::all_v4()), (false, net::all_v6())] {
            let mut own: Ranges = interface.addresses.iter().map(|a| (a.address, a.address)).collect();
            own = own.intersect(&all);
            if four {
                own = vdom.vips.iter().fold(own, |acc, v| acc.union(&v.external));
            }
            let dynamic = vdom.dynamic.iter().any(|d| d.0 == number);
            let source = if own.is_empty() || dynamic { all.clone() } else { own };
            let when = Cube::any().with(Field::Out, b.out_of(&[number])).with(Field::Src, all);
            rules.push(Rule::new(vec![when], vec![translate(source)], interface.line, "nat"));
        }
    }
    rules
}

/// Reads a FortiOS configuration.
#[must_use]
pub fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::Fortios, name, file, text, options);
    let raw: Vec<String> = b.device.text.clone();
    for (number, line) in (1u32..).zip(&raw) {
        if line.trim_start().starts_with('#') {
            b.lowered(number, "header");
        }
    }
    let root = lex::parse(&raw);
    let version = raw.iter().find_map(|l| version(l));
    for line in &root.strays {
        b.unknown(*line, Scope::Device);
    }
    for setting in &root.settings {
        b.unknown(setting.line, Scope::Device);
    }
    let (global, vdoms) = split(&mut b, &root);
    read_interfaces(&mut b, &global, &vdoms);
    let sections: Vec<&Block> =
        global.iter().copied().chain(vdoms.iter().flat_map(|v| v.1.iter().copied())).collect();
    attach_members(&mut b, &sections);
    let entry = b.stage("entry");
    let mut dispatch = Vec::new();
    for (name, configs) in &vdoms {
        let mut all: Vec<&Block> = global.clone();
        all.extend(configs.iter().copied());
        account_sections(&mut b, &all, name);
        match lower_vdom(&mut b, name, all, version, options) {
            Some((here, node)) => {
                dispatch.push(Rule::new(vec![here], vec![Jump::to(node)], 0, format!("vdom {name}")));
            }
            // Nothing comes into it.
            None => account_unreached(&mut b, configs),
        }
    }
    if vdoms.len() > 1 {
        // Replies are followed through one VDOM only.
        b.device.reply_entry = None;
    }
    b.fill(entry, dispatch, Vec::new());
    let doors = services::doors(&mut b, &sections, (vdoms.len() == 1).then_some(options));
    b.doors(&doors);
    let parts = b.device.interfaces.iter().enumerate().filter_map(|(part, i)| Some((part, i.port_of?)));
    let parts: Vec<(usize, usize)> = parts.collect();
    let first = b.by_parts(entry, &parts, None);
    b.finish(first)
}

/// `#config-version=MODEL-7.2.5-FW-…`.
fn version(line: &str) -> Option<(u32, u32, u32)> {
    let rest = line.trim().strip_prefix("#config-version=")?;
    let numbers =
        rest.split('-').find(|p| p.split('.').count() == 3 && p.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut parts = numbers.split('.').map(|p| p.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// Virtual domains by name with their sections.
pub(super) type Vdoms<'a> = Vec<(String, Vec<&'a Block>)>;

/// Global sections and the sections of each VDOM. Without `config vdom`, everything is VDOM `root`.
fn split<'a>(b: &mut Builder, root: &'a Block) -> (Vec<&'a Block>, Vdoms<'a>) {
    let mut global = Vec::new();
    let mut vdoms: Vdoms<'a> = Vec::new();
    for config in &root.configs {
        match config.name.as_str() {
            "global" => {
                structure(b, config);
                global.extend(config.configs.iter());
            }
            "vdom" => {
                structure(b, config);
                for entry in &config.entries {
                    structure(b, entry);
                    match vdoms.iter_mut().find(|v| v.0 == entry.name) {
                        Some(known) => known.1.extend(entry.configs.iter()),
                        None => vdoms.push((entry.name.clone(), entry.configs.iter().collect())),
                    }
                }
            }
            _ => global.push(config),
        }
    }
    if vdoms.is_empty() {
        return (Vec::new(), vec![("root".into(), global)]);
    }
    (global, vdoms)
}

fn lower_vdom(
    b: &mut Builder,
    name: &str,
    configs: Vec<&Block>,
    version: Option<(u32, u32, u32)>,
    options: &ReadOptions,
) -> Option<(Cube, NodeId)> {
    let objects = Objects::read(&configs, options);
    let mut vdom = Vdom {
        name: name.to_owned(),
        configs,
        objects,
        zones: HashMap::new(),
        sdwan: Vec::new(),
        vips: Vec::new(),
        vip_groups: HashMap::new(),
        central_nat: false,
        version,
        match_vip: MatchVip::default_for(version),
        as_of: options.as_of.clone(),
        dynamic: Vec::new(),
        here: Cube::any(),
    };
    let own: Ranges = vdom.interfaces(b).into_iter().map(|n| (n as u128, n as u128)).collect();
    if own.is_empty() {
        return None;
    }
    let here = Cube::any().with(Field::In, own);
    settings(b, &mut vdom);
    zones(b, &mut vdom);
    dynamic_addresses(b, &mut vdom);
    virtual_ips(b, &mut vdom);
    proxy_arp(b, &vdom);
    relays(b, &vdom);
    let node = stages(b, &vdom);
    Some((here, node))
}

fn zones(b: &mut Builder, vdom: &mut Vdom<'_>) {
    for config in vdom.sections(&["system zone"]) {
        for entry in &config.entries {
            let intrazone = entry.word("intrazone").map(str::to_owned);
            vdom.zones.insert(entry.name.clone(), (entry.list("interface"), intrazone, entry.line));
            for setting in &entry.settings {
                if !matches!(setting.key.as_str(), "interface" | "intrazone" | "description") {
                    b.unknown(setting.line, Scope::Device);
                }
            }
        }
    }
    for config in vdom.sections(&["system sdwan", "system virtual-wan-link"]) {
        for members in config.configs.iter().filter(|c| c.name == "members") {
            for member in &members.entries {
                if let Some(number) = member.word("interface").and_then(|i| vdom.interface(b, i)) {
                    let zone = member.word("zone").unwrap_or("virtual-wan-link").to_owned();
                    vdom.sdwan.push((zone, number));
                }
            }
        }
    }
}

fn dynamic_addresses(b: &Builder, vdom: &mut Vdom<'_>) {
    for config in vdom.sections(&["system interface"]) {
        for entry in &config.entries {
            let dynamic = matches!(entry.word("mode"), Some("dhcp" | "pppoe"));
            let Some(number) = vdom.interface(b, &entry.name) else { continue };
            let interface = &b.device.interfaces[number];
            if !interface.enabled {
                continue;
            }
            if dynamic {
                // Subnets of interfaces do not overlap unless that is allowed, so the one that is learnt is none of
                // those written down.
                let taken: Ranges = vdom
                    .interfaces(b)
                    .iter()
                    .flat_map(|n| b.device.interfaces[*n].addresses.iter().map(|a| (a.first, a.last)))
                    .collect();
                let taken = if overlaps_allowed(vdom) { Ranges::empty() } else { taken };
                vdom.dynamic.push((number, entry.line_of("mode"), net::all_v4().subtract(&taken)));
            }
            if interface.dynamic6 {
                vdom.dynamic.push((number, entry.line, net::all_v6()));
            }
        }
    }
}

/// Whether a network learnt at run time may lie inside one that is written down: overlapping subnets are allowed, or
/// routes of the DHCP server are taken over.
fn overlaps_allowed(vdom: &Vdom<'_>) -> bool {
    let allowed = vdom.sections(&["system settings"]).iter().any(|s| s.enabled("allow-subnet-overlap"));
    let classless = vdom
        .sections(&["system interface"])
        .iter()
        .any(|s| s.entries.iter().any(|e| e.enabled("dhcp-classless-route-addition")));
    allowed || classless
}

fn virtual_ips(b: &mut Builder, vdom: &mut Vdom<'_>) {
    let mut vips = Vec::new();
    for config in vdom.sections(&["firewall vip"]) {
        for entry in &config.entries {
            let vip = nat::vip(entry, vips.len() as u128 + 1, &|name| vdom.members(b, name));
            for number in vdom.interfaces(b) {
                let named = vip.interface.as_ref().is_none_or(|i| *i == b.device.interfaces[number].name);
                if named && entry.word("arp-reply") != Some("disable") && vip.enabled {
                    let answers = b.device.interfaces[number].answers.union(&vip.external);
                    b.device.interfaces[number].answers = answers;
                }
            }
            vips.push(vip);
        }
    }
    for config in vdom.sections(&["firewall vipgrp"]) {
        for entry in &config.entries {
            vdom.vip_groups.insert(entry.name.clone(), entry.list("member"));
        }
    }
    vdom.vips = vips;
}

/// Addresses the device answers for on a wire although it only routes them.
fn proxy_arp(b: &mut Builder, vdom: &Vdom<'_>) {
    for config in vdom.sections(&["system proxy-arp"]) {
        for entry in &config.entries {
            let Some(number) = entry.word("interface").and_then(|i| vdom.interface(b, i)) else { continue };
            let first = entry.word("ip").and_then(net::parse_v4);
            let last = entry.word("end-ip").and_then(net::parse_v4).or(first);
            if let Some((lo, hi)) = first.zip(last) {
                let answers = b.device.interfaces[number].answers.union(&Ranges::span(lo, hi));
                b.device.interfaces[number].answers = answers;
            }
        }
    }
}

/// DHCP servers that requests of an interface are sent on to.
fn relays(b: &mut Builder, vdom: &Vdom<'_>) {
    for config in vdom.sections(&["system interface"]) {
        for entry in config.entries.iter().filter(|e| e.enabled("dhcp-relay-service")) {
            let Some(number) = vdom.interface(b, &entry.name) else { continue };
            for server in entry.list("dhcp-relay-ip").iter().filter_map(|s| net::parse_v4(s)) {
                b.relay(number, server, entry.line_of("dhcp-relay-ip"));
            }
        }
    }
}

/// Builds the stages of one VDOM and returns the first.
fn stages(b: &mut Builder, vdom: &Vdom<'_>) -> NodeId {
    let dnat = b.stage(&format!("{}/vip", vdom.name));
    let routing = b.stage(&format!("{}/route", vdom.name));
    let policies = b.stage(&format!("{}/policy", vdom.name));
    let replies = b.stage(&format!("{}/reply-route", vdom.name));
    b.device.nodes[policies].stateful = true;

    let mut named: Vec<u128> = Vec::new();
    for config in vdom.sections(&["firewall policy"]) {
        for entry in config.entries.iter().filter(|e| e.word("status") != Some("disable")) {
            named.extend(entry.list("dstaddr").iter().filter_map(|n| vdom.vip_tags(n)).flatten());
        }
    }
    let mut rules = Vec::new();
    for vip in vdom.vips.iter().filter(|v| v.enabled) {
        rules.extend(vip.rules(routing, vdom.central_nat || named.contains(&vip.tag)));
    }
    // The hidden VIP list ends in an entry of its own; what it does to packets for an external address that no VIP
    // translated was seen only in part.
    let external = vdom.vips.iter().filter(|v| v.enabled).fold(Ranges::empty(), |a, v| a.union(&v.external));
    if !external.is_empty() {
        let when = vec![Cube::any().with(Field::Dst, external)];
        rules.push(Rule::new(when, Vec::new(), 0, "vip list end").doubtful(Doubt::Unsourced));
    }
    b.fill(dnat, rules, vec![Jump::to(routing)]);

    let statics = route::statics(b, vdom);
    let mut back = statics.clone();
    let mut all_known = true;
    for (stage, next) in [(routing, policies), (replies, Device::EGRESS)] {
        let mut rules = vec![b.local_rule(&vdom.name, &Cube::any())];
        rules.extend(b.doubtful_broadcasts(&vdom.name, &Cube::any()));
        rules.extend(route::policy_routes(b, vdom, next));
        rules.extend(route::sdwan_rules(b, vdom, next));
        let (unknown, learnt) = route::protocols(b, vdom, next);
        all_known &= unknown.is_empty();
        back.extend(learnt.iter().cloned());
        rules.extend(unknown);
        rules.extend(route::dynamic_interfaces(b, vdom, next));
        let mut routes = b.connected(&vdom.name);
        routes.extend(learnt);
        routes.extend(statics.iter().cloned());
        rules.extend(b.route_rules(routes, &Cube::any(), next));
        b.fill(stage, rules, Vec::new());
    }
    b.device.reply_entry = Some(replies);

    let mut nat = SourceNat {
        pools: nat::pools(&vdom.configs),
        by_interface: None,
        by_pool: HashMap::new(),
        central: None,
    };
    if vdom.central_nat {
        nat.central = Some(central(b, vdom, &nat.pools));
    }
    let mut rules = session_rules();
    rules.extend(redirected(b, vdom));
    rules.extend(policy::rules(b, vdom, Device::EGRESS, &mut nat));
    rules.extend(intrazone(b, vdom));
    // With routes that nobody knows, none can be said to be missing.
    if all_known {
        let spoofed = route::spoofed(b, vdom, &back);
        looked_back(b, vdom, &mut rules, &spoofed);
    }
    b.fill(policies, rules, Vec::new());
    b.relayed(&vdom.interfaces(b), dnat, replies)
}

/// The device looks at the source first. It is looked at here after the policies, because only what they accept matters:
/// in front of them, every interface would bring sources of its own to every way out.
fn looked_back(b: &mut Builder, vdom: &Vdom<'_>, rules: &mut [Rule], spoofed: &[Rule]) {
    if spoofed.is_empty() {
        return;
    }
    let mut made: HashMap<NodeId, NodeId> = HashMap::new();
    for jump in rules.iter_mut().flat_map(|rule| &mut rule.then) {
        jump.to = *made.entry(jump.to).or_insert_with_key(|next| {
            let stage = b.stage(&format!("{}/reverse-path", vdom.name));
            b.fill(stage, spoofed.to_vec(), vec![Jump::to(*next)]);
            stage
        });
    }
}

/// Packets that cannot begin a session are normally dropped; where that is weakened is not modelled, so it stays
/// possible that they pass.
fn session_rules() -> Vec<Rule> {
    let no_syn: Ranges = (0..64u128).filter(|f| f & 2 == 0 || f & 16 != 0).map(|f| (f, f)).collect();
    let tcp = Cube::any().with(Field::Proto, Ranges::one(net::TCP)).with(Field::Flags, no_syn);
    let later = Cube::any().with(Field::Frag, Ranges::one(1));
    vec![
        Rule::new(vec![tcp], Vec::new(), 0, "no session").doubtful(Doubt::State),
        Rule::new(vec![later], Vec::new(), 0, "fragment").doubtful(Doubt::Fragment),
    ]
}

/// Packets for a router on the interface they came in by: `allow-traffic-redirect` sends them on without a policy. It is on
/// unless switched off, and off by default from 7.4.10 and 7.6.5 (Fortinet community ta-p/196651 and
/// fortigate-3/…-98332); what else about the packet counts differs by version, so that they may pass or not. What is for
/// a host of the same wire goes there without this device.
fn redirected(b: &Builder, vdom: &Vdom<'_>) -> Vec<Rule> {
    let off = vdom.version.is_some_and(|v| ((7, 4, 10)..(7, 6, 0)).contains(&v) || v >= (7, 6, 5));
    let global = vdom.sections(&["system global"]);
    let mut rules = Vec::new();
    for (key, all) in
        [("allow-traffic-redirect", net::all_v4()), ("ipv6-allow-traffic-redirect", net::all_v6())]
    {
        let said = global.iter().find_map(|c| Some((c.word(key)?, c.line_of(key))));
        let (on, line) = said.map_or((!off, 0), |(word, line)| (word != "disable", line));
        if !on {
            continue;
        }
        for number in vdom.interfaces(b) {
            let interface = &b.device.interfaces[number];
            let back = b
                .device
                .adjacencies
                .iter()
                .enumerate()
                .filter(|(_, a)| a.interface == number && matches!(a.next, NextHop::Via(_)));
            let back: Ranges = back.map(|(n, _)| (n as u128, n as u128)).collect();
            if back.is_empty() {
                continue;
            }
            let when = Cube::any()
                .with(Field::In, Ranges::one(number as u128))
                .with(Field::Out, back)
                .with(Field::Tag, Ranges::one(0))
                .with(Field::Dst, all.clone());
            let line = if line > 0 { line } else { interface.line };
            let rule = Rule::new(vec![when], vec![Jump::to(Device::EGRESS)], line, "allow-traffic-redirect");
            rules.push(rule.doubtful(Doubt::Unsourced));
        }
    }
    rules
}

/// After every explicit policy: traffic between members of one zone.
fn intrazone(b: &mut Builder, vdom: &Vdom<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut zones: Vec<_> = vdom.zones.iter().collect();
    zones.sort();
    for (name, (members, setting, line)) in zones {
        let numbers: Vec<usize> = members.iter().filter_map(|m| vdom.interface(b, m)).collect();
        let inside: Ranges = numbers.iter().map(|&n| (n as u128, n as u128)).collect();
        let when = Cube::any().with(Field::In, inside).with(Field::Out, b.out_of(&numbers));
        let rule =
            Rule::new(vec![when], vec![Jump::to(Device::EGRESS)], *line, format!("zone {name} intrazone"));
        match setting.as_deref() {
            Some("deny") => {}
            // One member only: allowed from 7.4.4, blocked before.
            Some("allow") if numbers.len() > 1 || vdom.version.is_some_and(|v| v >= (7, 4, 4)) => {
                rules.push(rule)
            }
            Some("allow") if vdom.version.is_some() => {}
            _ => {
                let text = format!(
                    "ゾーン {name} に set intrazone の行がなく、機器の既定値の資料が食い違っています"
                );
                b.finding("intrazone-absent", Severity::Warning, *line, text);
                rules.push(rule.doubtful(Doubt::Unsourced));
            }
        }
    }
    rules
}

/// Central source translation, read top-down after the policy. Entries are matched loosely: which source address a
/// packet ends up with never decides a policy here, only what the next device sees.
fn central(b: &mut Builder, vdom: &Vdom<'_>, pools: &HashMap<String, Ranges>) -> NodeId {
    let node = b.stage(&format!("{}/central-snat", vdom.name));
    let plain = interface_nat(b, vdom);
    let mut rules = Vec::new();
    for config in vdom.sections(&["firewall central-snat-map"]) {
        for entry in config.entries.iter().filter(|e| e.word("status") != Some("disable")) {
            let pool_names = entry.list("nat-ippool");
            let label = format!("central-snat {}", entry.name);
            if entry.word("nat") == Some("disable") {
                rules.push(
                    Rule::new(vec![Cube::any()], vec![Jump::to(Device::EGRESS)], entry.line, label)
                        .doubtful(Doubt::Unsourced),
                );
            } else if pool_names.is_empty() {
                rules.extend(plain.iter().cloned().map(|r| r.doubtful(Doubt::Unsourced)));
            } else {
                let source = pool_names
                    .iter()
                    .map(|n| pools.get(n).cloned().unwrap_or_else(net::all_v4))
                    .fold(Ranges::empty(), |a, r| a.union(&r));
                rules.push(
                    Rule::new(vec![Cube::any()], vec![translate(source)], entry.line, label)
                        .doubtful(Doubt::Unsourced),
                );
            }
        }
    }
    b.fill(node, rules, vec![Jump::to(Device::EGRESS)]);
    node
}
