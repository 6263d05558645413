"""A framework's questions put to one lead."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from qualification.checklists import checklists
from qualification.checklists.checklists import ChecklistForm, Given
from qualification.handoffs import decisions
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Answer, Checklist, Handoff, Lead, rows
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.leads.proposed_evidence import Proposal, as_fields
from qualification.rules.refusals import NotOwner, UnknownLead
from tests.worlds.desk import Desk

YES, NO = Verdict.YES, Verdict.NO


def saves(desk: Desk, handoff_id: int, *, by: str = "UANA", **given: Given) -> ChecklistForm:
    """Save answers."""
    return desk.does(checklists.save, by=by, handoff_id=handoff_id, given=given)


def test_a_checklist_begins_with_nothing_known(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    form = desk.reads(lambda session: checklists.form(session, desk.command(by="UANA", handoff_id=handoff_id)))
    assert {item.verdict for item in form.items} == {"unknown"}
    assert (form.yes, form.needed, form.passed, len(form.missing)) == (0, 3, False, 4)
    assert form.next_question == form.items[0].questions[0]


def test_each_part_is_saved_by_itself(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    saves(desk, handoff_id, budget=Given(YES, "50k"))
    form = saves(desk, handoff_id, need=Given(NO, " They build it themselves "))
    held = {item.key: (item.verdict, item.evidence) for item in form.items}
    assert held["budget"] == ("yes", "50k")
    assert held["need"] == ("no", "They build it themselves")
    assert set(form.missing) == {item.name for item in form.items if item.key != "budget"}


def test_three_of_four_make_an_accepted_lead_sql_and_fewer_move_it_back(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    saves(desk, handoff_id, budget=Given(YES, ""), authority=Given(YES, ""))
    assert desk.card(handoff_id).lifecycle == "mql"
    assert saves(desk, handoff_id, timing=Given(YES, "")).passed
    assert desk.card(handoff_id).lifecycle == "sql"
    assert "checklist_passed" in desk.kinds(handoff_id)
    assert not saves(desk, handoff_id, budget=Given(NO, "Frozen")).passed
    assert desk.card(handoff_id).lifecycle == "mql"
    assert "checklist_fell" in desk.kinds(handoff_id)


def test_a_checklist_passed_before_acceptance_makes_sql_of_it_at_once(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    saves(desk, handoff_id, budget=Given(YES, ""), authority=Given(YES, ""), need=Given(YES, ""))
    assert desk.card(handoff_id).lifecycle == "mql"
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    assert desk.card(handoff_id).lifecycle == "sql"


def test_the_same_answer_again_tells_nothing(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    saves(desk, handoff_id, budget=Given(YES, "50k"))
    before = desk.kinds(handoff_id)
    saves(desk, handoff_id, budget=Given(YES, "50k "))
    assert desk.kinds(handoff_id) == before


def test_evidence_that_is_replaced_stays_in_the_history(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    saves(desk, handoff_id, budget=Given(YES, "50k"))
    saves(desk, handoff_id, budget=Given(None, "70k"))
    (answer,) = desk.all(Answer)
    assert (answer.verdict, answer.evidence) == (YES, "70k")
    assert desk.events(handoff_id)[-1].facts["evidence_before"] == "50k"


def test_an_item_that_the_framework_has_not_is_left_out(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    saves(desk, handoff_id, shoe_size=Given(YES, "44"))
    assert desk.all(Answer) == []


def test_others_are_told_who_may(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    with pytest.raises(NotOwner):
        saves(desk, handoff_id, by="UBEN", budget=Given(YES, ""))
    saves(desk, handoff_id, by="UMAYA", budget=Given(YES, ""))


def test_two_first_answers_at_the_same_instant_make_one_checklist(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    parts = {"budget": Given(YES, "50k"), "authority": Given(YES, "The board"), "need": Given(YES, "Slow reports")}
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda part: saves(desk, handoff_id, **dict([part])), parts.items()))
    assert len(desk.all(Checklist)) == 1
    assert desk.card(handoff_id).lifecycle == "sql"


def test_a_lead_of_another_workspace_is_unknown(desk: Desk, other_desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    with pytest.raises(UnknownLead):
        saves(other_desk, handoff_id, budget=Given(YES, ""))


def test_what_a_lead_answered_elsewhere_is_proposed_until_a_person_writes_evidence(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")

    def answered(session: UnitOfWork) -> None:
        handoff = rows.get_one(session, Handoff, handoff_id, desk.workspace_id)
        lead = rows.get_one(session, Lead, handoff.lead_id, desk.workspace_id)
        words = as_fields({"budget": "12000 EUR", "need": " ", "gone": "x"}, "Late-orders quiz")
        lead.fields = {**lead.fields, **words, "checklist.timing": "rubbish"}

    with desk.database.transaction() as session:
        answered(session)
    form = desk.reads(lambda session: checklists.form(session, desk.command(by="UANA", handoff_id=handoff_id)))
    assert {item.key: item.proposal for item in form.items if item.proposal} == {
        "budget": Proposal("12000 EUR", "Late-orders quiz")
    }
    # It is no answer: nothing is counted, and nothing is in the rep's name.
    assert (form.yes, {item.evidence for item in form.items}) == (0, {""})
    form = saves(desk, handoff_id, budget=Given(YES, ""))
    assert [item.proposal for item in form.items if item.key == "budget"] == [Proposal("12000 EUR", "Late-orders quiz")]
    form = saves(desk, handoff_id, budget=Given(YES, "12,000 EUR a year"))
    assert [item.proposal for item in form.items if item.key == "budget"] == [None]
