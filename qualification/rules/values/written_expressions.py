"""What can be told of an expression as it is written, before there is a payload: its constants, searches, outcomes."""

from collections.abc import Iterator

import jmespath  # type: ignore[import-untyped]

from qualification.rules.values.expressions import WORDS, Constant, Node, check
from qualification.rules.values.paths import Path


def constants(written: object, path: Path) -> Iterator[tuple[Path, Constant]]:
    """Yield the constants that an expression may come to, as far as can be told beforehand, each with its place."""
    if isinstance(written, str):
        for constant in _outcomes(_tree(written)):
            yield path, constant
    elif isinstance(written, dict) and "if" in written:
        for word in ("then", "else"):
            if word in written and written[word] is not None:
                yield from constants(written[word], (*path, word))
    elif isinstance(written, dict):
        meanings = written.get("as")
        places = [((*path, word), written[word]) for word in ("always", "else") if word in written]
        places += [((*path, "as", key), each) for key, each in (meanings if isinstance(meanings, dict) else {}).items()]
        yield from ((place, each) for place, each in places if each is None or isinstance(each, str | int | float))


def searches(written: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every expression of JMESPath in what was written, with its place."""
    if isinstance(written, str):
        yield path, written
    elif isinstance(written, dict) and not ("always" in written and set(written) <= WORDS):
        is_table = set(written) <= WORDS and "if" not in written
        for word, part in written.items():
            if not is_table or word == "from":
                yield from searches(part, (*path, word))


def outcomes(written: object, path: Path) -> Iterator[tuple[Path, object]]:
    """Yield what may come to be the value: what was written, or each branch of a choice, with its place."""
    if isinstance(written, dict) and "if" in written and set(written) <= WORDS:
        for word in ("then", "else"):
            if word in written:
                yield from outcomes(written[word], (*path, word))
    else:
        yield path, written


def sole_name(written: object) -> str | None:
    """Return the one field of the payload that is all that an expression names, None where it says more than that."""
    tree = _tree(written) if isinstance(written, str) else {}
    return str(tree["value"]) if tree.get("type") == "field" else None


def _tree(text: str) -> Node:
    """Return what an expression is made of; nothing where it is at fault, which is told elsewhere."""
    try:
        check(text)
    except ValueError:
        return {}
    tree: Node = jmespath.compile(text).parsed
    return tree


def _outcomes(node: Node) -> Iterator[Constant]:
    """Yield the constants that stand where an expression ends."""
    match node:
        case {"type": "literal", "value": None | str() | int() | float() as constant}:
            yield constant
        case {"type": "or_expression", "children": [left, right]}:
            yield from _outcomes(left)
            yield from _outcomes(right)
        case {"type": "and_expression", "children": [_, right]}:
            yield from _outcomes(right)
