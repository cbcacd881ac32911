#![no_main]
//! A witness request is written back byte for byte; a proof reads back as the same proof.
use sekisho_ledger::{ProofText, WitnessRequest};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(request) = WitnessRequest::parse(text.as_bytes()) {
        assert_eq!(request.to_string(), text);
    }
    let Ok(proof) = ProofText::parse(text) else { return };
    assert_eq!(ProofText::parse(&proof.to_string()).unwrap(), proof);
});
