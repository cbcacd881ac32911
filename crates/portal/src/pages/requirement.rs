//! 要求事項: choosing them from the catalogue, seeing why one holds or not, filing what proves it.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::clause::{self, badge, word};
use crate::pages::{evidence, own_requirement};
use crate::part::{Cell, ClauseLabel, Day, Errors, Field, HashStamp, Mark, Moment, Pager, Seat};
use crate::picture::{self, Asked};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_checks::{CHECKS, rows_of_section};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_domain::date;
use sekisho_domain::evidence::{KINDS as EVIDENCE_KINDS, LATE_FILING_DAYS};
use sekisho_domain::requirement::{REQUIREMENT, STATES};
use sekisho_domain::role_name::RoleNames;
use sekisho_domain::search::search_key;
use sekisho_domain::verdict::{State as Verdict, acts};
use sekisho_store::page::{EvidenceLine, VerdictLine};
use sekisho_store::requirement::{AdoptedRow, NewAdoption};

/// Verdict changes shown on a requirement's page.
const HISTORY_ROWS: i64 = 60;

#[derive(Debug, Template)]
#[template(path = "requirement/list.html")]
pub(crate) struct RequirementList {
    pub(crate) shell: Shell,
    pub(crate) adopted: usize,
    pub(crate) total: usize,
    pub(crate) undecided: usize,
    pub(crate) errors: Errors,
    pub(crate) filter: Vec<Field>,
    pub(crate) rows: Vec<ListRow>,
    pub(crate) matching: usize,
    pub(crate) pager: Pager,
    pub(crate) can_edit: bool,
    pub(crate) fields: Vec<Field>,
    /// The query string to come back to, with its `?`.
    pub(crate) back: String,
}

#[derive(Debug)]
pub(crate) struct ListRow {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) clause: String,
    pub(crate) role: String,
    pub(crate) state: &'static str,
    /// 原典未確認…
    pub(crate) badge: &'static str,
    pub(crate) mark: Option<Mark>,
    pub(crate) picked: bool,
}

#[derive(Debug, Template)]
#[template(path = "requirement/page.html")]
pub(crate) struct RequirementPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) clause: ClauseLabel,
    /// 採用・変更して採用・不採用・未検討
    pub(crate) adoption: String,
    pub(crate) edition: String,
    /// 原典未確認…
    pub(crate) badge: &'static str,
    pub(crate) how: &'static str,
    /// When the catalogue asks for it, and what it wants to see.
    pub(crate) occasion: String,
    pub(crate) evidence_kind: String,
    pub(crate) attestation: bool,
    pub(crate) seat: Seat,
    pub(crate) verdict: Option<VerdictCard>,
    /// Said instead of a verdict: why there is none.
    pub(crate) not_judged: &'static str,
    pub(crate) history: Vec<Change>,
    pub(crate) evidence: Vec<EvidenceRow>,
    pub(crate) no_evidence: &'static str,
    pub(crate) pager: Pager,
    pub(crate) can_file: bool,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
    pub(crate) zero_open: bool,
    /// 該当なし, for whom it is to say.
    pub(crate) zero_fields: Option<Vec<Field>>,
    /// Where in the 対策基準 the row is laid down; for who may say so.
    pub(crate) standard: Option<Field>,
}

#[derive(Debug)]
pub(crate) struct VerdictCard {
    pub(crate) mark: Mark,
    pub(crate) reason: String,
    pub(crate) expected: i64,
    pub(crate) observed: i64,
    pub(crate) violating: i64,
    pub(crate) source: String,
    pub(crate) since: Moment,
    /// Where it is put right: pages that keep what the check looks at.
    pub(crate) kept_at: Vec<Cell>,
    pub(crate) samples: Vec<Cell>,
    /// Those of the reader's own sections.
    pub(crate) own: Vec<Own>,
    /// Sections that have to act.
    pub(crate) acts: Vec<String>,
}

/// What one of the reader's sections has to put right.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) section: String,
    pub(crate) total: i64,
    /// The first of them.
    pub(crate) rows: Vec<Cell>,
    pub(crate) more: bool,
}

#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) from: Moment,
    pub(crate) mark: Mark,
    pub(crate) reason: String,
}

