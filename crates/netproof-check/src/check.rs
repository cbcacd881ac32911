//! The conditions a certificate has to meet.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::boxes::Cell;
use crate::format::{BoxText, Certificate, Jump, Node, Part};

/// Why a certificate is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckError {
    /// Not a certificate of this version.
    #[error("not a readable certificate: {0}")]
    Format(String),
    /// A hash does not fit.
    #[error("hash of {0} differs")]
    Hash(String),
    /// A line of a configuration is not accounted for.
    #[error("line account of {0} is incomplete: {1}")]
    Lines(String, String),
    /// A source packet is outside the invariant.
    #[error("{0}: a source packet is outside the invariant of node {1}")]
    Source(String, usize),
    /// A rule leads out of the invariant.
    #[error("{0}: rule {2:?} of node {1} leads out of the invariant")]
    Step(String, usize, Option<usize>),
    /// The invariant holds a forbidden packet.
    #[error("{0}: the invariant of node {1} holds a forbidden packet")]
    Forbidden(String, usize),
    /// A claim proves nothing.
    #[error("{0}: the claim is empty")]
    Empty(String),
}

/// What was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Intents whose claims hold.
    pub intents: Vec<String>,
    /// Configurations whose hash was compared.
    pub configurations: usize,
    /// Boxes of all invariants.
    pub boxes: usize,
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Checks a certificate against the raw files it names (`configurations` and declarations, by file name).
pub fn check(certificate: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<Summary, CheckError> {
    let format = |e: serde_json::Error| CheckError::Format(e.to_string());
    let value: Value = serde_json::from_str(certificate).map_err(format)?;
    let normal = value.get("normal_form").ok_or_else(|| CheckError::Format("normal_form".into()))?;
    let normal_hash = sha256(normal.to_string().as_bytes());
    let certificate: Certificate = serde_json::from_value(value).map_err(format)?;
    if certificate.version != 1 {
        return Err(CheckError::Format(format!("version {}", certificate.version)));
    }
    if normal_hash != certificate.normal_form_sha256 {
        return Err(CheckError::Hash("normal_form".into()));
    }
    hashes(&certificate, files)?;
    lines(&certificate, files)?;
    if certificate.claims.is_empty() {
        return Err(CheckError::Empty("certificate".into()));
    }
    let network = Network::parse(&certificate.normal_form.nodes)?;
    let mut boxes = 0;
    for claim in &certificate.claims {
        if claim.parts.is_empty() {
            return Err(CheckError::Empty(claim.intent.clone()));
        }
        for part in &claim.parts {
            boxes += network.part(&claim.intent, part)?;
        }
    }
    Ok(Summary {
        intents: certificate.claims.iter().map(|c| c.intent.clone()).collect(),
        configurations: certificate.configurations.len(),
        boxes,
    })
}

fn hashes(certificate: &Certificate, files: &BTreeMap<String, Vec<u8>>) -> Result<(), CheckError> {
    let configurations = certificate.configurations.iter().map(|c| (&c.file, &c.sha256));
    for (file, wanted) in configurations.chain(certificate.declarations.iter()) {
        let empty = Vec::new();
        let bytes = files.get(file).unwrap_or(&empty);
        if sha256(bytes) != *wanted {
            return Err(CheckError::Hash(file.clone()));
        }
    }
    let named = |f: &String| {
        certificate.configurations.iter().any(|c| c.file == *f) || certificate.declarations.contains_key(f)
    };
    match files.keys().find(|f| !named(f)) {
        Some(extra) => Err(CheckError::Hash(extra.clone())),
        None => Ok(()),
    }
}

/// Every raw line is lowered, ignored by a named rule, or unknown; and a line unknown for a whole device is present
/// in the normal form as a doubtful rule of that device.
fn lines(certificate: &Certificate, files: &BTreeMap<String, Vec<u8>>) -> Result<(), CheckError> {
    for (number, configuration) in certificate.configurations.iter().enumerate() {
        let refuse = |why: String| Err(CheckError::Lines(configuration.file.clone(), why));
        let raw = files.get(&configuration.file).map_or(&[][..], Vec::as_slice);
        let count = String::from_utf8_lossy(raw).lines().count();
        if configuration.lines.len() < count {
            return refuse(format!("{} of {count} lines", configuration.lines.len()));
        }
        for (line, class) in (1u32..).zip(&configuration.lines) {
            let (word, rest) = class.split_once(' ').unwrap_or((class, ""));
            match word {
                "lowered" | "ignored" if !rest.is_empty() => {}
                "unknown" if rest != "device" => {}
                "unknown" => {
                    let present = certificate.normal_form.nodes.iter().any(|n| {
                        n.device == Some(number) && n.rules.iter().any(|r| !r.sure && r.line == line)
                    });
                    if !present {
                        return refuse(format!("line {line} has no doubtful rule"));
                    }
                }
                _ => return refuse(format!("line {line}: {class}")),
            }
        }
    }
    Ok(())
}

struct Table<'a> {
    node: &'a Node,
    when: Vec<Vec<Cell>>,
}

