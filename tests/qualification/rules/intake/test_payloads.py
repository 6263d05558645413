"""What comes over the wire as plain values."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake.payloads import NoPayload, form_encoded, parse_body


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
        (b"name=%ff", {"name": "\N{REPLACEMENT CHARACTER}"}),
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
