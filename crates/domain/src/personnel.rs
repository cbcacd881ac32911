//! 人事異動: a list of staff as it will be on a day, on its way into people and assignments. The file is read with the
//! mechanism of the registers (headings, words for sections and positions); what it would change is worked out in
//! [`plan`], before anything is written.

pub mod plan;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::noun::{Column, Kind, Noun, Value};
use crate::person::PERSON;
use crate::register::cell;
use crate::register::diff::lines;
use crate::register::mapping::{Mapping, Sure, Target};
use crate::register::names::Names;
use crate::search::search_key;

pub const STATES: &[(&str, &str)] = &[
    ("loaded", "確認を待っています"),
    ("confirmed", "発令日を待っています"),
    ("applied", "反映しました"),
    ("cancelled", "取りやめました"),
];

/// One 人事異動. It names nobody: who moves where lies in the file beside it until the day, and in the records after.
pub static PERSONNEL_CHANGE: Noun = Noun {
    name: "personnel_change",
    label: "人事異動",
    columns: &[
        Column::new("source", "名簿", Kind::Text),
        // The file lists everybody of the source; whoever is not in it leaves.
        Column::new("whole", "全員の名簿", Kind::Bool),
        Column::new("effective_ms", "発令", Kind::Instant),
        // Ids of those who may see it before the day, as a JSON list.
        Column::new("readers", "見てよい人", Kind::Json),
        Column::new("loaded_by", "読み込んだ人", Kind::Ref("person")),
        Column::new("state", "状態", Kind::Choice(STATES)),
        // SHA-256 of the file's people and of the choices made, as the second person saw them.
        Column::new("content_sha256", "内容", Kind::Text).optional(),
        Column::new("confirmed_by", "確認した人", Kind::Ref("person")).optional(),
        Column::new("confirmed_ms", "確認した日時", Kind::Instant).optional(),
        Column::new("applied_ms", "反映した日時", Kind::Instant).optional(),
        Column::new("summary", "内訳", Kind::Text).optional(),
    ],
};

/// What a line of the list says about its person: a kind of assignment, or that they leave.
pub const LINE_KINDS: &[(&str, &str)] = &[
    ("main", "本務"),
    ("concurrent", "兼務"),
    ("acting", "代理"),
    ("leave", "休職"),
    ("dispatch", "派遣"),
    ("left", "退職"),
];

/// One line of a list of staff: a person in a seat. Not a record: the shape that files are read in.
pub static ROSTER: Noun = Noun {
    name: "roster",
    label: "職員の名簿",
    columns: &[
        Column::new("number", "職員番号", Kind::Text).aliases(&[
            "職員コード",
            "職員No",
            "職員番",
            "社員番号",
            "番号",
        ]),
        Column::new("name", "氏名", Kind::Text).aliases(&["名前", "職員氏名", "職員名"]),
        Column::new("kana", "よみ", Kind::Text).optional().aliases(&[
            "フリガナ",
            "ふりがな",
            "カナ氏名",
            "氏名カナ",
        ]),
        Column::new("mail", "メール", Kind::Text).optional().aliases(&["メールアドレス", "E-mail", "mail"]),
        Column::new("unit_id", "所属", Kind::Unit).aliases(&[
            "所属コード",
            "所属名",
            "新所属",
            "新所属コード",
            "新所属名",
            "配属先",
            "課",
            "課名",
        ]),
        Column::new("position_id", "職", Kind::Ref("position")).aliases(&[
            "職名",
            "新職名",
            "役職",
            "職コード",
            "新職",
            "役職名",
            "補職名",
        ]),
        Column::new("kind", "種別", Kind::Choice(LINE_KINDS)).optional().aliases(&[
            "発令区分",
            "異動区分",
            "本務兼務",
            "本務・兼務の別",
            "区分",
        ]),
    ],
};

