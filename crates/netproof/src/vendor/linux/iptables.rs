//! `iptables-save` and `ip6tables-save`.

use crate::model::Doubt;
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::chains::{self, Chain, Entry, Family, Hook, Packets, Table, Unsure, Verdict, cross};
use super::nft::Parsed;

/// Parses the numbered lines of one dump.
pub(super) fn parse(
    lines: &[(u32, &str)],
    six: bool,
    of: Packets,
    interface: &dyn Fn(&str) -> Vec<usize>,
) -> Parsed {
    let mut out = Parsed::default();
    let family = if six { Family::V6 } else { Family::V4 };
    let mut table = String::new();
    for &(line, text) in lines {
        let text = counted(text.trim());
        if text.is_empty() || text.starts_with('#') || text == "COMMIT" {
            out.understood.push(line);
        } else if let Some(name) = text.strip_prefix('*') {
            name.clone_into(&mut table);
            out.tables.push(Table { family, chains: Vec::new() });
            out.understood.push(line);
        } else if let (Some(rest), Some(current)) = (text.strip_prefix(':'), out.tables.last_mut()) {
            let mut words = rest.split_whitespace();
            let name = words.next().unwrap_or_default().to_owned();
            let policy = words.next().unwrap_or("-");
            let hook = base(&table, &name);
            let drop_policy = policy == "DROP";
            current.chains.push(Chain {
                name,
                hook,
                nat: table == "nat",
                drop_policy,
                entries: Vec::new(),
                line,
            });
            out.understood.push(line);
        } else if let (Some(name), Some(current)) = (text.strip_prefix("-N "), out.tables.last_mut()) {
            let chain = Chain {
                name: name.trim().to_owned(),
                hook: None,
                nat: table == "nat",
                drop_policy: false,
                entries: Vec::new(),
                line,
            };
            current.chains.push(chain);
            out.understood.push(line);
        } else if let (Some(rest), Some(current)) = (text.strip_prefix("-A "), out.tables.last_mut()) {
            let words = split(rest);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let entry = words.get(1..).and_then(|w| rule(w, line, six, of, interface));
            if entry.as_ref().is_none_or(|e| e.doubt == Some(Doubt::UnknownLine)) {
                out.unread_rules.push(line);
            } else {
                out.understood.push(line);
            }
            match current.chains.iter_mut().find(|c| Some(c.name.as_str()) == words.first().copied()) {
                Some(chain) => chain.entries.push(entry.unwrap_or_else(|| Entry::unknown(line))),
                None => out.unknown.push(line),
            }
        } else {
            out.unknown.push(line);
        }
    }
    out
}

/// Rules saved with their counters begin with `[packets:bytes]`.
fn counted(text: &str) -> &str {
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    text.strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .filter(|(counts, _)| counts.split_once(':').is_some_and(|(p, b)| number(p) && number(b)))
        .map_or(text, |(_, rest)| rest.trim_start())
}

fn base(table: &str, chain: &str) -> Option<(Hook, i32)> {
    let hook = match chain {
        "PREROUTING" => Hook::Prerouting,
        "INPUT" => Hook::Input,
        "FORWARD" => Hook::Forward,
        "POSTROUTING" => Hook::Postrouting,
        "OUTPUT" => Hook::Other,
        _ => return None,
    };
    let priority = match (table, hook) {
        ("raw", _) => -300,
        ("mangle", _) => -150,
        ("nat", Hook::Prerouting) => -100,
        ("nat", _) => 100,
        ("security", _) => 50,
        _ => 0,
    };
    Some((hook, priority))
}

