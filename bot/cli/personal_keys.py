"""BATON_KEY: made once, into .env, and looked at before anything comes in."""

import os
from pathlib import Path

from bot import machine, private_files
from bot.cli import console
from bot.database import Database
from bot.settings import environment
from qualification.leads import suppression

NAME = "BATON_KEY"


def make(file: Path) -> bool:
    """Write a new key into `file`, a .env for its owner alone, and say so; False where there is one already."""
    if environment(os.environ, file).get(NAME, "").strip():
        return False
    try:
        private_files.make(file)
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.strip() != f"{NAME}="]
        file.write_text("\n".join([*kept, f"{NAME}={machine.new_key()}", ""]), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        console.fail(
            f"{file} cannot be written: {getattr(error, 'strerror', None) or 'it is not UTF-8'}.", console.WRONG
        )
    console.say(f"{NAME} is written to {file}. Keep a copy with your backups: with another one nobody erased is known.")
    return True


def require(database: Database) -> None:
    """End the command where people were erased with another BATON_KEY: they would come back unknown."""
    with database.snapshot() as session:
        is_right = suppression.is_keyed(session, database.personal_key)
    if not is_right:
        console.fail(
            f"{NAME} is not the one by which people were erased, so that they would come back without a word. "
            "Set the one that was, or lift these with baton suppressions lift.",
            console.WRONG,
        )
