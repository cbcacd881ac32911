//! One set through one table: which packets take which outcome.
//!
//! A table is a decision diagram built as far as anybody asks: a state is the ordered list of entries still alive with
//! the dimensions above its level settled, and is cut once, at every boundary of those entries, into the states below.
//! Scanning walks a set and the states together; equal (set, state) pairs are shared. The same walk tells which entries
//! can never be the first to match (shadowed rules).

use std::rc::Rc;

use crate::model::{Jump, Node};
use crate::space::{FastMap, Field, Set, Space, SpaceLimit};

/// Steps one table scan may take before the question becomes UNKNOWN: about ten seconds of one core.
const LIMIT_SCAN_STEPS: u64 = 60_000_000;

/// Level of states in which nothing is left to ask.
const SETTLED: usize = Field::COUNT;

/// Index of a distinct outcome (list of jumps) of a table.
pub(super) type Class = u32;

/// Index of a state of a table.
type StateId = u32;

/// Packets for which the same entries are still alive.
struct State {
    /// The next dimension that matters, or [`SETTLED`].
    level: usize,
    /// Entries that may still match, in order, up to the first that surely does.
    alive: Rc<[u32]>,
    /// What follows: (greatest value, state), ascending, covering the dimension; `None` until somebody asks.
    edges: Option<Rc<[(u128, StateId)]>>,
    /// Of settled states, the list of outcomes.
    outcomes: u32,
}

struct Entry {
    rule: u32,
    mask: u16,
    sure: bool,
    cube: crate::space::Cube,
}

