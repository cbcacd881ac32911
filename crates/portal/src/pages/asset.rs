//! 情報資産 beyond its register: five questions that propose a class, and the way from the classes of one edition to
//! the next. The page proposes and says why; a person decides.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::register::row::done;
use crate::part::{Cell, Errors, Field};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_catalogue::classification::{Classification, Proposal, Scheme, classification};
use sekisho_domain::access::Action;
use sekisho_domain::asset::{ASSET, AVAILABILITY, CONFIDENTIALITY, INTEGRITY, REGISTER};
use sekisho_domain::noun::Row;
use sekisho_domain::register::cell::word;
use sekisho_store::register::{Count, LOOKED_MAX, ListQuery};

/// Names of the fields of the questions, in order; the scheme has fewer than [`QUESTIONS_MAX`] of them.
///
/// [`QUESTIONS_MAX`]: sekisho_catalogue::classification::QUESTIONS_MAX
const ASKED: [&str; 4] = ["q1", "q2", "q3", "q4"];
/// Rows read anew at once.
const READ_AT_ONCE: i64 = 500;

#[derive(Template)]
#[template(path = "asset/classify.html")]
struct Classify {
    shell: Shell,
    /// The asset's words; empty for one that is not in the register yet.
    asset: String,
    id: String,
    errors: Errors,
    questions: Vec<Field>,
    proposal: Option<Proposed>,
}

struct Proposed {
    /// 自治体機密性3B・完全性2・可用性2
    words: String,
    criterion: String,
    reason: String,
    zones: String,
    /// For an asset in the register: what will be kept, changeable. Without one: where the new form begins.
    fields: Vec<Field>,
    new_href: String,
}

pub(crate) async fn classify_new(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let shell = app.shell(&me, "/registers", "どの区分になりますか").await?;
    page(&questions(shell, None, &form))
}

pub(crate) async fn classify(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let row = app.store.db.row(&ASSET, &id).await?.ok_or(PortalError::NotFound)?;
    me.must_row(Action::Edit, &REGISTER, &row)?;
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let shell =
        app.shell(&me, "/registers", format!("「{}」は、どの区分になりますか", row.text("name"))).await?;
    page(&questions(shell, Some(&row), &form))
}

fn questions(shell: Shell, row: Option<&Row>, form: &Form) -> Classify {
    let all = classification();
    let scheme = all.current();
    let mut form = form.clone();
    let sent = !form.get("impact").is_empty() || ASKED.iter().any(|name| !form.get(name).is_empty());
    let proposal = if sent { read(all, scheme, &mut form) } else { None };
    let (questions, errors) = form.refill(fields(all, scheme));
    let shell = shell.crumb("/registers", "台帳").crumb("/registers/asset", "情報資産");
    let shell = match row {
        Some(row) => shell.crumb(format!("/registers/asset/{}", row.id), row.text("name")),
        None => shell,
    };
    Classify {
        shell,
        asset: row.map(|row| REGISTER.words(row)).unwrap_or_default(),
        id: row.map(|row| row.id.clone()).unwrap_or_default(),
        errors: if sent { errors } else { Errors::default() },
        questions,
        proposal: proposal.map(|proposal| proposed(scheme, row, proposal)),
    }
}

fn fields(all: &Classification, scheme: &Scheme) -> Vec<Field> {
    let yes_no = [("yes", "はい"), ("no", "いいえ")];
    let asked = scheme.questions.iter().zip(ASKED).enumerate().map(|(at, (question, name))| {
        Field::radio(name, format!("{}. {}", at + 1, question.text), &yes_no).hint(&question.hint).optional()
    });
    let answers: Vec<(&str, &str)> =
        all.impact.answers.iter().map(|a| (a.key.as_str(), a.words.as_str())).collect();
    let last = format!("{}. {}", scheme.questions.len() + 1, all.impact.text);
    asked.chain([Field::radio("impact", last, &answers).hint(&all.impact.hint).optional()]).collect()
}

/// The answers up to the first yes; what is missing is asked for beside its question.
fn read(all: &Classification, scheme: &Scheme, form: &mut Form) -> Option<Proposal> {
    let mut yes = Vec::new();
    for name in ASKED.iter().take(scheme.questions.len()) {
        match form.get(name) {
            "yes" => {
                yes.push(true);
                break;
            }
            "no" => yes.push(false),
            _ => {
                form.refuse(name, "「はい」か「いいえ」を選んでください。");
                break;
            }
        }
    }
    if form.get("impact").is_empty() {
        form.refuse("impact", "どれか一つを選んでください。");
    }
    all.propose(scheme, &yes, form.get("impact")).filter(|_| form.ok())
}

