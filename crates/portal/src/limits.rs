//! Every limit of the portal, with its unit in the name and why it is that number.

/// Everything a PDF that is read for its words may unpack to: pictures stay packed, so this is text and fonts.
pub const PDF_EXPANDED_BYTES: u64 = 256 * 1024 * 1024;
/// Pages of such a PDF: a policy with its 対策基準 and annexes has some 200.
pub const PDF_PAGES: u64 = 2_000;
/// Operators and characters of such a PDF; these take about five seconds.
pub const PDF_STEPS: u64 = 20_000_000;
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
