"""A handoff that somebody acts on: its rows, locked until the commit, and how the rules see it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from qualification.leads import events, resolution
from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import (
    IS_OPEN,
    Handoff,
    Lead,
    Membership,
    Offer,
    Person,
    PlaybookVersion,
    Pool,
    Team,
    Workspace,
    rows,
)
from qualification.routing import assignment
from qualification.rules.handoffs.permissions import Action, Actor, HandoffStatus, Party, allow
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.refusals import LeadErased, NoPlaybook, UnknownLead

_Around: TypeAlias = tuple[Lead, Team, Offer | None, int | None, str | None, bool]


@dataclass(frozen=True, slots=True)
class HandoffCommand:
    """What every decision about a handoff is given: where, by which Slack user, about which handoff, when.

    `offer_id` is the offer on the card that was pressed, None where the card showed none.
    """

    workspace_id: int
    by: str
    handoff_id: int
    now: datetime
    offer_id: int | None = None


@dataclass(frozen=True, slots=True)
class HandoffContext:
    """One handoff, and who is acting on it."""

    command: HandoffCommand
    handoff: Handoff
    lead: Lead
    team: Team
    by: Person
    actor: Actor
    offer: Offer | None
    status: HandoffStatus
    published: Published
    passed: bool  # a checklist of the lead's, when the context was read

    @property
    def now(self) -> datetime:
        """The moment of the decision."""
        return self.command.now

    def allows(self, action: Action) -> bool:
        """Say whether there is something to do; raises the refusal that tells why not."""
        return allow(action, self.status, self.actor, offer_id=self.command.offer_id)


def lock_for_action(
    session: UnitOfWork, command: HandoffCommand, *, brings_back: bool = False, deals: bool = False
) -> HandoffContext:
    """Lock the handoff, then its lead, and read all that a decision about it stands on; raises UnknownLead.

    Of two at the same instant the second waits here, and then sees what the first did. Where the decision
    `brings_back` a lead that was found to be another since, the handoff is that one's from now on. The pool is locked
    too where the decision `deals` a turn or takes one back, or somebody decides for the rep who is asked.
    """
    handoff = session.scalar(_LOCKED, {"workspace_id": command.workspace_id, "handoff_id": command.handoff_id})
    if handoff is None:
        raise UnknownLead(query=f"#{command.handoff_id}")
    if brings_back:
        lead = rows.get_one(session, Lead, handoff.lead_id, handoff.workspace_id)
        handoff.lead_id = resolution.lock_root(session, lead).id
    elif session.get_bind().dialect.name == "postgresql":
        session.scalar(_LOCKED_LEAD, {"workspace_id": handoff.workspace_id, "lead_id": handoff.lead_id})
    context = _context(
        session, handoff, command, newcomer=lambda: people.actor(session, command.workspace_id, command.by)
    )
    if context.lead.erased_at is not None:
        raise LeadErased(at=context.lead.erased_at)
    asked_id = context.offer.person_id if context.offer else None
    if handoff.pool_id is not None and (deals or asked_id not in {None, context.by.id}):
        assignment.lock_pools(session, handoff.workspace_id, [handoff.pool_id])
    # Of the messages, the channel's card comes first, behind all else: decision 0032.
    surfaces.enqueue_card(session, handoff, now=command.now)
    if _is_first_press(context):
        _mark_opened(context)
    return context


def record_opening(session: UnitOfWork, command: HandoffCommand) -> None:
    """Record the first press of whoever a handoff is put before, where all it did was open a modal.

    It changes nothing else, and does nothing for anybody else, for a later press, or for an offer that has ended.
    """
    if command.offer_id is None:
        return
    handoff = session.scalar(_LOCKED, {"workspace_id": command.workspace_id, "handoff_id": command.handoff_id})
    if handoff is None:
        return
    context = _context(session, handoff, command, newcomer=lambda: _stranger(command.by))
    if context.offer is not None and context.offer.id == command.offer_id and _is_first_press(context):
        _mark_opened(context)
        outbox.mark_stale(session, handoff.workspace_id, handoff.id, command.now)


def read_for_action(session: Session, command: HandoffCommand) -> HandoffContext:
    """Read the same without locking, for a form that is only shown; a newcomer is not written down."""
    handoff = session.scalar(
        select(Handoff).where(Handoff.workspace_id == command.workspace_id, Handoff.id == command.handoff_id)
    )
    if handoff is None:
        raise UnknownLead(query=f"#{command.handoff_id}")
    return _context(session, handoff, command, newcomer=lambda: _stranger(command.by))


def _context(
    session: Session, handoff: Handoff, command: HandoffCommand, *, newcomer: Callable[[], Person]
) -> HandoffContext:
    # A statement of its own: read together with the lock, the lead could be as it was before the wait.
    around: _Around = session.execute(_AROUND, {"workspace_id": handoff.workspace_id, "handoff_id": handoff.id}).one()
    lead, team, offer, playbook_id, text, passed = around
    if playbook_id is None or text is None:
        raise NoPlaybook
    last = offer or assignment.last_offer(session, handoff)
    asked_id = last.person_id if last else None
    ids = (team.manager_id, asked_id, handoff.owner_id, handoff.decided_by_id)
    there = people.together(session, handoff.workspace_id, command.by, ids)
    person = next((each for each in there if each.slack_user_id == command.by), None) or newcomer()
    parties: dict[int | None, Party] = {each.id: Party(person_id=each.id, ref=people.ref(each)) for each in there}
    pooled = handoff.state is HandoffState.POOLED and handoff.pool_id is not None
    pool = rows.get_one(session, Pool, handoff.pool_id, handoff.workspace_id) if pooled else None
    status = HandoffStatus(
        state=handoff.state,
        manager=parties.get(team.manager_id),
        offer_id=offer.id if offer else None,
        offered_to=parties.get(asked_id),
        pool=pool.name if pool else None,
        pool_member_ids=_members(session, pool) if pool else frozenset(),
        owner=parties.get(handoff.owner_id),
        decided_by=parties.get(handoff.decided_by_id),
        undo_until=handoff.undo_until,
        ended_at=handoff.ended_at,
        resume_at=handoff.resume_at,
    )
    return HandoffContext(
        command=command,
        handoff=handoff,
        lead=lead,
        team=team,
        by=person,
        actor=people.acting(person, team),
        offer=offer,
        status=status,
        published=playbooks.parse_version(playbook_id, text),
        passed=passed,
    )


def _stranger(slack_user_id: str) -> Person:
    """Stand in for somebody not known here, who is not written down."""
    return Person(id=0, name=slack_user_id, slack_user_id=slack_user_id, is_admin=False)


def _is_first_press(context: HandoffContext) -> bool:
    """Say whether this is the first press of the rep, or of the first of the pool, that the handoff is put before."""
    if context.offer is None or context.offer.opened_at is not None:
        return False
    asked = context.offer.person_id
    return context.by.id in context.status.pool_member_ids if asked is None else context.by.id == asked


def _mark_opened(context: HandoffContext) -> None:
    if context.offer is not None:
        context.offer.opened_at = context.now


def _members(session: Session, pool: Pool) -> frozenset[int]:
    return frozenset(
        session.scalars(
            select(Membership.person_id).where(
                rows.in_workspace(Membership, pool.workspace_id), Membership.pool_id == pool.id, Membership.active
            )
        )
    )


# Built once: to build a statement takes longer than to run it.
_LOCKED: Final = (
    select(Handoff)
    .where(Handoff.workspace_id == bindparam("workspace_id"), Handoff.id == bindparam("handoff_id"))
    .with_for_update(key_share=True)
)
_LOCKED_LEAD: Final = (
    select(Lead.id).where(rows.in_workspace(Lead), Lead.id == bindparam("lead_id")).with_for_update(key_share=True)
)
_AROUND: Final = (
    select(Lead, Team, Offer, PlaybookVersion.id, PlaybookVersion.text, events.PASSED)
    .select_from(Handoff)
    .join(Lead, Lead.id == Handoff.lead_id)
    .join(Team, Team.id == Handoff.team_id)
    .join(Workspace, Workspace.id == Handoff.workspace_id)
    .outerjoin(PlaybookVersion, PlaybookVersion.id == Workspace.playbook_id)
    .outerjoin(Offer, and_(Offer.handoff_id == Handoff.id, IS_OPEN))
    .where(rows.in_workspace(Handoff), Handoff.id == bindparam("handoff_id"))
)
