"""What a playbook writes to find things in a payload: JMESPath (jmespath.org/specification.html), tables, choices."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import (  # type: ignore[import-untyped]
    EmptyExpressionError,
    IncompleteExpressionError,
    JMESPathError,
    JMESPathTypeError,
    ParseError,
)
from jmespath.functions import Functions  # type: ignore[import-untyped]

from qualification.rules.people.working_time import known_zone
from qualification.rules.values.expression_functions import OWN, is_true
from qualification.rules.values.moments import SERIAL
from qualification.rules.values.paths import Path
from qualification.rules.values.suggestions import choose_from

Constant: TypeAlias = str | int | float | bool | None
Node: TypeAlias = dict[str, Any]

# The words of which expressions other than JMESPath are made.
WORDS: Final = frozenset({"always", "from", "as", "if", "then", "else"})
_REMEDY = (
    "write an expression, {always: a constant}, {from: an expression, as: {what it finds: what that means}}, "
    "or {if: an expression, then: …, else: …}"
)
_DATE = ["day", "month", "year"]
_PLAIN = re.compile(r"[\w -]+")
_JSON = re.compile(r"`((?:\\.|[^`\\])*)`")


class Nothing(Enum):
    """What is left out on purpose, other than what was not found."""

    NOTHING = "nothing"


class Unworkable(Exception):
    """An expression that cannot be worked out for this payload; says why, and nothing of what the payload holds."""


class BadExpression(ValueError):
    """What was written isn't an expression; `path` leads to the place within it, and the text names the remedy."""

    def __init__(self, message: str, path: Path = ()) -> None:
        """Keep the place."""
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Search:
    """JMESPath: what it finds in the payload."""

    text: str


@dataclass(frozen=True, slots=True)
class Always:
    """A constant, whatever the payload."""

    constant: Constant


@dataclass(frozen=True, slots=True)
class Table:
    """What is found in the payload, and what that means; capitals and blanks around it make no difference."""

    text: str
    meanings: Mapping[str, Constant]
    otherwise: Constant | Nothing


@dataclass(frozen=True, slots=True)
class Choice:
    """One expression if a condition finds something in the payload, else another; each may be a choice again."""

    condition: str
    then: "Expression"
    otherwise: "Expression | None"


@dataclass(frozen=True, slots=True)
class Parts:
    """Several values, each by a name of its own."""

    parts: Mapping[str, "Expression"]


Expression: TypeAlias = Search | Always | Table | Choice | Parts


def parse_expression(written: object) -> Expression:
    """Return what was written as an expression; raises BadExpression with a sentence that names the remedy."""
    match written:
        case Search() | Always() | Table() | Choice() | Parts():
            return written
        case bool() | int() | float():
            return Always(written)
        case str():
            return Search(check(written))
        case dict():
            return _of_mapping(written)
    raise BadExpression(f"this isn't an expression; {_REMEDY}")


def _of_mapping(written: Mapping[str, object]) -> Expression:
    match written:
        case {"if": str() as condition, "then": then, **rest} if set(rest) <= {"else"}:
            with _within("if"):
                check(condition)
            otherwise = _outcome("else", rest["else"]) if "else" in rest else None
            return Choice(condition, _outcome("then", then), otherwise)
        case _ if not set(written) <= WORDS:
            return Parts({name: _part(name, part) for name, part in written.items()})
        case {"always": constant, **rest} if not rest:
            return Always(_constant(constant))
        case {"from": str() as text, "as": dict() as meanings, **rest} if meanings and set(rest) <= {"else"}:
            known = {_folded(key): _constant(meaning) for key, meaning in meanings.items()}
            default = _constant(rest["else"]) if "else" in rest else Nothing.NOTHING
            return Table(check(text), known, default)
    raise BadExpression(f"this isn't an expression; {_REMEDY}")


def check(text: str) -> str:
    """Return the text where it is JMESPath with functions that there are; raises BadExpression with the remedy."""
    for literal in _JSON.findall(text):
        try:
            json.loads(literal.replace("\\`", "`"))
        except ValueError as error:
            raise BadExpression(f"backticks hold JSON; write text in single quotes: '{literal}'") from error
    try:
        tree = jmespath.compile(text).parsed
        _check_functions(tree)
    except (JMESPathError, RecursionError) as error:
        constant = f"; a constant is written {{always: {text.strip()}}}" if _PLAIN.fullmatch(text) else ""
        raise BadExpression(f"`{text}` isn't a valid expression: {_why(error)}{constant}") from error
    return text


def value_of(expression: Expression, payload: object) -> object:
    """Return what an expression comes to: None where nothing was found, NOTHING where it is left out on purpose.

    Raises Unworkable.
    """
    match expression:
        case Always(constant):
            return Nothing.NOTHING if constant is None else constant
        case Search(text):
            return search(text, payload)
        case Table(text, meanings, otherwise):
            found = _folded(search(text, payload))
            if found not in meanings and isinstance(otherwise, Nothing):
                return None
            meant = meanings.get(found, otherwise)
            return Nothing.NOTHING if meant is None else meant
        case Choice(condition, then, otherwise):
            branch = then if is_true(search(condition, payload)) else otherwise
            return None if branch is None else value_of(branch, payload)
        case Parts(parts):
            found_parts = {name: value_of(part, payload) for name, part in parts.items()}
            return {name: part for name, part in found_parts.items() if part is not None and part != Nothing.NOTHING}


