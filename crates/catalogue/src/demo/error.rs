//! What can be wrong with the demo files. Met by whoever edits them, never by a user of the portal.

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("{file} line {line}: {what}")]
    Table { file: &'static str, line: usize, what: String },
    #[error("{file}: not the expected TOML: {message}")]
    Syntax { file: &'static str, message: String },
    #[error("{value:?} is not a {what}")]
    Value { what: &'static str, value: String },
    #[error("{what} {value:?} is not known")]
    Unknown { what: &'static str, value: String },
    #[error("nobody holds {seat} on {date}")]
    Vacant { seat: String, date: String },
    #[error("{value:?} resolves to a day outside the calendar")]
    Calendar { value: String },
}
