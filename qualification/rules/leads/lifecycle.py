"""Where a lead stands between marketing and sales."""

from enum import StrEnum


class Lifecycle(StrEnum):
    """The stations of a lead: subscriber, lead, MQL, SQL, opportunity, customer; beside it disqualified and nurture."""

    SUBSCRIBER = "subscriber"
    LEAD = "lead"
    MQL = "mql"
    SQL = "sql"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    DISQUALIFIED = "disqualified"
    NURTURE = "nurture"
