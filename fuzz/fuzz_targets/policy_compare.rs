#![no_main]
//! Every clause of both revisions is in exactly one proposal.
use sekisho_policy::{compare, decode, parse};

libfuzzer_sys::fuzz_target!(|texts: (&str, &str)| {
    let read = |t| parse::parse(&decode::from_text(t, false).ok()?).ok().map(|p| p.document);
    let (Some(old), Some(new)) = (read(texts.0), read(texts.1)) else { return };
    let proposals = compare::propose(&old, &new);
    assert_eq!(old.clauses.len(), proposals.iter().map(|p| p.old.len()).sum::<usize>());
    assert_eq!(new.clauses.len(), proposals.iter().map(|p| p.new.len()).sum::<usize>());
    compare::html(&compare::rows(&old, &new, &proposals, true));
});
