"""What somebody can do here, and whether they are there: /baton, the Home tab, news of people from Slack."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from slack_bolt import Ack

from handlers.plumbing import old_ids, payloads
from handlers.plumbing.context import Body, Now, Reply, Sessions, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from handlers.plumbing.inputs import Command
from handlers.plumbing.payload_values import mapping, optional_text, text
from handlers.plumbing.private_replies import show_again
from qualification.people import absence, people
from qualification.rules.people.reachability import why_unreachable
from qualification.rules.refusals import UnknownCommand
from qualification.rules.values.suggestions import nearest
from qualification.views import home, overview

Answer: TypeAlias = Callable[[Command, str, Transactions, Now, Workspace], dict[str, Any]]


def baton(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Answer /baton by its first word; without one, with what the person can do."""
    asked = payloads.command(body)
    word, _, rest = asked.text.partition(" ")
    if word.casefold() not in WORDS:
        raise UnknownCommand(text=asked.text, nearest=nearest(word, [known for known in WORDS if known]))
    ack(WORDS[word.casefold()](asked, rest, transaction, now, workspace))


def _start(asked: Command, _: str, transaction: Transactions, now: Now, workspace: Workspace) -> dict[str, Any]:
    with transaction() as session:
        facts = overview.greet(session, workspace.id, asked.user_id, name=asked.user_name, now=now())
        reader = people.reader(session, workspace.id, asked.user_id)
    return draw(reader, "replies/start", start=facts)


def _help(asked: Command, _: str, transaction: Transactions, now: Now, workspace: Workspace) -> dict[str, Any]:
    del now
    with transaction() as session:
        reader = people.reader(session, workspace.id, asked.user_id)
    return draw(reader, "replies/help")


def _away(asked: Command, words: str, transaction: Transactions, now: Now, workspace: Workspace) -> dict[str, Any]:
    with transaction() as session:
        until = absence.begin(session, workspace.id, asked.user_id, words=words, name=asked.user_name, now=now())
        in_pool = absence.in_pool(session, workspace.id, asked.user_id)
        reader = people.reader(session, workspace.id, asked.user_id)
    return draw(reader, "replies/away", until=until, in_pool=in_pool)


def _back(asked: Command, _: str, transaction: Transactions, now: Now, workspace: Workspace) -> dict[str, Any]:
    with transaction() as session:
        people.set_back(session, workspace.id, asked.user_id, now=now())
        in_pool = absence.in_pool(session, workspace.id, asked.user_id)
        reader = people.reader(session, workspace.id, asked.user_id)
    return draw(reader, "replies/back", in_pool=in_pool)


WORDS: Final = MappingProxyType[str, Answer]({"": _start, "help": _help, "away": _away, "back": _back})


def ask_away_until(ack: Ack, body: Body, snapshot: Sessions, now: Now, views: Views, workspace: Workspace) -> None:
    """Ask until when the person is away."""
    click = payloads.click(body)
    with snapshot() as session:
        until = absence.ends(session, workspace.id, click.user_id, now=now())
        reader = people.reader(session, workspace.id, click.user_id)
    views.open(click.trigger_id, draw(reader, "modals/away", until=until))
    ack()


def away(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Note that the person is away until the day and time picked."""
    form = payloads.form(body)
    with transaction() as session:
        absence.begin_picked(
            session,
            workspace.id,
            form.user_id,
            day=form.text("date"),
            at=form.text("time"),
            name=form.user_name,
            now=now(),
        )
    ack()


def back(ack: Ack, body: Body, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace) -> None:
    """Note that the person is back."""
    click = payloads.click(body)
    with transaction() as session:
        people.set_back(session, workspace.id, click.user_id, now=now())
    show_again(click, transaction, now, reply, workspace)
    ack()


def open_home(body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Enqueue the person's Home tab; opened twice, it is drawn once more and changes nothing."""
    event = body["event"]
    if event.get("tab") != "home":
        return
    user_id = text(event.get("user"))
    with transaction() as session:
        home.open_home(session, workspace.id, user_id, now=now())


def turn_page(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Show another page of a list on the person's Home tab."""
    press = payloads.turn(body)
    with transaction() as session:
        home.turn(
            session,
            workspace.id,
            press.user_id,
            name=old_ids.LISTS.get(press.list, press.list),
            page=press.number,
            now=now(),
        )
    ack()


def refresh(body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Write down what Slack now says of somebody known here; told twice, it is the same."""
    user = mapping(body["event"].get("user"))
    user_id = text(user.get("id"))
    name = mapping(user.get("profile")).get("real_name") or user.get("real_name")
    with transaction() as session:
        people.refresh(
            session,
            workspace.id,
            user_id,
            name=optional_text(name),
            zone=optional_text(user.get("tz")),
            locale=optional_text(user.get("locale")),
            deactivated=bool(user.get("deleted")),
            unreachable=why_unreachable(user),
            now=now(),
        )
