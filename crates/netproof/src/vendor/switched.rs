//! Switch ports of the IOS-like languages: access VLAN, trunk, what a port without an address is, and which port's list
//! looks at the packets of a VLAN.

use crate::model::{Interface, InterfaceKind, Trunk};
use crate::net;
use crate::space::Ranges;

use super::build::Builder;

/// `switchport …` lines of one port while they are read.
#[derive(Debug, Default)]
pub(crate) struct Port {
    seen: bool,
    trunk: bool,
    /// VLANs named as allowed; `None` while no line names any.
    allowed: Option<Ranges>,
}

/// `10,20-29`.
pub(crate) fn vlans(text: &str) -> Option<Ranges> {
    text.split(',')
        .map(|part| {
            let (lo, hi) = part.trim().split_once('-').unwrap_or((part.trim(), part.trim()));
            Some((u128::from(lo.parse::<u16>().ok()?), u128::from(hi.parse::<u16>().ok()?)))
        })
        .collect()
}

impl Port {
    /// Reads the words after `switchport`; false when they are not understood.
    pub(crate) fn line(&mut self, words: &[&str], interface: &mut Interface) -> bool {
        self.seen = true;
        match *words {
            [] | ["nonegotiate" | "host" | "encapsulation" | "block" | "protected", ..] => true,
            ["mode", "access" | "dot1q-tunnel" | "mac-vlan" | "protocol-vlan"] => true,
            ["mode", mode, ..] => {
                // `dynamic` may become a trunk.
                self.trunk = true;
                matches!(mode, "trunk" | "dynamic" | "hybrid")
            }
            ["access", "vlan", id] => {
                interface.vlan = id.parse().ok();
                interface.vlan.is_some()
            }
            ["trunk", "encapsulation", ..] | ["trunk", "native", "vlan", ..] => true,
            ["trunk", "allowed", "vlan", ref rest @ ..] => self.allow(rest),
            ["voice", "vlan", ..] | ["port-security", ..] | ["enable-port-based", ..] => true,
            _ => false,
        }
    }

    fn allow(&mut self, words: &[&str]) -> bool {
        let before = self.allowed.clone().unwrap_or_else(Ranges::empty);
        let every = Ranges::span(1, 4094);
        let next = match *words {
            ["all"] => {
                self.allowed = None;
                return true;
            }
            ["none"] => Some(Ranges::empty()),
            ["add", list] => vlans(list).map(|v| before.union(&v)),
            ["remove", list] => vlans(list).map(|v| before.subtract(&v)),
            ["except", list] => vlans(list).map(|v| every.subtract(&v)),
            [list] => vlans(list),
            _ => None,
        };
        let known = next.is_some();
        self.allowed = next.or(Some(every));
        known
    }

    /// Settles the interface after its last line.
    pub(crate) fn finish(self, interface: &mut Interface) {
        if !self.seen || !interface.addresses.is_empty() {
            return;
        }
        if self.trunk {
            interface.trunk = Some(self.allowed.map_or(Trunk::Unrestricted, Trunk::Vlans));
            interface.vlan = None;
        }
        interface.kind = InterfaceKind::Switched;
    }
}

/// Which lists look at packets that come in with some `In` values, or go out by some interface. Numbers are positions in
/// the list of bound interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crossing {
    /// The layer-3 interface.
    pub owner: usize,
    /// `In` values.
    pub values: Ranges,
    /// The ports a packet may have come through, each with its list if it has one.
    pub ports: Vec<Option<usize>>,
    /// The list of the layer-3 interface itself.
    pub own: Option<usize>,
}

impl Crossing {
    /// Whether no list looks at these packets.
    fn is_free(&self) -> bool {
        self.own.is_none() && self.ports.iter().all(Option::is_none)
    }
}

/// Access ports of a VLAN interface, and the trunks that carry its VLAN.
fn ports_of(b: &Builder, owner: usize) -> (Vec<usize>, Vec<usize>) {
    let interfaces = &b.device.interfaces;
    let ports =
        (0..interfaces.len()).filter(|&p| interfaces[p].port_of == Some(owner) && interfaces[p].enabled);
    (ports.collect(), b.device.trunks_of(owner))
}

