"""What calendars send: a meeting booked, cancelled or missed."""

from typing import Final

from qualification.rules.playbook.known_senders.known_sender import KnownSender, Signature, answered

_ANSWERS: Final = "payload.questions_and_answers"
# What Calendly asks if nobody writes another question.
_USUAL_QUESTION: Final = "'please share anything that will help prepare for our meeting'"

# developer.calendly.com/api-docs/calendly-api/webhooks and
# developer.calendly.com/docs/api-guides/see-how-webhook-payloads-change-when-invitees-reschedule-events. The payload
# is the invitee each time, with what they answered when they booked.
CALENDLY: Final = KnownSender(
    signature=Signature.CALENDLY,
    # A meeting that moves to another time is cancelled and booked at once, and the cancellation says so.
    when=(
        "contains(['invitee.created', 'invitee.canceled', 'invitee_no_show.created'], event)"
        " && !(payload.rescheduled == `true`) && !(event == 'invitee.canceled' && payload.new_invitee)"
    ),
    lead={
        **answered(_ANSWERS),
        "email": "payload.email",
        "name": "payload.name || full_name(payload.first_name, payload.last_name)",
        "phone": f"payload.text_reminder_number || meant({_ANSWERS}, 'phone')",
        "problem": f"meant({_ANSWERS}, 'problem') || field(answers({_ANSWERS}), {_USUAL_QUESTION})",
        "fields": f"without(others({_ANSWERS}), {_USUAL_QUESTION})",
        "campaign": "payload.tracking.utm_campaign",
    },
    activity={
        "kind": {
            "from": "event",
            "as": {
                "invitee.created": "meeting-booked",
                "invitee.canceled": "meeting-cancelled",
                "invitee_no_show.created": "meeting-missed",
            },
        },
        "id": "payload.uri && words(event, payload.uri)",
        "at": "created_at",
        "what": "words(payload.scheduled_event.name, payload.scheduled_event.start_time)",
    },
)
