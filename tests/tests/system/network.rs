//! From configurations that are handed in to the verdict of 7(3), through the real write path: what proves, what
//! breaks, what keeps a proof from counting, and what only a decision may let through.

use std::path::PathBuf;

use sekisho_checks::network::{
    Fault, Source, TakeInError, Upload, empty_folder, judge_due, open_judgement, take_in,
};
use sekisho_checks::{evaluate_dirty, evaluate_due};
use sekisho_domain::access::Who;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::noun::Row;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;
use sekisho_domain::specific_flow::SPECIFIC_FLOW;
use sekisho_store::decision::Answer;
use sekisho_store::network::OWN_UPLOAD;
use sekisho_store::object::Objects;
use sekisho_store::{Actor, StoreError};
use testkit::{START, World};

const ZONES: &str = "[[zone]]\nid = \"ju\"\nname = \"マイナンバー利用事務系\"\nkind = \"JU\"\nprefixes = [\"10.1.0.0/24\"]\n[[zone]]\nid = \"lg\"\nname = \"LGWAN接続系\"\nkind = \"LG\"\nprefixes = [\"10.2.0.0/24\"]\n";
const INTENTS: &str = "[[only]]\nid = \"N-1\"\nfrom = \"ju\"\nto = \"lg\"\n[[deny]]\nid = \"N-2\"\nfrom = \"lg\"\nto = \"ju\"\n";
/// One host of 住民情報系 may reach one of LGWAN系; nothing comes back on its own.
const CORE: &str = "version 17.3\nhostname core\nip routing\ninterface GigabitEthernet0/0/0\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group A in\ninterface GigabitEthernet0/0/1\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group B in\nip access-list extended A\n permit ip host 10.1.0.5 host 10.2.0.5\n deny ip any any\nip access-list extended B\n deny ip any any\n";

struct City {
    world: World,
    objects: Objects,
    sato: Who,
    suzuki: Who,
    chief: Who,
}

impl City {
    async fn new() -> City {
        let world = World::new().await;
        let unit = world.section("0103", "情報政策課").await;
        let sato = world.person("佐藤", Role::Secretariat, &unit).await;
        let suzuki = world.person("鈴木", Role::Secretariat, &unit).await;
        let chief = world.person("深沢", Role::ChiefOfficer, &unit).await;
        world.person("水谷", Role::Ciso, &unit).await;
        let objects = Objects::at(world.data.join("objects"));
        let city = City { world, objects, sato, suzuki, chief };
        let mut tx = city.world.store.write(&Actor::system(), "catalogue.load").await.unwrap();
        tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap();
        tx.commit().await.unwrap();
        city.register_core().await;
        city
    }

