//! What is asked: packets that start somewhere must not come to rest somewhere else.

use crate::model::{Device, Doubt, Network, NodeId};
use crate::net;
use crate::site::topology::{Topology, ingress_values};
use crate::site::{Endpoint, Service, Site};
use crate::space::{Cube, Field, Ranges};

use crate::engine::Source;

/// Packets of one source group; what is exempt at the destination depends on the source only.
#[derive(Clone, Debug)]
pub struct Group {
    /// Where they start.
    pub sources: Vec<Source>,
    /// What they may do at the destination all the same.
    pub exempt: Vec<Cube>,
}

/// A place packets must not come to rest in.
#[derive(Clone, Debug)]
pub struct Target {
    /// Node.
    pub node: NodeId,
    /// Packets meant, seen there.
    pub cubes: Vec<Cube>,
    /// Whether the place certainly is what the intent names (`false`: an undeclared box that might lead there).
    pub certain: bool,
}

/// One question: no group may reach a target except as exempt.
#[derive(Clone, Debug)]
pub struct Question {
    /// Source groups.
    pub groups: Vec<Group>,
    /// Forbidden places.
    pub targets: Vec<Target>,
    /// Preferred values for a readable counter-example, most wanted first.
    pub wishes: Vec<Cube>,
    /// Wires that belong to both sides, by name: the question cannot be proved.
    pub shared: Vec<String>,
    /// Addresses of the two ends.
    pub ends: (Ranges, Ranges),
    /// Names of their zones.
    pub names: (String, String),
}

/// Addresses that are not a destination or source of one host.
fn special() -> Ranges {
    let parts = ["255.255.255.255", "0.0.0.0", "::"];
    parts.iter().filter_map(|p| net::parse_prefix(p)).fold(Ranges::empty(), |a, r| a.union(&r))
}

/// Well-formed packets: both addresses of one family, TCP flags only on TCP.
#[must_use]
pub(super) fn wellformed(src: &Ranges, dst: &Ranges) -> Vec<Cube> {
    let tcp = Ranges::one(net::TCP);
    let mut out = Vec::new();
    for family in [net::all_v4(), net::all_v6()] {
        let base = Cube::any()
            .with(Field::Src, src.intersect(&family).subtract(&special()).subtract(&net::multicast()))
            .with(Field::Dst, dst.intersect(&family).subtract(&special()))
            .with(Field::Out, Ranges::one(0))
            .with(Field::Tag, Ranges::one(0));
        if base.is_empty() {
            continue;
        }
        out.push(base.clone().with(Field::Proto, tcp.clone()));
        let other = tcp.complement(Field::Proto.max());
        out.push(base.with(Field::Proto, other).with(Field::Flags, Ranges::one(0)));
    }
    out
}

/// The ways packets of an endpoint can enter the network.
#[must_use]
pub fn sources(
    site: &Site,
    devices: &[Device],
    topology: &Topology,
    from: &Endpoint,
    only: &Ranges,
) -> Vec<Source> {
    let declared = zone_addresses(site, from.zone);
    let mut out = Vec::new();
    for wire in topology.wires.iter().filter(|w| w.zones.contains(&from.zone)) {
        // A wire named as part of the zone may have addresses outside the zone's prefixes.
        let here = declared.union(&wire.networks);
        let src =
            from.addresses.as_ref().map_or_else(|| here.clone(), |a| a.intersect(&here)).intersect(only);
        let cubes = wellformed(&src, &Ranges::span(0, u128::MAX));
        for &node in &wire.joins {
            out.push(Source { node, cubes: cubes.clone() });
        }
        for &(device, interface) in &wire.members {
            let values = ingress_values(&devices[device], interface);
            let entering = cubes.iter().map(|c| c.clone().with(Field::In, values.clone())).collect();
            out.push(Source { node: topology.entry(devices, device), cubes: entering });
        }
    }
    // Whatever is not declared may be open to the outside.
    if let (crate::site::ZoneKind::EX, Some(hub)) = (site.zones[from.zone].kind, topology.hub) {
        let src = from.addresses.clone().unwrap_or(declared).intersect(only);
        out.push(Source { node: hub, cubes: wellformed(&src, &Ranges::span(0, u128::MAX)) });
    }
    out
}

