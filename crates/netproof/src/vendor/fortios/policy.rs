//! The policy table of one VDOM.

use crate::model::{Device, Doubt, Jump, NodeId, Rule, Severity};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::build::{Builder, Scope};
use super::lex::Block;
use super::lower::Vdom;
use super::objects::Clock;
use super::reviewed;

/// The `match-vip` default on deny policies, by version: off up to 7.2.2, on from 7.2.4; sources disagree on 7.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchVip {
    /// Deny policies leave translated packets alone.
    Off,
    /// Deny policies also match translated packets.
    On,
    /// Not known.
    Unclear,
}

impl MatchVip {
    /// Default for a version; `None` (no version line) is unclear.
    #[must_use]
    pub(super) fn default_for(version: Option<(u32, u32, u32)>) -> Self {
        match version {
            Some(v) if v < (7, 2, 3) => Self::Off,
            Some(v) if v > (7, 2, 3) => Self::On,
            _ => Self::Unclear,
        }
    }
}

/// Interface sides of one policy.
struct Sides {
    base: Cube,
    doubt: Option<Doubt>,
}

/// Lowers every policy of the VDOM, in file order.
pub(super) fn rules(
    b: &mut Builder,
    vdom: &Vdom<'_>,
    snat: NodeId,
    pools_stage: &mut super::lower::SourceNat,
) -> Vec<Rule> {
    let mut out = Vec::new();
    for config in vdom.sections(&["firewall policy", "firewall policy6"]) {
        for entry in &config.entries {
            let six_only = config.name.ends_with('6');
            out.extend(one(b, vdom, entry, six_only, snat, pools_stage));
        }
    }
    out
}

fn one(
    b: &mut Builder,
    vdom: &Vdom<'_>,
    entry: &Block,
    six_only: bool,
    snat: NodeId,
    nat: &mut super::lower::SourceNat,
) -> Vec<Rule> {
    let label = match entry.word("name") {
        Some(name) => format!("policy {} {name}", entry.name),
        None => format!("policy {}", entry.name),
    };
    let mut narrowing = None;
    let mut wide = false;
    for setting in &entry.settings {
        let key = setting.key.as_str();
        if reviewed::POLICY.contains(&key) {
            for line in setting.line..=setting.last {
                b.lowered(line, label.clone());
            }
        } else if reviewed::POLICY_NARROWING.contains(&key) {
            b.lowered(setting.line, label.clone());
            if setting.verb != "unset" && setting.values.first().is_some_and(|v| v != "disable") {
                narrowing = Some(Doubt::Dynamic);
            }
        } else if b.unknown(setting.line, Scope::Rule(label.clone())) {
            wide = true;
        }
    }
    for line in &entry.strays {
        wide |= b.unknown(*line, Scope::Rule(label.clone()));
    }
    for inner in &entry.configs {
        for line in inner.line..=inner.last {
            wide |= b.unknown(line, Scope::Rule(label.clone()));
        }
    }
    if entry.word("status") == Some("disable") && !wide {
        return Vec::new();
    }
    let sides = sides(b, vdom, entry);
    if wide {
        // Something unread may negate, translate or relay: anything between these interfaces, either way.
        let pass = Jump::to(Device::EGRESS).havoc();
        let make = |then| Rule::new(vec![sides.base.clone()], then, entry.line, label.clone());
        return vec![
            make(vec![pass]).doubtful(Doubt::UnknownLine),
            make(vec![]).doubtful(Doubt::UnknownLine),
        ];
    }
    let clock = match entry.word("schedule") {
        Some(name) => vdom.objects.clock(name),
        None => Clock::Sometimes,
    };
    let clock = match expiry(entry, vdom.as_of.as_deref()) {
        Clock::Always => clock,
        sooner if clock != Clock::Never => sooner,
        _ => clock,
    };
    if clock == Clock::Never {
        return Vec::new();
    }
    let doubt = sides.doubt.or(narrowing).or((clock == Clock::Sometimes).then_some(Doubt::Schedule));
    let accept = match entry.word("action") {
        Some("accept") => true,
        None | Some("deny") => false,
        // Policy-based IPsec: into a tunnel whose far end is not modelled here.
        Some(_) => {
            let pass = vec![Jump::to(Device::EGRESS).havoc()];
            return vec![Rule::new(vec![sides.base], pass, entry.line, label).doubtful(Doubt::Relay)];
        }
    };
    let then = if accept { vec![Jump::to(nat.entry_for(b, vdom, entry, snat))] } else { Vec::new() };
    let matcher = Matcher { vdom, entry, base: sides.base, accept, six_only };
    lint(b, entry, &label, accept);
    matcher.rules(doubt, &then, &label)
}

