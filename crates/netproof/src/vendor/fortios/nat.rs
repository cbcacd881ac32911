//! Virtual IPs (destination translation) and address pools (source translation).

use std::collections::HashMap;

use crate::model::{Assign, Doubt, Jump, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::lex::Block;
use super::objects::ports;

/// One virtual IP.
#[derive(Clone, Debug)]
pub(super) struct Vip {
    /// Name.
    pub name: String,
    /// Line.
    pub line: u32,
    /// `Tag` value of packets it has translated.
    pub tag: u128,
    /// Packets it takes (interface included); several when ports or sources are listed.
    pub when: Vec<Cube>,
    /// Translation; `None` when it cannot be told (load balancing, FQDN): anything.
    pub assigns: Option<Vec<Assign>>,
    /// External addresses.
    pub external: Ranges,
    /// Interface that answers for it; `None` for any.
    pub interface: Option<String>,
    /// Internal addresses.
    pub mapped: Ranges,
    /// Why it may act differently.
    pub doubt: Option<Doubt>,
    /// Whether it is switched on.
    pub enabled: bool,
}

/// Attributes of virtual IPs that are read or only looked at.
pub(super) const VIP_KEYS: &[&str] = &[
    "id",
    "uuid",
    "comment",
    "color",
    "type",
    "extip",
    "extintf",
    "mappedip",
    "portforward",
    "protocol",
    "extport",
    "mappedport",
    "status",
    "arp-reply",
    "src-filter",
    "srcintf-filter",
    "nat-source-vip",
    "gratuitous-arp-interval",
    "portmapping-type",
    "extaddr",
    "mapped-addr",
    "service",
    "add-nat46-route",
    "ipv6-mappedip",
];

/// Reads one `firewall vip` entry. `members` resolves an interface or zone name to interface numbers.
pub(super) fn vip(entry: &Block, tag: u128, members: &dyn Fn(&str) -> Option<Vec<usize>>) -> Vip {
    let mut out = Vip {
        name: entry.name.clone(),
        line: entry.line,
        tag,
        when: Vec::new(),
        assigns: None,
        external: Ranges::empty(),
        interface: entry.word("extintf").filter(|i| *i != "any").map(str::to_owned),
        mapped: net::all_v4(),
        doubt: None,
        enabled: entry.word("status") != Some("disable"),
    };
    let odd = entry.settings.iter().any(|s| !VIP_KEYS.contains(&s.key.as_str()))
        || entry.get("service").is_some()
        || entry.get("extaddr").is_some()
        || entry.get("mapped-addr").is_some()
        || entry.get("ipv6-mappedip").is_some()
        || entry.word("portmapping-type").is_some_and(|t| t != "1-to-1");
    let plain = entry.word("type").unwrap_or("static-nat") == "static-nat";
    let parsed = if odd || !plain { None } else { translation(entry) };
    let (base, assigns, external, mapped) = match parsed {
        Some(p) => (p.0, Some(p.1), p.2, p.3),
        None => {
            out.doubt = Some(if plain { Doubt::UnknownLine } else { Doubt::Relay });
            let external = entry.word("extip").and_then(span).unwrap_or_else(net::all_v4);
            (Cube::any().with(Field::Dst, external.clone()), None, external, net::all_v4())
        }
    };
    out.assigns = assigns;
    out.external = external;
    out.mapped = mapped;
    let mut base = base;
    if let Some(interface) = &out.interface {
        match members(interface) {
            Some(numbers) => {
                base.narrow(Field::In, &numbers.iter().map(|&n| (n as u128, n as u128)).collect())
            }
            None => out.doubt = out.doubt.or(Some(Doubt::Undefined)),
        }
    }
    out.when = filtered(entry, base, members, &mut out.doubt);
    out
}

/// Narrows by `srcintf-filter` and `src-filter`.
fn filtered(
    entry: &Block,
    mut base: Cube,
    members: &dyn Fn(&str) -> Option<Vec<usize>>,
    doubt: &mut Option<Doubt>,
) -> Vec<Cube> {
    let interfaces = entry.list("srcintf-filter");
    if !interfaces.is_empty() {
        let numbers: Vec<Option<Vec<usize>>> = interfaces.iter().map(|i| members(i)).collect();
        if numbers.iter().any(Option::is_none) {
            *doubt = doubt.or(Some(Doubt::Undefined));
        } else {
            let all: Ranges =
                numbers.into_iter().flatten().flatten().map(|n| (n as u128, n as u128)).collect();
            base.narrow(Field::In, &all);
        }
    }
    let sources = entry.list("src-filter");
    if !sources.is_empty() {
        let mut all = Ranges::empty();
        for source in &sources {
            match net::parse_prefix(source).or_else(|| span(source)) {
                Some(r) => all = all.union(&r),
                None => *doubt = doubt.or(Some(Doubt::UnknownLine)),
            }
        }
        if doubt.is_none() {
            base.narrow(Field::Src, &all);
        }
    }
    vec![base]
}

/// `A` or `A-B` (IPv4).
pub(super) fn span(text: &str) -> Option<Ranges> {
    let (lo, hi) = text.split_once('-').unwrap_or((text, text));
    let (lo, hi) = (net::parse_v4(lo.trim())?, net::parse_v4(hi.trim())?);
    (lo <= hi).then(|| Ranges::span(lo, hi))
}

type Translation = (Cube, Vec<Assign>, Ranges, Ranges);

fn translation(entry: &Block) -> Option<Translation> {
    let external = span(entry.word("extip")?)?;
    if external.contains(net::V4_FIRST) {
        return None; // 0.0.0.0 stands for "any address of the interface"
    }
    let mapped = match entry.get("mappedip")? {
        [one] => span(one)?,
        _ => return None,
    };
    let mut cube = Cube::any().with(Field::Dst, external.clone());
    let mut assigns = vec![remap(Field::Dst, &external, &mapped)?];
    if entry.enabled("portforward") {
        let number = match entry.word("protocol").unwrap_or("tcp") {
            "tcp" => net::TCP,
            "udp" => net::UDP,
            "sctp" => 132,
            "icmp" => net::ICMP,
            _ => return None,
        };
        cube.narrow(Field::Proto, &Ranges::one(number));
        if number != net::ICMP {
            let outside = ports(entry.word("extport")?)?;
            let inside = match entry.word("mappedport") {
                Some(text) => ports(text)?,
                None => outside.clone(),
            };
            cube.narrow(Field::Dport, &outside);
            assigns.push(remap(Field::Dport, &outside, &inside)?);
        }
    }
    Some((cube, assigns, external, mapped))
}

/// One-to-one by offset, or all to one.
fn remap(field: Field, from: &Ranges, to: &Ranges) -> Option<Assign> {
    let (first, target) = (from.first()?, to.first()?);
    if to.size() == 1 {
        Some(Assign::Set(field, to.clone()))
    } else if from.size() == to.size() {
        Some(Assign::Shift(field, target.wrapping_sub(first)))
    } else {
        None
    }
}

impl Vip {
    /// Table entries of the translation stage. `referenced` says whether any policy names it; one that no policy
    /// names may or may not translate.
    #[must_use]
    pub(super) fn rules(&self, next: NodeId, referenced: bool) -> Vec<Rule> {
        let mut jump = Jump::to(next);
        match &self.assigns {
            Some(assigns) => jump.set.extend(assigns.iter().cloned()),
            None => jump = jump.set(Field::Dst, net::all_v4()).set(Field::Dport, Ranges::span(0, 65_535)),
        }
        let jump = jump.put(Field::Tag, self.tag);
        let doubt = self.doubt.or((!referenced).then_some(Doubt::Unsourced));
        vec![Rule::new(self.when.clone(), vec![jump], self.line, format!("vip {}", self.name)).maybe(doubt)]
    }
}

/// Address pools by name.
#[must_use]
pub(super) fn pools(configs: &[&Block]) -> HashMap<String, Ranges> {
    let mut out = HashMap::new();
    for config in configs {
        let six = config.name == "firewall ippool6";
        if !six && config.name != "firewall ippool" {
            continue;
        }
        for entry in &config.entries {
            let bound = |key: &str| entry.word(key).and_then(net::parse_ip);
            let range = match (bound("startip"), bound("endip")) {
                (Some(lo), Some(hi)) if lo <= hi => Ranges::span(lo, hi),
                _ if six => net::all_v6(),
                _ => net::all_v4(),
            };
            out.insert(entry.name.clone(), range);
        }
    }
    out
}
