"""The rules read no clock; what they may import is a contract of import-linter."""

import ast
from pathlib import Path

import pytest

RULES = sorted((Path(__file__).parents[3] / "qualification" / "rules").rglob("*.py"))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_never_looks_at_the_clock(path: Path) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"now", "utcnow", "today", "time", "monotonic"}
