#!/usr/bin/env python3
"""Writes ooxml.table from the Open XML SDK's schema data and the decisions in decisions.py.

    python3 -m venv v && v/bin/pip install openxml-audit==0.8.0
    v/bin/python skeleton.py            # writes ooxml.table
    v/bin/python skeleton.py --open     # lists what no decision covers (dropped by default)

The schema data (element names, attribute names and their value types) comes from the PyPI package openxml-audit
0.8.0, MIT licence, Copyright (c) 2026 Bram Alkema, which carries the schema data of the Open XML SDK, MIT licence,
Copyright (c) .NET Foundation and Contributors. What is allowed is decided in decisions.py: only what is reachable
from a listed root through elements that nobody dropped, and only attributes whose values have a class.
"""
import collections
import json
import pathlib
import sys

import openxml_audit

import decisions as D

DATA = pathlib.Path(openxml_audit.__file__).parent / "data" / "openxml"


def load():
    types, classes = {}, {}
    for path in sorted((DATA / "schemas").glob("*.json")):
        for t in json.loads(path.read_text()).get("Types", []):
            t["ns"] = path.name
            types[t["Name"]] = t
            classes.setdefault((path.name, t["ClassName"]), t)
    return types, classes


def attributes(t, classes):
    """Own attributes and those of the base types in the same schema."""
    out, seen = [], set()
    while t is not None:
        for a in t.get("Attributes", []):
            name = a["QName"].lstrip(":")
            if name not in seen:
                seen.add(name)
                out.append((name, a["Type"]))
        t = classes.get((t["ns"], t.get("BaseClass")))
    return out


def children(t, classes):
    out = []
    while t is not None:
        out += [c["Name"] for c in t.get("Children", [])]
        t = classes.get((t["ns"], t.get("BaseClass")))
    return out


def value_class(element, attr, type_):
    for key in (f"{element}@{attr}", f"{element.split(':')[0]}:*@{attr}", f"*@{attr}"):
        if key in D.ATTRIBUTES:
            return D.ATTRIBUTES[key]
    if type_.startswith("EnumValue"):
        return "token"
    return D.TYPES.get(type_)


def text_class(name, t, classes):
    leaf = False
    u = t
    while u is not None:
        leaf = leaf or u.get("IsLeafText") or u.get("BaseClass") == "OpenXmlLeafTextElement"
        u = classes.get((u["ns"], u.get("BaseClass")))
    element = name.split("/")[1]
    if element in D.TEXT:
        return D.TEXT[element]
    return "text" if leaf else "-"


def main():
    types, classes = load()
    by_element = collections.defaultdict(list)
    for name in types:
        by_element[name.split("/")[1]].append(name)
    extra = {}
    for parent, kids in D.EXTENSIONS.items():
        for kid in kids:
            found = [kid] if "/" in kid else by_element.get(kid) or []
            if not found or found[0] not in types:
                sys.exit(f"no type for extension element {kid}")
            extra.setdefault(parent, []).append(found[0])
    for name, (attrs, kids, text) in D.OWN.items():
        types[name] = {"Name": name, "ns": "", "ClassName": name, "Own": (attrs, kids, text)}
        by_element[name.split("/")[1]].append(name)
    queue, rows, undecided = collections.deque(D.ROOTS), {}, collections.Counter()
    while queue:
        name = queue.popleft()
        if name in rows:
            continue
        t = types[name]
        element = name.split("/")[1]
        if "Own" in t:
            attrs, kids, text = t["Own"]
            attrs = dict(attrs)
        else:
            text = text_class(name, t, classes)
            attrs = {}
            for attr, type_ in attributes(t, classes):
                cls = value_class(element, attr, type_)
                if cls is None:
                    undecided[f"{element}@{attr}"] += 1
                elif cls != "drop" and attr.rpartition(":")[0] in D.PREFIXES:
                    attrs[attr] = cls
            for attr, cls in D.MORE_ATTRIBUTES.get(element, {}).items():
                attrs[attr] = cls
            kids = children(t, classes) + extra.get(name, extra.get(element, [])) + D.MORE_CHILDREN.get(name, D.MORE_CHILDREN.get(element, []))
        kept = {}
        for kid in kids:
            kid_element = kid.split("/")[1]
            if kid_element in D.DROPPED or f"{element}>{kid_element}" in D.DROPPED:
                continue
            prefix = kid_element.rpartition(":")[0]
            if prefix not in D.PREFIXES:
                continue
            if kid not in types:
                sys.exit(f"{name}: unknown child {kid}")
            kept[kid_element] = kid
        queue.extend(kept.values())
        rows[name] = (text, attrs, kept)
    if "--open" in sys.argv:
        names = collections.defaultdict(list)
        for key in sorted(undecided):
            names[key.split("@")[1]].append(key.split("@")[0])
        for attr, owners in sorted(names.items()):
            print(f"{attr}: {' '.join(owners)}")
        return
    out = ["# Written by skeleton.py; edit decisions.py instead. See skeleton.py for the source and its licence.",
           "# type <name>/<element> <class of its text>; then @ attribute class; then > children (type/element)"]
    uris = {n["Prefix"]: n["Uri"] for n in json.loads((DATA / "namespaces.json").read_text())}
    out += [f"ns {prefix} {uris[prefix]}" for prefix in sorted(D.PREFIXES & set(uris)) if prefix] + list(D.MORE_NAMESPACES)
    out += [f"root {root}" for root in D.ROOTS]
    for name in sorted(rows):
        text, attrs, kept = rows[name]
        out.append(f"type {name} {text}")
        for attr in sorted(attrs):
            out.append(f"@ {attr} {attrs[attr]}")
        line = ">"
        for kid in sorted(kept.values()):
            if len(line) + len(kid) > 118:
                out.append(line)
                line = ">"
            line += " " + kid
        if line != ">":
            out.append(line)
        needs = D.REQUIRES.get(name, D.REQUIRES.get(name.split("/")[1]))
        if needs:
            out.append(f"! {needs}")
    pathlib.Path(__file__).with_name("ooxml.table").write_text("\n".join(out) + "\n")
    print(f"{len(rows)} types, {sum(len(r[1]) for r in rows.values())} attributes, {len(undecided)} undecided")


main()
