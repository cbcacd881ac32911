//! A medium that is no longer needed is emptied within a month.

use crate::Check;
use crate::check::{day, not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "unneeded_media_are_erased",
    "要らなくなった記録媒体を、30日以内に消去している",
    &["4.4.7"],
    complete: false,
    reads: &["medium"],
    rows: "medium",
    among: "t.unneeded_on IS NOT NULL",
    wrong: concat!("t.state = 'unneeded' AND ", day!("CAST($1 AS TEXT)"), " - ", day!("t.unneeded_on"), " > 30"),
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "記録媒体の台帳",
    holds: |f| format!("要らなくなった媒体{}本に、30日を過ぎて消していないものはありません。", f.expected),
    broken: |f| format!("要らなくなった媒体{}本のうち{}本を、30日を過ぎても消していません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "要らなくなった記録媒体がないため、確かめられません。該当なしなら、その報告が要ります。",
);
