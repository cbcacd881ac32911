//! 外へ出る封印: where checkpoints go by themselves, how it went, and what witnesses sent back.

use sekisho_domain::assurance::{CHECKPOINT_COPY, COSIGNATURE, LEDGER_KEY, LEDGER_WITNESS};
use sekisho_domain::noun::Row;

use crate::error::Result;
use crate::{Db, Store, Tx};

sql! {
    const KEEPERS = "SELECT name, way, since_ms, tried_ms, left_ms, size, fault FROM keeper ORDER BY name";
    const ADD = "INSERT INTO keeper (name, way, since_ms) VALUES ($1, $2, $3)";
    const DROP = "DELETE FROM keeper WHERE name = $1";
    const FAILED = "UPDATE keeper SET tried_ms = $2, fault = $3 WHERE name = $1";
    const LEFT = "UPDATE keeper SET tried_ms = $2, left_ms = $2, size = $3, fault = NULL WHERE name = $1";
    const COSIGNED = "SELECT COALESCE(MAX(size), 0) AS size FROM cosignature WHERE key = $1";
    const SAME = "SELECT COUNT(*) AS number FROM cosignature WHERE key = $1 AND note = $2";
    const KEY_ID = "SELECT id FROM ledger_key WHERE key = $1";
    const WITNESSES = "SELECT w.id, w.key, w.name, w.place, w.confirmed_ms, w.ended_ms, p.name AS person,
            (SELECT MAX(c.signed_ms) FROM cosignature c WHERE c.key = w.key) AS signed_ms
        FROM ledger_witness w JOIN person p ON p.id = w.person_id ORDER BY w.confirmed_ms, w.id";
}

/// One of `[keepers]`, and how it went.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Keeper {
    pub name: String,
    pub way: String,
    pub since_ms: i64,
    pub tried_ms: Option<i64>,
    pub left_ms: Option<i64>,
    pub size: Option<i64>,
    /// Why the last attempt failed, as a sentence.
    pub fault: Option<String>,
}

/// A witness whose key an auditor has compared.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct WitnessLine {
    pub id: String,
    pub key: String,
    pub name: String,
    pub place: String,
    pub confirmed_ms: i64,
    pub ended_ms: Option<i64>,
    pub person: String,
    pub signed_ms: Option<i64>,
}

/// A checkpoint that a witness signed; the caller has verified the signature.
#[derive(Clone, Copy, Debug)]
pub struct Cosigned<'a> {
    /// The witness's key in text form.
    pub key: &'a str,
    pub size: i64,
    pub root: &'a str,
    /// By the witness's clock.
    pub signed_s: i64,
    /// The checkpoint with the witness's line.
    pub note: &'a str,
}

impl Db {
    pub async fn keepers(&self) -> Result<Vec<Keeper>> {
        self.fetch_all(KEEPERS, &[]).await
    }

    /// Size of the largest tree that this witness has signed, as far as we know; 0 when none.
    pub async fn cosigned_size(&self, key: &str) -> Result<i64> {
        let (size,): (i64,) = self.fetch_one(COSIGNED, &[key.into()]).await?;
        Ok(size)
    }

    pub async fn ledger_witnesses(&self) -> Result<Vec<WitnessLine>> {
        self.fetch_all(WITNESSES, &[]).await
    }
}

impl Store {
    /// Makes the table say what the settings say: `(name, way)` of every keeper.
    pub async fn set_keepers(&self, wanted: &[(&str, &str)]) -> Result<()> {
        let mut op = self.op().await?;
        let known: Vec<Keeper> = op.fetch_all(KEEPERS, &[]).await?;
        let stays = |k: &Keeper| wanted.iter().any(|(name, way)| *name == k.name && *way == k.way);
        for gone in known.iter().filter(|k| !stays(k)) {
            op.execute(DROP, &[gone.name.as_str().into()]).await?;
        }
        for (name, way) in wanted {
            if !known.iter().any(|k| k.name == *name && stays(k)) {
                op.execute(ADD, &[(*name).into(), (*way).into(), self.clock.now().into()]).await?;
            }
        }
        op.commit().await
    }

    /// A checkpoint did not leave; the sentence stands on the page and in `doctor` until one does.
    pub async fn keeper_failed(&self, name: &str, fault: &str) -> Result<()> {
        self.op_execute(FAILED, &[name.into(), self.clock.now().into(), fault.into()]).await.map(drop)
    }
}

impl Tx<'_> {
    /// The checkpoint of this size and root has left for a keeper.
    pub async fn checkpoint_left(&mut self, keeper: &str, way: &str, size: i64, root: &str) -> Result<()> {
        let row = Row::new(&CHECKPOINT_COPY, self.new_id())
            .set("keeper", keeper)
            .set("way", way)
            .set("size", size)
            .set("root", root)
            .set("left_ms", self.at());
        self.insert(row).await?;
        self.operational(LEFT, &[keeper.into(), self.at().into(), size.into()]).await.map(drop)
    }

    /// Keeps what a witness sent back. The same text is kept once.
    pub async fn keep_cosignature(&mut self, signed: Cosigned<'_>) -> Result<()> {
        let (same,): (i64,) =
            self.fetch_optional(SAME, &[signed.key.into(), signed.note.into()]).await?.unwrap_or((0,));
        if same > 0 {
            return Ok(());
        }
        let row = Row::new(&COSIGNATURE, self.new_id())
            .set("key", signed.key)
            .set("size", signed.size)
            .set("root", signed.root)
            .set("signed_ms", signed.signed_s.saturating_mul(1_000))
            .set("note", signed.note);
        self.insert(row).await
    }

    /// An auditor has compared a witness's key with the witness itself: from now on its signatures count.
    pub async fn confirm_witness(
        &mut self,
        key: &str,
        name: &str,
        place: &str,
        person_id: &str,
    ) -> Result<()> {
        self.must_be_outside(person_id).await?;
        let row = Row::new(&LEDGER_WITNESS, self.new_id())
            .set("key", key)
            .set("name", name)
            .set("place", place)
            .set("person_id", person_id)
            .set("confirmed_ms", self.at());
        self.insert(row).await
    }

    /// Its signatures no longer count.
    pub async fn end_witness(&mut self, id: &str, person_id: &str) -> Result<()> {
        self.must_be_outside(person_id).await?;
        let row = self.get(&LEDGER_WITNESS, id).await?;
        let at = self.at();
        self.update(row.set("ended_ms", at)).await
    }

    /// Notes in the log itself what becomes of one of its keys.
    pub async fn note_ledger_key(&mut self, key: &str, state: &str) -> Result<()> {
        let at = self.at();
        let known: Option<(String,)> = self.fetch_optional(KEY_ID, &[key.into()]).await?;
        match known {
            Some((id,)) => {
                let row = self.get(&LEDGER_KEY, &id).await?;
                self.update(row.set("state", state).set("since_ms", at)).await
            }
            None => {
                let row = Row::new(&LEDGER_KEY, self.new_id());
                self.insert(row.set("key", key).set("state", state).set("since_ms", at)).await
            }
        }
    }
}
