"""The description of the intake API, made of the very shapes that check what is posted (OpenAPI 3.1)."""

from functools import cache
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from bot.http.request_body import LARGEST
from qualification.rules.leads.lead_input import MOST_ROWS, ActivityInput, LeadInput

_LEAD: Final = {
    "id": "crm-4711",
    "email": "hanna.lindqvist@kestrel.example",
    "name": "Hanna Lindqvist",
    "company": "Kestrel Freight",
    "title": "Head of Operations",
    "country": "SE",
    "size": 240,
    "source": "demo",
    "fields": {"plan": "pro"},
}
_ACTIVITY: Final = {
    "id": "visit-90210",
    "kind": "pricing-page",
    "at": "2026-11-22T09:30:00Z",
    "what": "/pricing",
    "lead": {"email": "hanna.lindqvist@kestrel.example"},
}
_TAKEN_LEAD: Final = {"id": 12}
_TAKEN_ACTIVITY: Final = {"id": 345, "lead_id": 12}
_REFUSED: Final = {"index": 1, "status": 422, "errors": [{"field": "email", "reason": "isn't a valid e-mail address"}]}
_STATUSES: Final = {
    "400": "The body is neither JSON nor a form.",
    "401": "No valid API key, and no valid signature of a sender that has a secret; or the key has expired.",
    "403": (
        "The key may not do this, or not from this address or page. A publishable key can only post to "
        "/v1/in/{sender}, for its own sender."
    ),
    "408": "The end of the request didn't come in time.",
    "413": f"More than {LARGEST // 2**20} MB, more than {MOST_ROWS} rows, or more values than anybody needs.",
    "429": "Too many requests; Retry-After says how many seconds to wait.",
    "500": "Something went wrong in Baton. Send it again: what was taken in counts once. Quote its reference.",
    "503": (
        "No playbook has been published yet; or the sender signs the address, and PUBLIC_URL isn't set; or Retry-After "
        "says when to send it again: too much is waiting, or Baton can't reach its database."
    ),
}


def document(server: str) -> dict[str, Any]:
    """Return the description, for the address that senders use; `/` is the one from which the description came."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Baton intake",
            "version": "1",
            "description": "Leads and what they do, from forms, marketing tools and products.",
        },
        "servers": [{"url": server}],
        "security": [{"key": []}, {"webhook": []}],
        "paths": {
            "/v1/leads": {"post": _posting("Leads", "LeadInput", _LEAD, _TAKEN_LEAD)},
            "/v1/activities": {"post": _posting("Activities", "ActivityInput", _ACTIVITY, _TAKEN_ACTIVITY)},
            "/v1/leads/{id}": {"get": _reading()},
        },
        "components": {
            "schemas": {
                **_schemas(),
                "Lead": {"type": "object", "required": ["id", "lifecycle", "score"]},
                "Taken": {
                    **_object({"id": _INTEGER, "lead_id": _INTEGER, "lost": _ERRORS}, required=[]),
                    "anyOf": [{"required": ["id"]}, {"required": ["lead_id"]}],
                },
                "Results": _object(
                    {
                        "taken": _INTEGER,
                        "refused": _INTEGER,
                        "results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}},
                    },
                    required=["taken", "refused", "results"],
                ),
                "Result": _object(
                    {
                        "index": _INTEGER,
                        "status": _INTEGER,
                        "id": _INTEGER,
                        "lead_id": _INTEGER,
                        "errors": _ERRORS,
                        "lost": _ERRORS,
                    },
                    required=["index", "status"],
                ),
                "Error": _object({"field": _STRING, "reason": _STRING}, required=["field", "reason"]),
                "Problem": _object(
                    {
                        "type": _STRING,
                        "title": _STRING,
                        "status": _INTEGER,
                        "detail": _STRING,
                        "errors": _ERRORS,
                        "results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}},
                    },
                    required=["type", "title", "status", "detail"],
                ),
            },
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key made with `baton keys make`."},
                "webhook": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "webhook-signature",
                    "description": "Standard Webhooks, with ?sender= and that sender's secret.",
                },
            },
        },
    }


@cache
def _schemas() -> dict[str, Any]:
    """Make the shapes' schemas, once: anybody may ask for the description, as often as they like."""
    _, schemas = models_json_schema(
        [(LeadInput, "validation"), (ActivityInput, "validation")], ref_template="#/components/schemas/{model}"
    )
    made: dict[str, Any] = schemas["$defs"]
    return made


_INTEGER: Final = {"type": "integer"}
_STRING: Final = {"type": "string"}
_ERRORS: Final = {"type": "array", "items": {"$ref": "#/components/schemas/Error"}}


def _object(properties: dict[str, Any], *, required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def _posting(what: str, shape: str, example: object, taken: dict[str, Any]) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{shape}"}
    results = {"taken": 1, "refused": 1, "results": [{"index": 0, "status": 200, **taken}, _REFUSED]}
    return {
        "operationId": f"post{what}",
        "summary": f"{what}: one, or a list of at most {MOST_ROWS}",
        "parameters": [
            {
                "name": "sender",
                "in": "query",
                "required": False,
                "schema": _STRING,
                "description": "The sender that signs, if no API key is sent.",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [one, {"type": "array", "maxItems": MOST_ROWS, "items": one}]},
                    "examples": {"one": {"value": example}, "list": {"value": [example]}},
                }
            },
        },
        "responses": {
            "200": _answer(
                "Taken in. Sending the same again gives the same answer.",
                {"oneOf": [{"$ref": "#/components/schemas/Taken"}, {"$ref": "#/components/schemas/Results"}]},
                taken,
            ),
            "207": _answer(
                "Some rows of the list were taken in; the others are listed with their errors.",
                {"$ref": "#/components/schemas/Results"},
                results,
            ),
            "422": _problem("What was posted has errors; `errors` names every field."),
            **{status: _problem(sentence) for status, sentence in _STATUSES.items()},
        },
    }


def _reading() -> dict[str, Any]:
    return {
        "operationId": "getLead",
        "summary": "One lead as it stands",
        "security": [{"key": []}],
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}],
        "responses": {
            "200": _answer("The lead.", {"$ref": "#/components/schemas/Lead"}, {**_LEAD, "id": 12, "score": 15}),
            "404": _problem("There is no such lead."),
            **{status: _problem(_STATUSES[status]) for status in ("401", "403", "408", "413", "429", "500", "503")},
        },
    }


def _answer(sentence: str, schema: dict[str, Any], example: object) -> dict[str, Any]:
    return {"description": sentence, "content": {"application/json": {"schema": schema, "example": example}}}


def _problem(sentence: str) -> dict[str, Any]:
    return {
        "description": sentence,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
