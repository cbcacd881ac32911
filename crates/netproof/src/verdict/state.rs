//! Captured tables: routes for the readers, neighbours nobody declared for people.

use std::collections::BTreeSet;

use crate::model::{Device, Trunk, vlan_number};
use crate::net;
use crate::site::Site;
use crate::space::Ranges;
use crate::vendor::cabling;
use crate::vendor::captured::{self, CapturedRoute, TableKind};
use crate::vendor::vlan_list;

use super::Doubtful;
use super::verify::{Snapshot, World};

/// Routes of a device; `None` when no table was captured or one cannot be read whole.
pub(super) fn routes(snapshot: &Snapshot, device: &str) -> Option<Vec<CapturedRoute>> {
    let mut out = None;
    let tables = snapshot.state.iter().filter(|s| s.device == device && s.kind == TableKind::Route);
    for table in tables {
        let found = captured::routes(&table.text).ok()?;
        out.get_or_insert_with(Vec::new).extend(found);
    }
    out
}

/// Captured tables that are not used, in words.
pub(super) fn unusable(snapshot: &Snapshot) -> Vec<String> {
    let mut out = Vec::new();
    for table in &snapshot.state {
        if !snapshot.devices.iter().any(|d| d.name == table.device) {
            out.push(format!("{}：機器 {} の設定が提出されていないため使いません", table.file, table.device));
        } else if let (TableKind::Route, Err(error)) = (table.kind, captured::routes(&table.text)) {
            out.push(format!(
                "{}：{} 行目を読み取れないため、経路表がないものとして扱います",
                table.file, error.line
            ));
        }
    }
    out
}

/// What captured tables show and neither a submitted configuration nor a declared prefix explains: addresses of ARP
/// tables, neighbours and ports of LLDP tables, VLANs and their ports, and stations of MAC tables that no explained ARP
/// line knows or that sit in a VLAN of no configuration.
pub(super) fn unexplained(site: &Site, snapshot: &Snapshot, world: &World) -> Vec<Doubtful> {
    let devices = world.devices.as_slice();
    let owned = |address: u128| {
        devices
            .iter()
            .flat_map(|d| &d.interfaces)
            .any(|i| i.addresses.iter().any(|a| a.address == address) || i.answers.contains(address))
    };
    let declared = |address: u128| site.zones.iter().any(|z| !z.is_open() && z.prefixes.contains(address));
    let explained = |address: u128| owned(address) || declared(address);
    let arp = snapshot.state.iter().filter(|s| s.kind == TableKind::Arp);
    let answered: BTreeSet<String> = arp
        .flat_map(|t| captured::neighbours(&t.text))
        .filter(|n| explained(n.address))
        .map(|n| n.mac)
        .collect();
    let mut out = Vec::new();
    for table in &snapshot.state {
        let found = match table.kind {
            TableKind::Arp => {
                let strange = captured::neighbours(&table.text).into_iter().filter(|n| !explained(n.address));
                let words = |n: captured::Neighbour| (n.line, net::extract(n.address).to_string());
                strange
                    .map(words)
                    .map(|(line, text)| (line, text, "どの領域にも機器にもない隣接アドレスです"))
                    .collect()
            }
            TableKind::Lldp => cables(world, &table.device, &table.text),
            TableKind::Mac => stations(devices, &answered, &table.text),
            TableKind::Vlan => vlans(devices, &table.device, &table.text),
            TableKind::Route => Vec::new(),
        };
        out.extend(found.into_iter().map(|(line, text, why)| Doubtful {
            file: table.file.clone(),
            line,
            text,
            why: why.to_owned(),
        }));
    }
    out
}

