//! Address and service objects; what is not understood or known only at run time is `None`.

use std::collections::HashMap;

use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::ReadOptions;

use super::account::{ADDRESS, SERVICE};
use super::tree::Tree;

/// Objects by name.
pub(super) struct Objects {
    pub(super) addresses: HashMap<String, Option<Ranges>>,
    pub(super) services: HashMap<String, Option<Vec<Cube>>>,
}

/// Reads the objects of the shared part and of one virtual system, which wins.
pub(super) fn read(vsys: &Tree, shared: &Tree, options: &ReadOptions) -> Objects {
    let mut out = Objects { addresses: HashMap::new(), services: HashMap::new() };
    // Two services exist on every device although no file prints them.
    for (name, ports) in [("service-http", vec![(80, 80), (8080, 8080)]), ("service-https", vec![(443, 443)])]
    {
        let tcp = Cube::any().with(Field::Proto, Ranges::one(net::TCP));
        out.services.insert(name.into(), Some(vec![tcp.with(Field::Dport, Ranges::of(ports))]));
    }
    for scope in [shared, vsys] {
        for entry in scope.get("address").map(|a| a.children.as_slice()).unwrap_or_default() {
            let plain = |c: &Tree| ADDRESS.contains(&c.name.as_str());
            let exact = entry
                .word("ip-netmask")
                .and_then(net::parse_prefix)
                .or_else(|| {
                    entry.word("ip-range").and_then(|t| {
                        let (lo, hi) = t.split_once('-')?;
                        Some(Ranges::span(net::parse_ip(lo)?, net::parse_ip(hi)?))
                    })
                })
                // Bits that are set in the mask are not compared (PAN-OS Web Interface Help, "Objects > Addresses").
                .or_else(|| {
                    let (ip, mask) = entry.word("ip-wildcard")?.split_once('/')?;
                    net::wildcard(ip, mask)
                })
                .filter(|_| entry.children.iter().all(plain))
                .or_else(|| options.objects.get(&entry.name).cloned());
            out.addresses.insert(entry.name.clone(), exact);
        }
        for entry in scope.get("service").map(|a| a.children.as_slice()).unwrap_or_default() {
            out.services.insert(entry.name.clone(), service(entry));
        }
    }
    // Groups may name groups: a few rounds settle every sensible nesting, the rest stays unknown.
    for _ in 0..8 {
        for scope in [shared, vsys] {
            for entry in scope.get("address-group").map(|a| a.children.as_slice()).unwrap_or_default() {
                let members = if entry.get("static").is_some() {
                    entry.values("static")
                } else if entry.get("dynamic").is_some() {
                    vec!["\u{0}".into()]
                } else {
                    entry.children.iter().map(|c| c.name.clone()).collect()
                };
                let all = members
                    .iter()
                    .try_fold(Ranges::empty(), |acc, m| Some(acc.union(out.addresses.get(m)?.as_ref()?)));
                out.addresses.insert(entry.name.clone(), all);
            }
            for entry in scope.get("service-group").map(|a| a.children.as_slice()).unwrap_or_default() {
                let members = if entry.get("members").is_some() {
                    entry.values("members")
                } else {
                    entry.children.iter().map(|c| c.name.clone()).collect()
                };
                let all = members.iter().try_fold(Vec::new(), |mut acc, m| {
                    acc.extend(out.services.get(m)?.as_ref()?.iter().cloned());
                    Some(acc)
                });
                out.services.insert(entry.name.clone(), all);
            }
        }
    }
    out
}

fn service(entry: &Tree) -> Option<Vec<Cube>> {
    if entry.children.iter().any(|c| !SERVICE.contains(&c.name.as_str())) {
        return None;
    }
    let mut cubes = Vec::new();
    for (name, number) in [("tcp", net::TCP), ("udp", net::UDP), ("sctp", 132)] {
        let Some(body) = entry.at(&["protocol", name]) else { continue };
        let list = |key: &str| -> Option<Ranges> {
            let values = body.values(key);
            values
                .iter()
                .flat_map(|v| v.split(','))
                .map(|p| crate::vendor::fortios_ports(p.trim()))
                .try_fold(Ranges::empty(), |acc, r| Some(acc.union(&r?)))
        };
        let mut cube = Cube::any().with(Field::Proto, Ranges::one(number)).with(Field::Dport, list("port")?);
        if body.get("source-port").is_some() {
            cube.narrow(Field::Sport, &list("source-port")?);
        }
        cubes.push(cube);
    }
    (!cubes.is_empty()).then_some(cubes)
}
