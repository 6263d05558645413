"""A handoff taken in hand by somebody: its rows, locked until the commit, and how the rules see it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification import people, publishing, routing, showing
from qualification.publishing import Published
from qualification.records import Handoff, Lead, Membership, Offer, Person, Pool, Team
from qualification.rules.handoff import Action, Actor, HandoffState, Party, Standing, allow
from qualification.rules.refusals import UnknownLead


@dataclass(frozen=True, slots=True)
class Case:
    """One handoff, and who is acting on it."""

    handoff: Handoff
    lead: Lead
    by: Person
    actor: Actor
    offer: Offer | None
    standing: Standing
    published: Published

    def allows(self, action: Action, offer_id: int | None = None) -> bool:
        """Say whether there is something to do; raises the refusal that tells why not."""
        return allow(action, self.standing, self.actor, offer_id=offer_id)


def take(session: Session, *, workspace_id: int, by: str, handoff_id: int, now: datetime) -> Case:
    """Lock the handoff and read all that a decision about it stands on; raises UnknownLead.

    Of two at the same instant the second waits here, and then sees what the first did.
    """
    handoff = session.scalar(
        select(Handoff)
        .where(Handoff.workspace_id == workspace_id, Handoff.id == handoff_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if handoff is None:
        raise UnknownLead(query=f"#{handoff_id}")
    # Every change locks the channel's lane first, so that two of them never wait for each other.
    showing.owe_card(session, handoff, now=now)
    return _case(session, handoff, people.actor(session, workspace_id, by))


def look(session: Session, *, workspace_id: int, by: str, handoff_id: int) -> Case:
    """Read the same without locking, for a form that is only shown; whoever looks must be known."""
    handoff = session.scalar(select(Handoff).where(Handoff.workspace_id == workspace_id, Handoff.id == handoff_id))
    person = people.by_slack_user(session, workspace_id, by)
    if handoff is None:
        raise UnknownLead(query=f"#{handoff_id}")
    return _case(session, handoff, person or Person(id=0, name=by, slack_user_id=by, is_admin=False))


def _case(session: Session, handoff: Handoff, person: Person) -> Case:
    offer = routing.open_offer(session, handoff)
    return Case(
        handoff=handoff,
        lead=session.get_one(Lead, handoff.lead_id),
        by=person,
        actor=people.acting(session, person, handoff.team_id),
        offer=offer,
        standing=_standing(session, handoff, offer),
        published=publishing.current(session, handoff.workspace_id),
    )


def _standing(session: Session, handoff: Handoff, offer: Offer | None) -> Standing:
    team = session.get_one(Team, handoff.team_id)
    last = offer or routing.last_offer(session, handoff)
    pooled = handoff.state is HandoffState.POOLED and handoff.pool_id is not None
    pool = session.get_one(Pool, handoff.pool_id) if pooled else None
    return Standing(
        state=handoff.state,
        manager=_party(session, team.manager_id),
        offer_id=offer.id if offer else None,
        offered_to=_party(session, last.person_id) if last else None,
        pool=pool.name if pool else None,
        pool_member_ids=_members(session, pool) if pool else frozenset(),
        owner=_party(session, handoff.owner_id),
        decided_by=_party(session, handoff.decided_by_id),
        undo_until=handoff.undo_until,
    )


def _members(session: Session, pool: Pool) -> frozenset[int]:
    return frozenset(
        session.scalars(select(Membership.person_id).where(Membership.pool_id == pool.id, Membership.active))
    )


def _party(session: Session, person_id: int | None) -> Party | None:
    person = session.get(Person, person_id) if person_id is not None else None
    return Party(person_id=person.id, ref=people.ref(person)) if person else None
