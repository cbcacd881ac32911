//! A child of this very test binary locks itself down and then tries one forbidden thing; it must die of SIGSYS.

use std::{
    io::{Read, Write},
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
};

use sekisho_cage::{Allowance, lock_down};

const MARK: &str = "SEKISHO_CAGE_TRY";

/// Attempts by name. Those that Landlock or rlimits answer with an error are killed by seccomp before.
fn attempt(name: &str) {
    match name {
        "open" => drop(std::fs::File::open("/etc/passwd")),
        "create" => drop(std::fs::File::create("/tmp/sekisho-cage-must-not-exist")),
        "socket" => drop(std::net::TcpListener::bind("127.0.0.1:0")),
        "fork" => drop(Command::new("/bin/true").status()),
        "thread" => drop(std::thread::spawn(|| ()).join()),
        "exec" => {
            let path = c"/bin/true".as_ptr();
            let argv = [path, std::ptr::null()];
            // SAFETY: path and argv are valid, NUL-terminated and live across the call.
            unsafe { libc::execv(path, argv.as_ptr()) };
        }
        "prot-exec" => {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // SAFETY: asks for a fresh anonymous mapping; nothing is overwritten.
            unsafe {
                libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ | libc::PROT_EXEC, flags, -1, 0)
            };
        }
        "ptrace" => {
            // SAFETY: PTRACE_TRACEME takes no pointers.
            unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
        }
        "read-other" => {
            // SAFETY: reading a descriptor that was closed touches no memory.
            let got = unsafe { libc::read(3, std::ptr::null_mut(), 0) };
            // Not killed, but there is nothing to read from: what the parent left open is gone.
            assert_eq!(got, -1);
        }
        "memory" => {
            // Address space is bounded: the allocation fails, and no memory is taken.
            let mut huge: Vec<u8> = Vec::new();
            assert!(huge.try_reserve_exact(2 << 30).is_err());
        }
        "dump" => {
            // SAFETY: PR_GET_DUMPABLE takes no pointers; prctl is not on the list of calls.
            unsafe { libc::prctl(libc::PR_GET_DUMPABLE, 0, 0, 0, 0) };
        }
        "unshare" => {
            // SAFETY: unshare takes flags only.
            unsafe { libc::unshare(libc::CLONE_NEWUSER) };
        }
        "connect" => drop(std::net::TcpStream::connect("127.0.0.1:9")),
        "remove" => drop(std::fs::remove_file("/tmp/sekisho-cage-must-not-exist")),
        "list" => drop(std::fs::read_dir("/")),
        "kill" => {
            // SAFETY: signal 0 to the parent only asks whether it exists.
            unsafe { libc::kill(libc::getppid(), 0) };
        }
        _ => {}
    }
}

#[allow(clippy::disallowed_methods, reason = "how the parent tells its child what to try")]
/// Not a test of its own: does its work only when started by the tests below.
#[test]
fn child() {
    let Some(name) = std::env::var_os(MARK).and_then(|name| name.into_string().ok()) else { return };
    lock_down(Allowance { memory_bytes: 1 << 30, cpu_seconds: 10 }, false).expect("sandbox");
    let mut input = [0; 4];
    std::io::stdin().read_exact(&mut input).expect("reading stays possible");
    attempt(&name);
    let mut out = std::io::stdout();
    out.write_all(b"SURVIVED").and_then(|()| out.flush()).expect("writing stays possible");
    // SAFETY: leaves at once; the harness around this function would need more calls than are left.
    unsafe { libc::_exit(0) };
}

fn run(name: &str) -> std::process::Output {
    let mut child = Command::new("/proc/self/exe")
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(MARK, name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("piped").write_all(b"file").expect("written");
    child.wait_with_output().expect("ends")
}

#[test]
fn every_forbidden_thing_kills() {
    for name in [
        "open",
        "create",
        "remove",
        "list",
        "socket",
        "connect",
        "fork",
        "thread",
        "exec",
        "prot-exec",
        "ptrace",
        "kill",
        "dump",
        "unshare",
    ] {
        let output = run(name);
        assert_eq!(output.status.signal(), Some(libc::SIGSYS), "{name}: {:?}", output.status);
        assert!(!output.stdout.ends_with(b"SURVIVED"), "{name}");
    }
}

#[test]
fn other_descriptors_and_memory_beyond_the_limit_are_not_there() {
    for name in ["read-other", "memory"] {
        let output = run(name);
        assert!(
            output.status.success() && output.stdout.ends_with(b"SURVIVED"),
            "{name}: {:?}",
            output.status
        );
    }
}

/// A kernel without Landlock, played by a filter that answers its three calls with ENOSYS.
fn without_landlock() {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
    let arch = if cfg!(target_arch = "x86_64") { TargetArch::x86_64 } else { TargetArch::aarch64 };
    let calls =
        [libc::SYS_landlock_create_ruleset, libc::SYS_landlock_add_rule, libc::SYS_landlock_restrict_self];
    let rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let missing = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let program: BpfProgram = SeccompFilter::new(rules, SeccompAction::Allow, missing, arch)
        .and_then(TryInto::try_into)
        .expect("filter");
    // SAFETY: PR_SET_NO_NEW_PRIVS takes integers; without it the filter may not be loaded.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    seccompiler::apply_filter(&program).expect("loaded");
}

#[allow(clippy::disallowed_methods, reason = "how the parent tells its child what to try")]
/// Not a test of its own either.
#[test]
fn weak_child() {
    let Some(mode) = std::env::var_os("SEKISHO_CAGE_WEAK") else { return };
    without_landlock();
    let allowance = Allowance { memory_bytes: 1 << 30, cpu_seconds: 10 };
    let said: &[u8] = match lock_down(allowance, mode == "allow") {
        Ok(walls) if !walls.strong() => b"WEAK",
        Ok(_) => b"STRONG",
        Err(_) => b"REFUSED",
    };
    let mut out = std::io::stdout();
    out.write_all(said).and_then(|()| out.flush()).expect("writing stays possible");
    // SAFETY: leaves at once.
    unsafe { libc::_exit(0) };
}

#[test]
fn a_kernel_without_landlock_is_refused_unless_a_weak_sandbox_is_allowed() {
    for (mode, said) in [("refuse", "REFUSED"), ("allow", "WEAK")] {
        let output = Command::new("/proc/self/exe")
            .args(["weak_child", "--exact", "--nocapture", "--test-threads=1"])
            .env("SEKISHO_CAGE_WEAK", mode)
            .output()
            .expect("ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.ends_with(said), "{mode}: {text} {:?}", output.status);
    }
}

#[test]
fn reading_computing_and_writing_stay_possible() {
    let output = run("nothing");
    assert!(output.status.success(), "{:?}", output.status);
    assert!(output.stdout.ends_with(b"SURVIVED"));
}
