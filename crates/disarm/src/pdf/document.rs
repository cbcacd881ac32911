//! The document: page tree, pages, destinations, outline, page labels, layers. Everything else of the catalog is
//! left behind (threats P08, P09).

use std::collections::{BTreeMap, HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict as InputDict, MaybeRef, Object, ObjectIdentifier};
use hayro_syntax::page::{Page, Rotation};

use super::content::SharedResources;
use super::copy::{Copier, dict_of, name_of, number_of};
use super::filter;
use super::object::{Dict, Id, Value};
use crate::{Action, Forms, Meter, Refusal, Severity, Threat, ctx::Ctx};

/// Entries of the outline, of name trees and of number trees.
const MAX_ENTRIES: usize = 50_000;
/// Levels of the outline and of trees.
const MAX_LEVELS: usize = 32;

pub(super) fn rebuild(pdf: &Pdf, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let pages = pdf.pages();
    ctx.spend(Meter::Pages, pages.len() as u64)?;
    if pages.is_empty() {
        return Err(Refusal::malformed("", "ページがありません"));
    }
    let mut copier = Copier::new(pdf, ctx);
    let catalog = copier.out.reserve();
    let tree = copier.out.reserve();
    let numbers: Vec<Id> = pages.iter().map(|_| copier.out.reserve()).collect();
    for (page, number) in pages.iter().zip(&numbers) {
        if let Some(id) = page.raw().obj_id() {
            copier.pages.insert(id, *number);
        }
    }
    let root = pdf.xref().get::<InputDict<'_>>(pdf.xref().root_id()).unwrap_or_default();
    let names = copier.destinations(&root);
    if copier.ctx.rules.forms == Forms::RebuildFields {
        copier.fields(&root)?;
    }
    for (index, (page, number)) in pages.iter().zip(&numbers).enumerate() {
        copier.place = format!("{}ページ", index + 1);
        let dict = copier.page(page, tree, &names)?;
        copier.out.set(*number, Value::Dict(dict));
    }
    copier.place.clear();
    let mut kids = Dict::typed("Pages");
    kids.set("Count", Value::int(numbers.len()));
    kids.set("Kids", Value::Array(numbers.iter().map(|n| Value::Ref(*n)).collect()));
    copier.out.set(tree, Value::Dict(kids));
    let mut out = copier.plain_keys("Catalog", &root);
    out.set("Pages", Value::Ref(tree));
    out.set_some("PageLabels", copier.page_labels(&root));
    out.set_some("Outlines", copier.outline(&root, &names)?);
    out.set_some("AcroForm", copier.form_dict());
    if let Some((_, Object::Dict(preferences))) = copier.entry(&root, b"ViewerPreferences") {
        let kept = copier.plain_keys("ViewerPreferences", &preferences);
        if !kept.is_empty() {
            out.set("ViewerPreferences", Value::Dict(kept));
        }
    }
    if !copier.layers.is_empty() {
        // What drew on a layer may have turned out to be worth nothing: only layers that are still named count.
        copier.out.set(catalog, Value::Dict(out.clone()));
        let named = copier.out.reachable(catalog).1;
        copier.layers.retain(|(_, new)| named.contains_key(new));
        out.set_some("OCProperties", copier.layer_settings(&root));
    }
    copier.out.set(catalog, Value::Dict(out));
    Ok(copier.out.write(catalog))
}

/// Named destinations of the input.
pub(super) type Names<'a> = HashMap<Vec<u8>, Object<'a>>;

