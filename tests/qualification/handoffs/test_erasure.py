"""A person erased: nothing of theirs is left in any table, what is counted stays, and they stay away."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, get_type_hints

import pytest
from sqlalchemy import func, select, update

from bot.database import Database
from qualification.handoffs import automatic, decisions, erasure, handover, snooze
from qualification.handoffs.handover_form import HandOverForm
from qualification.leads import merging, suppression
from qualification.leads.owned_rows import OWNED
from qualification.outbox import surfaces
from qualification.people import audit
from qualification.records import Base, Company, Delivery, Handoff, Lead, Merge, Summary, Suppression
from qualification.reporting import summaries
from qualification.rules.handoffs.event_types import TYPES
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.intake.row_errors import ERASED, InvalidRow
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.leads.suppression import PersonalKey, SuppressionReason
from qualification.rules.people.audited import AuditAction
from qualification.rules.refusals import LeadErased, NoPersonalKey, UnknownLead, WasErased
from qualification.rules.reporting.named_handoffs import named_handoffs
from tests.qualification.intake.test_imports import MARCH, brings, row
from tests.worlds.desk import Desk, open_desk
from tests.worlds.playbook import PLAYBOOK
from tests.worlds.zelda import COMPANY, EMAIL, ZELDA, known

NO_NEED: dict[str, Any] = {"reason": "no-need", "note": None}
WORDS = ("zelda", "quill", "zebrafinch", "123 45 67", "1234567", "bluebell", "crm-zelda", "marigold")


def everything(desk: Desk) -> Iterator[str]:
    """Yield every value that any table holds, with where it stands."""
    with desk.database.snapshot() as session:
        for table in Base.metadata.sorted_tables:
            if table.name == "playbook":
                continue
            for row in session.execute(select(table)).mappings():
                for column, value in row.items():
                    yield f"{table.name}.{column}: {value!r}"


def left(desk: Desk, *words: str) -> list[str]:
    """Return what holds one of the words."""
    return [each for each in everything(desk) if any(word in each.casefold() for word in words or WORDS)]


def erased(desk: Desk, lead_id: int) -> erasure.Erasure:
    """Erase the person, as a command does."""
    return desk.does(erasure.erase, lead_id=lead_id, by="unix:tests")


def test_nothing_of_the_person_is_left_in_any_table(desk: Desk) -> None:
    lead_id = known(desk)
    assert len(left(desk)) >= 20
    erased(desk, lead_id)
    assert left(desk) == []


def counts(desk: Desk) -> dict[str, int]:
    """Return how many rows of a lead's each table has."""
    with desk.database.snapshot() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0 for name, (table, _) in OWNED.items()
        }


def test_rows_stay_so_that_what_is_counted_stays_true(desk: Desk) -> None:
    lead_id = known(desk)
    before, counted = desk.all(Lead)[0], counts(desk)
    done = erased(desk, lead_id)
    (after,) = desk.all(Lead)
    kept = ("score", "value_minor", "currency", "source", "created_at")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.erased_at == desk.now
    assert after.version > before.version
    fewer = {name for name, count in counts(desk).items() if count < counted[name]}
    assert fewer == {"external_id", "lead_email", "lead_phone"}
    assert (done.lead_ids, done.ended, done.rows["lead"]) == ((lead_id,), 1, 1)


def test_what_sales_was_at_work_on_ends_and_nobody_acts_on_it_any_more(desk: Desk) -> None:
    erased(desk, known(desk))
    (handoff,) = desk.all(Handoff)
    card = desk.card(handoff.id)
    assert (card.state, card.reason, card.task, card.undo_until) == ("disqualified", None, None, None)
    assert not card.reader_may_decide
    assert desk.kinds(handoff.id)[-3:] == ["disqualified", "lifecycle_moved", "erased"]
    for act in (decisions.reopen, decisions.undo):
        with pytest.raises(LeadErased):
            desk.does(act, by="UMAYA", handoff_id=handoff.id)
    form = HandOverForm(company="Another", did="Came back")
    with pytest.raises(LeadErased):
        desk.does(handover.hand_over, by="UOLU", form=form, lead_id=handoff.lead_id)


