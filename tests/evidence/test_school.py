"""`baton import` on a school's leads and activities: 4,615 rows, compared with an independent reading of the file."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from babel import Locale

from qualification.records import Activity, Company, Delivery, Handoff, Lead, LeadEvent
from tests.evidence import school
from tests.evidence.commands import CommandLine, open_command_line
from tests.evidence.school import POINTS, Prospect

MAP = "xeducation.yaml"
# Columns written after talking to the lead, another tool's scores, and the outcome.
AFTERWARDS = ("Tags", "Lead Quality", "Lead Profile", "Asymmetrique", "Converted")


@pytest.fixture(scope="module")
def prospects(data: Path) -> tuple[Prospect, ...]:
    """Return the leads, read without Baton."""
    return school.read(data / "xeducation")


@pytest.fixture(scope="module")
def line(data: Path, engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Publish the playbook and import the file, by the command line."""
    with open_command_line(tmp_path_factory.mktemp("school"), engine_url) as line:
        line.publish(school.PLAYBOOK)
        started = monotonic()
        said = line.brings_in(data / "xeducation" / "leads.csv", MAP).stdout
        engine = "SQLite" if line.database.is_sqlite else "PostgreSQL"
        print(f"\n{engine}: {' '.join(said.split())} ({monotonic() - started:.0f} s)")
        yield line


@pytest.fixture(scope="module")
def leads(line: CommandLine) -> dict[int, Lead]:
    """Return the leads by their number in the file."""
    return {lead.fields["number"]: lead for lead in line.all(Lead)}


def test_the_file_is_the_one_that_was_meant(prospects: tuple[Prospect, ...]) -> None:
    assert len(prospects) == len({each.id for each in prospects}) == len({each.number for each in prospects}) == 4615
    assert school.kinds(prospects).total() == 22244


def test_every_row_is_one_lead_and_nobody_is_told(
    line: CommandLine, leads: dict[int, Lead], prospects: tuple[Prospect, ...]
) -> None:
    assert leads.keys() == {each.number for each in prospects}
    assert [*line.all(Company), *line.all(Handoff), *line.all(Delivery)] == []
    assert Counter(event.kind.value for event in line.all(LeadEvent)) == {"came_in": 4615}


def test_every_lead_is_who_its_row_says(leads: dict[int, Lead], prospects: tuple[Prospect, ...]) -> None:
    for each in prospects:
        lead = leads[each.number]
        assert lead.source == (each.source or None)
        assert lead.do_not_contact is each.do_not_contact
        assert lead.fields.get("city", "") == each.city
        assert lead.fields.get("occupation", "") == each.occupation
        assert "Select" not in lead.fields.values()
    assert sum(lead.do_not_contact for lead in leads.values()) == 372
    print("\nsources  ", dict(Counter(lead.source for lead in leads.values()).most_common()))


def test_countries_are_known_by_their_codes_and_what_is_none_is_left_out(
    leads: dict[int, Lead], prospects: tuple[Prospect, ...]
) -> None:
    """The independent reading finds a country by the start of its English name."""
    names = Locale("en").territories
    codes = {
        typed: next((code for code, name in names.items() if len(code) == 2 and name.startswith(typed)), "")
        for typed in {each.country for each in prospects} - {""}
    }
    assert sorted(typed for typed, code in codes.items() if not code) == ["Asia/Pacific Region", "unknown"]
    for each in prospects:
        assert (leads[each.number].country or "") == codes.get(each.country, "")


def test_what_they_did_is_what_the_columns_say(
    line: CommandLine, leads: dict[int, Lead], prospects: tuple[Prospect, ...]
) -> None:
    done = line.all(Activity)
    assert Counter(each.kind for each in done) == school.kinds(prospects)
    by_lead = Counter((each.lead_id, each.kind) for each in done)
    assert by_lead == Counter((leads[each.number].id, kind) for each in prospects for kind in each.acts)
    print("\nactivities", dict(school.kinds(prospects).most_common()))


def test_every_score_is_the_sum_of_the_seed_table(leads: dict[int, Lead], prospects: tuple[Prospect, ...]) -> None:
    assert {number: lead.score for number, lead in leads.items()} == {each.number: each.score for each in prospects}


def test_whoever_gave_more_than_an_id_and_did_what_counts_is_a_lead_and_so_is_whoever_only_came_in(
    leads: dict[int, Lead], prospects: tuple[Prospect, ...]
) -> None:
    stands = {number for number, lead in leads.items() if lead.lifecycle == "lead"}
    acted = {each.number for each in prospects if any(POINTS[kind] > 0 for kind in each.acts)}
    silent = {each.number for each in prospects if not each.acts}
    assert stands == acted | silent
    scored = {each.number for each in prospects if each.score > 0}
    print(
        f"\n{len(stands):,} leads and {len(leads) - len(stands):,} subscribers; {len(scored):,} were leads before, when"
        f" only a positive score made one. New are {len(silent):,} of whom the file says more than an id, and no deed,"
        f" and {len(acted - scored):,} who did what counts and lost its points by unsubscribing"
    )


def test_nothing_that_was_written_after_talking_to_them_is_looked_at() -> None:
    mapped = "\n".join(
        line.partition("#")[0]
        for line in (Path(__file__).parent / "maps" / MAP).read_text(encoding="utf-8").splitlines()
    )
    assert [word for word in AFTERWARDS if word in mapped] == []
