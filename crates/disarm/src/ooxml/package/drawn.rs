//! What a part shows besides what stands in it: form controls and pictures of objects, which Office keeps in VML.

use std::collections::HashMap;

use super::{NEW_DRAWING, NEW_DRAWING_ID, Package, decode};
use crate::{
    Refusal,
    ctx::Ctx,
    ooxml::{
        control::{self, Control, State},
        copy::Additions,
        links::Relationship,
        parts::{self, Part},
        preview::{self, Object},
    },
    xml,
};

impl Package<'_, '_> {
    /// Controls of a sheet go to its drawing, and a drawing draws those it was given.
    pub(super) fn additions(
        &mut self,
        part: Part,
        path: &str,
        text: &str,
        relationships: &mut Vec<Relationship>,
        ctx: &mut Ctx<'_>,
    ) -> Result<Additions, Refusal> {
        let mut additions = Additions::default();
        if part == Part::Drawing {
            for (number, control) in self.controls.remove(path).unwrap_or_default().iter().enumerate() {
                control.write(number + 1, &mut additions.anchors);
            }
            for (number, object) in self.objects.remove(path).unwrap_or_default().iter().enumerate() {
                let id = format!("rIdObject{}", number + 1);
                object.write(number + 1, &id, &mut additions.anchors);
                relationships.retain(|r| r.id != id);
                relationships.push(image(&id, &object.image));
                additions.pictures.push(id);
            }
        }
        if preview::may_have(part, text) {
            additions.previews = self.previews(relationships, ctx)?;
        }
        if part == Part::Vml {
            additions.gone = self.gone_shapes.remove(path).unwrap_or_default();
        }
        if part != Part::Worksheet {
            return Ok(additions);
        }
        let controls = self.read_controls(path, text, relationships, ctx)?;
        let objects = self.lost_objects(path, text, relationships, ctx)?;
        if controls.is_empty() && objects.is_empty() {
            return Ok(additions);
        }
        controls.iter().for_each(|c| c.report(path, ctx));
        let own = relationships.iter().find(|r| r.relation == "drawing" && !r.external && !r.path.is_empty());
        let drawing = match own {
            Some(own) => own.path.clone(),
            None => {
                let new = format!("{NEW_DRAWING}{path}");
                additions.drawing = Some(NEW_DRAWING_ID);
                relationships.retain(|r| r.id != NEW_DRAWING_ID);
                relationships.push(Relationship {
                    id: NEW_DRAWING_ID.to_owned(),
                    relation: "drawing".to_owned(),
                    target: String::new(),
                    external: false,
                    path: new.clone(),
                });
                new
            }
        };
        self.controls.entry(drawing.clone()).or_default().extend(controls);
        self.objects.entry(drawing).or_default().extend(objects);
        Ok(additions)
    }

    /// Pictures of the objects that a sheet loses: they are drawn by its drawing, and no longer by the VML part.
    fn lost_objects(
        &mut self,
        path: &str,
        text: &str,
        relationships: &[Relationship],
        ctx: &mut Ctx<'_>,
    ) -> Result<Vec<Object>, Refusal> {
        let mut lost = control::listed(text, "x:oleObject", path, ctx)?;
        lost.retain(|(_, id)| {
            let own = relationships.iter().find(|r| r.id == *id && !r.external && !r.path.is_empty());
            !own.is_some_and(|own| {
                matches!(parts::edge(Part::Worksheet, &own.relation), Some((Part::Embedded, _)))
            })
        });
        let mut objects = Vec::new();
        if lost.is_empty() {
            return Ok(objects);
        }
        for vml in relationships.iter().filter(|r| r.relation == "vmlDrawing" && !r.path.is_empty()) {
            let Some(bytes) = self.read(&vml.path, ctx)? else { continue };
            let pictures = self.relationships(&vml.path, ctx)?;
            for shape in preview::read(&bytes, &vml.path, ctx)? {
                let number = shape.id.rsplit("_s").next().unwrap_or("");
                let own = pictures.iter().find(|r| r.id == shape.picture && r.relation == "image");
                let Some(own) = own.filter(|own| !own.path.is_empty()) else { continue };
                if !lost.iter().any(|(shape, _)| shape == number) {
                    continue;
                }
                objects.push(Object { anchor: shape.anchor, image: own.path.clone() });
                self.gone_shapes.entry(vml.path.clone()).or_default().insert(shape.id);
            }
        }
        Ok(objects)
    }

    /// Relationship of the preview by shape id, for objects of a slide; the relationships are added.
    fn previews(
        &mut self,
        relationships: &mut Vec<Relationship>,
        ctx: &mut Ctx<'_>,
    ) -> Result<HashMap<String, String>, Refusal> {
        let mut previews = HashMap::new();
        let vml: Vec<String> =
            relationships.iter().filter(|r| r.relation == "vmlDrawing").map(|r| r.path.clone()).collect();
        for path in vml.iter().filter(|path| !path.is_empty()) {
            let Some(bytes) = self.read(path, ctx)? else { continue };
            let pictures = self.relationships(path, ctx)?;
            for shape in preview::read(&bytes, path, ctx)? {
                let own = pictures.iter().find(|r| r.id == shape.picture && r.relation == "image");
                let Some(own) = own.filter(|own| !own.path.is_empty()) else { continue };
                let id = format!("rIdPreview{}", previews.len() + 1);
                relationships.retain(|r| r.id != id);
                relationships.push(image(&id, &own.path));
                previews.insert(shape.id, id);
            }
        }
        Ok(previews)
    }

    fn read_controls(
        &self,
        path: &str,
        text: &str,
        relationships: &[Relationship],
        ctx: &mut Ctx<'_>,
    ) -> Result<Vec<Control>, Refusal> {
        let mut controls = Vec::new();
        for vml in relationships.iter().filter(|r| r.relation == "vmlDrawing" && !r.path.is_empty()) {
            if let Some(bytes) = self.read(&vml.path, ctx)? {
                controls.extend(control::read(&decode(&bytes, Part::Vml, &vml.path)?, &vml.path, ctx)?);
            }
        }
        if controls.is_empty() {
            return Ok(controls);
        }
        let mut states = Vec::new();
        for (shape, rid) in control::listed(text, "x:control", path, ctx)? {
            let own = relationships.iter().find(|r| r.id == rid && r.relation == "ctrlProp");
            let bytes = own.map(|own| self.read(&own.path, ctx)).transpose()?.flatten();
            let checked = match bytes {
                Some(bytes) => control::checked(&xml::decode(&bytes, path)?, path, ctx)?,
                None => 0,
            };
            states.push(State { shape, checked });
        }
        control::apply(&mut controls, &states);
        Ok(controls)
    }
}

/// A relationship to the picture at `path`.
fn image(id: &str, path: &str) -> Relationship {
    Relationship {
        id: id.to_owned(),
        relation: "image".to_owned(),
        target: String::new(),
        external: false,
        path: path.to_owned(),
    }
}
