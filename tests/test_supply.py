"""What is installed, as others check it: the SBOM names every locked package; an audit that asked nobody says so."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

import bot

ROOT: Final = Path(__file__).parents[1]
LOCK: Final = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOW: Final = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def program(name: str) -> ModuleType:
    """Import a program of `.ci`, which is no package."""
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / f".ci/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SBOM: Final = program("sbom")
AUDIT: Final = program("audit")


def components(bom: dict[str, Any]) -> dict[str, tuple[str, set[str]]]:
    """Name each component's version and hashes."""
    return {
        each["name"]: (each["version"], {found["content"] for found in each["hashes"]}) for each in bom["components"]
    }


def test_every_locked_package_is_in_the_sbom_with_its_version_and_every_hash() -> None:
    locked = {}
    for part in LOCK.split("\n# ")[0].replace("\\\n", " ").splitlines():
        if pinned := re.match(r"([\w.-]+)==(\S+)", part):
            locked[pinned[1]] = (pinned[2], set(re.findall(r"--hash=sha256:(\w{64})", part)))
    assert len(locked) == LOCK.count("==") - LOCK.count(" == ")
    assert components(SBOM.sbom(LOCK, "1.2.3", NOW)) == locked


def test_the_sbom_says_who_asks_for_what() -> None:
    bom = SBOM.sbom(LOCK, "1.2.3", NOW)
    asked = {each["ref"]: set(each["dependsOn"]) for each in bom["dependencies"]}
    names = {each["bom-ref"]: each["name"] for each in bom["components"]}
    root = bom["metadata"]["component"]["bom-ref"]
    declared = {re.split(r"[\[<>=;]", each)[0] for each in PROJECT["dependencies"]}
    assert {names[ref] for ref in asked[root]} == declared
    reached, open_ends = {root}, [root]
    while open_ends:
        new = asked[open_ends.pop()] - reached
        reached |= new
        open_ends.extend(new)
    assert reached == asked.keys() == {root, *names}


def test_the_sbom_says_which_version_it_is_of_when_it_was_made_and_where_a_package_is_left_out() -> None:
    bom = SBOM.sbom(LOCK, "1.2.3", NOW)
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert bom["metadata"]["timestamp"] == "2026-12-01T09:30:00Z"
    assert bom["metadata"]["component"]["version"] == "1.2.3"
    (windows,) = (each for each in bom["components"] if each["name"] == "colorama")
    assert windows["properties"] == [{"name": "baton:installed-if", "value": "sys_platform == 'win32'"}]


@pytest.mark.parametrize(
    "line",
    ["baton @ file:///baton", "six==1.17.0", "six>=1 \\\n    --hash=sha256:" + 64 * "0", "--index-url https://a"],
)
def test_a_line_that_pins_no_hash_makes_no_sbom(line: str) -> None:
    with pytest.raises(ValueError, match="not a locked package"):
        SBOM.sbom(f"{LOCK}{line}\n", "1.2.3", NOW)


def test_make_sbom_writes_the_sbom_of_this_version() -> None:
    done = subprocess.run(
        [sys.executable, ".ci/sbom.py", "requirements.lock"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    bom = json.loads(done.stdout)
    assert bom["metadata"]["component"]["version"] == bot.__version__
    assert components(bom) == components(SBOM.sbom(LOCK, bot.__version__, NOW))


def package(name: str, *faults: str) -> dict[str, Any]:
    """Answer for a package as pip-audit does."""
    return {"name": name, "version": "1.0", "vulns": [{"id": each, "fix_versions": ["1.1"]} for each in faults]}


def skipped(name: str) -> dict[str, Any]:
    """Answer for a package that the source does not know, as pip-audit does."""
    return {"name": name, "skip_reason": f"Dependency not found on PyPI and could not be audited: {name} (1.0)"}


def answer(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


def test_an_audit_in_which_every_package_was_looked_up_is_passed() -> None:
    status, said = AUDIT.judge(
        {"one": answer(package("six"), skipped("rich")), "two": answer(skipped("six"), package("rich"))}
    )
    assert (status, said[-1]) == (0, "No known vulnerabilities.")


@pytest.mark.parametrize("other", ["it said nothing", answer(skipped("six")), answer(package("six"))])
def test_what_one_source_knows_counts_whatever_the_other_says(other: object) -> None:
    status, said = AUDIT.judge({"one": answer(package("six", "PYSEC-1")), "two": other})
    assert (status, said[-1]) == (1, "VULNERABLE: six 1.0: PYSEC-1, fixed in 1.1")


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (("no such host", "no such host"), "no source was reached."),
        (
            ("no such host", answer(skipped("six"), skipped("rich"))),
            "no source knows any package. Is PyPI a mirror here?",
        ),
        ((answer(package("six"), skipped("rich")), "no such host"), "no source knows rich."),
    ],
)
def test_an_audit_that_could_not_ask_about_everything_fails_and_says_why(
    answers: tuple[object, object], why: str
) -> None:
    status, said = AUDIT.judge(dict(zip(("one", "two"), answers, strict=True)))
    assert (status, said[-1]) == (3, f"NOT AUDITED: {why}")
