//! Named objects: addresses, services, schedules. Unknown or run-time values become doubtful, never empty.

use std::collections::HashMap;

use crate::model::Doubt;
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::ReadOptions;
use super::lex::Block;

/// A set of addresses, exact or not.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    /// Addresses it certainly or possibly covers.
    pub ranges: Ranges,
    /// Why the set may differ; the ranges then are everything it may be.
    pub doubt: Option<Doubt>,
}

impl Addresses {
    /// Exactly these.
    #[must_use]
    pub(super) const fn exact(ranges: Ranges) -> Self {
        Self { ranges, doubt: None }
    }

    fn merge(&mut self, other: &Self) {
        self.ranges = self.ranges.union(&other.ranges);
        self.doubt = self.doubt.or(other.doubt);
    }
}

/// Services as cubes over protocol and ports.
#[derive(Clone, Debug)]
pub(super) struct Services {
    /// Union of these.
    pub cubes: Vec<Cube>,
    /// Why the set may differ; the cubes then are everything it may be.
    pub doubt: Option<Doubt>,
}

/// Whether a schedule is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// Always.
    Always,
    /// Never (again).
    Never,
    /// Sometimes.
    Sometimes,
}

/// All named objects of one VDOM.
#[derive(Debug, Default)]
pub(super) struct Objects {
    v4: HashMap<String, Addresses>,
    v6: HashMap<String, Addresses>,
    groups: HashMap<String, Group>,
    groups6: HashMap<String, Group>,
    services: HashMap<String, Services>,
    service_groups: HashMap<String, Vec<String>>,
    clocks: HashMap<String, Clock>,
}

/// Members of an address group, and members taken out of it again.
#[derive(Clone, Debug, Default)]
struct Group {
    members: Vec<String>,
    excluded: Vec<String>,
    /// An attribute that is not understood: anything.
    odd: bool,
}

/// Deepest nesting of groups that is followed.
const LIMIT_GROUP_DEPTH: usize = 16;

impl Objects {
    /// Reads the object sections among `configs`.
    #[must_use]
    pub(super) fn read(configs: &[&Block], options: &ReadOptions) -> Self {
        let mut out = Self::default();
        let interfaces = configs.iter().filter(|c| c.name == "system interface");
        let interfaces: Vec<&Block> = interfaces.flat_map(|c| &c.entries).collect();
        let four = |entry: &Block| match entry.word("type") {
            Some("interface-subnet") => interface_subnet(entry, &interfaces),
            _ => v4_address(entry),
        };
        let mut schedule_groups: Vec<(String, Vec<String>)> = Vec::new();
        for config in configs {
            for entry in &config.entries {
                let name = entry.name.clone();
                match config.name.as_str() {
                    "firewall address" => {
                        let value = address(entry, options, net::all_v4(), &four);
                        out.v4.insert(name, value);
                    }
                    "firewall address6" => {
                        let value = address(entry, options, net::all_v6(), &v6_address);
                        out.v6.insert(name, value);
                    }
                    "firewall addrgrp" => out.group(entry, false),
                    "firewall addrgrp6" => out.group(entry, true),
                    "firewall service custom" => {
                        out.services.insert(name, service(entry));
                    }
                    "firewall service group" => {
                        out.service_groups.insert(name, entry.list("member"));
                    }
                    "firewall schedule onetime" => {
                        out.clocks.insert(name, one_time(entry, options));
                    }
                    "firewall schedule recurring" => {
                        out.clocks.insert(name, recurring(entry));
                    }
                    "firewall schedule group" => schedule_groups.push((name, entry.list("member"))),
                    _ => {}
                }
            }
        }
        for (name, members) in schedule_groups {
            let clocks: Vec<Clock> = members.iter().map(|m| out.clock(m)).collect();
            let on = if clocks.contains(&Clock::Always) {
                Clock::Always
            } else if !clocks.is_empty() && clocks.iter().all(|c| *c == Clock::Never) {
                Clock::Never
            } else {
                Clock::Sometimes
            };
            out.clocks.insert(name, on);
        }
        out
    }

