"""A team's day summed up: made once at its hour, enqueued with its figures, equal to what happened."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.database import Database
from qualification.checklists import checklists
from qualification.handoffs import decisions, progress, tasks
from qualification.outbox import surfaces
from qualification.records import Delivery, Handoff, LeadEvent, Priority, Summary, Task, Team
from qualification.reporting import summaries, summary_plans
from qualification.reporting.figures import DailySummary, NamedCount, Steps
from qualification.rules.checklists.frameworks import Verdict
from tests.qualification.intake.test_imports import brings, row
from tests.qualification.reporting.test_pipeline import TWO_TEAMS, owner
from tests.worlds.desk import MORNING, Desk, open_desk
from tests.worlds.playbook import PLAYBOOK

LONDON = ZoneInfo("Europe/London")
DAILY = PLAYBOOK.replace("zone: Europe/London}", 'zone: Europe/London, summary: {at: "08:30", days: mon-sun}}')
# Ten seconds after the hour.
WEDNESDAY = datetime(2026, 11, 25, 8, 30, 10, tzinfo=UTC)


def made(desk: Desk) -> list[Summary]:
    return sorted(desk.all(Summary, Summary.made_at.is_not(None)), key=lambda each: each.day)


def planned(desk: Desk) -> list[tuple[date, datetime]]:
    return [(each.day, each.due_at) for each in desk.all(Summary, Summary.made_at.is_(None))]


def strikes(desk: Desk, at: datetime | None = None) -> int:
    desk.now = at or desk.now
    done = 0
    while count := desk.does(summaries.run_due):
        done += count
    return done


def told(desk: Desk, summary: Summary | None = None, *, at: datetime | None = None) -> DailySummary:
    summary = summary or made(desk)[-1]
    return desk.reads(lambda session: summaries.daily_summary(session, desk.workspace_id, summary.id, at or desk.now))


def disqualifies(desk: Desk, handoff_id: int, reason: str = "no-need") -> None:
    offer_id = desk.card(handoff_id).offer_id
    by = owner(desk, handoff_id) if offer_id is None else desk.asked(handoff_id)
    desk.does(decisions.disqualify, by=by, handoff_id=handoff_id, offer_id=offer_id, reason=reason, note=None)


def test_publishing_plans_each_teams_next_one_at_its_own_hour(desk: Desk) -> None:
    desk.publishes(TWO_TEAMS.replace("zone: America/New_York", 'zone: America/New_York, summary: {at: "09:15"}'))
    assert sorted(planned(desk)) == [
        (date(2026, 11, 24), datetime(2026, 11, 24, 14, 15, tzinfo=UTC)),
        (date(2026, 11, 25), datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),
    ]


def test_at_the_hour_one_is_made_owed_with_its_details_and_the_next_is_planned(desk: Desk) -> None:
    desk.offered("Acme")
    assert strikes(desk, datetime(2026, 11, 25, 8, 30, 9, tzinfo=UTC)) == 0
    assert strikes(desk, WEDNESDAY) == 1
    (summary,) = made(desk)
    assert (summary.day, summary.due_at) == (date(2026, 11, 25), datetime(2026, 11, 25, 8, 30, tzinfo=UTC))
    assert summary.since == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert planned(desk) == [(date(2026, 11, 26), datetime(2026, 11, 26, 8, 30, tzinfo=UTC))]
    (message,) = desk.all(Delivery, Delivery.kind == "summary")
    (details,) = desk.all(Delivery, Delivery.kind == "summary_details")
    assert details.parent_id == message.id
    assert strikes(desk) == 0


def test_the_figures_are_those_of_what_was_done_and_by_whom(desk: Desk) -> None:
    won = desk.accepted_lead("Acme", value="1000", source="demo")
    desk.does(progress.set_stage, by=owner(desk, won), handoff_id=won, stage="proposal-sent")
    desk.does(progress.set_stage, by=owner(desk, won), handoff_id=won, stage="won")
    lost = desk.accepted_lead("Bolt", source="demo")
    desk.does(progress.lose, by=owner(desk, lost), handoff_id=lost, reason="price", note=None)
    disqualifies(desk, desk.offered("Dent", source="trial")[0])
    desk.offered("Echo", person="Eve", email="eve@echo.example")
    strikes(desk, WEDNESDAY)
    summary = told(desk)
    assert summary.came_in == 4
    assert summary.steps == Steps(
        handed_over=4, accepted=2, qualified=1, opportunities=1, won=1, lost=1, disqualified=1
    )
    assert summary.sources == (NamedCount("Demo request", 2), NamedCount("Trial started", 1), NamedCount(None, 1))
    assert summary.reasons == (NamedCount("No need", 1),)
    assert summary.new == ("Acme", "Bolt", "Dent", "Echo · Eve")
    done = {each.who.name: each.steps for each in summary.reps if each.who}
    assert done["Ana Ruiz"] == Steps(accepted=1, qualified=1, opportunities=1, won=1)
    assert sum(each.accepted for each in done.values()) == 2
    assert [(each.key, each.tally.count) for each in summary.stages if each.tally.count] == [("waiting", 1)]


def test_an_sql_is_counted_when_its_checklist_passes(desk: Desk) -> None:
    handoff_id = desk.accepted("Acme")
    given = {item: checklists.Given(Verdict.YES, "So they say.") for item in ("budget", "need", "timing")}
    desk.does(checklists.save, by=owner(desk, handoff_id), handoff_id=handoff_id, given=given)
    strikes(desk, WEDNESDAY)
    assert told(desk).steps == Steps(handed_over=1, accepted=1, qualified=1)


def test_what_is_taken_back_before_the_hour_counts_nothing_and_afterwards_stays(desk: Desk) -> None:
    handoff_id = desk.accepted("Acme")
    desk.does(decisions.undo, by=owner(desk, handoff_id), handoff_id=handoff_id)
    other = desk.accepted("Bolt")
    disqualifies(desk, other)
    strikes(desk, WEDNESDAY)
    assert told(desk).steps == Steps(handed_over=2, accepted=1, disqualified=1)
    desk.does(decisions.reopen, by="UMAYA", handoff_id=other)
    strikes(desk, WEDNESDAY + timedelta(days=1))
    first, second = made(desk)
    assert told(desk, first).steps.disqualified == 1
    assert told(desk, second).steps == Steps()


def test_what_is_reopened_and_put_back_to_where_it_was_is_no_news(desk: Desk) -> None:
    handoff_id = desk.accepted("Acme")
    by = owner(desk, handoff_id)
    desk.does(progress.set_stage, by=by, handoff_id=handoff_id, stage="proposal-sent")
    desk.does(progress.lose, by=by, handoff_id=handoff_id, reason="price", note=None)
    strikes(desk, WEDNESDAY)
    assert told(desk).steps == Steps(handed_over=1, accepted=1, qualified=1, opportunities=1, lost=1)
    desk.does(decisions.reopen, by="UMAYA", handoff_id=handoff_id)
    strikes(desk, WEDNESDAY + timedelta(days=1))
    assert told(desk).steps == Steps()


def test_who_needs_somebody_is_named_without_address_or_number(desk: Desk) -> None:
    desk.offered("Acme", email="jo@acme.example")
    desk.offered("Bolt", source="webinar")
    handoff_id = desk.accepted("Core")
    (task,) = desk.all(Task)
    desk.does(tasks.done, by=owner(desk, handoff_id), handoff_id=handoff_id, task_id=task.id)
    desk.hands_over("", email="somebody@nowhere.example", person="")
    desk.now = MORNING + timedelta(hours=1)
    for _ in range(3):
        desk.ticks()
        desk.later(minutes=31)
    strikes(desk, WEDNESDAY)
    summary = told(desk)
    assert {(each.lead, each.why, each.overdue) for each in summary.waiting} >= {("Bolt", "manager_queue", True)}
    assert summary.waiting_count == 3
    assert not any("@" in each.lead for each in summary.waiting)
    (cold,) = summary.overdue
    assert cold.who is not None
    assert (cold.lead, cold.why, cold.who.slack_user_id) == ("Core", "contact", owner(desk, handoff_id))
    assert summary.overdue_count == 1


def test_what_was_passed_on_waits_and_is_not_overdue_and_what_lapsed_is(desk: Desk) -> None:
    passed = desk.hands_over("Acme").handoff_id
    for _ in range(3):
        desk.passes_on(passed, by=desk.asked(passed))
    expired = desk.hands_over("Bolt").handoff_id
    for _ in range(2):
        desk.later(minutes=31)
        desk.ticks()
    assert {desk.card(each).queue_reason for each in (passed, expired)} == {"everyone_asked"}
    strikes(desk, WEDNESDAY)
    assert [(each.lead, each.why, each.overdue) for each in told(desk).waiting] == [
        ("Bolt", "manager_queue", True),
        ("Acme", "manager_queue", False),
    ]


def test_steps_are_overdue_by_their_time_whether_or_not_their_clocks_have_run(desk: Desk) -> None:
    desk.accepted("Core")
    desk.later(hours=5)
    strikes(desk, WEDNESDAY)
    assert [(each.why, each.what) for each in told(desk).overdue] == [("task", "Make the first contact")]


def test_an_overdue_step_stands_for_the_missing_contact(desk: Desk) -> None:
    desk.accepted("Core")
    desk.later(hours=5)
    desk.ticks()
    strikes(desk, WEDNESDAY)
    assert [(each.why, each.what) for each in told(desk).overdue] == [("task", "Make the first contact")]


def test_long_lists_are_cut_and_tell_how_many_more_there_are(desk: Desk) -> None:
    for number in range(25):
        desk.offered(f"Company {number}")
    strikes(desk, WEDNESDAY)
    summary = told(desk)
    assert (len(summary.waiting), summary.waiting_count) == (10, 25)
    assert (len(summary.new), summary.new_count) == (20, 25)


def test_each_begins_where_the_one_before_ended_and_weekends_are_told_on_monday(desk: Desk) -> None:
    strikes(desk, datetime(2026, 11, 27, 8, 30, 10, tzinfo=UTC))
    desk.now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    desk.offered("Acme")
    assert strikes(desk, datetime(2026, 11, 30, 8, 30, 10, tzinfo=UTC)) == 1
    friday, monday = made(desk)
    assert (friday.due_at, monday.due_at) == (monday.since, datetime(2026, 11, 30, 8, 30, tzinfo=UTC))
    assert told(desk, monday).steps.handed_over == 1


def test_what_happens_on_the_hour_belongs_to_the_next_day(desk: Desk) -> None:
    desk.now = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    desk.offered("Acme")
    desk.now -= timedelta(microseconds=1)
    desk.offered("Bolt")
    strikes(desk, WEDNESDAY)
    assert told(desk).new == ("Bolt",)
    strikes(desk, WEDNESDAY + timedelta(days=1))
    assert told(desk).new == ("Acme",)


def test_after_days_without_a_worker_there_is_one_for_all_of_them_and_it_says_so(desk: Desk) -> None:
    desk.offered("Acme")
    friday = datetime(2026, 11, 27, 11, tzinfo=UTC)
    assert strikes(desk, friday) == 1
    (summary,) = made(desk)
    assert (summary.day, summary.due_at) == (date(2026, 11, 27), datetime(2026, 11, 27, 8, 30, tzinfo=UTC))
    assert summary.since == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    shown = told(desk)
    assert (shown.late, shown.stands_later, shown.steps.handed_over) == (True, True, 1)
    assert planned(desk)[0][0] == date(2026, 11, 30)


def test_one_that_slack_took_late_says_so_and_tells_the_same_whenever_it_is_drawn(desk: Desk) -> None:
    strikes(desk, WEDNESDAY)
    on_time, late = WEDNESDAY + timedelta(minutes=5), WEDNESDAY + timedelta(hours=2)
    assert not told(desk, at=on_time).late
    assert told(desk, at=late).late
    assert not told(desk, at=late).stands_later
    assert told(desk, at=late) == told(desk, at=late)


def test_a_new_hour_moves_the_one_to_come_and_nothing_is_told_twice(desk: Desk) -> None:
    desk.publishes(DAILY)
    desk.publishes(DAILY.replace("08:30", "17:45"))
    assert planned(desk) == [(date(2026, 11, 24), datetime(2026, 11, 24, 17, 45, tzinfo=UTC))]
    strikes(desk, datetime(2026, 11, 24, 17, 45, 10, tzinfo=UTC))
    desk.publishes(DAILY.replace("08:30", "23:00"))
    assert planned(desk) == [(date(2026, 11, 25), datetime(2026, 11, 25, 23, tzinfo=UTC))]
    assert len(made(desk)) == 1


def test_a_playbook_published_while_one_is_due_leaves_it_to_be_told(desk: Desk) -> None:
    desk.now = WEDNESDAY - timedelta(seconds=5)
    desk.publishes(DAILY.replace("08:30", "17:00"))
    assert strikes(desk, WEDNESDAY) == 1
    assert made(desk)[0].day == date(2026, 11, 25)
    assert planned(desk) == [(date(2026, 11, 26), datetime(2026, 11, 26, 17, tzinfo=UTC))]


def test_a_team_without_summaries_and_one_that_is_no_more_have_none_planned(desk: Desk) -> None:
    desk.publishes(TWO_TEAMS)
    assert len(planned(desk)) == 2
    desk.publishes(TWO_TEAMS.replace("zone: America/New_York", "zone: America/New_York, summary: off"))
    assert len(planned(desk)) == 1
    desk.publishes(TWO_TEAMS)
    assert len(planned(desk)) == 2
    desk.publishes(PLAYBOOK)
    assert len(planned(desk)) == 1
    assert strikes(desk, WEDNESDAY + timedelta(days=1)) == 1


def test_a_database_that_was_brought_up_to_date_has_them_planned_when_a_worker_begins(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.query(Summary).delete()
    desk.does(summaries.plan)
    assert planned(desk) == [(date(2026, 11, 25), datetime(2026, 11, 25, 8, 30, tzinfo=UTC))]
    desk.does(summaries.plan)
    assert len(planned(desk)) == 1


def test_a_workspace_without_a_playbook_has_none_planned(database: Database) -> None:
    desk = open_desk(database, playbook=None)
    desk.does(summaries.plan)
    assert planned(desk) == []


def test_what_a_file_brings_in_as_past_is_no_news_and_what_happens_to_it_here_is(desk: Desk) -> None:
    ended_at = (desk.now - timedelta(hours=1)).isoformat()
    brings(
        desk,
        row("1", handoff={"id": "1", "owner": "UANA", "stage": "proposal-sent"}),
        row("2", handoff={"id": "2", "owner": "UANA", "stage": "won", "ended_at": ended_at}),
    )
    strikes(desk, WEDNESDAY)
    assert (told(desk).steps, told(desk).came_in) == (Steps(), 0)
    (going,) = desk.all(Handoff, Handoff.external_id == "1")
    desk.does(progress.set_stage, by="UANA", handoff_id=going.id, stage="won")
    strikes(desk, WEDNESDAY + timedelta(days=1))
    assert told(desk).steps == Steps(won=1)


def test_teams_count_their_own_and_one_workspace_never_anothers(desk: Desk, other_desk: Desk) -> None:
    desk.publishes(TWO_TEAMS)
    desk.offered("Acme")
    desk.offered("Bolt", country="US")
    other_desk.offered("Core")
    strikes(desk, WEDNESDAY + timedelta(hours=6))
    names = {each.id: each.name for each in desk.all(Team)}
    found = {names[each.team_id]: told(desk, each) for each in made(desk)}
    assert {team: (each.new, each.teams, each.came_in) for team, each in found.items()} == {
        "EMEA": (("Acme",), 2, 2),
        "Americas": (("Bolt",), 2, 2),
    }


def test_an_empty_day_is_told_and_has_no_details(desk: Desk) -> None:
    strikes(desk, WEDNESDAY)
    summary = told(desk)
    assert (summary.steps, summary.came_in, summary.waiting_count, summary.has_leads) == (Steps(), 0, 0, False)
    assert not desk.all(Delivery, Delivery.kind == "summary_details")


def test_two_workers_at_the_same_moment_make_one(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    desk = open_desk(database)
    desk.now = WEDNESDAY
    with ThreadPoolExecutor(1) as other, database.transaction() as session:
        assert summaries.run_due(session, desk.workspace_id, desk.now) == 1
        assert other.submit(desk.does, summaries.run_due).result() == 0
    assert strikes(desk) == 0
    assert len(made(desk)) == 1
    assert len(desk.all(Delivery, Delivery.kind == "summary")) == 1
    database.dispose()


def test_a_worker_and_a_playbook_at_the_same_moment_leave_one_planned(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    desk = open_desk(database)
    desk.now = WEDNESDAY
    with ThreadPoolExecutor(1) as other:
        with database.transaction() as session:
            assert summaries.run_due(session, desk.workspace_id, desk.now) == 1
            publishes = other.submit(desk.publishes, DAILY.replace("08:30", "10:00"))
        publishes.result()
    assert planned(desk) == [(date(2026, 11, 26), datetime(2026, 11, 26, 10, tzinfo=UTC))]
    assert len(made(desk)) == 1
    database.dispose()


def test_one_that_cannot_be_made_is_put_off_and_holds_up_no_other(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.publishes(TWO_TEAMS)
    with desk.database.transaction() as session:
        session.query(Team).filter_by(key="emea").one().zone = "Nowhere/Nothing"
    assert strikes(desk, WEDNESDAY + timedelta(hours=6)) == 1
    assert "could not be made" in caplog.text
    assert strikes(desk, desk.now + timedelta(minutes=4)) == 0
    with desk.database.transaction() as session:
        session.query(Team).filter_by(key="emea").one().zone = "Europe/London"
    assert strikes(desk, desk.now + timedelta(minutes=1)) == 1


def test_a_preview_tells_what_it_would_say_now_and_changes_nothing(desk: Desk) -> None:
    desk.publishes(TWO_TEAMS.replace("zone: America/New_York", "zone: America/New_York, summary: off"))
    desk.offered("Acme")
    before = planned(desk)
    events = len(desk.all(LeadEvent))
    americas, emea = desk.reads(lambda session: summaries.preview(session, desk.workspace_id, desk.now + timedelta(1)))
    assert (americas.team, americas.summary, americas.next_at) == ("Americas", None, None)
    assert emea.next_at == datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    assert emea.summary is not None
    assert emea.summary.waiting_count == 1
    assert (planned(desk), made(desk), len(desk.all(LeadEvent))) == (before, [], events)


def test_what_nobody_makes_is_told_to_whoever_looks(desk: Desk) -> None:
    def overdue(at: datetime) -> list[tuple[str, datetime]]:
        return desk.reads(lambda session: summary_plans.overdue(session, desk.workspace_id, at))

    assert overdue(WEDNESDAY) == []
    assert overdue(WEDNESDAY + timedelta(hours=1)) == [("EMEA", datetime(2026, 11, 25, 8, 30, tzinfo=UTC))]


def test_a_summary_goes_where_its_teams_messages_go(desk: Desk) -> None:
    strikes(desk, WEDNESDAY)
    (team,) = desk.all(Team)
    place = surfaces.place_of(team)
    assert place == "#sales-emea"
    (message,) = desk.all(Delivery, Delivery.kind == "summary")
    assert (message.handoff_id, message.priority) == (None, Priority.CAN_WAIT)
