"""Old leads are erased at night, as the playbook's retention says: announced first, then a lead a transaction."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, bindparam, exists, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from qualification.handoffs import erasure
from qualification.leads import merging, resolution, suppression
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import Activity, Handoff, Lead, Person, PlaybookVersion, RetentionRun, rows
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.leads.retention import NOTICE, Ages, RetainedState, is_night, is_old, next_night
from qualification.rules.playbook.playbook import PlaybookFaults
from qualification.rules.refusals import LeadErased, NoPersonalKey, UnknownLead

log = logging.getLogger(__name__)

# So many leads are looked at in one statement where they are counted.
_COUNTED_TOGETHER: Final = 1000
# Nothing is due later than this, unless a clock was ahead.
_LATEST: Final = NOTICE + timedelta(days=3)
_ENDED: Final[Mapping[HandoffState, RetainedState]] = {
    HandoffState.DISQUALIFIED: RetainedState.DISQUALIFIED,
    HandoffState.LOST: RetainedState.LOST,
    HandoffState.WON: RetainedState.WON,
}


@dataclass(frozen=True, slots=True)
class RetentionNotice:
    """Old leads will be erased from the night of `first_at` on; `leads` were old by then, None if nobody counted."""

    first_at: datetime
    leads: int | None


def preview(session: Session, workspace_id: int, ages: Ages, *, now: datetime) -> int | None:
    """Count the leads that these ages would erase now; None where none of the ages is new or stricter.

    An age is new or stricter while no playbook with it, or a shorter one, has been in force for the time of notice.
    """
    since = _since(session, workspace_id, ages, now)
    if all(at + NOTICE <= now for at in since.values()):
        return None
    after, count = 0, 0
    while leads := _next_leads(session, workspace_id, after, _COUNTED_TOGETHER):
        count += len(_old_among(session, workspace_id, leads, ages, now))
        after = max(leads)
    return count


def plan(
    session: UnitOfWork, workspace_id: int, published: Published, *, leads: int | None = None, now: datetime
) -> RetentionNotice | None:
    """Say when old leads are erased next by a playbook just published; return what is to be announced.

    `leads` is what `preview` counted.
    """
    run = session.get(RetentionRun, workspace_id, with_for_update=True)
    ages = published.playbook.retention.ages
    if not ages:
        if run is not None:
            session.delete(run)
        return None
    since = _since_publishing(session, workspace_id, published, now)
    if run is None:
        run = RetentionRun(workspace_id=workspace_id)
    run.after_id = run.erased = 0
    _put_off(run, since, published.playbook.zone, now=now)
    run.announced = leads if run.first_at is not None else None
    session.add(run)
    _refresh_homes(session, workspace_id, now=now)
    session.flush()
    return RetentionNotice(run.first_at, leads) if run.first_at is not None else None


def notice(session: Session, workspace_id: int, now: datetime) -> RetentionNotice | None:
    """Return what is announced: old leads will be erased, and the first of them weren't yet."""
    run = session.get(RetentionRun, workspace_id)
    if run is None or run.first_at is None or run.first_at <= now:
        return None
    return RetentionNotice(run.first_at, run.announced)


def run_due(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int = 100) -> int:
    """Look at the next `limit` leads of the night's pass, and erase the first old one; return `limit` if more follow.

    The row says how far the pass is, so that it may be broken off anywhere: it goes on the next night.
    """
    run = session.scalar(_DUE, given(workspace_id, now))
    if run is None:
        return 0
    published = playbooks.current_or_none(session, workspace_id)
    if published is None or not published.playbook.retention.ages:
        session.delete(run)
        return 1
    since = _since_publishing(session, workspace_id, published, now)
    ages = {state: age for state, age in published.playbook.retention.ages.items() if since[state] + NOTICE <= now}
    if run.due_at > now or not ages or not is_night(now, published.playbook.zone):
        if run.after_id:
            _log_night(run)
        _put_off(run, since, published.playbook.zone, now=now)
        return 1
    if run.first_at is not None and run.first_at <= now:
        run.first_at = run.announced = None
        _refresh_homes(session, workspace_id, now=now)
    leads = _next_leads(session, workspace_id, run.after_id, limit)
    old = _old_among(session, workspace_id, leads, ages, now)
    if old:
        run.after_id = min(old)
        run.erased += _erase(session, workspace_id, run.after_id, ages, published.id, now=now)
        return limit
    run.after_id = max(leads, default=run.after_id)
    if len(leads) < limit:
        _log_night(run)
        _put_off(run, since, published.playbook.zone, now=now)
        run.after_id = 0
    return len(leads)


