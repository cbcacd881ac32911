//! Annotations (threats P05, P06, P07): drawn into the page as they look, or left out. Links inside the document
//! stay; links to the web follow the rule.

use hayro_syntax::object::{Dict as InputDict, Object};
use hayro_syntax::page::Resources;

use super::content::{Content, SharedResources};
use super::copy::{Copier, dict_of, name_of, number_of, numbers_of, stream_of};
use super::document::Names;
use super::object::{Dict, Value};
use crate::{Action, Links, Refusal, Severity, Threat};

/// Annotations of one page.
const MAX_ANNOTATIONS: usize = 20_000;

impl<'a> Copier<'a, '_, '_> {
    /// Draws the annotations of a page and returns the links to keep.
    pub(super) fn annotations(
        &mut self,
        page: &InputDict<'a>,
        scope: &Resources<'a>,
        names: &Names<'a>,
        content: &mut Content,
        shared: &mut SharedResources,
    ) -> Result<Vec<Value>, Refusal> {
        let mut links = Vec::new();
        let Some((_, Object::Array(array))) = self.entry(page, b"Annots") else { return Ok(links) };
        for (id, object) in self.elements(&array).into_iter().take(MAX_ANNOTATIONS) {
            if let Some(widget) = id.and_then(|id| self.form.widgets.remove(&id)) {
                links.push(Value::Ref(widget));
                continue;
            }
            let Some(dict) = dict_of(&object).cloned() else { continue };
            let flags = number_of(&dict, "F").unwrap_or(0.0) as i64;
            let subtype = name_of(&dict, "Subtype");
            if subtype == "Popup" {
                continue;
            }
            // Bits 2 and 6: hidden, no view.
            if flags & 0b10_0010 != 0 {
                self.report(Threat::P07, Severity::Hidden, Action::Dropped, "表示されない注釈");
                continue;
            }
            if subtype == "Link" {
                match self.link(&dict, names) {
                    Some(link) => links.push(link),
                    None => draw_border(&dict, content),
                }
                continue;
            }
            let mut drawn = self.draw_appearance(&dict, scope, content, shared)?;
            if !drawn {
                drawn = match subtype.as_str() {
                    "Widget" => self.write_words(&dict, "V", content, shared),
                    "FreeText" => self.write_words(&dict, "Contents", content, shared),
                    _ => false,
                };
            }
            self.report_annotation(&dict, &subtype, drawn);
        }
        Ok(links)
    }

    fn report_annotation(&mut self, dict: &InputDict<'a>, subtype: &str, drawn: bool) {
        let (threat, what) = match subtype {
            "Widget" => (Threat::P05, "入力欄"),
            "RichMedia" | "Screen" | "Movie" | "Sound" | "3D" | "Projection" => {
                // The census reports the active part.
                return;
            }
            "FileAttachment" => return,
            "PrinterMark" | "TrapNet" | "Watermark" => (Threat::P07, "印刷用の印"),
            _ => (Threat::P07, "注釈"),
        };
        if drawn {
            self.report(threat, Severity::Simplified, Action::Flattened, what);
        } else {
            let empty_field = subtype == "Widget" && !has_text(dict, "V");
            let severity = if empty_field { Severity::Note } else { Severity::Simplified };
            self.report(threat, severity, Action::Dropped, &format!("見た目のない{what}"));
        }
        if subtype != "Widget" && has_text(dict, "Contents") && subtype != "FreeText" {
            self.report(Threat::P07, Severity::Simplified, Action::Dropped, "注釈の文章");
        }
    }

