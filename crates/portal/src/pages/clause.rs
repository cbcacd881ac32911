//! A clause: its text, what it asks for, and whether that is so.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::board::{self, When};
use crate::pages::shared::ListPage;
use crate::part::{Cell, ClauseLabel, Day, Mark, Moment, Seat};
use crate::picture::{self, Asked, Node, Picture};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{self, Date};
use sekisho_domain::role_name::RoleNames;
use sekisho_domain::verdict::State as Verdict;
use sekisho_domain::{access, requirement};
use sekisho_store::page::{ClauseChange, ClauseLine, Incumbent};
use std::collections::HashMap;

#[derive(Debug, Template)]
#[template(path = "clause/clause.html")]
pub(crate) struct ClausePage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) document: String,
    pub(crate) edition: String,
    pub(crate) definition: bool,
    pub(crate) mark: Mark,
    pub(crate) now: Moment,
    pub(crate) then: Option<Day>,
    /// (label, text): the clause itself, then its items without a page of their own.
    pub(crate) texts: Vec<(String, String)>,
    /// Out of which clauses it came, and which came out of it.
    pub(crate) origins: Vec<String>,
    pub(crate) children: Vec<(ClauseLabel, Option<Mark>)>,
    pub(crate) requirements: Vec<Row>,
    /// 整備・運用・独立確認; `None` where nothing asks for the stage.
    pub(crate) stages: Vec<(&'static str, Option<Mark>)>,
    pub(crate) as_of: String,
    /// When a past day is shown.
    pub(crate) hindsight: Option<Hindsight>,
}

/// How the clause stood on a past day: by what was recorded then, and by what is known now about that day.
#[derive(Debug)]
pub(crate) struct Hindsight {
    pub(crate) recorded: Mark,
    pub(crate) known: Mark,
    /// Rows that are judged again, by evidence that came later.
    pub(crate) by_evidence: usize,
    /// Rows of which only the record is left.
    pub(crate) by_machine: usize,
    /// Rows that look otherwise now.
    pub(crate) changed: Vec<Later>,
}

#[derive(Debug)]
pub(crate) struct Later {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) recorded: Mark,
    pub(crate) known: Mark,
    pub(crate) reason: String,
}

/// One requirement of the clause with its verdict.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) stage: &'static str,
    /// 機械判定・記録・自己申告
    pub(crate) how: &'static str,
    /// 原典未確認…
    pub(crate) badge: &'static str,
    /// `None`: not adopted, so not judged.
    pub(crate) mark: Option<Mark>,
    pub(crate) adoption: &'static str,
    pub(crate) reason: String,
    /// 確認 12 / 対象 14
    pub(crate) population: String,
    pub(crate) source: String,
    pub(crate) seat: Seat,
}

