"""What the columns of a file mean: by a map that a team wrote, or guessed from the names of the columns."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, ValidationError

from qualification.rules.leads.lead_input import (
    MOST_FIELDS,
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
from qualification.rules.values import expressions
from qualification.rules.values.expressions import Parts, Search, Table
from qualification.rules.values.normalization import fold_label
from qualification.rules.values.paths import Path
from qualification.rules.values.suggestions import choose_from, nearest

_ACTIVITY: Final = frozenset({*fields_of(ActivityDetails), "when", "times"})
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "lead": frozenset(fields_of(LeadInput)),
    "handoff": frozenset(fields_of(HandoffInput)),
}
# Usual names of columns, for files without a map; folded to letters and digits in lower case.
_USUAL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "leadid", "contactid", "prospectid", "recordid", "externalid", "customerid"),
    "email": ("email", "emailaddress", "mail", "mailaddress", "workemail", "businessemail", "contactemail"),
    "name": ("name", "fullname", "contact", "contactname", "leadname", "person"),
    "company": ("company", "companyname", "account", "accountname", "organisation", "organization", "firm"),
    "website": ("website", "companywebsite", "domain", "companydomain", "web", "url"),
    "phone": ("phone", "phonenumber", "telephone", "mobile", "mobilephone", "workphone", "tel"),
    "title": ("title", "jobtitle", "position", "jobposition", "role"),
    "country": ("country", "countryregion", "companycountry", "land"),
    "size": ("size", "employees", "companysize", "numberofemployees", "noofemployees", "headcount"),
    "value": ("value", "dealvalue", "amount", "dealamount", "opportunityvalue"),
    "source": ("source", "leadsource", "originalsource"),
    "campaign": ("campaign", "campaignname", "utmcampaign"),
    "problem": ("problem", "message", "comment", "comments", "description"),
    "do_not_contact": ("donotcontact", "donotemail", "optedout", "emailoptout", "unsubscribed"),
}
_FIRST: Final = ("firstname", "givenname", "forename")
_LAST: Final = ("lastname", "surname", "familyname")
# The expression for a guessed column, if not the column itself.
_READ: Final[Mapping[str, str]] = {"country": "country({})", "size": "number({})"}


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


def guess(columns: Sequence[str], playbook: Playbook) -> ImportMap:
    """Return a map by the usual names of columns; all other columns go into the lead's fields."""
    left = {fold_label(column): column for column in reversed(columns)}
    lead: dict[str, Any] = {}
    first, last = (next((left[name] for name in names if name in left), None) for names in (_FIRST, _LAST))
    if first and last:
        lead["name"] = Search(f"words({json.dumps(first)}, {json.dumps(last)})")
        left = {name: column for name, column in left.items() if column not in {first, last}}
    for field, names in _USUAL_NAMES.items():
        found = next((name for name in names if name in left), None)
        if found is None or field in lead:
            continue
        column = left[found] if field == "source" else left.pop(found)
        lead[field] = _source(column, playbook) if field == "source" else _reading(field, column)
    # Columns that begin with _ come from the report of an earlier import.
    kept = [each for each in columns if left.get(fold_label(each)) == each and not each.startswith("_")][:MOST_FIELDS]
    if kept:
        lead["fields"] = Parts({column: Search(json.dumps(column)) for column in kept})
    return ImportMap.model_construct(lead=lead)


def _reading(field: str, column: str) -> Search:
    return Search(_READ.get(field, "{}").format(json.dumps(column)))


def _source(column: str, playbook: Playbook) -> Table:
    """Return the table that reads a source by its key or its name."""
    meanings = {
        word.strip().casefold(): source.key for source in playbook.sources for word in (source.key, source.name)
    }
    return Table(json.dumps(column), meanings, None)


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
            case {"always": _}:
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
            parts = written.items() if field == "fields" and isinstance(written, dict) else [(field, written)]
            for name, part in parts:
                place = (*path, field) if name == field else (*path, field, name)
                yield from _no_column(place, part, known)
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


def _no_column(path: Path, written: object, known: set[str] | None) -> Iterator[tuple[Path, str]]:
    if isinstance(written, dict) and isinstance(written.get("from"), str):
        path, written = (*path, "from"), written["from"]
    name = expressions.sole_name(written)
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
        for place, constant in expressions.constants(written, path):
            if constant is not None and constant not in keys:
                yield (
                    place,
                    f"the playbook has no {what} called `{constant}`; {choose_from(str(constant), map(str, keys))}",
                )
