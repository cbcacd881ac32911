//! On the day a device was read, its last full scan was at most a month old.

use crate::Check;
use crate::check::{day, not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "full_scans_are_run",
    "端末を、31日以内にフルスキャンしている",
    &["6.4.14"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile', 'server') AND t.protection <> 'none'",
    wrong: concat!("t.scanned_on IS NULL OR ", day!("t.seen_on"), " - ", day!("t.scanned_on"), " > 31"),
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("対策の入った{}台の全てを、31日以内にフルスキャンしています。", f.expected),
    broken: |f| format!("対策の入った{}台のうち{}台は、31日以内のフルスキャンがありません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "不正プログラム対策の入った機器が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
