"""The addresses and telephone numbers of stored leads: read, and kept true when leads are renamed, merged or split."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import BindParameter, bindparam, select, update
from sqlalchemy.orm import Session

from qualification.records import ExternalId, Lead, LeadEmail, LeadPhone, rows


def emails_of(session: Session, workspace_id: int, lead_ids: Collection[int]) -> Sequence[LeadEmail]:
    """Return the addresses of these leads, the first known first."""
    return session.scalars(_EMAILS, {"workspace_id": workspace_id, "ids": [*lead_ids]}).all()


def phones_of(session: Session, workspace_id: int, lead_ids: Collection[int]) -> Sequence[LeadPhone]:
    """Return the telephone numbers of these leads, the first known first."""
    return session.scalars(_PHONES, {"workspace_id": workspace_id, "ids": [*lead_ids]}).all()


def all_emails(session: Session, lead: Lead, lead_ids: Collection[int]) -> tuple[str, ...]:
    """Return every address of the lead, of which `lead_ids` are the parts; the shown one first."""
    stored = [
        each.email for each in emails_of(session, lead.workspace_id, lead_ids) if each.email_key != lead.email_key
    ]
    return tuple(dict.fromkeys((*filter(None, (lead.email,)), *stored)))


def all_phones(session: Session, lead: Lead, lead_ids: Collection[int]) -> tuple[str, ...]:
    """Return every telephone number of the lead, of which `lead_ids` are the parts; the shown one first."""
    stored = phones_of(session, lead.workspace_id, lead_ids)
    shown = {each.phone_key for each in stored if each.phone == lead.phone}
    first = {each.phone_key: each.phone for each in reversed(stored) if each.phone_key not in shown}
    return (*filter(None, (lead.phone,)), *reversed(first.values()))


def external_ids(session: Session, workspace_id: int, lead_ids: Collection[int]) -> tuple[str, ...]:
    """Return what senders call these leads, each id once, without those that Baton made of what was known."""
    found = session.scalars(_IDS_OF, {"workspace_id": workspace_id, "ids": [*lead_ids]})
    return tuple(dict.fromkeys(each for each in found if not each.startswith("~")))


def name_phones(session: Session, lead: Lead) -> None:
    """Let the lead's numbers stand beside its present name, by which they are found."""
    session.flush()
    session.execute(_RENAME, {"workspace": lead.workspace_id, "of_lead": lead.id, "name": lead.name_key})


def show_own_email(session: Session, lead: Lead, lead_ids: Collection[int]) -> None:
    """Show the lead's first address where the one that is shown isn't its own; none where it has none."""
    own = emails_of(session, lead.workspace_id, lead_ids)
    if lead.email_key is None or any(each.email_key == lead.email_key for each in own):
        return
    lead.email, lead.email_key = (own[0].email, own[0].email_key) if own else (None, None)


def vouch(session: Session, workspace_id: int, lead_ids: Collection[int], *, vouched: bool) -> None:
    """Let each of these leads' addresses have any name from now on, for somebody says they are one; or no longer."""
    for entry in emails_of(session, workspace_id, lead_ids):
        entry.by_hand = vouched
    session.flush()


# Built once: building a statement takes longer than running it.
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_EMAILS: Final = (
    select(LeadEmail).where(rows.in_workspace(LeadEmail), LeadEmail.lead_id.in_(_IDS)).order_by(LeadEmail.id)
)
_PHONES: Final = (
    select(LeadPhone).where(rows.in_workspace(LeadPhone), LeadPhone.lead_id.in_(_IDS)).order_by(LeadPhone.id)
)
_IDS_OF: Final = (
    select(ExternalId.external_id)
    .where(rows.in_workspace(ExternalId), ExternalId.lead_id.in_(_IDS))
    .order_by(ExternalId.id)
)
_RENAME: Final = (
    update(LeadPhone)
    .where(rows.in_workspace(LeadPhone, bindparam("workspace")), LeadPhone.lead_id == bindparam("of_lead"))
    .values(name_key=bindparam("name"))
    .execution_options(synchronize_session=False)
)
