//! A medium is handled by the highest class among the assets on it, which is not above what it is meant for.

use crate::Check;
use crate::check::{assets_in, not_stocktaken, register_check, weight};

pub(crate) static CHECK: Check = register_check!(
    "media_bear_their_highest_class",
    "記録媒体に、入れてよい区分より高い情報が入っていない",
    &["2.2.13"],
    complete: false,
    reads: &["asset", "medium"],
    rows: "medium",
    among: concat!("EXISTS (SELECT 1 FROM ", assets_in!("medium_id"), ")"),
    wrong: concat!(
        "EXISTS (SELECT 1 FROM ",
        assets_in!("medium_id"),
        " AND ",
        weight!("a.confidentiality"),
        " > ",
        weight!("t.class_allowed"),
        ")"
    ),
    fact: "COALESCE(t.checked_on, t.valid_from)",
    days: "396",
    source: "記録媒体の台帳",
    holds: |f| format!("情報資産の入った媒体{}本の全てで、区分が守られています。", f.expected),
    broken: |f| format!("情報資産の入った媒体{}本のうち{}本に、入れてよい区分より高い情報が入っています({})。", f.expected, f.violating, f.names()),
    aged: not_stocktaken,
    unproven: "情報資産と結びついた記録媒体がないため、確かめられません。",
);
