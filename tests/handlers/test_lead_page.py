"""/lead: found by a few words, shown to whoever asked, with what they may do."""

import pytest
from sqlalchemy import select, text

from qualification.intake import ingest
from qualification.intake.ingest import Ingested
from qualification.organisation import publishing
from qualification.people import audit
from qualification.records import Handoff, Lead
from qualification.rules.intake import lenient
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.people.audited import AuditAction
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from tests.worlds.floor import PLAYBOOK, Floor, held, press, shown, submit, told

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


def publishes(floor: Floor, playbook: str) -> None:
    """Publish a playbook, and let everybody in it be known."""
    with floor.baton.database.transaction() as session:
        workspace_id = floor.baton.installations[0].id
        publishing.publish(session, workspace_id=workspace_id, text=playbook, by="a test", now=floor.clock())
    while floor.baton.directories[0].look_up():
        pass


@pytest.fixture
def olu(floor: Floor) -> Person:
    """Give an administrator, who sees every lead whole."""
    olu = "  - {email: olu.adeyemi@northwind.example, name: Olu Adeyemi, roles: [admin]}\n"
    publishes(floor, PLAYBOOK.replace("people:\n", f"people:\n{olu}"))
    return floor.sandbox.person("Olu Adeyemi")


def asks(who: Person, words: str = "") -> Message:
    """Ask for a lead, and return the private answer."""
    who.types(f"{COMMAND} {words}".strip(), "#general")
    return who.private_replies[-1]


@pytest.mark.parametrize("words", ["acme", "ivy ch", "ivy@acme.example", "ivy+news@acme.example", "Chen", "ACME Ltd"])
def test_a_lead_is_found_by_a_few_words_and_shown_whole(floor: Floor, olu: Person, words: str) -> None:
    comes_in(floor, **IVY, phone="+49 1")
    does(floor, "pricing-page", **IVY)
    answer = asks(olu, words)
    for known in ("Acme · Ivy Chen", "ivy@acme.example", "+49 1", "Pricing page visited", "score 15"):
        assert known in answer.text
    assert answer.buttons == ["Hand over…", "Merge with…", "Erase…"]


def test_a_lead_is_found_by_its_id_in_another_system_which_is_shown(floor: Floor, olu: Person) -> None:
    comes_in(floor, **IVY, id="00Q5e000001AbC")
    comes_in(floor, name="Jo", phone="+49 30 5550199")
    answer = asks(olu, "00Q5e000001AbC")
    assert "Id in other systems: 00Q5e000001AbC" in answer.text
    assert "Acme · Ivy Chen" in answer.text
    assert told_nothing(asks(olu, "00Q5e0"))
    # What Baton made of a number is no id of anybody's.
    assert "Id in other systems" not in asks(olu, "Jo").text


def told_nothing(answer: Message) -> bool:
    return answer.text.startswith("No lead matches")


@pytest.mark.parametrize(
    "words", ["ivy.chen", "ivy.chen@gmail.com", "ivychen@googlemail.com", "030 901820", "+49 30 90"]
)
def test_a_lead_is_found_by_any_of_its_addresses_and_numbers(floor: Floor, olu: Person, words: str) -> None:
    comes_in(floor, **IVY, emails=["Ivy.Chen@gmail.com"], phones=["+49 30 901820"])
    answer = asks(olu, words)
    assert "ivy@acme.example · Ivy.Chen@gmail.com" in answer.text
    assert "+49 30 901820" in answer.text


def test_of_several_the_one_picked_is_shown_in_their_place(floor: Floor, olu: Person) -> None:
    comes_in(floor, **IVY)
    comes_in(floor, email="joe@acme.example", name="Joe Doe", company="Acme")
    several = asks(olu, "acme")
    assert several.buttons == ["Show", "Show"]
    assert {"Acme · Ivy Chen", "Acme · Joe Doe"} <= set(several.text.splitlines())
    olu.presses("show_lead", on=several, near="Ivy Chen")
    assert olu.private_replies[-1].buttons == ["Hand over…", "Merge with…", "Erase…"]
    assert len(olu.private_replies) == 1


