//! Pictures of objects as Office keeps them in VML. PowerPoint 2007 has them beside the slide, by shape id; newer
//! versions write the picture into the slide, and so does the copy. On a sheet, the picture of an object that is lost
//! goes to the sheet's drawing.

use super::{control, package::decode, parts::Part};
use crate::{
    Refusal,
    ctx::Ctx,
    xml::{Node, Xml},
};

/// Whether a part may show objects whose previews stand in VML.
pub(super) fn may_have(part: Part, text: &str) -> bool {
    matches!(
        part,
        Part::Slide
            | Part::Layout
            | Part::Master
            | Part::SlideNotes
            | Part::NotesMaster
            | Part::HandoutMaster
    ) && text.contains("oleObj")
}

/// A picture in a VML part.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) id: String,
    /// Relationship of the VML part.
    pub(super) picture: String,
    /// On a sheet: the cells it stands on.
    pub(super) anchor: [i64; 8],
}

/// Every picture of a VML part.
pub(super) fn read(bytes: &[u8], path: &str, ctx: &mut Ctx<'_>) -> Result<Vec<Shape>, Refusal> {
    let text = decode(bytes, Part::Vml, path)?;
    let mut xml = Xml::new(&text, path);
    let (mut found, mut current, mut open, mut words) =
        (Vec::new(), Shape::default(), Vec::new(), String::new());
    loop {
        match xml.next(ctx)? {
            Node::Start { name, attributes, .. } => {
                let value = |wanted: &str| {
                    attributes.iter().find(|a| a.name.as_deref() == Some(wanted)).map_or("", |a| &a.value)
                };
                match name.as_deref() {
                    Some("v:shape" | "v:rect") => current = Shape { id: id_of(&value), ..Shape::default() },
                    Some("v:imagedata") => current.picture = value("o:relid").to_owned(),
                    _ => {}
                }
                open.push(name.unwrap_or_default());
                words.clear();
            }
            Node::Text(text) => words.push_str(&text),
            Node::End => match &*open.pop().unwrap_or_default() {
                "xvml:Anchor" => current.anchor = control::anchor(&words),
                "v:shape" | "v:rect" if !current.picture.is_empty() => {
                    found.push(std::mem::take(&mut current))
                }
                _ => {}
            },
            Node::Eof => return Ok(found),
        }
    }
}

/// The id by which objects know a shape.
pub(super) fn id_of<'v>(value: &impl Fn(&str) -> &'v str) -> String {
    let (id, spid) = (value("id"), value("o:spid"));
    if spid.is_empty() { id } else { spid }.to_owned()
}

/// The picture of an object that a sheet lost.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) anchor: [i64; 8],
    /// Path of the picture.
    pub(super) image: String,
}

impl Object {
    /// A drawing anchor with the picture; `number` makes its id unique in the drawing.
    pub(super) fn write(&self, number: usize, relationship: &str, out: &mut Vec<u8>) {
        control::corners(&self.anchor, out);
        let id = 50_000 + number;
        out.extend(
            format!(
                "<xdr:pic><xdr:nvPicPr><xdr:cNvPr id=\"{id}\" name=\"オブジェクト {number}\"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed=\"{relationship}\"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"0\" cy=\"0\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:twoCellAnchor>"
            )
            .bytes(),
        );
    }
}

/// The picture as a slide has it, at the place that `frame`, the object's frame as written so far, states.
pub(super) fn picture(relationship: &str, frame: &[u8]) -> Vec<u8> {
    let frame = String::from_utf8_lossy(frame);
    let place = frame.split_once("<p:xfrm").and_then(|(_, rest)| rest.split_once("</p:xfrm>"));
    let place = place.and_then(|(place, _)| place.split_once('>')).map_or("", |(_, inside)| inside);
    format!(
        "<p:pic><p:nvPicPr><p:cNvPr id=\"0\" name=\"\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed=\"{relationship}\"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm>{place}</a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr></p:pic>"
    )
    .into_bytes()
}
