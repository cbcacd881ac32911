//! Second, small readers of FortiOS policies and RTX filters, written apart from the first ones: text and packet in,
//! pass or drop out. The step from raw configuration to normal form is trusted by the certificates; here it is
//! compared on random configurations.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use sekisho_netproof::vectors::{Answer, PacketText, ProtoText, answer, packet_cube};
use sekisho_netproof::vendor::{self, ReadOptions, Vendor};

use crate::common::Dice;

#[derive(Clone, Debug)]
struct Probe {
    src: u32,
    dst: u32,
    tcp: bool,
    sport: u16,
    dport: u16,
}

fn ip(text: &str) -> u32 {
    u32::from(text.parse::<Ipv4Addr>().unwrap())
}

fn engine(vendor: Vendor, text: &str, from: &str, probe: &Probe) -> Answer {
    let device = vendor::read(vendor, "d", "f", text, &ReadOptions::default());
    assert_eq!(device.unknown_lines().count(), 0, "{text}");
    let packet = PacketText {
        src: Ipv4Addr::from(probe.src).to_string(),
        dst: Ipv4Addr::from(probe.dst).to_string(),
        proto: ProtoText::Name(if probe.tcp { "tcp" } else { "udp" }.into()),
        sport: Some(probe.sport),
        dport: Some(probe.dport),
        ..PacketText::default()
    };
    answer(&device, from, packet_cube(&packet).unwrap()).0
}

/// FortiOS: `edit` blocks of a section as attribute lists, in file order.
fn blocks<'a>(text: &'a str, section: &str) -> Vec<(String, HashMap<&'a str, Vec<String>>)> {
    let start = text.find(&format!("config {section}\n")).map(|at| at + section.len() + 8);
    let Some(start) = start else { return Vec::new() };
    let body = &text[start..start + text[start..].find("\nend").unwrap()];
    let mut out: Vec<(String, HashMap<&str, Vec<String>>)> = Vec::new();
    for line in body.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("edit") => out.push((words.collect::<Vec<_>>().join(" ").replace('"', ""), HashMap::new())),
            Some("set") => {
                let key = words.next().unwrap();
                let values = words.map(|w| w.replace('"', "")).collect();
                out.last_mut().unwrap().1.insert(key, values);
            }
            _ => {}
        }
    }
    out
}

fn forti_address(text: &str, name: &str, value: u32) -> bool {
    if let Some((_, group)) = blocks(text, "firewall addrgrp").iter().find(|b| b.0 == name) {
        return group["member"].iter().any(|m| forti_address(text, m, value));
    }
    let all = blocks(text, "firewall address");
    let object = &all.iter().find(|b| b.0 == name).unwrap().1;
    match (object.get("subnet"), object.get("start-ip")) {
        (Some(net), _) => ip(&net[0]) & ip(&net[1]) == value & ip(&net[1]),
        (None, Some(start)) => (ip(&start[0])..=ip(&object["end-ip"][0])).contains(&value),
        (None, None) => true,
    }
}

fn forti_service(text: &str, name: &str, p: &Probe) -> bool {
    let all = blocks(text, "firewall service custom");
    let object = &all.iter().find(|b| b.0 == name).unwrap().1;
    if object.contains_key("protocol") {
        return true;
    }
    let key = if p.tcp { "tcp-portrange" } else { "udp-portrange" };
    object.get(key).is_some_and(|ranges| {
        ranges.iter().any(|r| {
            let (dst, src) = r.split_once(':').unwrap_or((r, "0-65535"));
            let within = |range: &str, port: u16| {
                let (lo, hi) = range.split_once('-').unwrap_or((range, range));
                (lo.parse::<u16>().unwrap()..=hi.parse().unwrap()).contains(&port)
            };
            within(dst, p.dport) && within(src, p.sport)
        })
    })
}

fn forti_decides(text: &str, from: &str, to: &str, p: &Probe) -> bool {
    for (_, policy) in blocks(text, "firewall policy") {
        let one = |key: &str| policy.get(key).and_then(|v| v.first()).map_or("", String::as_str);
        let named = |key: &str, name: &str| policy[key].iter().any(|v| v == name || v == "any");
        if one("status") == "disable" || !named("srcintf", from) || !named("dstintf", to) {
            continue;
        }
        let side = |key: &str, negate: &str, value: u32| {
            policy[key].iter().any(|n| forti_address(text, n, value)) != (one(negate) == "enable")
        };
        let service = policy["service"].iter().any(|n| forti_service(text, n, p));
        if side("srcaddr", "srcaddr-negate", p.src)
            && side("dstaddr", "dstaddr-negate", p.dst)
            && service != (one("service-negate") == "enable")
        {
            return one("action") == "accept";
        }
    }
    false
}

fn pick<'a>(d: &mut Dice, list: &[&'a str]) -> &'a str {
    list[d.roll(list.len() as u64) as usize]
}

