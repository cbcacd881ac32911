//! Documents whose objects are drawn from lists by kind, each reference mostly leading to the kind that belongs there.

use std::io::Write as _;

use proptest::prelude::*;

use crate::pieces::{Choices, cases, holds, rules};

/// Objects by kind: the number of the first, how many, and what they may be. `@` and a letter is a reference to an
/// object of that kind, `#` a number, `~` a name, and what follows `|` the data of a stream.
const OBJECTS: &[(char, usize, usize, &[&str])] = &[
    (
        'f',
        10,
        3,
        &[
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            "<</Type/Font/Subtype/Type1/BaseFont~/Encoding/WinAnsiEncoding/FirstChar #/LastChar #/Widths[# #]>>",
            "<</Type/Font/Subtype/TrueType/BaseFont/A/Encoding<</BaseEncoding/MacRomanEncoding/Differences[#/A/B #~]>>/ToUnicode @d>>",
            "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[@n]/ToUnicode @d>>",
            "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/90ms-RKSJ-H/DescendantFonts @n>>",
            "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding @d/DescendantFonts[@n @n]>>",
            "<</Type/Font/Subtype/Type3/FontBBox[0 0 1 #]/FontMatrix[1 0 0 1 0 #]/CharProcs<</A @d~@d>>/Encoding<</Differences[65/A/B]>>/FirstChar 65/LastChar 66/Widths[# #]/Resources<</Font<</F1 @f>>/XObject<</X1 @x>>>>>>",
        ],
    ),
    (
        'n',
        13,
        1,
        &[
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement #>>/W[# [# #] # # #]/DW #/FontDescriptor @z>>",
            "<</Type/Font/Subtype/CIDFontType0/BaseFont~/CIDSystemInfo<</Registry(\\()/Ordering(Identity)/Supplement 0>>/CIDToGIDMap @d/W2[# [# # #]]>>",
        ],
    ),
    (
        'x',
        14,
        3,
        &[
            "/Type/XObject/Subtype/Form/BBox[0 0 # #]/Resources<</Font<</F1 @f>>/XObject<</X1 @x/X2 @x>>/ExtGState<</G1 @g>>>>|q /F1 9 Tf BT (in) Tj ET /X1 Do /G1 gs",
            "/Subtype/Form/BBox[# # # #]/Matrix[1 0 0 # # #]/Group<</S/Transparency/CS @c/I true/K #>>/OC @l|/X2 Do 0 0 5 5 re f Q",
            "/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray|abcd",
            "/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceRGB/SMask @x/Intent~|abcdabcdabcd",
            "/Subtype/Image/Width 8/Height 2/ImageMask true/Decode[1 0]|\u{55}a",
            "/Subtype/Image/Width 2/Height 2/BitsPerComponent #/ColorSpace @c/Mask[# #]/Decode[0 #]/Interpolate true|abcdabcdabcdabcd",
            "/Subtype/Image/Width 1/Height #/BitsPerComponent 8/ColorSpace[/Indexed/DeviceRGB 1(abcdef)]/Mask @x|\u{1}",
            "/Subtype/Image/Width 2/Height 2/BitsPerComponent 16/ColorSpace/DeviceCMYK/Alternates[<</Image @x>>]|abcdabcdabcdabcdabcdabcdabcdabcd",
            "/Subtype/PS|run",
        ],
    ),
    (
        'c',
        17,
        3,
        &[
            "/DeviceGray",
            "[/ICCBased @d]",
            "[/Indexed/DeviceRGB #<000000ffffff>]",
            "[/Indexed @c 1 @d]",
            "[/Separation~/DeviceCMYK @u]",
            "[/Separation/All @c @u]",
            "[/DeviceN[/A~]@c @u<</Subtype/NChannel>>]",
            "[/CalRGB<</WhitePoint[1 1 1]/Gamma[# # #]>>]",
            "[/CalGray<</WhitePoint[0.9 1 #]>>]",
            "[/Lab<</WhitePoint[1 1 1]/Range[-1 # # 1]>>]",
            "[/Pattern @c]",
            "/Pattern",
            "[~]",
        ],
    ),
    (
        'u',
        20,
        2,
        &[
            "<</FunctionType 2/Domain[0 1]/C0[# # # #]/C1[1 0 0 #]/N #>>",
            "<</FunctionType 2/Domain[0 1]/N 1>>",
            "<</FunctionType 3/Domain[0 1]/Functions[@u @u]/Bounds[#]/Encode[0 1 # 0]>>",
            "/FunctionType 4/Domain[0 1]/Range[0 1 0 1 0 1 0 1]|{dup # mul exch 2 copy pop}",
            "/FunctionType 4/Domain[0 1 0 1]/Range[0 1]|{add 2 div}",
            "/FunctionType 0/Domain[0 1]/Range[0 1 0 1 0 1]/Size[2]/BitsPerSample 8/Order #|abcdef",
            "[@u @u @u]",
        ],
    ),
    (
        'g',
        22,
        2,
        &[
            "<</Type/ExtGState/LW #/D[[# #]#]/CA #/ca #/BM/Multiply/SMask<</S/Luminosity/G @x/BC[# # #]/TR @u>>>>",
            "<</Font[@f #]/BM[/A/Screen]/SMask/None/TR @u/HT @d/OP true/op false/OPM 1/AIS true>>",
            "<</SMask<</S/Alpha/G @x>>/LC #/LJ #/ML #/RI~/SA true>>",
        ],
    ),
    (
        'p',
        24,
        2,
        &[
            "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 # #]/XStep #/YStep #/Resources<</Pattern<</P1 @p>>/Font<</F1 @f>>>>/Matrix[1 0 0 1 # #]|0 0 1 1 re f /Pattern cs /P1 scn BT /F1 1 Tf (p) Tj ET",
            "/PatternType 1/PaintType 2/TilingType #/BBox[0 0 1 1]/XStep 1/YStep 1/Resources<<>>|1 0 0 rg 0 0 1 1 re f",
            "<</PatternType 2/Shading @s/Matrix[# 0 0 1 0 0]/ExtGState @g>>",
        ],
    ),
    (
        's',
        26,
        2,
        &[
            "<</ShadingType 1/ColorSpace/DeviceRGB/Function @u/Domain[0 1 0 #]/Matrix[1 0 0 1 0 0]>>",
            "<</ShadingType 2/ColorSpace @c/Coords[0 0 # #]/Function @u/Extend[true #]/Background[# # #]>>",
            "<</ShadingType 3/ColorSpace/DeviceCMYK/Coords[0 0 1 # # 2]/Function @u/BBox[0 0 1 1]/AntiAlias true>>",
            "/ShadingType 4/ColorSpace/DeviceRGB/BitsPerCoordinate 8/BitsPerComponent 8/BitsPerFlag 8/Decode[0 1 0 1 0 1 0 1 0 1]|abcdefgh",
            "/ShadingType 6/ColorSpace @c/BitsPerCoordinate #/BitsPerComponent 8/BitsPerFlag 2/Decode[0 1 0 1 0 #]/Function @u|abcdefgh",
        ],
    ),
    (
        'a',
        28,
        4,
        &[
            "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Dest[@o/XYZ # # #]/Border[0 0 #[# #]]>>",
            "<</Subtype/Link/Rect[0 0 # 9]/A<</S/URI/URI(http://x/\\))>>/C[1 0 0]/BS<</W #/S/D/D[#]>>>>",
            "<</Subtype/Link/Rect[0 0 9 9]/A<</S/GoTo/D(n)>>/AA<</E @j>>/QuadPoints[# # # # # # # #]>>",
            "<</Subtype/Link/Rect[0 0 9 9]/Dest~/H/N/A @j>>",
            "<</Subtype/Widget/FT/Tx/T(t)/V(v\\()/DA(/Helv # Tf 1 0 0 rg)/Rect[10 10 60 20]/AP<</N @x>>/F #>>",
            "<</Subtype/Widget/FT/Tx/T<FEFF7532>/V<FEFF7532>/MaxLen #/Q 1/Rect[10 10 60 20]/MK<</R 90/BC[#]>>>>",
            "<</Subtype/Widget/FT/Btn/T(b)/V/On/AS/On/Rect[0 0 5 5]/AP<</N<</On @x/Off @x>>/D @x>>>>",
            "<</Subtype/Widget/Parent @a/Rect[0 0 5 5]/FT/Ch/Opt[(a)[(b)(c)]]/V[(a)]/Kids[@a]/T(k)/Ff #>>",
            "<</Subtype/FreeText/Contents(words \\051)/Rect[0 0 50 #]/DA(/F1 9 Tf)>>",
            "<</Subtype/Stamp/Rect[# # # #]/AP<</N @x>>/Popup @a/OC @l>>",
            "<</Subtype/FileAttachment/FS @j/Rect[0 0 1 1]/AP<</N @x>>>>",
        ],
    ),
    (
        'd',
        32,
        3,
        &[
            "/N 3|profile",
            "/Length1 4|\u{0}\u{1}\u{0}\u{0}",
            "|/CIDInit begincmap 1 begincodespacerange <00><ff> endcodespacerange 1 beginbfchar <41><3042> endbfchar 1 beginbfrange <42><44>[<0041><d83dde00>] endbfrange endcmap",
            "/CMapName/A/WMode 1/UseCMap/Identity-H|1 begincodespacerange <0000><ffff> endcodespacerange 1 begincidrange <0000><00ff> # endcidrange",
            "|# 0 d0 /F1 1 Tf (g) Tj 0 0 # # re f",
            "|# 0 0 0 1 1 d1 1 0 0 rg /X1 Do",
            "|abc",
        ],
    ),
    (
        'z',
        35,
        1,
        &[
            "<</Type/FontDescriptor/FontName/A/Flags #/FontBBox[0 0 # #]/Ascent #/FontFile2 @d/StemV #/Style<</Panose(a)>>>>",
        ],
    ),
    (
        'l',
        36,
        2,
        &[
            "<</Type/OCG/Name(l)/Intent/View/Usage<</Print<</PrintState/OFF>>>>>>",
            "<</Type/OCMD/OCGs[@l @l]/P/AnyOn/VE[/Not @l]>>",
            "<</Type/OCG/Name<FEFF5C64>/Usage<</View<</ViewState #>>>>>>",
        ],
    ),
    (
        'j',
        38,
        1,
        &[
            "<</S/JavaScript/JS(x)>>",
            "<</S/Named/N/NextPage/Next @j>>",
            "<</Type/Filespec/F(x.exe)/EF<</F @d>>>>",
            "<</S/GoTo/D[@o/Fit]>>",
        ],
    ),
    (
        'o',
        39,
        2,
        &[
            "<</Title(One)/Dest[@o/XYZ # # #]/Parent @o/Next @o/First @o/Count #/C[1 0 #]/F #>>",
            "<</Title<FEFF7532>/A<</S/GoTo/D(n)>>/Prev @o/SE @d>>",
            "<</Type/Outlines/First @o/Last @o/Count -#>>",
            "<</Names[(n)[@o/FitH #](m)<</D[@o/FitR # # # #]>>]/Kids[@o]/Limits[(a)(z)]>>",
            "<</Nums[0<</S/r/St #>>#<</P(A-\\))>>]>>",
        ],
    ),
];

