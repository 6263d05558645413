"""What an import says when it has ended."""

from collections import Counter
from pathlib import Path
from typing import Final

from bot.cli import console
from bot.cli.importing.columns import rows
from bot.importing.runs import Plan, Tally

_MOST_REASONS: Final = 12


def print_result(tally: Tally, plan: Plan, report: Path) -> None:
    """Print what came in and what didn't; a rejected row ends the command with 1."""
    if tally.rows == 0:
        console.say("The file has a header but no rows.")
    elif tally.is_done and tally.rows == tally.went_on_at:
        console.say(
            "Every row of this file was already imported with these settings. Use --again to import it once more, "
            "for example if the playbook has changed since."
        )
    else:
        if tally.went_on_at:
            console.say(f"Continued after row {tally.went_on_at:,}.")
        console.say(
            f"{rows(tally.rows)}. New leads: {tally.new_leads:,}, known leads: {tally.known_leads:,}. "
            f"Activities: {tally.activities:,}. Deals: {tally.handoffs:,}. Left out: {tally.left_out:,}."
        )
    print_unjoined(tally, plan)
    print_lost(tally, plan)
    if tally.lost and report.exists() and not tally.rejected:
        console.say(f"{report} names their rows.")
    if tally.rejected:
        print_reasons(tally.reasons)
        console.fail(
            f"{rows(tally.rejected)} rejected, wholly or in part: {report} says why.",
            console.FAILED,
        )


def print_unjoined(tally: Tally, plan: Plan) -> None:
    """Print how many rows have a key that the joined file doesn't have, which is usually a mistake."""
    for name, count in tally.unjoined.items():
        if count:
            console.say(f"  {name}: {plan.joined[name].file} has no matching row for {rows(count)}")


def print_lost(tally: Tally, plan: Plan) -> None:
    """Print which fields leads were imported without, how often, and in which columns they stand."""
    if not tally.lost:
        return
    console.say("Fields that could not be kept; their leads were taken:")
    uses = plan.guess.uses if plan.guess is not None else {}
    for (name, reason), count in tally.lost.most_common(_MOST_REASONS):
        columns = ", ".join(f'"{column}"' for column in uses.get(name.removeprefix("lead."), ()))
        console.say(f"  {name} {reason}: {count:,}{f' (column {columns})' if columns else ''}")
    if len(tally.lost) > _MOST_REASONS:
        console.say(f"  and {len(tally.lost) - _MOST_REASONS} other reasons")


def print_reasons(reasons: Counter[tuple[str, str]]) -> None:
    """Print how often each reason was given, the most frequent first."""
    for (name, reason), count in reasons.most_common(_MOST_REASONS):
        console.say(f"  {f'{name} {reason}'.strip()}: {count:,}")
    if len(reasons) > _MOST_REASONS:
        console.say(f"  and {len(reasons) - _MOST_REASONS} other reasons")
