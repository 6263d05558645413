"""What a stranger wrote is read in a time that grows with its length, however it is written."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from handlers.plumbing import message_text
from qualification.rules.intake import message_parser, payloads
from qualification.rules.intake.body_faults import NoPayload, TooMuch
from qualification.rules.people import absence_dates
from qualification.rules.playbook.errors import PlaybookFaults
from qualification.rules.playbook.playbook import parse
from qualification.rules.playbook.schema import Gate, GateCondition
from qualification.rules.refusals import Refusal
from qualification.rules.reporting import pipeline_query
from qualification.rules.scoring import gates
from qualification.rules.values import (
    blanks,
    countries,
    email_domains,
    headcounts,
    label_words,
    masking,
    moments,
    money,
    named_fields,
    normalization,
    phones,
    suggestions,
)
from templates.engine import escaping, graphemes

NOW: Final = datetime(2026, 11, 24, 10, tzinfo=UTC)
CHARACTERS: Final = 15_000
# Below this many seconds a time says more of the machine than of the program.
NOTHING: Final = 0.02

# Each is repeated; a few letters stand before and behind.
PARTS: Final = (
    *(
        " ",
        "\t",
        "\n",
        " \n",
        "\n\n",
        "\xa0",
        "\u3000",
        "a",
        "é",
        "株",
        "1",
        "0",
        ".",
        ",",
        "-",
        "/",
        ":",
        "'",
        "`",
        "*",
    ),
    *(
        "_",
        "~",
        "<",
        ">",
        "<a ",
        "</a",
        "</a>",
        "<@U1|",
        "< ",
        "&",
        "&gt; ",
        "|",
        " |",
        "\t|",
        "@",
        "a@",
        "a@b.",
        "a.",
        "A.B. ",
    ),
    *(
        "+1",
        "+49 30",
        "(",
        ")",
        "1 ",
        "1,",
        "1,111",
        "1.111,",
        "http://",
        "www.",
        "www.a ",
        ": ",
        "e:",
        ":a",
        "name: a\n",
    ),
    *(
        "message:\n",
        "employees ",
        " staff",
        "x 1",
        "1h",
        "in 1 ",
        "by ",
        "team ",
        "last week ",
        "GmbH ",
        "S.",
        "株式会社",
        "(株)",
        "ООО ",
        "&amp;",
        "amp;",
        "&#38;",
        "a@b.example;",
        "[at]",
        "mailto:",
        "1-",
        "xn--a.",
        "\u202e",
        "👩‍👩",
        "🇩🇪",
    ),
)

GATES: Final = tuple(
    Gate(name=name, when=GateCondition(**{name: condition}), outcome="hold")
    for name, condition in {"markup": True, "links": 3, "words": ("unsubscribe me", "a a a b")}.items()
)
READERS: Final[dict[str, Callable[[str], Any]]] = {
    "a message's fields": lambda text: message_parser.fields(text, "EUR"),
    "a message as it is shown": lambda text: message_text.shown({"text": text}, lambda _: None),
    "a question to /pipeline": lambda text: pipeline_query.parse(text, NOW.date()),
    "a word that is not known": lambda text: suggestions.nearest(text, ["disqualified", "accepted", "contacted"]),
    "the day of an absence": lambda text: absence_dates.read_until(text, NOW, ZoneInfo("UTC")),
    # Numbers are looked for by a library, which takes far longer for each sign than anything else here.
    "what is masked": lambda text: masking.masked(text[: len(text) // 4], "DE"),
    "a body": lambda text: payloads.parse_body(text.encode()),
    "a body in parts": lambda text: payloads.parse_body(f"--{text}\r\nContent-Disposition: {text}".encode()),
    "an amount": lambda text: money.parse_money(text, "EUR"),
    "a size": headcounts.parse_size,
    "a whole number": headcounts.only_whole_number,
    "what is blank": blanks.is_blank,
    "a moment": lambda text: moments.parse_moment(text, "UTC", "day/month/year"),
    "a telephone number": lambda text: phones.e164(text, "DE"),
    "several telephone numbers": phones.phones_in,
    "a country": countries.check_country,
    "an address": normalization.check_email,
    "several addresses": normalization.emails_in,
    "a mailbox": normalization.fold_mailbox,
    "entities": normalization.unescaped,
    "a company and its domain": lambda text: email_domains.speaks_of(text, text),
    "a domain": email_domains.is_free_mail,
    "a company": normalization.fold_company,
    "a name": normalization.fold_name,
    "a label": label_words.fold_words,
    "a field's refusal": lambda text: named_fields.refused({"Unsubscribed": text}),
    "a name in two halves": lambda text: named_fields.full_name(text, text),
    "a website": lambda text: email_domains.domain_of_company(text, None),
    "a gate's words": lambda text: gates.fitting(GATES, gates.GateInput(said=(text,))),
    "a text in Slack's markup": lambda text: escaping.mrkdwn(escaping.folded(text)),
    "a text in pieces": lambda text: graphemes.pieces(escaping.clean(text), 2_900),
    "a text that is cut": lambda text: graphemes.cut(text, 2_900),
}


def seconds(read: Callable[[str], Any], text: str, enough: float) -> float:
    """Return the processor's time for it, the least of three or the first below `enough`; a refusal is an answer."""
    times: list[float] = []
    while len(times) < 3 and (not times or times[-1] > enough):
        began = time.thread_time()
        with suppress(Refusal, normalization.Unreadable, NoPayload, TooMuch):
            read(text)
        times.append(time.thread_time() - began)
    return min(times)


@pytest.mark.parametrize("reader", READERS)
def test_four_times_as_long_takes_no_more_than_nine_times_as_long(reader: str) -> None:
    """Who looks at each part of a text from every other one needs sixteen times as long."""
    slow = []
    for part in PARTS:
        short, long = (f"Jo {(part * size)[:size]}x" for size in (CHARACTERS, 4 * CHARACTERS))
        took = seconds(READERS[reader], long, 9 * NOTHING)
        if took > 9 * NOTHING and took > 9 * seconds(READERS[reader], short, NOTHING):
            slow.append((part, took))
    assert slow == []


def test_a_playbook_of_60_mb_is_refused_unread() -> None:
    """It is not even YAML: who reads it finds another fault."""
    with pytest.raises(PlaybookFaults) as refused:
        parse("people: [\n" + "  - {email: a@b.example}\n" * 2_300_000)
    (fault,) = refused.value.faults
    assert "a playbook has at most 1,000,000" in str(fault)
