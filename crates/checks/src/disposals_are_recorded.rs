//! Every disposal says when, by whom and how; the strongest classes name a witness or a certificate.

use crate::Check;
use crate::check::{day, not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "disposals_are_recorded",
    "記録媒体の廃棄に、日・人・方法の記録がある",
    &["2.2.25"],
    complete: false,
    reads: &["medium"],
    ever: "medium",
    among: concat!("(t.state IN ('erased', 'destroyed') OR t.valid_to <= $1) AND ", day!("CAST($1 AS TEXT)"), " - ", day!("COALESCE(t.emptied_on, t.valid_to)"), " BETWEEN 0 AND 366"),
    wrong: "t.state NOT IN ('erased', 'destroyed') OR t.emptied_on IS NULL OR t.emptied_by IS NULL OR t.method IS NULL
            OR (t.class_allowed IN ('3A', '3B', '3') AND t.witness IS NULL)",
    fact: "CAST($1 AS TEXT)",
    days: "0",
    source: "記録媒体の台帳",
    holds: |f| format!("この1年に手放した媒体{}本の全てに、日・人・方法の記録があります。", f.expected),
    broken: |f| format!("この1年に手放した媒体{}本のうち{}本は、日・人・方法・立会いの記録がそろっていません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "この1年に手放した記録媒体がないため、確かめられません。該当なしなら、その報告が要ります。",
);
