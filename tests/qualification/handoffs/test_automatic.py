"""Who is ready for sales and was not handed over, and the word that hands them over."""

import itertools
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from qualification.handoffs import automatic, decisions
from qualification.handoffs.handover import HandOverResult
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Handoff, Lead
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK

numbers = itertools.count(1)


def does(desk: Desk, email: str, kind: str = "pricing-page", **said: object) -> int:
    """Have somebody do something, and return the lead's id."""
    lead = {"email": email, **said}
    given = ActivityInput.model_validate({"id": f"a{next(numbers)}", "kind": kind, "lead": lead})
    return desk.takes(given).lead_id


def lowered(threshold: int, *gates: str) -> str:
    """Write a playbook with another threshold."""
    return f"{PLAYBOOK}\nscoring: {{threshold: {threshold}}}\ngates: [{', '.join(gates)}]\n"


def ready(desk: Desk, limit: int = 2) -> list[int]:
    """Return the ids of all who are ready, looked at so many at a time."""

    def look(session: Session) -> list[int]:
        found: list[int] = []
        last: int | None = 0
        while last is not None:
            looked = automatic.examine(session, desk.workspace_id, after=last, limit=limit)
            found += looked.ready
            last = looked.last
        return found

    return desk.reads(look)


def hands_over(desk: Desk, lead_id: int) -> HandOverResult | None:
    """Say the word."""

    def say(session: UnitOfWork, workspace_id: int, now: datetime) -> HandOverResult | None:
        return automatic.hand_over(session, workspace_id, lead_id, now=now)

    return desk.does(say)


def test_who_is_ready_by_a_lower_threshold_is_handed_over_once_and_the_oldest_comes_first(desk: Desk) -> None:
    ids = [does(desk, f"p{number}@acme{number}.example") for number in range(5)]
    assert ready(desk) == []
    desk.publishes(lowered(15))
    assert (ready(desk), desk.all(Handoff)) == (ids, [])
    told = hands_over(desk, ids[0])
    assert told is not None
    assert (told.lead, told.state, told.announcer) == ("acme0.example", "offered", None)
    assert hands_over(desk, ids[0]) is None
    assert ready(desk) == ids[1:]
    assert [handoff.lead_id for handoff in desk.all(Handoff)] == ids[:1]


def test_who_is_held_or_would_be_is_not_ready(desk: Desk) -> None:
    kim = does(desk, "kim@gmail.com", "demo-request", do_not_contact=True)
    rae = does(desk, "rae@rival.example")
    desk.publishes(
        lowered(
            15,
            "{name: Do not contact, when: {do_not_contact: true}, outcome: hold}",
            "{name: Rival, when: {domain: rival.example}, outcome: hold}",
        )
    )
    assert ready(desk) == []
    assert (hands_over(desk, kim), hands_over(desk, rae)) == (None, None)
    assert desk.all(Handoff) == []


def test_whom_a_gate_held_that_is_gone_is_ready(desk: Desk) -> None:
    kim = does(desk, "kim@gmail.com", "demo-request", do_not_contact=True)
    desk.publishes(lowered(50))
    assert ready(desk) == []
    desk.adds_up()
    assert ready(desk) == [kim]
    assert hands_over(desk, kim) is not None


def test_what_was_done_before_sales_last_had_it_makes_nobody_ready(desk: Desk) -> None:
    ivy = does(desk, "ivy@acme.example", "trial")
    (handoff,) = desk.all(Handoff)
    facts = {"handoff_id": handoff.id, "offer_id": desk.card(handoff.id).offer_id, "reason": "no-budget", "note": None}
    desk.does(decisions.disqualify, by=desk.asked(handoff.id), **facts)
    desk.later(minutes=10)
    does(desk, "ivy@acme.example")
    assert ready(desk) == []
    desk.publishes(lowered(15))
    assert ready(desk) == [ivy]
    assert hands_over(desk, ivy) is not None


def test_two_found_to_be_one_are_ready_together_and_once(desk: Desk) -> None:
    one = does(desk, "ivy@acme.example", id="7")
    does(desk, "kim@acme.example")
    desk.takes(LeadInput.model_validate({"id": "7", "email": "kim@acme.example"}))
    desk.publishes(lowered(30))
    assert ready(desk) == [one]
    assert desk.reads(lambda session: automatic.count(session, desk.workspace_id)) == 1


def test_nobody_of_another_workspace_is_counted(desk: Desk, other_desk: Desk) -> None:
    does(other_desk, "ivy@acme.example")
    desk.publishes(lowered(15))
    assert ready(desk) == []
    assert desk.reads(lambda session: automatic.count(session, desk.workspace_id)) == 0


GATES = (
    "{name: Mail, when: {free_mail: true, asked: false}, outcome: hold}",
    "{name: Links, when: {links: 2}, outcome: hold}",
    "{name: Rival, when: {domain: rival.example}, outcome: disqualify, reason: not-a-buyer}",
)
doings = st.lists(
    st.tuples(
        st.sampled_from(["gmail.com", "acme.example", "rival.example"]),
        st.sampled_from(["pricing-page", "contact-form", "trial"]),
        st.sampled_from(["", "http://a.example http://b.example"]),
    ),
    max_size=8,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=doings, before=st.sets(st.sampled_from(GATES)), after=st.sets(st.sampled_from(GATES)))
def test_who_is_called_ready_is_who_the_word_hands_over(
    desk: Desk, *, done: list[tuple[str, str, str]], before: set[str], after: set[str]
) -> None:
    """Whatever they did, and whichever gates there were and are."""
    desk.publishes(lowered(40, *sorted(before)))
    run = next(numbers)
    ids = {
        does(desk, f"{run}@{domain}", kind, **({"problem": problem} if problem else {}))
        for domain, kind, problem in done
    }
    desk.publishes(lowered(15, *sorted(after)))
    desk.adds_up()
    called = {lead_id for lead_id in ready(desk) if lead_id in ids}
    held = {lead.id for lead in desk.all(Lead, Lead.gated_by.is_not(None))}
    assert called == {lead_id for lead_id in sorted(ids) if lead_id not in held and hands_over(desk, lead_id)}
