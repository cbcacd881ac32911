//! The second checker: reads a file that `sekisho-disarm` calls clean and looks for anything on the threat table.
//!
//! Written from the threat table alone. It shares no code and no ZIP, XML or PDF reader with the engine, so that one
//! parser's blind spot is not both parsers' blind spot. It runs in production on every clean output.

mod image;
mod metafile;
mod ooxml;
mod pdf;
mod text;
mod xml;
mod zip;

use serde::Serialize;

/// What the output claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    Docx,
    Xlsx,
    Pptx,
    Zip,
    Pdf,
    Jpeg,
    Png,
    Gif,
    Bmp,
    Tiff,
    Webp,
    Text,
    Csv,
    Tsv,
}

impl Format {
    /// Format that belongs to an output extension (without the dot).
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "docx" | "dotx" => Self::Docx,
            "xlsx" | "xltx" => Self::Xlsx,
            "pptx" | "potx" | "ppsx" => Self::Pptx,
            "zip" => Self::Zip,
            "pdf" => Self::Pdf,
            "jpg" | "jpeg" | "jpe" | "jfif" => Self::Jpeg,
            "png" => Self::Png,
            "gif" => Self::Gif,
            "bmp" => Self::Bmp,
            "tif" | "tiff" => Self::Tiff,
            "webp" => Self::Webp,
            "" | "txt" | "text" | "log" | "md" => Self::Text,
            "csv" => Self::Csv,
            "tsv" | "tab" => Self::Tsv,
            _ => return None,
        })
    }
}

/// Something that must not be in a disarmed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Threat id of the specification.
    pub threat: &'static str,
    /// Part, object or offset.
    pub location: String,
    /// What was found, in English for logs.
    pub what: String,
}

/// The checker could not read the file to its end; the caller must block it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// No checker for this format yet.
    #[error("no second checker for {0:?}")]
    NoChecker(Format),
    /// Not readable as what it claims to be.
    #[error("unreadable at {location}: {what}")]
    Unreadable { location: String, what: &'static str },
}

/// What an organisation's rules let through besides the standard. Both are harmless alone, and nobody expects them
/// where the rules say otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permits {
    /// Links to `http` and `https` addresses.
    pub web_links: bool,
    /// Fillable fields in a PDF.
    pub fields: bool,
}

/// As [`check_permitting`] with web links and without fields.
///
/// # Errors
/// The file cannot be read completely; treat it like a finding.
pub fn check(bytes: &[u8], format: Format) -> Result<Vec<Finding>, CheckError> {
    check_permitting(bytes, format, Permits { web_links: true, fields: false })
}

/// Looks for threats. An empty list means agreement with the engine.
///
/// # Errors
/// The file cannot be read completely; treat it like a finding.
pub fn check_permitting(bytes: &[u8], format: Format, permits: Permits) -> Result<Vec<Finding>, CheckError> {
    match format {
        Format::Docx | Format::Xlsx | Format::Pptx => ooxml::check(bytes, format, permits),
        Format::Zip => zip::check(bytes, permits),
        Format::Pdf => pdf::check(bytes, permits),
        Format::Jpeg | Format::Png | Format::Gif | Format::Tiff | Format::Bmp | Format::Webp => {
            image::check(bytes, format)
        }
        Format::Text | Format::Csv | Format::Tsv => text::check(bytes, format),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_checked_is_an_error() {
        assert_eq!(check(b"BM", Format::Bmp), Err(CheckError::NoChecker(Format::Bmp)));
    }
}
