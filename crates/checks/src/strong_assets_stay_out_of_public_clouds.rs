//! 3A and 3B are not kept in a public cloud, by zone or by the system that holds them.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "strong_assets_stay_out_of_public_clouds",
    "機密性3A・3Bの情報が、インターネットのクラウドにない",
    &["2.3.7"],
    complete: false,
    reads: &["asset", "system"],
    rows: "asset",
    among: "t.form <> 'paper' AND t.confidentiality IN ('3A', '3B', '3')",
    wrong: "t.zone = 'cloud' OR EXISTS (SELECT 1 FROM system s WHERE s.id = t.system_id AND s.cloud = 'public')",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("機密性3A・3Bの電子の情報資産{}件は、どれもインターネットのクラウドにありません。", f.expected),
    broken: |f| format!("機密性3A・3Bの電子の情報資産{}件のうち{}件が、インターネットのクラウドにあります({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "機密性3A・3Bの電子の情報資産が台帳にないため、確かめられません。",
);
