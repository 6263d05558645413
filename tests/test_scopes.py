"""What Baton may do in Slack: manifest, code and the tables of docs/security.md agree, and no right is to spare."""

import ast
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import slack_sdk.web.client

from sandbox.api.methods import METHODS

ROOT: Final = Path(__file__).parents[1]
MANIFEST: Final[dict[str, Any]] = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
SCOPES: Final[list[str]] = MANIFEST["oauth_config"]["scopes"]["bot"]
EVENTS: Final[list[str]] = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
PAGE: Final = ROOT / "docs/security.md"

HISTORY: Final = frozenset({"channels:history", "groups:history", "im:history"})
READ: Final = frozenset({"channels:read", "groups:read"})
NONE: Final = frozenset[str]()
# The scopes of a bot's token that Slack's documentation names, for the kinds of conversation that Baton uses it on:
# https://docs.slack.dev/reference/methods/chat.postMessage and so on.
OF_METHODS: Final = {
    "auth.test": NONE,
    "bots.info": frozenset({"users:read"}),
    "chat.delete": frozenset({"chat:write"}),
    "chat.postMessage": frozenset({"chat:write"}),
    "chat.update": frozenset({"chat:write"}),
    "conversations.history": HISTORY,
    "conversations.join": frozenset({"channels:join"}),
    "conversations.list": READ,
    "conversations.open": frozenset({"im:write"}),
    "conversations.replies": HISTORY,
    "users.info": frozenset({"users:read"}),
    "users.list": frozenset({"users:read"}),
    "users.lookupByEmail": frozenset({"users:read.email"}),
    "views.open": NONE,
    "views.publish": NONE,
    "views.push": NONE,
    "views.update": NONE,
}
# The same of events: https://docs.slack.dev/reference/events/user_change and so on.
OF_EVENTS: Final = {
    "app_home_opened": NONE,
    "member_joined_channel": READ,
    "message.channels": frozenset({"channels:history"}),
    "message.groups": frozenset({"groups:history"}),
    "user_change": frozenset({"users:read"}),
}
# Called with the app's own token, which a person makes beside the manifest.
BY_APP_TOKEN: Final = {"apps.connections.open"}

# Every method of the Web API that slack_sdk knows; in its Python `users.lookupByEmail` is users_lookupByEmail.
KNOWN: Final = set(re.findall(r'self\.api_call\(\s*"([\w.]+)"', inspect.getsource(slack_sdk.web.client)))
BY_NAME: Final = {name.replace(".", "_"): name for name in KNOWN}


class Row(NamedTuple):
    """A row of one of the tables: what it is about, what it names in each further cell, and the files it links."""

    about: str
    cells: tuple[frozenset[str], ...]
    files: frozenset[str]


def methods(source: str) -> Iterator[str]:
    """Name the methods of the Web API that a Python file names: as a text, or as slack_sdk's own functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in KNOWN:
            yield node.value
        elif isinstance(node, ast.Attribute) and node.attr in BY_NAME:
            yield BY_NAME[node.attr]


def called() -> set[str]:
    """Name what the bot calls in Slack."""
    rooms = ("bot", "handlers", "qualification", "templates", "migrations")
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    return {name for path in files for name in methods(path.read_text(encoding="utf-8"))}


def table(name: str) -> list[Row]:
    """Read a table of the page, without its header."""
    page = PAGE.read_text(encoding="utf-8")
    body = page.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- end of {name} -->")[0]
    rows = []
    for line in body.splitlines()[2:]:
        about, _, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        files = {str((PAGE.parent / link).resolve().relative_to(ROOT)) for link in re.findall(r"\]\(([^)]+)\)", line)}
        named = tuple(frozenset(re.findall(r"`([^`]+)`", cell)) for cell in cells[:-1])
        rows.append(Row(about.strip("`"), named, frozenset(files)))
    return rows


def listening() -> dict[str, str]:
    """Name the file that hears each event: `app.event("message")(channels.notice_deleted)` is handlers/channels.py."""
    return {
        node.func.args[0].value: f"handlers/{node.args[0].value.id}.py"
        for node in ast.walk(ast.parse((ROOT / "handlers/__init__.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Call)
        and isinstance(node.func.func, ast.Attribute)
        and node.func.func.attr == "event"
        and isinstance(node.func.args[0], ast.Constant)
        and isinstance(node.func.args[0].value, str)
        and isinstance(node.args[0], ast.Attribute)
        and isinstance(node.args[0].value, ast.Name)
    }


def test_the_scope_of_everything_that_is_called_or_heard_is_in_the_manifest_and_no_other_is() -> None:
    """A scope too few is a message that Slack refuses; a scope too many is a right that nobody needs."""
    assert called() - BY_APP_TOKEN == set(OF_METHODS)
    assert set(EVENTS) == set(OF_EVENTS)
    features = {"commands"} if MANIFEST["features"]["slash_commands"] or MANIFEST["features"]["shortcuts"] else set()
    assert set(SCOPES) == features.union(*OF_METHODS.values(), *OF_EVENTS.values())


def test_every_scope_is_in_the_table_with_all_that_needs_it() -> None:
    rows = table("scopes")
    assert [row.about for row in rows] == SCOPES
    for row in rows:
        needing = [{name for name, scopes in of.items() if row.about in scopes} for of in (OF_METHODS, OF_EVENTS)]
        assert (row.about, *row.cells) == (row.about, *needing)


def test_every_event_is_in_the_table_with_the_file_that_hears_it() -> None:
    heard = listening()
    assert [row.about for row in table("events")] == EVENTS
    for row in table("events"):
        assert row.files == {heard[row.about.partition(".")[0]]}


def test_the_files_that_the_table_of_scopes_links_are_those_that_use_them() -> None:
    heard = listening()
    for row in table("scopes"):
        if row.about == "commands":
            continue
        calls, events = row.cells
        used = {str(file): set(methods((ROOT / file).read_text(encoding="utf-8"))) & calls for file in row.files}
        hearing = {heard[event.partition(".")[0]] for event in events}
        assert calls == set().union(*used.values()), row.about
        assert hearing | {file for file, names in used.items() if names} == row.files, row.about


def test_the_page_names_every_method_that_needs_no_scope() -> None:
    told = PAGE.read_text(encoding="utf-8").partition("These methods need no scope: ")[2].partition("`apps.")[0]
    assert set(re.findall(r"`([^`]+)`", told)) == {name for name, scopes in OF_METHODS.items() if not scopes}


@pytest.mark.parametrize("method", sorted(name for name in OF_METHODS if METHODS[name].scope is not None))
def test_the_sandbox_asks_for_the_same_scope(method: str) -> None:
    """What it asks for by the kind of conversation, the journeys meet."""
    assert OF_METHODS[method] == {METHODS[method].scope}


@pytest.mark.parametrize("source", ['slack.call("reactions.add")', "web.reactions_add()", 'names = {"reactions.add"}'])
def test_a_call_is_found_whichever_way_it_is_written(source: str) -> None:
    assert list(methods(source)) == ["reactions.add"]
