"""What comes over the wire as plain values."""

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake.body_faults import NoPayload, TooMuch
from qualification.rules.intake.payloads import OF_A_FORM, Bounds, form_encoded, parse_body


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"email=lea%40x.example&name=Lea+Weber", {"email": "lea@x.example", "name": "Lea Weber"}),
        (
            b"contact[email]=a&contact%5Bfields%5D%5Bplan%5D=team",
            {"contact": {"email": "a", "fields": {"plan": "team"}}},
        ),
        (b"topic=a&topic=b", {"topic": ["a", "b"]}),
        (b"topic[]=a&topic[]=b", {"topic": ["a", "b"]}),
        (b"list[][id]=1&list[][id]=2", {"list": [{"id": "1"}, {"id": "2"}]}),
        (b"ids[0]=a", {"ids": {"0": "a"}}),
        (b"name=", {"name": ""}),
        (b"name=Lea\n", {"name": "Lea"}),
        (b"a[b=1&[c]=2&d]=3&e[f]g=4", {"a[b": "1", "[c]": "2", "d]": "3", "e[f]g": "4"}),
        (b"a=1&a[b]=2", {"a": "1", "a[b]": "2"}),
        (b"a[b]=1&a=2", {"a": {"b": "1", "": "2"}}),
        (b"a[b]=1&a[]=2", {"a": {"b": "1"}, "a[]": "2"}),
        (b"name=M%fcller", {"name": "Müller"}),
        (b"name=M%FCller&city=K%C3%B6ln", {"name": "Müller", "city": "Köln"}),
        (b"_charset_=iso-8859-2&name=%a3ukasz", {"_charset_": "iso-8859-2", "name": "Łukasz"}),
        ("name=Zoë".encode("latin-1"), {"name": "Zoë"}),
        (b"a" + b"[b]" * 9 + b"=1", {"a" + "[b]" * 9: "1"}),
        (b"", {}),
    ],
)
def test_a_form_is_read_as(body: bytes, fields: dict[str, object]) -> None:
    assert form_encoded(body) == fields


@given(st.binary(max_size=200) | st.text("ab[]=&%", max_size=60).map(str.encode))
def test_no_body_is_too_odd_for_a_form(body: bytes) -> None:
    assert isinstance(form_encoded(body), dict)


@given(st.dictionaries(st.text("abc", min_size=1), st.text()))
def test_what_a_browser_encodes_comes_out_as_it_went_in(fields: dict[str, str]) -> None:
    assert form_encoded(urlencode(fields).encode()) == fields


def test_a_body_is_read_by_what_it_holds() -> None:
    assert parse_body(b' {"email": "a@x.example"}') == {"email": "a@x.example"}
    assert parse_body(b"email=a%40x.example") == {"email": "a@x.example"}


@pytest.mark.parametrize("body", [b"", b"hello", b'{"email": ', b"<form a='1'>", b"[" * 100_000, b'{"size": NaN}'])
def test_what_is_neither_json_nor_a_form_is_no_payload(body: bytes) -> None:
    with pytest.raises(NoPayload):
        parse_body(body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_json_is_read_in_whatever_encoding_it_comes(encoding: str) -> None:
    assert parse_body('{"name": "Zoë Müller"}'.encode(encoding)) == {"name": "Zoë Müller"}


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (urlencode({"payload": '{"email": "a@x.example"}'}), {"email": "a@x.example"}),
        (urlencode({"anything": '[{"email": "a@x.example"}]'}), [{"email": "a@x.example"}]),
        ('"{\\"email\\": \\"a@x.example\\"}"', {"email": "a@x.example"}),
        (
            urlencode({"formID": "9", "rawRequest": '{"q3_email": "a@x.example"}', "pretty": "E-mail:a@x.example"}),
            {"formID": "9", "rawRequest": {"q3_email": "a@x.example"}, "pretty": "E-mail:a@x.example"},
        ),
        (urlencode({"data": "{not json", "email": "a"}), {"data": "{not json", "email": "a"}),
        # What a lead writes stays what they wrote, even if it could be read as JSON.
        (urlencode({"email": "a", "message": '{"email": "b"}'}), {"email": "a", "message": '{"email": "b"}'}),
        (urlencode({"message": "{a}"}), {"message": "{a}"}),
    ],
)
def test_json_in_a_text_field_is_read(body: str, payload: object) -> None:
    assert parse_body(body.encode()) == payload


def test_a_form_of_plain_text_is_read_line_by_line() -> None:
    """enctype="text/plain": a name, the value as it is, and what is left of a value of several lines."""
    body = b"email=lea@x.example\r\nmessage=Hello,\r\nplease call; 50% off?\r\ncompany=A & B = AB\r\n"
    fields = {"email": "lea@x.example", "message": "Hello,\nplease call; 50% off?", "company": "A & B = AB"}
    assert parse_body(body) == parse_body(body, content_type="application/json") == fields


def test_json_in_a_text_field_is_as_deep_as_any_other() -> None:
    with pytest.raises(TooMuch, match="nested too deeply"):
        parse_body(urlencode({"a": "[" * 12 + "]" * 12}).encode(), OF_A_FORM)
    bottomless = "[" * 200_000
    assert parse_body(urlencode({"a": bottomless}).encode()) == {"a": bottomless}


def test_json_in_a_text_field_has_a_bounded_number_of_values() -> None:
    body = urlencode({"email": "a", "data": "[1,2,3,4,5]"}).encode()
    assert parse_body(body, Bounds(values=8, depth=10)) == {"email": "a", "data": [1, 2, 3, 4, 5]}
    with pytest.raises(TooMuch, match="more than 7 values"):
        parse_body(body, Bounds(values=7, depth=10))


@given(st.binary(max_size=300) | st.text('ab[]=&%"{}\n-:;', max_size=80).map(str.encode))
def test_no_body_raises_anything_else(body: bytes) -> None:
    with suppress(NoPayload, TooMuch):
        parse_body(body, OF_A_FORM)
