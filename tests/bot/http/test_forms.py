"""What form tools and site builders post: each kind gives the right lead."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from qualification.records import Activity, Company, Handoff, Lead
from sandbox.clock import ManualClock
from tests.bot.http.senders import Sender
from tests.worlds.floor import PLAYBOOK

FORMS: Final = Path(__file__).parent / "forms"
SENDERS: Final = """
senders:
  form: {name: Form, like: form, activity: {kind: {always: contact-form}}}
  typeform: {name: Typeform, like: typeform, activity: {kind: {always: demo-request}}}
  elementor: {name: Elementor, like: elementor, activity: {kind: {always: contact-form}}}
"""


@pytest.fixture
def tools(sender: Sender, publish: Callable[[str], None]) -> Sender:
    """Publish a playbook with a sender for each tool, and give somebody who may post for all of them."""
    publish(PLAYBOOK + SENDERS)
    return sender


def posted(tools: Sender, tool: str, file: str, content_type: str = "application/json") -> dict[str, Any]:
    """Post a file as the tool posts it; return the one lead that came of it, with its company's name."""
    answer = tools.asks(
        "POST", f"/v1/in/{tool}", content=(FORMS / file).read_bytes(), headers={"content-type": content_type}
    )
    assert answer.status_code == 200, answer.text
    (lead,) = tools.stored(Lead)
    companies = {company.id: company.name for company in tools.stored(Company)}
    return {
        **{name: getattr(lead, name) for name in ("email", "name", "size", "problem", "campaign", "unread")},
        "company": companies.get(lead.company_id),
        "lost": [each["field"] for result in answer.json()["results"] for each in result.get("lost", ())],
    }


@pytest.mark.parametrize(
    ("file", "lost"),
    [
        ("long-message.json", ["lead.problem"]),
        ("junk-headcount.json", ["lead.size"]),
        ("long-page-address.json", ["lead.website"]),
        ("long-campaign.json", ["lead.campaign"]),
    ],
)
def test_an_odd_field_costs_that_field_and_is_named(tools: Sender, file: str, lost: list[str]) -> None:
    lead = posted(tools, "form", file)
    assert (lead["email"], lead["name"], lead["size"]) == ("rita@ritamoebel.example", "Rita Moos", None)
    assert lead["lost"] == lost


def test_of_a_long_message_what_can_be_kept_is_kept(tools: Sender) -> None:
    lead = posted(tools, "form", "long-message.json")
    assert lead["problem"].startswith("Our quotes go out late and we lose orders.")
    assert lead["problem"].endswith("…")
    assert len(lead["problem"]) == 5000


def test_a_form_of_several_parts_is_read_like_any_other(tools: Sender) -> None:
    body = (FORMS / "multipart-form.txt").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    answer = tools.asks(
        "POST",
        "/v1/in/form",
        content=body,
        headers={"content-type": "multipart/form-data; boundary=----form9d1f"},
    )
    assert answer.status_code == 200, answer.text
    (lead,) = tools.stored(Lead)
    assert (lead.email, lead.name) == ("rita@ritamoebel.example", "Rita Moos")
    assert [company.name for company in tools.stored(Company)] == ["Rita Möbel"]


@pytest.mark.parametrize("file", ["names-with-something-around.json", "names-with-something-around-labels.json"])
def test_names_of_fields_may_have_something_around_them(tools: Sender, file: str) -> None:
    lead = posted(tools, "form", file)
    assert (lead["email"], lead["name"]) == ("rita@ritamoebel.example", "Rita Moos")
    assert lead["company"] in {None, "Rita Möbel", "ritamoebel.example"}


def test_elementor_wraps_each_value(tools: Sender) -> None:
    lead = posted(tools, "elementor", "elementor.txt", "application/x-www-form-urlencoded")
    assert (lead["email"], lead["name"]) == ("rita@ritamoebel.example", "Rita Moos")
    assert [activity.what for activity in tools.stored(Activity)] == ["Contact"]


def test_what_a_question_is_called_says_more_than_its_type(tools: Sender) -> None:
    lead = posted(tools, "typeform", "typeform-two-addresses.json")
    assert (lead["email"], lead["name"]) == ("rita@ritamoebel.example", "Rita Moos")


def test_one_mail_opened_over_and_over_says_once_that_it_was_opened(tools: Sender, clock: ManualClock) -> None:
    opened = json.loads((FORMS / "opens-by-a-scanner.json").read_text(encoding="utf-8"))
    moved = [{**each, "at": clock().isoformat()} for each in opened]
    assert tools.posts("/v1/activities", moved).status_code == 200
    assert tools.stored(Handoff) == []
    (lead,) = tools.stored(Lead)
    assert lead.score == 2
