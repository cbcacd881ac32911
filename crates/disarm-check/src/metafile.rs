//! EMF pictures inside documents (threats O28, I07): every record must have exactly the length that its own counts
//! give it, and nothing may stand that calls, comments, or points outside.

use std::collections::HashSet;

use crate::{CheckError, Finding};

type Result<T> = std::result::Result<T, CheckError>;

/// 32-bit fields after type and length, of records that have a fixed number of them.
const FIXED: &[(u32, usize)] = &[
    (9, 2),
    (10, 2),
    (11, 2),
    (12, 2),
    (13, 2),
    (14, 3),
    (15, 3),
    (17, 1),
    (18, 1),
    (19, 1),
    (20, 1),
    (21, 1),
    (22, 1),
    (24, 1),
    (25, 1),
    (26, 2),
    (27, 2),
    (28, 0),
    (29, 4),
    (30, 4),
    (31, 4),
    (32, 4),
    (33, 0),
    (34, 1),
    (35, 6),
    (36, 7),
    (37, 1),
    (38, 5),
    (39, 4),
    (40, 1),
    (41, 5),
    (42, 4),
    (43, 4),
    (44, 6),
    (45, 8),
    (46, 8),
    (47, 8),
    (54, 2),
    (55, 8),
    (57, 1),
    (59, 0),
    (60, 0),
    (61, 0),
    (62, 4),
    (63, 4),
    (64, 4),
    (65, 0),
    (66, 0),
    (67, 1),
    (68, 0),
    (82, 81),
    (115, 1),
    (120, 2),
];

struct Record<'a> {
    kind: u32,
    /// The whole record.
    bytes: &'a [u8],
    at: usize,
}

fn unreadable(at: usize, what: &'static str) -> CheckError {
    CheckError::Unreadable { location: format!("byte {at}"), what }
}

