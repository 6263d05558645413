"""What holds for every template, whatever it is given."""

import gettext
import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from jinja2.nodes import Add, Concat, Mod
from slack_sdk.models.blocks import Block

import templates
from sandbox.blocks import block_errors, view_errors
from templates.engine.catalogue import Words
from templates.engine.environment import source
from templates.engine.structure import Reader, resolve
from tests.templates.reading import DATE, LINK, MENTION, marked_up, nodes, words
from tests.templates.samples import SUBJECTS

FOLDER = Path(templates.__file__).parent
NAMES = sorted(SUBJECTS)
locales = st.sampled_from(["en", "de-DE", "en-GB", "ja-JP", "nonsense", None])
often = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
FIGURES = {"data_table", "data_visualization"}
_FORMATTING = re.compile(r"[*_~`]")
_UNREADABLE = re.compile("[\ufdd0-\ufdef\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e]")
_BOLD_LINE = re.compile(r"^\*(.*)\*$", re.MULTILINE)


def test_every_template_is_tried() -> None:
    files = {str(file.relative_to(FOLDER)).removesuffix(".json.j2") for file in FOLDER.glob("*/**/*.json.j2")}
    files = {name for name in files if not name.startswith("parts/")}
    assert files == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@often
@given(data=st.data())
def test_a_template_makes_valid_and_harmless_blocks_of_anything(name: str, data: st.DataObject) -> None:
    """Whatever a stranger typed: Slack takes it, it reads as text, and the same facts give the same bytes."""
    facts, locale = data.draw(SUBJECTS[name]), data.draw(locales)
    payload = templates.render(name, locale=locale, zone="Europe/Madrid", **facts)
    assert_valid(payload)
    assert_harmless(payload)
    assert_readable(payload)
    again = templates.render(name, locale=locale, zone="Europe/Madrid", **facts)
    assert json.dumps(payload, ensure_ascii=False).encode() == json.dumps(again, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", NAMES)
@often
@given(data=st.data())
def test_a_reader_whose_language_has_no_words_reads_english_throughout(name: str, data: st.DataObject) -> None:
    """Words, numbers, money, places and times alike."""
    facts, locale = data.draw(SUBJECTS[name]), data.draw(st.sampled_from(["es-ES", "ja-JP", "pt-BR", "zh-Hant-TW"]))
    read, english = (templates.render(name, locale=each, zone="Asia/Tokyo", **facts) for each in (locale, "en"))
    assert read == english


def assert_valid(payload: dict[str, object]) -> None:
    """Slack would take it."""
    blocks = payload["blocks"]
    assert isinstance(blocks, list)
    if "type" in payload:
        assert view_errors(payload) == []
    else:
        assert block_errors(blocks, "message") == []
    # The SDK does not know the blocks of figures; the sandbox does.
    for block in Block.parse_all([each for each in blocks if each["type"] not in FIGURES]):
        assert block is not None
        block.validate_json()


def assert_harmless(payload: dict[str, object]) -> None:
    """What stands between angle brackets, in bold or at the start of a line was put there by a template."""
    for text in marked_up(payload):
        ours = LINK.sub("", DATE.sub("", MENTION.sub("", text)))
        assert "<" not in ours
        assert ">" not in ours
        assert not re.search(r"&(?!amp;|lt;|gt;)", ours)
        assert not _FORMATTING.search(_BOLD_LINE.sub(r"\1", ours))
        assert not any(line.startswith("&gt;") for line in ours.split("\n"))
        assert not re.search(r":[\w+'-]+:", ours)
    for node in nodes(payload):
        assert node.get("type") != "mrkdwn" or node["verbatim"] is True


def assert_readable(payload: dict[str, object]) -> None:
    """No mark, no control character and no stray change of direction is left, and nothing is empty."""
    for text in words(payload):
        assert text
        assert not _UNREADABLE.search(text)
        assert text.count("\u2068") == text.count("\u2069")
        assert "None" not in text


class Bracketing(gettext.NullTranslations):
    """A language in which every translated word stands in brackets."""

    def gettext(self, message: str) -> str:
        """Bracket a sentence; patterns for Slack stay what they are."""
        return message if message.startswith("{") else f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Bracket a sentence with a number."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """Bracket a word with its context."""
        return self.gettext(message) if context else message


BRACKETED = Words(Locale.parse("en"), Bracketing())


def _outside_brackets(text: str) -> str:
    # What is too long for Slack is cut, in the middle of a translated word as well.
    text = re.sub("⟦[^⟦⟧]*…$", "", text)
    while "⟦" in text:
        shorter = re.sub("⟦[^⟦⟧]*⟧", "", text)
        assert shorter != text
        text = shorter
    return text


def _without_values(payload: dict[str, object]) -> dict[str, object]:
    """Return the marked payload with every foreign value gone."""
    text = re.sub("\ufdd0v[^\ufdd1]*\ufdd1", "", json.dumps(payload, ensure_ascii=False))
    loaded: dict[str, object] = json.loads(text)
    return loaded


@pytest.mark.parametrize("name", NAMES)
@often
@given(data=st.data())
def test_every_word_of_a_template_can_be_translated(name: str, data: st.DataObject) -> None:
    """With a language that brackets what it translates, no letter of our own stands outside."""
    facts = data.draw(SUBJECTS[name])
    reader = Reader(BRACKETED, ZoneInfo("UTC"))
    payload = resolve(_without_values(source(name, BRACKETED, facts)), reader)
    for text in words(payload):
        ours = LINK.sub(r"\1", DATE.sub("", MENTION.sub("", text)))
        assert not re.search(r"[A-Za-z]", _outside_brackets(ours))


def test_no_template_glues_texts_together() -> None:
    """`~` and `+` lose the marks around what is foreign; `joined` keeps them."""
    reading = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701 - it only parses
    for file in FOLDER.rglob("*.json.j2"):
        tree = reading.parse(file.read_text(encoding="utf-8"))
        assert list(tree.find_all((Concat, Add, Mod))) == [], file