struct Network<'a> {
    tables: Vec<Table<'a>>,
}

fn cells(texts: &[BoxText]) -> Result<Vec<Cell>, CheckError> {
    texts.iter().map(|t| Cell::parse(t).ok_or_else(|| CheckError::Format(format!("box {t:?}")))).collect()
}

impl<'a> Network<'a> {
    fn parse(nodes: &'a [Node]) -> Result<Self, CheckError> {
        let mut tables = Vec::with_capacity(nodes.len());
        for node in nodes {
            let when = node.rules.iter().map(|r| cells(&r.when)).collect::<Result<_, _>>()?;
            tables.push(Table { node, when });
        }
        Ok(Self { tables })
    }

    /// Checks one invariant; returns its number of boxes.
    fn part(&self, intent: &str, part: &Part) -> Result<usize, CheckError> {
        let mut invariant: Vec<Vec<Cell>> = vec![Vec::new(); self.tables.len()];
        for (node, boxes) in &part.invariant {
            let at: usize = node.parse().map_err(|_| CheckError::Format(format!("node {node}")))?;
            *invariant.get_mut(at).ok_or_else(|| CheckError::Format(format!("node {node}")))? = cells(boxes)?;
        }
        if part.sources.is_empty() || part.forbidden.is_empty() {
            return Err(CheckError::Empty(intent.to_owned()));
        }
        for (node, boxes) in &part.sources {
            let cover = invariant.get(*node).map_or(&[][..], Vec::as_slice);
            if cells(boxes)?.iter().any(|c| !c.covered(cover)) {
                return Err(CheckError::Source(intent.to_owned(), *node));
            }
        }
        for (at, boxes) in invariant.iter().enumerate() {
            for cell in boxes {
                self.step(intent, at, cell, &invariant)?;
            }
        }
        let exempt = cells(&part.exempt)?;
        for (node, boxes) in &part.forbidden {
            let forbidden = cells(boxes)?;
            for cell in invariant.get(*node).map_or(&[][..], Vec::as_slice) {
                if forbidden.iter().any(|f| !cell.meet(f).covered(&exempt)) {
                    return Err(CheckError::Forbidden(intent.to_owned(), *node));
                }
            }
        }
        Ok(invariant.iter().map(Vec::len).sum())
    }

    /// Every outcome of every packet of `cell` in table `at` stays inside the invariant.
    fn step(&self, intent: &str, at: usize, cell: &Cell, invariant: &[Vec<Cell>]) -> Result<(), CheckError> {
        let table = &self.tables[at];
        let mut rest = vec![cell.clone()];
        for (number, rule) in table.node.rules.iter().enumerate() {
            for when in &table.when[number] {
                for piece in &rest {
                    let hit = piece.meet(when);
                    if !hit.is_empty() && !self.lands(&hit, &rule.then, invariant) {
                        return Err(CheckError::Step(intent.to_owned(), at, Some(number)));
                    }
                }
            }
            if rule.sure {
                for when in &table.when[number] {
                    rest = rest.iter().flat_map(|p| p.without(when)).collect();
                }
            }
            if rest.is_empty() {
                return Ok(());
            }
        }
        if rest.iter().all(|p| self.lands(p, &table.node.otherwise, invariant)) {
            Ok(())
        } else {
            Err(CheckError::Step(intent.to_owned(), at, None))
        }
    }

    fn lands(&self, hit: &Cell, jumps: &[Jump], invariant: &[Vec<Cell>]) -> bool {
        jumps.iter().all(|jump| {
            let target = invariant.get(jump.to);
            match (hit.rewritten(&jump.set), target) {
                (Some(image), Some(cover)) => image.covered(cover),
                _ => false,
            }
        })
    }
}
