//! What is carried out of the house can be wiped from afar.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "carried_devices_can_be_wiped",
    "庁外に持ち出す端末を、遠隔で消去できる",
    &["4.4.6"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile') AND t.carried_out",
    wrong: "NOT t.wipeable",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("持ち出す端末{}台の全てを、遠隔で消去できます。", f.expected),
    broken: |f| format!("持ち出す端末{}台のうち{}台は、遠隔で消去できません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "持ち出す端末が台帳にないか、読み取っていないものがあるため、確かめられません。該当なしなら、その報告が要ります。",
);
