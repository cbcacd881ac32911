//! Word, Excel and PowerPoint files in Office Open XML (threats O01-O32).
//!
//! A package is rebuilt from its main part outwards: only relationships on the allow-list are followed, every part is
//! copied element by element through the allow-list of its vocabulary, pictures are rebuilt as pictures, and the
//! result is written into a fresh container under fresh part names.

mod book;
mod bound;
mod control;
mod copy;
pub(crate) mod decrypt;
mod field;
mod flavour;
pub(crate) mod formula;
mod links;
mod lost;
mod media;
mod package;
mod parts;
#[cfg(test)]
mod pieces;
mod preview;
pub(crate) mod schema;
mod value;

use crate::{
    Kind, Refusal,
    ctx::{Ctx, Rebuilt},
};

pub(crate) use value::is_xml_char;

pub(crate) fn rebuild(_kind: Kind, bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    package::rebuild(bytes, ctx)
}
