"""What a file contains, counted by readers that share nothing with the engine (zipfile, lxml, openpyxl, pikepdf).

`count` gives numbers by name; `text` the words. A number that fell is a defect unless the report names one of the
threats in EXPLAINS for it.
"""
import collections
import csv
import io
import posixpath
import zipfile

import openpyxl
import pikepdf
from lxml import etree
from PIL import Image, ImageSequence

EXPLAINS = {
    "formulas": {"O24", "O11"}, "sheets": {"O11", "O12"}, "charts": {"O07", "O27"}, "controls": {"O14"},
    "pictures": {"O05", "O15", "O28", "O26", "O25", "O07", "O14", "O22"}, "names": {"O24", "O11", "O23"},
    "conditional": {"O24"}, "validations": {"O24"}, "links": {"X10", "O16"}, "fields": {"O20", "O14", "X10"},
    "members": {"Z09"}, "tables": {"O22"}, "rows": {"O22"}, "print areas": {"O24"}, "comments": set(), "transitions": {"O07"},
}
XML = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True)
# Parts that nobody sees: what only they contain is not counted.
UNSEEN = ("glossary", "customxml", "activex", "embeddings", "docprops", "webextension", "externallinks", "connections",
          "macrosheets", "dialogsheets", "calcchain", "revisions", "styleswitheffects", "printersettings", "ctrlprops")


def parts(path):
    with zipfile.ZipFile(path) as package:
        names = {n.lower(): n for n in package.namelist()}
        for name in reachable(package, names):
            if name.endswith((".xml", ".vml")) and not any(u in name for u in UNSEEN):
                try:
                    root = etree.fromstring(package.read(names[name]), XML)
                except etree.XMLSyntaxError:
                    continue
                if root is not None:
                    yield name, root


def reachable(package, names):
    """Parts that relationships lead to: what stands alone in the container is not part of the document."""
    seen, queue = set(), [""]
    while queue:
        part = queue.pop()
        folder, _, file = part.rpartition("/")
        rels = posixpath.join(folder, "_rels", file + ".rels").lower()
        if rels not in names:
            continue
        root = etree.fromstring(package.read(names[rels]), XML)
        for rel in root if root is not None else []:
            if rel.get("TargetMode", "").lower() == "external":
                continue
            target = rel.get("Target", "")
            path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            if path.lower() in names and path.lower() not in seen:
                seen.add(path.lower())
                queue.append(path)
    return sorted(seen)


def local(element):
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


WORD = {"tbl": "tables", "tr": "rows", "gridSpan": "merged", "vMerge": "merged", "ruby": "ruby", "sectPr": "sections",
        "headerReference": "headers", "footerReference": "headers", "blip": "pictures", "imagedata": "pictures",
        "oMath": "formulas", "footnoteReference": "notes", "endnoteReference": "notes", "commentReference": "comments",
        "txbxContent": "text boxes", "textDirection": "vertical", "cols": "columns", "numPr": "numbered", "chart": "charts",
        "bookmarkStart": "bookmarks", "framePr": "frames", "wsp": "shapes", "sdt": "content controls"}
SLIDE = {"sld": "slides", "tbl": "tables", "tr": "rows", "sp": "shapes", "pic": "pictures", "cxnSp": "shapes",
         "chart": "charts", "relIds": "diagrams", "hlinkClick": "links", "notes": "notes", "transition": "transitions"}
SHEET = {"mergeCell": "merged", "f": "formulas", "cfRule": "conditional", "dataValidation": "validations", "pic": "pictures",
         "sheet": "sheets", "row": "rows", "c": "cells", "definedName": "names", "sp": "shapes", "chart": "charts",
         "comment": "comments", "rPh": "ruby", "pageSetup": "page set-ups", "oddHeader": "headers", "oddFooter": "headers",
         "pane": "panes", "brk": "breaks", "col": "columns", "tablePart": "tables", "autoFilter": "filters"}


SPREADSHEET = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
DRAWN = {"pictures", "shapes", "charts"}  # of a workbook, stand in other vocabularies than its own


def office(path, names):
    found = collections.Counter()
    for name, root in parts(path):
        if "/theme" in name:
            continue
        for element in root.iter():
            kind = names.get(local(element))
            if names is SHEET and kind and kind not in DRAWN and etree.QName(element).namespace not in SPREADSHEET:
                continue
            if kind == "shapes" and hidden(element) or kind == "formulas" and not element.text and local(element) == "f":
                continue
            if kind:
                found[kind] += 1
    return found


def hidden(element):
    return any(local(e) == "cNvPr" and e.get("hidden") in ("1", "true") for e in list(element.iter())[:6])


def count(path, kind):
    if kind == "docx":
        return office(path, WORD)
    if kind == "pptx":
        return office(path, SLIDE)
    if kind == "xlsx":
        found = office(path, SHEET)
        try:
            book = openpyxl.load_workbook(path)
            found["print areas"] = sum(bool(s.print_area) for s in book.worksheets)
            found["frozen"] = sum(bool(s.freeze_panes) for s in book.worksheets)
        except Exception:  # openpyxl refuses many honest files; the other numbers stand
            pass
        return found
    if kind == "pdf":
        with pikepdf.open(path) as pdf:
            return collections.Counter({"pages": len(pdf.pages)})
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            return collections.Counter({"members": sum(not n.endswith("/") for n in archive.namelist())})
    if kind in ("csv", "tsv"):
        rows = list(csv.reader(io.StringIO(decoded(path)), delimiter="\t" if kind == "tsv" else ","))
        return collections.Counter({"rows": len(rows), "cells": sum(map(len, rows))})
    if kind == "image":
        with Image.open(path) as picture:
            frames = sum(1 for _ in ImageSequence.Iterator(picture)) if picture.format in ("GIF", "TIFF") else 1
            return collections.Counter({"frames": frames})
    return collections.Counter()


def text(path, kind):
    """All words, wherever they stand."""
    if kind in ("docx", "pptx"):
        wanted, out = {"t", "delText"}, []
        for name, root in parts(path):
            if name.startswith(("word/comments", "ppt/comments")) or "/charts/" in name:
                continue
            for block in root.iter():
                if local(block) == "p":
                    out.append("".join(e.text or "" for e in block.iter() if local(e) in wanted))
        return "\n".join(out)
    if kind == "xlsx":
        out = []
        for _, root in parts(path):
            for e in root.iter():
                if local(e) in ("t", "v") and e.text:
                    out.append(e.text)
        return "\n".join(sorted(out))
    if kind in ("txt", "csv", "tsv"):
        return decoded(path)
    return ""


def decoded(path):
    data = path.read_bytes()
    for encoding in ("iso2022_jp" if b"\x1b$" in data else "utf-8-sig", "utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp932", "cp932", "euc_jp",
                     "latin-1"):
        try:
            return data.decode(encoding)
        except UnicodeError:
            continue
    return ""
