"""What a playbook says where its team has not: the usual sources, reasons, stages and questions of the trade."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

Part = TypeVar("Part", bound=BaseModel)
Written = Sequence[Mapping[str, object]]

CURRENCY = "EUR"
HOURS: Mapping[str, str] = {"mon-fri": "09:00-17:30"}

SOURCES: Written = (
    {"key": "demo", "name": "Demo request", "description": "Asked to be shown the product."},
    {"key": "trial", "name": "Trial started", "description": "Signed up to try the product."},
    {"key": "contact", "name": "Contact form", "description": "Wrote to sales or asked for a price."},
    {"key": "chat", "name": "Website chat"},
    {"key": "webinar", "name": "Webinar", "description": "Came to a webinar or watched its recording."},
    {"key": "event", "name": "Trade show or event", "description": "Met in person."},
    {"key": "content", "name": "Content download", "description": "Left an address for a guide, report or template."},
    {"key": "referral", "name": "Referral", "description": "A customer or somebody we know sent them."},
    {"key": "partner", "name": "Partner", "description": "A partner or reseller passed them to us."},
    {"key": "outbound", "name": "Outbound reply", "description": "Answered a message of ours."},
    {"key": "other", "name": "Other"},
)

PASS_ON_REASONS: Written = (
    {"key": "no-time", "name": "No time now", "description": "Cannot follow up while the lead is warm."},
    {
        "key": "other-territory",
        "name": "Not my territory",
        "description": "Another region or segment looks after them.",
    },
    {"key": "known-to-other", "name": "A colleague knows them", "description": "Somebody else is in touch already."},
    {"key": "language", "name": "Language", "description": "They would be served better in another language."},
    {"key": "conflict", "name": "Conflict of interest", "description": "I should not be the one to sell to them."},
    {"key": "other", "name": "Other", "description": "Say in a few words what it is.", "note": "required"},
)

DISQUALIFY_REASONS: Written = (
    {
        "key": "no-budget",
        "name": "No budget",
        "description": "There is no money for this, and none is in sight.",
    },
    {
        "key": "no-authority",
        "name": "No authority",
        "description": "They do not decide, and cannot bring us to the person who does.",
    },
    {"key": "no-need", "name": "No need", "description": "They have no problem that we solve."},
    {"key": "bad-timing", "name": "Bad timing", "description": "Nothing can happen within the next two quarters."},
    {"key": "poor-fit", "name": "Poor fit", "description": "Company, size, region or use are not what we sell to."},
    {
        "key": "competitor",
        "name": "Chose a competitor",
        "description": "They bought, or are bound to, another product.",
    },
    {
        "key": "no-answer",
        "name": "No answer",
        "description": "Nothing came back from any of our attempts to reach them.",
    },
    {
        "key": "not-a-buyer",
        "name": "Not a buyer",
        "description": "A student, job seeker, supplier, rival or colleague.",
    },
    {
        "key": "duplicate",
        "name": "Duplicate",
        "description": "Somebody is working on the same deal under another lead.",
    },
    {"key": "bad-data", "name": "Wrong contact details", "description": "No such person, mailbox or number."},
    {"key": "other", "name": "Other", "description": "Say in a few words what it is.", "note": "required"},
)

LOST_REASONS: Written = (
    {"key": "price", "name": "Price", "description": "It cost more than it was worth to them."},
    {"key": "competitor", "name": "Competitor", "description": "They chose another product; name it in the note."},
    {"key": "no-decision", "name": "No decision", "description": "They stayed with what they have."},
    {
        "key": "missing-feature",
        "name": "Missing feature",
        "description": "We lack something that they cannot do without.",
    },
    {"key": "budget-cut", "name": "Budget withdrawn", "description": "The money went elsewhere."},
    {
        "key": "champion-left",
        "name": "Champion left",
        "description": "The person who wanted us has changed job or company.",
    },
    {"key": "timing", "name": "Timing", "description": "Postponed beyond what we can forecast."},
    {"key": "went-silent", "name": "Went silent", "description": "They stopped answering after the proposal."},
    {"key": "other", "name": "Other", "description": "Say in a few words what it is.", "note": "required"},
)

STAGES: Written = (
    {"key": "to-contact", "name": "To contact", "next": {"name": "Make the first contact", "within": "4h"}},
    {
        "key": "contacted",
        "name": "Contacted",
        "on_contact": True,
        "next": {"name": "Agree on the next step", "within": "16h"},
    },
    {"key": "follow-up", "name": "Follow-up", "next": {"name": "Follow up", "within": "24h"}},
    {"key": "opportunity", "name": "Opportunity opened", "lifecycle": "opportunity"},
    {"key": "proposal-preparation", "name": "Proposal in preparation", "lifecycle": "opportunity"},
    {"key": "proposal-sent", "name": "Proposal sent", "lifecycle": "opportunity"},
    {"key": "won", "name": "Won", "ends": "won"},
    {"key": "lost", "name": "Lost", "ends": "lost"},
)

# Mail gateways open what they check, and follow every link in it within seconds: on one day that must not reach the
# threshold.
_OPENED: Mapping[str, object] = {"once_per": "what", "at_most": 10, "per": "24h"}
_CLICKED: Mapping[str, object] = {"once_per": "what", "at_most": 5, "per": "24h"}
ACTIVITIES: Written = (
    {"key": "demo-request", "name": "Demo requested", "points": 0, "handoff": True, "own_words": True},
    {"key": "trial", "name": "Free trial started", "points": 25, "handoff": True},
    {"key": "contact-form", "name": "Contact form sent", "points": 15, "own_words": True},
    {"key": "pricing-page", "name": "Pricing page visited", "points": 15},
    {"key": "content-download", "name": "Content downloaded", "points": 10},
    {"key": "email-clicked", "name": "E-mail clicked", "points": 5, **_CLICKED},
    {"key": "email-opened", "name": "Welcome e-mail opened", "points": 2, **_OPENED},
    {"key": "blog-post", "name": "Blog post read", "points": 2},
    {"key": "newsletter-signup", "name": "Signed up for the newsletter", "points": 0},
    {"key": "unsubscribed", "name": "Unsubscribed", "points": -5},
    {"key": "meeting-booked", "name": "Meeting booked", "points": 0, "handoff": True},
    {"key": "meeting-cancelled", "name": "Meeting cancelled", "points": 0},
    {"key": "meeting-missed", "name": "Did not come to the meeting", "points": -5},
    {"key": "social-comment", "name": "Comment on a social network", "points": 3},
    {"key": "social-share", "name": "Post shared", "points": 3},
    {"key": "social-follow", "name": "Follows us", "points": 1},
)

GATES: Written = (
    {"name": "Do not contact", "when": {"do_not_contact": True}, "outcome": "hold"},
    {"name": "Full of links", "when": {"links": 3}, "outcome": "hold"},
    {"name": "Written by a machine", "when": {"markup": True}, "outcome": "hold"},
    {"name": "Free mail", "when": {"free_mail": True, "asked": False}, "outcome": "hold"},
)

CONTACT_KINDS: Written = (
    {"key": "call", "name": "Call"},
    {"key": "voicemail", "name": "Left a message"},
    {"key": "email", "name": "E-mail"},
    {"key": "meeting", "name": "Meeting"},
    {"key": "video", "name": "Video call"},
    {"key": "social", "name": "Message on a social network"},
)

FRAMEWORKS: Written = (
    {
        "key": "bant",
        "name": "BANT",
        "pass": 3,  # nosec B105  # how many answers pass
        "items": [
            {
                "key": "budget",
                "name": "Budget",
                "questions": [
                    "How do you pay for projects like this one?",
                    "What does the problem cost you today, and who feels it?",
                    "What have you set aside for solving it, and how was that arrived at?",
                ],
                "hint": "Yes when there is money, or a way to get it, of the size we need.",
            },
            {
                "key": "authority",
                "name": "Authority",
                "questions": [
                    "How did you decide on something like this the last time?",
                    "Who else will want a say before you can go ahead?",
                    "Who signs, and what will they want to know first?",
                ],
                "hint": "Yes when they decide, or bring us to the person who does.",
            },
            {
                "key": "need",
                "name": "Need",
                "questions": [
                    "What made you look into this now?",
                    "How do you get by today, and where does that fall short?",
                    "What happens if nothing changes?",
                ],
                "hint": "Yes when they named a problem of theirs that we solve.",
            },
            {
                "key": "timing",
                "name": "Timing",
                "questions": [
                    "By when do you want this to work, and what hangs on that date?",
                    "What has to happen on your side before you can start?",
                    "What else competes for your team's time until then?",
                ],
                "hint": "Yes when there is a date, and a reason for it.",
            },
        ],
    },
)


def made(kind: type[Part], written: Written) -> tuple[Part, ...]:
    """Return the parts as a playbook would have read them."""
    return tuple(kind.model_validate(each) for each in written)
