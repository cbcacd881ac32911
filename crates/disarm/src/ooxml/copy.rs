//! Streaming copy of one XML part through the allow-list.
//!
//! Elements are written as they come; an element that turns out to be worthless at its end is cut off again. Names,
//! namespaces and prefixes are written from the table, never from the input.

mod close;
mod keep;
mod tags;

use std::collections::{HashMap, HashSet};

use tags::Used;

use super::{
    book::Book,
    control,
    field::{self, Piece, Plan},
    links::Links,
    lost, preview,
    schema::{self, Class, Target, Type},
    value::escape_into,
};
use crate::{
    Action, Refusal, Severity, Threat,
    ctx::Ctx,
    xml::{Attribute, Node, Xml},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Written with its tags.
    Element,
    /// Only its content is written (`w:smartTag`, a refused `w:fldSimple`).
    Unwrapped,
    Alternate,
    Choice,
    Fallback,
}

#[derive(Debug)]
struct Frame {
    kind: Kind,
    row: &'static Type,
    /// Output length before the start tag and after it.
    start: usize,
    body: usize,
    satisfied: bool,
    /// A part of the element that it cannot do without was dropped.
    poisoned: bool,
    /// Collects text whose class needs the whole of it.
    text: Option<String>,
    /// Output range of the body of a kept `mc:Fallback`, and the number of kept choices.
    fallback: Option<(usize, usize)>,
    choices: u32,
    /// An embedded object inside lost its object; only the picture stays.
    lost_object: bool,
    /// Name of the last child that was kept.
    last_child: &'static str,
    /// Relationship of the preview of this object, should the object not have the picture inside.
    preview: Option<String>,
    /// Preview picture of an embedded object inside.
    picture: Vec<u8>,
}

/// What a part gets besides what stands in it.
#[derive(Debug, Default)]
pub(crate) struct Additions {
    /// Relationship of a drawing that a sheet gets for its form controls.
    pub(crate) drawing: Option<&'static str>,
    /// Anchors at the end of a drawing.
    pub(crate) anchors: Vec<u8>,
    /// Relationship of the preview of an object, by the shape id that the object names.
    pub(crate) previews: HashMap<String, String>,
    /// Relationships that the anchors use.
    pub(crate) pictures: Vec<String>,
    /// Shapes that are drawn elsewhere instead.
    pub(crate) gone: HashSet<String>,
}

/// One part being copied.
#[derive(Debug)]
pub(crate) struct Copier<'c, 'a> {
    ctx: &'c mut Ctx<'a>,
    part: &'c str,
    links: &'c mut Links,
    book: &'c Book,
    out: Vec<u8>,
    root_attributes: Vec<u8>,
    ignorable: Vec<&'static str>,
    frames: Vec<Frame>,
    skipping: u32,
    plan: Plan,
    counted: usize,
    cell: String,
    shared: Vec<String>,
    additions: Additions,
}

/// Copies `text`, which must have the root element `root`.
pub(crate) fn copy(
    text: &str,
    root: &str,
    part: &str,
    links: &mut Links,
    book: &Book,
    additions: Additions,
    ctx: &mut Ctx<'_>,
) -> Result<Vec<u8>, Refusal> {
    let row = schema::root(root).ok_or_else(|| Refusal::malformed(part, "部品の根が違います"))?;
    let plan =
        if root.starts_with("w:") { field::plan(text, part, &book.stores, ctx)? } else { Plan::default() };
    let mut copier = Copier {
        ctx,
        part,
        links,
        book,
        out: Vec::with_capacity(text.len()),
        root_attributes: Vec::new(),
        ignorable: Vec::new(),
        frames: Vec::new(),
        skipping: 0,
        plan,
        counted: 0,
        cell: String::new(),
        shared: Vec::new(),
        additions,
    };
    let mut xml = Xml::new(text, part);
    loop {
        match xml.next(copier.ctx)? {
            Node::Start { name, local, attributes } => {
                copier.start(row, name.as_deref(), local, &attributes, &xml)?
            }
            Node::Text(text) => copier.text(&text),
            Node::End => copier.end()?,
            Node::Eof => break,
        }
    }
    Ok(copier.finish(row))
}

