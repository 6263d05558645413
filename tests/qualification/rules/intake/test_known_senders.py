"""What each tool sends becomes the same lead, whatever shape the tool gives it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake.mapping import Entry, InvalidEntry, map_payload
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.playbook import defaults
from qualification.rules.playbook.known_senders import KNOWN
from qualification.rules.playbook.sender import Sender
from tests.qualification.rules.intake.test_mapping import JSON, LEA, MESSAGE, NOW, sample

ASKED = datetime(2026, 2, 24, 8, 9, 40, tzinfo=UTC)
WROTE = {**LEA, "problem": MESSAGE}
USES = {"What do you use today?": ["Spreadsheets", "E-mail"]}
INVITEE = "https://api.calendly.com/scheduled_events/GBGBDCAADAEDCRZ2/invitees/AAAA"


def entry(like: str, payload: object) -> Entry | None:
    """Read a payload by the mapping alone, as somebody has it who writes no more than `like`."""
    entries = [*map_payload(Sender(key="x", name="X", like=like), payload, now=NOW).values()]
    assert len(entries) <= 1
    return entries[0] if entries else None


def activity(like: str, payload: object) -> dict[str, Any]:
    """Return the activity without what is empty."""
    found = entry(like, payload)
    assert isinstance(found, ActivityInput), found
    return found.model_dump(exclude_defaults=True)


@pytest.mark.parametrize(
    ("like", "file", "lead", "did"),
    [
        (
            "jotform",
            "jotform.txt",
            {**WROTE, "phone": "030 5550199", "size": 51, "fields": {"typeA8": ["Spreadsheets", "E-mail"]}},
            {"id": "6117283940512345678", "what": "Book a demo"},
        ),
        (
            "tally",
            "tally.json",
            {
                **WROTE,
                "size": 51,
                "campaign": "spring-launch",
                "fields": {
                    "Who told you about us?": "friend@other.example",
                    **USES,
                    "What do you use today? (Spreadsheets)": True,
                },
            },
            {"id": "2wgx4n", "what": "Book a demo", "at": ASKED},
        ),
        ("elementor", "elementor-advanced.txt", {**WROTE, "fields": {"Plan": "Team"}}, {"what": "Book a demo"}),
        (
            "webflow",
            "webflow.json",
            {**WROTE, "phone": "493055501990", "fields": {"Plan": "Team"}},
            {"id": "6321ca84df3949bfc6752327", "what": "Book a demo", "at": ASKED},
        ),
        (
            "webflow",
            "webflow-v1.json",
            {**WROTE, "phone": "493055501990", "fields": {"Plan": "Team"}},
            {"id": "6321ca84df3949bfc6752327", "what": "Book a demo", "at": ASKED},
        ),
        (
            "gravity-forms",
            "gravity-forms-labels.json",
            {
                **WROTE,
                "country": "DE",
                "fields": {
                    "source_url": "https://northwind.example/demo/",
                    "4.1": "Hafenstr. 1",
                    "4.3": "Hamburg",
                    "4.5": "20457",
                },
            },
            {"id": "entry 5 713", "what": "Book a demo", "at": ASKED},
        ),
    ],
)
def test_a_form_is_a_lead_and_a_form_that_was_sent(like: str, file: str, lead: object, did: dict[str, object]) -> None:
    told = activity(like, sample(file))
    if "id" not in did:
        told.pop("id")
    assert told == {"kind": "contact-form", **did, "lead": lead}


def test_of_elementors_plain_form_everything_is_kept() -> None:
    told = activity("elementor", sample("elementor.txt"))
    fields = told["lead"].pop("fields")
    assert told["lead"] == WROTE
    assert (told["what"], fields["Page URL"]) == ("Book a demo", "https://northwind.example/demo/")


def test_of_gravity_forms_numbers_alone_name_address_and_country_can_be_told() -> None:
    told = activity("gravity-forms", sample("gravity-forms.json"))
    fields = told["lead"].pop("fields")
    assert told["lead"] == {"email": LEA["email"], "name": LEA["name"], "country": "DE"}
    assert (fields["3"], fields["5"]) == ("Contoso GmbH", MESSAGE)
    named = Sender(key="x", name="X", like="gravity-forms", lead={"company": '"3"', "problem": '"5"'})
    (known,) = map_payload(named, sample("gravity-forms.json"), now=NOW).values()
    assert isinstance(known, ActivityInput)
    assert (known.lead.company, known.lead.problem) == ("Contoso GmbH", MESSAGE)


def test_gravity_forms_own_spam_is_left_out() -> None:
    assert entry("gravity-forms", {**dict(sample("gravity-forms.json")), "status": "spam"}) is None  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("file", "event", "kind", "at"),
    [
        ("calendly.json", "invitee.created", "meeting-booked", datetime(2026, 2, 24, 8, 9, 41, tzinfo=UTC)),
        ("calendly-cancelled.json", "invitee.canceled", "meeting-cancelled", datetime(2026, 2, 25, 10, tzinfo=UTC)),
        (
            "calendly-no-show.json",
            "invitee_no_show.created",
            "meeting-missed",
            datetime(2026, 2, 27, 13, 31, tzinfo=UTC),
        ),
    ],
)
def test_a_meeting_is_booked_cancelled_or_missed(file: str, event: str, kind: str, at: datetime) -> None:
    told = activity("calendly", sample(file))
    assert told == {
        "id": f"{event} {INVITEE}",
        "kind": kind,
        "at": at,
        "what": "Demo, 30 minutes 2026-02-27T13:00:00.000000Z",
        "lead": {**WROTE, "phone": "+49 30 5550199", "size": 51, "campaign": "spring-launch"},
    }


def test_a_meeting_that_moves_is_booked_anew_and_not_cancelled() -> None:
    cancelled: dict[str, Any] = json.loads(json.dumps(sample("calendly-cancelled.json")))
    cancelled["payload"] |= {"rescheduled": True}
    assert entry("calendly", cancelled) is None
    cancelled["payload"] |= {"rescheduled": False, "new_invitee": f"{INVITEE}/B"}
    assert entry("calendly", cancelled) is None
    assert entry("calendly", {"event": "routing_form_submission.created", "payload": {}}) is None


RITA = {"email": "rita@ritamoebel.example", "name": "Rita Moos"}


@pytest.mark.parametrize(
    ("like", "file", "lead"),
    [
        ("form", "p1-multipart-form.form.txt", {**RITA, "company": "Rita Möbel", "problem": "A demo, please"}),
        ("form", "p2-names-with-something-around.form.json", {**RITA, "problem": "A demo, please"}),
        ("form", "p2-names-with-something-around.labels.json", {**RITA, "company": "Rita Möbel"}),
        ("elementor", "p4-elementor.form.txt", RITA),
        ("typeform", "q1-typeform-two-addresses.response.json", RITA),
        ("form", "h2-junk-headcount.form.json", {**RITA, "problem": "A demo, please"}),
        ("form", "h3-long-page-address.form.json", {**RITA, "problem": "Call me"}),
    ],
)
def test_labels_and_encodings_that_others_met_are_the_lead_that_was_meant(
    like: str, file: str, lead: dict[str, str]
) -> None:
    told = activity(like, sample(f"cases/{file}"))["lead"]
    assert {name: told.get(name) for name in lead} == lead
    assert "size" not in told
    assert "emails" not in told


def test_the_form_is_what_they_sent() -> None:
    assert activity("elementor", sample("cases/p4-elementor.form.txt"))["what"] == "Contact"


@pytest.mark.parametrize("file", ["h1-long-message", "h3-long-page-address", "h4-long-campaign"])
def test_what_is_too_long_costs_no_lead(file: str) -> None:
    told = entry("form", sample(f"cases/{file}.form.json"))
    assert isinstance(told, ActivityInput)
    assert (told.lead.email, told.lead.name) == (RITA["email"], RITA["name"])
    assert len(told.lead.losses) == 1


def test_pieces_of_a_quiz_have_the_visitor_in_common() -> None:
    first, last = (activity("quiz", sample(file)) for file in ("quiz.json", "quiz-address.json"))
    assert first["lead"]["id"] == last["lead"]["id"] == "v-7731"
    assert (first["lead"]["value"], first["lead"]["size"]) == ("12000 EUR", 51)
    assert first["what"] == "What do late orders cost you? Bottleneck: shift change"
    assert first["lead"]["fields"] | {"How many orders a day?": "120", "score": 71} == first["lead"]["fields"]
    assert (last["lead"]["email"], last["lead"]["name"]) == (LEA["email"], LEA["name"])
    assert (first["id"], last["id"]) == ("r-1", "r-2")


def test_what_a_calculator_estimates_is_the_value() -> None:
    told = activity("quiz", {"email": LEA["email"], "result": {"estimate": "8400 EUR"}, "answers": {"seats": 12}})
    assert told["lead"]["value"] == "8400 EUR"
    assert told["lead"]["fields"]["seats"] == 12


def test_answers_to_items_of_a_checklist_are_proposed_with_their_source() -> None:
    checklist = {"budget": "meant(@, 'value')", "need": "field(answers(@), 'what hurts?')"}
    quiz = Sender.model_validate({"key": "q", "name": "Late-orders quiz", "like": "quiz", "checklist": checklist})
    (told,) = map_payload(quiz, sample("quiz.json"), now=NOW).values()
    assert isinstance(told, ActivityInput)
    assert told.lead.fields["checklist.budget"] == {"words": "12000 EUR", "source": "Late-orders quiz"}
    assert "checklist.need" not in told.lead.fields
    assert told.lead.fields["score"] == 71


def test_an_item_that_cannot_be_worked_out_costs_that_item() -> None:
    quiz = Sender.model_validate(
        {"key": "q", "name": "Quiz", "like": "quiz", "checklist": {"need": "join('-', visitor_id)", "budget": "score"}}
    )
    (told,) = map_payload(quiz, sample("quiz.json"), now=NOW).values()
    assert isinstance(told, ActivityInput)
    assert [loss.field for loss in told.lead.losses] == ["checklist.need"]
    assert told.lead.fields["checklist.budget"] == {"words": "71", "source": "Quiz"}


def test_what_a_quiz_of_typeform_came_to_is_kept() -> None:
    response = {
        "definition": {"fields": []},
        "answers": [{"type": "email", "email": LEA["email"], "field": {"id": "q1", "ref": "a"}}],
        "calculated": {"score": 0},
        "outcome": {"id": "o1", "title": "Ready to start"},
        "variables": [
            {"key": "score", "type": "number", "number": 0},
            {"key": "savings", "type": "number", "number": 84},
        ],
    }
    told = activity("typeform", {"event_type": "form_response", "form_response": response})
    assert told["lead"] == {"email": LEA["email"], "fields": {"outcome": "Ready to start", "savings": 84}}


def test_a_comment_is_somebodys_words_under_their_name_in_the_network() -> None:
    told = activity("social", sample("social.json"))
    assert told == {
        "id": "LinkedIn comment urn:li:comment:77",
        "kind": "social-comment",
        "at": ASKED,
        "what": "https://social.example/posts/42",
        "lead": {
            "id": "linkedin:lea-weber",
            "name": "Lea Weber",
            "company": "Contoso GmbH",
            "problem": MESSAGE,
            "fields": {
                "network": "LinkedIn",
                "handle": "@lea-weber",
                "profile": "https://social.example/in/lea-weber",
                "post": "https://social.example/posts/42",
            },
        },
    }


@pytest.mark.parametrize(
    ("action", "kind", "words"),
    [
        ("share", "social-share", None),
        ("Repost", "social-share", None),
        ("follow", "social-follow", None),
        ("mention", "social-comment", "Hello"),
        (None, "social-comment", "Hello"),
    ],
)
def test_of_a_share_or_a_follow_no_words_are_theirs(action: str | None, kind: str, words: str | None) -> None:
    post = {"platform": "Mastodon", "author": {"username": "@Lea@social.example"}, "text": "Hello", "action": action}
    told = activity("social", post)
    assert (told["kind"], told["lead"].get("problem")) == (kind, words)
    assert told["lead"]["id"] == "mastodon:leasocial.example"


def test_whoever_likes_a_post_is_a_lead_that_did_nothing_yet() -> None:
    liked = entry("social", {"network": "x", "handle": "lea", "action": "like", "text": "Ours"})
    assert liked == LeadInput(id="x:lea", name="lea", fields={"network": "x", "handle": "@lea"})


def test_what_comes_with_baton_speaks_of_activities_that_the_default_playbook_has() -> None:
    kinds = {kind["key"] for kind in defaults.ACTIVITIES}
    for key, known in KNOWN.items():
        written = known.activity.get("kind")
        said = {written["always"]} if isinstance(written, dict) and "always" in written else set()
        said |= set(written["as"].values()) - {None} if isinstance(written, dict) and "as" in written else set()
        assert said <= kinds, key


@pytest.mark.parametrize("like", KNOWN)
@given(JSON)
def test_no_payload_is_too_odd_for_any_mapping(like: str, payload: object) -> None:
    for found in map_payload(Sender(key="x", name="X", like=like), payload, now=NOW).values():
        assert isinstance(found, ActivityInput | LeadInput | InvalidEntry)


@given(st.sampled_from(["form", "quiz"]), st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=5))
def test_whatever_else_a_form_asks_the_address_is_found(like: str, fields: dict[str, str]) -> None:
    asked = {name: text for name, text in fields.items() if "@" not in text and "mail" not in name.casefold()}
    told = entry(like, {**asked, "E-mail *": "lea@contoso.example"})
    assert isinstance(told, ActivityInput)
    assert told.lead.email == "lea@contoso.example"
