//! The workbook as a whole, read before any sheet is copied: which sheets and names stay (O11, O24).

use super::{
    bound::Store,
    formula,
    links::Relationship,
    parts::{self, Part},
    schema::Target,
};
use crate::{
    Action, Refusal, Threat,
    ctx::Ctx,
    xml::{Node, Xml},
};

/// What of the whole file its parts depend on.
#[derive(Debug, Default, Clone)]
pub(crate) struct Book {
    /// Defined names that were dropped, in lower case.
    pub(crate) gone: Vec<String>,
    /// New index of every sheet of the input; `None` for dropped ones.
    pub(crate) sheets: Vec<Option<usize>>,
    /// Data that content controls are bound to.
    pub(crate) stores: Vec<Store>,
}

/// Reads which sheets and names of a workbook stay, before any formula is judged.
pub(super) fn plan(
    text: &str,
    path: &str,
    relationships: &[Relationship],
    ctx: &mut Ctx<'_>,
) -> Result<Book, Refusal> {
    let mut book = Book::default();
    let mut reader = Xml::new(text, path);
    let mut current: Option<(String, bool, String)> = None;
    let mut kept = 0;
    // Whether each open element is where the list of sheets stands: what is in a branch may be lost with it.
    let mut listed: Vec<bool> = Vec::new();
    loop {
        match reader.next(ctx)? {
            Node::Start { name: Some(name), attributes, .. } => {
                let in_list = listed.len() == 2 && listed[1];
                listed.push(listed.len() == 1 && name == "x:sheets");
                let value = |wanted: &str| {
                    attributes.iter().find(|a| a.name.as_deref() == Some(wanted)).map_or("", |a| &a.value)
                };
                if name == "x:sheet" && in_list {
                    let rid = value("r:id");
                    let stays = relationships.iter().any(|r| {
                        r.id == rid
                            && !rid.is_empty()
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
                listed.pop();
                if let Some((name, flag, formula)) = current.take() {
                    judge_name(name, flag, &formula, path, &mut book, ctx);
                }
            }
            Node::Eof => return Ok(book),
            Node::Start { .. } => listed.push(false),
        }
    }
}

pub(super) fn judge_name(
    name: String,
    flag: bool,
    formula: &str,
    path: &str,
    book: &mut Book,
    ctx: &mut Ctx<'_>,
) {
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
