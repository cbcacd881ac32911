//! The package: relationships are followed from the main part, every part that is reached is copied.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet, VecDeque},
};

use super::{
    copy::{self, Book},
    formula, lost, media,
    parts::{self, Follow, Part},
    schema::Target,
};
use crate::{
    Action, Kind, Meter, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
    ruleset::Links as LinkRule,
    xml::{self, Node, Xml},
    zip::{Archive, Writer},
};

/// One relationship of the input.
#[derive(Debug, Clone)]
struct Relationship {
    id: String,
    relation: String,
    target: String,
    external: bool,
    /// Path of the target inside the package, lower case; empty when there is no such part.
    path: String,
}

/// The relationships of the part being copied, and which of them its content asked for.
#[derive(Debug)]
pub(crate) struct Links {
    source: Part,
    relationships: Vec<Relationship>,
    wanted: HashSet<String>,
    judged: HashMap<String, bool>,
    web: bool,
}

impl Links {
    /// Whether `rid` leads to a part that may stand where `target` is expected.
    pub(crate) fn has(&self, rid: &str, target: Target) -> bool {
        self.relationships.iter().any(|r| {
            r.id == rid
                && !r.external
                && !r.path.is_empty()
                && parts::edge(self.source, &r.relation)
                    .is_some_and(|(part, _)| parts::is_target(part, target))
        })
    }

    /// As [`Self::has`], and keeps the relationship.
    pub(crate) fn want(&mut self, rid: &str, target: Target) -> bool {
        let has = self.has(rid, target);
        if has {
            self.wanted.insert(rid.to_owned());
        }
        has
    }

    /// Whether a hyperlink may stay (X10): a jump to a slide, or a web address when the rule allows it.
    pub(crate) fn link(&mut self, rid: &str, part: &str, ctx: &mut Ctx<'_>) -> bool {
        if self.want(rid, Target::Link) {
            return true;
        }
        if let Some(known) = self.judged.get(rid) {
            return *known;
        }
        let Some(relationship) = self.relationships.iter().find(|r| r.id == rid) else { return false };
        let web =
            is_web(&relationship.target) && relationship.external && relationship.relation == "hyperlink";
        let kept = web && self.web;
        if kept {
            self.wanted.insert(rid.to_owned());
        } else {
            let plain = web
                || relationship.target.to_ascii_lowercase().starts_with("mailto:")
                || !relationship.external;
            let (severity, what) = if plain {
                (Severity::Simplified, "リンク")
            } else {
                (Severity::External, "危険な行き先のリンク")
            };
            ctx.report(Threat::X10, severity, Action::Flattened, what, part);
        }
        self.judged.insert(rid.to_owned(), kept);
        kept
    }
}

/// `http` and `https` addresses without user information or characters that hide where they lead.
fn is_web(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    !host.is_empty()
        && !host.contains('@')
        && target.len() <= 2083
        && !target.chars().any(|c| {
            c.is_control()
                || c == '\\'
                || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
        })
}

#[derive(Debug)]
struct Output {
    name: String,
    content_type: String,
    bytes: Vec<u8>,
    relationships: Vec<u8>,
}

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
        let odd = name.starts_with('/')
            || name.contains('\\')
            || name.contains('\0')
            || name.split('/').any(|s| s == "..");
        if odd || name.to_ascii_lowercase().contains(".piece") && name.contains('[') {
            ctx.report(Threat::O01, Severity::Active, Action::Refused, "部品の名前の細工", name);
            return Err(Refusal::ambiguous(name, "部品の名前が正しくありません"));
        }
        if paths.insert(normalise(name), at).is_some() {
            ctx.report(Threat::O01, Severity::Active, Action::Refused, "同じ名前の部品", name);
            return Err(Refusal::ambiguous(name, "同じ名前の部品が二つあります"));
        }
    }
    Ok(paths)
}

/// Lower case, percent-decoded for ASCII, so that `%64ocument.xml` meets `document.xml`.
fn normalise(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).to_lowercase()
}

/// What the main part makes of the package.
#[derive(Debug)]
struct Flavour {
    kind: Kind,
    family: &'static str,
    extension: &'static str,
    content_type: &'static str,
}

