"""The people and channels that Slack knows, looked up and kept fresh; every call is made outside transactions."""

import logging
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import and_, or_, select

from bot import machine
from bot.database import Database
from bot.slack.client import FinalError, PassingError, Slack, SlackError
from qualification.organisation import publishing
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people as people_here
from qualification.records import Person, Team, rows
from qualification.rules.people.reachability import Unreachable, why_unreachable

log = logging.getLogger(__name__)

# Changes come by the event user_change; looking people up again catches events that were missed.
FRESH: Final = timedelta(hours=24)
# Whoever Slack doesn't know yet may be invited soon.
ASK_AGAIN: Final = timedelta(minutes=10)
AT_ONCE: Final = 50
KNOWS_NOBODY: Final = frozenset({"users_not_found", "user_not_found", "user_not_visible"})
PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """What Baton uses of a Slack user; `zone` is an IANA name, `locale` is such as de-DE."""

    slack_user_id: str
    name: str
    email: str | None
    zone: str | None
    locale: str | None
    deactivated: bool
    unreachable: Unreachable | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that the bot may see."""

    id: str
    name: str
    private: bool
    archived: bool
    member: bool


def profile(user: Mapping[str, Any]) -> Profile:
    """Read a user from Slack's JSON."""
    inner = user.get("profile", {})
    return Profile(
        slack_user_id=user["id"],
        name=inner.get("real_name") or user.get("real_name") or inner.get("display_name") or user.get("name", ""),
        email=(inner.get("email") or "").strip().lower() or None,
        # A zone that this machine doesn't know would break every computation of their working hours.
        zone=zone if (zone := user.get("tz")) in _zones() else None,
        locale=user.get("locale"),
        deactivated=bool(user.get("deleted")),
        unreachable=why_unreachable(user),
    )


def people(slack: Slack) -> Iterator[Profile]:
    """List the workspace's people without bots, but with those who are deactivated."""
    for page in _pages(slack, "users.list"):
        yield from (profile(each) for each in page["members"] if not each.get("is_bot") and each["id"] != "USLACKBOT")


def channels(slack: Slack) -> Iterator[Channel]:
    """List the channels that the bot may see: all public ones, and the private ones that it is in."""
    for page in _pages(slack, "conversations.list", types="public_channel,private_channel"):
        for each in page["channels"]:
            yield Channel(
                id=each["id"],
                name=each["name"],
                private=bool(each.get("is_private")),
                archived=bool(each.get("is_archived")),
                member=bool(each.get("is_member")),
            )


