//! Every department has its 情報セキュリティ責任者 today.

use crate::Check;
use crate::check::every_section_has;

pub(crate) static CHECK: Check = every_section_has!(
    "departments_have_officers",
    "s.kind IN ('department', 'bureau', 'hospital')",
    "officer",
    "情報セキュリティ責任者",
    &["1.3.1"]
);
