"""Turns: dealt one after another, however many leads arrive at once."""

import itertools
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from bot.database import Database
from qualification.handoffs import decisions, handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.intake import ingest
from qualification.people import people
from qualification.records import Offer, Person
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.people.reachability import Unreachable
from tests.worlds.desk import MORNING, Desk, open_desk
from tests.worlds.playbook import PLAYBOOK as SMALL

NUMBERS = itertools.count()
REPS = [f"UREP{number}" for number in range(10)]
PLAYBOOK = """
version: 1
hours: {mon-sun: "00:00-24:00"}
teams:
  emea: {name: EMEA, manager: UMAYA, channel: "#sales-emea", zone: Europe/London}
people:
  - {slack: UMAYA, name: Maya Cohen, roles: [manager], team: emea}
  - {slack: UMIKA, name: Mika Sato, roles: [marketer]}
REPS
pools:
  inbound: {name: Inbound, team: emea, members: [MEMBERS]}
rules:
  - {name: Everything, pool: inbound}
""".replace(
    "REPS", "\n".join(f"  - {{slack: {rep}, name: Rep {rep[4:]}, roles: [rep], team: emea}}" for rep in REPS)
).replace("MEMBERS", ", ".join(REPS))


def hand_over(database: Database, workspace_id: int, number: int) -> None:
    """Hand one lead over."""
    with database.transaction() as session:
        handover.hand_over(
            session,
            workspace_id=workspace_id,
            by="UMIKA",
            form=HandOverForm(company=f"Company {number}", email=f"ivy@{number}.example", did="Asked for a demo"),
            now=MORNING,
        )


def hand_over_several(url: str, workspace_id: int, numbers: list[int]) -> int:
    """Hand leads over from a process of its own, with an engine of its own."""
    database = Database(url)
    try:
        for number in numbers:
            hand_over(database, workspace_id, number)
    finally:
        database.dispose()
    return len(numbers)


def dealt(desk: Desk) -> Counter[str]:
    """Count the offers of each rep."""
    people_by_id = {person.id: person.slack_user_id or "" for person in desk.all(Person)}
    return Counter(people_by_id[offer.person_id or 0] for offer in desk.all(Offer))


def is_exact(desk: Desk) -> bool:
    """Tell whether each rep has twenty, each turn was dealt once, and nobody had two in a row of ten."""
    offers = sorted(desk.all(Offer), key=lambda offer: offer.turn or 0)
    rounds = [{offer.person_id for offer in offers[start : start + 10]} for start in range(0, 200, 10)]
    return (
        dealt(desk) == dict.fromkeys(REPS, 20)
        and [offer.turn for offer in offers] == list(range(1, 201))
        and all(len(people_of_round) == 10 for people_of_round in rounds)
    )


@pytest.fixture
def opened() -> Iterator[Callable[[str], Database]]:
    """Open databases, and close them behind the test."""
    with ExitStack() as stack:

        def opened(url: str) -> Database:
            database = Database(url)
            stack.callback(database.dispose)
            return database

        yield opened


def test_200_handoffs_at_once_over_10_reps_are_20_each_on_sqlite_from_several_threads(
    sqlite_url: str, opened: Callable[[str], Database]
) -> None:
    database = opened(sqlite_url)
    desk = open_desk(database, playbook=PLAYBOOK)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: hand_over(database, desk.workspace_id, number), range(200)))
    assert is_exact(desk)


def test_200_handoffs_at_once_over_10_reps_are_20_each_on_postgresql_from_several_processes(
    postgresql_url: str, opened: Callable[[str], Database]
) -> None:
    desk = open_desk(opened(postgresql_url), playbook=PLAYBOOK)
    parts = [list(range(start, 200, 4)) for start in range(4)]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.worlds.desk"])
    with ProcessPoolExecutor(4, context) as processes:
        done = [processes.submit(hand_over_several, postgresql_url, desk.workspace_id, numbers) for numbers in parts]
        assert sum(each.result() for each in done) == 200
    assert is_exact(desk)


def test_reps_who_are_away_or_deactivated_take_no_turn(desk: Desk) -> None:
    desk.does(people.set_away, slack_user_id="UANA", until=None)
    desk.does(people.refresh, slack_user_id="UBEN", name=None, zone=None, locale=None, deactivated=True)
    asked = [desk.asked(desk.hands_over(f"Company {number}").handoff_id) for number in range(3)]
    assert asked == ["UCHLOE"] * 3


@pytest.mark.parametrize("why", [why for why in Unreachable if why is not Unreachable.DEACTIVATED])
def test_whoever_slack_does_not_reach_takes_no_turn_until_it_does(desk: Desk, why: Unreachable) -> None:
    facts = {"slack_user_id": "UANA", "name": None, "zone": None, "locale": None, "deactivated": False}
    desk.does(people.refresh, **facts, unreachable=why)
    asked = [desk.asked(desk.hands_over(f"Company {number}").handoff_id) for number in range(3)]
    assert "UANA" not in asked
    desk.does(people.refresh, **facts)
    assert desk.asked(desk.hands_over("Contoso").handoff_id) == "UANA"


