#!/usr/bin/env python3
"""Makes Japanese .xls workbooks of the kinds an office keeps, for comparing them before and after disarming.

    make_xls.py OUT

Two writers, so that no single one's habits decide: xlwt writes BIFF8 itself, and openpyxl writes .xlsx that
LibreOffice saves as .xls. Needs the Python packages openpyxl, xlwt and pillow, and LibreOffice.
"""
import datetime
import io
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import openpyxl
import xlwt
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from PIL import Image as Picture

NAMES = ["山田　太郎", "佐藤 花子", "髙橋 﨑", "渡邉一郎", "ｽｽﾞｷ ｼﾞﾛｳ", "齋藤 𠮷男", "外字"]
WARDS = ["中央区", "北区", "能登町", "ソ連通り", "十日町市", "表参道"]
FONTS = ["ＭＳ ゴシック", "ＭＳ Ｐゴシック", "ＭＳ 明朝", "ＭＳ Ｐ明朝", "Meiryo UI"]
THIN, MEDIUM, DOTTED = Side(style="thin"), Side(style="medium"), Side(style="dotted", color="808080")


def boxed(cell, **more):
    cell.border = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
    for key, value in more.items():
        setattr(cell, key, value)


def form(book, rng):
    """様式: squared paper, merged boxes, wrapped and vertical words."""
    sheet = book.create_sheet("様式第1号")
    for i in range(1, 41):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(i)].width = 2.6
    font = Font(name=rng.choice(FONTS), size=rng.choice([10, 10.5, 11, 12]))
    sheet["A1"] = "様式第１号（第３条関係）"
    sheet.merge_cells("A3:AN4")
    sheet["A3"] = "住民票等交付申請書"
    sheet["A3"].font = Font(name="ＭＳ ゴシック", size=18, bold=True)
    sheet["A3"].alignment = Alignment(horizontal="center", vertical="center")
    row = 6
    for label in ["申請年月日", "住　　　所", "氏　　　名", "生年月日", "電話番号", "必要な通数", "使用目的"]:
        sheet.merge_cells(start_row=row, end_row=row + 1, start_column=1, end_column=8)
        sheet.merge_cells(start_row=row, end_row=row + 1, start_column=9, end_column=40)
        cell = sheet.cell(row, 1, label)
        cell.alignment = Alignment(horizontal="distributed", vertical="center", justifyLastLine=True)
        value = sheet.cell(row, 9, rng.choice(NAMES) if "氏" in label else rng.choice(WARDS) + "１－２－３")
        value.alignment = Alignment(vertical="center", indent=1, shrink_to_fit=True)
        for r in (row, row + 1):
            for c in range(1, 41):
                boxed(sheet.cell(r, c), font=font)
        row += 2
    sheet.merge_cells(start_row=row, end_row=row + 8, start_column=1, end_column=2)
    sheet.cell(row, 1, "備考欄").alignment = Alignment(text_rotation=255, horizontal="center", vertical="center")
    sheet.merge_cells(start_row=row, end_row=row + 8, start_column=3, end_column=40)
    note = sheet.cell(row, 3, "この申請書は、本人確認書類を添えて窓口へ提出してください。\n代理人の場合は委任状が必要です。")
    note.alignment = Alignment(wrap_text=True, vertical="top")
    for r in range(row, row + 9):
        for c in range(1, 41):
            boxed(sheet.cell(r, c))
    sheet.print_area = f"A1:AN{row + 10}"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 1
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = "&P／&N ページ"
    sheet.sheet_view.showGridLines = False
    check = DataValidation(type="list", formula1='"１通,２通,３通"', allow_blank=True)
    check.promptTitle, check.prompt = "通数", "選んでください"
    check.add("I16")
    sheet.add_data_validation(check)


