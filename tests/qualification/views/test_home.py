"""The Home tab by role: whose lists hold what, a page at a time, and whose tabs a change makes stale."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bot.database import Database
from qualification.handoffs import decisions, progress, retention, snooze
from qualification.records import ChannelQueue, Delivery, DeliveryState, Handoff, Lead, Person, Task, Team
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.refusals import StaleCard
from qualification.views import home
from qualification.views.home import Home, Line, Page
from qualification.views.receipts import receipt
from tests.qualification.intake.test_imports import brings, row
from tests.qualification.test_plans import heard, plans
from tests.worlds.desk import Desk, open_desk
from tests.worlds.playbook import PLAYBOOK

TWO_TEAMS = "default_team: emea\n" + PLAYBOOK.replace(
    "people:", '  dach: {name: DACH, manager: UMAYA, channel: "#sales-dach", zone: Europe/Berlin}\npeople:'
)
ALL_ROLES = PLAYBOOK.replace(
    "{slack: UMAYA, name: Maya Cohen, roles: [manager], team: emea}",
    "{slack: UMAYA, name: Maya Cohen, roles: [rep, manager, marketer, admin], team: emea}",
)


def tab(desk: Desk, who: str) -> Home:
    """Read what somebody's Home tab shows."""
    person = desk.person(who)
    return desk.reads(lambda session: home.home(session, desk.workspace_id, person.id, desk.now))


def opens(desk: Desk, *who: str) -> None:
    """Open Home tabs."""
    for each in who:
        desk.does(home.open_home, slack_user_id=each)


def turns(desk: Desk, who: str, name: str, page: int) -> None:
    """Turn to a page of a list."""
    desk.does(home.turn, slack_user_id=who, name=name, page=page)


def drawn(desk: Desk) -> dict[str, int]:
    """Tell by Slack user how many changes each Home tab counts."""
    rows = select(Person.slack_user_id, Delivery.desired_revision).join(Delivery, Delivery.subject == Person.id)
    return desk.reads(
        lambda session: {
            row.slack_user_id: row.desired_revision for row in session.execute(rows.where(Delivery.kind == "home"))
        }
    )


def leads(page: Page[Line]) -> list[str]:
    """Name the leads on a page."""
    return [line.lead for line in page.lines]  # type: ignore[attr-defined]


def is_due(desk: Desk, handoff_id: int, name: str, **after: float) -> None:
    """Name the next step of a handoff, and say when it is due."""
    due_at = desk.now + timedelta(**after)
    with desk.database.transaction() as session:
        session.execute(
            update(Task)
            .where(Task.handoff_id == handoff_id)
            .values(name=name, due_at=due_at, overdue=due_at <= desk.now)
        )


def many(desk: Desk, count: int, state: HandoffState, **fields: object) -> None:
    """Write many handoffs at once."""
    with desk.database.transaction() as session:
        first = session.scalars(select(Handoff)).first()
        assert first is not None
        given = {"workspace_id": desk.workspace_id, "playbook_id": first.playbook_id, "team_id": first.team_id}
        ids = session.scalars(
            insert(Lead).returning(Lead.id),
            [
                {
                    "workspace_id": desk.workspace_id,
                    "name": f"Lead {number}",
                    "lifecycle": Lifecycle.MQL,
                    "score": 0,
                    "fields": {},
                    "do_not_contact": False,
                    "version": 1,
                    "created_at": desk.now,
                    "updated_at": desk.now,
                }
                for number in range(count)
            ],
        ).all()
        more = {"did": "Wrote", "state": state, "version": 1, **fields}
        announced = desk.now - timedelta(days=40)
        session.execute(
            insert(Handoff),
            [
                {**given, **more, "lead_id": lead_id, "announced_at": announced + timedelta(minutes=number)}
                for number, lead_id in enumerate(ids)
            ],
        )


def test_before_anything_is_handed_over_it_says_so(desk: Desk) -> None:
    opens(desk, "UANA")
    shown = tab(desk, "UANA")
    assert shown.is_new
    assert (shown.waiting.count, shown.mine.count, shown.handoffs.count, shown.teams) == (0, 0, 0, ())
    desk.hands_over()
    assert not tab(desk, "UMIKA").is_new