    fn group(&mut self, entry: &Block, six: bool) {
        let groups = if six { &mut self.groups6 } else { &mut self.groups };
        let odd = !entry.strays.is_empty()
            || entry.configs.iter().any(|c| c.name != "tagging")
            || entry.settings.iter().any(|s| {
                !matches!(
                    s.key.as_str(),
                    "member"
                        | "uuid"
                        | "comment"
                        | "color"
                        | "visibility"
                        | "allow-routing"
                        | "category"
                        | "exclude"
                        | "exclude-member"
                        | "type"
                        | "fabric-object"
                )
            });
        let excluded = if entry.enabled("exclude") { entry.list("exclude-member") } else { Vec::new() };
        groups.insert(entry.name.clone(), Group { members: entry.list("member"), excluded, odd });
    }

    /// Addresses of a list of names.
    #[must_use]
    pub(super) fn addresses(&self, names: &[String], six: bool) -> Addresses {
        let mut out = Addresses::exact(Ranges::empty());
        for name in names {
            out.merge(&self.one_address(name, six, 0));
        }
        out
    }

    fn one_address(&self, name: &str, six: bool, depth: usize) -> Addresses {
        let (objects, groups, all) = if six {
            (&self.v6, &self.groups6, net::all_v6())
        } else {
            (&self.v4, &self.groups, net::all_v4())
        };
        if let Some(found) = objects.get(name) {
            return found.clone();
        }
        if let (Some(group), true) = (groups.get(name), depth < LIMIT_GROUP_DEPTH) {
            if group.odd {
                return Addresses { ranges: all, doubt: Some(Doubt::UnknownLine) };
            }
            let gather = |names: &[String]| {
                let mut out = Addresses::exact(Ranges::empty());
                for member in names {
                    out.merge(&self.one_address(member, six, depth + 1));
                }
                out
            };
            let (mut out, without) = (gather(&group.members), gather(&group.excluded));
            match without.doubt {
                None => out.ranges = out.ranges.subtract(&without.ranges),
                some => out.doubt = out.doubt.or(some),
            }
            return out;
        }
        match name {
            "all" => Addresses::exact(all),
            "none" => Addresses::exact(Ranges::empty()),
            _ => Addresses { ranges: all, doubt: Some(Doubt::Undefined) },
        }
    }

    /// Services of a list of names.
    #[must_use]
    pub(super) fn services(&self, names: &[String]) -> Services {
        let mut out = Services { cubes: Vec::new(), doubt: None };
        for name in names {
            let one = self.one_service(name, 0);
            out.cubes.extend(one.cubes);
            out.doubt = out.doubt.or(one.doubt);
        }
        out
    }

    fn one_service(&self, name: &str, depth: usize) -> Services {
        if let Some(found) = self.services.get(name) {
            return found.clone();
        }
        if let (Some(members), true) = (self.service_groups.get(name), depth < LIMIT_GROUP_DEPTH) {
            let mut out = Services { cubes: Vec::new(), doubt: None };
            for member in members {
                let one = self.one_service(member, depth + 1);
                out.cubes.extend(one.cubes);
                out.doubt = out.doubt.or(one.doubt);
            }
            return out;
        }
        // Names are resolved from the file only: the same name means different ports on different devices.
        Services { cubes: vec![Cube::any()], doubt: Some(Doubt::Undefined) }
    }

    /// Whether a schedule is on. `always` exists on every device even when it is not printed.
    #[must_use]
    pub(super) fn clock(&self, name: &str) -> Clock {
        match self.clocks.get(name) {
            Some(clock) => *clock,
            None if name == "always" => Clock::Always,
            None if name == "none" => Clock::Never,
            None => Clock::Sometimes,
        }
    }
}

/// Attributes of address objects that are read or only looked at.
pub(super) const ADDRESS_LOOKS: &[&str] = &[
    "uuid",
    "comment",
    "color",
    "visibility",
    "associated-interface",
    "allow-routing",
    "fabric-object",
    "type",
    "subnet",
    "start-ip",
    "end-ip",
    "wildcard",
    "fqdn",
    "country",
    "ip6",
    "template",
    "host",
    "host-type",
    "cache-ttl",
    "obj-type",
    "sub-type",
    "clearpass-spt",
    "tag-detection-level",
    "tag-type",
    "obj-tag",
    "route-tag",
    "sdn",
    "filter",
    "sdn-addr-type",
    "macaddr",
    "start-mac",
    "end-mac",
    "interface",
    "node-ip-only",
    "obj-id",
    "list",
];

