//! The objects of the file (ISO 32000-1), tagged after 14.8: every block is a structure element, page numbers are
//! artifacts.

use super::font::Font;
use super::layout::{Line, PAGE_HEIGHT, PAGE_WIDTH, Pages};
use super::{PdfError, Role};
use pdf_writer::types::{CidFontType, FontFlags, StructRole, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

const FONT: Name<'static> = Name(b"F1");
const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Numbers of the objects, fixed by the number of pages and blocks.
struct Ids {
    pages: usize,
    blocks: usize,
}

impl Ids {
    const CATALOG: i32 = 1;
    const FIXED: i32 = 13;

    fn fixed(n: i32) -> Ref {
        Ref::new(Self::CATALOG + n)
    }

    fn at(base: usize, n: usize) -> Ref {
        Ref::new(i32::try_from(base + n).unwrap_or(i32::MAX).saturating_add(Self::FIXED + 2))
    }

    fn page(&self, n: usize) -> Ref {
        Self::at(0, n)
    }

    fn content(&self, n: usize) -> Ref {
        Self::at(self.pages, n)
    }

    fn element(&self, n: usize) -> Ref {
        Self::at(self.pages * 2, n)
    }

    fn bookmark(&self, n: usize) -> Ref {
        Self::at(self.pages * 2 + self.blocks, n)
    }
}

pub(super) fn write(title: &str, pages: &Pages, font: &Font<'_>) -> Result<Vec<u8>, PdfError> {
    let ids = Ids { pages: pages.pages.len(), blocks: pages.blocks.len() };
    let (catalog, tree, info, outline) = (Ids::fixed(0), Ids::fixed(1), Ids::fixed(2), Ids::fixed(3));
    let (structure, root) = (Ids::fixed(4), Ids::fixed(5));
    let mut pdf = Pdf::new();
    let marks = bookmarks(pages);
    let mut writer = pdf.catalog(catalog);
    writer
        .metadata(Ids::fixed(12))
        .pages(tree)
        .lang(TextStr("ja"))
        .outlines(outline)
        .pair(Name(b"StructTreeRoot"), structure);
    writer.mark_info().marked(true);
    writer.viewer_preferences().display_doc_title(true);
    writer.finish();
    pdf.document_info(info).title(TextStr(title)).producer(TextStr("Sekisho"));
    pdf.metadata(Ids::fixed(12), xmp(title).as_bytes());
    let refs: Vec<Ref> = (0..ids.pages).map(|n| ids.page(n)).collect();
    pdf.pages(tree).kids(refs).count(i32::try_from(ids.pages).unwrap_or(i32::MAX));
    write_pages(&mut pdf, pages, &ids, tree);
    write_structure(&mut pdf, pages, &ids, structure, root);
    write_outline(&mut pdf, pages, &marks, &ids, outline);
    write_font(&mut pdf, font)?;
    Ok(pdf.finish())
}

/// What the file says of itself: its title, its language, and that it is made after PDF/UA-1 (ISO 14289-1, 5 and 7.1).
fn xmp(title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">
<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" \
xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\">
<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>ja</rdf:li></rdf:Bag></dc:language>
<pdf:Producer>Sekisho</pdf:Producer>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end=\"r\"?>"
    )
}

fn write_pages(pdf: &mut Pdf, pages: &Pages, ids: &Ids, tree: Ref) {
    for (n, page) in pages.pages.iter().enumerate() {
        let mut writer = pdf.page(ids.page(n));
        writer.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT)).parent(tree).contents(ids.content(n));
        writer.struct_parents(i32::try_from(n).unwrap_or(i32::MAX));
        writer.resources().fonts().pair(FONT, Ids::fixed(6));
        writer.finish();
        let mut content = Content::new();
        for (id, piece) in page.pieces.iter().enumerate() {
            let role = pages.blocks[piece.block].0;
            content
                .begin_marked_content_with_properties(kind(role).to_name())
                .properties()
                .identify(i32::try_from(id).unwrap_or(i32::MAX));
            piece.lines.iter().for_each(|line| show(&mut content, line));
            content.end_marked_content();
        }
        if let Some(footer) = &page.footer {
            content.begin_marked_content(Name(b"Artifact"));
            show(&mut content, footer);
            content.end_marked_content();
        }
        pdf.stream(ids.content(n), &content.finish());
    }
}

fn show(content: &mut Content, line: &Line) {
    let bytes: Vec<u8> = line.glyphs.iter().flat_map(|g| g.to_be_bytes()).collect();
    content.begin_text().set_font(FONT, line.size).next_line(line.x, line.y).show(Str(&bytes)).end_text();
}

fn kind(role: Role) -> StructRole {
    match role {
        Role::Title => StructRole::H1,
        Role::Heading(1) => StructRole::H2,
        Role::Heading(2) => StructRole::H3,
        Role::Heading(3) => StructRole::H4,
        Role::Heading(4) => StructRole::H5,
        Role::Heading(_) => StructRole::H6,
        Role::Paragraph => StructRole::P,
    }
}

