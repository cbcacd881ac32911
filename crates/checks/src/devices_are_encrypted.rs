//! The disks of terminals are encrypted, as read off them.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "devices_are_encrypted",
    "端末の内蔵ディスクが、暗号化されている",
    &["4.4.5"],
    complete: false,
    reads: &["device"],
    rows: "device",
    among: "t.state <> 'stored' AND t.kind IN ('pc', 'mobile')",
    wrong: "NOT t.encrypted",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("端末{}台の全てで、内蔵ディスクが暗号化されています。", f.expected),
    broken: |f| format!("端末{}台のうち{}台で、内蔵ディスクが暗号化されていません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "端末が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
