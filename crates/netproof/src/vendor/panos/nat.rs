//! Translation: decided on the packet as it came in, applied after security.

use crate::model::{Device, Doubt, Jump, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Route, Scope};

use super::lower::{Pan, RULE_LOOKS, for_every_device};
use super::tree::Tree;

impl Pan<'_> {
    /// Fills the deciding and the applying stage.
    pub(super) fn nat(&mut self, routes: &[Route], decide: NodeId, local: NodeId, apply: NodeId) {
        let list = self.rules_of("nat");
        let (mut deciding, mut applying) = (Vec::new(), Vec::new());
        for (tag, rule) in (1u128..).zip(list.iter().filter(|r| !r.yes("disabled"))) {
            let part = self.matching(rule);
            let label = format!("nat {}", rule.name);
            let odd = rule.word("nat-type").is_some_and(|t| t != "ipv4")
                || rule.get("to-interface").is_some_and(|t| t.children.iter().any(|c| c.name != "any"));
            // An attribute that is not known may be a translation.
            let read = |c: &Tree| RULE_LOOKS.contains(&c.name.as_str()) || for_every_device(c);
            let odd = odd || rule.children.iter().any(|c| !read(c));
            let translated = self.translation(rule);
            let Some((dst, dport, src)) = translated.filter(|_| !odd) else {
                self.b.unknown(rule.line, Scope::Device);
                continue;
            };
            let mut jump = Jump::to(local).put(Field::Tag, tag);
            let mut doubt = part.doubt;
            if let Some(dst) = &dst {
                match self.out_for(dst, routes) {
                    Some(out) => jump = jump.put(Field::Out, out),
                    None => {
                        jump = jump.set(Field::Out, Ranges::span(0, 65_535));
                        doubt = doubt.or(Some(Doubt::Unsourced));
                    }
                }
                let original: Ranges =
                    part.cubes.iter().fold(Ranges::empty(), |a, c| a.union(&c.values(Field::Dst)));
                for interface in &mut self.b.device.interfaces {
                    if original.size() < 1 << 32 {
                        interface.answers = interface.answers.union(&original);
                    }
                }
            }
            deciding.push(Rule::new(part.cubes, vec![jump], rule.line, label.clone()).maybe(doubt));
            let mut jump = Jump::to(Device::EGRESS);
            if let Some(dst) = dst {
                jump = jump.set(Field::Dst, dst);
            }
            if let Some(port) = dport {
                jump = jump.put(Field::Dport, port);
            }
            if let Some(src) = src {
                jump = jump.set(Field::Src, src).set(Field::Sport, Ranges::span(0, 65_535));
            }
            let when = vec![Cube::any().with(Field::Tag, Ranges::one(tag))];
            applying.push(Rule::new(when, vec![jump], rule.line, label));
        }
        self.b.fill(decide, deciding, vec![Jump::to(local)]);
        self.b.fill(apply, applying, vec![Jump::to(Device::EGRESS)]);
    }

    /// Translated destination, its port, translated source; `None` when not understood.
    #[allow(clippy::type_complexity)]
    fn translation(&self, rule: &Tree) -> Option<(Option<Ranges>, Option<u128>, Option<Ranges>)> {
        let one = |name: &str| -> Option<Ranges> {
            self.objects.addresses.get(name).cloned().flatten().or_else(|| net::parse_prefix(name))
        };
        let mut dst = None;
        let mut port = None;
        if let Some(t) = rule.get("destination-translation") {
            let known = t
                .children
                .iter()
                .all(|c| matches!(c.name.as_str(), "translated-address" | "translated-port"));
            dst = Some(one(t.word("translated-address").filter(|_| known)?)?);
            if let Some(text) = t.word("translated-port") {
                port = Some(u128::from(text.parse::<u16>().ok()?));
            }
        }
        let mut src = None;
        if let Some(t) = rule.get("source-translation") {
            let kind = t.children.first()?;
            if kind.yes("bi-directional") || kind.get("fallback").is_some() {
                return None;
            }
            let list = kind.values("translated-address");
            src = Some(if let Some(interface) = kind.get("interface-address") {
                let number = interface.word("interface").and_then(|i| self.b.device.interface(i))?;
                let own = &self.b.device.interfaces[number].addresses;
                // An address that comes at run time may be any.
                if own.is_empty() {
                    net::all_v4()
                } else {
                    own.iter().map(|a| (a.address, a.address)).collect()
                }
            } else {
                list.iter().try_fold(Ranges::empty(), |acc, n| Some(acc.union(&one(n)?)))?
            });
        }
        Some((dst, port, src))
    }

    /// The one way out towards all of `dst`.
    fn out_for(&mut self, dst: &Ranges, routes: &[Route]) -> Option<u128> {
        // Routes that nobody wrote down may lead elsewhere.
        if self.unsettled {
            return None;
        }
        let &[(lo, hi)] = dst.intervals() else { return None };
        let best = routes
            .iter()
            .filter(|r| r.prefix.0 <= lo && hi <= r.prefix.1)
            .min_by_key(|r| (r.prefix.1 - r.prefix.0, r.distance))?;
        // A more specific route inside the range would split it.
        let split =
            routes.iter().any(|r| r.prefix.0 > lo && r.prefix.1 <= hi || r.prefix.0 >= lo && r.prefix.1 < hi);
        match best.hops.as_slice() {
            [hop] if !split => Some(self.b.adjacency(*hop) as u128),
            _ => None,
        }
    }
}
