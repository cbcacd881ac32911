//! ZIP archives (threats Z01-Z09): every member is rebuilt by its own kind and packed into a fresh archive.

mod name;

use crate::{
    Action, Kind, Member, MemberFailure, MemberState, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
    detect, ja, rebuild_any, text,
    zip::{self, Archive, Entry},
};

pub(crate) fn rebuild(_kind: Kind, bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    let archive = Archive::open(bytes, ctx)?;
    let decoder = name::Decoder::for_archive(archive.entries(), ctx)?;
    let mut taken = name::Taken::default();
    let mut writer = zip::Writer::new();
    let (mut locked, mut members) = (Vec::new(), Vec::new());
    for entry in archive.entries().iter().filter(|e| !e.is_dir) {
        let name = decoder.decode(entry)?;
        if name::is_litter(&name) {
            ctx.note(Threat::Z09, "OS が付けた管理ファイル", &name);
            continue;
        }
        match member(&archive, entry, &name, ctx) {
            Ok((kind, rebuilt)) => {
                let output_name = taken.claim(&name::safe(&name, Some(&rebuilt), kind, ctx));
                writer.add(&output_name, &rebuilt.bytes)?;
                members.push(Member { name, output_name, kind, state: MemberState::Clean, reason: None });
            }
            Err((_, Refusal::Password { .. })) => locked.push(name),
            // Limits are shared by the whole call: nothing that follows could be trusted to finish.
            Err((_, Refusal::Limit(meter))) => return Err(Refusal::Limit(meter)),
            Err((_, reason)) if ctx.rules.member_failure == MemberFailure::Block => {
                return Err(Refusal::Member { member: name, reason: Box::new(reason) });
            }
            Err((kind, reason)) => {
                let note = tombstone(&name, &reason, ctx)?;
                let output_name = taken.claim(&(name::safe(&name, None, kind, ctx) + ".取り除きました.txt"));
                writer.add(&output_name, &note)?;
                ctx.report(Threat::Z08, Severity::Simplified, Action::Refused, "書庫の中のファイル", &name);
                let reason = Some(ja::refusal(&reason));
                members.push(Member { name, output_name, kind, state: MemberState::Tombstone, reason });
            }
        }
    }
    if !locked.is_empty() {
        return Err(Refusal::Password { members: locked });
    }
    let out = writer.finish()?;
    // Names that were put right, and an entry that comes to stand first, can make a document or a program of it.
    if detect(&out, "") != Kind::Zip {
        return Err(Refusal::ambiguous("", "書き直した後の書庫が、別の種類のファイルに見えます"));
    }
    ctx.members.extend(members);
    Ok(Rebuilt::new(Kind::Zip, out))
}

/// Opens and rebuilds one member. The kind goes along with a refusal for the report.
fn member(
    archive: &Archive<'_>,
    entry: &Entry,
    name: &str,
    ctx: &mut Ctx<'_>,
) -> Result<(Kind, Rebuilt), (Kind, Refusal)> {
    let plain = if entry.encrypted {
        match zip::decrypt(archive, entry, ctx) {
            Ok(Some(plain)) => {
                ctx.note(Threat::Z04, "書庫のパスワード", name);
                std::borrow::Cow::Owned(plain)
            }
            Ok(None) => return Err((Kind::Unknown, Refusal::Password { members: Vec::new() })),
            Err(refusal) => return Err((Kind::Unknown, refusal)),
        }
    } else {
        archive.inflate(entry, ctx).map_err(|refusal| (Kind::Unknown, refusal))?
    };
    let kind = detect(&plain, name);
    if kind == Kind::Empty && !detect::is_dangerous(name) {
        return Ok((kind, Rebuilt::new(Kind::Text, Vec::new())));
    }
    ctx.inside(name, |ctx| rebuild_any(kind, &plain, name, ctx))
        .map(|r| (kind, r))
        .map_err(|refusal| (kind, refusal))
}

/// The note that takes a refused member's place.
fn tombstone(name: &str, reason: &Refusal, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let shown: String = name.chars().filter(|c| !c.is_control()).collect();
    let note = format!("「{shown}」は取り除きました。\r\n理由: {}\r\n", ja::refusal(reason));
    // Through the text module, so that a second pass finds nothing to change.
    Ok(text::rebuild(Kind::Text, note.as_bytes(), ctx)?.bytes)
}

#[cfg(test)]
mod pieces;
