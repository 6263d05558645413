"""What a stranger typed is data: how it is written where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.engine import escaping
from templates.engine.graphemes import cut, pieces, units
from templates.engine.marks import Value, parts, prose, value

FAMILY = "👩‍👩‍👧‍👦"
FLAG = "🇩🇪"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("O'Neil & Sons", "O'Neil &amp; Sons"),
        ("*a* _b_ ~c~ `d`", "∗a∗ ˍbˍ ∼c∼ ˋdˋ"),
        (">> quoted", "›› quoted"),
        ("a > b", "a &gt; b"),
        (":tada: 10:30 at :tada", "꞉tada: 10:30 at ꞉tada"),
        ("株式会社 👍", "株式会社 👍"),
        ("مرحبا", "\u2068مرحبا\u2069"),
    ],
)
def test_markup_keeps_its_looks_and_loses_its_force(typed: str, read: str) -> None:
    assert escaping.mrkdwn(escaping.folded(typed)) == read


def test_lines_are_folded_where_a_new_one_could_begin_a_quote() -> None:
    assert escaping.folded(" a\r\n\r\n> b\u2028c\t d ") == "a > b c d"


def test_line_ends_stay_where_a_text_stands_alone_and_many_become_two() -> None:
    assert escaping.clean("a\r\nb\n\n \n\n\nc") == "a\nb\n\nc"


def test_what_changes_direction_or_cannot_be_seen_is_removed() -> None:
    assert escaping.clean("a\u202eb\u2066c\x00d\x1be\ufefff") == "abcdef"
    assert escaping.clean("\ud83d") == "\ufffd"


def test_the_joiners_of_an_emoji_stay() -> None:
    assert escaping.clean(FAMILY) == FAMILY


@given(st.text(st.characters()))
def test_a_value_can_forge_no_mark(text: str) -> None:
    assert [part for part in parts(value(text)) if not isinstance(part, Value)] == []


def test_prose_is_not_marked_again() -> None:
    marked = prose("a")
    assert prose(marked) is marked


def test_a_cut_tears_no_visible_character() -> None:
    assert cut(FAMILY * 3, units(FAMILY) + 3) == FAMILY + "…"
    assert cut(FLAG * 3, 7) == FLAG + "…"
    assert cut("e\u0301" * 4, 4) == "e\u0301…"
    assert cut("👍🏽👍🏽", 5) == "👍🏽…"
    assert cut("क्ष" * 3, 6) == "क्ष…"
    assert cut(f"\n{FLAG * 3}", 8) == f"\n{FLAG}…"
    assert cut("short", 5) == "short"


@given(st.text(st.characters(), max_size=60), st.integers(1, 40))
def test_a_cut_keeps_within_its_limit(text: str, limit: int) -> None:
    assert units(cut(text, limit)) <= max(limit, 1)


@given(st.text(max_size=300), st.integers(10, 60))
def test_pieces_together_are_the_whole_text(text: str, limit: int) -> None:
    found = pieces(text, limit)
    assert "".join(found) == text
    assert all(units(piece) <= limit for piece in found)


def test_pieces_part_at_a_line_end_where_one_is_near_and_at_a_blank_otherwise() -> None:
    assert pieces("One line.\nTwo words more", 16) == ["One line.\n", "Two words more"]
    assert pieces("one two\tthree", 10) == ["one two\t", "three"]
    assert pieces("12\xa0500\xa0EUR agreed", 12) == ["12\xa0500\xa0EUR ", "agreed"]
    assert pieces("12\xa0500\xa0EUR", 8) == ["12\xa0500\xa0E", "UR"]


@given(
    st.lists(st.text("aé👍", min_size=1, max_size=60), min_size=40, max_size=80),
    st.sampled_from([" ", "\n", "\t", " \n", "\u3000"]),
)
def test_pieces_never_part_a_word_that_a_blank_stands_near(words: list[str], blank: str) -> None:
    found = pieces(blank.join(words), 400)
    assert [piece for piece in found[:-1] if not piece[-1].isspace()] == []
    assert "".join(found) == blank.join(words)


def test_one_character_of_many_marks_is_parted_and_still_whole() -> None:
    """Joined without end, emoji are one character that no block could hold."""
    text = "👩\u200d" * 40
    found = pieces(text, 30)
    assert "".join(found) == text
    assert max(map(units, found)) <= 30
