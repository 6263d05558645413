"""The first playbook, written from the answers to a few questions."""

import json
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TextIO, TypeVar

import yaml
from babel.numbers import list_currencies
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.slack import directory
from bot.slack.client import Slack
from qualification.rules.field_errors import Unreadable
from qualification.rules.values.normalization import check_email

LONGEST_KEY: Final = 40
LONGEST_NAME: Final = 80
DEFAULT_HOURS: Final = "09:00-17:30"
CHANNEL: Final = re.compile(r"#?[\w-]{1,80}")
SLACK_USER: Final = re.compile(r"[UW][A-Z0-9]{2,}")

Answer = TypeVar("Answer")


class Nonsense(Exception):
    """An answer that cannot be meant; the text says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody to name: by e-mail, by Slack user, or both."""

    email: str | None
    slack_user_id: str | None
    name: str | None = None
    zone: str | None = None

    @property
    def mention(self) -> str:
        """How the playbook refers to them: by e-mail where there is one."""
        return self.email or self.slack_user_id or ""


@dataclass(frozen=True, slots=True)
class Roster:
    """The people and channels that Slack knows; empty where Slack was not asked."""

    people: tuple[Known, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What the first playbook needs to know."""

    team: str
    channel: str
    zone: str
    currency: str
    hours: str
    manager: Known
    reps: tuple[Known, ...]
    marketers: tuple[Known, ...] = ()


def read_team(text: str) -> str:
    """Read a team's name, which has a letter or digit to make its key of."""
    name = " ".join(text.split())
    if not name.isprintable() or not key_of(name) or len(name) > LONGEST_NAME:
        message = f"A team needs a name of at most {LONGEST_NAME} characters, with a letter or digit, such as EMEA."
        raise Nonsense(message)
    return name


def read_channel(text: str, roster: Roster) -> str:
    """Read a channel's name, with or without #; Slack must know it where Slack was asked."""
    if not CHANNEL.fullmatch(text.strip()):
        message = f"{text.strip() or 'An empty answer'} isn't a channel name; write it like #sales-emea."
        raise Nonsense(message)
    name = text.strip().lstrip("#").lower()
    if roster.channels and name not in roster.channels:
        message = f"Slack shows the bot no channel #{name}. Create it, or invite the bot if it is private."
        raise Nonsense(message)
    return f"#{name}"


def read_zone(text: str) -> str:
    """Read a time zone of the IANA database, whatever its case."""
    found = {name.lower(): name for name in zoneinfo.available_timezones()}.get(text.strip().lower())
    if found is None:
        message = f"{text.strip() or 'An empty answer'} isn't a time zone; write it like Europe/London."
        raise Nonsense(message)
    return found


def read_currency(text: str) -> str:
    """Read an ISO 4217 currency code."""
    code = text.strip().upper()
    if code not in list_currencies():
        message = f"{text.strip() or 'An empty answer'} isn't a currency; write it like EUR."
        raise Nonsense(message)
    return code


def read_hours(text: str) -> str:
    """Read the hours of a working day; the playbook's own reader judges them in the end."""
    if not re.fullmatch(r"\s*\d\d:\d\d-\d\d:\d\d(\s*,\s*\d\d:\d\d-\d\d:\d\d)*\s*", text):
        message = f"{text.strip() or 'An empty answer'} isn't valid; write working hours like 09:00-12:30, 13:30-18:00."
        raise Nonsense(message)
    return text.strip()


def read_person(text: str, roster: Roster) -> Known:
    """Read who is meant: an e-mail, a Slack user id, a number in the roster, or a name that fits one of its people."""
    wanted = text.strip()
    if wanted.isdecimal() and 0 < int(wanted) <= len(roster.people):
        return roster.people[int(wanted) - 1]
    folded = _fold(wanted)
    exact = [known for known in roster.people if folded in {_fold(known.email), _fold(known.slack_user_id)} - {""}]
    named = [known for known in roster.people if folded and _fold(known.name).startswith(folded)]
    for found in (exact, named):
        if len(found) == 1:
            return found[0]
    if named:
        message = f"{wanted} could be {', '.join(str(known.name) for known in named[:5])}; write more of the name."
        raise Nonsense(message)
    if SLACK_USER.fullmatch(wanted):
        return Known(email=None, slack_user_id=wanted)
    try:
        return Known(email=check_email(wanted), slack_user_id=None)
    except Unreadable as fault:
        message = f"{wanted or 'An empty answer'} is neither an e-mail address nor the name of somebody in Slack."
        raise Nonsense(message) from fault


def read_people(text: str, roster: Roster) -> tuple[Known, ...]:
    """Read several people, separated by commas; nobody twice."""
    found = [read_person(part, roster) for part in text.split(",") if part.strip()]
    return tuple({known.mention: known for known in found}.values())


def read_reps(text: str, roster: Roster) -> tuple[Known, ...]:
    """Read several people, at least one."""
    found = read_people(text, roster)
    if not found:
        message = "A team needs at least one rep."
        raise Nonsense(message)
    return found


def answers(
    roster: Roster,
    *,
    team: str,
    channel: str,
    manager: str,
    reps: Sequence[str],
    marketers: Sequence[str],
    zone: str | None,
    hours: str,
    currency: str,
) -> Answers:
    """Read the answers that were given as options; raises Nonsense for the first that makes no sense."""
    its_manager = read_person(manager, roster)
    return Answers(
        team=read_team(team),
        channel=read_channel(channel, roster),
        zone=read_zone(zone or its_manager.zone or "Europe/London"),
        currency=read_currency(currency),
        hours=read_hours(hours),
        manager=its_manager,
        reps=read_reps(",".join(reps), roster),
        marketers=read_people(",".join(marketers), roster),
    )


def roster(slack: Slack) -> Roster:
    """Ask Slack who and what is there; raises SlackError."""
    return Roster(
        people=tuple(
            Known(each.email, each.slack_user_id, each.name, each.zone)
            for each in sorted(directory.people(slack), key=lambda each: _fold(each.name))
            if not each.deactivated
        ),
        channels=tuple(each.name for each in directory.channels(slack) if not each.archived),
    )


def ask(console: Console, roster: Roster, *, stream: TextIO | None = None) -> Answers:
    """Ask each question until its answer makes sense."""
    show(console, roster)

    def put(question: str, reader: Callable[[str], Answer], default: str = "") -> Answer:
        while True:
            shown = f"{question} [dim]({default})[/dim] " if default else f"{question} "
            given = console.input(shown, stream=stream).strip() or default
            try:
                return reader(given)
            except Nonsense as nonsense:
                console.print(f"[red]{escape(str(nonsense))}[/red]")

    how = "number above, name or e-mail" if roster.people else "e-mail"
    team = put("What is the sales team called?", read_team)
    channel = put("Which channel shows its lead cards?", lambda text: read_channel(text, roster), "#sales")
    manager = put(f"Who manages it? ({how})", lambda text: read_person(text, roster))
    reps = put("Who are its reps? (several, separated by commas)", lambda text: read_reps(text, roster))
    marketers = put("Who in marketing hands leads over? (may be left empty)", lambda text: read_people(text, roster))
    return Answers(
        team=team,
        channel=channel,
        manager=manager,
        reps=reps,
        marketers=marketers,
        zone=put("In which time zone does it work?", read_zone, manager.zone or "Europe/London"),
        hours=put("Which hours, from Monday to Friday?", read_hours, DEFAULT_HOURS),
        currency=put("Which currency are deals in?", read_currency, "EUR"),
    )


def show(console: Console, roster: Roster) -> None:
    """List whom Slack knows, with the numbers that answers may use."""
    if not roster.people:
        return
    table = Table("", "Name", "E-mail", "Zone", title="People in Slack")
    for number, known in enumerate(roster.people, 1):
        table.add_row(str(number), known.name or "", known.email or str(known.slack_user_id), known.zone or "")
    console.print(table)


def compose(answers: Answers) -> str:
    """Write the playbook's text: the answers, and a word on what may be added."""
    key = _scalar(key_of(answers.team))
    roles: dict[str, tuple[Known, list[str]]] = {}
    for group, role in (((answers.manager,), "manager"), (answers.reps, "rep"), (answers.marketers, "marketer")):
        for known in group:
            roles.setdefault(known.mention, (known, []))[1].append(role)
    roles[answers.manager.mention][1].append("admin")
    lines = [
        "# Who sells what to whom, and by when. After a change:",
        "#   baton playbook check      names every fault with its line",
        "#   baton playbook publish    puts it into effect",
        "# Reasons, stages, the checklist and the clocks have good defaults; a section here replaces its default.",
        "version: 1",
        f"currency: {answers.currency}",
        f"default_team: {key}",
        f"hours: {{mon-fri: {_quoted(answers.hours)}}}",
        "",
        "teams:",
        f"  {key}:",
        f"    name: {_quoted(answers.team)}",
        f"    manager: {answers.manager.mention}",
        f"    channel: {_quoted(answers.channel)}",
        f"    zone: {answers.zone}",
        "",
        "people:",
        *(_entry(known, its_roles, key) for known, its_roles in roles.values()),
        "",
        "pools:",
        f"  {key}: {{name: {_quoted(answers.team)}, team: {key}, members: [{_mentions(answers.reps)}]}}",
        "",
        "# In order; the first that fits wins. `when` may ask for country, size, source and value.",
        "rules:",
        f"  - {{name: Every lead, pool: {key}, offer: turn}}",
    ]
    return "\n".join(lines) + "\n"


def key_of(name: str) -> str:
    """Make a key of a name: lower case, ASCII, words joined by hyphens; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:LONGEST_KEY].rstrip("-")


def _scalar(key: str) -> str:
    """Quote a key that YAML would read as a number, a date or a truth."""
    return key if yaml.safe_load(key) == key else _quoted(key)


def _entry(known: Known, roles: Sequence[str], team: str) -> str:
    facts = [
        f"email: {known.email}" if known.email else f"slack: {known.slack_user_id}",
        f"name: {_quoted(known.name or _name_of(known.mention))}",
        f"roles: [{', '.join(roles)}]",
        f"team: {team}",
    ]
    return f"  - {{{', '.join(facts)}}}"


def _name_of(mention: str) -> str:
    """Guess a name from an address: somebody corrects it, or Slack shows theirs."""
    return " ".join(re.split(r"[._+-]+", mention.partition("@")[0])).title()


def _mentions(group: Sequence[Known]) -> str:
    return ", ".join(known.mention for known in group)


def _quoted(text: str) -> str:
    """Quote as JSON, which YAML reads as it stands."""
    return json.dumps(text, ensure_ascii=False)


def _fold(text: str | None) -> str:
    return unicodedata.normalize("NFKC", text or "").casefold().strip()
