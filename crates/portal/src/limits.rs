//! Every limit of the portal, with its unit in the name and why it is that number.

/// A plain form: the longest is the bulk adoption of 441 requirements, about 40 KB.
pub const FORM_BODY_BYTES: usize = 256 * 1024;
/// An uploaded policy document or piece of evidence. A scanned A4 page is about 1 MB; 32 MB is a thick binder.
/// The engines read at most this much too, so nothing larger could be used.
pub const UPLOAD_BODY_BYTES: usize = 32 * 1024 * 1024;
/// Fields in one form: 441 requirements with one checkbox each, and room for the rest.
pub const FORM_FIELDS: usize = 1_024;
/// Files of one form: a workbook for every section of a large city, and some sent twice.
pub const FORM_FILES: usize = 300;
/// Rows of one kind that the preview of an import lists; the numbers count them all.
pub const PREVIEW_ROWS: usize = 200;
/// Rows read at a time when a register is exported.
pub const EXPORT_PAGE_ROWS: usize = 5_000;
/// Rows one export may hold: what an import takes back.
pub const EXPORT_ROWS: usize = 100_000;
/// One text field; the longest clause of the seed has about 400 characters.
pub const FIELD_CHARS: usize = 4_000;
/// Rows on one page of a list.
pub const PAGE_ROWS: usize = 50;
/// A page that takes longer than this tells the reader so instead of keeping them waiting.
pub const REQUEST_SECONDS: u64 = 20;
/// Password hashes computed at once: each takes 19 MiB and tens of milliseconds, and there are two cores.
pub const HASHES_AT_ONCE: usize = 2;
/// Shortest password that is accepted (characters). There is no rule about kinds of characters.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Longest password that is accepted (characters), so that hashing stays bounded.
pub const PASSWORD_CHARS_MAX: usize = 128;