/// A policy is switched off on the day of `policy-expiry-date` (`YYYY-MM-DD HH:MM:SS`).
fn expiry(entry: &Block, as_of: Option<&str>) -> Clock {
    if !entry.enabled("policy-expiry") {
        return Clock::Always;
    }
    let day = entry.get("policy-expiry-date").and_then(|v| v.first()).filter(|d| d.contains('-'));
    match (day, as_of) {
        (Some(day), Some(today)) if day.as_str() < today => Clock::Never,
        _ => Clock::Sometimes,
    }
}

fn sides(b: &Builder, vdom: &Vdom<'_>, entry: &Block) -> Sides {
    let mut base = vdom.here.clone();
    let mut doubt = None;
    for (key, field) in [("srcintf", Field::In), ("dstintf", Field::Out)] {
        let names = entry.list(key);
        if names.iter().any(|n| n == "any") {
            continue;
        }
        let mut numbers = Vec::new();
        for name in &names {
            match vdom.members(b, name) {
                Some(found) => numbers.extend(found),
                None => doubt = Some(Doubt::Undefined),
            }
        }
        if doubt.is_some() || names.is_empty() {
            doubt = doubt.or(Some(Doubt::Undefined));
            continue;
        }
        let ranges = match field {
            Field::In => numbers.iter().map(|&n| (n as u128, n as u128)).collect(),
            _ => b.out_of(&numbers),
        };
        base.narrow(field, &ranges);
    }
    Sides { base, doubt }
}

struct Matcher<'a> {
    vdom: &'a Vdom<'a>,
    entry: &'a Block,
    base: Cube,
    accept: bool,
    six_only: bool,
}