impl<'a> Copier<'a, '_, '_> {
    fn page(&mut self, page: &Page<'a>, parent: Id, names: &Names<'a>) -> Result<Dict, Refusal> {
        let raw = page.raw().clone();
        let mut out = self.plain_keys("Page", &raw);
        if let Some(Value::Int(1)) = out.get("UserUnit") {
            out.0.remove(&b"UserUnit"[..]);
        }
        out.set("Type", Value::name("Page"));
        out.set("Parent", Value::Ref(parent));
        let rect = |r: hayro_syntax::object::Rect| {
            Value::numbers([r.x0.min(r.x1), r.y0.min(r.y1), r.x0.max(r.x1), r.y0.max(r.y1)])
        };
        // Readers take letter size where no size is given; the parser's default is A4.
        let given = page.media_box();
        let default = hayro_syntax::page::A4;
        let is_default =
            given.x0 == 0.0 && given.y0 == 0.0 && given.x1 == default.x1 && given.y1 == default.y1;
        let media = if is_default { Value::numbers([0.0, 0.0, 612.0, 792.0]) } else { rect(given) };
        let crop = rect(page.crop_box());
        if crop != media && !is_default {
            out.set("CropBox", crop);
        }
        out.set("MediaBox", media);
        let turn = match page.rotation() {
            Rotation::None => 0,
            Rotation::Horizontal => 90,
            Rotation::Flipped => 180,
            Rotation::FlippedHorizontal => 270,
        };
        if turn != 0 {
            out.set("Rotate", Value::Int(turn));
        }
        let data = self.page_content(&raw)?;
        let mut shared = SharedResources::default();
        let mut content = self.content(&data, page.resources(), &mut shared)?;
        let links = self.annotations(&raw, page.resources(), names, &mut content, &mut shared)?;
        if content.weight > self.ctx.limits.steps {
            return Err(Refusal::Limit(Meter::Steps));
        }
        out.set_some("Group", self.group(&raw)?);
        out.set("Resources", Value::Dict(shared.into_dict()));
        out.set("Contents", self.out.add_stream(Dict::new(), &content.data));
        if !links.is_empty() {
            out.set("Annots", Value::Array(links));
        }
        Ok(out)
    }

    /// All content streams of a page joined; a token never spans two of them.
    fn page_content(&mut self, page: &InputDict<'a>) -> Result<Vec<u8>, Refusal> {
        let streams = match self.entry(page, b"Contents") {
            Some((_, Object::Array(array))) => self.elements(&array),
            Some(found) => vec![found],
            None => Vec::new(),
        };
        let mut data = Vec::new();
        for (_, object) in streams {
            if let Object::Stream(stream) = object {
                data.extend(filter::decode(&stream, self.ctx)?.data);
                data.push(b'\n');
            }
        }
        Ok(data)
    }

