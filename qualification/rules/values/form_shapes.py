"""The shapes in which form tools send what was answered, each taken apart into labels and answers.

Jotform, Tally, Elementor, Gravity Forms, Webflow, Calendly and Typeform are here, and whatever nests fields by names.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from qualification.rules.values.field_names import meaning
from qualification.rules.values.label_words import fold_words

_Says: TypeAlias = "Callable[[Mapping[str, object]], bool]"
_Reads: TypeAlias = "Callable[[Mapping[str, object]], Iterator[Answer]]"

_DEEPEST: Final = 12
# The name of the whole payload within one of its entries.
_WHOLE: Final = "_payload"
# What tools call the object or list in which the answers are, folded: its name says nothing about an answer.
_CONTAINERS: Final = frozenset({
    "data", "fields", "formfields", "formresponse", "formdata", "payload", "submission", "answers", "response",
    "responses", "values", "properties", "attributes", "contact", "lead", "person", "customer", "user", "subscriber",
    "invitee", "rawrequest", "questionsandanswers", "customfields", "body", "json", "hidden", "hiddenfields", "entry",
    "tracking", "result", "results", "outcome", "record",
})  # fmt: skip
# Those in which the answers themselves are: what stands beside one of them is about the form.
_OF_ANSWERS: Final = frozenset(
    ("data", "fields", "formfields", "formresponse", "answers", "responses", "rawrequest", "questionsandanswers")
)
_ABOUT_THE_FORM: Final = frozenset({"name", "title", "id", "website", "problem"})
_LABELS: Final = ("label", "title", "question", "fieldName", "field_name", "name", "key", "ref", "id")
_ANSWERS: Final = ("value", "answer", "values", "field_value")
# The parts of a person's name, as Jotform and WPForms nest them and as Gravity Forms numbers them.
_FIRST, _LAST = "First name", "Last name"
_NAME_PARTS: Final[Mapping[str, str]] = {"first": _FIRST, "last": _LAST, "3": _FIRST, "6": _LAST}
_BESIDE_A_NAME: Final = frozenset({"prefix", "middle", "suffix", "2", "4", "8"})
_PHONE_PARTS: Final = ("country", "area", "phone")
# Jotform's keys: q3_email. Elementor's label of a field without one. Gravity Forms' keys: 3, and 1.6 for a part of 1.
_JOTFORM_KEY: Final = re.compile(r"q\d{1,6}_(.+)")
_NO_LABEL: Final = re.compile(r"no label (.+)", re.IGNORECASE)
_NUMBERED_PART: Final = re.compile(r"(\d{1,6})\.(\d{1,3})")
# Gravity Forms' address has its street in part 1, and its country in part 6.
_STREET, _COUNTRY = "1", "6"
# What an entry of Gravity Forms says of itself; the page that it was sent from isn't here.
_OF_A_GRAVITY_ENTRY: Final = frozenset({
    "id", "form_id", "post_id", "date_created", "date_updated", "is_starred", "is_read", "ip", "user_agent", "currency",
    "payment_status", "payment_date", "payment_amount", "payment_method", "transaction_id", "transaction_type",
    "is_fulfilled", "created_by", "status", "source_id",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with what its question is called, the best name first, and what kind of question it is."""

    labels: tuple[str, ...]
    value: object
    kind: str = ""