impl Copier<'_, '_> {
    fn start(
        &mut self,
        root: &'static Type,
        name: Option<&str>,
        local: &str,
        attributes: &[Attribute<'_>],
        xml: &Xml<'_>,
    ) -> Result<(), Refusal> {
        let piece = self.piece(name);
        if self.skipping > 0 {
            self.skipping += 1;
            return Ok(());
        }
        self.note_ignorable(attributes, xml);
        let Some(parent) = self.frames.last() else {
            if name != Some(root.name) {
                return Err(Refusal::malformed(self.part, "部品の根が違います"));
            }
            self.attributes(root, attributes);
            self.root_attributes = self.out.split_off(0);
            self.push(Kind::Element, root, 0, 0);
            return Ok(());
        };
        let row = parent.row;
        match name {
            Some("mc:AlternateContent") => {
                let start = self.out.len();
                self.out.extend(b"<mc:AlternateContent>");
                self.push(Kind::Alternate, row, start, self.out.len());
            }
            // The fallback is the last branch; one behind it is none that a reader shows.
            Some("mc:Choice" | "mc:Fallback") if parent.fallback.is_some() => self.lose_branch(),
            Some("mc:Choice") if parent.kind == Kind::Alternate => self.choice(row, attributes, xml),
            Some("mc:Fallback") if parent.kind == Kind::Alternate => {
                let start = self.out.len();
                self.out.extend(b"<mc:Fallback>");
                self.push(Kind::Fallback, row, start, self.out.len());
            }
            _ if parent.kind == Kind::Alternate => self.skipping = 1,
            Some("w:smartTag" | "w:customXml") => {
                // Marks words for add-ins; only the words matter.
                let start = self.out.len();
                self.push(Kind::Unwrapped, row, start, start);
            }
            Some(name) => match row.child(name) {
                Some(child) => self.element(child, attributes, piece)?,
                None => self.lose(Some(name), local),
            },
            None => self.lose(None, local),
        }
        Ok(())
    }

    /// Decision of the field plan for this element, when the plan counts it.
    fn piece(&mut self, name: Option<&str>) -> Option<Piece> {
        if self.plan.pieces.is_empty() || !name.is_some_and(field::is_counted) {
            return None;
        }
        self.counted += 1;
        self.plan.pieces.get(self.counted - 1).cloned()
    }

    fn push(&mut self, kind: Kind, row: &'static Type, start: usize, body: usize) {
        self.frames.push(Frame {
            kind,
            row,
            start,
            body,
            satisfied: false,
            poisoned: false,
            text: None,
            fallback: None,
            choices: 0,
            lost_object: false,
            last_child: "",
            preview: None,
            picture: Vec::new(),
        });
    }

    fn note_ignorable(&mut self, attributes: &[Attribute<'_>], xml: &Xml<'_>) {
        for attribute in attributes.iter().filter(|a| a.name.as_deref() == Some("mc:Ignorable")) {
            for prefix in attribute.value.split_whitespace().filter_map(|p| markup(p, xml)) {
                if !self.ignorable.contains(&prefix) {
                    self.ignorable.push(prefix);
                }
            }
        }
    }

    fn choice(&mut self, row: &'static Type, attributes: &[Attribute<'_>], xml: &Xml<'_>) {
        let requires =
            attributes.iter().find(|a| a.name.as_deref() == Some("Requires")).map_or("", |a| &a.value);
        let prefixes: Option<Vec<&'static str>> =
            requires.split_whitespace().map(|p| markup(p, xml)).collect();
        match prefixes.filter(|p| !p.is_empty()) {
            Some(prefixes) => {
                let start = self.out.len();
                self.out.extend(format!("<mc:Choice Requires=\"{}\">", prefixes.join(" ")).bytes());
                self.push(Kind::Choice, row, start, self.out.len());
            }
            None => self.lose_branch(),
        }
    }

    fn lose_branch(&mut self) {
        // What a workbook keeps in such branches (its old place on a disk) does not show.
        if self.frames.first().is_some_and(|f| f.row.name != "x:workbook") {
            let what = "新しい機能の表示（代わりの表示を使いました）";
            self.ctx.report(Threat::O07, Severity::Simplified, Action::Dropped, what, self.part);
        }
        self.skipping = 1;
    }

    /// Drops an element with all its content.
    fn lose(&mut self, name: Option<&str>, local: &str) {
        self.skipping = 1;
        if name == Some("a14:compatExt")
            && let Some(shape) = self.frames.iter_mut().rev().find(|f| f.row.name == "xdr:sp")
        {
            // The unseen twin of a form control.
            shape.poisoned = true;
        }
        if matches!(name, Some("w:control" | "w:objectEmbed" | "w:objectLink")) {
            self.lose_object();
        }
        // What settings say does not show; the ones that matter are told by name.
        let quiet = self.frames.first().is_some_and(|f| f.row.name == "w:settings");
        let told = lost::element(name, local).filter(|lost| !quiet || lost.1 != Severity::Simplified);
        if let Some((threat, severity, what)) = told {
            let location = format!("{} <{local}>", self.location());
            self.ctx.report(threat, severity, Action::Dropped, what, location);
        }
    }

    /// The object around is left with its picture only.
    fn lose_object(&mut self) {
        if let Some(frame) = self.frames.iter_mut().rev().find(|f| f.row.name == "w:object") {
            frame.lost_object = true;
        }
    }

    fn location(&self) -> String {
        if self.cell.is_empty() { self.part.to_owned() } else { format!("{} {}", self.part, self.cell) }
    }

    fn element(
        &mut self,
        row: &'static Type,
        attributes: &[Attribute<'_>],
        piece: Option<Piece>,
    ) -> Result<(), Refusal> {
        match piece {
            Some(Piece::Drop) => {
                self.skipping = 1;
                return Ok(());
            }
            Some(Piece::Text(text)) => {
                self.out.extend(b"<w:t>");
                escape_into(&mut self.out, &text, false);
                self.out.extend(b"</w:t>");
                self.skipping = 1;
                return Ok(());
            }
            _ => {}
        }
        let value = |wanted: &str| {
            attributes.iter().find(|a| a.name.as_deref() == Some(wanted)).map(|a| a.value.as_ref())
        };
        if row.name == "x:legacyDrawing" {
            self.new_drawing();
        }
        let drawn_elsewhere = matches!(row.name, "v:shape" | "v:rect")
            && !self.additions.gone.is_empty()
            && self.additions.gone.contains(&preview::id_of(&|name| value(name).unwrap_or("")));
        if drawn_elsewhere {
            self.skipping = 1;
            return Ok(());
        }
        let start = self.out.len();
        match row.name {
            "p:oleObj" if !self.links.has(value("r:id").unwrap_or(""), Target::Embedded) => {
                self.push(Kind::Unwrapped, row, start, start);
                self.expect_preview(value("spid"));
                return Ok(());
            }
            // Only its picture is left of the object around.
            "p:embed" if self.frames.last().is_some_and(|f| f.kind == Kind::Unwrapped) => {
                self.skipping = 1;
                return Ok(());
            }
            "w:fldSimple" => {
                if let field::Verdict::Flatten(threat, severity, what) =
                    field::judge(value("w:instr").unwrap_or(""))
                {
                    self.ctx.report(threat, severity, Action::Flattened, what, self.part);
                    // What is inside comes to stand where the field stood: that place decides.
                    let around = self.frames.last().map_or(row, |f| f.row);
                    self.push(Kind::Unwrapped, around, start, start);
                    return Ok(());
                }
            }
            "xvml:ClientData" if control::is_control(value("ObjectType").unwrap_or("")) => {
                // Drawn by the sheet's drawing instead.
                if let Some(shape) = self.frames.iter_mut().rev().find(|f| f.row.name.starts_with("v:")) {
                    shape.poisoned = true;
                }
            }
            "x:sheet" if !self.keep_sheet(value("r:id"), value("name"), value("state")) => return Ok(()),
            "x:definedName" if !self.keep_name(attributes) => return Ok(()),
            "x:c" => self.cell = value("r").unwrap_or("").to_owned(),
            "a:hlinkClick" | "a:hlinkHover"
                if !self.keep_action(row.name, value("action"), value("r:id")) =>
            {
                return Ok(());
            }
            _ => {}
        }
        self.notice_hidden(row.name, &value);
        self.out.push(b'<');
        write_name(&mut self.out, row.name);
        if !self.attributes(row, attributes) {
            self.out.truncate(start);
            if row.name == "o:OLEObject" {
                self.lose_object();
            }
            if let Some((threat, severity, what)) = missing(row.name) {
                self.ctx.report(threat, severity, Action::Dropped, what, self.part);
            }
            self.skipping = 1;
            return Ok(());
        }
        let leads_nowhere = |kept: &[u8]| !kept.windows(6).any(|w| w == b" r:id=" || w == b" locat");
        if row.name == "x:hyperlink" && leads_nowhere(&self.out[start..]) {
            self.out.truncate(start);
            self.skipping = 1;
            return Ok(());
        }
        self.out.push(b'>');
        self.push(Kind::Element, row, start, self.out.len());
        if row.name == "p:oleObj" {
            self.expect_preview(value("spid"));
        }
        if let Some(frame) = self.frames.last_mut()
            && !matches!(row.text, Class::Text | Class::Nothing)
        {
            frame.text = Some(String::new());
        }
        Ok(())
    }

    /// The object that was just begun may be shown by a picture in the VML part. Where there are branches, the one
    /// with the picture inside is taken.
    fn expect_preview(&mut self, shape: Option<&str>) {
        let branches = self.frames.iter().any(|f| f.kind == Kind::Choice);
        let preview =
            shape.filter(|_| !branches).and_then(|shape| self.additions.previews.get(shape)).cloned();
        if let Some(frame) = self.frames.last_mut() {
            frame.preview = preview;
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipping > 0 {
            return;
        }
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.kind != Kind::Element {
            return;
        }
        match (&mut frame.text, frame.row.text) {
            (Some(buffer), _) => buffer.push_str(text),
            (None, Class::Text) => escape_into(&mut self.out, text, false),
            _ => {}
        }
    }

    fn finish(mut self, root: &'static Type) -> Vec<u8> {
        if !self.additions.anchors.is_empty() {
            self.out.append(&mut self.additions.anchors);
        }
        for picture in std::mem::take(&mut self.additions.pictures) {
            self.links.want(&picture, Target::Image);
        }
        let mut used = Used::default();
        if let Some((prefix, _)) = root.name.split_once(':') {
            used.prefix(prefix.as_bytes());
        }
        used.tag(&self.root_attributes);
        used.add(&self.out);
        let Used { mut prefixes, ids } = used;
        self.links.wanted.retain(|id| {
            let mut written = Vec::new();
            escape_into(&mut written, id, true);
            ids.contains(written.as_slice())
        });
        self.ignorable.retain(|prefix| prefixes.contains(prefix));
        if !self.ignorable.is_empty() && !prefixes.contains(&"mc") {
            prefixes.push("mc");
        }
        prefixes.sort_unstable();
        self.ignorable.sort_unstable();
        let mut out = b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<".to_vec();
        write_name(&mut out, root.name);
        let mut head = String::new();
        for prefix in &prefixes {
            let uri = schema::uri_of(prefix);
            match *prefix {
                "x" => head.push_str(&format!(" xmlns=\"{uri}\"")),
                "xvml" => head.push_str(&format!(" xmlns:x=\"{uri}\"")),
                prefix => head.push_str(&format!(" xmlns:{prefix}=\"{uri}\"")),
            }
        }
        if !self.ignorable.is_empty() {
            head.push_str(&format!(" mc:Ignorable=\"{}\"", self.ignorable.join(" ")));
        }
        out.extend(head.bytes());
        out.extend(self.root_attributes);
        out.push(b'>');
        out.extend(self.out);
        out.extend(b"</");
        write_name(&mut out, root.name);
        out.push(b'>');
        out
    }
}

/// Canonical prefix of a vocabulary that branches may ask for, written as it is called; the two that are written
/// otherwise ([`write_name`]) are no new ones that a reader might lack.
fn markup(prefix: &str, xml: &Xml<'_>) -> Option<&'static str> {
    xml.resolve(prefix).filter(|prefix| !matches!(*prefix, "x" | "xvml" | "xml"))
}

/// Writes a canonical name: the spreadsheet vocabulary is the default namespace and Excel's part of VML is `x:`, as
/// Excel itself writes them.
fn write_name(out: &mut Vec<u8>, name: &str) {
    if let Some(local) = name.strip_prefix("x:") {
        out.extend_from_slice(local.as_bytes());
    } else if let Some(local) = name.strip_prefix("xvml:") {
        out.extend(b"x:");
        out.extend_from_slice(local.as_bytes());
    } else {
        out.extend_from_slice(name.as_bytes());
    }
}

/// What is told when an element goes because something it needs is not there.
fn missing(name: &str) -> Option<lost::Lost> {
    Some(match name {
        "a:blip" | "v:imagedata" => (Threat::O05, Severity::External, "外部画像の参照"),
        "p:graphicFrame" | "xdr:graphicFrame" | "w:drawing" | "cdr:graphicFrame" => {
            (Threat::O07, Severity::Simplified, "表示できない図形")
        }
        "x:dataValidation" | "x14:dataValidation" => (Threat::O24, Severity::Simplified, "入力規則"),
        "x:cfRule" | "x14:cfRule" => (Threat::O24, Severity::Simplified, "条件付き書式"),
        _ => return None,
    })
}
