//! Nothing is disposed of without a permission that can be looked up.

use crate::Check;
use crate::check::{day, not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "disposals_are_permitted",
    "記録媒体の廃棄に、管理者の許可がある",
    &["2.2.26"],
    complete: false,
    reads: &["medium"],
    ever: "medium",
    among: concat!("(t.state IN ('erased', 'destroyed') OR t.valid_to <= $1) AND ", day!("CAST($1 AS TEXT)"), " - ", day!("COALESCE(t.emptied_on, t.valid_to)"), " BETWEEN 0 AND 366"),
    wrong: "t.disposal_permit IS NULL",
    fact: "CAST($1 AS TEXT)",
    days: "0",
    source: "記録媒体の台帳",
    holds: |f| format!("この1年に手放した媒体{}本の全てに、許可番号があります。", f.expected),
    broken: |f| format!("この1年に手放した媒体{}本のうち{}本に、許可番号がありません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "この1年に手放した記録媒体がないため、確かめられません。該当なしなら、その報告が要ります。",
);
