//! One A4 page for the CISO.

use crate::App;
use crate::form::Form;
use crate::pages::board::{self, Adopted, Fix, HEADS, Tally, When};
use crate::pages::{decision, ledger};
use crate::part::{Bar, Moment, STATES};
use crate::picture;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use crate::standing::Standing;
use askama::Template;
use axum::extract::{RawQuery, State};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_domain::register::cell::worded;
use sekisho_domain::verdict::State as Verdict;

/// Rows that fit on the page beside the rest.
const FIXES_SHOWN: usize = 8;
const DECISIONS_SHOWN: usize = 5;
const EXCEPTIONS_SHOWN: usize = 5;
/// The same, as a limit of the query.
const DECISIONS_SHOWN_ROWS: i64 = 5;

#[derive(Debug, Template)]
#[template(path = "summary/summary.html")]
pub(crate) struct SummaryPage {
    pub(crate) shell: Shell,
    pub(crate) city: String,
    pub(crate) document: String,
    pub(crate) now: Moment,
    pub(crate) tallies: Vec<Tally>,
    /// The whole page in one sentence.
    pub(crate) sentence: String,
    pub(crate) fixes: Vec<Fix>,
    pub(crate) more_fixes: usize,
    pub(crate) decisions: Vec<Waiting>,
    /// 例外措置 in force, the first to end first: (clause, what is excepted, until, how often).
    pub(crate) exceptions: Vec<(String, String, String, i64)>,
    pub(crate) more_exceptions: usize,
    pub(crate) adopted: Adopted,
    pub(crate) heads: Vec<&'static str>,
    pub(crate) chapters: Vec<ChapterLine>,
    pub(crate) ledger: String,
    /// The SHA-256 of the edition in force, for decisions that have to go on paper.
    pub(crate) edition_hash: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) title: String,
    pub(crate) applicant: String,
    pub(crate) requested: Moment,
}

#[derive(Debug)]
pub(crate) struct ChapterLine {
    pub(crate) words: String,
    pub(crate) bar: Bar,
    pub(crate) counts: Vec<usize>,
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let when = When::read(&me, &query);
    let (standing, head) = when.standing(&app).await?;
    let Standing { revision, picture, incumbents, roles, counts, level, dues, .. } = &*standing;
    let mut fixes = board::fixes(picture, roles, incumbents, dues, when.on);
    let more_fixes = fixes.len().saturating_sub(FIXES_SHOWN);
    fixes.truncate(FIXES_SHOWN);
    let waiting = decision::waiting_for(&app, &me, DECISIONS_SHOWN_ROWS).await?;
    let judged = picture.nodes.iter().filter(|n| n.judged).count();
    let broken = picture.tally(Verdict::Broken);
    let unproven = picture.tally(Verdict::Unproven);
    let sentence = format!(
        "{judged} 条項のうち、守られていないものが {broken}、未確認のものが {unproven} あります。\
         あなたの決裁を待つものは {} 件です。",
        app.store.db.count_waiting(&me.who, me.on, 999).await?
    );
    let chapters = picture.chapters().filter(|n| n.depth == 0).map(|node| ChapterLine {
        words: format!("{} {}", node.line.label, picture::title(&node.line)),
        bar: picture.bar(node),
        counts: STATES[..5].iter().map(|s| picture.count(node, *s)).collect(),
    });
    let reach = me.reach(Action::View, "exception");
    let mut exceptions = app.store.db.exceptions("now", &reach, &me.who.person_id, me.on).await?;
    let more_exceptions = exceptions.len().saturating_sub(EXCEPTIONS_SHOWN);
    exceptions.truncate(EXCEPTIONS_SHOWN);
    let exceptions = exceptions.into_iter().map(|x| (x.clause_label, x.title, worded(&x.valid_to), x.times));
    page(&SummaryPage {
        exceptions: exceptions.collect(),
        more_exceptions,
        shell: app.shell(&me, "/", "方針は今日、守られていますか").await?.crumb("/", "方針の実施状況"),
        city: app.config.city.clone(),
        document: board::edition_words(revision.as_ref()),
        now: Moment::at(when.at),
        tallies: board::tallies(picture),
        sentence,
        fixes,
        more_fixes,
        decisions: waiting
            .into_iter()
            .take(DECISIONS_SHOWN)
            .map(|d| Waiting {
                title: d.title,
                applicant: d.applicant,
                requested: Moment::at(Ms(d.requested_ms)),
            })
            .collect(),
        adopted: board::adopted(counts, picture),
        heads: HEADS.to_vec(),
        chapters: chapters.collect(),
        ledger: ledger::sentence(&app, head, level),
        edition_hash: revision.as_ref().map(|r| ledger::grouped(&r.body_sha256)),
    })
}
