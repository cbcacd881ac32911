//! Every language as the only guard between two zones: random clean configurations are proved, the same with one
//! hole planted at a random place is refuted with a packet, a line and a verified fix.

use sekisho_netproof::site::Site;
use sekisho_netproof::verdict::{DeviceText, Finding, Snapshot, Verdict, verify};

use crate::common::{Dice, times};

const ZONES: &str = "[[zone]]\nid = \"ju\"\nkind = \"JU\"\nprefixes = [\"10.1.0.0/24\"]\n[[zone]]\nid = \"in\"\nkind = \"IN\"\nprefixes = [\"10.2.0.0/24\"]\n[[device]]\nname = \"fw\"\nmodel = \"AX8600R\"\n";
const DENY: &str = "[[deny]]\nid = \"d\"\nfrom = \"in\"\nto = \"ju\"\n";

fn ask(language: &str, text: &str) -> Finding {
    let site = Site::parse(ZONES, DENY, "", "").unwrap();
    let file = format!("fw.{language}.txt");
    let vendor = sekisho_netproof::vendor::Vendor::from_name(language);
    let devices = vec![DeviceText::new("fw", &file, Some(vendor), text.as_bytes())];
    let report = verify(&site, &Snapshot { devices, ..Snapshot::default() });
    report.findings.into_iter().find(|f| f.id == "d").unwrap()
}

/// Rules that never let anything from IN to JU, and holes that do, in one language. `frame` joins them to a whole
/// configuration; the last rule always denies.
struct Language {
    name: &'static str,
    clean: fn(&mut Dice) -> String,
    hole: fn(&mut Dice) -> String,
    frame: fn(&[String]) -> String,
}

fn port(d: &mut Dice) -> u64 {
    [22, 53, 80, 135, 443, 445, 3389, 8080][d.roll(8) as usize]
}

fn host(d: &mut Dice) -> u64 {
    2 + d.roll(250)
}

const LANGUAGES: &[Language] = &[
    Language {
        name: "ios",
        clean: |d| match d.roll(3) {
            0 => format!("permit tcp any host 10.9.0.{} eq {}", host(d), port(d)),
            1 => format!("deny ip host 10.2.0.{} any", host(d)),
            _ => format!("permit tcp 10.1.0.0 0.0.0.255 10.1.0.0 0.0.0.255 eq {}", port(d)),
        },
        hole: |d| match d.roll(3) {
            0 => format!("permit tcp any host 10.1.0.{} eq {}", host(d), port(d)),
            1 => format!("permit udp any eq {} any", port(d)),
            _ => "permit tcp any any established".into(),
        },
        frame: |rules| {
            format!(
                "version 15.2\ninterface Gi0/0\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\ninterface Gi0/1\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group F in\nip access-list extended F\n {}\n deny ip any any\n",
                rules.join("\n ")
            )
        },
    },
    Language {
        name: "alaxala",
        clean: |d| match d.roll(2) {
            0 => format!("permit tcp any host 10.9.0.{} eq {}", host(d), port(d)),
            _ => format!("deny udp any any eq {}", port(d)),
        },
        hole: |d| format!("permit tcp any 10.1.0.0 0.0.0.127 eq {}", port(d)),
        frame: |rules| {
            format!(
                "interface gigabitethernet 1/1\n ip address 10.1.0.1 255.255.255.0\n!\ninterface gigabitethernet 1/2\n ip address 10.2.0.1 255.255.255.0\n ip access-group F in\n!\nip access-list extended F\n {}\n deny ip any any\n",
                rules.join("\n ")
            )
        },
    },
    Language {
        name: "awplus",
        clean: |d| match d.roll(2) {
            0 => format!("permit tcp any host 10.9.0.{} eq {}", host(d), port(d)),
            _ => format!("deny udp any any eq {}", port(d)),
        },
        hole: |d| format!("permit ip 10.2.0.0 0.0.0.255 host 10.1.0.{}", host(d)),
        frame: |rules| {
            format!(
                "access-list hardware T\n {}\n deny ip any any\ninterface vlan10\n ip address 10.1.0.1/24\ninterface vlan20\n ip address 10.2.0.1/24\ninterface port1.0.1\n switchport mode access\n switchport access vlan 20\n access-group T\ninterface port1.0.2\n switchport mode access\n switchport access vlan 10\n",
                rules.join("\n ")
            )
        },
    },
    Language {
        name: "asa",
        clean: |d| match d.roll(2) {
            0 => format!("permit tcp any host 10.9.0.{} eq {}", host(d), port(d)),
            _ => format!("deny tcp any any eq {}", port(d)),
        },
        hole: |d| format!("permit tcp any host 10.1.0.{} eq {}", host(d), port(d)),
        frame: |rules| {
            let list: Vec<String> = rules.iter().map(|r| format!("access-list F extended {r}\n")).collect();
            format!(
                "ASA Version 9.16(3)\ninterface Gi0/0\n nameif ju\n security-level 100\n ip address 10.1.0.1 255.255.255.0\ninterface Gi0/1\n nameif in\n security-level 0\n ip address 10.2.0.1 255.255.255.0\n{}access-group F in interface in\n",
                list.concat()
            )
        },
    },
    Language {
        name: "rtx",
        clean: |d| match d.roll(2) {
            0 => format!("pass * 10.9.0.{} tcp * {}", host(d), port(d)),
            _ => format!("reject * * udp * {}", port(d)),
        },
        hole: |d| match d.roll(2) {
            0 => format!("pass * 10.1.0.{} tcp * {}", host(d), port(d)),
            // Ports of `*` do not bind ICMP.
            _ => format!("pass * * * * {}", port(d)),
        },
        frame: |rules| {
            let lines: Vec<String> = (1..).zip(rules).map(|(n, r)| format!("ip filter {n} {r}\n")).collect();
            let numbers: Vec<String> = (1..=rules.len()).map(|n| n.to_string()).collect();
            format!(
                "ip lan1 address 10.1.0.1/24\nip lan2 address 10.2.0.1/24\n{}ip lan2 secure filter in {}\n",
                lines.concat(),
                numbers.join(" ")
            )
        },
    },
    Language {
        name: "nft",
        clean: |d| match d.roll(2) {
            0 => format!("ip daddr 10.9.0.{} tcp dport {} accept", host(d), port(d)),
            _ => format!("tcp dport {{ {}, 9999 }} drop", port(d)),
        },
        hole: |d| format!("ip daddr 10.1.0.{} tcp dport {} accept", host(d), port(d)),
        frame: |rules| {
            format!(
                "### ip -o address\n2: a0 inet 10.1.0.1/24 scope global a0\n3: b0 inet 10.2.0.1/24 scope global b0\n### nft list ruleset\ntable inet f {{\n\tchain forward {{\n\t\ttype filter hook forward priority filter; policy drop;\n\t\tct state established,related accept\n\t\t{}\n\t}}\n}}\n",
                rules.join("\n\t\t")
            )
        },
    },
    Language {
        name: "iptables",
        clean: |d| match d.roll(2) {
            0 => format!("-d 10.9.0.{}/32 -p tcp -m tcp --dport {} -j ACCEPT", host(d), port(d)),
            _ => format!("-p udp -m udp --dport {} -j DROP", port(d)),
        },
        hole: |d| format!("-d 10.1.0.{}/32 -p tcp -m multiport --dports {},9999 -j ACCEPT", host(d), port(d)),
        frame: |rules| {
            let lines: Vec<String> = rules.iter().map(|r| format!("-A FORWARD {r}\n")).collect();
            format!(
                "### ip -o address\n2: a0 inet 10.1.0.1/24 scope global a0\n3: b0 inet 10.2.0.1/24 scope global b0\n### iptables-save\n*filter\n:FORWARD DROP [0:0]\n{}COMMIT\n",
                lines.concat()
            )
        },
    },
    Language {
        name: "panos",
        clean: |d| {
            format!(
                "from in; to ju; source 10.9.0.{}; destination any; service any; application any; action {};",
                host(d),
                ["allow", "deny"][d.roll(2) as usize]
            )
        },
        hole: |d| {
            format!(
                "from any; to any; source any; destination 10.1.0.{}; service any; application any; action allow;",
                host(d)
            )
        },
        frame: |rules| {
            let lines: Vec<String> = (1..).zip(rules).map(|(n, r)| format!("r{n} {{ {r} }}\n")).collect();
            format!(
                "config {{\n devices {{\n l {{\n network {{ interface {{ ethernet {{ ethernet1/1 {{ layer3 {{ ip {{ 10.1.0.1/24; }} }} }} ethernet1/2 {{ layer3 {{ ip {{ 10.2.0.1/24; }} }} }} }} }} virtual-router {{ v {{ interface [ ethernet1/1 ethernet1/2 ]; }} }} }}\n vsys {{ vsys1 {{ zone {{ ju {{ network {{ layer3 ethernet1/1; }} }} in {{ network {{ layer3 ethernet1/2; }} }} }}\n rulebase {{ security {{ rules {{\n{}}} }} }} }} }}\n }}\n }}\n}}\n",
                lines.concat()
            )
        },
    },
];

