//! A medium for anything above the lowest class has a place, behind a lock, unless somebody has borrowed it.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "media_are_kept_in_place",
    "機密性2以上の記録媒体を、鍵のかかる決まった場所に置いている",
    &["2.2.14", "2.2.17", "2.3.3", "2.4.2", "2.4.4"],
    complete: false,
    reads: &["medium"],
    rows: "medium",
    among: "t.class_allowed <> '1' AND t.state IN ('stored', 'unneeded', 'lost')",
    wrong: "NOT t.locked OR t.place IS NULL OR t.state = 'lost'",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "記録媒体の台帳",
    holds: |f| format!("保管中の媒体{}本の全てが、鍵のかかる決まった場所にあります。", f.expected),
    broken: |f| format!("保管中の媒体{}本のうち{}本は、行方か場所が分からないか、鍵がかかりません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "機密性2以上の保管中の記録媒体が台帳にないため、確かめられません。",
);
