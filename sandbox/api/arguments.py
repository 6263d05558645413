"""The arguments of a Web API call: parsed from query, form or JSON, then checked against the method's declaration."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.refusals import SlackError, invalid_arguments
from sandbox.workspace.state import Json

ArgumentKind: TypeAlias = Literal["text", "flag", "number", "object", "list", "anything"]


@dataclass(frozen=True, slots=True)
class Argument:
    """The declaration of one argument of a method."""

    kind: ArgumentKind = "text"
    required: bool = False


REQUIRED = Argument(required=True)
TEXT = Argument()
FLAG = Argument("flag")
NUMBER = Argument("number")
_FLAGS = {"1": True, "true": True, "0": False, "false": False}
# Bolt sends `team_id` with every call, and Slack accepts it for every method.
_EVERYWHERE = {"team_id": TEXT}


async def parse_request(request: Request) -> tuple[Json, str | None]:
    """Return the call's arguments and its token, which comes from the header or the arguments.

    Raises SlackError for a body that isn't a form or a JSON object.
    """
    arguments: Json = dict(request.query_params)
    body = await request.body()
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if content_type == "application/json":
        arguments |= _json_body(body)
    elif content_type == "application/x-www-form-urlencoded":
        arguments |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    elif body:
        raise SlackError("invalid_post_type")
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    given = arguments.pop("token", None)
    token = bearer.strip() if scheme.lower() == "bearer" else given
    return arguments, token or None


def validate(given: Json, known: Mapping[str, Argument]) -> Json:
    """Return the arguments, converted to their types.

    Raises `invalid_arguments`, which names every missing, unknown or invalid argument.
    """
    known = {**_EVERYWHERE, **known}
    problems = [f"unknown argument: {name}" for name in given if name not in known]
    checked: Json = {}
    for name, argument in known.items():
        value = given.get(name)
        if value is None or value == "":
            if argument.required:
                problems.append(f"missing required field: {name}")
            elif value is not None:
                checked[name] = value
            continue
        try:
            checked[name] = _typed(value, argument.kind)
        except (ValueError, TypeError):
            problems.append(f"must be a {argument.kind} [json-pointer:/{name}]")
    if problems:
        raise invalid_arguments(*problems)
    return checked


def _json_body(body: bytes) -> Json:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(parsed, dict):
        raise SlackError("json_not_object")
    return parsed


def _typed(value: object, kind: ArgumentKind) -> object:
    match kind:
        case "text" if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        case "flag" if str(value).lower() in _FLAGS:
            return _FLAGS[str(value).lower()]
        case "number":
            return int(str(value))
        case "object" | "list":
            parsed = json.loads(value) if isinstance(value, str) else value
            if isinstance(parsed, dict if kind == "object" else list):
                return parsed
        case "anything":
            return value
    raise ValueError(kind)
