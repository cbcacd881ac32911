//! 人事異動 as the office meets it: a list with mistakes, what would change, who may see it, and the second person.

use crate::kit::{City, UNIT};
use axum::http::StatusCode;
use sekisho_domain::date::{Date, start_of};

const APRIL: Date = Date::constant(2027, 4, 1);

/// The list of source `test`: 税務課 gets a manager, the auditor leaves; everybody else stays.
fn list() -> String {
    let mut csv = String::from("職員コード,職員氏名,新所属,補職名,発令区分\n");
    for role in sekisho_domain::role::Role::ALL.into_iter().filter(|r| r.code() != "auditor") {
        let section = if role.code() == "manager" { "税務課" } else { "情報政策課" };
        csv.push_str(&format!("{0},{0}さん,{section},{0},\n", role.code()));
    }
    csv.push_str("900,新人太郎,税務課,section_staff,本務\n");
    csv
}

const FIELDS: [(&str, &str); 4] =
    [("source", "test"), ("whole", "yes"), ("effective", "2027-04-01"), ("readers", "ciso")];

async fn loaded(city: &City, office: &str) -> String {
    let answer = city.upload(office, "/personnel", &FIELDS, ("名簿.csv", list().as_bytes())).await;
    answer.to("/personnel/").location
}

#[tokio::test]
async fn mistakes_are_told_by_row_and_nothing_is_kept() {
    let city = City::new().await;
    let office = city.signed_in("secretariat").await;
    let csv = list().replace("税務課,section_staff", "なし課,section_staff");
    let answer = city.upload(&office, "/personnel", &FIELDS, ("名簿.csv", csv.as_bytes())).await.ok();
    assert!(answer.body.contains("15行目") && answer.body.contains("なし課"), "{}", answer.body);
    let answer = city.upload(&office, "/personnel", &FIELDS, ("机.csv", "品名,数\n机,3\n".as_bytes())).await;
    assert!(answer.ok().body.contains("職員番号"));
    let alone = [FIELDS[0], FIELDS[1], FIELDS[2], ("readers", "secretariat")];
    let answer = city.upload(&office, "/personnel", &alone, ("名簿.csv", list().as_bytes())).await.ok();
    assert!(answer.body.contains("確認する人を1人は"));
    assert!(city.app.store.db.personnel_list().await.unwrap().is_empty());
}

