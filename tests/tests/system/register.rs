//! A register through the real write path: found, narrowed, turned over, corrected, ended, never lost.

use sekisho_domain::access::Reach;
use sekisho_domain::asset::{ASSET, REGISTER};
use sekisho_domain::date::Date;
use sekisho_domain::noun::Row;
use sekisho_domain::register::EXTRA_COLUMN;
use sekisho_store::register::{Count, ListQuery};
use sekisho_store::{Actor, StoreError};
use testkit::World;

const TODAY: Date = Date::constant(2026, 11, 22);

pub(crate) fn asset(id: &str, number: &str, name: &str, unit: &str) -> Row {
    Row::new(&ASSET, id)
        .set("number", number)
        .set("name", name)
        .set("unit_id", unit)
        .set("form", "electronic")
        .set("confidentiality", "3C")
        .set("integrity", "2")
        .set("availability", "1")
        .set("personal_data", "none")
        .set("zone", "lgwan")
        .set("outsourced", false)
        .set("valid_from", "2024-04-01")
}

async fn filled() -> World {
    let world = World::new().await;
    let mut tx = world.store.write(&Actor::system(), "asset.create").await.unwrap();
    for n in 0..120 {
        let unit = if n % 3 == 0 { "税務課" } else { "市民課" };
        let name = format!("{unit} 資料{n:03}");
        let row = asset(&format!("a{n:03}"), &format!("A-{n:04}"), &name, unit);
        let zone = if n % 10 == 0 { "resident" } else { "lgwan" };
        tx.insert(row.set("zone", zone).set("place", (n == 7).then_some("地下書庫Ｂ１の棚"))).await.unwrap();
    }
    tx.commit().await.unwrap();
    world
}

async fn numbers(world: &World, query: ListQuery, reach: &Reach) -> Vec<String> {
    let query = ListQuery { limit: 1_000, ..query };
    let listed = world.db().register_list(&REGISTER, &query, reach).await.unwrap();
    let count = world.db().register_count(&REGISTER, &query, reach, 1_000).await.unwrap();
    let number = i64::try_from(listed.rows.len()).unwrap();
    assert_eq!(count, Count { number, at_least: false }, "the count is the list");
    listed.rows.iter().map(|row| row.text("number").to_owned()).collect()
}

#[tokio::test]
async fn a_search_does_not_mind_width_kana_or_case() {
    let world = filled().await;
    for (words, expected) in [
        ("地下書庫b1", 1),
        ("チカ", 0),
        ("資料００7", 1),
        ("ａ-0007", 1),
        ("資料", 120),
        ("税務", 40),
        ("棚", 1),
        ("どこにもない", 0),
        ("100%", 0),
    ] {
        let query = ListQuery { words: words.into(), ..ListQuery::default() };
        assert_eq!(numbers(&world, query, &Reach::All).await.len(), expected, "{words}");
    }
}

#[tokio::test]
async fn a_list_turned_over_page_by_page_shows_every_row_once() {
    let world = filled().await;
    let all = numbers(&world, ListQuery::default(), &Reach::All).await;
    for (sort, down, words) in
        [(0, false, ""), (0, true, ""), (1, false, "資料"), (2, true, ""), (3, false, "税務")]
    {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let query =
                ListQuery { sort, down, words: words.into(), after, limit: 7, ..ListQuery::default() };
            let listed = world.db().register_list(&REGISTER, &query, &Reach::All).await.unwrap();
            let last = listed.rows.last().unwrap();
            after = Some((last.get(REGISTER.sorts[sort]).unwrap().clone(), last.id.clone()));
            seen.extend(listed.rows.iter().map(|row| row.text("number").to_owned()));
            if !listed.more {
                break;
            }
        }
        let expected = if words == "税務" { 40 } else { 120 };
        assert_eq!(seen.len(), expected, "{sort} {down} {words}");
        if sort == 0 && down {
            seen.reverse();
            assert_eq!(seen, all);
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), expected, "no row twice");
    }
}

#[tokio::test]
async fn filters_and_reach_narrow_together() {
    let world = filled().await;
    let zone = || ListQuery { filters: vec![("zone", "resident".into())], ..ListQuery::default() };
    assert_eq!(numbers(&world, zone(), &Reach::All).await.len(), 12);
    let tax = Reach::Sections(vec!["税務課".into()]);
    assert_eq!(numbers(&world, zone(), &tax).await.len(), 4);
    assert_eq!(numbers(&world, ListQuery::default(), &tax).await.len(), 40);
    let both = Reach::Sections(vec!["税務課".into(), "市民課".into()]);
    assert_eq!(numbers(&world, ListQuery::default(), &both).await.len(), 120);
    let foreign = ListQuery { filters: vec![("unit_id", "市民課".into())], ..ListQuery::default() };
    assert!(numbers(&world, foreign, &tax).await.is_empty(), "a filter does not widen the reach");
    for nothing in [Reach::Own, Reach::Nothing, Reach::Sections(Vec::new())] {
        assert!(numbers(&world, ListQuery::default(), &nothing).await.is_empty(), "{nothing:?}");
    }
    let unused = ListQuery {
        filters: vec![("zone", "resident".into()), ("form", "paper".into())],
        ..ListQuery::default()
    };
    assert!(numbers(&world, unused, &Reach::All).await.is_empty());
}

