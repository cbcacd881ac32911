//! The settings of protection are out of the users' hands, as read off the device.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "users_cannot_change_protection",
    "利用者が、不正プログラム対策の設定を変えられない",
    &["6.4.9", "6.4.11"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile', 'server') AND t.protection <> 'none'",
    wrong: "NOT t.settings_locked",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("対策の入った{}台の全てで、利用者は設定を変えられません。", f.expected),
    broken: |f| format!("対策の入った{}台のうち{}台で、利用者が設定を変えられます({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "不正プログラム対策の入った機器が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
