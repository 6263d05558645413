"""What Slack knows of people and channels, looked up and kept fresh."""

import threading
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import select

from bot.app import Baton
from bot.slack.client import Slack
from bot.slack.directory import Directory
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.outbox.outbox import NO_CHANNEL_ID, NO_SLACK_USER
from qualification.people import people
from qualification.records import Delivery, DeliveryState, Person, Team
from qualification.views import home
from qualification.views.cards import lead_card
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.worlds.floor import PLAYBOOK

Publish = Callable[..., None]
# Ana, Ben, Maya and Mika; beside them the playbook names one channel.
PEOPLE = 4


def person(baton: Baton, name: str) -> Person:
    """Read somebody's row."""
    with baton.database.snapshot() as session:
        return session.scalars(select(Person).where(Person.name == name)).one()


def team(baton: Baton) -> Team:
    """Read the one team's row."""
    with baton.database.snapshot() as session:
        return session.scalars(select(Team)).one()


def test_people_and_channels_are_found(baton: Baton, publish: Publish, sandbox: Sandbox) -> None:
    publish()
    assert baton.directories[0].look_up() == PEOPLE + 1
    ana = person(baton, "Ana Ruiz")
    assert ana.slack_user_id == sandbox.person("Ana Ruiz").id
    assert (ana.zone, ana.locale, ana.deactivated) == ("Europe/Madrid", "es-ES", False)
    channel = sandbox.workspace().channel_called("sales-emea")
    assert channel is not None
    assert team(baton).channel_id == channel.id


def test_what_is_known_is_not_asked_again_for_a_day(
    baton: Baton, publish: Publish, sandbox: Sandbox, clock: ManualClock
) -> None:
    publish()
    baton.directories[0].look_up()
    asked = len(sandbox.calls())
    clock.advance(timedelta(hours=23))
    assert baton.directories[0].look_up() == 0
    assert len(sandbox.calls()) == asked
    sandbox.people.change(sandbox.person("Ana Ruiz"), tz="Asia/Tokyo")
    clock.advance(timedelta(hours=2))
    assert baton.directories[0].look_up() == PEOPLE
    assert person(baton, "Ana Ruiz").zone == "Asia/Tokyo"


def test_somebody_deactivated_is_noted_and_keeps_the_zone_they_had(
    baton: Baton, publish: Publish, sandbox: Sandbox, clock: ManualClock
) -> None:
    publish()
    baton.directories[0].look_up()
    sandbox.people.deactivate(sandbox.person("Ana Ruiz"))
    clock.advance(timedelta(hours=25))
    baton.directories[0].look_up()
    assert (person(baton, "Ana Ruiz").zone, person(baton, "Ana Ruiz").deactivated) == ("Europe/Madrid", True)


