//! `sekisho ledger`: what an auditor, a witness and a keeper do with a real installation, and what they notice.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sekisho_ledger::{
    DirStorage, Entry, ProofText, SignedCheckpoint, Storage as _, VerifierKey, decode_entries,
};
use sekisho_store::Db;

use crate::kit::{Place, Server, not_run, on_postgres, sekisho};

/// An installation with its first account, sealed and at rest.
fn installation(place: &Place) -> String {
    drop(Server::start(&place.path("data"), &[]));
    let data = place.text("data");
    sekisho(&["admin", "reset-password", "admin", "--data", &data]).ok();
    data
}

/// Starts the portal, sees that it answers, and ends it.
fn serve_for_a_moment(place: &Place) {
    let server = Server::start(&place.path("data"), &[]);
    assert!(server.get(0, "/login").contains("さくら坂市"));
    server.stop();
}

/// The log's public key, as `ledger checkpoint` tells it.
fn log_keys(data: &str) -> Vec<VerifierKey> {
    let said = sekisho(&["ledger", "checkpoint", "--data", data]).ok();
    let keys = said.err.lines().filter_map(|line| line.rsplit_once(": ")).map(|(_, key)| key);
    keys.map(|key| VerifierKey::parse(key).unwrap()).collect()
}

#[test]
fn what_is_kept_elsewhere_proves_the_record_to_others() {
    let place = Place::new();
    let data = installation(&place);
    let copy = place.text("copy");
    std::fs::write(&copy, sekisho(&["ledger", "checkpoint", "--data", &data]).ok().out).unwrap();
    let keys = log_keys(&data);
    let said = sekisho(&["ledger", "verify", "--data", &data]).ok();
    assert!(said.out.contains("L0") && !said.out.contains("改ざんなし"), "{}", said.out);
    let said = sekisho(&["ledger", "verify", "--data", &data, "--against", &copy]).ok();
    assert!(said.out.contains("L1"), "{}", said.out);

    // One entry, proven with nothing but the log's key.
    let proof = ProofText::parse(&sekisho(&["ledger", "prove", "--data", &data, "2"]).ok().out).unwrap();
    let tiles = DirStorage::open(place.path("data/ledger")).unwrap();
    let bundle = (0..256u16)
        .rev()
        .find_map(|w| tiles.read(&format!("tile/entries/000.p/{w}")).unwrap().map(|b| (b, w)));
    let (bytes, width) = bundle.or_else(|| Some((tiles.read("tile/entries/000").unwrap()?, 256))).unwrap();
    let entries = decode_entries(&bytes, width).unwrap();
    proof.verify(entries[2], &keys).unwrap();
    assert!(proof.verify(entries[1], &keys).is_err());
    Entry::parse(entries[2]).unwrap();

    // The bundle, verified by a script that shares nothing with this program.
    let out = place.text("bundle");
    let said = sekisho(&["ledger", "export", "--data", &data, "--out", &out]).ok();
    assert!(said.out.contains("書き出しました"), "{}", said.out);
    assert!(sekisho(&["ledger", "verify", &out]).ok().out.contains("L0"));
    if Command::new("python3").args(["-c", "import cryptography"]).output().is_ok_and(|o| o.status.success())
    {
        let script = |bundle: &str| {
            let script = format!("{bundle}/verify.py");
            Command::new("python3").args([&script, bundle, "--against", &copy]).output().unwrap()
        };
        let whole = script(&out);
        assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stdout));
        let bodies = place.path("bundle/bodies/0.jsonl");
        let text = std::fs::read_to_string(&bodies).unwrap();
        std::fs::write(&bodies, text.replacen("導入担当", "別人", 1)).unwrap();
        assert_eq!(script(&out).status.code(), Some(1), "a changed payload");
    } else {
        not_run("the auditor's script", "python3 with the package `cryptography` is missing");
    }
}

