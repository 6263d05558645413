"""API keys over their life: made, rotated with an overlap, ended, revoked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.database import Database
from qualification.intake import api_keys
from qualification.intake.api_keys import NameTaken
from qualification.people import audit
from qualification.records import ApiKey, Workspace
from qualification.rules.intake.key_limits import KeyLimits

NOW = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LIMITS = KeyLimits(NOW + 90 * DAY, may_post=True, may_read=False, networks=("203.0.113.0/24", "10.0.0.0/8"))


@pytest.fixture
def workspace_id(database: Database) -> int:
    """Store a workspace."""
    with database.transaction() as session:
        workspace = Workspace(slack_team_id="T1", name="Northwind", delivery_namespace="n", created_at=NOW)
        session.add(workspace)
        session.flush()
        return workspace.id


@pytest.fixture
def random() -> Callable[[], str]:
    """Give another text each time."""
    numbers = count()
    return lambda: str(next(numbers))


@pytest.fixture
def make(database: Database, workspace_id: int, random: Callable[[], str]) -> Callable[..., str]:
    """Make a key called crm."""

    def make(limits: KeyLimits = api_keys.UNLIMITED, now: datetime = NOW, *, publishable: bool = False) -> str:
        with database.transaction() as session:
            return api_keys.make(
                session,
                workspace_id,
                "crm",
                publishable=publishable,
                limits=limits,
                by="unix:ana",
                random=random,
                now=now,
            )

    return make


@pytest.fixture
def rotate(database: Database, workspace_id: int, random: Callable[[], str]) -> Callable[..., tuple[str, datetime]]:
    """Rotate the key called crm."""

    def rotate(overlap: timedelta, now: datetime, expires_at: datetime | None = None) -> tuple[str, datetime]:
        with database.transaction() as session:
            made = api_keys.rotate(
                session,
                workspace_id,
                "crm",
                overlap=overlap,
                expires_at=expires_at,
                by="unix:ana",
                random=random,
                now=now,
            )
        assert made is not None
        return made

    return rotate


@pytest.fixture
def known(database: Database, workspace_id: int) -> Callable[[str], ApiKey | None]:
    """Look a key up by its text."""

    def known(key: str) -> ApiKey | None:
        with database.snapshot() as session:
            return api_keys.sender_of(session, workspace_id, key)

    return known


def limits(key: ApiKey | None) -> KeyLimits:
    """Return the limits of a key that is there."""
    assert key is not None
    return api_keys.limits_of(key)


def test_a_key_has_the_limits_that_it_was_made_with(
    make: Callable[..., str], known: Callable[[str], ApiKey | None]
) -> None:
    assert limits(known(make(LIMITS))) == LIMITS


def test_a_key_without_limits_posts_and_reads_and_a_publishable_one_never_reads(
    make: Callable[..., str], rotate: Callable[..., tuple[str, datetime]], known: Callable[[str], ApiKey | None]
) -> None:
    assert limits(known(make())) == KeyLimits()
    key, _ = rotate(DAY, NOW)
    assert limits(known(key)) == KeyLimits()


def test_a_publishable_key_never_reads_and_stays_publishable(
    make: Callable[..., str], rotate: Callable[..., tuple[str, datetime]], known: Callable[[str], ApiKey | None]
) -> None:
    make(publishable=True)
    key, _ = rotate(DAY, NOW)
    new = known(key)
    assert (new and new.publishable, limits(new)) == (True, KeyLimits(may_read=False))


def test_a_rotated_key_goes_on_for_the_overlap_and_the_new_one_has_its_limits(
    make: Callable[..., str], rotate: Callable[..., tuple[str, datetime]], known: Callable[[str], ApiKey | None]
) -> None:
    old = make(LIMITS)
    later = NOW + 80 * DAY
    new, ends_at = rotate(7 * DAY, later)
    assert ends_at == later + 7 * DAY
    assert limits(known(old)) == KeyLimits(ends_at, may_read=False, networks=LIMITS.networks)
    # It was made for 90 days, and so is the one that follows it.
    assert limits(known(new)) == KeyLimits(later + 90 * DAY, may_read=False, networks=LIMITS.networks)
    again, _ = rotate(timedelta(), later + DAY, expires_at=later + 2 * DAY)
    assert limits(known(new)).has_expired(later + DAY)
    assert limits(known(old)).expires_at == ends_at
    assert limits(known(again)).expires_at == later + 2 * DAY


def test_an_overlap_does_not_prolong_a_key(
    make: Callable[..., str], rotate: Callable[..., tuple[str, datetime]], known: Callable[[str], ApiKey | None]
) -> None:
    old = make(LIMITS)
    _, ends_at = rotate(7 * DAY, NOW + 89 * DAY)
    assert ends_at == limits(known(old)).expires_at == NOW + 90 * DAY


def test_a_name_is_taken_while_its_key_is_in_force_and_free_once_it_has_expired(
    make: Callable[..., str], known: Callable[[str], ApiKey | None]
) -> None:
    old = make(LIMITS)
    with pytest.raises(NameTaken):
        make(now=NOW + 89 * DAY)
    assert limits(known(make(now=NOW + 90 * DAY))) == KeyLimits()
    assert limits(known(old)).has_expired(NOW + 90 * DAY)


def test_revoking_ends_the_new_key_and_the_old_one(
    database: Database,
    workspace_id: int,
    make: Callable[..., str],
    rotate: Callable[..., tuple[str, datetime]],
    known: Callable[[str], ApiKey | None],
) -> None:
    old = make()
    new, _ = rotate(7 * DAY, NOW)
    with database.transaction() as session:
        assert api_keys.revoke(session, workspace_id, "crm", by="unix:ana", now=NOW)
    assert (known(old), known(new)) == (None, None)
    with database.transaction() as session:
        assert not api_keys.revoke(session, workspace_id, "crm", by="unix:ana", now=NOW)
        assert (
            api_keys.rotate(session, workspace_id, "crm", overlap=DAY, by="unix:ana", random=lambda: "x", now=NOW)
            is None
        )


def test_the_audit_keeps_who_made_rotated_and_revoked_a_key_and_nothing_of_it(
    database: Database,
    workspace_id: int,
    make: Callable[..., str],
    rotate: Callable[..., tuple[str, datetime]],
) -> None:
    key = make(LIMITS)
    rotate(DAY, NOW)
    with database.transaction() as session:
        api_keys.revoke(session, workspace_id, "crm", by="unix:ana", now=NOW)
        api_keys.revoke(session, workspace_id, "crm", by="unix:ana", now=NOW)
        kept = audit.entries(session, workspace_id)
    limits = {
        "key": "crm",
        "may": ["post"],
        "networks": ["203.0.113.0/24", "10.0.0.0/8"],
        "expires_at": "2027-02-28T09:30:00+00:00",
    }
    assert [(each.action.value, each.by, each.details) for each in kept] == [
        ("key_revoked", "unix:ana", {"key": "crm", "keys": 2}),
        ("key_rotated", "unix:ana", {**limits, "old_ends_at": "2026-12-01T09:30:00+00:00"}),
        ("key_made", "unix:ana", limits),
    ]
    assert key[-6:] not in str([each.details for each in kept])
