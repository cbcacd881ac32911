//! Counter-examples in words: the packet, the table of hops, the violating rectangles.

use serde::Serialize;

use crate::engine::interp::{Hop, Way};
use crate::model::{Device, Network, NodeKind};
use crate::net;
use crate::space::{Cube, Field, Packet, Ranges};

use super::words;

/// A packet as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PacketView {
    /// Source address.
    pub src: String,
    /// Destination address.
    pub dst: String,
    /// Protocol name.
    pub proto: String,
    /// Source port (TCP, UDP).
    pub sport: Option<u16>,
    /// Destination port (TCP, UDP).
    pub dport: Option<u16>,
    /// ICMP type and code.
    pub icmp: Option<(u8, u8)>,
    /// TCP flags.
    pub flags: Vec<&'static str>,
    /// Second or later fragment.
    pub later_fragment: bool,
    /// The destination may be an address of the device itself that is given at run time; then one beside it passes.
    pub beside: bool,
}

impl PacketView {
    /// View of a packet.
    #[must_use]
    pub fn of(packet: &Packet) -> Self {
        let proto = packet.get(Field::Proto);
        let ports = proto == net::TCP || proto == net::UDP || proto == 132;
        let icmp = proto == net::ICMP || proto == net::ICMP6;
        let flags = packet.get(Field::Flags);
        Self {
            src: net::extract(packet.get(Field::Src)).to_string(),
            dst: net::extract(packet.get(Field::Dst)).to_string(),
            proto: net::show_protocol(proto),
            sport: ports.then(|| packet.get(Field::Sport) as u16),
            dport: ports.then(|| packet.get(Field::Dport) as u16),
            icmp: icmp.then(|| (packet.get(Field::Sport) as u8, packet.get(Field::Dport) as u8)),
            flags: net::FLAG_NAMES.iter().filter(|(_, bit)| flags & bit != 0).map(|(n, _)| *n).collect(),
            later_fragment: packet.get(Field::Frag) == 1,
            beside: false,
        }
    }

    /// One line.
    #[must_use]
    pub fn line(&self) -> String {
        let port = |p: Option<u16>| p.map_or(String::new(), |p| format!(":{p}"));
        let mut out =
            format!("{} {}{} → {}{}", self.proto, self.src, port(self.sport), self.dst, port(self.dport));
        if let Some((t, c)) = self.icmp {
            out.push_str(&format!(" type {t} code {c}"));
        }
        if !self.flags.is_empty() {
            out.push_str(&format!(" [{}]", self.flags.join(",")));
        }
        if self.later_fragment {
            out.push_str("（後続フラグメント）");
        }
        if self.beside {
            out.push_str("（宛先が、実行時に決まる機器自身のアドレスなら、ほかの宛先）");
        }
        out
    }
}

/// One row of the hop table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HopView {
    /// Device name.
    pub device: String,
    /// Table inside the device, by its name in the normal form.
    pub stage: String,
    /// The same in Japanese.
    pub place: String,
    /// Interface it came in on.
    pub in_if: String,
    /// Interface it will leave by, once chosen.
    pub out_if: String,
    /// Name of the entry; empty when none matched.
    pub rule: String,
    /// The same in Japanese.
    pub decided: String,
    /// File of the entry.
    pub file: String,
    /// Line of the entry, 1-based; 0 for a default.
    pub line: u32,
    /// Text of the line, credentials replaced.
    pub text: String,
    /// Rewriting, in words; empty when unchanged.
    pub change: String,
}

/// Hop table of a way: tables whose entry comes from a line, and tables that rewrite addresses or ports.
#[must_use]
pub(super) fn hops(network: &Network, devices: &[Device], way: &Way) -> Vec<HopView> {
    way.hops.iter().filter_map(|hop| hop_view(network, devices, hop)).collect()
}

