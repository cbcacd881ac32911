//! NAT descriptors (§23). Inbound before the in filter, outbound after the out filter: filters see inner addresses.

use std::collections::BTreeMap;

use crate::model::{Assign, Doubt, Jump, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::filter::{address_list, port_list};

/// What happens to inbound packets without a table entry.
#[derive(Clone, Debug, Default)]
enum Incoming {
    #[default]
    Drop,
    Through,
    Forward(u128),
}

/// A static pair of address blocks.
#[derive(Clone, Debug)]
struct Pair {
    outer: Ranges,
    inner: Ranges,
    line: u32,
}

/// A static masquerade entry.
#[derive(Clone, Debug)]
struct Entry {
    inner: u128,
    proto: u128,
    outside: Option<Ranges>,
    inside: Option<Ranges>,
    line: u32,
}

/// One descriptor.
#[derive(Clone, Debug, Default)]
pub(super) struct Descriptor {
    kind: String,
    outer: Option<String>,
    inner: Option<String>,
    pairs: Vec<Pair>,
    entries: Vec<Entry>,
    incoming: Incoming,
    line: u32,
}

/// All descriptors by number.
pub(super) type Descriptors = BTreeMap<u32, Descriptor>;

/// Reads a `nat descriptor …` line; false when it is not understood.
pub(super) fn line(all: &mut Descriptors, words: &[&str], number: u32) -> bool {
    read(all, words, number).is_some()
}

fn read(all: &mut Descriptors, words: &[&str], line: u32) -> Option<()> {
    let id = |at: usize| words.get(at)?.parse::<u32>().ok();
    match (words.first().copied()?, words.get(1).copied()?) {
        ("type", _) => {
            let d = all.entry(id(1)?).or_default();
            d.kind = (*words.get(2)?).to_owned();
            d.line = line;
            matches!(d.kind.as_str(), "none" | "nat" | "masquerade" | "nat-masquerade").then_some(())?;
        }
        ("address", "outer") => all.entry(id(2)?).or_default().outer = Some(words.get(3..)?.join(",")),
        ("address", "inner") => all.entry(id(2)?).or_default().inner = Some(words.get(3..)?.join(",")),
        ("static", _) => {
            let (outer, inner) = words.get(3)?.split_once('=')?;
            let count: u128 = words.get(4).map_or(Some(1), |c| c.parse().ok())?;
            let pair = pair(outer, inner, count, line)?;
            all.entry(id(1)?).or_default().pairs.push(pair);
        }
        ("masquerade", "static") => {
            let entry = entry(words, line)?;
            all.entry(id(2)?).or_default().entries.push(entry);
        }
        ("masquerade", "incoming") => {
            let incoming = match *words.get(3)? {
                "through" => Incoming::Through,
                "reject" | "discard" => Incoming::Drop,
                "forward" => Incoming::Forward(net::parse_v4(words.get(4)?)?),
                _ => return None,
            };
            all.entry(id(2)?).or_default().incoming = incoming;
        }
        _ => return None,
    }
    Some(())
}

fn pair(outer: &str, inner: &str, count: u128, line: u32) -> Option<Pair> {
    let (inner, size) = match inner.split_once('/') {
        Some((ip, length)) => {
            let (lo, hi) = net::network(net::parse_v4(ip)?, length.parse().ok()?)?;
            (lo, hi - lo + 1)
        }
        None => (net::parse_v4(inner)?, count),
    };
    let outer = net::parse_v4(outer)?;
    let block = |lo: u128| Ranges::span(lo, lo.saturating_add(size.max(1) - 1).min(net::V4_LAST));
    Some(Pair { outer: block(outer), inner: block(inner), line })
}

fn entry(words: &[&str], line: u32) -> Option<Entry> {
    let inner = net::parse_v4(words.get(4)?)?;
    let proto = match *words.get(5)? {
        "tcp" => net::TCP,
        "udp" => net::UDP,
        "icmp" => net::ICMP,
        "esp" => 50,
        other => other.parse::<u8>().ok()?.into(),
    };
    let (outside, inside) = match words.get(6) {
        None => (None, None),
        Some(ports) => match ports.split_once('=') {
            Some((out, inn)) => (Some(port_list(out)?), Some(port_list(inn)?)),
            None => (Some(port_list(ports)?), Some(port_list(ports)?)),
        },
    };
    Some(Entry { inner, proto, outside, inside, line })
}

/// Addresses behind `address outer`: exact, or unknown (anything).
fn outer_addresses(d: &Descriptor, own: &Ranges) -> Option<Ranges> {
    match d.outer.as_deref() {
        // `primary`/`secondary` and the default `ipcp` are the interface's own addresses when those are written.
        None | Some("ipcp" | "primary" | "secondary") => (!own.is_empty()).then(|| own.clone()),
        Some(text) => address_list(text, false),
    }
}

/// Addresses the device answers for on the outside.
pub(super) fn answers(d: &Descriptor) -> Ranges {
    let stated = d.outer.as_deref().and_then(|t| address_list(t, false)).unwrap_or_else(Ranges::empty);
    d.pairs.iter().fold(stated, |acc, p| acc.union(&p.outer))
}

impl Descriptor {
    fn masquerades(&self) -> bool {
        matches!(self.kind.as_str(), "masquerade" | "nat-masquerade")
    }

    fn active(&self) -> bool {
        !matches!(self.kind.as_str(), "" | "none")
    }

    /// Inbound entries for packets with these `In` values.
    pub(super) fn inbound(&self, entering: &Ranges, own: &Ranges, next: NodeId) -> Vec<Rule> {
        if !self.active() {
            return Vec::new();
        }
        let mut rules = Vec::new();
        let here = Cube::any().with(Field::In, entering.clone()).with(Field::Dst, net::all_v4());
        for pair in &self.pairs {
            let delta = pair.inner.first().unwrap_or(0).wrapping_sub(pair.outer.first().unwrap_or(0));
            let mut jump = Jump::to(next);
            jump.set.push(Assign::Shift(Field::Dst, delta));
            let when = here.clone().with(Field::Dst, pair.outer.clone());
            rules.push(Rule::new(vec![when], vec![jump], pair.line, "nat static"));
        }
        if !self.masquerades() {
            return rules;
        }
        let outer = outer_addresses(self, own);
        let doubt = outer.is_none().then_some(Doubt::Dynamic);
        let elsewhere = here.clone();
        let to_outer = here.with(Field::Dst, outer.unwrap_or_else(net::all_v4));
        for entry in &self.entries {
            rules.push(self.entry_rule(entry, &to_outer, next).maybe(doubt));
        }
        let all = vec![to_outer.clone()];
        match self.incoming {
            Incoming::Drop => {
                rules.push(Rule::new(all, Vec::new(), self.line, "masquerade incoming").maybe(doubt))
            }
            Incoming::Forward(ip) => {
                let jump = Jump::to(next).put(Field::Dst, ip);
                rules.push(Rule::new(all, vec![jump], self.line, "masquerade incoming forward").maybe(doubt));
            }
            Incoming::Through => {
                let low = to_outer
                    .with(Field::Proto, Ranges::one(net::TCP))
                    .with(Field::Dport, Ranges::span(0, 1023));
                rules.push(
                    Rule::new(vec![low], Vec::new(), self.line, "masquerade incoming through").maybe(doubt),
                );
            }
        }
        if !matches!(self.incoming, Incoming::Through) {
            // Whether the setting also decides about packets for other addresses than the outer one is not said.
            let rule = Rule::new(vec![elsewhere], Vec::new(), self.line, "masquerade incoming");
            rules.push(rule.doubtful(Doubt::Unsourced));
        }
        rules
    }

    fn entry_rule(&self, entry: &Entry, to_outer: &Cube, next: NodeId) -> Rule {
        let mut when = to_outer.clone().with(Field::Proto, Ranges::one(entry.proto));
        let mut jump = Jump::to(next).put(Field::Dst, entry.inner);
        let mut doubt = None;
        if let (Some(out), Some(inn)) = (&entry.outside, &entry.inside) {
            when.narrow(Field::Dport, out);
            if out != inn {
                match (out.intervals(), inn.intervals()) {
                    (&[(a, b)], &[(c, d)]) if b - a == d - c => {
                        jump.set.push(Assign::Shift(Field::Dport, c.wrapping_sub(a)));
                    }
                    _ => {
                        jump = jump.set(Field::Dport, inn.clone());
                        doubt = Some(Doubt::Unsourced);
                    }
                }
            }
        }
        Rule::new(vec![when], vec![jump], entry.line, "masquerade static").maybe(doubt)
    }

    /// Outbound entries for the given `Out` values.
    pub(super) fn outbound(&self, out: &Ranges, own: &Ranges, next: NodeId) -> Vec<Rule> {
        if !self.active() {
            return Vec::new();
        }
        let here = Cube::any().with(Field::Out, out.clone()).with(Field::Src, net::all_v4());
        let mut rules = Vec::new();
        for pair in &self.pairs {
            let delta = pair.outer.first().unwrap_or(0).wrapping_sub(pair.inner.first().unwrap_or(0));
            let mut jump = Jump::to(next);
            jump.set.push(Assign::Shift(Field::Src, delta));
            let when = here.clone().with(Field::Src, pair.inner.clone());
            rules.push(Rule::new(vec![when], vec![jump], pair.line, "nat static"));
        }
        let inner = match self.inner.as_deref() {
            None | Some("auto") => net::all_v4(),
            Some(text) => address_list(text, false).unwrap_or_else(net::all_v4),
        };
        let source = outer_addresses(self, own).unwrap_or_else(net::all_v4);
        let mut jump = Jump::to(next).set(Field::Src, source);
        if self.masquerades() {
            jump = jump.set(Field::Sport, Ranges::span(0, 65_535));
        }
        rules.push(Rule::new(vec![here.with(Field::Src, inner)], vec![jump], self.line, "nat"));
        rules
    }
}
