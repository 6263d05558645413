"""The modals: fields by the names the handlers read, and what each asks."""

import json
from dataclasses import replace
from typing import Any

import pytest

from qualification.checklists.checklists import ChecklistForm, ChecklistItem
from qualification.handoffs.handover import HandOverResult
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.field_errors import FieldFault
from qualification.rules.leads.proposed_evidence import Proposal
from qualification.views.forms import DecisionForm, HandOverChoices
from qualification.views.marks import Choice
from qualification.views.search import LeadLine
from templates import render, sentence
from tests.templates.reading import actions, block, element, nodes, words
from tests.templates.samples import ANA, MAYA, MIA, NOW, PERMALINK

OTHER = Choice("other", "Other", "Anything else", note_required=True)
FORM = DecisionForm(12, 31, "Acme · Jo", (Choice("budget", "No budget"), OTHER), None, None, "12500", "EUR")
HAND_OVER = [
    "company",
    "person",
    "email",
    "phone",
    "title",
    "did",
    "problem",
    "source",
    "campaign",
    "size",
    "country",
    "value",
    "promised",
]
CHECKLIST = ChecklistForm(
    handoff_id=12,
    lead="Acme · Jo",
    framework="BANT",
    items=(
        ChecklistItem("budget", "Budget", ("What is it worth?", "Who pays?"), "A range will do", "yes", "40k a year"),
        ChecklistItem("need", "Need", ("What hurts?",), None, "unknown", "", Proposal("<!channel> Late", "Quiz & Co")),
    ),
    yes=1,
    needed=2,
    passed=False,
    missing=("Need",),
    next_question="What hurts?",
)


def inputs(payload: dict[str, object]) -> list[object]:
    return [node["block_id"] for node in nodes(payload) if node.get("type") == "input"]


def metadata(payload: dict[str, object]) -> object:
    return json.loads(str(payload["private_metadata"]))


def test_handing_over_asks_for_everything_and_insists_on_one_thing() -> None:
    payload = render("modals/hand_over", choices=HandOverChoices((Choice("demo", "Demo"),), "EUR", {"company": "Acme"}))
    assert inputs(payload) == HAND_OVER
    assert actions(payload) == HAND_OVER
    assert [node["block_id"] for node in nodes(payload) if node.get("optional") is False] == ["did"]
    assert element(payload, "company")["initial_value"] == "Acme"
    assert "In EUR, unless you write another currency." in words(payload)
    assert payload["callback_id"] == "hand_over"


def test_handing_over_says_first_that_one_of_three_optional_fields_is_needed() -> None:
    """In the words with which the form comes back when all three are empty."""
    for locale in ("en", "de"):
        payload = render("modals/hand_over", choices=HandOverChoices((), "EUR"), locale=locale)
        blocks = payload["blocks"]
        assert isinstance(blocks, list)
        refused = sentence("replies/fields", locale=locale, field="company", fault=FieldFault.REQUIRED)
        assert words({"blocks": blocks[:1]}) == [refused]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("decline", ["reason", "note"]),
        ("disqualify", ["disqualify_reason", "note"]),
        ("lose", ["reason", "note"]),
        ("log_contact", ["kind", "note"]),
        ("reassign", ["to", "note"]),
        ("edit_lead", ["value", "note"]),
    ],
)
def test_a_decision_asks_its_question_and_remembers_the_handoff(name: str, asked: list[str]) -> None:
    payload = render(f"modals/{name}", form=FORM)
    assert actions(payload) == asked
    assert inputs(payload) == ["reason" if each == "disqualify_reason" else each for each in asked]
    assert payload["callback_id"] == name
    assert metadata(payload) == {"handoff": 12, "offer": 31}
    assert "*Acme · Jo*" in words(payload)


def test_picking_a_reason_shows_its_description_and_asks_for_its_note() -> None:
    before, after = (render("modals/disqualify", form=form) for form in (FORM, replace(FORM, picked=OTHER)))
    assert block(before, "note")["optional"] is True
    assert block(after, "note")["optional"] is False
    assert block(after, "reason")["dispatch_action"] is True
    assert "Anything else" in [node.get("text") for node in nodes(after) if node.get("type") == "mrkdwn"]
    options = element(after, "disqualify_reason")["options"]
    assert isinstance(options, list)
    assert element(after, "disqualify_reason")["initial_option"] in options


