//! A new edition of the policy: what becomes of clauses, and of what hangs on them.

use crate::kit::{City, UNIT};
use crate::walk::{adopt, approve, bring_into_force, clause_called, link};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_domain::noun::Row;
use sekisho_domain::staff_source::STAFF_SOURCE;
use sekisho_store::Actor;
use sekisho_store::page::ClauseLine;

const FIRST: &str = "さくら坂市情報セキュリティ基本方針\n\n\
    改定履歴\n\n版\t改定日\t施行日\t改定箇所\t改定内容\n初\t令和6年4月1日\t令和6年4月1日\t全章\t初版発行\n\n\
    1 目的\n\n情報資産を守る。\n\n\
    7 情報セキュリティ対策\n\n次の対策を行う。\n\n\
    (1) 組織体制\n\n全庁の体制を定める。\n\n\
    (2) 情報資産の分類と管理\n\n情報資産を分類する。\n";

/// Saves a text as a draft of the known document, every proposal confirmed as the page ticks them; its path.
async fn draft(city: &City, first: &str, text: &str, effective: &str) -> String {
    let me = city.signed_in("secretariat").await;
    let document = link(&city.get(&me, first).await.ok().body, "/documents/0");
    let id = document.split('/').next_back().unwrap();
    let fields = [("document", id)];
    let preview = city.upload(&me, "/documents/import", &fields, ("方針.txt", text.as_bytes())).await;
    let preview = preview.to("/documents/import/").location;
    let page = city.get(&me, &preview).await.ok().body;
    let carries = page.split("name=\"carry\" value=\"").skip(1).map(|c| c.split('"').next().unwrap());
    let mut fields = vec![
        ("title", "さくら坂市情報セキュリティ基本方針"),
        ("edition", "2"),
        ("revised", "2026-11-01"),
        ("effective", effective),
    ];
    fields.extend(carries.map(|id| ("carry", id)));
    let revision = city.post(&me, &preview, &fields).await.to("/revisions/").location;
    revision.split('?').next().unwrap().to_owned()
}

/// Clauses of the policy in force today.
async fn clauses(city: &City) -> Vec<ClauseLine> {
    let db = &city.app.store.db;
    let policy = db.in_force("policy", date_at(city.app.store.clock.now())).await.unwrap().unwrap();
    db.clauses(&policy.id).await.unwrap()
}

fn labelled(clauses: &[ClauseLine], label: &str) -> String {
    clauses.iter().find(|c| c.label == label).unwrap_or_else(|| panic!("no {label}")).clause_id.clone()
}

/// The one clause in which the rows of a clause of the catalogue stand.
async fn place(city: &City, label: &str) -> Option<String> {
    let places = city.app.store.db.placements().await.unwrap();
    let mut found = places.into_iter().filter(|p| p.clause_label == label);
    let place = found.next().unwrap().clause_id;
    assert!(found.next().is_none(), "{label} stands in one place");
    place
}

