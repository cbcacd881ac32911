//! The question of 7(3), answered for today from the 提出 that was read off last.

use super::{Open, basis_words, instant, kind_words, open, rank, verdict};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::part::{Mark, Moment, Seat, Worded};
use crate::picture;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use crate::standing::Standing;
use askama::Template;
use axum::extract::{RawQuery, State};
use sekisho_checks::network::{Doubt, Judgement};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_domain::network::{FRESH_DAYS, SOURCES};
use sekisho_domain::noun::Row;
use sekisho_domain::verdict::State as Verdict;
use sekisho_store::network::AnswerLine;

/// The clauses that the zones answer to, with what each needs besides separation.
const CLAUSES: [(&str, &str); 3] = [
    ("7(3)①", "分離・持ち出し不可の設定・多要素認証が、そろって必要です。"),
    ("7(3)②", "LGWAN系とインターネット系の分離と、取り込むファイルの無害化が必要です。"),
    ("7(3)③", "不正通信の監視と、自治体情報セキュリティクラウドへの参加が、そろって必要です。"),
];
/// Shown where somebody may know that something is wrong, but not what.
const MENDING: &str = "是正中";

#[derive(Template)]
#[template(path = "network/overview.html")]
struct Overview {
    shell: Shell,
    clauses: Vec<ClauseCard>,
    /// For everybody: of how many devices, and how old.
    facts: Option<Facts>,
    full: Option<Full>,
    /// Limited records exist, but not for this reader.
    withheld: bool,
    can_file: bool,
}

struct ClauseCard {
    label: &'static str,
    needs: &'static str,
    mark: Option<Mark>,
    seat: Seat,
    mending: bool,
    rows: Vec<NeedRow>,
}

/// A requirement of the catalogue that speaks for a clause. Several share a title, so the number comes first.
struct NeedRow {
    id: String,
    number: String,
    title: String,
    text: String,
    mark: Option<Mark>,
}

struct Facts {
    devices: i64,
    read: Moment,
    age_days: i64,
    old: bool,
    filed: Moment,
    source: &'static str,
    by: String,
    confirmed: Option<(String, Moment, bool)>,
    judged: Option<Moment>,
}

/// What only those see who may see configurations.
struct Full {
    snapshot: String,
    picture: String,
    zones: Vec<String>,
    matrix: Vec<(String, Vec<PairCell>)>,
    tally: Vec<(Worded, usize)>,
    groups: Vec<Group>,
    devices: Vec<DeviceLine>,
    missing: Vec<String>,
    unlisted: Vec<String>,
    unexplained: Vec<Doubt>,
    notes: Vec<String>,
    flows: usize,
    flows_held: i64,
    certificates: usize,
    elsewhere: Vec<(String, String)>,
}

enum PairCell {
    Same,
    Nothing,
    Answer { href: String, mark: Worded, words: String },
}

struct Group {
    heading: &'static str,
    rows: Vec<AnswerRow>,
}

struct AnswerRow {
    href: String,
    item: String,
    title: String,
    basis: String,
    mark: Worded,
    assumptions: String,
}

struct DeviceLine {
    name: String,
    vendor: String,
    href: String,
    lowered: u64,
    ignored: u64,
    unknown: usize,
    sampled: bool,
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let (standing, _) = app.standing(me.now, me.on).await?;
    let mut shell = app.shell(&me, "/network", "領域の間は、思ったとおりに区切られていますか").await?;
    shell.done = match Form::from_query(query.as_deref().unwrap_or("")).get("done") {
        "filed" => Some("提出を受け付けました。判定が終わると、この画面に出ます。"),
        _ => None,
    };
    let newest = app.store.db.newest_snapshot().await?;
    let sees = me.reaches(Action::View, "network_snapshot");
    let (mut facts, mut full) = (None, None);
    if let Some(row) = newest {
        let result = app.store.db.network_result(&row.id).await?;
        facts = Some(facts_of(&app, &me, &row, result.map(|r| r.judged_ms)).await?);
        if sees && let Some(opened) = open(&app, &me, row).await? {
            let answers = app.store.db.network_answers(&opened.result.id).await?;
            let held = app.store.db.count_flows(me.on).await?;
            full = Some(full_of(&opened, &answers, held));
        }
    }
    page(&Overview {
        shell,
        clauses: CLAUSES.iter().map(|(label, needs)| card(&standing, label, needs)).collect(),
        withheld: !sees && facts.is_some(),
        facts,
        full,
        can_file: me.reaches(Action::Edit, "network_snapshot"),
    })
}

/// How a clause stands, with the rows that speak for it: all of them together make it hold.
fn card(standing: &Standing, label: &'static str, needs: &'static str) -> ClauseCard {
    let node = standing.picture.nodes.iter().find(|n| n.line.label == label);
    let rows: Vec<_> = standing.picture.asked.iter().filter(|a| a.row.clause_label == label).collect();
    let state = match node {
        Some(node) if node.judged => Some(standing.picture.state(node)),
        _ => (!rows.is_empty()).then(|| Verdict::worst(rows.iter().filter_map(|a| a.state))),
    };
    let role = rows.first().map_or("chief_officer", |a| a.row.role.as_str());
    ClauseCard {
        label,
        needs,
        mark: state.map(Mark::from),
        seat: picture::seat(role, &standing.roles, &standing.incumbents),
        mending: state == Some(Verdict::Broken),
        rows: rows
            .iter()
            .filter(|a| a.state.is_some())
            .map(|a| NeedRow {
                id: a.row.requirement_id.clone(),
                number: a.row.catalogue_id.clone().unwrap_or_default(),
                title: a.row.title.clone(),
                text: gist(&a.row.text),
                mark: a.state.map(Mark::from),
            })
            .collect(),
    }
}