/// L2 is the verifier's own policy: witnesses that the operator's directory names raise nothing.
#[test]
fn a_witness_by_files_counts_under_the_auditor_s_own_list() {
    let place = Place::new();
    let data = installation(&place);
    let log_key = log_keys(&data).remove(0).to_string();
    let (state, request, answer) = (place.text("state"), place.text("request"), place.text("answer"));
    let said = sekisho(&["ledger", "witness", "init", "pref.example/w", "--state", &state]).ok();
    let witness = said.out.trim().rsplit(": ").next().unwrap().to_owned();
    sekisho(&["ledger", "witness", "request", "--data", &data, "--out", &request]).ok();
    let mut sign = vec!["ledger", "witness", "answer", &request, "--state", &state, "--log-key", &log_key];
    sign.extend(["--out", &answer]);
    sekisho(&sign).ok();
    let said = sekisho(&sign);
    assert_eq!(said.code, 1, "the witness remembers what it saw: {}", said.out);
    let mut accept = vec!["ledger", "witness", "accept", "--data", &data, &request, &answer];
    accept.extend(["--witness-key", &witness]);
    assert!(sekisho(&accept).ok().out.contains("監査人"), "it says who must compare the key");
    let said = sekisho(&["ledger", "verify", "--data", &data]).ok();
    assert!(said.out.contains("L0"), "{}", said.out);
    let policy = place.text("policy");
    std::fs::write(&policy, format!("log {log_key}\nwitness w {witness}\nquorum w\n")).unwrap();
    let said = sekisho(&["ledger", "verify", "--data", &data, "--policy", &policy]).ok();
    assert!(said.out.contains("L2"), "{}", said.out);
    // The same from the bundle: only what the auditor brings along raises the level.
    let out = place.text("bundle");
    sekisho(&["ledger", "export", "--data", &data, "--out", &out]).ok();
    assert!(sekisho(&["ledger", "verify", &out]).ok().out.contains("L0"));
    assert!(sekisho(&["ledger", "verify", &out, "--policy", &policy]).ok().out.contains("L2"));
    std::fs::write(&policy, "log nonsense\n").unwrap();
    let said = sekisho(&["ledger", "verify", "--data", &data, "--policy", &policy]);
    assert!(said.code != 0 && said.err.contains("鍵の一覧として読めません"), "{}", said.err);
}

/// Killed when dropped.
struct WitnessServer(Child);

impl WitnessServer {
    fn start(state: &str, log_key: &str) -> (WitnessServer, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["ledger", "witness", "serve", "--listen", "127.0.0.1:0", "--state", state])
            .args(["--log-key", log_key])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit("  ").next().unwrap().trim_end_matches("/add-checkpoint").to_owned();
        (WitnessServer(child), url)
    }
}

