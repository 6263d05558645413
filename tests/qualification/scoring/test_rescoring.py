"""A new playbook counts for every lead, also for those that do nothing new; nobody is announced by it."""

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qualification.handoffs import decisions
from qualification.leads import merging
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import Delivery, Handoff, Lead, Merge
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.scoring import rescoring
from tests.qualification.test_plans import heard
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK

IVY = {"email": "ivy@acme.example", "name": "Ivy Chen", "company": "Acme"}
KIM = {"email": "kim@gmail.com"}
KINDS = ("pricing-page", "content-download", "email-opened", "unsubscribed", "trial")
numbers = itertools.count(1)


def does(desk: Desk, kind: str, *, lead: Mapping[str, object] = IVY, times: int = 1, ago: int = 0) -> int:
    """Have a lead do something; return its id."""
    lead_id = 0
    for _ in range(times):
        said = {"id": f"a{next(numbers)}", "kind": kind, "lead": lead, "at": desk.now - timedelta(minutes=ago)}
        given = ActivityInput.model_validate(said)
        lead_id = desk.takes(given).lead_id
    return lead_id


def scoring(threshold: int = 50, **points: int) -> str:
    """Write a playbook with other points."""
    kinds = ", ".join(f"{{key: {key.replace('_', '-')}, name: K, points: {each}}}" for key, each in points.items())
    return f"{PLAYBOOK}\nscoring: {{threshold: {threshold}, activities: [{kinds}]}}\n"


def gates(*written: str, threshold: int = 50) -> str:
    """Write a playbook with other gates."""
    return f"{PLAYBOOK}\nscoring: {{threshold: {threshold}}}\ngates: [{', '.join(written)}]\n"


def lead(desk: Desk, lead_id: int) -> Lead:
    """Return the lead as stored."""
    return desk.reads(lambda session: session.get_one(Lead, lead_id))


def test_every_score_says_which_version_made_it(desk: Desk) -> None:
    first = desk.reads(lambda session: playbooks.current(session, desk.workspace_id)).id
    ivy = does(desk, "pricing-page")
    assert (lead(desk, ivy).score, lead(desk, ivy).scored_by_id) == (15, first)
    second = desk.publishes(scoring(pricing_page=40)).id
    assert lead(desk, ivy).scored_by_id == first
    assert desk.adds_up() == 1
    assert (lead(desk, ivy).score, lead(desk, ivy).scored_by_id) == (40, second)


def test_a_lead_that_did_nothing_comes_to_nothing_by_whatever_playbook(desk: Desk) -> None:
    ivy = desk.takes(LeadInput.model_validate(IVY)).lead_id
    assert lead(desk, ivy).scored_by_id is not None
    assert desk.adds_up() == 0
    desk.publishes(gates(threshold=60))
    assert (desk.adds_up(), desk.adds_up()) == (1, 0)
    assert (lead(desk, ivy).score, lead(desk, ivy).lifecycle) == (0, "lead")


def test_a_slice_at_a_time_until_none_is_left_also_back_to_an_older_playbook(desk: Desk) -> None:
    for number in range(7):
        does(desk, "pricing-page", lead={"email": f"p{number}@acme.example"})
    desk.publishes(scoring(pricing_page=7))
    slices = [desk.does(rescoring.run_due, limit=3) for _ in range(4)]
    assert slices == [3, 3, 1, 0]
    desk.publishes(PLAYBOOK)
    assert desk.reads(lambda session: rescoring.left(session, desk.workspace_id)) == 7
    assert desk.adds_up(limit=2) == 7
    assert {each.score for each in desk.all(Lead)} == {15}
    assert desk.reads(lambda session: rescoring.left(session, desk.workspace_id)) == 0