    /// Draws the normal appearance where the annotation stands (12.5.5).
    fn draw_appearance(
        &mut self,
        dict: &InputDict<'a>,
        scope: &Resources<'a>,
        content: &mut Content,
        shared: &mut SharedResources,
    ) -> Result<bool, Refusal> {
        let Some(rect) = numbers_of(dict, "Rect").filter(|r| r.len() == 4) else { return Ok(false) };
        let Some((_, Object::Dict(appearances))) = self.entry(dict, b"AP") else { return Ok(false) };
        let Some(mut normal) = self.entry(&appearances, b"N") else { return Ok(false) };
        if let Object::Dict(states) = &normal.1 {
            let state = match dict.get::<Object<'a>>("AS") {
                Some(Object::Name(name)) => name.as_ref().to_vec(),
                _ => b"Off".to_vec(),
            };
            match self.entry(states, &state) {
                Some(found) => normal = found,
                // A box that is not ticked has nothing to draw.
                None => return Ok(true),
            }
        }
        let Some(stream) = stream_of(&normal.1) else { return Ok(false) };
        let from = stream.dict().clone();
        let Some(bbox) = numbers_of(&from, "BBox").filter(|b| b.len() == 4) else { return Ok(false) };
        let matrix = numbers_of(&from, "Matrix").filter(|m| m.len() == 6);
        let matrix = matrix.unwrap_or_else(|| vec![1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let Some(placed) = place(&bbox, &matrix, &rect) else { return Ok(true) };
        let Some(form) = self.form(normal, scope)? else { return Ok(false) };
        self.draw_form(form, placed, content, shared);
        Ok(true)
    }

    /// A link to a place in the document; web links by rule; nothing else.
    fn link(&mut self, dict: &InputDict<'a>, names: &Names<'a>) -> Option<Value> {
        let mut out = self.plain_keys("Link", dict);
        out.set("Type", Value::name("Annot"));
        out.set("Subtype", Value::name("Link"));
        out.get("Rect")?;
        if let Some(target) = self.target(dict, names) {
            out.set("Dest", target);
            return Some(self.out.add(Value::Dict(out)));
        }
        let Some((_, Object::Dict(action))) = self.entry(dict, b"A") else { return None };
        if name_of(&action, "S") != "URI" {
            return None;
        }
        let address = match self.entry(&action, b"URI") {
            Some((_, Object::String(address))) => address.as_bytes().to_vec(),
            _ => Vec::new(),
        };
        if self.ctx.rules.links == Links::Web && is_web(&address) {
            let mut target = Dict::new();
            target.set("S", Value::name("URI"));
            target.set("URI", Value::Str(address));
            out.set("A", Value::Dict(target));
            self.report(Threat::X10, Severity::Note, Action::Kept, "Web へのリンク");
            return Some(self.out.add(Value::Dict(out)));
        }
        // Words that lead to a page or open a mail are what ordinary documents have; the rest reaches further.
        let (severity, what) = if is_web(&address) {
            (Severity::Simplified, "Web へのリンク")
        } else if address.get(..7).is_some_and(|a| a.eq_ignore_ascii_case(b"mailto:")) {
            (Severity::Simplified, "メールアドレスへのリンク")
        } else {
            (Severity::External, "危険な行き先のリンク")
        };
        self.report(Threat::X10, severity, Action::Flattened, what);
        None
    }
}

/// Draws the frame that readers put around a link (12.5.4), now that the link itself is gone.
fn draw_border(dict: &InputDict<'_>, content: &mut Content) {
    let Some(rect) = numbers_of(dict, "Rect").filter(|r| r.len() == 4) else { return };
    let style = match dict.get::<Object<'_>>("BS") {
        Some(Object::Dict(style)) => number_of(&style, "W"),
        _ => None,
    };
    let border = numbers_of(dict, "Border");
    let width = style.or_else(|| border.and_then(|b| b.get(2).copied())).unwrap_or(1.0);
    let colour = match numbers_of(dict, "C") {
        Some(c) if c.is_empty() => return,
        Some(c) if matches!(c.len(), 1 | 3 | 4) => c,
        _ => vec![0.0],
    };
    if width <= 0.0 || width > 100.0 {
        return;
    }
    let operator = match colour.len() {
        1 => "G",
        3 => "RG",
        _ => "K",
    };
    let (x, y) = (rect[0].min(rect[2]), rect[1].min(rect[3]));
    let (w, h) = ((rect[2] - rect[0]).abs(), (rect[3] - rect[1]).abs());
    content.draw(&[
        (&[], "q"),
        (&colour, operator),
        (&[width], "w"),
        (&[x, y, w, h], "re"),
        (&[], "S"),
        (&[], "Q"),
    ]);
}

fn has_text(dict: &InputDict<'_>, key: &str) -> bool {
    match dict.get::<Object<'_>>(key) {
        Some(Object::String(text)) => !text.as_bytes().is_empty(),
        Some(Object::Stream(_)) => true,
        _ => false,
    }
}

/// Plain `http` or `https` with a host, printable ASCII, no user name.
fn is_web(address: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(address) else { return false };
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    !host.is_empty()
        && text.len() <= 2048
        && text.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'\\')
        && !host.contains('@')
}

/// The matrix that brings the transformed box of an appearance onto the rectangle of its annotation.
fn place(bbox: &[f64], m: &[f64], rect: &[f64]) -> Option<[f64; 6]> {
    let corners = [(0, 1), (2, 1), (2, 3), (0, 3)].map(|(x, y)| {
        let (x, y) = (bbox[x], bbox[y]);
        (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5])
    });
    let low = |f: fn(&(f64, f64)) -> f64| corners.iter().map(f).fold(f64::INFINITY, f64::min);
    let high = |f: fn(&(f64, f64)) -> f64| corners.iter().map(f).fold(f64::NEG_INFINITY, f64::max);
    let (x0, y0, x1, y1) = (low(|c| c.0), low(|c| c.1), high(|c| c.0), high(|c| c.1));
    let (rx0, ry0) = (rect[0].min(rect[2]), rect[1].min(rect[3]));
    let (rw, rh) = ((rect[2] - rect[0]).abs(), (rect[3] - rect[1]).abs());
    if !(x1 > x0 && y1 > y0) || rw == 0.0 || rh == 0.0 {
        return None;
    }
    let (sx, sy) = (rw / (x1 - x0), rh / (y1 - y0));
    let placed = [sx, 0.0, 0.0, sy, rx0 - x0 * sx, ry0 - y0 * sy];
    // Few digits are enough for a position on paper and keep the numbers short.
    placed.iter().all(|v| v.is_finite()).then(|| placed.map(|v| (v * 1e6).round() / 1e6))
}
