//! The same trees in `ct-merkle`, which shares no code with this crate: roots and proofs byte for byte.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sekisho_ledger::*;
use sha2::Sha256;

/// Repeatable numbers (Knuth's MMIX generator, upper half).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn trees_of_0_to_2000_leaves_agree_with_ct_merkle() {
    let mut state = 20_261_123;
    let storage = MemoryStorage::new();
    let (mut edge, mut oracle) = (Edge::default(), MemoryBackedTree::<Sha256, Vec<u8>>::new());
    for size in 0..=2000_u64 {
        assert_eq!(edge.root().0[..], oracle.root().as_bytes()[..], "root of {size}");
        if size > 0 && (size < 70 || random(&mut state).is_multiple_of(8)) {
            let partials = edge.partials().map(|(tile, hashes)| (tile.to_string(), encode_hashes(hashes)));
            storage.write(&partials.collect::<Vec<_>>()).unwrap();
            let tiles = Tiles::new(&storage, size);
            for _ in 0..4 {
                let index = random(&mut state) % size;
                let theirs = oracle.prove_inclusion(index as usize);
                assert_eq!(
                    bytes(&tiles.inclusion(index).unwrap().hashes),
                    theirs.as_bytes(),
                    "{index} of {size}"
                );
                let old = 1 + random(&mut state) % size;
                let theirs = oracle.prove_consistency((size - old) as usize);
                assert_eq!(
                    bytes(&tiles.consistency(old).unwrap().hashes),
                    theirs.as_bytes(),
                    "{old} to {size}"
                );
            }
        }
        let leaf: Vec<u8> = (0..random(&mut state) % 50).map(|_| random(&mut state) as u8).collect();
        edge.push(leaf_hash(&leaf), |tile, hashes| {
            storage.files().insert(tile.to_string(), encode_hashes(hashes));
        });
        oracle.push(leaf);
    }
}
