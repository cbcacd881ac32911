//! One-packet expectations. The project's own say in `source` which documented statement they rest on; the shared
//! ones are run on demand.

use std::path::{Path, PathBuf};

use sekisho_netproof::vectors::{Answer, parse, run};
use sekisho_netproof::vendor::{ReadOptions, Vendor, read};

fn own() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn own_vectors_hold() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for file in own() {
        for case in parse(&std::fs::read_to_string(&file).unwrap()).unwrap() {
            let out = run(&case);
            count += 1;
            if out.got != out.expected {
                let mark = if out.is_wrong() { "WRONG" } else { "unknown" };
                let why: Vec<_> = out.reasons.iter().map(|r| (r.line, &r.text, r.doubt)).collect();
                wrong
                    .push(format!("{mark} {} expected {:?} got {:?} {why:?}", out.id, out.expected, out.got));
            }
        }
    }
    assert!(count >= 300, "{count}");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

/// An unknown answer names the line it rests on.
#[test]
fn unknown_answers_name_their_lines() {
    let mut unnamed = Vec::new();
    for file in own() {
        for case in parse(&std::fs::read_to_string(&file).unwrap()).unwrap() {
            let out = run(&case);
            let named = out.reasons.iter().any(|r| r.line > 0 && !r.text.is_empty());
            if out.got == Answer::Unknown && !named {
                unnamed.push(out.id);
            }
        }
    }
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

/// A condition that says `any` is none, and its line is read.
#[test]
fn conditions_of_panos_rules_are_read() {
    let rule = "set vsys vsys1 rulebase security rules r";
    let conditions = ["source-user", "category", "hip-profiles", "source-hip", "destination-hip", "schedule"];
    let text: String = conditions.iter().map(|c| format!("{rule} {c} any\n")).collect();
    let device = read(Vendor::PanOs, "fw", "fw", &text, &ReadOptions::default());
    assert_eq!(device.unknown_lines().collect::<Vec<_>>(), Vec::<u32>::new());
}

#[test]
fn shared_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs/devices-jp-vectors.yaml");
    let (Some(_), Ok(text)) = (std::env::var_os("SEKISHO_LONG"), std::fs::read_to_string(path)) else {
        eprintln!("NOT RUN: needs SEKISHO_LONG=1 and {path}");
        return;
    };
    let cases = parse(&text).unwrap();
    let all: Vec<_> = cases.iter().map(run).collect();
    let wrong: Vec<_> = all.iter().filter(|o| o.is_wrong()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let undecided: Vec<_> = all.iter().filter(|o| o.got != o.expected).map(|o| &o.id).collect();
    eprintln!("{} of {} as expected, undecided {undecided:?}", all.len() - undecided.len(), all.len());
    assert!(undecided.len() * 20 <= all.len());
}
