//! What a file is, decided by its bytes; the name only separates kinds of text and is checked for disguises.

use serde::Serialize;

use crate::{Action, Refusal, Severity, Threat, ctx::Ctx, zip};

macro_rules! kinds {
    ($($(#[$doc:meta])* $id:ident $ext:literal,)*) => {
        /// Type of a file as found in its bytes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $id,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$id,)*];

            /// Usual extension without the dot; empty when there is none.
            #[must_use]
            pub const fn extension(self) -> &'static str {
                match self { $(Self::$id => $ext,)* }
            }
        }
    };
}

kinds! {
    /// Word, OOXML, whatever its sub-type (template, macro-enabled).
    Docx "docx",
    /// Excel, OOXML.
    Xlsx "xlsx",
    /// PowerPoint, OOXML.
    Pptx "pptx",
    /// OLE2 wrapper around an encrypted OOXML package.
    EncryptedOoxml "",
    /// ZIP archive that is no document.
    Zip "zip",
    /// PDF.
    Pdf "pdf",
    Jpeg "jpg",
    Png "png",
    Gif "gif",
    Bmp "bmp",
    Tiff "tif",
    Webp "webp",
    /// Plain text in any of the encodings that Japanese offices use.
    Text "txt",
    Csv "csv",
    Tsv "tsv",
    /// Word 97-2003.
    OldWord "doc",
    /// Excel 5-2003.
    OldExcel "xls",
    /// PowerPoint 97-2003.
    OldPowerPoint "ppt",
    /// Excel binary workbook.
    Xlsb "xlsb",
    /// `xlam`, `ppam`, Office add-ins.
    OfficeAddIn "",
    /// Outlook message.
    Msg "msg",
    /// Internet message.
    Eml "eml",
    Rtf "rtf",
    /// OpenDocument.
    Odf "",
    /// HTML, MHTML.
    Html "html",
    Xml "xml",
    Svg "svg",
    /// WMF, EMF.
    Metafile "",
    /// 一太郎.
    Jtd "jtd",
    /// DocuWorks.
    DocuWorks "xdw",
    /// HEIC, HEIF, AVIF.
    Heic "heic",
    /// DWG, DXF, JWW, SXF (SFC, P21).
    Cad "",
    /// Programs and scripts, by content or by extension.
    Executable "",
    /// Icons, JPEG 2000, Photoshop …
    OtherImage "",
    /// 7z, RAR, LZH, TAR, gzip, bzip2, xz, CAB, ISO.
    OtherArchive "",
    /// Audio and video.
    Media "",
    Font "",
    PostScript "ps",
    /// OLE2 file that is none of the known documents.
    OtherOle "",
    Empty "",
    Unknown "",
}

impl Kind {
    /// Whether some module rebuilds this kind; everything else is refused with a sentence of its own.
    #[must_use]
    pub const fn is_rebuilt(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Docx | Xlsx
                | Pptx
                | EncryptedOoxml
                | OldExcel
                | Zip
                | Pdf
                | Jpeg
                | Png
                | Gif
                | Bmp
                | Tiff
                | Webp
                | Text
                | Csv
                | Tsv
        )
    }
}

