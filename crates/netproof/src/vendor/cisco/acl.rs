//! Access-list entries: `permit|deny PROTO SRC [PORT] DST [PORT] [options]`.

use std::collections::HashMap;

use crate::model::{Doubt, Jump, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::ports;

/// How second and later fragments meet transport conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fragments {
    /// Transport conditions never match them (Alaxala A3).
    NeverMatch,
    /// Not sourced.
    Unclear,
}

/// The dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub(crate) six: bool,
    /// Masks are inverse (`0.0.0.255`); otherwise netmasks.
    pub(crate) inverse: bool,
    pub(crate) fragments: Fragments,
    /// Whether it is Cisco's own: only there are `established`, single flags and names of ICMPv6 messages sourced.
    pub(crate) cisco: bool,
}

impl Dialect {
    pub(crate) const IOS: Self =
        Self { six: false, inverse: true, fragments: Fragments::Unclear, cisco: true };
    pub(crate) const IOS6: Self = Self { six: true, ..Self::IOS };
}

/// Named address and service groups.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) addresses: HashMap<String, Ranges>,
    /// Protocol and ports.
    pub(crate) services: HashMap<String, Vec<Cube>>,
    /// Ports alone (ASA `object-group service NAME tcp`).
    pub(crate) ports: HashMap<String, Ranges>,
    /// ICMP types alone.
    pub(crate) types: HashMap<String, Ranges>,
}

impl Groups {
    /// One member of a service group: `tcp eq 443`, `udp source range 1 9 destination eq 53`, `icmp echo`, `ip`.
    pub(crate) fn service(&self, words: &[&str]) -> Option<Vec<Cube>> {
        let mut w = Words { words, at: 0 };
        let protocols = match w.peek()? {
            "tcp-udp" => {
                w.next();
                [net::TCP, net::UDP].map(|p| Cube::any().with(Field::Proto, Ranges::one(p))).to_vec()
            }
            _ => protocol(&mut w, Dialect::IOS, self)?,
        };
        let mut source = None;
        if w.peek() == Some("source") {
            w.next();
            source = Some(port_match(&mut w, self)??);
        }
        if w.peek() == Some("destination") {
            w.next();
        }
        let mut destination = port_match(&mut w, self)?;
        let single = protocols.first().and_then(|c| c.get(Field::Proto)).and_then(Ranges::single);
        if let (Some(net::ICMP), Some(name)) = (single, w.peek()) {
            w.next();
            let (kind, code) = ports::icmp(name)?;
            (source, destination) = (Some(kind), Some(code));
        }
        if w.peek().is_some() {
            return None;
        }
        let narrow = |mut cube: Cube| {
            for (field, ranges) in [(Field::Sport, &source), (Field::Dport, &destination)] {
                if let Some(ranges) = ranges {
                    cube.narrow(field, ranges);
                }
            }
            cube
        };
        Some(protocols.into_iter().map(narrow).collect())
    }

    /// A port or range of ports: `eq 80`, `range 1 9`.
    pub(crate) fn port(&self, words: &[&str]) -> Option<Ranges> {
        let mut w = Words { words, at: 0 };
        let found = port_match(&mut w, self)??;
        w.peek().is_none().then_some(found)
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) line: u32,
    pub(crate) sequence: u32,
    pub(crate) permit: bool,
    pub(crate) sure: Vec<Cube>,
    /// Packets the entry may also match, and why that is not certain.
    pub(crate) unsure: Vec<(Cube, Doubt)>,
    /// Why the whole entry may not be there.
    pub(crate) doubt: Option<Doubt>,
}

impl Entry {
    /// An entry nobody understood: it may permit or deny anything.
    pub(crate) fn unread(line: u32, sequence: u32) -> [Self; 2] {
        [true, false].map(|permit| Self {
            line,
            sequence,
            permit,
            sure: vec![Cube::any()],
            unsure: Vec::new(),
            doubt: Some(Doubt::UnknownLine),
        })
    }

