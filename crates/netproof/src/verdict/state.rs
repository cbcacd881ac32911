//! Captured tables: routes for the readers, neighbours nobody declared for people.

use std::collections::BTreeSet;

use crate::model::{Device, Trunk};
use crate::net;
use crate::site::Site;
use crate::site::topology::vlan_number;
use crate::vendor::captured::{self, CapturedRoute, TableKind};

use super::Doubtful;
use super::verify::Snapshot;

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

/// Neighbours that neither a submitted device nor a declared prefix explains: addresses of ARP tables, names of LLDP
/// tables, and stations of MAC tables that no explained ARP line knows or that sit in a VLAN of no configuration.
pub(super) fn unexplained(site: &Site, snapshot: &Snapshot, devices: &[Device]) -> Vec<Doubtful> {
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
    let configured = configured_vlans(devices);
    let mut out = Vec::new();
    for table in &snapshot.state {
        let mut add = |line: u32, text: String, why: &str| {
            out.push(Doubtful { file: table.file.clone(), line, text, why: why.to_owned() });
        };
        match table.kind {
            TableKind::Arp => {
                for n in captured::neighbours(&table.text).iter().filter(|n| !explained(n.address)) {
                    let text = net::extract(n.address).to_string();
                    add(n.line, text, "どの領域にも機器にもない隣接アドレスです");
                }
            }
            TableKind::Lldp => {
                for (name, line) in captured::systems(&table.text) {
                    if !devices.iter().any(|d| d.name.eq_ignore_ascii_case(&name)) {
                        add(line, name, "一覧にない機器がつながっています");
                    }
                }
            }
            TableKind::Mac => {
                let mut strange: BTreeSet<u16> = BTreeSet::new();
                for station in captured::stations(&table.text) {
                    let vlan = station.vlan.filter(|v| !configured.contains(v));
                    if let Some(vlan) = vlan.filter(|v| strange.insert(*v)) {
                        let why = "提出されたどの設定にもない VLAN に、機器がつながっています";
                        add(station.line, format!("VLAN {vlan}"), why);
                    }
                    if !answered.contains(&station.mac) {
                        let why = "どの ARP 表でも説明のつかない機器がつながっています";
                        add(station.line, captured::show_mac(&station.mac), why);
                    }
                }
            }
            TableKind::Route => {}
        }
    }
    out
}

/// VLANs that some submitted configuration names.
fn configured_vlans(devices: &[Device]) -> BTreeSet<u16> {
    let mut out = BTreeSet::new();
    for interface in devices.iter().flat_map(|d| &d.interfaces).filter(|i| i.enabled) {
        out.extend(interface.vlan);
        out.extend(vlan_number(&interface.name));
        if let Some(Trunk::Vlans(list)) = &interface.trunk {
            let named = list.intervals().iter().flat_map(|r| r.0..=r.1.min(4094));
            out.extend(named.filter_map(|v| u16::try_from(v).ok()));
        }
    }
    out
}
