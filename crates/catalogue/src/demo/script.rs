//! The story files as written: single events, and recurring ones that `expand` unrolls.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::DemoError;
use super::event::{Body, Form, State};
use super::when::When;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    #[serde(default)]
    pub(super) event: Vec<Scripted>,
    #[serde(default)]
    pub(super) recurring: Vec<Recurring>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scripted {
    pub(super) day: When,
    /// `HH:MM`
    pub(super) time: String,
    /// `position@section`
    pub(super) by: String,
    #[serde(default)]
    pub(super) refused: bool,
    pub(super) what: RawWhat,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawWhat {
    Import(RawImport),
    Review(RawReview),
    Decide(RawDecide),
    Adopt(RawAdopt),
    Evidence(RawEvidence),
    Exception(RawException),
    OutsideCheckpoint(RawCheckpoint),
    RestoreTest(RawRestore),
    Publish(RawPublish),
    Account(RawAccount),
    Flows(RawFlows),
    Meeting(RawMeeting),
    Dispose(RawDispose),
    Network(RawNetwork),
    Sample(RawNote),
    Note(RawNote),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImport {
    pub(super) document: String,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) visibility: String,
    pub(super) owner: String,
    pub(super) review_months: u16,
    pub(super) reviewed: Option<When>,
    pub(super) edition: String,
    /// Left out where the text itself says it.
    pub(super) revised: Option<When>,
    pub(super) effective: Option<When>,
    pub(super) file_name: String,
    pub(super) body: Body,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReview {
    pub(super) document: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDecide {
    pub(super) document: String,
    pub(super) edition: String,
    pub(super) applicant: String,
    pub(super) approver: String,
    pub(super) reason: String,
    #[serde(default)]
    pub(super) bodies: Vec<RawBody>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBody {
    pub(super) name: String,
    pub(super) decided: When,
    pub(super) number: String,
}

/// Adopts, modifies and rejects what `adoption.toml` says about these rows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAdopt {
    pub(super) rows: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEvidence {
    pub(super) rows: Vec<String>,
    pub(super) title: String,
    pub(super) form: Form,
    pub(super) observed: When,
    #[serde(default)]
    pub(super) sections: Vec<String>,
    pub(super) detail: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawException {
    pub(super) row: String,
    pub(super) reason: String,
    pub(super) substitute: String,
    pub(super) residual_risk: String,
    pub(super) until: When,
    pub(super) applicant: String,
    pub(super) approver: String,
    /// The approver has not decided yet.
    #[serde(default)]
    pub(super) pending: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCheckpoint {
    pub(super) place: String,
    pub(super) confirmed_by: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRestore {
    pub(super) ok: bool,
    pub(super) note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPublish {
    pub(super) document: String,
    pub(super) url: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAccount {
    pub(super) seat: String,
    pub(super) login: String,
    pub(super) privileged: bool,
    pub(super) second_factor: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFlows {}

/// `by` presides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMeeting {
    pub(super) body: String,
    pub(super) place: String,
    /// Seats.
    pub(super) present: Vec<String>,
    pub(super) minutes: String,
    pub(super) items: Vec<RawItem>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawItem {
    pub(super) title: String,
    pub(super) resolution: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDispose {
    pub(super) register: String,
    pub(super) number: String,
    pub(super) method: String,
    pub(super) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNetwork {
    /// `HH:MM` on the same day.
    pub(super) read: String,
    #[serde(default)]
    pub(super) before: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNote {
    pub(super) text: String,
}

/// One rule that files the same kind of thing again and again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recurring {
    /// May hold `{period}`, and `{section}` when filed by each section.
    pub(super) title: String,
    pub(super) every: Every,
    /// `MM-DD`s for half-yearly and annual rules.
    #[serde(default)]
    pub(super) on: Vec<String>,
    pub(super) rows: Vec<String>,
    /// The seat that files; unused with `each_section`.
    pub(super) by: Option<String>,
    /// Who outside the operation holds the checkpoint.
    pub(super) confirmed_by: Option<String>,
    /// Filed by the 情報セキュリティ管理者 of every managed section for that section.
    #[serde(default)]
    pub(super) each_section: bool,
    /// Sections that forgot.
    #[serde(default)]
    pub(super) missing: Vec<String>,
    pub(super) kind: Kind,
    pub(super) form: Option<Form>,
    /// Days between observation and filing.
    #[serde(default = "five")]
    pub(super) filed_after_days: i32,
    /// First and last day on which it may be filed.
    #[serde(default = "two_weeks_in")]
    pub(super) from: When,
    #[serde(default = "eve")]
    pub(super) until: When,
    /// As `title`, and `{n}` for a small number that varies.
    pub(super) detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Every {
    Weekly,
    Monthly,
    Quarterly,
    HalfYearly,
    Annual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Evidence,
    Attest,
    Zero,
    /// No rows: a checkpoint carried outside. `by` carries it, `detail` is the place.
    Checkpoint,
}

fn five() -> i32 {
    5
}

fn two_weeks_in() -> When {
    When::Start(15)
}

fn eve() -> When {
    When::Anchor(-1)
}

/// `adoption.toml`: what the city answers to each row. Rows it does not mention are adopted as they stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    /// Not yet considered.
    pub(super) undecided: Vec<String>,
    pub(super) answer: Vec<Answer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) rows: Vec<String>,
    pub(super) state: State,
    pub(super) reason: String,
    pub(super) until: Option<When>,
    /// The seat that decides, where the answer needs a decision.
    pub(super) approver: Option<String>,
}

pub(super) fn read<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, DemoError> {
    toml::from_str(text).map_err(|e| DemoError::Syntax { file, message: e.to_string() })
}
