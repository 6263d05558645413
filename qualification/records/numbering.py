"""Ids that new records get before they are inserted."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification.records.leads import Company, Lead
from qualification.records.rows import EVERY_WORKSPACE


def number(session: Session, records: Sequence[Company | Lead]) -> None:
    """Give new records of one table the next ids on SQLite, so that one statement inserts all instead of one for each.

    There, nobody else inserts between this and the commit: SQLite refuses to write what was read before another wrote.
    PostgreSQL inserts them by one statement and tells their ids.
    """
    if not records or session.get_bind().dialect.name != "sqlite":
        return
    column = Company.id if isinstance(records[0], Company) else Lead.id
    last = session.scalar(select(func.max(column)).execution_options(**{EVERY_WORKSPACE: True})) or 0
    for following, record in enumerate(records, last + 1):
        record.id = following