def test_one_that_is_snoozed_does_not_come_back(desk: Desk) -> None:
    lead_id = known(desk)
    (handoff,) = desk.all(Handoff)
    owner = desk.card(handoff.id).owner
    assert owner is not None
    day = str((desk.now + timedelta(days=5)).date())
    desk.does(snooze.snooze, by=owner.slack_user_id, handoff_id=handoff.id, day=day, note="Zelda is at a fair")
    erased(desk, lead_id)
    assert left(desk) == []
    desk.later(days=9)
    desk.ticks()
    assert desk.handoff(handoff.id).state is HandoffState.DISQUALIFIED


def test_all_that_was_found_to_be_the_same_person_goes_with_them(desk: Desk) -> None:
    lead_id = known(desk)
    other = desk.takes(
        LeadInput(id="zelda-elsewhere", email="zq@marigold.example", name="Z. Quillfeather"), sender="crm"
    )
    desk.takes(LeadInput(id="zelda-elsewhere", email="zelda.quillfeather@quillfeather.example"), sender="crm")
    assert {each.merged_into_id for each in desk.all(Lead)} == {None, lead_id}
    done = erased(desk, other.lead_id)
    assert (done.lead_id, set(done.lead_ids)) == (lead_id, {lead_id, other.lead_id})
    assert left(desk) == []
    with pytest.raises(LeadErased):
        erased(desk, lead_id)


def test_a_second_person_of_the_company_and_the_company_stay_whole(desk: Desk) -> None:
    lead_id = known(desk)
    ivy = {"email": "ivy@quillfeather.example", "name": "Ivy Chen", "company": COMPANY}
    desk.takes(LeadInput.model_validate(ivy))
    erased(desk, lead_id)
    assert [each.name for each in desk.all(Company)] == [COMPANY]
    assert [each.name for each in desk.all(Lead) if each.erased_at is None] == ["Ivy Chen"]
    assert not left(desk, "zelda", "zebrafinch", "bluebell", "marigold")


@pytest.mark.parametrize(
    "again",
    [
        {"email": "Zelda.Quillfeather+news@quillfeather.example"},
        {"id": "crm-zelda-1", "email": "zelda@elsewhere.example"},
        {"name": "ZELDA  quillfeather", "company": "Quillfeather Sole Trading Ltd"},
        {"name": "Zelda Quillfeather", "company": "Quill", "website": "https://www.quillfeather.example"},
    ],
)
def test_they_do_not_come_back_without_a_word(desk: Desk, again: dict[str, str]) -> None:
    erased(desk, known(desk))
    before = counts(desk)
    with pytest.raises(InvalidRow) as refused:
        desk.takes(LeadInput.model_validate(again))
    assert [(error.field, error.reason) for error in refused.value.errors] == [("lead", ERASED)]
    with pytest.raises(InvalidRow):
        desk.takes(ActivityInput(id="again", kind="blog-post", lead=LeadInput.model_validate(again)))
    assert counts(desk) == before
    assert left(desk) == []


def test_a_hand_over_of_them_is_refused(desk: Desk) -> None:
    erased(desk, known(desk))
    with pytest.raises(WasErased):
        desk.hands_over("Any", person="Somebody", email=EMAIL)


def test_others_come_in_as_before_also_those_who_are_alike(desk: Desk) -> None:
    erased(desk, known(desk))
    alike: tuple[dict[str, str], ...] = (
        {"email": "zelda@elsewhere.example", "name": "Zelda Quillfeather", "company": COMPANY},
        {"id": "crm-zelda-10"},
        {"name": "Zelda Quillfeather", "company": "Globex"},
    )
    for each in alike:
        desk.takes(LeadInput.model_validate(each))
    desk.takes(LeadInput(id="crm-zelda-1"), sender="another")
    assert len(desk.all(Lead)) == 1 + 4


