//! Assets with 特定個人情報 lie in the resident zone, a network of their own, or nowhere connected.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "my_number_stays_inside",
    "特定個人情報が、住民情報系の外にない",
    &["3.1.1"],
    complete: false,
    reads: &["asset", "system"],
    rows: "asset",
    among: "t.personal_data = 'my_number' AND t.form <> 'paper'",
    wrong: "t.zone NOT IN ('resident', 'separate', 'none') OR EXISTS (SELECT 1 FROM system s
            WHERE s.id = t.system_id AND s.zone NOT IN ('resident', 'separate', 'none'))",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("特定個人情報を含む情報資産{}件の全てが、住民情報系の中にあります。", f.expected),
    broken: |f| format!("特定個人情報を含む情報資産{}件のうち{}件が、住民情報系の外にあります({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "特定個人情報を含む情報資産が台帳にないため、確かめられません。",
);