impl Matcher<'_> {
    fn rules(&self, doubt: Option<Doubt>, then: &[Jump], label: &str) -> Vec<Rule> {
        let entry = self.entry;
        let names = entry.list("service");
        let services = self.vdom.objects.services(&names);
        let mut doubt = doubt.or(services.doubt);
        let dynamic_dst = entry.enabled("internet-service") || entry.enabled("internet-service6");
        let cubes = if dynamic_dst {
            vec![Cube::any()]
        } else if entry.enabled("service-negate") {
            match services.doubt {
                None => complement(&services.cubes),
                Some(_) => vec![Cube::any()],
            }
        } else {
            services.cubes
        };
        let mut sure: Vec<Cube> = Vec::new();
        let mut unsure: Vec<(Vec<Cube>, Doubt)> = Vec::new();
        if !self.six_only {
            let (src, src_doubt) = self.side(false, true);
            doubt = doubt.or(src_doubt);
            self.plain_v4(&src, &cubes, &mut sure, &mut unsure);
            self.virtual_ips(&src, &cubes, &mut sure, &mut unsure);
        }
        let (src6, d1) = self.side(true, true);
        let (dst6, d2) = self.side(true, false);
        if !src6.is_empty() && !dst6.is_empty() {
            let six = self.product(&src6, &dst6, &cubes, &Ranges::span(0, u128::from(u16::MAX)));
            match d1.or(d2) {
                None => sure.extend(six),
                Some(d) => unsure.push((six, d)),
            }
        }
        let line = self.entry.line;
        let mut out = Vec::new();
        if !sure.is_empty() {
            out.push(Rule::new(sure, then.to_vec(), line, label).maybe(doubt));
        }
        for (when, d) in unsure {
            out.push(Rule::new(when, then.to_vec(), line, label).doubtful(doubt.unwrap_or(d)));
        }
        out
    }

    /// Addresses of one side and family, negation applied; an inexact set that is negated may be anything.
    fn side(&self, six: bool, source: bool) -> (Ranges, Option<Doubt>) {
        let entry = self.entry;
        let stem = if source { "srcaddr" } else { "dstaddr" };
        let all = if six { net::all_v6() } else { net::all_v4() };
        let switch = match (source, six) {
            (true, false) => "internet-service-src",
            (false, false) => "internet-service",
            (true, true) => "internet-service6-src",
            (false, true) => "internet-service6",
        };
        if entry.enabled(switch) {
            return (all, Some(Doubt::Dynamic));
        }
        let key = if six && !self.six_only { format!("{stem}6") } else { stem.to_owned() };
        let names: Vec<String> =
            entry.list(&key).into_iter().filter(|n| six || self.vdom.vip_tags(n).is_none()).collect();
        if names.is_empty() {
            return (Ranges::empty(), None);
        }
        let addresses = self.vdom.objects.addresses(&names, six);
        let own = entry.enabled(&format!("{key}-negate"));
        // Before `srcaddr6-negate` existed one switch may have governed both families.
        let shared = six && !self.six_only && entry.get(&format!("{key}-negate")).is_none();
        if shared && entry.enabled(&format!("{stem}-negate")) {
            return (all, Some(Doubt::Unsourced));
        }
        match (own, addresses.doubt) {
            (false, doubt) => (addresses.ranges, doubt),
            (true, None) => (all.subtract(&addresses.ranges), None),
            (true, doubt) => (all, doubt),
        }
    }

    fn product(&self, src: &Ranges, dst: &Ranges, services: &[Cube], tag: &Ranges) -> Vec<Cube> {
        let base = self
            .base
            .clone()
            .with(Field::Src, src.clone())
            .with(Field::Dst, dst.clone())
            .with(Field::Tag, tag.clone());
        services.iter().map(|s| base.intersect(s)).filter(|c| !c.is_empty()).collect()
    }

    /// Ordinary destination names. Under central NAT they see the mapped address of every packet; otherwise they
    /// see untranslated packets, and translated ones only as `match-vip` says.
    fn plain_v4(
        &self,
        src: &Ranges,
        services: &[Cube],
        sure: &mut Vec<Cube>,
        unsure: &mut Vec<(Vec<Cube>, Doubt)>,
    ) {
        let (dst, dst_doubt) = self.side(false, false);
        if dst.is_empty() {
            return;
        }
        let untouched =
            if self.vdom.central_nat { Ranges::span(0, u128::from(u16::MAX)) } else { Ranges::one(0) };
        let cubes = self.product(src, &dst, services, &untouched);
        match dst_doubt {
            None => sure.extend(cubes),
            Some(d) => unsure.push((cubes, d)),
        }
        if self.vdom.central_nat || self.vdom.vips.is_empty() {
            return;
        }
        let translated = Ranges::span(1, u128::from(u16::MAX));
        let cubes = self.product(src, &net::all_v4(), services, &translated);
        let setting = match self.entry.word("match-vip") {
            Some("enable") => MatchVip::On,
            Some("disable") => MatchVip::Off,
            _ if self.accept => MatchVip::Off,
            _ => self.vdom.match_vip,
        };
        let everything = net::all_v4().is_subset(&dst) && dst_doubt.is_none();
        match (self.accept, setting) {
            (false, MatchVip::Off) => {}
            (false, MatchVip::On) if everything => sure.extend(cubes),
            // An accept without a VIP name, or a deny by some addresses only: no source says which address counts.
            _ => unsure.push((cubes, Doubt::Unsourced)),
        }
    }

    /// Destination names that are VIPs or VIP groups: packets those VIPs translated.
    fn virtual_ips(
        &self,
        src: &Ranges,
        services: &[Cube],
        sure: &mut Vec<Cube>,
        unsure: &mut Vec<(Vec<Cube>, Doubt)>,
    ) {
        let tags: Vec<u128> =
            self.entry.list("dstaddr").iter().filter_map(|n| self.vdom.vip_tags(n)).flatten().collect();
        if tags.is_empty() {
            return;
        }
        let tags: Ranges = tags.into_iter().map(|t| (t, t)).collect();
        let cubes = self.product(src, &net::all_v4(), services, &tags);
        // From 7.2.3 a deny naming a VIP carries match-vip too; what it then means was not found. Central NAT does
        // not put VIPs into policies at all.
        let clear_deny = self.vdom.version.is_some_and(|v| v < (7, 2, 3));
        if self.vdom.central_nat || self.entry.enabled("dstaddr-negate") || (!self.accept && !clear_deny) {
            unsure.push((cubes, Doubt::Unsourced));
        } else {
            sure.extend(cubes);
        }
    }
}

fn complement(cubes: &[Cube]) -> Vec<Cube> {
    cubes.iter().fold(vec![Cube::any()], |rest, cube| rest.iter().flat_map(|r| r.subtract(cube)).collect())
}

fn lint(b: &mut Builder, entry: &Block, label: &str, accept: bool) {
    let any = |key: &str| entry.list(key).iter().any(|n| n == "all");
    if accept && any("srcaddr") && any("dstaddr") && entry.list("service").iter().any(|s| s == "ALL") {
        let text = format!("{label} は送信元・宛先・サービスをすべて許可しています");
        b.finding("any-any", Severity::Critical, entry.line, text);
    }
    if accept && entry.word("logtraffic") == Some("disable") {
        b.finding("no-log", Severity::Info, entry.line, format!("{label} は通信記録を取っていません"));
    }
    if entry.word("status") == Some("disable") {
        b.finding("disabled-rule", Severity::Info, entry.line, format!("{label} は無効のまま残っています"));
    }
}
