//! The crate through its public face. Samples are made from `catalogue/model-policy`, the fictional city's policy.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]
#![expect(clippy::print_stderr, reason = "a test that does not run says so")]

mod compare;
mod docx_maker;
mod hostile;
mod pdf;
mod properties;
mod real_seed;
mod render;
mod shapes;
mod terms;
mod word;

use sekisho_policy::{Document, parse_file};

const MODEL: &str = include_str!("../../../../catalogue/model-policy/sakurazaka.md");
const MODEL_3: &str = include_str!("../../../../catalogue/model-policy/sakurazaka-v3.md");

fn read(text: &str, name: &str) -> Document {
    parse_file(text.as_bytes(), name).unwrap()
}

fn model() -> Document {
    read(MODEL, "sakurazaka.md")
}

/// What two readings of the same policy must share: labels, headings and texts, without blanks.
fn outline(document: &Document) -> Vec<(String, String)> {
    let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    document.clauses.iter().map(|c| (c.label.clone(), squeeze(&c.text))).collect()
}

fn codes(document: &Document) -> Vec<String> {
    document
        .warnings
        .iter()
        .map(|w| serde_json::to_value(w.code).unwrap().as_str().unwrap().to_owned())
        .collect()
}