def test_without_the_key_nobody_is_erased(desk: Desk, database_url: str) -> None:
    lead_id = known(desk)
    keyless = replace(desk, database=Database(database_url))
    with pytest.raises(NoPersonalKey):
        erased(keyless, lead_id)
    keyless.database.dispose()
    assert left(desk)


def test_a_lead_that_is_none_is_unknown_also_one_of_another_workspace(desk: Desk) -> None:
    lead_id = known(desk)
    other = open_desk(desk.database, "T2")
    with pytest.raises(UnknownLead):
        erased(other, lead_id)
    with pytest.raises(UnknownLead):
        erased(desk, lead_id + 999)
    assert left(desk)


def test_somebody_erased_in_one_workspace_comes_into_another(desk: Desk) -> None:
    erased(desk, known(desk))
    other = open_desk(desk.database, "T2")
    other.takes(LeadInput.model_validate(ZELDA))
    assert [each.name for each in other.all(Lead, Lead.workspace_id == other.workspace_id)] == ["Zelda Quillfeather"]


def test_every_message_that_showed_them_is_written_anew(desk: Desk) -> None:
    lead_id = known(desk)
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(state="delivered", shown_revision=Delivery.desired_revision))
    erased(desk, lead_id)
    waiting = {each.kind for each in desk.all(Delivery, Delivery.state == "pending")}
    assert (
        waiting == {each.kind for each in desk.all(Delivery)} >= {"lead_card", "direct_card", "thread_line", "receipt"}
    )


def test_of_the_summaries_only_those_that_name_them_are_written_anew(desk: Desk) -> None:
    desk.publishes(PLAYBOOK.replace("zone: Europe/London}", 'zone: Europe/London, summary: {at: "08:30"}}'))
    lead_id = known(desk)
    for _ in range(3):
        desk.later(days=1)
        assert desk.does(summaries.run_due) == 1
    first, broken, _ = sorted(desk.all(Summary, Summary.made_at.is_not(None)), key=lambda each: each.day)
    handoff_ids = {each.id for each in desk.all(Handoff)}
    named = {
        each.id
        for each in desk.all(Summary, Summary.made_at.is_not(None))
        if each.id != broken.id and named_handoffs(each.figures) & handoff_ids
    }
    with desk.database.transaction() as session:
        session.execute(update(Summary).where(Summary.id == broken.id).values(figures={"new": [*handoff_ids]}))
        session.execute(update(Delivery).values(state="delivered", shown_revision=Delivery.desired_revision))
    erased(desk, lead_id)
    summarised = Delivery.kind.in_(("summary", "summary_details"))
    assert first.id in named
    assert {each.subject for each in desk.all(Delivery, summarised, Delivery.state == "pending")} == named


def test_the_hashes_tell_nothing_without_the_key(desk: Desk) -> None:
    erased(desk, known(desk))
    kept = {each.digest for each in desk.all(Suppression)}
    guessed = {hashlib.sha256(str(word).encode()).hexdigest() for word in ZELDA.values()}
    assert len(kept) >= 4
    assert not kept & guessed


def test_every_field_of_an_event_that_may_hold_words_is_declared_personal_or_not() -> None:
    for kind in TYPES.values():
        hints = get_type_hints(kind)
        wordy = {each.name for each in fields(kind) if re.search(r"\bstr\b", str(hints[each.name]))}
        declared = {*kind.personal, *kind.impersonal}
        assert wordy <= declared, f"{kind.__name__}: {wordy - declared}"
        assert not {*kind.personal} & {*kind.impersonal}


def test_every_column_is_declared_personal_or_not() -> None:
    for mapper in Base.registry.mappers:
        record, table = mapper.class_, Base.metadata.tables[mapper.class_.__tablename__]
        declared = [*record.personal]
        assert sorted(declared) == sorted(each.name for each in table.columns), record.__name__


def test_every_table_that_refers_to_a_lead_is_walked() -> None:
    assert {*OWNED} >= {
        "lead",
        "activity",
        "lead_event",
        "handoff",
        "offer",
        "task",
        "answer",
        "delivery",
        "lead_merge",
    }
    for name, (table, owners) in OWNED.items():
        assert name == "lead" or owners
        assert "id" in table.columns


