//! Captured tables: routes for the readers, neighbours nobody declared for people.

use crate::model::Device;
use crate::net;
use crate::site::Site;
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

/// Neighbours that neither a submitted device nor a declared prefix explains.
pub(super) fn unexplained(site: &Site, snapshot: &Snapshot, devices: &[Device]) -> Vec<Doubtful> {
    let owned = |address: u128| {
        devices
            .iter()
            .flat_map(|d| &d.interfaces)
            .any(|i| i.addresses.iter().any(|a| a.address == address) || i.answers.contains(address))
    };
    let declared = |address: u128| site.zones.iter().any(|z| !z.is_open() && z.prefixes.contains(address));
    let mut out = Vec::new();
    for table in &snapshot.state {
        let mut add = |line: u32, text: String, why: &str| {
            out.push(Doubtful { file: table.file.clone(), line, text, why: why.to_owned() });
        };
        match table.kind {
            TableKind::Arp => {
                for (address, line) in captured::neighbours(&table.text) {
                    if !owned(address) && !declared(address) {
                        let text = net::extract(address).to_string();
                        add(line, text, "どの領域にも機器にもない隣接アドレスです");
                    }
                }
            }
            TableKind::Lldp => {
                for (name, line) in captured::systems(&table.text) {
                    if !devices.iter().any(|d| d.name.eq_ignore_ascii_case(&name)) {
                        add(line, name, "一覧にない機器がつながっています");
                    }
                }
            }
            TableKind::Route | TableKind::Mac => {}
        }
    }
    out
}
