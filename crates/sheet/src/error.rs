//! What can be wrong with a file. English for the log; [`SheetError::ja`] for whoever sent it.

use crate::limits;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SheetError {
    #[error("the file is empty")]
    Empty,
    #[error("an OLE container: a password-protected or an old workbook")]
    Container,
    #[error("not a workbook: {0}")]
    NotAWorkbook(String),
    #[error("the workbook inflates beyond {} bytes", limits::INFLATED_BYTES)]
    TooLarge,
    #[error("the workbook has more than {} parts", limits::PARTS)]
    TooManyParts,
    #[error("more than {} rows", limits::ROWS)]
    TooManyRows,
    #[error("more than {} columns", limits::COLUMNS)]
    TooManyColumns,
    #[error("no text encoding fits")]
    Encoding,
    #[error("row {row}: {said}")]
    Damaged { row: usize, said: String },
    #[error("characters that CP932 does not have: {0}")]
    NotInCp932(String),
    #[error("could not be written: {0}")]
    Write(String),
}

impl SheetError {
    pub fn code(&self) -> &'static str {
        match self {
            SheetError::Empty => "sheet.empty",
            SheetError::Container => "sheet.container",
            SheetError::NotAWorkbook(_) => "sheet.not_a_workbook",
            SheetError::TooLarge => "sheet.too_large",
            SheetError::TooManyParts => "sheet.too_many_parts",
            SheetError::TooManyRows => "sheet.too_many_rows",
            SheetError::TooManyColumns => "sheet.too_many_columns",
            SheetError::Encoding => "sheet.encoding",
            SheetError::Damaged { .. } => "sheet.damaged",
            SheetError::NotInCp932(_) => "sheet.not_in_cp932",
            SheetError::Write(_) => "sheet.write",
        }
    }

    /// What happened and what to do. Nothing has been kept.
    pub fn ja(&self) -> String {
        match self {
            SheetError::Empty => "ファイルが空です。中身のあるファイルを選んでください。".to_owned(),
            SheetError::Container => "パスワードのついたExcelか、古い形式（.xls）です。パスワードを外し、\
                「Excelブック（.xlsx）」で保存し直してから、もう一度選んでください。"
                .to_owned(),
            SheetError::NotAWorkbook(_) => {
                "Excelのファイルとして読めません。壊れているか、別の種類のファイルです。\
                Excelで開き、「Excelブック（.xlsx）」で保存し直してください。"
                    .to_owned()
            }
            SheetError::TooLarge | SheetError::TooManyParts => {
                "ファイルの中身が大きすぎるため、開きませんでした。\
                画像や使っていないシートを消してから、もう一度選んでください。"
                    .to_owned()
            }
            SheetError::TooManyRows => {
                format!("行が多すぎます（{}行まで）。ファイルを分けてください。", limits::ROWS)
            }
            SheetError::TooManyColumns => format!(
                "列が多すぎます（{}列まで）。表の右のほうに残っている字を消してください。",
                limits::COLUMNS
            ),
            SheetError::Encoding => {
                "文字の種類が分かりません。CSVは、UTF-8かシフトJISで保存してください。".to_owned()
            }
            SheetError::Damaged { row, .. } => {
                format!("{row}行目から先を読めません。ファイルが壊れていないか、確かめてください。")
            }
            SheetError::NotInCp932(chars) => format!(
                "シフトJISにない文字（{chars}）があるため、文字を失わずに書き出せません。\
                UTF-8のCSVか、Excelで書き出してください。"
            ),
            SheetError::Write(_) => {
                "ファイルを作れませんでした。少し待って、もう一度試してください。".to_owned()
            }
        }
    }
}
