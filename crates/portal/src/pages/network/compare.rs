//! Two 提出: what changed between them, in words.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{open, snapshot_row, verdict};
use crate::App;
use crate::form::Form;
use crate::part::{Moment, Worded};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{RawQuery, State};
use sekisho_checks::network::{Bundle, open_bundle};
use sekisho_domain::clock::Ms;
use sekisho_netproof::diff::{PairChange, diff};
use sekisho_netproof::site::Site;
use sekisho_netproof::verdict::{RectangleView, Snapshot};
use tokio::sync::{Semaphore, watch};

/// Comparisons that are kept: a page that is opened again is there at once.
const KEPT_MAX: usize = 16;
/// How long a page waits for a comparison before it says that one is under way (seconds).
const WAIT_SECONDS: u64 = 3;

/// What passes now and did not, and the other way round; or why that cannot be said.
type Found = Result<Vec<Pair>, String>;
type Answer = watch::Receiver<Option<Arc<Found>>>;

/// Comparisons under way and done, by the two 提出: what was handed in never changes.
static KEPT: Mutex<VecDeque<((String, String), Answer)>> = Mutex::new(VecDeque::new());
/// One at a time: a large network takes seconds of a core, and the rest of the portal needs the other.
static TURN: Semaphore = Semaphore::const_new(1);

#[derive(Template)]
#[template(path = "network/compare.html")]
struct ComparePage {
    shell: Shell,
    before: Moment,
    after: Moment,
    /// Files that came, went or changed.
    files: Vec<String>,
    answers: Vec<(String, Worded, Worded, String)>,
    pairs: Vec<Pair>,
    /// Why packets could not be compared.
    stopped: Option<String>,
    /// The comparison is still going on.
    under_way: bool,
}

#[derive(Clone)]
struct Pair {
    from: String,
    to: String,
    allowed: Vec<String>,
    blocked: Vec<String>,
}

/// 「tcp で 10.20.1.50 から 10.10.3.0/24 のポート 3389 へ」
fn words(rectangle: &RectangleView) -> String {
    let any = |text: &str, words: &str| if text == "any" { words.to_owned() } else { text.to_owned() };
    let port = match rectangle.dport.as_str() {
        "any" | "" | "0-65535" => String::new(),
        ports => format!("のポート {ports} "),
    };
    format!(
        "{} で、{} から {} {port}へ{}",
        any(&rectangle.proto, "全てのプロトコル"),
        any(&rectangle.src, "全てのアドレス"),
        any(&rectangle.dst, "全てのアドレス"),
        if rectangle.later_fragments { "（後続フラグメントだけ）" } else { "" },
    )
}

fn pair(change: PairChange) -> Pair {
    let all = |rectangles: &[RectangleView]| -> Vec<String> {
        let mut words: Vec<String> = rectangles.iter().map(words).collect();
        words.dedup();
        words
    };
    Pair { allowed: all(&change.allowed), blocked: all(&change.blocked), from: change.from, to: change.to }
}

fn site(bundle: &Bundle, intents: &str) -> Option<Site> {
    Site::parse(&bundle.zones, intents, &bundle.links, &bundle.assumptions).ok()
}

fn packets(before: &Bundle, after: &Bundle) -> Result<Vec<Pair>, String> {
    let of = |bundle: &Bundle| {
        let files = bundle.files(bundle.intents.clone());
        let snapshot = Snapshot { devices: files.devices, state: files.state, as_of: None };
        site(bundle, &bundle.intents).map(|site| (site, snapshot))
    };
    let (Some(old), Some(new)) = (of(before), of(after)) else {
        return Err("宣言を読めないため、通信を比べられません。".to_owned());
    };
    match diff((&old.0, &old.1), (&new.0, &new.1)) {
        Ok(changes) => Ok(changes.into_iter().map(pair).collect()),
        Err(_) => Err("規則が複雑すぎるため、通信を比べられません。答えの変化だけを示します。".to_owned()),
    }
}

