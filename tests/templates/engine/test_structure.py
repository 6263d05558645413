"""Texts written out by the structure they stand in."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.engine.catalogue import words_for
from templates.engine.graphemes import units
from templates.engine.marks import Prose, Style, link, moment, person, value
from templates.engine.structure import Reader, resolve, resolve_plain

READER = Reader(words_for("en"), ZoneInfo("Europe/Madrid"))
AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


def section(text: str) -> str:
    resolved = resolve({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}, READER)
    blocks = resolved["blocks"]
    assert isinstance(blocks, list)
    return str(blocks[0]["text"]["text"])


def header(text: str) -> dict[str, object]:
    resolved = resolve({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": text}}]}, READER)
    blocks = resolved["blocks"]
    assert isinstance(blocks, list)
    shown: dict[str, object] = blocks[0]["text"]
    return shown


def test_a_person_is_a_mention_in_markup_and_a_name_in_plain_text() -> None:
    somebody = person("U1", "Ana <3")
    assert section(somebody) == "<@U1>"
    assert header(somebody)["text"] == "Ana <3"
    assert resolve_plain(somebody, READER) == "Ana <3"


def test_a_moment_is_in_each_readers_zone_or_says_its_own() -> None:
    at = moment(AT, Style.DAY_AND_TIME)
    stamp = int(AT.timestamp())
    assert section(at) == f"<!date^{stamp}^{{date_short_pretty}} at {{time}}|Nov 22, 3:05\u202fPM CET>"
    assert header(at)["text"] == "Nov 22, 3:05\u202fPM CET"


def test_a_link_is_words_that_lead_somewhere_and_words_alone_where_nothing_is_markup() -> None:
    leads = link("https://a.example/?b=1&c=2", "here")
    assert section(leads) == "<https://a.example/?b=1&amp;c=2|here>"
    assert header(leads)["text"] == "here"


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        moment(AT.replace(tzinfo=None), Style.DAY)


def test_emoji_codes_are_off_only_where_something_foreign_stands() -> None:
    assert header(value(":tada:"))["emoji"] is False
    assert "emoji" not in header("Ours")


def test_a_value_that_is_too_long_is_cut_and_the_words_around_it_stay() -> None:
    text = str(header(Prose(f"Lead {value('x' * 500)} is {value('short')} here"))["text"])
    assert len(text) == 150
    assert text.startswith("Lead xxx")
    assert text.endswith("x… is short here")


def test_an_escape_is_never_cut_in_two() -> None:
    text = section(Prose(f"{value('&<>' * 2000)} {person('U1', 'Ana')}"))
    assert len(text) <= 3000
    assert text.endswith("… <@U1>")
    assert text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "") == "… <@U1>"


@given(st.lists(st.text(max_size=400), min_size=1, max_size=4))
def test_a_header_keeps_within_slacks_limit_whatever_it_holds(texts: list[str]) -> None:
    assert units(str(header(Prose(" · ".join(map(value, texts))))["text"])) <= 150


def test_an_empty_value_is_shown_as_a_dash() -> None:
    assert header(value("\u202e \x00"))["text"] == "–"


def test_what_goes_back_to_us_is_not_touched() -> None:
    view = {"type": "modal", "private_metadata": Prose('{"a":"*_<"}'), "blocks": []}
    assert resolve(view, READER)["private_metadata"] == '{"a":"*_<"}'
