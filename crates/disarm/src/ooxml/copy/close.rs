//! What happens when an element ends: it is finished, repaired, replaced by its picture, or cut off again.

use super::{Copier, Frame, Kind, missing, write_name};
use crate::{
    Action, Refusal, Threat,
    ooxml::{
        formula, preview,
        schema::{Class, Target, Type},
        value::{self, escape_into},
    },
};

impl Copier<'_, '_> {
    pub(super) fn end(&mut self) -> Result<(), Refusal> {
        if self.skipping > 0 {
            self.skipping -= 1;
            return Ok(());
        }
        let Some(mut frame) = self.frames.pop() else { return Ok(()) };
        if self.frames.is_empty() {
            return Ok(());
        }
        let kept = match frame.kind {
            Kind::Element => self.end_element(&mut frame),
            Kind::Unwrapped if frame.row.name == "p:oleObj" => {
                self.write_preview(&mut frame);
                let picture = self.out.split_off(frame.start);
                let owner = self.frames.iter_mut().rev().find(|f| f.row.name == "p:graphicFrame");
                if let Some(owner) = owner.filter(|_| !picture.is_empty()) {
                    owner.picture = picture;
                }
                false
            }
            Kind::Unwrapped => self.out.len() > frame.start,
            Kind::Choice => self.end_branch(&frame, b"</mc:Choice>"),
            Kind::Fallback => {
                let body_end = self.out.len();
                let kept = self.end_branch(&frame, b"</mc:Fallback>");
                if let Some(parent) = self.frames.last_mut().filter(|_| kept) {
                    parent.fallback = Some((frame.body, body_end));
                }
                kept
            }
            Kind::Alternate => self.end_alternate(&frame),
        };
        if !kept {
            self.out.truncate(frame.start);
            return Ok(());
        }
        if let Some(parent) = self.frames.last_mut() {
            parent.last_child = if frame.kind == Kind::Element { frame.row.name } else { frame.last_child };
            parent.choices += u32::from(frame.kind == Kind::Choice);
            parent.satisfied |= match (frame.kind, parent.kind) {
                (Kind::Element, Kind::Element) => {
                    parent.row.needs.iter().any(|need| *need == "*" || *need == frame.row.name)
                }
                (Kind::Alternate, Kind::Element) => frame.satisfied,
                // In a branch too it is this element that is needed; that it has what it needs itself is another matter.
                (Kind::Element, _) => {
                    parent.row.needs.is_empty()
                        || parent.row.needs.iter().any(|need| *need == "*" || *need == frame.row.name)
                }
                _ => frame.satisfied || parent.row.needs.contains(&"*"),
            };
        }
        Ok(())
    }

    /// An object without a picture inside gets the one that its VML part shows.
    fn write_preview(&mut self, frame: &mut Frame) {
        let Some(id) = frame.preview.take().filter(|_| !frame.satisfied) else { return };
        if self.links.want(&id, Target::Image) {
            let owner =
                self.frames.iter().rev().find(|f| f.row.name == "p:graphicFrame").map_or(0, |f| f.start);
            let picture = preview::picture(&id, &self.out[owner..]);
            self.out.extend(picture);
            frame.satisfied = true;
        }
    }

    pub(super) fn end_branch(&mut self, frame: &Frame, tag: &[u8]) -> bool {
        let kept = self.out.len() > frame.body;
        if kept {
            self.out.extend(tag);
        }
        kept
    }

    pub(super) fn end_alternate(&mut self, frame: &Frame) -> bool {
        match (frame.choices, frame.fallback) {
            (0, None) => false,
            (0, Some((body, end))) => {
                // Only the fallback is left: its content stands for itself.
                let content = self.out[body..end].to_vec();
                self.out.truncate(frame.start);
                self.out.extend(content);
                true
            }
            _ => {
                self.out.extend(b"</mc:AlternateContent>");
                true
            }
        }
    }

