//! ネットワークの分離 as a browser meets it: handing in, the second person, who sees what, and that looks are recorded.

use crate::kit::City;
use axum::http::StatusCode;

const ZONES: &str = "name = \"試験市\"\n[[zone]]\nid = \"ju\"\nname = \"マイナンバー利用事務系\"\nkind = \"JU\"\nprefixes = [\"10.1.0.0/24\"]\n[[zone]]\nid = \"lg\"\nname = \"LGWAN接続系\"\nkind = \"LG\"\nprefixes = [\"10.2.0.0/24\"]\n";
const INTENTS: &str = "[[deny]]\nid = \"N-1\"\nfrom = \"ju\"\nto = \"lg\"\n[[deny]]\nid = \"N-2\"\nfrom = \"lg\"\nto = \"ju\"\n";
const CORE: &str = "version 17.3\nhostname core\nenable secret 5 $1$abcd$hirakegoma\nip routing\ninterface GigabitEthernet0/0/0\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group A in\ninterface GigabitEthernet0/0/1\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group B in\nip access-list extended A\n permit tcp any host 10.2.0.5 eq 3389\n deny ip any any\nip access-list extended B\n deny ip any any\n";

/// A multipart body of a form with files.
fn multipart(fields: &[(&str, &str)], files: &[(&str, &str)]) -> (String, Vec<u8>) {
    let mark = "network-test-mark";
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--{mark}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    for (name, text) in files {
        body += &format!(
            "--{mark}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
        );
    }
    body += &format!("--{mark}--\r\n");
    (format!("multipart/form-data; boundary={mark}"), body.into_bytes())
}

async fn hand_in(
    city: &City,
    cookie: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &str)],
) -> crate::kit::Answer {
    let (kind, body) = multipart(fields, files);
    let request = axum::http::Request::post("/network/snapshots")
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", kind)
        .body(axum::body::Body::from(body))
        .unwrap();
    city.send(request).await
}

/// One handed in and judged: ids of the snapshot and of an answer about it.
pub(crate) async fn judged(city: &City, office: &str) -> (String, String) {
    let read = [("read_on", "2026-11-20"), ("read_at", "9:30")];
    let files = [("zones.toml", ZONES), ("intents.toml", INTENTS), ("core.ios.txt", CORE)];
    hand_in(city, office, &read, &files).await.to("/network?done=filed");
    sekisho_checks::network::judge_due(&city.app.store, &city.app.objects).await.unwrap();
    let snapshot = city.app.store.db.newest_snapshot().await.unwrap().unwrap();
    let page = city.get(office, "/network").await.ok().body;
    let answer = page.split("/network/answers/").nth(1).unwrap()[..36].to_owned();
    (snapshot.id, answer)
}