#[derive(Debug)]
pub(crate) struct EvidenceRow {
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    /// 「はい」「いいえ」 of an attestation.
    pub(crate) answer: &'static str,
    /// Filed more than 30 days after it was seen.
    pub(crate) late: bool,
    pub(crate) observed: Day,
    pub(crate) fresh_until: Day,
    pub(crate) filed: Day,
    pub(crate) about: String,
    pub(crate) by: String,
    /// (address, name); no address when only the hash was kept.
    pub(crate) file: Option<(Option<String>, String)>,
    pub(crate) hash: Option<HashStamp>,
    /// 文書番号と保管場所, where no file came with it.
    pub(crate) reference: String,
}

/// In the place of a clause: rows in force that no clause of the edition in force speaks of.
pub(crate) const HOMELESS: &str = "-";

/// In the place of a state: whatever is judged.
const JUDGED: &str = "judged";

/// What the list was asked to show; everything comes from, and goes back into, the query string.
struct Filter {
    chapter: String,
    /// A clause of the catalogue by its number, one of the policy by its id, or [`HOMELESS`].
    clause: String,
    adoption: String,
    verdict: String,
    words: String,
    after: String,
}

impl Filter {
    fn read(query: &Form) -> Filter {
        let get = |name| query.get(name).to_owned();
        Filter {
            chapter: get("chapter"),
            clause: get("clause"),
            adoption: get("adoption"),
            verdict: get("verdict"),
            words: get("q"),
            after: get("after"),
        }
    }

    /// The heading: what a reader who asked for these rows wants to know.
    fn asks(&self) -> String {
        match crate::part::STATES.iter().find(|s| s.code() == self.verdict) {
            Some(state) => format!("「{}」の要求は、どれですか", state.label()),
            None => "どの要求を、この市で採用しますか".to_owned(),
        }
    }

    fn matches(&self, asked: &Asked) -> bool {
        let row = &asked.row;
        let clause = |label: &str| match self.clause.as_str() {
            HOMELESS => asked.homeless,
            clause => label == clause || within(label, clause) || row.clause_id.as_deref() == Some(clause),
        };
        (self.chapter.is_empty() || row.sort_key.starts_with(&format!("{:0>2}.", self.chapter)))
            && (self.clause.is_empty() || clause(&row.clause_label))
            && (self.adoption.is_empty() || row.adoption == self.adoption)
            && (self.verdict.is_empty()
                || asked.state.is_some_and(|s| s.code() == self.verdict || self.verdict == JUDGED))
            && (self.words.is_empty()
                || search_key(&[&row.title, &row.text]).contains(&search_key(&[&self.words])))
    }

    fn query(&self, after: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("chapter", &self.chapter),
            ("clause", &self.clause),
            ("adoption", &self.adoption),
            ("verdict", &self.verdict),
            ("q", &self.words),
        ];
        for (name, value) in pairs.into_iter().filter(|(_, v)| !v.is_empty()) {
            out.append_pair(name, value);
        }
        if !after.is_empty() {
            out.append_pair("after", after);
        }
        format!("?{}", out.finish())
    }

    /// `clauses`: numbers of the catalogue; `own`: the clause of the policy that was asked for, in words.
    fn fields(&self, clauses: &[String], own_clause: Option<String>) -> Vec<Field> {
        let all = || (String::new(), "すべて".to_owned());
        let own = |(code, word): &(&str, &str)| ((*code).to_owned(), (*word).to_owned());
        let chapters = CHAPTERS.iter().map(|(n, title)| ((*n).to_owned(), format!("{n} {title}")));
        let verdicts = crate::part::STATES.iter().map(|s| (s.code().to_owned(), s.label().to_owned()));
        let judged = (JUDGED.to_owned(), "判定しているもの全て".to_owned());
        vec![
            Field::select("chapter", "対策基準の章", [all()].into_iter().chain(chapters).collect())
                .value(&self.chapter)
                .optional(),
            Field::select(
                "clause",
                "条項",
                [all(), (HOMELESS.to_owned(), "結びついていない".to_owned())]
                    .into_iter()
                    .chain(clauses.iter().map(|c| (c.clone(), c.clone())))
                    .chain(own_clause.map(|words| (self.clause.clone(), words)))
                    .collect(),
            )
            .value(&self.clause)
            .optional(),
            Field::select("adoption", "採否", [all()].into_iter().chain(STATES.iter().map(own)).collect())
                .value(&self.adoption)
                .optional(),
            Field::select("verdict", "状態", [all(), judged].into_iter().chain(verdicts).collect())
                .value(&self.verdict)
                .optional(),
            Field::text("q", "ことば").value(&self.words).optional(),
        ]
    }
}

