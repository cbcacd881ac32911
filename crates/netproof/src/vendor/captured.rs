//! State captured from devices: routing tables, and the neighbours that ARP and MAC tables show.
//!
//! A routing table replaces what a routing protocol might have learnt. It is all or nothing: a line that names a
//! network and is not understood makes the whole table unusable, so that a missing route never looks like proof.

use serde::Serialize;

use crate::net;

/// One route as the device printed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedRoute {
    /// First and last destination address.
    pub prefix: (u128, u128),
    /// Next hop, if one is printed.
    pub via: Option<u128>,
    /// Interface, as printed.
    pub interface: Option<String>,
    /// Line of the captured file, 1-based.
    pub line: u32,
}

/// A captured table that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the captured table is not understood")]
pub struct Unreadable {
    /// Line, 1-based.
    pub line: u32,
}

/// Reads the output of `show ip route`, `get router info routing-table all`, `show route`, `ip route` and the like.
pub fn routes(text: &str) -> Result<Vec<CapturedRoute>, Unreadable> {
    let mut out: Vec<CapturedRoute> = Vec::new();
    // `10.0.0.0/24 is subnetted`: the lines below print addresses without a mask.
    let mut length: Option<u32> = None;
    let mut found_table = false;
    for (line, raw) in (1u32..).zip(text.lines()) {
        let words: Vec<&str> = raw.split([' ', '\t', ',']).filter(|w| !w.is_empty()).collect();
        // Whose table this is would have to be kept with every line.
        let other = raw.split_once("table for VRF=").is_some_and(|(_, number)| number.trim() != "0");
        if other || raw.starts_with("Routing Table:") {
            return Err(Unreadable { line });
        }
        if raw.contains("is subnetted") {
            length = words.iter().find_map(|w| w.split_once('/')?.1.parse().ok());
            continue;
        }
        if raw.contains("variably subnetted") {
            length = None;
            continue;
        }
        if network(&words).is_none() {
            // Another way of the route above: `[110/2] via 10.0.0.3, port2`.
            if let (Some(via), Some(last)) = (after(&words, "via").and_then(net::parse_ip), out.last()) {
                let more =
                    CapturedRoute { via: Some(via), interface: interface(&words), line, ..last.clone() };
                out.push(more);
            } else if length.is_some() && words.first().is_some_and(|w| w.len() <= 2) && words.len() > 2 {
                let prefix = words.iter().find_map(|w| net::network(net::parse_v4(w)?, length?));
                out.push(one(&words, prefix, line).ok_or(Unreadable { line })?);
            }
            continue;
        }
        if words.contains(&"candidate") || words.first() == Some(&"Codes:") {
            continue;
        }
        found_table = true;
        let prefix = network(&words);
        out.push(one(&words, prefix, line).ok_or(Unreadable { line })?);
    }
    if found_table || !out.is_empty() { Ok(out) } else { Err(Unreadable { line: 1 }) }
}

fn is_network(word: &str) -> bool {
    word == "default" || word.contains('/') && net::parse_prefix_pair(word.trim_start_matches('*')).is_some()
}

/// `A/len`, `A mask` (ASA) or `default`.
fn network(words: &[&str]) -> Option<(u128, u128)> {
    for (at, word) in words.iter().enumerate() {
        if *word == "default" {
            return Some((net::V4_FIRST, net::V4_LAST));
        }
        if word.contains('/')
            && let Some(found) = net::parse_prefix_pair(word)
        {
            return Some(found);
        }
        let masked = net::parse_v4(word).zip(words.get(at + 1).and_then(|m| net::mask_length(m)));
        if let Some((ip, length)) = masked {
            return net::network(ip, length);
        }
    }
    None
}

fn after<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    let at = words.iter().position(|w| *w == key)?;
    words.get(at + 1).copied()
}

