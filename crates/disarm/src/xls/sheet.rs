//! One sheet: its records in, the parts of its OOXML counterpart out.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    book::{BOF, Book, EOF, report_lost},
    cells::{Cells, Paper},
    chart::Chart,
    drawing::Layer,
    figure::Canvas,
    geometry::Grid,
    note,
    page::Page,
    plot,
    record::{Record, Records},
    rules::Rules,
    style::Styles,
};
use crate::{Action, Refusal, Severity, Threat, ctx::Ctx};

/// Kinds of sub-streams by the BOF record.
const MACRO_SHEET: u16 = 0x0040;
const CHART_SHEET: u16 = 0x0020;
const VIEW_BEGIN: u16 = 0x01AA;
const VIEW_END: u16 = 0x01AB;

#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) state: u8,
    /// Number among all sheets of the input.
    pub(super) index: usize,
    pub(super) cells: Cells,
    page: Page,
    rules: Rules,
    layer: Layer,
    /// A chart on a sheet of its own.
    pub(super) is_chart: bool,
    /// Manual calculation, and iterations: on, how many, until what change.
    pub(super) calculation: (bool, (bool, u16, f64)),
}

/// The parts of a written sheet.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) sheet: String,
    /// Addresses of links, in the order of `rIdL1` ….
    pub(super) links: Vec<String>,
    pub(super) drawing: String,
    /// Pictures of the drawing, in the order of its `rId1` ….
    pub(super) pictures: Vec<usize>,
    /// Charts of the drawing, in the order of its `rIdC1` ….
    pub(super) charts: Vec<String>,
    pub(super) notes: Option<(String, String)>,
}

impl Sheet {
    pub(super) fn read(stream: &[u8], index: usize, book: &Book, ctx: &mut Ctx<'_>) -> Result<Self, Refusal> {
        let known = &book.links.sheets[index];
        let mut sheet = Self { name: known.name.clone(), state: known.state, index, ..Self::default() };
        sheet.calculation = (false, (false, 100, 0.001));
        let mut records = Records::new(stream, known.offset);
        let bad = || Refusal::malformed(known.name.clone(), "シートの先頭がありません");
        let first = records.next(ctx)?.filter(|r| r.id == BOF).ok_or_else(bad)?;
        let kind = first.fields().skip(2).and(first.data.get(2)).map_or(0, |low| u16::from(*low));
        if kind == MACRO_SHEET {
            ctx.dropped(Threat::L03, "Excel 4.0 マクロシート", &sheet.name);
            return Ok(sheet);
        }
        sheet.is_chart = kind == CHART_SHEET;
        sheet.records(&mut records, &book.styles, ctx)?;
        if sheet.page.is_dialog() {
            ctx.dropped(Threat::L03, "ダイアログシート", &sheet.name);
            return Ok(Self { name: sheet.name, state: sheet.state, index, ..Self::default() });
        }
        sheet.layer.report(&sheet.name, ctx);
        let name = sheet.name.clone();
        sheet.cells.settle(&name, &book.links, ctx)?;
        Ok(sheet)
    }

