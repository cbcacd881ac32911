//! `system interface`: addresses, VLANs, kinds, what is shared with standby members.

use crate::model::{Interface, InterfaceAddress, InterfaceKind, Severity};
use crate::net;
use crate::space::Ranges;

use super::super::build::{Builder, Scope};
use super::account::{account_all, structure};
use super::lex::{Block, Setting};
use super::lower::Vdoms;
use super::reviewed;

/// Reads every interface into the VDOM it belongs to.
pub(super) fn read_interfaces(b: &mut Builder, global: &[&Block], vdoms: &Vdoms<'_>) {
    let lone = vdoms.len() == 1;
    let sections = global.iter().copied().chain(vdoms.iter().flat_map(|v| v.1.iter().copied()));
    for config in sections.filter(|c| c.name == "system interface") {
        structure(b, config);
        for entry in &config.entries {
            structure(b, entry);
            let vdom = entry
                .word("vdom")
                .map_or_else(|| vdoms.first().map_or("root", |v| &v.0).to_owned(), str::to_owned);
            let vdom = if lone { vdoms[0].0.clone() } else { vdom };
            let interface = read_interface(b, entry, vdom);
            b.device.interfaces.push(interface);
        }
    }
}

/// Ports of switches, aggregates and redundant pairs: what comes in by one comes in by the whole, and frames between the
/// ports of a switch meet no policy unless `intra-switch-policy` asks for one (Fortinet community ta-p/198381).
pub(super) fn attach_members(b: &mut Builder, sections: &[&Block]) {
    let mut owners: Vec<(String, Vec<String>)> = Vec::new();
    for config in sections {
        for entry in &config.entries {
            let members = match config.name.as_str() {
                "system interface" | "system switch-interface" => entry.list("member"),
                "system virtual-switch" => {
                    let ports = entry.configs.iter().filter(|c| c.name == "port");
                    ports.flat_map(|c| &c.entries).map(|port| port.name.clone()).collect()
                }
                _ => Vec::new(),
            };
            owners.push((entry.name.clone(), members));
        }
    }
    // A switch may hold an aggregate: a few rounds find the outermost of every sensible nesting.
    for _ in 0..4 {
        for (owner, members) in &owners {
            let Some(owner) = b.device.interface(owner) else { continue };
            let owner = b.device.interfaces[owner].port_of.unwrap_or(owner);
            for member in members.iter().filter_map(|m| b.device.interface(m)).collect::<Vec<_>>() {
                if member != owner {
                    b.device.interfaces[member].port_of = Some(owner);
                }
            }
        }
    }
}

fn read_interface(b: &mut Builder, entry: &Block, vdom: String) -> Interface {
    let mut interface = Interface::new(entry.name.clone(), entry.line);
    interface.vrf = vdom;
    interface.enabled = entry.word("status") != Some("down");
    interface.vlan = entry.word("vlanid").and_then(|v| v.parse().ok());
    interface.kind = match entry.word("type") {
        Some("loopback") => InterfaceKind::Loopback,
        Some("tunnel" | "vdom-link" | "geneve" | "vxlan") => InterfaceKind::Tunnel,
        _ => InterfaceKind::Wire,
    };
    let scope = || Scope::Interface(entry.name.clone());
    for setting in &entry.settings {
        if reviewed::INTERFACE.contains(&setting.key.as_str()) && !interface_odd(setting) {
            b.lowered(setting.line, format!("interface {}", entry.name));
        } else {
            b.unknown(setting.line, scope());
        }
    }
    for line in &entry.strays {
        b.unknown(*line, scope());
    }
    let add = |interface: &mut Interface, ip: &str, mask: &str| {
        let (Some(address), Some(length)) = (net::parse_v4(ip), net::mask_length(mask)) else { return };
        if address == net::V4_FIRST {
            return;
        }
        if let Some((first, last)) = net::network(address, length) {
            interface.addresses.push(InterfaceAddress { address, first, last });
        }
    };
    if let Some([ip, mask, ..]) = entry.get("ip") {
        add(&mut interface, ip, mask);
    }
    for config in &entry.configs {
        match config.name.as_str() {
            "secondaryip" => {
                account_all(b, config, "interface address");
                for second in &config.entries {
                    if let Some([ip, mask, ..]) = second.get("ip") {
                        add(&mut interface, ip, mask);
                    }
                }
            }
            "ipv6" => read_ipv6(b, entry, config, &mut interface),
            "client-options" | "dhcp-snooping-server-list" | "egress-queues" | "phy-setting" => {
                b.ignored_span(config.line, config.last, "access-port");
            }
            "vrrp" => {
                account_all(b, config, "vrrp");
                let text =
                    format!("{} は VRRP を使っています。すべての切替状態で確かめてください", entry.name);
                b.finding("vrrp", Severity::Info, config.line, text);
                let groups = config.entries.iter().filter_map(|e| e.word("vrip")).filter_map(net::parse_v4);
                let all: Ranges = groups.map(|a| (a, a)).collect();
                interface.answers = interface.answers.union(&all);
                interface.shared = interface.shared.union(&all);
            }
            _ => {
                for line in config.line..=config.last {
                    b.unknown(line, scope());
                }
            }
        }
    }
    interface
}

