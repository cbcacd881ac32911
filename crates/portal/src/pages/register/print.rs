//! The A4 form of one row: what is filed on paper, with room for a seal.

use super::named;
use crate::App;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, State};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::wareki;

#[derive(Template)]
#[template(path = "register/print.html")]
struct Paper {
    shell: Shell,
    city: String,
    title: String,
    number: String,
    /// Label and value; long texts take the whole line.
    values: Vec<(&'static str, String, bool)>,
    breaches: Vec<&'static str>,
    printed: String,
    version: String,
}

pub(crate) async fn show(State(app): State<App>, me: Me, Path((noun, id)): Path<(String, String)>) -> Page {
    let register = named(&noun)?;
    let row = app.row_for(&me, Action::View, register, &id).await?;
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let names = app.store.db.names_of(&seen, std::slice::from_ref(&row), me.on).await?;
    let last = app.store.db.versions(register.noun, &id).await?.into_iter().next();
    let version = last.map_or_else(String::new, |v| {
        let who = v.person.clone().unwrap_or_else(|| "関所".to_owned());
        format!("第{}版（{}、{}）", v.version, crate::part::Moment::at(Ms(v.recorded_ms)).text, who)
    });
    let shell = app.shell(&me, "/registers", format!("{}票", register.noun.label)).await?;
    let back = format!("/registers/{noun}");
    page(&Paper {
        shell: shell
            .crumb("/registers", "台帳")
            .crumb(back, register.noun.label)
            .crumb(format!("/registers/{noun}/{id}"), row.text(register.title)),
        city: app.config.city.clone(),
        title: format!("{}票", register.noun.label),
        number: row.text(register.key[0]).to_owned(),
        values: seen
            .iter()
            .map(|c| (c.label, super::words(c, &layout.get(&row, c), &names), c.long))
            .collect(),
        breaches: register.breaches(&row).iter().map(|b| b.says).collect(),
        printed: wareki(me.on),
        version,
    })
}
