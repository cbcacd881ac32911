"""Documents as Japanese offices write them, which public corpora hardly contain. `make(folder)` writes them all.

Made with python-docx, openpyxl, XlsxWriter, python-pptx and LibreOffice, so that five writers are represented. The
words are our own.
"""
import csv
import io
import pathlib
import random
import struct
import zlib

import docx
import numpy
import openpyxl
import pptx
import xlsxwriter
from docx.enum.section import WD_ORIENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, DataBarRule, FormulaRule, IconSetRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image, ImageDraw
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm

import render

FONT = "Noto Serif CJK JP"
BODY = ("さくら坂市では、市民の皆さまから提出された申請書の内容を確認し、関係する各課へ回覧します。"
        "住所、氏名、生年月日及び連絡先を正しく記入してください。様式第3号による届出は、令和8年4月1日から受け付けます。")
# 異体字 (IVS), 外字 (private use), 第3・第4水準, supplementary plane, half-width kana, circled and enclosed letters
RARE = "葛\U000e0100城市・辻\U000e0101・\ue000\ue001・髙橋・﨑・𠮷田・𩸽・ｱｲｳ・①②㈱㍿・〆・々・〒123-4567・℡"


def picture(size=(240, 120), text="印", mode="RGB"):
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 10, size[0] - 20, size[1] - 10), outline="red", width=5)
    draw.text((size[0] / 2 - 10, size[1] / 2 - 8), text.encode("ascii", "replace").decode(), fill="red")
    image = image.convert(mode)
    return image


def png(**options):
    out = io.BytesIO()
    picture(**options).save(out, "PNG")
    out.seek(0)
    return out


def word(text=True):
    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name = FONT
    style.font.size = Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    if text:
        document.add_heading("補助金交付申請書（様式第3号）", 1)
        document.add_paragraph(BODY)
    return document


def run_xml(body):
    return parse_xml(f"<w:p {nsdecls('w', 'wp', 'a', 'pic', 'r')} xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" "
                     f"xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" "
                     f"xmlns:w14=\"http://schemas.microsoft.com/office/word/2010/wordml\" "
                     f"xmlns:wps=\"http://schemas.microsoft.com/office/word/2010/wordprocessingShape\">{body}</w:p>")


def put(document, body):
    document.element.body.insert(len(document.element.body) - 1, run_xml(body))


def form(out):
    """様式: a table of merged cells with a stamp, header, footer with page numbers."""
    document = word()
    section = document.sections[0]
    section.header.paragraphs[0].text = "さくら坂市 情報政策課 取扱注意"
    footer = section.footer.paragraphs[0]
    for kind, body in (("begin", None), (None, " PAGE "), ("separate", None), ("text", "1"), ("end", None)):
        element = {"begin": '<w:fldChar w:fldCharType="begin"/>', None: f'<w:instrText xml:space="preserve">{body}</w:instrText>',
                   "separate": '<w:fldChar w:fldCharType="separate"/>', "text": f"<w:t>{body}</w:t>",
                   "end": '<w:fldChar w:fldCharType="end"/>'}[kind]
        footer._p.append(parse_xml(f"<w:r {nsdecls('w')}>{element}</w:r>"))
    table = document.add_table(8, 6, "Table Grid")
    for row, label in enumerate(["申請者", "住所", "氏名", "電話番号", "事業名", "交付申請額", "添付書類", "備考"]):
        table.cell(row, 0).text = label
        table.cell(row, 1).merge(table.cell(row, 5)).text = BODY[row * 6:row * 6 + 30] if row % 2 else ""
    table.cell(1, 0).merge(table.cell(2, 0))
    document.add_picture(png(), width=Mm(30))
    document.save(out)


def vertical(out):
    """縦書き: vertical page with two columns and tate-chu-yoko."""
    document = word(False)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    section._sectPr.append(parse_xml(f'<w:cols {nsdecls("w")} w:num="2" w:space="425"/>'))
    section._sectPr.append(parse_xml(f'<w:textDirection {nsdecls("w")} w:val="tbRl"/>'))
    for i in range(12):
        document.add_paragraph(f"第{i + 1}条　{BODY}")
    put(document, '<w:r><w:t>令和</w:t></w:r><w:r><w:rPr><w:eastAsianLayout w:id="1" w:vert="1"/></w:rPr><w:t>12</w:t></w:r>'
                  '<w:r><w:t>年</w:t></w:r>')
    document.save(out)


