//! 証跡: what lifts the record above L0, and who can do it.

use crate::kit::{City, SINCE, START};
use axum::http::StatusCode;
use sekisho_domain::noun::Row;
use sekisho_domain::position::ROLE_SEAT;
use sekisho_ledger::{KeyKind, SignedCheckpoint, SigningKey, cosign};
use sekisho_store::Actor;
use sekisho_store::keeper::Cosigned;

/// Nothing that those who run the system can do alone lifts the record above L0.
#[tokio::test]
async fn an_auditor_s_copy_lifts_the_record_to_l1() {
    let city = City::new().await;
    city.app.sequencer.run_once().await.unwrap();
    let (runs, me) = (city.signed_in("secretariat").await, city.signed_in("auditor").await);
    let page = city.get(&me, "/ledger").await.ok().body;
    assert!(page.contains("L0"), "{page}");
    let note = city.app.sequencer.checkpoint();
    let copy = [("place", "金庫"), ("note", note.trim())];
    assert_eq!(city.post(&runs, "/ledger/outside", &copy).await.status, StatusCode::FORBIDDEN);
    let page = city.get(&runs, "/ledger").await.ok().body;
    assert!(page.contains("L0") && !page.contains("action=\"/ledger/outside\""), "{page}");
    let wrong =
        city.post(&me, "/ledger/outside", &[("place", "金庫"), ("note", "こんにちは")]).await.ok().body;
    assert!(wrong.contains("封印の文として読めません"));
    city.post(&me, "/ledger/outside", &copy).await.to("/ledger?done=confirmed");
    let page = city.get(&me, "/ledger").await.ok().body;
    assert!(page.contains("L1") && page.contains("金庫") && page.contains("監査人が確認"), "{page}");
    assert!(city.get(&me, "/").await.ok().body.contains("L1 外の控えと一致"));
    // What paper needs while the system stands still.
    let ciso = city.signed_in("ciso").await;
    let page = city.get(&ciso, "/summary").await.ok().body;
    assert!(page.contains("の照合値："), "{page}");
}

/// Whoever holds a seat of the audit and runs the system as well is told why that does not do.
#[tokio::test]
async fn an_auditor_who_runs_the_system_vouches_for_nothing() {
    let city = City::new().await;
    city.app.sequencer.run_once().await.unwrap();
    let mut tx = city.app.store.write(&Actor::system(), "role_seat.create").await.unwrap();
    let row = Row::new(&ROLE_SEAT, tx.new_id())
        .set("role", "secretariat")
        .set("position_id", "pos-auditor")
        .set("valid_from", SINCE);
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
    let me = city.signed_in("auditor").await;
    let note = city.app.sequencer.checkpoint();
    let page = city.post(&me, "/ledger/outside", &[("place", "金庫"), ("note", note.trim())]).await.ok().body;
    assert!(page.contains("L0") && page.contains("兼ねる人は"), "{page}");
}

/// A witness's signature counts once an auditor has compared its key, and no longer when it is ended.
#[tokio::test]
async fn a_witness_s_signature_counts_once_its_key_is_compared() {
    let city = City::new().await;
    city.app.sequencer.run_once().await.unwrap();
    let witness = SigningKey::generate("witness.pref.example/w", KeyKind::Witness, &[7; 32]).unwrap();
    let mut signed = SignedCheckpoint::parse(city.app.sequencer.checkpoint().as_bytes()).unwrap();
    let line = cosign(&signed, &witness, START.0.unsigned_abs() / 1_000).unwrap();
    signed.note.signatures.push(line);
    let mut tx = city.app.store.write(&Actor::system(), "checkpoint.cosign").await.unwrap();
    let (key, root) = (witness.public().to_string(), signed.checkpoint.root.to_base64());
    let cosigned = Cosigned {
        key: &key,
        size: i64::try_from(signed.checkpoint.size).unwrap(),
        root: &root,
        signed_s: START.0 / 1_000,
        note: &signed.to_string(),
    };
    tx.keep_cosignature(cosigned).await.unwrap();
    tx.commit().await.unwrap();
    let me = city.signed_in("auditor").await;
    assert!(city.get(&me, "/ledger").await.ok().body.contains("<strong>L0</strong>"));
    let fields = [("where", "県の情報政策課"), ("key", "こんにちは")];
    let page = city.post(&me, "/ledger/witnesses", &fields).await.ok().body;
    assert!(page.contains("公開鍵として読めません"), "{page}");
    let fields = [("where", "県の情報政策課"), ("key", key.as_str())];
    city.post(&me, "/ledger/witnesses", &fields).await.to("/ledger?done=witness");
    let page = city.get(&me, "/ledger").await.ok().body;
    assert!(page.contains("<strong>L1</strong>") && page.contains("立会人が連署"), "{page}");
    let at = page.find("action=\"/ledger/witnesses/").unwrap() + 8;
    let end = page[at..].split('"').next().unwrap();
    city.post(&me, end, &[]).await.to("/ledger?done=ended");
    assert!(city.get(&me, "/ledger").await.ok().body.contains("<strong>L0</strong>"));
}