fn hop_view(network: &Network, devices: &[Device], hop: &Hop) -> Option<HopView> {
    let node = &network.nodes[hop.node];
    let device = &devices[node.device?];
    if node.kind != NodeKind::Stage {
        return None;
    }
    let rule = hop.rule.map(|r| &node.rules[r]);
    let line = rule.map_or(0, |r| r.line);
    let change = changes(&hop.before, &hop.after);
    if line == 0 && change.is_empty() && rule.is_none() {
        return None;
    }
    let interface = |field: Field, cube: &Cube| {
        let value = cube.values(field).first().unwrap_or(0) as usize;
        match field {
            Field::In => device.interfaces.get(value).map(|i| i.name.clone()),
            _ => device.adjacencies.get(value).map(|a| device.interfaces[a.interface].name.clone()),
        }
        .unwrap_or_default()
    };
    let stage = node.name.split_once('/').map_or(node.name.as_str(), |(_, s)| s);
    let routed = node.name.contains("route") || hop.before.values(Field::Out).first() != Some(0);
    Some(HopView {
        device: device.name.clone(),
        stage: stage.to_owned(),
        place: words::place(stage),
        in_if: interface(Field::In, &hop.before),
        out_if: if routed { interface(Field::Out, &hop.after) } else { String::new() },
        rule: rule.map_or_else(String::new, |r| r.label.clone()),
        decided: rule.map_or_else(|| "どの規則にも当たらない".to_owned(), |r| words::entry(&r.label, stage)),
        file: device.file.clone(),
        line,
        text: (line as usize)
            .checked_sub(1)
            .and_then(|l| device.text.get(l))
            .map_or(String::new(), |t| t.trim().to_owned()),
        change,
    })
}

fn changes(before: &Cube, after: &Cube) -> String {
    let mut parts = Vec::new();
    for (field, name) in [(Field::Dst, "宛先"), (Field::Src, "送信元")] {
        if before.get(field) != after.get(field) {
            let (a, b) = (before.values(field), after.values(field));
            parts.push(format!("{name} {} → {}", net::show_addresses(&a), net::show_addresses(&b)));
        }
    }
    if before.get(Field::Dport) != after.get(Field::Dport) {
        let (a, b) = (before.values(Field::Dport), after.values(Field::Dport));
        parts.push(format!("宛先ポート {} → {}", numbers(&a), numbers(&b)));
    }
    parts.join("、")
}

/// One rectangle of a violating set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RectangleView {
    /// Source addresses.
    pub src: String,
    /// Destination addresses.
    pub dst: String,
    /// Protocols.
    pub proto: String,
    /// Destination ports (or ICMP codes).
    pub dport: String,
    /// Second and later fragments alone, which carry no port.
    pub later_fragments: bool,
    /// Number of destination addresses.
    pub destinations: String,
}

impl RectangleView {
    /// View of a cube.
    #[must_use]
    pub fn of(cube: &Cube) -> Self {
        let addresses = |f: Field| cube.get(f).map_or_else(|| "any".to_owned(), net::show_addresses);
        let later_fragments = cube.get(Field::Frag) == Some(&Ranges::one(1));
        Self {
            src: addresses(Field::Src),
            dst: addresses(Field::Dst),
            proto: cube.get(Field::Proto).map_or_else(|| "any".to_owned(), protocols),
            dport: cube
                .get(Field::Dport)
                .filter(|_| !later_fragments)
                .map_or_else(|| "any".to_owned(), numbers),
            later_fragments,
            destinations: cube.values(Field::Dst).size().to_string(),
        }
    }

    /// The ports, or what stands in their place.
    #[must_use]
    pub fn ports(&self) -> &str {
        if self.later_fragments { "後続フラグメント" } else { &self.dport }
    }
}

fn protocols(ranges: &Ranges) -> String {
    let part = |&(lo, hi): &(u128, u128)| {
        if lo == hi { net::show_protocol(lo) } else { format!("{lo}-{hi}") }
    };
    ranges.intervals().iter().map(part).collect::<Vec<_>>().join(",")
}

/// Intervals as `a,b-c`.
#[must_use]
pub(super) fn numbers(ranges: &Ranges) -> String {
    let part = |&(lo, hi): &(u128, u128)| if lo == hi { lo.to_string() } else { format!("{lo}-{hi}") };
    ranges.intervals().iter().map(part).collect::<Vec<_>>().join(",")
}
