"""Old leads are erased at night, as the playbook says, a week after it said so."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.database import Database
from qualification.handoffs import decisions, erasure, progress, retention, snooze
from qualification.handoffs.retention import RetentionNotice
from qualification.organisation import publishing
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Activity, Delivery, Handoff, Lead, RetentionRun, Suppression
from qualification.rules.intake.row_errors import InvalidRow
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.leads.retention import Age, RetainedState
from qualification.rules.leads.suppression import SuppressionReason
from tests.worlds.desk import Desk, open_desk
from tests.worlds.playbook import PLAYBOOK
from tests.worlds.zelda import ZELDA, known

YEAR = "retention: {leads: [{state: unworked, after: 12 months}, {state: disqualified, after: 12 months}]}"
STRICT = YEAR.replace("12 months", "6 months")
LAX = YEAR.replace("12 months", "36 months")


def publishes(desk: Desk, retention: str, *, comment: str = "") -> None:
    """Publish the playbook with a section on retention."""
    desk.publishes(f"{PLAYBOOK}\n{retention}\n# {comment}\n")


def unworked(desk: Desk, count: int = 1, *, days: int = 400) -> list[int]:
    """Take in leads whom sales never has, so many days ago, and return their ids."""
    entries = [LeadInput(email=f"old{number}@acme{number}.example", name=f"Old {number}") for number in range(count)]
    ids = [desk.takes(entry).lead_id for entry in entries]
    ages(desk, *ids, days=days)
    return ids


def ages(desk: Desk, *lead_ids: int, days: int) -> None:
    """Move all that happened to the leads back by so many days."""
    at = desk.now - timedelta(days=days)
    with desk.database.transaction() as session:
        session.execute(update(Lead).where(Lead.id.in_(lead_ids)).values(updated_at=at, created_at=at))
        session.execute(update(Activity).where(Activity.lead_id.in_(lead_ids)).values(at=at))
        session.execute(update(Handoff).where(Handoff.lead_id.in_(lead_ids)).values(announced_at=at, accepted_at=None))
        ended = update(Handoff).where(Handoff.lead_id.in_(lead_ids), Handoff.ended_at.is_not(None))
        session.execute(ended.values(ended_at=at))


def run(desk: Desk) -> RetentionRun | None:
    """Return how far the erasing is."""
    return next(iter(desk.all(RetentionRun, RetentionRun.workspace_id == desk.workspace_id)), None)


def night(desk: Desk, *, limit: int = 100) -> list[int]:
    """Let a night pass, and return who was erased in it."""
    before = {*erased(desk)}
    desk.now = desk.now.replace(hour=2, minute=0, second=0) + timedelta(days=1)
    while desk.now.hour < 5 and desk.does(retention.run_due, limit=limit) >= limit:
        desk.later(seconds=1)
    return sorted({*erased(desk)} - before)


def erased(desk: Desk) -> list[int]:
    """Return who was erased."""
    return [each.id for each in desk.all(Lead, Lead.erased_at.is_not(None))]


def test_without_the_section_nothing_is_erased(desk: Desk) -> None:
    unworked(desk, days=9999)
    for _ in range(9):
        assert night(desk) == []
    assert run(desk) is None


def test_an_old_lead_is_erased_in_the_first_night_a_week_after_it_was_published(desk: Desk) -> None:
    publishes(desk, YEAR)
    (lead_id,) = unworked(desk)
    assert [night(desk) for _ in range(9)] == [[], [], [], [], [], [], [], [lead_id], []]


def test_who_is_old_goes_and_who_is_not_stays(desk: Desk) -> None:
    publishes(desk, YEAR)
    old, young = unworked(desk, 2)
    ages(desk, young, days=360 - 8)
    desk.later(days=7)
    assert night(desk) == [old]
    assert desk.all(Lead, Lead.id == old)[0].email is None
    assert desk.all(Lead, Lead.id == young)[0].email is not None


@pytest.mark.parametrize("what", ["activity", "change", "merge"])
def test_the_last_thing_that_happened_counts(desk: Desk, what: str) -> None:
    publishes(desk, YEAR)
    old, lead_id = unworked(desk, 2)
    email = desk.all(Lead, Lead.id == lead_id)[0].email
    if what == "activity":
        desk.takes(ActivityInput(id="late", kind="blog-post", lead=LeadInput(email=email)))
        with desk.database.transaction() as session:
            session.execute(update(Lead).values(updated_at=desk.now - timedelta(days=400)))
    elif what == "change":
        desk.takes(LeadInput(email=email, title="Chief"))
    else:
        desk.takes(LeadInput(id="x", email="another@acme1.example"))
        desk.takes(LeadInput(id="x", email=email))
        with desk.database.transaction() as session:
            root = Lead.merged_into_id.is_(None)
            session.execute(update(Lead).where(root).values(updated_at=desk.now - timedelta(days=400)))
    desk.later(days=7)
    assert night(desk) == [old]


def test_a_lead_that_sales_is_at_work_on_or_has_snoozed_is_never_touched(desk: Desk) -> None:
    publishes(
        desk, "retention: {leads: [" + ", ".join(f"{{state: {each}, after: 1d}}" for each in RetainedState) + "]}"
    )
    waiting = desk.hands_over("Acme").handoff_id
    desk.accepted("Globex")
    snoozed = desk.accepted("Initech", by="UANA") if desk.asked(waiting) != "UANA" else desk.accepted("Initech")
    owner = desk.card(snoozed).owner
    assert owner is not None
    day = str((desk.now + timedelta(days=60)).date())
    desk.does(snooze.snooze, by=owner.slack_user_id, handoff_id=snoozed, day=day, note="Later")
    ages(desk, *(each.id for each in desk.all(Lead)), days=900)
    desk.later(days=7)
    assert night(desk) == []


def test_the_state_that_sales_left_it_in_decides(desk: Desk) -> None:
    publishes(desk, "retention: {leads: [{state: disqualified, after: 30d}, {state: unworked, after: 900d}]}")
    (never,) = unworked(desk, days=400)
    handoff_id = desk.accepted("Acme")
    owner = desk.card(handoff_id).owner
    assert owner is not None
    desk.does(decisions.disqualify, by=owner.slack_user_id, handoff_id=handoff_id, reason="no-need", note=None)
    won = desk.accepted("Globex")
    seller = desk.card(won).owner
    assert seller is not None
    desk.does(progress.set_stage, by=seller.slack_user_id, handoff_id=won, stage="won")
    ages(desk, *(each.id for each in desk.all(Lead)), days=400)
    desk.later(days=7)
    assert night(desk) == [desk.handoff(handoff_id).lead_id]
    assert never not in erased(desk)


def test_all_that_was_found_to_be_the_same_person_goes_together(desk: Desk) -> None:
    publishes(desk, YEAR)
    one, other = unworked(desk, 2)
    emails = {each.id: each.email for each in desk.all(Lead)}
    for lead_id in (one, other):
        desk.takes(LeadInput(id="same", email=emails[lead_id]))
    ages(desk, one, other, days=400)
    desk.later(days=7)
    assert night(desk) == [one, other]


def test_who_was_erased_for_age_may_come_again(desk: Desk) -> None:
    publishes(desk, YEAR)
    lead_id = desk.takes(LeadInput.model_validate(ZELDA)).lead_id
    ages(desk, lead_id, days=400)
    desk.later(days=7)
    assert night(desk) == [lead_id]
    assert desk.all(Suppression) == []
    assert desk.takes(LeadInput.model_validate(ZELDA)).lead_id != lead_id


def test_no_thread_tells_of_it_and_the_messages_are_written_anew(desk: Desk) -> None:
    publishes(desk, YEAR)
    lead_id = known(desk)
    (handoff,) = desk.all(Handoff)
    owner = desk.card(handoff.id).owner
    assert owner is not None
    desk.does(decisions.disqualify, by=owner.slack_user_id, handoff_id=handoff.id, reason="no-need", note=None)
    ages(desk, lead_id, days=400)
    desk.later(days=7)
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(state="delivered", shown_revision=Delivery.desired_revision))
    before = {each.id for each in desk.all(Delivery)}
    assert night(desk) == [lead_id]
    assert desk.lead_kinds(lead_id)[-1] == "erased"
    assert {each.id for each in desk.all(Delivery)} == before
    waiting = {each.kind for each in desk.all(Delivery, Delivery.state == "pending")}
    assert waiting >= {"lead_card", "direct_card", "thread_line", "receipt"}


def test_the_night_is_short_and_the_next_one_goes_on_where_it_stopped(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    publishes(desk, YEAR)
    ids = unworked(desk, 5)
    desk.now = desk.now.replace(hour=2) + timedelta(days=8)
    with caplog.at_level(logging.INFO, logger="qualification.handoffs.retention"):
        for _ in range(2):
            assert desk.does(retention.run_due, limit=2) == 2
        assert erased(desk) == ids[:2]
        desk.now = desk.now.replace(hour=5)
        assert desk.does(retention.run_due, limit=2) == 1
        assert desk.does(retention.run_due, limit=2) == 0
        assert erased(desk) == ids[:2]
        assert night(desk, limit=2) == ids[2:]
        assert desk.does(retention.run_due) == 0
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"Old leads were erased by the playbook's retention: {count}." for count in (2, 3)]


def test_a_later_night_finds_who_has_become_old_since(desk: Desk) -> None:
    publishes(desk, YEAR)
    first, second = unworked(desk, 2)
    ages(desk, second, days=355)
    desk.later(days=7)
    assert night(desk) == [first]
    desk.later(days=3)
    assert night(desk) == [second]


def test_a_lead_that_comes_back_in_that_moment_stays(desk: Desk) -> None:
    publishes(desk, YEAR)
    (lead_id,) = unworked(desk)
    desk.now = desk.now.replace(hour=2) + timedelta(days=8)
    with desk.database.transaction() as session:
        leads = {lead_id: desk.now - timedelta(days=400)}
        year = {RetainedState.UNWORKED: Age(months=12)}
        assert retention._old_among(session, desk.workspace_id, leads, year, desk.now) == [lead_id]  # noqa: SLF001 - what was judged before
        session.execute(update(Lead).values(updated_at=desk.now))
        assert not retention._erase(session, desk.workspace_id, lead_id, year, 1, now=desk.now)  # noqa: SLF001 - what follows
    assert erased(desk) == []


def test_a_new_or_stricter_age_begins_its_week_anew_and_a_longer_one_does_not(desk: Desk) -> None:
    publishes(desk, LAX)
    young, old = unworked(desk, 2)
    ages(desk, young, days=400)
    ages(desk, old, days=1500)
    desk.later(days=10)
    assert night(desk) == [old]
    publishes(desk, YEAR)
    assert [night(desk) for _ in range(9)][-2:] == [[young], []]
    (mid,) = unworked(desk, days=300)
    publishes(desk, STRICT)
    assert night(desk) == []
    publishes(desk, YEAR, comment="again")
    ages(desk, mid, days=400)
    assert night(desk) == [mid]


def test_what_else_changes_in_a_playbook_does_not_begin_the_week_anew(desk: Desk) -> None:
    publishes(desk, YEAR)
    (lead_id,) = unworked(desk)
    for number in range(7):
        desk.later(days=1)
        publishes(desk, YEAR, comment=str(number))
        publishes(desk, YEAR, comment=str(number))
    assert night(desk) == [lead_id]


def test_the_week_begins_anew_after_a_playbook_without_it(desk: Desk) -> None:
    publishes(desk, YEAR)
    (lead_id,) = unworked(desk)
    desk.later(days=6)
    publishes(desk, "")
    assert run(desk) is None
    desk.later(days=1)
    publishes(desk, YEAR)
    assert [night(desk) for _ in range(8)] == [[], [], [], [], [], [], [], [lead_id]]


def test_it_is_announced_until_the_first_night(desk: Desk) -> None:
    unworked(desk, 3)
    wanted = {RetainedState.UNWORKED: Age(months=12)}
    count = desk.reads(lambda session: retention.preview(session, desk.workspace_id, wanted, now=desk.now))
    assert count == 3
    with desk.database.transaction() as session:
        text = f"{PLAYBOOK}\n{YEAR}\n"
        publishing.publish(session, workspace_id=desk.workspace_id, text=text, by="test", old_leads=count, now=desk.now)
    told = desk.reads(lambda session: retention.notice(session, desk.workspace_id, desk.now))
    first = desk.now.replace(hour=2) + timedelta(days=8)
    assert told == RetentionNotice(first, 3)
    again = desk.reads(lambda session: retention.preview(session, desk.workspace_id, wanted, now=first))
    assert again is None
    desk.later(days=7)
    night(desk)
    assert desk.reads(lambda session: retention.notice(session, desk.workspace_id, desk.now)) is None


def test_a_worker_that_sleeps_by_night_does_nothing_by_day(desk: Desk) -> None:
    publishes(desk, YEAR)
    unworked(desk)
    desk.later(days=9)
    assert desk.now.hour == 10
    assert desk.does(retention.run_due) == 1
    assert desk.does(retention.run_due) == 0
    assert erased(desk) == []


def test_a_clock_that_was_ahead_stops_it_for_no_longer_than_a_night(desk: Desk) -> None:
    publishes(desk, YEAR)
    (lead_id,) = unworked(desk)
    with desk.database.transaction() as session:
        session.execute(update(RetentionRun).values(due_at=desk.now + timedelta(days=999)))
    desk.later(days=6)
    assert desk.does(retention.run_due) == 1
    desk.later(days=1)
    assert night(desk) == [lead_id]


def test_a_playbook_published_by_a_clock_that_was_ahead_erases_nobody_early_and_keeps_no_worker_busy(
    desk: Desk,
) -> None:
    now = desk.now
    desk.later(days=90)
    publishes(desk, YEAR)
    desk.now = now
    unworked(desk)
    assert desk.does(retention.run_due) == 1
    assert desk.does(retention.run_due) == 0
    assert [night(desk) for _ in range(9)] == [[]] * 9
    assert desk.does(retention.run_due) == 0


def test_another_workspace_keeps_its_leads(desk: Desk) -> None:
    other = open_desk(desk.database, "T2")
    (theirs,) = unworked(other, days=9999)
    publishes(desk, YEAR)
    (ours,) = unworked(desk)
    assert theirs < ours
    desk.later(days=7)
    assert night(desk) == [ours]


def test_one_that_cannot_be_erased_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    publishes(desk, YEAR)
    bad, good = unworked(desk, 2)
    erase = erasure.erase

    def fails(session: UnitOfWork, workspace_id: int, lead_id: int, **given: Any) -> Any:
        if lead_id == bad:
            raise RuntimeError
        return erase(session, workspace_id, lead_id, **given)

    monkeypatch.setattr(erasure, "erase", fails)
    desk.later(days=7)
    assert night(desk) == [good]
    monkeypatch.undo()
    assert night(desk) == [bad]


def test_who_wanted_no_contact_still_wants_none_when_they_come_in_again(desk: Desk, database_url: str) -> None:
    publishes(desk, YEAR)
    entry = LeadInput(email="quiet@acme.example", name="Quiet", do_not_contact=True)
    lead_id = desk.takes(entry).lead_id
    ages(desk, lead_id, days=400)
    keyless = replace(desk, database=Database(database_url))
    for _ in range(9):
        assert night(keyless) == []
    keyless.database.dispose()
    desk.now = keyless.now
    assert night(desk) == [lead_id]
    assert {each.reason for each in desk.all(Suppression)} == {SuppressionReason.OPTED_OUT}
    again = desk.takes(LeadInput(email="quiet@acme.example", name="Quiet again")).lead_id
    assert [each.do_not_contact for each in desk.all(Lead, Lead.id == again)] == [True]
    desk.does(erasure.erase, lead_id=again, by="unix:tests")
    with pytest.raises(InvalidRow):
        desk.takes(LeadInput(email="quiet@acme.example"))