def ruby(out):
    """ルビ, 割注, 圏点, 均等割付, 囲み文字 (EQ field)."""
    document = word()
    for base, reading in (("無害化", "むがいか"), ("関所", "せきしょ"), ("髙橋", "たかはし"), ("葛󠄀城", "かつらぎ")):
        put(document, "<w:r><w:t>氏名：</w:t></w:r><w:r><w:ruby><w:rubyPr><w:rubyAlign w:val=\"distributeSpace\"/><w:hps w:val=\"10\"/>"
                      "<w:hpsRaise w:val=\"18\"/><w:hpsBaseText w:val=\"21\"/><w:lid w:val=\"ja-JP\"/></w:rubyPr><w:rt><w:r><w:rPr>"
                      f"<w:sz w:val=\"10\"/></w:rPr><w:t>{reading}</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>{base}</w:t></w:r>"
                      "</w:rubyBase></w:ruby></w:r>")
    put(document, '<w:pPr><w:jc w:val="distribute"/></w:pPr><w:r><w:rPr><w:em w:val="dot"/></w:rPr><w:t>重要事項説明</w:t></w:r>')
    put(document, '<w:r><w:rPr><w:fitText w:val="2100" w:id="1"/></w:rPr><w:t>交付決定</w:t></w:r>')
    put(document, '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> eq \\o\\ac(○,秘) </w:instrText></w:r>'
                  '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    put(document, '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve">EQ \\* jc2 \\* "Font:ＭＳ 明朝" \\* hps10 \\o\\ad(\\s\\up 9(</w:instrText></w:r>'
                  '<w:r><w:instrText>しんせい</w:instrText></w:r><w:r><w:instrText>),申請)</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>')
    document.save(out)


def gaiji(out):
    document = word()
    for size in (9, 10.5, 14):
        paragraph = document.add_paragraph()
        paragraph.add_run(RARE).font.size = Pt(size)
    document.save(out)


def choices(out):
    """Check boxes of three generations, a drop-down, a date picker, a filled-in content control."""
    document = word()
    for label, on in (("新規", 1), ("変更", 0), ("廃止", 1)):
        put(document, f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="c{on}"/><w:enabled/><w:checkBox><w:sizeAuto/>'
                      f'<w:default w:val="{on}"/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>'
                      f'<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>{label}</w:t></w:r>')
        mark = "☑" if on else "☐"
        put(document, f'<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="{on}"/><w14:checkedState w14:val="2611" w14:font="{FONT}"/>'
                      f'<w14:uncheckedState w14:val="2610" w14:font="{FONT}"/></w14:checkbox></w:sdtPr><w:sdtContent><w:r><w:t>{mark}</w:t></w:r>'
                      f'</w:sdtContent></w:sdt><w:r><w:t>{label}</w:t></w:r>')
    put(document, '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="d"/><w:enabled/><w:ddList><w:result w:val="1"/><w:listEntry w:val="総務課"/>'
                  '<w:listEntry w:val="情報政策課"/></w:ddList></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMDROPDOWN </w:instrText></w:r>'
                  '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>')
    put(document, '<w:sdt><w:sdtPr><w:date w:fullDate="2026-04-01T00:00:00Z"><w:dateFormat w:val="ggge年M月d日"/><w:lid w:val="ja-JP"/>'
                  '<w:calendar w:val="japan"/></w:date></w:sdtPr><w:sdtContent><w:r><w:t>令和8年4月1日</w:t></w:r></w:sdtContent></w:sdt>')
    document.save(out)


