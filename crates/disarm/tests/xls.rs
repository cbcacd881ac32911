//! Excel 97-2003 workbooks: what survives the way to .xlsx. Threats are in `xls_threats.rs`.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use common::{
    biff::{Sheet, Workbook, font, short_text, text, words, xf},
    clean, everything,
};
use sekisho_disarm::Severity;

/// The parts of the rebuilt workbook as one text, after checking that nothing was called a threat.
fn rebuilt(book: &Workbook) -> String {
    let (bytes, report) = clean(&book.build(), "台帳.xls");
    assert_eq!(report.threats(), 0, "{:#?}", report.items);
    assert_eq!(report.output_extension.as_deref(), Some("xlsx"));
    everything(&bytes)
}

fn assert_has(all: &str, wanted: &[&str]) {
    for needle in wanted {
        assert!(all.contains(needle), "{needle} is missing in {all}");
    }
}

#[test]
fn values_of_every_kind() {
    let mut mulrk = words(&[3, 0]);
    for value in [(5_i32 << 2 | 2) as u32, (1234_i32 << 2 | 3) as u32] {
        mulrk.extend(words(&[15]));
        mulrk.extend(value.to_le_bytes());
    }
    mulrk.extend(words(&[1]));
    let sheet = Sheet::new("表")
        .number(0, 0, 0.1)
        .label(0, 1, "外字\u{E000}と<改行>\n")
        .record(0x0205, [words(&[1, 0, 15]), vec![1, 0]].concat())
        .record(0x0205, [words(&[1, 1, 15]), vec![0x2A, 1]].concat())
        .record(0x00BD, mulrk)
        .number(4, 255, 1e300)
        .number(5, 0, f64::NAN);
    assert_has(
        &rebuilt(&Workbook::new(sheet)),
        &[
            "<c r=\"A1\"><v>0.1</v></c>",
            "外字\u{E000}と&lt;改行&gt;",
            "<c r=\"A2\" t=\"b\"><v>1</v></c>",
            "<c r=\"B2\" t=\"e\"><v>#N/A</v></c>",
            "<c r=\"A4\"><v>5</v></c>",
            "<c r=\"B4\"><v>12.34</v></c>",
            "<c r=\"IV5\"><v>1E300</v></c>",
            "<c r=\"A6\" t=\"e\"><v>#NUM!</v></c>",
        ],
    );
}

#[test]
fn shared_strings_cross_records_with_another_width() {
    // One wide string, cut after its first character; the second half is narrow.
    let strings: Vec<u8> = [vec![2, 0, 0, 0, 2, 0, 0, 0], words(&[3]), vec![1], words(&[0x5C71])].concat();
    let rest = [vec![0, b'a', b'b'], words(&[1]), vec![0, b'z']].concat();
    let cell = |row: u16, index: u16| [words(&[row, 0, 15, index, 0])].concat();
    let sheet =
        Sheet::new("表").record(0x00FD, cell(0, 0)).record(0x00FD, cell(1, 1)).record(0x00FD, cell(2, 9));
    let book = Workbook::new(sheet).after_sheets(0x00FC, strings).after_sheets(0x003C, rest);
    assert_has(
        &rebuilt(&book),
        &["<si><t>山ab</t></si><si><t>z</t></si>", "<c r=\"A2\" t=\"s\"><v>1</v></c>", "<c r=\"A3\"/>"],
    );
}

#[test]
fn furigana_and_rich_text() {
    let reading: Vec<u16> = "ヤマダ".encode_utf16().collect();
    let extra = [words(&[1, 24, 0, 0b1001, 1, 3, 3]), words(&reading), words(&[0, 0, 2])].concat();
    let string = [
        vec![1, 0, 0, 0, 1, 0, 0, 0],
        words(&[2]),
        vec![0b1101],
        words(&[1]),
        u32::try_from(extra.len()).expect("small").to_le_bytes().to_vec(),
        words(&[0x5C71, 0x7530, 1, 5]),
        extra,
    ]
    .concat();
    let book = Workbook::new(Sheet::new("表").record(0x00FD, words(&[0, 0, 15, 0, 0])))
        .global(0x0031, font("ＭＳ 明朝", 360, 700))
        .after_sheets(0x00FC, string);
    let all = rebuilt(&book);
    assert_has(
        &all,
        &[
            "<r><t>山</t></r><r><rPr><b/><sz val=\"18\"/><rFont val=\"ＭＳ 明朝\"/>",
            "<rPh sb=\"0\" eb=\"2\"><t>ヤマダ</t></rPh>",
            "alignment=\"center\"",
        ],
    );
}

