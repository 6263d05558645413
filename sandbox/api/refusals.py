"""How a Web API call is refused."""

from sandbox.workspace.state import Json


class SlackError(Exception):
    """A refusal with Slack's error string, and whatever else the answer carries."""

    def __init__(
        self, error: str, *, status: int = 200, headers: dict[str, str] | None = None, **extra: object
    ) -> None:
        """Refuse with `error`; `extra` are further fields of the answer."""
        super().__init__(error)
        self.status = status
        self.headers = headers or {}
        self.body: Json = {"ok": False, "error": error, **extra}


def invalid_arguments(*messages: str) -> SlackError:
    """Refuse arguments, saying what is wrong with each."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {each}" for each in messages]})


def invalid_blocks(faults: list[str]) -> SlackError:
    """Refuse a message's blocks, with the path of each fault."""
    messages = [f"[ERROR] {each}" for each in faults]
    return SlackError("invalid_blocks", errors=faults, response_metadata={"messages": messages})
