//! Who may log in to the unit itself: `allowaccess` per interface (FortiOS handbook 6.0, "Configuring administrative
//! access to interfaces"), ports of `system global`, trusted hosts of the administrators (FortiOS 5.0 help, "Preventing
//! unwanted login attempts": logins from elsewhere are dropped).
//!
//! Local-in policies stand before them: see `local_in`.

use crate::model::Doubt;
use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::ReadOptions;
use super::super::build::Builder;
use super::super::doors::Door;
use super::lex::Block;
use super::local_in::{LocalIn, without};

/// (word of `allowaccess`, attribute of its port, port)
const SERVICES: [(&str, &str, u16); 4] = [
    ("https", "admin-sport", 443),
    ("ssh", "admin-ssh-port", 22),
    ("http", "admin-port", 80),
    ("telnet", "admin-telnet-port", 23),
];

/// The administrative services over all sections of the configuration. `single`: how to read the one virtual domain.
pub(super) fn doors(b: &mut Builder, sections: &[&Block], single: Option<&ReadOptions>) -> Vec<Door> {
    let named = |name: &'static str| sections.iter().copied().filter(move |c| c.name == name);
    let local_in = LocalIn::read(b, sections, single);
    let trusted = [trusted(b, sections, false), trusted(b, sections, true)];
    let mut out = Vec::new();
    for (word, attribute, initial) in SERVICES {
        let setting = named("system global").find_map(|c| Some((c.word(attribute)?.parse().ok()?, c)));
        if let Some((_, config)) = setting {
            b.lowered(config.line_of(attribute), "services");
        }
        let port: u16 = setting.map_or(initial, |s| s.0);
        let mut door = Door::tcp(&format!("allowaccess {word}"), 0, port);
        for entry in named("system interface").flat_map(|c| &c.entries) {
            let inner = entry.configs.iter().find(|c| c.name == "ipv6");
            let four = Some((entry, "allowaccess"));
            let six = inner.map(|config| (config, "ip6-allowaccess"));
            for (n, place) in [four, six].into_iter().enumerate() {
                let Some((block, key)) = place else { continue };
                if block.list(key).iter().any(|w| w == word) {
                    admit(b, &mut door, &entry.name, n == 1, &trusted[n], block.line_of(key), &local_in);
                }
            }
        }
        for (accepted, line) in &local_in.accepted {
            door.admit(accepted.clone(), *line, Some(Doubt::Unsourced));
        }
        // The portal of an SSL-VPN may listen on the same port.
        for config in named("vpn ssl settings").filter(|c| c.word("port") == Some(&port.to_string())) {
            door.admit(Cube::any(), config.line_of("port"), Some(Doubt::Relay));
        }
        out.push(door);
    }
    out
}

fn admit(
    b: &Builder,
    door: &mut Door,
    name: &str,
    six: bool,
    trusted: &Ranges,
    line: u32,
    local_in: &LocalIn,
) {
    let all = if six { net::all_v6() } else { net::all_v4() };
    for (number, interface) in b.device.interfaces.iter().enumerate().filter(|(_, i)| i.name == name) {
        let own: Ranges = interface.addresses.iter().map(|a| (a.address, a.address)).collect();
        let from = Cube::any()
            .with(Field::In, Ranges::one(number as u128))
            .with(Field::Src, trusted.clone())
            .with(Field::Dst, all.clone());
        let doubt = local_in.any.then_some(Doubt::Unsourced);
        let own = from.clone().with(Field::Dst, own);
        // Whether this interface also answers for the addresses of others is not said.
        for (from, doubt) in [(own, doubt), (from, Some(Doubt::Unsourced))] {
            for left in without(vec![from.intersect(&door.port)], &local_in.refused) {
                door.admit(left, line, doubt);
            }
        }
    }
}

/// Where administrators may log in from: everywhere as soon as one of them has no trusted host, or other kinds of
/// accounts exist.
fn trusted(b: &mut Builder, sections: &[&Block], six: bool) -> Ranges {
    let all = if six { net::all_v6() } else { net::all_v4() };
    let named = |name: &str| sections.iter().filter(|c| c.name == name).flat_map(|c| &c.entries).count();
    if named("system api-user") + named("system sso-admin") + named("system sso-forticloud-admin") > 0 {
        return all;
    }
    let key = if six { "ip6-trusthost" } else { "trusthost" };
    let mut out = Ranges::empty();
    for admin in sections.iter().filter(|c| c.name == "system admin").flat_map(|c| &c.entries) {
        let mut hosts = Ranges::empty();
        for setting in admin.settings.iter().filter(|s| s.key.starts_with(key) && s.verb == "set") {
            b.lowered(setting.line, "services");
            let range = match setting.values.as_slice() {
                [ip, mask] => net::parse_v4(ip)
                    .zip(net::mask_length(mask))
                    .and_then(|(ip, length)| net::network(ip, length))
                    .map(|(lo, hi)| Ranges::span(lo, hi)),
                [prefix] => net::parse_prefix(prefix),
                _ => None,
            };
            hosts = hosts.union(&range.unwrap_or_else(|| all.clone()));
        }
        out = out.union(if hosts.is_empty() { &all } else { &hosts });
    }
    if out.is_empty() { all } else { out }
}
