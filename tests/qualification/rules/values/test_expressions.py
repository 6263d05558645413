"""What a playbook writes to find things in a payload."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.values import expressions, written_expressions
from qualification.rules.values.expression_functions import OWN
from qualification.rules.values.expressions import BadExpression, Nothing, Unworkable, parse_expression, value_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

SHAPES = st.recursive(
    st.none() | st.text(max_size=5) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["always", "from", "as", "if", "then", "else", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("written", "payload", "value"),
    [
        ("contact.email", {"contact": {"email": "lea@x.example"}}, "lea@x.example"),
        ("contact.email", {"contact": "rubbish"}, None),
        ("country || 'DE'", {}, "DE"),
        ({"always": "demo"}, {}, "demo"),
        ({"always": None}, {}, Nothing.NOTHING),
        (True, {}, True),
        (12, {}, 12),
        ({"from": "type", "as": {"Open": "email-opened"}}, {"type": " open "}, "email-opened"),
        ({"from": "type", "as": {"open": "email-opened"}}, {"type": "bounce"}, None),
        ({"from": "type", "as": {"open": "email-opened"}, "else": "other"}, {}, "other"),
        ({"from": "type", "as": {"open": None}}, {"type": "open"}, Nothing.NOTHING),
        ({"from": "asked", "as": {"true": "demo-request"}}, {"asked": True}, "demo-request"),
        ({"from": "form", "as": {"7": "trial"}}, {"form": 7}, "trial"),
        ({"plan": "plan", "seats": "seats"}, {"plan": "team"}, {"plan": "team"}),
        ({"if": "role == 'buyer'", "then": {"always": "demo"}, "else": "kind"}, {"role": "buyer"}, "demo"),
        ({"if": "role == 'buyer'", "then": {"always": "demo"}, "else": "kind"}, {"role": "user", "kind": "x"}, "x"),
        ({"if": "asked", "then": "`1`"}, {"asked": "yes"}, 1),
        ({"if": "asked", "then": "`1`"}, {"asked": ""}, None),
        ({"if": "asked", "then": "`1`"}, {"asked": 0}, 1),
        ({"if": "asked", "then": None, "else": 5}, {"asked": "yes"}, Nothing.NOTHING),
        ({"if": "a", "then": {"if": "b", "then": "b", "else": {"always": "only a"}}, "else": {"always": "no a"}},
         {"a": 1}, "only a"),
        ({"if": "a", "then": {"if": "b", "then": "b", "else": {"always": "only a"}}, "else": {"always": "no a"}},
         {"b": 1}, "no a"),
        ({"if": "a", "then": {"from": "b", "as": {"1": "one"}, "else": "other"}}, {"a": 1, "b": 1}, "one"),
        ({"plan": {"if": "a", "then": "b"}, "seats": {"if": "c", "then": "d"}}, {"a": 1, "b": 2, "d": 3}, {"plan": 2}),
        ("words(first, last)", {"first": " Lea", "last": "Weber "}, "Lea Weber"),
        ("words(first, last)", {"last": "Weber"}, "Weber"),
        ("words(first, last)", {}, None),
        ("lower(form) == 'demo'", {"form": "DEMO"}, True),
        ("split(tags, ',')[0]", {"tags": "webinar , news"}, "webinar"),
        ("split(tags, ',')[0]", {}, None),
        ("number(size)", {"size": "51-200 employees"}, 51),
        ("number(size)", {"size": "more than 1,000"}, 1000),
        ("number(size)", {"size": "1.2k"}, 1200),
        ("number(size)", {"size": 80}, 80),
        ("number(size)", {"size": "just us"}, None),
        ("number(size)", {"size": "just me"}, 1),
        ("number(size)", {"size": "1K-5K"}, 1000),
        ("number(size)", {"size": "5 mil"}, None),
        ("number(size)", {"size": "12.5"}, None),
        ("number(seats)", {"seats": "Team of 25 people"}, 25),
        ("number(score)", {"score": "0"}, 0),
        ("country(country)", {"country": "Germany"}, "DE"),
        ("country(country)", {"country": "Atlantis"}, None),
        ("epoch(at)", {"at": 1771920000123}, "2026-02-24T08:00:00.123000+00:00"),
        ("epoch(at)", {"at": "1771920000"}, "2026-02-24T08:00:00+00:00"),
        ("epoch(at)", {"at": "2026-02-24T08:00:00Z"}, "2026-02-24T08:00:00Z"),
        ("zoned(at, 'Europe/Berlin')", {"at": "2026-02-24 09:00:00"}, "2026-02-24T09:00:00+01:00"),
        ("zoned(at, 'Europe/Berlin')", {"at": "2026-02-24T09:00:00Z"}, "2026-02-24T09:00:00Z"),
        ("zoned(at, 'Europe/Berlin')", {"at": "yesterday"}, "yesterday"),
        ("value(properties.email || email)", {"properties": {"email": {"value": "a@x.example"}}}, "a@x.example"),
        ("value(properties.email || email)", {"properties": {"email": "a@x.example"}}, "a@x.example"),
        ("value(properties.email || email)", {"email": "a@x.example"}, "a@x.example"),
        ("field(@, 'your email', 'mail')", {"Your-Email": "a@x.example"}, "a@x.example"),
        ("field(@, 'your email', 'mail')", {"your_email": "", "mail": "a@x.example"}, "a@x.example"),
        ("field(@, 'topics')", {"topics": ["Orders", "Shifts"]}, "Orders, Shifts"),
        ("answer(@, 'plan')", {"hidden": {"plan": "team"}}, "team"),
        ("answer(@, 'agreed')", {"answers": [{"type": "boolean", "boolean": True, "field": {"ref": "agreed"}}]}, True),
        ("answer(@, 'own')", {"answers": [{"type": "choice", "choice": {"other": "Abacus"}, "field": {"ref": "own"}}]},
         "Abacus"),
        ("date(d, 'month/day/year')", {"d": "3/1/2017"}, "2017-03-01"),
        ("date(d, 'day/month/year')", {"d": " 31.12.99 "}, "2099-12-31"),
        ("date(d, 'day/month/year')", {"d": "1/3/2017 4:05 pm"}, "2017-03-01T16:05:00"),
        ("date(d, 'day/month/year')", {"d": "1/3/2017 12:05:09 AM"}, "2017-03-01T00:05:09"),
        ("date(d, 'day/month/year')", {"d": "12/31/2017"}, "12/31/2017"),
        ("date(d, 'month/day/year')", {"d": "3/1/2026, 2:30:00 PM"}, "2026-03-01T14:30:00"),
        ("date(d, 'month/day/year')", {"d": "2026-03-01 14:30:00 UTC"}, "2026-03-01T14:30:00+00:00"),
        ("date(d, 'month/day/year')", {"d": "01-Mar-2026"}, "2026-03-01"),
        ("date(d, 'month/day/year')", {"d": "Sun, 01 Mar 2026 14:30:00 GMT"}, "2026-03-01T14:30:00+00:00"),
        ("date(d, 'serial')", {"d": 46082.5}, "2026-03-01T12:00:00"),
        ("zoned(d, 'Europe/Berlin')", {"d": "Mar 1, 2026, 2:30 PM"}, "2026-03-01T14:30:00+01:00"),
        ("zoned(d, 'Pacific/Auckland')", {"d": "1. März 2026"}, "2026-03-01T12:00:00+13:00"),
        ("zoned(d, 'Europe/Berlin')", {"d": "3/1/2026 14:30"}, "3/1/2026 14:30"),
        ("date(d, 'year/month/day')", {"d": "soon"}, "soon"),
        ("date(d, 'year/month/day')", {"d": None}, None),
        ("replace(t, 'Prmium', 'Premium')", {"t": "Prmium S"}, "Premium S"),
        ("replace(t, 'a', 'b')", {"t": 1}, 1),
    ],
)  # fmt: skip
def test_an_expression_comes_to(written: object, payload: object, value: object) -> None:
    assert value_of(parse_expression(written), payload) == value


def test_what_cannot_be_worked_out_says_why_without_the_value() -> None:
    with pytest.raises(Unworkable) as refused:
        value_of(parse_expression("join('-', names)"), {"names": "Lea Weber"})
    assert str(refused.value) == "join() takes array-string, not string"


_OF_ONE = {"lower", "number", "country", "epoch", "value", "refused", "answers", "others"}


@pytest.mark.parametrize("name", sorted(OWN))
@given(JSON, JSON)
def test_a_function_of_our_own_takes_whatever_comes(name: str, one: object, other: object) -> None:
    """It finds something or nothing, and never fails."""
    written = f"{name}(one)" if name in _OF_ONE else f"{name}(one, other)"
    if name == "words":
        written = "words(one)"
    elif name == "replace":
        written = "replace(one, other, one)"
    value_of(parse_expression(written), {"one": one, "other": other})


@given(st.text(max_size=30))
def test_any_text_is_an_expression_or_at_fault(text: str) -> None:
    try:
        expressions.check(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either is right


@given(SHAPES)
def test_any_shape_is_an_expression_or_at_fault(shape: object) -> None:
    try:
        parse_expression(shape)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either is right


def test_a_deep_expression_is_at_fault_and_no_surprise() -> None:
    with pytest.raises(ValueError, match="too deep"):
        expressions.check("(" * 5000 + "a" + ")" * 5000)


def test_the_constants_that_an_expression_may_come_to_are_told_with_their_places() -> None:
    assert set(written_expressions.constants("form == 'x' && 'trial' || kind || 'demo'", ("kind",))) == {
        (("kind",), "trial"),
        (("kind",), "demo"),
    }
    table = {"from": "type", "as": {"open": "opened", "skip": None}, "else": "other"}
    assert dict(written_expressions.constants(table, ())) == {
        ("as", "open"): "opened",
        ("as", "skip"): None,
        ("else",): "other",
    }
    choice = {"if": "x == 'never'", "then": "a || 'one'", "else": {"if": "y", "then": {"always": "two"}, "else": table}}
    assert dict(written_expressions.constants(choice, ("kind",))) == {
        ("kind", "then"): "one",
        ("kind", "else", "then", "always"): "two",
        ("kind", "else", "else", "as", "open"): "opened",
        ("kind", "else", "else", "as", "skip"): None,
        ("kind", "else", "else", "else"): "other",
    }


def test_a_fault_within_a_choice_leads_to_its_place() -> None:
    with pytest.raises(BadExpression) as bad:
        parse_expression({"if": "a", "then": "b", "else": {"plan": {"if": "c", "then": "d", "else": "e."}}})
    assert bad.value.path == ("else", "plan", "else")
