#!/usr/bin/env python3
"""Compares PDFs before and after: qpdf --check, page count, words (character bigrams), rendering (mean SSIM).

usage: compare-pdf.py BEFORE_DIR AFTER_DIR [PAGES] [NAME ...]
Needs qpdf, poppler-utils, numpy and Pillow. One tab-separated line per file, worst first, and a summary.
"""
import collections
import os
import subprocess
import sys
import tempfile

import numpy
from PIL import Image


def run(*command, seconds=20):
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        return -1, b"", b"timeout"


def bigrams(path):
    text = "".join(run("pdftotext", "-q", path, "-")[1].decode("utf-8", "replace").split())
    return collections.Counter(zip(text, text[1:])), len(text)


def pages(path):
    out = run("pdfinfo", path)[1].decode("utf-8", "replace")
    return next((int(l.split()[1]) for l in out.splitlines() if l.startswith("Pages:")), -1)


def pictures(path, directory, count):
    os.makedirs(directory, exist_ok=True)
    run("pdftoppm", "-q", "-gray", "-r", "50", "-l", str(count), path, os.path.join(directory, "p"), seconds=60)
    return [numpy.asarray(Image.open(os.path.join(directory, f)), dtype=float) for f in sorted(os.listdir(directory))]


def blur(a):
    """Mean over 8x8 windows with stride 4, by cumulative sums."""
    c = numpy.pad(a.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    y, x = numpy.arange(0, a.shape[0] - 7, 4), numpy.arange(0, a.shape[1] - 7, 4)
    return (c[numpy.ix_(y + 8, x + 8)] - c[numpy.ix_(y, x + 8)] - c[numpy.ix_(y + 8, x)] + c[numpy.ix_(y, x)]) / 64


def ssim(a, b):
    if a.shape != b.shape:
        return 0.0
    if min(a.shape) < 8:
        return float(numpy.abs(a - b).mean() < 4)
    ma, mb = blur(a), blur(b)
    va, vb, cov = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    c1, c2 = 6.5025, 58.5225
    return float((((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma**2 + mb**2 + c1) * (va + vb + c2))).mean())


def main():
    before, after = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    rows = []
    for name in sys.argv[4:] or sorted(os.listdir(after)):
        old, new = os.path.join(before, name), os.path.join(after, name)
        if not name.endswith(".pdf") or not os.path.exists(old):
            continue
        check, _, errors = run("qpdf", "--check", new)
        (words, length), (kept, _) = bigrams(old), bigrams(new)
        shared = sum((words & kept).values()) / sum(words.values()) if words else 1.0
        with tempfile.TemporaryDirectory() as work:
            a, b = (pictures(f, os.path.join(work, d), count) for f, d in ((old, "a"), (new, "b")))
        look = numpy.mean([ssim(x, y) for x, y in zip(a, b)]) if a and len(a) == len(b) else (1.0 if not a else 0.0)
        size = os.path.getsize(new) / os.path.getsize(old)
        rows.append((look, shared, check, pages(old), pages(new), size, length, name, errors.decode()[:80].strip()))
    rows.sort(key=lambda r: (min(r[0], r[1]), -r[2]))
    good = 0
    for look, words, check, p, q, size, length, name, errors in rows:
        fine = look >= 0.98 and words >= 0.99 and check in (0, 3) and (p == q or p < 0)
        good += fine
        print(f"{'ok ' if fine else 'BAD'}\t{look:.4f}\t{words:.4f}\tqpdf={check}\t{p}/{q}\t{size:.2f}\t{length}\t{name}\t{errors if check else ''}")
    sizes = sorted(r[5] for r in rows)
    print(f"usable {good}/{len(rows)}, median size {sizes[len(sizes) // 2] if sizes else 0:.2f}")


main()
