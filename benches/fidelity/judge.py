"""Whether one output is usable (the definition stands in docs/disarm.md), and whether a threat is left in it."""
import re
import statistics
import zipfile

import numpy
import pikepdf
from openxml_audit import OpenXmlValidator
from PIL import Image, ImageOps, ImageSequence

import count
import render

IMAGES = {"jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp"}
FAMILY = {"docx": "docx", "docm": "docx", "dotx": "docx", "dotm": "docx", "xlsx": "xlsx", "xlsm": "xlsx", "xltx": "xlsx",
          "xltm": "xlsx", "xls": "xlsx", "pptx": "pptx", "pptm": "pptx", "ppsx": "pptx", "ppsm": "pptx", "potx": "pptx",
          "potm": "pptx", "pdf": "pdf", "zip": "zip", "csv": "csv", "tsv": "tsv", "txt": "txt"}
FAMILY |= {extension: "image" for extension in IMAGES}
# Written from the threat table, on names and values as they stand in the bytes, inflated.
OFFICE_THREATS = {
    "O10": r"vbaProject|vbaData", "O11": r"macrosheet|(?i:auto_open|auto_close)", "O12": r"dialogsheet", "O13": r"customUI|attachedToolbars",
    "O14": r"activeX|ctrlProp|FmlaMacro", "O15": r"oleObject\d*\.bin|Type=\"Link\"|Ole10Native", "O16": r"ppaction://(?!hlinks)|<p:cmd",
    "O17": r"webextension|taskpane", "O20": r"(?i)instr[^<>]*>[^<]*\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|MACROBUTTON|DATABASE|LINK)\b",
    "O21": r"attachedTemplate|mailMerge", "O22": r"altChunk|subDoc|embeddedHtml", "O23": r"externalLink|ddeLink|connections\.xml|queryTables/|<queryTable",
    "O24": r"(?i)<f[^>]*>[^<]*\b(WEBSERVICE|RTD|CALL|REGISTER\.ID|FILTERXML|DDE)\(|<f[^>]*>[^<\"]*\|'",
    "O25": r"r:link=", "O29": r"\.odttf|\.fntdata", "O30": r"printerSettings", "O06": r"<!DOCTYPE|<!ENTITY",
    "X10": r"TargetMode=\"External\"",
}
PDF_THREATS = {"/JS": "P01", "/JavaScript": "P01", "/OpenAction": "P01", "/AA": "P01", "/Launch": "P02", "/URI": "P02", "/SubmitForm": "P02",
               "/EF": "P03", "/EmbeddedFile": "P03", "/AF": "P03", "/FFilter": "P04", "/OPI": "P04", "/XFA": "P05", "/RichMedia": "P06",
               "/Movie": "P06", "/Sound": "P06", "/PieceInfo": "P09", "/Encrypt": "P12", "/JBIG2Decode": "P13", "/JPXDecode": "P13",
               "/FontFile": "P14", "/Metadata": "P15", "/ByteRange": "P16"}


def family(name):
    return FAMILY.get(name.rsplit(".", 1)[-1].lower(), "")


def audit(path):
    """Kinds of error, or None when the auditor itself fails."""
    try:
        errors = OpenXmlValidator().validate(str(path)).errors
    except Exception:  # any failure of the auditor is "no answer", never "no error"
        return None
    return {re.sub(r"'[^']*'|\d+", "…", f"{e.part_uri} {e.description}")[:140] for e in errors
            if str(e.severity).lower().endswith("error")}


def threats(path, kind, web_links=False):
    found = set()
    if kind in ("docx", "xlsx", "pptx"):
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                data = name + "\n" + (package.read(name).decode("utf-8", "replace") if name.endswith((".xml", ".rels", ".vml")) else "")
                found |= {t for t, pattern in OFFICE_THREATS.items() if re.search(pattern, data)}
    if kind == "pdf":
        with pikepdf.open(path) as pdf:
            for item in list(pdf.objects) + [pdf.trailer]:
                names(item, found, 0)
    return found - ({"X10", "P02"} if web_links else set())


