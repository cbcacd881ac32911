//! Words of the TOML files: address sets, endpoints and services.

use crate::net;
use crate::space::{Cube, Field, Ranges};

/// Which packets of a protocol and ports, seen at the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service(pub Vec<Cube>);

impl Service {
    /// Parses a list of `any`, `tcp/443`, `udp/53,123`, `tcp/1000-2000`, `icmp`, `proto/47` or a well-known name.
    #[must_use]
    pub fn parse(words: &[String]) -> Option<Self> {
        let mut cubes = Vec::new();
        for word in words {
            cubes.extend(one_service(word)?);
        }
        Some(Self(cubes))
    }

    /// Every service.
    #[must_use]
    pub fn any() -> Self {
        Self(vec![Cube::any()])
    }
}

fn one_service(word: &str) -> Option<Vec<Cube>> {
    let proto = |n: u128| Cube::any().with(Field::Proto, Ranges::one(n));
    let tcp = |port: u128| vec![proto(net::TCP).with(Field::Dport, Ranges::one(port))];
    Some(match word {
        "any" | "*" => vec![Cube::any()],
        "ssh" => tcp(22),
        "telnet" => tcp(23),
        "http" => tcp(80),
        "https" => tcp(443),
        "smtp" => tcp(25),
        "smb" => tcp(445),
        "rdp" => tcp(3389),
        "snmp" => vec![proto(net::UDP).with(Field::Dport, Ranges::one(161))],
        "ntp" => vec![proto(net::UDP).with(Field::Dport, Ranges::one(123))],
        "dns" => [net::TCP, net::UDP].map(|p| proto(p).with(Field::Dport, Ranges::one(53))).to_vec(),
        _ => {
            let (name, ports) = word.split_once('/').map_or((word, None), |(n, p)| (n, Some(p)));
            if name == "proto" {
                return Some(vec![proto(ports?.parse::<u8>().ok()?.into())]);
            }
            let number = crate::vectors::protocol_number(name)?;
            let cube = proto(number);
            match ports {
                None | Some("any" | "*") => vec![cube],
                Some(text) => vec![cube.with(Field::Dport, port_list(text)?)],
            }
        }
    })
}

fn port_list(text: &str) -> Option<Ranges> {
    let mut all = Vec::new();
    for part in text.split(',') {
        let (lo, hi) = part.trim().split_once('-').unwrap_or((part.trim(), part.trim()));
        let (lo, hi): (u16, u16) = (lo.parse().ok()?, hi.parse().ok()?);
        all.push((u128::from(lo), u128::from(hi)));
    }
    Some(Ranges::of(all))
}

/// Addresses: `A/len`, `A`, `A-B`.
#[must_use]
pub(super) fn addresses(text: &str) -> Option<Ranges> {
    let text = text.trim();
    if let Some((lo, hi)) = text.split_once('-') {
        let (lo, hi) = (net::parse_ip(lo.trim())?, net::parse_ip(hi.trim())?);
        return (lo <= hi).then(|| Ranges::span(lo, hi));
    }
    net::parse_prefix(text)
}

/// One side of an intent: a zone, or some addresses in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Zone number.
    pub zone: usize,
    /// Only these addresses; `None` for the whole zone.
    pub addresses: Option<Ranges>,
}
