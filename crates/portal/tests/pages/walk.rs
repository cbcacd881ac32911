//! The main job, end to end, through the pages as a browser without JavaScript uses them.

use crate::kit::{City, UNIT};
use axum::http::StatusCode;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;

const POLICY: &str = "さくら坂市情報セキュリティ基本方針\n\n制定 令和6年4月1日\n\n\
    改定履歴\n\n版\t改定日\t施行日\t改定箇所\t改定内容\n初\t令和6年4月1日\t令和6年4月1日\t全章\t初版発行\n\n\
    1 目的\n\nこの基本方針は、本市の情報資産を守るための事項を定める。\n\n\
    2 用語の定義\n\n(1) 情報資産 本市が扱う情報をいう。\n\n(2) 機密性 見てよい人だけが見られることをいう。\n\n\
    7 情報セキュリティ対策\n\n(1) 組織体制\n\n全庁の体制を定める。\n\n(2) 情報資産の分類と管理\n\n情報資産を分類する。\n\n\
    9 情報セキュリティポリシーの見直し\n\n必要なときに見直す。\n";

/// The path of the first link in a page that begins like this.
pub(crate) fn link(body: &str, prefix: &str) -> String {
    let start = format!("href=\"{prefix}");
    let at = body.find(&start).unwrap_or_else(|| panic!("no link to {prefix} in {body}"));
    body[at + 6..].split('"').next().unwrap().to_owned()
}

pub(crate) fn hidden(body: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let at = body.find(&start).unwrap_or_else(|| panic!("no field {name}"));
    body[at + start.len()..].split('"').next().unwrap().to_owned()
}

/// Lets a seat approve the first thing that waits for it, as the page offers it.
pub(crate) async fn approve(city: &City, role: &str) {
    let seat = city.signed_in(role).await;
    let decision = link(&city.get(&seat, "/decisions").await.ok().body, "/decisions/");
    let sha = hidden(&city.get(&seat, &decision).await.ok().body, "subject_sha256");
    let answer = [("answer", "approved"), ("subject_sha256", sha.as_str())];
    city.post(&seat, &decision, &answer).await.to("/decisions?done=approved");
}

/// The id of the clause with this heading on a revision's page.
pub(crate) fn clause_called(page: &str, heading: &str) -> String {
    let at =
        page.find(&format!("<strong>{heading}</strong>")).unwrap_or_else(|| panic!("no {heading} in {page}"));
    let start = page[..at].rfind("href=\"/clauses/").unwrap();
    page[start + 15..].split('"').next().unwrap().to_owned()
}

/// Imports a text as a draft, carrying on the clauses with these new labels; returns the revision's path.
async fn import(city: &City, me: &str, document: &str, text: &str, carried: &[&str]) -> String {
    let fields = [("document", document)];
    let preview = city.upload(me, "/documents/import", &fields, ("方針.txt", text.as_bytes())).await;
    let preview = preview.to("/documents/import/").location;
    let page = city.get(me, &preview).await.ok().body;
    let carries = page
        .split("name=\"carry\" value=\"")
        .skip(1)
        .filter(|c| carried.iter().any(|label| c.contains(&format!("<span class=\"hidden\">{label} "))));
    let carries: Vec<&str> = carries.map(|c| c.split('"').next().unwrap()).collect();
    assert_eq!(carries.len(), carried.len(), "{page}");
    let mut fields = vec![
        ("title", "さくら坂市情報セキュリティ基本方針"),
        ("edition", if document.is_empty() { "初" } else { "2" }),
        ("revised", "2024-04-01"),
        ("effective", if document.is_empty() { "2024-04-01" } else { "2026-10-01" }),
        ("kind", "policy"),
        ("visibility", "public"),
    ];
    fields.extend(carries.iter().map(|id| ("carry", *id)));
    let revision = city.post(me, &preview, &fields).await.to("/revisions/").location;
    revision.split('?').next().unwrap().to_owned()
}

/// Submits a draft and lets the CISO approve it; returns the decision's path.
pub(crate) async fn bring_into_force(city: &City, revision: &str) -> String {
    let (me, ciso) = (city.signed_in("secretariat").await, city.signed_in("ciso").await);
    let decision = city.post(&me, &format!("{revision}/submit"), &[("reason", "改めるため")]).await;
    let decision = decision.to("/decisions/").location.split('?').next().unwrap().to_owned();
    let sha = hidden(&city.get(&ciso, &decision).await.ok().body, "subject_sha256");
    let fields = [("answer", "approved"), ("subject_sha256", sha.as_str())];
    city.post(&ciso, &decision, &fields).await.to("/decisions");
    decision
}

