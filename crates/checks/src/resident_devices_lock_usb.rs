//! No terminal of the resident zone takes a USB medium, as read off it.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "resident_devices_lock_usb",
    "住民情報系の端末から、USBで持ち出せない",
    &["3.1.8"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile') AND t.zone = 'resident'",
    wrong: "t.usb <> 'locked'",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("住民情報系の端末{}台の全てで、USBの記録媒体を使えません。", f.expected),
    broken: |f| format!("住民情報系の端末{}台のうち{}台で、USBの記録媒体を使えます({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "住民情報系の端末が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
