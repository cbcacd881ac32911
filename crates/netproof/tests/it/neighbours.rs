//! Captured tables against the submitted configurations: what nobody can explain is said, the rest is not.

use crate::never_bare::ZONES;
use sekisho_netproof::site::Site;
use sekisho_netproof::vendor::captured::TableKind;
use sekisho_netproof::verdict::{CapturedText, DeviceText, Snapshot, verify};

const CORE: &str = "version 17.3\nhostname core\nip routing\nvlan 10,20\nvlan 30\n name spare\n!\ninterface GigabitEthernet1/0/1\n switchport mode access\n switchport access vlan 10\n!\ninterface GigabitEthernet1/0/2\n switchport mode access\n switchport access vlan 20\n!\ninterface GigabitEthernet1/0/24\n switchport mode trunk\n switchport trunk allowed vlan 10,20\n!\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n!\ninterface Vlan20\n ip address 10.2.0.1 255.255.255.0\n";
const ROUTER: &str = "ip lan1 address 10.1.0.2/24\nip lan2 address 10.9.0.1/24\n";
const FLOOR: &str = "vlan database\n vlan 10,20 state enable\n!\ninterface port1.0.1\n switchport mode access\n switchport access vlan 20\n!\ninterface port1.0.2\n switchport mode access\n switchport access vlan 10\n";

/// Text and reason of everything unexplained.
fn strange(kind: TableKind, text: &str) -> Vec<String> {
    let site = Site::parse(ZONES, "", "", "").unwrap();
    let device = |name: &str, file: &str, text: &str| DeviceText::new(name, file, None, text.as_bytes());
    let devices = vec![
        device("core", "core.ios.txt", CORE),
        device("rt", "rt.rtx.txt", ROUTER),
        device("floor", "floor.awplus.txt", FLOOR),
    ];
    let table =
        CapturedText { device: "core".into(), file: "core.table.txt".into(), kind, text: text.into() };
    let snapshot = Snapshot { devices, state: vec![table], as_of: Some("2026-11-26".into()) };
    let report = verify(&site, &snapshot);
    report.unexplained.into_iter().map(|d| format!("{}:{} {}", d.line, d.text, d.why)).collect()
}

#[test]
fn addresses_outside_every_zone() {
    let arp = "Internet  10.1.0.9    5   0011.2233.4455  ARPA   Vlan10\nInternet  10.77.0.9   5   0011.2233.4466  ARPA   Vlan10\n";
    assert_eq!(strange(TableKind::Arp, arp), ["2:10.77.0.9 どの領域にも機器にもない隣接アドレスです"]);
}

#[test]
fn stations_nobody_answers_for_and_vlans_nobody_configured() {
    let mac =
        "  10    0011.2233.4455    DYNAMIC     Gi1/0/1\n  40    0011.2233.4455    DYNAMIC     Gi1/0/2\n";
    assert_eq!(
        strange(TableKind::Mac, mac),
        [
            "1:00:11:22:33:44:55 どの ARP 表でも説明のつかない機器がつながっています",
            "2:VLAN 40 提出されたどの設定にもない VLAN に、機器がつながっています",
            "2:00:11:22:33:44:55 どの ARP 表でも説明のつかない機器がつながっています",
        ]
    );
}

#[test]
fn neighbours_and_their_ports() {
    let lldp = |port: &str, remote: &str, system: &str| {
        let text = format!(
            "Local Intf: {port}\nChassis id: 0011.2233.4455\nPort id: {remote}\nSystem Name: {system}\n"
        );
        strange(TableKind::Lldp, &text)
    };
    assert!(lldp("Gi1/0/1", "port1.0.2", "floor").is_empty());
    assert!(lldp("Gi1/0/1", "lan1", "rt").is_empty());
    assert!(lldp("Gi1/0/24", "port1.0.1", "floor").is_empty(), "a trunk carries several");
    assert_eq!(lldp("Gi1/0/1", "eth0", "printer9"), ["4:printer9 一覧にない機器がつながっています"]);
    assert_eq!(
        lldp("Gi1/0/1", "port1.0.9", "floor"),
        ["4:floor port1.0.9 相手の設定にないポートにつながっています"]
    );
    assert!(lldp("Gi1/0/1", "0004.cd28.8754", "floor").is_empty(), "a port id that is no name");
    assert_eq!(
        lldp("Gi1/0/1", "port1.0.1", "floor"),
        ["4:core Gi1/0/1 と floor port1.0.1 両端の VLAN が違う配線です"]
    );
    assert_eq!(
        lldp("Gi1/0/2", "lan1", "rt"),
        ["4:core Gi1/0/2 と rt lan1 両端が別の領域の区間に属する配線です"]
    );
}

#[test]
fn vlans_and_ports_that_differ_from_the_configuration() {
    let table = "10   JU    active    Gi1/0/1\n20   IN    active    Gi1/0/2\n30   spare active\n";
    assert!(strange(TableKind::Vlan, table).is_empty());
    let table = "10   JU    active    Gi1/0/1, Gi1/0/2\n50   guest active\n";
    assert_eq!(
        strange(TableKind::Vlan, table),
        [
            "1:Gi1/0/2（VLAN 10） 設定と違う VLAN に入っているポートがあります",
            "2:VLAN 50 この機器の設定にない VLAN があります"
        ]
    );
}
