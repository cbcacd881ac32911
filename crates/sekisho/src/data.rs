//! The data directory: everything an installation owns lies under it.
//!
//! ```text
//! sekisho.toml        city, origin, format; [sign_in], [mail] and [keepers] are the operator's
//! sekisho.db          SQLite database               (absent with PostgreSQL)
//! keys/ledger.key     the log's key, 0600           keys/ledger/  the signer's memory
//! ledger/             tiles and checkpoint          kept/         checkpoints that others hold
//! objects/            sealed files
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use sekisho_domain::clock::{Clock, Entropy, Ms};
use sekisho_identity::SignIn;
use sekisho_store::ledger::Sequencer;
use sekisho_store::object::Objects;
use sekisho_store::{Db, Store};

use crate::keepers::Keepers;

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Ms {
        #[expect(clippy::disallowed_methods, reason = "this is where the real clock enters")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Ms(since.map(|d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)).unwrap_or(0))
    }
}

/// The operating system's generator.
#[derive(Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is where real randomness enters")]
        let filled = getrandom::fill(bytes);
        #[expect(clippy::expect_used, reason = "without randomness no key may be made")]
        filled.expect("the operating system gives random bytes");
    }
}

/// The directory's format; a newer one is not opened by an older program.
pub const FORMAT: i64 = 1;

/// What `sekisho.toml` says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub format: i64,
    /// さくら坂市
    pub city: String,
    /// The log's name, as it stands on every checkpoint.
    pub origin: String,
    /// `postgres://…`, or absent for SQLite in the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    #[serde(default)]
    pub demo: bool,
    /// Who vouches for people: directory, OpenID provider, card reader (docs/operations.md).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignIn>,
    /// The relay that takes notices (docs/operations.md). Absent: none are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<sekisho_mail::RelayConfig>,
    /// Where checkpoints of the ledger go by themselves (docs/operations.md).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keepers: Option<Keepers>,
}

/// An opened data directory.
#[derive(Clone, Debug)]
pub struct Data {
    pub dir: PathBuf,
    pub settings: Settings,
    pub store: Store,
}

impl Data {
    /// Whether a directory has been set up.
    pub fn exists(dir: &Path) -> bool {
        dir.join("sekisho.toml").exists()
    }

    /// Sets up a directory: keys, an empty database, and last of all the settings file that says it is complete.
    pub async fn create(dir: &Path, settings: &Settings, clock: Arc<dyn Clock>) -> Result<Data> {
        if Data::exists(dir) {
            bail!("{} にはすでにデータがあります", dir.display());
        }
        for sub in ["keys", "kept", "objects"] {
            let path = dir.join(sub);
            std::fs::create_dir_all(&path).with_context(|| format!("{} を作れません", path.display()))?;
        }
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        if !dir.join("keys/ledger.key").exists() {
            sekisho_store::ledger::create_log(dir, &settings.origin, &*entropy)?;
        }
        let db = open_database(dir, settings).await?;
        db.migrate().await?;
        write_settings(dir, settings)?;
        Ok(Data { dir: dir.to_owned(), settings: settings.clone(), store: Store::new(db, clock, entropy) })
    }

    /// Opens a directory with the real clock. An older schema is not changed behind the operator's back.
    pub async fn open(dir: &Path) -> Result<Data> {
        let data = Data::open_any_schema(dir).await?;
        if data.store.db.needs_migration().await? {
            bail!(
                "データの形式がプログラムより古いです。`sekisho admin upgrade --data {}` を実行してください",
                dir.display()
            );
        }
        Ok(data)
    }

    /// Opens a directory whose database may be of an older program: for `upgrade` and `doctor`.
    pub async fn open_any_schema(dir: &Path) -> Result<Data> {
        let settings = read_settings(dir)?;
        let db = open_database(dir, &settings).await?;
        let store = Store::new(db, Arc::new(SystemClock), Arc::new(SystemEntropy));
        Ok(Data { dir: dir.to_owned(), settings, store })
    }

    pub async fn sequencer(&self) -> Result<Sequencer> {
        Ok(Sequencer::open(&self.store, &self.dir).await?)
    }

    pub fn objects(&self) -> Objects {
        Objects::at(self.dir.join("objects"))
    }
}

async fn open_database(dir: &Path, settings: &Settings) -> Result<Db> {
    match &settings.database {
        Some(url) => Db::postgres(url).await.with_context(|| "PostgreSQL に接続できません".to_owned()),
        None => {
            let path = dir.join("sekisho.db");
            Db::sqlite(&path).await.with_context(|| format!("{} を開けません", path.display()))
        }
    }
}

pub fn read_settings(dir: &Path) -> Result<Settings> {
    let path = dir.join("sekisho.toml");
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!("{} が読めません。初めてなら `sekisho serve --demo` で始められます", path.display())
    })?;
    let settings: Settings =
        toml::from_str(&text).with_context(|| format!("{} の書き方に誤りがあります", path.display()))?;
    if settings.format > FORMAT {
        bail!("このデータは新しい版の関所で作られています。プログラムを新しい版に入れ替えてください");
    }
    Ok(settings)
}

pub fn write_settings(dir: &Path, settings: &Settings) -> Result<()> {
    let text = toml::to_string(settings)?;
    let (part, path) = (dir.join("sekisho.toml.part"), dir.join("sekisho.toml"));
    std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, &path))?;
    Ok(())
}
