"""News of channels: a card deleted by hand, the bot invited."""

from handlers.plumbing.context import Body, Now, Transactions, Workspace
from handlers.plumbing.payload_values import mapping, text
from qualification.outbox import retries


def notice_deleted(body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Have a card that somebody deleted posted anew; whatever else is said in a channel is nobody's business.

    Where a thread hangs on the message Slack leaves a tombstone, and tells of a change. A message deleted is known no
    longer by its old id, so an event that comes twice does nothing.
    """
    event = body["event"]
    message = mapping(event.get("message"))
    match event.get("subtype"):
        case "message_deleted":
            ts = text(event.get("deleted_ts"))
        case "message_changed" if message.get("subtype") == "tombstone":
            ts = text(message.get("ts"))
        case _:
            return
    channel = text(event.get("channel"))
    is_ours = mapping(event.get("previous_message")).get("user") == workspace.bot_user_id
    with transaction() as session:
        retries.message_deleted(session, workspace_id=workspace.id, channel=channel, ts=ts, is_ours=is_ours, now=now())


def join(body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Try again what could not be posted in a channel, once the bot is let in."""
    event = body["event"]
    if event.get("user") != workspace.bot_user_id:
        return
    channel = text(event.get("channel"))
    with transaction() as session:
        retries.retry_dead_letters(session, workspace_id=workspace.id, place=channel, now=now())
