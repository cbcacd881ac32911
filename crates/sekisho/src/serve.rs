//! `sekisho serve`: the portal, and beside it the work that keeps the record current (`housekeeping.rs`).

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use sekisho_catalogue::demo::Scene;
use sekisho_domain::clock::{Clock as _, SetClock};
use sekisho_domain::date::date_at;
use sekisho_identity::Identity;
use sekisho_mail::Relay;
use sekisho_portal::{App, Config, Entrance, credential};
use sekisho_store::account::AccountRow;
use sekisho_store::{Actor, Store};

use crate::data::{Data, FORMAT, Settings, SystemClock, SystemEntropy};
use crate::keepers::{Custody, Keepers};
use crate::post::Post;
use crate::{demo, housekeeping};

/// Archives of network configurations that are put here, in the data directory, are taken in.
pub const DROP_FOLDER: &str = "network-drop";
/// The accounts of the demo city that a newcomer tries, by role code, in the order in which they are printed.
const DEMO_ROLES: [(&str, &str); 5] = [
    ("secretariat", "情報政策課(運用する人)"),
    ("ciso", "副市長 CISO(決裁する人)"),
    ("manager", "課長(情報セキュリティ管理者)"),
    ("section_staff", "課の担当者"),
    ("auditor", "監査人"),
];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// データの置き場所
    #[arg(long, default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
    /// 待ち受けるアドレスとポート
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR:PORT")]
    pub listen: SocketAddr,
    /// 管理用の画面(アカウントなど)だけを分けて出すアドレスとポート。指定すると、職員用の入口からは開けなくなる
    #[arg(long, value_name = "ADDR:PORT")]
    pub admin_listen: Option<SocketAddr>,
    /// 架空の市「さくら坂市」を作って始める(データが無いときだけ)
    #[arg(long)]
    pub demo: bool,
    /// デモの市の時期: first-week(導入1週目)又は one-year(1年後)
    #[arg(long, default_value = "one-year", value_name = "時期")]
    pub scene: String,
    /// PostgreSQL を使うときの接続先(postgres://…)。初回だけ指定
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// 市の名前(初回だけ)
    #[arg(long, default_value = "わが市", value_name = "名前")]
    pub city: String,
    /// TLS の証明書(PEM)
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// TLS の秘密鍵(PEM)
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
}

pub async fn run(args: Args) -> Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let fresh = !Data::exists(&args.data);
    if fresh {
        set_up(&args).await?;
    }
    let data = Data::open(&args.data).await?;
    let sequencer = data.sequencer().await?;
    tokio::spawn(housekeeping::seal(data.store.clone(), sequencer.clone()));
    tokio::spawn(housekeeping::keep(data.store.clone(), data.objects(), args.data.join(DROP_FOLDER)));
    tokio::spawn(Custody::open(&data, sequencer.clone()).await?.run());
    let sign_in = data.settings.sign_in.clone().unwrap_or_default();
    let said = |e: sekisho_identity::ConfigError| anyhow::anyhow!("sekisho.toml の [sign_in]: {}", e.ja());
    let identity = Identity::open(&sign_in, &data.dir).map_err(said)?;
    // Behind a proxy the browser's connection is what counts, not the proxy's to us.
    let (public_tls, host) = match sign_in.public_url.as_deref().and_then(|url| url.split_once("://")) {
        Some((scheme, host)) => (scheme == "https", Some(host.to_owned())),
        None => (false, None),
    };
    let config = Config {
        city: data.settings.city.clone(),
        tls: args.tls_cert.is_some() || public_tls,
        host,
        demand: Some(sign_in.demand()),
        step_up: sign_in.step_up_methods().map_err(said)?,
        font: crate::font::find(&args.data),
        notice: data.settings.demo.then(|| "架空の市のデモです。実在の市とは関係ありません。".to_owned()),
    };
    let app = App::new(data.store.clone(), config, data.objects(), sequencer).with_identity(identity);
    tokio::spawn(follow_directory(app.clone()));
    if let Some(mail) = &data.settings.mail {
        let relay = Relay::open(mail, &data.dir).map_err(|fault| anyhow::anyhow!(fault.ja()))?;
        let post = Post { store: data.store.clone(), relay, city: data.settings.city.clone() };
        tokio::spawn(post.run());
    }
    let doors = Doors::open(&args, app).await?;
    println!("関所({})  {}", data.settings.city, doors.address(0));
    if doors.listeners.len() > 1 {
        println!("管理用の入口  {}", doors.address(1));
    }
    if fresh {
        print_log_ins(&data).await?;
    } else {
        println!(
            "ログインできないときは: sekisho admin reset-password ログイン名 --data {}",
            args.data.display()
        );
    }
    doors.serve().await?;
    Ok(ExitCode::SUCCESS)
}

