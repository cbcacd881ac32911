//! What a machine check is.
//!
//! A check over a register says three things about its rows: which it looks at (`among`), what is wrong (`wrong`),
//! and how long a fact counts (`fact`, `days`). [`register_check`] makes the queries from them.

/// A machine check: two queries and the sentences around them.
///
/// Both queries take `$1` = the day (ISO, in Japan) and `$2` = the instant in epoch milliseconds.
#[derive(Debug)]
pub struct Check {
    /// File name, section of `docs/checks.md`, and what verdicts carry.
    pub id: &'static str,
    /// Raised when the meaning changes; old verdicts keep the version they were made with.
    pub version: i64,
    pub title: &'static str,
    /// Catalogue rows it speaks for.
    pub requirements: &'static [&'static str],
    /// Whether it proves those rows wholly. If not, they need filed evidence as well.
    pub complete: bool,
    /// Record nouns whose change can change the answer.
    pub reads: &'static [&'static str],
    /// One row: `expected BIGINT, observed BIGINT, source_ms BIGINT NULL`.
    pub population: &'static str,
    /// Rows `noun, id, label, total`: whatever violates, at most 20 of them, `total` counting all.
    pub violating: &'static str,
    /// Facts that have grown too old to say anything. `None`: what is judged is this system's own and never ages.
    pub aged: Option<Aged>,
    /// Whose it is that violates.
    pub owners: Option<Owners>,
    /// Where the population comes from, as the page says it.
    pub source: &'static str,
    /// What holds, as a sentence.
    pub holds: fn(&Finding) -> String,
    /// What is wrong, as a sentence.
    pub broken: fn(&Finding) -> String,
    /// Why nothing can be said, when the population is empty or incomplete.
    pub unproven: &'static str,
}

/// Rows whose facts are older than they count for, in the same columns as [`Check::violating`].
#[derive(Debug)]
pub struct Aged {
    pub rows: &'static str,
    pub owners: Option<Owners>,
    /// What has grown old, as a sentence.
    pub says: fn(&Finding) -> String,
}

/// Whose rows those are, in the same columns.
#[derive(Clone, Copy, Debug)]
pub struct Owners {
    /// The sections, all of them; `total` counts what each of them holds.
    pub sections: &'static str,
    /// The first rows of the section `$3`.
    pub rows: &'static str,
}

/// What the queries found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub expected: i64,
    pub observed: i64,
    pub violating: i64,
    pub samples: Vec<Sample>,
    /// Sections that have to act on it, with how many rows each.
    pub owners: Vec<Sample>,
    pub source_ms: Option<i64>,
}

/// The id of the revision of a kind of document that is in force on day `$1`, as a subquery.
macro_rules! in_force {
    ($kind:literal) => {
        concat!(
            "(SELECT r.id FROM revision r JOIN document d ON d.id = r.document_id WHERE d.kind = '",
            $kind,
            "' AND r.state = 'approved' AND r.effective_on <= $1
                ORDER BY r.effective_on DESC, r.number DESC LIMIT 1)"
        )
    };
}
pub(crate) use in_force;

/// Assignments `a`, with the `role_seat` r that gives them a role and their person n, that hold it on day `$1`.
macro_rules! holders {
    ($role:literal) => {
        concat!(
            "assignment a JOIN role_seat r ON ",
            sekisho_store::carries!("r", "a", "$1"),
            " JOIN person n ON n.id = a.person_id
            WHERE r.role = '",
            $role,
            "' AND a.kind NOT IN ('leave', 'dispatch')
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
                AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1)
                AND (n.left_on IS NULL OR n.left_on > $1)"
        )
    };
}
pub(crate) use holders;

