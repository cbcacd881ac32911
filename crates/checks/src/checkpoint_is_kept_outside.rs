//! Somebody outside held a checkpoint within 7 days (specs/ledger.md): an auditor's word, or the signature of a witness
//! whose key an auditor has compared. What the operator alone could have written does not count.

use crate::Check;

/// Every checkpoint that somebody outside is known to hold, up to the instant `$2`.
macro_rules! vouched {
    () => {
        concat!(
            "SELECT 'outside_checkpoint' AS noun, o.id AS id, o.place AS place, o.confirmed_ms AS at_ms
            FROM outside_checkpoint o WHERE o.confirmed_ms <= $2 AND EXISTS (SELECT 1 FROM assignment a
                JOIN role_seat r ON ",
            sekisho_store::carries!("r", "a", "$1"),
            " WHERE a.person_id = o.person_id AND r.role IN ('audit_chief', 'auditor'))
        UNION ALL
        SELECT 'cosignature' AS noun, c.id AS id, w.place AS place, c.signed_ms AS at_ms
            FROM cosignature c JOIN ledger_witness w ON w.key = c.key AND w.ended_ms IS NULL
            WHERE c.signed_ms <= $2"
        )
    };
}

pub(crate) static CHECK: Check = Check {
    id: "checkpoint_is_kept_outside",
    version: 2,
    title: "証跡の封印を、7日以内に監査人か立会人が確かめている",
    requirements: &["6.1.9"],
    complete: false,
    reads: &["assignment", "cosignature", "ledger_witness", "outside_checkpoint", "role_seat", "section"],
    source: "監査人の確認と、立会人の連署",
    // The log is one thing, however often somebody confirms it.
    population: concat!(
        "SELECT CAST(1 AS BIGINT) AS expected, CAST(CASE WHEN COUNT(*) > 0 THEN 1 ELSE 0 END AS BIGINT) AS observed,
            MAX(v.at_ms) AS source_ms FROM (",
        vouched!(),
        ") v WHERE $1 <> ''"
    ),
    violating: concat!(
        "SELECT l.noun, l.id, l.place AS label, CAST(1 AS BIGINT) AS total
            FROM (SELECT v.noun, v.id, v.place, v.at_ms FROM (",
        vouched!(),
        ") v ORDER BY v.at_ms DESC, v.id DESC LIMIT 1) l WHERE l.at_ms < $2 - 604800000 AND $1 <> ''"
    ),
    holds: |_| "7日以内に、監査人か立会人が、外にある封印と一致することを確かめています。".to_owned(),
    broken: |f| format!("外({})での封印の確認が、7日より前で止まっています。", f.names()),
    aged: None,
    owners: None,
    unproven: "監査人も立会人も、外にある封印をまだ確かめていません。",
};
