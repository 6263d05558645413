"""A mapping that comes with Baton: its shape, and the fields that all forms have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

# What somebody did who filled in a form, if the team says nothing else.
FORM_SENT: Final = "contact-form"


class Signature(StrEnum):
    """How a sender proves that it sent something; how each is checked is in bot/http/signatures.py."""

    STANDARD = "standard"
    HUBSPOT = "hubspot"
    TYPEFORM = "typeform"
    TALLY = "tally"
    WEBFLOW = "webflow"
    CALENDLY = "calendly"


@dataclass(frozen=True, slots=True)
class KnownSender:
    """A mapping as a playbook would write it."""

    lead: Mapping[str, object]
    activity: Mapping[str, object] = field(default_factory=dict)
    when: str | None = None
    signature: Signature | None = None


def answered(scope: str = "@") -> dict[str, object]:
    """Return a lead's fields as a form's questions mean them, whatever they are called; `scope` is where they are.

    What questions are called is in `values/field_names.py`, and how tools nest them in `values/form_shapes.py`.
    Answers to other questions are kept as they come.
    """
    meant = {
        name: f"meant({scope}, '{name}')"
        for name in ("email", "company", "website", "phone", "title", "campaign", "problem", "value")
    }
    return {
        **meant,
        "emails": f"more_meant({scope}, 'email')",
        "phones": f"more_meant({scope}, 'phone')",
        "name": f"meant({scope}, 'name') || full_name(meant({scope}, 'first_name'), meant({scope}, 'last_name'))",
        "country": f"country(meant({scope}, 'country'))",
        "size": f"number(meant({scope}, 'size'))",
        "do_not_contact": f"refused({scope})",
        "fields": f"others({scope})",
    }
