"""Write an SBOM, a list of all packages that Baton runs with, in CycloneDX JSON: sbom.py LOCK_FILE > FILE.

https://cyclonedx.org/docs/1.6/json. The lock file says it all: the packages for every system, the hash of each file
that may be installed, and who asks for what. An installed environment knows its own system, and no hashes.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot import __version__

PROJECT: Final = "baton (pyproject.toml)"
PACKAGE: Final = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.*?))?(?: \\)?$")
HASH: Final = re.compile(r"^ +--hash=sha256:([0-9a-f]{64})")
VIA: Final = re.compile(r"^ +#(?: via| {2}) +(.+)$")


@dataclass(frozen=True, slots=True)
class Package:
    """A locked package: `marker` says on which systems it is installed, `via` names the packages that ask for it."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]
    via: tuple[str, ...]

    @property
    def purl(self) -> str:
        """The package's address as a package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def packages(lock: str) -> Iterator[Package]:
    """Read a lock file as uv writes it; raises ValueError for a line that is none of its kinds."""
    for part in re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]:
        first, *lines = part.rstrip("\n").split("\n")
        found = PACKAGE.match(first)
        hashes = [match[1] for line in lines if (match := HASH.match(line))]
        via = [match[1] for line in lines if (match := VIA.match(line))]
        empty = sum(line.strip() == "# via" for line in lines)
        if found is None or not hashes or len(hashes) + len(via) + empty != len(lines):
            raise ValueError(f"not a locked package: {first}")
        yield Package(found["name"], found["version"], found["marker"], tuple(hashes), tuple(via))


def sbom(lock: str, version: str, now: datetime) -> dict[str, Any]:
    """Return the SBOM of what a lock file installs for that version of Baton."""
    listed = list(packages(lock))
    root = f"pkg:generic/baton@{version}"
    asking = {PROJECT: root} | {each.name: each.purl for each in listed}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "baton",
                "version": version,
                "purl": root,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [_component(each) for each in listed],
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(each.purl for each in listed if name in each.via)}
            for name, ref in asking.items()
        ],
    }


def _component(package: Package) -> dict[str, Any]:
    """Return a package with the hashes of all its files; one of them is installed, by the system."""
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "hashes": [{"alg": "SHA-256", "content": each} for each in package.hashes],
    }
    if package.marker is not None:
        component["properties"] = [{"name": "baton:installed-if", "value": package.marker}]
    return component


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    print(json.dumps(sbom(text, __version__, datetime.now(UTC)), indent=2))