fn one(words: &[&str], prefix: Option<(u128, u128)>, line: u32) -> Option<CapturedRoute> {
    let via = after(words, "via").and_then(net::parse_ip).or_else(|| {
        // YAMAHA: network, gateway, interface, kind.
        let at = words.iter().position(|w| is_network(w))?;
        words.get(at + 1).and_then(|w| net::parse_ip(w))
    });
    let interface = interface(words);
    // `default` is the default of the family its next hop belongs to.
    let six = via.is_some_and(|v| !net::all_v4().contains(v));
    let all = words.contains(&"default") && prefix == Some((net::V4_FIRST, net::V4_LAST));
    let prefix = if six && all { Some((0, u128::MAX)) } else { prefix };
    (via.is_some() || interface.is_some()).then_some(())?;
    Some(CapturedRoute { prefix: prefix?, via, interface, line })
}

/// The word that names an interface: after `dev`, `connected` or `via A`, or the column of YAMAHA.
fn interface(words: &[&str]) -> Option<String> {
    if let Some(dev) = after(words, "dev") {
        return Some(dev.to_owned());
    }
    if words.iter().any(|w| w.eq_ignore_ascii_case("null0") || *w == "Null") {
        return Some("Null0".into());
    }
    // `PP[01]`, `TUNNEL[1]` of YAMAHA.
    let numbered = words.iter().find_map(|w| {
        let lower = w.to_ascii_lowercase();
        let stem = ["pp[", "tunnel["].iter().find(|s| lower.starts_with(**s))?;
        let number: u32 = lower.trim_start_matches(stem).trim_end_matches(']').parse().ok()?;
        Some(format!("{}{number}", stem.trim_end_matches('[')))
    });
    let start = words.iter().position(|w| *w == "connected" || *w == "via").map_or(1, |at| at + 1);
    let tail = &words[start.min(words.len())..];
    numbered.or_else(|| tail.iter().find(|w| is_name(w)).map(|w| (*w).to_owned()))
}

/// Ages begin with a digit, codes with a bracket.
fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_alphabetic)
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !matches!(word, "static" | "connected" | "implicit" | "directly" | "is" | "temporary" | "default")
}

/// What kind of table a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// Routing table.
    Route,
    /// ARP or neighbour table.
    Arp,
    /// MAC address table.
    Mac,
    /// LLDP or CDP neighbours.
    Lldp,
    /// VLANs and the ports in them.
    Vlan,
}

impl TableKind {
    /// By the word in the file name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "route" | "routes" | "routing-table" => Self::Route,
            "arp" | "nd" | "neighbor" => Self::Arp,
            "mac" => Self::Mac,
            "lldp" | "cdp" => Self::Lldp,
            "vlan" => Self::Vlan,
            _ => return None,
        })
    }
}

/// One line of an ARP or neighbour table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// IP address.
    pub address: u128,
    /// Hardware address, twelve digits.
    pub mac: String,
    /// Line, 1-based.
    pub line: u32,
}

/// What an ARP or neighbour table lists; lines without a hardware address are not complete.
#[must_use]
pub fn neighbours(text: &str) -> Vec<Neighbour> {
    (1u32..)
        .zip(text.lines())
        .filter_map(|(line, raw)| {
            let mac = raw.split_whitespace().find_map(mac_address)?;
            let address = raw.split([' ', '\t', '(', ')', ',']).find_map(net::parse_ip)?;
            Some(Neighbour { address, mac, line })
        })
        .collect()
}

/// One line of a MAC address table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// Hardware address, twelve digits.
    pub mac: String,
    /// VLAN, where the line has one.
    pub vlan: Option<u16>,
    /// Line, 1-based.
    pub line: u32,
}

