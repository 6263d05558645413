"""Who must not come back without a word: asked before anything that somebody says of a lead is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, exists, func, select, text
from sqlalchemy.orm import Session

from qualification.leads.naming import LEAD_NUMBER
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.people.audit import Actor
from qualification.records import Suppression
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.suppression import PersonalKey, Recogniser, SuppressionReason, recognisers_in
from qualification.rules.people.audited import AuditAction
from qualification.rules.refusals import NoPersonalKey
from qualification.rules.values.normalization import fold_mailbox


def suppressed(session: UnitOfWork, workspace_id: int, rows: Sequence[LeadData]) -> dict[int, SuppressionReason]:
    """Return why somebody must not come back, by the index of each row that is about such a person.

    On PostgreSQL it waits for whoever is erasing somebody at the moment, and they wait until this transaction ends.
    Without BATON_KEY nobody can be recognised; a bot that has suppressions doesn't start without it.
    """
    key = session.personal_key
    if key is not None and session.get_bind().dialect.name == "postgresql":
        session.execute(_WHILE_NOBODY_IS_ERASED, {"workspace_id": workspace_id})
    if key is None or session.scalar(_ANY, {"workspace_id": workspace_id}) is None:
        return {}
    digests: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        for recogniser in recognisers_in(row):
            digests.setdefault(key.digest(workspace_id, recogniser), []).append(index)
    found = session.execute(_OF, {"workspace_id": workspace_id, "digests": [*digests]})
    return {index: reason for digest, reason in found for index in digests[digest]}


def hold_arrivals(session: UnitOfWork, workspace_id: int) -> None:
    """Let nobody come in until the commit, so that whoever is erased doesn't come back at the same moment."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_HOLD_ARRIVALS, {"workspace_id": workspace_id})


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Somebody who must not come back: the emptied lead that they were, why, since when, and by how many hashes."""

    lead_id: int | None
    reason: SuppressionReason
    since: datetime
    hashes: int


def listed(session: Session, workspace_id: int) -> list[Suppressed]:
    """Return who must not come back, the latest first."""
    since = func.min(Suppression.at)
    found = session.execute(
        select(Suppression.lead_id, Suppression.reason, since, func.count())
        .where(Suppression.workspace_id == workspace_id)
        .group_by(Suppression.lead_id, Suppression.reason)
        .order_by(since.desc(), Suppression.lead_id.desc())
    )
    return [Suppressed(*row) for row in found]


def lift(session: UnitOfWork, workspace_id: int, person: str, *, by: Actor, now: datetime) -> int:
    """Let somebody come back, by the number of the lead they were or by their address; return how many hashes went.

    Raises NoPersonalKey for an address where BATON_KEY isn't set.
    """
    ours = Suppression.workspace_id == workspace_id
    if number := LEAD_NUMBER.fullmatch(person.strip()):
        lead_ids: Sequence[int | None] = [int(number[1])]
    elif session.personal_key is None:
        raise NoPersonalKey
    else:
        recogniser = Recogniser("email", (fold_mailbox(person.strip()),))
        digest = session.personal_key.digest(workspace_id, recogniser)
        lead_ids = session.scalars(select(Suppression.lead_id).where(ours, Suppression.digest == digest)).all()
    gone = session.execute(delete(Suppression).where(ours, Suppression.lead_id.in_(lead_ids)).returning(Suppression.id))
    hashes = len(gone.all())
    for lead_id in {*lead_ids} if hashes else ():
        audit.record(session, workspace_id, AuditAction.SUPPRESSION_LIFTED, by=by, lead_id=lead_id, now=now)
    return hashes


def is_keyed(session: Session, key: PersonalKey | None) -> bool:
    """Say whether everybody who must not come back is known by this key, in every workspace of the database."""
    others = exists().where(Suppression.key_mark != key.mark) if key else exists(Suppression.id)
    return session.scalar(select(others).execution_options(every_workspace=True)) is not True


# Built once: building a statement takes longer than running it.
_WHILE_NOBODY_IS_ERASED: Final = text("SELECT pg_advisory_xact_lock_shared(hashtext('baton erase'), :workspace_id)")
_HOLD_ARRIVALS: Final = text("SELECT pg_advisory_xact_lock(hashtext('baton erase'), :workspace_id)")
_OURS: Final = Suppression.workspace_id == bindparam("workspace_id")
_ANY: Final = select(Suppression.id).where(_OURS).limit(1)
_OF: Final = select(Suppression.digest, Suppression.reason).where(
    _OURS, Suppression.digest.in_(bindparam("digests", expanding=True))
)
