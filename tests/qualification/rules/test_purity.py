"""The rules know nothing of databases, Slack or templates, and read no clock."""

import ast
from pathlib import Path

import pytest

RULES = sorted((Path(__file__).parents[3] / "qualification" / "rules").rglob("*.py"))
FOREIGN = {"sqlalchemy", "slack_bolt", "slack_sdk", "jinja2", "random", "uuid", "os", "bot", "handlers", "templates"}


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_imports_nothing_that_is_not_its_own(path: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
            assert not (node.module or "").startswith("qualification.records")
    assert not imported & FOREIGN


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_never_looks_at_the_clock(path: Path) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"now", "utcnow", "today", "time", "monotonic"}