/// An edition that adds a clause takes the requirements that had to stand above it, but none that a person tied.
#[tokio::test]
async fn requirements_go_down_to_the_clause_that_was_added() {
    let city = City::new().await;
    let first = adopt(&city, FIRST, "情報資産を分類する").await;
    let me = city.signed_in("secretariat").await;
    let old = clauses(&city).await;
    let chapter = Some(labelled(&old, "7"));
    assert_eq!((place(&city, "7(8)").await, place(&city, "7(4)").await), (chapter.clone(), chapter.clone()));
    // Rows of 7(6) stand where somebody put them.
    let (mine, seven) = (labelled(&old, "7(1)"), labelled(&old, "7"));
    let fields = [("7(6)", mine.as_str()), ("7(5)", seven.as_str())];
    city.post(&me, "/requirements/places", &fields).await.to("/requirements?done=placed");
    let page = city.get(&me, "/requirements/places").await.ok().body;
    assert_eq!(page.matches("人が結びつけました").count(), 1, "7(5) stays by itself: {page}");

    let second = format!(
        "{FIRST}\n(4) 物理的セキュリティ\n\n機器を守る。\n\n(5) 人的セキュリティ\n\n教育する。\n\n\
         (6) 技術的セキュリティ\n\n技術で守る。\n\n(8) 業務委託と外部サービスの利用\n\n委託先に求める。\n"
    );
    let second = draft(&city, &first, &second, "2026-11-20").await;
    bring_into_force(&city, &second).await;
    let new = clauses(&city).await;
    for label in ["7(4)", "7(5)", "7(8)"] {
        assert_eq!(
            place(&city, label).await,
            Some(labelled(&new, label)),
            "{label} has a clause of its own now"
        );
    }
    assert_eq!(place(&city, "7(6)").await, Some(mine), "a person said so");
    assert_eq!(place(&city, "7(1)").await, Some(labelled(&old, "7(1)")));
    assert_eq!(place(&city, "7(9)").await, chapter, "nothing nearer");
}

/// What the running system does meanwhile.
async fn keeper(city: &City) {
    city.app.store.follow_edition().await.unwrap();
    sekisho_checks::evaluate_dirty(&city.app.store).await.unwrap();
    sekisho_checks::evaluate_due(&city.app.store).await.unwrap();
}

/// What the city sees of its policy: the page for everybody, the clauses with their states, and one verdict.
async fn sees(city: &City, requirement: &str) -> (String, String, String) {
    let me = city.signed_in("secretariat").await;
    let table = city.get(&me, "/clauses").await.ok().body;
    let rows = table.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap().to_owned();
    (
        city.get("", "/policy").await.ok().body,
        rows,
        verdict(city, requirement, "revision_history_is_complete").await,
    )
}

/// What a check says now.
async fn verdict(city: &City, requirement: &str, check: &str) -> String {
    let all = city.app.store.db.verdict_history(requirement, 100).await.unwrap();
    let now = all.into_iter().find(|v| v.to_ms.is_none() && v.check_id == check);
    now.map_or(String::new(), |v| v.state)
}

/// Lets a row of the catalogue be adopted; its id.
async fn adopted(city: &City, number: &str) -> String {
    let me = city.signed_in("secretariat").await;
    let id = city.app.store.db.requirement_by_catalogue_id(number).await.unwrap().unwrap();
    city.post(&me, "/requirements", &[("row", &id), ("state", "adopted")])
        .await
        .to("/requirements?done=asked");
    approve(city, "chief_officer").await;
    keeper(city).await;
    id
}

