"""A lead from marketing to sales, as both sides see it."""

import threading

from sandbox.faults import CallFaultKind
from sandbox.people.driver import Person
from tests.worlds.office import CHANNEL, Office, open_office

HOSTILE = '<!channel> <@U1> *bold* _it_ ~no~ `code` https://evil.example O\'Neil & Sons "q" \\ \u202eabc 日本 🎉'


def test_a_lead_is_handed_over_accepted_and_qualified(office: Office) -> None:
    office.hands_over("Acme", person="Jo Petrov", email="jo@acme.example", problem="Leads get lost")
    card = office.direct(office.ana, "Acme · Jo Petrov")
    assert "jo@acme.example" in card.text
    assert "jo@acme.example" not in office.card("Acme · Jo Petrov").text
    office.ana.presses("Accept", on=card)
    card = office.card("Accepted by @Ana Ruiz")
    office.ana.presses("Checklist", on=card)
    for item in ("Budget", "Need", "Timing"):
        office.ana.picks("Yes", f"{item}: what do we know?")
        office.ana.fills({f"{item}: in the lead’s words": f"They spoke of {item.lower()}"})
    office.ana.submits()
    card = office.card("3 of 4, passed")
    assert "SQL" in card.text
    lines = "\n".join(reply.text for reply in card.thread)
    office.waits_for(lambda: "BANT passed" in "\n".join(reply.text for reply in office.card("Acme").thread))
    assert "Mika Sato handed over the lead" in lines
    assert len([message for message in office.maya.sees(CHANNEL) if "Acme" in message.text]) == 1


def test_a_lead_that_is_not_mine_goes_to_the_next_rep(office: Office) -> None:
    office.hands_over("Globex")
    office.ana.presses("Not mine", on=office.direct(office.ana, "Globex"))
    office.picks_a_reason(office.ana)
    card = office.direct(office.ben, "Offered to you")
    assert "Globex" in card.text
    former = office.direct(office.ana, "Globex")
    office.waits_for(lambda: "Accept" not in office.ana.looks_again(former).buttons)


def test_an_offer_is_reminded_of_once_then_goes_to_the_next_rep_and_to_the_manager(office: Office) -> None:
    office.hands_over("Initech")
    office.direct(office.ana, "Initech")
    office.passes(minutes=16)
    office.waits_for(lambda: len(office.ana.direct_messages) == 2)
    office.passes(minutes=15)
    office.direct(office.ben, "Initech")
    office.passes(minutes=31)
    card = office.direct(office.maya, "Initech")
    assert "Assign…" in card.buttons
    assert len(office.ana.direct_messages) == 2
    office.passes(hours=8)
    office.card("@Maya Cohen")
    assert len([message for message in office.maya.direct_messages if "Initech" in message.text]) == 1


