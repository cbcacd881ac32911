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

/// Runs `work` as if the kernel did not know Landlock: programs that it starts inherit the thread's filter.
fn without_landlock<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let arch = std::env::consts::ARCH.try_into().expect("a known machine");
    let unknown = SeccompAction::Errno(libc::ENOSYS as u32);
    let calls = [(libc::SYS_landlock_create_ruleset, Vec::new())].into_iter().collect();
    let filter = SeccompFilter::new(calls, SeccompAction::Allow, unknown, arch).expect("filter");
    let program: BpfProgram = filter.try_into().expect("program");
    let thread = std::thread::spawn(move || {
        seccompiler::apply_filter(&program).expect("applied");
        work()
    });
    thread.join().expect("finished")
}

#[test]
fn a_kernel_without_landlock_is_refused_or_told_in_the_report() {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("a.txt"), "あ\n").expect("written");
    let path = folder.path().to_owned();
    let (refused, accepted) = without_landlock(move || {
        let refused = run(&["a.txt", "-o", "b.txt"], &path);
        assert!(!path.join("b.txt").exists());
        (refused, run(&["a.txt", "-o", "b.txt", "--report", "r.json", "--allow-weak-sandbox"], &path))
    });
    assert_eq!((refused.0, accepted.0), (70, 0), "{} {}", refused.1, accepted.1);
    let report = fs::read_to_string(folder.path().join("r.json")).expect("report");
    assert!(report.contains("\"weak_sandbox\": true"), "{report}");
}

#[test]
fn wrong_use_is_two() {
    let folder = tempfile::tempdir().expect("folder");
    assert_eq!(run(&[], folder.path()).0, 2);
    assert_eq!(run(&["a.txt"], folder.path()).0, 2);
    fs::write(folder.path().join("rules.toml"), "linkz = \"web\"").expect("written");
    assert_eq!(run(&["a.txt", "-o", "b.txt", "--rules", "rules.toml"], folder.path()).0, 2);
}

/// A stored ZIP of one member under the traditional cipher's flag, which no empty list of passwords opens.
fn locked_zip() -> Vec<u8> {
    let mut common = vec![20, 0, 1, 0, 0, 0, 0, 0, 0x21, 0];
    common.extend([1, 2, 3, 4]);
    common.extend(20_u32.to_le_bytes());
    common.extend(8_u32.to_le_bytes());
    common.extend([5, 0, 0, 0]);
    let mut out = [&b"PK\x03\x04"[..], &common, b"a.txt", &[7; 20]].concat();
    let start = out.len() as u32;
    let central = [&b"PK\x01\x02\x14\0"[..], &common, &[0; 14], b"a.txt"].concat();
    out.extend(&central);
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend((central.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[test]
fn a_locked_archive_is_eleven_and_names_its_members() {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("a.zip"), locked_zip()).expect("written");
    let (code, said) = run(&["a.zip", "-o", "b.zip", "--report", "r.json"], folder.path());
    assert_eq!(code, 11, "{said}");
    let report = fs::read_to_string(folder.path().join("r.json")).expect("report");
    assert!(report.contains("\"locked_members\"") && report.contains("a.txt"), "{report}");
    assert!(!folder.path().join("b.zip").exists());
}

#[test]
fn a_tombstone_leaves_a_clean_archive_and_still_ten() {
    let folder = tempfile::tempdir().expect("folder");
    let stored = |name: &str, data: &[u8], crc: u32| {
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc.to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        let mut out = [&b"PK\x03\x04"[..], &common, name.as_bytes(), data].concat();
        let start = out.len() as u32;
        let central = [&b"PK\x01\x02\x14\0"[..], &common, &[0; 14], name.as_bytes()].concat();
        out.extend(&central);
        out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        out.extend((central.len() as u32).to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([0, 0]);
        out
    };
    // CRC-32 of the two bytes "MZ".
    fs::write(folder.path().join("a.zip"), stored("a.exe", b"MZ", 0x8FB0_9B5D)).expect("written");
    assert_eq!(run(&["a.zip", "-o", "b.zip"], folder.path()).0, 10);
    assert!(!folder.path().join("b.zip").exists());
    fs::write(folder.path().join("r.toml"), "member-failure = \"tombstone\"").expect("written");
    let (code, said) =
        run(&["a.zip", "-o", "b.zip", "--rules", "r.toml", "--report", "r.json"], folder.path());
    let report = fs::read_to_string(folder.path().join("r.json")).expect("report");
    assert_eq!(code, 10, "{said}{report}");
    assert!(folder.path().join("b.zip").exists() && report.contains("\"members_blocked\": 1"), "{report}");
}

/// A worker that stands still is stopped by the clock on the wall, not waited for: without that this test never ends.
#[test]
fn a_worker_that_hangs_is_killed() {
    let folder = tempfile::tempdir().expect("folder");
    // So long that the worker is still busy when it is found below.
    fs::write(folder.path().join("a.txt"), "調達の仕様\n".repeat(1 << 20)).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho-disarm"))
        .args(["a.txt", "-o", "b.txt", "--report", "r.json", "--timeout", "1"])
        .current_dir(folder.path())
        .spawn()
        .expect("the binary starts");
    let children = format!("/proc/{0}/task/{0}/children", command.id());
    let worker = loop {
        assert!(command.try_wait().expect("status").is_none(), "it ended before its worker was found");
        let found = fs::read_to_string(&children).expect("children");
        let worker = found.split_whitespace().next().unwrap_or_default();
        // Not earlier: the command itself waits until its child has become the worker.
        if fs::read_to_string(format!("/proc/{worker}/cmdline")).is_ok_and(|c| c.contains("disarm-worker")) {
            break worker.to_owned();
        }
    };
    assert!(Command::new("kill").args(["-STOP", &worker]).status().expect("kill").success());
    assert_eq!(command.wait().expect("status").code(), Some(10));
    assert!(!Path::new(&format!("/proc/{worker}")).exists(), "the worker still stands");
    assert!(!folder.path().join("b.txt").exists());
    let report = fs::read_to_string(folder.path().join("r.json")).expect("report");
    assert!(report.contains("\"refusal\": \"crashed\""), "{report}");
}
