//! A terminal for a system that holds 3A, 3B or an undecided 3 asks for more than a password.

use crate::Check;
use crate::check::{not_read, register_check};

pub(crate) static CHECK: Check = register_check!(
    "devices_of_strong_systems_use_two_factors",
    "重要な情報を扱う端末が、多要素認証になっている",
    &["4.4.3"],
    complete: false,
    reads: &["asset", "device"],
    rows: "device",
    among: concat!(
        "t.state <> 'stored' AND t.kind IN ('pc', 'mobile') AND EXISTS (SELECT 1 FROM asset a WHERE a.system_id = t.system_id AND a.valid_from <= $1
            AND (a.valid_to IS NULL OR a.valid_to > $1) AND a.confidentiality IN ('3A', '3B', '3'))"
    ),
    wrong: "t.login <> 'mfa'",
    fact: "t.seen_on",
    days: "14",
    source: "機器の台帳（機器から読み取った値）",
    holds: |f| format!("重要な情報を扱う端末{}台の全てが、多要素認証です。", f.expected),
    broken: |f| format!("重要な情報を扱う端末{}台のうち{}台が、多要素認証ではありません({})。", f.expected, f.violating, f.names()),
    aged: not_read,
    unproven: "重要な情報を扱う情報システムの端末が台帳にないか、読み取っていないものがあるため、確かめられません。",
);
