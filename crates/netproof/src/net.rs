//! Addresses, prefixes and well-known numbers, in the embedded 128-bit form of [`crate::space::Field`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::space::Ranges;

/// First embedded IPv4 address (`::ffff:0.0.0.0`).
pub const V4_FIRST: u128 = 0xffff_0000_0000;
/// Last embedded IPv4 address.
pub const V4_LAST: u128 = 0xffff_ffff_ffff;

/// ICMP.
pub const ICMP: u128 = 1;
/// TCP.
pub const TCP: u128 = 6;
/// UDP.
pub const UDP: u128 = 17;
/// ICMPv6.
pub const ICMP6: u128 = 58;

/// TCP flag bits in the `Flags` dimension.
pub const FLAG_NAMES: [(&str, u128); 6] =
    [("FIN", 1), ("SYN", 2), ("RST", 4), ("PSH", 8), ("ACK", 16), ("URG", 32)];

/// Embeds an address.
#[must_use]
pub fn embed(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => V4_FIRST | u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The address an embedded value stands for.
#[must_use]
pub fn extract(value: u128) -> IpAddr {
    if (V4_FIRST..=V4_LAST).contains(&value) {
        IpAddr::V4(Ipv4Addr::from((value & 0xffff_ffff) as u32))
    } else {
        IpAddr::V6(Ipv6Addr::from(value))
    }
}

/// Parses an address into embedded form.
#[must_use]
pub fn parse_ip(text: &str) -> Option<u128> {
    text.parse::<IpAddr>().ok().map(embed)
}

/// Parses an IPv4 address into embedded form.
#[must_use]
pub fn parse_v4(text: &str) -> Option<u128> {
    text.parse::<Ipv4Addr>().ok().map(|ip| embed(IpAddr::V4(ip)))
}

/// Every IPv4 address.
#[must_use]
pub fn all_v4() -> Ranges {
    Ranges::span(V4_FIRST, V4_LAST)
}

/// Every IPv6 address.
#[must_use]
pub fn all_v6() -> Ranges {
    Ranges::of(vec![(0, V4_FIRST - 1), (V4_LAST + 1, u128::MAX)])
}

/// Multicast groups of both families.
#[must_use]
pub fn multicast() -> Ranges {
    Ranges::of(vec![(V4_FIRST + 0xe000_0000, V4_FIRST + 0xefff_ffff), (0xff << 120, u128::MAX)])
}

/// First and last address of the network of `address` with a prefix length counted in the address's own family.
#[must_use]
pub fn network(address: u128, length: u32) -> Option<(u128, u128)> {
    let v4 = (V4_FIRST..=V4_LAST).contains(&address);
    let bits = if v4 { 32u32.checked_sub(length)? } else { 128u32.checked_sub(length)? };
    let host = if bits >= 128 { u128::MAX } else { (1u128 << bits) - 1 };
    Some((address & !host, address | host))
}

/// Parses `A/len` or a bare address (host) into its network.
#[must_use]
pub fn parse_prefix(text: &str) -> Option<Ranges> {
    let (lo, hi) = parse_prefix_pair(text)?;
    if lo == 0 && hi == u128::MAX {
        return Some(all_v6());
    }
    Some(Ranges::span(lo, hi))
}

/// Parses `A/len` or a bare address into (first, last).
#[must_use]
pub fn parse_prefix_pair(text: &str) -> Option<(u128, u128)> {
    match text.split_once('/') {
        Some((ip, len)) => {
            let ip = parse_ip(ip)?;
            network(ip, len.parse().ok()?)
        }
        None => parse_ip(text).map(|ip| (ip, ip)),
    }
}

/// Prefix length of a contiguous dotted netmask.
#[must_use]
pub fn mask_length(text: &str) -> Option<u32> {
    let mask = u32::from(text.parse::<Ipv4Addr>().ok()?);
    (mask.leading_ones() + mask.trailing_zeros() == 32 || mask == 0).then(|| mask.leading_ones())
}

/// Longest set of intervals a non-contiguous wildcard may expand to before the reader gives up on it.
const LIMIT_WILDCARD_INTERVALS: u32 = 4096;

/// IPv4 address with an inverse (wildcard) mask, contiguous or not. `None` when it would need more than 4,096
/// intervals.
#[must_use]
pub fn wildcard(address: &str, wild: &str) -> Option<Ranges> {
    let base = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let wild = u32::from(wild.parse::<Ipv4Addr>().ok()?);
    let low = wild.trailing_ones();
    let scattered = if low >= 32 { 0 } else { wild >> low << low };
    if scattered.count_ones() >= LIMIT_WILDCARD_INTERVALS.ilog2() {
        return None;
    }
    let span = if low >= 32 { u32::MAX } else { (1u32 << low) - 1 };
    let fixed = base & !wild;
    let mut out = Vec::new();
    let mut bits = 0u32;
    loop {
        let lo = V4_FIRST | u128::from(fixed | bits);
        out.push((lo, lo | u128::from(span)));
        bits = bits.wrapping_sub(scattered) & scattered;
        if bits == 0 {
            break;
        }
    }
    Some(Ranges::of(out))
}

/// Text of an interval of embedded addresses, as a prefix when it is one.
#[must_use]
pub fn show_interval(lo: u128, hi: u128) -> String {
    let (a, b) = (extract(lo), extract(hi));
    if lo == hi {
        return a.to_string();
    }
    let width = if a.is_ipv4() { 32u32 } else { 128 };
    let size = hi.wrapping_sub(lo).wrapping_add(1);
    let is_prefix =
        a.is_ipv4() == b.is_ipv4() && (size == 0 || (size.is_power_of_two() && lo & (size - 1) == 0));
    if is_prefix {
        let host = if size == 0 { 128 } else { size.trailing_zeros() };
        return format!("{a}/{}", width.saturating_sub(host));
    }
    format!("{a}-{b}")
}

/// Text of a set of embedded addresses.
#[must_use]
pub fn show_addresses(ranges: &Ranges) -> String {
    if ranges.is_full(u128::MAX) {
        return "any".into();
    }
    let all6 = all_v6();
    let mut parts = Vec::new();
    let mut rest = ranges.clone();
    if all6.is_subset(ranges) {
        parts.push("::/0".to_owned());
        rest = rest.subtract(&all6);
    }
    parts.extend(rest.intervals().iter().map(|&(lo, hi)| show_interval(lo, hi)));
    parts.join(", ")
}

/// Protocol name or number.
#[must_use]
pub fn show_protocol(number: u128) -> String {
    match number {
        1 => "icmp".into(),
        6 => "tcp".into(),
        17 => "udp".into(),
        41 => "ipv6".into(),
        47 => "gre".into(),
        50 => "esp".into(),
        51 => "ah".into(),
        58 => "icmp6".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_wildcards() {
        assert_eq!(show_addresses(&parse_prefix("10.1.2.3/8").unwrap()), "10.0.0.0/8");
        assert_eq!(show_addresses(&parse_prefix("2001:db8::1/64").unwrap()), "2001:db8::/64");
        assert_eq!(show_addresses(&parse_prefix("0.0.0.0/0").unwrap()), "0.0.0.0/0");
        assert_eq!(parse_prefix("::/0").unwrap(), all_v6());
        assert_eq!(show_addresses(&wildcard("10.0.0.0", "0.0.0.255").unwrap()), "10.0.0.0/24");
        let odd = wildcard("10.0.0.1", "0.0.2.0").unwrap();
        assert_eq!(show_addresses(&odd), "10.0.0.1, 10.0.2.1");
        assert_eq!(wildcard("1.2.3.4", "255.255.255.255").unwrap(), all_v4());
        assert!(wildcard("1.2.3.4", "255.255.255.254").is_none());
        assert_eq!(mask_length("255.255.255.252"), Some(30));
        assert_eq!(mask_length("255.0.255.0"), None);
        assert_eq!(mask_length("0.0.0.0"), Some(0));
    }
}
