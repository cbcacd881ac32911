//! What the written part refers to: namespaces to declare, relationships to keep. Read off what is left at the end,
//! because elements are cut off, moved and unwrapped on the way.

use std::collections::HashSet;

use crate::ooxml::schema;

/// Prefixes (canonical) and relationship ids (escaped) in the tags of a part as [`super`] writes it: values stand between
/// double quotes, and neither those nor angle brackets stand bare in a value, nor angle brackets in a text.
#[derive(Debug, Default)]
pub(super) struct Used<'x> {
    pub(super) prefixes: Vec<&'static str>,
    pub(super) ids: HashSet<&'x [u8]>,
}

impl<'x> Used<'x> {
    pub(super) fn add(&mut self, xml: &'x [u8]) {
        for at in memchr::memchr_iter(b'<', xml) {
            let tag = &xml[at + 1..];
            let tag = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len())];
            // Cells have no prefix, and a sheet has little else.
            if !tag.starts_with(b"/") && memchr::memchr(b':', tag).is_some() {
                self.tag(tag);
            }
        }
    }

    /// `name attribute="value" …`, or the attributes alone.
    pub(super) fn tag(&mut self, tag: &'x [u8]) {
        let mut pieces = tag.split(|byte| *byte == b'"');
        while let Some(names) = pieces.next() {
            let value = pieces.next();
            for name in names.split(|byte| matches!(byte, b' ' | b'=' | b'/')) {
                self.name(name, value.unwrap_or_default());
            }
        }
    }

    fn name(&mut self, name: &[u8], value: &'x [u8]) {
        if name == b"Requires" {
            value.split(|byte| *byte == b' ').for_each(|prefix| self.prefix(prefix));
        }
        let Some(colon) = memchr::memchr(b':', name) else { return };
        match &name[..colon] {
            b"xml" => return,
            // Excel's part of VML is written `x:`.
            b"x" => self.prefix(b"xvml"),
            prefix => self.prefix(prefix),
        }
        if name.starts_with(b"r:") || name == b"o:relid" {
            self.ids.insert(value);
        }
    }

    pub(super) fn prefix(&mut self, prefix: &[u8]) {
        if self.prefixes.iter().any(|known| known.as_bytes() == prefix) {
            return;
        }
        let known = schema::NAMESPACES.iter().find(|(known, _)| known.as_bytes() == prefix);
        self.prefixes.extend(known.map(|(known, _)| *known));
    }
}
