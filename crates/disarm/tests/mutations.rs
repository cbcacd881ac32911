//! Damaged and rearranged files of every format: whatever comes out is a fixed point and the second checker agrees
//! with it; everything else is refused without a panic. The ordinary run is a smoke test; `SEKISHO_LONG=N` multiplies
//! the number of files by N. The same properties are fuzzed with coverage in `/fuzz`.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use std::io::{Cursor, Write};

use common::{Package, docx, pptx, word_part, xlsx};
use sekisho_disarm::{Limits, Outcome, Ruleset, Secrets, disarm};
use sekisho_disarm_check::{Format, check};

/// Marsaglia's xorshift: the same files every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }
}

/// Changes `data` in one to eight places; `words` are what the format's readers look for.
fn mutate(data: &mut Vec<u8>, words: &[&str], random: &mut Random) {
    for _ in 0..=random.below(8) {
        let at = random.below(data.len() + 1);
        let end = (at + random.below(40)).min(data.len());
        match random.below(7) {
            0 if at < data.len() => data[at] ^= 1 << random.below(8),
            1 if at < data.len() => data[at] = *random.pick(&[0, 1, 0x20, 0x5C, 0x7F, 0x80, 0xFF]),
            2 => drop(data.drain(at..end)),
            3 => {
                let piece = data[at..end].to_vec();
                let to = random.below(data.len() + 1);
                data.splice(to..to, piece);
            }
            4 if at + 4 <= data.len() => {
                let number = *random.pick(&[0_u32, 1, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x1_0000]);
                data[at..at + 4].copy_from_slice(&number.to_le_bytes());
            }
            5 => data.truncate(end),
            _ => drop(data.splice(at..at, random.pick(words).bytes())),
        }
    }
}

fn judge(bytes: &[u8], name: &str) -> bool {
    let run = |bytes: &[u8]| disarm(bytes, name, &Ruleset::default(), &Limits::default(), &Secrets::none());
    let Outcome::Clean { rebuilt, report } = run(bytes) else { return false };
    let extension = report.output_extension.as_deref().unwrap_or("");
    let format = Format::from_extension(extension).unwrap_or_else(|| panic!("no checker for {extension}"));
    let keep = |why: &str| -> ! {
        let path = std::env::temp_dir().join(format!("sekisho-mutation-{name}"));
        std::fs::write(&path, bytes).expect("kept for a look");
        panic!("{why}; the file is {}", path.display())
    };
    match check(&rebuilt, format) {
        Ok(findings) if findings.is_empty() => {}
        other => keep(&format!("the second checker: {other:?}")),
    }
    match run(&rebuilt) {
        Outcome::Clean { rebuilt: again, .. } if again == rebuilt => {}
        Outcome::Clean { .. } => keep("not a fixed point"),
        other => keep(&format!("the output is refused: {other:?}")),
    }
    true
}

/// Files to make, by what one costs.
#[allow(clippy::disallowed_methods, reason = "how a person asks for the long run")]
fn rounds(few: usize) -> usize {
    let times = std::env::var("SEKISHO_LONG").ok().and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
    few * times.max(1)
}

/// Mutates whole files; at least one of the results must be rebuilt, or the test sees only refusals.
fn whole(seeds: &[Vec<u8>], name: &str, words: &[&str], few: usize) {
    let mut random = Random(0x5EED_0000 + few as u64);
    let mut clean = 0;
    for seed in seeds {
        assert!(judge(seed, name), "a seed of {name} is refused");
    }
    for _ in 0..rounds(few) {
        let mut bytes = random.pick(seeds).clone();
        mutate(&mut bytes, words, &mut random);
        clean += usize::from(judge(&bytes, name));
    }
    assert!(clean > 0, "{name}: nothing was rebuilt");
}

/// Mutates the parts of packages, which a change of the container would only break.
fn packages(seeds: &[Package], name: &str, words: &[&str], few: usize) {
    let mut random = Random(0xBEEF_0000 + few as u64);
    let mut clean = 0;
    for _ in 0..rounds(few) {
        let mut package = random.pick(seeds).clone();
        let part = random.below(package.parts.len());
        mutate(&mut package.parts[part].1, words, &mut random);
        clean += usize::from(judge(&package.build(), name));
    }
    assert!(clean > 0, "{name}: nothing was rebuilt");
}

