"""A plain HTML form in a page: posted as a browser posts it, answered with a page for whoever filled it in."""

import html
import logging
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import httpx
import pytest

from bot.metrics import Metrics
from qualification.intake import api_keys
from qualification.records import Lead
from qualification.rules.intake.key_limits import KeyLimits
from sandbox.clock import ManualClock
from tests.bot.http.senders import Sender, problem
from tests.worlds.floor import PLAYBOOK

SITE = "https://www.acme.example"
# What Firefox and Chrome send when somebody presses the button of a form.
BROWSER = {
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-GB,en;q=0.5",
    "content-type": "application/x-www-form-urlencoded",
    "origin": SITE,
    "referer": f"{SITE}/contact",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": "cross-site",
}
LEA = {"your-name": "Lea Weber", "email": "lea@weber.example", "message": "A demo, please"}
REDIRECTING = """
senders:
  website:
    name: Website
    like: form
    redirect: https://www.acme.example/thanks?from=form
    activity: {kind: {always: contact-form}}
"""


class Page:
    """A page with a form, in somebody's browser."""

    def __init__(self, sender: Sender, key: str) -> None:
        self.browser = Sender(sender.baton, "", host="198.51.100.7")
        self.key = key

    def sends(self, fields: Mapping[str, str], key: str | None = None, **headers: str | None) -> httpx.Response:
        """Press the button; a header that is None isn't sent."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in {**BROWSER, **given}.items() if value is not None}
        address = (
            f"/v1/in/website?{urlencode({'key': self.key if key is None else key})}" if key != "" else "/v1/in/website"
        )
        return self.browser.asks("POST", address, content=urlencode(fields), headers=sent)

    def fetches(self, fields: Mapping[str, str], origin: str | None = SITE, **more: object) -> httpx.Response:
        """Post as fetch(url, {body: new FormData(form)}) does."""
        headers = {"accept": "*/*", "sec-fetch-mode": "cors"} | ({"origin": origin} if origin else {})
        files = {name: (None, text) for name, text in fields.items()}
        return self.browser.asks("POST", f"/v1/in/website?key={self.key}", files=files, headers=headers, **more)

    def asks_first(self, origin: str = SITE, sender: str = "website") -> httpx.Response:
        """Ask whether a script may post, as a browser does before it sends JSON."""
        headers = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        }
        return self.browser.asks("OPTIONS", f"/v1/in/{sender}?key={self.key}", headers=headers)


MakePage = Callable[..., Page]


@pytest.fixture
def page_of(sender: Sender, clock: ManualClock) -> MakePage:
    """Make a page whose key has limits."""

    def page_of(*origins: str, publishable: bool = True) -> Page:
        with sender.baton.database.transaction() as session:
            key = api_keys.make(
                session,
                sender.baton.installations[0].id,
                "website",
                publishable=publishable,
                limits=KeyLimits(origins=origins),
                by="unix:ana",
                random=lambda: "page",
                now=clock(),
            )
        return Page(sender, key)

    return page_of


def words(response: httpx.Response) -> str:
    """Read a page as its reader does."""
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    body = response.text.partition("<body>")[2]
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", body).split()))


def leads(sender: Sender) -> list[tuple[str | None, str | None]]:
    """Return who came in."""
    return [(lead.email, lead.name) for lead in sender.stored(Lead)]


def test_a_visitor_reads_thanks_and_no_json(sender: Sender, page_of: MakePage) -> None:
    answer = page_of().sends(LEA)
    assert (answer.status_code, leads(sender)) == (200, [("lea@weber.example", "Lea Weber")])
    assert words(answer) == "Thank you Your message has arrived. You can close this page."
    assert "{" not in answer.text.partition("<body>")[2]


def test_a_form_takes_no_known_persons_address_and_says_to_no_stranger_whose_it_is(
    sender: Sender, page_of: MakePage, caplog: pytest.LogCaptureFixture
) -> None:
    known = {"name": "Ivy Chen", "email": "info@acme.example", "emails": ["ivy@acme.example"]}
    sender.posts("/v1/leads", known)
    page = page_of(SITE)
    with caplog.at_level(logging.INFO):
        answers = [page.fetches({**LEA, "email": each}) for each in ("info@acme.example", "lea@weber.example")]
    assert answers[0].json() == answers[1].json()
    assert "A form gave an address or an id of somebody else, and it stays with them." in caplog.text
    assert leads(sender) == [("info@acme.example", "Ivy Chen"), (None, "Lea Weber"), ("lea@weber.example", "Lea Weber")]
    by_key = sender.posts("/v1/leads", {"name": "Karl Beck", "email": "info@acme.example"}).json()
    assert [each["field"] for each in by_key["lost"]] == ["email"]


def test_the_page_runs_nothing_and_is_kept_nowhere(page_of: MakePage) -> None:
    headers = page_of().sends({**LEA, "your-name": "<script>alert(1)</script>"}).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "Vielen Dank"),
        ("fr-FR,fr;q=0.9,de;q=0.4,en;q=0.2", "de", "Vielen Dank"),
        ("en;q=0.2,de;q=0.8", "de", "Vielen Dank"),
        ("de;q=0, en", "en", "Thank you"),
        ("fr,it", "en", "Thank you"),
        ("*", "en", "Thank you"),
        (None, "en", "Thank you"),
        (";;q=x,,de;q=nan", "en", "Thank you"),
    ],
)
def test_the_page_is_in_the_visitors_language(
    page_of: MakePage, accepted: str | None, language: str, title: str
) -> None:
    answer = page_of().sends(LEA, accept_language=accepted)
    assert f'<html lang="{language}">' in answer.text
    assert words(answer).startswith(title)


def test_the_language_of_the_page_goes_before_the_browsers(sender: Sender, page_of: MakePage) -> None:
    page = page_of()
    assert words(page.sends({**LEA, "_lang": "de-CH"})).startswith("Vielen Dank")
    assert words(page.sends({**LEA, "_lang": "xx"}, accept_language="de")).startswith("Vielen Dank")
    assert words(page.sends({"_lang": "de", "message": "?"})).startswith("Die Nachricht wurde nicht gesendet")
    assert all("_lang" not in lead.fields for lead in sender.stored(Lead))


def test_a_visitor_goes_on_to_the_senders_page_and_a_script_does_not(
    sender: Sender, page_of: MakePage, publish: Callable[[str], None]
) -> None:
    publish(PLAYBOOK + REDIRECTING)
    page = page_of(SITE)
    # Where the form would like to send people is no matter: anybody could write it into a link.
    answer = page.sends({**LEA, "_next": "https://evil.example", "redirect": "https://evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "https://www.acme.example/thanks?from=form")
    assert page.sends({**LEA, "_gotcha": "x"}).headers["location"] == "https://www.acme.example/thanks?from=form"
    assert page.fetches(LEA).json()["taken"] == 1
    assert words(page.sends({"message": "?"})).startswith("Your message hasn't been sent")
    assert leads(sender) == [("lea@weber.example", "Lea Weber")]


def test_a_visitor_without_address_reads_what_to_do(page_of: MakePage) -> None:
    answer = page_of(SITE).sends({"message": "Hello?"})
    assert answer.status_code == 422
    assert "add your e-mail address, or your name and phone number" in words(answer)
    assert f'<a href="{SITE}/contact">Back to the website</a>' in answer.text


def test_no_page_leads_back_to_where_the_key_is_not_allowed(page_of: MakePage) -> None:
    anywhere = page_of()
    assert "<a " not in anywhere.sends({"message": "?"}).text
    assert "<a " not in anywhere.sends({"message": "?"}, referer="javascript:alert(1)").text


@pytest.mark.parametrize("referer", ["http://[", "https://[::1", "http://[v1.x]y/", "//[/contact"])
def test_a_referer_that_is_no_address_leads_nowhere_back(sender: Sender, page_of: MakePage, referer: str) -> None:
    page = page_of(SITE)
    assert page.sends(LEA, referer=referer).status_code == 200
    assert leads(sender) == [("lea@weber.example", "Lea Weber")]
    nobody = page.sends({"message": "?"}, referer=referer)
    assert nobody.status_code == 422
    assert "<a " not in nobody.text


def test_the_key_may_be_in_a_hidden_field(sender: Sender, page_of: MakePage, caplog: pytest.LogCaptureFixture) -> None:
    page = page_of()
    with caplog.at_level(logging.DEBUG):
        assert page.sends({**LEA, "_key": page.key}, key="").status_code == 200
        wrong = page.sends({**LEA, "_key": "baton_wrong"}, key="")
        missing = page.sends(LEA, key="")
    assert leads(sender) == [("lea@weber.example", "Lea Weber")]
    for refused in (wrong, missing):
        assert refused.status_code == 401
        assert words(refused).startswith("Your message hasn't been sent This form isn't set up yet.")
    (lead,) = sender.stored(Lead)
    assert page.key not in str(lead.fields)
    assert page.key not in caplog.text


def test_a_hidden_key_works_in_a_form_with_files_too(sender: Sender, page_of: MakePage) -> None:
    page = page_of()
    headers = {name: value for name, value in BROWSER.items() if name != "content-type"}
    answer = page.browser.asks(
        "POST",
        "/v1/in/website",
        data={**LEA, "_key": page.key},
        files={"cv": ("cv.pdf", b"x" * 100_000, "application/pdf")},
        headers=headers,
    )
    assert (answer.status_code, leads(sender)) == (200, [("lea@weber.example", "Lea Weber")])


def test_a_key_that_reads_leads_works_in_no_page(
    sender: Sender, page_of: MakePage, caplog: pytest.LogCaptureFixture
) -> None:
    page = page_of(publishable=False)
    in_field = page.sends({**LEA, "_key": page.key}, key="", origin=None)
    for refused in (page.sends(LEA), in_field):
        assert refused.status_code == 403
        assert "This form isn't set up yet." in words(refused)
    told = problem(page.fetches(LEA))
    assert (told["status"], "baton keys make NAME --publishable" in told["detail"]) == (403, True)
    assert leads(sender) == []
    assert page.key not in caplog.text
    assert "The key of website is in a public page" in caplog.text
    # A tool that can't set headers has no page.
    assert page.browser.asks("POST", f"/v1/in/website?key={page.key}", json=LEA).status_code == 200


def test_whatever_falls_into_the_honeypot_is_thanked_and_counted_apart(sender: Sender, page_of: MakePage) -> None:
    page = page_of(SITE)
    for honeypot in ("_gotcha", "_honey", "bot-field"):
        taken, trapped = page.sends({**LEA, honeypot: ""}), page.sends({**LEA, honeypot: "https://spam.example"})
        assert (trapped.status_code, trapped.text) == (taken.status_code, taken.text)
        assert page.fetches({**LEA, honeypot: "x"}).json() == page.fetches(LEA).json()
    assert leads(sender) == [("lea@weber.example", "Lea Weber")]
    counted = samples(sender.baton.metrics)
    assert (counted["trapped"], counted["200"]) == (6, 6)
    (lead,) = sender.stored(Lead)
    assert not {"_gotcha", "_honey", "bot-field"} & {*lead.fields}


def samples(metrics: Metrics) -> dict[str, float]:
    """Return how many requests of the website had each outcome."""
    line = re.compile(r'baton_intake_requests_total{sender="website",status="(\w+)"} (\S+)')
    return {status: float(count) for status, count in line.findall(metrics.text().decode())}


def test_a_form_works_on_its_own_pages_alone(sender: Sender, page_of: MakePage) -> None:
    page = page_of(SITE, "http://localhost:8000")
    for origin in ("https://evil.example", "http://www.acme.example", "https://acme.example", "null"):
        refused = page.sends(LEA, origin=origin)
        assert (refused.status_code, "This form isn't set up yet" in words(refused)) == (403, True)
        assert "access-control-allow-origin" not in page.fetches(LEA, origin).headers
        assert problem(page.fetches(LEA, origin))["detail"] == "This key can't be used on this page."
    assert leads(sender) == []
    for allowed in (SITE, "http://localhost:8000", None):
        assert page.sends(LEA, origin=allowed).status_code == 200


def test_a_script_reads_the_answer_on_the_pages_of_its_key(page_of: MakePage) -> None:
    page = page_of(SITE)
    taken = page.fetches(LEA)
    assert taken.json() == {"taken": 1, "refused": 0, "results": [{"index": 0, "status": 200}]}
    assert (taken.headers["access-control-allow-origin"], taken.headers["vary"]) == (SITE, "Origin")
    refused = page.fetches({"message": "?"})
    assert (problem(refused)["status"], refused.headers["access-control-allow-origin"]) == (422, SITE)
    too_many = [page.fetches(LEA) for _ in range(25)][-1]
    assert (problem(too_many)["status"], too_many.headers["access-control-allow-origin"]) == (429, SITE)
    assert too_many.headers["access-control-expose-headers"] == "Retry-After"
    assert "access-control-allow-credentials" not in taken.headers


def test_without_origins_any_page_posts_and_no_script_reads(page_of: MakePage) -> None:
    page = page_of()
    assert page.fetches(LEA).status_code == 200
    assert "access-control-allow-origin" not in page.fetches(LEA).headers
    assert "access-control-allow-origin" not in page.asks_first().headers


def test_a_preflight_is_answered_for_the_pages_of_the_key(page_of: MakePage) -> None:
    page = page_of(SITE)
    allowed = page.asks_first().headers
    assert (allowed["access-control-allow-origin"], allowed["access-control-allow-methods"]) == (SITE, "POST")
    assert {"content-type", "authorization"} <= {*allowed["access-control-allow-headers"].split(", ")}
    for origin, sender in (("https://evil.example", "website"), (SITE, "crm"), (SITE, "nobody")):
        answer = page.asks_first(origin, sender)
        assert (answer.status_code, "access-control-allow-origin" in answer.headers) == (204, False)


def test_preflights_have_a_rate_of_their_own(page_of: MakePage) -> None:
    page = page_of(SITE)
    asked = [page.asks_first().status_code for _ in range(22)]
    assert (asked.count(204), asked[-1]) == (20, 429)
    assert page.sends(LEA).status_code == 200


def test_who_sends_too_often_reads_for_how_long_to_wait(page_of: MakePage) -> None:
    page = page_of()
    last = [page.sends(LEA) for _ in range(21)][-1]
    assert last.status_code == 429
    assert f"Wait {last.headers['retry-after']} second" in words(last)


@pytest.mark.parametrize(
    ("content", "content_type", "status", "told"),
    [
        ("", "application/x-www-form-urlencoded", 400, "The form was empty or arrived damaged."),
        (urlencode({"m": "x" * 70_000}), "application/x-www-form-urlencoded", 413, "It is too large."),
        ("email=lea@weber.example\r\nname=Lea Weber", "text/plain", 200, "Thank you"),
    ],
)
def test_a_visitor_reads_what_became_of_any_form(
    page_of: MakePage, content: str, content_type: str, status: int, told: str
) -> None:
    page = page_of()
    headers = {**BROWSER, "content-type": content_type}
    answer = page.browser.asks("POST", f"/v1/in/website?key={page.key}", content=content, headers=headers)
    assert (answer.status_code, told in words(answer)) == (status, True)


def test_a_senders_own_server_gets_json_whatever_it_accepts(sender: Sender) -> None:
    headers = {**BROWSER, "authorization": f"Bearer {sender.key}"}
    answer = sender.asks("POST", "/v1/in/website", content=urlencode(LEA), headers=headers)
    assert answer.json()["taken"] == 1
    assert problem(sender.asks("POST", "/v1/in/website", content="m=x", headers=headers))["status"] == 422
