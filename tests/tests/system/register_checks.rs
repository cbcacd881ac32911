//! Checks over the registers, one test each: nothing known, then holding, then one row wrong, then only time passing.
//! Rows arrive through `Tx`, verdicts through the evaluator, as in a running city.

use sekisho_checks::{CHECKS, evaluate_dirty, evaluate_due, rows_of_section};
use sekisho_domain::asset::ASSET;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::device::DEVICE;
use sekisho_domain::medium::MEDIUM;
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;
use sekisho_domain::system::SYSTEM;
use sekisho_domain::verdict::State;
use sekisho_store::Actor;
use testkit::World;

/// Three days before every test begins.
const SEEN: &str = "2026-11-19";

fn asset(id: &str) -> Row {
    Row::new(&ASSET, id)
        .set("number", format!("A-{id}"))
        .set("name", "住民基本台帳")
        .set("unit_id", "0301")
        .set("form", "electronic")
        .set("confidentiality", "3B")
        .set("integrity", "2")
        .set("availability", "2")
        .set("personal_data", "my_number")
        .set("persons", 60_000i64)
        .set("zone", "resident")
        .set("reason", "漏れると個人の権利を大きく害する")
        .set("system_id", "s1")
        .set("medium_id", "m1")
        .set("outsourced", false)
        .set("checked_on", SEEN)
        .set("valid_from", "2020-04-01")
}

fn system(id: &str) -> Row {
    Row::new(&SYSTEM, id)
        .set("number", format!("S-{id}"))
        .set("name", "住民記録システム")
        .set("unit_id", "0301")
        .set("manager", "市民課長")
        .set("zone", "resident")
        .set("cloud", "government")
        .set("rto_hours", 24i64)
        .set("backup", "offline")
        .set("backed_up_on", SEEN)
        .set("restored_on", SEEN)
        .set("encrypted", true)
        .set("checked_on", SEEN)
        .set("valid_from", "2020-04-01")
}

fn device(id: &str) -> Row {
    Row::new(&DEVICE, id)
        .set("number", format!("D-{id}"))
        .set("name", "窓口端末")
        .set("kind", "pc")
        .set("state", "registered")
        .set("unit_id", "0301")
        .set("owner", "lease")
        .set("zone", "resident")
        .set("system_id", "s1")
        .set("carried_out", false)
        .set("os_support_to", "2030-10-01")
        .set("login", "mfa")
        .set("usb", "locked")
        .set("encrypted", true)
        .set("wipeable", true)
        .set("protection", "edr")
        .set("settings_locked", true)
        .set("pattern_on", SEEN)
        .set("agent_on", SEEN)
        .set("patched_on", SEEN)
        .set("scanned_on", SEEN)
        .set("seen_on", SEEN)
        .set("valid_from", "2024-04-01")
}

fn medium(id: &str) -> Row {
    Row::new(&MEDIUM, id)
        .set("number", format!("M-{id}"))
        .set("name", "窓口USB")
        .set("kind", "usb")
        .set("unit_id", "0301")
        .set("class_allowed", "3A")
        .set("state", "stored")
        .set("encrypted", true)
        .set("locked", true)
        .set("place", "市民課の金庫")
        .set("long_term", true)
        .set("write_protected", true)
        .set("apart", true)
        .set("checked_on", SEEN)
        .set("valid_from", "2024-04-01")
}

fn lent(id: &str) -> Row {
    medium(id)
        .set("state", "lent")
        .set("holder", "水谷")
        .set("permit", "持-7")
        .set("lent_on", SEEN)
        .set("due_on", "2029-12-31")
}

fn destroyed(id: &str) -> Row {
    medium(id)
        .set("state", "destroyed")
        .set("emptied_on", SEEN)
        .set("emptied_by", "佐藤")
        .set("method", "physical")
        .set("witness", "溶解証明書 第3号")
        .set("disposal_permit", "廃-3")
}