@pytest.mark.parametrize("words", ["acme", "ivy@acme.example", "Globex", "", "held"])
def test_whoever_is_not_in_the_playbook_is_told_whom_to_ask_and_nothing_of_any_lead(floor: Floor, words: str) -> None:
    floor.hands_over("Acme", person="Ivy Chen", email="ivy@acme.example")
    stranger = floor.sandbox.person("Olu Adeyemi")
    asks(stranger, words)
    assert told(stranger) == "Leads are only shown to people in the playbook. Ask your administrator to add you."


@pytest.mark.parametrize("words", ["acme", "ivy@acme.example", "ivy", "acme.example"])
def test_a_lead_that_is_not_theirs_is_found_by_nobody_and_its_address_by_no_part_of_it(
    floor: Floor, words: str
) -> None:
    """The colleague of the pool finds the company, and not by the address."""
    comes_in(floor, **IVY)
    asks(floor.ana, words)
    assert told(floor.ana).startswith(f"No lead matches “{words}”.")
    floor.hands_over("Acme", person="Ivy Chen", email="ivy@acme.example")
    text = asks(floor.ben, words).text
    assert ("Ivy Chen" in text) is (words in {"acme", "ivy"})
    assert "ivy@acme.example" not in text.replace(f"“{words}”", "")


def test_marketers_who_may_see_every_lead_hand_one_over_without_reading_its_address(floor: Floor) -> None:
    publishes(floor, f"{PLAYBOOK}\nrights: {{marketers: leads}}\n")
    lead_id = comes_in(floor, **IVY, problem="Write to ivy@acme.example or ring 020 7946 0018")
    answer = asks(floor.mika, "acme")
    assert "Write to …@… or ring +44 …" in answer.text
    assert "ivy@acme.example" not in answer.text
    press(floor.mika, "hand_over_lead", answer)
    assert (held(floor.mika, "person"), held(floor.mika, "email")) == ("Ivy Chen", None)
    floor.mika.fills({"did": "Met at the fair"})
    submit(floor.mika, "hand_over")
    with floor.baton.database.snapshot() as session:
        (lead,) = session.scalars(select(Lead))
        (handoff,) = session.scalars(select(Handoff))
    assert (lead.id, lead.email) == (lead_id, "ivy@acme.example")
    # What was masked for whoever handed it over was not kept so.
    assert handoff.problem == lead.problem == "Write to ivy@acme.example or ring 020 7946 0018"


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


def test_handing_over_begins_with_what_is_known(floor: Floor, olu: Person) -> None:
    comes_in(floor, **IVY, title="CTO", problem="Reports take a week")
    press(olu, "hand_over_lead", asks(olu, "acme"))
    fields = ("company", "person", "email", "title", "problem")
    assert [held(olu, field) for field in fields] == [
        "Acme",
        "Ivy Chen",
        "ivy@acme.example",
        "CTO",
        "Reports take a week",
    ]
    olu.fills({"did": "Met at the fair"})
    submit(olu, "hand_over")
    assert floor.stored().state == "offered"
    press(floor.ana, "accept", floor.card())
    assert "ivy@acme.example" in floor.ana.direct_messages[-1].text


def test_the_lead_handed_over_is_the_one_that_was_shown_with_where_it_came_from(floor: Floor, olu: Person) -> None:
    lead_id = comes_in(floor, id="7", company="Acme", source="webinar", campaign="Spring")
    press(olu, "hand_over_lead", asks(olu, "acme"))
    olu.fills({"person": "Ivy Chen", "did": "Met at the fair"})
    submit(olu, "hand_over")
    with floor.baton.database.snapshot() as session:
        (handoff,) = session.scalars(select(Handoff))
        (lead,) = session.scalars(select(Lead))
    assert (handoff.lead_id, lead.id, lead.name) == (lead_id, lead_id, "Ivy Chen")
    assert (handoff.source, handoff.campaign, handoff.rule) == ("webinar", "Spring", "Webinars")


def test_a_merge_is_shown_and_split(floor: Floor, olu: Person) -> None:
    comes_in(floor, id="7", phone="+49 1", company="Acme")
    comes_in(floor, **IVY)
    comes_in(floor, id="7", email="ivy@acme.example")
    answer = asks(olu, "ivy chen")
    assert "was merged into this lead" in answer.text
    press(olu, "split_lead", answer)
    (answer,) = olu.private_replies
    assert "was merged into this lead" not in answer.text
    assert "ivy@acme.example" in asks(olu, "ivy chen").text