/// A place somebody sits in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    pub unit_id: String,
    pub position_id: String,
    /// `main`, `concurrent`, `acting`, `leave`, `dispatch`.
    pub kind: String,
}

/// Somebody as a list wants them to be from the day on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Row in the file where they first appear, counted from 1.
    pub at: usize,
    pub number: String,
    pub name: String,
    /// `None`: the list has no such column, or nothing in it.
    pub kana: Option<String>,
    pub mail: Option<String>,
    pub places: Vec<Place>,
    pub left: bool,
}

/// Something that cannot be taken, by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub at: usize,
    pub column: &'static str,
    pub says: String,
}

/// A list as read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub people: Vec<Wanted>,
    pub wrong: Vec<Wrong>,
    /// Headings of the file with the column each was taken for; empty: not taken.
    pub headings: Vec<(String, &'static str)>,
    pub lines: usize,
}

/// Mistakes kept of one file; whoever has more has the wrong file.
const WRONG_MAX: usize = 200;

/// The columns a list of staff may have.
pub fn roster() -> Vec<&'static Column> {
    ROSTER.columns.iter().collect()
}

/// Columns that a list must have and this one does not.
pub fn missing(mapping: &Mapping) -> Vec<&'static str> {
    ROSTER.columns.iter().filter(|c| c.required && !mapping.has(c.name)).map(|c| c.label).collect()
}

/// Reads the cells of a list whose columns are known. `Err`: it is not a list of staff, and why.
pub fn read(rows: &[Vec<String>], mapping: &Mapping, names: &Names) -> Result<Reading, String> {
    let missing = missing(mapping);
    if !missing.is_empty() {
        return Err(format!(
            "見出し「{}」の列が見つかりません。1枚のシートに、職員番号・氏名・所属・職の列がある名簿を選んでください。",
            missing.join("」「")
        ));
    }
    let mut reading = Reading { headings: headings(mapping, rows), ..Reading::default() };
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines(mapping, rows, 0) {
        reading.lines += 1;
        match one(&line.cells, line.at, names) {
            Ok((wanted, place)) => gather(&mut reading, &mut found, wanted, place),
            Err(wrong) => reading.wrong.extend(wrong),
        }
        if reading.wrong.len() > WRONG_MAX {
            reading.wrong.truncate(WRONG_MAX);
            break;
        }
    }
    for person in &reading.people {
        let main = person.places.iter().filter(|p| p.kind == "main").count();
        if main > 1 {
            let says =
                format!("{}さんの本務が{main}つあります。兼務は種別を「兼務」にしてください。", person.name);
            reading.wrong.push(Wrong { at: person.at, column: "種別", says });
        }
    }
    if reading.lines == 0 {
        return Err("職員が1人も書かれていません。".to_owned());
    }
    reading.wrong.sort_by_key(|w| w.at);
    Ok(reading)
}

fn headings(mapping: &Mapping, rows: &[Vec<String>]) -> Vec<(String, &'static str)> {
    let cells = rows.get(mapping.header).map_or(&[][..], Vec::as_slice);
    let named = cells.iter().zip(&mapping.columns).filter(|(heading, _)| !heading.trim().is_empty());
    let word = |target: &(Option<Target>, Sure)| match target.0 {
        Some(Target::Column(column)) => column.label,
        _ => "",
    };
    named.map(|(heading, target)| (heading.trim().to_owned(), word(target))).collect()
}

type Cells<'a> = [(&'static Column, &'a str)];

