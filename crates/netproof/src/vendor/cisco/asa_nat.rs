//! ASA NAT (8.3 and later): twice NAT, object NAT, after-auto. Destination is untranslated first (C5, C6).

use crate::model::{Assign, Doubt, Jump, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Route};

/// One translation rule.
#[derive(Clone, Debug)]
pub(super) struct Translation {
    /// (section, order inside the section)
    pub(super) order: (u8, u128, u128, String),
    pub(super) real_if: String,
    pub(super) mapped_if: String,
    pub(super) real: Ranges,
    /// `None` is the address of the mapped interface.
    pub(super) mapped: Option<Ranges>,
    pub(super) fixed: bool,
    pub(super) service: Option<(u128, u128, u128)>,
    /// Mapped and real destination of a twice NAT, seen from the real side.
    pub(super) destination: Option<(Ranges, Ranges)>,
    /// `route-lookup`: the table of routes decides the way out all the same.
    pub(super) lookup: bool,
    pub(super) line: u32,
}

impl Translation {
    /// Whether the rule sends packets out of another interface than the table of routes would (C6: the way out comes
    /// from the rule that names an interface).
    pub(super) fn diverts(&self, names: &[(String, usize)], routes: &[Route]) -> bool {
        let Some((_, number)) = names.iter().find(|n| n.0 == self.real_if) else { return false };
        if self.lookup || !self.fixed {
            return false;
        }
        let width = |r: &Route| r.prefix.1 - r.prefix.0;
        let own = |r: &Route| !r.hops.is_empty() && r.hops.iter().all(|h| h.interface == *number);
        let real = self.real.intersect(&net::all_v4());
        let reached: Ranges = routes.iter().filter(|r| own(r)).map(|r| r.prefix).collect();
        let elsewhere = routes.iter().filter(|r| !own(r)).any(|r| {
            let nearer = routes.iter().filter(|o| own(o) && width(o) < width(r));
            let nearer: Ranges = nearer.map(|o| o.prefix).collect();
            !real.intersect(&Ranges::span(r.prefix.0, r.prefix.1)).is_subset(&nearer)
        });
        elsewhere || !real.is_subset(&reached)
    }
}

/// `In`/`Out` values of a name; `None` for `any`.
fn number(b: &Builder, names: &[(String, usize)], name: &str) -> Option<Vec<usize>> {
    if name == "any" {
        return Some((0..b.device.interfaces.len()).collect());
    }
    Some(vec![names.iter().find(|n| n.0 == name)?.1])
}

