"""Columns that say who must not be contacted: what cannot be read of them is asked before anything is imported."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import typer

from bot.cli import console
from bot.importing.tables import Table
from qualification.rules.intake.import_guess import ConsentChoices, unclear_consents

# So many different values of a column are shown.
_MOST_VALUES: Final = 10


def read_choices(
    table: Table, do_not_contact: Iterable[str], ignored: Iterable[str], *, asks: Callable[[], bool] | None = None
) -> ConsentChoices:
    """Return what the options say of columns about contact, and what a person answers of the others.

    Without a terminal to ask at, or where an option names no column, it says so and ends the command.
    """
    columns = table.columns or ()
    refusing: dict[str, frozenset[str]] = {}
    for option in do_not_contact:
        column, equals, values = option.partition("=")
        words = frozenset(value.strip() for value in values.split(",") if value.strip())
        if not equals or not words:
            console.fail(
                "--do-not-contact is COLUMN=VALUES, such as 'Marketing status=pending,archived'.", console.WRONG
            )
        refusing[_known(column, columns, "--do-not-contact")] = words
    choices = ConsentChoices(refusing, frozenset(_known(each, columns, "--ignore") for each in ignored))
    unclear = unclear_consents(columns, (row.cells for row in table.rows() if row.error is None), choices)
    if not unclear:
        return choices
    if not (asks or sys.stdin.isatty)():
        _stop(unclear)
    return _ask(unclear, choices)


def _known(column: str, columns: Sequence[str], option: str) -> str:
    found = {each.casefold(): each for each in columns}.get(column.strip().casefold())
    if found is None:
        console.fail(
            f"{option}: the file has no column `{column.strip()}`; it has {', '.join(columns)}.", console.WRONG
        )
    return found


def _stop(unclear: Mapping[str, Counter[str]]) -> None:
    for column, values in unclear.items():
        console.remark(
            f"Column “{column}” seems to say who must not be contacted, but Baton can't read {_shown(values)}. "
            f"Say which values do (--do-not-contact '{column}=…'), or leave the column aside (--ignore '{column}')."
        )
    console.fail("Nothing was imported.", console.WRONG)


def _ask(unclear: Mapping[str, Counter[str]], choices: ConsentChoices) -> ConsentChoices:
    refusing, ignored = dict(choices.refusing), set(choices.ignored)
    for column, values in unclear.items():
        console.say(f"Column “{column}” seems to say who must not be contacted, but Baton can't read {_shown(values)}.")
        given = typer.prompt(
            "Which of these values mean “do not contact”? Separate them with commas; none, or all", default="all"
        )
        said = [each.strip() for each in str(given).split(",") if each.strip()]
        if [each.casefold() for each in said] == ["none"]:
            ignored.add(column)
        else:
            refusing[column] = frozenset(values if [each.casefold() for each in said] == ["all"] else said)
    return ConsentChoices(refusing, frozenset(ignored))


def _shown(values: Counter[str]) -> str:
    shown = [f"“{console.printable(value)}” ({count:,})" for value, count in values.most_common(_MOST_VALUES)]
    more = len(values) - len(shown)
    return ", ".join(shown) + (f" and {more:,} others" if more else "")
