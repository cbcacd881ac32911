//! Tables and stories into one list of events in order of time.

use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;

use super::city::{Account, City};
use super::error::DemoError;
use super::event::{Actor, Covers, Decide, Event, Evidence, Exception, Import, Meeting, Publish, What};
use super::script::{Kind, RawWhat, Scripted, Story, read};
use super::select::{Selection, known};
use super::when::{Frame, instant, minutes, working_day};
use super::{DemoSource, Scene, organisation, recur, register, setup};

pub(super) fn history(source: &DemoSource<'_>, scene: Scene, anchor: Date) -> Result<Vec<Event>, DemoError> {
    let frame = Frame::new(anchor, scene.days())?;
    let city = City::load(source, &frame)?;
    let selection = Selection::load(source)?;
    let (file, text) = match scene {
        Scene::FirstWeek => ("first-week.toml", source.first_week),
        Scene::OneYearLater => ("one-year-later.toml", source.one_year_later),
    };
    let story: Story = read(file, text)?;
    let mut events = setup::events(&city, &frame)?;
    let teller = Teller { city: &city, selection: &selection, frame: &frame };
    for scripted in &story.event {
        events.extend(teller.scripted(scripted)?);
    }
    for (number, rule) in story.recurring.iter().enumerate() {
        events.extend(recur::unroll(&teller, rule, number)?);
    }
    events.extend(teller.registers(source)?);
    // Stable: events of one instant keep the order in which they were written.
    events.sort_by_key(|event| event.at);
    Ok(events)
}

/// Who takes up registers.
const REGISTRAR: &str = "chief@010301";

/// What is needed to turn written events into resolved ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Teller<'a> {
    pub(super) city: &'a City,
    pub(super) selection: &'a Selection,
    pub(super) frame: &'a Frame,
}

