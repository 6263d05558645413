"""One line of a lead's history, as its thread tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.people import people
from qualification.records import (
    LeadEvent,
)
from qualification.rules.person_ref import PersonRef


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of a lead's history.

    `kind` is an EventKind; `facts` by kind: handed_over (gates: tuple of the names of those it passed over), offered
    (to: PersonRef, rule, pool, turn, accept_by), opened_to_pool (pool, accept_by), queued (manager: PersonRef or None,
    because: nobody_there | everyone_asked | pool_lapsed | do_not_contact), accepted (claimed: bool), passed_on and
    disqualified (reason, note), not_now (until, note), woken (is_due: bool; what is new of the reason, as in updated),
    left_asleep (decided: bool, where sales has decided since), task_done and task_not_done (task), lapsed and reminded
    (to: PersonRef or None, pool), undone and reopened (was: the state it had), reassigned (to), contacted (how, note),
    stage_set (stage, reason, note), edited (changes: tuple of (field, before, after)), answered (item, verdict),
    checklist_passed (framework, yes, total), updated (fields: tuple of names; did, problem, promised, source, campaign,
    permalink).
    """

    kind: str
    at: datetime
    actor: PersonRef | None
    facts: Mapping[str, object]


def thread_line(session: Session, workspace_id: int, event_id: int) -> ThreadLine:
    """Return one line of a lead's history, people by name."""
    event = session.scalars(
        select(LeadEvent).where(LeadEvent.workspace_id == workspace_id, LeadEvent.id == event_id)
    ).one()
    return ThreadLine(
        kind=event.kind.value,
        at=event.at,
        actor=people.ref_of(session, event.actor_id),
        facts=_told(session, event.facts),
    )


def _told(session: Session, facts: Mapping[str, object]) -> dict[str, object]:
    """Turn what was stored into what a template takes: ids of people into people, stamps into times."""
    told: dict[str, object] = {}
    for name, value in facts.items():
        if name.endswith("_id"):
            told[name.removesuffix("_id")] = people.ref_of(session, value if isinstance(value, int) else None)
        elif name in _STAMPS and isinstance(value, str):
            told[name] = datetime.fromisoformat(value)
        else:
            told[name] = _frozen(value)
    return told


def _frozen(value: object) -> object:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


_STAMPS: Final = frozenset({"accept_by", "until"})
