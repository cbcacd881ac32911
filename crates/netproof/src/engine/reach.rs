//! Which packets can be where: forward propagation of sets until nothing new arrives.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::model::{Assign, Jump, Network, NodeId};
use crate::space::{Cube, FastMap, Field, Packet, Ranges, Set, Space, SpaceLimit};

use super::walk::{Portion, Table, TableScan};

/// Steps of one propagation; more than this is answered UNKNOWN.
const LIMIT_REACH_STEPS: usize = 200_000;

/// Packets that start somewhere.
#[derive(Clone, Debug)]
pub struct Source {
    /// Node they start in.
    pub node: NodeId,
    /// The packets.
    pub cubes: Vec<Cube>,
}

/// One arrival of a set of packets in a node.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where.
    pub node: NodeId,
    /// Packets that had not been there before.
    pub set: Set,
    /// Whether every rule on the way was certain (which value a translation picks is not looked at).
    pub certain: bool,
    /// Where they came from; empty for sources.
    pub from: Vec<Origin>,
}

/// How a set got where it is.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Earlier step.
    pub step: usize,
    /// Packets of that step that took this way, before rewriting.
    pub set: Set,
    /// The way.
    pub jump: Jump,
}

/// Packets that were dropped.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// Step at which it happened.
    pub step: usize,
    /// The packets.
    pub set: Set,
    /// Whether that is certain.
    pub certain: bool,
}

/// Result of one propagation.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Arrivals in the order found.
    pub steps: Vec<Step>,
    /// All packets that may be in each node.
    pub at: std::collections::BTreeMap<NodeId, Set>,
    /// Packets that may be dropped somewhere.
    pub dropped: Vec<Dropped>,
}

/// Propagates sets through a network; keeps its diagrams and table scans for later questions.
#[derive(Debug)]
pub struct Engine<'n> {
    network: &'n Network,
    /// Tables whose rules were replaced for a what-if question.
    replaced: FastMap<NodeId, crate::model::Node>,
    /// Owner of the sets.
    pub space: Space,
    tables: FastMap<NodeId, Table>,
    scans: FastMap<NodeId, FastMap<Set, Rc<Vec<Portion>>>>,
    images: FastMap<(Set, Jump), Set>,
}

impl<'n> Engine<'n> {
    /// An engine over `network`.
    #[must_use]
    pub fn new(network: &'n Network) -> Self {
        Self {
            network,
            replaced: FastMap::default(),
            space: Space::new(Space::LIMIT_NODES),
            tables: FastMap::default(),
            scans: FastMap::default(),
            images: FastMap::default(),
        }
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &'n Network {
        self.network
    }

    fn node(&self, node: NodeId) -> &crate::model::Node {
        self.replaced.get(&node).unwrap_or(&self.network.nodes[node])
    }

    /// Replaces one rule of one table; everything known about other tables is kept.
    pub fn replace_rules(&mut self, node: NodeId, rules: Vec<crate::model::Rule>) {
        let changed = crate::model::Node { rules, ..self.network.nodes[node].clone() };
        self.replaced.insert(node, changed);
        self.tables.remove(&node);
        self.scans.remove(&node);
    }

    /// Asks something with other rules in one table, then puts the old ones and what was known about them back.
    pub fn what_if<T>(
        &mut self,
        node: NodeId,
        rules: Vec<crate::model::Rule>,
        ask: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let (table, scans) = (self.tables.remove(&node), self.scans.remove(&node));
        let before = self.replaced.remove(&node);
        self.replace_rules(node, rules);
        let answer = ask(self);
        self.replaced.remove(&node);
        self.tables.remove(&node);
        self.scans.remove(&node);
        self.replaced.extend(before.map(|b| (node, b)));
        self.tables.extend(table.map(|t| (node, t)));
        self.scans.extend(scans.map(|s| (node, s)));
        answer
    }

