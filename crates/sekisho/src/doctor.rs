//! `sekisho admin doctor`: looks at an installation from the outside and says, in plain Japanese, what is wrong
//! and what to do next. Changes nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use sekisho_domain::clock::{Clock as _, Ms};
use sekisho_domain::date::{date_at, wareki};
use sekisho_ledger::{DirStorage, SignedCheckpoint, Storage as _};
use sekisho_store::keeper::Keeper;

use crate::data::{Data, SystemClock, read_settings};

/// An entry that has waited this long for its seal means that nobody is sealing.
const SEAL_LATE_MS: i64 = 10 * Ms::MINUTE;
/// A checkpoint leaves once a day.
const LEAVE_LATE_MS: i64 = 36 * Ms::HOUR;
/// A mail that waits longer than this has not been taken for some time.
const MAIL_LATE_MS: i64 = Ms::HOUR;
/// Refusals older than this are no news.
const MAIL_REFUSED_MS: i64 = 14 * Ms::DAY;
/// Below this the disk is a danger to tomorrow's backup.
const FREE_BYTES_MIN: u64 = 1 << 30;

/// One thing that was looked at.
struct Finding {
    name: &'static str,
    /// `Ok`: what was seen. `Err`: what is wrong, and what to do.
    outcome: std::result::Result<String, (String, &'static str)>,
}

pub(crate) async fn run(dir: &Path, bundle: Option<&Path>) -> Result<ExitCode> {
    let findings = examine(dir).await;
    let mut report = String::new();
    for finding in &findings {
        match &finding.outcome {
            Ok(seen) => report.push_str(&format!("○ {}: {seen}\n", finding.name)),
            Err((wrong, next)) => report.push_str(&format!("× {}: {wrong}\n   → {next}\n", finding.name)),
        }
    }
    let faults = findings.iter().filter(|f| f.outcome.is_err()).count();
    print!("{report}");
    match faults {
        0 => println!("問題は見つかりませんでした。"),
        n => println!("{n}件の問題があります。上の → の順に直してください。"),
    }
    if let Some(path) = bundle {
        let about = format!("sekisho {}\n{report}", env!("CARGO_PKG_VERSION"));
        std::fs::write(path, about)?;
        println!("問合せ用の資料を {} に書き出しました(個人情報と鍵は含みません)。", path.display());
    }
    Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn examine(dir: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |name, outcome| findings.push(Finding { name, outcome });
    if let Err(error) = read_settings(dir) {
        add(
            "設定",
            Err((
                format!("{error:#}"),
                "--data の場所を確かめてください。初めてなら `sekisho serve` で始めます",
            )),
        );
        return findings;
    }
    add("設定", Ok(format!("{} を読めました", dir.join("sekisho.toml").display())));
    add("鍵", key(dir));
    add("空き容量", free_space(dir));
    add("PDF用の字体", font(dir));
    let data = match Data::open_any_schema(dir).await {
        Ok(data) => data,
        Err(error) => {
            let next = "データベースが動いているか、ファイルの持ち主が合っているかを確かめ、だめなら最新の写しから `sekisho admin restore` で戻します";
            add("データベース", Err((format!("{error:#}"), next)));
            return findings;
        }
    };
    add("データベース", Ok("開けました".to_owned()));
    match data.store.db.needs_migration().await {
        Ok(false) => add("データの形式", Ok("最新です".to_owned())),
        Ok(true) => {
            add(
                "データの形式",
                Err(("プログラムより古い形式です".to_owned(), "`sekisho admin upgrade` を実行してください")),
            );
            return findings;
        }
        Err(error) => {
            add("データの形式", Err((error.to_string(), "`sekisho admin upgrade` を実行してください")))
        }
    }
    add("証跡", sealed(&data, dir).await);
    add("封印を外へ出す", leaving(&data).await);
    add("外部に預けた封印", outside(&data).await);
    add("通知のメール", mails(&data).await);
    findings
}

fn key(dir: &Path) -> std::result::Result<String, (String, &'static str)> {
    let path = dir.join("keys/ledger.key");
    let mode = match std::fs::metadata(&path) {
        Ok(found) => found.permissions().mode() & 0o777,
        Err(error) => {
            return Err((
                format!("{} を読めません({error})", path.display()),
                "写しの keys/ から戻してください。鍵を作り直すと証跡が続きません",
            ));
        }
    };
    match mode & 0o077 {
        0 => Ok("持ち主だけが読めます".to_owned()),
        _ => Err((
            format!("{} をほかの人が読めます({mode:o})", path.display()),
            "`chmod 600` で持ち主だけにしてください",
        )),
    }
}

fn font(dir: &Path) -> std::result::Result<String, (String, &'static str)> {
    match crate::font::find(dir) {
        Some(font) => Ok(font.path.display().to_string()),
        None => Err((
            "日本語の字体がありません。PDFを作れません".to_owned(),
            "データの場所の fonts に字体(.otf/.ttf/.ttc)を置くか、fonts-noto-cjk を入れてください",
        )),
    }
}

fn free_space(dir: &Path) -> std::result::Result<String, (String, &'static str)> {
    let output = std::process::Command::new("df").args(["--output=avail", "-B1"]).arg(dir).output();
    let free = output.ok().and_then(|o| {
        String::from_utf8_lossy(&o.stdout).lines().nth(1).and_then(|l| l.trim().parse::<u64>().ok())
    });
    match free {
        Some(bytes) if bytes >= FREE_BYTES_MIN => Ok(format!("{} GB", bytes >> 30)),
        Some(bytes) => Err((
            format!("残り {} MB です", bytes >> 20),
            "古い写しを別の場所に移してください。無くなると記録ができなくなります",
        )),
        None => Ok("調べられませんでした(df がありません)".to_owned()),
    }
}

async fn sealed(data: &Data, dir: &Path) -> std::result::Result<String, (String, &'static str)> {
    const NEXT: &str =
        "`sekisho serve` が動いているか確かめ、`sekisho ledger verify` で食い違いを調べてください";
    let head = data.store.db.ledger_head().await.map_err(|e| (e.to_string(), NEXT))?;
    let published = DirStorage::open(dir.join("ledger"))
        .ok()
        .and_then(|s| s.read(sekisho_ledger::CHECKPOINT).ok().flatten())
        .and_then(|bytes| SignedCheckpoint::parse(&bytes).ok())
        .map_or(0, |c| c.checkpoint.size);
    if published > head.size.unsigned_abs() {
        return Err((
            format!(
                "封印は {published}件までありますが、データベースには {}件しかありません。古い写しに戻されています",
                head.size
            ),
            "このまま使わずに、いちばん新しい写しから戻してください",
        ));
    }
    let oldest = data.store.db.oldest_pending_ms().await.map_err(|e| (e.to_string(), NEXT))?;
    match oldest {
        Some(at) if SystemClock.now().since(Ms(at)) > SEAL_LATE_MS => {
            Err((format!("{}件が10分以上、封印を待っています", head.pending), NEXT))
        }
        _ => Ok(format!("{published}件を封印済み、{}件が記録中", head.pending)),
    }
}

/// Counts only: who the mails were for stays out of a report that is sent to others.
async fn mails(data: &Data) -> std::result::Result<String, (String, &'static str)> {
    const NEXT: &str = "中継サーバ(SMTP)が動いているかと、sekisho.toml の [mail] を確かめてください。届くまで送り直し続けます";
    const REFUSED: &str = "`journalctl -u sekisho` で断られた理由を見て、宛先の誤りなら「体制」の人の画面でメールアドレスを直してください。内容は「やること」に残っています";
    let now = SystemClock.now();
    let held =
        data.store.db.notices_held(now.plus(-MAIL_REFUSED_MS)).await.map_err(|e| (e.to_string(), NEXT))?;
    match held.since_ms {
        Some(at) if now.since(Ms(at)) > MAIL_LATE_MS => {
            Err((format!("{}通のうち、1時間以上送れずに残っているものがあります", held.waiting), NEXT))
        }
        _ if held.refused > 0 => Err((format!("この2週間に{}通が断られました", held.refused), REFUSED)),
        _ => Ok(format!("送るのを待つメールは{}通です", held.waiting)),
    }
}

/// Counts only: names and reasons stand on the page, and this report is sent to others.
async fn leaving(data: &Data) -> std::result::Result<String, (String, &'static str)> {
    const NEXT: &str =
        "画面「証跡」の「自動で出している先」に理由があります。つながるまで10分ごとに試し続けます";
    let keepers = data.store.db.keepers().await.map_err(|e| (e.to_string(), NEXT))?;
    if data.settings.keepers.is_none() || keepers.is_empty() {
        return Err((
            "出す先がありません".to_owned(),
            "sekisho.toml に [keepers] を書き(docs/operations.md)、`sekisho serve` を起動し直してください",
        ));
    }
    let now = SystemClock.now();
    let late = |k: &&Keeper| now.since(Ms(k.left_ms.unwrap_or(k.since_ms))) > LEAVE_LATE_MS;
    let (all, late, failing) = (
        keepers.len(),
        keepers.iter().filter(late).count(),
        keepers.iter().filter(|k| k.fault.is_some()).count(),
    );
    match (late, failing) {
        (0, 0) => Ok(format!("{all}か所に毎日出ています")),
        (0, failing) => Err((format!("{all}か所のうち{failing}か所に、直近の1回が出ませんでした"), NEXT)),
        (late, _) => Err((format!("{all}か所のうち{late}か所に、1日半より長く出ていません"), NEXT)),
    }
}

async fn outside(data: &Data) -> std::result::Result<String, (String, &'static str)> {
    const NEXT: &str =
        "監査人に、預かっている封印を画面「証跡」で突き合わせてもらうか、立会人に連署してもらってください";
    let today = date_at(SystemClock.now());
    let newest = data.store.db.outside_checkpoints(today, 1).await.map_err(|e| (e.to_string(), NEXT))?;
    match newest.first() {
        Some(kept) if SystemClock.now().since(Ms(kept.confirmed_ms)) <= 7 * Ms::DAY => {
            // Where is free text; this report is sent to others.
            let by = if kept.key.is_empty() { "監査人" } else { "立会人" };
            Ok(format!("{} に{by}が確認", wareki(date_at(Ms(kept.confirmed_ms)))))
        }
        Some(kept) => {
            Err((format!("最後の確認は {} です(7日より前)", wareki(date_at(Ms(kept.confirmed_ms)))), NEXT))
        }
        None => Err(("まだ一度も、監査人も立会人も確かめていません".to_owned(), NEXT)),
    }
}
