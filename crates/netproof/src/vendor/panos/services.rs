//! Who may reach the firewall's own services: the Interface Management profile of an interface ("Use Interface Management
//! Profiles to Restrict Access", PAN-OS Networking Administrator's Guide: without a profile an interface denies every
//! address, protocol and service) and its permitted addresses. The management port has a list of its own ("How to Allow
//! Specific IP Addresses to Access the Management Interface", knowledge base kA10g000000ClovCAC).

use crate::model::{Doubt, Interface, InterfaceAddress, Jump, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::Builder;
use crate::vendor::doors::Door;

use super::tree::Tree;

/// (attribute of the profile, port)
const SERVICES: [(&str, u16); 4] = [("https", 443), ("ssh", 22), ("http", 80), ("telnet", 23)];

/// The management port and what its own lines say.
pub(super) struct ManagementPort {
    interface: usize,
    /// Addresses that may log in; everybody when none is listed.
    listed: Option<Ranges>,
    /// Services that are switched off.
    closed: Vec<&'static str>,
    line: u32,
}

/// Adds the management port as an interface that forwards nothing, in front of `entry`; `None` when its address is not in
/// the file.
pub(super) fn management_port(b: &mut Builder, device: &Tree, entry: &mut NodeId) -> Option<ManagementPort> {
    let system = device.at(&["deviceconfig", "system"])?;
    let text = system.word("ip-address")?;
    let address = net::parse_v4(text)?;
    let (first, last) = net::network(address, net::mask_length(system.word("netmask")?)?)?;
    let line = system.get("ip-address").map_or(system.line, |t| t.line);
    let mut port = Interface::new("management", line);
    port.vrf = "management".to_owned();
    port.addresses.push(InterfaceAddress { address, first, last });
    if let Some((ip, length)) = system.word("ipv6-address").and_then(|t| t.split_once('/')) {
        let address = net::parse_ip(ip)?;
        let (first, last) = net::network(address, length.parse().ok()?)?;
        port.addresses.push(InterfaceAddress { address, first, last });
    }
    let interface = b.device.interfaces.len();
    b.device.interfaces.push(port);
    let here = Cube::any().with(Field::In, Ranges::one(interface as u128));
    let own = b.local_rule("management", &here);
    let stage = b.stage("management-port");
    let rules = vec![own, Rule::new(vec![here], Vec::new(), line, "management port")];
    b.fill(stage, rules, vec![Jump::to(*entry)]);
    *entry = stage;
    let listed = system.values("permitted-ip");
    let listed = listed
        .iter()
        .map(|text| net::parse_prefix(text))
        .try_fold(Ranges::empty(), |all, one| Some(all.union(&one?)))
        .filter(|_| !listed.is_empty());
    let off = |name: &&str| system.get("service").is_some_and(|s| s.yes(&format!("disable-{name}")));
    let closed = SERVICES.iter().map(|s| s.0).filter(off).collect();
    Some(ManagementPort { interface, listed, closed, line })
}

/// The administrative services; `None` where profiles are not written the way they are read here.
pub(super) fn doors(b: &mut Builder, network: &Tree, port: &ManagementPort) -> Option<Vec<Door>> {
    let bound = bindings(b, network)?;
    let profiles = network.at(&["profiles", "interface-management-profile"]);
    let mut out = Vec::new();
    for (name, number) in SERVICES {
        let mut door = Door::tcp(&format!("interface-management-profile {name}"), 0, number);
        if !port.closed.contains(&name) {
            // What the port serves unless told otherwise was not read.
            admit(b, &mut door, port.interface, port.listed.as_ref(), port.line, Some(Doubt::Unsourced));
        }
        for (interface, profile) in &bound {
            let Some(found) = profiles.and_then(|p| p.get(profile)) else {
                admit(b, &mut door, *interface, None, 0, Some(Doubt::Undefined));
                continue;
            };
            if !found.yes(name) {
                continue;
            }
            let line = found.get(name).map_or(found.line, |t| t.line);
            let listed = found.values("permitted-ip");
            let known: Option<Ranges> = listed
                .iter()
                .try_fold(Ranges::empty(), |all, text| Some(all.union(&net::parse_prefix(text)?)));
            match known {
                Some(list) if !listed.is_empty() => admit(b, &mut door, *interface, Some(&list), line, None),
                // An empty list: everybody, or nobody; sources disagree.
                Some(_) => admit(b, &mut door, *interface, None, line, Some(Doubt::Unsourced)),
                None => admit(b, &mut door, *interface, None, line, Some(Doubt::UnknownLine)),
            }
        }
        out.push(door);
    }
    // A GlobalProtect gateway answers on HTTPS without a profile.
    if network.at(&["tunnel", "global-protect-gateway"]).is_some_and(|t| !t.children.is_empty()) {
        out[0].admit(Cube::any(), 0, Some(Doubt::Relay));
    }
    Some(out)
}

fn admit(
    b: &Builder,
    door: &mut Door,
    number: usize,
    list: Option<&Ranges>,
    line: u32,
    doubt: Option<Doubt>,
) {
    let own: Ranges = b.device.interfaces[number].addresses.iter().map(|a| (a.address, a.address)).collect();
    let mut from = Cube::any().with(Field::In, Ranges::one(number as u128));
    if let Some(list) = list {
        from.narrow(Field::Src, list);
    }
    door.admit(from.clone().with(Field::Dst, own.clone()), line, doubt);
    // Whether the profile of the interface a packet comes in by, or of the one that has the address, decides is not
    // said: either may.
    let mut other = Cube::any().with(Field::Dst, own);
    if let Some(list) = list {
        other.narrow(Field::Src, list);
    }
    door.admit(other, line, doubt.or(Some(Doubt::Unsourced)));
    door.admit(from, line, doubt.or(Some(Doubt::Unsourced)));
}

/// Interfaces with the name of their profile.
fn bindings(b: &Builder, network: &Tree) -> Option<Vec<(usize, String)>> {
    let mut out = Vec::new();
    for family in network.get("interface").map(|i| i.children.as_slice()).unwrap_or_default() {
        collect(b, family, &mut out)?;
    }
    Some(out)
}

/// Every `interface-management-profile` below, with the interface it stands under.
fn collect(b: &Builder, at: &Tree, out: &mut Vec<(usize, String)>) -> Option<()> {
    for child in &at.children {
        let body = child.get("layer3").unwrap_or(child);
        if let Some(name) = body.word("interface-management-profile") {
            out.push((b.device.interface(&child.name)?, name.to_owned()));
        }
        if let Some(units) = body.get("units") {
            collect(b, units, out)?;
        }
    }
    Some(())
}
