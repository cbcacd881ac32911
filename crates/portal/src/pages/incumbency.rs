//! Who was it then? Two answers: as recorded then, and as known now.

use crate::App;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::shared::ListPage;
use crate::part::{Cell, Day, Field, Pager};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{RawQuery, State};
use sekisho_domain::date::{parse_date, plus_days, start_of};
use sekisho_domain::position::ASSIGNMENT_KINDS;
use sekisho_domain::role::Role;
use sekisho_store::incumbency::Was;

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let role = Role::from_code(query.get("role")).unwrap_or(Role::Manager);
    let on = parse_date(query.get("on")).unwrap_or(me.on);
    let unit = query.get("unit");
    let db = &app.store.db;
    let unit_id = Some(unit).filter(|u| !u.is_empty());
    // What was known at the end of that day; today's day has not ended, so it is what is known now.
    let then = start_of(plus_days(on, 1)).min(me.now);
    let recorded = db.who_was(role, unit_id, on, then).await?;
    let known = db.who_was(role, unit_id, on, me.now).await?;
    let words =
        |was: &Was| format!("{} {}（{}）", was.position, was.person, word(ASSIGNMENT_KINDS, &was.kind));
    let list = |all: &std::collections::BTreeSet<Was>| match all.is_empty() {
        true => "だれもいません".to_owned(),
        false => all.iter().map(words).collect::<Vec<_>>().join("、"),
    };
    let note = match recorded == known {
        true => "二つの答えは同じです。",
        false => "後から登録や訂正があったため、答えが違います。",
    };
    let names = db.role_names().await?;
    let mut units = vec![(String::new(), "すべての所属".to_owned())];
    units.extend(db.sections(me.on).await?.into_iter().map(|s| (s.unit_id, s.name)));
    page(&ListPage {
        shell: app.shell(&me, "/sections", "その日は、誰でしたか").await?.crumb("/roles", "役割"),
        lead: format!("{} の {}。{note}", Day::due(on).text, names.of(role)),
        filter: vec![
            Field::select("role", "役割", names.choices()).value(role.code()),
            Field::select("unit", "所属", units).value(unit).optional(),
            Field::date("on", "日").value(on.to_string()),
        ],
        caption: "その日の終わりまでに記録されていたことと、今までに記録されたことから答えます。".to_owned(),
        heads: vec!["いつの記録で", "答え"],
        rows: vec![
            vec![Cell::text("その日の記録"), Cell::text(list(&recorded))],
            vec![Cell::text("今の記録"), Cell::text(list(&known))],
        ],
        empty: "",
        pager: Pager::default(),
        ..ListPage::default()
    })
}
