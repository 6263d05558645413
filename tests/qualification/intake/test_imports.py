"""Rows of a file, and what they become: leads with a past that nobody is told of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from qualification.handoffs import decisions, progress, snooze
from qualification.intake import historical_deals, imports
from qualification.intake.imports import HAS_IT_ALREADY, Imported
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Activity, Delivery, Handoff, Lead, Person, Task
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ActivityDetails, HandoffInput, ImportRow, LeadInput
from tests.worlds.desk import MORNING, Desk
from tests.worlds.playbook import PLAYBOOK

MARCH, APRIL, MAY = (MORNING - timedelta(days=days) for days in (250, 220, 190))


def row(lead: str = "L1", *acts: str, handoff: dict[str, object] | None = None, **said: object) -> ImportRow:
    return ImportRow(
        LeadInput.model_validate({"id": lead, **said}),
        tuple(
            ActivityDetails.model_validate({"id": f"{lead} {kind} {index}", "kind": kind, "at": MARCH})
            for index, kind in enumerate(acts)
        ),
        HandoffInput.model_validate(handoff) if handoff else None,
    )


def brings(desk: Desk, *rows: ImportRow, announcing: bool = False) -> Imported:
    """Bring rows in, as a slice of a file."""

    def run(session: UnitOfWork, workspace_id: int, now: datetime) -> Imported:
        roster = imports.roster_of(session, workspace_id)
        return imports.import_rows(session, roster, "crm", rows, announcing=announcing, now=now)

    return desk.does(run)


def deal(desk: Desk, **fared: object) -> Handoff:
    """Bring one deal in, and return it as stored."""
    assert brings(desk, row(company="Acme", handoff=fared)).rejected == {}
    (handoff,) = desk.all(Handoff)
    return handoff


def test_a_deal_that_goes_on_is_its_owners_and_is_announced_to_nobody(desk: Desk) -> None:
    handoff = deal(desk, owner="Ana Ruiz", stage="follow-up", at=MARCH, contacted_at=APRIL)
    card = desk.card(handoff.id)
    assert (card.state, card.stage, card.lifecycle) == ("accepted", "follow-up", "mql")
    assert card.owner is not None
    assert card.owner.slack_user_id == "UANA"
    assert (card.announced_at, card.accepted_at, card.contacted_at) == (MARCH, MARCH, APRIL)
    assert desk.all(Delivery) == []
    assert desk.kinds(handoff.id) == ["handed_over", "accepted", "stage_set", "lifecycle_moved"]
    (lead,) = desk.all(Lead)
    assert lead.created_at == MARCH


def test_a_deal_from_a_file_has_no_next_step_before_it_moves(desk: Desk) -> None:
    handoff = deal(desk, owner="UANA", stage="to-contact", at=MARCH)
    assert desk.all(Task) == []
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff.id, stage="follow-up")
    (task,) = desk.all(Task)
    assert (task.name, task.outcome) == ("Follow up", "open")


def test_a_deal_from_a_file_can_be_put_off_and_wakes_to_its_owner(desk: Desk) -> None:
    handoff = deal(desk, owner="UANA", stage="follow-up", at=MARCH)
    desk.does(snooze.snooze, by="UANA", handoff_id=handoff.id, offer_id=None, day="2027-03-03", note=None)
    desk.now = datetime(2027, 3, 3, 9, tzinfo=UTC)
    desk.ticks()
    assert (desk.card(handoff.id).why, desk.asked(handoff.id)) == ("resumed", "UANA")


def test_what_sales_wrote_of_a_deal_that_goes_on_stands_on_its_card(desk: Desk) -> None:
    handoff = deal(desk, owner="Ana Ruiz", stage="contacted", at=MARCH, note="Call after Easter")
    assert desk.card(handoff.id).note == "Call after Easter"


def test_its_card_comes_with_the_first_thing_that_happens_to_it(desk: Desk) -> None:
    handoff = deal(desk, owner="UANA", stage="contacted", at=MARCH)
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff.id, kind="call", note=None)
    assert sorted(each.kind for each in desk.all(Delivery)) == ["lead_card", "thread_line"]


def test_what_a_sender_says_anew_of_a_deal_from_a_file_stands_in_a_thread_like_any_other(desk: Desk) -> None:
    handoff = deal(desk, owner="UANA", stage="contacted", at=MARCH)
    desk.takes(LeadInput(id="L1", phone="+49 1"), sender="crm")
    assert desk.kinds(handoff.id)[-1] == "updated"
    assert sorted(each.kind for each in desk.all(Delivery)) == ["lead_card", "thread_line"]


@pytest.mark.parametrize(
    ("fared", "state", "lifecycle", "told"),
    [
        ({"stage": "won"}, "won", "customer", "stage_set"),
        ({"stage": "lost", "lost": "price", "note": "Too dear"}, "lost", "lead", "stage_set"),
        ({"disqualified": "no-need"}, "disqualified", "disqualified", "disqualified"),
    ],
)
def test_a_deal_that_ended_keeps_its_verdict_and_its_days_and_can_be_reopened(
    desk: Desk, fared: dict[str, object], state: str, lifecycle: str, told: str
) -> None:
    handoff = deal(desk, owner="Ben Okafor", at=MARCH, ended_at=MAY, **fared)
    card = desk.card(handoff.id)
    assert (card.state, card.lifecycle, card.ended_at) == (state, lifecycle, MAY)
    assert card.reason_note == fared.get("note")
    assert desk.kinds(handoff.id)[2] == told
    assert [event.at for event in desk.events(handoff.id)][:3] == [MARCH, MARCH, MAY]
    desk.does(decisions.reopen, by="UBEN", handoff_id=handoff.id)
    assert (desk.card(handoff.id).state, desk.card(handoff.id).stage) == ("accepted", "to-contact")


def test_somebody_who_has_left_keeps_their_deals_without_a_part_in_the_playbook(desk: Desk) -> None:
    for count in ("1", "2"):
        won = {"owner": "Gone Person", "stage": "won", "ended_at": MAY}
        assert brings(desk, row(count, handoff=won)).handoffs == 1
    (gone,) = desk.all(Person, Person.name == "Gone Person")
    assert (gone.active, {handoff.owner_id for handoff in desk.all(Handoff)}) == (False, {gone.id})


def test_somebody_of_a_long_name_who_has_left_is_one_person(desk: Desk) -> None:
    won = {"owner": "Gone Person " * 25, "stage": "won", "ended_at": MAY}
    brings(desk, row("1", handoff=won), row("2", handoff=won))
    brings(desk, row("3", handoff=won))
    assert len(desk.all(Person, Person.active.is_(False))) == 1


@pytest.mark.parametrize(
    "again",
    [{"email": "IVY@acme.example"}, {"email": "ivy@acme.example", "name": "Ivy Chen", "company": "Acme"}],
)
def test_a_deal_without_an_id_is_known_again_whatever_else_is_said_of_its_lead(
    desk: Desk, again: dict[str, str]
) -> None:
    won = HandoffInput.model_validate({"stage": "won", "ended_at": MAY})
    for said in ({"email": "ivy@acme.example", "name": "Ivy"}, again):
        brings(desk, ImportRow(LeadInput.model_validate(said), (), won))
    assert len(desk.all(Handoff)) == 1


@pytest.mark.parametrize(
    ("fared", "field", "reason"),
    [
        (
            {"owner": "Nobody", "stage": "contacted"},
            "handoff.owner",
            "isn't in the playbook, but the deal is still open",
        ),
        ({"stage": "contacted"}, "handoff.owner", "is missing: an open deal needs an owner"),
        (
            {"owner": "UANA", "stage": "won"},
            "handoff.ended_at",
            "is missing: a closed deal needs the time when it ended",
        ),
        (
            {"owner": "UANA", "stage": "contacted", "ended_at": MAY},
            "handoff.ended_at",
            "is given, but the stage is an open one",
        ),
        (
            {"owner": "UANA", "stage": "won", "at": MAY, "ended_at": MARCH},
            "handoff.ended_at",
            "is before it was handed over",
        ),
        (
            {"owner": "UANA", "stage": "contacted", "at": MORNING + timedelta(days=2)},
            "handoff.at",
            "is in the future",
        ),
        (
            {"owner": "UANA", "stage": "won", "contacted_at": MAY, "ended_at": MARCH},
            "handoff.ended_at",
            "is before somebody got in touch",
        ),
        (
            {"owner": "UANA", "stage": "contacted", "lost": "price"},
            "handoff.lost",
            "is given, but the stage isn't lost",
        ),
        ({"owner": "UANA", "stage": "gone"}, "handoff.stage", "the playbook has no stage called `gone`"),
        ({"owner": "UANA", "stage": "contacted", "team": "x"}, "handoff.team", "the playbook has no team called `x`"),
    ],
)
def test_a_deal_that_cannot_be_is_left_out_and_its_lead_is_taken(
    desk: Desk, fared: dict[str, object], field: str, reason: str
) -> None:
    found = brings(desk, row(handoff=fared), row("L2"))
    assert found.rejected == {0: (RowError(field, reason),)}
    assert len(desk.all(Lead)) == 2
    assert desk.all(Handoff) == []


def test_a_day_may_be_any_time_of_it(desk: Desk) -> None:
    """What is dated today is past, before noon too, and what ended on a day may have begun in its afternoon."""
    noon, afternoon = MORNING.replace(hour=12), MORNING - timedelta(days=4, hours=-4)
    demo = ActivityDetails.model_validate({"id": "A1", "kind": "demo-request", "at": noon})
    today = ImportRow(LeadInput(id="L1"), (demo,), days=frozenset({noon}))
    ended = {"owner": "UANA", "stage": "won", "at": afternoon, "ended_at": noon - timedelta(days=4)}
    won = row("L2", handoff=ended)
    dated = replace(won, days=frozenset({noon - timedelta(days=4)}))
    assert brings(desk, today, dated).rejected == {}
    (activity,) = desk.all(Activity)
    (handoff,) = desk.all(Handoff)
    assert activity.at == MORNING
    assert (handoff.announced_at, handoff.ended_at) == (afternoon, afternoon)
    assert brings(desk, today, dated).handoffs == 0
    untimely = "is before it was handed over"
    assert brings(desk, won).rejected == {0: (RowError("handoff.ended_at", untimely),)}
    day_before = replace(
        won,
        days=frozenset({noon - timedelta(days=5)}),
        handoff=HandoffInput.model_validate({**ended, "ended_at": noon - timedelta(days=5)}),
    )
    assert brings(desk, day_before).rejected == {0: (RowError("handoff.ended_at", untimely),)}
    began = {"owner": "UANA", "stage": "won", "at": noon - timedelta(days=5), "ended_at": MORNING - timedelta(days=5)}
    by_ten = replace(row("L4", handoff=began), days=frozenset({noon - timedelta(days=5)}))
    assert brings(desk, by_ten).rejected == {}
    handoff = desk.all(Handoff)[-1]
    assert handoff.announced_at == handoff.ended_at == MORNING - timedelta(days=5)
    tomorrow = noon + timedelta(days=1)
    early = ImportRow(LeadInput(id="L3"), (demo.model_copy(update={"at": tomorrow}),), days=frozenset({tomorrow}))
    assert brings(desk, early).rejected == {0: (RowError("activities[0].at", "is in the future"),)}


def test_a_second_deal_that_goes_on_is_left_out_and_told_for_sales_has_the_lead(desk: Desk) -> None:
    first = {"id": "D1", "owner": "UANA", "stage": "contacted", "at": MARCH}
    found = brings(desk, row(handoff=first), row(handoff={**first, "id": "D2"}))
    assert (found.handoffs, found.rejected) == (1, {1: (HAS_IT_ALREADY,)})
    assert brings(desk, row(handoff={**first, "id": "D3"})).rejected == {0: (HAS_IT_ALREADY,)}
    assert len(desk.all(Handoff)) == 1


def test_of_several_deals_the_one_that_goes_on_else_the_latest_says_where_the_lead_is(desk: Desk) -> None:
    lost = {"id": "D1", "owner": "UANA", "stage": "lost", "at": APRIL, "ended_at": MAY}
    won = {"id": "D2", "owner": "UANA", "stage": "won", "at": MARCH, "ended_at": APRIL}
    brings(desk, row(handoff=lost), row(handoff=won))
    assert desk.all(Lead)[0].lifecycle == "lead"
    brings(desk, row(handoff={"id": "D3", "owner": "UANA", "stage": "proposal-sent", "at": MARCH}))
    assert desk.all(Lead)[0].lifecycle == "opportunity"


def test_a_deal_is_that_of_the_lead_which_a_later_row_shows_it_to_be(desk: Desk) -> None:
    fared = {"owner": "UANA", "stage": "contacted", "at": MARCH}
    by_email = ImportRow(LeadInput(email="ivy@acme.example"))
    assert brings(desk, by_email, row("L1", handoff=fared), row("L1", email="ivy@acme.example")).handoffs == 1
    kept, merged = sorted(desk.all(Lead), key=lambda lead: lead.id)
    assert (merged.merged_into_id, kept.lifecycle) == (kept.id, "mql")
    assert [handoff.lead_id for handoff in desk.all(Handoff)] == [kept.id]


def test_whatever_comes_beside_our_own_columns_is_kept_or_refused_alike_on_every_database(desk: Desk) -> None:
    brings(desk, row(fields={"a\0b": ["c\0d", {"e": "f\ud800"}]}))
    assert [lead.fields for lead in desk.all(Lead)] == [{"ab": ["cd", {"e": "f"}]}]
    for number in (float("nan"), [float("inf")]):
        with pytest.raises(ValidationError, match="holds a number that isn't finite"):
            LeadInput(id="L1", fields={"x": number})


def test_rows_that_come_again_change_nothing(desk: Desk) -> None:
    rows = [
        row("L1", "trial", handoff={"owner": "UANA", "stage": "won", "at": MARCH, "ended_at": MAY}),
        row("L2", "blog-post", "blog-post"),
    ]
    first, second = brings(desk, *rows), brings(desk, *rows)
    assert (first.new_leads, first.activities, first.handoffs) == (2, 3, 1)
    assert (second.new_leads, second.known_leads, second.activities, second.handoffs) == (0, 2, 0, 0)
    assert (len(desk.all(Lead)), len(desk.all(Activity)), len(desk.all(Handoff))) == (2, 3, 1)


def test_what_was_done_counts_and_hands_nobody_over_unless_that_was_said(desk: Desk) -> None:
    brings(desk, row("L1", "trial", "pricing-page", company="Acme"), row("L2", "blog-post", company="Bolt"))
    assert [(lead.score, lead.lifecycle) for lead in desk.all(Lead)] == [(40, "lead"), (2, "lead")]
    assert (desk.all(Handoff), desk.all(Delivery)) == ([], [])
    brings(desk, row("L3", "trial", company="Core"), announcing=True)
    (handoff,) = desk.all(Handoff)
    assert desk.card(handoff.id).state == "offered"
    assert {each.kind for each in desk.all(Delivery)} >= {"lead_card", "direct_card"}


def test_deals_that_go_on_are_shown_where_that_was_said(desk: Desk) -> None:
    brings(desk, row(handoff={"owner": "UANA", "stage": "contacted", "at": MARCH}), announcing=True)
    assert sorted(each.kind for each in desk.all(Delivery)) == ["direct_card", "lead_card"]


def test_what_a_file_says_anew_of_a_lead_with_sales_is_kept_and_told_only_where_that_was_said(desk: Desk) -> None:
    handoff = deal(desk, owner="UANA", stage="contacted", at=MARCH)
    brings(desk, row(phone="+49 1"))
    assert (desk.kinds(handoff.id)[-1], desk.all(Delivery)) == ("updated", [])
    brings(desk, row(phone="+49 2"), announcing=True)
    assert sorted(each.kind for each in desk.all(Delivery)) == ["lead_card", "thread_line"]


def test_a_roster_is_read_again_once_another_playbook_counts(desk: Desk) -> None:
    with desk.database.snapshot() as session:
        roster = imports.roster_of(session, desk.workspace_id)
        assert imports.roster_of(session, desk.workspace_id, roster) is roster
    desk.publishes(PLAYBOOK + "\ncurrency: USD\n")
    with desk.database.snapshot() as session:
        assert imports.roster_of(session, desk.workspace_id, roster) is not roster


def test_two_people_of_one_name_cannot_be_told_apart(desk: Desk) -> None:
    desk.publishes(PLAYBOOK.replace("name: Ben Okafor", "name: Ana Ruiz"))
    given = HandoffInput.model_validate({"owner": "ana  ruiz", "stage": "won", "ended_at": MAY})
    with desk.database.snapshot() as session:
        roster = imports.roster_of(session, desk.workspace_id)
    assert [error.reason for error in roster.owner_errors(given)] == [
        "is the name of several people; give an e-mail address"
    ]
    assert historical_deals.state_of(given, roster.published.playbook) == "won"


def test_what_was_put_off_is_not_offered_again_where_a_file_says_that_it_was_won_since(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered("Acme", person="Jo", email="jo@acme.example")
    desk.does(snooze.snooze, by="UANA", handoff_id=handoff_id, offer_id=offer_id, day="2027-03-03", note=None)
    desk.later(days=30)
    won = {"owner": "UBEN", "stage": "won", "at": desk.now - timedelta(days=10), "ended_at": desk.now}
    assert brings(desk, row(email="jo@acme.example", handoff=won)).rejected == {}
    desk.later(days=90)
    while desk.ticks():
        pass
    assert (desk.card(handoff_id).state, desk.card(handoff_id).lifecycle) == ("snoozed", "customer")
    assert desk.kinds(handoff_id)[-1] == "snooze_dropped"