def test_routing_never_asks_the_same_rep_twice_about_one_handoff(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    for rep in ("UANA", "UBEN"):
        desk.passes_on(handoff_id, by=rep)
    desk.later(minutes=30)
    desk.ticks()
    asked = [offer.person_id for offer in desk.offers(handoff_id)]
    assert len(asked) == len(set(asked)) == 3
    assert desk.card(handoff_id).state == "manager_queue"


def test_nobody_at_work_means_the_manager_s_queue_visibly(desk: Desk) -> None:
    desk.later(hours=10)
    result = desk.hands_over()
    assert result.manager is not None
    assert (result.state, result.manager.name) == ("manager_queue", "Maya Cohen")
    assert desk.kinds(result.handoff_id)[-1] == "queued_for_manager"


@given(passes=st.lists(st.booleans(), min_size=1, max_size=12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_reps_answer_the_next_lead_is_for_whoever_has_waited_longest(
    sqlite_url: str, opened: Callable[[str], Database], passes: list[bool]
) -> None:
    """A credit brings a rep back to the front; no turn is dealt twice."""
    desk = open_desk(opened(sqlite_url), f"T{next(NUMBERS)}", playbook=PLAYBOOK)
    waiting = list(REPS)
    for number, passed in enumerate(passes):
        handoff_id = desk.hands_over(f"Company {number}").handoff_id
        assert desk.asked(handoff_id) == waiting[0]
        if passed:
            desk.passes_on(handoff_id, by=waiting[0])
            assert desk.asked(handoff_id) == waiting[1]
        waiting.append(waiting.pop(1 if passed else 0))
    turns = [offer.turn for offer in desk.all(Offer, Offer.workspace_id == desk.workspace_id)]
    assert len(turns) == len(set(turns))


def leave_to_ana(desk: Desk) -> None:
    """Send everybody else of the pool away."""
    for rep in ("UBEN", "UCHLOE"):
        desk.does(people.set_away, slack_user_id=rep, until=None)


def test_leads_given_back_in_the_order_they_came_lose_no_turn(desk: Desk) -> None:
    desk.accepted("First")
    leave_to_ana(desk)
    offered = [desk.offered(f"Company {number}")[0] for number in range(3)]
    for handoff_id in offered:
        desk.passes_on(handoff_id, by="UANA")
    assert desk.turn("UANA") == 1


def test_a_turn_put_back_counts_beneath_a_later_one(desk: Desk) -> None:
    """A verdict in her place gave the first turn back, the second came, the verdict was undone: she kept the first."""
    leave_to_ana(desk)
    first, offer_id = desk.offered("First")
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=first, offer_id=offer_id, reason="no-need", note=None)
    second, _ = desk.offered("Second")
    desk.does(decisions.undo, by="UMAYA", handoff_id=first)
    desk.passes_on(second, by="UANA")
    assert desk.turn("UANA") == 1


def test_a_pool_that_was_never_asked_did_not_let_the_lead_lapse(desk: Desk) -> None:
    """Nobody was at work; the manager chose somebody, and they passed it on."""
    desk.later(days=5)
    handoff_id = desk.hands_over(source="webinar").handoff_id
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UANA")
    desk.passes_on(handoff_id, by="UANA")
    assert desk.card(handoff_id).queue_reason == "nobody_there"


def test_pools_are_locked_in_one_order_and_before_any_queue_is_made(
    postgresql_url: str, opened: Callable[[str], Database]
) -> None:
    """One transaction that makes queues waits for no pool, and two that deal from the same pools never cross."""
    desk = open_desk(opened(postgresql_url), playbook=f"{SMALL}\nscoring: {{threshold: 1}}\n")
    locks: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if "pg_advisory_xact_lock" in statement:
            locks.append("queues")
        elif "FROM pool" in statement and "FOR NO KEY UPDATE" in statement:
            locks.append("pools")

    event.listen(desk.database.engine, "before_cursor_execute", note)
    sources = ("webinar", None, "webinar", None)
    entries = [
        ActivityInput(id=f"{at}", kind="pricing-page", lead=LeadInput(email=f"p@{at}.example", source=each))
        for at, each in enumerate(sources)
    ]
    desk.does(ingest.ingest, sender="web", entries=entries)
    assert len(desk.all(Offer)) == 4
    assert set(locks) == {"pools", "queues"}
    assert locks[0] == "pools"
    locks.clear()
    other = desk.hands_over("Acme", by="UOLU")
    assert other.offered_to is not None
    assert locks.index("pools") == 0