def test_a_gate_that_holds_a_lead_is_named(floor: Floor, olu: Person) -> None:
    does(floor, "trial", **IVY, do_not_contact=True)
    answer = asks(olu, "ivy")
    assert "Do not contact · Held back by the “Do not contact” filter" in answer.text
    assert answer.buttons == ["Merge with…", "Erase…"]


def test_held_counts_by_gate_whom_sales_does_not_see_and_one_of_them_can_be_handed_over(
    floor: Floor, olu: Person
) -> None:
    does(floor, "trial", **IVY, do_not_contact=True)
    links = "http://a.example http://b.example http://c.example"
    for visit in range(4):
        does(floor, "pricing-page", email="kim@gmail.com", problem=links, campaign=f"Autumn {visit}")
    for who in (olu, floor.mika):
        answer = asks(who, "Held")
        for told_of in ("Filters are holding back 2 leads.", "Full of links: 1 now · 1 new in the last 7 days"):
            assert told_of in answer.text
        assert ("kim@gmail.com" in answer.text) is (who is olu)
    answer = asks(olu, "held")
    olu.presses("show_lead", on=answer, near="kim@gmail.com")
    press(olu, "hand_over_lead", olu.private_replies[-1])
    olu.fills({"did": "Asked for a demo, the links are theirs"})
    submit(olu, "hand_over")
    assert floor.stored().state == "offered"
    assert "Filters are holding back 1 lead." in asks(olu, "held").text


def test_held_says_so_where_nobody_is(floor: Floor) -> None:
    answer = asks(floor.ana, "held")
    assert "No filter is holding back a lead." in answer.text
    assert "Free mail: 0 now" in answer.text
    assert answer.buttons == []


def test_a_lead_called_held_is_found_by_more_words(floor: Floor, olu: Person) -> None:
    comes_in(floor, email="anna@held.example", name="Anna Held")
    assert "No filter" in asks(olu, "held").text
    assert "Anna Held" in asks(olu, "anna held").text


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


def test_an_administrator_erases_a_person_after_a_second_look(floor: Floor, olu: Person) -> None:
    lead_id = comes_in(floor, **IVY)
    press(olu, "erase_lead", asks(olu, "ivy"))
    assert shown(olu) == "erase"
    assert "Acme · Ivy Chen" in olu.modal.text
    assert "Sales is at work" not in olu.modal.text
    submit(olu, "erase")
    assert "The lead stays as #1" in olu.modal.text
    assert "Erased today at 10:00: nothing that was known" in asks(olu, f"#{lead_id}").text
    assert asks(olu, f"#{lead_id}").buttons == []
    assert "No lead matches" in asks(olu, "ivy").text


def test_one_that_sales_is_at_work_on_ends_and_its_card_says_so(floor: Floor, olu: Person) -> None:
    floor.accepted("Acme")
    answer = asks(olu, "acme")
    press(olu, "erase_lead", answer)
    assert "Sales is at work on this lead: that ends now." in olu.modal.text
    submit(olu, "erase")
    card = floor.card()
    assert "Acme" not in card.text
    assert card.text.startswith("Erased lead\nDisqualified by @Olu Adeyemi, today at 10:00\nErased today at 10:00: ")
    assert card.buttons == []
    assert "Olu Adeyemi erased the person behind this lead" in card.thread[-1].text
    olu.closes(everything=True)
    press(olu, "erase_lead", answer)
    assert "was erased on" in told(olu)


def test_nobody_else_erases_anybody(floor: Floor, olu: Person) -> None:
    floor.accepted("Globex")
    assert olu.id
    workspace = floor.sandbox.workspace()
    channel = workspace.channel_called("general")
    assert channel is not None
    for who in (floor.ana, floor.maya, floor.mika):
        assert "Erase…" not in asks(who, "globex").buttons
        url = floor.sandbox.slack.response_urls.issue(workspace, channel, who.id)
        floor.dispatches(floor.click("erase_lead", '{"lead": 1}', by=who, response_url=url))
        assert told(who) == "Only an administrator can do this."


