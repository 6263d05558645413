"""Blocks and mrkdwn as plain text: what one person reads, and which mentions and links it has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.client import date_format
from sandbox.workspace.state import Json, Member, Workspace

_ANGLE = re.compile(r"<([^<>\n]+)>")
_PREFORMATTED = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_FORMATS = tuple(
    re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]*?[^{mark}\s]){mark}(?![\w{mark}])")
    for mark in (r"\*", "_", "~")
)
_QUOTE = re.compile(r"^(?:>|&gt;) ?", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>|]+")
_SHOUT = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
_KEPT = re.compile("\ue000(\\d+)\ue001")


@dataclass(slots=True)
class TextReader:
    """Converts blocks and mrkdwn into the text that `member` reads at `now`, and collects `mentions` and `links`."""

    workspace: Workspace
    member: Member
    now: datetime
    mentions: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def read_message(self, text: str, blocks: list[Json] | None) -> str:
        """Return a message's text: that of its blocks if it has any, else its `text`."""
        return self.read_blocks(blocks) if blocks else self.read_mrkdwn(text)

    def read_blocks(self, blocks: list[Json]) -> str:
        """Return the blocks' text from top to bottom, without buttons and menus."""
        return "\n".join(line for block in blocks for line in self._lines(block) if line)

    def _lines(self, block: Json) -> Iterator[str]:
        match block["type"]:
            case "header" | "alert":
                yield self.read_text_object(block["text"])
            case "section":
                if "text" in block:
                    yield self.read_text_object(block["text"])
                yield from map(self.read_text_object, block.get("fields", []))
            case "context":
                yield " ".join(self.read_text_object(each) for each in block["elements"] if each["type"] != "image")
            case "image":
                yield self.read_text_object(block["title"]) if "title" in block else block["alt_text"]
            case "input":
                yield self.read_text_object(block["label"])
                if "hint" in block:
                    yield self.read_text_object(block["hint"])
            case _:
                yield from self._data_lines(block)

    def _data_lines(self, block: Json) -> Iterator[str]:
        match block["type"]:
            case "rich_text":
                yield from self._rich(block["elements"])
            case "data_table":
                yield block["caption"]
                for row in block["rows"]:
                    yield " | ".join(map(self._cell, row))
            case "data_visualization":
                yield block["title"]
                yield from _chart_lines(block["chart"])

    def read_text_object(self, text_object: Json) -> str:
        """Return the text of a plain_text or mrkdwn object."""
        if text_object["type"] == "plain_text":
            return str(text_object["text"])
        return self.read_mrkdwn(text_object["text"], verbatim=text_object.get("verbatim", False))

    def read_mrkdwn(self, text: str, *, verbatim: bool = False) -> str:
        """Return mrkdwn as it is displayed: without formatting marks, with names, link texts and dates."""
        kept: list[str] = []

        def keep(displayed: str) -> str:
            kept.append(displayed)
            return f"\ue000{len(kept) - 1}\ue001"

        text = _ANGLE.sub(lambda match: keep(self._read_entity(match[1])), text)
        for pattern in (_PREFORMATTED, _CODE):
            text = pattern.sub(lambda match: keep(_unescape(match[1])), text)
        text = _QUOTE.sub("", text)
        for pattern in _FORMATS:
            text = pattern.sub(r"\1", text)
        if not verbatim:
            self.links += _ADDRESS.findall(text)
            self.mentions += [f"@{name}" for name in _SHOUT.findall(text)]
        text = _unescape(text)
        while _KEPT.search(text):
            text = _KEPT.sub(lambda match: kept[int(match[1])], text)
        return text

    def _read_entity(self, inner: str) -> str:
        target, _, label = inner.partition("|")
        if target.startswith("!date^"):
            _, unix, pattern, *_ = target.split("^")
            return date_format.format_date(int(unix), pattern, self.member.tz, self.now)
        if target.startswith("@"):
            return self._mention(target[1:])
        if target.startswith("#"):
            channel = self.workspace.channels.get(target[1:])
            return f"#{channel.name if channel else label}"
        if target.startswith("!"):
            name = target[1:].partition("^")[0]
            self.mentions.append(f"@{name}")
            return f"@{label or name}"
        self.links.append(target)
        return _unescape(label or target)

    def _mention(self, user_id: str) -> str:
        member = self.workspace.members.get(user_id)
        name = f"@{member.real_name}" if member else f"<@{user_id}>"
        self.mentions.append(name)
        return name

    def _rich(self, elements: list[Json]) -> Iterator[str]:
        for element in elements:
            if element["type"] == "rich_text_list":
                yield from (f"• {line}" for line in self._rich(element["elements"]))
            else:
                yield "".join(map(self._inline, element["elements"]))

    def _inline(self, element: Json) -> str:
        match element["type"]:
            case "text":
                return str(element["text"])
            case "link":
                self.links.append(element["url"])
                return str(element.get("text") or element["url"])
            case "user" | "channel" | "broadcast":
                return self._reference(element)
            case "date":
                return date_format.format_date(element["timestamp"], element["format"], self.member.tz, self.now)
            case "emoji":
                return f":{element['name']}:"
            case kind:
                return f"[{kind}]"

    def _reference(self, element: Json) -> str:
        if element["type"] == "user":
            return self._mention(element["user_id"])
        if element["type"] == "channel":
            return self._read_entity(f"#{element['channel_id']}")
        return self._read_entity(f"!{element['range']}")

    def _cell(self, cell: Json) -> str:
        if cell["type"] == "rich_text":
            return " ".join(self._rich(cell["elements"]))
        return str(cell.get("text", cell.get("value")))


def _chart_lines(chart: Json) -> Iterator[str]:
    for segment in chart.get("segments", []):
        yield f"{segment['label']}: {segment['value']:g}"
    for series in chart.get("series", []):
        yield f"{series['name']}: " + ", ".join(f"{each['label']} {each['value']:g}" for each in series["data"])


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
