#![no_main]
//! Ids are unique, no line set aside is without a warning, and everything that is parsed can be checked and shown.
use sekisho_policy::{check, decode, parse, render};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(source) = decode::from_text(text, text.len() % 2 == 0) else { return };
    let Ok(parsed) = parse::parse(&source) else { return };
    assert_eq!(parsed.unaccounted(&source), Vec::<u32>::new());
    let ids: std::collections::HashSet<_> = parsed.document.clauses.iter().map(|c| &c.id).collect();
    assert_eq!(ids.len(), parsed.document.clauses.len());
    check::check(&parsed.document);
    render::html(&parsed.document, |_| true);
    render::canonical(&parsed.document);
});
