//! Inclusion and consistency proofs (RFC 6962 §2.1.1–2.1.2; verification as in RFC 9162 §2.1.3–2.1.4).

use crate::checkpoint::{SignedCheckpoint, parse_decimal};
use crate::error::{Error, Result};
use crate::key::VerifierKey;
use crate::limits::MAX_PROOF_HASHES;
use crate::merkle::{Hash, empty_root, leaf_hash, node_hash};
use std::fmt;

/// Access to the roots of perfect subtrees: `node(level, index)` covers the leaves
/// `index·2^level .. (index+1)·2^level`.
pub trait Nodes {
    fn node(&self, level: u32, index: u64) -> Result<Hash>;
}

/// The root over leaves `begin..end`; `begin` must be aligned as RFC 6962 splits are. `begin < end`.
pub(crate) fn range_root(nodes: &(impl Nodes + ?Sized), mut begin: u64, end: u64) -> Result<Hash> {
    let mut parts = Vec::new();
    while begin < end {
        let level = (end - begin).ilog2();
        parts.push(nodes.node(level, begin >> level)?);
        begin += 1 << level;
    }
    let joined = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    joined.ok_or(Error::OutOfRange { index: begin, size: end })
}

/// That a leaf is at `index` of the tree of `size` leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    pub index: u64,
    pub size: u64,
    /// From the leaf's sibling up to the root's child; at most 63.
    pub hashes: Vec<Hash>,
}

impl InclusionProof {
    pub(crate) fn build(nodes: &impl Nodes, index: u64, size: u64) -> Result<InclusionProof> {
        let (mut begin, mut end) = (0, size);
        let mut hashes = Vec::new();
        while end - begin > 1 {
            let middle = begin + largest_power_below(end - begin);
            if index < middle {
                hashes.push(range_root(nodes, middle, end)?);
                end = middle;
            } else {
                hashes.push(range_root(nodes, begin, middle)?);
                begin = middle;
            }
        }
        hashes.reverse();
        Ok(InclusionProof { index, size, hashes })
    }

    /// # Errors
    /// [`Error::ProofFails`] unless the leaf is where the proof says under `root`.
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<()> {
        if self.index >= self.size {
            return Err(Error::ProofFails);
        }
        let (mut node, mut last) = (self.index, self.size - 1);
        let mut hash = *leaf;
        for sibling in &self.hashes {
            if last == 0 {
                return Err(Error::ProofFails);
            }
            if node & 1 == 1 || node == last {
                hash = node_hash(sibling, &hash);
                climb_while_left(&mut node, &mut last);
            } else {
                hash = node_hash(&hash, sibling);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        if last == 0 && hash == *root { Ok(()) } else { Err(Error::ProofFails) }
    }
}

/// That the tree of `new_size` leaves begins with the tree of `old_size` leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    pub old_size: u64,
    pub new_size: u64,
    /// As RFC 6962 §2.1.2 orders them; at most 63.
    pub hashes: Vec<Hash>,
}

impl ConsistencyProof {
    pub(crate) fn build(nodes: &impl Nodes, old_size: u64, new_size: u64) -> Result<ConsistencyProof> {
        let mut hashes = Vec::new();
        if 0 < old_size && old_size < new_size {
            let (mut begin, mut end) = (0, new_size);
            // Narrow down to the subtree that ends where the old tree ended.
            while old_size < end {
                let middle = begin + largest_power_below(end - begin);
                if old_size <= middle {
                    hashes.push(range_root(nodes, middle, end)?);
                    end = middle;
                } else {
                    hashes.push(range_root(nodes, begin, middle)?);
                    begin = middle;
                }
            }
            if begin > 0 {
                hashes.push(range_root(nodes, begin, end)?);
            }
            hashes.reverse();
        }
        Ok(ConsistencyProof { old_size, new_size, hashes })
    }

    /// # Errors
    /// [`Error::ProofFails`] unless the tree under `new_root` begins with the tree under `old_root`.
    pub fn verify(&self, old_root: &Hash, new_root: &Hash) -> Result<()> {
        let holds = match (self.old_size, self.new_size) {
            (old, new) if old > new => false,
            (0, _) => self.hashes.is_empty() && *old_root == empty_root(),
            (old, new) if old == new => self.hashes.is_empty() && old_root == new_root,
            _ => self.leads_to(old_root, new_root),
        };
        if holds { Ok(()) } else { Err(Error::ProofFails) }
    }

    fn leads_to(&self, old_root: &Hash, new_root: &Hash) -> bool {
        let (mut node, mut last) = (self.old_size - 1, self.new_size - 1);
        while node & 1 == 1 {
            (node, last) = (node >> 1, last >> 1);
        }
        // When the old tree is perfect its root is the first hash and is left out of the proof.
        let mut rest = self.hashes.iter();
        let first = if self.old_size.is_power_of_two() { Some(old_root) } else { rest.next() };
        let Some(first) = first else { return false };
        let (mut old, mut new) = (*first, *first);
        for hash in rest {
            if last == 0 {
                return false;
            }
            if node & 1 == 1 || node == last {
                (old, new) = (node_hash(hash, &old), node_hash(hash, &new));
                climb_while_left(&mut node, &mut last);
            } else {
                new = node_hash(&new, hash);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        last == 0 && old == *old_root && new == *new_root
    }
}

fn largest_power_below(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// On the right edge a node may have no sibling for some levels: skip them (RFC 9162 §2.1.3.2, step 4.b.ii).
fn climb_while_left(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        (*node, *last) = (*node >> 1, *last >> 1);
    }
}

/// First line of a proof in text form (C2SP tlog-proof).
const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";

/// An inclusion proof with its checkpoint, in the text form of C2SP `tlog-proof`: can be attached to a report
/// and verified years later with nothing but the entry and the log's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofText {
    pub index: u64,
    pub hashes: Vec<Hash>,
    pub checkpoint: SignedCheckpoint,
}

impl ProofText {
    pub fn new(proof: InclusionProof, checkpoint: SignedCheckpoint) -> ProofText {
        ProofText { index: proof.index, hashes: proof.hashes, checkpoint }
    }

