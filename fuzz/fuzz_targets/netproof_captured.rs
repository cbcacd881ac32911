#![no_main]
use libfuzzer_sys::fuzz_target;
use sekisho_netproof::vendor::{cabling, captured};

fuzz_target!(|text: &str| {
    let _ = captured::routes(text);
    let lines = text.lines().count() as u32;
    assert!(captured::neighbours(text).iter().all(|n| n.mac.len() == 12 && n.line <= lines));
    assert!(captured::stations(text).iter().all(|s| s.mac.len() == 12 && s.line <= lines));
    assert!(cabling::neighbours(text).iter().all(|n| !n.system.is_empty() && n.line <= lines));
    assert!(cabling::vlans(text).iter().all(|v| (1..=4094).contains(&v.vlan) && v.line <= lines));
    let _ = captured::mac_addresses(text);
});
