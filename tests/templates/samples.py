"""Facts for every template: what may stand in them, hostile texts included."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from qualification.checklists.checklists import ChecklistForm, ChecklistItem
from qualification.handoffs.erasure import Erasure
from qualification.handoffs.handover import HandOverResult
from qualification.handoffs.merge_by_hand import MergeObstacle, MergePreview
from qualification.handoffs.own_company import CompanyDoubt, OwnCompanyForm
from qualification.handoffs.retention import RetentionNotice
from qualification.reporting.figures import (
    Amount,
    Conversion,
    DailySummary,
    GroupTally,
    LifecycleCount,
    NamedCount,
    Needed,
    Pipeline,
    Rate,
    RepDay,
    StageTally,
    Steps,
    Tally,
)
from qualification.rules.field_errors import FieldFault
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.event_types import TYPES
from qualification.rules.handoffs.states import HandoffState, OfferOutcome
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.leads.proposed_evidence import Proposal
from qualification.rules.people.reachability import Unreachable
from qualification.rules.person_ref import PersonRef
from qualification.rules.refusals import NoReassigning
from qualification.views.cards import LeadCard
from qualification.views.forms import DecisionForm, EraseForm, HandOverChoices
from qualification.views.held import GateCount, GatedLead, GatedLeads
from qualification.views.home import HandedOverLately, Home, OutOfReach, Page, TeamClocks
from qualification.views.lead_page import FoundLead, LeadPage, MergedLead, RecentActivity
from qualification.views.marks import ChecklistMark, Choice, ItemMark, ScoreContribution, SnoozeMark, TaskMark
from qualification.views.merge_form import Candidate, MergeForm
from qualification.views.overview import DeadLetter, Overview
from qualification.views.receipts import HandoffLine, Receipt
from qualification.views.reminders import Reminder, Resumed
from qualification.views.revealed import Revealed, RevealedLine
from qualification.views.search import LeadLine
from qualification.views.thread import ThreadLine

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
ANA, BEN, MAYA, MIA = (PersonRef(name, f"U{name.upper()}") for name in ("Ana", "Ben", "Maya", "Mia"))
EMAIL, PHONE = "jo.lead@customer.example", "+49 30 5550199"

HOSTILE = (
    "<!channel> <!here> <@U123> <#C123>",
    "<https://evil.example|your bank> https://evil.example www.evil.example a@evil.example",
    "*bold* _italic_ ~gone~ `code` ```block```",
    "> quoted\n>>> all of it\n- item\n1. item",
    'O\'Neil & Sons "quoted" \\ back\\slash \\" \\u003c!channel>',
    "\u202eright to left\u202c \u2066isolate \u200fmark שלום مرحبا",
    "word " * 1000,
    "x" * 5000,
    "👩‍👩‍👧‍👦🏽🇩🇪" * 300,
    "&<>*_" * 900,
    "株式会社テスト 佐藤さん",
    ":tada: :100: 10:30:15",
    "\x00\x07\x1b[31m\x7f\x9b\r\n\u2028tab\t",
    "\ufdd0pU123\ufdd2x\ufdd1 \ufdd0t1\ufdd2moment\ufdd1 \ufdd0 \ufdd1",
    "\ud83d alone \udc00",
    "{{ 7 * 7 }} {% raw %} %(who)s %s %%",
    '","type":"image"},{"a":"',
    "\n\n\n\n\n",
    " ",
)

# Nobody is called None here: a test looks for the word, which a fact left out would become.
PERMALINK = (
    "https://northwind.slack.com/archives/C0123456789/p1763820300000100?thread_ts=1763820000.000100&cid=C0123456789"
)

hostile = (st.sampled_from(HOSTILE) | st.text(max_size=80) | st.text(st.characters(), min_size=1, max_size=40)).filter(
    lambda text: "None" not in text
)
perhaps_hostile = st.none() | hostile
permalinks = st.just(PERMALINK) | perhaps_hostile
keys = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
people = st.builds(PersonRef, name=hostile, slack_user_id=st.none() | st.sampled_from(["U1", "U2ABC", "W9"]))
perhaps_people = st.none() | people
times = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
perhaps_times = st.none() | times
counts = st.integers(0, 2**40)
choices = st.builds(Choice, key=keys, name=hostile, description=perhaps_hostile, note_required=st.booleans())
several_choices = st.lists(choices, max_size=4, unique_by=lambda choice: choice.key).map(tuple)
marks = st.builds(
    ChecklistMark,
    framework=hostile,
    items=st.lists(
        st.builds(ItemMark, key=keys, name=hostile, verdict=st.sampled_from(["yes", "no", "unknown"])), max_size=8
    ).map(tuple),
    yes=st.integers(0, 8),
    needed=st.integers(0, 8),
    passed=st.booleans(),
)
weights = st.lists(
    st.builds(ScoreContribution, name=hostile, times=st.integers(1, 40), points=st.integers(-20, 200)), max_size=3
).map(tuple)
tasks = st.builds(TaskMark, task_id=counts, name=hostile, due_at=times, overdue=st.booleans(), done_at=perhaps_times)
put_offs = st.builds(
    SnoozeMark,
    by=perhaps_people,
    at=times,
    words=perhaps_hostile,
    contacted_at=perhaps_times,
    how=perhaps_hostile,
    contact_note=perhaps_hostile,
)
cards = st.builds(
    LeadCard,
    handoff_id=counts,
    offer_id=st.none() | counts,
    state=st.sampled_from([state.value for state in HandoffState]),
    lifecycle=st.sampled_from([lifecycle.value for lifecycle in Lifecycle]),
    company=perhaps_hostile,
    person=perhaps_hostile,
    title=perhaps_hostile,
    email=st.just(EMAIL),
    phone=st.just(PHONE),
    size=st.none() | counts,
    country=st.none() | st.sampled_from(["DE", "GB", "XX"]) | hostile,
    source=perhaps_hostile,
    campaign=perhaps_hostile,
    value_minor=st.none() | counts,
    currency=st.none() | st.sampled_from(["EUR", "JPY", "KWD"]) | hostile,
    did=hostile,
    problem=perhaps_hostile,
    promised=perhaps_hostile,
    note=perhaps_hostile,
    do_not_contact=st.booleans(),
    score=st.integers(-50, 500),
    contributions=weights,
    announcer=perhaps_people,
    announced_at=times,
    permalink=permalinks,
    team=hostile,
    manager=perhaps_people,
    offered_to=perhaps_people,
    pool=perhaps_hostile,
    why=st.sampled_from([None, "turn", "pool", "manager", "resumed"]),
    rule=perhaps_hostile,
    turn=st.none() | counts,
    accept_by=perhaps_times,
    owner=perhaps_people,
    accepted_at=perhaps_times,
    contacted_at=perhaps_times,
    stage=st.none() | keys,
    stages=several_choices,
    checklist=st.none() | marks,
    decided_by=perhaps_people,
    ended_at=perhaps_times,
    reason=perhaps_hostile,
    reason_note=perhaps_hostile,
    undo_until=perhaps_times,
    handoff_number=st.integers(1, 9),
    queue_reason=st.sampled_from([None, "nobody_there", "everyone_asked", "pool_expired", "do_not_contact", "gated"]),
    reader=perhaps_people,
    reader_may_decide=st.booleans(),
    resume_at=perhaps_times,
    snooze=st.none() | put_offs,
    task=st.none() | tasks,
    is_masked=st.booleans(),
    beside=st.lists(hostile, max_size=5).map(tuple),
)
revelations = st.builds(
    Revealed,
    handoff_id=counts,
    lead=hostile,
    email=st.none() | st.just(EMAIL),
    phone=st.none() | st.just(PHONE),
    did=perhaps_hostile,
    problem=perhaps_hostile,
    promised=perhaps_hostile,
    note=perhaps_hostile,
    reason_note=perhaps_hostile,
    history=st.lists(
        st.builds(
            RevealedLine, at=times, actor=perhaps_people, words=st.lists(hostile, min_size=1, max_size=3).map(tuple)
        ),
        max_size=20,
    ).map(tuple),
)
values = st.none() | hostile | st.tuples(counts, st.just("EUR"))
# What the fields of events hold, by name.
FIELDS: Mapping[str, st.SearchStrategy[object]] = {
    "sender": st.none(),
    "to_id": st.none() | counts,
    "other": counts,
    "manager_id": st.none() | counts,
    "decided": st.booleans(),
    "evidence_before": perhaps_hostile,
    "rule": perhaps_hostile,
    "pool": hostile,
    "turn": st.none() | counts,
    "accept_by": perhaps_times,
    "claimed": st.booleans(),
    "reason": perhaps_hostile,
    "note": perhaps_hostile,
    "was": st.sampled_from(HandoffState),
    "how": hostile,
    "stage": hostile,
    "changes": st.lists(st.tuples(st.sampled_from(["value", "note", "email", "odd"]), values, values), max_size=3).map(
        tuple
    ),
    "item": hostile,
    "verdict": st.sampled_from(["yes", "no", "unknown"]),
    "framework": hostile,
    "yes": counts,
    "total": counts,
    "fields": st.lists(st.sampled_from(["name", "title", "value_minor", "odd"]), min_size=1).map(tuple),
    "did": perhaps_hostile,
    "problem": perhaps_hostile,
    "promised": perhaps_hostile,
    "source": perhaps_hostile,
    "campaign": perhaps_hostile,
    "gates": st.lists(hostile, max_size=3).map(tuple),
    "permalink": permalinks,
    "until": perhaps_times,
    "is_due": st.booleans(),
    "company": perhaps_hostile,
    "former": perhaps_hostile,
    "former_id": st.none() | counts,
    "has_left": st.booleans(),
    "task": hostile,
}
UNTOLD = {
    EventKind.LIFECYCLE_MOVED,
    EventKind.CAME_IN,
    EventKind.GATED,
    EventKind.RELEASED,
    EventKind.MERGED,
    EventKind.SPLIT,
}
TOLD = sorted(kind for kind in EventKind if kind not in UNTOLD)


def _line(kind: EventKind) -> st.SearchStrategy[ThreadLine]:
    """Draw a line of a lead's history that tells an event of this kind."""
    held = {field.name: FIELDS[field.name] for field in fields(TYPES[kind])}
    event = st.builds(TYPES[kind], **held)
    return st.builds(
        ThreadLine,
        event=event,
        at=times,
        actor=perhaps_people,
        person=perhaps_people,
        handoff_id=st.none() | counts,
        other=perhaps_hostile,
        is_masked=st.booleans(),
    )


