"""Posting, editing, deleting, threads and histories."""

from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.sandbox.parts import button, error_of, plain

Json = dict[str, Any]


def delivery(key: str) -> Json:
    return {"event_type": "baton_delivery", "event_payload": {"key": key}}


def test_a_message_arrives_where_it_was_sent(client: WebClient, ana: Person, channel: str) -> None:
    answer = client.chat_postMessage(channel=channel, text="A *new* lead for <@" + ana.id + ">")
    (message,) = ana.sees("#sales-emea")
    assert (message.text, message.ts, message.author) == ("A new lead for @Ana Ruiz", answer["ts"], "baton")
    assert message.mentions == ("@Ana Ruiz",)
    assert answer["message"]["bot_id"]


def test_a_channel_may_be_named_by_its_name(client: WebClient, channel: str) -> None:
    assert client.chat_postMessage(channel="#sales-emea", text="x")["channel"] == channel
    assert client.chat_postMessage(channel="sales-emea", text="x")["channel"] == channel


def test_a_person_gets_a_direct_message_by_user_id_or_opened_conversation(client: WebClient, ana: Person) -> None:
    opened = client.conversations_open(users=ana.id)["channel"]["id"]
    client.chat_postMessage(channel=opened, text="first")
    assert client.chat_postMessage(channel=ana.id, text="second")["channel"] == opened
    assert client.conversations_open(users=ana.id)["already_open"] is True
    assert [each.text for each in ana.direct_messages] == ["first", "second"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0", "text": "x"}, "channel_not_found"),
        ({"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ({"channel": "#sales-emea"}, "no_text"),
        ({"channel": "#sales-emea", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "#sales-emea", "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
        ({"channel": "#sales-emea", "text": "x", "blocks": "[nonsense"}, "invalid_blocks_format"),
        ({"channel": "#sales-emea", "text": "x", "metadata": {"event_type": "e"}}, "invalid_metadata_format"),
    ],
)
def test_what_cannot_be_posted_is_refused_in_slacks_words(client: WebClient, arguments: Json, error: str) -> None:
    assert error_of(lambda: client.api_call("chat.postMessage", json=arguments))["error"] == error


@pytest.mark.parametrize("event_type", ["lead.accepted", "lead accepted", "lead:accepted"])
def test_metadata_that_slack_does_not_know_is_ignored_with_a_warning(
    client: WebClient, channel: str, slack_warnings: list[str], event_type: str
) -> None:
    metadata = {"event_type": event_type, "event_payload": {}}
    answer = client.chat_postMessage(channel=channel, text="x", metadata=metadata)
    assert (answer["ok"], answer["warning"], "metadata" in answer["message"]) == (
        True,
        "invalid_metadata_schema",
        False,
    )
    assert answer["response_metadata"] == {"warnings": ["invalid_metadata_schema"]}
    assert slack_warnings == ["invalid_metadata_schema"]
    slack_warnings.clear()


def test_blocks_are_refused_with_the_path_of_each_fault(client: WebClient, channel: str) -> None:
    blocks: list[Json] = [{"type": "header", "text": plain("x" * 151)}, {"type": "divider", "colour": "red"}]
    error = error_of(lambda: client.chat_postMessage(channel=channel, text="x", blocks=blocks))
    assert error["error"] == "invalid_blocks"
    first, second = error["response_metadata"]["messages"]
    assert first.startswith("[ERROR] ")
    assert "/blocks/0/text/text" in first
    assert "/blocks/1" in second


def test_the_bot_posts_only_where_it_is_a_member(sandbox: Sandbox, client: WebClient, channel: str) -> None:
    sandbox.people.remove_bot("#sales-emea", workspace=sandbox.workspace())
    assert error_of(lambda: client.chat_postMessage(channel=channel, text="x"))["error"] == "not_in_channel"
    assert error_of(lambda: client.conversations_history(channel=channel))["error"] == "not_in_channel"
    assert client.conversations_join(channel=channel)["channel"]["is_member"]
    assert client.chat_postMessage(channel=channel, text="x")["ok"]


def test_a_private_channel_without_the_bot_is_not_found(sandbox: Sandbox, client: WebClient, ana: Person) -> None:
    secret = sandbox.people.add_channel(
        "deals", workspace=sandbox.workspace(), members=[ana], private=True, with_bot=False
    )
    assert error_of(lambda: client.chat_postMessage(channel=secret, text="x"))["error"] == "channel_not_found"
    assert error_of(lambda: client.conversations_info(channel=secret))["error"] == "channel_not_found"
    kinds = "public_channel,private_channel"
    assert secret not in [each["id"] for each in client.conversations_list(types=kinds)["channels"]]


def test_an_archived_channel_takes_nothing(sandbox: Sandbox, client: WebClient, channel: str) -> None:
    sandbox.people.archive("#sales-emea", workspace=sandbox.workspace())
    assert error_of(lambda: client.chat_postMessage(channel=channel, text="x"))["error"] == "is_archived"
    assert client.conversations_info(channel=channel)["channel"]["is_archived"]


def test_a_deactivated_person_cannot_be_written_to(sandbox: Sandbox, client: WebClient, ana: Person) -> None:
    sandbox.people.deactivate(ana)
    assert error_of(lambda: client.conversations_open(users=ana.id))["error"] == "user_disabled"
    assert error_of(lambda: client.chat_postMessage(channel=ana.id, text="x"))["error"] == "channel_not_found"


def test_an_edit_replaces_what_a_message_says(client: WebClient, ana: Person, channel: str) -> None:
    blocks = [{"type": "actions", "elements": [button("Claim", "claim")]}]
    ts = client.chat_postMessage(channel=channel, text="offered", blocks=blocks, metadata=delivery("1"))["ts"]
    (before,) = ana.sees(channel)
    client.chat_update(channel=channel, ts=ts, text="Ana may have it")
    assert ana.looks_again(before).buttons == ["Claim"]
    answer = client.chat_update(channel=channel, ts=ts, text="Ana has it", blocks=[])
    after = ana.looks_again(before)
    assert (before.buttons, before.edited) == (["Claim"], False)
    assert (after.text, after.buttons, after.edited) == ("Ana has it", [], True)
    assert after.metadata == delivery("1")
    assert answer["text"] == "Ana has it"
    nothing = error_of(lambda: client.api_call("chat.update", json={"channel": channel, "ts": ts, "blocks": []}))
    assert nothing["error"] == "no_text"


def test_nobody_edits_or_deletes_what_another_wrote(client: WebClient, ana: Person, channel: str) -> None:
    ana.types("mine", "#sales-emea")
    (message,) = ana.sees(channel)
    assert error_of(lambda: client.chat_update(channel=channel, ts=message.ts, text="x"))["error"] == (
        "cant_update_message"
    )
    assert error_of(lambda: client.chat_delete(channel=channel, ts=message.ts))["error"] == "cant_delete_message"


def test_a_deleted_message_is_not_found_any_more(
    sandbox: Sandbox, client: WebClient, ana: Person, channel: str
) -> None:
    first = client.chat_postMessage(channel=channel, text="first")["ts"]
    second = client.chat_postMessage(channel=channel, text="second")["ts"]
    client.chat_delete(channel=channel, ts=first)
    sandbox.people.delete_message(ana.sees(channel)[0])
    assert ana.sees(channel) == []
    for ts in (first, second):
        assert error_of(lambda ts=ts: client.chat_update(channel=channel, ts=ts, text="x"))["error"] == (  # type: ignore[misc]
            "message_not_found"
        )


def test_a_deleted_message_leaves_a_tombstone_above_its_thread(
    sandbox: Sandbox, client: WebClient, ana: Person, channel: str
) -> None:
    parent = client.chat_postMessage(channel=channel, text="card", metadata=delivery("1"))["ts"]
    client.chat_postMessage(channel=channel, text="line", thread_ts=parent)
    sandbox.people.delete_message(ana.sees(channel)[0])
    (tombstone,) = ana.sees(channel)
    assert (tombstone.text, tombstone.deleted) == ("This message was deleted.", True)
    assert [each.text for each in tombstone.thread] == ["line"]
    (shape,) = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert (shape["subtype"], shape["user"], "metadata" in shape) == ("tombstone", "USLACKBOT", False)
    error = error_of(lambda: client.chat_update(channel=channel, ts=parent, text="x"))
    assert error["error"] == "message_not_found"


def test_a_thread_hangs_under_its_first_message(client: WebClient, ana: Person, channel: str) -> None:
    parent = client.chat_postMessage(channel=channel, text="card")["ts"]
    reply = client.chat_postMessage(channel=channel, text="one", thread_ts=parent)["ts"]
    client.chat_postMessage(channel=channel, text="two", thread_ts=reply)
    (card,) = ana.sees(channel)
    assert [each.text for each in card.thread] == ["one", "two"]
    (top,) = client.conversations_history(channel=channel)["messages"]
    assert (top["ts"], top["thread_ts"], top["reply_count"]) == (parent, parent, 2)
    replies = client.conversations_replies(channel=channel, ts=parent)["messages"]
    assert [each["text"] for each in replies] == ["card", "one", "two"]
    assert replies[1]["parent_user_id"] == top["user"]
    assert error_of(lambda: client.conversations_replies(channel=channel, ts="1.2"))["error"] == "thread_not_found"


def test_histories_show_metadata_only_when_asked(client: WebClient, channel: str) -> None:
    parent = client.chat_postMessage(channel=channel, text="card", metadata=delivery("1"))["ts"]
    client.chat_postMessage(channel=channel, text="line", thread_ts=parent, metadata=delivery("2"))
    (without,) = client.conversations_history(channel=channel)["messages"]
    (shown,) = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert "metadata" not in without
    assert shown["metadata"] == delivery("1")
    replies = client.conversations_replies(channel=channel, ts=parent, include_all_metadata=True)["messages"]
    assert [each["metadata"] for each in replies] == [delivery("1"), delivery("2")]


def test_a_history_comes_newest_first_page_by_page(client: WebClient, channel: str) -> None:
    stamps = [client.chat_postMessage(channel=channel, text=str(number))["ts"] for number in range(5)]
    pages = client.conversations_history(channel=channel, limit=2)
    read = [([each["text"] for each in page["messages"]], page["has_more"]) for page in pages]
    assert read == [(["4", "3"], True), (["2", "1"], True), (["0"], False)]
    between = client.conversations_history(channel=channel, oldest=stamps[1], latest=stamps[3])["messages"]
    assert [each["text"] for each in between] == ["2"]
    including = client.conversations_history(channel=channel, oldest=stamps[1], latest=stamps[3], inclusive=True)
    assert [each["text"] for each in including["messages"]] == ["3", "2", "1"]
    assert error_of(lambda: client.conversations_history(channel=channel, cursor="?"))["error"] == "invalid_cursor"
    assert error_of(lambda: client.conversations_history(channel=channel, limit=1000))["error"] == "invalid_limit"


def test_timestamps_follow_the_clock_and_never_repeat(client: WebClient, clock: ManualClock, channel: str) -> None:
    first = client.chat_postMessage(channel=channel, text="x")["ts"]
    second = client.chat_postMessage(channel=channel, text="x")["ts"]
    clock.advance(10)
    third = client.chat_postMessage(channel=channel, text="x")["ts"]
    assert first < second < third
    assert (int(float(first)), int(float(third))) == (int(clock.unix()) - 10, int(clock.unix()))


def test_slack_names_the_blocks_and_actions_that_the_app_did_not(client: WebClient, channel: str) -> None:
    blocks = [{"type": "actions", "elements": [{"type": "button", "text": plain("Claim")}]}]
    (block,) = client.chat_postMessage(channel=channel, text="x", blocks=blocks)["message"]["blocks"]
    assert block["block_id"]
    assert block["elements"][0]["action_id"]


def test_people_are_found_by_id_and_email(sandbox: Sandbox, client: WebClient, ana: Person) -> None:
    user = client.users_info(user=ana.id, include_locale=True)["user"]
    assert (user["tz"], user["tz_offset"], user["locale"]) == ("Europe/Madrid", 3600, "es-ES")
    assert user["profile"]["email"] == ana.email
    assert client.users_lookupByEmail(email=ana.email.upper())["user"]["id"] == ana.id
    assert error_of(lambda: client.users_info(user="U0"))["error"] == "user_not_found"
    assert error_of(lambda: client.users_lookupByEmail(email="no@one.example"))["error"] == "users_not_found"
    sandbox.people.deactivate(ana)
    assert error_of(lambda: client.users_lookupByEmail(email=ana.email))["error"] == "users_not_found"
    assert client.users_info(user=ana.id)["user"]["deleted"] is True
    assert len(client.users_list(limit=1000)["members"]) == len(sandbox.workspace().members)


def test_channels_are_listed_page_by_page(client: WebClient) -> None:
    names = [each["name"] for page in client.conversations_list(limit=3) for each in page["channels"]]
    assert names == ["general", "marketing", "sales-emea", "sales-americas"]
    assert error_of(lambda: client.conversations_list(types="rooms"))["error"] == "invalid_types"
