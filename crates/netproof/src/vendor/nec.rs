//! NEC UNIVERGE IX: almost nothing is sourced (devices-jp §5), so an answer is definite only where every plausible
//! reading agrees: one static list is bound and every line that matches the packet says the same.

use std::collections::HashMap;

use crate::model::{Device, Doubt, Interface, InterfaceAddress, Jump, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::build::{Builder, Scope};
use super::cisco::sections::{self, Section, ignore_all, unknown_all};
use super::{ReadOptions, Vendor};

const IGNORED: &[(&str, &str)] = &[
    ("hostname", "look"),
    ("timezone", "admin"),
    ("logging", "log"),
    ("ntp", "admin"),
    ("username", "admin"),
    ("ssh-server", "admin"),
    ("telnet-server", "admin"),
    ("snmp-agent", "admin"),
    ("device", "platform"),
    ("ip ufs-cache", "platform"),
    ("no", "switched-off"),
    ("exit", "look"),
    ("version", "header"),
];

#[derive(Default)]
struct List {
    entries: Vec<(bool, Cube, u32)>,
    dynamic: bool,
    broken: bool,
}

/// (interface, list, outward, line)
type Bound = (usize, String, bool, u32);

/// Reads an IX configuration.
#[must_use]
pub(super) fn read(name: &str, file: &str, text: &str, options: &ReadOptions) -> Device {
    let mut b = Builder::new(Vendor::NecIx, name, file, text, options);
    let parsed = sections::parse(&b.device.text.clone());
    for line in &parsed.comments {
        b.ignored(*line, "comment");
    }
    let mut lists: HashMap<String, List> = HashMap::new();
    let mut bound: Vec<Bound> = Vec::new();
    for section in &parsed.sections {
        let words = section.slices();
        match words[..] {
            ["interface", ref rest @ ..] => interface(&mut b, &mut bound, section, &rest.join(" ")),
            ["ip", "access-list", "dynamic", name, ..] => {
                lists.entry(name.to_owned()).or_default().dynamic = true;
                b.lowered(section.line, "access-list");
            }
            ["ip", "access-list", name, ref rest @ ..] => {
                let list = lists.entry(name.to_owned()).or_default();
                match entry(rest) {
                    Some((permit, cube)) => {
                        b.lowered(section.line, "access-list");
                        list.entries.push((permit, cube, section.line));
                    }
                    None => list.broken = b.unknown(section.line, Scope::Rule(format!("access-list {name}"))),
                }
            }
            // An IPv6 list does not touch IPv4; IPv6 answers are doubtful anyway.
            ["ipv6", "access-list", ..] => b.lowered(section.line, "ipv6 access-list"),
            _ => match super::cisco_prefix(IGNORED, &section.text()) {
                Some(rule) => ignore_all(&mut b, section, rule),
                None => unknown_all(&mut b, section, &Scope::Device),
            },
        }
    }
    lower(b, &lists, &bound)
}

fn interface(b: &mut Builder, bound: &mut Vec<Bound>, section: &Section, name: &str) {
    let number = b.device.interfaces.len();
    b.device.interfaces.push(Interface::new(name, section.line));
    b.lowered(section.line, format!("interface {name}"));
    for child in &section.children {
        let words = child.slices();
        let done = match words[..] {
            ["ip", "address", text] => text.split_once('/').and_then(|(ip, l)| {
                let address = net::parse_v4(ip)?;
                let (first, last) = net::network(address, l.parse().ok()?)?;
                b.device.interfaces[number].addresses.push(InterfaceAddress { address, first, last });
                Some(())
            }),
            ["ip", "filter", list, _, direction @ ("in" | "out"), ..] => {
                bound.push((number, list.to_owned(), direction == "out", child.line));
                Some(())
            }
            ["no", "shutdown"] | ["description", ..] => Some(()),
            ["shutdown"] => {
                b.device.interfaces[number].enabled = false;
                Some(())
            }
            _ => None,
        };
        match done {
            Some(()) => b.lowered(child.line, format!("interface {name}")),
            None => unknown_all(b, child, &Scope::Interface(name.to_owned())),
        }
    }
}

/// `[SEQ] permit|deny PROTO src A [sport P] dest B [dport P]`.
fn entry(words: &[&str]) -> Option<(bool, Cube)> {
    let words = if words.first()?.parse::<u32>().is_ok() { &words[1..] } else { words };
    let permit = match *words.first()? {
        "permit" => true,
        "deny" => false,
        _ => return None,
    };
    let mut cube = Cube::any().with(Field::Src, net::all_v4()).with(Field::Dst, net::all_v4());
    match *words.get(1)? {
        "ip" => {}
        name => cube.narrow(Field::Proto, &Ranges::one(crate::vectors::protocol_number(name)?)),
    }
    let mut at = 2;
    while let Some(key) = words.get(at) {
        let value = *words.get(at + 1)?;
        at += 2;
        match (*key, value) {
            ("src" | "dest" | "sport" | "dport", "any") => {}
            ("src", text) => cube.narrow(Field::Src, &net::parse_prefix(text)?),
            ("dest", text) => cube.narrow(Field::Dst, &net::parse_prefix(text)?),
            (side @ ("sport" | "dport"), operator) => {
                let field = if side == "sport" { Field::Sport } else { Field::Dport };
                let port = |at: usize| words.get(at).and_then(|w| w.parse::<u16>().ok()).map(u128::from);
                let ranges = match operator {
                    "eq" => Ranges::one(port(at)?),
                    "range" => {
                        at += 1;
                        Ranges::span(port(at - 1)?, port(at)?)
                    }
                    _ => return None,
                };
                at += 1;
                cube.narrow(field, &ranges);
                cube.narrow(Field::Frag, &Ranges::one(0));
            }
            _ => return None,
        }
    }
    Some((permit, cube))
}

fn lower(mut b: Builder, lists: &HashMap<String, List>, bound: &[Bound]) -> Device {
    let entry = b.stage("in-filter");
    let routing = b.stage("route");
    let out_filter = b.stage("out-filter");
    let mut rules = vec![b.local_rule("", &Cube::any())];
    rules.extend(b.doubtful_broadcasts("", &Cube::any()));
    let connected = b.connected("");
    rules.extend(b.route_rules(connected, &Cube::any(), out_filter));
    b.fill(routing, rules, Vec::new());
    for (stage, next, outward) in [(entry, routing, false), (out_filter, Device::EGRESS, true)] {
        let mut dispatch = Vec::new();
        for number in 0..b.device.interfaces.len() {
            let here = if outward {
                Cube::any().with(Field::Out, b.out_of(&[number]))
            } else {
                Cube::any().with(Field::In, Ranges::one(number as u128))
            };
            let mine: Vec<&Bound> = bound.iter().filter(|x| x.0 == number && x.2 == outward).collect();
            let decided = match mine[..] {
                [one] => lists.get(&one.1).filter(|l| !l.dynamic && !l.broken),
                _ => None,
            };
            if let Some(list) = decided {
                dispatch.extend(agreed(list, &here, next));
            }
            // Unmatched packets, several lists, no list, undefined lists, IPv6: nothing is sourced.
            if !outward || !mine.is_empty() {
                let line = mine.first().map_or(b.device.interfaces[number].line, |m| m.3);
                dispatch.push(Rule::new(vec![here], Vec::new(), line, "filter").doubtful(Doubt::Unsourced));
            }
        }
        b.fill(stage, dispatch, vec![Jump::to(next)]);
    }
    b.finish(entry)
}

/// Packets on which every matching line agrees.
fn agreed(list: &List, here: &Cube, next: usize) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (permit, cube, line) in &list.entries {
        let mut rest = vec![cube.intersect(here)];
        for (_, other, _) in list.entries.iter().filter(|e| e.0 != *permit) {
            rest = rest.iter().flat_map(|r| r.subtract(other)).collect();
        }
        let then = if *permit { vec![Jump::to(next)] } else { Vec::new() };
        rules.push(Rule::new(rest, then, *line, "access-list"));
    }
    rules
}
