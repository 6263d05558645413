"""What stands between this set-up and a bot that works: each fault with its remedy."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import private_files
from bot.cli.database_diagnosis import diagnose, missing_folder
from bot.database import Database
from bot.health import clock_fault, schema_fault
from bot.http.signatures import SIGNS_ADDRESS
from bot.settings import Settings
from bot.slack import directory
from bot.slack.client import ACCOUNT_ERRORS, AccountError, Slack, SlackError
from bot.slack.installations import digest
from qualification.handoffs import retention
from qualification.intake import api_keys
from qualification.leads import suppression
from qualification.outbox import outbox, statements
from qualification.playbook import playbooks
from qualification.records import Delivery, Person, PlaybookVersion, Team, Workspace, rows
from qualification.reporting import summary_plans
from qualification.rules.people.reachability import Unreachable

# At the root of the repository; in a built package beside `bot`'s own files.
_BOT: Final = Path(__file__).parents[1]
MANIFEST: Final = next(
    (file for file in (_BOT / "manifest.json", _BOT.parent / "manifest.json") if file.exists()), Path("manifest.json")
)
SECONDS: Final = 5
# A key is told for so long before it ends: a sender in another company has to be given a new one.
KEYS_TOLD: Final = timedelta(days=14)
# What a name stands for that Slack's error says only to those who know it.
REASONS: Final[Mapping[str, str]] = {
    "invalid_auth": "the token belongs to no app that is installed",
    "not_authed": "the token belongs to no app that is installed",
    "account_inactive": "the app was removed from the workspace",
    "token_revoked": "the token was revoked",  # nosec B105  # Slack's word for an error, not a token
    "missing_scope": "the token lacks a scope",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was seen, and, where that is a fault, the remedy."""

    subject: str
    seen: str
    remedy: str | None = None

    @property
    def is_fault(self) -> bool:
        """Whether somebody must do something."""
        return self.remedy is not None


def examine(
    settings: Settings, database: Database, *, playbook: Path, env_file: Path, now: Callable[[], datetime]
) -> Iterator[Finding]:
    """Look at everything, the grounds first; what cannot be looked at yet is left out."""
    yield from _files((env_file, *database.files))
    slack = Slack(settings.bot_token, base_url=settings.slack_api_url)
    findings = [*_bot_token(settings, now)]
    yield from findings
    slack_answers = not any(each.is_fault and each.subject == "bot token" for each in findings)
    yield from _app_token(settings)
    yield _signing_secret(settings)
    schema = list(_schema(database, now))
    yield from schema
    if any(each.is_fault and each.subject in {"database", "schema"} for each in schema):
        return
    with database.snapshot() as session:
        workspace = session.scalar(select(Workspace).where(Workspace.token_digest == digest(settings.bot_token)))
        if workspace is None:
            yield Finding(
                "workspace", "nothing is stored yet for this token", "Publish a playbook, or start the bot once."
            )
            return
        if workspace.last_error:
            since = f" since {workspace.last_error_at:%Y-%m-%d %H:%M} UTC" if workspace.last_error_at else ""
            yield Finding("workspace", f"Slack refuses every call{since}: {_reason(workspace.last_error)}", _REINSTALL)
        elif (ungranted := outbox.slack_errors(session, workspace.id)) is not None:
            yield Finding("workspace", f"Slack refuses {ungranted}", _REINSTALL)
        yield from _published(session, workspace, playbook)
        yield from _public_url(settings, session, workspace)
        yield _personal_key(settings, session)
        yield from _retention(session, workspace.id, now())
        people = list(_people_of(session, workspace.id))
        teams = list(_teams_of(session, workspace.id))
        dead_letters = _dead_letters(session, workspace.id)
        ending = list(_keys(session, workspace.id, now()))
        late = list(_summaries(session, workspace.id, now()))
    if slack_answers:
        yield from _asking(lambda: missing_people(people, directory.people(slack)), "people")
        yield from _asking(lambda: _channels(teams, directory.channels(slack)), "channels")
    yield dead_letters
    yield from ending
    yield from late


