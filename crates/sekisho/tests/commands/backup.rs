//! A copy of a running system, a drill that goes into the record, and a restore that verifies.

use std::path::{Path, PathBuf};

use crate::kit::{Place, Server, sekisho};

/// The newest directory below `dir`.
fn newest(dir: &Path) -> PathBuf {
    let mut all: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all.pop().unwrap()
}

#[test]
fn a_copy_of_a_running_system_comes_back_whole() {
    let place = Place::new();
    let (data, copies) = (place.text("data"), place.text("copies"));
    let server = Server::start(&place.path("data"), &[]);
    sekisho(&["admin", "backup", "--data", &data, "--to", &copies]).ok();
    let copy = newest(&place.path("copies"));
    let copy_text = copy.to_str().unwrap();

    let drill = sekisho(&["admin", "drill", copy_text, "--data", &data]).ok();
    assert!(drill.out.contains("復元訓練に成功しました"), "{}", drill.out);
    assert!(!place.path("data.drill").exists(), "the drill leaves nothing behind");
    server.stop();

    let back = place.text("back");
    let said = sekisho(&["admin", "restore", copy_text, "--data", &back]).ok();
    assert!(said.out.contains(&format!("{back} に戻しました")), "{}", said.out);
    let verified = sekisho(&["ledger", "verify", "--data", &back]).ok();
    assert!(verified.out.contains("L0"), "{}", verified.out);
    let server = Server::start(&place.path("back"), &[]);
    assert!(server.get(0, "/login").contains("さくら坂市"), "the restored system runs");
    drop(server);

    let again = sekisho(&["admin", "restore", copy_text, "--data", &back]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("上書きはしません"), "{}", again.err);
}

#[test]
fn a_changed_copy_is_refused_before_anything_is_written() {
    let place = Place::new();
    drop(Server::start(&place.path("data"), &[]));
    sekisho(&["admin", "backup", "--data", &place.text("data"), "--to", &place.text("copies")]).ok();
    let copy = newest(&place.path("copies"));
    let database = copy.join("sekisho.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&database, bytes).unwrap();
    let said = sekisho(&["admin", "restore", copy.to_str().unwrap(), "--data", &place.text("back")]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("sekisho.db が壊れているか、書き換えられています"), "{}", said.err);
    assert!(!place.path("back").exists());
}

/// Whoever puts an old database back under a newer log is found out by the log and by the doctor.
#[test]
fn an_old_database_under_a_newer_log_is_noticed() {
    let place = Place::new();
    let data = place.text("data");
    drop(Server::start(&place.path("data"), &[]));
    sekisho(&["admin", "backup", "--data", &data, "--to", &place.text("copies")]).ok();
    let copy = newest(&place.path("copies"));
    sekisho(&["admin", "reset-password", "admin", "--data", &data]).ok();
    let before = published(&place.path("data"));
    sekisho(&["admin", "drill", copy.to_str().unwrap(), "--data", &data]).ok();
    assert!(published(&place.path("data")) > before, "a command seals what it wrote");
    sekisho(&["ledger", "verify", "--data", &data]).ok();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(place.path("data").join(format!("sekisho.db{end}")));
    }
    std::fs::copy(copy.join("sekisho.db"), place.path("data").join("sekisho.db")).unwrap();
    let said = sekisho(&["admin", "doctor", "--data", &data]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("古い写しに戻されています"), "{}", said.out);
    assert_ne!(sekisho(&["ledger", "verify", "--data", &data]).code, 0);
}

/// The size of the published checkpoint.
fn published(data: &Path) -> u64 {
    let text = std::fs::read_to_string(data.join("ledger/checkpoint")).unwrap_or_default();
    text.lines().nth(1).and_then(|l| l.parse().ok()).unwrap_or(0)
}
