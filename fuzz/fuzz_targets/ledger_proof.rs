#![no_main]
//! A witness request is written back byte for byte; a proof reads back as the same proof.
use sekisho_ledger::{ProofText, WitnessRequest};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = WitnessRequest::parse(text.as_bytes()).map(|request| assert_eq!(request.to_string(), text));
    let _ =
        ProofText::parse(text).map(|proof| assert_eq!(ProofText::parse(&proof.to_string()).unwrap(), proof));
});
