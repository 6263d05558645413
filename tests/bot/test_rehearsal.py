"""What a process does before it takes traffic changes nothing, and leaves nothing to be loaded at the first press."""

import errno
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, FileSystemBytecodeCache
from sqlalchemy import select

import templates
from bot.database import Database
from bot.rehearsal import rehearse
from bot.settings import Settings
from qualification.records.base import Base
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from templates.engine import environment
from templates.engine.catalogue import languages, words_for
from tests.worlds.bots import open_bot
from tests.worlds.office import MANIFEST, MONDAY
from tests.worlds.playbook import TWO_REPS


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a Slack."""
    with Sandbox(MANIFEST, clock=ManualClock(MONDAY), rate_limits=False) as running:
        yield running


def rows(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with database.snapshot() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: [tuple(row) for row in session.execute(select(table))] for table in tables}


def test_a_rehearsal_changes_nothing_and_calls_nobody(database: Database, database_url: str, sandbox: Sandbox) -> None:
    settings = Settings(
        database_url=database_url,
        bot_token=sandbox.bot_token(),
        signing_secret=sandbox.signing_secret,
        slack_api_url=sandbox.api_url,
        port=0,
    )
    bot = open_bot(settings, database, sandbox.clock, TWO_REPS)
    before, calls = rows(database), len(sandbox.calls())
    rehearse(bot, sandbox.clock)
    assert rows(database) == before
    assert len(sandbox.calls()) == calls


def test_every_template_is_loaded_in_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    templates.load()

    def compile_now(*_: object, **__: object) -> None:
        raise AssertionError("a template is compiled at the first press")

    monkeypatch.setattr(Environment, "compile", compile_now)
    for language in languages():
        made = environment._environment(words_for(language))  # noqa: SLF001 - what it has loaded
        names = made.list_templates(filter_func=lambda name: name.endswith(".json.j2"))
        assert len(names) > 50
        for name in names:
            made.get_template(name)


def test_templates_are_compiled_where_no_file_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk, or where the machine has no folder for temporary files."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemBytecodeCache, "dump_bytecode", full)
    monkeypatch.setattr(FileSystemBytecodeCache, "load_bytecode", full)
    kept = environment._CompiledOnce()  # noqa: SLF001 - what keeps them
    made = Environment(loader=DictLoader({"one": "{{ 1 }}"}), autoescape=True, bytecode_cache=kept)
    assert made.get_template("one").render() == "1"
