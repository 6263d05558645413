"""Whose ids a file has: those of earlier files of its name, unless those name other people."""

from collections.abc import Sequence
from itertools import count
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.records import Company, ExternalId, Lead, rows
from qualification.rules.leads.lead_input import ImportRow, LeadInput
from qualification.rules.values.normalization import fold_company, fold_mailbox, fold_name

_LONGEST: Final = 80


def sender_for(session: Session, workspace_id: int, name: str, sample: Sequence[ImportRow]) -> str:
    """Return the sender that a file's ids belong to: `name`, or that with a number.

    A newer export of the same file has the same people under the same ids. Where most of the ids that are known name
    somebody else, by address and name, the file only has the same name: it gets the first number whose ids agree.
    """
    by_id = {row.lead.id: row.lead for row in sample if row.lead.id}
    for number in count(1):
        ending = "" if number == 1 else f"-{number}"
        sender = f"{name[: _LONGEST - len(ending)]}{ending}"
        known = session.execute(_KNOWN, {"workspace_id": workspace_id, "sender": sender, "ids": [*by_id]}).all()
        leads = [(by_id[external_id], merging.root(session, lead) or lead) for external_id, lead in known]
        differ = sum(_is_somebody_else(session, stated, lead) for stated, lead in leads)
        if differ * 2 <= len(leads):
            return sender
    raise AssertionError("some number is free")


def _is_somebody_else(session: Session, stated: LeadInput, lead: Lead) -> bool:
    """Say whether what a row says of a person agrees in nothing with the lead of its id."""
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    compared: list[tuple[str | None, str | None]] = [
        (stated.email and fold_mailbox(stated.email), lead.email_key),
        (stated.name and fold_name(stated.name), lead.name_key),
    ]
    if not any(ours and theirs for ours, theirs in compared):
        compared = [(stated.company and fold_company(stated.company), company.name_key if company else None)]
    both = [ours == theirs for ours, theirs in compared if ours and theirs]
    return bool(both) and not any(both)


_KNOWN: Final = (
    select(ExternalId.external_id, Lead)
    .join(Lead, Lead.id == ExternalId.lead_id)
    .where(
        ExternalId.workspace_id == bindparam("workspace_id"),
        rows.in_workspace(Lead),
        ExternalId.sender == bindparam("sender"),
        ExternalId.external_id.in_(bindparam("ids", expanding=True)),
    )
)
