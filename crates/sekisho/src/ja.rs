//! What the terminal says when something fails.

use std::process::ExitCode;

/// Exit code of an operation that did not succeed.
const FAILED: u8 = 1;

/// Prints the error, outermost first, and what to do.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("できませんでした: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  原因: {cause}");
    }
    eprintln!("データは変わっていません。`sekisho admin doctor` で状態を確かめられます。");
    ExitCode::from(FAILED)
}
