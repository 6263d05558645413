"""What the columns of a file mean, by a map that a team wrote."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationError

from qualification.rules.leads.lead_input import (
    ActivityDetails,
    HandoffInput,
    LeadInput,
    fields_of,
    identifies_lead,
)
from qualification.rules.playbook import schema_errors, yaml_document
from qualification.rules.playbook.errors import PlaybookFaults, without_echoes
from qualification.rules.playbook.field_types import Expression, Zone
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.playbook.schema import Definition
from qualification.rules.playbook.yaml_document import Document
from qualification.rules.values import expressions, written_expressions
from qualification.rules.values.paths import Path
from qualification.rules.values.suggestions import choose_from, nearest

_ACTIVITY: Final = frozenset({*fields_of(ActivityDetails), "when", "times"})
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "lead": frozenset(fields_of(LeadInput)),
    "handoff": frozenset(fields_of(HandoffInput)),
}


class Join(Definition):
    """Another file: each row is joined with the row whose `key` equals what `value` finds."""

    file: str = Field(examples=["accounts.csv"])
    key: str = Field(examples=["account"])
    value: Annotated[str, AfterValidator(expressions.check)] | None = None


class ImportMap(Definition):
    """How a row becomes a lead with activities and an earlier deal; `when` says which rows are imported.

    Times that name no zone are in `zone`; a day without a time is its noon. Cells that hold one of `blank`, in any
    case, count as empty.
    """

    zone: Zone | None = None
    blank: tuple[str, ...] = ()
    join: dict[str, Join] = Field(default_factory=dict)
    when: Annotated[str, AfterValidator(expressions.check)] | None = None
    lead: dict[str, Expression] = Field(default_factory=dict, examples=["{email: e-mail}"])
    activities: tuple[dict[str, Expression], ...] = ()
    handoff: dict[str, Expression] = Field(default_factory=dict)


class MapFaults(PlaybookFaults):
    """A map that cannot be used; `faults` holds every fault, by line."""


def parse(text: str, file: str, playbook: Playbook, columns: Sequence[str] | None) -> ImportMap:
    """Read a map for a file with these columns; None if its rows are JSON objects. Raises MapFaults.

    A column's name, even with blanks in it, may be used wherever an expression may.
    """
    document = yaml_document.parse_yaml(text)
    if columns is not None:
        data = _quoted(document.data, frozenset(columns))
        document = Document(data, document.lines, document.faults)
    faults = list(document.faults)
    read = None
    if document.data is not None:
        try:
            read = ImportMap.model_validate(document.data)
        except ValidationError as error:
            faults += schema_errors.faults(error, ImportMap, document)
        faults += (document.fault(path, message) for path, message in _disagreements(document, playbook, columns))
    if read is None or faults:
        raise MapFaults(without_echoes(faults), file)
    return read


def _quoted(data: object, columns: frozenset[str]) -> object:
    """Quote each column's name that is used as an expression, as JMESPath needs it."""
    if not isinstance(data, dict):
        return data
    walk = _walker(columns)
    return {section: walk(part) if section not in {"zone", "blank", "join"} else part for section, part in data.items()}


def _walker(columns: frozenset[str]) -> Callable[[object], object]:
    def walk(part: object) -> object:
        match part:
            case str() if part in columns:
                return json.dumps(part)
            case {"from": _, **rest}:
                return {"from": walk(part["from"]), **rest}  # type: ignore[index]
            case {"always": _, **rest} if "if" not in rest:
                return part
            case dict():
                return {key: walk(each) for key, each in part.items()}
            case list():
                return [walk(each) for each in part]
        return part

    return walk


def _disagreements(document: Document, playbook: Playbook, columns: Sequence[str] | None) -> Iterator[tuple[Path, str]]:
    """Yield each field, column and key that doesn't exist, with its place in the map."""
    data = document.data
    if not isinstance(data, dict):
        return
    joined = data.get("join")
    known = None if columns is None else {*columns, *(joined if isinstance(joined, dict) else ())}
    for path, section, fields in _sections(data):
        for field, written in section.items():
            if field not in fields:
                yield (*path, field), f"`{field}` isn't known here; {choose_from(field, sorted(fields))}"
                continue
            for place, text in written_expressions.searches(written, (*path, field)):
                yield from _no_column(place, text, known)
            yield from _no_word((*path, field), field, written, playbook)
    lead = data.get("lead")
    if isinstance(lead, dict) and not identifies_lead(lead):
        yield ("lead",), "this doesn't identify a lead; map its `id`, `email`, or `name` and `company`"
    if not isinstance(lead, dict) or not lead:
        yield ("lead",) if "lead" in data else (), "nothing says who the lead is; add `lead:` with its `id` or `email`"


def _sections(data: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object], frozenset[str]]]:
    for name, fields in _FIELDS.items():
        section = data.get(name)
        if isinstance(section, dict):
            yield (name,), section, fields
    listed = data.get("activities")
    for index, section in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(section, dict):
            yield ("activities", index), section, _ACTIVITY


def _no_column(path: Path, text: str, known: set[str] | None) -> Iterator[tuple[Path, str]]:
    name = written_expressions.sole_name(text)
    if known is not None and name is not None and name not in known:
        near = nearest(name, known)
        yield path, f"the file has no column `{name}`{f'; did you mean `{near}`?' if near else ''}"


def _no_word(path: Path, field: str, written: object, playbook: Playbook) -> Iterator[tuple[Path, str]]:
    """Yield each constant that should be a key of the playbook and isn't."""
    words: Mapping[str, tuple[str, Collection[object]]] = {
        "kind": ("activity", [kind.key for kind in playbook.scoring.activities]),
        "source": ("source", [source.key for source in playbook.sources]),
        "stage": ("stage", [stage.key for stage in playbook.stages]),
        "team": ("team", [*playbook.teams]),
        "disqualified": ("disqualify reason", [reason.key for reason in playbook.disqualify_reasons]),
        "lost": ("lost reason", [reason.key for reason in playbook.lost_reasons]),
    }
    if field in words:
        what, keys = words[field]
        for place, constant in written_expressions.constants(written, path):
            if constant is not None and constant not in keys:
                yield (
                    place,
                    f"the playbook has no {what} called `{constant}`; {choose_from(str(constant), map(str, keys))}",
                )
