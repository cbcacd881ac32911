//! The office's own open and closed days.

use sekisho_domain::calendar::{CLOSING_DAY, Calendar};
use sekisho_domain::noun::Row;

use crate::error::{Result, StoreError};
use crate::{Db, Tx};

sql! {
    const DAYS = "SELECT day, open FROM closing_day ORDER BY day";
}

fn built(days: Vec<(String, bool)>) -> Calendar {
    if days.is_empty() {
        return Calendar::standard();
    }
    let mut calendar = Calendar::default();
    for (day, open) in days {
        calendar.enter(&day, open);
    }
    calendar
}

impl Db {
    pub async fn calendar(&self) -> Result<Calendar> {
        Ok(built(self.fetch_all(DAYS, &[]).await?))
    }
}

impl Tx<'_> {
    pub(crate) async fn calendar(&mut self) -> Result<Calendar> {
        Ok(built(self.fetch_all(DAYS, &[]).await?))
    }

    /// Enters a day of the office. The first entry replaces the standard days around the new year, so whoever enters
    /// one enters them all; the page offers that.
    pub async fn enter_closing_day(&mut self, name: &str, day: &str, open: bool) -> Result<String> {
        if !Calendar::default().enter(day, open) {
            return Err(StoreError::IllegalMove("a closing day is a date or a day of every year"));
        }
        let row = Row::new(&CLOSING_DAY, self.new_id()).set("name", name).set("day", day).set("open", open);
        let id = row.id.clone();
        self.insert(row).await?;
        Ok(id)
    }
}
