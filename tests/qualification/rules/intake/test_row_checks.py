"""Rows checked against the playbook and the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from qualification.rules.intake.row_checks import future_errors, goes_on, import_row_errors, lead_data_of
from qualification.rules.intake.row_errors import InvalidRow, RowError
from qualification.rules.leads.lead_input import ActivityDetails, HandoffInput, ImportRow, LeadInput
from tests.qualification.rules.intake.test_mapping import playbook

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_value_is_read_in_the_playbooks_currency_unless_it_names_another() -> None:
    own = lead_data_of("crm", LeadInput(id="7", value="12000"), playbook())
    other = lead_data_of("crm", LeadInput(id="7", value="12000 USD"), playbook())
    assert (own.value_minor, own.currency) == (1_200_000, playbook().currency)
    assert (other.value_minor, other.currency, other.external_key) == (1_200_000, "USD", ("crm", "7"))


def test_a_row_is_refused_with_all_its_errors_at_once() -> None:
    before = RowError("kind", "is unknown")
    with pytest.raises(InvalidRow) as caught:
        lead_data_of("crm", LeadInput(id="7", value="lots"), playbook(), errors=[before], inside="lead.")
    assert caught.value.errors == (before, RowError("lead.value", "isn't an amount of money"))


def test_a_moment_may_be_ahead_by_what_a_senders_clock_may_be_fast() -> None:
    assert [*future_errors(NOW + timedelta(hours=1), NOW)] == [*future_errors(None, NOW)] == []
    assert [*future_errors(NOW + timedelta(hours=1, seconds=1), NOW)] == [RowError("at", "is in the future")]


@pytest.mark.parametrize(
    ("deal", "is_open"),
    [
        ({"stage": "contacted"}, True),
        ({"stage": "won"}, False),
        ({"stage": "lost"}, False),
        ({"disqualified": "no-need"}, False),
    ],
)
def test_a_deal_goes_on_until_it_is_disqualified_or_its_stage_ends_it(deal: dict[str, str], *, is_open: bool) -> None:
    assert goes_on(HandoffInput.model_validate(deal), playbook()) is is_open


def test_the_errors_of_a_row_come_in_the_order_keys_activities_deal() -> None:
    row = ImportRow(
        LeadInput(id="7", source="moon"),
        (ActivityDetails(id="1", kind="dance", at=NOW + DAY),),
        HandoffInput(stage="contacted", lost="price", at=NOW + DAY, ended_at=NOW),
    )
    assert [error.field for error in import_row_errors(playbook(), row, NOW)] == [
        "lead.source",
        "activities[0].kind",
        "activities[0].at",
        "handoff.at",
        "handoff.ended_at",
        "handoff.ended_at",
        "handoff.lost",
    ]