/// Section `s` is one to which the policy applies on day `$1`: no decision on 適用範囲 takes the whole of it out.
/// Sections that are out leave the denominator and stay in the list of 適用範囲.
macro_rules! in_scope {
    () => {
        "s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
            AND NOT EXISTS (SELECT 1 FROM scope x WHERE x.unit_id = s.unit_id AND x.matter IS NULL AND NOT x.applies
                AND x.valid_from <= $1 AND (x.valid_to IS NULL OR x.valid_to > $1))"
    };
}
pub(crate) use in_scope;

/// A check that exactly one person holds a city-wide role today.
macro_rules! one_incumbent {
    ($id:literal, $role:literal, $word:literal, $requirements:expr) => {
        $crate::Check {
            id: $id,
            version: 1,
            title: concat!($word, "が1人いる"),
            requirements: $requirements,
            complete: true,
            reads: &["assignment", "person", "position", "role_seat"],
            source: "体制と配属",
            population: "SELECT CAST(1 AS BIGINT) AS expected,
                    CAST(CASE WHEN EXISTS (SELECT 1 FROM assignment) THEN 1 ELSE 0 END AS BIGINT) AS observed,
                    CAST($2 AS BIGINT) AS source_ms WHERE $1 <> ''",
            violating: concat!(
                "SELECT 'role_seat' AS noun, '",
                $role,
                "' AS id, CAST(q.held AS TEXT) AS label, CAST(1 AS BIGINT) AS total
                FROM (SELECT COUNT(DISTINCT a.person_id) AS held FROM ",
                $crate::check::holders!($role),
                ") q WHERE q.held <> 1 AND $2 >= 0"
            ),
            holds: |_| concat!($word, "が1人、今日の体制にいます。").to_owned(),
            broken: |f| {
                format!(concat!("今日の体制で、", $word, "に当たる人は{}人です(1人であるべきです)。"), f.names())
            },
            aged: None,
            owners: None,
            unproven: "配属が1件も登録されていないため、確かめられません。",
        }
    };
}
pub(crate) use one_incumbent;

/// A check that every section `s` for which a condition holds has somebody in a role today.
macro_rules! every_section_has {
    ($id:literal, $which:literal, $role:literal, $word:literal, $requirements:expr) => {
        $crate::Check {
            id: $id,
            version: 1,
            title: concat!($word, "が全ての対象組織にいる"),
            requirements: $requirements,
            complete: true,
            reads: &["assignment", "person", "position", "role_seat", "scope", "section"],
            source: "組織と配属",
            population: concat!(
                "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms
                FROM section s WHERE ",
                $which,
                " AND ",
                $crate::check::in_scope!()
            ),
            violating: concat!(
                "SELECT 'section' AS noun, s.unit_id AS id, s.name AS label, COUNT(*) OVER () AS total
                FROM section s WHERE ",
                $which,
                " AND ",
                $crate::check::in_scope!(),
                " AND $2 >= 0 AND s.unit_id NOT IN (SELECT ",
                sekisho_store::office!("a.unit_id", "$1"),
                " FROM ",
                $crate::check::holders!($role),
                ")
                ORDER BY s.sort_key LIMIT 20"
            ),
            holds: |f| format!(concat!("{}の組織の全てに、今日、", $word, "がいます。"), f.expected),
            broken: |f| {
                format!(
                    concat!("{}の組織のうち{}に、", $word, "がいません({})。"),
                    f.expected,
                    f.violating,
                    f.names()
                )
            },
            aged: None,
            owners: None,
            unproven: "対象の組織が登録されていないため、確かめられません。",
        }
    };
}
pub(crate) use every_section_has;

/// Whether more than so many months have gone by since a day: false on the anniversary itself, true on the day after.
macro_rules! overdue {
    ($since:expr, $months:expr) => {
        concat!(
            "((CAST(SUBSTR($1, 1, 4) AS BIGINT) - CAST(SUBSTR(",
            $since,
            ", 1, 4) AS BIGINT)) * 12 + CAST(SUBSTR($1, 6, 2) AS BIGINT) - CAST(SUBSTR(",
            $since,
            ", 6, 2) AS BIGINT) - CASE WHEN SUBSTR($1, 9, 2) <= SUBSTR(",
            $since,
            ", 9, 2) THEN 1 ELSE 0 END >= ",
            $months,
            ")"
        )
    };
}
pub(crate) use overdue;

/// Document `d` has an edition in force and its time for a review is over, counted from the last review or, before
/// the first one, from the day the edition took effect.
macro_rules! review_is_overdue {
    () => {
        concat!(
            "$2 >= 0 AND EXISTS (SELECT 1 FROM revision r
                WHERE r.document_id = d.id AND r.state = 'approved' AND r.effective_on <= $1) AND ",
            $crate::check::overdue!($crate::check::last_review!(), "d.review_months")
        )
    };
}
pub(crate) use review_is_overdue;

