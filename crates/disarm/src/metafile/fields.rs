//! Little-endian fields of a record; whoever reads past the end gets nothing.

#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn over(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
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

    pub(super) fn len(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    /// A coordinate. Windows itself only draws within 27 bits; larger ones are there to overflow something.
    pub(super) fn coordinate(&mut self) -> Option<i32> {
        self.i32().filter(|v| v.unsigned_abs() <= COORDINATE)
    }

    pub(super) fn coordinates<const N: usize>(&mut self) -> Option<[i32; N]> {
        let mut out = [0; N];
        for value in &mut out {
            *value = self.coordinate()?;
        }
        Some(out)
    }

    /// A number that can be calculated with.
    pub(super) fn float(&mut self) -> Option<f32> {
        self.array().map(f32::from_le_bytes).filter(|v| v.is_finite() && v.abs() <= 1e9)
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }
}

pub(super) const COORDINATE: u32 = 1 << 27;

/// Red, green and blue. Indices into a palette, which is not kept, become black.
pub(super) fn colour(value: u32) -> u32 {
    if value >> 24 == 1 { 0 } else { value & 0x00FF_FFFF }
}
