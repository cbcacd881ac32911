//! `telnetd`, `sshd`, `httpd` and `tftp`: who may talk to the router itself (§4.38–4.40, §4.54, §4.65–4.67, ch. 33).

use std::collections::BTreeMap;

use crate::model::Doubt;
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::build::{Builder, Scope};
use super::super::doors::Door;

/// What the lines of one service say.
#[derive(Clone, Debug, Default)]
struct Said {
    on: Option<bool>,
    port: Option<u16>,
    hosts: Option<(Vec<String>, u32)>,
    line: u32,
}

/// Service lines by first word.
#[derive(Clone, Debug, Default)]
pub(super) struct Services(BTreeMap<String, Said>);

impl Services {
    /// Takes a line in; false when it is not one of those that decide who gets in.
    pub(super) fn line(&mut self, words: &[&str], line: u32) -> bool {
        let (name, rest) = match *words {
            [name @ ("telnetd" | "sshd" | "httpd"), ref rest @ ..] => (name, rest),
            ["tftp", ref rest @ ..] => ("tftp", rest),
            _ => return false,
        };
        let said = self.0.entry(name.to_owned()).or_default();
        match *rest {
            ["service", state @ ("on" | "off")] if name != "tftp" => said.on = Some(state == "on"),
            ["listen", port] if name != "tftp" => match port.parse() {
                Ok(port) => said.port = Some(port),
                Err(_) => return false,
            },
            // `sshd host key generate`
            ["host", "key", ..] => return false,
            ["host", ref list @ ..] if !list.is_empty() => {
                said.hosts = Some((list.iter().map(|w| (*w).to_owned()).collect(), line));
            }
            _ => return false,
        }
        said.line = line;
        true
    }

    /// The services with their initial values filled in.
    pub(super) fn doors(&self, b: &mut Builder) -> Vec<Door> {
        // (name, protocol, port, runs, who is let in) of a router that says nothing
        let initial = [
            ("telnetd", net::TCP, 23, true, "any"),
            ("sshd", net::TCP, 22, false, "any"),
            ("httpd", net::TCP, 80, true, "lan"),
            ("tftp", net::UDP, 69, true, "none"),
        ];
        let mut out = Vec::new();
        for (name, proto, port, runs, hosts) in initial {
            let said = self.0.get(name).cloned().unwrap_or_default();
            let mut door = Door::on(proto, &format!("{name} host"), said.line, said.port.unwrap_or(port));
            if said.on.unwrap_or(runs) {
                let (words, line) = said.hosts.unwrap_or_else(|| (vec![hosts.to_owned()], said.line));
                door.line = line;
                for word in &words {
                    admit(b, &mut door, word);
                }
                // Some models have no web server at all.
                if name == "httpd" && said.line == 0 {
                    door.admitted.iter_mut().for_each(|a| a.doubt = Some(Doubt::Unsourced));
                }
            }
            out.push(door);
        }
        out
    }
}

/// One word of `host`: an address, a range, an interface, `any`, `none`, `lan`.
fn admit(b: &mut Builder, door: &mut Door, word: &str) {
    let addresses = match word.split_once('-') {
        Some((lo, hi)) => net::parse_ip(lo).zip(net::parse_ip(hi)).map(|(lo, hi)| Ranges::span(lo, hi)),
        None => net::parse_ip(word).map(Ranges::one),
    };
    match (word, addresses) {
        ("none", _) => {}
        ("any", _) => door.admit(Cube::any(), door.line, None),
        (_, Some(from)) => door.admit(Cube::any().with(Field::Src, from), door.line, None),
        ("lan", None) => {
            interfaces(b, door, |name| ["lan", "vlan", "bridge"].iter().any(|kind| name.starts_with(kind)))
        }
        (word, None) if super::lower::is_interface(word) => interfaces(b, door, |name| name == word),
        _ => {
            // The line stays lowered: its other words hold; what this one admits is not known.
            if b.unknown(door.line, Scope::Rule(door.label.clone())) {
                door.admit(Cube::any(), door.line, Some(Doubt::UnknownLine));
            }
        }
    }
}

/// "From this interface" is told by the addresses of its network (note of §33.2); whether a packet with such an address
/// that comes in elsewhere is let in is not said. An interface without an address lets nobody in.
fn interfaces(b: &Builder, door: &mut Door, meant: impl Fn(&str) -> bool) {
    for (number, interface) in b.device.interfaces.iter().enumerate().filter(|(_, i)| meant(&i.name)) {
        let network: Ranges = interface.addresses.iter().map(|a| (a.first, a.last)).collect();
        if network.is_empty() {
            continue;
        }
        let inward = super::super::switched::entering(b, number);
        let from = Cube::any().with(Field::Src, network);
        door.admit(from.clone().with(Field::In, inward.clone()), door.line, None);
        door.admit(from, door.line, Some(Doubt::Unsourced));
        door.admit(Cube::any().with(Field::In, inward), door.line, Some(Doubt::Unsourced));
    }
}
