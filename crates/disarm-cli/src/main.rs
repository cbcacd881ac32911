//! `sekisho-disarm`: the disarm verbs as a program of their own.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "sekisho-disarm", about = "ファイルを無害化します", version)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    args: sekisho_disarm_cli::Args,
}

#[derive(Subcommand)]
enum Verb {
    /// 内部用: 隔離された処理を一件行う
    #[command(name = sekisho_disarm_cli::WORKER_VERB, hide = true)]
    Worker,
}

fn main() -> ExitCode {
    // The worker is dispatched before anything else is set up: it must start within milliseconds.
    if std::env::args().nth(1).is_some_and(|verb| verb == sekisho_disarm_cli::WORKER_VERB) {
        return ExitCode::from(sekisho_disarm_cli::worker());
    }
    let cli = Cli::parse();
    match cli.verb {
        Some(Verb::Worker) => ExitCode::from(sekisho_disarm_cli::worker()),
        None => ExitCode::from(sekisho_disarm_cli::execute(&cli.args)),
    }
}