/// An edition decided for next month: until the day nobody sees anything of it but those who look after the document.
#[tokio::test]
async fn an_edition_for_next_month_waits_for_its_day() {
    const DAY: Date = Date::constant(2026, 12, 23);
    let city = City::new().await;
    let first = adopt(&city, FIRST, "情報資産を分類する").await;
    // 改定履歴 is complete: it ends with the edition in force.
    let row = adopted(&city, "9.3.3").await;
    adopted(&city, "4.1.1").await;
    let before = sees(&city, &row).await;
    assert_eq!(before.2, "holds");

    let text = format!(
        "{}\n(4) 物理的セキュリティ\n\n機器を守る。\n",
        FIRST.replace("情報資産を守る。", "皆で守る。")
    );
    let second = draft(&city, &first, &text, &DAY.to_string()).await;
    bring_into_force(&city, &second).await;
    keeper(&city).await;
    assert_eq!(sees(&city, &row).await, before, "decided, and not in force");
    let me = city.signed_in("secretariat").await;
    assert!(city.get(&me, &second).await.ok().body.contains("<strong>施行前</strong>"));
    assert!(city.get(&me, &first).await.ok().body.contains("<strong>施行中</strong>"));
    let chapter = place(&city, "7(4)").await;

    city.clock.set(start_of(DAY).plus(-Ms::MINUTE));
    keeper(&city).await;
    assert_eq!(sees(&city, &row).await, before, "the last minute before");
    assert_eq!(place(&city, "7(4)").await, chapter);
    let me = city.signed_in("secretariat").await;
    let board = city.get(&me, "/").await.ok().body;
    assert!(board.contains("初版（令和6年4月1日施行）") && !board.contains("第2版"), "{board}");

    city.clock.set(start_of(DAY));
    keeper(&city).await;
    let (public, clauses, verdict) = sees(&city, &row).await;
    assert!(public.contains("皆で守る。") && !before.0.contains("皆で守る。"), "{public}");
    assert!(clauses.contains("物理的セキュリティ") && !before.1.contains("物理的セキュリティ"), "{clauses}");
    assert_eq!(verdict, "broken", "its 改定履歴 has no line about itself");
    assert_ne!(place(&city, "7(4)").await, chapter, "requirements follow on the day");
    let me = city.signed_in("secretariat").await;
    let board = city.get(&me, "/").await.ok().body;
    assert!(board.contains("第2版（令和8年12月23日施行）"), "{board}");
    assert!(city.get(&me, &second).await.ok().body.contains("<strong>施行中</strong>"));
    assert!(city.get(&me, &first).await.ok().body.contains("<strong>旧版</strong>"));
    // A day that is past is shown as it was.
    let then = city.get(&me, "/?as_of=2026-12-22").await.ok().body;
    assert!(then.contains("初版（令和6年4月1日施行）") && !then.contains("物理的セキュリティ"), "{then}");
    assert!(then.contains("採用した要求のうち 1 件は"), "9.3.3 alone, in this text without 9: {then}");
}