#[test]
fn looks_go_with_the_cells() {
    let money = [words(&[200]), text("\"¥\"#,##0;[赤]\"¥\"-#,##0")].concat();
    let palette = [words(&[56]), (0..56_u32).flat_map(|i| (i * 3).to_le_bytes()).collect()].concat();
    let sheet =
        Sheet::new("表").record(0x0201, words(&[2, 3, 16])).record(0x007D, words(&[1, 2, 2560, 16, 1]));
    let book = Workbook::new(sheet)
        .global(0x0031, font("ＭＳ ゴシック", 210, 700))
        .global(0x041E, money)
        .global(0x00E0, xf(5, 200, false, 0b0111_1110 & 0x7F, 0x2108 | 10 << 16, (1, 12 | 13 << 7)))
        .global(0x0092, palette);
    assert_has(
        &rebuilt(&book),
        &[
            "<numFmt numFmtId=\"200\" formatCode=\"&quot;¥&quot;#,##0;[赤]&quot;¥&quot;-#,##0\"/>",
            "<font><b/><sz val=\"10.5\"/><name val=\"ＭＳ ゴシック\"/>",
            "<fgColor rgb=\"FF0C0000\"/><bgColor rgb=\"FF0F0000\"/>",
            "<left style=\"mediumDashed\"><color rgb=\"FF060000\"/></left>",
            "horizontal=\"centerContinuous\"",
            "<col min=\"2\" max=\"3\" width=\"9.9921875\" style=\"1\" hidden=\"1\" customWidth=\"1\"/>",
            "<c r=\"D3\" s=\"1\"/>",
        ],
    );
}

#[test]
fn what_a_sheet_does_not_say_is_what_its_readers_take() {
    let row = words(&[3, 0, 1, 0x811D, 0, 0, 0x0100, 0x000F]);
    let sheet = Sheet::new("表")
        .record(0x0225, words(&[0, 400]))
        .record(0x0208, row)
        .record(0x0201, words(&[2, 3, 16]));
    // A solid fill in the colour of the window, before the colour of text.
    let book = Workbook::new(sheet).global(0x00E0, xf(0, 0, false, 0x20, 0, (1, 65 | 64 << 7)));
    assert_has(
        &rebuilt(&book),
        &[
            "<fgColor indexed=\"65\"/><bgColor indexed=\"64\"/>",
            "<pageMargins left=\"0.7480314960629921\" right=\"0.7480314960629921\" top=\"0.984251968503937\" bottom=\"0.984251968503937\"",
            // Sixty-four points, in which dates are read.
            "defaultColWidth=\"10.483210483210483\" defaultRowHeight=\"20\"",
            "<row r=\"4\" ht=\"14.25\" customHeight=\"1\"",
        ],
    );
    let eight = Sheet::new("表").record(0x0055, words(&[8]));
    assert_has(&rebuilt(&Workbook::new(eight)), &["defaultColWidth=\"8.9765625\""]);
}

#[test]
fn a_formula_with_the_number_of_an_older_version_is_one() {
    let value = 3_f64.to_le_bytes().to_vec();
    let data =
        |row: u16| [words(&[row, 0, 15]), value.clone(), vec![0; 6], words(&[3]), vec![0x1E, 3, 0]].concat();
    let sheet = Sheet::new("表").record(0x0206, data(0)).record(0x0406, data(1));
    let wanted = ["A1", "A2"].map(|at| format!("<c r=\"{at}\"><f>3</f><v>3</v></c>"));
    assert_has(&rebuilt(&Workbook::new(sheet)), &wanted.each_ref().map(String::as_str));
}

