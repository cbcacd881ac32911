//! `sekisho ledger`: what an auditor and the keeper of an outside copy do with the log.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use sekisho_domain::clock::Clock as _;
use sekisho_ledger::{
    Body, Bundle, BundleEntries, DirStorage, KeptCheckpoint, Policy, SignedCheckpoint, SigningKey, Storage,
    Verification, VerifierKey, VerifyReport, Witness,
};
use sekisho_store::verify::Against;

use crate::data::{Data, SystemClock, SystemEntropy};

/// Exit code when something was altered, removed, reordered or forked.
const ALTERED: u8 = 1;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 証跡を全部計算し直し、データベースの中身と突き合わせる
    Verify {
        /// データの置き場所(データベースとも照合)
        #[arg(long, value_name = "DIR", conflicts_with = "tiles")]
        data: Option<PathBuf>,
        /// 渡された証跡だけのディレクトリ
        #[arg(value_name = "DIR")]
        tiles: Option<PathBuf>,
        /// 手元に控えてある封印(checkpoint)のファイル。何度でも指定できる
        #[arg(long, value_name = "FILE")]
        against: Vec<PathBuf>,
        /// 自分で控えた公開鍵(…+…+…)。指定しないと、その場にある鍵を使う
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// 自分で書いた、信頼する鍵の一覧(tlog-policy)。立会人の連署(L2)は、これを渡したときだけ数える
        #[arg(long, value_name = "FILE", conflicts_with = "key")]
        policy: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// 1件が証跡に入っていることの証明を出す
    Prove {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
        /// 証跡の番号
        index: u64,
    },
    /// 監査人に渡す一式(証跡・証明・本文・検証プログラム)を書き出す
    Export {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
        /// 最初の番号
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// 最後の番号の次(指定しないと最新まで)
        #[arg(long)]
        to: Option<u64>,
        /// 書き出し先(空のディレクトリ)
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// 今の封印を表示する(外部に預けるため)
    Checkpoint {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
    },
    /// 立会人: 市の外で封印を確かめ、連署する
    #[command(subcommand)]
    Witness(WitnessCommand),
    /// 証跡の署名の鍵を入れ替える
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// 次の鍵を作る。ここから引退まで、二つの鍵が一緒に署名する
    Rotate {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
    },
    /// 前の鍵を引退させる(預け先・立会人・監査人が次の鍵を控えてから)
    Retire {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum WitnessCommand {
    /// 立会人の鍵を作る
    Init {
        /// 立会人の名前(例: kansa.example/witness)
        name: String,
        /// 立会人の記録の置き場所
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
    },
    /// 市の側: 立会人に渡す依頼ファイルを作る
    Request {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
        /// 立会人が前回見た件数(初めてなら 0)
        #[arg(long, default_value_t = 0)]
        old: u64,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// 立会人の側: 依頼を確かめて連署する。前に見た封印とつながらなければ拒む
    Answer {
        request: PathBuf,
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        /// 市の公開鍵(自分で控えたもの)
        #[arg(long, value_name = "KEY")]
        log_key: String,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// 市の側: 返ってきた連署を受け取り、封印と一緒に保管する
    Accept {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
        /// 立会人に渡した依頼ファイル
        request: PathBuf,
        /// 立会人から返ってきたファイル
        answer: PathBuf,
        /// 立会人の公開鍵
        #[arg(long, value_name = "KEY")]
        witness_key: String,
    },
    /// 立会人の側: 庁内の網で依頼を受け付け続ける(HTTP、C2SP tlog-witness)
    Serve {
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        #[arg(long, value_name = "KEY")]
        log_key: String,
        #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDR:PORT")]
        listen: std::net::SocketAddr,
    },
}

pub async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Verify { data, tiles, against, key, policy, json } => {
            let kept = read_kept(&against)?;
            let own = own_policy(key.as_deref(), policy.as_deref())?;
            let report = match tiles {
                Some(tiles) => verify_tiles(&tiles, kept, own)?,
                None => verify_data(&data.unwrap_or_else(|| "data".into()), kept, own).await?,
            };
            Ok(show(&report, json))
        }
        Command::Prove { data, index } => {
            let data = Data::open(&data).await?;
            let storage = DirStorage::open(data.dir.join("ledger"))?;
            let head = head(&storage)?;
            let proof = sekisho_ledger::Tiles::new(&storage, head.checkpoint.size).inclusion(index)?;
            let proof = sekisho_ledger::ProofText::new(proof, head);
            print!("{proof}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Export { data, from, to, out } => export(&data, from, to, &out).await,
        Command::Checkpoint { data } => {
            let data = Data::open(&data).await?;
            let sequencer = data.sequencer().await?;
            sequencer.run_once().await?;
            print!("{}", sequencer.checkpoint());
            for key in sequencer.public_keys() {
                eprintln!("公開鍵(控えておくと、鍵のすり替えにも気づけます): {key}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Witness(command) => witness(command).await,
        Command::Key(command) => key(command).await,
    }
}

/// What the verifier believes: keys that came with the command. Keys that lie with the log are not the verifier's own.
fn own_policy(key: Option<&str>, file: Option<&Path>) -> Result<Option<Policy>> {
    match (key, file) {
        (Some(key), _) => Ok(Some(Policy::without_witnesses(vec![VerifierKey::parse(key)?]))),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path);
            let text = text.with_context(|| format!("{} を読めません", path.display()))?;
            let policy = Policy::parse(&text);
            Ok(Some(policy.with_context(|| format!("{} は鍵の一覧として読めません", path.display()))?))
        }
        (None, None) => Ok(None),
    }
}

async fn verify_data(dir: &Path, kept: Vec<KeptCheckpoint>, own: Option<Policy>) -> Result<VerifyReport> {
    let data = Data::open(dir).await?;
    let storage = DirStorage::open(dir.join("ledger"))?;
    let policy = match own {
        Some(policy) => policy,
        None => Policy::without_witnesses(sekisho_store::ledger::log_keys(dir)?),
    };
    let mut kept = kept;
    kept.extend(kept_beside(dir)?);
    let checkpoint = storage.read(sekisho_ledger::CHECKPOINT)?.unwrap_or_default();
    let against = Against { policy, checkpoint, kept };
    Ok(data.store.db.verify_ledger(against, Some(Arc::new(storage))).await?)
}

fn verify_tiles(dir: &Path, kept: Vec<KeptCheckpoint>, own: Option<Policy>) -> Result<VerifyReport> {
    let storage = DirStorage::open(dir)?;
    let checkpoint = storage.read(sekisho_ledger::CHECKPOINT)?.context("checkpoint がありません")?;
    let policy = match (own, storage.read("policy")?) {
        (Some(own), _) => own,
        // The log's keys as the city states them; its word on witnesses and how many suffice counts for nothing.
        (None, Some(text)) => {
            Policy::without_witnesses(Policy::parse(&String::from_utf8(text)?)?.logs().to_vec())
        }
        (None, None) => bail!("公開鍵が分かりません。--key で控えの公開鍵を指定してください"),
    };
    let mut kept = kept;
    kept.extend(kept_in(&dir.join("kept"))?);
    let size = SignedCheckpoint::parse(&checkpoint)?.checkpoint.size;
    let mut entries = BundleEntries::new(&storage, size);
    let verification = Verification {
        policy: &policy,
        checkpoint: &checkpoint,
        entries: &mut entries,
        tiles: Some(&storage),
        kept: &kept,
        rows: None,
    };
    Ok(verification.run()?)
}

fn show(report: &VerifyReport, json: bool) -> ExitCode {
    if json {
        let first_bad = report
            .first_bad
            .as_ref()
            .map(|f| serde_json::json!({ "index": f.index, "kind": f.kind.code(), "detail": f.detail }));
        let value = serde_json::json!({
            "origin": report.origin, "size": report.size, "root": report.root.to_base64(),
            "level": format!("{:?}", report.level), "pending": report.pending, "rows": report.rows,
            "intact": report.is_intact(), "first_bad": first_bad, "warnings": report.warnings_count,
            "agreeing": report.agreeing, "cosigners": report.cosigners,
        });
        println!("{value}");
    } else {
        for line in sekisho_ledger::ja::lines(report) {
            println!("{line}");
        }
    }
    if report.is_intact() { ExitCode::SUCCESS } else { ExitCode::from(ALTERED) }
}

fn read_kept(files: &[PathBuf]) -> Result<Vec<KeptCheckpoint>> {
    files
        .iter()
        .map(|path| {
            let note = std::fs::read(path).with_context(|| format!("{} を読めません", path.display()))?;
            Ok(KeptCheckpoint { place: path.display().to_string(), note, outside: true, received_ms: None })
        })
        .collect()
}

/// Checkpoints that came back from witnesses and lie beside the log: they count when cosigned.
fn kept_beside(dir: &Path) -> Result<Vec<KeptCheckpoint>> {
    kept_in(&dir.join("kept"))
}

fn kept_in(dir: &Path) -> Result<Vec<KeptCheckpoint>> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Ok(Vec::new()) };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.is_file() && path.extension().is_none_or(|e| e == "checkpoint"));
    paths.sort();
    let read = |path: PathBuf| {
        let note = std::fs::read(&path)?;
        Ok(KeptCheckpoint { place: path.display().to_string(), note, outside: false, received_ms: None })
    };
    paths.into_iter().map(read).collect()
}

fn head(storage: &dyn Storage) -> Result<SignedCheckpoint> {
    let bytes = storage.read(sekisho_ledger::CHECKPOINT)?.context("封印がまだありません")?;
    Ok(SignedCheckpoint::parse(&bytes)?)
}

async fn export(dir: &Path, from: u64, to: Option<u64>, out: &Path) -> Result<ExitCode> {
    let data = Data::open(dir).await?;
    data.sequencer().await?.run_once().await?;
    let source = DirStorage::open(dir.join("ledger"))?;
    let head = head(&source)?;
    let range = from..to.unwrap_or(head.checkpoint.size);
    let bodies = data.store.db.ledger_payloads(signed(&range)?).await?;
    let bodies = bodies.into_iter().map(|(index, salt, payload)| {
        let salt = hex::decode(salt).ok().and_then(|s| s.try_into().ok());
        let salt = salt.ok_or_else(|| sekisho_ledger::Error::BadEntry("salt".into()))?;
        let payload =
            serde_json::from_str(&payload).map_err(|e| sekisho_ledger::Error::BadEntry(e.to_string()))?;
        Ok(Body { index: index.unsigned_abs(), salt, payload })
    });
    let policy = stated_policy(&data, dir).await?;
    let kept = kept_beside(dir)?;
    std::fs::create_dir_all(out)?;
    let target = DirStorage::open(out)?;
    let bundle = Bundle { source: &source, head: &head, range, policy: &policy, kept: &kept };
    let summary = bundle.write(bodies, &target)?;
    println!(
        "{} に証跡 {}件(本文 {}件)を書き出しました。監査人は中の README.txt の手順で、この仕組みを使わずに検証できます。",
        out.display(),
        summary.entries,
        summary.bodies
    );
    Ok(ExitCode::SUCCESS)
}

/// The keys as the city states them. Which witnesses suffice is for the auditor to say, so the quorum stays open.
async fn stated_policy(data: &Data, dir: &Path) -> Result<String> {
    let mut text =
        "# 市が言うとおりの鍵です。監査人は、自分で控えた鍵で同じ形の一覧を作ってください。\n".to_owned();
    for key in sekisho_store::ledger::log_keys(dir)? {
        text += &format!("log {key}\n");
    }
    let witnesses = data.store.db.ledger_witnesses().await?;
    for (number, witness) in (1..).zip(witnesses.iter().filter(|w| w.ended_ms.is_none())) {
        text += &format!("witness w{number} {}\n", witness.key);
    }
    Ok(text + "quorum none\n")
}

fn signed(range: &Range<u64>) -> Result<Range<i64>> {
    Ok(i64::try_from(range.start)?..i64::try_from(range.end)?)
}

async fn key(command: KeyCommand) -> Result<ExitCode> {
    match command {
        KeyCommand::Rotate { data } => {
            let data = Data::open(&data).await?;
            let old = sekisho_store::ledger::log_keys(&data.dir)?;
            if old.len() > 1 {
                bail!("入替えの途中です。`sekisho ledger key retire` で前の鍵を引退させてから始めてください");
            }
            let new =
                sekisho_store::ledger::begin_rotation(&data.dir, &data.settings.origin, &SystemEntropy)?;
            note_keys(&data, &[(&old[0], "alone"), (&new, "following")], "ledger.key.rotate").await?;
            println!("次の公開鍵: {new}");
            println!(
                "今の封印から、前の鍵と次の鍵の両方が署名します。`sekisho serve` を起動し直してください。"
            );
            println!(
                "この公開鍵を、封印の預け先・立会人・監査人に渡してください。全員が控えたら `sekisho ledger key retire` です。"
            );
        }
        KeyCommand::Retire { data } => {
            let data = Data::open(&data).await?;
            let [old, new] = &sekisho_store::ledger::log_keys(&data.dir)?[..] else {
                bail!("入替えの途中ではありません。`sekisho ledger key rotate` から始めてください");
            };
            sekisho_store::ledger::finish_rotation(&data.dir).map_err(|error| match error {
                sekisho_store::StoreError::IllegalMove(_) => anyhow::anyhow!(
                    "最後の封印に次の鍵の署名がありません。`sekisho serve` を起動し直してから、もう一度実行してください"
                ),
                other => other.into(),
            })?;
            note_keys(&data, &[(old, "retired"), (new, "alone")], "ledger.key.retire").await?;
            println!("前の鍵を引退させました。`sekisho serve` を起動し直してください。");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes into the log what becomes of its keys, and publishes a checkpoint that the keys of now sign.
async fn note_keys(data: &Data, keys: &[(&VerifierKey, &str)], action: &'static str) -> Result<()> {
    let mut tx = data.store.write(&sekisho_store::Actor::system(), action).await?;
    for (key, state) in keys {
        tx.note_ledger_key(&key.to_string(), state).await?;
    }
    tx.commit().await?;
    data.sequencer().await?.run_once().await?;
    Ok(())
}

async fn witness(command: WitnessCommand) -> Result<ExitCode> {
    use sekisho_domain::clock::Entropy as _;
    match command {
        WitnessCommand::Init { name, state } => {
            std::fs::create_dir_all(&state)?;
            let mut seed = [0u8; 32];
            SystemEntropy.fill(&mut seed);
            let key = SigningKey::generate(&name, sekisho_ledger::KeyKind::Witness, &seed)?;
            key.save(&state.join("witness.key"))?;
            println!("立会人の公開鍵(市に渡してください): {}", key.public());
        }
        WitnessCommand::Request { data, old, out } => {
            let data = Data::open(&data).await?;
            data.sequencer().await?.run_once().await?;
            let storage = DirStorage::open(data.dir.join("ledger"))?;
            let head = head(&storage)?;
            let tiles = sekisho_ledger::Tiles::new(&storage, head.checkpoint.size);
            let request = sekisho_ledger::WitnessRequest::new(&tiles, old, head)?;
            std::fs::write(&out, request.to_string())?;
            println!("{} を立会人に渡してください。", out.display());
        }
        WitnessCommand::Answer { request, state, log_key, out } => {
            match open_witness(&state, &log_key)?.answer(&std::fs::read(&request)?, now_s()) {
                Ok(signature) => {
                    std::fs::write(&out, format!("{signature}\n"))?;
                    println!("連署しました。{} を市に返してください。", out.display());
                }
                Err(refusal) => {
                    eprintln!("{}", sekisho_ledger::ja::refusal(&refusal));
                    return Ok(ExitCode::from(ALTERED));
                }
            }
        }
        WitnessCommand::Accept { data, request, answer, witness_key } => {
            let key = VerifierKey::parse(&witness_key)?;
            let request = sekisho_ledger::WitnessRequest::parse(&std::fs::read(&request)?)?;
            let cosigned = request.accept(&std::fs::read_to_string(&answer)?, std::slice::from_ref(&key))?;
            let data = Data::open(&data).await?;
            crate::keepers::receive(&data.store, &data.dir, &key, &cosigned).await?;
            data.sequencer().await?.run_once().await?;
            println!("{} の連署({}件まで)を保管しました。", key.name(), cosigned.checkpoint.size);
            println!("監査人が画面「証跡」でこの立会人の鍵を確かめると、外の確認として数えます。");
        }
        WitnessCommand::Serve { state, log_key, listen } => {
            let witness = Arc::new(open_witness(&state, &log_key)?);
            // Opened before it is said, so that what is printed can be reached.
            let listener = tokio::net::TcpListener::bind(listen).await?;
            println!("立会人 {}  http://{}/add-checkpoint", witness.public(), listener.local_addr()?);
            let answer = move |body: axum::body::Bytes| async move {
                let answered = tokio::task::spawn_blocking(move || witness.answer(&body, now_s())).await;
                match answered {
                    Ok(Ok(signature)) => (axum::http::StatusCode::OK, format!("{signature}\n")),
                    // C2SP tlog-witness: the body says from which size to prove.
                    Ok(Err(sekisho_ledger::Refusal::Conflict { cosigned })) => {
                        (axum::http::StatusCode::CONFLICT, format!("{cosigned}\n"))
                    }
                    Ok(Err(refusal)) => {
                        let status = axum::http::StatusCode::from_u16(refusal.http_status());
                        (
                            status.unwrap_or(axum::http::StatusCode::FORBIDDEN),
                            sekisho_ledger::ja::refusal(&refusal),
                        )
                    }
                    Err(_) => {
                        (axum::http::StatusCode::INTERNAL_SERVER_ERROR, "連署できませんでした。".to_owned())
                    }
                }
            };
            let router = axum::Router::new()
                .route("/add-checkpoint", axum::routing::post(answer))
                .layer(axum::extract::DefaultBodyLimit::max(sekisho_ledger::limits::MAX_NOTE_BYTES));
            axum::serve(listener, router).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn open_witness(state: &Path, log_key: &str) -> Result<Witness> {
    let key = SigningKey::load(&state.join("witness.key"))?;
    let seen = DirStorage::open(state.join("seen"))?;
    Ok(Witness::new(key, vec![VerifierKey::parse(log_key)?], Box::new(seen))?)
}

fn now_s() -> u64 {
    SystemClock.now().0.unsigned_abs() / 1_000
}
