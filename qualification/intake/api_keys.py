"""API keys of senders: shown once, stored as a hash, named, limited, rotated and revocable."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from qualification.people import audit
from qualification.people.audit import Actor
from qualification.records import ApiKey, rows
from qualification.rules.intake.key_limits import KeyLimits
from qualification.rules.people.audited import AuditAction

PREFIX: Final = "baton_"
# A key's last use is stored at most this often, not with each request.
_USE_NOTED: Final = timedelta(minutes=1)
_HINT: Final = len(PREFIX) + 4
UNLIMITED: Final = KeyLimits()


class NameTaken(Exception):
    """A valid key has that name already; the text says so in a sentence."""


def make(
    session: Session,
    workspace_id: int,
    name: str,
    *,
    publishable: bool = False,
    limits: KeyLimits = UNLIMITED,
    by: Actor,
    random: Callable[[], str],
    now: datetime,
) -> str:
    """Make a key for a sender, and return it. Only its hash is stored, so it can't be shown again. Raises NameTaken.

    A `publishable` key may be part of a public page: it only admits posts in the shape of the playbook's sender of
    that name, and never reads. A key of that name that has expired is superseded. The audit keeps who made it.
    """
    old = _current(session, workspace_id, name)
    if old is not None and limits_of(old).has_expired(now):
        old.superseded_at = now
        session.flush()
    key = _add(session, workspace_id, name, publishable=publishable, limits=limits, random=random, now=now)
    facts = _audited(limits, publishable=publishable)
    audit.record(session, workspace_id, AuditAction.KEY_MADE, by=by, now=now, key=name, **facts)
    return key


def _add(
    session: Session,
    workspace_id: int,
    name: str,
    *,
    publishable: bool,
    limits: KeyLimits,
    random: Callable[[], str],
    now: datetime,
) -> str:
    key = f"{PREFIX}{random()}"
    made = ApiKey(
        workspace_id=workspace_id,
        name=name,
        digest=_digest(key),
        hint=key[:_HINT],
        publishable=publishable,
        may_post=limits.may_post,
        may_read=limits.may_read and not publishable,
        networks=",".join(limits.networks) or None,
        origins=",".join(limits.origins) or None,
        created_at=now,
        expires_at=limits.expires_at,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise NameTaken(f"A key called {name} is in force already; revoke it first, or choose another name.") from error
    return key


def rotate(
    session: Session,
    workspace_id: int,
    name: str,
    *,
    overlap: timedelta,
    expires_at: datetime | None = None,
    by: Actor,
    random: Callable[[], str],
    now: datetime,
) -> tuple[str, datetime] | None:
    """Make a new key in place of the one of that name; return it, and when the old one ends. None if there is none.

    The old key goes on for `overlap`, or until its own end if that is earlier. The new one has its rights and
    addresses, and without `expires_at` lasts as long as the old one was made to. Raises NameTaken if another rotation
    was faster.
    """
    old = _current(session, workspace_id, name)
    if old is None:
        return None
    limits = limits_of(old)
    if expires_at is None and limits.expires_at is not None:
        expires_at = now + (limits.expires_at - old.created_at)
    ends_at = min(now + overlap, limits.expires_at or now + overlap)
    old.superseded_at, old.expires_at = now, ends_at
    # The new key takes the name, which the old one has to leave first.
    session.flush()
    limits = replace(limits, expires_at=expires_at)
    key = _add(session, workspace_id, name, publishable=old.publishable, limits=limits, random=random, now=now)
    facts = _audited(limits, publishable=old.publishable) | {"old_ends_at": ends_at.isoformat(timespec="seconds")}
    audit.record(session, workspace_id, AuditAction.KEY_ROTATED, by=by, now=now, key=name, **facts)
    return key, ends_at


def _audited(limits: KeyLimits, *, publishable: bool) -> dict[str, Any]:
    """Return what the audit keeps of a key's limits: those that it has."""
    may_read = limits.may_read and not publishable
    facts = {
        "publishable": publishable,
        "may": [right for right, has in (("post", limits.may_post), ("read", may_read)) if has],
        "networks": list(limits.networks),
        "origins": list(limits.origins),
        "expires_at": limits.expires_at.isoformat(timespec="seconds") if limits.expires_at else None,
    }
    return {name: fact for name, fact in facts.items() if fact}


