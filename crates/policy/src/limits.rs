//! Every limit of this crate, with its unit in its name and the reason beside it.

/// A municipal policy with its annexes is well below 1 MB; a .docx with scanned figures may reach some 10 MB.
/// Callers should ask [`crate::check_size`] before they read a file into memory.
pub const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Decoded text, about 2,000 A4 pages. Every later step is at worst a small multiple of this.
pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One line (paragraph). A paragraph of policy rarely passes 2,000 characters; a file without line breaks is
/// not a policy.
pub const LINE_BYTES_MAX: usize = 256 * 1024;

/// Lines after decoding; a policy of 200 pages has some 8,000.
pub const LINES_MAX: usize = 100_000;

/// Clauses of one document; the longest 対策基準 seen has about 1,500 numbered items.
pub const CLAUSES_MAX: usize = 20_000;

/// Depth of numbering. 編・章・節・条・項・号・ア・(ア)・a is nine.
pub const DEPTH_MAX: usize = 16;

/// Warnings kept one by one; what goes beyond is counted in a closing warning.
pub const WARNINGS_MAX: usize = 2_000;

/// Terms taken from a document; bounds the term checks (terms × text).
pub const TERMS_MAX: usize = 500;

/// References judged in one document; each may search the text.
pub const REFERENCES_MAX: usize = 3_000;

/// Entries read from a table of contents; each is compared with the body.
pub const CONTENTS_ENTRIES_MAX: usize = 2_000;

/// Entries of a .docx package. Word writes about 15; embedded pictures add one each.
pub const ZIP_ENTRIES_MAX: usize = 10_000;

/// One unpacked XML part of a .docx; stops a zip bomb before it fills memory.
pub const XML_BYTES_MAX: u64 = 48 * 1024 * 1024;

/// Nesting of XML elements in a part; Word's own files stay below 60.
pub const XML_DEPTH_MAX: usize = 512;

/// Pairs of clauses whose texts are compared; 1,500 × 1,500 fits. Longer documents are compared near the diagonal.
pub const COMPARE_PAIRS_MAX: usize = 3_000_000;

/// Changed clauses that are searched for split or merged parts.
pub const COMPARE_PARTS_MAX: usize = 3_000;

/// Word pairs compared for one clause: two texts of some 3,000 words.
pub const DIFF_CELLS_MAX: usize = 9_000_000;

/// Word pairs compared for one 新旧対照表, a few seconds of work.
pub const DIFF_FUEL_CELLS: usize = 300_000_000;
