//! Records that are a fixed row of fields, and what each field may hold.

use super::fields::{Fields, colour};

#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    Coordinate,
    /// A coordinate that something is divided by.
    Extent,
    Colour,
    Float,
    /// One of the numbers from the first to the second.
    Between(u32, u32),
    /// The bits that have a meaning; the others are cleared.
    Flags(u32),
}

use Field::{Between, Colour, Coordinate, Extent, Flags, Float};

const POINT: &[Field] = &[Coordinate; 2];
const EXTENT: &[Field] = &[Extent; 2];
const BOX: &[Field] = &[Coordinate; 4];
const ARC: &[Field] = &[Coordinate; 8];
const NONE: &[Field] = &[];

/// Fields of the record, or nothing when it is none of these.
pub(super) fn of(kind: u32) -> Option<&'static [Field]> {
    Some(match kind {
        // Window and viewport.
        9 | 11 => EXTENT,
        10 | 12 | 13 => POINT,
        31 | 32 => &[Extent; 4],
        17 => &[Between(1, 8)],
        // Background, fill, raster operation, stretching, alignment, colours.
        18 | 19 | 57 => &[Between(1, 2)],
        20 => &[Between(1, 16)],
        21 => &[Between(1, 4)],
        22 => &[Flags(0x11F)],
        24 | 25 => &[Colour],
        115 => &[Flags(1)],
        120 => POINT,
        // Clipping.
        26 => POINT,
        28 => NONE,
        29 | 30 => BOX,
        67 => &[Between(1, 5)],
        // Transformations.
        35 => &[Float; 6],
        36 => &[Float, Float, Float, Float, Float, Float, Between(1, 4)],
        // Lines and figures.
        27 | 54 => POINT,
        15 => &[Coordinate, Coordinate, Colour],
        41 => &[Coordinate, Coordinate, Coordinate, Float, Float],
        42 | 43 => BOX,
        44 => &[Coordinate; 6],
        45 | 46 | 47 | 55 => ARC,
        // Paths.
        59 | 60 | 61 | 65 | 66 | 68 => NONE,
        62..=64 => BOX,
        _ => return None,
    })
}

/// The fields written afresh; nothing when one of them holds what it must not.
pub(super) fn copy(layout: &[Field], mut from: Fields<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(layout.len() * 4);
    for field in layout {
        let value = match *field {
            Coordinate => from.coordinate()?.to_le_bytes(),
            Extent => from.coordinate().filter(|v| *v != 0)?.to_le_bytes(),
            Colour => colour(from.u32()?).to_le_bytes(),
            Float => from.float()?.to_le_bytes(),
            Between(low, high) => from.u32().filter(|v| (low..=high).contains(v))?.to_le_bytes(),
            Flags(mask) => (from.u32()? & mask).to_le_bytes(),
        };
        out.extend(value);
    }
    Some(out)
}
