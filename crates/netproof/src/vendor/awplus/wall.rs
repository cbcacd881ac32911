//! Firewall and NAT of AR routers (devices-jp §3.2).

use crate::model::{Assign, Device, Doubt, Jump, NodeId, Rule, Severity};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::build::{Builder, Scope};
use crate::vendor::cisco::sections::{Section, unknown_all};

use super::entity::{addresses, is_odd, product, service, side};
use super::lower::Config;

fn numbered(section: &Section, table: &mut Vec<(u32, Vec<String>, u32)>) -> bool {
    let words = &section.words;
    if words.first().map(String::as_str) != Some("rule") {
        return false;
    }
    let top = table.iter().map(|r| r.0).max().unwrap_or(0);
    match words.get(1).map(|w| w.parse::<u32>()) {
        Some(Ok(n)) => table.push((n, words[2..].to_vec(), section.line)),
        Some(Err(_)) => table.push((top + 10, words[1..].to_vec(), section.line)),
        None => return false,
    }
    true
}

/// Reads the firewall section.
pub(super) fn firewall(b: &mut Builder, c: &mut Config, section: &Section) {
    c.has_firewall = Some(section.line);
    for child in &section.children {
        if child.text() == "protect" {
            c.protect = true;
            b.lowered(child.line, "firewall");
        } else if numbered(child, &mut c.firewall) {
            b.lowered(child.line, "firewall rule");
        } else {
            unknown_all(b, child, &Scope::Device);
        }
    }
    c.firewall.sort_by_key(|r| r.0);
}

/// Reads the NAT section.
pub(super) fn nat(b: &mut Builder, c: &mut Config, section: &Section) {
    for child in &section.children {
        if child.text() == "enable" {
            c.nat_enabled = true;
            b.lowered(child.line, "nat");
        } else if numbered(child, &mut c.nat) {
            b.lowered(child.line, "nat rule");
        } else {
            unknown_all(b, child, &Scope::Device);
        }
    }
    c.nat.sort_by_key(|r| r.0);
}

fn after<'a>(words: &'a [String], key: &str) -> Option<&'a str> {
    let at = words.iter().position(|w| w == key)?;
    words.get(at + 1).map(String::as_str)
}

/// Rules in order; nothing matches: blocked (W8).
pub(super) fn firewall_stage(b: &mut Builder, c: &Config, stage: NodeId, next: NodeId) {
    let Some(at) = c.has_firewall else {
        b.fill(stage, Vec::new(), vec![Jump::to(next)]);
        return;
    };
    if !c.protect {
        // Not switched on: no filtering is recalled, not sourced.
        let rule = Rule::new(vec![Cube::any()], Vec::new(), at, "firewall").doubtful(Doubt::Unsourced);
        b.fill(stage, vec![rule], vec![Jump::to(next)]);
        return;
    }
    let mut rules = Vec::new();
    for (number, words, line) in &c.firewall {
        let label = format!("firewall rule {number}");
        let (Some(action), Some(app), Some(from), Some(to)) =
            (words.first(), words.get(1), after(words, "from"), after(words, "to"))
        else {
            b.unknown(*line, Scope::Device);
            continue;
        };
        let known = ["from", "to", "no-state-enforcement", "log", from, to];
        if words[2..].iter().any(|w| !known.contains(&w.as_str())) {
            b.unknown(*line, Scope::Device);
            continue;
        }
        let app_cubes = service(c, app);
        let odd = app_cubes.is_none() || [from, to].iter().any(|name| is_odd(c, name));
        let when = if odd {
            vec![Cube::any()]
        } else {
            product(&[&side(b, c, from, true), &side(b, c, to, false), &app_cubes.unwrap_or_default()])
        };
        if when.is_empty() {
            let text = format!("{label} は未定義または不完全な名前を使っているため働きません");
            b.finding("awplus-inactive-rule", Severity::Warning, *line, text);
            continue;
        }
        let doubt = odd.then_some(Doubt::UnknownLine);
        match action.as_str() {
            "permit" => rules.push(Rule::new(when, vec![Jump::to(next)], *line, label).maybe(doubt)),
            "deny" | "reject" => rules.push(Rule::new(when, Vec::new(), *line, label).maybe(doubt)),
            // Logging only; that evaluation goes on is recalled.
            "log" => rules.push(Rule::new(when, Vec::new(), *line, label).doubtful(Doubt::Unsourced)),
            _ => {
                b.unknown(*line, Scope::Device);
            }
        }
    }
    b.fill(stage, rules, Vec::new());
}

