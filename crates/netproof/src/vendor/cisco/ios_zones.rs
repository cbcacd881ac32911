//! Zone-based policy firewall of IOS: between interfaces of different zones only what the policy of their pair passes.
//!
//! Zone-Based Policy Firewall Design and Application Guide (Cisco document 98628), "Rules For Applying Zone-Based Policy
//! Firewall": inside a zone everything passes, between zones nothing without a policy, between a member of a zone and an
//! interface outside of all zones nothing; the router itself is reached unless a pair with `self` says otherwise.

use std::collections::{BTreeSet, HashMap};

use crate::model::{Doubt, Jump, NodeId, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Scope};
use crate::vendor::switched::entering;

use super::acl::List;
use super::ios::Config;
use super::sections::{Section, ignore_all, unknown_all, whole};

/// What the lines about zones say.
#[derive(Debug, Default)]
pub(super) struct Zones {
    members: Vec<(usize, String)>,
    pairs: Vec<Pair>,
    /// Classes of each policy in order.
    policies: HashMap<String, Vec<Class>>,
    classes: HashMap<String, Match>,
    /// `zone security default`: interfaces outside of all zones are in one of their own.
    default_zone: bool,
}

#[derive(Debug)]
struct Pair {
    from: String,
    to: String,
    policy: Option<String>,
    line: u32,
}

#[derive(Debug)]
struct Class {
    /// `None` is `class-default`.
    name: Option<String>,
    action: Option<Action>,
    line: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Inspect,
    Pass,
    Drop,
}

/// A class map: conditions, any or all of which have to hold.
#[derive(Debug)]
struct Match {
    all: bool,
    conditions: Vec<Vec<String>>,
}

impl Zones {
    /// The interface is in this zone.
    pub(super) fn join(&mut self, interface: usize, zone: &str) {
        self.members.push((interface, zone.to_owned()));
    }

    /// Takes a section in; false when it is none about zones.
    pub(super) fn section(&mut self, b: &mut Builder, section: &Section) -> bool {
        match section.slices()[..] {
            ["zone", "security", name] => {
                self.default_zone |= name == "default";
                unread(b, section, |_| false);
            }
            // What comes to the router itself and from it.
            ["zone-pair", "security", _, "source", "self", "destination", _]
            | ["zone-pair", "security", _, "source", _, "destination", "self"] => {
                ignore_all(b, section, "drops-to-self");
                return true;
            }
            ["zone-pair", "security", _, "source", from, "destination", to] => {
                let policy = section.children.iter().find_map(|child| match child.slices()[..] {
                    ["service-policy", "type", "inspect", name] => Some(name.to_owned()),
                    _ => None,
                });
                unread(b, section, |child| child[..2] == ["service-policy", "type"] && child.len() == 4);
                let pair = Pair { from: from.to_owned(), to: to.to_owned(), policy, line: section.line };
                self.pairs.push(pair);
            }
            ["policy-map", "type", "inspect", name] => {
                let classes = section.children.iter().filter_map(|child| class(b, child)).collect();
                self.policies.insert(name.to_owned(), classes);
                b.lowered(section.line, ITEM);
            }
            ["class-map", "type", "inspect", kind @ ("match-any" | "match-all"), name] => {
                self.class_map(b, section, kind == "match-all", name);
            }
            ["class-map", "type", "inspect", name] => self.class_map(b, section, true, name),
            // What is inside of permitted sessions.
            ["class-map" | "policy-map", "type", "inspect", ..] => {
                unknown_all(b, section, &Scope::Drops);
                return true;
            }
            _ => return false,
        }
        true
    }

    fn class_map(&mut self, b: &mut Builder, section: &Section, all: bool, name: &str) {
        b.lowered(section.line, ITEM);
        let mut conditions = Vec::new();
        for child in &section.children {
            match child.words[0].as_str() {
                "description" | "match" => whole(b, child, ITEM),
                _ => unknown_all(b, child, &Scope::Rule(format!("class-map {name}"))),
            }
            if child.words[0] != "description" {
                conditions.push(child.words.clone());
            }
        }
        self.classes.insert(name.to_owned(), Match { all, conditions });
    }

    /// Whether every action keeps state, so that replies come back without a policy of their own.
    fn stateful(&self) -> bool {
        self.policies.values().flatten().all(|c| c.action != Some(Action::Pass))
    }
}

