"""What leads' activities add up to, read from the records: of many leads in as few statements as of one.

A lead is given with all that were merged into it, as `merging.families` tells them.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.records import Activity, Lead, rows
from qualification.rules.playbook.playbook import Scoring
from qualification.rules.scoring.points import Score, score


def score_of(session: Session, lead: Lead, scoring: Scoring) -> Score:
    """Add up what the lead, and all that were found to be the same, ever did."""
    families = merging.families(session, lead.workspace_id, [lead.id])
    return score(scoring, times(session, lead.workspace_id, families)[lead.id])


def times(session: Session, workspace_id: int, families: Mapping[int, int]) -> dict[int, Counter[str]]:
    """Count what each lead ever did, by kind."""
    counted: dict[int, Counter[str]] = {lead_id: Counter() for lead_id in families.values()}
    for row in session.execute(_TIMES, {"workspace_id": workspace_id, "ids": [*families]}):
        counted[families[row.lead_id]][row.kind] += row.times
    return counted


def times_since(
    session: Session, workspace_id: int, families: Mapping[int, int], since: Mapping[int, datetime]
) -> dict[int, Counter[str]]:
    """Count what each lead of `since` did after that moment, by kind."""
    counted: dict[int, Counter[str]] = {lead_id: Counter() for lead_id in since}
    if not since:
        return counted
    done = select(Activity.lead_id, Activity.kind, Activity.at).where(
        rows.in_workspace(Activity, workspace_id),
        Activity.lead_id.in_([member for member, lead_id in families.items() if lead_id in since]),
        Activity.at > min(since.values()),
    )
    for row in session.execute(done):
        lead_id = families[row.lead_id]
        if row.at > since[lead_id]:
            counted[lead_id][row.kind] += 1
    return counted


# Built once: to build a statement takes longer than to run it.
_TIMES: Final = (
    select(Activity.lead_id, Activity.kind, func.count().label("times"))
    .where(rows.in_workspace(Activity), Activity.lead_id.in_(bindparam("ids", expanding=True)))
    .group_by(Activity.lead_id, Activity.kind)
)
