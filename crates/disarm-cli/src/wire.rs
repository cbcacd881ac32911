//! What parent and worker say to each other: length-prefixed JSON and bytes, both directions, once.

use std::io::{self, Read, Write};

use sekisho_disarm::{Limits, Report, Ruleset};
use serde::{Deserialize, Serialize};

/// Longest JSON either side accepts. A report has at most a few thousand items.
const JSON_BYTES: u32 = 64 << 20;

/// What the worker is asked to do with the bytes that follow.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Job {
    Disarm { name: String, rules: Box<Ruleset>, limits: Box<Limits>, passwords: Vec<String> },
    Check { extension: String, web_links: bool, fields: bool },
}

/// Outcome of a [`Job::Disarm`]; the report stays JSON because the parent only hands it on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    Clean {
        report: serde_json::Value,
    },
    NeedsPassword {
        report: serde_json::Value,
        members: Vec<String>,
    },
    Blocked {
        report: serde_json::Value,
    },
    /// Findings of the second checker; `error` when it could not read the file.
    Checked {
        findings: Vec<serde_json::Value>,
        error: Option<String>,
    },
    /// The sandbox could not be built; no input was read.
    NoSandbox {
        reason: String,
    },
}

/// Answer plus how the worker was caged.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) weak_sandbox: bool,
}

pub(crate) fn report_json(report: &Report) -> serde_json::Value {
    serde_json::to_value(report).unwrap_or(serde_json::Value::Null)
}

/// Writes one message: JSON, then bytes.
pub(crate) fn send(out: &mut impl Write, head: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let json = serde_json::to_vec(head)?;
    let len = u32::try_from(json.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    out.write_all(&len.to_le_bytes())?;
    out.write_all(&json)?;
    out.write_all(&(body.len() as u64).to_le_bytes())?;
    out.write_all(body)?;
    out.flush()
}

/// Reads one message; a body longer than `cap` bytes is an error.
pub(crate) fn receive<T: for<'de> Deserialize<'de>>(
    input: &mut impl Read,
    cap: u64,
) -> io::Result<(T, Vec<u8>)> {
    let mut len = [0; 4];
    input.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len);
    if len > JSON_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let json = exactly(input, u64::from(len))?;
    let mut body_len = [0; 8];
    input.read_exact(&mut body_len)?;
    let body_len = u64::from_le_bytes(body_len);
    if body_len > cap {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let body = exactly(input, body_len)?;
    Ok((serde_json::from_slice(&json)?, body))
}

/// Reads exactly `len` bytes without trusting `len` for the allocation.
fn exactly(input: &mut impl Read, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(len.min(1 << 20)).unwrap_or(0));
    let got = input.take(len).read_to_end(&mut bytes)? as u64;
    if got == len { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
