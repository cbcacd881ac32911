use std::fmt::Write as _;

use super::second;
use crate::{Limits, Outcome, Report, Ruleset, Secrets, Severity, Threat, ctx::Ctx, disarm};

/// A one-page PDF from object bodies; object 1 is the catalog, 2 the page tree, 3 the page, 4 its content.
pub(super) struct Sample {
    catalog: String,
    page: String,
    content: String,
    more: Vec<String>,
}

impl Sample {
    pub(super) fn new() -> Self {
        Self {
            catalog: String::new(),
            page: String::new(),
            content: "BT /F1 12 Tf 20 20 Td (Hello) Tj ET".into(),
            more: Vec::new(),
        }
    }

    fn catalog(mut self, text: &str) -> Self {
        self.catalog.push_str(text);
        self
    }

    fn page(mut self, text: &str) -> Self {
        self.page.push_str(text);
        self
    }

    pub(super) fn content(mut self, text: &str) -> Self {
        self.content = text.into();
        self
    }

    /// Objects 10, 11, …
    pub(super) fn object(mut self, text: &str) -> Self {
        self.more.push(text.into());
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let font = "/Font <</F1 <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
        let mut bodies = vec![
            (1, format!("<</Type/Catalog/Pages 2 0 R {}>>", self.catalog)),
            (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned()),
            (
                3,
                format!(
                    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<{font} /XObject <</X1 10 0 R>>>> {}>>",
                    self.page
                ),
            ),
            (4, format!("<</Length {}>>stream\n{}\nendstream", self.content.len(), self.content)),
        ];
        bodies.extend(self.more.iter().enumerate().map(|(i, b)| (10 + i, b.clone())));
        let mut out = "%PDF-1.7\n".to_owned();
        let mut table = String::from("xref\n0 1\n0000000000 65535 f \n");
        for (number, body) in bodies {
            let _ = write!(table, "{number} 1\n{:010} 00000 n \n", out.len());
            let _ = write!(out, "{number} 0 obj\n{body}\nendobj\n");
        }
        let at = out.len();
        let _ = write!(out, "{table}trailer\n<</Size 40/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n");
        out.into_bytes()
    }
}

fn stream(dict: &str, data: &str) -> String {
    format!("<<{dict}/Length {}>>stream\n{data}\nendstream", data.len())
}

fn run(bytes: &[u8], rules: &Ruleset) -> (Vec<u8>, Report) {
    match disarm(bytes, "a.pdf", rules, &Limits::default(), &Secrets::none()) {
        Outcome::Clean { rebuilt, report } => {
            let again = disarm(&rebuilt, "a.pdf", rules, &Limits::default(), &Secrets::none());
            let Outcome::Clean { rebuilt: second, .. } = again else { panic!("second pass: {again:?}") };
            assert!(second == rebuilt, "not a fixed point");
            let permits = sekisho_disarm_check::Permits {
                web_links: rules.links == crate::Links::Web,
                fields: rules.forms == crate::Forms::RebuildFields,
            };
            let format = sekisho_disarm_check::Format::Pdf;
            let checked = sekisho_disarm_check::check_permitting(&rebuilt, format, permits);
            assert_eq!(checked, Ok(vec![]));
            (rebuilt, report)
        }
        other => panic!("{other:?}"),
    }
}

/// Everything in the output, streams inflated.
fn inflated(pdf: &[u8]) -> String {
    let mut out = String::from_utf8_lossy(pdf).into_owned();
    let mut from = 0;
    while let Some(at) = super::find_all(&pdf[from..], b"stream\n").next() {
        let start = from + at + 7;
        out.push_str(&String::from_utf8_lossy(&super::filter::inflate(&pdf[start..], 1 << 20)));
        from = start;
    }
    out
}