/// One line as a person with at most one place.
fn one(cells: &Cells<'_>, at: usize, names: &Names) -> Result<(Wanted, Option<Place>), Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut values: BTreeMap<&'static str, String> = BTreeMap::new();
    for (column, text) in cells {
        match cell::read(column, text, names) {
            Ok(Value::Text(Some(value))) => drop(values.insert(column.name, value)),
            Ok(_) => {}
            Err(says) => wrong.push(Wrong { at, column: column.label, says }),
        }
    }
    let kind = values.remove("kind").unwrap_or_else(|| "main".to_owned());
    let left = kind == "left";
    // Whoever leaves has no place to be read, whatever stands there.
    if left {
        wrong.retain(|w| !matches!(w.column, "所属" | "職"));
    }
    for column in ROSTER.columns.iter().filter(|c| c.required) {
        let excused = left && matches!(column.name, "unit_id" | "position_id");
        let said = wrong.iter().any(|w| w.column == column.label);
        if !excused && !said && !values.contains_key(column.name) {
            let says = format!("「{}」が空欄です。", column.label);
            wrong.push(Wrong { at, column: column.label, says });
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let place = match (left, values.remove("unit_id"), values.remove("position_id")) {
        (false, Some(unit_id), Some(position_id)) => Some(Place { unit_id, position_id, kind }),
        _ => None,
    };
    let mut take = |name: &str| values.remove(name);
    let wanted = Wanted {
        at,
        number: take("number").unwrap_or_default(),
        name: take("name").unwrap_or_default(),
        kana: take("kana"),
        mail: take("mail"),
        places: Vec::new(),
        left,
    };
    Ok((wanted, place))
}

/// Puts a line to the person it belongs to.
fn gather(
    reading: &mut Reading,
    found: &mut BTreeMap<String, usize>,
    mut line: Wanted,
    place: Option<Place>,
) {
    let known = found.get(&key(&line.number)).copied();
    let Some(person) = known.and_then(|at| reading.people.get_mut(at)) else {
        found.insert(key(&line.number), reading.people.len());
        line.places = place.into_iter().collect();
        reading.people.push(line);
        return;
    };
    let mut refuse = |column, says| reading.wrong.push(Wrong { at: line.at, column, says });
    if !same_name(&person.name, &line.name) {
        let says = format!("職員番号{}は、{}行目では{}さんです。", line.number, person.at, person.name);
        return refuse("氏名", says);
    }
    if person.left != line.left {
        let says = format!("{}さんは、{}行目では{}です。", line.name, person.at, word(person.left));
        return refuse("種別", says);
    }
    // A line written twice is one line.
    person.places.extend(place.filter(|p| !person.places.contains(p)));
}

fn word(left: bool) -> &'static str {
    if left { "退職" } else { "在職" }
}

/// Staff numbers as people and spreadsheets write them: `００１２３`, `123` for `00123` once Excel has had it.
pub fn key(number: &str) -> String {
    let folded = search_key(&[number]);
    let bare = folded.trim_start_matches('0');
    if bare.is_empty() { folded } else { bare.to_owned() }
}

/// 山田　太郎 and 山田太郎 are one name.
pub fn same_name(a: &str, b: &str) -> bool {
    search_key(&[a]) == search_key(&[b])
}

/// The columns of an undo file and of the specimen, in order.
pub fn roster_headings() -> Vec<String> {
    ROSTER.columns.iter().map(|c| c.label.to_owned()).collect()
}

/// One person as lines of a list that reads back as the same person.
pub fn roster_lines(person: &Wanted, names: &Names) -> Vec<Vec<String>> {
    let line = |unit: &str, position: &str, kind: &str| {
        let word = |noun, id: &str| names.word(noun, id).unwrap_or(id).to_owned();
        vec![
            person.number.clone(),
            person.name.clone(),
            person.kana.clone().unwrap_or_default(),
            person.mail.clone().unwrap_or_default(),
            word("section", unit),
            word("position", position),
            cell::word(LINE_KINDS, kind).to_owned(),
        ]
    };
    if person.left || person.places.is_empty() {
        return vec![line("", "", "left")];
    }
    person.places.iter().map(|p| line(&p.unit_id, &p.position_id, &p.kind)).collect()
}

/// Whether a column of the list is one of the person's own.
pub fn is_personal(name: &str) -> bool {
    PERSON.column(name).is_some_and(|c| c.personal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::mapping::guess;

    fn names() -> Names {
        let mut names = Names::default();
        names.add("section", "u1", "0101 総務課", &["0101", "総務課"]);
        names.add("section", "u2", "0201 税務課", &["0201", "税務課"]);
        names.add("position", "p1", "60 課長", &["60", "課長"]);
        names.add("position", "p2", "90 主事", &["90", "主事"]);
        names
    }

    fn read(rows: &[Vec<String>], names: &Names) -> Result<Reading, String> {
        super::read(rows, &guess(&roster(), rows, names), names)
    }

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|l| l.split(',').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_list_is_read_by_its_headings_and_errors_name_their_row() {
        let text = "令和9年度 職員名簿\n職員コード,職員氏名,新所属コード,補職名,発令区分\n00123,山田 太郎,0101,課長,\n123,山田太郎,税務課,課長,兼務\n200,佐藤,なし課,主事,本務\n201,鈴木,0101,,本務\n202,田中,,,退職\n";
        let reading = read(&rows(text), &names()).expect("a list");
        assert_eq!(reading.lines, 5);
        let yamada = &reading.people[0];
        assert_eq!((yamada.number.as_str(), yamada.places.len()), ("00123", 2));
        assert_eq!(yamada.places[1].kind, "concurrent");
        assert!(reading.people[1].left);
        let at: Vec<(usize, &str)> = reading.wrong.iter().map(|w| (w.at, w.column)).collect();
        assert_eq!(at, [(5, "所属"), (6, "職")]);
    }

    #[test]
    fn one_person_has_one_name_and_one_main_seat() {
        let text = "職員番号,氏名,所属,職,種別\n1,甲,総務課,課長,本務\n1,乙,税務課,課長,兼務\n2,丙,総務課,主事,本務\n2,丙,税務課,主事,本務\n2,丙,税務課,主事,本務\n";
        let reading = read(&rows(text), &names()).expect("a list");
        assert_eq!(reading.wrong.len(), 2);
        assert!(reading.wrong[0].says.contains("甲さん") && reading.wrong[1].says.contains("2つ"));
    }

    #[test]
    fn what_is_not_a_list_is_refused_in_words() {
        let said = read(&rows("品名,数\n机,3\n"), &names()).expect_err("no list");
        assert!(said.contains("職員番号"), "{said}");
    }

    #[test]
    fn columns_are_what_somebody_says_they_are() {
        let table = rows("だれ,番,どこ,役,また番\n山田,1,総務課,課長,9\n");
        assert!(read(&table, &names()).is_err(), "nobody knows what these are");
        let codes = ["name", "number", "unit_id", "position_id", "number"].map(str::to_owned);
        let mapping = Mapping::said(0, &codes, &roster());
        let reading = super::read(&table, &mapping, &names()).expect("a list");
        assert_eq!((reading.people[0].number.as_str(), reading.people[0].name.as_str()), ("1", "山田"));
        assert_eq!(mapping.columns[4].1, Sure::No, "a column is taken once");
    }

    #[test]
    fn an_undo_file_reads_back() {
        let place = |unit: &str, kind: &str| Place {
            unit_id: unit.into(),
            position_id: "p1".into(),
            kind: kind.into(),
        };
        let person = Wanted {
            number: "00123".into(),
            name: "山田".into(),
            places: vec![place("u1", "main"), place("u2", "concurrent")],
            ..Wanted::default()
        };
        let gone = Wanted { number: "9".into(), name: "鈴木".into(), left: true, ..Wanted::default() };
        let mut table = vec![roster_headings()];
        for one in [&person, &gone] {
            table.extend(roster_lines(one, &names()));
        }
        let back = read(&table, &names()).expect("a list");
        assert_eq!(back.wrong, []);
        assert_eq!(back.people[0].places, person.places);
        assert!(back.people[1].left && back.people[1].places.is_empty());
    }
}
