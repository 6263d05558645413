"""The page's endpoints: state, actions, live changes, faults, the clock."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_bolt import App
from slack_sdk import WebClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.sandbox.parts import COMPANY, asked, button, gather, modal, options

Json = dict[str, Any]


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        yield client


class Tab:
    """The page, open as one person."""

    def __init__(self, http: httpx.Client, person: Person) -> None:
        self._http = http
        self._who = {"workspace": person.workspace.id, "user": person.id}

    @property
    def state(self) -> Json:
        answer: Json = self._http.get("/page/state", params=self._who).raise_for_status().json()
        return answer

    def act(self, action: str, **facts: object) -> Json:
        answer: Json = self._http.post("/page/action", json={**self._who, "action": action, **facts}).json()
        return answer


@pytest.fixture
def tab(http: httpx.Client, ana: Person) -> Tab:
    return Tab(http, ana)


def test_the_page_itself_is_served(http: httpx.Client) -> None:
    page = http.get("/")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")


def test_the_workspaces_are_listed_with_their_people(http: httpx.Client, sandbox: Sandbox) -> None:
    first, second = http.get("/page/workspaces").json()["workspaces"]
    assert (first["name"], second["name"]) == ("Northwind Systems", "Fabrikam")
    assert [each["name"] for each in second["people"]] == ["Jonas Weber", "Priya Nair", "Tom Becker"]
    assert (first["visitor"], second["visitor"]) == (sandbox.person("Mika Sato").id, second["people"][0]["id"])
    assert first["app"]["bot_user"] == sandbox.workspace().app.bot_user_id


def test_a_person_sees_what_is_theirs(  # noqa: PLR0917 - fixtures
    sandbox: Sandbox, tab: Tab, http: httpx.Client, client: WebClient, ben: Person, channel: str
) -> None:
    secret = sandbox.people.add_channel("deals", workspace=sandbox.workspace(), members=[ben], private=True)
    client.chat_postMessage(channel=channel, text="card")
    client.chat_postMessage(channel=secret, text="psst")
    client.chat_postMessage(channel=ben.id, text="only Ben")
    client.views_publish(user_id=ben.id, view={"type": "home", "blocks": [{"type": "divider"}]})
    mine, bens = tab.state, Tab(http, ben).state
    assert [each["name"] for each in mine["channels"]] == ["general", "marketing", "sales-emea", "sales-americas"]
    assert {each["name"] for each in bens["channels"]} >= {"deals", "directmessage"}
    assert secret not in mine["conversations"]
    (message,) = mine["conversations"][channel]
    assert (message["text"], message["name"], message["ephemeral"]) == ("card", "baton", False)
    assert (mine["home"], bens["home"]["type"]) == (None, "home")
    assert (mine["me"]["name"], mine["clock"]) == ("Ana Ruiz", "manual")
    assert [each["command"] for each in mine["commands"]] == ["/handoff", "/lead"]
    assert [each["callback_id"] for each in mine["shortcuts"]] == ["hand_off_message", "hand_off"]


def test_unread_messages_and_mentions_are_counted_until_read(
    tab: Tab, client: WebClient, ana: Person, channel: str
) -> None:
    for text in ("one", f"<@{ana.id}> two", "<!channel> three"):
        client.chat_postMessage(channel=channel, text=text)

    def counts() -> tuple[int, int]:
        shown = next(each for each in tab.state["channels"] if each["id"] == channel)
        return shown["unread"], shown["mentions"]

    assert counts() == (3, 2)
    assert tab.act("mark_read", channel=channel) == {"ok": True}
    assert counts() == (0, 0)


def test_a_journey_by_the_page(over_http: App, tab: Tab, client: WebClient, ben: Person, channel: str) -> None:
    heat = {"type": "radio_buttons", "action_id": "heat", "options": options(hot="Hot")}
    view = modal(COMPANY, asked("Heat", heat, dispatch_action=True))
    submissions: list[Json] = []
    pressed: list[Json] = []

    def submitted(ack: Any, body: Json) -> None:
        submissions.append(body["view"]["state"]["values"])
        blocks = [{"type": "actions", "block_id": "b", "elements": [button("Claim", "claim")]}]
        client.chat_postMessage(channel=channel, text="card", blocks=blocks)
        ack()

    over_http.command("/handoff")(
        lambda ack, body: (client.views_open(trigger_id=body["trigger_id"], view=view), ack())
    )
    over_http.action("heat")(gather(pressed))
    over_http.action("claim")(gather(pressed))
    over_http.view("hand_over")(submitted)

    assert tab.act("send", channel=channel, text="/handoff Acme") == {"ok": True}
    (shown,) = tab.state["views"]
    typed = {"company": {"company": "Acme"}, "heat": {"heat": None}}
    place = {"view_id": shown["id"], "block_id": "heat", "action_id": "heat"}
    assert tab.act("press", **place, value="hot", view_values=typed) == {"ok": True}
    assert tab.state["views"][0]["state"]["company"]["company"]["value"] == "Acme"
    assert tab.act("submit", view_id=shown["id"], view_values={"company": {"company": ""}}) == {"ok": True}
    assert tab.state["views"][0]["errors"] == {"company": "Please complete this required field."}
    values = {"company": {"company": "Acme"}, "heat": {"heat": "hot"}}
    assert tab.act("submit", view_id=shown["id"], view_values=values) == {"ok": True}
    assert submissions[0]["heat"]["heat"]["selected_option"]["value"] == "hot"
    assert tab.state["views"] == []
    (card,) = tab.state["conversations"][channel]
    press = {"channel": channel, "message_ts": card["ts"], "block_id": "b", "action_id": "claim"}
    assert tab.act("press", **press) == {"ok": True}
    assert [each["actions"][0]["action_id"] for each in pressed] == ["heat", "claim"]
    assert tab.act("press", **{**press, "action_id": "other"})["error"] == "This button is no longer there."
    assert ben.sees(channel)


def test_the_home_tab_by_the_page(sandbox: Sandbox, over_http: App, tab: Tab, client: WebClient, ana: Person) -> None:
    pressed: list[Json] = []
    blocks = [{"type": "actions", "block_id": "b", "elements": [button("Away", "away")]}]
    over_http.event("app_home_opened")(
        lambda event: client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})
    )
    over_http.action("away")(gather(pressed))
    assert tab.act("home") == {"ok": True}
    sandbox.wait_for(lambda: tab.state["home"])
    assert tab.act("press", home=True, block_id="b", action_id="away", view_values={}) == {"ok": True}
    assert pressed[0]["container"]["type"] == "view"
    assert ana.home.buttons == ["Away"]


def test_what_goes_wrong_is_said_in_a_sentence(tab: Tab, http: httpx.Client, channel: str) -> None:
    assert tab.act("send", channel=channel, text="/handoff")["error"].startswith("/handoff failed")
    (notice,) = tab.state["notices"]
    assert tab.act("dismiss", notice_id=notice["id"]) == {"ok": True}
    assert tab.state["notices"] == []
    assert tab.act("send", channel="C0", text="x")["error"] == "Ana Ruiz sees no conversation C0"
    assert tab.act("dance")["error"] == "There is no action 'dance'."
    assert tab.act("submit", view_id="V0")["error"] == "This view is closed."
    assert tab.act("press")["ok"] is False
    assert http.post("/page/action", content=b"{").status_code == 400
    assert http.get("/page/state", params={"workspace": "T0", "user": "U0"}).status_code == 400


def test_threads_shortcuts_and_deletions_by_the_page(
    over_http: App, tab: Tab, client: WebClient, ana: Person, channel: str
) -> None:
    bodies: list[Json] = []
    over_http.shortcut("hand_off_message")(gather(bodies))
    parent = client.chat_postMessage(channel=channel, text="card")["ts"]
    tab.act("send", channel=channel, text="a line", thread_ts=parent)
    card, line = tab.state["conversations"][channel]
    assert (card["reply_count"], line["thread_ts"]) == (1, parent)
    assert tab.act("shortcut", callback_id="hand_off_message", channel=channel, message_ts=line["ts"]) == {"ok": True}
    assert bodies[0]["message"]["text"] == "a line"
    assert tab.act("delete", channel=channel, message_ts=parent)["ok"] is False
    assert tab.act("delete", channel=channel, message_ts=line["ts"]) == {"ok": True}
    assert [each.thread for each in ana.sees(channel)] == [()]


def live(person: Person, sandbox: Sandbox) -> ClientConnection:
    who = urlencode({"workspace": person.workspace.id, "user": person.id})
    return connect(f"{sandbox.url.replace('http', 'ws', 1)}/page/live?{who}", proxy=None)


def test_the_page_hears_of_changes_as_they_happen(
    sandbox: Sandbox, client: WebClient, ana: Person, ben: Person, channel: str
) -> None:
    with live(ana, sandbox) as page:
        client.chat_postMessage(channel=ben.id, text="for Ben")
        client.chat_postMessage(channel=channel, text="for all")
        assert json.loads(page.recv()) == {"changed": [channel]}
        sandbox.stop()
        with pytest.raises(ConnectionClosed):
            page.recv()


def test_a_page_of_nobody_hears_nothing(sandbox: Sandbox, http: httpx.Client) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"{sandbox.url.replace('http', 'ws', 1)}/page/live?workspace=T0&user=U0", proxy=None)
    assert http.get("/page/workspaces").status_code == 200


def test_faults_can_be_switched_by_the_page(http: httpx.Client, client: WebClient) -> None:
    wanted = [{"method": "auth.test", "kind": "429", "times": 1, "retry_after": 5}, {"deliver": "twice"}]
    answer = http.post("/page/faults", json={"faults": wanted}).json()
    assert [each.get("kind") or each["deliver"] for each in answer["faults"]] == ["429", "twice"]
    with pytest.raises(Exception, match="ratelimited"):
        client.auth_test()
    assert http.get("/page/faults").json()["faults"][0]["struck"] == 1
    assert http.post("/page/faults", json={"faults": [{"kind": "flood"}]}).status_code == 400
    assert http.post("/page/faults", json={"faults": []}).json()["faults"] == []
    assert client.auth_test()["ok"]


def test_the_page_can_move_the_clock(http: httpx.Client, clock: ManualClock, tab: Tab) -> None:
    before = clock.unix()
    assert http.post("/page/clock", json={"advance": 90}).json()["now"] == before + 90
    assert tab.state["now"] == before + 90
    assert http.post("/page/clock", json={"advance": -1}).status_code == 400
