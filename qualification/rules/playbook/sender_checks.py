"""What a playbook's senders must agree on with the rest of it."""

from collections.abc import Iterable, Iterator

from qualification.rules.leads.lead_input import ActivityDetails, LeadInput, fields_of, identifies_lead
from qualification.rules.playbook import defaults
from qualification.rules.playbook.entries import Entry, Finding, entries_of, entries_within, section_of
from qualification.rules.playbook.known_senders import KNOWN
from qualification.rules.playbook.schema import Framework
from qualification.rules.playbook.yaml_document import Document
from qualification.rules.values import expressions, written_expressions
from qualification.rules.values.paths import Path
from qualification.rules.values.suggestions import choose_from

_DEFAULT_SOURCES = frozenset(str(source["key"]) for source in defaults.SOURCES)

_DEFAULT_KINDS = tuple(str(kind["key"]) for kind in defaults.ACTIVITIES)

_DEFAULT_ITEMS = frozenset(
    item.key for framework in defaults.made(Framework, defaults.FRAMEWORKS) for item in framework.items
)

_MAPPED = {
    "lead": fields_of(LeadInput),
    "activity": fields_of(ActivityDetails),
}


def source_keys(data: Entry) -> set[str] | frozenset[str]:
    """Return the keys of the playbook's sources, or of the defaults."""
    return (
        {str(entry.get("key")) for _, entry in entries_of(data, "sources")} if "sources" in data else _DEFAULT_SOURCES
    )


def check_senders(data: Entry, _: Document) -> Iterator[Finding]:
    """Find what the senders' mappings get wrong."""
    listed = tuple(str(entry.get("key")) for _, entry in entries_within(data, "scoring", "activities"))
    kinds = listed or _DEFAULT_KINDS
    sources = sorted(source_keys(data))
    items = _items(data)
    for path, sender in entries_of(data, "senders"):
        for part, fields in _MAPPED.items():
            yield from _mapped((*path, part), section_of(sender, part), fields)
        yield from _mapped((*path, "checklist"), section_of(sender, "checklist"), items)
        yield from _known_words(
            (*path, "activity", "kind"), section_of(sender, "activity").get("kind"), "activity", kinds
        )
        yield from _known_words((*path, "lead", "source"), section_of(sender, "lead").get("source"), "source", sources)
        like = sender.get("like")
        if like is None or like in KNOWN:
            yield from _said(path, sender, kinds)


def _items(data: Entry) -> tuple[str, ...]:
    """Return the keys of the items in the playbook's checklists, or in the default ones."""
    listed: set[str] = set()
    for _, framework in entries_of(data, "frameworks"):
        items = framework.get("items")
        listed |= {
            str(item.get("key")) for item in (items if isinstance(items, list) else ()) if isinstance(item, dict)
        }
    return tuple(sorted(listed or _DEFAULT_ITEMS))


def _mapped(path: Path, section: Entry, fields: tuple[str, ...]) -> Iterator[Finding]:
    """Find what a sender is mapped to that leads, activities or checklists do not have."""
    for field, written in section.items():
        if field not in fields:
            yield (*path, field), f"`{field}` isn't known here; {choose_from(field, fields)}"
            continue
        for place, outcome in written_expressions.outcomes(written, (*path, field)):
            if field != "fields" and isinstance(outcome, dict) and not set(outcome) <= expressions.WORDS:
                remedy = "write an expression, {always: …}, {from: …, as: {…}} or {if: …, then: …, else: …}"
                yield place, f"only `fields` can hold several values; {remedy}"


def _known_words(path: Path, written: object, what: str, known: Iterable[str]) -> Iterator[Finding]:
    """Find constants that the playbook does not have, and those that were meant to be one."""
    known = tuple(known)
    for place, constant in written_expressions.constants(written, path):
        if constant is not None and constant not in known:
            yield place, f"there is no {what} called `{constant}`; {choose_from(str(constant), known)}"
    for place, outcome in written_expressions.outcomes(written, path):
        name = written_expressions.sole_name(outcome)
        if name in known:
            yield (
                place,
                f"this looks for a field `{name}` in what comes; for the {what} of that key write {{always: {name}}}",
            )


def _said(path: Path, sender: Entry, kinds: tuple[str, ...]) -> Iterator[Finding]:
    """Find what a sender leaves unsaid: who the lead is, and what it did."""
    like = sender.get("like")
    known = KNOWN[like] if isinstance(like, str) else None
    lead, activity = section_of(sender, "lead"), section_of(sender, "activity")
    if known is None and not identifies_lead(lead):
        remedy = f"map its `id`, `email`, or `name` and `company`, or write `like:`, {choose_from('', KNOWN)}"
        yield (*path, "lead") if lead else path, f"this doesn't identify a lead; {remedy}"
    written = activity.get("kind")
    if written is None and (activity or known is not None):
        own = known.activity.get("kind") if known else None
        missing = [word for _, word in written_expressions.constants(own, ()) if word is not None and word not in kinds]
        if own is None or missing:
            what = (
                f"`{like}` says `{missing[0]}`, which isn't an activity here"
                if missing
                else "it doesn't say what they did"
            )
            place = "" if activity else "activity: "
            kind = f"{{kind: {{always: {kinds[0]}}}}}" if place else f"kind: {{always: {kinds[0]}}}"
            yield (
                (*path, "activity") if activity else (*path, "like"),
                f"{what}; add for example `{place}{kind}`, or ~ in place of {kinds[0]} for leads alone",
            )