def test_a_tab_opened_before_there_is_a_playbook_can_be_drawn(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.execute(update(Person).values(team_id=None))
    opens(desk, "USTRANGER")
    assert tab(desk, "USTRANGER").person.name == "USTRANGER"


def test_a_rep_sees_what_waits_what_is_theirs_and_what_is_due_first(desk: Desk) -> None:
    first = desk.accepted("Acme", by="UANA")
    for passed_over in ("Brant", "Cello"):
        desk.hands_over(passed_over)
    second = desk.accepted("Bolt", by="UANA")
    is_due(desk, first, "Call back", hours=3)
    is_due(desk, second, "First call", hours=-1)
    desk.does(progress.log_contact, by="UANA", handoff_id=first, kind="call", note=None)
    handoff_id, _ = desk.offered("Crane")
    shown = tab(desk, "UANA")
    assert leads(shown.mine) == ["Bolt", "Acme"]
    bolt, acme = shown.mine.lines
    assert bolt.task is not None
    assert (bolt.task.name, bolt.task.overdue, bolt.untouched) == ("First call", True, True)
    assert (acme.untouched, acme.accepted_at) == (False, desk.now)
    assert leads(tab(desk, desk.asked(handoff_id)).waiting) == ["Brant", "Crane"]
    assert shown.teams == ()


def test_a_deal_that_was_further_on_when_it_came_in_waits_for_no_first_contact(desk: Desk) -> None:
    """Nobody told when that was; the rep's list, the manager's clocks and the marketer's receipt say the same."""
    desk.accepted("Acme", by="UANA")
    fared = {"owner": "Ana Ruiz", "stage": "follow-up", "at": desk.now - timedelta(days=90)}
    assert brings(desk, row(company="Bolt", handoff=fared)).rejected == {}
    assert {line.lead: line.untouched for line in tab(desk, "UANA").mine.lines} == {"Acme": True, "Bolt": False}
    assert [team.untouched for team in tab(desk, "UMAYA").teams] == [1]
    reader = desk.person("UMIKA").id
    announced = [handoff.id for handoff in desk.all(Handoff)]

    def told(session: Session) -> dict[str, bool]:
        shown = [receipt(session, desk.workspace_id, each, reader) for each in announced]
        return {each.lead: each.untouched for each in shown}

    assert desk.reads(told) == {"Acme": True, "Bolt": False}


def test_a_manager_sees_the_queue_what_is_not_accepted_and_the_team_s_clocks(desk: Desk) -> None:
    desk.publishes(TWO_TEAMS)
    desk.offered("Acme")
    began = desk.now
    desk.later(minutes=1)
    desk.offered("Bolt", source="webinar")
    touched = desk.accepted("Crane")
    is_due(desk, touched, "First call", hours=-1)
    for each in ("UANA", "UBEN", "UCHLOE"):
        with desk.database.transaction() as session:
            session.execute(update(Person).where(Person.slack_user_id == each).values(away_since=desk.now))
    desk.hands_over("Dune")
    shown = tab(desk, "UMAYA")
    dach, emea = shown.teams
    assert (emea.team, emea.waiting, emea.longest_since, emea.untouched, emea.overdue) == ("EMEA", 3, began, 1, 1)
    assert (dach.team, dach.waiting, dach.longest_since) == ("DACH", 0, None)
    assert leads(shown.unaccepted) == ["Acme", "Bolt"]
    acme, bolt = shown.unaccepted.lines
    assert acme.offered_to is not None
    assert (acme.accept_by, acme.offered_at) == (began + timedelta(minutes=30), began)
    assert (bolt.state, bolt.pool) == ("pooled", "Webinars")
    assert leads(shown.queue) == ["Dune"]
    assert shown.queue.lines[0].queue_reason == "nobody_there"
    assert tab(desk, "UANA").unaccepted.count == 0


def test_a_marketer_sees_what_became_of_each_and_of_all_lately(desk: Desk) -> None:
    won = desk.accepted("Acme")
    desk.does(progress.set_stage, by="UANA", handoff_id=won, stage="won")
    desk.later(minutes=1)
    handoff_id, offer_id = desk.offered("Bolt")
    desk.does(
        decisions.disqualify,
        by=desk.asked(handoff_id),
        handoff_id=handoff_id,
        offer_id=offer_id,
        reason="other",
        note="No",
    )
    desk.later(minutes=1)
    desk.hands_over("Crane")
    desk.hands_over("Dune", by="UOLU")
    shown = tab(desk, "UMIKA")
    assert leads(shown.handoffs) == ["Crane", "Bolt", "Acme"]
    assert [line.state for line in shown.handoffs.lines] == ["offered", "disqualified", "won"]
    lately = shown.lately
    assert (lately.handed_over, lately.accepted, lately.won, lately.lost, lately.disqualified) == (3, 1, 1, 0, 1)
    desk.later(days=31)
    assert tab(desk, "UMIKA").lately.handed_over == 0
    # Whoever announced something is shown it, whatever their role.
    assert leads(tab(desk, "UOLU").handoffs) == ["Dune"]


def test_lists_are_read_a_page_at_a_time_and_opening_the_tab_begins_anew(desk: Desk) -> None:
    for number in range(12):
        desk.accepted(f"Company {number}", by="UMAYA")
    opens(desk, "UMAYA")
    first = tab(desk, "UMAYA").mine
    assert (first.first, first.last, first.count, first.previous, first.following) == (1, 5, 12, None, 2)
    turns(desk, "UMAYA", "mine", 3)
    turns(desk, "UMAYA", "mine", 3)
    last = tab(desk, "UMAYA").mine
    assert (last.first, last.last, last.previous, last.following) == (11, 12, 2, None)
    assert leads(last) == ["Company 10", "Company 11"]
    # What stood on that page is gone: the last page there is.
    for line in last.lines:
        desk.does(progress.set_stage, by="UMAYA", handoff_id=line.handoff_id, stage="won")
    assert tab(desk, "UMAYA").mine.first == 6
    opens(desk, "UMAYA")
    assert tab(desk, "UMAYA").mine.first == 1


def test_two_lists_are_turned_apart_and_one_that_is_none_is_refused(desk: Desk) -> None:
    for number in range(6):
        desk.accepted(f"Company {number}", by="UMAYA")
    for number in range(6):
        desk.hands_over(f"Other {number}")
    turns(desk, "UMAYA", "mine", 2)
    turns(desk, "UMAYA", "unaccepted", 2)
    shown = tab(desk, "UMAYA")
    assert (shown.mine.first, shown.unaccepted.first) == (6, 6)
    turns(desk, "UMAYA", "mine", 2**62)
    assert tab(desk, "UMAYA").mine.first == 6
    with pytest.raises(StaleCard):
        turns(desk, "UMAYA", "nonsense", 2)


@pytest.mark.parametrize("who", ["UMIKA", "UMAYA", "UANA"])
def test_long_lists_are_read_in_as_many_statements_as_short_ones(desk: Desk, who: str) -> None:
    desk.publishes(ALL_ROLES)
    desk.accepted("First", by="UMAYA")
    desk.hands_over("Second")
    person = desk.person(who)

    def asks() -> int:
        with desk.database.snapshot() as session, heard(session.connection()) as asked:
            home.home(session, desk.workspace_id, person.id, desk.now)
        return len(asked)

    fields = {"announcer_id": person.id, "owner_id": None}
    many(desk, 1, HandoffState.MANAGER_QUEUE, **fields)
    few = asks()
    many(desk, 300, HandoffState.MANAGER_QUEUE, **fields)
    many(desk, 300, HandoffState.LOST, **fields)
    assert asks() == few
    shown = tab(desk, who)
    assert shown.handoffs.count >= 601
    assert len(shown.handoffs.lines) == home.SIZES["handoffs"]


@pytest.mark.parametrize(
    ("act", "concerned"),
    [
        ("hands over", {"UMIKA", "UMAYA", "UBEN"}),
        ("accepts", {"UMIKA", "UMAYA", "UANA"}),
        ("passes on", {"UMIKA", "UMAYA", "UANA", "UBEN"}),
        ("sets a stage", {"UMIKA", "UMAYA", "UANA"}),
    ],
)
def test_a_change_makes_the_tabs_stale_of_those_whom_it_concerns_and_of_nobody_else(
    desk: Desk, act: str, concerned: set[str]
) -> None:
    handoff_id = desk.accepted() if act == "sets a stage" else desk.hands_over().handoff_id
    opens(desk, "UANA", "UBEN", "UCHLOE", "UMAYA", "UMIKA", "UOLU")
    before = drawn(desk)
    match act:
        case "hands over":
            desk.hands_over("Bolt")
        case "accepts":
            offer_id = desk.card(handoff_id).offer_id
            desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
        case "passes on":
            desk.passes_on(handoff_id, by="UANA")
        case _:
            desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="won")
    assert {who for who, count in drawn(desk).items() if count > before[who]} == concerned


