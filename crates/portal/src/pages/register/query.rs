//! What a reader of a list asked for, as it stands in the address: search, filters, day, sort, columns, place.

use crate::form::Form;
use crate::limits::PAGE_ROWS;
use sekisho_domain::date::{Date, parse_date};
use sekisho_domain::noun::{Column, Kind, Value};
use sekisho_domain::register::{Layout, Register};
use sekisho_store::register::ListQuery;

/// Columns one list shows at most; more do not fit on any screen.
const COLUMNS_MAX: usize = 16;

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) words: String,
    /// (column, value as stored)
    pub(crate) filters: Vec<(&'static str, String)>,
    pub(crate) extra: Option<(&'static str, String)>,
    /// `None`: ended rows and those to come as well.
    pub(crate) as_of: Option<Date>,
    /// Whether the day was chosen by the reader.
    dated: bool,
    pub(crate) sort: usize,
    pub(crate) down: bool,
    pub(crate) columns: Vec<&'static Column>,
    /// Whether the columns were chosen by the reader.
    chosen: bool,
    pub(crate) after: Option<(String, String)>,
}

impl Asked {
    pub(crate) fn parse(layout: &Layout, seen: &[&'static Column], form: &Form, today: Date) -> Asked {
        let register = layout.register;
        let given = |name: &str| Some(form.get(name).to_owned()).filter(|v| !v.is_empty());
        let filters = register.filters.iter().filter(|name| seen.iter().any(|c| c.name == **name));
        let extras = layout.extras.iter().filter_map(|c| Some((c.name, given(&format!("f_{}", c.name))?)));
        let chosen: Vec<&'static Column> =
            form.all("cols").filter_map(|name| seen.iter().copied().find(|c| c.name == name)).collect();
        let by_default = || {
            let listed =
                register.list.iter().filter_map(|name| seen.iter().copied().find(|c| c.name == *name));
            listed.collect()
        };
        let sort = register.sorts.iter().position(|name| *name == form.get("sort")).unwrap_or(0);
        let on = form.get("on");
        Asked {
            words: form.get("q").chars().take(100).collect(),
            filters: filters.filter_map(|name| Some((*name, given(&format!("f_{name}"))?))).collect(),
            extra: extras.into_iter().next(),
            as_of: if on == "all" { None } else { Some(parse_date(on).unwrap_or(today)) },
            dated: on == "all" || parse_date(on).is_some(),
            sort,
            down: form.get("dir") == "down",
            chosen: !chosen.is_empty(),
            columns: if chosen.is_empty() {
                by_default()
            } else {
                chosen.into_iter().take(COLUMNS_MAX).collect()
            },
            after: given("after").map(|id| (form.exact("from").to_owned(), id)),
        }
    }

    /// For the store; `limit` rows.
    pub(crate) fn to_store(&self, register: &Register, limit: usize) -> ListQuery {
        let sorted = register.sorts.get(self.sort).and_then(|name| register.noun.column(name));
        let number = sorted.is_some_and(|c| matches!(c.kind, Kind::Int | Kind::Instant));
        let value = |text: &str| match number {
            true => Value::Int(text.parse().ok()),
            false => text.into(),
        };
        ListQuery {
            sort: self.sort,
            down: self.down,
            as_of: self.as_of,
            words: self.words.clone(),
            filters: self.filters.clone(),
            extra: self.extra.as_ref().map(|(name, value)| ((*name).to_owned(), value.clone())),
            after: self.after.as_ref().map(|(from, id)| (value(from), id.clone())),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        }
    }

    pub(crate) fn page(&self, register: &Register) -> ListQuery {
        self.to_store(register, PAGE_ROWS)
    }

    pub(crate) fn filter(&self, name: &str) -> &str {
        let extra = self.extra.as_ref().filter(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        self.filters.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str()).or(extra).unwrap_or("")
    }

    /// Whether anything narrows the list.
    pub(crate) fn narrows(&self) -> bool {
        !self.words.is_empty() || !self.filters.is_empty() || self.extra.is_some()
    }

    /// The same question as a query string, from the first row.
    pub(crate) fn query(&self, register: &Register) -> String {
        self.pairs(register).finish()
    }

    /// The page to come back to when an export has to wait for 本人確認: the list, with the export opened.
    pub(crate) fn list_to_export(&self, register: &Register) -> String {
        let query = self.pairs(register).append_pair("export", "1").finish();
        format!("/registers/{}?{query}", register.noun.name)
    }

    /// …from after a row.
    pub(crate) fn query_after(&self, register: &Register, from: &str, id: &str) -> String {
        self.pairs(register).append_pair("from", from).append_pair("after", id).finish()
    }

    /// …sorted by another column, or the other way round.
    pub(crate) fn sorted_by(&self, register: &Register, sort: usize) -> String {
        let down = sort == self.sort && !self.down;
        Asked { sort, down, ..self.clone() }.query(register)
    }

    fn pairs(&self, register: &Register) -> form_urlencoded::Serializer<'static, String> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.words.is_empty() {
            query.append_pair("q", &self.words);
        }
        let extra = self.extra.iter().map(|(name, value)| (*name, value));
        for (name, value) in self.filters.iter().map(|(name, value)| (*name, value)).chain(extra) {
            query.append_pair(&format!("f_{name}"), value);
        }
        if self.dated {
            query.append_pair("on", &self.as_of.map_or("all".to_owned(), |day| day.to_string()));
        }
        if self.sort != 0 {
            query.append_pair("sort", register.sorts[self.sort]);
        }
        if self.down {
            query.append_pair("dir", "down");
        }
        if self.chosen {
            for column in &self.columns {
                query.append_pair("cols", column.name);
            }
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_domain::asset;

    #[test]
    fn a_question_survives_its_address() {
        let layout = Layout::plain(&asset::REGISTER);
        let seen: Vec<_> = layout.columns().collect();
        let today = Date::constant(2026, 11, 23);
        let text =
            "q=%E7%A8%8E&f_zone=lgwan&on=2026-04-01&sort=name&dir=down&cols=number&cols=place&cols=nowhere";
        let asked = Asked::parse(&layout, &seen, &Form::from_query(text), today);
        assert_eq!(asked.columns.iter().map(|c| c.name).collect::<Vec<_>>(), ["number", "place"]);
        let again = Asked::parse(&layout, &seen, &Form::from_query(&asked.query(&asset::REGISTER)), today);
        assert_eq!(format!("{asked:?}"), format!("{again:?}"));
        assert_eq!(Asked::parse(&layout, &seen, &Form::from_query("sort=place"), today).sort, 0);
    }
}