    /// Table entries: permitted packets go to `pass`.
    pub(crate) fn rules(&self, label: &str, pass: &[Jump]) -> Vec<Rule> {
        let then = if self.permit { pass.to_vec() } else { Vec::new() };
        let mut out = Vec::new();
        if !self.sure.is_empty() {
            out.push(Rule::new(self.sure.clone(), then.clone(), self.line, label).maybe(self.doubt));
        }
        for (cube, doubt) in &self.unsure {
            let rule = Rule::new(vec![cube.clone()], then.clone(), self.line, label);
            out.push(rule.doubtful(self.doubt.unwrap_or(*doubt)));
        }
        out
    }
}

/// A named list in evaluation order.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub(crate) entries: Vec<Entry>,
}

impl List {
    /// Sorts by sequence number; equal numbers keep their order.
    pub(crate) fn sort(&mut self) {
        self.entries.sort_by_key(|e| e.sequence);
    }

    /// The number an entry without one gets: `step` above the highest.
    pub(crate) fn next_sequence(&self, step: u32) -> u32 {
        let top = self.entries.iter().map(|e| e.sequence).max().unwrap_or(0);
        top.saturating_add(step - top % step)
    }

    /// Table entries in order, without a default.
    pub(crate) fn rules(&self, name: &str, pass: &[Jump]) -> Vec<Rule> {
        self.entries.iter().flat_map(|e| e.rules(&format!("{name} seq {}", e.sequence), pass)).collect()
    }
}

struct Words<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }
    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }
}

/// Parses an extended entry from `permit`/`deny` on.
pub(crate) fn extended(
    words: &[&str],
    line: u32,
    sequence: u32,
    dialect: Dialect,
    groups: &Groups,
) -> Option<Entry> {
    let mut w = Words { words, at: 0 };
    let permit = match w.next()? {
        "permit" => true,
        "deny" => false,
        _ => return None,
    };
    let mut doubt = None;
    let protocols = protocol(&mut w, dialect, groups)?;
    let src = address(&mut w, dialect, groups, &mut doubt)?;
    let sport = port_match(&mut w, groups)?;
    let dst = address(&mut w, dialect, groups, &mut doubt)?;
    let dport = port_match(&mut w, groups)?;
    let options = options(&mut w, &protocols, dialect, groups)?;
    let doubt = doubt.or(options.doubt);
    let base = Cube::any().with(Field::Src, src).with(Field::Dst, dst);
    let mut out = Entry { line, sequence, permit, sure: Vec::new(), unsure: Vec::new(), doubt };
    for protocol in protocols {
        let mut cube = base.intersect(&protocol);
        for (field, ranges) in [(Field::Sport, &sport), (Field::Dport, &dport)] {
            if let Some(ranges) = ranges {
                cube.narrow(field, ranges);
            }
        }
        if let Some((kind, code)) = &options.icmp {
            cube.narrow(Field::Sport, kind);
            cube.narrow(Field::Dport, code);
        }
        place(&mut out, cube, &options, dialect);
    }
    Some(out)
}

/// Splits one cube by what is certain about fragments and flags.
fn place(out: &mut Entry, cube: Cube, options: &Options, dialect: Dialect) {
    if options.fragments {
        out.sure.push(cube.with(Field::Frag, Ranges::one(1)));
        return;
    }
    let mut cube = cube;
    if let Some((certain, possible)) = &options.flags {
        if !possible.is_empty() {
            let maybe = cube.clone().with(Field::Flags, possible.clone()).with(Field::Frag, Ranges::one(0));
            out.unsure.push((maybe, Doubt::Unsourced));
        }
        cube.narrow(Field::Flags, certain);
    }
    let deep = [Field::Sport, Field::Dport, Field::Flags];
    if deep.iter().all(|f| cube.get(*f).is_none()) {
        out.sure.push(cube);
        return;
    }
    if dialect.fragments == Fragments::Unclear {
        let mut later = cube.clone().with(Field::Frag, Ranges::one(1));
        for field in deep {
            later.replace(field, Ranges::span(0, field.max()));
        }
        out.unsure.push((later, Doubt::Fragment));
    }
    out.sure.push(cube.with(Field::Frag, Ranges::one(0)));
}

