//! Word, Excel and PowerPoint files in Office Open XML.

use crate::{
    Kind, Refusal,
    ctx::{Ctx, Rebuilt},
};

pub(crate) fn rebuild(kind: Kind, _bytes: &[u8], _ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    Err(Refusal::Unsupported(kind))
}

pub(crate) fn rebuild_encrypted(_bytes: &[u8], _name: &str, _ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    Err(Refusal::Password { members: Vec::new() })
}
