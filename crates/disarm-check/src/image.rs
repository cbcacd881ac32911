//! Pictures: the container is walked block by block against a list of the blocks a rebuilt picture has (threats
//! I01–I06, X02, X03). Pixels are not decoded here.

use crate::{CheckError, Finding, Format};

type Result = std::result::Result<Vec<Finding>, CheckError>;

/// Walks a picture. BMP and WebP never leave the engine.
pub(crate) fn check(bytes: &[u8], format: Format) -> Result {
    match format {
        Format::Jpeg => jpeg(bytes),
        Format::Png => png(bytes),
        Format::Gif => gif(bytes),
        Format::Tiff => tiff(bytes),
        other => Err(CheckError::NoChecker(other)),
    }
}

fn unreadable(at: usize, what: &'static str) -> CheckError {
    CheckError::Unreadable { location: format!("byte {at}"), what }
}

fn finding(threat: &'static str, at: usize, what: impl Into<String>) -> Finding {
    Finding { threat, location: format!("byte {at}"), what: what.into() }
}

/// JPEG: only density, orientation, colour transform, tables, one frame, one scan, and nothing behind.
pub(crate) fn jpeg(bytes: &[u8]) -> Result {
    let mut findings = Vec::new();
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return Err(unreadable(0, "JPEG"));
    }
    let mut at = 2;
    loop {
        let Some([0xff, marker, high, low]) = bytes.get(at..at + 4) else {
            return Err(unreadable(at, "JPEG"));
        };
        let length = usize::from(*high) << 8 | usize::from(*low);
        let body = bytes.get(at + 4..at + 2 + length.max(2)).ok_or_else(|| unreadable(at, "JPEG segment"))?;
        let expected = match marker {
            0xe0 => body.starts_with(b"JFIF\0") && body.len() == 14,
            0xe1 => {
                body.starts_with(b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0")
                    && body.len() == 32
            }
            0xee => body.starts_with(b"Adobe") && body.len() == 12,
            0xc0 | 0xc1 | 0xc4 | 0xdb | 0xda => true,
            _ => false,
        };
        if !expected {
            findings.push(finding("I01", at, format!("segment FF{marker:02X}")));
        }
        at += 2 + length;
        if *marker == 0xda {
            break;
        }
    }
    let rest = bytes.get(at..).unwrap_or(&[]);
    let end = rest.windows(2).position(|w| w[0] == 0xff && w[1] != 0);
    match end.map(|e| (e, rest[e + 1])) {
        Some((e, 0xd9)) if e + 2 == rest.len() => {}
        Some((e, 0xd9)) => findings.push(finding("X03", at + e + 2, "bytes behind the picture")),
        _ => findings.push(finding("I01", at, "second scan or no end")),
    }
    Ok(findings)
}

fn png(bytes: &[u8]) -> Result {
    let mut findings = Vec::new();
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err(unreadable(0, "PNG"));
    }
    let mut at = 8;
    loop {
        let head = bytes.get(at..at + 8).ok_or_else(|| unreadable(at, "PNG chunk"))?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let next = at.checked_add(length).and_then(|n| n.checked_add(12)).filter(|n| *n <= bytes.len());
        let next = next.ok_or_else(|| unreadable(at, "PNG chunk"))?;
        if !matches!(&head[4..8], b"IHDR" | b"PLTE" | b"tRNS" | b"pHYs" | b"IDAT" | b"IEND") {
            let name = String::from_utf8_lossy(&head[4..8]).into_owned();
            findings.push(finding("I02", at, format!("chunk {name}")));
        }
        if &head[4..8] == b"IEND" {
            if next != bytes.len() {
                findings.push(finding("X03", next, "bytes behind the picture"));
            }
            return Ok(findings);
        }
        at = next;
    }
}

fn gif(bytes: &[u8]) -> Result {
    let mut findings = Vec::new();
    if !bytes.starts_with(b"GIF89a") {
        return Err(unreadable(0, "GIF"));
    }
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let get = |at: usize| bytes.get(at).copied().ok_or_else(|| unreadable(at, "GIF"));
    let mut at = 13 + table(get(10)?);
    loop {
        let block = get(at)?;
        at = match block {
            0x3b => {
                if at + 1 != bytes.len() {
                    findings.push(finding("X03", at + 1, "bytes behind the picture"));
                }
                return Ok(findings);
            }
            0x21 => {
                let control = get(at + 1)? == 0xf9;
                if !control && bytes.get(at + 1..at + 14) != Some(b"\xff\x0bNETSCAPE2.0") {
                    findings.push(finding("I03", at, "extension block"));
                }
                at + 2
            }
            0x2c => at + 11 + table(get(at + 9)?),
            _ => return Err(unreadable(at, "GIF block")),
        };
        loop {
            let length = usize::from(get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}

fn tiff(bytes: &[u8]) -> Result {
    let mut findings = Vec::new();
    if !bytes.starts_with(b"II*\0") {
        return Err(unreadable(0, "TIFF"));
    }
    let word = |at: usize| -> std::result::Result<usize, CheckError> {
        let b = bytes.get(at..at + 2).ok_or_else(|| unreadable(at, "TIFF"))?;
        Ok(usize::from(b[0]) | usize::from(b[1]) << 8)
    };
    let mut link = 4;
    let mut end = 8;
    for _ in 0..100_000 {
        let directory = word(link)? | word(link + 2)? << 16;
        if directory == 0 {
            if end != bytes.len() {
                findings.push(finding("X03", end, "bytes behind the picture"));
            }
            return Ok(findings);
        }
        // Directories follow their data, so a loop would go backwards.
        if directory < end {
            return Err(unreadable(directory, "TIFF directories out of order"));
        }
        let entries = word(directory)?;
        for i in 0..entries {
            let at = directory + 2 + i * 12;
            let tag = word(at)?;
            if !matches!(tag, 254 | 256..=259 | 262 | 273 | 274 | 277..=279 | 282 | 283 | 296 | 338) {
                findings.push(finding("I05", at, format!("tag {tag}")));
            }
        }
        link = directory + 2 + entries * 12;
        end = link + 4;
    }
    Err(unreadable(link, "TIFF with too many pages"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_do_not_belong_are_found() {
        let chunk = |name: &[u8]| [&[0, 0, 0, 0][..], name, &[0; 4]].concat();
        let png = |chunks: &[&[u8]]| {
            let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
            chunks.iter().for_each(|c| out.extend(chunk(c)));
            out
        };
        assert_eq!(check(&png(&[b"IHDR", b"IDAT", b"IEND"]), Format::Png), Ok(vec![]));
        assert_eq!(check(&png(&[b"IHDR", b"tEXt", b"IEND"]), Format::Png).unwrap()[0].threat, "I02");
        let mut trailing = png(&[b"IEND"]);
        trailing.push(0);
        assert_eq!(check(&trailing, Format::Png).unwrap()[0].threat, "X03");
        let jpeg = b"\xff\xd8\xff\xda\0\x02x\xff\xd9";
        assert_eq!(check(jpeg, Format::Jpeg), Ok(vec![]));
        let comment = b"\xff\xd8\xff\xfe\0\x03a\xff\xda\0\x02x\xff\xd9PK";
        let found: Vec<_> = check(comment, Format::Jpeg).unwrap().into_iter().map(|f| f.threat).collect();
        assert_eq!(found, ["I01", "X03"]);
        assert!(check(b"GIF89a", Format::Gif).is_err());
    }
}
