//! What can happen in the demo city. Neutral towards storage: the store that replays it decides which rows each
//! event becomes, sets its clock to `at` and acts as `actor`.

use std::collections::HashMap;
use std::fmt;

use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_domain::noun::Value;
use serde::Deserialize;

use super::city::{Account, Adoption, Assignment, Person, Position, RoleSeat, Section};
use crate::model::RequirementId;

/// 職員番号.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonNo(pub String);

impl fmt::Display for PersonNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The first loading of organisation and staff, before anybody has an account.
    Setup,
    Person(PersonNo),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at: Ms,
    pub actor: Actor,
    pub what: What,
    /// The write path must refuse it; the attempt itself is part of the story.
    pub refused: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    CreateSection(Section),
    /// A unit keeps its code and gets a new name from a day on.
    RenameSection {
        code: String,
        name: String,
        kana: String,
        from: Date,
    },
    CreatePosition(Position),
    CreatePerson(Person),
    /// The last day of service becomes known.
    PersonLeaves {
        person: PersonNo,
        left_on: Date,
    },
    SeatRole(RoleSeat),
    Assign(Assignment),
    /// `assignment.to` is the first day on which it no longer holds.
    EndAssignment(Assignment),
    CreateAccount(Account),
    ImportDocument(Import),
    /// Somebody looked the document over and it needs no change.
    ReviewDocument {
        document: String,
        reviewed_on: Date,
    },
    DecideRevision(Decide),
    AdoptRequirements {
        rows: Vec<Adoption>,
        state: State,
        reason: Option<String>,
        /// An answer of 不採用 ends on this day, and needs a decision by `approver`.
        until: Option<Date>,
        approver: Option<PersonNo>,
    },
    FileEvidence(Evidence),
    Attest(Attest),
    ZeroReport(ZeroReport),
    GrantException(Exception),
    /// A checkpoint was carried to `place` and `confirmed_by`, who does not run the system, holds it.
    OutsideCheckpoint {
        place: String,
        confirmed_by: PersonNo,
    },
    RestoreTest {
        ok: bool,
        note: String,
    },
    PublishOutside(Publish),
    /// Rows of registers were taken up, all at once.
    KeepRows(Vec<KeptRow>),
    /// What was wrong with rows of a register was put right.
    MendRows(Vec<KeptRow>),
    /// A body met, and took note of every item.
    HoldMeeting(Meeting),
    /// The thing of a register's row may be destroyed: asked, and not decided yet.
    ApplyForDisposal {
        register: String,
        number: String,
        method: String,
        reason: String,
    },
    /// Every 特定通信 of the register is applied for and decided.
    DecideFlows,
    /// Configurations of the network were handed in, read off at `read`; `before` the last change of it.
    SubmitNetwork {
        read: Ms,
        before: bool,
    },
    /// A second person compared the sample of the last 提出 with the devices.
    ConfirmNetwork {
        note: String,
    },
    /// Something worth telling that changes no record.
    Note {
        text: String,
    },
}

/// The answer a city gives to a catalogue row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Adopted,
    Modified,
    Rejected,
}

impl State {
    /// The code of `domain::requirement::STATES`.
    pub fn key(self) -> &'static str {
        match self {
            State::Adopted => "adopted",
            State::Modified => "modified",
            State::Rejected => "rejected",
        }
    }
}

/// Where an imported document's text comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// [`super::MODEL_POLICY`].
    ModelPolicy,
    /// The version before it, [`super::MODEL_POLICY_V3`].
    ModelPolicyV3,
    /// [`super::MODEL_STANDARD`].
    ModelStandard,
    Text(String),
}

impl Body {
    /// The file's text, Markdown.
    pub fn text(&self) -> &str {
        match self {
            Body::ModelPolicy => super::MODEL_POLICY,
            Body::ModelPolicyV3 => super::MODEL_POLICY_V3,
            Body::ModelStandard => super::MODEL_STANDARD,
            Body::Text(text) => text,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Names the document in later events. A second import of the same document is its next edition.
    pub document: String,
    /// Code of `domain::document::KINDS`.
    pub kind: String,
    pub title: String,
    /// Code of `domain::document::VISIBILITIES`.
    pub visibility: String,
    /// Section code.
    pub owner: String,
    pub review_months: u16,
    pub reviewed_on: Option<Date>,
    pub edition: String,
    /// 改定日 and 施行日; `None` where the imported text says them.
    pub revised_on: Option<Date>,
    pub effective_on: Option<Date>,
    pub file_name: String,
    pub body: Body,
}

/// The applicant submits the edition, if it is not waiting already, and the approver decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decide {
    pub document: String,
    pub edition: String,
    pub applicant: PersonNo,
    pub approver: PersonNo,
    pub reason: String,
    /// (制定主体, decision date, 文書番号)
    pub bodies: Vec<(String, Date, String)>,
}

/// Whom an observation speaks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covers {
    City,
    /// Section codes.
    Sections(Vec<String>),
}

/// What kind of paper a piece of evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Taken out of a machine or system.
    Extract,
    Register,
    Minutes,
    Report,
    Permit,
    Contract,
    Certificate,
    Rule,
}

impl Form {
    pub fn label_ja(self) -> &'static str {
        match self {
            Form::Extract => "機器からの取出し",
            Form::Register => "台帳・簿冊",
            Form::Minutes => "議事録",
            Form::Report => "報告書",
            Form::Permit => "申請・許可",
            Form::Contract => "契約書",
            Form::Certificate => "証明書",
            Form::Rule => "規程・手順書",
        }
    }
}

/// A record was filed. `detail` is also the content of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub requirements: Vec<RequirementId>,
    pub covers: Covers,
    pub title: String,
    pub form: Form,
    /// Seen some time on this day, which may be the day of filing: its first instant is never in the future.
    pub observed_on: Date,
    /// First and last day it speaks about.
    pub period: (Date, Date),
    pub file_name: String,
    pub detail: String,
}

/// A self-inspection was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attest {
    pub requirements: Vec<RequirementId>,
    pub covers: Covers,
    pub title: String,
    pub observed_on: Date,
    pub period: (Date, Date),
    /// Whether it holds, in the answerer's words of yes and no.
    pub yes: bool,
    pub detail: String,
}

/// 該当なし: nothing of the kind happened between the two days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZeroReport {
    pub requirements: Vec<RequirementId>,
    pub covers: Covers,
    pub title: String,
    pub observed_on: Date,
    pub period: (Date, Date),
    pub detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    pub requirement: RequirementId,
    pub reason: String,
    pub substitute: String,
    pub residual_risk: String,
    pub from: Date,
    /// Ends by itself on this day.
    pub until: Date,
    pub applicant: PersonNo,
    /// `None` while nobody has decided.
    pub approver: Option<PersonNo>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// The body's name.
    pub body: String,
    pub held_on: Date,
    pub place: String,
    pub present: Vec<PersonNo>,
    pub minutes: String,
    /// (agenda item, what was resolved)
    pub items: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    pub document: String,
    pub url: String,
    pub published_on: Date,
}

/// A new row of a register. Sections and rows of other registers are named by code and number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptRow {
    /// The register's noun.
    pub noun: &'static str,
    pub number: String,
    /// Section code; `None` when nobody answers for it.
    pub section: Option<String>,
    /// (column, noun, number)
    pub refs: Vec<(&'static str, &'static str, String)>,
    pub values: HashMap<&'static str, Value>,
}
