//! 方針の実施状況: is the policy holding today, what must be put right, how is each chapter.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::part::{Bar, ClauseLabel, Day, Mark, Moment, STATES, Seat, Spark};
use crate::picture::{self, Asked, Node, Picture};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use crate::standing::Standing;
use askama::Template;
use axum::extract::{RawQuery, State};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{self, Date};
use sekisho_domain::role_name::RoleNames;
use sekisho_domain::verdict::State as Verdict;
use sekisho_store::ledger::Head;
use sekisho_store::page::{Counts, Incumbent, RevisionLine};
use std::collections::HashMap;
use std::sync::Arc;

/// Rows of 「いま直すこと」 on the board; the rest is one click away.
const FIXES_SHOWN: usize = 12;

#[derive(Debug, Template)]
#[template(path = "board/board.html")]
pub(crate) struct Board {
    pub(crate) shell: Shell,
    /// さくら坂市 情報セキュリティ基本方針 第4版（令和6年4月1日施行）
    pub(crate) document: String,
    pub(crate) now: Moment,
    /// The day whose records are shown, when it is not today.
    pub(crate) then: Option<Day>,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) seal: SealLine,
    pub(crate) adopted: Adopted,
    pub(crate) fixes: Vec<Fix>,
    pub(crate) fix_caption: String,
    pub(crate) nothing_to_fix: &'static str,
    /// Column heads of the counts in `chapters`.
    pub(crate) heads: Vec<&'static str>,
    pub(crate) chapters: Vec<ChapterRow>,
    /// ISO dates for the date field.
    pub(crate) as_of: String,
    pub(crate) today: String,
}

/// Clauses in one state.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) mark: Mark,
    pub(crate) count: usize,
    pub(crate) href: String,
}

/// The ledger in one line: how many entries, how far it can be trusted.
#[derive(Debug)]
pub(crate) struct SealLine {
    pub(crate) size: String,
    pub(crate) line: String,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Adopted {
    /// Requirements in force, the city's own included.
    pub(crate) count: usize,
    pub(crate) of_catalogue: usize,
    pub(crate) total: usize,
    /// Whether anything was decided yet.
    pub(crate) started: bool,
    /// In force and in no chapter: their state is in none of the numbers.
    pub(crate) homeless: usize,
}

/// One thing to put right: why, who moves next, by when.
#[derive(Debug)]
pub(crate) struct Fix {
    pub(crate) clause: ClauseLabel,
    pub(crate) mark: Mark,
    pub(crate) reason: String,
    pub(crate) requirement_id: String,
    /// Further requirements of the clause that one repair settles: the same reason, the same seat.
    pub(crate) also: usize,
    pub(crate) seat: Seat,
    /// By when, if a task says so, and whether that day is over.
    pub(crate) due: Option<Day>,
    pub(crate) late: bool,
    /// When it came to stand like this.
    pub(crate) since: Day,
}

#[derive(Debug)]
pub(crate) struct ChapterRow {
    pub(crate) clause: ClauseLabel,
    /// A part of the chapter above it, indented.
    pub(crate) child: bool,
    pub(crate) bar: Bar,
    /// (count, list of those rows), in the order of `Board::heads`.
    pub(crate) counts: Vec<(usize, String)>,
    pub(crate) spark: Spark,
}

/// The instant a page speaks about: now, or the end of an earlier day.
#[derive(Clone, Debug)]
pub(crate) struct When {
    pub(crate) at: Ms,
    pub(crate) on: Date,
    /// A past day is shown.
    pub(crate) past: bool,
}

impl When {
    pub(crate) fn read(me: &Me, query: &Form) -> When {
        match date::parse_date(query.get("as_of")) {
            Some(day) if day < me.on => {
                let end = date::start_of(day.saturating_add(jiff::Span::new().days(1))).plus(-1);
                When { at: end, on: day, past: true }
            }
            _ => When { at: me.now, on: me.on, past: false },
        }
    }

