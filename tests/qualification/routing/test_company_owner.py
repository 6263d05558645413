"""One company, one conversation: who talks with a company is asked first about its next person."""

from qualification.handoffs import progress
from qualification.people import people
from qualification.records import Delivery, Handoff
from qualification.rules.leads.lead_input import LeadInput
from qualification.views.cards import LeadCard
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK


def offered(desk: Desk, company: str, name: str, email: str) -> LeadCard:
    """Hand one person of a company over; return their card."""
    return desk.card(desk.hands_over(company, person=name, email=email).handoff_id)


def owner_of(desk: Desk, handoff_id: int) -> str:
    """Return the Slack user of the handoff's owner."""
    owner = desk.card(handoff_id).owner
    assert owner is not None
    assert owner.slack_user_id is not None
    return owner.slack_user_id


def lead_of(desk: Desk, handoff_id: int) -> int:
    """Return the id of the handoff's lead."""
    return next(each.lead_id for each in desk.all(Handoff) if each.id == handoff_id)


def channel_cards(desk: Desk) -> list[int | None]:
    """Return the handoffs that have a card in a channel."""
    return [each.handoff_id for each in desk.all(Delivery) if each.kind == "lead_card"]


def test_a_second_person_of_a_company_is_offered_to_whoever_talks_with_it(desk: Desk) -> None:
    first = desk.accepted("Kestrel")
    owner = desk.card(first).owner
    second = offered(desk, "Kestrel", "Bo Dahl", "bo@kestrel.example")
    assert (second.offered_to, second.why, second.turn) == (owner, "company", None)
    assert channel_cards(desk) == [first]
    assert "company_joined" in desk.kinds(first)
    assert desk.card(first).beside == ("Bo Dahl",)
    assert len(second.beside) == 1
    # An offer of their own, with its own clock and verdict; no turn is spent on it.
    assert second.accept_by is not None
    assert desk.card(first).state == "accepted"


def test_it_gets_a_card_of_its_own_once_the_owner_passes(desk: Desk) -> None:
    first = desk.accepted("Kestrel")
    owner = desk.card(first).owner
    second = offered(desk, "Kestrel", "Bo Dahl", "bo@kestrel.example")
    desk.passes_on(second.handoff_id, by=desk.asked(second.handoff_id))
    assert channel_cards(desk) == [first, second.handoff_id]
    assert desk.card(second.handoff_id).offered_to not in {None, owner}


def test_a_company_stays_with_its_owner_as_long_as_the_playbook_says(desk: Desk) -> None:
    first = desk.accepted("Kestrel")
    desk.publishes(PLAYBOOK.replace("undo_within: 5m", "undo_within: 5m, company_stays: off"))
    alone = offered(desk, "Kestrel", "Bo Dahl", "bo@kestrel.example")
    assert (alone.why, alone.beside, desk.card(first).beside) == ("turn", (), ())
    assert len(channel_cards(desk)) == 2


def test_it_gets_a_card_of_its_own_once_the_owner_lets_the_time_pass(desk: Desk) -> None:
    first = desk.accepted("Kestrel")
    second = offered(desk, "Kestrel", "Bo Dahl", "bo@kestrel.example")
    desk.later(minutes=16)
    desk.ticks()
    assert channel_cards(desk) == [first], "a reminder is no reason for one"
    desk.later(minutes=15)
    desk.ticks()
    assert channel_cards(desk) == [first, second.handoff_id]
    assert desk.kinds(second.handoff_id)[-2:] == ["expired", "offered"]


def test_a_company_stays_with_whoever_won_it_for_a_while(desk: Desk) -> None:
    first = desk.accepted("Kestrel")
    owner = owner_of(desk, first)
    desk.does(progress.set_stage, by=owner, handoff_id=first, stage="won")
    desk.later(days=80)
    assert offered(desk, "Kestrel", "Bo Dahl", "bo@kestrel.example").why == "company"
    desk.later(days=11)
    assert offered(desk, "Kestrel", "Ida Berg", "ida@kestrel.example").beside != ()


def test_whoever_is_away_is_not_asked_and_the_card_says_that_there_is_another(desk: Desk) -> None:
    first = desk.accepted("Kestrel")
    owner = owner_of(desk, first)
    desk.does(people.set_away, slack_user_id=owner, until=None)
    second = offered(desk, "Kestrel", "Bo Dahl", "bo@kestrel.example")
    assert second.offered_to is not None
    assert second.offered_to.slack_user_id != owner
    assert second.beside == (f"#{lead_of(desk, first)}",)
    assert len(channel_cards(desk)) == 2


def test_three_of_a_company_go_along_with_the_first_and_with_each_other(desk: Desk) -> None:
    first = desk.accepted("Kestrel")
    second = offered(desk, "Kestrel", "Bo Dahl", "bo@kestrel.example")
    third = offered(desk, "Kestrel", "Ida Berg", "ida@kestrel.example")
    assert desk.card(second.handoff_id).beside == (f"#{lead_of(desk, first)}", "Ida Berg")
    assert third.beside == (f"#{lead_of(desk, first)}", "Bo Dahl")
    assert channel_cards(desk) == [first]


def test_what_is_new_of_a_company_stands_on_each_of_its_cards(desk: Desk) -> None:
    first = desk.accepted("Kestrel")
    second = offered(desk, "Kestrel", "Bo Dahl", "bo@kestrel.example")
    before = {each.id: each.desired_revision for each in desk.all(Delivery) if each.kind.endswith("_card")}
    known = {"email": "ida@kestrel.example", "name": "Ida Berg", "company": "Kestrel", "size": "240", "country": "SE"}
    desk.takes(LeadInput.model_validate(known))
    cards = [desk.card(first), desk.card(second.handoff_id)]
    assert [(card.size, card.country) for card in cards] == [(240, "SE"), (240, "SE")]
    after = {each.id: each.desired_revision for each in desk.all(Delivery) if each.kind.endswith("_card")}
    assert all(after[card] > revision for card, revision in before.items())
    desk.takes(LeadInput.model_validate({**known, "email": "bea@kestrel.example", "name": "Bea Holm"}))
    again = {each.id: each.desired_revision for each in desk.all(Delivery) if each.kind.endswith("_card")}
    assert again == after, "nothing is new"
