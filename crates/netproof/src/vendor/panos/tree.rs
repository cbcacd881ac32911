//! One tree for both spellings: every word is a child of the word before it.

/// A word with what stands under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) last: u32,
    pub(super) children: Vec<Tree>,
}

impl Tree {
    pub(super) fn new(name: &str, line: u32) -> Self {
        Self { name: name.to_owned(), line, last: line, children: Vec::new() }
    }

    /// Child by name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// Descendant by names.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |t, name| t.get(name))
    }

    /// Names of the children of a child: the values of an attribute.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        self.get(name).map(|t| t.children.iter().map(|c| c.name.clone()).collect()).unwrap_or_default()
    }

    /// Single value of an attribute.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.get(name)?.children.first().map(|c| c.name.as_str())
    }

    /// Whether an attribute is `yes`.
    pub(super) fn yes(&self, name: &str) -> bool {
        self.word(name) == Some("yes")
    }

    fn child(&mut self, name: &str, line: u32) -> &mut Self {
        let at = match self.children.iter().position(|c| c.name == name) {
            Some(at) => at,
            None => {
                self.children.push(Self::new(name, line));
                self.children.len() - 1
            }
        };
        &mut self.children[at]
    }
}

/// Deepest nesting that is followed.
pub(super) const LIMIT_DEPTH: usize = 64;

fn words(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                if !quoted && word.is_empty() {
                    out.push(String::new());
                }
            }
            '{' | '}' | ';' | '[' | ']' if !quoted => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
                out.push(c.to_string());
            }
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// Parses either spelling.
pub(super) fn parse(lines: &[String]) -> Tree {
    if lines.iter().any(|l| l.trim_start().starts_with("<config")) {
        super::xml::parse(lines)
    } else if lines.iter().any(|l| l.starts_with("set ")) {
        parse_set(lines)
    } else {
        parse_braces(lines)
    }
}

fn parse_set(lines: &[String]) -> Tree {
    let mut root = Tree::default();
    for (line, text) in (1u32..).zip(lines) {
        let all = words(text);
        if all.first().map(String::as_str) != Some("set") {
            continue;
        }
        let mut at = &mut root;
        let mut list = false;
        let mut depth = 0;
        for word in all[1..].iter() {
            match word.as_str() {
                "[" => list = true,
                "]" => list = false,
                name if list => {
                    at.child(name, line);
                }
                name => {
                    depth += 1;
                    if depth > LIMIT_DEPTH {
                        break;
                    }
                    at = at.child(name, line);
                }
            }
        }
    }
    root
}

fn parse_braces(lines: &[String]) -> Tree {
    let mut stack = vec![Tree::default()];
    // Words of the statement being read: a key and its values.
    let mut statement: Vec<(String, u32)> = Vec::new();
    for (line, text) in (1u32..).zip(lines) {
        for word in words(text) {
            match word.as_str() {
                "{" => {
                    let (name, from) = statement.pop().unwrap_or((String::new(), line));
                    statement.clear();
                    stack.push(Tree::new(&name, from));
                }
                "}" => {
                    flush(&mut stack, &mut statement, line);
                    if stack.len() > 1 {
                        close(&mut stack, line);
                    }
                }
                ";" => flush(&mut stack, &mut statement, line),
                "[" | "]" => {}
                _ => statement.push((word, line)),
            }
            if stack.len() > LIMIT_DEPTH {
                return Tree::default();
            }
        }
    }
    // Sections that never end cover no line: a file that was cut off is not understood.
    while stack.len() > 1 {
        close(&mut stack, 0);
    }
    stack.pop().unwrap_or_default()
}

fn close(stack: &mut Vec<Tree>, last: u32) {
    let Some(mut done) = stack.pop() else { return };
    done.last = last;
    if let Some(parent) = stack.last_mut() {
        parent.children.push(done);
    }
}

fn flush(stack: &mut [Tree], statement: &mut Vec<(String, u32)>, last: u32) {
    if let (Some((name, line)), Some(top)) = (statement.first().cloned(), stack.last_mut()) {
        let mut tree = Tree::new(&name, line);
        tree.last = last;
        tree.children = statement[1..].iter().map(|(w, l)| Tree::new(w, *l)).collect();
        top.children.push(tree);
    }
    statement.clear();
}
