"""The schema of the rich_text block and its elements."""

from collections.abc import Mapping

from sandbox.blocks.composition_objects import BLOCK_ID, link
from sandbox.blocks.schema import ByType, Check, Shape, Untyped, array, boolean, choice, integer, string

_LONGEST = 3000
_MANY = 1000

_TEXT_STYLE: Check = Untyped(
    Shape({}, {"bold": boolean, "italic": boolean, "strike": boolean, "code": boolean, "underline": boolean})
)
_MENTION_STYLE: Check = Untyped(
    Shape(
        {},
        {
            "bold": boolean,
            "italic": boolean,
            "strike": boolean,
            "highlight": boolean,
            "client_highlight": boolean,
            "unlink": boolean,
        },
    )
)

_TEXT = Shape({"text": string(_LONGEST)}, {"style": _TEXT_STYLE})
_LINK = Shape({"url": link()}, {"text": string(_LONGEST), "style": _TEXT_STYLE, "unsafe": boolean})
_INLINE: Mapping[str, Check] = {
    "text": _TEXT,
    "link": _LINK,
    "emoji": Shape({"name": string(100)}, {"unicode": string(100), "style": _TEXT_STYLE}),
    "user": Shape({"user_id": string(32)}, {"style": _MENTION_STYLE}),
    "usergroup": Shape({"usergroup_id": string(32)}, {"style": _MENTION_STYLE}),
    "channel": Shape({"channel_id": string(32)}, {"style": _MENTION_STYLE}),
    "broadcast": Shape({"range": choice("here", "channel", "everyone")}, {"style": _MENTION_STYLE}),
    "date": Shape(
        {"timestamp": integer(0, 2**53), "format": string(_LONGEST)},
        {"url": link(), "fallback": string(_LONGEST), "style": _TEXT_STYLE},
    ),
    "color": Shape({"value": string(32)}),
}

_SECTION = Shape({"elements": array(ByType(_INLINE), 0, _MANY)})
_LIST = Shape(
    {"style": choice("bullet", "ordered"), "elements": array(ByType({"rich_text_section": _SECTION}), 1, _MANY)},
    {"indent": integer(0, 8), "offset": integer(0, _MANY), "border": integer(0, 1)},
)
_QUOTE = Shape({"elements": array(ByType(_INLINE), 0, _MANY)}, {"border": integer(0, 1)})
_PREFORMATTED = Shape(
    {"elements": array(ByType({"text": _TEXT, "link": _LINK}), 0, _MANY)},
    {"border": integer(0, 1), "language": string(50)},
)

RICH_TEXT = Shape(
    {
        "elements": array(
            ByType(
                {
                    "rich_text_section": _SECTION,
                    "rich_text_list": _LIST,
                    "rich_text_quote": _QUOTE,
                    "rich_text_preformatted": _PREFORMATTED,
                }
            ),
            1,
            _MANY,
        )
    },
    BLOCK_ID,
)
