"""What a sender's payload becomes: leads and activities, or what is wrong with it."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake import payloads
from qualification.rules.intake.lenient import lost_of
from qualification.rules.intake.mapping import Entry, InvalidEntry, map_payload
from qualification.rules.intake.row_checks import fitted
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.playbook.known_senders import KNOWN, Signature
from qualification.rules.playbook.playbook import Playbook, parse
from qualification.rules.playbook.sender import Sender
from qualification.rules.values.expression_functions import OWN

NOW = datetime(2026, 2, 24, 10, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "payloads"
GUIDE = (Path(__file__).parents[4] / "docs" / "intake.md").read_text(encoding="utf-8")
PLAYBOOK = """\
teams:
  emea: {name: EMEA, manager: maya@x.example, channel: "#sales", zone: Europe/London}
people:
  - {email: maya@x.example, name: Maya, roles: [manager]}
  - {email: ana@x.example, name: Ana, roles: rep, team: emea}
pools:
  inbound: {name: Inbound, team: emea, members: [ana@x.example]}
rules:
  - {name: All, pool: inbound}
senders:
  hubspot:
    name: HubSpot
    like: hubspot
    lead: {source: {always: demo}}
    activity: {kind: {always: demo-request}}
  activecampaign: {name: ActiveCampaign, like: activecampaign}
  typeform: {name: Typeform, like: typeform, activity: {kind: {always: demo-request}}}
  form:
    name: Website
    like: form
    lead:
      source: {always: contact}
      phone: {always: ~}
      fields: {topics: topics, plan: {always: team}}
    activity:
      kind: {from: form, as: {demo: demo-request, trial: trial}, else: contact-form}
  shop:
    name: Shop
    signature: standard
    each: orders
    when: "!test"
    lead: {id: customer.id, email: customer.email, company: _payload.shop, size: staff, value: total}
    activity:
      id: id
      kind: {from: paid, as: {"true": trial, "false": content-download, free: ~}}
      at: epoch(at)
  people: {name: People, lead: {email: email, name: "join(' ', names)", do_not_contact: stop}}
