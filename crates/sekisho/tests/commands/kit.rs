//! Runs the program and reads what it says.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn ok(self) -> Said {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }
}

pub(crate) fn sekisho(args: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho")).args(args).output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Whether this run is on PostgreSQL: every installation then has a database of its own there.
#[allow(clippy::disallowed_methods, reason = "the one switch of the test run")]
pub(crate) fn on_postgres() -> bool {
    std::env::var("SEKISHO_TEST_DB").is_ok_and(|db| db == "postgres")
}

/// Says, past the test harness, that a test did not run.
pub(crate) fn not_run(what: &str, why: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().write_all(format!("NOT RUN: {what}: {why}\n").as_bytes());
}

/// An empty database; the server is the one that PGHOST, PGPORT and PGUSER name.
pub(crate) fn database() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let name = format!("commands_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let made = Command::new("createdb").args(["--template=template0", "--locale=C", &name]).status();
    assert!(made.unwrap().success(), "createdb {name}");
    format!("postgres:///{name}")
}

/// What to add to a command that puts a copy into a new place.
pub(crate) fn into_database() -> Vec<String> {
    if on_postgres() { vec!["--database".to_owned(), database()] } else { Vec::new() }
}

/// The address of the database that a data directory names.
pub(crate) fn database_of(data: &Path) -> String {
    let text = std::fs::read_to_string(data.join("sekisho.toml")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("database = ")).unwrap();
    line.trim_matches('"').to_owned()
}

/// A place for one installation and what belongs to it.
#[derive(Debug)]
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

/// A running portal; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// `127.0.0.1:PORT` of every door, in the order in which they are printed.
    pub(crate) doors: Vec<String>,
    /// What was printed up to the last door.
    pub(crate) said: String,
}

impl Server {
    /// Starts an empty city (or goes on with what is there) and waits until it says where it listens.
    pub(crate) fn start(data: &Path, more: &[&str]) -> Server {
        let fresh = !data.join("sekisho.toml").exists();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["serve", "--listen", "127.0.0.1:0", "--city", "さくら坂市", "--data"])
            .arg(data)
            .args(more)
            .args(if fresh { into_database() } else { Vec::new() })
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut server = Server { child, lines, doors: vec![], said: String::new() };
        let doors = if more.contains(&"--admin-listen") { 2 } else { 1 };
        while server.doors.len() < doors {
            let line = server.line();
            if let Some((_, address)) = line.split_once("://") {
                server.doors.push(address.trim_end_matches('/').to_owned());
            }
        }
        server
    }

    /// The next line it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap();
        assert!(read > 0, "the server ended: {}", self.said);
        self.said += &line;
        line.trim_end().to_owned()
    }

    /// GET over plain HTTP: head and body of the answer.
    pub(crate) fn get(&self, door: usize, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.doors[door]).unwrap();
        exchange(&mut stream, &self.doors[door], path)
    }

    /// Asks it to end, as systemd does, and waits.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request over any kind of stream.
pub(crate) fn exchange(stream: &mut (impl std::io::Read + std::io::Write), host: &str, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // Some servers end a TLS stream without saying so; what was read is what counts.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
