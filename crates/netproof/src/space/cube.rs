//! One interval set per dimension, and single packets.

use super::{Field, Ranges};

/// A product of interval sets; a dimension that is `None` is unconstrained. A cube with an empty dimension is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cube([Option<Ranges>; Field::COUNT]);

impl Cube {
    /// Every packet.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// This cube narrowed to `ranges` in `field`.
    #[must_use]
    pub fn with(mut self, field: Field, ranges: Ranges) -> Self {
        self.narrow(field, &ranges);
        self
    }

    /// Narrows one dimension in place.
    pub fn narrow(&mut self, field: Field, ranges: &Ranges) {
        let slot = &mut self.0[field.level()];
        let next = match slot {
            Some(old) => old.intersect(ranges),
            None => ranges.clone(),
        };
        *slot = if next.is_full(field.max()) { None } else { Some(next) };
    }

    /// Replaces one dimension.
    pub fn replace(&mut self, field: Field, ranges: Ranges) {
        self.0[field.level()] = if ranges.is_full(field.max()) { None } else { Some(ranges) };
    }

    /// The constraint on one dimension, if any.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Ranges> {
        self.0[field.level()].as_ref()
    }

    /// The values of one dimension.
    #[must_use]
    pub fn values(&self, field: Field) -> Ranges {
        self.get(field).cloned().unwrap_or_else(|| Ranges::span(0, field.max()))
    }

    /// Whether no packet is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().flatten().any(Ranges::is_empty)
    }

    /// Whether every packet is inside.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Packets in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let mut out = self.clone();
        for field in Field::ALL {
            if let Some(r) = other.get(field) {
                out.narrow(field, r);
            }
        }
        out
    }

    /// Packets of `self` that are not in `other`, as disjoint cubes.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Vec<Self> {
        if self.intersect(other).is_empty() {
            return if self.is_empty() { Vec::new() } else { vec![self.clone()] };
        }
        let mut out = Vec::new();
        let mut rest = self.clone();
        for field in Field::ALL {
            let Some(cut) = other.get(field) else { continue };
            let outside = rest.values(field).subtract(cut);
            if !outside.is_empty() {
                let mut piece = rest.clone();
                piece.replace(field, outside);
                out.push(piece);
            }
            rest.narrow(field, cut);
        }
        out
    }

    /// Whether the packet is inside.
    #[must_use]
    pub fn contains(&self, packet: &Packet) -> bool {
        Field::ALL.iter().all(|f| self.get(*f).is_none_or(|r| r.contains(packet.get(*f))))
    }

    /// Bit `n` set when dimension `n` is constrained.
    #[must_use]
    pub fn mask(&self) -> u16 {
        self.0.iter().enumerate().fold(0, |m, (i, r)| if r.is_some() { m | (1 << i) } else { m })
    }

    /// The packet made of the least value of every dimension; `None` when empty.
    #[must_use]
    pub fn least(&self) -> Option<Packet> {
        let mut packet = Packet::default();
        for field in Field::ALL {
            packet.set(field, self.values(field).first()?);
        }
        Some(packet)
    }
}

/// One concrete packet: a value for every dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Packet([u128; Field::COUNT]);

impl Packet {
    /// Value of one dimension.
    #[must_use]
    pub const fn get(&self, field: Field) -> u128 {
        self.0[field.level()]
    }

    /// Sets one dimension.
    pub const fn set(&mut self, field: Field, value: u128) {
        self.0[field.level()] = value;
    }

    /// This packet with one dimension changed.
    #[must_use]
    pub const fn with(mut self, field: Field, value: u128) -> Self {
        self.set(field, value);
        self
    }

    /// The cube that holds only this packet.
    #[must_use]
    pub fn cube(&self) -> Cube {
        let mut cube = Cube::any();
        for field in Field::ALL {
            cube.replace(field, Ranges::one(self.get(field)));
        }
        cube
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtraction_splits_without_loss() {
        let a = Cube::any().with(Field::Dport, Ranges::span(0, 9)).with(Field::Proto, Ranges::span(6, 17));
        let b = Cube::any().with(Field::Dport, Ranges::span(3, 5)).with(Field::Proto, Ranges::one(6));
        let rest = a.subtract(&b);
        for port in 0..12 {
            for proto in 5..19 {
                let p = Packet::default().with(Field::Dport, port).with(Field::Proto, proto);
                let inside = rest.iter().filter(|c| c.contains(&p)).count();
                assert_eq!(inside, usize::from(a.contains(&p) && !b.contains(&p)));
            }
        }
    }
}
