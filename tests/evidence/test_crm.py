"""Baton on a real CRM for a day: 35 agents, 6 managers and 85 companies, with faults between Slack and the bot."""

from collections import Counter, defaultdict
from decimal import Decimal

from babel import Locale

from qualification.records import (
    Answer,
    Checklist,
    Delivery,
    DeliveryState,
    Handoff,
    Lead,
    LeadEvent,
    Membership,
    Offer,
    Person,
    Pool,
    Team,
)
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.states import HandoffState, OfferOutcome
from qualification.rules.leads.lifecycle import Lifecycle
from tests.evidence.case import Standing
from tests.evidence.course import ITEMS, YES
from tests.evidence.day import Day
from tests.evidence.rotation import rotations
from tests.evidence.sales import Sales, nearest_country
from tests.worlds import slack_side

# The handoff's state for each status on its card; nobody marks a lead as won or lost on this day.
STATES = {
    Standing.ACCEPTED: HandoffState.ACCEPTED,
    Standing.ENDED: HandoffState.DISQUALIFIED,
    Standing.QUEUED: HandoffState.MANAGER_QUEUE,
}
# What people remember having done, and the kind of event for it.
DEEDS = ("accepted", "declined", "disqualified", "undone", "reassigned", "expired", "checklist_passed")
LOG = "handlers.plumbing.errors"
UNTOLD = (EventKind.LIFECYCLE_MOVED, EventKind.ANSWERED)


def test_the_crm_is_the_one_that_was_meant(sales: Sales) -> None:
    crm = sales.crm
    assert (len(crm.accounts), len(crm.agents), len(crm.offices)) == (85, 35, 3)
    assert len({agent.manager for agent in crm.agents}) == 6


def handoffs(day: Day) -> dict[str, Handoff]:
    """Return the one handoff of each contact, by the contact's e-mail address."""
    emails = {lead.id: lead.email or "" for lead in day.world.all(Lead)}
    found = {emails[handoff.lead_id]: handoff for handoff in day.world.all(Handoff)}
    assert len(found) == len(emails) == len(day.world.all(Handoff))
    return found


def test_every_company_is_handed_over_once_and_to_the_pool_it_belongs_to(day: Day) -> None:
    found = handoffs(day)
    pools = {pool.id: pool.key for pool in day.world.all(Pool)}
    leads = {lead.email: lead for lead in day.world.all(Lead)}
    assert found.keys() == {case.lead.email for case in day.cases}
    for case in day.cases:
        handoff, lead = found[case.lead.email], leads[case.lead.email]
        assert pools[handoff.pool_id or 0] == case.lead.destination.pool
        assert handoff.size == case.lead.account.employees
        assert lead.currency == "USD"
        assert lead.value_minor == case.lead.account.revenue * Decimal(100_000)
        country = Locale("en").territories[handoff.country or ""]
        assert nearest_country(case.lead.account.country) in country


def test_a_country_that_is_none_was_refused_at_its_field_and_corrected(day: Day) -> None:
    """The driver itself checks that nothing typed is lost."""
    refused = {case.lead.account.country for case in day.cases if case.refused_country}
    assert refused
    assert refused == {each for each in day.world.sales.countries if nearest_country(each) != each}


def test_every_handoff_has_one_owner_or_one_verdict_or_a_place_in_a_queue(day: Day) -> None:
    world = day.world
    managers = {team.id: team.manager_id for team in world.all(Team)}
    waiting = Counter(offer.handoff_id for offer in world.all(Offer) if offer.outcome is OfferOutcome.OPEN)
    queues = {
        (person.id, delivery.handoff_id)
        for person in world.all(Person)
        for delivery in world.all(Delivery)
        if delivery.kind == "direct_card" and delivery.channel == person.dm_channel
    }
    for handoff in world.all(Handoff):
        assert waiting[handoff.id] == 0, "at the end of the day nobody is asked any more"
        match handoff.state:
            case HandoffState.ACCEPTED:
                assert handoff.owner_id is not None
                assert handoff.accepted_at is not None
                assert handoff.ended_at is None
            case HandoffState.DISQUALIFIED:
                assert handoff.decided_by_id is not None
                assert handoff.ended_at is not None
                assert handoff.reason == "no-budget"
            case HandoffState.MANAGER_QUEUE:
                assert handoff.owner_id is None
                assert handoff.queue_reason is not None
                assert (managers[handoff.team_id], handoff.id) in queues, "the manager has no card of it"
            case state:
                raise AssertionError(f"handoff {handoff.id} is still {state}")


def test_every_handoff_stands_where_its_people_left_it(day: Day) -> None:
    found, looks = handoffs(day), day.look()
    names = {person.id: person.name for person in day.world.all(Person)}
    for case in day.cases:
        handoff, look = found[case.lead.email], looks[case.lead.person]
        expected = case.verdict or Standing.QUEUED
        assert (look.standing, handoff.state) == (expected, STATES[expected])
        assert case.lead.account.name in look.card.text.splitlines()[0]
        if case.verdict is not None:
            assert names[handoff.decided_by_id or 0] == look.named == case.decided_by
        if case.verdict is Standing.ACCEPTED:
            assert names[handoff.owner_id or 0] == case.decided_by


