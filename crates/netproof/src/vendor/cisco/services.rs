//! Who may manage the device itself.
//!
//! IOS: `line vty` with `transport input` and `access-class` (CIS Cisco IOS 15 benchmark 1.2.2 and 1.2.5; "Cisco IOS in a
//! Nutshell", `transport`: input none, in older releases all), `ip http`. ASA: `ssh`, `telnet`, `http NET MASK IFACE`
//! (ASA 5500 CLI guide 8.4, "Configuring Management Access": nobody without a line, access rules do not matter, only by
//! the address of the interface the connection comes in on, no Telnet on the lowest level outside a tunnel).

use crate::model::{Doubt, Jump};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Scope};
use crate::vendor::doors::{Admitted, Door};

use super::acl::List;
use super::sections::Section;

/// One `line vty` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Vty {
    line: u32,
    /// `transport input`, if it is there.
    transports: Option<Vec<String>>,
    /// List of `access-class … in` for IPv4 and for IPv6.
    lists: [Option<String>; 2],
}

/// Management lines of an IOS configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Services {
    vtys: Vec<Vty>,
    /// `ip http server` and `secure-server`: on or off, line.
    web: [Option<(bool, u32)>; 2],
    ports: [Option<u16>; 2],
    web_list: Option<String>,
}

impl Services {
    /// `line vty …`; children that say nothing about who gets in are left to the reviewed list.
    pub(super) fn vty(&mut self, b: &mut Builder, section: &Section) {
        let mut vty = Vty { line: section.line, ..Vty::default() };
        for child in &section.children {
            match child.slices()[..] {
                ["transport", "input", ref list @ ..] => {
                    vty.transports = Some(list.iter().map(|w| (*w).to_owned()).collect());
                }
                ["access-class", list, "in", ..] => vty.lists[0] = Some(list.to_owned()),
                ["ipv6", "access-class", list, "in", ..] => vty.lists[1] = Some(list.to_owned()),
                _ => {
                    b.ignored(child.line, "admin");
                    continue;
                }
            }
            b.lowered(child.line, "line vty");
        }
        self.vtys.push(vty);
    }

    /// `[no] ip http …`; false when it does not decide who gets in.
    pub(super) fn http(&mut self, words: &[&str], on: bool, line: u32) -> bool {
        match *words {
            ["server"] => self.web[0] = Some((on, line)),
            ["secure-server"] => self.web[1] = Some((on, line)),
            ["port", port] => self.ports[0] = port.parse().ok(),
            ["secure-port", port] => self.ports[1] = port.parse().ok(),
            ["access-class", "ipv4", list] | ["access-class", list] => self.web_list = Some(list.to_owned()),
            _ => return false,
        }
        true
    }

    /// Telnet, SSH and the web server.
    pub(super) fn doors(&self, list: impl Fn(&str, bool) -> Option<List>) -> Vec<Door> {
        let mut out = Vec::new();
        let alike =
            self.vtys.windows(2).all(|w| w[0].transports == w[1].transports && w[0].lists == w[1].lists);
        for (name, port) in [("telnet", 23), ("ssh", 22)] {
            let line = self.vtys.first().map_or(0, |v| v.line);
            let mut door = Door::tcp("line vty", line, port);
            for vty in &self.vtys {
                let doubt = match &vty.transports {
                    Some(t) if !t.iter().any(|t| t == name || t == "all") => continue,
                    // What a release without the line does has changed over time.
                    None => Some(Doubt::Unsourced),
                    // Which block a connection gets depends on how many there are.
                    Some(_) => (!alike).then_some(Doubt::State),
                };
                for (six, family) in [(false, net::all_v4()), (true, net::all_v6())] {
                    let named = vty.lists[usize::from(six)].as_deref();
                    guarded(&mut door, vty.line, family, doubt, named, |n| list(n, six));
                }
            }
            out.push(door);
        }
        for (number, port) in [80, 443].into_iter().enumerate() {
            let (on, line) = self.web[number].map_or((None, 0), |(on, line)| (Some(on), line));
            let mut door = Door::tcp("ip http", line, self.ports[number].unwrap_or(port));
            if on != Some(false) {
                // Whether a device that prints neither form serves pages depends on the model.
                let doubt = on.is_none().then_some(Doubt::Unsourced);
                let named = self.web_list.as_deref();
                guarded(&mut door, line, net::all_v4(), doubt, named, |n| list(n, false));
                guarded(&mut door, line, net::all_v6(), doubt, None, |_| None);
            }
            out.push(door);
        }
        out
    }
}