/// Counting looks at a bounded number of rows: of what an index finds, of what a search finds, of the whole register.
#[tokio::test]
async fn a_count_that_did_not_see_everything_says_so() {
    let world = filled().await;
    let count = async |query: ListQuery, most| {
        world.db().register_count(&REGISTER, &query, &Reach::All, most).await.unwrap()
    };
    let filtered = |names: &[&'static str], values: &[&str]| ListQuery {
        filters: names.iter().copied().zip(values.iter().map(|&v| v.to_owned())).collect(),
        sort: 2,
        ..ListQuery::default()
    };
    let exact = |number| Count { number, at_least: false };
    assert_eq!(count(ListQuery::default(), 119).await, Count { number: 119, at_least: true });
    assert_eq!(count(ListQuery::default(), 120).await, exact(120));
    let two = || filtered(&["unit_id", "zone"], &["税務課", "resident"]);
    assert_eq!(
        count(two(), 40).await,
        exact(4),
        "the section's forty rows are looked at, whatever the order"
    );
    let some = count(two(), 39).await;
    assert!(some.at_least && (3..=4).contains(&some.number), "{some:?}");
    let none = filtered(&["unit_id", "form"], &["税務課", "paper"]);
    assert_eq!(count(none, 10).await, Count { number: 0, at_least: true });
    let words = || ListQuery { words: "税務".into(), ..two() };
    assert_eq!(count(words(), 40).await, exact(4));
    assert!(count(words(), 10).await.at_least);
    let short = ListQuery { limit: 3, ..two() };
    let (page, counted) = world.db().register_page(&REGISTER, &short, &Reach::All).await.unwrap();
    assert_eq!((page.rows.len(), page.more, counted), (3, true, exact(4)));
}

