"""What form tools send, and the browser itself."""

from typing import Final

from qualification.rules.playbook.known_senders.known_sender import FORM_SENT, KnownSender, Signature, answered

_SENT: Final = {"always": FORM_SENT}
# What quizzes call the visitor before they know who it is.
_VISITOR: Final = "'visitor id', 'visitor', 'anonymous id', 'session id', 'client id'"

# What a browser posts (html.spec.whatwg.org/multipage/form-control-infrastructure.html), and the many tools that send
# the fields of a form by their names; not signed.
FORM: Final = KnownSender(
    lead={
        **answered(),
        "fields": "without(others(@), 'form', 'form name', 'form title', 'submission id', 'entry id')",
    },
    activity={
        "kind": _SENT,
        "id": "field(@, 'submission id', 'entry id')",
        "what": "field(@, 'form name', 'form title', 'form', 'subject', 'your subject', 'page')",
    },
)

# www.typeform.com/developers/webhooks/example-payload
TYPEFORM: Final = KnownSender(
    signature=Signature.TYPEFORM,
    # Not what somebody left half filled in.
    when="event_type == 'form_response'",
    lead={**answered("form_response"), "fields": "merge(form_response.hidden || `{}`, others(form_response))"},
    activity={
        "kind": _SENT,
        "id": "form_response.token || event_id",
        "at": "form_response.submitted_at",
        "what": "form_response.definition.title",
    },
)

# www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform and api.jotform.com/docs: multipart/form-data, with the
# answers as JSON in `rawRequest`, by keys such as q3_email, and once more for people to read in `pretty`; not signed.
JOTFORM: Final = KnownSender(
    lead=answered(),
    activity={"kind": _SENT, "id": "submissionID || rawRequest.event_id", "what": "formTitle"},
)

# tally.so/help/webhooks: {eventType: FORM_RESPONSE, data: {responseId, formName, createdAt, fields: [{key, label, type,
# value, options}]}}, in which choices are ids of options.
TALLY: Final = KnownSender(
    signature=Signature.TALLY,
    when="!eventType || eventType == 'FORM_RESPONSE'",
    lead=answered("data.fields"),
    activity={
        "kind": _SENT,
        "id": "data.responseId || eventId",
        "at": "data.createdAt || createdAt",
        "what": "data.formName",
    },
)

# elementor.com/help/webhooks-elementor-forms: form-encoded. By itself each field by its label, with form_id and
# form_name; with *advanced data* form[name], fields[email][value] and meta[page_url][value]. Not signed.
ELEMENTOR: Final = KnownSender(
    lead={
        **answered("fields || @"),
        "fields": "without(others(fields || @), 'form_id', 'form_name', 'date', 'time', 'user agent', 'remote ip',"
        " 'powered by')",
    },
    activity={"kind": _SENT, "what": "form.name || form_name"},
)

# docs.gravityforms.com/webhooks-add-on and docs.gravityforms.com/entry-object: the entry, as JSON or form-encoded, with
# fields by their numbers: 1.3 and 1.6 are first and last name. Only a name, an address and a country can be told by
# that. Where the form's fields come along ({entry, form: {fields: [{id, label}]}}), or the feed names them, all can.
# Times are in UTC, without saying so. Not signed.
GRAVITY_FORMS: Final = KnownSender(
    # Not what Gravity Forms itself takes for spam.
    when="!(entry.status == 'spam' || status == 'spam' || status == 'trash')",
    lead=answered(),
    activity={
        "kind": _SENT,
        "id": "(entry.id || id) && words('entry', entry.form_id || form_id, entry.id || id)",
        "at": "zoned(entry.date_created || date_created, 'UTC')",
        "what": "form.title || form_title",
    },
)

# developers.webflow.com/data/reference/webhooks/events/form-submission, and v1 of it at
# developers.webflow.com/data/v1.0.0/reference/form_submission, which has neither payload nor triggerType.
WEBFLOW: Final = KnownSender(
    signature=Signature.WEBFLOW,
    when="!triggerType || triggerType == 'form_submission'",
    lead=answered("payload.data || data"),
    activity={
        "kind": _SENT,
        "id": "payload.id || _id",
        "at": "payload.submittedAt || d",
        "what": "payload.name || name",
    },
)

# A quiz, calculator or survey, in one piece or in several: each piece carries the visitor's id, and what they answered
# is joined to their address as soon as one piece has it. What it came to may be an estimate, which is the deal's value.
QUIZ: Final = KnownSender(
    lead={
        **answered(),
        "id": f"field(answers(@), {_VISITOR})",
        "fields": f"without(others(@), {_VISITOR}, 'submission id', 'response id', 'entry id', 'submitted at')",
        "value": "meant(@, 'value')"
        " || field(answers(@), 'estimate', 'estimated value', 'estimated cost', 'quote', 'total')",
    },
    activity={
        "kind": _SENT,
        "id": "field(answers(@), 'submission id', 'response id', 'entry id')",
        "at": "field(answers(@), 'submitted at', 'completed at', 'finished at')",
        "what": "words(field(answers(@), 'quiz', 'survey', 'calculator', 'form name', 'form title'),"
        " field(answers(@), 'result', 'outcome', 'score'))",
    },
)
