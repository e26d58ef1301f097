"""What Remit ships, as a CycloneDX 1.6 document: every pinned package with its licence and the hashes of the lock.

Run by `make sbom`, which writes build/remit.cdx.json; ends with status 1 where a licence is unknown or is one that a
program of ours may not be combined with. The same lock gives the same bytes. Licences are those that the installed
packages state of themselves.

Source: ECMA-424 (CycloneDX 1.6), https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+?)(?: \\)?\n((?:    --hash=sha256:[0-9a-f]{64}.*\n?)+)", re.MULTILINE
)
HASH = re.compile(r"sha256:([0-9a-f]{64})")
# What packages say in words of their own, before there were SPDX expressions.
SPDX = {
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "LGPLv3+": "LGPL-3.0-or-later",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
KNOWN = re.compile(
    r"MIT(-0)?|BSD-[23]-Clause|Apache-2\.0|PSF-2\.0|MPL-2\.0|ISC|Zlib|HPND|Unlicense|0BSD|CC0-1\.0|LGPL-[23]\.[01]-(only|or-later)"
)
"""Licences that may stand in the lock. GPL and AGPL are not among them; LGPL libraries are imported, never changed."""
BUILD_ONLY = ("setuptools",)
"""Pinned to build, and not shipped."""


def licence(name: str) -> str:
    """Return the licence of an installed package as an SPDX expression, or "" where it states none that is known."""
    said = metadata.metadata(name)
    if expression := said.get("License-Expression"):
        return str(expression)
    stated = [str(said.get("License") or "")]
    stated += [c.rpartition(" :: ")[2] for c in said.get_all("Classifier") or () if c.startswith("License ::")]
    for word in stated:
        found = SPDX.get(word.strip(), word.strip())
        if KNOWN.fullmatch(found):
            return found
    return ""


def allowed(expression: str) -> bool:
    """Whether one of the alternatives of an SPDX expression consists of licences that may be used."""
    return any(
        all(KNOWN.fullmatch(part.strip(" ()")) for part in choice.split(" AND ")) for choice in expression.split(" OR ")
    )


def components(lock: str) -> list[dict[str, Any]]:
    """Return each package of a lock as a component, in order of names."""
    found = []
    for name, version, hashes in PIN.findall(lock):
        if name in BUILD_ONLY:
            continue
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        known = licence(name)
        found.append({
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "licenses": [{"expression": known}] if known else [],
            "hashes": [{"alg": "SHA-256", "content": each} for each in sorted(set(HASH.findall(hashes)))],
        })  # fmt: skip
    return sorted(found, key=lambda component: str(component["purl"]))


def document(lock: str, version: str, direct: list[str]) -> dict[str, Any]:
    """Return the whole document. `direct` are the packages that pyproject.toml names."""
    parts = components(lock)
    own = f"pkg:pypi/remit@{version}"
    named = {re.split(r"[\[<>=~! ]", need, maxsplit=1)[0].lower().replace("_", "-") for need in direct}
    body = json.dumps(parts, sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own + body)}",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "component": {"type": "application", "bom-ref": own, "name": "remit", "version": version, "purl": own},
        },
        "components": parts,
        "dependencies": [
            {"ref": own, "dependsOn": [c["purl"] for c in parts if str(c["name"]).lower().replace("_", "-") in named]}
        ],
    }


def problems(parts: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with the components, one line each."""
    found = []
    for part in parts:
        expressions = [each["expression"] for each in part["licenses"]]
        if not expressions:
            found.append(f"{part['name']} states no licence that is known")
        found += [f"{part['name']} is under {each}" for each in expressions if not allowed(each)]
        if not part["hashes"]:
            found.append(f"{part['name']} has no hash")
    return found


def main() -> int:
    """Write the document to the file named as argument, and say what is wrong; 1 if anything is."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    lock = (HERE / "run.txt").read_text()
    made = document(lock, metadata.version("remit"), project["dependencies"])
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    found = problems(made["components"])
    for line in found:
        print(f"sbom: {line}", file=sys.stderr)
    print(f"{target}: {len(made['components'])} components")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
