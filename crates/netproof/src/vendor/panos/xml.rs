//! Exported XML as the same tree: `<entry name="x">` and `<member>x</member>` become children called `x`.

use super::tree::{LIMIT_DEPTH, Tree};

/// Parses the lines of an exported configuration. What is not well formed ends the tree there; the lines after it
/// belong to no section and stay unknown.
pub(super) fn parse(lines: &[String]) -> Tree {
    let mut stack = vec![Tree::default()];
    let mut text = String::new();
    for (line, raw) in (1u32..).zip(lines) {
        let mut rest = raw.as_str();
        while !rest.is_empty() {
            let Some(open) = rest.find('<') else {
                text.push_str(rest.trim());
                break;
            };
            text.push_str(rest[..open].trim());
            let Some(close) = rest[open..].find('>').map(|at| open + at) else { break };
            element(&mut stack, &mut text, &rest[open + 1..close], line);
            rest = &rest[close + 1..];
            if stack.len() > LIMIT_DEPTH {
                return Tree::default();
            }
        }
    }
    // Elements that never end cover no line: a file that was cut off is not understood.
    while stack.len() > 1 {
        close(&mut stack, 0);
    }
    stack.pop().unwrap_or_default()
}

fn element(stack: &mut Vec<Tree>, text: &mut String, tag: &str, line: u32) {
    if tag.starts_with(['?', '!']) {
        return;
    }
    if tag.starts_with('/') {
        let value = unescape(&std::mem::take(text));
        if let (false, Some(top)) = (value.is_empty(), stack.last_mut()) {
            if top.name == "member" {
                top.name = value;
            } else {
                top.children.push(Tree::new(&value, line));
            }
        }
        if stack.len() > 1 {
            close(stack, line);
        }
        return;
    }
    text.clear();
    let empty = tag.ends_with('/');
    let tag = tag.trim_end_matches('/').trim();
    let word = tag.split_whitespace().next().unwrap_or_default();
    let name = match (word, attribute(tag, "name")) {
        ("entry", Some(name)) => unescape(name),
        _ => word.to_owned(),
    };
    stack.push(Tree::new(&name, line));
    if empty {
        close(stack, line);
    }
}

fn attribute<'a>(tag: &'a str, key: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {key}="))? + key.len() + 2;
    let quote = tag[at..].chars().next()?;
    let value = &tag[at + 1..];
    value.find(quote).map(|end| &value[..end])
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn close(stack: &mut Vec<Tree>, last: u32) {
    let Some(mut done) = stack.pop() else { return };
    done.last = last;
    if let Some(parent) = stack.last_mut() {
        parent.children.push(done);
    }
}
