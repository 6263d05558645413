"""/lead: found by a few words, shown to whoever asked, with what they may do."""

import pytest
from sqlalchemy import select

from qualification.intake import ingest
from qualification.intake.ingest import Ingested
from qualification.records import Handoff, Lead
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from tests.worlds.floor import Floor, held, press, shown, submit, told

COMMAND = "/lead"
IVY = {"email": "ivy@acme.example", "name": "Ivy Chen", "company": "Acme"}


def comes_in(floor: Floor, **said: object) -> int:
    """Take a lead in as a sender would; return its id."""
    with floor.baton.database.transaction() as session:
        given = LeadInput.model_validate(said)
        (taken,) = ingest.ingest(session, floor.baton.installations[0].id, "web", [given], now=floor.clock())
    assert isinstance(taken, Ingested)
    return taken.lead_id


def does(floor: Floor, kind: str, **lead: object) -> None:
    """Take an activity in as a sender would."""
    with floor.baton.database.transaction() as session:
        given = ActivityInput.model_validate({"id": f"{kind} of {lead}", "kind": kind, "lead": lead})
        ingest.ingest(session, floor.baton.installations[0].id, "web", [given], now=floor.clock())


def asks(who: Person, words: str = "") -> Message:
    """Ask for a lead, and return the private answer."""
    who.types(f"{COMMAND} {words}".strip(), "#general")
    return who.private_replies[-1]


@pytest.mark.parametrize("words", ["acme", "ivy ch", "ivy@acme.example", "ivy+news@acme.example", "Chen", "ACME Ltd"])
def test_a_lead_is_found_by_a_few_words_and_shown_whole(floor: Floor, words: str) -> None:
    comes_in(floor, **IVY, phone="+49 1")
    does(floor, "pricing-page", **IVY)
    answer = asks(floor.ana, words)
    for known in ("Acme · Ivy Chen", "ivy@acme.example", "+49 1", "Pricing page visited", "score 15"):
        assert known in answer.text
    assert answer.buttons == ["Hand over…"]


def test_of_several_the_one_picked_is_shown_in_their_place(floor: Floor) -> None:
    comes_in(floor, **IVY)
    comes_in(floor, email="joe@acme.example", name="Joe Doe", company="Acme")
    several = asks(floor.ana, "acme")
    assert several.buttons == ["Show", "Show"]
    assert {"Acme · Ivy Chen", "Acme · Joe Doe"} <= set(several.text.splitlines())
    floor.ana.presses("show_lead", on=several, near="Ivy Chen")
    assert floor.ana.private_replies[-1].buttons == ["Hand over…"]
    assert len(floor.ana.private_replies) == 1


def test_whoever_has_no_part_in_sales_reads_no_contact(floor: Floor) -> None:
    comes_in(floor, **IVY, phone="+49 1")
    stranger = floor.sandbox.person("Olu Adeyemi")
    text = asks(stranger, "acme").text
    assert "Ivy Chen" in text
    assert "ivy@acme.example" not in text
    assert "+49 1" not in text
    comes_in(floor, email="kim@gmail.com")
    assert "kim@gmail.com" in asks(floor.ana, "kim@gmail").text
    assert "kim@gmail.com" not in asks(stranger, "kim@gmail").text


def test_the_rep_decides_on_the_answer_which_follows(floor: Floor) -> None:
    floor.hands_over("Acme", person="Ivy Chen")
    answer = asks(floor.ana, "acme")
    assert "Accept" in answer.buttons
    assert asks(floor.ben, "acme").buttons == []
    press(floor.ana, "accept", answer)
    (answer,) = floor.ana.private_replies
    assert "Accepted by you" in answer.text
    assert "Checklist" in answer.buttons
    assert floor.stored().state == "accepted"


def test_handing_over_begins_with_what_is_known(floor: Floor) -> None:
    comes_in(floor, **IVY, title="CTO", problem="Reports take a week")
    press(floor.mika, "hand_over_lead", asks(floor.mika, "acme"))
    fields = ("company", "person", "email", "title", "problem")
    assert [held(floor.mika, field) for field in fields] == [
        "Acme",
        "Ivy Chen",
        "ivy@acme.example",
        "CTO",
        "Reports take a week",
    ]
    floor.mika.fills({"did": "Met at the fair"})
    submit(floor.mika, "hand_over")
    assert floor.stored().state == "offered"
    assert floor.stored().email == "ivy@acme.example"


