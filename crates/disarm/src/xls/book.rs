//! The workbook: what all sheets share, and the walk over its sub-streams.
//!
//! Source: MS-XLS 2.1.7.20 (streams and sub-streams).

use std::fmt::Write as _;

use super::{
    escher,
    links::{Links, SheetKind},
    older,
    record::{Record, Records},
    sheet::Sheet,
    style::Styles,
    text::Text,
};
use crate::{Action, Kind, Meter, Refusal, Severity, Threat, ctx::Ctx};

pub(super) const BOF: u16 = 0x0809;
pub(super) const EOF: u16 = 0x000A;
/// Version of BIFF that Excel 97 to 2003 write.
const BIFF8: u16 = 0x0600;

/// A workbook that was understood.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) styles: Styles,
    pub(super) links: Links,
    pub(super) strings: Vec<Text>,
    pub(super) sheets: Vec<Sheet>,
    pub(super) pictures: Vec<Option<Vec<u8>>>,
    pub(super) is_template: bool,
    date1904: bool,
    window: Option<[u16; 9]>,
    lock_structure: bool,
    lock_windows: bool,
    password: u16,
    drawing_group: Vec<u8>,
    iterations: (bool, u16, f64),
    manual: bool,
    precision_as_shown: bool,
}

impl Book {
    /// Reads a decrypted stream.
    pub(super) fn read(stream: &[u8], ctx: &mut Ctx<'_>) -> Result<Self, Refusal> {
        let mut book = Self { iterations: (false, 100, 0.001), ..Self::default() };
        let mut records = Records::new(stream, 0);
        records.next(ctx)?;
        book.globals(&mut records, ctx)?;
        if book.links.sheets.is_empty() {
            return Err(bad("シートが一枚もありません"));
        }
        book.number_sheets(ctx);
        book.links.judge(ctx);
        book.pictures = escher::pictures(&std::mem::take(&mut book.drawing_group), ctx)?;
        for at in 0..book.links.sheets.len() {
            if book.links.sheets[at].kept.is_some() {
                ctx.spend(Meter::Pages, 1)?;
                let sheet = Sheet::read(stream, at, &book, ctx)?;
                book.sheets.push(sheet);
            }
        }
        Ok(book)
    }

    fn globals(&mut self, records: &mut Records<'_>, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        while let Some(record) = records.next(ctx)? {
            match record.id {
                EOF => break,
                0x0087 => return Err(Refusal::Unsupported(Kind::OfficeAddIn)),
                0x00FC => self.strings = strings(&record, ctx)?,
                _ => {}
            }
            if self.take(&record, ctx).is_none() {
                if matches!(record.id, 0x0085 | 0x0017 | 0x01AE) {
                    return Err(bad("シートの一覧が壊れています"));
                }
                let what = "壊れた記録";
                ctx.report(
                    Threat::L06,
                    Severity::Simplified,
                    Action::Dropped,
                    what,
                    format!("{:04X}", record.id),
                );
            }
        }
        Ok(())
    }

    fn take(&mut self, record: &Record<'_>, ctx: &mut Ctx<'_>) -> Option<()> {
        if self.styles.take(record)? || self.links.take(record)? {
            return Some(());
        }
        let mut fields = record.fields();
        match record.id {
            0x0022 => self.date1904 = fields.u16()? != 0,
            0x003D => {
                let mut window = [0; 9];
                for slot in &mut window {
                    *slot = fields.u16()?;
                }
                self.window = Some(window);
            }
            0x0012 => self.lock_structure = fields.u16()? != 0,
            0x0019 => self.lock_windows = fields.u16()? != 0,
            0x0013 => self.password = fields.u16()?,
            0x000E => self.precision_as_shown = fields.u16()? == 0,
            0x0060 => self.is_template = true,
            0x00EB => self.drawing_group.extend(record.joined()),
            id => report_lost(id, "", ctx),
        }
        Some(())
    }

    /// Decides which sheets are written and numbers them.
    fn number_sheets(&mut self, ctx: &mut Ctx<'_>) {
        let mut next = 0;
        for sheet in &mut self.links.sheets {
            let what = match sheet.kind {
                SheetKind::Table | SheetKind::Chart => "",
                SheetKind::Macro => "Excel 4.0 マクロシート",
                SheetKind::Module => "マクロのモジュール",
            };
            if what.is_empty() {
                sheet.kept = Some(next);
                next += 1;
            } else {
                ctx.dropped(Threat::L03, what, &sheet.name);
            }
        }
    }

    /// Calculation settings stand in the sheets; the first one that is read counts.
    pub(super) fn calculation(&mut self, manual: bool, iterations: (bool, u16, f64)) {
        self.manual = manual;
        self.iterations = iterations;
    }

    /// `workbook.xml` for sheets that have the relationships `rId1` … `rIdN`.
    pub(super) fn write(&self, ctx: &mut Ctx<'_>) -> Result<String, Refusal> {
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">",
        );
        if self.date1904 {
            out.push_str("<workbookPr date1904=\"1\"/>");
        }
        if self.lock_structure || self.lock_windows {
            out.push_str("<workbookProtection");
            if self.password != 0 {
                let _ = write!(out, " workbookPassword=\"{:04X}\"", self.password);
            }
            for (on, name) in [(self.lock_structure, "lockStructure"), (self.lock_windows, "lockWindows")] {
                if on {
                    let _ = write!(out, " {name}=\"1\"");
                }
            }
            out.push_str("/>");
        }
        self.write_window(&mut out);
        out.push_str("<sheets>");
        for (i, sheet) in (1..).zip(&self.sheets) {
            let name = super::xml::escaped(&sheet.name);
            let state = match sheet.state {
                _ if i == 1 + self.first_visible() => "",
                1 => " state=\"hidden\"",
                2 => " state=\"veryHidden\"",
                _ => "",
            };
            let _ = write!(out, "<sheet name=\"{name}\" sheetId=\"{i}\"{state} r:id=\"rId{i}\"/>");
        }
        out.push_str("</sheets>");
        self.links.write_names(&mut out, ctx)?;
        out.push_str("<calcPr calcId=\"0\"");
        if self.manual {
            out.push_str(" calcMode=\"manual\"");
        }
        if self.iterations.0 {
            let (_, count, delta) = self.iterations;
            let _ = write!(out, " iterate=\"1\" iterateCount=\"{count}\"");
            if delta.is_finite() && delta > 0.0 {
                let _ = write!(out, " iterateDelta=\"{}\"", super::xml::number(delta));
            }
        }
        if self.precision_as_shown {
            out.push_str(" fullPrecision=\"0\"");
        }
        out.push_str("/></workbook>");
        Ok(out)
    }

    /// A workbook must show at least one sheet.
    fn first_visible(&self) -> usize {
        self.sheets.iter().position(|s| s.state == 0).unwrap_or(0)
    }

    /// The sheet that is in front when the workbook is opened.
    pub(super) fn active(&self) -> usize {
        let wanted = self.window.map_or(0, |w| usize::from(w[5]));
        let kept = self.links.sheets.get(wanted).and_then(|s| s.kept);
        kept.filter(|i| self.sheets.get(*i).is_some_and(|s| s.state == 0))
            .unwrap_or_else(|| self.first_visible())
    }

    fn write_window(&self, out: &mut String) {
        let _ = write!(out, "<bookViews><workbookView");
        if let Some([x, y, width, height, flags, _, _, _, ratio]) = self.window {
            let signed = |v: u16| i16::from_le_bytes(v.to_le_bytes());
            let (x, y) = (signed(x), signed(y));
            let _ = write!(
                out,
                " xWindow=\"{x}\" yWindow=\"{y}\" windowWidth=\"{width}\" windowHeight=\"{height}\""
            );
            for (bit, name) in
                [(8, "showHorizontalScroll"), (0x10, "showVerticalScroll"), (0x20, "showSheetTabs")]
            {
                if flags & bit == 0 {
                    let _ = write!(out, " {name}=\"0\"");
                }
            }
            if ratio <= 1000 && ratio != 600 {
                let _ = write!(out, " tabRatio=\"{ratio}\"");
            }
        }
        let active = self.active();
        if active > 0 {
            let _ = write!(out, " activeTab=\"{active}\"");
        }
        out.push_str("/></bookViews>");
    }
}