/// Rights follow from the list: a column that was guessed is not taken until somebody says what it is.
#[tokio::test]
async fn guessed_columns_are_asked_for_once() {
    let city = City::new().await;
    let office = city.signed_in("secretariat").await;
    let csv = list().replace("職員コード,職員氏名,新所属,補職名,発令区分", "No.,だれ,どこ,何,どのように");
    let file = ("名簿.csv", csv.as_bytes());
    let page = city.upload(&office, "/personnel", &FIELDS, file).await.ok().body;
    assert!(page.contains("この列は、名簿のどの項目ですか") && page.contains("name=\"c2\""), "{page}");
    assert!(city.app.store.db.personnel_list().await.unwrap().is_empty());
    let shape = page.split("name=\"shape\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap();
    let mut fields = FIELDS.to_vec();
    fields.extend([("shape", shape), ("c0", "number"), ("c1", "name"), ("c2", "unit_id"), ("c4", "kind")]);
    let page = city.upload(&office, "/personnel", &fields, file).await.ok().body;
    assert!(page.contains("「職」の列が分かりません"), "{page}");
    fields.push(("c3", "position_id"));
    city.upload(&office, "/personnel", &fields, file).await.to("/personnel/");
    // A list of this shape is known now.
    city.upload(&office, "/personnel", &FIELDS, file).await.to("/personnel/");
}

#[tokio::test]
async fn only_those_named_know_before_the_day() {
    let city = City::new().await;
    let (office, ciso) = (city.signed_in("secretariat").await, city.signed_in("ciso").await);
    let path = loaded(&city, &office).await;
    let page = city.get(&office, &path).await.ok().body;
    for said in [
        "入る人",
        "新人",
        "名簿にない",
        "情報セキュリティ管理者がいなくなります",
        "確認は、読み込んだ人とは別の人",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("この内容で確認する"), "the loader is not offered it");
    // 監査責任者 sees what the city does, but not this, and not now.
    let other = city.signed_in("audit_chief").await;
    assert_eq!(city.get(&other, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(city.post(&other, &path, &[("do", "cancel")]).await.status, StatusCode::NOT_FOUND);
    assert!(!city.get(&other, "/personnel").await.ok().body.contains("令和9年"));
    assert!(!city.get(&other, "/people?q=%E6%96%B0%E4%BA%BA").await.ok().body.contains("新人太郎"));

    let page = city.get(&ciso, &path).await.ok().body;
    let seal =
        page.split("name=\"seal\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap().to_owned();
    city.post(&ciso, &path, &[("do", "confirm"), ("seal", &seal)]).await.to(&path);
    assert!(city.get(&other, &path).await.status == StatusCode::NOT_FOUND, "confirmed is not released");

    city.clock.set(start_of(APRIL));
    assert_eq!(city.app.store.apply_personnel().await.unwrap(), 1);
    let other = city.signed_in("audit_chief").await;
    assert!(city.get(&other, &path).await.ok().body.contains("反映しました"));
    assert!(city.get(&other, "/people?q=%E6%96%B0%E4%BA%BA").await.ok().body.contains("新人太郎"));
    let office = city.signed_in("secretariat").await;
    let undo = city.get(&office, &format!("{path}/undo.csv")).await.ok();
    assert!(undo.body.contains("auditor") && undo.body.contains("退職"), "{}", undo.body);
}

/// Somebody corrects a person by hand while the list waits.
#[tokio::test]
async fn a_conflict_is_shown_and_chosen() {
    let city = City::new().await;
    let (office, ciso) = (city.signed_in("secretariat").await, city.signed_in("ciso").await);
    let path = loaded(&city, &office).await;
    city.post(
        &office,
        "/people/who-manager/edit",
        &[("number", "manager"), ("name", "改姓さん"), ("population", "staff"), ("joined", "2024-04-01")],
    )
    .await
    .to("/people/");
    let page = city.get(&ciso, &path).await.ok().body;
    assert!(page.contains("食い違い") && page.contains("k_manager"), "{page}");
    assert!(!page.contains("この内容で確認する"));
    city.post(&ciso, &path, &[("do", "choose"), ("k_manager", "keep")]).await.to(&path);
    let page = city.get(&ciso, &path).await.ok().body;
    assert!(page.contains("この内容で確認する"), "{page}");
    // What was seen before somebody else's change is not what is confirmed.
    let answer = city.post(&ciso, &path, &[("do", "confirm"), ("seal", "old")]).await.ok();
    assert!(answer.body.contains("比べ直しました"));
    let who = city.app.store.db.who("who-manager", "").await.unwrap();
    assert_eq!(who.seats[0].unit_id, UNIT);
}

/// A cookie from before the day, a seat that was somebody else's a minute ago: neither decides anything.
#[tokio::test]
async fn an_old_cookie_decides_nothing_after_the_day() {
    let city = City::new().await;
    let (office, ciso) = (city.signed_in("secretariat").await, city.signed_in("ciso").await);
    let fields = [("title", "貸出し"), ("reason", "業務のため"), ("detail", "端末1台"), ("clause", "")];
    let clerk = city.signed_in("section_staff").await;
    let applied = city.post(&clerk, "/applications/general", &fields).await.to("/decisions/").location;
    let decision = applied.split('?').next().unwrap_or_default().to_owned();
    // 統括責任者 goes to 税務課 as a clerk; 新人 takes the seat.
    let csv = list()
        .replace(
            "chief_officer,chief_officerさん,情報政策課,chief_officer",
            "chief_officer,chief_officerさん,税務課,committee",
        )
        .replace("税務課,section_staff,本務", "情報政策課,chief_officer,本務");
    let answer = city.upload(&office, "/personnel", &FIELDS, ("名簿.csv", csv.as_bytes())).await;
    let path = answer.to("/personnel/").location;
    let page = city.get(&ciso, &path).await.ok().body;
    let seal =
        page.split("name=\"seal\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap().to_owned();
    city.post(&ciso, &path, &[("do", "confirm"), ("seal", &seal)]).await.to(&path);

    city.clock.set(sekisho_domain::clock::Ms(start_of(APRIL).0 - 60_000));
    let chief = city.signed_in("chief_officer").await;
    let page = city.get(&chief, &decision).await.ok().body;
    let sha = page.split("name=\"subject_sha256\" value=\"").nth(1).and_then(|s| s.split('"').next());
    let sha = sha.map(str::to_owned).unwrap_or_default();
    city.clock.set(start_of(APRIL));
    assert_eq!(city.app.store.apply_personnel().await.unwrap(), 1);
    let answer = city.post(&chief, &decision, &[("answer", "approved"), ("subject_sha256", &sha)]).await;
    assert_ne!(answer.status, StatusCode::SEE_OTHER, "{}", answer.location);
    // And a cookie whose session was closed is nobody's.
    city.post(&chief, "/logout", &[]).await;
    city.post(&chief, &decision, &[("answer", "approved"), ("subject_sha256", &sha)]).await.to("/login");
    let id = decision.rsplit('/').next().unwrap_or_default();
    let row = city.app.store.db.row(&sekisho_domain::decision::DECISION, id).await.unwrap().unwrap();
    assert_ne!(row.text("state"), "approved");
}
