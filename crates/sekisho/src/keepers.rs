//! 封印を外へ: once a day the newest checkpoint leaves, by itself, for places that the operator of this machine does not
//! rule: a folder (a share of the audit office, a USB stick), a mailbox, a witness (C2SP tlog-witness).
//!
//! That a checkpoint left is recorded; that somebody has it is for an auditor to say, or for a witness's signature. What
//! does not leave is asked for again every ten minutes, and stands on the page, in `doctor` and in a check until it does.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{date_at, start_of};
use sekisho_identity::HttpClient;
use sekisho_ledger::{DirStorage, SignedCheckpoint, Tiles, VerifierKey, WitnessRequest};
use sekisho_mail::{Letter, Relay};
use sekisho_store::keeper::{Cosigned, Keeper as State};
use sekisho_store::ledger::Sequencer;
use sekisho_store::{Actor, Store};

use crate::data::Data;

/// How often the list is looked at.
const EVERY_SECONDS: u64 = 60;
/// After a failure a keeper is asked again after this long.
const AGAIN_MS: i64 = 10 * Ms::MINUTE;

/// `[keepers]` in `sekisho.toml`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keepers {
    /// The hour from which the day's checkpoint leaves, in Japan.
    #[serde(default = "six")]
    pub hour: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folder: Vec<Folder>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mail: Vec<Mailbox>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witness: Vec<WitnessAt>,
}

/// A share or a stick that is mounted here.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// 監査委員事務局の共有
    pub name: String,
    /// Never made by us: a mount that is missing must not turn into a folder of this machine.
    pub path: PathBuf,
    /// The folder lies on the disk of the data after all (a folder that is itself copied away).
    #[serde(default)]
    pub same_disk: bool,
}

/// A mailbox, reached through the relay of `[mail]`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    pub name: String,
    pub to: String,
}

/// A witness that answers over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessAt {
    pub name: String,
    /// `http://witness.pref.lan:8090`, without `/add-checkpoint`.
    pub url: String,
    /// Its public key. Its signatures count once an auditor has compared the key (page 「証跡」).
    pub key: String,
    /// The authority that signed its certificate (PEM), relative to the data directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

fn six() -> u8 {
    6
}

impl Keepers {
    /// Where the demo city's checkpoints go.
    pub const DEMO_FOLDER: &str = "demo-keeper";

    pub(crate) fn demo() -> Keepers {
        let folder = Folder {
            name: "監査委員事務局の共有フォルダ（デモ）".to_owned(),
            path: Keepers::DEMO_FOLDER.into(),
            same_disk: true,
        };
        Keepers { hour: six(), folder: vec![folder], mail: Vec::new(), witness: Vec::new() }
    }
}

/// How a checkpoint leaves, ready to be used.
#[derive(Debug)]
enum Way {
    Folder(Folder),
    Mail { to: String },
    Witness { url: String, key: Box<VerifierKey>, http: Box<HttpClient> },
}

#[derive(Debug)]
struct Keeper {
    name: String,
    way: Way,
}

impl Keeper {
    fn code(&self) -> &'static str {
        match self.way {
            Way::Folder(_) => "folder",
            Way::Mail { .. } => "mail",
            Way::Witness { .. } => "witness",
        }
    }
}

/// Takes checkpoints to their keepers.
#[derive(Debug)]
pub struct Custody {
    store: Store,
    sequencer: Sequencer,
    dir: PathBuf,
    city: String,
    hour: i64,
    keepers: Vec<Keeper>,
    relay: Option<Relay>,
}

impl Custody {
    /// Reads the settings and makes them known to the pages. Asks nobody yet.
    pub async fn open(data: &Data, sequencer: Sequencer) -> Result<Custody> {
        let settings = data.settings.keepers.clone();
        let hour = settings.as_ref().map_or(0, |s| i64::from(s.hour.min(23)));
        let keepers = settings.map_or(Ok(Vec::new()), |s| ready(s, &data.dir));
        let keepers = keepers.context("sekisho.toml の [keepers] を確かめてください")?;
        let mut names = BTreeSet::new();
        if let Some(twice) = keepers.iter().find(|k| !names.insert(k.name.as_str())) {
            bail!("sekisho.toml の [keepers] に「{}」が二つあります", twice.name);
        }
        let relay = match (&data.settings.mail, keepers.iter().any(|k| matches!(k.way, Way::Mail { .. }))) {
            (_, false) => None,
            (Some(mail), true) => {
                Some(Relay::open(mail, &data.dir).map_err(|fault| anyhow::anyhow!(fault.ja()))?)
            }
            (None, true) => bail!("[keepers] がメールで出すには、sekisho.toml に [mail] も要ります"),
        };
        let named: Vec<(&str, &str)> = keepers.iter().map(|k| (k.name.as_str(), k.code())).collect();
        data.store.set_keepers(&named).await?;
        let (store, city, dir) = (data.store.clone(), data.settings.city.clone(), data.dir.clone());
        Ok(Custody { store, sequencer, dir, city, hour, keepers, relay })
    }

