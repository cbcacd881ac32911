"""What a file looks like and says, through programs that share nothing with the engine: LibreOffice and poppler."""
import collections
import hashlib
import pathlib
import re
import shutil
import subprocess
import tempfile

import numpy
from PIL import Image

OFFICE = {"docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx", "xltm", "pptx", "pptm", "ppsx", "ppsm", "potx",
          "potm", "xls"}
PAGES = 5  # compared per file: rendering is what takes the time
DPI = 50
JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")


def run(command, seconds):
    try:
        return subprocess.run([str(c) for c in command], capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None


def to_pdf(files, cache):
    """PDF by LibreOffice of every file that it opens, found again by content in `cache`. No network."""
    cache.mkdir(parents=True, exist_ok=True)
    # Other fonts are another rendering: what was rendered before they came must not be compared with what comes after.
    fonts = run(["fc-list"], 60)
    fonts = fonts.stdout if fonts else b""
    keys = {f: hashlib.sha256(f.read_bytes() + b"".join(sorted(fonts.split(b"\n")))).hexdigest()[:24]
            + f.suffix.lower().replace(".", "_") for f in files}
    missing = [f for f in files if not (cache / (keys[f] + ".pdf")).exists() and not (cache / (keys[f] + ".no")).exists()]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        base = ["unshare", "-rn", "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore",
                "--convert-to", "pdf", "--outdir", cache]
        links = []
        for f in missing:
            link = folder / (keys[f] + f.suffix.lower())
            shutil.copy(f, link)
            links.append(link)
        for i in range(0, len(links), 12):
            run(base + links[i:i + 12], 180)
        for link in links:
            if not (cache / (link.stem + ".pdf")).exists():
                run(base + [link], 60)
            if not (cache / (link.stem + ".pdf")).exists():
                (cache / (link.stem + ".no")).touch()
    return {f: cache / (keys[f] + ".pdf") for f in files if (cache / (keys[f] + ".pdf")).exists()}


def with_padding_of_xlsx(files, folder, cache):
    """PDFs of workbooks with the padding inside cells that LibreOffice gives .xlsx, by way of its own format."""
    folder.mkdir(parents=True, exist_ok=True)
    base = ["unshare", "-rn", "soffice", f"-env:UserInstallation=file://{folder.resolve()}/profile", "--headless",
            "--norestore", "--convert-to", "fods", "--outdir", folder]
    missing = [f for f in files if not (folder / f"{f.stem}.fods").exists()]
    for i in range(0, len(missing), 12):
        run(base + missing[i:i + 12], 180)
    made = {f: folder / f"{f.stem}.fods" for f in files if (folder / f"{f.stem}.fods").exists()}
    for flat in made.values():
        flat.write_bytes(flat.read_bytes().replace(b'fo:padding="0.028in"', b'fo:padding="0.0138in"'))
    pdfs = to_pdf(list(made.values()), cache)
    return {f: pdfs[flat] for f, flat in made.items() if flat in pdfs}


def pdf_text(pdf):
    done = run(["pdftotext", "-q", pdf, "-"], 60)
    return done.stdout.decode("utf-8", "replace") if done else ""


# A form field of the input is drawn as a box without a letter, and LibreOffice draws a ticked box as ☒: marks are counted
# by themselves, none may be missing, and the words around them are compared without them.
MARKS = {ord(c): None for c in "☐☑☒"}


def words(text):
    """Multiset of character bigrams for Japanese, of words otherwise."""
    text = text.translate(MARKS)
    if JAPANESE.search(text):
        text = "".join(text.split())
        return collections.Counter(text[i:i + 2] for i in range(len(text) - 1))
    return collections.Counter(text.split())


def kept(before, after):
    if sum(after.count(m) for m in "☐☑☒") < sum(before.count(m) for m in "☐☑☒"):
        return 0.0
    before, after = words(before), words(after)
    total = sum(before.values())
    return 1.0 if total == 0 else sum(min(n, after[g]) for g, n in before.items()) / total


def pages(pdf):
    with tempfile.TemporaryDirectory() as folder:
        run(["pdftoppm", "-q", "-gray", "-r", DPI, "-l", PAGES, pdf, folder + "/p"], 120)
        return [numpy.asarray(Image.open(p), dtype=float) for p in sorted(pathlib.Path(folder).iterdir())]


def page_count(pdf):
    done = run(["pdfinfo", pdf], 30)
    lines = done.stdout.decode("utf-8", "replace").splitlines() if done else []
    return next((int(line.split()[1]) for line in lines if line.startswith("Pages:")), 0)


def ssim(a, b):
    """Mean structural similarity over 8 x 8 windows of two grey pictures."""
    if abs(a.shape[0] - b.shape[0]) > 1 or abs(a.shape[1] - b.shape[1]) > 1:
        return 0.0
    h, w = min(a.shape[0], b.shape[0]), min(a.shape[1], b.shape[1])
    a, b = a[:h, :w], b[:h, :w]
    if h < 8 or w < 8:
        return 1.0 - float(numpy.abs(a - b).mean()) / 255

    def windows(x):
        return x[:h // 8 * 8, :w // 8 * 8].reshape(h // 8, 8, w // 8, 8).swapaxes(1, 2).reshape(-1, 64)

    x, y = windows(a), windows(b)
    mx, my, vx, vy = x.mean(1), y.mean(1), x.var(1), y.var(1)
    cov = ((x - mx[:, None]) * (y - my[:, None])).mean(1)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + c1) * (2 * cov + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())
