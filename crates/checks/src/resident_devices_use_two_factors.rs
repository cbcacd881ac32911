//! Every terminal of the resident zone asks for two factors, as read off it.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "resident_devices_use_two_factors",
    "住民情報系の端末が、多要素認証になっている",
    &["3.1.6", "4.4.4"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile') AND t.zone = 'resident'",
    wrong: "t.login <> 'mfa'",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("住民情報系の端末{}台の全てが、多要素認証です。", f.expected),
    broken: |f| format!("住民情報系の端末{}台のうち{}台が、多要素認証ではありません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "住民情報系の端末が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
