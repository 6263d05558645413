"""What a stranger typed, made harmless for the place it stands in."""

import re
import unicodedata

_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufff9-\ufffb]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_EMPTY_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*){2,}")
_BLANKS = re.compile(r"[^\S\xa0\u202f]+")
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"

# Slack has no escape for its formatting characters, so each becomes the character that looks most like it.
_LOOK_ALIKES = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})  # noqa: RUF001 - the look-alikes are the point
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_EMOJI_CODE = re.compile(r":(?=[\w+'-]*(?::|$))")  # one may also be closed by what follows the text
_COLON = "꞉"  # noqa: RUF001 - as above
_QUOTE_MARK = re.compile(r"^(\s*)>+")


def clean(text: str) -> str:
    """Return the text without control characters, broken surrogates and marks that change the reading direction.

    Line ends become newlines; of several empty lines one stays.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _SURROGATES.sub("\ufffd", _LINE_ENDS.sub("\n", text))
    return _EMPTY_LINES.sub("\n\n", _BIDI_CONTROLS.sub("", _UNWANTED.sub("", text)))


def folded(text: str) -> str:
    """Return the cleaned text on one line."""
    return _BLANKS.sub(" ", clean(text)).strip()


def isolated(text: str) -> str:
    """Return the text so that right-to-left characters in it do not reorder what stands around it."""
    if not text.isascii() and any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in set(text)):
        return f"{_ISOLATE}{text}{_END_ISOLATE}"
    return text


def plain(text: str) -> str:
    """Return a cleaned text for a place where nothing is markup."""
    return isolated(text)


def mrkdwn(text: str) -> str:
    """Return a text of one line for Slack's markup: nothing in it mentions, links, quotes, formats or shows emoji."""
    text = _EMOJI_CODE.sub(_COLON, text.translate(_LOOK_ALIKES))
    text = _QUOTE_MARK.sub(lambda found: found[1] + "›" * (len(found[0]) - len(found[1])), text)  # noqa: RUF001 - as above
    return isolated(text.translate(_ENTITIES))


def in_brackets(text: str) -> str:
    """Return words that Slack shows for a date or a link, safe within the angle brackets of its markup."""
    return text.translate(_ENTITIES).replace("|", " ").replace("^", " ")
