"""`python -m bot` does what `baton` does, where the project is not installed."""

from bot.cli.commands import baton

if __name__ == "__main__":
    baton(prog_name="python -m bot")
