//! Word fields (O20): a first pass over a part decides about every piece of every field.
//!
//! A field is spread over runs and paragraphs: begin, instruction pieces, separate, result, end. Another program may
//! see other pieces than we do when branches of `mc:AlternateContent` or tracked changes cut through it, so a field
//! is only kept when all of its pieces lie in one branch and one kind of revision, nothing is nested in its
//! instruction, and the instruction is on the list. Otherwise its markers go and the cached result stays as text.

use std::borrow::Cow;

use super::bound::{Controls, Store};
use crate::{
    Refusal, Severity, Threat,
    ctx::Ctx,
    xml::{Node, Xml},
};

/// What to do with the n-th field piece (`w:fldChar`, `w:instrText`, `w:delInstrText`) or text (`w:t`) of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Keep,
    Drop,
    /// Text that takes the piece's place (a drawn check box).
    Text(String),
}

/// Decisions in document order.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) pieces: Vec<Piece>,
}

/// Elements that the plan counts.
pub(crate) fn is_counted(name: &str) -> bool {
    matches!(name, "w:fldChar" | "w:instrText" | "w:delInstrText" | "w:t" | "w:delText")
}

#[derive(Debug, Default)]
struct Field {
    pieces: Vec<usize>,
    instruction: String,
    branch: String,
    revision: Option<u8>,
    separated: bool,
    /// Words stand behind the separator.
    shown: bool,
    broken: bool,
    form: Option<Form>,
}

#[derive(Debug, Default, Clone)]
struct Form {
    checked: bool,
    is_check: bool,
    entries: Vec<String>,
    chosen: usize,
    is_list: bool,
}

/// Decision about an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    Flatten(Threat, Severity, &'static str),
}

/// Runs the first pass.
pub(crate) fn plan(text: &str, part: &str, stores: &[Store], ctx: &mut Ctx<'_>) -> Result<Plan, Refusal> {
    // Without fields and content controls every text stays as it is.
    if !["fldChar", "nstrText", "sdt"].iter().any(|name| text.contains(name)) {
        return Ok(Plan::default());
    }
    let mut state = State::default();
    let mut controls = Controls::default();
    let mut xml = Xml::new(text, part);
    loop {
        match xml.next(ctx)? {
            Node::Start { name, attributes, .. } => {
                let name = name.unwrap_or_default();
                let value = |wanted: &str| {
                    attributes
                        .iter()
                        .find(|a| a.name.as_deref() == Some(wanted))
                        .map(|a| a.value.as_ref().to_owned())
                };
                controls.start(&name, state.path.len(), value, stores, ctx);
                if name == "w:t" {
                    controls.piece(state.pieces.len());
                }
                state.start(name, value);
            }
            Node::Text(text) => {
                if state.path.last().is_some_and(|name| name == "w:t") {
                    controls.text(&text);
                }
                state.text(&text);
            }
            Node::End => {
                state.end();
                controls.end(state.path.len(), &mut state.pieces, part, ctx);
            }
            Node::Eof => break,
        }
    }
    let State { mut pieces, finished, .. } = state;
    for field in finished {
        settle(&field, &mut pieces, part, ctx);
    }
    Ok(Plan { pieces })
}

#[derive(Debug, Default)]
struct State<'a> {
    pieces: Vec<Piece>,
    /// One stack of open fields per story; a text box inside a field is a story of its own.
    stories: Vec<Vec<Field>>,
    path: Vec<Cow<'a, str>>,
    /// Which branch of which alternative we are in: `3.1/7.2`.
    branches: Vec<String>,
    alternatives: usize,
    branch_no: usize,
    in_instruction: bool,
    finished: Vec<Field>,
}

const STORIES: [&str; 6] = ["w:txbxContent", "w:footnote", "w:endnote", "w:comment", "w:hdr", "w:ftr"];

impl<'a> State<'a> {
    fn start(&mut self, name: Cow<'a, str>, value: impl Fn(&str) -> Option<String>) {
        if self.stories.is_empty() || STORIES.contains(&&*name) {
            self.stories.push(Vec::new());
        }
        match &*name {
            "mc:AlternateContent" => self.alternatives += 1,
            "mc:Choice" | "mc:Fallback" => {
                self.branch_no += 1;
                self.branches.push(self.branch_no.to_string());
            }
            "w:fldChar" => self.marker(value("w:fldCharType").as_deref()),
            "w:instrText" | "w:delInstrText" => {
                self.in_instruction = true;
                let revision = self.revision(name == "w:delInstrText");
                let (branch, at) = (self.branches.join("/"), self.pieces.len());
                self.pieces.push(Piece::Drop);
                if let Some(field) = self.open().filter(|f| !f.separated) {
                    field.pieces.push(at);
                    field.broken |= field.branch != branch || field.revision.is_some_and(|r| r != revision);
                    field.revision = Some(revision);
                }
            }
            "w:t" | "w:delText" => {
                let in_code = self.stories.last().is_some_and(|s| s.iter().any(|f| !f.separated));
                self.pieces.push(if in_code { Piece::Drop } else { Piece::Keep });
                if let Some(field) = self.open().filter(|f| !f.separated) {
                    field.broken = true;
                }
            }
            _ => self.form(&name, value),
        }
        self.path.push(name);
    }