    /// Runs for as long as the portal does.
    pub async fn run(self) {
        while !self.keepers.is_empty() {
            if let Err(error) = self.round().await {
                tracing::error!(%error, "checkpoints could not be taken out; it will be tried again");
            }
            tokio::time::sleep(Duration::from_secs(EVERY_SECONDS)).await;
        }
    }

    /// Takes the newest checkpoint to every keeper that has not had today's.
    pub async fn round(&self) -> Result<()> {
        let states = self.store.db.keepers().await?;
        for keeper in &self.keepers {
            let state = states.iter().find(|s| s.name == keeper.name);
            if !state.is_none_or(|s| due(s, self.hour, self.store.clock.now())) {
                continue;
            }
            match self.hand_over(keeper).await {
                Ok(head) => {
                    let (size, root) =
                        (i64::try_from(head.checkpoint.size)?, head.checkpoint.root.to_base64());
                    let mut tx = self.store.write(&Actor::system(), "checkpoint.leave").await?;
                    tx.checkpoint_left(&keeper.name, keeper.code(), size, &root).await?;
                    tx.commit().await?;
                }
                Err(error) => {
                    tracing::error!(keeper = keeper.name, %error, "a checkpoint did not leave");
                    self.store.keeper_failed(&keeper.name, &format!("{error:#}")).await?;
                }
            }
        }
        Ok(())
    }

    async fn hand_over(&self, keeper: &Keeper) -> Result<SignedCheckpoint> {
        self.sequencer.run_once().await?;
        let head = SignedCheckpoint::parse(self.sequencer.checkpoint().as_bytes())?;
        match &keeper.way {
            Way::Folder(folder) => self.put(folder, &head).await?,
            Way::Mail { to } => self.post(to, &keeper.name, &head).await?,
            Way::Witness { url, key, http } => self.ask(url, key, http, &head).await?,
        }
        Ok(head)
    }

    /// Writes the checkpoint as a file of its own. What lies there already is compared with the log first: whoever put
    /// this machine back to an older state is found out here.
    async fn put(&self, folder: &Folder, head: &SignedCheckpoint) -> Result<()> {
        let place = self.dir.join(&folder.path);
        let there = std::fs::metadata(&place).ok().filter(std::fs::Metadata::is_dir);
        let there = there
            .with_context(|| format!("{} がありません(外れているか、つながっていません)", place.display()))?;
        if there.dev() == std::fs::metadata(&self.dir)?.dev() && !folder.same_disk {
            bail!(
                "{} はデータと同じディスクの上です。外にあるものをつなぐか、承知の上なら same_disk = true を書いてください",
                place.display()
            );
        }
        let stem = head.checkpoint.origin.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        if let Some(old) = newest(&place, &stem)? {
            let root = self.sequencer.root_at(old.checkpoint.size).await?;
            if root != Some(old.checkpoint.root.to_base64()) {
                bail!(
                    "{} にある {}件目までの封印と、ここの記録が一致しません。書き換えられたか、古い写しに戻されています",
                    place.display(),
                    old.checkpoint.size
                );
            }
        }
        let name = format!("{stem}-{:020}.checkpoint", head.checkpoint.size);
        write_durably(&place, &name, &head.to_string())
            .with_context(|| format!("{} に書けません", place.display()))
    }

    async fn post(&self, to: &str, name: &str, head: &SignedCheckpoint) -> Result<()> {
        let relay = self.relay.as_ref().context("[mail] がありません")?;
        let size = head.checkpoint.size;
        let subject = format!("証跡の封印 {size}件({})", self.city);
        let body = format!(
            "{}の関所の、今の封印です。このメールを消さずに残してください。\n\
             監査のときに、画面「証跡」に下の文を貼り付けると、この時までの記録が書き換えられていないかを確かめられます。\n\n{head}",
            self.city
        );
        let id = format!("checkpoint-{size}-{}", hex::encode(name.as_bytes()));
        let letter = Letter { id: &id, to, subject: &subject, body: &body };
        relay.send(letter).await.map_err(|fault| anyhow::anyhow!(fault.ja()))
    }

    /// Asks a witness to sign, from the tree that it has seen last: what we remember, or what it says itself.
    async fn ask(
        &self,
        url: &str,
        key: &VerifierKey,
        http: &HttpClient,
        head: &SignedCheckpoint,
    ) -> Result<()> {
        let mut old = self.store.db.cosigned_size(&key.to_string()).await?.unsigned_abs();
        for _ in 0..2 {
            if old > head.checkpoint.size {
                bail!(
                    "立会人は {old}件まで見ていますが、ここには {}件しかありません。古い写しに戻されています",
                    head.checkpoint.size
                );
            }
            let request = self.request(old, head)?;
            let address = format!("{}/add-checkpoint", url.trim_end_matches('/'));
            let (status, answer) = http.post(&address, request.to_string()).await?;
            match (status, answer.trim().parse::<u64>()) {
                (200, _) => {
                    let signed = request.accept(&answer, std::slice::from_ref(key))?;
                    return receive(&self.store, &self.dir, key, &signed).await;
                }
                (409, Ok(seen)) if seen != old => old = seen,
                _ => bail!("立会人が連署しませんでした({status}): {}", answer.trim()),
            }
        }
        bail!("立会人が見た件数が、聞くたびに変わります")
    }

