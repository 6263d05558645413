"""The audit: who looked a lead up or revealed it, and who changed what decides over that."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import Select, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import AuditEntry, Person, Workspace
from qualification.rules.people.audited import AuditAction, Fact, Surface
from qualification.rules.values.normalization import fold_name

# Who does it: somebody known here, or else a text as `AuditEntry.actor` explains it.
Actor: TypeAlias = Person | str

_CLEANED_EVERY: Final = timedelta(days=1)
_BY_TEXT: Final = ("", "unix:", "key:", "slack:")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `by` is a name, or what stands for whoever isn't a person known here; `person_id` is None for those."""

    id: int
    at: datetime
    action: AuditAction
    by: str
    person_id: int | None
    lead_id: int | None
    details: dict[str, Any] = field(default_factory=dict)


def record(
    session: Session,
    workspace_id: int,
    action: AuditAction,
    *,
    by: Actor,
    lead_id: int | None = None,
    now: datetime,
    **details: Fact,
) -> None:
    """Add what somebody did, to be committed with the act itself.

    `details` are ids, keys and numbers; nothing that somebody wrote or typed.
    """
    session.add(_entry(workspace_id, action, by=by, lead_id=lead_id, now=now, details=details))


def record_lookup(
    session: Session,
    workspace_id: int,
    lead_ids: Sequence[int],
    *,
    by: Actor,
    surface: Surface,
    now: datetime,
    **details: Fact,
) -> None:
    """Add an entry for each lead that somebody was shown because they looked for it; of a list they say how long."""
    listed = {"listed": len(lead_ids)} if len(lead_ids) > 1 else {}
    facts = {"in": surface.value, **listed, **details}
    session.add_all(
        _entry(workspace_id, AuditAction.LOOKED_UP, by=by, lead_id=each, now=now, details=facts) for each in lead_ids
    )


def actor_of(session: Session, workspace_id: int, slack_user_id: str) -> Actor:
    """Return who it is that has this Slack user, also where they are not known here."""
    return people.by_slack_user(session, workspace_id, slack_user_id) or f"slack:{slack_user_id}"


def entries(
    session: Session,
    workspace_id: int,
    *,
    lead_ids: Collection[int] | None = None,
    by: str | None = None,
    actions: Collection[AuditAction] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Return what was done, the newest first: what fits every filter that is given.

    `lead_ids` None stands for all entries. `by` is a name of a person or part of one, or a user of the machine, a
    sender or a Slack user. `since` is included, `until` is not.
    """
    rows: Select[AuditEntry, str | None] = (
        select(AuditEntry, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(AuditEntry.workspace_id == workspace_id)
    )
    if lead_ids is not None:
        rows = rows.where(AuditEntry.lead_id.in_(lead_ids))
    if by is not None:
        named = or_(
            AuditEntry.actor_id.in_(_called(session, workspace_id, by)),
            AuditEntry.actor.in_([f"{kind}{by}" for kind in _BY_TEXT]),
        )
        rows = rows.where(named)
    if actions:
        rows = rows.where(AuditEntry.action.in_(actions))
    if since is not None:
        rows = rows.where(AuditEntry.at >= since)
    if until is not None:
        rows = rows.where(AuditEntry.at < until)
    newest = rows.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)
    return [
        Entry(row.id, row.at, row.action, name or row.actor or "", row.actor_id, row.lead_id, dict(row.details))
        for row, name in session.execute(newest)
    ]


def forget_old(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int) -> int:
    """Delete up to `limit` entries that are older than the playbook keeps them; return how many.

    Once none is left, it looks again a day later.
    """
    if not session.scalar(_IS_DUE, given(workspace_id, now)):
        return 0
    published = playbooks.current(session, workspace_id)
    kept_since = now - published.playbook.retention.audit
    old = {"workspace_id": workspace_id, "kept_since": kept_since, "most": limit}
    deleted = len(session.scalars(_FORGET, old).all())
    if deleted < limit:
        session.execute(update(Workspace).where(Workspace.id == workspace_id).values(audit_cleaned_at=now))
    return deleted


def given(workspace_id: int, now: datetime) -> dict[str, object]:
    """Return what the question below is given."""
    return {"workspace_id": workspace_id, "now": now, "cleaned_before": now - _CLEANED_EVERY}


def _entry(
    workspace_id: int, action: AuditAction, *, by: Actor, lead_id: int | None, now: datetime, details: dict[str, Any]
) -> AuditEntry:
    person, text = (by.id, None) if isinstance(by, Person) else (None, by)
    return AuditEntry(
        workspace_id=workspace_id,
        at=now,
        action=action,
        actor_id=person,
        actor=text,
        lead_id=lead_id,
        details=details,
    )


def _called(session: Session, workspace_id: int, name: str) -> Iterable[int]:
    """Return the ids of the people whose name has this in it, without regard to case and accents."""
    sought = fold_name(name)
    there = session.execute(select(Person.id, Person.name).where(Person.workspace_id == workspace_id))
    return [row.id for row in there if sought and sought in fold_name(row.name)]


_FORGET: Final = (
    delete(AuditEntry)
    .where(
        AuditEntry.workspace_id == bindparam("workspace_id"),
        AuditEntry.id.in_(
            select(AuditEntry.id)
            .where(AuditEntry.workspace_id == bindparam("workspace_id"), AuditEntry.at < bindparam("kept_since"))
            .order_by(AuditEntry.at, AuditEntry.id)
            .limit(bindparam("most"))
        ),
    )
    .returning(AuditEntry.id)
)
# Also where a clock that was ahead has cleaned up: that moment would be long in coming.
MAY_BE_DUE: Final = exists().where(
    Workspace.id == bindparam("workspace_id"),
    Workspace.playbook_id.is_not(None),
    or_(
        Workspace.audit_cleaned_at.is_(None),
        Workspace.audit_cleaned_at <= bindparam("cleaned_before"),
        Workspace.audit_cleaned_at > bindparam("now"),
    ),
)
_IS_DUE: Final = select(MAY_BE_DUE)
