"""A workspace with a small playbook, and the few words in which the tests tell what is done there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import due_work
from bot.database import Database
from bot.due_work import DUE_WORK
from qualification.handoffs import decisions, due, handover
from qualification.handoffs.context import HandoffCommand
from qualification.handoffs.handover import HandOverResult
from qualification.handoffs.handover_form import HandOverForm
from qualification.intake import ingest
from qualification.intake.ingest import Ingested
from qualification.organisation import publishing
from qualification.playbook import playbooks
from qualification.records import Handoff, LeadEvent, Membership, Offer, Person, Workspace
from qualification.rules.intake.row_errors import InvalidRow
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.scoring import rescoring
from qualification.views.cards import LeadCard, lead_card
from tests.worlds.playbook import PLAYBOOK
from tests.worlds.prepared import prepared

T = TypeVar("T")

# A Tuesday in winter, ten in London.
MORNING = datetime(2026, 11, 24, 10, tzinfo=UTC)


# A decision's command holds these; the use case is given the rest.
_GIVEN = frozenset({"by", "handoff_id", "offer_id"})


@dataclass
class Desk:
    """One workspace's database, and a clock that the test moves."""

    database: Database
    workspace_id: int
    now: datetime = MORNING

    def does(self, use_case: Callable[..., T], **facts: object) -> T:
        """Do it in a transaction of its own, now."""
        with self.database.transaction() as session:
            if "handoff_id" in facts:
                rest = {name: fact for name, fact in facts.items() if name not in _GIVEN}
                return use_case(session, self.command(**facts), **rest)
            asked = due_work.may_be_due(session, self.workspace_id, self.now) if use_case in DUE_WORK else None
            done = use_case(session, workspace_id=self.workspace_id, now=self.now, **facts)
            assert asked is None or not done or use_case in asked, "a worker would not have found it due"
            return done

    def command(self, *, by: Any, handoff_id: Any, offer_id: Any = None, **_: object) -> HandoffCommand:
        """Return what a decision about the handoff is given, now."""
        return HandoffCommand(self.workspace_id, by, handoff_id, self.now, offer_id)

    def reads(self, look: Callable[[Session], T]) -> T:
        """Look at what is stored."""
        with self.database.snapshot() as session:
            return look(session)

    def later(self, **by: float) -> None:
        """Move the clock."""
        self.now += timedelta(**by)

    def publishes(self, text: str) -> playbooks.Published:
        """Publish a playbook."""
        return self.does(publishing.publish, text=text, by="test")

    def hands_over(self, company: str = "Acme", *, by: str = "UMIKA", **form: str) -> HandOverResult:
        """Hand a lead over."""
        typed = HandOverForm(**{"company": company, "did": "Asked for a demo", **form})
        return self.does(handover.hand_over, by=by, form=typed)

    def takes(self, given: LeadInput | ActivityInput, *, sender: str = "web") -> Ingested:
        """Ingest what a sender wrote; raise InvalidRow where that cannot be."""
        (taken,) = self.does(ingest.ingest, sender=sender, entries=[given])
        if not isinstance(taken, Ingested):
            raise InvalidRow(taken)
        return taken

    def offered(self, company: str = "Acme", **form: str) -> tuple[int, int | None]:
        """Hand a lead over; give the handoff's id and that of the offer it made."""
        handoff_id = self.hands_over(company, **form).handoff_id
        return handoff_id, self.card(handoff_id).offer_id

    def accepted(self, company: str = "Acme", *, by: str | None = None) -> int:
        """Hand a lead over and have it accepted by whoever was asked, or by the one named; give the handoff's id."""
        handoff_id, offer_id = self.offered(company)
        self.does(decisions.accept, by=by or self.asked(handoff_id), handoff_id=handoff_id, offer_id=offer_id)
        return handoff_id

    def accepted_lead(self, company: str = "Acme", **form: str) -> int:
        """Do the same with more of the form filled in."""
        handoff_id, offer_id = self.offered(company, **form)
        self.does(decisions.accept, by=self.asked(handoff_id), handoff_id=handoff_id, offer_id=offer_id)
        return handoff_id

    def passes_on(self, handoff_id: int, *, by: str, reason: str = "no-time", note: str | None = None) -> None:
        """Say that the offer that is open is not theirs."""
        offer_id = self.card(handoff_id).offer_id
        self.does(decisions.decline, by=by, handoff_id=handoff_id, offer_id=offer_id, reason=reason, note=note)

    def ticks(self) -> int:
        """Do what the clocks say is due."""
        return self.does(due.run_due)

    def adds_up(self, limit: int = 20) -> int:
        """Add up anew what the current playbook has not added up, so many at a time; return how many there were."""
        done = 0
        while count := self.does(rescoring.run_due, limit=limit):
            done += count
        return done

    def card(self, handoff_id: int) -> LeadCard:
        """Return what the card shows."""
        return self.reads(lambda session: lead_card(session, self.workspace_id, handoff_id))

    def asked(self, handoff_id: int) -> str:
        """Return the Slack user of whoever is asked now."""
        asked = self.card(handoff_id).offered_to
        assert asked is not None
        assert asked.slack_user_id is not None
        return asked.slack_user_id

    def handoff(self, handoff_id: int) -> Handoff:
        """Return the handoff as stored."""
        return self.reads(lambda session: session.get_one(Handoff, handoff_id))

    def offers(self, handoff_id: int) -> list[Offer]:
        """Return the offers made of a handoff, the first one first."""
        made = select(Offer).where(Offer.handoff_id == handoff_id).order_by(Offer.id)
        return self.reads(lambda session: list(session.scalars(made)))

    def events(self, handoff_id: int) -> list[LeadEvent]:
        """Return the handoff's history, the oldest first."""
        told = select(LeadEvent).where(LeadEvent.handoff_id == handoff_id).order_by(LeadEvent.id)
        return self.reads(lambda session: list(session.scalars(told)))

    def kinds(self, handoff_id: int) -> list[str]:
        """Return what happened, by name."""
        return [event.kind.value for event in self.events(handoff_id)]

    def lead_kinds(self, lead_id: int) -> list[str]:
        """Return what happened to a lead, with sales or before, by name."""
        told = select(LeadEvent).where(LeadEvent.lead_id == lead_id).order_by(LeadEvent.id)
        return self.reads(lambda session: [event.kind.value for event in session.scalars(told)])

    def person(self, slack_user_id: str) -> Person:
        """Return somebody as stored."""
        who = select(Person).where(Person.workspace_id == self.workspace_id, Person.slack_user_id == slack_user_id)
        return self.reads(lambda session: session.scalars(who).one())

    def turn(self, slack_user_id: str) -> int:
        """Return the number of the last turn that somebody's seat in the inbound pool has kept."""
        seats = select(Membership.last_turn).where(Membership.person_id == self.person(slack_user_id).id)
        return self.reads(lambda session: max(session.scalars(seats)))

    def all(self, record: type[T], *where: Any) -> list[T]:
        """Return the rows of a record."""
        return self.reads(lambda session: list(session.scalars(select(record).where(*where))))


def open_desk(database: Database, slack_team_id: str = "T1", playbook: str | None = PLAYBOOK) -> Desk:
    """Make a workspace and publish a playbook in it."""

    def prepare() -> None:
        with database.transaction() as session:
            workspace = Workspace(
                slack_team_id=slack_team_id,
                name=slack_team_id,
                delivery_namespace="delivery_namespace",
                created_at=MORNING,
            )
            session.add(workspace)
            session.flush()
            if playbook is not None:
                publishing.publish(session, workspace_id=workspace.id, text=playbook, by="test", now=MORNING)

    prepared(database, (slack_team_id, playbook), prepare)
    with database.snapshot() as session:
        return Desk(database, session.scalars(select(Workspace.id).filter_by(slack_team_id=slack_team_id)).one())
