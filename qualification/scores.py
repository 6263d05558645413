"""What a lead's activities add up to, read from the records."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification import merging
from qualification.records import Activity, Lead
from qualification.rules.playbook import Scoring
from qualification.rules.scoring import Score, score


def weigh(session: Session, lead: Lead, scoring: Scoring) -> Score:
    """Add up what the lead, and all that were found to be the same, ever did."""
    return score(scoring, times(session, lead))


def times(session: Session, lead: Lead, *, after: datetime | None = None) -> dict[str, int]:
    """Count what the lead did, by kind, ever or after that moment."""
    done = select(Activity.kind, func.count().label("times")).where(Activity.lead_id.in_(merging.family(session, lead)))
    if after is not None:
        done = done.where(Activity.at > after)
    return {row.kind: row.times for row in session.execute(done.group_by(Activity.kind))}
