"""The lines of a lead's history."""

from collections.abc import Mapping

import pytest

from qualification.rules.person_ref import PersonRef
from qualification.views.thread import ThreadLine
from templates import render
from tests.templates.samples import ANA, BEN, MAYA, NOW, PERMALINK, TOLD

CASES: list[tuple[str, PersonRef | None, Mapping[str, object], str]] = [
    ("handed_over", ANA, {}, "Ana handed the lead over"),
    (
        "handed_over",
        ANA,
        {"gates": ("Free mail", "A*b")},
        "Ana handed the lead over · past the playbook’s gates: Free mail, A∗b",
    ),
    ("updated", None, {"fields": ("do_not_contact",)}, "Baton brought up to date: Do not contact"),
    ("updated", ANA, {"permalink": PERMALINK}, f"<{PERMALINK.replace('&', '&amp;')}|From a message>"),
    ("updated", ANA, {"permalink": "https://evil.example/<x>", "source": "Webinar"}, "Webinar"),
    ("updated", ANA, {"fields": ("title", "value_minor")}, "Ana brought up to date: Job title, Deal value"),
    (
        "updated",
        ANA,
        {"fields": (), "did": "Started a trial", "problem": "Slow", "promised": "A call", "source": "Webinar"},
        "Ana handed the lead over again: “Started a trial” · The problem: “Slow” · Promised: A call · Webinar",
    ),
    (
        "offered",
        None,
        {"to": BEN, "rule": "R", "pool": "P", "turn": 3},
        "Offered to Ben · rule R · pool P · turn 3",
    ),
    ("opened_to_pool", None, {"pool": "P"}, "Open to P, first to claim"),
    ("queued", None, {"manager": MAYA, "because": "everyone_asked"}, "In Maya\u2019s queue: nobody accepted it"),
    ("accepted", ANA, {"claimed": False}, "Ana accepted"),
    ("accepted", ANA, {"claimed": True}, "Ana claimed the lead"),
    ("passed_on", ANA, {"reason": "Full", "note": "next week"}, "Ana passed on · Full · “next week”"),
    ("reminded", None, {"to": ANA}, "Reminded Ana"),
    ("reminded", None, {"to": None, "pool": "P"}, "Reminded P"),
    ("lapsed", None, {"to": ANA}, "Ana did not answer in time"),
    ("lapsed", None, {"to": None, "pool": "P"}, "Nobody of P claimed it in time"),
    ("disqualified", ANA, {"reason": "No budget", "note": None}, "Ana disqualified the lead · No budget"),
    ("not_now", ANA, {"until": None, "note": "budget in March"}, "Ana put the lead off · “budget in March”"),
    ("woken", None, {"is_due": True}, "Awake again, as planned"),
    ("woken", None, {"is_due": False}, "The lead came back by itself before it was to wake"),
    ("woken", MAYA, {"is_due": False}, "Maya woke the lead"),
    (
        "woken",
        MAYA,
        {"is_due": False, "did": "Asked for a price", "campaign": "Spring", "gates": ("Free mail",)},
        "Maya handed the lead over again: “Asked for a price” · Spring · past the playbook\u2019s gates: Free mail",
    ),
    ("left_asleep", None, {}, "Not offered again: sales has the lead already"),
    ("left_asleep", None, {"decided": True}, "Not offered again: sales has decided about the lead since"),
    ("task_done", ANA, {"task": "Make the first contact"}, "Ana did: Make the first contact"),
    ("task_not_done", ANA, {"task": "Make the first call"}, "Ana has not done it after all: Make the first call"),
    ("undone", ANA, {"was": "accepted"}, "Ana undid the last decision; the lead was: accepted"),
    ("reopened", ANA, {"was": "lost"}, "Ana reopened the lead; it was: lost"),
    ("reassigned", MAYA, {"to": BEN}, "Maya gave the lead to Ben"),
    ("contacted", ANA, {"how": "Call", "note": "busy"}, "Ana was in contact: Call · “busy”"),
    ("stage_set", ANA, {"stage": "Lost", "reason": "Price"}, "Ana moved the lead to Lost · Price"),
    (
        "edited",
        ANA,
        {"changes": (("value", None, (1_250_000, "EUR")), ("note", "a", "b"), ("email", "x@y.z", "z@y.x"))},
        "Ana edited the lead · Deal value: €12,500 · Note: a → b · E-mail",
    ),
    ("edited", ANA, {"changes": (("note", "a", None),)}, "Ana edited the lead · Note removed"),
    ("answered", ANA, {"item": "Budget", "verdict": "yes"}, "■ Budget: yes, says Ana"),
    ("answered", ANA, {"item": "Budget", "verdict": "unknown"}, "□ Budget: not yet known, says Ana"),
    ("checklist_fell", ANA, {"framework": "BANT", "yes": 2, "total": 4}, "□ BANT no longer passed, 2 of 4"),
    ("checklist_passed", ANA, {"framework": "BANT", "yes": 3, "total": 4}, "■ BANT passed, 3 of 4"),
]


@pytest.mark.parametrize(("kind", "actor", "facts", "words"), CASES)
def test_an_event_is_one_short_line(
    kind: str, actor: PersonRef | None, facts: Mapping[str, object], words: str
) -> None:
    payload = render("messages/thread_line", line=ThreadLine(kind, NOW, actor, facts))
    assert payload["text"] == words
    assert "<@" not in str(payload), "a line tells what happened, and calls nobody"


def test_every_kind_of_event_has_its_line() -> None:
    assert {kind for kind, *_ in CASES} == set(TOLD)


def test_what_the_clock_did_is_said_without_an_actor() -> None:
    payload = render("messages/thread_line", line=ThreadLine("handed_over", NOW, None, {}))
    assert payload["text"] == "Baton handed the lead over"
