//! Boxes: ten interval lists. Written for clarity, not speed; shares nothing with the engine.

use std::net::IpAddr;

use crate::format::{BoxText, Step};

/// Names and greatest values of the dimensions.
const DIMENSIONS: [(&str, u128); 10] = [
    ("out", 65_535),
    ("in", 65_535),
    ("tag", 65_535),
    ("dst", u128::MAX),
    ("src", u128::MAX),
    ("proto", 255),
    ("dport", 65_535),
    ("sport", 65_535),
    ("flags", 63),
    ("frag", 1),
];

type Intervals = Vec<(u128, u128)>;

/// A product of ten interval lists, each sorted and disjoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell(Vec<Intervals>);

fn dimension(name: &str) -> Option<usize> {
    DIMENSIONS.iter().position(|d| d.0 == name)
}

fn value(at: usize, text: &str) -> Option<u128> {
    if !matches!(DIMENSIONS[at].0, "dst" | "src") {
        return text.parse().ok().filter(|v| *v <= DIMENSIONS[at].1);
    }
    Some(match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(v4) => 0xffff_0000_0000 | u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    })
}

fn intervals(at: usize, text: &str) -> Option<Intervals> {
    let mut out: Intervals = Vec::new();
    for part in text.split(',').filter(|p| !p.is_empty()) {
        let (lo, hi) = part.split_once('-').unwrap_or((part, part));
        let (lo, hi) = (value(at, lo)?, value(at, hi)?);
        // Ascending and disjoint, or the file was not written by an honest writer.
        if lo > hi || out.last().is_some_and(|l| l.1 >= lo) {
            return None;
        }
        out.push((lo, hi));
    }
    Some(out)
}

fn meet(a: &Intervals, b: &Intervals) -> Intervals {
    let mut out = Vec::new();
    for x in a {
        let from = b.partition_point(|y| y.1 < x.0);
        for y in b[from..].iter().take_while(|y| y.0 <= x.1) {
            out.push((x.0.max(y.0), x.1.min(y.1)));
        }
    }
    out
}

fn without(a: &Intervals, b: &Intervals) -> Intervals {
    let mut out = Vec::new();
    for &(lo, hi) in a {
        let mut next = Some(lo);
        for &(x, y) in b {
            let Some(at) = next else { break };
            if y < at || x > hi {
                continue;
            }
            if x > at {
                out.push((at, x - 1));
            }
            next = if y >= hi { None } else { Some(y + 1) };
        }
        if let Some(at) = next {
            out.push((at, hi));
        }
    }
    out
}

impl Cell {
    /// Reads a box; `None` when a field is unknown or malformed.
    pub(crate) fn parse(text: &BoxText) -> Option<Self> {
        let mut out: Vec<Intervals> = DIMENSIONS.iter().map(|d| vec![(0, d.1)]).collect();
        for (name, ranges) in text {
            let at = dimension(name)?;
            out[at] = intervals(at, ranges)?;
        }
        Some(Self(out))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().any(Vec::is_empty)
    }

    pub(crate) fn meet(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| meet(a, b)).collect())
    }

    fn touches(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| !meet(a, b).is_empty())
    }

    pub(crate) fn without(&self, other: &Self) -> Vec<Self> {
        if !self.touches(other) {
            return vec![self.clone()];
        }
        let mut out = Vec::new();
        let mut rest = self.clone();
        for at in 0..DIMENSIONS.len() {
            let outside = without(&rest.0[at], &other.0[at]);
            if !outside.is_empty() {
                let mut piece = rest.clone();
                piece.0[at] = outside;
                out.push(piece);
            }
            rest.0[at] = meet(&rest.0[at], &other.0[at]);
        }
        out
    }

    /// The box after rewriting; `None` when a step is malformed or would leave its dimension.
    pub(crate) fn rewritten(&self, steps: &[Step]) -> Option<Self> {
        let mut out = self.clone();
        for step in steps {
            let at = dimension(&step.field)?;
            match (&step.to, &step.shift) {
                (Some(to), None) => {
                    let target = intervals(at, to)?;
                    out.0[at] = if out.is_empty() { Vec::new() } else { target };
                }
                (None, Some(shift)) => {
                    let delta: u128 = shift.parse().ok()?;
                    let mut moved = Vec::new();
                    for &(lo, hi) in &out.0[at] {
                        let (a, b) = (lo.wrapping_add(delta), hi.wrapping_add(delta));
                        if a > b || b > DIMENSIONS[at].1 {
                            return None;
                        }
                        moved.push((a, b));
                    }
                    moved.sort_unstable();
                    out.0[at] = moved;
                }
                _ => return None,
            }
        }
        Some(out)
    }

    /// Whether every packet of the box is in one of `cover`.
    pub(crate) fn covered(&self, cover: &[Self]) -> bool {
        let mut rest = if self.is_empty() { Vec::new() } else { vec![self.clone()] };
        for c in cover {
            if rest.is_empty() {
                return true;
            }
            rest = rest.iter().flat_map(|r| r.without(c)).collect();
        }
        rest.is_empty()
    }
}
