//! Shared interval decision diagrams: canonical sets of packets.
//!
//! A node tests one dimension and partitions it into intervals, each with a child. Nodes are hash-consed, equal
//! neighbours merged and pointless tests dropped, so two sets are equal exactly when their handles are.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use thiserror::Error;

use super::{Cube, Field, Packet, Ranges};

/// A set of packets; meaningful only with the [`Space`] that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Set(u32);

impl Set {
    /// No packet.
    pub const EMPTY: Self = Self(0);
    /// Every packet.
    pub const FULL: Self = Self(1);

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The diagram grew past the node limit: the question must be answered UNKNOWN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the packet sets grew past {limit_nodes} diagram nodes")]
pub struct SpaceLimit {
    /// Limit that was hit, in nodes.
    pub limit_nodes: usize,
}

type Edges = Arc<[(u128, u32)]>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    level: u8,
    /// (greatest value, child), ascending, covering the whole dimension.
    edges: Edges,
}

/// Multiply-and-rotate hasher: the keys are small integers we made ourselves, so speed beats flooding resistance.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FastHasher(u64);

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        // The multiplication leaves its best bits at the top; the tables look at the bottom ones.
        self.0.rotate_left(26)
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, v: u8) {
        self.write_u64(u64::from(v));
    }
    fn write_u32(&mut self, v: u32) {
        self.write_u64(u64::from(v));
    }
    fn write_u64(&mut self, v: u64) {
        self.0 = (self.0.rotate_left(5) ^ v).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    fn write_u128(&mut self, v: u128) {
        self.write_u64(v as u64);
        self.write_u64((v >> 64) as u64);
    }
    fn write_usize(&mut self, v: usize) {
        self.write_u64(v as u64);
    }
}

pub(crate) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<FastHasher>>;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Op {
    And,
    Or,
    Minus,
}

/// Owner of diagram nodes. Grows only; make a new one per verification.
#[derive(Debug)]
pub struct Space {
    nodes: Vec<Node>,
    unique: FastMap<Node, u32>,
    memo: FastMap<(Op, u32, u32), u32>,
    limit_nodes: usize,
}

/// Level of the two terminals, below every field.
const BOTTOM: u8 = Field::COUNT as u8;

impl Space {
    /// Default node limit: at about 100 bytes a node it keeps a run below 1 GB.
    pub const LIMIT_NODES: usize = 4_000_000;

    /// An empty space that refuses to grow past `limit_nodes`.
    #[must_use]
    pub fn new(limit_nodes: usize) -> Self {
        let terminal = Node { level: BOTTOM, edges: Arc::from(Vec::new()) };
        Self {
            nodes: vec![terminal.clone(), terminal],
            unique: FastMap::default(),
            memo: FastMap::default(),
            limit_nodes,
        }
    }