/// `7(3)②` lies within `7(3)` and within `7`; `71` does not lie within `7`.
fn within(label: &str, clause: &str) -> bool {
    label.strip_prefix(clause).is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_digit()))
}

/// Chapters of the catalogue, as their files are named.
const CHAPTERS: [(&str, &str); 10] = [
    ("1", "組織体制"),
    ("2", "情報資産の分類と管理"),
    ("3", "情報システム全体の強靭性の向上"),
    ("4", "物理的セキュリティ"),
    ("5", "人的セキュリティ"),
    ("6", "技術的セキュリティ"),
    ("7", "運用"),
    ("8", "業務委託と外部サービスの利用"),
    ("9", "評価・見直し"),
    ("10", "基本方針から導かれるもの"),
];

async fn list_page(
    app: &App,
    me: &Me,
    filter: &Filter,
    form: Option<&Form>,
) -> Result<RequirementList, PortalError> {
    let (standing, _) = app.standing(me.now, me.on).await?;
    let (counts, all) = (&standing.counts, &standing.picture.asked);
    let mut clauses: Vec<String> = Vec::new();
    for asked in all {
        if !asked.row.clause_label.is_empty() && !clauses.contains(&asked.row.clause_label) {
            clauses.push(asked.row.clause_label.clone());
        }
    }
    clauses.sort();
    let own_clause = standing.picture.nodes.iter().find(|n| n.line.clause_id == filter.clause);
    let matching: Vec<&Asked> = all.iter().filter(|a| filter.matches(a)).collect();
    let rest = matching.iter().filter(|a| a.row.sort_key.as_str() > filter.after.as_str());
    let shown: Vec<&&Asked> = rest.take(PAGE_ROWS + 1).collect();
    let next = (shown.len() > PAGE_ROWS).then(|| filter.query(&shown[PAGE_ROWS - 1].row.sort_key));
    let can_edit = me.reaches(Action::Edit, "requirement");
    let picked: Vec<&str> = form.map_or(vec![], |f| f.all("row").collect());
    let mut fields = vec![
        Field::radio(
            "state",
            "採否",
            &[
                ("adopted", "採用"),
                ("modified", "変更して採用"),
                ("rejected", "不採用"),
                ("undecided", "未検討に戻す"),
            ],
        ),
        Field::area("reason", "理由").optional().hint("変更して採用、不採用のときは必ず書いてください。"),
        Field::date("until", "不採用の期限")
            .optional()
            .hint("不採用のときだけ。この日を過ぎると未検討に戻ります。"),
        Field::area("text", "変更後の文")
            .optional()
            .hint("変更して採用のときだけ。当市ではどう書くか。一度に一つの要求を選びます。"),
    ];
    let standard = match can_edit {
        true => own_requirement::clauses(app, me, "standard").await?,
        false => Vec::new(),
    };
    if !standard.is_empty() {
        let field = Field::select(
            "standard",
            "対策基準のどこに書いてありますか",
            own_requirement::choices(&standard),
        );
        fields.push(field.optional().hint("選ぶと、選んだ要求の全てをこの条に結びつけます。"));
    }
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(RequirementList {
        shell: app.shell(me, "/requirements", filter.asks()).await?,
        adopted: usize::try_from(counts.adopted).unwrap_or(0),
        total: usize::try_from(counts.catalogue).unwrap_or(0),
        undecided: usize::try_from(counts.undecided).unwrap_or(0),
        errors,
        filter: filter.fields(
            &clauses,
            own_clause.map(|n| format!("方針の {} {}", n.line.label, picture::title(&n.line))),
        ),
        matching: matching.len(),
        rows: shown.into_iter().take(PAGE_ROWS).map(|a| list_row(a, &standing.roles, &picked)).collect(),
        pager: Pager { first: (!filter.after.is_empty()).then(|| filter.query("")), next },
        can_edit,
        fields,
        back: filter.query(&filter.after),
    })
}

fn list_row(asked: &Asked, names: &RoleNames, picked: &[&str]) -> ListRow {
    let row = &asked.row;
    ListRow {
        id: row.requirement_id.clone(),
        title: row.title.clone(),
        text: row.text.clone(),
        clause: row.clause_label.clone(),
        role: names.word(&row.role).to_owned(),
        state: word(STATES, &row.adoption),
        badge: badge(&row.confidence),
        mark: asked.state.map(Mark::from),
        picked: picked.contains(&row.requirement_id.as_str()),
    }
}

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let mut list = list_page(&app, &me, &Filter::read(&query), None).await?;
    list.shell.done = match query.get("done") {
        "asked" => Some("採否の申請を出しました。決裁されると、要求が変わります。"),
        "placed" => Some("要求を、基本方針の条項に結びつけました。"),
        "applied" => Some("不採用の申請を出しました。決裁されるまで、要求は今のままです。"),
        _ => None,
    };
    page(&list)
}

