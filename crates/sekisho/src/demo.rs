//! The demo city さくら坂市, made by replaying its story through the real write path with a clock that is set to
//! each event's time. What a newcomer sees has been decided, filed, judged and sealed exactly as in a real city.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use sekisho_catalogue::demo::{
    self, Actor as Player, Adoption, Covers, Decide, Event, Exception, Import, KeptRow, Meeting, PersonNo,
    Publish, Scene, State, What,
};
use sekisho_checks::network::{self, Source, Upload};
use sekisho_domain::access::{Seat, Who};
use sekisho_domain::clock::{Ms, SetClock};
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_domain::noun::{Kind, Row};
use sekisho_domain::person::PERSON;
use sekisho_domain::position::{ASSIGNMENT, POSITION, ROLE_SEAT};
use sekisho_domain::register::Register;
use sekisho_domain::section::SECTION;
use sekisho_policy::{Clause, compare};
use sekisho_store::body::Resolution;
use sekisho_store::decision::Answer;
use sekisho_store::document::{NewRevision, Seen};
use sekisho_store::evidence::{NewEvidence, NewException, StoredFile};
use sekisho_store::ledger::Sequencer;
use sekisho_store::requirement::{AdoptedRow, NewAdoption};
use sekisho_store::{Actor, Store};
use sha2::{Digest as _, Sha256};

use crate::data::Data;

/// A secret that no password fits: the account exists, nobody can log in to it yet.
const NO_PASSWORD: &str = "!";

/// When the replayed city judges and seals: every evening as a running system does, or once, for the same board today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    EveryDay,
    AtTheEnd,
}

/// Replays the city's story up to now. `progress` hears how many events are done, of how many.
pub async fn replay(
    data: &Data,
    clock: &Arc<SetClock>,
    scene: Scene,
    now: Ms,
    rounds: Rounds,
    progress: impl Fn(usize, usize),
) -> Result<()> {
    let events = demo::history(scene, date_at(now))?;
    let sequencer = data.sequencer().await?;
    let mut city = City::new(data, sequencer);
    let first = events.first().map_or(now, |e| e.at);
    clock.set(first);
    city.load_catalogue().await?;
    let (total, mut day) = (events.len(), date_at(first));
    for (done, event) in events.into_iter().enumerate() {
        while rounds == Rounds::EveryDay && date_at(event.at) > day {
            clock.set(start_of(day.tomorrow()?).plus(-Ms::MINUTE));
            city.end_of_day().await?;
            day = day.tomorrow()?;
        }
        clock.set(event.at);
        let refused = event.refused;
        let label = format!("{} {:?}", event.at.0, std::mem::discriminant(&event.what));
        match (city.play(event).await, refused) {
            (Ok(()), false) | (Err(_), true) => {}
            (Ok(()), true) => bail!("{label}: 拒まれるはずの出来事が通りました"),
            (Err(error), false) => return Err(error.context(label)),
        }
        progress(done + 1, total);
    }
    clock.set(now);
    city.end_of_day().await
}

/// The city while its story is replayed: which of our ids stands for which of its names.
struct City<'d> {
    data: &'d Data,
    store: &'d Store,
    sequencer: Sequencer,
    units: HashMap<String, String>,
    positions: HashMap<String, String>,
    people: HashMap<PersonNo, String>,
    /// (person, position, section) → assignment.
    assignments: HashMap<(String, String, String), String>,
    /// The story's name of a document → our id.
    documents: HashMap<String, String>,
    /// (document, edition) → revision.
    revisions: HashMap<(String, String), String>,
    requirements: HashMap<String, String>,
    /// (register, number) → row.
    rows: HashMap<(&'static str, String), String>,
}