/// The threat is reported, nothing of it survives, and the page still says Hello.
fn gone(sample: &Sample, threat: Threat, severity: Severity, forbidden: &[&str]) -> String {
    let (out, report) = run(&sample.bytes(), &Ruleset::default());
    let found = report.items.iter().any(|i| i.threat == threat && i.severity == severity);
    assert!(found, "{threat:?} {severity:?} not in {:?}", report.items);
    let text = inflated(&out);
    for word in forbidden {
        assert!(!text.contains(word), "{word} survived");
    }
    text
}

#[test]
fn an_ordinary_page_has_no_threats() {
    let (out, report) = run(&Sample::new().bytes(), &Ruleset::default());
    assert_eq!(report.items, []);
    assert!(inflated(&out).contains("(Hello) Tj"));
}

#[test]
fn p01_scripts_go_from_every_place() {
    let action = "<</S/JavaScript/JS(app.alert\\(1\\))>>";
    for sample in [
        Sample::new().catalog(&format!("/OpenAction {action}")),
        Sample::new().catalog(&format!("/AA <</WC {action}>>")),
        Sample::new().catalog(&format!("/Names <</JavaScript <</Names[(a) {action}]>>>>")),
        Sample::new().page(&format!("/AA <</O {action}>>")),
        Sample::new().page(&format!("/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A {action}>>]")),
        Sample::new().page(&format!("/Annots[<</Subtype/Widget/Rect[0 0 9 9]/AA <</K {action}>>>>]")),
        Sample::new().object(action),
    ] {
        gone(&sample, Threat::P01, Severity::Active, &["JavaScript", "app.alert", "/JS"]);
    }
}

#[test]
fn p02_actions_go() {
    for kind in
        ["Launch", "GoToR", "GoToE", "SubmitForm", "ImportData", "Hide", "Rendition", "RichMediaExecute"]
    {
        let sample = Sample::new().catalog(&format!("/OpenAction <</S/{kind}/F(cmd.exe)>>"));
        gone(&sample, Threat::P02, Severity::Active, &[kind, "cmd.exe"]);
    }
}

#[test]
fn p03_attachments_go() {
    let sample = Sample::new()
        .catalog("/Names <</EmbeddedFiles <</Names[(a) <</Type/Filespec/F(evil.exe)/EF <</F 10 0 R>>>>]>>>>")
        .object(&stream("/Type/EmbeddedFile", "payload"));
    gone(&sample, Threat::P03, Severity::Active, &["EmbeddedFile", "evil.exe", "payload"]);
}

#[test]
fn p04_external_streams_and_postscript_go() {
    let sample = Sample::new()
        .content("BT /F1 12 Tf (Hello) Tj ET /X1 Do")
        .object(&stream("/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/F(\\\\\\\\host\\\\share)/FFilter/FlateDecode", "x"));
    let text = gone(&sample, Threat::P04, Severity::Active, &["host", "FFilter"]);
    assert!(text.contains("Hello"));
    let sample =
        Sample::new().content("(Hello) Tj /X1 Do").object(&stream("/Type/XObject/Subtype/PS", "(x) run"));
    gone(&sample, Threat::P04, Severity::Active, &["(x) run", "/PS"]);
}

#[test]
fn p05_fields_are_drawn_and_forms_go() {
    let sample = Sample::new()
        .catalog("/AcroForm <</XFA (x) /Fields[11 0 R]/NeedAppearances true>>")
        .page("/Annots[11 0 R]")
        .object(&stream("/Subtype/Form/BBox[0 0 50 10]", "0 0 50 10 re f"))
        .object("<</Type/Annot/Subtype/Widget/FT/Tx/T(n)/V(secret)/Rect[10 10 60 20]/AP<</N 10 0 R>>>>");
    let text =
        gone(&sample, Threat::P05, Severity::Active, &["AcroForm", "XFA", "Widget", "NeedAppearances"]);
    assert!(text.contains("1 0 0 1 10 10 cm"), "{text}");
    assert!(text.contains("0 0 50 10 re"));
}