#[test]
fn holes_in_every_language_are_found_and_clean_ones_are_not() {
    let mut d = Dice(51);
    let (mut found, mut fixed) = (0, 0);
    for language in LANGUAGES {
        for _ in 0..times(15) {
            let mut rules: Vec<String> = (0..2 + d.roll(6)).map(|_| (language.clean)(&mut d)).collect();
            let text = (language.frame)(&rules);
            let clean = ask(language.name, &text);
            assert_eq!(
                clean.verdict,
                Verdict::Proved,
                "{} {:?} {:?}\n{text}",
                language.name,
                clean.reasons,
                clean.packet
            );
            // In front, so that no clean rule hides the hole.
            rules.insert(0, (language.hole)(&mut d));
            let text = (language.frame)(&rules);
            let holed = ask(language.name, &text);
            assert_eq!(holed.verdict, Verdict::Refuted, "{} {:?}\n{text}", language.name, holed.reasons);
            assert!(holed.hops.iter().any(|h| h.line > 0 && !h.text.is_empty()), "{}", language.name);
            assert!((1..=20).contains(&holed.rectangles.len()));
            found += 1;
            fixed += usize::from(holed.fix.is_some_and(|f| f.contains("再検証済み")));
        }
    }
    assert_eq!(found, LANGUAGES.len() * times(15) as usize);
    assert!(fixed * 10 >= found * 9, "{fixed} of {found}");
}

/// Without the guard nothing filters at all; the fix says where a rule belongs.
#[test]
fn a_missing_filter_is_a_hole_with_a_place() {
    let rtx = ask("rtx", "ip lan1 address 10.1.0.1/24\nip lan2 address 10.2.0.1/24\n");
    assert_eq!(rtx.verdict, Verdict::Refuted);
    assert!(rtx.fix.unwrap().contains("fw の lan2 で受け取る通信"));
    let awplus = ask(
        "awplus",
        "access-list hardware T\n 4 deny tcp any any eq 445\ninterface vlan10\n ip address 10.1.0.1/24\ninterface vlan20\n ip address 10.2.0.1/24\ninterface port1.0.1\n switchport mode access\n switchport access vlan 20\n access-group T\n",
    );
    assert_eq!(awplus.verdict, Verdict::Refuted, "no final deny");
    assert!(awplus.fix.unwrap().contains("port1.0.1"));
}
