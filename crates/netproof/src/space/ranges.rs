//! Sorted, disjoint, inclusive intervals of one dimension.

use std::sync::Arc;

/// A set of values of one dimension: sorted, disjoint, non-adjacent inclusive intervals. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ranges(Arc<[(u128, u128)]>);

impl Ranges {
    /// The empty set.
    #[must_use]
    pub fn empty() -> Self {
        Self(Arc::from(Vec::new()))
    }

    /// Exactly one value.
    #[must_use]
    pub fn one(value: u128) -> Self {
        Self(Arc::from(vec![(value, value)]))
    }

    /// `lo..=hi`; empty when `lo > hi`.
    #[must_use]
    pub fn span(lo: u128, hi: u128) -> Self {
        if lo > hi { Self::empty() } else { Self(Arc::from(vec![(lo, hi)])) }
    }

    /// Any intervals in any order; overlaps are merged and inverted intervals dropped.
    #[must_use]
    pub fn of(mut intervals: Vec<(u128, u128)>) -> Self {
        intervals.retain(|(lo, hi)| lo <= hi);
        intervals.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(intervals.len());
        for (lo, hi) in intervals {
            match merged.last_mut() {
                Some(last) if last.1 == u128::MAX || lo <= last.1 + 1 => last.1 = last.1.max(hi),
                _ => merged.push((lo, hi)),
            }
        }
        Self(Arc::from(merged))
    }

    /// The intervals, ascending.
    #[must_use]
    pub fn intervals(&self) -> &[(u128, u128)] {
        &self.0
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the set covers `0..=max`.
    #[must_use]
    pub fn is_full(&self, max: u128) -> bool {
        self.0.len() == 1 && self.0[0].0 == 0 && self.0[0].1 >= max
    }

    /// The single value, if there is exactly one.
    #[must_use]
    pub fn single(&self) -> Option<u128> {
        match *self.0 {
            [(lo, hi)] if lo == hi => Some(lo),
            _ => None,
        }
    }

    /// Least value.
    #[must_use]
    pub fn first(&self) -> Option<u128> {
        self.0.first().map(|r| r.0)
    }

    /// Membership.
    #[must_use]
    pub fn contains(&self, value: u128) -> bool {
        let at = self.0.partition_point(|r| r.1 < value);
        self.0.get(at).is_some_and(|r| r.0 <= value)
    }

    /// Number of values, saturating.
    #[must_use]
    pub fn size(&self) -> u128 {
        self.0.iter().fold(0u128, |n, (lo, hi)| n.saturating_add((hi - lo).saturating_add(1)))
    }

    /// Union.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        Self::of(self.0.iter().chain(other.0.iter()).copied().collect())
    }

    /// Intersection.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let (mut i, mut j) = (0, 0);
        let mut out = Vec::new();
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            let (lo, hi) = (a.0.max(b.0), a.1.min(b.1));
            if lo <= hi {
                out.push((lo, hi));
            }
            if a.1 < b.1 { i += 1 } else { j += 1 }
        }
        Self(Arc::from(out))
    }

    /// Values of `self` that are not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        for &(lo, hi) in self.0.iter() {
            let mut from = Some(lo);
            for &(a, b) in other.0.iter().skip_while(|r| r.1 < lo).take_while(|r| r.0 <= hi) {
                let Some(start) = from else { break };
                if a > start {
                    out.push((start, a - 1));
                }
                from = if b >= hi { None } else { Some(start.max(b + 1)) };
            }
            if let Some(start) = from {
                out.push((start, hi));
            }
        }
        Self(Arc::from(out))
    }

    /// Values of `0..=max` not in the set.
    #[must_use]
    pub fn complement(&self, max: u128) -> Self {
        Self::span(0, max).subtract(self)
    }

    /// Whether every value of `self` is in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|(lo, hi)| {
            let at = other.0.partition_point(|r| r.1 < *lo);
            other.0.get(at).is_some_and(|r| r.0 <= *lo && *hi <= r.1)
        })
    }

    /// Whether the two share no value.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.intersect(other).is_empty()
    }

    /// Every value moved by `delta`, wrapping within 128 bits; callers keep intervals from straddling the wrap.
    #[must_use]
    pub fn shifted(&self, delta: u128) -> Self {
        Self::of(self.0.iter().map(|(lo, hi)| (lo.wrapping_add(delta), hi.wrapping_add(delta))).collect())
    }
}

impl FromIterator<(u128, u128)> for Ranges {
    fn from_iter<I: IntoIterator<Item = (u128, u128)>>(iter: I) -> Self {
        Self::of(iter.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_ranges() -> impl Strategy<Value = Ranges> {
        prop::collection::vec((0u128..64, 0u128..64), 0..6).prop_map(Ranges::of)
    }

    proptest! {
        #[test]
        fn algebra_agrees_with_membership(a in any_ranges(), b in any_ranges()) {
            for v in 0..70u128 {
                prop_assert_eq!(a.union(&b).contains(v), a.contains(v) || b.contains(v));
                prop_assert_eq!(a.intersect(&b).contains(v), a.contains(v) && b.contains(v));
                prop_assert_eq!(a.subtract(&b).contains(v), a.contains(v) && !b.contains(v));
                prop_assert_eq!(a.complement(69).contains(v), !a.contains(v));
            }
            prop_assert_eq!(a.is_subset(&b), a.subtract(&b).is_empty());
        }
    }

    #[test]
    fn the_ends_of_the_space_do_not_overflow() {
        let all = Ranges::span(0, u128::MAX);
        assert_eq!(all.size(), u128::MAX);
        assert!(all.subtract(&Ranges::one(u128::MAX)).contains(u128::MAX - 1));
        assert_eq!(Ranges::of(vec![(5, u128::MAX), (0, 4)]), all);
    }
}
