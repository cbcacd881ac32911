//! Assets of weight were confirmed within a year; two years without is not being kept at all.

use crate::Check;
use crate::check::{day, not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "assets_are_stocktaken",
    "重要な情報資産を、1年以内に棚卸ししている",
    &["2.2.2"],
    complete: false,
    reads: &["asset"],
    rows: "asset",
    among: "(t.confidentiality <> '1' OR t.integrity = '2' OR t.availability = '2')",
    wrong: concat!(day!("CAST($1 AS TEXT)"), " - ", day!("COALESCE(t.checked_on, t.valid_from)"), " > 761"),
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("重要な情報資産{}件の全てを、1年以内に確かめています。", f.expected),
    broken: |f| format!("重要な情報資産{}件のうち{}件は、2年以上確かめていません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "重要な情報資産が台帳にないため、確かめられません。",
);
