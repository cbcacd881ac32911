//! The command as people run it: the real binary, the real sandbox, exit codes and reports.

use std::{fs, path::Path, process::Command};

fn run(arguments: &[&str], folder: &Path) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho-disarm"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the binary starts");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn one_clean_file() {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("連絡.txt"), "こんにちは\n").expect("written");
    let (code, said) = run(&["連絡.txt", "-o", "出力.txt", "--report", "r.json"], folder.path());
    assert_eq!(code, 0, "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("出力.txt")).expect("output"), "こんにちは\n");
    let report = fs::read_to_string(folder.path().join("r.json")).expect("report");
    assert!(report.contains("\"second_check\": \"agrees\"") && !report.contains("weak_sandbox"), "{report}");
}

#[test]
fn a_refused_file_leaves_nothing_and_says_why() {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("a.exe"), "MZ").expect("written");
    let (code, said) = run(&["a.exe", "-o", "b.exe"], folder.path());
    assert_eq!(code, 10);
    assert!(said.contains("止めました"), "{said}");
    assert!(!folder.path().join("b.exe").exists());
}

#[test]
fn a_folder_reports_every_input_once_and_never_overwrites_one_output_with_another() {
    let folder = tempfile::tempdir().expect("folder");
    let input = folder.path().join("受付/課");
    fs::create_dir_all(&input).expect("folders");
    fs::write(input.join("a.txt"), "a\n").expect("written");
    fs::write(input.join("b.csv"), "氏名,=cmd|' /C calc'!A0\n").expect("written");
    fs::write(input.join("c.jtd"), "x").expect("written");
    std::os::unix::fs::symlink("/etc/passwd", input.join("d.txt")).expect("link");
    let (code, _) =
        run(&["--dir", "受付", "--out", "済", "--report", "r.jsonl", "--jobs", "2"], folder.path());
    assert_eq!(code, 10);
    let report = fs::read_to_string(folder.path().join("r.jsonl")).expect("report");
    for name in ["課/a.txt", "課/b.csv", "課/c.jtd", "課/d.txt"] {
        assert_eq!(report.matches(&format!("\"input\":\"{name}\"")).count(), 1, "{name}: {report}");
    }
    assert!(report.contains("一太郎から PDF で出し直してください"));
    assert!(folder.path().join("済/課/a.txt").exists() && folder.path().join("済/課/b.csv").exists());
    assert!(!folder.path().join("済/課/d.txt").exists());
}

#[test]
fn wrong_use_is_two() {
    let folder = tempfile::tempdir().expect("folder");
    assert_eq!(run(&[], folder.path()).0, 2);
    assert_eq!(run(&["a.txt"], folder.path()).0, 2);
    fs::write(folder.path().join("rules.toml"), "linkz = \"web\"").expect("written");
    assert_eq!(run(&["a.txt", "-o", "b.txt", "--rules", "rules.toml"], folder.path()).0, 2);
}