/// A table prepared for scanning.
pub(super) struct Table {
    entries: Vec<Entry>,
    states: Vec<State>,
    /// Per level, the state of a list of entries.
    state_ids: [FastMap<Rc<[u32]>, StateId>; SETTLED + 1],
    /// Distinct lists of outcomes.
    lists: Vec<Vec<Class>>,
    list_ids: FastMap<Vec<Class>, u32>,
    class_of_rule: Vec<Class>,
    /// Distinct outcomes; the last is the default.
    classes: Rc<[Vec<Jump>]>,
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
        Self {
            entries,
            states: Vec::new(),
            state_ids: Default::default(),
            lists: Vec::new(),
            list_ids: FastMap::default(),
            class_of_rule,
            classes: Rc::from(classes),
            otherwise,
            rules: node.rules.len(),
        }
    }

    /// The distinct outcomes.
    #[must_use]
    pub(super) fn classes(&self) -> Rc<[Vec<Jump>]> {
        Rc::clone(&self.classes)
    }

    /// Scans `set` through the table.
    pub(super) fn scan(&mut self, space: &mut Space, set: Set) -> Result<TableScan, SpaceLimit> {
        let start = self.state(0, (0..self.entries.len() as u32).collect());
        let effective = vec![false; self.rules];
        let mut scan = Scan {
            table: self,
            space,
            memo: FastMap::default(),
            pool: Vec::new(),
            cells: Vec::new(),
            effective,
            steps: 0,
        };
        let parts = scan.walk(set, start)?;
        let mut portions: Vec<Portion> = scan.pool[parts.span()]
            .iter()
            .map(|&(list, set)| Portion { outcomes: scan.table.lists[list as usize].clone(), set })
            .collect();
        // Numbers of lists tell which was asked for first; the order of the answer must not.
        portions.sort_unstable_by(|a, b| a.outcomes.cmp(&b.outcomes));
        Ok(TableScan { portions, effective: scan.effective })
    }

    /// The state in which `alive` are left and everything above `level` is settled.
    fn state(&mut self, level: usize, mut alive: Vec<u32>) -> StateId {
        let free = |entry: &Entry| entry.mask >> level == 0;
        let sure = |at: &u32| self.entries[*at as usize].sure && free(&self.entries[*at as usize]);
        if let Some(cut) = alive.iter().position(sure) {
            alive.truncate(cut + 1);
        }
        let tested = alive.iter().fold(0u16, |m, &at| m | self.entries[at as usize].mask) >> level;
        let level = if tested == 0 { SETTLED } else { level + tested.trailing_zeros() as usize };
        if let Some(&known) = self.state_ids[level].get(alive.as_slice()) {
            return known;
        }
        let outcomes = if level == SETTLED { self.outcomes(&alive) } else { 0 };
        let id = self.states.len() as StateId;
        let alive: Rc<[u32]> = Rc::from(alive);
        self.state_ids[level].insert(Rc::clone(&alive), id);
        self.states.push(State { level, alive, edges: None, outcomes });
        id
    }

    /// Outcomes of packets for which `alive` (in order) all match, up to the first certain one.
    fn outcomes(&mut self, alive: &[u32]) -> u32 {
        let mut list: Vec<Class> = Vec::new();
        for &at in alive {
            let class = self.class_of_rule[self.entries[at as usize].rule as usize];
            if !list.contains(&class) {
                list.push(class);
            }
        }
        let settled = alive.last().is_some_and(|&at| self.entries[at as usize].sure);
        if !settled && !list.contains(&self.otherwise) {
            list.push(self.otherwise);
        }
        if let Some(&id) = self.list_ids.get(&list) {
            return id;
        }
        let id = self.lists.len() as u32;
        self.lists.push(list.clone());
        self.list_ids.insert(list, id);
        id
    }

    /// Cuts the dimension of a state at every boundary of its entries; the second number is what that cost.
    fn edges(&mut self, state: StateId) -> (Rc<[(u128, StateId)]>, usize) {
        let State { level, alive, edges, .. } = &self.states[state as usize];
        if let Some(known) = edges {
            return (Rc::clone(known), 0);
        }
        let (level, alive) = (*level, Rc::clone(alive));
        let field = Field::ALL[level];
        let mut bits = vec![0u64; alive.len().div_ceil(64)];
        // (first value, position in `alive`, whether it starts to match there)
        let mut events: Vec<(u128, u32, bool)> = Vec::new();
        for (position, &at) in alive.iter().enumerate() {
            match self.entries[at as usize].cube.get(field) {
                None => bits[position / 64] |= 1 << (position % 64),
                Some(ranges) => {
                    for &(lo, hi) in ranges.intervals().iter().filter(|r| r.0 <= field.max()) {
                        events.push((lo, position as u32, true));
                        if hi < field.max() {
                            events.push((hi + 1, position as u32, false));
                        }
                    }
                }
            }
        }
        events.sort_unstable();
        let mut cost = events.len() + 1;
        let mut out: Vec<(u128, StateId)> = Vec::new();
        let mut event = 0;
        let mut lo = 0u128;
        loop {
            while event < events.len() && events[event].0 <= lo {
                let (_, position, on) = events[event];
                let (word, bit) = ((position / 64) as usize, 1u64 << (position % 64));
                if on {
                    bits[word] |= bit;
                } else {
                    bits[word] &= !bit;
                }
                event += 1;
            }
            let hi = events.get(event).map_or(field.max(), |next| next.0 - 1);
            let inside = gather(&bits, &alive);
            cost += inside.len() + 1;
            let below = self.state(level + 1, inside);
            match out.last_mut() {
                Some(last) if last.1 == below => last.0 = hi,
                _ => out.push((hi, below)),
            }
            if hi >= field.max() {
                break;
            }
            lo = hi + 1;
        }
        let edges: Rc<[(u128, StateId)]> = Rc::from(out);
        self.states[state as usize].edges = Some(Rc::clone(&edges));
        (edges, cost)
    }
}

/// A run of the pool of a scan.
#[derive(Clone, Copy)]
struct Parts {
    from: u32,
    to: u32,
}

impl Parts {
    const fn span(self) -> std::ops::Range<usize> {
        self.from as usize..self.to as usize
    }
}

/// One piece of a dimension: packets with these values that take this list of outcomes.
struct Cell {
    list: u32,
    lo: u128,
    hi: u128,
    set: Set,
}

