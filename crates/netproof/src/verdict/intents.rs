//! The intents of a site as questions, and the kinds of intent that are not plain reachability.

use crate::engine::Engine;
use crate::engine::interp::{self, Fate};
use crate::model::{Device, InterfaceKind};
use crate::site::{Allow, Endpoint, Mgmt, Service, Site, Waypoint};
use crate::space::{Cube, Field, Ranges};

use super::question::{self, Question};
use super::verify::{Asked, Decision, World, blank, decide, explain_unknown, limit_reason};
use super::{Doubtful, Finding, PacketView, Verdict, explain};

/// Whether a dated thing is over on `as_of`.
fn expired(until: Option<&str>, as_of: Option<&str>) -> bool {
    matches!((until, as_of), (Some(u), Some(d)) if u < d)
}

fn matches_id(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |p| id.starts_with(p))
}

fn pairs(from: &[Endpoint], to: &[Endpoint]) -> Vec<(Endpoint, Endpoint)> {
    let mut out = Vec::new();
    for f in from {
        for t in to.iter().filter(|t| t.zone != f.zone) {
            out.push((f.clone(), t.clone()));
        }
    }
    out
}

fn title(site: &Site, pairs: &[(Endpoint, Endpoint)], verb: &str) -> String {
    let names = |pick: fn(&(Endpoint, Endpoint)) -> usize| {
        let mut zones: Vec<usize> = pairs.iter().map(pick).collect();
        zones.dedup();
        zones.sort_unstable();
        zones.dedup();
        zones.iter().map(|&z| site.zones[z].name.clone()).collect::<Vec<_>>().join("・")
    };
    format!("{} から {} への{verb}", names(|p| p.0.zone), names(|p| p.1.zone))
}

/// Every `deny` and `only` as a reachability question. Expired 特定通信 exempt nothing.
pub(crate) fn question_list(site: &Site, as_of: Option<&str>) -> Vec<Asked> {
    let live = |n: &usize| !expired(site.intents.allow[*n].until.as_deref(), as_of);
    let mut out = Vec::new();
    for deny in &site.intents.deny {
        let except = (0..site.intents.allow.len())
            .filter(live)
            .filter(|&n| deny.except.iter().any(|p| matches_id(p, &site.intents.allow[n].id)))
            .collect();
        let pairs = pairs(&deny.from, &deny.to);
        out.push(Asked {
            id: deny.id.clone(),
            kind: "deny",
            title: title(site, &pairs, "通信がないこと"),
            basis: deny.basis.clone(),
            pairs,
            service: deny.service.clone(),
            except,
            through_relays: deny.through_relays,
        });
    }
    for only in &site.intents.only {
        let pairs = pairs(&only.from, &only.to);
        out.push(Asked {
            id: only.id.clone(),
            kind: "only",
            title: title(site, &pairs, "通信が登録済みの特定通信だけであること"),
            basis: only.basis.clone(),
            pairs,
            service: Service::any(),
            except: (0..site.intents.allow.len()).filter(live).collect(),
            through_relays: false,
        });
    }
    out
}

/// 特定通信 that have to work today.
pub(crate) fn working<'s>(site: &'s Site, as_of: Option<&'s str>) -> impl Iterator<Item = &'s Allow> {
    site.intents.allow.iter().filter(move |a| a.must_work && !expired(a.until.as_deref(), as_of))
}

/// A 特定通信 that must work: the whole set arrives, and so does every reply.
pub(crate) fn must_work(site: &Site, world: &World, engine: &mut Engine<'_>, allow: &Allow) -> Finding {
    let pairs: Vec<_> = allow.uses.iter().map(|u| (u.from.clone(), u.to.clone())).collect();
    let asked = Asked {
        id: allow.id.clone(),
        kind: "allow",
        title: title(site, &pairs, "特定通信が往復とも届くこと"),
        basis: allow.basis.clone().unwrap_or_default(),
        pairs,
        service: Service::any(),
        except: Vec::new(),
        through_relays: false,
    };
    let mut finding = blank(&asked);
    works(site, world, engine, allow, &mut finding);
    finding
}