def given(workspace_id: int, now: datetime) -> dict[str, Any]:
    """Return the parameters of MAY_BE_DUE."""
    return {"workspace_id": workspace_id, "now": now, "retention_too_far": now + _LATEST}


def _put_off(run: RetentionRun, since: Mapping[RetainedState, datetime], zone: ZoneInfo, *, now: datetime) -> None:
    """Set the next night, by since when each age is said; where a clock was ahead it is asked again in a week."""
    to_come = [next_night(at + NOTICE, zone) for at in since.values() if at + NOTICE > now]
    run.first_at = min(to_come, default=None)
    run.due_at = next_night(now, zone)
    if run.first_at is not None and len(to_come) == len(since):
        run.due_at = min(run.first_at, next_night(now + NOTICE, zone))


def _log_night(run: RetentionRun) -> None:
    """Say how many were erased in a night that is over."""
    sentence = "Old leads were erased by the playbook's retention: %d."
    log.info(sentence, run.erased, extra={"action": "retention", "workspace": run.workspace_id})
    run.erased = 0


def _erase(
    session: UnitOfWork, workspace_id: int, lead_id: int, ages: Ages, playbook_id: int, *, now: datetime
) -> bool:
    """Erase a lead, unless something has happened to it since; one that can't be erased holds up no other."""
    try:
        with session.begin_nested():
            # Before any row, as whoever comes in does.
            suppression.hold_arrivals(session, workspace_id)
            lead = rows.get_one(session, Lead, lead_id, workspace_id)
            resolution.lock_person(session, lead)
            if not _old_among(session, workspace_id, _leads(session, workspace_id, lead_id), ages, now):
                return False
            erasure.erase(session, workspace_id, lead_id, by=f"playbook:{playbook_id}", keep_away=False, now=now)
    except (LeadErased, NoPersonalKey, UnknownLead):
        return False
    except SQLAlchemyError:
        raise  # the database's trouble, not the lead's
    except Exception:
        log.exception(
            "An old lead could not be erased; it will be tried again in the next night.",
            extra={"action": "retention", "workspace": workspace_id, "lead": lead_id},
        )
        return False
    return True


def _next_leads(session: Session, workspace_id: int, after: int, limit: int) -> dict[int, datetime]:
    """Return when each of the next leads was last changed."""
    found = session.execute(_NEXT, {"workspace_id": workspace_id, "after": after, "most": limit})
    return {row.id: row.updated_at for row in found}


def _leads(session: Session, workspace_id: int, lead_id: int) -> dict[int, datetime]:
    """Return the same for one lead, none if it was merged or erased."""
    leads = _next_leads(session, workspace_id, lead_id - 1, 1)
    return leads if lead_id in leads else {}


def _old_among(
    session: Session, workspace_id: int, leads: Mapping[int, datetime], ages: Ages, now: datetime
) -> list[int]:
    """Return those of the leads that are to be erased; with each counts all that was merged into it."""
    newest = max(age.before(now) for age in ages.values())
    last = {lead_id: at for lead_id, at in leads.items() if at <= newest}
    if not last:
        return []
    families = merging.families(session, workspace_id, last)
    asked = {"workspace_id": workspace_id, "leads": [*families]}
    for row in (*session.execute(_MERGED_AT, asked), *session.execute(_ACTIVE_AT, asked)):
        lead_id = families[row.lead_id]
        last[lead_id] = max(last[lead_id], row.at)
    states: dict[int, set[RetainedState | None]] = {}
    for row in session.execute(_HANDOFFS, asked):
        lead_id = families[row.lead_id]
        is_dropped = row.state is HandoffState.SNOOZED and row.resume_at is None
        states.setdefault(lead_id, set()).update(() if is_dropped else (_ENDED.get(row.state),))
        last[lead_id] = max(last[lead_id], row.announced_at, row.ended_at or row.announced_at)
    never = frozenset({RetainedState.UNWORKED})
    return [lead_id for lead_id, at in last.items() if is_old(states.get(lead_id, never), at, ages, now)]


