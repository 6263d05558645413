"""The driver itself: finding controls, errors that list what is there, waiting, threads."""

import re
import threading
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.people.driver import Person
from sandbox.people.snapshots import DriverError
from sandbox.server import Sandbox
from tests.sandbox.parts import COMPANY, asked, button, gather, modal, options, plain

Json = dict[str, Any]


def leads(*names: str) -> list[Json]:
    """Return blocks with an Accept button and a stage menu for each lead."""
    blocks: list[Json] = []
    for name in names:
        stage = {"type": "static_select", "action_id": f"stage-{name}", "options": options(new="New", won="Won")}
        blocks += [
            {"type": "section", "text": plain(f"Lead {name}")},
            {"type": "actions", "elements": [button("Accept", f"accept-{name}"), stage]},
        ]
    return blocks


@pytest.fixture
def pressed(over_http: App) -> list[Json]:
    """Return a list that collects the payloads of presses."""
    gathered: list[Json] = []
    over_http.action(re.compile("(accept|stage)-.*"))(gather(gathered))
    return gathered


def test_people_are_found_by_name_email_or_id(sandbox: Sandbox, ana: Person) -> None:
    assert sandbox.person(ana.email).id == sandbox.person(ana.id).id == ana.id
    assert sandbox.person("Jonas Weber").workspace.name == "Fabrikam"
    with pytest.raises(LookupError, match="nobody is called 'Zoe'; there are: Ana Ruiz"):
        sandbox.person("Zoe")
    with pytest.raises(LookupError, match="nobody is called 'Ana Ruiz'"):
        sandbox.person("Ana Ruiz", "Fabrikam")
    with pytest.raises(LookupError, match="no workspace 'Nowhere'"):
        sandbox.person("Ana Ruiz", "Nowhere")


def test_a_missing_button_is_told_with_those_that_are_there(client: WebClient, ana: Person, channel: str) -> None:
    client.chat_postMessage(channel=channel, text="card", blocks=leads("Acme"))
    with pytest.raises(DriverError, match="no button 'Claim'; there are: Accept"):
        ana.presses("Claim", on=ana.sees(channel)[0])


def test_buttons_of_the_same_text_are_told_apart_by_what_stands_near(
    client: WebClient, ana: Person, pressed: list[Json], channel: str
) -> None:
    client.chat_postMessage(channel=channel, text="cards", blocks=leads("Acme", "Globex"))
    (card,) = ana.sees(channel)
    with pytest.raises(DriverError, match="2 buttons 'Accept'; say near="):
        ana.presses("Accept", on=card)
    ana.presses("Accept", on=card, near="Globex")
    with pytest.raises(DriverError, match="2 menus offer 'Won': stage-Acme, stage-Globex"):
        ana.picks("Won", on=card)
    ana.picks("Won", on=card, near="Acme")
    ana.picks("Won", "stage-Globex", on=card)
    assert [body["actions"][0]["action_id"] for body in pressed] == ["accept-Globex", "stage-Acme", "stage-Globex"]


def test_a_missing_option_or_menu_is_told_with_those_that_are_there(
    client: WebClient, ana: Person, channel: str
) -> None:
    client.chat_postMessage(channel=channel, text="card", blocks=leads("Acme"))
    (card,) = ana.sees(channel)
    assert card.menus == {"stage-Acme": ["New", "Won"]}
    with pytest.raises(DriverError, match="no option 'Lost'; there are: New, Won"):
        ana.picks("Lost", on=card)
    with pytest.raises(DriverError, match="no menu 'Owner'; there are: stage-Acme"):
        ana.picks("Lost", "Owner", on=card)


def test_without_a_modal_the_driver_says_what_slack_said(ana: Person) -> None:
    ana.types("/handoff")
    with pytest.raises(DriverError, match="Ana Ruiz has no modal open; Slack said: /handoff failed"):
        _ = ana.modal
    with pytest.raises(DriverError, match="has no modal open"):
        ana.submits()
    with pytest.raises(DriverError, match="has no modal open"):
        ana.closes()
    with pytest.raises(DriverError, match="Home tab is empty"):
        _ = ana.home


def test_a_missing_field_or_a_wrong_answer_is_told(over_http: App, client: WebClient, ana: Person) -> None:
    source = asked("Source", {"type": "static_select", "action_id": "source", "options": options(web="Website")})
    view = modal(COMPANY, source)
    over_http.command("/handoff")(
        lambda ack, body: (client.views_open(trigger_id=body["trigger_id"], view=view), ack())
    )
    ana.types("/handoff")
    assert ana.modal.text == "Company\nSource"
    with pytest.raises(DriverError, match="no field 'Size'; there are: Company, Source"):
        ana.fills({"Size": 1})
    with pytest.raises(DriverError, match="no option 'Fax' in 'Source'; there are: Website"):
        ana.fills({"Source": "Fax"})
    ana.fills({"Company": "Acme", "source": "web"})
    assert ana.modal.fields == {"Company": "Acme", "Source": "Website"}


