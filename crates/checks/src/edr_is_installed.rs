//! Terminals that reach the internet or are carried out run EDR.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "edr_is_installed",
    "インターネットにつながる側の端末に、EDRが入っている",
    &["6.4.10"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile') AND (t.zone = 'internet' OR t.carried_out)",
    wrong: "t.protection <> 'edr'",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("インターネットにつながるか持ち出す端末{}台の全てに、EDRが入っています。", f.expected),
    broken: |f| format!("インターネットにつながるか持ち出す端末{}台のうち{}台に、EDRが入っていません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "インターネットにつながる端末が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
