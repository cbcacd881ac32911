#!/usr/bin/env python3
"""What the bar of .xls measures: LibreOffice's own .xls -> .xlsx, drawn and compared as ours are (fidelity.py).

    control.py FOLDER --keep DIR [--ours fidelity.json]

What LibreOffice itself loses on that way (it rounds rows and columns of .xlsx to pixels and calculates some values anew)
no other .xlsx can keep in its eyes. With `--ours` (the file that fidelity.py wrote with --json) both are set side by
side, over the files that both have.
"""
import argparse
import json
import pathlib
import statistics

import render


def to_xlsx(files, folder):
    """LibreOffice's own conversion, found again in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    base = ["unshare", "-rn", "soffice", f"-env:UserInstallation=file://{folder.resolve()}/profile", "--headless",
            "--norestore", "--convert-to", "xlsx", "--outdir", folder]
    missing = [f for f in files if not (folder / f"{f.stem}.xlsx").exists()]
    for i in range(0, len(missing), 12):
        render.run(base + missing[i:i + 12], 180)
    return {f: folder / f"{f.stem}.xlsx" for f in files if (folder / f"{f.stem}.xlsx").exists()}


def compared(before, after):
    scores = [render.ssim(x, y) for x, y in zip(render.pages(before), render.pages(after))]
    return {"ssim": statistics.mean(scores or [0.0]), "words": render.kept(render.pdf_text(before), render.pdf_text(after)),
            "pages": render.page_count(before) == render.page_count(after)}


def told(name, rows):
    good = [r for r in rows if r["ssim"] >= 0.95]
    usable = [r for r in good if r["words"] >= 0.99 and r.get("pages", True)]
    print(f"{name:12} {len(rows)} files: SSIM >= 0.95 {len(good)}, with all words and pages {len(usable)}, "
          f"mean SSIM {statistics.mean([r['ssim'] for r in rows] or [0.0]):.3f}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--keep", type=pathlib.Path, required=True, help="conversions and PDFs are found again here")
    arguments.add_argument("--ours", type=pathlib.Path)
    options = arguments.parse_args()
    files = sorted(options.folder.rglob("*.xls"))
    made = to_xlsx(files, options.keep / "control")
    pdfs = render.to_pdf(list(made) + list(made.values()), options.keep / "pdf-cache")
    control = {f.name: compared(pdfs[f], pdfs[made[f]]) for f in made if f in pdfs and made[f] in pdfs}
    told("control", list(control.values()))
    if options.ours:
        ours = {r["name"]: r | {"pages": not any(w.startswith("pages") for w in r["why"])}
                for r in json.loads(options.ours.read_text())["xls"] if r["size"]}
        both = sorted(set(ours) & set(control))
        told("both: LO", [control[n] for n in both])
        told("both: ours", [ours[n] for n in both])
        behind = sorted((n for n in both if ours[n]["ssim"] < min(0.95, control[n]["ssim"] - 0.01)),
                        key=lambda n: ours[n]["ssim"] - control[n]["ssim"])
        print(f"below 0.95 and behind LibreOffice by more than 0.01: {len(behind)}")
        for n in behind[:20]:
            print(f"    {n}: {ours[n]['ssim']:.3f} where LibreOffice has {control[n]['ssim']:.3f}")


if __name__ == "__main__":
    main()
