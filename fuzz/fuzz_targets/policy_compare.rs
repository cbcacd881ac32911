#![no_main]
//! Every clause of both revisions, parted by U+0001, is in exactly one proposal.
use sekisho_policy::{compare, decode, parse};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some((old, new)) = text.split_once('\u{1}') else { return };
    let read = |t| parse::parse(&decode::from_text(t, false).ok()?).ok().map(|p| p.document);
    let (Some(old), Some(new)) = (read(old), read(new)) else { return };
    let proposals = compare::propose(&old, &new);
    assert_eq!(old.clauses.len(), proposals.iter().map(|p| p.old.len()).sum::<usize>());
    assert_eq!(new.clauses.len(), proposals.iter().map(|p| p.new.len()).sum::<usize>());
    compare::html(&compare::rows(&old, &new, &proposals, true));
});
