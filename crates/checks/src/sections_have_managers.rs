//! Every section with business of its own has its 情報セキュリティ管理者 today.

use crate::Check;
use crate::check::every_section_has;

pub(crate) static CHECK: Check = every_section_has!(
    "sections_have_managers",
    "s.managed",
    "manager",
    "情報セキュリティ管理者",
    &["1.4.1"]
);
