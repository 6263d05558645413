"""Slack's nested payloads as plain frozen values; whatever is not as the bot drew it is a stale card.

docs.slack.dev/reference/interaction-payloads
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from handlers.plumbing.context import Body
from handlers.plumbing.inputs import AskAgain, Click, Command, Decision, Form, Pick, Press, Shortcut, Turn
from handlers.plumbing.message_text import WRAPPED, NameOf, shown
from handlers.plumbing.payload_values import listed, mapping, optional_row_id, parsed, row_id
from qualification.checklists.checklists import Given
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.refusals import StaleCard
from qualification.rules.values.normalization import storable

# The blocks of a lead's page are named by the lead.
_PAGE: Final = re.compile(r"(?:lead|merged|again)-([1-9]\d{0,18})\b", re.ASCII)
_DOMAIN: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_CHANNEL: Final = re.compile(r"[A-Z0-9]+")
_TS: Final = re.compile(r"\d{1,15}\.\d{1,10}", re.ASCII)
_PERMALINK: Final = re.compile(
    rf"https://{_DOMAIN.pattern}\.slack\.com/archives/{_CHANNEL.pattern}/p\d+"
    rf"(?:\?thread_ts={_TS.pattern}&cid={_CHANNEL.pattern})?",
    re.ASCII,
)


def command(body: Body) -> Command:
    """Read a slash command."""
    return Command(
        user_id=body["user_id"],
        user_name=body.get("user_name", ""),
        trigger_id=body.get("trigger_id", ""),
        text=plain(body.get("text", "")),
    )


def question(body: Body) -> Command:
    """Read a slash command in which people stay as Slack wraps them: <@U012AB3CD|ana>."""
    return replace(command(body), text=storable(html.unescape(body.get("text", ""))).strip())


def plain(text: str) -> str:
    """Return a command's words as they were typed: Slack escapes signs, and wraps links, people and channels."""
    return storable(html.unescape(WRAPPED.sub(_typed, text))).strip()


def click(body: Body) -> Click:
    """Read the use of a control that belongs to no handoff."""
    return Click(**_who(body), **_place(body))


def press(body: Body) -> Press:
    """Read the use of a control of a handoff."""
    action = mapping(next(iter(listed(body.get("actions"))), None))
    value = parsed(mapping(action.get("selected_option")).get("value", action.get("value")))
    return Press(
        **_who(body),
        **_place(body),
        handoff=row_id(value.get("handoff")),
        offer=optional_row_id(value.get("offer")),
        task=optional_row_id(value.get("task")),
        stage=str(value.get("stage", "")),
        do=str(value.get("do", "")),
    )


def pick(body: Body) -> Pick:
    """Read the use of a control of a lead."""
    action = mapping(next(iter(listed(body.get("actions"))), None))
    value = parsed(action.get("value"))
    return Pick(
        **_who(body), **_place(body), lead=row_id(value.get("lead")), merge=optional_row_id(value.get("merge")) or 0
    )


def ask_again(body: Body) -> AskAgain:
    """Read the use of a control that asks again what was asked before."""
    action = mapping(next(iter(listed(body.get("actions"))), None))
    return AskAgain(**_who(body), **_place(body), words=str(parsed(action.get("value")).get("words", "")))


def turn(body: Body) -> Turn:
    """Read the use of a control that turns a page."""
    action = mapping(next(iter(listed(body.get("actions"))), None))
    value = parsed(action.get("value"))
    return Turn(**_who(body), **_place(body), list=str(value.get("list", "")), number=row_id(value.get("page")))


def shortcut(body: Body, name_of: NameOf) -> Shortcut:
    """Read the use of a message's shortcut, the people whom the message mentions by their names."""
    message = mapping(body.get("message"))
    return Shortcut(
        **_who(body),
        trigger_id=str(body.get("trigger_id", "")),
        author=str(message.get("user", "")),
        text=storable(shown(message, name_of)).strip(),
        permalink=_permalink(body, message),
    )


def permalink(body: Body) -> str | None:
    """Return the address of the message that a modal was opened from, None for a modal that was not."""
    kept = parsed(_view(body).get("private_metadata") or "{}").get("permalink")
    return kept if isinstance(kept, str) and _PERMALINK.fullmatch(kept) else None


def lead(body: Body) -> int | None:
    """Return the lead that a modal was opened from, None for a modal that was not."""
    return optional_row_id(parsed(_view(body).get("private_metadata") or "{}").get("lead"))


def other_lead(body: Body) -> int | None:
    """Return the second lead that a modal is about, None for a modal that is about one."""
    return optional_row_id(parsed(_view(body).get("private_metadata") or "{}").get("with"))


def form(body: Body) -> Form:
    """Read a modal that is submitted, or one in which something was picked."""
    return Form(**_who(body), **_filled(body))


