//! One policy, generated for six languages by aerleon (PyPI, tests only) and read back, means the same everywhere.

use std::collections::BTreeMap;
use std::process::Command;

use sekisho_netproof::vectors::{Answer, PacketText, ProtoText, answer, packet_cube};
use sekisho_netproof::vendor::{self, ReadOptions, Vendor};

fn generated() -> Option<BTreeMap<String, String>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/one_policy.py");
    let run = Command::new("python3").arg("-B").arg(script).output();
    match run {
        Ok(out) if out.status.success() => Some(serde_json::from_slice(&out.stdout).unwrap()),
        _ => {
            eprintln!("NOT RUN: needs python3 with aerleon (pip install aerleon)");
            None
        }
    }
}

/// The generated text inside the least configuration its device needs; commands that only clear go.
fn framed(target: &str, text: &str) -> (Vendor, String, &'static str) {
    let plain: String = text
        .lines()
        .filter(|l| !l.starts_with("no ip access-list") && !l.starts_with("clear ") && *l != "exit")
        .map(|l| format!("{l}\n"))
        .collect();
    let linux = "### ip -o address\n2: lan inet 10.1.0.1/16 scope global lan\n3: dmz inet 10.2.0.1/16 scope global dmz\n";
    match target {
        "cisco" => (
            Vendor::CiscoIos,
            format!(
                "interface Gi0/0\n ip address 10.1.0.1 255.255.0.0\n ip access-group FILTER in\ninterface Gi0/1\n ip address 10.2.0.1 255.255.0.0\n{plain}"
            ),
            "Gi0/0",
        ),
        "ciscoasa" => (
            Vendor::CiscoAsa,
            format!(
                "ASA Version 9.16(3)\ninterface Gi0/0\n nameif lan\n security-level 100\n ip address 10.1.0.1 255.255.0.0\ninterface Gi0/1\n nameif dmz\n security-level 50\n ip address 10.2.0.1 255.255.0.0\n{plain}access-group FILTER in interface lan\n"
            ),
            "lan",
        ),
        "nftables" => (Vendor::Nftables, format!("{linux}### nft list ruleset\n{plain}"), "lan"),
        "speedway" => (Vendor::Iptables, format!("{linux}### iptables-save\n{plain}"), "lan"),
        "fortigate" => (
            Vendor::Fortios,
            format!(
                "#config-version=FGVM64-7.0.12-FW-build0000-000000:opmode=0:vdom=0:user=admin\nconfig system interface\n    edit \"lan\"\n        set ip 10.1.0.1 255.255.0.0\n    next\n    edit \"dmz\"\n        set ip 10.2.0.1 255.255.0.0\n    next\nend\nconfig firewall address\n    edit \"all\"\n    next\nend\nconfig firewall service custom\n    edit \"ALL\"\n        set protocol IP\n    next\nend\n{plain}"
            ),
            "lan",
        ),
        "paloalto" => {
            let network = "<network><interface><ethernet><entry name=\"ethernet1/1\"><layer3><ip><entry name=\"10.1.0.1/16\"/></ip></layer3></entry><entry name=\"ethernet1/2\"><layer3><ip><entry name=\"10.2.0.1/16\"/></ip></layer3></entry></ethernet></interface></network>\n<vsys>";
            let zones = "<zone><entry name=\"lan\"><network><layer3><member>ethernet1/1</member></layer3></network></entry><entry name=\"dmz\"><network><layer3><member>ethernet1/2</member></layer3></network></entry></zone>\n<rulebase>";
            (
                Vendor::PanOs,
                text.replacen("<vsys>", network, 1).replacen("<rulebase>", zones, 1),
                "ethernet1/1",
            )
        }
        other => panic!("{other}"),
    }
}

/// What the policy says, in words of its own.
fn permitted(src: u8, third: u8, dst: (u8, u8), proto: &str, port: u16) -> bool {
    let client = third == 0;
    let server = dst.0 == 0 && dst.1 < 16 || dst == (5, 9);
    let blocked = client && (64..96).contains(&src);
    let high = (8000..=8010).contains(&port);
    match proto {
        "tcp" if blocked && server && high => false,
        "tcp" => client && server && (port == 80 || port == 443 || high),
        _ => client && server && port == 53,
    }
}

#[test]
fn six_languages_mean_the_same() {
    let Some(all) = generated() else { return };
    assert_eq!(all.len(), 6);
    let mut compared = 0;
    for (target, text) in &all {
        let (vendor, config, entry) = framed(target, text);
        let device = vendor::read(vendor, "d", "f", &config, &ReadOptions::default());
        let unread: Vec<_> = device.unknown_lines().map(|l| &device.text[l as usize - 1]).collect();
        assert!(unread.is_empty(), "{target}: {unread:?}");
        for (third, src) in [(0, 5), (0, 63), (0, 64), (0, 95), (0, 96), (1, 5)] {
            for dst in [(0, 2), (0, 15), (0, 16), (5, 9), (5, 8)] {
                for (proto, port) in [
                    ("tcp", 80),
                    ("tcp", 443),
                    ("tcp", 444),
                    ("tcp", 7999),
                    ("tcp", 8000),
                    ("tcp", 8010),
                    ("tcp", 8011),
                    ("udp", 53),
                    ("udp", 54),
                ] {
                    let packet = PacketText {
                        src: format!("10.1.{third}.{src}"),
                        dst: format!("10.2.{}.{}", dst.0, dst.1),
                        proto: ProtoText::Name(proto.into()),
                        sport: Some(40_000),
                        dport: Some(port),
                        ..PacketText::default()
                    };
                    let (got, why) = answer(&device, entry, packet_cube(&packet).unwrap());
                    let wanted =
                        if permitted(src, third, dst, proto, port) { Answer::Permit } else { Answer::Deny };
                    assert_eq!(got, wanted, "{target} {packet:?} {why:?}");
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 6 * 6 * 5 * 9);
}