def search(text: str, payload: object) -> object:
    """Return what JMESPath finds in the payload; raises Unworkable."""
    try:
        return _compiled(text).search(payload, options=_OPTIONS)
    except JMESPathTypeError as error:
        raise Unworkable(
            f"{error.function_name}() takes {' or '.join(error.expected_types)}, not {error.actual_type}"
        ) from error
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise Unworkable("can't be worked out from what came") from error


@contextmanager
def _within(step: str) -> Iterator[None]:
    """Add a step to the place of whatever is wrong."""
    try:
        yield
    except BadExpression as error:
        raise BadExpression(str(error), (step, *error.path)) from error


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Any:  # noqa: ANN401 - JMESPath has no types
    """Return the parsed expression: a file asks for the same ones with every row."""
    return jmespath.compile(text)


def _part(name: str, written: object) -> Expression:
    with _within(name):
        return parse_expression(written)


def _outcome(word: str, written: object) -> Expression:
    """Read a branch of a choice, in which nothing stands for leaving the field out."""
    return Always(None) if written is None else _part(word, written)


def _constant(written: object) -> Constant:
    if written is None or isinstance(written, str | int | float):
        return written
    raise BadExpression("a constant is a word, a number, true, false, or ~ for nothing")


def _folded(found: object) -> str:
    """Write a value as the tables of a playbook do."""
    if isinstance(found, bool):
        return str(found).lower()
    return str(found).strip().casefold() if isinstance(found, str | int | float) else ""


def _why(error: Exception) -> str:
    """Say in a few words what is wrong with the writing."""
    if isinstance(error, EmptyExpressionError):
        return "it is empty"
    if isinstance(error, IncompleteExpressionError):
        return "it ends too early"
    if isinstance(error, _NoSuchCall):
        return str(error)
    if isinstance(error, ParseError):
        place = f" at character {error.lex_position + 1}" if isinstance(error.lex_position, int) else ""
        return f"`{error.token_value}` makes no sense{place}"
    return "it is nested too deeplyly"


class _NoSuchCall(JMESPathError):  # type: ignore[misc]
    """A call of a function that there is not, or not with so many values, or not with this one."""


def _check_functions(node: Node) -> None:
    for each in _every(node):
        if each.get("type") != "function_expression":
            continue
        name, arguments = each["value"], each["children"]
        if name not in _FUNCTIONS.FUNCTION_TABLE:
            names = sorted(_FUNCTIONS.FUNCTION_TABLE)
            raise _NoSuchCall(f"there is no function {name}(); {choose_from(name, names)}")
        taken = _FUNCTIONS.FUNCTION_TABLE[name]["signature"]
        variadic = bool(taken) and bool(taken[-1].get("variadic"))
        if len(arguments) < len(taken) or (len(arguments) > len(taken) and not variadic):
            least = f"at least {len(taken)}" if variadic else str(len(taken))
            values = "value" if len(taken) == 1 else "values"
            raise _NoSuchCall(f"{name}() takes {least} {values}, not {len(arguments)}")
        zone = arguments[-1].get("value") if name == "zoned" and arguments[-1].get("type") == "literal" else "UTC"
        if not (isinstance(zone, str) and known_zone(zone)):
            raise _NoSuchCall(f"`{zone}` is not a time zone; write one such as 'Europe/London'")
        order = arguments[-1].get("value") if name == "date" and arguments[-1].get("type") == "literal" else None
        if order is not None and order != SERIAL and not _is_order(order):
            raise _NoSuchCall(f"`{order}` isn't an order of a date; write one such as 'day/month/year'")


def _is_order(order: object) -> bool:
    return isinstance(order, str) and sorted(order.lower().split("/")) == _DATE


def _every(node: Node) -> Iterator[Node]:
    yield node
    for child in node.get("children", ()):
        if isinstance(child, dict):
            yield from _every(child)


def _entry(function: Callable[..., object]) -> dict[str, object]:
    """Describe a function as jmespath.functions does: any values, the last of them repeated where it is variadic."""
    taken = inspect.signature(function).parameters.values()
    return {
        "function": lambda _, *given: function(*given),
        "signature": [{"types": [], "variadic": each.kind is each.VAR_POSITIONAL} for each in taken],
    }


def _with_our_own() -> Functions:
    functions = Functions()
    own = {name: _entry(function) for name, function in OWN.items()}
    functions.FUNCTION_TABLE = {**Functions.FUNCTION_TABLE, **own}
    return functions


_FUNCTIONS: Final = _with_our_own()
_OPTIONS: Final = jmespath.Options(custom_functions=_FUNCTIONS)
