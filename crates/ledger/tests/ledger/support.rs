//! A small city: a database of rows and entries, a log on "disk", a keeper outside and two witnesses.
use sekisho_ledger::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const ORIGIN: &str = "city.example/log";
pub const START_MS: i64 = 1_790_000_000_000;
pub const MINUTE_MS: i64 = 60_000;

type Salt = [u8; 32];

#[derive(Clone, Debug, Default)]
pub struct Rows(pub BTreeMap<String, (i64, Option<(Salt, Value)>)>);

impl RowSource for Rows {
    fn covers(&self, noun: &str) -> bool {
        noun == "asset"
    }

    fn rows(&mut self) -> Result<RowIter<'_>> {
        Ok(Box::new(self.0.iter().map(|(id, (version, payload))| {
            let commitment = payload.as_ref().map(|(salt, value)| Commitment::to(salt, value)).transpose()?;
            Ok(CurrentRow { noun: "asset".into(), id: id.clone(), version: *version, commitment })
        })))
    }
}

#[derive(Debug)]
pub struct City {
    pub entries: Vec<Vec<u8>>,
    pub rows: Rows,
    pub disk: Arc<MemoryStorage>,
    pub signer_state: Arc<MemoryStorage>,
    pub witness_states: [Arc<MemoryStorage>; 2],
    pub kept: Vec<KeptCheckpoint>,
}

impl Clone for City {
    /// A snapshot of the machine; what lies outside (witnesses, kept copies) is shared, not copied.
    fn clone(&self) -> Self {
        City {
            entries: self.entries.clone(),
            rows: self.rows.clone(),
            disk: Arc::new(MemoryStorage::clone(&self.disk)),
            signer_state: Arc::new(MemoryStorage::clone(&self.signer_state)),
            witness_states: self.witness_states.clone(),
            kept: self.kept.clone(),
        }
    }
}

pub fn key() -> SigningKey {
    SigningKey::generate(ORIGIN, KeyKind::Log, &[5; 32]).unwrap()
}

pub fn witness_key(n: usize) -> SigningKey {
    let name = format!("witness.example/w{n}");
    SigningKey::generate(&name, KeyKind::Witness, &[100 + n as u8; 32]).unwrap()
}

/// Two witnesses, both needed.
pub fn policy() -> Policy {
    let witnesses = (0..2).map(|n| witness_key(n).public().clone()).collect();
    Policy::k_of_n(vec![key().public().clone()], 2, witnesses).unwrap()
}

pub fn entry(id: &str, version: i64, at_ms: i64, payload_commit: Commitment) -> Vec<u8> {
    let subject = Subject { id: id.into(), noun: "asset".into(), version };
    let (action, actor, seat) = ("asset.update".into(), "p-1".into(), "seat:ciso".into());
    let refs = vec![];
    Entry { action, actor, at_ms, batch_id: None, payload_commit, refs, seat, subject, v: ENTRY_FORMAT }
        .to_bytes()
        .unwrap()
}

impl City {
    pub fn new() -> City {
        let signer_state = Arc::<MemoryStorage>::default();
        Signer::create(key(), Box::new(signer_state.clone())).unwrap();
        City {
            entries: vec![],
            rows: Rows::default(),
            disk: Arc::default(),
            signer_state,
            witness_states: Default::default(),
            kept: vec![],
        }
    }

    /// Changes asset `id` and logs it, one minute after the last entry.
    pub fn change(&mut self, id: &str, what: &str) {
        self.change_at(id, what, START_MS + self.entries.len() as i64 * MINUTE_MS);
    }

    pub fn change_at(&mut self, id: &str, what: &str, at_ms: i64) {
        let version = self.rows.0.get(id).map_or(0, |row| row.0) + 1;
        let payload = json!({"schema": "asset/1", "name": what});
        let salt = [self.entries.len() as u8; 32];
        let commitment = Commitment::to(&salt, &payload).unwrap();
        self.entries.push(entry(id, version, at_ms, commitment));
        self.rows.0.insert(id.into(), (version, Some((salt, payload))));
    }

