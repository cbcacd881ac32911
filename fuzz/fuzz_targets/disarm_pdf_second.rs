#![no_main]
//! The second reader of PDFs finds a file to say what it says itself, or refuses it; without a panic.
libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(sekisho_disarm::fuzzing::pdf_says_what_it_says(data)));