def test_a_second_manager_of_the_team_and_an_administrator_where_nobody_manages_are_concerned_too(desk: Desk) -> None:
    desk.publishes(PLAYBOOK.replace("name: Chloe Martin, roles: [rep]", "name: Chloe Martin, roles: [rep, manager]"))
    handoff_id = desk.hands_over().handoff_id
    opens(desk, "UCHLOE", "UOLU")
    before = drawn(desk)
    desk.does(decisions.accept, by="UMAYA", handoff_id=handoff_id, offer_id=desk.card(handoff_id).offer_id)
    after = drawn(desk)
    assert (after["UCHLOE"] > before["UCHLOE"], after["UOLU"] > before["UOLU"]) == (True, False)
    with desk.database.transaction() as session:
        session.execute(update(Team).values(manager_id=None))
    desk.does(decisions.undo, by="UMAYA", handoff_id=handoff_id)
    assert drawn(desk)["UOLU"] > after["UOLU"]
    assert [team.team for team in tab(desk, "UOLU").teams] == ["EMEA"]


def test_the_lists_go_by_index(sqlite_url: str) -> None:
    """PostgreSQL has figures to choose by, with which one handoff is as well found by any index."""
    desk = open_desk(Database(sqlite_url))
    mika = desk.person("UMIKA")

    def read(session: Session) -> object:
        return home.home(session, desk.workspace_id, mika.id, desk.now)

    desk.hands_over()
    assert "ix_handoff_announcer_id" in plans(desk, read)
    desk.database.dispose()