    /// Reads the text. An `extra` line is passed over: it is not authenticated.
    pub fn parse(text: &str) -> Result<ProofText> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(Error::BadProof("no blank line"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(PROOF_HEADER) {
            return Err(Error::BadProof("first line is not the format's name"));
        }
        lines.next_if(|line| line.starts_with("extra "));
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(parse_decimal);
        let index = index.ok_or(Error::BadProof("no index"))?;
        let hashes = parse_hash_lines(lines)?;
        let checkpoint = SignedCheckpoint::parse(checkpoint.as_bytes())?;
        Ok(ProofText { index, hashes, checkpoint })
    }

    /// Checks signature and proof for the exact bytes of an entry.
    ///
    /// # Errors
    /// [`Error::UnknownSigner`], [`Error::BadSignature`], [`Error::ProofFails`].
    pub fn verify(&self, entry: &[u8], known: &[VerifierKey]) -> Result<()> {
        self.checkpoint.verify(known)?;
        let head = &self.checkpoint.checkpoint;
        let proof = InclusionProof { index: self.index, size: head.size, hashes: self.hashes.clone() };
        proof.verify(&leaf_hash(entry), &head.root)
    }
}

impl fmt::Display for ProofText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{PROOF_HEADER}\nindex {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Lines of one base64 hash each, as proofs and witness requests carry them.
pub(crate) fn parse_hash_lines<'t>(lines: impl Iterator<Item = &'t str>) -> Result<Vec<Hash>> {
    let hashes: Option<Vec<Hash>> = lines.take(MAX_PROOF_HASHES + 1).map(Hash::from_base64).collect();
    match hashes {
        Some(hashes) if hashes.len() <= MAX_PROOF_HASHES => Ok(hashes),
        Some(_) => Err(Error::BadProof("too many hashes")),
        None => Err(Error::BadProof("a hash is not base64 of 32 bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::root_of;
    use proptest::prelude::*;

    impl Nodes for Vec<Hash> {
        fn node(&self, level: u32, index: u64) -> Result<Hash> {
            let (begin, end) = ((index << level) as usize, ((index + 1) << level) as usize);
            Ok(root_of(&self[begin..end]))
        }
    }

    fn leaves(size: u64) -> Vec<Hash> {
        (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_proof_of_every_small_tree_verifies_and_no_other_root_does() {
        let all = leaves(40);
        for size in 1..=40_u64 {
            let tree = all[..size as usize].to_vec();
            let root = root_of(&tree);
            for index in 0..size {
                let proof = InclusionProof::build(&tree, index, size).unwrap();
                proof.verify(&tree[index as usize], &root).unwrap();
                assert!(proof.verify(&tree[index as usize], &all[0]).is_err() || size == 1);
                let moved = InclusionProof { index: (index + 1) % size, ..proof };
                assert!(moved.verify(&tree[index as usize], &root).is_err() || size == 1);
            }
            for old in 0..=size {
                let proof = ConsistencyProof::build(&tree, old, size).unwrap();
                let old_root = root_of(&tree[..old as usize]);
                proof.verify(&old_root, &root).unwrap();
                assert!(proof.verify(&all[39], &root).is_err());
                if old > 0 {
                    assert!(proof.verify(&old_root, &all[39]).is_err());
                }
            }
        }
    }

    #[test]
    fn a_proof_in_a_million_leaves_is_640_bytes() {
        struct Anything;
        impl Nodes for Anything {
            fn node(&self, level: u32, index: u64) -> Result<Hash> {
                Ok(leaf_hash(&[level.to_be_bytes().as_slice(), &index.to_be_bytes()].concat()))
            }
        }
        let longest = (0..1_000_000)
            .step_by(997)
            .chain([999_999])
            .map(|i| InclusionProof::build(&Anything, i, 1_000_000).unwrap().hashes.len() * 32);
        assert_eq!(longest.max(), Some(640));
    }

    proptest! {
        #[test]
        fn a_damaged_proof_fails(size in 2_u64..600, at in any::<prop::sample::Index>(), bit in 0_usize..256, what in 0..3_usize) {
            let tree = leaves(size);
            let root = root_of(&tree);
            let index = at.index(size as usize);
            let mut inclusion = InclusionProof::build(&tree, index as u64, size).unwrap();
            inclusion.verify(&tree[index], &root).unwrap();
            damage(&mut inclusion.hashes, at, bit, what);
            prop_assert!(inclusion.verify(&tree[index], &root).is_err());

            let old = 1 + at.index(size as usize - 1);
            let mut consistency = ConsistencyProof::build(&tree, old as u64, size).unwrap();
            consistency.verify(&root_of(&tree[..old]), &root).unwrap();
            damage(&mut consistency.hashes, at, bit, what);
            prop_assert!(consistency.verify(&root_of(&tree[..old]), &root).is_err());
        }
    }

    fn damage(hashes: &mut Vec<Hash>, at: prop::sample::Index, bit: usize, what: usize) {
        let place = at.index(hashes.len());
        match what {
            0 => hashes[place].0[bit / 8] ^= 1 << (bit % 8),
            1 => drop(hashes.remove(place)),
            _ => hashes.insert(place, Hash([7; 32])),
        }
    }
}