/// The day of the last review of document `d`.
macro_rules! last_review {
    () => {
        "COALESCE(d.reviewed_on, (SELECT MAX(t.effective_on) FROM revision t
            WHERE t.document_id = d.id AND t.state = 'approved' AND t.effective_on <= $1))"
    };
}
pub(crate) use last_review;

/// The number of the day of an ISO date, counted from a day long ago, in the portable subset: differences of two
/// are days. NULL for NULL.
macro_rules! day {
    ($date:literal) => {
        concat!(
            "(365 * (",
            $crate::check::year!($date),
            ") + (",
            $crate::check::year!($date),
            ") / 4 - (",
            $crate::check::year!($date),
            ") / 100 + (",
            $crate::check::year!($date),
            ") / 400 + (153 * (CAST(SUBSTR(",
            $date,
            ", 6, 2) AS BIGINT) + 9 - 12 * ((CAST(SUBSTR(",
            $date,
            ", 6, 2) AS BIGINT) + 9) / 12)) + 2) / 5 + CAST(SUBSTR(",
            $date,
            ", 9, 2) AS BIGINT))"
        )
    };
}
pub(crate) use day;

/// The year that begins on March 1, so that the leap day is its last.
macro_rules! year {
    ($date:literal) => {
        concat!(
            "CAST(SUBSTR(",
            $date,
            ", 1, 4) AS BIGINT) - 1 + (CAST(SUBSTR(",
            $date,
            ", 6, 2) AS BIGINT) + 9) / 12"
        )
    };
}
pub(crate) use year;

/// [`day`] of 1970-01-01: what turns days into epoch milliseconds.
macro_rules! epoch_day {
    () => {
        "719469"
    };
}
pub(crate) use epoch_day;

/// Which rows of a register a check looks at: those that hold today, or (`ever`) those that have ended as well.
macro_rules! held {
    (rows) => {
        "t.valid_from <= $1 AND (t.valid_to IS NULL OR t.valid_to > $1)"
    };
    (ever) => {
        "t.valid_from <= $1"
    };
}
pub(crate) use held;

/// A decision `x` on 適用範囲 names row `t` of a register: by its number or name, or by those of its system.
macro_rules! scope_names {
    ("asset", $x:literal) => {
        $crate::check::scope_names!(with_system, $x)
    };
    ("device", $x:literal) => {
        $crate::check::scope_names!(with_system, $x)
    };
    (with_system, $x:literal) => {
        concat!(
            "(",
            $x,
            ".matter IN (t.number, t.name) OR EXISTS (SELECT 1 FROM system z WHERE z.id = t.system_id AND ",
            $x,
            ".matter IN (z.number, z.name)))"
        )
    };
    ($noun:literal, $x:literal) => {
        concat!($x, ".matter IN (t.number, t.name)")
    };
}
pub(crate) use scope_names;