leads = st.builds(
    LeadLine,
    handoff_id=counts,
    offer_id=st.none() | counts,
    lead=hostile,
    state=st.sampled_from([state.value for state in HandoffState]),
    stage=perhaps_hostile,
    accept_by=perhaps_times,
    owner=perhaps_people,
    accepted_at=perhaps_times,
    untouched=st.booleans(),
    task=st.none() | tasks,
)
found = st.builds(
    FoundLead,
    lead_id=counts,
    lead=hostile,
    lifecycle=st.sampled_from([station.value for station in Lifecycle]),
    score=st.integers(-50, 500),
    state=st.none() | st.sampled_from([state.value for state in HandoffState]),
    owner=perhaps_people,
)
gates = st.builds(GateCount, gate=hostile, disqualifies=st.booleans(), now=counts, lately=counts)
held_leads = st.builds(GatedLead, lead_id=counts, lead=hostile, gate=hostile, since=times)
held = st.builds(
    GatedLeads,
    gates=st.lists(gates, max_size=4).map(tuple),
    latest=st.lists(held_leads, max_size=3, unique_by=lambda each: each.lead_id).map(tuple),
    count=st.integers(3, 900) | st.just(0),
)
several_leads = st.lists(leads, max_size=4, unique_by=lambda lead: lead.handoff_id).map(tuple)
doubts = st.builds(
    CompanyDoubt, company=hostile, typed=hostile, others=st.sampled_from([0, 2, 3]), former=st.none()
) | st.builds(CompanyDoubt, company=hostile, typed=st.none(), others=st.just(2), former=perhaps_hostile)
own_companies = st.builds(
    OwnCompanyForm,
    lead_id=counts,
    lead=hostile,
    company=perhaps_hostile,
    typed=perhaps_hostile,
)
pages = st.builds(
    LeadPage,
    lead_id=counts,
    lead=hostile,
    name=perhaps_hostile,
    company=perhaps_hostile,
    lifecycle=st.sampled_from([station.value for station in Lifecycle]),
    score=st.integers(-50, 500),
    contributions=weights,
    email=perhaps_hostile,
    emails=st.lists(hostile, max_size=3).map(tuple),
    phone=perhaps_hostile,
    phones=st.lists(hostile, max_size=3).map(tuple),
    title=perhaps_hostile,
    size=st.none() | counts,
    country=st.sampled_from([None, "DE", "GB"]),
    source=perhaps_hostile,
    campaign=perhaps_hostile,
    value_minor=st.none() | counts,
    currency=st.just("EUR"),
    problem=perhaps_hostile,
    do_not_contact=st.booleans(),
    gated_by=perhaps_hostile,
    card=st.none() | cards,
    is_live=st.booleans(),
    may_decide=st.booleans(),
    sees_contact=st.booleans(),
    recent=st.lists(st.builds(RecentActivity, name=hostile, what=perhaps_hostile, at=times), max_size=3).map(tuple),
    activities=st.integers(3, 900),
    merged=st.lists(
        st.builds(MergedLead, merge_id=counts, lead=hostile, at=times), max_size=3, unique_by=lambda each: each.merge_id
    ).map(tuple),
    unread=st.dictionaries(st.sampled_from(["size", "email", "country", "other"]), st.just("") | hostile, max_size=3),
    ids=st.lists(hostile, max_size=7).map(tuple),
    alike=st.lists(hostile, max_size=2).map(tuple),
    doubt=st.none() | doubts,
)
merge_forms = st.builds(
    MergeForm,
    lead_id=counts,
    lead=hostile,
    candidates=st.lists(
        st.builds(
            Candidate, lead_id=counts, lead=hostile, email=perhaps_hostile, why=st.sampled_from(["phone", "name", ""])
        ),
        max_size=4,
        unique_by=lambda each: each.lead_id,
    ).map(tuple),
    query=st.just("") | hostile,
)
merge_previews = st.builds(
    MergePreview,
    kept_id=counts,
    merged_id=counts,
    kept=hostile,
    merged=hostile,
    name=perhaps_hostile,
    company=perhaps_hostile,
    emails=st.lists(hostile, max_size=3).map(tuple),
    phones=st.lists(hostile, max_size=3).map(tuple),
    scores=st.tuples(st.integers(-50, 500), st.integers(-50, 500)),
    activities=counts,
    handoffs=st.integers(0, 3),
    do_not_contact=st.booleans(),
    obstacle=st.none() | st.sampled_from([*MergeObstacle]),
)
starts = st.builds(
    Overview,
    person=people,
    is_rep=st.booleans(),
    is_manager=st.booleans(),
    is_marketer=st.booleans(),
    is_admin=st.booleans(),
    away=st.booleans(),
    away_until=perhaps_times,
    team=perhaps_hostile,
    asks_me=several_leads,
    asks_me_count=st.integers(0, 300),
    mine=several_leads,
    mine_count=st.integers(0, 300),
)
whereabouts: dict[str, st.SearchStrategy[Any]] = {
    "handoff_id": counts,
    "offer_id": st.none() | counts,
    "lead": hostile,
    "team": hostile,
    "state": st.sampled_from([state.value for state in HandoffState]),
    "lifecycle": st.sampled_from([station.value for station in Lifecycle]),
    "announced_at": times,
    "manager": perhaps_people,
    "offered_to": perhaps_people,
    "pool": perhaps_hostile,
    "offered_at": perhaps_times,
    "accept_by": perhaps_times,
    "asked": st.integers(0, 9),
    "queue_reason": st.sampled_from([None, "nobody_there", "everyone_asked", "pool_expired"]),
    "owner": perhaps_people,
    "stage": st.none() | keys,
    "stages": several_choices,
    "decided_by": perhaps_people,
    "ended_at": perhaps_times,
    "reason": perhaps_hostile,
    "resume_at": perhaps_times,
    "reader": perhaps_people,
}
handoff_lines = st.builds(HandoffLine, **whereabouts)
receipts = st.builds(
    Receipt,
    **whereabouts,
    asked_last=perhaps_people,
    opened_at=perhaps_times,
    before=perhaps_people,
    before_pool=perhaps_hostile,
    before_outcome=st.sampled_from([None, "declined", "expired"]),
    before_reason=perhaps_hostile,
    accepted_at=perhaps_times,
    contacted_at=perhaps_times,
    untouched=st.booleans(),
    qualified_at=perhaps_times,
    reason_note=perhaps_hostile,
    permalink=permalinks,
    doubt=st.none() | doubts,
    lead_id=st.none() | counts,
)


