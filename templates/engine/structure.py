"""A payload's texts written out for the place each stands in: its markup, its limit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from templates.engine import escaping
from templates.engine.catalogue import Words
from templates.engine.graphemes import cut, units
from templates.engine.marks import Link, Moment, Part, Person, Value, is_marked, parts

MESSAGE_TEXT = 3900
_NOTHING = "–"  # noqa: RUF001 - a dash that stands for an empty value

# Slack's limits, by the object a text stands in and its field there (docs.slack.dev/reference/block-kit).
_LIMITS: Mapping[tuple[str, str], int] = {
    ("header", "text"): 150,
    ("section", "text"): 3000,
    ("section", "fields"): 2000,
    ("context", "elements"): 2000,
    ("text", "text"): 3000,
    ("button", "text"): 75,
    ("button", "accessibility_label"): 75,
    ("option", "text"): 75,
    ("option", "description"): 75,
    ("group", "label"): 75,
    ("input", "label"): 2000,
    ("input", "hint"): 2000,
    ("confirm", "title"): 100,
    ("confirm", "text"): 300,
    ("confirm", "confirm"): 30,
    ("confirm", "deny"): 30,
    ("modal", "title"): 24,
    ("modal", "submit"): 24,
    ("modal", "close"): 24,
    ("plain_text_input", "initial_value"): 3000,
    ("email_text_input", "initial_value"): 320,
    ("", "text"): MESSAGE_TEXT,
}
_PLACEHOLDER = 150
_LONGEST = 3000
_WITHOUT_TYPE = {
    "options": "option",
    "initial_option": "option",
    "initial_options": "option",
    "option_groups": "group",
    "confirm": "confirm",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose language and zone a payload is written in."""

    words: Words
    zone: ZoneInfo

    def in_plain(self, part: Part) -> str:
        """Write a part where nothing is markup."""
        match part:
            case Value(text):
                return escaping.plain(text)
            case Person(_, name):
                return escaping.plain(name)
            case Moment(at, style):
                return self.words.clock(at, style, self.zone)
            case Link(_, words):
                return words
            case text:
                return text

    def in_mrkdwn(self, part: Part) -> str:
        """Write a part where Slack's markup holds."""
        match part:
            case Value(text):
                return escaping.mrkdwn(text)
            case Person(slack_user_id):
                return f"<@{slack_user_id}>"
            case Moment(at, style):
                fallback = escaping.in_brackets(self.words.clock(at, style, self.zone))
                return f"<!date^{int(at.timestamp())}^{self.words.pattern(style)}|{fallback}>"
            case Link(url, words):
                return f"<{escaping.in_brackets(url)}|{escaping.in_brackets(words)}>"
            case text:
                return text


def resolve(payload: Mapping[str, object], reader: Reader) -> dict[str, object]:
    """Return the payload with every marked text written out and within its limit, for that reader."""
    return _Walk(reader).whole(payload, "", "")


def resolve_plain(text: str, reader: Reader) -> str:
    """Return one text in plain words."""
    return _written(text, reader.in_plain, escaping.folded, _LONGEST)


@dataclass(frozen=True, slots=True)
class _Walk:
    reader: Reader

    def walk(self, node: object, kind: str, key: str) -> object:
        """Write out a node that stands in the field `key` of an object of that kind."""
        if isinstance(node, dict):
            return self.whole(node, kind, key)
        if isinstance(node, list):
            return [self.walk(each, kind, key) for each in node]
        return self._string(node, kind, key) if isinstance(node, str) else node

    def whole(self, node: Mapping[str, object], kind: str, key: str) -> dict[str, object]:
        """Write out an object: a text object by its own rules, any other field by field."""
        own = str(node.get("type") or _WITHOUT_TYPE.get(key, ""))
        if own == "plain_text":
            return self._plain_text(node, _limit(kind, key))
        if own == "mrkdwn":
            text = _written(str(node["text"]), self.reader.in_mrkdwn, escaping.folded, _limit(kind, key))
            return {**node, "text": text, "verbatim": True}
        return {name: self.walk(inner, own, name) for name, inner in node.items()}

    def _plain_text(self, node: Mapping[str, object], limit: int) -> dict[str, object]:
        text = str(node["text"])
        foreign = any(isinstance(part, Value | Person) for part in parts(text))
        written = _written(text, self.reader.in_plain, escaping.folded, limit)
        return {**node, "text": written, "emoji": False} if foreign else {**node, "text": written}

    def _string(self, text: str, kind: str, key: str) -> str:
        if (kind, key) == ("", "text"):
            return _written(text, self.reader.in_mrkdwn, escaping.folded, MESSAGE_TEXT)
        if (kind, key) == ("text", "text"):
            return _written(text, self.reader.in_plain, escaping.clean, _limit(kind, key))
        if key == "accessibility_label" or (kind, key) == ("raw_text", "text"):
            return _written(text, self.reader.in_plain, escaping.folded, _limit(kind, key))
        limit = _LIMITS.get((kind, key), 0)
        written = "".join(escaping.clean(part.text) if isinstance(part, Value) else str(part) for part in parts(text))
        return cut(written, limit) if limit else written


def _limit(kind: str, key: str) -> int:
    return _PLACEHOLDER if key == "placeholder" else _LIMITS.get((kind, key), _LONGEST)


def _written(text: str, write: Callable[[Part], str], tidy: Callable[[str], str], limit: int) -> str:
    """Write a text out; where it is longer than the limit, its longest values are shortened and nothing else."""
    if not is_marked(text) and units(text) <= limit:
        return text or _NOTHING
    found = [Value(tidy(part.text)) if isinstance(part, Value) else part for part in parts(text)]
    found = [Value(_NOTHING) if part == Value("") else part for part in found]
    written = [write(part) for part in found]
    if sum(map(units, written)) > limit:
        written = _shortened(found, written, write, limit)
    return "".join(written) or _NOTHING


def _shortened(found: list[Part], written: list[str], write: Callable[[Part], str], limit: int) -> list[str]:
    """Shorten the values to the greatest common length at which the whole fits."""
    lengths = [units(text) for part, text in zip(found, written, strict=True) if isinstance(part, Value)]
    most = _common_length(lengths, limit - sum(map(units, written)) + sum(lengths))
    fitting = [
        _within(part.text, write, most) if isinstance(part, Value) and units(text) > most else text
        for part, text in zip(found, written, strict=True)
    ]
    if sum(map(units, fitting)) <= limit:
        return fitting
    return _without_tail(fitting, limit)


def _common_length(lengths: list[int], room: int) -> int:
    """Return the length to which the longer ones are shortened so that all take up the room; 0 where there is none."""
    waiting = len(lengths)
    for length in sorted(lengths):
        if length * waiting > room:
            break
        room -= length
        waiting -= 1
    return max(room // waiting, 0) if waiting else max(lengths, default=0)


def _within(text: str, write: Callable[[Part], str], most: int) -> str:
    """Write a value in at most that many units, whatever its escapes take."""
    size = min(most, units(text))
    while size > 1:
        written = write(Value(cut(text, size)))
        over = units(written) - most
        if over <= 0:
            return written
        size -= max(1, over // 8)
    return write(Value(cut(text, 1)))


def _without_tail(written: list[str], limit: int) -> list[str]:
    """Drop whole parts from the end, for words of our own that are too long even with every value gone."""
    kept: list[str] = []
    room = limit
    for text in written:
        if units(text) > room:
            return kept if text.startswith("<") else [*kept, cut(text, room)] if room > 0 else kept
        kept.append(text)
        room -= units(text)
    return kept