/// What the lines of the zone firewall become.
const ITEM: &str = "zone firewall";

/// Lines of a section that are not understood may change anything.
fn unread(b: &mut Builder, section: &Section, known: impl Fn(&[&str]) -> bool) {
    b.lowered(section.line, ITEM);
    for child in &section.children {
        let words = child.slices();
        if words[0] == "description" || words.len() > 1 && known(&words) {
            whole(b, child, ITEM);
        } else {
            unknown_all(b, child, &Scope::Device);
        }
    }
}

/// `class type inspect NAME` or `class class-default` with its action.
fn class(b: &mut Builder, section: &Section) -> Option<Class> {
    let name = match section.slices()[..] {
        ["class", "type", "inspect", name] => Some(name.to_owned()),
        ["class", "class-default"] => None,
        ["description", ..] => {
            b.lowered(section.line, ITEM);
            return None;
        }
        // A class of another kind may do anything.
        _ => {
            unknown_all(b, section, &Scope::Rule("zone policy".into()));
            return Some(Class { name: Some(String::new()), action: None, line: section.line });
        }
    };
    let actions: Vec<Option<Action>> = section
        .children
        .iter()
        .map(|child| match child.words[0].as_str() {
            "inspect" => Some(Action::Inspect),
            "pass" => Some(Action::Pass),
            "drop" => Some(Action::Drop),
            _ => None,
        })
        .collect();
    let action = match actions[..] {
        // Without an action of its own the class drops (document 98628, "Configure Zone-Based Policy Firewall Policy-Maps").
        [] if name.is_none() => Some(Action::Drop),
        [action] => action,
        _ => None,
    };
    if action.is_some() {
        whole(b, section, ITEM);
    } else {
        unknown_all(b, section, &Scope::Rule("zone policy".into()));
    }
    Some(Class { name, action, line: section.line })
}

/// Fills the stage between routing and what leaves; without zones everything passes it.
pub(super) fn fill(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId) {
    let zones = &c.zones;
    let mut rules = Vec::new();
    let names: BTreeSet<&str> = zones.members.iter().map(|m| m.1.as_str()).collect();
    let inside =
        |zone: &str| -> Vec<usize> { zones.members.iter().filter(|m| m.1 == zone).map(|m| m.0).collect() };
    let outside: Vec<usize> =
        (0..b.device.interfaces.len()).filter(|n| !zones.members.iter().any(|m| m.0 == *n)).collect();
    let six = Cube::any().with(Field::Dst, net::all_v6());
    for from in &names {
        for to in &names {
            let here = between(b, &inside(from), &inside(to));
            // Whether the release knows zones for IPv6 is not in the configuration.
            let crossing = (from != to).then(|| here.intersect(&six));
            rules.extend(crossing.map(|here| {
                Rule::new(vec![here], vec![Jump::to(next)], 0, "zones of IPv6").doubtful(Doubt::Unsourced)
            }));
            match zones.pairs.iter().find(|p| p.from == *from && p.to == *to) {
                Some(pair) => rules.extend(policy(c, pair, &here, next)),
                None if from == to => {}
                None => rules.push(Rule::new(vec![here], Vec::new(), line(b, &inside(from)), "no zone pair")),
            }
        }
        for here in [between(b, &inside(from), &outside), between(b, &outside, &inside(from))] {
            let passed = Rule::new(vec![here.intersect(&six)], vec![Jump::to(next)], 0, "zones of IPv6");
            rules.push(passed.doubtful(Doubt::Unsourced));
            let rule = Rule::new(vec![here], Vec::new(), line(b, &inside(from)), "outside of all zones");
            rules.push(if zones.default_zone { rule.doubtful(Doubt::Unsourced) } else { rule });
        }
    }
    b.fill(stage, rules, vec![Jump::to(next)]);
    b.device.nodes[stage].stateful = !names.is_empty() && zones.stateful();
}

fn line(b: &Builder, interfaces: &[usize]) -> u32 {
    interfaces.first().map_or(0, |n| b.device.interfaces[*n].line)
}

fn between(b: &Builder, from: &[usize], to: &[usize]) -> Cube {
    let coming = from.iter().fold(Ranges::empty(), |all, n| all.union(&entering(b, *n)));
    Cube::any().with(Field::In, coming).with(Field::Out, b.out_of(to))
}