fn address(
    entry: &Block,
    options: &ReadOptions,
    all: Ranges,
    exact: &dyn Fn(&Block) -> Option<Ranges>,
) -> Addresses {
    if let Some(assumed) = options.objects.get(&entry.name) {
        return Addresses::exact(assumed.clone());
    }
    let odd = !entry.strays.is_empty()
        || entry.settings.iter().any(|s| !ADDRESS_LOOKS.contains(&s.key.as_str()))
        || entry.configs.iter().any(|c| !matches!(c.name.as_str(), "tagging"));
    match exact(entry) {
        Some(ranges) if !odd => Addresses::exact(ranges),
        Some(_) => Addresses { ranges: all, doubt: Some(Doubt::UnknownLine) },
        None => Addresses { ranges: all, doubt: Some(Doubt::Dynamic) },
    }
}

/// The subnet of an interface with a written address (FortiOS CLI Reference, `config firewall address`, type
/// `interface-subnet`: "IP and subnet of interface"). One that prints another subnet is not understood.
fn interface_subnet(entry: &Block, interfaces: &[&Block]) -> Option<Ranges> {
    let named = entry.word("interface")?;
    let interface = interfaces.iter().find(|i| i.name == named)?;
    if interface.word("mode").is_some_and(|mode| mode != "static") {
        return None;
    }
    let subnet = |words: &[String]| match words {
        [ip, mask] => {
            let (lo, hi) = net::network(net::parse_v4(ip)?, net::mask_length(mask)?)?;
            (lo != net::V4_FIRST).then(|| Ranges::span(lo, hi))
        }
        _ => None,
    };
    let own = subnet(interface.get("ip")?)?;
    let printed = entry.get("subnet").map(subnet);
    (printed.is_none() || printed == Some(Some(own.clone()))).then_some(own)
}

fn v4_address(entry: &Block) -> Option<Ranges> {
    match entry.word("type").unwrap_or("ipmask") {
        "ipmask" => match entry.get("subnet") {
            None => Some(net::all_v4()),
            Some([one]) => net::parse_prefix(one),
            Some([ip, mask, ..]) => {
                let (lo, hi) = net::network(net::parse_v4(ip)?, net::mask_length(mask)?)?;
                Some(Ranges::span(lo, hi))
            }
            Some(_) => None,
        },
        "iprange" => {
            Some(Ranges::span(net::parse_v4(entry.word("start-ip")?)?, net::parse_v4(entry.word("end-ip")?)?))
        }
        "wildcard" => match entry.get("wildcard")? {
            // FortiOS prints the mask as significant bits, not as an inverse mask.
            [ip, mask] => {
                let mask = u32::from(mask.parse::<std::net::Ipv4Addr>().ok()?);
                net::wildcard(ip, &std::net::Ipv4Addr::from(!mask).to_string())
            }
            _ => None,
        },
        _ => None,
    }
}

fn v6_address(entry: &Block) -> Option<Ranges> {
    match entry.word("type").unwrap_or("ipprefix") {
        "ipprefix" => match entry.word("ip6") {
            None => Some(net::all_v6()),
            Some(text) => net::parse_prefix(text),
        },
        "iprange" => {
            Some(Ranges::span(net::parse_ip(entry.word("start-ip")?)?, net::parse_ip(entry.word("end-ip")?)?))
        }
        _ => None,
    }
}

/// Attributes of services that are read or only looked at.
pub(super) const SERVICE_KEYS: &[&str] = &[
    "category",
    "comment",
    "color",
    "visibility",
    "fabric-object",
    "protocol",
    "tcp-portrange",
    "udp-portrange",
    "sctp-portrange",
    "protocol-number",
    "icmptype",
    "icmpcode",
    "session-ttl",
    "tcp-halfclose-timer",
    "tcp-halfopen-timer",
    "tcp-timewait-timer",
    "tcp-rst-timer",
    "udp-idle-timer",
    "check-reset-range",
    "uuid",
    "helper",
    "proxy",
    "app-service-type",
];

