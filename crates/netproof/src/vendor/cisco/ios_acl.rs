//! Access lists of IOS: object groups, lists, and where they are bound.

use std::collections::HashMap;

use crate::model::{Doubt, Jump, NodeId, Rule, Severity};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Scope};
use crate::vendor::switched::{Crossing, entrances, exits};

use super::acl::{self, Dialect, Entry, Groups, List};
use super::ios::Config;
use super::sections::Section;

/// ACL binding of one interface.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) interface: usize,
    pub(super) list: String,
    pub(super) outward: bool,
    pub(super) six: bool,
    pub(super) line: u32,
}

/// Reads one object group.
pub(super) fn object_group(b: &mut Builder, groups: &mut Groups, section: &Section) {
    let words = section.slices();
    b.lowered(section.line, "object-group");
    match words[..] {
        ["object-group", "network", name] => {
            let mut all = Ranges::empty();
            let mut good = true;
            for child in &section.children {
                b.lowered(child.line, "object-group");
                let w = child.slices();
                let one = match w[..] {
                    ["host", ip] => net::parse_v4(ip).map(Ranges::one),
                    ["range", lo, hi] => {
                        net::parse_v4(lo).zip(net::parse_v4(hi)).map(|(lo, hi)| Ranges::span(lo, hi))
                    }
                    ["any"] => Some(net::all_v4()),
                    ["description", ..] => Some(Ranges::empty()),
                    ["group-object", other] => groups.addresses.get(other).cloned(),
                    [ip, mask] => net::parse_v4(ip)
                        .zip(net::mask_length(mask))
                        .and_then(|(ip, l)| net::network(ip, l))
                        .map(|(lo, hi)| Ranges::span(lo, hi)),
                    _ => None,
                };
                match one {
                    Some(r) => all = all.union(&r),
                    None => {
                        b.unknown(child.line, Scope::Rule(format!("object-group {name}")));
                        good = false;
                    }
                }
            }
            if good {
                groups.addresses.insert(name.to_owned(), all);
            }
        }
        ["object-group", "service", name] => {
            let mut all = Vec::new();
            let mut good = true;
            for child in &section.children {
                b.lowered(child.line, "object-group");
                let found = match child.slices()[..] {
                    ["description", ..] => Some(Vec::new()),
                    ["group-object", other] => groups.services.get(other).cloned(),
                    ref words => groups.service(words),
                };
                match found {
                    Some(cubes) => all.extend(cubes),
                    None => {
                        b.unknown(child.line, Scope::Rule(format!("object-group {name}")));
                        good = false;
                    }
                }
            }
            if good {
                groups.services.insert(name.to_owned(), all);
            }
        }
        // Entries that use other kinds of groups stay unread.
        _ => {
            for child in &section.children {
                b.lowered(child.line, "object-group");
            }
        }
    }
}

/// Reads a named list.
pub(super) fn named_list(
    b: &mut Builder,
    c: &mut Config,
    section: &Section,
    name: &str,
    standard: bool,
    six: bool,
) {
    b.lowered(section.line, "access-list");
    let lists = if six { &mut c.lists6 } else { &mut c.lists };
    let list = lists.entry(name.to_owned()).or_default();
    for child in &section.children {
        let words = child.slices();
        // IPv6 lists print the number with a word, before or after the entry.
        let (number, words) = match words[..] {
            ["sequence", number, ref rest @ ..] => (Some(number), rest),
            [ref rest @ .., "sequence", number] if six => (Some(number), rest),
            [number, ref rest @ ..] if number.parse::<u32>().is_ok() => (Some(number), rest),
            _ => (None, &words[..]),
        };
        let sequence = match number.map(str::parse) {
            Some(Ok(number)) => number,
            _ => list.next_sequence(10),
        };
        if matches!(words.first(), Some(&"remark")) {
            b.ignored(child.line, "look");
            continue;
        }
        // What a session of the other direction lets back in begins nothing.
        if matches!(words, ["evaluate", _]) {
            b.lowered(child.line, "access-list");
            continue;
        }
        // `reflect NAME [timeout N]` makes such entries of what this one permits (IOS Security Command Reference, "Reflexive
        // Access List Commands").
        let words = words.iter().position(|w| *w == "reflect").map_or(words, |at| &words[..at]);
        let dialect = if six { Dialect::IOS6 } else { Dialect::IOS };
        add_entry(b, list, words, child.line, sequence, standard, dialect, &c.groups, name);
    }
}

#[allow(clippy::too_many_arguments)]
fn add_entry(
    b: &mut Builder,
    list: &mut List,
    words: &[&str],
    line: u32,
    sequence: u32,
    standard: bool,
    dialect: Dialect,
    groups: &Groups,
    name: &str,
) {
    let entry = if standard {
        acl::standard(words, line, sequence)
    } else {
        acl::extended(words, line, sequence, dialect, groups)
    };
    match entry {
        Some(entry) => {
            b.lowered(line, "access-list");
            list.entries.push(entry);
        }
        None => {
            if b.unknown(line, Scope::Rule(format!("access-list {name}"))) {
                list.entries.extend(Entry::unread(line, sequence));
            }
        }
    }
}