def _pages(line: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[Page[Any]]:
    """Make pages of such lines: empty, full, the only one and one among many."""
    beside = st.none() | st.integers(1, 2000)
    empty: st.SearchStrategy[Page[Any]] = st.just(Page((), 0, 0, 0, None, None))
    return empty | st.builds(
        Page,
        lines=st.lists(line, min_size=1, max_size=2).map(tuple) | line.map(lambda same: (same,) * size),
        first=st.integers(1, 10_000),
        last=st.integers(1, 10_000),
        count=st.integers(1, 10_000),
        previous=beside,
        following=beside,
    )


homes = st.builds(
    Home,
    person=people,
    is_rep=st.booleans(),
    is_manager=st.booleans(),
    is_marketer=st.booleans(),
    is_admin=st.booleans(),
    away=st.booleans(),
    away_until=perhaps_times,
    team=perhaps_hostile,
    waiting=_pages(leads, 5),
    mine=_pages(leads, 5),
    snoozed=_pages(handoff_lines, 5),
    teams=st.lists(
        st.builds(
            TeamClocks,
            team=hostile,
            waiting=st.integers(0, 900),
            longest_since=perhaps_times,
            untouched=st.integers(0, 900),
            overdue=st.integers(0, 900),
        ),
        max_size=5,
    ).map(tuple),
    more_teams=st.integers(0, 40),
    unaccepted=_pages(handoff_lines, 5),
    queue=_pages(handoff_lines, 5),
    handoffs=_pages(handoff_lines, 8),
    lately=st.builds(
        HandedOverLately,
        days=st.just(30),
        **dict.fromkeys(("handed_over", "accepted", "qualified", "won", "lost", "disqualified"), st.integers(0, 9000)),
    ),
    is_new=st.booleans(),
    dead_letters=st.lists(
        st.builds(
            DeadLetter,
            channel=perhaps_hostile,
            person=perhaps_people,
            is_home=st.booleans(),
            last_error=st.sampled_from(["not_in_channel", "channel_not_found", "user_disabled", "unforeseen"])
            | hostile,
            count=st.integers(1, 3000),
            lead=perhaps_hostile,
        ),
        max_size=5,
    ).map(tuple),
    dead_letter_count=st.integers(0, 300),
    slack_error=perhaps_hostile,
    out_of_reach=st.lists(
        st.builds(OutOfReach, name=hostile, contact=perhaps_hostile, why=st.sampled_from(Unreachable)), max_size=10
    ).map(tuple),
    more_out_of_reach=st.integers(0, 300),
    retention=st.none() | st.builds(RetentionNotice, first_at=times, leads=st.none() | st.integers(0, 90_000)),
)
decisions = st.builds(
    DecisionForm,
    handoff_id=counts,
    offer_id=st.none() | counts,
    lead=hostile,
    reasons=several_choices,
    picked=st.none() | choices,
    note=perhaps_hostile,
    value=perhaps_hostile,
    currency=st.none() | st.just("EUR"),
    day=st.none() | st.just("2027-02-24"),
)
checklists = st.builds(
    ChecklistForm,
    handoff_id=counts,
    lead=hostile,
    framework=hostile,
    items=st.lists(
        st.builds(
            ChecklistItem,
            key=keys,
            name=hostile,
            questions=st.lists(hostile, max_size=3).map(tuple),
            hint=perhaps_hostile,
            verdict=st.sampled_from(["yes", "no", "unknown"]),
            evidence=hostile,
            proposal=st.none() | st.builds(Proposal, words=hostile, source=hostile),
        ),
        max_size=4,
        unique_by=lambda item: item.key,
    ).map(tuple),
    yes=st.integers(0, 8),
    needed=st.integers(0, 8),
    passed=st.booleans(),
    missing=st.lists(hostile, max_size=3).map(tuple),
    next_question=perhaps_hostile,
)
results = st.builds(
    HandOverResult,
    handoff_id=counts,
    lead=hostile,
    state=st.sampled_from([state.value for state in HandoffState]),
    already=st.booleans(),
    offered_to=perhaps_people,
    pool=perhaps_hostile,
    manager=perhaps_people,
    owner=perhaps_people,
    accept_by=perhaps_times,
    announcer=perhaps_people,
    do_not_contact=st.booleans(),
    gates=st.lists(hostile, max_size=3).map(tuple),
    company=perhaps_hostile,
    lead_id=st.none() | counts,
)
reminders = st.builds(
    Reminder,
    handoff_id=counts,
    lead=hostile,
    accept_by=perhaps_times,
    outcome=st.sampled_from([outcome.value for outcome in OfferOutcome]),
)
may = st.lists(people, max_size=3).map(tuple)
states = st.sampled_from([state.value for state in HandoffState])
field_faults = st.sampled_from([fault.value for fault in FieldFault])
field_names = st.sampled_from(["company", "email", "value", "note", "until", "odd"])


def _facts(**strategies: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(strategies)


amounts = st.lists(
    st.builds(Amount, minor=st.integers(1, 2**40), currency=st.sampled_from(["EUR", "USD", "JPY"])), max_size=3
).map(tuple)
sums = st.builds(Tally, count=st.integers(0, 2**40), amounts=amounts)
stations = st.just(tuple(LifecycleCount(each.value, number * 1000) for number, each in enumerate(Lifecycle)))
stages_beside = st.sampled_from(["waiting", "not_now", "disqualified"])
stage_tallies = st.builds(StageTally, key=stages_beside | st.just("won"), name=hostile, tally=sums)
unnamed_stages = st.builds(StageTally, key=stages_beside, name=st.none(), tally=sums)
group_tallies = st.builds(GroupTally, name=perhaps_hostile, waiting=sums, open=sums, snoozed=sums, won=sums, lost=sums)
reports = st.builds(
    Pipeline,
    by=st.sampled_from(["rep", "team", "source"]),
    period=st.none() | st.sampled_from(["today", "last-month", "this-quarter"]),
    scope=st.sampled_from(["own", "team", "all"]),
    teams=st.lists(hostile, max_size=3).map(tuple),
    rep=perhaps_people,
    count=counts,
    total=group_tallies,
    team=st.none() | group_tallies,
    stages=st.just(()),
    groups=st.lists(group_tallies, max_size=25).map(tuple),
    lifecycle=stations | st.just(()),
    words=st.sampled_from(["", "today by rep", "last month <@U1>"]),
) | st.builds(
    Pipeline,
    by=st.just("stage"),
    period=st.none() | st.sampled_from(["today", "last-year"]),
    scope=st.sampled_from(["own", "team", "all"]),
    teams=st.lists(hostile, max_size=3).map(tuple),
    rep=perhaps_people,
    count=counts,
    total=group_tallies,
    team=st.none() | group_tallies,
    stages=st.lists(stage_tallies | unnamed_stages, min_size=1, max_size=25).map(tuple),
    groups=st.just(()),
    lifecycle=stations | st.just(()),
    words=st.just(""),
)
steps = st.builds(Steps, **dict.fromkeys([each.name for each in fields(Steps)], st.integers(0, 3000)))
needed = st.lists(
    st.builds(
        Needed,
        lead=hostile,
        why=st.sampled_from(["offered", "pooled", "manager_queue", "contact", "task"]),
        what=perhaps_hostile,
        who=perhaps_people,
        since=times,
        overdue=st.booleans(),
    ),
    max_size=10,
).map(tuple)
named_counts = st.lists(st.builds(NamedCount, name=perhaps_hostile, count=counts), max_size=25).map(tuple)
summaries = st.builds(
    DailySummary,
    team=hostile,
    day=st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1)),
    since=times,
    until=times,
    made_at=times,
    stands_later=st.booleans(),
    late=st.booleans(),
    teams=st.integers(1, 5),
    came_in=st.integers(0, 3000),
    steps=steps | st.just(Steps()),
    stages=st.lists(stage_tallies | unnamed_stages, max_size=25).map(tuple),
    lifecycle=stations | st.just(()),
    waiting=needed,
    waiting_count=st.just(0) | st.integers(10, 900),
    overdue=needed,
    overdue_count=st.integers(0, 900),
    reps=st.lists(st.builds(RepDay, who=perhaps_people, steps=steps), max_size=40).map(tuple),
    sources=named_counts,
    reasons=named_counts,
    new=st.lists(hostile, max_size=20).map(tuple),
    new_count=st.integers(0, 900),
)
SUBJECTS: Mapping[str, st.SearchStrategy[dict[str, object]]] = {
    "messages/lead_card": _facts(card=cards),
    "messages/direct_card": _facts(card=cards),
    **{f"messages/thread/{kind}": _facts(line=_line(kind)) for kind in TOLD},
    "messages/reminder": _facts(reminder=reminders),
    "messages/summary": _facts(summary=summaries),
    "messages/summary_details": _facts(summary=summaries),
    "messages/resumed": _facts(resumed=st.builds(Resumed, card=cards, waits=st.booleans())),
    "messages/receipt": _facts(receipt=receipts),
    "home/home": _facts(home=homes),
    "modals/hand_over": _facts(
        choices=st.builds(
            HandOverChoices,
            sources=several_choices,
            currency=st.just("EUR"),
            filled=st.dictionaries(
                st.sampled_from(["company", "person", "email", "phone", "title", "did", "problem", "size"]), hostile
            ),
            permalink=permalinks,
            lead_id=st.none() | counts,
        )
    ),
    "modals/handed_over": _facts(result=results),
    "modals/decline": _facts(form=decisions),
    "modals/disqualify": _facts(form=decisions),
    "modals/snooze": _facts(form=decisions),
    "modals/log_contact": _facts(form=decisions),
    "modals/lose": _facts(form=decisions),
    "modals/reassign": _facts(form=decisions),
    "modals/edit_lead": _facts(form=decisions),
    "modals/erase": _facts(
        form=st.builds(
            EraseForm,
            lead_id=st.integers(1, 10**12),
            lead=hostile,
            ended=st.integers(0, 2),
            messages=st.integers(0, 2000),
            split=st.sampled_from([(), (7,), (7, 12)]),
        )
    ),
    "modals/merge_lead": _facts(form=merge_forms),
    "modals/merge_leads": _facts(would=merge_previews),
    "modals/merged": _facts(done=merge_previews),
    "modals/own_company": _facts(form=own_companies),
    "modals/own_company_set": _facts(done=own_companies),
    "modals/erased": _facts(
        done=st.builds(
            Erasure,
            lead_id=st.integers(1, 10**12),
            lead_ids=st.just((1,)),
            rows=st.just({"lead": 1}),
            ended=st.integers(0, 2),
            messages=st.integers(0, 2000),
        )
    ),
    "modals/checklist": _facts(form=checklists),
    "modals/pick_lead": _facts(leads=several_leads, query=perhaps_hostile),
    "modals/away": _facts(until=perhaps_times),
    "modals/message": _facts(text=hostile),
    "modals/revealed": _facts(revealed=revelations),
    "replies/start": _facts(start=starts),
    "replies/help": _facts(),
    "replies/counting": _facts(),
    "replies/lead": _facts(page=pages),
    "replies/leads": _facts(leads=st.lists(found, min_size=2, max_size=4).map(tuple), query=hostile),
    "replies/held": _facts(held=held),
    "replies/my_leads": _facts(leads=st.lists(leads, min_size=1, max_size=4).map(tuple)),
    "replies/away": _facts(until=perhaps_times, in_pool=st.booleans()),
    "replies/back": _facts(in_pool=st.booleans()),
    "replies/apology": _facts(reference=hostile),
    "replies/saved": _facts(reference=hostile),
    "replies/unreachable": _facts(),
    "replies/fields": _facts(field=field_names, fault=field_faults),
    "modals/measures": _facts(
        conversion=st.builds(
            Conversion,
            currency=st.just("EUR"),
            rates=st.just(()) | st.just(tuple(Rate(currency, "0.92") for currency in ("GBP", "USD") * 40)),
        )
    ),
    "replies/pipeline": _facts(report=reports, shared_by=perhaps_people),
    "replies/refusals/unknown_word": _facts(word=hostile, nearest=perhaps_hostile),
    "replies/refusals/not_for_you": _facts(),
    "replies/refusals/not_in_playbook": _facts(),
    "replies/refusals/not_an_administrator": _facts(),
    "replies/refusals/lead_erased": _facts(at=times),
    "replies/refusals/was_erased": _facts(),
    "replies/refusals/no_personal_key": _facts(),
    "replies/refusals/snoozed": _facts(
        until=perhaps_times, by=perhaps_people, by_reader=st.booleans(), may=may, may_reopen=st.booleans()
    ),
    "replies/refusals/not_yours": _facts(
        may=may,
        state=states,
        offered_to=perhaps_people,
        pool=perhaps_hostile,
        by=perhaps_people,
        at=perhaps_times,
        until=perhaps_times,
    ),
    "replies/refusals/not_owner": _facts(owner=perhaps_people, may=may),
    "replies/refusals/not_a_manager": _facts(may=may),
    "replies/refusals/cannot_set_company": _facts(may=may),
    "replies/refusals/not_revealed": _facts(may=may),
    "replies/refusals/not_in_pool": _facts(pool=hostile, may=may),
    "replies/refusals/already_taken": _facts(owner=perhaps_people),
    "replies/refusals/ended": _facts(
        verdict=states,
        by=perhaps_people,
        by_reader=st.booleans(),
        at=perhaps_times,
        may=may,
        may_reopen=st.booleans(),
    ),
    "replies/refusals/offer_moved": _facts(to=perhaps_people, pool=perhaps_hostile),
    "replies/refusals/stale_card": _facts(),
    "replies/refusals/undo_too_late": _facts(until=times),
    "replies/refusals/nothing_to_undo": _facts(),
    "replies/refusals/already_handed_over": _facts(
        lead=hostile, owner=perhaps_people, offered_to=perhaps_people, pool=perhaps_hostile
    ),
    "replies/refusals/came_twice": _facts(),
    "replies/refusals/cannot_reassign": _facts(
        to=people, why=st.sampled_from([why.value for why in NoReassigning] + ["odd"])
    ),
    "replies/refusals/stage_unknown": _facts(stage=hostile),
    "replies/refusals/unknown_lead": _facts(query=hostile),
    "replies/refusals/lead_elsewhere": _facts(
        lead=hostile,
        state=states,
        is_theirs=st.booleans(),
        owner=perhaps_people,
        offered_to=perhaps_people,
        pool=perhaps_hostile,
        manager=perhaps_people,
    ),
    "replies/refusals/no_open_leads": _facts(),
    "replies/refusals/unknown_person": _facts(),
    "replies/refusals/unknown_command": _facts(text=hostile, nearest=perhaps_hostile),
    "replies/refusals/bad_date": _facts(text=hostile),
    "replies/refusals/misaddressed": _facts(),
    "replies/refusals/took_too_long": _facts(),
    "replies/refusals/not_opened": _facts(),
    "replies/refusals/own_message": _facts(),
    "replies/refusals/no_playbook": _facts(),
    "replies/refusals/invalid_fields": _facts(fields=st.dictionaries(field_names, field_faults, min_size=1)),
    "replies/refusals/note_required": _facts(reason=hostile, fields=st.just({"note": "note_required"})),
}


