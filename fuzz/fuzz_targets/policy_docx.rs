#![no_main]
//! Any XML in the parts of a Word document: document, styles, numbering, parted by U+0001.
libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut parts = text.split('\u{1}');
    let document = parts.next().unwrap_or_default();
    if let Ok(source) = sekisho_policy::decode::from_word_parts(document, parts.next(), parts.next()) {
        let _ = sekisho_policy::parse::parse(&source);
    }
});
