"""What form tools and marketing platforms send, mapped to leads and activities from their public documentation.

What a sender's own entry says takes the place of what stands here, field by field. A kind of activity is said here only
where the payload tells it; what it counts as when somebody fills in a form is for the team to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Signature(StrEnum):
    """How a sender proves that it sent something; how each is checked is in bot/http/signatures.py."""

    STANDARD = "standard"
    HUBSPOT = "hubspot"
    TYPEFORM = "typeform"


@dataclass(frozen=True, slots=True)
class KnownSender:
    """A mapping as a playbook would write it."""

    lead: Mapping[str, object]
    activity: Mapping[str, object] = field(default_factory=dict)
    when: str | None = None
    signature: Signature | None = None


def _property(name: str) -> str:
    """Find a property of a HubSpot contact: in either of the shapes of its API, or in a body made by hand."""
    return f"value(properties.{name} || {name})"


_CONTACT: Final = f"vid || id || {_property('hs_object_id')}"

# A contact as a workflow's "Send a webhook" action posts it: what the contacts API returns, or a body of chosen fields.
#   developers.hubspot.com/docs/methods/workflows/webhook_information
#   knowledge.hubspot.com/workflows/how-do-i-use-webhooks-with-hubspot-workflows
# The webhook subscriptions of an app (developers.hubspot.com/docs/api/webhooks) tell an object's id and no person.
_HUBSPOT = KnownSender(
    signature=Signature.HUBSPOT,
    lead={
        "id": _CONTACT,
        "email": _property("email"),
        "name": f"words({_property('firstname')}, {_property('lastname')})",
        "company": _property("company"),
        "website": _property("website"),
        "phone": _property("phone"),
        "title": _property("jobtitle"),
        "country": f"country({_property('country')})",
        "size": f"number({_property('numemployees')})",
        "problem": _property("message"),
    },
    activity={
        # The same contact unchanged is the same delivery once more: HubSpot tries again for three days.
        "id": f"({_CONTACT}) && {_property('lastmodifieddate')}"
        f" && words('contact', {_CONTACT}, {_property('lastmodifieddate')})",
        "what": _property("recent_conversion_event_name"),
    },
)

# developers.activecampaign.com/page/webhooks: form-encoded, with `type`, `date_time` and contact[…]; not signed.
_ACTIVECAMPAIGN = KnownSender(
    # What contacts do; what the team does itself (notes, tasks, deals, campaigns sent) is no activity of a lead.
    when="contains(['subscribe', 'update', 'unsubscribe', 'open', 'click'], type)",
    lead={
        "id": "contact.id",
        "email": "contact.email",
        "name": "words(contact.first_name, contact.last_name)",
        "company": "contact.orgname || orgname",
        "phone": "contact.phone",
    },
    activity={
        "kind": {
            "from": "type",
            "as": {
                "open": "email-opened",
                "click": "email-clicked",
                "unsubscribe": "unsubscribed",
                "subscribe": None,
                "update": None,
            },
        },
        "at": "zoned(date_time, 'UTC')",
        "what": "link.url || unsubscribe.reason || campaign.name",
    },
)

# developers.typeform.com/webhooks/example-payload
_TYPEFORM = KnownSender(
    signature=Signature.TYPEFORM,
    # Not what somebody left half filled in.
    when="event_type == 'form_response'",
    lead={
        "email": "answer(form_response, 'email', 'work email', 'e-mail address')",
        "name": "answer(form_response, 'name', 'full name', 'your name')"
        " || words(answer(form_response, 'first name'), answer(form_response, 'last name'))",
        "company": "answer(form_response, 'company', 'company name', 'organization', 'organisation')",
        "website": "answer(form_response, 'website', 'company website', 'url')",
        "phone": "answer(form_response, 'phone', 'phone number')",
        "title": "answer(form_response, 'job title', 'role', 'position')",
        "country": "country(answer(form_response, 'country'))",
        "size": "number(answer(form_response, 'company size', 'team size', 'employees', 'number of employees'))",
        "campaign": "form_response.hidden.utm_campaign",
        "problem": "answer(form_response, 'message', 'comments', 'question', 'how can we help', 'how can we help you')",
        "fields": "form_response.hidden",
    },
    activity={
        "id": "form_response.token || event_id",
        "at": "form_response.submitted_at",
        "what": "form_response.definition.title",
    },
)

# What a browser posts (html.spec.whatwg.org/multipage/form-control-infrastructure.html#url-encoded-form-data), by the
# names of their fields as `values/field_names.py` knows them; not signed.
_FORM = KnownSender(
    lead={
        "email": "meant(@, 'email')",
        "name": "meant(@, 'name') || full_name(meant(@, 'first_name'), meant(@, 'last_name'))",
        "company": "meant(@, 'company')",
        "website": "meant(@, 'website')",
        "phone": "meant(@, 'phone')",
        "title": "meant(@, 'title')",
        "country": "country(meant(@, 'country'))",
        "size": "number(meant(@, 'size'))",
        "campaign": "meant(@, 'campaign')",
        "problem": "meant(@, 'problem')",
        "do_not_contact": "refused(@)",
    },
    activity={
        "id": "field(@, 'submission id', 'entry id')",
        "what": "field(@, 'form name', 'form', 'subject', 'your subject', 'page')",
    },
)

KNOWN: Final[Mapping[str, KnownSender]] = {
    "hubspot": _HUBSPOT,
    "activecampaign": _ACTIVECAMPAIGN,
    "typeform": _TYPEFORM,
    "form": _FORM,
}
