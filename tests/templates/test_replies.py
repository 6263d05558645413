"""What is said privately: refusals that name who may, faults beside their fields."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules import refusals
from qualification.rules.field_errors import FieldFault
from qualification.rules.refusals import NoReassigning, Refusal
from templates import render, sentence
from tests.templates.reading import MENTION
from tests.templates.samples import ANA, BEN, MAYA, MIA, NOW, SUBJECTS

REFUSALS = [
    kind
    for kind in vars(refusals).values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
]


def test_every_refusal_has_its_words_and_nothing_else_has() -> None:
    named = {f"replies/refusals/{kind.name}" for kind in REFUSALS}
    assert named == {name for name in SUBJECTS if name.startswith("replies/refusals/")}


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            refusals.NotYours(may=(BEN, MAYA), offered_to=BEN),
            "This is not yours to decide. Ben is asked; Maya may decide too.",
        ),
        (refusals.NotYours(may=(BEN,), offered_to=BEN), "This is not yours to decide. Ben is asked."),
        (refusals.NotYours(may=(BEN, MAYA), owner=ANA), "Ana has it; Ben or Maya may decide."),
        (refusals.NotYours(may=(MAYA,), pool="Inbound"), "It is open to Inbound; Maya may decide too."),
        (refusals.NotYours(may=(MAYA,)), "It waits in the manager\u2019s queue; Maya may decide."),
        (refusals.NotYours(may=()), "It waits in the manager\u2019s queue; an administrator may decide."),
        (refusals.NotOwner(owner=BEN, may=(BEN,)), "This lead is Ben\u2019s."),
        (
            refusals.NotOwner(owner=BEN, may=(BEN, MAYA, MIA)),
            "This lead is Ben\u2019s; Maya or Mia may work on it too.",
        ),
        (refusals.NotOwner(owner=None, may=()), "Nobody has accepted this lead yet."),
        (refusals.NotAManager(may=(MAYA,)), "Only a manager does this. Who may: Maya."),
        (refusals.NotInPool(pool="EMEA inbound"), "Only the people in EMEA inbound may claim this lead."),
        (refusals.AlreadyTaken(owner=ANA), "Ana was faster and has this lead."),
        (refusals.AlreadyTaken(owner=None), "Somebody was faster"),
        (refusals.Ended(verdict="lost", by=ANA), "verdict from Ana: lost. Reopen it"),
        (refusals.OfferMoved(to=BEN), "Ben is asked now."),
        (refusals.OfferMoved(to=None, pool="P"), "open to P now"),
        (refusals.UndoTooLate(until=NOW), "until Nov 22, 3:05\u202fPM CET. Reopen"),
        (refusals.AlreadyHandedOver(lead="A · B", owner=ANA), "A · B is with sales already. Ana has it."),
        (refusals.CannotReassign(to=BEN, why=NoReassigning.HAS_IT), "Ben has this lead already."),
        (refusals.UnknownLead(query="<b>_x_"), "No lead fits “<b>_x_”."),
        (refusals.LeadElsewhere(lead="A · B", state="offered", is_theirs=True), "A · B is offered to you. Accept it"),
        (
            refusals.LeadElsewhere(lead="A · B", state="offered", is_theirs=False, offered_to=BEN),
            "A · B is offered to Ben, who has not",
        ),
        (refusals.LeadElsewhere(lead="A · B", state="pooled", is_theirs=True, pool="P"), "open to P. Claim it"),
        (refusals.LeadElsewhere(lead="A · B", state="pooled", is_theirs=False, pool="P"), "nobody has claimed it"),
        (
            refusals.LeadElsewhere(lead="A · B", state="manager_queue", is_theirs=True, manager=MAYA),
            "waits in your queue.",
        ),
        (refusals.LeadElsewhere(lead="A · B", state="manager_queue", is_theirs=False, manager=MAYA), "in Maya’s queue"),
        (refusals.LeadElsewhere(lead="A · B", state="manager_queue", is_theirs=False), "waits for an administrator"),
        (refusals.LeadElsewhere(lead="A · B", state="accepted", is_theirs=False, owner=ANA), "A · B is with Ana."),
        (refusals.LeadElsewhere(lead="A · B", state="won", is_theirs=False), "A · B has its verdict: won."),
        (refusals.UnknownCommand(text="awya", nearest="away"), "Did you mean “away”?"),
        (refusals.UnknownCommand(text="x"), "/baton help"),
        (refusals.NoteRequired(reason="Other"), "“Other” needs a note."),
        (refusals.InvalidFields({"email": FieldFault.BAD_EMAIL}), "Please check: E-mail"),
    ],
)
def test_a_refusal_says_who_may_or_what_to_do_instead(refusal: Refusal, words: str) -> None:
    facts: dict[str, Any] = dict(refusal.facts)
    said = sentence(f"replies/refusals/{refusal.name}", zone="Europe/Berlin", **facts)
    assert words in said


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("name", [f"replies/refusals/{kind.name}" for kind in REFUSALS])
@given(data=st.data())
def test_a_refusal_names_nobody_twice(name: str, locale: str, data: st.DataObject) -> None:
    facts = data.draw(SUBJECTS[name])
    somebody = st.sampled_from([ANA, BEN, MAYA])
    people = {
        "may": st.lists(somebody, unique=True).map(tuple),
        **dict.fromkeys(("owner", "offered_to", "to", "by"), somebody),
    }
    drawn: dict[str, Any] = {
        field: data.draw(people[field]) if field in people else fact for field, fact in facts.items()
    }
    said = MENTION.findall(str(render(name, locale=locale, **drawn)["text"]))
    assert sorted(said) == sorted(set(said))


def test_german_names_each_who_may_once() -> None:
    facts: dict[str, Any] = dict(refusals.NotYours(may=(BEN, MAYA, MIA), offered_to=BEN).facts)
    said = sentence("replies/refusals/not_yours", locale="de", **facts)
    assert said == "Das entscheidest nicht du. Ben ist gefragt; auch Maya oder Mia darf entscheiden."


@pytest.mark.parametrize("fault", list(FieldFault))
@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_fault_of_a_field_has_its_own_sentence(fault: FieldFault, locale: str) -> None:
    said = sentence("replies/fields", locale=locale, field="value", fault=fault)
    assert said != sentence("replies/fields", locale=locale, field="value", fault="something else")


def test_a_reply_is_private_and_carries_its_words_twice() -> None:
    payload = render("replies/apology", reference="7f3a")
    assert payload["response_type"] == "ephemeral"
    assert "7f3a" in str(payload["text"])
    assert "7f3a" in str(payload["blocks"])


@pytest.mark.parametrize(("locale", "words"), [("en", "no pool of the playbook"), ("de", "kein Pool des Playbooks")])
@pytest.mark.parametrize("until", [None, NOW])
def test_somebody_in_no_pool_hears_that_being_away_changes_nothing(
    locale: str, words: str, until: datetime | None
) -> None:
    away, dealt = (sentence("replies/away", locale=locale, until=until, in_pool=each) for each in (False, True))
    back = sentence("replies/back", locale=locale, in_pool=False)
    assert words in away
    assert words in back
    assert words not in dealt