def test_the_audit_keeps_who_did_it_and_no_word_of_theirs(desk: Desk) -> None:
    lead_id = known(desk)
    erased(desk, lead_id)
    desk.does(suppression.lift, person=EMAIL, by="unix:tests")
    entries = desk.reads(lambda session: audit.entries(session, desk.workspace_id, lead_ids=[lead_id]))
    assert [(each.action, each.by) for each in entries] == [
        (AuditAction.SUPPRESSION_LIFTED, "unix:tests"),
        (AuditAction.ERASED, "unix:tests"),
    ]
    assert left(desk) == []


def test_nothing_hands_an_erased_lead_over_again_or_holds_it_back(desk: Desk) -> None:
    desk.publishes(f"{PLAYBOOK}scoring: {{threshold: 20, activities: [{{key: page, name: Page, points: 5}}]}}\n")
    ready = desk.takes(LeadInput(id="ready", email="r@acme.example", name="R")).lead_id
    held = desk.takes(ActivityInput(id="2", kind="page", lead=LeadInput(id="held", email="h@gmail.com"))).lead_id
    for _ in range(2):
        desk.takes(ActivityInput(id=f"page {_}", kind="page", lead=LeadInput(id="ready")))
    with desk.database.transaction() as session:
        session.execute(update(Lead).where(Lead.id == held).values(gated_by="free-mail"))
    for lead_id in (ready, held):
        erased(desk, lead_id)
    desk.publishes(f"{PLAYBOOK}scoring: {{threshold: 5, activities: [{{key: page, name: Page, points: 5}}]}}\n")
    desk.adds_up()
    assert desk.reads(lambda session: automatic.examine(session, desk.workspace_id, after=0, limit=9)).ready == ()
    assert desk.does(automatic.hand_over, lead_id=ready) is None
    assert desk.all(Handoff) == []
    assert [each.gated_by for each in desk.all(Lead)] == [None, None]


def test_a_deal_that_no_card_shows_is_erased_without_one(desk: Desk) -> None:
    about: dict[str, Any] = {name: value for name, value in ZELDA.items() if name != "id"}
    brings(desk, row("crm-zelda-1", **about, handoff={"owner": "Ana Ruiz", "stage": "follow-up", "at": MARCH}))
    (lead,) = desk.all(Lead)
    assert erased(desk, lead.id).ended == 1
    assert desk.all(Delivery) == []
    assert left(desk) == []


def test_they_stay_away_also_by_what_they_were_known_by_before(desk: Desk) -> None:
    jane = LeadInput(id="jane", email="jane@roeconsult.example", name="Jane Roe", company="Jane Roe Consulting")
    lead_id = desk.takes(jane).lead_id
    married = {"name": "Jane Doe", "company": "Big Firm", "website": "bigfirm.example"}
    desk.takes(LeadInput.model_validate({"id": "jane", "email": "jane@roeconsult.example", **married}))
    desk.takes(LeadInput(email="ivy@bigfirm.example", name="Ivy Chen", company="Big Firm"))
    assert {each.name for each in desk.all(Company)} == {"Jane Roe Consulting", "Big Firm"}
    erased(desk, lead_id)
    assert left(desk, "jane", "roe") == []
    for again in (
        {"email": "jane@roeconsult.example"},
        {"name": "Jane Roe", "company": "Jane Roe Consulting"},
        {"name": "Jane Doe", "company": "Big Firm"},
    ):
        with pytest.raises(InvalidRow):
            desk.takes(LeadInput.model_validate(again))
    desk.does(suppression.lift, person=f"#{lead_id}", by="unix:tests")
    desk.takes(LeadInput(email="jane@roeconsult.example"))