def card(**changes: object) -> LeadCard:
    """Return an offered lead as anybody would hand it over, with the changes a test is about."""
    facts: dict[str, Any] = {
        "handoff_id": 12,
        "version": 4,
        "offer_id": 31,
        "state": "offered",
        "lifecycle": "mql",
        "company": "O'Neil & Sons",
        "person": "Jo Lead",
        "title": "Head of Operations",
        "email": EMAIL,
        "phone": PHONE,
        "size": 1200,
        "country": "DE",
        "source": "Demo request",
        "campaign": "Spring",
        "value_minor": 1_250_000,
        "currency": "EUR",
        "did": "Asked for a demo",
        "problem": "We lose leads",
        "promised": "A call before Friday",
        "note": "Likes short calls",
        "do_not_contact": False,
        "score": 0,
        "contributions": (),
        "announcer": MIA,
        "announced_at": NOW,
        "permalink": None,
        "team": "EMEA",
        "manager": MAYA,
        "offered_to": ANA,
        "pool": "EMEA inbound",
        "why": "turn",
        "rule": "Enterprise",
        "turn": 3,
        "accept_by": NOW,
        "owner": None,
        "accepted_at": None,
        "contacted_at": None,
        "stage": None,
        "stages": (),
        "checklist": None,
        "decided_by": None,
        "ended_at": None,
        "reason": None,
        "reason_note": None,
        "undo_until": None,
        "handoff_number": 1,
        "queue_reason": None,
    }
    return LeadCard(**{**facts, **changes})