fn works(site: &Site, world: &World, engine: &mut Engine<'_>, allow: &Allow, finding: &mut Finding) {
    for one in &allow.uses {
        let dst = one.to.addresses.clone().unwrap_or_else(|| question::zone_addresses(site, one.to.zone));
        let dst = hosts_of(world, dst);
        let targets = question::targets(site, &world.topology, &one.to, &one.service);
        let good: Vec<usize> = targets.iter().filter(|t| t.certain).map(|t| t.node).collect();
        let everyone = Ranges::span(0, u128::MAX);
        let mut sources = question::sources(site, &world.devices, &world.topology, &one.from, &everyone);
        for source in &mut sources {
            source.cubes = source
                .cubes
                .iter()
                .flat_map(|c| one.service.0.iter().map(|s| c.intersect(s).with(Field::Dst, dst.clone())))
                .map(|c| c.with(Field::Frag, Ranges::one(0)).with(Field::Sport, Ranges::span(1024, 65_535)))
                .map(first_flags)
                .filter(|c| !c.is_empty())
                .collect();
        }
        sources.retain(|s| !s.cubes.is_empty());
        attached_only(world, &one.from, &mut sources);
        if sources.is_empty() || good.is_empty() {
            unknown(finding, "送信元または宛先の領域につながるインターフェースが見つかりません");
            continue;
        }
        for source in sources {
            for cube in source.cubes {
                delivered(world, engine, source.node, cube, &good, finding);
                if finding.verdict == Verdict::Refuted {
                    return;
                }
            }
        }
    }
}

/// The addresses without those of routers and of networks themselves, where nobody answers; a destination that is only
/// such addresses is meant as it stands.
fn hosts_of(world: &World, addresses: Ranges) -> Ranges {
    let interfaces = world.devices.iter().flat_map(|d| &d.interfaces).flat_map(|i| &i.addresses);
    let taken: Ranges =
        interfaces.flat_map(|a| [(a.address, a.address), (a.first, a.first), (a.last, a.last)]).collect();
    let hosts = addresses.subtract(&taken);
    if hosts.is_empty() { addresses } else { hosts }
}

/// A zone is usually declared wider than its wires: only hosts that can be on the wire take part.
fn attached_only(world: &World, from: &Endpoint, sources: &mut [crate::engine::Source]) {
    let wires = || world.topology.wires.iter().filter(|w| w.zones.contains(&from.zone));
    for source in sources {
        for cube in &mut source.cubes {
            let owner = wires().find(|w| {
                w.members.iter().any(|m| {
                    world.topology.entry(&world.devices, m.0) == source.node
                        && cube
                            .values(Field::In)
                            .is_subset(&crate::site::topology::ingress_values(&world.devices[m.0], m.1))
                })
            });
            if let Some(wire) =
                owner.filter(|w| !w.networks.is_empty() && !cube.values(Field::Src).is_disjoint(&w.networks))
            {
                // The network's own addresses and the router are not hosts.
                let taken: Ranges = wire
                    .members
                    .iter()
                    .flat_map(|m| world.devices[m.0].interfaces[m.1].addresses.iter())
                    .flat_map(|a| [(a.address, a.address), (a.first, a.first), (a.last, a.last)])
                    .collect();
                cube.narrow(Field::Src, &wire.networks.subtract(&taken));
            }
        }
    }
}

/// TCP connections begin with SYN alone.
fn first_flags(cube: Cube) -> Cube {
    let tcp = cube.values(Field::Proto).single() == Some(crate::net::TCP);
    let flags = if tcp { 2 } else { 0 };
    cube.with(Field::Flags, Ranges::one(flags))
}

fn unknown(finding: &mut Finding, why: &str) {
    finding.verdict = Verdict::Unknown;
    finding.reasons.push(Doubtful { file: String::new(), line: 0, text: String::new(), why: why.to_owned() });
}