/// Lets one family in, past a list if one is named.
pub(crate) fn guarded(
    door: &mut Door,
    line: u32,
    family: Ranges,
    doubt: Option<Doubt>,
    named: Option<&str>,
    list: impl Fn(&str) -> Option<List>,
) {
    let from = Cube::any().with(Field::Src, family.clone()).with(Field::Dst, family);
    let Some(name) = named else {
        door.admit(from, line, doubt);
        return;
    };
    let plain = |list: &List| {
        let cubes = list.entries.iter().flat_map(|e| e.sure.iter().chain(e.unsure.iter().map(|u| &u.0)));
        // What an extended list with a destination means for connections to the device is not sourced.
        cubes.into_iter().all(|c| {
            c.get(Field::Dst).is_none_or(|d| net::all_v4().is_subset(d) || net::all_v6().is_subset(d))
        })
    };
    match list(name).filter(|l| !l.entries.is_empty()) {
        Some(found) if plain(&found) => {
            let entries = found.rules(name, &[Jump::to(0)]);
            door.admitted.push(Admitted { from, doubt, line, list: Some((name.to_owned(), entries)) });
        }
        Some(_) => door.admit(from, line, Some(Doubt::Unsourced)),
        None => door.admit(from, line, Some(Doubt::Undefined)),
    }
}

/// One `ssh|telnet|http NET MASK IFACE` of an ASA.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    service: String,
    from: Ranges,
    interface: String,
    line: u32,
}

/// Management lines of an ASA configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct AsaServices {
    allowed: Vec<Allowed>,
    web: Option<u16>,
}

impl AsaServices {
    /// Takes a line in; false when it is not one of those that decide who gets in.
    pub(super) fn line(&mut self, words: &[&str], line: u32) -> bool {
        let (service, from, interface) = match *words {
            ["http", "server", "enable"] => {
                self.web = Some(443);
                return true;
            }
            ["http", "server", "enable", port] => {
                let Ok(port) = port.parse() else { return false };
                self.web = Some(port);
                return true;
            }
            [service @ ("ssh" | "telnet" | "http"), ip, mask, interface] => {
                let all = ip == "0" && mask == "0";
                let net = net::parse_v4(ip)
                    .zip(net::mask_length(mask))
                    .and_then(|(ip, length)| net::network(ip, length))
                    .map(|(lo, hi)| Ranges::span(lo, hi));
                (service, if all { Some(net::all_v4()) } else { net }, interface)
            }
            [service @ ("ssh" | "telnet" | "http"), prefix, interface] if prefix.contains(':') => {
                (service, net::parse_prefix(prefix), interface)
            }
            _ => return false,
        };
        let Some(from) = from else { return false };
        let (service, interface) = (service.to_owned(), interface.to_owned());
        self.allowed.push(Allowed { service, from, interface, line });
        true
    }

    /// Telnet, SSH and ASDM. `names` are named interfaces, `level` their security levels.
    pub(super) fn doors(
        &self,
        b: &mut Builder,
        names: &[(String, usize)],
        level: impl Fn(usize) -> u32,
    ) -> Vec<Door> {
        let lowest = names.iter().map(|n| level(n.1)).min().unwrap_or(0);
        let web = self.web.map(|port| ("http", port));
        let mut out = Vec::new();
        for (service, port) in [("telnet", 23), ("ssh", 22)].into_iter().chain(web) {
            let mut door = Door::tcp(service, 0, port);
            for allowed in self.allowed.iter().filter(|a| a.service == service) {
                let Some((_, number)) = names.iter().find(|n| n.0 == allowed.interface) else {
                    if b.unknown(allowed.line, Scope::Rule(service.to_owned())) {
                        door.admit(Cube::any(), allowed.line, Some(Doubt::Undefined));
                    }
                    continue;
                };
                let own: Ranges =
                    b.device.interfaces[*number].addresses.iter().map(|a| (a.address, a.address)).collect();
                let from = Cube::any()
                    .with(Field::In, Ranges::one(*number as u128))
                    .with(Field::Src, allowed.from.clone());
                let outside = service == "telnet" && level(*number) == lowest;
                let tunnel = outside.then_some(Doubt::Relay);
                door.admit(from.clone().with(Field::Dst, own), allowed.line, tunnel);
                // Through a tunnel the address of another interface may answer.
                door.admit(from, allowed.line, Some(Doubt::Relay));
            }
            out.push(door);
        }
        out
    }
}