const WORD: &[&str] = &[
    "<w:p/>",
    "<w:p>",
    "</w:p>",
    "<w:r>",
    "</w:r>",
    "<w:t>DDE</w:t>",
    "<w:fldChar w:fldCharType=\"begin\"/>",
    "<w:fldChar w:fldCharType=\"separate\"/>",
    "<w:fldChar w:fldCharType=\"end\"/>",
    "<w:instrText>DDEAUTO</w:instrText>",
    "<w:instrText> PAGE </w:instrText>",
    "<mc:AlternateContent>",
    "</mc:AlternateContent>",
    "<mc:Choice Requires=\"wps\">",
    "</mc:Choice>",
    "<mc:Fallback>",
    "</mc:Fallback>",
    "<w:tbl>",
    "<w:tc>",
    "<w:object>",
    "r:id=\"rId1\"",
    "&#x0;",
    "&amp;",
    "<!--",
    "]]>",
    "<![CDATA[",
    "<v:shape id=\"a\">",
    "w:val=\"1\"",
    "xmlns:q=\"x\"",
    "<w:sdt>",
    "<w:del>",
    "<w:txbxContent>",
];
const SHEET: &[&str] = &[
    "<f>",
    "</f>",
    "<f t=\"shared\" si=\"0\" ref=\"A1:A2\">",
    "<c r=\"A1\">",
    "</c>",
    "<v>1</v>",
    "cmd|'/c'!A0",
    "[1]x!A1",
    "<row r=\"1\">",
    "</row>",
    "<mergeCell ref=\"A1:B2\"/>",
    "<cfRule type=\"expression\" priority=\"1\"><formula>",
    "</formula></cfRule>",
    "<dataValidation>",
    "<formula1>",
    "r:id=\"rId1\"",
    "state=\"hidden\"",
    "<legacyDrawing r:id=\"rId1\"/>",
    "WEBSERVICE(",
    "\"",
    "'",
];
const SLIDE: &[&str] = &[
    "<a:hlinkClick action=\"ppaction://program\"/>",
    "<p:pic>",
    "</p:pic>",
    "<a:p/>",
    "<a:t>",
    "</a:t>",
    "r:embed=\"rId1\"",
    "<p:sp>",
    "</p:sp>",
    "<a:graphic>",
    "<p:oleObj r:id=\"rId1\">",
    "</p:oleObj>",
    "<p:embed/>",
    "<mc:AlternateContent>",
    "<p:timing>",
    "<p:cmd/>",
];

#[test]
fn word_documents() {
    let field = "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>";
    let branches = "<w:p><w:r><mc:AlternateContent><mc:Choice Requires=\"wps\"><w:drawing/></mc:Choice><mc:Fallback><w:pict><v:shape id=\"a\"><v:textbox><w:txbxContent><w:p/></w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>";
    let table = "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w=\"1\"/></w:tblGrid><w:tr><w:tc><w:p><w:r><w:ruby><w:rt><w:r><w:t>ふり</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>振</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p></w:tc></w:tr></w:tbl><w:p/>";
    let noted = docx(&format!("{field}{table}"))
        .part("word/footnotes.xml", word_part("footnotes", "<w:footnote w:id=\"1\"><w:p/></w:footnote>"))
        .rel("word/document.xml", "rId1", "footnotes", "footnotes.xml");
    packages(&[docx(&format!("{field}{branches}{table}")), noted], "a.docx", WORD, 400);
}

#[test]
fn workbooks() {
    let cells = "<sheetData><row r=\"1\"><c r=\"A1\"><f>SUM(B1:B9)</f><v>7</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>語</t></is></c></row></sheetData><mergeCells><mergeCell ref=\"A1:B2\"/></mergeCells>";
    let vml = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><v:shape id=\"_x0000_s1025\"><v:textbox><div>同意</div></v:textbox><x:ClientData ObjectType=\"Checkbox\"><x:Anchor>1,2,3,4,5,6,7,8</x:Anchor><x:Checked>1</x:Checked></x:ClientData></v:shape></xml>";
    let boxes = xlsx(&format!("{cells}<legacyDrawing r:id=\"rId1\"/>")).part("xl/drawings/v.vml", vml).rel(
        "xl/worksheets/sheet1.xml",
        "rId1",
        "vmlDrawing",
        "../drawings/v.vml",
    );
    packages(&[xlsx(cells), boxes], "a.xlsx", SHEET, 400);
}

#[test]
fn presentations() {
    let shape = "<p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"題\"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>題名</a:t></a:r></a:p></p:txBody></p:sp>";
    let object = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"4\" name=\"o\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/presentationml/2006/ole\"><p:oleObj name=\"x\" r:id=\"rId1\" progId=\"Excel.Sheet.12\"><p:embed/><p:pic><p:nvPicPr><p:cNvPr id=\"5\" name=\"preview\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:stretch/></p:blipFill><p:spPr/></p:pic></p:oleObj></a:graphicData></a:graphic></p:graphicFrame>";
    let embedding = pptx(&format!("{shape}{object}"), "")
        .part("ppt/embeddings/a.xlsx", xlsx("<sheetData/>").build())
        .rel("ppt/slides/slide1.xml", "rId1", "package", "../embeddings/a.xlsx");
    packages(&[pptx(&format!("{shape}{object}"), "<p:timing/>"), embedding], "a.pptx", SLIDE, 300);
}

/// Numbers of records, counts and places are what a metafile is made of: the words are records.
#[test]
fn metafiles() {
    let words = [
        "\u{e}\0\0\0\u{14}\0\0\0",
        "F\0\0\0\u{10}\0\0\0",
        "%\0\0\0\u{c}\0\0\0\u{1}\0\0\0",
        "T\0\0\0",
        "\0\0\0\0",
    ];
    let mut random = Random(0xE3F);
    for _ in 0..rounds(300) {
        let mut picture = common::emf::drawing();
        mutate(&mut picture, &words, &mut random);
        assert!(
            judge(&common::emf::slide_with(&picture).build(), "a.pptx"),
            "a bad picture costs the document"
        );
    }
}

