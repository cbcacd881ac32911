//! One set through one table: which packets take which outcome, in a single simultaneous sweep.
//!
//! The sweep descends the dimensions once, carrying the ordered list of entries still alive; equal (set, list) pairs
//! are shared. The same pass tells which entries can never be the first to match (shadowed rules).

use std::rc::Rc;

use crate::model::{Jump, Node};
use crate::space::{FastMap, Field, Set, Space, SpaceLimit};

/// Steps one table scan may take before the question becomes UNKNOWN: about ten seconds of one core.
const LIMIT_SCAN_STEPS: u64 = 60_000_000;

/// Index of a distinct outcome (list of jumps) of a table.
pub(super) type Class = u32;

struct Entry {
    rule: u32,
    mask: u16,
    sure: bool,
    cube: crate::space::Cube,
}

/// A table prepared for scanning.
pub(super) struct Table {
    entries: Vec<Entry>,
    class_of_rule: Vec<Class>,
    /// Distinct outcomes; the last is the default.
    pub classes: Vec<Vec<Jump>>,
    otherwise: Class,
    rules: usize,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// Part of the scanned set with the outcomes it may take; one outcome means it is certain.
#[derive(Clone, Debug)]
pub struct Portion {
    /// Possible outcomes, without repetition.
    pub outcomes: Vec<Class>,
    /// The packets, as they came in.
    pub set: Set,
}

/// Result of scanning a set through a table.
#[derive(Clone, Debug)]
pub struct TableScan {
    /// Disjoint portions covering the scanned set.
    pub portions: Vec<Portion>,
    /// For each rule, whether some scanned packet can be decided by it.
    pub effective: Vec<bool>,
}

impl Table {
    /// Prepares a node's table.
    #[must_use]
    pub(super) fn new(node: &Node) -> Self {
        let mut classes: Vec<Vec<Jump>> = Vec::new();
        let mut index: FastMap<Vec<Jump>, Class> = FastMap::default();
        let mut class = |jumps: &Vec<Jump>| {
            *index.entry(jumps.clone()).or_insert_with(|| {
                classes.push(jumps.clone());
                classes.len() as Class - 1
            })
        };
        let class_of_rule = node.rules.iter().map(|r| class(&r.then)).collect();
        let otherwise = class(&node.otherwise);
        let mut entries = Vec::new();
        for (number, rule) in node.rules.iter().enumerate() {
            for cube in rule.when.iter().filter(|c| !c.is_empty()) {
                entries.push(Entry {
                    rule: number as u32,
                    mask: cube.mask(),
                    sure: rule.doubt.is_none(),
                    cube: cube.clone(),
                });
            }
        }
        Self { entries, class_of_rule, classes, otherwise, rules: node.rules.len() }
    }

    /// Scans `set` through the table.
    pub(super) fn scan(&self, space: &mut Space, set: Set) -> Result<TableScan, SpaceLimit> {
        let mut scan = Scan {
            table: self,
            space,
            memo: FastMap::default(),
            lists: Vec::new(),
            list_ids: FastMap::default(),
            effective: vec![false; self.rules],
            steps: 0,
        };
        let all: Vec<u32> = (0..self.entries.len() as u32).collect();
        let parts = scan.descend(0, set, all)?;
        let portions = parts
            .iter()
            .map(|&(list, set)| Portion { outcomes: scan.lists[list as usize].clone(), set })
            .collect();
        Ok(TableScan { portions, effective: scan.effective })
    }
}

type Parts = Rc<[(u32, Set)]>;

struct Scan<'a> {
    table: &'a Table,
    space: &'a mut Space,
    memo: FastMap<(u8, Set, Vec<u32>), Parts>,
    lists: Vec<Vec<Class>>,
    list_ids: FastMap<Vec<Class>, u32>,
    effective: Vec<bool>,
    steps: u64,
}

