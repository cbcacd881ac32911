//! `sekisho-network`: the verb `sekisho network` as a program of its own, without the portal.

use std::process::ExitCode;

use clap::Parser;
use sekisho_netproof_cli::{NetworkArgs, execute, today};

#[derive(Parser)]
#[command(name = "sekisho-network", about = "領域の分離を機器の設定から証明・反証します")]
struct Cli {
    #[command(flatten)]
    network: NetworkArgs,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    #[expect(clippy::disallowed_methods, reason = "this is where the real date enters")]
    let today = today(jiff::Timestamp::now());
    ExitCode::from(execute(
        &cli.network,
        &today,
        &mut std::io::stdout().lock(),
        &mut std::io::stderr().lock(),
    ))
}
