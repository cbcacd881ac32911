//! Every asset belongs to a section that exists and has its 情報セキュリティ管理者 today.

use crate::Check;
use crate::check::{not_stocktaken, register_check};
use sekisho_store::office;

pub(crate) static CHECK: Check = register_check!(
    "assets_have_managers",
    "全ての情報資産に、責任を持つ管理者がいる",
    &["2.2.1"],
    complete: true,
    reads: &["asset", "assignment", "person", "position", "role_seat", "section"],
    rows: "asset",
    among: "t.id <> ''",
    wrong: concat!(
        "NOT EXISTS (SELECT 1 FROM section s WHERE s.unit_id = t.unit_id AND s.valid_from <= $1
            AND (s.valid_to IS NULL OR s.valid_to > $1))
        OR ",
        office!("t.unit_id", "$1"),
        " NOT IN (SELECT ",
        office!("a.unit_id", "$1"),
        " FROM ",
        crate::check::holders!("manager"),
        ")"
    ),
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "情報資産の台帳",
    holds: |f| format!("情報資産{}件の全てに、今日、責任を持つ情報セキュリティ管理者がいます。", f.expected),
    broken: |f| format!("情報資産{}件のうち{}件に、責任を持つ情報セキュリティ管理者がいません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "情報資産が台帳にないため、確かめられません。",
);
