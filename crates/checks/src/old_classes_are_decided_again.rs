//! No asset keeps the 機密性3 of the edition before; each is 3A, 3B or 3C by a decision of somebody who knows it.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "old_classes_are_decided_again",
    "旧区分の「機密性3」が残っていない",
    &["2.1.1"],
    complete: false,
    reads: &["asset"],
    rows: "asset",
    among: "t.confidentiality <> '1' AND t.confidentiality <> '2'",
    wrong: "t.confidentiality = '3' OR (t.redecide IS NOT NULL AND t.redecide)",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("機密性3の情報資産{}件の全てが、3A・3B・3Cのどれかに決まっています。", f.expected),
    broken: |f| format!("機密性3の情報資産{}件のうち{}件は、旧区分のままです({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "機密性3の情報資産が台帳にないため、確かめられません。",
);
