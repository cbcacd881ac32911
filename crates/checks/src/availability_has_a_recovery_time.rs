//! A system that holds assets of 可用性2 knows how soon it must be back, and was brought back within the year.

use crate::Check;
use crate::check::{assets_in, not_restored, register_check};

pub(crate) static CHECK: Check = register_check!(
    "availability_has_a_recovery_time",
    "可用性2の情報システムに、目標復旧時間と復旧訓練がある",
    &["2.4.3"],
    complete: false,
    reads: &["asset", "system"],
    rows: "system",
    among: concat!("EXISTS (SELECT 1 FROM ", assets_in!("system_id"), " AND a.availability = '2')"),
    wrong: "t.backup = 'none' OR t.rto_hours IS NULL",
    fact: "t.restored_on",
    days: "396",
    source: "情報システムの台帳",
    holds: |f| format!("可用性2の情報が入った{}システムの全てが、目標復旧時間を決め、1年以内に復旧訓練をしています。", f.expected),
    broken: |f| format!("可用性2の情報が入った{}システムのうち{}は、目標復旧時間かバックアップがありません({})。", f.expected, f.violating, f.names()),
    aged: not_restored,
    unproven: "可用性2の情報資産と結びついた情報システムがないか、復旧訓練の日が分からないため、確かめられません。",
);
