//! Which column of a spreadsheet is which column of a register. Workbooks of ours say so themselves; others are
//! guessed from their headings and their values, and a person confirms what was guessed.

use super::Register;
use super::cell;
use super::names::Names;
use crate::noun::{Column, Kind};
use crate::search::search_key;

/// Headings of the two columns that make a row find itself again.
pub const ID_HEADING: &str = "行ID";
pub const VERSION_HEADING: &str = "版";
/// Rows above the header that a workbook may spend on titles and dates.
const TITLE_ROWS: usize = 30;
/// Rows looked at to guess what a column holds.
const SAMPLE_ROWS: usize = 200;

/// What a column of the file is.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    Id,
    Version,
    Column(&'static Column),
}

impl Target {
    /// `id`, `version` or the column's name: how a mapping is kept and sent.
    pub fn code(self) -> &'static str {
        match self {
            Target::Id => ":id",
            Target::Version => ":version",
            Target::Column(column) => column.name,
        }
    }

    pub fn of(code: &str, columns: &[&'static Column]) -> Option<Target> {
        match code {
            ":id" => Some(Target::Id),
            ":version" => Some(Target::Version),
            name => columns.iter().copied().find(|c| c.name == name).map(Target::Column),
        }
    }
}

/// Why a column was taken for what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sure {
    /// The heading is the column's, or one of its other names.
    Heading,
    /// The heading resembles it.
    Alike,
    /// The values look like it.
    Values,
    /// Somebody said so.
    Said,
    /// Nothing fits.
    #[default]
    No,
}

/// A mapping of a file.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Position of the row with the headings.
    pub header: usize,
    /// Per column of the file, with how sure it is.
    pub columns: Vec<(Option<Target>, Sure)>,
}

impl Mapping {
    /// Whether nobody has to be asked: every heading is known, and rows can be recognised by their id, or by their key
    /// and added where they are new.
    pub fn certain(&self, rows: &[Vec<String>], register: &Register) -> bool {
        let headings = rows.get(self.header).map_or(&[][..], Vec::as_slice);
        let known = headings
            .iter()
            .zip(&self.columns)
            .all(|(h, (_, sure))| h.trim().is_empty() || *sure == Sure::Heading);
        let required = register.noun.columns.iter().filter(|c| c.required).map(|c| c.name);
        known && (self.has(":id") || register.key.iter().copied().chain(required).all(|name| self.has(name)))
    }

