//! What a package is: its kind, extension and content types (O04).

use super::{package::Output, parts::Part};
use crate::Kind;

/// What the main part makes of the package.
#[derive(Debug)]
pub(super) struct Flavour {
    pub(super) kind: Kind,
    pub(super) family: &'static str,
    pub(super) extension: &'static str,
    pub(super) content_type: &'static str,
}

impl Flavour {
    pub(super) fn of(part: Part, declared: &str) -> Self {
        let template = declared.contains("template");
        let (kind, family, extension, content_type) = match part {
            Part::Document if template => (
                Kind::Docx,
                "word/",
                "dotx",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
            ),
            Part::Document => (
                Kind::Docx,
                "word/",
                "docx",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            ),
            Part::Workbook if template => (
                Kind::Xlsx,
                "xl/",
                "xltx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
            ),
            Part::Workbook => (
                Kind::Xlsx,
                "xl/",
                "xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            ),
            _ if template => (
                Kind::Pptx,
                "ppt/",
                "potx",
                "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
            ),
            _ if declared.contains("slideshow") => (
                Kind::Pptx,
                "ppt/",
                "ppsx",
                "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
            ),
            _ => (
                Kind::Pptx,
                "ppt/",
                "pptx",
                "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
            ),
        };
        Self { kind, family, extension, content_type }
    }
}

pub(super) const APPLICATION: &str = "docProps/app.xml";
/// How the name of every version of Excel begins in a file's properties.
pub(super) const MICROSOFT: &[u8] = b"<Application>Microsoft";
pub(super) const EXCEL: &[u8] = b"<Application>Microsoft Excel</Application>";

/// The only document property that is written, because it decides what a reader is shown.
pub(super) fn made_by_excel() -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\">{}</Properties>",
        String::from_utf8_lossy(EXCEL)
    )
}

pub(super) fn content_types_xml(outputs: &[Output], application: bool) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>",
    );
    let mut extensions: Vec<&str> = outputs.iter().filter_map(|o| o.name.rsplit('.').next()).collect();
    extensions.sort_unstable();
    extensions.dedup();
    for extension in extensions {
        let content_type = match extension {
            "jpg" => "image/jpeg",
            "png" => "image/png",
            "gif" => "image/gif",
            "bmp" => "image/bmp",
            "tif" => "image/tiff",
            "webp" => "image/webp",
            "emf" => "image/x-emf",
            "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "vml" => "application/vnd.openxmlformats-officedocument.vmlDrawing",
            _ => continue,
        };
        out.push_str(&format!("<Default Extension=\"{extension}\" ContentType=\"{content_type}\"/>"));
    }
    for output in outputs.iter().filter(|o| o.name.ends_with(".xml")) {
        out.push_str(&format!(
            "<Override PartName=\"/{}\" ContentType=\"{}\"/>",
            output.name, output.content_type
        ));
    }
    if application {
        out.push_str(&format!(
            "<Override PartName=\"/{APPLICATION}\" ContentType=\"application/vnd.openxmlformats-officedocument.extended-properties+xml\"/>"
        ));
    }
    out.push_str("</Types>");
    out
}
