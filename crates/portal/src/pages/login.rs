//! Log-in: name and password, then the code of the authenticator; on the first time, choosing both.

use crate::part::{Errors, Field, Qr};
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "login/enrol.html")]
pub(crate) struct EnrolPage {
    pub(crate) shell: Shell,
    pub(crate) errors: Errors,
    pub(crate) password_fields: Vec<Field>,
    pub(crate) qr: Qr,
    pub(crate) secret: String,
    pub(crate) code: Field,
}
