//! Names of addresses on the ASA.

use std::collections::HashMap;

use crate::net;

use super::sections::Section;

/// Puts addresses in place of the names the configuration prints for them.
pub(super) fn spell_out(sections: &mut [Section]) {
    let names = names(sections);
    sections.iter_mut().for_each(|s| spell(s, &names));
}

/// `name IP NAME`: the configuration prints the name wherever the address was typed.
fn names(sections: &[Section]) -> HashMap<String, String> {
    let one = |s: &Section| match s.slices()[..] {
        ["name", ip, name, ..] => net::parse_ip(ip).map(|_| (name.to_owned(), ip.to_owned())),
        _ => None,
    };
    sections.iter().filter_map(one).collect()
}

/// Puts addresses in place of their names: after `host`, before a mask, and where only an address can stand.
fn spell(section: &mut Section, names: &HashMap<String, String>) {
    for at in 1..section.words.len() {
        let (first, before) = (section.words[0].as_str(), section.words[at - 1].as_str());
        let masked = section.words.get(at + 1).is_some_and(|next| net::mask_length(next).is_some());
        let object =
            matches!(before, "object" | "object-group" | "group-object" | "interface" | "access-list");
        let place = match first {
            "name" => false,
            "route" => at == 2 || at == 4,
            "range" => true,
            _ => before == "host" || masked && !object,
        };
        if let Some(ip) = names.get(&section.words[at]).filter(|_| place) {
            section.words[at].clone_from(ip);
        }
    }
    section.children.iter_mut().for_each(|child| spell(child, names));
}
