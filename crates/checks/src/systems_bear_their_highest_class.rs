//! A system stands where the highest class among the assets in it may lie (2.1.2, F26).

use crate::Check;
use crate::check::{assets_in, not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "systems_bear_their_highest_class",
    "情報システムが、入っている最も高い区分に合う場所にある",
    &["2.1.2"],
    complete: false,
    reads: &["asset", "system"],
    rows: "system",
    among: concat!("EXISTS (SELECT 1 FROM ", assets_in!("system_id"), ")"),
    wrong: concat!(
        "EXISTS (SELECT 1 FROM ",
        assets_in!("system_id"),
        " AND ((a.confidentiality = '3A' AND t.zone NOT IN ('separate', 'none'))
            OR (a.confidentiality = '3B' AND t.zone NOT IN ('resident', 'separate', 'none'))
            OR (a.confidentiality = '3' AND t.zone IN ('internet', 'cloud'))
            OR (a.confidentiality = '3C' AND t.zone = 'internet')
            OR (a.confidentiality IN ('3A', '3B', '3') AND t.cloud = 'public')))"
    ),
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報システムの台帳",
    holds: |f| format!("情報資産の入った{}システムの全てが、最も高い区分に合う場所にあります。", f.expected),
    broken: |f| format!("情報資産の入った{}システムのうち{}は、最も高い区分の情報を置けない場所にあります({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "情報資産と結びついた情報システムがないため、確かめられません。",
);