def test_channels_are_seen_by_those_who_may(sandbox: Sandbox, client: WebClient, ana: Person, ben: Person) -> None:
    sandbox.people.add_channel("deals", workspace=sandbox.workspace(), members=[ana], private=True)
    client.chat_postMessage(channel="#deals", text="psst")
    assert [each.text for each in ana.sees("#deals")] == ["psst"]
    with pytest.raises(DriverError, match="Ben Okafor sees no channel '#deals'; there are: #general"):
        ben.sees("#deals")
    sandbox.people.join(ben, "deals")
    assert len(ben.sees("deals")) == 1
    sandbox.people.leave(ben, "deals")
    with pytest.raises(DriverError):
        ben.sees("deals")


def test_people_write_only_where_they_are_members_and_delete_only_their_own(
    sandbox: Sandbox, client: WebClient, ana: Person
) -> None:
    with pytest.raises(DriverError, match="is not in #sales-americas"):
        ana.types("hello", "#sales-americas")
    client.chat_postMessage(channel="#sales-emea", text="card")
    ana.types("mine", "#sales-emea")
    card, mine = ana.sees("#sales-emea")
    with pytest.raises(DriverError, match="Only its author or an admin"):
        ana.deletes(card)
    ana.deletes(mine)
    sandbox.person("Olu Adeyemi").deletes(card)
    assert ana.sees("#sales-emea") == []
    with pytest.raises(DriverError, match="gone"):
        ana.looks_again(card)


def test_what_is_gone_cannot_be_pressed(sandbox: Sandbox, client: WebClient, ana: Person, channel: str) -> None:
    client.chat_postMessage(channel=channel, text="card", blocks=leads("Acme"))
    (card,) = ana.sees(channel)
    sandbox.people.delete_message(card)
    with pytest.raises(DriverError, match="the message is gone: 'Lead Acme'"):
        ana.presses("Accept", on=card)
    with pytest.raises(LookupError, match="gone already"):
        sandbox.people.delete_message(card)


def test_a_message_shows_its_readers_hour(sandbox: Sandbox, client: WebClient, ana: Person) -> None:
    text = f"accept by <!date^{int(sandbox.clock.unix())}^{{time}}|later>"
    client.chat_postMessage(channel="#general", text=text)
    mika = sandbox.person("Mika Sato")
    assert (ana.sees("#general")[0].text, mika.sees("#general")[0].text) == ("accept by 13:00", "accept by 21:00")


def test_waiting_ends_with_the_change_that_was_waited_for(
    sandbox: Sandbox, client: WebClient, ana: Person, channel: str
) -> None:
    seen: list[str] = []
    waiting = threading.Thread(
        target=lambda: seen.append(sandbox.wait_for(lambda: ana.sees(channel), timeout=10)[0].text)
    )
    waiting.start()
    client.chat_postMessage(channel=channel, text="here")
    waiting.join(10)
    assert seen == ["here"]


def test_waiting_in_vain_says_what_was_seen_last(sandbox: Sandbox, ana: Person, channel: str) -> None:
    with pytest.raises(TimeoutError, match=r"it last answered \[\]"):
        sandbox.wait_for(lambda: ana.sees(channel), timeout=0.05)


def test_waiting_ends_in_time_though_the_condition_itself_changes_something(sandbox: Sandbox) -> None:
    calls: list[None] = []

    def stirs() -> bool:
        assert not calls, "it was called again after its time"
        calls.append(None)
        sandbox.stir()
        return False

    with pytest.raises(TimeoutError, match="it last answered False"):
        sandbox.wait_for(stirs, timeout=0)


def test_waiting_for_what_is_not_there_yet_is_waiting_too(sandbox: Sandbox, client: WebClient, ana: Person) -> None:
    seen: list[str] = []
    waiting = threading.Thread(target=lambda: seen.append(sandbox.wait_for(lambda: ana.home.text)))
    waiting.start()
    blocks = [{"type": "section", "text": plain("2 leads")}]
    client.views_publish(user_id=ana.id, view={"type": "home", "blocks": blocks})
    waiting.join(10)
    assert seen == ["2 leads"]
    with pytest.raises(TimeoutError, match="Ana Ruiz has no modal open"):
        sandbox.wait_for(lambda: ana.modal, timeout=0.05)


def test_a_deactivated_person_does_nothing_any_more(sandbox: Sandbox, ana: Person) -> None:
    sandbox.people.deactivate(ana)
    with pytest.raises(DriverError, match="Ana Ruiz is deactivated"):
        ana.types("/handoff")
    sandbox.people.deactivate(ana, deactivated=False)
    ana.types("hello", "#sales-emea")
    assert [each.text for each in ana.sees("#sales-emea")] == ["hello"]


def test_many_threads_may_drive_at_once(sandbox: Sandbox, over_http: App) -> None:
    over_http.command("/handoff")(lambda ack, command: ack(f"for {command['text']}"))
    people = [sandbox.person(each.id) for each in sandbox.workspace().people]
    acting = [
        threading.Thread(target=lambda who=who: [who.types(f"/handoff {number}") for number in range(5)])
        for who in people
    ]
    for each in acting:
        each.start()
    for each in acting:
        each.join(30)
    for who in people:
        assert sorted(each.text for each in who.private_replies) == [f"for {number}" for number in range(5)]


def test_a_stopped_sandbox_says_that_it_does_not_run(sandbox: Sandbox, ana: Person) -> None:
    sandbox.stop()
    with pytest.raises(RuntimeError, match="the sandbox is not running"):
        _ = ana.notices
    sandbox.stop()
