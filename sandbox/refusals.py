"""Refusals as Slack words them."""

from typing import Any


class SlackError(Exception):
    """A refusal with Slack's error code; `body` is the JSON of the answer."""

    def __init__(
        self, error: str, *, status: int = 200, headers: dict[str, str] | None = None, **extra: object
    ) -> None:
        """Refuse with the code `error`; `extra` are further fields of the answer."""
        super().__init__(error)
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, Any] = {"ok": False, "error": error, **extra}


def invalid_arguments(*messages: str) -> SlackError:
    """Return the refusal of a call's arguments, with one message for each problem."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {each}" for each in messages]})


def invalid_blocks(errors: list[str]) -> SlackError:
    """Return the refusal of a message's blocks; each error names the JSON pointer of its place."""
    messages = [f"[ERROR] {each}" for each in errors]
    return SlackError("invalid_blocks", errors=errors, response_metadata={"messages": messages})
