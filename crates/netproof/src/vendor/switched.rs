//! Switch ports of the IOS-like languages: access VLAN, trunk, and what a port without an address is.

use crate::model::{Interface, InterfaceKind, Trunk};
use crate::space::Ranges;

/// `switchport …` lines of one port while they are read.
#[derive(Debug, Default)]
pub(crate) struct Port {
    seen: bool,
    trunk: bool,
    /// VLANs named as allowed; `None` while no line names any.
    allowed: Option<Ranges>,
}

/// `10,20-29`.
fn vlans(text: &str) -> Option<Ranges> {
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