_LATER: Final = "Slack is unwell or busy: try again later."
_NO_MEMBER: Final = {Unreachable.GUEST: "a guest in Slack", Unreachable.EXTERNAL: "of another Slack workspace"}
_REINSTALL: Final = (
    "Reinstall the app to the workspace (the app's page, Install App) and put its token into SLACK_BOT_TOKEN."
)


def _files(files: Iterable[Path]) -> Iterator[Finding]:
    """See whether others on this machine can read what holds secrets or people."""
    shared = private_files.shared(files)
    if shared:
        names = ", ".join(map(str, shared))
        yield Finding("files", f"other users of this machine may open {names}", private_files.remedy(shared))


def _bot_token(settings: Settings, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Ask Slack whose token this is, what it may do, and what time it is there."""
    web = WebClient(settings.bot_token, settings.slack_api_url, timeout=SECONDS, retry_handlers=[])
    elsewhere = f"See whether this machine reaches {settings.slack_api_url} (SLACK_API_URL, a proxy, a firewall)."
    try:
        answer = web.auth_test()
    except SlackApiError as error:
        data = error.response.data
        name = str(data.get("error")) if isinstance(data, dict) else ""
        if not name.isidentifier():
            if error.response.status_code < 500:  # noqa: PLR2004 - HTTP's own number
                yield Finding("bot token", "something that is not Slack answers in its place", elsewhere)
                return
            name = f"http_{error.response.status_code}"
        remedy = _REINSTALL if name in ACCOUNT_ERRORS else _LATER
        yield Finding("bot token", f"Slack refuses it: {_reason(name)}", remedy)
        return
    except (OSError, HTTPException, ValueError) as error:
        yield Finding("bot token", f"Slack cannot be asked ({type(error).__name__})", elsewhere)
        return
    yield Finding("bot token", f"{answer.get('user')} in {answer.get('team')}")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    yield _scopes(headers.get("x-oauth-scopes", ""))
    if "date" in headers:
        yield _clock("this machine's clock", now() - parsedate_to_datetime(headers["date"]), "Slack's")


def _scopes(granted: str) -> Finding:
    """Compare the token's scopes with the manifest's."""
    needed = set(json.loads(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"])
    missing = sorted(needed - {scope.strip() for scope in granted.split(",")})
    if not missing:
        return Finding("scopes", "all that the manifest names")
    remedy = "Put manifest.json into the app's page (App Manifest) once more, then reinstall the app."
    return Finding("scopes", f"missing: {', '.join(missing)}", remedy)


def _clock(whose: str, ahead: timedelta, than: str) -> Finding:
    fault = clock_fault(whose, ahead, than)
    if fault is None:
        return Finding(whose, f"agrees with {than}")
    seen = fault.removeprefix(f"{whose} is ")
    return Finding(whose, seen, "Let NTP set the clock (timedatectl set-ntp true).")


def _app_token(settings: Settings) -> Iterator[Finding]:
    """Ask for a Socket Mode address, which only a good app token gets."""
    if settings.app_token is None:
        yield Finding("app token", "none: Slack calls this bot over HTTP")
        return
    try:
        Slack(settings.app_token, base_url=settings.slack_api_url).call("apps.connections.open")
    except SlackError as error:
        remedy = _LATER
        if isinstance(error, AccountError):
            remedy = "Make an app-level token with connections:write (Basic Information) for SLACK_APP_TOKEN."
        yield Finding("app token", f"Slack refuses it: {_reason(error.name)}", remedy)
        return
    yield Finding("app token", "opens Socket Mode")


def _signing_secret(settings: Settings) -> Finding:
    if settings.signing_secret:
        return Finding("signing secret", "is set")
    return Finding("signing secret", "none: only Socket Mode is listened to")


def _schema(database: Database, now: Callable[[], datetime]) -> Iterator[Finding]:
    """See whether the database answers, has the right schema, and the right time."""
    url = database.engine.url.render_as_string(hide_password=False)
    if (trouble := missing_folder(url)) is not None:
        yield Finding("database", trouble.seen, trouble.remedy)
        return
    try:
        with database.snapshot() as session:
            fault = schema_fault(session)
            theirs = None if database.is_sqlite else session.scalar(select(func.clock_timestamp()))
    except SQLAlchemyError as error:
        trouble = diagnose(url, error)
        yield Finding("database", trouble.seen, trouble.remedy)
        return
    yield Finding("database", "answers")
    yield Finding("schema", fault or "is at head", None if fault is None else "Run baton migrate.")
    if theirs is not None:
        yield _clock("the database's clock", theirs - now(), "this machine's")


def _published(session: Session, workspace: Workspace, file: Path) -> Iterator[Finding]:
    """See whether a playbook counts, and whether it is the one in the folder."""
    publish = f"baton playbook publish {file}"
    version = rows.get(session, PlaybookVersion, workspace.playbook_id, workspace.id)
    if version is None:
        make = "Write one with baton init, then run" if not file.exists() else "Run"
        yield Finding("playbook", "none is published", f"{make} {publish}.")
    elif file.exists() and file.read_text(encoding="utf-8") != version.text:
        yield Finding("playbook", f"{file} differs from the published one", f"Run {publish}, if that is meant.")
    else:
        yield Finding("playbook", f"published {version.published_at:%Y-%m-%d %H:%M} UTC by {version.published_by}")


def _public_url(settings: Settings, session: Session, workspace: Workspace) -> Iterator[Finding]:
    """See whether the address is known that senders sign."""
    if settings.public_url is not None or workspace.playbook_id is None:
        return
    published = playbooks.current(session, workspace.id).playbook
    senders = [sender for name in settings.intake_secrets if (sender := published.sender(name)) is not None]
    names = ", ".join(each.key for each in senders if each.signed in SIGNS_ADDRESS)
    if names:
        remedy = "Set it to the address that they post to, such as https://baton.acme.example."
        yield Finding("PUBLIC_URL", f"is not set, and is signed by {names}", remedy)


def _retention(session: Session, workspace_id: int, now: datetime) -> Iterator[Finding]:
    """Say what is announced: leads will be erased."""
    announced = retention.notice(session, workspace_id, now)
    if announced is not None:
        count = "" if announced.leads is None else f"; {announced.leads:,} were old when it was published"
        yield Finding("retention", f"erases old leads from {announced.first_at:%Y-%m-%d %H:%M} UTC on{count}")


def _people_of(session: Session, workspace_id: int) -> Iterable[Person]:
    return session.scalars(
        select(Person).where(Person.workspace_id == workspace_id, Person.active.is_(True)).order_by(Person.name)
    ).all()


def _teams_of(session: Session, workspace_id: int) -> Iterable[Team]:
    return session.scalars(
        select(Team).where(Team.workspace_id == workspace_id, Team.active.is_(True)).order_by(Team.name)
    ).all()


def _asking(check: Callable[[], Iterator[Finding]], subject: str) -> Iterator[Finding]:
    try:
        yield from check()
    except SlackError as error:
        remedy = "See the scopes above." if error.name == "missing_scope" else _LATER
        yield Finding(subject, f"Slack refuses to list them: {_reason(error.name)}", remedy)


def missing_people(people: Iterable[Person], listed: Iterable[directory.Profile]) -> Iterator[Finding]:
    """Find each person of the playbook in Slack."""
    profiles = list(listed)
    known: dict[str, directory.Profile] = {each.slack_user_id: each for each in profiles}
    known |= {each.email: each for each in profiles if each.email}
    found = 0
    for person in people:
        profile = known.get(person.email or "") or known.get(person.slack_user_id or "")
        who = f"{person.name} ({person.email or person.slack_user_id})"
        if profile is None:
            yield Finding("people", f"{who} is not in Slack", "Correct the e-mail in the playbook, or invite them.")
        elif profile.deactivated:
            yield Finding("people", f"{who} is deactivated in Slack", "Take them out of the playbook and publish it.")
        elif profile.unreachable is not None:
            remedy = "They get no leads. Make them a member, or take them out of the playbook."
            yield Finding("people", f"{who} is {_NO_MEMBER.get(profile.unreachable, 'an app')}", remedy)
        elif profile.zone is None:
            remedy = "Their team's zone is used until they set their own in Slack's preferences."
            yield Finding("people", f"{who} has no time zone in Slack", remedy)
        else:
            found += 1
    yield Finding("people", f"{found} found in Slack")


def _channels(teams: Iterable[Team], listed: Iterable[directory.Channel]) -> Iterator[Finding]:
    """Find each team's channel, and see whether the bot may post there."""
    every = list(listed)
    for team in teams:
        name = team.channel
        channel = next(
            (each for each in every if each.id == team.channel_id or name in {each.id, f"#{each.name}"}), None
        )
        if channel is None:
            remedy = f"Create {name}; if it is there and private, write /invite @Baton in it."
            yield Finding("channels", f"{team.name}: Slack shows the bot no {name}", remedy)
        elif channel.archived:
            remedy = "Unarchive it, or name another in the playbook."
            yield Finding("channels", f"{team.name}: {name} is archived", remedy)
        elif not channel.member:
            remedy = f"Write /invite @Baton in {name}."
            if not channel.private:
                remedy += " The running bot also joins by itself."
            yield Finding("channels", f"{team.name}: the bot is not in {name}", remedy)
        else:
            yield Finding("channels", f"{team.name}: {name} is ready")


def _personal_key(settings: Settings, session: Session) -> Finding:
    """See whether people can be erased, and whether those who were would be known again."""
    if not suppression.is_keyed(session, settings.personal_key):
        seen = "BATON_KEY is not the one by which people were erased: the bot doesn't start, lest they come back"
        return Finding("erasing", seen, "Set the key that was, or run baton suppressions lift for each of them.")
    if settings.personal_key is None:
        return Finding("erasing", "nobody can be erased before baton init --key has made BATON_KEY")
    return Finding("erasing", "BATON_KEY is set")


def _dead_letters(session: Session, workspace_id: int) -> Finding:
    count = session.scalar(select(func.count()).where(Delivery.workspace_id == workspace_id, statements.IS_DEAD_LETTER))
    if not count:
        return Finding("deliveries", "none undelivered")
    remedy = "See baton deliveries list; once the cause is fixed, run baton deliveries retry."
    return Finding("deliveries", f"{count} undelivered", remedy)


def _keys(session: Session, workspace_id: int, now: datetime) -> Iterator[Finding]:
    """See whether a sender will soon be let in no more."""
    for key in api_keys.expiring(session, workspace_id, now + KEYS_TOLD):
        if key.expires_at is not None:
            seen = f"the key of {key.name} {'expires' if key.expires_at > now else 'expired'}"
            remedy = f"Run baton keys rotate {key.name} and hand on the new key, or baton keys revoke {key.name}."
            yield Finding("keys", f"{seen} {key.expires_at:%Y-%m-%d %H:%M} UTC", remedy)


def _summaries(session: Session, workspace_id: int, now: datetime) -> Iterator[Finding]:
    """See whether a team waits for its summary in vain."""
    for team, due_at in summary_plans.overdue(session, workspace_id, now):
        seen = f"the summary of {team} was due {due_at:%Y-%m-%d %H:%M} UTC, and is missing"
        yield Finding("summaries", seen, "Start a worker (baton run, or worker); its log says what fails.")


def _reason(name: str) -> str:
    return f"{name} ({REASONS[name]})" if name in REASONS else name
