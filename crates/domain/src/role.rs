//! Security roles (guideline §1.1). A city calls them by its own names; what a role may do does not change with
//! the name. Roles go with positions (充て職), so authority moves with 人事異動 by itself.

/// A role, by what it answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 最高情報セキュリティ責任者
    Ciso,
    /// 統括情報セキュリティ責任者
    ChiefOfficer,
    /// 情報セキュリティ責任者 (部局長)
    Officer,
    /// 情報セキュリティ管理者 (課長)
    Manager,
    /// 情報システム管理者
    SystemManager,
    /// 情報システム担当者
    SystemOperator,
    /// 課の担当者
    SectionStaff,
    /// 事務局 (情報政策課)
    Secretariat,
    /// 情報セキュリティ委員会
    Committee,
    /// CSIRT・統一的な窓口
    Csirt,
    /// 情報セキュリティ監査統括責任者
    AuditChief,
    /// 監査人
    Auditor,
    /// クラウドサービス管理者
    CloudManager,
    /// この仕組みの管理者: accounts and backups, no content and no decisions.
    SystemAdministrator,
}

/// Codes and the guideline's terms, as a register offers them.
pub const ROLES: &[(&str, &str)] = &{
    let mut roles = [("", ""); Role::ALL.len()];
    let mut at = 0;
    while at < roles.len() {
        roles[at] = (Role::ALL[at].code(), Role::ALL[at].label());
        at += 1;
    }
    roles
};

impl Role {
    pub const ALL: [Role; 14] = [
        Role::Ciso,
        Role::ChiefOfficer,
        Role::Officer,
        Role::Manager,
        Role::SystemManager,
        Role::SystemOperator,
        Role::SectionStaff,
        Role::Secretariat,
        Role::Committee,
        Role::Csirt,
        Role::AuditChief,
        Role::Auditor,
        Role::CloudManager,
        Role::SystemAdministrator,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Role::Ciso => "ciso",
            Role::ChiefOfficer => "chief_officer",
            Role::Officer => "officer",
            Role::Manager => "manager",
            Role::SystemManager => "system_manager",
            Role::SystemOperator => "system_operator",
            Role::SectionStaff => "section_staff",
            Role::Secretariat => "secretariat",
            Role::Committee => "committee",
            Role::Csirt => "csirt",
            Role::AuditChief => "audit_chief",
            Role::Auditor => "auditor",
            Role::CloudManager => "cloud_manager",
            Role::SystemAdministrator => "system_administrator",
        }
    }

    /// The guideline's term.
    pub const fn label(self) -> &'static str {
        match self {
            Role::Ciso => "最高情報セキュリティ責任者(CISO)",
            Role::ChiefOfficer => "統括情報セキュリティ責任者",
            Role::Officer => "情報セキュリティ責任者",
            Role::Manager => "情報セキュリティ管理者",
            Role::SystemManager => "情報システム管理者",
            Role::SystemOperator => "情報システム担当者",
            Role::SectionStaff => "課の担当者",
            Role::Secretariat => "情報セキュリティ事務局",
            Role::Committee => "情報セキュリティ委員会",
            Role::Csirt => "CSIRT・統一的な窓口",
            Role::AuditChief => "情報セキュリティ監査統括責任者",
            Role::Auditor => "監査人",
            Role::CloudManager => "クラウドサービス管理者",
            Role::SystemAdministrator => "システム管理者",
        }
    }

    /// Whether every department, section or system has somebody in this role, rather than the city one.
    pub fn is_of_a_section(self) -> bool {
        matches!(
            self,
            Role::Officer
                | Role::Manager
                | Role::SystemManager
                | Role::SystemOperator
                | Role::SectionStaff
                | Role::CloudManager
        )
    }

    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.code() == code)
    }

    /// The role that a responsible-role text of the catalogue names, e.g. `統括情報セキュリティ責任者`. Texts
    /// that name nobody of the city's 体制 (委託事業者, 首長 …) fall to the secretariat, which chases them.
    pub fn from_guideline(text: &str) -> Role {
        let first = text.split(['・', '、', '/', '／']).next().unwrap_or(text).trim();
        match first {
            "CISO" => Role::Ciso,
            "CSIRT" => Role::Csirt,
            "職員等" | "被監査部門" | "課室長" => Role::Manager,
            "クラウド(外部)サービス管理者" => Role::CloudManager,
            _ => Role::ALL.into_iter().find(|r| r.label() == first).unwrap_or(Role::Secretariat),
        }
    }

    /// Roles that a city cannot do without; a check wants an incumbent for each, today.
    pub const REQUIRED: [Role; 6] =
        [Role::Ciso, Role::ChiefOfficer, Role::Officer, Role::Manager, Role::SystemManager, Role::AuditChief];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choices_are_the_roles() {
        let all: Vec<(&str, &str)> = Role::ALL.into_iter().map(|role| (role.code(), role.label())).collect();
        assert_eq!(all, ROLES);
    }
}