/// A text field with scripts, a box, two option buttons, a push button and a field without a look.
fn form() -> Sample {
    let script = "/AA<</K<</S/JavaScript/JS(evil)>>>>/A<</S/SubmitForm/F(http://example.invalid)>>";
    let look = "/AP<</N<</On 10 0 R/Off 10 0 R>>>>/AS/On";
    let widget = "/Type/Annot/Subtype/Widget/Rect[10 10 60 20]/F 4";
    Sample::new()
        .catalog("/AcroForm<</Fields[11 0 R 12 0 R 13 0 R 14 0 R 17 0 R]/CO[11 0 R]/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>")
        .page("/Annots[11 0 R 12 0 R 15 0 R 16 0 R 14 0 R 18 0 R]")
        .object(&stream("/Subtype/Form/BBox[0 0 50 10]", "0 0 50 10 re f"))
        .object(&format!("<<{widget}/FT/Tx/T(name)/V(taro)/DA(/Helv 9 Tf 1 0 0 rg)/AP<</N 10 0 R>>{script}>>"))
        .object(&format!("<<{widget}/FT/Btn/T(agree)/V/On{look}{script}>>"))
        .object("<</FT/Btn/Ff 49152/T(way)/V/On/Kids[15 0 R 16 0 R]>>")
        .object(&format!("<<{widget}/FT/Btn/Ff 65536/T(send)/AP<</N 10 0 R>>{script}>>"))
        .object(&format!("<<{widget}/Parent 13 0 R{look}>>"))
        .object(&format!("<<{widget}/Parent 13 0 R/AP<</N<</Two 10 0 R>>>>/AS/Off>>"))
        .object("<</T(group)/Kids[18 0 R]>>")
        .object(&format!("<<{widget}/FT/Ch/Parent 17 0 R/T(list)/V<FEFF7532>/Opt[<FEFF7532>(b)]{script}>>"))
}

#[test]
fn p05_fields_stay_fillable_where_the_rule_says_so_and_never_act() {
    let rules = Ruleset { forms: crate::Forms::RebuildFields, ..Ruleset::default() };
    let (out, report) = run(&form().bytes(), &rules);
    let text = inflated(&out);
    for gone in ["JavaScript", "evil", "SubmitForm", "example.invalid", "/AA", "/CO", "(send)"] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    for kept in [
        "/T(name)",
        "/V(taro)",
        "/T(agree)",
        "/V/On",
        "/AS/On",
        "/Ff 49152",
        "/T(group)",
        "/T(list)",
        "/DA(/F0 9 Tf 1 0 0 rg)",
        "/NeedAppearances true",
    ] {
        assert!(text.replace(' ', "").contains(&kept.replace(' ', "")), "{kept} not in {text}");
    }
    assert!(report.items.iter().any(|i| i.threat == Threat::P01));
    let kept = |i: &crate::Item| i.threat == Threat::P05 && i.action == crate::Action::Kept;
    assert!(report.items.iter().any(kept), "{:?}", report.items);
}

#[test]
fn p05_words_without_a_look_are_written_into_the_page() {
    let (out, _) = run(&form().bytes(), &Ruleset::default());
    let text = inflated(&out);
    assert!(!text.contains("/AcroForm") && !text.contains("Widget"), "{text}");
    assert!(text.contains("UniJIS-UTF16-H") && text.contains("u2) Tj"), "{text}");
}

#[test]
fn p06_media_go_and_p07_notes_are_drawn() {
    for kind in ["RichMedia", "Screen", "Movie", "Sound", "3D"] {
        let sample = Sample::new().page(&format!("/Annots[<</Type/Annot/Subtype/{kind}/Rect[0 0 9 9]>>]"));
        gone(&sample, Threat::P06, Severity::Active, &[&format!("/{kind}")]);
    }
    let sample = Sample::new()
        .page("/Annots[<</Subtype/Stamp/Rect[0 0 50 10]/Contents(words)/RC(<b>)/AP<</N 10 0 R>>>>]")
        .object(&stream("/Subtype/Form/BBox[0 0 50 10]", "0 0 50 10 re f"));
    gone(&sample, Threat::P07, Severity::Simplified, &["Stamp", "words"]);
}

