"""What senders say, taken in: leads known again or written down, what they did kept and added up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from qualification import activities, history, leads, publishing
from qualification.activities import Done
from qualification.leads import Recognised, Said
from qualification.publishing import Published
from qualification.records import EventKind
from qualification.rules import identity
from qualification.rules.flaws import UNREADABLE, Flaw, not_in
from qualification.rules.intake import GivenActivity, GivenLead

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


def take_lead(session: Session, workspace_id: int, sender: str, given: GivenLead, *, now: datetime) -> Taken:
    """Know the lead again or write it down, and keep what is new about it; raises Unfit."""
    published = publishing.current(session, workspace_id)
    said = _said(sender, given, published, inside="")
    return Taken(_recognised(session, workspace_id, said, now=now).lead.id)


def take_activity(session: Session, workspace_id: int, sender: str, given: GivenActivity, *, now: datetime) -> Taken:
    """Do the same for who did it, keep what was done, and hand the lead over if it is ready now; raises Unfit.

    An activity that came before, by the sender's own id of it, changes nothing.
    """
    known = activities.known(session, workspace_id, sender, given.id)
    if known is not None:
        return Taken(known.lead_id, known.id)
    published = publishing.current(session, workspace_id)
    said = _said(sender, given.lead, published, inside="lead.", unfit=_unfit(given, published, now))
    found = _recognised(session, workspace_id, said, now=now)
    done = Done(sender=sender, key=given.id, kind=given.kind, at=given.at or now, what=given.what, fields=given.fields)
    activity, is_new = activities.record(session, found.lead, done, now=now)
    if is_new:
        activities.consider(session, found.lead, found.live, now=now)
    return Taken(activity.lead_id, activity.id)


def _unfit(given: GivenActivity, published: Published, now: datetime) -> tuple[Flaw, ...]:
    flaws = tuple(flaw for flaw in not_in(published.playbook, given) if flaw.field == "kind")
    if given.at is not None and given.at > now + _AHEAD:
        flaws = (*flaws, Flaw("at", "is still to come"))
    return flaws


def _said(sender: str, given: GivenLead, published: Published, *, inside: str, unfit: tuple[Flaw, ...] = ()) -> Said:
    """Return what was said, checked against the playbook; raises Unfit with every flaw."""
    flaws = [*unfit, *(Flaw(f"{inside}{flaw.field}", flaw.reason) for flaw in not_in(published.playbook, given))]
    minor, currency = None, None
    if given.value is not None:
        try:
            minor, currency = identity.parse_money(given.value, published.playbook.currency)
        except identity.Unreadable as unreadable:
            flaws.append(Flaw(f"{inside}value", UNREADABLE.get(unreadable.fault, "cannot be read")))
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
    )


def _recognised(session: Session, workspace_id: int, said: Said, *, now: datetime) -> Recognised:
    """Know the lead again or write it down, and tell it."""
    found = leads.recognise(session, workspace_id, said, now=now)
    if found.is_new:
        history.note(session, found.lead, EventKind.CAME_IN, now=now, sender=said.sender)
    elif found.live is not None and found.changed:
        history.tell(session, found.live, EventKind.UPDATED, now=now, fields=list(found.changed))
    return found