    fn open(&mut self) -> Option<&mut Field> {
        self.stories.last_mut().and_then(|story| story.last_mut())
    }

    /// 0 ordinary, 1 inserted, 2 deleted.
    fn revision(&self, deleted: bool) -> u8 {
        let inside = |name: &str| self.path.iter().any(|p| p == name);
        if deleted || inside("w:del") || inside("w:moveFrom") {
            2
        } else {
            u8::from(inside("w:ins") || inside("w:moveTo"))
        }
    }

    fn marker(&mut self, kind: Option<&str>) {
        let at = self.pieces.len();
        self.pieces.push(Piece::Drop);
        let branch = self.branches.join("/");
        match kind {
            Some("begin") => {
                let Some(story) = self.stories.last_mut() else { return };
                // A field inside the instruction of another could assemble any instruction.
                let nested =
                    story.last_mut().filter(|f| !f.separated).map(|outer| outer.broken = true).is_some();
                story.push(Field { pieces: vec![at], branch, broken: nested, ..Field::default() });
            }
            Some("separate") => {
                if let Some(field) = self.open() {
                    field.broken |= field.separated || field.branch != branch;
                    field.separated = true;
                    field.pieces.push(at);
                }
            }
            _ => {
                if let Some(mut field) = self.stories.last_mut().and_then(Vec::pop) {
                    field.broken |= field.branch != branch;
                    field.pieces.push(at);
                    self.finished.push(field);
                }
            }
        }
    }

