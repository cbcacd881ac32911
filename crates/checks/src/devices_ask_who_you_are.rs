//! No terminal or server lets somebody in without asking.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "devices_ask_who_you_are",
    "端末が、ログインで認証を求める",
    &["4.4.2"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile', 'server')",
    wrong: "t.login = 'none'",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("端末とサーバ{}台の全てが、ログインで認証を求めます。", f.expected),
    broken: |f| format!("端末とサーバ{}台のうち{}台が、認証なしで使えます({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "端末が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
