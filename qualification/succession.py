"""Who takes over what is live: a new manager the queue, the row that the playbook names what another row has."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from qualification import deliveries, showing
from qualification.records import Handoff, Offer, Person, Team
from qualification.rules.handoff import LIVE_STATES, HandoffState, OfferOutcome


def hand_queue_over(session: Session, team: Team, manager: Person, *, now: datetime) -> None:
    """Show the new manager of a team what waits in its queue."""
    queued = select(Handoff).where(
        Handoff.workspace_id == team.workspace_id, Handoff.state == HandoffState.QUEUED, Handoff.team_id == team.id
    )
    for handoff in session.scalars(queued.order_by(Handoff.id)).all():
        showing.owe_direct_card(session, handoff, manager, now=now)
        deliveries.stale(session, handoff.id, now)


def take_over(session: Session, former: Person, person: Person, *, now: datetime) -> None:
    """Give the person the live leads and open offers of a row that loses its Slack user to theirs.

    What has ended, and the history, stay with the former row, which goes by the same name.
    """
    for handoff in _live_of(session, former):
        if handoff.owner_id == former.id:
            handoff.owner_id = person.id
        if handoff.decided_by_id == former.id:
            handoff.decided_by_id = person.id
        showing.owe_direct_card(session, handoff, person, now=now)
        deliveries.stale(session, handoff.id, now)
    for offer in session.scalars(
        select(Offer).where(Offer.person_id == former.id, Offer.outcome == OfferOutcome.OPEN)
    ).all():
        offer.person_id = person.id
    if former.away_since is not None:
        person.away_since, person.away_until = former.away_since, former.away_until
    session.flush()


def _live_of(session: Session, person: Person) -> list[Handoff]:
    """Lock the live handoffs that the person owns or is asked about; a decision locks them before it locks anybody."""
    asked = select(Offer.handoff_id).where(Offer.person_id == person.id, Offer.outcome == OfferOutcome.OPEN)
    concerned = (
        select(Handoff)
        .where(
            Handoff.workspace_id == person.workspace_id,
            Handoff.state.in_(LIVE_STATES),
            or_(Handoff.owner_id == person.id, Handoff.id.in_(asked)),
        )
        .order_by(Handoff.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(concerned))