    async fn register_core(&self) {
        let mut tx = self.world.store.write(&Actor::system(), "device.create").await.unwrap();
        let row = Row::new(&sekisho_domain::device::DEVICE, tx.new_id())
            .set("number", "core")
            .set("name", "コアスイッチ")
            .set("kind", "network")
            .set("state", "registered")
            .set("unit_id", "0103")
            .set("owner", "city")
            .set("zone", "none")
            .set("carried_out", false)
            .set("login", "password")
            .set("usb", "locked")
            .set("encrypted", false)
            .set("wipeable", false)
            .set("protection", "none")
            .set("settings_locked", false)
            .set("valid_from", "2024-04-01");
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn note_core(&self, column: &'static str, text: &str) {
        let mut tx = self.world.store.write(&Actor::system(), "device.edit").await.unwrap();
        let found = self.world.db().network_devices(date_at(self.world.store.clock.now())).await.unwrap();
        let row = tx.get(&sekisho_domain::device::DEVICE, &found[0].id).await.unwrap();
        tx.update(row.set(column, text)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn adopt(&self, rows: &[&str]) -> Vec<String> {
        let mut ids = Vec::new();
        for row in rows {
            let id = self.world.db().requirement_by_catalogue_id(row).await.unwrap().unwrap();
            let mut tx = self.world.store.write(&Actor::system(), "requirement.adopt").await.unwrap();
            let found = tx.get(&REQUIREMENT, &id).await.unwrap();
            tx.adopt(found, "adopted", None, None, None).await.unwrap();
            tx.commit().await.unwrap();
            ids.push(id);
        }
        ids
    }

    async fn hand_in(&self, core: &str, state: &[(&str, &str)]) -> String {
        self.hand_in_between(ZONES, core, state).await
    }

    async fn hand_in_between(&self, zones: &str, core: &str, state: &[(&str, &str)]) -> String {
        let actor = Actor { person_id: self.sato.person_id.clone(), seat: "-".into() };
        let mut files = vec![upload("zones.toml", zones), upload("intents.toml", INTENTS)];
        files.push(upload("core.ios.txt", core));
        files.extend(state.iter().map(|(name, text)| upload(name, text)));
        let read = self.world.store.clock.now().plus(-2 * Ms::HOUR);
        let source = Source::Manual { who: &self.sato, actor: &actor, note: None };
        let id = take_in(&self.world.store, &self.objects, source, Some(read), files).await.unwrap();
        judge_due(&self.world.store, &self.objects).await.unwrap();
        self.world.clock.advance(Ms::MINUTE);
        id
    }

    async fn confirm(&self, who: &Who, id: &str, agrees: bool) -> Result<(), StoreError> {
        let actor = Actor { person_id: who.person_id.clone(), seat: "-".into() };
        let mut tx = self.world.store.write(&actor, "network.confirm").await.unwrap();
        tx.confirm_snapshot(who, id, agrees, "画面と見比べた").await?;
        tx.commit().await
    }

    async fn verdict(&self, requirement_id: &str) -> (String, String) {
        self.verdict_of(requirement_id, "resident_zone_is_apart").await
    }

    async fn verdict_of(&self, requirement_id: &str, check_id: &str) -> (String, String) {
        evaluate_dirty(&self.world.store).await.unwrap();
        evaluate_due(&self.world.store).await.unwrap();
        let lines = self.world.db().verdict_history(requirement_id, 50).await.unwrap();
        let open = lines.into_iter().find(|v| v.to_ms.is_none() && v.check_id == check_id);
        open.map_or(("-".into(), String::new()), |v| (v.state, v.reason))
    }

    /// A decided 特定通信 of the one host; `None` when nobody decided.
    async fn flow(&self, decide: bool) -> String {
        let actor = Actor { person_id: self.suzuki.person_id.clone(), seat: "-".into() };
        let mut tx = self.world.store.write(&actor, "specific_flow.create").await.unwrap();
        let row = Row::new(&SPECIFIC_FLOW, tx.new_id())
            .set("number", "F-0001")
            .set("name", "国保データ連携")
            .set("unit_id", "0103")
            .set("from_end", "ju:10.1.0.5")
            .set("to_end", "lg:10.2.0.5")
            .set("service", "any")
            .set("must_work", false)
            .set("reason", "資格の情報を渡すため")
            .set("valid_from", "2026-04-01")
            .set("valid_to", "2027-04-01");
        let id = row.id.clone();
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
        if decide {
            self.decide(&id).await;
        }
        judge_due(&self.world.store, &self.objects).await.unwrap();
        id
    }

    /// Applies for a 特定通信 and lets every seat of its route approve.
    async fn decide(&self, flow: &str) {
        let actor = Actor { person_id: self.suzuki.person_id.clone(), seat: "-".into() };
        let mut tx = self.world.store.write(&actor, "specific_flow.apply").await.unwrap();
        let decision = tx.apply_for_flow(&self.suzuki, flow).await.unwrap();
        tx.commit().await.unwrap();
        loop {
            let steps = self.world.db().decision_steps(&decision).await.unwrap();
            let Some(step) = steps.iter().find(|s| s.state == "open" && s.kind != "after") else { break };
            let today = date_at(self.world.store.clock.now());
            let holder = self.world.db().seat_holders(&step.key(), today).await.unwrap().remove(0);
            let who = self.world.db().who(&holder.person_id, "").await.unwrap();
            self.world.store.decide(&who, &decision, Answer::Approve, None).await.unwrap();
        }
    }
}

fn upload(name: &str, text: &str) -> Upload {
    Upload { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

#[tokio::test]
async fn resident_zone_is_apart() {
    let city = City::new().await;
    let ids = city.adopt(&["3.1.1"]).await;
    assert_eq!(city.verdict(&ids[0]).await.0, "unproven", "nothing was handed in");
    // An undecided flow passes: broken, and the words say no more than that.
    let first = city.hand_in(CORE, &[]).await;
    let (state, reason) = city.verdict(&ids[0]).await;
    assert_eq!(state, "broken");
    assert!(reason.contains("提出された1台の設定について") && !reason.contains("10."), "{reason}");
    // A row of the register without a decision allows nothing.
    let flow = city.flow(false).await;
    assert_eq!(city.verdict(&ids[0]).await.0, "broken");
    city.world.clock.advance(Ms::MINUTE);
    city.decide(&flow).await;
    assert_eq!(judge_due(&city.world.store, &city.objects).await.unwrap(), 1, "the register changed");
    // Proved now, but nobody took the sample, and two factors and the lock are not adopted.
    let (state, reason) = city.verdict(&ids[0]).await;
    assert_eq!(state, "unproven", "{reason}");
    let own = city.confirm(&city.sato, &first, true).await;
    assert!(matches!(own, Err(StoreError::IllegalMove(why)) if why == OWN_UPLOAD), "{own:?}");
    city.confirm(&city.suzuki, &first, true).await.unwrap();
    assert_eq!(city.verdict(&ids[0]).await.0, "unproven", "7(3)① takes three things together");
    city.adopt(&["3.1.6", "3.1.8"]).await;
    let (state, reason) = city.verdict(&ids[0]).await;
    assert_eq!(state, "holds", "{reason}");
    assert!(reason.starts_with("提出された1台の設定について"), "{reason}");
    // A row that is changed after the decision is not what was decided.
    city.world.clock.advance(Ms::MINUTE);
    let mut tx = city.world.store.write(&Actor::system(), "specific_flow.update").await.unwrap();
    let row = tx.get(&SPECIFIC_FLOW, &flow).await.unwrap().set("to_end", "lg:10.2.0.6");
    tx.update(row).await.unwrap();
    tx.commit().await.unwrap();
    judge_due(&city.world.store, &city.objects).await.unwrap();
    assert_eq!(city.verdict(&ids[0]).await.0, "broken");
}

/// The other two zones of 7(3): the same network between インターネット系 and LGWAN系.
#[tokio::test]
async fn lgwan_zone_is_apart_and_internet_has_one_exit() {
    let city = City::new().await;
    let zones = ZONES.replace("\"JU\"", "\"IN\"").replace("マイナンバー利用事務系", "インターネット接続系");
    let ids = city.adopt(&["3.2.1", "3.3.3"]).await;
    let checks = ["lgwan_zone_is_apart", "internet_has_one_exit"];
    let states = async || {
        let mut states = Vec::new();
        for (id, check) in ids.iter().zip(checks) {
            states.push(city.verdict_of(id, check).await.0);
        }
        states
    };
    assert_eq!(states().await, ["unproven", "unproven"]);
    city.hand_in_between(&zones, CORE, &[]).await;
    assert_eq!(states().await, ["broken", "broken"]);
    let closed = CORE.replace(" permit ip host 10.1.0.5 host 10.2.0.5\n", "");
    let id = city.hand_in_between(&zones, &closed, &[]).await;
    city.confirm(&city.suzuki, &id, true).await.unwrap();
    assert_eq!(
        states().await,
        ["holds", "unproven"],
        "7(3)③ takes monitoring and the security cloud as well"
    );
    city.adopt(&["3.3.1", "3.3.2"]).await;
    assert_eq!(states().await, ["holds", "holds"]);
}

#[tokio::test]
async fn what_is_not_known_keeps_a_proof_from_counting() {
    let city = City::new().await;
    let ids = city.adopt(&["3.1.1", "3.1.6", "3.1.8"]).await;
    city.flow(true).await;
    let closed = CORE.replace(" permit ip host 10.1.0.5 host 10.2.0.5\n", "");
    let id = city.hand_in(&closed, &[]).await;
    city.confirm(&city.suzuki, &id, true).await.unwrap();
    assert_eq!(city.verdict(&ids[0]).await.0, "holds");
    // A month later the same proof is old: it counts from the reading, not from the upload.
    city.world.clock.advance(36 * Ms::DAY);
    let (state, reason) = city.verdict(&ids[0]).await;
    assert_eq!(state, "stale", "{reason}");
    // A neighbour that neither a device, a zone nor the register explains.
    let arp = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\nInternet  192.168.77.9     3   0011.2233.4455  ARPA   GigabitEthernet0/0/0\n";
    let id = city.hand_in(&closed, &[("core.arp.txt", arp)]).await;
    city.confirm(&city.suzuki, &id, true).await.unwrap();
    assert_eq!(city.verdict(&ids[0]).await.0, "unproven");
    // A station that no ARP line explains, in a VLAN of no configuration, until the register names its address.
    let arp = "Internet  10.1.0.9     3   0011.2233.4455  ARPA   GigabitEthernet0/0/0\n";
    let mac = " Vlan    Mac Address       Type        Ports\n  77    0011.2233.4455    DYNAMIC     Gi0/1\n  77    0011.2233.4466    DYNAMIC     Gi0/1\n";
    let id = city.hand_in(&closed, &[("core.arp.txt", arp), ("core.mac.txt", mac)]).await;
    let unexplained = || async {
        let result = city.world.db().network_result(&id).await.unwrap().unwrap();
        let judgement = open_judgement(&city.world.store, &city.objects, &result).await.unwrap();
        judgement.unexplained.into_iter().map(|d| d.text).collect::<Vec<_>>()
    };
    assert_eq!(unexplained().await, ["VLAN 77", "00:11:22:33:44:66"]);
    city.note_core("macs", "001122334466").await;
    assert_eq!(judge_due(&city.world.store, &city.objects).await.unwrap(), 1);
    assert_eq!(unexplained().await, ["VLAN 77"]);
    city.confirm(&city.suzuki, &id, true).await.unwrap();
    assert_eq!(city.verdict(&ids[0]).await.0, "unproven");
    // A sample that differs from the device.
    let id = city.hand_in(&closed, &[]).await;
    city.confirm(&city.suzuki, &id, false).await.unwrap();
    assert_eq!(city.verdict(&ids[0]).await.0, "unproven");
    // What was sealed can be opened again, without credentials.
    let result = city.world.db().network_result(&id).await.unwrap().unwrap();
    let judgement = open_judgement(&city.world.store, &city.objects, &result).await.unwrap();
    assert_eq!((judgement.missing.len(), judgement.unlisted.len(), judgement.zones.len()), (0, 0, 2));
    assert!(!judgement.certificates.is_empty());
    assert_eq!(city.chief.seats.len(), 1);
}

#[tokio::test]
async fn the_folder_is_emptied_and_nothing_is_lost() {
    let city = City::new().await;
    let folder: PathBuf = city.world.data.join("network-drop");
    assert_eq!(empty_folder(&city.world.store, &city.objects, &folder).await.unwrap(), 0);
    std::fs::create_dir_all(&folder).unwrap();
    // The clock of the test stands long before the files' times, so they are still on their way.
    std::fs::write(folder.join("a.zip"), b"PK\x03\x04cut").unwrap();
    assert_eq!(empty_folder(&city.world.store, &city.objects, &folder).await.unwrap(), 0);
    city.world.clock.advance(3_650 * Ms::DAY);
    assert_eq!(empty_folder(&city.world.store, &city.objects, &folder).await.unwrap(), 1);
    assert!(folder.join("refused/a.zip").exists());
    let said = std::fs::read_to_string(folder.join("refused/a.zip.理由.txt")).unwrap();
    assert!(said.contains("何も保存していません"), "{said}");
    assert!(city.world.db().newest_snapshot().await.unwrap().is_none());

    // A whole archive: filed under the time it names, judged, and moved to what is done.
    let files = [
        ("site/zones.toml", ZONES),
        ("site/devices/core.ios.txt", CORE),
        ("site/read_at.txt", "2026-11-20 09:30"),
        ("site/.DS_Store", "x"),
    ];
    std::fs::write(folder.join("b.ZIP"), archive(&files)).unwrap();
    city.world.clock.advance(Ms::MINUTE);
    assert_eq!(empty_folder(&city.world.store, &city.objects, &folder).await.unwrap(), 1);
    assert!(folder.join("done/b.ZIP").exists() && !folder.join("b.ZIP").exists());
    let filed = city.world.db().newest_snapshot().await.unwrap().unwrap();
    assert_eq!((filed.text("source"), filed.text("filed_by")), ("folder", ""));
    let read = filed.get("read_ms").and_then(sekisho_domain::noun::Value::int).unwrap();
    assert_eq!(Ms(read), Ms(1_795_134_600_000), "2026-11-20 09:30 in Japan");
    assert_eq!(judge_due(&city.world.store, &city.objects).await.unwrap(), 1);
    // The same archive again, as after a crash between filing and moving: not filed twice, and not lying about.
    std::fs::write(folder.join("b.ZIP"), archive(&files)).unwrap();
    assert_eq!(empty_folder(&city.world.store, &city.objects, &folder).await.unwrap(), 1);
    assert_eq!(city.world.db().newest_snapshot().await.unwrap().unwrap().id, filed.id);
    // One that says nothing of when it was read off has the times of its files.
    std::fs::write(folder.join("c.zip"), archive(&files[..2])).unwrap();
    assert_eq!(empty_folder(&city.world.store, &city.objects, &folder).await.unwrap(), 1);
    assert!(folder.join("done/c.zip").exists());
    assert_eq!(city.world.db().network_snapshots(10).await.unwrap().len(), 2);
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn the_same_reading_is_taken_in_once() {
    let city = City::new().await;
    let actor = Actor { person_id: city.sato.person_id.clone(), seat: "-".into() };
    let files = || vec![upload("zones.toml", ZONES), upload("core.ios.txt", CORE)];
    let source = Source::Manual { who: &city.sato, actor: &actor, note: None };
    let take = |read: Ms| take_in(&city.world.store, &city.objects, source, Some(read), files());
    take(START).await.unwrap();
    assert!(matches!(take(START).await, Err(TakeInError::Fault(Fault::Same))));
    assert!(matches!(take(START.plus(Ms::DAY)).await, Err(TakeInError::Fault(Fault::Future))));
    take(START.plus(-Ms::DAY)).await.unwrap();
    assert_eq!(judge_due(&city.world.store, &city.objects).await.unwrap(), 2, "each is judged once");
    assert_eq!(judge_due(&city.world.store, &city.objects).await.unwrap(), 0);
}