#[test]
fn archives() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data) in
        [("連絡.txt", &b"text\n"[..]), ("a/b.csv", b"1,2\n"), ("c.docx", &docx("<w:p/>").build())]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("entry");
        zip.write_all(data).expect("data");
    }
    whole(
        &[zip.finish().expect("zip").into_inner()],
        "a.zip",
        &["PK\u{3}\u{4}", "PK\u{1}\u{2}", "../", "\\"],
        3000,
    );
}

fn pdf(body: &str, content: &str) -> Vec<u8> {
    format!(
        "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/DA(/H 9 Tf)>>>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Annots[6 0 R]/Resources<</Font<</F1 5 0 R>>/XObject<</X1 7 0 R>>>>>>\nendobj\n4 0 obj\n<</Length {}>>stream\n{content}\nendstream\nendobj\n5 0 obj\n<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>\nendobj\n6 0 obj\n<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(b)/Rect[1 1 50 20]/F 4>>\nendobj\n7 0 obj\n{body}\nendobj\ntrailer\n<</Size 8/Root 1 0 R>>\n%%EOF\n",
        content.len()
    )
    .into_bytes()
}

#[test]
fn pdfs() {
    let form = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 14>>stream\n0 0 9 9 re f\n\nendstream";
    let picture = "<</Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray/Length 4>>stream\nabcd\nendstream";
    let content = "q BT /F1 12 Tf 20 20 Td (Hello) Tj [(a) 10 (b)] TJ ET Q /X1 Do 1 0 0 rg 0 0 m 9 9 l S";
    let words = [
        "/JS",
        "/OpenAction",
        "/AA",
        "<<",
        ">>",
        "[",
        "]",
        "(",
        ")",
        "/Kids",
        "3 0 R",
        "7 0 R",
        "/Filter/FlateDecode",
        "endobj",
        "stream",
        "BI ID EI",
        "BT",
        "ET",
        "q",
        "Q",
        "/X1 Do",
        "Tj",
        "-1e99",
        "99999999999",
        "/Subtype/Link",
        "/Type/ObjStm",
        "#41",
    ];
    whole(&[pdf(form, content), pdf(picture, content)], "a.pdf", &words, 600);
}

#[test]
fn texts_and_tables() {
    let seeds = [
        "氏名,=1+1\r\n\"a\",b\r\n".as_bytes().to_vec(),
        b"\x95\x5c,\xf0\x40,\xb1\r\n".to_vec(),
        b"\x1b$BF|K\\\x1b(B,1\n".to_vec(),
    ];
    let words = [
        "=",
        "+",
        "\"",
        ",",
        "\t",
        ";",
        "sep=;",
        "\u{202e}",
        "\u{1b}[31m",
        "\u{feff}",
        "\r",
        "=cmd|'/c'!A0",
        "＝",
    ];
    for name in ["a.csv", "a.tsv", "a.txt"] {
        whole(&seeds, name, &words, 600);
    }
}

#[test]
fn pictures() {
    let (width, height) = (24_u16, 16_u16);
    let pixels: Vec<u8> =
        (0..usize::from(width) * usize::from(height) * 3).map(|i| (i * 7 % 251) as u8).collect();
    let (w, h) = (u32::from(width), u32::from(height));
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, 80)
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .expect("jpeg");
    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 80);
    encoder.set_progressive(true);
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).expect("jpeg");
    whole(&[jpeg, progressive], "a.jpg", &["\u{0}", "Exif\0\0MM\0*", "JFIF", "Adobe"], 400);
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, w, h);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().expect("png").write_image_data(&pixels).expect("png");
    whole(&[png], "a.png", &["tEXt", "IDAT", "IEND", "PLTE", "acTL"], 400);
    let mut gif = Vec::new();
    let mut encoder = gif::Encoder::new(&mut gif, width, height, &[]).expect("gif");
    encoder.write_frame(&gif::Frame::from_rgb(width, height, &pixels)).expect("gif");
    drop(encoder);
    whole(&[gif], "a.gif", &["!", ",", ";", "NETSCAPE2.0"], 400);
    let mut tiff = Cursor::new(Vec::new());
    tiff::encoder::TiffEncoder::new(&mut tiff)
        .and_then(|mut t| t.write_image::<tiff::encoder::colortype::RGB8>(w, h, &pixels))
        .expect("tiff");
    whole(&[tiff.into_inner()], "a.tif", &["II*\0", "MM\0*"], 400);
    let mut webp = Vec::new();
    image_webp::WebPEncoder::new(&mut webp).encode(&pixels, w, h, image_webp::ColorType::Rgb8).expect("webp");
    whole(&[webp], "a.webp", &["RIFF", "VP8L", "ALPH", "ANIM"], 150);
}
