//! `sekisho admin`: backup, restore, upgrade, rollback, doctor. What an operator needs on a Monday at 8:30.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use age::x25519::Recipient;
use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use sekisho_domain::clock::Clock as _;
use sekisho_domain::date::{date_at, wareki};
use sekisho_domain::noun::Row;
use sekisho_domain::person::{BY_HAND, PERSON};
use sekisho_domain::position::{ASSIGNMENT, POSITION, ROLE_SEAT};
use sekisho_domain::section::SECTION;
use sekisho_store::Actor;

use crate::backup::{self, Copy, seal};
use crate::data::{Data, SystemClock, read_settings};
use crate::doctor;

/// The login name of the account that a new, empty installation starts with.
pub const FIRST_LOGIN: &str = "admin";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 動かしたまま、データベース・ファイル・鍵の写しを取る
    Backup {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
        /// 写しの置き場所(この中に日時の名前で作る)
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// 封をする: この鍵(age1…)を持つ人だけが開ける写しにする
        #[arg(long = "for", value_name = "age1…", value_parser = seal::recipient)]
        sealed_for: Option<Recipient>,
    },
    /// 写しに封をするための鍵を作る(鍵のファイルは、この機械の外に保管する)
    BackupKey {
        /// 鍵を書くファイル(まだ無いもの)
        file: PathBuf,
    },
    /// 写しから戻す。戻す先は新しい場所に限る
    Restore {
        /// 写しのディレクトリ
        backup: PathBuf,
        /// 戻す先(まだ無い場所)
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// PostgreSQL に戻すときの接続先(空のデータベース)
        #[arg(long, value_name = "URL")]
        database: Option<String>,
        /// 封をした写しを開ける鍵のファイル
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// 復元訓練: 写しを別の場所に戻して検証し、結果を記録する
    Drill {
        backup: PathBuf,
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
        /// PostgreSQL の訓練に使う空のデータベース(指定しないと作り、終わったら消す)
        #[arg(long, value_name = "URL")]
        database: Option<String>,
        /// 封をした写しを開ける鍵のファイル
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// プログラムを入れ替えた後に、写しを取ってからデータの形式を新しくする
    Upgrade {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
    },
    /// 直前の upgrade の前に戻す(今のデータは名前を変えて残す)
    Rollback {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
        /// PostgreSQL のとき、戻す先の空のデータベース(指定しないと作る。今のデータベースは残す)
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// 具合の悪いところと、次にすることを言う
    Doctor {
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
        /// 問合せ用の資料(個人情報と鍵を含まない)を書き出す
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
    },
    /// 廃棄の決裁があり、廃棄が済んだ台帳の行について、過去の内容を消す(元に戻せない。証跡の検証は続けられる)
    Erase {
        /// 廃棄の決裁の文書番号
        decision: String,
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
    },
    /// 一度だけ使えるパスワードを出す
    ResetPassword {
        login: String,
        #[arg(long, default_value = "data", value_name = "DIR")]
        data: PathBuf,
    },
}

pub async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Backup { data, to, sealed_for } => {
            let data = Data::open(&data).await?;
            let made = backup::make(&data, &to, sealed_for.as_ref()).await?;
            let sealed = if sealed_for.is_some() { "封をした写し" } else { "写し" };
            println!("{sealed}を取りました: {}", made.place.display());
            for path in made.left_out {
                println!(
                    "写しに入っていません(データの場所の外にあります。別に写しを取ってください): {}",
                    path.display()
                );
            }
        }
        Command::BackupKey { file } => {
            let public = seal::new_key(&file)?;
            println!("封を開ける鍵を作りました: {}", file.display());
            println!(
                "金庫など、この機械の外に保管し、この機械からは消してください。無くすと、封をした写しは誰にも開けられません。"
            );
            println!("写しを取るとき: sekisho admin backup --for {public} …");
        }
        Command::Restore { backup, data, database, key } => {
            let copy = Copy::read(&backup, key.as_deref(), &data)?;
            let report = backup::restore(copy.dir(), &data, database).await?;
            for line in sekisho_ledger::ja::lines(&report) {
                println!("{line}");
            }
            if !report.is_intact() {
                bail!(
                    "戻しましたが、証跡の検証で食い違いが見つかりました。使わずに、別の写しで試してください"
                );
            }
            if let Err(error) = backup::settings_work(&data) {
                println!("設定が名指すファイルを、先に元の場所に置いてください: {error:#}");
            }
            println!(
                "{} に戻しました。`sekisho serve --data {}` で始められます。",
                data.display(),
                data.display()
            );
        }
        Command::Drill { backup, data, database, key } => {
            let copy = Copy::read(&backup, key.as_deref(), &data)?;
            return drill(copy.dir(), &data, database).await;
        }
        Command::Upgrade { data } => upgrade(&data).await?,
        Command::Rollback { data, database } => rollback(&data, database)?,
        Command::Doctor { data, bundle } => return doctor::run(&data, bundle.as_deref()).await,
        Command::Erase { decision, data } => {
            let data = Data::open(&data).await?;
            let disposal = data.store.db.disposal_done(&decision).await?;
            let disposal = disposal.with_context(|| {
                format!("{decision} の決裁で済んだ廃棄がありません。画面「廃棄」で、廃棄を終えてから実行してください")
            })?;
            let mut tx = data.store.write(&Actor::system(), "row.erase").await?;
            let versions = tx.erase(&disposal).await?;
            tx.commit().await?;
            data.sequencer().await?.run_once().await?;
            println!("過去の {versions} 版の内容を消し、消したことを証跡に記録しました。");
            println!(
                "それより前に取った写しには残っています。写しの保存期間が過ぎたら、写しも消してください。"
            );
        }
        Command::ResetPassword { login, data } => {
            let data = Data::open(&data).await?;
            let password = crate::serve::one_time_password(&data.store, &login).await?;
            // A running server does not hear of another process's commit; what was written is sealed here.
            data.sequencer().await?.run_once().await?;
            println!("{login} の一度だけ使えるパスワード: {password}");
            println!("次のログインで、自分のパスワードと認証アプリを決めます。開いていた画面は閉じました。");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn drill(from: &Path, live: &Path, database: Option<String>) -> Result<ExitCode> {
    let data = Data::open(live).await?;
    let place = live.with_extension("drill");
    if place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    // A database of the drill's own, made for it unless one was given.
    let made = match (&data.settings.database, &database) {
        (Some(url), None) if backup::has_dump(from) => Some(backup::create_database(url, "drill")?),
        _ => None,
    };
    let mut outcome = backup::restore(from, &place, database.or_else(|| made.clone())).await;
    if outcome.is_ok()
        && let Err(error) = backup::settings_work(&place)
    {
        outcome = Err(error.context("戻した設定では始められません"));
    }
    if let (Some(url), Some(made)) = (&data.settings.database, &made) {
        backup::drop_database(url, made)?;
    }
    let ok = outcome.as_ref().is_ok_and(sekisho_ledger::VerifyReport::is_intact);
    let (size, root) = outcome.as_ref().map_or((0, String::new()), |r| (r.size, r.root.to_base64()));
    let now = data.store.clock.now();
    let mut tx = data.store.write(&Actor::system(), "restore.test").await?;
    let digest = backup::digest(from)?;
    tx.record_restore(now, &digest, i64::try_from(size)?, &root, ok).await?;
    tx.commit().await?;
    data.sequencer().await?.run_once().await?;
    std::fs::remove_dir_all(&place).ok();
    match (outcome, ok) {
        (_, true) => {
            println!("復元訓練に成功しました({}、証跡 {size}件)。結果を記録しました。", wareki(date_at(now)));
            Ok(ExitCode::SUCCESS)
        }
        (Ok(report), false) => {
            println!(
                "復元訓練に失敗しました: {}。結果を記録しました。",
                sekisho_ledger::ja::summary(&report)
            );
            Ok(ExitCode::from(1))
        }
        (Err(error), false) => {
            println!("復元訓練に失敗しました: {error:#}。結果を記録しました。");
            Ok(ExitCode::from(1))
        }
    }
}

/// Where `upgrade` keeps the copy that `rollback` goes back to.
fn before_upgrade(data: &Path) -> PathBuf {
    data.join("before-upgrade")
}

async fn upgrade(dir: &Path) -> Result<()> {
    let data = Data::open_any_schema(dir).await?;
    if !data.store.db.needs_migration().await? {
        println!("データの形式は最新です。何も変えていません。");
        return Ok(());
    }
    let keep = before_upgrade(dir);
    std::fs::create_dir_all(&keep)?;
    let copy = backup::make(&data, &keep, None).await?;
    println!("写しを取りました: {}", copy.place.display());
    data.store.db.migrate().await?;
    println!("データの形式を新しくしました。戻すときは `sekisho admin rollback --data {}`。", dir.display());
    Ok(())
}

fn rollback(dir: &Path, database: Option<String>) -> Result<()> {
    let keep = before_upgrade(dir);
    let mut copies: Vec<PathBuf> = std::fs::read_dir(&keep)
        .with_context(|| "戻せる写しがありません(upgrade の前の写しが残っていません)".to_owned())?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .collect();
    copies.sort();
    let newest = copies.pop().with_context(|| "戻せる写しがありません".to_owned())?;
    let aside = dir.with_extension(format!("rolled-back-{}", SystemClock.now().0));
    let restored = dir.with_extension("restoring");
    backup::unpack(&newest, &restored)?;
    if backup::has_dump(&newest) {
        // Into another database: what the newer program left is kept, as the directory is.
        let now = read_settings(dir)?.database;
        let url = match (database, &now) {
            (Some(url), _) => url,
            (None, Some(now)) => backup::create_database(now, "before")?,
            (None, None) => bail!("--database で、戻す先の空のデータベースを指定してください"),
        };
        backup::load_dump(&newest, &restored, url)?;
        println!("前のデータベースを別の名前で戻し、設定を書き換えました。今のデータベースは残っています。");
    }
    std::fs::rename(dir, &aside)?;
    std::fs::rename(&restored, dir)?;
    println!("{} の写しに戻しました。戻す前のデータは {} にあります。", newest.display(), aside.display());
    println!("プログラムも前の版に戻してから始めてください。");
    Ok(())
}

/// The account that a new city begins with: the secretariat, which then enters organisation and staff.
pub async fn first_account(data: &Data) -> Result<()> {
    let on = date_at(data.store.clock.now());
    let mut tx = data.store.write(&Actor::system(), "installation.begin").await?;
    let (unit, position, person) = (tx.new_id(), tx.new_id(), tx.new_id());
    let row = Row::new(&SECTION, tx.new_id())
        .set("unit_id", unit.as_str())
        .set("code", "00")
        .set("name", data.settings.city.as_str())
        .set("kind", "city")
        .set("managed", false)
        .set("sort_key", "00")
        .set("valid_from", on);
    tx.create_section(row).await?;
    let row = Row::new(&POSITION, &position)
        .set("code", "setup")
        .set("name", "導入担当")
        .set("rank", 90i64)
        .set("valid_from", on);
    tx.insert(row).await?;
    let row = Row::new(&PERSON, &person)
        .set("number", "setup")
        .set("name", "導入担当")
        .set("population", "staff")
        .set("source", BY_HAND[1])
        .set("joined_on", on);
    tx.create_person(row).await?;
    for role in ["secretariat", "system_administrator"] {
        let row = Row::new(&ROLE_SEAT, tx.new_id())
            .set("role", role)
            .set("position_id", position.as_str())
            .set("valid_from", on);
        tx.insert(row).await?;
    }
    let row = Row::new(&ASSIGNMENT, tx.new_id())
        .set("person_id", person.as_str())
        .set("position_id", position.as_str())
        .set("unit_id", unit.as_str())
        .set("kind", "main")
        .set("valid_from", on);
    tx.insert(row).await?;
    tx.create_account(&person, FIRST_LOGIN, true).await?;
    tx.load_catalogue(sekisho_catalogue::catalogue()).await?;
    Ok(tx.commit().await?)
}