#[tokio::test]
async fn what_passes_is_shown_to_few_and_their_looks_are_recorded() {
    let city = City::new().await;
    let office = city.signed_in("secretariat").await;
    let read = [("read_on", "2026-11-20"), ("read_at", "9:30")];
    let files = [("zones.toml", ZONES), ("intents.toml", INTENTS), ("core.ios.txt", CORE)];
    // Without a time nothing is kept, and the form says so.
    let answer = hand_in(&city, &office, &[("read_on", "2026-11-20")], &files).await;
    assert!(answer.body.contains("読み出した時刻を"), "{}", answer.body);
    let answer = hand_in(&city, &office, &read, &files[2..]).await;
    assert!(answer.body.contains("zones.toml"), "{}", answer.body);
    assert!(city.app.store.db.newest_snapshot().await.unwrap().is_none());
    hand_in(&city, &office, &read, &files).await.to("/network?done=filed");
    sekisho_checks::network::judge_due(&city.app.store, &city.app.objects).await.unwrap();

    let page = city.get(&office, "/network").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["提出された 1 台の設定について", "手動で提出", "違反あり", "令和8年11月20日 9:30", "<svg"]
    {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("分離されている"));
    let link = page.body.split("/network/answers/").nth(1).unwrap();
    let answer = city.get(&office, &format!("/network/answers/{}", &link[..36])).await;
    for words in ["3389", "core.ios.txt の", "直し方"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let snapshot = city.app.store.db.newest_snapshot().await.unwrap().unwrap();
    let path = format!("/network/snapshots/{}", snapshot.id);
    let text = city.get(&office, &format!("{path}/file?name=core.ios.txt&line=3")).await;
    assert!(text.body.contains("ip access-group A in") && !text.body.contains("hirakegoma"), "{}", text.body);
    // Once a day, whatever is opened.
    let views = city.app.store.db.limited_views(&snapshot.id, 10).await.unwrap();
    assert_eq!(views.len(), 1, "{views:?}");

    // Somebody who may not see it learns that it is being mended, and nothing of the path.
    let staff = city.signed_in("section_staff").await;
    let seen = city.get(&staff, "/network").await;
    assert_eq!(seen.status, StatusCode::OK);
    for limited in ["10.2.0", "3389", "core", "<figure"] {
        assert!(!seen.body.contains(limited), "{limited}: {}", seen.body);
    }
    assert!(seen.body.contains("限られた人だけが見られます"));
    assert_eq!(city.get(&staff, &path).await.status, StatusCode::FORBIDDEN);
    assert_eq!(city.get(&city.signed_in("auditor").await, &path).await.status, StatusCode::OK);
    assert_eq!(city.app.store.db.limited_views(&snapshot.id, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_uploader_does_not_take_the_sample() {
    let city = City::new().await;
    let office = city.signed_in("secretariat").await;
    let read = [("read_on", "2026-11-20"), ("read_at", "9:30")];
    let files = [("zones.toml", ZONES), ("core.ios.txt", CORE)];
    hand_in(&city, &office, &read, &files).await.to("/network?done=filed");
    let snapshot = city.app.store.db.newest_snapshot().await.unwrap().unwrap();
    let path = format!("/network/snapshots/{}", snapshot.id);
    assert!(city.get(&office, &path).await.body.contains("あなたは抜取確認ができません"));
    let answer = [("agrees", "yes"), ("confirm_note", "見比べた")];
    let own = city.post(&office, &format!("{path}/confirm"), &answer).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", own.body);
    let mut tx = city.app.store.write(&sekisho_store::Actor::system(), "test.setup").await.unwrap();
    city.person(&mut tx, "suzuki", crate::kit::UNIT, Some("secretariat")).await;
    tx.commit().await.unwrap();
    let suzuki = city.signed_in("suzuki").await;
    assert!(city.post(&suzuki, &format!("{path}/confirm"), &[]).await.body.contains("どう確かめたか"));
    city.post(&suzuki, &format!("{path}/confirm"), &answer).await.to(&format!("{path}?done=confirmed"));
    assert!(city.get(&office, &path).await.body.contains("機器の表示と一致しました"));
}

#[tokio::test]
async fn two_readings_are_compared_in_words() {
    let city = City::new().await;
    let office = city.signed_in("secretariat").await;
    let closed = CORE.replace(" permit tcp any host 10.2.0.5 eq 3389\n", "");
    for (day, core) in [("2026-11-19", closed.as_str()), ("2026-11-20", CORE)] {
        let read = [("read_on", day), ("read_at", "9:30")];
        let files = [("zones.toml", ZONES), ("intents.toml", INTENTS), ("core.ios.txt", core)];
        hand_in(&city, &office, &read, &files).await.to("/network?done=filed");
        sekisho_checks::network::judge_due(&city.app.store, &city.app.objects).await.unwrap();
    }
    let lines = city.app.store.db.network_snapshots(10).await.unwrap();
    let (after, before) = (&lines[0].id, &lines[1].id);
    let path = format!("/network/compare?before={before}&after={after}");
    for _ in 0..2 {
        let page = city.get(&office, &path).await;
        assert_eq!(page.status, StatusCode::OK);
        for words in ["新しく通るようになった通信", "3389", "core の設定が変わりました", "違反あり"]
        {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
    }
    let back = city.get(&office, &format!("/network/compare?before={after}&after={before}")).await;
    assert!(back.body.contains("通らなくなった通信"), "{}", back.body);
}
