//! A system of the resident zone that runs in a cloud keeps its data encrypted, and not in a public one.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "resident_clouds_are_encrypted",
    "クラウドにある住民情報系のシステムが、暗号化されている",
    &["3.1.10", "3.1.11"],
    complete: false,
    reads: &["system"],
    rows: "system",
    among: "t.zone = 'resident' AND t.cloud <> 'none'",
    wrong: "NOT t.encrypted OR t.cloud = 'public'",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報システムの台帳",
    holds: |f| format!("クラウドにある住民情報系の{}システムの全てが、暗号化されています。", f.expected),
    broken: |f| format!("クラウドにある住民情報系の{}システムのうち{}が、暗号化されていないか、インターネットのクラウドにあります({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "クラウドにある住民情報系のシステムが台帳にないため、確かめられません。該当なしなら、その報告が要ります。",
);
