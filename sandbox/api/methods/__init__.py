"""The implemented Web API methods; any other name answers `unknown_method`."""

from sandbox.api.methods import apps, chat, conversations, histories, users, views
from sandbox.api.methods.method import Method, MethodCall

METHODS: dict[str, Method] = {
    method.name: method for module in (apps, chat, conversations, histories, users, views) for method in module.METHODS
}

__all__ = ["METHODS", "Method", "MethodCall"]
