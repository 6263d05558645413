"""Rows checked against the playbook and the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from qualification.rules.intake.row_checks import fitted, fitted_row, future_errors, goes_on, lead_data_of
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ActivityDetails, HandoffInput, ImportRow, LeadInput
from qualification.rules.leads.losses import Loss
from tests.qualification.rules.intake.test_mapping import playbook

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_value_is_read_in_the_playbooks_currency_unless_it_names_another() -> None:
    own = lead_data_of("crm", LeadInput(id="7", value="12000"), playbook())
    other = lead_data_of("crm", LeadInput(id="7", value="12000 USD"), playbook())
    assert (own.value_minor, own.currency) == (1_200_000, playbook().currency)
    assert (other.value_minor, other.currency, other.external_key) == (1_200_000, "USD", ("crm", "7"))


def test_what_the_playbook_does_not_know_is_left_out_of_a_lead_and_kept_as_it_was_written() -> None:
    lead = fitted(LeadInput(id="7", value="lots", source="moon"), playbook(), NOW)
    assert lead == LeadInput(
        id="7",
        losses=(
            Loss("source", "the playbook has no source called `moon`", "moon"),
            Loss("value", "isn't an amount of money", "lots"),
        ),
    )
    assert fitted(lead, playbook(), NOW) is lead


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


def test_of_a_row_whatever_can_be_imported_stays_and_the_rest_is_named_in_its_order() -> None:
    row = ImportRow(
        LeadInput(id="7", source="moon"),
        (ActivityDetails(id="1", kind="dance", at=NOW + DAY),),
        HandoffInput(stage="contacted", lost="price", at=NOW + DAY, ended_at=NOW),
    )
    left, errors = fitted_row(playbook(), row, NOW)
    assert (left.lead.source, left.activities, left.handoff) == (None, (), None)
    assert [error.field for error in errors] == [
        "activities[0].kind",
        "activities[0].at",
        "handoff.at",
        "handoff.ended_at",
        "handoff.ended_at",
        "handoff.lost",
    ]
