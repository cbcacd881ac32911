//! The audit bundle, verified by the stand-alone script: no line of this crate runs in it.

use crate::support::*;
use sekisho_ledger::*;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// A city of 1,000 entries with an outside copy at 300 and cosignatures on the head.
fn city() -> City {
    let mut city = City::new();
    city.work(300, "work");
    city.publish();
    city.send_out();
    city.work(700, "work");
    city.publish();
    city
}

fn policy_text() -> String {
    let (key, w0, w1) = (key(), witness_key(0), witness_key(1));
    format!(
        "log {}\nwitness w0 {}\nwitness w1 {}\ngroup all all w0 w1\nquorum all\n",
        key.public(),
        w0.public(),
        w1.public()
    )
}

/// Payloads as the store would hand them over; here only the present rows still have theirs.
fn bodies(city: &City) -> Vec<Result<Body>> {
    let mut bodies = Vec::new();
    for (id, (version, payload)) in &city.rows.0 {
        let (salt, payload) = payload.clone().unwrap();
        let is_last = |bytes: &Vec<u8>| {
            let subject = Entry::parse(bytes).unwrap().subject;
            subject.id == *id && subject.version == *version
        };
        let index = city.entries.iter().position(is_last).unwrap() as u64;
        bodies.push(Body { index, salt, payload });
    }
    bodies.sort_by_key(|body| body.index);
    bodies.into_iter().map(Ok).collect()
}

fn export(city: &City, range: std::ops::Range<u64>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let log = city.log().unwrap();
    let policy = policy_text();
    let (head, kept) = (log.published(), &city.kept[..]);
    let bundle = Bundle { source: &*city.disk, head, range: range.clone(), policy: &policy, kept };
    let summary = bundle.write(bodies(city), &DirStorage::open(dir.path()).unwrap()).unwrap();
    assert_eq!(summary.entries, range.end - range.start);
    std::fs::write(dir.path().join("mine.policy"), policy_text()).unwrap();
    std::fs::write(dir.path().join("mine.checkpoint"), &city.kept[0].note).unwrap();
    dir
}

/// Runs the script. When Python or its Ed25519 library is missing: `None`, said on the terminal past the test
/// harness; a failure where `SEKISHO_FULL_TEST` promises that both are there.
fn audit(dir: &Path, arguments: &[&str]) -> Option<(i32, String)> {
    static READY: LazyLock<bool> = LazyLock::new(|| {
        let out = Command::new("python3").args(["-c", "import cryptography"]).output();
        out.is_ok_and(|out| out.status.success())
    });
    if !*READY {
        assert!(std::env::var_os("SEKISHO_FULL_TEST").is_none(), "python3 with `cryptography` is missing");
        let notice = "NOT RUN: the auditor's script needs python3 with the package `cryptography`\n";
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
        return None;
    }
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("auditor/verify.py");
    let out = Command::new("python3").arg(script).arg(".").args(arguments).current_dir(dir).output().unwrap();
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    Some((out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap()))
}

const OWN_KEYS: [&str; 2] = ["--policy", "mine.policy"];
const ALL: [&str; 4] = ["--policy", "mine.policy", "--against", "mine.checkpoint"];

fn assert_result(dir: &Path, arguments: &[&str], code: i32, says: &str) {
    if let Some((found, text)) = audit(dir, arguments) {
        assert_eq!(found, code, "{text}");
        assert!(text.contains(says), "{says:?} is not in: {text}");
    }
}

#[test]
fn the_whole_log_and_a_part_of_it_verify() {
    let city = city();
    for range in [0..1000, 0..1, 999..1000, 256..512, 250..700] {
        let dir = export(&city, range.clone());
        assert_result(dir.path(), &ALL, 0, "水準L1");
        let count = format!("{}件を確かめました", range.end - range.start);
        assert_result(dir.path(), &OWN_KEYS, 0, &count);
    }
    let dir = export(&city, 250..700);
    assert_result(dir.path(), &OWN_KEYS, 0, "水準L0");
    assert_result(dir.path(), &[], 0, "市が言うとおりの鍵");
}

#[test]
fn a_cosigned_head_gives_l2() {
    let mut city = city();
    assert!(city.cosign());
    let dir = export(&city, 0..1000);
    assert_result(dir.path(), &OWN_KEYS, 0, "水準L2");
    let checkpoint = dir.path().join("checkpoint");
    let text = std::fs::read_to_string(&checkpoint).unwrap();
    let (last, _) = text.trim_end().rsplit_once('\n').unwrap();
    std::fs::write(&checkpoint, format!("{last}\n")).unwrap();
    assert_result(dir.path(), &OWN_KEYS, 0, "水準L0");
}

#[test]
fn every_file_matters() {
    let city = city();
    let dir = export(&city, 900..1000);
    let files = [
        "checkpoint",
        "bundle.json",
        "tile/0/003.p/232",
        "tile/1/000.p/3",
        "tile/entries/003.p/232",
        "bodies/3.jsonl",
        "proofs/950.tlog-proof",
        "consistency/300",
    ];
    for name in files {
        let path = dir.path().join(name);
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] = if bad[middle] == b'1' { b'2' } else { b'1' };
        std::fs::write(&path, bad).unwrap();
        if let Some((code, text)) = audit(dir.path(), &ALL) {
            assert_ne!(code, 0, "{name} damaged: {text}");
        }
        std::fs::remove_file(&path).unwrap();
        if let Some((code, text)) = audit(dir.path(), &ALL) {
            // Bodies and proofs are additions; everything else is needed.
            let optional = name.starts_with("bodies") || name.starts_with("proofs");
            assert_eq!(code, if optional { 0 } else { 2 }, "{name} missing: {text}");
        }
        std::fs::write(&path, good).unwrap();
    }
    assert_result(dir.path(), &ALL, 0, "水準L1");
}

#[test]
fn an_edited_entry_is_named_by_its_index() {
    let city = city();
    let dir = export(&city, 0..1000);
    let path = dir.path().join("tile/entries/002");
    let good = std::fs::read(&path).unwrap();
    let mut edited = Vec::new();
    for (i, entry) in decode_entries(&good, 256).unwrap().into_iter().enumerate() {
        let text = String::from_utf8(entry.to_vec()).unwrap();
        let text = if i == 8 { text.replace("p-1", "p-2") } else { text };
        encode_entry(text.as_bytes(), &mut edited).unwrap();
    }
    std::fs::write(&path, edited).unwrap();
    assert_result(dir.path(), &ALL, 1, "520番：記録された内容と違います");
}

#[test]
fn a_resigned_log_fails_against_the_auditors_own_copy_only() {
    let mut city = city();
    city.entries[10] = entry("a-3", 2, START_MS, Commitment([1; 32]));
    city.resign();
    let dir = export(&city, 0..1000);
    assert_result(dir.path(), &OWN_KEYS, 0, "気づけません");
    assert_result(dir.path(), &ALL, 1, "証跡の分岐");
    let part = export(&city, 900..1000);
    assert_result(part.path(), &ALL, 1, "整合性の証明が成り立ちません");
}

#[test]
fn a_range_outside_the_log_is_refused() {
    let city = city();
    let log = city.log().unwrap();
    for range in [5..5, 990..1001] {
        let bundle = Bundle { source: &*city.disk, head: log.published(), range, policy: "", kept: &[] };
        let result = bundle.write([], &MemoryStorage::new());
        assert!(matches!(result, Err(Error::OutOfRange { .. })));
    }
}

#[test]
fn the_script_is_short_enough_to_be_read() {
    assert!(include_str!("../../auditor/verify.py").lines().count() <= 300);
}