fn proposed(scheme: &Scheme, row: Option<&Row>, proposal: Proposal) -> Proposed {
    let class = scheme.class(&proposal.confidentiality);
    let zones = class.map(|c| c.zones.as_slice()).unwrap_or_default();
    let zones: Vec<&str> = zones.iter().map(|z| word(sekisho_domain::asset::ZONES, z)).collect();
    let choices = |all: &[(&str, &str)], label: &'static str, id: &'static str, value: &str| {
        let options = all.iter().filter(|(code, _)| *code != "3");
        let options = options.map(|(code, word)| ((*code).to_owned(), (*word).to_owned())).collect();
        Field::select(id, label, options).value(value)
    };
    let fields = row.map(|row| {
        vec![
            choices(CONFIDENTIALITY, "機密性", "confidentiality", &proposal.confidentiality),
            choices(INTEGRITY, "完全性", "integrity", &proposal.integrity),
            choices(AVAILABILITY, "可用性", "availability", &proposal.availability),
            Field::area("reason", "分類の理由").value(&proposal.reason),
            Field::hidden("version", row.version.to_string()),
        ]
    });
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("confidentiality", &proposal.confidentiality)
        .append_pair("integrity", &proposal.integrity)
        .append_pair("availability", &proposal.availability)
        .append_pair("reason", &proposal.reason)
        .finish();
    Proposed {
        words: format!(
            "{}・{}・{}",
            word(CONFIDENTIALITY, &proposal.confidentiality),
            word(INTEGRITY, &proposal.integrity),
            word(AVAILABILITY, &proposal.availability)
        ),
        criterion: class.map(|c| c.criterion.clone()).unwrap_or_default(),
        zones: zones.join("、"),
        reason: proposal.reason,
        fields: fields.unwrap_or_default(),
        new_href: format!("/registers/asset/new?{query}"),
    }
}

/// The person has decided, as proposed or otherwise.
pub(crate) async fn classified(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = app.store.db.row(&ASSET, &id).await?.ok_or(PortalError::NotFound)?;
    me.must_row(Action::Edit, &REGISTER, &row)?;
    let mut picked = |name, all: &'static [(&'static str, &'static str)]| {
        form.one_of(name, "選んでください。", |code| {
            all.iter().map(|(c, _)| *c).find(|c| *c == code && code != "3")
        })
    };
    let class = picked("confidentiality", CONFIDENTIALITY);
    let integrity = picked("integrity", INTEGRITY);
    let availability = picked("availability", AVAILABILITY);
    let reason = form.required("reason", "どうしてこの区分かを、一文で書いてください。");
    let (true, Some(class), Some(integrity), Some(availability)) =
        (form.ok(), class, integrity, availability)
    else {
        let shell = app.shell(&me, "/registers", "区分を決められませんでした").await?;
        let mut again = questions(shell, Some(&row), &Form::default());
        let said = Proposal {
            confidentiality: form.get("confidentiality").to_owned(),
            integrity: form.get("integrity").to_owned(),
            availability: form.get("availability").to_owned(),
            reason: form.get("reason").to_owned(),
        };
        let mut kept = proposed(classification().current(), Some(&row), said);
        (kept.fields, again.errors) = form.refill(kept.fields);
        again.proposal = Some(kept);
        return Ok(page(&again)?.into_response());
    };
    let mut row = row
        .set("confidentiality", class)
        .set("integrity", integrity)
        .set("availability", availability)
        .set("reason", reason)
        .set("redecide", false);
    row.version = form.get("version").parse().unwrap_or(0);
    let mut tx = app.store.write(&me.actor(), REGISTER.action("classify")).await?;
    tx.update(row).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/registers/asset/{id}?done=classified")).into_response())
}

#[derive(Template)]
#[template(path = "asset/reclassify.html")]
struct Reclassify {
    shell: Shell,
    /// What the classes of the old edition read as: (old, new, note)
    readings: Vec<(String, String, String)>,
    /// (row, version, words, section, address)
    rows: Vec<Old>,
    more: bool,
    /// Rows read as 3B that somebody must still look at.
    waiting: Count,
}

struct Old {
    id: String,
    version: i64,
    asset: Cell,
    section: String,
    personal: &'static str,
    to: String,
}

/// From the edition before the newest to the newest.
fn step() -> (&'static Scheme, &'static Scheme) {
    let all = classification();
    let before = all.schemes.len().saturating_sub(2);
    (all.schemes.get(before).unwrap_or_else(|| all.current()), all.current())
}