/// The policy applies to row `t` on day `$1`. What is decided about the system or the business itself goes before what
/// is decided about the organisation: a 公民館 may be out with its own business and in with the systems it shares.
macro_rules! row_in_scope {
    ($noun:tt) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM scope x WHERE x.unit_id = t.unit_id AND NOT x.applies
                AND x.valid_from <= $1 AND (x.valid_to IS NULL OR x.valid_to > $1)
                AND (",
            $crate::check::scope_names!($noun, "x"),
            " OR x.matter IS NULL AND NOT EXISTS (SELECT 1 FROM scope y WHERE y.unit_id = t.unit_id AND y.applies
                AND y.valid_from <= $1 AND (y.valid_to IS NULL OR y.valid_to > $1) AND ",
            $crate::check::scope_names!($noun, "y"),
            ")))"
        )
    };
}
pub(crate) use row_in_scope;

/// Rows `t` of a register that the policy applies to and for which a condition holds.
macro_rules! rows_where {
    ($held:ident: $noun:tt, $among:expr, $condition:expr) => {
        concat!(
            " FROM ",
            $noun,
            " t WHERE ",
            $crate::check::held!($held),
            " AND $2 >= 0 AND ",
            $crate::check::row_in_scope!($noun),
            " AND ",
            $among,
            " AND (",
            $condition,
            ")"
        )
    };
}
pub(crate) use rows_where;

/// The first of those rows, by number, and how many they are.
macro_rules! first_rows {
    ($held:ident: $noun:tt, $among:expr, $condition:expr) => {
        $crate::check::first_rows!($held: $noun, $among, $condition, "", "20")
    };
    ($held:ident: $noun:tt, $among:expr, $condition:expr, $of:literal, $most:literal) => {
        concat!(
            "SELECT '",
            $noun,
            "' AS noun, t.id AS id, t.number || ' ' || t.name AS label, COUNT(*) OVER () AS total",
            $crate::check::rows_where!($held: $noun, $among, $condition),
            $of,
            " ORDER BY t.number, t.id LIMIT ",
            $most
        )
    };
}
pub(crate) use first_rows;

/// The sections that hold those rows, those with the most first, and the rows of one of them.
macro_rules! owners {
    ($held:ident: $noun:tt, $among:expr, $condition:expr) => {
        $crate::check::Owners {
            sections: concat!(
                "SELECT 'section' AS noun, COALESCE(t.unit_id, '-') AS id,
                    COALESCE((SELECT MAX(s.name) FROM section s WHERE s.unit_id = t.unit_id AND s.valid_from <= $1
                        AND (s.valid_to IS NULL OR s.valid_to > $1)), '課の決まっていないもの') AS label,
                    COUNT(*) AS total",
                $crate::check::rows_where!($held: $noun, $among, $condition),
                " GROUP BY t.unit_id ORDER BY total DESC, id LIMIT 200"
            ),
            rows: $crate::check::first_rows!($held: $noun, $among, $condition, " AND t.unit_id = $3", "100"),
        }
    };
}
pub(crate) use owners;

/// What a fact of row `t` says is older than so many days.
macro_rules! older_than {
    ($fact:literal, $days:literal) => {
        concat!($crate::check::day!("CAST($1 AS TEXT)"), " - ", $crate::check::day!($fact), " > ", $days)
    };
}
pub(crate) use older_than;

