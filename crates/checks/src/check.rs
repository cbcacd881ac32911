//! What a machine check is.

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
    /// Where the population comes from, as the page says it.
    pub source: &'static str,
    /// What holds, as a sentence.
    pub holds: fn(&Finding) -> String,
    /// What is wrong, as a sentence.
    pub broken: fn(&Finding) -> String,
    /// Why nothing can be said, when the population is empty or incomplete.
    pub unproven: &'static str,
}

/// What the two queries found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub expected: i64,
    pub observed: i64,
    pub violating: i64,
    pub samples: Vec<Sample>,
    pub source_ms: Option<i64>,
}

/// A row behind a count.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Sample {
    pub noun: String,
    pub id: String,
    pub label: String,
    pub total: i64,
}

impl Finding {
    /// 「総務課、税務課」, with 「ほか」 when there are more than three.
    pub fn names(&self) -> String {
        let shown: Vec<&str> = self.samples.iter().take(3).map(|s| s.label.as_str()).collect();
        let more = if self.violating > 3 { " ほか" } else { "" };
        format!("{}{more}", shown.join("、"))
    }

    pub fn samples_json(&self) -> serde_json::Value {
        let rows =
            self.samples.iter().map(|s| serde_json::json!({ "noun": s.noun, "id": s.id, "label": s.label }));
        rows.collect()
    }
}
