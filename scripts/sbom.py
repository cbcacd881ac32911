#!/usr/bin/env python3
"""Writes a CycloneDX 1.5 SBOM of what is linked into one package of this workspace.

    scripts/sbom.py PACKAGE TARGET > sbom.cdx.json

Read from `cargo metadata` (what is resolved for the target, without dev-dependencies) and Cargo.lock (checksums). No
network, no time stamp and no random serial number: the same source gives the same bytes.
"""
import json
import subprocess
import sys
import tomllib
from collections import deque


def main(package: str, target: str) -> None:
    command = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", target]
    meta = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    with open("Cargo.lock", "rb") as file:
        locked = {(p["name"], p["version"]): p.get("checksum") for p in tomllib.load(file)["package"]}
    packages = {p["id"]: p for p in meta["packages"]}
    nodes = {n["id"]: n for n in meta["resolve"]["nodes"]}
    root = next(p["id"] for p in meta["packages"] if p["name"] == package)

    linked, waiting = {}, deque([root])
    while waiting:
        here = waiting.popleft()
        if here in linked:
            continue
        # A build-time dependency of a linked crate shapes it and is listed; dev-dependencies are not.
        below = [d["pkg"] for d in nodes[here]["deps"] if any(k["kind"] != "dev" for k in d["dep_kinds"])]
        linked[here] = below
        waiting.extend(below)

    def ref(identity: str) -> str:
        return f"pkg:cargo/{packages[identity]['name']}@{packages[identity]['version']}"

    def component(identity: str) -> dict:
        p = packages[identity]
        out = {"type": "library", "bom-ref": ref(identity), "name": p["name"], "version": p["version"], "purl": ref(identity)}
        if p.get("license"):
            out["licenses"] = [{"expression": p["license"].replace("/", " OR ")}]
        if checksum := locked.get((p["name"], p["version"])):
            out["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        return out

    order = sorted(linked, key=lambda i: (packages[i]["name"], packages[i]["version"]))
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(root) | {"type": "application"}},
        "components": [component(i) for i in order if i != root],
        "dependencies": [{"ref": ref(i), "dependsOn": sorted({ref(d) for d in linked[i]})} for i in order],
    }
    json.dump(bom, sys.stdout, ensure_ascii=False, indent=1)
    print()


main(*sys.argv[1:])
