//! On the day a device was read, its pattern file was at most a week old.

use crate::Check;
use crate::check::{day, not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "patterns_are_current",
    "定義ファイルが、7日以内に更新されている",
    &["6.4.4", "6.4.8"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile', 'server') AND t.protection <> 'none'",
    wrong: concat!("t.pattern_on IS NULL OR ", day!("t.seen_on"), " - ", day!("t.pattern_on"), " > 7"),
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("対策の入った{}台の全てで、定義ファイルが新しいままです。", f.expected),
    broken: |f| format!("対策の入った{}台のうち{}台で、定義ファイルが7日より古くなっていました({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "不正プログラム対策の入った機器が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
