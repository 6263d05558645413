"""The form that hands a lead over: what was typed, and the lead that it describes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from qualification.rules.field_errors import FieldFault
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import InvalidFields
from qualification.rules.values import normalization
from qualification.rules.values.normalization import written

T = TypeVar("T")

LIMITS = {"company": 300, "person": 300, "title": 300, "campaign": 200, "phone": 60}


@dataclass(frozen=True, slots=True)
class HandOverForm:
    """What a marketer typed, as typed; every field may be empty."""

    company: str = ""
    person: str = ""
    email: str = ""
    phone: str = ""
    title: str = ""
    did: str = ""
    problem: str = ""
    source: str = ""
    campaign: str = ""
    size: str = ""
    country: str = ""
    value: str = ""
    promised: str = ""


def read_form(form: HandOverForm, playbook: Playbook, *, lead_id: int | None = None) -> LeadData:
    """Return the lead that the form describes; raises InvalidFields with everything that is wrong with it.

    `lead_id` is the lead that the form was opened for.
    """
    faults: dict[str, FieldFault] = {}

    def reading(field: str, text: str, read: Callable[[str], T]) -> T | None:
        if not text.strip():
            return None
        try:
            return read(text.strip())
        except normalization.Unreadable as unreadable:
            faults[field] = unreadable.fault
            return None

    money = reading("value", form.value, lambda text: normalization.parse_money(text, playbook.currency))
    lead = LeadData(
        lead_id=lead_id,
        company=written(form.company),
        name=written(form.person),
        email=reading("email", form.email, normalization.check_email),
        phone=written(form.phone),
        title=written(form.title),
        size=reading("size", form.size, normalization.parse_size),
        country=reading("country", form.country, normalization.check_country),
        value_minor=money[0] if money else None,
        currency=money[1] if money else None,
        source=form.source or None,
        campaign=written(form.campaign),
        shared_domains=playbook.shared,
    )
    if not (lead.company or lead.name or form.email.strip()):
        faults["company"] = FieldFault.REQUIRED
    if not form.did.strip():
        faults["did"] = FieldFault.REQUIRED
    if form.source and playbook.source(form.source) is None:
        faults["source"] = FieldFault.UNKNOWN_CHOICE
    for field, limit in LIMITS.items():
        if len(getattr(form, field)) > limit:
            faults[field] = FieldFault.TOO_LONG
    if faults:
        raise InvalidFields(faults)
    return lead