    /// The mapping somebody laid down, column by column. A column of the register is taken once, from the left.
    pub fn said(header: usize, codes: &[String], columns: &[&'static Column]) -> Mapping {
        let mut mapping = Mapping { header, columns: Vec::with_capacity(codes.len()) };
        for code in codes {
            let target = Target::of(code, columns).filter(|_| !mapping.has(code));
            mapping.columns.push((target, target.map_or(Sure::No, |_| Sure::Said)));
        }
        mapping
    }

    pub fn has(&self, code: &str) -> bool {
        self.columns.iter().any(|(target, _)| target.is_some_and(|t| t.code() == code))
    }

    /// What identifies the shape of a file: its headings, folded.
    pub fn shape(&self, rows: &[Vec<String>]) -> String {
        let headings = rows.get(self.header).map_or(&[][..], Vec::as_slice);
        headings.iter().map(|h| fold(h)).collect::<Vec<_>>().join("|")
    }
}

/// Finds the header and guesses every column.
pub fn guess(columns: &[&'static Column], rows: &[Vec<String>], names: &Names) -> Mapping {
    let known = |heading: &String| by_heading(columns, heading).is_some();
    let score = |row: &Vec<String>| row.iter().filter(|h| known(h)).count();
    let filled = |row: &Vec<String>| row.iter().filter(|h| !h.trim().is_empty()).count();
    let candidates = rows.iter().take(TITLE_ROWS).enumerate();
    // Most known headings; where nothing is known, the fullest row. The upper one wins a tie.
    let best = candidates.max_by_key(|(at, row)| (score(row), filled(row), std::cmp::Reverse(*at)));
    let Some((header, headings)) = best else { return Mapping::default() };
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let heading = |at: usize| headings.get(at).map_or("", String::as_str);
    let mut mapping = Mapping { header, columns: vec![(None, Sure::No); width] };
    for at in 0..width {
        if let Some(target) = by_heading(columns, heading(at)).filter(|t| !mapping.has(t.code())) {
            mapping.columns[at] = (Some(target), Sure::Heading);
        }
    }
    for at in 0..width {
        if mapping.columns[at].0.is_none()
            && let Some(column) = alike(columns, heading(at)).filter(|c| !mapping.has(c.name))
        {
            mapping.columns[at] = (Some(Target::Column(column)), Sure::Alike);
        }
    }
    for at in 0..width {
        if mapping.columns[at].0.is_none() && !heading(at).trim().is_empty() {
            let body = rows.iter().skip(header + 1).take(SAMPLE_ROWS);
            let values: Vec<&str> =
                body.filter_map(|row| row.get(at)).map(|v| v.trim()).filter(|v| !v.is_empty()).collect();
            let free = columns.iter().copied().filter(|c| !mapping.has(c.name));
            if let Some(column) = by_values(free, &values, names) {
                mapping.columns[at] = (Some(Target::Column(column)), Sure::Values);
            }
        }
    }
    mapping
}

fn by_heading(columns: &[&'static Column], heading: &str) -> Option<Target> {
    let folded = fold(heading);
    if folded.is_empty() {
        return None;
    }
    if folded == fold(ID_HEADING) {
        return Some(Target::Id);
    }
    if folded == fold(VERSION_HEADING) {
        return Some(Target::Version);
    }
    let own = columns.iter().copied().find(|c| fold(c.label) == folded);
    let other = || columns.iter().copied().find(|c| c.aliases.iter().any(|alias| fold(alias) == folded));
    own.or_else(other).map(Target::Column)
}

/// Headings that share pairs of letters: 「資産の名前」 is nearer to 資産名 than to any other. What is nearest is only
/// proposed; a person confirms it.
fn alike(columns: &[&'static Column], heading: &str) -> Option<&'static Column> {
    let asked = pairs(heading);
    let nearness = |column: &&'static Column| {
        let words = std::iter::once(column.label).chain(column.aliases.iter().copied());
        words.map(|word| shared(&asked, &pairs(word))).max().unwrap_or(0)
    };
    let near = columns.iter().copied().map(|c| (nearness(&c), c)).filter(|(n, _)| *n >= ALIKE_PERCENT);
    near.max_by_key(|(n, _)| *n).map(|(_, c)| c)
}

/// Shared pairs of letters from which on two headings are alike (Dice coefficient, in percent).
const ALIKE_PERCENT: usize = 40;

/// Neighbouring letters of a heading without the particles people put between.
fn pairs(heading: &str) -> Vec<(char, char)> {
    let text = fold(heading).replace("など", "").replace('の', "");
    text.chars().zip(text.chars().skip(1)).collect()
}

fn shared(a: &[(char, char)], b: &[(char, char)]) -> usize {
    let common = a.iter().filter(|pair| b.contains(pair)).count();
    if a.is_empty() || b.is_empty() { 0 } else { 200 * common / (a.len() + b.len()) }
}

/// The column of choices, references or sections that nearly all values belong to.
fn by_values(
    free: impl Iterator<Item = &'static Column>,
    values: &[&str],
    names: &Names,
) -> Option<&'static Column> {
    let telling =
        |column: &&'static Column| matches!(column.kind, Kind::Choice(_) | Kind::Unit | Kind::Ref(_));
    let fits = |column: &&'static Column| {
        let read = values.iter().filter(|v| cell::read(column, v, names).is_ok()).count();
        values.len() >= 3 && read * 10 >= values.len() * 9
    };
    let mut fitting = free.filter(telling).filter(fits);
    // Two that fit are a question, not an answer.
    match (fitting.next(), fitting.next()) {
        (Some(column), None) => Some(column),
        _ => None,
    }
}

/// A heading without what offices add to it: 「人数（件）※必須」 → 人数.
fn fold(heading: &str) -> String {
    let bare = heading.split(['(', '（', '※', '*', '＊', '【', '[']).next().unwrap_or("");
    let bare = if bare.trim().is_empty() { heading } else { bare };
    search_key(&[bare]).trim_matches(['.', '№', '・', ':']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset;
    use crate::register::Layout;

    fn grid(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|c| (*c).to_owned()).collect()).collect()
    }

    fn codes(mapping: &Mapping) -> Vec<&'static str> {
        mapping.columns.iter().map(|(target, _)| target.map_or("-", Target::code)).collect()
    }

    #[test]
    fn a_title_above_and_other_names_are_no_obstacle() {
        let columns: Vec<_> = Layout::plain(&asset::REGISTER).columns().collect();
        let rows = grid(&[
            &["情報資産管理台帳（令和7年度）"],
            &["", "", "", "作成 情報政策課"],
            &["管理番号", "情報資産名", "担当課", "自治体機密性※", "件数（人）"],
            &["1", "税台帳", "税務課", "3B", "100"],
        ]);
        let mapping = guess(&columns, &rows, &Names::default());
        assert_eq!(mapping.header, 2);
        assert_eq!(codes(&mapping), ["number", "name", "unit_id", "confidentiality", "persons"]);
        assert!(!mapping.certain(&rows, &asset::REGISTER), "what a new row needs is not in it");
        let rows = grid(&[&["行ID", "版", "情報資産名"], &["r1", "1", "税台帳"]]);
        assert!(guess(&columns, &rows, &Names::default()).certain(&rows, &asset::REGISTER));
    }

    #[test]
    fn unseen_headings_are_guessed_and_asked_about() {
        let columns: Vec<_> = Layout::plain(&asset::REGISTER).columns().collect();
        let rows = grid(&[
            &["番号", "資産の名前", "ランク", "感想", "保管してある場所など"],
            &["1", "a", "3B", "x", "棚"],
            &["2", "b", "3C", "y", "棚"],
            &["3", "c", "3A", "z", "棚"],
        ]);
        let mapping = guess(&columns, &rows, &Names::default());
        assert_eq!(codes(&mapping), ["number", "name", "confidentiality", "-", "place"]);
        assert_eq!(mapping.columns[1].1, Sure::Alike);
        assert_eq!(mapping.columns[2].1, Sure::Values);
        assert!(!mapping.certain(&rows, &asset::REGISTER));
    }

    #[test]
    fn one_column_is_not_two() {
        let columns: Vec<_> = Layout::plain(&asset::REGISTER).columns().collect();
        let rows = grid(&[&["名称", "情報資産名", "番号"]]);
        assert_eq!(codes(&guess(&columns, &rows, &Names::default())), ["name", "-", "number"]);
    }
}
