"""The lines of a lead's history."""

import pytest

from qualification.rules.handoffs import event_types
from qualification.rules.handoffs.event_types import Event
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.person_ref import PersonRef
from qualification.views.thread import ThreadLine
from templates import render
from tests.templates.samples import ANA, BEN, MAYA, NOW, PERMALINK, TOLD

CASES: list[tuple[Event, PersonRef | None, PersonRef | None, str]] = [
    (event_types.HandedOver(), ANA, None, "Ana handed the lead over"),
    (
        event_types.HandedOver(gates=("Free mail", "A*b")),
        ANA,
        None,
        "Ana handed the lead over · past the playbook’s gates: Free mail, A∗b",
    ),
    (event_types.Updated(fields=("do_not_contact",)), None, None, "Baton brought up to date: Do not contact"),
    (
        event_types.Updated(fields=(), permalink=PERMALINK),
        ANA,
        None,
        f"<{PERMALINK.replace('&', '&amp;')}|From a message>",
    ),
    (event_types.Updated(fields=(), permalink="https://evil.example/<x>", source="Webinar"), ANA, None, "Webinar"),
    (event_types.Updated(fields=("title", "value_minor")), ANA, None, "Ana brought up to date: Job title, Deal value"),
    (
        event_types.Updated(fields=(), did="Started a trial", problem="Slow", promised="A call", source="Webinar"),
        ANA,
        None,
        "Ana handed the lead over again: “Started a trial” · The problem: “Slow” · Promised: A call · Webinar",
    ),
    (
        event_types.Offered(to_id=7, accept_by=None, rule="R", pool="P", turn=3),
        None,
        BEN,
        "Offered to Ben · rule R · pool P · turn 3",
    ),
    (event_types.OpenedToPool(accept_by=None, pool="P"), None, None, "Open to P, first to claim"),
    (
        event_types.QueuedForManager(manager_id=7, reason="everyone_asked"),
        None,
        MAYA,
        "In Maya’s queue: nobody accepted it",
    ),
    (event_types.Accepted(claimed=False), ANA, None, "Ana accepted"),
    (event_types.Accepted(claimed=True), ANA, None, "Ana claimed the lead"),
    (event_types.Declined(note="next week", reason="Full"), ANA, None, "Ana passed on · Full · “next week”"),
    (event_types.Reminded(to_id=7), None, ANA, "Reminded Ana"),
    (event_types.Reminded(to_id=None), None, None, "Reminded the team"),
    (event_types.Expired(to_id=7), None, ANA, "Ana did not answer in time"),
    (event_types.Expired(to_id=None), None, None, "Nobody of the team claimed it in time"),
    (event_types.Disqualified(note=None, reason="No budget"), ANA, None, "Ana disqualified the lead · No budget"),
    (event_types.Snoozed(until=None, note="budget in March"), ANA, None, "Ana put the lead off · “budget in March”"),
    (event_types.Resumed(is_due=True), None, None, "Awake again, as planned"),
    (event_types.Resumed(is_due=False), None, None, "The lead came back by itself before it was to wake"),
    (event_types.Resumed(is_due=False), MAYA, None, "Maya woke the lead"),
    (
        event_types.Resumed(is_due=False, did="Asked for a price", campaign="Spring", gates=("Free mail",)),
        MAYA,
        None,
        "Maya handed the lead over again: “Asked for a price” · Spring · past the playbook’s gates: Free mail",
    ),
    (event_types.SnoozeDropped(), None, None, "Not offered again: sales has the lead already"),
    (event_types.SnoozeDropped(decided=True), None, None, "Not offered again: sales has decided about the lead since"),
    (event_types.TaskDone(task="Make the first contact"), ANA, None, "Ana did: Make the first contact"),
    (
        event_types.TaskNotDone(task="Make the first call"),
        ANA,
        None,
        "Ana has not done it after all: Make the first call",
    ),
    (
        event_types.Undone(was=HandoffState("accepted")),
        ANA,
        None,
        "Ana undid the last decision; the lead was: accepted",
    ),
    (event_types.Reopened(was=HandoffState("lost")), ANA, None, "Ana reopened the lead; it was: lost"),
    (event_types.Reassigned(to_id=7, note=None), MAYA, BEN, "Maya gave the lead to Ben"),
    (event_types.Contacted(note="busy", how="Call"), ANA, None, "Ana was in contact: Call · “busy”"),
    (event_types.StageSet(reason="Price", note=None, stage="Lost"), ANA, None, "Ana moved the lead to Lost · Price"),
    (
        event_types.Edited(
            changes=(("value", None, (1250000, "EUR")), ("note", "a", "b"), ("email", "x@y.z", "z@y.x"))
        ),
        ANA,
        None,
        "Ana edited the lead · Deal value: €12,500 · Note: a → b · E-mail",
    ),
    (event_types.Edited(changes=(("note", "a", None),)), ANA, None, "Ana edited the lead · Note removed"),
    (event_types.Answered(evidence_before=None, item="Budget", verdict="yes"), ANA, None, "■ Budget: yes, says Ana"),
    (
        event_types.Answered(evidence_before=None, item="Budget", verdict="unknown"),
        ANA,
        None,
        "□ Budget: not yet known, says Ana",
    ),
    (event_types.ChecklistFell(framework="BANT", yes=2, total=4), ANA, None, "□ BANT no longer passed, 2 of 4"),
    (event_types.ChecklistPassed(framework="BANT", yes=3, total=4), ANA, None, "■ BANT passed, 3 of 4"),
]


@pytest.mark.parametrize(("event", "actor", "person", "words"), CASES)
def test_an_event_is_one_short_line(
    event: Event, actor: PersonRef | None, person: PersonRef | None, words: str
) -> None:
    payload = draw(event, actor, person)
    assert payload["text"] == words
    assert "<@" not in str(payload), "a line tells what happened, and calls nobody"


def test_every_kind_of_event_has_its_line() -> None:
    assert {event.kind for event, *_ in CASES} == set(TOLD)


def test_what_the_clock_did_is_said_without_an_actor() -> None:
    assert draw(event_types.HandedOver(), None, None)["text"] == "Baton handed the lead over"


def draw(event: Event, actor: PersonRef | None, person: PersonRef | None) -> dict[str, object]:
    return render(f"messages/thread/{event.kind}", line=ThreadLine(event, NOW, actor, person))
