"""Qualified is one thing: receipt, Home tab and daily summary say the same of it, whichever way a lead goes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import migrations
from qualification.checklists import checklists
from qualification.handoffs import decisions, progress, snooze
from qualification.playbook import playbooks
from qualification.records import Handoff, Person, Team
from qualification.reporting import team_days
from qualification.rules.checklists.frameworks import Verdict
from qualification.views import home, receipts
from tests.qualification.intake.test_imports import deal
from tests.worlds.desk import MORNING, Desk
from tests.worlds.playbook import PLAYBOOK

# Somebody is an SQL here by a stage alone.
PLAIN_STAGES: Final = PLAYBOOK + (
    "stages:\n"
    "  - {key: new, name: New}\n"
    "  - {key: qualified, name: Qualified, lifecycle: sql}\n"
    "  - {key: opportunity, name: Deal, lifecycle: opportunity}\n"
    "  - {key: won, name: Won, ends: won}\n"
    "  - {key: lost, name: Lost, ends: lost}\n"
)


def answers(desk: Desk, handoff_id: int, verdict: Verdict = Verdict.YES) -> None:
    """Answer the checklist, so that it passes or falls."""
    given = {item: checklists.Given(verdict, "They said so.") for item in ("budget", "need", "timing")}
    desk.does(checklists.save, by="UMAYA", handoff_id=handoff_id, given=given)


def stage(desk: Desk, handoff_id: int, key: str) -> None:
    """Put the lead at a stage."""
    desk.does(progress.set_stage, by="UMAYA", handoff_id=handoff_id, stage=key)


def at(key: str) -> Callable[[Desk, int], None]:
    """Return the step of a course that puts the lead at a stage."""

    def put(desk: Desk, handoff_id: int) -> None:
        stage(desk, handoff_id, key)

    return put


def falls(desk: Desk, handoff_id: int) -> None:
    """Answer the checklist so that it does not pass any more."""
    answers(desk, handoff_id, Verdict.NO)


def reopens(desk: Desk, handoff_id: int) -> None:
    """Open again what was ended."""
    desk.does(decisions.reopen, by="UMAYA", handoff_id=handoff_id)


def loses(desk: Desk, handoff_id: int) -> None:
    """Lose the deal."""
    desk.does(progress.lose, by="UMAYA", handoff_id=handoff_id, reason="price", note=None)


def disqualifies(desk: Desk, handoff_id: int) -> None:
    """Send it away."""
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=handoff_id, offer_id=None, reason="no-need", note=None)


def puts_off(desk: Desk, handoff_id: int) -> None:
    """Let it sleep for a month."""
    day = (desk.now + timedelta(days=30)).date().isoformat()
    desk.does(snooze.snooze, by="UMAYA", handoff_id=handoff_id, offer_id=None, day=day, note=None)


def accepts(desk: Desk, handoff_id: int) -> None:
    """Accept what is offered."""
    offer_id = desk.card(handoff_id).offer_id
    desk.does(decisions.accept, by=desk.asked(handoff_id), handoff_id=handoff_id, offer_id=offer_id)


def reassigns(desk: Desk, handoff_id: int) -> None:
    """Give it to somebody who must accept it first."""
    owner = desk.card(handoff_id).owner
    to = "UBEN" if owner is not None and owner.slack_user_id == "UCHLOE" else "UCHLOE"
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to=to)


def on_receipts(desk: Desk) -> dict[int, datetime]:
    """Read from every receipt since when its lead is qualified."""
    announcer = desk.person("UMIKA").id
    found: dict[int, datetime] = {}

    def read(session: Session) -> None:
        for handoff_id in session.scalars(select(Handoff.id).where(Handoff.announcer_id == announcer)):
            told = receipts.receipt(session, desk.workspace_id, handoff_id, announcer)
            if told.qualified_at is not None:
                found[handoff_id] = told.qualified_at

    desk.reads(read)
    return found


def on_home(desk: Desk) -> int:
    """Read how many of those announced lately are qualified."""
    announcer: Person = desk.person("UMIKA")
    shown = desk.reads(lambda session: home.home(session, desk.workspace_id, announcer.id, desk.now))
    return shown.lately.qualified


def in_summary(desk: Desk, since: datetime = MORNING - timedelta(days=400)) -> int:
    """Count as a summary would that ends now."""
    (team,) = desk.all(Team, Team.workspace_id == desk.workspace_id)
    until = desk.now + timedelta(seconds=1)

    def count(session: Session) -> int:
        playbook = playbooks.current(session, desk.workspace_id).playbook
        span = team_days.Span(since, until)
        figures = team_days.sum_up(session, team, playbook, span=span, day=until.date(), now=until)
        return figures.steps.qualified

    return desk.reads(count)


COURSES: Final[dict[str, tuple[int, tuple[Callable[[Desk, int], None], ...]]]] = {
    "no more than accepted": (0, ()),
    "its checklist passed": (1, (answers,)),
    "a stage that is an SQL": (1, (at("qualified"),)),
    "a deal first and its checklist afterwards": (1, (at("opportunity"), answers)),
    "a deal without a checklist": (1, (at("opportunity"),)),
    "won at once": (1, (at("won"),)),
    "won at once and reopened": (0, (at("won"), reopens)),
    "its checklist passed and fell": (0, (answers, falls)),
    "a deal whose checklist fell": (1, (answers, at("opportunity"), falls)),
    "a deal that was none": (0, (at("opportunity"), at("new"))),
    "lost": (1, (answers, loses)),
    "lost and reopened": (1, (answers, loses, reopens)),
    "disqualified": (1, (answers, disqualifies)),
    "disqualified and reopened": (1, (answers, disqualifies, reopens)),
    "disqualified before": (0, (disqualifies,)),
    "put off": (1, (answers, puts_off)),
    "given to somebody else": (0, (answers, reassigns)),
    "given to somebody else, who accepts": (1, (answers, reassigns, accepts)),
}


@pytest.mark.parametrize("name", COURSES)
def test_receipt_home_and_summary_say_the_same(desk: Desk, name: str) -> None:
    desk.publishes(PLAIN_STAGES)
    qualified, course = COURSES[name]
    handoff_id = desk.accepted()
    for act in course:
        desk.later(minutes=1)
        act(desk, handoff_id)
    assert (len(on_receipts(desk)), on_home(desk), in_summary(desk)) == (qualified, qualified, qualified)


def test_what_went_on_before_that_was_kept_is_found_in_the_history(desk: Desk, database_url: str) -> None:
    desk.publishes(PLAIN_STAGES)
    for name, (_, course) in COURSES.items():
        handoff_id = desk.accepted(name)
        for act in course:
            desk.later(minutes=1)
            act(desk, handoff_id)
    before = on_receipts(desk)
    assert len(before) == sum(qualified for qualified, _ in COURSES.values())
    desk.database.dispose()
    migrations.downgrade(database_url, "0003")
    migrations.upgrade(database_url)
    assert on_receipts(desk) == before


def test_what_is_put_off_and_comes_back_is_qualified_when_it_is_accepted_again(desk: Desk) -> None:
    handoff_id = desk.accepted_lead("Acme", email="jo@acme.example")
    answers(desk, handoff_id)
    puts_off(desk, handoff_id)
    desk.later(hours=1)
    desk.hands_over("Acme", email="jo@acme.example")
    assert (on_receipts(desk), on_home(desk), in_summary(desk)) == ({}, 0, 0)
    accepts(desk, handoff_id)
    assert (on_receipts(desk), on_home(desk), in_summary(desk)) == ({handoff_id: desk.now}, 1, 1)


def test_qualified_is_the_moment_it_first_was_one(desk: Desk) -> None:
    handoff_id = desk.accepted()
    desk.later(minutes=1)
    stage(desk, handoff_id, "opportunity")
    first = desk.now
    desk.later(minutes=1)
    answers(desk, handoff_id)
    stage(desk, handoff_id, "proposal-sent")
    stage(desk, handoff_id, "won")
    reopens(desk, handoff_id)
    assert on_receipts(desk) == {handoff_id: first}
    assert in_summary(desk, since=first + timedelta(seconds=1)) == 0


def test_an_answer_given_when_a_lead_has_come_back_leaves_its_earlier_handoff_as_it_was(desk: Desk) -> None:
    first = desk.accepted_lead("Acme", email="jo@acme.example")
    answers(desk, first)
    since = desk.now
    stage(desk, first, "won")
    desk.later(days=2)
    second = desk.accepted_lead("Acme", email="jo@acme.example")
    assert second != first
    assert on_receipts(desk) == {first: since, second: desk.now}
    falls(desk, second)
    assert on_receipts(desk) == {first: since}
    assert (on_home(desk), in_summary(desk)) == (1, 1)


def test_a_deal_of_a_file_is_no_news_and_is_not_qualified_again(desk: Desk) -> None:
    handoff = deal(desk, owner="UANA", stage="opportunity", at=MORNING - timedelta(hours=1))
    assert handoff.qualified_at is not None
    stage(desk, handoff.id, "proposal-sent")
    stage(desk, handoff.id, "won")
    assert desk.handoff(handoff.id).qualified_at == handoff.qualified_at
    assert in_summary(desk) == 0