/// The clauses behind a number of the board.
pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let wanted = crate::part::STATES.into_iter().find(|s| s.code() == query.get("verdict"));
    let (standing, _) = app.standing(me.now, me.on).await?;
    let picture = &standing.picture;
    let stands = |node: &&Node| node.judged && wanted.is_none_or(|state| picture.state(node) == state);
    let readable = |node: &&Node| access::reads(&me.who, &node.line.visibility, me.on);
    let rows = picture.nodes.iter().filter(stands).filter(readable).map(|node| {
        let worst =
            node.direct.iter().map(|r| &picture.asked[*r]).filter(|a| a.state == Some(picture.state(node)));
        let adopted = node.direct.iter().filter(|r| picture.asked[**r].state.is_some()).count();
        let none = if adopted == 0 {
            "この条項に結びついた、採用した要求がありません。"
        } else {
            ""
        };
        let why = worst.map(Asked::reason).next().unwrap_or_else(|| none.to_owned());
        let href = format!("/clauses/{}", node.line.clause_id);
        vec![
            Cell::link(href, format!("{} {}", node.line.label, picture::title(&node.line))),
            Cell::mark(picture.state(node)).under(why),
            Cell::number(adopted),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let title = match wanted {
        Some(state) => format!("「{}」の条項は、どれですか", state.label()),
        None => "どの条項が、どうなっていますか".to_owned(),
    };
    page(&ListPage {
        shell: app.shell(&me, "/", title).await?.crumb("/", "方針の実施状況"),
        caption: format!("{} 条項。方針の順。理由は、いちばん悪い要求のもの。", rows.len()),
        heads: vec!["条項", "状態と理由", "採用した要求"],
        rows,
        empty: "この状態の条項はありません。",
        ..ListPage::default()
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let when = When::read(&me, &query);
    let db = &app.store.db;
    let revision = db.revision_of_clause(&id, when.on).await?.ok_or(PortalError::NotFound)?;
    let (standing, _) = when.standing(&app).await?;
    let other;
    let picture = match &standing.revision {
        Some(policy) if policy.id == revision.id => &standing.picture,
        // A clause of another document, or of an edition that is not in force.
        _ => {
            other = Picture::new(db.clauses(&revision.id).await?, standing.picture.asked.clone());
            &other
        }
    };
    let node = picture.nodes.iter().find(|n| n.line.clause_id == id).ok_or(PortalError::NotFound)?;
    if !access::reads(&me.who, &node.line.visibility, me.on) {
        return Err(PortalError::Forbidden(crate::ja::why(access::Why::Visibility).to_owned()));
    }
    let incumbents = &standing.incumbents;
    let state = if node.judged { picture.state(node) } else { picture.state_under(node) };
    let hindsight = match when.past {
        true => Some(hindsight(&app, &me, picture, node, &when).await?),
        false => None,
    };
    let label = &node.line.label;
    let title = match node.definition {
        true => format!("{label} {}とは", picture::title(&node.line)),
        false => format!("{label} {}は、守られていますか", picture::title(&node.line)),
    };
    let mut shell = app.shell(&me, "/", title).await?.crumb("/", "方針の実施状況");
    for above in ancestors(picture, node) {
        let words = format!("{} {}", above.line.label, picture::title(&above.line));
        shell = shell.crumb(format!("/clauses/{}", above.line.clause_id), words);
    }
    let joints = db.clause_changes(&revision.document_id).await?;
    let children = children(picture, node);
    page(&ClausePage {
        shell,
        id,
        label: label.clone(),
        document: revision.title.clone(),
        edition: board::edition(&revision.edition),
        definition: node.definition,
        mark: state.into(),
        now: Moment::at(me.now),
        then: when.past.then(|| Day::due(when.on)),
        texts: vec![(label.clone(), picture::body(&node.line).to_owned())],
        origins: joints
            .iter()
            .filter(|j| j.number <= revision.number)
            .filter_map(|j| origin(j, &node.line))
            .collect(),
        children: children.iter().map(|n| (board::label(n), mark_under(picture, n))).collect(),
        requirements: node
            .direct
            .iter()
            .map(|r| row(&picture.asked[*r], &standing.roles, incumbents))
            .collect(),
        stages: stages(picture, node),
        as_of: query.get("as_of").to_owned(),
        hindsight,
    })
}

/// What is known now about a past day. Evidence says when it was observed and when it was filed, so it can be judged
/// again for that day; what a machine check saw in the registers stays as it was recorded.
async fn hindsight(
    app: &App,
    me: &Me,
    picture: &Picture,
    node: &Node,
    when: &When,
) -> Result<Hindsight, PortalError> {
    let db = &app.store.db;
    let rows = if node.judged { &node.direct } else { &node.under };
    let rows: Vec<(&Asked, Verdict)> = rows
        .iter()
        .filter_map(|r| picture.asked[*r].state.map(|state| (&picture.asked[*r], state)))
        .collect();
    let ids: Vec<String> = rows.iter().map(|(asked, _)| asked.row.requirement_id.clone()).collect();
    let again = sekisho_checks::preview(db, &ids, when.at, me.now).await?;
    // Beside evidence a row may have machine checks, whose recorded answer counts with it.
    let mut machine: HashMap<String, Verdict> = HashMap::new();
    for row in db.judged(when.at).await? {
        let seen = row.check_id.is_some_and(|check| check != sekisho_checks::EVIDENCE_CHECK);
        if let (true, Some(state)) = (seen, row.state.as_deref().map(Verdict::from_code)) {
            let worst = machine.entry(row.requirement_id).or_insert(state);
            *worst = state.min(*worst);
        }
    }
    let (mut known, mut changed) = (Vec::new(), Vec::new());
    for (asked, recorded) in &rows {
        let id = &asked.row.requirement_id;
        let Some(outcome) = again.get(id) else {
            known.push(*recorded);
            continue;
        };
        let now = machine.get(id).map_or(outcome.state, |machine| outcome.state.min(*machine));
        known.push(now);
        if now != *recorded {
            changed.push(Later {
                id: id.clone(),
                title: asked.row.title.clone(),
                recorded: (*recorded).into(),
                known: now.into(),
                reason: outcome.reason.clone(),
            });
        }
    }
    Ok(Hindsight {
        recorded: Verdict::worst(rows.iter().map(|(_, state)| *state)).into(),
        known: Verdict::worst(known).into(),
        by_evidence: again.len(),
        by_machine: rows.len() - again.len(),
        changed,
    })
}

fn ancestors<'a>(picture: &'a Picture, node: &Node) -> Vec<&'a Node> {
    let mut out = Vec::new();
    let mut parent = node.line.parent_clause_id.clone();
    while let Some(above) = parent.and_then(|id| picture.nodes.iter().find(|n| n.line.clause_id == id)) {
        if out.len() > picture.nodes.len() {
            break; // a loop cannot be stored, and would not be followed
        }
        out.push(above);
        parent = above.line.parent_clause_id.clone();
    }
    out.reverse();
    out
}

/// 第4版で、7(2)から分かれました
fn origin(joint: &ClauseChange, line: &ClauseLine) -> Option<String> {
    let (from, to) = (joint.from_label.as_deref().unwrap_or("?"), joint.to_label.as_deref().unwrap_or("?"));
    let says = match joint.how.as_str() {
        "split" if joint.to_clause_id == line.clause_id => format!("{from}から分かれました"),
        "split" if joint.from_clause_id == line.clause_id => format!("{to}が分かれました"),
        "merged" if joint.to_clause_id == line.clause_id => format!("{from}が統合されました"),
        "merged" if joint.from_clause_id == line.clause_id => format!("{to}に統合されました"),
        _ => return None,
    };
    Some(format!("{}で、{says}。", board::edition(&joint.edition)))
}

fn children<'a>(picture: &'a Picture, node: &Node) -> Vec<&'a Node> {
    let parent = Some(node.line.clause_id.as_str());
    picture.nodes.iter().filter(|n| n.line.parent_clause_id.as_deref() == parent).collect()
}

