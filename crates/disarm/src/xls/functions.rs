//! Functions that BIFF names by number (MS-XLS 2.5.198.17), as far as a municipality's sheets use them.
//!
//! A function that is not here is not known; its formula is replaced by the stored value. The dangerous ones are here
//! so that the report can call them by their name.

/// How many arguments the token without a count takes; the others carry their count.
pub(super) const ANY: u8 = 0xFF;

/// Number, name, arguments.
const TABLE: &[(u16, &str, u8)] = &include!("../../tables/biff-functions.in");

/// Name and fixed number of arguments of a function.
pub(super) fn named(id: u16) -> Option<(&'static str, u8)> {
    TABLE.binary_search_by_key(&id, |row| row.0).ok().map(|at| (TABLE[at].1, TABLE[at].2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(
            TABLE.windows(2).all(|w| w[0].0 < w[1].0),
            "{:?}",
            TABLE.windows(2).find(|w| w[0].0 >= w[1].0)
        );
        assert_eq!(named(4), Some(("SUM", ANY)));
        assert_eq!(named(65), Some(("DATE", 3)));
        assert_eq!(named(60_000), None);
    }
}