def names(item, found, depth):
    if depth > 40:
        return
    if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        try:
            keys = item.keys()
        except UnicodeDecodeError:  # a name in another encoding is none of the names looked for
            return
        for key in keys:
            found |= {PDF_THREATS[key]} if key in PDF_THREATS else set()
            value = item[key]
            if not (isinstance(value, pikepdf.Object) and value.is_indirect):
                names(value, found, depth + 1)
    elif isinstance(item, pikepdf.Array):
        for value in item:
            if not (isinstance(value, pikepdf.Object) and value.is_indirect):
                names(value, found, depth + 1)
    elif isinstance(item, pikepdf.Name):
        found |= {t for n, t in PDF_THREATS.items() if item == pikepdf.Name(n)}


def opens(path, kind, pdfs):
    """Whether a reader of reference opens the file without a password that we do not have."""
    try:
        if kind in ("docx", "xlsx", "pptx"):
            return path in pdfs
        if kind == "pdf":
            return render.page_count(path) > 0
        if kind == "image":
            with Image.open(path) as picture:
                picture.load()
        if kind == "zip":
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        return True
    except Exception:  # whatever a reader throws at a bad file: it does not open it
        return False


def frames(path):
    with Image.open(path) as picture:
        for frame in ImageSequence.Iterator(picture):
            yield ImageOps.exif_transpose(frame).convert("RGBA")


def pictures(before, after):
    scores = []
    for a, b in zip(frames(before), frames(after)):
        if a.size != b.size:
            return 0.0
        grey = [numpy.asarray(x.convert("L"), dtype=float) * (numpy.asarray(x)[..., 3] / 255) for x in (a, b)]
        scores.append(render.ssim(*grey))
    return statistics.mean(scores or [0.0])


def judge(source, output, kind, report, pdfs):
    """Everything that keeps `output` from being usable, and the figures."""
    why = []
    told = {i["threat"] for i in report["items"]}
    touched = any(i["severity"] in ("active", "external", "simplified") for i in report["items"])
    row = {"words": 1.0, "ssim": 1.0, "size": report["output_bytes"] / max(1, report["input_bytes"]), "why": why}
    try:
        left = threats(output, kind)
    except Exception as error:
        left = {f"unreadable: {error}"[:80]}
    if left:
        why.append("THREAT LEFT " + ",".join(sorted(left)))
    words = []
    if kind in ("docx", "xlsx", "pptx", "pdf"):
        a, b = (source, output) if kind == "pdf" else (pdfs[source], pdfs.get(output))
        if b is None or render.page_count(b) == 0:
            return row | {"words": 0.0, "ssim": 0.0, "why": why + ["does not open"]}
        words.append(render.kept(render.pdf_text(a), render.pdf_text(b)))
        pa, pb = render.pages(a), render.pages(b)
        row["ssim"] = statistics.mean([render.ssim(x, y) for x, y in zip(pa, pb)] or [0.0])
        if render.page_count(a) != render.page_count(b):
            why.append(f"pages {render.page_count(a)}->{render.page_count(b)}")
    if kind == "image":
        row["ssim"] = pictures(source, output)
    if kind != "pdf":
        try:
            words.append(render.kept(count.text(source, kind), count.text(output, kind)))
        except zipfile.BadZipFile:  # an encrypted document: only its rendering can be compared
            pass
    row["words"] = min(words or [1.0])
    if row["words"] < 0.99:
        why.append(f"words {row['words']:.3f}")
    if row["ssim"] < (0.95 if touched else 0.98):
        why.append(f"ssim {row['ssim']:.3f}")
    try:
        before, after = count.count(source, kind), count.count(output, kind)
    except Exception:  # a reader that refuses the input counts nothing
        before = after = {}
    for name, number in sorted(before.items()):
        if after[name] < number and not count.EXPLAINS.get(name, set()) & told:
            why.append(f"{name} {number}->{after[name]}")
    if kind in ("docx", "xlsx", "pptx"):
        old, new = audit(source), audit(output)
        if new is not None and old is not None and new - old:
            why.append("audit: " + "; ".join(sorted(new - old))[:300])
    if kind == "pdf":
        done = render.run(["qpdf", "--check", output], 60)
        if done is None or done.returncode not in (0, 3):
            why.append("qpdf: " + (done.stderr.decode("utf-8", "replace")[:120] if done else "timeout"))
    return row
