#!/usr/bin/env python3
"""How many Excel 97-2003 workbooks are usable after disarming: one line of figures, the worst files named.

    xls.py [FOLDER ...] [--japanese] [--binary PATH] [--keep DIR] [--even] [--control]

`--japanese` adds workbooks made here (make_xls.py). The input is counted in its own records with olefile, the output
in its XML; both are drawn by LibreOffice. Inputs that LibreOffice does not open, or opens as text, or that need a
password, do not count. Exit 1 below 95 % usable or with a threat left.

LibreOffice gives the cells of .xls a padding of two points and those of .xlsx one, so that every word moves by a point.
`--even` draws the inputs a second time with the padding of .xlsx and prints a second line; the bar is the first.
`--control` prints what LibreOffice's own .xls -> .xlsx of the same files reaches in pictures, words and pages.
"""
import argparse
import collections
import json
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

import olefile

import control
import count
import judge
import make_xls
import render

# A number that fell is explained by one of these threats in the report.
EXPLAINS = {"formulas": {"O24"}, "sheets": {"L03"}, "merged": {"L00"}, "conditional": {"O24"}, "validations": {"O24"},
            "pictures": {"O28", "L05", "L00"}, "comments": set(), "breaks": set(), "panes": set()}
COUNTED = {0x0006: "formulas", 0x01B1: "conditional", 0x01BE: "validations", 0x001C: "comments", 0x0041: "panes"}


def records(path):
    data = path.read_bytes()
    if data[:4] == b"\xd0\xcf\x11\xe0":
        with olefile.OleFileIO(path) as ole:
            names = {"/".join(n).lower(): n for n in ole.listdir()}
            data = ole.openstream(names["workbook"]).read()
    at = 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        yield kind, data[at + 4:at + 4 + length]
        at += 4 + length


def numbers(path):
    """Counts of the input. Records of charts inside sheets, and of saved views, are not of the sheet."""
    found, depth, view = collections.Counter(), 0, False
    kept, filled, arrays, sheet = True, [], set(), 0
    for kind, data in records(path):
        if kind == 0x0809:
            depth += 1
            sheet += depth == 1
            if depth == 1:
                kept = struct.unpack_from("<H", data, 2)[0] == 0x10
        elif kind == 0x000A:
            depth -= 1
        elif kind in (0x01AA, 0x01AB):
            view = kind == 0x01AA
        elif kind == 0x0085:
            found["sheets"] += data[5] in (0, 2)
        elif depth != 1 or view or not kept:
            continue
        elif kind == 0x00E5:
            found["merged"] += struct.unpack_from("<H", data)[0]
        elif kind in (0x1A, 0x1B):
            found["breaks"] += struct.unpack_from("<H", data)[0]
        elif kind in COUNTED:
            found[COUNTED[kind]] += 1
        elif kind == 0x00EC:
            found["pictures"] += data.count(b"\x04\x41")
        if depth == 1 and kind == 0x0006 and len(data) > 26 and data[22] == 1:
            filled.append((sheet, struct.unpack_from("<HH", data, 23), struct.unpack_from("<HH", data)))
        elif depth == 1 and kind == 0x0221:
            first, _, column = struct.unpack_from("<HHB", data)
            arrays.add((sheet, (first, column)))
    # Cells that an array fills name its first cell; in .xlsx only that one has a formula.
    found["formulas"] -= sum((sheet, first) in arrays and first != own for sheet, first, own in filled)
    return found


def row(source, output, report, pdfs):
    why, told = [], {i["threat"] for i in report["items"]}
    result = {"why": why, "words": 0.0, "ssim": 0.0, "size": report["output_bytes"] / max(1, report["input_bytes"])}
    left = judge.threats(output, "xlsx")
    if left:
        why.append("THREAT LEFT " + ",".join(sorted(left)))
    a, b = pdfs[source], pdfs.get(output)
    if b is None or render.page_count(b) == 0:
        why.append("does not open")
        return result
    result["words"] = render.kept(render.pdf_text(a), render.pdf_text(b))
    result["ssim"] = statistics.mean([render.ssim(x, y) for x, y in zip(render.pages(a), render.pages(b))] or [0.0])
    if render.page_count(a) != render.page_count(b):
        why.append(f"pages {render.page_count(a)}->{render.page_count(b)}")
    if result["words"] < 0.99:
        why.append(f"words {result['words']:.3f}")
    if result["ssim"] < 0.95:
        why.append(f"ssim {result['ssim']:.3f}")
    try:
        before = numbers(source)
    except (OSError, KeyError, struct.error, IndexError):
        before = {}
    after = count.office(output, count.SHEET)
    for name, number in sorted(before.items()):
        if after[name] < number and not EXPLAINS[name] & told:
            why.append(f"{name} {number}->{after[name]}")
    errors = judge.audit(output)
    if errors:
        why.append("audit: " + "; ".join(sorted(errors))[:300])
    return result


