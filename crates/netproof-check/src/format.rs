//! The certificate file.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A box as written: `{field: "lo-hi,…"}`.
pub(crate) type BoxText = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) version: u32,
    pub(crate) configurations: Vec<Configuration>,
    pub(crate) declarations: BTreeMap<String, String>,
    pub(crate) normal_form_sha256: String,
    pub(crate) normal_form: NormalForm,
    pub(crate) claims: Vec<Claim>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Configuration {
    pub(crate) file: String,
    pub(crate) sha256: String,
    pub(crate) lines: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NormalForm {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) device: Option<usize>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) otherwise: Vec<Jump>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Rule {
    pub(crate) when: Vec<BoxText>,
    pub(crate) then: Vec<Jump>,
    pub(crate) sure: bool,
    pub(crate) line: u32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Jump {
    pub(crate) to: usize,
    pub(crate) set: Vec<Step>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) field: String,
    pub(crate) to: Option<String>,
    pub(crate) shift: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Claim {
    pub(crate) intent: String,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    pub(crate) sources: Vec<(usize, Vec<BoxText>)>,
    pub(crate) forbidden: Vec<(usize, Vec<BoxText>)>,
    pub(crate) exempt: Vec<BoxText>,
    pub(crate) invariant: BTreeMap<String, Vec<BoxText>>,
}
