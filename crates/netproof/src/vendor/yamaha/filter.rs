//! Static filters (§8.1.10): addresses, protocols, ports and their traps.

use std::collections::BTreeMap;

use crate::model::{Doubt, Jump, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

/// What a filter does with a packet it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Pass,
    Reject,
    /// Pass while the line is connected, drop while it is not.
    Restrict,
}

/// One `ip filter` or `ipv6 filter` definition.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) line: u32,
    pub(super) action: Action,
    pub(super) when: Vec<Cube>,
    /// Second and later fragments that transport conditions may or may not match.
    pub(super) fragments: Vec<Cube>,
    pub(super) doubt: Option<Doubt>,
}

impl Filter {
    /// Parses the words after the number.
    pub(super) fn parse(
        words: &[&str],
        line: u32,
        six: bool,
        assumed: &BTreeMap<String, Ranges>,
    ) -> Option<Self> {
        let (word, log) = words.first()?.split_once('-').unwrap_or((words.first()?, ""));
        let action = match word {
            "pass" => Action::Pass,
            "reject" => Action::Reject,
            "restrict" => Action::Restrict,
            _ => return None,
        };
        if !matches!(log, "" | "log" | "nolog") {
            return None;
        }
        let all = if six { net::all_v6() } else { net::all_v4() };
        let mut doubt = None;
        let mut side = |word: Option<&&str>| match word {
            None | Some(&"*") => all.clone(),
            Some(text) => match address_list(text, six).or_else(|| assumed.get(*text).cloned()) {
                Some(known) => known.intersect(&all),
                None => {
                    doubt = Some(Doubt::Dynamic);
                    all.clone()
                }
            },
        };
        let base = Cube::any().with(Field::Src, side(words.get(1))).with(Field::Dst, side(words.get(2)));
        let sport = words.get(4).copied().unwrap_or("*");
        let dport = words.get(5).copied().unwrap_or("*");
        if words.len() > 6 {
            return None;
        }
        let services = match services(words.get(3).copied().unwrap_or("*"), sport, dport, six) {
            Some(s) => s,
            None => {
                doubt = doubt.or(Some(Doubt::Unsourced));
                vec![Cube::any()]
            }
        };
        let mut when = Vec::new();
        let mut fragments = Vec::new();
        for service in services {
            let cube = base.intersect(&service);
            let deep = [Field::Sport, Field::Dport, Field::Flags].iter().any(|f| service.get(*f).is_some());
            if deep {
                let mut later = cube.clone().with(Field::Frag, Ranges::one(1));
                for field in [Field::Sport, Field::Dport, Field::Flags] {
                    later.replace(field, Ranges::span(0, field.max()));
                }
                fragments.push(later);
                when.push(cube.with(Field::Frag, Ranges::one(0)));
            } else {
                when.push(cube);
            }
        }
        Some(Self { line, action, when, fragments, doubt })
    }

    /// Table entries: matched packets go to `pass` or are dropped.
    pub(super) fn rules(&self, label: &str, pass: &[Jump]) -> Vec<Rule> {
        let rule = |when: &Vec<Cube>, then: Vec<Jump>| Rule::new(when.clone(), then, self.line, label);
        let mut out = Vec::new();
        let then = if self.action == Action::Reject { Vec::new() } else { pass.to_vec() };
        if self.action == Action::Restrict {
            out.push(rule(&self.when, then.clone()).doubtful(Doubt::LinkState));
            out.push(rule(&self.when, Vec::new()).maybe(self.doubt));
        } else {
            out.push(rule(&self.when, then.clone()).maybe(self.doubt));
        }
        if !self.fragments.is_empty() {
            out.push(rule(&self.fragments, then).doubtful(Doubt::Fragment));
        }
        out
    }
}

/// Comma list of addresses; `None` for run-time forms (FQDN, `map-e`, `@list`).
pub(super) fn address_list(text: &str, six: bool) -> Option<Ranges> {
    let mut all = Ranges::empty();
    for part in text.split(',') {
        all = all.union(&address(part, six)?);
    }
    Some(all)
}