/// Written where nobody gave a reason for taking a row: taking it is what the catalogue is for.
const ADOPTION_REASON: &str = "対策基準カタログの行を当市の対策基準に採り入れるため";

/// 採用・変更・不採用・未検討 of the picked rows: each is an application.
pub(crate) async fn adopt(
    State(app): State<App>,
    me: Me,
    RawQuery(query): RawQuery,
    mut form: Form,
) -> Result<Response, PortalError> {
    let filter = Filter::read(&Form::from_query(query.as_deref().unwrap_or("")));
    let rows: Vec<String> = form.all("row").map(str::to_owned).collect();
    let known = |code: &str| STATES.iter().find(|(c, _)| *c == code).map(|(c, _)| *c);
    let state = form.one_of("state", "採否を選んでください。", known);
    let reason = form.limited("reason");
    let until = form.date_or_none("until");
    if rows.is_empty() {
        form.refuse("state", "要求を一つ以上選んでください。");
    }
    let text = form.limited("text");
    let standard = form.get("standard").to_owned();
    if state == Some("modified") && (rows.len() > 1 || text.is_empty()) {
        form.refuse("text", "変更して採用するときは、要求を一つだけ選び、変更後の文を書いてください。");
    }
    if state != Some("modified") && !text.is_empty() {
        form.refuse("text", "変更後の文は、変更して採用するときだけ書きます。");
    }
    if !standard.is_empty()
        && !own_requirement::clauses(&app, &me, "standard").await?.iter().any(|c| c.clause_id == standard)
    {
        form.refuse("standard", "施行中の対策基準にある条から選んでください。");
    }
    if matches!(state, Some("modified" | "rejected")) && reason.is_empty() {
        form.refuse("reason", "理由を入力してください。");
    }
    if state == Some("rejected") && until.is_none_or(|day| day <= me.on) {
        form.refuse("until", "明日以降の日付を入力してください。");
    }
    let (true, Some(state)) = (form.ok(), state) else {
        return Ok(page(&list_page(&app, &me, &filter, Some(&form)).await?)?.into_response());
    };
    let done = match (state, until) {
        ("rejected", Some(until)) => {
            let mut tx = app.store.write(&me.actor(), "requirement.reject_request").await?;
            tx.apply_for_rejection(&me.who, &rows, &reason, until).await?;
            tx.commit().await?;
            "applied"
        }
        _ => {
            let adopted: Vec<AdoptedRow<'_>> = rows
                .iter()
                .map(|id| AdoptedRow { id, text: filled(&text), standard_clause_id: filled(&standard) })
                .collect();
            let reason = if reason.is_empty() { ADOPTION_REASON } else { reason.as_str() };
            let mut tx = app.store.write(&me.actor(), "requirement.adopt_request").await?;
            tx.apply_for_adoption(&me.who, NewAdoption { state, reason, rows: &adopted }).await?;
            tx.commit().await?;
            "asked"
        }
    };
    let back = filter.query(&filter.after);
    let join = if back == "?" { "" } else { "&" };
    Ok(Redirect::to(&format!("/requirements{back}{join}done={done}")).into_response())
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|t| !t.is_empty())
}

/// What the page of one requirement shows besides the requirement itself.
#[derive(Debug, Default)]
pub(crate) struct Shown<'a> {
    pub(crate) before: Option<(Ms, String)>,
    pub(crate) done: Option<&'static str>,
    /// A form that came back with mistakes: (form, whether it is the zero report).
    pub(crate) form: Option<(&'a Form, bool)>,
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let before =
        query.get("before").split_once('_').and_then(|(ms, id)| Some((Ms(ms.parse().ok()?), id.to_owned())));
    let done = match query.get("done") {
        "filed" => Some("証拠を登録しました。判定はまもなく更新されます。"),
        "created" => Some("要求を加えました。要求事項の一覧から、採用の決裁を求めてください。"),
        "laid-down" => Some("対策基準の条項に結びつけました。"),
        "zero" => Some("該当なしを報告しました。判定はまもなく更新されます。"),
        _ => None,
    };
    page(&requirement_page(&app, &me, &id, Shown { before, done, form: None }).await?)
}