/// X07: extensions that start something when opened. Refused whatever the content is.
const DANGEROUS: &[&str] = &[
    "accde",
    "ade",
    "adp",
    "appinstaller",
    "application",
    "appref-ms",
    "appx",
    "appxbundle",
    "bat",
    "cab",
    "chm",
    "class",
    "cmd",
    "com",
    "cpl",
    "crt",
    "csh",
    "desktop",
    "diagcab",
    "dif",
    "dll",
    "dqy",
    "drv",
    "exe",
    "gadget",
    "hlp",
    "hta",
    "img",
    "inf",
    "ins",
    "iqy",
    "iso",
    "isp",
    "jar",
    "jnlp",
    "js",
    "jse",
    "ksh",
    "library-ms",
    "lnk",
    "mad",
    "maf",
    "mag",
    "mam",
    "maq",
    "mar",
    "mas",
    "mat",
    "mau",
    "mav",
    "maw",
    "mda",
    "mdb",
    "mde",
    "mdt",
    "mdw",
    "mdz",
    "mht",
    "mhtml",
    "mof",
    "msc",
    "msh",
    "msi",
    "msix",
    "msixbundle",
    "msp",
    "mst",
    "ocx",
    "odqy",
    "one",
    "onepkg",
    "ops",
    "oqy",
    "osd",
    "pcd",
    "pif",
    "plg",
    "ppa",
    "ppam",
    "ppkg",
    "prf",
    "ps1",
    "ps1xml",
    "ps2",
    "ps2xml",
    "psc1",
    "psc2",
    "psd1",
    "psm1",
    "py",
    "pyc",
    "pyo",
    "pyw",
    "pyz",
    "pyzw",
    "rdp",
    "reg",
    "rqy",
    "scf",
    "scr",
    "sct",
    "search-ms",
    "searchconnector-ms",
    "settingcontent-ms",
    "sh",
    "shb",
    "shs",
    "slk",
    "svgz",
    "sys",
    "theme",
    "themepack",
    "url",
    "vb",
    "vbe",
    "vbp",
    "vbs",
    "vhd",
    "vhdx",
    "vxd",
    "webpnp",
    "website",
    "wla",
    "wll",
    "ws",
    "wsb",
    "wsc",
    "wsf",
    "wsh",
    "xbap",
    "xla",
    "xlam",
    "xll",
    "xnk",
];

/// Extension of a file name, lower-case, without the dot. Trailing dots and spaces, which Windows drops, do not hide it.
pub(crate) fn extension(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace() || c.is_control());
    match name.rsplit_once('.') {
        Some((_, extension)) => extension.trim().to_lowercase(),
        None => String::new(),
    }
}

/// Whether the name alone is reason enough to refuse (X07).
pub(crate) fn is_dangerous(name: &str) -> bool {
    DANGEROUS.contains(&extension(name).as_str())
}

/// Whether the extension fits the kind.
pub(crate) fn is_usual(kind: Kind, name: &str) -> bool {
    let extension = extension(name);
    let usual = usual_extensions(kind);
    usual.is_empty() || usual.contains(&extension.as_str())
}

/// Finds the type of `bytes`.
#[must_use]
pub fn detect(bytes: &[u8], name: &str) -> Kind {
    if bytes.is_empty() {
        return Kind::Empty;
    }
    by_magic(bytes).unwrap_or_else(|| by_text(bytes, name))
}

/// Refuses dangerous extensions (X07) and reports a name that hides the real type (X01).
pub(crate) fn check_name(kind: Kind, bytes: &[u8], name: &str, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
    let extension = extension(name);
    if DANGEROUS.contains(&extension.as_str()) {
        ctx.report(Threat::X07, Severity::Active, Action::Refused, "実行できる種類のファイル", name);
        return Err(Refusal::DangerousName { extension });
    }
    if kind == Kind::Executable {
        ctx.report(Threat::X07, Severity::Active, Action::Refused, "実行できる種類のファイル", name);
    }
    let usual = usual_extensions(kind);
    if kind.is_rebuilt() && !extension.is_empty() && !usual.is_empty() && !usual.contains(&extension.as_str())
    {
        ctx.report(Threat::X01, Severity::Note, Action::Rewritten, "中身と合わない拡張子", name);
    }
    if kind != Kind::Pdf
        && bytes.len() > 4
        && window(bytes, 1024).windows(5).any(|w| w == b"%PDF-")
        && kind.is_rebuilt()
    {
        ctx.report(Threat::X02, Severity::Active, Action::Rewritten, "別形式に見せかけた先頭データ", name);
    }
    Ok(())
}

