//! Media that are kept long do not burn together with what they are a copy of.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "long_kept_media_lie_apart",
    "長く保管する記録媒体が、同時に被災しない場所にある",
    &["2.2.16"],
    complete: false,
    reads: &["medium"],
    rows: "medium",
    among: "t.long_term AND t.state = 'stored'",
    wrong: "NOT t.apart",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "記録媒体の台帳",
    holds: |f| format!("長く保管する媒体{}本の全てが、同時に被災しない場所にあります。", f.expected),
    broken: |f| format!("長く保管する媒体{}本のうち{}本は、同時に被災する場所にあります({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "長く保管する記録媒体が台帳にないため、確かめられません。該当なしなら、その報告が要ります。",
);
