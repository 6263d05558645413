"""How leads fared in sales before they came here, written down as handoffs that nobody announces."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, insert, select
from sqlalchemy.orm import Session

from qualification.leads import events as history
from qualification.leads import merging
from qualification.leads.companies import country_of, size_of
from qualification.outbox import surfaces
from qualification.playbook.playbooks import Published
from qualification.records import Company, EventKind, Handoff, Lead, LeadEvent, Person, Team, nearness
from qualification.rules.handoffs.lifecycle_moves import lifecycle_of, qualified_since
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState
from qualification.rules.intake.row_errors import Flaw
from qualification.rules.leads.lead_data import GivenHandoff
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.values import normalization

# Of a longer one so much is kept.
_LONGEST_NAME: Final = 200
_SLACK_USER: Final = re.compile(r"[UW][A-Z0-9]{6,}")


@dataclass(frozen=True, slots=True)
class Fared:
    """How one lead fared, as its sender tells it; `key` is the sender's own id of the deal."""

    lead: Lead
    given: GivenHandoff
    owner: Person | None
    key: str


class Roster:
    """The people and teams that a file may name, as one version of the playbook has them."""

    def __init__(self, session: Session, workspace_id: int, published: Published) -> None:
        """Read them all."""
        self.published = published
        self.workspace_id = workspace_id
        self._people: dict[str, list[Person]] = defaultdict(list)
        for person in session.scalars(select(Person).where(Person.workspace_id == workspace_id).order_by(Person.id)):
            self._know(person)
        teams = session.scalars(select(Team).where(Team.workspace_id == workspace_id)).all()
        self._teams = {team.key: team.id for team in teams}
        self._default_team = self._teams[published.playbook.default_team]

    def flaws(self, given: GivenHandoff) -> Iterator[Flaw]:
        """Name what keeps a deal from its owner: nobody is it, or nobody knows who."""
        goes_on = state_of(given, self.published.playbook) in LIVE_STATES
        if given.owner is None:
            if goes_on:
                yield Flaw("handoff.owner", "is missing: an open deal needs an owner")
            return
        named = self._named(given.owner)
        at_work = [person for person in named if person.active]
        if len(at_work) > 1:
            yield Flaw("handoff.owner", "is the name of several people; give an e-mail address")
        elif goes_on and not at_work:
            yield Flaw("handoff.owner", "isn't in the playbook, but the deal is still open")

    def owner(self, session: Session, given: GivenHandoff) -> Person | None:
        """Return whose deal it was; a former colleague is written down, without a part in the playbook."""
        if given.owner is None:
            return None
        named = self._named(given.owner)
        person = next((each for each in named if each.active), named[0] if named else None)
        if person is None:
            is_email, is_user = "@" in given.owner, _SLACK_USER.fullmatch(given.owner)
            person = Person(
                workspace_id=self.workspace_id,
                name=given.owner[:_LONGEST_NAME],
                email=normalization.fold_email(given.owner) if is_email else None,
                slack_user_id=given.owner if is_user else None,
            )
            session.add(person)
            session.flush()
            self._know(person)
        return person

    def team_of(self, given: GivenHandoff, owner: Person | None) -> int:
        """Return the id of the team the deal counts under."""
        if given.team is not None:
            return self._teams[given.team]
        return owner.team_id if owner is not None and owner.team_id is not None else self._default_team

    def _named(self, text: str) -> list[Person]:
        return self._people.get(_folded(text)) or self._people.get(_folded(text[:_LONGEST_NAME]), [])

    def _know(self, person: Person) -> None:
        for name in {_folded(each) for each in (person.email, person.slack_user_id, person.name) if each}:
            self._people[name].append(person)


def state_of(given: GivenHandoff, playbook: Playbook) -> HandoffState:
    """Return the state that the stage or the verdict makes."""
    if given.disqualified is not None:
        return HandoffState.DISQUALIFIED
    stage = playbook.stage(given.stage) if given.stage else None
    endings = {"won": HandoffState.WON, "lost": HandoffState.LOST}
    return endings[stage.ends] if stage is not None and stage.ends else HandoffState.ACCEPTED


