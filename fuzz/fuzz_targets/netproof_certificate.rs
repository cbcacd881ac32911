#![no_main]
use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // Without any of the configurations it speaks about, no certificate may be accepted.
    let checked = sekisho_netproof_check::check(text, &BTreeMap::new());
    assert!(checked.is_err() || checked.is_ok_and(|s| s.intents.is_empty()));
});
