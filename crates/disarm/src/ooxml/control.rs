//! Form controls on sheets (O14): a check box or an option button is drawn as ☑ ☐ ◉ ○ with its caption, other
//! controls as a frame with their words. Excel keeps them in the sheet's VML part and their state either there or in
//! a part of its own; nothing of either is copied.

use std::borrow::Cow;

use super::value::escape_into;
use crate::{
    Action, Refusal, Severity, Threat,
    ctx::Ctx,
    xml::{Node, Xml},
};

/// Kinds of VML client data that are controls; notes and pictures are not.
const CONTROLS: &[&str] = &[
    "Button", "Checkbox", "Dialog", "Drop", "Edit", "EditBox", "GBox", "Label", "LineA", "List", "Movie",
    "Radio", "Scroll", "Spin",
];

/// EMU of a screen pixel, in which VML anchors count.
const PIXEL: i64 = 9525;
/// Controls of one sheet. A questionnaire of a thousand boxes is the largest seen.
const MAX_CONTROLS: usize = 10_000;

/// One control as it stands on its sheet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Control {
    kind: String,
    /// Number in the shape's id (`_x0000_s1025`), which the sheet names too.
    shape: String,
    /// Left column, pixels into it, top row, pixels into it, then right and bottom.
    anchor: [i64; 8],
    checked: Option<u8>,
    caption: String,
    hidden: bool,
    macro_name: bool,
}

/// State of a control in a part of its own (`ctrlProp`), in the order in which the sheet lists them.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) shape: String,
    pub(crate) checked: u8,
}

/// Whether VML client data of this kind is a control.
pub(crate) fn is_control(kind: &str) -> bool {
    CONTROLS.contains(&kind)
}

/// Controls of a VML part.
pub(crate) fn read(text: &str, part: &str, ctx: &mut Ctx<'_>) -> Result<Vec<Control>, Refusal> {
    let mut found: Vec<Control> = Vec::new();
    let mut current = Control::default();
    let mut path: Vec<Cow<'_, str>> = Vec::new();
    let mut words = String::new();
    let mut xml = Xml::new(text, part);
    loop {
        match xml.next(ctx)? {
            Node::Start { name, local, attributes } => {
                let value = |wanted: &str| {
                    attributes.iter().find(|a| a.name.as_deref() == Some(wanted)).map_or("", |a| &a.value)
                };
                match name.as_deref() {
                    Some("v:shape" | "v:rect") => {
                        let style = value("style").replace(' ', "");
                        let (id, spid) = (value("id"), value("o:spid"));
                        let number = if spid.is_empty() { id } else { spid };
                        current = Control {
                            shape: number.rsplit("_s").next().unwrap_or("").to_owned(),
                            hidden: style.contains("visibility:hidden"),
                            ..Control::default()
                        };
                    }
                    Some("xvml:ClientData") => current.kind = value("ObjectType").to_owned(),
                    _ => {}
                }
                words.clear();
                path.push(name.unwrap_or(Cow::Borrowed(local)));
            }
            Node::Text(text) => {
                if path.iter().any(|p| p == "v:textbox") {
                    current.caption.push_str(&text);
                } else {
                    words.push_str(&text);
                }
            }
            Node::End => {
                match &*path.pop().unwrap_or_default() {
                    "xvml:Anchor" => current.anchor = anchor(&words),
                    "xvml:Checked" => current.checked = words.trim().parse().ok(),
                    "xvml:FmlaMacro" => current.macro_name = true,
                    "v:shape" | "v:rect" if is_control(&current.kind) && found.len() < MAX_CONTROLS => {
                        found.push(std::mem::take(&mut current));
                    }
                    _ => {}
                }
                words.clear();
            }
            Node::Eof => return Ok(found),
        }
    }
}

/// Left column, pixels into it, top row, pixels into it, then right and bottom.
pub(super) fn anchor(text: &str) -> [i64; 8] {
    let mut out = [0; 8];
    for (slot, number) in out.iter_mut().zip(text.split(',')) {
        *slot = number.trim().parse().unwrap_or(0).clamp(0, 1 << 20);
    }
    out
}

/// `checked` of a `ctrlProp` part: 0 off, 1 on, 2 neither.
pub(crate) fn checked(text: &str, part: &str, ctx: &mut Ctx<'_>) -> Result<u8, Refusal> {
    let mut xml = Xml::new(text, part);
    loop {
        match xml.next(ctx)? {
            Node::Start { attributes, .. } => {
                let state = attributes.iter().find(|a| a.name.as_deref() == Some("checked"));
                return Ok(match state.map(|a| a.value.as_ref()) {
                    Some("Checked") => 1,
                    Some("Mixed") => 2,
                    _ => 0,
                });
            }
            Node::Eof => return Ok(0),
            _ => {}
        }
    }
}