def _since_publishing(
    session: Session, workspace_id: int, published: Published, now: datetime
) -> dict[RetainedState, datetime]:
    version = rows.get_one(session, PlaybookVersion, published.id, workspace_id)
    ages = published.playbook.retention.ages
    return _since(session, workspace_id, ages, now, published_at=version.published_at, version_id=version.id)


def _since(
    session: Session,
    workspace_id: int,
    ages: Ages,
    now: datetime,
    *,
    published_at: datetime | None = None,
    version_id: int = 0,
) -> dict[RetainedState, datetime]:
    """Return since when, without a break, playbooks have said this age or a shorter one of each state.

    `published_at` and `version_id` are of the version that says these ages; without them it isn't published yet. What
    is longer ago than the time of notice is looked up no further.
    """
    since = dict.fromkeys(ages, published_at or now)
    unsure = {*ages}
    for at, theirs in _earlier(session, workspace_id, version_id):
        unsure = {
            state
            for state in unsure
            if since[state] + NOTICE > now and state in theirs and theirs[state].before(now) >= ages[state].before(now)
        }
        if not unsure:
            break
        since |= {state: min(since[state], at) for state in unsure}
    return since


def _earlier(session: Session, workspace_id: int, version_id: int) -> Iterator[tuple[datetime, Ages]]:
    """Yield when each other version was published last and how long it keeps leads, the newest first, one at a time."""
    skip = 0
    while True:
        asked = {"workspace_id": workspace_id, "version": version_id, "skip": skip}
        row = session.execute(_VERSION, asked).one_or_none()
        if row is None:
            return
        try:
            ages = playbooks.parsed(row.text).retention.ages
        except PlaybookFaults:
            # An older program took it, and this one wouldn't.
            ages = {}
        yield row.published_at, ages
        skip += 1


def _refresh_homes(session: UnitOfWork, workspace_id: int, *, now: datetime) -> None:
    """Draw the Home tabs of administrators anew, which tell what is announced."""
    admins: Sequence[Person] = session.scalars(_ADMINS, {"workspace_id": workspace_id}).all()
    for person in admins:
        surfaces.refresh_home(session, person, now=now)


_WORKSPACE: Final[BindParameter[int]] = bindparam("workspace_id")
_IS_DUE: Final = (
    RetentionRun.workspace_id == _WORKSPACE,
    or_(RetentionRun.due_at <= bindparam("now"), RetentionRun.due_at > bindparam("retention_too_far")),
)
MAY_BE_DUE: Final = exists().where(*_IS_DUE)
# Built once: building a statement takes longer than running it.
_DUE: Final = select(RetentionRun).where(*_IS_DUE).with_for_update(skip_locked=True)
_NEXT: Final = (
    select(Lead.id, Lead.updated_at)
    .where(
        rows.in_workspace(Lead),
        Lead.id > bindparam("after"),
        Lead.merged_into_id.is_(None),
        Lead.erased_at.is_(None),
    )
    .order_by(Lead.id)
    .limit(bindparam("most"))
)
_THEIRS: Final[BindParameter[int]] = bindparam("leads", expanding=True)
_MERGED_AT: Final = select(Lead.id.label("lead_id"), Lead.updated_at.label("at")).where(
    rows.in_workspace(Lead), Lead.id.in_(_THEIRS)
)
_ACTIVE_AT: Final = (
    select(Activity.lead_id, func.max(Activity.at).label("at"))
    .where(rows.in_workspace(Activity), Activity.lead_id.in_(_THEIRS))
    .group_by(Activity.lead_id)
)
_HANDOFFS: Final = select(
    Handoff.lead_id, Handoff.state, Handoff.announced_at, Handoff.ended_at, Handoff.resume_at
).where(rows.in_workspace(Handoff), Handoff.lead_id.in_(_THEIRS))
_VERSION: Final = (
    select(PlaybookVersion.text, PlaybookVersion.published_at)
    .where(PlaybookVersion.workspace_id == _WORKSPACE, PlaybookVersion.id != bindparam("version"))
    .order_by(PlaybookVersion.published_at.desc(), PlaybookVersion.id.desc())
    .limit(1)
    .offset(bindparam("skip"))
)
_ADMINS: Final = select(Person).where(Person.workspace_id == _WORKSPACE, Person.is_admin).order_by(Person.id)