def ledger(book, rng):
    """台帳: many rows, dates of both kinds, formulas, filters, panes, conditional formats."""
    sheet = book.create_sheet("台帳（令和８年度）")
    head = ["番号", "受付日", "氏名", "地区", "金額", "消費税", "合計", "判定", "備考"]
    for c, title in enumerate(head, 1):
        cell = sheet.cell(1, c, title)
        boxed(cell, font=Font(name="ＭＳ Ｐゴシック", bold=True, color="FFFFFF"), fill=PatternFill("solid", fgColor="1F4E78"),
              alignment=Alignment(horizontal="center"))
    rows = rng.randint(30, 120)
    for r in range(2, rows + 2):
        sheet.cell(r, 1, r - 1)
        day = sheet.cell(r, 2, datetime.date(2026, 4, 1) + datetime.timedelta(days=rng.randint(0, 364)))
        day.number_format = rng.choice(["yyyy/m/d", '[$-411]ggge"年"m"月"d"日"', "m\"月\"d\"日\""])
        sheet.cell(r, 3, rng.choice(NAMES))
        sheet.cell(r, 4, rng.choice(WARDS))
        sheet.cell(r, 5, rng.randint(1, 900) * 100).number_format = '"¥"#,##0;[Red]"¥"-#,##0'
        sheet.cell(r, 6, f"=ROUNDDOWN(E{r}*0.1,0)").number_format = "#,##0"
        sheet.cell(r, 7, f"=SUM(E{r}:F{r})").number_format = "#,##0_ "
        sheet.cell(r, 8, f'=IF(G{r}>=50000,"要確認","")')
        sheet.cell(r, 9, rng.choice([None, "再交付", "ＦＡＸ済", "〆切後", "①→③"]))
        for c in range(1, 10):
            boxed(sheet.cell(r, c), font=Font(name="ＭＳ Ｐゴシック", size=11))
    last = rows + 2
    sheet.cell(last, 3, "計")
    sheet.cell(last, 7, f"=SUM(G2:G{rows + 1})").font = Font(bold=True, underline="double")
    sheet.cell(last, 8, f'=COUNTIF(H2:H{rows + 1},"要確認")')
    sheet.cell(last, 9, f"=VLOOKUP(1,A2:G{rows + 1},3,FALSE)")
    for letter, width in zip("ABCDEFGHI", [6, 20, 18, 12, 14, 12, 14, 10, 24]):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:I{rows + 1}"
    red = PatternFill("solid", bgColor="FFC7CE")
    sheet.conditional_formatting.add(f"G2:G{rows + 1}", CellIsRule(operator="greaterThan", formula=["70000"], fill=red))
    sheet.conditional_formatting.add(f"A2:I{rows + 1}", FormulaRule(formula=["MOD(ROW(),2)=0"], fill=PatternFill("solid", bgColor="F2F2F2")))
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddHeader.left.text = "&\"ＭＳ ゴシック,太字\"収納台帳"
    sheet.oddHeader.right.text = "&D"
    sheet.row_breaks.append(Break(id=25))
    sheet.column_dimensions["I"].hidden = rng.random() < 0.2
    sheet.row_dimensions[5].hidden = rng.random() < 0.3
    sheet["C3"].comment = Comment("本人に電話で確認済み。\n三月末まで保留。", "市民課")
    sheet["D3"].hyperlink = "https://www.example.lg.jp/"
    if rng.random() < 0.4:
        sheet.protection.sheet = True
        sheet["E2"].protection = Protection(locked=False)


def looks(book, rng):
    """Fonts, colours, lines, rotations, rich text, a picture."""
    sheet = book.create_sheet("装飾")
    for r in range(1, 12):
        for c in range(1, 8):
            cell = sheet.cell(r, c, rng.choice([rng.choice(NAMES), rng.randint(-9999, 9999) / 7, True, "=1/0", 45000.25]))
            cell.font = Font(name=rng.choice(FONTS), size=rng.choice([8, 9, 11, 14]), bold=rng.random() < 0.3,
                             italic=rng.random() < 0.2, strike=rng.random() < 0.1, color=rng.choice(["FF0000", "000000", "0000FF"]))
            if rng.random() < 0.4:
                cell.fill = PatternFill(rng.choice(["solid", "gray125", "lightUp", "darkGrid"]), fgColor=rng.choice(["FFFF99", "CCFFCC", "FFCC99"]))
            cell.border = Border(*[rng.choice([THIN, MEDIUM, DOTTED, Side(style="double"), Side()]) for _ in range(4)])
            cell.alignment = Alignment(horizontal=rng.choice([None, "left", "center", "right", "distributed"]),
                                       vertical=rng.choice(["top", "center", "bottom"]), text_rotation=rng.choice([0, 0, 45, 90, 255]),
                                       wrap_text=rng.random() < 0.3)
            cell.number_format = rng.choice(["General", "0.00", "#,##0", "0%", "@", "h:mm", "[h]:mm", "yyyy-mm-dd"])
    sheet["A14"] = CellRichText("通常", TextBlock(InlineFont(b=True, color="FF0000", rFont="ＭＳ ゴシック"), "赤い太字"), "戻る")
    sheet.merge_cells("A14:D14")
    data = io.BytesIO()
    Picture.new("RGB", (60, 40), (200, 30, 30)).save(data, "PNG")
    data.seek(0)
    sheet.add_image(Image(data), "F13")
    sheet.sheet_view.zoomScale = rng.choice([75, 100, 120])
    sheet.sheet_properties.tabColor = "00B050"
    hidden = book.create_sheet("非表示")
    hidden["A1"] = "係内メモ"
    hidden.sheet_state = "hidden"


