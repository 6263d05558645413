"""How an answer reaches whoever posted a form: as JSON, or as a page for the visitor whose browser left ours for it."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.http.callers import Caller
from handlers.intake import Answer
from templates.engine.pages import public_page, readers_language

# What a browser writes when it posts a form; fetch() writes the last two as well.
FORM_TYPES: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
# For so long a browser remembers what a preflight said, in seconds.
REMEMBERED: Final = 600
PREFLIGHT: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "authorization, content-type, idempotency-key, webhook-id",
    "access-control-max-age": str(REMEMBERED),
}
# The page runs nothing and fetches nothing. It may stand in a frame, as the form that it answers may.
PAGE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
# The first status that isn't a success.
FAULTS: Final = 400
# What a visitor is told, by the status of the answer.
PROBLEMS: Final = {
    400: "unreadable",
    401: "not_set_up",
    403: "not_set_up",
    404: "not_set_up",
    408: "try_again",
    413: "too_large",
    422: "nobody",
    429: "too_often",
}


@dataclass(slots=True)
class Visit:
    """A request to the address of a sender's form.

    `is_visitor`: a browser opened our answer in place of the page. `readable_by`: the origin of the page whose script
    may read it. `came_from`: the address of the page, where the browser tells it.
    """

    is_visitor: bool = False
    language: str = ""
    origin: str | None = None
    came_from: str = ""
    readable_by: str | None = None

    @classmethod
    def of(cls, request: Request) -> "Visit":
        """Read it from the headers: a visitor's browser asks for HTML, posts a form, and sends no key in a header."""
        headers = request.headers
        is_visitor = (
            "text/html" in headers.get("accept", "").lower()
            and media_type(request) in FORM_TYPES
            and "authorization" not in headers
        )
        language = readers_language(headers.get("accept-language", ""))
        return cls(is_visitor, language, headers.get("origin"), headers.get("referer", ""))

    def is_from(self, caller: Caller) -> None:
        """Note who posts: only what has a publishable key comes from a page."""
        self.is_visitor = self.is_visitor and caller.is_anybody
        self.readable_by = caller.readable_by

    def speaks(self, language: str | None) -> None:
        """Answer in the language of the page, if it says which and we have it."""
        self.language = readers_language(language or "", default=self.language)

    def response(self, answer: Answer) -> Response:
        """Return the answer as the visit wants it."""
        response = self._page(answer) if self.is_visitor else as_json(answer)
        if self.origin is not None:
            response.headers["vary"] = "Origin"
        if self.readable_by is not None:
            response.headers["access-control-allow-origin"] = self.readable_by
            response.headers["access-control-expose-headers"] = "Retry-After"
        return response

    def _page(self, answer: Answer) -> Response:
        if answer.status < FAULTS and answer.redirect is not None:
            return RedirectResponse(answer.redirect, 303, PAGE_HEADERS)
        seconds = answer.body.get("retry_after")
        facts = {"back": self._back(), "seconds": seconds}
        if answer.status < FAULTS:
            text = public_page("pages/thanks", facts, language=self.language)
        else:
            problem = PROBLEMS.get(answer.status, "try_again")
            text = public_page("pages/problem", {**facts, "problem": problem}, language=self.language)
        headers = PAGE_HEADERS if seconds is None else {**PAGE_HEADERS, "retry-after": str(seconds)}
        return Response(text, answer.status, headers, media_type="text/html")

    def _back(self) -> str | None:
        """Return the address of the page if its origin is one that the key lists; anything else could lead anywhere."""
        if self.readable_by is None:
            return None
        try:
            parts = urlsplit(self.came_from)
        except ValueError:
            return None
        return self.came_from if f"{parts.scheme}://{parts.netloc}" == self.readable_by else None


def media_type(request: Request) -> str:
    """Return what a request's content type names, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def allowed_to_ask(origin: str) -> Response:
    """Answer a preflight of a page whose scripts may post."""
    return Response(status_code=204, headers={"access-control-allow-origin": origin, "vary": "Origin", **PREFLIGHT})


def as_json(answer: Answer) -> Response:
    """Return an answer as JSON."""
    headers = {}
    body = dict(answer.body)
    if answer.status == 401:  # noqa: PLR2004 - HTTP's own number
        headers["www-authenticate"] = "Bearer"
    if "retry_after" in body:
        headers["retry-after"] = str(body.pop("retry_after"))
    kind = "application/problem+json" if answer.status >= FAULTS else "application/json"
    return Response(json.dumps(body, default=_plain), answer.status, headers, media_type=kind)


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not written as JSON")