/// Fills the untranslate and translate stages.
pub(super) fn fill(
    b: &mut Builder,
    names: &[(String, usize)],
    run_time: &[usize],
    list: &[Translation],
    stages: (NodeId, NodeId),
    next: NodeId,
) -> Vec<Rule> {
    let mut sorted = list.to_vec();
    sorted.sort_by(|a, b| a.order.cmp(&b.order));
    let (mut coming, mut going, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    for t in &sorted {
        let (Some(real), Some(mapped)) = (number(b, names, &t.real_if), number(b, names, &t.mapped_if))
        else {
            coming.push(undefined(t, next));
            continue;
        };
        let own: Ranges = mapped
            .iter()
            .flat_map(|&n| b.device.interfaces[n].addresses.iter().map(|a| (a.address, a.address)))
            .collect();
        // An address given at run time may be any.
        let given = t.mapped.is_none() && mapped.iter().any(|n| run_time.contains(n));
        let own = if given { net::all_v4() } else { own.intersect(&net::all_v4()) };
        let target = t.mapped.clone().unwrap_or(own);
        let entering: Ranges = mapped.iter().map(|&n| (n as u128, n as u128)).collect();
        let leaving: Ranges = real.iter().map(|&n| (n as u128, n as u128)).collect();
        let out_mapped = b.out_of(&mapped);
        let out_real = b.out_of(&real);
        let peers = t.destination.as_ref().map_or_else(|| Ranges::span(0, u128::MAX), |d| d.1.clone());
        if let Some((shown, real)) = t.destination.as_ref().filter(|d| d.0 != d.1) {
            let when = Cube::any()
                .with(Field::In, leaving.clone())
                .with(Field::Src, t.real.clone())
                .with(Field::Dst, shown.clone());
            let mut jump = Jump::to(next).put(Field::Tag, 1);
            jump.set.extend(remap(Field::Dst, shown, real));
            coming.push(Rule::new(vec![when], vec![jump], t.line, "nat destination"));
            let when = Cube::any()
                .with(Field::In, entering.clone())
                .with(Field::Out, out_real.clone())
                .with(Field::Src, real.clone());
            let mut jump = Jump::to(crate::model::Device::EGRESS);
            jump.set.extend(remap(Field::Src, real, shown));
            going.push(Rule::new(vec![when], vec![jump], t.line, "nat destination"));
        }
        if t.fixed {
            let mut when = Cube::any()
                .with(Field::In, entering.clone())
                .with(Field::Dst, target.clone())
                .with(Field::Src, peers.clone());
            let mut jump = Jump::to(next).put(Field::Tag, 1);
            jump.set.extend(remap(Field::Dst, &target, &t.real));
            if let Some((proto, inner, outer)) = t.service {
                when = when.with(Field::Proto, Ranges::one(proto)).with(Field::Dport, Ranges::one(outer));
                jump = jump.put(Field::Dport, inner);
            }
            let rule = Rule::new(vec![when], vec![jump], t.line, "nat static");
            coming.push(rule.maybe(given.then_some(Doubt::OwnAddress)));
            // Reaching the real address directly while a static translation exists fails the reverse-path NAT check
            // on real devices; recalled, so only possible.
            let bypass = Cube::any()
                .with(Field::In, entering)
                .with(Field::Out, out_real)
                .with(Field::Src, peers.clone())
                .with(Field::Dst, t.real.clone())
                .with(Field::Tag, Ranges::one(0));
            if target != t.real {
                checks.push(
                    Rule::new(vec![bypass], Vec::new(), t.line, "nat rpf-check").doubtful(Doubt::State),
                );
            }
            for &n in mapped.iter().filter(|_| !given) {
                let answers = b.device.interfaces[n].answers.union(&target.intersect(&net::all_v4()));
                b.device.interfaces[n].answers = answers;
            }
        }
        let mut when = Cube::any()
            .with(Field::In, leaving)
            .with(Field::Out, out_mapped)
            .with(Field::Src, t.real.clone())
            .with(Field::Dst, peers);
        let mut jump = Jump::to(crate::model::Device::EGRESS);
        if t.fixed {
            jump.set.extend(remap(Field::Src, &t.real, &target));
            if let Some((proto, inner, outer)) = t.service {
                when = when.with(Field::Proto, Ranges::one(proto)).with(Field::Sport, Ranges::one(inner));
                jump = jump.put(Field::Sport, outer);
            }
        } else {
            jump = jump.set(Field::Src, target).set(Field::Sport, Ranges::span(0, 65_535));
        }
        going.push(Rule::new(vec![when], vec![jump], t.line, "nat"));
    }
    b.fill(stages.0, coming, vec![Jump::to(next)]);
    b.fill(stages.1, going, vec![Jump::to(crate::model::Device::EGRESS)]);
    checks
}

fn undefined(t: &Translation, next: NodeId) -> Rule {
    Rule::new(vec![Cube::any()], vec![Jump::to(next).havoc()], t.line, "nat").doubtful(Doubt::Undefined)
}

fn remap(field: Field, from: &Ranges, to: &Ranges) -> Vec<Assign> {
    if from == to {
        return Vec::new();
    }
    match (from.intervals(), to.intervals()) {
        (&[(a, b)], &[(c, d)]) if b - a == d - c => vec![Assign::Shift(field, c.wrapping_sub(a))],
        _ => vec![Assign::Set(field, to.clone())],
    }
}
