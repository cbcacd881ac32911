//! What was to be disposed of by a day is not still there after it; and what is older than it was to be kept (counted
//! from the end of the year it began in) has such a day.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "unneeded_assets_are_gone",
    "廃棄する日を過ぎた情報資産が残っていない",
    &["2.2.8"],
    complete: false,
    reads: &["asset"],
    rows: "asset",
    among: "(t.dispose_on IS NOT NULL OR (t.keeping IN ('1', '3', '5', '10', '30')
            AND CAST(SUBSTR(t.valid_from, 1, 4) AS BIGINT)
                + CAST(CASE WHEN t.keeping IN ('1', '3', '5', '10', '30') THEN t.keeping ELSE '0' END AS BIGINT) + 1
                < CAST(SUBSTR($1, 1, 4) AS BIGINT)))",
    wrong: "(t.dispose_on IS NULL OR t.dispose_on < $1)",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("廃棄する日の決まった情報資産{}件に、日を過ぎたものはありません。", f.expected),
    broken: |f| format!("保存期間の終わる情報資産{}件のうち{}件が、廃棄する日を過ぎて残っているか、日が決まっていません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "保存期間の終わる情報資産がないため、確かめられません。",
);
