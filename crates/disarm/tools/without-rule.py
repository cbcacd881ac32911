#!/usr/bin/env python3
"""Takes each rule of the threat table out of the engine, one at a time, and demands that its sample goes red.

    without-rule.py [ID…]        (all ids without arguments; `./test long disarm-rules`)

The sources are copied below the cargo target folder and changed there. What taking a rule out means is written in
`without-rule.txt`; where nothing is written for an id, the engine no longer knows what it found: every mention of the
id becomes another one. An id is red when a test that bears it in its name fails, or when the table of refused formats
fails on it. Ids of different families sit in one build; the copy is built untouched first and must be green.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

CRATE = pathlib.Path(__file__).resolve().parent.parent
ROOT = CRATE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
COPY = TARGET / "without-rule"
RULES = CRATE / "tools" / "without-rule.txt"
# Not among these: properties over damaged files, which only take long here.
TESTS = ["archives", "encrypted", "metafile", "ooxml_objects", "ooxml_threats", "threat_ids", "xls", "xls_threats"]


def changes():
    """id -> [(file, old, new)]: `id file`, then the old line behind `- `, the new one behind `+ `."""
    out, current = {}, None
    for line in RULES.read_text().splitlines():
        if line.startswith("- "):
            current[1] = line[2:]
        elif line.startswith("+"):
            out.setdefault(current[0][0], []).append((current[0][1], current[1], line[2:]))
        elif line.strip() and not line.startswith("#"):
            current = [line.split(" ", 1), ""]
    return out


def ids():
    source = (CRATE / "src" / "threat.rs").read_text()
    excused = set(re.findall(r'^    \("([A-Z]\d\d)", "', (CRATE / "tests" / "threat_ids.rs").read_text(), re.M))
    return [i for i in re.findall(r"^    ([A-Z]\d\d) = ", source, re.M) if i not in excused]


def copy_sources():
    shutil.rmtree(COPY, ignore_errors=True)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, COPY / name)


def take_out(rule, written):
    """Changes the copy; returns the files changed with their former text, or why nothing could be changed."""
    before = {}
    crate = COPY / "crates" / "disarm"
    if rule in written:
        for name, old, new in written[rule]:
            path = crate / name
            text = path.read_text()
            before.setdefault(path, text)
            if text.count(old) != 1:
                restore(before)
                return None, f"{name}: {text.count(old)} times {old!r}"
            path.write_text(text.replace(old, new))
    else:
        for path in sorted((crate / "src").rglob("*.rs")):
            text = path.read_text()
            if path.name not in ("threat.rs", "tests.rs") and f"Threat::{rule}" in text:
                before[path] = text
                # Tests stand at the end of a file and keep their expectation.
                code, mark, tests = text.partition("#[cfg(test)]\nmod tests {")
                path.write_text(re.sub(rf"Threat::{rule}\b", "Threat::X08", code) + mark + tests)
    return (before, None) if before else (None, "no rule bears this id")


def restore(before):
    for path, text in before.items():
        path.write_text(text)


def failures():
    """Names of failed tests, and everything said; nothing when it does not build."""
    command = ["cargo", "test", "-p", "sekisho-disarm", "--no-fail-fast", "--lib"]
    for test in TESTS:
        command += ["--test", test]
    run = subprocess.run(command, cwd=COPY, capture_output=True, text=True, env=os.environ | {"CARGO_TARGET_DIR": str(TARGET)})
    said = run.stdout + run.stderr
    if "could not compile" in said or not re.search(r"^test .* \.\.\. ", run.stdout, re.M):
        return None, said
    return set(re.findall(r"^test (\S+) .*\.\.\. FAILED", run.stdout, re.M)), said


def is_red(rule, failed, said):
    borne = any(rule.lower() in re.split(r"_|::", name) for name in failed)
    return borne or re.search(rf"^(.*: )?{rule} \S+", said, re.M) and any("not_rebuilt_are_refused" in f for f in failed)


def batches(wanted):
    families = {}
    for rule in wanted:
        families.setdefault("O" if rule[0] in "OX" else "F" if rule in ("O31", "I06", "I08", "T04", "Z06", "Z07", "P18") else rule[0], []).append(rule)
    while any(families.values()):
        yield [family.pop(0) for family in families.values() if family]


def main():
    wanted = sys.argv[1:] or ids()
    written = changes()
    copy_sources()
    failed, said = failures()
    if failed is None or failed:
        sys.exit(f"the untouched copy is not green: {failed}\n{said[-3000:]}")
    wrong = []
    for batch in batches(wanted):
        changed = {}
        for rule in list(batch):
            before, why = take_out(rule, written)
            if before is None:
                wrong.append(rule)
                batch.remove(rule)
                print(f"{rule}  CANNOT BE TAKEN OUT: {why}", flush=True)
            else:
                changed = before | changed
        failed, said = failures()
        restore(changed)
        for rule in batch:
            if failed is None:
                wrong.append(rule)
                errors = re.findall(r"^error.*", said, re.M)
                print(f"{rule}  DOES NOT BUILD: {errors[:1]}", flush=True)
            elif is_red(rule, failed, said):
                names = sorted(f for f in failed if rule.lower() in re.split(r"_|::", f))
                print(f"{rule}  red  {' '.join(names[:2])}", flush=True)
            else:
                wrong.append(rule)
                print(f"{rule}  STAYS GREEN", flush=True)
    print(f"{len(wanted) - len(wrong)} of {len(wanted)} ids go red without their rule")
    sys.exit(1 if wrong else 0)


main()
