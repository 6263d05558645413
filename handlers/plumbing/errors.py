"""A refusal becomes a sentence where the person is; a surprise an apology with a reference that is in the log."""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from slack_bolt import BoltContext, BoltResponse

from handlers.plumbing.context import Body
from handlers.plumbing.drawing import draw, say
from handlers.plumbing.payload_values import listed, mapping
from qualification.people import people
from qualification.people.people import Reader
from qualification.rules.refusals import BadDate, CannotReassign, InvalidFields, Refusal, UnknownPerson

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
    log.error("An unexpected error stopped an action.", exc_info=error, extra={**keys, "reference": reference})
    if "event" in body:
        # Nobody is there to read an apology; Slack sends the event again.
        return BoltResponse(status=500)
    # The reader's language is not looked up: it may be the database that failed.
    facts = {"reference": reference}
    return _tell("replies/apology", facts, Reader(), body, context, above=True, is_acknowledged=is_acknowledged)


def _refuse(refusal: Refusal, body: Body, context: BoltContext, *, is_acknowledged: bool) -> BoltResponse:
    if "event" in body:
        return BoltResponse(status=200)
    with context["snapshot"]() as session:
        reader = people.reader(session, context["workspace"].id, _user_id(body))
    if body.get("type") == "view_submission":
        errors = _field_errors(refusal, body, reader)
        if errors:
            return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
    name = f"replies/refusals/{refusal.name}"
    return _tell(name, refusal.facts, reader, body, context, above=False, is_acknowledged=is_acknowledged)


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
    view = draw(reader, "modals/message", text=say(reader, name, **facts))
    if body.get("type") == "view_submission":
        return BoltResponse(status=200, body={"response_action": "push" if above else "update", "view": view})
    _show(view, body, context)
    return BoltResponse(status=200)


def _show(view: Mapping[str, Any], body: Body, context: BoltContext) -> None:
    """Open the sentence as a modal: above the one in which something was pressed, else by itself."""
    in_modal = mapping(body.get("view")).get("type") == "modal"
    show = context["views"].push if in_modal else context["views"].open
    try:
        show(body.get("trigger_id", ""), view)
    except Exception as failure:  # noqa: BLE001 - whatever it is, Slack still wants its answer
        keys = {"action": _action(body), "workspace": context["workspace"].id, "error": type(failure).__name__}
        log.warning("A sentence could not be shown.", extra=keys)


def _field_errors(refusal: Refusal, body: Body, reader: Reader) -> dict[str, str]:
    """Return the sentences to stand beside fields of the modal that was submitted."""
    blocks = map(mapping, listed(mapping(body.get("view")).get("blocks")))
    inputs = {block.get("block_id") for block in blocks if block.get("type") == "input"}
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