const OPERATORS: &[&str] = &[
    "q",
    "Q",
    "BT",
    "ET",
    "/F1 12 Tf",
    "/F2 # Tf",
    "/F3 # Tf",
    "(Hello) Tj",
    "<00410042> Tj",
    "[(a)-#(b)<43>#] TJ",
    "(\\)\\050\\\\) '",
    "# # (w) \"",
    "T*",
    "# # Td",
    "# # TD",
    "1 0 0 1 # # Tm",
    "# Tc # Tw # Tz # TL # Ts",
    "3 Tr",
    "7 Tr",
    "# Tr",
    "1 0 0 1 # # cm",
    "0 0 # # re",
    "f",
    "f*",
    "S",
    "s",
    "B*",
    "b",
    "n",
    "W n",
    "W* n",
    "# # m # # l",
    "# # # # # # c h",
    "/X1 Do",
    "/X2 Do",
    "/X3 Do",
    "/CS1 cs",
    "/CS2 CS",
    "/CS3 cs",
    "# sc",
    "# # # scn",
    "# # # # SCN",
    "/Pattern cs /P1 scn",
    "/CS1 cs # # # /P2 scn",
    "/DeviceRGB cs",
    "# g",
    "# # # RG",
    "# # # # k",
    "/G1 gs",
    "/G2 gs",
    "/S1 sh",
    "/S2 sh",
    "/OC /L1 BDC",
    "/OC /L2 BDC",
    "/Span <</ActualText(x)/MCID #>> BDC",
    "/A BMC",
    "/T~ DP",
    "EMC",
    "BI /W 1 /H 1 /BPC 8 /CS /G ID a EI",
    "BI/W 4/H 2/IM true/D[1 0]/F/AHx ID 0050> EI",
    "BI /W 1 /H 1 /BPC 8 /CS /CS1 ID abc EI",
    "BI /W 2 /H 1 /BPC 8 /CS [/I /RGB 1 <000000ffffff>] /F [/A85 /Fl] ID ~> EI",
    "BI /W # /H 1 ID EI",
    "BX foo # EX",
    "bar",
    "# w # J # j # M [# #] # d",
    "/Perceptual ri",
    "# i",
    "# 0 d0",
    "(x",
    "<4",
    "%c\n",
    "]",
    ">>",
    "<<",
    "true",
    "null",
    "~",
    "{",
    ")",
    "Do",
    "-",
    "1..2 # # rg",
];