/// One clause becomes two and two become one: a person confirms it once, and the tables say it.
#[tokio::test]
async fn what_was_split_and_merged_is_said_and_kept() {
    const LOGS: &str = "情報システム管理者は、サーバの記録を毎月点検し、その結果を台帳に残す。";
    const DESKS: &str = "利用者は、離席するときは画面を閉じ、退庁するときは端末の電源を切る。";
    const PAPERS: &str = "紙の文書は、鍵のかかる書庫に収め、持ち出すときは管理者の許可を受ける。";
    const MEDIA: &str = "外部記憶媒体は、登録したものだけを使い、使い終えたら中身を消去する。";
    let city = City::new().await;
    let text = |clauses: &[&str]| {
        let items: Vec<String> = (1..).zip(clauses).map(|(n, text)| format!("({n}) {text}\n\n")).collect();
        format!(
            "さくら坂市情報セキュリティ基本方針\n\n1 目的\n\n情報資産を守る。\n\n2 対策\n\n{}",
            items.concat()
        )
    };
    let first = adopt(&city, &text(&[&format!("{LOGS}{DESKS}"), PAPERS, MEDIA]), "紙の文書は").await;
    let me = city.signed_in("secretariat").await;
    let old = clauses(&city).await;
    // The city's own requirement of a clause that will go into another.
    let papers = labelled(&old, "2(2)");
    let fields = [
        ("title", "媒体を数える"),
        ("text", "毎月数える。"),
        ("clause", papers.as_str()),
        ("role", "manager"),
        ("kind", "record"),
        ("stage", "operation"),
        ("days", "180"),
    ];
    city.post(&me, "/requirements/new", &fields).await.to("/requirements/");

    let second = draft(&city, &first, &text(&[LOGS, DESKS, &format!("{PAPERS}{MEDIA}")]), "2026-11-20").await;
    let page = city.get(&me, &second).await.ok().body;
    let change = |label: &str| {
        let at =
            page.find(&format!("<span class=\"label\">{label}</span>")).unwrap_or_else(|| panic!("{page}"));
        page[at..].split("data-h=\"変わり方\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    assert_eq!((change("2(1)"), change("2(3)")), ("分割".to_owned(), "統合".to_owned()), "{page}");
    bring_into_force(&city, &second).await;
    let new = clauses(&city).await;
    let (logs, desks, media) = (labelled(&new, "2(1)"), labelled(&new, "2(2)"), labelled(&new, "2(3)"));
    assert_eq!(logs, labelled(&old, "2(1)"), "the first part goes on");
    assert_eq!(media, labelled(&old, "2(3)"));
    let kept =
        city.app.store.db.clause_changes(link(&page, "/documents/0").split('/').next_back().unwrap()).await;
    let kept: Vec<(String, String, String)> =
        kept.unwrap().into_iter().map(|c| (c.from_clause_id, c.to_clause_id, c.how)).collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.contains(&(logs.clone(), desks.clone(), "split".into())), "{kept:?}");
    assert!(kept.contains(&(papers, media.clone(), "merged".into())), "{kept:?}");

    let address = link(&page, "/compare?").replace("&#38;", "&");
    let table = city.get(&me, &address).await.ok().body;
    let cells = |label: &str| {
        let at =
            table.find(&format!("class=\"at\">{label}")).unwrap_or_else(|| panic!("no {label}: {table}"));
        let row = table[at..].split("</tr>").next().unwrap();
        let text =
            |cell: &str| cell.split("</td>").next().unwrap().replace("<ins>", "").replace("</ins>", "");
        let cells: Vec<String> = row.split("<td>").map(text).collect();
        (row.to_owned(), cells[1].clone(), cells[2].replace("<del>", "").replace("</del>", ""))
    };
    let (row, after, before) = cells("2(1)");
    assert!(row.contains("分割"), "{row}");
    assert_eq!((after, before), (format!("{LOGS}\n2(2) {DESKS}"), format!("{LOGS}{DESKS}")));
    let (row, after, before) = cells("2(3)");
    assert!(row.contains("統合"), "{row}");
    assert_eq!((after, before), (format!("{PAPERS}{MEDIA}"), format!("{MEDIA}\n2(2) {PAPERS}")));
    assert_eq!(table.matches("<tr>").count(), 3, "a head and two rows, nothing 新設 or 削除: {table}");

    let file = city.get(&me, &link(&table, "/compare.docx?").replace("&#38;", "&")).await.ok();
    let word = sekisho_policy::decode::decode(&file.bytes, "新旧対照表.docx").unwrap();
    let said: String = word.lines.iter().map(|line| line.text.as_str()).collect();
    for text in [LOGS, DESKS, PAPERS, MEDIA] {
        assert!(said.contains(text), "{text} is not in the Word file: {said}");
    }
    // What hung on the clause that went into another hangs there now.
    let list = city.get(&me, &format!("/requirements?clause={media}")).await.ok().body;
    assert!(list.contains("媒体を数える"), "{list}");
    let page = city.get(&me, &format!("/clauses/{desks}")).await.ok().body;
    assert!(page.contains("第2版で、2(1)から分かれました"), "{page}");
}

/// What a changed clause touches is counted, and every count opens what it counted.
#[tokio::test]
async fn the_impact_of_an_edition_can_be_opened() {
    let city = City::new().await;
    let first = adopt(&city, FIRST, "情報資産を分類する").await;
    let me = city.signed_in("secretariat").await;
    let row = adopted(&city, "2.1.1").await;
    adopted(&city, "2.1.2").await;
    for (title, unit) in [("分類表", ""), ("税務課の分類表", "unit-zei")] {
        let fields =
            [("title", title), ("observed", "2026-11-20"), ("unit", unit), ("reference", "情政第1号、書庫")];
        let page = format!("/requirements/{row}");
        city.upload(&me, &format!("{page}/evidence"), &fields, ("", b"")).await.to(&page);
    }
    keeper(&city).await;
    let text = FIRST.replace("情報資産を分類する。", "情報資産を三つに分類する。");
    let second = draft(&city, &first, &text, "2026-11-20").await;
    let page = city.get(&me, &second).await.ok().body;
    let clause = clause_called(&page, "情報資産の分類と管理");
    let row = page.split("<tr>").find(|r| r.contains(&clause) && r.contains("data-h=\"変わり方\"")).unwrap();
    let count = |head: &str| {
        let cell = row.split(&format!("data-h=\"{head}\">")).nth(1).unwrap();
        let (href, rest) = cell.strip_prefix("<a href=\"").unwrap().split_once("\">").unwrap();
        (rest.split('<').next().unwrap().parse::<usize>().unwrap(), href.replace("&#38;", "&"))
    };
    let stand = city.app.store.db.judged(city.app.store.clock.now()).await.unwrap();
    let mut here: Vec<&str> = stand
        .iter()
        .filter(|j| j.clause_id.as_deref() == Some(clause.as_str()))
        .map(|j| j.requirement_id.as_str())
        .collect();
    here.dedup();
    let (requirements, href) = count("要求");
    assert_eq!(requirements, here.len());
    assert!(requirements > 2, "{row}");
    let list = city.get(&me, &href).await.ok().body;
    assert!(list.contains(&format!("条件に合う {requirements} 件")), "{list}");
    assert!(list.contains("方針の 7(2) 情報資産の分類と管理"), "the filter says what it shows: {list}");
    let (judged, href) = count("判定");
    assert_eq!(judged, 2);
    assert!(city.get(&me, &href).await.ok().body.contains("条件に合う 2 件"));
    let (evidence, href) = count("証拠");
    assert_eq!(evidence, 2);
    let list = city.get(&me, &href).await.ok().body;
    assert!(
        list.contains("証拠は 2 件です") && list.contains("分類表") && list.contains("税務課の分類表"),
        "{list}"
    );
    // Somebody of one section opens what is theirs, and is told that there is more.
    let staff = city.signed_in("section_staff").await;
    let list = city.get(&staff, &href).await.ok().body;
    assert!(list.contains("証拠は 2 件です") && !list.contains("税務課の分類表"), "{list}");
}

/// A past day has two answers: what was recorded then, and what is known by now about it.
#[tokio::test]
async fn a_past_day_is_shown_as_recorded_and_as_known_now() {
    let city = City::new().await;
    adopt(&city, FIRST, "情報資産を分類する").await;
    let row = adopted(&city, "2.2.9").await;
    adopted(&city, "1.1.1").await;
    let clause = labelled(&clauses(&city).await, "7(2)");
    let past = format!("/clauses/{clause}?as_of=2026-11-24");
    let hindsight = |page: &str| {
        let answers = page.split("いま分かっている判定</dt>").nth(1).unwrap_or_else(|| panic!("{page}"));
        let recorded =
            page.split("その日に記録されていた判定</dt>").nth(1).unwrap().split("</dd>").next().unwrap();
        let word = |cell: &str| {
            let words = sekisho_domain::verdict::STATES.iter().find(|(_, word)| cell.contains(word));
            words.unwrap_or_else(|| panic!("{cell}")).0
        };
        (word(recorded), word(answers.split("</dd>").next().unwrap()))
    };
    city.clock.set(start_of(Date::constant(2026, 12, 10)).plus(9 * Ms::HOUR));
    keeper(&city).await;
    let me = city.signed_in("secretariat").await;
    let page = city.get(&me, &past).await.ok().body;
    assert_eq!(hindsight(&page), ("unproven", "unproven"), "{page}");
    // Filed today, seen before that day.
    let fields =
        [("title", "分類表"), ("observed", "2026-11-20"), ("unit", ""), ("reference", "情政第1号、書庫")];
    let address = format!("/requirements/{row}");
    city.upload(&me, &format!("{address}/evidence"), &fields, ("", b"")).await.to(&address);
    keeper(&city).await;
    let page = city.get(&me, &past).await.ok().body;
    assert_eq!(hindsight(&page), ("unproven", "holds"), "{page}");
    assert!(page.contains("1 件は、後から登録された証拠で、見え方が変わりました"), "{page}");
    // Evidence of a later day says nothing about that one.
    let page = city.get(&me, &format!("/clauses/{clause}?as_of=2026-11-23")).await.ok().body;
    assert_eq!(hindsight(&page).1, "holds");
    // What a machine saw is left as it was recorded, whatever is said about that day since.
    let machine = format!("/clauses/{}?as_of=2026-11-24", labelled(&clauses(&city).await, "7(1)"));
    let mut tx = city.app.store.write(&Actor::system(), "staff_source.create").await.unwrap();
    let list = Row::new(&STAFF_SOURCE, "ss-1")
        .set("number", "N-1")
        .set("name", "test")
        .set("unit_id", UNIT)
        .set("population", "staff")
        .set("expected", 14i64)
        .set("observed", 14i64)
        .set("as_of", "2026-11-20")
        .set("every_days", 400i64)
        .set("valid_from", "2024-04-01");
    tx.insert(list).await.unwrap();
    tx.commit().await.unwrap();
    keeper(&city).await;
    let page = city.get(&me, &machine).await.ok().body;
    assert_eq!(hindsight(&page), ("unproven", "unproven"), "{page}");
    assert!(page.contains("ほかの 1 件（機械判定など）は、その日に記録したままです"), "{page}");
    let today = city.get(&me, machine.split('?').next().unwrap()).await.ok().body;
    assert!(today.contains("CISOは") || today.contains("守られている</span>"), "{today}");
}

/// 公表: the very file that was given out counts, whichever of the two; a page of somebody else's is not read.
#[tokio::test]
async fn a_published_file_is_compared_with_what_was_given_out() {
    let city = City::new().await;
    let first = adopt(&city, FIRST, "情報資産を分類する").await;
    let row = adopted(&city, "9.3.5").await;
    let me = city.signed_in("secretariat").await;
    let publish = async |file: &[u8]| {
        let fields = [("url", "https://www.city.example.jp/policy"), ("day", "2026-11-20")];
        let address = format!("{first}/publication");
        let place = city.upload(&me, &address, &fields, ("方針", file)).await.to(&first).location;
        keeper(&city).await;
        let page = city.get(&me, &place).await.ok().body;
        (page, verdict(&city, &row, "policy_is_published").await)
    };
    let (page, verdict) = publish("<!doctype html><p>だいたい同じ方針</p>".as_bytes()).await;
    assert!(page.contains("文字を読めないため") && page.contains("ウェブページ（HTML）は"), "{page}");
    assert_eq!(verdict, "broken");
    let html = city.get(&me, &format!("{first}/export")).await.ok().bytes;
    let (page, verdict) = publish(&html).await;
    assert!(page.contains("取り出したものと同じです") && page.contains("取り出したHTMLと同じ"), "{page}");
    assert_eq!(verdict, "holds");
    let pdf = city.get(&me, &format!("{first}/export.pdf")).await;
    if city.app.config.font.is_some() {
        let (page, _) = publish(&pdf.ok().bytes).await;
        assert!(page.contains("取り出したPDFと同じ"), "{page}");
    }
}

/// A PDF as some other program makes it: a page for each text, a string for each line, codes in UTF-16.
fn pdf_of(pages: &[&str], mode: u8) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 10 + 2 * n)).collect();
    let mut out = format!(
        "%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type/Pages/Kids[{}]/Count {}>> endobj\n\
         3 0 obj <</Type/Font/Subtype/Type0/BaseFont/M/Encoding/UniJIS-UTF16-H/DescendantFonts[4 0 R]>> endobj\n\
         4 0 obj <</Type/Font/Subtype/CIDFontType0/BaseFont/M/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 6>>>> endobj\n",
        kids.join(" "),
        pages.len()
    );
    for (n, page) in pages.iter().enumerate() {
        let codes = |line: &str| line.encode_utf16().map(|u| format!("{u:04x}")).collect::<String>();
        let lines: Vec<String> = page.lines().map(|l| format!("<{}> Tj 0 -20 Td", codes(l))).collect();
        let content = format!("BT /F1 12 Tf {mode} Tr 40 800 Td {} ET", lines.join("\n"));
        out += &format!(
            "{0} 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {1} 0 R>> endobj\n\
             {1} 0 obj <</Length {2}>> stream\n{content}\nendstream endobj\n",
            10 + 2 * n,
            11 + 2 * n,
            content.len()
        );
    }
    (out + "trailer <</Root 1 0 R>>\n%%EOF\n").into_bytes()
}