/// Whether packets of a pair may be translated on their way: from an inside interface to an outside one, or back.
fn translated(c: &Config, pair: &Pair) -> bool {
    let meets =
        |zone: &str, list: &[usize]| c.zones.members.iter().any(|m| m.1 == zone && list.contains(&m.0));
    let (inside, outside) = (&c.inside, &c.outside);
    let crosses = |from: &str, to: &str| meets(from, inside) && meets(to, outside);
    !c.translations.is_empty() && (crosses(&pair.from, &pair.to) || crosses(&pair.to, &pair.from))
}

/// The classes of a pair's policy in order; what none of them takes is dropped.
fn policy(c: &Config, pair: &Pair, here: &Cube, next: NodeId) -> Vec<Rule> {
    let zones = &c.zones;
    let mut rules = Vec::new();
    let label = |name: &str| format!("zone pair {} to {} {name}", pair.from, pair.to);
    let classes = pair.policy.as_ref().map(|name| zones.policies.get(name));
    if let Some(None) = classes {
        let any = Rule::new(vec![here.clone()], vec![Jump::to(next)], pair.line, label("undefined"));
        rules.push(any.doubtful(Doubt::Undefined));
    }
    for class in classes.flatten().into_iter().flatten() {
        let taken = match &class.name {
            None => Taken { sure: vec![Cube::any()], unsure: Vec::new() },
            Some(name) => matched(c, name, translated(c, pair)),
        };
        let sure = (taken.sure, None);
        let unsure = taken.unsure.into_iter().map(|(cube, doubt)| (vec![cube], Some(doubt)));
        for (cubes, doubt) in std::iter::once(sure).chain(unsure) {
            let when: Vec<Cube> = cubes.iter().map(|x| x.intersect(here)).filter(|x| !x.is_empty()).collect();
            if when.is_empty() {
                continue;
            }
            let name = label(class.name.as_deref().unwrap_or("default"));
            let rule = |then| Rule::new(when.clone(), then, class.line, name.clone()).maybe(doubt);
            let pass = vec![Jump::to(next)];
            match class.action {
                Some(Action::Drop) => rules.push(rule(Vec::new())),
                Some(Action::Inspect) => {
                    for (kept, why) in uninspected() {
                        let cubes = when.iter().map(|x| x.intersect(&kept)).filter(|x| !x.is_empty());
                        let cubes: Vec<Cube> = cubes.collect();
                        if !cubes.is_empty() {
                            rules.push(Rule::new(cubes, Vec::new(), class.line, name.clone()).doubtful(why));
                        }
                    }
                    rules.push(rule(pass));
                }
                Some(Action::Pass) => rules.push(rule(pass)),
                None => rules.extend([pass, Vec::new()].map(|then| rule(then).doubtful(Doubt::UnknownLine))),
            }
        }
    }
    rules.push(Rule::new(vec![here.clone()], Vec::new(), pair.line, label("no class")));
    rules
}

/// What inspection may drop although its class takes it: segments that begin no session, and protocols other than those
/// it is described for.
fn uninspected() -> [(Cube, Doubt); 2] {
    let no_syn: Ranges = (0..64u128).filter(|f| f & 2 == 0 || f & 16 != 0).map(|f| (f, f)).collect();
    let tcp = Cube::any().with(Field::Proto, Ranges::one(net::TCP)).with(Field::Flags, no_syn);
    let known: Ranges = [net::TCP, net::UDP, net::ICMP].iter().map(|p| (*p, *p)).collect();
    let others = Cube::any().with(Field::Proto, known.complement(Field::Proto.max()));
    [(tcp, Doubt::State), (others, Doubt::Unsourced)]
}

/// Packets a class or condition takes, and those it may take.
struct Taken {
    sure: Vec<Cube>,
    unsure: Vec<(Cube, Doubt)>,
}

impl Taken {
    fn perhaps_any(doubt: Doubt) -> Self {
        Self { sure: Vec::new(), unsure: vec![(Cube::any(), doubt)] }
    }