#[tokio::test]
async fn an_ended_row_is_there_on_the_days_it_was() {
    let world = filled().await;
    let row = world.db().row(&ASSET, "a001").await.unwrap().unwrap();
    let mut tx = world.store.write(&Actor::system(), "asset.end").await.unwrap();
    tx.update(row.set("valid_to", TODAY)).await.unwrap();
    tx.commit().await.unwrap();
    let on = |day| ListQuery { as_of: day, ..ListQuery::default() };
    assert_eq!(numbers(&world, on(Some(TODAY)), &Reach::All).await.len(), 119);
    assert_eq!(numbers(&world, on(Some(TODAY.yesterday().unwrap())), &Reach::All).await.len(), 120);
    assert_eq!(numbers(&world, on(None), &Reach::All).await.len(), 120);
    assert_eq!(numbers(&world, on(Some(Date::constant(2024, 3, 31))), &Reach::All).await.len(), 0);
    let versions = world.db().versions(&ASSET, "a001").await.unwrap();
    let before = versions[1].row(&ASSET, "a001").unwrap();
    assert_eq!(
        (versions.len(), versions[0].action().as_str(), before.text("valid_to")),
        (2, "asset.end", "")
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_what_should_not_be_is_kept() {
    let world = World::new().await;
    let mut tx = world.store.write(&Actor::system(), "asset.create").await.unwrap();
    let backwards = asset("a1", "A-1", "x", "u").set("valid_to", "2020-01-01");
    assert!(matches!(tx.insert(backwards).await.unwrap_err(), StoreError::Rule { column: "valid_to", .. }));
    let misplaced = asset("a2", "A-2", "x", "u").set("confidentiality", "3B").set("zone", "internet");
    assert_eq!(REGISTER.breaches(&misplaced).len(), 1);
    tx.insert(misplaced).await.unwrap();
    let taken = tx.insert(asset("a3", "A-2", "y", "u")).await.unwrap_err();
    assert!(matches!(taken, StoreError::Refused(_)), "a number is given once: {taken}");
}

#[tokio::test]
async fn a_column_the_city_added_is_found_and_narrows() {
    let world = filled().await;
    let definition = Row::new(&EXTRA_COLUMN, "shelf")
        .set("register", "asset")
        .set("label", "棚の番号")
        .set("kind", "text")
        .set("required", false)
        .set("retired", false);
    let mut tx = world.store.write(&Actor::system(), "extra_column.create").await.unwrap();
    tx.insert(definition).await.unwrap();
    tx.commit().await.unwrap();
    let layout = world.db().layout(&REGISTER).await.unwrap();
    let column = layout.column("x_shelf").unwrap();
    let mut row = world.db().row(&ASSET, "a005").await.unwrap().unwrap();
    layout.set(&mut row, column, "Ｗ－１２".into());
    let mut tx = world.store.write(&Actor::system(), "asset.update").await.unwrap();
    tx.update(row).await.unwrap();
    tx.commit().await.unwrap();
    let searched = ListQuery { words: "w-12".into(), ..ListQuery::default() };
    assert_eq!(numbers(&world, searched, &Reach::All).await, ["A-0005"]);
    let narrowed =
        |value: &str| ListQuery { extra: Some(("x_shelf".into(), value.into())), ..ListQuery::default() };
    assert_eq!(numbers(&world, narrowed("Ｗ－１２"), &Reach::All).await, ["A-0005"]);
    assert!(numbers(&world, narrowed("W"), &Reach::All).await.is_empty());
}

#[tokio::test]
async fn numbers_are_counted_on() {
    let world = World::new().await;
    assert_eq!(world.db().next_number(&REGISTER).await.unwrap().as_deref(), Some("A-0001"));
    let mut tx = world.store.write(&Actor::system(), "asset.create").await.unwrap();
    tx.insert(asset("a1", "A-0999", "x", "u")).await.unwrap();
    tx.insert(asset("a2", "A-1000", "x", "u")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.db().next_number(&REGISTER).await.unwrap().as_deref(), Some("A-1001"));
}

async fn changed(world: &World, count: usize, note: &str) -> Vec<Row> {
    let mut rows = world.db().all_rows(&REGISTER).await.unwrap();
    rows.truncate(count);
    rows.into_iter().map(|row| row.set("note", note)).collect()
}

/// Two people apply what they prepared from the same state: one succeeds, the other is told, nothing is mixed.
#[tokio::test]
async fn two_imports_at_once_do_not_mix() {
    let world = filled().await;
    let (first, second) = (changed(&world, 120, "甲").await, changed(&world, 120, "乙").await);
    let second = second.into_iter().rev().collect();
    let (actor, other) = (Actor::system(), Actor { person_id: "p2".into(), seat: "-".into() });
    let (one, two) = tokio::join!(
        world.store.apply_import(&actor, first, None, "asset.import"),
        world.store.apply_import(&other, second, None, "asset.import"),
    );
    let results = [one, two];
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
    let lost = results.into_iter().find_map(Result::err).unwrap();
    let told = matches!(lost, StoreError::Conflict { .. }) || lost.to_string().contains("deadlock");
    assert!(told, "{lost}");
    let rows = world.db().all_rows(&REGISTER).await.unwrap();
    assert!(rows.iter().all(|row| row.version == 2 && row.text("note") == rows[0].text("note")));
}

#[tokio::test]
async fn an_import_is_undone_whole_or_not_at_all() {
    let world = filled().await;
    let who = world.person("佐藤", sekisho_domain::role::Role::Secretariat, "税務課").await.person_id;
    let actor = Actor { person_id: who.clone(), seat: "-".into() };
    let import = |note: &'static str| {
        let (world, who, actor) = (&world, &who, &actor);
        async move {
            let id = world.store.begin_import(&REGISTER, who, "a.xlsx", "{}".into()).await.unwrap();
            let mut rows = changed(world, 30, note).await;
            rows.push(asset("", &format!("A-9{note}"), "新", "税務課"));
            world
                .store
                .apply_import(actor, rows.clone(), Some((&id, "変更 30件")), "asset.import")
                .await
                .unwrap();
            let twice = world.store.apply_import(actor, Vec::new(), Some((&id, "")), "asset.import").await;
            assert!(matches!(twice, Err(StoreError::IllegalMove(_))), "applied once");
            world.db().import(&id).await.unwrap().unwrap()
        }
    };
    let first = import("一").await;
    let second = import("二").await;
    let undo = world.store.undo_import(&actor, &REGISTER, &first).await.unwrap();
    assert!(matches!(&undo, sekisho_store::register::Undo::Changed(rows) if rows.len() == 30), "{undo:?}");
    let undo = world.store.undo_import(&actor, &REGISTER, &second).await.unwrap();
    assert_eq!(undo, sekisho_store::register::Undo::Done);
    let again = world.store.undo_import(&actor, &REGISTER, &second).await.unwrap();
    assert!(matches!(again, sekisho_store::register::Undo::Changed(_)), "undone once: {again:?}");
    let rows = world.db().all_rows(&REGISTER).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.text("note") == "二").count(), 0);
    assert_eq!(rows.iter().filter(|row| row.text("note") == "一").count(), 30);
    let on = ListQuery { as_of: Some(TODAY), ..ListQuery::default() };
    assert_eq!(numbers(&world, on, &Reach::All).await.len(), 121, "what the second added holds on no day");
}
