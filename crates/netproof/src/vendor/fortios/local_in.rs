//! `firewall local-in-policy`: what is refused before the services of the unit itself are asked (FortiOS 7.2
//! administration guide, "Local-in policy"; CLI reference 6.2: the action is `deny` unless it is set).
//!
//! Policies count in their order. Only a policy that is wholly understood and always on refuses for certain, and only
//! what no policy before it may accept. Whether an accepted packet is let in without `allowaccess` is said both ways
//! (FortiOS 5.0 help, "Local-In Policies"), so it may be.

use crate::net;
use crate::space::{Cube, Field, Ranges};

use super::super::ReadOptions;
use super::super::build::Builder;
use super::lex::Block;
use super::objects::{Clock, Objects};

/// Attributes that are read, or say nothing about packets.
const READ: [&str; 9] =
    ["intf", "srcaddr", "dstaddr", "service", "schedule", "action", "status", "comments", "uuid"];
/// Boxes that refusals may come to; a configuration with more is refused nothing.
const BOXES_MAX: usize = 2_000;

/// What the policies say about packets to the unit itself.
#[derive(Debug, Default)]
pub(super) struct LocalIn {
    /// There are policies, so that nothing is certain that is not among the refused.
    pub any: bool,
    /// Refused for certain.
    pub refused: Vec<Cube>,
    /// May be let in, with the line of the policy.
    pub accepted: Vec<(Cube, u32)>,
}

impl LocalIn {
    /// Reads the policies of both families. `single`: how to read the objects of the one virtual domain; with several
    /// of them no policy refuses for certain.
    pub(super) fn read(b: &Builder, sections: &[&Block], single: Option<&ReadOptions>) -> Self {
        let mut out = Self::default();
        if !sections.iter().any(|c| c.name.starts_with("firewall local-in-policy")) {
            return out;
        }
        let objects = single.map(|options| Objects::read(sections, options));
        for (name, six) in [("firewall local-in-policy", false), ("firewall local-in-policy6", true)] {
            let policies = sections.iter().filter(|c| c.name == name).flat_map(|c| &c.entries);
            for policy in policies.filter(|p| p.word("status") != Some("disable")) {
                out.any = true;
                match &objects {
                    Some(objects) => out.policy(b, policy, objects, six),
                    None => out.accepted.push((family(six), policy.line)),
                }
            }
        }
        if out.refused.len() > BOXES_MAX {
            out.refused.clear();
        }
        out
    }

    fn policy(&mut self, b: &Builder, policy: &Block, objects: &Objects, six: bool) {
        let known = policy.configs.is_empty()
            && policy.strays.is_empty()
            && policy.settings.iter().all(|s| s.verb == "set" && READ.contains(&s.key.as_str()));
        let clock = policy.word("schedule").map_or(Clock::Sometimes, |name| objects.clock(name));
        let (interfaces, named) = interfaces(b, &policy.list("intf"));
        let source = objects.addresses(&policy.list("srcaddr"), six);
        let own = objects.addresses(&policy.list("dstaddr"), six);
        let services = objects.services(&policy.list("service"));
        let base = family(six)
            .intersect(&Cube::any().with(Field::In, interfaces))
            .intersect(&Cube::any().with(Field::Src, source.ranges))
            .intersect(&Cube::any().with(Field::Dst, own.ranges));
        let cubes = services.cubes.iter().map(|service| base.intersect(service)).filter(|c| !c.is_empty());
        match (policy.word("action"), known && named) {
            _ if clock == Clock::Never && known => {}
            (None | Some("deny"), true) => {
                let doubt = source.doubt.or(own.doubt).or(services.doubt);
                if doubt.is_none() && clock == Clock::Always {
                    for cube in cubes {
                        let left = without(vec![cube], self.accepted.iter().map(|(accepted, _)| accepted));
                        self.refused.extend(left);
                    }
                }
            }
            (Some("accept"), true) => self.accept(cubes.collect(), policy.line),
            // Not understood: it may accept anything.
            _ => self.accept(vec![family(six)], policy.line),
        }
    }

    fn accept(&mut self, cubes: Vec<Cube>, line: u32) {
        let left = without(cubes, &self.refused);
        self.accepted.extend(left.into_iter().map(|cube| (cube, line)));
    }
}

fn family(six: bool) -> Cube {
    Cube::any().with(Field::Dst, if six { net::all_v6() } else { net::all_v4() })
}

/// Numbers of the named interfaces; false when a name is none of them (a zone, say).
fn interfaces(b: &Builder, names: &[String]) -> (Ranges, bool) {
    let all = b.device.interfaces.iter().enumerate();
    let any = names.iter().any(|name| name == "any");
    let numbers = all.filter(|(_, i)| any || names.contains(&i.name)).map(|(n, _)| (n as u128, n as u128));
    let known = |name: &String| b.device.interfaces.iter().any(|i| i.name == *name);
    (numbers.collect(), any || !names.is_empty() && names.iter().all(known))
}

/// What is left of some boxes without others.
pub(super) fn without<'c>(mut left: Vec<Cube>, others: impl IntoIterator<Item = &'c Cube>) -> Vec<Cube> {
    for other in others {
        left = left.iter().flat_map(|cube| cube.subtract(other)).filter(|cube| !cube.is_empty()).collect();
        if left.is_empty() {
            break;
        }
    }
    left
}
