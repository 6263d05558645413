"""The command line: `python -m bot`, with --help on every command."""

import getpass
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

import migrations
from bot import app as wiring
from bot import console, doctor, import_command, init, logs, preview, scoring, summary
from bot.app import Baton
from bot.delivery import dead_letters
from bot.http.intake_api import new_key
from bot.slack import directory
from bot.slack.client import Slack, SlackError
from qualification.intake import api_keys
from qualification.organisation import publishing
from qualification.playbook import playbooks
from qualification.records import PlaybookVersion
from qualification.rules.intake import mapping, payloads
from qualification.rules.playbook.playbook import PlaybookFaults, parse
from qualification.rules.refusals import NoPlaybook
from qualification.rules.values.suggestions import choose_from

PLAYBOOK: Final = Path("playbook.yaml")
ALIVE_SECONDS: Final = 1.0

log = logging.getLogger(__name__)

baton = typer.Typer(
    name="baton",
    help="Carries a lead from marketing to sales inside Slack. Settings come from the environment and from .env.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
playbook_commands = typer.Typer(no_args_is_help=True, help="Check, publish and show the playbook.")
intake_commands = typer.Typer(no_args_is_help=True, help="See what becomes of what senders post.")
keys_commands = typer.Typer(no_args_is_help=True, help="Let senders in over HTTP, and keep them out again.")
deliveries_commands = typer.Typer(no_args_is_help=True, help="Look after messages that Slack would not take.")
baton.add_typer(playbook_commands, name="playbook")
baton.add_typer(intake_commands, name="intake")
baton.add_typer(keys_commands, name="keys")
baton.add_typer(deliveries_commands, name="deliveries")
baton.add_typer(summary.commands, name="summary")

PlaybookFile = Annotated[Path, typer.Argument(help="The playbook's file.", show_default=True)]


@baton.command()
def run() -> None:
    """Listen to Slack and work, in one process: the way to run on SQLite, on one machine.

    Brings a SQLite database up to date first; PostgreSQL is left to [bold]migrate[/bold].
    """
    _run(listening=True, working=True)


@baton.command()
def web() -> None:
    """Listen to Slack only: any number of these, on PostgreSQL, beside at least one [bold]worker[/bold]."""
    _run(listening=True, working=False)


@baton.command()
def worker() -> None:
    """Work only: tell Slack what is owed, and keep the clocks."""
    _run(listening=False, working=True)


@baton.command()
def migrate() -> None:
    """Bring the database's schema up to date. Harmless where it is; make a backup first."""
    console.bring_up_to_date(console.settings(slack=False))
    console.say(f"The database is at revision {migrations.head()}.")


@baton.command("init")
def write_playbook(
    file: Annotated[Path, typer.Option(help="Where to write it.")] = PLAYBOOK,
    team: Annotated[str | None, typer.Option(help="The sales team's name.")] = None,
    channel: Annotated[str | None, typer.Option(help="The channel that shows its lead cards, such as #sales.")] = None,
    manager: Annotated[str | None, typer.Option(help="Its manager: an e-mail address, or a name Slack knows.")] = None,
    rep: Annotated[list[str] | None, typer.Option(help="A rep; repeat it for each.")] = None,
    marketer: Annotated[list[str] | None, typer.Option(help="Somebody in marketing; repeat it for each.")] = None,
    zone: Annotated[str | None, typer.Option(help="The team's time zone; without it the manager's.")] = None,
    hours: Annotated[str, typer.Option(help="Working hours from Monday to Friday.")] = init.DEFAULT_HOURS,
    currency: Annotated[str, typer.Option(help="The currency of deals.")] = "EUR",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file without asking.")] = False,
) -> None:
    """Write a first playbook, from a few questions or from the options given.

    With SLACK_BOT_TOKEN set, people and channels are read from Slack, so that names will do.
    """
    asking = sys.stdin.isatty()
    if file.exists() and not overwrite:
        if not asking:
            console.fail(f"{file} is there already; say --overwrite to replace it.", console.WRONG)
        if not typer.confirm(f"{file} is there already. Replace it?", default=False):
            console.fail("Nothing was changed.", console.FAILED)
    roster = _roster()
    given = {"--team": team, "--channel": channel, "--manager": manager, "--rep": rep}
    missing = [name for name, value in given.items() if not value]
    try:
        if asking and len(missing) == len(given):
            answers = init.ask(console.shown(), roster)
        elif missing:
            console.fail(f"Still needed: {', '.join(missing)}. Without any option, questions are asked.", console.WRONG)
        else:
            answers = init.answers(
                roster,
                team=team or "",
                channel=channel or "",
                manager=manager or "",
                reps=rep or [],
                marketers=marketer or [],
                zone=zone,
                hours=hours,
                currency=currency,
            )
        text = init.compose(answers)
        parse(text, str(file))
    except init.Nonsense as nonsense:
        console.fail(str(nonsense), console.WRONG)
    except PlaybookFaults as faults:
        console.fail(str(faults), console.WRONG)
    console.write(file, text)
    console.say(f"{file} is written. Look at it, then: python -m bot playbook publish {file}")


@baton.command("doctor")
def examine(playbook: Annotated[Path, typer.Option(help="The playbook's file, to compare.")] = PLAYBOOK) -> None:
    """Check tokens, scopes, people, channels, schema, playbook and clocks; name the remedy for each fault."""
    read = console.settings()
    faults = 0
    with console.opened(read) as database:
        for finding in doctor.examine(read, database, playbook=playbook, now=wiring.utc_now):
            mark = "[red]✗[/red]" if finding.is_fault else "[green]✓[/green]"
            console.shown().print(
                f"{mark} [bold]{finding.subject}[/bold]: {escape(finding.seen)}", highlight=False, soft_wrap=True
            )
            if finding.remedy is not None:
                faults += 1
                console.shown().print(f"  → {escape(finding.remedy)}", highlight=False, soft_wrap=True)
    if faults:
        console.fail(f"{faults} to put right." if faults > 1 else "One thing to put right.", console.FAILED)
    console.shown().print("Everything is well.")


baton.command("import")(import_command.command)
baton.command("score")(scoring.command)


@playbook_commands.command("check")
def check(file: PlaybookFile = PLAYBOOK) -> None:
    """Read a playbook and name every fault with its line; nothing is changed."""
    text = console.text(file)
    try:
        found = parse(text, str(file))
    except PlaybookFaults as faults:
        console.fail(f"{faults}\n{len(faults.faults)} to put right; nothing was changed.", console.FAILED)
    console.say(f"{file} is good. Teams: {len(found.teams)}, people: {len(found.people)}, rules: {len(found.rules)}.")


@playbook_commands.command()
def publish(file: PlaybookFile = PLAYBOOK) -> None:
    """Make a playbook count from now on, in every process; a bad one changes nothing."""
    check(file)
    read = console.settings()
    with console.ready(read) as database:
        now = wiring.utc_now()
        served = wiring.serve(read, database=database)
        with database.transaction() as session:
            publishing.publish(
                session,
                workspace_id=served.id,
                text=console.text(file),
                by=f"{getpass.getuser()} (command line)",
                now=now,
            )
        slack = Slack(read.bot_token, base_url=read.slack_api_url)
        looked = directory.Directory(database=database, slack=slack, workspace_id=served.id, now=wiring.utc_now)
        looked.look_up()
    console.say(f"{file} is published. python -m bot doctor tells whether Slack knows everybody in it.")


@playbook_commands.command()
def show() -> None:
    """Print the playbook that counts now."""
    read = console.settings()
    with console.ready(read) as database:
        served = wiring.serve(read, database=database)
        with database.snapshot() as session:
            try:
                version = playbooks.current(session, served.id).id
            except NoPlaybook:
                console.fail("None is published yet: python -m bot playbook publish.", console.FAILED)
            text = session.get_one(PlaybookVersion, version).text
    sys.stdout.write(text)


@intake_commands.command("try")
def try_payload(
    source: Annotated[str, typer.Argument(help="The sender, by its key in the playbook's senders.")],
    file: Annotated[Path, typer.Argument(help="What it posts: JSON, or a form as a browser encodes it.")],
    playbook: Annotated[Path, typer.Option(help="The playbook's file.")] = PLAYBOOK,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each entry.")] = False,
) -> None:
    """Show the leads and activities that a payload would become; nothing is stored, and nobody is told."""
    text = console.text(playbook)
    try:
        read = parse(text, str(playbook))
    except PlaybookFaults as faults:
        console.fail(str(faults), console.FAILED)
    sender = read.sender(source)
    if sender is None:
        console.fail(
            f"No sender of {playbook} is called `{source}`; {choose_from(source, read.senders)}", console.WRONG
        )
    try:
        payload = payloads.read(console.content(file))
    except payloads.NoPayload as nothing:
        console.fail(f"{file} is no payload: {nothing}.", console.WRONG)
    entries = mapping.map_payload(sender, payload, now=wiring.utc_now()).values()
    for entry in entries:
        if as_json:
            sys.stdout.write(f"{preview.line(read, entry)}\n")
        else:
            console.shown().print(preview.table(read, entry))
    wrong = sum(bool(preview.errors_of(read, entry)) for entry in entries)
    if wrong:
        console.fail(f"{wrong} of {len(entries)} would not be taken.", console.FAILED)
    if not entries:
        console.told().print("Nothing in it would be taken: `when` leaves it out, or `each` finds nothing.")


@keys_commands.command("make")
def make_key(
    name: Annotated[str, typer.Argument(help="The sender that it lets in, such as website.")],
    publishable: Annotated[
        bool,
        typer.Option(
            "--publishable", help="For a page that anybody reads: it only posts to /v1/in/NAME, and reads nothing."
        ),
    ] = False,
) -> None:
    """Make an API key for a sender, and show it: this once, for it is kept nowhere."""
    read = console.settings()
    with console.ready(read) as database:
        served = wiring.serve(read, database=database)
        try:
            with database.transaction() as session:
                key = api_keys.make(
                    session,
                    served.id,
                    name.strip(),
                    publishable=publishable,
                    random=new_key,
                    now=wiring.utc_now(),
                )
        except api_keys.NameTaken as taken:
            console.fail(str(taken), console.FAILED)
    console.say(key)
    keep = "Keep it: it is shown this once."
    if publishable:
        keep += f" It posts to /v1/in/{name.strip()}?key=… and opens nothing else."
    console.told().print(keep, highlight=False)


@keys_commands.command("list")
def list_keys() -> None:
    """List the keys: whom they let in, since when, and when they were last used."""
    read = console.settings()
    with console.ready(read) as database, database.snapshot() as session:
        found = api_keys.listed(session, wiring.serve(read, database=database).id)
    if not found:
        console.say("There is none: python -m bot keys make NAME.")
        return
    table = Table("Sender", "Key", "Made (UTC)", "Last used (UTC)", "")
    for each in found:
        used = f"{each.used_at:%Y-%m-%d %H:%M}" if each.used_at else "never"
        rights = "publishable" if each.publishable else ""
        over = f"revoked {each.revoked_at:%Y-%m-%d %H:%M}" if each.revoked_at else rights
        table.add_row(escape(each.name), f"{escape(each.hint)}…", f"{each.created_at:%Y-%m-%d %H:%M}", used, over)
    console.shown().print(table)


@keys_commands.command("revoke")
def revoke_key(name: Annotated[str, typer.Argument(help="The sender, as the list names it.")]) -> None:
    """Let nobody in by that key any more; what came by it stays."""
    read = console.settings()
    with console.ready(read) as database:
        served = wiring.serve(read, database=database)
        with database.transaction() as session:
            done = api_keys.revoke(session, served.id, name.strip(), now=wiring.utc_now())
    if not done:
        console.fail(f"No key called {name} is in force; python -m bot keys list.", console.FAILED)
    console.say(f"The key of {name} lets nobody in any more.")


@deliveries_commands.command("list")
def list_parked() -> None:
    """List the messages that Slack would not take, and its word for why."""
    read = console.settings()
    with console.ready(read) as database:
        found = dead_letters.found(database, wiring.serve(read, database=database).id)
    if not found:
        console.say("None is parked.")
        return
    table = Table("Id", "Message", "Place", "Slack's word for it", "Since (UTC)")
    for each in found:
        since = f"{each.since:%Y-%m-%d %H:%M}" if each.since else ""
        table.add_row(str(each.id), each.kind, each.place, escape(each.trouble), since)
    console.shown().print(table)


@deliveries_commands.command("retry")
def retry_parked(
    because: Annotated[str | None, typer.Option(help="Only those parked for this word of Slack's.")] = None,
    place: Annotated[str | None, typer.Option(help="Only those of this place, as the list names it.")] = None,
) -> None:
    """Try parked messages again: all of them, or those of one place or with one cause."""
    read = console.settings()
    with console.ready(read) as database:
        served = wiring.serve(read, database=database)
        count = dead_letters.retry(database, served.id, because=because, place=place, now=wiring.utc_now())
    console.say(f"{count} will be tried again by the running bot." if count else "None is parked like that.")


def _run(*, listening: bool, working: bool) -> None:
    """Run until a signal says to stop; a second signal ends it at once."""
    read = console.settings()
    logs.configure(read.log_format, read.log_level)
    stop = threading.Event()

    def heed(number: int, _: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGTERM, heed)
    signal.signal(signal.SIGINT, heed)
    if read.on_sqlite:
        console.bring_up_to_date(read)
    with console.ready(read) as database:
        bot = wiring.build(read, database=database)
        try:
            bot.start(listening=listening, working=working)
            if listening:
                console.told().print(f"Listening on {bot.http.address}. Ctrl-C ends it.", highlight=False)
            died = _wait(bot, stop)
        finally:
            bot.stop()
    if died:
        console.fail("A part of the bot ended unasked; the log says why.", console.FAILED)


def _wait(bot: Baton, stop: threading.Event) -> bool:
    """Wait for a signal; True where a part ended before one came."""
    while not stop.wait(ALIVE_SECONDS):
        if not bot.is_alive:
            return True
    return False


def _roster() -> init.Roster:
    """Ask Slack for people and channels, where there is a token."""
    environ = console.environ()
    if not environ.get("SLACK_BOT_TOKEN"):
        return init.Roster()
    read = console.settings(slack=False)
    try:
        return init.roster(Slack(read.bot_token, base_url=read.slack_api_url))
    except SlackError as error:
        console.told().print(f"Slack does not tell who is there ({escape(str(error))}); e-mail addresses will do.")
        return init.Roster()


if __name__ == "__main__":
    baton(prog_name="python -m bot")
