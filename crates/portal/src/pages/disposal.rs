//! 廃棄: what is due, asking for it, doing it with proof; and the files kept with a row, which go with it.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::evidence::attachment;
use crate::pages::register::{named, thing};
use crate::pages::shared::FormPage;
use crate::part::{Cell, Errors, Field, HashStamp, Input, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{Access, Action, Thing, may};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{date_at, wareki};
use sekisho_domain::disposal::{ATTACHMENT, DISPOSAL, METHODS, STATES, can_be_disposed};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::Register;
use sekisho_domain::register::cell::worded;
use sekisho_store::StoreError;
use sekisho_store::disposal::{Done, STILL_HOLDS};
use sekisho_store::evidence::StoredFile;

#[derive(Template)]
#[template(path = "disposal/list.html")]
struct DisposalList {
    shell: Shell,
    /// (thing, section, due, where it is asked for)
    due: Vec<(Cell, String, String, bool)>,
    /// (disposal, section, how, state, what follows)
    rows: Vec<(Cell, String, &'static str, &'static str, String)>,
}

/// Kept longer than it was to be, and nobody wrote when it goes.
const UNDATED: &str = "廃棄予定日がありません。作ってから、保存期間より長くたっています（今も使うものは、保存期間を「常用」にします）";

/// What the last action achieved, from `?done=`.
fn done(code: &str) -> Option<&'static str> {
    Some(match code {
        "gone" => "廃棄したと書きました。行は終わりになり、付けたファイルは読めなくなりました。",
        _ => return None,
    })
}

pub(crate) async fn list(State(app): State<App>, me: Me) -> Page {
    let reach = me.reach(Action::View, "disposal");
    let db = &app.store.db;
    let due = db.due_for_disposal(&reach, me.on).await?.into_iter().map(|line| {
        let late = line.due_on.as_ref().is_none_or(|day| *day <= me.on.to_string());
        let cell = Cell::link(
            format!("/registers/{}/{}/dispose", line.register, line.id),
            format!("{} {}", line.number, line.name),
        );
        let day = line.due_on.as_deref().map_or_else(|| UNDATED.to_owned(), worded);
        (cell, line.section.unwrap_or_default(), day, late)
    });
    let due = due.collect();
    let rows = db.disposals(&reach, me.on).await?.into_iter().map(|line| {
        let follows = match line.state.as_str() {
            "done" => format!(
                "{}{}{}",
                line.done_on.as_deref().map(worded).unwrap_or_default(),
                line.witness.as_deref().map(|w| format!("、立会い {w}")).unwrap_or_default(),
                match line.keys_destroyed {
                    Some(n) if n > 0 => format!("、ファイル{n}個を読めなくした"),
                    _ => String::new(),
                }
            ),
            "granted" => "廃棄して、証明を残してください".to_owned(),
            _ => format!("申請 {}", wareki(date_at(Ms(line.requested_ms)))),
        };
        (
            Cell::link(format!("/disposals/{}", line.id), line.title),
            line.section.unwrap_or_default(),
            word(METHODS, &line.method),
            word(STATES, &line.state),
            follows,
        )
    });
    page(&DisposalList {
        shell: app.shell(&me, "/registers", "何を廃棄する時期ですか").await?.crumb("/registers", "台帳"),
        due,
        rows: rows.collect(),
    })
}

/// The row of an address, if it is a thing that can be destroyed and is still there.
async fn thing_of(app: &App, me: &Me, noun: &str, id: &str) -> Result<(&'static Register, Row), PortalError> {
    let register = named(noun)?;
    if !can_be_disposed(register) {
        return Err(PortalError::NotFound);
    }
    Ok((register, app.row_for(me, Action::Edit, register, id).await?))
}

