//! 人事異動: a list of staff comes in, everybody named sees what it would change, a second person confirms it, and the
//! keeper carries it out at its instant. Before that nobody else is told that it exists.

use super::register::draft::{blocking, shape, sure_code};
use super::register::import::{MapLine, map_lines};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::section::tabs;
use crate::pages::shared::ListPage;
use crate::part::{Cell, Day, Errors, Field, Input, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{Action, Thing, read_key};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_domain::noun::Value;
use sekisho_domain::personnel::plan::{Change, Choice, Consequences, Move};
use sekisho_domain::personnel::{
    self, LINE_KINDS, Place, ROSTER, Reading, STATES, Wrong, missing, roster, roster_headings, roster_lines,
};
use sekisho_domain::register::cell;
use sekisho_domain::register::mapping::{Mapping, Sure, Target, guess};
use sekisho_domain::register::names::Names;
use sekisho_domain::role_name::RoleNames;
use sekisho_store::personnel::{ConfirmError, NewPersonnel, Personnel};
use std::collections::BTreeMap;

/// Seats named where an approval would come to a stop.
const SEATS: usize = 12;

// --- list ------------------------------------------------------------------------------------------------------

/// Those named see it at any time; others, once it has been carried out and if their role sees such acts at all.
fn sees(me: &Me, personnel: &Personnel) -> bool {
    let thing = Thing { noun: "personnel_change", ..Thing::default() };
    let named = personnel.readers().contains(&me.who.person_id);
    let seated = me.who.seat(me.on).is_some();
    (named && seated) || (personnel.released() && me.must(Action::View, thing).is_ok())
}

async fn visible(app: &App, me: &Me, id: &str) -> Result<Personnel, PortalError> {
    let found = app.store.db.personnel(id).await?.filter(|personnel| sees(me, personnel));
    found.ok_or(PortalError::NotFound)
}

pub(crate) async fn list(State(app): State<App>, me: Me) -> Page {
    let all = app.store.db.personnel_list().await?;
    let rows = all.iter().filter(|personnel| sees(&me, personnel)).map(|personnel| {
        let day = Day::of(personnel.effective());
        let row = &personnel.row;
        vec![
            Cell::link(format!("/personnel/{}", row.id), day.text).under(row.text("source")),
            Cell::text(word(STATES, personnel.state())),
            Cell::text(row.text("summary")),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    page(&ListPage {
        shell: app.shell(&me, "/sections", "どの人事異動を見ますか").await?,
        lead: "反映する日までは、見てよいと名前を挙げられた人にだけ見えます。".to_owned(),
        tabs: tabs(&me, "/personnel"),
        caption: "人事異動。新しい順。".to_owned(),
        heads: vec!["発令日", "状態", "内訳"],
        rows,
        empty: "あなたが見てよい人事異動はありません。",
        add: me
            .reaches(Action::Edit, "personnel_change")
            .then(|| ("/personnel/new".to_owned(), "名簿を読み込む")),
        ..ListPage::default()
    })
}

// --- loading ---------------------------------------------------------------------------------------------------

#[derive(Debug, Template)]
#[template(path = "personnel/load.html")]
struct LoadPage {
    shell: Shell,
    errors: Errors,
    fields: Vec<Field>,
    wrong: Vec<Wrong>,
    /// Columns that somebody has to name; empty: none.
    columns: Vec<MapLine>,
    /// (code, words)
    targets: Vec<(&'static str, &'static str)>,
    shape: String,
}

/// What was found in the file and has to be put right or said before it is taken.
#[derive(Default)]
struct Open {
    wrong: Vec<Wrong>,
    columns: Vec<MapLine>,
    shape: String,
}

async fn load_page(app: &App, me: &Me, form: Option<&Form>, open: Open) -> Result<LoadPage, PortalError> {
    let sources = app.store.db.staff_sources(me.on).await?;
    let sources = sources.into_iter().map(|name| (name.clone(), name)).collect();
    let mut file = Field::new("file", "名簿（.xlsx か .csv）", Input::File).accept(".xlsx,.xlsm,.csv,.txt");
    file.hint = Some(
        "1人1行。兼務のある人は、もう1行書いて種別を「兼務」にします。要る列は、職員番号・氏名・所属・職。種別（本務・兼務・代理・休職・派遣・退職）は空欄なら本務です。"
            .to_owned(),
    );
    let fields = vec![
        Field::select("source", "どの名簿ですか", sources),
        Field::radio(
            "whole",
            "書いてあるのは",
            &[("yes", "この名簿の全員（書いていない人は、退職になります）"), ("no", "変わる人だけ")],
        ),
        Field::date("effective", "発令日").hint("この日の午前0時に、自動で反映します。"),
        Field::area("readers", "反映する日まで、見てよい人の職員番号")
            .hint("1行に1人。このうち、あなた以外の1人が確認します。書いていない人には、検索にも履歴にも現れません。"),
        file,
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let shell = app.shell(me, "/sections", "どの名簿を読み込みますか").await?;
    let mut targets = vec![("", "取り込まない")];
    targets.extend(ROSTER.columns.iter().map(|c| (c.name, c.label)));
    let shell = shell.crumb("/personnel", "人事異動");
    let Open { wrong, columns, shape } = open;
    Ok(LoadPage { shell, errors, fields, wrong, columns, targets, shape })
}

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&load_page(&app, &me, None, Open::default()).await?)
}

pub(crate) async fn load(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let source = form.required("source", "どの名簿かを選んでください。");
    let whole =
        form.one_of("whole", "全員の名簿か、変わる人だけかを選んでください。", |w| {
            match w {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            }
        });
    let effective = form.date("effective", "発令日を入力してください。");
    let readers = readers(&app, &me, &mut form).await?;
    let upload = form.upload.take();
    if upload.is_none() {
        form.refuse("file", "名簿のファイルを選んでください。");
    }
    let mut open = Open::default();
    if let (true, Some(upload), Some(effective), Some(whole)) = (form.ok(), upload, effective, whole) {
        match read(&app, &form, upload.bytes.to_vec(), effective).await? {
            Found::List(reading) if reading.wrong.is_empty() => {
                let new = NewPersonnel {
                    source: &source,
                    whole,
                    effective,
                    readers: &readers,
                    file_name: &upload.name,
                    people: reading.people,
                };
                let id = app.store.load_personnel(&me.actor(), new).await?;
                return Ok(Redirect::to(&format!("/personnel/{id}")).into_response());
            }
            Found::List(reading) => {
                let count = reading.wrong.len();
                open.wrong = reading.wrong;
                form.refuse(
                    "file",
                    format!("{count}か所を直して、もう一度読み込んでください。何も書いていません。"),
                );
            }
            Found::Asked { columns, shape, said } => {
                (open.columns, open.shape) = (columns, shape);
                form.refuse("file", said);
            }
            Found::No(said) => form.refuse("file", said),
        }
    }
    Ok(page(&load_page(&app, &me, Some(&form), open).await?)?.into_response())
}

/// The people named by staff number, one per line. At least one besides the loader, or nobody could confirm.
async fn readers(app: &App, me: &Me, form: &mut Form) -> Result<Vec<String>, PortalError> {
    let text = form.limited("readers");
    let mut found = Vec::new();
    for number in text.split(['\n', ',', '、', ' ']).map(str::trim).filter(|n| !n.is_empty()) {
        match app.store.db.person_with_number(number, me.on).await? {
            Some(id) => found.push(id),
            None => form.refuse("readers", format!("職員番号「{number}」の人は、今いません。")),
        }
    }
    if !found.iter().any(|id| *id != me.who.person_id) {
        form.refuse("readers", "あなたのほかに、確認する人を1人は書いてください。");
    }
    Ok(found)
}

/// What a file turned out to be.
enum Found {
    List(Reading),
    /// Somebody has to say what the columns are.
    Asked {
        columns: Vec<MapLine>,
        shape: String,
        said: String,
    },
    No(String),
}

/// The registers keep their answers about columns under their noun; lists of staff keep theirs here.
const KEPT_UNDER: &str = "roster";

/// Reads a file with the columns that its headings name. Who gets which rights follows from this list, so columns that
/// were guessed are asked for, once for each shape of file.
async fn read(app: &App, form: &Form, bytes: Vec<u8>, on: Date) -> Result<Found, PortalError> {
    let names = roster_names(app, on).await?;
    let looked = blocking(move || {
        let rows = sekisho_sheet::read(&bytes).map_err(|e| e.ja())?.rows;
        let mapping = guess(&roster(), &rows, &names);
        Ok::<_, String>((rows, mapping, names))
    });
    let (rows, looks, names) = match looked.await? {
        Ok(found) => found,
        Err(said) => return Ok(Found::No(said)),
    };
    let shape = shape(&looks, &rows);
    let kept = app.store.db.kept_mapping(KEPT_UNDER, &shape).await?;
    let mut said: Option<Vec<String>> = kept.and_then(|kept| serde_json::from_str(&kept).ok());
    let answered = form.get("shape") == shape;
    if answered {
        said = Some((0..looks.columns.len()).map(|at| form.get(&format!("c{at}")).to_owned()).collect());
    }
    let header = looks.header;
    let mapping = said.as_deref().map_or(looks, |codes| Mapping::said(header, codes, &roster()));
    let guessed = mapping.columns.iter().any(|(_, sure)| matches!(sure, Sure::Alike | Sure::Values));
    if guessed || !missing(&mapping).is_empty() {
        return Ok(asked(&mapping, &rows, shape));
    }
    if let (true, Some(codes)) = (answered, said) {
        let codes = serde_json::to_string(&codes).map_err(|e| PortalError::Internal(e.to_string()))?;
        app.store.keep_mapping(KEPT_UNDER, &shape, &codes).await?;
    }
    blocking(move || personnel::read(&rows, &mapping, &names).map_or_else(Found::No, Found::List)).await
}

fn asked(mapping: &Mapping, rows: &[Vec<String>], shape: String) -> Found {
    let codes: Vec<String> =
        mapping.columns.iter().map(|(t, _)| t.map_or("", Target::code).to_owned()).collect();
    let sure: Vec<String> = mapping.columns.iter().map(|(_, sure)| sure_code(*sure).to_owned()).collect();
    let columns = map_lines(rows, mapping.header, &codes, &sure);
    let missing = missing(mapping);
    let said = match missing.is_empty() {
        true => "列を推測したところがあります。下で確かめて、同じファイルをもう一度選んでください。何も書いていません。"
            .to_owned(),
        false => format!(
            "「{}」の列が分かりません。下で選んで、同じファイルをもう一度選んでください。名簿でないファイルなら、名簿を選び直してください。何も書いていません。",
            missing.join("」「")
        ),
    };
    Found::Asked { columns, shape, said }
}

/// Words for sections and positions as they will be on the day.
async fn roster_names(app: &App, on: Date) -> Result<Names, PortalError> {
    Ok(app.store.db.names(&roster(), on).await?)
}

// --- what would change -----------------------------------------------------------------------------------------

#[derive(Template)]
#[template(path = "personnel/page.html")]
struct PersonnelPage {
    shell: Shell,
    id: String,
    source: String,
    whole: bool,
    day: Day,
    late: bool,
    state: &'static str,
    file: String,
    loaded_by: String,
    confirmed_by: Option<(String, Moment)>,
    applied: Option<Moment>,
    readers: Vec<String>,
    summary: String,
    said: Option<String>,
    /// (word, how many)
    tally: Vec<(&'static str, usize)>,
    follows: Option<Follows>,
    conflicts: Vec<Line>,
    groups: Vec<Group>,
    seal: String,
    /// May confirm now; otherwise why not.
    may_confirm: bool,
    why_not: Option<&'static str>,
    prove_first: Option<String>,
    open: bool,
    can_undo: bool,
}

struct Follows {
    ownerless: Vec<(String, i64)>,
    ownerless_assets: i64,
    handed_over: usize,
    dead_ends: Vec<String>,
    more_ends: usize,
    accounts: usize,
    losing: usize,
    holding: usize,
    type_it: bool,
}

struct Group {
    words: &'static str,
    count: usize,
    lines: Vec<Line>,
}

struct Line {
    key: String,
    number: String,
    name: String,
    before: String,
    after: String,
    row: Option<usize>,
    choice: &'static str,
}

async fn personnel_page(
    app: &App,
    me: &Me,
    personnel: &Personnel,
    said: Option<String>,
) -> Result<PersonnelPage, PortalError> {
    let db = &app.store.db;
    let row = &personnel.row;
    let effective = personnel.effective();
    let open = matches!(personnel.state(), "loaded" | "confirmed");
    let names = roster_names(app, effective).await?;
    let roles = db.role_names().await?;
    let outlook = match open {
        true => Some(db.personnel_outlook(personnel).await?),
        false => None,
    };
    let changes = outlook.as_ref().map_or(&[][..], |o| o.changes.as_slice());
    let name = async |id: &str| Ok::<_, PortalError>(db.person_name(id).await?.unwrap_or_default());
    let mut readers = Vec::new();
    for id in personnel.readers() {
        readers.push(name(&id).await?);
    }
    let int = |column: &str| row.get(column).and_then(Value::int);
    let confirmed_by = match (row.text("confirmed_by"), int("confirmed_ms")) {
        (id, Some(ms)) if !id.is_empty() => Some((name(id).await?, Moment::at(Ms(ms)))),
        _ => None,
    };
    let count = |m: Move| changes.iter().filter(|c| c.counts() && c.moves.contains(&m)).count();
    let own = db.identities(row.text("loaded_by")).await?.contains(&me.who.person_id);
    let conflicts: Vec<Line> = changes.iter().filter(|c| c.drifted).map(|c| line(c, &names)).collect();
    let waiting = personnel.state() == "loaded";
    let why_not = match () {
        () if !waiting => None,
        () if own => Some(
            "確認は、読み込んだ人とは別の人がします。見てよい人として名前を挙げた人に、この画面を伝えてください。",
        ),
        () if changes.iter().any(Change::open_conflict) => {
            Some("食い違いが残っているあいだは、確認できません。上で、どちらにするか選んでください。")
        }
        () if !changes.iter().any(Change::counts) => Some("変わるところがありません。"),
        () => None,
    };
    let may_confirm = waiting && why_not.is_none();
    let shell = app.shell(me, "/sections", title(personnel)).await?;
    Ok(PersonnelPage {
        shell: shell.crumb("/personnel", "人事異動"),
        id: row.id.clone(),
        source: row.text("source").to_owned(),
        whole: row.get("whole") == Some(&Value::Bool(Some(true))),
        day: Day::of(effective),
        late: open && effective <= me.on,
        state: word(STATES, personnel.state()),
        file: personnel.file_name.clone(),
        loaded_by: name(row.text("loaded_by")).await?,
        confirmed_by,
        applied: int("applied_ms").map(|ms| Moment::at(Ms(ms))),
        readers,
        summary: row.text("summary").to_owned(),
        said,
        tally: Move::ALL.into_iter().map(|m| (m.word(), count(m))).collect(),
        follows: outlook.as_ref().map(|outlook| follows(&outlook.consequences, &names, &roles)),
        conflicts,
        groups: groups(changes, &names),
        seal: outlook.as_ref().map(|o| o.seal.clone()).unwrap_or_default(),
        may_confirm,
        why_not,
        prove_first: (may_confirm && !me.stepped_up())
            .then(|| format!("/step-up?back=/personnel/{}", row.id)),
        open,
        can_undo: personnel.released()
            && !personnel.file.undo.is_empty()
            && me.reaches(Action::Edit, "personnel_change"),
    })
}

fn title(personnel: &Personnel) -> String {
    match personnel.state() {
        "applied" => "この人事異動で、何が変わりましたか".to_owned(),
        "cancelled" => "この人事異動は、取りやめました".to_owned(),
        _ => "この人事異動を反映すると、何が変わりますか".to_owned(),
    }
}

fn follows(found: &Consequences, names: &Names, roles: &RoleNames) -> Follows {
    let unit = |unit: &str| named(names, "section", unit).to_owned();
    Follows {
        ownerless: found.ownerless.iter().map(|(u, n)| (unit(u), *n)).collect(),
        ownerless_assets: found.ownerless_assets(),
        handed_over: found.handed_over,
        dead_ends: found.dead_ends.iter().take(SEATS).map(|key| seat_words(key, names, roles)).collect(),
        more_ends: found.dead_ends.len().saturating_sub(SEATS),
        accounts: found.accounts,
        losing: found.losing,
        holding: found.holding,
        type_it: found.must_be_typed(),
    }
}

/// 税務課 for 「0103 税務課」: codes are how a list is read, not how a person is spoken to.
fn named<'n>(names: &'n Names, noun: &str, id: &'n str) -> &'n str {
    let words = names.word(noun, id).unwrap_or(id);
    words.split_once(' ').map_or(words, |(_, name)| name)
}

/// 税務課の情報セキュリティ管理者
fn seat_words(key: &str, names: &Names, roles: &RoleNames) -> String {
    let Some((kind, code, unit)) = read_key(key) else { return key.to_owned() };
    let held = match kind {
        "role" => roles.word(code).to_owned(),
        _ => named(names, "position", code).to_owned(),
    };
    match unit {
        Some(unit) => format!("{}の{held}", named(names, "section", unit)),
        None => held,
    }
}

fn groups(changes: &[Change], names: &Names) -> Vec<Group> {
    let of = |m: Move| {
        let mine: Vec<&Change> =
            changes.iter().filter(|c| c.counts() && c.moves.first() == Some(&m)).collect();
        let lines = mine.iter().map(|c| line(c, names)).collect();
        Group { words: m.word(), count: mine.len(), lines }
    };
    Move::ALL.into_iter().map(of).filter(|group| group.count > 0).collect()
}

fn line(change: &Change, names: &Names) -> Line {
    let renamed = change.moves.contains(&Move::Renamed) && change.name != change.name_before;
    let name = match renamed {
        true => format!("{} → {}", change.name_before, change.name),
        false => change.name.clone(),
    };
    Line {
        key: personnel::key(&change.number),
        number: change.number.clone(),
        name,
        before: places(&change.before, names),
        after: if change.leaves() { "退職".to_owned() } else { places(&change.after, names) },
        row: change.at.filter(|at| *at > 0),
        choice: match change.choice {
            Some(Choice::List) => "list",
            Some(Choice::Keep) => "keep",
            None => "",
        },
    }
}

/// 税務課 課長、総務課 係長（兼務）
fn places(places: &[Place], names: &Names) -> String {
    let one = |place: &Place| {
        let (unit, position) =
            (named(names, "section", &place.unit_id), named(names, "position", &place.position_id));
        let seat = format!("{unit} {position}");
        match place.kind.as_str() {
            "main" => seat,
            kind => format!("{seat}（{}）", cell::word(LINE_KINDS, kind)),
        }
    };
    match places {
        [] => "なし".to_owned(),
        some => some.iter().map(one).collect::<Vec<_>>().join("、"),
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let personnel = visible(&app, &me, &id).await?;
    let mut found = personnel_page(&app, &me, &personnel, None).await?;
    found.shell.done = match query.get("done") {
        "confirmed" => Some("確認しました。発令日の午前0時に反映します。"),
        "chosen" => Some("選んだとおりにしました。"),
        _ => None,
    };
    page(&found)
}

// --- acting ----------------------------------------------------------------------------------------------------

pub(crate) async fn act(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let personnel = visible(&app, &me, &id).await?;
    let back = format!("/personnel/{id}");
    match form.get("do") {
        "confirm" => confirm(&app, &me, &personnel, &form).await,
        "choose" => {
            let choices: BTreeMap<String, Choice> = form.pairs().filter_map(choice).collect();
            app.store.choose_personnel(&me.actor(), &id, choices).await?;
            Ok(Redirect::to(&format!("{back}?done=chosen")).into_response())
        }
        "cancel" => {
            app.store.cancel_personnel(&me.actor(), &id).await?;
            Ok(Redirect::to("/personnel").into_response())
        }
        "undo" => {
            me.must(Action::Edit, Thing { noun: "personnel_change", ..Thing::default() })?;
            let undo = app.store.undo_personnel(&me.actor(), &id).await?;
            Ok(Redirect::to(&format!("/personnel/{undo}")).into_response())
        }
        _ => Err(PortalError::Refused(
            "どのボタンを押したのか分かりませんでした。画面を開き直してください。".into(),
        )),
    }
}

fn choice((name, value): (&str, &str)) -> Option<(String, Choice)> {
    let key = name.strip_prefix("k_")?.to_owned();
    match value {
        "list" => Some((key, Choice::List)),
        "keep" => Some((key, Choice::Keep)),
        _ => None,
    }
}

async fn confirm(app: &App, me: &Me, personnel: &Personnel, form: &Form) -> Result<Response, PortalError> {
    let id = &personnel.row.id;
    me.must_be_stepped_up(&format!("/personnel/{id}"))?;
    let typed = form.get("losing").trim_end_matches('人').parse().ok();
    let said = match app.store.confirm_personnel(&me.actor(), id, form.get("seal"), typed).await {
        Ok(()) => return Ok(Redirect::to(&format!("/personnel/{id}?done=confirmed")).into_response()),
        Err(ConfirmError::Store(error)) => return Err(error.into()),
        Err(ConfirmError::Own) => "読み込んだ人（同じ人の別の登録を含む）は、確認できません。".to_owned(),
        Err(ConfirmError::Changed) => {
            "画面を開いたあとに、名簿か職員の登録が変わりました。今の内容で比べ直しました。もう一度確かめてください。"
                .to_owned()
        }
        Err(ConfirmError::Conflicts(n)) => format!("食い違いが{n}人残っています。"),
        Err(ConfirmError::Losing(n)) => {
            format!("{n}人が権限を失います。間違いでなければ、その人数を入力してください。")
        }
        Err(ConfirmError::Nothing) => "変わるところがありません。".to_owned(),
    };
    let again = visible(app, me, id).await?;
    Ok(page(&personnel_page(app, me, &again, Some(said)).await?)?.into_response())
}

/// What leads back, as a list that can be read in again.
pub(crate) async fn undo_file(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let personnel = visible(&app, &me, &id).await?;
    if personnel.file.undo.is_empty() {
        return Err(PortalError::NotFound);
    }
    me.must_be_stepped_up(&format!("/personnel/{id}"))?;
    let names = roster_names(&app, me.on).await?;
    let mut table = vec![roster_headings()];
    table.extend(personnel.file.undo.iter().flat_map(|person| roster_lines(person, &names)));
    let bytes = sekisho_sheet::csv::write(&table, sekisho_sheet::csv::Encoding::Utf8)
        .map_err(|e| PortalError::Internal(e.to_string()))?;
    let name = format!("attachment; filename=\"personnel-undo-{}.csv\"", personnel.effective());
    Ok((
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)],
        bytes,
    )
        .into_response())
}
