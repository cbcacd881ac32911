//! Damaged configurations never panic a reader and never lose a line: every line is accounted for.

use crate::common::Dice;
use sekisho_netproof::vectors;
use sekisho_netproof::vendor::{self, ReadOptions, Vendor};

/// Deletes, repeats, swaps and splices words and lines.
fn damage(text: &str, d: &mut Dice) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=d.roll(4) {
        if lines.is_empty() {
            break;
        }
        let at = d.roll(lines.len() as u64) as usize;
        let words: Vec<String> = lines[at].split(' ').map(str::to_owned).collect();
        let w = d.roll(words.len() as u64) as usize;
        match d.roll(7) {
            0 => {
                lines.remove(at);
            }
            1 => lines.insert(at, lines[d.roll(lines.len() as u64) as usize].clone()),
            2 => lines[at] = words[..w].join(" "),
            3 => {
                lines[at] =
                    format!("{} 999999999999999999999999 {}", words[..w].join(" "), words[w..].join(" "))
            }
            4 => lines[at]
                .push_str([" {", " }", " \"", " ;", " /0", " -", ":", " ::/0 0.0.0.0"][d.roll(8) as usize]),
            5 => lines[at] = lines[at].replace(|c: char| c.is_ascii_digit(), "9"),
            _ => lines[at] = "\u{3042}\u{0}\t".to_owned() + &lines[at],
        }
    }
    lines.join("\n")
}

#[test]
fn damaged_configurations_are_survived() {
    let cases = vectors::parse(include_str!("../vectors/first.yaml")).unwrap();
    let mut d = Dice(31);
    let town = crate::common::town(&mut d);
    let mut samples: Vec<(Vendor, String)> =
        cases.iter().map(|c| (Vendor::from_name(&c.platform), c.config.clone())).collect();
    samples.push((Vendor::Fortios, town.fortigate));
    samples.push((Vendor::CiscoIos, town.core.clone()));
    samples.push((Vendor::CiscoAsa, "ASA Version 9.8(4)\ninterface G0/0\n nameif outside\n security-level 0\n ip address 203.0.113.1 255.255.255.0\nobject network W\n host 10.0.5.10\n nat (dmz,outside) static 203.0.113.10\naccess-list O extended permit tcp any host 10.0.5.10 eq 80\naccess-group O in interface outside\nroute outside 0.0.0.0 0.0.0.0 203.0.113.254\n".into()));
    samples.push((Vendor::AlaxalaAx, "flow detection mode layer3-1\ninterface vlan 10\n ip address 10.0.10.1 255.255.255.0\n ip access-group F in\nip access-list extended F\n 10 permit tcp any 10.0.0.0 0.255.0.255 range 1 9\nip route 0.0.0.0 0.0.0.0 10.0.10.9\n".into()));
    samples.push((Vendor::Awplus, "access-list hardware T\n 4 permit tcp any any eq 443\nzone a\n network b\n  ip subnet 10.0.0.0/24 interface eth1\n  host c\n   ip address 10.0.0.1\ninterface eth1\n ip address 10.0.0.1/24\nfirewall\n rule 10 permit http from a to a\n protect\nnat\n rule 5 portfwd http from a with dst a.b.c\n enable\n".into()));
    samples.push((Vendor::NecIx, "ip access-list w permit tcp src any sport any dest any dport eq 80\ninterface GE0.0\n ip address 10.0.1.1/24\n ip filter w 1 in\n".into()));
    samples.push((Vendor::PanOs, "config {\n devices {\n  l {\n   network { interface { ethernet { ethernet1/1 { layer3 { ip { 10.1.1.1/24; } } } } } virtual-router { v { interface [ ethernet1/1 ]; } } }\n   vsys { vsys1 { zone { z { network { layer3 ethernet1/1; } } } rulebase { security { rules { r { from z; to any; source any; destination any; service any; application any; action allow; } } } nat { rules { n { from z; to z; source any; destination any; service any; destination-translation { translated-address 10.1.1.5; } } } } } } }\n  }\n }\n}\n".into()));
    samples.push((Vendor::Iptables, "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i e0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8080\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n".into()));
    for round in 0..150 {
        for (vendor, text) in &samples {
            let damaged = if round == 0 { text.clone() } else { damage(text, &mut d) };
            let device = vendor::read(*vendor, "d", "f", &damaged, &ReadOptions::default());
            assert!(device.lines.len() >= damaged.lines().count());
            assert_eq!(device.text.len(), device.lines.len());
            for interface in 0..device.interfaces.len().min(2) {
                let packet = vectors::PacketText {
                    src: "10.1.0.9".into(),
                    dst: "10.2.0.5".into(),
                    sport: Some(40_000),
                    dport: Some(80),
                    ..Default::default()
                };
                let name = device.interfaces[interface].name.clone();
                let _ = vectors::answer(&device, &name, vectors::packet_cube(&packet).unwrap());
            }
        }
    }
}
