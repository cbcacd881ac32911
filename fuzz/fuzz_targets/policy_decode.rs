#![no_main]
//! Any bytes under any name are read or refused.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for name in ["a.txt", "a.md", "a.docx"] {
        let _ = sekisho_policy::parse_file(bytes, name);
    }
});
