//! The normal form every vendor language is lowered to: a graph of first-match tables.
//!
//! A packet enters a node and takes the first rule that matches it; the rule rewrites it and sends it on, or drops
//! it. What a device's configuration does not settle is written down, not guessed: a rule with a [`Doubt`] may or
//! may not exist, and a rule with several jumps may take any of them. The MAY reading follows every possibility;
//! the MUST reading accepts only what happens under all of them.

use serde::{Deserialize, Serialize};

use crate::space::{Cube, Field, Ranges};

/// Index of a node in its [`Device`] or, after linking, in the [`Network`].
pub type NodeId = usize;

/// Why a rule may or may not act the way it is written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// A line that this reader does not know.
    UnknownLine,
    /// A name that is used but not defined, where the vendor does not say what then happens.
    Undefined,
    /// Vendor sources disagree or none was found.
    Unsourced,
    /// The value is found at run time: FQDN, geography, user, list from a server.
    Dynamic,
    /// Depends on whether a line or neighbour is up.
    LinkState,
    /// Depends on the date or time.
    Schedule,
    /// Routing protocol without a captured table.
    Routing,
    /// The device's own address, given at run time: one destination among those matched, nobody wrote down which.
    OwnAddress,
    /// A network given at run time that overlaps one that is written down: possible, and a network that does not work.
    Overlap,
    /// A source to which no route leads back by the interface the packet came in by: it may be dropped as spoofed.
    Spoofed,
    /// Next hop, subnet or interface that no declared device or zone owns.
    Undeclared,
    /// Second and later fragments meeting transport conditions.
    Fragment,
    /// Neighbour discovery that is routed to another network, where nobody takes it (RFC 4861 7.1).
    Discovery,
    /// Multicast forwarding.
    Multicast,
    /// Depends on connection state.
    State,
    /// Tunnel, proxy, load balancer or other place where packets are made anew.
    Relay,
}

/// One rewriting step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Assign {
    /// The field becomes any one of these values.
    Set(Field, Ranges),
    /// The field is moved by a constant (wrapping); the rule's match keeps it inside the dimension.
    Shift(Field, u128),
}

/// Where a packet goes next, after rewriting.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Jump {
    /// Next node.
    pub to: NodeId,
    /// Rewriting, in order.
    pub set: Vec<Assign>,
}

impl Jump {
    /// Unchanged, to `to`.
    #[must_use]
    pub const fn to(to: NodeId) -> Self {
        Self { to, set: Vec::new() }
    }

    /// With one more rewriting step.
    #[must_use]
    pub fn set(mut self, field: Field, ranges: Ranges) -> Self {
        self.set.push(Assign::Set(field, ranges));
        self
    }

    /// With one field set to one value.
    #[must_use]
    pub fn put(self, field: Field, value: u128) -> Self {
        self.set(field, Ranges::one(value))
    }

    /// With every wire field set to anything: what an unknown translation may do.
    #[must_use]
    pub fn havoc(mut self) -> Self {
        for field in
            [Field::Dst, Field::Src, Field::Proto, Field::Dport, Field::Sport, Field::Flags, Field::Frag]
        {
            self.set.push(Assign::Set(field, Ranges::span(0, field.max())));
        }
        self
    }
}

/// One entry of a first-match table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Packets that match: the union of these cubes.
    pub when: Vec<Cube>,
    /// What happens to them; none means dropped, several means any one of them may be chosen.
    pub then: Vec<Jump>,
    /// `Some` when the rule may also be absent.
    pub doubt: Option<Doubt>,
    /// Configuration line, 1-based; 0 when the rule comes from no line.
    pub line: u32,
    /// Short name for people: policy id, list name and sequence.
    pub label: String,
}

impl Rule {
    /// A rule that certainly exists.
    #[must_use]
    pub fn new(when: Vec<Cube>, then: Vec<Jump>, line: u32, label: impl Into<String>) -> Self {
        Self { when, then, doubt: None, line, label: label.into() }
    }

    /// This rule, but possibly absent.
    #[must_use]
    pub const fn doubtful(mut self, doubt: Doubt) -> Self {
        self.doubt = Some(doubt);
        self
    }

    /// This rule for the packets of `cube` alone.
    #[must_use]
    pub fn within(mut self, cube: &Cube) -> Self {
        self.when = self.when.iter().map(|when| when.intersect(cube)).collect();
        self
    }

