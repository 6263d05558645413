"""What senders write about leads, and the times that a day of a file may mean."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from qualification.rules.leads.lead_input import ActivityDetails, HandoffInput, ImportRow, LeadInput
from qualification.rules.leads.losses import Loss

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
MORNING = NOON.replace(hour=9)


def test_a_lead_needs_an_id_an_email_a_phone_or_a_name_and_a_company() -> None:
    for fields in ({"id": "7"}, {"email": "ivy@acme.example"}, {"phone": "+49 1"}, {"name": "Ivy", "company": "Acme"}):
        LeadInput.model_validate(fields)
    for nobody in ({"name": "Ivy"}, {"company": "Acme"}, {"problem": "Call me"}):
        with pytest.raises(ValidationError, match="is nobody"):
            LeadInput.model_validate(nobody)


def test_an_address_with_a_slip_is_somebody_and_one_without_an_at_needs_a_name_beside_it() -> None:
    slip, half = Loss("email", "isn't an address", "ivy@acme"), Loss("email", "isn't an address", "ivy.acme.example")
    assert LeadInput(losses=(slip,)).weak_id != LeadInput(losses=(slip,), name="Ivy").weak_id
    assert LeadInput(losses=(half,), name="Ivy").weak_id == LeadInput(losses=(half,), name="IVY").weak_id
    with pytest.raises(ValidationError, match="is nobody"):
        LeadInput(losses=(half,))


def test_whoever_is_known_by_a_phone_alone_gets_an_id_of_it() -> None:
    first, again = LeadInput(name="Ivy", phone="+49 30 1234"), LeadInput(name=" ivy", phone="+4930-1234")
    assert first.weak_id == again.weak_id != LeadInput(name="Ivy", phone="+49 30 1235").weak_id
    assert LeadInput(name="Ivy", phone="+49 1", company="Acme").weak_id is None


def test_the_identity_of_a_lead_is_the_same_however_it_is_written() -> None:
    assert LeadInput(email="IVY+x@acme.example").identity == LeadInput(email="ivy@acme.example").identity
    assert (
        LeadInput(name="Ivy  Chen", company="Acme Ltd").identity == LeadInput(name="ivy chen", company="ACME").identity
    )
    assert LeadInput(id="7", email="ivy@acme.example").identity == "7"


def test_a_row_without_whole_days_is_as_it_was_written() -> None:
    row = ImportRow(LeadInput(id="7"), (ActivityDetails(id="1", kind="demo-request", at=NOON),))
    assert row.as_of(MORNING) is row
    assert (row.earliest(NOON), row.latest(NOON)) == (NOON, NOON)


def test_a_day_may_be_any_time_of_it_and_today_is_at_most_now() -> None:
    row = ImportRow(LeadInput(id="7"), (ActivityDetails(id="1", kind="demo-request", at=NOON),), days=frozenset({NOON}))
    assert row.earliest(NOON) == NOON - timedelta(hours=12)
    assert row.latest(NOON) == NOON + timedelta(hours=12) - timedelta.resolution
    (today,) = row.as_of(MORNING).activities
    assert today.at == MORNING


def test_a_deal_that_ended_on_a_day_ended_after_it_began() -> None:
    deal = HandoffInput(stage="won", at=NOON + timedelta(hours=3), ended_at=NOON)
    row = ImportRow(LeadInput(id="7"), handoff=deal, days=frozenset({NOON}))
    moved = row.as_of(NOON + timedelta(days=1)).handoff
    assert moved is not None
    assert moved.ended_at == moved.at == NOON + timedelta(hours=3)


def test_what_is_shown_is_as_people_wrote_it() -> None:
    lead = LeadInput(name="Per O&#039;Dell", company="Bartels &amp; S&ouml;hne", phone="p:+49 30 123456")
    assert (lead.name, lead.company, lead.phone) == ("Per O'Dell", "Bartels & Söhne", "+49 30 123456")


def test_what_says_that_nothing_is_there_is_not_given_and_not_lost() -> None:
    lead = LeadInput.model_validate(
        {
            "id": "7",
            "company": "N/A",
            "website": "-",
            "phone": "k.A.",
            "country": "brak",
            "size": "#N/A",
            "value": "yok",
        }
    )
    assert lead == LeadInput(id="7")
    with pytest.raises(ValidationError):
        LeadInput.model_validate({"id": "7", "size": "lots"})


def test_an_id_stays_as_it_is_written() -> None:
    assert LeadInput(id="a&amp;b").id == "a&amp;b"
