//! 役割の呼び名: what this city calls the roles of the guideline (局情報管理者, 情報化推進リーダー). Screens say it as the
//! city does; what a role may do does not change with its name.

use std::collections::BTreeMap;

use crate::noun::{Column, Kind, Noun};
use crate::register::{Register, Sight};
use crate::role::{ROLES, Role};

pub static ROLE_NAME: Noun = Noun {
    name: "role_name",
    label: "役割の呼び名",
    columns: &[
        Column::new("role", "役割", Kind::Choice(ROLES)),
        Column::new("name", "この市での呼び名", Kind::Text).hint("例：情報化推進リーダー、局情報管理者"),
    ],
};

pub static REGISTER: Register = Register {
    noun: &ROLE_NAME,
    lead: "この市の対策基準での役割の呼び名。登録した役割は、画面でこの名前になります。権限は変わりません。",
    key: &["role"],
    title: "name",
    section: None,
    sight: Sight::City,
    valid: None,
    list: &["role", "name"],
    sorts: &["role"],
    filters: &[],
    searched: &["name"],
    rules: &[],
    number: "",
};

/// The city's words for roles; where it has none of its own, the guideline's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleNames(BTreeMap<String, String>);

impl RoleNames {
    pub fn new(names: impl IntoIterator<Item = (String, String)>) -> RoleNames {
        RoleNames(names.into_iter().filter(|(_, name)| !name.is_empty()).collect())
    }

    pub fn of(&self, role: Role) -> &str {
        self.0.get(role.code()).map_or(role.label(), String::as_str)
    }

    /// By code; a code nobody knows stands for itself.
    pub fn word<'w>(&'w self, code: &'w str) -> &'w str {
        Role::from_code(code).map_or(code, |role| self.of(role))
    }

    /// (code, words) of every role, for a choice.
    pub fn choices(&self) -> Vec<(String, String)> {
        Role::ALL.into_iter().map(|role| (role.code().to_owned(), self.of(role).to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_has_its_own_words() {
        let names = RoleNames::new([("section_staff".to_owned(), "情報化推進リーダー".to_owned())]);
        assert_eq!(names.of(Role::SectionStaff), "情報化推進リーダー");
        assert_eq!(names.word("manager"), "情報セキュリティ管理者");
        assert_eq!(names.word("nobody"), "nobody");
        assert_eq!(names.choices().len(), Role::ALL.len());
    }
}