const NUMBERS: &[&str] = &[
    "1",
    "0",
    "2",
    "-1",
    "0.5",
    "100",
    "8",
    "255",
    "65",
    ".25",
    "+3",
    "--4",
    "4.",
    "1e3",
    "99999999999",
    "-0",
    "32768",
    "0.0000001",
    "90",
];
const NAMES: &[&str] = &[
    "/A",
    "/F1",
    "/X1",
    "/DeviceRGB",
    "/#41",
    "/Pattern",
    "/All",
    "/None",
    "/",
    "/a#20b",
    "/Perceptual",
    "/\u{e9}",
    "/S",
];

/// Replaces `@k`, `#` and `~`.
fn fill(text: &str, choices: &mut Choices<'_>) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '@' => {
                let kind = rest.next().unwrap_or('d');
                let of = |kind| {
                    OBJECTS
                        .iter()
                        .find(|(k, ..)| *k == kind)
                        .map_or((3, 1), |(_, first, count, _)| (*first, *count))
                };
                let (first, count) = if choices.once_in(12) { (1, 42) } else { of(kind) };
                out.push_str(&format!(" {} 0 R ", first + choices.below(count)));
            }
            '#' => out.push_str(choices.one(NUMBERS)),
            '~' => out.push_str(choices.one(NAMES)),
            c => out.push(c),
        }
    }
    out
}