    fn request(&self, old: u64, head: &SignedCheckpoint) -> Result<WitnessRequest> {
        let storage = DirStorage::open(self.dir.join("ledger"))?;
        let tiles = Tiles::new(&storage, head.checkpoint.size);
        Ok(WitnessRequest::new(&tiles, old, head.clone())?)
    }
}

/// Keeps a checkpoint that a witness signed: as a record, and as a file beside the log for `ledger verify`.
pub(crate) async fn receive(
    store: &Store,
    dir: &Path,
    key: &VerifierKey,
    signed: &SignedCheckpoint,
) -> Result<()> {
    let cosignature = sekisho_ledger::cosignatures(signed, [key])?.pop().context("連署がありません")?;
    let note = signed.to_string();
    let kept = dir.join("kept");
    std::fs::create_dir_all(&kept)?;
    let name = format!("{:020}-{:08x}.checkpoint", signed.checkpoint.size, key.id());
    write_durably(&kept, &name, &note)?;
    let mut tx = store.write(&Actor::system(), "checkpoint.cosign").await?;
    tx.keep_cosignature(Cosigned {
        key: &key.to_string(),
        size: i64::try_from(signed.checkpoint.size)?,
        root: &signed.checkpoint.root.to_base64(),
        signed_s: i64::try_from(cosignature.at_s)?,
        note: &note,
    })
    .await?;
    Ok(tx.commit().await?)
}

fn ready(settings: Keepers, dir: &Path) -> Result<Vec<Keeper>> {
    let mut all = Vec::new();
    for folder in settings.folder {
        all.push(Keeper { name: folder.name.clone(), way: Way::Folder(folder) });
    }
    for mailbox in settings.mail {
        all.push(Keeper { name: mailbox.name, way: Way::Mail { to: mailbox.to } });
    }
    for witness in settings.witness {
        let key = VerifierKey::parse(&witness.key)
            .with_context(|| format!("「{}」の公開鍵が読めません", witness.name))?;
        let ca = witness.ca.map(|path| dir.join(path));
        let http = HttpClient::open(ca.as_deref()).map_err(|e| anyhow::anyhow!(e.ja()))?;
        let way = Way::Witness { url: witness.url, key: Box::new(key), http: Box::new(http) };
        all.push(Keeper { name: witness.name, way });
    }
    Ok(all)
}

/// Whether a keeper should get a checkpoint now: today's hour has come since it got the last, and the last failure is
/// some time ago.
fn due(state: &State, hour: i64, now: Ms) -> bool {
    let today = start_of(date_at(now)).plus(hour * Ms::HOUR);
    let opened = if today <= now { today } else { today.plus(-Ms::DAY) };
    let has_it = state.left_ms.is_some_and(|at| at >= opened.0);
    let just_tried = state.tried_ms.is_some_and(|at| now.since(Ms(at)) < AGAIN_MS);
    !has_it && !just_tried
}

/// The largest checkpoint of this log that lies in a folder.
fn newest(place: &Path, stem: &str) -> Result<Option<SignedCheckpoint>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(place)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(&format!("{stem}-")) && name.ends_with(".checkpoint") {
            names.push(name);
        }
    }
    names.sort();
    let Some(name) = names.pop() else { return Ok(None) };
    let bytes = std::fs::read(place.join(&name))?;
    let signed = SignedCheckpoint::parse(&bytes);
    signed.map(Some).with_context(|| format!("{} が封印として読めません", place.join(name).display()))
}

/// A file is there whole or not at all, and stays when the stick is pulled.
fn write_durably(place: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let part = place.join(format!("{name}.part"));
    let mut file = std::fs::File::create(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&part, place.join(name))?;
    std::fs::File::open(place)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(left: Option<Ms>, tried: Option<Ms>) -> State {
        State {
            name: "監査".into(),
            way: "folder".into(),
            since_ms: 0,
            tried_ms: tried.map(|t| t.0),
            left_ms: left.map(|t| t.0),
            size: None,
            fault: None,
        }
    }

    #[test]
    fn once_a_day_from_the_hour_on_and_again_after_a_failure() {
        let six = start_of(jiff::civil::date(2026, 11, 23)).plus(6 * Ms::HOUR);
        assert!(due(&state(None, None), 6, six.plus(-1)), "a new keeper does not wait for the morning");
        let had = |at: Ms| state(Some(at), Some(at));
        assert!(!due(&had(six.plus(-Ms::HOUR)), 6, six.plus(-1)));
        assert!(due(&had(six.plus(-Ms::HOUR)), 6, six));
        assert!(!due(&had(six), 6, six.plus(Ms::DAY - 1)));
        assert!(due(&had(six), 6, six.plus(Ms::DAY)));
        let failed = state(Some(six.plus(-Ms::DAY)), Some(six));
        assert!(!due(&failed, 6, six.plus(AGAIN_MS - 1)));
        assert!(due(&failed, 6, six.plus(AGAIN_MS)));
    }
}
