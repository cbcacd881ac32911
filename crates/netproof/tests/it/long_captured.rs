//! Results captured from real devices, when the corpus is there and `SEKISHO_LONG=1`: reachability reported by hosts
//! behind PAN-OS, routing tables printed by FortiOS. Nothing of the corpus is copied here.

use std::path::{Path, PathBuf};

use sekisho_netproof::model::Device;
use sekisho_netproof::net;
use sekisho_netproof::space::{Cube, Field, Ranges};
use sekisho_netproof::vectors::{Answer, answer};
use sekisho_netproof::vendor::{self, ReadOptions, Vendor};

fn corpus() -> Option<PathBuf> {
    let dir =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/netproof/snapshots"));
    let wanted = std::env::var_os("SEKISHO_LONG").is_some();
    if !wanted || !dir.exists() {
        eprintln!("NOT RUN: needs SEKISHO_LONG=1 and the captured snapshots");
        return None;
    }
    Some(dir)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn device(path: &Path, vendor: Vendor) -> Device {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    vendor::read(vendor, &name, &name, &read(path), &ReadOptions::default())
}

/// Ping from the host to the destination through the firewall: the interface whose network holds the host.
fn ping(firewall: &Device, host: &Device, dst: &str) -> Answer {
    let src = host.interfaces.iter().find_map(|i| i.addresses.first()).unwrap().address;
    let incoming = firewall
        .interfaces
        .iter()
        .find(|i| i.addresses.iter().any(|a| a.first <= src && src <= a.last))
        .unwrap();
    let mut cube = Cube::any();
    for (field, value) in [
        (Field::Src, src),
        (Field::Dst, net::parse_ip(dst).unwrap()),
        (Field::Proto, 1),
        (Field::Sport, 8),
        (Field::Dport, 0),
        (Field::Flags, 0),
        (Field::Frag, 0),
        (Field::Out, 0),
        (Field::Tag, 0),
    ] {
        cube.replace(field, Ranges::one(value));
    }
    answer(firewall, &incoming.name, cube).0
}

#[test]
fn captured_connectivity() {
    let Some(dir) = corpus() else { return };
    let (mut same, mut unknown, mut total) = (0, 0, 0);
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let connectivity = read(&path.join("show/connectivity.yaml"));
        let kinds = read(&path.join("show/host_nos.txt"));
        if connectivity.is_empty() || !kinds.contains("panos") {
            continue;
        }
        let firewall = device(&path.join("configs/pa"), Vendor::PanOs);
        assert_eq!(
            firewall.unknown_lines().count(),
            0,
            "{}: {:?}",
            path.display(),
            firewall.unknown_lines().collect::<Vec<_>>()
        );
        let field = |key: &str| {
            connectivity
                .lines()
                .find_map(|l| l.trim().trim_start_matches("- ").strip_prefix(key))
                .unwrap()
                .trim()
                .to_owned()
        };
        let host = device(&path.join("configs").join(field("src_hostname:")), Vendor::CiscoIos);
        let got = ping(&firewall, &host, &field("dst_ip:"));
        let expected = if field("disposition:") == "success" { Answer::Permit } else { Answer::Deny };
        total += 1;
        same += usize::from(got == expected);
        unknown += usize::from(got == Answer::Unknown);
        assert!(got == expected || got == Answer::Unknown, "{}: {got:?}", path.display());
    }
    eprintln!("captured connectivity: {same} of {total} reproduced, {unknown} unknown, 0 wrong");
    assert!(same * 100 >= total * 95);
}

/// Every route the FortiGate printed leads out of the interface it printed.
#[test]
fn captured_fortios_routes() {
    let Some(dir) = corpus() else { return };
    let path = dir.join("fortios_first_basic");
    let firewall = device(&path.join("configs/d2_fw/show.txt"), Vendor::Fortios);
    let unknown: Vec<_> = firewall.unknown_lines().map(|l| firewall.text[l as usize - 1].clone()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let table = read(&path.join("show/d2_fw/get_router_info_routing-table_all.txt"));
    let mut compared = 0;
    for line in table.lines().filter(|l| l.contains('/') && (l.starts_with('S') || l.starts_with('C'))) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let prefix = words.iter().find(|w| w.contains('/') && net::parse_prefix(w).is_some()).unwrap();
        let interface = words.last().unwrap().trim_end_matches(',');
        let (lo, hi) = net::parse_prefix_pair(prefix).unwrap();
        let node = firewall.nodes.iter().find(|n| n.name.ends_with("root/route")).unwrap();
        let probe = if hi > lo { lo + 1 + u128::from(prefix.starts_with("0.0")) * 0x0909_0909 } else { lo };
        let rule = node
            .rules
            .iter()
            .find(|r| {
                r.when.iter().any(|c| c.values(Field::Dst).contains(probe)) && r.label.starts_with("route")
            })
            .unwrap();
        let out = rule.then.iter().find_map(|j| {
            j.set.iter().find_map(|a| match a {
                sekisho_netproof::model::Assign::Set(Field::Out, r) => r.first(),
                _ => None,
            })
        });
        let name = &firewall.interfaces[firewall.adjacencies[out.unwrap() as usize].interface].name;
        assert_eq!(name, interface, "{line}");
        compared += 1;
    }
    assert!(compared >= 5);
    eprintln!("captured routes: {compared} compared, 0 differences");
}
