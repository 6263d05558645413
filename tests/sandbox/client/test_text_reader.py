"""Text, blocks and dates as a reader sees them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.client.text_reader import TextReader
from sandbox.clock import ManualClock
from sandbox.workspace.ids import Ids
from sandbox.workspace.seed import NORTHWIND, make_workspace
from sandbox.workspace.state import Workspace
from tests.sandbox.parts import MANIFEST, asked, options, plain

Json = dict[str, Any]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UNIX = int(datetime(2026, 11, 23, 13, 35, tzinfo=UTC).timestamp())


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace(Ids(ManualClock(NOW)), NORTHWIND, MANIFEST, "secret", int(NOW.timestamp()))


def text_reader(workspace: Workspace, name: str = "Ana Ruiz") -> TextReader:
    member = next(each for each in workspace.people if each.real_name == name)
    return TextReader(workspace, member, NOW)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*bold* _italic_ ~gone~ `code`", "bold italic gone code"),
        ("2 * 3 * 4, snake_case_name, ~ 5", "2 * 3 * 4, snake_case_name, ~ 5"),
        ("`*not bold*` and ```_not italic_```", "*not bold* and _not italic_"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<https://example.com|our *site*> or <https://example.org>", "our *site* or https://example.org"),
        ("&gt; quoted\n> too", "quoted\ntoo"),
        ("*<https://example.com|bold link>*", "bold link"),
    ],
)
def test_marks_that_format_are_not_read(workspace: Workspace, written: str, read: str) -> None:
    assert text_reader(workspace).read_mrkdwn(written) == read


def test_mentions_are_read_as_names_and_remembered(workspace: Workspace) -> None:
    reader = text_reader(workspace)
    ben = next(each for each in workspace.people if each.real_name == "Ben Okafor")
    channel = workspace.channel_called("general")
    assert channel
    text = f"<@{ben.id}> in <#{channel.id}>: <!channel> <!subteam^S1|@sales> <@U0>"
    assert reader.read_mrkdwn(text) == "@Ben Okafor in #general: @channel @@sales <@U0>"
    assert reader.mentions == ["@Ben Okafor", "@channel", "@subteam", "<@U0>"]


def test_bare_names_and_addresses_count_unless_the_text_is_verbatim(workspace: Workspace) -> None:
    text = "ask @here about https://example.com"
    loose, strict, escaped = text_reader(workspace), text_reader(workspace), text_reader(workspace)
    loose.read_text_object({"type": "mrkdwn", "text": text})
    strict.read_text_object({"type": "mrkdwn", "text": text, "verbatim": True})
    escaped.read_text_object({"type": "mrkdwn", "text": "&lt;!channel&gt;", "verbatim": True})
    assert (loose.mentions, loose.links) == (["@here"], ["https://example.com"])
    assert (strict.mentions, strict.links) == ([], [])
    assert (escaped.mentions, escaped.links) == ([], [])


def test_plain_text_is_read_as_it_stands(workspace: Workspace) -> None:
    reader = text_reader(workspace)
    text = "<!channel> *O'Neil & Sons* <https://example.com|x> `a`"
    assert reader.read_text_object(plain(text)) == text
    assert (reader.mentions, reader.links) == ([], [])


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("{time}", "14:35"),
        ("{date_num} {time_secs}", "2026-11-23 14:35:00"),
        ("{date}", "November 23rd, 2026"),
        ("{date_short}", "Nov 23, 2026"),
        ("{date_long}", "Monday, November 23rd, 2026"),
        ("{date_pretty} at {time}", "today at 14:35"),
        ("{ago}", "in 1 hour"),
        ("{unheard}", "{unheard}"),
    ],
)
def test_dates_are_read_in_the_readers_zone(workspace: Workspace, pattern: str, read: str) -> None:
    assert text_reader(workspace).read_mrkdwn(f"by <!date^{UNIX}^{pattern}|some time>") == f"by {read}"


def test_another_reader_reads_another_hour(workspace: Workspace) -> None:
    assert text_reader(workspace, "Mika Sato").read_mrkdwn(f"<!date^{UNIX}^{{time}}|some time>") == "22:35"
    assert text_reader(workspace, "Dan Lee").read_mrkdwn(f"<!date^{UNIX}^{{date_short_pretty}}|x>") == "today"
    assert (
        text_reader(workspace, "Mika Sato").read_mrkdwn(f"<!date^{UNIX + 7200}^{{date_short_pretty}}|x>") == "tomorrow"
    )


def test_blocks_are_read_from_top_to_bottom(workspace: Workspace) -> None:
    mrkdwn = {"type": "mrkdwn", "text": "*Why this lead*"}
    blocks: list[Json] = [
        {"type": "header", "text": plain("Acme · Pat")},
        {"type": "section", "text": mrkdwn, "fields": [plain("Size"), plain("120")]},
        {"type": "divider"},
        {"type": "context", "elements": [plain("■ Budget"), mrkdwn]},
        {"type": "actions", "elements": [{"type": "button", "text": plain("Accept"), "action_id": "a"}]},
        {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "a chart"},
        asked("Reason", {"type": "static_select", "action_id": "r", "options": options(a="A")}, hint=plain("One.")),
        {"type": "alert", "text": plain("Late")},
    ]
    assert text_reader(workspace).read_blocks(blocks).split("\n") == [
        "Acme · Pat",
        "Why this lead",
        "Size",
        "120",
        "■ Budget Why this lead",
        "a chart",
        "Reason",
        "One.",
        "Late",
    ]


def test_rich_text_is_read_and_its_mentions_count(workspace: Workspace) -> None:
    reader = text_reader(workspace)
    ben = next(each for each in workspace.people if each.real_name == "Ben Okafor")
    section = {
        "type": "rich_text_section",
        "elements": [
            {"type": "text", "text": "*as typed* <!here> ", "style": {"bold": True}},
            {"type": "user", "user_id": ben.id},
            {"type": "text", "text": " "},
            {"type": "link", "url": "https://example.com", "text": "site"},
            {"type": "emoji", "name": "wave"},
            {"type": "date", "timestamp": UNIX, "format": " {time}"},
        ],
    }
    broadcast = {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}
    blocks = [
        {"type": "rich_text", "elements": [section, {"type": "rich_text_list", "elements": [broadcast]}]},
    ]
    assert reader.read_blocks(blocks) == "*as typed* <!here> @Ben Okafor site:wave: 14:35\n• @here"
    assert (reader.mentions, reader.links) == (["@Ben Okafor", "@here"], ["https://example.com"])


def test_tables_and_charts_are_read_too(workspace: Workspace) -> None:
    table = {
        "type": "data_table",
        "caption": "Stages",
        "rows": [
            [{"type": "raw_text", "text": "Stage"}, {"type": "raw_text", "text": "Leads"}],
            [{"type": "raw_text", "text": "Won"}, {"type": "raw_number", "value": 3, "text": "3"}],
        ],
    }
    bars = {
        "type": "data_visualization",
        "title": "Won",
        "chart": {
            "type": "bar",
            "series": [{"name": "2026", "data": [{"label": "Q1", "value": 2}, {"label": "Q2", "value": 3.5}]}],
            "axis_config": {"categories": ["Q1", "Q2"]},
        },
    }
    pie = {
        "type": "data_visualization",
        "title": "Source",
        "chart": {"type": "pie", "segments": [{"label": "Demo", "value": 4}]},
    }
    assert text_reader(workspace).read_blocks([table, bars, pie]).split("\n") == [
        "Stages",
        "Stage | Leads",
        "Won | 3",
        "Won",
        "2026: Q1 2, Q2 3.5",
        "Source",
        "Demo: 4",
    ]