def test_somebody_not_in_slack_yet_is_asked_about_again_soon(
    baton: Baton, publish: Publish, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.people.change(sandbox.person("Ana Ruiz"), email="other@northwind.example")
    publish()
    baton.directories[0].look_up()
    assert person(baton, "Ana Ruiz").slack_user_id is None
    assert baton.directories[0].look_up() == 0
    sandbox.people.change(sandbox.person("Ana Ruiz"), email="ana.ruiz@northwind.example")
    clock.advance(timedelta(minutes=11))
    baton.directories[0].look_up()
    assert person(baton, "Ana Ruiz").slack_user_id == sandbox.person("Ana Ruiz").id


NOBODY = "Slack knows nobody with this address."
OUT_OF_REACH: dict[str, tuple[dict[str, object], dict[str, object], str]] = {
    "a slip in the address": ({"email": "other@x.example"}, {"email": "ana.ruiz@northwind.example"}, NOBODY),
    "deactivated before Baton ever saw them": ({"deactivated": True}, {"deactivated": False}, NOBODY),
    "a guest": ({"guest": True}, {"guest": False}, "They are a guest in Slack."),
    "of another workspace": ({"stranger": True}, {"stranger": False}, "They belong to another Slack workspace."),
}


@pytest.mark.parametrize("why", OUT_OF_REACH)
def test_whoever_can_neither_read_nor_press_takes_no_turn_and_their_manager_reads_so(
    baton: Baton, publish: Publish, sandbox: Sandbox, clock: ManualClock, why: str
) -> None:
    gone, back, words = OUT_OF_REACH[why]
    ana, maya = sandbox.person("Ana Ruiz"), sandbox.person("Maya Cohen")
    sandbox.people.change(ana, **gone)
    publish()
    first = hand_over(baton, clock, "Contoso")
    assert asked_of(baton, first) == "Ana Ruiz", "nobody has asked Slack yet"
    look_up(baton, clock)
    assert asked_of(baton, first) == "Ben Okafor"
    with baton.database.transaction() as session:
        home.open_home(session, baton.installations[0].id, maya.id, now=clock())
    asked = {asked_of(baton, hand_over(baton, clock, f"Company {number}")) for number in range(4)}
    assert asked == {"Ben Okafor"}
    look_up(baton, clock)
    assert "Ana Ruiz · ana.ruiz@northwind.example\n" + words in maya.home.text
    sandbox.people.change(ana, **back)
    clock.advance(timedelta(minutes=11))
    look_up(baton, clock)
    assert "Ana Ruiz" not in maya.home.text
    assert asked_of(baton, hand_over(baton, clock, "Fabrikam")) == "Ana Ruiz"


def look_up(baton: Baton, clock: ManualClock) -> None:
    """Ask Slack about everybody who is due, and do what follows."""
    baton.directories[0].look_up()
    while baton.workers[0].run_once(clock()):
        pass


def hand_over(baton: Baton, clock: ManualClock, company: str) -> int:
    """Hand a lead over, and return the handoff's id."""
    workspace_id = baton.installations[0].id
    with baton.database.transaction() as session:
        form = HandOverForm(company=company, did="Asked for a demo")
        return handover.hand_over(session, workspace_id=workspace_id, by="UMIKA", form=form, now=clock()).handoff_id


def asked_of(baton: Baton, handoff_id: int) -> str:
    """Return the name of whoever is asked about the handoff now."""
    with baton.database.snapshot() as session:
        asked = lead_card(session, baton.installations[0].id, handoff_id).offered_to
        assert asked is not None
        return asked.name


def test_a_visitor_gets_the_name_slack_has_for_them_on_their_home_tab_too(
    baton: Baton, sandbox: Sandbox, clock: ManualClock
) -> None:
    olu = sandbox.person("Olu Adeyemi")
    with baton.database.transaction() as session:
        people.actor(session, baton.installations[0].id, olu.id)
        home.open_home(session, baton.installations[0].id, olu.id, now=clock())
    with baton.database.snapshot() as session:
        before = session.scalars(select(Delivery.desired_revision).where(Delivery.kind == "home")).one()
    baton.directories[0].look_up()
    assert person(baton, "Olu Adeyemi").slack_user_id == olu.id
    with baton.database.snapshot() as session:
        assert session.scalars(select(Delivery.desired_revision).where(Delivery.kind == "home")).one() == before + 1


def test_the_bot_goes_into_a_public_channel_by_itself(baton: Baton, publish: Publish, sandbox: Sandbox) -> None:
    workspace = sandbox.workspace()
    sandbox.people.remove_bot("sales-emea", workspace=workspace)
    publish()
    baton.directories[0].look_up()
    channel = workspace.channel_called("sales-emea")
    assert channel is not None
    assert workspace.app.bot_user_id in channel.members


def test_a_channel_made_later_is_found_later(
    baton: Baton, publish: Publish, sandbox: Sandbox, clock: ManualClock
) -> None:
    publish(text=PLAYBOOK.replace("#sales-emea", "#new"))
    baton.directories[0].look_up()
    assert team(baton).channel_id is None
    channel_id = sandbox.people.add_channel("new", workspace=sandbox.workspace(), with_bot=False)
    clock.advance(timedelta(minutes=11))
    baton.directories[0].look_up()
    assert team(baton).channel_id == channel_id


def test_what_waited_for_people_and_channels_goes_out_once_they_are_found(
    baton: Baton, publish: Publish, sandbox: Sandbox, clock: ManualClock
) -> None:
    publish()
    with baton.database.transaction() as session:
        form = HandOverForm(company="Contoso", did="Asked for a demo")
        mika = sandbox.person("Mika Sato").id
        handover.hand_over(session, workspace_id=baton.installations[0].id, by=mika, form=form, now=clock())
    baton.workers[0].run_once(clock())
    with baton.database.snapshot() as session:
        dead_letters = session.scalars(select(Delivery).where(Delivery.state == DeliveryState.DEAD_LETTER)).all()
    assert {delivery.last_error for delivery in dead_letters} >= {NO_CHANNEL_ID, NO_SLACK_USER}
    baton.directories[0].look_up()
    baton.workers[0].run_once(clock())
    ana = sandbox.person("Ana Ruiz")
    assert "Contoso" in ana.sees("#sales-emea")[0].text
    assert "Contoso" in ana.direct_messages[0].text


def test_slack_down_is_logged_and_asked_again(baton: Baton, publish: Publish, sandbox: Sandbox) -> None:
    publish()
    sandbox.fault("*", "500")
    assert baton.directories[0].look_up() == 0
    sandbox.heal()
    assert baton.directories[0].look_up() >= 2


def test_a_slack_that_lists_no_channels_still_tells_of_people(baton: Baton, publish: Publish, sandbox: Sandbox) -> None:
    publish()
    sandbox.fault("conversations.list", "500")
    assert baton.directories[0].look_up() == PEOPLE
    assert person(baton, "Ana Ruiz").slack_user_id == sandbox.person("Ana Ruiz").id


def test_somebody_slack_has_a_new_word_for_holds_up_nobody(
    baton: Baton, publish: Publish, sandbox: Sandbox, clock: ManualClock
) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ok": false, "error": "a_word_of_tomorrow"}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            del format, args

    publish()
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slack = Slack(sandbox.bot_token(), base_url=f"http://127.0.0.1:{server.server_port}/api")
        Directory(database=baton.database, slack=slack, workspace_id=baton.installations[0].id, now=clock).look_up()
        server.shutdown()
    assert {person(baton, name).refreshed_at for name in ("Ana Ruiz", "Maya Cohen")} == {clock()}


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=1)])
def test_after_a_clock_that_was_ahead_people_and_channels_are_looked_up_as_before(
    baton: Baton, publish: Publish, sandbox: Sandbox, clock: ManualClock, ahead: timedelta
) -> None:
    publish(text=PLAYBOOK.replace("#sales-emea", "#new"))
    off = timedelta(0)
    slack = Slack(sandbox.bot_token(), base_url=sandbox.api_url)
    workspace_id = baton.installations[0].id
    directory = Directory(
        database=baton.database,
        slack=slack,
        workspace_id=workspace_id,
        now=lambda: clock() + off,
        seconds=clock.unix,
    )
    off = ahead
    assert directory.look_up() == PEOPLE
    off = timedelta(0)
    sandbox.people.change(sandbox.person("Ana Ruiz"), tz="Asia/Tokyo")
    channel_id = sandbox.people.add_channel("new", workspace=sandbox.workspace(), with_bot=False)
    clock.advance(timedelta(minutes=11))
    assert directory.look_up() == PEOPLE + 1
    assert (person(baton, "Ana Ruiz").zone, team(baton).channel_id) == ("Asia/Tokyo", channel_id)
