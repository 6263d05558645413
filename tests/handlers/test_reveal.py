"""Reveal: what is masked for the channel is shown to whoever may see it, to nobody else, and kept in the audit."""

import pytest

from qualification.people import audit
from qualification.rules.people.audited import AuditAction
from sandbox.people.driver import Person
from tests.worlds.floor import Floor, fill, press, shown, submit, told

REVEAL = "reveal"
WROTE = {"problem": "Ask ivy@acme.example", "promised": "A call to +46 70 123 45 67"}


def audited(floor: Floor) -> list[tuple[str, int | None]]:
    """Return who had which lead revealed, the newest first."""
    workspace_id = floor.baton.installations[0].id
    entries = floor.reads(lambda session: audit.entries(session, workspace_id, actions=[AuditAction.REVEALED]))
    return [(each.by, each.lead_id) for each in entries]


def read(who: Person) -> str:
    """Return what the open modal says."""
    assert shown(who) == "revealed"
    return who.modal.text


def test_whoever_the_lead_is_offered_to_reads_what_is_masked_in_the_channel(floor: Floor) -> None:
    card = floor.hands_over("Acme", email="ivy@acme.example", **WROTE)
    assert "Ask …@…" in card.text
    assert "Reveal" in card.buttons
    press(floor.ana, REVEAL, card)
    for words in ("ivy@acme.example", *WROTE.values(), "The audit records that you opened it."):
        assert words in read(floor.ana)
    assert audited(floor) == [("Ana Ruiz", 1)]
    assert "Ask ivy@acme.example" not in floor.card().text


def test_an_accepted_lead_is_revealed_from_the_menu_of_its_card(floor: Floor) -> None:
    floor.hands_over("Acme", **WROTE)
    press(floor.ana, "accept", floor.card())
    card = floor.card()
    assert "Reveal" not in card.buttons
    press(floor.maya, "more", card, do="reveal")
    assert "Ask ivy@acme.example" in read(floor.maya)
    assert audited(floor) == [("Maya Cohen", 1)]


def test_where_nothing_is_masked_nothing_can_be_revealed(floor: Floor) -> None:
    card = floor.hands_over("Acme", email="ivy@acme.example", problem="Reports take a week")
    assert "Reveal" not in card.buttons
    assert "Reveal" not in floor.ana.direct_messages[-1].buttons
    press(floor.ana, "accept", card)
    options = [words for each in floor.card().controls for words, _ in each.options]
    assert ("Not now…" in options, "Reveal" in options) == (True, False)


def test_the_reps_own_card_masks_nothing_until_the_lead_has_ended(floor: Floor) -> None:
    floor.hands_over("Acme", **WROTE)
    assert "Reveal" not in floor.ana.direct_messages[-1].buttons
    press(floor.ana, "disqualify", floor.card())
    fill(floor.ana, {"reason": {"reason": "no-need"}, "note": "Wrote from ivy@acme.example"})
    submit(floor.ana, "disqualify")
    card = floor.card()
    assert "Reveal" in card.buttons
    assert "Reveal" not in floor.ana.direct_messages[-1].buttons
    press(floor.maya, REVEAL, card)
    assert "Wrote from ivy@acme.example" in read(floor.maya)
    assert read(floor.maya).count("Wrote from") == 1


def test_a_line_of_the_thread_is_revealed_below_it(floor: Floor) -> None:
    press(floor.ana, "decline", floor.hands_over("Acme"))
    fill(floor.ana, {"reason": {"reason": "other"}, "note": "Ben knows ivy@acme.example"})
    submit(floor.ana, "decline")
    card = floor.card()
    assert "Reveal" not in card.buttons
    lines = card.thread
    line = next(each for each in lines if "Ben knows …@…" in each.text)
    assert line.buttons == ["Reveal"]
    assert all(each.buttons == [] for each in lines if each is not line)
    press(floor.maya, REVEAL, line)
    assert "Ben knows ivy@acme.example" in read(floor.maya)


@pytest.mark.parametrize("who", ["ben", "mika"])
def test_nobody_else_reads_it_and_is_told_who_may(floor: Floor, who: str) -> None:
    card = floor.hands_over("Acme", **WROTE)
    person: Person = getattr(floor, who)
    press(person, REVEAL, card)
    assert told(person).endswith("and administrators see this lead’s contact details.")
    assert ("Ana Ruiz" in told(person), "Maya Cohen" in told(person)) == (True, True)
    assert audited(floor) == []


def test_somebody_outside_the_playbook_is_told_nothing(floor: Floor) -> None:
    card = floor.hands_over("Acme", **WROTE)
    stranger = floor.sandbox.person("Olu Adeyemi")
    press(stranger, REVEAL, card)
    assert told(stranger) == "Leads are only shown to people in the playbook. Ask your administrator to add you."
    assert audited(floor) == []
