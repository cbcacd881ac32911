#![no_main]
//! Keys read back as they were written; no policy file crashes the reader.
use sekisho_ledger::{Policy, SigningKey, VerifierKey};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = (Policy::parse(text), SigningKey::parse(text));
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text.trim_end_matches('\n'));
    }
});
