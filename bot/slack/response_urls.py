"""The addresses by which Slack lets a listener answer: called on Slack's own hosts alone, and never logged.

A payload names its response_url itself, and a modal brings back the one that it was given: a payload that was made up
could have Baton post a lead's card anywhere, or call a machine behind the firewall.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from slack_sdk import WebhookClient
from slack_sdk.webhook import WebhookResponse

# docs.slack.dev/interactivity/handling-user-interaction. GovSlack has a domain of its own:
# api.slack-gov.com/gov-slack/about.
SLACK: Final = frozenset({("https", "hooks.slack.com"), ("https", "hooks.slack-gov.com")})
# A trigger lives for three seconds, of which the listener has used some.
SECONDS: Final = 2.5


class NotSlacks(Exception):
    """The address is not Slack's, and was not called."""


class ResponseUrls:
    """Posts to response_urls, each once: a second try could say it twice."""

    def __init__(self, slack_api_url: str) -> None:
        """Call Slack's hosts, and the one where the Web API is: a Slack for tests has both in one place."""
        self._allowed = SLACK | {_origin(slack_api_url)}

    def post(self, response_url: str, payload: Mapping[str, Any]) -> WebhookResponse:
        """Post a message; returns Slack's answer. Raises NotSlacks, OSError, HTTPException and ValueError."""
        if _origin(response_url) not in self._allowed:
            raise NotSlacks
        client = WebhookClient(response_url, timeout=SECONDS, retry_handlers=[])  # type: ignore[arg-type]
        return client.send_dict(dict(payload))


def _origin(url: str) -> tuple[str, str]:
    """Return scheme and host, with the port and whatever else stands before the path; empty where it is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc.lower()