def test_the_checklist_says_how_far_it_is_and_what_to_ask_next() -> None:
    payload = render("modals/checklist", form=CHECKLIST)
    text = "\n".join(words(payload))
    assert "■□ 1 of 2, one more to pass · missing: Need" in text
    assert "Ask next: What hurts?" in text
    assert "• What is it worth?\n• Who pays?\nA range will do" in text
    assert "■ Budget" in text
    assert "□ Need" in text
    assert inputs(payload) == ["verdict-budget", "evidence-budget", "verdict-need", "evidence-need"]
    verdict = block(payload, "verdict-budget")
    assert verdict["dispatch_action"] is True
    assert "optional" not in verdict
    assert "40k a year" in str(block(payload, "evidence-budget"))
    assert metadata(payload) == {"handoff": 12}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_is_picked_from_the_start_so_that_no_submission_lacks_it(verdict: Verdict) -> None:
    """Slack refuses a form whose required field is empty."""
    items = tuple(replace(item, verdict=verdict) for item in CHECKLIST.items)
    payload = render("modals/checklist", form=replace(CHECKLIST, items=items))
    radios: list[dict[str, Any]] = [dict(node) for node in nodes(payload) if node.get("type") == "radio_buttons"]
    assert len(radios) == len(items)
    for each in radios:
        assert each["initial_option"] in each["options"]
        assert json.loads(each["initial_option"]["value"])["verdict"] == verdict


def test_what_was_stored_comes_back_into_a_field_as_it_was() -> None:
    """A field is edited and saved again: nothing may be added to it on the way."""
    stored = 'שלום *x* <b> & "q"\nsecond line'
    payload = render("modals/edit_lead", form=replace(FORM, note=stored))
    assert element(payload, "note")["initial_value"] == stored


@pytest.mark.parametrize(
    ("state", "facts", "where"),
    [
        ("offered", {"offered_to": ANA, "accept_by": NOW}, "Offered to <@UANA>, accept by <!date"),
        ("pooled", {"pool": "EMEA inbound"}, "Open to EMEA inbound"),
        ("manager_queue", {"manager": MAYA}, "so it is in <@UMAYA>\u2019s queue"),
        ("accepted", {"owner": ANA}, "<@UANA> is working on it"),
    ],
)
def test_the_marketer_is_told_who_has_the_lead(state: str, facts: dict[str, Any], where: str) -> None:
    nobody = {"offered_to": None, "pool": None, "manager": None, "owner": None, "accept_by": None}
    for already, first in ((False, "Acme was handed over to sales."), (True, "<@UMIA> already handed over Acme.")):
        result = HandOverResult(12, "Acme", state, already, announcer=MIA, **{**nobody, **facts})
        text = "\n".join(words(render("modals/handed_over", result=result)))
        assert where in text
        assert first in text


def test_the_marketer_is_told_of_what_the_hand_over_passed_in_one_line() -> None:
    result = HandOverResult(12, "Acme", "offered", False, ANA, None, None, None, None, MIA)  # noqa: FBT003 - a sample
    plain = words(render("modals/handed_over", result=result))
    for changes, line in (
        ({"gates": ("Free mail",)}, "Note: the “Free mail” filter would normally have held this lead."),
        (
            {"gates": ("Free mail", "Rivals")},
            "Note: these filters would normally have held this lead: Free mail, Rivals.",
        ),
        (
            {"gates": ("Never",), "do_not_contact": True},
            "Note: this lead is marked “Do not contact”. Its card says so too.",
        ),
    ):
        told = words(render("modals/handed_over", result=replace(result, **changes)))
        assert [each for each in told if each not in plain] == [line]


def test_a_form_filled_in_from_a_message_says_so_and_keeps_the_way_back() -> None:
    payload = render("modals/hand_over", choices=HandOverChoices((), "EUR", {"did": "A & B"}, PERMALINK))
    assert metadata(payload) == {"permalink": PERMALINK}
    assert "|this message>; the card will link to it." in "\n".join(words(payload))
    assert element(payload, "did")["initial_value"] == "A & B"
    assert metadata(render("modals/hand_over", choices=HandOverChoices((), "EUR"))) == {}


def test_a_lead_is_picked_from_a_list_of_at_most_a_hundred() -> None:
    leads = tuple(LeadLine(n, None, f"Lead {n}", "accepted", "Contacted", None, ANA) for n in range(130))
    payload = render("modals/pick_lead", leads=leads, query="Lead")
    options = element(payload, "lead")["options"]
    assert isinstance(options, list)
    assert len(options) == 100
    assert options[0]["value"] == '{"handoff":0}'
    assert options[0]["description"]["text"] == "Contacted · Ana"
    assert "Showing the first 100" in "\n".join(words(payload))
    assert "submit" not in render("modals/pick_lead", leads=(), query=None)


def test_titles_and_buttons_are_short_enough_in_german_too() -> None:
    """A title that Slack's limit cuts would end in an ellipsis."""
    asked: list[tuple[str, dict[str, Any]]] = [
        ("hand_over", {"choices": HandOverChoices((), "EUR")}),
        ("checklist", {"form": CHECKLIST}),
        ("away", {"until": None}),
        *((name, {"form": FORM}) for name in ("decline", "disqualify", "lose", "log_contact", "reassign", "edit_lead")),
    ]
    for name, facts in asked:
        payload = render(f"modals/{name}", locale="de", **facts)
        for part in ("title", "submit", "close"):
            shown = payload[part]
            assert isinstance(shown, dict)
            assert not shown["text"].endswith("…")
