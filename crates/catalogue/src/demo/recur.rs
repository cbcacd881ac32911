//! Recurring entries, unrolled over the calendar.

use sekisho_domain::date::{Date, fiscal_year, wareki};

use super::error::DemoError;
use super::event::{Actor, Attest, Covers, Event, Evidence, Form, What, ZeroReport};
use super::expand::Teller;
use super::script::{Every, Kind, Recurring};
use super::when::{instant, plus, working_day};
use crate::model::RequirementId;

/// Filing starts at nine and is spread over the working day.
const OPENS_MINUTES: i64 = 9 * 60;
const OPEN_MINUTES: i64 = 8 * 60;

/// One observation: the days it speaks about; it is observed on the last of them.
#[derive(Debug, Clone)]
struct Period {
    first: Date,
    last: Date,
    name: String,
}

pub(super) fn unroll(teller: &Teller<'_>, rule: &Recurring, number: usize) -> Result<Vec<Event>, DemoError> {
    let rows = teller.selection.evidence(&rule.rows, rule.kind)?;
    let (from, until) = (teller.frame.date(rule.from)?, teller.frame.date(rule.until)?);
    let mut events = Vec::new();
    for (turn, period) in periods(teller, rule)?.iter().enumerate() {
        let filed = working_day(plus(period.last, rule.filed_after_days)?)?.max(period.last);
        if !teller.told(filed) || filed < from || filed > until {
            continue;
        }
        let mut file = |section: Option<&str>, actor: Actor| {
            let minute = (number * 47 + turn * 13 + events.len() * 7) as i64 % OPEN_MINUTES;
            let story = Telling { rule, rows: &rows, period, number, turn: turn + events.len() };
            let (at, what) = (instant(filed, OPENS_MINUTES + minute), story.what(teller, section)?);
            events.push(Event { at, actor, what, refused: false });
            Ok::<(), DemoError>(())
        };
        if rule.each_section {
            for section in
                teller.city.sections.iter().filter(|s| s.managed && !rule.missing.contains(&s.code))
            {
                // Where the manager's seat is vacant the 情報セキュリティ責任者 of the section answers in their place;
                // where there is neither, nobody does.
                let holder = |role| teller.city.role_holder(role, &section.code, filed);
                if let Some(manager) = holder("manager").or_else(|| holder("officer")) {
                    file(Some(&section.code), Actor::Person(manager))?;
                }
            }
        } else {
            let seat = rule.by.as_deref().unwrap_or_default();
            file(None, teller.actor(seat, filed)?)?;
        }
    }
    Ok(events)
}

/// One filing of one rule.
struct Telling<'a> {
    rule: &'a Recurring,
    rows: &'a [RequirementId],
    period: &'a Period,
    number: usize,
    turn: usize,
}

impl Telling<'_> {
    fn what(&self, teller: &Teller<'_>, section: Option<&str>) -> Result<What, DemoError> {
        let requirements = self.rows.to_vec();
        let covers = section.map_or(Covers::City, |code| Covers::Sections(vec![code.to_owned()]));
        let name = section.and_then(|code| teller.city.sections.iter().find(|s| s.code == code));
        let small = (self.number * 31 + self.turn * 17) % 23 + 2;
        let fill = |text: &str| {
            text.replace("{period}", &self.period.name)
                .replace("{section}", name.map_or("市全体", |s| &s.name))
                .replace("{n}", &small.to_string())
        };
        let (title, detail) = (fill(&self.rule.title), fill(&self.rule.detail));
        let (observed_on, period) = (self.period.last, (self.period.first, self.period.last));
        Ok(match self.rule.kind {
            Kind::Evidence => What::FileEvidence(Evidence {
                requirements,
                covers,
                title,
                form: self.rule.form.unwrap_or(Form::Report),
                observed_on,
                period,
                file_name: format!("{}_{:03}.txt", observed_on, self.number + 1),
                detail,
            }),
            Kind::Attest => {
                What::Attest(Attest { requirements, covers, title, observed_on, period, yes: true, detail })
            }
            Kind::Zero => {
                What::ZeroReport(ZeroReport { requirements, covers, title, observed_on, period, detail })
            }
            Kind::Checkpoint => {
                let seat = self.rule.confirmed_by.as_deref().unwrap_or_default();
                What::OutsideCheckpoint {
                    place: detail,
                    confirmed_by: teller.city.holder(seat, observed_on)?,
                }
            }
        })
    }
}

fn periods(teller: &Teller<'_>, rule: &Recurring) -> Result<Vec<Period>, DemoError> {
    let (start, anchor) = (teller.frame.start, teller.frame.anchor);
    let mut out = Vec::new();
    match rule.every {
        Every::Weekly => {
            // Counted back from the anchor, so that the last one is always fresh.
            let mut last = working_day(plus(anchor, -2)?)?;
            while last > start {
                out.push(Period { first: plus(last, -6)?, last, name: wareki(last) });
                last = plus(last, -7)?;
            }
            out.reverse();
        }
        Every::Monthly => months(start, anchor, 1, &mut out)?,
        Every::Quarterly => months(start, anchor, 3, &mut out)?,
        Every::HalfYearly | Every::Annual => {
            let days = if rule.every == Every::Annual { 364 } else { 182 };
            for year in start.year()..=anchor.year() {
                for on in &rule.on {
                    let last: Date = format!("{year:04}-{on}")
                        .parse()
                        .map_err(|_| DemoError::Value { what: "MM-DD", value: on.clone() })?;
                    let name = format!("{}年度", era_year(fiscal_year(last)));
                    let name = match (rule.every, rule.on.iter().position(|o| o == on)) {
                        (Every::HalfYearly, Some(at)) => format!("{name}第{}回", at + 1),
                        _ => name,
                    };
                    out.push(Period { first: plus(last, -days)?, last, name });
                }
            }
        }
    }
    Ok(out)
}

/// Whole months or quarters from the one before `start` to the one before `anchor`.
fn months(start: Date, anchor: Date, length: i8, out: &mut Vec<Period>) -> Result<(), DemoError> {
    let quarter_first = |month: i8| if length == 1 { month } else { (month - 1) / 3 * 3 + 1 };
    let (mut year, mut month) = (start.year(), quarter_first(start.month()));
    loop {
        let first = Date::new(year, month, 1)
            .map_err(|_| DemoError::Calendar { value: format!("{year}-{month}") })?;
        month += length;
        if month > 12 {
            (year, month) = (year + 1, month - 12);
        }
        let next = Date::new(year, month, 1)
            .map_err(|_| DemoError::Calendar { value: format!("{year}-{month}") })?;
        if next > anchor {
            return Ok(());
        }
        let fiscal = era_year(fiscal_year(first));
        let name = if length == 1 {
            format!("{}年{}月分", era_year(first.year()), first.month())
        } else {
            // April to June is the first quarter of a fiscal year.
            format!("{fiscal}年度第{}四半期", (first.month() + 8) % 12 / 3 + 1)
        };
        out.push(Period { first, last: plus(next, -1)?, name });
    }
}

/// 令和8 for 2026, as the year is written before 年 or 年度.
fn era_year(year: i16) -> String {
    // June 1: after the change of era in every year the demo can reach.
    let text = Date::new(year, 6, 1).map(wareki).unwrap_or_default();
    text.split('年').next().unwrap_or_default().to_owned()
}