    /// What both take.
    fn and(&self, other: &Self) -> Self {
        let cross = |a: &[Cube], b: &[Cube]| -> Vec<Cube> {
            let met = a.iter().flat_map(|x| b.iter().map(|y| x.intersect(y)));
            met.filter(|x| !x.is_empty()).collect()
        };
        let whole =
            |t: &Self| -> Vec<Cube> { t.sure.iter().chain(t.unsure.iter().map(|u| &u.0)).cloned().collect() };
        let mut unsure = Vec::new();
        for (some, rest) in [(self, other), (other, self)] {
            for (cube, doubt) in &some.unsure {
                unsure
                    .extend(cross(std::slice::from_ref(cube), &whole(rest)).into_iter().map(|x| (x, *doubt)));
            }
        }
        Self { sure: cross(&self.sure, &other.sure), unsure }
    }
}

fn matched(c: &Config, name: &str, translated: bool) -> Taken {
    let Some(class) = c.zones.classes.get(name).filter(|m| !m.conditions.is_empty()) else {
        return Taken::perhaps_any(Doubt::Undefined);
    };
    let each = class.conditions.iter().map(|condition| met(c, condition, translated));
    if class.all {
        let any = Taken { sure: vec![Cube::any()], unsure: Vec::new() };
        return each.fold(any, |all, one| all.and(&one));
    }
    each.fold(Taken { sure: Vec::new(), unsure: Vec::new() }, |mut all, one| {
        all.sure.extend(one.sure);
        all.unsure.extend(one.unsure);
        all
    })
}

/// Packets that meet one condition of a class.
fn met(c: &Config, condition: &[String], translated: bool) -> Taken {
    let words: Vec<&str> = condition.iter().map(String::as_str).collect();
    let list = match words[..] {
        ["match", "access-group", "name", name] | ["match", "access-group", name] => name,
        ["match", "protocol", kind @ ("tcp" | "udp" | "icmp")] => {
            let number = match kind {
                "tcp" => net::TCP,
                "udp" => net::UDP,
                _ => net::ICMP,
            };
            let sure = vec![Cube::any().with(Field::Proto, Ranges::one(number))];
            return Taken { sure, unsure: Vec::new() };
        }
        // Applications go by ports that can be mapped; other classes may hold anything.
        _ => return Taken::perhaps_any(Doubt::Dynamic),
    };
    match c.lists.get(list) {
        // Which addresses a list sees where packets are translated was not read.
        Some(found) if !translated => permitted(found),
        Some(_) => Taken::perhaps_any(Doubt::Unsourced),
        None => Taken::perhaps_any(Doubt::Undefined),
    }
}

/// What a list permits, its implicit deny at the end.
fn permitted(list: &List) -> Taken {
    let without = |cube: &Cube, holes: &[Cube]| -> Vec<Cube> {
        holes
            .iter()
            .fold(vec![cube.clone()], |rest, hole| rest.iter().flat_map(|r| r.subtract(hole)).collect())
    };
    let mut out = Taken { sure: Vec::new(), unsure: Vec::new() };
    // Packets an earlier entry denies for sure, and perhaps.
    let (mut gone, mut perhaps): (Vec<Cube>, Vec<(Cube, Doubt)>) = (Vec::new(), Vec::new());
    for entry in &list.entries {
        let unsure = entry.unsure.iter().map(|(cube, doubt)| (cube.clone(), entry.doubt.unwrap_or(*doubt)));
        let whole = entry.doubt.map(|doubt| entry.sure.iter().map(move |cube| (cube.clone(), doubt)));
        let unsure: Vec<(Cube, Doubt)> = unsure.chain(whole.into_iter().flatten()).collect();
        let sure: &[Cube] = if entry.doubt.is_some() { &[] } else { &entry.sure };
        if !entry.permit {
            gone.extend(sure.iter().cloned());
            perhaps.extend(unsure);
            continue;
        }
        for (cube, doubt) in unsure {
            out.unsure.extend(without(&cube, &gone).into_iter().map(|c| (c, doubt)));
        }
        for cube in sure.iter().flat_map(|cube| without(cube, &gone)) {
            let holes: Vec<Cube> = perhaps.iter().map(|p| p.0.clone()).collect();
            out.sure.extend(without(&cube, &holes));
            let met = perhaps.iter().map(|(hole, doubt)| (cube.intersect(hole), *doubt));
            out.unsure.extend(met.filter(|m| !m.0.is_empty()));
        }
    }
    out
}