/// A dictionary with the data behind `|`, under a filter.
fn stream(dict: &str, data: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let flate = |data: &[u8]| {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(data).expect("memory");
        out.finish().expect("memory")
    };
    let (filter, data) = match choices.below(10) {
        0 => ("/Filter/FlateDecode", flate(data)),
        1 => ("/Filter[/ASCIIHexDecode]", (hex::encode(data) + ">").into_bytes()),
        2 => ("/Filter[/AHx/Fl]", (hex::encode(flate(data)) + ">").into_bytes()),
        3 => ("/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 2>>", flate(data)),
        4 => (
            choices.one(&[
                "/Filter/DCTDecode",
                "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 8>>",
                "/Filter/JBIG2Decode",
                "/Filter/JPXDecode",
                "/Filter/LZWDecode",
                "/Filter/RunLengthDecode",
                "/Filter/Crypt",
                "/F(x)/FFilter/FlateDecode",
                "/Filter/ASCII85Decode",
            ]),
            data.to_vec(),
        ),
        _ => ("", data.to_vec()),
    };
    let length = if choices.once_in(30) { choices.one(&[0, 1, 999]) } else { data.len() };
    [format!("<<{dict}{filter}/Length {length}>>stream\n").as_bytes(), &data, b"\nendstream"].concat()
}

