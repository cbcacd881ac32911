//! What an organisation decides for itself. Every default is the safe one.

use serde::{Deserialize, Serialize};

/// Rules, read from TOML. Unknown keys are an error: a misspelt rule must not silently fall back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ruleset {
    /// Name or date of this ruleset; goes into every report.
    pub version: String,
    /// Links to web pages.
    pub links: Links,
    /// Fillable PDF forms.
    pub forms: Forms,
    /// What happens to an archive when one member is refused.
    pub member_failure: MemberFailure,
    /// How JPEG pictures are rebuilt.
    pub jpeg: JpegRule,
    /// How drawings in EMF and WMF inside documents are rebuilt.
    pub metafiles: Metafiles,
}

impl Default for Ruleset {
    fn default() -> Self {
        Self {
            version: "standard-1".to_owned(),
            links: Links::default(),
            forms: Forms::default(),
            member_failure: MemberFailure::default(),
            jpeg: JpegRule::default(),
            metafiles: Metafiles::default(),
        }
    }
}

/// Links to `http` and `https` addresses. All other schemes are always dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Links {
    /// The words stay, the link does not work.
    #[default]
    Text,
    /// `http` and `https` links keep working.
    Web,
}

/// Fillable PDF forms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forms {
    /// Fields are drawn as they stand.
    #[default]
    Flatten,
    /// Fields stay fillable, without actions.
    RebuildFields,
}

/// A refused archive member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberFailure {
    /// The whole archive is refused.
    #[default]
    Block,
    /// A text note takes the member's place.
    Tombstone,
}

/// JPEG pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JpegRule {
    /// Re-emit the coefficients: no generation loss.
    #[default]
    Coefficients,
    /// Decode to pixels and encode again.
    Pixels,
}

/// Drawings in EMF and WMF.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metafiles {
    /// Written again as EMF, record by record.
    #[default]
    Redraw,
    /// A grey picture takes their place.
    Grey,
}

/// A ruleset that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ruleset: {0}")]
pub struct RulesetError(String);

impl Ruleset {
    /// Reads TOML.
    ///
    /// # Errors
    /// Not TOML, an unknown key, or a value that is not one of the listed ones.
    pub fn from_toml(text: &str) -> Result<Self, RulesetError> {
        toml::from_str(text).map_err(|e| RulesetError(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_rule_is_an_error() {
        assert!(Ruleset::from_toml("linkz = \"web\"").is_err());
        let rules =
            Ruleset::from_toml("version = \"市-2026\"\nlinks = \"web\"\nmember-failure = \"tombstone\"");
        let rules = rules.expect("valid");
        assert_eq!(
            (rules.links, rules.member_failure, rules.forms),
            (Links::Web, MemberFailure::Tombstone, Forms::Flatten)
        );
    }
}