    /// This rule with a doubt, if there is one.
    #[must_use]
    pub const fn maybe(mut self, doubt: Option<Doubt>) -> Self {
        if doubt.is_some() {
            self.doubt = doubt;
        }
        self
    }
}

/// What kind of place a node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// A table inside a device.
    Stage,
    /// The packet is on its way out of the device.
    Egress,
    /// The packet is for the device itself.
    Local,
    /// Hosts of one wire.
    Hosts,
    /// A box that is not in the inventory and may forward anything between its ports.
    Unknown,
}

/// One first-match table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Stable readable name, `device/stage`.
    pub name: String,
    /// Kind of place.
    pub kind: NodeKind,
    /// Device this table belongs to.
    pub device: Option<usize>,
    /// Entries in order.
    pub rules: Vec<Rule>,
    /// What happens to packets no rule takes.
    pub otherwise: Vec<Jump>,
    /// Whether a later reply to a permitted packet passes here without matching a rule.
    pub stateful: bool,
}

impl Node {
    /// An empty table that drops everything.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: NodeKind) -> Self {
        Self {
            name: name.into(),
            kind,
            device: None,
            rules: Vec::new(),
            otherwise: Vec::new(),
            stateful: false,
        }
    }
}

/// Where a device sends a packet on the wire behind one of its interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NextHop {
    /// To the destination itself.
    Direct,
    /// To this address (embedded form).
    Via(u128),
    /// To anybody: routing is unconstrained.
    Anyone,
}

/// One way out of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Adjacency {
    /// Interface index.
    pub interface: usize,
    /// Who gets the packet.
    pub next: NextHop,
}

/// An address with its network, embedded form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceAddress {
    /// Own address.
    pub address: u128,
    /// First address of the connected network.
    pub first: u128,
    /// Last address of the connected network.
    pub last: u128,
}

/// What an interface is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceKind {
    /// A wire, VLAN or port with hosts.
    Wire,
    /// The device's own loopback: nothing is attached.
    Loopback,
    /// A tunnel or dial-up link to some peer.
    Tunnel,
    /// A layer-2 port: frames stay in their VLANs, nothing is routed here.
    Switched,
}

/// VLANs a trunk port carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trunk {
    /// All of them: the configuration names none.
    Unrestricted,
    /// These.
    Vlans(Ranges),
}

/// A layer-3 interface, or a port that filters on its way in.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Name as the device prints it.
    pub name: String,
    /// Line of its definition.
    pub line: u32,
    /// Addresses.
    pub addresses: Vec<InterfaceAddress>,
    /// Administratively up.
    pub enabled: bool,
    /// What it is attached to.
    pub kind: InterfaceKind,
    /// 802.1Q VLAN, when known.
    pub vlan: Option<u16>,
    /// VDOM, VRF or context; empty for the default one.
    pub vrf: String,
    /// The layer-3 interface whose wire this port belongs to; `None` for layer-3 interfaces.
    pub port_of: Option<usize>,
    /// Addresses this device answers for on the wire besides its own (VIP, static NAT, pools, VRRP).
    pub answers: Ranges,
    /// Virtual router addresses shared with other devices (VRRP, HSRP).
    pub shared: Ranges,
    /// Answers ARP for addresses it routes elsewhere.
    pub proxy_arp: bool,
    /// IPv6 prefixes arrive at run time (RA, DHCPv6), so they are not in the configuration.
    pub dynamic6: bool,
    /// VLANs carried besides an untagged one.
    pub trunk: Option<Trunk>,
}

impl Interface {
    /// An enabled wire interface without address.
    #[must_use]
    pub fn new(name: impl Into<String>, line: u32) -> Self {
        Self {
            name: name.into(),
            line,
            addresses: Vec::new(),
            enabled: true,
            kind: InterfaceKind::Wire,
            vlan: None,
            vrf: String::new(),
            port_of: None,
            answers: Ranges::empty(),
            shared: Ranges::empty(),
            proxy_arp: false,
            dynamic6: false,
            trunk: None,
        }
    }
}

/// What became of one configuration line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "class")]
pub enum LineClass {
    /// Turned into the named item of the normal form.
    Lowered {
        /// What it became.
        item: String,
    },
    /// Cannot change forwarding, by the reviewed rule named.
    Ignored {
        /// Rule id in the vendor's reviewed list.
        rule: String,
    },
    /// Not understood; the model allows for anything it may do within `scope`.
    Unknown {
        /// What it may change, in words.
        scope: String,
    },
}

