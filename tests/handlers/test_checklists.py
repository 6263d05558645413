"""The checklist, found by words or by the card, saved part by part."""

import pytest

from qualification.checklists import checklists
from qualification.checklists.checklists import Given
from qualification.handoffs.context import HandoffCommand
from qualification.rules.checklists.frameworks import Verdict
from tests.worlds.floor import Floor, fill, held, press, shown, submit, told


def verdicts(floor: Floor) -> dict[str, str]:
    """Return what is stored, by item."""
    mark = floor.stored().checklist
    assert mark is not None
    return {item.key: item.verdict for item in mark.items}


def evidence(floor: Floor) -> dict[str, str]:
    """Return the evidence that the modal would show Ana, by item."""
    handoff_id = floor.stored().handoff_id
    form = floor.reads(
        lambda session: checklists.form(
            session, HandoffCommand(floor.baton.installations[0].id, floor.ana.id, handoff_id, floor.clock())
        )
    )
    return {item.key: item.evidence for item in form.items if item.evidence}


def pick(floor: Floor, item: str, verdict: str) -> None:
    """Pick a verdict in Ana's open checklist."""
    fill(floor.ana, {f"verdict-{item}": {"item": item, "verdict": verdict}})


def test_each_verdict_is_saved_when_it_is_picked_and_what_is_missing_is_shown(floor: Floor) -> None:
    press(floor.ana, "checklist", floor.accepted())
    fill(floor.ana, {"evidence-budget": "We have 50k set aside"})
    pick(floor, "budget", "yes")
    assert verdicts(floor)["budget"] == "yes"
    assert evidence(floor) == {"budget": "We have 50k set aside"}
    assert "■□□□" in floor.ana.modal.text
    floor.ana.closes()
    assert verdicts(floor)["budget"] == "yes"


def test_what_was_typed_but_not_saved_stays_when_a_verdict_redraws_the_modal(floor: Floor) -> None:
    press(floor.ana, "checklist", floor.accepted())
    fill(floor.ana, {"evidence-need": "Reports take a week", "evidence-timing": "Before March"})
    press(floor.ana, "verdict", item="need", verdict="yes")
    assert evidence(floor) == {"need": "Reports take a week", "timing": "Before March"}
    submit(floor.ana, "checklist")
    assert shown(floor.ana) is None


def test_three_of_four_make_an_accepted_lead_sql(floor: Floor) -> None:
    press(floor.ana, "checklist", floor.accepted())
    for item in ("budget", "need", "timing"):
        assert floor.stored().lifecycle == "mql"
        pick(floor, item, "yes")
    submit(floor.ana, "checklist")
    assert floor.stored().lifecycle == "sql"
    assert "■" in floor.card().text


def test_submitting_saves_what_no_verdict_has_sent(floor: Floor) -> None:
    press(floor.ana, "checklist", floor.accepted())
    fill(floor.ana, {"evidence-authority": "The board decides"})
    submit(floor.ana, "checklist")
    assert evidence(floor) == {"authority": "The board decides"}
    assert verdicts(floor)["authority"] == "unknown"


def test_what_somebody_else_answered_meanwhile_is_not_overwritten(floor: Floor) -> None:
    press(floor.ana, "checklist", floor.accepted())
    with floor.baton.database.transaction() as session:
        checklists.save(
            session,
            HandoffCommand(floor.baton.installations[0].id, floor.maya.id, floor.stored().handoff_id, floor.clock()),
            given={"budget": Given(Verdict.YES, "Told me 20k")},
        )
    fill(floor.ana, {"evidence-need": "Reports take a week"})
    submit(floor.ana, "checklist")
    assert evidence(floor) == {"budget": "Told me 20k", "need": "Reports take a week"}
    assert verdicts(floor)["budget"] == "yes"


def test_others_are_told_whose_lead_it_is(floor: Floor) -> None:
    press(floor.ben, "checklist", floor.accepted())
    assert "@Ana Ruiz" in told(floor.ben)


def test_bant_opens_the_only_open_lead(floor: Floor) -> None:
    floor.accepted()
    floor.ana.types("/bant", "#general")
    assert shown(floor.ana) == "checklist"


def test_bant_lets_one_choose_among_several(floor: Floor) -> None:
    floor.accepted("Acme")
    first = floor.stored().handoff_id
    floor.accepted("Bolt", by=floor.maya)
    press(floor.maya, "more", floor.card(), do="reassign")
    fill(floor.maya, {"to": floor.ana.id})
    submit(floor.maya, "reassign")
    press(floor.ana, "accept", floor.card())
    floor.ana.types("/bant", "#general")
    fill(floor.ana, {"lead": {"handoff": first}})
    submit(floor.ana, "pick_lead")
    assert shown(floor.ana) == "checklist"
    assert "Acme" in floor.ana.modal.text


@pytest.mark.parametrize("words", ["acme", "ivy ch", "ivy@acme.example", "ACME & Sons GmbH", "O’Acme", "acme & sons"])
def test_bant_finds_a_lead_by_a_few_words(floor: Floor, words: str) -> None:
    press(floor.ana, "accept", floor.hands_over("O'Acme & Sons GmbH", person="Ivy Chen", email="ivy@acme.example"))
    floor.ana.types(f"/bant {words}", "#general")
    assert shown(floor.ana) == "checklist"


def test_bant_finds_by_an_address_as_slack_wraps_it(floor: Floor) -> None:
    press(floor.ana, "accept", floor.hands_over("Acme", email="ivy@acme.example"))
    floor.ana.types("/bant <mailto:ivy@acme.example|ivy@acme.example>", "#general")
    assert shown(floor.ana) == "checklist"


def test_bant_says_so_when_nothing_fits(floor: Floor) -> None:
    floor.ana.types("/bant", "#general")
    assert "no open lead" in told(floor.ana)
    floor.accepted()
    floor.ana.types("/bant Globex", "#general")
    assert "Globex" in told(floor.ana)


def test_bant_tells_where_a_lead_is_that_is_not_ones_own(floor: Floor) -> None:
    card = floor.hands_over("Acme")
    floor.ana.types("/bant Acme", "#general")
    assert "Acme is offered to you. Accept it" in told(floor.ana)
    floor.ben.types("/bant Acme", "#general")
    assert "Acme is offered to @Ana Ruiz" in told(floor.ben)
    press(floor.ana, "accept", card)
    floor.ben.types("/bant Acme", "#general")
    assert "Acme belongs to @Ana Ruiz" in told(floor.ben)
    assert shown(floor.ben) is None


def test_a_checklist_of_a_lead_that_is_gone_to_another_says_so_in_the_modal(floor: Floor) -> None:
    press(floor.ana, "checklist", floor.accepted())
    press(floor.maya, "more", floor.card(), do="reassign")
    fill(floor.maya, {"to": floor.ben.id})
    submit(floor.maya, "reassign")
    fill(floor.ana, {"evidence-need": "Typed in vain"})
    pick(floor, "need", "yes")
    assert [view.callback_id for view in floor.ana.modals] == ["checklist", "message"]
    floor.ana.closes()
    assert held(floor.ana, "evidence-need") == "Typed in vain"
    submit(floor.ana, "checklist")
    assert shown(floor.ana) == "message"