impl Record<'_> {
    fn word(&self, at: usize) -> Result<u32> {
        match self.bytes.get(at..at + 4) {
            Some(b) => Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            None => Err(unreadable(self.at + at, "EMF record cut")),
        }
    }

    fn size(&self, at: usize) -> Result<u64> {
        self.word(at).map(u64::from)
    }

    /// Bytes of the bitmap whose place stands at `at`, when it begins `start` bytes into the record.
    fn bitmap(&self, at: usize, start: u64) -> Result<u64> {
        let bad = || unreadable(self.at, "EMF bitmap");
        let [head_at, head, rows_at, rows] =
            [self.size(at)?, self.size(at + 4)?, self.size(at + 8)?, self.size(at + 12)?];
        if head == 0 {
            return if head_at | rows_at | rows == 0 { Ok(0) } else { Err(bad()) };
        }
        if head_at != start || rows_at != start + head {
            return Err(bad());
        }
        let here = usize::try_from(start).map_err(|_| bad())?;
        let (width, height) = (self.size(here + 4)?, u64::from((self.word(here + 8)? as i32).unsigned_abs()));
        let depth = u64::from(self.word(here + 12)? >> 16);
        let palette = if depth <= 8 { 4 << depth } else { 0 };
        let plain = self.word(here)? == 40
            && self.word(here + 12)? & 0xFFFF == 1
            && matches!(depth, 1 | 4 | 8 | 24 | 32)
            && self.bytes.get(here + 16..here + 40) == Some(&[0; 24]);
        let fits = (1..=32_767).contains(&width)
            && (1..=32_767).contains(&height)
            && head == 40 + palette
            && rows == (width * depth).div_ceil(32) * 4 * height;
        if plain && fits { Ok(head + rows) } else { Err(bad()) }
    }

    /// The length that the record must have, from its own counts.
    fn expected(&self) -> Result<Option<u64>> {
        if let Some((_, fields)) = FIXED.iter().find(|(kind, _)| *kind == self.kind) {
            return Ok(Some(8 + *fields as u64 * 4));
        }
        Ok(Some(match self.kind {
            2..=6 => 28 + self.size(24)? * 8,
            85..=89 => 28 + self.size(24)? * 4,
            7 | 8 | 90 | 91 => self.figures()?,
            56 => 28 + (self.size(24)? * 9).next_multiple_of(4),
            92 => 28 + (self.size(24)? * 5).next_multiple_of(4),
            71 => 32 + self.area(24, 32)?,
            72 => 40 + self.area(24, 40)?,
            73 | 74 => 28 + self.area(24, 28)?,
            75 => 16 + self.area(8, 16)?,
            76 => 100 + self.bitmap(84, 100)?,
            77 => 108 + self.bitmap(84, 108)?,
            114 | 116 => match self.bitmap(84, 108)? {
                0 => return Err(unreadable(self.at, "EMF blend of nothing")),
                bytes => 108 + bytes,
            },
            80 => 76 + self.bitmap(48, 76)?,
            81 => 80 + self.bitmap(48, 80)?,
            84 => self.text()?,
            93 | 94 => 32 + self.bitmap(16, 32)?,
            95 => self.pen()?,
            118 => self.gradient()?,
            _ => return Ok(None),
        }))
    }

    fn figures(&self) -> Result<u64> {
        let (figures, points) = (self.size(24)?, self.size(28)?);
        let mut sum = 0;
        for i in 0..usize::try_from(figures).unwrap_or(usize::MAX).min(self.bytes.len()) {
            sum += self.size(32 + i * 4)?;
        }
        if sum != points {
            return Err(unreadable(self.at, "EMF figures and points differ"));
        }
        Ok(32 + figures * 4 + points * if self.kind >= 85 { 4 } else { 8 })
    }

    /// A region: its length stands at `at`, its data at `start`.
    fn area(&self, at: usize, start: usize) -> Result<u64> {
        let length = self.size(at)?;
        if length == 0 && self.kind == 75 {
            return Ok(0);
        }
        let rectangles = self.size(start + 8)?;
        let plain = self.word(start)? == 32
            && self.word(start + 4)? == 1
            && self.size(start + 12)? == rectangles * 16;
        if plain && length == 32 + rectangles * 16 {
            Ok(length)
        } else {
            Err(unreadable(self.at, "EMF region"))
        }
    }

    fn text(&self) -> Result<u64> {
        let (letters, options, distances) = (self.size(44)?, self.word(52)?, self.size(72)?);
        let letters_end = 76 + (letters * 2).next_multiple_of(4);
        let pairs = if options & 0x2000 == 0 { 1 } else { 2 };
        match distances {
            _ if self.word(48)? != 76 => Err(unreadable(self.at, "EMF text")),
            0 => Ok(letters_end),
            at if at == letters_end => Ok(letters_end + letters * 4 * pairs),
            _ => Err(unreadable(self.at, "EMF text")),
        }
    }

    fn pen(&self) -> Result<u64> {
        let dashes = self.size(48)?;
        if self.bytes.get(12..28) != Some(&[0; 16]) || dashes > 16 {
            return Err(unreadable(self.at, "EMF pen"));
        }
        Ok(52 + dashes * 4)
    }

    fn gradient(&self) -> Result<u64> {
        let (corners, figures) = (self.size(24)?, self.size(28)?);
        let each = if self.word(32)? == 2 { 3 } else { 2 };
        let start = 36 + corners * 16;
        for i in 0..(figures * each).min(self.bytes.len() as u64) {
            let at = usize::try_from(start + i * 4).map_err(|_| unreadable(self.at, "EMF gradient"))?;
            if self.size(at)? >= corners {
                return Err(unreadable(self.at, "EMF gradient"));
            }
        }
        Ok(start + figures * each * 4)
    }
}

/// Walks the records from the header to the end.
pub(crate) fn check(bytes: &[u8]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let head = Record { kind: 1, bytes: bytes.get(..108).ok_or_else(|| unreadable(0, "EMF"))?, at: 0 };
    let header = head.word(0)? == 1
        && head.word(4)? == 108
        && head.bytes[40..44] == *b" EMF"
        && head.size(48)? == bytes.len() as u64
        && head.bytes[58..72] == [0; 14]
        && head.bytes[88..100] == [0; 12];
    if !header {
        return Err(unreadable(0, "EMF header"));
    }
    let handles = head.word(56)?;
    let (mut at, mut records, mut objects) = (108, 1_u32, HashSet::new());
    loop {
        let start = Record { kind: 0, bytes: bytes.get(at..).unwrap_or(&[]), at };
        let (kind, length) = (start.word(0)?, start.word(4)? as usize);
        let body = start.bytes.get(..length.max(8)).ok_or_else(|| unreadable(at, "EMF record"))?;
        let record = Record { kind, bytes: body, at };
        match record.expected()? {
            Some(expected) if expected == length as u64 => {}
            Some(_) => return Err(unreadable(at, "EMF record of another length")),
            None => findings.push(Finding {
                threat: "I07",
                location: format!("byte {at}"),
                what: format!("record {kind}"),
            }),
        }
        handle(&record, handles, &mut objects)?;
        records += 1;
        at += length.max(8);
        if kind == 14 {
            break;
        }
    }
    if at != bytes.len() {
        findings.push(Finding {
            threat: "X03",
            location: format!("byte {at}"),
            what: "bytes behind the picture".to_owned(),
        });
    }
    if records != head.word(52)? {
        return Err(unreadable(52, "EMF record count"));
    }
    Ok(findings)
}

