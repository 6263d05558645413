"""The lead that somebody names on the command line: by its number, or by its whole e-mail address."""

import re
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.records import Lead, LeadEmail, rows
from qualification.rules.refusals import UnknownLead
from qualification.rules.values.normalization import fold_mailbox

LEAD_NUMBER: Final = re.compile(r"#?([0-9]{1,18})")


def named_lead(session: Session, workspace_id: int, text: str) -> Lead:
    """Return the lead with this number (12 or #12) or e-mail address; of a merged one, the lead it turned out to be.

    An address is compared as leads are recognised: without case and plus-tag. Raises UnknownLead where there is none.
    """
    written = text.strip()
    if number := LEAD_NUMBER.fullmatch(written):
        found = session.scalar(_BY_ID, {"workspace_id": workspace_id, "lead_id": int(number[1])})
    else:
        found = session.scalar(_BY_EMAIL, {"workspace_id": workspace_id, "mailbox": fold_mailbox(written)})
    lead = merging.root(session, found)
    if lead is None:
        raise UnknownLead(query=written)
    return lead


_OURS: Final = select(Lead).where(Lead.workspace_id == bindparam("workspace_id"))
_BY_ID: Final = _OURS.where(Lead.id == bindparam("lead_id"))
# At most one: addresses are unique in a workspace.
_BY_EMAIL: Final = _OURS.join(LeadEmail, LeadEmail.lead_id == Lead.id).where(
    rows.in_workspace(LeadEmail), LeadEmail.email_key == bindparam("mailbox")
)