/// Imports, submits and approves the policy; returns the revision's path.
async fn adopt_policy(city: &City) -> String {
    adopt(city, POLICY, "情報資産を分類する").await
}

/// A text from file to being in force; `says`: words that the preview must show.
pub(crate) async fn adopt(city: &City, text: &str, says: &str) -> String {
    let me = city.signed_in("secretariat").await;
    let preview =
        city.upload(&me, "/documents/import", &[("document", "")], ("方針.txt", text.as_bytes())).await;
    let preview = preview.to("/documents/import/").location;
    let page = city.get(&me, &preview).await.ok().body;
    assert!(page.contains(says), "{page}");
    let fields = [
        ("title", "さくら坂市情報セキュリティ基本方針"),
        ("edition", "初"),
        ("revised", "2024-04-01"),
        ("effective", "2024-04-01"),
        ("kind", "policy"),
        ("visibility", "public"),
    ];
    let revision = city.post(&me, &preview, &fields).await.to("/revisions/").location;
    let revision = revision.split('?').next().unwrap().to_owned();
    let page = city.get(&me, &revision).await.ok().body;
    assert!(page.contains("まだ効力がありません"));
    let decision = city.post(&me, &format!("{revision}/submit"), &[("reason", "制定のため")]).await;
    let decision = decision.to("/decisions/").location;
    let decision = decision.split('?').next().unwrap().to_owned();

    // The applicant is shown no button and is refused if they make one up.
    let mine = city.get(&me, &decision).await.ok().body;
    assert!(!mine.contains("承認する</button>") && mine.contains("自分の申請は、自分では承認できません"));
    let sha = hidden(&city.get(&city.signed_in("ciso").await, &decision).await.ok().body, "subject_sha256");
    let refused = city.post(&me, &decision, &[("answer", "approved"), ("subject_sha256", &sha)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let ciso = city.signed_in("ciso").await;
    let waiting = city.get(&ciso, "/decisions").await.ok().body;
    assert_eq!(link(&waiting, "/decisions/"), decision);
    let stale = city.post(&ciso, &decision, &[("answer", "approved"), ("subject_sha256", "00")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    city.post(&ciso, &decision, &[("answer", "approved"), ("subject_sha256", &sha)])
        .await
        .to("/decisions?done=approved");
    revision
}

#[tokio::test]
async fn a_policy_comes_in_and_its_clauses_stand_on_the_board() {
    let city = City::new().await;
    let revision = adopt_policy(&city).await;
    let me = city.signed_in("secretariat").await;
    let page = city.get(&me, &revision).await.ok().body;
    assert!(page.contains("施行中"), "{page}");
    let board = city.get(&me, "/").await.ok().body;
    assert!(board.contains("初版（令和6年4月1日施行）"), "{board}");
    let clause = link(&board, "/clauses/");
    let page = city.get(&me, &clause).await.ok().body;
    assert!(page.contains("目的は、守られていますか"), "{page}");
    // Anybody may read what is public, without signing in.
    let public = city.get("", "/policy").await.ok().body;
    assert!(public.contains("情報資産を分類する"));
    let export = city.get(&me, &format!("{revision}/export")).await.ok();
    assert!(export.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
}

/// What is held back stays inside: with everything below it, in every form that leaves the city, and after the next
/// revision has renumbered it.
#[tokio::test]
async fn a_clause_that_is_held_back_does_not_leave() {
    let city = City::new().await;
    let me = city.signed_in("secretariat").await;
    let revision = import(&city, &me, "", POLICY, &[]).await;
    let page = city.get(&me, &revision).await.ok().body;
    let clause = clause_called(&page, "情報資産の分類と管理");
    let grade = format!("{revision}/visibility");
    let wrong = city.post(&me, &grade, &[("visibility", "internal")]).await.ok().body;
    assert!(wrong.contains("条項を一つ以上選んでください"));
    city.post(&me, &grade, &[("visibility", "internal"), ("clause", &clause)]).await.to(&revision);
    bring_into_force(&city, &revision).await;
    assert_eq!(
        city.post(&me, &grade, &[("visibility", "public"), ("clause", &clause)]).await.status,
        StatusCode::CONFLICT
    );
    let (public, html) = (
        city.get("", "/policy").await.ok().body,
        city.get(&me, &format!("{revision}/export")).await.ok().body,
    );
    for text in [&public, &html] {
        assert!(text.contains("組織体制") && !text.contains("情報資産を分類する"), "{text}");
        assert!(text.contains("公開していません"), "the reader is told that something is held back: {text}");
    }
    assert!(html.contains("改定履歴") && html.contains("初版発行"), "{html}");
    let pdf = city.get(&me, &format!("{revision}/export.pdf")).await;
    match city.app.config.font {
        Some(_) => assert!(pdf.ok().body.starts_with("%PDF-1.")),
        None => assert!(pdf.body.contains("日本語の字体が無い")),
    }

    // A draft of the next edition puts a clause before it: the identity goes on, and with it the answer.
    let document = link(&city.get(&me, &revision).await.ok().body, "/documents/0");
    let id = document.split('/').next_back().unwrap().to_owned();
    let next =
        POLICY.replace("(2) 情報資産の分類と管理", "(2) 教育\n\n毎年教育する。\n\n(3) 情報資産の分類と管理");
    let second = import(&city, &me, &id, &next, &["7(3)"]).await;
    let page = city.get(&me, &second).await.ok().body;
    assert_eq!(clause_called(&page, "情報資産の分類と管理"), clause, "renumbered, not renamed");
    assert!(page.contains("番号の変更") && page.contains("新設"), "{page}");
    bring_into_force(&city, &second).await;
    assert!(!city.get("", "/policy").await.ok().body.contains("情報資産を分類する"));
    let table = city.get(&me, &link(&page, "/compare?").replace("&#38;", "&")).await.ok().body;
    assert!(table.contains("7(3)（旧 7(2)）"), "{table}");
}

#[tokio::test]
async fn other_bodies_adopt_the_policy_on_their_own_day() {
    let city = City::new().await;
    let revision = adopt_policy(&city).await;
    let me = city.signed_in("secretariat").await;
    let bodies = format!("{revision}/bodies");
    let wrong = city.post(&me, &bodies, &[("body", "町内会"), ("decided", "2027-01-01")]).await.ok().body;
    assert!(wrong.contains("機関を選んでください") && wrong.contains("先の日付です"), "{wrong}");
    let fields = [("body", "教育委員会"), ("decided", "令和6年5月10日"), ("number", "桜教第7号")];
    city.post(&me, &bodies, &fields).await.to(&revision);
    let page = city.get(&me, &revision).await.ok().body;
    assert!(page.contains("教育委員会（") && page.contains("桜教第7号"), "{page}");
    assert!(city.post(&me, &bodies, &fields).await.ok().body.contains("すでに記録されています"));
}

#[tokio::test]
async fn a_city_adds_a_requirement_of_its_own() {
    let city = City::new().await;
    adopt_policy(&city).await;
    let me = city.signed_in("secretariat").await;
    let form = city.get(&me, "/requirements/new").await.ok().body;
    let clause = form.split("<option value=\"").find(|o| o.contains(">7(1) 組織体制")).unwrap();
    let clause = clause.split('"').next().unwrap();
    let wrong = city.post(&me, "/requirements/new", &[("title", "のぞき見"), ("days", "0")]).await.ok().body;
    assert!(wrong.contains("1から3660まで") && wrong.contains("value=\"のぞき見\""), "{wrong}");
    let fields = [
        ("title", "窓口の画面をのぞき見から守る"),
        ("text", "窓口の端末に、のぞき見防止の板を付ける。"),
        ("clause", clause),
        ("role", "manager"),
        ("kind", "record"),
        ("stage", "operation"),
        ("days", "180"),
    ];
    let page = city.post(&me, "/requirements/new", &fields).await.to("/requirements/").location;
    let shown = city.get(&me, &page).await.ok().body;
    assert!(
        shown.contains("窓口の画面をのぞき見から守るは、できていますか") && shown.contains("市独自"),
        "{shown}"
    );
    assert!(city.get(&me, "/requirements?q=のぞき見").await.ok().body.contains("条件に合う 1 件"));
}

/// A city that numbers its policy in its own way: headings place what they can, a person the rest, and until then the
/// board says what it does not count.
#[tokio::test]
async fn a_policy_with_its_own_numbers_is_tied_to_the_requirements() {
    let city = City::new().await;
    let text = "基本方針\n\n第1条 目的\n\n情報資産を守る。\n\n第2条 組織体制\n\n責任者を置く。\n\n第3条 情報資産の分類と管理\n\n分ける。\n";
    adopt(&city, text, "責任者を置く").await;
    let me = city.signed_in("secretariat").await;
    let db = &city.app.store.db;
    let revision = db.in_force("policy", date_at(city.app.store.clock.now())).await.unwrap().unwrap();
    let clauses = db.clauses(&revision.id).await.unwrap();
    let clause = |label: &str| clauses.iter().find(|c| c.label == label).unwrap().clause_id.clone();
    let place = async |label: &str| {
        let places = db.placements().await.unwrap();
        let mut found = places.into_iter().filter(|p| p.clause_label == label);
        let place = found.next().unwrap().clause_id;
        assert!(found.next().is_none(), "{label} stands in one place");
        place
    };
    assert_eq!(place("7(1)").await, Some(clause("第2条")), "by its heading, not by a number");
    assert_eq!(place("7(2)").await, Some(clause("第3条")));
    assert_eq!(place("7(4)").await, None);

    // One row of 物理的セキュリティ is adopted: it stands nowhere, and the board says so.
    let rows = db.requirements(&Default::default(), "", 1_000).await.unwrap();
    let row = rows.iter().find(|r| r.clause_label == "7(4)").unwrap();
    city.post(&me, "/requirements", &[("row", &row.id), ("state", "adopted")])
        .await
        .to("/requirements?done=asked");
    approve(&city, "chief_officer").await;
    let board = city.get(&me, "/").await.ok().body;
    assert!(board.contains("1 件は、施行中の基本方針のどの条項にも結びついていない"), "{board}");
    let list = city.get(&me, "/requirements?clause=-").await.ok().body;
    assert!(list.contains("条件に合う 1 件") && list.contains(&row.id), "{list}");

    let page = city.get(&me, "/requirements/places").await.ok().body;
    assert!(page.contains("結びつく条項が分かりません"), "{page}");
    let wrong = city.post(&me, "/requirements/places", &[("7(4)", "clause-of-nobody")]).await.ok().body;
    assert!(wrong.contains("施行中の基本方針にある条項から選んでください"), "{wrong}");
    let third = clause("第3条");
    city.post(&me, "/requirements/places", &[("7(4)", &third)]).await.to("/requirements?done=placed");
    assert_eq!(place("7(4)").await, Some(third));
    assert_eq!(place("7(1)").await, Some(clause("第2条")), "what the form does not speak of stays");
    assert!(!city.get(&me, "/").await.ok().body.contains("どの条項にも結びついていない"));
}

#[tokio::test]
async fn requirements_are_adopted_and_evidence_is_filed() {
    let city = City::new().await;
    adopt_policy(&city).await;
    let me = city.signed_in("secretariat").await;
    let list = city.get(&me, "/requirements?adoption=undecided").await.ok().body;
    let id = hidden(&list, "row");
    // Nothing chosen: the page says so and keeps the reason.
    let wrong = city.post(&me, "/requirements", &[("reason", "まだ")]).await.ok().body;
    assert!(wrong.contains("採否を選んでください") && wrong.contains("まだ</textarea>"));
    city.post(&me, "/requirements", &[("row", &id), ("state", "adopted")])
        .await
        .to("/requirements?done=asked");
    approve(&city, "chief_officer").await;
    let page = format!("/requirements/{id}");
    let shown = city.get(&me, &page).await.ok().body;
    assert!(shown.contains("証拠を登録する"), "{shown}");

    let file = format!("{page}/evidence");
    let fields = [("title", "議事録"), ("observed", "2026-12-24"), ("unit", "")];
    let wrong = city.upload(&me, &file, &fields, ("", b"")).await.ok().body;
    assert!(wrong.contains("先の日付です") && wrong.contains("value=\"議事録\""), "{wrong}");
    let fields = [("title", "議事録"), ("observed", "令和8年10月1日"), ("unit", "")];
    city.upload(&me, &file, &fields, ("議事録.pdf", b"%PDF-1.7 test")).await.to(&page);
    let shown = city.get(&me, &page).await.ok().body;
    assert!(shown.contains("議事録.pdf") && shown.contains("確認から30日を過ぎて登録"), "{shown}");
    let bytes = city.get(&me, &link(&shown, "/evidence/")).await.ok();
    assert_eq!(bytes.body, "%PDF-1.7 test");

    // Somebody of the section who is neither office nor auditor does not see evidence of the whole city.
    let staff = city.signed_in("section_staff").await;
    let shown = city.get(&staff, &page).await.ok().body;
    assert!(!shown.contains("議事録.pdf") && shown.contains("ほかの所属のもの"));
    // … and may file for their own section only.
    let fields =
        [("title", "点検"), ("observed", "2026-11-20"), ("unit", "unit-zei"), ("reference", "税務第6号")];
    let refused = city.upload(&staff, &file, &fields, ("", b"")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let fields = [("title", "点検"), ("observed", "2026-11-20"), ("unit", UNIT)];
    let wrong = city.upload(&staff, &file, &fields, ("", b"")).await.ok().body;
    assert!(wrong.contains("文書番号と保管場所を書いてください"), "{wrong}");
    let wrong = city.upload(&staff, &file, &fields, ("空.pdf", b"")).await.ok().body;
    assert!(wrong.contains("ファイルの中身がありません"), "{wrong}");
    let fields =
        [("title", "点検"), ("observed", "2026-11-20"), ("unit", UNIT), ("reference", "税務第7号、書庫2")];
    city.upload(&staff, &file, &fields, ("", b"")).await.to(&page);
    assert!(city.get(&staff, &page).await.ok().body.contains("税務第7号、書庫2"));
}

#[tokio::test]
async fn the_first_log_in_sets_password_and_authenticator() {
    let city = City::new().await;
    let admin = city.signed_in("system_administrator").await;
    let accounts = city.app.store.db.accounts("", 100).await.unwrap();
    let id = accounts.into_iter().find(|a| a.login == "section_staff").unwrap().account_id;
    // 登録のやり直し takes two people: one asks, another approves, then the password comes out once.
    let reset = format!("/accounts/{id}/reset");
    city.post(&admin, &reset, &[]).await.to(&format!("/accounts/{id}?done=asked"));
    assert_eq!(city.post(&admin, &reset, &[]).await.status, StatusCode::CONFLICT, "asked already");
    approve(&city, "manager").await;
    let issued = city.post(&admin, &reset, &[]).await.ok().body;
    city.post(&admin, &reset, &[]).await.to(&format!("/accounts/{id}?done=asked"));
    let secret =
        |body: &str| body.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let login = issued.split("<dd><code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let one_time = secret(&issued);

    let wrong = city.post("", "/login", &[("login", &login), ("password", "ちがう")]).await.ok().body;
    assert!(wrong.contains("ログイン名かパスワードが違います") && !wrong.contains("ちがう"));
    let step =
        city.post("", "/login", &[("login", &login), ("password", &one_time)]).await.to("/login/first");
    let cookie = step.cookie.unwrap();
    // A half-open session opens nothing else.
    city.get(&cookie, "/").await.to("/login?back=");

    let page = city.get(&cookie, "/login/first").await.ok().body;
    assert_eq!(
        page,
        city.get(&cookie, "/login/first").await.ok().body,
        "the key stays the same until confirmed"
    );
    let key = base32(&secret(&page));
    let code = totp(&key, city.clock.as_ref());
    let password = "雨の日も風の日も登庁する";
    let fields = [("password", password), ("again", password), ("code", "000000")];
    let wrong = city.post(&cookie, "/login/first", &fields).await.ok().body;
    assert!(wrong.contains("数字が違います") && !wrong.contains(password));
    let fields = [("password", password), ("again", password), ("code", code.as_str())];
    let full = city.post(&cookie, "/login/first", &fields).await.to("/").cookie.unwrap();
    assert_ne!(full, cookie, "a new session has a new secret");
    city.get(&full, "/sessions").await.ok();
    // A telephone that was lost: who runs the accounts ends every log-in of one at once.
    let account = format!("/accounts/{id}");
    assert!(city.get(&admin, &account).await.ok().body.contains("ログインを全て終わらせる"));
    city.post(&admin, &format!("{account}/sessions"), &[]).await.to(&format!("{account}?done=ended"));
    city.get(&full, "/sessions").await.to("/login?back=");
    assert!(city.get(&admin, &account).await.ok().body.contains("どこからもログインしていません"));
    city.get(&cookie, "/login/first").await.to("/login");

    // The next log-in: password, then a code that was not used before.
    let step =
        city.post("", "/login", &[("login", &login), ("password", password), ("back", "/ledger")]).await;
    let step = step.to("/login/code").cookie.unwrap();
    let fields = [("code", code.as_str()), ("back", "/ledger")];
    assert!(city.post(&step, "/login/code", &fields).await.ok().body.contains("すでに使われています"));
    use sekisho_domain::clock::Clock as _;
    city.clock.set(city.clock.now().plus(30 * Ms::SECOND));
    let code = totp(&key, city.clock.as_ref());
    let fields = [("code", code.as_str()), ("back", "/ledger")];
    let full = city.post(&step, "/login/code", &fields).await.to("/ledger").cookie.unwrap();

    // Idle for longer than half an hour: out.
    city.clock.advance(31 * Ms::MINUTE);
    city.get(&full, "/ledger").await.to("/login?back=%2Fledger");
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let city = City::new().await;
    for _ in 0..10 {
        city.post("", "/login", &[("login", "ciso"), ("password", "x")]).await.ok();
    }
    let page = city.post("", "/login", &[("login", "ciso"), ("password", "x")]).await.ok().body;
    assert!(page.contains("休止中"), "{page}");
}

#[tokio::test]
async fn the_organisation_is_kept_with_its_dates() {
    let city = City::new().await;
    let me = city.signed_in("secretariat").await;
    let fields = [
        ("name", "防災課"),
        ("code", "3"),
        ("kind", "division"),
        ("parent", "unit-city"),
        ("from", "2026-04-01"),
    ];
    city.post(&me, "/sections", &fields).await.to("/sections?done=saved");
    let again = city.post(&me, "/sections", &fields).await.ok().body;
    assert!(again.contains("ほかの組織が使っています"));
    assert!(city.get(&me, "/sections").await.ok().body.contains("防災課"));
    let rename = format!("/sections/{UNIT}/edit");
    city.get(&me, &rename).await.ok();
    city.post(&me, &rename, &[("name", "デジタル推進課"), ("from", "2026-11-23")]).await.to("/sections");
    assert!(city.get(&me, "/sections").await.ok().body.contains("デジタル推進課"));

    let person = [("number", "9001"), ("name", "山田"), ("population", "staff"), ("joined", "2026-04-01")];
    let page = city.post(&me, "/people", &person).await.to("/people/").location;
    let page = page.split('?').next().unwrap().to_owned();
    assert!(city.post(&me, "/people", &person).await.ok().body.contains("ほかの人が使っています"));
    let seat = [("unit", UNIT), ("position", "pos-manager"), ("kind", "main"), ("from", "2026-04-01")];
    city.post(&me, &format!("{page}/assign"), &seat).await.to(&page);
    let shown = city.get(&me, &page).await.ok().body;
    assert!(shown.contains("デジタル推進課"), "{shown}");
    let end = link(&shown, "/assignments/");
    city.post(&me, &end, &[("on", "2027-04-01")]).await.to(&page);
    let position = [("name", "係長"), ("code", "k"), ("rank", "80"), ("from", "2026-04-01")];
    city.post(&me, "/positions", &position).await.to("/positions");
    let role = [("role", "csirt"), ("position", "pos-manager"), ("unit", ""), ("from", "2026-04-01")];
    city.post(&me, "/roles", &role).await.to("/roles");
    let end = link(&city.get(&me, "/roles").await.ok().body, "/roles/rs-");
    city.post(&me, &end, &[("on", "2026-11-23")]).await.to("/roles");
}

#[tokio::test]
async fn files_that_are_no_policy_are_refused_in_words() {
    let city = City::new().await;
    let me = city.signed_in("secretariat").await;
    for (name, bytes) in [
        ("a.docx", &b"PK\x03\x04 broken"[..]),
        ("b.txt", b"\x00\x01\x02\xff"),
        ("c.txt", b""),
        ("d.exe", b"MZ"),
    ] {
        let page = city.upload(&me, "/documents/import", &[("document", "")], (name, bytes)).await.ok().body;
        assert!(page.contains("か所を直してください"), "{name}: {page}");
    }
    let huge = vec![b'a'; 33 * 1024 * 1024];
    let page = city.upload(&me, "/documents/import", &[("document", "")], ("e.txt", &huge)).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.body.contains("大きすぎます"), "{}", page.body);
}

/// RFC 4648 base32 without padding, as the enrolment page prints it.
fn base32(text: &str) -> Vec<u8> {
    let (mut buffer, mut bits, mut out) = (0u32, 0, Vec::new());
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        let value = match c {
            'A'..='Z' => c as u32 - 'A' as u32,
            _ => c as u32 - '2' as u32 + 26,
        };
        buffer = buffer << 5 | value;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
        }
    }
    out
}

/// The code an authenticator shows now.
pub(crate) fn totp(key: &[u8], clock: &dyn sekisho_domain::clock::Clock) -> String {
    let totp = totp_rs::Builder::new().with_secret(key.to_vec()).build().unwrap();
    totp.generate(u64::try_from(clock.now().0 / 1_000).unwrap()).to_string()
}
