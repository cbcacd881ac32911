//! The package: relationships are followed from the main part, every part that is reached is copied.

mod drawn;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet, VecDeque},
};

use super::{
    book::{self, Book},
    bound::{self, Store},
    control::Control,
    copy,
    flavour::{self, Flavour},
    links::{self, Links, Relationship},
    lost, media,
    parts::{self, Follow, Part},
    preview,
};
use crate::{
    Action, Kind, Meter, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
    detect,
    ruleset::Links as LinkRule,
    xml::{self, Node, Xml},
    zip::{Archive, Writer},
};

/// A part of the rebuilt package.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) content_type: String,
    bytes: Vec<u8>,
    relationships: Vec<u8>,
}

/// Path of the drawing that a sheet gets when it has controls but no drawing of its own. No part of a package can
/// be called that.
const NEW_DRAWING: &str = "\0drawing of ";
const EMPTY_DRAWING: &[u8] =
    b"<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\"/>";
/// Relationship id of that drawing.
const NEW_DRAWING_ID: &str = "rIdControls";

#[derive(Debug)]
struct Package<'a, 'b> {
    archive: &'b Archive<'a>,
    /// Entry number by lower-case path.
    paths: HashMap<String, usize>,
    /// Output path by input path.
    names: HashMap<String, String>,
    counters: HashMap<String, u32>,
    queue: VecDeque<(String, Part)>,
    outputs: Vec<Output>,
    visited: HashSet<String>,
    family: &'static str,
    /// Excel says that it calculated the stored values.
    made_by_excel: bool,
    book: Book,
    /// Embedded documents by path; nothing where one could not be rebuilt.
    embedded: HashMap<String, Option<Rebuilt>>,
    /// Form controls to draw, by path of the drawing.
    controls: HashMap<String, Vec<Control>>,
    /// Pictures of objects to draw, by path of the drawing.
    objects: HashMap<String, Vec<preview::Object>>,
    /// Shapes that are drawn elsewhere instead, by path of the VML part.
    gone_shapes: HashMap<String, HashSet<String>>,
}

/// Rebuilds a package.
pub(crate) fn rebuild(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    let archive = Archive::open(bytes, ctx)?;
    let paths = index(&archive, ctx)?;
    let mut package = Package {
        archive: &archive,
        paths,
        names: HashMap::new(),
        counters: HashMap::new(),
        queue: VecDeque::new(),
        outputs: Vec::new(),
        visited: HashSet::new(),
        family: "",
        made_by_excel: false,
        book: Book::default(),
        embedded: HashMap::new(),
        controls: HashMap::new(),
        objects: HashMap::new(),
        gone_shapes: HashMap::new(),
    };
    let (main, part, flavour) = package.main_part(ctx)?;
    package.family = flavour.family;
    let main_name = package.assign(&main, part, "xml");
    package.queue.push_back((main, part));
    while let Some((path, part)) = package.queue.pop_front() {
        package.copy_part(&path, part, &flavour, ctx)?;
    }
    package.report_orphans(ctx);
    let bytes = package.write(&main_name, ctx)?;
    Ok(Rebuilt { bytes, kind: flavour.kind, extension: Some(flavour.extension) })
}

/// Paths of all parts; the same path twice, in whatever case, could show two readers two documents.
fn index(archive: &Archive<'_>, ctx: &mut Ctx<'_>) -> Result<HashMap<String, usize>, Refusal> {
    let mut paths = HashMap::new();
    for (at, entry) in archive.entries().iter().enumerate().filter(|(_, e)| !e.is_dir) {
        let name = std::str::from_utf8(&entry.raw_name)
            .map_err(|_| Refusal::ambiguous("", "部品の名前が読めません"))?;
        // Some programs write `\` between folders and office programs read it so; two names that become one are refused.
        let odd = name.starts_with(['/', '\\'])
            || name.contains('\0')
            || name.split(['/', '\\']).any(|s| s == "..");
        if odd || name.to_ascii_lowercase().contains(".piece") && name.contains('[') {
            ctx.report(Threat::O01, Severity::Active, Action::Refused, "部品の名前の細工", name);
            return Err(Refusal::ambiguous(name, "部品の名前が正しくありません"));
        }
        if paths.insert(links::normalise(name), at).is_some() {
            ctx.report(Threat::O01, Severity::Active, Action::Refused, "同じ名前の部品", name);
            return Err(Refusal::ambiguous(name, "同じ名前の部品が二つあります"));
        }
    }
    Ok(paths)
}