/// Stations a MAC address table has learnt: group addresses and the switch's own are left out.
#[must_use]
pub fn stations(text: &str) -> Vec<Station> {
    let mut out = Vec::new();
    for (line, raw) in (1u32..).zip(text.lines()) {
        let words: Vec<&str> = raw.split_whitespace().collect();
        let Some((at, mac)) = words.iter().enumerate().find_map(|(n, w)| Some((n, mac_address(w)?))) else {
            continue;
        };
        let group = u8::from_str_radix(&mac[..2], 16).is_ok_and(|first| first & 1 == 1);
        let own =
            |w: &&str| matches!(w.to_ascii_lowercase().as_str(), "cpu" | "self" | "router" | "management");
        if group || words.iter().any(own) {
            continue;
        }
        // The VLAN column stands before the address on some devices and after it on others.
        let (before, after) = (&words[..at], &words[at + 1..]);
        let vlan = before.iter().rev().chain(after).find_map(vlan_word);
        out.push(Station { mac, vlan, line });
    }
    out
}

/// `10`, `vlan10`, `VLAN:10`, `vlan=10`.
fn vlan_word(word: &&str) -> Option<u16> {
    let lower = word.trim_end_matches(',').to_ascii_lowercase();
    let number = lower.strip_prefix("vlan").unwrap_or(&lower).trim_start_matches([':', '=', '-']);
    number.parse().ok().filter(|n| (1..=4094).contains(n) && number.bytes().all(|c| c.is_ascii_digit()))
}

/// Hardware addresses in any text, twelve digits each.
#[must_use]
pub fn mac_addresses(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_hexdigit() || ":.-".contains(c)));
    words.filter_map(|w| mac_address(w.trim_matches([':', '.', '-']))).collect()
}

/// `0011.2233.4455`, `00:11:22:33:44:55`, `00-11-22-33-44-55` as twelve digits.
fn mac_address(word: &str) -> Option<String> {
    let shape = word.chars().all(|c| c.is_ascii_hexdigit() || ":.-".contains(c)) && word.len() > 12;
    let digits: String = word.chars().filter(char::is_ascii_hexdigit).collect();
    (shape && digits.len() == 12).then(|| digits.to_ascii_lowercase())
}

