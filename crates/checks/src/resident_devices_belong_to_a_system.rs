//! A terminal of the resident zone is there for one system.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "resident_devices_belong_to_a_system",
    "住民情報系の端末が、業務ごとの専用になっている",
    &["3.1.7"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile') AND t.zone = 'resident'",
    wrong: "t.system_id IS NULL",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("住民情報系の端末{}台の全てについて、どの業務のものかが分かります。", f.expected),
    broken: |f| format!("住民情報系の端末{}台のうち{}台は、どの業務のものか分かりません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "住民情報系の端末が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
