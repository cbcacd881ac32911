//! What happened to a file, for machines (JSON) and for people ([`Report::sentences`]).

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    ENGINE_VERSION, Kind, Refusal, Threat,
    ctx::{Ctx, Rebuilt},
    ja,
};

/// How much an item matters to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Could run, or make something run, when the file is opened or clicked.
    Active,
    /// Reaches outside the file.
    External,
    /// Words or data that a reader does not see; kept unless the ruleset says otherwise.
    Hidden,
    /// Left out without any effect on look or words (printer settings, thumbnails, metadata).
    Note,
    /// Look or behaviour differs from the original (a picture redrawn, a form drawn as it stands).
    Simplified,
}

impl Severity {
    /// Active and external items are threats; an ordinary file has none.
    #[must_use]
    pub fn is_threat(self) -> bool {
        matches!(self, Self::Active | Self::External)
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Left out.
    Dropped,
    /// Written anew from what was understood.
    Rewritten,
    /// Replaced by a picture, a plain value or plain text.
    Flattened,
    /// Kept as it is, and mentioned.
    Kept,
    /// The file or member was refused.
    Refused,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Threat id of the specification, verbatim.
    pub threat: Threat,
    /// How much it matters.
    pub severity: Severity,
    /// What was done.
    pub action: Action,
    /// Japanese noun for the thing (「マクロ」).
    pub what: String,
    /// Where: part, sheet, cell, page or member. Empty for the whole file.
    pub location: String,
    /// How many at this place.
    pub count: u64,
}

/// What became of one member of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberState {
    /// Rebuilt.
    Clean,
    /// Replaced by a text note.
    Tombstone,
}

/// One member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Path inside the input archive.
    pub name: String,
    /// Path inside the rebuilt archive.
    pub output_name: String,
    /// Detected type.
    pub kind: Kind,
    /// What became of it.
    pub state: MemberState,
    /// Why it was refused, in Japanese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The report of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of the engine.
    pub engine: &'static str,
    /// Version of the ruleset.
    pub ruleset: String,
    /// Name as received.
    pub name: String,
    /// Type found by looking at the bytes.
    pub detected: Kind,
    /// Input length in bytes.
    pub input_bytes: u64,
    /// SHA-256 of the input, lower-case hex.
    pub input_sha256: String,
    /// Output length in bytes; absent when there is none.
    pub output_bytes: Option<u64>,
    /// SHA-256 of the output, lower-case hex.
    pub output_sha256: Option<String>,
    /// Type of the output.
    pub output_kind: Option<Kind>,
    /// Extension the output should carry, without the dot.
    pub output_extension: Option<String>,
    /// Refusal code when nothing was produced.
    pub refusal: Option<String>,
    /// What happened, one entry per place.
    pub items: Vec<Item>,
    /// Members, when the file is an archive.
    pub members: Vec<Member>,
    /// Members replaced by a note.
    pub members_blocked: u64,
    /// The same in short Japanese sentences.
    pub sentences: Vec<String>,
}

impl Report {
    pub(crate) fn new(kind: Kind, name: &str, bytes: &[u8], ruleset: &str) -> Self {
        Self {
            engine: ENGINE_VERSION,
            ruleset: ruleset.to_owned(),
            name: name.to_owned(),
            detected: kind,
            input_bytes: bytes.len() as u64,
            input_sha256: hex::encode(Sha256::digest(bytes)),
            output_bytes: None,
            output_sha256: None,
            output_kind: None,
            output_extension: None,
            refusal: None,
            items: Vec::new(),
            members: Vec::new(),
            members_blocked: 0,
            sentences: Vec::new(),
        }
    }

    pub(crate) fn finish(&mut self, ctx: Ctx<'_>, rebuilt: Option<&Rebuilt>) {
        self.items = ctx.items;
        self.members = ctx.members;
        self.members_blocked =
            self.members.iter().filter(|m| m.state == MemberState::Tombstone).count() as u64;
        if let Some(rebuilt) = rebuilt {
            self.output_bytes = Some(rebuilt.bytes.len() as u64);
            self.output_sha256 = Some(hex::encode(Sha256::digest(&rebuilt.bytes)));
            self.output_kind = Some(rebuilt.kind);
            self.output_extension = Some(rebuilt.extension().to_owned());
        }
        self.sentences = ja::sentences(&self.items);
    }

    pub(crate) fn refused(&mut self, reason: &Refusal) {
        self.refusal = Some(reason.code().to_owned());
        self.sentences.insert(0, ja::refusal(reason));
    }

    /// Number of threats found: everything active or external, counted per occurrence.
    #[must_use]
    pub fn threats(&self) -> u64 {
        self.items.iter().filter(|item| item.severity.is_threat()).map(|item| item.count).sum()
    }
}
