"""A bare Bolt app on Socket Mode; its listener runs one bare transaction, acknowledges and edits the card."""

import os
import signal
import threading
from itertools import count
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from tests.bench.bare import BareTransaction

CARD = os.environ.get("BARE_CHANNEL")


def main() -> None:
    """Connect to the database and to Slack, post one card if a channel is named, and run until SIGTERM."""
    transaction = BareTransaction(
        os.environ["DATABASE_URL"], int(os.environ["BARE_INSERTED"]), int(os.environ["BARE_CHANGED"])
    )
    transaction()
    client = WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = App(client=client, token_verification_enabled=False)
    presses = count(1)

    def accept(ack: Ack, body: dict[str, Any]) -> None:
        transaction()
        ack()
        card = _card(f"Pressed {next(presses)} times")
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], **card)

    app.action("press")(accept)
    SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).connect()  # type: ignore[no-untyped-call]
    if CARD is not None:
        client.chat_postMessage(channel=CARD, **_card("Not pressed yet"))
    print("ready", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()


def _card(text: str) -> dict[str, Any]:
    button = {"type": "button", "action_id": "press", "text": {"type": "plain_text", "text": "Press"}, "value": "1"}
    section = {"type": "section", "text": {"type": "plain_text", "text": text}}
    return {"text": text, "blocks": [section, {"type": "actions", "elements": [button]}]}


main()