#[test]
fn p08_p09_catalog_and_page_extras_go() {
    let sample = Sample::new().catalog("/SpiderInfo <<>> /PieceInfo <<>> /Extensions <<>> /Requirements []");
    gone(&sample, Threat::P08, Severity::Note, &["SpiderInfo", "PieceInfo", "Requirements"]);
    let sample = Sample::new().page("/PieceInfo <</X <<>>>> /Trans <</S/Fly>> /Dur 1");
    gone(&sample, Threat::P09, Severity::Note, &["PieceInfo", "Trans", "/Dur"]);
}

#[test]
fn p10_disguised_names_are_read_as_what_they_are() {
    let sample = Sample::new().catalog("/Open#41ction <</S/J#61vaScript/#4a#53(evil)>>");
    gone(&sample, Threat::P10, Severity::Hidden, &["evil"]);
    gone(&sample, Threat::P01, Severity::Active, &["#"]);
}

#[test]
fn p11_loops_end() {
    let sample = Sample::new().content("BT /F1 12 Tf (Hello) Tj ET /X1 Do").object(&stream(
        "/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X1 10 0 R>>>>",
        "/X1 Do 0 0 5 5 re f",
    ));
    gone(&sample, Threat::P11, Severity::Active, &[]);
    // Ten forms, each drawing the next a hundred times.
    let mut bomb = Sample::new().content("/X1 Do");
    for i in 0..10 {
        let next = if i < 9 { format!("/Resources<</XObject<</N {} 0 R>>>>", 11 + i) } else { String::new() };
        bomb = bomb.object(&stream(&format!("/Subtype/Form/BBox[0 0 9 9]{next}"), &"/N Do ".repeat(100)));
    }
    let outcome = disarm(&bomb.bytes(), "a.pdf", &Ruleset::default(), &Limits::default(), &Secrets::none());
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
}

/// The same object number twice: a reader that follows the table sees one page, a reader that looks for objects
/// another.
#[test]
fn p11_a_file_that_means_two_things_is_refused() {
    let refused = |bytes: &[u8]| match disarm(
        bytes,
        "a.pdf",
        &Ruleset::default(),
        &Limits::default(),
        &Secrets::none(),
    ) {
        Outcome::Blocked { reason: crate::Refusal::Ambiguous { location, .. }, .. } => location,
        other => panic!("{other:?}"),
    };
    let text = String::from_utf8(Sample::new().bytes()).unwrap();
    let behind = |body: &str| text.replace("\nxref\n", &format!("\n{body}\nendobj\nxref\n"));
    // The table still names the first of the two, at the place where it was.
    let moved = |text: &str| {
        let at = text.rfind("\nxref\n").unwrap() + 1;
        let start = text.rfind("startxref\n").unwrap();
        format!("{}startxref\n{at}\n%%EOF\n", &text[..start]).into_bytes()
    };
    let other = "4 0 obj\n<</Length 31>>stream\nBT /F1 12 Tf 20 20 Td (Bye) Tj ET\nendstream";
    assert_eq!(refused(&moved(&behind(other))), "1ページ");
    // A trailer that nobody asks for does not make it a locked file, which would go uncompared.
    let trailer = "\nendobj\ntrailer\n<</Encrypt<</Filter/Standard>>/Root 1 0 R>>\n10 0 obj\nnull";
    assert_eq!(refused(&moved(&behind(&format!("{other}{trailer}")))), "");
    assert_eq!(
        refused(&moved(&behind(
            "2 0 obj\n<</Type/Pages/Kids[3 0 R 10 0 R]/Count 2>>\nendobj\n10 0 obj\n<</Type/Page>>"
        ))),
        ""
    );
}

