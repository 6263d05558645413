"""What of a payload made no difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake.unused import MOST_LOOKED_AT, unused
from qualification.rules.playbook.known_senders import KNOWN
from qualification.rules.playbook.sender import Sender
from tests.qualification.rules.intake.test_mapping import JSON, NOW, sample


def left(like: str, payload: object, **own: object) -> list[str]:
    return unused(Sender.model_validate({"key": "x", "name": "X", "like": like, **own}), payload, NOW)


def test_of_what_a_tool_sends_only_what_it_says_of_itself_is_left() -> None:
    assert left("jotform", sample("jotform.txt")) == [
        *("webhookURL", "type", "formID", "ip", "rawRequest.slug", "rawRequest.jsExecutionTracker"),
        *("rawRequest.event_id", "rawRequest.timeToSubmit", "rawRequest.path"),
    ]
    assert left("elementor", sample("elementor-advanced.txt")) == [
        *("form.id", "meta.date", "meta.page_url", "meta.remote_ip"),
    ]


def test_a_question_is_named_as_a_whole_and_only_if_nothing_of_it_counts() -> None:
    fields = [
        {"key": "k1", "label": "Email", "value": "lea@contoso.example"},
        {"key": "k2", "label": "Country", "value": "Atlantis"},
    ]
    assert left("tally", {"data": {"fields": fields, "formName": "Demo"}}) == ["data.fields[1]"]


def test_of_two_values_that_say_the_same_one_is_used() -> None:
    contact = {"type": "open", "orgname": "Contoso", "contact": {"id": "1", "orgname": "Contoso"}}
    assert left("activecampaign", contact) == ["orgname"]


def test_what_a_condition_looks_at_is_used() -> None:
    payload = {"email": "lea@contoso.example", "asked": "yes", "more": {"kind": "x"}}
    lead = {"fields": {"always": None}, "title": {"if": "asked", "then": {"always": "Buyer"}}}
    assert left("form", payload, lead=lead) == ["more.kind"]


def test_of_a_large_payload_the_beginning_is_looked_at() -> None:
    payload = {"event": {f"field {number}": number for number in range(2 * MOST_LOOKED_AT)}}
    assert len(left("hubspot", payload)) == MOST_LOOKED_AT


@pytest.mark.parametrize("like", sorted(KNOWN))
@given(st.data())
def test_no_payload_is_too_odd(like: str, data: st.DataObject) -> None:
    assert isinstance(left(like, data.draw(JSON)), list)