fn document(numbers: &[u16]) -> Vec<u8> {
    let choices = &mut Choices::new(numbers);
    let mut content = String::new();
    for _ in 0..choices.below(25) {
        content.push_str(&fill(choices.one(OPERATORS), choices));
        content.push(' ');
    }
    let second = fill(choices.one(OPERATORS), choices);
    let page = choices.one(&[
        "",
        "/Rotate 90",
        "/Rotate #/UserUnit #",
        "/CropBox[# # # #]/TrimBox[0 0 # #]",
        "/Group<</S/Transparency/CS @c>>/AA<</O @j>>",
        "/Tabs/S/B[@o]/StructParents #/Dur #/Trans<<>>/PZ #",
    ]);
    let catalog = choices.one(&["", "/OpenAction @j", "/Names<</Dests @o/JavaScript @o/EmbeddedFiles @o>>/Outlines @o", "/Dests<</n[@o/Fit]>>/PageLabels @o", "/OCProperties<</OCGs[@l @l]/D<</OFF[@l]/Order[@l[(t)@l]]/AS[<<>>]/BaseState~>>>>", "/AcroForm<</Fields[@a @a]/DR<</Font<</Helv @f>>>>/DA(/Helv 0 Tf)/NeedAppearances true/XFA @d>>", "/ViewerPreferences<</Direction/R2L/Duplex~>>/Lang(ja)/PageMode/UseOutlines/Version/2.0/StructTreeRoot @o"]);
    let two = choices.once_in(4);
    let resources = "/Font<</F1 @f/F2 @f/F3 @f>>/XObject<</X1 @x/X2 @x/X3 @x>>/ColorSpace<</CS1 @c/CS2 @c/CS3 @c>>/ExtGState<</G1 @g/G2 @g>>/Pattern<</P1 @p/P2 @p>>/Shading<</S1 @s/S2 @s>>/Properties<</L1 @l/L2 @l>>";
    let mut bodies: Vec<(usize, Vec<u8>)> = vec![
        (1, fill(&format!("<</Type/Catalog/Pages 2 0 R{catalog}>>"), choices).into_bytes()),
        (2, format!("<</Type/Pages/Kids[3 0 R{}]/Count 1/MediaBox[0 0 # #]>>", if two { " 6 0 R" } else { "" }).replace('#', choices.one(NUMBERS)).into_bytes()),
        (3, fill(&format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents[4 0 R 5 0 R]/Resources<<{resources}>>/Annots[@a @a @a @a]{page}>>"), choices).into_bytes()),
        (4, stream("", content.as_bytes(), choices)),
        (5, stream("", second.as_bytes(), choices)),
        (6, fill("<</Type/Page/Parent 2 0 R/Contents @d/Annots[@a]>>", choices).into_bytes()),
    ];
    for (_, first, count, list) in OBJECTS {
        for number in *first..first + count {
            let text = fill(choices.one(list), choices);
            let body = match text.split_once('|') {
                Some((dict, data)) => {
                    stream(dict, &data.chars().map(|c| c as u8).collect::<Vec<u8>>(), choices)
                }
                None => text.into_bytes(),
            };
            bodies.push((number, body));
        }
    }
    write(bodies, choices)
}

/// The file around the objects: a table or a stream of references, objects in streams, and what damages them.
fn write(bodies: Vec<(usize, Vec<u8>)>, choices: &mut Choices<'_>) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let (style, packs) = (choices.below(4), choices.once_in(2));
    let mut entries = vec![(0, 0, 0xFFFF); 50];
    let (mut index, mut packed) = (String::new(), Vec::new());
    for (number, body) in bodies {
        if style == 1 && packs && !body.ends_with(b"endstream") {
            entries[number] = (2, 48, index.matches('\n').count());
            index.push_str(&format!("{number} {}\n", packed.len()));
            packed.extend([&body[..], b" "].concat());
            continue;
        }
        entries[number] = (1, out.len(), 0);
        out.extend([format!("{number} 0 obj\n").as_bytes(), &body, b"\nendobj\n"].concat());
    }
    if style == 1 {
        entries[48] = (1, out.len(), 0);
        let dict = format!("/Type/ObjStm/N {}/First {}", index.matches('\n').count(), index.len());
        let body = stream(&dict, &[index.as_bytes(), &packed].concat(), choices);
        out.extend([&b"48 0 obj\n"[..], &body, b"\nendobj\n"].concat());
    }
    let at = out.len();
    if style == 1 {
        entries[49] = (1, at, 0);
        let table: Vec<u8> = entries
            .iter()
            .flat_map(|(kind, a, b)| {
                [&[*kind as u8][..], &(*a as u32).to_be_bytes(), &(*b as u16).to_be_bytes()].concat()
            })
            .collect();
        let body = stream("/Type/XRef/W[1 4 2]/Size 50/Root 1 0 R", &table, choices);
        out.extend([&b"49 0 obj\n"[..], &body, b"\nendobj\n"].concat());
    } else {
        out.extend(b"xref\n0 50\n");
        for (kind, offset, _) in &entries {
            let offset = if style == 3 { offset + 7 } else { *offset };
            out.extend(format!("{offset:010} {} \n", if *kind == 1 { "00000 n" } else { "65535 f" }).bytes());
        }
        out.extend(b"trailer\n<</Size 50/Root 1 0 R>>\n");
    }
    out.extend(format!("startxref\n{at}\n%%EOF\n").bytes());
    out
}

proptest! {
    #![proptest_config(cases(1_000))]
    #[test]
    fn what_leaves_is_agreed_to(numbers in proptest::collection::vec(any::<u16>(), 1..400), open in any::<bool>()) {
        let bytes = document(&numbers);
        if let Err(error) = holds(&bytes, "a.pdf", &rules(open)) {
            return Err(TestCaseError::fail(format!("{error}\n{}", String::from_utf8_lossy(&bytes))));
        }
    }
}
