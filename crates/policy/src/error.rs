use crate::limits;

/// Why a file was refused. Nothing is kept of a refused file. The Japanese sentences are in [`crate::ja`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    #[error("file of {bytes} bytes is larger than {} bytes", limits::FILE_BYTES_MAX)]
    TooLarge { bytes: u64 },
    #[error(
        "decoded text is larger than {} bytes, {} lines or {} bytes a line",
        limits::TEXT_BYTES_MAX,
        limits::LINES_MAX,
        limits::LINE_BYTES_MAX
    )]
    TextTooLarge,
    #[error("file is empty")]
    Empty,
    #[error("PDF is not read")]
    Pdf,
    #[error("OLE container (.doc, .xls, .jtd …) is not read")]
    OldOffice,
    #[error("RTF is not read")]
    Rtf,
    #[error("HTML is not read")]
    Html,
    #[error("ZIP container without a Word document")]
    NotWord,
    #[error("binary data at byte {offset}")]
    Binary { offset: usize },
    #[error("no encoding fits the bytes; UTF-8 fails at line {line}")]
    Encoding { line: u32 },
    #[error("damaged .docx: {reason}")]
    BrokenDocx { reason: String },
    #[error("encrypted .docx")]
    Encrypted,
    #[error("part of the .docx unpacks to more than {} bytes", limits::XML_BYTES_MAX)]
    Bomb,
    #[error("more than {} clauses", limits::CLAUSES_MAX)]
    TooManyClauses,
    #[error("no clause found")]
    NoClauses,
}

impl PolicyError {
    /// The stable code for logs, tests and `--json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "file-too-large",
            Self::TextTooLarge => "text-too-large",
            Self::Empty => "file-empty",
            Self::Pdf => "pdf-not-read",
            Self::OldOffice => "old-office-not-read",
            Self::Rtf => "rtf-not-read",
            Self::Html => "html-not-read",
            Self::NotWord => "not-a-word-file",
            Self::Binary { .. } => "binary",
            Self::Encoding { .. } => "encoding-unknown",
            Self::BrokenDocx { .. } => "docx-broken",
            Self::Encrypted => "docx-encrypted",
            Self::Bomb => "docx-bomb",
            Self::TooManyClauses => "too-many-clauses",
            Self::NoClauses => "no-clauses",
        }
    }
}