def audited(floor: Floor) -> list[tuple[str, int | None, dict[str, object]]]:
    """Return who looked whom up, the newest first."""
    looked_up = [AuditAction.LOOKED_UP]
    workspace_id = floor.baton.installations[0].id
    entries = floor.reads(lambda session: audit.entries(session, workspace_id, actions=looked_up))
    return [(each.by, each.lead_id, each.details) for each in entries]


def test_whom_somebody_looked_up_is_in_the_audit_and_what_they_typed_is_not(floor: Floor, olu: Person) -> None:
    ivy = comes_in(floor, **IVY)
    joe = comes_in(floor, email="joe@acme.example", name="Joe Doe", company="Acme")
    several = asks(olu, "acme")
    shown_in_list = {"in": "/lead", "listed": 2, "contact": False}
    assert sorted(audited(floor), key=lambda entry: entry[1] or 0) == [
        ("Olu Adeyemi", ivy, shown_in_list),
        ("Olu Adeyemi", joe, shown_in_list),
    ]
    olu.presses("show_lead", on=several, near="Ivy Chen")
    press(olu, "hand_over_lead", olu.private_replies[-1])
    assert audited(floor)[:2] == [
        ("Olu Adeyemi", ivy, {"in": "hand_over", "contact": True}),
        ("Olu Adeyemi", ivy, {"in": "/lead", "contact": True}),
    ]
    does(floor, "trial", email="kim@acme.example", do_not_contact=True)
    asks(olu, "held")
    assert audited(floor)[0][2] == {"in": "/lead held", "contact": False}
    assert "acme" not in str(audited(floor))


def test_what_is_one_s_own_or_is_not_found_is_not_in_the_audit(floor: Floor) -> None:
    floor.accepted("Acme")
    for words in ("", "mine", "Globex", "held"):
        asks(floor.ana, words)
    assert audited(floor) == []
    asks(floor.ben, "acme")
    assert [(by, details) for by, _, details in audited(floor)] == [("Ben Okafor", {"in": "/lead", "contact": False})]


def test_an_outsider_who_may_see_leads_is_in_the_audit_by_their_slack_user(floor: Floor) -> None:
    publishes(floor, f"{PLAYBOOK}\nrights: {{outsiders: leads}}\n")
    comes_in(floor, **IVY)
    stranger = floor.sandbox.person("Olu Adeyemi")
    assert "Ivy Chen" in asks(stranger, "acme").text
    assert [by for by, _, _ in audited(floor)] == [f"slack:{stranger.id}"]


def test_a_checklist_that_is_asked_for_by_words_is_in_the_audit(floor: Floor) -> None:
    floor.accepted("Acme")
    floor.ana.types("/bant", "#general")
    assert audited(floor) == []
    floor.maya.types("/bant acme", "#general")
    assert shown(floor.maya) == "checklist"
    assert [(by, details) for by, _, details in audited(floor)] == [("Maya Cohen", {"in": "/bant", "contact": False})]


def test_a_refusal_that_says_whose_a_lead_is_is_in_the_audit(floor: Floor) -> None:
    floor.accepted("Acme")
    floor.ben.types("/bant acme", "#general")
    assert "belongs to" in told(floor.ben)
    assert [(by, lead_id) for by, lead_id, _ in audited(floor)] == [("Ben Okafor", 1)]


def test_nobody_is_shown_a_lead_that_the_audit_cannot_keep(floor: Floor, olu: Person) -> None:
    comes_in(floor, **IVY)
    with floor.baton.database.transaction() as session:
        session.execute(text("ALTER TABLE audit_entry RENAME TO elsewhere"))
    answer = asks(olu, "acme")
    assert "Ivy Chen" not in answer.text
    assert "reference" in answer.text


def test_what_could_not_be_read_is_shown_as_it_was_written(floor: Floor, olu: Person) -> None:
    with floor.baton.database.transaction() as session:
        given = lenient.read(LeadInput, {**IVY, "size": "99999999", "problem": "Slow. " * 1000})
        ingest.ingest(session, floor.baton.installations[0].id, "web", [given], now=floor.clock())
    answer = asks(olu, "ivy")
    assert "Employees could not be read: “99999999”" in answer.text
    assert "Their problem, in their words was cut" in answer.text
