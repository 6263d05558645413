"""What the columns of a file mean where no map says it: by their names, and an address by its values."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from qualification.rules.intake.import_map import ImportMap
from qualification.rules.intake.row_shapes import is_mangled, why_unusable
from qualification.rules.leads.lead_input import MOST_FIELDS, LeadInput
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.values import contact_consents
from qualification.rules.values.contact_consents import Kind, UnclearConsent
from qualification.rules.values.expressions import Parts, Search, Table
from qualification.rules.values.field_names import by_meaning
from qualification.rules.values.label_words import fold_words, folded_names
from qualification.rules.values.normalization import Unreadable, check_email

# The expression for the columns of a field, if not the first of them that holds something.
_READ: Final[Mapping[str, str]] = {
    # What can't be read is passed on as it is written, so that it is counted and kept beside.
    "country": "country(first({})) || first({})",
    "size": "number(first({})) || first({})",
    "email": "first_address({})",
}
# Columns of these say more of the lead than the first that holds something.
_FURTHER: Final = {"email": "emails", "phone": "phones"}
# A column of a colleague's addresses holds addresses too.
_OF_COLLEAGUES: Final = folded_names(
    """
    owner rep agent manager assigned assignee by from sender seller referrer referred invited besitzer inhaber betreuer
    zuständig proprietaire propietario proprietario eigenaar wlasciciel sahibi sorumlu 所有者 担当
    """
)


@dataclass(frozen=True, slots=True)
class ConsentChoices:
    """What a person said of columns about contact that could not be read.

    `refusing` holds, by column, the values that mean do not contact; `ignored` the columns that say nothing of it.
    """

    refusing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    @property
    def named(self) -> tuple[str, ...]:
        """The choices in words, the same for the same choices."""
        said = sorted((column, *sorted(values)) for column, values in self.refusing.items())
        return tuple(map(repr, said)) + tuple(sorted(self.ignored))


@dataclass(frozen=True, slots=True)
class Guess:
    """The map of a file without one.

    `uses` holds the columns that each field of the lead is read from, in the order in which they are asked; `kept` the
    columns that are stored under their own names, `dropped` those beyond the most that are stored. `no_ids` says of a
    column that seems to hold ids why it isn't used.
    """

    mapped: ImportMap
    uses: Mapping[str, tuple[str, ...]]
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    no_ids: str | None = None


NO_CHOICES: Final = ConsentChoices()


def guess(
    columns: Sequence[str],
    playbook: Playbook,
    *,
    sample: Sequence[Mapping[str, object]] = (),
    choices: ConsentChoices = NO_CHOICES,
) -> Guess:
    """Return a map by the usual names of columns; all other columns go into the lead's fields.

    `sample` are some rows of the file: where no name tells the address, it is the one column that holds addresses.
    """
    # Columns that begin with _ come from the report of an earlier import.
    named = [column for column in columns if not column.startswith("_")]
    found = by_meaning(named)
    found.pop("do_not_contact", None)
    if "email" not in found and (column := _column_of_addresses(named, found, sample)) is not None:
        found["email"] = (column,)
    no_ids = _why_no_ids(found, sample)
    if no_ids:
        del found["id"]
    lead: dict[str, Any] = {}
    uses: dict[str, tuple[str, ...]] = {}
    halves = (found.pop("first_name", ()), found.pop("last_name", ()))
    for means, those in found.items():
        # Ids of two columns are ids of two systems.
        uses[means] = those[:1] if means in {"id", "source"} else those
        lead[means] = _source(those[0], playbook) if means == "source" else _reading(means, uses[means])
        further = _FURTHER.get(means)
        if further is not None and len(those) > 1:
            lead[further] = Search(f"further({lead[means].text}, {_list(those)})")
    if any(halves):
        names = uses.get("name", ())
        both = f"full_name({_first(halves[0])}, {_first(halves[1])})"
        lead["name"] = Search(f"first({', '.join([both, *map(json.dumps, names)])})")
        uses["name"] = (*halves[0], *halves[1], *names)
    consents = consent_columns(named, choices)
    if consents:
        lead["do_not_contact"] = _refusal(consents, choices)
        uses["do_not_contact"] = consents
    used = {column for means, those in uses.items() if means not in {"source", "do_not_contact"} for column in those}
    plain = {column for column in consents if contact_consents.kind_of(column) is Kind.REFUSAL}
    left = [column for column in named if column not in used | plain]
    kept = left[:MOST_FIELDS]
    if kept:
        lead["fields"] = Parts({column: Search(json.dumps(column)) for column in kept})
    order = [*LeadInput.model_fields]
    uses = dict(sorted(uses.items(), key=lambda use: order.index(use[0])))
    return Guess(ImportMap.model_construct(lead=lead), uses, tuple(kept), tuple(left[MOST_FIELDS:]), no_ids)


def consent_columns(columns: Iterable[str], choices: ConsentChoices = NO_CHOICES) -> tuple[str, ...]:
    """Return the columns that say who must not be contacted."""
    return tuple(
        column
        for column in columns
        if column not in choices.ignored
        and (column in choices.refusing or contact_consents.kind_of(column) is not None)
    )


def unclear_consents(
    columns: Collection[str], rows: Iterable[Mapping[str, object]], choices: ConsentChoices = NO_CHOICES
) -> dict[str, Counter[str]]:
    """Return, by column, how often each value stands there that says neither yes nor no to contact.

    What `choices` say of a column answers for all of its values.
    """
    asked = [column for column in consent_columns(columns, choices) if column not in choices.refusing]
    unclear: dict[str, Counter[str]] = {}
    for row in rows if asked else ():
        for column in asked:
            try:
                contact_consents.refuses(column, row.get(column))
            except UnclearConsent:
                unclear.setdefault(column, Counter())[str(row[column]).strip()] += 1
    return unclear


def _why_no_ids(found: Mapping[str, Sequence[str]], sample: Sequence[Mapping[str, object]]) -> str | None:
    if "id" not in found or "email" not in found:
        return None
    column, addresses = found["id"][0], found["email"]
    ids = [
        (str(row.get(column) or ""), next((str(row[each]) for each in addresses if row.get(each)), ""))
        for row in sample
    ]
    if (why := why_unusable([each for each in ids if not is_mangled(each[0])])) is not None:
        return f'"{column}": {why}'
    return None


def _refusal(columns: Iterable[str], choices: ConsentChoices) -> Search:
    said = []
    for column in columns:
        if column in choices.refusing:
            values = _literal(sorted(choices.refusing[column]))
            said.append(f"is_one_of({json.dumps(column)}, {values})")
        said.append(f"refuses({_literal(column)}, {json.dumps(column)})")
    return Search(f"any_true({', '.join(said)})")


def _reading(means: str, columns: Sequence[str]) -> Search:
    return Search(_READ.get(means, "first({})").replace("{}", _list(columns)))


def _first(columns: Sequence[str]) -> str:
    """Return the expression of the first column that holds something."""
    return f"first({_list(columns)})" if columns else "`null`"


def _list(columns: Sequence[str]) -> str:
    return ", ".join(map(json.dumps, columns))


def _literal(value: object) -> str:
    """Write a value as JMESPath does a constant."""
    return f"`{json.dumps(value).replace('`', chr(92) + '`')}`"


def _source(column: str, playbook: Playbook) -> Table:
    """Return the table that reads a source by its key or its name."""
    meanings = {
        word.strip().casefold(): source.key for source in playbook.sources for word in (source.key, source.name)
    }
    return Table(json.dumps(column), meanings, None)


def _column_of_addresses(
    columns: Sequence[str], found: Mapping[str, Sequence[str]], sample: Iterable[Mapping[str, object]]
) -> str | None:
    """Return the one column, of those that mean nothing else, most of whose values are addresses."""
    known = {column for those in found.values() for column in those}
    asked = [each for each in columns if each not in known and _OF_COLLEAGUES.isdisjoint(fold_words(each))]
    filled: Counter[str] = Counter()
    addresses: Counter[str] = Counter()
    for row in sample:
        for column in asked:
            value = row.get(column)
            if isinstance(value, str) and value.strip():
                filled[column] += 1
                addresses[column] += _is_address(value)
    likely = [column for column in asked if addresses[column] * 2 > filled[column]]
    return likely[0] if len(likely) == 1 else None


def _is_address(value: str) -> bool:
    if "@" not in value:
        return False
    try:
        check_email(value)
    except Unreadable:
        return False
    return True