def limits_of(key: ApiKey) -> KeyLimits:
    """Return the limits of a key."""
    networks, origins = (tuple(listed.split(",")) if listed else () for listed in (key.networks, key.origins))
    return KeyLimits(key.expires_at, may_post=key.may_post, may_read=key.may_read, networks=networks, origins=origins)


def set_origins(
    session: Session, workspace_id: int, name: str, origins: tuple[str, ...], *, by: Actor, now: datetime
) -> bool:
    """Let only pages of these origins use the publishable keys of that name, or any page; False if there is none."""
    keys = _publishable(session, workspace_id, name)
    for key in keys:
        key.origins = ",".join(origins) or None
    if keys:
        audit.record(session, workspace_id, AuditAction.KEY_CHANGED, by=by, now=now, key=name, origins=list(origins))
    return bool(keys)


def lists_origin(session: Session, workspace_id: int, name: str, origin: str) -> bool:
    """Say whether a page of that origin is listed by a publishable key of the name."""
    return any(limits_of(key).lists(origin) for key in _publishable(session, workspace_id, name))


def _publishable(session: Session, workspace_id: int, name: str) -> Sequence[ApiKey]:
    """Return the publishable keys of that name that weren't revoked, also one that was rotated and goes on."""
    keys = select(ApiKey).where(
        ApiKey.workspace_id == workspace_id,
        ApiKey.name == name,
        ApiKey.revoked_at.is_(None),
        ApiKey.publishable.is_(True),
    )
    return session.scalars(keys).all()


def sender_of(session: Session, workspace_id: int, key: str) -> ApiKey | None:
    """Return the key with this text, None if there is none or it was revoked; its limits are the caller's to apply."""
    return session.scalar(
        select(ApiKey).where(
            ApiKey.workspace_id == workspace_id, ApiKey.digest == _digest(key), ApiKey.revoked_at.is_(None)
        )
    )


def opens(key: ApiKey, sender: str | None) -> bool:
    """Say whether the key admits a post in the shape of `sender`, or any other request if that is None."""
    return not key.publishable or key.name == sender


def is_use_to_be_noted(key: ApiKey, now: datetime) -> bool:
    """Say whether the stored last use is old enough to be updated, or was stored by a clock that was ahead."""
    return key.used_at is None or abs(now - key.used_at) > _USE_NOTED


def note_use(session: Session, workspace_id: int, key_id: int, *, now: datetime) -> None:
    """Store that the key was used now."""
    rows.get_one(session, ApiKey, key_id, workspace_id).used_at = now


def listed(session: Session, workspace_id: int) -> Sequence[ApiKey]:
    """Return every key ever made, the valid ones first, by name."""
    keys = select(ApiKey).where(ApiKey.workspace_id == workspace_id)
    return session.scalars(keys.order_by(ApiKey.revoked_at.is_not(None), ApiKey.name, ApiKey.id)).all()


def expiring(session: Session, workspace_id: int, before: datetime) -> Sequence[ApiKey]:
    """Return the keys that end by then or have ended, unless a newer one took their place; the first to end first."""
    keys = select(ApiKey).where(
        ApiKey.workspace_id == workspace_id,
        ApiKey.revoked_at.is_(None),
        ApiKey.superseded_at.is_(None),
        ApiKey.expires_at < before,
    )
    return session.scalars(keys.order_by(ApiKey.expires_at, ApiKey.id)).all()


def revoke(session: Session, workspace_id: int, name: str, *, by: Actor, now: datetime) -> bool:
    """Revoke every key of that name, also one that was rotated and goes on; False if there is none."""
    keys = session.scalars(
        select(ApiKey).where(ApiKey.workspace_id == workspace_id, ApiKey.name == name, ApiKey.revoked_at.is_(None))
    ).all()
    for key in keys:
        key.revoked_at = now
    if keys:
        audit.record(session, workspace_id, AuditAction.KEY_REVOKED, by=by, now=now, key=name, keys=len(keys))
    return bool(keys)


def _current(session: Session, workspace_id: int, name: str) -> ApiKey | None:
    """Return the newest key of that name, None if there is none or it was revoked."""
    return session.scalar(
        select(ApiKey).where(
            ApiKey.workspace_id == workspace_id,
            ApiKey.name == name,
            ApiKey.revoked_at.is_(None),
            ApiKey.superseded_at.is_(None),
        )
    )


def _digest(key: str) -> str:
    """Return the key's SHA-256; a key of 32 random bytes needs no slow hash."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