def decision(body: Body) -> Decision:
    """Read a modal about a handoff that is submitted, or one in which something was picked."""
    about = parsed(_view(body).get("private_metadata"))
    handoff, offer = row_id(about.get("handoff")), optional_row_id(about.get("offer"))
    return Decision(**_who(body), **_filled(body), handoff=handoff, offer=offer)


def chosen_handoff(filled: Form) -> int:
    """Return the handoff chosen among several."""
    return row_id(filled.options.get("lead", {}).get("handoff"))


def chosen_lead(filled: Form) -> int | None:
    """Return the lead chosen among several, None where none was."""
    return optional_row_id(filled.options.get("other", {}).get("lead"))


def changed_answers(body: Body) -> dict[str, Given]:
    """Return the checklist's items that differ from what the modal was drawn with, with verdict and evidence.

    What is as it was drawn is left out: somebody else may have answered it since.
    """
    filled, drawn = form(body), _drawn(body)
    given = {}
    for block_id in filled.texts.keys() | filled.options.keys():
        kind, _, item = block_id.partition("-")
        if kind not in {"verdict", "evidence"}:
            continue
        verdict_block, evidence_block = f"verdict-{item}", f"evidence-{item}"
        verdict = filled.choice(verdict_block, "verdict")
        evidence = filled.text(evidence_block)
        if (verdict, evidence.strip()) != (drawn.get(verdict_block, ""), drawn.get(evidence_block, "").strip()):
            given[item] = Given(verdict=_verdict(verdict), evidence=evidence)
    return given


def _typed(wrapped: re.Match[str]) -> str:
    """Take one wrapping off: the name of whoever or whatever is meant, else what stands there."""
    target, label = wrapped[1], wrapped[2]
    sign = target[:1] if target[:1] in {"@", "#"} else ""
    return sign + label if label else target


def _permalink(body: Body, message: Mapping[str, Any]) -> str | None:
    """Make the address of the message that the shortcut was used on, as chat.getPermalink would give it."""
    domain, channel = mapping(body.get("team")).get("domain"), mapping(body.get("channel")).get("id")
    ts, thread = str(body.get("message_ts") or message.get("ts")), str(message.get("thread_ts") or "")
    if not _TS.fullmatch(ts):
        return None
    made = f"https://{domain}.slack.com/archives/{channel}/p{ts.replace('.', '')}"
    made += f"?thread_ts={thread}&cid={channel}" if thread not in {"", ts} else ""
    return made if _PERMALINK.fullmatch(made) else None


def _who(body: Body) -> dict[str, Any]:
    user = mapping(body.get("user"))
    return {"user_id": str(user.get("id", "")), "user_name": str(user.get("name") or user.get("username") or "")}


def _place(body: Body) -> dict[str, Any]:
    action = mapping(next(iter(listed(body.get("actions"))), None))
    page = _PAGE.match(str(action.get("block_id", "")))
    return {
        "page": int(page[1]) if page else None,
        "trigger_id": str(body.get("trigger_id", "")),
        "response_url": body.get("response_url") or None,
        "private": bool(mapping(body.get("container")).get("is_ephemeral")),
    }


def _filled(body: Body) -> dict[str, Any]:
    texts: dict[str, str] = {}
    options: dict[str, Mapping[str, Any]] = {}
    for block_id, element in _elements(body):
        option = element.get("selected_option")
        if isinstance(option, dict):
            options[block_id] = parsed(option.get("value"))
        else:
            texts[block_id] = _text_in(element)
    return {"view_id": str(_view(body).get("id", "")), "texts": texts, "options": options}


def _elements(body: Body) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Walk through `state.values`: each input block of ours holds one element."""
    values = mapping(mapping(_view(body).get("state")).get("values"))
    for block_id, actions in values.items():
        for element in mapping(actions).values():
            yield block_id, mapping(element)


def _text_in(element: Mapping[str, Any]) -> str:
    names = ("value", "selected_user", "selected_date", "selected_time")
    return storable(str(next((element[name] for name in names if element.get(name) is not None), "")))


def _drawn(body: Body) -> dict[str, str]:
    """Return what the modal's inputs held when it was drawn, by block."""
    drawn = {}
    for block in listed(_view(body).get("blocks")):
        element = mapping(mapping(block).get("element"))
        option = element.get("initial_option")
        held = parsed(option.get("value")).get("verdict") if isinstance(option, dict) else element.get("initial_value")
        drawn[str(mapping(block).get("block_id"))] = str(held or "")
    return drawn


def _view(body: Body) -> Mapping[str, Any]:
    return mapping(body.get("view"))


def _verdict(text: str) -> Verdict | None:
    try:
        return Verdict(text) if text else None
    except ValueError as rubbish:
        raise StaleCard from rubbish