/// A hardware address as people write it: `00:11:22:33:44:55`.
#[must_use]
pub fn show_mac(mac: &str) -> String {
    let pairs: Vec<&str> = (0..mac.len() / 2).filter_map(|n| mac.get(2 * n..2 * n + 2)).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |r: CapturedRoute| {
            let via = r.via.map_or("-".into(), |v| net::extract(v).to_string());
            format!(
                "{} {via} {}",
                net::show_interval(r.prefix.0, r.prefix.1),
                r.interface.unwrap_or_default()
            )
        };
        routes(text).unwrap().into_iter().map(show).collect()
    }

    #[test]
    fn tables_of_each_vendor_are_read() {
        let ios = "Codes: L - local, C - connected, O - OSPF\n\nGateway of last resort is 10.0.0.1 to network 0.0.0.0\n\nO*E2  0.0.0.0/0 [110/1] via 10.0.0.1, 2d03h, GigabitEthernet0/1\n      10.0.0.0/8 is variably subnetted, 3 subnets, 2 masks\nC        10.0.0.0/24 is directly connected, GigabitEthernet0/1\nO        10.20.0.0/16 [110/2] via 10.0.0.2, 01:02:03, GigabitEthernet0/1\n                      [110/2] via 10.0.1.2, 01:02:03, GigabitEthernet0/2\n";
        assert_eq!(
            shown(ios),
            [
                "0.0.0.0/0 10.0.0.1 GigabitEthernet0/1",
                "10.0.0.0/24 - GigabitEthernet0/1",
                "10.20.0.0/16 10.0.0.2 GigabitEthernet0/1",
                "10.20.0.0/16 10.0.1.2 GigabitEthernet0/2"
            ]
        );
        let forti = "Codes: K - kernel, C - connected\n\nRouting table for VRF=0\nS*      0.0.0.0/0 [10/0] via 203.0.113.254, wan1, [1/0]\nC       10.10.0.0/24 is directly connected, internal\nO       10.20.0.0/16 [110/2] via 10.99.0.2, lg, 00:10:11, [1/0]\n";
        assert_eq!(shown(forti)[1], "10.10.0.0/24 - internal");
        assert_eq!(shown(forti)[2], "10.20.0.0/16 10.99.0.2 lg");
        let rtx = "宛先ネットワーク    ゲートウェイ     インタフェース  種別  付加情報\ndefault             203.0.113.254    LAN2      static\n192.168.100.0/24    192.168.100.1    LAN1    implicit\n10.9.0.0/16         -                PP[01]   OSPF\n";
        assert_eq!(shown(rtx)[0], "0.0.0.0/0 203.0.113.254 LAN2");
        assert_eq!(shown(rtx)[2], "10.9.0.0/16 - pp1");
        let asa = "O        10.20.0.0 255.255.0.0 [110/11] via 10.0.0.2, 00:01:02, inside\nC        10.0.0.0 255.255.255.0 is directly connected, inside\n";
        assert_eq!(shown(asa), ["10.20.0.0/16 10.0.0.2 inside", "10.0.0.0/24 - inside"]);
        let linux = "default via fe80::1 dev eth0\n2001:db8:1::/64 dev eth1\n";
        assert_eq!(shown(linux)[0], "::/0 fe80::1 eth0");
        assert!(routes("nothing here").is_err());
        assert!(routes("Routing Table: RED\nC 10.0.0.0/24 is directly connected, Vlan1\n").is_err());
        assert!(routes("Routing table for VRF=1\nC 10.0.0.0/24 is directly connected, port1\n").is_err());
        assert!(routes("O 10.0.0.0/24 [110/2] ???").is_err());
    }

    #[test]
    fn stations_of_each_vendor_are_read() {
        let ios = "          Mac Address Table\n-------------------------------------------\n\nVlan    Mac Address       Type        Ports\n----    -----------       --------    -----\n All    0100.0ccc.cccc    STATIC      CPU\n  10    0011.2233.4455    DYNAMIC     Gi1/0/1\n  20    0011.2233.4466    DYNAMIC     Gi1/0/2\n";
        let awplus = "VLAN port       mac             fwd\n   1 CPU        0000.cd28.0752  forward static\n 201 port1.0.1  0000.cd28.0501  forward dynamic\n";
        let alaxala =
            "MAC address        VLAN    Type     Port-list\n0012.e205.1111      30  Dynamic     0/1\n";
        let forti = "MAC: 00:09:0f:aa:bb:cc  VLAN: 40 Port: port3(port-id 3)\n";
        let read = |text: &str| {
            let found = stations(text);
            found.iter().map(|s| format!("{} {:?} {}", show_mac(&s.mac), s.vlan, s.line)).collect::<Vec<_>>()
        };
        assert_eq!(read(ios), ["00:11:22:33:44:55 Some(10) 7", "00:11:22:33:44:66 Some(20) 8"]);
        assert_eq!(read(awplus), ["00:00:cd:28:05:01 Some(201) 3"]);
        assert_eq!(read(alaxala), ["00:12:e2:05:11:11 Some(30) 2"]);
        assert_eq!(read(forti), ["00:09:0f:aa:bb:cc Some(40) 1"]);
    }

    #[test]
    fn hardware_addresses_are_found_in_any_text() {
        let text =
            "有線 00-11-22-33-44-55、無線（0011.2233.4466）, {\"mac\":\"aa:bb:cc:dd:ee:ff\"} 123456789012";
        assert_eq!(mac_addresses(text), ["001122334455", "001122334466", "aabbccddeeff"]);
    }

    #[test]
    fn neighbours_are_listed() {
        let arp = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\nInternet  10.0.0.9                5   0011.2233.4455  ARPA   Vlan10\nInternet  10.0.0.8  0  Incomplete ARPA\n";
        let address = net::parse_ip("10.0.0.9").unwrap();
        assert_eq!(neighbours(arp), [Neighbour { address, mac: "001122334455".into(), line: 2 }]);
    }
}
