"""A sandbox that is saved and restored."""

import json
from pathlib import Path

import httpx

from sandbox.clock import RealClock
from sandbox.server import Sandbox

MANIFEST = json.loads((Path(__file__).parents[2] / "manifest.json").read_text(encoding="utf-8"))


def call(sandbox: Sandbox, method: str, **arguments: str) -> dict[str, str]:
    headers = {"authorization": f"Bearer {sandbox.bot_token()}"}
    answer = httpx.post(f"{sandbox.api_url}{method}", data=arguments, headers=headers, trust_env=False).json()
    assert answer["ok"], answer
    return dict(answer)


def test_messages_threads_and_people_go_on_and_a_reply_is_edited_where_it_stands() -> None:
    with Sandbox(MANIFEST, clock=RealClock()) as first:
        channel = first.workspace().channel_called("sales-emea")
        assert channel is not None
        first.people.change(first.person("Ana Ruiz"), email="ana@elsewhere.example")
        card = call(first, "chat.postMessage", channel=channel.id, text="card")["ts"]
        reply = call(first, "chat.postMessage", channel=channel.id, text="reply", thread_ts=card)["ts"]
        saved, tokens = first.save(), (first.bot_token(), first.app_token())
    with Sandbox(MANIFEST, clock=RealClock(), saved=saved) as second:
        assert (second.bot_token(), second.app_token()) == tokens
        assert second.person("ana@elsewhere.example").name == "Ana Ruiz"
        call(second, "chat.update", channel=channel.id, ts=reply, text="edited")
        later = call(second, "chat.postMessage", channel=channel.id, text="later", thread_ts=card)["ts"]
        again = second.workspace().channel_called("sales-emea")
        assert again is not None
        assert [each.text for each in again.replies(card)] == ["edited", "later"]
        assert again.messages[reply].text == "edited"
        assert float(later) > float(reply)


def test_no_id_is_given_twice() -> None:
    with Sandbox(MANIFEST, clock=RealClock()) as first:
        before = first.slack.ids.next_number()
        saved = first.save()
    with Sandbox(MANIFEST, clock=RealClock(), saved=saved) as second:
        assert second.slack.ids.next_number() > before
