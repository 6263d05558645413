"""Who must not be contacted: what an import reads of it, and what it asks before it goes on."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.cli.importing import consents
from bot.database import Database
from bot.importing.files import examine
from qualification.records import ImportRun, Lead
from tests.bot.cli.terminal import Command, count

FILE = (
    "Name,Email,Marketing status\nIvy,ivy@acme.example,pending\nJo,jo@acme.example,subscribed\n"
    "Ugo,ugo@acme.example,unsubscribed\n"
)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def refused(database: Database) -> dict[str | None, bool]:
    with database.snapshot() as session:
        return {lead.name: lead.do_not_contact for lead in session.scalars(select(Lead))}


@pytest.mark.usefixtures("people")
def test_without_a_terminal_it_stops_before_it_imports_what_it_cannot_read(ready: Command, database: Database) -> None:
    done = ready("import", "people.csv")
    assert done.exit_code == 2
    assert "Column “Marketing status” seems to say who must not be contacted" in done.stderr
    assert "can't read “pending” (1)" in done.stderr
    assert "--do-not-contact 'Marketing status=…'" in done.stderr
    assert (count(database, Lead), count(database, ImportRun)) == (0, 0)


@pytest.mark.usefixtures("people")
def test_an_option_says_which_values_refuse_contact(ready: Command, database: Database) -> None:
    done = ready("import", "people.csv", "--do-not-contact", "marketing status=pending")
    assert done.exit_code == 0, done.stderr
    assert '  do_not_contact ← "Marketing status"' in done.stdout
    assert refused(database) == {"Ivy": True, "Jo": False, "Ugo": True}


@pytest.mark.usefixtures("people")
def test_an_option_leaves_a_column_aside(ready: Command, database: Database) -> None:
    assert ready("import", "people.csv", "--ignore", "Marketing status").exit_code == 0
    assert refused(database) == {"Ivy": False, "Jo": False, "Ugo": False}


@pytest.mark.parametrize(
    "option", [("--ignore", "Nobody"), ("--do-not-contact", "Nobody=x"), ("--do-not-contact", "Email")]
)
@pytest.mark.usefixtures("people")
def test_an_option_that_names_no_column_says_so(ready: Command, option: tuple[str, str]) -> None:
    assert ready("import", "people.csv", *option).exit_code == 2


@pytest.mark.parametrize(
    ("answer", "refusing", "ignored"),
    [("all", {"pending"}, set()), ("pending", {"pending"}, set()), ("none", set(), {"Marketing status"})],
)
def test_at_a_terminal_it_asks(
    people: Path, monkeypatch: pytest.MonkeyPatch, answer: str, refusing: set[str], ignored: set[str]
) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: answer)
    choices = consents.read_choices(examine(people), (), (), asks=lambda: True)
    assert {value for values in choices.refusing.values() for value in values} == refusing
    assert choices.ignored == ignored