    /// Which rules of a table can ever decide a packet of `set`, and how the set divides.
    pub fn scan(&mut self, node: NodeId, set: Set) -> Result<TableScan, SpaceLimit> {
        let model = self.replaced.get(&node).unwrap_or(&self.network.nodes[node]);
        let table = self.tables.entry(node).or_insert_with(|| Table::new(model));
        let scan = table.scan(&mut self.space, set);
        if scan.is_err() {
            // What has been built of it is large and of no use.
            self.tables.remove(&node);
        }
        scan
    }

    fn portions(&mut self, node: NodeId, set: Set) -> Result<Rc<Vec<Portion>>, SpaceLimit> {
        if let Some(hit) = self.scans.get(&node).and_then(|known| known.get(&set)) {
            return Ok(Rc::clone(hit));
        }
        let scan = self.scan(node, set)?;
        let portions = Rc::new(scan.portions);
        self.scans.entry(node).or_default().insert(set, Rc::clone(&portions));
        Ok(portions)
    }

    fn image(&mut self, set: Set, jump: &Jump) -> Result<Set, SpaceLimit> {
        if jump.set.is_empty() {
            return Ok(set);
        }
        let key = (set, jump.clone());
        if let Some(&hit) = self.images.get(&key) {
            return Ok(hit);
        }
        let mut out = set;
        for step in &jump.set {
            out = match step {
                Assign::Set(field, ranges) => self.space.assign(out, *field, ranges)?,
                Assign::Shift(field, delta) => self.space.shift(out, *field, *delta)?,
            };
        }
        self.images.insert(key, out);
        Ok(out)
    }

    /// Everything the sources may reach (MAY reading), with the way each set took.
    pub fn reach(&mut self, sources: &[Source]) -> Result<Reach, SpaceLimit> {
        let mut out = Reach { steps: Vec::new(), at: std::collections::BTreeMap::new(), dropped: Vec::new() };
        let mut sure_at: FastMap<NodeId, Set> = FastMap::default();
        let mut queue: VecDeque<Step> = VecDeque::new();
        for source in sources {
            let set = self.space.cubes(&source.cubes)?;
            queue.push_back(Step { node: source.node, set, certain: true, from: Vec::new() });
        }
        while let Some(mut step) = queue.pop_front() {
            // A box that nobody declared may send everything on everywhere: what many wires bring to it goes on as one
            // set, or a switch with hundreds of wires would be walked once for every pair of them.
            if self.node(step.node).kind == crate::model::NodeKind::Unknown {
                let (same, others): (Vec<Step>, Vec<Step>) = std::mem::take(&mut queue)
                    .into_iter()
                    .partition(|s| s.node == step.node && s.certain == step.certain);
                queue = others.into();
                for more in same {
                    step.set = self.space.or(step.set, more.set)?;
                    step.from.extend(more.from);
                }
            }
            let seen = out.at.get(&step.node).copied().unwrap_or(Set::EMPTY);
            let known =
                if step.certain { sure_at.get(&step.node).copied().unwrap_or(Set::EMPTY) } else { seen };
            step.set = self.space.minus(step.set, known)?;
            if step.set.is_empty() {
                continue;
            }
            if out.steps.len() >= LIMIT_REACH_STEPS {
                return Err(SpaceLimit { limit_nodes: LIMIT_REACH_STEPS });
            }
            let all = self.space.or(seen, step.set)?;
            out.at.insert(step.node, all);
            if step.certain {
                let sure = self.space.or(known, step.set)?;
                sure_at.insert(step.node, sure);
            }
            out.steps.push(step.clone());
            self.expand(out.steps.len() - 1, &step, &mut out.dropped, &mut queue)?;
        }
        Ok(out)
    }