def test_two_who_claim_at_the_same_instant_make_one_owner_and_the_other_is_told(office: Office) -> None:
    office.hands_over("Umbrella", source="Webinar")
    card = office.card("Umbrella")
    together = threading.Barrier(2)

    def press(person: Person) -> None:
        together.wait()
        person.presses("Claim", on=card)

    threads = [threading.Thread(target=press, args=(person,)) for person in (office.ana, office.ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = office.card("Accepted by").text
    winner, loser = (office.ana, office.ben) if "@Ana Ruiz" in text else (office.ben, office.ana)
    office.waits_for(lambda: any(winner.name in reply.text for reply in loser.private_replies))
    assert not winner.private_replies


def test_a_disqualified_lead_can_be_undone_with_its_offer_and_the_time_it_had(office: Office) -> None:
    office.hands_over("Hooli")
    office.direct(office.ana, "Hooli")
    office.passes(minutes=10)
    card = office.direct(office.ana, "Hooli")
    office.ana.presses("Disqualify…", on=card)
    office.picks_a_reason(office.ana)
    card = office.card("Disqualified")
    office.passes(minutes=4)
    office.ana.presses("Undo", on=card)
    office.card("Offered to @Ana Ruiz, accept by")
    # Twenty of the offer's thirty minutes were left.
    office.passes(minutes=19)
    office.card("Offered to @Ana Ruiz")
    office.passes(minutes=2)
    office.card("Offered to @Ben Okafor")


def test_a_message_becomes_a_lead_whose_card_leads_back_to_it(office: Office) -> None:
    office.mika.types("New trial!\nName: Jo Petrov\nE-mail: jo@acme.example", "#general")
    office.mika.uses("Hand off to sales", on=office.mika.sees("#general")[-1])
    office.mika.submits()
    office.mika.closes()
    card = office.direct(office.ana, "acme.example · Jo Petrov")
    assert "From a message" in card.text
    office.ana.presses("Accept", on=card)
    (link,) = office.card("Accepted by @Ana Ruiz").links
    assert link.startswith("https://northwind.slack.com/archives/C")


def test_a_strangers_words_mention_nobody_and_format_nothing(office: Office) -> None:
    office.hands_over(HOSTILE, person=HOSTILE, problem=HOSTILE + "\n" + "long " * 500)
    card = office.card("O'Neil & Sons")
    direct = office.direct(office.ana, "O'Neil & Sons")
    office.ana.presses("Accept", on=direct)
    office.card("Accepted by @Ana Ruiz")
    allowed = {office.ana.name, office.mika.name}
    for message in (card, direct, *office.card("Accepted").thread):
        assert {mention.removeprefix("@") for mention in message.mentions} <= allowed
        assert not message.links


def test_a_card_deleted_by_hand_is_posted_anew_with_its_thread(office: Office) -> None:
    office.hands_over("Stark")
    card = office.card("Offered to @Ana Ruiz")
    office.olu.deletes(card)

    def is_posted_anew() -> bool:
        anew = office.card("Stark")
        return anew.ts != card.ts and [len(each.text.splitlines()) for each in anew.thread] == [2]

    office.waits_for(is_posted_anew)


def test_a_modal_delivered_twice_hands_over_once(office: Office) -> None:
    office.sandbox.disturb("twice", deliveries="view_submission")
    office.hands_over("Wayne")
    office.card("Wayne")
    assert len([message for message in office.maya.sees(CHANNEL) if "Wayne" in message.text]) == 1


def test_the_announcer_of_a_live_lead_is_told_who_has_it(office: Office) -> None:
    office.hands_over("Acme", person="Jo Petrov")
    office.ana.presses("Accept", on=office.direct(office.ana, "Acme"))
    office.mika.types("/handoff", "#general")
    office.mika.fills({"Company": "ACME Inc.", "Name": "jo petrov", "What they did": "Came back"})
    office.mika.submits()
    assert "Ana Ruiz" in office.mika.modal.text
    assert len([message for message in office.maya.sees(CHANNEL) if "Jo Petrov" in message.text]) == 1


def test_what_one_does_shows_on_the_home_tabs_and_the_receipt_of_the_others(office: Office) -> None:
    for person in (office.ana, office.maya, office.mika):
        person.opens_home()
    office.hands_over("Acme", person="Jo Petrov")
    office.waits_for(lambda: "Offered to you" in office.ana.home.text.replace("offered", "Offered"))
    office.waits_for(lambda: "1 waiting to be accepted" in office.maya.home.text)
    office.waits_for(lambda: "Offered to @Ana Ruiz" in office.mika.home.text)
    office.ana.presses("Accept", on=office.ana.home)
    office.waits_for(lambda: "Accepted by @Ana Ruiz" in office.mika.home.text)
    office.waits_for(lambda: "none waiting to be accepted" in office.maya.home.text)
    assert "No contact yet" in office.direct(office.mika, "Accepted by @Ana Ruiz").text
    office.waits_for(lambda: "Log contact" in office.ana.home.buttons)
    office.ana.presses("Log contact", on=office.ana.home)
    office.picks_a_reason(office.ana)
    receipt = office.direct(office.mika, "First contact")
    office.waits_for(lambda: "no contact yet" not in office.ana.home.text)
    assert not receipt.buttons
    assert len([message for message in office.mika.direct_messages if "Acme" in message.text]) == 1
    card = office.direct(office.ana, "Acme")
    office.ana.picks("Won", on=card)
    assert "Won by @Ana Ruiz" in office.direct(office.mika, "Won by").text
    office.waits_for(lambda: "Won by @Ana Ruiz" in office.mika.home.text)


def test_the_same_journey_runs_over_signed_http(database_url: str) -> None:
    with open_office(database_url, socket_mode=False) as office:
        office.hands_over("Soylent")
        office.ana.presses("Accept", on=office.direct(office.ana, "Soylent"))
        office.card("Accepted by @Ana Ruiz")
        assert not office.sandbox.connections()


def test_an_hour_of_an_ailing_slack_delays_and_loses_nothing(office: Office) -> None:
    outages: dict[str, CallFaultKind] = {"First": "429", "Second": "500", "Third": "cut_before"}
    for company, kind in outages.items():
        office.sandbox.fault("chat.postMessage", kind, retry_after=30)
        office.hands_over(company)
        for _ in range(20):
            office.passes(minutes=1)
        office.sandbox.heal()
        office.passes(minutes=1)
        office.card(company)
    for company in outages:
        assert len([each for each in office.maya.sees(CHANNEL) if f"\n{company}\n" in f"\n{each.text}\n"]) == 1
