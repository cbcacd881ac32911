#![no_main]
//! A checkpoint that is read is written back byte for byte.
use sekisho_ledger::SignedCheckpoint;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = SignedCheckpoint::parse(bytes) {
        assert_eq!(signed.to_string().as_bytes(), bytes);
        assert_eq!(signed.checkpoint.to_string(), signed.note.text);
    }
});
