"""What form tools, calendars and marketing platforms send, mapped to leads and activities by their documentation.

What a sender's own entry says takes the place of what stands here, field by field.
"""

from collections.abc import Mapping
from typing import Final

from qualification.rules.playbook.known_senders import forms, marketing, meetings, social
from qualification.rules.playbook.known_senders.known_sender import KnownSender, Signature

__all__ = ["KNOWN", "KnownSender", "Signature"]

KNOWN: Final[Mapping[str, KnownSender]] = {
    "form": forms.FORM,
    "hubspot": marketing.HUBSPOT,
    "activecampaign": marketing.ACTIVECAMPAIGN,
    "typeform": forms.TYPEFORM,
    "jotform": forms.JOTFORM,
    "tally": forms.TALLY,
    "elementor": forms.ELEMENTOR,
    "gravity-forms": forms.GRAVITY_FORMS,
    "webflow": forms.WEBFLOW,
    "calendly": meetings.CALENDLY,
    "quiz": forms.QUIZ,
    "social": social.SOCIAL,
}
