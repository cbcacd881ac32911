//! On the day a device was read, its protection software was of a version at most a year old.

use crate::Check;
use crate::check::{day, not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "protection_is_updated",
    "対策ソフトの版が、1年以内のものになっている",
    &["6.4.5"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile', 'server') AND t.protection <> 'none'",
    wrong: concat!("t.agent_on IS NULL OR ", day!("t.seen_on"), " - ", day!("t.agent_on"), " > 365"),
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("対策の入った{}台の全てで、対策ソフトの版が新しいままです。", f.expected),
    broken: |f| format!("対策の入った{}台のうち{}台で、対策ソフトの版が1年より古いか、分かりません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "不正プログラム対策の入った機器が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
