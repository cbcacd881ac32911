//! Security roles. What a role is called differs from city to city, so names and aliases are data and rights
//! hang on capabilities.

use serde::Deserialize;

/// A role of the policy's organisation, held through a seat (a position), not by a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Stable key, e.g. `manager`. Where `domain::role` knows the role, it is the same code.
    pub key: String,
    /// The name in the guideline's terms; requirement rows refer to it.
    pub name: String,
    pub scope: RoleScope,
    /// Whether every unit of the scope needs an incumbent today.
    pub seat_required: bool,
    pub duty: String,
    /// 典型の充て職.
    pub usual_posts: Vec<String>,
    /// Names other cities use for it.
    pub aliases: Vec<String>,
    pub capabilities: Vec<Capability>,
}

/// Over what a role is held: the population of "every role has an incumbent".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleScope {
    City,
    Department,
    Section,
    System,
    Service,
    Everyone,
    Outside,
    /// Decided by the matter at hand (被監査部門, 許可権限者).
    Matter,
}

/// A rule that two duties may not meet in one person (guideline, separation of duties).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    pub key: String,
    /// The noun it is judged over: decision, section, assignment, work, finding.
    pub over: String,
    pub rule: String,
    pub judged_by: JudgedBy,
    /// Ids of the rows that demand it.
    pub requirements: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JudgedBy {
    Machine,
    Record,
}

/// Two roles (by key) that one person may not hold at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusive {
    pub first: String,
    pub second: String,
    pub why: String,
}

/// What a role may do. Pages and the store ask for these, never for a role's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    ReadAll,
    ReadDepartment,
    ReadSection,
    ReadSystem,
    ApprovePolicy,
    ApprovePolicyDraft,
    ManagePolicy,
    AdoptRequirement,
    ManageOrganisation,
    AppointCiso,
    AppointAuditor,
    AppointAuditStaff,
    DecideException,
    ApproveExternalConnection,
    ApproveOffsiteEquipment,
    ApprovePrivilegedDeputy,
    DecidePublication,
    ApproveRemoteAccess,
    ApproveSoftware,
    ApproveCloudRules,
    ApproveCloudUse,
    SuspendAccount,
    ApproveSectionRequest,
    ApproveTakeout,
    ApproveExternalWork,
    ApproveProvision,
    ApproveDisposal,
    ApproveOwnDevice,
    ApproveSystemAccess,
    ConfirmStocktake,
    ReportDepartment,
    FileEvidenceAll,
    FileEvidenceDepartment,
    FileEvidenceSection,
    FileEvidenceSystem,
    PrepareEvidenceSystem,
    FileEvidenceService,
    FileEvidenceCommittee,
    FileEvidenceIncident,
    FileZeroReport,
    ApproveTrainingPlan,
    ApproveAuditPlan,
    HandleIncident,
    PlanAudit,
    CloseFinding,
    ManageCloudService,
    ManageSnsAccount,
    ApproveSnsPost,
    ReportPrivacyBreach,
    AnswerCampaign,
    RequestDecision,
    ReportIncident,
    AnswerLink,
    AnswerAudit,
    DecideDiscipline,
    PrepareEvidenceSection,
    ManageAccount,
}

impl Role {
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }
}