def test_a_slice_asks_no_more_often_for_many_leads_than_for_a_few(desk: Desk) -> None:
    for number in range(9):
        does(desk, "pricing-page", lead={"email": f"p{number}@gmail.com"}, times=4)
    asks = []
    for text, limit in ((scoring(pricing_page=20), 2), (scoring(pricing_page=21), 9)):
        desk.publishes(text)
        with desk.database.transaction() as session, heard(session.connection()) as asked:
            rescoring.run_due(session, desk.workspace_id, desk.now, limit=limit)
        asks.append(len(asked))
        desk.adds_up()
    assert asks[0] == asks[1]


def test_a_lower_threshold_announces_nobody_before_they_do_something(desk: Desk) -> None:
    ivy = does(desk, "pricing-page")
    desk.publishes(scoring(threshold=10, pricing_page=15))
    desk.adds_up()
    assert desk.all(Handoff) == []
    does(desk, "pricing-page")
    assert [handoff.lead_id for handoff in desk.all(Handoff)] == [ivy]


def test_a_subscriber_whose_doings_count_now_is_a_lead(desk: Desk) -> None:
    ivy = does(desk, "unsubscribed")
    assert lead(desk, ivy).lifecycle == "subscriber"
    desk.publishes(scoring(unsubscribed=1))
    desk.adds_up()
    assert lead(desk, ivy).lifecycle == "lead"


def test_the_card_of_a_lead_with_sales_follows(desk: Desk) -> None:
    does(desk, "trial")
    (handoff,) = desk.all(Handoff)
    desk.publishes(scoring(trial=70))
    before = {each.id: each.desired_revision for each in desk.all(Delivery) if each.handoff_id == handoff.id}
    desk.adds_up()
    assert desk.card(handoff.id).score == 70
    cards = [each for each in desk.all(Delivery) if each.kind in {"lead_card", "direct_card"}]
    assert cards
    assert all(card.desired_revision > before[card.id] for card in cards)


@pytest.mark.parametrize(
    ("written", "gated_by", "told"),
    [
        ((), None, ["gated", "released"]),
        (("{name: Free mail, when: {free_mail: true}, outcome: hold}",), "Free mail", ["gated"]),
        (("{name: Free mail, when: {links: 1}, outcome: hold}",), None, ["gated", "released"]),
        (("{name: Freemailers, when: {free_mail: true}, outcome: hold}",), "Freemailers", ["gated", "gated"]),
    ],
    ids=["gone", "still there", "no longer met", "called otherwise"],
)
def test_a_held_lead_is_held_by_the_gate_it_meets_now_or_let_go(
    desk: Desk, written: tuple[str, ...], gated_by: str | None, told: list[str]
) -> None:
    kim = does(desk, "content-download", lead=KIM, times=5)
    assert lead(desk, kim).gated_by == "Free mail"
    desk.publishes(gates(*written))
    desk.adds_up()
    assert (desk.all(Handoff), lead(desk, kim).gated_by) == ([], gated_by)
    assert desk.lead_kinds(kim)[1:] == told


def test_a_new_gate_holds_nobody_before_they_do_something(desk: Desk) -> None:
    ivy = does(desk, "content-download", times=4)
    desk.publishes(gates("{name: Acme, when: {domain: acme.example}, outcome: hold}", threshold=30))
    desk.adds_up()
    assert lead(desk, ivy).gated_by is None
    does(desk, "email-opened")
    assert (desk.all(Handoff), lead(desk, ivy).gated_by) == ([], "Acme")


RIVAL = "{name: Competitor, when: {domain: acme.example}, outcome: disqualify, reason: not-a-buyer}"


def test_whom_a_gate_disqualified_that_is_gone_is_a_lead_again(desk: Desk) -> None:
    desk.publishes(gates(RIVAL))
    ivy = does(desk, "trial")
    assert lead(desk, ivy).lifecycle == "disqualified"
    desk.publishes(PLAYBOOK)
    desk.adds_up()
    assert (lead(desk, ivy).lifecycle, lead(desk, ivy).gated_by) == ("lead", None)


