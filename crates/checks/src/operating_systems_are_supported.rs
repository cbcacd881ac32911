//! The maker still supports the operating system of every terminal and server; not knowing until when is not enough.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "operating_systems_are_supported",
    "サポートの終わったOSを使っていない",
    &["6.4.6"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile', 'server')",
    wrong: "t.os_support_to < $1",
    fact: "CASE WHEN t.os_support_to IS NULL THEN NULL ELSE t.seen_on END",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("端末とサーバ{}台の全てで、OSのサポートが続いています。", f.expected),
    broken: |f| format!("端末とサーバ{}台のうち{}台で、OSのサポートが終わっています({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "OSのサポート期限か読み取った日が分からない機器があるため、確かめられません。",
);
