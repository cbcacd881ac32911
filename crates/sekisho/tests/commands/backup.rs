//! A copy of a running system, a drill that goes into the record, and a restore that verifies.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{Place, Server, database_of, into_database, on_postgres, sekisho};

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
    let database = into_database();
    let mut restore = vec!["admin", "restore", copy_text, "--data", &back];
    restore.extend(database.iter().map(String::as_str));
    let said = sekisho(&restore).ok();
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

/// A copy that leaves the building: who finds it reads nothing, and it comes back with the key from the safe.
#[test]
fn a_sealed_copy_opens_with_its_key_and_not_without() {
    let place = Place::new();
    let (data, key) = (place.text("data"), place.text("safe.key"));
    let server = Server::start(&place.path("data"), &[]);
    let said = sekisho(&["admin", "backup-key", &key]).ok();
    let public = said.out.split_whitespace().find(|word| word.starts_with("age1")).unwrap().to_owned();
    sekisho(&["admin", "backup", "--data", &data, "--to", &place.text("copies"), "--for", &public]).ok();
    let copy = newest(&place.path("copies"));
    let copy_text = copy.to_str().unwrap();
    let mut files =
        std::fs::read_dir(&copy).unwrap().map(|e| e.unwrap().path()).filter(|path| path.is_file());
    assert!(files.all(|file| file.extension().is_some_and(|e| e == "age")), "nothing lies open");
    assert!(!place.path("data").join("copying").exists(), "nothing readable is left behind");

    let refused = sekisho(&["admin", "drill", copy_text, "--data", &data]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("--key で、封を開ける鍵"), "{}", refused.err);
    let drill = sekisho(&["admin", "drill", copy_text, "--data", &data, "--key", &key]).ok();
    assert!(drill.out.contains("復元訓練に成功しました"), "{}", drill.out);
    server.stop();

    let back = place.text("back");
    let database = into_database();
    let mut restore = vec!["admin", "restore", copy_text, "--data", &back, "--key", &key];
    restore.extend(database.iter().map(String::as_str));
    sekisho(&restore).ok();
    assert!(!place.path("back.opened").exists(), "nor beside what was restored");
    sekisho(&["ledger", "verify", "--data", &back]).ok();
    let wrong = sekisho(&["admin", "backup", "--data", &back, "--to", &place.text("more"), "--for", "age1x"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("age1 で始まる"), "{}", wrong.err);
}

#[test]
fn a_changed_copy_is_refused_before_anything_is_written() {
    let place = Place::new();
    drop(Server::start(&place.path("data"), &[]));
    sekisho(&["admin", "backup", "--data", &place.text("data"), "--to", &place.text("copies")]).ok();
    let copy = newest(&place.path("copies"));
    let name = if on_postgres() { "database.dump" } else { "sekisho.db" };
    let database = copy.join(name);
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&database, bytes).unwrap();
    let said = sekisho(&["admin", "restore", copy.to_str().unwrap(), "--data", &place.text("back")]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains(&format!("{name} が壊れているか、書き換えられています")), "{}", said.err);
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
    if on_postgres() {
        let mut restore = Command::new("pg_restore");
        restore.args(["--clean", "--no-owner", "--dbname", &database_of(&place.path("data"))]);
        assert!(restore.arg(copy.join("database.dump")).status().unwrap().success());
    } else {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(place.path("data").join(format!("sekisho.db{end}")));
        }
        std::fs::copy(copy.join("sekisho.db"), place.path("data").join("sekisho.db")).unwrap();
    }
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

/// A copy is what `serve` can start from: the files that the settings name are in it, or it says that they are not.
#[test]
fn a_copy_holds_what_the_settings_name() {
    let place = Place::new();
    let data = place.path("data");
    drop(Server::start(&data, &[]));
    let made = rcgen::generate_simple_self_signed(["smtp.city.lan".to_owned()]).unwrap();
    std::fs::write(data.join("city-ca.pem"), made.cert.pem()).unwrap();
    std::fs::create_dir(data.join("fonts")).unwrap();
    std::fs::write(data.join("fonts/city.ttf"), "font").unwrap();
    let elsewhere = place.path("proxy.secret");
    std::fs::write(&elsewhere, "0123456789abcdef0123456789abcdef").unwrap();
    let settings = std::fs::read_to_string(data.join("sekisho.toml")).unwrap();
    let more = format!(
        "{settings}\n[mail]\nhost = \"smtp.city.lan\"\nport = 25\nca = \"city-ca.pem\"\n\
         from = \"s@city.lan\"\npublic_url = \"https://s.city.lan\"\n\
         [sign_in.card]\nsecret_file = {:?}\n",
        elsewhere
    );
    std::fs::write(data.join("sekisho.toml"), more).unwrap();
    let said =
        sekisho(&["admin", "backup", "--data", &place.text("data"), "--to", &place.text("copies")]).ok();
    assert!(said.out.contains("写しに入っていません") && said.out.contains("proxy.secret"), "{}", said.out);
    let copy = newest(&place.path("copies"));
    for name in ["city-ca.pem", "fonts/city.ttf"] {
        assert!(copy.join(name).is_file(), "{name}");
    }
    let copy_text = copy.to_str().unwrap();
    sekisho(&["admin", "drill", copy_text, "--data", &place.text("data")]).ok();
    // Without the file the restored portal would not start, and the drill says so.
    std::fs::remove_file(&elsewhere).unwrap();
    let said = sekisho(&["admin", "drill", copy_text, "--data", &place.text("data")]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("戻した設定では始められません"), "{}", said.out);
}
