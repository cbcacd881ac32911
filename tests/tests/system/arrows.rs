//! Which crate may know which (ARCHITECTURE.md): arrows point one way, engines know nothing of an office, a database or
//! a network. Read from `cargo metadata`, so that it is what is built.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Crate → the crates of ours it may depend on.
const MAY_KNOW: [(&str, &[&str]); 20] = [
    ("cage", &[]),
    ("catalogue", &["domain"]),
    ("checks", &["domain", "netproof", "store"]),
    ("disarm", &[]),
    ("disarm-check", &[]),
    ("disarm-cli", &["cage", "disarm", "disarm-check"]),
    ("domain", &[]),
    ("identity", &["domain", "passkey"]),
    ("ledger", &[]),
    ("mail", &["domain"]),
    ("netproof", &[]),
    ("netproof-check", &[]),
    ("netproof-cli", &["netproof", "netproof-check"]),
    ("passkey", &[]),
    ("policy", &["domain"]),
    (
        "portal",
        &[
            "catalogue",
            "checks",
            "disarm",
            "domain",
            "identity",
            "ledger",
            "mail",
            "netproof",
            "passkey",
            "policy",
            "sheet",
            "store",
        ],
    ),
    (
        "",
        &[
            "catalogue",
            "checks",
            "disarm-cli",
            "domain",
            "identity",
            "ledger",
            "mail",
            "netproof-cli",
            "policy",
            "portal",
            "store",
        ],
    ),
    ("sheet", &[]),
    ("store", &["catalogue", "domain", "ledger", "passkey", "policy"]),
    ("tests", &[]),
];
/// Bytes in, result out: no runtime, no database, no network.
const PURE: [&str; 10] = [
    "catalogue",
    "disarm",
    "disarm-check",
    "domain",
    "ledger",
    "netproof",
    "netproof-check",
    "passkey",
    "policy",
    "sheet",
];
const EDGES: [&str; 8] = ["axum", "hyper", "lettre", "object_store", "reqwest", "rusqlite", "sqlx", "tokio"];

#[test]
fn arrows_point_one_way() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let asked = ["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path", manifest];
    let said = Command::new(env!("CARGO")).args(asked).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    let ours = |name: &str| name.strip_prefix("sekisho").map(|n| n.trim_start_matches('-').to_owned());
    let may_know: BTreeMap<&str, &[&str]> = MAY_KNOW.into_iter().collect();
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = ours(package["name"].as_str().unwrap()).unwrap();
        let allowed = may_know.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not on the map"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let (needed, kind) = (dependency["name"].as_str().unwrap(), &dependency["kind"]);
            if !kind.is_null() || name == "tests" {
                continue; // Tests and benches may know everybody.
            }
            match ours(needed) {
                Some(known) => assert!(allowed.contains(&known.as_str()), "{name} must not know {known}"),
                None if PURE.contains(&name.as_str()) => {
                    assert!(!EDGES.contains(&needed), "{name} is pure and must not know {needed}");
                }
                None => {}
            }
        }
        seen.insert(name);
    }
    assert_eq!(seen.len(), may_know.len(), "every crate of the map is there: {seen:?}");
}
