//! Compound files (OLE2), also those of writers that mark what lies behind the end of the file as used.

use std::borrow::Cow;
use std::io::{self, Cursor};

pub(crate) type File<'a> = cfb::CompoundFile<Cursor<Cow<'a, [u8]>>>;

const HEADER: usize = 512;
/// Sectors of the allocation table that the header itself lists.
const LISTED: usize = 109;
const FREE: [u8; 4] = [0xFF; 4];

pub(crate) fn open(bytes: &[u8]) -> io::Result<File<'_>> {
    cfb::CompoundFile::open(Cursor::new(Cow::Borrowed(bytes))).or_else(|error| match with_free_tail(bytes) {
        Some(repaired) => cfb::CompoundFile::open(Cursor::new(Cow::Owned(repaired))),
        None => Err(error),
    })
}

/// The same file with every entry of the allocation table beyond its last sector free. The JavaScript library that most
/// web systems write .xls with fills the table with end marks instead; nothing can lie there, so nothing changes.
fn with_free_tail(bytes: &[u8]) -> Option<Vec<u8>> {
    let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let sector = 1_usize << bytes.get(30).copied().filter(|shift| matches!(shift, 9 | 12))?;
    let sectors = bytes.len().checked_sub(sector)?.div_ceil(sector);
    let per_table = sector / 4;
    let mut out = bytes.to_vec();
    for table in 0..usize::try_from(number(44)?).ok()?.min(LISTED) {
        let place = usize::try_from(number(76 + 4 * table)?).ok()?;
        let start = place.checked_add(1)?.checked_mul(sector)?.max(HEADER);
        for entry in sectors.saturating_sub(table * per_table)..per_table {
            out.get_mut(start + 4 * entry..start + 4 * entry + 4)?.copy_from_slice(&FREE);
        }
    }
    Some(out)
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a failed expectation is a failed test")]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn end_marks_behind_the_end_of_the_file_do_not_matter() {
        let mut file =
            cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).expect("file");
        file.create_stream("Workbook").and_then(|mut s| s.write_all(&[7; 5000])).expect("stream");
        file.flush().expect("written");
        let mut bytes = file.into_inner().into_inner();
        let sectors = bytes.len() / 512 - 1;
        let table = 512 * (1 + u32::from_le_bytes([bytes[76], bytes[77], bytes[78], bytes[79]]) as usize);
        for entry in sectors..128 {
            bytes[table + 4 * entry..table + 4 * entry + 4].copy_from_slice(&[0xFE, 0xFF, 0xFF, 0xFF]);
        }
        assert!(
            cfb::CompoundFile::open(Cursor::new(&bytes)).is_err(),
            "the crate alone reads it: no repair is needed"
        );
        let mut read = Vec::new();
        let mut file = open(&bytes).expect("opened");
        io::Read::read_to_end(&mut file.open_stream("Workbook").expect("stream"), &mut read).expect("read");
        assert_eq!(read, [7; 5000]);
    }
}
