"""The command line: `python -m sandbox demo` and `python -m sandbox serve`."""

import argparse
import os
import sys
from collections.abc import Sequence

from sandbox.demo import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local Slack to try the bot in.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="the sample workspace with the bot in it")
    demo.add_argument("--no-bot", action="store_true", help="start no bot; print what points one at the sandbox")
    serve = commands.add_parser("serve", help="the sample workspace alone: the same as demo --no-bot")
    for command in (demo, serve):
        command.add_argument("--port", type=int, default=3999, help="the port on 127.0.0.1 (0: any free one)")
    given = parser.parse_args(arguments)
    try:
        return run.run(port=given.port, with_bot=given.command == "demo" and not given.no_bot)
    except OSError as error:
        print(f"Port {given.port} cannot be used: {os.strerror(error.errno or 0)}. Try --port 0.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