/// Severity of a hygiene finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be put right.
    Warning,
    /// Opens something.
    Critical,
}

/// One finding about a configuration, independent of any intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code, e.g. `rtx-no-filter`.
    pub code: String,
    /// How bad.
    pub severity: Severity,
    /// Line, 1-based; 0 for the whole file.
    pub line: u32,
    /// One Japanese sentence.
    pub text: String,
}

/// One device, read from one configuration file.
#[derive(Clone, Debug)]
pub struct Device {
    /// Name: file stem, or host name when the caller has no file.
    pub name: String,
    /// File the configuration came from.
    pub file: String,
    /// Language.
    pub vendor: crate::vendor::Vendor,
    /// Interfaces; their index is the `In` value.
    pub interfaces: Vec<Interface>,
    /// Ways out; their index is the `Out` value.
    pub adjacencies: Vec<Adjacency>,
    /// Tables. [`Device::EGRESS`] and [`Device::LOCAL`] are always there.
    pub nodes: Vec<Node>,
    /// Where received packets start.
    pub entry: NodeId,
    /// Where replies to sessions of this device continue after the session table took them, if it keeps state.
    pub reply_entry: Option<NodeId>,
    /// What became of every line, index = line − 1.
    pub lines: Vec<LineClass>,
    /// Configuration text with credentials replaced, one entry per line.
    pub text: Vec<String>,
    /// Findings of the reader.
    pub findings: Vec<Finding>,
    /// Whether the reader tells who the device's own management services let in.
    pub services_read: bool,
    /// Tables in front of the device itself that tell so.
    pub service_stages: Vec<NodeId>,
}

impl Device {
    /// Node every packet leaves through.
    pub const EGRESS: NodeId = 0;
    /// Node of packets for the device itself.
    pub const LOCAL: NodeId = 1;

    /// Interface index by name, ignoring case and the blank some vendors print before the number.
    #[must_use]
    pub fn interface(&self, name: &str) -> Option<usize> {
        let key = interface_key(name);
        self.interfaces.iter().position(|i| interface_key(&i.name) == key)
    }

    /// Trunk ports that carry the VLAN of a VLAN interface.
    #[must_use]
    pub fn trunks_of(&self, interface: usize) -> Vec<usize> {
        let Some(vlan) = vlan_number(&self.interfaces[interface].name) else { return Vec::new() };
        let carries = |port: &Interface| match &port.trunk {
            Some(Trunk::Unrestricted) => port.enabled,
            Some(Trunk::Vlans(list)) => port.enabled && list.contains(vlan.into()),
            None => false,
        };
        (0..self.interfaces.len()).filter(|&n| carries(&self.interfaces[n])).collect()
    }

    /// Whether packets may come into a VLAN interface by a port of which the configuration says nothing: VLAN 1 is where
    /// such ports are.
    #[must_use]
    pub fn entered_otherwise(&self, interface: usize) -> bool {
        let silent = |port: &Interface| {
            port.enabled
                && matches!(port.kind, InterfaceKind::Wire | InterfaceKind::Switched)
                && port.addresses.is_empty()
                && port.port_of.is_none()
                && port.trunk.is_none()
                && port.vlan.is_none()
                && vlan_number(&port.name).is_none()
        };
        vlan_number(&self.interfaces[interface].name) == Some(1) && self.interfaces.iter().any(silent)
    }

    /// Numbers of lines that were not understood, 1-based.
    pub fn unknown_lines(&self) -> impl Iterator<Item = u32> + '_ {
        (1u32..).zip(&self.lines).filter(|(_, c)| matches!(c, LineClass::Unknown { .. })).map(|(n, _)| n)
    }
}

/// The number in `vlan10`, `Vlan 10`.
#[must_use]
pub fn vlan_number(name: &str) -> Option<u16> {
    name.to_ascii_lowercase().strip_prefix("vlan")?.trim().parse().ok()
}

/// Interface names compare without case and blanks.
#[must_use]
pub fn interface_key(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// All tables of all devices and the wires between them.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Tables and places; jumps refer to this list.
    pub nodes: Vec<Node>,
}
