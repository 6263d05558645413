"""Breaks, on purpose and from outside, what the bot keeps and shows: the audit must see each kind of loss."""

import random
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from slack_sdk import WebClient
from sqlalchemy import delete, select, text, update

from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import (
    Activity,
    Delivery,
    Handoff,
    IdempotencyKey,
    Lead,
    LeadEvent,
    Offer,
    Person,
    Summary,
)
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.states import HandoffState, OfferOutcome
from sandbox.people.snapshots import Message
from tests.faults import people, rest, senders
from tests.faults.audit import Finding, Verdict, audit
from tests.faults.ledger import Act, Answer
from tests.faults.people import Worker
from tests.faults.world import World, open_world
from tests.worlds import floor

HOME: Final = {"type": "home", "blocks": [{"type": "divider"}]}


class Stage:
    """A world in which people do what is to be broken."""

    def __init__(self, world: World) -> None:
        """Let everybody come in."""
        self.world = world
        self.staff = {each.who.name: each for each in people.staff(world, 0)}
        self.sender = senders.Sender(world, random.Random(0), "the website")  # noqa: S311 - not a secret
        self.slack = WebClient(world.sandbox.bot_token(), base_url=world.sandbox.api_url)

    @contextmanager
    def rows(self) -> Generator[UnitOfWork]:
        """Change rows behind the bot's back."""
        with self.world.database.transaction() as session:
            yield session

    def read(self, statement: Any) -> Any:
        """Return the one row or value asked for."""
        with self.world.database.snapshot() as session:
            return session.scalars(statement).one()

    def hand_over(self) -> Handoff:
        """Let Mika hand a lead over, which is offered to a rep, and wait until Slack shows it."""
        mika = self.staff["Mika Sato"]
        act = done(mika.hand_over(None))
        mika.who.closes(everything=True)
        rest.settle(self.world)
        handoff: Handoff = self.read(select(Handoff).where(Handoff.did == act.mark))
        return handoff

    def asked(self, handoff: Handoff) -> Worker:
        """Return the rep to whom the handoff is offered."""
        offered = select(Person.name).join(Offer, Offer.person_id == Person.id)
        return self.staff[self.read(offered.where(Offer.handoff_id == handoff.id, Offer.outcome == OfferOutcome.OPEN))]

    def message(self, handoff: Handoff, kind: str = "lead_card") -> Delivery:
        """Return what stands for the message of a handoff."""
        found: Delivery = self.read(select(Delivery).where(Delivery.kind == kind, Delivery.handoff_id == handoff.id))
        return found

    def card(self, handoff: Handoff, who: Worker, kind: str = "lead_card") -> Message:
        """Return the handoff's card as somebody sees it: the channel's, or another kind."""
        told = self.message(handoff, kind)
        return who.who.looks_at(str(told.channel), str(told.ts))

    def accepted(self) -> tuple[Handoff, Worker, Act]:
        """Let a lead be handed over and accepted; return also by whom, and that act."""
        handoff = self.hand_over()
        rep = self.asked(handoff)
        act = done(rep.press_on("accept", self.card(handoff, rep)))
        rest.settle(self.world)
        return handoff, rep, act

    def contacted(self) -> tuple[Handoff, Act]:
        """Let the owner of a lead write down a contact; return that act."""
        handoff, rep, _ = self.accepted()
        act = done(rep.fill_and_submit("log contact", self.card(handoff, rep)))
        rest.settle(self.world)
        return handoff, act

    def posted(self) -> Activity:
        """Let the website post what a lead did."""
        self.sender.act("post an activity", threading.Event())
        found: Activity = self.read(select(Activity).order_by(Activity.id.desc()).limit(1))
        return found

    def forge(self, handoff: Handoff, kind: EventKind, act: Act, **facts: str | None) -> None:
        """Write down an event that never was, with the mark of an act."""
        with self.rows() as session:
            session.add(
                LeadEvent(
                    workspace_id=handoff.workspace_id,
                    lead_id=handoff.lead_id,
                    handoff_id=handoff.id,
                    kind=kind,
                    at=self.world.now,
                    actor_id=session.scalars(select(Person.id).where(Person.name == act.who)).one(),
                    playbook_id=handoff.playbook_id,
                    facts={**facts, "note": act.mark},
                )
            )

    def forget(self, event: LeadEvent) -> None:
        """Take an event out of the history, and the line that tells it."""
        with self.rows() as session:
            session.execute(delete(Delivery).where(Delivery.kind == "thread_line", Delivery.subject == event.id))
            session.execute(delete(LeadEvent).where(LeadEvent.id == event.id))

    def event(self, handoff: Handoff, kind: EventKind) -> LeadEvent:
        """Return the one event of a kind."""
        found: LeadEvent = self.read(select(LeadEvent).filter_by(handoff_id=handoff.id, kind=kind))
        return found


