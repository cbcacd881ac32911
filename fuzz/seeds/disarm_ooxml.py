#!/usr/bin/env python3
"""disarm_ooxml.py OUT PACKAGE...: packages as the fuzz target disarm_ooxml reads them, small ones only."""
import pathlib
import sys
import zipfile

LARGEST = 60_000

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
for path in map(pathlib.Path, sys.argv[2:]):
    try:
        with zipfile.ZipFile(path) as package:
            data = b"".join(b"\n=== " + n.encode() + b"\n" + package.read(n) for n in package.namelist() if not n.endswith("/"))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, KeyError):
        continue  # what is no package is no seed
    if len(data) <= LARGEST:
        (out / path.name).write_bytes(data)
