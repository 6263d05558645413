"""What somebody sees of a lead, asked of one lead and of all at once: both answers are the same."""

import pytest
from sqlalchemy import select

from qualification.handoffs import decisions, handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.handoffs.viewpoint import viewpoint
from qualification.records import Handoff, Lead
from qualification.rules.handoffs import sight
from qualification.rules.handoffs.sight import ReaderRoles, Sight, Tie
from qualification.rules.leads.lead_input import LeadInput
from qualification.rules.playbook.playbook import Rights
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK, without

EVERYBODY = ("UANA", "UBEN", "UCHLOE", "UMAYA", "UMIKA", "UOLU", "USTRANGER")


def sees(desk: Desk, by: str, lead_id: int) -> Sight:
    """Return what somebody sees of a lead, and check that lists and searches say the same."""

    def look(session: object) -> Sight:
        view = viewpoint(session, desk.workspace_id, by)  # type: ignore[arg-type]
        seen = view.of_lead(session, session.get_one(Lead, lead_id))  # type: ignore[attr-defined, arg-type]
        for least in (Sight.OUTCOME, Sight.LEAD, Sight.CONTACT):
            found = session.scalars(select(Lead.id).where(view.leads(least))).all()  # type: ignore[attr-defined]
            assert (lead_id in found) == (seen >= least), (by, least)
        return seen

    return desk.reads(look)


def all_see(desk: Desk, lead_id: int) -> str:
    """Return what each of everybody sees, by its first letter."""
    return " ".join(sees(desk, by, lead_id).name[0] for by in EVERYBODY)


def test_a_lead_is_seen_by_whom_it_concerns_as_it_goes_on(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    lead_id = desk.handoff(handoff_id).lead_id
    assert all_see(desk, lead_id) == "C L L C O C N"
    desk.passes_on(handoff_id, by="UANA")
    assert all_see(desk, lead_id) == "L C L C O C N"
    offer_id = desk.card(handoff_id).offer_id
    desk.does(decisions.disqualify, by="UBEN", handoff_id=handoff_id, offer_id=offer_id, reason="no-need", note=None)
    assert all_see(desk, lead_id) == "L L L C O C N"


def test_a_lead_that_sales_never_had_is_the_administrators(desk: Desk) -> None:
    lead_id = desk.takes(LeadInput(email="jo@acme.example")).lead_id
    assert all_see(desk, lead_id) == "N N N N N C N"


@pytest.mark.parametrize(
    ("rights", "seen"),
    [
        ("{outsiders: leads}", "N N N N N C L"),
        ("{marketers: leads}", "N N N N L C N"),
        ("{reps: leads}", "L L L N N C N"),
        ("{managers: leads}", "N N N L N C N"),
    ],
)
def test_the_playbook_lets_people_see_every_lead_without_contact_details(desk: Desk, rights: str, seen: str) -> None:
    desk.publishes(f"{PLAYBOOK}\nrights: {rights}\n")
    lead_id = desk.takes(LeadInput(email="jo@acme.example")).lead_id
    assert all_see(desk, lead_id) == seen


def test_reps_may_see_their_teams_leads(desk: Desk) -> None:
    handoff_id, _ = desk.offered("Acme", source="webinar")
    lead_id = desk.handoff(handoff_id).lead_id
    assert sees(desk, "UCHLOE", lead_id) is Sight.NOTHING
    desk.publishes(f"{PLAYBOOK}\nrights: {{reps: team}}\n")
    assert sees(desk, "UCHLOE", lead_id) is Sight.LEAD


def test_whoever_leaves_the_playbook_sees_nothing_also_of_what_they_announced(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    lead_id = desk.handoff(handoff_id).lead_id
    announced = desk.handoff(desk.hands_over("Globex", by="UANA").handoff_id).lead_id
    assert sees(desk, "UANA", lead_id) is Sight.CONTACT
    desk.publishes(without(PLAYBOOK, "UANA"))
    assert (sees(desk, "UANA", lead_id), sees(desk, "UANA", announced)) == (Sight.NOTHING, Sight.NOTHING)


def test_whoever_had_a_lead_sees_the_one_that_it_was_merged_into_however_often(desk: Desk) -> None:
    """Ben had the first; it was found to be the second, and that the third."""
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example", source="webinar")
    desk.does(decisions.claim, by="UBEN", handoff_id=handoff_id, offer_id=offer_id)
    desk.does(decisions.disqualify, by="UBEN", handoff_id=handoff_id, reason="no-need", note=None)
    elder = desk.handoff(handoff_id).lead_id
    younger = [desk.takes(LeadInput(id=name, email=f"{name}@acme.example")).lead_id for name in ("second", "third")]
    with desk.database.transaction() as session:
        for merged, kept in zip((elder, younger[0]), younger, strict=True):
            session.get_one(Lead, merged).merged_into_id = kept
    assert sees(desk, "UBEN", younger[1]) is Sight.LEAD
    assert sees(desk, "UCHLOE", younger[1]) is Sight.NOTHING


def test_one_workspace_sees_nothing_of_another(desk: Desk, other_desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    with other_desk.database.snapshot() as session:
        view = viewpoint(session, other_desk.workspace_id, "UANA")
        theirs = select(Handoff.id).where(Handoff.workspace_id == other_desk.workspace_id, view.handoffs(Sight.OUTCOME))
        assert session.scalars(theirs).all() == []
        (handoff,) = session.scalars(select(Handoff).where(Handoff.id == handoff_id))
        assert view.of(handoff, None) is Sight.NOTHING


EVERY_SET_OF_ROLES = [ReaderRoles(*(bool(bits & 1 << place) for place in range(5))) for bits in range(32)]


@pytest.mark.parametrize("roles", EVERY_SET_OF_ROLES)
def test_more_ties_never_show_less_and_only_three_show_contact_details(roles: ReaderRoles) -> None:
    for rights in (Rights(), Rights(outsiders="leads", marketers="leads", reps="team", managers="leads")):
        before = sight.sight(roles, (), rights)
        for tie in Tie:
            seen = sight.sight(roles, (tie,), rights)
            assert seen >= before
            if seen is Sight.CONTACT:
                assert roles.is_here
                assert roles.is_admin or tie in {Tie.HAS, Tie.MANAGES}


def test_whoever_types_somebody_elses_address_into_their_leads_form_gets_nothing_of_that_lead(desk: Desk) -> None:
    """Ben's lead has no address; the one that he types makes it no other lead, nor the other lead his."""
    own, _ = desk.offered("Acme", source="webinar")
    desk.does(decisions.claim, by="UBEN", handoff_id=own, offer_id=desk.card(own).offer_id)
    desk.does(decisions.disqualify, by="UBEN", handoff_id=own, reason="no-need", note=None)
    other = desk.accepted_lead("Globex", email="kim@globex.example")
    form = HandOverForm(company="Acme", did="Called", email="kim@globex.example")
    desk.does(handover.hand_over, by="UBEN", form=form, lead_id=desk.handoff(own).lead_id)
    assert desk.all(Lead, Lead.merged_into_id.is_not(None)) == []
    assert desk.handoff(own).lead_id != desk.handoff(other).lead_id
