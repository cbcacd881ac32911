//! Real and LibreOffice-made workbooks before and after, read by calamine: the same sheets, the same value in every
//! cell, the same merged ranges. Needs `SEKISHO_LONG=1` and folders in `SEKISHO_XLS` (separated by `:`).
#![allow(clippy::print_stderr, clippy::panic, reason = "an on-demand comparison speaks to its developer")]

use std::{
    collections::BTreeMap,
    io::Cursor,
    path::{Path, PathBuf},
};

use calamine::{Data, Reader, SheetType, Xls, Xlsx};
use sekisho_disarm::{Limits, Outcome, Report, Ruleset, Secrets, disarm};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("xls")) {
            out.push(path);
        }
    }
}

/// A value as both readers must see it. Numbers agree to the last bit that a decimal text can carry.
fn shown(value: &Data) -> String {
    match value {
        Data::Int(v) => format!("{}", *v as f64),
        Data::Float(v) => format!("{v}"),
        Data::DateTime(v) => format!("{}", v.as_f64()),
        Data::String(v) => v.replace("\r\n", "\n"),
        Data::Bool(v) => v.to_string(),
        Data::Error(v) => format!("{v:?}"),
        other => format!("{other}"),
    }
}

type Cells = BTreeMap<(u32, u32), String>;

fn cells(range: &calamine::Range<Data>) -> Cells {
    let (top, left) = range.start().unwrap_or((0, 0));
    range
        .used_cells()
        .map(|(r, c, v)| ((top + r as u32, left + c as u32), shown(v)))
        .filter(|(_, v)| !v.is_empty())
        .collect()
}

/// Everything that differs; a threat in the report explains its own loss only.
fn differences(before: &[u8], after: &[u8], report: &Report) -> Vec<String> {
    let Ok(mut old) = Xls::new(Cursor::new(before)) else { return vec!["calamine cannot read it".into()] };
    let mut new: Xlsx<_> = Xlsx::new(Cursor::new(after)).expect("calamine reads the output");
    let mut out = Vec::new();
    let dropped =
        |name: &str| report.items.iter().any(|i| i.threat.id() == "L03" && i.location.contains(name));
    // What calamine reads from a chart sheet is the memory of its chart.
    let sheets: Vec<_> =
        old.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet).cloned().collect();
    for name in sheets.into_iter().map(|s| s.name) {
        let Ok(a) = old.worksheet_range(&name) else { continue };
        let Ok(b) = new.worksheet_range(&name) else {
            if !dropped(&name) && !a.is_empty() {
                out.push(format!("sheet {name} is missing"));
            }
            continue;
        };
        let (a, b) = (cells(&a), cells(&b));
        for (at, value) in &a {
            match b.get(at) {
                Some(other) if other == value => {}
                other => out.push(format!("{name} {at:?}: {value:?} became {other:?}")),
            }
        }
        for at in b.keys().filter(|at| !a.contains_key(at)) {
            out.push(format!("{name} {at:?}: {:?} is new", b[at]));
        }
        let merged = |list: Vec<calamine::Dimensions>| {
            let mut list: Vec<_> =
                list.into_iter().map(|d| (d.start, d.end)).filter(|(s, e)| s != e).collect();
            list.sort_unstable();
            list.dedup();
            list
        };
        let a = merged(old.merge_cells_by_sheet_name(&name).unwrap_or_default());
        let b = merged(new.merge_cells_by_sheet_name(&name).unwrap_or_default());
        let told = report.items.iter().any(|i| i.what.contains("重なった結合セル"));
        if a != b && !told {
            out.push(format!("{name}: {} merged ranges became {}", a.len(), b.len()));
        }
    }
    out
}

#[test]
fn values_are_equal() {
    let folders = std::env::var_os("SEKISHO_XLS").unwrap_or_default();
    if std::env::var_os("SEKISHO_LONG").is_none() || folders.is_empty() {
        eprintln!("NOT RUN: needs SEKISHO_LONG=1 and folders of workbooks in SEKISHO_XLS");
        return;
    }
    let mut all = Vec::new();
    std::env::split_paths(&folders).for_each(|folder| files(&folder, &mut all));
    let (mut compared, mut unread, mut wrong) = (0, 0, 0);
    for path in &all {
        let bytes = std::fs::read(path).expect("file");
        let outcome = disarm(&bytes, "a.xls", &Ruleset::default(), &Limits::default(), &Secrets::none());
        let Outcome::Clean { rebuilt, report } = outcome else { continue };
        let found = differences(&bytes, &rebuilt, &report);
        if found.first().is_some_and(|f| f.starts_with("calamine")) {
            unread += 1;
            continue;
        }
        compared += 1;
        if !found.is_empty() {
            wrong += 1;
            eprintln!(
                "{}: {} differences, first {:?}",
                path.display(),
                found.len(),
                &found[..found.len().min(4)]
            );
        }
    }
    eprintln!("{compared} compared, {wrong} differ, {unread} that calamine does not read");
    assert!(compared > 0 && wrong * 100 <= compared * 5, "{wrong} of {compared} workbooks differ");
}