    /// Every named destination, from the old dictionary and the name tree.
    fn destinations(&mut self, root: &InputDict<'a>) -> Names<'a> {
        let mut names = Names::new();
        if let Some((_, Object::Dict(old))) = self.entry(root, b"Dests") {
            for key in old.keys().take(MAX_ENTRIES) {
                if let Some((_, value)) = self.entry(&old, key.as_ref()) {
                    names.insert(key.as_ref().to_vec(), value);
                }
            }
        }
        if let Some((_, Object::Dict(trees))) = self.entry(root, b"Names")
            && let Some((_, Object::Dict(tree))) = self.entry(&trees, b"Dests")
        {
            let mut budget = MAX_ENTRIES;
            self.tree_entries(&tree, b"Names", 0, &mut budget, &mut |key, value| {
                if let Object::String(key) = key {
                    names.insert(key.as_bytes().to_vec(), value);
                }
            });
        }
        names
    }

    /// Visits the leaves of a name or number tree.
    fn tree_entries(
        &self,
        node: &InputDict<'a>,
        leaf: &[u8],
        level: usize,
        budget: &mut usize,
        visit: &mut impl FnMut(Object<'a>, Object<'a>),
    ) {
        if level > MAX_LEVELS {
            return;
        }
        if let Some((_, Object::Array(pairs))) = self.entry(node, leaf) {
            let mut items = self.elements(&pairs).into_iter();
            while let (Some((_, key)), Some((_, value))) = (items.next(), items.next()) {
                let Some(left) = budget.checked_sub(1) else { return };
                *budget = left;
                visit(key, value);
            }
        }
        if let Some((_, Object::Array(kids))) = self.entry(node, b"Kids") {
            for (_, kid) in self.elements(&kids) {
                let Some(left) = budget.checked_sub(1) else { return };
                *budget = left;
                if let Object::Dict(kid) = kid {
                    self.tree_entries(&kid, leaf, level + 1, budget, visit);
                }
            }
        }
    }

    /// An explicit destination inside this document, whatever way it was given.
    pub(super) fn destination(&self, object: &Object<'a>, names: &Names<'a>, level: usize) -> Option<Value> {
        if level > 4 {
            return None;
        }
        match object {
            Object::Array(array) => self.explicit_destination(array),
            Object::Dict(dict) => self.destination(&self.entry(dict, b"D")?.1, names, level + 1),
            Object::String(name) => self.destination(names.get(name.as_bytes())?, names, level + 1),
            Object::Name(name) => self.destination(names.get(name.as_ref())?, names, level + 1),
            _ => None,
        }
    }

    fn explicit_destination(&self, array: &Array<'a>) -> Option<Value> {
        let page = match array.raw_iter().next()? {
            MaybeRef::Ref(reference) => *self.pages.get(&reference.into())?,
            MaybeRef::NotRef(_) => return None,
        };
        let items = self.elements(array);
        let view = match items.get(1) {
            Some((_, Object::Name(name))) => name.as_ref().to_vec(),
            _ => b"Fit".to_vec(),
        };
        let count = match &view[..] {
            b"Fit" | b"FitB" => 0,
            b"FitH" | b"FitV" | b"FitBH" | b"FitBV" => 1,
            b"XYZ" => 3,
            b"FitR" => 4,
            _ => return None,
        };
        let mut out = vec![Value::Ref(page), Value::Name(view)];
        for i in 0..count {
            out.push(match items.get(2 + i) {
                Some((_, Object::Number(n))) => Value::number(n.as_f64()),
                _ => Value::Null,
            });
        }
        Some(Value::Array(out))
    }

    /// Where a link or bookmark leads: `/Dest`, or an action that goes to a place in this document.
    pub(super) fn target(&self, dict: &InputDict<'a>, names: &Names<'a>) -> Option<Value> {
        if let Some((_, dest)) = self.entry(dict, b"Dest") {
            return self.destination(&dest, names, 0);
        }
        match self.entry(dict, b"A") {
            Some((_, Object::Dict(action))) if name_of(&action, "S") == "GoTo" => {
                self.destination(&self.entry(&action, b"D")?.1, names, 0)
            }
            _ => None,
        }
    }

    fn outline(&mut self, root: &InputDict<'a>, names: &Names<'a>) -> Result<Option<Value>, Refusal> {
        let Some((_, Object::Dict(outline))) = self.entry(root, b"Outlines") else { return Ok(None) };
        let id = self.out.reserve();
        let mut seen = HashSet::new();
        let mut out = Dict::typed("Outlines");
        if self.outline_level(&outline, id, &mut out, names, &mut seen, 0)? == 0 {
            self.out.set(id, Value::Dict(out));
            return Ok(None);
        }
        self.out.set(id, Value::Dict(out));
        Ok(Some(Value::Ref(id)))
    }

    /// Copies the children of an entry and links them; returns how many are visible when it is open.
    fn outline_level(
        &mut self,
        parent: &InputDict<'a>,
        parent_id: Id,
        parent_out: &mut Dict,
        names: &Names<'a>,
        seen: &mut HashSet<ObjectIdentifier>,
        level: usize,
    ) -> Result<i32, Refusal> {
        let mut items: Vec<(Id, Dict)> = Vec::new();
        let mut visible = 0;
        let mut next = self.entry(parent, b"First");
        while let Some((Some(source), Object::Dict(item))) = next {
            if level > MAX_LEVELS || seen.len() > MAX_ENTRIES || !seen.insert(source) {
                break;
            }
            self.ctx.spend(Meter::Objects, 1)?;
            let id = self.out.reserve();
            let mut out = Dict::new();
            let title = match self.entry(&item, b"Title") {
                Some((_, Object::String(title))) => title.as_bytes().to_vec(),
                _ => Vec::new(),
            };
            out.set("Title", Value::Str(title));
            out.set("Parent", Value::Ref(parent_id));
            out.set_some("Dest", self.target(&item, names));
            let inner = self.outline_level(&item, id, &mut out, names, seen, level + 1)?;
            let open = number_of(&item, "Count").is_some_and(|c| c > 0.0);
            if inner > 0 {
                out.set("Count", Value::Int(if open { inner } else { -inner }));
            }
            visible += 1 + if open { inner } else { 0 };
            items.push((id, out));
            next = self.entry(&item, b"Next");
        }
        let ids: Vec<Id> = items.iter().map(|(id, _)| *id).collect();
        for (i, (id, mut out)) in items.into_iter().enumerate() {
            out.set_some("Prev", i.checked_sub(1).map(|p| Value::Ref(ids[p])));
            out.set_some("Next", ids.get(i + 1).map(|n| Value::Ref(*n)));
            self.out.set(id, Value::Dict(out));
        }
        if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
            parent_out.set("First", Value::Ref(*first));
            parent_out.set("Last", Value::Ref(*last));
            if level == 0 {
                parent_out.set("Count", Value::Int(visible));
            }
        }
        Ok(visible)
    }

