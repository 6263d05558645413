"""What marketing platforms send: HubSpot and ActiveCampaign."""

from typing import Final

from qualification.rules.playbook.known_senders.known_sender import KnownSender, Signature


def _property(name: str) -> str:
    """Find a property of a HubSpot contact: in either of the shapes of its API, or in a body made by hand."""
    return f"value(properties.{name} || {name})"


_CONTACT: Final = f"vid || id || {_property('hs_object_id')}"

# A contact as a workflow's "Send a webhook" action posts it: what the contacts API returns, or a body of chosen fields.
#   developers.hubspot.com/docs/methods/workflows/webhook_information
#   knowledge.hubspot.com/workflows/how-do-i-use-webhooks-with-hubspot-workflows
# The webhook subscriptions of an app (developers.hubspot.com/docs/api/webhooks) tell an object's id and no person.
HUBSPOT: Final = KnownSender(
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
ACTIVECAMPAIGN: Final = KnownSender(
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
