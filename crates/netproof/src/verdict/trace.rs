//! One packet through the whole site, with every reading.

use serde::Serialize;

use crate::engine::interp::{self, Fate};
use crate::net;
use crate::site::topology::ingress_values;
use crate::site::{Service, Site};
use crate::space::{Cube, Field, Ranges};

use super::explain::{self, HopView, PacketView};
use super::verify::{Snapshot, World};

/// A packet as the caller writes it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Device it enters.
    pub device: &'a str,
    /// Interface it enters by.
    pub interface: &'a str,
    /// Source address.
    pub src: &'a str,
    /// Destination address.
    pub dst: &'a str,
    /// `tcp/443` and the like.
    pub service: &'a str,
    /// Source port.
    pub sport: u16,
}

/// One way it can go.
#[derive(Clone, Debug, Serialize)]
pub struct TraceWay {
    /// Where it ends, in Japanese.
    pub fate: String,
    /// Whether no doubtful line was met.
    pub certain: bool,
    /// Hop table.
    pub hops: Vec<HopView>,
}

/// Every way it can go.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    /// The packet.
    pub packet: PacketView,
    /// Ways.
    pub ways: Vec<TraceWay>,
}

/// Follows a packet; `None` when the words do not name a packet or place.
#[must_use]
pub fn trace(site: &Site, snapshot: &Snapshot, wanted: &Packet<'_>) -> Option<Trace> {
    let world = World::read(site, snapshot, &[]);
    let device = world.devices.iter().position(|d| d.name == wanted.device)?;
    let interface = world.devices[device].interface(wanted.interface)?;
    let service = Service::parse(&[wanted.service.to_owned()])?;
    let mut cube = Cube::any()
        .with(Field::Src, Ranges::one(net::parse_ip(wanted.src)?))
        .with(Field::Dst, Ranges::one(net::parse_ip(wanted.dst)?))
        .with(Field::Frag, Ranges::one(0))
        .with(Field::Out, Ranges::one(0))
        .with(Field::Tag, Ranges::one(0))
        .intersect(service.0.first()?);
    let proto = cube.values(Field::Proto).first()?;
    cube.narrow(Field::Proto, &Ranges::one(proto));
    if proto == net::TCP || proto == net::UDP {
        cube.narrow(Field::Sport, &Ranges::one(wanted.sport.into()));
    } else if proto == net::ICMP || proto == net::ICMP6 {
        cube.narrow(Field::Sport, &Ranges::one(if proto == net::ICMP { 8 } else { 128 }));
        cube.narrow(Field::Dport, &Ranges::one(0));
    }
    cube.narrow(Field::Flags, &Ranges::one(if proto == net::TCP { 2 } else { 0 }));
    let packet = cube.least()?;
    cube = packet.cube();
    cube.replace(Field::In, ingress_values(&world.devices[device], interface));
    let start = world.topology.entry(&world.devices, device);
    let ways = interp::explore(&world.topology.network, start, cube).ok()?;
    let network = &world.topology.network;
    let ways = ways
        .iter()
        .map(|w| TraceWay {
            fate: match w.fate {
                Fate::Rests(n) | Fate::Stays(n) => format!("{} に届きます", network.nodes[n].name),
                Fate::Dropped(n) => format!("{} で止まります", network.nodes[n].name),
                Fate::Loops(n) => format!("{} で巡回します", network.nodes[n].name),
            },
            certain: w.doubts.is_empty(),
            hops: explain::hops(network, &world.devices, w),
        })
        .collect();
    Some(Trace { packet: PacketView::of(&packet), ways })
}