/// The sockets that are open and what answers on each.
struct Doors {
    listeners: Vec<(std::net::TcpListener, axum::Router)>,
    tls: Option<axum_server::tls_rustls::RustlsConfig>,
}

impl Doors {
    /// Opens every socket before anything is said, so that what is printed can be reached.
    async fn open(args: &Args, app: App) -> Result<Doors> {
        let mut listeners = Vec::new();
        let staff = if args.admin_listen.is_some() { Entrance::Staff } else { Entrance::Whole };
        let wanted = [(Some(args.listen), staff), (args.admin_listen, Entrance::Whole)];
        for (address, entrance) in wanted.into_iter().filter_map(|(a, e)| Some((a?, e))) {
            let listener = std::net::TcpListener::bind(address).with_context(|| {
                format!("{address} で待ち受けられません。ほかのプログラムが使っていないか確かめてください")
            })?;
            listeners.push((listener, sekisho_portal::router(app.clone(), entrance)));
        }
        Ok(Doors { listeners, tls: tls(args).await? })
    }

    fn address(&self, door: usize) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let address = self.listeners.get(door).and_then(|(l, _)| l.local_addr().ok());
        address.map_or_else(String::new, |a| format!("{scheme}://{a}/"))
    }

    /// Answers until the process is told to stop; requests under way then get a few seconds to finish.
    async fn serve(self) -> Result<()> {
        let handle = axum_server::Handle::new();
        tokio::spawn({
            let handle = handle.clone();
            async move {
                stop_signal().await;
                // Nothing acknowledged is lost either way.
                handle.graceful_shutdown(Some(Duration::from_secs(5)));
            }
        });
        let mut open = tokio::task::JoinSet::new();
        for (listener, router) in self.listeners {
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let handle = handle.clone();
            match self.tls.clone() {
                Some(tls) => {
                    let server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle);
                    open.spawn(server.serve(service))
                }
                None => open.spawn(axum_server::from_tcp(listener)?.handle(handle).serve(service)),
            };
        }
        while let Some(ended) = open.join_next().await {
            ended??;
        }
        Ok(())
    }
}

async fn tls(args: &Args) -> Result<Option<axum_server::tls_rustls::RustlsConfig>> {
    let (Some(cert), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let tls = axum_server::tls_rustls::RustlsConfig::from_pem_file(cert, key).await;
    tls.map(Some)
        .with_context(|| format!("TLS の証明書 {} か鍵 {} を読めません", cert.display(), key.display()))
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(interrupt.await),
    }
}

/// Reads the city's directory again and again, if it has one. While it cannot be read, the last reading counts,
/// and the account review says since when.
async fn follow_directory(app: App) {
    let Some(directory) = &app.identity.directory else { return };
    let every = Duration::from_secs(u64::from(directory.sync_minutes().max(1)) * 60);
    loop {
        match app.read_directory().await {
            Ok(applied) => tracing::info!(?applied, "the directory was read"),
            Err(error) => tracing::error!(%error, "the directory could not be read; the last reading counts"),
        }
        tokio::time::sleep(every).await;
    }
}