def by_office(out, count):
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for i in range(count):
            rng = random.Random(i)
            book = openpyxl.Workbook()
            book.remove(book.active)
            for part in rng.sample([form, ledger, looks], k=rng.randint(1, 3)):
                part(book, rng)
            if book.worksheets[0].sheet_state == "hidden":
                book.move_sheet(book.worksheets[0], len(book.worksheets))
            path = pathlib.Path(folder) / f"office_{i:02}.xlsx"
            book.save(path)
            made.append(str(path))
        profile = f"-env:UserInstallation=file://{folder}/profile"
        for i in range(0, len(made), 20):
            subprocess.run(["unshare", "-rn", "soffice", profile, "--headless", "--convert-to", "xls:MS Excel 97",
                            "--outdir", str(out), *made[i:i + 20]], check=False, capture_output=True, timeout=500)


def by_xlwt(out, count):
    for i in range(count):
        rng = random.Random(1000 + i)
        book = xlwt.Workbook(encoding="utf-8")
        sheet = book.add_sheet("集計表")
        head = xlwt.easyxf("font: name ＭＳ ゴシック, bold on, height 240; align: horiz center, vert center, wrap on;"
                           "borders: left thin, right thin, top medium, bottom double; pattern: pattern solid, fore_colour light_yellow")
        body = xlwt.easyxf("font: name ＭＳ Ｐゴシック, height 220; borders: left thin, right thin, top thin, bottom thin")
        money = xlwt.easyxf("font: name ＭＳ Ｐゴシック; borders: left thin, right thin, top thin, bottom thin", num_format_str='"¥"#,##0')
        date = xlwt.easyxf("font: name ＭＳ Ｐゴシック", num_format_str="yyyy年m月d日")
        sheet.write_merge(0, 1, 0, 5, "令和８年度　収入支出決算見込", head)
        for r in range(2, 2 + rng.randint(5, 300)):
            sheet.write(r, 0, r - 1, body)
            sheet.write(r, 1, rng.choice(NAMES), body)
            sheet.write(r, 2, datetime.date(2026, 4, 1) + datetime.timedelta(days=r), date)
            sheet.write(r, 3, rng.randint(1, 10**7), money)
            sheet.write(r, 4, xlwt.Formula(f"D{r + 1}*1.1"), money)
            sheet.write(r, 5, xlwt.Formula(f'IF(E{r + 1}>100,"○","×")'), body)
        sheet.col(1).width = 256 * 20
        sheet.col(2).width = 256 * 16
        sheet.row(0).height_mismatch, sheet.row(0).height = True, 500
        sheet.panes_frozen, sheet.horz_split_pos, sheet.vert_split_pos = True, 2, 1
        sheet.header_str, sheet.footer_str = b"&L2026 KESSAN", b"&C&P / &N"
        sheet.portrait, sheet.paper_size_code = False, 9
        sheet.fit_width_to_pages, sheet.fit_height_to_pages, sheet.fit_num_pages = 1, 0, 1
        book.save(str(out / f"xlwt_{i:02}.xls"))


def make(out):
    out.mkdir(parents=True, exist_ok=True)
    if not shutil.which("soffice"):
        sys.exit("NOT RUN: LibreOffice is missing")
    by_office(out, 30)
    by_xlwt(out, 10)


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]))