def done(act: Act | None) -> Act:
    """Return an act that was acknowledged."""
    assert act is not None
    assert act.answer is Answer.ACKNOWLEDGED, act
    return act


def drop_a_queued_message(stage: Stage) -> None:
    """Delete a message's row before it is sent."""
    fault = stage.world.sandbox.fault("chat.postMessage", "500")
    act = done(stage.staff["Mika Sato"].hand_over(None))
    handoff: Handoff = stage.read(select(Handoff).where(Handoff.did == act.mark))
    line = stage.event(handoff, EventKind.HANDED_OVER)
    with stage.rows() as session:
        session.execute(delete(Delivery).where(Delivery.kind == "thread_line", Delivery.subject == line.id))
    stage.world.sandbox.slack.faults.remove(fault)


def revert_a_form(stage: Stage) -> None:
    """Take back what a form had written."""
    handoff, _ = stage.contacted()
    stage.forget(stage.event(handoff, EventKind.CONTACTED))


def revert_a_press(stage: Stage) -> None:
    """Take back what a press had done."""
    handoff, _, _ = stage.accepted()
    stage.forget(stage.event(handoff, EventKind.ACCEPTED))
    with stage.rows() as session:
        values = {"state": HandoffState.OFFERED, "owner_id": None, "accepted_at": None, "undo_until": None}
        session.execute(update(Handoff).where(Handoff.id == handoff.id).values(values))


def drop_a_post(stage: Stage) -> None:
    """Delete an activity that was answered 200."""
    activity = stage.posted()
    with stage.rows() as session:
        session.execute(delete(Activity).where(Activity.id == activity.id))


def skip_a_reminder(stage: Stage) -> None:
    """Let an offer's clock miss its reminder."""
    handoff = stage.hand_over()
    with stage.rows() as session:
        offer = session.scalars(select(Offer).where(Offer.handoff_id == handoff.id)).one()
        offer.remind_at, offer.next_at = None, offer.accept_by
    stage.world.time.leap(16 * 60)


def skip_a_summary(stage: Stage) -> None:
    """Plan the next summary for a week later."""
    with stage.rows() as session:
        session.execute(update(Summary).where(Summary.made_at.is_(None)).values(due_at=stage.world.now + timedelta(8)))


def lose_a_message(stage: Stage) -> None:
    """Let a card vanish from Slack without a word."""
    card = stage.message(stage.hand_over())
    channel = stage.world.sandbox.workspace().channels[str(card.channel)]
    channel.remove(channel.messages[str(card.ts)])


def forget_the_keys(stage: Stage) -> None:
    """Let the bot forget what it got before, and send it a form again."""
    _, act = stage.contacted()
    with stage.rows() as session:
        session.execute(delete(IdempotencyKey))
    assert act.delivery is not None
    assert stage.world.sandbox.redeliver(act.delivery)


def post_a_card_twice(stage: Stage) -> None:
    """Post a second message with the same key."""
    card = stage.message(stage.hand_over())
    stored = stage.world.sandbox.workspace().channels[str(card.channel)].messages[str(card.ts)]
    stage.slack.chat_postMessage(
        channel=str(card.channel), text=stored.text, blocks=stored.blocks, metadata=stored.metadata
    )


def hand_a_lead_over_twice(stage: Stage) -> None:
    """Give a lead a second live handoff, which no database would let in."""
    handoff = stage.hand_over()
    with stage.rows() as session:
        session.execute(text("DROP INDEX uq_handoff_live"))
        columns = {each.key: getattr(handoff, each.key) for each in Handoff.__table__.columns}
        session.add(Handoff(**{**columns, "id": None}))


def count_an_activity_twice(stage: Stage) -> None:
    """Add an activity's points once more."""
    activity = stage.posted()
    with stage.rows() as session:
        session.execute(update(Lead).where(Lead.id == activity.lead_id).values(score=Lead.score + 2))


def rewrite_a_card(stage: Stage) -> None:
    """Change a card's words in Slack."""
    card = stage.message(stage.hand_over())
    stage.slack.chat_update(channel=str(card.channel), ts=str(card.ts), text="Won by nobody")


def rewrite_a_home_tab(stage: Stage) -> None:
    """Change somebody's Home tab in Slack."""
    olu = stage.staff["Olu Adeyemi"].who
    olu.opens_home()
    stage.world.sandbox.wait_for(lambda: olu.home)
    rest.settle(stage.world)
    stage.slack.views_publish(user_id=olu.id, view=HOME)


