//! The command line.

use std::path::PathBuf;

/// `sekisho disarm`
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "終了コード: 0=すべて無害化済み 10=止めたものがある 11=パスワードが必要 2=使い方の誤り 70=内部エラー"
)]
pub struct Args {
    /// 無害化するファイル
    #[arg(value_name = "入力", required_unless_present = "dir", conflicts_with = "dir")]
    pub input: Option<PathBuf>,
    /// 出力先のファイル
    #[arg(short = 'o', long = "output", value_name = "出力", requires = "input")]
    pub output: Option<PathBuf>,
    /// フォルダーの中をまとめて無害化する
    #[arg(long, value_name = "フォルダー", requires = "out")]
    pub dir: Option<PathBuf>,
    /// まとめて無害化したものを置くフォルダー
    #[arg(long, value_name = "フォルダー", requires = "dir")]
    pub out: Option<PathBuf>,
    /// 同時に処理する数（省略すると CPU の数）
    #[arg(long, value_name = "数", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// 報告書の出力先（一件は JSON、フォルダーは 1 行 1 件の JSON）
    #[arg(long, value_name = "ファイル")]
    pub report: Option<PathBuf>,
    /// 規則ファイル（TOML）
    #[arg(long, value_name = "ファイル")]
    pub rules: Option<PathBuf>,
    /// パスワードを 1 行に 1 つ書いたファイル
    #[arg(long, value_name = "ファイル")]
    pub password_file: Option<PathBuf>,
    /// 1 件に掛けてよい秒数
    #[arg(long, value_name = "秒", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
    /// 隔離機能が足りない Linux でも動かす（報告書に残ります）
    #[arg(long)]
    pub allow_weak_sandbox: bool,
}
