//! Readers: one directory per vendor language, all ending in a [`Device`].

mod alaxala;
mod awplus;
pub mod build;
pub mod cabling;
pub mod captured;
mod cisco;
mod doors;
pub mod fortios;
mod linux;
mod nec;
mod panos;
pub mod secrets;
mod switched;
mod yamaha;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Device;
use crate::space::Ranges;

/// Configuration languages that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vendor {
    /// Fortinet FortiOS 6.4–7.4 (`show` / `show full-configuration`).
    Fortios,
    /// `nft list ruleset`.
    Nftables,
    /// `iptables-save` / `ip6tables-save`.
    Iptables,
    /// YAMAHA RTX, vRX, FWX.
    YamahaRtx,
    /// Alaxala AX.
    AlaxalaAx,
    /// Allied Telesis AlliedWare Plus.
    Awplus,
    /// Cisco IOS and IOS-XE.
    CiscoIos,
    /// Cisco ASA.
    CiscoAsa,
    /// NEC UNIVERGE IX: only where every plausible reading agrees.
    NecIx,
    /// Palo Alto PAN-OS.
    PanOs,
    /// A language without a reader: every line is unknown.
    Unread,
}

impl Vendor {
    /// Name used in files and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fortios => "fortios",
            Self::Nftables => "nftables",
            Self::Iptables => "iptables",
            Self::YamahaRtx => "yamaha-rtx",
            Self::AlaxalaAx => "alaxala-ax",
            Self::Awplus => "awplus",
            Self::CiscoIos => "cisco-ios",
            Self::CiscoAsa => "cisco-asa",
            Self::NecIx => "nec-ix",
            Self::PanOs => "panos",
            Self::Unread => "unread",
        }
    }

    /// What people call the product.
    #[must_use]
    pub const fn product(self) -> &'static str {
        match self {
            Self::Fortios => "FortiGate",
            Self::Nftables | Self::Iptables => "Linux",
            Self::YamahaRtx => "YAMAHA RTX",
            Self::AlaxalaAx => "Alaxala",
            Self::Awplus => "AlliedWare Plus",
            Self::CiscoIos => "Cisco IOS",
            Self::CiscoAsa => "Cisco ASA",
            Self::NecIx => "NEC IX",
            Self::PanOs => "PAN-OS",
            Self::Unread => "読み取れない種類",
        }
    }

    /// The language with this name; [`Vendor::Unread`] for anything else.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "fortios" | "fortigate" => Self::Fortios,
            "nftables" | "nft" => Self::Nftables,
            "iptables" | "iptables-save" | "ip6tables" => Self::Iptables,
            "yamaha-rtx" | "rtx" | "yamaha" => Self::YamahaRtx,
            "alaxala-ax" | "alaxala" | "ax" => Self::AlaxalaAx,
            "awplus" | "alliedware-plus" => Self::Awplus,
            "cisco-ios" | "ios" | "ios-xe" | "iosxe" => Self::CiscoIos,
            "cisco-asa" | "asa" => Self::CiscoAsa,
            "nec-ix" | "ix" => Self::NecIx,
            "panos" | "pan-os" | "palo-alto" => Self::PanOs,
            _ => Self::Unread,
        }
    }
}

/// What the caller declares about one device beyond its configuration.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Hardware model, where the language leaves behaviour to it (`AX3660S`, `switch`, `AR`).
    pub model: Option<String>,
    /// `YYYY-MM-DD` the answer is for; schedules that ended before it are off.
    pub as_of: Option<String>,
    /// Run-time objects (FQDN, geography, lists) and the addresses they are assumed to stand for.
    pub objects: BTreeMap<String, Ranges>,
    /// Lines (trimmed text) assumed to have no effect on forwarding.
    pub harmless: Vec<String>,
    /// Whether access lists are assumed to end in an implicit discard where the vendor text was not seen.
    pub implicit_discard: bool,
    /// Whether neighbour discovery is assumed to reach nobody in another network.
    pub discovery_stays: bool,
    /// Routing table captured from the device; without one a routing protocol may send anything anywhere.
    pub routes: Option<Vec<captured::CapturedRoute>>,
}

/// Longest configuration that is read, in bytes: fifty times the largest seen in practice.
pub const LIMIT_CONFIG_BYTES: usize = 64 * 1024 * 1024;

/// Reads one configuration. Never fails: what is not understood becomes unknown lines.
#[must_use]
pub fn read(vendor: Vendor, name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let text = if text.len() > LIMIT_CONFIG_BYTES { "" } else { text };
    match vendor {
        Vendor::Fortios => fortios::read(name, file, text, options),
        Vendor::CiscoIos => cisco::ios::read(name, file, text, options),
        Vendor::CiscoAsa => cisco::asa::read(name, file, text, options),
        Vendor::AlaxalaAx => alaxala::read(name, file, text, options),
        Vendor::Awplus => awplus::read(name, file, text, options),
        Vendor::NecIx => nec::read(name, file, text, options),
        Vendor::PanOs => panos::read(name, file, text, options),
        Vendor::Nftables | Vendor::Iptables => linux::read(vendor, name, file, text, options),
        Vendor::YamahaRtx => yamaha::read(name, file, text, options),
        Vendor::Unread => build::unread(vendor, name, file, text),
    }
}

/// Guesses the language from the text; [`Vendor::Unread`] when nothing is characteristic.
#[must_use]
pub fn detect(text: &str) -> Vendor {
    let head: String = text.lines().take(400).collect::<Vec<_>>().join("\n");
    let has = |needle: &str| head.lines().any(|l| l.trim_start().starts_with(needle));
    if has("#config-version=") || has("config system global") || has("config firewall policy") {
        Vendor::Fortios
    } else if has("table ip") || has("table inet") {
        Vendor::Nftables
    } else if has("*filter") || has("*nat") {
        Vendor::Iptables
    } else if has("ASA Version") {
        Vendor::CiscoAsa
    } else if has("config {") && head.contains("devices") || has("mgt-config {") || has("set deviceconfig ") {
        Vendor::PanOs
    } else if has("ip lan1 ") || has("ip filter ") || has("pp select ") || has("# RTX") {
        Vendor::YamahaRtx
    } else if has("access-list hardware ") || has("interface port1.0.") || has("awplus") {
        Vendor::Awplus
    } else if has("flow detection mode") || has("interface gigabitethernet ") || has("#configuration list") {
        Vendor::AlaxalaAx
    } else if has("interface GigabitEthernet") || has("version 1") || has("service timestamps ") {
        Vendor::CiscoIos
    } else {
        Vendor::Unread
    }
}

/// Longest reviewed prefix of whole words.
fn cisco_prefix(list: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    list.iter()
        .filter(|(p, _)| text == *p || text.strip_prefix(p).is_some_and(|r| r.starts_with(' ')))
        .max_by_key(|(p, _)| p.len())
        .map(|(_, rule)| *rule)
}

/// `N` or `A-B`.
fn fortios_ports(text: &str) -> Option<Ranges> {
    fortios::ports(text)
}

/// VLAN numbers as switches write them: `10,20-29`.
pub(crate) fn vlan_list(text: &str) -> Option<Ranges> {
    switched::vlans(text)
}
