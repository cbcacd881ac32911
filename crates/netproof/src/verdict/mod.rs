//! Questions about a site and their answers.

mod chain;
mod explain;
mod fix;
mod intents;
mod question;
mod replay;
mod reply;
mod state;
pub mod trace;
mod verify;
mod words;

pub(crate) use intents::{dual_homing, management, must_work, question_list, waypoint, working};

pub use explain::{HopView, PacketView, RectangleView};
pub use question::{Group, Question, Target, sources as zone_sources};
pub use verify::{CapturedText, DeviceText, LineCounts, Report, Snapshot, read_world, sha256, verify};

use serde::{Deserialize, Serialize};

/// Answer to one intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Holds whatever the unknown lines mean.
    Proved,
    /// Holds if the listed declared assumptions are true.
    ProvedUnder,
    /// A packet contradicts it whatever the unknown lines mean.
    Refuted,
    /// Neither could be shown.
    Unknown,
}

impl Verdict {
    /// Word shown to people.
    #[must_use]
    pub const fn ja(self) -> &'static str {
        match self {
            Self::Proved => "証明済み",
            Self::ProvedUnder => "前提つきで証明済み",
            Self::Refuted => "違反あり",
            Self::Unknown => "判定できません",
        }
    }
}

/// Where an unknown answer comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Doubtful {
    /// Device file; empty when it is not about a line.
    pub file: String,
    /// Line, 1-based; 0 when it is not about a line.
    pub line: u32,
    /// Text of the line, credentials replaced.
    pub text: String,
    /// One Japanese sentence.
    pub why: String,
}

/// Answer to one intent, with everything people need to act on it.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Intent id.
    pub id: String,
    /// `deny`, `only`, `allow`, `waypoint`, `mgmt`, `no-dual-homing`.
    pub kind: &'static str,
    /// What was asked, in Japanese.
    pub title: String,
    /// Clause or rule.
    pub basis: String,
    /// Answer.
    pub verdict: Verdict,
    /// Assumptions the proof rests on.
    pub assumptions: Vec<String>,
    /// Counter-example.
    pub packet: Option<PacketView>,
    /// The way it takes.
    pub hops: Vec<HopView>,
    /// The violating set at its destination, at most 20 rectangles.
    pub rectangles: Vec<RectangleView>,
    /// Whether there are more than those.
    pub more_rectangles: bool,
    /// Smallest change that was verified to remove the violation.
    pub fix: Option<String>,
    /// Why it is unknown.
    pub reasons: Vec<Doubtful>,
    /// Certificate, for proofs.
    #[serde(skip)]
    pub certificate: Option<Box<crate::certificate::Claim>>,
}

impl Finding {
    /// A finding that is not about packets.
    #[must_use]
    pub fn plain(id: &str, kind: &'static str, title: String, basis: &str, verdict: Verdict) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            title,
            basis: basis.to_owned(),
            verdict,
            assumptions: Vec::new(),
            packet: None,
            hops: Vec::new(),
            rectangles: Vec::new(),
            more_rectangles: false,
            fix: None,
            reasons: Vec::new(),
            certificate: None,
        }
    }
}