#[test]
fn the_second_reader_misses_neither_pages_nor_words() {
    let (limits, rules, secrets) = (Limits::default(), Ruleset::default(), Secrets::none());
    let compare = |input: &Sample, output: &Sample| {
        let output = run(&output.bytes(), &rules).0;
        second::compare(&input.bytes(), &output, &mut Ctx::new(&rules, &limits, &secrets)).unwrap()
    };
    let form = stream("/Subtype/Form/BBox[0 0 9 9]", "BT (in) Tj ET");
    let all = Sample::new()
        .content("[(He) 3 (l)] TJ <6C6f> Tj (a\\)\\101) ' 1 2 (b) \" /X1 Do (end) Tj")
        .object(&form);
    assert_eq!(compare(&all, &all), second::Verdict::Agree);
    let said = "[(He) 3 (l)] TJ <6C6f> Tj (a\\)\\101) ' 1 2 (b) \" /X1 Do (end) Tj";
    for (old, new) in
        [("(He)", "(ho)"), ("6C6f", "6C"), ("(b)", "()"), ("/X1 Do", ""), ("101", "102"), ("(end) Tj", "")]
    {
        let less = Sample::new().content(&said.replace(old, new)).object(&form);
        assert_eq!(compare(&all, &less), second::Verdict::Words(1), "{old}");
    }
    let noted = Sample::new().content(&format!("{said} BT (a note) Tj ET")).object(&form);
    assert_eq!(compare(&all, &noted), second::Verdict::Agree, "what was drawn behind is no difference");
    let inline = Sample::new().content("(x) Tj BI /W 1/H 1/BPC 8/CS/G ID \u{7f}(y) Tj EI (z) Tj");
    assert_eq!(compare(&inline, &Sample::new().content("(xz) Tj")), second::Verdict::Agree);
}

#[test]
fn of_several_blend_modes_the_first_that_is_known_counts() {
    let form = "/Subtype/Form/BBox[0 0 9 9]/Resources<</ExtGState<</G<</BM[/Newer/Screen/Multiply]>>>>>>";
    let sample = Sample::new().content("/X1 Do").object(&stream(form, "/G gs 0 0 5 5 re f"));
    let (out, _) = run(&sample.bytes(), &Ruleset::default());
    assert!(inflated(&out).contains("/BM /Screen"), "{}", inflated(&out));
}

/// What is calculated is as long as what may be read.
#[test]
fn a_look_that_is_stretched_beyond_measure_is_read_again_as_it_was_written() {
    let sample = Sample::new()
        .page("/Annots[11 0 R]")
        .object(&stream("/Subtype/Form/BBox[0 0 1 0.0000001]", "0 0 1 1 re f"))
        .object("<</Subtype/Stamp/Rect[0 0 1 99999999999]/AP<</N 10 0 R>>>>");
    run(&sample.bytes(), &Ruleset::default());
}

#[test]
fn a_layer_goes_with_what_drew_on_it() {
    let picture = "/Subtype/Image/Width 1/BitsPerComponent 8/ColorSpace/DeviceGray";
    let sample = Sample::new()
        .content("/X1 Do")
        .object(&stream(&format!("{picture}/Height 99999999999/Mask 11 0 R"), "x"))
        .object(&stream("/Subtype/Image/Width 1/Height 1/ImageMask true/OC 12 0 R", "x"))
        .object("<</Type/OCG/Name(l)>>");
    let (out, _) = run(&sample.bytes(), &Ruleset::default());
    assert!(!inflated(&out).contains("OCProperties"), "{}", inflated(&out));
}

#[test]
fn p13_calculators_become_tables() {
    let function = stream("/FunctionType 4/Domain[0 1]/Range[0 1 0 1 0 1]", "{ dup dup 2 exp exch }");
    let sample = Sample::new()
        .page("/Group <</S/Transparency>>")
        .content("BT (Hello) Tj ET /X1 Do")
        .object(&stream(
            "/Subtype/Form/BBox[0 0 9 9]/Resources<</ColorSpace<</C [/Separation/Spot/DeviceRGB 11 0 R]>>>>",
            "/C cs 0.5 scn 0 0 5 5 re f",
        ))
        .object(&function);
    let text = gone(&sample, Threat::P13, Severity::Note, &["exch", "FunctionType 4"]);
    assert!(text.contains("/FunctionType 0"));
}

