"""The playbook published into the database, and its people, teams and pools as rows."""

from typing import Any

import pytest
from sqlalchemy import ColumnElement, select, update

from qualification.handoffs import decisions
from qualification.organisation import publishing
from qualification.people import audit
from qualification.playbook import playbooks
from qualification.records import ChannelQueue, Delivery, DeliveryState, Membership, Person, PlaybookVersion, Pool, Team
from qualification.rules.playbook.errors import PlaybookFaults
from qualification.rules.refusals import NoPlaybook, NotInPlaybook
from tests.worlds.desk import Desk, open_desk
from tests.worlds.playbook import PLAYBOOK

WITHOUT_BEN = (
    PLAYBOOK.replace("  - {slack: UBEN, name: Ben Okafor, roles: [rep], team: emea}\n", "")
    .replace("UBEN, ", "")
    .replace(", UBEN", "")
)

BY_MAIL = PLAYBOOK.replace("slack: UANA", "email: ana@northwind.example").replace("UANA", "ana@northwind.example")
BY_MAIL_AND_USER = PLAYBOOK.replace("{slack: UANA,", "{slack: UANA, email: ana@northwind.example,")


def seats(desk: Desk) -> dict[str, int]:
    """Return who sits where in the inbound rotation."""
    (pool,) = desk.all(Pool, Pool.key == "inbound")
    people = {person.id: person.slack_user_id or "" for person in desk.all(Person)}
    members = desk.all(Membership, Membership.pool_id == pool.id, Membership.active)
    return {people[member.person_id]: member.position for member in members}


def test_people_teams_and_pools_become_rows(desk: Desk) -> None:
    (team,) = desk.all(Team)
    maya = desk.person("UMAYA")
    assert (team.name, team.zone, team.channel, team.manager_id) == (
        "EMEA",
        "Europe/London",
        "#sales-emea",
        maya.id,
    )
    assert (maya.is_manager, maya.is_rep, maya.active) == (True, False, True)
    assert seats(desk) == {"UANA": 0, "UBEN": 1, "UCHLOE": 2}


def test_a_bad_playbook_changes_nothing(desk: Desk) -> None:
    before = desk.reads(lambda session: playbooks.current(session, desk.workspace_id).id)
    with pytest.raises(PlaybookFaults):
        desk.publishes(PLAYBOOK.replace("pool: inbound}", "pool: inbuond}"))
    assert desk.reads(lambda session: playbooks.current(session, desk.workspace_id).id) == before
    assert len(desk.all(PlaybookVersion)) == 1


def test_whoever_is_named_no_more_is_switched_off_and_keeps_their_history(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.passes_on(desk.offered("Other")[0], by="UBEN")
    desk.publishes(WITHOUT_BEN)
    assert not desk.person("UBEN").active
    assert seats(desk) == {"UANA": 0, "UCHLOE": 1}
    assert desk.card(handoff_id).owner is not None
    assert desk.turn("UBEN") == 0


def test_a_rep_who_comes_back_takes_up_their_old_turn(desk: Desk) -> None:
    desk.offered("First")
    desk.publishes(WITHOUT_BEN)
    desk.publishes(PLAYBOOK)
    assert seats(desk) == {"UANA": 0, "UBEN": 1, "UCHLOE": 2}
    assert desk.turn("UANA") == 1
    assert desk.asked(desk.hands_over("Second").handoff_id) == "UBEN"


def test_the_same_text_again_is_the_same_version_made_newest(desk: Desk) -> None:
    first = desk.reads(lambda session: playbooks.current(session, desk.workspace_id).id)
    second = desk.publishes(WITHOUT_BEN).id
    assert second != first
    assert desk.publishes(PLAYBOOK).id == first
    assert desk.reads(lambda session: playbooks.current(session, desk.workspace_id).id) == first


def test_somebody_who_acted_before_they_were_named_is_the_same_person(desk: Desk) -> None:
    desk.hands_over(by="UNEW")
    before = desk.person("UNEW").id
    named = PLAYBOOK.replace("people:\n", "people:\n  - {slack: UNEW, name: Nia Cole, roles: [marketer]}\n")
    desk.publishes(named)
    person = desk.person("UNEW")
    assert (person.id, person.name, person.is_marketer, person.active) == (before, "Nia Cole", True, True)


def test_invariant_6_a_result_carries_the_version_that_made_it(desk: Desk) -> None:
    """A handoff keeps the version that routed it, each offer and event the one that decided."""
    handoff_id, _ = desk.offered()
    first = desk.handoff(handoff_id).playbook_id
    second = desk.publishes(PLAYBOOK.replace("name: Inbound,", "name: All inbound,")).id
    desk.passes_on(handoff_id, by="UANA")
    assert first != second
    assert [offer.playbook_id for offer in desk.offers(handoff_id)] == [first, second]
    assert {event.kind.value: event.playbook_id for event in desk.events(handoff_id)} == {
        "handed_over": first,
        "lifecycle_moved": first,
        "offered": second,
        "declined": second,
    }
    offer = desk.offers(handoff_id)[0]
    assert (offer.why, offer.rule, offer.turn) == ("turn", "Everything else", 1)
    assert desk.card(handoff_id).pool == "All inbound"


def test_invariant_7_nothing_is_deleted_and_history_is_only_added_to(desk: Desk) -> None:
    """Undo, reopen and a person switched off leave every earlier line as it was."""
    handoff_id, offer_id = desk.offered()
    seen = []
    for step in (
        lambda: desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id),
        lambda: desk.does(decisions.undo, by="UANA", handoff_id=handoff_id),
        lambda: desk.passes_on(handoff_id, by="UANA"),
        lambda: desk.publishes(WITHOUT_BEN),
    ):
        before = [(event.id, event.kind, event.at, event.facts) for event in desk.events(handoff_id)]
        step()
        after = [(event.id, event.kind, event.at, event.facts) for event in desk.events(handoff_id)]
        assert after[: len(before)] == before
        seen.append(len(after))
    assert seen == sorted(seen)
    assert len(desk.offers(handoff_id)) == 2


