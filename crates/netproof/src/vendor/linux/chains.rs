//! Tables, chains and rules of netfilter, before they become stages.

use crate::model::Doubt;
use crate::net;
use crate::space::{Cube, Field, Ranges};

/// Packet families a table sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
    Both,
}

impl Family {
    pub(super) fn cube(self) -> Cube {
        match self {
            Self::V4 => Cube::any().with(Field::Dst, net::all_v4()),
            Self::V6 => Cube::any().with(Field::Dst, net::all_v6()),
            Self::Both => Cube::any(),
        }
    }
}

/// Where a base chain is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    Prerouting,
    Input,
    Forward,
    Postrouting,
    /// Output, which transit never meets.
    Other,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accept,
    Drop,
    Return,
    Continue,
    Jump(String),
    Goto(String),
    Dnat {
        to: Option<Ranges>,
        port: Option<Ranges>,
    },
    Snat(Ranges),
    Masquerade,
    Redirect(Option<Ranges>),
    /// Not understood: anything.
    Unknown,
}

/// A rule: packets that match, packets that may match, verdict.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) line: u32,
    pub(super) sure: Vec<Cube>,
    pub(super) unsure: Vec<(Cube, Doubt)>,
    pub(super) doubt: Option<Doubt>,
    pub(super) verdict: Verdict,
}

impl Entry {
    pub(super) fn unknown(line: u32) -> Self {
        Self {
            line,
            sure: vec![Cube::any()],
            unsure: Vec::new(),
            doubt: Some(Doubt::UnknownLine),
            verdict: Verdict::Unknown,
        }
    }
}

/// A chain.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) hook: Option<(Hook, i32)>,
    pub(super) nat: bool,
    pub(super) drop_policy: bool,
    pub(super) entries: Vec<Entry>,
    pub(super) line: u32,
}

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) family: Family,
    pub(super) chains: Vec<Chain>,
}

/// Packets that may match, each with the reason.
pub(super) type Unsure = Vec<(Cube, Doubt)>;

/// Splits matches by what is known about fragments: with connection tracking they are reassembled and pass with the rest
/// of their packet or not at all, without it no condition on ports matches them (both seen on a kernel; `fragoff` in
/// `xt_multiport.c`). Which applies is not always visible.
pub(super) fn split_fragments(cubes: Vec<Cube>, unsure: &mut Unsure) -> Vec<Cube> {
    let deep = [Field::Sport, Field::Dport, Field::Flags];
    let mut sure = Vec::new();
    for cube in cubes {
        if deep.iter().all(|f| cube.get(*f).is_none()) {
            sure.push(cube);
            continue;
        }
        let later = cube.clone().with(Field::Frag, Ranges::one(1));
        if !later.is_empty() {
            unsure.push((later, Doubt::Fragment));
        }
        sure.push(cube.with(Field::Frag, Ranges::one(0)));
    }
    sure
}

/// Every pairwise intersection.
pub(super) fn cross(a: &[Cube], b: &[Cube]) -> Vec<Cube> {
    a.iter().flat_map(|x| b.iter().map(move |y| x.intersect(y))).filter(|c| !c.is_empty()).collect()
}

/// Packets that certainly begin a connection (state NEW): SYN, UDP, echo and timestamp requests, other protocols.
pub(super) fn certainly_new() -> Vec<Cube> {
    let proto = |n: u128| Cube::any().with(Field::Proto, Ranges::one(n));
    let others = Ranges::of(vec![(1, 1), (6, 6), (58, 58)]).complement(255);
    vec![
        proto(net::TCP).with(Field::Flags, Ranges::one(2)),
        proto(net::ICMP).with(Field::Sport, Ranges::of(vec![(8, 8), (13, 13), (15, 15), (17, 17)])),
        proto(net::ICMP6).with(Field::Sport, Ranges::one(128)),
        Cube::any().with(Field::Proto, others),
    ]
}

/// Whose packets a rule set is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packets {
    /// Packets that begin something.
    First,
    /// Replies to what was let through.
    Replies,
}

/// Cubes for a set of connection states, as seen by a packet of no known connection: it is NEW, or perhaps INVALID;
/// never ESTABLISHED or RELATED.
pub(super) fn state(states: &[&str], negated: bool, of: Packets) -> (Vec<Cube>, Unsure) {
    let has = |s: &str| states.iter().any(|x| x.eq_ignore_ascii_case(s)) != negated;
    if of == Packets::Replies {
        // A reply belongs to a connection that is there.
        return (if has("established") { vec![Cube::any()] } else { Vec::new() }, Unsure::new());
    }
    let fresh = certainly_new();
    let mut rest = vec![Cube::any()];
    for cube in &fresh {
        rest = rest.iter().flat_map(|r| r.subtract(cube)).collect();
    }
    let mut unsure = Unsure::new();
    match (has("new"), has("invalid")) {
        (true, true) => return (vec![Cube::any()], unsure),
        (false, false) if !has("untracked") => return (Vec::new(), unsure),
        _ => {}
    }
    unsure.extend(rest.into_iter().map(|c| (c, Doubt::State)));
    if has("untracked") && !has("new") {
        unsure.extend(fresh.iter().cloned().map(|c| (c, Doubt::State)));
    }
    (if has("new") { fresh } else { Vec::new() }, unsure)
}

/// ICMP type by name (nft and iptables spellings).
pub(super) fn icmp_type(name: &str, six: bool) -> Option<u128> {
    let table: &[(&str, u128)] = if six {
        &[
            ("destination-unreachable", 1),
            ("packet-too-big", 2),
            ("time-exceeded", 3),
            ("parameter-problem", 4),
            ("echo-request", 128),
            ("echo-reply", 129),
            ("mld-listener-query", 130),
            ("mld-listener-report", 131),
            ("mld-listener-done", 132),
            ("nd-router-solicit", 133),
            ("nd-router-advert", 134),
            ("nd-neighbor-solicit", 135),
            ("nd-neighbor-advert", 136),
            ("nd-redirect", 137),
            ("router-solicitation", 133),
            ("router-advertisement", 134),
            ("neighbour-solicitation", 135),
            ("neighbour-advertisement", 136),
        ]
    } else {
        &[
            ("echo-reply", 0),
            ("destination-unreachable", 3),
            ("source-quench", 4),
            ("redirect", 5),
            ("echo-request", 8),
            ("router-advertisement", 9),
            ("router-solicitation", 10),
            ("time-exceeded", 11),
            ("parameter-problem", 12),
            ("timestamp-request", 13),
            ("timestamp-reply", 14),
            ("info-request", 15),
            ("info-reply", 16),
            ("address-mask-request", 17),
            ("address-mask-reply", 18),
        ]
    };
    table.iter().find(|t| t.0 == name).map(|t| t.1).or_else(|| name.parse::<u8>().ok().map(u128::from))
}