/// `portfwd` and `netmap … dst` before the firewall, `masq` and `netmap … src` after it (W9); IPv4 only.
pub(super) fn nat_stages(b: &mut Builder, c: &Config, inbound: NodeId, routing: NodeId, outbound: NodeId) {
    let (mut coming, mut going) = (Vec::new(), Vec::new());
    // An address given at run time may be any.
    let given = !c.run_time.is_empty();
    let written = b.device.interfaces.iter().flat_map(|i| i.addresses.iter().map(|a| (a.address, a.address)));
    let own = if given { net::all_v4() } else { written.collect::<Ranges>().intersect(&net::all_v4()) };
    let rules = if c.nat_enabled { c.nat.as_slice() } else { &[] };
    for (number, words, line) in rules {
        let label = format!("nat rule {number}");
        let text: Vec<&str> = words.iter().map(String::as_str).collect();
        let (Some(app), Some(from)) = (text.get(1).and_then(|a| service(c, a)), after(words, "from")) else {
            b.unknown(*line, Scope::Device);
            continue;
        };
        // What is translated, and into what, is not known: any packet may be, into anything.
        if text.iter().any(|word| is_odd(c, word)) {
            b.unknown(*line, Scope::Device);
            continue;
        }
        let source = side(b, c, from, true);
        match text[..] {
            ["portfwd", _, "from", _, ref rest @ ..] => {
                let Some((to, target, port)) = forward(c, rest) else {
                    b.unknown(*line, Scope::Device);
                    continue;
                };
                let meant =
                    Cube::any().with(Field::Dst, to.map_or_else(|| own.clone(), |name| addresses(c, name)));
                let when = product(&[&source, &app, &[meant]]);
                let mut jump = Jump::to(routing).put(Field::Dst, target);
                if let Some(port) = port {
                    jump = jump.put(Field::Dport, port);
                }
                let doubt = (given && to.is_none()).then_some(Doubt::OwnAddress);
                coming.push(Rule::new(when, vec![jump], *line, label).maybe(doubt));
            }
            ["netmap", _, "from", _, "to", to, "with", side_word @ ("dst" | "src"), net_text] => {
                let dst = side_word == "dst";
                let given = addresses(c, if dst { to } else { from });
                let shift = net::parse_prefix(net_text).and_then(|n| one_to_one(&given, &n));
                let Some(delta) = shift else {
                    b.unknown(*line, Scope::Device);
                    continue;
                };
                if dst {
                    let meant = Cube::any().with(Field::Dst, given);
                    let mut jump = Jump::to(routing);
                    jump.set.push(Assign::Shift(Field::Dst, delta));
                    coming.push(Rule::new(product(&[&source, &app, &[meant]]), vec![jump], *line, label));
                } else {
                    let when = product(&[&source, &side(b, c, to, false), &app]);
                    let mut jump = Jump::to(Device::EGRESS);
                    jump.set.push(Assign::Shift(Field::Src, delta));
                    going.push(Rule::new(when, vec![jump], *line, label));
                }
            }
            ["masq", _, "from", _, "to", to] | ["masq", _, "from", _, "to", to, "with", "src", _] => {
                let when = product(&[
                    &source,
                    &side(b, c, to, false),
                    &app,
                    &[Cube::any().with(Field::Src, net::all_v4())],
                ]);
                let address = after(words, "src").and_then(|a| target_address(c, a)).map(Ranges::one);
                let jump = Jump::to(Device::EGRESS)
                    .set(Field::Src, address.unwrap_or_else(|| own.clone()))
                    .set(Field::Sport, Ranges::span(0, 65_535));
                going.push(Rule::new(when, vec![jump], *line, label));
            }
            _ => {
                b.unknown(*line, Scope::Device);
            }
        }
    }
    b.fill(inbound, coming, vec![Jump::to(routing)]);
    b.fill(outbound, going, vec![Jump::to(Device::EGRESS)]);
}

/// `[to ENTITY] with dst ADDRESS [dport PORT]`.
fn forward<'a>(c: &Config, words: &[&'a str]) -> Option<(Option<&'a str>, u128, Option<u128>)> {
    let (to, words) = match *words {
        ["to", name, ref rest @ ..] => (Some(name), rest),
        ref rest => (None, rest),
    };
    let (target, port) = match *words {
        ["with", "dst", target] => (target, None),
        ["with", "dst", target, "dport", port] => (target, Some(port.parse::<u16>().ok()?.into())),
        _ => return None,
    };
    Some((to, target_address(c, target)?, port))
}

/// Distance from one block of addresses to another of the same size, or to the start of a larger one.
fn one_to_one(from: &Ranges, to: &Ranges) -> Option<u128> {
    match (from.intervals(), to.intervals()) {
        (&[(a, b)], &[(c, d)]) if b - a <= d - c => Some(c.wrapping_sub(a)),
        _ => None,
    }
}

fn target_address(c: &Config, text: &str) -> Option<u128> {
    net::parse_v4(text).or_else(|| match c.entities.get(text)?.as_slice() {
        [one] => one.addresses.single(),
        _ => None,
    })
}
