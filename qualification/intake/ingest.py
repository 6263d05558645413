"""What senders post: leads resolved, activities stored and scored, and leads that are ready handed over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from qualification.handoffs import automatic
from qualification.intake import activities
from qualification.intake.activities import ActivityData
from qualification.leads import events, resolution, suppression
from qualification.leads.lifecycle import begin_as_leads, gave_more, move_lifecycle
from qualification.leads.resolution import ResolvedLead
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import Lead
from qualification.rules.handoffs.event_types import Updated
from qualification.rules.intake.lenient import lost_of
from qualification.rules.intake.row_checks import fitted, lead_data_of
from qualification.rules.intake.row_errors import ERASED, RowError
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lead_input import ActivityDetails, ActivityInput, LeadInput
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.leads.suppression import SuppressionReason


@dataclass(frozen=True, slots=True)
class Ingested:
    """The ids of an entry's lead and, if it is one, activity; the same again when the entry is sent again.

    `lost` names the fields that could not be kept as they were sent, below `lead` and `activity`.
    """

    lead_id: int
    activity_id: int | None = None
    lost: tuple[RowError, ...] = ()


def ingest(
    session: UnitOfWork,
    workspace_id: int,
    sender: str,
    entries: Sequence[LeadInput | ActivityInput],
    *,
    may_take: bool = True,
    now: datetime,
) -> list[Ingested | tuple[RowError, ...]]:
    """Resolve each entry's lead, store each activity, and hand over every lead that is ready now.

    Returns for each entry its ids, or every error for which it was rejected. What the playbook or the clock doesn't
    know is left out of the entry. Without `may_take` nobody's address becomes somebody else's. An activity that was
    stored before, by the sender's own id of it, changes nothing.
    Raises NoPlaybook.
    """
    published = playbooks.current(session, workspace_id)
    entries = [fitted(entry, published.playbook, now) for entry in entries]
    keys = [(sender, entry.id) for entry in entries if isinstance(entry, ActivityInput)]
    known = {activity_id for _, activity_id in activities.stored(session, workspace_id, keys)}
    data: dict[int, LeadData] = {}
    for index, entry in enumerate(entries):
        if isinstance(entry, LeadInput):
            data[index] = lead_data_of(sender, entry, published.playbook, may_take=may_take)
        elif entry.id not in known:
            data[index] = lead_data_of(sender, entry.lead, published.playbook, may_take=may_take)
            known.add(entry.id)
    rejected = erased_rows(session, workspace_id, data)
    resolved = dict(zip(data, resolve_leads(session, workspace_id, [*data.values()], now=now), strict=True))
    done = [
        (resolved[index].lead, activity_data(sender, entry, now))
        for index, entry in enumerate(entries)
        if index in resolved and isinstance(entry, ActivityInput)
    ]
    store_activities(session, done, [*resolved.values()], published=published, now=now)
    record_updates(session, resolved.values(), now=now)
    stored = activities.stored(session, workspace_id, keys)
    results: list[Ingested | tuple[RowError, ...]] = []
    for index, entry in enumerate(entries):
        if index in rejected:
            results.append(rejected[index])
        elif isinstance(entry, ActivityInput):
            activity = stored[sender, entry.id]
            kept_apart = resolved[index].losses if index in resolved else ()
            results.append(Ingested(activity.lead_id, activity.id, (*lost_of(entry), *kept_apart)))
        else:
            found = resolved[index]
            results.append(Ingested(found.lead.id, lost=(*lost_of(entry), *found.losses)))
    return results


def erased_rows(session: UnitOfWork, workspace_id: int, data: dict[int, LeadData]) -> dict[int, tuple[RowError, ...]]:
    """Take the rows out of `data` that are about somebody who was erased, and return the error of each by its index.

    Whoever once said that they want no contact comes in with that.
    """
    found = suppression.suppressed(session, workspace_id, [*data.values()])
    indexes = [*data]
    rejected: dict[int, tuple[RowError, ...]] = {}
    for place, reason in found.items():
        index = indexes[place]
        if reason is SuppressionReason.ERASED:
            del data[index]
            rejected[index] = (RowError("lead", ERASED),)
        else:
            data[index] = replace(data[index], do_not_contact=True)
    return rejected


def resolve_leads(
    session: UnitOfWork, workspace_id: int, data: Sequence[LeadData], *, announcing: bool = True, now: datetime
) -> list[ResolvedLead]:
    """Find the leads or add them, and record who is new; with `announcing`, that is news.

    What is new of the others, `record_updates` records behind all else.
    """
    resolved = resolution.resolve_all(session, workspace_id, data, now=now)
    arrived = [(each.lead, row.sender) for each, row in zip(resolved, data, strict=True) if each.is_new]
    events.record_arrivals(session, arrived, past=not announcing)
    return resolved


def record_updates(
    session: UnitOfWork, resolved: Iterable[ResolvedLead], *, announcing: bool = True, now: datetime
) -> None:
    """Record what is new of leads that sales has, and who lost an address; with `announcing`, their threads tell it.

    It locks messages, which come behind the pools that a lead handed over meanwhile was dealt by.
    """
    for each in resolved:
        if each.live is not None and each.changed:
            events.record_event(session, each.live, Updated(fields=each.changed), now=now, in_thread=announcing)
        resolution.record_moved(session, each, now=now, in_thread=announcing)


def store_activities(
    session: UnitOfWork,
    done: Sequence[tuple[Lead, ActivityData]],
    resolved: Sequence[ResolvedLead],
    *,
    published: Published,
    announcing: bool = True,
    now: datetime,
) -> list[tuple[Lead, ActivityData]]:
    """Store the activities, and score again every lead that may be ready by now; return the new ones with their leads.

    Besides leads with new activities these are merged leads, which may be ready together, and changed leads that a
    gate holds, which it may let pass. Whoever only came in is a lead if they gave more than an address.
    """
    new = activities.store(session, done, now=now)
    changed = (each.lead for each in resolved if each.is_merged or (each.is_changed and each.lead.gated_by is not None))
    roots = (resolution.root(session, lead) for lead in (*(lead for lead, _ in new), *changed))
    leads = {lead.id: lead for lead in roots if lead is not None}
    automatic.consider(session, [*leads.values()], published=published, announcing=announcing, now=now)
    beginning: dict[Lead, None] = {}
    for each in resolved:
        is_told = (each.is_new or each.is_changed) and each.lead.id not in leads
        if is_told and each.lead.lifecycle is Lifecycle.SUBSCRIBER and gave_more(session, each.lead):
            if each.is_new:
                beginning[each.lead] = None
            else:
                move_lifecycle(each.lead, Lifecycle.LEAD, record=None)
    begin_as_leads(session, [*beginning])
    return new


def activity_data(sender: str, activity: ActivityDetails, now: datetime) -> ActivityData:
    """Return the activity as it is stored; without a time of its own it was done at `now`."""
    return ActivityData(
        sender=sender,
        external_id=activity.id,
        kind=activity.kind,
        at=activity.at or now,
        what=activity.what,
        fields=activity.fields,
    )