pub(crate) async fn reclassify(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let (from, to) = step();
    let reach = me.reach(Action::Edit, "asset");
    let old = ListQuery {
        as_of: Some(me.on),
        filters: vec![("confidentiality", "3".to_owned())],
        limit: READ_AT_ONCE,
        ..ListQuery::default()
    };
    let listed = app.store.db.register_list(&REGISTER, &old, &reach).await?;
    let waiting = ListQuery { filters: vec![("redecide", "true".to_owned())], ..old };
    let waiting = app.store.db.register_count(&REGISTER, &waiting, &reach, LOOKED_MAX).await?;
    let unit = ASSET.column("unit_id").map(|column| vec![column]).unwrap_or_default();
    let names = app.store.db.names(&unit, me.on).await?;
    let reading = classification().reading(&from.key, &to.key, "3");
    let becomes = reading.map(|r| word(CONFIDENTIALITY, &r.to).to_owned()).unwrap_or_default();
    let row = |row: &Row| Old {
        id: row.id.clone(),
        version: row.version,
        asset: Cell::link(format!("/registers/asset/{}", row.id), REGISTER.words(row)),
        section: names.word("section", row.text("unit_id")).unwrap_or_default().to_owned(),
        personal: word_of(sekisho_domain::asset::PERSONAL_DATA, row.text("personal_data")),
        to: becomes.clone(),
    };
    let read = |class: &sekisho_catalogue::classification::Class| {
        let reading = classification().reading(&from.key, &to.key, &class.code)?;
        let new = to.class(&reading.to).map_or(reading.to.clone(), |c| c.name.clone());
        Some((class.name.clone(), new, reading.note.clone()))
    };
    let mut shell = app.shell(&me, "/registers", "旧区分の情報資産を、新しい区分に読み替えますか").await?;
    shell = shell.crumb("/registers", "台帳").crumb("/registers/asset", "情報資産");
    shell.done = done(form.get("done"));
    page(&Reclassify {
        shell,
        readings: from.confidentiality.iter().filter_map(read).collect(),
        rows: listed.rows.iter().map(row).collect(),
        more: listed.more,
        waiting,
    })
}

fn word_of(choices: &'static [(&'static str, &'static str)], code: &str) -> &'static str {
    choices.iter().find(|(c, _)| *c == code).map_or("", |(_, word)| word)
}

/// Reads the picked rows anew, all or nothing. A row that somebody changed meanwhile stops it.
pub(crate) async fn reread(State(app): State<App>, me: Me, form: Form) -> Result<Response, PortalError> {
    let (from, to) = step();
    let mut tx = app.store.write(&me.actor(), REGISTER.action("reclassify")).await?;
    let mut read = 0;
    for picked in form.all("row") {
        let Some((id, version)) = picked.split_once(':') else { continue };
        let mut row = tx.get(&ASSET, id).await?;
        me.must_row(Action::Edit, &REGISTER, &row)?;
        let Some(reading) = classification().reading(&from.key, &to.key, row.text("confidentiality")) else {
            continue;
        };
        row.version = version.parse().unwrap_or(0);
        let row = row.set("confidentiality", reading.to.as_str()).set("redecide", reading.redecide);
        tx.update(row).await?;
        read += 1;
    }
    tx.commit().await?;
    let done = if read > 0 { "?done=reread" } else { "" };
    Ok(Redirect::to(&format!("/registers/asset/reclassify{done}")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Classify {
        questions(Shell::default(), None, &Form::from_query(query))
    }

    #[test]
    fn at_most_five_questions_and_nothing_is_wrong_before_an_answer() {
        let fresh = asked("");
        assert!(fresh.questions.len() <= sekisho_catalogue::classification::QUESTIONS_MAX);
        assert!(fresh.errors.items.is_empty() && fresh.proposal.is_none());
        assert_eq!(classification().current().questions.len(), ASKED.len());
        assert!(fresh.questions.iter().all(|q| matches!(q.input, crate::part::Input::Radio(_))));
    }

    #[test]
    fn the_first_yes_decides_and_a_gap_is_asked_for() {
        let two = asked("q1=no&q2=yes&impact=both");
        let proposal = two.proposal.expect("a class");
        assert!(proposal.words.starts_with("自治体機密性3B・完全性2・可用性2"), "{}", proposal.words);
        assert!(proposal.new_href.contains("confidentiality=3B"), "{}", proposal.new_href);
        let gap = asked("q1=no&impact=both");
        assert!(gap.proposal.is_none() && gap.errors.items[0].0 == "q2");
        assert!(asked("q1=yes").errors.items.iter().any(|(name, _)| name == "impact"));
    }
}
