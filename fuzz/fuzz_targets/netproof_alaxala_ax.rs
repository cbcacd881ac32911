#![no_main]
use libfuzzer_sys::fuzz_target;
use sekisho_netproof::vendor::{ReadOptions, Vendor, read};

fuzz_target!(|text: &str| {
    let _ = read(Vendor::from_name("alaxala-ax"), "d", "f", text, &ReadOptions::default());
});
