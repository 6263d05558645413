"""What the columns of a file mean, and what a row says by that."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake import import_map
from qualification.rules.intake.import_map import ImportMap, MapFaults
from qualification.rules.intake.import_rows import MOST_TIMES, read_row
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ImportRow
from tests.qualification.rules.intake.test_mapping import playbook

LONDON = ZoneInfo("Europe/London")
COLUMNS = ("Deal Id", "E-mail", "Last Activity", "Visits", "Stage", "Owner", "Closed")
MAP = """\
zone: America/New_York
blank: [Select, n/a]
when: '"Deal Id"'
lead:
  email: E-mail
  fields: {city: city.name}
activities:
  - {kind: {from: Last Activity, as: {opened: email-opened, "": ~}}}
  - {kind: {always: blog-post}, times: Visits}
handoff:
  id: Deal Id
  owner: Owner
  stage: {from: Stage, as: {open: contacted, won: won}}
  ended_at: date(Closed, 'month/day/year')
join:
  city: {file: cities.csv, key: id}
"""


def mapped(text: str = MAP, columns: tuple[str, ...] | None = COLUMNS) -> ImportMap:
    return import_map.parse(text, "map.yaml", playbook(), columns)


def row(**cells: object) -> dict[str, object]:
    named = dict.fromkeys(COLUMNS, "") | {"Deal Id": "D1", "E-mail": "ivy@acme.example"}
    return named | {name.replace("_", " ").replace("E mail", "E-mail"): cell for name, cell in cells.items()}


def read(**cells: object) -> ImportRow:
    found = read_row(mapped(), row(**cells), LONDON)
    assert isinstance(found, ImportRow)
    return found


def lost(**cells: object) -> list[tuple[str, str]]:
    found = read(**cells)
    return [(loss.field, loss.reason) for loss in (*found.lead.losses, *found.left_out)]


def test_a_column_with_blanks_in_its_name_stands_for_itself() -> None:
    found = read(Last_Activity="Opened", Stage="won", Owner="ana@x.example", Closed="3/1/2017", city={"name": "Ulm"})
    assert found.lead.email == "ivy@acme.example"
    assert found.lead.fields == {"city": "Ulm"}
    assert [act.kind for act in found.activities] == ["email-opened"]
    assert found.handoff is not None
    assert (found.handoff.id, found.handoff.stage, found.handoff.owner) == ("D1", "won", "ana@x.example")


def test_a_column_stands_for_itself_in_a_choice_too() -> None:
    choice = "{if: Last Activity, then: Deal Id, else: {if: Visits, then: E-mail, else: {always: Nobody}}}"
    chosen = mapped(MAP.replace("  email: E-mail\n", f"  email: E-mail\n  name: {choice}\n"))
    names = []
    for cells in ({"Last_Activity": "opened"}, {"Visits": "2"}, {}):
        found = read_row(chosen, row(**cells), LONDON)
        assert isinstance(found, ImportRow)
        names.append(found.lead.name)
    assert names == ["D1", "ivy@acme.example", "Nobody"]


def test_a_day_is_noon_in_the_zone_of_the_map() -> None:
    found = read(Stage="won", Owner="x", Closed="3/1/2017").handoff
    assert found is not None
    assert found.ended_at == datetime(2017, 3, 1, 17, tzinfo=UTC)
    assert read(Stage="won", Owner="x", Closed="3/1/2017").days == {found.ended_at}
    assert read(Stage="won", Owner="x", Closed="3/1/2017 12:00").days == set()


def test_what_was_done_several_times_is_several_activities_that_are_the_same_when_the_row_comes_again() -> None:
    three = read(Visits="3")
    assert [act.kind for act in three.activities] == ["blog-post"] * 3
    ids = [act.id for act in three.activities]
    assert len({*ids}) == 3
    assert [act.id for act in read(Visits="5").activities][:3] == ids
    assert read(Visits="0").activities == read(Visits="").activities == ()
    assert read(Visits="3", E_mail="bo@acme.example").activities[0].id not in ids


def test_cells_that_stand_for_nothing_hold_nothing() -> None:
    assert read(Stage="select", Owner="N/A", Visits="Select").handoff is None


def test_a_row_that_the_map_leaves_out_is_neither_taken_nor_refused() -> None:
    assert read_row(mapped(), row(**{"Deal Id": ""}), LONDON) is None


def test_everything_that_is_wrong_with_a_row_is_named_at_once_and_the_lead_is_read() -> None:
    assert lost(E_mail="nobody@home", Visits="many", Stage="gone", Owner="Ana", Last_Activity="danced") == [
        ("email", "isn't a valid e-mail address"),
        ("activities[1].times", f"must be a whole number from 0 to {MOST_TIMES}"),
        ("handoff", "has neither a stage nor a disqualify reason"),
    ]


def test_a_word_that_no_table_has_is_no_activity() -> None:
    assert read(Last_Activity="danced").activities == ()


def test_a_date_that_is_none_is_told_at_its_field() -> None:
    (error,) = lost(Stage="won", Owner="x", Closed="31/12/2017")
    assert error[0] == "handoff.ended_at"
    assert error[1].startswith("isn't a valid date and time")


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=20) | st.none() | st.integers() | st.booleans()))
def test_whatever_stands_in_a_row_it_is_read_or_refused(cells: dict[str, Any]) -> None:
    found = read_row(mapped(), cells, LONDON)
    assert found is None or isinstance(found, ImportRow) or all(isinstance(each, RowError) for each in found)


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("email: E-mail", "email: {if: Emial, then: E-mail}", 5, "the file has no column `Emial`"),
        ("email: E-mail", "email: {if: Visits, then: E-mail, else: {if: Stage, then: Email}}", 5, "mean `E-mail`?"),
        ("email: E-mail", "email: Email", 5, "the file has no column `Email`; did you mean `E-mail`?"),
        ("email: E-mail", "emial: E-mail", 5, "`emial` isn't known here; did you mean `email`?"),
        ("always: blog-post", "always: blog", 9, "the playbook has no activity called `blog`"),
        ("open: contacted", "open: contactd", 13, "the playbook has no stage called `contactd`"),
        ("month/day/year", "month/year", 14, "`month/year` isn't an order of a date"),
        ("zone: America/New_York", "zone: Mars", 1, "`Mars` is not a time zone"),
        ("  email: E-mail\n", "", 4, "this doesn't identify a lead"),
        ("handoff:", "handof:", 10, "`handof` isn't known here; did you mean `handoff`?"),
    ],
)
def test_a_fault_of_a_map_is_named_with_its_line(before: str, after: str, line: int, says: str) -> None:
    with pytest.raises(MapFaults) as faults:
        mapped(MAP.replace(before, after))
    assert any(fault.line == line and says in fault.message for fault in faults.value.faults), str(faults.value)


def test_a_map_for_rows_of_their_own_shape_finds_what_is_nested() -> None:
    found = read_row(mapped("lead: {email: person.email}", None), {"person": {"email": "a@b.example"}}, LONDON)
    assert isinstance(found, ImportRow)
    assert found.lead.email == "a@b.example"
