//! One nft rule: matches and verdict.

use std::collections::HashMap;

use crate::model::Doubt;
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::chains::{self, Entry, Family, Packets, Unsure, Verdict, cross};
use super::nft::Token;

/// Elements of a set: words, with `:` and `.` parts joined; `None` when they cannot all be known.
type Elements = Option<Vec<String>>;

/// Named objects of one table.
pub(super) struct Names<'a> {
    pub(super) sets: HashMap<String, (String, Elements)>,
    pub(super) maps: HashMap<String, (String, Elements)>,
    pub(super) interface: &'a dyn Fn(&str) -> Vec<usize>,
    pub(super) family: Family,
    pub(super) of: Packets,
}

/// The comma-separated elements of `{ … }`, words joined by one blank.
pub(super) fn braced(tokens: &[Token]) -> Vec<String> {
    let mut out = vec![String::new()];
    for t in tokens {
        match t.text.as_str() {
            "{" | "}" if !t.quoted => {}
            "," if !t.quoted => out.push(String::new()),
            text => {
                if let Some(last) = out.last_mut() {
                    if !last.is_empty() {
                        last.push(' ');
                    }
                    last.push_str(text);
                }
            }
        }
    }
    out.retain(|e| !e.is_empty());
    out
}

struct State<'a> {
    names: &'a Names<'a>,
    sure: Vec<Cube>,
    unsure: Unsure,
    doubt: Option<Doubt>,
}

impl State<'_> {
    fn both(&mut self, sure: &[Cube], unsure: &Unsure) {
        // What was possible stays possible where the new match holds or may hold.
        let mut possible = Unsure::new();
        for (cube, doubt) in &self.unsure {
            possible.extend(sure.iter().map(|s| (cube.intersect(s), *doubt)));
            possible.extend(unsure.iter().map(|(u, _)| (cube.intersect(u), *doubt)));
        }
        for (cube, doubt) in unsure {
            possible.extend(self.sure.iter().map(|s| (s.intersect(cube), *doubt)));
        }
        possible.retain(|p| !p.0.is_empty());
        self.sure = cross(&self.sure, sure);
        self.unsure = possible;
    }
}

/// Lowers one rule to entries; a statement that is not understood makes it unknown.
pub(super) fn rule(tokens: &[Token], names: &Names<'_>) -> Vec<Entry> {
    let line = tokens.first().map_or(0, |t| t.line);
    let words: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
    let mut state = State { names, sure: vec![Cube::any()], unsure: Unsure::new(), doubt: None };
    parse(&words, tokens, line, &mut state).unwrap_or_else(|| vec![Entry::unknown(line)])
}

fn finish(state: &State<'_>, line: u32, verdict: Verdict) -> Entry {
    let mut unsure = state.unsure.clone();
    let sure = chains::split_fragments(state.sure.clone(), &mut unsure);
    Entry { line, sure, unsure, doubt: state.doubt, verdict }
}

fn parse(words: &[&str], tokens: &[Token], line: u32, state: &mut State<'_>) -> Option<Vec<Entry>> {
    let mut at = 0;
    while at < words.len() {
        match words[at] {
            "counter" => {
                at += 1;
                if words.get(at) == Some(&"name") {
                    at += 2;
                }
                while matches!(words.get(at), Some(&("packets" | "bytes"))) {
                    at += 2;
                }
            }
            "comment" => at += 2,
            // Connections already let in leave the hook early; what begins one does not.
            "flow" if words.get(at + 1) == Some(&"add") => at += 3,
            // The segment size is changed, the packet goes on.
            "tcp" if words[at..].starts_with(&["tcp", "option", "maxseg", "size", "set"]) => {
                at += if words.get(at + 5) == Some(&"rt") { 7 } else { 6 };
            }
            // What only the running system knows: own addresses and routes, marks, translations.
            "fib" | "mark" | "ct" | "meta" | "xt" if let Some(used) = run_time(&words[at..]) => {
                state.doubt = Some(Doubt::Dynamic);
                at += used;
            }
            "log" => {
                at += 1;
                while matches!(
                    words.get(at),
                    Some(&("prefix" | "level" | "group" | "snaplen" | "queue-threshold" | "flags"))
                ) {
                    at += 2;
                }
            }
            "limit" | "quota" | "meter" | "connlimit" => {
                // Matches part of the packets only; everything up to a verdict belongs to it.
                state.doubt = Some(Doubt::State);
                at += 1;
                while words.get(at).is_some_and(|w| !is_verdict(w)) {
                    at += 1;
                }
            }
            word if is_verdict(word) => {
                let verdict = verdict(&words[at..], state.names)?;
                // The header after the first one is not the transport of a packet with extension headers.
                if words.contains(&"nexthdr") && verdict == Verdict::Drop {
                    state.doubt = state.doubt.or(Some(Doubt::Unsourced));
                }
                return Some(vec![finish(state, line, verdict)]);
            }
            _ => {
                let (field, used) = selector(&words[at..], state.names.family)?;
                at += used;
                if words.get(at) == Some(&"vmap") {
                    return vmap(field, &tokens[at + 1..], line, state);
                }
                at += relation(&field, &words[at..], &tokens[at..], state)?;
            }
        }
    }
    Some(vec![finish(state, line, Verdict::Continue)])
}

