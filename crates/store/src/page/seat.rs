//! A seat key in words: what the seat is called and who sits in it today.

use sekisho_domain::access::read_key;
use sekisho_domain::body::BODY;
use sekisho_domain::date::Date;
use sekisho_domain::position::POSITION;

use crate::Db;
use crate::decision::EXTERNAL_KEY;
use crate::error::Result;

/// The seat, and its holders' names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatWords {
    /// 税務課 情報セキュリティ管理者
    pub seat: String,
    /// 田中; 「3 人」 when there are more than two; `None` when vacant.
    pub person: Option<String>,
    /// Nobody who holds it is there today.
    pub absent: bool,
}

sql! {
    const NAME = "SELECT name FROM person WHERE id = $1";
    const SECTION = "SELECT name FROM section WHERE unit_id = $1 ORDER BY
        CASE WHEN valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) THEN 0 ELSE 1 END, valid_from DESC LIMIT 1";
}

impl Db {
    pub async fn person_name(&self, person_id: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = self.fetch_optional(NAME, &[person_id.into()]).await?;
        Ok(row.map(|(name,)| name))
    }

    /// The name of a section on a day, or its last one.
    pub async fn section_name(&self, unit_id: &str, on: Date) -> Result<Option<String>> {
        let row: Option<(String,)> = self.fetch_optional(SECTION, &[unit_id.into(), on.into()]).await?;
        Ok(row.map(|(name,)| name))
    }

    pub async fn seat_words(&self, key: &str, on: Date) -> Result<SeatWords> {
        if key == EXTERNAL_KEY {
            return Ok(SeatWords {
                seat: "外部決裁(文書管理システム)".into(), ..SeatWords::default()
            });
        }
        let (name, unit) = match read_key(key) {
            Some(("role", code, unit)) => (self.role_names().await?.word(code).to_owned(), unit),
            Some(("position", id, unit)) => {
                let row = self.row(&POSITION, id).await?;
                (row.map_or_else(|| id.to_owned(), |r| r.text("name").to_owned()), unit)
            }
            Some((_, id, _)) => {
                let row = self.row(&BODY, id).await?;
                let seat = row.map_or_else(|| id.to_owned(), |r| r.text("name").to_owned());
                return Ok(SeatWords { seat, ..SeatWords::default() });
            }
            None => return Ok(SeatWords { seat: key.to_owned(), ..SeatWords::default() }),
        };
        let section = match unit {
            Some(unit) => self.section_name(unit, on).await?.unwrap_or_default(),
            None => String::new(),
        };
        let mut holders = self.seat_holders(key, on).await?;
        holders.dedup_by(|a, b| a.person_id == b.person_id);
        let absent = !holders.is_empty() && holders.iter().all(|h| h.absent == 1);
        let person = match holders.as_slice() {
            [] => None,
            [one] => self.person_name(&one.person_id).await?,
            [one, two] => {
                let names =
                    (self.person_name(&one.person_id).await?, self.person_name(&two.person_id).await?);
                Some(format!("{}、{}", names.0.unwrap_or_default(), names.1.unwrap_or_default()))
            }
            many => Some(format!("{} 人", many.len())),
        };
        Ok(SeatWords { seat: format!("{section} {name}").trim().to_owned(), person, absent })
    }
}