/// Makes a new data directory: the demo city, or an empty one with its first account.
async fn set_up(args: &Args) -> Result<()> {
    let city = if args.demo { "さくら坂市" } else { &args.city };
    let origin = if args.demo { "sekisho.example/sakurazaka" } else { "sekisho.local/inner" };
    let settings = Settings {
        format: FORMAT,
        city: city.to_owned(),
        origin: origin.to_owned(),
        database: args.database.clone(),
        demo: args.demo,
        sign_in: None,
        mail: None,
        keepers: args.demo.then(Keepers::demo),
    };
    let now = SystemClock.now();
    let clock = Arc::new(SetClock::at(now));
    // Made beside the final place and moved there when complete: an interrupted first start begins anew.
    let making = making(&args.data);
    if making.exists() {
        std::fs::remove_dir_all(&making)?;
    }
    std::fs::create_dir_all(&making).with_context(|| format!("{} を作れません", making.display()))?;
    let data = Data::create(&making, &settings, clock.clone()).await?;
    if args.demo {
        std::fs::create_dir_all(making.join(Keepers::DEMO_FOLDER))?;
        let scene = scene(&args.scene)?;
        let bar = indicatif::ProgressBar::new(0);
        bar.set_style(indicatif::ProgressStyle::with_template(
            "架空の市を作っています {bar:30} {pos}/{len}",
        )?);
        demo::replay(&data, &clock, scene, now, demo::Rounds::EveryDay, |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        })
        .await?;
        bar.finish_and_clear();
    } else {
        crate::admin::first_account(&data).await?;
    }
    data.store.db.close().await;
    std::fs::rename(&making, &args.data).with_context(|| format!("{} に置けません", args.data.display()))?;
    Ok(())
}

fn making(data: &Path) -> PathBuf {
    let name = data.file_name().unwrap_or_default().to_string_lossy().into_owned();
    data.with_file_name(format!("{name}.making"))
}

fn scene(name: &str) -> Result<Scene> {
    match name {
        "first-week" => Ok(Scene::FirstWeek),
        "one-year" => Ok(Scene::OneYearLater),
        other => anyhow::bail!("時期「{other}」はありません。first-week か one-year を指定してください"),
    }
}

/// One-time passwords for the people a newcomer tries first. Shown once, kept nowhere in the clear.
async fn print_log_ins(data: &Data) -> Result<()> {
    println!("最初のログイン(一度だけ使えるパスワード。次に自分のパスワードと認証アプリを決めます)");
    if !data.settings.demo {
        let password = one_time_password(&data.store, crate::admin::FIRST_LOGIN).await?;
        println!("  {:<14} {password}", crate::admin::FIRST_LOGIN);
        return Ok(());
    }
    let on = date_at(data.store.clock.now());
    let incumbents = data.store.db.incumbents(on).await?;
    let accounts = data.store.db.accounts("", 1_000).await?;
    let mut used = Vec::new();
    for (role, words) in DEMO_ROLES {
        // Somebody who is that and little else: a newcomer wants to see what one role sees.
        let roles_of = |account: &AccountRow| {
            let own = incumbents.iter().filter(|i| i.person_id.as_ref() == Some(&account.person_id));
            own.map(|i| &i.role).collect::<BTreeSet<_>>().len()
        };
        let holders = incumbents.iter().filter(|i| i.role == role).filter_map(|i| {
            let account = accounts.iter().find(|a| Some(&a.person_id) == i.person_id.as_ref())?;
            (!used.contains(&account.login)).then_some(account)
        });
        let found = holders.min_by_key(|account| roles_of(account));
        if let Some(account) = found {
            let password = one_time_password(&data.store, &account.login).await?;
            println!("  {:<14} {password}   {words} {}", account.login, account.name);
            used.push(account.login.clone());
        }
    }
    Ok(())
}

/// Gives an account a password that works once and must be replaced.
pub async fn one_time_password(store: &Store, login: &str) -> Result<String> {
    let accounts = store.db.accounts("", 10_000).await?;
    let account = accounts.iter().find(|a| a.login == login);
    let account = account.with_context(|| format!("ログイン名「{login}」のアカウントはありません"))?;
    let password = credential::one_time_password(&SystemEntropy);
    let hash = credential::hash_password(&password, &SystemEntropy).context("パスワードを保存できません")?;
    let mut tx = store.write(&Actor::system(), "credential.reset").await?;
    tx.set_credential(&account.account_id, "password", &hash, true).await?;
    tx.commit().await?;
    store.close_sessions_of(&account.account_id, "").await?;
    Ok(password)
}
