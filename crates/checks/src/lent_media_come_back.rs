//! A lent medium is back on the day it was promised for.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "lent_media_come_back",
    "貸した記録媒体が、返す日までに返っている",
    &["2.2.14", "4.4.1"],
    complete: false,
    reads: &["medium"],
    rows: "medium",
    among: "t.state = 'lent'",
    wrong: "t.due_on IS NULL OR t.due_on < $1",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "記録媒体の台帳",
    holds: |f| format!("貸出中の媒体{}本に、返す日を過ぎたものはありません。", f.expected),
    broken: |f| format!("貸出中の媒体{}本のうち{}本が、返す日を過ぎて返っていません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "貸出中の記録媒体がないため、確かめられません。該当なしなら、その報告が要ります。",
);