def known(session: Session, workspace_id: int, sender: str, keys: Sequence[str]) -> set[str]:
    """Return those of the deals that were written down before."""
    asked = {"workspace_id": workspace_id, "sender": sender, "keys": keys}
    return {*session.scalars(_KNOWN, asked)} if keys else set()


def live(session: Session, leads: Sequence[Lead]) -> set[int]:
    """Return the ids of those leads that sales has now, be it as one that was merged into them."""
    now_as = merging.families(session, [lead.id for lead in leads])
    return {now_as[lead_id] for lead_id in session.scalars(_LIVE, {"ids": [*now_as]})} if leads else set()


def write_down(
    session: Session, roster: Roster, sender: str, deals: Sequence[Fared], *, announcing: bool, now: datetime
) -> None:
    """Write the deals down with their history, each lead put where its latest one puts it.

    Only if `announcing` are those shown in Slack that go on; else each gets its card when something happens to it.
    """
    if not deals:
        return
    published = roster.published
    for deal in deals:
        if deal.given.note and state_of(deal.given, published.playbook) in LIVE_STATES:
            deal.lead.note = deal.lead.note or deal.given.note
    firms = {
        company.id: company
        for company in session.scalars(_COMPANIES, {"ids": {deal.lead.company_id for deal in deals}})
    }
    rows = [(deal, _handoff(roster, sender, deal, firms.get(deal.lead.company_id or 0), now=now)) for deal in deals]
    session.add_all(handoff for _, handoff in rows)
    session.flush()
    events = [event for _, handoff in rows for event in _events(handoff, published)]
    events += _settle(session, rows, published)
    session.flush()
    session.connection().execute(insert(LeadEvent), events)
    owners = {}
    for deal, handoff in rows:
        if handoff.state in LIVE_STATES and deal.owner is not None:
            owners[deal.owner.id] = deal.owner
            if announcing:
                surfaces.owe_card(session, handoff, now=now)
                surfaces.owe_direct_card(session, handoff, deal.owner, now=now)
    for owner_id in sorted(owners):
        surfaces.refresh_home(session, owners[owner_id], now=now)


def _handoff(roster: Roster, sender: str, deal: Fared, company: Company | None, *, now: datetime) -> Handoff:
    published = roster.published
    given, lead, owner = deal.given, deal.lead, deal.owner
    state = state_of(given, published.playbook)
    ended = state not in LIVE_STATES
    at = given.first_at or now
    accepted_at = (given.accepted_at or at) if owner is not None else None
    station = _station(given.stage, state, published.playbook)
    before: dict[str, Any] = {
        "state": (HandoffState.ACCEPTED if owner else HandoffState.QUEUED).value,
        "owner_id": owner.id if owner else None,
        "decided_by_id": owner.id if owner else None,
        "accepted_at": accepted_at.isoformat() if accepted_at else None,
        "stage": published.playbook.first_stage.key if owner else None,
        "offer_id": None,
        "seconds_left": None,
    }
    return Handoff(
        workspace_id=lead.workspace_id,
        lead_id=lead.id,
        team_id=roster.team_of(given, owner),
        playbook_id=published.id,
        did=given.did or "",
        problem=lead.problem,
        source=lead.source,
        campaign=lead.campaign,
        size=size_of(lead, company),
        country=country_of(lead, company),
        state=state,
        owner_id=owner.id if owner else None,
        stage=given.stage,
        announced_at=at,
        accepted_at=accepted_at,
        contacted_at=given.contacted_at,
        qualified_at=qualified_since(None, station, (given.ended_at if ended else None) or accepted_at or at),
        ended_at=given.ended_at if ended else None,
        decided_by_id=owner.id if owner else None,
        reason=given.disqualified or given.lost,
        reason_note=given.note if ended else None,
        before=before if ended else None,
        sender=sender,
        external_id=deal.key,
    )


