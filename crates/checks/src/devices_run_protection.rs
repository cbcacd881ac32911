//! Every terminal and server runs protection, as read off it.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "devices_run_protection",
    "端末とサーバに、不正プログラム対策が入っている",
    &["6.4.4", "6.4.7"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile', 'server')",
    wrong: "t.protection = 'none'",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("端末とサーバ{}台の全てに、不正プログラム対策が入っています。", f.expected),
    broken: |f| format!("端末とサーバ{}台のうち{}台に、不正プログラム対策が入っていません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "端末が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