impl<'d> City<'d> {
    fn new(data: &'d Data, sequencer: Sequencer) -> City<'d> {
        City {
            data,
            store: &data.store,
            sequencer,
            units: HashMap::new(),
            positions: HashMap::new(),
            people: HashMap::new(),
            assignments: HashMap::new(),
            documents: HashMap::new(),
            revisions: HashMap::new(),
            requirements: HashMap::new(),
            rows: HashMap::new(),
        }
    }

    async fn load_catalogue(&mut self) -> Result<()> {
        let mut tx = self.store.write(&Actor::system(), "catalogue.load").await?;
        tx.load_catalogue(sekisho_catalogue::catalogue()).await?;
        tx.commit().await?;
        for row in self.store.db.requirements(&Default::default(), "", 10_000).await? {
            self.requirements.insert(row.catalogue_id.unwrap_or_default(), row.id);
        }
        Ok(())
    }

    /// What the running system does all day: judge what changed or ran out, and seal.
    async fn end_of_day(&self) -> Result<()> {
        self.store.expire_decisions().await?;
        self.sequencer.run_once().await?;
        network::judge_due(self.store, &self.data.objects()).await?;
        sekisho_checks::evaluate_dirty(self.store).await?;
        sekisho_checks::evaluate_due(self.store).await?;
        self.store.derive_tasks().await?;
        Ok(())
    }

    async fn play(&mut self, event: Event) -> Result<()> {
        let who = self.who(&event.actor).await?;
        match event.what {
            What::CreateSection(section) => self.create_section(section).await,
            What::RenameSection { code, name, kana, from } => {
                let mut tx = self.store.write(&Actor::system(), "section.rename").await?;
                tx.rename_section(self.unit(&code)?, &name, Some(&kana), from).await?;
                Ok(tx.commit().await?)
            }
            What::CreatePosition(position) => {
                let row = |id: &str| {
                    Row::new(&POSITION, id)
                        .set("code", position.code.as_str())
                        .set("name", position.name.as_str())
                        .set("rank", i64::from(position.rank))
                        .set("valid_from", position.from)
                };
                let id = self.insert("position.create", row).await?;
                self.positions.insert(position.code.clone(), id);
                Ok(())
            }
            What::CreatePerson(person) => self.create_person(person).await,
            What::PersonLeaves { person, left_on } => {
                let mut tx = self.store.write(&Actor::system(), "person.leave").await?;
                tx.person_leaves(self.person(&person)?, left_on).await?;
                Ok(tx.commit().await?)
            }
            What::SeatRole(seat) => {
                let position = self.position(&seat.position)?.to_owned();
                let unit =
                    seat.section.as_deref().map(|code| self.unit(code).map(str::to_owned)).transpose()?;
                let row = |id: &str| {
                    Row::new(&ROLE_SEAT, id)
                        .set("role", seat.role.as_str())
                        .set("position_id", position.as_str())
                        .set("unit_id", unit.clone())
                        .set("valid_from", seat.from)
                };
                self.insert("role_seat.create", row).await.map(drop)
            }
            What::Assign(assignment) => self.assign(assignment).await,
            What::EndAssignment(assignment) => {
                let key =
                    (assignment.person.0.clone(), assignment.position.clone(), assignment.section.clone());
                let id = self.assignments.get(&key).with_context(|| format!("配属 {key:?}"))?;
                let mut tx = self.store.write(&Actor::system(), "assignment.end").await?;
                tx.end(&ASSIGNMENT, id, assignment.to.context("終わりの日")?).await?;
                Ok(tx.commit().await?)
            }
            What::CreateAccount(account) => self.create_account(account).await,
            What::ImportDocument(import) => self.import(&who, import).await,
            What::ReviewDocument { document, reviewed_on } => {
                let id = self.documents.get(&document).context("文書")?;
                let mut tx = self.store.write(&actor(&who, event.at), "document.review").await?;
                tx.review_document(id, reviewed_on).await?;
                Ok(tx.commit().await?)
            }
            What::DecideRevision(decide) => self.decide_revision(decide).await,
            What::AdoptRequirements { rows, state: State::Rejected, reason, until, approver } => {
                let approver = self.who(&Player::Person(approver.context("決裁する人")?)).await?;
                self.reject(
                    &who,
                    &approver,
                    &rows,
                    reason.as_deref().unwrap_or_default(),
                    until.context("期限")?,
                )
                .await
            }
            What::AdoptRequirements { rows, state, reason, .. } => {
                self.adopt(&who, rows, state, reason.as_deref()).await
            }
            What::FileEvidence(e) => {
                let what =
                    Filing { kind: "record", title: &e.title, source: e.form.label_ja(), answer: None };
                let file = Some((e.file_name.as_str(), e.detail.as_str()));
                let when = (e.observed_on, e.period);
                self.file(&who, event.at, &e.requirements, &e.covers, what, when, &e.detail, file).await
            }
            What::Attest(e) => {
                let what =
                    Filing {
                        kind: "attestation", title: &e.title, source: "自己点検", answer: Some(e.yes)
                    };
                let when = (e.observed_on, e.period);
                self.file(&who, event.at, &e.requirements, &e.covers, what, when, &e.detail, None).await
            }
            What::ZeroReport(e) => {
                let what =
                    Filing { kind: "zero", title: &e.title, source: "該当なしの報告", answer: None };
                let when = (e.observed_on, e.period);
                self.file(&who, event.at, &e.requirements, &e.covers, what, when, &e.detail, None).await
            }
            What::GrantException(exception) => self.exception(exception).await,
            What::OutsideCheckpoint { place, confirmed_by } => self.outside(&place, &confirmed_by).await,
            What::RestoreTest { ok, note } => {
                let (size, root) = self.sealed().await?;
                let mut tx = self.store.write(&actor(&who, event.at), "restore.test").await?;
                let sha256 = hex::encode(Sha256::digest(note.as_bytes()));
                tx.record_restore(event.at, &sha256, size, &root, ok).await?;
                Ok(tx.commit().await?)
            }
            What::PublishOutside(publish) => self.publish(&who, event.at, publish).await,
            What::KeepRows(rows) => self.keep_rows(&who, event.at, rows).await,
            What::MendRows(rows) => self.mend_rows(&who, event.at, rows).await,
            What::HoldMeeting(meeting) => self.meet(&who, event.at, meeting).await,
            What::ApplyForDisposal { register, number, method, reason } => {
                let register = sekisho_domain::register(&register).context("台帳")?;
                let id = self.row(register.noun.name, &number)?;
                let mut tx = self.store.write(&actor(&who, event.at), "disposal.apply").await?;
                let row = tx.get(register.noun, id).await?;
                tx.apply_for_disposal(&who, register, &row, &method, &reason).await?;
                Ok(tx.commit().await?)
            }
            What::DecideFlows => self.decide_flows(&who).await,
            What::SubmitNetwork { read, before } => self.submit_network(&who, event.at, read, before).await,
            What::ConfirmNetwork { note } => {
                let newest = self.store.db.newest_snapshot().await?.context("提出")?;
                let mut tx = self.store.write(&actor(&who, event.at), "network.confirm").await?;
                tx.confirm_snapshot(&who, &newest.id, true, &note).await?;
                Ok(tx.commit().await?)
            }
            What::Note { .. } => Ok(()),
        }
    }

    async fn insert(&self, action: &'static str, row: impl FnOnce(&str) -> Row) -> Result<String> {
        let mut tx = self.store.write(&Actor::system(), action).await?;
        let id = tx.new_id();
        tx.insert(row(&id)).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn create_section(&mut self, section: demo::Section) -> Result<()> {
        let parent = section.parent.as_deref().map(|code| self.unit(code).map(str::to_owned)).transpose()?;
        let mut tx = self.store.write(&Actor::system(), "section.create").await?;
        let unit = tx.new_id();
        let row = Row::new(&SECTION, tx.new_id())
            .set("unit_id", unit.as_str())
            .set("code", section.code.as_str())
            .set("name", section.name.as_str())
            .set("kana", section.kana.as_str())
            .set("kind", section.kind.as_str())
            .set("managed", section.managed)
            .set("parent_unit_id", parent)
            .set("sort_key", section.code.as_str())
            .set("valid_from", section.from);
        tx.create_section(row).await?;
        tx.commit().await?;
        self.units.insert(section.code, unit);
        Ok(())
    }

    async fn create_person(&mut self, person: demo::Person) -> Result<()> {
        let mut tx = self.store.write(&Actor::system(), "person.create").await?;
        let id = tx.new_id();
        let row = Row::new(&PERSON, &id)
            .set("number", person.number.0.as_str())
            .set("name", person.name.as_str())
            .set("kana", person.kana.as_str())
            .set("population", "staff")
            .set("source", person.source)
            .set("joined_on", person.joined_on)
            .set("left_on", person.left_on);
        tx.create_person(row).await?;
        tx.commit().await?;
        self.people.insert(person.number, id);
        Ok(())
    }

    async fn assign(&mut self, a: demo::Assignment) -> Result<()> {
        let (person, position) = (self.person(&a.person)?.to_owned(), self.position(&a.position)?.to_owned());
        let unit = self.unit(&a.section)?.to_owned();
        let row = |id: &str| {
            Row::new(&ASSIGNMENT, id)
                .set("person_id", person.as_str())
                .set("position_id", position.as_str())
                .set("unit_id", unit.as_str())
                .set("kind", a.kind.as_str())
                .set("valid_from", a.from)
                .set("valid_to", a.to)
        };
        let id = self.insert("assignment.create", row).await?;
        self.assignments.insert((a.person.0, a.position, a.section), id);
        Ok(())
    }

    async fn create_account(&self, account: demo::Account) -> Result<()> {
        let mut tx = self.store.write(&Actor::system(), "account.create").await?;
        let id = tx.create_account(self.person(&account.person)?, &account.login, account.privileged).await?;
        tx.set_credential(&id, "password", NO_PASSWORD, true).await?;
        if account.second_factor {
            tx.set_credential(&id, "totp", NO_PASSWORD, true).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn import(&mut self, who: &Who, import: Import) -> Result<()> {
        let text = import.body.text();
        let parsed = sekisho_policy::parse_file(text.as_bytes(), &import.file_name)
            .map_err(|e| anyhow::anyhow!(sekisho_policy::ja::error(&e)))?;
        let document_id = self.documents.get(&import.document).cloned();
        let confirmed = match &document_id {
            Some(id) => self.proposed(id, &parsed).await?,
            None => Vec::new(),
        };
        let history = parsed.revisions.iter().rev().find(|r| r.version.as_deref() == Some(&import.edition));
        let source_sha256 = hex::encode(Sha256::digest(text));
        let mut tx = self.store.write(&actor(who, self.store.clock.now()), "revision.import").await?;
        let saved = tx
            .save_revision(NewRevision {
                document_id: document_id.as_deref(),
                kind: &import.kind,
                visibility: &import.visibility,
                owner_unit_id: Some(self.unit(&import.owner)?),
                review_months: i64::from(import.review_months),
                parsed: &parsed,
                title: &import.title,
                edition: &import.edition,
                revised_on: import.revised_on.or(history.and_then(|r| r.revised_on)).or(parsed.revised),
                effective_on: import.effective_on.or(history.and_then(|r| r.effective_on)).or(parsed.revised),
                source_name: &import.file_name,
                source_sha256: &source_sha256,
                confirmed: &confirmed,
            })
            .await?;
        if let Some(day) = import.reviewed_on {
            tx.review_document(&saved.document_id, day).await?;
        }
        tx.commit().await?;
        self.revisions.insert((import.document.clone(), import.edition), saved.revision_id);
        self.documents.insert(import.document, saved.document_id);
        Ok(())
    }

    /// Clauses go on by what they say, as a person would confirm it: an edition that puts a new (8) before the old one
    /// does not make the two one clause.
    async fn proposed(
        &self,
        document_id: &str,
        parsed: &sekisho_policy::Document,
    ) -> Result<Vec<compare::Proposal>> {
        let revisions = self.store.db.revisions(document_id).await?;
        let Some(last) = revisions.first() else { return Ok(Vec::new()) };
        let clauses = self.store.db.clauses(&last.id).await?.iter().map(Clause::from).collect();
        let old = sekisho_policy::Document { clauses, ..sekisho_policy::Document::default() };
        Ok(compare::propose(&old, parsed))
    }

    async fn decide_revision(&self, decide: Decide) -> Result<()> {
        let key = (decide.document.clone(), decide.edition.clone());
        let revision = self.revisions.get(&key).with_context(|| format!("版 {key:?}"))?;
        let applicant = self.who(&Player::Person(decide.applicant)).await?;
        let approver = self.who(&Player::Person(decide.approver)).await?;
        let mut tx = self.store.write(&actor(&applicant, self.store.clock.now()), "revision.submit").await?;
        let id = tx.submit_revision(&applicant, revision, &decide.reason).await?;
        tx.commit().await?;
        self.approve_but(1, &id).await?;
        if let Err(error) = self.store.decide(&approver, &id, Answer::Approve, None).await {
            self.store.withdraw(&applicant, &id).await?;
            return Err(error.into());
        }
        let mut tx = self.store.write(&actor(&applicant, self.store.clock.now()), "revision.adopted").await?;
        for (body, on, number) in &decide.bodies {
            tx.record_adoption(revision, body, *on, Some(number)).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn reject(
        &self,
        who: &Who,
        approver: &Who,
        rows: &[Adoption],
        reason: &str,
        until: Date,
    ) -> Result<()> {
        let ids: Vec<String> =
            rows.iter().map(|r| self.requirement(r.requirement.as_str())).collect::<Result<_>>()?;
        let mut tx = self.store.write(&actor(who, self.store.clock.now()), "requirement.reject").await?;
        let id = tx.apply_for_rejection(who, &ids, reason, until).await?;
        tx.commit().await?;
        Ok(self.store.decide(approver, &id, Answer::Approve, None).await?)
    }

    async fn adopt(&self, who: &Who, rows: Vec<Adoption>, state: State, reason: Option<&str>) -> Result<()> {
        let on = date_at(self.store.clock.now());
        let standard: HashMap<String, String> = match self.store.db.in_force("standard", on).await? {
            Some(revision) => self
                .store
                .db
                .clauses(&revision.id)
                .await?
                .into_iter()
                .map(|c| (c.label, c.clause_id))
                .collect(),
            None => HashMap::new(),
        };
        let mut adopted = Vec::new();
        for row in &rows {
            let clause = row.standard_clause.as_ref().and_then(|label| standard.get(label));
            adopted.push((self.requirement(row.requirement.as_str())?, clause));
        }
        let adopted: Vec<AdoptedRow<'_>> = adopted
            .iter()
            .map(|(id, clause)| AdoptedRow { id, text: None, standard_clause_id: clause.map(String::as_str) })
            .collect();
        let reason = reason.unwrap_or("対策基準カタログを当市の対策基準に採り入れる");
        let mut tx = self.store.write(&actor(who, self.store.clock.now()), "requirement.adopt").await?;
        let new = NewAdoption { state: state.key(), reason, rows: &adopted };
        let id = tx.apply_for_adoption(who, new).await?;
        tx.commit().await?;
        self.approve_all(&id).await
    }

    /// Lets every seat of a route approve, each through its holder of today.
    async fn approve_all(&self, decision_id: &str) -> Result<()> {
        self.approve_but(0, decision_id).await
    }

    /// The same, but for the last `kept` seats, for which the story names somebody.
    async fn approve_but(&self, kept: usize, decision_id: &str) -> Result<()> {
        let on = date_at(self.store.clock.now());
        loop {
            let mut steps = self.store.db.decision_steps(decision_id).await?;
            steps.retain(|s| s.kind != "after" && ["open", "waiting"].contains(&s.state.as_str()));
            let open = steps.iter().find(|s| s.state == "open").filter(|_| steps.len() > kept);
            let Some(open) = open else { return Ok(()) };
            let holders = self.store.db.seat_holders(&open.key(), on).await?;
            let holder = holders.first().with_context(|| format!("決裁する人 {}", open.key()))?;
            let who = self.store.db.who(&holder.person_id, "").await?;
            self.store.decide(&who, decision_id, Answer::Approve, None).await?;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one observation, spelt out once")]
    async fn file(
        &self,
        who: &Who,
        at: Ms,
        requirements: &[sekisho_catalogue::RequirementId],
        covers: &Covers,
        what: Filing<'_>,
        (observed_on, period): (Date, (Date, Date)),
        detail: &str,
        file: Option<(&str, &str)>,
    ) -> Result<()> {
        let units: Vec<Option<&str>> = match covers {
            Covers::City => vec![None],
            Covers::Sections(codes) => codes.iter().map(|c| self.unit(c).map(Some)).collect::<Result<_>>()?,
        };
        let sealed = match file {
            Some((_, text)) => Some(self.data.objects().put(self.store, text.as_bytes().to_vec()).await?),
            None => None,
        };
        // Looked at in the morning of the day, or just now when it is filed the same day.
        let observed = Ms(start_of(observed_on).plus(10 * Ms::HOUR).0.min(at.0));
        let mut tx = self.store.write(&actor(who, at), "evidence.file").await?;
        for requirement in requirements {
            for unit_id in &units {
                let new = NewEvidence {
                    requirement_id: &self.requirement(requirement.as_str())?,
                    unit_id: *unit_id,
                    kind: what.kind,
                    title: what.title,
                    detail: Some(detail),
                    answer: what.answer,
                    observed,
                    period: Some(period),
                    source: what.source,
                    file: sealed.as_ref().zip(file).map(|(sealed, (name, _))| StoredFile {
                        object_id: &sealed.object_id,
                        name,
                        sha256: &sealed.sha256,
                    }),
                    reference: None,
                };
                tx.file_evidence(who, new).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn exception(&self, e: Exception) -> Result<()> {
        let applicant = self.who(&Player::Person(e.applicant)).await?;
        let mut tx = self.store.write(&actor(&applicant, self.store.clock.now()), "exception.apply").await?;
        let new = NewException {
            requirement_id: &self.requirement(e.requirement.as_str())?,
            reason: &e.reason,
            substitute: &e.substitute,
            residual_risk: Some(&e.residual_risk),
            valid_from: e.from,
            valid_to: e.until,
        };
        let id = tx.apply_for_exception(&applicant, new).await?;
        tx.commit().await?;
        self.approve_but(1, &id).await?;
        let Some(approver) = e.approver else { return Ok(()) };
        let approver = self.who(&Player::Person(approver)).await?;
        if let Err(error) = self.store.decide(&approver, &id, Answer::Approve, None).await {
            self.store.withdraw(&applicant, &id).await?;
            return Err(error.into());
        }
        Ok(())
    }

    async fn keep_rows(&mut self, who: &Who, at: Ms, rows: Vec<KeptRow>) -> Result<()> {
        let Some(first) = rows.first() else { return Ok(()) };
        let register = sekisho_domain::register(first.noun).context("台帳")?;
        let mut tx = self.store.write(&actor(who, at), register.action("import")).await?;
        for kept in rows {
            let row = self.written(register, Row::new(register.noun, tx.new_id()), &kept)?;
            self.rows.insert((kept.noun, kept.number), row.id.clone());
            tx.insert(row).await?;
        }
        Ok(tx.commit().await?)
    }

    /// A row with what the story says of it.
    fn written(&self, register: &Register, mut row: Row, kept: &KeptRow) -> Result<Row> {
        if register.noun.column(register.key[0]).is_some_and(|key| matches!(key.kind, Kind::Text)) {
            row = row.set(register.key[0], kept.number.as_str());
        }
        for (column, value) in &kept.values {
            row = row.set(column, value.clone());
        }
        if let (Some(column), Some(code)) = (register.section, &kept.section) {
            row = row.set(column, self.unit(code)?);
        }
        for (column, noun, number) in &kept.refs {
            row = row.set(column, self.row(noun, number)?);
        }
        Ok(row)
    }

    async fn mend_rows(&self, who: &Who, at: Ms, rows: Vec<KeptRow>) -> Result<()> {
        for kept in rows {
            let register = sekisho_domain::register(kept.noun).context("台帳")?;
            let mut tx = self.store.write(&actor(who, at), register.action("update")).await?;
            let now = tx.get(register.noun, self.row(kept.noun, &kept.number)?).await?;
            // What the fault put there and the right row does not have goes.
            let blank = Row { version: now.version, ..Row::new(register.noun, now.id) };
            tx.update(self.written(register, blank, &kept)?).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn meet(&self, who: &Who, at: Ms, meeting: Meeting) -> Result<()> {
        let present = meeting.present.iter().map(|number| Ok(self.person(number)?.to_owned()));
        let present = present.collect::<Result<BTreeSet<String>>>()?;
        let mut tx = self.store.write(&actor(who, at), "meeting.hold").await?;
        let id = tx.call_meeting(self.row("body", &meeting.body)?, meeting.held_on, &meeting.place).await?;
        let mut items = Vec::new();
        for (title, resolution) in meeting.items {
            items.push((tx.put_on_agenda(&id, &title, None).await?, resolution));
        }
        tx.hold_meeting(&id, &present, &meeting.minutes).await?;
        tx.commit().await?;
        for (item, text) in items {
            let noted = Resolution { result: "noted", votes: None, text: &text };
            self.store.resolve(who, &item, noted).await?;
        }
        Ok(())
    }

    async fn decide_flows(&self, who: &Who) -> Result<()> {
        let mut flows: Vec<(&str, &str)> = self
            .rows
            .iter()
            .filter(|((noun, _), _)| *noun == "specific_flow")
            .map(|((_, number), id)| (number.as_str(), id.as_str()))
            .collect();
        flows.sort_unstable();
        for (_, id) in flows {
            let mut tx = self.store.write(&actor(who, self.store.clock.now()), "specific_flow.apply").await?;
            let decision = tx.apply_for_flow(who, id).await?;
            tx.commit().await?;
            self.approve_all(&decision).await?;
        }
        Ok(())
    }

    async fn submit_network(&self, who: &Who, at: Ms, read: Ms, before: bool) -> Result<()> {
        let replaced =
            |file: &str| before && demo::NETWORK.iter().any(|(d, f, _)| *d == "before" && *f == file);
        let files = demo::NETWORK.iter().filter(|(folder, file, _)| match *folder {
            "before" => before,
            _ => !replaced(file),
        });
        let uploads = files
            .map(|(_, file, text)| Upload { name: (*file).to_owned(), bytes: text.as_bytes().to_vec() })
            .collect();
        let (actor, objects) = (actor(who, at), self.data.objects());
        let source = Source::Manual { who, actor: &actor, note: None };
        network::take_in(self.store, &objects, source, Some(read), uploads).await?;
        network::judge_due(self.store, &objects).await?;
        Ok(())
    }

    async fn outside(&self, place: &str, by: &PersonNo) -> Result<()> {
        let (size, root) = self.sealed().await?;
        let who = self.who(&Player::Person(by.clone())).await?;
        let mut tx = self.store.write(&actor(&who, self.store.clock.now()), "checkpoint.confirm").await?;
        tx.confirm_outside(size, &root, place, &who.person_id).await?;
        Ok(tx.commit().await?)
    }

    async fn publish(&self, who: &Who, at: Ms, publish: Publish) -> Result<()> {
        let document = self.documents.get(&publish.document).context("文書")?;
        let revisions = self.store.db.revisions(document).await?;
        let revision = revisions.iter().find(|r| r.state == "approved").context("決裁済の版")?;
        let file = sekisho_portal::exported(&self.store.db, &revision.id).await?;
        let sha256 = hex::encode(Sha256::digest(file));
        let mut tx = self.store.write(&actor(who, at), "publication.record").await?;
        let (on, person_id) = (publish.published_on, who.person_id.as_str());
        let seen = Seen { url: &publish.url, on, sha256: &sha256, same_as: "html", words: None, person_id };
        tx.record_publication(&revision.id, seen).await?;
        Ok(tx.commit().await?)
    }

    /// Seals everything so far and returns size and root of the checkpoint.
    async fn sealed(&self) -> Result<(i64, String)> {
        self.sequencer.run_once().await?;
        let checkpoint = self.sequencer.checkpoint();
        let mut lines = checkpoint.lines().skip(1);
        let size = lines.next().and_then(|l| l.parse().ok()).context("封印の件数")?;
        Ok((size, lines.next().unwrap_or_default().to_owned()))
    }

    async fn who(&self, actor: &Player) -> Result<Who> {
        match actor {
            Player::Setup => Ok(Who::default()),
            Player::Person(number) => Ok(self.store.db.who(self.person(number)?, "").await?),
        }
    }

    fn unit(&self, code: &str) -> Result<&str> {
        self.units.get(code).map(String::as_str).with_context(|| format!("組織 {code}"))
    }

    fn position(&self, code: &str) -> Result<&str> {
        self.positions.get(code).map(String::as_str).with_context(|| format!("職 {code}"))
    }

    fn person(&self, number: &PersonNo) -> Result<&str> {
        self.people.get(number).map(String::as_str).with_context(|| format!("職員 {number}"))
    }

    /// The id of what the story calls by a number: a row of a register, a position, a person, a section.
    fn row(&self, noun: &'static str, number: &str) -> Result<&str> {
        match noun {
            "position" => self.position(number),
            "person" => self.person(&PersonNo(number.to_owned())),
            "section" => self.unit(number),
            _ => {
                let id = self.rows.get(&(noun, number.to_owned()));
                id.map(String::as_str).with_context(|| format!("{noun} {number}"))
            }
        }
    }

    fn requirement(&self, catalogue_id: &str) -> Result<String> {
        self.requirements.get(catalogue_id).cloned().with_context(|| format!("要求 {catalogue_id}"))
    }
}

/// What kind of evidence is filed.
#[derive(Clone, Copy)]
struct Filing<'a> {
    kind: &'static str,
    title: &'a str,
    source: &'a str,
    answer: Option<bool>,
}

fn actor(who: &Who, at: Ms) -> Actor {
    if who.person_id.is_empty() {
        return Actor::system();
    }
    let seat = who.seat(date_at(at)).map(Seat::code);
    Actor { person_id: who.person_id.clone(), seat: seat.unwrap_or_else(|| "-".into()) }
}