fn address(text: &str, six: bool) -> Option<Ranges> {
    if text == "*" {
        return Some(if six { net::all_v6() } else { net::all_v4() });
    }
    if six {
        let range = net::parse_prefix(text)?;
        return range.is_subset(&net::all_v6()).then_some(range);
    }
    if let Some((lo, hi)) = text.split_once('-') {
        let lo = if lo.is_empty() { net::V4_FIRST } else { net::parse_v4(lo)? };
        let hi = if hi.is_empty() { net::V4_LAST } else { net::parse_v4(hi)? };
        return (lo <= hi).then(|| Ranges::span(lo, hi));
    }
    if let Some((ip, mask)) = text.split_once('/') {
        let length = mask.parse().ok().or_else(|| net::mask_length(mask))?;
        let (lo, hi) = net::network(net::parse_v4(ip)?, length)?;
        return Some(Ranges::span(lo, hi));
    }
    if text.contains('*') {
        let octets: Vec<&str> = text.split('.').collect();
        if octets.len() != 4 {
            return None;
        }
        let plain: Vec<&str> = octets.iter().map(|o| if *o == "*" { "0" } else { o }).collect();
        let wild: Vec<&str> = octets.iter().map(|o| if *o == "*" { "255" } else { "0" }).collect();
        return net::wildcard(&plain.join("."), &wild.join("."));
    }
    net::parse_v4(text).map(Ranges::one)
}

/// Protocol and port fields. Ports are compared only with TCP and UDP; with `icmp` alone they are type and code.
fn services(proto: &str, sport: &str, dport: &str, six: bool) -> Option<Vec<Cube>> {
    let ports = |cube: Cube| -> Option<Cube> {
        Some(cube.with(Field::Sport, port_list(sport)?).with(Field::Dport, port_list(dport)?))
    };
    let one = |n: u128| Cube::any().with(Field::Proto, Ranges::one(n));
    if proto == "*" {
        if sport == "*" && dport == "*" {
            return Some(vec![Cube::any()]);
        }
        let rest = Ranges::of(vec![(net::TCP, net::TCP), (net::UDP, net::UDP)]).complement(255);
        return Some(vec![
            ports(one(net::TCP))?,
            ports(one(net::UDP))?,
            Cube::any().with(Field::Proto, rest),
        ]);
    }
    let names: Vec<&str> = proto.split(',').collect();
    let lone = names.len() == 1;
    let mut out = Vec::new();
    for name in names {
        let icmp = if six { net::ICMP6 } else { net::ICMP };
        match name {
            "tcp" | "6" => out.push(ports(one(net::TCP))?),
            "udp" | "17" => out.push(ports(one(net::UDP))?),
            "icmp" | "icmp6" | "icmp4" | "1" | "58" => {
                let number = match name {
                    "icmp" => icmp,
                    "icmp4" | "1" => net::ICMP,
                    _ => net::ICMP6,
                };
                let mut cube = one(number);
                if lone && !name.starts_with("icmp") && (sport, dport) != ("*", "*") {
                    // Only the word is said to make the fields type and code.
                    return None;
                }
                if lone && name.starts_with("icmp") {
                    cube =
                        cube.with(Field::Sport, number_list(sport)?).with(Field::Dport, number_list(dport)?);
                }
                out.push(cube);
            }
            "icmp-error" | "icmp-info" if !six => {
                let types: &[(u128, u128)] = if name == "icmp-error" {
                    &[(3, 5), (11, 12), (31, 32)]
                } else {
                    &[(0, 0), (8, 10), (13, 18), (30, 30), (33, 36)]
                };
                out.push(one(net::ICMP).with(Field::Sport, Ranges::of(types.to_vec())));
            }
            "icmp-nd" if six => out.push(one(net::ICMP6).with(Field::Sport, Ranges::span(133, 136))),
            "established" => out.push(ports(one(net::TCP).with(Field::Flags, with_flags(16, 16)))?),
            "tcpsyn" => out.push(ports(one(net::TCP).with(Field::Flags, with_flags(2, 2)))?),
            "tcpfin" => out.push(ports(one(net::TCP).with(Field::Flags, with_flags(1, 1)))?),
            "tcprst" => out.push(ports(one(net::TCP).with(Field::Flags, with_flags(4, 4)))?),
            other => match other.strip_prefix("tcpflag") {
                Some(spec) => out.push(ports(one(net::TCP).with(Field::Flags, tcp_flag(spec)?))?),
                None => out.push(one(protocol(other)?)),
            },
        }
    }
    Some(out)
}

