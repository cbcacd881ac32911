//! The 新旧対照表 as an HTML fragment: one table that reads in order without colours.

use super::{Rows, Run, Side};
use crate::render::escape;

/// A `<table>` with caption and scoped headings. Changes are `<ins>` and `<del>`, and each row says in words what
/// happened; styling is left to the page.
pub fn html(rows: &Rows) -> String {
    let mut out = String::new();
    out.push_str("<table class=\"shinkyu\">\n<caption>");
    escape(&rows.title, &mut out);
    out.push_str("</caption>\n<thead><tr><th scope=\"col\">");
    escape(&rows.new_caption, &mut out);
    out.push_str("</th><th scope=\"col\">");
    escape(&rows.old_caption, &mut out);
    out.push_str("</th><th scope=\"col\">区分</th></tr></thead>\n<tbody>\n");
    for row in &rows.rows {
        out.push_str("<tr><td>");
        side(row.new.as_ref(), "ins", &mut out);
        out.push_str("</td><td>");
        side(row.old.as_ref(), "del", &mut out);
        out.push_str("</td><td>");
        out.push_str(row.change.ja());
        out.push_str("</td></tr>\n");
    }
    if rows.rows.is_empty() {
        out.push_str("<tr><td colspan=\"3\">変更された条項はありません。</td></tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
    out
}

fn side(side: Option<&Side>, mark: &str, out: &mut String) {
    let Some(side) = side else {
        out.push_str("（なし）");
        return;
    };
    out.push_str("<p><strong>");
    run(&Run { text: side.label.clone(), changed: side.label_changed }, mark, out);
    out.push_str("</strong> ");
    for piece in &side.runs {
        run(piece, mark, out);
    }
    out.push_str("</p>");
}

fn run(run: &Run, mark: &str, out: &mut String) {
    for (at, line) in run.text.split('\n').enumerate() {
        if at > 0 {
            out.push_str("<br>");
        }
        if line.is_empty() {
            continue;
        }
        if run.changed {
            out.push_str(&format!("<{mark}>"));
        }
        escape(line, out);
        if run.changed {
            out.push_str(&format!("</{mark}>"));
        }
    }
}