/// 公表: a PDF that the city set itself counts when it has the words of the edition and no others; what differs is shown
/// by clause, and what cannot be read does not count.
#[tokio::test]
async fn a_file_of_the_citys_own_counts_when_it_says_the_same() {
    const PAGES: [&str; 2] = [
        "さくら坂市情報セキュリティ基本方針\n令和６年４月\n１　目　的\n情報資産を\n守る。\n７　情報セキュリティ対策\n次の対策を\n- 1 -",
        "行う。\n⑴　組織体制\n全庁の体制を定める。\n⑵　情報資産の分類と管理\n情報資産を分類する。\n改定履歴\n初　令和６年４月１日　初版発行\n- 2 -",
    ];
    let city = City::new().await;
    let first = adopt(&city, FIRST, "情報資産を分類する").await;
    let row = adopted(&city, "9.3.5").await;
    let me = city.signed_in("secretariat").await;
    let publish = async |name: &str, file: &[u8]| {
        // Ids are as old as their records.
        city.clock.advance(Ms::SECOND);
        let fields = [("url", "https://www.city.example.jp/policy.pdf"), ("day", "2026-11-20")];
        let address = format!("{first}/publication");
        let place = city.upload(&me, &address, &fields, (name, file)).await.to(&first).location;
        keeper(&city).await;
        let page = city.get(&me, place.split('#').next().unwrap()).await.ok().body;
        (page, verdict(&city, &row, "policy_is_published").await)
    };
    let changed = PAGES.map(|p| p.replace("分類する。", "分類しない。"));
    let (page, says) = publish("方針.pdf", &pdf_of(&changed.each_ref().map(String::as_str), 0)).await;
    assert_eq!(says, "broken");
    let requirement = city.get(&me, &format!("/requirements/{row}")).await.ok().body;
    assert!(requirement.contains("直すところ：<a href=\"/documents\">文書</a>"), "{requirement}");
    assert!(page.contains("条項 4 件のうち 3 件は、文字がすべて同じです"), "{page}");
    assert!(page.contains("<th scope=\"row\" class=\"at\">7(2)</th>"), "{page}");
    assert!(page.contains("<ins>しない</ins>") && page.contains("<del>する</del>"), "{page}");
    for (name, file, why) in [
        ("方針.pdf", pdf_of(&PAGES, 3), "PDFに文字がありません"),
        ("方針.pdf", b"%PDF-1.7\n1 0 obj".to_vec(), "PDFが壊れていて"),
        (
            "方針.doc",
            vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
            "この種類のファイルの文字は読めません",
        ),
    ] {
        let (page, says) = publish(name, &file).await;
        assert_eq!(says, "broken", "{why}");
        assert!(page.contains(why) && page.contains("文字を読めず、確かめられない"), "{why}: {page}");
    }
    let (page, says) = publish("方針.pdf", &pdf_of(&PAGES, 0)).await;
    assert_eq!(says, "holds", "{page}");
    assert!(page.contains("文字は、この版とすべて同じ") && page.contains("<li>令和６年４月</li>"), "{page}");
    let (_, says) = publish("方針.txt", FIRST.as_bytes()).await;
    assert_eq!(says, "holds", "the file that was imported is read as well");
}