fn forti_config(d: &mut Dice) -> String {
    let mut out = String::from(
        "#config-version=FGVM64-7.0.12-FW-build0000-000000:opmode=0:vdom=0:user=admin\nconfig system interface\n",
    );
    for n in 1..=3 {
        out.push_str(&format!("    edit \"port{n}\"\n        set ip 10.{n}.0.1 255.255.0.0\n    next\n"));
    }
    out.push_str("end\nconfig firewall address\n    edit \"all\"\n    next\n");
    for n in 0..4 {
        let (a, b, c) = (d.roll(3) + 1, d.roll(3), d.roll(4));
        let mask = pick(d, &["255.255.255.0", "255.255.0.0", "255.255.255.255", "255.255.255.252"]);
        out.push_str(&format!("    edit \"N{n}\"\n        set subnet 10.{a}.{b}.{c} {mask}\n    next\n"));
        let (lo, hi) = (d.roll(4), 4 + d.roll(4));
        out.push_str(&format!("    edit \"R{n}\"\n        set type iprange\n        set start-ip 10.{a}.{b}.{lo}\n        set end-ip 10.{a}.{b}.{hi}\n    next\n"));
    }
    out.push_str("end\nconfig firewall addrgrp\n    edit \"G\"\n        set member \"N0\" \"R1\"\n    next\nend\nconfig firewall service custom\n    edit \"ALL\"\n        set protocol IP\n    next\n");
    for n in 0..3 {
        let (lo, width) = (d.roll(6), d.roll(3));
        let source = if d.roll(3) == 0 { ":1024-65535" } else { "" };
        out.push_str(&format!(
            "    edit \"S{n}\"\n        set tcp-portrange {lo}-{}{source} 9\n",
            lo + width
        ));
        if d.roll(2) == 0 {
            out.push_str(&format!("        set udp-portrange {}\n", d.roll(6)));
        }
        out.push_str("    next\n");
    }
    out.push_str("end\nconfig firewall policy\n");
    let names =
        ["all", "all", "all", "all", "all", "all", "N0", "N1", "N2", "N3", "R0", "R1", "R2", "R3", "G"];
    for id in 0..1 + d.roll(8) {
        let mut line = |key: &str, value: String| out.push_str(&format!("        set {key} {value}\n"));
        let quoted = |names: &[&str]| names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(" ");
        let two = [pick(d, &names), pick(d, &names)];
        line("srcintf", quoted(&[pick(d, &["port1", "any", "any"])]));
        line("dstintf", quoted(&[pick(d, &["port2", "any", "any"])]));
        line("srcaddr", quoted(&two[..1 + d.roll(2) as usize]));
        line("dstaddr", quoted(&[pick(d, &names)]));
        line("schedule", "\"always\"".into());
        line("service", quoted(&[pick(d, &["ALL", "ALL", "S0", "S1", "S2"]), pick(d, &["S0", "S1"])]));
        for (key, value, odds) in [
            ("action", "accept", 75),
            ("status", "disable", 10),
            ("srcaddr-negate", "enable", 15),
            ("dstaddr-negate", "enable", 15),
            ("service-negate", "enable", 10),
        ] {
            if d.roll(100) < odds {
                line(key, value.into());
            }
        }
        let at = out.rfind("        set srcintf").unwrap();
        out.insert_str(at, &format!("    edit {}\n", 50 - id));
        out.push_str("    next\n");
    }
    out.push_str("end\n");
    out
}

#[test]
fn fortios_policies_read_twice_mean_the_same() {
    let mut d = Dice(41);
    let mut permitted = 0;
    for round in 0..250 {
        let text = forti_config(&mut d);
        for _ in 0..12 {
            let (from, to) = (1 + d.roll(2) as u32, 2 + d.roll(2) as u32);
            let address = |d: &mut Dice, n: u32| {
                0x0a00_0000 | n << 16 | (d.roll(3) as u32) << 8 | (2 + d.roll(7)) as u32
            };
            let probe = Probe {
                src: address(&mut d, from),
                dst: address(&mut d, to),
                tcp: d.roll(4) > 0,
                sport: [500, 40_000][d.roll(2) as usize],
                dport: d.roll(10) as u16,
            };
            let wanted = forti_decides(&text, &format!("port{from}"), &format!("port{to}"), &probe);
            let got = engine(Vendor::Fortios, &text, &format!("port{from}"), &probe);
            let wanted = if wanted { Answer::Permit } else { Answer::Deny };
            assert_eq!(got, wanted, "round {round} {probe:?}\n{text}");
            permitted += usize::from(wanted == Answer::Permit);
        }
    }
    assert!((300..2700).contains(&permitted), "{permitted}");
}

