//! Entities (zone, network, host) and applications of the AR firewall (devices-jp §3.2).

use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Scope};
use crate::vendor::cisco::sections::{Section, unknown_all};
use crate::vendor::switched::entering;

use super::lower::Config;

/// An address set, perhaps tied to an interface.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) addresses: Ranges,
    pub(super) interface: Option<String>,
}

/// Reads a zone with its networks and hosts.
pub(super) fn zone(b: &mut Builder, c: &mut Config, section: &Section, zone: &str) {
    let mut whole = Vec::new();
    for network in &section.children {
        b.lowered(network.line, "zone");
        let ["network", name] = network.slices()[..] else {
            b.unknown(network.line, Scope::Device);
            continue;
        };
        let path = format!("{zone}.{name}");
        let mut members = Vec::new();
        for child in &network.children {
            let words = child.slices();
            match words[..] {
                ["ip" | "ipv6", "subnet", prefix, ref rest @ ..] => {
                    let interface = match *rest {
                        ["interface", name] => Some(name.to_owned()),
                        _ => None,
                    };
                    match net::parse_prefix(prefix) {
                        Some(addresses) if rest.is_empty() || interface.is_some() => {
                            members.push(Member { addresses, interface });
                            b.lowered(child.line, "zone");
                        }
                        _ => odd(b, c, &path, child),
                    }
                }
                ["host", host] => {
                    b.lowered(child.line, "zone");
                    let mut own = Vec::new();
                    for line in &child.children {
                        match line.slices()[..] {
                            ["ip" | "ipv6", "address", ip] if net::parse_ip(ip).is_some() => {
                                let addresses =
                                    net::parse_ip(ip).map(Ranges::one).unwrap_or_else(Ranges::empty);
                                own.push(Member { addresses, interface: None });
                                b.lowered(line.line, "zone");
                            }
                            _ => odd(b, c, &format!("{path}.{host}"), line),
                        }
                    }
                    c.entities.insert(format!("{path}.{host}"), own);
                }
                _ => odd(b, c, &path, child),
            }
        }
        whole.extend(members.clone());
        c.entities.insert(path, members);
    }
    c.entities.insert(zone.to_owned(), whole);
}

/// A line of an entity that is not understood: rules that use the entity become doubtful.
fn odd(b: &mut Builder, c: &mut Config, entity: &str, section: &Section) {
    unknown_all(b, section, &Scope::Rule(format!("entity {entity}")));
    c.odd.push(entity.to_owned());
}

/// Whether an unread line may change what a name means: one of the entity itself, of what it contains, or of what it
/// lies in, where the line may have been the one that defines it.
pub(super) fn is_odd(c: &Config, name: &str) -> bool {
    let within =
        |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    c.odd.iter().any(|odd| odd == name || within(odd, name) || within(name, odd))
}

/// Reads an application.
pub(super) fn application(b: &mut Builder, c: &mut Config, section: &Section, name: &str) {
    let mut protocol: Option<u128> = None;
    let mut cube = Cube::any();
    let mut good = true;
    for child in &section.children {
        b.lowered(child.line, "application");
        match child.slices()[..] {
            ["protocol", p] => protocol = crate::vectors::protocol_number(p),
            [side @ ("dport" | "sport"), range] | [side @ ("dport" | "sport"), "range", range] => {
                let field = if side == "dport" { Field::Dport } else { Field::Sport };
                match crate::vendor::fortios_ports(range) {
                    Some(r) => cube.narrow(field, &r),
                    None => good = false,
                }
            }
            ["icmp-type", kind] => match kind.parse::<u8>() {
                Ok(k) => cube.narrow(Field::Sport, &Ranges::one(k.into())),
                Err(_) => good = false,
            },
            ["icmp-code", code] => match code.parse::<u8>() {
                Ok(k) => cube.narrow(Field::Dport, &Ranges::one(k.into())),
                Err(_) => good = false,
            },
            _ => {
                good = false;
                b.unknown(child.line, Scope::Rule(format!("application {name}")));
            }
        }
    }
    // An application without protocol is incomplete: rules that use it are not active (W8).
    let value = match (good, protocol) {
        (false, _) => None,
        (true, None) => Some(Vec::new()),
        (true, Some(p)) => Some(vec![cube.with(Field::Proto, Ranges::one(p))]),
    };
    // Names are the same in capitals (application@100CONFIG).
    c.applications.insert(name.to_ascii_lowercase(), value);
}

/// Cubes of an application; `Some(empty)` is an inactive rule, `None` is not understood.
pub(super) fn service(c: &Config, name: &str) -> Option<Vec<Cube>> {
    if name == "any" {
        return Some(vec![Cube::any()]);
    }
    let name = name.to_ascii_lowercase();
    if let Some(found) = c.applications.get(&name) {
        return found.clone();
    }
    let port =
        |p: u128, n: u128| Cube::any().with(Field::Proto, Ranges::one(p)).with(Field::Dport, Ranges::one(n));
    Some(match name.as_str() {
        "http" => vec![port(net::TCP, 80)],
        "https" => vec![port(net::TCP, 443)],
        "ssh" => vec![port(net::TCP, 22)],
        "telnet" => vec![port(net::TCP, 23)],
        "smtp" => vec![port(net::TCP, 25)],
        "dns" => vec![port(net::TCP, 53), port(net::UDP, 53)],
        "ftp" => vec![port(net::TCP, 21)],
        "ntp" => vec![port(net::UDP, 123)],
        "ping" => {
            vec![Cube::any().with(Field::Proto, Ranges::one(net::ICMP)).with(Field::Sport, Ranges::one(8))]
        }
        // Not defined here. Rules with an undefined name are not active (W8), but which names the device brings along
        // ("事前定義済みアプリケーション", 613-002735_AD overview-208) was not read: it may be one of them.
        _ => return None,
    })
}

/// Cubes of an entity on one side; empty when undefined (the rule is not active).
pub(super) fn side(b: &Builder, c: &Config, name: &str, source: bool) -> Vec<Cube> {
    let mut out = Vec::new();
    for member in c.entities.get(name).map_or(&[][..], Vec::as_slice) {
        let field = if source { Field::Src } else { Field::Dst };
        let mut cube = Cube::any().with(field, member.addresses.clone());
        if let Some(interface) = &member.interface {
            let Some(n) = b.device.interface(interface) else { continue };
            if source {
                cube.narrow(Field::In, &entering(b, n));
            } else {
                cube.narrow(Field::Out, &b.out_of(&[n]));
            }
        }
        out.push(cube);
    }
    out
}

/// Every combination of one cube of each list.
pub(super) fn product(lists: &[&[Cube]]) -> Vec<Cube> {
    lists.iter().fold(vec![Cube::any()], |acc, list| {
        acc.iter().flat_map(|a| list.iter().map(|c| a.intersect(c))).filter(|c| !c.is_empty()).collect()
    })
}

/// Addresses of an entity, whatever interface they are tied to.
pub(super) fn addresses(c: &Config, name: &str) -> Ranges {
    let members = c.entities.get(name).map_or(&[][..], Vec::as_slice);
    members.iter().fold(Ranges::empty(), |all, m| all.union(&m.addresses))
}
