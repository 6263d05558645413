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
    (event_types.HandedOver(), ANA, None, "Ana handed over the lead"),
    (
        event_types.AddressMoved(other=8),
        None,
        None,
        "Somebody else gave an e-mail address of the lead as theirs: it is another lead’s now",
    ),
    (
        event_types.HandedOver(gates=("Free mail", "A*b")),
        ANA,
        None,
        "Ana handed over the lead · despite filters: Free mail, A∗b",
    ),
    (event_types.Updated(fields=("do_not_contact",)), None, None, "Baton updated: Do not contact"),
    (
        event_types.Updated(fields=(), permalink=PERMALINK),
        ANA,
        None,
        f"Ana handed over the lead again · <{PERMALINK.replace('&', '&amp;')}|From a message>",
    ),
    (
        event_types.Updated(fields=(), permalink="https://evil.example/<x>", source="Webinar"),
        ANA,
        None,
        "Ana handed over the lead again · Webinar",
    ),
    (event_types.Updated(fields=("title", "value_minor")), ANA, None, "Ana updated: Job title, Deal value"),
    (
        event_types.Updated(fields=(), did="Started a trial", problem="Slow", promised="A call", source="Webinar"),
        ANA,
        None,
        "Ana handed over the lead again: “Started a trial” · The problem: “Slow” · Promised: A call · Webinar",
    ),
    (event_types.CompanyJoined(other=8, to_id=None), None, None, "Another person of the same company: Unnamed lead"),
    (
        event_types.CompanyJoined(other=8, to_id=7),
        None,
        BEN,
        "Another person of the same company: Unnamed lead · offered to Ben",
    ),
    (
        event_types.CompanySet(company="Harbour", former="Kestrel", former_id=3),
        ANA,
        None,
        "Ana changed the company: Kestrel → Harbour",
    ),
    (event_types.CompanySet(company=None, former=None, former_id=3), ANA, None, "Ana changed the company"),
    (
        event_types.Offered(to_id=7, accept_by=None, rule="R", pool="P", turn=3),
        None,
        BEN,
        "Offered to Ben, next in P (rule: R)",
    ),
    (event_types.OpenedToPool(accept_by=None, pool="P"), None, None, "Open to P: the first to claim it gets it"),
    (
        event_types.QueuedForManager(manager_id=7, reason="everyone_asked"),
        None,
        MAYA,
        "In Maya’s queue: nobody accepted it",
    ),
    (event_types.Accepted(claimed=False), ANA, None, "Ana accepted the lead"),
    (event_types.Accepted(claimed=True), ANA, None, "Ana claimed the lead"),
    (event_types.Declined(note="next week", reason="Full"), ANA, None, "Ana passed the lead on · Full · “next week”"),
    (event_types.Reminded(to_id=7), None, ANA, "Baton reminded Ana"),
    (event_types.Reminded(to_id=None), None, None, "Baton reminded the team"),
    (event_types.Expired(to_id=7), None, ANA, "Ana didn’t answer in time"),
    (event_types.Expired(to_id=7, has_left=True), None, ANA, "Ana has left or can’t be reached in Slack"),
    (event_types.Expired(to_id=None), None, None, "Nobody in the team claimed the lead in time"),
    (event_types.Disqualified(note=None, reason="No budget"), ANA, None, "Ana disqualified the lead · No budget"),
    (event_types.Snoozed(until=None, note="budget in March"), ANA, None, "Ana put the lead off · “budget in March”"),
    (event_types.Resumed(is_due=True), None, None, "The lead came back as planned"),
    (event_types.Resumed(is_due=False), None, None, "The lead came back early by itself"),
    (event_types.Resumed(is_due=False), MAYA, None, "Maya brought the lead back"),
    (
        event_types.Resumed(is_due=False, did="Asked for a price", campaign="Spring", gates=("Free mail",)),
        MAYA,
        None,
        "Maya handed over the lead again: “Asked for a price” · Spring · despite filters: Free mail",
    ),
    (event_types.SnoozeDropped(), None, None, "Not offered again: sales already has the lead"),
    (event_types.SnoozeDropped(decided=True), None, None, "Not offered again: sales has already decided"),
    (event_types.TaskDone(task="Make the first contact"), ANA, None, "Ana finished: Make the first contact"),
    (
        event_types.TaskNotDone(task="Make the first call"),
        ANA,
        None,
        "Ana marked as not done: Make the first call",
    ),
    (
        event_types.Undone(was=HandoffState("accepted")),
        ANA,
        None,
        "Ana undid the last decision (accepted)",
    ),
    (event_types.Reopened(was=HandoffState("lost")), ANA, None, "Ana reopened the lead (was lost)"),
    (event_types.Reassigned(to_id=7, note=None), MAYA, BEN, "Maya gave the lead to Ben"),
    (event_types.Contacted(note="busy", how="Call"), ANA, None, "Ana got in touch: Call · “busy”"),
    (event_types.StageSet(reason="Price", note=None, stage="Lost"), ANA, None, "Ana moved the lead to “Lost” · Price"),
    (
        event_types.Edited(
            changes=(("value", None, (1250000, "EUR")), ("note", "a", "b"), ("email", "x@y.z", "z@y.x"))
        ),
        ANA,
        None,
        "Ana edited the lead · Deal value: €12,500 · Note: a → b · E-mail",
    ),
    (event_types.Edited(changes=(("note", "a", None),)), ANA, None, "Ana edited the lead · Note removed"),
    (event_types.Answered(evidence_before=None, item="Budget", verdict="yes"), ANA, None, "■ Ana answered Budget: yes"),
    (
        event_types.Answered(evidence_before=None, item="Budget", verdict="unknown"),
        ANA,
        None,
        "□ Ana answered Budget: not yet known",
    ),
    (event_types.Erased(), MAYA, None, "Maya erased the person behind this lead"),
    (event_types.Erased(), None, None, "The person behind this lead was erased"),
    (event_types.Edited(changes=()), ANA, None, "Ana edited the lead"),
    (event_types.ChecklistFell(framework="BANT", yes=2, total=4), ANA, None, "□ BANT no longer passes (2 of 4)"),
    (event_types.ChecklistPassed(framework="BANT", yes=3, total=4), ANA, None, "■ BANT passed (3 of 4)"),
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
    assert draw(event_types.HandedOver(), None, None)["text"] == "Came in by itself"


def draw(event: Event, actor: PersonRef | None, person: PersonRef | None) -> dict[str, object]:
    return render(f"messages/thread/{event.kind}", line=ThreadLine(event, NOW, actor, person))
