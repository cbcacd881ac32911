//! What was to be disposed of by a day is not still there after it.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "unneeded_assets_are_gone",
    "廃棄する日を過ぎた情報資産が残っていない",
    &["2.2.8"],
    complete: false,
    reads: &["asset"],
    rows: "asset",
    among: "t.dispose_on IS NOT NULL",
    wrong: "t.dispose_on < $1",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("廃棄する日の決まった情報資産{}件に、日を過ぎたものはありません。", f.expected),
    broken: |f| format!("廃棄する日の決まった情報資産{}件のうち{}件が、日を過ぎて残っています({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "廃棄予定日の入った情報資産がないため、確かめられません。",
);