    fn expand(
        &mut self,
        number: usize,
        step: &Step,
        dropped: &mut Vec<Dropped>,
        queue: &mut VecDeque<Step>,
    ) -> Result<(), SpaceLimit> {
        let node = self.node(step.node);
        if node.kind != crate::model::NodeKind::Stage && node.rules.is_empty() && node.otherwise.is_empty() {
            return Ok(());
        }
        let portions = self.portions(step.node, step.set)?;
        let classes = self.tables.get(&step.node).map(Table::classes).unwrap_or_default();
        // What is certain goes first, so that a way back through a rewrite leads along it where there is one.
        let (sure, unsure): (Vec<_>, Vec<_>) = portions.iter().partition(|p| p.outcomes.len() == 1);
        for portion in sure.into_iter().chain(unsure) {
            let certain = step.certain && portion.outcomes.len() == 1;
            for &class in &portion.outcomes {
                let jumps: &[Jump] = &classes[class as usize];
                let place = self.network.nodes[step.node].kind != crate::model::NodeKind::Stage;
                if jumps.is_empty() && !place {
                    dropped.push(Dropped { step: number, set: portion.set, certain });
                }
                for jump in jumps {
                    let set = self.image(portion.set, jump)?;
                    let from = vec![Origin { step: number, set: portion.set, jump: jump.clone() }];
                    queue.push_back(Step { node: jump.to, set, certain: certain && jumps.len() == 1, from });
                }
            }
        }
        Ok(())
    }

    /// A packet of `within` (a subset of step `step`'s set), chosen to look familiar.
    pub fn choose(&mut self, within: Set, preferences: &[Cube]) -> Result<Option<Packet>, SpaceLimit> {
        let mut set = within;
        for wish in preferences {
            let wish = self.space.cube(wish)?;
            let next = self.space.and(set, wish)?;
            if !next.is_empty() {
                set = next;
            }
        }
        Ok(self.space.some_cube(set).and_then(|c| c.least()))
    }

    /// The source packet (and its step) that became `packet` at `step`.
    pub fn trace_back(
        &mut self,
        reach: &Reach,
        step: usize,
        packet: Packet,
        preferences: &[Cube],
    ) -> Result<Option<(usize, Packet)>, SpaceLimit> {
        let path = self.path(reach, step, packet, preferences)?;
        Ok(path.and_then(|p| p.first().copied()))
    }

    /// The same with every step between, source first.
    pub fn path(
        &mut self,
        reach: &Reach,
        step: usize,
        packet: Packet,
        preferences: &[Cube],
    ) -> Result<Option<Vec<(usize, Packet)>>, SpaceLimit> {
        let mut out = vec![(step, packet)];
        let (mut at, mut packet) = (step, packet);
        while !reach.steps[at].from.is_empty() {
            let mut found = None;
            for origin in &reach.steps[at].from {
                let before = self.before(origin, packet)?;
                if let Some(before) = self.choose(before, preferences)? {
                    found = Some((origin.step, before));
                    break;
                }
            }
            let Some((step, before)) = found else { return Ok(None) };
            (at, packet) = (step, before);
            out.push((at, packet));
        }
        out.reverse();
        Ok(Some(out))
    }

    /// The packets of an origin that may have become `packet`.
    fn before(&mut self, origin: &Origin, packet: Packet) -> Result<Set, SpaceLimit> {
        let mut wanted = packet.cube();
        for assign in origin.jump.set.iter().rev() {
            match assign {
                Assign::Set(field, _) => wanted.replace(*field, Ranges::span(0, Field::max(*field))),
                Assign::Shift(field, delta) => {
                    let back = wanted.values(*field).shifted(0u128.wrapping_sub(*delta));
                    wanted.replace(*field, back);
                }
            }
        }
        let wanted = self.space.cube(&wanted)?;
        self.space.and(origin.set, wanted)
    }

    /// Packets whose listed fields are fixed as in `packet`, used by callers that narrow further.
    #[must_use]
    pub fn like(packet: &Packet, fields: &[Field]) -> Cube {
        let mut cube = Cube::any();
        for field in fields {
            cube.replace(*field, Ranges::one(packet.get(*field)));
        }
        cube
    }
}