    /// How the policy stands, or stood by what was recorded then; and how far the log has come by now.
    pub(crate) async fn standing(&self, app: &App) -> Result<(Arc<Standing>, Head), PortalError> {
        match self.past {
            false => app.standing(self.at, self.on).await,
            true => {
                let head = app.store.db.ledger_head().await?;
                Ok((Arc::new(app.standing_at(self.at, self.on, false).await?), head))
            }
        }
    }
}

/// さくら坂市情報セキュリティ基本方針 第4版（令和6年4月1日施行）
pub(crate) fn edition_words(revision: Option<&RevisionLine>) -> String {
    let Some(r) = revision else { return "施行中の基本方針がまだありません".to_owned() };
    let day = r.effective_on.as_deref().and_then(|d| d.parse().ok()).map(date::wareki);
    let day = day.map_or(String::new(), |d| format!("（{d}施行）"));
    format!("{} {}{day}", r.title, edition(&r.edition))
}

/// 第4版, 初版; an edition that already says so is left alone.
pub(crate) fn edition(text: &str) -> String {
    match text {
        "" => String::new(),
        "初" => "初版".to_owned(),
        t if t.contains('版') => t.to_owned(),
        t => format!("第{t}版"),
    }
}

pub(crate) fn label(node: &Node) -> ClauseLabel {
    let line = &node.line;
    ClauseLabel { id: line.clause_id.clone(), label: line.label.clone(), title: picture::title(line) }
}

/// What asks for work, in the order of the policy; broken before stale. One fact may break several requirements of a
/// clause: it is put right once, so it is one line.
pub(crate) fn fixes(
    picture: &Picture,
    names: &RoleNames,
    incumbents: &[Incumbent],
    dues: &HashMap<String, Date>,
    on: Date,
) -> Vec<Fix> {
    let today = Day::of(on).iso;
    let mut out = Vec::new();
    for wanted in [Verdict::Broken, Verdict::Stale] {
        for node in &picture.nodes {
            let mut lines: Vec<(&str, Fix)> = Vec::new();
            for r in node.direct.iter().filter(|r| picture.asked[**r].state == Some(wanted)) {
                let Asked { row, .. } = &picture.asked[*r];
                let (role, reason) = (row.role.as_str(), picture.asked[*r].reason());
                let since = Day::of(date::date_at(Ms(row.from_ms.unwrap_or_default())));
                let due = dues.get(&row.requirement_id).copied().map(Day::of);
                match lines.iter_mut().find(|(asks, line)| *asks == role && line.reason == reason) {
                    Some((_, line)) => {
                        line.also += 1;
                        if since.iso < line.since.iso {
                            line.since = since;
                        }
                        if due.as_ref().is_some_and(|due| line.due.as_ref().is_none_or(|d| due.iso < d.iso)) {
                            line.due = due;
                        }
                    }
                    None => lines.push((
                        role,
                        Fix {
                            clause: label(node),
                            mark: wanted.into(),
                            reason,
                            requirement_id: row.requirement_id.clone(),
                            also: 0,
                            seat: picture::mover(role, row.samples.as_deref(), names, incumbents),
                            due,
                            late: false,
                            since,
                        },
                    )),
                }
            }
            out.extend(lines.into_iter().map(|(_, line)| {
                let late = line.due.as_ref().is_some_and(|due| due.iso < today);
                Fix { late, ..line }
            }));
        }
    }
    out
}

pub(crate) fn tallies(picture: &Picture) -> Vec<Tally> {
    STATES[..5]
        .iter()
        .map(|state| Tally {
            mark: (*state).into(),
            count: picture.tally(*state),
            href: format!("/clauses?verdict={}", state.code()),
        })
        .collect()
}

/// Column heads that go with `STATES[..5]`.
pub(crate) const HEADS: [&str; 5] = ["守られている", "いない", "古い", "未確認", "例外"];

pub(crate) fn adopted(counts: &Counts, picture: &Picture) -> Adopted {
    let size = |n: i64| usize::try_from(n).unwrap_or(0);
    Adopted {
        count: picture.asked.iter().filter(|a| a.state.is_some()).count(),
        of_catalogue: size(counts.adopted),
        total: size(counts.catalogue),
        started: counts.adopted > 0,
        homeless: picture.homeless(),
    }
}

/// 18,204
pub(crate) fn thousands(n: i64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && c != '-' {
            out.push(',');
        }
        out.push(c);
    }
    out
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let when = When::read(&me, &query);
    let (standing, head) = when.standing(&app).await?;
    let Standing { revision, picture, incumbents, roles, year, counts, level, dues } = &*standing;
    let seal = crate::pages::ledger::seal_line(head, level);
    let mut fixes = fixes(picture, roles, incumbents, dues, when.on);
    let all = fixes.len();
    fixes.truncate(FIXES_SHOWN);
    let fix_caption = match all > FIXES_SHOWN {
        true => format!("{all} 件のうち {FIXES_SHOWN} 件。理由と、次に動く人。"),
        false => "守られていない条項と、証拠が古い条項。理由と、次に動く人。".to_owned(),
    };
    let chapters = picture.chapters().map(|node| ChapterRow {
        clause: label(node),
        child: node.depth > 0,
        bar: picture.bar(node),
        counts: STATES[..5]
            .iter()
            .map(|s| (picture.count(node, *s), list_href(&node.line.label, *s)))
            .collect(),
        spark: year.spark(picture, node),
    });
    page(&Board {
        shell: app.shell(&me, "/", "方針は今日、守られていますか").await?,
        document: edition_words(revision.as_ref()),
        now: Moment::at(me.now),
        then: when.past.then(|| Day::due(when.on)),
        tallies: tallies(picture),
        seal,
        adopted: adopted(counts, picture),
        fixes,
        fix_caption,
        nothing_to_fix: match counts.adopted {
            0 => "まだ判定するものがありません。",
            _ => "守られていない条項も、証拠が古い条項もありません。",
        },
        heads: HEADS.to_vec(),
        chapters: chapters.collect(),
        as_of: when.on.to_string(),
        today: me.on.to_string(),
    })
}

/// The list of requirements behind a number of the board.
fn list_href(clause: &str, state: Verdict) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("clause", clause)
        .append_pair("verdict", state.code())
        .finish();
    format!("/requirements?{query}")
}