/// A city with one section and its manager, that has adopted what one check speaks for.
struct City {
    world: World,
    check: &'static str,
    requirement_id: String,
}

impl City {
    async fn new(check: &'static str) -> City {
        let world = World::new().await;
        world.section("0301", "市民課").await;
        world.person("井上", Role::Manager, "0301").await;
        world.staff_list("0301").await;
        let declared = CHECKS.iter().find(|c| c.id == check).unwrap();
        let mut catalogue = sekisho_catalogue::catalogue().clone();
        catalogue.requirements.retain(|r| r.id.as_str() == declared.requirements[0]);
        let mut tx = world.store.write(&Actor::system(), "catalogue.load").await.unwrap();
        tx.load_catalogue(&catalogue).await.unwrap();
        tx.commit().await.unwrap();
        let id = world.db().requirement_by_catalogue_id(declared.requirements[0]).await.unwrap().unwrap();
        let mut tx = world.store.write(&Actor::system(), "requirement.adopt").await.unwrap();
        let row = tx.get(&REQUIREMENT, &id).await.unwrap();
        tx.adopt(row, "adopted", None, None, None).await.unwrap();
        tx.commit().await.unwrap();
        City { world, check, requirement_id: id }
    }

    async fn insert(&self, rows: Vec<Row>) {
        let mut tx = self.world.store.write(&Actor::system(), "register.import").await.unwrap();
        for row in rows {
            tx.insert(row).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn set(&self, like: &Row, column: &str, value: Value) {
        let row = self.world.db().row(like.noun, &like.id).await.unwrap().unwrap();
        let mut tx = self.world.store.write(&Actor::system(), "register.update").await.unwrap();
        tx.update(row.set(column, value)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn verdict(&self) -> (String, String) {
        evaluate_dirty(&self.world.store).await.unwrap();
        evaluate_due(&self.world.store).await.unwrap();
        let lines = self.world.db().verdict_history(&self.requirement_id, 50).await.unwrap();
        let open = lines.into_iter().find(|v| v.to_ms.is_none() && v.check_id == self.check).unwrap();
        (open.state, open.reason)
    }
}

/// `wrong` is one column of the last row. `days` later, when nothing was confirmed or read again, `then` holds.
async fn drive(
    check: &'static str,
    rows: Vec<Row>,
    wrong: (&'static str, impl Into<Value>),
    days: i64,
    then: &str,
) {
    let city = City::new(check).await;
    assert_eq!(city.verdict().await.0, "unproven", "nothing is known yet");
    let last = rows.last().unwrap().clone();
    city.insert(rows).await;
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "holds", "{reason}");
    let right = last.clone().check().unwrap().get(wrong.0).cloned().unwrap();
    city.set(&last, wrong.0, wrong.1.into()).await;
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "broken", "{reason}");
    assert!(reason.contains(last.text("number")), "it names the row: {reason}");
    let now = city.world.store.clock.now();
    let of = async |unit| rows_of_section(city.world.db(), check, State::Broken, unit, now).await.unwrap();
    let stands = city.world.db().row(last.noun, &last.id).await.unwrap().unwrap();
    let own: Vec<String> = of(stands.text("unit_id")).await.into_iter().map(|row| row.id).collect();
    assert_eq!((own, of("0302").await), (vec![last.id.clone()], vec![]), "whose it is, and nobody else's");
    let lines = city.world.db().verdict_history(&city.requirement_id, 50).await.unwrap();
    let open = lines.into_iter().find(|v| v.to_ms.is_none() && v.check_id == check).unwrap();
    let acts = match wrong.0 {
        "unit_id" => {
            r#"{"acts":true,"id":"0999","label":"課の決まっていないもの","noun":"section","rows":1}"#
        }
        _ => r#"{"acts":true,"id":"0301","label":"市民課","noun":"section","rows":1}"#,
    };
    assert!(open.samples.contains(acts), "it names the section that has to act: {}", open.samples);
    city.set(&last, wrong.0, right).await;
    assert_eq!(city.verdict().await.0, "holds");
    city.world.clock.advance(days * Ms::DAY);
    let (state, reason) = city.verdict().await;
    assert_eq!(state, then, "{reason}");
}

const NONE: Option<&str> = None;
/// Stocktakes count for a year and a month.
const STOCKTAKE: i64 = 400;
/// What was read off a device counts for two weeks.
const READ: i64 = 15;

macro_rules! drives {
    ($($check:ident: [$($row:expr),+], $column:literal = $value:expr, $days:expr => $then:literal;)+) => {
        $(#[tokio::test]
        async fn $check() {
            drive(stringify!($check), vec![$($row),+], ($column, $value), $days, $then).await;
        })+

        /// A check over a register without a test here would be a claim.
        #[test]
        fn every_check_over_a_register_is_driven() {
            let driven = [$(stringify!($check)),+];
            let registers = ["asset", "device", "medium", "system"];
            for check in CHECKS.iter().filter(|c| c.reads.iter().any(|noun| registers.contains(noun))) {
                assert!(driven.contains(&check.id), "{} has no test", check.id);
            }
        }
    };
}

drives! {
    // chapter 2
    assets_are_classified: [asset("1"), asset("2")], "reason" = NONE, STOCKTAKE => "stale";
    old_classes_are_decided_again: [asset("1")], "confidentiality" = "3", STOCKTAKE => "stale";
    systems_bear_their_highest_class: [asset("1"), system("s1")], "zone" = "lgwan", STOCKTAKE => "stale";
    media_bear_their_highest_class: [asset("1"), medium("m1")], "class_allowed" = "3C", STOCKTAKE => "stale";
    assets_have_managers: [asset("1"), asset("2")], "unit_id" = "0999", STOCKTAKE => "stale";
    assets_are_stocktaken: [asset("1"), asset("2")], "checked_on" = "2024-10-01", STOCKTAKE => "stale";
    cloud_assets_have_a_system:
        [system("s1"), asset("1").set("zone", "cloud")], "system_id" = NONE, STOCKTAKE => "stale";
    unneeded_assets_are_gone:
        [asset("1").set("dispose_on", "2029-03-31")], "dispose_on" = "2026-11-21", STOCKTAKE => "stale";
    assets_lie_where_their_class_may: [asset("1"), asset("2")], "zone" = "internet", STOCKTAKE => "stale";
    media_are_kept_in_place: [medium("1"), medium("2")], "locked" = false, STOCKTAKE => "stale";
    long_kept_media_are_protected: [medium("1")], "write_protected" = false, STOCKTAKE => "stale";
    long_kept_media_lie_apart: [medium("1")], "apart" = false, STOCKTAKE => "stale";
    carried_media_are_encrypted: [lent("1")], "encrypted" = false, STOCKTAKE => "stale";
    carried_media_are_permitted: [lent("1")], "permit" = NONE, STOCKTAKE => "stale";
    lent_media_come_back: [lent("1")], "due_on" = "2026-11-21", STOCKTAKE => "stale";
    // What was let go counts for a year, then nobody knows of any again.
    media_are_erased_for_good: [destroyed("1")], "method" = "delete", STOCKTAKE => "unproven";
    disposals_are_recorded: [destroyed("1")], "witness" = NONE, STOCKTAKE => "unproven";
    disposals_are_permitted: [destroyed("1")], "disposal_permit" = NONE, STOCKTAKE => "unproven";
    private_devices_stay_out: [device("1"), device("2")], "owner" = "private", READ => "stale";
    strong_assets_stay_out_of_public_clouds: [system("s1"), asset("1")], "zone" = "cloud", STOCKTAKE => "stale";
    integrity_is_backed_up: [asset("1"), system("s1")], "backup" = "none", 40 => "stale";
    availability_has_a_recovery_time: [asset("1"), system("s1")], "rto_hours" = None::<i64>, STOCKTAKE => "stale";
    // 3.1
    my_number_stays_inside: [system("s1"), asset("1")], "zone" = "lgwan", STOCKTAKE => "stale";
    resident_devices_use_two_factors: [device("1"), device("2")], "login" = "password", READ => "stale";
    resident_devices_belong_to_a_system: [device("1")], "system_id" = NONE, READ => "stale";
    resident_devices_lock_usb: [device("1"), device("2")], "usb" = "listed", READ => "stale";
    resident_clouds_are_encrypted: [system("s1")], "encrypted" = false, STOCKTAKE => "stale";
    // 4.4
    devices_ask_who_you_are: [device("1"), device("2")], "login" = "none", READ => "stale";
    devices_of_strong_systems_use_two_factors:
        [asset("1"), device("1")], "login" = "password", READ => "stale";
    devices_are_encrypted: [device("1")], "encrypted" = false, READ => "stale";
    carried_devices_can_be_wiped: [device("1").set("carried_out", true)], "wipeable" = false, READ => "stale";
    unneeded_media_are_erased:
        [medium("1"), destroyed("2").set("unneeded_on", "2026-09-01")], "state" = "unneeded", STOCKTAKE => "stale";
    // 6.4
    devices_run_protection: [device("1"), device("2")], "protection" = "none", READ => "stale";
    patterns_are_current: [device("1"), device("2")], "pattern_on" = "2026-10-13", READ => "stale";
    protection_is_updated: [device("1")], "agent_on" = "2025-10-13", READ => "stale";
    operating_systems_are_supported: [device("1")], "os_support_to" = "2025-10-14", READ => "stale";
    users_cannot_change_protection: [device("1")], "settings_locked" = false, READ => "stale";
    edr_is_installed: [device("1").set("carried_out", true)], "protection" = "antivirus", READ => "stale";
    full_scans_are_run: [device("1")], "scanned_on" = "2026-10-13", READ => "stale";
}

/// Kept for five years, made eight years ago, and nobody said when it goes: it is not gone because no day was written.
#[tokio::test]
async fn what_has_no_day_and_is_too_old_is_found() {
    let city = City::new("unneeded_assets_are_gone").await;
    let old = asset("1").set("keeping", "5").set("valid_from", "2018-04-01");
    city.insert(vec![asset("2").set("dispose_on", "2029-03-31"), old.clone()]).await;
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "broken", "{reason}");
    assert!(reason.contains(old.text("number")), "{reason}");
    city.set(&old, "keeping", "use".into()).await;
    assert_eq!(city.verdict().await.0, "holds", "what is in use is kept");
}

/// A device nobody has ever read says nothing, and one that says something wrong is wrong all the same.
#[tokio::test]
async fn what_was_never_read_is_unknown() {
    let city = City::new("resident_devices_use_two_factors").await;
    city.insert(vec![device("1"), device("2").set("seen_on", NONE)]).await;
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "unproven", "{reason}");
    assert!(reason.contains("2件のうち1件"), "{reason}");
    city.set(&device("1"), "login", "password".into()).await;
    assert_eq!(city.verdict().await.0, "broken");
}

/// 公民館: out with its own business, in with the system it shares; what is out leaves the count and stays in the list.
#[tokio::test]
async fn scope_is_decided_by_organisation_and_by_system() {
    use sekisho_domain::scope::SCOPE;
    let city = City::new("devices_ask_who_you_are").await;
    city.world.section("0901", "公民館").await;
    let hall = |id: &str, system: Option<&str>| {
        device(id).set("unit_id", "0901").set("system_id", system.map(str::to_owned)).set("login", "none")
    };
    city.insert(vec![
        system("s1"),
        device("1"),
        hall("2", None).set("name", "図書貸出端末"),
        hall("3", Some("s1")),
    ])
    .await;
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "broken", "{reason}");
    let scope = |id: &str, matter: Option<&str>, applies: bool| {
        Row::new(&SCOPE, id)
            .set("unit_id", "0901")
            .set("matter", matter.map(str::to_owned))
            .set("applies", applies)
            .set("standard", "教育委員会の実施手順")
            .set("reason", "個別業務は別基準")
            .set("valid_from", SEEN)
    };
    let broken = async |named: &[&str], out: &[&str]| {
        let (state, reason) = city.verdict().await;
        assert_eq!(state, "broken", "{reason}");
        assert!(
            named.iter().all(|n| reason.contains(n)) && !out.iter().any(|n| reason.contains(n)),
            "{reason}"
        );
    };
    // Its own business is out.
    city.insert(vec![scope("1", Some("図書貸出端末"), false)]).await;
    broken(&["D-3"], &["D-2"]).await;
    // All of it is out.
    city.insert(vec![scope("2", None, false)]).await;
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "holds", "{reason}");
    // All of it is out, but the system it shares is in.
    city.insert(vec![scope("3", Some("S-s1"), true)]).await;
    broken(&["D-3"], &["D-2"]).await;
    assert_eq!(city.world.db().scan(&SCOPE, "", 10).await.unwrap().len(), 3, "they stay listed");
    city.set(&scope("3", None, true), "valid_to", "2026-11-22".into()).await;
    assert_eq!(city.verdict().await.0, "holds");
}