impl Flavour {
    fn of(part: Part, declared: &str) -> Self {
        let template = declared.contains("template");
        let (kind, family, extension, content_type) = match part {
            Part::Document if template => (
                Kind::Docx,
                "word/",
                "dotx",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
            ),
            Part::Document => (
                Kind::Docx,
                "word/",
                "docx",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            ),
            Part::Workbook if template => (
                Kind::Xlsx,
                "xl/",
                "xltx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
            ),
            Part::Workbook => (
                Kind::Xlsx,
                "xl/",
                "xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            ),
            _ if template => (
                Kind::Pptx,
                "ppt/",
                "potx",
                "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
            ),
            _ if declared.contains("slideshow") => (
                Kind::Pptx,
                "ppt/",
                "ppsx",
                "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
            ),
            _ => (
                Kind::Pptx,
                "ppt/",
                "pptx",
                "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
            ),
        };
        Self { kind, family, extension, content_type }
    }
}

impl<'a> Package<'a, '_> {
    fn read(&self, path: &str, ctx: &mut Ctx<'_>) -> Result<Option<Cow<'a, [u8]>>, Refusal> {
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
            Node::Start { name: Some(name), .. } => match name.as_str() {
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
        if part == Part::Workbook {
            self.book = plan_book(&text, &main, &self.relationships(&main, ctx)?, ctx)?;
        }
        Ok((main, part, Flavour::of(part, declared)))
    }

    /// Notes whether Excel calculated the workbook: other programs trust the stored values only then, and would
    /// otherwise show newly calculated ones. `true`: the part says that and nothing else, so nothing is lost.
    fn is_made_by_excel(&mut self, link: &Relationship, ctx: &mut Ctx<'_>) -> Result<bool, Refusal> {
        if link.relation != "extended-properties" || link.path.is_empty() {
            return Ok(false);
        }
        let Some(bytes) = self.read(&link.path, ctx)? else { return Ok(false) };
        self.made_by_excel = bytes.windows(EXCEL.len()).any(|w| w == EXCEL);
        let only = *bytes == *made_by_excel().as_bytes();
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
                Node::Start { local, attributes, .. } if local == "Override" => {
                    let value = |name: &str| {
                        attributes.iter().find(|a| a.name.as_deref() == Some(name)).map_or("", |a| &a.value)
                    };
                    types.insert(
                        normalise(value("PartName").trim_start_matches('/')),
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
                Node::Start { local, attributes, .. } if local == "Relationship" => {
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
                        resolve(folder, &target).filter(|p| self.paths.contains_key(p))
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
        if !self.visited.insert(path.to_owned()) {
            return Ok(());
        }
        let relationships = self.relationships(path, ctx)?;
        let web = ctx.rules.links == LinkRule::Web;
        let mut links =
            Links { source: part, relationships, wanted: HashSet::new(), judged: HashMap::new(), web };
        let bytes = self.read(path, ctx)?.ok_or_else(|| Refusal::malformed(path, "部品がありません"))?;
        let text = xml::decode(&bytes, path)?;
        let copied = copy::copy(&text, part.root(), path, &mut links, &self.book, ctx)?;
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
                push_relationship(&mut out, relationship, &relationship.target, true);
                continue;
            }
            let edge = parts::edge(links.source, &relationship.relation)
                .filter(|_| !relationship.external && !relationship.path.is_empty());
            match edge {
                Some((target, follow)) if wanted || follow == Follow::Always => {
                    let name = self.target(&relationship.path, target, ctx)?;
                    push_relationship(&mut out, relationship, &relative(from, &name), false);
                }
                Some(_) => {}
                None => {
                    report_lost(relationship, path, ctx);
                    self.report_lost_tree(&relationship.path, ctx)?;
                }
            }
        }
        Ok(out.into_bytes())
    }

    fn target(&mut self, path: &str, part: Part, ctx: &mut Ctx<'_>) -> Result<String, Refusal> {
        if let Some(name) = self.names.get(path) {
            return Ok(name.clone());
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
        let name = self.assign(path, part, rebuilt.kind.extension());
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
        zip.add("[Content_Types].xml", content_types_xml(&self.outputs, application).as_bytes())?;
        let mut root = format!(
            "<Relationship Id=\"rId1\" Type=\"{}\" Target=\"{main}\"/>",
            parts::relation_uri("officeDocument")
        );
        if application {
            root.push_str(&format!(
                "<Relationship Id=\"rId2\" Type=\"{}\" Target=\"{APPLICATION}\"/>",
                parts::relation_uri("extended-properties")
            ));
        }
        zip.add("_rels/.rels", relationships_xml(root.as_bytes()).as_slice())?;
        if application {
            zip.add(APPLICATION, made_by_excel().as_bytes())?;
        }
        let mut total = 0;
        for output in &self.outputs {
            total += output.bytes.len() as u64;
            ctx.spend(Meter::OutputBytes, total)?;
            zip.add(&output.name, &output.bytes)?;
            if !output.relationships.is_empty() {
                let (folder, file) = output.name.rsplit_once('/').unwrap_or(("", &output.name));
                zip.add(&format!("{folder}/_rels/{file}.rels"), &relationships_xml(&output.relationships))?;
            }
        }
        zip.finish()
    }
}

/// Reads which sheets and names of a workbook stay, before any formula is judged.
fn plan_book(
    text: &str,
    path: &str,
    relationships: &[Relationship],
    ctx: &mut Ctx<'_>,
) -> Result<Book, Refusal> {
    let mut book = Book::default();
    let mut reader = Xml::new(text, path);
    let mut current: Option<(String, bool, String)> = None;
    let mut kept = 0;
    loop {
        match reader.next(ctx)? {
            Node::Start { name: Some(name), attributes, .. } => {
                let value = |wanted: &str| {
                    attributes.iter().find(|a| a.name.as_deref() == Some(wanted)).map_or("", |a| &a.value)
                };
                if name == "x:sheet" {
                    let rid = value("r:id");
                    let stays = relationships.iter().any(|r| {
                        r.id == rid
                            && !r.external
                            && !r.path.is_empty()
                            && parts::edge(Part::Workbook, &r.relation)
                                .is_some_and(|(p, _)| parts::is_target(p, Target::Sheet))
                    });
                    book.sheets.push(stays.then_some(kept));
                    kept += usize::from(stays);
                } else if name == "x:definedName" {
                    let flag = ["function", "xlm", "vbProcedure", "macro"]
                        .iter()
                        .any(|f| matches!(value(f), "1" | "true"));
                    current = Some((value("name").to_owned(), flag, String::new()));
                }
            }
            Node::Text(text) => {
                if let Some((.., formula)) = &mut current {
                    formula.push_str(&text);
                }
            }
            Node::End => {
                if let Some((name, flag, formula)) = current.take() {
                    judge_name(name, flag, &formula, path, &mut book, ctx);
                }
            }
            Node::Eof => return Ok(book),
            Node::Start { .. } => {}
        }
    }
}

fn judge_name(name: String, flag: bool, formula: &str, path: &str, book: &mut Book, ctx: &mut Ctx<'_>) {
    let lower = name.to_lowercase();
    let bare = lower.trim_start_matches("_xlnm.");
    let automatic = ["auto_open", "auto_close", "auto_activate", "auto_deactivate"]
        .iter()
        .any(|auto| bare.starts_with(auto));
    let location = format!("{path} {name}");
    if automatic || flag {
        ctx.dropped(Threat::O11, "マクロを動かす名前の定義", location);
    } else if let formula::Verdict::Flatten(severity, _) = formula::check(formula, &[]) {
        ctx.report(Threat::O24, severity, Action::Dropped, "外部や未知の関数を使う名前の定義", location);
    } else {
        return;
    }
    book.gone.push(lower);
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

/// Path of a relationship target, lower case; `None` when it leaves the package.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or("");
    if target.contains("://") || target.contains('\\') || target.is_empty() {
        return None;
    }
    let mut segments: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|s| !s.is_empty()).collect()
    };
    for segment in target.split('/').filter(|s| !s.is_empty() && *s != ".") {
        if segment == ".." {
            segments.pop()?;
        } else {
            segments.push(segment);
        }
    }
    Some(normalise(&segments.join("/")))
}

/// Relative address of output part `to` as seen from output part `from`.
fn relative(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').collect();
    let to: Vec<&str> = to.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count().min(from.len() - 1);
    let mut out = "../".repeat(from.len() - 1 - shared);
    out.push_str(&to[shared..].join("/"));
    out
}

fn push_relationship(out: &mut String, relationship: &Relationship, target: &str, external: bool) {
    let mode = if external { " TargetMode=\"External\"" } else { "" };
    let mut escaped = Vec::new();
    super::value::escape_into(&mut escaped, target, true);
    let mut id = Vec::new();
    super::value::escape_into(&mut id, &relationship.id, true);
    out.push_str(&format!(
        "<Relationship Id=\"{}\" Type=\"{}\" Target=\"{}\"{mode}/>",
        String::from_utf8_lossy(&id),
        parts::relation_uri(&relationship.relation),
        String::from_utf8_lossy(&escaped)
    ));
}

fn relationships_xml(body: &[u8]) -> Vec<u8> {
    let mut out = b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">".to_vec();
    out.extend(body);
    out.extend(b"</Relationships>");
    out
}

const APPLICATION: &str = "docProps/app.xml";
const EXCEL: &[u8] = b"<Application>Microsoft Excel</Application>";

/// The only document property that is written, because it decides what a reader is shown.
fn made_by_excel() -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\">{}</Properties>",
        String::from_utf8_lossy(EXCEL)
    )
}

fn content_types_xml(outputs: &[Output], application: bool) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>",
    );
    let mut extensions: Vec<&str> = outputs.iter().filter_map(|o| o.name.rsplit('.').next()).collect();
    extensions.sort_unstable();
    extensions.dedup();
    for extension in extensions {
        let content_type = match extension {
            "jpg" => "image/jpeg",
            "png" => "image/png",
            "gif" => "image/gif",
            "bmp" => "image/bmp",
            "tif" => "image/tiff",
            "webp" => "image/webp",
            "vml" => "application/vnd.openxmlformats-officedocument.vmlDrawing",
            _ => continue,
        };
        out.push_str(&format!("<Default Extension=\"{extension}\" ContentType=\"{content_type}\"/>"));
    }
    for output in outputs.iter().filter(|o| o.name.ends_with(".xml")) {
        out.push_str(&format!(
            "<Override PartName=\"/{}\" ContentType=\"{}\"/>",
            output.name, output.content_type
        ));
    }
    if application {
        out.push_str(&format!(
            "<Override PartName=\"/{APPLICATION}\" ContentType=\"application/vnd.openxmlformats-officedocument.extended-properties+xml\"/>"
        ));
    }
    out.push_str("</Types>");
    out
}