/// Objects are made within the declared number, and only those that exist are used.
fn handle(record: &Record<'_>, handles: u32, objects: &mut HashSet<u32>) -> Result<()> {
    let bad = || unreadable(record.at, "EMF object");
    match record.kind {
        38 | 39 | 82 | 93 | 94 | 95 => {
            let number = record.word(8)?;
            objects.insert(number);
            if number == 0 || number >= handles { Err(bad()) } else { Ok(()) }
        }
        37 if record.word(8)? >> 31 == 1 => {
            if record.word(8)? & 0x7FFF_FFFF <= 19 {
                Ok(())
            } else {
                Err(bad())
            }
        }
        37 => {
            if objects.contains(&record.word(8)?) {
                Ok(())
            } else {
                Err(bad())
            }
        }
        40 => {
            if objects.remove(&record.word(8)?) {
                Ok(())
            } else {
                Err(bad())
            }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emf(records: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, fields) in records {
            body.extend(kind.to_le_bytes());
            body.extend((fields.len() as u32 + 8).to_le_bytes());
            body.extend(fields);
        }
        let mut out = vec![0; 108];
        out[0] = 1;
        out[4] = 108;
        out[40..44].copy_from_slice(b" EMF");
        out[48..52].copy_from_slice(&(108 + body.len() as u32).to_le_bytes());
        out[52..56].copy_from_slice(&(1 + records.len() as u32).to_le_bytes());
        out[56] = 2;
        out.extend(body);
        out
    }

    fn end() -> (u32, Vec<u8>) {
        (14, vec![0; 12])
    }

    #[test]
    fn records_have_the_length_that_they_count_themselves() {
        assert_eq!(check(&emf(&[(27, vec![0; 8]), end()])), Ok(vec![]));
        assert!(check(&emf(&[(27, vec![0; 12]), end()])).is_err());
        let mut line = vec![0; 20 + 8];
        line[16] = 2;
        assert_eq!(check(&emf(&[(87, line.clone()), end()])), Ok(vec![]));
        line[16] = 200;
        assert!(check(&emf(&[(87, line), end()])).is_err());
    }

    #[test]
    fn comments_escapes_and_bytes_behind_are_found() {
        for kind in [70, 105, 106, 110, 102, 999] {
            assert_eq!(check(&emf(&[(kind, vec![0; 8]), end()])).unwrap()[0].threat, "I07");
        }
        let mut behind = emf(&[end()]);
        behind.extend([0; 4]);
        behind[48..52].copy_from_slice(&132_u32.to_le_bytes());
        assert_eq!(check(&behind).unwrap()[0].threat, "X03");
    }

    #[test]
    fn objects_exist_and_bitmaps_have_their_rows() {
        assert!(check(&emf(&[(37, vec![1, 0, 0, 0]), end()])).is_err());
        assert!(check(&emf(&[(37, vec![7, 0, 0, 0x80]), end()])).is_ok());
        let mut pen = vec![0; 20];
        pen[0] = 2;
        assert!(check(&emf(&[(38, pen.clone()), end()])).is_err(), "beyond the declared number");
        pen[0] = 1;
        assert!(check(&emf(&[(38, pen), (37, vec![1, 0, 0, 0]), end()])).is_ok());
        let mut picture = vec![0; 72 + 44];
        for (at, value) in
            [(40, 80_u32), (44, 40), (48, 120), (52, 4), (72, 40), (76, 1), (80, 1), (84, 0x18_0001)]
        {
            picture[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        assert_eq!(check(&emf(&[(81, picture.clone()), end()])), Ok(vec![]));
        picture[80] = 100;
        assert!(check(&emf(&[(81, picture), end()])).is_err());
    }
}
