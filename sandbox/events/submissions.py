"""The app's answer to a submission: close (no answer), clear, errors, update or push."""

from sandbox.refusals import SlackError, invalid_arguments
from sandbox.workspace.modals import Modals
from sandbox.workspace.state import Json, View, Workspace


def answer_submission(modals: Modals, workspace: Workspace, view: View, answer: Json | None) -> None:
    """Apply the app's answer to the modals. Raises SlackError if the answer is invalid."""
    if view not in workspace.modals.get(view.user_id, []):
        return
    if not answer:
        _close(modals, workspace, view)
        return
    action = answer.get("response_action")
    match action:
        case "clear":
            modals.close(workspace, view.user_id, whole_stack=True)
        case "errors":
            view.errors = _errors(view, answer.get("errors"))
        case "update":
            modals.update(workspace, view, _view(answer))
        case "push":
            modals.push(workspace, view.user_id, _view(answer))
        case _:
            raise invalid_arguments(f"unknown response_action: {action!r}")


def _close(modals: Modals, workspace: Workspace, view: View) -> None:
    stack = workspace.modals[view.user_id]
    if stack[-1] is view:
        modals.close(workspace, view.user_id, whole_stack=False)
    else:
        stack.remove(view)


def _view(answer: Json) -> Json:
    view = answer.get("view")
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: view"]})
    return view


def _errors(view: View, errors: object) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise invalid_arguments("errors must map block ids to texts")
    wrong = sorted(set(errors) - inputs)
    if wrong:
        raise invalid_arguments(*(f"errors name no input block: {block_id}" for block_id in wrong))
    return {str(block_id): str(text) for block_id, text in errors.items()}
