#![no_main]
//! Any XML in the parts of a Word document.
libfuzzer_sys::fuzz_target!(|parts: (&str, &str, &str)| {
    if let Ok(source) = sekisho_policy::decode::from_word_parts(parts.0, Some(parts.1), Some(parts.2)) {
        let _ = sekisho_policy::parse::parse(&source);
    }
});
