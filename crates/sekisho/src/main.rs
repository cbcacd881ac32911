//! One binary for everything. Each verb is a file; what they share is the data directory (`data.rs`).

use std::process::ExitCode;

use clap::Parser;

/// 関所 — 情報セキュリティポリシーを動かす
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, disable_help_subcommand = true)]
enum Cli {
    /// 画面を出す(初めてなら --demo で架空の市を試せます)
    Serve(sekisho::serve::Args),
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
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return sekisho::ja::fail(&error.into()),
    };
    let outcome = runtime.block_on(async {
        match cli {
            Cli::Serve(args) => sekisho::serve::run(args).await,
            Cli::Policy(command) => sekisho::policy::run(command),
            Cli::Ledger(command) => sekisho::ledger::run(command).await,
            Cli::Admin(command) => sekisho::admin::run(command).await,
        }
    });
    match outcome {
        Ok(code) => code,
        Err(error) => sekisho::ja::fail(&error),
    }
}