fn usual_extensions(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Docx => &["docx", "docm", "dotx", "dotm"],
        Kind::Xlsx => &["xlsx", "xlsm", "xltx", "xltm"],
        Kind::Pptx => &["pptx", "pptm", "potx", "potm", "ppsx", "ppsm"],
        Kind::EncryptedOoxml => &["docx", "docm", "dotx", "xlsx", "xlsm", "xltx", "pptx", "pptm", "ppsx"],
        Kind::OldExcel => &["xls", "xlt"],
        Kind::Zip => &["zip"],
        Kind::Pdf => &["pdf"],
        Kind::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
        Kind::Png => &["png"],
        Kind::Gif => &["gif"],
        Kind::Bmp => &["bmp", "dib"],
        Kind::Tiff => &["tif", "tiff"],
        Kind::Webp => &["webp"],
        _ => &[],
    }
}

fn window(bytes: &[u8], len: usize) -> &[u8] {
    &bytes[..bytes.len().min(len)]
}

fn by_magic(b: &[u8]) -> Option<Kind> {
    let starts = |magic: &[u8]| b.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| b.get(offset..offset + magic.len()) == Some(magic);
    Some(match () {
        () if starts(b"%PDF-") => Kind::Pdf,
        () if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"PK\x07\x08PK") => by_zip_names(b),
        () if starts(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) => by_ole_streams(b),
        () if starts(&[0xFF, 0xD8, 0xFF]) => Kind::Jpeg,
        () if starts(b"\x89PNG\r\n\x1a\n") => Kind::Png,
        () if starts(b"GIF87a") || starts(b"GIF89a") => Kind::Gif,
        () if starts(b"BM") && b.len() >= 26 && at(6, &[0, 0, 0, 0]) => Kind::Bmp,
        () if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") => Kind::Tiff,
        () if starts(b"RIFF") && at(8, b"WEBP") => Kind::Webp,
        () if starts(b"{\\rt") => Kind::Rtf,
        () if starts(b"AC10") && b.len() > 6 && b[4].is_ascii_digit() && b[5].is_ascii_digit() => Kind::Cad,
        () if starts(b"JwwData") || starts(b"AutoCAD Binary DXF") || starts(b"ISO-10303-21") => Kind::Cad,
        () if starts(b"MZ")
            || starts(b"\x7fELF")
            || starts(b"#!")
            || starts(&[0x4C, 0, 0, 0, 1, 0x14, 2, 0]) =>
        {
            Kind::Executable
        }
        () if starts(&[0xCA, 0xFE, 0xBA, 0xBE]) || starts(&[0xCF, 0xFA, 0xED, 0xFE]) => Kind::Executable,
        () if starts(&[0xE4, 0x52, 0x5C, 0x7B, 0x8C, 0xD8, 0xA7, 0x4D]) => Kind::Executable, // OneNote
        () if starts(b"ITSF") => Kind::Executable,                                           // CHM
        () if starts(&[0x60, 0x0E, 0x82]) || (starts(&[0x62, 0x01, 0x00]) && b.len() > 64) => Kind::DocuWorks,
        () if at(4, b"ftyp") => iso_media(b),
        () if starts(b"\0\0\0\x0cjP  ")
            || starts(b"8BPS")
            || starts(&[0, 0, 1, 0])
            || starts(&[0, 0, 2, 0]) =>
        {
            Kind::OtherImage
        }
        () if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL ") => Kind::OtherImage,
        () if starts(&[0xD7, 0xCD, 0xC6, 0x9A]) || (starts(&[1, 0, 0, 0]) && at(40, b" EMF")) => {
            Kind::Metafile
        }
        () if starts(&[1, 0, 9, 0]) || starts(&[2, 0, 9, 0]) => Kind::Metafile,
        () if starts(b"%!PS") || starts(&[0xC5, 0xD0, 0xD3, 0xC6]) => Kind::PostScript,
        () if starts(b"7z\xBC\xAF\x27\x1C")
            || starts(b"Rar!\x1a\x07")
            || starts(b"MSCF")
            || starts(b"\x1f\x8b") =>
        {
            Kind::OtherArchive
        }
        () if starts(b"BZh") || starts(b"\xfd7zXZ\0") || starts(&[0x28, 0xB5, 0x2F, 0xFD]) => {
            Kind::OtherArchive
        }
        () if at(257, b"ustar") || at(32769, b"CD001") => Kind::OtherArchive,
        () if at(2, b"-lh") && at(6, b"-") => Kind::OtherArchive,
        () if starts(b"ID3") || starts(b"OggS") || starts(b"fLaC") || starts(b"RIFF") || starts(b"FWS") => {
            Kind::Media
        }
        () if starts(&[0x1A, 0x45, 0xDF, 0xA3]) || starts(&[0x30, 0x26, 0xB2, 0x75]) || starts(b"FLV") => {
            Kind::Media
        }
        () if starts(b"\0\x01\0\0\0") || starts(b"OTTO") || starts(b"ttcf") || starts(b"wOF") => Kind::Font,
        () if starts(&[0x09, 0x08, 0x10, 0, 0, 6, 5, 0]) || starts(&[0x09, 0x08, 8, 0, 0, 5]) => {
            Kind::OldExcel
        }
        // Excel 2 to 4, which is named in the refusal.
        () if starts(&[9, 0, 4, 0]) || starts(&[9, 2, 6, 0]) || starts(&[9, 4, 6, 0]) => Kind::OldExcel,
        () if window(b, 1024).windows(5).any(|w| w == b"%PDF-") && !looks_like_text(b) => Kind::Pdf,
        () => return None,
    })
}

