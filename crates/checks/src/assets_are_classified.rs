//! An asset with personal data is not of the lowest class and says why it has the one it has.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "assets_are_classified",
    "個人情報のある情報資産に、区分と理由がある",
    &["2.1.1", "2.2.7"],
    complete: false,
    reads: &["asset"],
    rows: "asset",
    among: "t.personal_data <> 'none'",
    wrong: "t.confidentiality = '1' OR t.reason IS NULL",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("個人情報を含む情報資産{}件の全てに、区分とその理由があります。", f.expected),
    broken: |f| format!("個人情報を含む情報資産{}件のうち{}件は、区分が低すぎるか、理由がありません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "個人情報を含む情報資産が台帳にないため、確かめられません。",
);
