//! One binary for everything. Each verb is a file; what they share is the data directory (`data.rs`).

use std::process::ExitCode;

use clap::Parser;

/// 関所 — 情報セキュリティポリシーを動かす
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, disable_help_subcommand = true)]
enum Cli {
    /// 画面を出す(初めてなら --demo で架空の市を試せます)
    Serve(sekisho::serve::Args),
    /// ファイルを無害化する
    Disarm(sekisho_disarm_cli::Args),
    /// 領域の分離を、機器の設定から証明・反証する
    Network(sekisho_netproof_cli::NetworkArgs),
    /// 方針の文書を読み取る
    #[command(subcommand)]
    Policy(sekisho::policy::Command),
    /// 証跡を確かめる・渡す
    #[command(subcommand)]
    Ledger(sekisho::ledger::Command),
    /// バックアップ・復元・点検
    #[command(subcommand)]
    Admin(sekisho::admin::Command),
}

fn main() -> ExitCode {
    // The worker that opens one hostile file drops its rights before anything else is set up.
    if std::env::args_os().nth(1).is_some_and(|verb| verb == sekisho_disarm_cli::WORKER_VERB) {
        return ExitCode::from(sekisho_disarm_cli::worker());
    }
    match Cli::parse() {
        Cli::Disarm(args) => ExitCode::from(sekisho_disarm_cli::execute(&args)),
        Cli::Network(args) => {
            let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
            #[expect(clippy::disallowed_methods, reason = "this is where the real date enters")]
            let today = sekisho_netproof_cli::today(jiff::Timestamp::now());
            ExitCode::from(sekisho_netproof_cli::execute(&args, &today, &mut out, &mut err))
        }
        Cli::Serve(args) => in_runtime(sekisho::serve::run(args)),
        Cli::Policy(command) => in_runtime(async { sekisho::policy::run(command) }),
        Cli::Ledger(command) => in_runtime(sekisho::ledger::run(command)),
        Cli::Admin(command) => in_runtime(sekisho::admin::run(command)),
    }
}

/// Runs a verb that talks to a database.
fn in_runtime(verb: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return sekisho::ja::fail(&error.into()),
    };
    let outcome = runtime.block_on(verb);
    match outcome {
        Ok(code) => code,
        Err(error) => sekisho::ja::fail(&error),
    }
}