fn iso_media(b: &[u8]) -> Kind {
    match b.get(8..12) {
        Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"avif") => Kind::Heic,
        _ => Kind::Media,
    }
}

/// Documents are ZIP archives too; the names inside tell which.
fn by_zip_names(bytes: &[u8]) -> Kind {
    let names = zip::peek_names(bytes);
    let has = |wanted: &str| names.iter().any(|n| n.eq_ignore_ascii_case(wanted));
    let under = |prefix: &str| names.iter().any(|n| n.to_ascii_lowercase().starts_with(prefix));
    if has("[Content_Types].xml") {
        return match () {
            () if under("xl/")
                && names.iter().any(|n| n.to_ascii_lowercase().starts_with("xl/workbook.bin")) =>
            {
                Kind::Xlsb
            }
            () if under("word/") => Kind::Docx,
            () if under("xl/") => Kind::Xlsx,
            () if under("ppt/") => Kind::Pptx,
            () => zip::peek_ooxml(bytes).unwrap_or(Kind::Unknown),
        };
    }
    if has("META-INF/MANIFEST.MF") || has("AndroidManifest.xml") {
        return Kind::Executable;
    }
    if names.first().is_some_and(|n| n == "mimetype") || has("META-INF/manifest.xml") {
        return Kind::Odf;
    }
    Kind::Zip
}

fn by_ole_streams(bytes: &[u8]) -> Kind {
    let Ok(file) = crate::ole::open(bytes) else { return Kind::OtherOle };
    let names: Vec<String> = file
        .read_root_storage()
        .take(4096)
        .map(|entry| entry.name().trim_start_matches(|c: char| c.is_control()).to_owned())
        .collect();
    let has = |wanted: &str| names.iter().any(|n| n.eq_ignore_ascii_case(wanted));
    match () {
        () if has("EncryptedPackage") => Kind::EncryptedOoxml,
        () if has("WordDocument") => Kind::OldWord,
        () if has("Workbook") || has("Book") => Kind::OldExcel,
        () if has("PowerPoint Document") => Kind::OldPowerPoint,
        () if has("__properties_version1.0") => Kind::Msg,
        () if has("DocumentText") || has("DocumentViewStyles") => Kind::Jtd,
        () => Kind::OtherOle,
    }
}