/// RTX: definitions by number, then the numbers of a binding in listed order; nothing bound passes, nothing matched
/// drops.
fn rtx_passes(text: &str, interface: &str, direction: &str, p: &Probe) -> bool {
    let mut filters: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut bound: Option<Vec<&str>> = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["ip", "filter", number, ref rest @ ..] => {
                filters.insert(number, rest.to_vec());
            }
            ["ip", name, "secure", "filter", way, ref list @ ..] if name == interface && way == direction => {
                bound = Some(list.to_vec());
            }
            _ => {}
        }
    }
    let Some(bound) = bound else { return true };
    for number in bound {
        let words = &filters[number];
        let part = |at: usize| words.get(at).copied().unwrap_or("*");
        let protocols: Vec<&str> = part(3).split(',').collect();
        let own = if p.tcp { ["tcp", "6"] } else { ["udp", "17"] };
        // `established` asks for ACK, which an opening packet does not have.
        let protocol = protocols.iter().any(|x| *x == "*" || own.contains(x));
        if protocol
            && rtx_address(part(1), p.src)
            && rtx_address(part(2), p.dst)
            && rtx_ports(part(4), p.sport)
            && rtx_ports(part(5), p.dport)
        {
            return words[0].starts_with("pass");
        }
    }
    false
}

fn rtx_address(text: &str, value: u32) -> bool {
    text.split(',').any(|part| {
        if part == "*" {
            return true;
        }
        if let Some((lo, hi)) = part.split_once('-') {
            let lo = if lo.is_empty() { 0 } else { ip(lo) };
            let hi = if hi.is_empty() { u32::MAX } else { ip(hi) };
            return (lo..=hi).contains(&value);
        }
        if let Some((net, length)) = part.split_once('/') {
            let mask = u32::MAX.checked_shl(32 - length.parse::<u32>().unwrap()).unwrap_or(0);
            return ip(net) & mask == value & mask;
        }
        let octets = Ipv4Addr::from(value).octets();
        part.split('.').zip(octets).all(|(o, v)| o == "*" || o.parse::<u8>() == Ok(v))
    })
}

fn rtx_ports(text: &str, value: u16) -> bool {
    let named = |name: &str| match name {
        "ftp" => (20, 21),
        "www" => (80, 80),
        "domain" => (53, 53),
        other => (other.parse::<u16>().unwrap(), other.parse::<u16>().unwrap()),
    };
    text.split(',').any(|part| match part.split_once('-') {
        _ if part == "*" => true,
        Some((lo, hi)) => (named(lo).0..=named(hi).1).contains(&value),
        None => (named(part).0..=named(part).1).contains(&value),
    })
}

fn rtx_config(d: &mut Dice) -> String {
    let mut out = String::from("ip lan1 address 10.1.0.1/16\nip lan2 address 10.2.0.1/16\n");
    let addresses = [
        "*",
        "10.1.0.0/24",
        "10.1.1.2",
        "10.2.0.0/22",
        "10.*.1.*",
        "10.1.0.2-10.1.1.4",
        "-10.1.1.255",
        "10.1.0.3,10.2.1.0/24",
    ];
    let count = 3 + d.roll(6);
    for n in 1..=count {
        let action = pick(d, &["pass", "reject", "pass-log", "reject-nolog"]);
        let mut line = format!("ip filter {} {action} {}", n * 7, pick(d, &addresses));
        let more = [
            pick(d, &addresses),
            pick(d, &["*", "tcp", "udp", "tcp,udp", "6", "udp,icmp", "established", "esp"]),
            pick(d, &["*", "*", "1024-65535", "53"]),
            pick(d, &["*", "80", "ftp", "20-80", "www,domain", "443"]),
        ];
        for word in &more[..d.roll(5) as usize] {
            line.push(' ');
            line.push_str(word);
        }
        out.push_str(&line);
        out.push('\n');
    }
    for (name, way, odds) in [("lan1", "in", 80), ("lan2", "out", 40), ("lan1", "out", 20)] {
        if d.roll(100) < odds {
            let list: Vec<String> =
                (0..1 + d.roll(4)).map(|_| (7 * (1 + d.roll(count))).to_string()).collect();
            out.push_str(&format!("ip {name} secure filter {way} {}\n", list.join(" ")));
        }
    }
    out
}

#[test]
fn rtx_filters_read_twice_mean_the_same() {
    let mut d = Dice(42);
    let mut permitted = 0;
    for round in 0..400 {
        let text = rtx_config(&mut d);
        for _ in 0..12 {
            let host = |d: &mut Dice, net: u32| {
                0x0a00_0000 | net << 16 | (d.roll(3) as u32) << 8 | (2 + d.roll(4)) as u32
            };
            let probe = Probe {
                src: host(&mut d, 1),
                dst: host(&mut d, 2),
                tcp: d.roll(3) > 0,
                sport: [53, 40_000][d.roll(2) as usize],
                dport: [20, 21, 53, 80, 443][d.roll(5) as usize],
            };
            let wanted = rtx_passes(&text, "lan1", "in", &probe) && rtx_passes(&text, "lan2", "out", &probe);
            let wanted = if wanted { Answer::Permit } else { Answer::Deny };
            assert_eq!(
                engine(Vendor::YamahaRtx, &text, "lan1", &probe),
                wanted,
                "round {round} {probe:?}\n{text}"
            );
            permitted += usize::from(wanted == Answer::Permit);
        }
    }
    assert!((800..4000).contains(&permitted), "{permitted}");
}
