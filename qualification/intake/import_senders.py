"""Whose ids a file has: those of earlier files of its name, unless those name other people."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from qualification.leads import contacts, merging
from qualification.records import Company, ExternalId, Lead, rows
from qualification.rules.leads.lead_input import ImportRow, LeadInput
from qualification.rules.leads.likeness import names_differ
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
        addresses = _addresses(session, workspace_id, [lead for _, lead in leads])
        differ = sum(_is_somebody_else(session, stated, lead, addresses.get(lead.id, set())) for stated, lead in leads)
        if differ * 2 <= len(leads):
            return sender
    raise AssertionError("some number is free")


def _addresses(session: Session, workspace_id: int, leads: Sequence[Lead]) -> Mapping[int, set[str]]:
    """Return all mailboxes of these leads and of those merged into them, folded, by the leads' ids."""
    families = merging.families(session, workspace_id, [lead.id for lead in leads]) if leads else {}
    found: dict[int, set[str]] = {}
    for each in contacts.emails_of(session, workspace_id, families):
        found.setdefault(families[each.lead_id], set()).add(each.email_key)
    return found


def _is_somebody_else(session: Session, stated: LeadInput, lead: Lead, addresses: set[str]) -> bool:
    """Say whether what a row says of a person agrees in nothing with the lead of its id, which has these addresses.

    Names that may be of one person agree: “I. Chen” and “Ivy Chen”. The company counts where neither can be compared.
    """
    ours = {fold_mailbox(each) for each in (stated.email, *stated.emails) if each}
    agreed: list[bool] = []
    if ours and addresses:
        agreed.append(not ours.isdisjoint(addresses))
    if stated.name and lead.name_key:
        agreed.append(not names_differ(fold_name(stated.name), lead.name_key))
    if not agreed and stated.company:
        company = rows.get(session, Company, lead.company_id, lead.workspace_id)
        agreed += [fold_company(stated.company) == company.name_key] if company else []
    return bool(agreed) and not any(agreed)


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