pub(crate) async fn requirement_page(
    app: &App,
    me: &Me,
    id: &str,
    shown: Shown<'_>,
) -> Result<RequirementPage, PortalError> {
    let db = &app.store.db;
    let row = db.row(&REQUIREMENT, id).await?.ok_or(PortalError::NotFound)?;
    let incumbents = db.incumbents(me.on).await?;
    let history = db.verdict_history(id, HISTORY_ROWS).await?;
    let in_force = matches!(row.text("state"), "adopted" | "modified");
    let current = history.iter().filter(|v| v.to_ms.is_none()).min_by_key(|v| Verdict::from_code(&v.state));
    let verdict = match current.filter(|_| in_force) {
        Some(v) => Some(verdict_card(app, me, v).await?),
        None => None,
    };
    let reach = me.reach(Action::View, "evidence");
    let before = shown.before.unwrap_or((Ms::FOREVER, String::new()));
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let person = &me.who.person_id;
    let mut lines = db.evidence_page(id, (before.0, &before.1), &reach, person, limit).await?;
    let more = lines.len() > PAGE_ROWS;
    lines.truncate(PAGE_ROWS);
    let next = lines
        .last()
        .filter(|_| more)
        .map(|l| format!("/requirements/{id}?before={}_{}#evidence", l.observed_ms, l.id));
    let first = (before.0 != Ms::FOREVER).then(|| format!("/requirements/{id}#evidence"));
    let hidden = lines.is_empty() && db.evidence_count(id).await? > 0;
    let (fields, zero_fields) = evidence::fields(app, me, &row).await?;
    let (mut fields, mut zero_fields, mut errors, mut zero_open) =
        (fields, zero_fields, Errors::default(), false);
    match shown.form {
        Some((form, false)) => (fields, errors) = form.refill(fields),
        Some((form, true)) => {
            if let Some(fields) = zero_fields.take() {
                let (refilled, wrong) = form.refill(fields);
                (zero_fields, errors, zero_open) = (Some(refilled), wrong, true);
            }
        }
        None => {}
    }
    let standard = match me.reaches(Action::Edit, "requirement") {
        true => own_requirement::standard_field(app, me, &row).await?,
        false => None,
    };
    let how = clause::how(row.text("check_kind"), row.text("catalogue_id"));
    let clause_id = row.text("clause_id");
    let mut shell =
        app.shell(me, "/requirements", format!("{}は、できていますか", row.text("title"))).await?;
    shell = shell.crumb("/requirements", "要求事項");
    shell.done = shown.done;
    Ok(RequirementPage {
        shell,
        id: id.to_owned(),
        text: row.text("text").to_owned(),
        clause: ClauseLabel {
            id: clause_id.to_owned(),
            label: row.text("clause_label").to_owned(),
            title: String::new(),
        },
        adoption: word(STATES, row.text("state")).to_owned(),
        edition: row.text("edition").to_owned(),
        badge: badge(row.text("confidence")),
        how,
        occasion: row.text("occasion").to_owned(),
        evidence_kind: row.text("evidence_kind").to_owned(),
        attestation: row.text("check_kind") == "attestation",
        seat: picture::seat(row.text("role"), &db.role_names().await?, &incumbents),
        verdict,
        not_judged: match in_force {
            true => "まだ確かめられていません。証拠を登録すると判定します。",
            false => "採用していないので、判定しません。",
        },
        history: history.iter().map(change).collect(),
        evidence: lines.iter().map(evidence_row).collect(),
        no_evidence: match hidden {
            true => "証拠はありますが、ほかの所属のものなので表示していません。",
            false => "まだ証拠がありません。",
        },
        pager: Pager { first, next },
        can_file: in_force && me.reaches(Action::Edit, "evidence"),
        errors,
        fields,
        zero_open,
        zero_fields,
        standard,
    })
}