def test_a_workspace_without_a_playbook_says_so(desk: Desk) -> None:
    bare = open_desk(desk.database, "T9", playbook=None)
    with pytest.raises(NoPlaybook):
        bare.reads(lambda session: playbooks.current(session, bare.workspace_id))


def test_what_was_owed_to_the_name_of_a_channel_is_owed_to_its_id(desk: Desk) -> None:
    desk.hands_over()
    desk.does(publishing.channel_found, channel="#sales-emea", channel_id="C0123456789")
    assert "C0123456789" in {queue.place for queue in desk.all(ChannelQueue)}
    desk.hands_over("Other")
    assert "#sales-emea" not in {queue.place for queue in desk.all(ChannelQueue)}


def test_somebody_known_by_two_rows_is_one_once_the_playbook_says_so(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.publishes(BY_MAIL)
    desk.publishes(BY_MAIL_AND_USER)
    ana = desk.person("UANA")
    assert (ana.email, ana.active) == ("ana@northwind.example", True)
    assert desk.handoff(handoff_id).owner_id == ana.id


def test_slack_users_that_were_mixed_up_are_put_right(desk: Desk) -> None:
    """What was known of the other is forgotten: a message for Ben must not reach Ana's conversation with the bot."""
    mixed_up = BY_MAIL_AND_USER.replace("{slack: UBEN,", "{slack: UBEN, email: ben@northwind.example,")
    desk.publishes(mixed_up)
    with desk.database.transaction() as session:
        session.get_one(Person, desk.person("UANA").id).dm_channel = "DANA"
    desk.publishes(
        mixed_up.replace("UANA, email", "UNEW, email").replace("UBEN, email", "UANA, email").replace("UNEW", "UBEN")
    )
    assert desk.person("UANA").email == "ben@northwind.example"
    assert desk.person("UBEN").dm_channel is None


def test_live_leads_follow_a_rep_whom_the_playbook_names_anew(desk: Desk) -> None:
    owned = desk.accepted("First", by="UANA")
    offered, offer_id = desk.offered("Second")
    desk.does(decisions.reassign, by="UMAYA", handoff_id=offered, to="UANA")
    desk.publishes(BY_MAIL)
    (named,) = desk.all(Person, Person.email == "ana@northwind.example")
    with desk.database.transaction() as session:
        ana = session.get_one(Person, named.id)
        publishing.person_found(session, ana, slack_user_id="UANA", zone=None, locale=None, now=desk.now)
    assert desk.handoff(owned).owner_id == named.id
    desk.does(decisions.accept, by="UANA", handoff_id=offered, offer_id=offer_id)
    assert desk.handoff(offered).owner_id == named.id


def test_whoever_is_named_no_more_decides_no_more(desk: Desk) -> None:
    maya = "  - {slack: UMAYA, name: Maya Cohen, roles: [manager], team: emea}\n"
    desk.publishes(PLAYBOOK.replace(maya, maya + maya.replace("UMAYA, name: Maya Cohen", "UMAX, name: Max Weber")))
    handoff_id, offer_id = desk.offered()
    desk.publishes(PLAYBOOK)
    with pytest.raises(NotInPlaybook):
        desk.does(decisions.accept, by="UMAX", handoff_id=handoff_id, offer_id=offer_id)


def test_a_pool_that_is_gone_from_the_playbook_asks_nobody(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    desk.publishes(
        PLAYBOOK.replace("inbound: {name: Inbound", "outbound: {name: Outbound").replace(
            "pool: inbound}", "pool: outbound}"
        )
    )
    desk.passes_on(handoff_id, by="UANA")
    assert desk.card(handoff_id).state == "manager_queue"


def test_a_new_manager_is_shown_the_queue(desk: Desk) -> None:
    desk.later(days=5)
    handoff_id = desk.hands_over().handoff_id
    desk.publishes(PLAYBOOK.replace("manager: UMAYA", "manager: UOLU").replace("[admin]", "[admin, manager]"))
    queues = {queue.id: queue.place for queue in desk.all(ChannelQueue)}
    cards = desk.all(Delivery, Delivery.kind == "direct_card", Delivery.handoff_id == handoff_id)
    assert {queues[card.queue_id] for card in cards} == {f"direct:{desk.person(who).id}" for who in ("UMAYA", "UOLU")}


def test_a_lead_at_work_keeps_its_card_and_thread_when_the_team_moves(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.publishes(PLAYBOOK.replace("#sales-emea", "#sales-north"))
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")
    assert places(desk, handoff_id) == {"#sales-emea"}
    assert places(desk, desk.offered("Second")[0]) == {"#sales-north"}


def test_a_card_that_its_channel_takes_no_more_goes_to_the_channel_the_team_has_now(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    with desk.database.transaction() as session:
        for message in session.scalars(select(Delivery).where(Delivery.kind.in_(["lead_card", "thread_line"]))):
            message.state, message.last_error = DeliveryState.DEAD_LETTER, "is_archived"
    desk.publishes(PLAYBOOK.replace("#sales-emea", "#sales-north"))
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")
    pending = Delivery.state == DeliveryState.PENDING
    assert places(desk, handoff_id, pending) == {"#sales-north"}


def test_a_new_playbook_redraws_what_is_live_and_the_same_one_nothing(desk: Desk) -> None:
    live, ended = desk.accepted("First", by="UANA"), desk.accepted("Second", by="UBEN")
    desk.does(decisions.disqualify, by="UBEN", handoff_id=ended, offer_id=None, reason="no-budget", note=None)
    before = {each.id: each.desired_revision for each in desk.all(Delivery)}
    desk.publishes(PLAYBOOK)
    assert {each.id: each.desired_revision for each in desk.all(Delivery)} == before
    desk.publishes(PLAYBOOK.replace("name: EMEA", "name: Europe"))
    grown = {(each.kind, each.handoff_id) for each in desk.all(Delivery) if each.desired_revision > before[each.id]}
    assert grown == {("lead_card", live), ("direct_card", live), ("receipt", live)}


def test_turns_and_what_undo_puts_back_follow_a_rep_whom_the_playbook_names_anew(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    turn = desk.turn("UANA")
    desk.publishes(BY_MAIL)
    (named,) = desk.all(Person, Person.email == "ana@northwind.example")
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")
    with desk.database.transaction() as session:
        ana = session.get_one(Person, named.id)
        publishing.person_found(session, ana, slack_user_id="UANA", zone=None, locale=None, now=desk.now)
    assert desk.turn("UANA") == turn
    assert all(offer.person_id != named.id or offer.turn == turn for offer in desk.offers(handoff_id))
    assert named.id in {offer.person_id for offer in desk.offers(handoff_id)}


def places(desk: Desk, handoff_id: int, *where: ColumnElement[bool]) -> set[str]:
    """Return where the handoff's card and the lines under it stand."""
    queues = {queue.id: queue.place for queue in desk.all(ChannelQueue)}
    kinds = Delivery.kind.in_(["lead_card", "thread_line"])
    return {queues[each.queue_id] for each in desk.all(Delivery, Delivery.handoff_id == handoff_id, kinds, *where)}


def audited(desk: Desk) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what the audit keeps, the newest first."""
    entries = desk.reads(lambda session: audit.entries(session, desk.workspace_id))
    return [(each.action.value, each.by, each.details) for each in entries]


def test_the_audit_keeps_who_published_and_what_that_changed_of_rights(desk: Desk) -> None:
    ana, maya, olu = (desk.person(user).id for user in ("UANA", "UMAYA", "UOLU"))
    first = desk.reads(lambda session: playbooks.current(session, desk.workspace_id)).id
    assert audited(desk) == [
        (
            "rights_changed",
            "test",
            {"version": first, "admins_added": [olu], "managers_added": [maya], "team_managers": {"emea": maya}},
        ),
        ("playbook_published", "test", {"version": first}),
    ]
    widened = PLAYBOOK.replace("roles: [admin]", "roles: [marketer]").replace("manager: UMAYA", "manager: UANA")
    widened = widened.replace("Ana Ruiz, roles: [rep]", "Ana Ruiz, roles: [rep, manager]")
    version = desk.publishes(f"{widened}\nrights: {{reps: leads}}\n").id
    assert audited(desk)[:2] == [
        (
            "rights_changed",
            "test",
            {
                "version": version,
                "reps": "own -> leads",
                "admins_removed": [olu],
                "managers_added": [ana],
                "team_managers": {"emea": ana},
            },
        ),
        ("playbook_published", "test", {"version": version}),
    ]


def test_a_version_that_changes_no_right_is_published_in_the_audit_alone(desk: Desk) -> None:
    desk.publishes(WITHOUT_BEN)
    assert [action for action, _, _ in audited(desk)][:2] == ["playbook_published", "rights_changed"]


def test_a_playbook_can_be_published_over_one_that_can_no_longer_be_read(desk: Desk) -> None:
    """As after an upgrade that is stricter."""
    with desk.database.transaction() as session:
        session.execute(update(PlaybookVersion).values(text="version: 1\n"))
    desk.publishes(WITHOUT_BEN)
    assert audited(desk)[0][0] == "playbook_published"