def walk(value: object, label: str, depth: int) -> Iterator[Answer]:
    """Yield the answers below a value in their order."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        if all(not isinstance(each, dict | list) for each in value):
            yield Answer((label,), value)
            return
        for each in value:
            yield from walk(each, label, depth + 1)
    elif isinstance(value, dict):
        yield from _of_object(value, label, depth)
    else:
        yield Answer((label,), value)


def _of_object(value: Mapping[str, object], label: str, depth: int) -> Iterator[Answer]:
    """Yield the answers of an object: a question with its answer, the parts of a name, or further fields."""
    own = next((read for is_shape, read in _OWN_SHAPES if is_shape(value)), None)
    if own is not None:
        yield from own(value)
        return
    question = _question(value, label)
    if question is not None:
        yield from question
        return
    parts = {str(name).lower() for name in value}
    if parts & {"first", "last"} and parts <= {"first", "last", *_BESIDE_A_NAME}:
        yield from _name({str(name).lower(): part for name, part in value.items()})
    elif {"area", "phone"} <= parts <= {*_PHONE_PARTS}:
        spoken = (str(value.get(part) or "").strip() for part in _PHONE_PARTS)
        yield Answer((label or "phone",), " ".join(filter(None, spoken)))
    elif parts == {"full"}:
        yield Answer((label,), value["full"])
    else:
        yield from _of_fields(value, label, depth)


def _of_fields(value: Mapping[str, object], label: str, depth: int) -> Iterator[Answer]:
    numbered = _numbered(value)
    is_form = any(folded(name) in _OF_ANSWERS and isinstance(each, dict | list) for name, each in value.items())
    is_jotform = any(map(_JOTFORM_KEY.fullmatch, value))
    for name, inner in value.items():
        jotform = _JOTFORM_KEY.fullmatch(name)
        # Between Jotform's answers stands what its page measured.
        if name == _WHOLE or name in numbered.taken or (is_jotform and not jotform):
            continue
        match = jotform or _NO_LABEL.fullmatch(name)
        own = match[1] if match else name
        if folded(own) in _CONTAINERS and isinstance(inner, dict | list):
            yield from walk(inner, label, depth + 1)
        elif is_form and meaning(own) in _ABOUT_THE_FORM:
            yield Answer((f"form {own}",), inner)
        elif isinstance(inner, dict | list):
            yield from walk(inner, own if not label or jotform else f"{label} {own}", depth + 1)
        else:
            yield Answer((f"{label} {own}",) if label else (own,), inner)
    yield from numbered.answers


@dataclass(frozen=True, slots=True)
class _Numbered:
    """The answers that Gravity Forms writes as numbered parts, and the keys that they stood under."""

    taken: frozenset[str]
    answers: tuple[Answer, ...]


def _numbered(value: Mapping[str, object]) -> _Numbered:
    groups: dict[str, dict[str, tuple[str, object]]] = {}
    for key, part in value.items():
        match = _NUMBERED_PART.fullmatch(key)
        if match:
            groups.setdefault(match[1], {})[match[2]] = (key, part)
    taken: set[str] = set()
    found: list[Answer] = []
    for parts in groups.values():
        if parts.keys() & {"3", "6"} and parts.keys() <= {"3", "6", *_BESIDE_A_NAME}:
            found += _name({number: part for number, (_, part) in parts.items()})
            taken |= {key for key, _ in parts.values()}
        elif {_STREET, _COUNTRY} <= parts.keys():
            key, country = parts[_COUNTRY]
            found.append(Answer(("Country",), country))
            taken.add(key)
    return _Numbered(frozenset(taken), tuple(found))


def _is_gravity(value: Mapping[str, object]) -> bool:
    """Say whether this is an entry of Gravity Forms, or one with its form: docs.gravityforms.com/entry-object."""
    entry = value.get("entry", value)
    return isinstance(entry, dict) and {"form_id", "date_created"} <= entry.keys()


def _of_gravity(value: Mapping[str, object]) -> Iterator[Answer]:
    """Yield the fields of an entry, by their labels where the form came along; not what the entry says of itself."""
    entry, form = value.get("entry", value), value.get("form")
    fields = form.get("fields") if isinstance(form, dict) else None
    titles: dict[str, str] = {}
    for each in fields if isinstance(fields, list) else ():
        if isinstance(each, dict) and isinstance(each.get("label"), str) and isinstance(each.get("id"), int | str):
            titles[str(each["id"])] = each["label"]
    if isinstance(entry, dict):
        about = _OF_A_GRAVITY_ENTRY
        told = {titles.get(str(name), str(name)): each for name, each in entry.items() if name not in about}
        yield from _of_fields(told, "", 1)


def _is_jotform(value: Mapping[str, object]) -> bool:
    return isinstance(value.get("rawRequest"), dict)


def _of_jotform(value: Mapping[str, object]) -> Iterator[Answer]:
    """Yield what stands in `rawRequest`, by the questions that `pretty` writes before the same answers."""
    raw, pretty = value["rawRequest"], value.get("pretty")
    for answer in _of_fields(raw, "", 1) if isinstance(raw, dict) else ():
        asked = _asked(pretty, answer.value) if isinstance(pretty, str) and isinstance(answer.value, str) else None
        yield Answer((asked, *answer.labels), answer.value, answer.kind) if asked else answer


def _asked(pretty: str, given: str) -> str | None:
    """Return the question in "Name:Lea, E-mail:lea@x.example" that has this answer."""
    place = pretty.find(f":{given.strip()}") if given.strip() else -1
    return (pretty[:place].rpartition(", ")[2].strip() or None) if place > 0 else None


def _name(parts: Mapping[str, object]) -> Iterator[Answer]:
    for part, label in _NAME_PARTS.items():
        if part in parts:
            yield Answer((label,), parts[part])


def _question(value: Mapping[str, object], label: str) -> Iterator[Answer] | None:
    """Return the answer of an object that is a question with its answer, None for any other object."""
    holder = answer_of(value)
    if holder is None:
        return None
    names = [value[name] for name in _LABELS if isinstance(value.get(name), str)]
    titles, keys = names[:1], names[1:]
    labels = tuple(str(each) for each in (*titles, label, *keys) if each)
    kind = next((str(value[name]) for name in ("type", "fieldType", "field_type") if name in value), "")
    given = _chosen(value[holder], value.get("options"))
    if isinstance(given, dict):
        return _of_object(given, labels[0] if labels else label, 1) if "value" not in given else None
    return iter((Answer(labels or (label,), given, kind),))


def answer_of(value: Mapping[str, object]) -> str | None:
    """Return where the answer is in a question with its answer, or in a wrapper around a value, else None."""
    holder = next((name for name in _ANSWERS if name in value), None)
    return None if holder == "answer" and "question" not in value else holder


def _chosen(given: object, options: object) -> object:
    """Return the texts of options that were chosen by their ids, as Tally sends them."""
    if not isinstance(options, list):
        return given
    texts = {each.get("id"): each.get("text") for each in options if isinstance(each, dict) and _is_id(each.get("id"))}
    return [texts.get(each, each) if _is_id(each) else each for each in listed(given)]


def _is_id(value: object) -> bool:
    return isinstance(value, str | int)


def _is_typeform(value: Mapping[str, object]) -> bool:
    return isinstance(value.get("answers"), list) and isinstance(value.get("definition"), dict)


def _of_typeform(response: Mapping[str, object]) -> Iterator[Answer]:
    """Yield the answers of a Typeform response, by the titles of their questions, then their references."""
    titles = dict(typeform_titles(response.get("definition")))
    listed = response.get("answers")
    for answer in listed if isinstance(listed, list) else ():
        if not isinstance(answer, dict):
            continue
        asked = answer.get("field")
        question, ref = (asked.get("id"), asked.get("ref")) if isinstance(asked, dict) else (None, None)
        title = titles.get(question) if isinstance(question, str) else None
        labels = tuple(each for each in (title, ref) if isinstance(each, str) and each)
        kind = str(answer.get("type") or "")
        yield Answer(labels or (kind,), typeform_given(answer), kind)
    hidden, calculated = response.get("hidden"), response.get("calculated")
    for name, value in hidden.items() if isinstance(hidden, dict) else ():
        yield Answer((name,), value)
    # What a quiz came to: every form has a score, which is 0 where nothing is counted.
    if isinstance(calculated, dict) and calculated.get("score"):
        yield Answer(("score",), calculated["score"])
    outcome, variables = response.get("outcome"), response.get("variables")
    if isinstance(outcome, dict):
        yield Answer(("outcome",), outcome.get("title"))
    for each in variables if isinstance(variables, list) else ():
        if isinstance(each, dict) and isinstance(each.get("key"), str) and each["key"] != "score":
            yield Answer((each["key"],), each.get(str(each.get("type"))))


def typeform_titles(form: object) -> Iterator[tuple[str, object]]:
    """Yield the id and the title of each question of Typeform's, of those within a question too."""
    questions = form.get("fields") if isinstance(form, dict) else None
    for question in questions if isinstance(questions, list) else ():
        if isinstance(question, dict):
            if isinstance(question.get("id"), str):
                yield question["id"], question.get("title")
            yield from typeform_titles(question.get("properties"))


def typeform_given(answer: Mapping[str, object]) -> object:
    """Return what was answered to a question of Typeform's: the label of a choice, the labels of several."""
    kind = answer.get("type")
    given = answer.get(kind) if isinstance(kind, str) else None
    if not isinstance(given, dict):
        return given
    labels = given.get("labels") if isinstance(given.get("labels"), list) else [given.get("label")]
    found = [each for each in (*(labels if isinstance(labels, list) else ()), given.get("other")) if holds(each)]
    return found[0] if len(found) == 1 else found


# The tools whose payloads as a whole have a shape of their own.
_OWN_SHAPES: Final[tuple[tuple[_Says, _Reads], ...]] = (
    (_is_typeform, _of_typeform),
    (_is_jotform, _of_jotform),
    (_is_gravity, _of_gravity),
)


def holds(value: object) -> bool:
    """Say whether there is an answer at all."""
    return value is not None and value not in ("", [], {}) and not (isinstance(value, str) and not value.strip())


def listed(value: object) -> list[object]:
    """Return a list as it is, and anything else as the only one."""
    return value if isinstance(value, list) else [value]


def folded(name: object) -> str:
    """Return a name as names are compared."""
    return "".join(fold_words(name)) if isinstance(name, str) else ""