/// How packets come in, for lists bound to these interfaces: access ports have `In` values of their own, everything else
/// (trunks) comes in with the number of the VLAN interface.
pub(crate) fn entrances(b: &Builder, bound: &[usize]) -> Vec<Crossing> {
    let list_of = |interface: usize| bound.iter().position(|x| *x == interface);
    let one = |n: usize| Ranges::one(n as u128);
    let mut out = Vec::new();
    for owner in owners(b) {
        let own = list_of(owner);
        let (ports, trunks) = ports_of(b, owner);
        let mut rest = one(owner);
        for &port in &ports {
            match list_of(port) {
                Some(list) => {
                    out.push(Crossing { owner, values: one(port), ports: vec![Some(list)], own });
                }
                None => rest = rest.union(&one(port)),
            }
        }
        let mut lists: Vec<Option<usize>> = trunks.into_iter().map(list_of).collect();
        if lists.is_empty() || b.device.entered_otherwise(owner) {
            lists.push(None);
        }
        if lists.iter().any(Option::is_some) {
            out.push(Crossing { owner, values: one(owner), ports: lists, own });
            rest = rest.subtract(&one(owner));
        }
        out.push(Crossing { owner, values: rest, ports: vec![None], own });
    }
    out.retain(|c| !c.values.is_empty() && !c.is_free());
    out
}

/// How packets go out, for lists bound to these interfaces: which port of a VLAN a frame leaves by is not decided here.
pub(crate) fn exits(b: &Builder, bound: &[usize]) -> Vec<Crossing> {
    let list_of = |interface: usize| bound.iter().position(|x| *x == interface);
    let crossing = |owner: usize| {
        let (ports, trunks) = ports_of(b, owner);
        let mut lists: Vec<Option<usize>> = ports.into_iter().chain(trunks).map(list_of).collect();
        if lists.is_empty() || b.device.entered_otherwise(owner) {
            lists.push(None);
        }
        Crossing { owner, values: Ranges::empty(), ports: lists, own: list_of(owner) }
    };
    owners(b).into_iter().map(crossing).filter(|c| !c.is_free()).collect()
}

/// Interfaces that are not a port of another one.
fn owners(b: &Builder) -> Vec<usize> {
    (0..b.device.interfaces.len()).filter(|&n| b.device.interfaces[n].port_of.is_none()).collect()
}

/// A virtual router address: this device answers for it, and perhaps others do.
pub(crate) fn share(interface: &mut Interface, ip: &str) {
    if let Some(ip) = net::parse_ip(ip) {
        interface.answers = interface.answers.union(&Ranges::one(ip));
        interface.shared = interface.shared.union(&Ranges::one(ip));
    }
}

/// Access ports belong to the SVI of their VLAN; one that names none is in VLAN 1.
pub(crate) fn attach_ports(b: &mut Builder) {
    for n in 0..b.device.interfaces.len() {
        let port = &b.device.interfaces[n];
        let default = (port.kind == InterfaceKind::Switched).then_some(1);
        let Some(vlan) = port.vlan.or(default) else { continue };
        // Sub-interfaces have addresses of their own.
        if port.trunk.is_some() || !port.addresses.is_empty() {
            continue;
        }
        if let Some(svi) = b.device.interface(&format!("vlan{vlan}"))
            && svi != n
        {
            b.device.interfaces[n].port_of = Some(svi);
        }
    }
}

/// Ports that are parts of a channel, by its name: they are where the channel is, which is set up under its own name. The
/// pairs of part and whole are for [`Builder::by_parts`].
pub(crate) fn attach_parts(b: &mut Builder, parts: &[(usize, String)]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (part, name) in parts {
        let Some(whole) = b.device.interface(name) else { continue };
        let channel = b.device.interfaces[whole].clone();
        let it = &mut b.device.interfaces[*part];
        it.port_of = if channel.addresses.is_empty() { channel.port_of } else { Some(whole) };
        it.vrf = channel.vrf;
        it.kind = channel.kind;
        it.vlan = channel.vlan;
        it.trunk = channel.trunk;
        pairs.push((*part, whole));
    }
    pairs
}

/// `In` values of packets entering by an interface: itself, and its ports when it is an SVI.
pub(crate) fn entering(b: &Builder, interface: usize) -> Ranges {
    let ports = (0..b.device.interfaces.len()).filter(|&p| b.device.interfaces[p].port_of == Some(interface));
    std::iter::once(interface).chain(ports).map(|n| (n as u128, n as u128)).collect()
}