    fn records(
        &mut self,
        records: &mut Records<'_>,
        styles: &Styles,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Refusal> {
        let (mut depth, mut in_view) = (0_u32, false);
        while let Some(record) = records.next(ctx)? {
            match record.id {
                // A chart that stands on the sheet is a sub-stream of its own.
                BOF => depth += 1,
                EOF if depth == 0 => return Ok(()),
                EOF => depth -= 1,
                VIEW_BEGIN => {
                    in_view = true;
                    report_lost(record.id, &self.name, ctx);
                }
                VIEW_END => in_view = false,
                _ if depth == 1 => self.layer.chart().take(&record),
                _ if depth > 0 || in_view => {}
                _ => {
                    if self.take(&record, styles, ctx).is_none() {
                        let place = format!("{} {:04X}", self.name, record.id);
                        ctx.report(Threat::L06, Severity::Simplified, Action::Dropped, "壊れた記録", place);
                    }
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, record: &Record<'_>, styles: &Styles, ctx: &mut Ctx<'_>) -> Option<()> {
        if self.is_chart && !self.page.is_print(record.id) {
            self.layer.chart().take(record);
            return Some(());
        }
        if self.cells.take(record)?
            || self.page.take(record)?
            || self.rules.take(record, styles)?
            || self.layer.take(record)?
        {
            return Some(());
        }
        let mut fields = record.fields();
        match record.id {
            0x000D => self.calculation.0 = fields.u16()? == 0,
            0x0011 => self.calculation.1.0 = fields.u16()? != 0,
            0x000C => self.calculation.1.1 = fields.u16()?,
            0x0010 => self.calculation.1.2 = fields.f64()?,
            id => report_lost(id, &self.name, ctx),
        }
        Some(())
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.layer.charts.values()
    }

    pub(super) fn charts_mut(&mut self) -> impl Iterator<Item = &mut Chart> {
        self.layer.charts.values_mut()
    }

    /// Writes everything. Differential formats go into `styles`.
    pub(super) fn write(
        &self,
        book: &Book,
        styles: &mut Styles,
        paper: &Paper<'_>,
        active: bool,
        ctx: &mut Ctx<'_>,
    ) -> Result<Parts, Refusal> {
        let mut parts = Parts::default();
        let grid = Grid::new(&self.cells, styles.ruler());
        let shapes = self.layer.shapes(&self.name, ctx)?;
        let known: Vec<bool> = book.pictures.iter().map(Option::is_some).collect();
        let mut plots = BTreeMap::new();
        for (object, chart) in &self.layer.charts {
            if let Some(plot) = plot::write(chart, styles, &book.links, ctx)? {
                let what = "グラフ（書式の細部は標準に戻しました）";
                ctx.report(Threat::L00, Severity::Simplified, Action::Flattened, what, &self.name);
                plots.insert(*object, plot);
            }
        }
        let mut canvas = Canvas::new(&self.name, styles, &self.layer.objects, &grid, &known, &plots, ctx);
        parts.drawing = if self.is_chart {
            canvas.write_chart_sheet(self.page.chart_area())
        } else {
            canvas.write(&shapes)
        };
        (parts.pictures, parts.charts) = (canvas.used, canvas.used_charts);
        if self.is_chart {
            parts.sheet = self.chart_sheet(&parts, styles, active);
            return Ok(parts);
        }
        parts.notes = note::write(&self.layer.notes, &self.layer.objects, &shapes, &grid, styles);

        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">",
        );
        self.page.write_properties(&mut out, styles);
        self.page.write_view(&mut out, active, styles);
        self.cells.write(&mut out, paper);
        self.page.write_protection(&mut out);
        let range = book.links.filter_range(self.index, ctx)?;
        self.rules.write_filter(&mut out, range, &self.name, ctx);
        self.cells.write_merges(&mut out);
        self.rules.write(&mut out, &self.name, styles, &book.links, ctx)?;
        let links = &mut parts.links;
        self.rules.write_links(&mut out, &mut |target| {
            links.push(target.to_owned());
            format!("rIdL{}", links.len())
        });
        self.page.write_print(&mut out);
        if !parts.drawing.is_empty() {
            let _ = write!(out, "<drawing r:id=\"rIdD\"/>");
        }
        if parts.notes.is_some() {
            let _ = write!(out, "<legacyDrawing r:id=\"rIdV\"/>");
        }
        out.push_str("</worksheet>");
        parts.sheet = out;
        Ok(parts)
    }

    /// `chartsheet.xml`; a plain sheet when its chart could not be drawn.
    fn chart_sheet(&self, parts: &Parts, styles: &Styles, active: bool) -> String {
        let root = if parts.drawing.is_empty() { "worksheet" } else { "chartsheet" };
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<{root} xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">"
        );
        if parts.drawing.is_empty() {
            self.page.write_view(&mut out, active, styles);
            out.push_str("<sheetData/>");
        } else {
            let selected = if active { " tabSelected=\"1\"" } else { "" };
            let _ = write!(out, "<sheetViews><sheetView{selected} workbookViewId=\"0\"/></sheetViews>");
        }
        self.page.write_print(&mut out);
        if !parts.drawing.is_empty() {
            out.push_str("<drawing r:id=\"rIdD\"/>");
        }
        let _ = write!(out, "</{root}>");
        out
    }
}
