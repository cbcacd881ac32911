//! はじめる: leads a new city from an empty portal to its first board, counting what is there.

use crate::App;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::State;
use sekisho_domain::role::Role;
use sekisho_store::page::Counts;

#[derive(Debug, Template)]
#[template(path = "start/start.html")]
pub(crate) struct StartPage {
    pub(crate) shell: Shell,
    pub(crate) done_count: usize,
    pub(crate) steps: Vec<StartStep>,
}

#[derive(Debug)]
pub(crate) struct StartStep {
    pub(crate) title: &'static str,
    pub(crate) why: &'static str,
    pub(crate) progress: String,
    pub(crate) href: &'static str,
    pub(crate) action: &'static str,
    pub(crate) done: bool,
    /// The first step that is not done: the one to take now.
    pub(crate) open: bool,
    pub(crate) class: &'static str,
}

/// What the counts cannot tell.
struct Facts {
    counts: Counts,
    positions: usize,
    /// Roles that a city cannot do without and that somebody holds today.
    roles_held: usize,
    policy_in_force: bool,
    standard_in_force: bool,
}

pub(crate) async fn show(State(app): State<App>, me: Me) -> Page {
    let db = &app.store.db;
    let incumbents = db.incumbents(me.on).await?;
    let held = |role: &Role| incumbents.iter().any(|i| i.role == role.code() && i.person_id.is_some());
    let facts = Facts {
        counts: db.counts(me.on).await?,
        positions: db.positions(me.on).await?.len(),
        roles_held: Role::REQUIRED.iter().filter(|r| held(r)).count(),
        policy_in_force: db.in_force("policy", me.on).await?.is_some(),
        standard_in_force: db.in_force("standard", me.on).await?.is_some(),
    };
    let mut steps = steps(&facts);
    if let Some(next) = steps.iter_mut().find(|s| !s.done) {
        next.open = true;
        next.class = "next-step";
    }
    page(&StartPage {
        shell: app.shell(&me, "/start", "何から始めればよいですか").await?,
        done_count: steps.iter().filter(|s| s.done).count(),
        steps,
    })
}

fn steps(f: &Facts) -> Vec<StartStep> {
    let c = &f.counts;
    let required = Role::REQUIRED.len();
    vec![
        step(
            "組織を登録する",
            "どの課が何に責任を持つかの土台になります。",
            format!("今日の組織 {} 件", c.sections),
            ("/sections", "組織を見る"),
            c.sections >= 2,
        ),
        step(
            "職員と職を登録する",
            "人と席があって初めて、責任者と決裁者が決まります。",
            format!("職員 {} 人、職 {} 件、配属 {} 件", c.people, f.positions, c.seated),
            ("/people", "職員を見る"),
            c.people >= 2 && f.positions >= 2 && c.seated >= 2,
        ),
        step(
            "方針の本文を取り込み、決裁を受ける",
            "条項の一つ一つが、状態を持つようになります。",
            match f.policy_in_force {
                true => "基本方針が施行されています".to_owned(),
                false => "施行中の基本方針がまだありません".to_owned(),
            },
            ("/documents", "文書を見る"),
            f.policy_in_force,
        ),
        step(
            "体制を決める",
            "役割を職に結びつけると、人事異動のあとも自動で引き継がれます。",
            format!("欠かせない {required} の役割のうち {} に、今日の担当者がいます", f.roles_held),
            ("/roles", "役割を見る"),
            f.roles_held == required,
        ),
        step(
            "要求事項を選ぶ",
            "国のガイドラインに沿った要求から、この市で守るものを決めます。",
            format!("採用 {} / {} 件、未検討 {} 件", c.adopted, c.catalogue, c.undecided),
            ("/requirements?adoption=undecided", "要求事項を選ぶ"),
            c.adopted > 0,
        ),
        step(
            "対策基準を取り込む",
            "基本方針を、職員が守る決まりにしたものです。",
            match f.standard_in_force {
                true => "対策基準が施行されています".to_owned(),
                false => "施行中の対策基準がまだありません".to_owned(),
            },
            ("/documents", "文書を見る"),
            f.standard_in_force,
        ),
        step(
            "最初の証拠を登録する",
            "議事録や点検の記録を一つ登録すると、最初の緑がつきます。",
            format!("証拠 {} 件", c.evidence),
            ("/", "方針の実施状況を見る"),
            c.evidence > 0,
        ),
    ]
}

fn step(
    title: &'static str,
    why: &'static str,
    progress: String,
    (href, action): (&'static str, &'static str),
    done: bool,
) -> StartStep {
    let class = if done { "done-step" } else { "" };
    StartStep { title, why, progress, href, action, done, open: false, class }
}
