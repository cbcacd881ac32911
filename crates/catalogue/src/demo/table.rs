//! The demo's tables: comma-separated, a header line, no quoting (no field needs a comma).

use super::error::DemoError;

/// The rows below a header that must read exactly `columns`.
pub(super) fn rows<'a, const N: usize>(
    file: &'static str,
    text: &'a str,
    columns: [&str; N],
) -> Result<Vec<[&'a str; N]>, DemoError> {
    let fault = |line: usize, what: &str| DemoError::Table { file, line, what: what.to_owned() };
    let mut lines = text.lines().enumerate();
    let header = lines.next().map(|(_, line)| line).unwrap_or_default();
    if header.split(',').ne(columns) {
        return Err(fault(1, "unexpected header"));
    }
    lines
        .map(|(at, line)| {
            if line.contains('"') {
                return Err(fault(at + 1, "quotes are not supported"));
            }
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            <[&str; N]>::try_from(fields).map_err(|_| fault(at + 1, "wrong number of columns"))
        })
        .collect()
}