def notice(out):
    """通知: numbered clauses, footnote-like notes, text box, horizontal rule, tabs, hanging indents."""
    document = word()
    for i in range(30):
        paragraph = document.add_paragraph(f"（{i + 1}）　{BODY}", style="List Number" if i % 3 else None)
        paragraph.paragraph_format.left_indent = Pt(21)
        paragraph.paragraph_format.first_line_indent = Pt(-21)
    put(document, '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" '
                  'relativeHeight="1" behindDoc="0" locked="0" layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/><wp:positionH relativeFrom="column">'
                  '<wp:posOffset>100000</wp:posOffset></wp:positionH><wp:positionV relativeFrom="paragraph"><wp:posOffset>100000</wp:posOffset></wp:positionV>'
                  '<wp:extent cx="2000000" cy="500000"/><wp:wrapNone/><wp:docPr id="9" name="枠"/><wp:cNvGraphicFramePr/><a:graphic><a:graphicData '
                  'uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr/><wps:spPr><a:xfrm><a:off x="0" y="0"/>'
                  '<a:ext cx="2000000" cy="500000"/></a:xfrm><a:prstGeom prst="roundRect"><a:avLst/></a:prstGeom><a:ln><a:solidFill><a:srgbClr val="FF0000"/>'
                  '</a:solidFill></a:ln></wps:spPr><wps:txbx><w:txbxContent><w:p><w:r><w:t>収受印をここに押す</w:t></w:r></w:p></w:txbxContent></wps:txbx>'
                  '<wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:rect style="width:150pt;height:40pt">'
                  '<v:textbox><w:txbxContent><w:p><w:r><w:t>収受印をここに押す</w:t></w:r></w:p></w:txbxContent></v:textbox></v:rect></w:pict></mc:Fallback>'
                  '</mc:AlternateContent></w:r>')
    document.save(out)


def god_excel(out):
    """神エクセル: 方眼紙 of narrow columns, hundreds of merged cells, print area, header and footer, comments."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "申請書（様式1）"
    thin = Side(style="thin")
    for column in range(1, 61):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].width = 2.2
    for row in range(1, 70, 2):
        for column in range(1, 58, 7):
            sheet.merge_cells(start_row=row, start_column=column, end_row=row + 1, end_column=column + 6)
            cell = sheet.cell(row, column, BODY[(row * column) % 60:][:8])
            cell.font = Font(name="ＭＳ ゴシック", size=9, bold=row % 4 == 1)
            cell.alignment = Alignment(horizontal="distributed", vertical="center", wrap_text=True, shrink_to_fit=False)
            for r in range(row, row + 2):
                for c in range(column, column + 7):
                    sheet.cell(r, c).border = Border(thin, thin, thin, thin)
    sheet.print_area = "A1:BH70"
    sheet.print_title_rows = "1:2"
    sheet.page_setup.paperSize, sheet.page_setup.orientation = 9, "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = openpyxl.worksheet.properties.PageSetupProperties(fitToPage=True)
    sheet.oddHeader.center.text, sheet.oddFooter.right.text = "さくら坂市 &A", "&P / &N ページ"
    sheet["A1"].comment = openpyxl.comments.Comment("ここに課名を書く", "担当")
    hidden = book.create_sheet("選択肢")
    for i, name in enumerate(["総務課", "財政課", "情報政策課"], 1):
        hidden.cell(i, 1, name)
    hidden.sheet_state = "hidden"
    check = DataValidation(type="list", formula1="=選択肢!$A$1:$A$3", allow_blank=True)
    check.error, check.prompt = "一覧から選んでください", "課名"
    sheet.add_data_validation(check)
    check.add("H1")
    book.defined_names["課名一覧"] = openpyxl.workbook.defined_name.DefinedName("課名一覧", attr_text="選択肢!$A$1:$A$3")
    book.save(out)


def ledger(out):
    """台帳: formulas, conditional formats of every sort, number formats with 和暦, freeze panes, filters, picture."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "備品台帳"
    sheet.append(["番号", "品名", "取得日", "金額", "数量", "計", "判定", "ふりがな"])
    random.seed(1)
    for i in range(2, 120):
        sheet.append([i - 1, random.choice(["机", "椅子", "複合機", "書庫", "端末"]), 45000 + i * 7, random.randint(1, 900) * 100,
                      random.randint(1, 9), f"=D{i}*E{i}", f'=IF(F{i}>300000,"要照会","可")', f"=PHONETIC(B{i})"])
        sheet.cell(i, 3).number_format = '[$-411]ggge"年"m"月"d"日"'
        sheet.cell(i, 4).number_format = '¥#,##0;[Red]▲¥#,##0'
    sheet.append(["", "合計", "", "=SUM(D2:D119)", "=SUMPRODUCT(E2:E119)", "=SUBTOTAL(9,F2:F119)", "=TEXT(TODAY(),\"ggge年\")"])
    sheet.conditional_formatting.add("F2:F119", ColorScaleRule("min", None, "FFFFFF", "max", None, "FF8888"))
    sheet.conditional_formatting.add("D2:D119", DataBarRule("min", None, "max", None, color="638EC6"))
    sheet.conditional_formatting.add("E2:E119", IconSetRule("3Arrows", "percent", [0, 33, 67]))
    sheet.conditional_formatting.add("G2:G119", FormulaRule(["$F2>300000"], fill=PatternFill(bgColor="FFFF00")))
    sheet.conditional_formatting.add("A2:A119", CellIsRule("between", ["3", "9"], font=Font(color="FF0000")))
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = "A1:H119"
    sheet.add_image(openpyxl.drawing.image.Image(png()), "J2")
    chart = openpyxl.chart.BarChart()
    chart.title = "金額"
    chart.add_data(openpyxl.chart.Reference(sheet, min_col=4, min_row=1, max_row=20), titles_from_data=True)
    sheet.add_chart(chart, "J12")
    table = openpyxl.worksheet.table.Table(displayName="備品", ref="A1:H119")
    sheet.auto_filter.ref = None
    sheet.add_table(table)
    book.save(out)