def test_whom_sales_disqualified_stays_so_when_the_gate_is_gone(desk: Desk) -> None:
    ivy = does(desk, "trial")
    (handoff,) = desk.all(Handoff)
    facts = {"handoff_id": handoff.id, "offer_id": desk.card(handoff.id).offer_id, "reason": "no-budget", "note": None}
    desk.does(decisions.disqualify, by=desk.asked(handoff.id), **facts)
    desk.later(minutes=10)
    desk.publishes(gates(RIVAL))
    does(desk, "trial")
    assert lead(desk, ivy).gated_by == "Competitor"
    desk.publishes(PLAYBOOK)
    desk.adds_up()
    assert (lead(desk, ivy).lifecycle, lead(desk, ivy).gated_by) == ("disqualified", None)


def test_two_found_to_be_one_count_together_and_apart_again_when_they_are_split(desk: Desk) -> None:
    one = does(desk, "pricing-page", lead={"id": "7"})
    does(desk, "content-download")
    desk.takes(LeadInput.model_validate({"id": "7", **IVY}))
    desk.adds_up()
    assert lead(desk, one).score == 25
    (found,) = desk.all(Merge)

    def split(session: UnitOfWork, workspace_id: int, now: datetime) -> None:
        by = people.by_slack_user(session, workspace_id, "UMAYA")
        assert by is not None
        merging.split(session, found.id, by=by, now=now)

    desk.does(split)
    assert desk.adds_up() == 2
    assert sorted(each.score for each in desk.all(Lead)) == [10, 15]


def test_no_workspace_s_playbook_counts_in_another(desk: Desk, other_desk: Desk) -> None:
    does(other_desk, "pricing-page")
    desk.publishes(scoring(pricing_page=40))
    assert desk.adds_up() == 0
    assert [each.score for each in other_desk.all(Lead)] == [15]


def test_a_press_that_goes_on_meanwhile_is_not_too_late(desk: Desk) -> None:
    ivy = does(desk, "pricing-page")
    version = lead(desk, ivy).version
    desk.publishes(scoring(pricing_page=40))
    desk.adds_up()
    assert (lead(desk, ivy).score, lead(desk, ivy).version) == (40, version)


doings = st.lists(
    st.tuples(st.sampled_from(["ivy@acme.example", "kim@gmail.com", "joe@acme.example"]), st.sampled_from(KINDS)),
    max_size=8,
)
points = st.fixed_dictionaries({kind.replace("-", "_"): st.integers(-30, 60) for kind in KINDS})


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=doings, before=points, after=points, cut=st.integers(0, 8), limit=st.integers(1, 3), data=st.data())
def test_adding_up_anew_comes_to_what_adding_up_as_they_came_comes_to(
    desk: Desk,
    *,
    done: list[tuple[str, str]],
    before: dict[str, int],
    after: dict[str, int],
    cut: int,
    limit: int,
    data: st.DataObject,
) -> None:
    """Whatever the order, and whichever of it was done under the older playbook."""
    desk.publishes(scoring(threshold=90_000, **before))
    run = next(numbers)
    shuffled = data.draw(st.permutations(done))
    for turn, ((early, kind), (late, other)) in enumerate(zip(done, shuffled, strict=True)):
        if turn == cut:
            desk.publishes(scoring(threshold=90_000, **after))
        does(desk, kind, lead={"email": f"{run}a{early}"})
        if turn >= cut:
            does(desk, other, lead={"email": f"{run}b{late}"})
    for late, other in shuffled[:cut]:
        desk.publishes(scoring(threshold=90_000, **after))
        does(desk, other, lead={"email": f"{run}b{late}"})
    desk.publishes(scoring(threshold=90_000, **after))
    desk.adds_up(limit)
    came = {f"{each.email}": each.score for each in desk.all(Lead, Lead.email.is_not(None))}
    anew = {email.removeprefix(f"{run}a"): score for email, score in came.items() if email.startswith(f"{run}a")}
    straight = {email.removeprefix(f"{run}b"): score for email, score in came.items() if email.startswith(f"{run}b")}
    assert anew == straight
    assert anew == {
        email: sum(after[kind.replace("-", "_")] for who, kind in done if who == email)
        for email in {who for who, _ in done}
    }
