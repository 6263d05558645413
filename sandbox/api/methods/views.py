"""Modals and Home tabs: views.open, push, update, publish."""

from sandbox.api.arguments import REQUIRED, TEXT, Argument
from sandbox.api.methods.method import Method, MethodCall
from sandbox.refusals import SlackError, invalid_arguments
from sandbox.workspace.api_objects import view_object
from sandbox.workspace.state import Json, View

_VIEW = Argument("object", required=True)


def open_(call: MethodCall) -> Json:
    """Open a modal for the person of the trigger."""
    trigger = call.slack.triggers.exchange(call.workspace.id, call.arguments["trigger_id"])
    return _answer(call, call.slack.modals.open(call.workspace, trigger.user_id, call.arguments["view"]))


def push(call: MethodCall) -> Json:
    """Push a modal onto the stack of the trigger's person."""
    trigger = call.slack.triggers.exchange(call.workspace.id, call.arguments["trigger_id"])
    return _answer(call, call.slack.modals.push(call.workspace, trigger.user_id, call.arguments["view"]))


def update(call: MethodCall) -> Json:
    """Replace the content of an open view."""
    arguments = call.arguments
    if not arguments.get("view_id") and not arguments.get("external_id"):
        raise invalid_arguments("missing required field: view_id")
    view = call.slack.modals.find(call.workspace, arguments.get("view_id"), arguments.get("external_id"))
    return _answer(call, call.slack.modals.update(call.workspace, view, arguments["view"], arguments.get("hash")))


def publish(call: MethodCall) -> Json:
    """Show a person a Home tab."""
    member = call.member(call.arguments["user_id"])
    if not call.workspace.app.has_home or member.deactivated:
        raise SlackError("not_enabled")
    view = call.slack.modals.publish(call.workspace, member.id, call.arguments["view"], call.arguments.get("hash"))
    return _answer(call, view)


def _answer(call: MethodCall, view: View) -> Json:
    return {"view": view_object(call.workspace, view)}


METHODS = (
    Method("views.open", open_, {"trigger_id": REQUIRED, "view": _VIEW}, tier=4),
    Method("views.push", push, {"trigger_id": REQUIRED, "view": _VIEW}, tier=4),
    Method("views.update", update, {"view_id": TEXT, "external_id": TEXT, "hash": TEXT, "view": _VIEW}, tier=4),
    Method("views.publish", publish, {"user_id": REQUIRED, "hash": TEXT, "view": _VIEW}, tier=4),
)
