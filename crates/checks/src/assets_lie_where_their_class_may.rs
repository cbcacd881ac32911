//! F26: 3A and 3B stay out of the LGWAN and internet sides, 3C stays out of the internet side.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "assets_lie_where_their_class_may",
    "情報資産が、区分に合うネットワークに置かれている",
    &["2.2.12"],
    complete: false,
    reads: &["asset"],
    rows: "asset",
    among: "t.form <> 'paper'",
    wrong: "(t.confidentiality = '3A' AND t.zone NOT IN ('separate', 'none'))
            OR (t.confidentiality = '3B' AND t.zone NOT IN ('resident', 'separate', 'none'))
            OR (t.confidentiality = '3' AND t.zone IN ('internet', 'cloud'))
            OR (t.confidentiality = '3C' AND t.zone = 'internet')",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("電子の情報資産{}件の全てが、区分に合うネットワークにあります。", f.expected),
    broken: |f| format!("電子の情報資産{}件のうち{}件が、区分に合わないネットワークにあります({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "電子の情報資産が台帳にないため、確かめられません。",
);
