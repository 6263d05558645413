"""YAML as people write it, with its lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.playbook.yaml_document import parse_yaml


def test_only_what_looks_like_a_number_or_a_truth_is_not_text() -> None:
    """YAML 1.1 would make a truth of NO, a number of 9:00 and a date of 2026-12-01."""
    written = "[NO, on, yes, 9:00, 2026-12-01, 0123, 1e3, 12, 1_000, 1.5, true, False, null, ~, '12', =, <<]"
    assert parse_yaml(f"a: {written}").data == {
        "a": [
            "NO", "on", "yes", "9:00", "2026-12-01", "0123", "1e3", 12, 1000, 1.5, True, False, None, None, "12", "=",
            "<<",
        ]
    }  # fmt: skip


def test_every_entry_knows_its_line() -> None:
    document = parse_yaml("a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n")
    assert document.line(("a", "b")) == 2
    assert document.line(("a", "c", 1, "d")) == 5
    assert document.line(("a", "c", 1, "missing")) == 5
    assert document.line(("missing",)) == 1


def test_a_repeated_key_is_told_with_both_lines() -> None:
    (fault,) = parse_yaml("a: 1\nb: 2\na: 3\n").faults
    assert (fault.line, fault.path) == (3, "a")
    assert "first on line 1" in fault.message


def test_anchors_may_be_used_but_not_turn_back_on_themselves() -> None:
    document = parse_yaml("a: &hours {mon: x}\nb: *hours\n")
    assert document.data == {"a": {"mon": "x"}, "b": {"mon": "x"}}
    assert not document.faults
    (fault,) = parse_yaml("a: &loop [1, *loop]\n").faults
    assert "write it out" in fault.message


def test_a_file_that_unfolds_without_end_is_stopped() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (fault,) = parse_yaml("\n".join(rows)).faults
    assert "repeats endlessly" in fault.message


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ("", 1, "the file is empty"),
        ("# nothing but a remark\n", 1, "the file is empty"),
        ("a:\n\tb: 1\n", 2, "indent with spaces"),
        ("a: 1\nb: @here\n", 2, "put the text in quotes"),
        ("a: *name\n", 1, "text that begins with * needs quotes"),
        ("a: 1\nb: [1, 2\n", 3, "check the indentation"),
        ("a: b: c\n", 1, "check the indentation"),
        ("a: 1\n---\nb: 2\n", 2, "remove the line ---"),
        ("a: 1\nb: \x07\n", 2, "a control character"),
        ("a: !!python/name:os.system x\n", 1, "has no meaning here"),
        ("a: !secret x\n", 1, "has no meaning here"),
        ("? [a, b]\n: 1\n", 1, "cannot be a key"),
        ("[" * 5000, 1, "nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line_and_a_remedy(text: str, line: int, remedy: str) -> None:
    (fault,) = parse_yaml(text).faults
    assert fault.line == line
    assert remedy in fault.message


@given(st.text(max_size=80) | st.text("ab:-[]{}&*!|>'\"%@`#, \n\t?0", max_size=80))
def test_any_text_is_read_or_is_a_fault(text: str) -> None:
    document = parse_yaml(text)
    assert document.data is None or not document.faults or all(fault.line >= 1 for fault in document.faults)