/// Line, what it shows, and why nobody can explain it.
type Strange = (u32, String, &'static str);

fn stations(devices: &[Device], answered: &BTreeSet<String>, text: &str) -> Vec<Strange> {
    let configured: BTreeSet<u16> = devices.iter().flat_map(configured_vlans).collect();
    let mut out = Vec::new();
    let mut strange: BTreeSet<u16> = BTreeSet::new();
    for station in captured::stations(text) {
        let vlan = station.vlan.filter(|v| !configured.contains(v));
        if let Some(vlan) = vlan.filter(|v| strange.insert(*v)) {
            let why = "提出されたどの設定にもない VLAN に、機器がつながっています";
            out.push((station.line, format!("VLAN {vlan}"), why));
        }
        if !answered.contains(&station.mac) {
            let why = "どの ARP 表でも説明のつかない機器がつながっています";
            out.push((station.line, captured::show_mac(&station.mac), why));
        }
    }
    out
}

/// Neighbours of an LLDP table: unknown devices, ports no configuration has, and cables between segments of different
/// zones or between access ports of different VLANs.
fn cables(world: &World, device: &str, text: &str) -> Vec<Strange> {
    let devices = world.devices.as_slice();
    let mut out = Vec::new();
    let find = |name: &str| devices.iter().position(|d| d.name.eq_ignore_ascii_case(name));
    for n in cabling::neighbours(text) {
        let Some(far) = find(&n.system) else {
            out.push((n.line, n.system, "一覧にない機器がつながっています"));
            continue;
        };
        let Some(remote) = &n.remote else { continue };
        let far_end = port(&devices[far], remote);
        if far_end.is_none() && prints_such(&devices[far], remote) {
            let what = format!("{} {remote}", devices[far].name);
            out.push((n.line, what, "相手の設定にないポートにつながっています"));
        }
        let near = find(device).and_then(|d| Some((d, port(&devices[d], n.port.as_deref()?)?)));
        if let (Some(near), Some(far_end)) = (near, far_end)
            && let Some(why) = disagreement(world, near, (far, far_end))
        {
            let own = n.port.as_deref().unwrap_or_default();
            out.push((n.line, format!("{device} {own} と {} {remote}", devices[far].name), why));
        }
    }
    out
}

fn port(device: &Device, name: &str) -> Option<usize> {
    device.interfaces.iter().position(|i| cabling::same_port(&i.name, name))
}

/// Whether the configuration has ports named like this one; port ids may also be hardware addresses or numbers.
fn prints_such(device: &Device, name: &str) -> bool {
    let kind = |text: &str| -> String {
        text.chars().take_while(|c| c.is_ascii_alphabetic()).map(|c| c.to_ascii_lowercase()).collect()
    };
    let wanted = kind(name);
    let same =
        |other: String| !other.is_empty() && (other.starts_with(&wanted) || wanted.starts_with(&other));
    let numbered = name.chars().any(|c| c.is_ascii_digit()) && !name.contains(':');
    !wanted.is_empty() && numbered && device.interfaces.iter().any(|i| same(kind(&i.name)))
}

/// Why the two ends of a cable cannot both be what their configurations say.
fn disagreement(world: &World, a: (usize, usize), b: (usize, usize)) -> Option<&'static str> {
    let interface = |end: (usize, usize)| &world.devices[end.0].interfaces[end.1];
    if interface(a).trunk.is_some() || interface(b).trunk.is_some() {
        return None;
    }
    let zones = |end: (usize, usize)| {
        let owner = (end.0, interface(end).port_of.unwrap_or(end.1));
        let wire = world.topology.wires.iter().find(|w| w.members.contains(&owner));
        wire.map(|w| w.zones.as_slice()).unwrap_or_default()
    };
    let (here, there) = (zones(a), zones(b));
    if !here.is_empty() && !there.is_empty() && !here.iter().any(|z| there.contains(z)) {
        return Some("両端が別の領域の区間に属する配線です");
    }
    match (interface(a).vlan, interface(b).vlan) {
        (Some(x), Some(y)) if x != y => Some("両端の VLAN が違う配線です"),
        _ => None,
    }
}

/// VLANs a device has: ones its configuration does not name, and access ports that are in another than configured.
fn vlans(devices: &[Device], device: &str, text: &str) -> Vec<Strange> {
    let Some(device) = devices.iter().find(|d| d.name == device) else { return Vec::new() };
    let configured = configured_vlans(device);
    let mut out = Vec::new();
    for row in cabling::vlans(text) {
        if !configured.contains(&row.vlan) {
            out.push((row.line, format!("VLAN {}", row.vlan), "この機器の設定にない VLAN があります"));
        }
        for name in &row.ports {
            let Some(found) = port(device, name).map(|n| &device.interfaces[n]) else { continue };
            if found.trunk.is_none() && found.vlan.unwrap_or(1) != row.vlan {
                let what = format!("{name}（VLAN {}）", row.vlan);
                out.push((row.line, what, "設定と違う VLAN に入っているポートがあります"));
            }
        }
    }
    out
}

/// VLANs that a configuration names.
fn configured_vlans(device: &Device) -> BTreeSet<u16> {
    let mut out = BTreeSet::new();
    let spans = |list: &Ranges| -> Vec<u16> {
        let named = list.intervals().iter().flat_map(|r| r.0..=r.1.min(4094));
        named.filter_map(|v| u16::try_from(v).ok()).collect()
    };
    for interface in device.interfaces.iter().filter(|i| i.enabled) {
        out.extend(interface.vlan);
        out.extend(vlan_number(&interface.name));
        if let Some(Trunk::Vlans(list)) = &interface.trunk {
            out.extend(spans(list));
        }
    }
    // `vlan 10,20-29`, of which no port need be a member.
    for line in &device.text {
        let mut words = line.split_whitespace();
        if words.next() == Some("vlan")
            && let Some(list) = words.next().and_then(vlan_list)
        {
            out.extend(spans(&list));
        }
    }
    out
}