/// Words of a match whose outcome is not in the rule set: `fib daddr type local`, `ct status dnat`, `meta mark 0x10`,
/// `xt match "recent"`. It only looks at packets; whatever changes them (`… set …`) and lists in braces are not meant.
fn run_time(words: &[&str]) -> Option<usize> {
    let mut at = match words {
        ["fib", ..] => {
            let result = words.iter().position(|w| matches!(*w, "type" | "oif" | "oifname"))?;
            if !words[1..result]
                .iter()
                .all(|w| matches!(*w, "saddr" | "daddr" | "mark" | "iif" | "oif" | "."))
            {
                return None;
            }
            result + 1
        }
        ["ct", "status" | "mark", ..] | ["meta", "mark", ..] => 2,
        ["mark", ..] => 1,
        ["xt", "match", ..] => return Some(3),
        _ => return None,
    };
    if matches!(words.get(at), Some(&("!=" | "==" | "=" | "exists" | "missing"))) {
        let alone = matches!(words[at], "exists" | "missing");
        at += 1;
        if alone {
            return Some(at);
        }
    }
    match *words.get(at)? {
        "set" | "and" | "or" | "&" | "|" | "vmap" | "map" => None,
        "{" => words[at..].iter().position(|w| *w == "}").map(|end| at + end + 1),
        _ => {
            at += 1;
            while words.get(at) == Some(&",") {
                at += 2;
            }
            Some(at)
        }
    }
}

fn is_verdict(word: &str) -> bool {
    matches!(
        word,
        "accept"
            | "drop"
            | "reject"
            | "return"
            | "continue"
            | "jump"
            | "goto"
            | "dnat"
            | "snat"
            | "masquerade"
            | "redirect"
    )
}

fn verdict(words: &[&str], names: &Names<'_>) -> Option<Verdict> {
    let _ = names;
    Some(match words {
        ["accept", ..] => Verdict::Accept,
        ["drop" | "reject", ..] => Verdict::Drop,
        ["return"] => Verdict::Return,
        ["continue"] => Verdict::Continue,
        ["jump", name] => Verdict::Jump((*name).to_owned()),
        ["goto", name] => Verdict::Goto((*name).to_owned()),
        ["masquerade", ..] => Verdict::Masquerade,
        ["redirect"] => Verdict::Redirect(None),
        ["redirect", "to", port, ..] => Verdict::Redirect(Some(ports(port.strip_prefix(':')?)?)),
        [kind @ ("dnat" | "snat"), rest @ ..] => {
            let rest = match rest {
                ["ip" | "ip6", "to", rest @ ..] | ["to", rest @ ..] => rest,
                _ => return None,
            };
            let [target, options @ ..] = rest else { return None };
            if !options.iter().all(|o| matches!(*o, "random" | "fully-random" | "persistent" | ",")) {
                return None;
            }
            let (address, port) = target_parts(target)?;
            if *kind == "dnat" { Verdict::Dnat { to: address, port } } else { Verdict::Snat(address?) }
        }
        _ => return None,
    })
}

