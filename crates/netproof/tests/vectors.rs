//! The project's own one-packet expectations (the shared ones are run on demand through the verb).
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic)]

use sekisho_netproof::vectors::{parse, run};

#[test]
fn own_vectors_hold() {
    let cases = parse(include_str!("own-vectors.yaml")).unwrap();
    assert!(cases.len() >= 20);
    for case in &cases {
        let out = run(case);
        assert_eq!(out.got, out.expected, "{} {:?}", out.id, out.reasons);
    }
}

#[test]
fn shared_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs/devices-jp-vectors.yaml");
    let (Some(_), Ok(text)) = (std::env::var_os("SEKISHO_LONG"), std::fs::read_to_string(path)) else {
        eprintln!("NOT RUN: needs SEKISHO_LONG=1 and {path}");
        return;
    };
    let cases = parse(&text).unwrap();
    let wrong: Vec<_> = cases.iter().map(run).filter(|o| o.got != o.expected).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
