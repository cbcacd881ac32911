//! The verb as an operator meets it: exit codes, JSON, picture, certificates, and every query.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use clap::Parser;
use sekisho_netproof_cli::{NetworkArgs, execute};
use serde_json::Value;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    network: NetworkArgs,
}

/// Exit code, standard output, error output.
fn run(args: &[&str]) -> (u8, String, String) {
    let cli = Cli::try_parse_from(std::iter::once("network").chain(args.iter().copied())).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = execute(&cli.network, "2026-11-25", &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

const ZONES: &str = r#"
name = "試験市"
[[zone]]
id = "ju"
name = "利用事務系"
kind = "JU"
prefixes = ["192.168.1.0/24"]
[[zone]]
id = "lg"
name = "LGWAN接続系"
kind = "LG"
prefixes = ["192.168.2.0/24"]
"#;
const INTENTS: &str = "[[deny]]\nid = \"N-1\"\nfrom = \"lg\"\nto = \"ju\"\nbasis = \"第7条\"\n";
const CLEAN: &str = "ip lan1 address 192.168.1.1/24\nip lan2 address 192.168.2.1/24\nip filter 1 reject * 192.168.1.0/24\nip filter 2 pass * *\nip lan2 secure filter in 1 2\nlogin password hunter2\n";

fn site(dir: &Path, config: &str) -> String {
    std::fs::create_dir_all(dir.join("devices")).unwrap();
    std::fs::write(dir.join("zones.toml"), ZONES).unwrap();
    std::fs::write(dir.join("intents.toml"), INTENTS).unwrap();
    std::fs::write(dir.join("devices/rtx1.rtx.txt"), config).unwrap();
    dir.to_str().unwrap().to_owned()
}

#[test]
fn exit_codes_say_the_worst_answer() {
    let dir = tempfile::tempdir().unwrap();
    let path = site(dir.path(), CLEAN);
    let (code, out, _) = run(&["verify", &path]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("提出された 1 台の設定について") && out.contains("証明済み"));
    site(dir.path(), &CLEAN.replace("secure filter in 1 2", "secure filter in 2"));
    let (code, out, _) = run(&["verify", &path]);
    assert_eq!(code, 1);
    assert!(out.contains("rtx1.rtx.txt:4 「ip filter 2 pass * *」"), "{out}");
    assert!(out.contains("再検証済み"), "{out}");
    site(dir.path(), &format!("{CLEAN}ip frobnicate on\n"));
    let (code, out, _) = run(&["verify", &path]);
    assert_eq!(code, 3);
    assert!(out.contains("rtx1.rtx.txt:7 「ip frobnicate on」"), "{out}");
    assert!(!out.contains("hunter2"));
}

#[test]
fn bad_input_is_said_and_is_two() {
    let dir = tempfile::tempdir().unwrap();
    let path = site(dir.path(), CLEAN);
    let bad = |what: &str| {
        let (code, _, err) = run(&["verify", &path]);
        assert_eq!(code, 2, "{what}");
        assert!(!err.is_empty(), "{what}");
    };
    for (file, text) in [
        ("intents.toml", "[[deny]]\nid = \"x\"\nfrom = \"nosuch\"\nto = \"ju\"\n"),
        ("intents.toml", "[[denny]]\nid = \"x\"\n"),
        ("intents.toml", "[[deny]]\nid = \"x\"\nfrom = \"lg\"\nto = \"ju\"\nservise = \"any\"\n"),
        (
            "intents.toml",
            "[[allow]]\nid = \"x\"\nfrom = \"lg\"\nto = \"ju\"\nservice = \"tcp/443\"\nuntil = \"2027/3/31\"\n",
        ),
        ("zones.toml", "model = \"gamma\"\n[[zone]]\nid = \"a\"\n"),
        ("zones.toml", ""),
    ] {
        let before = std::fs::read(dir.path().join(file)).unwrap();
        std::fs::write(dir.path().join(file), text).unwrap();
        bad(text);
        std::fs::write(dir.path().join(file), before).unwrap();
    }
    assert_eq!(run(&["verify", &path, "--as-of", "soon"]).0, 2);
    assert_eq!(run(&["verify", "/nonexistent/site"]).0, 2);
    std::fs::write(dir.path().join("devices/rtx1.txt"), CLEAN).unwrap();
    bad("two configurations of one device");
    std::fs::remove_file(dir.path().join("devices/rtx1.txt")).unwrap();
    std::fs::create_dir_all(dir.path().join("state")).unwrap();
    std::fs::write(dir.path().join("state/rtx1.txt"), "x").unwrap();
    bad("a captured table without kind");
}

#[test]
fn json_picture_and_certificates() {
    let dir = tempfile::tempdir().unwrap();
    let path = site(dir.path(), CLEAN);
    let picture = dir.path().join("out.svg");
    let proofs = dir.path().join("proof");
    let (p, c) = (picture.to_str().unwrap(), proofs.to_str().unwrap());
    let (code, out, _) = run(&["verify", &path, "--json", "--picture", p, "--certificates", c]);
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["findings"][0]["verdict"], "proved");
    assert_eq!(report["devices"][0]["unknown"].as_array().unwrap().len(), 0);
    assert!(std::fs::read_to_string(&picture).unwrap().starts_with("<svg"));
    let certificate = proofs.join("certificate-1.json");
    let cert = certificate.to_str().unwrap();
    let (code, out, _) = run(&["check-certificate", cert, &path]);
    assert_eq!(code, 0, "{out}");
    let text = std::fs::read_to_string(&certificate).unwrap();
    assert!(!text.contains("hunter2"));
    // One byte of the configuration changed: the certificate is about something else.
    site(dir.path(), &CLEAN.replace("hunter2", "hunter3"));
    assert_eq!(run(&["check-certificate", cert, &path]).0, 1);
}

#[test]
fn every_query_answers() {
    let dir = tempfile::tempdir().unwrap();
    let path = site(dir.path(), CLEAN);
    let open = dir.path().join("open.txt");
    std::fs::write(&open, CLEAN.replace("secure filter in 1 2", "secure filter in 2")).unwrap();
    let (code, out, _) = run(&["what-if", &path, "--device", "rtx1", "--with", open.to_str().unwrap()]);
    assert_eq!(code, 0);
    assert!(out.contains("証明済み → 違反あり") && out.contains("新しく通るようになった通信"), "{out}");
    assert_eq!(run(&["what-if", &path, "--device", "rtx9", "--with", open.to_str().unwrap()]).0, 2);
    let (code, out, _) = run(&["reach", &path, "--from", "lg", "--to", "ju"]);
    assert!(code == 0 && out.contains("届く通信はありません"), "{out}");
    assert_eq!(run(&["reach", &path, "--from", "nosuch"]).0, 2);
    let (code, out, _) = run(&["coverage", &path]);
    assert!(code == 0 && out.contains("LGWAN接続系 → 利用事務系（止める）"), "{out}");
    let (code, out, _) = run(&["hygiene", &path]);
    assert!(code == 0 && out.contains("rtx-no-filter"), "{out}");
    let trace = ["trace", &path, "--at", "rtx1:lan2", "--src", "192.168.2.9", "--dst", "192.168.1.9"];
    let (code, out, _) = run(&trace);
    assert!(code == 0 && out.contains("rtx1.rtx.txt:3"), "{out}");
    let other = tempfile::tempdir().unwrap();
    let after = site(other.path(), &CLEAN.replace("secure filter in 1 2", "secure filter in 2"));
    let (code, out, _) = run(&["diff", &path, &after]);
    assert!(code == 0 && out.contains("新しく通るようになった通信"), "{out}");
    for args in [
        vec!["reach", &path, "--json"],
        vec!["coverage", &path, "--json"],
        vec!["diff", &path, &after, "--json"],
    ] {
        let (_, out, _) = run(&args);
        assert!(serde_json::from_str::<Value>(&out).is_ok(), "{args:?}");
    }
}

#[test]
fn vectors_print_what_was_expected_and_what_came() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cases.yaml");
    let case = |expect: &str| {
        format!(
            "- id: c1\n  platform: yamaha-rtx\n  config: |\n    ip lan1 address 192.168.1.1/24\n    ip lan2 address 192.168.2.1/24\n  packet:\n    in_if: lan1\n    src: 192.168.1.9\n    dst: 192.168.2.9\n    proto: tcp\n    dport: 80\n  expect: {expect}\n"
        )
    };
    for (expect, code) in [("permit", 0), ("deny", 1), ("unknown", 1)] {
        std::fs::write(&file, case(expect)).unwrap();
        let (got, out, _) = run(&["vectors", file.to_str().unwrap()]);
        assert_eq!(got, code, "{expect}");
        assert!(out.contains(&format!("c1 期待 {expect} 結果 permit")), "{out}");
        let (_, out, _) = run(&["vectors", file.to_str().unwrap(), "--json"]);
        let list: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(list[0]["expected"], expect);
        assert_eq!(list[0]["got"], "permit");
    }
    std::fs::write(&file, "nonsense").unwrap();
    assert_eq!(run(&["vectors", file.to_str().unwrap()]).0, 2);
}
