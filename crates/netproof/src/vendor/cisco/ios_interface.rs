//! Interfaces of IOS: addresses, ports, lists and translations bound to them.

use crate::model::{Interface, InterfaceAddress, InterfaceKind};
use crate::net;
use crate::vendor::build::{Builder, Scope};
use crate::vendor::switched::{Port, share};

use super::ios::Config;
use super::ios_acl::Binding;
use super::reviewed;
use super::sections::{Section, ignore_all, unknown_all, whole};

/// Reads one interface.
pub(super) fn interface(b: &mut Builder, c: &mut Config, section: &Section) {
    let name = section.words[1..].join(" ");
    let number = b.device.interfaces.len();
    let mut it = Interface::new(name.clone(), section.line);
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("loopback") || lower.starts_with("null") {
        it.kind = InterfaceKind::Loopback;
    }
    if lower.starts_with("tunnel") || lower.starts_with("virtual-") {
        it.kind = InterfaceKind::Tunnel;
    }
    // Routers answer ARP for networks they route elsewhere unless told not to.
    it.proxy_arp = !section.children.iter().any(|s| s.text() == "no ip proxy-arp");
    b.device.interfaces.push(it);
    let mut port = Port::default();
    for child in &section.children {
        if child.words[0] == "switchport" {
            if port.line(&child.slices()[1..], &mut b.device.interfaces[number]) {
                b.lowered(child.line, format!("interface {name}"));
            } else {
                // It may join VLANs, which is no matter of this port alone.
                unknown_all(b, child, &Scope::Device);
            }
        } else if !interface_line(b, c, number, &name, child) {
            match reviewed::prefix(reviewed::IOS_INTERFACE, &child.text()) {
                Some(rule) => ignore_all(b, child, rule),
                None => unknown_all(b, child, &Scope::Interface(name.clone())),
            }
        }
    }
    port.finish(&mut b.device.interfaces[number]);
}

fn interface_line(b: &mut Builder, c: &mut Config, number: usize, name: &str, child: &Section) -> bool {
    let words = child.slices();
    let line = child.line;
    match words[..] {
        ["ip", "address", "dhcp" | "negotiated", ..] => c.run_time.push((number, false, line)),
        ["ip", "address", ip, mask] | ["ip", "address", ip, mask, "secondary"] => {
            let Some(address) = net::parse_v4(ip) else { return false };
            let Some((first, last)) = net::mask_length(mask).and_then(|l| net::network(address, l)) else {
                return false;
            };
            b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
        }
        ["ipv6", "address", text, ref rest @ ..] => {
            let dynamic = text == "autoconf" || text == "dhcp";
            b.device.interfaces[number].dynamic6 |= dynamic;
            if dynamic {
                c.run_time.push((number, true, line));
            }
            if rest.contains(&"link-local") || dynamic {
                b.lowered(line, "interface address");
                return true;
            }
            let Some((ip, length)) = text.split_once('/') else { return false };
            let (Some(address), Ok(length)) = (net::parse_ip(ip), length.parse()) else { return false };
            let Some((first, last)) = net::network(address, length) else { return false };
            b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
        }
        ["no", "ip", "address"] => c.silent.push(number),
        ["shutdown"] => b.device.interfaces[number].enabled = false,
        ["ip", "access-group", list, direction @ ("in" | "out")] => c.bindings.push(Binding {
            interface: number,
            list: list.to_owned(),
            outward: direction == "out",
            six: false,
            line,
        }),
        ["ipv6", "traffic-filter", list, direction @ ("in" | "out")] => c.bindings.push(Binding {
            interface: number,
            list: list.to_owned(),
            outward: direction == "out",
            six: true,
            line,
        }),
        ["ip", "helper-address", .., server] | ["ipv6", "dhcp", "relay", "destination", server, ..] => {
            let Some(server) = net::parse_ip(server) else { return false };
            b.relay(number, server, line);
        }
        ["ip", "directed-broadcast", ref list @ ..] => c.broadcasting.push((number, !list.is_empty())),
        ["channel-group", channel, ..] => c.channels.push((number, format!("port-channel{channel}"))),
        ["zone-member", "security", zone] => c.zones.join(number, zone),
        ["ip", "nat", "inside"] => c.inside.push(number),
        ["ip", "nat", "outside"] => c.outside.push(number),
        ["ip", "policy", "route-map", map] => c.policies.push((number, map.to_owned(), line)),
        ["vrf", "forwarding", vrf] | ["ip", "vrf", "forwarding", vrf] => {
            b.device.interfaces[number].vrf = vrf.to_owned();
        }
        ["encapsulation", "dot1Q" | "dot1q", id, ..] => b.device.interfaces[number].vlan = id.parse().ok(),
        ["standby" | "vrrp", _, "ip", ip, ..] | ["standby" | "vrrp", "ip", ip] => {
            share(&mut b.device.interfaces[number], ip);
        }
        // IOS-XE prints the group as a block.
        ["vrrp", _, "address-family", ..] => {
            for inner in &child.children {
                if let ["address", ip, ..] = inner.slices()[..] {
                    share(&mut b.device.interfaces[number], ip);
                }
            }
            whole(b, child, "vrrp");
        }
        _ => return false,
    }
    b.lowered(line, format!("interface {name}"));
    true
}
