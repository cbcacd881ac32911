//! The board and what its marks lead to.

use crate::kit::City;
use crate::walk::{adopt, approve};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_store::Actor;

const POLICY: &str = "基本方針\n\n1 目的\n\n守る。\n\n7 情報セキュリティ対策\n\n(1) 組織体制\n\n体制を定める。\n\n\
    (6) 技術的セキュリティ\n\n技術で守る。\n";

/// A red or old mark says by when, where a task says so, and leads to what it is about.
#[tokio::test]
async fn a_mark_says_by_when_and_leads_to_what_it_is_about() {
    let city = City::new().await;
    adopt(&city, POLICY, "体制を定める").await;
    let me = city.signed_in("secretariat").await;
    let db = &city.app.store.db;
    let mut ids = Vec::new();
    for number in ["1.1.2", "1.4.1", "6.2.3"] {
        let id = db.requirement_by_catalogue_id(number).await.unwrap().unwrap();
        city.post(&me, "/requirements", &[("row", &id), ("state", "adopted")])
            .await
            .to("/requirements?done=asked");
        approve(&city, "chief_officer").await;
        ids.push(id);
    }
    let page = format!("/requirements/{}", ids[0]);
    let fields =
        [("title", "任命の記録"), ("observed", "2024-05-01"), ("unit", ""), ("reference", "人事第1号、書庫")];
    city.upload(&me, &format!("{page}/evidence"), &fields, ("", b"")).await.to(&page);
    let mut tx = city.app.store.write(&Actor::system(), "person.leave").await.unwrap();
    tx.person_leaves("who-section_staff", Date::constant(2026, 11, 1)).await.unwrap();
    tx.commit().await.unwrap();
    city.app.store.derive_tasks().await.unwrap();
    sekisho_checks::evaluate_dirty(&city.app.store).await.unwrap();

    let board = city.get(&me, "/").await.ok().body;
    let line = |id: &str| {
        let row = board.split("<tr>").find(|row| row.contains(&format!("/requirements/{id}\"")));
        let due = row.unwrap_or_else(|| panic!("{board}")).split("data-h=\"期限\">").nth(1).unwrap();
        due.split("</td>").next().unwrap().to_owned()
    };
    assert!(line(&ids[0]).starts_with("<time"), "the day on which the evidence ran out: {}", line(&ids[0]));
    assert!(line(&ids[1]).starts_with("決まっていません"), "{}", line(&ids[1]));

    // 税務課 has no manager: whoever looks after the organisation gets to it.
    let card = city.get(&me, &format!("/requirements/{}", ids[1])).await.ok().body;
    assert!(card.contains("<a href=\"/sections/unit-zei/edit\">税務課</a>"), "{card}");
    let staff = city.signed_in("manager").await;
    let card = city.get(&staff, &format!("/requirements/{}", ids[1])).await.ok().body;
    assert!(card.contains("税務課") && !card.contains("/sections/unit-zei/edit"), "{card}");
    // An account that is left behind: a link for those who run accounts, its name for the rest.
    let admin = city.signed_in("system_administrator").await;
    let card = city.get(&admin, &format!("/requirements/{}", ids[2])).await.ok().body;
    let link = crate::walk::link(&card, "/accounts/");
    city.get(&admin, &link).await.ok();
    assert!(
        !city
            .get(&staff, &format!("/requirements/{}", ids[2]))
            .await
            .ok()
            .body
            .contains("href=\"/accounts/0")
    );
}

/// What does not hold is somebody's to mend by a day. Once that day is over the board says so, and the seat above reads
/// whose it is, apart from what it has to do itself.
#[tokio::test]
async fn a_red_mark_is_on_a_list_and_its_lateness_on_the_list_above() {
    let city = City::new().await;
    adopt(&city, POLICY, "体制を定める").await;
    let me = city.signed_in("secretariat").await;
    let id = city.app.store.db.requirement_by_catalogue_id("1.4.1").await.unwrap().unwrap();
    city.post(&me, "/requirements", &[("row", &id), ("state", "adopted")])
        .await
        .to("/requirements?done=asked");
    approve(&city, "chief_officer").await;
    let derive = async || {
        sekisho_checks::evaluate_dirty(&city.app.store).await.unwrap();
        city.app.store.derive_tasks().await.unwrap();
    };
    derive().await;
    let board = city.get(&me, "/").await.ok().body;
    assert!(!board.contains("決まっていません") && !board.contains("過ぎています"), "{board}");

    city.clock.advance(30 * Ms::DAY);
    derive().await;
    let me = city.signed_in("secretariat").await;
    assert!(city.get(&me, "/").await.ok().body.contains("過ぎています"));
    let above = city.signed_in("chief_officer").await;
    let tasks = city.get(&above, "/tasks").await.ok().body;
    let (own, heard) = tasks.split_once("ほかの職の、期限を過ぎたもの").unwrap_or_else(|| panic!("{tasks}"));
    assert!(
        !own.contains("守られていない点を直す") && heard.contains("最高情報セキュリティ責任者"),
        "{tasks}"
    );
    assert!(!heard.contains("上位の職にも知らせています"), "they are the seat above: {tasks}");
}