"""
LEA: dict[str, object] = {"email": "lea.weber@contoso.example", "name": "Lea Weber", "company": "Contoso GmbH"}
MESSAGE = "Our night shift never sees the orders in time."

NAMES = (
    "properties", "email", "value", "contact", "type", "form_response", "answers", "field", "orders", "id", "customer",
    "names", "at", "form", "hidden", "definition", "fields", "staff", "paid", "vid", "country", "ref", "labels",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(NAMES),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@lru_cache(maxsize=1)
def playbook() -> Playbook:
    return parse(PLAYBOOK)


def sender(key: str) -> Sender:
    found = playbook().sender(key)
    assert found is not None
    return found


def mapped(key: str, payload: object, received_id: str | None = None, now: datetime = NOW) -> list[Entry]:
    return [*map_payload(sender(key), payload, received_id=received_id, now=now).values()]


def activity(key: str, payload: object, received_id: str | None = None, now: datetime = NOW) -> ActivityInput:
    (entry,) = mapped(key, payload, received_id, now)
    assert isinstance(entry, ActivityInput), entry
    return entry


def sample(name: str) -> object:
    return payloads.parse_body((SAMPLES / name).read_bytes())


def test_a_contact_of_hubspots_workflow_is_a_lead_that_did_what_the_sender_says() -> None:
    told = activity("hubspot", sample("hubspot.json"))
    assert told.model_dump(exclude_defaults=True) == {
        "id": "contact 154835 1771920001456",
        "kind": "demo-request",
        "what": "Book a demo: Demo form",
        "lead": {
            **LEA,
            "id": "154835",
            "website": "https://contoso.example",
            "phone": "+49 30 5550199",
            "title": "Head of Operations",
            "country": "DE",
            "size": 100,
            "source": "demo",
            "problem": MESSAGE,
        },
    }


def test_hubspots_newer_shape_and_a_body_made_by_hand_are_read_too() -> None:
    newer = {"id": "77", "properties": {"email": "lea@contoso.example", "firstname": "Lea", "company": None}}
    assert activity("hubspot", newer).lead == LeadInput(id="77", email="lea@contoso.example", name="Lea", source="demo")
    by_hand = {"email": "lea@contoso.example", "numemployees": "1000+"}
    assert activity("hubspot", by_hand).lead == LeadInput(email="lea@contoso.example", size=1000, source="demo")


def test_what_hubspots_subscriptions_send_names_nobody() -> None:
    """They tell of an object and its id; the person would have to be asked for."""
    event = {"eventId": 1, "subscriptionType": "contact.creation", "objectId": 123, "occurredAt": 1771920000123}
    assert all(isinstance(entry, InvalidEntry) for entry in mapped("hubspot", [event]))


def test_a_click_of_activecampaign_is_an_activity() -> None:
    told = activity("activecampaign", sample("activecampaign.txt"))
    assert told.model_dump(exclude_defaults=True, exclude={"id"}) == {
        "kind": "email-clicked",
        "at": datetime.fromisoformat("2026-02-24T09:20:11-06:00"),
        "what": "https://northwind.example/pricing",
        "lead": {**LEA, "id": "3187", "phone": "+49 30 5550199"},
    }


def test_who_subscribes_in_activecampaign_is_a_lead_and_what_the_team_does_there_is_nothing() -> None:
    contact = {"id": "1", "email": "lea@contoso.example"}
    assert mapped("activecampaign", {"type": "subscribe", "contact": contact}) == [LeadInput.model_validate(contact)]
    assert mapped("activecampaign", {"type": "subscriber_note", "contact": contact}) == []
    assert mapped("activecampaign", {}) == []


def test_a_response_of_typeform_is_an_activity_whichever_way_its_questions_are_named() -> None:
    """By type, by reference, by title, and by the title of a question within a question."""
    told = activity("typeform", sample("typeform.json"))
    assert told.model_dump(exclude_defaults=True) == {
        "id": "a3a12ec67a1365927098a606107fac15",
        "kind": "demo-request",
        "at": datetime(2026, 2, 24, 8, 9, 40, tzinfo=UTC),
        "what": "Book a demo",
        "lead": {
            **LEA,
            "phone": "+49305550199",
            "size": 51,
            "campaign": "spring-launch",
            "problem": MESSAGE,
            "fields": {
                "utm_campaign": "spring-launch",
                "plan": "team",
                "What do you use today?": ["Spreadsheets", "E-mail", "Paper"],
                "score": 9,
            },
        },
    }


def test_a_form_of_the_website_is_an_activity_by_the_usual_names_of_its_fields() -> None:
    told = activity("form", sample("form.txt"))
    assert told.model_dump(exclude_defaults=True, exclude={"id"}) == {
        "kind": "demo-request",
        "what": "demo",
        "lead": {
            **LEA,
            "title": "Head of Operations",
            "country": "DE",
            "size": 51,
            "source": "contact",
            "campaign": "spring-launch",
            "problem": MESSAGE,
            "fields": {"topics": ["Orders", "Night shift"], "plan": "team"},
        },
    }


def test_a_senders_own_words_take_the_place_of_those_it_is_like_field_by_field() -> None:
    told = activity("form", {"email": "lea@contoso.example", "phone": "+49 30 5550199", "form": "newsletter"})
    assert told.kind == "contact-form"
    assert told.lead == LeadInput(email="lea@contoso.example", source="contact", fields={"plan": "team"})


def test_a_payload_of_several_entries_is_taken_apart_and_what_is_around_them_is_at_hand() -> None:
    orders = [
        {"id": 1, "customer": {"id": 7}, "paid": True, "at": 1771920000, "staff": "80", "total": 12000},
        {"id": 2, "customer": {"id": 8}, "paid": True, "test": True},
        {"id": 3, "customer": {"id": 9}, "paid": "free"},
        {"id": 4, "customer": {}, "paid": "later", "at": "soon"},
    ]
    first, free, wrong = mapped("shop", {"shop": "Contoso", "orders": orders})
    lead = LeadInput(id="7", company="Contoso", size=80, value="12000")
    assert first == ActivityInput(id="1", kind="trial", at=datetime(2026, 2, 24, 8, tzinfo=UTC), lead=lead)
    assert free == LeadInput(id="9", company="Contoso")
    assert isinstance(wrong, InvalidEntry)
    assert [*map_payload(sender("shop"), {"shop": "Contoso", "orders": orders}, now=NOW)] == [0, 2, 3]
    assert {error.field for error in wrong.errors} == {"lead"}


def test_where_nobody_is_found_every_fault_is_told_by_its_field_without_what_was_typed() -> None:
    payload = {"email": "nobody", "names": "Lea", "stop": "perhaps"}
    assert mapped("people", payload) == [
        InvalidEntry(
            (
                RowError("lead.name", "join() takes array-string, not string"),
                RowError("lead.email", "isn't a valid e-mail address"),
                RowError("lead.do_not_contact", "is neither true nor false, and was taken for true"),
                RowError("lead", "is nobody: give an id, an email, a phone, or a name and a company"),
            ),
        )
    ]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "doesn't find a list"),
        ({"orders": "all"}, "doesn't find a list"),
        ({"orders": [{}] * 501}, "finds more than 500 entries"),
    ],
)
def test_a_payload_without_the_list_it_should_hold_is_told_once(payload: object, reason: str) -> None:
    assert mapped("shop", payload) == [InvalidEntry((RowError("each", reason),))]


def test_the_same_sent_again_is_the_same_activity() -> None:
    form = {"email": "lea@contoso.example", "message": "Call me"}
    assert activity("form", form) == activity("form", dict(reversed(form.items())), now=NOW + timedelta(hours=3))
    assert activity("form", form).id != activity("form", {**form, "message": "Call me, please"}).id


def test_a_form_in_another_language_names_the_same_fields() -> None:
    form = {"Vorname": "Lea", "Nachname": "Weber", "E-Mail (geschäftlich)": "lea@contoso.example", "Firma": "Contoso"}
    lead = activity("form", {**form, "Keine Werbung": "ja", "Straße": "Am Markt 1"}).lead
    assert (lead.name, lead.email, lead.company) == ("Lea Weber", "lea@contoso.example", "Contoso")
    assert lead.do_not_contact is True


def test_the_same_form_a_day_later_is_asked_again_unless_it_tells_its_time() -> None:
    form = {"email": "lea@contoso.example"}
    later = NOW + timedelta(days=1)
    assert activity("form", form).id != activity("form", form, now=later).id
    click = sample("activecampaign.txt")
    assert activity("activecampaign", click).id == activity("activecampaign", click, now=later).id


def test_the_senders_id_of_a_delivery_is_the_activitys_where_it_has_none_of_its_own() -> None:
    form = {"email": "lea@contoso.example"}
    assert activity("form", form, "msg_1").id == "msg_1"
    assert activity("form", form, " ").id == activity("form", form).id
    assert activity("form", form, "m" * 500).id == activity("form", {**form, "name": "Lea"}, "m" * 500).id
    assert activity("typeform", sample("typeform.json"), "msg_1").id == "a3a12ec67a1365927098a606107fac15"


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL))
def test_what_the_guide_shows_is_good(block: str) -> None:
    before = PLAYBOOK.partition("senders:")[0]
    if block.startswith("- {key: "):
        assert parse(f"{before}scoring:\n  activities:\n{indent(block, '    ')}").scoring.activities
        return
    senders = block.removeprefix("senders:\n")
    assert parse(f"{before}senders:\n{senders}").senders


def test_the_guide_tells_of_every_field_and_function() -> None:
    words = {*LeadInput.model_fields, *ActivityInput.model_fields, *KNOWN} - {"losses"}
    words |= {*(f"{name}(" for name in OWN)}
    assert {word for word in words if f"`{word}" not in GUIDE} == set()


def test_what_the_playbook_does_not_have_is_told() -> None:
    lead = LeadInput(email="lea@contoso.example", source="tiktok")
    danced = fitted(ActivityInput(id="1", kind="danced", lead=lead), playbook(), NOW)
    assert [error.field for error in lost_of(danced)] == ["lead.source", "activity.kind"]
    assert [error.field for error in lost_of(fitted(lead, playbook(), NOW))] == ["lead.source"]
    assert lost_of(fitted(activity("hubspot", sample("hubspot.json")), playbook(), NOW)) == ()


def test_senders_that_sign_are_known_by_their_scheme() -> None:
    assert {key: sender(key).signed for key in ("hubspot", "typeform", "activecampaign", "form", "shop")} == {
        "hubspot": Signature.HUBSPOT,
        "typeform": Signature.TYPEFORM,
        "activecampaign": None,
        "form": None,
        "shop": Signature.STANDARD,
    }
    signing = {key: Sender(key=key, name="X", like=key).signed for key in KNOWN}
    assert {key: signed for key, signed in signing.items() if signed} == {
        key: Signature(key) for key in ("hubspot", "typeform", "tally", "webflow", "calendly")
    }


@pytest.mark.parametrize("key", ["hubspot", "activecampaign", "typeform", "form", "shop", "people"])
@given(JSON, st.none() | st.text())
def test_no_payload_is_too_odd_and_the_same_is_always_the_same(key: str, payload: object, received: str | None) -> None:
    assert repr(mapped(key, payload, received)) == repr(mapped(key, payload, received))


def test_a_payload_nested_beyond_measure_is_told() -> None:
    deep: object = "a@x.example"
    for _ in range(100_000):
        deep = [deep]
    (entry,) = mapped("form", {"email": "lea@contoso.example", "deep": deep})
    assert entry == InvalidEntry((RowError("", "is nested too deeply"),))
