//! Records of a BIFF8 stream and the fields inside them.
//!
//! Source: MS-XLS 2.1.4 and 2.5.293 (XLUnicodeRichExtendedString). A record longer than 8,224 bytes goes on in CONTINUE
//! records; characters that are cut there start again with a byte that says how wide they are.

use crate::{Meter, Refusal, ctx::Ctx};

const CONTINUE: u16 = 0x003C;

/// One record with the CONTINUE records that follow it.
#[derive(Debug, Clone)]
pub(super) struct Record<'a> {
    pub(super) id: u16,
    pub(super) data: &'a [u8],
    pub(super) more: Vec<&'a [u8]>,
}

impl<'a> Record<'a> {
    pub(super) fn fields(&self) -> Fields<'a> {
        let mut pieces = Vec::with_capacity(1 + self.more.len());
        pieces.push(self.data);
        pieces.extend(&self.more);
        Fields { pieces, piece: 0, at: 0 }
    }

    /// All pieces joined, for payloads that are cut anywhere.
    pub(super) fn joined(&self) -> Vec<u8> {
        let mut out = self.data.to_vec();
        self.more.iter().for_each(|piece| out.extend_from_slice(piece));
        out
    }
}

/// Walks the records of a stream.
#[derive(Debug)]
pub(super) struct Records<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(stream: &'a [u8], at: usize) -> Self {
        Self { stream, at }
    }

    /// The next record; `None` at the end of the stream. What is left when a header or a payload does not fit is
    /// padding that Excel does not read either.
    pub(super) fn next(&mut self, ctx: &mut Ctx<'_>) -> Result<Option<Record<'a>>, Refusal> {
        ctx.spend(Meter::Objects, 1)?;
        let Some((id, data)) = self.raw() else { return Ok(None) };
        let mut more = Vec::new();
        while self.peek() == Some(CONTINUE) {
            ctx.spend(Meter::Objects, 1)?;
            match self.raw() {
                Some((_, piece)) => more.push(piece),
                None => break,
            }
        }
        Ok(Some(Record { id, data, more }))
    }

    /// Offset of the next record.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Id of the next record.
    pub(super) fn peek(&self) -> Option<u16> {
        let head = self.stream.get(self.at..self.at.checked_add(4)?)?;
        Some(u16::from_le_bytes([head[0], head[1]]))
    }

    fn raw(&mut self) -> Option<(u16, &'a [u8])> {
        let body = self.at.checked_add(4)?;
        let head = self.stream.get(self.at..body)?;
        let len = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let data = self.stream.get(body..body + len)?;
        self.at = body + len;
        Some((u16::from_le_bytes([head[0], head[1]]), data))
    }
}

/// Little-endian reader over the pieces of a record. `None` means that the record is shorter than it should be.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl<'a> Fields<'a> {
    /// Reader over one block of bytes.
    pub(super) fn over(data: &'a [u8]) -> Self {
        Self { pieces: vec![data], piece: 0, at: 0 }
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        loop {
            let piece = self.pieces.get(self.piece)?;
            if let Some(byte) = piece.get(self.at) {
                self.at += 1;
                return Some(*byte);
            }
            self.piece += 1;
            self.at = 0;
        }
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut out = [0; N];
        if let Some(piece) = self.pieces.get(self.piece)
            && let Some(bytes) = piece.get(self.at..self.at + N)
        {
            out.copy_from_slice(bytes);
            self.at += N;
            return Some(out);
        }
        for byte in &mut out {
            *byte = self.u8()?;
        }
        Some(out)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn f64(&mut self) -> Option<f64> {
        self.array().map(f64::from_le_bytes)
    }

    pub(super) fn skip(&mut self, len: usize) -> Option<()> {
        self.bytes(len).map(drop)
    }

    /// Bytes left in all pieces.
    pub(super) fn left(&self) -> usize {
        let rest: usize = self.pieces.iter().skip(self.piece + 1).map(|p| p.len()).sum();
        self.pieces.get(self.piece).map_or(0, |p| p.len().saturating_sub(self.at)) + rest
    }

    pub(super) fn bytes(&mut self, len: usize) -> Option<Vec<u8>> {
        if len > self.left() {
            return None;
        }
        let mut out = Vec::with_capacity(len);
        while out.len() < len {
            let piece = self.pieces.get(self.piece)?;
            let take = (len - out.len()).min(piece.len() - self.at);
            out.extend_from_slice(&piece[self.at..self.at + take]);
            self.at += take;
            if out.len() < len {
                self.piece += 1;
                self.at = 0;
            }
        }
        Some(out)
    }

    /// Everything that is left, joined.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.bytes(self.left()).unwrap_or_default()
    }

    /// `count` characters, two bytes each when `wide`.
    pub(super) fn chars(&mut self, count: usize, wide: bool) -> Option<Vec<u16>> {
        let mut wide = wide;
        let mut units = Vec::with_capacity(count.min(self.left()));
        while units.len() < count {
            let piece = self.pieces.get(self.piece)?;
            let here = &piece[self.at.min(piece.len())..];
            let missing = count - units.len();
            let width = if wide { 2 } else { 1 };
            let take = missing.min(here.len() / width);
            if wide {
                units.extend(here.chunks_exact(2).take(take).map(|c| u16::from_le_bytes([c[0], c[1]])));
            } else {
                units.extend(here.iter().take(take).map(|b| u16::from(*b)));
            }
            self.at += take * width;
            if units.len() < count {
                self.piece += 1;
                self.at = 0;
                wide = self.u8()? & 1 != 0;
            }
        }
        Some(units)
    }

    /// A flag byte and `count` characters.
    pub(super) fn flagged(&mut self, count: usize) -> Option<String> {
        let wide = self.u8()? & 1 != 0;
        self.chars(count, wide).map(|units| String::from_utf16_lossy(&units))
    }

    /// Count in one byte (ShortXLUnicodeString).
    pub(super) fn short_text(&mut self) -> Option<String> {
        let count = usize::from(self.u8()?);
        self.flagged(count)
    }

    /// Count in two bytes (XLUnicodeString); an empty one may lack its flag byte.
    pub(super) fn text(&mut self) -> Option<String> {
        let count = usize::from(self.u16()?);
        if count == 0 {
            self.u8();
            return Some(String::new());
        }
        self.flagged(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_change_their_width_at_a_continue() {
        let first = [3_u8, 0, 0, b'a'];
        let second = [1_u8, 0x42, 0x30, 0x44, 0x30];
        let record = Record { id: 0, data: &first, more: vec![&second] };
        assert_eq!(record.fields().text().as_deref(), Some("aあい"));
    }

    #[test]
    fn numbers_may_be_cut_and_ends_are_noticed() {
        let record = Record { id: 0, data: &[1], more: vec![&[2, 3]] };
        let mut fields = record.fields();
        assert_eq!(fields.u16(), Some(0x0201));
        assert_eq!(fields.left(), 1);
        assert_eq!(fields.u16(), None);
    }
}