impl Teller<'_> {
    /// Whether a day lies between the city's first day and the day before the anchor.
    pub(super) fn told(&self, day: Date) -> bool {
        self.frame.start <= day && day < self.frame.anchor
    }

    pub(super) fn actor(&self, seat: &str, on: Date) -> Result<Actor, DemoError> {
        self.city.holder(seat, on).map(Actor::Person)
    }

    /// The registers as the secretariat took them up, one after another, and what 課長 put right in them.
    fn registers(&self, source: &DemoSource<'_>) -> Result<Vec<Event>, DemoError> {
        let mut events = Vec::new();
        let organisation = organisation::kept(source, self.city, self.frame)?;
        let (registers, mended) = register::kept(source, self.city, self.frame)?;
        for (nth, (day, rows)) in organisation.into_iter().chain(registers).enumerate() {
            let day = working_day(day)?;
            let at = instant(day, minutes("16:00")?).plus(i64::try_from(nth).unwrap_or(0) * Ms::MINUTE);
            let actor = self.actor(REGISTRAR, day)?;
            events.push(Event { at, actor, what: What::KeepRows(rows), refused: false });
        }
        for (day, rows) in mended {
            let day = working_day(day)?;
            // In its first week a city has put nothing right yet.
            if !self.told(day) {
                continue;
            }
            let at = instant(day, minutes("15:20")?);
            for row in rows {
                let actor =
                    match row.section.as_deref().and_then(|s| self.city.role_holder("manager", s, day)) {
                        Some(manager) => Actor::Person(manager),
                        None => self.actor(REGISTRAR, day)?,
                    };
                events.push(Event { at, actor, what: What::MendRows(vec![row]), refused: false });
            }
        }
        Ok(events)
    }

    /// The events of one entry; none when its day falls outside the story.
    fn scripted(&self, scripted: &Scripted) -> Result<Vec<Event>, DemoError> {
        let day = working_day(self.frame.date(scripted.day)?)?;
        if !self.told(day) {
            return Ok(Vec::new());
        }
        let at = instant(day, minutes(&scripted.time)?);
        let actor = self.actor(&scripted.by, day)?;
        let events = self.what(&scripted.what, day)?;
        let event = |what| Event { at, actor: actor.clone(), what, refused: scripted.refused };
        Ok(events.into_iter().map(event).collect())
    }

    fn what(&self, raw: &RawWhat, day: Date) -> Result<Vec<What>, DemoError> {
        let what = match raw {
            RawWhat::Adopt(adopt) => {
                return self.selection.adopt(&adopt.rows, self.frame, |seat| self.city.holder(seat, day));
            }
            RawWhat::Import(raw) => What::ImportDocument(Import {
                document: raw.document.clone(),
                kind: raw.kind.clone(),
                title: raw.title.clone(),
                visibility: raw.visibility.clone(),
                owner: raw.owner.clone(),
                review_months: raw.review_months,
                reviewed_on: raw.reviewed.map(|day| self.frame.date(day)).transpose()?,
                edition: raw.edition.clone(),
                revised_on: raw.revised.map(|day| self.frame.date(day)).transpose()?,
                effective_on: raw.effective.map(|day| self.frame.date(day)).transpose()?,
                file_name: raw.file_name.clone(),
                body: raw.body.clone(),
            }),
            RawWhat::Review(raw) => What::ReviewDocument { document: raw.document.clone(), reviewed_on: day },
            RawWhat::Decide(raw) => {
                let body = |b: &super::script::RawBody| {
                    Ok((b.name.clone(), self.frame.date(b.decided)?, b.number.clone()))
                };
                What::DecideRevision(Decide {
                    document: raw.document.clone(),
                    edition: raw.edition.clone(),
                    applicant: self.city.holder(&raw.applicant, day)?,
                    approver: self.city.holder(&raw.approver, day)?,
                    reason: raw.reason.clone(),
                    bodies: raw.bodies.iter().map(body).collect::<Result<_, DemoError>>()?,
                })
            }
            RawWhat::Evidence(raw) => {
                let observed_on = self.frame.date(raw.observed)?;
                let sections = raw.sections.clone();
                What::FileEvidence(Evidence {
                    requirements: self.selection.evidence(&raw.rows, Kind::Evidence)?,
                    covers: if sections.is_empty() { Covers::City } else { Covers::Sections(sections) },
                    title: raw.title.clone(),
                    form: raw.form,
                    observed_on,
                    period: (observed_on, observed_on),
                    file_name: format!("{observed_on}.txt"),
                    detail: raw.detail.clone(),
                })
            }
            RawWhat::Exception(raw) => What::GrantException(Exception {
                requirement: known(&raw.row)?.id.clone(),
                reason: raw.reason.clone(),
                substitute: raw.substitute.clone(),
                residual_risk: raw.residual_risk.clone(),
                from: day,
                until: self.frame.date(raw.until)?,
                applicant: self.city.holder(&raw.applicant, day)?,
                approver: match raw.pending {
                    true => None,
                    false => Some(self.city.holder(&raw.approver, day)?),
                },
            }),
            RawWhat::OutsideCheckpoint(raw) => What::OutsideCheckpoint {
                place: raw.place.clone(),
                confirmed_by: self.city.holder(&raw.confirmed_by, day)?,
            },
            RawWhat::RestoreTest(raw) => What::RestoreTest { ok: raw.ok, note: raw.note.clone() },
            RawWhat::Publish(raw) => What::PublishOutside(Publish {
                document: raw.document.clone(),
                url: raw.url.clone(),
                published_on: working_day(day)?,
            }),
            RawWhat::Account(raw) => What::CreateAccount(Account {
                person: self.city.holder(&raw.seat, day)?,
                login: raw.login.clone(),
                privileged: raw.privileged,
                second_factor: raw.second_factor,
            }),
            RawWhat::Flows(_) => What::DecideFlows,
            RawWhat::Meeting(raw) => What::HoldMeeting(Meeting {
                body: raw.body.clone(),
                held_on: day,
                place: raw.place.clone(),
                present: raw
                    .present
                    .iter()
                    .map(|seat| self.city.holder(seat, day))
                    .collect::<Result<_, _>>()?,
                minutes: raw.minutes.clone(),
                items: raw.items.iter().map(|i| (i.title.clone(), i.resolution.clone())).collect(),
            }),
            RawWhat::Dispose(raw) => What::ApplyForDisposal {
                register: raw.register.clone(),
                number: raw.number.clone(),
                method: raw.method.clone(),
                reason: raw.reason.clone(),
            },
            RawWhat::Network(raw) => {
                What::SubmitNetwork { read: instant(day, minutes(&raw.read)?), before: raw.before }
            }
            RawWhat::Sample(raw) => What::ConfirmNetwork { note: raw.text.clone() },
            RawWhat::Note(raw) => What::Note { text: raw.text.clone() },
        };
        Ok(vec![what])
    }
}
