"""A refusal becomes a sentence where the person is; a surprise an apology with a reference that is in the log."""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from slack_bolt import BoltContext, BoltResponse

from handlers.plumbing.context import Body
from handlers.plumbing.drawing import draw, say
from handlers.plumbing.payload_values import listed, mapping, optional_text
from qualification.people import people
from qualification.people.people import Reader
from qualification.rules.refusals import BadDate, CameTwice, CannotReassign, InvalidFields, Refusal, UnknownPerson

log = logging.getLogger(__name__)

# Refusals of what one field holds: said beside it, so that the form need not be filled in again.
FIELD_OF: Final = MappingProxyType[type[Refusal], str]({CannotReassign: "to", UnknownPerson: "to", BadDate: "date"})

Words: TypeAlias = Callable[[Reader], tuple[dict[str, Any], str]]


def answer(error: Exception, body: Body, context: BoltContext, *, is_acknowledged: bool = False) -> BoltResponse:
    """Say what went wrong on the surface it came from; give what Slack is answered.

    Where Slack has its answer (`is_acknowledged`) a command is told of it by its response_url.
    """
    keys = {"action": _action(body), "workspace": context["workspace"].id}
    if isinstance(error, Refusal):
        log.info("Refused.", extra={**keys, "error": error.name})
        return _refuse(error, body, context, is_acknowledged=is_acknowledged)
    reference = context["reference"]()
    facts = {"reference": reference}
    # The reader's language is not looked up in what follows: it may be the database that failed.
    if context["transaction"].is_committed:
        log.error("An action was saved; showing it failed.", exc_info=error, extra={**keys, "reference": reference})
        if _shows_what_is_stored(body):
            return BoltResponse(status=200)
        return _tell("replies/saved", facts, Reader(), body, context, above=False, is_acknowledged=is_acknowledged)
    if context["saved_nothing"](error):
        log.warning("The database can't be used.", extra={**keys, "error": type(error).__name__})
        name, facts, reader = "replies/unreachable", {}, _reader(body, context)
    else:
        log.error("An unexpected error stopped an action.", exc_info=error, extra={**keys, "reference": reference})
        name, reader = "replies/apology", Reader()
    if "event" in body:
        # Nobody is there to read it; Slack sends the event again, and a Home tab goes on showing what it showed.
        return BoltResponse(status=500)
    return _tell(name, facts, reader, body, context, above=True, is_acknowledged=is_acknowledged)


def _refuse(refusal: Refusal, body: Body, context: BoltContext, *, is_acknowledged: bool) -> BoltResponse:
    if "event" in body or (isinstance(refusal, CameTwice) and _shows_what_is_stored(body)):
        return BoltResponse(status=200)
    reader = _reader(body, context)
    if body.get("type") == "view_submission":
        errors = _field_errors(refusal, body, reader)
        if errors:
            return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
    name = f"replies/refusals/{refusal.name}"
    return _tell(name, refusal.facts, reader, body, context, above=False, is_acknowledged=is_acknowledged)


def _reader(body: Body, context: BoltContext) -> Reader:
    """Find the person's language; the default one where the database can't be used."""
    try:
        with context["snapshot"]() as session:
            return people.reader(session, context["workspace"].id, _user_id(body))
    except Exception as error:
        if not context["saved_nothing"](error):
            raise
        return Reader()


def _tell(
    name: str,
    facts: Mapping[str, object],
    reader: Reader,
    body: Body,
    context: BoltContext,
    *,
    above: bool,
    is_acknowledged: bool,
) -> BoltResponse:
    """Say it to the person: `above` the modal that was submitted, for what was typed may be wanted again, or in it."""
    if "command" in body and not is_acknowledged:
        return BoltResponse(status=200, body=draw(reader, name, **facts))
    if body.get("response_url"):
        reply = {**draw(reader, name, **facts), "replace_original": False}
        context["reply"](body["response_url"], reply)
        return BoltResponse(status=200)
    if body.get("type") == "view_submission":
        view = draw(reader, "modals/message", text=say(reader, name, **facts))
        return BoltResponse(status=200, body={"response_action": "push" if above else "update", "view": view})
    _show(name, facts, reader, body, context)
    return BoltResponse(status=200)


def _shows_what_is_stored(body: Body) -> bool:
    """Whether the person needs no word: a press was on what shows the rows as they are, an event was nobody's."""
    return "event" in body or body.get("type") == "block_actions"


def _show(name: str, facts: Mapping[str, object], reader: Reader, body: Body, context: BoltContext) -> None:
    """Open the sentence as a modal, above the one in which something was pressed; where none opens, as a message."""
    sentence = say(reader, name, **facts)
    view = draw(reader, "modals/message", text=sentence)
    in_modal = mapping(body.get("view")).get("type") == "modal"
    show = context["views"].push if in_modal else context["views"].open
    try:
        try:
            show(body.get("trigger_id", ""), view)
        except Refusal:
            context["views"].message(_user_id(body), sentence)
    except Exception as failure:  # noqa: BLE001 - whatever it is, Slack still wants its answer
        keys = {"action": _action(body), "workspace": context["workspace"].id, "error": type(failure).__name__}
        log.warning("A sentence could not be shown.", extra=keys)


def _field_errors(refusal: Refusal, body: Body, reader: Reader) -> dict[str, str]:
    """Return the sentences to stand beside fields of the modal that was submitted."""
    blocks = map(mapping, listed(mapping(body.get("view")).get("blocks")))
    inputs = {optional_text(block.get("block_id")) for block in blocks if block.get("type") == "input"}
    if isinstance(refusal, InvalidFields):
        found = {
            field: say(reader, "replies/fields", field=field, fault=fault) for field, fault in refusal.fields.items()
        }
    else:
        field = FIELD_OF.get(type(refusal))
        found = {field: say(reader, f"replies/refusals/{refusal.name}", **refusal.facts)} if field else {}
    return {field: sentence for field, sentence in found.items() if field in inputs}


def _user_id(body: Body) -> str:
    return str(body.get("user_id") or mapping(body.get("user")).get("id", ""))


def _action(body: Body) -> str:
    """Name the control, modal, command or event; every one that has a listener is ours."""
    if body.get("actions"):
        return str(body["actions"][0].get("action_id"))
    named = body.get("view", {}).get("callback_id") or body.get("callback_id")
    return str(named or body.get("event", {}).get("type") or body.get("command") or body.get("type"))
