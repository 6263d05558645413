"""Slack's payloads as plain values."""

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.plumbing import payload_values, payloads
from qualification.checklists.checklists import Given
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.refusals import StaleCard

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=12,
)
NAMES = ("user", "view", "actions", "container", "trigger_id", "response_url", "state", "values", "value")


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("O'Neil &amp; Sons", "O'Neil & Sons"),
        ("&lt;!channel&gt;", "<!channel>"),
        ("<mailto:ivy@acme.example|ivy@acme.example>", "ivy@acme.example"),
        ("<http://acme.example|acme.example>", "acme.example"),
        ("<https://acme.example/a?b>", "https://acme.example/a?b"),
        ("<@U012|ana.ruiz>", "@ana.ruiz"),
        ("<#C012|general> now", "#general now"),
        ("  two words ", "two words"),
    ],
)
def test_words_of_a_command_are_read_as_they_were_typed(sent: str, typed: str) -> None:
    assert payloads.plain(sent) == typed


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_what_slack_escapes_comes_back_as_it_was(typed: str) -> None:
    assert payloads.plain(html.escape(typed, quote=False)) == typed.strip()


def test_what_no_database_keeps_is_left_out() -> None:
    """JSON may carry NUL and half a pair of surrogates: PostgreSQL refuses the whole row for either."""
    typed = {"type": "plain_text_input", "value": "A\0cme \ud83d!"}
    body = {"view": {"state": {"values": {"company": {"company": typed}}}}}
    assert payloads.plain("O\0rion\udfff") == "Orion"
    assert payloads.form(body).text("company") == "Acme !"


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_payload_is_more_than_a_stale_card(body: dict[str, object]) -> None:
    """Whatever came, the person gets a sentence and not an apology."""
    for read in (payloads.click, payloads.press, payloads.form, payloads.decision, payloads.changed_answers):
        try:
            read(body)
        except StaleCard:
            continue


@given(
    st.integers(min_value=1, max_value=payload_values.LARGEST_ID), st.none() | st.integers(min_value=1, max_value=99)
)
def test_a_press_carries_its_handoff_and_offer(handoff: int, offer: int | None) -> None:
    value = json.dumps({"handoff": handoff, "offer": offer})
    press = payloads.press({"user": {"id": "U1", "name": "ana"}, "actions": [{"value": value}]})
    assert (press.user_id, press.user_name, press.handoff, press.offer) == ("U1", "ana", handoff, offer)


def checklist(*, drawn: tuple[str, str], now: tuple[str | None, str | None]) -> dict[str, object]:
    """Make a checklist modal with one item: what it was drawn with, and what it holds."""

    def option(verdict: str | None) -> dict[str, str] | None:
        return None if verdict is None else {"value": json.dumps({"item": "need", "verdict": verdict})}

    return {
        "view": {
            "blocks": [
                {"type": "section"},
                {"block_id": "verdict-need", "element": {"initial_option": option(drawn[0])}},
                {"block_id": "evidence-need", "element": {"initial_value": drawn[1]}},
            ],
            "state": {
                "values": {
                    "verdict-need": {"verdict": {"selected_option": option(now[0])}},
                    "evidence-need": {"evidence": {"value": now[1]}},
                }
            },
        }
    }


@pytest.mark.parametrize(
    ("drawn", "now", "given"),
    [
        (("unknown", ""), ("unknown", None), {}),
        (("yes", "Words"), ("yes", "Words "), {}),
        (("unknown", ""), ("yes", None), {"need": Given(Verdict.YES, "")}),
        (("yes", "Words"), ("yes", None), {"need": Given(Verdict.YES, "")}),
        (("yes", "Words"), ("no", "Words"), {"need": Given(Verdict.NO, "Words")}),
    ],
)
def test_only_what_differs_from_what_was_drawn_is_an_answer(
    drawn: tuple[str, str], now: tuple[str | None, str | None], given: dict[str, Given]
) -> None:
    assert payloads.changed_answers(checklist(drawn=drawn, now=now)) == given
