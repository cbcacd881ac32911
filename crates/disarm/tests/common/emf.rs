//! Makes metafiles as drawing programs write them, and packages that show one.

use super::{Package, pptx};

/// One record: type, fields behind the length.
pub type Record = (u32, Vec<u8>);

pub fn fields(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// An EMF of 100 × 50 mm with `records` and an end.
pub fn emf(records: &[Record]) -> Vec<u8> {
    let mut body = Vec::new();
    let end = (14, fields(&[0, 16, 20]));
    for (kind, data) in records.iter().chain([&end]) {
        body.extend(kind.to_le_bytes());
        body.extend((data.len() as u32 + 8).to_le_bytes());
        body.extend(data);
    }
    let mut out = fields(&[1, 88, 0, 0, 999, 499, 0, 0, 10_000, 5_000]);
    out.extend(b" EMF");
    out.extend(fields(&[
        0x1_0000,
        88 + body.len() as i32,
        records.len() as i32 + 2,
        9,
        0,
        0,
        0,
        1000,
        1000,
        100,
        100,
    ]));
    out.extend(body);
    out
}

/// EMR_EXTTEXTOUTW at 10, 20 with a distance of 12 after every letter.
pub fn text(words: &str) -> Record {
    let letters: Vec<u16> = words.encode_utf16().collect();
    let count = letters.len() as i32;
    let distances_at = (76 + count * 2 + 3) / 4 * 4;
    let mut data = fields(&[0, 0, -1, -1, 1]);
    data.extend([1.0_f32, 1.0].iter().flat_map(|v| v.to_le_bytes()));
    data.extend(fields(&[10, 20, count, 76, 0, 0, 0, 0, 0, distances_at]));
    data.extend(letters.iter().flat_map(|u| u.to_le_bytes()));
    data.resize(data.len().next_multiple_of(4), 0);
    data.extend(fields(&vec![12; letters.len()]));
    (84, data)
}

/// A bitmap of 2 × 2 pixels of 24 bits: header and rows.
pub fn bitmap() -> (Vec<u8>, Vec<u8>) {
    let mut head = fields(&[40, 2, 2]);
    head.extend([1, 0, 24, 0]);
    head.extend([0; 24]);
    (head, vec![0x11; 16])
}

/// EMR_STRETCHDIBITS of that bitmap.
pub fn picture() -> Record {
    let (head, rows) = bitmap();
    let (h, r) = (head.len() as i32, rows.len() as i32);
    let mut data = fields(&[0, 0, 9, 9, 5, 5, 0, 0, 2, 2, 80, h, 80 + h, r, 0, 0x00CC_0020, 40, 40]);
    data.extend(head);
    data.extend(rows);
    (81, data)
}

pub fn font(name: &str, charset: u8) -> Record {
    let mut data = fields(&[1, -12, 0, 0, 0, 400]);
    data.extend([0, 0, 0, charset, 0, 0, 0, 0]);
    data.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
    data.resize(4 + 92 + 228, 0x41);
    let end = 4 + 28 + name.encode_utf16().count() * 2;
    data[end..4 + 92].fill(0);
    (82, data)
}

/// EMR_POLYGON16 with `points` corners.
pub fn polygon(points: i16) -> Record {
    let mut data = fields(&[0, 0, 99, 99, points.into()]);
    data.extend((0..points * 2).flat_map(i16::to_le_bytes));
    (86, data)
}

/// A drawing with one of everything that is common.
pub fn drawing() -> Vec<u8> {
    emf(&[
        (17, fields(&[8])),
        (9, fields(&[1000, 500])),
        (33, vec![]),
        font("ＭＳ ゴシック", 128),
        (37, fields(&[1])),
        (38, fields(&[2, 0, 1, 0, 0xFF])),
        (37, fields(&[2])),
        (39, fields(&[3, 0, 0x00FF_0000, 0])),
        (37, fields(&[3])),
        polygon(4),
        text("申請書"),
        picture(),
        (75, fields(&[48, 5, 32, 1, 1, 16, 0, 0, 9, 9, 0, 0, 9, 9])),
        (59, vec![]),
        (27, fields(&[1, 1])),
        (54, fields(&[50, 50])),
        (60, vec![]),
        (64, fields(&[0, 0, 9, 9])),
        (40, fields(&[2])),
        (34, fields(&[-1])),
    ])
}

/// A slide that shows `picture`.
pub fn slide_with(picture: impl AsRef<[u8]>) -> Package {
    let pic = "<p:pic><p:nvPicPr><p:cNvPr id=\"2\" name=\"図\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed=\"rId6\"/><a:stretch/></p:blipFill><p:spPr/></p:pic>";
    pptx(pic, "").part("ppt/media/image1.emf", picture).rel(
        "ppt/slides/slide1.xml",
        "rId6",
        "image",
        "../media/image1.emf",
    )
}
