"""The words of each language, and what Babel writes for it."""

import io
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import templates
from templates.engine.catalogue import read_locale, read_zone, words_for
from templates.engine.marks import Style, Value, parts

LOCALE = Path(templates.__file__).parent / "locale"
ROOT = LOCALE.parent.parent
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}")


def catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO((LOCALE / language / "LC_MESSAGES" / "messages.po").read_bytes()), locale=language)


def template() -> Catalog:
    return read_po(io.BytesIO((LOCALE / "messages.pot").read_bytes()))


def forms(message: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """Return the singular and plural forms of a message."""
    return [message] if isinstance(message, str) else list(message or ())


def placeholders(text: str) -> set[str]:
    return {found[1] or found[2] for found in _PLACEHOLDER.finditer(text)}


def shown(text: str) -> str:
    return "".join(part.text if isinstance(part, Value) else str(part) for part in parts(text))


def test_every_word_in_the_templates_is_in_the_catalogue(tmp_path: Path) -> None:
    """Gathered anew, the words are those that are kept: `make words` has nothing to do."""
    gathered = tmp_path / "messages.pot"
    subprocess.run(
        [
            *(sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract", "--mapping=pyproject.toml"),
            *("--keyword=gettext_noop", "--no-location", "--sort-output", "--omit-header", f"--output={gathered}"),
            "templates",
        ],
        cwd=ROOT,
        check=True,
    )
    found = {message.id for message in read_po(io.BytesIO(gathered.read_bytes()))}
    assert found == {message.id for message in template()}


@pytest.mark.parametrize("language", sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir()))
def test_a_language_knows_every_word_with_its_placeholders(language: str) -> None:
    translated = catalogue(language)
    assert {message.id for message in translated} == {message.id for message in template()}
    for message in translated:
        if not message.id:
            continue
        assert not message.fuzzy
        sources, targets = forms(message.id), forms(message.string)
        assert all(targets)
        for target in targets:
            assert placeholders(target) <= set().union(*map(placeholders, sources))
        assert set().union(*map(placeholders, targets)) == set().union(*map(placeholders, sources))


def test_there_is_more_than_one_language() -> None:
    assert "de" in {folder.name for folder in LOCALE.iterdir()}


@pytest.mark.parametrize(
    ("tag", "locale"), [("de-DE", "de_DE"), ("en-GB", "en_GB"), ("ja-JP", "en"), ("??", "en"), ("", "en"), (None, "en")]
)
def test_an_unknown_language_is_english(tag: str | None, locale: str) -> None:
    assert str(read_locale(tag)) == locale


def test_an_unknown_zone_is_utc() -> None:
    assert read_zone("Mars/Olympus") == read_zone(None) == ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("tag", "minor", "currency", "written"),
    [
        ("en", 1_250_000, "EUR", "€12,500"),
        ("en", 1_250_050, "EUR", "€12,500.50"),
        ("de", 1_250_050, "EUR", "12.500,50\xa0€"),
        ("en", 500, "JPY", "¥500"),
        ("en", 1_500, "KWD", "KWD\xa01.500"),
        ("en", 0, "USD", "$0"),
        ("en", 100, "<!X>", "<!X>"),
    ],
)
def test_money_is_written_with_its_currency_and_its_own_decimals(
    tag: str, minor: int, currency: str, written: str
) -> None:
    assert shown(words_for(tag).money(minor, currency)).startswith(written)


def test_a_country_is_named_in_the_readers_language() -> None:
    assert shown(words_for("de").country("DE")) == "Deutschland"
    assert shown(words_for("en").country("Atlantis")) == "Atlantis"


def test_numbers_of_things_agree() -> None:
    words = words_for("en")
    assert words.ngettext("%(num)s employee", "%(num)s employees", 1) == "1 employee"
    assert words.ngettext("%(num)s employee", "%(num)s employees", 1200) == "1,200 employees"


def test_a_time_in_words_names_its_zone() -> None:
    at = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert words_for("de").clock(at, Style.DAY_AND_TIME, ZoneInfo("Europe/Berlin")) == "1. Juli, 14:00 CEST"
    assert words_for("en").clock(at, Style.DAY, ZoneInfo("UTC")) == "Jul 1"


def test_every_percent_sign_in_the_words_is_a_placeholder() -> None:
    """A stray one would break the sentence it stands in."""
    for message in template():
        for text in forms(message.id):
            assert text % dict.fromkeys(placeholders(text), "") is not None