    /// `count` changes to seven assets.
    pub fn work(&mut self, count: usize, what: &str) {
        for _ in 0..count {
            let id = format!("a-{}", self.entries.len() % 7);
            self.change(&id, &format!("{what} {}", self.entries.len()));
        }
    }

    pub fn log(&self) -> Result<Log> {
        let signer = Signer::open(vec![key()], Box::new(self.signer_state.clone()))?;
        Log::open(Box::new(self.disk.clone()), signer)
    }

    /// Integrates what is in the database and publishes.
    pub fn publish(&mut self) -> SignedCheckpoint {
        let mut log = self.log().unwrap();
        log.append(&self.entries[log.size() as usize..]).unwrap();
        log.publish().unwrap().clone()
    }

    /// The audit office receives the present checkpoint.
    pub fn send_out(&mut self) {
        let note = self.log().unwrap().published().to_string().into_bytes();
        let received_ms = Some(START_MS + self.entries.len() as i64 * MINUTE_MS);
        self.kept.push(KeptCheckpoint { place: "監査事務局".into(), note, outside: true, received_ms });
    }

    /// Both witnesses are asked to cosign. `false` when one refuses.
    pub fn cosign(&mut self) -> bool {
        let mut log = self.log().unwrap();
        let mut cosigned = log.published().clone();
        for (n, state) in self.witness_states.iter().enumerate() {
            let witness = Witness::new(witness_key(n), log.public_keys(), Box::new(state.clone())).unwrap();
            let last = witness.last(ORIGIN).unwrap().map_or(0, |last| last.checkpoint.size);
            let Ok(request) = WitnessRequest::new(&log.tiles(), last, log.published().clone()) else {
                return false;
            };
            let now_s = START_MS / 1000 + self.entries.len() as i64 * 60;
            match witness.answer(request.to_string().as_bytes(), now_s as u64) {
                Ok(line) => cosigned.note.signatures.push(line),
                Err(_) => return false,
            }
        }
        log.keep_cosigned(cosigned).unwrap();
        true
    }

    /// Throws away the log and signs the present entries anew: what root with the key can do.
    pub fn resign(&mut self) {
        (self.disk, self.signer_state) = (Arc::default(), Arc::default());
        Signer::create(key(), Box::new(self.signer_state.clone())).unwrap();
        self.publish();
    }

    /// What the witnesses themselves remember: outside copies.
    pub fn witness_copies(&self) -> Vec<KeptCheckpoint> {
        let copies = self.witness_states.iter().enumerate().filter_map(|(n, state)| {
            let witness = Witness::new(witness_key(n), vec![key().public().clone()], Box::new(state.clone()));
            let note = witness.unwrap().last(ORIGIN).unwrap()?.to_string().into_bytes();
            Some(KeptCheckpoint { place: format!("立会人{n}"), note, outside: true, received_ms: None })
        });
        copies.collect()
    }

    pub fn verify_with(&mut self, policy: &Policy, kept: &[KeptCheckpoint]) -> VerifyReport {
        let checkpoint = self.disk.read(CHECKPOINT).unwrap().unwrap_or_default();
        let verification = Verification {
            policy,
            checkpoint: &checkpoint,
            entries: &mut self.entries,
            tiles: Some(&*self.disk),
            kept,
            rows: Some(&mut self.rows),
        };
        verification.run().unwrap()
    }

    pub fn verify(&mut self, kept: &[KeptCheckpoint]) -> VerifyReport {
        self.verify_with(&policy(), kept)
    }
}

/// 40 entries under a checkpoint that was sent out and cosigned, 10 more under the present head.
pub fn ordinary_city() -> City {
    let mut city = City::new();
    city.work(40, "work");
    city.publish();
    city.send_out();
    assert!(city.cosign());
    city.work(10, "work");
    city.publish();
    city
}