def test_what_one_put_off_stands_on_one_s_tab_until_it_wakes(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered("Acme")
    desk.does(snooze.snooze, by="UANA", handoff_id=handoff_id, offer_id=offer_id, day="2027-03-01", note=None)
    (line,) = tab(desk, "UANA").snoozed.lines
    assert (line.lead, line.state, line.resume_at is not None) == ("Acme", "snoozed", True)
    assert tab(desk, "UBEN").snoozed.lines == ()
    desk.does(decisions.reopen, by="UANA", handoff_id=handoff_id)
    assert tab(desk, "UANA").snoozed.lines == ()


def test_the_first_lead_of_all_makes_every_open_tab_true(desk: Desk) -> None:
    opens(desk, "UCHLOE")
    desk.does(lambda session, **_: session.execute(update(Delivery).values(shown_revision=Delivery.desired_revision)))
    desk.offered("Acme")
    (delivery,) = desk.all(Delivery, Delivery.kind == "home", Delivery.subject == desk.person("UCHLOE").id)
    assert delivery.desired_revision > delivery.shown_revision


def test_an_administrator_reads_once_for_each_place_what_slack_would_not_take(desk: Desk) -> None:
    """Replies to a card that was not taken are not told apart from it; a channel and a person go by their names."""
    desk.hands_over("Acme")
    desk.hands_over("Bolt")
    refused = {"lead_card": "not_in_channel", "thread_line": "parent_parked", "direct_card": "user_disabled"}
    with desk.database.transaction() as session:
        session.execute(update(Team).values(channel_id="C0123"))
        session.execute(update(ChannelQueue).where(ChannelQueue.person_id.is_(None)).values(place="C0123"))
        for kind, trouble in refused.items():
            parked = {"state": DeliveryState.DEAD_LETTER, "last_error": trouble}
            session.execute(update(Delivery).where(Delivery.kind == kind).values(**parked))
    shown = tab(desk, "UOLU")
    assert shown.dead_letter_count == len(shown.dead_letters) == 3
    channel = next(each for each in shown.dead_letters if each.person is None)
    assert (channel.channel, channel.last_error, channel.count, channel.lead) == (
        "#sales-emea",
        "not_in_channel",
        2,
        "Bolt",
    )
    direct = [each for each in shown.dead_letters if each.person is not None]
    assert {each.person.name for each in direct if each.person} == {"Ana Ruiz", "Ben Okafor"}
    assert {(each.last_error, each.count, each.is_home) for each in direct} == {("user_disabled", 1, False)}
    assert tab(desk, "UANA").dead_letters == ()


def test_administrators_alone_see_that_old_leads_will_be_erased_until_they_are(desk: Desk) -> None:
    opens(desk, "UOLU", "UMAYA")
    before = drawn(desk)
    desk.publishes(f"{PLAYBOOK}\nretention: {{leads: [{{state: lost, after: 2 years}}]}}\n")
    assert drawn(desk)["UOLU"] > before["UOLU"]
    shown = tab(desk, "UOLU").retention
    assert shown is not None
    assert (shown.first_at, shown.leads) == (desk.now.replace(hour=2) + timedelta(days=8), None)
    assert tab(desk, "UMAYA").retention is None
    desk.now = shown.first_at
    published = drawn(desk)
    desk.does(retention.run_due)
    assert drawn(desk)["UOLU"] > published["UOLU"]
    assert tab(desk, "UOLU").retention is None