fn service(entry: &Block) -> Services {
    let odd = !entry.strays.is_empty()
        || !entry.configs.is_empty()
        || entry.settings.iter().any(|s| !SERVICE_KEYS.contains(&s.key.as_str()))
        || entry.get("iprange").is_some()
        || entry.get("fqdn").is_some()
        || entry.word("app-service-type").is_some_and(|t| t != "disable");
    match service_cubes(entry) {
        Some(cubes) if !odd => Services { cubes, doubt: None },
        _ => Services { cubes: vec![Cube::any()], doubt: Some(Doubt::UnknownLine) },
    }
}

fn service_cubes(entry: &Block) -> Option<Vec<Cube>> {
    let protocol = |n: u128| Cube::any().with(Field::Proto, Ranges::one(n));
    match entry.word("protocol").unwrap_or("TCP/UDP/SCTP") {
        "IP" => Some(match entry.word("protocol-number").map(str::parse::<u128>) {
            None | Some(Ok(0)) => vec![Cube::any()],
            Some(Ok(n)) if n < 256 => vec![protocol(n)],
            Some(_) => return None,
        }),
        kind @ ("ICMP" | "ICMP6") => {
            let mut cube = protocol(if kind == "ICMP" { net::ICMP } else { net::ICMP6 });
            if let Some(value) = entry.word("icmptype") {
                cube.narrow(Field::Sport, &Ranges::one(value.parse().ok()?));
            }
            if let Some(value) = entry.word("icmpcode") {
                cube.narrow(Field::Dport, &Ranges::one(value.parse().ok()?));
            }
            Some(vec![cube])
        }
        "TCP/UDP/SCTP" | "TCP/UDP/UDP-Lite/SCTP" => {
            let mut cubes = Vec::new();
            for (key, number) in
                [("tcp-portrange", net::TCP), ("udp-portrange", net::UDP), ("sctp-portrange", 132)]
            {
                for range in entry.list(key) {
                    let (dst, src) = match range.split_once(':') {
                        Some((d, s)) => (d, Some(s)),
                        None => (range.as_str(), None),
                    };
                    let mut cube = protocol(number).with(Field::Dport, ports(dst)?);
                    if let Some(src) = src {
                        cube.narrow(Field::Sport, &ports(src)?);
                    }
                    cubes.push(cube);
                }
            }
            Some(cubes)
        }
        _ => None,
    }
}

/// `N` or `A-B`.
pub(crate) fn ports(text: &str) -> Option<Ranges> {
    let (lo, hi) = text.split_once('-').unwrap_or((text, text));
    let (lo, hi): (u16, u16) = (lo.trim().parse().ok()?, hi.trim().parse().ok()?);
    (lo <= hi).then(|| Ranges::span(lo.into(), hi.into()))
}

/// `HH:MM YYYY/MM/DD`; over once its end lies before the day the answer is for.
fn one_time(entry: &Block, options: &ReadOptions) -> Clock {
    let day = entry.get("end").and_then(|v| v.iter().find(|w| w.contains('/'))).map(|d| d.replace('/', "-"));
    match (day, &options.as_of) {
        (Some(end), Some(today)) if end.as_str() < today.as_str() => Clock::Never,
        _ => Clock::Sometimes,
    }
}

fn recurring(entry: &Block) -> Clock {
    let days = entry.list("day");
    let week = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let timed =
        entry.word("start").is_some_and(|t| t != "00:00") || entry.word("end").is_some_and(|t| t != "00:00");
    if days.is_empty() || days.iter().any(|d| d == "none") {
        // An entry without days (the factory entry `none`) is never on.
        return if entry.name == "none" { Clock::Never } else { Clock::Sometimes };
    }
    if !timed && week.iter().all(|d| days.iter().any(|x| x == d)) { Clock::Always } else { Clock::Sometimes }
}