/// A check over the rows `t` of one register that the policy applies to.
///
/// `fact` is the ISO date from which what a row says counts, and `days` for how long. A row without it was never
/// observed, and leaves the check 未確認 when nothing worse is known.
macro_rules! register_check {
    (
        $id:literal, $title:literal, $requirements:expr, complete: $complete:literal, reads: $reads:expr,
        $held:ident: $noun:tt, among: $among:expr, wrong: $wrong:expr, fact: $fact:literal, days: $days:literal,
        source: $source:literal, holds: $holds:expr, broken: $broken:expr, aged: $aged:expr,
        unproven: $unproven:literal $(,)?
    ) => {
        $crate::Check {
            id: $id,
            version: 1,
            title: $title,
            requirements: $requirements,
            complete: $complete,
            reads: $reads,
            source: $source,
            population: concat!(
                "SELECT COUNT(*) AS expected, COUNT(",
                $fact,
                ") AS observed,
                    CAST(CASE WHEN MIN(",
                $fact,
                ") IS NULL THEN $2 ELSE (MIN(",
                $crate::check::day!($fact),
                ") - ",
                $crate::check::epoch_day!(),
                ") * 86400000 - 32400000 END AS BIGINT) AS source_ms
                FROM ",
                $noun,
                " t WHERE ",
                $crate::check::held!($held),
                " AND ",
                $crate::check::row_in_scope!($noun),
                " AND ",
                $among
            ),
            violating: $crate::check::first_rows!($held: $noun, $among, $wrong),
            aged: Some($crate::check::Aged {
                rows: $crate::check::first_rows!($held: $noun, $among, $crate::check::older_than!($fact, $days)),
                owners: Some(
                    $crate::check::owners!($held: $noun, $among, $crate::check::older_than!($fact, $days)),
                ),
                says: $aged,
            }),
            owners: Some($crate::check::owners!($held: $noun, $among, $wrong)),
            holds: $holds,
            broken: $broken,
            unproven: $unproven,
        }
    };
}
pub(crate) use register_check;

/// The judgement that counts: the last one of the 提出 that was read off last.
macro_rules! network_judged {
    () => {
        "network_result r JOIN network_snapshot s ON s.id = r.snapshot_id
            WHERE s.id = (SELECT n.id FROM network_snapshot n ORDER BY n.read_ms DESC, n.filed_ms DESC, n.id DESC
                LIMIT 1)
            AND NOT EXISTS (SELECT 1 FROM network_result l WHERE l.snapshot_id = r.snapshot_id
                AND (l.judged_ms > r.judged_ms OR l.judged_ms = r.judged_ms AND l.id > r.id))"
    };
}
pub(crate) use network_judged;

/// A check that a zone is apart from the others, over every device that was handed in.
///
/// What keeps it from holding stands in the population: devices and neighbours nobody explains, items the engine
/// could not decide, a sample that nobody took, and rows of the same clause (`also`) that the city did not adopt.
/// What is wrong is limited: the sample says no more than 是正中.
macro_rules! zone_is_apart {
    ($id:literal, $title:literal, $column:literal, $requirements:expr, also: $also:literal, holds: $holds:literal) => {
        $crate::Check {
            id: $id,
            version: 1,
            title: $title,
            requirements: $requirements,
            complete: true,
            reads: &["network_answer", "network_result", "network_snapshot", "requirement"],
            source: "提出された機器の設定（機器から読み出した日時から数える）",
            population: concat!(
                "SELECT CAST(COALESCE(SUM(x.expected), 0) AS BIGINT) AS expected,
                    CAST(COALESCE(SUM(x.observed), 0) AS BIGINT) AS observed, MAX(x.read_ms) AS source_ms
                FROM (SELECT s.read_ms AS read_ms, r.devices + r.missing + r.unlisted + r.unexplained
                    + CASE WHEN s.agrees THEN 0 ELSE 1 END
                    + (SELECT COUNT(*) FROM network_answer a
                        WHERE a.result_id = r.id AND a.verdict = 'unknown' AND a.",
                $column,
                ")
                    + (SELECT COUNT(*) FROM requirement q WHERE q.catalogue_id IN (",
                $also,
                ") AND q.state NOT IN ('adopted', 'modified')) AS expected,
                    CASE WHEN EXISTS (SELECT 1 FROM network_answer a
                        WHERE a.result_id = r.id AND a.kind IN ('deny', 'only') AND a.",
                $column,
                ") THEN r.devices ELSE 0 END AS observed
                    FROM ",
                $crate::check::network_judged!(),
                ") x WHERE $1 <> '' AND $2 >= 0"
            ),
            violating: concat!(
                "SELECT 'network_result' AS noun, r.id AS id, '是正中' AS label, COUNT(*) AS total
                FROM network_answer a JOIN (SELECT r.id AS id FROM ",
                $crate::check::network_judged!(),
                ") r ON r.id = a.result_id
                WHERE a.verdict = 'refuted' AND a.",
                $column,
                " AND $1 <> '' AND $2 >= 0 GROUP BY r.id"
            ),
            aged: Some($crate::Aged {
                rows: concat!(
                    "SELECT 'network_snapshot' AS noun, s.id AS id, '読み出しから35日を過ぎた設定' AS label,
                        CAST(1 AS BIGINT) AS total
                    FROM ",
                    $crate::check::network_judged!(),
                    // domain::network::FRESH_DAYS
                    " AND $2 - s.read_ms > 3024000000 AND $1 <> ''"
                ),
                owners: None,
                says: |f| {
                    format!(
                        "提出された{}台の設定は、機器から読み出してから35日を過ぎました。読み出し直して提出してください。",
                        f.observed
                    )
                },
            }),
            owners: None,
            holds: |f| format!(concat!("提出された{}台の設定について、", $holds), f.expected),
            broken: |f| {
                format!(
                    "提出された{}台の設定について、許していない通信が通ってしまう項目が{}件あり、是正中です。",
                    f.observed, f.violating
                )
            },
            unproven: "設定が提出されていないか、説明のつかない機器、判定できない項目、済んでいない抜取確認、採用していない要求があります。「ネットワークの分離」の画面で、一つずつ確かめてください。",
        }
    };
}
pub(crate) use zone_is_apart;

/// How much a class of 機密性 weighs, across editions: the old 3 reads as 3B until it is decided again.
macro_rules! weight {
    ($class:literal) => {
        concat!(
            "CASE ",
            $class,
            " WHEN '3A' THEN 5 WHEN '3B' THEN 4 WHEN '3' THEN 4 WHEN '3C' THEN 3
            WHEN '2' THEN 2 WHEN '1' THEN 1 ELSE 9 END"
        )
    };
}
pub(crate) use weight;

/// Assets `a` that hold today and lie in (`$column`) the row `t`.
macro_rules! assets_in {
    ($column:literal) => {
        concat!(
            "asset a WHERE a.",
            $column,
            " = t.id AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)"
        )
    };
}
pub(crate) use assets_in;

/// A row behind a count.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Sample {
    pub noun: String,
    pub id: String,
    pub label: String,
    pub total: i64,
}

/// Rows of a register that nobody has confirmed for a year and a month's grace.
pub(crate) fn not_stocktaken(f: &Finding) -> String {
    format!("{}件のうち{}件は、1年以上確かめていません({})。", f.expected, f.violating, f.names())
}

/// Devices from which nothing was read for two weeks.
pub(crate) fn not_read(f: &Finding) -> String {
    format!("{}台のうち{}台は、14日以上読み取っていません({})。", f.expected, f.violating, f.names())
}

pub(crate) fn not_backed_up(f: &Finding) -> String {
    format!(
        "{}システムのうち{}は、最後のバックアップが1か月より前です({})。",
        f.expected,
        f.violating,
        f.names()
    )
}

pub(crate) fn not_restored(f: &Finding) -> String {
    format!("{}システムのうち{}は、最後の復旧訓練が1年より前です({})。", f.expected, f.violating, f.names())
}

impl Finding {
    /// 「総務課、税務課」, with 「ほか」 when there are more than three.
    pub fn names(&self) -> String {
        let shown: Vec<&str> = self.samples.iter().take(3).map(|s| s.label.as_str()).collect();
        let more = if self.violating > 3 { " ほか" } else { "" };
        format!("{}{more}", shown.join("、"))
    }

    pub fn samples_json(&self) -> serde_json::Value {
        let row = |s: &Sample| serde_json::json!({ "noun": s.noun, "id": s.id, "label": s.label });
        let owner = |s: &Sample| serde_json::json!({ "noun": s.noun, "id": s.id, "label": s.label, "acts": true, "rows": s.total });
        self.samples.iter().map(row).chain(self.owners.iter().map(owner)).collect()
    }
}