impl Scan<'_> {
    fn spend(&mut self, steps: usize) -> Result<(), SpaceLimit> {
        self.steps += steps as u64;
        if self.steps > LIMIT_SCAN_STEPS { Err(SpaceLimit { limit_nodes: self.space.len() }) } else { Ok(()) }
    }

    /// Outcomes of packets for which `alive` (in order) all match, up to the first certain one.
    fn outcome(&mut self, alive: &[u32]) -> u32 {
        let mut list: Vec<Class> = Vec::new();
        let mut settled = false;
        for &at in alive {
            let entry = &self.table.entries[at as usize];
            self.effective[entry.rule as usize] = true;
            let class = self.table.class_of_rule[entry.rule as usize];
            if !list.contains(&class) {
                list.push(class);
            }
            if entry.sure {
                settled = true;
                break;
            }
        }
        if !settled && !list.contains(&self.table.otherwise) {
            list.push(self.table.otherwise);
        }
        if let Some(&id) = self.list_ids.get(&list) {
            return id;
        }
        let id = self.lists.len() as u32;
        self.lists.push(list.clone());
        self.list_ids.insert(list, id);
        id
    }

    fn descend(&mut self, level: usize, set: Set, mut alive: Vec<u32>) -> Result<Parts, SpaceLimit> {
        if set.is_empty() {
            return Ok(Rc::from(Vec::new()));
        }
        let entries = &self.table.entries;
        let free = |at: u32| entries[at as usize].mask >> level == 0;
        if let Some(cut) = alive.iter().position(|&at| free(at) && entries[at as usize].sure) {
            alive.truncate(cut + 1);
        }
        if alive.iter().all(|&at| free(at)) {
            return Ok(Rc::from(vec![(self.outcome(&alive), set)]));
        }
        let tested = alive.iter().fold(0u16, |m, &at| m | entries[at as usize].mask) >> level;
        let level = (level + tested.trailing_zeros() as usize).min(self.space.level(set));
        let key = (level as u8, set, alive);
        if let Some(hit) = self.memo.get(&key) {
            return Ok(Rc::clone(hit));
        }
        let parts = self.sweep(level, set, &key.2)?;
        self.memo.insert(key, Rc::clone(&parts));
        Ok(parts)
    }

    /// Cuts the dimension at every boundary of the set and of the living entries, and descends into each piece.
    fn sweep(&mut self, level: usize, set: Set, alive: &[u32]) -> Result<Parts, SpaceLimit> {
        let field = Field::ALL[level];
        let edges = self.space.edges_at(set, level);
        // Entries outside the span of the set cannot match any of it.
        let (first, last) = support(&edges);
        let mut bits = vec![0u64; alive.len().div_ceil(64)];
        // (first value, position in `alive`, whether it starts to match there)
        let mut events: Vec<(u128, u32, bool)> = Vec::new();
        for (position, &at) in alive.iter().enumerate() {
            match self.table.entries[at as usize].cube.get(field) {
                None => bits[position / 64] |= 1 << (position % 64),
                Some(ranges) => {
                    for &(lo, hi) in ranges.intervals().iter().filter(|r| r.0 <= last && r.1 >= first) {
                        events.push((lo, position as u32, true));
                        if hi < field.max() {
                            events.push((hi + 1, position as u32, false));
                        }
                    }
                }
            }
        }
        events.sort_unstable();
        self.spend(events.len() + 1)?;
        let mut columns: FastMap<u32, Vec<(u128, Set)>> = FastMap::default();
        let (mut lo, mut event, mut edge) = (0u128, 0, 0);
        loop {
            while event < events.len() && events[event].0 <= lo {
                let (_, position, on) = events[event];
                let (word, bit) = ((position / 64) as usize, 1u64 << (position % 64));
                if on {
                    bits[word] |= bit
                } else {
                    bits[word] &= !bit
                }
                event += 1;
            }
            let mut hi = edges[edge].0;
            if let Some(next) = events.get(event) {
                hi = hi.min(next.0 - 1);
            }
            let child = edges[edge].1;
            if !child.is_empty() {
                let inside = gather(&bits, alive);
                self.spend(inside.len() + 1)?;
                for &(list, piece) in self.descend(level + 1, child, inside)?.iter() {
                    let column = columns.entry(list).or_default();
                    let covered = column.last().map_or(lo == 0, |c| c.0.wrapping_add(1) == lo);
                    if !covered {
                        column.push((lo - 1, Set::EMPTY));
                    }
                    column.push((hi, piece));
                }
            }
            if hi >= field.max() {
                break;
            }
            if edges[edge].0 == hi {
                edge += 1;
            }
            lo = hi + 1;
        }
        let mut parts = Vec::with_capacity(columns.len());
        for (list, mut column) in columns {
            if column.last().is_some_and(|c| c.0 < field.max()) {
                column.push((field.max(), Set::EMPTY));
            }
            parts.push((list, self.space.make(level, column)?));
        }
        parts.sort_unstable();
        Ok(Rc::from(parts))
    }
}

/// Least and greatest value for which a set's edges hold anything.
fn support(edges: &[(u128, Set)]) -> (u128, u128) {
    let at = edges.iter().position(|e| !e.1.is_empty()).unwrap_or(0);
    let first = at.checked_sub(1).map_or(0, |before| edges[before].0 + 1);
    let last = edges.iter().rev().find(|e| !e.1.is_empty()).map_or(0, |e| e.0);
    (first, last)
}

/// Members of `alive` whose bit is set, in order.
fn gather(bits: &[u64], alive: &[u32]) -> Vec<u32> {
    let mut out = Vec::new();
    for (word, &value) in bits.iter().enumerate() {
        let mut rest = value;
        while rest != 0 {
            out.push(alive[word * 64 + rest.trailing_zeros() as usize]);
            rest &= rest - 1;
        }
    }
    out
}
