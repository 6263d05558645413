"""The lines of a lead's history."""

from collections.abc import Mapping

import pytest

from qualification.facts import PersonRef, ThreadLine
from templates import render
from tests.templates.samples import ANA, BEN, MAYA, NOW, TOLD

CASES: list[tuple[str, PersonRef | None, Mapping[str, object], str]] = [
    ("handed_over", ANA, {}, "<@UANA> handed the lead over"),
    ("updated", ANA, {"fields": ("title", "value_minor")}, "<@UANA> brought up to date: Job title, Deal value"),
    (
        "offered",
        None,
        {"to": BEN, "rule": "R", "pool": "P", "turn": 3},
        "Offered to <@UBEN> · rule R · pool P · turn 3",
    ),
    ("opened_to_pool", None, {"pool": "P"}, "Open to P, first to claim"),
    ("queued", None, {"manager": MAYA, "because": "everyone_asked"}, "In <@UMAYA>\u2019s queue: nobody took it"),
    ("accepted", ANA, {"claimed": False}, "<@UANA> accepted"),
    ("accepted", ANA, {"claimed": True}, "<@UANA> claimed the lead"),
    ("passed_on", ANA, {"reason": "Full", "note": "next week"}, "<@UANA> passed on · Full · “next week”"),
    ("reminded", None, {"to": ANA}, "Reminded <@UANA>"),
    ("reminded", None, {"to": None, "pool": "P"}, "Reminded P"),
    ("lapsed", None, {"to": ANA}, "<@UANA> did not answer in time"),
    ("lapsed", None, {"to": None, "pool": "P"}, "Nobody of P claimed it in time"),
    ("disqualified", ANA, {"reason": "No budget", "note": None}, "<@UANA> disqualified the lead · No budget"),
    ("undone", ANA, {"was": "accepted"}, "<@UANA> undid the last decision; the lead was: accepted"),
    ("reopened", ANA, {"was": "lost"}, "<@UANA> reopened the lead; it was: lost"),
    ("reassigned", MAYA, {"to": BEN}, "<@UMAYA> gave the lead to <@UBEN>"),
    ("contacted", ANA, {"how": "Call", "note": "busy"}, "<@UANA> was in contact: Call · “busy”"),
    ("stage_set", ANA, {"stage": "Lost", "reason": "Price"}, "<@UANA> moved the lead to Lost · Price"),
    (
        "edited",
        ANA,
        {"changes": (("value", None, (1_250_000, "EUR")), ("note", "a", "b"), ("email", "x@y.z", "z@y.x"))},
        "<@UANA> edited the lead · Deal value: €12,500 · Note: a → b · E-mail",
    ),
    ("edited", ANA, {"changes": (("note", "a", None),)}, "<@UANA> edited the lead · Note removed"),
    ("answered", ANA, {"item": "Budget", "verdict": "yes"}, "■ Budget: yes, says <@UANA>"),
    ("answered", ANA, {"item": "Budget", "verdict": "unknown"}, "□ Budget: not yet known, says <@UANA>"),
    ("checklist_passed", ANA, {"framework": "BANT", "yes": 3, "total": 4}, "■ BANT passed, 3 of 4"),
]


@pytest.mark.parametrize(("kind", "actor", "facts", "words"), CASES)
def test_an_event_is_one_short_line(
    kind: str, actor: PersonRef | None, facts: Mapping[str, object], words: str
) -> None:
    payload = render("messages/thread_line", line=ThreadLine(kind, NOW, actor, facts))
    assert payload["text"] == words


def test_every_kind_of_event_has_its_line() -> None:
    assert {kind for kind, *_ in CASES} == set(TOLD)


def test_what_the_clock_did_is_said_without_an_actor() -> None:
    payload = render("messages/thread_line", line=ThreadLine("handed_over", NOW, None, {}))
    assert payload["text"] == "Baton handed the lead over"
