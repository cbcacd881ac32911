#![no_main]
//! The name of a tile and the entries of a bundle are written back as they were read.
use sekisho_ledger::{TileId, decode_entries, encode_entry};

libfuzzer_sys::fuzz_target!(|input: (&str, u8, &[u8])| {
    let _ = TileId::parse(input.0).map(|tile| assert_eq!(tile.to_string(), input.0));
    let (mut again, Ok(entries)) = (Vec::new(), decode_entries(input.2, input.1.into())) else { return };
    entries.iter().for_each(|entry| encode_entry(entry, &mut again).unwrap());
    assert_eq!(again, input.2);
});