impl<'a> Package<'a, '_> {
    fn read(&self, path: &str, ctx: &mut Ctx<'_>) -> Result<Option<Cow<'a, [u8]>>, Refusal> {
        if path.starts_with(NEW_DRAWING) {
            return Ok(Some(Cow::Borrowed(EMPTY_DRAWING)));
        }
        match self.paths.get(path) {
            Some(at) => self.archive.inflate(&self.archive.entries()[*at], ctx).map(Some),
            None => Ok(None),
        }
    }

    fn main_part(&mut self, ctx: &mut Ctx<'_>) -> Result<(String, Part, Flavour), Refusal> {
        let none = || Refusal::malformed("", "本文の部品が見つかりません");
        self.visited.insert("[content_types].xml".to_owned());
        let declared = self.content_types(ctx)?;
        let relationships = self.relationships("", ctx)?;
        let mut mains = relationships
            .iter()
            .filter(|r| r.relation == "officeDocument" && !r.external && !r.path.is_empty());
        let main = mains.next().ok_or_else(none)?.path.clone();
        if mains.any(|other| other.path != main) {
            return Err(Refusal::ambiguous("", "本文の部品が二つあります"));
        }
        for other in relationships.iter().filter(|r| r.relation != "officeDocument") {
            if self.is_made_by_excel(other, ctx)? {
                continue;
            }
            report_lost(other, "", ctx);
            self.report_lost_tree(&other.path, ctx)?;
        }
        let bytes = self.read(&main, ctx)?.ok_or_else(none)?;
        let text = xml::decode(&bytes, &main)?;
        let mut reader = Xml::new(&text, &main);
        let mut first = reader.next(ctx)?;
        while matches!(first, Node::Text(_)) {
            first = reader.next(ctx)?;
        }
        let part = match first {
            Node::Start { name: Some(name), .. } => match &*name {
                "w:document" => Part::Document,
                "x:workbook" => Part::Workbook,
                "p:presentation" => Part::Presentation,
                _ => return Err(none()),
            },
            _ => return Err(none()),
        };
        let declared = declared.get(&main).map_or("", String::as_str);
        if declared.contains("addin") {
            return Err(Refusal::Unsupported(Kind::OfficeAddIn));
        }
        if declared.contains("macroenabled") {
            ctx.report(Threat::O04, Severity::Note, Action::Rewritten, "マクロ有効形式の宣言", "");
        }
        if part == Part::Document {
            self.book.stores = self.stores(&relationships, &main, ctx)?;
        }
        if part == Part::Workbook {
            self.book = book::plan(&text, &main, &self.relationships(&main, ctx)?, ctx)?;
        }
        Ok((main, part, Flavour::of(part, declared)))
    }

    /// Data that content controls of a document may show: its properties and its `customXml` parts, by store id.
    fn stores(
        &mut self,
        package: &[Relationship],
        main: &str,
        ctx: &mut Ctx<'_>,
    ) -> Result<Vec<Store>, Refusal> {
        let mut found: Vec<(String, String)> = Vec::new();
        for (relation, id) in bound::PROPERTIES {
            let mut own = package.iter().filter(|r| r.relation.rsplit('/').next() == Some(relation));
            // Of two sets readers take one or the other: the words that stand in the document stay.
            if let (Some(own), None) = (own.next(), own.next()) {
                found.push((id.to_owned(), own.path.clone()));
            }
        }
        let items = self.relationships(main, ctx)?;
        for item in items.iter().filter(|r| r.relation == "customXml" && !r.path.is_empty()) {
            let links = self.relationships(&item.path, ctx)?;
            let Some(properties) = links.iter().find(|r| r.relation == "customXmlProps") else { continue };
            if let Some(bytes) = self.read(&properties.path, ctx)? {
                let id = bound::store_id(&xml::decode(&bytes, &properties.path)?, &properties.path, ctx)?;
                found.push((id, item.path.clone()));
            }
        }
        let mut stores = Vec::new();
        for (id, path) in found.into_iter().filter(|(id, path)| !id.is_empty() && !path.is_empty()) {
            if let Some(bytes) = self.read(&path, ctx)?
                && let Ok(text) = xml::decode(&bytes, &path)
            {
                stores.push(Store { id, path, text: text.into_owned() });
            }
        }
        Ok(stores)
    }

    /// Notes whether Excel calculated the workbook: other programs trust the stored values only then, and would
    /// otherwise show newly calculated ones. `true`: the part says that and nothing else, so nothing is lost.
    fn is_made_by_excel(&mut self, link: &Relationship, ctx: &mut Ctx<'_>) -> Result<bool, Refusal> {
        if link.relation != "extended-properties" || link.path.is_empty() {
            return Ok(false);
        }
        let Some(bytes) = self.read(&link.path, ctx)? else { return Ok(false) };
        // Excel for other systems has other names; readers look for the maker's.
        self.made_by_excel =
            bytes.windows(flavour::MICROSOFT.len()).any(|w| w.eq_ignore_ascii_case(flavour::MICROSOFT));
        let only = *bytes == *flavour::made_by_excel().as_bytes();
        if only {
            self.visited.insert(link.path.clone());
        }
        Ok(only)
    }

    /// Declared content type by lower-case path; only the main part's is used.
    fn content_types(&self, ctx: &mut Ctx<'_>) -> Result<HashMap<String, String>, Refusal> {
        let bytes = self.read("[content_types].xml", ctx)?;
        let bytes = bytes.ok_or_else(|| Refusal::malformed("", "[Content_Types].xml がありません"))?;
        let text = xml::decode(&bytes, "[Content_Types].xml")?;
        let mut reader = Xml::new(&text, "[Content_Types].xml");
        let mut types = HashMap::new();
        loop {
            match reader.next(ctx)? {
                Node::Start { local: "Override", attributes, .. } => {
                    let value = |name: &str| {
                        attributes.iter().find(|a| a.name.as_deref() == Some(name)).map_or("", |a| &a.value)
                    };
                    types.insert(
                        links::normalise(value("PartName").trim_start_matches('/')),
                        value("ContentType").to_lowercase(),
                    );
                }
                Node::Eof => return Ok(types),
                _ => {}
            }
        }
    }

    /// Relationships of the part at `path` (the package itself: empty).
    fn relationships(&mut self, path: &str, ctx: &mut Ctx<'_>) -> Result<Vec<Relationship>, Refusal> {
        let (folder, file) = path.rsplit_once('/').map_or(("", path), |(folder, file)| (folder, file));
        let rels = if folder.is_empty() {
            format!("_rels/{file}.rels")
        } else {
            format!("{folder}/_rels/{file}.rels")
        };
        self.visited.insert(rels.clone());
        let Some(bytes) = self.read(&rels, ctx)? else { return Ok(Vec::new()) };
        let text = xml::decode(&bytes, &rels)?;
        let mut reader = Xml::new(&text, &rels);
        let (mut list, mut ids): (Vec<Relationship>, HashSet<String>) = (Vec::new(), HashSet::new());
        loop {
            match reader.next(ctx)? {
                Node::Start { local: "Relationship", attributes, .. } => {
                    let value = |name: &str| {
                        attributes
                            .iter()
                            .find(|a| a.name.as_deref() == Some(name))
                            .map_or("", |a| a.value.trim())
                    };
                    let id = value("Id").to_owned();
                    if !ids.insert(id.clone()) {
                        return Err(Refusal::ambiguous(rels, "関連付けの番号が重なっています"));
                    }
                    let target = value("Target").to_owned();
                    let external = value("TargetMode").eq_ignore_ascii_case("external");
                    let path = if external {
                        None
                    } else {
                        links::resolve(folder, &target).filter(|p| self.paths.contains_key(p))
                    };
                    let relation = parts::relation(value("Type")).to_owned();
                    list.push(Relationship {
                        id,
                        relation,
                        target,
                        external,
                        path: path.unwrap_or_default(),
                    });
                }
                Node::Eof => return Ok(list),
                _ => {}
            }
        }
    }

    /// Output path for an input part; the same one whenever it is asked for.
    fn assign(&mut self, path: &str, part: Part, extension: &str) -> String {
        if let Some(name) = self.names.get(path) {
            return name.clone();
        }
        let stem = part.stem();
        let own = ["word/", "xl/", "ppt/"].iter().any(|family| stem.starts_with(family));
        let stem = if own { stem.to_owned() } else { format!("{}{stem}", self.family) };
        let counter = self.counters.entry(stem.clone()).or_insert(0);
        *counter += 1;
        let number = if *counter == 1 && is_single(part) { String::new() } else { counter.to_string() };
        let name = format!("{stem}{number}.{extension}");
        self.names.insert(path.to_owned(), name.clone());
        name
    }

    fn copy_part(
        &mut self,
        path: &str,
        part: Part,
        flavour: &Flavour,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Refusal> {
        // Every part is queued once, under the name it was given; that something lost leads here as well is no reason
        // to leave it out.
        self.visited.insert(path.to_owned());
        let mut relationships = self.relationships(path, ctx)?;
        let bytes = self.read(path, ctx)?.ok_or_else(|| Refusal::malformed(path, "部品がありません"))?;
        let text = decode(&bytes, part, path)?;
        self.embed(part, &mut relationships, ctx)?;
        let additions = self.additions(part, path, &text, &mut relationships, ctx)?;
        let web = ctx.rules.links == LinkRule::Web;
        let mut links =
            Links { source: part, relationships, wanted: HashSet::new(), judged: HashMap::new(), web };
        let copied = copy::copy(&text, part.root(), path, &mut links, &self.book, additions, ctx)?;
        if part == Part::SlideNotes {
            ctx.report(Threat::O32, Severity::Hidden, Action::Kept, "発表者ノート", path);
        }
        let name = self.names.get(path).cloned().unwrap_or_default();
        let content_type =
            if part.content_type().is_empty() { flavour.content_type } else { part.content_type() };
        let relationships = self.follow(&links, &name, path, ctx)?;
        self.outputs.push(Output {
            name,
            content_type: content_type.to_owned(),
            bytes: copied,
            relationships,
        });
        Ok(())
    }

    /// Rebuilds the documents that a part embeds. One that cannot be rebuilt is as good as not there: its preview
    /// stays (O15).
    fn embed(
        &mut self,
        part: Part,
        relationships: &mut [Relationship],
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Refusal> {
        for link in relationships.iter_mut().filter(|r| !r.external && !r.path.is_empty()) {
            if !matches!(parts::edge(part, &link.relation), Some((Part::Embedded, _))) {
                continue;
            }
            if !self.embedded.contains_key(&link.path) {
                let document = self.rebuild_embedded(&link.path, ctx)?;
                self.embedded.insert(link.path.clone(), document);
            }
            if self.embedded.get(&link.path).is_none_or(Option::is_none) {
                link.path.clear();
            }
        }
        Ok(())
    }

    fn rebuild_embedded(&mut self, path: &str, ctx: &mut Ctx<'_>) -> Result<Option<Rebuilt>, Refusal> {
        let Some(bytes) = self.read(path, ctx)? else { return Ok(None) };
        self.visited.insert(path.to_owned());
        if !matches!(detect(&bytes, path), Kind::Docx | Kind::Xlsx | Kind::Pptx) {
            return Ok(None);
        }
        match ctx.inside(path, |ctx| rebuild(&bytes, ctx)) {
            Ok(document) if matches!(document.extension(), "docx" | "xlsx" | "pptx") => {
                ctx.report(Threat::O15, Severity::Note, Action::Rewritten, "埋め込み文書", path);
                Ok(Some(document))
            }
            Ok(_) => Ok(None),
            Err(Refusal::Limit(meter)) => Err(Refusal::Limit(meter)),
            Err(_) => Ok(None),
        }
    }

    /// Queues the targets of kept relationships and writes the part's `.rels`.
    fn follow(
        &mut self,
        links: &Links,
        from: &str,
        path: &str,
        ctx: &mut Ctx<'_>,
    ) -> Result<Vec<u8>, Refusal> {
        let mut out = String::new();
        for relationship in &links.relationships {
            let wanted = links.wanted.contains(&relationship.id);
            if relationship.external && wanted {
                links::push_relationship(&mut out, relationship, &relationship.target, true);
                continue;
            }
            let edge = parts::edge(links.source, &relationship.relation)
                .filter(|_| !relationship.external && !relationship.path.is_empty());
            match edge {
                Some((target, follow)) if wanted || follow == Follow::Always => {
                    let name = self.target(&relationship.path, target, ctx)?;
                    links::push_relationship(&mut out, relationship, &links::relative(from, &name), false);
                }
                Some((Part::Embedded, _)) => report_lost(relationship, path, ctx),
                Some(_) => {}
                None if self.leads_nowhere(relationship, links.source, path) => {}
                None if links.source == Part::Chart && self.is_plain_book(relationship, ctx)? => {
                    let what = "グラフの元データのブック（表示用の値は残しました）";
                    ctx.report(Threat::O27, Severity::Simplified, Action::Dropped, what, path);
                }
                None => {
                    report_lost(relationship, path, ctx);
                    self.report_lost_tree(&relationship.path, ctx)?;
                }
            }
        }
        Ok(out.into_bytes())
    }

    /// Whether a part is meant that is copied elsewhere, but the file has none at that place: nothing is lost.
    fn leads_nowhere(&self, link: &Relationship, source: Part, path: &str) -> bool {
        let known = parts::edge(source, &link.relation).is_some_and(|(part, _)| part != Part::Embedded);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        known
            && !link.external
            && !link.target.contains(':')
            && links::resolve(folder, &link.target).is_some_and(|target| !self.paths.contains_key(&target))
    }

    /// Whether this is the workbook that Office puts behind every chart: cells, and nothing that could act.
    fn is_plain_book(&mut self, link: &Relationship, ctx: &mut Ctx<'_>) -> Result<bool, Refusal> {
        const PLAIN: [&str; 16] = [
            "[content_types].xml",
            "_rels/",
            "customxml/",
            "docprops/",
            "xl/_rels/",
            "xl/calcchain.xml",
            "xl/charts/",
            "xl/drawings/",
            "xl/media/",
            "xl/printersettings/",
            "xl/sharedstrings.xml",
            "xl/styles.xml",
            "xl/tables/",
            "xl/theme/",
            "xl/workbook.xml",
            "xl/worksheets/",
        ];
        if link.relation != "package" || link.external {
            return Ok(false);
        }
        let Some(bytes) = self.read(&link.path, ctx)? else { return Ok(false) };
        let Ok(archive) = Archive::open(&bytes, ctx) else { return Ok(false) };
        let plain = archive.entries().iter().all(|entry| {
            let name = links::normalise(&String::from_utf8_lossy(&entry.raw_name));
            PLAIN.iter().any(|allowed| name.starts_with(allowed))
        });
        if plain {
            self.visited.insert(link.path.clone());
        }
        Ok(plain)
    }

    fn target(&mut self, path: &str, part: Part, ctx: &mut Ctx<'_>) -> Result<String, Refusal> {
        if let Some(name) = self.names.get(path) {
            return Ok(name.clone());
        }
        if part == Part::Embedded {
            let document = self.embedded.get_mut(path).and_then(Option::take);
            let document = document.ok_or_else(|| Refusal::malformed(path, "部品がありません"))?;
            let name = self.assign(path, part, document.extension());
            self.outputs.push(Output {
                name: name.clone(),
                content_type: String::new(),
                bytes: document.bytes,
                relationships: Vec::new(),
            });
            return Ok(name);
        }
        if part != Part::Image {
            let extension = if part == Part::Vml { "vml" } else { "xml" };
            let name = self.assign(path, part, extension);
            self.queue.push_back((path.to_owned(), part));
            return Ok(name);
        }
        self.visited.insert(path.to_owned());
        let bytes = self.read(path, ctx)?.ok_or_else(|| Refusal::malformed(path, "部品がありません"))?;
        let rebuilt = media::rebuild(&bytes, path, ctx)?;
        let name = self.assign(path, part, rebuilt.extension());
        self.outputs.push(Output {
            name: name.clone(),
            content_type: String::new(),
            bytes: rebuilt.bytes,
            relationships: Vec::new(),
        });
        Ok(name)
    }

    /// A dropped part takes its own relationships along; what they carried is reported too.
    fn report_lost_tree(&mut self, path: &str, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        let mut stack = vec![path.to_owned()];
        while let Some(path) = stack.pop() {
            if path.is_empty() || self.names.contains_key(&path) || !self.visited.insert(path.clone()) {
                continue;
            }
            for relationship in self.relationships(&path, ctx)? {
                if relationship.external
                    || lost::relationship(&relationship.relation, false).is_some_and(|l| l.1.is_threat())
                {
                    report_lost(&relationship, &path, ctx);
                }
                stack.push(relationship.path);
            }
        }
        Ok(())
    }

    /// Parts that no relationship reaches: left behind, and named when they could be code.
    fn report_orphans(&self, ctx: &mut Ctx<'_>) {
        let mut orphans: Vec<&String> = self.paths.keys().filter(|p| !self.visited.contains(*p)).collect();
        orphans.sort();
        for path in orphans {
            let rels = path.ends_with(".rels");
            if path.contains("vbaproject") {
                ctx.dropped(Threat::O10, "マクロ", path);
            } else if !rels {
                ctx.note(Threat::O05, "どこからも使われていない部品", path);
            }
        }
    }

    fn write(self, main: &str, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
        let mut zip = Writer::new();
        let application = self.made_by_excel && self.family == "xl/";
        zip.add("[Content_Types].xml", flavour::content_types_xml(&self.outputs, application).as_bytes())?;
        let mut root = format!(
            "<Relationship Id=\"rId1\" Type=\"{}\" Target=\"{main}\"/>",
            parts::relation_uri("officeDocument")
        );
        if application {
            root.push_str(&format!(
                "<Relationship Id=\"rId2\" Type=\"{}\" Target=\"{}\"/>",
                parts::relation_uri("extended-properties"),
                flavour::APPLICATION
            ));
        }
        zip.add("_rels/.rels", links::relationships_xml(root.as_bytes()).as_slice())?;
        if application {
            zip.add(flavour::APPLICATION, flavour::made_by_excel().as_bytes())?;
        }
        let mut total = 0;
        for output in &self.outputs {
            total += output.bytes.len() as u64;
            ctx.spend(Meter::OutputBytes, total)?;
            zip.add(&output.name, &output.bytes)?;
            if !output.relationships.is_empty() {
                let (folder, file) = output.name.rsplit_once('/').unwrap_or(("", &output.name));
                zip.add(
                    &format!("{folder}/_rels/{file}.rels"),
                    &links::relationships_xml(&output.relationships),
                )?;
            }
        }
        zip.finish()
    }
}

/// Text of a part. Excel leaves the line breaks of captions open in VML, which is otherwise XML.
pub(super) fn decode<'b>(bytes: &'b [u8], part: Part, path: &str) -> Result<Cow<'b, str>, Refusal> {
    let text = xml::decode(bytes, path)?;
    Ok(if part == Part::Vml && text.contains("<br>") { text.replace("<br>", "<br/>").into() } else { text })
}

fn report_lost(relationship: &Relationship, path: &str, ctx: &mut Ctx<'_>) {
    let external = relationship.external || relationship.target.contains("://");
    if let Some((threat, severity, what)) = lost::relationship(&relationship.relation, external) {
        let action = if severity == Severity::Simplified { Action::Flattened } else { Action::Dropped };
        let last = relationship.relation.rsplit('/').next().unwrap_or("");
        ctx.report(threat, severity, action, what, format!("{path} ({last})"));
    }
}

fn is_single(part: Part) -> bool {
    use Part::*;
    matches!(
        part,
        Document
            | Styles
            | Numbering
            | Settings
            | FontTable
            | Comments
            | Footnotes
            | Endnotes
            | Workbook
            | SharedStrings
            | CellStyles
            | Presentation
            | ShowSettings
            | ViewSettings
            | TableStyles
            | CommentAuthors
    )
}
