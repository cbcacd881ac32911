#!/usr/bin/env python3
"""Prints the skeleton of src/pdf/keys.tsv from the Arlington PDF model (PDF Association, Apache-2.0).

usage: arlington-keys.py ARLINGTON_TSV_DIR OBJECT ...   for example: arlington-keys.py tsv/latest PageObject FontType1

One row per key whose value is plain: object, key, shape, and the model's own type and possible values as a hint.
Nothing of it is taken over unseen: each row is decided by hand, and keys with objects of their own are code.
"""
import csv
import pathlib
import sys

SHAPES = {
    "boolean": "bool",
    "integer": "int",
    "number": "number",
    "name": "name",
    "rectangle": "rect",
    "matrix": "numbers:6",
    "string": "text",
    "string-text": "text",
    "string-byte": "text",
    "string-ascii": "text",
    "date": "",
    "array": "numbers",
}

for name in sys.argv[2:]:
    with (pathlib.Path(sys.argv[1]) / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            kinds = [k for k in row["Type"].split(";") if SHAPES.get(k)]
            if kinds and not row.get("Link", "").strip("[];"):
                print(name, row["Key"], SHAPES[kinds[0]], row["Type"], row["PossibleValues"], sep="\t")