struct Scan<'a> {
    table: &'a mut Table,
    space: &'a mut Space,
    memo: FastMap<(Set, StateId), Parts>,
    /// (list of outcomes, packets), in runs sorted by list.
    pool: Vec<(u32, Set)>,
    /// Cells of the dimensions being walked, innermost last.
    cells: Vec<Cell>,
    effective: Vec<bool>,
    steps: u64,
}

impl Scan<'_> {
    fn spend(&mut self, steps: usize) -> Result<(), SpaceLimit> {
        self.steps += steps as u64;
        if self.steps > LIMIT_SCAN_STEPS { Err(SpaceLimit { limit_nodes: self.space.len() }) } else { Ok(()) }
    }

    /// How the packets of `set` that arrive in `state` divide.
    fn walk(&mut self, set: Set, state: StateId) -> Result<Parts, SpaceLimit> {
        let at = self.pool.len() as u32;
        if set.is_empty() {
            return Ok(Parts { from: at, to: at });
        }
        if let Some(&hit) = self.memo.get(&(set, state)) {
            return Ok(hit);
        }
        let here = &self.table.states[state as usize];
        let parts = if here.level == SETTLED {
            for &entry in here.alive.iter() {
                self.effective[self.table.entries[entry as usize].rule as usize] = true;
            }
            self.pool.push((here.outcomes, set));
            Parts { from: at, to: at + 1 }
        } else {
            self.split(set, state)?
        };
        self.memo.insert((set, state), parts);
        Ok(parts)
    }

    /// Walks every piece of the dimension that comes first, of the set or of the state.
    fn split(&mut self, set: Set, state: StateId) -> Result<Parts, SpaceLimit> {
        let level = self.table.states[state as usize].level.min(self.space.level(set));
        let top = Field::ALL[level].max();
        let whole: Rc<[(u128, StateId)]>;
        let states = if self.table.states[state as usize].level == level {
            let (edges, cost) = self.table.edges(state);
            self.spend(cost)?;
            edges
        } else {
            whole = Rc::new([(top, state)]);
            whole
        };
        let sets = self.space.edges_at(set, level);
        self.spend(sets.len() + 1)?;
        let outer = self.cells.len();
        let (mut lo, mut edge) = (0u128, 0);
        for (last, child) in sets {
            if child.is_empty() {
                lo = last.wrapping_add(1);
                continue;
            }
            edge += states[edge..].partition_point(|e| e.0 < lo);
            loop {
                let (end, below) = states[edge];
                let hi = end.min(last);
                self.spend(1)?;
                let parts = self.walk(child, below)?;
                for &(list, set) in &self.pool[parts.span()] {
                    self.cells.push(Cell { list, lo, hi, set });
                }
                lo = hi.wrapping_add(1);
                if hi == last {
                    break;
                }
                edge += 1;
            }
        }
        self.gather_lists(level, outer)
    }

    /// The cells from `outer` on as one set per list of outcomes.
    fn gather_lists(&mut self, level: usize, outer: usize) -> Result<Parts, SpaceLimit> {
        let top = Field::ALL[level].max();
        // Stable: cells of one list stay in ascending order of their values.
        self.cells[outer..].sort_by_key(|c| c.list);
        let from = self.pool.len();
        let mut at = outer;
        while at < self.cells.len() {
            let list = self.cells[at].list;
            let mut edges: Vec<(u128, Set)> = Vec::new();
            let mut next = Some(0u128);
            while let Some(cell) = self.cells.get(at).filter(|c| c.list == list) {
                if next != Some(cell.lo) {
                    edges.push((cell.lo - 1, Set::EMPTY));
                }
                edges.push((cell.hi, cell.set));
                next = if cell.hi == top { None } else { Some(cell.hi + 1) };
                at += 1;
            }
            if next.is_some() {
                edges.push((top, Set::EMPTY));
            }
            let set = self.space.make(level, edges)?;
            self.pool.push((list, set));
        }
        self.cells.truncate(outer);
        Ok(Parts { from: from as u32, to: self.pool.len() as u32 })
    }
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