/// What is left is text, if it is anything.
fn by_text(bytes: &[u8], name: &str) -> Kind {
    let extension = extension(name);
    match extension.as_str() {
        "jtd" | "jtt" | "jttc" | "jtdc" | "jfw" | "jbw" | "jaw" => return Kind::Jtd,
        "xdw" | "xbd" | "xct" => return Kind::DocuWorks,
        "dwg" | "dxf" | "jww" | "jwc" | "sfc" | "p21" | "p2z" | "sfz" | "dwf" => return Kind::Cad,
        _ => {}
    }
    if !looks_like_text(bytes) {
        return Kind::Unknown;
    }
    let head = String::from_utf8_lossy(window(bytes, 4096)).to_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    match extension.as_str() {
        "csv" => Kind::Csv,
        "tsv" | "tab" => Kind::Tsv,
        "txt" | "log" | "md" | "text" => Kind::Text,
        "eml" => Kind::Eml,
        "htm" | "html" | "xht" | "xhtml" => Kind::Html,
        "svg" => Kind::Svg,
        "xml" | "xsl" | "xslt" | "json" | "yaml" | "yml" => Kind::Xml,
        _ if head.starts_with("<svg") || (head.starts_with("<?xml") && head.contains("<svg")) => Kind::Svg,
        _ if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<script") => {
            Kind::Html
        }
        _ if head.starts_with("mime-version:") || head.contains("\nmime-version:") => Kind::Html,
        _ if head.starts_with('<') => Kind::Xml,
        _ if head.starts_with("id;p") => Kind::Executable, // SYLK
        "" => Kind::Text,
        _ => Kind::Unknown,
    }
}

/// UTF-16 with a mark, or bytes without NUL. Encodings are told apart by the text module.
fn looks_like_text(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || !window(bytes, 8192).contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_dots_and_spaces_do_not_hide_an_extension() {
        assert_eq!(extension("見積.EXE . "), "exe");
        assert_eq!(extension("a/b.tar\\請求書.pdf"), "pdf");
        assert_eq!(extension("なし"), "");
    }

    #[test]
    fn refused_types_are_recognised() {
        assert_eq!(detect(b"MZ\x90\0", "a.txt"), Kind::Executable);
        assert_eq!(detect(b"\0\0\0\x18ftypheic", "a.jpg"), Kind::Heic);
        assert_eq!(detect(b"AC1032\0", "図面.dwg"), Kind::Cad);
        assert_eq!(detect(b"ISO-10303-21;", "図面.p21"), Kind::Cad);
        assert_eq!(detect(b"{\\rt x", "申請.doc"), Kind::Rtf);
        assert_eq!(detect(b"From: a@b\nMIME-Version: 1.0\n", "申請.doc"), Kind::Html);
        assert_eq!(detect(b"", "a"), Kind::Empty);
        assert_eq!(detect(b"7z\xBC\xAF\x27\x1C", "a.7z"), Kind::OtherArchive);
    }

    /// The list of X07 in the threat table, verbatim.
    #[test]
    fn every_type_of_x07_is_refused_whatever_is_inside() {
        let listed = "exe scr com pif dll cpl msi msp mst msix appx bat cmd ps1 ps1xml psm1 vbs vbe js jse wsf wsh wsc \
            sct hta chm hlp lnk url scf inf reg jar jnlp library-ms search-ms settingcontent-ms appref-ms application \
            xll xlam ppam ppa xla wll iqy oqy dqy rqy slk dif iso img vhd vhdx cab one onepkg mde accde mdb theme \
            themepack diagcab website desktop rdp ppkg gadget svgz mht mhtml mof py pyz sh";
        for extension in listed.split_whitespace() {
            assert!(is_dangerous(&format!("請求書.pdf.{}", extension.to_uppercase())), "{extension}");
            let outcome = crate::disarm(
                "ただの文\n".as_bytes(),
                &format!("a.{extension}"),
                &crate::Ruleset::default(),
                &crate::Limits::default(),
                &crate::Secrets::none(),
            );
            assert!(matches!(outcome, crate::Outcome::Blocked { .. }), "{extension}: {outcome:?}");
            assert!(outcome.report().items.iter().any(|i| i.threat == Threat::X07), "{extension}");
        }
    }

    #[test]
    fn dangerous_extensions_are_sorted_and_unique() {
        assert!(DANGEROUS.is_sorted());
        assert!(DANGEROUS.windows(2).all(|w| w[0] != w[1]));
    }
}