fn protocol(w: &mut Words<'_>, dialect: Dialect, groups: &Groups) -> Option<Vec<Cube>> {
    let one = |n: u128| vec![Cube::any().with(Field::Proto, Ranges::one(n))];
    Some(match w.next()? {
        "ip" | "ipv6" => vec![Cube::any()],
        "icmp" if dialect.six => one(net::ICMP6),
        "object-group" | "object" => groups.services.get(w.next()?)?.clone(),
        "eigrp" => one(88),
        "ospf" => one(89),
        "igmp" => one(2),
        "ipinip" => one(4),
        "pim" => one(103),
        "ahp" => one(51),
        name => one(crate::vectors::protocol_number(name)?),
    })
}

fn address(
    w: &mut Words<'_>,
    dialect: Dialect,
    groups: &Groups,
    doubt: &mut Option<Doubt>,
) -> Option<Ranges> {
    let all = if dialect.six { net::all_v6() } else { net::all_v4() };
    Some(match w.next()? {
        "any" | "any4" | "any6" => all,
        "host" => Ranges::one(net::parse_ip(w.next()?)?),
        "object-group" | "object" => match groups.addresses.get(w.next()?) {
            Some(found) => found.intersect(&all),
            None => {
                *doubt = Some(Doubt::Undefined);
                all
            }
        },
        text if text.contains('/') => net::parse_prefix(text)?,
        text => {
            net::parse_v4(text)?;
            let mask = w.next()?;
            if dialect.inverse {
                net::wildcard(text, mask)?
            } else {
                let (lo, hi) = net::network(net::parse_v4(text)?, net::mask_length(mask)?)?;
                Ranges::span(lo, hi)
            }
        }
    })
}

/// `eq P …`, `neq P`, `gt P`, `lt P`, `range A B`; `Some(None)` when there is no port match.
#[allow(clippy::option_option)]
fn port_match(w: &mut Words<'_>, groups: &Groups) -> Option<Option<Ranges>> {
    let Some(word) = w.peek() else { return Some(None) };
    if word == "object-group"
        && let Some(known) = w.words.get(w.at + 1).and_then(|name| groups.ports.get(*name))
    {
        w.at += 2;
        return Some(Some(known.clone()));
    }
    let one = |w: &mut Words<'_>| w.next().and_then(ports::port);
    Some(match word {
        "eq" => {
            w.next();
            let mut all = Ranges::one(one(w)?);
            // IOS takes several ports after `eq`.
            while let Some(more) = w.peek().and_then(ports::port) {
                w.next();
                all = all.union(&Ranges::one(more));
            }
            Some(all)
        }
        "neq" => {
            w.next();
            Some(Ranges::one(one(w)?).complement(65_535))
        }
        "gt" => {
            w.next();
            Some(Ranges::span(one(w)? + 1, 65_535))
        }
        "lt" => {
            w.next();
            let bound = one(w)?;
            Some(bound.checked_sub(1).map_or_else(Ranges::empty, |hi| Ranges::span(0, hi)))
        }
        "range" => {
            w.next();
            let (lo, hi) = (one(w)?, one(w)?);
            Some(Ranges::span(lo, hi))
        }
        _ => None,
    })
}

#[derive(Default)]
struct Options {
    icmp: Option<(Ranges, Ranges)>,
    /// Flag values that certainly match, and further ones that may.
    flags: Option<(Ranges, Ranges)>,
    fragments: bool,
    doubt: Option<Doubt>,
}