fn all_but_zones(site: &Site, zone: usize) -> Ranges {
    let others = site
        .zones
        .iter()
        .enumerate()
        .filter(|(n, _)| *n != zone)
        .fold(Ranges::empty(), |acc, (_, z)| acc.union(&z.prefixes));
    others.complement(u128::MAX)
}

/// Addresses of a zone, everything undeclared for an open zone without prefixes.
#[must_use]
pub(super) fn zone_addresses(site: &Site, zone: usize) -> Ranges {
    let prefixes = &site.zones[zone].prefixes;
    if prefixes.is_empty() { all_but_zones(site, zone) } else { prefixes.clone() }
}

/// Places where packets for an endpoint come to rest.
#[must_use]
pub(super) fn targets(site: &Site, topology: &Topology, to: &Endpoint, service: &Service) -> Vec<Target> {
    let mut out = Vec::new();
    let narrowed = |addresses: Option<&Ranges>| -> Vec<Cube> {
        service
            .0
            .iter()
            .map(|c| match addresses {
                Some(a) => c.clone().with(Field::Dst, a.clone()),
                None => c.clone(),
            })
            .collect()
    };
    for wire in topology.wires.iter().filter(|w| w.zones.contains(&to.zone)) {
        out.push(Target { node: wire.hosts, cubes: narrowed(to.addresses.as_ref()), certain: true });
    }
    let behind = to.addresses.clone().unwrap_or_else(|| {
        let wires = topology.wires.iter().filter(|w| w.zones.contains(&to.zone));
        wires.fold(zone_addresses(site, to.zone), |all, w| all.union(&w.networks)).union(&net::multicast())
    });
    for &node in topology.unknown.keys() {
        out.push(Target { node, cubes: narrowed(Some(&behind)), certain: false });
    }
    out
}

/// Names of wires that belong to both zones.
#[must_use]
pub(super) fn shared_wires(topology: &Topology, a: usize, b: usize) -> Vec<String> {
    topology
        .wires
        .iter()
        .filter(|w| w.zones.contains(&a) && w.zones.contains(&b))
        .map(|w| w.name.clone())
        .collect()
}

/// Splits the sources of an endpoint by which exemptions apply to them.
#[must_use]
pub(super) fn groups(
    site: &Site,
    devices: &[Device],
    topology: &Topology,
    from: &Endpoint,
    exemptions: &[(Ranges, Vec<Cube>)],
) -> Vec<Group> {
    let mut parts: Vec<(Ranges, Vec<Cube>)> = vec![(Ranges::span(0, u128::MAX), Vec::new())];
    for (sources, cubes) in exemptions {
        let mut next = Vec::new();
        for (range, exempt) in parts {
            let inside = range.intersect(sources);
            if !inside.is_empty() {
                let mut more = exempt.clone();
                more.extend(cubes.iter().cloned());
                next.push((inside, more));
            }
            let outside = range.subtract(sources);
            if !outside.is_empty() {
                next.push((outside, exempt));
            }
        }
        parts = next;
    }
    parts
        .into_iter()
        .map(|(range, exempt)| Group { sources: sources(site, devices, topology, from, &range), exempt })
        .filter(|g| g.sources.iter().any(|s| s.cubes.iter().any(|c| !c.is_empty())))
        .collect()
}

/// Preferences for a packet people recognise.
#[must_use]
pub(super) fn wishes(site: &Site, from: &Endpoint, to: &Endpoint) -> Vec<Cube> {
    let mut out = Vec::new();
    let v4 = net::all_v4();
    out.push(Cube::any().with(Field::Frag, Ranges::one(0)));
    out.push(Cube::any().with(Field::Dst, v4.clone()));
    for (field, endpoint) in [(Field::Dst, to), (Field::Src, from)] {
        let zone = &site.zones[endpoint.zone];
        let hosts = zone.hosts.values().fold(Ranges::empty(), |a, r| a.union(r));
        if !hosts.is_empty() {
            out.push(Cube::any().with(field, hosts));
        }
    }
    out.push(Cube::any().with(Field::Proto, Ranges::one(net::TCP)));
    out.push(Cube::any().with(Field::Flags, Ranges::one(2)));
    let ported = Cube::any().with(Field::Proto, Ranges::of(vec![(net::TCP, net::TCP), (net::UDP, net::UDP)]));
    for port in [443u128, 445, 3389, 22, 80, 53] {
        out.push(ported.clone().with(Field::Dport, Ranges::one(port)));
    }
    // An echo request, and code 0, where it is ICMP.
    for (protocol, echo) in [(net::ICMP, 8), (net::ICMP6, 128)] {
        let message = Cube::any().with(Field::Proto, Ranges::one(protocol));
        out.push(message.clone().with(Field::Sport, Ranges::one(echo)));
        out.push(message.with(Field::Dport, Ranges::one(0)));
    }
    out.push(Cube::any().with(Field::Dport, Ranges::span(1, 65_535)));
    out.push(Cube::any().with(Field::Sport, Ranges::span(49_152, 65_535)));
    out.push(Cube::any().with(Field::Sport, Ranges::span(1, 65_535)));
    out
}