/// Shape id and relationship id of every `element` (`x:control`, `x:oleObject`) of a sheet, in order.
pub(crate) fn listed(
    text: &str,
    element: &str,
    part: &str,
    ctx: &mut Ctx<'_>,
) -> Result<Vec<(String, String)>, Refusal> {
    let mut found = Vec::new();
    if !text.contains(&element[2..]) {
        return Ok(found);
    }
    let mut xml = Xml::new(text, part);
    loop {
        match xml.next(ctx)? {
            Node::Start { name: Some(name), attributes, .. } if name == element => {
                let value = |wanted: &str| {
                    let found = attributes.iter().find(|a| a.name.as_deref() == Some(wanted));
                    found.map(|a| a.value.clone().into_owned()).unwrap_or_default()
                };
                let pair = (value("shapeId"), value("r:id"));
                // Both branches of an alternative list the same control.
                if found.len() < MAX_CONTROLS && !found.contains(&pair) {
                    found.push(pair);
                }
            }
            Node::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// Gives each control the state that stands in a part of its own. Shape numbers decide; writers that number them
/// differently keep the order.
pub(crate) fn apply(controls: &mut [Control], states: &[State]) {
    let in_order = controls.len() == states.len();
    for (at, control) in controls.iter_mut().enumerate() {
        let own = states.iter().find(|s| s.shape == control.shape);
        if let Some(state) = own.or_else(|| states.get(at).filter(|_| in_order)) {
            control.checked = Some(control.checked.unwrap_or(0).max(state.checked));
        }
    }
}

impl Control {
    /// What is drawn, and whether with a frame.
    fn drawn(&self) -> (String, bool) {
        let caption = self.caption.split_whitespace().collect::<Vec<_>>().join(" ");
        let on = self.checked.unwrap_or(0);
        match self.kind.as_str() {
            "Checkbox" => (format!("{} {caption}", ["☐", "☑", "▣"][usize::from(on.min(2))]), false),
            "Radio" => (format!("{} {caption}", if on == 1 { "◉" } else { "○" }), false),
            "Drop" => (format!("{caption} ▼"), true),
            "Label" => (caption, false),
            _ => (caption, true),
        }
    }

    pub(crate) fn report(&self, part: &str, ctx: &mut Ctx<'_>) {
        let what = match self.kind.as_str() {
            "Checkbox" | "Radio" => "チェックボックス・オプションボタン（状態を絵にしました）",
            "Drop" | "List" => "選択リスト（選ばれた値は表示されません）",
            _ => "フォーム部品",
        };
        if self.macro_name {
            ctx.report(Threat::O14, Severity::Active, Action::Dropped, "部品に割り当てたマクロ", part);
        }
        let action = if self.hidden { Action::Dropped } else { Action::Flattened };
        ctx.report(Threat::O14, Severity::Simplified, action, what, part);
    }

    /// A drawing anchor with the control as a plain shape; `number` makes its id unique in the drawing.
    pub(crate) fn write(&self, number: usize, out: &mut Vec<u8>) {
        if self.hidden {
            return;
        }
        let (words, framed) = self.drawn();
        corners(&self.anchor, out);
        let id = 60_000 + number;
        let line = if framed {
            "<a:ln w=\"9525\"><a:solidFill><a:srgbClr val=\"808080\"/></a:solidFill></a:ln>"
        } else {
            "<a:ln><a:noFill/></a:ln>"
        };
        let align = if self.kind == "Button" { "ctr" } else { "l" };
        out.extend(
            format!(
                "<xdr:sp><xdr:nvSpPr><xdr:cNvPr id=\"{id}\" name=\"フォーム部品 {number}\"/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"0\" cy=\"0\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom><a:noFill/>{line}</xdr:spPr><xdr:txBody><a:bodyPr vertOverflow=\"overflow\" horzOverflow=\"overflow\" wrap=\"square\" lIns=\"18288\" tIns=\"0\" rIns=\"0\" bIns=\"0\" anchor=\"ctr\"/><a:lstStyle/><a:p><a:pPr algn=\"{align}\"/><a:r><a:rPr lang=\"ja-JP\" sz=\"900\"/><a:t>"
            )
            .bytes(),
        );
        escape_into(out, words.trim(), false);
        out.extend(b"</a:t></a:r></a:p></xdr:txBody></xdr:sp><xdr:clientData/></xdr:twoCellAnchor>");
    }
}

/// The beginning of a drawing anchor over the cells of `anchor`.
pub(super) fn corners(anchor: &[i64; 8], out: &mut Vec<u8>) {
    let [left, dx, top, dy, right, ex, bottom, ey] = *anchor;
    out.extend(b"<xdr:twoCellAnchor editAs=\"oneCell\">");
    for (name, column, x, row, y) in [("from", left, dx, top, dy), ("to", right, ex, bottom, ey)] {
        out.extend(
            format!(
                "<xdr:{name}><xdr:col>{column}</xdr:col><xdr:colOff>{}</xdr:colOff><xdr:row>{row}</xdr:row><xdr:rowOff>{}</xdr:rowOff></xdr:{name}>",
                x * PIXEL,
                y * PIXEL
            )
            .bytes(),
        );
    }
}
