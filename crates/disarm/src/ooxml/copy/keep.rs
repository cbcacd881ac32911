//! Which attributes, sheets, names and actions stay.

use std::borrow::Cow;

use super::{Copier, write_name};
use crate::{
    Action, Severity, Threat,
    ooxml::{
        field, formula,
        schema::{Class, Target, Type},
        value::{self, escape_into},
    },
    xml::Attribute,
};

impl Copier<'_, '_> {
    /// Writes the permitted attributes; `false` when the element cannot do without one that was refused.
    pub(super) fn attributes(&mut self, row: &'static Type, attributes: &[Attribute<'_>]) -> bool {
        let essential = |class: Class| matches!(class, Class::Rid(_, true));
        let mut complete =
            row.name == "v:imagedata" || !row.attributes.iter().any(|(_, class)| essential(*class));
        for attribute in attributes {
            let kept = attribute.name.as_deref().and_then(|name| row.attribute(name));
            let Some((name, class)) = kept else { continue };
            complete |= essential(class);
            let Some(value) = self.attribute(row, name, class, &attribute.value) else {
                if essential(class) {
                    return false;
                }
                continue;
            };
            self.out.push(b' ');
            write_name(&mut self.out, name);
            self.out.extend(b"=\"");
            escape_into(&mut self.out, &value, true);
            self.out.push(b'"');
        }
        complete
    }

    pub(super) fn attribute<'v>(
        &mut self,
        row: &Type,
        name: &str,
        class: Class,
        value: &'v str,
    ) -> Option<Cow<'v, str>> {
        match class {
            // PowerPoint and SmartArt write an empty id where none is needed.
            Class::Rid(_, false) if value.is_empty() => Some(Cow::Borrowed("")),
            Class::Rid(Target::Link, _) => {
                self.links.link(value, self.part, self.ctx).then_some(Cow::Borrowed(value))
            }
            Class::Rid(target, _) => self.links.want(value, target).then_some(Cow::Borrowed(value)),
            Class::Formula => {
                let plain = formula::check(value.trim_start_matches('#'), &self.book.gone);
                (plain == formula::Verdict::Safe).then_some(Cow::Borrowed(value))
            }
            Class::Field => (field::judge(value) == field::Verdict::Keep).then_some(Cow::Borrowed(value)),
            Class::Action => Some(Cow::Borrowed(value)).filter(|v| is_jump(v)),
            // Strict files write shares as 50 %, Transitional ones in thousandths or as they are.
            Class::Token if value.ends_with('%') && row.name.starts_with(['a', 'c']) => {
                let share: f64 = value.trim_end_matches('%').parse().ok()?;
                let unit = if row.name.starts_with("a:") { 1000.0 } else { 1.0 };
                Some(Cow::Owned(format!("{:.0}", share.clamp(-1e6, 1e6) * unit)))
            }
            Class::Text => value::fits(class, value).then_some(Cow::Borrowed(value)),
            Class::Token if matches!(name, "ProgID" | "progId") => embedded_class(value).map(Cow::Borrowed),
            Class::Token if row.name == "o:OLEObject" && name == "Type" => Some(Cow::Borrowed("Embed")),
            Class::Token if row.name == "x:definedName" && name == "localSheetId" => {
                let old: usize = value.parse().ok()?;
                Some(Cow::Owned(self.book.sheets.get(old).copied().flatten()?.to_string()))
            }
            _ => value::fits(class, value.trim()).then_some(Cow::Borrowed(value)),
        }
    }

    /// The sheet's new drawing stands before its VML part.
    pub(super) fn new_drawing(&mut self) {
        if let Some(id) = self.additions.drawing.take() {
            self.out.extend(format!("<drawing r:id=\"{id}\"/>").bytes());
            self.links.want(id, Target::Drawing);
        }
    }

    pub(super) fn keep_sheet(&mut self, rid: Option<&str>, name: Option<&str>, state: Option<&str>) -> bool {
        let kept = rid.is_some_and(|rid| !rid.is_empty() && self.links.has(rid, Target::Sheet));
        let name = name.unwrap_or("");
        if !kept {
            self.skipping = 1;
        } else if state.is_some_and(|s| s != "visible") {
            self.ctx.report(Threat::O32, Severity::Hidden, Action::Kept, "非表示のシート", name);
        }
        kept
    }

    pub(super) fn keep_name(&mut self, attributes: &[Attribute<'_>]) -> bool {
        let name = attributes.iter().find(|a| a.name.as_deref() == Some("name")).map_or("", |a| &a.value);
        let scope = attributes.iter().find(|a| a.name.as_deref() == Some("localSheetId"));
        let orphan = scope.is_some_and(|s| {
            s.value.parse::<usize>().ok().and_then(|i| self.book.sheets.get(i).copied().flatten()).is_none()
        });
        let kept = !orphan && !self.book.gone.contains(&name.to_lowercase());
        if !kept {
            self.skipping = 1;
        }
        kept
    }

    /// Click actions: jumps inside the show and, by rule, web links.
    pub(super) fn keep_action(&mut self, element: &str, action: Option<&str>, rid: Option<&str>) -> bool {
        let rid = rid.unwrap_or("");
        let action = action.unwrap_or("");
        let kept = if action.is_empty() {
            element == "a:hlinkClick" && !rid.is_empty() && self.links.link(rid, self.part, self.ctx)
        } else if is_jump(action) {
            rid.is_empty() || self.links.want(rid, Target::Link)
        } else {
            let (threat, severity, what) = if action.starts_with("ppaction://media") {
                (Threat::O28, Severity::Simplified, "音声・動画")
            } else if action.starts_with("ppaction://customshow") || action.starts_with("ppaction://noaction")
            {
                (Threat::O16, Severity::Simplified, "クリック時の動作")
            } else if action.starts_with("ppaction://hlinkfile") || action.starts_with("ppaction://hlinkpres")
            {
                (Threat::O16, Severity::External, "外部ファイルを開く動作")
            } else {
                (Threat::O16, Severity::Active, "プログラムを動かす動作")
            };
            self.ctx.report(threat, severity, Action::Dropped, what, self.part);
            false
        };
        if !kept {
            self.skipping = 1;
        }
        kept
    }

    pub(super) fn notice_hidden<'v>(&mut self, name: &str, value: &impl Fn(&str) -> Option<&'v str>) {
        let off = |v: Option<&str>| matches!(v, Some("0" | "false" | "off"));
        let on = |v: Option<&str>| matches!(v, Some("1" | "true" | "on"));
        let what = match name {
            "w:vanish" if !off(value("w:val")) => "隠し文字",
            "w:ins" | "w:del" | "w:moveFrom" | "w:moveTo" => "変更履歴",
            "w:comment" | "x:comment" | "p:cm" => "コメント",
            "p:sld" if off(value("show")) => "非表示のスライド",
            "x:row" | "x:col" if on(value("hidden")) => "非表示の行・列",
            _ => return,
        };
        self.ctx.report(Threat::O32, Severity::Hidden, Action::Kept, what, self.part);
    }
}

/// Programs that open rebuilt documents, by the names that embedded objects carry; macro-enabled ones become plain.
fn embedded_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "Word.Document.12" | "Word.DocumentMacroEnabled.12" => "Word.Document.12",
        "Excel.Sheet.12" | "Excel.SheetMacroEnabled.12" | "Worksheet" => "Excel.Sheet.12",
        "PowerPoint.Show.12" | "PowerPoint.ShowMacroEnabled.12" => "PowerPoint.Show.12",
        "PowerPoint.Slide.12" | "PowerPoint.SlideMacroEnabled.12" => "PowerPoint.Slide.12",
        _ => return None,
    })
}

fn is_jump(action: &str) -> bool {
    action == "ppaction://hlinksldjump"
        || action.strip_prefix("ppaction://hlinkshowjump?jump=").is_some_and(|jump| {
            ["nextslide", "previousslide", "firstslide", "lastslide", "lastslideviewed", "endshow"]
                .contains(&jump)
        })
}
