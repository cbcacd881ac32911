#![no_main]
//! An entry that is read is written back byte for byte.
use sekisho_ledger::Entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = Entry::parse(bytes) {
        assert_eq!(entry.to_bytes().unwrap(), bytes);
    }
});