    pub(super) fn end_element(&mut self, frame: &mut Frame) -> bool {
        if let Some(text) = frame.text.take()
            && !self.classed_text(frame.row, text)
        {
            self.poison(frame.row.name);
            return false;
        }
        if frame.row.name == "p:oleObj" {
            self.write_preview(frame);
        }
        if !frame.picture.is_empty() && !frame.satisfied {
            // The embedded object is gone; its picture takes its place.
            self.out.truncate(frame.start);
            self.out.append(&mut frame.picture);
            return true;
        }
        if frame.poisoned || (!frame.row.needs.is_empty() && !frame.satisfied) {
            if let Some((threat, severity, what)) = missing(frame.row.name) {
                self.ctx.report(threat, severity, Action::Dropped, what, self.part);
            }
            return false;
        }
        let mut name = frame.row.name;
        match frame.row.name {
            // A cell or story needs a last paragraph.
            "w:tc" | "w:txbxContent" | "w:footnote" | "w:endnote" | "w:comment"
                if matches!(frame.last_child, "" | "w:tcPr" | "w:tbl") =>
            {
                self.out.extend(b"<w:p/>");
            }
            "w:object" if frame.lost_object => {
                let rest = self.out.split_off(frame.body);
                self.out.truncate(frame.start);
                self.out.extend(b"<w:pict>");
                frame.body = self.out.len();
                self.out.extend(rest);
                name = "w:pict";
            }
            _ => {}
        }
        if self.out.len() == frame.body {
            self.out.pop();
            self.out.extend(b"/>");
        } else {
            self.out.extend(b"</");
            write_name(&mut self.out, name);
            self.out.push(b'>');
        }
        true
    }

    /// Writes text whose class needs the whole of it; `false` when it is refused.
    pub(super) fn classed_text(&mut self, row: &'static Type, text: String) -> bool {
        match row.text {
            Class::Formula => return self.formula(row, &text),
            Class::Field => escape_into(&mut self.out, &text, false),
            class if value::fits(class, text.trim()) => escape_into(&mut self.out, &text, false),
            _ => return false,
        }
        true
    }

    pub(super) fn formula(&mut self, row: &'static Type, text: &str) -> bool {
        if row.name == "x:f" && text.is_empty() {
            // A follower of a shared formula: as good as its master.
            return self.shared_index().is_none_or(|index| self.shared.contains(&index));
        }
        match formula::check(text, &self.book.gone) {
            formula::Verdict::Safe => {
                if let Some(index) = self.shared_index() {
                    self.shared.push(index);
                }
                escape_into(&mut self.out, text, false);
                true
            }
            formula::Verdict::Flatten(severity, what) => {
                let location = self.location();
                self.ctx.report(Threat::O24, severity, Action::Flattened, what, location);
                if matches!(row.name, "c:f" | "c15:f") {
                    // A chart needs the element; its cached values stay.
                    self.out.extend(b"#REF!");
                    return true;
                }
                false
            }
        }
    }

    /// `si` of the shared formula whose start tag was written last.
    pub(super) fn shared_index(&self) -> Option<String> {
        let at = self.out.iter().rposition(|b| *b == b'<')?;
        let tag = std::str::from_utf8(&self.out[at..]).ok()?;
        let (_, rest) = tag.split_once(" si=\"")?;
        tag.contains(" t=\"shared\"").then(|| rest.split('"').next().unwrap_or("").to_owned())
    }

    /// A refused formula takes along what is meaningless without it.
    pub(super) fn poison(&mut self, element: &str) {
        let owner = match element {
            "x:formula" | "x:formula1" | "x:formula2" | "xne:f" | "xne:sqref" => [
                "x:cfRule",
                "x14:cfRule",
                "x:dataValidation",
                "x14:dataValidation",
                "x14:sparkline",
                "x14:conditionalFormatting",
            ],
            _ => return,
        };
        if let Some(frame) = self.frames.iter_mut().rev().find(|f| owner.contains(&f.row.name)) {
            frame.poisoned = true;
        }
    }
}
