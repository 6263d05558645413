"""What is wrong with a playbook's shape, in sentences that name the remedy."""

import re
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from qualification.rules.playbook.errors import PlaybookError
from qualification.rules.playbook.field_types import HOURS_FAULTS
from qualification.rules.playbook.yaml_document import Document
from qualification.rules.values.expressions import BadExpression
from qualification.rules.values.paths import Path
from qualification.rules.values.suggestions import choose_from, nearest

# What pydantic calls a fault, and the sentence for it; {input} is what stands in the file.
_SENTENCES: Mapping[str, str] = {
    "string_type": "this must be text, not {input}; put it in quotes",
    "int_type": "this must be a whole number, not {input}",
    "bool_type": "this must be true or false, not {input}",
    "bool_parsing": "this must be true or false, not {input}",
    "dict_type": "this must be entries of the form `name: value`, not {input}",
    "model_type": "this must be entries of the form `name: value`, not {input}",
    "tuple_type": "this must be a list, not {input}; write each entry on its own line after a dash, or all in [ ]",
    "string_too_short": "this is empty; write at least a word",
    "string_too_long": "this is longer than {max_length} characters; shorten it",
    "too_short": "this is empty; write at least one entry",
    "too_long": "these are {actual_length} entries; at most {max_length} can be shown, so drop some",
    "greater_than_equal": "this must be at least {ge}",
    "less_than_equal": "this must be at most {le}",
}
_PATTERNS: Mapping[str, str] = {
    "channel": '{input} is not a channel; write its name with #, in quotes, such as "#sales-emea", or its Slack id',
    "slack": "{input} is not a Slack user; copy the member ID from their profile, such as U012AB3CD",
}
_QUOTED = re.compile(r"'([^']+)'")
_KEY_PATTERN = "{input} can't be a key; use small letters, digits and dashes, such as emea-inbound"
_KEYED_SECTIONS = frozenset({"teams", "pools", "frameworks", "senders"})
_KEYED_DEPTH = 2


def faults(error: ValidationError, model: type[BaseModel], document: Document) -> Iterator[PlaybookError]:
    """Yield a fault for each thing that pydantic found, at its place in the file."""
    details = [(detail, tuple(step for step in detail["loc"] if step != "[key]")) for detail in error.errors()]
    mistyped = {_meant(path, model) for detail, path in details if detail["type"] == "extra_forbidden"}
    for detail, path in details:
        if detail["type"] == HOURS_FAULTS:
            for days, message in detail["ctx"]["entries"]:
                yield document.fault((*path, days) if days else path, message)
        elif detail["type"] == "value_error" and isinstance(detail["ctx"]["error"], BadExpression):
            bad = detail["ctx"]["error"]
            yield document.fault((*path, *bad.path), str(bad))
        elif not (detail["type"] == "missing" and path in mistyped) and not _is_given(path):
            yield document.fault(path, _sentence(detail, path, model))


def _meant(path: Path, model: type[BaseModel]) -> Path | None:
    """Return the path an unknown key was probably meant for."""
    near = nearest(str(path[-1]), _keys_at(path[:-1], model))
    return (*path[:-1], near) if near else None


def _is_given(path: Path) -> bool:
    """Say whether this is the key that an entry gets from the word before its colon; that word itself is told of."""
    return len(path) == _KEYED_DEPTH + 1 and path[0] in _KEYED_SECTIONS and path[-1] == "key"


def _sentence(detail: ErrorDetails, path: Path, model: type[BaseModel]) -> str:
    """Say what is wrong with one entry and what to write instead."""
    match detail["type"]:
        case "value_error":
            return str(detail["ctx"]["error"])
        case "missing":
            return _missing(path, model)
        case "extra_forbidden":
            return f"`{path[-1]}` isn't known here; {choose_from(str(path[-1]), _keys_at(path[:-1], model))}"
        case _:
            return _misfit(detail, path)


def _misfit(detail: ErrorDetails, path: Path) -> str:
    """Say what a value should have been."""
    kind, found = detail["type"], detail["input"]
    if found is None:
        return "this is empty; write a value (text that begins with # needs quotes), or remove the line"
    if kind in {"literal_error", "enum"}:
        expected = str(detail["ctx"]["expected"])
        known = _QUOTED.findall(expected) or [expected]
        return f"{_shown(found)} isn't one of the choices; {choose_from(str(found), known)}"
    shown = {**detail.get("ctx", {}), "input": _shown(found)}
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(path[-1]), _KEY_PATTERN).format_map(shown)
    return _SENTENCES[kind].format_map(shown) if kind in _SENTENCES else f"{detail['msg']}; found {_shown(found)}"


def _missing(path: Path, model: type[BaseModel]) -> str:
    """Say which entry is missing, with an example of it."""
    owner = _model_at(path[:-1], model)
    name = str(path[-1])
    fields = owner.model_fields if owner is not None else {}
    examples = next((field.examples for key, field in fields.items() if name in {key, field.alias}), None)
    return f"`{name}` is missing; add for example `{name}: {(examples or ['…'])[0]}`"


def _shown(found: object) -> str:
    if isinstance(found, dict):
        return "a mapping"
    if isinstance(found, list | tuple):
        return "a list"
    if isinstance(found, bool):
        return f"`{str(found).lower()}`"
    return f"`{found}`"


def _keys_at(path: Path, model: type[BaseModel]) -> list[str]:
    owner = _model_at(path, model)
    if owner is None:
        return []
    keys = [field.alias or name for name, field in owner.model_fields.items()]
    by_word = len(path) == _KEYED_DEPTH and path[0] in _KEYED_SECTIONS
    return [key for key in keys if not (by_word and key == "key")]


def _model_at(path: Path, model: type[BaseModel]) -> type[BaseModel] | None:
    """Follow a path through the fields of the models."""
    here: Any = model
    for step in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in here.model_fields.items()}
            here = _bare(fields.get(str(step)))
        else:
            here = _bare(_element(here))
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - annotations are of any type
    """Take the metadata and the None off an annotation."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    choices = [each for each in get_args(annotation) if each is not NoneType]
    if NoneType in get_args(annotation) and len(choices) == 1:
        return _bare(choices[0])
    return annotation


def _element(annotation: Any) -> Any:  # noqa: ANN401 - annotations are of any type
    """Return what a tuple or a dict holds."""
    arguments = [each for each in get_args(annotation) if each is not Ellipsis]
    return arguments[-1] if arguments else None
