//! 通知を送る: one digest a day to everybody who has something to do, what is urgent at once, and the outbox. Off unless
//! `sekisho.toml` names a relay.

use std::time::Duration;

use anyhow::Result;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_mail::template::{self, Item, Words};
use sekisho_mail::{Fault, Letter, Relay};
use sekisho_store::Store;

/// How often the outbox is looked at.
const EVERY_SECONDS: u64 = 60;
/// Mails handed to the relay in one round: a city of 3,000 is served within the hour of the digest.
const AT_ONCE: i64 = 200;
/// Things named in a digest; the rest is counted, and the link leads to all of them.
const ITEMS: usize = 20;
/// Tasks and decisions counted for one person.
const COUNTED: i64 = 999;

/// Who writes, and how.
#[derive(Debug)]
pub struct Post {
    pub store: Store,
    pub relay: Relay,
    pub city: String,
}

impl Post {
    /// Runs for as long as the portal does. An error is logged and tried again.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.round().await {
                tracing::error!(%error, "notices could not be written; it will be tried again");
            }
            tokio::time::sleep(Duration::from_secs(EVERY_SECONDS)).await;
        }
    }

    /// Writes what is due today and hands over what waits.
    pub async fn round(&self) -> Result<()> {
        let now = self.store.clock.now();
        let on = date_at(now);
        let calendar = self.store.db.calendar().await?;
        let hour = now.since(start_of(on)) / Ms::HOUR;
        if calendar.is_open(on) && hour >= i64::from(self.relay.digest_hour) {
            self.digests(on).await?;
        }
        for urgent in self.store.db.urgent_notices(on, &calendar).await? {
            let Some(address) = self.store.db.mail_address(&urgent.person_id, on).await? else { continue };
            let words = Words {
                city: self.city.clone(),
                number: number(&urgent.task_id),
                due: short(urgent.due),
                link: self.link("/tasks"),
                ..Words::default()
            };
            let (subject, body) = self.words(urgent.code, &words).await?;
            let said = Some((subject.as_str(), body.as_str()));
            self.store.say_once(&urgent.person_id, &address, &urgent.topic, said).await?;
        }
        self.deliver().await?;
        Ok(self.store.sweep_notices().await?)
    }

    /// One mail for everybody who has something to do and has had none today.
    async fn digests(&self, on: Date) -> Result<()> {
        let topic = format!("digest:{on}");
        let mut after = String::new();
        loop {
            let people = self.store.db.notice_recipients(on, &topic, &after, AT_ONCE).await?;
            let Some((last, _)) = people.last() else { return Ok(()) };
            after.clone_from(last);
            for (person, address) in &people {
                let words = self.digest(person, on).await?;
                let mail = match words.count + words.decisions {
                    0 => None,
                    _ => Some(self.words("digest", &words).await?),
                };
                let said = mail.as_ref().map(|(subject, body)| (subject.as_str(), body.as_str()));
                self.store.say_once(person, address, &topic, said).await?;
            }
        }
    }

    async fn digest(&self, person: &str, on: Date) -> Result<Words> {
        let db = &self.store.db;
        let who = db.who(person, "").await?;
        let tasks = db.tasks_of(&who, on, ("", ""), COUNTED).await?;
        let decisions = db.count_waiting(&who, on, COUNTED).await?;
        let day = on.to_string();
        let item = |task: &sekisho_store::task::TaskRow| Item {
            due: task.due_on.parse().map_or_else(|_| task.due_on.clone(), short),
            number: number(&task.id),
            link: self.link("/tasks"),
        };
        Ok(Words {
            city: self.city.clone(),
            count: tasks.len(),
            late: tasks.iter().filter(|t| t.due_on < day).count(),
            today: tasks.iter().filter(|t| t.due_on == day).count(),
            decisions: usize::try_from(decisions).unwrap_or_default(),
            items: tasks.iter().take(ITEMS).map(item).collect(),
            link: self.link("/tasks"),
            ..Words::default()
        })
    }

    /// The city's own words, or those shipped when the city's do not work.
    async fn words(&self, code: &str, words: &Words) -> Result<(String, String)> {
        if let Some((subject, body)) = self.store.db.notice_template(code).await? {
            match template::render(&subject, &body, words) {
                Ok(mail) => return Ok(mail),
                Err(error) => tracing::warn!(%error, code, "the city's template does not work; ours is used"),
            }
        }
        let (subject, body) = template::standard(code).unwrap_or_default();
        Ok(template::render(subject, body, words)?)
    }

    async fn deliver(&self) -> Result<()> {
        for mail in self.store.db.notices_due(self.store.clock.now(), AT_ONCE).await? {
            let letter = Letter { id: &mail.id, to: &mail.address, subject: &mail.subject, body: &mail.body };
            match self.relay.send(letter).await {
                Ok(()) => self.store.notice_left(&mail.id).await?,
                Err(fault @ Fault::Never(_)) => {
                    tracing::warn!(%fault, id = mail.id, "the relay will not take a notice");
                    self.store.notice_refused(&mail.id, &fault.to_string()).await?;
                }
                Err(fault) => {
                    tracing::warn!(%fault, "the relay could not be asked; notices wait");
                    self.store.notice_later(&mail.id, mail.tries).await?;
                    // The next one would meet the same closed door.
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.relay.public_url)
    }
}

/// T-3F9A02: enough to find a thing in one's own list, and nothing about it.
fn number(id: &str) -> String {
    let tail: String = id.chars().rev().filter(char::is_ascii_hexdigit).take(6).collect();
    format!("T-{}", tail.chars().rev().collect::<String>().to_uppercase())
}

/// 12月1日
fn short(day: Date) -> String {
    format!("{}月{}日", day.month(), day.day())
}