/// Definitions and parts without requirements carry no mark.
fn mark_under(picture: &Picture, node: &Node) -> Option<Mark> {
    (!node.definition && !node.under.is_empty()).then(|| picture.state_under(node).into())
}

fn row(asked: &Asked, names: &RoleNames, incumbents: &[Incumbent]) -> Row {
    let r = &asked.row;
    let (observed, expected) = (r.observed_count.unwrap_or(0), r.expected_count.unwrap_or(0));
    Row {
        id: r.requirement_id.clone(),
        title: r.title.clone(),
        text: r.text.clone(),
        stage: word(requirement::STAGES, &r.stage),
        how: how(&r.check_kind, r.catalogue_id.as_deref().unwrap_or_default()),
        badge: badge(&r.confidence),
        mark: asked.state.map(Mark::from),
        adoption: word(requirement::STATES, &r.adoption),
        reason: asked.reason(),
        population: r.source.as_ref().map_or(String::new(), |_| format!("確認 {observed} / 対象 {expected}")),
        source: source(r.source.as_deref(), r.source_ms),
        seat: picture::mover(&r.role, r.samples.as_deref(), names, incumbents),
    }
}

/// Where a population came from, and when.
pub(crate) fn source(source: Option<&str>, at: Option<i64>) -> String {
    match (source, at) {
        (Some(source), Some(ms)) => {
            let day: Date = date::date_at(Ms(ms));
            format!("{source}（{}時点）", date::wareki(day))
        }
        (Some(source), None) => source.to_owned(),
        _ => String::new(),
    }
}

/// How a row is judged by this program, which may be less than the catalogue hopes for.
pub(crate) fn how(check_kind: &str, catalogue_id: &str) -> &'static str {
    match (check_kind, sekisho_checks::by_machine(catalogue_id)) {
        (_, Some(true)) => "機械判定",
        ("attestation", Some(false)) => "機械判定と自己申告",
        (_, Some(false)) => "機械判定と記録",
        ("attestation", None) => "自己申告",
        (_, None) => "記録",
    }
}

/// What stands beside a row whose wording nobody has compared with the national guideline; empty otherwise.
pub(crate) fn badge(confidence: &str) -> &'static str {
    sekisho_catalogue::catalogue().confidence(confidence).map_or("", |c| c.badge.as_str())
}

/// The Japanese word of a code; the code itself if the list does not know it.
pub(crate) fn word(words: &'static [(&'static str, &'static str)], code: &str) -> &'static str {
    words.iter().find(|(c, _)| *c == code).map_or("不明", |(_, word)| word)
}

fn stages(picture: &Picture, node: &Node) -> Vec<(&'static str, Option<Mark>)> {
    let stage = |code: &str| {
        let rows = node.under.iter().map(|r| &picture.asked[*r]).filter(|a| a.row.stage == code);
        let states: Vec<Verdict> = rows.filter_map(|a| a.state).collect();
        (!states.is_empty()).then(|| Verdict::worst(states).into())
    };
    requirement::STAGES.iter().map(|(code, words)| (*words, stage(code))).collect()
}
