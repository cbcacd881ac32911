//! Figures of the ledger: durable appending, proofs and full verification at a million entries.
//! `cargo bench -p sekisho-ledger` prints one line each; docs/performance.md keeps them.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures time, prints figures and may fail loudly"
)]

use sekisho_ledger::*;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const MILLION: u64 = 1_000_000;
const ORIGIN: &str = "bench.example/log";
/// Entries of one publication: the store publishes at the latest after so many.
const GROUP: u64 = 256;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, command, dir, subjects, rows] = &arguments[..]
        && command == "verify"
    {
        return verify(Path::new(dir), subjects.parse().unwrap(), rows == "rows");
    }
    // Beside the build, so that it is a real disk and not memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    disk_rates(dir.path());
    appender(&dir.path().join("appender"));
    let million = dir.path().join("million");
    // Five versions of each subject; then as many subjects as entries: rows are compared in two passes.
    for subjects in [MILLION / 5, MILLION] {
        build(&million, subjects);
        proofs(&million);
        verification(&million, subjects);
        fs::remove_dir_all(&million).unwrap();
        fs::remove_dir_all(million.with_extension("signer")).unwrap();
    }
}

fn say(what: &str, figure: &str) {
    println!("{what:<64} {figure}");
}

/// What the disk itself can do: the yardstick for everything durable below.
fn disk_rates(dir: &Path) {
    const ROUNDS: u32 = 500;
    let mut file = File::create(dir.join("fsync")).unwrap();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
    }
    say("disk: append 4 KiB + fdatasync", &per_second(ROUNDS.into(), start.elapsed()));
}

fn commitment(index: u64) -> Commitment {
    Commitment::to_bytes(&[3; 32], &index.to_be_bytes())
}

fn subject(index: u64, subjects: u64) -> Subject {
    Subject {
        id: format!("01890a5d-ac96-774b-bcce-{:012x}", index % subjects),
        noun: "asset".into(),
        version: (index / subjects + 1) as i64,
    }
}

fn entry(index: u64, subjects: u64) -> Vec<u8> {
    Entry {
        action: "asset.update".into(),
        actor: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
        at_ms: 1_790_000_000_000 + index as i64,
        batch_id: None,
        payload_commit: commitment(index),
        refs: vec![],
        seat: "seat:01890a5d-ac96".into(),
        subject: subject(index, subjects),
        v: ENTRY_FORMAT,
    }
    .to_bytes()
    .unwrap()
}

fn log_in(dir: &Path) -> Log {
    let key = SigningKey::generate(ORIGIN, KeyKind::Log, &[5; 32]).unwrap();
    let state = Box::new(DirStorage::open(dir.with_extension("signer")).unwrap());
    let signer = Signer::create(key, state).unwrap();
    Log::open(Box::new(DirStorage::open(dir).unwrap()), signer).unwrap()
}

/// Groups of 256 entries, each made durable, signed and published before the next begins.
fn appender(dir: &Path) {
    let mut log = log_in(dir);
    let groups: Vec<Vec<Vec<u8>>> =
        (0..80).map(|g| (0..GROUP).map(|i| entry(g * GROUP + i + 1, MILLION)).collect()).collect();
    // Not aligned to tiles: partial tiles are what costs.
    log.append(&[entry(0, 1)]).unwrap();
    let mut times = Vec::new();
    let start = Instant::now();
    for group in &groups {
        let begin = Instant::now();
        log.append(group).unwrap();
        log.publish().unwrap();
        times.push(begin.elapsed());
    }
    let count = groups.len() as u64 * GROUP;
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    say("(a) appender, groups of 256, durable and published", &per_second(count, start.elapsed()));
    say("    one publication, p99", &format!("{p99:.1?}"));
    let begin = Instant::now();
    let all: Vec<_> = (0..20_000).map(|i| entry(i, MILLION)).collect();
    let made = begin.elapsed();
    log.append(&all).unwrap();
    log.publish().unwrap();
    say("    20,000 entries at once, integrated and published", &format!("{:.1?}", begin.elapsed() - made));
}