fn options(w: &mut Words<'_>, protocols: &[Cube], dialect: Dialect, groups: &Groups) -> Option<Options> {
    let mut out = Options::default();
    let number = protocols.first().and_then(|c| c.get(Field::Proto)).and_then(Ranges::single);
    let flag_set = |value: u128, mask: u128| {
        (0..64u128).filter(|f| f & mask == value).map(|f| (f, f)).collect::<Ranges>()
    };
    while let Some(word) = w.next() {
        match word {
            "log" | "log-input" | "disable" | "default" => {}
            "interval" => {
                w.next()?;
            }
            "informational" | "notifications" | "warnings" | "errors" | "critical" | "debugging" => {}
            "inactive" => return None,
            "fragments" => out.fragments = true,
            "established" if number == Some(net::TCP) => {
                let ack = flag_set(16, 16);
                let reset = flag_set(4, 4).subtract(&ack);
                out.flags =
                    Some(if dialect.cisco { (ack, reset) } else { (Ranges::empty(), ack.union(&reset)) });
            }
            // `match-any +rst +ack`, `match-all +syn -ack`, or one flag that must be set (IOS Security Command Reference,
            // `permit (IP)`).
            "match-any" | "match-all" if dialect.cisco && number == Some(net::TCP) && out.flags.is_none() => {
                out.flags = Some((flag_list(w, word == "match-all")?, Ranges::empty()));
            }
            "syn" | "ack" | "fin" | "rst" | "psh" | "urg"
                if dialect.cisco && number == Some(net::TCP) && out.flags.is_none() =>
            {
                let bit = net::FLAG_NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(word))?.1;
                out.flags = Some((flag_set(bit, bit), Ranges::empty()));
            }
            "time-range" => {
                w.next()?;
                out.doubt = Some(Doubt::Schedule);
            }
            // These look at fields that are not modelled: the entry may match less.
            "dscp" | "tos" | "precedence" | "ttl" | "user-priority" | "vlan" | "flow-label" | "option" => {
                w.next()?;
                out.doubt = Some(Doubt::Unsourced);
            }
            "object-group" if out.icmp.is_none() => {
                out.icmp = Some((groups.types.get(w.next()?)?.clone(), Ranges::span(0, 65_535)));
            }
            "icmp-type" if number == Some(net::ICMP) && out.icmp.is_none() => {
                let kind = w.next()?.parse::<u8>().ok()?;
                out.icmp = Some((Ranges::one(kind.into()), Ranges::span(0, 65_535)));
            }
            other if number == Some(net::ICMP) && out.icmp.is_none() => {
                let (kind, mut code) = ports::icmp(other)?;
                if let Some(Ok(c)) = w.peek().map(str::parse::<u8>) {
                    w.next();
                    code = Ranges::one(c.into());
                }
                out.icmp = Some((kind, code));
            }
            // Elsewhere only numbers are sourced.
            other if number == Some(net::ICMP6) && out.icmp.is_none() => {
                if !dialect.cisco && other.parse::<u8>().is_err() {
                    return None;
                }
                let (kind, mut code) = ports::icmp6(other)?;
                if let Some(Ok(c)) = w.peek().map(str::parse::<u8>) {
                    w.next();
                    code = Ranges::one(c.into());
                }
                out.icmp = Some((kind, code));
            }
            _ => return None,
        }
    }
    Some(out)
}

/// Flag values that meet all or any of the conditions `+ack -fin …`.
fn flag_list(w: &mut Words<'_>, all: bool) -> Option<Ranges> {
    let mut asked = Vec::new();
    while let Some(word) = w.peek().filter(|t| t.starts_with(['+', '-'])) {
        let bit = net::FLAG_NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(&word[1..]))?.1;
        asked.push((bit, word.starts_with('+')));
        w.next();
    }
    let meets = |flags: u128| {
        let mut each = asked.iter().map(|(bit, set)| (flags & bit != 0) == *set);
        if all { each.all(|met| met) } else { each.any(|met| met) }
    };
    (!asked.is_empty()).then(|| (0..64u128).filter(|f| meets(*f)).map(|f| (f, f)).collect())
}

/// Parses a standard entry from `permit`/`deny` on: a source address; without mask it is a host (C8).
pub(crate) fn standard(words: &[&str], line: u32, sequence: u32) -> Option<Entry> {
    let permit = match *words.first()? {
        "permit" => true,
        "deny" => false,
        _ => return None,
    };
    let rest: Vec<&str> = words[1..].iter().copied().filter(|w| *w != "log").collect();
    let src = match rest[..] {
        ["any"] => net::all_v4(),
        ["host", ip] | [ip] => Ranges::one(net::parse_v4(ip)?),
        [ip, wild] => net::wildcard(ip, wild)?,
        _ => return None,
    };
    let sure = vec![Cube::any().with(Field::Src, src).with(Field::Dst, net::all_v4())];
    Some(Entry { line, sequence, permit, sure, unsure: Vec::new(), doubt: None })
}