/// `A`, `A-B`, `A:P`, `[A6]:P`, `:P`.
fn target_parts(text: &str) -> Option<(Option<Ranges>, Option<Ranges>)> {
    if let Some(port) = text.strip_prefix(':') {
        return Some((None, Some(ports(port)?)));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, tail) = rest.split_once(']')?;
        let port = tail.strip_prefix(':').map(ports);
        return Some((
            Some(addresses(ip)?),
            match port {
                Some(p) => Some(p?),
                None => None,
            },
        ));
    }
    match text.split_once(':') {
        Some((ip, port)) if net::parse_v4(ip.split('-').next()?).is_some() => {
            Some((Some(addresses(ip)?), Some(ports(port)?)))
        }
        _ => Some((Some(addresses(text)?), None)),
    }
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Selector {
    Address(Field, Family),
    Port(Field, Option<u128>),
    Proto,
    NextProto(bool),
    Nfproto,
    Interface(Field),
    IcmpType(bool),
    IcmpCode(bool),
    CtState,
    TcpFlags,
    /// `A . B . C`
    Concat(Vec<Selector>),
}

fn selector(words: &[&str], family: Family) -> Option<(Selector, usize)> {
    let (first, used) = single(words, family)?;
    let mut all = vec![first];
    let mut at = used;
    while words.get(at) == Some(&".") {
        let (next, used) = single(&words[at + 1..], family)?;
        all.push(next);
        at += 1 + used;
    }
    Some((if all.len() == 1 { all.remove(0) } else { Selector::Concat(all) }, at))
}

fn single(words: &[&str], family: Family) -> Option<(Selector, usize)> {
    let side = |s: &str| match s {
        "saddr" => Some(Field::Src),
        "daddr" => Some(Field::Dst),
        _ => None,
    };
    let port = |s: &str| match s {
        "sport" => Some(Field::Sport),
        "dport" => Some(Field::Dport),
        _ => None,
    };
    Some(match words {
        ["ip", "protocol", ..] => (Selector::NextProto(false), 2),
        ["ip6", "nexthdr", ..] => (Selector::NextProto(true), 2),
        ["ip", s, ..] => (Selector::Address(side(s)?, Family::V4), 2),
        ["ip6", s, ..] => (Selector::Address(side(s)?, Family::V6), 2),
        ["tcp", "flags", ..] => (Selector::TcpFlags, 2),
        ["tcp", s, ..] => (Selector::Port(port(s)?, Some(net::TCP)), 2),
        ["udp", s, ..] => (Selector::Port(port(s)?, Some(net::UDP)), 2),
        ["sctp", s, ..] => (Selector::Port(port(s)?, Some(132)), 2),
        ["th", s, ..] => (Selector::Port(port(s)?, None), 2),
        ["icmp", "type", ..] => (Selector::IcmpType(false), 2),
        ["icmp", "code", ..] => (Selector::IcmpCode(false), 2),
        ["icmpv6", "type", ..] => (Selector::IcmpType(true), 2),
        ["icmpv6", "code", ..] => (Selector::IcmpCode(true), 2),
        ["meta", "l4proto", ..] => (Selector::Proto, 2),
        ["meta", "nfproto", ..] if family == Family::Both => (Selector::Nfproto, 2),
        ["meta", "iifname" | "iif", ..] => (Selector::Interface(Field::In), 2),
        ["meta", "oifname" | "oif", ..] => (Selector::Interface(Field::Out), 2),
        ["iifname" | "iif", ..] => (Selector::Interface(Field::In), 1),
        ["oifname" | "oif", ..] => (Selector::Interface(Field::Out), 1),
        ["ct", "state", ..] => (Selector::CtState, 2),
        _ => return None,
    })
}

/// Reads the operator and value after a selector; returns the words used.
fn relation(selector: &Selector, words: &[&str], tokens: &[Token], state: &mut State<'_>) -> Option<usize> {
    let mut at = 0;
    let mut negated = false;
    match words.first()? {
        &"!=" => {
            negated = true;
            at = 1;
        }
        &"==" | &"=" => at = 1,
        _ => {}
    }
    if *selector == Selector::TcpFlags {
        let (cubes, used) = tcp_flags(words)?;
        state.both(&cubes, &Unsure::new());
        return Some(used);
    }
    let value = words.get(at)?;
    let (elements, used) = if *value == "{" {
        let end = words[at..].iter().position(|w| *w == "}")? + at;
        (Some(braced(&tokens[at..=end])), end + 1)
    } else if let Some(name) = value.strip_prefix('@') {
        (state.names.sets.get(name)?.1.clone(), at + 1)
    } else {
        // Unbraced lists (`ct state established,related`) and single values.
        let mut list = vec![(*value).to_owned()];
        let mut end = at + 1;
        while words.get(end) == Some(&",") {
            list.push((*words.get(end + 1)?).to_owned());
            end += 2;
        }
        (Some(list), end)
    };
    let Some(elements) = elements else {
        // Run-time set: any value may be in it.
        state.doubt = Some(Doubt::Dynamic);
        return Some(used);
    };
    if *selector == Selector::CtState {
        let names: Vec<&str> = elements.iter().map(String::as_str).collect();
        let (sure, unsure) = chains::state(&names, negated, state.names.of);
        state.both(&sure, &unsure);
        return Some(used);
    }
    let mut cubes = Vec::new();
    for element in &elements {
        cubes.push(element_cube(selector, element, state.names)?);
    }
    let cubes = if negated { complement(selector, &cubes) } else { cubes };
    state.both(&cubes, &Unsure::new());
    Some(used)
}

