//! Which parts a rebuilt package may have, and which relationship may lead from which part to which.
//!
//! Threats O04, O05. Anything that is not a row here is not followed.

use super::schema::Target;

macro_rules! parts {
    ($($part:ident $root:literal $dir:literal $type:literal,)*) => {
        /// A kind of part.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Part { Image, Embedded, $($part,)* }

        impl Part {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[Self::Image, Self::Embedded, $(Self::$part,)*];

            /// Root element; empty for parts that are not XML.
            pub(crate) const fn root(self) -> &'static str {
                match self { Self::Image | Self::Embedded => "", $(Self::$part => $root,)* }
            }

            /// Path without number and extension: `word/header`. The last parts have exactly one member.
            pub(crate) const fn stem(self) -> &'static str {
                match self { Self::Image => "media/image", Self::Embedded => "embeddings/document", $(Self::$part => $dir,)* }
            }

            /// Content type; main parts get theirs from [`super::package`].
            pub(crate) const fn content_type(self) -> &'static str {
                match self { Self::Image | Self::Embedded => "", $(Self::$part => $type,)* }
            }
        }
    };
}

parts! {
    Document "w:document" "word/document" "",
    Header "w:hdr" "word/header" "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml",
    Footer "w:ftr" "word/footer" "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml",
    Styles "w:styles" "word/styles" "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml",
    Numbering "w:numbering" "word/numbering" "application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml",
    Settings "w:settings" "word/settings" "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml",
    FontTable "w:fonts" "word/fontTable" "application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml",
    Comments "w:comments" "word/comments" "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml",
    Footnotes "w:footnotes" "word/footnotes" "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
    Endnotes "w:endnotes" "word/endnotes" "application/vnd.openxmlformats-officedocument.wordprocessingml.endnotes+xml",
    Theme "a:theme" "theme/theme" "application/vnd.openxmlformats-officedocument.theme+xml",
    ThemeOverride "a:themeOverride" "theme/themeOverride" "application/vnd.openxmlformats-officedocument.themeOverride+xml",
    Chart "c:chartSpace" "charts/chart" "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
    UserShapes "c:userShapes" "drawings/chartDrawing" "application/vnd.openxmlformats-officedocument.drawingml.chartshapes+xml",
    DgmData "dgm:dataModel" "diagrams/data" "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml",
    DgmLayout "dgm:layoutDef" "diagrams/layout" "application/vnd.openxmlformats-officedocument.drawingml.diagramLayout+xml",
    DgmStyle "dgm:styleDef" "diagrams/quickStyle" "application/vnd.openxmlformats-officedocument.drawingml.diagramStyle+xml",
    DgmColors "dgm:colorsDef" "diagrams/colors" "application/vnd.openxmlformats-officedocument.drawingml.diagramColors+xml",
    DgmDrawing "dsp:drawing" "diagrams/drawing" "application/vnd.ms-office.drawingml.diagramDrawing+xml",
    Workbook "x:workbook" "xl/workbook" "",
    Worksheet "x:worksheet" "xl/worksheets/sheet" "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
    Chartsheet "x:chartsheet" "xl/chartsheets/sheet" "application/vnd.openxmlformats-officedocument.spreadsheetml.chartsheet+xml",
    SharedStrings "x:sst" "xl/sharedStrings" "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml",
    CellStyles "x:styleSheet" "xl/styles" "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml",
    Notes "x:comments" "xl/comments" "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml",
    Table "x:table" "xl/tables/table" "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml",
    Pivot "x:pivotTableDefinition" "xl/pivotTables/pivotTable" "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotTable+xml",
    PivotCache "x:pivotCacheDefinition" "xl/pivotCache/pivotCacheDefinition" "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml",
    PivotRecords "x:pivotCacheRecords" "xl/pivotCache/pivotCacheRecords" "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheRecords+xml",
    Drawing "xdr:wsDr" "xl/drawings/drawing" "application/vnd.openxmlformats-officedocument.drawing+xml",
    Vml "xml" "drawings/vmlDrawing" "application/vnd.openxmlformats-officedocument.vmlDrawing",
    Presentation "p:presentation" "ppt/presentation" "",
    Slide "p:sld" "ppt/slides/slide" "application/vnd.openxmlformats-officedocument.presentationml.slide+xml",
    Layout "p:sldLayout" "ppt/slideLayouts/slideLayout" "application/vnd.openxmlformats-officedocument.presentationml.slideLayout+xml",
    Master "p:sldMaster" "ppt/slideMasters/slideMaster" "application/vnd.openxmlformats-officedocument.presentationml.slideMaster+xml",
    SlideNotes "p:notes" "ppt/notesSlides/notesSlide" "application/vnd.openxmlformats-officedocument.presentationml.notesSlide+xml",
    NotesMaster "p:notesMaster" "ppt/notesMasters/notesMaster" "application/vnd.openxmlformats-officedocument.presentationml.notesMaster+xml",
    HandoutMaster "p:handoutMaster" "ppt/handoutMasters/handoutMaster" "application/vnd.openxmlformats-officedocument.presentationml.handoutMaster+xml",
    ShowSettings "p:presentationPr" "ppt/presProps" "application/vnd.openxmlformats-officedocument.presentationml.presProps+xml",
    ViewSettings "p:viewPr" "ppt/viewProps" "application/vnd.openxmlformats-officedocument.presentationml.viewProps+xml",
    TableStyles "a:tblStyleLst" "ppt/tableStyles" "application/vnd.openxmlformats-officedocument.presentationml.tableStyles+xml",
    SlideComments "p:cmLst" "ppt/comments/comment" "application/vnd.openxmlformats-officedocument.presentationml.comments+xml",
    CommentAuthors "p:cmAuthorLst" "ppt/commentAuthors" "application/vnd.openxmlformats-officedocument.presentationml.commentAuthors+xml",
}

