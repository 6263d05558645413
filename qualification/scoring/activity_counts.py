"""What leads' activities add up to, read from the records: of many leads in as few statements as of one.

A lead is given with all that were merged into it, as `merging.families` tells them. What the playbook limits is grouped
by the database, so that one mail opened a thousand times is one row.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, bindparam, case, cast, extract, func, literal, null, select
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.records import Activity, Lead, rows
from qualification.rules.playbook.playbook import Scoring
from qualification.rules.playbook.scoring_schema import Activity as Kind
from qualification.rules.scoring.noise import Tally, Thing, tally
from qualification.rules.scoring.points import Score, score

# Longer than any database is old: a span without an end.
_EVER_SECONDS: Final = 10**12


def score_of(session: Session, lead: Lead, scoring: Scoring) -> Score:
    """Add up what the lead, and all that were found to be the same, ever did."""
    families = merging.families(session, lead.workspace_id, [lead.id])
    return score(scoring, times(session, lead.workspace_id, families, scoring)[lead.id])


def times(
    session: Session, workspace_id: int, families: Mapping[int, int], scoring: Scoring
) -> dict[int, Counter[str]]:
    """Count what each lead ever did, by kind; noise counts as the playbook says."""
    return {
        lead_id: Counter({kind: each.counted for kind, each in kinds.items()})
        for lead_id, kinds in tallies(session, workspace_id, families, scoring).items()
    }


def tallies(
    session: Session, workspace_id: int, families: Mapping[int, int], scoring: Scoring
) -> dict[int, dict[str, Tally]]:
    """Say how often each lead did each kind of activity, and why some of that doesn't count."""
    done: dict[int, Counter[str]] = {lead_id: Counter() for lead_id in families.values()}
    scanned: dict[int, Counter[str]] = {lead_id: Counter() for lead_id in families.values()}
    for row in session.execute(_TIMES, {"workspace_id": workspace_id, "ids": [*families]}):
        done[families[row.lead_id]][row.kind] += row.times
        scanned[families[row.lead_id]][row.kind] += row.scanned
    found = {lead_id: {kind: Tally(count) for kind, count in kinds.items()} for lead_id, kinds in done.items()}
    for kind in (each for each in scoring.activities if each.is_limited):
        noisy = {lead_id for lead_id in done if done[lead_id][kind.key] > 1 or scanned[lead_id][kind.key] > 0}
        things = _things(session, workspace_id, kind, families, noisy) if noisy else {}
        for lead_id in noisy:
            found[lead_id][kind.key] = tally(kind, things[lead_id], scanned=scanned[lead_id][kind.key])
    return found


def times_since(
    session: Session,
    workspace_id: int,
    families: Mapping[int, int],
    since: Mapping[int, datetime],
    scoring: Scoring,
) -> dict[int, Counter[str]]:
    """Count what each lead of `since` did after that moment, by kind; noise counts as if nothing had been before."""
    counted: dict[int, Counter[str]] = {lead_id: Counter() for lead_id in since}
    if not since:
        return counted
    limited = {kind.key: kind for kind in scoring.activities if kind.is_limited}
    what = case((Activity.kind.in_(limited), Activity.what), else_=null()) if limited else null()
    done = select(Activity.lead_id, Activity.kind, Activity.at, Activity.noise, what.label("what")).where(
        rows.in_workspace(Activity, workspace_id),
        Activity.lead_id.in_([member for member, lead_id in families.items() if lead_id in since]),
        Activity.at > min(since.values()),
    )
    things: defaultdict[tuple[int, str], list[Thing]] = defaultdict(list)
    for row in session.execute(done):
        lead_id = families[row.lead_id]
        if row.at <= since[lead_id]:
            continue
        if row.kind not in limited:
            counted[lead_id][row.kind] += 1
        elif row.noise is None:
            things[lead_id, row.kind].append(Thing(row.what, row.at))
    for (lead_id, kind), some in things.items():
        counted[lead_id][kind] = tally(limited[kind], some).counted
    return counted


def _things(
    session: Session, workspace_id: int, kind: Kind, families: Mapping[int, int], lead_ids: Iterable[int]
) -> dict[int, list[Thing]]:
    """Return what the leads did of a kind: each thing once with its first time, or how often in each span."""
    wanted = {*lead_ids}
    found: dict[int, list[Thing]] = {lead_id: [] for lead_id in wanted}
    statements = _ONCE if kind.once_per is not None else _SPANS
    seconds = _EVER_SECONDS if kind.per is None else int(kind.per.total_seconds())
    asked = {
        "workspace_id": workspace_id,
        "kind": kind.key,
        "ids": [member for member, lead_id in families.items() if lead_id in wanted],
        "seconds": seconds,
    }
    for row in session.execute(statements[session.get_bind().dialect.name], asked):
        found[families[row.lead_id]].append(Thing(row.what, row.first, row.times))
    return found


def _span(dialect: str) -> ColumnElement[int]:
    """Return the number of the span that an activity is in; its length is given in seconds."""
    seconds = extract("epoch", Activity.at)
    length = bindparam("seconds", type_=BigInteger)
    span: ColumnElement[int] = func.floor(seconds / length)
    return span if dialect == "postgresql" else cast(seconds, BigInteger) // length


# Built once: to build a statement takes longer than to run it.
_TIMES: Final = (
    select(
        Activity.lead_id,
        Activity.kind,
        func.count().label("times"),
        func.count(Activity.noise).label("scanned"),
    )
    .where(rows.in_workspace(Activity), Activity.lead_id.in_(bindparam("ids", expanding=True)))
    .group_by(Activity.lead_id, Activity.kind)
)
_done: Final = (
    rows.in_workspace(Activity),
    Activity.lead_id.in_(bindparam("ids", expanding=True)),
    Activity.kind == bindparam("kind"),
    Activity.noise.is_(None),
)
_first_and_times: Final = (func.min(Activity.at).label("first"), func.count().label("times"))
# Things without a name are counted in each span.
_ONCE: Final = {
    dialect: select(Activity.lead_id, Activity.what, *_first_and_times)
    .where(*_done)
    .group_by(Activity.lead_id, Activity.what, case((Activity.what.is_(None), _span(dialect)), else_=null()))
    for dialect in ("sqlite", "postgresql")
}
_SPANS: Final = {
    dialect: select(Activity.lead_id, literal(None).label("what"), *_first_and_times)
    .where(*_done)
    .group_by(Activity.lead_id, _span(dialect))
    for dialect in ("sqlite", "postgresql")
}
