//! Turns the readable allow-list `tables/ooxml.table` into constant data, so that a worker that lives for one file
//! spends no time on reading it. A row that makes no sense fails the build.

use std::{collections::BTreeMap, env, error::Error, fmt::Write as _, fs, path::Path};

#[derive(Default)]
struct Row<'a> {
    text: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
    children: Vec<&'a str>,
    needs: Vec<&'a str>,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=tables/ooxml.table");
    let table = fs::read_to_string("tables/ooxml.table")?;
    let mut rows: BTreeMap<&str, Row<'_>> = BTreeMap::new();
    let (mut namespaces, mut roots) = (Vec::new(), Vec::new());
    let mut current = None;
    for line in table.lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some("#") => {}
            Some("ns") => namespaces.push((words.next().ok_or("prefix")?, words.next().ok_or("uri")?)),
            Some("root") => roots.push(words.next().ok_or("root")?),
            Some("type") => {
                let name = words.next().ok_or("type name")?;
                rows.insert(name, Row { text: words.next().ok_or("text class")?, ..Row::default() });
                current = Some(name);
            }
            mark => {
                let row = current.and_then(|name| rows.get_mut(name)).ok_or("row before any type")?;
                match mark {
                    Some("@") => {
                        row.attributes.insert(words.next().ok_or("attribute")?, words.next().ok_or("class")?);
                    }
                    Some(">") => row.children.extend(words),
                    Some("!") => row.needs.extend(words),
                    other => return Err(format!("unknown line {other:?}").into()),
                }
            }
        }
    }
    let out = Path::new(&env::var_os("OUT_DIR").ok_or("OUT_DIR")?).join("ooxml_table.rs");
    fs::write(out, generate(&rows, &namespaces, &roots)?)?;
    Ok(())
}

fn generate(
    rows: &BTreeMap<&str, Row<'_>>,
    namespaces: &[(&str, &str)],
    roots: &[&str],
) -> Result<String, Box<dyn Error>> {
    let index: BTreeMap<&str, usize> = rows.keys().enumerate().map(|(i, name)| (*name, i)).collect();
    let mut out = String::new();
    writeln!(out, "pub(crate) static NAMESPACES: &[(&str, &str)] = &{namespaces:?};")?;
    writeln!(out, "pub(crate) static TYPES: &[Type] = &[")?;
    for (name, row) in rows {
        let element = element(name)?;
        write!(out, "Type {{ name: {element:?}, text: {}, attributes: &[", class(row.text)?)?;
        for (attribute, value) in &row.attributes {
            write!(out, "({attribute:?}, {}),", class(value)?)?;
        }
        write!(out, "], children: &[")?;
        let mut children = BTreeMap::new();
        for child in &row.children {
            children.insert(
                self::element(child)?,
                index.get(child).ok_or_else(|| format!("no row for {child}"))?,
            );
        }
        for (child, at) in children {
            write!(out, "({child:?}, {at}),")?;
        }
        writeln!(out, "], needs: &{:?} }},", row.needs)?;
    }
    writeln!(out, "];")?;
    writeln!(out, "pub(crate) static ROOTS: &[(&str, u16)] = &[")?;
    let mut sorted = BTreeMap::new();
    for root in roots {
        sorted.insert(element(root)?, index.get(root).ok_or("root without row")?);
    }
    for (root, at) in sorted {
        writeln!(out, "({root:?}, {at}),")?;
    }
    writeln!(out, "];")?;
    Ok(out)
}

fn element(name: &str) -> Result<&str, Box<dyn Error>> {
    Ok(name.split_once('/').ok_or("type name without element")?.1)
}

fn class(word: &str) -> Result<String, Box<dyn Error>> {
    if let Some(kind) = word.strip_prefix("rid:") {
        let (kind, required) = kind.strip_suffix('!').map_or((kind, false), |kind| (kind, true));
        return Ok(format!("Class::Rid(Target::{}, {required})", camel(kind)));
    }
    Ok(match word {
        "-" => "Class::Nothing".to_owned(),
        "token" | "tokens" | "text" | "path" | "style" | "cells" | "formula" | "field" | "action"
        | "graphic" | "base64" => format!("Class::{}", camel(word)),
        other => return Err(format!("unknown class {other}").into()),
    })
}

fn camel(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}