fn split(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            // What is quoted is a value, whatever it begins with.
            '-' | '!' if quoted && word.is_empty() => word.extend([' ', c]),
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

struct Build {
    sure: Vec<Cube>,
    unsure: Unsure,
    doubt: Option<Doubt>,
    proto: Option<u128>,
    /// A module without a reader was named: its options may come.
    loose: bool,
    /// It is not one of those that are known to look only.
    unread: bool,
}

/// Modules that look at what is not modelled: marks, addresses of the device, sets, time, content, rates.
const LOOKING: [&str; 22] = [
    "addrtype",
    "connbytes",
    "connlimit",
    "connmark",
    "dscp",
    "hashlimit",
    "helper",
    "length",
    "mac",
    "mark",
    "owner",
    "physdev",
    "pkttype",
    "policy",
    "recent",
    "set",
    "statistic",
    "string",
    "time",
    "tos",
    "ttl",
    "u32",
];

impl Build {
    fn cubes(&mut self, cubes: &[Cube], negated: bool) {
        let cubes = if negated {
            let mut rest = vec![Cube::any()];
            for cube in cubes {
                rest = rest.iter().flat_map(|r| r.subtract(cube)).collect();
            }
            rest
        } else {
            cubes.to_vec()
        };
        self.unsure = self
            .unsure
            .iter()
            .flat_map(|(c, d)| cubes.iter().map(|x| (c.intersect(x), *d)))
            .filter(|u| !u.0.is_empty())
            .collect();
        self.sure = cross(&self.sure, &cubes);
    }

    fn field(&mut self, field: Field, ranges: Ranges, negated: bool) {
        let ranges = if negated { ranges.complement(field.max()) } else { ranges };
        self.cubes(&[Cube::any().with(field, ranges)], false);
    }
}

fn rule(
    words: &[&str],
    line: u32,
    six: bool,
    of: Packets,
    interface: &dyn Fn(&str) -> Vec<usize>,
) -> Option<Entry> {
    let mut b = Build {
        sure: vec![Cube::any()],
        unsure: Unsure::new(),
        doubt: None,
        proto: None,
        loose: false,
        unread: false,
    };
    let mut at = 0;
    let mut negated = false;
    let mut verdict = Verdict::Continue;
    while at < words.len() {
        let key = words[at];
        let value = words.get(at + 1).copied();
        at += 2;
        match key {
            "!" => {
                negated = true;
                at -= 1;
                continue;
            }
            "-s" | "--source" => b.field(Field::Src, masked(value?)?, negated),
            "-d" | "--destination" => b.field(Field::Dst, masked(value?)?, negated),
            "-i" | "-o" => {
                let field = if key == "-i" { Field::In } else { Field::Out };
                let numbers = interface(value?).into_iter().map(|n| (n as u128, n as u128)).collect();
                b.field(field, numbers, negated);
            }
            "-p" => {
                let name = value?;
                if name != "all" {
                    let number = match name {
                        "ipv6-icmp" | "icmpv6" => net::ICMP6,
                        other => crate::vectors::protocol_number(other)?,
                    };
                    b.proto = (!negated).then_some(number);
                    b.field(Field::Proto, Ranges::one(number), negated);
                }
            }
            "-m" => {
                // Others only look at packets (marks, run-time sets, time of day, own addresses): what the rule
                // does is known, whether it does it is not.
                if !matches!(
                    value?,
                    "tcp"
                        | "udp"
                        | "sctp"
                        | "icmp"
                        | "icmp6"
                        | "multiport"
                        | "conntrack"
                        | "state"
                        | "iprange"
                        | "comment"
                        | "limit"
                ) {
                    b.loose = true;
                    b.doubt = Some(Doubt::Dynamic);
                    b.unread |= !LOOKING.contains(&value?);
                }
            }
            "--dport" | "--dports" | "--destination-port" => {
                b.field(Field::Dport, port_list(value?)?, negated)
            }
            "--sport" | "--sports" | "--source-port" => b.field(Field::Sport, port_list(value?)?, negated),
            "--ports" => {
                let list = port_list(value?)?;
                let both = [Field::Sport, Field::Dport].map(|f| Cube::any().with(f, list.clone()));
                b.cubes(&both, negated);
            }
            "--src-range" => b.field(Field::Src, range(value?)?, negated),
            "--dst-range" => b.field(Field::Dst, range(value?)?, negated),
            "--icmp-type" | "--icmpv6-type" => icmp(&mut b, value?, six, negated)?,
            "--tcp-flags" => {
                let (mask, set) = (flags(value?)?, flags(words.get(at)?)?);
                at += 1;
                let equal: Ranges = (0..64u128).filter(|f| f & mask == set).map(|f| (f, f)).collect();
                b.field(Field::Flags, equal, negated);
            }
            "--syn" => {
                at -= 1;
                // FIN, SYN, RST, ACK with only SYN set.
                let equal: Ranges = (0..64u128).filter(|f| f & 23 == 2).map(|f| (f, f)).collect();
                b.field(Field::Flags, equal, negated);
            }
            "--ctstate" | "--state" => {
                let names: Vec<&str> = value?.split(',').collect();
                let (sure, unsure) = chains::state(&names, negated, of);
                let possible: Unsure = unsure
                    .iter()
                    .flat_map(|(u, d)| b.sure.iter().map(move |s| (s.intersect(u), *d)))
                    .filter(|u| !u.0.is_empty())
                    .collect();
                b.cubes(&sure, false);
                b.unsure.extend(possible);
            }
            "--limit" | "--limit-burst" => b.doubt = Some(Doubt::State),
            "--comment" => {}
            "-j" => {
                let (found, used) = target(value?, &words[at.min(words.len())..])?;
                verdict = found;
                at += used;
            }
            "-g" => verdict = Verdict::Goto(value?.to_owned()),
            _ if b.loose && key.starts_with("--") => {
                at -= 1;
                while words.get(at).is_some_and(|w| !w.starts_with('-') && *w != "!") {
                    at += 1;
                }
            }
            _ => return None,
        }
        negated = false;
    }
    let mut unsure = b.unsure;
    let sure = chains::split_fragments(b.sure, &mut unsure);
    let doubt = if b.unread { Some(Doubt::UnknownLine) } else { b.doubt };
    Some(Entry { line, sure, unsure, doubt, verdict })
}

fn icmp(b: &mut Build, value: &str, six: bool, negated: bool) -> Option<()> {
    if value == "any" || value == "255" {
        return Some(());
    }
    let (kind, code) = value.split_once('/').map_or((value, None), |(k, c)| (k, Some(c)));
    let mut cube = Cube::any().with(Field::Sport, Ranges::one(chains::icmp_type(kind, six)?));
    if let Some(code) = code {
        cube.narrow(Field::Dport, &Ranges::one(code.parse::<u8>().ok()?.into()));
    }
    b.cubes(&[cube], negated);
    Some(())
}

fn target(name: &str, rest: &[&str]) -> Option<(Verdict, usize)> {
    Some(match name {
        "ACCEPT" => (Verdict::Accept, 0),
        "DROP" => (Verdict::Drop, 0),
        "REJECT" => (Verdict::Drop, if rest.first() == Some(&"--reject-with") { 2 } else { 0 }),
        "RETURN" => (Verdict::Return, 0),
        "LOG" | "NFLOG" => (Verdict::Continue, rest.len()),
        "MASQUERADE" => (Verdict::Masquerade, rest.len()),
        "DNAT" | "SNAT" => {
            let option = if name == "DNAT" { "--to-destination" } else { "--to-source" };
            if rest.first() != Some(&option) {
                return None;
            }
            let text = rest.get(1)?;
            let (address, port) = match text.rsplit_once(':') {
                Some((a, p)) if net::parse_v4(a.split('-').next()?).is_some() => {
                    (a, Some(port_list(&p.replace('-', ":"))?))
                }
                _ => (*text, None),
            };
            let to = range(address).or_else(|| masked(address))?;
            let verdict =
                if name == "DNAT" { Verdict::Dnat { to: Some(to), port } } else { Verdict::Snat(to) };
            (verdict, rest.len())
        }
        "REDIRECT" => match rest {
            [] => (Verdict::Redirect(None), 0),
            ["--to-ports", port, ..] => {
                (Verdict::Redirect(Some(port_list(&port.replace('-', ":"))?)), rest.len())
            }
            _ => return None,
        },
        // Targets that only count or change what no rule here looks at: size, priority, class of service, checksum, TTL.
        "TCPMSS" | "CLASSIFY" | "DSCP" | "TOS" | "CHECKSUM" | "TRACE" | "AUDIT" | "TTL" | "HL" => {
            (Verdict::Continue, rest.len())
        }
        "MARK" | "CONNMARK" | "CT" | "NFQUEUE" | "TPROXY" | "TEE" | "NETMAP" => {
            return None;
        }
        chain if rest.is_empty() => (Verdict::Jump(chain.to_owned()), 0),
        _ => return None,
    })
}

fn masked(text: &str) -> Option<Ranges> {
    match text.split_once('/') {
        Some((ip, mask)) if mask.contains('.') => {
            let (lo, hi) = net::network(net::parse_v4(ip)?, net::mask_length(mask)?)?;
            Some(Ranges::span(lo, hi))
        }
        _ => net::parse_prefix(text),
    }
}

fn range(text: &str) -> Option<Ranges> {
    let (lo, hi) = text.split_once('-').unwrap_or((text, text));
    let (lo, hi) = (net::parse_ip(lo)?, net::parse_ip(hi)?);
    (lo <= hi).then(|| Ranges::span(lo, hi))
}

/// `80`, `80:90`, `:1023`, `1024:`, lists.
fn port_list(text: &str) -> Option<Ranges> {
    let mut out = Vec::new();
    for part in text.split(',') {
        let (lo, hi) = match part.split_once(':') {
            Some((lo, hi)) => (
                if lo.is_empty() { 0 } else { lo.parse::<u16>().ok()? },
                if hi.is_empty() { 65_535 } else { hi.parse::<u16>().ok()? },
            ),
            None => {
                let one = super::nft_match::ports(part)?.single()? as u16;
                (one, one)
            }
        };
        out.push((u128::from(lo), u128::from(hi)));
    }
    Some(Ranges::of(out))
}

fn flags(text: &str) -> Option<u128> {
    match text {
        "ALL" => return Some(63),
        "NONE" => return Some(0),
        _ => {}
    }
    text.split(',').try_fold(0, |acc, w| {
        net::FLAG_NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(w)).map(|f| acc | f.1)
    })
}
