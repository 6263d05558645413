"""What the program says of itself."""

import ast
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot import logs

ROOT = Path(__file__).parents[2]
Configured = Callable[[str], io.StringIO]


@pytest.fixture
def configured() -> Iterator[Configured]:
    """Configure the logs into a text, and put everything back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hook = threading.excepthook
    levels = {name: logging.getLogger(name).level for name in logs.QUIETER}

    def configure(form: str) -> io.StringIO:
        stream = io.StringIO()
        logs.configure(form, "info", stream)
        return stream

    yield configure
    root.handlers[:], root.level = handlers, level
    threading.excepthook = hook
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_a_line_is_a_sentence_and_its_keys(configured: Configured) -> None:
    stream = configured("text")
    logging.getLogger("handlers.handoffs").info("A lead was accepted.", extra={"action": "accept", "lead": 12})
    assert stream.getvalue().rstrip().endswith("INFO    handlers.handoffs: A lead was accepted. action=accept lead=12")


def test_json_has_one_object_a_line(configured: Configured) -> None:
    stream = configured("json")
    logging.getLogger("bot").warning("Two\nlines", extra={"workspace": 3})
    record = json.loads(stream.getvalue())
    assert (record["level"], record["message"], record["workspace"]) == ("warning", "Two\nlines", 3)
    assert stream.getvalue().count("\n") == 1


def test_a_key_that_is_not_listed_is_not_written(configured: Configured) -> None:
    for form in ("text", "json"):
        stream = configured(form)
        logging.getLogger("bot").info("Hello.", extra={"email": "dana@contoso.example"})
        assert "contoso" not in stream.getvalue()


def test_a_stranger_cannot_forge_a_line(configured: Configured) -> None:
    stream = configured("text")
    logging.getLogger("bot").info("A\n2026 ERROR bot: B", extra={"action": "x\ny=1"})
    assert stream.getvalue().count("\n") == 1


def test_an_exception_shows_its_way_and_not_its_words(configured: Configured) -> None:
    stream = configured("text")
    try:
        try:
            known: dict[str, str] = {}
            known["dana@contoso.example"]
        except KeyError as error:
            message = "no dana@contoso.example"
            raise ValueError(message) from error
    except ValueError:
        logging.getLogger("bot").exception("Something went wrong.", extra={"reference": "ab12"})
    shown = stream.getvalue()
    assert "builtins.ValueError" in shown
    assert "builtins.KeyError" in shown
    assert "test_logs.py" in shown
    assert "reference=ab12" in shown
    assert "contoso" not in shown


def test_a_machine_in_trouble_may_speak_but_no_row_is_quoted(configured: Configured) -> None:
    stream = configured("text")
    error = OperationalError("INSERT", {"email": "dana@contoso.example"}, OSError("disk is full"))
    logging.getLogger("bot").error("The database is in trouble.", exc_info=error)
    assert "disk is full" in stream.getvalue()
    assert "contoso" not in stream.getvalue()


def test_a_thread_that_dies_is_told_of_like_everything_else(configured: Configured) -> None:
    stream = configured("json")

    def die() -> None:
        raise LookupError("dana@contoso.example")

    thread = threading.Thread(target=die, name="worker")
    thread.start()
    thread.join()
    record = json.loads(stream.getvalue())
    assert (record["level"], record["action"], record["frames"][0]) == ("critical", "worker", "  builtins.LookupError")
    assert "contoso" not in stream.getvalue()


def test_no_library_may_write_payloads(configured: Configured) -> None:
    # An app of another test may have given it a level of its own.
    logging.getLogger("slack_bolt.App").setLevel(logging.NOTSET)
    configured("text")
    assert not logging.getLogger("slack_sdk.web.base_client").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("slack_bolt.App").isEnabledFor(logging.WARNING)


def test_every_key_that_is_logged_is_on_the_list() -> None:
    """A key that is not listed would be dropped in silence."""
    used = {
        key.value
        for room in ("bot", "handlers", "qualification", "templates")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "extra" and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    }
    assert {"action", "workspace", "delivery"} <= used <= set(logs.KEYS)
