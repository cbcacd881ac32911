//! Content controls that show a value kept elsewhere (O08): in the document's properties or in a `customXml` part.
//! Word shows the stored value, not the words in the document, so the stored value is written into the document and
//! the store stays behind.

use super::field::Piece;
use crate::{
    Action, Refusal, Severity, Threat,
    ctx::Ctx,
    xml::{Node, Xml},
};

/// Last segment of the relationship of a document's own properties, and the store id that Word gives them.
pub(super) const PROPERTIES: [(&str, &str); 2] = [
    ("core-properties", "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"),
    ("extended-properties", "{6668398D-A668-4E3E-A5EB-62B293D839F1}"),
];

/// Longest value that is written; a paragraph or two.
const MAX_VALUE: usize = 64 << 10;

/// One store of values.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) text: String,
}

/// `itemID` of a `customXmlProps` part.
pub(super) fn store_id(text: &str, part: &str, ctx: &mut Ctx<'_>) -> Result<String, Refusal> {
    let mut xml = Xml::new(text, part);
    loop {
        match xml.next(ctx)? {
            Node::Start { attributes, .. } => {
                // Its vocabulary is none of ours, so the attribute is known by the form of its value.
                let id = attributes.iter().find(|a| a.value.len() == 38 && a.value.starts_with('{'));
                return Ok(id.map(|a| a.value.to_uppercase()).unwrap_or_default());
            }
            Node::Eof => return Ok(String::new()),
            _ => {}
        }
    }
}

/// A content control that is open while a part is looked through.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// Depth of its `w:sdt`.
    depth: usize,
    value: Option<String>,
    /// The words are another form of the value (a date, a picture, a list's caption).
    formatted: bool,
    placeholder: bool,
    pieces: Vec<usize>,
    words: String,
}

/// Open content controls, innermost last.
#[derive(Debug, Default)]
pub(super) struct Controls(Vec<Control>);

impl Controls {
    pub(super) fn start(
        &mut self,
        name: &str,
        depth: usize,
        value: impl Fn(&str) -> Option<String>,
        stores: &[Store],
        ctx: &mut Ctx<'_>,
    ) {
        if name == "w:sdt" {
            self.0.push(Control { depth, ..Control::default() });
        }
        let Some(control) = self.0.last_mut() else { return };
        match name {
            "w:dataBinding" | "w15:dataBinding" => {
                let (id, path) = (value("w:storeItemID"), value("w:xpath"));
                control.value = path.and_then(|path| look_up(stores, &id.unwrap_or_default(), &path, ctx));
            }
            "w:date"
            | "w:picture"
            | "w:dropDownList"
            | "w:comboBox"
            | "w14:checkbox"
            | "w:docPartObj"
            | "w15:repeatingSection" => control.formatted = true,
            "w:showingPlcHdr" => control.placeholder = true,
            _ => {}
        }
    }

    /// Text number `piece` of the part belongs to the innermost control.
    pub(super) fn piece(&mut self, piece: usize) {
        if let Some(control) = self.0.last_mut() {
            control.pieces.push(piece);
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if let Some(control) = self.0.last_mut() {
            control.words.push_str(text);
        }
    }

    /// An element at `depth` ended.
    pub(super) fn end(&mut self, depth: usize, pieces: &mut [Piece], part: &str, ctx: &mut Ctx<'_>) {
        let Some(control) = self.0.pop_if(|c| c.depth == depth) else { return };
        let Some(value) = control.value.filter(|v| !control.formatted && !v.trim().is_empty()) else {
            return;
        };
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        let Some((first, rest)) = control.pieces.split_first() else { return };
        if !control.placeholder && plain(&value) == plain(&control.words) {
            return;
        }
        ctx.report(
            Threat::O08,
            Severity::Note,
            Action::Flattened,
            "付属データの値（本文に書き込みました）",
            part,
        );
        pieces[*first] = Piece::Text(value);
        rest.iter().for_each(|piece| pieces[*piece] = Piece::Drop);
    }
}

/// Value of a path like `/ns0:root[1]/ns0:name[1]` or `…/@attribute` in the store with this id.
fn look_up(stores: &[Store], id: &str, path: &str, ctx: &mut Ctx<'_>) -> Option<String> {
    let wanted: Vec<(String, usize)> = path.split('/').filter(|s| !s.is_empty()).map(step).collect();
    let id = id.to_uppercase();
    let store = stores.iter().find(|s| s.id == id)?;
    read_value(&store.text, &store.path, &wanted, ctx).ok().flatten().filter(|v| v.len() <= MAX_VALUE)
}

/// `prefix:name[2]` as local name and position.
fn step(text: &str) -> (String, usize) {
    let (name, position) = text.split_once('[').unwrap_or((text, "1]"));
    let local = name.rsplit(':').next().unwrap_or(name);
    let mark = if name.starts_with('@') && !local.starts_with('@') { "@" } else { "" };
    (format!("{mark}{local}"), position.trim_end_matches(']').parse().unwrap_or(1))
}

fn read_value(
    text: &str,
    part: &str,
    wanted: &[(String, usize)],
    ctx: &mut Ctx<'_>,
) -> Result<Option<String>, Refusal> {
    let mut xml = Xml::new(text, part);
    // Depth of the reader, how much of the path leads to where it is, and how many namesakes were passed there.
    let (mut depth, mut matched, mut passed) = (0, 0, 0);
    let mut found: Option<String> = None;
    loop {
        match xml.next(ctx)? {
            Node::Start { local, attributes, .. } => {
                depth += 1;
                let here =
                    matched + 1 == depth && wanted.get(matched).is_some_and(|(name, _)| *name == local);
                if here && found.is_none() {
                    passed += 1;
                    if passed == wanted[matched].1 {
                        matched += 1;
                        passed = 0;
                        if matched == wanted.len() {
                            found = Some(String::new());
                        } else if let Some((name, _)) = wanted.get(matched).filter(|w| w.0.starts_with('@')) {
                            let value = attributes.iter().find(|a| a.name.as_deref() == Some(&name[1..]));
                            return Ok(value.map(|a| a.value.clone().into_owned()));
                        }
                    }
                }
            }
            Node::Text(text) => {
                if let Some(value) = found.as_mut().filter(|_| depth == matched) {
                    value.push_str(&text);
                }
            }
            Node::End => {
                if depth == matched {
                    // The path led here; what it wanted was inside or is not there.
                    return Ok(found);
                }
                depth -= 1;
            }
            Node::Eof => return Ok(found),
        }
    }
}
