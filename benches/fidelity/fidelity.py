#!/usr/bin/env python3
"""How much of a folder of real files is usable after disarming.

    fidelity.py FOLDER [--binary target/release/sekisho-disarm] [--only docx,xlsx] [--audit]

Needs LibreOffice, poppler-utils, and the Python packages numpy and pillow (openxml-audit with --audit). Each input
and its output are turned into PDF by LibreOffice (no network, throw-away profile) or taken as they are when they are
PDF; words, pages and pictures of the pages are compared. A file counts when the reference reader opens the input.
Usable: the output opens, words kept >= 0.99 (character bigrams), mean SSIM >= 0.98 (>= 0.95 when something active
was removed), and the auditor reports no new kind of error.
"""
import argparse
import collections
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy
from PIL import Image

OFFICE = {"docx", "docm", "dotx", "xlsx", "xlsm", "xltx", "pptx", "pptm", "ppsx", "potx", "xls"}
PAGES = 3  # compared per file: rendering is what takes the time


def run(command, seconds):
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None


def to_pdf(files, out):
    """LibreOffice takes many files at once; those that fail in a batch are tried alone."""
    profile = tempfile.mkdtemp()
    base = ["unshare", "-rn", "soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--norestore",
            "--convert-to", "pdf", "--outdir", str(out)]
    files = [f for f in files if not (out / (f.stem + ".pdf")).exists()]
    for i in range(0, len(files), 20):
        run(base + [str(f) for f in files[i:i + 20]], 150)
    for f in files:
        if not (out / (f.stem + ".pdf")).exists():
            run(base + [str(f)], 40)
    shutil.rmtree(profile, ignore_errors=True)


def words(pdf):
    done = run(["pdftotext", "-q", str(pdf), "-"], 30)
    text = "".join(done.stdout.decode("utf-8", "replace").split()) if done else ""
    return collections.Counter(text[i:i + 2] for i in range(len(text) - 1))


def kept(before, after):
    total = sum(before.values())
    return 1.0 if total == 0 else sum(min(n, after[g]) for g, n in before.items()) / total


def pages(pdf):
    with tempfile.TemporaryDirectory() as folder:
        run(["pdftoppm", "-q", "-gray", "-r", "50", "-l", str(PAGES), str(pdf), folder + "/p"], 60)
        return [numpy.asarray(Image.open(p), dtype=float) for p in sorted(pathlib.Path(folder).iterdir())]