def is_counted(report, pdf):
    """What LibreOffice does not know as a workbook it prints as text, from the signature of the file on."""
    return report["status"] != "needs-password" and pdf and "\u00d0\u00cf\u00e0\u00a1" not in render.pdf_text(pdf)[:200]


def told(title, reports, source, outputs, pdfs):
    """Prints the figures and the worst files; returns the usable share and the number of files with a threat left."""
    rows = {}
    for name, r in sorted(reports.items()):
        if not is_counted(r, pdfs.get(source / name)):
            continue
        if r["status"] == "clean":
            rows[name] = row(source / name, outputs[name], r, pdfs)
        else:
            rows[name] = {"why": [f"blocked: {r['refusal']}"], "words": 0.0, "ssim": 0.0, "size": 0.0}
    bad = {n: r for n, r in rows.items() if r["why"]}
    made = [r for r in rows.values() if r["size"]]
    usable = 100 * (len(rows) - len(bad)) / max(1, len(rows))
    left = sum(any(w.startswith("THREAT") for w in r["why"]) for r in rows.values())
    print(f"{title}: {len(rows) - len(bad)}/{len(rows)} usable = {usable:.1f} %, threats left {left}, "
          f"median size x{statistics.median([r['size'] for r in made] or [0]):.2f}, "
          f"mean ssim {statistics.mean([r['ssim'] for r in made] or [0]):.4f}, "
          f"{sum(r['ssim'] >= 0.95 for r in made)} of {len(made)} at 0.95 or more")
    for name, r in sorted(bad.items(), key=lambda item: item[1]["ssim"] + item[1]["words"])[:99]:
        print(f"    {name}: {' | '.join(r['why'])}")
    return usable, left


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folders", nargs="*", type=pathlib.Path)
    arguments.add_argument("--japanese", action="store_true")
    arguments.add_argument("--binary", default="target/release/sekisho-disarm", type=pathlib.Path)
    arguments.add_argument("--even", action="store_true", help="also with the padding that LibreOffice gives .xlsx")
    arguments.add_argument("--control", action="store_true", help="also what LibreOffice's own conversion reaches")
    arguments.add_argument("--keep", type=pathlib.Path, help="work here and keep everything; PDFs are found again")
    options = arguments.parse_args()
    work = options.keep or pathlib.Path(tempfile.mkdtemp())
    source, result, made = work / "in", work / "out", work / "japanese"
    for folder in (source, result):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    folders = list(options.folders)
    if options.japanese:
        if not list(made.glob("*.xls")):
            make_xls.make(made)
        folders.append(made)
    for folder in folders:
        for f in sorted(folder.rglob("*.xls")):
            shutil.copy(f, source / f"{folder.name}_{f.relative_to(folder)}".replace("/", "_"))
    report = work / "report.jsonl"
    subprocess.run([options.binary.resolve(), "--dir", source, "--out", result, "--report", report, "--jobs", "2"], check=False)
    reports = {r["input"]: r for r in map(json.loads, report.read_text().splitlines())}
    outputs = {name: result / r["output"] for name, r in reports.items() if r["output"]}
    pdfs = render.to_pdf([source / n for n in reports] + list(outputs.values()), work / "pdf-cache")
    usable, left = told("xls", reports, source, outputs, pdfs)
    if options.even:
        inputs = [source / n for n in reports if source / n in pdfs]
        even = render.with_padding_of_xlsx(inputs, work / "even", work / "pdf-cache")
        told("xls, even padding", reports, source, outputs, pdfs | even)
    if options.control:
        counted = [source / n for n, r in reports.items() if is_counted(r, pdfs.get(source / n))]
        made = control.to_xlsx(counted, work / "control")
        theirs = render.to_pdf(list(made.values()), work / "pdf-cache")
        for title, before in [("LibreOffice", pdfs)] + ([("LibreOffice, even padding", pdfs | even)] if options.even else []):
            control.told(title, [control.compared(before[f], theirs[made[f]]) for f in counted if made.get(f) in theirs])
    if not options.keep:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(usable < 95 or left > 0)


if __name__ == "__main__":
    main()
