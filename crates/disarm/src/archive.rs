use crate::{
    Kind, Refusal,
    ctx::{Ctx, Rebuilt},
};

pub(crate) fn rebuild(kind: Kind, _bytes: &[u8], _ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    Err(Refusal::Unsupported(kind))
}
