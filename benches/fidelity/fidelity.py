#!/usr/bin/env python3
"""How many files of a folder are usable after disarming: the table per format, the worst ten files named.

    fidelity.py FOLDER... [--japanese] [--binary PATH] [--only docx,pdf] [--keep DIR] [--json OUT] [--bar 95]

`--japanese` adds documents made here (japanese.py). Inputs that no reader of reference opens, and those locked with a
password nobody gave, do not count; a blocked input that a reader opens counts as not usable. What usable means stands
in docs/disarm.md. Exit 1 when a format stays below the bar or a threat is left.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import warnings

import japanese
import judge
import render


def gather(folders, only, target):
    """Copies every file of a known family under a name of its own; links keep nothing together."""
    for folder in folders:
        for f in sorted(pathlib.Path(folder).rglob("*")):
            extension = f.suffix.lower().lstrip(".")
            if f.is_file() and judge.family(f.name) and (not only or extension in only or judge.family(f.name) in only):
                name = f"{folder.name}_{f.relative_to(folder)}".replace("/", "_")
                shutil.copy(f, target / name)


def disarm(binary, source, result, report):
    subprocess.run([binary, "--dir", source, "--out", result, "--report", report, "--jobs", "2"], check=False)
    return {r["input"]: r for r in map(json.loads, report.read_text().splitlines())}


def remembered(folder, source, output, report, pdfs):
    """The same two files are judged once: after a change of the engine only what came out differently is looked at."""
    folder.mkdir(exist_ok=True)
    judges = b"".join(pathlib.Path(m.__file__).read_bytes() for m in (judge, render, judge.count))
    key = hashlib.sha256(source.read_bytes() + b"|" + output.read_bytes() + judges).hexdigest()[:32]
    place = folder / (key + ".json")
    if not place.exists():
        place.write_text(json.dumps(judge.judge(source, output, judge.family(output.name), report, pdfs)))
    return json.loads(place.read_text())


def table(rows):
    worst = 0
    for kind, found in sorted(rows.items()):
        usable = [r for r in found if not r["why"]]
        share = 100 * len(usable) / len(found)
        left = sum(any(w.startswith("THREAT") for w in r["why"]) for r in found)
        sizes = [r["size"] for r in found if r["size"]] or [0.0]
        print(f"{kind:6} {len(usable):4}/{len(found):4} usable = {share:5.1f} %   median size x{statistics.median(sizes):.2f}   "
              f"threats left {left}   mean words {statistics.mean(r['words'] for r in found):.4f}   "
              f"mean ssim {statistics.mean(r['ssim'] for r in found):.4f}")
        for r in sorted((r for r in found if r["why"]), key=lambda r: r["ssim"] + r["words"])[:10]:
            print(f"         {r['name']}: {' | '.join(r['why'])}")
        worst = min(worst, share - 95) if left == 0 else -100
        if statistics.median(sizes) > 1.2:
            worst = -100
    return worst


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folders", nargs="*", type=pathlib.Path)
    arguments.add_argument("--japanese", action="store_true")
    arguments.add_argument("--binary", default="target/release/sekisho-disarm", type=pathlib.Path)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--keep", type=pathlib.Path, help="work here and keep everything; PDFs are found again")
    arguments.add_argument("--json", type=pathlib.Path)
    options = arguments.parse_args()
    warnings.simplefilter("ignore")  # openpyxl names every extension that it does not know
    work = options.keep or pathlib.Path(tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    source, result = work / "in", work / "out"
    for folder in (source, result):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    folders = list(options.folders)
    if options.japanese:
        made = work / "japanese"
        folders.append(made if (made / "研修.pptx").exists() else japanese.make(made))
    gather(folders, set(filter(None, options.only.split(","))), source)
    reports = disarm(options.binary.resolve(), source, result, work / "report.jsonl")
    inputs = {name: source / name for name in reports}
    outputs = {name: result / r["output"] for name, r in reports.items() if r["output"]}
    office = [f for f in list(inputs.values()) + list(outputs.values()) if judge.family(f.name) in ("docx", "xlsx", "pptx")]
    pdfs = render.to_pdf(office, work / "pdf-cache")
    rows = collections.defaultdict(list)
    for name, report in sorted(reports.items()):
        kind, f = judge.family(name), inputs[name]
        if report["status"] == "needs-password" or not judge.opens(f, kind, pdfs):
            continue
        if report["status"] == "clean":
            row = remembered(work / "rows", f, outputs[name], report, pdfs)
        else:
            reason = report.get("refusal") or "?"
            row = {"words": 0.0, "ssim": 0.0, "size": 0.0, "why": [f"blocked: {reason}: {(report['sentences'] or [''])[0]}"]}
        rows["xls" if name.lower().endswith(".xls") else kind].append(row | {"name": name})
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    worst = table(rows)
    if not options.keep:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(worst < 0)


if __name__ == "__main__":
    main()
