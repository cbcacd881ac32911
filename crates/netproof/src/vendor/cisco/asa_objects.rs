//! Service objects and groups of the ASA.

use crate::space::{Cube, Ranges};
use crate::vendor::build::{Builder, Scope};

use super::acl::Groups;
use super::sections::Section;

/// `object service`, `object-group service NAME [tcp|udp|tcp-udp]`, `object-group protocol`, `object-group icmp-type`.
pub(super) fn services(b: &mut Builder, groups: &mut Groups, section: &Section, head: &[&str]) {
    let (kind, name) = (head[1], head.get(2).copied().unwrap_or_default().to_owned());
    // A group with a protocol after its name holds ports alone.
    let ports_only = head.len() > 3;
    let (mut cubes, mut ranges, mut good) = (Vec::new(), Ranges::empty(), true);
    for child in &section.children {
        b.lowered(child.line, "object");
        let words = child.slices();
        let g = &*groups;
        let found: Option<(Vec<Cube>, Ranges)> = match words[..] {
            ["description", ..] => Some((Vec::new(), Ranges::empty())),
            ["group-object", other] if ports_only => g.ports.get(other).map(|r| (Vec::new(), r.clone())),
            ["group-object", other] if kind == "icmp-type" => {
                g.types.get(other).map(|r| (Vec::new(), r.clone()))
            }
            ["group-object", other] | ["service-object", "object", other] => {
                g.services.get(other).map(|s| (s.clone(), Ranges::empty()))
            }
            ["port-object", ref rest @ ..] => g.port(rest).map(|r| (Vec::new(), r)),
            ["icmp-object", kind] => super::ports::icmp(kind).map(|(kind, _)| (Vec::new(), kind)),
            ["service" | "service-object" | "protocol-object", ref rest @ ..] => {
                g.service(rest).map(|s| (s, Ranges::empty()))
            }
            _ => None,
        };
        match found {
            Some((more, r)) => {
                cubes.extend(more);
                ranges = ranges.union(&r);
            }
            None => {
                b.unknown(child.line, Scope::Rule(format!("object {name}")));
                good = false;
            }
        }
    }
    if !good {
        return;
    }
    if ports_only {
        groups.ports.insert(name, ranges);
    } else if kind == "icmp-type" {
        groups.types.insert(name, ranges);
    } else {
        groups.services.insert(name, cubes);
    }
}
