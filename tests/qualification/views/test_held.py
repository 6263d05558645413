"""Whom the gates keep from sales: counted by gate, the latest named."""

import itertools
from datetime import timedelta

import pytest

from qualification.records import Lead
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.refusals import NotInPlaybook
from qualification.views import held
from qualification.views.held import GateCount, GatedLeads
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK

numbers = itertools.count(1)
RIVAL = "{name: Competitor, when: {domain: rival.example}, outcome: disqualify, reason: not-a-buyer}"
MAIL = "{name: Free mail, when: {free_mail: true, asked: false}, outcome: hold}"


def does(desk: Desk, email: str, kind: str = "content-download", times: int = 5) -> int:
    """Have somebody do something so often, and return the lead's id."""
    lead_id = 0
    for _ in range(times):
        given = ActivityInput.model_validate({"id": f"a{next(numbers)}", "kind": kind, "lead": {"email": email}})
        lead_id = desk.takes(given).lead_id
    return lead_id


def look(desk: Desk, by: str = "UOLU") -> GatedLeads:
    """Look whom the gates hold now."""
    return desk.reads(lambda session: held.gated_leads(session, desk.workspace_id, by, now=desk.now))


def count(gate: str, now: int, lately: int, *, disqualifies: bool = False) -> GateCount:
    """Say what a gate counts."""
    return GateCount(gate, disqualifies, now, lately)


def test_each_gate_says_how_many_it_holds_now_and_came_to_hold_lately(desk: Desk, other_desk: Desk) -> None:
    desk.publishes(f"{PLAYBOOK}\ngates: [{RIVAL}, {MAIL}]\n")
    does(other_desk, "joe@gmail.com")
    does(desk, "long.ago@gmail.com")
    desk.later(days=8)
    does(desk, "kim@gmail.com")
    does(desk, "lee@gmail.com")
    does(desk, "x@rival.example", "trial", times=1)
    does(desk, "lee@gmail.com", "demo-request", times=1)
    seen = look(desk)
    assert seen.gates == (count("Competitor", 1, 1, disqualifies=True), count("Free mail", 2, 2))
    assert (seen.count, [each.lead for each in seen.latest]) == (
        3,
        ["rival.example", "kim@gmail.com", "long.ago@gmail.com"],
    )


def test_a_lead_that_another_gate_holds_now_stands_there_once_since_then(desk: Desk) -> None:
    kim = does(desk, "kim@gmail.com")
    desk.later(days=1)
    desk.publishes(f"{PLAYBOOK}\ngates: [{{name: Freemailers, when: {{free_mail: true}}, outcome: hold}}]\n")
    assert [(each.gate, each.now) for each in look(desk).gates] == [("Freemailers", 0), ("Free mail", 1)]
    desk.adds_up()
    (latest,) = look(desk).latest
    assert (latest.lead_id, latest.gate, latest.since) == (kim, "Freemailers", desk.now)
    assert look(desk).gates == (count("Freemailers", 1, 1),)


def test_a_lead_that_turned_out_to_be_another_is_counted_with_that_one_only(desk: Desk) -> None:
    does(desk, "ivy@acme.example", "pricing-page", times=1)
    does(desk, "kim@gmail.com")
    for said in ({"id": "7", "email": "ivy@acme.example"}, {"id": "7", "email": "kim@gmail.com"}):
        desk.takes(LeadInput.model_validate(said))
    assert [each.gated_by for each in desk.all(Lead, Lead.merged_into_id.is_not(None))] == ["Free mail"]
    assert (look(desk).count, look(desk).latest) == (0, ())


def test_only_the_latest_are_named_and_all_are_counted(desk: Desk) -> None:
    for number in range(held.MOST + 2):
        desk.later(minutes=1)
        does(desk, f"p{number}@gmail.com")
    seen = look(desk)
    assert (seen.count, len(seen.latest), seen.latest[0].lead) == (12, 10, "p11@gmail.com")
    assert seen.latest[0].since - seen.latest[-1].since == timedelta(minutes=9)


@pytest.mark.parametrize(("by", "named"), [("UOLU", 1), ("UMIKA", 0), ("UANA", 0), ("UMAYA", 0)])
def test_all_are_counted_and_only_who_sees_every_lead_is_told_their_names(desk: Desk, by: str, named: int) -> None:
    does(desk, "jo@gmail.com")
    seen = look(desk, by)
    assert (seen.count, len(seen.latest)) == (1, named)


def test_whoever_sees_every_lead_by_the_playbook_is_told_no_address(desk: Desk) -> None:
    desk.publishes(f"{PLAYBOOK}\nrights: {{marketers: leads}}\n")
    does(desk, "jo@gmail.com")
    (gated,) = look(desk, "UMIKA").latest
    assert gated.lead == f"#{gated.lead_id}"


def test_a_stranger_is_told_nothing_of_them(desk: Desk) -> None:
    with pytest.raises(NotInPlaybook):
        look(desk, "USTRANGER")
