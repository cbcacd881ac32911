//! A medium above the lowest class ends by a method from which nothing comes back.

use crate::Check;
use crate::check::{day, not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "media_are_erased_for_good",
    "廃棄した記録媒体を、元に戻せないように消している",
    &["2.2.24", "2.3.5"],
    complete: false,
    reads: &["medium"],
    ever: "medium",
    among: concat!("t.class_allowed <> '1' AND (t.state IN ('erased', 'destroyed') OR t.valid_to <= $1) AND ", day!("CAST($1 AS TEXT)"), " - ", day!("COALESCE(t.emptied_on, t.valid_to)"), " BETWEEN 0 AND 366"),
    wrong: "t.method IS NULL OR t.method = 'delete'",
    fact: "CAST($1 AS TEXT)",
    days: "0",
    source: "記録媒体の台帳",
    holds: |f| format!("この1年に手放した媒体{}本の全てを、元に戻せない方法で消しています。", f.expected),
    broken: |f| format!("この1年に手放した媒体{}本のうち{}本は、元に戻せない方法で消した記録がありません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "この1年に手放した記録媒体がないため、確かめられません。該当なしなら、その報告が要ります。",
);