/// Every packet of `cube` must come to rest at `good`, under every reading, and every reply must come back.
fn delivered(
    world: &World,
    engine: &Engine<'_>,
    start: usize,
    cube: Cube,
    good: &[usize],
    finding: &mut Finding,
) {
    let Ok(ways) = interp::explore(engine.network(), start, cube) else {
        unknown(finding, "経路の組合せが多すぎて計算を打ち切りました");
        return;
    };
    let arrives = |w: &interp::Way| matches!(w.fate, Fate::Rests(n) if good.contains(&n));
    if ways.iter().all(arrives) {
        if !ways.iter().all(|w| super::reply::returns(world, w)) {
            unknown(finding, "行きの通信は届きますが、戻りの通信が同じ機器を通って届くことを示せません");
        }
        return;
    }
    let certain_failure = ways.iter().find(|w| !arrives(w) && w.doubts.is_empty());
    match certain_failure.and_then(|w| w.hops.first().and_then(|h| h.before.least()).map(|p| (w, p))) {
        Some((way, packet)) if fails_for_sure(engine, start, &packet, good) => {
            finding.verdict = Verdict::Refuted;
            finding.packet = Some(PacketView::of(&packet));
            finding.hops = explain::hops(&world.topology.network, &world.devices, way);
        }
        _ => {
            finding.verdict = Verdict::Unknown;
            finding.reasons.extend(explain_unknown(world, &ways));
        }
    }
}

fn fails_for_sure(engine: &Engine<'_>, start: usize, packet: &crate::space::Packet, good: &[usize]) -> bool {
    interp::explore(engine.network(), start, packet.cube())
        .is_ok_and(|ways| ways.iter().all(|w| !matches!(w.fate, Fate::Rests(n) if good.contains(&n))))
}

/// Waypoint: what arrives, apart from what the relay itself sends, is nothing.
pub(crate) fn waypoint(site: &Site, world: &World, engine: &mut Engine<'_>, waypoint: &Waypoint) -> Finding {
    let pairs = pairs(&waypoint.from, &waypoint.to);
    let asked = Asked {
        id: waypoint.id.clone(),
        kind: "waypoint",
        title: title(site, &pairs, "通信が無害化の中継だけを通ること"),
        basis: waypoint.basis.clone(),
        pairs,
        service: Service::any(),
        except: Vec::new(),
        through_relays: false,
    };
    let relay =
        waypoint.via.addresses.clone().unwrap_or_else(|| question::zone_addresses(site, waypoint.via.zone));
    let mut finding = blank(&asked);
    let mut claim = crate::certificate::Claim::new(&asked.id);
    for (from, to) in &asked.pairs {
        let mut question = super::verify::build(site, world, &asked, from, to);
        // The relay ends the communication and begins a new one: only its own packets are exempt, in either role.
        let exempt = Cube::any().with(Field::Src, relay.clone());
        let towards = Cube::any().with(Field::Dst, relay.clone());
        for group in &mut question.groups {
            for source in &mut group.sources {
                source.cubes = source.cubes.iter().flat_map(|c| c.subtract(&exempt)).collect();
            }
            group.exempt.push(towards.clone());
        }
        settle(site, world, engine, &question, &mut finding, &mut claim);
    }
    if finding.verdict == Verdict::Proved {
        finding.certificate = Some(Box::new(claim));
    }
    finding
}

fn settle(
    site: &Site,
    world: &World,
    engine: &mut Engine<'_>,
    question: &Question,
    finding: &mut Finding,
    claim: &mut crate::certificate::Claim,
) {
    match decide(site, world, engine, question) {
        Ok(Decision::Proved(parts)) => claim.parts.extend(parts),
        Ok(Decision::Unknown { reasons }) => {
            if finding.verdict != Verdict::Refuted {
                finding.verdict = Verdict::Unknown;
                finding.reasons.extend(reasons);
            }
        }
        Ok(Decision::Refuted(found)) => {
            if finding.verdict != Verdict::Refuted {
                super::verify::refute(world, engine, question, *found, finding);
            }
        }
        Err(limit) => {
            finding.verdict = Verdict::Unknown;
            finding.reasons.push(limit_reason(limit));
        }
    }
}