    /// Nodes in use.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether only the terminals exist.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 2
    }

    pub(crate) fn level(&self, set: Set) -> usize {
        usize::from(self.nodes[set.0 as usize].level)
    }

    /// Edges of `set` at `level`: its own, or one full edge when it does not test that level.
    pub(crate) fn edges_at(&self, set: Set, level: usize) -> Vec<(u128, Set)> {
        let node = &self.nodes[set.0 as usize];
        if usize::from(node.level) == level {
            node.edges.iter().map(|&(hi, c)| (hi, Set(c))).collect()
        } else {
            vec![(Field::ALL[level].max(), set)]
        }
    }

    /// The node with these edges (ascending, covering the dimension); merges equal neighbours.
    pub(crate) fn make(&mut self, level: usize, edges: Vec<(u128, Set)>) -> Result<Set, SpaceLimit> {
        let mut merged: Vec<(u128, u32)> = Vec::with_capacity(edges.len());
        for (hi, child) in edges {
            match merged.last_mut() {
                Some(last) if last.1 == child.0 => last.0 = hi,
                _ => merged.push((hi, child.0)),
            }
        }
        if let [(_, only)] = merged[..] {
            return Ok(Set(only));
        }
        let node = Node { level: level as u8, edges: Arc::from(merged) };
        if let Some(&id) = self.unique.get(&node) {
            return Ok(Set(id));
        }
        if self.nodes.len() >= self.limit_nodes {
            return Err(SpaceLimit { limit_nodes: self.limit_nodes });
        }
        let id = self.nodes.len() as u32;
        self.nodes.push(node.clone());
        self.unique.insert(node, id);
        Ok(Set(id))
    }

    fn apply(&mut self, op: Op, a: Set, b: Set) -> Result<Set, SpaceLimit> {
        let (a, b) = if op != Op::Minus && a > b { (b, a) } else { (a, b) };
        match op {
            Op::And if a.is_empty() || b.is_empty() => return Ok(Set::EMPTY),
            Op::And if a == Set::FULL || a == b => return Ok(b),
            Op::And if b == Set::FULL => return Ok(a),
            Op::Or if a == Set::FULL || b == Set::FULL => return Ok(Set::FULL),
            Op::Or if a.is_empty() || a == b => return Ok(b),
            Op::Minus if a.is_empty() || b == Set::FULL || a == b => return Ok(Set::EMPTY),
            Op::Minus if b.is_empty() => return Ok(a),
            _ => {}
        }
        if let Some(&hit) = self.memo.get(&(op, a.0, b.0)) {
            return Ok(Set(hit));
        }
        let level = self.level(a).min(self.level(b));
        let (left, right) = (self.edges_at(a, level), self.edges_at(b, level));
        let mut edges = Vec::with_capacity(left.len() + right.len());
        let (mut i, mut j) = (0, 0);
        while i < left.len() && j < right.len() {
            let hi = left[i].0.min(right[j].0);
            edges.push((hi, self.apply(op, left[i].1, right[j].1)?));
            if left[i].0 == hi {
                i += 1;
            }
            if right[j].0 == hi {
                j += 1;
            }
        }
        let out = self.make(level, edges)?;
        self.memo.insert((op, a.0, b.0), out.0);
        Ok(out)
    }

    /// Packets in both.
    pub fn and(&mut self, a: Set, b: Set) -> Result<Set, SpaceLimit> {
        self.apply(Op::And, a, b)
    }

    /// Packets in either.
    pub fn or(&mut self, a: Set, b: Set) -> Result<Set, SpaceLimit> {
        self.apply(Op::Or, a, b)
    }

    /// Packets of `a` that are not in `b`.
    pub fn minus(&mut self, a: Set, b: Set) -> Result<Set, SpaceLimit> {
        self.apply(Op::Minus, a, b)
    }

    /// The packets of one cube.
    pub fn cube(&mut self, cube: &Cube) -> Result<Set, SpaceLimit> {
        if cube.is_empty() {
            return Ok(Set::EMPTY);
        }
        let mut out = Set::FULL;
        for field in Field::ALL.into_iter().rev() {
            if let Some(ranges) = cube.get(field) {
                out = self.guard(field, ranges, out)?;
            }
        }
        Ok(out)
    }

    /// `inner` where `field` is in `ranges`, nothing elsewhere; `inner` must not test `field` or anything above it.
    fn guard(&mut self, field: Field, ranges: &Ranges, inner: Set) -> Result<Set, SpaceLimit> {
        let mut edges = Vec::with_capacity(ranges.intervals().len() * 2 + 1);
        let mut next = Some(0u128);
        for &(lo, hi) in ranges.intervals() {
            let Some(at) = next else { break };
            if lo > at {
                edges.push((lo - 1, Set::EMPTY));
            }
            let hi = hi.min(field.max());
            edges.push((hi, inner));
            next = if hi >= field.max() { None } else { Some(hi + 1) };
        }
        if next.is_some() {
            edges.push((field.max(), Set::EMPTY));
        }
        self.make(field.level(), edges)
    }

    /// The packets of any of the cubes.
    pub fn cubes(&mut self, cubes: &[Cube]) -> Result<Set, SpaceLimit> {
        match cubes {
            [] => Ok(Set::EMPTY),
            [one] => self.cube(one),
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                let (a, b) = (self.cubes(left)?, self.cubes(right)?);
                self.or(a, b)
            }
        }
    }

    /// `set` with `field` freed: packets that are in `set` for some value of `field`.
    pub fn forget(&mut self, set: Set, field: Field) -> Result<Set, SpaceLimit> {
        let mut memo = FastMap::default();
        self.forget_at(set, field.level(), &mut memo)
    }

    fn forget_at(&mut self, set: Set, level: usize, memo: &mut FastMap<u32, Set>) -> Result<Set, SpaceLimit> {
        let here = self.level(set);
        if here > level {
            return Ok(set);
        }
        if let Some(&hit) = memo.get(&set.0) {
            return Ok(hit);
        }
        let edges = self.edges_at(set, here);
        let out = if here == level {
            let mut children: Vec<Set> = edges.into_iter().map(|e| e.1).collect();
            children.sort_unstable();
            children.dedup();
            let mut all = Set::EMPTY;
            for child in children {
                all = self.or(all, child)?;
            }
            all
        } else {
            let mut mapped = Vec::with_capacity(edges.len());
            for (hi, child) in edges {
                mapped.push((hi, self.forget_at(child, level, memo)?));
            }
            self.make(here, mapped)?
        };
        memo.insert(set.0, out);
        Ok(out)
    }

    /// `set` after `field` has been overwritten with any value of `ranges`.
    pub fn assign(&mut self, set: Set, field: Field, ranges: &Ranges) -> Result<Set, SpaceLimit> {
        let freed = self.forget(set, field)?;
        if ranges.is_full(field.max()) {
            return Ok(freed);
        }
        let only = self.cube(&Cube::any().with(field, ranges.clone()))?;
        self.and(freed, only)
    }

    /// `set` after `field` has been moved by `delta` (wrapping); the caller has restricted `set` so that no value
    /// leaves the dimension.
    pub fn shift(&mut self, set: Set, field: Field, delta: u128) -> Result<Set, SpaceLimit> {
        let mut memo = FastMap::default();
        self.shift_at(set, field, delta, &mut memo)
    }

    fn shift_at(
        &mut self,
        set: Set,
        field: Field,
        delta: u128,
        memo: &mut FastMap<u32, Set>,
    ) -> Result<Set, SpaceLimit> {
        let here = self.level(set);
        if here > field.level() {
            return Ok(set);
        }
        if let Some(&hit) = memo.get(&set.0) {
            return Ok(hit);
        }
        let edges = self.edges_at(set, here);
        let out = if here == field.level() {
            let mut all = Set::EMPTY;
            let mut lo = 0u128;
            for (hi, child) in edges {
                if !child.is_empty() {
                    let moved = Ranges::span(lo, hi).shifted(delta);
                    let piece = self.guard(field, &moved, child)?;
                    all = self.or(all, piece)?;
                }
                lo = hi.wrapping_add(1);
            }
            all
        } else {
            let mut mapped = Vec::with_capacity(edges.len());
            for (hi, child) in edges {
                mapped.push((hi, self.shift_at(child, field, delta, memo)?));
            }
            self.make(here, mapped)?
        };
        memo.insert(set.0, out);
        Ok(out)
    }

    /// Membership of one packet.
    #[must_use]
    pub fn contains(&self, set: Set, packet: &Packet) -> bool {
        let mut at = set;
        while self.level(at) < Field::COUNT {
            let node = &self.nodes[at.0 as usize];
            let value = packet.get(Field::ALL[usize::from(node.level)]);
            let edge = node.edges.partition_point(|e| e.0 < value);
            match node.edges.get(edge) {
                Some(e) => at = Set(e.1),
                None => return false,
            }
        }
        at == Set::FULL
    }

    /// One cube inside the set: the first path that leads to packets.
    #[must_use]
    pub fn some_cube(&self, set: Set) -> Option<Cube> {
        let mut cube = Cube::any();
        let mut at = set;
        while self.level(at) < Field::COUNT {
            let level = self.level(at);
            let mut lo = 0u128;
            let mut found = None;
            for (hi, child) in self.edges_at(at, level) {
                if !child.is_empty() {
                    found = Some((lo, hi, child));
                    break;
                }
                lo = hi.wrapping_add(1);
            }
            let (lo, hi, child) = found?;
            cube.narrow(Field::ALL[level], &Ranges::span(lo, hi));
            at = child;
        }
        (at == Set::FULL).then_some(cube)
    }

    /// Number of cubes [`Space::to_cubes`] would give.
    #[must_use]
    pub fn cube_count(&self, set: Set) -> u64 {
        let mut memo = FastMap::default();
        self.count(set, &mut memo)
    }

    fn count(&self, set: Set, memo: &mut FastMap<u32, u64>) -> u64 {
        if set.is_empty() {
            return 0;
        }
        let level = self.level(set);
        if level == Field::COUNT {
            return 1;
        }
        if let Some(&known) = memo.get(&set.0) {
            return known;
        }
        let mut children: Vec<Set> = self.edges_at(set, level).into_iter().map(|e| e.1).collect();
        children.sort_unstable();
        children.dedup();
        let total = children.into_iter().fold(0u64, |n, c| n.saturating_add(self.count(c, memo)));
        memo.insert(set.0, total);
        total
    }

    /// The set as disjoint cubes, at most `limit` of them; the flag says whether that is all.
    #[must_use]
    pub fn to_cubes(&self, set: Set, limit: usize) -> (Vec<Cube>, bool) {
        let mut out = Vec::new();
        let complete = self.collect(set, &Cube::any(), limit, &mut out);
        (out, complete)
    }

    fn collect(&self, set: Set, prefix: &Cube, limit: usize, out: &mut Vec<Cube>) -> bool {
        if set.is_empty() {
            return true;
        }
        if out.len() >= limit {
            return false;
        }
        let level = self.level(set);
        if level == Field::COUNT {
            out.push(prefix.clone());
            return true;
        }
        let mut groups: Vec<(Set, Vec<(u128, u128)>)> = Vec::new();
        let mut lo = 0u128;
        for (hi, child) in self.edges_at(set, level) {
            if !child.is_empty() {
                match groups.iter_mut().find(|g| g.0 == child) {
                    Some(group) => group.1.push((lo, hi)),
                    None => groups.push((child, vec![(lo, hi)])),
                }
            }
            lo = hi.wrapping_add(1);
        }
        groups.into_iter().all(|(child, intervals)| {
            let mut next = prefix.clone();
            next.replace(Field::ALL[level], Ranges::of(intervals));
            self.collect(child, &next, limit, out)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn small_cube() -> impl Strategy<Value = Cube> {
        (0u128..8, 0u128..8, 0u128..8, 0u128..8, prop::bool::ANY).prop_map(|(a, b, c, d, full)| {
            let cube = Cube::any().with(Field::Dport, Ranges::span(a.min(b), a.max(b)));
            if full { cube } else { cube.with(Field::Src, Ranges::span(c.min(d), c.max(d))) }
        })
    }

    fn packets() -> impl Iterator<Item = Packet> {
        (0..10u128).flat_map(|p| {
            (0..10u128).map(move |s| Packet::default().with(Field::Dport, p).with(Field::Src, s))
        })
    }

    proptest! {
        #[test]
        fn sets_agree_with_cubes(a in prop::collection::vec(small_cube(), 0..4), b in prop::collection::vec(small_cube(), 0..4)) {
            let mut space = Space::new(10_000);
            let (x, y) = (space.cubes(&a).unwrap(), space.cubes(&b).unwrap());
            let both = space.and(x, y).unwrap();
            let either = space.or(x, y).unwrap();
            let rest = space.minus(x, y).unwrap();
            let freed = space.forget(x, Field::Src).unwrap();
            let moved = space.shift(x, Field::Dport, 100).unwrap();
            let (list, complete) = space.to_cubes(rest, 1000);
            prop_assert!(complete);
            prop_assert_eq!(space.cube_count(rest), list.len() as u64);
            for p in packets() {
                let in_a = a.iter().any(|c| c.contains(&p));
                let in_b = b.iter().any(|c| c.contains(&p));
                prop_assert_eq!(space.contains(x, &p), in_a);
                prop_assert_eq!(space.contains(both, &p), in_a && in_b);
                prop_assert_eq!(space.contains(either, &p), in_a || in_b);
                prop_assert_eq!(list.iter().filter(|c| c.contains(&p)).count(), usize::from(in_a && !in_b));
                let some_src = (0..10).chain([77]).any(|s| a.iter().any(|c| c.contains(&p.with(Field::Src, s))));
                prop_assert_eq!(space.contains(freed, &p), some_src);
                prop_assert_eq!(space.contains(moved, &p.with(Field::Dport, p.get(Field::Dport) + 100)), in_a);
            }
        }

        #[test]
        fn equal_sets_share_one_handle(a in small_cube(), b in small_cube()) {
            let mut space = Space::new(10_000);
            let (x, y) = (space.cube(&a).unwrap(), space.cube(&b).unwrap());
            let left = space.or(x, y).unwrap();
            let only = space.minus(y, x).unwrap();
            let right = space.or(x, only).unwrap();
            prop_assert_eq!(left, right);
        }
    }

    #[test]
    fn growth_stops_at_the_limit() {
        let mut space = Space::new(3);
        let a = Cube::any().with(Field::Dport, Ranges::one(1)).with(Field::Src, Ranges::one(1));
        assert_eq!(space.cube(&a), Err(SpaceLimit { limit_nodes: 3 }));
    }
}
