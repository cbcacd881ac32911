//! CISO: exactly one person sits there today.

use crate::Check;
use crate::check::one_incumbent;

pub(crate) static CHECK: Check = one_incumbent!("ciso_in_office", "ciso", "CISO", &["1.1.1"]);