/// Addresses no host has, or none that is asked about: this network, loopback, reserved, and IPv6 outside of what is
/// given to hosts.
fn unusual() -> Ranges {
    let parts = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"];
    let usual6 = ["2000::/3", "fc00::/7"].iter().filter_map(|p| net::parse_prefix(p));
    let usual6 = usual6.fold(net::all_v4(), |all, r| all.union(&r));
    let four =
        parts.iter().filter_map(|p| net::parse_prefix(p)).fold(Ranges::empty(), |all, r| all.union(&r));
    four.union(&usual6.complement(u128::MAX))
}

/// Tie-breaking wishes: of each family the tenth address of the least network, or the first of a small one, rather than
/// the network's own address.
#[must_use]
pub(super) fn comfortable(ranges: &Ranges, field: Field) -> Vec<Cube> {
    let wish = |family: Ranges| {
        let here = ranges.intersect(&family);
        let usual = here.subtract(&unusual());
        let &(lo, hi) = usual.intervals().first().or(here.intervals().first())?;
        let host = [10, 1].into_iter().filter_map(|n| lo.checked_add(n)).find(|host| *host < hi)?;
        Some(Cube::any().with(field, Ranges::one(host)))
    };
    [net::all_v4(), net::all_v6()].into_iter().filter_map(wish).collect()
}

/// Japanese sentence for a doubt.
#[must_use]
pub(super) const fn doubt_ja(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::UnknownLine => "この行の意味を読み取れないため、通す場合も止める場合も考えられます",
        Doubt::Undefined => "定義のない名前を使っており、その場合の動作が資料にありません",
        Doubt::Unsourced => "動作を裏づける資料がないか、資料同士が食い違っています",
        Doubt::Dynamic => "実行時に決まる対象（FQDN・利用者・配信リストなど）です",
        Doubt::LinkState => "回線や相手の状態によって動作が変わります",
        Doubt::Schedule => "日時によって有効・無効が変わります",
        Doubt::Routing => "動的経路の表が提出されていません",
        Doubt::OwnAddress => "実行時に決まる機器自身のアドレスが、宛先かもしれません",
        Doubt::Overlap => "実行時に決まるネットワークが、設定にあるネットワークと重なるかもしれません",
        Doubt::Spoofed => {
            "送信元へ戻る経路がこのインターフェースになく、送信元の詐称として捨てられるかもしれません（RPF）"
        }
        Doubt::Undeclared => "一覧にない機器・区間を通ります",
        Doubt::Fragment => "後続フラグメントの扱いが資料で確かめられません",
        Doubt::State => "接続状態によって動作が変わります",
        Doubt::Discovery => {
            "近隣探索だけは、ほかのネットワークへ転送するかが資料にありません。届いても受け取られない（RFC 4861 7.1）ことを前提 neighbour-discovery に登録すれば、ほかの通信で決まります"
        }
        Doubt::Multicast => "マルチキャストの転送先は設定だけでは決まりません",
        Doubt::Relay => "トンネル・中継装置などで通信が作り直されます",
    }
}

/// Where a doubtful rule stands: device number and line.
#[must_use]
pub(super) fn place(network: &Network, node: NodeId, rule: usize) -> (Option<usize>, u32, Option<Doubt>) {
    let node = &network.nodes[node];
    let rule = &node.rules[rule];
    (node.device, rule.line, rule.doubt)
}
