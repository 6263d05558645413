"""What an app may answer to a submission: close, clear, errors, update, push."""

from sandbox.api.refusals import SlackError, invalid_arguments
from sandbox.slack import Slack
from sandbox.workspace.state import Json, View, Workspace


def answer_submission(slack: Slack, workspace: Workspace, view: View, answer: Json | None) -> None:
    """Do with the modals what the app answered; raise SlackError where Slack could not."""
    if view not in workspace.modals.get(view.user_id, []):
        return
    if not answer:
        _close(slack, workspace, view)
        return
    action = answer.get("response_action")
    match action:
        case "clear":
            slack.modals.close(workspace, view.user_id, whole_stack=True)
        case "errors":
            view.errors = _errors(view, answer.get("errors"))
        case "update":
            slack.modals.update(workspace, view, _view(answer))
        case "push":
            slack.modals.push(workspace, view.user_id, _view(answer))
        case _:
            raise invalid_arguments(f"unknown response_action: {action!r}")


def _close(slack: Slack, workspace: Workspace, view: View) -> None:
    stack = workspace.modals[view.user_id]
    if stack[-1] is view:
        slack.modals.close(workspace, view.user_id, whole_stack=False)
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
