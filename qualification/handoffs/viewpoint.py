"""What one reader may see of leads: asked by every answer, list, search, card and form that shows one."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from qualification.leads import merging
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import IS_OPEN, Handoff, Lead, Membership, Offer, Person
from qualification.records.rows import in_workspace
from qualification.rules.handoffs import sight
from qualification.rules.handoffs.sight import ReaderRoles, Sight, Tie
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.playbook.playbook import Rights
from qualification.rules.refusals import NotInPlaybook, UnknownLead

_NOBODY = ReaderRoles()


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A reader, None for somebody not known here, and what decides what they see."""

    person: Person | None
    roles: ReaderRoles
    rights: Rights
    managed: frozenset[int]
    pools: frozenset[int]

    @property
    def everywhere(self) -> Sight:
        """How much the reader sees of every lead, also of those that sales never had."""
        return sight.everywhere(self.roles, self.rights)

    def of(self, handoff: Handoff, asked_id: int | None) -> Sight:
        """Return how much the reader sees of the handoff's lead by this handoff, which is offered to `asked_id`."""
        return sight.sight(self.roles, self._ties(handoff, asked_id), self.rights)

    def of_lead(self, session: Session, lead: Lead) -> Sight:
        """Return how much the reader sees of the lead, by all handoffs of it and of those merged into it."""
        if self.everywhere is Sight.CONTACT or self.person is None:
            return self.everywhere
        made = (
            select(Handoff, Offer.person_id)
            .outerjoin(Offer, (Offer.handoff_id == Handoff.id) & IS_OPEN)
            .where(Handoff.workspace_id == lead.workspace_id, Handoff.lead_id.in_(merging.family(session, lead)))
        )
        seen = (self.of(handoff, asked_id) for handoff, asked_id in session.execute(made))
        return max(seen, default=self.everywhere)

    def handoffs(self, least: Sight) -> ColumnElement[bool]:
        """Return the condition under which the reader sees at least so much by a handoff."""
        if self.everywhere >= least:
            return true()
        person = self.person
        if person is None:
            return false()
        asked = exists().where(Offer.handoff_id == Handoff.id, Offer.person_id == person.id, IS_OPEN)
        conditions: dict[Tie, ColumnElement[bool]] = {
            Tie.ANNOUNCED: Handoff.announcer_id == person.id,
            Tie.TEAM: Handoff.team_id == person.team_id if person.team_id is not None else false(),
            Tie.POOL: Handoff.pool_id.in_(self.pools),
            Tie.DECIDED: or_(Handoff.owner_id == person.id, Handoff.decided_by_id == person.id),
            Tie.HAS: and_(Handoff.state.in_(LIVE_STATES), or_(Handoff.owner_id == person.id, asked)),
            Tie.MANAGES: Handoff.team_id.in_(self.managed),
        }
        enough = sight.counting(self.roles, self.rights) & sight.ties_for(least)
        return or_(false(), *(conditions[tie] for tie in sorted(enough)))

    def leads(self, least: Sight) -> ColumnElement[bool]:
        """Return the condition under which the reader sees at least so much of a lead."""
        if self.everywhere >= least:
            return true()
        if self.person is None:
            return false()
        seen = self.handoffs(least)
        own = exists().where(Handoff.lead_id == Lead.id, seen).correlate(Lead)
        return or_(own, Lead.id.in_(_roots(self.person.workspace_id, seen, least)))

    def _ties(self, handoff: Handoff, asked_id: int | None) -> Iterable[Tie]:
        person = self.person
        if person is None:
            return
        if handoff.announcer_id == person.id:
            yield Tie.ANNOUNCED
        if handoff.team_id == person.team_id:
            yield Tie.TEAM
        if handoff.pool_id in self.pools:
            yield Tie.POOL
        if person.id in {handoff.owner_id, handoff.decided_by_id}:
            yield Tie.DECIDED
        if handoff.state in LIVE_STATES and person.id in {handoff.owner_id, asked_id}:
            yield Tie.HAS
        if handoff.team_id in self.managed:
            yield Tie.MANAGES


def viewpoint(session: Session, workspace_id: int, slack_user_id: str) -> Viewpoint:
    """Return from where this Slack user looks; raises NoPlaybook."""
    return viewpoint_of(session, workspace_id, people.by_slack_user(session, workspace_id, slack_user_id))


def viewpoint_of(session: Session, workspace_id: int, person: Person | None) -> Viewpoint:
    """Return from where the person looks; raises NoPlaybook."""
    rights = playbooks.current(session, workspace_id).playbook.rights
    if person is None:
        return Viewpoint(None, _NOBODY, rights, frozenset(), frozenset())
    seats = select(Membership.pool_id).where(
        in_workspace(Membership, workspace_id), Membership.person_id == person.id, Membership.active
    )
    return Viewpoint(
        person=person,
        roles=people.roles_of(person),
        rights=rights,
        managed=frozenset(session.scalars(people.managed_by(person))) if not people.has_left(person) else frozenset(),
        pools=frozenset(session.scalars(seats)),
    )


def seen_lead(session: Session, view: Viewpoint, workspace_id: int, lead_id: int) -> tuple[Lead, Sight]:
    """Return the lead of that id, or the one it turned out to be, and how much of it the reader sees.

    Raises UnknownLead, also where that is nothing, and NotInPlaybook to whoever has no part here.
    """
    stored = session.scalar(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id == lead_id))
    lead = merging.root(session, stored)
    seen = view.of_lead(session, lead) if lead is not None else Sight.NOTHING
    if lead is None or seen is Sight.NOTHING:
        raise UnknownLead(query=f"#{lead_id}") if view.roles.is_here else NotInPlaybook
    return lead, seen


def _roots(workspace_id: int, seen: ColumnElement[bool], least: Sight) -> Select[int]:
    """Select the leads that others were merged into, of which a handoff is seen; however often they were merged."""
    merged = (
        select(Lead.merged_into_id.label("id"))
        .join(Handoff, Handoff.lead_id == Lead.id)
        .where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_not(None), seen)
        .cte(f"root_of_{least.name.lower()}", recursive=True)
    )
    further = aliased(Lead)
    return select(
        merged.union(
            select(further.merged_into_id)
            .join(merged, further.id == merged.c.id)
            .where(in_workspace(further, workspace_id), further.merged_into_id.is_not(None))
        ).c.id
    )
