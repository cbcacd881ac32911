//! Streaming copy of one XML part through the allow-list.
//!
//! Elements are written as they come; an element that turns out to be worthless at its end is cut off again. Names,
//! namespaces and prefixes are written from the table, never from the input.

use std::borrow::Cow;

use super::{
    field::{self, Piece, Plan},
    formula, lost,
    package::Links,
    schema::{self, Class, Target, Type},
    value::{self, escape_into},
};
use crate::{
    Action, Refusal, Severity, Threat,
    ctx::Ctx,
    xml::{Attribute, Node, Xml},
};

/// What of the workbook the sheets depend on.
#[derive(Debug, Default, Clone)]
pub(crate) struct Book {
    /// Defined names that were dropped, in lower case.
    pub(crate) gone: Vec<String>,
    /// New index of every sheet of the input; `None` for dropped ones.
    pub(crate) sheets: Vec<Option<usize>>,
}

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
    /// Preview picture of an embedded object inside.
    picture: Vec<u8>,
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
    used: Vec<&'static str>,
    ignorable: Vec<&'static str>,
    frames: Vec<Frame>,
    skipping: u32,
    plan: Plan,
    counted: usize,
    cell: String,
    shared: Vec<String>,
}

/// Copies `text`, which must have the root element `root`.
pub(crate) fn copy(
    text: &str,
    root: &str,
    part: &str,
    links: &mut Links,
    book: &Book,
    ctx: &mut Ctx<'_>,
) -> Result<Vec<u8>, Refusal> {
    let row = schema::root(root).ok_or_else(|| Refusal::malformed(part, "部品の根が違います"))?;
    let plan = if root.starts_with("w:") { field::plan(text, part, ctx)? } else { Plan::default() };
    let mut copier = Copier {
        ctx,
        part,
        links,
        book,
        out: Vec::with_capacity(text.len()),
        root_attributes: Vec::new(),
        used: Vec::new(),
        ignorable: Vec::new(),
        frames: Vec::new(),
        skipping: 0,
        plan,
        counted: 0,
        cell: String::new(),
        shared: Vec::new(),
    };
    let mut xml = Xml::new(text, part);
    loop {
        match xml.next(copier.ctx)? {
            Node::Start { name, local, attributes } => {
                copier.start(row, name.as_deref(), &local, &attributes, &xml)?
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
            let kept = self.attributes(root, attributes)?.unwrap_or_default();
            self.root_attributes = kept;
            self.push(Kind::Element, root, 0, 0);
            return Ok(());
        };
        let row = parent.row;
        match name {
            Some("mc:AlternateContent") => {
                let start = self.out.len();
                self.use_prefix("mc");
                self.out.extend(b"<mc:AlternateContent>");
                self.push(Kind::Alternate, row, start, self.out.len());
            }
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
            picture: Vec::new(),
        });
    }

    fn use_prefix(&mut self, prefix: &'static str) {
        if !self.used.contains(&prefix) {
            self.used.push(prefix);
        }
    }

    fn use_name(&mut self, name: &'static str) {
        if let Some((prefix, _)) = name.split_once(':').filter(|(prefix, _)| *prefix != "xml") {
            self.use_prefix(prefix);
        }
    }

    fn note_ignorable(&mut self, attributes: &[Attribute<'_>], xml: &Xml<'_>) {
        for attribute in attributes.iter().filter(|a| a.name.as_deref() == Some("mc:Ignorable")) {
            for prefix in attribute.value.split_whitespace().filter_map(|p| xml.resolve(p)) {
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
            requires.split_whitespace().map(|p| xml.resolve(p)).collect();
        match prefixes.filter(|p| !p.is_empty()) {
            Some(prefixes) => {
                prefixes.iter().for_each(|p| self.use_prefix(p));
                let start = self.out.len();
                self.out.extend(format!("<mc:Choice Requires=\"{}\">", prefixes.join(" ")).bytes());
                self.push(Kind::Choice, row, start, self.out.len());
            }
            None => self.skipping = 1,
        }
    }

    /// Drops an element with all its content.
    fn lose(&mut self, name: Option<&str>, local: &str) {
        self.skipping = 1;
        if matches!(name, Some("o:OLEObject" | "w:control" | "w:objectEmbed" | "w:objectLink"))
            && let Some(frame) = self.frames.iter_mut().rev().find(|f| f.row.name == "w:object")
        {
            frame.lost_object = true;
        }
        // What settings say does not show; the ones that matter are told by name.
        let quiet = self.frames.first().is_some_and(|f| f.row.name == "w:settings");
        let told = lost::element(name, local).filter(|lost| !quiet || lost.1 != Severity::Simplified);
        if let Some((threat, severity, what)) = told {
            let location = format!("{} <{local}>", self.location());
            self.ctx.report(threat, severity, Action::Dropped, what, location);
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
        let start = self.out.len();
        match piece {
            Some(Piece::Drop) => {
                self.skipping = 1;
                return Ok(());
            }
            Some(Piece::Text(text)) => {
                self.use_prefix("w");
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
        match row.name {
            "p:oleObj" => {
                self.push(Kind::Unwrapped, row, start, start);
                return Ok(());
            }
            "w:fldSimple" => {
                if let field::Verdict::Flatten(threat, severity, what) =
                    field::judge(value("w:instr").unwrap_or(""))
                {
                    self.ctx.report(threat, severity, Action::Flattened, what, self.part);
                    self.push(Kind::Unwrapped, row, start, start);
                    return Ok(());
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
        let Some(kept) = self.attributes(row, attributes)? else {
            if let Some((threat, severity, what)) = missing(row.name) {
                self.ctx.report(threat, severity, Action::Dropped, what, self.part);
            }
            self.skipping = 1;
            return Ok(());
        };
        let leads_nowhere = |kept: &[u8]| !kept.windows(6).any(|w| w == b" r:id=" || w == b" locat");
        if row.name == "x:hyperlink" && leads_nowhere(&kept) {
            self.skipping = 1;
            return Ok(());
        }
        self.use_name(row.name);
        self.out.push(b'<');
        write_name(&mut self.out, row.name);
        self.out.extend(kept);
        self.out.push(b'>');
        self.push(Kind::Element, row, start, self.out.len());
        if let Some(frame) = self.frames.last_mut()
            && !matches!(row.text, Class::Text | Class::Nothing)
        {
            frame.text = Some(String::new());
        }
        Ok(())
    }

    /// Writes the permitted attributes; `None` when the element cannot do without one that was refused.
    fn attributes(
        &mut self,
        row: &'static Type,
        attributes: &[Attribute<'_>],
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let mut kept = Vec::new();
        for attribute in attributes {
            let Some(name) = attribute.name.as_deref() else { continue };
            let Some(at) = row.attributes.binary_search_by(|(key, _)| (*key).cmp(name)).ok() else {
                continue;
            };
            let (name, class) = row.attributes[at];
            let Some(value) = self.attribute(row, name, class, &attribute.value) else {
                if matches!(class, Class::Rid(_, true)) {
                    return Ok(None);
                }
                continue;
            };
            self.use_name(name);
            kept.push(b' ');
            write_name(&mut kept, name);
            kept.extend(b"=\"");
            escape_into(&mut kept, &value, true);
            kept.push(b'"');
        }
        let needs_rid = row.attributes.iter().any(|(_, class)| matches!(class, Class::Rid(_, true)));
        let has_rid = attributes.iter().any(|a| {
            a.name
                .as_deref()
                .and_then(|n| row.attribute(n))
                .is_some_and(|class| matches!(class, Class::Rid(_, true)))
        });
        Ok(if needs_rid && !has_rid && row.name != "v:imagedata" { None } else { Some(kept) })
    }

    fn attribute<'v>(
        &mut self,
        row: &Type,
        name: &str,
        class: Class,
        value: &'v str,
    ) -> Option<Cow<'v, str>> {
        match class {
            // PowerPoint and SmartArt write an empty id where none is needed.
            Class::Rid(_, false) if value.is_empty() => Some(Cow::Borrowed("")),
            Class::Rid(Target::Link, _) => {
                self.links.link(value, self.part, self.ctx).then_some(Cow::Borrowed(value))
            }
            Class::Rid(target, _) => self.links.want(value, target).then_some(Cow::Borrowed(value)),
            Class::Formula => {
                let plain = formula::check(value.trim_start_matches('#'), &self.book.gone);
                (plain == formula::Verdict::Safe).then_some(Cow::Borrowed(value))
            }
            Class::Field => (field::judge(value) == field::Verdict::Keep).then_some(Cow::Borrowed(value)),
            Class::Action => Some(Cow::Borrowed(value)).filter(|v| is_jump(v)),
            Class::Text => value::fits(class, value).then_some(Cow::Borrowed(value)),
            Class::Token if row.name == "x:definedName" && name == "localSheetId" => {
                let old: usize = value.parse().ok()?;
                Some(Cow::Owned(self.book.sheets.get(old).copied().flatten()?.to_string()))
            }
            _ => value::fits(class, value.trim()).then_some(Cow::Borrowed(value)),
        }
    }

    fn keep_sheet(&mut self, rid: Option<&str>, name: Option<&str>, state: Option<&str>) -> bool {
        let kept = rid.is_some_and(|rid| self.links.has(rid, Target::Sheet));
        let name = name.unwrap_or("");
        if !kept {
            self.skipping = 1;
        } else if state.is_some_and(|s| s != "visible") {
            self.ctx.report(Threat::O32, Severity::Hidden, Action::Kept, "非表示のシート", name);
        }
        kept
    }

    fn keep_name(&mut self, attributes: &[Attribute<'_>]) -> bool {
        let name = attributes.iter().find(|a| a.name.as_deref() == Some("name")).map_or("", |a| &a.value);
        let scope = attributes.iter().find(|a| a.name.as_deref() == Some("localSheetId"));
        let orphan = scope.is_some_and(|s| {
            s.value.parse::<usize>().ok().and_then(|i| self.book.sheets.get(i).copied().flatten()).is_none()
        });
        let kept = !orphan && !self.book.gone.contains(&name.to_lowercase());
        if !kept {
            self.skipping = 1;
        }
        kept
    }

    /// Click actions: jumps inside the show and, by rule, web links.
    fn keep_action(&mut self, element: &str, action: Option<&str>, rid: Option<&str>) -> bool {
        let rid = rid.unwrap_or("");
        let action = action.unwrap_or("");
        let kept = if action.is_empty() {
            element == "a:hlinkClick" && !rid.is_empty() && self.links.link(rid, self.part, self.ctx)
        } else if is_jump(action) {
            rid.is_empty() || self.links.want(rid, Target::Link)
        } else {
            let (threat, severity, what) = if action.starts_with("ppaction://media") {
                (Threat::O28, Severity::Simplified, "音声・動画")
            } else if action.starts_with("ppaction://customshow") || action.starts_with("ppaction://noaction")
            {
                (Threat::O16, Severity::Simplified, "クリック時の動作")
            } else if action.starts_with("ppaction://hlinkfile") || action.starts_with("ppaction://hlinkpres")
            {
                (Threat::O16, Severity::External, "外部ファイルを開く動作")
            } else {
                (Threat::O16, Severity::Active, "プログラムを動かす動作")
            };
            self.ctx.report(threat, severity, Action::Dropped, what, self.part);
            false
        };
        if !kept {
            self.skipping = 1;
        }
        kept
    }

    fn notice_hidden<'v>(&mut self, name: &str, value: &impl Fn(&str) -> Option<&'v str>) {
        let off = |v: Option<&str>| matches!(v, Some("0" | "false" | "off"));
        let on = |v: Option<&str>| matches!(v, Some("1" | "true" | "on"));
        let what = match name {
            "w:vanish" if !off(value("w:val")) => "隠し文字",
            "w:ins" | "w:del" | "w:moveFrom" | "w:moveTo" => "変更履歴",
            "w:comment" | "x:comment" | "p:cm" => "コメント",
            "p:sld" if off(value("show")) => "非表示のスライド",
            "x:row" | "x:col" if on(value("hidden")) => "非表示の行・列",
            _ => return,
        };
        self.ctx.report(Threat::O32, Severity::Hidden, Action::Kept, what, self.part);
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

    fn end(&mut self) -> Result<(), Refusal> {
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
                (Kind::Element, _) => {
                    frame.satisfied
                        || parent.row.needs.is_empty()
                        || parent.row.needs.iter().any(|n| *n == "*" || *n == frame.row.name)
                }
                _ => frame.satisfied || parent.row.needs.contains(&"*"),
            };
        }
        Ok(())
    }

    fn end_branch(&mut self, frame: &Frame, tag: &[u8]) -> bool {
        let kept = self.out.len() > frame.body;
        if kept {
            self.out.extend(tag);
        }
        kept
    }

    fn end_alternate(&mut self, frame: &Frame) -> bool {
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

    fn end_element(&mut self, frame: &mut Frame) -> bool {
        if let Some(text) = frame.text.take()
            && !self.classed_text(frame.row, text)
        {
            self.poison(frame.row.name);
            return false;
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
    fn classed_text(&mut self, row: &'static Type, text: String) -> bool {
        match row.text {
            Class::Formula => return self.formula(row, &text),
            Class::Field => escape_into(&mut self.out, &text, false),
            class if value::fits(class, text.trim()) => escape_into(&mut self.out, &text, false),
            _ => return false,
        }
        true
    }

    fn formula(&mut self, row: &'static Type, text: &str) -> bool {
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
    fn shared_index(&self) -> Option<String> {
        let at = self.out.iter().rposition(|b| *b == b'<')?;
        let tag = std::str::from_utf8(&self.out[at..]).ok()?;
        let (_, rest) = tag.split_once(" si=\"")?;
        tag.contains(" t=\"shared\"").then(|| rest.split('"').next().unwrap_or("").to_owned())
    }

    /// A refused formula takes along what is meaningless without it.
    fn poison(&mut self, element: &str) {
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

    fn finish(mut self, root: &'static Type) -> Vec<u8> {
        self.use_name(root.name);
        self.ignorable.retain(|prefix| self.used.contains(prefix));
        if !self.ignorable.is_empty() {
            self.use_prefix("mc");
        }
        self.used.sort_unstable();
        self.ignorable.sort_unstable();
        let mut out = b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<".to_vec();
        write_name(&mut out, root.name);
        let mut head = String::new();
        for prefix in &self.used {
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

/// Writes a canonical name: the spreadsheet vocabulary is the default namespace and Excel's part of VML is `x:`, as
/// Excel itself writes them.
fn write_name(out: &mut Vec<u8>, name: &str) {
    if let Some(local) = name.strip_prefix("x:") {
        out.extend(local.bytes());
    } else if let Some(local) = name.strip_prefix("xvml:") {
        out.extend(b"x:");
        out.extend(local.bytes());
    } else {
        out.extend(name.bytes());
    }
}

fn is_jump(action: &str) -> bool {
    action == "ppaction://hlinksldjump"
        || action.strip_prefix("ppaction://hlinkshowjump?jump=").is_some_and(|jump| {
            ["nextslide", "previousslide", "firstslide", "lastslide", "lastslideviewed", "endshow"]
                .contains(&jump)
        })
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