fn build(dir: &Path, subjects: u64) {
    let mut log = log_in(dir);
    let start = Instant::now();
    for first in (0..MILLION).step_by(10_000) {
        log.append(&(first..first + 10_000).map(|i| entry(i, subjects)).collect::<Vec<_>>()).unwrap();
    }
    log.publish().unwrap();
    say("    building 1,000,000 entries", &format!("{:.1?}", start.elapsed()));
}

fn proofs(dir: &Path) {
    let storage = DirStorage::open(dir).unwrap();
    let tiles = Tiles::new(&storage, MILLION);
    let root = tiles.root().unwrap();
    let (mut times, mut largest) = (Vec::new(), 0);
    for i in 0..5_000_u64 {
        let index = i * 611_953 % MILLION;
        let start = Instant::now();
        let proof = tiles.inclusion(index).unwrap();
        times.push(start.elapsed());
        proof.verify(&tiles.leaf(index).unwrap(), &root).unwrap();
        largest = largest.max(proof.hashes.len() * 32);
    }
    times.sort();
    say(
        "inclusion proof in 1,000,000, random index, warm: median",
        &format!("{:.1?}", times[times.len() / 2]),
    );
    say("    p99", &format!("{:.1?}", times[times.len() * 99 / 100]));
    say("    largest", &format!("{largest} B"));
}

/// Rows made on the fly: the state each subject has after a million entries.
struct Rows(u64);

impl RowSource for Rows {
    fn covers(&self, _: &str) -> bool {
        true
    }

    fn rows(&mut self) -> Result<RowIter<'_>> {
        let subjects = self.0;
        Ok(Box::new((MILLION - subjects..MILLION).map(move |index| {
            let Subject { noun, id, version } = subject(index, subjects);
            Ok(CurrentRow { noun, id, version, commitment: Some(commitment(index)) })
        })))
    }
}

/// Each in a process of its own, so that the peak is that of verifying alone.
fn verification(dir: &Path, subjects: u64) {
    for rows in ["no-rows", "rows"] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.arg("verify").arg(dir).arg(subjects.to_string()).arg(rows);
        assert!(command.status().unwrap().success());
    }
}

fn verify(dir: &Path, subjects: u64, with_rows: bool) {
    let storage = DirStorage::open(dir).unwrap();
    let checkpoint = storage.read(CHECKPOINT).unwrap().unwrap();
    let key = SigningKey::generate(ORIGIN, KeyKind::Log, &[5; 32]).unwrap();
    let policy = Policy::without_witnesses(vec![key.public().clone()]);
    let mut rows = Rows(subjects);
    let mut entries = BundleEntries::new(&storage, MILLION);
    let verification = Verification {
        policy: &policy,
        checkpoint: &checkpoint,
        entries: &mut entries,
        tiles: Some(&storage),
        kept: &[],
        rows: with_rows.then_some(&mut rows as &mut dyn RowSource),
    };
    let start = Instant::now();
    let report = verification.run().unwrap();
    assert!(report.is_intact() && report.size == MILLION && report.warnings.is_empty(), "{report:?}");
    let what = match with_rows {
        false => "verification of 1,000,000 entries and all tiles".to_owned(),
        true => format!("    and of {subjects} rows"),
    };
    let (wall, cpu, peak) = (start.elapsed(), cpu_time(), peak_kib() / 1024);
    say(&what, &format!("{wall:.1?} wall, {cpu:.1?} CPU, peak {peak} MiB"));
}

fn per_second(count: u64, time: Duration) -> String {
    format!("{:.0}/s", count as f64 / time.as_secs_f64())
}

fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// User and system time of this process, at 100 ticks a second (proc(5), stat fields 14 and 15).
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}