def test_the_history_tells_what_people_did_and_nothing_else(day: Day) -> None:
    found = handoffs(day)
    told = defaultdict[int, Counter[str]](Counter)
    for event in day.world.all(LeadEvent):
        told[event.handoff_id or 0][event.kind.value] += 1
    for case in day.cases:
        events = told[found[case.lead.email].id]
        assert {deed: events[deed] for deed in DEEDS} == {deed: case.done[deed] for deed in DEEDS}, case.lead.person


def test_every_card_in_slack_equals_its_record(day: Day) -> None:
    unsettled = [each.id for each in day.world.all(Delivery) if each.state is not DeliveryState.DELIVERED]
    assert not unsettled
    assert slack_side.untrue(day.world) == []


def test_nothing_is_posted_twice_and_nothing_is_missing(day: Day) -> None:
    held = slack_side.held(day.world)
    pending = {slack_side.key_in_slack(day.world, each) for each in day.world.all(Delivery) if each.kind != "home"}
    assert slack_side.repeated(day.world) == Counter()
    assert held.by_key.keys() == pending
    assert held.strays == []


def test_every_event_has_one_line_in_the_thread_of_its_card(day: Day) -> None:
    found, looks = handoffs(day), day.look()
    events = Counter(event.handoff_id for event in day.world.all(LeadEvent) if event.kind not in UNTOLD)
    for case in day.cases:
        lines = [line for reply in looks[case.lead.person].card.thread for line in reply.text.splitlines()]
        assert len(lines) == events[found[case.lead.email].id] + case.done["answered"]


def test_every_turn_was_that_of_the_rep_whose_turn_it_was(day: Day) -> None:
    assert {key: rotation.wrong for key, rotation in rotations(day).items() if rotation.wrong} == {}


def test_turns_are_kept_and_given_back_exactly(day: Day) -> None:
    again = rotations(day)
    kept = defaultdict[tuple[int, int], list[int]](list)
    for offer in day.world.all(Offer):
        if offer.turn is not None and not offer.credited:
            kept[offer.pool_id or 0, offer.person_id or 0].append(offer.turn)
    seats = {(each.pool_id, each.person_id): each.last_turn for each in day.world.all(Membership)}
    for pool in day.world.all(Pool):
        rotation = again[pool.key]
        assert pool.turns == rotation.dealt
        for seat in rotation.seats:
            assert sorted(kept[pool.id, seat.person_id]) == sorted(seat.turns)
            assert seats[pool.id, seat.person_id] == seat.last


def test_reps_who_were_there_all_day_differ_by_one_turn_at_most(day: Day) -> None:
    again = rotations(day)
    assert any(sum(seat.steady for seat in rotation.seats) > 1 for rotation in again.values())
    assert {key: rotation.spread() for key, rotation in again.items() if rotation.spread() > 1} == {}


def test_every_checklist_passes_by_its_own_count(day: Day) -> None:
    leads = {lead.email: lead for lead in day.world.all(Lead)}
    checklists = {each.lead_id: each for each in day.world.all(Checklist)}
    answers = defaultdict[int, dict[str, str]](dict)
    for answer in day.world.all(Answer):
        answers[answer.checklist_id][answer.item] = answer.verdict.value
    words = {"Yes": "yes", "No": "no", "Not yet known": "unknown"}
    looks = day.look()
    worked = [case for case in day.cases if case.verdicts]
    assert {len(case.verdicts) for case in worked} == {len(ITEMS)}
    for case in worked:
        lead = leads[case.lead.email]
        checklist = checklists[lead.id]
        yes = list(case.verdicts.values()).count(YES)
        given = {item.lower(): words[verdict] for item, verdict in case.verdicts.items()}
        assert {**dict.fromkeys(given, "unknown"), **answers[checklist.id]} == given
        assert (checklist.passed_at is not None) == (yes >= 3)
        assert f"{yes} of 4{', passed' if yes >= 3 else ','}" in looks[case.lead.person].card.text
    passed = {case.lead.email for case in worked if list(case.verdicts.values()).count(YES) >= 3}
    sql = {lead.email for lead in leads.values() if lead.lifecycle is Lifecycle.SQL}
    assert sql == passed
    assert 0 < len(passed) < len(worked)


def test_every_kind_of_fault_struck_and_did_no_harm(day: Day) -> None:
    struck = Counter[str]()
    for fault in day.faults:
        struck[fault.kind] += fault.struck
    assert [kind for kind, times in struck.items() if not times] == []
    assert day.world.sandbox.complaints == []
    health = day.world.baton.health()
    # The day's clock leaps, and Slack has not been asked since.
    assert (health.database, health.schema, health.slack, health.worker) == ("ok",) * 4


def test_nothing_unforeseen_happened_but_the_faults(day: Day) -> None:
    """A person whose modal Slack did not open got one notice."""
    assert day.world.unforeseen() == []
    refused = [str(each.exc_info[1]) for each in day.world.errors.records if each.exc_info and each.name == LOG]
    unopened = sum(fault.struck for fault in day.faults if fault.method == "views.open")
    assert len(refused) <= unopened, refused
