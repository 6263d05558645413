"""Rows checked against the playbook and the clock, and turned into lead data."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from qualification.rules.intake.lenient import without_activity
from qualification.rules.intake.row_errors import UNREADABLE, RowError
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lead_input import (
    HANDOFF_TIMES,
    ActivityDetails,
    ActivityInput,
    HandoffInput,
    ImportRow,
    LeadInput,
)
from qualification.rules.leads.losses import Loss
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
    known_since: datetime | None = None,
    may_take: bool = True,
) -> LeadData:
    """Return the lead's data, as `fitted` checked it; its value is in the playbook's currency unless it names one."""
    minor, currency = normalization.parse_money(lead.value, playbook.currency) if lead.value else (None, None)
    return LeadData(
        sender=sender,
        external_id=lead.id or lead.weak_id,
        email=lead.email,
        emails=lead.emails,
        name=lead.name,
        company=lead.company,
        website=lead.website,
        phone=lead.phone,
        phones=lead.phones,
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
        losses=lead.losses,
        shared_domains=playbook.shared,
        may_take=may_take,
    )


def fitted(entry: ActivityInput | LeadInput, playbook: Playbook, now: datetime) -> ActivityInput | LeadInput:
    """Return the entry without what the playbook or the clock doesn't know, which is added to its losses.

    An activity of a kind that the playbook doesn't have becomes its lead alone; one in the future is done at `now`.
    """
    if isinstance(entry, LeadInput):
        return fitted_lead(entry, playbook)
    lead = fitted_lead(entry.lead, playbook)
    for error in _kind_errors(playbook, entry, ""):
        return without_activity(lead, [error])
    update: dict[str, object] = {"lead": lead}
    for error in future_errors(entry.at, now):
        update |= {"at": None, "losses": (*entry.losses, Loss(error.field, error.reason, str(entry.at)))}
    return entry.model_copy(update=update)


def fitted_lead(lead: LeadInput, playbook: Playbook) -> LeadInput:
    """Return the lead without a source that the playbook doesn't have, and without a value that is no amount."""
    update: dict[str, object] = {}
    lost = []
    for error in _source_errors(playbook, lead):
        update["source"] = None
        lost.append(Loss(error.field, error.reason, lead.source or ""))
    if lead.value is not None:
        try:
            normalization.parse_money(lead.value, playbook.currency)
        except normalization.Unreadable as unreadable:
            update["value"] = None
            lost.append(Loss("value", UNREADABLE.get(unreadable.fault, "can't be read"), lead.value))
    return lead.model_copy(update={**update, "losses": (*lead.losses, *lost)}) if lost else lead


def goes_on(deal: HandoffInput, playbook: Playbook) -> bool:
    """Say whether the deal is still open: neither disqualified nor at a stage that ends it."""
    stage = playbook.stage(deal.stage) if deal.stage else None
    return deal.disqualified is None and (stage is None or stage.ends is None)


def future_errors(at: datetime | None, now: datetime, field: str = "at") -> Iterator[RowError]:
    """Yield an error if the moment is in the future, by more than a sender's clock may be fast."""
    if at is not None and at > now + _CLOCK_TOLERANCE:
        yield RowError(field, "is in the future")


def fitted_row(
    playbook: Playbook, row: ImportRow, now: datetime, owner_errors: Iterable[RowError] = ()
) -> tuple[ImportRow, tuple[RowError, ...]]:
    """Return a file's row without the activities and the deal that are wrong, and what is wrong with them.

    History is exact or left out: an activity without its time, or a deal without its end, would be counted wrongly.
    `owner_errors` are those of the deal's owner, who is checked elsewhere.
    """
    errors = [RowError(loss.field, loss.reason) for loss in row.left_out]
    activities = []
    for index, activity in enumerate(row.activities):
        inside = f"activities[{index}]."
        wrong = [*_kind_errors(playbook, activity, inside)]
        if activity.at is not None:
            wrong += future_errors(row.earliest(activity.at), now, f"{inside}at")
        errors += wrong
        activities += [] if wrong else [activity]
    handoff = row.handoff
    if handoff is not None:
        wrong = [
            *_deal_key_errors(playbook, handoff),
            *_deal_time_errors(playbook, row, handoff, now),
            *_lost_errors(playbook, handoff),
            *owner_errors,
        ]
        errors += wrong
        handoff = None if wrong else handoff
    lead = fitted_lead(row.lead, playbook)
    return replace(row, lead=lead, activities=tuple(activities), handoff=handoff), tuple(errors)


def _kind_errors(playbook: Playbook, activity: ActivityDetails, inside: str) -> Iterator[RowError]:
    if playbook.scoring.activity(activity.kind) is None:
        yield RowError(f"{inside}kind", f"the playbook has no activity called `{activity.kind}`")


def _source_errors(playbook: Playbook, lead: LeadInput) -> Iterator[RowError]:
    if lead.source is not None and playbook.source(lead.source) is None:
        yield RowError("source", f"the playbook has no source called `{lead.source}`")


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
