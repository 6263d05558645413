"""Forms as multipart/form-data: the fields, and the names of files, from pieces of any size."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake.body_faults import NoPayload, TooMuch
from qualification.rules.intake.multipart_form import MultipartForm, boundary_of
from qualification.rules.intake.payloads import OF_A_FORM, parse_body

FORM = (Path(__file__).parent / "payloads" / "multipart.txt").read_bytes()
LEA = {"your-name": "Lea Weber", "email": "lea@x.example", "cv": "Lebenslauf Lea.pdf", "photo": "", "note": "Grüße"}


def written(fields: list[tuple[str, str, str | None]], boundary: str = "x7") -> bytes:
    """Write a form as browsers do: name, text, and the name of a file."""
    parts = []
    for name, text, file in fields:
        head = f'Content-Disposition: form-data; name="{name}"'
        head += f'; filename="{file}"\r\nContent-Type: application/pdf' if file is not None else ""
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n{text}\r\n")
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def read(body: bytes, size: int | None = None, *, text_bytes: int = 10_000, parts: int = 20) -> dict[str, str]:
    """Feed a form in pieces of that size."""
    form = MultipartForm(parts=parts, text_bytes=text_bytes)
    for start in range(0, len(body), size or len(body)):
        form.feed(body[start : start + (size or len(body))])
    return dict(form.pairs())


def test_a_form_with_files_has_their_names_and_not_what_they_hold() -> None:
    assert read(FORM) == LEA
    assert b"%PDF" in FORM


@pytest.mark.parametrize("size", [1, 2, 7, 64, 301])
def test_it_comes_in_pieces_of_any_size(size: int) -> None:
    assert read(FORM, size) == LEA


@given(
    st.lists(st.tuples(st.text("ab-[]", min_size=1), st.text(st.characters(exclude_categories=["Cs"]))), min_size=1),
    st.integers(1, 50),
)
def test_what_a_browser_writes_comes_out_as_it_went_in(fields: list[tuple[str, str]], size: int) -> None:
    fields = [(name, text) for name, text in fields if "--x7" not in text]
    body = written([(name, text, None) for name, text in fields])
    form = MultipartForm(parts=1000, text_bytes=10**6)
    for start in range(0, len(body), size):
        form.feed(body[start : start + size])
    marks = ("\ufeff", "\ufffe")
    assert [pair for pair in form.pairs() if not pair[1].startswith(marks)] == [
        pair for pair in fields if not pair[1].startswith(marks)
    ]


def test_a_large_file_costs_nothing_and_a_long_text_is_refused() -> None:
    assert read(written([("cv", "x" * 100_000, "cv.pdf"), ("email", "lea@x.example", None)])) == {
        "cv": "cv.pdf",
        "email": "lea@x.example",
    }
    with pytest.raises(TooMuch, match="too much text"):
        read(written([("message", "x" * 10_001, None)]))


def test_the_number_of_parts_is_bounded() -> None:
    assert len(read(written([(f"f{number}", "x", None) for number in range(20)]))) == 20
    with pytest.raises(TooMuch, match="more than 20 fields"):
        read(written([(f"f{number}", "x", None) for number in range(21)]))


def test_a_form_that_breaks_off_keeps_what_came_whole() -> None:
    whole = written([("email", "lea@x.example", None), ("name", "Lea", None)])
    assert read(whole[: whole.index(b"Lea")]) == {"email": "lea@x.example"}


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=other"]
)
def test_the_content_type_is_a_hint(content_type: str) -> None:
    for body in (FORM, FORM.replace(b"\r\n", b"\n"), b"\r\n" + FORM):
        assert parse_body(body, OF_A_FORM, content_type) == LEA
    assert parse_body(b'{"email": "a"}', OF_A_FORM, "multipart/form-data; boundary=x") == {"email": "a"}
    assert parse_body(b"email=a", OF_A_FORM, "multipart/form-data; boundary=x") == {"email": "a"}


def test_the_boundary_of_the_header_counts_where_something_stands_before_the_form() -> None:
    body = b"This is a multi-part message.\r\n" + written([("email", "lea@x.example", None)])
    assert parse_body(body, OF_A_FORM, 'Multipart/Form-Data; Boundary="x7"') == {"email": "lea@x.example"}
    assert boundary_of("text/plain; boundary=x7") is None


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\nM\xfcller\r\n--x--', {"n": "Müller"}),
        (
            (
                b'--x\r\nContent-Disposition: form-data; name="n"\r\nContent-Type: text/plain; charset=iso-8859-2'
                b"\r\n\r\n\xa3ukasz\r\n--x--"
            ),
            {"n": "Łukasz"},
        ),
        (
            (
                b'--x\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\nshift_jis\r\n'
                b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n\x93c\x92\x86\r\n--x--'
            ),
            {"_charset_": "shift_jis", "n": "田中"},
        ),
        (
            '--x\r\nContent-Disposition: form-data; name="Größe"\r\n\r\n51\r\n--x--'.encode(),
            {"Größe": "51"},
        ),
        (
            b"--x\r\nContent-Disposition: form-data; name=cv; filename*=UTF-8''%E5%B1%A5.pdf\r\n\r\nx\r\n--x--",
            {"cv": "履.pdf"},
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name=cv; filename="C:\\Users\\lea\\cv.pdf"\r\n\r\nx\r\n--x--',
            {"cv": "cv.pdf"},
        ),
        (b'--x\r\nContent-Disposition: form-data; name="a[b][value]"\r\n\r\n1\r\n--x--', {"a": {"b": {"value": "1"}}}),
    ],
)
def test_names_and_texts_are_read_in_their_encoding(body: bytes, fields: object) -> None:
    assert parse_body(body) == fields


def test_a_file_that_is_all_there_is_has_a_name() -> None:
    assert parse_body(written([("cv", "x", "cv.pdf")])) == {"cv": "cv.pdf"}


@given(st.binary(max_size=300), st.integers(1, 20))
def test_no_form_raises_anything_else(rest: bytes, size: int) -> None:
    body = b"--x7\r\nContent-Disposition: form-data; name=a" + rest
    with suppress(NoPayload, TooMuch):
        read(body, size)
