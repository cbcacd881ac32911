//! What is in force and public was seen at an outside address by a person: the policy (地方自治法, 公表), and every other
//! document whose 公開区分 is 公開. What counts is the very file that this system gives out for the edition, or one that
//! was read and has the words of the edition and no others; until somebody finds one that says something else.

use crate::Check;
use crate::check::in_force;

pub(crate) static CHECK: Check = Check {
    id: "policy_is_published",
    version: 4,
    title: "施行中の基本方針と、公開の文書が公表されている",
    requirements: &["9.3.5", "P1.2"],
    complete: false,
    reads: &["document", "publication", "revision"],
    source: "公表の記録",
    population: concat!(
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, MAX(approved_ms) AS source_ms
        FROM revision WHERE id = ",
        in_force!("policy"),
        " AND $2 >= 0"
    ),
    violating: concat!(
        "SELECT 'revision' AS noun, r.id, r.title AS label, COUNT(*) OVER () AS total
        FROM revision r JOIN document d ON d.id = r.document_id
        WHERE $2 >= 0 AND r.state = 'approved' AND r.effective_on <= $1
            AND (r.id = ",
        in_force!("policy"),
        " OR (d.visibility = 'public' AND NOT EXISTS (SELECT 1 FROM revision n
                WHERE n.document_id = d.id AND n.state = 'approved' AND n.effective_on <= $1
                    AND (n.effective_on > r.effective_on
                        OR (n.effective_on = r.effective_on AND n.number > r.number)))))
            AND (NOT EXISTS (SELECT 1 FROM publication p WHERE p.revision_id = r.id AND p.published_on <= $1
                    AND (p.same_as IN ('html', 'pdf') OR p.words = 'agree'))
                OR 'differ' = (SELECT p.words FROM publication p WHERE p.revision_id = r.id
                    ORDER BY p.id DESC LIMIT 1))
        ORDER BY r.title, r.id LIMIT 20"
    ),
    holds: |_| {
        "施行中の基本方針と公開の文書が、外部で公表されていることを人が確かめています。ファイルは、取り出したものと同じか、文字がその版と同じです。".to_owned()
    },
    broken: |f| {
        format!(
            "施行中の「{}」と同じ文字のファイルが公表されていることを、まだ誰も確かめていないか、最後に確かめたファイルがその版と違います。",
            f.names()
        )
    },
    aged: None,
    owners: None,
    unproven: "施行中の基本方針がないため、確かめられません。",
};
