"""What is done over and over counts once, also of many leads at once, after a merge, and by any playbook."""

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from qualification.handoffs import decisions
from qualification.leads import merging
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.records import Activity, Handoff, Lead, Merge
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.playbook.playbook import Scoring
from qualification.scoring import activity_counts
from tests.qualification.test_plans import heard, plans
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK

numbers = itertools.count(1)
NORA = {"email": "nora@scannedco.example", "name": "Nora Falk", "company": "Scanned Co"}


def opens(
    desk: Desk,
    *whats: str | None,
    lead: Mapping[str, object] = NORA,
    kind: str = "email-opened",
    **more: object,
) -> int:
    """Have a lead open mails, a second apart; return its id."""
    lead_id = 0
    for place, what in enumerate(whats):
        at = desk.now - timedelta(hours=1) + timedelta(seconds=place)
        said = {"id": f"a{next(numbers)}", "kind": kind, "lead": lead, "at": at, "what": what}
        lead_id = desk.takes(ActivityInput.model_validate({**said, **more})).lead_id
    return lead_id


def score(desk: Desk, lead_id: int) -> int:
    """Return the lead's score as stored."""
    return desk.reads(lambda session: session.get_one(Lead, lead_id)).score


def test_a_mail_that_a_gateway_opens_26_times_says_once_that_it_was_opened(desk: Desk) -> None:
    nora = opens(desk, *["October newsletter"] * 26)
    assert score(desk, nora) == 2
    assert desk.all(Handoff) == []
    assert len(desk.all(Activity)) == 26


def test_different_mails_count_each_and_the_examples_of_the_table_come_to_76_and_19(desk: Desk) -> None:
    nora = opens(desk, "a", "b", "c")
    opens(desk, "a", "b", "c", kind="email-clicked")
    opens(desk, "x", "y", "z", kind="content-download")
    opens(desk, "trial", kind="trial")
    kim = opens(desk, "a", "b", lead={"email": "kim@kestrel.example"})
    opens(desk, "prices", lead={"email": "kim@kestrel.example"}, kind="pricing-page")
    assert (score(desk, nora), score(desk, kim)) == (76, 19)


def test_a_sender_that_does_not_say_which_mail_it_was_is_counted_up_to_the_ceiling(desk: Desk) -> None:
    nora = opens(desk, *[None] * 26)
    assert score(desk, nora) == 20
    desk.later(days=1)
    opens(desk, None)
    assert score(desk, nora) == 22
    assert desk.all(Handoff) == []


def test_a_scanner_that_follows_every_link_of_a_mail_hands_nobody_to_sales(desk: Desk) -> None:
    nora = opens(desk, *(f"link {number}" for number in range(40)), kind="email-clicked")
    assert score(desk, nora) == 25
    assert desk.all(Handoff) == []


def test_what_names_itself_a_scanner_counts_for_nothing_but_a_request_for_sales_does(desk: Desk) -> None:
    fields = {"user_agent": "Mimecast URL protect"}
    nora = opens(desk, "a", "b", fields=fields)
    assert score(desk, nora) == 0
    opens(desk, "a")
    assert score(desk, nora) == 2
    opens(desk, "demo", kind="demo-request", fields=fields)
    assert len(desk.all(Handoff)) == 1


def test_two_found_to_be_one_count_one_mail_once_and_apart_again_each_their_own(desk: Desk) -> None:
    opens(desk, "a", "b", lead={"id": "7"})
    opens(desk, "b", "c")
    desk.takes(LeadInput.model_validate({"id": "7", **NORA}))
    (merge,) = desk.all(Merge)
    desk.adds_up()
    assert score(desk, merge.kept_id) == 3 * 2

    def split(session: UnitOfWork, workspace_id: int, now: datetime) -> None:
        by = people.by_slack_user(session, workspace_id, "UMAYA")
        assert by is not None
        merging.split(session, merge.id, by=by, now=now)

    desk.does(split)
    desk.adds_up()
    assert [each.score for each in desk.all(Lead)] == [4, 4]


def test_after_an_ended_handoff_a_mail_counts_once_since(desk: Desk) -> None:
    nora = opens(desk, "a", "demo", kind="demo-request")
    (handoff,) = desk.all(Handoff)
    asked = desk.card(handoff.id)
    desk.does(
        decisions.disqualify,
        by=desk.asked(handoff.id),
        handoff_id=handoff.id,
        offer_id=asked.offer_id,
        reason="no-budget",
        note=None,
    )
    desk.later(hours=2)
    opens(desk, *["a"] * 30)
    assert (score(desk, nora), len(desk.all(Handoff))) == (2, 1)


@pytest.mark.parametrize(
    ("limits", "counted"),
    [
        ("", 60),
        ("once_per: what", 2),
        ("at_most: 10", 10),
        ("at_most: 10, per: 1h", 20),
        ("once_per: what, at_most: 1", 1),
    ],
)
def test_the_playbook_says_how_often_it_counts(desk: Desk, limits: str, counted: int) -> None:
    limited = f", {limits}" if limits else ""
    kinds = f"{{key: page, name: Page, points: 1{limited}}}"
    desk.publishes(f"{PLAYBOOK}\nscoring: {{threshold: 90, activities: [{kinds}]}}\n")
    nora = opens(desk, *["a"] * 30, kind="page")
    desk.later(hours=3)
    opens(desk, *["b"] * 30, kind="page")
    assert score(desk, nora) == counted


def test_many_leads_take_no_more_statements_than_one_and_all_go_by_the_index(desk: Desk) -> None:
    def count(ids: list[int]) -> int:
        with heard(desk.database.engine) as asked:
            desk.reads(lambda session: counted(session, ids))
        return len(asked)

    def counted(session: Session, ids: list[int]) -> object:
        families = {each: each for each in ids}
        return activity_counts.times(session, desk.workspace_id, families, Scoring())

    leads = [opens(desk, "a", "a", "b", lead={"email": f"p{number}@acme.example"}) for number in range(12)]
    assert count(leads) == count(leads[:1])
    told = plans(desk, lambda session: counted(session, leads[:1]))
    assert told.count("ix_activity_lead_id") == 2, told
