"""Why a lead stays though its import is undone: somebody has worked on it, or it is known from elsewhere by now."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from qualification.leads.owned_rows import owned_rows
from qualification.records import (
    Activity,
    Base,
    ExternalId,
    Handoff,
    ImportedRow,
    ImportRun,
    Lead,
    LeadEmail,
    LeadEvent,
    LeadPhone,
    rows,
)

# Sentences behind the name of a lead that stays.
WORKED_ON: Final = "sales or somebody here has worked on it since"
DID_SINCE: Final = "it did something since, or came in from elsewhere"
IMPORTED_AGAIN: Final = "another import has it too"
MERGED: Final = "it was merged with another lead"
ERASED: Final = "the person was erased"
# The tables in which an import by itself makes rows.
_OWN_TABLES: Final = frozenset(
    {
        "lead",
        "lead_event",
        "handoff",
        "activity",
        "external_id",
        "import_row",
        "lead_email",
        "lead_phone",
        "domain_name",
    }
)


def worked_on(
    session: Session, run: ImportRun, did: Mapping[int, ImportedRow], leads: Mapping[int, Lead]
) -> dict[int, str]:
    """Say of leads of an import why they stay as they are, by id.

    A lead that the import made stays if anything else is known of it; one that was known stays only if it ended as
    itself since, by a merge or erased.
    """
    kept = {lead_id: why for lead_id, lead in leads.items() if (why := _why_ended(lead)) is not None}
    made = [lead_id for lead_id, row in did.items() if row.is_new and lead_id in leads and lead_id not in kept]
    if not made:
        return kept
    for lead_id, why in _reasons(session, run, did, {lead_id: leads[lead_id] for lead_id in made}):
        kept.setdefault(lead_id, why)
    rest = [lead_id for lead_id in made if lead_id not in kept]
    if _has_more(session, run.workspace_id, rest):
        kept |= {each: WORKED_ON for each in rest if _has_more(session, run.workspace_id, [each])}
    return kept


def owners_before(did: Iterable[ImportedRow]) -> set[int]:
    """Return the leads from which the import took addresses."""
    return {taken["of"] for row in did for taken in (row.replaced or {}).get("taken", {}).values()}


def _why_ended(lead: Lead) -> str | None:
    if lead.erased_at is not None:
        return ERASED
    return MERGED if lead.merged_into_id is not None else None


def _reasons(
    session: Session, run: ImportRun, did: Mapping[int, ImportedRow], made: Mapping[int, Lead]
) -> Iterator[tuple[int, str]]:
    ours: dict[str, Any] = {"workspace_id": run.workspace_id, "ids": [*made]}
    of_others = ours | {"sender": run.sender}
    yield from ((into, MERGED) for into in session.scalars(_MERGED_INTO, ours) if into is not None)
    yield from ((each, IMPORTED_AGAIN) for each in session.scalars(_OTHER_IMPORTS, ours | {"run_id": run.id}))
    for lead_id, facts in session.execute(_EVENTS, ours):
        if facts.get("sender") != run.sender:
            yield lead_id, WORKED_ON
    yield from ((each, WORKED_ON) for each in session.scalars(_OTHER_HANDOFFS, of_others))
    yield from ((each, DID_SINCE) for each in session.scalars(_OTHER_IDS, of_others))
    # A form that brings neither an id nor an activity changes the lead, and nothing else.
    yield from ((each, DID_SINCE) for each, lead in made.items() if lead.updated_at > did[each].last_at)
    known = _known(session, run.workspace_id, owners_before(did.values()))
    for statement in _CONTACTS:
        for lead_id, created_at, key in session.execute(statement, ours):
            row = did[lead_id]
            # What is older than the import was somebody else's: it goes back to them, or stays with the lead.
            owner = (row.replaced or {}).get("taken", {}).get(key, {}).get("of")
            if created_at > row.last_at or (created_at < row.first_at and owner not in known):
                yield lead_id, DID_SINCE
    for lead_id, sender, received_at in session.execute(_ACTIVITIES, ours):
        if sender != run.sender or not did[lead_id].first_at <= received_at <= did[lead_id].last_at:
            yield lead_id, DID_SINCE


def _known(session: Session, workspace_id: int, lead_ids: Collection[int]) -> set[int]:
    """Return those of the leads that are there still."""
    return {*session.scalars(_THERE, {"workspace_id": workspace_id, "ids": [*lead_ids]})} if lead_ids else set()


def _has_more(session: Session, workspace_id: int, lead_ids: Collection[int]) -> bool:
    """Say whether any of the leads has rows that no import makes: offers, tasks, answers, messages."""
    owned = owned_rows(session, workspace_id, lead_ids) if lead_ids else {}
    return any(ids for name, ids in owned.items() if name not in _OWN_TABLES)


def _in(record: type[Base], column: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - a column
    return rows.in_workspace(record), column.in_(bindparam("ids", expanding=True))


# Built once: building a statement takes longer than running it.
_MERGED_INTO: Final = select(Lead.merged_into_id).where(*_in(Lead, Lead.merged_into_id))
_OTHER_IMPORTS: Final = select(ImportedRow.lead_id).where(
    *_in(ImportedRow, ImportedRow.lead_id), ImportedRow.import_run_id != bindparam("run_id")
)
_EVENTS: Final = select(LeadEvent.lead_id, LeadEvent.facts).where(*_in(LeadEvent, LeadEvent.lead_id))
_OTHER_HANDOFFS: Final = select(Handoff.lead_id).where(
    *_in(Handoff, Handoff.lead_id), Handoff.sender.is_distinct_from(bindparam("sender"))
)
_OTHER_IDS: Final = select(ExternalId.lead_id).where(
    *_in(ExternalId, ExternalId.lead_id), ExternalId.sender != bindparam("sender")
)
_ACTIVITIES: Final = select(Activity.lead_id, Activity.sender, Activity.received_at).where(
    *_in(Activity, Activity.lead_id)
)
_CONTACTS: Final = (
    select(LeadEmail.lead_id, LeadEmail.created_at, LeadEmail.email_key).where(*_in(LeadEmail, LeadEmail.lead_id)),
    select(LeadPhone.lead_id, LeadPhone.created_at, LeadPhone.phone_key).where(*_in(LeadPhone, LeadPhone.lead_id)),
)
_THERE: Final = select(Lead.id).where(*_in(Lead, Lead.id), Lead.erased_at.is_(None))
