//! Work on the strongest classes happens on devices the city hands out.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "private_devices_stay_out",
    "私物の端末が、内側のネットワークにつながっていない",
    &["2.3.1"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.kind IN ('pc', 'mobile') AND t.zone IN ('resident', 'lgwan', 'separate')",
    wrong: "t.owner = 'private' OR t.state = 'unknown'",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("内側のネットワークの端末{}台の全てが、支給したものです。", f.expected),
    broken: |f| format!("内側のネットワークの端末{}台のうち{}台が、私物か、台帳にない機器です({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "端末が台帳にないか、一度も読み取っていないため、確かめられません。",
);