def controls(out):
    """Form check boxes and buttons on a sheet, rich text, text boxes, sparklines, another writer."""
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("確認票")
    bold, red = book.add_format({"bold": True}), book.add_format({"font_color": "red", "font_script": 1})
    sheet.set_column("A:A", 30)
    sheet.write_rich_string("A1", "提出前の", bold, "確認", red, "必須", "事項")
    for i in range(2, 12):
        sheet.write(i, 0, BODY[i * 3:i * 3 + 18])
        sheet.insert_checkbox(i, 1, i % 2 == 0)
        sheet.write_row(i, 3, [i * 3 % 7, i * 5 % 11, i * 2 % 5])
        sheet.add_sparkline(i, 7, {"range": f"確認票!D{i + 1}:F{i + 1}"})
    sheet.insert_textbox("J2", "押印欄\n市長", {"width": 150, "height": 80, "font": {"name": FONT}})
    sheet.insert_button("J8", {"macro": "say_hello", "caption": "送信", "width": 80, "height": 30})
    sheet.data_validation("B14", {"validate": "list", "source": ["はい", "いいえ"]})
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.print_area("A1:L20")
    sheet.set_header("&C&\"ＭＳ ゴシック,太字\"確認票")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=確認票!$D$3:$D$12", "name": "件数"})
    sheet.insert_chart("J12", chart)
    book.close()


def slides(out):
    """説明資料: title, bullet levels, table, picture, chart, notes, vertical text."""
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text, first.placeholders[1].text = "情報セキュリティ研修", "さくら坂市 情報政策課"
    for i in range(4):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"第{i + 1}章　無害化の仕組み"
        slide.placeholders[1].text = "\n".join(BODY.split("。"))
        slide.notes_slide.notes_text_frame.text = "発表者への注意：" + BODY
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    table = slide.shapes.add_table(4, 3, Cm(2), Cm(4), Cm(20), Cm(6)).table
    for row in range(4):
        for column in range(3):
            table.cell(row, column).text = BODY[row * 7 + column * 3:][:9]
    table.cell(0, 0).merge(table.cell(0, 2))
    slide.shapes.add_picture(png(), Cm(3), Cm(12), Cm(5))
    box = slide.shapes.add_textbox(Cm(20), Cm(11), Cm(2), Cm(7))
    box.text_frame.text = "縦書きの注記"
    box.text_frame._txBody.bodyPr.set("vert", "eaVert")
    data = CategoryChartData()
    data.categories = ["4月", "5月", "6月"]
    data.add_series("持込件数", (19, 21, 16))
    chart = deck.slides.add_slide(deck.slide_layouts[5])
    chart.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(2), Cm(4), Cm(20), Cm(12), data)
    deck.save(out)


def tables(folder):
    rows = [["番号", "氏名", "住所", "電話", "金額"]]
    rows += [[str(i), "髙橋　太郎", f"さくら坂市本町{i}-{i % 9 + 1}", f"03-1234-{i:04d}", f"-{i * 1000:,}"] for i in range(1, 300)]
    for name, encoding in (("名簿_cp932", "cp932"), ("名簿_utf8", "utf-8-sig"), ("名簿_utf16", "utf-16")):
        with open(folder / f"{name}.csv", "w", encoding=encoding, newline="") as out:
            csv.writer(out).writerows(rows)
    with open(folder / "名簿.tsv", "w", encoding="cp932", newline="") as out:
        csv.writer(out, delimiter="\t").writerows(rows)
    (folder / "通知.txt").write_text(BODY * 50, "iso2022_jp")
    (folder / "通知_euc.txt").write_text(BODY * 50, "euc_jp")
    (folder / "外字.txt").write_text(RARE, "utf-8")


