"""`baton keys make`, `rotate`, `origins`, `list` and `revoke`: the API keys of senders."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bot import machine
from bot.cli import console, databases
from qualification.intake import api_keys
from qualification.records import ApiKey
from qualification.rules.intake import key_limits
from qualification.rules.intake.key_limits import BadLimit, KeyLimits

commands = typer.Typer(no_args_is_help=True, help="Make, rotate, limit, list and revoke the API keys of senders.")

SHOWN_ONCE = "Shown once. Copy it now; Baton stores only a hash."


class Scope(StrEnum):
    """What a key may do."""

    POST = "post"
    READ = "read"


Expires = Annotated[
    str | None, typer.Option(help="When it ends: after 90d (12h, 8w), or as 2027-01-31 begins in UTC. Never without.")
]


@commands.command("make")
def make_key(
    name: Annotated[str, typer.Argument(help="The sender that it lets in, such as website.")],
    publishable: Annotated[
        bool,
        typer.Option(
            "--publishable", help="For a page that anybody reads: it only posts to /v1/in/NAME, and reads nothing."
        ),
    ] = False,
    expires: Expires = None,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may do: post or read. Both without; repeat it for both.")
    ] = None,
    networks: Annotated[
        list[str] | None,
        typer.Option("--from", help="An address or network that it may be used from, 203.0.113.0/24; repeat it."),
    ] = None,
    origins: Annotated[
        list[str] | None,
        typer.Option(
            "--origin",
            help="Where a publishable key's pages are, https://www.acme.example; repeat it. Any page without.",
        ),
    ] = None,
) -> None:
    """Make an API key for a sender and show it once: Baton stores only a hash."""
    given, name = console.settings(), name.strip()
    if publishable and scope:
        console.fail("A publishable key only posts its own form. Leave out --scope.", console.WRONG)
    if origins and not publishable:
        console.fail(
            "Only a publishable key may be in a page. Add --publishable, or leave out --origin.", console.WRONG
        )
    with _explained():
        now = machine.utc_now()
        limits = KeyLimits(
            expires_at=key_limits.read_end(expires, now) if expires else None,
            may_post=not scope or Scope.POST in scope,
            may_read=not scope or Scope.READ in scope,
            networks=key_limits.read_networks(networks or ()),
            origins=key_limits.read_origins(origins or ()),
        )
        with databases.writable(given) as database:
            workspace_id = databases.workspace_id(given, database)
            with database.transaction() as session:
                key = api_keys.make(
                    session,
                    workspace_id,
                    name,
                    publishable=publishable,
                    limits=limits,
                    by=machine.operator(),
                    random=machine.new_key,
                    now=now,
                )
    console.say(key)
    keep = SHOWN_ONCE
    if publishable:
        keep += f" It posts to /v1/in/{name}?key=… and opens nothing else."
    console.remark(keep)


@commands.command("rotate")
def rotate_key(
    name: Annotated[str, typer.Argument(help="The sender, as the list names it.")],
    overlap: Annotated[
        str, typer.Option(help="How long the old key goes on beside the new one: 12h, 7d, 2w; 0d ends it now.")
    ] = "7d",
    expires: Expires = None,
) -> None:
    """Make a new key for a sender and show it once; the old one goes on for a while.

    The new key may do what the old one may, from the same addresses. Without --expires it lasts as long as the old one
    was made to.
    """
    given, name = console.settings(), name.strip()
    with _explained():
        now = machine.utc_now()
        lasts = key_limits.read_length(overlap)
        expires_at = key_limits.read_end(expires, now) if expires else None
        with databases.ready(given) as database:
            workspace_id = databases.workspace_id(given, database)
            with database.transaction() as session:
                made = api_keys.rotate(
                    session,
                    workspace_id,
                    name,
                    overlap=lasts,
                    expires_at=expires_at,
                    by=machine.operator(),
                    random=machine.new_key,
                    now=now,
                )
    if made is None:
        console.fail(f"No valid key has the name {name}. See baton keys list.", console.FAILED)
    key, ends_at = made
    console.say(key)
    end = f"The old key goes on until {_written(ends_at)} UTC." if ends_at > now else "The old key has ended."
    console.remark(f"{SHOWN_ONCE} {end}")


@commands.command("origins")
def set_origins(
    name: Annotated[str, typer.Argument(help="The sender, as the list names it.")],
    origins: Annotated[
        list[str] | None,
        typer.Argument(help="Where its pages are, such as https://www.acme.example. Any page without."),
    ] = None,
) -> None:
    """Set which pages may use a sender's publishable key, and read its answers by script."""
    given, name = console.settings(), name.strip()
    with _explained():
        read = key_limits.read_origins(origins or ())
        with databases.ready(given) as database:
            workspace_id = databases.workspace_id(given, database)
            with database.transaction() as session:
                now, by = machine.utc_now(), machine.operator()
                done = api_keys.set_origins(session, workspace_id, name, read, by=by, now=now)
    if not done:
        console.fail(f"No valid publishable key has the name {name}. See baton keys list.", console.FAILED)
    console.say(
        f"Pages of {', '.join(read)} may use the key of {name}." if read else f"Any page may use the key of {name}."
    )


@commands.command("list")
def list_keys() -> None:
    """List the keys: their sender, when they were made and last used, what they may do, and when they end."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.snapshot() as session:
            found = api_keys.listed(session, workspace_id)
    if not found:
        console.say("There are no keys. Make one with baton keys make NAME.")
        return
    table = Table("Sender", "Key", "Made", "Last used (UTC)", "Rights and end (UTC)")
    now = machine.utc_now()
    for each in found:
        used = _written(each.used_at) if each.used_at else "never"
        rights = ", ".join(_rights(each, now))
        table.add_row(escape(each.name), f"{escape(each.hint)}…", f"{each.created_at:%Y-%m-%d}", used, escape(rights))
    console.stdout().print(table)


@commands.command("revoke")
def revoke_key(name: Annotated[str, typer.Argument(help="The sender, as the list names it.")]) -> None:
    """Revoke a sender's key, and those that go on beside it; what it sent stays."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.transaction() as session:
            done = api_keys.revoke(session, workspace_id, name.strip(), by=machine.operator(), now=machine.utc_now())
    if not done:
        console.fail(f"No valid key has the name {name}. See baton keys list.", console.FAILED)
    console.say(f"The key of {name} is revoked.")


@contextmanager
def _explained() -> Iterator[None]:
    """End the command with a sentence where a limit can't be read, or the name is taken."""
    try:
        yield
    except BadLimit as bad:
        console.fail(str(bad), console.WRONG)
    except api_keys.NameTaken as taken:
        console.fail(str(taken), console.FAILED)


def _rights(key: ApiKey, now: datetime) -> Iterator[str]:
    """Yield what the list says of a key: what it may do, from where, and its end; of a revoked one only that."""
    if key.revoked_at is not None:
        yield f"revoked {_written(key.revoked_at)}"
        return
    if key.publishable:
        yield "publishable"
    else:
        yield from [scope.value for scope, may in ((Scope.POST, key.may_post), (Scope.READ, key.may_read)) if may]
    limits = api_keys.limits_of(key)
    if limits.networks:
        yield f"from {' '.join(limits.networks)}"
    if limits.origins:
        yield f"on {' '.join(limits.origins)}"
    if limits.expires_at is not None:
        yield f"{'expired' if limits.has_expired(now) else 'expires'} {_written(limits.expires_at)}"
    if key.superseded_at is not None:
        yield "superseded"


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
