"""Signed payloads that are not as Slack's are: answered, dropped, and never an error of ours."""

import copy
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds.floor import Floor, Json

OURS: Final = ("bot", "handlers", "qualification", "templates")
STORED: Final = Path(__file__).parents[1] / "stored_payloads"
ODD: Final[tuple[object, ...]] = (
    None,
    "",
    "x",
    5,
    -1,
    1.5,
    True,
    [],
    {},
    ["a"],
    [None],
    {"a": 1},
    {"id": None},
    "\ud800",
    "9" * 30,
)


def payloads(floor: Floor) -> list[Json]:
    """Make one payload of each kind."""
    workspace = floor.sandbox.workspace()
    here = {"team_id": workspace.id, "api_app_id": workspace.app.id}
    events: tuple[Json, ...] = (
        {"type": "app_home_opened", "user": floor.ana.id, "tab": "home"},
        {"type": "user_change", "user": {"id": floor.ana.id, "profile": {"real_name": "Ana"}, "tz": "Europe/London"}},
        {
            "type": "message",
            "subtype": "message_deleted",
            "channel": "C1",
            "deleted_ts": "1.0",
            "previous_message": {"user": floor.baton.installations[0].bot_user_id, "ts": "1.0"},
        },
        {
            "type": "message",
            "subtype": "message_changed",
            "channel": "C1",
            "message": {"subtype": "tombstone", "ts": "1"},
        },
        {"type": "member_joined_channel", "user": floor.baton.installations[0].bot_user_id, "channel": "C1"},
    )
    value = json.dumps({"handoff": 1, "offer": 1})
    return [
        *({"type": "event_callback", **here, "authorizations": [here], "event": event} for event in events),
        *(
            floor.click(name, value, by=floor.ana)
            for name in ("accept", "snooze", "more", "task_done", "pipeline_share")
        ),
        *(json.loads(file.read_text(encoding="utf-8")) for file in sorted(STORED.glob("*.json"))),
        {"command": "/pipeline", **here, "user_id": floor.ana.id, "text": "by rep", "trigger_id": "1.2"},
    ]


def places(node: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Walk through every place of a payload."""
    if path:
        yield path
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(inner, (*path, key))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_payload_of_another_shape_is_answered_and_stops_nothing(
    floor: Floor, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    payload = copy.deepcopy(data.draw(st.sampled_from(payloads(floor))))
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from(sorted(places(payload), key=repr)))
        place: Any = payload
        for key in way:
            place = place[key]
        place[last] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
    caplog.clear()
    answer = floor.dispatches(payload)
    assert answer.status in {200, 400}
    assert [
        each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR and each.name.startswith(OURS)
    ] == []


@pytest.mark.parametrize("odd", [["a"], {"a": 1}, None, 5])
def test_a_refused_form_with_an_odd_block_is_answered(floor: Floor, caplog: pytest.LogCaptureFixture, odd: Any) -> None:
    """The form is about a lead that is not there; the sentence goes beside a field where one has its name."""
    payload = json.loads((STORED / "pass_on_modal.json").read_text(encoding="utf-8"))
    payload["view"]["blocks"].insert(0, {"type": "input", "block_id": odd})
    payload["view"]["state"]["values"] = {}
    caplog.clear()
    assert floor.dispatches(payload).status == 200
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_the_check_of_a_certificate_is_answered(floor: Floor) -> None:
    workspace = floor.sandbox.workspace()
    assert floor.dispatches({"ssl_check": "1", "token": "t", "team_id": workspace.id}).status == 200


@pytest.mark.parametrize(
    ("odd", "status"),
    [
        ({"actions": "accept"}, 400),
        ({"actions": []}, 400),
        ({"type": "invented"}, 400),
        ({"user": None}, 400),
        ({"view": None}, 200),
        ({"team": None}, 200),
        ({"message": None, "container": None}, 200),
    ],
)
def test_what_is_null_is_not_there_and_what_is_odd_is_refused(floor: Floor, odd: Json, status: int) -> None:
    """An app of a whole organisation gets no team; the person's own says whose they are."""
    floor.hands_over()
    value = json.dumps({"handoff": floor.stored().handoff_id, "offer": floor.stored().offer_id})
    assert floor.dispatches({**floor.click("accept", value, by=floor.ana), **odd}).status == status
    assert (floor.stored().owner is not None) == (status == 200)
