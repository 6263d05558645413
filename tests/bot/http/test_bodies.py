"""Bodies as browsers and tools send them, over HTTP: whatever the content type says, the lead comes in."""

import json
from collections.abc import Iterator

import pytest

from bot.http.request_body import LARGEST, LARGEST_FORM, LARGEST_UPLOAD
from qualification.records import Lead
from tests.bot.http.senders import IVY, Sender, problem

LEA = {"email": "lea@acme.example", "name": "Lea Müller"}


def leads(sender: Sender) -> list[tuple[str | None, str | None]]:
    """Return who came in."""
    return [(lead.email, lead.name) for lead in sender.stored(Lead)]


def with_file(size: int, message: str = "A demo, please") -> dict[str, object]:
    """Post a form with a file of that size, as httpx does."""
    return {"data": {**LEA, "message": message}, "files": {"cv": ("cv.pdf", b"x" * size, "application/pdf")}}


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (json.dumps(LEA).encode("utf-16"), "application/json"),
        (json.dumps(LEA).encode("utf-8-sig"), "text/plain;charset=UTF-8"),
        (b"email=lea%40acme.example&name=Lea+M%FCller", "application/x-www-form-urlencoded"),
        (b"email=lea@acme.example\r\nname=Lea M\xfcller\r\n", "text/plain"),
        (json.dumps(LEA).encode(), "application/x-www-form-urlencoded"),
        (b"payload=%7B%22email%22%3A%22lea%40acme.example%22%2C%22name%22%3A%22Lea%20M%C3%BCller%22%7D", ""),
        (b"email=lea%40acme.example&name=Lea+M%C3%BCller", "multipart/form-data; boundary=none"),
    ],
)
def test_a_lead_comes_in_however_its_form_is_encoded(sender: Sender, content: bytes, content_type: str) -> None:
    answer = sender.asks("POST", "/v1/in/website", content=content, headers={"content-type": content_type})
    assert answer.status_code == 200
    assert leads(sender) == [("lea@acme.example", "Lea Müller")]


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/in/website"])
def test_a_form_of_parts_comes_in_by_every_way(sender: Sender, path: str) -> None:
    answer = sender.asks("POST", path, files={name: (None, text) for name, text in LEA.items()})
    assert answer.status_code == 200
    assert leads(sender) == [("lea@acme.example", "Lea Müller")]


def test_a_list_of_leads_may_be_utf_16(sender: Sender) -> None:
    assert sender.asks("POST", "/v1/leads", content=json.dumps([IVY]).encode("utf-16")).json()["taken"] == 1


def test_a_file_passes_and_is_not_kept(sender: Sender, page_key: str) -> None:
    """Also a file that is larger than any other body may be: the lead is worth more than its attachment."""
    reader = Sender(sender.baton, "")
    for size in (10, LARGEST_FORM, 2 * LARGEST):
        assert reader.asks("POST", f"/v1/in/website?key={page_key}", **with_file(size)).status_code == 200
    assert leads(sender) == [("lea@acme.example", "Lea Müller")]


def test_what_passes_is_bounded_too(sender: Sender, page_key: str) -> None:
    reader, path = Sender(sender.baton, ""), f"/v1/in/website?key={page_key}"
    refused = problem(reader.asks("POST", path, **with_file(LARGEST_UPLOAD)))
    assert (refused["status"], refused["detail"]) == (413, "The body of this request can hold at most 20 MB.")
    refused = problem(reader.asks("POST", path, **with_file(10, message="x" * LARGEST_FORM)))
    assert (refused["status"], refused["detail"]) == (413, "The body isn't read: its fields hold too much text.")
    many = {f"field-{number}": (None, "x") for number in range(251)}
    refused = problem(reader.asks("POST", path, files=many))
    assert (refused["status"], refused["detail"]) == (413, "The body isn't read: it has more than 250 fields.")
    assert leads(sender) == []


def test_a_body_that_only_claims_to_be_a_form_of_parts_may_not_be_larger(sender: Sender, page_key: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LARGEST_FORM // 1000 + 2):
            yield b"x" * 1000

    async def stream() -> object:
        for piece in pieces():
            yield piece

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = Sender(sender.baton, "").asks("POST", f"/v1/in/website?key={page_key}", content=stream(), headers=headers)
    assert problem(answer)["detail"] == "The body of this request can hold at most 64 kB."