async fn form_page(
    app: &App,
    me: &Me,
    register: &Register,
    row: &Row,
    form: Option<&Form>,
) -> Result<FormPage, PortalError> {
    let noun = register.noun.name;
    let fields = vec![
        Field::radio("method", "どう消しますか", METHODS)
            .hint("機密性2以上の情報は、削除や初期化だけでは戻せてしまいます。"),
        Field::area("reason", "なぜ廃棄しますか").hint("例：保存期間（5年）が過ぎたため。"),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let shell =
        app.shell(me, "/registers", format!("「{}」の廃棄を申請しますか", row.text(register.title))).await?;
    let kept =
        [("保存期間", "keeping"), ("廃棄予定日", "dispose_on")].into_iter().filter_map(|(label, column)| {
            let column = register.noun.column(column)?;
            let text = crate::pages::register::words(column, row.get(column.name)?, &Default::default());
            (!text.is_empty()).then(|| format!("{label}：{text}"))
        });
    let held = app.store.db.held_assets(noun, &row.id, me.on).await?;
    let holds = (held > 0).then(|| {
        format!("台帳では、情報資産が{held}件入っています。廃棄を記録する前に、移すか廃棄してください")
    });
    Ok(FormPage {
        shell: shell
            .crumb("/registers", "台帳")
            .crumb(format!("/registers/{noun}"), register.noun.label)
            .crumb(format!("/registers/{noun}/{}", row.id), row.text(register.title)),
        lead: kept.chain(holds).collect::<Vec<_>>().join("、"),
        errors,
        action: format!("/registers/{noun}/{}/dispose", row.id),
        fields,
        upload: false,
        button: "申請する",
        consequence: "承認されるまで、廃棄しないでください。廃棄した後に、証明（写真や証明書）を残します。"
            .to_owned(),
    })
}

pub(crate) async fn ask_form(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let (register, row) = thing_of(&app, &me, &noun, &id).await?;
    if let Some(disposal) = app.store.db.disposal_of(&noun, &id).await? {
        return Ok(Redirect::to(&format!("/disposals/{disposal}")).into_response());
    }
    Ok(page(&form_page(&app, &me, register, &row, None).await?)?.into_response())
}

pub(crate) async fn ask(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let (register, row) = thing_of(&app, &me, &noun, &id).await?;
    let method = form.one_of("method", "消し方を選んでください。", |code| {
        METHODS.iter().map(|(c, _)| *c).find(|c| *c == code)
    });
    let reason = form.required("reason", "なぜ廃棄するかを書いてください。");
    let (true, Some(method)) = (form.ok(), method) else {
        return Ok(page(&form_page(&app, &me, register, &row, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "disposal.request").await?;
    let decision = tx.apply_for_disposal(&me.who, register, &row, method, &reason).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/decisions/{decision}")).into_response())
}

#[derive(Template)]
#[template(path = "disposal/page.html")]
struct DisposalPage {
    shell: Shell,
    id: String,
    values: Vec<(&'static str, Cell)>,
    proof: Option<(String, HashStamp)>,
    errors: Errors,
    /// What is filled in once it is done; empty while it is not to be done.
    fields: Vec<Field>,
    files: usize,
}

fn of(row: &Row) -> Thing<'_> {
    Thing { noun: "disposal", unit_id: Some(row.text("unit_id")), ..Thing::default() }
}

async fn disposal(app: &App, me: &Me, action: Action, id: &str) -> Result<Row, PortalError> {
    let row = app.store.db.row(&DISPOSAL, id).await?.ok_or(PortalError::NotFound)?;
    me.must_find(action, of(&row))?;
    Ok(row)
}

async fn shown(
    app: &App,
    me: &Me,
    row: &Row,
    form: Option<&Form>,
    said: Option<&'static str>,
) -> Result<DisposalPage, PortalError> {
    let register = named(row.text("register"))?;
    let noun = register.noun.name;
    let open =
        row.text("state") == "granted" && may(&me.who, Action::Edit, of(row), me.on) == Access::Granted;
    let fields = match open {
        true => vec![
            Field::date("on", "廃棄した日").value(me.on.to_string()),
            Field::text("by", "廃棄した人・業者"),
            Field::text("witness", "立ち会った人").optional().hint("業者が廃棄したときは、立ち会った職員。"),
            Field::new("proof", "証明", Input::File).hint("壊した現物の写真か、業者の証明書。32 MB まで。"),
        ],
        false => Vec::new(),
    };
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let mut values = vec![
        ("廃棄するもの", Cell::link(format!("/registers/{noun}/{}", row.text("row_id")), row.text("title"))),
        ("状態", Cell::text(word(STATES, row.text("state")))),
        ("消し方", Cell::text(word(METHODS, row.text("method")))),
        ("理由", Cell::text(row.text("reason"))),
    ];
    if !row.text("decision_id").is_empty() {
        values.push(("決裁", Cell::link(format!("/decisions/{}", row.text("decision_id")), "決裁を見る")));
    }
    if row.text("state") == "done" {
        values.push(("廃棄した日", Cell::text(worded(row.text("done_on")))));
        values.push(("廃棄した人", Cell::text(row.text("done_by"))));
        values.push((
            "立ち会った人",
            Cell::text(Some(row.text("witness")).filter(|w| !w.is_empty()).unwrap_or("―")),
        ));
        let keys = row.get("keys_destroyed").and_then(Value::int).unwrap_or(0);
        values.push(("読めなくしたファイル", Cell::text(format!("{keys}個"))));
    }
    let files = app.store.db.attachments(noun, row.text("row_id")).await?;
    let proof = Some(row.text("proof_name")).filter(|name| !name.is_empty());
    let mut shell =
        app.shell(me, "/registers", format!("「{}」は、廃棄されましたか", row.text("title"))).await?;
    shell.done = said;
    Ok(DisposalPage {
        shell: shell.crumb("/registers", "台帳").crumb("/disposals", "廃棄"),
        id: row.id.clone(),
        values,
        proof: proof.map(|name| (name.to_owned(), HashStamp::new(row.text("proof_sha256")))),
        errors,
        fields,
        files: files.iter().filter(|f| f.destroyed_ms.is_none()).count(),
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let row = disposal(&app, &me, Action::View, &id).await?;
    let asked = Form::from_query(query.as_deref().unwrap_or(""));
    page(&shown(&app, &me, &row, None, done(asked.get("done"))).await?)
}

pub(crate) async fn finish(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = disposal(&app, &me, Action::Edit, &id).await?;
    let register = named(row.text("register"))?;
    if row.text("state") != "granted" {
        return Err(PortalError::Settled(
            "この廃棄は、まだ認められていないか、もう済んでいます。".to_owned(),
        ));
    }
    let on = form.date("on", "廃棄した日を入力してください。");
    let by = form.required("by", "誰が廃棄したかを書いてください。");
    let witness = form.limited("witness");
    if on.is_some_and(|on| on > me.on) {
        form.refuse("on", "先の日付です。今日までの日付を入力してください。");
    }
    if form.upload.is_none() {
        form.refuse("proof", "写真か証明書を選んでください。証明のない廃棄は、記録できません。");
    }
    let held = app.store.db.held_assets(register.noun.name, row.text("row_id"), on.unwrap_or(me.on)).await?;
    if held > 0 {
        form.refuse("on", STILL_HOLDS);
    }
    let (true, Some(on), Some(upload)) = (form.ok(), on, form.upload.take()) else {
        return Ok(page(&shown(&app, &me, &row, Some(&form), None).await?)?.into_response());
    };
    let sealed = app.objects.put(&app.store, upload.bytes.to_vec()).await?;
    let proof = StoredFile { object_id: &sealed.object_id, name: &upload.name, sha256: &sealed.sha256 };
    let mut tx = app.store.write(&me.actor(), "disposal.finish").await?;
    let done = Done { on, by: &by, witness: &witness, proof };
    let gone = match tx.finish_disposal(register, &id, done).await {
        Err(StoreError::Rule { says, .. }) => return Err(PortalError::Refused(says.to_owned())),
        gone => gone?,
    };
    tx.commit().await?;
    // The keys are gone with the commit; what is left on the disk is noise, and is tidied away.
    for object in gone {
        app.objects.destroy(&app.store, &object).await?;
    }
    Ok(Redirect::to(&format!("/disposals/{id}?done=gone")).into_response())
}

pub(crate) async fn proof(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let row = disposal(&app, &me, Action::View, &id).await?;
    if row.text("proof_object").is_empty() {
        return Err(PortalError::NotFound);
    }
    let bytes = app.objects.get(&app.store, row.text("proof_object")).await?;
    Ok(attachment(row.text("proof_name"), "application/octet-stream", bytes))
}

/// A file kept with a row, as its page shows it.
pub(crate) struct Kept {
    pub(crate) href: Option<String>,
    pub(crate) name: String,
    pub(crate) about: String,
}

/// The files of a row.
pub(crate) async fn kept(app: &App, register: &Register, id: &str) -> Result<Vec<Kept>, PortalError> {
    let files = app.store.db.attachments(register.noun.name, id).await?;
    let kept = files.into_iter().map(|file| Kept {
        href: file.destroyed_ms.is_none().then(|| format!("/files/{}", file.id)),
        about: match file.destroyed_ms {
            Some(ms) => format!("{}に読めなくしました", Moment::at(Ms(ms)).text),
            None => format!("{}、{}", file.person.unwrap_or_default(), Moment::at(Ms(file.added_ms)).text),
        },
        name: file.name,
    });
    Ok(kept.collect())
}

pub(crate) async fn attach(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    app.row_for(&me, Action::Edit, register, &id).await?;
    let Some(upload) = form.upload.take() else {
        return Err(PortalError::Refused("ファイルを選んでください。".to_owned()));
    };
    let sealed = app.objects.put(&app.store, upload.bytes.to_vec()).await?;
    let file = StoredFile { object_id: &sealed.object_id, name: &upload.name, sha256: &sealed.sha256 };
    let mut tx = app.store.write(&me.actor(), "attachment.add").await?;
    tx.attach(&me.who, register, &id, file).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/registers/{noun}/{id}?done=attached")).into_response())
}

pub(crate) async fn file(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let file = app.store.db.row(&ATTACHMENT, &id).await?.ok_or(PortalError::NotFound)?;
    let register = named(file.text("register"))?;
    let row = app.store.db.row(register.noun, file.text("row_id")).await?.ok_or(PortalError::NotFound)?;
    me.must_find(Action::View, thing(register, &row))?;
    let bytes = app.objects.get(&app.store, file.text("object_id")).await?;
    Ok(attachment(file.text("name"), "application/octet-stream", bytes))
}