def ssim(a, b):
    """Mean structural similarity over 8 x 8 windows."""
    if a.shape != b.shape:
        return 0.0
    h, w = (a.shape[0] // 8) * 8, (a.shape[1] // 8) * 8
    def windows(x):
        return x[:h, :w].reshape(h // 8, 8, w // 8, 8).swapaxes(1, 2).reshape(-1, 64)
    x, y = windows(a), windows(b)
    mx, my, vx, vy = x.mean(1), y.mean(1), x.var(1), y.var(1)
    cov = ((x - mx[:, None]) * (y - my[:, None])).mean(1)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + c1) * (2 * cov + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())


def page_count(pdf):
    done = run(["pdfinfo", str(pdf)], 20)
    lines = done.stdout.decode("utf-8", "replace").splitlines() if done else []
    return next((int(line.split()[1]) for line in lines if line.startswith("Pages:")), 0)


def audit(path):
    done = run([os.path.join(os.path.dirname(sys.executable), "openxml-audit"), str(path), "--output", "json"], 60)
    try:
        data = json.loads(done.stdout)
        errors = data.get("errors") or data.get("results", [{}])[0].get("errors", [])
        return {(e.get("id") or e.get("code") or e.get("description", ""))[:80] for e in errors}
    except (ValueError, AttributeError, IndexError, TypeError):
        return None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--binary", default="target/release/sekisho-disarm")
    arguments.add_argument("--only", default="")
    arguments.add_argument("--audit", action="store_true")
    arguments.add_argument("--cache", type=pathlib.Path, help="keep the PDFs of the inputs here")
    options = arguments.parse_args()
    only = set(filter(None, options.only.split(",")))
    work = pathlib.Path(tempfile.mkdtemp())
    source, result = work / "in", work / "out"
    source.mkdir()
    for f in sorted(options.folder.rglob("*")):
        extension = f.suffix.lower().lstrip(".")
        if f.is_file() and (extension in only if only else extension in OFFICE | {"pdf"}):
            shutil.copy(f, source / (str(f.relative_to(options.folder)).replace("/", "_")))
    subprocess.run([options.binary, "--dir", source, "--out", result, "--report", work / "r.jsonl"], check=False)
    reports = {r["input"]: r for r in map(json.loads, (work / "r.jsonl").read_text().splitlines())}
    before, after = options.cache or work / "before", work / "after"
    before.mkdir(exist_ok=True, parents=True)
    after.mkdir()
    office = [source / name for name in reports if pathlib.Path(name).suffix.lower().lstrip(".") in OFFICE]
    renamed = {}
    for f in office:  # one stem per file: a.docx and a.xlsx must not meet
        renamed[f.name] = f.rename(f.with_name(f.stem + "_" + f.suffix[1:] + f.suffix))
    to_pdf(list(renamed.values()), before)
    outputs = {}
    for name, r in reports.items():
        if r["output"]:
            stem = renamed[name].stem if name in renamed else pathlib.Path(name).stem
            target = result / (stem + "." + pathlib.Path(r["output"]).suffix[1:])
            (result / r["output"]).rename(target)
            outputs[name] = target
    to_pdf([p for n, p in outputs.items() if n in renamed], after)
    rows = collections.defaultdict(list)
    for name, r in sorted(reports.items()):
        extension = pathlib.Path(name).suffix.lower().lstrip(".")
        stem = renamed[name].stem if name in renamed else pathlib.Path(name).stem
        a = before / (stem + ".pdf") if name in renamed else source / name
        if not a.exists() or page_count(a) == 0 or r["status"] == "needs-password":
            continue
        row = {"name": name, "why": [], "words": 0.0, "ssim": 0.0, "size": 0.0}
        if r["status"] != "clean":
            row["why"].append("blocked: " + str(r.get("refusal")))
        else:
            b = after / (stem + ".pdf") if name in renamed else outputs[name]
            row["size"] = r["output_bytes"] / max(1, r["input_bytes"])
            if not b.exists() or page_count(b) == 0:
                row["why"].append("does not open")
            else:
                row["words"] = kept(words(a), words(b))
                pa, pb = pages(a), pages(b)
                row["ssim"] = statistics.mean([ssim(x, y) for x, y in zip(pa, pb)] or [0.0])
                threats = any(i["severity"] in ("active", "external", "simplified") for i in r["items"])
                if row["words"] < 0.99:
                    row["why"].append(f"words {row['words']:.3f}")
                if row["ssim"] < (0.95 if threats else 0.98):
                    row["why"].append(f"ssim {row['ssim']:.3f}")
                if page_count(a) != page_count(b):
                    row["why"].append(f"pages {page_count(a)}->{page_count(b)}")
            if options.audit and extension in OFFICE - {"xls"}:
                new = (audit(outputs[name]) or set()) - (audit(renamed[name]) or set())
                if new:
                    row["why"].append("audit: " + "; ".join(sorted(new))[:200])
        rows[extension].append(row)
    for extension, found in sorted(rows.items()):
        usable = [r for r in found if not r["why"]]
        sizes = [r["size"] for r in found if r["size"]]
        print(f"{extension}: {len(usable)}/{len(found)} usable = {100 * len(usable) / len(found):.1f} %, "
              f"median size x{statistics.median(sizes or [0]):.2f}")
        for r in sorted((r for r in found if r["why"]), key=lambda r: r["ssim"] + r["words"])[:10]:
            print(f"    {r['name']}: {', '.join(r['why'])}")
    shutil.rmtree(work, ignore_errors=True)


main()
