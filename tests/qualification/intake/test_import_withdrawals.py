"""An import undone, on both databases: each lead is as it was, with what others gave it."""

from datetime import datetime, timedelta

from qualification.intake import import_withdrawals, imports, ingest
from qualification.intake.import_withdrawals import Withdrawal
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Activity, ImportedRow, ImportRun, Lead, LeadEmail, LeadPhone
from qualification.rules.leads.lead_input import ActivityDetails, ActivityInput, ImportRow, LeadInput
from tests.worlds.desk import Desk


def row(external_id: str, *acts: str, **said: object) -> ImportRow:
    details = [ActivityDetails.model_validate({"id": act, "kind": "pricing-page"}) for act in acts]
    return ImportRow(LeadInput.model_validate({"id": external_id, **said}), tuple(details), None)


def brings(desk: Desk, digest: str, *rows: ImportRow) -> int:
    """Bring a slice of a file in, and return the id of the import."""

    def run(session: UnitOfWork, workspace_id: int, now: datetime) -> int:
        roster = imports.roster_of(session, workspace_id)
        begun = imports.begin(session, workspace_id, digest, file=digest, sender="crm", now=now)
        imports.import_rows(session, roster, "crm", rows, announcing=False, now=now, run=begun)
        return begun.id

    desk.now += timedelta(minutes=1)
    return desk.does(run)


def posts(desk: Desk, *entries: LeadInput | ActivityInput) -> None:
    """Let the CRM itself post, under the name of the file's sender."""

    def run(session: UnitOfWork, workspace_id: int, now: datetime) -> None:
        ingest.ingest(session, workspace_id, "crm", entries, now=now)

    desk.now += timedelta(minutes=1)
    desk.does(run)


def withdraws(desk: Desk, run_id: int) -> Withdrawal:
    def run(session: UnitOfWork, workspace_id: int, now: datetime) -> Withdrawal:
        begun = session.get_one(ImportRun, run_id)
        done = Withdrawal()
        for after, until in import_withdrawals.pages(session, workspace_id, run_id):
            done.add(import_withdrawals.withdraw_page(session, begun, after=after, until=until, now=now))
        import_withdrawals.end(session, begun, done, by="operator", now=now)
        return done

    desk.now += timedelta(minutes=1)
    return desk.does(run)


def stored(desk: Desk) -> dict[str, object]:
    """Return all that is stored of leads; the order of their rows doesn't count."""
    names = {lead.id: lead.name for lead in desk.all(Lead)}
    return {
        "leads": [(each.name, each.email, each.phone, each.title, each.updated_at) for each in desk.all(Lead)],
        "emails": {(names[each.lead_id], each.email) for each in desk.all(LeadEmail)},
        "phones": {(names[each.lead_id], each.phone) for each in desk.all(LeadPhone)},
        "activities": {(names[each.lead_id], each.external_id) for each in desk.all(Activity)},
    }


IVY: dict[str, object] = {"name": "Ivy Lund", "email": "info@acme.example", "emails": ["ivy@acme.example"]}
# What a wrong file says: Ivy with more of everything, and her shared address with two other people.
WRONG = (
    row("1", "a1", name="Ivy Lund", email="ivy@acme.example", emails=["i@file.example"], phone="+442079460018"),
    row("2", "a2", name="Bo Ek", email="info@acme.example", title="CEO"),
)


def test_slices_of_an_import_leave_nothing_behind(desk: Desk) -> None:
    brings(desk, "first", row("1", **IVY))
    before = stored(desk)
    (_, run_id) = (brings(desk, "wrong", each) for each in WRONG)
    assert ("Bo Ek", "info@acme.example") in stored(desk)["emails"]  # type: ignore[operator]
    done = withdraws(desk, run_id)
    assert (done.withdrawn, done.restored, done.changed_since, done.kept) == (1, 1, 0, {})
    assert stored(desk) == before
    assert len(desk.all(ImportedRow)) == 1


def test_what_the_sender_posts_between_two_rounds_is_its_own(desk: Desk) -> None:
    brings(desk, "first", row("1", **IVY))
    brings(desk, "wrong", *WRONG)
    ivy = LeadInput.model_validate({"id": "1", "email": "ivy@acme.example", "emails": ["i@form.example"]})
    bo = LeadInput.model_validate({"id": "2", "email": "info@acme.example", "name": "Bo Ek"})
    posts(desk, ivy, *(ActivityInput(id=f"p{lead.id}", kind="pricing-page", lead=lead) for lead in (ivy, bo)))
    run_id = brings(desk, "wrong", *WRONG)
    done = withdraws(desk, run_id)
    (bo_id,) = (lead.id for lead in desk.all(Lead) if lead.name == "Bo Ek")
    assert (done.withdrawn, done.restored, [*done.kept]) == (0, 1, [bo_id])
    now = stored(desk)
    assert now["emails"] == {
        ("Ivy Lund", "ivy@acme.example"),
        ("Ivy Lund", "i@form.example"),
        ("Bo Ek", "info@acme.example"),
    }
    assert now["activities"] == {("Ivy Lund", "p1"), ("Bo Ek", "p2"), ("Bo Ek", "a2")}
    assert now["phones"] == set()


def test_what_somebody_wrote_between_two_rounds_comes_back(desk: Desk) -> None:
    brings(desk, "first", row("1", name="Ivy Lund", email="ivy@acme.example", title="CTO"))
    wrong = row("1", name="Ivy Lund", email="ivy@acme.example", title="CEO")
    brings(desk, "wrong", wrong)
    posts(desk, LeadInput(id="1", title="Chair"))
    withdraws(desk, brings(desk, "wrong", wrong))
    assert [lead.title for lead in desk.all(Lead)] == ["Chair"]


def test_nobody_shows_an_address_that_went_back(desk: Desk) -> None:
    brings(desk, "first", row("1", **IVY), row("2", name="Bo Ek", email="bo@acme.example"))
    run_id = brings(desk, "wrong", row("2", name="Bo Ek", email="info@acme.example"))
    # Bo's own address is somebody else's by now.
    posts(desk, LeadInput.model_validate({"id": "3", "name": "Cy Dahl", "email": "bo@acme.example"}))
    done = withdraws(desk, run_id)
    assert done.changed_since > 0
    assert {lead.name: lead.email for lead in desk.all(Lead)} == {
        "Ivy Lund": "info@acme.example",
        "Bo Ek": None,
        "Cy Dahl": "bo@acme.example",
    }
