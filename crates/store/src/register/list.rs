//! One page of a register: searched, narrowed, sorted, within the reader's reach.

use sekisho_domain::access::Reach;
use sekisho_domain::date::Date;
use sekisho_domain::noun::{Column, Kind, Row, Value};
use sekisho_domain::register::Register;
use sekisho_domain::search::{SIGNATURE_WORDS, like_pattern, search_key, signature};

use crate::Db;
use crate::error::Result;
use crate::register::sql::{Search, Shape, count, list, references, referring, searching};

/// Rows looked at to count a list: 20–40 ms on a small server. Beyond, 「8,120件以上」 says enough; whoever needs the
/// number exports the list.
pub const LOOKED_MAX: i64 = 10_000;
/// Matches up to which a search is answered by finding first and sorting afterwards. With more of them, fifty are soon
/// met in the order of the list.
const FEW: i64 = LOOKED_MAX;

/// What a reader asked for.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Position in `register.sorts`.
    pub sort: usize,
    /// Largest first.
    pub down: bool,
    /// Rows that hold on this day; `None`: those that have ended or not begun as well.
    pub as_of: Option<Date>,
    pub words: String,
    /// Column and value as stored (booleans `true`/`false`, `-` for empty).
    pub filters: Vec<(&'static str, String)>,
    /// An added column and its value.
    pub extra: Option<(String, String)>,
    /// Sort value and id of the last row seen.
    pub after: Option<(Value, String)>,
    pub limit: i64,
}

/// A page of rows.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub rows: Vec<Row>,
    /// Whether more rows follow.
    pub more: bool,
}

/// How many rows a list has in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub number: i64,
    /// There may be more: not every row was looked at.
    pub at_least: bool,
}

impl Count {
    /// What a page of the list adds to it: the page may have met rows that the count did not get to.
    fn beside(self, page: &Listed, first: bool) -> Count {
        let met = page.rows.len() + usize::from(page.more);
        let number = self.number.max(i64::try_from(met).unwrap_or(i64::MAX));
        // The whole list on one page: nothing was left out.
        let at_least = self.at_least && (page.more || !first);
        Count { number, at_least }
    }
}

impl Db {
    pub async fn register_list(
        &self,
        register: &'static Register,
        query: &ListQuery,
        reach: &Reach,
    ) -> Result<Listed> {
        let Some(mut asked) = Asked::of(register, query, reach) else { return Ok(Listed::default()) };
        if asked.shape.search != Search::Without {
            asked.walk(self.probe(register, &asked).await?);
        }
        self.listed(register, query, &asked).await
    }

    /// How many rows there are, as far as `most` of them tell.
    pub async fn register_count(
        &self,
        register: &'static Register,
        query: &ListQuery,
        reach: &Reach,
        most: i64,
    ) -> Result<Count> {
        let Some(asked) = Asked::of(register, query, reach) else { return Ok(Count::default()) };
        Ok(self.counted(register, &asked, most).await?.0)
    }

    /// A page of rows and how many there are in all. Counting looks for the words anyway, so it comes first and says
    /// how the list is walked.
    pub async fn register_page(
        &self,
        register: &'static Register,
        query: &ListQuery,
        reach: &Reach,
    ) -> Result<(Listed, Count)> {
        let Some(mut asked) = Asked::of(register, query, reach) else { return Ok(Default::default()) };
        let (count, looked) = self.counted(register, &asked, LOOKED_MAX).await?;
        asked.walk(looked);
        let listed = self.listed(register, query, &asked).await?;
        let count = count.beside(&listed, query.after.is_none());
        Ok((listed, count))
    }

    async fn listed(&self, register: &'static Register, query: &ListQuery, asked: &Asked) -> Result<Listed> {
        if asked.nothing {
            return Ok(Listed::default());
        }
        let mut args = asked.args_of(asked.shape.search);
        let (value, id) = query.after.clone().unwrap_or_else(|| beginning(register, query));
        args.extend([value, id.into(), (query.limit + 1).into()]);
        let mut rows = self.fetch_rows(register.noun, list(register, asked.shape), &args).await?;
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Ok(Listed { rows, more })
    }

    /// The count, and how many rows were looked at for it. Counting has no order to walk in: what is searched for is
    /// always found first.
    async fn counted(&self, register: &'static Register, asked: &Asked, most: i64) -> Result<(Count, i64)> {
        let search = asked.shape.search;
        let mut args = asked.args_of(search);
        args.push((most + 1).into());
        let (looked, number): (i64, i64) =
            self.fetch_one(count(register, asked.counted_by, search), &args).await?;
        Ok((Count { number: number.min(most), at_least: looked > most }, looked))
    }

    /// How many rows the words are found in, up to [`FEW`] + 1.
    async fn probe(&self, register: &'static Register, asked: &Asked) -> Result<i64> {
        let mut args: Vec<Value> = asked.marks.map(Value::from).into();
        args.extend([asked.args[PATTERN].clone(), (FEW + 1).into()]);
        let (hits,): (i64,) = self.fetch_one(searching(register).probe, &args).await?;
        Ok(hits)
    }
}

/// What was asked, as the statement of a list and its first arguments.
struct Asked {
    shape: Shape,
    /// The filter that an index answers where the order does not matter.
    counted_by: Option<usize>,
    args: Vec<Value>,
    marks: [i64; SIGNATURE_WORDS],
    /// The words are found nowhere.
    nothing: bool,
}

/// Where the pattern of a search stands among the arguments.
const PATTERN: usize = 2;

