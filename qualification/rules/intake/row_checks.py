"""Rows checked against the playbook and the clock, and turned into lead data."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from qualification.rules.intake.row_errors import UNREADABLE, InvalidRow, RowError
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lead_input import (
    HANDOFF_TIMES,
    ActivityDetails,
    ActivityInput,
    HandoffInput,
    ImportRow,
    LeadInput,
)
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.values import normalization

# A sender's clock may be fast by this much.
_CLOCK_TOLERANCE: Final = timedelta(hours=1)
# The moments before a deal's end, and what an end before them contradicts.
_BEFORE_THE_END: Final = {
    "at": "it was handed over",
    "accepted_at": "it was accepted",
    "contacted_at": "somebody got in touch",
}


def lead_data_of(
    sender: str,
    lead: LeadInput,
    playbook: Playbook,
    *,
    errors: Iterable[RowError] = (),
    inside: str = "",
    known_since: datetime | None = None,
) -> LeadData:
    """Return the lead's data; its value is in the playbook's currency unless it names another.

    `errors` are those found in the row so far, `inside` the path of the lead in the row. Raises InvalidRow with all
    errors of the row.
    """
    found = [*errors]
    minor, currency = None, None
    if lead.value is not None:
        try:
            minor, currency = normalization.parse_money(lead.value, playbook.currency)
        except normalization.Unreadable as unreadable:
            found.append(RowError(f"{inside}value", UNREADABLE.get(unreadable.fault, "cannot be read")))
    if found:
        raise InvalidRow(tuple(found))
    return LeadData(
        sender=sender,
        external_id=lead.id,
        email=lead.email,
        name=lead.name,
        company=lead.company,
        website=lead.website,
        phone=lead.phone,
        title=lead.title,
        size=lead.size,
        country=lead.country,
        value_minor=minor,
        currency=currency,
        source=lead.source,
        campaign=lead.campaign,
        problem=lead.problem,
        do_not_contact=lead.do_not_contact,
        fields=lead.fields,
        known_since=known_since,
    )


def goes_on(deal: HandoffInput, playbook: Playbook) -> bool:
    """Say whether the deal is still open: neither disqualified nor at a stage that ends it."""
    stage = playbook.stage(deal.stage) if deal.stage else None
    return deal.disqualified is None and (stage is None or stage.ends is None)


def playbook_errors(playbook: Playbook, entry: ActivityInput | LeadInput) -> tuple[RowError, ...]:
    """Return an error for each key that the playbook doesn't have: a kind of activity, a source."""
    if isinstance(entry, LeadInput):
        return tuple(_source_errors(playbook, entry, ""))
    return (*_kind_errors(playbook, entry, ""), *_source_errors(playbook, entry.lead, "lead."))


def future_errors(at: datetime | None, now: datetime, field: str = "at") -> Iterator[RowError]:
    """Yield an error if the moment is in the future, by more than a sender's clock may be fast."""
    if at is not None and at > now + _CLOCK_TOLERANCE:
        yield RowError(field, "is in the future")


def import_row_errors(playbook: Playbook, row: ImportRow, now: datetime) -> Iterator[RowError]:
    """Yield what is wrong with a file's row by the playbook and the clock; its deal's owner is checked elsewhere."""
    yield from _source_errors(playbook, row.lead, "lead.")
    for index, activity in enumerate(row.activities):
        yield from _kind_errors(playbook, activity, f"activities[{index}].")
    if row.handoff is not None:
        yield from _deal_key_errors(playbook, row.handoff)
    for index, activity in enumerate(row.activities):
        if activity.at is not None:
            yield from future_errors(row.earliest(activity.at), now, f"activities[{index}].at")
    if row.handoff is not None:
        yield from _deal_time_errors(playbook, row, row.handoff, now)
        yield from _lost_errors(playbook, row.handoff)


def _kind_errors(playbook: Playbook, activity: ActivityDetails, inside: str) -> Iterator[RowError]:
    if playbook.scoring.activity(activity.kind) is None:
        yield RowError(f"{inside}kind", f"the playbook has no activity called `{activity.kind}`")


def _source_errors(playbook: Playbook, lead: LeadInput, inside: str) -> Iterator[RowError]:
    if lead.source is not None and playbook.source(lead.source) is None:
        yield RowError(f"{inside}source", f"the playbook has no source called `{lead.source}`")


def _deal_key_errors(playbook: Playbook, deal: HandoffInput) -> Iterator[RowError]:
    known = {
        "team": ("team", playbook.teams),
        "stage": ("stage", [stage.key for stage in playbook.stages]),
        "disqualified": ("disqualify reason", [reason.key for reason in playbook.disqualify_reasons]),
        "lost": ("lost reason", [reason.key for reason in playbook.lost_reasons]),
    }
    for field, (what, keys) in known.items():
        key = getattr(deal, field)
        if key is not None and key not in keys:
            yield RowError(f"handoff.{field}", f"the playbook has no {what} called `{key}`")


def _deal_time_errors(playbook: Playbook, row: ImportRow, deal: HandoffInput, now: datetime) -> Iterator[RowError]:
    for field in HANDOFF_TIMES:
        at = getattr(deal, field)
        if at is not None:
            yield from future_errors(row.earliest(at), now, f"handoff.{field}")
    ended = not goes_on(deal, playbook)
    if ended and deal.ended_at is None:
        yield RowError("handoff.ended_at", "is missing: a closed deal needs the time when it ended")
    if deal.ended_at is not None and not ended:
        yield RowError("handoff.ended_at", "is given, but the stage is an open one")
    for field, what in _BEFORE_THE_END.items():
        at = getattr(deal, field)
        if deal.ended_at is not None and at is not None and row.latest(deal.ended_at) < row.earliest(at):
            yield RowError("handoff.ended_at", f"is before {what}")


def _lost_errors(playbook: Playbook, deal: HandoffInput) -> Iterator[RowError]:
    stage = playbook.stage(deal.stage) if deal.stage else None
    if deal.lost is not None and (stage is None or stage.ends != "lost"):
        yield RowError("handoff.lost", "is given, but the stage isn't lost")