/// Reviewed attribute, unreviewed value.
fn interface_odd(setting: &Setting) -> bool {
    let value = setting.values.first().map_or("", String::as_str);
    match setting.key.as_str() {
        "type" => matches!(value, "vxlan" | "geneve" | "hard-switch-bridge"),
        // A proxy makes the packets anew.
        "explicit-ftp-proxy" => value == "enable",
        _ => false,
    }
}

fn read_ipv6(b: &mut Builder, entry: &Block, config: &Block, interface: &mut Interface) {
    structure(b, config);
    let known = [
        "ip6-address",
        "ip6-allowaccess",
        "ip6-send-adv",
        "ip6-manage-flag",
        "ip6-other-flag",
        "ip6-mode",
        "ip6-reachable-time",
        "ip6-retrans-time",
        "ip6-hop-limit",
        "ip6-default-life",
        "ip6-max-interval",
        "ip6-min-interval",
        "ip6-link-mtu",
        "nd-mode",
        "ip6-dns-server-override",
        "dhcp6-relay-service",
        "dhcp6-information-request",
        "autoconf",
        "unique-autoconf-addr",
        "interface-identifier",
    ];
    let dynamic = matches!(config.word("ip6-mode"), Some("dhcp" | "pppoe" | "delegated"));
    interface.dynamic6 = dynamic || config.enabled("autoconf");
    for setting in &config.settings {
        if known.contains(&setting.key.as_str()) {
            b.lowered(setting.line, format!("interface {}", entry.name));
        } else {
            b.unknown(setting.line, Scope::Interface(entry.name.clone()));
        }
    }
    for inner in &config.configs {
        match inner.name.as_str() {
            "ip6-extra-addr" => account_all(b, inner, "interface address"),
            "ip6-prefix-list" | "ip6-delegated-prefix-list" => account_all(b, inner, "advertisement"),
            _ => {
                for line in inner.line..=inner.last {
                    b.unknown(line, Scope::Interface(entry.name.clone()));
                }
            }
        }
    }
    let extra = config.configs.iter().filter(|c| c.name == "ip6-extra-addr").flat_map(|c| &c.entries);
    let texts = config.word("ip6-address").into_iter().chain(extra.map(|e| e.name.as_str()));
    for text in texts {
        let Some((ip, length)) = text.split_once('/') else { continue };
        let (Some(address), Some(length)) = (net::parse_ip(ip), length.parse().ok()) else { continue };
        if let (Some((first, last)), true) = (net::network(address, length), address != 0) {
            interface.addresses.push(InterfaceAddress { address, first, last });
        }
    }
}