    fn page_labels(&self, root: &InputDict<'a>) -> Option<Value> {
        let (_, object) = self.entry(root, b"PageLabels")?;
        let mut labels: BTreeMap<i32, Dict> = BTreeMap::new();
        let mut budget = MAX_ENTRIES;
        self.tree_entries(dict_of(&object)?, b"Nums", 0, &mut budget, &mut |key, value| {
            if let (Object::Number(n), Object::Dict(label)) = (key, value)
                && let Ok(index) = i32::try_from(n.as_i64())
                && index >= 0
            {
                labels.insert(index, self.plain_keys("PageLabel", &label));
            }
        });
        let pairs = labels.into_iter().flat_map(|(i, label)| [Value::Int(i), Value::Dict(label)]).collect();
        let mut out = Dict::new();
        out.set("Nums", Value::Array(pairs));
        Some(Value::Dict(out))
    }

    /// Which of the layers in use are shown; automatic switching by zoom, print or user is left out.
    fn layer_settings(&mut self, root: &InputDict<'a>) -> Option<Value> {
        if self.layers.is_empty() {
            return None;
        }
        let mut default = Dict::new();
        let mut hidden = 0;
        if let Some((_, Object::Dict(properties))) = self.entry(root, b"OCProperties")
            && let Some((_, Object::Dict(from))) = self.entry(&properties, b"D")
        {
            let listed = |key: &[u8]| -> Vec<Value> {
                let Some((_, Object::Array(array))) = self.entry(&from, key) else { return Vec::new() };
                let ids: Vec<ObjectIdentifier> =
                    array.raw_iter().filter_map(|i| i.as_obj_ref()).map(Into::into).collect();
                self.layers
                    .iter()
                    .filter(|(id, _)| ids.contains(id))
                    .map(|(_, new)| Value::Ref(*new))
                    .collect()
            };
            let (on, off) = (listed(b"ON"), listed(b"OFF"));
            hidden = off.len();
            if name_of(&from, "BaseState") == "OFF" {
                default.set("BaseState", Value::name("OFF"));
                hidden = self.layers.len() - on.len();
            }
            for (key, list) in [("ON", on), ("OFF", off)] {
                if !list.is_empty() {
                    default.set(key, Value::Array(list));
                }
            }
        }
        if hidden > 0 {
            self.report(Threat::P08, Severity::Hidden, Action::Kept, "表示されないレイヤー");
        }
        let mut out = Dict::new();
        out.set("OCGs", Value::Array(self.layers.iter().map(|(_, new)| Value::Ref(*new)).collect()));
        out.set("D", Value::Dict(default));
        Some(Value::Dict(out))
    }
}
