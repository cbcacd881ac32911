//! A medium for anything above the lowest class is lent only with a permission that can be looked up.

use crate::Check;
use crate::check::{not_stocktaken, register_check};

pub(crate) static CHECK: Check = register_check!(
    "carried_media_are_permitted",
    "持ち出している記録媒体に、管理者の許可がある",
    &["2.2.20"],
    complete: false,
    reads: &["medium"],
    rows: "medium",
    among: "t.class_allowed <> '1' AND t.lent_on IS NOT NULL",
    wrong: "t.permit IS NULL",
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "記録媒体の台帳",
    holds: |f| format!("貸したことのある媒体{}本の全てに、許可番号があります。", f.expected),
    broken: |f| format!("貸したことのある媒体{}本のうち{}本に、許可番号がありません({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "貸した記録媒体がないため、確かめられません。該当なしなら、その報告が要ります。",
);
