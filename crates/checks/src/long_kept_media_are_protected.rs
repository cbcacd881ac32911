//! Media that are kept long are write-protected.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "long_kept_media_are_protected",
    "長く保管する記録媒体に、書込みできない",
    &["2.2.15"],
    complete: false,
    reads: &["medium"],
    rows: "medium",
    among: "t.long_term AND t.state IN ('stored', 'lent')",
    wrong: "NOT t.write_protected",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "記録媒体の台帳",
    holds: |f| format!("長く保管する媒体{}本の全てに、書込みできません。", f.expected),
    broken: |f| format!("長く保管する媒体{}本のうち{}本は、書込みできる状態です({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "長く保管する記録媒体が台帳にないため、確かめられません。該当なしなら、その報告が要ります。",
);
