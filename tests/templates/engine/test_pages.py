"""A page is whole by itself, runs nothing, and shows whatever people wrote as they wrote it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from templates.engine.pages import page

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "\"><a href='javascript:alert(1)'>",
    "{{ 7 * 7 }}{% for x in y %}",
    "&lt;b&gt; O'Neil & Sons",
    "<!--",
    "</style><style>body{display:none}",
    "\u202egnp.exe",
)


@dataclass
class Export:
    """What the page of a lead is given."""

    sections: dict[str, dict[str, list[dict[str, object]]]]
    lead_id: int = 12
    lead_ids: tuple[int, ...] = (12, 15)
    workspace: str = "Northwind"
    exported_at: datetime = AT


@dataclass
class Seen(HTMLParser):
    """What a browser finds in a page."""

    tags: list[str] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def seen(export: Export, zone: str = "Europe/London") -> Seen:
    """Draw a lead's page, and read it as a browser does."""
    found = Seen()
    found.feed(page("export/lead", {"export": export}, zone=zone))
    found.close()
    return found


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_people_wrote_is_text(hostile: str) -> None:
    harmless = seen(
        Export({"what_you_did": {"activity": [{"what": "x", "fields": {"x": ["x", {"x": "x"}]}}]}}, workspace="x")
    )
    row: dict[str, object] = {"what": hostile, "fields": {hostile: [hostile, {"x": hostile}]}}
    found = seen(Export({"what_you_did": {"activity": [row]}}, workspace=hostile))
    assert found.tags == harmless.tags
    assert found.attributes == harmless.attributes
    assert found.texts.count(hostile) >= 4
    assert not {"script", "img", "a", "iframe", "link"} & {*found.tags}


def test_a_column_in_a_wide_table_and_one_of_later_work_is_shown_too() -> None:
    wide: dict[str, object] = {f"column_{number}": f"<{number}>" for number in range(30)}
    found = seen(Export({"who_you_are": {"lead": [wide]}, "further": {"later_table": [{"later_column": "Later"}]}}))
    assert {f"<{number}>" for number in range(30)} <= {*found.texts}
    assert {"Column 29", "Later table", "Later column", "Later"} <= {*found.texts}


def test_what_is_empty_everywhere_has_no_column_and_what_is_nothing_is_said() -> None:
    rows: list[dict[str, object]] = [{"what": "A page", "note": None}, {"what": None, "note": None}]
    found = seen(Export({"what_you_did": {"activity": rows}, "messages_in_slack": {}}))
    assert "What" in found.texts
    assert "Note" not in found.texts
    assert "Nothing." in found.texts


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("Europe/London", "1 Jul 2026, 13:30:00 BST"),
        ("Asia/Tokyo", "1 Jul 2026, 21:30:00 JST"),
        ("x", "1 Jul 2026, 12:30:00 UTC"),
    ],
)
def test_times_are_those_of_the_zone(zone: str, written: str) -> None:
    found = seen(Export({"what_you_did": {"activity": [{"at": AT, "contacted": True, "size": 0}]}}), zone)
    assert written in found.texts
    assert {"yes", "0"} <= {*found.texts}


def test_the_page_needs_nothing_beside_itself() -> None:
    text = page("export/lead", {"export": Export({})}, zone="UTC")
    assert text.startswith("<!doctype html>")
    assert "default-src 'none'" in text
    assert "http:" not in text
    assert "src=" not in text.replace("default-src", "")
    assert "@media print" in text
    assert "color-scheme: light dark" in text