/// `=0xV/0xM` or `!=0xV/0xM`.
fn tcp_flag(spec: &str) -> Option<Ranges> {
    let (not, rest) = match spec.strip_prefix("!=") {
        Some(r) => (true, r),
        None => (false, spec.strip_prefix('=')?),
    };
    let (value, mask) = rest.split_once('/')?;
    let hex = |t: &str| u128::from_str_radix(t.trim_start_matches("0x"), 16).ok();
    let (value, mask) = (hex(value)?, hex(mask)?);
    if mask > 63 {
        return None;
    }
    let set = with_flags(value, mask);
    Some(if not { set.complement(Field::Flags.max()) } else { set })
}

/// Flag values whose bits under `mask` equal `value`.
pub(super) fn with_flags(value: u128, mask: u128) -> Ranges {
    (0..64u128).filter(|f| f & mask == value).map(|f| (f, f)).collect()
}

fn protocol(name: &str) -> Option<u128> {
    match name {
        "ipv6" => Some(41),
        "gre" => Some(47),
        "esp" => Some(50),
        "ah" => Some(51),
        other => other.parse::<u8>().ok().map(u128::from),
    }
}

fn number_list(text: &str) -> Option<Ranges> {
    if text == "*" {
        return Some(Ranges::span(0, 65_535));
    }
    text.split(',').map(|p| p.parse::<u8>().ok().map(|v| (u128::from(v), u128::from(v)))).collect()
}

/// Ports by number, range, list or name. Only names of the printed table or of vendor examples are known.
pub(super) fn port_list(text: &str) -> Option<Ranges> {
    if text == "*" {
        return Some(Ranges::span(0, 65_535));
    }
    let mut out = Ranges::empty();
    for part in text.split(',') {
        out = out.union(&port_range(part)?);
    }
    Some(out)
}

fn port_range(text: &str) -> Option<Ranges> {
    if let Some(known) = named_port(text) {
        return Some(known);
    }
    match text.split_once('-') {
        Some(("", hi)) => Some(Ranges::span(0, named_port(hi)?.intervals().last()?.1)),
        Some((lo, "")) => Some(Ranges::span(named_port(lo)?.first()?, 65_535)),
        Some((lo, hi)) => {
            let (lo, hi) = (named_port(lo)?.first()?, named_port(hi)?.intervals().last()?.1);
            (lo <= hi).then(|| Ranges::span(lo, hi))
        }
        None => None,
    }
}

fn named_port(text: &str) -> Option<Ranges> {
    let one = match text {
        "ftp" => return Some(Ranges::span(20, 21)),
        "ftpdata" => 20,
        "telnet" => 23,
        "smtp" => 25,
        "domain" => 53,
        "gopher" => 70,
        "finger" => 79,
        "www" => 80,
        "pop3" => 110,
        "sunrpc" => 111,
        "ident" => 113,
        "nntp" => 119,
        "ntp" => 123,
        "netbios_ns" => 137,
        "netbios_ssn" => 139,
        "snmp" => 161,
        "https" => 443,
        "syslog" => 514,
        "printer" => 515,
        "talk" => 517,
        "route" => 520,
        "uucp" => 540,
        "submission" => 587,
        other => other.parse::<u16>().ok()?,
    };
    Some(Ranges::one(u128::from(one)))
}
