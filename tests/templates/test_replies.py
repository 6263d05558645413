"""What is said privately: refusals that name who may, faults beside their fields."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.rules import refusals
from qualification.rules.field_errors import FieldFault
from qualification.rules.leads import company_refusals
from qualification.rules.refusals import NoReassigning, Refusal
from templates import render, sentence
from tests.templates.reading import MENTION
from tests.templates.samples import ANA, BEN, MAYA, MIA, NOW, SUBJECTS

REFUSALS = [
    kind
    for module in (refusals, company_refusals)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
]


def test_every_refusal_has_its_words_and_nothing_else_has() -> None:
    named = {f"replies/refusals/{kind.name}" for kind in REFUSALS}
    assert named == {name for name in SUBJECTS if name.startswith("replies/refusals/")}


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            refusals.NotYours(may=(BEN, MAYA), state="offered", offered_to=BEN),
            "This lead is offered to Ben. Only they or Maya can decide.",
        ),
        (
            refusals.NotYours(may=(BEN,), state="offered", offered_to=BEN),
            "This lead is offered to Ben. Only they can decide.",
        ),
        (refusals.NotYours(may=(BEN, MAYA), state="accepted", by=BEN), "Only Ben or Maya can do this."),
        (refusals.NotYours(may=(), state="accepted"), "Only an administrator can do this."),
        (
            refusals.NotYours(may=(MAYA,), state="pooled", pool="Inbound"),
            "This lead is open to Inbound. Only they or Maya can decide.",
        ),
        (
            refusals.NotYours(may=(MAYA,), state="manager_queue", offered_to=BEN),
            "This lead is in Maya\u2019s queue; only they can assign it.",
        ),
        (refusals.NotYours(may=(), state="manager_queue"), "only an administrator can assign it."),
        (
            refusals.NotYours(may=(ANA, MAYA), state="disqualified", by=ANA, at=NOW),
            "Closed by Ana: disqualified, Nov 22. They or Maya can reopen it.",
        ),
        (
            refusals.NotYours(may=(ANA, MAYA), state="snoozed", by=ANA, at=NOW, until=NOW),
            "Ana put this lead off. It comes back Nov 22. They or Maya can reopen it.",
        ),
        (
            refusals.WasErased(),
            "This person was erased here, so nothing was handed over.",
        ),
        (refusals.NotOwner(owner=BEN, may=(BEN,)), "This lead belongs to Ben. Only they can work on it."),
        (
            refusals.NotOwner(owner=BEN, may=(BEN, MAYA, MIA)),
            "This lead belongs to Ben. Only they or Maya or Mia can work on it.",
        ),
        (refusals.NotOwner(owner=None, may=()), "Nobody has accepted this lead yet."),
        (
            company_refusals.CannotSetCompany(may=(MAYA,)),
            "Only Maya, or an administrator, can say at which company this lead is.",
        ),
        (company_refusals.CannotSetCompany(may=()), "Only an administrator can say at which company this lead is."),
        (refusals.NotAManager(may=(MAYA,)), "Only Maya can give this lead to somebody else."),
        (refusals.NotRevealed(may=(MAYA,)), "Only Maya and administrators see this lead’s contact details."),
        (refusals.NotRevealed(may=()), "Only administrators see this lead’s contact details."),
        (refusals.NotInPool(pool="EMEA inbound"), "Only people in EMEA inbound can claim this lead."),
        (refusals.AlreadyTaken(owner=ANA), "Ana was faster and has this lead."),
        (refusals.AlreadyTaken(owner=None), "Somebody was faster"),
        (
            refusals.Ended(verdict="lost", by=ANA, at=NOW, may=(ANA, MAYA)),
            "Closed by Ana: lost, Nov 22. They or Maya can reopen it.",
        ),
        (refusals.Ended(verdict="won", by=ANA, may_reopen=True), "Closed by Ana: won. Reopen it on its card"),
        (
            refusals.Ended(verdict="won", by=ANA, by_reader=True, may_reopen=True),
            "You closed this lead: won. Reopen it on its card to continue.",
        ),
        (refusals.Ended(verdict="won", by=None), "This lead is closed: won. An administrator can reopen it."),
        (
            refusals.Snoozed(until=NOW, by=ANA, by_reader=True, may_reopen=True),
            "You put this lead off. It comes back Nov 22. Reopen it on its card to continue.",
        ),
        (refusals.TookTooLong(), "That took too long. Please try again."),
        (refusals.OfferMoved(to=BEN), "It is with Ben now."),
        (refusals.OfferMoved(to=None, pool="P"), "It is now open to P."),
        (refusals.UndoTooLate(until=NOW), "until Nov 22, 3:05\u202fPM CET. Reopen"),
        (refusals.AlreadyHandedOver(lead="A · B", owner=ANA), "A · B is already with sales: Ana has it."),
        (refusals.CannotReassign(to=BEN, why=NoReassigning.HAS_IT), "Ben already has this lead."),
        (refusals.UnknownLead(query="<b>_x_"), "No lead matches “<b>_x_”."),
        (refusals.LeadElsewhere(lead="A · B", state="offered", is_theirs=True), "A · B is offered to you. Accept it"),
        (
            refusals.LeadElsewhere(lead="A · B", state="offered", is_theirs=False, offered_to=BEN),
            "A · B is offered to Ben, who hasn’t",
        ),
        (refusals.LeadElsewhere(lead="A · B", state="pooled", is_theirs=True, pool="P"), "open to P. Claim it"),
        (refusals.LeadElsewhere(lead="A · B", state="pooled", is_theirs=False, pool="P"), "nobody has claimed it"),
        (
            refusals.LeadElsewhere(lead="A · B", state="manager_queue", is_theirs=True, manager=MAYA),
            "is in your queue.",
        ),
        (refusals.LeadElsewhere(lead="A · B", state="manager_queue", is_theirs=False, manager=MAYA), "in Maya’s queue"),
        (
            refusals.LeadElsewhere(lead="A · B", state="manager_queue", is_theirs=False),
            "is waiting for an administrator",
        ),
        (refusals.LeadElsewhere(lead="A · B", state="accepted", is_theirs=False, owner=ANA), "A · B belongs to Ana."),
        (refusals.LeadElsewhere(lead="A · B", state="won", is_theirs=False), "A · B is closed: won."),
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
@settings(max_examples=25)
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
    facts: dict[str, Any] = dict(refusals.NotYours(may=(BEN, MAYA, MIA), state="offered", offered_to=BEN).facts)
    said = sentence("replies/refusals/not_yours", locale="de", **facts)
    assert said == "Dieser Lead ist Ben angeboten. Nur diese Person oder Maya oder Mia kann entscheiden."


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


@pytest.mark.parametrize(("locale", "words"), [("en", "aren’t in a pool"), ("de", "in keinem Pool")])
@pytest.mark.parametrize("until", [None, NOW])
def test_somebody_in_no_pool_hears_that_being_away_changes_nothing(
    locale: str, words: str, until: datetime | None
) -> None:
    away, dealt = (sentence("replies/away", locale=locale, until=until, in_pool=each) for each in (False, True))
    back = sentence("replies/back", locale=locale, in_pool=False)
    assert words in away
    assert words in back
    assert words not in dealt