class Directory:
    """Keeps one workspace's people and channels as Slack knows them."""

    def __init__(
        self,
        *,
        database: Database,
        slack: Slack,
        workspace_id: int,
        now: Callable[[], datetime],
        seconds: Callable[[], float] = machine.seconds,
    ) -> None:
        """Ask nothing yet; `look_up` asks. `seconds` counts from any moment on, and is never set as a clock may be."""
        self._database = database
        self._slack = slack
        self._workspace_id = workspace_id
        self._now = now
        self._seconds = seconds
        self._channels_again = float("-inf")

    def look_up(self) -> int:
        """Ask Slack about the people and channels that are due, and store its answers; return how many there were.

        Where Slack refuses or doesn't answer, a later pass asks again; no error is raised.
        """
        found = 0
        for part in (self._find_channels, self._refresh_people):
            try:
                found += part()
            except SlackError as error:
                log.warning("Slack didn't list people or channels; asking again later.", extra=self._keys(error))
        return found

    def _find_channels(self) -> int:
        """Find the id of each team's channel, and join the public ones, since only a member may post."""
        seconds = self._seconds()
        with self._database.snapshot() as session:
            wanted = set(
                session.scalars(
                    select(Team.channel).where(
                        Team.workspace_id == self._workspace_id, Team.active.is_(True), Team.channel_id.is_(None)
                    )
                )
            )
        if not wanted or seconds < self._channels_again:
            return 0
        self._channels_again = seconds + ASK_AGAIN.total_seconds()
        found = {name: each for each in channels(self._slack) for name in (f"#{each.name}", each.id) if name in wanted}
        for name, channel in found.items():
            self._join(channel)
            with self._database.transaction() as session:
                publishing.channel_found(session, self._workspace_id, name, channel.id, now=self._now())
        if len(found) == len(wanted):
            self._channels_again = seconds
        return len(found)

    def _join(self, channel: Channel) -> None:
        if channel.member or channel.private or channel.archived:
            return
        try:
            self._slack.call("conversations.join", channel=channel.id)
        except FinalError as error:
            log.warning("The bot may not join a team's channel; invite it.", extra=self._keys(error))

    def _refresh_people(self) -> int:
        """Ask about up to AT_ONCE people that are due, the longest waiting first."""
        now = self._now()
        waiting = and_(
            or_(Person.slack_user_id.is_(None), Person.unreachable.is_not(None)), Person.refreshed_at < now - ASK_AGAIN
        )
        with self._database.snapshot() as session:
            due = session.execute(
                select(Person.id, Person.slack_user_id, Person.email)
                .where(
                    Person.workspace_id == self._workspace_id,
                    or_(Person.active.is_(True), Person.slack_user_id.is_not(None)),
                    or_(Person.slack_user_id.is_not(None), Person.email.is_not(None)),
                    or_(
                        Person.refreshed_at.is_(None),
                        Person.refreshed_at < now - FRESH,
                        # A clock that was ahead wrote it.
                        Person.refreshed_at > now,
                        waiting,
                    ),
                )
                .order_by(Person.refreshed_at.is_not(None), Person.refreshed_at, Person.id)
                .limit(AT_ONCE)
            ).all()
        for person in due:
            found = self._ask(person.slack_user_id, person.email)
            with self._database.transaction() as session:
                _write(session, self._workspace_id, person.id, found, now)
        return len(due)

    def _ask(self, slack_user_id: str | None, email: str | None) -> Profile | Unreachable | None:
        """Ask Slack about one person: NOT_FOUND where it knows nobody like that, None where it doesn't say."""
        try:
            if slack_user_id is None:
                slack_user_id = self._slack.call("users.lookupByEmail", email=email)["user"]["id"]
            return profile(self._slack.call("users.info", user=slack_user_id, include_locale=True)["user"])
        except FinalError as error:
            return Unreachable.NOT_FOUND if error.name in KNOWS_NOBODY else None
        except PassingError as error:
            if not error.refused or error.retry_after is not None:
                raise
            # An error that we don't know, about this one person: the others need not wait for it.
            log.warning("Slack didn't describe a person; asking again later.", extra=self._keys(error))
            return None

    def _keys(self, error: SlackError) -> dict[str, object]:
        return {
            "action": "directory",
            "workspace": self._workspace_id,
            "method": error.method,
            "error": error.name,
        }


def _write(
    session: UnitOfWork, workspace_id: int, person_id: int, found: Profile | Unreachable | None, now: datetime
) -> None:
    """Store what Slack said of a person; people in the playbook keep the playbook's name."""
    person = rows.get_one(session, Person, person_id, workspace_id)
    if not isinstance(found, Profile):
        person.refreshed_at = now
        if found is not None:
            people_here.set_reach(session, person, deactivated=person.deactivated, unreachable=found, now=now)
        return
    publishing.person_found(
        session, person, slack_user_id=found.slack_user_id, zone=found.zone, locale=found.locale, now=now
    )
    people_here.set_reach(session, person, deactivated=found.deactivated, unreachable=found.unreachable, now=now)
    if not person.active and found.name not in {None, person.name}:
        person.name = found.name
        surfaces.refresh_home(session, person, now=now)


def _pages(slack: Slack, method: str, **arguments: object) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = slack.call(method, **arguments, limit=PAGE, cursor=cursor)
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        if cursor is None:
            return


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
