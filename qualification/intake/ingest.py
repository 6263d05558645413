"""What senders say, taken in: leads known again or written down, what they did kept and added up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from qualification.handoffs import automatic
from qualification.intake import activities
from qualification.intake.activities import Done
from qualification.leads import events, resolution
from qualification.leads.resolution import Recognised, Said
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import EventKind, Lead
from qualification.rules.intake.row_errors import UNREADABLE, Flaw, not_in
from qualification.rules.leads.lead_data import GivenAct, GivenActivity, GivenLead
from qualification.rules.values import normalization

# How far a sender's clock may be ahead.
_AHEAD: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken in: the lead, and the activity where one was said; the same again for the same said again."""

    lead_id: int
    activity_id: int | None = None


class Unfit(Exception):
    """What a sender said cannot be taken in; `flaws` names every field at fault."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        """Keep every flaw, so that nobody has to send once for each."""
        super().__init__(f"{len(flaws)} flaws")
        self.flaws = flaws


def take(
    session: Session, workspace_id: int, sender: str, rows: Sequence[GivenLead | GivenActivity], *, now: datetime
) -> list[Taken | tuple[Flaw, ...]]:
    """Take the rows in: each lead known again or written down, each activity kept, and handed over who is ready now.

    Returns for each row what became of it, or every flaw for which it was not taken. An activity that came before, by
    the sender's own id of it, changes nothing.
    """
    published = playbooks.current(session, workspace_id)
    keys = {row.id for row in rows if isinstance(row, GivenActivity)}
    known = {key for _, key in activities.known(session, workspace_id, [(sender, key) for key in keys])}
    flaws: dict[int, tuple[Flaw, ...]] = {}
    fit: dict[int, Said] = {}
    for index, row in enumerate(rows):
        if isinstance(row, GivenActivity) and row.id in known:
            continue
        try:
            fit[index] = said_by(sender, row, published, now)
        except Unfit as unfit:
            flaws[index] = unfit.flaws
        else:
            known |= {row.id} if isinstance(row, GivenActivity) else set()
    found = dict(zip(fit, recognise(session, workspace_id, [*fit.values()], now=now), strict=True))
    done = [
        (found[index].lead, activity_of(sender, row, now))
        for index, row in enumerate(rows)
        if index in found and isinstance(row, GivenActivity)
    ]
    keep(session, done, found.values(), published=published, now=now)
    kept = activities.known(session, workspace_id, [(sender, key) for key in keys])
    results: list[Taken | tuple[Flaw, ...]] = []
    for index, row in enumerate(rows):
        if index in flaws:
            results.append(flaws[index])
        elif isinstance(row, GivenActivity):
            activity = kept[sender, row.id]
            results.append(Taken(activity.lead_id, activity.id))
        else:
            results.append(Taken(found[index].lead.id))
    return results


def recognise(
    session: Session, workspace_id: int, said: Sequence[Said], *, announcing: bool = True, now: datetime
) -> list[Recognised]:
    """Know the leads again or write them down, and keep in their history what is new; it is told if `announcing`."""
    found = resolution.recognise_all(session, workspace_id, said, now=now)
    arrived = [(each.lead, what.sender) for each, what in zip(found, said, strict=True) if each.is_new]
    events.note_arrivals(session, arrived, past=not announcing)
    for each in found:
        if each.live is not None and each.changed:
            fields = list(each.changed)
            events.tell(session, each.live, EventKind.UPDATED, now=now, told=announcing, fields=fields)
    return found


def keep(
    session: Session,
    done: Sequence[tuple[Lead, Done]],
    found: Iterable[Recognised],
    *,
    published: Published,
    announcing: bool = True,
    now: datetime,
) -> int:
    """Keep what the leads did, and add up anew whom that may have made ready; return how much was new.

    Two that turned out to be one may be ready together, and what was learnt of somebody may let them past a gate.
    """
    fresh = activities.record(session, done, now=now)
    learnt = (each.lead for each in found if each.is_merged or (each.is_changed and each.lead.held_by is not None))
    active = (resolution.root(session, lead) for lead in (*(lead for lead, _ in fresh), *learnt))
    concerned = {lead.id: lead for lead in active if lead is not None}
    automatic.consider(session, [*concerned.values()], published=published, announcing=announcing, now=now)
    return len(fresh)


def said_by(sender: str, row: GivenLead | GivenActivity, published: Published, now: datetime) -> Said:
    """Return what a row says of a lead, checked against the playbook; raises Unfit with every flaw of the row."""
    unfit = not_in(published.playbook, row)
    if isinstance(row, GivenLead):
        return said_of(sender, row, published, unfit=unfit)
    return said_of(sender, row.lead, published, inside="lead.", unfit=(*unfit, *to_come(row.at, now)))


def activity_of(sender: str, given: GivenAct, now: datetime) -> Done:
    """Return what a row says that a lead did."""
    return Done(sender=sender, key=given.id, kind=given.kind, at=given.at or now, what=given.what, fields=given.fields)


def to_come(at: datetime | None, now: datetime, field: str = "at") -> tuple[Flaw, ...]:
    """Name the moment that is still to come, by more than a sender's clock may be ahead."""
    return (Flaw(field, "is in the future"),) if at is not None and at > now + _AHEAD else ()


def said_of(
    sender: str,
    given: GivenLead,
    published: Published,
    *,
    unfit: Iterable[Flaw],
    inside: str = "",
    since: datetime | None = None,
) -> Said:
    """Return what is given of a lead, understood; raises Unfit with every flaw, those found before among them."""
    flaws = [*unfit]
    minor, currency = None, None
    if given.value is not None:
        try:
            minor, currency = normalization.parse_money(given.value, published.playbook.currency)
        except normalization.Unreadable as unreadable:
            flaws.append(Flaw(f"{inside}value", UNREADABLE.get(unreadable.fault, "can't be read")))
    if flaws:
        raise Unfit(tuple(flaws))
    return Said(
        sender=sender,
        external_id=given.id,
        email=given.email,
        name=given.name,
        company=given.company,
        website=given.website,
        phone=given.phone,
        title=given.title,
        size=given.size,
        country=given.country,
        value_minor=minor,
        currency=currency,
        source=given.source,
        campaign=given.campaign,
        problem=given.problem,
        do_not_contact=given.do_not_contact,
        fields=given.fields,
        since=since,
    )
