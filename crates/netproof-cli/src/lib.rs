//! The verb `sekisho network`: reads a site directory, answers, prints.
//!
//! Exit codes: 2 bad input, else 1 refuted (or a wrong vector), else 3 unknown, else 0.

mod load;
mod print;
mod queries;
mod run;

use clap::{Args, Subcommand};
use std::path::PathBuf;

pub use load::LoadError;
pub use run::execute;

/// The day in Japan, `YYYY-MM-DD`.
#[must_use]
pub fn today(now: jiff::Timestamp) -> String {
    now.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).date().to_string()
}

/// Arguments of `sekisho network`.
#[derive(Debug, Args)]
pub struct NetworkArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// Actions of `sekisho network`.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// 領域の分離を、提出された設定から証明または反証する
    Verify(Verify),
    /// 証明書を、判定に使ったものとは別のプログラムで検査する
    CheckCertificate(CheckCertificate),
    /// 1 パケットごとの期待値（YAML）と設定の読み取り結果を比べる
    Vectors(Vectors),
    /// 1 つのパケットがどの機器のどの行を通るかを表示する
    Trace(Trace),
    /// どの領域からどの領域へ、どの通信が届きうるかを示す
    Reach(Reach),
    /// 1 台の設定を置き換えたら何が変わるかを、機器に触れずに確かめる
    WhatIf(WhatIf),
    /// どの規則がどの領域の間で働き、どの特定通信に使われているかを示す
    Coverage(Hygiene),
    /// 2 時点の設定を比べ、新しく通るようになった・通らなくなった通信を示す
    Diff(Diff),
    /// 隠れた規則、広すぎる許可など、設定の手入れが必要な箇所を示す
    Hygiene(Hygiene),
}

/// `verify DIR`.
#[derive(Debug, Args)]
pub struct Verify {
    /// zones.toml・intents.toml・devices/ のあるフォルダー
    pub dir: PathBuf,
    /// JSON で出力する
    #[arg(long)]
    pub json: bool,
    /// 領域と機器の図（SVG）の出力先
    #[arg(long, value_name = "out.svg")]
    pub picture: Option<PathBuf>,
    /// 証明書の出力先フォルダー
    #[arg(long, value_name = "DIR")]
    pub certificates: Option<PathBuf>,
    /// 判定の基準日（YYYY-MM-DD）。省略すると今日。期限切れの特定通信・前提・スケジュールはこの日で決まります
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
}

/// `check-certificate CERT DIR`.
#[derive(Debug, Args)]
pub struct CheckCertificate {
    /// 証明書（JSON）
    pub certificate: PathBuf,
    /// 証明のもとになったフォルダー
    pub dir: PathBuf,
}

/// `vectors FILE.yaml`.
#[derive(Debug, Args)]
pub struct Vectors {
    /// 期待値のファイル
    pub file: PathBuf,
    /// JSON で出力する
    #[arg(long)]
    pub json: bool,
}

/// `trace DIR …`.
#[derive(Debug, Args)]
pub struct Trace {
    /// zones.toml・devices/ のあるフォルダー
    pub dir: PathBuf,
    /// 入る機器とインターフェース（例 fw1:port1）
    #[arg(long, value_name = "DEVICE:IF")]
    pub at: String,
    /// 送信元アドレス
    #[arg(long)]
    pub src: String,
    /// 宛先アドレス
    #[arg(long)]
    pub dst: String,
    /// tcp/443、udp/53、icmp など
    #[arg(long, default_value = "tcp/443")]
    pub service: String,
    /// 送信元ポート
    #[arg(long, default_value_t = 50_000)]
    pub sport: u16,
    /// 判定の基準日（YYYY-MM-DD）。省略すると今日
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// JSON で出力する
    #[arg(long)]
    pub json: bool,
}

/// `reach DIR`.
#[derive(Debug, Args)]
pub struct Reach {
    /// zones.toml・devices/ のあるフォルダー
    pub dir: PathBuf,
    /// 送信元の領域（名前）。省略するとすべて
    #[arg(long)]
    pub from: Option<String>,
    /// 宛先の領域（名前）。省略するとすべて
    #[arg(long)]
    pub to: Option<String>,
    /// 判定の基準日（YYYY-MM-DD）。省略すると今日
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// JSON で出力する
    #[arg(long)]
    pub json: bool,
}

/// `what-if DIR --device NAME --with FILE`.
#[derive(Debug, Args)]
pub struct WhatIf {
    /// zones.toml・intents.toml・devices/ のあるフォルダー
    pub dir: PathBuf,
    /// 設定を置き換える機器
    #[arg(long)]
    pub device: String,
    /// 新しい設定のファイル
    #[arg(long = "with", value_name = "FILE")]
    pub with: PathBuf,
    /// 判定の基準日（YYYY-MM-DD）。省略すると今日
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// JSON で出力する
    #[arg(long)]
    pub json: bool,
}

/// `diff A B`.
#[derive(Debug, Args)]
pub struct Diff {
    /// 前のフォルダー
    pub before: PathBuf,
    /// 後のフォルダー
    pub after: PathBuf,
    /// 判定の基準日（YYYY-MM-DD）。省略すると今日
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// JSON で出力する
    #[arg(long)]
    pub json: bool,
}

/// `hygiene DIR`.
#[derive(Debug, Args)]
pub struct Hygiene {
    /// devices/ のあるフォルダー
    pub dir: PathBuf,
    /// JSON で出力する
    #[arg(long)]
    pub json: bool,
}