/// The tree of elements and, for each page, the element of each piece of marked content.
fn write_structure(pdf: &mut Pdf, pages: &Pages, ids: &Ids, structure: Ref, root: Ref) {
    let mut places: Vec<Vec<(usize, usize)>> = vec![Vec::new(); ids.blocks];
    for (n, page) in pages.pages.iter().enumerate() {
        for (id, piece) in page.pieces.iter().enumerate() {
            places[piece.block].push((n, id));
        }
    }
    let mut parents = pdf.indirect(Ids::fixed(11)).dict();
    let mut numbers = parents.insert(Name(b"Nums")).array();
    for (n, page) in pages.pages.iter().enumerate() {
        numbers.item(i32::try_from(n).unwrap_or(i32::MAX));
        numbers.push().array().items(page.pieces.iter().map(|p| ids.element(p.block)));
    }
    numbers.finish();
    parents.finish();
    let mut tree = pdf.indirect(structure).dict();
    tree.pair(Name(b"Type"), Name(b"StructTreeRoot"));
    tree.pair(Name(b"K"), root);
    tree.pair(Name(b"ParentTree"), Ids::fixed(11));
    tree.pair(Name(b"ParentTreeNextKey"), i32::try_from(ids.pages).unwrap_or(i32::MAX));
    tree.finish();
    let mut document = pdf.struct_element(root);
    document.kind(StructRole::Document).parent(structure);
    let mut children = document.children();
    for n in (0..ids.blocks).filter(|n| !places[*n].is_empty()) {
        children.struct_element(ids.element(n));
    }
    children.finish();
    document.finish();
    for (n, places) in places.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
        let mut element = pdf.struct_element(ids.element(n));
        element.kind(kind(pages.blocks[n].0)).parent(root);
        let mut children = element.children();
        for (page, id) in places {
            children
                .marked_content_ref()
                .page(ids.page(*page))
                .marked_content_id(i32::try_from(*id).unwrap_or(i32::MAX));
        }
        children.finish();
        element.finish();
    }
}

/// Headings of the top level: block, page and height.
fn bookmarks(pages: &Pages) -> Vec<(usize, usize, f32)> {
    let mut marks: Vec<(usize, usize, f32)> = Vec::new();
    for (n, page) in pages.pages.iter().enumerate() {
        for piece in &page.pieces {
            let top = pages.blocks[piece.block].0 == Role::Heading(1);
            if let Some(line) =
                piece.lines.first().filter(|_| top && marks.last().is_none_or(|m| m.0 != piece.block))
            {
                marks.push((piece.block, n, line.y + line.size * 1.4));
            }
        }
    }
    marks
}

fn write_outline(pdf: &mut Pdf, pages: &Pages, marks: &[(usize, usize, f32)], ids: &Ids, outline: Ref) {
    let mut writer = pdf.outline(outline);
    if !marks.is_empty() {
        writer
            .first(ids.bookmark(0))
            .last(ids.bookmark(marks.len() - 1))
            .count(i32::try_from(marks.len()).unwrap_or(i32::MAX));
    }
    writer.finish();
    for (at, (block, page, top)) in marks.iter().enumerate() {
        let mut item = pdf.outline_item(ids.bookmark(at));
        item.title(TextStr(&pages.blocks[*block].1)).parent(outline);
        if at > 0 {
            item.prev(ids.bookmark(at - 1));
        }
        if at + 1 < marks.len() {
            item.next(ids.bookmark(at + 1));
        }
        item.dest().page(ids.page(*page)).xyz(0.0, *top, None);
    }
}

fn write_font(pdf: &mut Pdf, font: &Font<'_>) -> Result<(), PdfError> {
    let (type0, cid, descriptor, cmap, file) =
        (Ids::fixed(6), Ids::fixed(7), Ids::fixed(8), Ids::fixed(9), Ids::fixed(10));
    let (program, cff) = font.program()?;
    let name = Name(b"SKSHOA+Policy");
    pdf.type0_font(type0)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(cmap);
    let mut writer = pdf.cid_font(cid);
    writer
        .subtype(if cff { CidFontType::Type0 } else { CidFontType::Type2 })
        .base_font(name)
        .system_info(IDENTITY);
    writer.font_descriptor(descriptor).default_width(1000.0);
    if !cff {
        writer.cid_to_gid_map_predefined(Name(b"Identity"));
    }
    let mut widths = writer.widths();
    for (glyph, _, width) in font.used() {
        widths.consecutive(glyph, [width]);
    }
    widths.finish();
    writer.finish();
    let measures = font.measures();
    let [left, bottom, right, top] = measures.bbox;
    let mut writer = pdf.font_descriptor(descriptor);
    writer.name(name).flags(FontFlags::SYMBOLIC).bbox(Rect::new(left, bottom, right, top)).italic_angle(0.0);
    writer.ascent(measures.ascent).descent(measures.descent).cap_height(measures.cap_height).stem_v(80.0);
    if cff {
        writer.font_file3(file)
    } else {
        writer.font_file2(file)
    };
    writer.finish();
    let mut stream = pdf.stream(file, &program);
    if cff {
        stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    }
    stream.finish();
    let mut unicode = UnicodeCmap::new(Name(b"Custom"), IDENTITY);
    font.used().for_each(|(glyph, c, _)| unicode.pair(glyph, c));
    pdf.cmap(cmap, &unicode.finish());
    Ok(())
}
