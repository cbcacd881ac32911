#![no_main]
use libfuzzer_sys::fuzz_target;
use sekisho_netproof::site::Site;
use sekisho_netproof::vectors;

const ZONES: &str = "[[zone]]\nid = \"a\"\nprefixes = [\"10.1.0.0/16\"]\n[[zone]]\nid = \"b\"\nprefixes = [\"10.2.0.0/16\"]\n";

fuzz_target!(|text: &str| {
    let _ = Site::parse(text, "", "", "");
    let _ = Site::parse(ZONES, text, "", "");
    let _ = Site::parse(ZONES, "", text, "");
    let _ = Site::parse(ZONES, "", "", text);
    let _ = vectors::parse(text);
});