/// Management: packets for the device itself, from anywhere but the listed addresses. What a device's own services
/// accept is read only where its reader models it; otherwise what reaches the device is a possible access.
pub(crate) fn management(site: &Site, world: &World, engine: &mut Engine<'_>, mgmt: &Mgmt) -> Finding {
    let asked = Asked {
        id: mgmt.id.clone(),
        kind: "mgmt",
        title: format!("{} の管理接続が指定の送信元だけであること", mgmt.target),
        basis: mgmt.basis.clone(),
        pairs: Vec::new(),
        service: mgmt.service.clone(),
        except: Vec::new(),
        through_relays: false,
    };
    let mut finding = blank(&asked);
    let Some(target) = world.devices.iter().position(|d| d.name == mgmt.target) else {
        unknown(&mut finding, "対象の機器の設定が提出されていません");
        return finding;
    };
    let node = world.topology.base[target] + Device::LOCAL;
    // Where nothing is read about the services, what reaches the device is only a possible access.
    let certain = world.devices[target].services_read;
    let mut claim = crate::certificate::Claim::new(&asked.id);
    for zone in 0..site.zones.len() {
        let from = Endpoint { zone, addresses: None };
        let outside = mgmt.allow_from.complement(u128::MAX);
        let sources = question::sources(site, &world.devices, &world.topology, &from, &outside);
        let sources: Vec<_> = sources.into_iter().filter(|s| s.cubes.iter().any(|c| !c.is_empty())).collect();
        if sources.is_empty() {
            continue;
        }
        let question = Question {
            groups: vec![question::Group { sources, exempt: Vec::new() }],
            targets: vec![
                question::Target { node, cubes: mgmt.service.0.clone(), certain },
                question::Target { node, cubes: Vec::new(), certain: true },
            ],
            wishes: question::wishes(site, &from, &from),
            shared: Vec::new(),
            ends: (outside, Ranges::span(0, u128::MAX)),
            names: (site.zones[zone].name.clone(), mgmt.target.clone()),
        };
        settle(site, world, engine, &question, &mut finding, &mut claim);
    }
    finding.reasons.sort();
    finding.reasons.dedup();
    if finding.verdict == Verdict::Proved {
        finding.certificate = Some(Box::new(claim));
    }
    finding
}

/// F19: a wire in two zones, or a device that is no filter with interfaces in two zones.
pub(crate) fn dual_homing(site: &Site, world: &World) -> Vec<Finding> {
    if !site.intents.no_dual_homing {
        return Vec::new();
    }
    let asked = Asked {
        id: "F19".into(),
        kind: "no-dual-homing",
        title: "1 つの区間が 2 つの領域に属していないこと".into(),
        basis: "F19".into(),
        pairs: Vec::new(),
        service: Service::any(),
        except: Vec::new(),
        through_relays: false,
    };
    let mut finding = blank(&asked);
    for wire in world.topology.wires.iter().filter(|w| w.zones.len() > 1) {
        finding.verdict = Verdict::Refuted;
        let names: Vec<&str> = wire.zones.iter().map(|&z| site.zones[z].name.as_str()).collect();
        finding.reasons.push(Doubtful {
            file: String::new(),
            line: 0,
            text: wire.name.clone(),
            why: format!("同じ区間が {} に属しています", names.join("・")),
        });
    }
    let tunnels = world.devices.iter().flat_map(|d| d.interfaces.iter().map(move |i| (d, i)));
    for (device, interface) in tunnels.filter(|(_, i)| i.kind == InterfaceKind::Tunnel && i.enabled) {
        let declared = world.topology.wires.iter().any(|w| {
            !w.zones.is_empty()
                && w.members.iter().any(|m| {
                    std::ptr::eq(&world.devices[m.0], device) && device.interfaces[m.1].name == interface.name
                })
        });
        if !declared && finding.verdict == Verdict::Proved {
            unknown(
                &mut finding,
                &format!("{}:{} のトンネルの相手が宣言されていません", device.name, interface.name),
            );
        }
    }
    vec![finding]
}
