"""The Web API methods this Slack has; any other name answers `unknown_method`."""

from sandbox.api.methods import apps, chat, conversations, histories, users, views
from sandbox.api.methods.method import Call, Method

METHODS: dict[str, Method] = {
    method.name: method for room in (apps, chat, conversations, histories, users, views) for method in room.METHODS
}

__all__ = ["METHODS", "Call", "Method"]