#[test]
fn p14_rubbish_fonts_are_left_out() {
    let sample = Sample::new()
        .page("/Resources<</Font<</F1 10 0 R>>>>")
        .object("<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor<</Type/FontDescriptor/FontName/X/FontMatrix[1 0 0 1 (alert) 0]/FontFile2 11 0 R>>>>")
        .object(&stream("", "\u{0}\u{1}\u{0}\u{0}rubbish"));
    gone(&sample, Threat::P14, Severity::Simplified, &["rubbish", "alert"]);
}

#[test]
fn p15_p16_p17_information_signatures_and_surroundings_go() {
    let sample = Sample::new().object(&stream("/Type/Metadata/Subtype/XML", "<!DOCTYPE x>"));
    gone(&sample, Threat::P15, Severity::Note, &["DOCTYPE"]);
    let sample = Sample::new().object("<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>");
    gone(&sample, Threat::P16, Severity::Simplified, &["ByteRange"]);
    let mut bytes = Sample::new().bytes();
    bytes.extend(b"PK\x03\x04 archive behind");
    let (out, report) = run(&bytes, &Ruleset::default());
    assert!(report.items.iter().any(|i| i.threat == Threat::P17));
    assert!(out.ends_with(b"%%EOF") && super::find_all(&out, b"%%EOF").count() == 1);
}

#[test]
fn links_follow_the_rule() {
    let link = |uri: &str| {
        Sample::new()
            .page(&format!("/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI({uri})>>>>]"))
            .bytes()
    };
    let web = Ruleset { links: crate::Links::Web, ..Ruleset::default() };
    let (out, report) = run(&link("https://example.jp/a"), &Ruleset::default());
    assert!(!inflated(&out).contains("example.jp") && report.threats() == 0);
    let (_, report) = run(&link("file:///x"), &Ruleset::default());
    assert_eq!(report.threats(), 1);
    let (out, _) = run(&link("https://example.jp/a"), &web);
    assert!(inflated(&out).contains("https://example.jp/a"));
    for bad in ["file:///c:/x", "javascript:x", "https://user@host/", "\\\\\\\\host\\\\x", "search-ms:q"] {
        let (out, _) = run(&link(bad), &web);
        assert!(!inflated(&out).contains("/URI"), "{bad}");
    }
    let inside = Sample::new()
        .page("/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/GoTo/D[3 0 R/Fit]>>>>]")
        .catalog("/Outlines <</First 10 0 R/Last 10 0 R>>")
        .object("<</Title(One)/Dest[3 0 R/XYZ 0 0 0]/A<</S/JavaScript/JS(x)>>>>");
    let text = gone(&inside, Threat::P01, Severity::Active, &["/JS"]);
    assert!(text.contains("/Dest") && text.contains("(One)"));
}

#[test]
fn rubbish_and_bombs_are_refused() {
    for bytes in [&b"%PDF-1.7\n"[..], b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj", &[b'%'; 40]] {
        let outcome = disarm(bytes, "a.pdf", &Ruleset::default(), &Limits::default(), &Secrets::none());
        assert!(!matches!(outcome, Outcome::Clean { .. }), "{outcome:?}");
    }
    let limits = Limits { expanded_bytes: 10, ..Limits::default() };
    let sample = Sample::new().content(&"0 0 m ".repeat(50));
    let mut bytes = sample.bytes();
    // Run-length: 0xff repeats a byte twice, so the content grows beyond the limit.
    let text = String::from_utf8(bytes).unwrap().replace("/Length 300", "/Filter/ASCIIHexDecode/Length 300");
    bytes = text.into_bytes();
    let outcome = disarm(&bytes, "a.pdf", &Ruleset::default(), &limits, &Secrets::none());
    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
}
