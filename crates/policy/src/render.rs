//! What leaves the city: a static page for its web site, and the text that is hashed and frozen.

use crate::check::own_step;
use crate::model::{Clause, Document, Revision};
use sekisho_domain::date::{Date, wareki};
use std::collections::{HashMap, HashSet};

/// Style of the published page: readable at 200 %, on a telephone, and on A4 paper. Nothing is loaded from elsewhere.
const CSS: &str = "
:root{color-scheme:light}
body{margin:0 auto;padding:1rem;max-width:48rem;font-family:'Noto Sans JP','Hiragino Sans','Yu Gothic',sans-serif;font-size:1rem;line-height:1.8;color:#1a1a1c;background:#fff;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.5}h2{font-size:1.3rem;border-bottom:1px solid #767676;margin-top:2.5rem}h3{font-size:1.15rem}h4,h5,h6{font-size:1rem}
ol,ul{list-style:none;padding-left:1.5rem;margin:.5rem 0}li{margin:.4rem 0}section section{padding-left:1rem}
.no{font-weight:bold;margin-right:.75em}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top}caption{text-align:left;font-weight:bold}
.skip{position:absolute;left:-999rem}.skip:focus{position:static}
a{color:#0017c1}a:focus-visible{outline:3px solid #000;outline-offset:2px;background:#ffd43d}
@media print{@page{size:A4;margin:20mm}body{max-width:none;padding:0;font-size:10.5pt;font-family:'Noto Serif JP','Yu Mincho',serif}.skip,nav{display:none}h2,h3,h4{break-after:avoid}a{color:inherit;text-decoration:none}}
";

/// A complete, accessible page of the clauses that `is_public` lets through. What stands below a clause that is held
/// back is held back with it, and the page says that something is.
pub fn html(document: &Document, is_public: impl Fn(&Clause) -> bool) -> String {
    let page = Page::new(document, is_public);
    let title = document.title.as_deref().unwrap_or("情報セキュリティポリシー");
    let mut out = String::from(
        "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
    );
    escape(title, &mut out);
    out.push_str("</title>\n<style>");
    out.push_str(CSS);
    out.push_str(
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#honbun\">本文へ移動</a>\n<header>\n<h1>",
    );
    escape(title, &mut out);
    out.push_str("</h1>\n");
    dates(document, &mut out);
    out.push_str("</header>\n");
    page.contents(&mut out);
    out.push_str("<main id=\"honbun\">\n");
    page.list(None, 2, &mut out);
    if page.withheld {
        out.push_str("<p>一部の条項は公開していません。</p>\n");
    }
    history(&document.revisions, &mut out);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn dates(document: &Document, out: &mut String) {
    for (word, date) in [("制定", document.adopted), ("改定", document.revised)] {
        if let Some(date) = date {
            out.push_str(&format!("<p>{word} <time datetime=\"{date}\">{}</time></p>\n", wareki(date)));
        }
    }
}

/// The clauses that are shown, by their parents.
pub(crate) struct Page<'d> {
    /// By the id of the parent; the top level is under the empty id.
    children: HashMap<&'d str, Vec<&'d Clause>>,
    pub(crate) withheld: bool,
}

/// The clauses that leave the city, in the order of the document. Parents stand before their children; a clause whose
/// parent is unknown is not shown.
pub(crate) fn shown(document: &Document, is_public: impl Fn(&Clause) -> bool) -> Vec<&Clause> {
    let mut ids: HashSet<&str> = HashSet::new();
    let mut shown = Vec::new();
    for clause in &document.clauses {
        if clause.parent.as_deref().is_none_or(|p| ids.contains(p)) && is_public(clause) {
            ids.insert(&clause.id);
            shown.push(clause);
        }
    }
    shown
}

impl<'d> Page<'d> {
    pub(crate) fn new(document: &'d Document, is_public: impl Fn(&Clause) -> bool) -> Self {
        let shown = shown(document, is_public);
        let withheld = shown.len() < document.clauses.len();
        let mut children: HashMap<&str, Vec<&Clause>> = HashMap::new();
        for clause in shown {
            children.entry(clause.parent.as_deref().unwrap_or_default()).or_default().push(clause);
        }
        Self { children, withheld }
    }

    pub(crate) fn below(&self, clause: Option<&str>) -> &[&'d Clause] {
        self.children.get(clause.unwrap_or_default()).map_or(&[], Vec::as_slice)
    }

    fn contents(&self, out: &mut String) {
        let headed: Vec<&&Clause> = self.below(None).iter().filter(|c| c.heading.is_some()).collect();
        if headed.len() < 2 {
            return;
        }
        out.push_str("<nav aria-labelledby=\"mokuji\">\n<h2 id=\"mokuji\">目次</h2>\n<ul>\n");
        for clause in headed {
            out.push_str("<li><a href=\"#");
            escape(&clause.id, out);
            out.push_str("\">");
            let heading = clause.heading.as_deref().unwrap_or_default();
            number(clause, None, heading, out);
            escape(heading, out);
            out.push_str("</a></li>\n");
        }
        out.push_str("</ul>\n</nav>\n");
    }

    /// Clauses with a heading are sections; runs of others are list items.
    fn list(&self, parent: Option<&Clause>, level: usize, out: &mut String) {
        let clauses = self.below(parent.map(|p| p.id.as_str()));
        let mut in_list = false;
        for clause in clauses {
            let section = clause.heading.is_some() || parent.is_none();
            if section == in_list {
                out.push_str(if in_list { "</ol>\n" } else { "<ol role=\"list\">\n" });
                in_list = !in_list;
            }
            if section {
                self.section(clause, parent, level, out)
            } else {
                self.item(clause, parent, level, out)
            }
        }
        if in_list {
            out.push_str("</ol>\n");
        }
    }

    fn section(&self, clause: &Clause, parent: Option<&Clause>, level: usize, out: &mut String) {
        let tag = level.min(6);
        let heading = clause.heading.as_deref().unwrap_or_default();
        out.push_str("<section aria-labelledby=\"");
        escape(&clause.id, out);
        out.push_str(&format!("\">\n<h{tag} id=\""));
        escape(&clause.id, out);
        out.push_str("\">");
        number(clause, parent, heading, out);
        escape(heading, out);
        out.push_str(&format!("</h{tag}>\n"));
        paragraphs(clause.body(), out);
        self.list(Some(clause), level + 1, out);
        out.push_str("</section>\n");
    }

    fn item(&self, clause: &Clause, parent: Option<&Clause>, level: usize, out: &mut String) {
        out.push_str("<li id=\"");
        escape(&clause.id, out);
        out.push_str("\">");
        number(clause, parent, "", out);
        let mut lines = clause.text.lines();
        escape(lines.next().unwrap_or_default(), out);
        out.push('\n');
        lines.for_each(|l| paragraphs(l, out));
        self.list(Some(clause), level, out);
        out.push_str("</li>\n");
    }
}

/// The number before a text; nothing where the heading is the name (附則, 前文).
fn number(clause: &Clause, parent: Option<&Clause>, heading: &str, out: &mut String) {
    let step = own_step(clause, parent);
    let named =
        !clause.is_numbered() || crate::text::squeeze(heading).starts_with(&crate::text::squeeze(step));
    if !named || heading.is_empty() {
        out.push_str("<span class=\"no\">");
        escape(step, out);
        out.push_str("</span>");
    }
}

fn paragraphs(text: &str, out: &mut String) {
    for line in text.lines().filter(|l| !l.is_empty()) {
        out.push_str("<p>");
        escape(line, out);
        out.push_str("</p>\n");
    }
}

fn history(revisions: &[Revision], out: &mut String) {
    if revisions.is_empty() {
        return;
    }
    out.push_str("<table>\n<caption>改定履歴</caption>\n<thead><tr><th scope=\"col\">版</th><th scope=\"col\">改定日</th><th scope=\"col\">施行日</th><th scope=\"col\">改定箇所</th><th scope=\"col\">改定内容</th></tr></thead>\n<tbody>\n");
    for revision in revisions {
        out.push_str("<tr>");
        for cell in cells(revision) {
            out.push_str("<td>");
            escape(&cell, out);
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn cells(revision: &Revision) -> [String; 5] {
    let date = |d: Option<Date>| d.map(wareki).unwrap_or_default();
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    [
        text(&revision.version),
        date(revision.revised_on),
        date(revision.effective_on),
        text(&revision.sections),
        text(&revision.summary),
    ]
}

/// Escapes text for HTML and XML; characters that XML cannot hold are left out.
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if (c as u32) < 0x20 || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => out.push(c),
        }
    }
}

/// The text of a document in one fixed form, to be hashed and frozen byte for byte: Markdown, UTF-8, line feeds, a
/// blank line between paragraphs, numbers in the spelling of the labels. Warnings, terms and lines are not part of
/// it. Read as Markdown it gives the same document, and the same text again.
pub fn canonical(document: &Document) -> String {
    let mut blocks: Vec<String> = Vec::new();
    blocks.extend(document.title.as_ref().map(|t| format!("# {t}")));
    blocks.extend(document.adopted.map(|d| format!("制定 {}", wareki(d))));
    blocks.extend(document.revised.map(|d| format!("改定 {}", wareki(d))));
    if !document.revisions.is_empty() {
        let mut table = String::from("改定履歴\n\n版\t改定日\t施行日\t改定箇所\t改定内容");
        for revision in &document.revisions {
            let cells = cells(revision).map(|c| if c.is_empty() { "-".to_owned() } else { c });
            table.push_str(&format!("\n{}", cells.join("\t")));
        }
        blocks.push(table);
    }
    let ids: HashMap<&str, &Clause> = document.clauses.iter().map(|c| (c.id.as_str(), c)).collect();
    for clause in &document.clauses {
        let parent = clause.parent.as_deref().and_then(|p| ids.get(p).copied());
        clause_blocks(clause, parent, &mut blocks);
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

fn clause_blocks(clause: &Clause, parent: Option<&Clause>, blocks: &mut Vec<String>) {
    let step = own_step(clause, parent);
    let mut lines = clause.text.lines();
    if clause.id == "preamble" || clause.is_deleted_range() {
    } else if !clause.is_numbered() {
        lines.next();
        blocks.push(format!("## {}", clause.heading.as_deref().unwrap_or(&clause.label)));
    } else if clause.heading.is_some() && step.starts_with('第') && step.contains('条') {
        lines.next();
        let heading = clause.heading.as_deref().unwrap_or_default();
        blocks.push(
            format!("（{heading}）\n{step} {}", lines.next().unwrap_or_default()).trim_end().to_owned(),
        );
    } else if clause.id.starts_with("sup") && parent.is_none() || clause.id.starts_with("annex") {
        blocks.push(lines.next().unwrap_or(step).to_owned());
    } else {
        blocks.push(format!("{step} {}", lines.next().unwrap_or_default()).trim_end().to_owned());
    }
    // The indent of a paragraph keeps it apart from the line before.
    blocks.extend(lines.map(|l| format!("　{l}")));
}
