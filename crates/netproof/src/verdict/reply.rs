//! Replies: does what was permitted also come back, through the same stateful devices?

use crate::engine::interp::{self, Fate, Way};
use crate::model::{Device, NodeId, NodeKind};
use crate::space::{Cube, Field, Ranges};

use super::verify::World;

/// One device passed by a way: what entered, what left.
struct Passage {
    device: usize,
    entered: Cube,
    left: Cube,
    stateful: bool,
}

/// Whether every reply to the packets at the end of `way` comes back over the same devices.
///
/// At each device, last first, the reply enters; a device that keeps state undoes its translation and only routes,
/// any other device filters the reply like every packet. Each time it has to reach the device before, or the wire
/// the first packet came from.
pub(crate) fn returns(world: &World, way: &Way) -> bool {
    let passages = passages(world, way);
    let network = &world.topology.network;
    for (number, passage) in passages.iter().enumerate().rev() {
        let device = &world.devices[passage.device];
        let base = world.topology.base[passage.device];
        let out = passage.left.values(Field::Out).first().unwrap_or(0) as usize;
        let Some(adjacency) = device.adjacencies.get(out) else { return false };
        let back_in = crate::site::topology::ingress_values(device, adjacency.interface);
        let (start, reply) = match (device.reply_entry, passage.stateful) {
            (Some(entry), true) => (base + entry, swapped(&passage.entered)),
            (None, true) => return false,
            (_, false) => (base + device.entry, swapped(&passage.left)),
        };
        let reply =
            reply.with(Field::In, back_in).with(Field::Out, Ranges::one(0)).with(Field::Tag, Ranges::one(0));
        let came_from = way.hops.first().map(|h| h.before.values(Field::In));
        let Ok(ways) = interp::explore(network, start, reply) else { return false };
        let next = number.checked_sub(1).map(|n| passages[n].device);
        let ok = ways.iter().all(|w| match next {
            Some(previous) => w.hops.iter().any(|h| network.nodes[h.node].device == Some(previous)),
            None => home(world, passage.device, came_from.as_ref(), w),
        });
        if ways.is_empty() || !ok {
            return false;
        }
    }
    true
}

/// The reply came to rest on the wire behind the interface the first packet came in on.
fn home(world: &World, device: usize, came_from: Option<&Ranges>, way: &Way) -> bool {
    let Fate::Rests(node) = way.fate else { return false };
    let Some(values) = came_from else { return false };
    world.topology.wires.iter().any(|w| {
        w.hosts == node
            && w.members.iter().any(|m| {
                m.0 == device && {
                    let ports = crate::site::topology::ingress_values(&world.devices[device], m.1);
                    values.is_subset(&ports)
                }
            })
    })
}

fn swapped(cube: &Cube) -> Cube {
    let tcp = cube.values(Field::Proto).single() == Some(crate::net::TCP);
    let icmp = matches!(cube.values(Field::Proto).single(), Some(crate::net::ICMP | crate::net::ICMP6));
    let mut out = Cube::any();
    out.replace(Field::Src, cube.values(Field::Dst));
    out.replace(Field::Dst, cube.values(Field::Src));
    out.replace(Field::Proto, cube.values(Field::Proto));
    if !icmp {
        out.replace(Field::Sport, cube.values(Field::Dport));
        out.replace(Field::Dport, cube.values(Field::Sport));
    }
    // A reply to SYN is SYN+ACK.
    out.replace(Field::Flags, Ranges::one(if tcp { 18 } else { 0 }));
    out.replace(Field::Frag, Ranges::one(0));
    out
}

fn passages(world: &World, way: &Way) -> Vec<Passage> {
    let network = &world.topology.network;
    let mut out: Vec<Passage> = Vec::new();
    let mut last: Option<usize> = None;
    for hop in &way.hops {
        let node = &network.nodes[hop.node];
        let Some(device) = node.device else {
            last = None;
            continue;
        };
        if last != Some(device) {
            out.push(Passage {
                device,
                entered: hop.before.clone(),
                left: hop.before.clone(),
                stateful: false,
            });
        }
        last = Some(device);
        let is_entry = hop.node == world.topology.base[device] + world.devices[device].entry;
        if let Some(passage) = out.last_mut() {
            passage.stateful |= node.stateful;
            if node.kind == NodeKind::Egress || hop.node == egress(world, device) {
                passage.left = hop.before.clone();
            } else if is_entry {
                passage.entered = hop.before.clone();
            }
        }
    }
    out
}

fn egress(world: &World, device: usize) -> NodeId {
    world.topology.base[device] + Device::EGRESS
}
