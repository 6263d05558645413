"""Ask for known vulnerabilities of all that is locked, and say how much could be asked: audit.py PIP_AUDIT LOCK_FILE...

Ends with 0 if every package was looked up and none is vulnerable, with 1 if one is, and with 3 if nobody could tell.
pip-audit itself ends with 0 if its source knows none of the packages.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

# Both are asked, since one may be out of reach; what either knows counts.
SOURCES: Final = {"pypi": "PyPI", "osv": "OSV"}
VULNERABLE: Final = 1
NOT_KNOWN: Final = 3


def judge(answers: Mapping[str, Mapping[str, Any] | str]) -> tuple[int, list[str]]:
    """Return the exit status and what to print, from each source's answer in pip-audit's JSON, or why there is none."""
    lines: list[str] = []
    vulnerable: dict[str, str] = {}
    named: set[str] = set()
    unknown: set[str] | None = None
    for source, answer in answers.items():
        if isinstance(answer, str):
            lines.append(f"{source}: NOT REACHED: {answer}")
            continue
        listed = answer["dependencies"]
        vulnerable |= dict(_vulnerable(listed))
        skipped = {each["name"] for each in listed if "skip_reason" in each}
        named |= {each["name"] for each in listed}
        lines.append(f"{source}: looked up {len(listed) - len(skipped)} of {len(listed)} packages")
        unknown = skipped if unknown is None else unknown & skipped
    lines.extend(line for _, line in sorted(vulnerable.items()))
    if vulnerable:
        return VULNERABLE, lines
    if unknown is None:
        return NOT_KNOWN, [*lines, "NOT AUDITED: no source was reached."]
    if unknown == named:
        return NOT_KNOWN, [*lines, "NOT AUDITED: no source knows any package. Is PyPI a mirror here?"]
    if unknown:
        return NOT_KNOWN, [*lines, f"NOT AUDITED: no source knows {', '.join(sorted(unknown))}."]
    return 0, [*lines, "No known vulnerabilities."]


def _vulnerable(listed: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for each in listed:
        for fault in each.get("vulns", ()):
            fixed = f", fixed in {', '.join(fault['fix_versions'])}" if fault["fix_versions"] else ", not fixed yet"
            yield f"{each['name']} {fault['id']}", f"VULNERABLE: {each['name']} {each['version']}: {fault['id']}{fixed}"


def ask(pip_audit: str, source: str, files: list[str]) -> dict[str, Any] | str:
    """Run pip-audit with one source; return its JSON, or the last line of what it says instead."""
    given = [part for file in files for part in ("--requirement", file)]
    options = ["--format=json", "--progress-spinner=off", "--disable-pip", f"--vulnerability-service={source}"]
    done = subprocess.run([pip_audit, *options, *given], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return answer


if __name__ == "__main__":
    status, said = judge({name: ask(sys.argv[1], source, sys.argv[2:]) for source, name in SOURCES.items()})
    print("\n".join(said))
    sys.exit(status)
