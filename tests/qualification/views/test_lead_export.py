"""Everything that is known of a lead, in its export; of nobody else anything."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import select

from qualification.checklists import checklists
from qualification.handoffs import erasure
from qualification.leads.naming import named_lead
from qualification.leads.owned_rows import OWNED, RECORDS, owned_rows
from qualification.records import Base, Company, Lead, LeadEvent, Person
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.refusals import UnknownLead
from qualification.views.lead_export import FORMAT, FURTHER, SECTIONS, LeadExport, lead_export, to_json
from tests.worlds.desk import Desk, open_desk
from tests.worlds.zelda import COMPANY, EMAIL, ZELDA, known


def export_of(desk: Desk, name: str) -> LeadExport:
    """Export the lead that is named, as the command does."""
    return desk.reads(lambda session: lead_export(session, named_lead(session, desk.workspace_id, name), now=desk.now))


def whole(desk: Desk, name: str) -> dict[str, Any]:
    """Return the JSON that is written of the lead."""
    found: dict[str, Any] = json.loads(to_json(export_of(desk, name)))
    return found


def rows(export: LeadExport, table: str) -> list[Any]:
    """Return the rows of a table."""
    return [row for tables in export.sections.values() for row in tables.get(table, ())]


def values(found: object) -> list[str]:
    """Return every plain value in what JSON holds."""
    if isinstance(found, dict):
        return [*map(str, found), *(each for value in found.values() for each in values(value))]
    if isinstance(found, list):
        return [each for value in found for each in values(value)]
    return [str(found)]


@pytest.mark.parametrize("name", ["{}", "#{}", " {} ", EMAIL, "Zelda.Quillfeather+news@QUILLFEATHER.example"])
def test_a_lead_is_named_by_its_number_or_its_address(desk: Desk, name: str) -> None:
    lead_id = known(desk)
    assert export_of(desk, name.format(lead_id)).lead_id == lead_id


@pytest.mark.parametrize("name", ["", "#", "0", "9999", "9" * 18, "9" * 40, "-1", "Zelda", "zelda@", "@", "١"])
def test_a_name_that_means_no_lead_is_refused(desk: Desk, name: str) -> None:
    known(desk)
    with pytest.raises(UnknownLead):
        export_of(desk, name)


def test_a_lead_of_another_workspace_is_unknown(desk: Desk) -> None:
    lead_id = known(desk)
    other = open_desk(desk.database, "T2")
    for name in (str(lead_id), EMAIL):
        with pytest.raises(UnknownLead):
            export_of(other, name)


def test_every_personal_column_of_every_row_is_in_it(desk: Desk) -> None:
    lead_id = known(desk)
    handed = rows(export_of(desk, EMAIL), "handoff")[0]["id"]
    owner = desk.card(handed).owner
    assert owner is not None
    given = {"budget": checklists.Given(Verdict.YES, "Zelda pays")}
    desk.does(checklists.save, by=owner.slack_user_id, handoff_id=handed, given=given)
    decoded = {"facts", "before_decision"}
    export = export_of(desk, EMAIL)
    with desk.database.snapshot() as session:
        for name, ids in owned_rows(session, desk.workspace_id, [lead_id]).items():
            table = OWNED[name][0]
            stored = session.execute(select(table).where(table.c.id.in_(ids)).order_by(table.c.id)).mappings().all()
            given_rows = rows(export, name)
            assert len(given_rows) == len(stored) > 0 or name in {"lead_merge", "domain_name", "import_row"}
            for row, out in zip(stored, given_rows, strict=True):
                columns = {*RECORDS[name].personal.exported} - {"fingerprint", "company_id"}
                assert {*out} == {each if each in out else each.removesuffix("_id") for each in columns}
                assert all(out[each] == row[each] for each in columns - decoded if each in out)


def test_words_that_anybody_left_of_them_are_in_it(desk: Desk) -> None:
    known(desk)
    told = " ".join(values(whole(desk, EMAIL)))
    for word in (
        "Zelda Quillfeather", EMAIL, COMPANY, "+46 70 123 45 67", "Chief Quill", "My zebrafinches", "zebrafinch",
        "crm-zelda-1", "/zebrafinch", "Bluebell called", "A marigold", "Zelda was out", "Loves marigold",
    ):  # fmt: skip
        assert word in told, word


def test_people_of_ours_stand_by_name(desk: Desk) -> None:
    known(desk)
    export = export_of(desk, EMAIL)
    names = {each.name for each in desk.all(Person)}
    (handoff,) = rows(export, "handoff")
    assert handoff["owner"] in names
    assert handoff["announcer"] in names
    assert handoff["team"]
    assert handoff["before_decision"]["state"] == "offered"
    offered = next(each for each in rows(export, "lead_event") if each["kind"] == "offered")
    assert offered["facts"]["to"] in names
    assert "to_id" not in offered["facts"]


def test_times_carry_their_zone_and_enums_are_text(desk: Desk) -> None:
    lead_id = known(desk)
    found = whole(desk, EMAIL)
    (lead,) = found["who_you_are"]["lead"]
    assert datetime.fromisoformat(lead["created_at"]) == desk.all(Lead, Lead.id == lead_id)[0].created_at
    assert datetime.fromisoformat(lead["created_at"]).tzinfo is not None
    assert all(not isinstance(each, StrEnum) for each in lead.values())
    assert lead["lifecycle"] == str(desk.all(Lead)[0].lifecycle.value)


def test_its_keys_always_stand_in_the_same_order(desk: Desk) -> None:
    known(desk)
    assert list(whole(desk, EMAIL)) == ["format", "lead", "leads", "workspace", "exported_at", *SECTIONS]
    assert whole(desk, EMAIL)["format"] == FORMAT
    assert to_json(export_of(desk, EMAIL)) == to_json(export_of(desk, EMAIL))


def test_a_hash_is_left_out(desk: Desk) -> None:
    known(desk)
    assert rows(export_of(desk, EMAIL), "delivery")
    assert "fingerprint" not in to_json(export_of(desk, EMAIL))


def test_a_merged_lead_gives_the_one_it_turned_out_to_be_with_its_whole_family(desk: Desk) -> None:
    lead_id = known(desk)
    other = desk.takes(LeadInput(id="elsewhere", email="zq@marigold.example", name="Z. Q."), sender="crm").lead_id
    desk.takes(LeadInput(id="elsewhere", email=EMAIL), sender="crm")
    for name in (str(other), str(lead_id), EMAIL, "zq@marigold.example"):
        export = export_of(desk, name)
        assert (export.lead_id, export.lead_ids) == (lead_id, (lead_id, other))
        assert {each["id"] for each in rows(export, "lead")} == {lead_id, other}
    assert "zq@marigold.example" in to_json(export_of(desk, EMAIL))


def test_nothing_of_anybody_else_is_in_it(desk: Desk) -> None:
    known(desk)
    desk.takes(LeadInput(email="ivy@quillfeather.example", name="Ivy Chen", company=COMPANY, problem="A secret"))
    desk.hands_over("Globex", person="Joe Bloggs", did="Another secret")
    told = to_json(export_of(desk, EMAIL))
    assert not [word for word in ("ivy", "Ivy", "secret", "Joe", "Globex") if word in told]


def test_one_who_was_erased_gives_what_is_left(desk: Desk) -> None:
    lead_id = known(desk)
    desk.does(erasure.erase, lead_id=lead_id, by="unix:tests")
    told = to_json(export_of(desk, f"#{lead_id}"))
    assert "elda" not in told
    assert json.loads(told)["who_you_are"]["lead"][0]["erased_at"]


def test_ten_thousand_activities_are_all_in_it(desk: Desk) -> None:
    lead_id = desk.takes(LeadInput.model_validate(ZELDA)).lead_id
    count = 10_003
    entry = {
        "workspace_id": desk.workspace_id, "lead_id": lead_id, "sender": "web", "kind": "blog-post",
        "at": desk.now, "received_at": desk.now, "fields": {},
    }  # fmt: skip
    with desk.database.transaction() as session:
        table = Base.metadata.tables["activity"]
        session.execute(table.insert(), [{**entry, "external_id": f"a{number}"} for number in range(count)])
    assert len({each["external_id"] for each in rows(export_of(desk, EMAIL), "activity")}) == count


def test_what_steers_a_terminal_is_written_as_an_escape(desk: Desk) -> None:
    hostile = "Zoë\u009b31m\u202egnp.exe\U000e0001"
    desk.takes(LeadInput(email=EMAIL, name=hostile))
    told = to_json(export_of(desk, EMAIL))
    assert all(char.isprintable() or char == "\n" for char in told)
    assert "Zoë" in told
    assert json.loads(told)["who_you_are"]["lead"][0]["name"] == desk.all(Lead)[0].name


def test_every_table_has_its_section() -> None:
    placed = {table for tables in SECTIONS.values() for table in tables}
    assert placed == {*OWNED, Company.__tablename__}
    assert FURTHER not in SECTIONS


def test_an_event_of_a_kind_that_has_no_handoff_is_in_it(desk: Desk) -> None:
    lead_id = desk.takes(ActivityInput(id="v1", kind="blog-post", lead=LeadInput(email=EMAIL))).lead_id
    export = export_of(desk, str(lead_id))
    assert len(rows(export, "lead_event")) == len(desk.all(LeadEvent, LeadEvent.lead_id == lead_id)) > 0
