//! An asset in a cloud names the system that holds it, and that system is a cloud.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "cloud_assets_have_a_system",
    "クラウドの情報資産が、どのシステムにあるか分かる",
    &["2.2.4"],
    complete: false,
    reads: &["asset", "system"],
    rows: "asset",
    among: "t.zone = 'cloud'",
    wrong: "NOT EXISTS (SELECT 1 FROM system s WHERE s.id = t.system_id AND s.cloud <> 'none')",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("クラウドにある情報資産{}件の全てについて、どのシステムにあるかが分かります。", f.expected),
    broken: |f| format!("クラウドにある情報資産{}件のうち{}件は、どのシステムにあるかが分かりません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "クラウドにある情報資産が台帳にないため、確かめられません。該当なしなら、その報告が要ります。",
);