def _events(handoff: Handoff, published: Published) -> Iterator[dict[str, Any]]:
    """Yield the history of a deal, as far as it is told."""
    yield _event(handoff, EventKind.HANDED_OVER, handoff.announced_at)
    if handoff.accepted_at is not None:
        yield _event(handoff, EventKind.ACCEPTED, handoff.accepted_at, claimed=False)
    if handoff.state is HandoffState.DISQUALIFIED:
        reason = published.playbook.disqualify_reason(handoff.reason or "")
        facts = {"reason": reason.name if reason else None, "note": handoff.reason_note}
        yield _event(handoff, EventKind.DISQUALIFIED, handoff.ended_at or handoff.announced_at, **facts)
    elif handoff.stage is not None:
        stage, lost = published.playbook.stage(handoff.stage), published.playbook.lost_reason(handoff.reason or "")
        facts = {
            "stage": stage.name if stage else handoff.stage,
            "reason": lost.name if lost else None,
            "note": handoff.reason_note,
        }
        at = handoff.ended_at or handoff.contacted_at or handoff.accepted_at or handoff.announced_at
        yield _event(handoff, EventKind.STAGE_SET, at, **facts)


def _settle(session: Session, rows: Sequence[tuple[Fared, Handoff]], published: Published) -> Iterator[dict[str, Any]]:
    """Put each lead where its nearest deal puts it."""
    leads = {deal.lead.id: deal.lead for deal, _ in rows}
    now_as = merging.families(session, leads)
    nearest: dict[int, Handoff] = {}
    for handoff in session.scalars(_ALL_OF, {"ids": [*now_as]}):
        lead_id = now_as[handoff.lead_id]
        nearest[lead_id] = max(nearest.get(lead_id, handoff), handoff, key=nearness)
    ours = {handoff.id for _, handoff in rows}
    for lead_id, handoff in sorted(nearest.items()):
        lead = leads[lead_id]
        to = _station(handoff.stage, handoff.state, published.playbook)
        if handoff.id in ours:
            lead.held_by = None
            if lead.lifecycle is not to:
                at = handoff.ended_at or handoff.accepted_at or handoff.announced_at
                yield _event(handoff, EventKind.LIFECYCLE_MOVED, at, was=lead.lifecycle.value, to=to.value)
                lead.lifecycle = to


def _station(key: str | None, state: HandoffState, playbook: Playbook) -> Lifecycle:
    """Return where that stage and state put the lead; no checklist came with it."""
    stage = playbook.stage(key) if key else None
    return lifecycle_of(state, False, stage.lifecycle if stage else None)  # noqa: FBT003 - no checklist came


def _event(handoff: Handoff, kind: EventKind, at: datetime, **facts: object) -> dict[str, Any]:
    return history.event(
        handoff.workspace_id,
        handoff.lead_id,
        kind,
        at=at,
        handoff_id=handoff.id,
        actor_id=handoff.owner_id if kind is not EventKind.HANDED_OVER else None,
        playbook_id=handoff.playbook_id,
        # Who told of it: that is how what is past is known from what happens here.
        facts={"sender": handoff.sender, **facts},
    )


def _folded(text: str) -> str:
    return normalization.fold_email(text) if "@" in text else normalization.fold_name(text)


# Built once: to build a statement takes longer than to run it.
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_KNOWN: Final = select(Handoff.external_id).where(
    Handoff.workspace_id == bindparam("workspace_id"),
    Handoff.sender == bindparam("sender"),
    Handoff.external_id.in_(bindparam("keys", expanding=True)),
)
_LIVE: Final = select(Handoff.lead_id).where(Handoff.lead_id.in_(_IDS), Handoff.state.in_(LIVE_STATES))
_ALL_OF: Final = select(Handoff).where(Handoff.lead_id.in_(_IDS)).order_by(Handoff.id)
_COMPANIES: Final = select(Company).where(Company.id.in_(_IDS))
