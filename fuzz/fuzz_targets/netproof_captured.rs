#![no_main]
use libfuzzer_sys::fuzz_target;
use sekisho_netproof::vendor::captured;

fuzz_target!(|text: &str| {
    let _ = captured::routes(text);
    let lines = text.lines().count() as u32;
    assert!(captured::neighbours(text).iter().all(|n| n.mac.len() == 12 && n.line <= lines));
    assert!(captured::stations(text).iter().all(|s| s.mac.len() == 12 && s.line <= lines));
    let _ = captured::systems(text);
    let _ = captured::mac_addresses(text);
});