async fn verdict_card(app: &App, me: &Me, v: &VerdictLine) -> Result<VerdictCard, PortalError> {
    let samples: serde_json::Value = serde_json::from_str(&v.samples).unwrap_or_default();
    let samples = samples.as_array().into_iter().flatten().filter(|s| s["acts"] != true);
    let word = |json: &serde_json::Value, name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let samples = samples.map(|s| sample(me, &word(s, "noun"), &word(s, "id"), &word(s, "label")));
    let (state, acts) = (Verdict::from_code(&v.state), acts(&v.samples));
    let mut own = Vec::new();
    for section in acts.iter().filter(|section| me.who.sits_in(&section.unit_id, me.on)) {
        let db = &app.store.db;
        let rows = rows_of_section(db, &v.check_id, state, &section.unit_id, me.now).await?;
        own.extend(rows.first().map(|first| Own {
            section: section.section.clone(),
            total: first.total,
            more: usize::try_from(first.total).unwrap_or(usize::MAX) > rows.len(),
            rows: rows.iter().map(|row| sample(me, &row.noun, &row.id, &row.label)).collect(),
        }));
    }
    Ok(VerdictCard {
        mark: state.into(),
        reason: v.reason.clone(),
        expected: v.expected_count,
        observed: v.observed_count,
        violating: v.violating_count,
        source: clause::source(Some(&v.source), v.source_ms),
        since: Moment::at(Ms(v.from_ms)),
        kept_at: if state == Verdict::Broken { kept_at(me, &v.check_id) } else { Vec::new() },
        samples: samples.collect(),
        own,
        acts: acts.iter().map(picture::acts_words).collect(),
    })
}

/// The pages that keep what a check looks at, as far as the reader may open them.
fn kept_at(me: &Me, check_id: &str) -> Vec<Cell> {
    let reads = CHECKS.iter().find(|check| check.id == check_id).map_or(&[][..], |check| check.reads);
    let mut pages: Vec<(String, &str)> = Vec::new();
    for noun in reads {
        let page = match (*noun, sekisho_domain::register(noun)) {
            (_, Some(register)) if me.reaches(Action::View, noun) => {
                (format!("/registers/{noun}"), register.noun.label)
            }
            ("document" | "revision" | "publication" | "adoption", _) => ("/documents".to_owned(), "文書"),
            ("section" | "position" | "assignment" | "role_seat", _) => ("/sections".to_owned(), "体制"),
            ("account", _) if me.reaches(Action::View, "account") => ("/accounts".to_owned(), "アカウント"),
            ("network_result", _) => ("/network".to_owned(), "ネットワーク"),
            _ => continue,
        };
        if !pages.contains(&page) {
            pages.push(page);
        }
    }
    pages.into_iter().map(|(href, words)| Cell::link(href, words)).collect()
}

/// A row behind a verdict, with the page that shows it, where there is one that the reader may open.
fn sample(me: &Me, noun: &str, id: &str, label: &str) -> Cell {
    let page = match noun {
        "person" => Some("people"),
        "account" if me.reaches(Action::View, "account") => Some("accounts"),
        "document" => Some("documents"),
        "revision" => Some("revisions"),
        "decision" => Some("decisions"),
        "body" => Some("bodies"),
        "clause" => Some("clauses"),
        "requirement" => Some("requirements"),
        _ => None,
    };
    let href = match (page, sekisho_domain::register(noun)) {
        (Some(page), _) => format!("/{page}/{id}"),
        (None, Some(register)) => format!("/registers/{}/{id}", register.noun.name),
        (None, None) if noun == "section" && me.reaches(Action::Edit, "section") => {
            format!("/sections/{id}/edit")
        }
        (None, None) => return Cell::text(label),
    };
    Cell::link(href, label)
}

fn change(v: &VerdictLine) -> Change {
    Change {
        from: Moment::at(Ms(v.from_ms)),
        mark: Verdict::from_code(&v.state).into(),
        reason: v.reason.clone(),
    }
}

fn evidence_row(e: &EvidenceLine) -> EvidenceRow {
    let day = |ms| Day::of(date::date_at(Ms(ms)));
    let answer = match e.answer.as_deref() {
        Some("yes") => "「はい」",
        Some("no") => "「いいえ」",
        _ => "",
    };
    EvidenceRow {
        title: e.title.clone(),
        kind: word(EVIDENCE_KINDS, &e.kind),
        answer,
        late: e.filed_ms.saturating_sub(e.observed_ms) > LATE_FILING_DAYS * Ms::DAY,
        observed: day(e.observed_ms),
        fresh_until: day(e.fresh_until_ms),
        filed: day(e.filed_ms),
        about: e.section.clone().unwrap_or_else(|| "市全体".to_owned()),
        by: e.person.clone(),
        file: e
            .file_name
            .clone()
            .map(|name| (e.object_id.as_ref().map(|_| format!("/evidence/{}/file", e.id)), name)),
        hash: e.sha256.clone().map(HashStamp::new),
        reference: e.reference.clone().unwrap_or_default(),
    }
}
