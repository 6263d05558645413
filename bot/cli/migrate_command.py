"""`baton migrate`: the schema brought up to date."""

import migrations
from bot.cli import console, databases


def command() -> None:
    """Bring the database's schema up to date. Harmless where it is; make a backup first."""
    with databases.opened(console.settings()) as database:
        databases.bring_up_to_date(database)
    console.say(f"The database is at revision {migrations.head()}.")
