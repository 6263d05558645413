"""API keys of senders: shown once, stored as a hash, named and revocable."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from qualification.records import ApiKey

PREFIX: Final = "baton_"
# A key's last use is stored at most this often, not with each request.
_USE_NOTED: Final = timedelta(minutes=1)
_HINT: Final = len(PREFIX) + 4


class NameTaken(Exception):
    """A valid key has that name already; the text says so in a sentence."""


def make(
    session: Session,
    workspace_id: int,
    name: str,
    *,
    publishable: bool = False,
    random: Callable[[], str],
    now: datetime,
) -> str:
    """Make a key for a sender, and return it. Only its hash is stored, so it can't be shown again. Raises NameTaken.

    A `publishable` key may be part of a public page: it only admits posts in the shape of the playbook's sender of
    that name.
    """
    key = f"{PREFIX}{random()}"
    made = ApiKey(
        workspace_id=workspace_id,
        name=name,
        digest=_digest(key),
        hint=key[:_HINT],
        publishable=publishable,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise NameTaken(f"A key called {name} is in force already; revoke it first, or choose another name.") from error
    return key


def sender_of(session: Session, workspace_id: int, key: str) -> ApiKey | None:
    """Return the valid key with this text, None if there is none."""
    return session.scalar(
        select(ApiKey).where(
            ApiKey.workspace_id == workspace_id, ApiKey.digest == _digest(key), ApiKey.revoked_at.is_(None)
        )
    )


def opens(key: ApiKey, sender: str | None) -> bool:
    """Say whether the key admits a post in the shape of `sender`, or any other request if that is None."""
    return not key.publishable or key.name == sender


def is_use_to_be_noted(key: ApiKey, now: datetime) -> bool:
    """Say whether the stored last use is old enough to be updated."""
    return key.used_at is None or key.used_at < now - _USE_NOTED


def note_use(session: Session, key_id: int, *, now: datetime) -> None:
    """Store that the key was used now."""
    session.get_one(ApiKey, key_id).used_at = now


def listed(session: Session, workspace_id: int) -> Sequence[ApiKey]:
    """Return every key ever made, the valid ones first, by name."""
    keys = select(ApiKey).where(ApiKey.workspace_id == workspace_id)
    return session.scalars(keys.order_by(ApiKey.revoked_at.is_not(None), ApiKey.name, ApiKey.id)).all()


def revoke(session: Session, workspace_id: int, name: str, *, now: datetime) -> bool:
    """Revoke the valid key of that name; False if there is none."""
    key = session.scalar(
        select(ApiKey).where(ApiKey.workspace_id == workspace_id, ApiKey.name == name, ApiKey.revoked_at.is_(None))
    )
    if key is None:
        return False
    key.revoked_at = now
    return True


def _digest(key: str) -> str:
    """Return the key's SHA-256; a key of 32 random bytes needs no slow hash."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