def test_the_lead_handed_over_is_the_one_that_was_shown_with_where_it_came_from(floor: Floor) -> None:
    lead_id = comes_in(floor, id="7", company="Acme", source="webinar", campaign="Spring")
    press(floor.mika, "hand_over_lead", asks(floor.mika, "acme"))
    floor.mika.fills({"person": "Ivy Chen", "did": "Met at the fair"})
    submit(floor.mika, "hand_over")
    with floor.baton.database.snapshot() as session:
        (handoff,) = session.scalars(select(Handoff))
        (lead,) = session.scalars(select(Lead))
    assert (handoff.lead_id, lead.id, lead.name) == (lead_id, lead_id, "Ivy Chen")
    assert (handoff.source, handoff.campaign, handoff.rule) == ("webinar", "Spring", "Webinars")


def test_a_merge_is_shown_and_split(floor: Floor) -> None:
    comes_in(floor, id="7", phone="+49 1", company="Acme")
    comes_in(floor, **IVY)
    comes_in(floor, id="7", email="ivy@acme.example")
    answer = asks(floor.maya, "ivy chen")
    assert "was merged into this lead" in answer.text
    press(floor.maya, "split_lead", answer)
    (answer,) = floor.maya.private_replies
    assert "was merged into this lead" not in answer.text
    assert "ivy@acme.example" in asks(floor.maya, "ivy chen").text


def test_a_gate_that_holds_a_lead_is_named(floor: Floor) -> None:
    does(floor, "trial", **IVY, do_not_contact=True)
    answer = asks(floor.ana, "ivy")
    assert "Do not contact · Held back by the “Do not contact” filter" in answer.text
    assert answer.buttons == []


def test_held_counts_by_gate_whom_sales_does_not_see_and_one_of_them_can_be_handed_over(floor: Floor) -> None:
    does(floor, "trial", **IVY, do_not_contact=True)
    does(floor, "demo-request", email="kim@gmail.com", problem="http://a.example http://b.example http://c.example")
    stranger = floor.sandbox.person("Olu Adeyemi")
    for who in (floor.mika, stranger):
        answer = asks(who, "Held")
        for told_of in ("Filters are holding back 2 leads.", "Full of links: 1 now · 1 new in the last 7 days"):
            assert told_of in answer.text
        assert ("kim@gmail.com" in answer.text) is (who is floor.mika)
    answer = asks(floor.mika, "held")
    floor.mika.presses("show_lead", on=answer, near="kim@gmail.com")
    press(floor.mika, "hand_over_lead", floor.mika.private_replies[-1])
    floor.mika.fills({"did": "Asked for a demo, the links are theirs"})
    submit(floor.mika, "hand_over")
    assert floor.stored().state == "offered"
    assert "Filters are holding back 1 lead." in asks(floor.mika, "held").text


def test_held_says_so_where_nobody_is(floor: Floor) -> None:
    answer = asks(floor.ana, "held")
    assert "No filter is holding back a lead." in answer.text
    assert "Free mail: 0 now" in answer.text
    assert answer.buttons == []


def test_a_lead_called_held_is_found_by_more_words(floor: Floor) -> None:
    comes_in(floor, email="anna@held.example", name="Anna Held")
    assert "No filter" in asks(floor.ana, "held").text
    assert "Anna Held" in asks(floor.ana, "anna held").text


@pytest.mark.parametrize("words", ["", "mine"])
def test_without_words_one_s_own_open_leads_are_shown(floor: Floor, words: str) -> None:
    asks(floor.ana, words)
    assert "no open lead" in told(floor.ana)
    floor.accepted("Acme")
    answer = asks(floor.ana, words)
    assert ("Acme" in answer.text, answer.buttons) == (True, ["Done", "Checklist", "Log contact"])
    press(floor.ana, "checklist", answer)
    assert shown(floor.ana) == "checklist"


def test_nobody_found_is_said(floor: Floor) -> None:
    asks(floor.ana, "Globex")
    assert "No lead matches “Globex”." in told(floor.ana)