/// The comparison of two 提出, begun unless it is under way or done.
fn comparison(key: (String, String), before: Bundle, after: Bundle) -> Answer {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, answer)) = kept.iter().find(|(k, _)| *k == key) {
        return answer.clone();
    }
    let (tell, answer) = watch::channel(None);
    tokio::spawn(async move {
        let turn = TURN.acquire().await;
        let found = tokio::task::spawn_blocking(move || packets(&before, &after)).await;
        drop(turn);
        let stopped = |_| Err("途中で止まったため、通信を比べられません。".to_owned());
        tell.send_replace(Some(Arc::new(found.unwrap_or_else(stopped))));
    });
    kept.push_back((key, answer.clone()));
    while kept.len() > KEPT_MAX {
        kept.pop_front();
    }
    answer
}

fn files(before: &Bundle, after: &Bundle) -> Vec<String> {
    let mut out = Vec::new();
    for new in &after.devices {
        match before.devices.iter().find(|d| d.name == new.name) {
            None => out.push(format!("{} の設定が加わりました。", new.name)),
            Some(old) if old.text != new.text => {
                let lines = |t: &str| t.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
                let (was, is) = (lines(&old.text), lines(&new.text));
                let (plus, minus) = (is.difference(&was).count(), was.difference(&is).count());
                out.push(format!(
                    "{} の設定が変わりました（新しい行 {plus}、なくなった行 {minus}）。",
                    new.name
                ));
            }
            Some(_) => {}
        }
    }
    let gone = before.devices.iter().filter(|o| !after.devices.iter().any(|n| n.name == o.name));
    out.extend(gone.map(|d| format!("{} の設定がなくなりました。", d.name)));
    let declared = [
        ("zones.toml", before.zones != after.zones),
        ("intents.toml", before.intents != after.intents),
        ("links.toml", before.links != after.links),
        ("assumptions.toml", before.assumptions != after.assumptions),
    ];
    out.extend(
        declared.iter().filter(|(_, changed)| *changed).map(|(name, _)| format!("{name} が変わりました。")),
    );
    out
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let (old, new) =
        (snapshot_row(&app, query.get("before")).await?, snapshot_row(&app, query.get("after")).await?);
    let key = (old.id.clone(), new.id.clone());
    let read =
        |row: &sekisho_domain::noun::Row| Moment::at(Ms(super::instant(row, "read_ms").unwrap_or_default()));
    let (before_at, after_at) = (read(&old), read(&new));
    let (before, after) = (
        open_bundle(&app.store, &app.objects, &old).await?,
        open_bundle(&app.store, &app.objects, &new).await?,
    );
    let (was, is) = (open(&app, &me, old).await?, open(&app, &me, new).await?);
    let mut answers = Vec::new();
    if let (Some(was), Some(is)) = (was, is) {
        let db = &app.store.db;
        let was = db.network_answers(&was.result.id).await?;
        for now in db.network_answers(&is.result.id).await? {
            let then = was.iter().find(|a| a.item == now.item);
            if let Some(then) = then.filter(|t| t.verdict != now.verdict) {
                let href = format!("/network/answers/{}", now.id);
                answers.push((now.title, verdict(&then.verdict), verdict(&now.verdict), href));
            }
        }
    }
    let changed = files(&before, &after);
    let mut answer = comparison(key, before, after);
    let waited = tokio::time::timeout(Duration::from_secs(WAIT_SECONDS), answer.wait_for(Option::is_some));
    let found = match waited.await {
        Ok(Ok(found)) => found.clone(),
        Ok(Err(_)) | Err(_) => None,
    };
    let under_way = found.is_none();
    let (pairs, stopped) = match found.as_deref() {
        Some(Ok(pairs)) => (pairs.clone(), None),
        Some(Err(why)) => (Vec::new(), Some(why.clone())),
        None => (Vec::new(), None),
    };
    page(&ComparePage {
        shell: app
            .shell(&me, "/network", "前の提出から、何が変わりましたか")
            .await?
            .crumb("/network", "ネットワークの分離")
            .crumb("/network/snapshots", "提出の履歴"),
        before: before_at,
        after: after_at,
        files: changed,
        answers,
        pairs,
        stopped,
        under_way,
    })
}
