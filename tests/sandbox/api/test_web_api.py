"""What all Web API calls share: tokens, scopes, arguments, headers."""

import copy
import json
from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient

from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.sandbox.parts import MANIFEST, client_of, error_of, without_scope


def test_a_bot_token_says_who_it_belongs_to(sandbox: Sandbox, client: WebClient) -> None:
    answer = client.auth_test()
    app = sandbox.workspace().app
    assert (answer["team"], answer["team_id"]) == ("Northwind Systems", sandbox.workspace().id)
    assert (answer["user_id"], answer["bot_id"], answer["user"]) == (app.bot_user_id, app.bot_id, "baton")
    assert client.bots_info(bot=app.bot_id)["bot"]["app_id"] == app.id


def test_each_workspace_has_its_own_app_and_tokens(sandbox: Sandbox) -> None:
    first, second = sandbox.workspace_ids
    teams = {client_of(sandbox, sandbox.bot_token(each)).auth_test()["team"] for each in (first, second)}
    assert teams == {"Northwind Systems", "Fabrikam"}
    assert len({sandbox.app_token(first), sandbox.app_token(second)}) == 2
    assert sandbox.workspace(first).app.id != sandbox.workspace(second).app.id


def test_a_call_without_a_token_is_not_authed(sandbox: Sandbox) -> None:
    with urlopen(Request(f"{sandbox.api_url}auth.test", method="POST")) as answer:  # noqa: S310 - our own server
        assert json.load(answer) == {"ok": False, "error": "not_authed"}


def test_a_wrong_token_is_invalid(sandbox: Sandbox) -> None:
    assert error_of(client_of(sandbox, "xoxb-nobody").auth_test)["error"] == "invalid_auth"


def test_a_revoked_token_says_so(sandbox: Sandbox, client: WebClient) -> None:
    sandbox.revoke()
    assert error_of(client.auth_test)["error"] == "token_revoked"
    sandbox.revoke(revoked=False)
    assert client.auth_test()["ok"]


def test_each_kind_of_token_has_its_own_methods(sandbox: Sandbox, client: WebClient) -> None:
    with_app_token = client_of(sandbox, sandbox.app_token())
    assert error_of(with_app_token.auth_test)["error"] == "not_allowed_token_type"
    error = error_of(lambda: client.apps_connections_open(app_token=sandbox.bot_token()))
    assert error["error"] == "not_allowed_token_type"
    assert with_app_token.apps_connections_open(app_token=sandbox.app_token())["url"].startswith("ws://127.0.0.1")


def test_a_method_that_nobody_built_is_unknown(client: WebClient, channel: str) -> None:
    error = error_of(lambda: client.chat_postEphemeral(channel=channel, user="U1", text="psst"))
    assert error["error"] == "unknown_method"


@pytest.mark.parametrize(
    ("scope", "method", "arguments"),
    [
        ("chat:write", "chat.postMessage", {"channel": "C", "text": "x"}),
        ("users:read", "users.info", {"user": "U"}),
        ("users:read.email", "users.lookupByEmail", {"email": "a@b.example"}),
        ("channels:join", "conversations.join", {"channel": "C"}),
        ("channels:read", "conversations.list", {}),
        ("im:write", "conversations.open", {"users": "U"}),
    ],
)
def test_a_scope_that_the_manifest_lacks_is_named(
    clock: ManualClock, scope: str, method: str, arguments: dict[str, str]
) -> None:
    with Sandbox(without_scope(scope), clock=clock) as sandbox:
        error = error_of(lambda: client_of(sandbox).api_call(method, json=arguments))
    assert (error["error"], error["needed"]) == ("missing_scope", scope)
    assert error["provided"].split(",") == without_scope(scope)["oauth_config"]["scopes"]["bot"]


def test_histories_need_the_scope_of_their_kind_of_channel(clock: ManualClock) -> None:
    with Sandbox(without_scope("groups:history"), clock=clock) as sandbox:
        secret = sandbox.people.add_channel("deals", workspace=sandbox.workspace(), private=True)
        public = sandbox.people.add_channel("open", workspace=sandbox.workspace())
        client = client_of(sandbox)
        assert error_of(lambda: client.conversations_history(channel=secret))["needed"] == "groups:history"
        assert client.conversations_history(channel=public)["messages"] == []


def test_every_missing_and_every_unknown_argument_is_named(client: WebClient) -> None:
    error = error_of(lambda: client.api_call("chat.update", json={"text": "x", "chanel": "C1"}))
    assert error["error"] == "invalid_arguments"
    assert error["response_metadata"]["messages"] == [
        "[ERROR] unknown argument: chanel",
        "[ERROR] missing required field: channel",
        "[ERROR] missing required field: ts",
    ]


@pytest.mark.parametrize("verb", ["GET", "form", "json"])
def test_arguments_may_come_by_query_form_or_json(client: WebClient, channel: str, verb: str) -> None:
    arguments = {"channel": channel, "include_num_members": "true"}
    sent = {"GET": {"params": arguments}, "form": {"data": arguments}, "json": {"json": arguments}}[verb]
    answer = client.api_call("conversations.info", http_verb="GET" if verb == "GET" else "POST", **sent)
    assert answer["channel"]["num_members"] > 1


def test_rubbish_is_refused_as_rubbish(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.bot_token()}", "Content-Type": "application/json"}
    request = Request(f"{sandbox.api_url}auth.test", data=b"{nonsense", headers=headers)  # noqa: S310 - our own server
    with urlopen(request) as answer:  # noqa: S310 - our own server
        assert json.load(answer)["error"] == "invalid_json"


def test_answers_carry_the_scopes_and_the_clocks_date(sandbox: Sandbox, client: WebClient, clock: ManualClock) -> None:
    clock.advance(60)
    headers = {name.lower(): value for name, value in client.users_list().headers.items()}
    assert headers["x-oauth-scopes"].split(",") == MANIFEST["oauth_config"]["scopes"]["bot"]
    assert headers["x-accepted-oauth-scopes"] == "users:read"
    assert headers["date"] == "Mon, 23 Nov 2026 12:01:00 GMT"
    assert sandbox.url in sandbox.api_url


def test_the_journal_keeps_calls_without_tokens(sandbox: Sandbox, client: WebClient, channel: str) -> None:
    client.chat_postMessage(channel=channel, text="Hello")
    error_of(lambda: client.chat_postMessage(channel="C0", text="Hello"))
    first, second = sandbox.calls("chat.postMessage")
    assert first.arguments == {"channel": channel, "text": "Hello"}
    assert first.ok
    assert first.at == sandbox.clock()
    assert (second.ok, second.answer) == (False, {"ok": False, "error": "channel_not_found"})
    assert sandbox.bot_token() not in repr(sandbox.calls())


def test_a_manifest_without_any_settings_makes_an_app_that_may_do_nothing(clock: ManualClock) -> None:
    bare = copy.deepcopy(MANIFEST)
    del bare["oauth_config"], bare["settings"], bare["features"]
    with Sandbox(bare, clock=clock) as sandbox:
        assert client_of(sandbox).auth_test()["ok"]
        assert error_of(client_of(sandbox).users_list)["provided"] == ""