    fn form(&mut self, name: &str, value: impl Fn(&str) -> Option<String>) {
        let Some(field) = self.stories.last_mut().and_then(|s| s.last_mut()) else { return };
        let form = field.form.get_or_insert_default();
        match name {
            "w:checkBox" => form.is_check = true,
            "w:ddList" => form.is_list = true,
            "w:default" | "w:checked" if form.is_check => {
                form.checked = !matches!(value("w:val").as_deref(), Some("0" | "false" | "off"))
            }
            "w:default" | "w:result" if form.is_list => {
                form.chosen = value("w:val").and_then(|v| v.parse().ok()).unwrap_or(0)
            }
            "w:listEntry" => form.entries.push(value("w:val").unwrap_or_default()),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_instruction
            && let Some(field) = self.open().filter(|f| !f.separated)
        {
            field.instruction.push_str(text);
        }
        if !self.in_instruction && !text.trim().is_empty() {
            let story = self.stories.last_mut().into_iter().flatten();
            story.filter(|f| f.separated).for_each(|f| f.shown = true);
        }
    }

    fn end(&mut self) {
        let name = self.path.pop().unwrap_or_default();
        match &*name {
            "w:instrText" | "w:delInstrText" => self.in_instruction = false,
            "mc:Choice" | "mc:Fallback" => {
                self.branches.pop();
            }
            name if STORIES.contains(&name) || self.path.is_empty() => {
                let unfinished = self.stories.pop().unwrap_or_default();
                self.finished.extend(unfinished.into_iter().map(|field| Field { broken: true, ..field }));
            }
            _ => {}
        }
    }
}

/// Decides about one complete field and reports what was taken away.
fn settle(field: &Field, pieces: &mut [Piece], part: &str, ctx: &mut Ctx<'_>) {
    let verdict = match judge(&field.instruction) {
        Verdict::Keep if field.broken => {
            Verdict::Flatten(Threat::O20, Severity::Simplified, "組み立て式のフィールド")
        }
        other => other,
    };
    match verdict {
        Verdict::Keep => field.pieces.iter().for_each(|at| pieces[*at] = Piece::Keep),
        Verdict::Flatten(threat, severity, what) => {
            ctx.report(threat, severity, crate::Action::Flattened, what, part);
            if let (Some(form), Some(first)) = (&field.form, field.pieces.first()) {
                if form.is_check {
                    pieces[*first] = Piece::Text(if form.checked { "☑" } else { "☐" }.to_owned());
                } else if form.is_list && !field.shown {
                    pieces[*first] = Piece::Text(form.entries.get(form.chosen).cloned().unwrap_or_default());
                }
            }
        }
    }
}

/// Decides about an instruction text.
pub(crate) fn judge(instruction: &str) -> Verdict {
    let trimmed = instruction.trim();
    let word: String = if trimmed.starts_with('=') {
        "=".to_owned()
    } else {
        trimmed
            .split(|c: char| c.is_whitespace() || c == '"' || c == '\\')
            .next()
            .unwrap_or("")
            .to_uppercase()
    };
    let simple = trimmed.len() <= 4096 && trimmed.chars().all(|c| !c.is_control() && c != '|');
    match word.as_str() {
        "PAGE" | "NUMPAGES" | "SECTIONPAGES" | "SECTION" | "REF" | "PAGEREF" | "NOTEREF" | "SEQ"
        | "STYLEREF" | "TOC" | "TC" | "XE" | "INDEX" | "EQ" | "SYMBOL" | "=" | "IF" | "LISTNUM"
        | "AUTONUM" | "AUTONUMLGL" | "AUTONUMOUT" | "ADVANCE" | "QUOTE" | "DISPLAYBARCODE" => {
            let quotes_code = word == "QUOTE" && trimmed.chars().any(|c| c.is_ascii_digit());
            if simple && !quotes_code {
                Verdict::Keep
            } else {
                Verdict::Flatten(Threat::O20, Severity::Simplified, "フィールド")
            }
        }
        "HYPERLINK" => judge_link(trimmed[word.len()..].trim()),
        "FORMTEXT" | "FORMCHECKBOX" | "FORMDROPDOWN" => {
            Verdict::Flatten(Threat::O14, Severity::Simplified, "入力欄")
        }
        "DDE" | "DDEAUTO" => {
            Verdict::Flatten(Threat::O20, Severity::Active, "外部プログラムを呼ぶフィールド（DDE）")
        }
        "INCLUDETEXT" | "INCLUDEPICTURE" | "INCLUDE" | "IMPORT" | "LINK" | "DATABASE" | "RD" | "MERGEREC"
        | "HTMLCONTROL" | "HTMLACTIVEX" => {
            Verdict::Flatten(Threat::O20, Severity::External, "外部を読み込むフィールド")
        }
        "MACROBUTTON" | "GOTOBUTTON" | "CONTROL" | "ADDIN" | "DATA" | "PRINT" | "PRIVATE" | "EMBED"
        | "SHAPE" | "AUTOTEXT" | "AUTOTEXTLIST" | "ASK" | "FILLIN" => {
            Verdict::Flatten(Threat::O20, Severity::Active, "動作するフィールド")
        }
        _ => Verdict::Flatten(Threat::O20, Severity::Simplified, "フィールド"),
    }
}

/// `HYPERLINK \l "bookmark"` jumps inside the document; everything else leaves it.
fn judge_link(arguments: &str) -> Verdict {
    let inside = arguments.strip_prefix("\\l").is_some_and(|rest| {
        let rest = rest.trim();
        let (name, after) = match rest.strip_prefix('"').and_then(|r| r.split_once('"')) {
            Some(parts) => parts,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        let after = after.trim();
        !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && (after.is_empty() || after == "\\h")
    });
    if inside {
        Verdict::Keep
    } else {
        let scheme = arguments.trim_start_matches('"').to_ascii_lowercase();
        if scheme.starts_with("http://") || scheme.starts_with("https://") || scheme.starts_with("mailto:") {
            Verdict::Flatten(Threat::X10, Severity::Simplified, "リンク")
        } else {
            Verdict::Flatten(Threat::X10, Severity::External, "危険な行き先のリンク")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_judged_by_their_first_word() {
        for keep in [
            "PAGE",
            " page \\* MERGEFORMAT ",
            "TOC \\o \"1-3\" \\h",
            "=SUM(ABOVE)",
            "HYPERLINK \\l \"_Toc1\"",
            "EQ \\* jc2",
        ] {
            assert_eq!(judge(keep), Verdict::Keep, "{keep}");
        }
        for gone in [
            "DDEAUTO c:\\\\x",
            "dde a b",
            "INCLUDEPICTURE \"http://x\"",
            "HYPERLINK \"file:///x\"",
            "QUOTE 68 68 69",
            "BOOKMARK",
            "",
        ] {
            assert!(matches!(judge(gone), Verdict::Flatten(..)), "{gone}");
        }
    }
}