/// A medium that was simply struck from the register is a disposal without a record.
#[tokio::test]
async fn ending_a_row_is_not_a_disposal() {
    let city = City::new("disposals_are_recorded").await;
    city.insert(vec![destroyed("1"), medium("2")]).await;
    assert_eq!(city.verdict().await.0, "holds");
    city.set(&medium("2"), "valid_to", "2026-11-22".into()).await;
    assert_eq!(city.verdict().await.0, "broken");
}

/// The arithmetic on dates in the queries, day by day around the ends of months and leap days.
#[tokio::test]
async fn days_are_counted_as_the_calendar_does() {
    let city = City::new("patterns_are_current").await;
    let mut rows = Vec::new();
    for year in [2024, 2025, 2026] {
        for (month, day) in [(1, 1), (1, 5), (2, 28), (3, 1), (3, 6), (4, 30), (8, 31), (10, 3), (11, 20)] {
            let seen = Date::constant(year, month, day);
            let pattern = seen.checked_sub(jiff::Span::new().days(7)).unwrap();
            let id = format!("{seen}");
            rows.push(device(&id).set("seen_on", seen).set("pattern_on", pattern));
        }
    }
    let late = rows.clone();
    city.insert(rows).await;
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "stale", "seven days everywhere: {reason}");
    for row in &late {
        let pattern: Date = row.text("pattern_on").parse().unwrap();
        city.set(row, "pattern_on", pattern.yesterday().unwrap().into()).await;
    }
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "broken", "{reason}");
    assert!(reason.contains(&format!("{0}台のうち{0}台", late.len())), "eight days everywhere: {reason}");
    assert!(date_at(city.world.store.clock.now()) > Date::constant(2026, 11, 20));
}

/// What the queries say about places, the form says to whoever types, and the scheme says as data.
#[tokio::test]
async fn places_are_judged_by_the_scheme() {
    let city = City::new("assets_lie_where_their_class_may").await;
    let (mut rows, mut wrong) = (Vec::new(), 0);
    for (class, _) in sekisho_domain::asset::CONFIDENTIALITY {
        for (zone, _) in sekisho_domain::asset::ZONES {
            let may = sekisho_catalogue::classification::classification().may_lie(class, zone);
            let row = asset(&format!("{class}-{zone}")).set("confidentiality", *class).set("zone", *zone);
            let flagged = sekisho_domain::asset::REGISTER.breaches(&row).iter().any(|b| b.column == "zone");
            assert_eq!(flagged, !may, "{class} in {zone}");
            wrong += usize::from(!may);
            rows.push(row);
        }
    }
    let all = rows.len();
    city.insert(rows).await;
    let (state, reason) = city.verdict().await;
    assert_eq!(state, "broken");
    assert!(reason.contains(&format!("{all}件のうち{wrong}件")), "{reason}");
}
