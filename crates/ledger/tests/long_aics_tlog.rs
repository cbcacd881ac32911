//! Long: a log on disk, verified from its files by PyPI `aics-tlog` 0.2 (Python ≥ 3.12), which nobody here wrote:
//! signatures, cosignatures, tiles, entries, inclusion and consistency. Runs with `SEKISHO_LONG=1` and
//! `SEKISHO_AICS_TLOG` naming the interpreter of an environment that has the package.
#![allow(clippy::unwrap_used, reason = "a test")]

use sekisho_ledger::*;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

const ORIGIN: &str = "city.example/log";
const SIZES: [u64; 6] = [1, 255, 256, 257, 1_000, 70_000];

/// Recomputes the whole tree from entries and tiles.
const AUDIT: &str = r"
import base64, sys
from aics_tlog.tiles import FileSystemTileReader
from aics_tlog.verified import audit_tiles
report = audit_tiles(FileSystemTileReader(sys.argv[1]), int(sys.argv[2]), base64.b64decode(sys.argv[3]), entries=True)
print(report)
";

fn run(python: &OsString, arguments: &[&str]) -> (bool, String) {
    let out = Command::new(python).args(arguments).output().unwrap();
    (out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
}

#[test]
fn a_foreign_verifier_accepts_our_files_and_refuses_damaged_ones() {
    let python = std::env::var_os("SEKISHO_LONG").and_then(|_| std::env::var_os("SEKISHO_AICS_TLOG"));
    let Some(python) = python else {
        let notice = b"NOT RUN: verification by aics-tlog needs SEKISHO_LONG=1 and SEKISHO_AICS_TLOG\n";
        return std::io::stderr().write_all(notice).unwrap();
    };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let key = SigningKey::generate(ORIGIN, KeyKind::Log, &[5; 32]).unwrap();
    let (vkey, tiles) = (key.public().to_string(), path("log"));
    let witness_key = SigningKey::generate("witness.example/w", KeyKind::Witness, &[6; 32]).unwrap();
    let witness_vkey = witness_key.public().to_string();
    let storage = || Box::new(DirStorage::open(&tiles).unwrap());
    let signer = Signer::create(key.clone(), Box::new(DirStorage::open(path("signer")).unwrap())).unwrap();
    let mut log = Log::open(storage(), signer).unwrap();
    let witness = Witness::new(witness_key, log.public_keys(), Box::new(MemoryStorage::new())).unwrap();
    let mut old = 0;
    for (number, size) in SIZES.into_iter().enumerate() {
        let leaf = |i: u64| format!("entry {i}").into_bytes();
        log.append(&(log.size()..size).map(leaf).collect::<Vec<_>>()).unwrap();
        let head = log.publish().unwrap().clone();
        let request = WitnessRequest::new(&log.tiles(), old, head.clone()).unwrap();
        let line = witness.answer(request.to_string().as_bytes(), 1_790_000_000 + size).unwrap();
        let cosigned = request.accept(&format!("{line}\n"), &[witness.public().clone()]).unwrap();
        log.keep_cosigned(cosigned).unwrap();
        std::fs::copy(Path::new(&tiles).join(CHECKPOINT), path(&format!("checkpoint.{number}"))).unwrap();

        let common = ["--log-key", &vkey, "--tiles", &tiles];
        let cli = |arguments: &[&str]| run(&python, &[&["-m", "aics_tlog"], arguments, &common].concat());
        let accept = |(ok, text): (bool, String), what: &str| assert!(ok, "{what} at {size}: {text}");
        accept(cli(&["verify-checkpoint", "--witness-key", &witness_vkey, "--quorum", "1"]), "checkpoint");
        for index in [0, size / 2, size - 1] {
            std::fs::write(path("leaf"), leaf(index)).unwrap();
            let arguments = ["verify-inclusion", "--index", &index.to_string(), "--leaf", &path("leaf")];
            accept(cli(&arguments), "inclusion");
        }
        if number > 0 {
            let before = path(&format!("checkpoint.{}", number - 1));
            accept(cli(&["verify-consistency", "--old-checkpoint", &before]), "consistency");
        }
        let root = head.checkpoint.root.to_base64();
        accept(run(&python, &["-c", AUDIT, &tiles, &size.to_string(), &root]), "audit");
        old = size;
    }
    let tile = Path::new(&tiles).join("tile/1/000");
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&tile, bytes).unwrap();
    let arguments =
        ["-m", "aics_tlog", "verify-inclusion", "--index", "300", "--log-key", &vkey, "--tiles", &tiles];
    assert!(!run(&python, &arguments).0, "a damaged tile passed");
}
