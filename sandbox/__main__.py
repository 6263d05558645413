"""The command line: `python -m sandbox demo` and `python -m sandbox serve`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.demo import keeping, run

LOG = Path("demo.log")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local Slack to try the bot in.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="the sample workspace with the bot in it")
    demo.add_argument("--no-bot", action="store_true", help="start no bot; print what points one at the sandbox")
    log = demo.add_mutually_exclusive_group()
    log.add_argument(
        "--log",
        metavar="FILE",
        type=Path,
        default=LOG,
        help="the file that keeps the bot's log, written anew (%(default)s); another demo's is left alone",
    )
    log.add_argument("--verbose", dest="log", action="store_const", const=None, help="show the bot's log as it comes")
    demo.add_argument(
        "--keep",
        metavar="FOLDER",
        type=Path,
        help="keep database and Slack in this folder, and go on with them where they are there (else all is gone)",
    )
    serve = commands.add_parser("serve", help="the sample workspace alone: the same as demo --no-bot")
    for command in (demo, serve):
        command.add_argument(
            "--port", type=int, help=f"the port on 127.0.0.1 (0: any free one; by default {run.PORT}, or a free one)"
        )
    given = parser.parse_args(arguments)
    try:
        if given.command == "serve" or given.no_bot:
            return run.serve(port=given.port)
        return run.demo(port=given.port, log=given.log, keep=given.keep)
    except keeping.NotKept as fault:
        print(fault, file=sys.stderr)
        return 1
    except OSError as error:
        named = "another --keep" if given.command == "demo" and error.filename == str(given.keep) else "another --log"
        what, instead = (error.filename, named) if error.filename else (f"Port {given.port}", "--port 0")
        print(f"{what} cannot be used: {os.strerror(error.errno or 0)}. Try {instead}.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
