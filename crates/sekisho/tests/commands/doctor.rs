//! `sekisho admin doctor` names the fault and the next step, and its bundle holds nothing that is not for others.

use std::os::unix::fs::PermissionsExt as _;

use crate::kit::{Place, Server, on_postgres, sekisho};

#[test]
fn the_doctor_names_the_fault_and_the_next_step() {
    let place = Place::new();
    let data = place.text("data");
    let said = sekisho(&["admin", "doctor", "--data", &data]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("× 設定") && said.out.contains("→"), "{}", said.out);

    drop(Server::start(&place.path("data"), &[]));
    let key = place.path("data/keys/ledger.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = sekisho(&["admin", "doctor", "--data", &data]);
    assert!(said.out.contains("× 鍵") && said.out.contains("chmod 600"), "{}", said.out);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();

    let said = sekisho(&["admin", "doctor", "--data", &data]);
    assert!(said.out.contains("○ 鍵") && said.out.contains("○ データベース"), "{}", said.out);
    assert!(said.out.contains("まだ一度も、監査人も立会人も"), "{}", said.out);
    assert!(said.out.contains("× 封印を外へ出す: 出す先がありません"), "{}", said.out);
    assert!(said.out.contains("○ 通知のメール: 送るのを待つメールは0通"), "{}", said.out);

    if on_postgres() {
        return;
    }
    std::fs::write(place.path("data/sekisho.db"), "this is no database at all, only words").unwrap();
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.path(&format!("data/sekisho.db{end}")));
    }
    let said = sekisho(&["admin", "doctor", "--data", &data]);
    assert!(said.out.contains("× データベース") && said.out.contains("admin restore"), "{}", said.out);
}

#[test]
fn the_bundle_holds_no_people_and_no_secrets() {
    let place = Place::new();
    let data = place.text("data");
    drop(Server::start(&place.path("data"), &[]));
    let bundle = place.text("bundle.txt");
    sekisho(&["admin", "doctor", "--data", &data, "--bundle", &bundle]);
    let text = std::fs::read_to_string(&bundle).unwrap();
    assert!(text.starts_with("sekisho ") && text.contains("証跡"), "{text}");
    let key = std::fs::read_to_string(place.path("data/keys/ledger.key")).unwrap();
    // PRIVATE+KEY+name+hash+base64, and base64 has plus signs of its own.
    let secret = key.trim().splitn(5, '+').last().unwrap();
    assert_eq!(secret.len(), 44, "the private key of the ledger has another form");
    for hidden in [secret, "導入担当", "さくら坂市", "postgres://"] {
        assert!(!text.contains(hidden), "{hidden} is in the bundle: {text}");
    }
}
