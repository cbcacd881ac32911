//! A line nobody knows, inserted anywhere into a configuration of any language, is accounted for as unknown wherever
//! the stanza is one that is read, and never turns an answer into its opposite.

use std::collections::BTreeMap;
use std::path::Path;

use sekisho_netproof::model::LineClass;
use sekisho_netproof::vectors::{Answer, Case, parse, run};
use sekisho_netproof::vendor::{self, ReadOptions, Vendor};

/// A line that is in no reader, in the shape the language gives its lines at this place.
fn unseen(vendor: Vendor, before: &str) -> String {
    let indent = &before[..before.len() - before.trim_start().len()];
    let word = match vendor {
        Vendor::Fortios if before.trim_start().starts_with("set ") => "set x-unseen 5",
        Vendor::PanOs if before.starts_with("set ") => "set x-unseen a b",
        Vendor::PanOs => "x-unseen { a { b 5; } }",
        Vendor::Iptables => "-A FORWARD -m x-unseen --a 5 -j ACCEPT",
        _ => "x-unseen 5",
    };
    format!("{indent}{word}")
}

fn cases() -> BTreeMap<String, Vec<Case>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut out: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for file in std::fs::read_dir(dir).unwrap() {
        for case in parse(&std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap() {
            out.entry(case.platform.clone()).or_default().push(case);
        }
    }
    out
}

#[test]
fn unseen_lines_are_unknown_and_never_turn_an_answer_round() {
    let mut report = BTreeMap::new();
    let mut wrong = Vec::new();
    for (platform, list) in cases() {
        let vendor = Vendor::from_name(&platform);
        let step = (list.len() / 14).max(1);
        let (mut inserted, mut unknown) = (0u32, 0u32);
        for case in list.iter().step_by(step) {
            let before = run(case).got;
            let lines: Vec<&str> = case.config.lines().collect();
            for at in 1..lines.len() {
                let xml = lines[0].starts_with("<?xml");
                // Linux state blocks hold tables, not statements; quoted text and XML have shapes of their own.
                if lines[at - 1].starts_with("###") || xml {
                    continue;
                }
                let line = unseen(vendor, lines[at - 1]);
                let mut with: Vec<&str> = lines.clone();
                with.insert(at, &line);
                let text = with.join("\n");
                let options = ReadOptions { model: case.model.clone(), ..ReadOptions::default() };
                let device = vendor::read(vendor, "d", "f", &text, &options);
                inserted += 1;
                match &device.lines[at] {
                    LineClass::Unknown { .. } => unknown += 1,
                    LineClass::Ignored { .. } => {}
                    // Whatever such a block says, any route may come of it, or a captured table is the answer.
                    LineClass::Lowered { item } if item == "routing protocol" => {}
                    LineClass::Lowered { item } => {
                        wrong.push(format!("{} line {at} {line:?} became {item:?}\n{text}", case.id));
                    }
                }
                let after = run(&Case { config: text.clone(), ..case.clone() }).got;
                let turned = matches!(
                    (before, after),
                    (Answer::Permit, Answer::Deny) | (Answer::Deny, Answer::Permit)
                );
                if turned {
                    wrong.push(format!("{} line {at}: {before:?} became {after:?}\n{text}", case.id));
                }
            }
        }
        report.insert(platform, (inserted, unknown));
    }
    assert!(wrong.is_empty(), "{} places\n{}", wrong.len(), wrong.join("\n\n"));
    for (platform, (inserted, unknown)) in report {
        assert!(unknown * 10 >= inserted * 7, "{platform}: {unknown} of {inserted}");
    }
}
