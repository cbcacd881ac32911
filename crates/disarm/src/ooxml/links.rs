//! Relationships: what a part refers to, which of it may stay, and how it is written again (O05, X10).

use std::collections::{HashMap, HashSet};

use super::{
    parts::{self, Part},
    schema::Target,
};
use crate::{Action, Severity, Threat, ctx::Ctx};

/// One relationship of the input.
#[derive(Debug, Clone)]
pub(super) struct Relationship {
    pub(super) id: String,
    pub(super) relation: String,
    pub(super) target: String,
    pub(super) external: bool,
    /// Path of the target inside the package, lower case; empty when there is no such part.
    pub(super) path: String,
}

/// The relationships of the part being copied, and which of them its content asked for.
#[derive(Debug)]
pub(crate) struct Links {
    pub(super) source: Part,
    pub(super) relationships: Vec<Relationship>,
    pub(super) wanted: HashSet<String>,
    pub(super) judged: HashMap<String, bool>,
    pub(super) web: bool,
}

impl Links {
    /// Whether `rid` leads to a part that may stand where `target` is expected.
    pub(crate) fn has(&self, rid: &str, target: Target) -> bool {
        self.relationships.iter().any(|r| {
            r.id == rid
                && !r.external
                && !r.path.is_empty()
                && parts::edge(self.source, &r.relation)
                    .is_some_and(|(part, _)| parts::is_target(part, target))
        })
    }

    /// As [`Self::has`], and keeps the relationship.
    pub(crate) fn want(&mut self, rid: &str, target: Target) -> bool {
        let has = self.has(rid, target);
        if has {
            self.wanted.insert(rid.to_owned());
        }
        has
    }

    /// Whether a hyperlink may stay (X10): a jump to a slide, or a web address when the rule allows it.
    pub(crate) fn link(&mut self, rid: &str, part: &str, ctx: &mut Ctx<'_>) -> bool {
        if self.want(rid, Target::Link) {
            return true;
        }
        if let Some(known) = self.judged.get(rid) {
            return *known;
        }
        let Some(relationship) = self.relationships.iter().find(|r| r.id == rid) else { return false };
        let web =
            is_web(&relationship.target) && relationship.external && relationship.relation == "hyperlink";
        let kept = web && self.web;
        if kept {
            self.wanted.insert(rid.to_owned());
        } else {
            let plain = web
                || relationship.target.to_ascii_lowercase().starts_with("mailto:")
                || !relationship.external;
            let (severity, what) = if plain {
                (Severity::Simplified, "リンク")
            } else {
                (Severity::External, "危険な行き先のリンク")
            };
            ctx.report(Threat::X10, severity, Action::Flattened, what, part);
        }
        self.judged.insert(rid.to_owned(), kept);
        kept
    }
}

/// `http` and `https` addresses without user information or characters that hide where they lead.
pub(super) fn is_web(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    !host.is_empty()
        && !host.contains('@')
        && target.len() <= 2083
        && !target.chars().any(|c| {
            c.is_control()
                || c == '\\'
                || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
        })
}

/// Lower case, percent-decoded for ASCII, so that `%64ocument.xml` meets `document.xml`, and with `/` for `\`.
pub(super) fn normalise(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).to_lowercase().replace('\\', "/")
}

/// Path of a relationship target, lower case; `None` when it leaves the package.
pub(super) fn resolve(folder: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or("");
    if target.contains("://") || target.contains('\\') || target.is_empty() {
        return None;
    }
    let mut segments: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|s| !s.is_empty()).collect()
    };
    for segment in target.split('/').filter(|s| !s.is_empty() && *s != ".") {
        if segment == ".." {
            segments.pop()?;
        } else {
            segments.push(segment);
        }
    }
    Some(normalise(&segments.join("/")))
}

/// Relative address of output part `to` as seen from output part `from`.
pub(super) fn relative(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').collect();
    let to: Vec<&str> = to.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count().min(from.len() - 1);
    let mut out = "../".repeat(from.len() - 1 - shared);
    out.push_str(&to[shared..].join("/"));
    out
}

pub(super) fn push_relationship(out: &mut String, relationship: &Relationship, target: &str, external: bool) {
    let mode = if external { " TargetMode=\"External\"" } else { "" };
    let mut escaped = Vec::new();
    super::value::escape_into(&mut escaped, target, true);
    let mut id = Vec::new();
    super::value::escape_into(&mut id, &relationship.id, true);
    out.push_str(&format!(
        "<Relationship Id=\"{}\" Type=\"{}\" Target=\"{}\"{mode}/>",
        String::from_utf8_lossy(&id),
        parts::relation_uri(&relationship.relation),
        String::from_utf8_lossy(&escaped)
    ));
}

pub(super) fn relationships_xml(body: &[u8]) -> Vec<u8> {
    let mut out = b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">".to_vec();
    out.extend(body);
    out.extend(b"</Relationships>");
    out
}