/// `access-list N …`: 1–99 and 1300–1999 standard, 100–199 and 2000–2699 extended.
pub(super) fn numbered(b: &mut Builder, c: &mut Config, line: u32, number: &str, rest: &[&str]) -> bool {
    let Ok(n) = number.parse::<u32>() else { return false };
    let standard = matches!(n, 1..=99 | 1300..=1999);
    if !standard && !matches!(n, 100..=199 | 2000..=2699) {
        return false;
    }
    if rest.first() == Some(&"remark") {
        return true;
    }
    let list = c.lists.entry(number.to_owned()).or_default();
    let sequence = list.next_sequence(10);
    add_entry(b, list, rest, line, sequence, standard, Dialect::IOS, &c.groups, number);
    true
}

/// ACL stages: dispatch by interface, then the list, then the implicit deny (C8).
///
/// A port's list may be the only one that looks at what comes in by it (Catalyst 2960-X security guide, "ACL
/// Precedence") or be followed by the list of the VLAN interface (Catalyst 4500, `access-group mode merge`): either.
pub(super) fn bind(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId, outward: bool) {
    let mut dispatch = Vec::new();
    let mut made = Made::new();
    for six in [false, true] {
        let bound: Vec<&Binding> =
            c.bindings.iter().filter(|x| x.outward == outward && x.six == six).collect();
        let places: Vec<usize> = bound.iter().map(|x| x.interface).collect();
        for crossing in if outward { exits(b, &places) } else { entrances(b, &places) } {
            let here = if outward {
                Cube::any().with(Field::Out, b.out_of(&[crossing.owner]))
            } else {
                Cube::any().with(Field::In, crossing.values.clone())
            };
            let here = here.with(Field::Dst, if six { net::all_v6() } else { net::all_v4() });
            dispatch.push(guard(b, c, &bound, &crossing, here, next, &mut made));
        }
    }
    b.fill(stage, dispatch, vec![Jump::to(next)]);
}

/// The lists of one way in or out.
fn guard(
    b: &mut Builder,
    c: &Config,
    bound: &[&Binding],
    crossing: &Crossing,
    here: Cube,
    next: NodeId,
    made: &mut Made,
) -> Rule {
    let own = crossing.own.map(|n| (table(b, c, bound[n], next, made), bound[n].line));
    let mut then: Vec<Jump> = Vec::new();
    let mut line = own.map_or(0, |o| o.1);
    for port in &crossing.ports {
        let to = match (port, own) {
            (None, None) => next,
            (None, Some((own, _))) => own,
            (Some(list), None) => table(b, c, bound[*list], next, made),
            (Some(list), Some((own, own_line))) => {
                let merged = b.stage(&format!("after {}", bound[*list].list));
                let also = Rule::new(vec![Cube::any()], vec![Jump::to(own)], own_line, "access-group");
                b.fill(merged, vec![also.doubtful(Doubt::Unsourced)], vec![Jump::to(next)]);
                table(b, c, bound[*list], merged, made)
            }
        };
        line = port.map_or(line, |list| bound[list].line);
        if !then.contains(&Jump::to(to)) {
            then.push(Jump::to(to));
        }
    }
    Rule::new(vec![here], then, line, "access-group")
}

/// Tables that lists of one direction have become, by family, name and what follows.
type Made = HashMap<(bool, String, NodeId), NodeId>;

/// One bound list; what it permits goes to `next`. Interfaces with one list share its table: a switch may have hundreds of
/// them.
fn table(b: &mut Builder, c: &Config, binding: &Binding, next: NodeId, made: &mut Made) -> NodeId {
    let lists = if binding.six { &c.lists6 } else { &c.lists };
    let list = lists.get(&binding.list).filter(|l| !l.entries.is_empty());
    if list.is_none()
        && !b.device.findings.iter().any(|f| f.line == binding.line && f.code == "acl-undefined")
    {
        let name = &b.device.interfaces[binding.interface].name;
        let text = format!("{name} に定義のないアクセスリスト {} が設定されています", binding.list);
        b.finding("acl-undefined", Severity::Critical, binding.line, text);
    }
    let key = (binding.six, binding.list.clone(), next);
    if let Some(&known) = made.get(&key) {
        return known;
    }
    let direction = if binding.outward { "out" } else { "in" };
    let node = b.stage(&format!("{direction} {}", binding.list));
    made.insert(key, node);
    match list {
        Some(list) => {
            let mut rules = list.rules(&binding.list, &[Jump::to(next)]);
            if binding.six {
                rules.push(neighbours(binding, next));
            }
            b.fill(node, rules, Vec::new());
        }
        None => {
            let rule = Rule::new(vec![Cube::any()], Vec::new(), binding.line, &binding.list);
            b.fill(node, vec![rule.doubtful(Doubt::Undefined)], vec![Jump::to(next)]);
        }
    }
    node
}

/// A list of IPv6 ends in `permit icmp any any nd-na`, `permit icmp any any nd-ns` and only then in the deny (Catalyst 3750
/// Metro Command Reference, `deny (IPv6)`).
fn neighbours(binding: &Binding, next: NodeId) -> Rule {
    let when = Cube::any()
        .with(Field::Proto, Ranges::one(net::ICMP6))
        .with(Field::Sport, Ranges::span(135, 136))
        .with(Field::Frag, Ranges::one(0));
    let label = format!("{} nd", binding.list);
    Rule::new(vec![when], vec![Jump::to(next)], binding.line, label)
}