def pictures(folder):
    random.seed(2)
    noise = Image.effect_noise((320, 240), 60).convert("RGB")
    noise.paste(picture(), (40, 60))
    orientation = Image.Exif()
    orientation[0x0112] = 6
    noise.save(folder / "写真.jpg", quality=88, exif=orientation)
    noise.save(folder / "写真_段階.jpg", quality=75, progressive=True, subsampling=2, comment=b"note", dpi=(300, 300))
    noise.convert("L").save(folder / "写真_白黒.jpg", quality=90)
    noise.convert("CMYK").save(folder / "写真_印刷.jpg", quality=90)
    noise.save(folder / "図.png", dpi=(144, 144))
    picture(mode="P").save(folder / "図_色数.png", transparency=0)
    picture(mode="1").save(folder / "図_二値.png")
    noise.convert("RGBA").resize((160, 120)).save(folder / "図_透過.png")
    Image.fromarray(numpy.arange(65536, dtype="uint16").reshape(256, 256)).save(folder / "図_16ビット.png")
    noise.save(folder / "図.bmp")
    picture(mode="P").save(folder / "図_256色.bmp")
    frames = [picture(text=t) for t in "abc"]
    frames[0].save(folder / "動く図.gif", save_all=True, append_images=frames[1:], duration=200, loop=0)
    scans = [picture((1240, 1754), mode="1") for _ in range(3)]
    scans[0].save(folder / "ファクス.tif", save_all=True, append_images=scans[1:], compression="group4", dpi=(200, 200))
    noise.save(folder / "図_lzw.tif", compression="tiff_lzw")
    noise.save(folder / "図_jpeg.tif", compression="jpeg")
    noise.save(folder / "図.webp", quality=80)
    noise.convert("RGBA").save(folder / "図_可逆.webp", lossless=True)


def archive(folder, names, coding):
    """As Explorer of a Japanese Windows writes it (CP932, no mark), or with the UTF-8 mark; zipfile cannot do the first."""
    out, central, flags = b"", b"", 0 if coding == "cp932" else 0x800
    for name in names:
        body = (folder / name).read_bytes()
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(body) + packer.flush()
        raw = f"回覧_表/{name}".encode(coding)
        head = struct.pack("<HHHHHIIIHH", 20, flags, 8, 0x4800, 0x5C81, zlib.crc32(body), len(packed), len(body), len(raw), 0)
        central += b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 32, len(out)) + raw
        out += b"PK\3\4" + head + raw + packed
    return out + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(central), len(out), 0)


def make(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, maker in {"申請書.docx": form, "縦書き.docx": vertical, "ルビ.docx": ruby, "外字.docx": gaiji, "選択欄.docx": choices,
                        "通知文.docx": notice, "神エクセル.xlsx": god_excel, "台帳.xlsx": ledger, "確認票.xlsx": controls,
                        "研修.pptx": slides}.items():
        maker(str(folder / name))
    tables(folder)
    pictures(folder)
    for coding in ("cp932", "utf-8"):
        names = ["申請書.docx", "神エクセル.xlsx", "名簿_cp932.csv", "写真.jpg"]
        (folder / f"回覧_{coding}.zip").write_bytes(archive(folder, names, coding))
    # LibreOffice as a sixth writer: the same documents saved by it, and as PDF.
    originals = sorted(f for f in folder.iterdir() if f.suffix in (".docx", ".xlsx", ".pptx"))
    for f, pdf in render.to_pdf(originals, folder.parent / "pdf-cache").items():
        (folder / (f.stem + "_" + f.suffix[1:] + ".pdf")).write_bytes(pdf.read_bytes())
    for f in originals:
        other = folder.parent / "libreoffice"
        render.run(["unshare", "-rn", "soffice", f"-env:UserInstallation=file://{folder.parent}/profile", "--headless",
                    "--convert-to", f.suffix[1:], "--outdir", other, f], 90)
        saved = other / f.name
        if saved.exists():
            saved.rename(folder / (f.stem + "_LibreOffice" + f.suffix))
    return folder
