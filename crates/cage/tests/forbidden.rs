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
    for name in ["open", "create", "socket", "fork", "thread", "exec", "prot-exec", "ptrace", "kill"] {
        let output = run(name);
        assert_eq!(output.status.signal(), Some(libc::SIGSYS), "{name}: {:?}", output.status);
        assert!(!output.stdout.ends_with(b"SURVIVED"), "{name}");
    }
}

#[test]
fn reading_computing_and_writing_stay_possible() {
    let output = run("nothing");
    assert!(output.status.success(), "{:?}", output.status);
    assert!(output.stdout.ends_with(b"SURVIVED"));
}