/// Packets for which the selector exists and is outside `cubes`.
fn complement(selector: &Selector, cubes: &[Cube]) -> Vec<Cube> {
    let mut rest = vec![guard(selector)];
    for cube in cubes {
        rest = rest.iter().flat_map(|r| r.subtract(cube)).collect();
    }
    rest
}

/// Packets that have the header a selector looks at.
fn guard(selector: &Selector) -> Cube {
    let proto = |n: u128| Cube::any().with(Field::Proto, Ranges::one(n));
    match selector {
        Selector::Address(_, family) => family.cube(),
        Selector::NextProto(six) => if *six { Family::V6 } else { Family::V4 }.cube(),
        Selector::Port(_, Some(n)) => proto(*n),
        Selector::Port(_, None) => Cube::any()
            .with(Field::Proto, Ranges::of(vec![(6, 6), (17, 17), (33, 33), (132, 132), (136, 136)])),
        Selector::IcmpType(six) | Selector::IcmpCode(six) => proto(if *six { net::ICMP6 } else { net::ICMP }),
        Selector::TcpFlags => proto(net::TCP),
        Selector::Concat(list) => list.iter().fold(Cube::any(), |acc, s| acc.intersect(&guard(s))),
        Selector::Proto | Selector::Nfproto | Selector::Interface(_) | Selector::CtState => Cube::any(),
    }
}

fn element_cube(selector: &Selector, text: &str, names: &Names<'_>) -> Option<Cube> {
    let base = guard(selector);
    Some(match selector {
        Selector::Address(field, family) => {
            base.with(*field, addresses(text)?.intersect(&family_addresses(*family)))
        }
        Selector::Port(field, _) => base.with(*field, ports(text)?),
        Selector::Proto | Selector::NextProto(_) => base.with(Field::Proto, protocol(text)?),
        Selector::Nfproto => match text {
            "ipv4" => Family::V4.cube(),
            "ipv6" => Family::V6.cube(),
            _ => return None,
        },
        Selector::Interface(field) => {
            let numbers = (names.interface)(text);
            // `Out` is an adjacency number; the caller maps interfaces to adjacencies.
            base.with(*field, numbers.into_iter().map(|n| (n as u128, n as u128)).collect())
        }
        Selector::IcmpType(six) => base.with(Field::Sport, Ranges::one(chains::icmp_type(text, *six)?)),
        Selector::IcmpCode(_) => base.with(Field::Dport, Ranges::one(text.parse::<u8>().ok()?.into())),
        Selector::Concat(list) => {
            let parts: Vec<&str> = text.split(" . ").collect();
            if parts.len() != list.len() {
                return None;
            }
            let mut cube = base;
            for (s, p) in list.iter().zip(parts) {
                cube = cube.intersect(&element_cube(s, p, names)?);
            }
            cube
        }
        Selector::TcpFlags | Selector::CtState => return None,
    })
}

fn family_addresses(family: Family) -> Ranges {
    match family {
        Family::V4 => net::all_v4(),
        Family::V6 => net::all_v6(),
        Family::Both => Ranges::span(0, u128::MAX),
    }
}

fn addresses(text: &str) -> Option<Ranges> {
    if let Some((lo, hi)) = text.split_once('-') {
        let (lo, hi) = (net::parse_ip(lo.trim())?, net::parse_ip(hi.trim())?);
        return (lo <= hi).then(|| Ranges::span(lo, hi));
    }
    net::parse_prefix(text)
}

