//! 統括情報セキュリティ責任者: exactly one person sits there today.

use crate::Check;
use crate::check::one_incumbent;

pub(crate) static CHECK: Check =
    one_incumbent!("chief_officer_in_office", "chief_officer", "統括情報セキュリティ責任者", &["1.2.1"]);
