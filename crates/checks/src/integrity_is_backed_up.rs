//! A system that holds assets of 完全性2 has a backup, and the last good one is not older than a month.

use crate::Check;
use crate::check::{assets_in, not_backed_up, register_check};

pub(crate) static CHECK: Check = register_check!(
    "integrity_is_backed_up",
    "完全性2の情報システムに、新しいバックアップがある",
    &["2.4.1"],
    complete: false,
    reads: &["asset", "system"],
    rows: "system",
    among: concat!("EXISTS (SELECT 1 FROM ", assets_in!("system_id"), " AND a.integrity = '2')"),
    wrong: "t.backup = 'none'",
    fact: "CASE WHEN t.backup = 'none' THEN $1 ELSE t.backed_up_on END",
    days: "31",
    source: "情報システムの台帳",
    holds: |f| format!("完全性2の情報が入った{}システムの全てに、1か月以内のバックアップがあります。", f.expected),
    broken: |f| format!("完全性2の情報が入った{}システムのうち{}は、バックアップをとっていません({})。", f.expected, f.violating, f.names()),
    aged: not_backed_up,
    unproven: "完全性2の情報資産と結びついた情報システムがないか、バックアップの日が分からないため、確かめられません。",
);
