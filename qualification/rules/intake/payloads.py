"""Request bodies as plain values: JSON, or a form in any encoding that browsers, PHP and form tools write.

What a body holds decides how it is read. Its content type is a hint: tools send forms as text/plain and JSON as a form.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias
from urllib.parse import parse_qsl

from qualification.rules.intake.body_faults import NoPayload, TooMuch
from qualification.rules.intake.multipart_form import MultipartForm, boundary_of, opens_form
from qualification.rules.intake.text_encodings import decoded

# Deeper than anybody nests a form. A name that goes deeper isn't split.
_DEEPEST = 8
# The fields in which form tools send the whole submission as JSON, folded: Jotform, Zapier, Slack-like hooks.
_WRAPPERS: Final = frozenset({"rawrequest", "data", "payload", "json", "body", "submission", "formdata", "form_data"})
# An e-mail client's or a script's form of plain text: enctype="text/plain" in HTML.
_PLAIN_LINE: Final = re.compile(r"([^=\r\n&]{1,200})=([^\r\n]*)")

Fields: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a body may hold, by which the work that it makes is bounded: values of all kinds, and their depth."""

    values: int
    depth: int


# A list of 500 leads with all that they may hold.
OF_A_SENDER: Final = Bounds(values=100_000, depth=100)
# A form that a person filled in: anybody can post it.
OF_A_FORM: Final = Bounds(values=250, depth=10)


def check(value: object, bounds: Bounds) -> None:
    """Look at a JSON value level by level, and no further than its bounds; raises TooMuch."""
    level, seen, depth = [value], 1, 0
    while level:
        containers = [each for each in level if isinstance(each, dict | list)]
        seen += sum(map(len, containers))
        depth += 1
        if seen > bounds.values:
            raise TooMuch(f"it holds more than {bounds.values:,} values")
        if depth > bounds.depth:
            raise TooMuch("it is nested too deeply")
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]


def form_encoded(body: bytes) -> Fields:
    """Read a form-encoded body: contact[email] is `email` within `contact`; tags[] and repeated names are lists.

    Raises nothing: what isn't UTF-8 is read as Windows-1252, and a name that can't be split stays whole.
    """
    raw = parse_qsl(body.strip().decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in raw]
    charset = next((value.decode("latin-1") for name, value in pairs if name == b"_charset_"), None)
    return nested((decoded(name, charset), decoded(value, charset)) for name, value in pairs)


def nested(pairs: Iterable[tuple[str, str]]) -> Fields:
    """Put the fields of a form in their places, by PHP's way of writing names."""
    fields: Fields = {}
    for name, value in pairs:
        if not _put(fields, _steps(name), value):
            _put(fields, [name], value)
    return fields


def parse_body(body: bytes | MultipartForm, bounds: Bounds = OF_A_SENDER, content_type: str = "") -> object:
    """Read a body as JSON, multipart/form-data, a form, or a form of plain text; raises NoPayload and TooMuch.

    JSON within a text field of a form, or within a text of JSON, takes the place of that text.
    """
    if isinstance(body, MultipartForm):
        return _of_form(nested(body.pairs()), bounds)
    if opens_form(body) or boundary_of(content_type):
        form = multipart(bounds, content_type, text_bytes=len(body))
        try:
            form.feed(body)
            return _of_form(nested(form.pairs()), bounds)
        except NoPayload:
            if opens_form(body):
                raise
    try:
        read = _json(body)
    except RecursionError as error:
        raise NoPayload("it is nested too deeply") from error
    except ValueError:
        if body.count(b"&") >= bounds.values or body.count(b"\n") >= bounds.values:
            raise TooMuch(f"it has more than {bounds.values:,} fields") from None
        if body.lstrip()[:1] in {b"{", b"[", b'"', b"<"}:
            raise NoPayload("it is neither JSON nor a form") from None
        plain = _plain_lines(body, content_type)
        return _of_form(form_encoded(body) if plain is None else nested(plain), bounds)
    check(read, bounds)
    inner = _inner_json(read)
    if inner is not None:
        check(inner, bounds)
    return read if inner is None else inner


def multipart(bounds: Bounds, content_type: str, *, text_bytes: int) -> MultipartForm:
    """Return a reader for a form with so many fields and bytes of text."""
    return MultipartForm(parts=bounds.values, text_bytes=text_bytes, boundary=boundary_of(content_type))


def _of_form(fields: Fields, bounds: Bounds) -> object:
    """Return what a form holds, with the JSON in its texts read. Raises NoPayload for an empty one."""
    if not fields or not any(fields.values()):
        raise NoPayload("it is neither JSON nor a form")
    if len(fields) == 1:
        inner = _inner_json(next(iter(fields.values())))
        if inner is not None:
            check(inner, bounds)
            return inner
    read = {name: _inner_json(text) if name.lower() in _WRAPPERS else None for name, text in fields.items()}
    if any(inner is not None for inner in read.values()):
        fields = {name: text if read[name] is None else read[name] for name, text in fields.items()}
        check(fields, bounds)
    return fields


def _json(body: bytes) -> object:
    """Read JSON in any of Unicode's encodings, or in Windows-1252. Raises ValueError and RecursionError."""
    try:
        return json.loads(body, parse_constant=_no_number)
    except UnicodeDecodeError:
        return json.loads(decoded(body), parse_constant=_no_number)


def _inner_json(text: object) -> object:
    """Return the object or list that a text holds as JSON, None if it holds none."""
    if not isinstance(text, str) or text.lstrip("\ufeff \t\r\n")[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text.lstrip("\ufeff"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _plain_lines(body: bytes, content_type: str) -> list[tuple[str, str]] | None:
    """Read `name=value` line by line, where a line without a name goes on with the one before; None for another body.

    html.spec.whatwg.org/multipage/form-control-infrastructure.html#text/plain-encoding-algorithm
    """
    text = decoded(body.strip())
    lines = text.splitlines()
    is_plain = content_type.partition(";")[0].strip().lower() == "text/plain" and "%" not in text and "&" not in text
    if not lines or not (is_plain or len(lines) > 1) or not _PLAIN_LINE.fullmatch(lines[0]):
        return None
    pairs: list[tuple[str, str]] = []
    for line in lines:
        match = _PLAIN_LINE.fullmatch(line)
        if match or not pairs:
            pairs.append((match[1], match[2]) if match else (line, ""))
        else:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}\n{line}")
    return pairs


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} isn't a number in JSON")


def _steps(name: str) -> list[str]:
    """Split contact[fields][plan] into contact, fields and plan; a name in any other form stays whole."""
    head, *rest = name.split("[")
    if not head or not rest or len(rest) >= _DEEPEST or any(step.find("]") != len(step) - 1 for step in rest):
        return [name]
    return [head, *(step[:-1] for step in rest)]


def _put(fields: Fields, steps: list[str], value: str) -> bool:
    """Put a value at its place; False if another value is in the way."""
    step, *rest = steps
    if not rest:
        there = fields.get(step)
        if isinstance(there, dict):
            there[""] = value
            return True
        if isinstance(there, list):
            there.append(value)
        else:
            fields[step] = value if there is None else [there, value]
        return True
    if rest[0] == "":
        listed = fields.setdefault(step, [])
        if not isinstance(listed, list):
            return False
        entry: Fields = {}
        if len(rest) == 1:
            listed.append(value)
            return True
        listed.append(entry)
        return _put(entry, rest[1:], value)
    inner = fields.setdefault(step, {})
    return isinstance(inner, dict) and _put(inner, rest, value)
