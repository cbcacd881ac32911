//! Long: the same trees in PyPI `pymerkle` 7, another language and another author. Runs with `SEKISHO_LONG=1`
//! and `SEKISHO_PYTHON` naming an interpreter that has pymerkle (default `python3`).
#![allow(clippy::unwrap_used, reason = "a test")]

use sekisho_ledger::{Edge, MemoryStorage, Storage as _, Tiles, encode_hashes, leaf_hash};
use std::io::Write as _;
use std::process::Command;

/// Prints for each size the root, and for one index the siblings of the inclusion proof.
const SCRIPT: &str = r"
from pymerkle import InmemoryTree
tree = InmemoryTree(algorithm='sha256')
for size in range(0, 2001):
    if size:
        tree.append_entry(b'leaf %d' % (size - 1))
        index = size * 7919 % size if size % 2 else size * 31 // 37
        path = tree.prove_inclusion(index + 1, size).serialize()['path'][1:]
        print(size, tree.get_root(size).hex(), index, *path)
";

#[test]
fn trees_of_1_to_2000_leaves_agree_with_pymerkle() {
    if std::env::var_os("SEKISHO_LONG").is_none() {
        std::io::stderr().write_all(b"NOT RUN: comparison with pymerkle needs SEKISHO_LONG=1\n").unwrap();
        return;
    }
    let python = std::env::var_os("SEKISHO_PYTHON").unwrap_or_else(|| "python3".into());
    let out = Command::new(python).args(["-c", SCRIPT]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let storage = MemoryStorage::new();
    let mut edge = Edge::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let (size, index): (u64, u64) = (words[0].parse().unwrap(), words[2].parse().unwrap());
        edge.push(leaf_hash(format!("leaf {}", size - 1).as_bytes()), |tile, hashes| {
            storage.files().insert(tile.to_string(), encode_hashes(hashes));
        });
        assert_eq!(edge.root().to_hex(), words[1], "root of {size}");
        let partials = edge.partials().map(|(tile, hashes)| (tile.to_string(), encode_hashes(hashes)));
        storage.write(&partials.collect::<Vec<_>>()).unwrap();
        let proof = Tiles::new(&storage, size).inclusion(index).unwrap();
        assert_eq!(
            proof.hashes.iter().map(|h| h.to_hex()).collect::<Vec<_>>(),
            words[3..],
            "{index} of {size}"
        );
    }
    assert_eq!(edge.size(), 2000);
}