/// A line of a chart: colour, kind of line, width.
fn line(rgb: u32, kind: u16, width: i16) -> Vec<u8> {
    [rgb.to_le_bytes().to_vec(), words(&[kind, width as u16, 0, 23])].concat()
}

#[test]
fn charts_keep_their_lines_fonts_and_places() {
    let (open, close) = ((0x1033, Vec::new()), (0x1034, Vec::new()));
    let frame = (0x1032, words(&[0, 2]));
    let place = |kinds: u16, at: [i32; 4]| {
        [words(&[kinds, kinds]), at.iter().flat_map(|v| v.to_le_bytes()).collect()].concat()
    };
    // Blue above, white below, as a table of drawing properties.
    let shade: Vec<u8> =
        [(0x180_u16, 4_u32), (0x181, 0x02FF_FFFF), (0x183, 0x02FF_0000), (0x18B, 0), (0x18C, 0)]
            .iter()
            .flat_map(|(id, value)| [id.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat())
            .collect();
    let shade = [words(&[0x0053, 0xF00B, 30, 0]), shade].concat();
    let marker =
        [vec![0, 0, 255, 0, 0, 255, 0, 0], words(&[2, 0, 8, 8]), 140_u32.to_le_bytes().to_vec()].concat();
    let tick = [vec![2, 0, 3, 1], vec![0; 20], words(&[0, 0, 45])].concat();
    let text = [vec![0; 24], words(&[0x10, 0])].concat();
    let number = |at: u16, value: f64| [words(&[at, 0, 0]), value.to_le_bytes().to_vec()].concat();
    let records: Vec<(u16, Vec<u8>)> = vec![
        (
            0x1002,
            [vec![0; 8], (300_i32 << 16).to_le_bytes().to_vec(), (120_i32 << 16).to_le_bytes().to_vec()]
                .concat(),
        ),
        open.clone(),
        frame.clone(),
        open.clone(),
        (0x1007, line(0x0030_2010, 1, 1)),
        close.clone(),
        (0x1003, words(&[1, 1, 2, 2, 1, 0])),
        open.clone(),
        (0x1051, words(&[0x0100, 0, 0, 0])),
        (0x100D, [words(&[0]), short_text("申請件数")].concat()),
        (0x1006, words(&[0xFFFF, 0, 0, 0])),
        open.clone(),
        (0x1007, line(0x0000_00FF, 0, -1)),
        (0x100A, [vec![0; 8], words(&[1, 0, 0, 0])].concat()),
        (0x1066, shade),
        (0x1009, marker),
        close.clone(),
        (0x1045, words(&[0])),
        close.clone(),
        (0x1044, words(&[0x1B, 0])),
        (0x1041, vec![0; 18]),
        open.clone(),
        (0x104F, place(2, [0, 2_000, 2_000, 2_000])),
        (0x101D, vec![0; 18]),
        open.clone(),
        (0x1020, words(&[1, 1, 1, 0])),
        (0x101E, tick),
        (0x1026, words(&[5])),
        (0x1021, words(&[0])),
        (0x1007, line(0x0080_8080, 0, -1)),
        close.clone(),
        (0x101D, [words(&[1]), vec![0; 16]].concat()),
        open.clone(),
        (0x104E, words(&[10])),
        (0x1021, words(&[1])),
        (0x1007, line(0x00C0_C0C0, 2, -1)),
        close.clone(),
        (0x1014, vec![0; 20]),
        open.clone(),
        (0x101A, words(&[0])),
        (0x1015, [place(0, [0; 4])[4..].to_vec(), vec![7, 1, 0, 0]].concat()),
        open.clone(),
        frame,
        open.clone(),
        (0x1007, line(0, 5, 0)),
        close.clone(),
        close.clone(),
        close.clone(),
        close.clone(),
        (0x1025, text),
        open,
        (0x1026, words(&[5])),
        (0x1027, words(&[1, 0, 0])),
        close.clone(),
        close,
        (0x1065, words(&[1])),
        (0x0203, number(0, 4.0)),
        (0x0203, number(1, 7.0)),
    ];
    let mut sheet = Sheet::new("グラフ").kind(2);
    sheet.records = records;
    let book = Workbook::new(Sheet::new("表")).sheet(sheet).global(0x0031, font("ＭＳ ゴシック", 180, 700));
    let all = rebuilt(&book);
    assert_has(
        &all,
        &[
            // Nobody wrote a title: it is the name of the only series, in the font of the title.
            "sz=\"900\" b=\"1\"><a:latin typeface=\"ＭＳ ゴシック\"/><a:ea typeface=\"ＭＳ ゴシック\"/></a:rPr><a:t>申請件数</a:t>",
            "<a:gs pos=\"0\"><a:srgbClr val=\"0000FF\"/></a:gs><a:gs pos=\"100000\"><a:srgbClr val=\"FFFFFF\"/></a:gs>",
            "<a:ln w=\"25400\"><a:solidFill><a:srgbClr val=\"102030\"/></a:solidFill><a:prstDash val=\"dash\"/></a:ln>",
            // Half of the chart without eight pixels on every side.
            "<c:layoutTarget val=\"outer\"/><c:xMode val=\"edge\"/><c:yMode val=\"edge\"/><c:x val=\"0.02\"/><c:y val=\"0.5\"/><c:w val=\"0.48\"/><c:h val=\"0.45\"/>",
            "<a:bodyPr rot=\"-2700000\" vert=\"horz\"/>",
            // A4 across, without the usual margins and thirty by fifteen millimetres.
            "<xdr:pos x=\"360000\" y=\"180000\"/><xdr:ext cx=\"8244000\" cy=\"5220000\"/>",
            "<c:crossBetween val=\"midCat\"/>",
            "<c:numFmt formatCode=\"0.00%\" sourceLinked=\"0\"/>",
            "<c:majorGridlines><c:spPr><a:ln w=\"3175\"><a:solidFill><a:srgbClr val=\"C0C0C0\"/></a:solidFill><a:prstDash val=\"sysDot\"/></a:ln>",
            "<c:legendPos val=\"r\"/><c:layout><c:manualLayout><c:xMode val=\"edge\"/><c:yMode val=\"edge\"/><c:x val=\"0.02\"/><c:y val=\"0.05\"/></c:manualLayout></c:layout>",
        ],
    );
    // An area has no markers; the same series as a line has the one that it names.
    assert!(!all.contains("<c:marker>"), "{all}");
    let mut slanting = book.clone();
    for (_, data) in slanting.sheets[1].records.iter_mut().filter(|(id, _)| *id == 0x1066) {
        data[30] = 45;
    }
    assert!(!rebuilt(&slanting).contains("gradFill"));
    let mut lined = book;
    for (id, _) in &mut lined.sheets[1].records {
        *id = if *id == 0x101A { 0x1018 } else { *id };
    }
    assert_has(
        &rebuilt(&lined),
        &[
            "<c:marker><c:symbol val=\"diamond\"/><c:size val=\"7\"/><c:spPr><a:solidFill><a:srgbClr val=\"00FF00\"/>",
        ],
    );
}

/// A chart of one series with labels, a trend line and error bars; `kind` are the records of its group.
fn chart(kind: Vec<(u16, Vec<u8>)>) -> Workbook {
    let inside = |records: Vec<(u16, Vec<u8>)>| {
        let mut all = vec![(0x1033, Vec::new())];
        all.extend(records);
        all.push((0x1034, Vec::new()));
        all
    };
    let numbers = |values: &[f64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let series = (0x1003, words(&[1, 1, 2, 2, 1, 0]));
    let mut records = vec![series.clone()];
    let whole = inside(vec![(0x100C, words(&[1]))]);
    let point = inside(vec![
        (0x100A, [vec![0, 0, 255, 0, 0, 0, 0, 0], words(&[1, 0, 0, 0])].concat()),
        (0x100C, words(&[0])),
    ]);
    let mut body = vec![(0x1006, words(&[0xFFFF, 0, 0, 0]))];
    body.extend(whole);
    body.push((0x1006, words(&[1, 0, 0, 0])));
    body.extend(point);
    body.push((0x1045, words(&[0])));
    records.extend(inside(body));
    // A straight line two steps into the future, and four upwards and downwards.
    let trend = [vec![0, 1], numbers(&[f64::NAN]), vec![1, 0], numbers(&[2.0, 0.0])].concat();
    let error = |side: u8| [vec![side, 2, 1, 0], numbers(&[4.0]), words(&[0])].concat();
    for beside in [(0x104B, trend), (0x105B, error(3)), (0x105B, error(4))] {
        records.push(series.clone());
        records.extend(inside(vec![(0x104A, words(&[1])), beside]));
    }
    let mut axes = vec![(0x101D, vec![0; 18])];
    axes.extend(inside(vec![(0x1020, words(&[1, 2, 1, 3]))]));
    axes.push((0x101D, [words(&[1]), vec![0; 16]].concat()));
    axes.extend(inside(vec![(0x101F, [numbers(&[0.0, 0.0, 0.0, 0.0, 5.0]), words(&[0x0F])].concat())]));
    axes.push((0x1014, vec![0; 20]));
    axes.extend(inside(kind));
    records.push((0x1041, vec![0; 18]));
    records.extend(inside(axes));
    records.push((0x1025, [vec![0; 24], words(&[4, 0, 1])].concat()));
    records.extend(inside(vec![
        (0x100D, [words(&[0]), short_text("最大")].concat()),
        (0x1027, words(&[4, 0, 2])),
    ]));
    records.push((0x1065, words(&[1])));
    for (at, value) in [(0, 4.0), (1, 7.0), (2, 9.0)] {
        records.push((0x0203, [words(&[at, 0, 0]), numbers(&[value])].concat()));
    }
    let mut sheet = Sheet::new("グラフ").kind(2);
    sheet.records = records;
    Workbook::new(Sheet::new("表")).sheet(sheet)
}

#[test]
fn charts_keep_labels_trends_and_error_bars() {
    let all = rebuilt(&chart(vec![(0x1017, words(&[0, 150, 0]))]));
    let shown = |value: u8| {
        ["showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize"]
            .map(|tag| format!("<c:{tag} val=\"{}\"/>", if tag == "showVal" { value } else { 0 }))
            .concat()
    };
    assert_has(
        &all,
        &[
            "<c:dPt><c:idx val=\"1\"/><c:spPr><a:solidFill><a:srgbClr val=\"0000FF\"/>",
            "<c:dLbls><c:dLbl><c:idx val=\"1\"/><c:delete val=\"1\"/></c:dLbl><c:dLbl><c:idx val=\"2\"/><c:tx>",
            "<a:t>最大</a:t></a:r></a:p></c:rich></c:tx><c:dLblPos val=\"outEnd\"/>",
            &(shown(1) + "</c:dLbls><c:trendline>"),
            "<c:trendlineType val=\"linear\"/><c:forward val=\"2\"/><c:dispRSqr val=\"0\"/><c:dispEq val=\"1\"/></c:trendline>",
            "<c:errBars><c:errBarType val=\"both\"/><c:errValType val=\"fixedVal\"/><c:noEndCap val=\"0\"/><c:val val=\"4\"/>",
            // The categories cross the values at five, the values the categories at the far end.
            "<c:crossAx val=\"12\"/><c:crossesAt val=\"5\"/><c:tickLblSkip val=\"2\"/></c:catAx>",
            "<c:crossAx val=\"11\"/><c:crosses val=\"max\"/><c:crossBetween val=\"between\"/></c:valAx>",
        ],
    );
    assert_eq!(all.matches("<c:ser>").count(), 1, "{all}");
}

#[test]
fn charts_in_space_bubbles_and_prices_are_drawn() {
    let space = (0x103A, words(&[20, 15, 30, 100, 100, 150, 6]));
    let bars = (0x1017, words(&[0, 150, 0]));
    let deep = rebuilt(&chart(vec![bars.clone(), space.clone()]));
    assert_has(
        &deep,
        &[
            "<c:view3D><c:rotX val=\"15\"/><c:rotY val=\"20\"/><c:depthPercent val=\"100\"/><c:rAngAx val=\"1\"/></c:view3D>",
            "<c:bar3DChart><c:barDir val=\"col\"/><c:grouping val=\"clustered\"/>",
            "<c:gapWidth val=\"150\"/><c:gapDepth val=\"150\"/><c:axId val=\"11\"/><c:axId val=\"12\"/></c:bar3DChart>",
        ],
    );
    // Excel repairs a chart in space with places of labels, trend lines or error bars.
    assert!(["dLblPos", "trendline", "errBars"].iter().all(|tag| !deep.contains(tag)), "{deep}");
    let layered = (0x103A, words(&[20, 15, 30, 100, 100, 150, 4]));
    assert_has(
        &rebuilt(&chart(vec![bars, layered])),
        &[
            "<c:grouping val=\"standard\"/>",
            "<c:axId val=\"13\"/></c:bar3DChart>",
            "<c:serAx><c:axId val=\"13\"/>",
        ],
    );
    assert_has(
        &rebuilt(&chart(vec![(0x1019, words(&[90, 0, 0])), space])),
        &["<c:rotY val=\"90\"/>", "<c:perspective val=\"60\"/>", "<c:pie3DChart>"],
    );
    assert_has(
        &rebuilt(&chart(vec![(0x101B, words(&[100, 2, 1]))])),
        &["<c:errDir val=\"y\"/>", "<c:bubbleSize>", "<c:sizeRepresents val=\"w\"/>"],
    );
    let (_, report) = clean(&chart(vec![(0x103F, words(&[1]))]).build(), "a.xls");
    assert!(report.items.iter().any(|i| i.what == "グラフの系列（描けない種類）"), "{report:?}");
    let mut prices = vec![(0x1018, words(&[0])), (0x101C, words(&[1])), (0x1007, line(0x0000_00FF, 0, 0))];
    for colour in [0x0000_FF00, 0x00FF_0000] {
        prices.extend([
            (0x103D, words(&[80])),
            (0x1033, Vec::new()),
            (0x1007, line(colour, 0, -1)),
            (0x1034, Vec::new()),
        ]);
    }
    assert_has(
        &rebuilt(&chart(prices)),
        &[
            "<c:hiLowLines><c:spPr><a:ln w=\"12700\"><a:solidFill><a:srgbClr val=\"FF0000\"/>",
            "<c:upDownBars><c:gapWidth val=\"80\"/><c:upBars><c:spPr>",
            "<a:srgbClr val=\"00FF00\"/></a:solidFill></a:ln></c:spPr></c:upBars><c:downBars>",
        ],
    );
}

#[test]
fn formulas_become_text_again() {
    // ROUND(A1*1.1,0)&"円", in the order in which it is calculated.
    let mut tokens = vec![0x44, 0, 0, 0, 0xC0, 0x1F];
    tokens.extend(1.1_f64.to_le_bytes());
    tokens.extend([0x05, 0x1E, 0, 0, 0x41, 27, 0, 0x17]);
    tokens.extend(short_text("円"));
    tokens.push(0x08);
    // SUM($B:$B) and a reference to the other sheet, whose name needs quotes.
    let column = [vec![0x25], words(&[0, 0xFFFF, 1, 1]), vec![0x22, 1, 4, 0]].concat();
    let other = [vec![0x3A], words(&[1, 4, 0xC002])].concat();
    let sheet = Sheet::new("表")
        .formula_with(0, 1, &[0, 0, 0, 0, 0, 0, 0xFF, 0xFF], &tokens)
        .record(0x0207, text("110円"))
        .formula(1, 1, 7.0, &column)
        .formula(2, 1, 8.0, &other);
    let book = Workbook::new(sheet).sheet(Sheet::new("集計 '26")).own_references();
    assert_has(
        &rebuilt(&book),
        &[
            "<c r=\"B1\" t=\"str\"><f>ROUND(A1*1.1,0)&amp;\"円\"</f><v>110円</v></c>",
            "<c r=\"B2\"><f>SUM($B:$B)</f><v>7</v></c>",
            "<f>'集計 ''26'!C5</f>",
        ],
    );
}

#[test]
fn shared_and_array_formulas() {
    let pointer = |row: u16| [vec![1], words(&[row, 2])].concat();
    // B(this row) + 1, counted from the cell.
    let shared =
        [words(&[0, 1]), vec![2, 2, 0, 2], words(&[9]), vec![0x4C], words(&[0, 0xC0FF]), vec![0x1E, 1, 0, 3]];
    let array = [words(&[4, 5]), vec![2, 2], vec![0; 6], words(&[9]), vec![0x25], words(&[0, 1, 0, 0])];
    let sheet = Sheet::new("表")
        .formula(0, 2, 2.0, &pointer(0))
        .record(0x04BC, shared.concat())
        .formula(1, 2, 3.0, &pointer(0))
        .formula(4, 2, 1.0, &pointer(4))
        .record(0x0221, array.concat())
        .formula(5, 2, 1.5, &pointer(4));
    assert_has(
        &rebuilt(&Workbook::new(sheet)),
        &[
            "<c r=\"C1\"><f>B1+1</f>",
            "<c r=\"C2\"><f>B2+1</f>",
            "<f t=\"array\" ref=\"C5:C6\">$A$1:$A$2</f>",
            "<c r=\"C6\"><v>1.5</v></c>",
        ],
    );
}

#[test]
fn add_in_functions_of_excel_2003_are_ordinary_now() {
    let name = [words(&[0, 0, 0]), short_text("EOMONTH"), words(&[2, 0x1C17])].concat();
    let call =
        [vec![0x39], words(&[0, 1, 0]), vec![0x24, 0, 0, 0, 0xC0, 0x1E, 1, 0, 0x42, 3, 0xFF, 0]].concat();
    let book = Workbook::new(Sheet::new("表").formula(0, 1, 1.0, &call))
        .after_sheets(0x01AE, words(&[1, 0x3A01]))
        .after_sheets(0x0023, name)
        .after_sheets(0x0017, words(&[1, 0, 0xFFFE, 0xFFFE]));
    assert_has(&rebuilt(&book), &["<f>EOMONTH(A1,1)</f>"]);
}

#[test]
fn names_print_areas_and_titles() {
    let area = [vec![0x3B], words(&[0, 0, 9, 0, 3])].concat();
    let book = Workbook::new(Sheet::new("表").number(0, 0, 1.0))
        .own_references()
        .name(0x20, "\u{6}", 1, &area)
        .name(0, "税率", 0, &[0x1E, 10, 0])
        .name(0x21, "\u{D}", 1, &area);
    assert_has(
        &rebuilt(&book),
        &[
            "<definedName name=\"_xlnm.Print_Area\" localSheetId=\"0\">表!$A$1:$D$10</definedName>",
            "<definedName name=\"税率\">10</definedName>",
        ],
    );
}

#[test]
fn page_window_and_protection() {
    let setup = [words(&[9, 80, 1, 1, 0, 0, 600, 600]), vec![0; 16], words(&[1])].concat();
    let sheet = Sheet::new("表")
        .record(0x0014, text("&L様式第1号"))
        .record(0x0026, 0.4_f64.to_le_bytes())
        .record(0x0083, words(&[1]))
        .record(0x00A1, setup)
        .record(0x001B, words(&[1, 20, 0, 255]))
        .record(0x0012, words(&[1]))
        .record(0x0013, words(&[0xCC1A]))
        .record(0x00E5, words(&[2, 0, 1, 0, 3, 1, 2, 2, 2]))
        .record(0x023E, words(&[0x03BE, 0, 0, 64, 0, 0, 0]))
        .record(0x0041, [words(&[1, 2, 2, 1]), vec![0, 0]].concat())
        .record(0x00A0, words(&[3, 4]));
    let (bytes, report) = clean(&Workbook::new(sheet).global(0x0022, words(&[1])).build(), "a.xls");
    let all = everything(&bytes);
    assert_has(
        &all,
        &[
            "date1904=\"1\"",
            "<oddHeader xml:space=\"preserve\">&amp;L様式第1号</oddHeader>",
            "<pageMargins left=\"0.4\"",
            "horizontalCentered=\"1\"",
            "orientation=\"landscape\"",
            "scale=\"80\"",
            "fitToHeight=\"0\"",
            "<brk id=\"20\" max=\"16383\" man=\"1\"/>",
            "password=\"CC1A\"",
            "<mergeCell ref=\"A1:D2\"/>",
            "xSplit=\"1\" ySplit=\"2\"",
            "state=\"frozen\"",
            "zoomScale=\"75\"",
        ],
    );
    // The second range overlaps the first one; Excel would call the file damaged.
    assert!(!all.contains("C2:C3"));
    assert!(report.items.iter().any(|i| i.what.contains("重なった") && i.severity == Severity::Simplified));
}

#[test]
fn rules_notes_and_links() {
    let mut rule = vec![1, 5];
    rule.extend(words(&[3, 0]));
    // Only the fill changes: its pattern and the colour behind.
    rule.extend(0x2000_FFFF_u32.to_le_bytes());
    rule.extend(words(&[0, 1 << 10, 10 << 7]));
    rule.extend([0x1E, 100, 0]);
    let list = [vec![0x17], short_text("はい\0いいえ")].concat();
    let mut check = 0x000C_0183_u32.to_le_bytes().to_vec();
    check.extend([text("題"), text("\0"), text("選択"), text("\0")].concat());
    check.extend(words(&[u16::try_from(list.len()).expect("short"), 0]));
    check.extend(&list);
    check.extend(words(&[0, 0, 1, 0, 9, 2, 2]));
    let note = [words(&[3, 3, 2, 7]), text("係長")].concat();
    let object = [words(&[0x15, 18, 0x19, 7]), vec![0; 14], words(&[0, 0])].concat();
    let txo = [words(&[0x0212, 0, 0, 0, 0, 3, 16, 0, 0])].concat();
    let sheet = Sheet::new("表")
        .record(0x01B0, words(&[1, 1, 0, 4, 0, 0, 1, 0, 4, 0, 0]))
        .record(0x01B1, rule)
        .record(0x01BE, check)
        .record(0x005D, object)
        .record(0x01B6, txo)
        .record(0x003C, [vec![1], words(&[0x78BA, 0x8A8D, 0x6E08])].concat())
        .record(0x003C, words(&[0, 0, 0, 0, 3, 0, 0, 0]))
        .record(0x001C, note);
    let (bytes, report) = clean(&Workbook::new(sheet).build(), "a.xls");
    assert_has(
        &everything(&bytes),
        &[
            "<conditionalFormatting sqref=\"A1:A5\"><cfRule type=\"cellIs\"",
            "operator=\"greaterThan\"",
            "<formula>100</formula>",
            "<dxf><fill><patternFill patternType=\"solid\"><bgColor rgb=\"FFFF0000\"/>",
            "<formula1>\"はい,いいえ\"</formula1>",
            "sqref=\"C1:C10\"",
            "prompt=\"選択\"",
            "<comment ref=\"D4\" authorId=\"0\">",
            "確認済",
            "<author>係長</author>",
            "<x:Visible/>",
        ],
    );
    assert!(report.items.iter().any(|i| i.threat.id() == "O32" && i.what == "コメント"));
}

#[test]
fn the_sheet_in_front_is_never_a_hidden_one() {
    let book = Workbook::new(Sheet::new("隠し").state(2))
        .sheet(Sheet::new("見える"))
        .sheet(Sheet::new("末尾").state(1));
    let (bytes, report) = clean(&book.build(), "a.xls");
    let all = everything(&bytes);
    assert_has(&all, &["activeTab=\"1\"", "state=\"veryHidden\"", "state=\"hidden\""]);
    assert_eq!(report.items.iter().filter(|i| i.what == "非表示のシート").count(), 2);
    let all_hidden = Workbook::new(Sheet::new("隠し").state(1));
    assert!(!everything(&clean(&all_hidden.build(), "a.xls").0).contains("state=\"hidden\""));
}

#[test]
fn a_bare_stream_is_a_workbook_too() {
    let bytes = Workbook::new(Sheet::new("表").label(0, 0, "中身")).records();
    assert!(everything(&clean(&bytes, "a.xls").0).contains("中身"));
}