def test_who_moved_on_before_nobody_was_erased_holds_nobody_back(desk: Desk) -> None:
    desk.takes(LeadInput(id="kim", email="kim@acme.example", name="Kim"))
    desk.takes(LeadInput(id="kim", email="kim@bolt.example", name="Kim"))
    assert {each.reason for each in desk.all(Suppression)} == {SuppressionReason.FORMER}
    desk.takes(LeadInput(email="kim@acme.example", name="Another Kim"))
    assert desk.reads(lambda session: suppression.listed(session, desk.workspace_id)) == []
    assert desk.reads(lambda session: suppression.is_keyed(session, None))


def test_to_lift_one_lifts_all_that_were_found_to_be_them_and_nobody_else(desk: Desk) -> None:
    known(desk)
    desk.takes(LeadInput(id="b", email="zq@marigold.example"), sender="crm")
    desk.takes(LeadInput(id="b", email=EMAIL), sender="crm")
    twin = desk.takes(LeadInput(email="other@elsewhere.example", name="Zelda Quillfeather", company=COMPANY)).lead_id
    root, *merged = sorted(each.id for each in desk.all(Lead, Lead.id != twin))
    erased(desk, root)
    erased(desk, twin)
    desk.does(suppression.lift, person=str(merged[0]), by="unix:tests")
    with pytest.raises(InvalidRow):
        desk.takes(LeadInput(name="Zelda Quillfeather", company=COMPANY))
    desk.takes(LeadInput(email="zq@marigold.example"))
    desk.takes(LeadInput(id="b"), sender="crm")


def test_with_another_key_than_others_were_erased_by_nobody_is_erased_or_comes_in(
    desk: Desk, database_url: str
) -> None:
    erased(desk, known(desk))
    ivy = desk.takes(LeadInput(email="ivy@acme.example")).lead_id
    other = replace(desk, database=Database(database_url, personal_key=PersonalKey(b"another key")))
    with pytest.raises(NoPersonalKey):
        erased(other, ivy)
    other.database.dispose()
    keyless = replace(desk, database=Database(database_url))
    with pytest.raises(NoPersonalKey):
        keyless.takes(LeadInput(email=EMAIL))
    keyless.database.dispose()


def test_what_slack_never_showed_is_not_posted_by_it(desk: Desk) -> None:
    lead_id = known(desk)
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(state="delivered", ts="1.0", shown_revision=Delivery.desired_revision))
        session.execute(update(Delivery).where(Delivery.kind == "receipt").values(state="dead_letter", ts=None))
    erased(desk, lead_id)
    assert [each.state for each in desk.all(Delivery, Delivery.kind == "receipt")] == ["dead_letter"]


def test_the_home_tabs_of_all_who_ever_handed_them_over_are_drawn_anew(desk: Desk) -> None:
    first = desk.hands_over(COMPANY, person="Zelda", email=EMAIL, by="UMIKA").handoff_id
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=first, offer_id=desk.card(first).offer_id, **NO_NEED)
    desk.hands_over(COMPANY, person="Zelda", email=EMAIL, by="UMAYA")
    with desk.database.transaction() as session:
        for each in ("UMIKA", "UMAYA"):
            surfaces.enqueue_home(session, desk.person(each), now=desk.now)
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(state="delivered", ts="1.0", shown_revision=Delivery.desired_revision))
    erased(desk, desk.handoff(first).lead_id)
    tabs = desk.all(Delivery, Delivery.kind == "home")
    assert len(tabs) == 2
    assert {each.state.value for each in tabs} == {"pending"}


def test_a_lead_that_was_taken_for_them_for_a_while_is_named(desk: Desk) -> None:
    lead_id = known(desk)
    other = desk.takes(LeadInput(id="b", email="zq@marigold.example"), sender="crm").lead_id
    desk.takes(LeadInput(id="b", email=EMAIL), sender="crm")
    (merge,) = desk.all(Merge)
    maya = desk.person("UMAYA")
    desk.does(lambda session, **_: merging.split(session, merge.id, by=maya, now=desk.now))
    would = desk.reads(lambda session: erasure.preview(session, desk.workspace_id, lead_id))
    assert (would.lead_ids, would.split) == ((lead_id,), (other,))
