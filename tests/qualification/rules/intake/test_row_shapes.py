"""Rows that are no records, and ids that a spreadsheet has mangled."""

import pytest

from qualification.rules.intake.row_shapes import FileShape, is_mangled, shape_of, why_unusable
from qualification.rules.leads.lead_input import HandoffInput, ImportRow, LeadInput


def row(**cells: str) -> tuple[dict[str, object], ImportRow]:
    lead = LeadInput.model_validate({name: cell for name, cell in cells.items() if name in LeadInput.model_fields})
    return dict(cells), ImportRow(lead)


PERSON = row(id="00Q101", email="a@b.example", name="A B", company="C", revenue="1", city="Oslo")
FOOTER = row(id="Confidential Information", email="", name="", company="", revenue="", city="")
TOTAL = row(id="Total", email="", name="", company="", revenue="350000", city="")


def test_an_id_alone_in_a_row_that_fills_hardly_a_column_is_no_record() -> None:
    shape = shape_of([PERSON, FOOTER, FOOTER, TOTAL])
    assert [shape.is_remark(*each) for each in (PERSON, FOOTER, TOTAL)] == [False, True, True]


def test_a_sparse_row_that_says_who_it_is_is_a_record() -> None:
    shape = shape_of([PERSON] * 9)
    assert not shape.is_remark(*row(id="00Q102", email="x@y.example", name="", company="", revenue="", city=""))
    assert not shape.is_remark(*row(id="00Q102", phone="1", email="", name="", company="", revenue="", city=""))


def test_a_deal_by_its_id_alone_is_a_record() -> None:
    cells, lead = row(id="D-1", stage="won", email="", name="", company="", revenue="", city="")
    deal = ImportRow(lead.lead, handoff=HandoffInput(stage="won"))
    assert not shape_of([PERSON] * 9).is_remark(cells, deal)


def test_where_most_rows_are_an_id_alone_those_that_look_alike_are_records() -> None:
    alone = row(id="00Q300", email="", name="", company="", revenue="", city="")
    shape = shape_of([PERSON, *[alone] * 5])
    assert not shape.is_remark(*alone)
    assert shape.is_remark(*FOOTER)


def test_a_file_of_ids_alone_has_no_shape_to_differ_from() -> None:
    alone = row(id="1", note="x")
    assert shape_of([alone, alone]) == FileShape()
    assert not shape_of([alone, alone]).is_remark(*alone)


@pytest.mark.parametrize("written", ["6,68611E+16", "1.23E+15", "1E+20", " 6.7e16 "])
def test_a_number_shortened_by_a_spreadsheet_is_no_id(written: str) -> None:
    assert is_mangled(written)


@pytest.mark.parametrize("written", ["66861100000000001", "E16", "1e5a", "12E", "00Q101", "1.5", "5E", "", 7])
def test_other_ids_stay(written: object) -> None:
    assert not is_mangled(written)


def test_ids_that_stand_with_several_people_or_were_rounded_tell_nobody_apart() -> None:
    assert why_unusable([("1", "a@b.example"), ("1", "c@d.example"), ("2", "e@f.example")]) is not None
    assert why_unusable([("1", "a@b.example"), ("1", "A@b.example"), ("2", "")]) is None
    whole = [("66861100000000123", "a@b.example"), ("66861100000000200", "b@b.example")]
    assert why_unusable(whole) is None
    zeros = [("66861100000000000", "a@b.example"), ("66861200000000000", "b@b.example")]
    assert why_unusable(zeros) == "a spreadsheet has rounded the ids"
    assert why_unusable([*zeros, ("17", "c@d.example")]) is None
