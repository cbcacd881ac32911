//! What leaves the house with anything above the lowest class on it can be encrypted.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "carried_media_are_encrypted",
    "持ち出している記録媒体が、暗号化されている",
    &["2.2.19", "2.3.4"],
    complete: false,
    reads: &["medium"],
    rows: "medium",
    among: "t.class_allowed <> '1' AND t.state = 'lent'",
    wrong: "NOT t.encrypted",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "記録媒体の台帳",
    holds: |f| format!("貸出中の媒体{}本の全てが、暗号化できます。", f.expected),
    broken: |f| format!("貸出中の媒体{}本のうち{}本は、暗号化できません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "貸出中の記録媒体がないため、確かめられません。該当なしなら、その報告が要ります。",
);
