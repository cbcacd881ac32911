//! Every limit of the log, with its unit in its name and why it is what it is.

/// One canonical entry. Entries carry commitments, never content, so 16 KiB is already generous.
pub const MAX_ENTRY_BYTES: usize = 16 * 1024;
/// One leaf of the log as the tile format can hold it: the length is a big-endian u16 (C2SP tlog-tiles).
pub const MAX_LEAF_BYTES: usize = 65_535;
/// One canonical payload behind a commitment. Larger things enter by digest.
pub const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;
/// Nesting of a JSON value that is canonicalised: keeps the recursion far from the end of any stack.
pub const MAX_JSON_DEPTH_LEVELS: usize = 64;
/// Largest integer both JSON readers and IEEE doubles agree on (RFC 8785 §3.2.2.3, RFC 7493 §2.2).
pub const MAX_JSON_INTEGER: u64 = (1 << 53) - 1;
/// One identifier inside an entry (actor, action, noun …): long enough for a UUID with a prefix.
pub const MAX_TOKEN_BYTES: usize = 128;
/// References from one entry to others: a decision refers to a handful of things.
pub const MAX_REFS_COUNT: usize = 64;
/// One signed note. 16 post-quantum signatures of 5 kB would still fit (C2SP signed-note).
pub const MAX_NOTE_BYTES: usize = 128 * 1024;
/// Signatures on one note; the format asks for at least 16.
pub const MAX_SIGNATURES_COUNT: usize = 64;
/// Hashes in one proof: a tree of 2^63 leaves needs no more (C2SP tlog-witness).
pub const MAX_PROOF_HASHES: usize = 63;
/// Leaves in one tree: sizes stay exact in signed 64-bit database columns.
pub const MAX_TREE_LEAVES: u64 = (1 << 63) - 1;
/// Tiles and bundles waiting in memory before they are written although nothing is published yet.
pub const MAX_UNWRITTEN_BYTES: usize = 4 * 1024 * 1024;
/// Tiles that a proof reader keeps expanded in memory (16 KiB each).
pub const MAX_CACHED_TILES_COUNT: usize = 64;