impl Asked {
    /// `None` when the answer is empty without asking.
    fn of(register: &'static Register, query: &ListQuery, reach: &Reach) -> Option<Asked> {
        let key = search_key(&[&query.words]);
        let marks = signature(&key);
        let reached = units(reach)?;
        let filter = |name: &str| query.filters.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        let mut values: Vec<Option<String>> = register.filters.iter().map(|name| filter(name)).collect();
        let reached = narrow_to_own_section(register, &mut values, reached);
        let shape = Shape {
            noun: register.noun.name,
            sort: query.sort,
            down: query.down,
            lead: lead(register, query.sort, &values),
            search: if key.is_empty() { Search::Without } else { Search::Few },
        };
        let counted_by = lead(register, 0, &values);
        let (extra, extra_value) = query.extra.clone().unzip();
        let mut args = vec![
            query.as_of.map(|d| d.to_string()).into(),
            reached.into(),
            (!key.is_empty()).then(|| like_pattern(&query.words)).into(),
            extra.into(),
            extra_value.into(),
        ];
        args.extend(values.into_iter().map(Value::from));
        Some(Asked { shape, counted_by, args, marks, nothing: false })
    }

    /// Chooses how the list is walked by how many rows the words are found in.
    fn walk(&mut self, hits: i64) {
        if self.shape.search == Search::Few {
            self.nothing = hits == 0;
            if hits > FEW {
                self.shape.search = Search::Many;
            }
        }
    }

    /// The arguments of a statement, up to the cursor or the limit.
    fn args_of(&self, search: Search) -> Vec<Value> {
        let marks = self.marks.iter().filter(|_| search == Search::Few).map(|mark| Value::from(*mark));
        self.args.iter().cloned().chain(marks).collect()
    }
}

/// Rows of one register that refer to a row through one column.
#[derive(Clone, Debug)]
pub struct Referring {
    pub register: &'static Register,
    pub column: &'static Column,
    pub rows: Vec<Row>,
}

/// Referring rows shown of one register.
const REFERRING_MAX: i64 = 100;

impl Db {
    /// The rows of all registers that refer to a row, as far as the reader's reach goes.
    pub async fn referring(
        &self,
        noun: &str,
        id: &str,
        reach: impl Fn(&'static str) -> Reach,
    ) -> Result<Vec<Referring>> {
        let mut found = Vec::new();
        for (register, column) in references(noun) {
            let Some(reached) = units(&reach(register.noun.name)) else { continue };
            let args = [id.into(), reached.into(), REFERRING_MAX.into()];
            let rows = self.fetch_rows(register.noun, referring(register, column.name), &args).await?;
            if !rows.is_empty() {
                found.push(Referring { register, column, rows });
            }
        }
        Ok(found)
    }
}

/// A reach as one bound value; `None` for nothing at all. Rows of registers belong to sections, not to people.
pub(crate) fn units(reach: &Reach) -> Option<String> {
    match reach {
        Reach::All => Some("*".to_owned()),
        Reach::Sections(units) | Reach::SectionsAndOwn(units) => Some(format!(",{},", units.join(","))),
        Reach::Own | Reach::Nothing => None,
    }
}

/// Somebody who reaches one section only: that section is a filter like any other, so that its index answers.
fn narrow_to_own_section(register: &Register, values: &mut [Option<String>], reached: String) -> String {
    let only = reached.trim_matches(',');
    let position = register.filters.iter().position(|name| Some(*name) == register.section);
    if let (Some(at), false) = (position, only == "*" || only.is_empty() || only.contains(','))
        && values[at].is_none()
    {
        values[at] = Some(only.to_owned());
    }
    reached
}

/// The filter that an index answers. Indexes of filters run in the order of the first sort; in any other order only
/// a section is small enough to be sorted afterwards.
fn lead(register: &Register, sort: usize, values: &[Option<String>]) -> Option<usize> {
    let given = |at: &usize| values[*at].as_deref().is_some_and(|value| value != "-");
    let small = |at: &usize| sort == 0 || Some(register.filters[*at]) == register.section;
    (0..values.len()).filter(given).find(small)
}

/// A cursor before every row.
fn beginning(register: &Register, query: &ListQuery) -> (Value, String) {
    let number = register.sorts.get(query.sort).and_then(|name| register.noun.column(name));
    let number = number.is_some_and(|c| matches!(c.kind, Kind::Int | Kind::Instant));
    // U+10FFFF sorts after every other character on both databases.
    match (number, query.down) {
        (true, false) => (i64::MIN.into(), String::new()),
        (true, true) => (i64::MAX.into(), "\u{10ffff}".to_owned()),
        (false, false) => ("".into(), String::new()),
        (false, true) => ("\u{10ffff}".into(), "\u{10ffff}".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_domain::asset::ASSET;

    fn page(rows: usize, more: bool) -> Listed {
        Listed { rows: (0..rows).map(|n| Row::new(&ASSET, n.to_string())).collect(), more }
    }

    #[test]
    fn a_count_knows_at_least_what_the_page_shows() {
        let (exact, least) =
            (|number| Count { number, at_least: false }, |number| Count { number, at_least: true });
        assert_eq!(exact(7).beside(&page(7, false), true), exact(7));
        assert_eq!(
            exact(7).beside(&page(2, false), false),
            exact(7),
            "the last page says nothing of the first"
        );
        assert_eq!(least(3).beside(&page(50, true), true), least(51));
        assert_eq!(least(3).beside(&page(9, false), true), exact(9), "all of it on one page");
        assert_eq!(least(300).beside(&page(9, false), false), least(300));
        assert_eq!(least(0).beside(&page(0, false), true), exact(0));
    }
}
