"""The keys that let senders in over HTTP: shown once, kept as a hash, named and revocable."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from qualification.records import ApiKey

PREFIX: Final = "baton_"
# A key's last use is written down so often, and not with each request.
_USE_NOTED: Final = timedelta(minutes=1)
_HINT: Final = len(PREFIX) + 4


class NameTaken(Exception):
    """A key of that name is in force already; the text says so in a sentence."""


def make(
    session: Session,
    workspace_id: int,
    name: str,
    *,
    publishable: bool = False,
    random: Callable[[], str],
    now: datetime,
) -> str:
    """Make a key for a sender, and return it: it is kept nowhere, and shown never again. Raises NameTaken.

    One that is `publishable` may stand in a page that everybody reads: it only lets in what the sender of the playbook
    of that name posts.
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
    """Return the key in force that this is, None for any other text."""
    return session.scalar(
        select(ApiKey).where(
            ApiKey.workspace_id == workspace_id, ApiKey.digest == _digest(key), ApiKey.revoked_at.is_(None)
        )
    )


def opens(key: ApiKey, sender: str | None) -> bool:
    """Say whether the key is for what is asked: `sender` posts in its own shape, or None, whoever asks."""
    return not key.publishable or key.name == sender


def is_use_to_be_noted(key: ApiKey, now: datetime) -> bool:
    """Say whether the key's last use was so long ago that this one is worth a write."""
    return key.used_at is None or key.used_at < now - _USE_NOTED


def note_use(session: Session, key_id: int, *, now: datetime) -> None:
    """Write down that the key was used."""
    session.get_one(ApiKey, key_id).used_at = now


def listed(session: Session, workspace_id: int) -> Sequence[ApiKey]:
    """Return every key there ever was, those in force first, by name."""
    keys = select(ApiKey).where(ApiKey.workspace_id == workspace_id)
    return session.scalars(keys.order_by(ApiKey.revoked_at.is_not(None), ApiKey.name, ApiKey.id)).all()


def revoke(session: Session, workspace_id: int, name: str, *, now: datetime) -> bool:
    """Let nobody in by the key of that name any more; False where none is in force."""
    key = session.scalar(
        select(ApiKey).where(ApiKey.workspace_id == workspace_id, ApiKey.name == name, ApiKey.revoked_at.is_(None))
    )
    if key is None:
        return False
    key.revoked_at = now
    return True


def _digest(key: str) -> str:
    """Hash the key: 32 random bytes need no slow hash."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