def do_what_was_refused(stage: Stage) -> None:
    """Write down what the bot refused."""
    handoff = stage.hand_over()
    rep = stage.asked(handoff)
    card = stage.card(handoff, rep)
    floor.press(rep.who, "decline", card)
    done(rep.press_on("accept", card))
    floor.fill(rep.who, {"reason": {"reason": "no-time"}, "note": (mark := stage.world.ledger.mark())})
    act = rep.submit("decline", mark, handoff.id)
    assert act is not None
    assert act.answer is Answer.REFUSED, act
    stage.forge(handoff, EventKind.DECLINED, act, reason="No time now")


def do_what_failed(stage: Stage) -> None:
    """Let a form meet a broken database, and write down afterwards what the bot said had failed."""
    handoff, rep, _ = stage.accepted()
    with stage.rows() as session:
        session.execute(text("ALTER TABLE idempotency_key RENAME TO away"))
    act = rep.fill_and_submit("log contact", stage.card(handoff, rep))
    with stage.rows() as session:
        session.execute(text("ALTER TABLE away RENAME TO idempotency_key"))
    assert act is not None
    assert act.answer is Answer.FAILED, act
    stage.forge(handoff, EventKind.CONTACTED, act, how="Call")


# What is done, and the finding that must come of it: its verdict, and words of it.
SABOTAGE: Final[tuple[tuple[Callable[[Stage], None], Verdict, str], ...]] = (
    (drop_a_queued_message, Verdict.LOST, "no message tells thread_line"),
    (revert_a_form, Verdict.LOST, "log contact"),
    (revert_a_press, Verdict.LOST, "accept"),
    (drop_a_post, Verdict.LOST, "answered 2xx"),
    (skip_a_reminder, Verdict.LOST, "nobody was reminded"),
    (skip_a_summary, Verdict.LOST, "next summary"),
    (lose_a_message, Verdict.LOST, "is in no channel"),
    (forget_the_keys, Verdict.DOUBLED, "counted 2 times"),
    (post_a_card_twice, Verdict.DOUBLED, "stands 2 times in Slack"),
    (hand_a_lead_over_twice, Verdict.DOUBLED, "2 live handoffs"),
    (count_an_activity_twice, Verdict.DOUBLED, "points"),
    (rewrite_a_card, Verdict.UNTRUE, "lead_card"),
    (rewrite_a_home_tab, Verdict.UNTRUE, "home"),
    (do_what_was_refused, Verdict.UNTRUE, "refused, and in the rows"),
    (do_what_failed, Verdict.UNTRUE, "told that it failed"),
)


def ask_anew_for_a_step_that_a_contact_did(stage: Stage) -> None:
    """Let a rep say "Done" on a card that a contact has overtaken, and then that it was not done after all."""
    handoff, rep, _ = stage.accepted()
    done(rep.fill_and_submit("log contact", stage.card(handoff, rep)))
    rest.settle(stage.world)
    overtaken = stage.card(handoff, rep, "direct_card")
    done(rep.fill_and_submit("log contact", overtaken))
    done(rep.press_on("task done", overtaken))
    rest.settle(stage.world)
    done(rep.press_on("task not done", stage.card(handoff, rep, "direct_card")))


# What looks like a loss and is none: the audit must say nothing.
SOUND: Final[tuple[Callable[[Stage], None], ...]] = (ask_anew_for_a_step_that_a_contact_did,)


def run(engine: str, say: Callable[[str], None]) -> int:
    """Do each, in a world that was sound before; return how many kinds of loss were seen.

    Raises AssertionError where the audit finds something in what is sound.
    """
    seen = 0
    with open_world(engine) as world:
        stage = Stage(world)
        known: set[Finding] = set()
        for act in SOUND:
            act(stage)
            rest.settle(world)
            wrong = [str(each) for each in audit(world)]
            assert not wrong, (act.__doc__, wrong)
        for sabotage, verdict, words in SABOTAGE:
            sound = [each for each in audit(world) if each not in known]
            sabotage(stage)
            for worker in stage.staff.values():
                worker.close()
            rest.settle(world)
            found = {*audit(world)} - known
            is_seen = not sound and any(each.verdict is verdict and words in each.what for each in found)
            known |= found
            seen += is_seen
            what = str(sabotage.__doc__).partition("\n")[0]
            say(f"{'seen' if is_seen else 'NOT SEEN'}: {verdict}: {what}")
            if not is_seen:
                for each in (*sound, *found):
                    say(f"    {each}")
    return seen
