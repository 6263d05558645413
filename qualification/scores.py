"""What leads' activities add up to, read from the records."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from qualification import merging
from qualification.records import Activity, Lead
from qualification.rules.playbook import Scoring
from qualification.rules.scoring import Score, score


def weigh(session: Session, lead: Lead, scoring: Scoring) -> Score:
    """Add up what the lead, and all that were found to be the same, ever did."""
    return score(scoring, times_all(session, [lead.id])[lead.id])


def times(session: Session, lead: Lead, *, after: datetime | None = None) -> dict[str, int]:
    """Count what the lead did, by kind, ever or after that moment."""
    done = select(Activity.kind, func.count().label("times")).where(Activity.lead_id.in_(merging.family(session, lead)))
    if after is not None:
        done = done.where(Activity.at > after)
    return {row.kind: row.times for row in session.execute(done.group_by(Activity.kind))}


def times_all(session: Session, lead_ids: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    """Count what each of the leads ever did, by kind; nothing for who did nothing."""
    kept_by = merging.families(session, lead_ids)
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for row in session.execute(_TIMES, {"ids": [*kept_by]}):
        kinds = counted[kept_by[row.lead_id]]
        kinds[row.kind] = kinds.get(row.kind, 0) + row.times
    return counted


# Built once: to build a statement takes longer than to run it.
_TIMES: Final = (
    select(Activity.lead_id, Activity.kind, func.count().label("times"))
    .where(Activity.lead_id.in_(bindparam("ids", expanding=True)))
    .group_by(Activity.lead_id, Activity.kind)
)
