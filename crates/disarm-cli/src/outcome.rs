//! What became of one input, and how it is told.

use std::io::{self, Write};

use serde_json::{Value, json};

/// Where an input ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Clean,
    NeedsPassword,
    Blocked,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::NeedsPassword => "needs-password",
            Self::Blocked => "blocked",
        }
    }

    pub(crate) fn japanese(self) -> &'static str {
        match self {
            Self::Clean => "無害化しました",
            Self::NeedsPassword => "パスワードが必要です",
            Self::Blocked => "止めました",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    pub(crate) report: Value,
    pub(crate) rebuilt: Option<Vec<u8>>,
}

impl Outcome {
    /// The worker gave no answer.
    pub(crate) fn crashed(name: &str, input_bytes: usize) -> Self {
        Self::refused(
            name,
            input_bytes,
            "crashed",
            "処理が途中で止まったか、時間内に終わらなかったため、止めました。",
        )
    }

    pub(crate) fn refused(name: &str, input_bytes: usize, code: &str, sentence: &str) -> Self {
        let report = json!({ "name": name, "input_bytes": input_bytes, "refusal": code, "items": [], "sentences": [sentence] });
        Self { status: Status::Blocked, report, rebuilt: None }
    }

    /// Whether something inside was replaced by a note.
    pub(crate) fn has_blocked_members(&self) -> bool {
        self.report["members_blocked"].as_u64().unwrap_or(0) > 0
    }

    pub(crate) fn sentences(&self) -> Vec<&str> {
        self.report["sentences"]
            .as_array()
            .map(|s| s.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }
}

/// Tells the user on standard error that something failed.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Tells the user something on standard output.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
