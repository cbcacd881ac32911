//! Why nothing was produced.

use serde::Serialize;

use crate::{Kind, Meter};

/// A refusal. `Display` is English for logs; people read [`crate::ja::refusal`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// A type that is recognised but not rebuilt.
    #[error("type {0:?} is not rebuilt")]
    #[serde(serialize_with = "named_kind")]
    Unsupported(Kind),
    /// The name carries an extension that starts something when opened (X07).
    #[error("extension .{extension} is never let through")]
    DangerousName { extension: String },
    /// The bytes do not form a well-made file of their type.
    #[error("malformed at {location}: {what}")]
    Malformed { location: String, what: &'static str },
    /// Two readers of this file could see different contents (duplicate names, headers that disagree, DTD …).
    #[error("ambiguous at {location}: {what}")]
    Ambiguous { location: String, what: &'static str },
    /// A well-made file that uses a feature this engine does not handle.
    #[error("not handled at {location}: {what}")]
    NotHandled { location: String, what: &'static str },
    /// A limit was reached.
    #[error("limit reached: {0:?}")]
    #[serde(serialize_with = "named_meter")]
    Limit(Meter),
    /// Encrypted; none of the passwords fits. `members` is empty when the file itself is locked.
    #[error("password needed for {} members", members.len())]
    Password { members: Vec<String> },
    /// Encrypted by something that a password cannot open (certificate, rights management).
    #[error("encryption cannot be opened: {what}")]
    Encryption { what: &'static str },
    /// A member of an archive was refused and the ruleset does not allow a tombstone.
    #[error("archive member {member} refused: {reason}")]
    Member { member: String, reason: Box<Refusal> },
}

impl Refusal {
    /// Stable code for reports and tests.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsupported(_) => "unsupported",
            Self::DangerousName { .. } => "dangerous-name",
            Self::Malformed { .. } => "malformed",
            Self::Ambiguous { .. } => "ambiguous",
            Self::NotHandled { .. } => "not-handled",
            Self::Limit(_) => "limit",
            Self::Password { .. } => "password",
            Self::Encryption { .. } => "encryption",
            Self::Member { .. } => "member",
        }
    }

    pub(crate) fn malformed(location: impl Into<String>, what: &'static str) -> Self {
        Self::Malformed { location: location.into(), what }
    }

    pub(crate) fn ambiguous(location: impl Into<String>, what: &'static str) -> Self {
        Self::Ambiguous { location: location.into(), what }
    }

    pub(crate) fn not_handled(location: impl Into<String>, what: &'static str) -> Self {
        Self::NotHandled { location: location.into(), what }
    }
}

fn named_kind<S: serde::Serializer>(kind: &Kind, out: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = out.serialize_map(Some(1))?;
    map.serialize_entry("kind", kind)?;
    map.end()
}

fn named_meter<S: serde::Serializer>(meter: &Meter, out: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = out.serialize_map(Some(1))?;
    map.serialize_entry("meter", meter)?;
    map.end()
}
