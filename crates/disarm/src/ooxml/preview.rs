//! Previews of objects on slides as PowerPoint 2007 keeps them: in a VML part beside the slide, by shape id. Newer
//! versions write the picture into the slide; so does the copy.

use super::{package::decode, parts::Part};
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

/// Shape id and relationship id of every picture in a VML part.
pub(super) fn read(bytes: &[u8], path: &str, ctx: &mut Ctx<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let text = decode(bytes, Part::Vml, path)?;
    let mut xml = Xml::new(&text, path);
    let (mut found, mut shape) = (Vec::new(), String::new());
    loop {
        match xml.next(ctx)? {
            Node::Start { name, attributes, .. } => {
                let value = |wanted: &str| {
                    attributes.iter().find(|a| a.name.as_deref() == Some(wanted)).map_or("", |a| &a.value)
                };
                match name.as_deref() {
                    Some("v:shape" | "v:rect") => {
                        let (id, spid) = (value("id"), value("o:spid"));
                        shape = if spid.is_empty() { id } else { spid }.to_owned();
                    }
                    Some("v:imagedata") if !value("o:relid").is_empty() => {
                        found.push((shape.clone(), value("o:relid").to_owned()));
                    }
                    _ => {}
                }
            }
            Node::Eof => return Ok(found),
            _ => {}
        }
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