/// The beginning of a requirement's text, enough to tell it from its neighbours.
fn gist(text: &str) -> String {
    const CHARS: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

async fn facts_of(app: &App, me: &Me, row: &Row, judged: Option<i64>) -> Result<Facts, PortalError> {
    let db = &app.store.db;
    let name = |id: &str| {
        let id = id.to_owned();
        async move {
            let person = db.row(&sekisho_domain::person::PERSON, &id).await?;
            Ok::<_, PortalError>(person.map_or_else(String::new, |p| p.text("name").to_owned()))
        }
    };
    let read = Ms(instant(row, "read_ms").unwrap_or_default());
    let age_days = me.now.since(read) / Ms::DAY;
    let confirmed = match instant(row, "confirmed_ms") {
        Some(at) => {
            let agrees = row.get("agrees") == Some(&sekisho_domain::noun::Value::Bool(Some(true)));
            Some((name(row.text("confirmed_by")).await?, Moment::at(Ms(at)), agrees))
        }
        None => None,
    };
    Ok(Facts {
        devices: instant(row, "devices").unwrap_or_default(),
        read: Moment::at(read),
        age_days,
        old: age_days > FRESH_DAYS,
        filed: Moment::at(Ms(instant(row, "filed_ms").unwrap_or_default())),
        source: word(SOURCES, row.text("source")),
        by: name(row.text("filed_by")).await?,
        confirmed,
        judged: judged.map(|ms| Moment::at(Ms(ms))),
    })
}

fn full_of(open: &Open, answers: &[AnswerLine], flows_held: i64) -> Full {
    let judgement = &open.judgement;
    let zones: Vec<_> = judgement.zones.iter().filter(|z| z.kind != "TRANSIT").collect();
    let matrix = zones.iter().map(|from| {
        let cells = zones.iter().map(|to| match from.id == to.id {
            true => PairCell::Same,
            false => pair(answers, &from.id, &to.id, (&from.name, &to.name)),
        });
        (from.name.clone(), cells.collect())
    });
    let tally = ["refuted", "unknown", "proved-under", "proved"]
        .map(|code| (verdict(code), answers.iter().filter(|a| a.verdict == code).count()));
    Full {
        snapshot: open.snapshot.id.clone(),
        picture: judgement.picture.clone(),
        zones: zones.iter().map(|z| z.name.clone()).collect(),
        matrix: matrix.collect(),
        tally: tally.into_iter().collect(),
        groups: groups(answers),
        devices: devices(open),
        missing: judgement.missing.clone(),
        unlisted: judgement.unlisted.clone(),
        unexplained: judgement.unexplained.clone(),
        notes: judgement.notes.clone(),
        flows: judgement.flows.len(),
        flows_held,
        certificates: judgement.certificates.len(),
        elsewhere: elsewhere(judgement),
    }
}

fn named(list: Option<&str>, zone: &str) -> bool {
    list.unwrap_or("").split(',').any(|z| z == zone)
}

/// The worst answer about a pair of zones.
fn pair(answers: &[AnswerLine], from: &str, to: &str, names: (&str, &str)) -> PairCell {
    let about = answers.iter().filter(|a| {
        named(a.from_zones.as_deref(), from) && named(a.to_zones.as_deref(), to) && a.kind != "allow"
    });
    match about.min_by_key(|a| rank(&a.verdict)) {
        None => PairCell::Nothing,
        Some(a) => PairCell::Answer {
            href: format!("/network/answers/{}", a.id),
            mark: verdict(&a.verdict),
            words: format!("{} から {} へ", names.0, names.1),
        },
    }
}

/// What is wrong first; proofs last.
fn groups(answers: &[AnswerLine]) -> Vec<Group> {
    let heads = [
        ("refuted", "直すこと"),
        ("unknown", "判定できなかったこと"),
        ("proved-under", "前提つきで証明したこと"),
        ("proved", "証明したこと"),
    ];
    let group = |(code, heading): (&str, &'static str)| {
        let rows = answers.iter().filter(|a| a.verdict == code).map(|a| AnswerRow {
            href: format!("/network/answers/{}", a.id),
            item: a.item.clone(),
            title: a.title.clone(),
            basis: basis_words(a.basis.as_deref().unwrap_or_default()),
            mark: verdict(&a.verdict),
            assumptions: a.assumptions.clone().unwrap_or_default(),
        });
        Group { heading, rows: rows.collect() }
    };
    heads.into_iter().map(group).filter(|g| !g.rows.is_empty()).collect()
}

fn devices(open: &Open) -> Vec<DeviceLine> {
    let sample: Vec<String> = serde_json::from_str(open.snapshot.text("sample")).unwrap_or_default();
    let list = open.judgement.report["devices"].as_array();
    let line = |d: &serde_json::Value| {
        let text = |key: &str| d[key].as_str().unwrap_or_default().to_owned();
        DeviceLine {
            href: format!(
                "/network/snapshots/{}/file?{}",
                open.snapshot.id,
                form_urlencoded::Serializer::new(String::new()).append_pair("name", &text("file")).finish()
            ),
            sampled: sample.contains(&text("device")),
            name: text("device"),
            vendor: kind_words(&text("vendor")).to_owned(),
            lowered: d["lowered"].as_u64().unwrap_or_default(),
            ignored: d["ignored"].as_u64().unwrap_or_default(),
            unknown: d["unknown"].as_array().map_or(0, Vec::len),
        }
    };
    list.into_iter().flatten().map(line).collect()
}

fn elsewhere(judgement: &Judgement) -> Vec<(String, String)> {
    let list = judgement.report["elsewhere"].as_array();
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    list.into_iter().flatten().map(|e| (text(&e["rule"]), text(&e["decided_by"]))).collect()
}