fn protocol(text: &str) -> Option<Ranges> {
    let number = match text {
        "ipv6-icmp" => net::ICMP6,
        other => crate::vectors::protocol_number(other)?,
    };
    Some(Ranges::one(number))
}

/// `N`, `A-B` or a service name that nft prints without `-n`.
pub(super) fn ports(text: &str) -> Option<Ranges> {
    let one = |t: &str| match t {
        "ssh" => Some(22u16),
        "telnet" => Some(23),
        "smtp" => Some(25),
        "domain" => Some(53),
        "http" => Some(80),
        "pop3" => Some(110),
        "ntp" => Some(123),
        "imap2" => Some(143),
        "snmp" => Some(161),
        "https" => Some(443),
        "microsoft-ds" => Some(445),
        "syslog" => Some(514),
        other => other.parse().ok(),
    };
    if let Some(found) = one(text) {
        return Some(Ranges::one(found.into()));
    }
    let (lo, hi) = text.split_once('-')?;
    let (lo, hi) = (one(lo)?, one(hi)?);
    (lo <= hi).then(|| Ranges::span(lo.into(), hi.into()))
}

/// `tcp flags syn`, `tcp flags & (fin|syn) == syn`, `tcp flags syn / fin,syn`.
fn tcp_flags(words: &[&str]) -> Option<(Vec<Cube>, usize)> {
    let bits = |list: &[&str]| -> Option<u128> {
        list.iter().filter(|w| !matches!(**w, "|" | "," | "(" | ")" | "{" | "}")).try_fold(0, |acc, w| {
            let bit = net::FLAG_NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(w))?.1;
            Some(acc | bit)
        })
    };
    let is_flag = |w: &&str| matches!(*w, "|" | "," | "(" | ")") || bits(&[w]).is_some_and(|b| b != 0);
    let run = |from: usize| words.get(from..).unwrap_or_default().iter().take_while(|w| is_flag(w)).count();
    let tcp =
        |flags: Ranges| vec![Cube::any().with(Field::Proto, Ranges::one(net::TCP)).with(Field::Flags, flags)];
    let masked = |value: u128, mask: u128| {
        (0..64u128).filter(|f| f & mask == value).map(|f| (f, f)).collect::<Ranges>()
    };
    if words.first() == Some(&"&") {
        let mask_len = run(1);
        let mask = bits(&words[1..1 + mask_len])?;
        let operator = 1 + mask_len;
        let value_len = run(operator + 1);
        if value_len == 0 {
            return None;
        }
        let value = bits(&words[operator + 1..operator + 1 + value_len])?;
        let equal = masked(value, mask);
        let set = match *words.get(operator)? {
            "==" | "=" => equal,
            "!=" => equal.complement(63),
            _ => return None,
        };
        return Some((tcp(set), operator + 1 + value_len));
    }
    let length = run(0);
    if length == 0 {
        return None;
    }
    let value = bits(&words[..length])?;
    if words.get(length) == Some(&"/") {
        let mask_len = run(length + 1);
        let mask = bits(&words[length + 1..length + 1 + mask_len])?;
        return Some((tcp(masked(value, mask)), length + 1 + mask_len));
    }
    // Without operator any of the named flags suffices.
    let any = (0..64u128).filter(|f| f & value != 0).map(|f| (f, f)).collect();
    Some((tcp(any), length))
}

/// `SELECTOR vmap { value : verdict, … }` or `vmap @name`.
fn vmap(selector: Selector, tokens: &[Token], line: u32, state: &State<'_>) -> Option<Vec<Entry>> {
    let elements = match tokens.first()?.text.strip_prefix('@') {
        Some(name) => state.names.maps.get(name)?.1.clone()?,
        None => braced(tokens),
    };
    let mut out = Vec::new();
    for element in elements {
        let (value, action) = element.split_once(" : ")?;
        let words: Vec<&str> = action.split(' ').collect();
        let verdict = verdict(&words, state.names)?;
        let mut one = State {
            names: state.names,
            sure: state.sure.clone(),
            unsure: state.unsure.clone(),
            doubt: state.doubt,
        };
        if selector == Selector::CtState {
            let (sure, unsure) = chains::state(&[value], false, state.names.of);
            one.both(&sure, &unsure);
        } else {
            let cube = element_cube(&selector, value, state.names)?;
            one.both(&[cube], &Unsure::new());
        }
        out.push(finish(&one, line, verdict));
    }
    Some(out)
}