/// How a permitted relationship is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    /// Always: the source means it by its mere existence (styles, theme).
    Always,
    /// Only when an allowed attribute of the source names its id.
    Named,
}

/// Normalises a relationship type: `image` for the standard ones, Strict or Transitional, else the whole address.
pub(crate) fn relation(uri: &str) -> &str {
    const STANDARD: [&str; 2] = [
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
        "http://purl.oclc.org/ooxml/officeDocument/relationships/",
    ];
    STANDARD.iter().find_map(|prefix| uri.strip_prefix(prefix)).unwrap_or(uri)
}

/// Address of a normalised standard relationship type.
pub(crate) fn relation_uri(relation: &str) -> String {
    if relation.contains("://") {
        relation.to_owned()
    } else {
        format!("http://schemas.openxmlformats.org/officeDocument/2006/relationships/{relation}")
    }
}

pub(crate) const DIAGRAM_DRAWING: &str =
    "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing";

/// The allow-list of (source, relationship type) → target.
pub(crate) fn edge(source: Part, relation: &str) -> Option<(Part, Follow)> {
    use Follow::{Always, Named};
    use Part::*;
    let word = matches!(source, Document | Header | Footer | Comments | Footnotes | Endnotes | Numbering);
    let slide = matches!(source, Slide | Layout | Master | SlideNotes | NotesMaster | HandoutMaster);
    let draws = word || slide || matches!(source, Drawing | Chartsheet | UserShapes | DgmDrawing);
    Some(match (relation, source) {
        ("image", Theme | ThemeOverride | Chart | DgmData | DgmLayout | Vml | Worksheet) => (Image, Named),
        ("image", _) if draws => (Image, Named),
        ("package", _) if word || slide || source == Worksheet => (Embedded, Named),
        ("chart", _) if draws => (Chart, Named),
        ("diagramData", _) if draws => (DgmData, Named),
        ("diagramLayout", _) if draws => (DgmLayout, Named),
        ("diagramQuickStyle", _) if draws => (DgmStyle, Named),
        ("diagramColors", _) if draws => (DgmColors, Named),
        (DIAGRAM_DRAWING, _) if draws => (DgmDrawing, Always),
        ("header", Document) => (Header, Named),
        ("footer", Document) => (Footer, Named),
        ("styles", Document) => (Styles, Always),
        ("numbering", Document) => (Numbering, Always),
        ("settings", Document) => (Settings, Always),
        ("fontTable", Document) => (FontTable, Always),
        ("comments", Document) => (Comments, Always),
        ("footnotes", Document) => (Footnotes, Always),
        ("endnotes", Document) => (Endnotes, Always),
        ("theme", Document | Workbook | Presentation | Master | NotesMaster | HandoutMaster) => {
            (Theme, Always)
        }
        ("themeOverride", Chart | Slide | Layout | SlideNotes) => (ThemeOverride, Always),
        ("chartUserShapes", Chart) => (UserShapes, Named),
        ("worksheet", Workbook) => (Worksheet, Named),
        ("chartsheet", Workbook) => (Chartsheet, Named),
        ("sharedStrings", Workbook) => (SharedStrings, Always),
        ("styles", Workbook) => (CellStyles, Always),
        ("pivotCacheDefinition", Workbook) => (PivotCache, Named),
        ("pivotCacheDefinition", Pivot) => (PivotCache, Always),
        ("pivotCacheRecords", PivotCache) => (PivotRecords, Named),
        ("drawing", Worksheet | Chartsheet) => (Drawing, Named),
        ("vmlDrawing", Worksheet | Chartsheet) => (Vml, Named),
        ("comments", Worksheet) => (Notes, Always),
        ("table", Worksheet) => (Table, Named),
        ("pivotTable", Worksheet) => (Pivot, Always),
        ("slide", Presentation) => (Slide, Named),
        ("slide", Slide) => (Slide, Named),
        ("slide", SlideNotes) => (Slide, Always),
        ("slideMaster", Presentation) => (Master, Named),
        ("slideMaster", Layout) => (Master, Always),
        ("slideLayout", Master) => (Layout, Named),
        ("slideLayout", Slide) => (Layout, Always),
        ("notesSlide", Slide) => (SlideNotes, Always),
        ("notesMaster", Presentation) => (NotesMaster, Named),
        ("notesMaster", SlideNotes) => (NotesMaster, Always),
        ("handoutMaster", Presentation) => (HandoutMaster, Named),
        ("presProps", Presentation) => (ShowSettings, Always),
        ("viewProps", Presentation) => (ViewSettings, Always),
        ("tableStyles", Presentation) => (TableStyles, Always),
        ("comments", Slide) => (SlideComments, Always),
        ("commentAuthors", Presentation) => (CommentAuthors, Always),
        _ => return None,
    })
}

/// Whether a part may stand where the allow-list expects `target`.
pub(crate) fn is_target(part: Part, target: Target) -> bool {
    match target {
        Target::Image => part == Part::Image,
        Target::Link => part == Part::Slide,
        Target::Chart => part == Part::Chart,
        Target::Shapes => part == Part::UserShapes,
        Target::Diagram => matches!(part, Part::DgmData | Part::DgmLayout | Part::DgmStyle | Part::DgmColors),
        Target::Header => part == Part::Header,
        Target::Footer => part == Part::Footer,
        Target::Sheet => matches!(part, Part::Worksheet | Part::Chartsheet),
        Target::Drawing => part == Part::Drawing,
        Target::Embedded => part == Part::Embedded,
        Target::Vml => part == Part::Vml,
        Target::Table => part == Part::Table,
        Target::Pivotcache => part == Part::PivotCache,
        Target::Records => part == Part::PivotRecords,
        Target::Slide => part == Part::Slide,
        Target::Master => part == Part::Master,
        Target::Layout => part == Part::Layout,
        Target::Notesmaster => part == Part::NotesMaster,
        Target::Handout => part == Part::HandoutMaster,
    }
}
