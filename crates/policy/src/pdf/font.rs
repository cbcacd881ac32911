//! One font: which glyph a character has, how wide it is, and the subset that is embedded.

use super::PdfError;
use std::collections::BTreeMap;
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId, RawFace, Tag};

pub(super) struct Font<'a> {
    data: &'a [u8],
    index: u32,
    face: Face<'a>,
    remapper: GlyphRemapper,
    /// Glyph in the subset → character and width in thousandths of the type size.
    used: BTreeMap<u16, (char, f32)>,
}

/// Measures of the whole face, in thousandths of the type size.
pub(super) struct Measures {
    pub(super) ascent: f32,
    pub(super) descent: f32,
    pub(super) cap_height: f32,
    /// Left, bottom, right, top.
    pub(super) bbox: [f32; 4],
}

impl<'a> Font<'a> {
    pub(super) fn new(data: &'a [u8], index: u32) -> Result<Self, PdfError> {
        let face = Face::parse(data, index).map_err(|_| PdfError::Font)?;
        Ok(Self { data, index, face, remapper: GlyphRemapper::new(), used: BTreeMap::new() })
    }

    fn per_mille(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.face.units_per_em().max(1))
    }

    /// The glyph of a character in the subset and its width in thousandths of the type size.
    pub(super) fn glyph(&mut self, c: char) -> Result<(u16, f32), PdfError> {
        let old = self.face.glyph_index(c).filter(|g| *g != GlyphId(0)).ok_or(PdfError::Glyph(c))?;
        let width = self.per_mille(f32::from(self.face.glyph_hor_advance(old).unwrap_or(0)));
        let new = self.remapper.remap(old.0);
        self.used.entry(new).or_insert((c, width));
        Ok((new, width))
    }

    pub(super) fn used(&self) -> impl Iterator<Item = (u16, char, f32)> {
        self.used.iter().map(|(glyph, (c, width))| (*glyph, *c, *width))
    }

    pub(super) fn measures(&self) -> Measures {
        let bbox = self.face.global_bounding_box();
        Measures {
            ascent: self.per_mille(f32::from(self.face.ascender())),
            descent: self.per_mille(f32::from(self.face.descender())),
            cap_height: self
                .per_mille(f32::from(self.face.capital_height().unwrap_or_else(|| self.face.ascender()))),
            bbox: [bbox.x_min, bbox.y_min, bbox.x_max, bbox.y_max].map(|v| self.per_mille(f32::from(v))),
        }
    }

    /// The embedded program, and whether its outlines are CFF (else TrueType).
    pub(super) fn program(&self) -> Result<(Vec<u8>, bool), PdfError> {
        let subset = subsetter::subset(self.data, self.index, &self.remapper).map_err(|_| PdfError::Font)?;
        let cff = RawFace::parse(&subset, 0)
            .ok()
            .and_then(|f| f.table(Tag::from_bytes(b"CFF ")).map(<[u8]>::to_vec));
        Ok(cff.map_or((subset, false), |cff| (cff, true)))
    }
}

impl std::fmt::Debug for Font<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Font").field("glyphs", &self.used.len()).finish_non_exhaustive()
    }
}