impl Drop for WitnessServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The checkpoints in a folder, once there is one.
#[allow(clippy::disallowed_methods, reason = "how long another process may take")]
fn arrived(folder: &Path) -> Vec<PathBuf> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let found: Vec<PathBuf> =
            std::fs::read_dir(folder).map(|all| all.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
        let found: Vec<PathBuf> =
            found.into_iter().filter(|p| p.extension().is_some_and(|e| e == "checkpoint")).collect();
        if !found.is_empty() {
            return found;
        }
        assert!(Instant::now() < until, "nothing arrived in {}", folder.display());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A folder and a witness get the day's checkpoint from the running portal by themselves; what cannot leave is said.
#[test]
fn checkpoints_leave_by_themselves() {
    let place = Place::new();
    let data = installation(&place);
    let log_key = log_keys(&data).remove(0).to_string();
    let (state, share) = (place.text("state"), place.path("share"));
    std::fs::create_dir(&share).unwrap();
    let said = sekisho(&["ledger", "witness", "init", "pref.example/w", "--state", &state]).ok();
    let witness = said.out.trim().rsplit(": ").next().unwrap().to_owned();
    let (_witness, url) = WitnessServer::start(&state, &log_key);
    let settings = place.path("data/sekisho.toml");
    let before = std::fs::read_to_string(&settings).unwrap();
    let keepers = |same_disk: bool| {
        format!(
            "{before}\n[[keepers.folder]]\nname = \"監査\"\npath = {share:?}\nsame_disk = {same_disk}\n\
             [[keepers.folder]]\nname = \"外れたUSB\"\npath = \"/nowhere/usb\"\n\
             [[keepers.witness]]\nname = \"県\"\nurl = \"{url}\"\nkey = \"{witness}\"\n"
        )
    };
    std::fs::write(&settings, keepers(true)).unwrap();
    let server = Server::start(&place.path("data"), &[]);
    let left = arrived(&share);
    let signed = SignedCheckpoint::parse(&std::fs::read(&left[0]).unwrap()).unwrap();
    signed.verify(&[VerifierKey::parse(&log_key).unwrap()]).unwrap();
    arrived(&place.path("data/kept"));
    server.stop();
    // What lies in the share is an outside copy; what the witness sent back counts for whoever trusts it.
    let copy = left[0].to_str().unwrap();
    assert!(sekisho(&["ledger", "verify", "--data", &data, "--against", copy]).ok().out.contains("L1"));
    let policy = place.text("policy");
    std::fs::write(&policy, format!("log {log_key}\nwitness w {witness}\nquorum w\n")).unwrap();
    assert!(sekisho(&["ledger", "verify", "--data", &data, "--policy", &policy]).ok().out.contains("L2"));
    let said = sekisho(&["admin", "doctor", "--data", &data]);
    assert!(said.out.contains("× 封印を外へ出す: 3か所のうち1か所に"), "{}", said.out);

    // A mistake in the settings stops the start in words, before anything is served.
    std::fs::write(&settings, keepers(true).replace(&witness, "no key")).unwrap();
    let said = sekisho(&["serve", "--listen", "127.0.0.1:0", "--data", &data]);
    assert!(said.code != 0 && said.err.contains("[keepers]") && said.err.contains("県"), "{}", said.err);
}

/// Both keys sign until every keeper has the new one; then the old one goes, and the record still verifies.
#[test]
fn a_key_is_followed_by_another() {
    let place = Place::new();
    let data = installation(&place);
    let old = log_keys(&data);
    let said = sekisho(&["ledger", "key", "retire", "--data", &data]);
    assert!(said.code != 0 && said.err.contains("ledger key rotate"), "{}", said.err);
    let said = sekisho(&["ledger", "key", "rotate", "--data", &data]).ok();
    assert!(said.out.contains("起動し直して"), "{}", said.out);
    assert_ne!(sekisho(&["ledger", "key", "rotate", "--data", &data]).code, 0, "one at a time");
    let both = log_keys(&data);
    assert_eq!((both.len(), &both[0]), (2, &old[0]));
    let published = |place: &Place| {
        SignedCheckpoint::parse(&std::fs::read(place.path("data/ledger/checkpoint")).unwrap())
    };
    for key in &both {
        published(&place).unwrap().verify(std::slice::from_ref(key)).unwrap();
    }
    serve_for_a_moment(&place);
    let between = place.text("between");
    std::fs::copy(place.path("data/ledger/checkpoint"), &between).unwrap();
    sekisho(&["ledger", "key", "retire", "--data", &data]).ok();
    let new = log_keys(&data);
    assert_eq!(new, [both[1].clone()]);
    assert!(published(&place).unwrap().verify(&old).is_err(), "the old key signs no longer");
    assert!(sekisho(&["ledger", "verify", "--data", &data, "--against", &between]).ok().out.contains("L1"));
    serve_for_a_moment(&place);
}

/// What somebody with the database in hand does to a real installation, and that it is found.
#[test]
fn whatever_is_done_to_the_database_is_named() {
    if on_postgres() {
        return not_run("attacks on the file of the database", "they are made on SQLite");
    }
    let place = Place::new();
    let data = installation(&place);
    let copy = place.text("copy");
    std::fs::write(&copy, sekisho(&["ledger", "checkpoint", "--data", &data]).ok().out).unwrap();
    for (n, (attack, found)) in [
        ("UPDATE person SET name = '別人'", "記録のない変更"),
        ("DELETE FROM role_seat WHERE id = (SELECT MIN(id) FROM role_seat)", "記録のない削除"),
        ("UPDATE ledger_entry SET body = replace(body, 'system', 'sistem') WHERE idx = 3", "書き換え"),
        ("DELETE FROM ledger_entry WHERE idx = 3", "削除"),
        ("DELETE FROM ledger_entry WHERE idx = (SELECT MAX(idx) FROM ledger_entry)", "末尾が失われています"),
        (
            "UPDATE ledger_entry SET idx = CASE idx WHEN 3 THEN -1 ELSE 3 END WHERE idx IN (3, 4);
          UPDATE ledger_entry SET idx = 4 WHERE idx = -1",
            "順序が入れ替わっています",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let victim = place.text(&format!("victim-{n}"));
        assert!(Command::new("cp").args(["-r", &data, &victim]).status().unwrap().success());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let path = Path::new(&victim).join("sekisho.db");
            let Db::Sqlite { read, write } = Db::sqlite(&path).await.unwrap() else { panic!("not SQLite") };
            let mut conn = write.acquire().await.unwrap();
            sqlx::raw_sql("PRAGMA foreign_keys = OFF").execute(&mut *conn).await.unwrap();
            sqlx::raw_sql(attack).execute(&mut *conn).await.unwrap();
            drop(conn);
            read.close().await;
            write.close().await;
        });
        let said = sekisho(&["ledger", "verify", "--data", &victim, "--against", &copy]);
        assert_eq!(said.code, 1, "{attack}: {}{}", said.out, said.err);
        assert!(said.out.contains(found), "{attack}: {}", said.out);
    }
}
