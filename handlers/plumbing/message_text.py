"""What a message shows, in plain words: blocks, attachments and Slack's markup unpicked.

docs.slack.dev/reference/block-kit/blocks, docs.slack.dev/messaging/formatting-message-text
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, Final, TypeAlias

# Gives the name of a Slack user, None for somebody not known.
NameOf: TypeAlias = Callable[[str], str | None]

WRAPPED: Final = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
# What stands for something wrapped while the marks that format are taken off; no text keeps it.
_HELD: Final = "\ufffc"
_MARKS: Final = (
    *(
        re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]*[^{mark}\s]){mark}(?![\w{mark}])")
        for mark in (r"\*", "_", "~")
    ),
    re.compile(r"`+([^`]*)`+"),
    re.compile(r"^&gt; ?()", re.MULTILINE),
)


def shown(message: Mapping[str, Any], name_of: NameOf) -> str:
    """Return what people see of a message, without its markup."""
    return _Reading(name_of).message(message)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads a message and its parts; whatever has another shape than Slack's shows nothing."""

    name_of: NameOf

    def message(self, message: Mapping[str, Any]) -> str:
        """Read the blocks, or the text where there are none, and what is attached, an empty line between."""
        shown = [*self.blocks(message.get("blocks"))] or [self.mrkdwn(message.get("text"))]
        attached = chain.from_iterable(map(self.attached, _mappings(message.get("attachments"))))
        return _lines(shown, attached, between="\n\n")

    def blocks(self, blocks: object) -> Iterator[str]:
        """Read the blocks that show words."""
        for block in _mappings(blocks):
            kind = block.get("type")
            if kind == "rich_text":
                text = _lines(map(self.rich, _mappings(block.get("elements"))))
            elif kind in ("section", "header", "context"):
                own = map(self.text, _mappings([block.get("text")]) + _mappings(block.get("elements")))
                text = _lines(own, map(self.field, _mappings(block.get("fields"))))
            else:
                text = str(block.get("text", "")) if kind == "markdown" else ""
            if text.strip():
                yield text

    def attached(self, attached: Mapping[str, Any]) -> Iterator[str]:
        """Read what a sender attached; a page that Slack shows beneath its link says nothing of the message."""
        if not {"from_url", "original_url"} & attached.keys() or attached.get("is_msg_unfurl"):
            told = _mappings(attached.get("fields"))
            fields = (_labelled(self.mrkdwn(each.get("title")), self.mrkdwn(each.get("value"))) for each in told)
            yield _lines((self.mrkdwn(attached.get(part)) for part in ("pretext", "title", "text")), fields)
            yield from self.blocks(attached.get("blocks"))

    def field(self, text: Mapping[str, Any]) -> str:
        """Read one of a section's fields, by custom a label above what belongs to it."""
        label, _, value = self.text(text).partition("\n")
        return _labelled(label, value)

    def text(self, text: Mapping[str, Any]) -> str:
        """Read a text object."""
        return self.mrkdwn(text.get("text")) if text.get("type") == "mrkdwn" else str(text.get("text", ""))

    def rich(self, element: Mapping[str, Any]) -> str:
        """Read a paragraph, a list, a quote or code of rich text."""
        inner = _mappings(element.get("elements"))
        if element.get("type") == "rich_text_list":
            return _lines(f"• {self.rich(each)}" for each in inner)
        return "".join(map(self.inline, inner)).rstrip("\n")

    def inline(self, element: Mapping[str, Any]) -> str:
        """Read one piece of rich text."""
        match element.get("type"):
            case "link":
                return _linked(str(element.get("url", "")), str(element.get("text", "")))
            case "user":
                return self.mention(str(element.get("user_id", "")))
            case "channel":
                return "#…"
            case "usergroup" | "broadcast":
                return f"@{element.get('range', '…')}"
            case "emoji":
                return f":{element.get('name', '')}:"
            case _:
                return str(element.get("text") or element.get("fallback") or "")

    def mrkdwn(self, text: object) -> str:
        """Read a text in Slack's markup."""
        text = text.replace(_HELD, "") if isinstance(text, str) else ""
        held = map(self.wrapped, WRAPPED.finditer(text))
        text = WRAPPED.sub(_HELD, text)
        for mark in _MARKS:
            text = mark.sub(r"\1", text)
        return html.unescape("".join(chain.from_iterable(zip_longest(text.split(_HELD), held, fillvalue=""))))

    def wrapped(self, wrapped: re.Match[str]) -> str:
        """Read a link, or a mention, whose name Slack may leave out."""
        target, label = wrapped[1], wrapped[2] or ""
        match target[:1]:
            case "@":
                return f"@{label}" if label else self.mention(target[1:])
            case "#":
                return f"#{label or '…'}"
            case "!":
                return label or f"@{target[1:].partition('^')[0]}"
            case _:
                return _linked(target, label)

    def mention(self, user_id: str) -> str:
        """Return the name of somebody mentioned, as far as it is known."""
        return f"@{self.name_of(user_id) or '…'}"


def _linked(url: str, label: str) -> str:
    """Return what a link shows, with the address or number to which it writes or rings where it shows another."""
    scheme, _, address = url.partition(":")
    if scheme not in {"mailto", "tel"}:
        return label or url
    return f"{label} ({address})" if label and scheme == "mailto" and address not in label else label or address


def _labelled(label: str, value: str) -> str:
    return f"{label.rstrip(' :')}: {value}" if value.strip() else label


def _lines(*texts: Iterable[str], between: str = "\n") -> str:
    """Return the texts that are not empty, one under another."""
    return between.join(text for text in chain.from_iterable(texts) if text.strip())


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