fn bad(what: &'static str) -> Refusal {
    Refusal::malformed("Workbook", what)
}

/// Checks the first record, which is readable even when the rest is encrypted.
pub(super) fn begin(stream: &[u8], ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
    let record = Records::new(stream, 0).next(ctx)?.ok_or_else(|| bad("ブックの先頭がありません"))?;
    let mut fields = record.fields();
    let (version, kind) = (fields.u16().unwrap_or(0), fields.u16().unwrap_or(0));
    match (record.id, version, kind) {
        (BOF, BIFF8 | older::BIFF5, 5) => Ok(()),
        (BOF, BIFF8, _) => Err(bad("ブックの先頭がありません")),
        // The single sheets before Excel 5.
        (BOF | 0x0009 | 0x0209 | 0x0409, ..) => Err(Refusal::Unsupported(Kind::OldExcel)),
        _ => Err(bad("ブックの先頭がありません")),
    }
}

fn strings(record: &Record<'_>, ctx: &mut Ctx<'_>) -> Result<Vec<Text>, Refusal> {
    let mut fields = record.fields();
    let count = fields.u32().and(fields.u32()).unwrap_or(0);
    let mut out = Vec::new();
    for _ in 0..count {
        if fields.left() == 0 {
            break;
        }
        ctx.spend(Meter::Objects, 1)?;
        match Text::read(&mut fields) {
            Some(text) => out.push(text),
            None => return Err(bad("文字列の一覧が壊れています")),
        }
    }
    Ok(out)
}

/// Records whose loss somebody could notice, or should know about.
pub(super) fn report_lost(id: u16, place: &str, ctx: &mut Ctx<'_>) {
    use Severity::{External, Note, Simplified};
    let (threat, severity, what) = match id {
        0x004D => (Threat::L03, Note, "プリンター設定"),
        0x005B => (Threat::L03, Note, "読み取り専用を勧める設定"),
        0x00B0 => (Threat::L00, Simplified, "ピボットテーブル（値は残しました）"),
        0x00E9 => (Threat::L00, Simplified, "シートの背景画像"),
        0x0866 => (Threat::L00, Simplified, "ヘッダー・フッターの画像"),
        0x087A => (Threat::L00, Simplified, "条件付き書式（データバー・アイコンなど）"),
        0x00AF => (Threat::L00, Simplified, "シナリオ"),
        0x01AA => (Threat::L00, Note, "ユーザー設定のビュー"),
        0x0868 => (Threat::L00, Note, "エラー表示や編集範囲の設定"),
        0x0872 | 0x0878 => (Threat::L00, Simplified, "表（テーブル）の設定"),
        0x0051 => (Threat::L03, Simplified, "統合の元の範囲"),
        0x0876 | 0x0803 | 0x0801 | 0x0805 | 0x01AD | 0x00DC => (Threat::L03, External, "外部データへの接続"),
        0x0813 => (Threat::L03, External, "外部プログラムからの取り込み（RTD）"),
        _ => return,
    };
    ctx.report(threat, severity, Action::Dropped, what, place);
}
